//! Why a signal or a set of frequencies could not be analysed.

/// A situation in which there is no spectrum and no frequency to give.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum FrequencyError {
    /// Too few samples for the window and a line.
    #[error("a spectrum needs at least {needed} samples, got {found}")]
    TooShort {
        /// The least number of samples.
        needed: usize,
        /// The number that came.
        found: usize,
    },
    /// A sample is NaN or infinite.
    #[error("sample {index} of the signal is not finite")]
    NotFinite {
        /// Its position in the signal.
        index: usize,
    },
    /// The analyser was prepared for signals of another length.
    #[error("the analyser was prepared for {expected} samples, got {found}")]
    OtherLength {
        /// The length it was prepared for.
        expected: usize,
        /// The length that came.
        found: usize,
    },
    /// A window power above what double precision can use.
    #[error("the window is Hann^p with p at most {most}, got p = {found}")]
    Window {
        /// The largest power.
        most: u32,
        /// The power asked for.
        found: u32,
    },
    /// The time between samples is zero, negative or not finite.
    #[error("the time between samples must be positive, got {dt}")]
    TimeStep {
        /// What came.
        dt: f64,
    },
    /// The times of an ensemble are not equally spaced.
    #[error("samples must be equally spaced in time; the step after t = {t} is {found}, the first one {expected}")]
    UnequalSteps {
        /// The time before the odd step.
        t: f64,
        /// The first step.
        expected: f64,
        /// The odd step.
        found: f64,
    },
    /// Two lists that describe the same orbits or coordinates differ in length.
    #[error("expected {expected} {what}, got {found}")]
    Shape {
        /// What is counted.
        what: &'static str,
        /// How many there should be.
        expected: usize,
        /// How many came.
        found: usize,
    },
    /// No unimodular matrix was found among the candidates.
    #[error("no unimodular integer matrix relates the two sets of frequencies over {orbits} orbits")]
    NoMatrix {
        /// How many orbits were compared.
        orbits: usize,
    },
}
