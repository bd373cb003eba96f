//! Sixth order from seven leapfrogs: solution A of Yoshida (Physics Letters A 150, 1990).
//!
//! The splitting integrator to choose for smooth problems, at energy errors down to about 1e-9.

use super::{Integrator, Splitting};
use crate::{Error, Hamiltonian};

/// The first three shares of a step; the sequence is symmetric and its sum is 1.
const OUTER: [f64; 3] = [0.784_513_610_477_557_3, 0.235_573_213_359_358_13, -1.177_679_984_178_871];

/// Seven leapfrogs.
#[derive(Clone, Debug)]
pub struct Yoshida6(Splitting);

impl Yoshida6 {
    /// The integrator of a system.
    ///
    /// # Errors
    /// The energy is not visibly T(p) + V(q).
    pub fn new(system: &Hamiltonian) -> Result<Yoshida6, Error> {
        Splitting::new(system).map(Yoshida6)
    }
}

impl Integrator for Yoshida6 {
    fn step(&mut self, points: &mut [f64], h: f64) {
        let [a, b, c] = OUTER;
        let middle = 1.0 - 2.0 * (a + b + c);
        self.0.leapfrogs(points, h, &[a, b, c, middle, c, b, a]);
    }
}
