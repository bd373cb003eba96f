//! How long a Taylor step may be.
//!
//! The step is the smallest of the two radii of convergence that the last coefficients suggest, divided by e^2: then
//! an order of 1 - ln(tolerance)/2 reaches the tolerance at the least work (Jorba and Zou, Experimental Mathematics
//! 14, 2005, section 3). The error is relative to the largest variable.

use std::f64::consts::E;

use aa_kernel::{Jets, Lanes};

/// The order that needs the least work at a tolerance, at least 4.
pub(crate) fn order_for(tolerance: f64) -> usize {
    (1.0 - libm::log(tolerance) / 2.0).ceil().clamp(4.0, 64.0) as usize
}

/// The step of each lane, from the first `n_steering` variables. Infinite where the motion stands still.
pub(crate) fn step_sizes<const L: usize>(jets: &Jets<L>, n_steering: usize, safety: f64) -> [f64; L] {
    let order = jets.order();
    let [Lanes(scale), Lanes(last), Lanes(very_last)] = jets.largest(n_steering, [0, order - 1, order]);
    let shares = [1.0 / (order - 1) as f64, 1.0 / order as f64];
    let mut steps = [0.0; L];
    for lane in 0..L {
        let scale = rough_log2(if scale[lane] > 0.0 { scale[lane] } else { 1.0 });
        let radius = |size: f64, share: f64| share * (scale - rough_log2(size));
        let least = radius(last[lane], shares[0]).min(radius(very_last[lane], shares[1]));
        let is_still = last[lane] == 0.0 && very_last[lane] == 0.0;
        steps[lane] = if is_still { f64::INFINITY } else { safety * rough_exp2(least) };
    }
    steps
}

/// The share of the radius of convergence that a step of this order may take.
pub(crate) fn safety(order: usize) -> f64 {
    libm::exp(-0.7 / (order - 1) as f64) / (E * E)
}

/// The binary logarithm to 0.09, read off the bits: its error counts by one over the order. Zero counts as 2^-1023.
fn rough_log2(x: f64) -> f64 {
    const UNIT: f64 = 1.0 / (1u64 << 52) as f64;
    x.to_bits() as i64 as f64 * UNIT - 1023.0
}

/// 2^x to 0.3 %, for |x| < 1000.
fn rough_exp2(x: f64) -> f64 {
    let x = x.clamp(-1000.0, 1000.0) + 1023.0;
    let whole = x as u64; // Towards zero, and x is positive.
    let rest = x - whole as f64;
    f64::from_bits(whole << 52) * (1.0 + rest * (0.6565 + 0.3435 * rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rough_powers_are_good_to_a_percent() {
        for (x, share) in [(1e12f64, 1.0 / 19.0), (3e-8, 1.0 / 20.0), (1.4, 1.0 / 8.0), (3.3e9, 1.0 / 18.0)] {
            let rough = rough_exp2(share * rough_log2(x));
            assert!((rough / x.powf(share) - 1.0).abs() < 0.01, "{x} {share}");
        }
    }

    #[test]
    fn double_precision_takes_order_nineteen() {
        assert_eq!(order_for(1e-15), 19);
        assert_eq!(order_for(1e-12), 15);
    }
}
