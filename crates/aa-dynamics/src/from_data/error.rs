//! What can be wrong with samples of orbits.

use thiserror::Error as Derive;

/// Why samples cannot be analysed.
#[derive(Clone, Debug, PartialEq, Derive)]
#[non_exhaustive]
pub enum DataError {
    /// Too few orbits to fit on some and judge on others.
    #[error("{needed} orbits are needed, half to fit and half to judge; here are {found}")]
    TooFewOrbits {
        /// The fewest that can be used.
        needed: usize,
        /// What came.
        found: usize,
    },
    /// Too few times to see how an orbit moves.
    #[error("an orbit needs {needed} times; here are {found}")]
    TooFewTimes {
        /// The fewest that can be used.
        needed: usize,
        /// What came.
        found: usize,
    },
    /// A number that is none.
    #[error("orbit {orbit} has a number that is not finite at time {time}, column {column} (all from 0)")]
    NotFinite {
        /// The orbit.
        orbit: usize,
        /// The time.
        time: usize,
        /// The column.
        column: usize,
    },
    /// An orbit whose rows do not fit its times.
    #[error("orbit {orbit} should have {expected} numbers and has {found}")]
    WrongLength {
        /// The orbit.
        orbit: usize,
        /// Times times columns.
        expected: usize,
        /// What came.
        found: usize,
    },
    /// Noise that does not fit the columns.
    #[error("sigma is one number, or one for each of the {expected} columns, none negative; came {found:?}")]
    BadSigma {
        /// Columns.
        expected: usize,
        /// What came.
        found: Vec<f64>,
    },
    /// The samples are too far apart to tell noise from motion.
    #[error(
        "{column} does not look smooth at this sampling, so its noise cannot be estimated; give sigma, 0 for no noise"
    )]
    NotSmooth {
        /// The name of the column.
        column: String,
    },
    /// No such degree, or more candidates than can be handled.
    #[error("degree {degree} gives {found} candidates of {columns} columns; expected 1 to {most}")]
    TooManyFeatures {
        /// The degree asked for.
        degree: u32,
        /// Columns.
        columns: usize,
        /// Candidates.
        found: usize,
        /// The most that are taken.
        most: usize,
    },
}
