//! Sixth and eighth order from nine and seventeen leapfrogs (Kahan and Li, Mathematics of Computation 66, 1997, s9odr6a
//! and s17odr8a; the digits as in Hairer, Lubich and Wanner, Geometric Numerical Integration, section V.3.2).
//!
//! The eighth order is the splitting integrator to choose for long steps at high accuracy.

use super::{Integrator, Splitting};
use crate::{Error, Hamiltonian};

/// The first four shares of a step of sixth order; the sequence is symmetric and its sum is 1.
const SIXTH: [f64; 4] =
    [0.392_161_444_007_314_1, 0.332_599_136_789_359_44, -0.706_246_172_557_639_4, 0.082_213_596_293_550_8];

/// The first eight shares of a step of eighth order.
const EIGHTH: [f64; 8] = [
    0.130_202_483_088_890_08,
    0.561_162_981_775_108_4,
    -0.389_474_962_644_847_3,
    0.158_841_906_555_155_6,
    -0.395_903_894_133_237_6,
    0.184_539_640_978_315_7,
    0.258_374_387_686_322_05,
    0.295_011_723_609_310_3,
];

/// Leapfrogs whose shares read the same backwards.
#[derive(Clone, Debug)]
pub struct KahanLi {
    splitting: Splitting,
    shares: Vec<f64>,
}

impl KahanLi {
    /// The integrator of sixth order of a system.
    ///
    /// # Errors
    /// The energy is not visibly T(p) + V(q).
    pub fn sixth(system: &Hamiltonian) -> Result<KahanLi, Error> {
        KahanLi::new(system, &SIXTH)
    }

    /// The integrator of eighth order of a system.
    ///
    /// # Errors
    /// The energy is not visibly T(p) + V(q).
    pub fn eighth(system: &Hamiltonian) -> Result<KahanLi, Error> {
        KahanLi::new(system, &EIGHTH)
    }

    fn new(system: &Hamiltonian, outer: &[f64]) -> Result<KahanLi, Error> {
        let middle = 1.0 - 2.0 * outer.iter().sum::<f64>();
        let shares = outer.iter().copied().chain([middle]).chain(outer.iter().rev().copied()).collect();
        Ok(KahanLi { splitting: Splitting::new(system)?, shares })
    }
}

impl Integrator for KahanLi {
    fn step(&mut self, points: &mut [f64], h: f64) {
        self.splitting.leapfrogs(points, h, &self.shares);
    }
}
