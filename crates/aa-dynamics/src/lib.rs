//! Phase space, brackets, integrals, flow, chaos and frequencies.

pub mod bracket;
pub mod ensemble;
mod error;
pub mod flow;
pub mod frequency;
pub mod hamiltonian;
pub mod integrals;
pub mod outcome;
pub mod phase_space;
pub mod random;
#[cfg(test)]
mod testing;
pub mod wilson;

pub use bracket::poisson_bracket;
pub use ensemble::Ensemble;
pub use error::Error;
pub use flow::{FlowOptions, Simulation, simulate};
pub use hamiltonian::Hamiltonian;
pub use integrals::{ClaimStatus, Integral, Integrals, SearchOptions, find_integrals, verify_claim};
pub use outcome::Outcome;
pub use phase_space::{Coordinate, CoordinateKind, PhaseSpace};
