//! The exponential and the logarithm.

use super::{Definition, Parity, at_zero};
use crate::expr::{Expr, Node};
use crate::function::Function;

pub(super) const EXP: Definition = Definition {
    name: "exp",
    latex: "\\exp",
    value: f64::exp,
    derivative: Expr::exp,
    parity: Parity::Neither,
    special: |x| at_zero(x, Expr::one).or_else(|| exp_of_log(x)),
};

pub(super) const LOG: Definition = Definition {
    name: "log",
    latex: "\\log",
    value: f64::ln,
    derivative: |x| x.powi(-1),
    parity: Parity::Neither,
    special: log_special,
};

/// exp(c log u) = u**c.
fn exp_of_log(x: &Expr) -> Option<Expr> {
    let (coefficient, term) = x.as_scaled();
    match term.node() {
        Node::Apply(Function::Log, inner) => Some(inner.pow_rational(&coefficient)),
        _ => None,
    }
}

/// log(1) = 0 and log(exp u) = u, for real u.
fn log_special(x: &Expr) -> Option<Expr> {
    match x.node() {
        Node::Constant(_) if x.is_one() => Some(Expr::zero()),
        Node::Apply(Function::Exp, inner) => Some(inner.clone()),
        _ => None,
    }
}
