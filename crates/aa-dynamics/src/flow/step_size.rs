//! How long a Taylor step may be.
//!
//! The step is the smallest of the two radii of convergence that the last coefficients suggest, divided by e^2: then
//! an order of 1 - ln(tolerance)/2 reaches the tolerance at the least work (Jorba and Zou, Experimental Mathematics
//! 14, 2005, section 3). The error is relative to the largest variable.

use std::f64::consts::{E, LN_2};

use aa_kernel::{Jets, Lanes};

/// The order that needs the least work at a tolerance, at least 4.
pub(crate) fn order_for(tolerance: f64) -> usize {
    (1.0 - libm::log(tolerance) / 2.0).ceil().clamp(4.0, 64.0) as usize
}

/// The step of each lane. Infinite where the motion stands still.
pub(crate) fn step_sizes<const L: usize>(jets: &Jets<L>, safety: f64) -> [f64; L] {
    let order = jets.order();
    let [Lanes(scale), Lanes(last), Lanes(very_last)] = jets.sizes();
    let shares = [1.0 / (order - 1) as f64, 1.0 / order as f64];
    let mut steps = [0.0; L];
    for lane in 0..L {
        let scale = rough_log2(if scale[lane] > 0.0 { scale[lane] } else { 1.0 });
        let by_last = shares[0] * (scale - rough_log2(last[lane]));
        let by_very_last = shares[1] * (scale - rough_log2(very_last[lane]));
        let step = safety * rough_exp2(if by_last < by_very_last { by_last } else { by_very_last });
        steps[lane] = if last[lane] + very_last[lane] == 0.0 { f64::INFINITY } else { step };
    }
    steps
}

/// The share of the radius of convergence that a step of this order may take.
pub(crate) fn safety(order: usize) -> f64 {
    libm::exp(-0.7 / (order - 1) as f64) / (E * E)
}

// A double between 2^52 and 2^53 has a whole number in its last bits: adding 2^52 converts between the two, for several
// lanes at once on any processor.

const TWO_TO_52: f64 = (1u64 << 52) as f64;

/// The binary logarithm of a number that is not negative, to 0.09, read off the bits: its error counts by one over the
/// order. Zero counts as 2^-1023.
#[inline(always)]
fn rough_log2(x: f64) -> f64 {
    /// The last bits are left out, so that the others fit.
    const LEFT_OUT: u32 = 20;
    const UNIT: f64 = 1.0 / (1u64 << (52 - LEFT_OUT)) as f64;
    (f64::from_bits((x.to_bits() >> LEFT_OUT) | TWO_TO_52.to_bits()) - TWO_TO_52) * UNIT - 1023.0
}

/// 2^x to 0.1 %, for |x| < 1000.
#[inline(always)]
fn rough_exp2(x: f64) -> f64 {
    let x = if x < 1000.0 { x } else { 1000.0 };
    let x = if x > -1000.0 { x } else { -1000.0 };
    let shifted = x + (TWO_TO_52 + 1023.0);
    let rest = x - (shifted - (TWO_TO_52 + 1023.0));
    // Taylor's series of e^(rest log 2), rest from -1/2 to 1/2.
    let y = rest * LN_2;
    let mantissa = 1.0 + y * (1.0 + y * (0.5 + y / 6.0));
    f64::from_bits(shifted.to_bits() << 52) * mantissa
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
