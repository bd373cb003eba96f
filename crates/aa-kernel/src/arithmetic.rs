//! How a product is added: in one rounding where the instruction set can, in two where it cannot.
//!
//! A fused operation without hardware for it is a call of a library function, some fifty times slower. So the bodies
//! of this crate take the arithmetic as a parameter, and each instruction set gives its own.

use crate::lanes::Lanes;

/// A way to add a product.
pub(crate) trait Arithmetic: Copy {
    /// `a * b + c`.
    fn mul_add(a: f64, b: f64, c: f64) -> f64;

    /// Whether there is code for eight exponentials together.
    const EXP_OF_EIGHT: bool = false;

    /// exp of eight numbers, with the bits of [`crate::elementary::exp`].
    #[inline(always)]
    fn exp_of_eight(x: &[f64; 8]) -> [f64; 8] {
        crate::elementary::exp::<8, Self>(&Lanes(*x)).0
    }
}

/// One rounding.
#[derive(Clone, Copy)]
pub(crate) struct Fused;

/// One rounding, and registers of eight numbers.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
pub(crate) struct Avx512;

/// Two roundings.
#[derive(Clone, Copy)]
pub(crate) struct Separate;

#[cfg(target_arch = "x86_64")]
impl Arithmetic for Avx512 {
    #[inline(always)]
    fn mul_add(a: f64, b: f64, c: f64) -> f64 {
        a.mul_add(b, c)
    }

    const EXP_OF_EIGHT: bool = true;

    #[inline(always)]
    fn exp_of_eight(x: &[f64; 8]) -> [f64; 8] {
        // SAFETY: this arithmetic is chosen where the processor has AVX-512, and nowhere else.
        unsafe { crate::elementary::exp_of_eight(x) }
    }
}

impl Arithmetic for Fused {
    #[inline(always)]
    fn mul_add(a: f64, b: f64, c: f64) -> f64 {
        a.mul_add(b, c)
    }
}

impl Arithmetic for Separate {
    #[inline(always)]
    fn mul_add(a: f64, b: f64, c: f64) -> f64 {
        a * b + c
    }
}

/// What every processor of the target has.
#[cfg(target_arch = "aarch64")]
pub(crate) type Baseline = Fused;
/// What every processor of the target has.
#[cfg(not(target_arch = "aarch64"))]
pub(crate) type Baseline = Separate;
