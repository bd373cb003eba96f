//! How a product is added: in one rounding where the instruction set can, in two where it cannot.
//!
//! A fused operation without hardware for it is a call of a library function, some fifty times slower. So the bodies
//! of this crate take the arithmetic as a parameter, and each instruction set gives its own.

/// A way to add a product.
pub(crate) trait Arithmetic: Copy {
    /// `a * b + c`.
    fn mul_add(a: f64, b: f64, c: f64) -> f64;
}

/// One rounding.
#[derive(Clone, Copy)]
pub(crate) struct Fused;

/// Two roundings.
#[derive(Clone, Copy)]
pub(crate) struct Separate;

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
