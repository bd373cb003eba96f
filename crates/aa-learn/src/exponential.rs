//! The exponential in both precisions, without a branch: the same bits in every lane of every instruction set.

use std::f64::consts::LN_2;

use crate::real::{Real, series};

/// Defines the exponential: the argument is brought to |r| <= ln(2)/2 by multiples of ln 2, taken away in two parts, and
/// Taylor's series does the rest. Products and sums are fused. Beyond +-`$largest` it is that of +-`$largest`; NaN stays NaN.
macro_rules! exponential {
    ($(#[$doc:meta])* $name:ident, $real:ident, $bits:ident, $largest:expr, $parts:ident, $taylor:ident) => {
        $(#[$doc])*
        #[inline(always)]
        pub(crate) fn $name(x: $real) -> $real {
            const EXPONENT: u32 = $real::MANTISSA_DIGITS - 1;
            // Written so that NaN stays NaN.
            let x = if x > $largest { $largest } else { x };
            let x = if x < -$largest { -$largest } else { x };
            let shifted = x.mul_add(std::$real::consts::LOG2_E, $real::ROUNDER);
            let powers = shifted - $real::ROUNDER;
            let [head, tail] = $parts;
            let r = powers.mul_add(-tail, powers.mul_add(-head, x));
            let value = series(&$taylor, r);
            // The low bits of `shifted` are the power of two; added to the exponent they multiply by it.
            $real::from_bits(value.to_bits().wrapping_add(shifted.to_bits() << EXPONENT))
        }
    };
}

exponential!(
    /// The exponential to a few units in the last place.
    double, f64, u64, 700.0, LN_2_PARTS, TAYLOR
);
exponential!(
    /// The exponential to a few units in the last place.
    single, f32, u32, 87.0, LN_2_PARTS_SINGLE, TAYLOR_SINGLE
);

/// ln 2 in two parts, the first so short that its product with an exponent is exact.
const LN_2_PARTS: [f64; 2] = {
    let head = f64::from_bits(LN_2.to_bits() & !0x7ff);
    [head, LN_2 - head + 2.319_046_813_846_299_6e-17]
};

/// The same for the exponents of single precision.
const LN_2_PARTS_SINGLE: [f32; 2] = {
    let head = f32::from_bits((LN_2 as f32).to_bits() & !0xff);
    [head, (LN_2 - head as f64) as f32]
};

/// Taylor coefficients, highest first; on |r| <= ln(2)/2 the next term is below 2e-16.
const TAYLOR: [f64; 13] = [
    1.0 / 479_001_600.0,
    1.0 / 39_916_800.0,
    1.0 / 3_628_800.0,
    1.0 / 362_880.0,
    1.0 / 40_320.0,
    1.0 / 5040.0,
    1.0 / 720.0,
    1.0 / 120.0,
    1.0 / 24.0,
    1.0 / 6.0,
    0.5,
    1.0,
    1.0,
];
/// The next term is below 6e-9.
const TAYLOR_SINGLE: [f32; 8] = [1.0 / 5040.0, 1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_agrees_with_the_library() {
        for x in (-8000..8000).map(|i| 0.010_37 * f64::from(i)) {
            let exact = libm::exp(x);
            // Two units in the last place.
            assert!((double(x) - exact).abs() <= 4.5e-16 * exact, "{x}");
            let (near, exact) = (x as f32, libm::exp(f64::from(x as f32)));
            assert!((f64::from(single(near)) - exact).abs() <= 2.4e-7 * exact, "{near}");
        }
        assert!(double(f64::NAN).is_nan() && single(f32::NAN).is_nan());
        assert_eq!((double(1e9), single(-1e9)), (double(700.0), single(-87.0)));
    }
}
