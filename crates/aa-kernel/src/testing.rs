//! Expressions and points that the tests of both executors share.

use aa_symbolic::{Expr, Function};

/// Inputs x, y, z and expressions with every kind of node, defined for values in (0.2, 0.7).
pub(crate) fn every_construct() -> (Vec<Expr>, Vec<Expr>) {
    let inputs: Vec<Expr> = ["x", "y", "z"].iter().map(|name| Expr::symbol(name)).collect();
    let [x, y, z] = inputs.clone().try_into().expect("three names");
    let mixed = &x * &y + &z / 3;
    let mut outputs: Vec<Expr> = Function::ALL.iter().map(|&f| mixed.apply(f)).collect();
    outputs.extend([
        Expr::atan2(&y, &x) * &z,
        x.pow(&(&y + &z)),
        x.pow(&Expr::integer(2).sqrt()),
        x.powi(5) * y.powi(2) - x.powi(2),
        (&x * &x + &y * &y).sqrt().powi(-3) * &z,
        x.pow_rational(&(Expr::integer(1) / 3).as_rational().expect("a third").clone()) / (&y + 1),
        Expr::integer(2).sqrt() * Expr::pi() * &x * &y * &z + Expr::euler(),
        Expr::integer(7),
        (&x - &y).exp() + (&y - &z).exp() * &x - &y / &x,
        y.clone(),
        -&z,
        &x * &x,
    ]);
    (inputs, outputs)
}

/// Twenty variables, more than have their series summed side by side, and as many sums of six products, more than one
/// recurrence holds.
pub(crate) fn many_variables() -> (Vec<Expr>, Vec<Expr>) {
    let inputs: Vec<Expr> = (0..20).map(|i| Expr::symbol(&format!("x{i}"))).collect();
    let product = |i: usize, k: usize| &inputs[(i + k) % 20] * &inputs[(i + 3 * k + 1) % 20] * (k as i64 - 3);
    let sum = |i: usize| (0..6).map(|k| product(i, k)).sum::<Expr>() - &inputs[i];
    let outputs = (0..20).map(sum).collect();
    (inputs, outputs)
}

/// Points in (0.2, 0.7)^dimension, of no particular pattern.
pub(crate) fn points(n: usize, dimension: usize) -> Vec<Vec<f64>> {
    let golden = [0.618_034, 0.754_878, 0.569_840];
    let number = |k: usize, i: usize| 0.2 + 0.5 * (golden[i % 3] * (k + i / 3 * n) as f64).fract();
    (1..=n).map(|k| (0..dimension).map(|i| number(k, i)).collect()).collect()
}

/// Eight points of zeros with either sign, and of ones where a bit of the point's number is set.
pub(crate) fn signed_zeros(dimension: usize) -> Vec<Vec<f64>> {
    let number = |k: usize, i: usize| match (k >> (i % 3)) & 1 {
        0 => -0.0,
        _ => f64::from(u8::from(i.is_multiple_of(2))),
    };
    (0..8).map(|k| (0..dimension).map(|i| number(k, i)).collect()).collect()
}

/// The bits of a number, those of one NaN for any: where two meet, the order of the operands chooses between them.
pub(crate) fn bits(x: f64) -> u64 {
    if x.is_nan() { f64::NAN.to_bits() } else { x.to_bits() }
}
