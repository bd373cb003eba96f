//! Lanes: a fixed number of points side by side, and the arithmetic the kernels do on them.
//!
//! Every loop here runs over a constant number of lanes and takes no branch, so the compiler turns it into vector
//! instructions of whatever width the machine has. A product and the sum it goes into are always fused and every sum has a
//! fixed order: the bits of a lane depend neither on the instruction set nor on its neighbours. Outside the functions that
//! `isa` compiles for a set a fused operation is a call and slow.

use crate::real::Real;
use crate::sine::HALF_PI;

/// Points handled at once: four AVX-512 registers of doubles or eight of AVX2.
pub(crate) const LANES: usize = 32;

/// One number for each of the points.
pub(crate) type Lane<E = f64> = [E; LANES];

/// A lane of zeros.
pub(crate) const ZERO: Lane = [0.0; LANES];

/// A lane of zeros in any precision.
#[inline(always)]
pub(crate) fn zero<E: Real>() -> Lane<E> {
    [E::ZERO; LANES]
}

/// `y += a x`.
#[inline(always)]
pub(crate) fn add_scaled<E: Real>(y: &mut Lane<E>, a: E, x: &Lane<E>) {
    for (y, x) in y.iter_mut().zip(x) {
        *y = a.mul_add(*x, *y);
    }
}

/// `y += x z`, lane by lane.
#[inline(always)]
pub(crate) fn add_product<E: Real>(y: &mut Lane<E>, x: &Lane<E>, z: &Lane<E>) {
    for lane in 0..LANES {
        y[lane] = x[lane].mul_add(z[lane], y[lane]);
    }
}

/// `y -= x z`, lane by lane.
#[inline(always)]
pub(crate) fn subtract_product<E: Real>(y: &mut Lane<E>, x: &Lane<E>, z: &Lane<E>) {
    for lane in 0..LANES {
        y[lane] = (-x[lane]).mul_add(z[lane], y[lane]);
    }
}

/// `x z`, lane by lane.
#[inline(always)]
pub(crate) fn product<E: Real>(x: &Lane<E>, z: &Lane<E>) -> Lane<E> {
    let mut product = zero();
    for lane in 0..LANES {
        product[lane] = x[lane] * z[lane];
    }
    product
}

/// The same numbers in another precision.
#[inline(always)]
pub(crate) fn rounded<E: Real, F: Real>(x: &Lane<E>) -> Lane<F> {
    let mut rounded = zero();
    for lane in 0..LANES {
        rounded[lane] = F::from_f64(x[lane].to_f64());
    }
    rounded
}

/// Sine of every lane.
#[inline(always)]
pub(crate) fn sin_lanes<E: Real>(x: &Lane<E>) -> Lane<E> {
    let mut sine = zero();
    for lane in 0..LANES {
        sine[lane] = x[lane].sin();
    }
    sine
}

/// Sine and cosine of every lane.
#[inline(always)]
pub(crate) fn sin_cos_lanes<E: Real>(x: &Lane<E>, sine: &mut Lane<E>, cosine: &mut Lane<E>) {
    for lane in 0..LANES {
        (sine[lane], cosine[lane]) = x[lane].sin_cos();
    }
}

/// The sum over the lanes, halves first: a fixed order that needs few dependent additions.
#[inline(always)]
pub(crate) fn sum<E: Real>(x: &Lane<E>) -> E {
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

/// Adding and taking away 3 2^77 rounds to a whole multiple of 2^26.
const COARSE_ROUNDER: f64 = f64::ROUNDER * 67_108_864.0;

/// The angle's representative in [-pi, pi), at one cost however many turns it has: exact but for a rounding up to 2^51 of
/// them, where neighbouring numbers lie a radian apart.
#[inline(always)]
pub(crate) fn wrap(angle: f64) -> f64 {
    // Rounding to whole turns by the trick of the sine keeps this free of branches and of library calls. Both parts of
    // the turns have 26 bits, so that their products with the head and the middle of a turn are exact.
    let [head, middle, tail] = HALF_PI;
    let turns = (angle * (0.5 * std::f64::consts::FRAC_1_PI) + f64::ROUNDER) - f64::ROUNDER;
    let many = (turns + COARSE_ROUNDER) - COARSE_ROUNDER;
    let few = turns - many;
    let near = (angle - many * (4.0 * head)) - few * (4.0 * head);
    let near = (near - many * (4.0 * middle)) - few * (4.0 * middle);
    let near = near - turns * (4.0 * tail);
    if near >= std::f64::consts::PI { near - std::f64::consts::TAU } else { near }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::{PI, TAU};

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
