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

/// Points in (0.2, 0.7)^3, of no particular pattern.
pub(crate) fn points(n: usize) -> Vec<Vec<f64>> {
    let golden = [0.618_034, 0.754_878, 0.569_840];
    (1..=n).map(|k| golden.iter().map(|g| 0.2 + 0.5 * (g * k as f64).fract()).collect()).collect()
}
