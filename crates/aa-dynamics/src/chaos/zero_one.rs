//! The 0-1 test for chaos on a series (Gottwald and Melbourne, SIAM J. Appl. Dyn. Syst. 8, 2009).
//!
//! Choose it where there is a series but no system. Each frequency c turns the series into steps in a plane,
//! p(n) = sum x(j) cos(jc), q(n) = sum x(j) sin(jc): a regular series stays near, a chaotic one walks at random. K is
//! the correlation of the mean-square displacement with time: near 0 or near 1.
//!
//! **Sampling.** Samples must be far enough apart to be nearly uncorrelated, about a quarter of the shortest period;
//! a series that is sampled too densely looks regular whatever it is. [`ZeroOne::neighbours`] tells: near 1, thin the
//! series by its [`decorrelation`]. Measurement noise moves K upwards. Weak chaos, with less than some ten Lyapunov times
//! in the series, and orbits that stick to islands give a K between, and no label.

use std::f64::consts::PI;

use super::{OrbitState, Spread};
use crate::random::Stream;

/// Shortest series that is tested.
pub const SHORTEST: usize = 200;

/// Frequencies c, drawn in (pi/5, 4 pi/5) away from the resonances at 0 and pi.
const FREQUENCIES: usize = 100;

/// K up to which a series counts as regular.
pub const REGULAR: f64 = 0.2;

/// K from which it counts as chaotic.
pub const CHAOTIC: f64 = 0.8;

/// The correlation of neighbours above which a low K tells of the sampling and not of the motion.
pub const TOO_DENSE: f64 = 0.9;

/// What the test says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ZeroOne {
    /// K over the frequencies; the median is the answer.
    pub k: Spread,
    /// The correlation of neighbouring samples.
    pub neighbours: f64,
    /// Samples.
    pub n: usize,
}

impl ZeroOne {
    /// Regular, chaotic, or undecided: K between, or samples too dense for a low K to mean anything.
    pub fn state(&self) -> OrbitState {
        match self.k.median {
            k if k >= CHAOTIC => OrbitState::Chaotic,
            k if k <= REGULAR && self.neighbours <= TOO_DENSE => OrbitState::Regular,
            _ => OrbitState::Undecided,
        }
    }
}

/// The first lag, in samples, at which the correlation of a series with itself is not positive: a quarter period of an
/// oscillation. None where there is none that leaves enough samples to be tested.
pub fn decorrelation(series: &[f64]) -> Option<usize> {
    let n = series.len();
    (1..=n / SHORTEST).find(|&lag| correlation(&series[..n - lag], &series[lag..]) <= 0.0)
}

/// The test on one series, its mean taken out; none where it is too short, constant or not finite.
///
/// ```
/// use aa_dynamics::chaos::zero_one::zero_one_test;
/// let logistic = |r: f64| (0..2000).scan(0.3, move |x, _| { *x = r * *x * (1.0 - *x); Some(*x) }).collect::<Vec<_>>();
/// assert!(zero_one_test(&logistic(3.97), 0).unwrap().k.median > 0.95);
/// assert!(zero_one_test(&logistic(3.55), 0).unwrap().k.median < 0.05);
/// ```
pub fn zero_one_test(series: &[f64], seed: u64) -> Option<ZeroOne> {
    let n = series.len();
    let mean = series.iter().sum::<f64>() / n as f64;
    let centred: Vec<f64> = series.iter().map(|x| x - mean).collect();
    let neighbours = correlation(&centred[..n.checked_sub(1)?], &centred[1..]);
    if n < SHORTEST || !neighbours.is_finite() {
        return None;
    }
    let mut stream = Stream::new(seed, "0-1 test");
    let ks = (0..FREQUENCIES).map(|_| k_of(&centred, PI * (0.2 + 0.6 * stream.uniform())));
    Some(ZeroOne { k: Spread::of(&ks.collect::<Vec<f64>>())?, neighbours, n })
}

/// K at one frequency. With the mean taken out, the oscillating part of the displacement vanishes by itself.
fn k_of(series: &[f64], c: f64) -> f64 {
    let reach = series.len() / 10;
    let mut place = (0.0, 0.0);
    let walk = series.iter().enumerate().map(|(j, x)| {
        let angle = (j + 1) as f64 * c;
        place = (place.0 + x * libm::cos(angle), place.1 + x * libm::sin(angle));
        place
    });
    let walk: Vec<(f64, f64)> = walk.collect();
    let n_starts = series.len() - reach;
    let square = |(p, q): (f64, f64), (r, s): (f64, f64)| (p - r) * (p - r) + (q - s) * (q - s);
    let displacement =
        |n: usize| walk[n..].iter().zip(&walk[..n_starts]).map(|(a, b)| square(*a, *b)).sum::<f64>() / n_starts as f64;
    let displacements: Vec<f64> = (1..=reach).map(displacement).collect();
    let times: Vec<f64> = (1..=reach).map(|n| n as f64).collect();
    correlation(&times, &displacements)
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let mean = |x: &[f64]| x.iter().sum::<f64>() / x.len() as f64;
    let (ma, mb) = (mean(a), mean(b));
    let product =
        |x: &[f64], mx: f64, y: &[f64], my: f64| -> f64 { x.iter().zip(y).map(|(x, y)| (x - mx) * (y - my)).sum() };
    product(a, ma, b, mb) / (product(a, ma, a, ma) * product(b, mb, b, mb)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quasi_periodic_series_is_regular() {
        let series: Vec<f64> = (0..2000).map(f64::from).map(|n| (1.3 * n).cos() + 0.4 * (2.1 * n).sin()).collect();
        let found = zero_one_test(&series, 1).unwrap();
        assert!(found.k.median.abs() < 0.1, "{found:?}");
        assert_eq!(found.state(), OrbitState::Regular);
    }

    #[test]
    fn a_series_sampled_too_densely_says_so() {
        let logistic = (0..50).scan(0.3, |x, _| {
            *x = 3.97 * *x * (1.0 - *x);
            Some(*x)
        });
        let held: Vec<f64> = logistic.flat_map(|x| [x; 20]).collect();
        let found = zero_one_test(&held, 1).unwrap();
        assert!(found.neighbours > 0.9, "{found:?}");
        assert_eq!(found.state(), OrbitState::Undecided);
    }

    #[test]
    fn an_oscillation_decorrelates_in_a_quarter_of_its_period() {
        let series: Vec<f64> = (0..8000).map(|n| (f64::from(n) * std::f64::consts::TAU / 100.0).sin()).collect();
        assert_eq!(decorrelation(&series), Some(25));
        assert_eq!(decorrelation(&[0.5; 5000]), None);
        let drift: Vec<f64> = (0..5000).map(f64::from).collect();
        assert_eq!(decorrelation(&drift), None);
    }

    #[test]
    fn there_is_no_answer_without_a_signal() {
        assert_eq!(zero_one_test(&[], 0), None);
        assert_eq!(zero_one_test(&[1.0; 500], 0), None);
        assert_eq!(zero_one_test(&[0.0, 1.0, f64::NAN], 0), None);
    }
}
