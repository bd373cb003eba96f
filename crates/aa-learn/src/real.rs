//! The two precisions of numbers: kernels are written once, for any [`Real`].

use faer::traits::ComplexField;
use std::fmt::Debug;
use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub, SubAssign};

use crate::{exponential, sine};

/// Single or double precision.
pub(crate) trait Real:
    Copy
    + Debug
    + Default
    + PartialOrd
    + Send
    + Sync
    + Neg<Output = Self>
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + AddAssign
    + SubAssign
    + ComplexField
    + 'static
{
    const ZERO: Self;
    const ONE: Self;
    /// Adding and taking away this number rounds to a whole number, and leaves that in the low bits of the sum: 3/2 times the
    /// power of two from which on neighbouring numbers are 1 apart.
    const ROUNDER: Self;
    /// The nearest number of this precision.
    fn from_f64(x: f64) -> Self;
    /// The same number in double precision.
    fn to_f64(self) -> f64;
    /// Sine alone, see [`sine`].
    fn sin(self) -> Self;
    /// Sine and cosine, see [`sine`].
    fn sin_cos(self) -> (Self, Self);
    /// The exponential, see [`exponential`].
    fn exp(self) -> Self;
    /// self * factor + summand, rounded once.
    fn mul_add(self, factor: Self, summand: Self) -> Self;
}

/// A polynomial whose coefficients stand highest first.
#[inline(always)]
pub(crate) fn series<E: Real, const N: usize>(coefficients: &[E; N], x: E) -> E {
    let mut value = coefficients[0];
    for coefficient in &coefficients[1..] {
        value = value.mul_add(x, *coefficient);
    }
    value
}

impl Real for f64 {
    const ZERO: f64 = 0.0;
    const ONE: f64 = 1.0;
    const ROUNDER: f64 = 6_755_399_441_055_744.0;

    #[inline(always)]
    fn from_f64(x: f64) -> f64 {
        x
    }

    #[inline(always)]
    fn to_f64(self) -> f64 {
        self
    }

    #[inline(always)]
    fn sin(self) -> f64 {
        sine::double_sine(self)
    }

    #[inline(always)]
    fn sin_cos(self) -> (f64, f64) {
        sine::double(self)
    }

    #[inline(always)]
    fn exp(self) -> f64 {
        exponential::double(self)
    }

    #[inline(always)]
    fn mul_add(self, factor: f64, summand: f64) -> f64 {
        f64::mul_add(self, factor, summand)
    }
}

impl Real for f32 {
    const ZERO: f32 = 0.0;
    const ONE: f32 = 1.0;
    const ROUNDER: f32 = 12_582_912.0;

    #[inline(always)]
    fn from_f64(x: f64) -> f32 {
        x as f32
    }

    #[inline(always)]
    fn to_f64(self) -> f64 {
        f64::from(self)
    }

    #[inline(always)]
    fn sin(self) -> f32 {
        sine::single_sine(self)
    }

    #[inline(always)]
    fn sin_cos(self) -> (f32, f32) {
        sine::single(self)
    }

    #[inline(always)]
    fn exp(self) -> f32 {
        exponential::single(self)
    }

    #[inline(always)]
    fn mul_add(self, factor: f32, summand: f32) -> f32 {
        f32::mul_add(self, factor, summand)
    }
}
