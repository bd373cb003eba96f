//! e^{2 pi i f n} over many samples, by blocks: two short tables of sines in place of one long one.
//!
//! Time is counted from the middle of the series, n - (N-1)/2, so that amplitude and frequency of a line are
//! uncorrelated. Turns are reduced exactly before any sine is taken: no digit is lost at large n.

use rustfft::num_complex::Complex64;

/// Samples to a block.
pub(super) const BLOCK: usize = 128;

/// Lanes that the sums run in; fixed, so that sums are the same on every machine.
const LANES: usize = 4;

/// The length of `n` samples in whole blocks.
pub(super) fn padded(n: usize) -> usize {
    n.div_ceil(BLOCK) * BLOCK
}

/// A complex series as two real ones, padded to whole blocks.
#[derive(Clone)]
pub(super) struct Series {
    pub(super) re: Vec<f64>,
    pub(super) im: Vec<f64>,
}

impl Series {
    pub(super) fn zeros(n: usize) -> Self {
        Series { re: vec![0.0; padded(n)], im: vec![0.0; padded(n)] }
    }

    /// Writes the series times the weights, all padded alike, and returns the weighted sum of squares.
    pub(super) fn weighted(&self, weights: &[f64], out: &mut Series) -> f64 {
        let values = self.re.as_chunks::<LANES>().0.iter().zip(self.im.as_chunks::<LANES>().0);
        let outs = out.re.as_chunks_mut::<LANES>().0.iter_mut().zip(out.im.as_chunks_mut::<LANES>().0);
        let mut sums = [0.0; LANES];
        for (((x, y), (u, v)), w) in values.zip(outs).zip(weights.as_chunks::<LANES>().0) {
            *u = std::array::from_fn(|i| w[i] * x[i]);
            *v = std::array::from_fn(|i| w[i] * y[i]);
            sums = std::array::from_fn(|i| sums[i] + (u[i] * x[i] + v[i] * y[i]));
        }
        sums.iter().sum()
    }
}

/// One line's rotation through the samples.
pub(super) struct Rotation {
    turns: f64,
    n: usize,
    re: [f64; BLOCK],
    im: [f64; BLOCK],
    /// The rotation over 0, 1, 2, ... blocks.
    strides: [Complex64; STRIDES],
}

/// Blocks that follow each other without a new sine.
const STRIDES: usize = 16;

impl Rotation {
    /// The rotation by `turns` per sample, for `n` samples.
    pub(super) fn new(turns: f64, n: usize) -> Self {
        const FINE: usize = 16;
        let (mut re, mut im) = ([0.0; BLOCK], [0.0; BLOCK]);
        let fine: [Complex64; FINE] = std::array::from_fn(|i| phasor(turns, i as f64));
        for coarse in (0..BLOCK).step_by(FINE) {
            let start = phasor(turns, coarse as f64);
            for (i, fine) in fine.iter().enumerate() {
                (re[coarse + i], im[coarse + i]) = ((start * fine).re, (start * fine).im);
            }
        }
        let strides = std::array::from_fn(|i| phasor(turns, (i * BLOCK) as f64));
        Rotation { turns, n, re, im, strides }
    }

    /// For each block, its first time counted from the middle of the series and the rotation up to there.
    fn starts(&self) -> impl Iterator<Item = (f64, Complex64)> {
        let mut base = Complex64::ONE;
        (0..self.n.div_ceil(BLOCK)).map(move |block| {
            let start = (block * BLOCK) as f64 - (self.n as f64 - 1.0) / 2.0;
            if block % STRIDES == 0 {
                base = phasor(self.turns, start);
            }
            (start, base * self.strides[block % STRIDES])
        })
    }

    /// Adds amplitude times the rotation to a series.
    pub(super) fn add_to(&self, series: &mut Series, amplitude: Complex64) {
        let blocks = series.re.as_chunks_mut::<BLOCK>().0.iter_mut().zip(series.im.as_chunks_mut::<BLOCK>().0);
        for ((_, phasor), (re, im)) in self.starts().zip(blocks) {
            let c = amplitude * phasor;
            for i in 0..BLOCK {
                re[i] += c.re * self.re[i] - c.im * self.im[i];
                im[i] += c.re * self.im[i] + c.im * self.re[i];
            }
        }
    }

    /// The sums of x e^{-2 pi i f n} and of s x e^{-2 pi i f n}, with s = (n - (N-1)/2) / N.
    pub(super) fn moments(&self, series: &Series) -> (Complex64, Complex64) {
        let (mut plain, mut timed) = (Complex64::ZERO, Complex64::ZERO);
        let blocks = series.re.as_chunks::<BLOCK>().0.iter().zip(series.im.as_chunks::<BLOCK>().0);
        for ((start, phasor), (re, im)) in self.starts().zip(blocks) {
            let (sum, first) = self.block_moments(re, im);
            plain += phasor.conj() * sum;
            timed += phasor.conj() * (sum * start + first);
        }
        (plain, timed / self.n as f64)
    }

    /// The same two sums within a block, with s counted in samples from the block's start.
    fn block_moments(&self, re: &[f64; BLOCK], im: &[f64; BLOCK]) -> (Complex64, Complex64) {
        let values = re.as_chunks::<LANES>().0.iter().zip(im.as_chunks::<LANES>().0);
        let rotation = self.re.as_chunks::<LANES>().0.iter().zip(self.im.as_chunks::<LANES>().0);
        let mut time: [f64; LANES] = std::array::from_fn(|lane| lane as f64);
        let mut sums = [[0.0; LANES]; 4];
        for ((x, y), (cos, sin)) in values.zip(rotation) {
            let along: [f64; LANES] = std::array::from_fn(|i| x[i] * cos[i] + y[i] * sin[i]);
            let across: [f64; LANES] = std::array::from_fn(|i| y[i] * cos[i] - x[i] * sin[i]);
            sums[0] = std::array::from_fn(|i| sums[0][i] + along[i]);
            sums[1] = std::array::from_fn(|i| sums[1][i] + across[i]);
            sums[2] = std::array::from_fn(|i| sums[2][i] + along[i] * time[i]);
            sums[3] = std::array::from_fn(|i| sums[3][i] + across[i] * time[i]);
            time = time.map(|time| time + LANES as f64);
        }
        let [a, b, c, d] = sums.map(|lanes| lanes.iter().sum::<f64>());
        (Complex64::new(a, b), Complex64::new(c, d))
    }

    /// The real part of the rotation at every sample, padding included.
    pub(super) fn real_part(&self) -> Vec<f64> {
        let mut series = Series::zeros(self.n);
        self.add_to(&mut series, Complex64::ONE);
        series.re
    }
}

/// e^{2 pi i turns time}, the product reduced to one turn before it is rounded.
pub(super) fn phasor(turns: f64, time: f64) -> Complex64 {
    let (sin, cos) = libm::sincos(std::f64::consts::TAU * fraction(turns, time));
    Complex64::new(cos, sin)
}

/// turns * time less its nearest whole number.
pub(super) fn fraction(turns: f64, time: f64) -> f64 {
    let product = turns * time;
    let rounding = libm::fma(turns, time, -product);
    (product - product.round()) + rounding
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_recover_a_line() {
        let n = 1000;
        let rotation = Rotation::new(0.137, n);
        let mut series = Series::zeros(n);
        rotation.add_to(&mut series, Complex64::new(0.3, -0.4));
        series.re[n..].fill(0.0);
        series.im[n..].fill(0.0);
        let (plain, timed) = rotation.moments(&series);
        assert!((plain / n as f64 - Complex64::new(0.3, -0.4)).norm() < 1e-15);
        // Time is counted from the middle, so its first moment vanishes.
        assert!(timed.norm() / (n as f64) < 1e-15);
    }

    #[test]
    fn turns_keep_their_digits_at_late_times() {
        // 0.3 is 0.3 - 1.1e-17 in binary; a million periods later that is still all the error there is.
        assert!((fraction(0.3, 1e7) - (-1.110223024625157e-17 * 1e7)).abs() < 1e-16);
    }
}
