//! The triple jump: fourth order from three leapfrogs (Yoshida, Physics Letters A 150, 1990; Forest and Ruth 1990).
//!
//! Its middle leapfrog goes backwards by 1.7 steps, which makes the error constant large; choose it where code that
//! others run must be matched, and [`super::Yoshida6`] otherwise.

use super::{Integrator, Splitting};
use crate::{Error, Hamiltonian};

/// 1 / (2 - 2^(1/3)), so that the errors of third order cancel.
const OUTER: f64 = 1.351_207_191_959_657_6;

/// Three leapfrogs.
#[derive(Clone, Debug)]
pub struct Yoshida4(Splitting);

impl Yoshida4 {
    /// The integrator of a system.
    ///
    /// # Errors
    /// The energy is not visibly T(p) + V(q).
    pub fn new(system: &Hamiltonian) -> Result<Yoshida4, Error> {
        Splitting::new(system).map(Yoshida4)
    }
}

impl Integrator for Yoshida4 {
    fn step(&mut self, points: &mut [f64], h: f64) {
        self.0.leapfrogs(points, h, &[OUTER, 1.0 - 2.0 * OUTER, OUTER]);
    }
}
