//! Equations of motion as integrals over windows: no derivative of a measurement is taken.
//!
//! For a smooth psi that vanishes with its derivatives at the ends of a window, int psi' z dt = - int psi dz/dt dt, so
//! dz/dt = sum c_a f_a becomes one linear equation a window. Features are unbiased under noise (see `features`); what
//! their noise adds to the normal matrix is taken out as well, since it would pull every coefficient towards 0.
//! The weak form is that of Messenger and Bortz, Multiscale Model. Simul. 19 (2021) 1474.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::features::{Evaluator, Feature};
use super::moments::quadratic;
use super::{Noise, Samples};
use crate::CoordinateKind;
use crate::symmetric::{dot, eigen};

/// What equations are written for.
pub(super) struct Problem<'a> {
    pub(super) samples: &'a Samples,
    pub(super) noise: &'a Noise,
    /// The step of time.
    pub(super) dt: f64,
}

/// dz/dt of one column as a sum of unknown coefficients times known multiples of features.
pub(super) struct Equation {
    /// The column whose rate it is.
    pub(super) target: usize,
    /// Which unknown, the feature it multiplies, and the multiple.
    pub(super) terms: Vec<(usize, Feature, f64)>,
}

/// One orbit's share of the normal equations.
struct Share {
    /// The normal matrix without the noise of the features, by its lower half.
    matrix: Vec<f64>,
    right: Vec<f64>,
    /// The squared left sides without the noise of the target.
    square: f64,
}

/// The normal equations of all orbits.
pub(super) struct Regression {
    shares: Vec<Share>,
    n: usize,
    /// How far sums over samples are from the integrals, as a share of a coefficient.
    truncation: f64,
}

/// Coefficients with their standard errors over orbits.
pub(super) struct Solution {
    pub(super) coefficients: Vec<f64>,
    pub(super) errors: Vec<f64>,
}

/// Windows of one width, side by side over an orbit.
struct Windows {
    /// psi times the step of time.
    value: Vec<f64>,
    /// psi' times the step of time.
    slope: Vec<f64>,
    starts: Vec<usize>,
    /// At every time, the sum of the squared values over all windows.
    weight: Vec<f64>,
}

impl Windows {
    /// psi = (1 - s^2)^6 on [-1, 1]: with 8 samples on each side sums over samples are integrals to 1e-5 of a rate, with 16 to
    /// 1e-7 (see `truncation`).
    fn new(half: usize, n_times: usize, dt: f64) -> Windows {
        let width = half as f64;
        let rest = |j: usize| 1.0 - (j as f64 / width - 1.0).powi(2);
        let value: Vec<f64> = (0..=2 * half).map(|j| rest(j).powi(6) * dt).collect();
        let slope = (0..=2 * half).map(|j| -12.0 * (j as f64 / width - 1.0) * rest(j).powi(5) / width).collect();
        let starts: Vec<usize> = (0..n_times - 2 * half).step_by(half / 2).collect();
        let mut weight = vec![0.0; n_times];
        for start in &starts {
            weight[*start..].iter_mut().zip(&value).for_each(|(w, v)| *w += v * v);
        }
        Windows { value, slope, starts, weight }
    }

    /// How far int psi' t dt is from - int psi dt in sums over samples, relative to it: slow motion is taken to be so much
    /// faster or slower than it is, on all orbits alike. Motion that turns several times in a window leaves more.
    fn truncation(&self, dt: f64) -> f64 {
        let moment: f64 = self.slope.iter().enumerate().map(|(j, slope)| slope * j as f64 * dt).sum();
        let area: f64 = self.value.iter().sum();
        (moment / area + 1.0).abs()
    }
}

impl Problem<'_> {
    /// Equations with `n` unknowns over windows of `half` samples on each side, each half over its neighbour; one
    /// regression for each such half.
    pub(super) fn over_windows(&self, equations: &[Equation], n: usize, halves: &[usize]) -> Vec<Regression> {
        let n_times = self.samples.n_times();
        let windows: Vec<Windows> = halves.iter().map(|&half| Windows::new(half, n_times, self.dt)).collect();
        let shares = |orbit: usize| {
            let empty = || Share { matrix: vec![0.0; n * (n + 1) / 2], right: vec![0.0; n], square: 0.0 };
            let mut shares: Vec<Share> = windows.iter().map(|_| empty()).collect();
            for equation in equations {
                Values::new(self, orbit, equation).add_to(&mut shares, &windows);
            }
            shares
        };
        let by_orbit: Vec<Vec<Share>> = (0..self.samples.n_orbits()).into_par_iter().map(shares).collect();
        let empty = |windows: &Windows| Regression { shares: Vec::new(), n, truncation: windows.truncation(self.dt) };
        let mut regressions: Vec<Regression> = windows.iter().map(empty).collect();
        for shares in by_orbit {
            regressions.iter_mut().zip(shares).for_each(|(regression, share)| regression.shares.push(share));
        }
        regressions
    }
}

impl Regression {
    /// The best coefficients where all but the `active` ones are 0; none where the orbits do not determine them.
    pub(super) fn solve(&self, active: &[usize]) -> Option<Solution> {
        let entry = |share: &Share, a: usize, b: usize| share.matrix[a.max(b) * (a.max(b) + 1) / 2 + a.min(b)];
        let sum = |a: usize, b: usize| self.shares.iter().map(|share| entry(share, a, b)).sum::<f64>();
        let matrix: Vec<Vec<f64>> = active.iter().map(|&a| active.iter().map(|&b| sum(a, b)).collect()).collect();
        let inverse = Inverse::of(&matrix)?;
        let right: Vec<f64> = active.iter().map(|&a| self.shares.iter().map(|share| share.right[a]).sum()).collect();
        let solution = inverse.times(&right);
        let mut coefficients = vec![0.0; self.n];
        active.iter().zip(&solution).for_each(|(&a, c)| coefficients[a] = *c);
        // The sandwich: residual gradients of the orbits are independent, those of windows are not.
        let influence = |share: &Share| {
            let residual = |&a: &usize| {
                share.right[a] - active.iter().zip(&solution).map(|(&b, c)| entry(share, a, b) * c).sum::<f64>()
            };
            inverse.times(&active.iter().map(residual).collect::<Vec<_>>())
        };
        let influences: Vec<Vec<f64>> = self.shares.iter().map(influence).collect();
        let count = self.shares.len() as f64;
        let mut errors = vec![0.0; self.n];
        for (i, &a) in active.iter().enumerate() {
            let scatter: f64 = influences.iter().map(|influence| influence[i] * influence[i]).sum();
            errors[a] = (scatter * count / (count - 1.0)).sqrt().hypot(self.truncation * coefficients[a]);
        }
        Some(Solution { coefficients, errors })
    }

    /// The share of the squared left sides that these coefficients leave beyond the noise, and its standard error.
    pub(super) fn misfit(&self, coefficients: &[f64]) -> (f64, f64) {
        let left = |share: &Share| {
            share.square - 2.0 * dot(coefficients, &share.right) + quadratic(&share.matrix, coefficients)
        };
        let whole: f64 = self.shares.iter().map(|share| share.square).sum();
        let misfit = self.shares.iter().map(left).sum::<f64>() / whole;
        let scatter: f64 = self.shares.iter().map(|share| (left(share) - misfit * share.square).powi(2)).sum();
        (misfit, scatter.sqrt() / whole.abs())
    }
}

/// The inverse of a symmetric positive definite matrix, by the eigenvectors of its form with a unit diagonal.
struct Inverse {
    diagonal: Vec<f64>,
    pairs: Vec<(f64, Vec<f64>)>,
}

impl Inverse {
    /// None for a matrix that is singular within rounding.
    fn of(matrix: &[Vec<f64>]) -> Option<Inverse> {
        let diagonal: Vec<f64> = matrix.iter().enumerate().map(|(a, row)| row[a].max(0.0).sqrt()).collect();
        if diagonal.is_empty() || diagonal.contains(&0.0) {
            return None;
        }
        let scaled =
            |(a, row): (usize, &Vec<f64>)| row.iter().zip(&diagonal).map(|(x, d)| x / (d * diagonal[a])).collect();
        let pairs = eigen(&matrix.iter().enumerate().map(scaled).collect::<Vec<_>>());
        (pairs[0].0 > 1e-11).then_some(Inverse { diagonal, pairs })
    }

    fn times(&self, x: &[f64]) -> Vec<f64> {
        let scaled: Vec<f64> = x.iter().zip(&self.diagonal).map(|(x, d)| x / d).collect();
        let mut solution = vec![0.0; x.len()];
        for (value, vector) in &self.pairs {
            let weight = dot(vector, &scaled) / value;
            solution.iter_mut().zip(vector).for_each(|(y, v)| *y += weight * v);
        }
        solution.iter_mut().zip(&self.diagonal).for_each(|(y, d)| *y /= d);
        solution
    }
}

/// One equation at every time of an orbit.
struct Values<'a> {
    equation: &'a Equation,
    target: Vec<f64>,
    /// Variance of the noise of the target.
    variance: f64,
    /// The values of each term.
    terms: Vec<Vec<f64>>,
    /// Unbiased values of each feature and of all in their products.
    all: BTreeMap<Feature, Vec<f64>>,
    kinds: &'a [CoordinateKind],
}

impl<'a> Values<'a> {
    fn new(problem: &Problem<'a>, orbit: usize, equation: &'a Equation) -> Values<'a> {
        let (samples, noise) = (problem.samples, problem.noise);
        let kinds = samples.kinds();
        let degree = equation.terms.iter().map(|(_, feature, _)| feature.degree()).max().unwrap_or(0);
        let features = Feature::all(kinds, columns_of(equation), 2 * degree);
        let mut evaluator = Evaluator::new(&features, kinds, &noise.sigma);
        let mut values = vec![0.0; features.len()];
        let mut series = vec![Vec::with_capacity(samples.n_times()); features.len()];
        for row in samples.rows(orbit) {
            evaluator.at(row, &mut values);
            series.iter_mut().zip(&values).for_each(|(series, value)| series.push(*value));
        }
        let all: BTreeMap<Feature, Vec<f64>> = features.into_iter().zip(series).collect();
        let term = |(_, feature, c): &(usize, Feature, f64)| all[feature].iter().map(|value| c * value).collect();
        Values {
            equation,
            target: samples.series(orbit, equation.target).collect(),
            variance: noise.sigma[equation.target].powi(2),
            terms: equation.terms.iter().map(term).collect(),
            all,
            kinds,
        }
    }

    /// Adds the equation's windows on this orbit.
    fn add_to(&self, shares: &mut [Share], windows: &[Windows]) {
        for (share, windows) in shares.iter_mut().zip(windows) {
            for &start in &windows.starts {
                self.add_window(share, windows, start);
            }
            share.square -= self.variance * windows.starts.len() as f64 * dot(&windows.slope, &windows.slope);
        }
        for (i, (a, ..)) in self.equation.terms.iter().enumerate() {
            for (j, (b, ..)) in self.equation.terms.iter().enumerate().filter(|(_, (b, ..))| b <= a) {
                let noise = self.noise(i, j);
                for (share, windows) in shares.iter_mut().zip(windows) {
                    share.matrix[a * (a + 1) / 2 + b] -= dot(&windows.weight, &noise);
                }
            }
        }
    }

    /// int psi' z dt = - sum c int psi f dt, squared.
    fn add_window(&self, share: &mut Share, windows: &Windows, start: usize) {
        let left = -dot(&windows.slope, &self.target[start..]);
        let row: Vec<f64> = self.terms.iter().map(|term| dot(&windows.value, &term[start..])).collect();
        share.square += left * left;
        for (x, (a, ..)) in row.iter().zip(&self.equation.terms) {
            share.right[*a] += x * left;
            for (y, (b, ..)) in row.iter().zip(&self.equation.terms).filter(|(_, (b, ..))| b <= a) {
                share.matrix[a * (a + 1) / 2 + b] += x * y;
            }
        }
    }

    /// The covariance of the noise of two terms, at every time.
    fn noise(&self, i: usize, j: usize) -> Vec<f64> {
        let ((_, f, c), (_, g, d)) = (&self.equation.terms[i], &self.equation.terms[j]);
        let mut noise: Vec<f64> = self.terms[i].iter().zip(&self.terms[j]).map(|(x, y)| x * y).collect();
        for (feature, factor) in f.times(g, self.kinds) {
            noise.iter_mut().zip(&self.all[&feature]).for_each(|(noise, value)| *noise -= c * d * factor * value);
        }
        noise
    }
}

/// The columns that an equation's features look at.
fn columns_of(equation: &Equation) -> std::ops::Range<usize> {
    let used = || equation.terms.iter().flat_map(|(_, f, _)| f.0.iter().enumerate().filter(|(_, k)| **k != 0));
    let first = used().map(|(column, _)| column).min().unwrap_or(0);
    first..used().map(|(column, _)| column + 1).max().unwrap_or(0)
}
