//! Actions and frequencies by quadrature, where the motion of each coordinate goes along a curve of its own.
//!
//! Choose it as a yardstick for separable systems, near separatrices and on resonant tori, where the Fourier series of an
//! orbit ([`measured_actions`](super::measured_actions)) is slow or cannot tell; what it needs of the orbit is its start
//! and the range of its coordinates. One degree of freedom always separates.
//!
//! At fixed q the curve H(q, p) = E has two branches p- < p+, found by Newton's method to both sides of the p where H is
//! extremal (H is convex or concave in p). With the rate v = dH/dp,
//!
//! ```text
//! J = (1/2 pi) int (p+ - p-) dq,   T = int (1/v+ - 1/v-) dq,   omega = 2 pi / T,
//! ```
//!
//! between the turning points, where both branches meet like square roots. In the angle of q = middle + half sin(s) the
//! integrands are smooth and periodic, so that the rule of equal weights converges geometrically (Trefethen and Weideman,
//! SIAM Review 56, 2014); for a circle coordinate that goes round, q itself is the angle and there is one branch. Nodes
//! are doubled until the sums stand still; where they do not, as on a separatrix, the result is refused.

use std::f64::consts::{FRAC_PI_2, PI, TAU};
use std::fmt;

use rayon::prelude::*;

use super::separation::Separation;
use super::turns;
use crate::{CoordinateKind, Ensemble};

/// Actions and frequencies of one orbit in the order of its coordinates.
#[derive(Clone, Debug, PartialEq)]
pub struct QuadratureActions {
    /// The actions, loop integrals of p dq over 2 pi: in a loop between turning points positive, on a circle coordinate
    /// that goes round with the sign of p.
    pub actions: Vec<f64>,
    /// Frequencies in radians per unit time, signed; of a cyclic coordinate its mean rate.
    pub omega: Vec<f64>,
    /// The square of what the last doubling of the nodes changed plus what rounding of the energy changes, the largest over
    /// all integrals, each relative to the integral of its absolute value.
    pub error: f64,
    /// The most nodes that a loop took, over all coordinates; 0 where all are cyclic.
    pub nodes: usize,
}

/// Why quadrature has no result.
#[derive(Clone, Debug, PartialEq)]
pub enum NoQuadrature {
    /// A coordinate on a line with a conserved momentum drifts or stands still: it has no action.
    Drifts {
        /// The coordinate, counted from 0.
        coordinate: usize,
    },
    /// No turning point was found beside the range of the orbit.
    NoTurningPoint {
        /// The coordinate, counted from 0.
        coordinate: usize,
    },
    /// H does not rise or fall from its extremum in p to the energy on both sides, somewhere on the curve.
    NoBranch {
        /// The coordinate, counted from 0.
        coordinate: usize,
        /// Where.
        q: f64,
    },
    /// The rows are not those of an orbit of so many coordinates, or hold numbers that are not finite.
    BadRows,
    /// The integrals still move at the most nodes: the orbit is near a separatrix.
    NotConverged {
        /// The coordinate, counted from 0.
        coordinate: usize,
        /// Nodes of the last sum.
        nodes: usize,
        /// What the last doubling changed, relatively.
        change: f64,
    },
}

impl fmt::Display for NoQuadrature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoQuadrature::Drifts { coordinate } => write!(f, "coordinate {} drifts or stands still", coordinate + 1),
            NoQuadrature::NoTurningPoint { coordinate } => {
                write!(f, "no turning point of coordinate {} beside the range of the orbit", coordinate + 1)
            }
            NoQuadrature::NoBranch { coordinate, q } => {
                write!(f, "the curve of coordinate {} has not two momenta at {q}", coordinate + 1)
            }
            NoQuadrature::BadRows => write!(f, "the rows are no orbit"),
            NoQuadrature::NotConverged { coordinate, nodes, change } => {
                let coordinate = coordinate + 1;
                write!(f, "integrals over coordinate {coordinate} still move by {change:.1e} at {nodes} nodes")
            }
        }
    }
}

impl std::error::Error for NoQuadrature {}

/// Nodes of the first sum, and the most.
const NODES: (usize, usize) = (16, 1 << 16);
/// Sums that change by less than this, relative to those of absolute values, when nodes are doubled stand still: convergence is geometric, so that
/// doubling squares the error, and the finer sum is at rounding.
const STANDS_STILL: f64 = 1e-8;
/// Rounding of sums and energies.
const ROUNDING: f64 = 1e-15;
/// Newton steps to a momentum; the branch of a quadratic H needs none.
const STEPS: usize = 50;

/// Actions and frequencies of the orbit with rows q1..qn, p1..pn, of which the first row and the ranges are used.
///
/// # Errors
/// See [`NoQuadrature`].
pub fn quadrature_actions(
    separation: &Separation,
    kinds: &[CoordinateKind],
    rows: &[f64],
) -> Result<QuadratureActions, NoQuadrature> {
    let dof = kinds.len();
    if rows.is_empty() || !rows.len().is_multiple_of(2 * dof) || !rows.iter().all(|x| x.is_finite()) {
        return Err(NoQuadrature::BadRows);
    }
    let start = &rows[..2 * dof];
    let rates = separation.rates(start);
    let mut found = QuadratureActions { actions: vec![0.0; dof], omega: rates.clone(), error: ROUNDING, nodes: 0 };
    for i in (0..dof).filter(|&i| !separation.is_cyclic(i)) {
        let column = rows.iter().skip(i).step_by(2 * dof);
        let (low, high) = column.fold((f64::MAX, f64::MIN), |(low, high), &q| (low.min(q), high.max(q)));
        let goes_round = kinds[i] == CoordinateKind::Circle && high - low > TAU;
        let sums_at = |energy: f64| {
            let curve = Curve { separation, start, coordinate: i, energy };
            if goes_round { curve.round() } else { curve.between(low, high) }
        };
        let energy = separation.energy(start);
        let sums = sums_at(energy)?;
        let rounding = 4.0 * f64::EPSILON * energy.abs().max((start[dof + i] * rates[i]).abs());
        let moved_by_rounding = sums_at(energy + rounding)?.integrals.moved(&sums.integrals);
        let values = &sums.integrals.values;
        found.actions[i] = values[0] / TAU;
        found.omega[i] = TAU / values[1];
        found.error = found.error.max(sums.change + moved_by_rounding);
        found.nodes = found.nodes.max(sums.nodes);
        // dE/dp_j at fixed actions is the mean rate of the cyclic coordinate j over the loops of all curves.
        for j in (0..dof).filter(|&j| separation.is_cyclic(j)) {
            found.omega[j] += values[2 + j] / values[1] - rates[j];
        }
    }
    for j in (0..dof).filter(|&j| separation.is_cyclic(j)) {
        if kinds[j] == CoordinateKind::Line {
            return Err(NoQuadrature::Drifts { coordinate: j });
        }
        found.actions[j] = start[dof + j];
    }
    Ok(found)
}

/// The same for every orbit of an ensemble, in parallel.
pub fn quadrature_of(
    ensemble: &Ensemble,
    separation: &Separation,
    kinds: &[CoordinateKind],
) -> Vec<Result<QuadratureActions, NoQuadrature>> {
    ensemble.orbits.par_iter().map(|rows| quadrature_actions(separation, kinds, rows)).collect()
}

impl QuadratureActions {
    /// The largest difference to actions measured in another basis of frequencies, relative to the sum of the absolute
    /// actions: where `omega` is M times the frequencies here, the transpose of M times those actions are the ones here.
    /// None where no whole numbers relate the frequencies.
    pub fn difference(&self, omega: &[f64], actions: &[f64]) -> Option<f64> {
        let matrix: Vec<Vec<i32>> = omega.iter().map(|&omega| turns(omega, &self.omega)).collect::<Option<_>>()?;
        let here = |i: usize| -> f64 { matrix.iter().zip(actions).map(|(row, x)| f64::from(row[i]) * x).sum() };
        let total: f64 = self.actions.iter().map(|action| action.abs()).sum();
        let off = self.actions.iter().enumerate().map(|(i, action)| (here(i) - action).abs());
        Some(off.fold(0.0, f64::max) / total)
    }
}

/// The curve in the plane of one pair on which H has the energy of the orbit, all other pairs as at the start.
struct Curve<'a> {
    separation: &'a Separation,
    start: &'a [f64],
    coordinate: usize,
    energy: f64,
}

/// Integrals over a loop: of p dq, of dt, and of each cyclic coordinate's rate over dt (0 for others); beside each that of its absolute value.
///
/// An integral may vanish, an action where p changes its sign say; its absolute one tells what it is exact to.
struct Integrals {
    values: Vec<f64>,
    sizes: Vec<f64>,
}

struct Sums {
    integrals: Integrals,
    change: f64,
    nodes: usize,
}

impl Curve<'_> {
    /// A loop between two turning points next to the ends of the orbit's range.
    fn between(&self, low: f64, high: f64) -> Result<Sums, NoQuadrature> {
        let (left, right) = (self.turning_point(low, low - high)?, self.turning_point(high, high - low)?);
        let (middle, half) = (0.5 * (left + right), 0.5 * (right - left));
        self.until_still(|s| {
            let s = PI * s - FRAC_PI_2;
            let (q, weight) = (middle + half * libm::sin(s), PI * half * libm::cos(s));
            let (there, back) = (self.terms(q, 1.0, weight)?, self.terms(q, -1.0, -weight)?);
            Ok(there.iter().zip(back).map(|(there, back)| there + back).collect())
        })
    }

    /// Once round a circle on the branch of the start.
    fn round(&self) -> Result<Sums, NoQuadrature> {
        let (q, p) = (self.start[self.coordinate], self.start[self.start.len() / 2 + self.coordinate]);
        let side = (p - self.extremum(q)?).signum();
        self.until_still(|s| self.terms(q + TAU * s, side, TAU))
    }

    /// p, 1/v and the cyclic rates over v at one node of the upper (1) or lower (-1) branch, times a weight.
    fn terms(&self, q: f64, side: f64, weight: f64) -> Result<Vec<f64>, NoQuadrature> {
        let p = self.branch(q, side)?;
        let rates = self.separation.rates(&self.point(q, p));
        let time = weight / rates[self.coordinate];
        let turned = |(j, rate): (usize, &f64)| if self.separation.is_cyclic(j) { time * rate } else { 0.0 };
        Ok([weight * p, time].into_iter().chain(rates.iter().enumerate().map(turned)).collect())
    }

    /// Sums over midpoints of [0, 1], doubled until they stand still.
    fn until_still(&self, terms: impl Fn(f64) -> Result<Vec<f64>, NoQuadrature>) -> Result<Sums, NoQuadrature> {
        let mut last: Option<Integrals> = None;
        let (mut nodes, mut change) = (NODES.0, f64::INFINITY);
        while nodes <= NODES.1 {
            let midpoint = |j: usize| terms((j as f64 + 0.5) / nodes as f64);
            let integrals = Integrals::of((0..nodes).map(midpoint), 2 + self.start.len() / 2)?;
            change = last.map_or(f64::INFINITY, |last| last.moved(&integrals));
            if change < STANDS_STILL {
                return Ok(Sums { integrals, change: (change * change).max(ROUNDING), nodes });
            }
            (last, nodes) = (Some(integrals), 2 * nodes);
        }
        Err(NoQuadrature::NotConverged { coordinate: self.coordinate, nodes: NODES.1, change })
    }

    /// Where the two branches meet, from an end of the orbit's range outwards; the step may be negative.
    ///
    /// Samples of an orbit stop short of its turning points: the first step is small against the range. The steps grow
    /// slowly, so that none goes over a barrier that is wide against its distance.
    fn turning_point(&self, end: f64, range: f64) -> Result<f64, NoQuadrature> {
        const SHORT: f64 = 1e-6;
        const GROWTH: f64 = 1.1;
        const FARTHEST: i32 = 300;
        let is_inside = |q: f64| self.height(q).is_ok_and(|height| height >= 0.0);
        let beyond = |n: i32| end + SHORT * range * GROWTH.powi(n);
        let first_outside = (0..FARTHEST).find(|&n| !is_inside(beyond(n)));
        // A turning point itself may be outside by rounding.
        let last_inside = |n: i32| match n {
            0 if is_inside(end) => end,
            0 => end - SHORT * range,
            n => beyond(n - 1),
        };
        let bracket = first_outside.map(|n| (last_inside(n), beyond(n))).filter(|(inside, _)| is_inside(*inside));
        let missing = NoQuadrature::NoTurningPoint { coordinate: self.coordinate };
        let (mut inside, mut outside) = bracket.ok_or(missing)?;
        // Bisection until the two are neighbours among the numbers there are.
        loop {
            let middle = 0.5 * (inside + outside);
            if middle == inside || middle == outside {
                return Ok(inside);
            }
            *(if is_inside(middle) { &mut inside } else { &mut outside }) = middle;
        }
    }

    fn point(&self, q: f64, p: f64) -> Vec<f64> {
        let mut point = self.start.to_vec();
        (point[self.coordinate], point[self.start.len() / 2 + self.coordinate]) = (q, p);
        point
    }

    /// H, dH/dp and its second derivative.
    fn slopes(&self, q: f64, p: f64) -> [f64; 3] {
        self.separation.slopes(self.coordinate, &self.point(q, p))
    }

    /// The p at which H is extremal.
    fn extremum(&self, q: f64) -> Result<f64, NoQuadrature> {
        let mut p = 0.0;
        for _ in 0..STEPS {
            let [_, slope, curvature] = self.slopes(q, p);
            let step = slope / curvature;
            p -= step;
            // A step that no longer changes the energy is enough: p itself may be near 0, a difference of larger terms.
            if step.abs() <= f64::EPSILON * p.abs() || (slope * step).abs() <= f64::EPSILON * self.energy.abs() {
                return Ok(p);
            }
        }
        Err(NoQuadrature::NoBranch { coordinate: self.coordinate, q })
    }

    /// How far the energy is beyond the extremum of H at q, in the direction in which H goes: negative outside.
    fn height(&self, q: f64) -> Result<f64, NoQuadrature> {
        let [value, _, curvature] = self.slopes(q, self.extremum(q)?);
        Ok((self.energy - value) * curvature.signum())
    }

    /// p on the upper or lower branch at q.
    fn branch(&self, q: f64, side: f64) -> Result<f64, NoQuadrature> {
        let missing = NoQuadrature::NoBranch { coordinate: self.coordinate, q };
        let extremum = self.extremum(q)?;
        let [value, _, curvature] = self.slopes(q, extremum);
        let square = 2.0 * (self.energy - value) / curvature;
        if square.is_nan() || square <= 0.0 {
            return Err(missing);
        }
        // Exact where H is quadratic; elsewhere Newton's method goes on from there, from outside of a convex H.
        let mut p = extremum + side * square.sqrt();
        let mut last = f64::INFINITY;
        for _ in 0..STEPS {
            let [value, slope, _] = self.slopes(q, p);
            let step = (value - self.energy) / slope;
            // Steps shrink until rounding.
            if step.abs() >= 0.5 * last || step.abs() <= f64::EPSILON * p.abs() {
                return if slope * side * curvature > 0.0 { Ok(p) } else { Err(missing) };
            }
            (p, last) = (p - step, step.abs());
        }
        Err(missing)
    }
}

impl Integrals {
    /// The means of the terms of all nodes.
    fn of(
        nodes: impl ExactSizeIterator<Item = Result<Vec<f64>, NoQuadrature>>,
        n: usize,
    ) -> Result<Integrals, NoQuadrature> {
        let share = 1.0 / nodes.len() as f64;
        let (mut values, mut sizes) = (vec![0.0; n], vec![0.0; n]);
        for terms in nodes {
            for ((value, size), term) in values.iter_mut().zip(&mut sizes).zip(terms?) {
                *value += share * term;
                *size += share * term.abs();
            }
        }
        Ok(Integrals { values, sizes })
    }

    /// The largest change from these integrals to others, relative to their sizes.
    fn moved(&self, to: &Integrals) -> f64 {
        let changes = self.values.iter().zip(&to.values).map(|(a, b)| (a - b).abs());
        let relative = changes.zip(&to.sizes).map(|(change, size)| if change == 0.0 { 0.0 } else { change / size });
        relative.fold(0.0, |most, x| if x.is_nan() { f64::INFINITY } else { most.max(x) })
    }
}

#[cfg(test)]
#[path = "quadrature_tests.rs"]
mod tests;
