//! Phase space, brackets, integrals, flow, chaos and frequencies.

pub mod ensemble;
pub mod random;

pub use ensemble::Ensemble;
