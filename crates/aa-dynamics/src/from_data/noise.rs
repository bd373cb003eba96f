//! How noisy the columns are: given, or estimated from differences of high order along time.
//!
//! A difference of order r takes away what is smooth and keeps noise: of white noise of variance s^2 it has variance
//! C(2r, r) s^2, of an oscillation with phase step w it leaves the share (2 sin(w/2))^(2r) of the amplitude squared. So
//! s_r^2 = mean square of the r-th difference / C(2r, r) falls with r until only noise is left and then stays: noise
//! is the level on which it stays. Where it still falls at the last order, the noise is below what is left and counts
//! as none; where what is left is not small, the sampling is too coarse to tell, and that is said.

use super::{DataError, Samples};
use crate::Error;

/// The standard deviation of the noise in each column, in the column's units.
#[derive(Clone, Debug, PartialEq)]
pub struct Noise {
    /// One for each column.
    pub sigma: Vec<f64>,
    /// Relative standard error of the variances, the largest of all columns; 0 where sigma was given.
    pub relative_error: f64,
    /// Whether it was estimated from the samples.
    pub estimated: bool,
}

impl Noise {
    /// Noise that is known.
    pub fn given(sigma: Vec<f64>) -> Noise {
        Noise { sigma, relative_error: 0.0, estimated: false }
    }

    /// Refuses noise that does not fit the columns.
    pub(super) fn check(&self, samples: &Samples) -> Result<(), Error> {
        let bad = self.sigma.iter().any(|s| !(s.is_finite() && *s >= 0.0)) || self.sigma.len() != samples.width();
        let fault = DataError::BadSigma { expected: samples.width(), found: self.sigma.clone() };
        if bad { Err(fault.into()) } else { Ok(()) }
    }
}

/// Highest order of the differences.
const ORDERS: usize = 10;

/// Left over and still falling, a share of the spread above this is motion that was not resolved.
const UNRESOLVED: f64 = 1e-2;

/// Left over above this share of the spread, noise cannot be told from motion.
const DROWNED: f64 = 0.5;

/// Estimates the noise of every column.
///
/// # Errors
/// A column that is not smooth at the sampling of the data, so that motion and noise cannot be told apart; times that
/// are not equally spaced.
pub fn estimate_noise(samples: &Samples) -> Result<Noise, Error> {
    samples.equal_step()?;
    let spread = samples.spread();
    let columns: Vec<(f64, f64)> =
        (0..samples.width()).map(|column| column_noise(samples, column, spread[column])).collect::<Result<_, _>>()?;
    let relative_error = columns.iter().map(|(_, error)| *error).fold(0.0, f64::max);
    Ok(Noise { sigma: columns.iter().map(|(sigma, _)| *sigma).collect(), relative_error, estimated: true })
}

/// Sigma of one column and the relative standard error of its square.
fn column_noise(samples: &Samples, column: usize, spread: f64) -> Result<(f64, f64), Error> {
    let levels = levels(samples, column);
    let n = (samples.n_orbits() * samples.n_times()) as f64;
    // The r-th difference of white noise is correlated over about 2r samples: variance of its mean square.
    let error = |r: usize| (2.0 * (std::f64::consts::PI * r as f64 / 2.0).sqrt() / n).sqrt();
    let last = levels.len();
    let lowest = levels.iter().copied().fold(f64::INFINITY, f64::min);
    let falls = levels[last - 1] < levels[last - 2] * (1.0 - 4.0 * error(last));
    let left = lowest.sqrt() / spread;
    if left > DROWNED || (falls && left > UNRESOLVED) {
        return Err(DataError::NotSmooth { column: samples.symbols()[column].to_string() }.into());
    }
    if falls || lowest == 0.0 {
        return Ok((0.0, 0.0));
    }
    let settled = (1..=last).find(|&r| levels[r - 1] <= lowest * (1.0 + 2.0 * error(r))).unwrap_or(last);
    Ok((levels[settled - 1].sqrt(), 2.0 * error(settled)))
}

/// s_r^2 for r = 1, 2, ...
fn levels(samples: &Samples, column: usize) -> Vec<f64> {
    let mut series: Vec<Vec<f64>> =
        (0..samples.n_orbits()).map(|orbit| samples.series(orbit, column).collect()).collect();
    let orders = ORDERS.min(samples.n_times() / 2);
    let mut binomial = 1.0;
    let level = |r: usize| {
        for one in &mut series {
            for j in 0..one.len() - 1 {
                one[j] = one[j + 1] - one[j];
            }
            one.pop();
        }
        binomial *= (4 * r - 2) as f64 / r as f64;
        let squares: f64 = series.iter().flatten().map(|x| x * x).sum();
        squares / (binomial * (series.len() * series[0].len()) as f64)
    };
    (1..=orders).map(level).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    /// 20 orbits of 150 samples: two oscillations, one fast, with noise of these sizes.
    fn samples(dt: f64, sigma: [f64; 2]) -> Samples {
        let t: Vec<f64> = (0..150).map(|j| dt * f64::from(j)).collect();
        let orbit = |k: u64| {
            let mut stream = Stream::new(3, "noise").fork(k);
            let phase = k as f64;
            let row = |t: &f64| [(t + phase).sin() + 0.2 * (3.0 * t).cos(), 5.0 * (t - phase).cos()];
            let noisy = |row: [f64; 2]| [0, 1].map(|c: usize| row[c] + sigma[c] * stream.normal());
            t.iter().map(row).flat_map(noisy).collect()
        };
        Samples::plain(2, t.clone(), (0..20).map(orbit).collect()).unwrap()
    }

    #[test]
    fn noise_is_estimated_column_by_column() {
        for sigma in [[0.001, 0.5], [0.03, 0.005], [0.1, 1e-4]] {
            let found = estimate_noise(&samples(0.1, sigma)).unwrap();
            for c in 0..2 {
                let error = found.sigma[c] / sigma[c] - 1.0;
                assert!(error.abs() < 1.5 * found.relative_error && found.relative_error < 0.1, "{sigma:?}: {found:?}");
            }
        }
    }

    #[test]
    fn clean_columns_have_none() {
        let found = estimate_noise(&samples(0.1, [0.0, 0.0])).unwrap();
        assert!(found.sigma.iter().all(|s| *s < 1e-7), "{found:?}");
    }

    #[test]
    fn coarse_sampling_is_refused() {
        let refused = Err(Error::Data(DataError::NotSmooth { column: "z1".into() }));
        assert_eq!(estimate_noise(&samples(1.7, [0.0, 0.0])), refused);
        assert_eq!(estimate_noise(&samples(0.1, [2.0, 0.1])), refused);
    }
}
