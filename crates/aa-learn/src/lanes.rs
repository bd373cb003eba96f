//! Lanes: a fixed number of points side by side, and the arithmetic the kernels do on them.
//!
//! Every loop here runs over a constant number of lanes and takes no branch, so the compiler turns it into vector
//! instructions of whatever width the machine has. Nothing is fused and every sum has a fixed order: the bits of a
//! lane depend neither on the instruction set nor on its neighbours.

use std::f64::consts::{FRAC_2_PI, FRAC_PI_2};

/// Points handled at once: four AVX-512 registers or eight of AVX2.
pub(crate) const LANES: usize = 32;

/// One number for each of the points.
pub(crate) type Lane = [f64; LANES];

/// A lane of zeros.
pub(crate) const ZERO: Lane = [0.0; LANES];

/// `y += a x`.
#[inline(always)]
pub(crate) fn add_scaled(y: &mut Lane, a: f64, x: &Lane) {
    for (y, x) in y.iter_mut().zip(x) {
        *y += a * x;
    }
}

/// `y += x z`, lane by lane.
#[inline(always)]
pub(crate) fn add_product(y: &mut Lane, x: &Lane, z: &Lane) {
    for lane in 0..LANES {
        y[lane] += x[lane] * z[lane];
    }
}

/// Sine and cosine of every lane.
#[inline(always)]
pub(crate) fn sin_cos_lanes(x: &Lane, sine: &mut Lane, cosine: &mut Lane) {
    for lane in 0..LANES {
        (sine[lane], cosine[lane]) = sin_cos(x[lane]);
    }
}

/// The sum over the lanes, halves first: a fixed order that needs few dependent additions.
#[inline(always)]
pub(crate) fn sum(x: &Lane) -> f64 {
    let mut x = *x;
    let mut half = LANES / 2;
    while half > 0 {
        for lane in 0..half {
            x[lane] += x[lane + half];
        }
        half /= 2;
    }
    x[0]
}

/// Adding and taking away 3 2^51 rounds to a whole number and leaves that number in the low bits.
const ROUNDER: f64 = 6_755_399_441_055_744.0;

/// The head of pi/2, short enough that its product with a whole number below 2^26 is exact.
const HEAD: f64 = f64::from_bits(FRAC_PI_2.to_bits() & !0x3ff_ffff);
/// What the head leaves of pi/2 in double precision; equally short.
const MIDDLE: f64 = FRAC_PI_2 - HEAD;
/// pi/2 beyond double precision.
const TAIL: f64 = 6.123_233_995_736_766e-17;

/// Taylor coefficients of sin(r)/r in r^2, highest first; on |r| <= pi/4 the next term is below 5e-17.
const SINE: [f64; 8] = [
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

/// Sine and cosine to a unit in the last place for |x| < 10^8; no branch, no fused operation, the same bits anywhere.
#[inline(always)]
pub(crate) fn sin_cos(x: f64) -> (f64, f64) {
    let shifted = x * FRAC_2_PI + ROUNDER;
    let quadrant = shifted.to_bits();
    let turns = shifted - ROUNDER;
    let r = ((x - turns * HEAD) - turns * MIDDLE) - turns * TAIL;
    let square = r * r;
    let sine = r * horner(&SINE, square);
    let cosine = horner(&COSINE, square);
    let odd = quadrant & 1 == 1;
    let (first, second) = if odd { (cosine, sine) } else { (sine, cosine) };
    let sine_sign = (quadrant & 2) << 62;
    let cosine_sign = (quadrant.wrapping_add(1) & 2) << 62;
    (f64::from_bits(first.to_bits() ^ sine_sign), f64::from_bits(second.to_bits() ^ cosine_sign))
}

#[inline(always)]
fn horner<const N: usize>(coefficients: &[f64; N], x: f64) -> f64 {
    let mut value = coefficients[0];
    for coefficient in &coefficients[1..] {
        value = value * x + coefficient;
    }
    value
}

/// Adding and taking away 3 2^77 rounds to a whole multiple of 2^26.
const COARSE_ROUNDER: f64 = ROUNDER * 67_108_864.0;

/// The angle's representative in [-pi, pi), at one cost however many turns it has: exact but for a rounding up to 2^51 of
/// them, where neighbouring numbers lie a radian apart.
#[inline(always)]
pub(crate) fn wrap(angle: f64) -> f64 {
    // Rounding to whole turns by the same trick as above keeps this free of branches and of library calls. Both parts of
    // the turns have 26 bits, so that their products with the head and the middle of a turn are exact.
    let turns = (angle * (0.5 * std::f64::consts::FRAC_1_PI) + ROUNDER) - ROUNDER;
    let many = (turns + COARSE_ROUNDER) - COARSE_ROUNDER;
    let few = turns - many;
    let near = (angle - many * (4.0 * HEAD)) - few * (4.0 * HEAD);
    let near = (near - many * (4.0 * MIDDLE)) - few * (4.0 * MIDDLE);
    let near = near - turns * (4.0 * TAIL);
    if near >= std::f64::consts::PI { near - std::f64::consts::TAU } else { near }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::{PI, TAU};

    #[test]
    fn sine_and_cosine_agree_with_the_library() {
        let mut x: f64 = 1e-9;
        while x < 1e7 {
            for x in [x, -x] {
                let (sine, cosine) = sin_cos(x);
                // Two units in the last place of numbers below one.
                assert!((sine - x.sin()).abs() < 4.5e-16, "sin {x}");
                assert!((cosine - x.cos()).abs() < 4.5e-16, "cos {x}");
            }
            x *= 1.037;
        }
        assert!(sin_cos(f64::NAN).0.is_nan());
    }

    #[test]
    fn wrapping_lands_in_the_half_open_interval() {
        for turns in -5..5 {
            let angle = 0.3 + f64::from(turns) * TAU;
            assert!((wrap(angle) - 0.3).abs() < 1e-14);
        }
        // By arithmetic of 300 bits.
        let large = [(1e9 + 0.125, 0.702_395_423_501_385), (-3.3e12, -1.599_749_479_156_356_5)];
        for (angle, near) in large.into_iter().chain([(1.234_567_890_1e15, -1.287_486_107_124_596_7)]) {
            assert!((wrap(angle) - near).abs() < 1e-15, "{angle}: {} {near}", wrap(angle));
        }
        assert!(wrap(1e20).abs() < 1e6);
        assert_eq!(wrap(PI), -PI);
        assert_eq!(wrap(-PI), -PI);
    }

    #[test]
    fn the_sum_takes_every_lane_once() {
        let x: Lane = std::array::from_fn(|lane| lane as f64);
        assert_eq!(sum(&x), (LANES * (LANES - 1) / 2) as f64);
    }
}
