//! Actions by measurement: loop integrals of p dq on the torus that an orbit fills, from its Fourier series.
//!
//! On a torus every coordinate and momentum is a series q_i = sum of q_ik e^{i k.theta} over integer vectors k, with
//! theta = omega t along the orbit. The action of the basic loop theta_j does not depend on the other angles, so it is
//! the mean over them (Percival, J. Phys. B 7, 1974; Binney and Spergel, MNRAS 206, 1984):
//!
//! ```text
//! I_j = (1/2 pi) loop of p.dq = mean of sum_i p_i dq_i/dtheta_j = - sum_i sum_k k_j Im( conj(p_ik) q_ik )
//! ```
//!
//! A circle coordinate that winds is q_i = w.theta + a series, with integers w; its loop adds w_j times the mean of p_i.
//! With q = sqrt(2 I) sin theta and p = sqrt(2 I) cos theta this is I. Where theta' = M theta and omega' = M omega for a
//! unimodular matrix M, I' is the inverse transpose of M times I; so an action is negative where its loop turns
//! against its pair, as in a mixed basis of frequencies or for a coordinate that winds backwards.
//!
//! Where the coordinates separate, [`quadrature_actions`] is a second road, and good near separatrices and on resonances.

mod fit;
mod quadrature;
mod separation;

use std::fmt;

use rayon::prelude::*;

use crate::Ensemble;
use crate::frequency::lattice::{combination, lattice_points, length, relation};
use crate::frequency::{Fundamental, equal_step, lift, rotation_rate};
use crate::phase_space::CoordinateKind;
use fit::{Series, SeriesFit};
pub use quadrature::{NoQuadrature, QuadratureActions, quadrature_actions, quadrature_of};
pub use separation::Separation;

/// Actions of one orbit, in the order of its fundamental frequencies.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasuredActions {
    /// The actions.
    pub actions: Vec<f64>,
    /// How far each may be off: what the last growth of the series changed, what the lines left out could add, what terms
    /// that cannot be told apart could hide, and rounding.
    pub error: Vec<f64>,
    /// The largest |k_1| + ... + |k_n| of the series.
    pub order: u32,
    /// Root mean square of what the series leaves of the orbit, relative to the orbit, the largest over coordinates and
    /// momenta; 1e-8 where it leaves nothing.
    pub residual: f64,
}

/// Why an orbit has no measured actions.
#[derive(Clone, Debug, PartialEq)]
pub enum NoActions {
    /// The frequencies satisfy k.omega = 0 as far as their errors can tell: the orbit fills a smaller torus, and which of
    /// two terms that differ by k has which angle cannot be seen.
    Resonant {
        /// The whole numbers.
        k: Vec<i32>,
        /// k.omega in radians per unit time.
        difference: f64,
        /// How far it may be from zero, see [`Fundamental::uncertainty`].
        uncertainty: f64,
    },
    /// The orbit shows fewer frequencies than degrees of freedom: it fills a smaller torus, whose loops do not give the
    /// actions of its neighbours.
    SmallerTorus {
        /// Frequencies it shows.
        n_frequencies: usize,
        /// Degrees of freedom.
        dof: usize,
    },
    /// The mean rate of a circle coordinate is no integer combination of the frequencies.
    Winding {
        /// The coordinate, counted from 0.
        coordinate: usize,
    },
    /// Two low terms of the series, or one and the mean, are nearer than 1/T: they must be told apart first.
    Unresolved {
        /// The difference of the terms, |k_1| + ... + |k_n| small.
        k: Vec<i32>,
        /// How often k.theta turns along the orbit.
        turns: f64,
    },
    /// The actions still move, or lines may be left out, at the longest series that is tried.
    NotConverged {
        /// Its order.
        order: u32,
        /// The largest error, relative to the sum of the absolute actions.
        error: f64,
    },
    /// The rows are not those of an orbit of so many coordinates, or hold numbers that are not finite.
    BadRows,
}

impl fmt::Display for NoActions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoActions::Resonant { k, difference, uncertainty } => {
                let (difference, k) = (difference.abs(), resonance_in_words(k));
                write!(
                    f,
                    "the torus is resonant, {k}: the difference {difference:.1e} is within its error {uncertainty:.1e}"
                )
            }
            NoActions::SmallerTorus { n_frequencies, dof } => {
                write!(f, "the orbit shows {n_frequencies} of {dof} frequencies: it fills a smaller torus")
            }
            NoActions::Winding { coordinate } => {
                write!(f, "the mean rate of coordinate {} is no combination of the frequencies", coordinate + 1)
            }
            NoActions::Unresolved { k, turns } => {
                let turns = turns.abs();
                write!(f, "the orbit is too short for k = {k:?}, which turns {turns:.2} times along it")
            }
            NoActions::NotConverged { order, error } => {
                write!(f, "actions did not converge: at order {order} they may be off by {error:.1e}, relatively")
            }
            NoActions::BadRows => write!(f, "the rows are no orbit"),
        }
    }
}

impl std::error::Error for NoActions {}

/// Like `2 omega1 - omega3 = 0`.
fn resonance_in_words(k: &[i32]) -> String {
    let mut words = String::new();
    for (place, &k) in k.iter().enumerate().filter(|(_, k)| **k != 0) {
        words += match (words.is_empty(), k < 0) {
            (true, false) => "",
            (true, true) => "-",
            (false, false) => " + ",
            (false, true) => " - ",
        };
        let factor = if k.abs() == 1 { String::new() } else { format!("{} ", k.abs()) };
        words += &format!("{factor}omega{}", place + 1);
    }
    words + " = 0"
}

/// The actions of every orbit of an ensemble with known frequencies, in parallel; see [`measured_actions`].
pub fn actions_of(
    ensemble: &Ensemble,
    kinds: &[CoordinateKind],
    fundamental: &[Fundamental],
    tolerance: f64,
) -> Vec<Result<MeasuredActions, NoActions>> {
    let dt = equal_step(&ensemble.t).map_err(|_| NoActions::BadRows);
    let one = |(rows, found): (&Vec<f64>, &Fundamental)| measured_actions(rows, dt.clone()?, kinds, found, tolerance);
    ensemble.orbits.par_iter().zip(fundamental).map(one).collect()
}

/// The most terms of a series; normal equations of so many are solved in tens of milliseconds.
const MOST_TERMS: usize = 800;

/// What rounding along an orbit comes to, relative to the sum of the actions: against quadrature, at most 2.3e-13 on 39
/// orbits of the spherical pendulum over 2000 units of time.
const ROUNDING: f64 = 5e-13;

/// Errors below this, relative to the sum of the actions, are enough: the series need not grow.
const ENOUGH: f64 = 1e-11;

/// Errors above this at order 6 are those of a broken torus.
const HOPELESS: f64 = 0.01;

/// Terms nearer than this many bins (1/T) are one term.
const APART: f64 = 1.0;

/// The largest order of a difference of terms that must be told from the mean.
const MUST_BE_RESOLVED: u32 = 3;

/// The actions of an orbit, rows q1..qn, p1..pn every `dt`, with its fundamental frequencies.
///
/// The series grows, order by order, until the actions stand still or there would be too many terms; the
/// result is refused where it may then be off by more than `tolerance`, relative to the sum of the absolute actions.
///
/// # Errors
/// See [`NoActions`].
pub fn measured_actions(
    rows: &[f64],
    dt: f64,
    kinds: &[CoordinateKind],
    fundamental: &Fundamental,
    tolerance: f64,
) -> Result<MeasuredActions, NoActions> {
    let (dof, n_frequencies) = (kinds.len(), fundamental.n_independent());
    if n_frequencies < dof {
        let smaller = NoActions::SmallerTorus { n_frequencies, dof };
        return Err(fundamental.resonance().map_or(smaller, |k| resonant(fundamental, k)));
    }
    if rows.is_empty() || !rows.len().is_multiple_of(2 * dof) || !rows.iter().all(|x| x.is_finite()) {
        return Err(NoActions::BadRows);
    }
    let torus = Torus::of(rows, dt, kinds, &fundamental.omega)?;
    torus.check_resolved()?;
    let mut best: Option<MeasuredActions> = None;
    for order in orders(dof) {
        let grown = torus.actions(order, best.as_ref().map(|previous| previous.actions.as_slice()));
        // Where six orders have not brought two digits, more will not bring six.
        let is_hopeless = order >= 6 && relative(&grown) > HOPELESS;
        let is_done = relative(&grown) < ENOUGH || is_hopeless;
        best = Some(grown);
        if is_done {
            break;
        }
    }
    match best {
        // Terms whose difference is a resonance are one term; of a shorter series no two are.
        Some(found) if relative(&found) <= tolerance => {
            match fundamental.resonances(2 * found.order).into_iter().next() {
                Some(k) => Err(resonant(fundamental, k)),
                None => Ok(found),
            }
        }
        Some(found) => Err(NoActions::NotConverged { order: found.order, error: relative(&found) }),
        None => Err(NoActions::NotConverged { order: 0, error: f64::INFINITY }),
    }
}

fn resonant(fundamental: &Fundamental, k: Vec<i32>) -> NoActions {
    let (difference, uncertainty) = (combination(&k, &fundamental.omega), fundamental.uncertainty(&k));
    NoActions::Resonant { k, difference, uncertainty }
}

/// The largest error, relative to the sum of the absolute actions.
fn relative(found: &MeasuredActions) -> f64 {
    let total: f64 = found.actions.iter().map(|action| action.abs()).sum();
    let error = found.error.iter().fold(0.0, |most: f64, error| most.max(*error));
    if total > 0.0 && error.is_finite() { error / total } else { f64::INFINITY }
}

/// Orders to try, each about one and a half times the last.
fn orders(dof: usize) -> Vec<u32> {
    let grow = |order: &u32| Some((order + order / 2).max(order + 1));
    let affordable = |order: &u32| n_terms(dof, *order) <= MOST_TERMS;
    std::iter::successors(Some(1), grow).take_while(affordable).collect()
}

/// Integer vectors of `dof` entries with |k_1| + ... + |k_n| at most `order`: sum over m of 2^m C(n, m) C(order, m).
fn n_terms(dof: usize, order: u32) -> usize {
    let mut term = 1.0;
    let mut total = 1.0;
    for m in 0..dof.min(order as usize) {
        let (n, k) = ((dof - m) as f64, (order as usize - m) as f64);
        term *= 2.0 * n * k / ((m + 1) * (m + 1)) as f64;
        total += term;
    }
    total as usize
}

/// An orbit as a curve on its torus.
struct Torus {
    /// Radians per sample.
    steps: Vec<f64>,
    /// Integers w of the coordinates that wind; zeros for the others.
    winding: Vec<Vec<i32>>,
    /// Coordinates without their mean rates, then momenta.
    columns: Vec<Vec<f64>>,
}

impl Torus {
    fn of(rows: &[f64], dt: f64, kinds: &[CoordinateKind], omega: &[f64]) -> Result<Torus, NoActions> {
        let dof = kinds.len();
        let mut columns: Vec<Vec<f64>> =
            (0..2 * dof).map(|i| rows.iter().skip(i).step_by(2 * dof).copied().collect()).collect();
        let mut winding = vec![vec![0; dof]; dof];
        for i in (0..dof).filter(|&i| kinds[i] == CoordinateKind::Circle) {
            let angle = lift(&columns[i]);
            let travelled = angle[angle.len() - 1] - angle[0];
            if travelled.abs() > std::f64::consts::TAU {
                winding[i] = turns(rotation_rate(&angle, dt), omega).ok_or(NoActions::Winding { coordinate: i })?;
            }
            let rate = combination(&winding[i], omega) * dt;
            columns[i] = angle.iter().enumerate().map(|(n, angle)| angle - rate * n as f64).collect();
        }
        Ok(Torus { steps: omega.iter().map(|omega| omega * dt).collect(), winding, columns })
    }

    /// Refuses an orbit that is too short to tell its lowest terms apart: which is whose cannot be seen.
    fn check_resolved(&self) -> Result<(), NoActions> {
        let n = self.columns[0].len() as f64;
        let turns = |k: &Vec<i32>| combination(k, &self.steps) * n / std::f64::consts::TAU;
        let mut low = lattice_points(self.steps.len(), MUST_BE_RESOLVED).into_iter().skip(1);
        match low.find(|k| turns(k).abs() < APART) {
            Some(k) => Err(NoActions::Unresolved { turns: turns(&k), k }),
            None => Ok(()),
        }
    }

    /// The actions by a series of some order; the errors count the change from those of a shorter series.
    fn actions(&self, order: u32, shorter: Option<&[f64]>) -> MeasuredActions {
        let dof = self.steps.len();
        let fit = SeriesFit::new(&self.steps, lattice_points(dof, order), self.columns[0].len());
        let series = fit.of(&self.columns);
        let loop_integral = |j: usize| -> f64 {
            let pairs = (0..dof).map(|i| {
                let (q, p) = (&series[i], &series[dof + i]);
                let products = fit.points.iter().zip(q.terms.iter().zip(&p.terms));
                let swing: f64 = products.map(|(k, (q, p))| -f64::from(k[j]) * (p.conj() * q).im).sum();
                swing + f64::from(self.winding[i][j]) * p.mean(&fit.points)
            });
            pairs.sum()
        };
        let actions: Vec<f64> = (0..dof).map(loop_integral).collect();
        let left: f64 = (0..dof).map(|i| series[i].rest * series[dof + i].rest).sum();
        let confused = self.confused(&fit, &series);
        let rounding = ROUNDING * actions.iter().map(|action| action.abs()).sum::<f64>();
        let change = |j: usize| shorter.map_or(f64::INFINITY, |shorter| (actions[j] - shorter[j]).abs());
        MeasuredActions {
            error: (0..dof).map(|j| change(j).max(f64::from(order) * left).max(confused[j]).max(rounding)).collect(),
            order,
            residual: series.iter().map(|series| series.rest / series.size).fold(0.0, f64::max),
            actions,
        }
    }

    /// What an action may be off since terms were taken for shorter ones that they cannot be told from: a term k that
    /// hides a twin k' of size d is wrong by d, and so is its product with the term of the other of q and p.
    fn confused(&self, fit: &SeriesFit, series: &[Series]) -> Vec<f64> {
        let dof = self.steps.len();
        let sizes: Vec<Vec<f64>> = series.iter().map(|series| series.sizes(&fit.points)).collect();
        let mut squares = vec![0.0; dof];
        for ((place, twin), i) in fit.twins.iter().flat_map(|twin| (0..dof).map(move |i| (twin, i))) {
            let hidden = |column: usize| sizes[column][(length(twin) as usize).min(sizes[column].len() - 1)];
            let (q, p) = (series[i].terms[*place].norm(), series[dof + i].terms[*place].norm());
            let (dq, dp, k) = (hidden(i), hidden(dof + i), &fit.points[*place]);
            for (j, square) in squares.iter_mut().enumerate() {
                let [here, apart] = [k[j], k[j] - twin[j]].map(|k| f64::from(k.unsigned_abs()));
                let mean = if length(k) == 0 { f64::from(self.winding[i][j].abs()) } else { 0.0 };
                *square += (here * (q * dp + p * dq) + apart * dq * dp + mean * dp).powi(2);
            }
        }
        squares.iter().map(|square| square.sqrt()).collect()
    }
}

/// The integers w with w.omega = rate.
fn turns(rate: f64, omega: &[f64]) -> Option<Vec<i32>> {
    let largest = omega.iter().fold(0.0, |most: f64, omega| most.max(omega.abs()));
    // Well above the errors of mean rates, well below combinations of low order.
    let found = relation(rate, omega, &lattice_points(omega.len(), 6), f64::INFINITY, |_, _| 1e-7 * largest)?;
    (found.multiple == 1).then_some(found.k)
}

#[cfg(test)]
mod tests;
