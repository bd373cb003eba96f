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
    /// The actions; negative where a circle coordinate goes round backwards.
    pub actions: Vec<f64>,
    /// Frequencies in radians per unit time, signed.
    pub omega: Vec<f64>,
    /// The square of what the last doubling of the nodes changed and what rounding of the energy may change, the largest over actions
    /// and frequencies and relative to each.
    pub error: f64,
    /// The most nodes that an integral took.
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
/// Sums that change by less than this, relatively, when nodes are doubled stand still: convergence is geometric, so that
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
        let moved_by_rounding = moved(&sums_at(energy + rounding)?.values, &sums.values);
        found.actions[i] = sums.values[0] / TAU;
        found.omega[i] = TAU / sums.values[1];
        found.error = found.error.max(sums.change + moved_by_rounding);
        found.nodes = found.nodes.max(sums.nodes);
        // dE/dp_j at fixed actions is the mean rate of the cyclic coordinate j over the loops of all curves.
        for j in (0..dof).filter(|&j| separation.is_cyclic(j)) {
            found.omega[j] += sums.values[2 + j] / sums.values[1] - rates[j];
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

/// Integrals over a loop: of p dq, of dt, and of each coordinate's rate over dt.
struct Sums {
    values: Vec<f64>,
    change: f64,
    nodes: usize,
}

impl Curve<'_> {
    /// A loop between two turning points next to the ends of the orbit's range.
    fn between(&self, low: f64, high: f64) -> Result<Sums, NoQuadrature> {
        let (left, right) = (self.turning_point(low, low - high)?, self.turning_point(high, high - low)?);
        let (middle, half) = (0.5 * (left + right), 0.5 * (right - left));
        self.until_still(|s, sums| {
            let s = PI * s - FRAC_PI_2;
            let (q, weight) = (middle + half * libm::sin(s), PI * half * libm::cos(s));
            self.add(q, 1.0, weight, sums)?;
            self.add(q, -1.0, -weight, sums)
        })
    }

    /// Once round a circle on the branch of the start.
    fn round(&self) -> Result<Sums, NoQuadrature> {
        let (q, p) = (self.start[self.coordinate], self.start[self.start.len() / 2 + self.coordinate]);
        let side = (p - self.extremum(q)?).signum();
        self.until_still(|s, sums| self.add(q + TAU * s, side, TAU, sums))
    }

    /// Adds p, 1/v and the rates over v at one node of the upper (1) or lower (-1) branch, times a weight.
    fn add(&self, q: f64, side: f64, weight: f64, sums: &mut [f64]) -> Result<(), NoQuadrature> {
        let p = self.branch(q, side)?;
        let rates = self.separation.rates(&self.point(q, p));
        let time = weight / rates[self.coordinate];
        sums[0] += weight * p;
        sums[1] += time;
        sums[2..].iter_mut().zip(&rates).for_each(|(sum, rate)| *sum += time * rate);
        Ok(())
    }

    /// Sums over midpoints of [0, 1], doubled until they stand still.
    fn until_still(&self, add: impl Fn(f64, &mut [f64]) -> Result<(), NoQuadrature>) -> Result<Sums, NoQuadrature> {
        let mut last: Option<Vec<f64>> = None;
        let (mut nodes, mut change) = (NODES.0, f64::INFINITY);
        while nodes <= NODES.1 {
            let mut values = vec![0.0; 2 + self.start.len() / 2];
            (0..nodes).try_for_each(|j| add((j as f64 + 0.5) / nodes as f64, &mut values))?;
            values.iter_mut().for_each(|value| *value /= nodes as f64);
            change = last.map_or(f64::INFINITY, |last| moved(&last, &values));
            if change < STANDS_STILL {
                return Ok(Sums { values, change: (change * change).max(ROUNDING), nodes });
            }
            (last, nodes) = (Some(values), 2 * nodes);
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
            if step.abs() <= f64::EPSILON * p.abs() {
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

/// The largest change of the integrals of p dq and of dt, relative to each.
fn moved(last: &[f64], now: &[f64]) -> f64 {
    let relative = |(a, b): (&f64, &f64)| ((a - b) / b).abs();
    last.iter().zip(now).take(2).map(relative).fold(0.0, |most, x| if x.is_nan() { f64::INFINITY } else { most.max(x) })
}

#[cfg(test)]
#[path = "quadrature_tests.rs"]
mod tests;
