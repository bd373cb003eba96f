//! Frequencies: the lines of a signal, the fundamental frequencies of an orbit, and what relates them.
//!
//! - [`naff`] takes a signal apart into lines, to rounding; [`naff_real`] does so for real signals.
//! - [`MeanRate`] is the mean rate of one angle by a weighted Birkhoff average: a second road, [`orbit_spectra`] takes both.
//! - [`fundamental_frequencies`] chooses the n frequencies of every orbit of an ensemble.
//! - [`match_unimodular`] finds the integer matrix between two sets of them, [`resonances`] the relations within
//!   one, [`frequency_diffusion`] how far they move along an orbit.
//! - [`frequency_map`] does so for many orbits, one window in memory at a time; [`resonance_web`] tells who is resonant.
//! - [`put_in_one_order`] tells which frequency is which, orbit by orbit; [`frequency_difference`] compares two sets.
//!
//! Frequencies are in radians per unit time and signed: omega > 0 turns from p towards q, as
//! q = sqrt(2 I) sin theta, p = sqrt(2 I) cos theta do.

mod assignment;
mod birkhoff;
mod difference;
mod diffusion;
mod error;
mod fundamental;
mod joint;
pub(crate) mod lattice;
mod map;
mod naff;
mod order;
mod resonance;
mod rotation;
mod signal;
mod unimodular;
mod window;

#[cfg(test)]
mod known_orbits;

pub use rustfft::num_complex::Complex64;

pub use assignment::Assignment;
pub use birkhoff::{MeanRate, birkhoff_average, lift, rotation_rate};
pub use difference::{FrequencyDifference, frequency_difference};
pub use diffusion::{Diffusion, frequency_diffusion};
pub use error::FrequencyError;
pub use fundamental::{
    Fundamental, FundamentalFinder, FundamentalOptions, OrbitSpectra, RESOLUTION, RESOLUTION_ERRORS, equal_step,
    fundamental_frequencies, orbit_spectra,
};
pub use map::{MapOptions, MapPoint, WebLine, frequency_map, resonance_web};
pub use naff::{Line, Naff, NaffOptions, Spectrum, naff, naff_real};
pub use order::{in_order, put_in_one_order};
pub use resonance::resonances;
pub use unimodular::{IntegerMatrix, match_unimodular, relative_difference, relative_errors};
