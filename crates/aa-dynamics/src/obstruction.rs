//! Exact reasons why a system has no further integral.
//!
//! Each part of this module tries one theorem on a Hamiltonian and answers with an [`Obstruction`] or with nothing;
//! nothing means that the theorem does not speak, never that the system is integrable.
//!
//! [`morales_ramis()`] needs nothing but the multipliers at the Darboux points of a polynomial potential, read from a
//! [`NaturalSystem`]; [`variational()`] follows motions on invariant lines and decides cases that the table of multipliers
//! admits. [`kovalevskaya_exponents`] at the Darboux points are an indication, not a proof.

mod darboux;
#[cfg(test)]
mod integrable;
pub mod kovalevskaya;
pub mod morales_ramis;
pub mod multipliers;
pub mod natural;
mod planes;
mod spelling;
#[cfg(test)]
mod testing;
pub mod variational;

pub use kovalevskaya::{Balance, kovalevskaya_exponents};
pub use morales_ramis::morales_ramis;
pub use natural::NaturalSystem;
pub use variational::variational;

/// The integrals that cannot exist beside the energy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExcludedClass {
    /// Meromorphic functions of coordinates and momenta.
    Meromorphic,
    /// Rational functions of coordinates and momenta.
    Rational,
}

impl ExcludedClass {
    /// Its name in documents.
    pub fn name(self) -> &'static str {
        match self {
            ExcludedClass::Meromorphic => "meromorphic",
            ExcludedClass::Rational => "rational",
        }
    }
}

/// A proof, in exact arithmetic, that a system is not integrable within a class of integrals.
#[derive(Clone, Debug, PartialEq)]
pub struct Obstruction {
    /// The theorem's short name: `morales_ramis` or `variational`.
    pub kind: &'static str,
    /// The integrals that are excluded.
    pub excluded: ExcludedClass,
    /// The whole statement in one or two sentences, with the theorem and its source.
    pub statement: String,
    /// The particular solution or Darboux point, exactly.
    pub point: String,
    /// The multipliers or exponents there, exactly.
    pub multipliers: Vec<String>,
    /// What an integrable system would need instead.
    pub admissible: String,
}

/// The proofs of non-integrability that the theorems give, that by multipliers first; empty where none of them speaks.
pub fn find_obstructions(system: &NaturalSystem) -> Vec<Obstruction> {
    [morales_ramis(system), variational(system)].into_iter().flatten().collect()
}
