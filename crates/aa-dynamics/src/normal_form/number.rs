//! Numbers of two kinds, exact and floating, and the complex numbers over each.

use std::fmt::Debug;
use std::ops::{Add, Div, Mul, Neg, Sub};

use aa_symbolic::{Expr, Rational, evaluate, to_f64};

/// A real number: rational, or floating where a rational one does not exist.
pub(super) trait Real:
    Clone
    + Debug
    + PartialEq
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
{
    /// Numbers below this share of the largest in sight are zero.
    const ROUNDING: f64;
    /// Whether arithmetic is exact.
    const EXACT: bool = Self::ROUNDING == 0.0;
    fn from_rational(value: &Rational) -> Self;
    /// The value of an expression without symbols, where it is a number of this kind.
    fn from_expr(expr: &Expr) -> Option<Self>;
    /// The number of this kind that a rounded value may stand for.
    fn near(value: f64) -> Option<Self>;
    fn to_rational(&self) -> Option<Rational>;
    fn to_f64(&self) -> f64;

    fn from_whole(value: i64) -> Self {
        Self::from_rational(&Rational::from(value))
    }

    fn zero() -> Self {
        Self::from_whole(0)
    }

    fn is_zero(&self) -> bool {
        *self == Self::zero()
    }
}

impl Real for Rational {
    const ROUNDING: f64 = 0.0;

    fn from_rational(value: &Rational) -> Self {
        value.clone()
    }

    fn from_expr(expr: &Expr) -> Option<Self> {
        expr.as_rational().cloned()
    }

    fn near(value: f64) -> Option<Self> {
        rational_near(value)
    }

    fn to_rational(&self) -> Option<Rational> {
        Some(self.clone())
    }

    fn to_f64(&self) -> f64 {
        to_f64(self)
    }

    fn zero() -> Self {
        Rational::ZERO
    }

    fn is_zero(&self) -> bool {
        Rational::is_zero(self)
    }
}

impl Real for f64 {
    // The rounding of some thousand operations.
    const ROUNDING: f64 = 1e-12;

    fn from_rational(value: &Rational) -> Self {
        to_f64(value)
    }

    fn from_expr(expr: &Expr) -> Option<Self> {
        Some(evaluate(expr, &[], &[])).filter(|value| value.is_finite())
    }

    fn near(value: f64) -> Option<Self> {
        Some(value)
    }

    fn to_rational(&self) -> Option<Rational> {
        Expr::decimal(*self)?.as_rational().cloned()
    }

    fn to_f64(&self) -> f64 {
        *self
    }

    fn from_whole(value: i64) -> Self {
        value as f64
    }
}

/// The simplest rational number that a rounded value may stand for: a convergent of its continued fraction.
fn rational_near(value: f64) -> Option<Rational> {
    let (mut rest, mut before, mut last) = (value, (0i64, 1i64), (1i64, 0i64));
    for _ in 0..12 {
        let whole = rest.floor();
        let next = (whole as i64 * last.0 + before.0, whole as i64 * last.1 + before.1);
        (before, last) = (last, next);
        // Of irrational numbers one in a thousand comes this near a fraction with so small a denominator.
        if last.1 > 10_000 || whole > 1e9 {
            return None;
        }
        let found = Rational::from(last.0) / Rational::from(last.1);
        if (to_f64(&found) - value).abs() <= 1e-11 * value.abs() {
            return Some(found);
        }
        rest = 1.0 / (rest - whole);
    }
    None
}

/// re + i im. Products skip parts that are zero: most exact coefficients are real or imaginary.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Complex<T> {
    pub(super) re: T,
    pub(super) im: T,
}

impl<T: Real> Complex<T> {
    pub(super) fn new(re: T, im: T) -> Self {
        Complex { re, im }
    }

    pub(super) fn real(re: T) -> Self {
        Complex { re, im: T::zero() }
    }

    pub(super) fn zero() -> Self {
        Complex::real(T::zero())
    }

    pub(super) fn is_zero(&self) -> bool {
        self.re.is_zero() && self.im.is_zero()
    }

    pub(super) fn conj(&self) -> Self {
        Complex { re: self.re.clone(), im: -self.im.clone() }
    }

    /// The number times i.
    pub(super) fn turned(&self) -> Self {
        Complex { re: -self.im.clone(), im: self.re.clone() }
    }

    pub(super) fn plus(&self, other: &Self) -> Self {
        Complex { re: sum(&self.re, &other.re), im: sum(&self.im, &other.im) }
    }

    pub(super) fn minus(&self, other: &Self) -> Self {
        self.plus(&other.times(&Complex::real(T::from_whole(-1))))
    }

    pub(super) fn times(&self, other: &Self) -> Self {
        let (a, b, c, d) = (&self.re, &self.im, &other.re, &other.im);
        Complex { re: sum(&product(a, c), &-product(b, d)), im: sum(&product(a, d), &product(b, c)) }
    }

    pub(super) fn scaled(&self, factor: &T) -> Self {
        Complex { re: product(&self.re, factor), im: product(&self.im, factor) }
    }

    /// The quotient; the divisor is not zero.
    pub(super) fn over(&self, divisor: &Self) -> Self {
        let square = sum(&product(&divisor.re, &divisor.re), &product(&divisor.im, &divisor.im));
        self.times(&divisor.conj()).scaled(&(T::from_whole(1) / square))
    }

    pub(super) fn size(&self) -> f64 {
        self.re.to_f64().hypot(self.im.to_f64())
    }

    pub(super) fn to_f64(&self) -> Complex<f64> {
        Complex { re: self.re.to_f64(), im: self.im.to_f64() }
    }
}

fn product<T: Real>(a: &T, b: &T) -> T {
    if a.is_zero() || b.is_zero() { T::zero() } else { a.clone() * b.clone() }
}

fn sum<T: Real>(a: &T, b: &T) -> T {
    match (a.is_zero(), b.is_zero()) {
        (true, _) => b.clone(),
        (_, true) => a.clone(),
        _ => a.clone() + b.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_near_simple_fractions_may_stand_for_them() {
        assert_eq!(rational_near(2.0 / 3.0).unwrap().to_string(), "2/3");
        assert_eq!(rational_near(5.0).unwrap().to_string(), "5");
        assert_eq!(rational_near(2f64.sqrt()), None);
        assert_eq!(rational_near(std::f64::consts::PI), None);
    }
}
