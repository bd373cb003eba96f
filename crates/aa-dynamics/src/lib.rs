//! Phase space, brackets, integrals, obstructions, normal forms, flow, chaos, frequencies and actions; and what orbits
//! alone tell.

pub mod action;
pub mod bracket;
pub mod chaos;
mod cholesky;
pub mod ensemble;
pub mod equilibrium;
mod error;
pub mod family;
pub mod flow;
pub mod free_motion;
pub mod frequency;
pub mod from_data;
pub mod hamiltonian;
pub mod initial;
pub mod integrals;
pub mod integrator;
pub mod kam;
pub mod microcanonical;
pub mod normal_form;
pub mod obstruction;
pub mod outcome;
pub mod pairing;
pub mod phase_space;
pub mod poisson;
pub mod random;
pub mod reduction;
pub mod section;
mod symmetric;
pub mod tangent;
#[cfg(test)]
mod testing;
pub mod wilson;

pub use bracket::poisson_bracket;
pub use chaos::{Chaos, ChaosOptions, Indicators, measure_chaos};
pub use ensemble::Ensemble;
pub use error::Error;
pub use flow::{FlowOptions, Simulation, simulate};
pub use free_motion::FreeMotion;
pub use hamiltonian::Hamiltonian;
pub use initial::{InitialConditions, InitialRequest, Sampling, initial_conditions, on_energy};
pub use integrals::{ClaimStatus, Integral, Integrals, SearchOptions, find_integrals, verify_claim};
pub use microcanonical::{SurfaceError, microcanonical};
pub use normal_form::{NormalForm, NormalFormOptions, normal_form};
pub use obstruction::{ExcludedClass, Obstruction};
pub use outcome::Outcome;
pub use phase_space::{Coordinate, CoordinateKind, PhaseSpace};
pub use poisson::Structure;
pub use reduction::Reduction;
