//! Systems and polynomials for the tests of this module.

use aa_symbolic::univariate::Univariate;
use aa_symbolic::{Expr, Rational, parse_rational};

use crate::PhaseSpace;
use crate::obstruction::NaturalSystem;
use crate::obstruction::testing::in_space;

/// A rational number.
pub(super) fn q(text: &str) -> Rational {
    parse_rational(text).expect("a rational number")
}

/// The polynomial with these coefficients, constant first.
pub(super) fn univariate(coefficients: &[&str]) -> Univariate {
    Univariate::new(coefficients.iter().map(|c| q(c)).collect())
}

/// (px^2 + py^2)/2 + V(x, y).
pub(super) fn plane(potential: impl Fn(Expr, Expr) -> Expr) -> NaturalSystem {
    natural(2, |q| potential(q[0].clone(), q[1].clone()))
}

/// p.p/2 + V(q) with n coordinates.
pub(super) fn natural(n: usize, potential: impl Fn(&[Expr]) -> Expr) -> NaturalSystem {
    let space = PhaseSpace::numbered(n);
    in_space(&space, potential(space.coordinates()))
}
