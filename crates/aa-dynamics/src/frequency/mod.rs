//! Frequencies: the lines of a signal, the fundamental frequencies of an orbit, and what relates them.
//!
//! [`naff`] takes a signal apart into lines, [`rotation_rate`] gives the mean rate of one angle.

mod birkhoff;
mod cholesky;
mod error;
mod joint;
mod naff;
mod rotation;
mod window;

pub use rustfft::num_complex::Complex64;

pub use birkhoff::{birkhoff_average, lift, rotation_rate};
pub use error::FrequencyError;
pub use naff::{Line, Naff, NaffOptions, Spectrum, naff, naff_real};
