//! Leapfrog: second order, symplectic and reversible, for H = T(p) + V(q).
//!
//! Kick half a step, drift a step, kick half a step (Stoermer; Verlet, Physical Review 159, 1967). The cheapest way to
//! follow orbits for very long times; for smooth problems at higher accuracy see [`super::Yoshida6`].

use super::{Integrator, Splitting};
use crate::{Error, Hamiltonian};

/// Half a kick, a drift, half a kick.
#[derive(Clone, Debug)]
pub struct Leapfrog(Splitting);

impl Leapfrog {
    /// The integrator of a system.
    ///
    /// # Errors
    /// The energy is not visibly T(p) + V(q).
    pub fn new(system: &Hamiltonian) -> Result<Leapfrog, Error> {
        Splitting::new(system).map(Leapfrog)
    }
}

impl Integrator for Leapfrog {
    fn step(&mut self, points: &mut [f64], h: f64) {
        self.0.leapfrogs(points, h, &[1.0]);
    }
}
