//! How long a Taylor step may be.
//!
//! The step is the smallest of the two radii of convergence that the last coefficients suggest, divided by e^2: then
//! an order of 1 - ln(tolerance)/2 reaches the tolerance at the least work (Jorba and Zou, Experimental Mathematics
//! 14, 2005, section 3). The error is relative to the largest variable.

use std::f64::consts::E;

use aa_kernel::Jets;

/// The order that needs the least work at a tolerance, at least 4.
pub(crate) fn order_for(tolerance: f64) -> usize {
    (1.0 - libm::log(tolerance) / 2.0).ceil().clamp(4.0, 64.0) as usize
}

/// The step of each lane, from the first `n_steering` variables. Infinite where the motion stands still.
pub(crate) fn step_sizes<const L: usize>(jets: &Jets<L>, n_steering: usize) -> [f64; L] {
    let order = jets.order();
    let safety = libm::exp(-0.7 / (order - 1) as f64) / (E * E);
    let scale = jets.largest(n_steering, 0).map(|x| if x > 0.0 { x } else { 1.0 });
    let last = [order - 1, order].map(|power| (1.0 / power as f64, jets.largest(n_steering, power)));
    std::array::from_fn(|lane| {
        let radius = |(share, size): &(f64, [f64; L])| radius(scale[lane], size[lane], *share);
        safety * radius(&last[0]).min(radius(&last[1]))
    })
}

/// `(scale / size)^share`, good to 1 %.
fn radius(scale: f64, size: f64, share: f64) -> f64 {
    if size == 0.0 {
        return f64::INFINITY;
    }
    rough_exp2(share * (rough_log2(scale) - rough_log2(size)))
}

/// The binary logarithm to 0.01, by its exponent bits and a parabola: a step size needs no more, and this costs little.
fn rough_log2(x: f64) -> f64 {
    let bits = x.to_bits();
    let exponent = ((bits >> 52) & 0x7FF) as f64 - 1023.0;
    let rest = f64::from_bits((bits & ((1 << 52) - 1)) | 1f64.to_bits()) - 1.0;
    exponent + rest * (1.0 + 0.344 * (1.0 - rest))
}

/// 2^x to 0.3 %, for |x| < 1000.
fn rough_exp2(x: f64) -> f64 {
    let whole = x.floor().clamp(-1000.0, 1000.0);
    let rest = x - whole;
    f64::from_bits(((whole + 1023.0) as u64) << 52) * (1.0 + rest * (0.6565 + 0.3435 * rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rough_powers_are_good_to_a_percent() {
        for (scale, size, power) in [(1.0f64, 1e-12f64, 19), (0.3, 1e7, 20), (123.0, 123.0, 5), (1e-8, 3.3, 18)] {
            let share = 1.0 / f64::from(power);
            let exact = (scale / size).powf(share);
            assert!((radius(scale, size, share) / exact - 1.0).abs() < 0.01, "{scale} {size} {power}");
        }
    }

    #[test]
    fn double_precision_takes_order_nineteen() {
        assert_eq!(order_for(1e-15), 19);
        assert_eq!(order_for(1e-12), 15);
    }
}
