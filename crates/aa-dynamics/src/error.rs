//! What can be wrong with a system or a request to study it.

use thiserror::Error as Derive;

/// Why there is no result.
#[derive(Clone, Debug, PartialEq, Derive)]
#[non_exhaustive]
pub enum Error {
    /// A phase space without coordinates.
    #[error("a system has at least one coordinate")]
    NoCoordinates,
    /// A name that is not an identifier.
    #[error("`{name}` cannot name a coordinate: expected letters, digits and underscores, a letter first")]
    BadName {
        /// The name given.
        name: String,
    },
    /// Two coordinates or momenta of one name.
    #[error("the name `{name}` stands for two coordinates or momenta")]
    NameTwice {
        /// The name given twice.
        name: String,
    },
    /// A symbol that is no coordinate and no momentum.
    #[error("`{name}` is neither a coordinate nor a momentum of this system")]
    UnknownSymbol {
        /// The symbol.
        name: String,
    },
}
