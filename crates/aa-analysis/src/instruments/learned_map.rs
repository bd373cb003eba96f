//! A learned map with everything that using it takes: what was reduced, where it was trained, how far to trust it.

use std::collections::BTreeMap;
use std::f64::consts::PI;

use aa_dynamics::reduction::ReducedPoint;
use aa_dynamics::{Ensemble, FreeMotion, Hamiltonian};
use aa_learn::{ActionAngleMap, Formula, Pair, Precision, Progress, Region, Spread};
use aa_symbolic::evaluate;
use serde::Serialize;

use crate::Error;
use crate::document::finite;

/// A map learned by a study, for points in the coordinates of its system.
pub struct LearnedMap {
    /// The map, in reduced coordinates.
    pub map: ActionAngleMap,
    /// What was taken out before learning, and how it moves.
    pub free: FreeMotion,
    /// Where it was trained.
    pub region: Region,
    /// How well it keeps the phase.
    pub phase: Phase,
    /// Every step of the training, in order.
    pub training: Vec<Progress>,
    /// What makes h(I) the energy; none where no Hamiltonian is known.
    pub constant: Option<EnergyConstant>,
    /// The energy as a short formula in the actions, where one was found in this study; files do not keep it.
    pub energy_form: Option<Formula>,
}

/// How predicted phases go wrong, measured on held-out orbits.
#[derive(Clone, Debug, PartialEq)]
pub struct Phase {
    /// Times since the start, rising.
    pub t: Vec<f64>,
    /// The median over orbits of the phase error at each, in radians.
    pub error: Vec<f64>,
    /// When it reaches 0.1 rad; infinite where it does not grow.
    pub horizon: f64,
}

/// The constant that trajectories alone cannot tell: H = h(I) + constant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EnergyConstant {
    /// The median of H - h(I) over held-out orbits.
    pub value: f64,
    /// The root mean square of H - h(I) - constant there.
    pub error: f64,
}

/// Further outside than this, in widths, a point is said to be outside: the outermost of some hundred orbits leave
/// corners of their region into which others of it reach.
pub const OUTSIDE: f64 = 0.1;

/// What a learned map says of some points at some times. Every outer list is by point.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Prediction {
    /// The times, counted from where the points are.
    pub t: Vec<f64>,
    /// Where each point is at each time, q then p.
    pub points: Vec<Vec<Vec<f64>>>,
    /// The phase error to be expected at each time, in radians, at most pi.
    pub phase_uncertainty: Vec<Option<f64>>,
    /// When it reaches 0.1 rad; none where it does not grow.
    pub phase_horizon: Option<f64>,
    /// Whether a time lies beyond that: then the torus is predicted, and not the phase.
    pub beyond_phase_horizon: Vec<bool>,
    /// oscillator or rotor, pair by pair, in the order of the actions.
    pub pairs: Vec<String>,
    /// The actions I.
    pub actions: Vec<Vec<f64>>,
    /// The angles theta at the points, in [-pi, pi).
    pub angles: Vec<Vec<f64>>,
    /// The frequencies omega = dh/dI, in radians per unit time.
    pub frequencies: Vec<Vec<f64>>,
    /// h(I), with the constant that makes it the energy where that is known.
    pub energy: Vec<f64>,
    /// Whether the constant is known.
    pub energy_is_absolute: bool,
    /// How far each point or its torus lies outside the region of training, in widths of that region.
    pub outside: Vec<f64>,
}

impl Phase {
    /// The growth of the phase error along held-out orbits.
    ///
    /// # Errors
    /// Orbits of another dimension, or none.
    pub(super) fn of(map: &ActionAngleMap, held_out: &Ensemble) -> Result<Phase, Error> {
        const TIMES: usize = 100;
        let errors = map.phase_errors_of(held_out, TIMES)?;
        Ok(Phase {
            t: errors.iter().map(|at| at.t).collect(),
            error: errors.iter().map(|at| at.error.median).collect(),
            horizon: map.phase_horizon(held_out)?.t,
        })
    }

    /// The phase error to be expected after a time: between measured times by the straight line, after the last in
    /// proportion to time, and never more than pi, where nothing is known of the phase.
    pub fn uncertainty(&self, t: f64) -> f64 {
        let t = t.abs();
        let after = self.t.partition_point(|&measured| measured < t);
        let (t0, e0) = if after == 0 { (0.0, 0.0) } else { (self.t[after - 1], self.error[after - 1]) };
        let error = match (self.t.get(after), self.error.get(after)) {
            (Some(t1), Some(e1)) => e0 + (e1 - e0) * (t - t0) / (t1 - t0),
            _ if t0 > 0.0 => e0 * t / t0,
            _ => f64::NAN,
        };
        error.min(PI)
    }
}

impl EnergyConstant {
    /// The constant that fits the energy of some points (2n numbers each, reduced).
    pub(super) fn of(map: &ActionAngleMap, system: &Hamiltonian, points: &[f64]) -> EnergyConstant {
        let symbols = system.space().symbols();
        let difference = |z: &[f64]| evaluate(system.energy(), &symbols, z) - map.energy(&map.actions(z));
        let differences: Vec<f64> = points.chunks_exact(symbols.len()).map(difference).collect();
        let value = Spread::of(&differences).median;
        let mean_square = differences.iter().map(|d| (d - value).powi(2)).sum::<f64>() / differences.len() as f64;
        EnergyConstant { value, error: mean_square.sqrt() }
    }
}

impl LearnedMap {
    /// The map as named arrays: shape and entries, last index fastest.
    pub fn weights(&self) -> BTreeMap<String, (Vec<usize>, Vec<f64>)> {
        self.map.weights().into_iter().map(|array| (array.name, (array.shape, array.data))).collect()
    }

    /// Degrees of freedom of the whole system.
    pub fn dof(&self) -> usize {
        self.map.dof() + self.free.n_free
    }

    /// The energy of a torus and how far it may be off: by h(I), or by the short formula where that does better on
    /// held-out orbits. Without a Hamiltonian h(I) is up to a constant, and its error is not known.
    pub fn energy_of_torus(&self, actions: &[f64]) -> (f64, Option<f64>) {
        let Some(EnergyConstant { value, error }) = self.constant else { return (self.map.energy(actions), None) };
        match &self.energy_form {
            Some(form) if form.error < error => (form.value(actions), Some(form.error)),
            _ => (self.map.energy(actions) + value, Some(error)),
        }
    }

    /// Predicts every point (2 dof numbers, q then p) at every time; one cost for every horizon.
    ///
    /// # Errors
    /// A point of another length; a point or time that is not finite; times, or free momenta, where there is no law by
    /// which free directions move.
    pub fn predict(&self, points: &[Vec<f64>], times: &[f64]) -> Result<Prediction, Error> {
        self.predict_in(Precision::Double, points, times)
    }

    /// The same with the motion in some precision, see [`ActionAngleMap::predict_many_in`]; actions, angles, frequencies and
    /// energies are in double.
    ///
    /// # Errors
    /// Those of [`Self::predict`].
    pub fn predict_in(&self, precision: Precision, points: &[Vec<f64>], times: &[f64]) -> Result<Prediction, Error> {
        self.check(points, times)?;
        let (n, dim) = (self.map.dof(), 2 * self.map.dof());
        let split: Vec<ReducedPoint> = points.iter().map(|point| self.free.split(point)).collect();
        if self.free.law.is_none() {
            check_at_rest(points, &split)?;
        }
        let active: Vec<f64> = split.iter().flat_map(|point| point.active.iter().copied()).collect();
        let moved = self.map.predict_many_in(precision, &active, times);
        let rows = |i: usize| moved[i * times.len() * dim..(i + 1) * times.len() * dim].chunks_exact(dim);
        let orbit = |(i, start): (usize, &ReducedPoint)| {
            rows(i).zip(times).map(|(row, t)| self.free.join(start, row, *t)).collect()
        };
        let actions: Vec<Vec<f64>> = self.map.actions_many(&active).chunks_exact(n).map(<[f64]>::to_vec).collect();
        let energy = |(start, actions): (&ReducedPoint, &Vec<f64>)| {
            self.map.energy(actions) + self.constant.map_or(0.0, |c| c.value) + self.free.energy(start)
        };
        Ok(Prediction {
            t: times.to_vec(),
            points: split.iter().enumerate().map(orbit).collect(),
            phase_uncertainty: times.iter().map(|t| finite(self.phase.uncertainty(*t))).collect(),
            phase_horizon: finite(self.phase.horizon),
            beyond_phase_horizon: times.iter().map(|t| t.abs() > self.phase.horizon).collect(),
            pairs: self.map.pairs().iter().map(|pair: &Pair| pair.name().to_string()).collect(),
            angles: split.iter().map(|point| self.map.angles(&point.active)).collect(),
            frequencies: actions.iter().map(|actions| self.map.frequencies(actions)).collect(),
            energy: split.iter().zip(&actions).map(energy).collect(),
            energy_is_absolute: self.constant.is_some(),
            outside: split.iter().map(|point| self.region.outside(&self.map, &point.active)).collect(),
            actions,
        })
    }

    fn check(&self, points: &[Vec<f64>], times: &[f64]) -> Result<(), Error> {
        let refuse = |reason: String| Err(Error::NotApplicable(reason));
        let expected = 2 * self.dof();
        for (i, point) in (1..).zip(points) {
            if point.len() != expected {
                let found = point.len();
                return refuse(format!("point {i} has {found} numbers; the map takes {expected}, q then p"));
            }
            if let Some(bad) = point.iter().find(|x| !x.is_finite()) {
                return refuse(format!("point {i} holds {bad}; a point has finite numbers"));
            }
        }
        if let Some(bad) = times.iter().find(|t| !t.is_finite()) {
            return refuse(format!("{bad} is no time"));
        }
        if self.free.law.is_none() && !times.is_empty() {
            return refuse(
                "the map is of the motion about the centre of mass, whose own motion has no closed law here: the \
                 kinetic energy is no constant quadratic form of the momenta"
                    .into(),
            );
        }
        Ok(())
    }
}

/// Refuses free momenta: without a law nobody knows how they change the motion that was learned at rest.
fn check_at_rest(points: &[Vec<f64>], split: &[ReducedPoint]) -> Result<(), Error> {
    for (i, (point, split)) in (1..).zip(points.iter().zip(split)) {
        let largest = point[point.len() / 2..].iter().fold(0.0, |largest: f64, p| largest.max(p.abs()));
        // Zero to the rounding of sums that cancel.
        if let Some(momentum) = split.free_momenta.iter().find(|momentum| momentum.abs() > 1e-9 * largest) {
            return Err(Error::NotApplicable(format!(
                "point {i} has momentum {momentum:e} along a free direction; the map is of motion without, and here no \
                 closed law tells how it changes the rest: the kinetic energy is no constant quadratic form of the momenta"
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aa_learn::{LearnOptions, learn};
    use std::ops::ControlFlow;

    /// A map of two particles whose distance oscillates, and whose centre of mass moves by no known law.
    fn of_two_particles() -> LearnedMap {
        // Five periods, so that the covariance of the samples is round.
        let mut orbits = Ensemble::new(1, (0..100).map(|i| PI / 10.0 * f64::from(i)).collect());
        for r in [0.5, 1.0] {
            orbits.push(orbits.t.iter().flat_map(|t| [r * t.sin(), r * t.cos()]).collect());
        }
        let options = LearnOptions { width: 2, evaluations: 2000, ..LearnOptions::default() };
        let map = learn(&orbits, &options, &mut |_| ControlFlow::Continue(())).unwrap().map;
        let h = 0.5f64.sqrt();
        LearnedMap {
            free: FreeMotion { directions: vec![vec![h, h], vec![h, -h]], n_free: 1, law: None },
            region: Region::of(&map, &orbits).unwrap(),
            phase: Phase::of(&map, &orbits).unwrap(),
            training: Vec::new(),
            constant: None,
            energy_form: None,
            map,
        }
    }

    #[test]
    fn without_a_law_only_points_without_free_momentum_have_actions() {
        let map = of_two_particles();
        let at_rest = map.predict(&[vec![3.0, 3.0, 0.5, -0.5]], &[]).unwrap();
        assert!((at_rest.actions[0][0] - 0.25).abs() < 0.01, "{at_rest:?}");
        let refusal = |point: [f64; 4], times: &[f64]| map.predict(&[point.to_vec()], times).unwrap_err().to_string();
        assert!(refusal([3.0, 3.0, 0.5, 0.1], &[]).starts_with("point 1 has momentum"));
        assert!(refusal([3.0, 3.0, 0.5, -0.5], &[1.0]).contains("no closed law"));
    }

    #[test]
    fn phase_uncertainty_grows_along_what_was_measured_and_on_from_there() {
        let phase = Phase { t: vec![10.0, 20.0], error: vec![0.01, 0.03], horizon: 66.0 };
        let at = |t: f64| phase.uncertainty(t);
        for (t, expected) in [(0.0, 0.0), (5.0, 0.005), (15.0, 0.02), (-15.0, 0.02), (20.0, 0.03), (200.0, 0.3)] {
            assert!((at(t) - expected).abs() < 1e-15, "{t}: {}", at(t));
        }
        assert_eq!(at(1e9), PI);
    }
}
