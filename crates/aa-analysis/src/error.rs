//! Why an instrument, a pass or a graph of passes has no result.

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An instrument needs an artifact that is not there.
    #[error("`{instrument}` needs `{kind}`, which no pass has given yet")]
    Missing {
        /// Who asks.
        instrument: &'static str,
        /// What is not there.
        kind: String,
    },
    /// An option that the instrument does not have.
    #[error("`{instrument}` has no option `{option}`; it has {known}")]
    UnknownOption {
        /// Who was asked.
        instrument: String,
        /// The option given.
        option: String,
        /// The options there are.
        known: String,
    },
    /// An option of the wrong type or out of range.
    #[error("option `{option}` is {given}; expected {expected}")]
    BadOption {
        /// The option.
        option: String,
        /// What came.
        given: String,
        /// What was expected.
        expected: String,
    },
    /// A value that does not have the shape of its kind.
    #[error("the value does not have the shape of its kind: {what}")]
    Shape {
        /// What is wrong.
        what: String,
    },
    /// The question does not apply to this system, for the reason given.
    #[error("{0}")]
    NotApplicable(String),
    /// The system or the sampled region does not allow what was asked.
    #[error(transparent)]
    Dynamics(#[from] aa_dynamics::Error),
    /// The map could not be learned.
    #[error(transparent)]
    Learn(#[from] aa_learn::Error),
}
