//! Sine, cosine and tangent, with their values at multiples of pi/2.

use super::{Definition, Parity};
use crate::expr::{Expr, Node};
use crate::rational::{Rational, to_i64};

pub(super) const SIN: Definition = Definition {
    name: "sin",
    latex: "\\sin",
    value: f64::sin,
    derivative: Expr::cos,
    parity: Parity::Odd,
    special: |x| quarter_turns(x).map(|turns| Expr::integer([0, 1, 0, -1][turns])),
};

pub(super) const COS: Definition = Definition {
    name: "cos",
    latex: "\\cos",
    value: f64::cos,
    derivative: |x| -x.sin(),
    parity: Parity::Even,
    special: |x| quarter_turns(x).map(|turns| Expr::integer([1, 0, -1, 0][turns])),
};

pub(super) const TAN: Definition = Definition {
    name: "tan",
    latex: "\\tan",
    value: f64::tan,
    derivative: |x| x.tan().powi(2) + 1,
    parity: Parity::Odd,
    special: |x| quarter_turns(x).filter(|turns| turns % 2 == 0).map(|_| Expr::zero()),
};

/// k modulo 4, where the angle is k pi/2.
fn quarter_turns(x: &Expr) -> Option<usize> {
    if x.is_zero() {
        return Some(0);
    }
    let (coefficient, term) = x.as_scaled();
    let quarters = matches!(term.node(), Node::Pi).then(|| to_i64(&(coefficient * Rational::from(2)))).flatten()?;
    Some(quarters.rem_euclid(4) as usize)
}
