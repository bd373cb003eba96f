//! Sine and cosine in both precisions, without a branch: the same bits in every lane of every instruction set.

use std::f64::consts::FRAC_PI_2;

use crate::real::{Real, series};

/// Defines sine and cosine of a precision: the argument is brought to |r| <= pi/4 by multiples of pi/2, taken away in three
/// parts, and Taylor's series do the rest. Sine alone takes multiples of pi and one series for |r| <= pi/2.
macro_rules! sine_and_cosine {
    ($real:ident, $bits:ident, $half_pi:expr, $series:expr, $long_series:expr,
     $(#[$doc:meta])* $both:ident, $(#[$doc_of_sine:meta])* $alone:ident) => {
        $(#[$doc])*
        #[inline(always)]
        pub(crate) fn $both(x: $real) -> ($real, $real) {
            let shifted = x.mul_add(std::$real::consts::FRAC_2_PI, $real::ROUNDER);
            let quadrant = shifted.to_bits();
            let turns = shifted - $real::ROUNDER;
            let [head, middle, tail] = $half_pi;
            let r = turns.mul_add(-tail, turns.mul_add(-middle, turns.mul_add(-head, x)));
            let (square, (of_sine, of_cosine)) = (r * r, $series);
            let sine = r * series(of_sine, square);
            let cosine = series(of_cosine, square);
            let odd = quadrant & 1 == 1;
            let (first, second) = if odd { (cosine, sine) } else { (sine, cosine) };
            let sine_sign = (quadrant & 2) << ($bits::BITS - 2);
            let cosine_sign = (quadrant.wrapping_add(1) & 2) << ($bits::BITS - 2);
            ($real::from_bits(first.to_bits() ^ sine_sign), $real::from_bits(second.to_bits() ^ cosine_sign))
        }

        $(#[$doc_of_sine])*
        #[inline(always)]
        pub(crate) fn $alone(x: $real) -> $real {
            let shifted = x.mul_add(std::$real::consts::FRAC_1_PI, $real::ROUNDER);
            let turns = shifted - $real::ROUNDER;
            let [head, middle, tail] = $half_pi;
            let r = turns.mul_add(-2.0 * tail, turns.mul_add(-2.0 * middle, turns.mul_add(-2.0 * head, x)));
            let sine = r * series(&$long_series, r * r);
            $real::from_bits(sine.to_bits() ^ (shifted.to_bits() << ($bits::BITS - 1)))
        }
    };
}

sine_and_cosine!(
    f64, u64, HALF_PI, (&SINE, &COSINE), LONG_SINE,
    /// Sine and cosine to two units in the last place of numbers near one, for |x| < 10^7.
    double,
    /// Sine likewise, not with the same bits.
    double_sine
);
sine_and_cosine!(
    f32, u32, HALF_PI_SINGLE, (&SINE_SINGLE, &COSINE_SINGLE), LONG_SINE_SINGLE,
    /// Sine and cosine to two units in the last place of numbers near one, for |x| < 10^4.
    single,
    /// Sine likewise, not with the same bits.
    single_sine
);

/// pi/2 in three parts, the first two so short that their products with a whole number below 2^26 are exact; the last is
/// what double precision leaves.
pub(crate) const HALF_PI: [f64; 3] = {
    let head = f64::from_bits(FRAC_PI_2.to_bits() & !0x3ff_ffff);
    [head, FRAC_PI_2 - head, 6.123_233_995_736_766e-17]
};

/// The same with products exact for whole numbers below 2^13.
const HALF_PI_SINGLE: [f32; 3] = {
    let head = short(FRAC_PI_2);
    let middle = short(FRAC_PI_2 - head as f64);
    [head, middle, (FRAC_PI_2 - head as f64 - middle as f64) as f32]
};

/// The first eleven bits.
const fn short(x: f64) -> f32 {
    f32::from_bits((x as f32).to_bits() & !0x1fff)
}

/// Taylor coefficients of sin(r)/r in r^2, highest first; on |r| <= pi/4 the next term is below 6e-17.
const SINE: [f64; 8] = last(&LONG_SINE);
/// The same for |r| <= pi/2; the next term is below 2e-18.
const LONG_SINE: [f64; 11] = [
    1.0 / 51_090_942_171_709_440_000.0,
    -1.0 / 121_645_100_408_832_000.0,
    1.0 / 355_687_428_096_000.0,
    -1.0 / 1_307_674_368_000.0,
    1.0 / 6_227_020_800.0,
    -1.0 / 39_916_800.0,
    1.0 / 362_880.0,
    -1.0 / 5040.0,
    1.0 / 120.0,
    -1.0 / 6.0,
    1.0,
];
/// Taylor coefficients of cos(r) in r^2, highest first; the next term is below 3e-18.
const COSINE: [f64; 9] = [
    1.0 / 20_922_789_888_000.0,
    -1.0 / 87_178_291_200.0,
    1.0 / 479_001_600.0,
    -1.0 / 3_628_800.0,
    1.0 / 40_320.0,
    -1.0 / 720.0,
    1.0 / 24.0,
    -0.5,
    1.0,
];
/// The next term is below 3e-9.
const SINE_SINGLE: [f32; 5] = last(&LONG_SINE_SINGLE);
/// For |r| <= pi/2; the next term is below 7e-10.
const LONG_SINE_SINGLE: [f32; 7] =
    [1.0 / 6_227_020_800.0, -1.0 / 39_916_800.0, 1.0 / 362_880.0, -1.0 / 5040.0, 1.0 / 120.0, -1.0 / 6.0, 1.0];
/// The next term is below 2e-10.
const COSINE_SINGLE: [f32; 6] = [-1.0 / 3_628_800.0, 1.0 / 40_320.0, -1.0 / 720.0, 1.0 / 24.0, -0.5, 1.0];

/// The last coefficients of a longer series.
const fn last<E: Copy, const N: usize, const M: usize>(long: &[E; N]) -> [E; M] {
    *long.last_chunk().expect("a series is no longer than itself")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The largest errors of sine and cosine for arguments from 1e-9 on.
    fn errors(largest: f64, sin_cos: impl Fn(f64) -> (f64, f64, f64)) -> f64 {
        let arguments = std::iter::successors(Some(1e-9_f64), |x| Some(x * 1.037)).take_while(|x| *x < largest);
        let error = |x: f64| {
            let (x, sine, cosine) = sin_cos(x);
            (sine - x.sin()).abs().max((cosine - x.cos()).abs())
        };
        arguments.flat_map(|x| [x, -x]).map(error).fold(0.0, f64::max)
    }

    #[test]
    fn sine_and_cosine_agree_with_the_library() {
        let in_double = |x: f64| (x, double(x).0, double(x).1);
        // Two units in the last place of numbers below one.
        assert!(errors(1e7, in_double) < 4.5e-16);
        let in_single = |x: f64| {
            let (sine, cosine) = single(x as f32);
            (f64::from(x as f32), f64::from(sine), f64::from(cosine))
        };
        assert!(errors(1e4, in_single) < 1.2e-7, "{:e}", errors(1e4, in_single));
        let alone = |x: f64| (x, double_sine(x), double(x).1);
        assert!(errors(1e7, alone) < 4.5e-16, "{:e}", errors(1e7, alone));
        let alone = |x: f64| {
            let (x, cosine) = (x as f32, single(x as f32).1);
            (f64::from(x), f64::from(single_sine(x)), f64::from(cosine))
        };
        assert!(errors(1e4, alone) < 1.2e-7, "{:e}", errors(1e4, alone));
        assert!(double(f64::NAN).0.is_nan() && single(f32::NAN).1.is_nan());
    }
}
