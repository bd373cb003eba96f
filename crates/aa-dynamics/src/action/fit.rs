//! A series in known frequencies, fitted to a signal by weighted least squares.
//!
//! With the window Hann^3 as weight, terms a few bins apart hardly disturb each other and the normal equations are close
//! to diagonal, so that conjugate gradients solve them to rounding in a few steps. Terms that cannot be told from a
//! shorter one (less than a bin apart, aliases included) are left out; what they would explain stays in the rest or goes
//! to the shorter one, so that these twins are kept in mind.

use rustfft::num_complex::Complex64;

use super::APART;
use crate::frequency::lattice::{combination, length};

/// The Fourier coefficients of Hann^3, (1 + cos)^3, to each side of the middle, which is 1.
const HANN: [f64; 4] = [1.0, 15.0 / 20.0, 6.0 / 20.0, 1.0 / 20.0];

/// Conjugate gradients that need more steps than this have met terms that are hardly apart.
const MOST_STEPS: usize = 60;

/// Everything that fits of signals with the same terms share.
pub(super) struct SeriesFit {
    /// The integer vectors of the terms.
    pub(super) points: Vec<Vec<i32>>,
    /// Vectors that were left out, each with the place of the term it cannot be told from.
    pub(super) twins: Vec<(usize, Vec<i32>)>,
    /// Basic frequencies in radians per sample.
    steps: Vec<f64>,
    /// Weight of each sample; their sum is 1.
    weights: Vec<f64>,
    /// Mean products of terms, row after row; real, since time is counted from the middle.
    products: Vec<f64>,
}

/// The series of one signal.
pub(super) struct Series {
    /// The coefficient of each term.
    pub(super) terms: Vec<Complex64>,
    /// Weighted root mean square of what is left, at least 1e-8 of the signal: it is a difference of mean squares.
    pub(super) rest: f64,
    /// Weighted root mean square of the signal; the smallest number there is for one that vanishes.
    pub(super) size: f64,
}

impl Series {
    /// The size of terms by their order, up to the highest there is: the largest of that order or more.
    pub(super) fn sizes(&self, points: &[Vec<i32>]) -> Vec<f64> {
        let mut sizes = vec![0.0; points.last().map_or(0, |k| length(k) as usize) + 1];
        for (k, term) in points.iter().zip(&self.terms) {
            sizes[..=length(k) as usize].iter_mut().for_each(|size| *size = term.norm().max(*size));
        }
        sizes
    }

    /// The coefficient of k = 0.
    pub(super) fn mean(&self, points: &[Vec<i32>]) -> f64 {
        let zero = points.iter().position(|k| k.iter().all(|&k| k == 0));
        zero.map_or(0.0, |place| self.terms[place].re)
    }
}

impl SeriesFit {
    /// For signals of `n` samples, frequencies in radians per sample; shorter vectors first.
    pub(super) fn new(steps: &[f64], points: Vec<Vec<i32>>, n: usize) -> SeriesFit {
        let (points, omega, twins) = told_apart(steps, points, n);
        let cosine = |i: usize| libm::cos(std::f64::consts::TAU * time(i, n) / n as f64);
        let weights: Vec<f64> = (0..n).map(|i| (1.0 + cosine(i)).powi(3)).collect();
        let total: f64 = weights.iter().sum();
        let mut products = vec![0.0; omega.len() * omega.len()];
        for (i, a) in omega.iter().enumerate() {
            for (j, b) in omega[..=i].iter().enumerate() {
                let product = transform(a - b, n);
                (products[i * omega.len() + j], products[j * omega.len() + i]) = (product, product);
            }
        }
        SeriesFit {
            points,
            twins,
            steps: steps.to_vec(),
            weights: weights.iter().map(|weight| weight / total).collect(),
            products,
        }
    }

    /// The series of some signals.
    pub(super) fn of(&self, signals: &[Vec<f64>]) -> Vec<Series> {
        let n = self.weights.len();
        let mut right = vec![vec![Complex64::ZERO; self.points.len()]; signals.len()];
        let mut sizes = vec![0.0; signals.len()];
        let mut waves = Waves::new(&self.steps, &self.points);
        for (i, weight) in self.weights.iter().enumerate() {
            let waves = waves.at(time(i, n));
            for ((signal, right), size) in signals.iter().zip(&mut right).zip(&mut sizes) {
                let weighted = signal[i] * weight;
                *size += weighted * signal[i];
                right.iter_mut().zip(waves).for_each(|(sum, wave)| *sum += wave.conj() * weighted);
            }
        }
        right.iter().zip(sizes).map(|(right, size)| self.series(right, size)).collect()
    }

    /// The series whose mean products with the terms are `right`, of a signal with mean square `size`.
    fn series(&self, right: &[Complex64], size: f64) -> Series {
        let terms = self.solve(right);
        let explained: f64 = terms.iter().zip(right).map(|(term, right)| (term.conj() * right).re).sum();
        let rest = (size - explained).max(f64::EPSILON * size).sqrt();
        Series { terms, rest, size: size.sqrt().max(f64::MIN_POSITIVE) }
    }

    /// The normal equations by conjugate gradients.
    fn solve(&self, right: &[Complex64]) -> Vec<Complex64> {
        let mut x = vec![Complex64::ZERO; right.len()];
        let mut rest = right.to_vec();
        let mut direction = rest.clone();
        let mut size = norm(&rest);
        // Rounding ends progress at 1e-16 of the right-hand side; these are squares.
        let enough = 1e-29 * size;
        for _ in 0..MOST_STEPS {
            if size <= enough {
                break;
            }
            let image = self.apply(&direction);
            let along: f64 = direction.iter().zip(&image).map(|(a, b)| (a.conj() * b).re).sum();
            let step = size / along;
            x.iter_mut().zip(&direction).for_each(|(x, d)| *x += d * step);
            rest.iter_mut().zip(&image).for_each(|(r, a)| *r -= a * step);
            let shrunk = norm(&rest);
            direction.iter_mut().zip(&rest).for_each(|(d, r)| *d = r + *d * (shrunk / size));
            size = shrunk;
        }
        x
    }

    fn apply(&self, x: &[Complex64]) -> Vec<Complex64> {
        let row = |row: &[f64]| row.iter().zip(x).map(|(product, x)| x * product).sum();
        self.products.chunks(x.len()).map(row).collect()
    }
}

fn norm(x: &[Complex64]) -> f64 {
    x.iter().map(|x| x.norm_sqr()).sum()
}

/// The values of all terms e^{i k.theta} at one sample, from powers of the basic ones.
struct Waves<'a> {
    steps: &'a [f64],
    points: &'a [Vec<i32>],
    order: usize,
    /// Powers -order..order of each basic wave.
    powers: Vec<Vec<Complex64>>,
    values: Vec<Complex64>,
}

impl<'a> Waves<'a> {
    fn new(steps: &'a [f64], points: &'a [Vec<i32>]) -> Waves<'a> {
        let order = points.iter().flatten().map(|k| k.unsigned_abs() as usize).max().unwrap_or(0);
        let powers = vec![vec![Complex64::ONE; 2 * order + 1]; steps.len()];
        Waves { steps, points, order, powers, values: vec![Complex64::ONE; points.len()] }
    }

    fn at(&mut self, time: f64) -> &[Complex64] {
        for (powers, step) in self.powers.iter_mut().zip(self.steps) {
            let basic = Complex64::cis(step * time);
            for m in 1..=self.order {
                powers[self.order + m] = powers[self.order + m - 1] * basic;
                powers[self.order - m] = powers[self.order + m].conj();
            }
        }
        for (value, k) in self.values.iter_mut().zip(self.points) {
            let factors = k.iter().zip(&self.powers).map(|(&k, powers)| powers[(self.order as i32 + k) as usize]);
            *value = factors.product();
        }
        &self.values
    }
}

/// Samples are counted from the middle of the signal.
fn time(i: usize, n: usize) -> f64 {
    i as f64 - (n as f64 - 1.0) / 2.0
}

/// Terms whose frequencies differ from those of all terms before them, the frequencies, and the twins of such terms.
#[expect(clippy::type_complexity, reason = "it is taken apart where it is made")]
fn told_apart(steps: &[f64], points: Vec<Vec<i32>>, n: usize) -> (Vec<Vec<i32>>, Vec<f64>, Vec<(usize, Vec<i32>)>) {
    let (mut kept, mut omega, mut twins) = (Vec::new(), Vec::new(), Vec::new());
    let distance = |a: f64, b: f64| {
        let turns = (a - b) / std::f64::consts::TAU;
        (turns - turns.round()).abs() * n as f64
    };
    for k in points {
        let here = combination(&k, steps);
        match omega.iter().position(|&there| distance(here, there) <= APART) {
            Some(place) => twins.push((place, k)),
            None => {
                kept.push(k);
                omega.push(here);
            }
        }
    }
    (kept, omega, twins)
}

/// The mean of e^{i x s} over samples s from the middle with the weight Hann^3: exactly, as a sum of Dirichlet kernels.
fn transform(x: f64, n: usize) -> f64 {
    let bin = std::f64::consts::TAU / n as f64;
    // A whole turn changes the sign where the samples lie at half steps from the middle.
    let turns = (x / std::f64::consts::TAU).round();
    let sign = if n.is_multiple_of(2) && turns as i64 % 2 != 0 { -1.0 } else { 1.0 };
    let x = x - std::f64::consts::TAU * turns;
    // sin(n (x + m bin)/2) is sin(n x/2), with a sign that changes from one m to the next.
    let wave = libm::sin(0.5 * n as f64 * x) / n as f64;
    let kernel = |m: i32| {
        let half = 0.5 * (x + f64::from(m) * bin);
        let wave = if m % 2 == 0 { wave } else { -wave };
        let turn = n as f64 * half;
        if turn.abs() < 1e-3 { 1.0 - turn * turn / 6.0 } else { wave / libm::sin(half) }
    };
    let side = |m: usize| HANN[m] * (kernel(-(m as i32)) + kernel(m as i32));
    sign * (kernel(0) + (1..HANN.len()).map(side).sum::<f64>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_the_sums_over_samples() {
        for n in [200, 201] {
            let fit = SeriesFit::new(&[0.7, 1.9], vec![vec![0, 0], vec![1, 0], vec![3, 4]], n);
            let omega: Vec<f64> = fit.points.iter().map(|k| combination(k, &fit.steps)).collect();
            for (a, x) in omega.iter().enumerate() {
                for (b, y) in omega.iter().enumerate() {
                    let samples = fit.weights.iter().enumerate();
                    let sum: f64 = samples.map(|(i, weight)| weight * libm::cos((x - y) * time(i, n))).sum();
                    let product = fit.products[a * omega.len() + b];
                    assert!((sum - product).abs() < 1e-14, "{n}: {sum} {product}");
                }
            }
        }
    }

    #[test]
    fn terms_are_found_and_the_rest_is_told() {
        let signal: Vec<f64> =
            (0..500).map(|i| 2.0 + libm::sin(0.3 * time(i, 500)) + 1e-3 * libm::cos(2.2 * time(i, 500))).collect();
        let points = vec![vec![0], vec![1], vec![-1]];
        let series = SeriesFit::new(&[0.3], points.clone(), 500).of(&[signal]).remove(0);
        assert!((series.mean(&points) - 2.0).abs() < 1e-8 && (series.terms[1].im + 0.5).abs() < 1e-8);
        assert!((series.rest - 1e-3 / 2f64.sqrt()).abs() < 1e-6, "{}", series.rest);
    }
}
