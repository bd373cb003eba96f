//! Separable systems, as they stand: coordinates whose pairs do not mix in H once conserved momenta are constants.
//!
//! A coordinate that H does not contain is cyclic, its momentum is conserved. If no derivative of H by variables of two
//! different other pairs is left, H is a sum of one function per pair, whose constants are the cyclic momenta: the plane
//! problem of Kepler in polar coordinates, say, or oscillators side by side. A pair then moves along the curve on which H
//! has its energy while all other pairs stay where they are at the start.

use aa_kernel::Kernel;
use aa_symbolic::differentiate;

use crate::{Error, Hamiltonian};

/// A separable system, made ready for [`quadrature_actions`](super::quadrature_actions).
#[derive(Clone, Debug)]
pub struct Separation {
    cyclic: Vec<bool>,
    /// H, then dH/dp_i, then the second derivatives by p_i.
    kernel: Kernel,
}

impl Separation {
    /// The system's separation; none where pairs mix, or where it has no canonical pairs, depends on time or on constants
    /// without a value.
    ///
    /// # Errors
    /// The energy cannot be made into a kernel.
    pub fn of(system: &Hamiltonian) -> Result<Option<Separation>, Error> {
        let (space, energy) = (system.space(), system.energy());
        if space.structure().is_some() || system.is_driven() || !system.constants().is_empty() {
            return Ok(None);
        }
        let dof = space.dof();
        let cyclic: Vec<bool> = (0..dof).map(|i| !energy.depends_on(&space.q(i))).collect();
        let others: Vec<usize> = (0..dof).filter(|&i| !cyclic[i]).collect();
        for (place, &i) in others.iter().enumerate() {
            for slope in [space.q(i), space.p(i)].map(|z| differentiate(energy, &z)) {
                let mixes = |&j: &usize| [space.q(j), space.p(j)].iter().any(|z| !differentiate(&slope, z).is_zero());
                if others[..place].iter().any(mixes) {
                    return Ok(None);
                }
            }
        }
        let rates: Vec<_> = (0..dof).map(|i| differentiate(energy, &space.p(i))).collect();
        let second = (0..dof).map(|i| differentiate(&rates[i], &space.p(i)));
        let outputs: Vec<_> = [energy.clone()].into_iter().chain(rates.clone()).chain(second).collect();
        Ok(Some(Separation { cyclic, kernel: Kernel::new(&space.symbols(), &outputs)? }))
    }

    /// Whether H does not contain coordinate i.
    pub fn is_cyclic(&self, i: usize) -> bool {
        self.cyclic[i]
    }

    /// H at a point, q then p.
    pub(super) fn energy(&self, point: &[f64]) -> f64 {
        self.kernel.at(point)[0]
    }

    /// dq/dt at a point.
    pub(super) fn rates(&self, point: &[f64]) -> Vec<f64> {
        self.kernel.at(point)[1..=self.cyclic.len()].to_vec()
    }

    /// H, dH/dp_i and the second derivative at a point.
    pub(super) fn slopes(&self, i: usize, point: &[f64]) -> [f64; 3] {
        let values = self.kernel.at(point);
        [values[0], values[1 + i], values[1 + self.cyclic.len() + i]]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{build, henon_heiles, kepler_plane, oscillators};
    use crate::{Coordinate, CoordinateKind, PhaseSpace};
    use aa_symbolic::Rational;

    #[test]
    fn sums_and_cyclic_coordinates_separate_and_no_more() {
        let separates = |system: &Hamiltonian| Separation::of(system).unwrap().is_some();
        assert!(separates(&oscillators(3, &Rational::ONE)));
        assert!(!separates(&henon_heiles()) && !separates(&kepler_plane()));
        let circle = Coordinate { name: "phi".into(), kind: CoordinateKind::Circle };
        let space = PhaseSpace::new(vec![Coordinate { name: "r".into(), kind: CoordinateKind::Line }, circle]).unwrap();
        let (r, pr, l) = (space.q(0), space.p(0), space.p(1));
        let kepler = build((pr.powi(2) + l.powi(2) / r.powi(2)) / 2 - r.powi(-1), space);
        let found = Separation::of(&kepler).unwrap().unwrap();
        assert!(!found.is_cyclic(0) && found.is_cyclic(1));
    }
}
