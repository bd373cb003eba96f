//! Kicks and drifts with free coefficients, chosen for the smallest error at equal work (Blanes and Moan, Journal of
//! Computational and Applied Mathematics 142, 2002, tables 2 and 3).
//!
//! S6 of fourth order and S10 of sixth take any T(p) + V(q); the Runge-Kutta-Nystroem methods SRKN 6 of fourth order and
//! SRKN 11 of sixth need a T quadratic in the momenta and are better still there.

use aa_symbolic::differentiate;

use super::{Integrator, Splitting};
use crate::{Error, Hamiltonian};

/// A sequence that reads the same backwards: kicks first and last, drifts between.
#[derive(Clone, Debug)]
pub struct BlanesMoan {
    splitting: Splitting,
    kicks: Vec<f64>,
    drifts: Vec<f64>,
}

/// The first half of a sequence whose sum is 1: with one entry in the middle, or with two that are equal.
enum Half {
    Odd(&'static [f64]),
    Even(&'static [f64]),
}

impl Half {
    fn whole(&self) -> Vec<f64> {
        let (outer, middle) = match self {
            Half::Odd(outer) => (outer, vec![1.0 - 2.0 * outer.iter().sum::<f64>()]),
            Half::Even(outer) => (outer, vec![0.5 - outer.iter().sum::<f64>(); 2]),
        };
        outer.iter().copied().chain(middle).chain(outer.iter().rev().copied()).collect()
    }
}

impl BlanesMoan {
    /// S6 of fourth order.
    ///
    /// # Errors
    /// The energy is not visibly T(p) + V(q).
    pub fn fourth(system: &Hamiltonian) -> Result<BlanesMoan, Error> {
        let kicks = Half::Odd(&[0.079_203_696_431_195_7, 0.353_172_906_049_774, -0.042_065_080_357_719_5]);
        BlanesMoan::new(system, kicks, Half::Even(&[0.209_515_106_613_362, -0.143_851_773_179_818]))
    }

    /// S10 of sixth order.
    ///
    /// # Errors
    /// The energy is not visibly T(p) + V(q).
    pub fn sixth(system: &Hamiltonian) -> Result<BlanesMoan, Error> {
        let kicks = Half::Odd(&[
            0.050_262_764_400_392_2,
            0.413_514_300_428_344,
            0.045_079_889_794_397_7,
            -0.188_054_853_819_569,
            0.541_960_678_450_780,
        ]);
        let drifts =
            Half::Even(&[0.148_816_447_901_042, -0.132_385_865_767_784, 0.067_307_604_692_185, 0.432_666_402_578_175]);
        BlanesMoan::new(system, kicks, drifts)
    }

    /// SRKN 6 of fourth order.
    ///
    /// # Errors
    /// The energy is not visibly T(p) + V(q) with T of second degree.
    pub fn nystroem_fourth(system: &Hamiltonian) -> Result<BlanesMoan, Error> {
        let kicks = Half::Odd(&[0.082_984_406_417_405_2, 0.396_309_801_498_368, -0.039_056_304_922_348_6]);
        let drifts = Half::Even(&[0.245_298_957_184_271, 0.604_872_665_711_080]);
        BlanesMoan::nystroem(system, kicks, drifts)
    }

    /// SRKN 11 of sixth order.
    ///
    /// # Errors
    /// The energy is not visibly T(p) + V(q) with T of second degree.
    pub fn nystroem_sixth(system: &Hamiltonian) -> Result<BlanesMoan, Error> {
        let kicks = Half::Even(&[
            0.041_464_998_518_262_4,
            0.198_128_671_918_067,
            -0.040_006_192_104_153_3,
            0.075_253_984_301_580_7,
            -0.011_511_387_420_687_9,
        ]);
        let drifts = Half::Odd(&[
            0.123_229_775_946_271,
            0.290_553_797_799_558,
            -0.127_049_212_625_417,
            -0.246_331_761_062_075,
            0.357_208_872_795_928,
        ]);
        BlanesMoan::nystroem(system, kicks, drifts)
    }

    fn new(system: &Hamiltonian, kicks: Half, drifts: Half) -> Result<BlanesMoan, Error> {
        Ok(BlanesMoan { splitting: Splitting::new(system)?, kicks: kicks.whole(), drifts: drifts.whole() })
    }

    fn nystroem(system: &Hamiltonian, kicks: Half, drifts: Half) -> Result<BlanesMoan, Error> {
        let (kinetic, _) = system.split().ok_or(Error::NotSeparable)?;
        let momenta = system.space().momenta();
        let curvatures = momenta.iter().flat_map(|p| {
            let slope = differentiate(&kinetic, p);
            momenta.iter().map(move |other| differentiate(&slope, other))
        });
        if curvatures.into_iter().any(|curvature| curvature.symbols().iter().any(|symbol| momenta.contains(symbol))) {
            return Err(Error::NotQuadratic);
        }
        BlanesMoan::new(system, kicks, drifts)
    }
}

impl Integrator for BlanesMoan {
    fn step(&mut self, points: &mut [f64], h: f64) {
        for (kick, drift) in self.kicks.iter().zip(&self.drifts) {
            self.splitting.kick(points, h * kick);
            self.splitting.drift(points, h * drift);
        }
        self.splitting.kick(points, h * self.kicks[self.kicks.len() - 1]);
    }
}
