//! Covariances of the features, and the directions in which they vary least along orbits.

use super::moments::{Moments, quadratic};
use crate::symmetric::{dot, eigen};

/// Covariances over the orbits that directions are found on, noise taken out.
pub(super) struct Covariances {
    within: Vec<Vec<f64>>,
    total: Vec<Vec<f64>>,
    noise: Vec<Vec<f64>>,
    /// Mean squares of the features.
    square: Vec<f64>,
}

/// Features with less than this share of their mean square in their variance are constants, up to rounding.
const FLAT: f64 = 1e-12;

/// Directions with less of the variance than this, features taken with variance 1, are rounding.
const RANK: f64 = 1e-10;

/// Directions in which the variance of the motion is less than this share of the noise's say nothing.
const AUDIBLE: f64 = 0.1;

impl Covariances {
    pub(super) fn of(orbits: &[Moments], n_times: usize) -> Covariances {
        let (count, n) = (orbits.len() as f64, orbits[0].mean.len());
        let mean: Vec<f64> = (0..n).map(|a| orbits.iter().map(|o| o.mean[a]).sum::<f64>() / count).collect();
        let matrix = |entry: &dyn Fn(&Moments, usize, usize, usize) -> f64| -> Vec<Vec<f64>> {
            let average = |a: usize, b: usize| {
                let (high, low) = (a.max(b), a.min(b));
                let place = high * (high + 1) / 2 + low;
                orbits.iter().map(|orbit| entry(orbit, place, high, low)).sum::<f64>() / count
            };
            (0..n).map(|a| (0..n).map(|b| average(a, b)).collect()).collect()
        };
        // An average over M samples keeps 1/M of their noise.
        let (one, all) = (1.0 - 1.0 / n_times as f64, 1.0 - 1.0 / (count * n_times as f64));
        Covariances {
            within: matrix(&|o, place, a, b| o.raw[place] - o.mean[a] * o.mean[b] - one * o.noise[place]),
            total: matrix(&|o, place, a, b| {
                o.raw[place] - o.mean[a] * mean[b] - mean[a] * o.mean[b] + mean[a] * mean[b] - all * o.noise[place]
            }),
            noise: matrix(&|o, place, _, _| o.noise[place]),
            square: (0..n).map(|a| orbits.iter().map(|o| o.raw[a * (a + 3) / 2]).sum::<f64>() / count).collect(),
        }
    }

    /// The standard deviation of a feature.
    pub(super) fn size(&self, a: usize) -> f64 {
        self.total[a][a].max(0.0).sqrt()
    }

    /// Directions among the first `n` features, uncorrelated with the known ones and with one another, those that vary
    /// least along orbits first.
    pub(super) fn directions(&self, n: usize, known: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let basis = self.whitened(n);
        let image =
            |matrix: &[Vec<f64>], x: &[f64]| -> Vec<f64> { (0..n).map(|a| dot(&matrix[a][..n], &x[..n])).collect() };
        let coordinates = |known: &Vec<f64>| -> Vec<f64> {
            let stretched = image(&self.total, known);
            basis.iter().map(|b| dot(b, &stretched)).collect()
        };
        let taken = known.iter().map(coordinates);
        let free = complement(taken, basis.len());
        let combine = |weights: &Vec<f64>| -> Vec<f64> {
            (0..n).map(|a| weights.iter().zip(&basis).map(|(w, b)| w * b[a]).sum()).collect()
        };
        let free: Vec<Vec<f64>> = free.iter().map(combine).collect();
        let images: Vec<Vec<f64>> = free.iter().map(|x| image(&self.within, x)).collect();
        let reduced: Vec<Vec<f64>> = free.iter().map(|x| images.iter().map(|y| dot(x, y)).collect()).collect();
        let mix = |(_, weights): (f64, Vec<f64>)| {
            (0..n).map(|a| weights.iter().zip(&free).map(|(w, x)| w * x[a]).sum()).collect()
        };
        eigen(&reduced).into_iter().map(mix).collect()
    }

    /// Uncorrelated combinations of the first `n` features with variance 1, as many as rise above rounding and noise.
    fn whitened(&self, n: usize) -> Vec<Vec<f64>> {
        let least = |a: usize| (AUDIBLE * self.noise[a][a]).max(FLAT * self.square[a]);
        let seen: Vec<usize> = (0..n).filter(|&a| self.total[a][a] > least(a)).collect();
        let scaled = |matrix: &[Vec<f64>]| -> Vec<Vec<f64>> {
            let entry = |a: usize, b: usize| matrix[a][b] / (self.size(a) * self.size(b));
            seen.iter().map(|&a| seen.iter().map(|&b| entry(a, b)).collect()).collect()
        };
        let (total, noise) = (scaled(&self.total), scaled(&self.noise));
        let heard = |(value, v): &(f64, Vec<f64>)| {
            let loud: f64 = v.iter().zip(&noise).map(|(x, row)| x * dot(row, v)).sum();
            *value > RANK * seen.len() as f64 && *value > AUDIBLE * loud
        };
        let spread = |(value, v): (f64, Vec<f64>)| {
            let mut direction = vec![0.0; n];
            for (&a, x) in seen.iter().zip(v) {
                direction[a] = x / (value.sqrt() * self.size(a));
            }
            direction
        };
        eigen(&total).into_iter().filter(heard).map(spread).collect()
    }

    /// The directions less what elimination takes away: multiples of the known ones and of one another, so that each
    /// has few terms.
    pub(super) fn shortened(&self, known: &[Vec<f64>], directions: &[Vec<f64>]) -> Vec<Vec<f64>> {
        // Products of known ones may depend on one another, within their errors; those that do would be divided by 0.
        let mut span = Vec::new();
        let sized = |row: &Vec<f64>| row.iter().enumerate().map(|(a, x)| x * self.size(a)).collect();
        let known: Vec<Vec<f64>> =
            known.iter().filter(|row| extend(&mut span, sized(row)) > DEPENDENT).cloned().collect();
        let mut rows = [known.as_slice(), directions].concat();
        for step in 0..rows.len() {
            // The known ones go first, each with its heaviest term.
            let last = if step < known.len() { known.len() } else { rows.len() };
            let entries = (step..last).flat_map(|row| (0..rows[row].len()).map(move |a| (row, a)));
            let weight = |&(row, a): &(usize, usize)| (rows[row][a] * self.size(a)).abs();
            let Some((row, a)) = entries.max_by(|x, y| weight(x).total_cmp(&weight(y))) else { break };
            rows.swap(step, row);
            let pivot = rows[step].clone();
            for (_, target) in rows.iter_mut().enumerate().filter(|(other, _)| *other != step) {
                let factor = target[a] / pivot[a];
                target.iter_mut().zip(&pivot).for_each(|(x, y)| *x -= factor * y);
                target[a] = 0.0;
            }
        }
        rows.split_off(known.len())
    }
}

/// An orthonormal basis of what is orthogonal to the given vectors of length `n`.
fn complement(taken: impl Iterator<Item = Vec<f64>>, n: usize) -> Vec<Vec<f64>> {
    let mut basis: Vec<Vec<f64>> = Vec::new();
    for vector in taken {
        extend(&mut basis, vector);
    }
    let n_taken = basis.len();
    while basis.len() < n {
        // The unit vector that is least covered so far leaves the longest remainder.
        let left = |i: usize| 1.0 - basis.iter().map(|b| b[i] * b[i]).sum::<f64>();
        let best = (0..n).max_by(|&i, &j| left(i).total_cmp(&left(j))).expect("n is not 0");
        extend(&mut basis, (0..n).map(|i| f64::from(u8::from(i == best))).collect());
    }
    basis.split_off(n_taken)
}

/// Vectors with less than this share outside the span of others count as dependent: coefficients have errors.
const DEPENDENT: f64 = 1e-3;

/// Adds what a vector has outside the span of an orthonormal basis, if that is a share above [`DEPENDENT`]; returns the
/// share.
pub(super) fn extend(basis: &mut Vec<Vec<f64>>, mut vector: Vec<f64>) -> f64 {
    let before = dot(&vector, &vector).sqrt();
    // Twice is enough (Kahan; Parlett, The Symmetric Eigenvalue Problem, section 6.9).
    for _ in 0..2 {
        for b in basis.iter() {
            let along = dot(b, &vector);
            vector.iter_mut().zip(b).for_each(|(x, y)| *x -= along * y);
        }
    }
    let after = dot(&vector, &vector).sqrt();
    let share = if before > 0.0 { after / before } else { 0.0 };
    if share > DEPENDENT {
        vector.iter_mut().for_each(|x| *x /= after);
        basis.push(vector);
    }
    share
}

/// The orbits that judge directions.
pub(super) struct Judges {
    moments: Vec<Moments>,
    n_times: usize,
}

/// How a direction varies on the judging orbits.
pub(super) struct Hearing {
    /// The share of its variance that is within orbits.
    pub(super) lambda: f64,
    /// Its standard error over orbits.
    pub(super) error: f64,
    /// The variance of its noise, relative to that of the motion.
    pub(super) noise: f64,
    /// Whether it varies within orbits for certain: far more orbits show it than would by chance.
    pub(super) varies: bool,
}

impl Judges {
    pub(super) fn new(moments: Vec<Moments>, n_times: usize) -> Judges {
        Judges { moments, n_times }
    }

    pub(super) fn n_orbits(&self) -> usize {
        self.moments.len()
    }

    /// None where the motion does not vary in this direction at all.
    pub(super) fn hear(&self, direction: &[f64]) -> Option<Hearing> {
        let count = self.moments.len() as f64;
        let (one, all) = (1.0 - 1.0 / self.n_times as f64, 1.0 - 1.0 / (count * self.n_times as f64));
        let means: Vec<f64> = self.moments.iter().map(|orbit| dot(&orbit.mean, direction)).collect();
        let mean = means.iter().sum::<f64>() / count;
        let (mut within, mut total, mut loud) = (Vec::new(), Vec::new(), 0.0);
        for (orbit, m) in self.moments.iter().zip(&means) {
            let (raw, noise) = (quadratic(&orbit.raw, direction), quadratic(&orbit.noise, direction));
            within.push(raw - m * m - one * noise);
            total.push(raw - 2.0 * m * mean + mean * mean - all * noise);
            loud += noise;
        }
        let whole: f64 = total.iter().sum();
        let lambda = within.iter().sum::<f64>() / whole;
        let scatter: f64 = within.iter().zip(&total).map(|(w, t)| (w - lambda * t) * (w - lambda * t)).sum();
        let error = (scatter * count / (count - 1.0)).sqrt() / whole;
        // Where nothing varies, noise makes the estimate positive on half of the orbits at most; three standard errors.
        let shown = within.iter().filter(|w| **w > 0.0).count() as f64;
        let varies = shown > 0.5 * count + 1.5 * count.sqrt();
        (whole > 0.0 && error.is_finite()).then_some(Hearing { lambda, error, noise: loud / whole, varies })
    }
}
