//! What can go wrong in this room.

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The exact algebra has no rule for a part of the formula.
    #[error("no exact rule for {what}")]
    Unsupported {
        /// The part, as it prints.
        what: String,
    },
    /// Expanding the formula makes too many terms.
    #[error("expanding {what} needs more than {limit} terms")]
    TooLarge {
        /// The part, as it prints.
        what: String,
        /// The most terms we hold.
        limit: usize,
    },
    /// The formula divides by zero everywhere.
    #[error("the formula divides by an expression that is zero")]
    DivisionByZero,
    /// No point modulo a prime at which every root exists was found.
    #[error("no regular point modulo a prime in {tries} tries")]
    NoRegularPoint {
        /// How many points were drawn.
        tries: usize,
    },
    /// The lists of variables and rates differ in length.
    #[error("{variables} variables but {rates} rates")]
    Mismatch {
        /// The number of variables.
        variables: usize,
        /// The number of rates.
        rates: usize,
    },
}
