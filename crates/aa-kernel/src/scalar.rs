//! Values of elementary functions and powers, the same bits on every machine.

use aa_symbolic::Function;

use crate::arithmetic::Arithmetic;
use crate::elementary;
use crate::lanes::Lanes;

/// The value of an elementary function, from the portable C library in Rust.
#[inline]
pub(crate) fn value(function: Function) -> fn(f64) -> f64 {
    match function {
        Function::Exp => libm::exp,
        Function::Log => libm::log,
        Function::Sin => libm::sin,
        Function::Cos => libm::cos,
        Function::Tan => libm::tan,
        Function::Asin => libm::asin,
        Function::Acos => libm::acos,
        Function::Atan => libm::atan,
        Function::Sinh => libm::sinh,
        Function::Cosh => libm::cosh,
        Function::Tanh => libm::tanh,
    }
}

/// An elementary function of each lane: our own where there is one, the library's elsewhere.
#[inline(always)]
pub(crate) fn apply<const L: usize, A: Arithmetic>(function: Function, argument: &Lanes<L>) -> Lanes<L> {
    match function {
        Function::Exp => elementary::exp::<L, A>(argument),
        Function::Log => elementary::log::<L, A>(argument),
        Function::Sin => elementary::sin::<L, A>(argument),
        Function::Cos => elementary::cos::<L, A>(argument),
        Function::Tanh => elementary::tanh::<L, A>(argument),
        _ => argument.map(value(function)),
    }
}

/// A real power of each lane. Whole and half powers are products and one root; the others take the library's power.
#[inline(always)]
pub(crate) fn power<const L: usize>(base: &Lanes<L>, exponent: f64) -> Lanes<L> {
    let Some(halves) = in_halves(exponent) else { return base.map(|x| libm::pow(x, exponent)) };
    let mut result = whole_power(base, halves.unsigned_abs() / 2);
    if halves % 2 != 0 {
        result = result.times(&base.map(f64::sqrt));
    }
    if halves < 0 { result.map(|x| 1.0 / x) } else { result }
}

/// Twice the exponent, where the power is taken by products and a root.
#[inline(always)]
pub(crate) fn in_halves(exponent: f64) -> Option<i32> {
    let halves = 2.0 * exponent;
    (halves == halves.trunc() && halves.abs() <= 128.0).then_some(halves as i32)
}

/// The angle of each lane.
#[inline(always)]
pub(crate) fn atan2<const L: usize>(y: &Lanes<L>, x: &Lanes<L>) -> Lanes<L> {
    Lanes::from_fn(|lane| libm::atan2(y.0[lane], x.0[lane]))
}

#[inline(always)]
fn whole_power<const L: usize>(base: &Lanes<L>, exponent: u32) -> Lanes<L> {
    let mut result = Lanes([1.0; L]);
    let (mut square, mut left) = (*base, exponent);
    while left > 0 {
        if left & 1 == 1 {
            result = result.times(&square);
        }
        square = square.times(&square);
        left >>= 1;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_by_products_are_powers() {
        for exponent in [-3.0, -1.5, -0.5, 0.5, 2.5, 7.0, 1.0 / 3.0] {
            let Lanes([x]) = power(&Lanes([1.7]), exponent);
            let expected = 1.7f64.powf(exponent);
            assert!((x / expected - 1.0).abs() < 1e-15, "{exponent}: {x} {expected}");
        }
    }

    #[test]
    fn functions_are_the_symbolic_ones() {
        for function in Function::ALL {
            let (ours, theirs) = (value(function)(0.37), function.value(0.37));
            assert!((ours - theirs).abs() < 1e-15, "{}", function.name());
        }
    }
}
