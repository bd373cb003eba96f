//! Elementary functions of one argument: one `Definition` each.
//!
//! A new function is one definition and one line here.

mod circular;
mod exponential;
mod hyperbolic;
mod inverse;

use crate::expr::{Expr, Node};

/// An elementary function of one argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Function {
    /// The exponential.
    Exp,
    /// The natural logarithm.
    Log,
    /// Sine of an angle in radians.
    Sin,
    /// Cosine of an angle in radians.
    Cos,
    /// Tangent of an angle in radians.
    Tan,
    /// Inverse sine, in [-pi/2, pi/2].
    Asin,
    /// Inverse cosine, in [0, pi].
    Acos,
    /// Inverse tangent, in (-pi/2, pi/2).
    Atan,
    /// Hyperbolic sine.
    Sinh,
    /// Hyperbolic cosine.
    Cosh,
    /// Hyperbolic tangent.
    Tanh,
}

/// What the rest of the room needs to know of a function.
pub(crate) struct Definition {
    /// As scripts and sympy write it.
    pub(crate) name: &'static str,
    /// As LaTeX writes it.
    pub(crate) latex: &'static str,
    /// The value at a number.
    pub(crate) value: fn(f64) -> f64,
    /// The derivative at an expression.
    pub(crate) derivative: fn(&Expr) -> Expr,
    /// Whether f(-x) is f(x), -f(x), or neither.
    pub(crate) parity: Parity,
    /// A simpler form at this argument, where there is one.
    pub(crate) special: fn(&Expr) -> Option<Expr>,
}

/// How a function behaves under a change of sign of its argument.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Parity {
    Even,
    Odd,
    Neither,
}

impl Function {
    /// Every function, in order.
    pub const ALL: [Function; 11] = [
        Function::Exp,
        Function::Log,
        Function::Sin,
        Function::Cos,
        Function::Tan,
        Function::Asin,
        Function::Acos,
        Function::Atan,
        Function::Sinh,
        Function::Cosh,
        Function::Tanh,
    ];

    pub(crate) fn definition(self) -> &'static Definition {
        match self {
            Function::Exp => &exponential::EXP,
            Function::Log => &exponential::LOG,
            Function::Sin => &circular::SIN,
            Function::Cos => &circular::COS,
            Function::Tan => &circular::TAN,
            Function::Asin => &inverse::ASIN,
            Function::Acos => &inverse::ACOS,
            Function::Atan => &inverse::ATAN,
            Function::Sinh => &hyperbolic::SINH,
            Function::Cosh => &hyperbolic::COSH,
            Function::Tanh => &hyperbolic::TANH,
        }
    }

    /// The name in scripts.
    pub fn name(self) -> &'static str {
        self.definition().name
    }

    /// The value at a number.
    pub fn value(self, x: f64) -> f64 {
        (self.definition().value)(x)
    }

    /// The derivative at an expression, without the inner derivative.
    pub fn derivative(self, x: &Expr) -> Expr {
        (self.definition().derivative)(x)
    }
}

impl Expr {
    /// `function` of this expression, in canonical form: special values and the sign of the argument are resolved.
    pub fn apply(&self, function: Function) -> Expr {
        let definition = function.definition();
        if let Some(simpler) = (definition.special)(self) {
            return simpler;
        }
        if definition.parity != Parity::Neither && self.leads_with_minus() {
            let flipped = Expr::intern(Node::Apply(function, -self));
            return if definition.parity == Parity::Odd { -flipped } else { flipped };
        }
        Expr::intern(Node::Apply(function, self.clone()))
    }

    /// The exponential.
    pub fn exp(&self) -> Expr {
        self.apply(Function::Exp)
    }

    /// The natural logarithm.
    pub fn log(&self) -> Expr {
        self.apply(Function::Log)
    }

    /// The sine.
    pub fn sin(&self) -> Expr {
        self.apply(Function::Sin)
    }

    /// The cosine.
    pub fn cos(&self) -> Expr {
        self.apply(Function::Cos)
    }

    /// The tangent.
    pub fn tan(&self) -> Expr {
        self.apply(Function::Tan)
    }

    /// The inverse sine.
    pub fn asin(&self) -> Expr {
        self.apply(Function::Asin)
    }

    /// The inverse cosine.
    pub fn acos(&self) -> Expr {
        self.apply(Function::Acos)
    }

    /// The inverse tangent.
    pub fn atan(&self) -> Expr {
        self.apply(Function::Atan)
    }

    /// The hyperbolic sine.
    pub fn sinh(&self) -> Expr {
        self.apply(Function::Sinh)
    }

    /// The hyperbolic cosine.
    pub fn cosh(&self) -> Expr {
        self.apply(Function::Cosh)
    }

    /// The hyperbolic tangent.
    pub fn tanh(&self) -> Expr {
        self.apply(Function::Tanh)
    }

    /// The angle of the point (x, y) in (-pi, pi].
    pub fn atan2(y: &Expr, x: &Expr) -> Expr {
        Expr::intern(Node::Atan2(y.clone(), x.clone()))
    }

    /// Whether the first coefficient, in canonical order, is negative.
    fn leads_with_minus(&self) -> bool {
        let zero = crate::Rational::ZERO;
        match self.node() {
            Node::Constant(value) => *value < zero,
            Node::Sum { terms, .. } => terms[0].1 < zero,
            _ => false,
        }
    }
}

/// No special values.
fn nothing_special(_: &Expr) -> Option<Expr> {
    None
}

/// `value` where the argument is 0.
fn at_zero(x: &Expr, value: impl Fn() -> Expr) -> Option<Expr> {
    x.is_zero().then(value)
}
