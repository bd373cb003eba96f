//! Hyperbolic sine, cosine and tangent.

use super::{Definition, Parity, at_zero};
use crate::expr::Expr;

pub(super) const SINH: Definition = Definition {
    name: "sinh",
    latex: "\\sinh",
    value: f64::sinh,
    derivative: Expr::cosh,
    parity: Parity::Odd,
    special: |x| at_zero(x, Expr::zero),
};

pub(super) const COSH: Definition = Definition {
    name: "cosh",
    latex: "\\cosh",
    value: f64::cosh,
    derivative: Expr::sinh,
    parity: Parity::Even,
    special: |x| at_zero(x, Expr::one),
};

pub(super) const TANH: Definition = Definition {
    name: "tanh",
    latex: "\\tanh",
    value: f64::tanh,
    derivative: |x| 1 - x.tanh().powi(2),
    parity: Parity::Odd,
    special: |x| at_zero(x, Expr::zero),
};
