//! The window Hann^p: what keeps one line's tails out of its neighbours.
//!
//! The transform of (1 + cos 2 pi s)^p on -1/2 < s < 1/2 falls off as the distance in bins to the power -(2p+1).
//! A higher p silences far lines faster and blurs near ones more: its main lobe is p + 1 bins to each side.

use super::rotation::{Rotation, padded};

/// The largest power; beyond it the weights at the ends drown in rounding and the lobe only grows.
pub(super) const MOST: u32 = 8;

/// Hann^p over n samples, with sum of weights one.
pub(super) struct Window {
    n: usize,
    /// Weight of each sample, then zeros up to whole blocks.
    pub(super) weights: Vec<f64>,
    /// The window's Fourier coefficients c_m / c_0, m = -p..p.
    coefficients: Vec<f64>,
}

impl Window {
    pub(super) fn new(n: usize, power: u32) -> Self {
        let coefficients = central_binomials(power);
        let cosine = Rotation::new(1.0 / n as f64, n).real_part();
        let mut weights = vec![0.0; padded(n)];
        for (weight, cosine) in weights.iter_mut().zip(&cosine[..n]) {
            *weight = (1.0 + cosine).powi(power as i32);
        }
        let total: f64 = weights.iter().sum();
        weights.iter_mut().for_each(|weight| *weight /= total);
        Window { n, weights, coefficients }
    }

    /// The transform T(x) = sum of w e^{i x s} and its first two derivatives in x, s = time / span.
    ///
    /// `turns` is the distance of two lines in cycles per sample; x = 2 pi n times its nearest alias to zero.
    /// The sum is replaced by its integral, which is right to 1/n^2: enough for a Newton matrix.
    pub(super) fn transform(&self, turns: f64) -> [f64; 3] {
        let half = std::f64::consts::PI * self.n as f64 * (turns - turns.round());
        let power = (self.coefficients.len() / 2) as f64;
        let mut out = [0.0; 3];
        for (index, coefficient) in self.coefficients.iter().enumerate() {
            let sinc = sinc(half + std::f64::consts::PI * (index as f64 - power));
            out[0] += coefficient * sinc[0];
            out[1] += coefficient * sinc[1] / 2.0;
            out[2] += coefficient * sinc[2] / 4.0;
        }
        out
    }

    /// The mean square of the windowed transform of white noise of unit variance.
    pub(super) fn noise_gain(&self) -> f64 {
        self.weights.iter().map(|weight| weight * weight).sum()
    }

    /// How white noise of unit variance scatters x = 2 pi n (frequency) of a lone line of unit amplitude.
    pub(super) fn scatter(&self) -> f64 {
        let middle = (self.n as f64 - 1.0) / 2.0;
        let (mut noise, mut pull) = (0.0, 0.0);
        for (index, weight) in self.weights[..self.n].iter().enumerate() {
            let s = (index as f64 - middle) / self.n as f64;
            noise += weight * weight * s * s;
            pull += weight * s * s;
        }
        (noise / 2.0).sqrt() / pull
    }
}

/// C(2p, p + m) / C(2p, p) for m = -p..p.
fn central_binomials(power: u32) -> Vec<f64> {
    let p = power as i32;
    let ratio = |m: i32| (1..=m.abs()).map(|j| f64::from(p - m.abs() + j) / f64::from(p + j)).product();
    (-p..=p).map(ratio).collect()
}

/// sin(u)/u and its first two derivatives.
fn sinc(u: f64) -> [f64; 3] {
    if u.abs() < 0.3 {
        let v = u * u;
        return [
            1.0 - v / 6.0 * (1.0 - v / 20.0 * (1.0 - v / 42.0)),
            -u / 3.0 * (1.0 - v / 10.0 * (1.0 - v / 28.0 * (1.0 - v / 54.0))),
            -1.0 / 3.0 * (1.0 - v * 0.3 * (1.0 - v * 5.0 / 84.0)),
        ];
    }
    let value = libm::sin(u) / u;
    let slope = (libm::cos(u) - value) / u;
    [value, slope, -value - 2.0 * slope / u]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transform_is_the_sum_over_samples() {
        let n = 4096;
        let window = Window::new(n, 3);
        for bins in [0.0, 0.13, 1.7, 6.0, -2.5] {
            let [value, slope, bend] = window.transform(bins / n as f64);
            let (mut sums, middle) = ([0.0; 3], (n as f64 - 1.0) / 2.0);
            for (index, weight) in window.weights[..n].iter().enumerate() {
                let s = (index as f64 - middle) / n as f64;
                let (sin, cos) = libm::sincos(std::f64::consts::TAU * bins * s);
                sums = [sums[0] + weight * cos, sums[1] - weight * s * sin, sums[2] - weight * s * s * cos];
            }
            // 1/n^2 between sum and integral, 1e-7 from the short series near zero.
            assert!((value - sums[0]).abs() < 1e-6, "{bins}: {value} {}", sums[0]);
            assert!((slope - sums[1]).abs() < 1e-6, "{bins}: {slope} {}", sums[1]);
            assert!((bend - sums[2]).abs() < 1e-6, "{bins}: {bend} {}", sums[2]);
        }
    }

    #[test]
    fn weights_add_up_to_one_and_vanish_in_the_padding() {
        let window = Window::new(1000, 2);
        assert!((window.weights.iter().sum::<f64>() - 1.0).abs() < 1e-14);
        assert!(window.weights[1000..].iter().all(|&weight| weight == 0.0));
    }
}
