//! What can be wrong with expressions to lower.

use thiserror::Error as Derive;

/// Why there is no kernel.
#[derive(Clone, Debug, PartialEq, Eq, Derive)]
#[non_exhaustive]
pub enum Error {
    /// A symbol that is not among the inputs.
    #[error("`{name}` is not an input of this kernel")]
    UnknownSymbol {
        /// The symbol.
        name: String,
    },
    /// An input that is not a symbol.
    #[error("expected a symbol as an input, came `{expression}`")]
    NotASymbol {
        /// What came instead.
        expression: String,
    },
    /// A system of equations with more or fewer rates than variables.
    #[error("{n_state} variables need as many rates, came {n_rates}")]
    RatesMissing {
        /// Variables.
        n_state: usize,
        /// Rates.
        n_rates: usize,
    },
    /// A variable to watch along a flow that is not there.
    #[error("variable number {index}, counted from 0, is not one of {n_state} variables")]
    NoSuchVariable {
        /// Its number.
        index: usize,
        /// Variables.
        n_state: usize,
    },
    /// An instruction set that this processor does not have, or a name that is none.
    #[error("the instruction set `{name}` is not available here; expected one of {available}")]
    NoSuchIsa {
        /// The name asked for.
        name: String,
        /// What this processor has.
        available: String,
    },
}
