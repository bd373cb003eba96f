//! Inverse circular functions, on their principal branches.

use super::{Definition, Parity, at_zero, nothing_special};
use crate::expr::Expr;

pub(super) const ASIN: Definition = Definition {
    name: "asin",
    latex: "\\arcsin",
    value: f64::asin,
    derivative: |x| (1 - x.powi(2)).sqrt().powi(-1),
    parity: Parity::Odd,
    special: |x| at_zero(x, Expr::zero),
};

pub(super) const ACOS: Definition = Definition {
    name: "acos",
    latex: "\\arccos",
    value: f64::acos,
    derivative: |x| -(1 - x.powi(2)).sqrt().powi(-1),
    parity: Parity::Neither,
    special: nothing_special,
};

pub(super) const ATAN: Definition = Definition {
    name: "atan",
    latex: "\\arctan",
    value: f64::atan,
    derivative: |x| (x.powi(2) + 1).powi(-1),
    parity: Parity::Odd,
    special: |x| at_zero(x, Expr::zero),
};
