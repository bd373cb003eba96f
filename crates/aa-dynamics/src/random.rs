//! Random numbers by counter: draw number i of a stream depends on nothing but the stream's key and i.
//!
//! Every pass and every orbit has a stream of its own, derived from the study's seed and a name, so neither
//! the number of threads nor the order of the work can change a result.

use std::f64::consts::TAU;

/// A stream of random numbers, keyed by a seed and a name.
///
/// The bits are those of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014) at an offset given by the key.
///
/// ```
/// use aa_dynamics::random::Stream;
/// let mut a = Stream::new(7, "chaos").fork(3);
/// let mut b = Stream::new(7, "chaos").fork(3);
/// assert_eq!(a.uniform(), b.uniform());
/// assert_ne!(a.uniform(), Stream::new(7, "chaos").fork(4).uniform());
/// ```
#[derive(Clone, Debug)]
pub struct Stream {
    key: u64,
    counter: u64,
}

impl Stream {
    /// The stream of a purpose (a pass's name, say) under a seed.
    pub fn new(seed: u64, name: &str) -> Self {
        let key = name.bytes().fold(mix(seed), |key, byte| mix(key ^ u64::from(byte)));
        Stream { key, counter: 0 }
    }

    /// An independent stream for item `index` of this purpose; the same whatever was drawn before.
    pub fn fork(&self, index: u64) -> Self {
        Stream { key: mix(self.key ^ mix(index.wrapping_add(1))), counter: 0 }
    }

    /// The next 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.counter += 1;
        mix(self.key.wrapping_add(self.counter.wrapping_mul(GOLDEN)))
    }

    /// Uniform in [0, 1), on the grid of multiples of 2^-53.
    pub fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * 2f64.powi(-53)
    }

    /// Standard normal, by the transform of Box and Muller (Ann. Math. Stat. 29, 1958).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * libm::log(1.0 - self.uniform())).sqrt();
        radius * libm::cos(TAU * self.uniform())
    }
}

/// 2^64 divided by the golden ratio, made odd.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// The finaliser of SplitMix64.
fn mix(bits: u64) -> u64 {
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_those_of_the_distributions() {
        let mut stream = Stream::new(1, "moments");
        let n = 100_000;
        let uniform: f64 = (0..n).map(|_| stream.uniform()).sum::<f64>() / f64::from(n);
        let variance: f64 = (0..n).map(|_| stream.normal().powi(2)).sum::<f64>() / f64::from(n);
        // Five standard errors: 1/sqrt(12 n) and sqrt(2/n).
        assert!((uniform - 0.5).abs() < 5.0 / (12.0 * f64::from(n)).sqrt());
        assert!((variance - 1.0).abs() < 5.0 * (2.0 / f64::from(n)).sqrt());
    }

    #[test]
    fn forks_do_not_depend_on_what_was_drawn() {
        let fresh = Stream::new(1, "a");
        let mut used = fresh.clone();
        used.bits();
        assert_eq!(fresh.fork(9).bits(), used.fork(9).bits());
    }
}
