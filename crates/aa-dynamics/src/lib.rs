//! Phase space, brackets, integrals, flow, chaos and frequencies.

pub mod bracket;
pub mod ensemble;
mod error;
pub mod frequency;
pub mod hamiltonian;
pub mod phase_space;
pub mod random;
pub mod wilson;

pub use bracket::poisson_bracket;
pub use ensemble::Ensemble;
pub use error::Error;
pub use hamiltonian::Hamiltonian;
pub use phase_space::{Coordinate, CoordinateKind, PhaseSpace};
