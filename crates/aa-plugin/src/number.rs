//! The numbers of a system script: exact constants, formulas in the coordinates, and plain floats for the check.
//!
//! Whole numbers that fit stay Rhai's own integers, so that they can be indices and counts; a decimal literal becomes
//! the fraction it spells on first contact. Whatever else arithmetic gives is a [`Number`].

use std::cmp::Ordering;
use std::collections::HashMap;

use aa_symbolic::{Expr, Node, Rational, evaluate, to_f64, to_i64};
use rhai::Dynamic;

use crate::Code;

/// A number that is not a small whole one.
#[derive(Clone, Debug)]
pub(crate) enum Number {
    /// Exact, and free of coordinates: parameters may be branched on.
    Constant(Expr),
    /// A formula in coordinates or momenta.
    Varying(Expr),
    /// A float, in the run that checks the trace.
    Plain(f64),
}

/// Why an operation has no result. The text goes to the user.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
    pub(crate) code: Code,
}

impl Refusal {
    pub(crate) fn new(message: impl Into<String>) -> Refusal {
        Refusal { message: message.into(), hint: None, code: Code::WrongKind }
    }

    pub(crate) fn coded(self, code: Code) -> Refusal {
        Refusal { code, ..self }
    }

    /// A number that has no value.
    pub(crate) fn no_value(message: impl Into<String>) -> Refusal {
        Refusal::new(message).coded(Code::NoValue)
    }

    pub(crate) fn hint(mut self, hint: &str) -> Refusal {
        self.hint = Some(hint.into());
        self
    }

    /// A comparison, or any other question, that has no one answer over phase space.
    pub(crate) fn branch(question: &str) -> Refusal {
        Refusal::new(format!("a Hamiltonian cannot branch on a coordinate: `{question}`"))
            .hint("write one smooth formula, or two systems")
            .coded(Code::Branch)
    }
}

/// Formulas nested deeper than this are refused; everything that walks them recurses.
const MAX_DEPTH: u32 = 1000;

/// Exponents beyond this are refused: what exact work makes of such a power is as long as its exponent.
const MAX_EXPONENT: u32 = 1000;

/// Exact numbers longer than this many 64-bit words are refused.
const MAX_WORDS: usize = 1 << 10;

impl Number {
    /// A coordinate or momentum.
    pub(crate) fn coordinate(symbol: &Expr) -> Number {
        Number::Varying(symbol.clone())
    }

    /// The number in a script's value, if it is one.
    pub(crate) fn from_dynamic(value: &Dynamic) -> Option<Number> {
        if let Ok(whole) = value.as_int() {
            return Some(Number::Constant(Expr::integer(whole)));
        }
        if let Ok(float) = value.as_float() {
            // Literals are finite; an infinite one (1e999) is no exact number.
            return Some(Expr::decimal(float).map_or(Number::Plain(float), Number::Constant));
        }
        value.read_lock::<Number>().map(|number| number.clone())
    }

    /// As a script's value: small whole numbers are Rhai's integers.
    pub(crate) fn into_dynamic(self) -> Dynamic {
        let whole = match &self {
            Number::Constant(expr) => expr.as_rational().and_then(to_i64),
            _ => None,
        };
        whole.map_or_else(|| Dynamic::from(self), Dynamic::from_int)
    }

    /// The formula, where the number is exact.
    pub(crate) fn into_expr(self) -> Option<Expr> {
        match self {
            Number::Constant(expr) | Number::Varying(expr) => Some(expr),
            Number::Plain(_) => None,
        }
    }

    /// The value, where no coordinate is in it.
    pub(crate) fn to_f64(&self) -> Option<f64> {
        match self {
            Number::Constant(expr) => Some(evaluate(expr, &[], &[])),
            Number::Plain(value) => Some(*value),
            Number::Varying(_) => None,
        }
    }

    /// Whether a coordinate is really in it. (`q + 1 - q` is known to vary by its making only.)
    pub(crate) fn varies(&self) -> bool {
        matches!(self, Number::Varying(expr) if !expr.symbols().is_empty())
    }

    /// One argument in, one out.
    pub(crate) fn map(&self, exact: impl Fn(&Expr) -> Expr, plain: impl Fn(f64) -> f64) -> Result<Number, Refusal> {
        match self {
            Number::Constant(expr) => real_constant(exact(expr)),
            Number::Varying(expr) => formula(exact(expr)),
            Number::Plain(value) => Ok(Number::Plain(plain(*value))),
        }
    }

    /// Two arguments in, one out; a float on either side makes the result a float.
    pub(crate) fn combine(
        &self,
        other: &Number,
        exact: impl Fn(&Expr, &Expr) -> Expr,
        plain: impl Fn(f64, f64) -> f64,
    ) -> Result<Number, Refusal> {
        match (self, other) {
            (Number::Constant(a), Number::Constant(b)) => real_constant(exact(a, b)),
            (Number::Constant(a) | Number::Varying(a), Number::Constant(b) | Number::Varying(b)) => {
                formula(exact(a, b))
            }
            _ => match (self.to_f64(), other.to_f64()) {
                (Some(a), Some(b)) => Ok(Number::Plain(plain(a, b))),
                _ => Err(Refusal::no_value("a number too large to be exact met a coordinate")),
            },
        }
    }

    pub(crate) fn add(&self, other: &Number) -> Result<Number, Refusal> {
        self.combine(other, |a, b| a + b, |a, b| a + b)
    }

    pub(crate) fn subtract(&self, other: &Number) -> Result<Number, Refusal> {
        self.combine(other, |a, b| a - b, |a, b| a - b)
    }

    pub(crate) fn multiply(&self, other: &Number) -> Result<Number, Refusal> {
        self.combine(other, |a, b| a * b, |a, b| a * b)
    }

    pub(crate) fn divide(&self, other: &Number) -> Result<Number, Refusal> {
        if other.is_zero() {
            return Err(Refusal::no_value(format!("division by zero: `{self} / 0`")));
        }
        self.combine(other, |a, b| a / b, |a, b| a / b)
    }

    pub(crate) fn power(&self, exponent: &Number) -> Result<Number, Refusal> {
        if self.is_zero() && exponent.to_f64().is_some_and(|value| value < 0.0) {
            return Err(Refusal::no_value(format!("division by zero: `0**({exponent})`")));
        }
        self.combine(exponent, Expr::pow, float_power)
    }

    pub(crate) fn negate(&self) -> Result<Number, Refusal> {
        self.map(|a| -a, |a| -a)
    }

    pub(crate) fn is_zero(&self) -> bool {
        matches!(self, Number::Constant(expr) | Number::Varying(expr) if expr.is_zero())
    }

    /// The order of two constants, decided exactly; `question` is what the script asked, for the message.
    pub(crate) fn compare(&self, other: &Number, question: &str) -> Result<Ordering, Refusal> {
        if self.varies() || other.varies() {
            return Err(Refusal::branch(question));
        }
        if let (Some(a), Some(b)) = (self.rational(), other.rational()) {
            return Ok(a.cmp(b));
        }
        let same = matches!((self.exact(), other.exact()), (Some(a), Some(b)) if (a - b).is_zero());
        if same {
            return Ok(Ordering::Equal);
        }
        let value = |number: &Number| match number {
            Number::Plain(value) => *value,
            Number::Constant(expr) | Number::Varying(expr) => evaluate(expr, &[], &[]),
        };
        let (a, b) = (value(self), value(other));
        let exact = self.exact().is_some() && other.exact().is_some();
        // A few hundred roundings in evaluating either side: nearer than this, floats do not tell.
        let near = exact && (a - b).abs() <= 1e-13 * (a.abs() + b.abs());
        match a.partial_cmp(&b) {
            Some(order) if !near => Ok(order),
            _ => Err(Refusal::new(format!("cannot tell the two sides apart: `{question}`"))),
        }
    }

    fn exact(&self) -> Option<&Expr> {
        match self {
            Number::Constant(expr) | Number::Varying(expr) => Some(expr),
            Number::Plain(_) => None,
        }
    }

    fn rational(&self) -> Option<&Rational> {
        self.exact().and_then(Expr::as_rational)
    }
}

/// `x**y` in floats; whole powers by repeated multiplication, as the exact side means them.
fn float_power(base: f64, exponent: f64) -> f64 {
    match exponent as i32 {
        whole if f64::from(whole) == exponent => base.powi(whole),
        _ => base.powf(exponent),
    }
}

/// The text of a number, cut short where it is long: it is for messages.
impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const LONGEST: usize = 60;
        let text = match self {
            Number::Plain(value) => value.to_string(),
            Number::Constant(expr) | Number::Varying(expr) if written_parts(expr) > LONGEST as u64 => {
                "a long formula".into()
            }
            Number::Constant(expr) | Number::Varying(expr) => expr.to_string(),
        };
        if text.chars().count() <= LONGEST {
            return f.write_str(&text);
        }
        write!(f, "{}...", text.chars().take(LONGEST).collect::<String>())
    }
}

/// How many parts a formula has where all of it is written out. What is shared in it is written again and again, so that a
/// short script can make a formula that fills a library.
pub(crate) fn written_parts(expr: &Expr) -> u64 {
    let mut parts = HashMap::new();
    for part in expr.subexpressions() {
        let written = part.children().iter().fold(1, |sum: u64, child| sum.saturating_add(parts[&child.id()]));
        parts.insert(part.id(), written);
    }
    parts[&expr.id()]
}

/// A result free of coordinates, if it is a real number of bearable size.
fn real_constant(expr: Expr) -> Result<Number, Refusal> {
    let value = expr.as_rational().map_or_else(|| evaluate(&expr, &[], &[]), |_| 0.0);
    if !value.is_finite() {
        return Err(Refusal::no_value(format!("`{}` is not a real number", Number::Constant(expr))));
    }
    bearable(&expr)?;
    Ok(Number::Constant(expr))
}

/// A result with coordinates; where they cancelled, a constant.
fn formula(expr: Expr) -> Result<Number, Refusal> {
    if expr.as_rational().is_some() {
        return real_constant(expr);
    }
    bearable(&expr)?;
    Ok(Number::Varying(expr))
}

fn bearable(expr: &Expr) -> Result<(), Refusal> {
    if expr.depth() > MAX_DEPTH {
        return Err(Refusal::no_value(format!("the formula is nested more than {MAX_DEPTH} deep")));
    }
    if is_high_power(expr) {
        let message = format!("an exponent is above {MAX_EXPONENT}, or a fraction with a denominator above it");
        return Err(Refusal::new(message));
    }
    let words = |n: &Rational| n.numerator().as_sign_words().1.len() + n.denominator().as_words().len();
    match expr.as_rational() {
        Some(value) if words(value) > MAX_WORDS => Err(Refusal::no_value("a number has grown beyond all bounds")),
        _ => Ok(()),
    }
}

/// Whether there is such an exponent in a power, or a product of them, perhaps with a coefficient.
fn is_high_power(expr: &Expr) -> bool {
    let powers = match expr.node() {
        Node::Sum { terms, .. } if terms.len() == 1 => terms[0].0.node(),
        other => other,
    };
    let is_high = |exponent: &Rational| {
        let denominator = exponent.denominator().as_words();
        let is_fine = denominator.len() > 1 || denominator[0] > u64::from(MAX_EXPONENT);
        is_fine || to_f64(exponent).abs() > f64::from(MAX_EXPONENT)
    };
    matches!(powers, Node::Product(powers) if powers.iter().any(|(_, exponent)| is_high(exponent)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn constant(text: &str) -> Number {
        Number::Constant(Expr::rational(aa_symbolic::parse_rational(text).unwrap()))
    }

    #[test]
    fn whole_results_become_integers_and_decimals_fractions() {
        let tenth = Number::from_dynamic(&Dynamic::from_float(0.1)).unwrap();
        let fifth = Number::from_dynamic(&Dynamic::from_float(0.2)).unwrap();
        assert_eq!(tenth.add(&fifth).unwrap().to_string(), "3/10");
        assert_eq!(constant("6").divide(&constant("3")).unwrap().into_dynamic().as_int(), Ok(2));
        assert!(constant("1").divide(&constant("3")).unwrap().into_dynamic().as_int().is_err());
    }

    #[test]
    fn what_is_not_real_is_refused() {
        assert!(constant("1").divide(&constant("0")).is_err());
        assert!(constant("0").power(&constant("-1")).is_err());
        assert!(constant("-2").power(&constant("1/2")).is_err());
        assert!(constant("-1").map(Expr::log, f64::ln).is_err());
    }

    #[test]
    fn numbers_cannot_grow_without_bound() {
        let mut number = constant("3");
        let grown = (0..100).try_for_each(|_| {
            number = number.multiply(&number)?;
            Ok::<(), Refusal>(())
        });
        assert!(grown.unwrap_err().message.contains("bounds"));
    }

    #[test]
    fn constants_are_ordered_exactly() {
        let root = |n| Number::Constant(Expr::integer(n).sqrt());
        assert_eq!(root(2).compare(&constant("3/2"), "").unwrap(), Ordering::Less);
        assert_eq!(root(8).compare(&root(2).multiply(&constant("2")).unwrap(), "").unwrap(), Ordering::Equal);
        let one = |x: Expr| Number::Constant(x.sin().powi(2) + x.cos().powi(2));
        assert!(one(Expr::one()).compare(&constant("1"), "s == 1").is_err());
    }

    #[test]
    fn what_is_shared_is_counted_as_often_as_it_is_written() {
        let x = Expr::symbol("x");
        assert_eq!(written_parts(&(x.sin() + x.cos())), 5);
        let folded = (0..100).fold(x, |h, _| h.sin() + h.cos());
        assert_eq!((written_parts(&folded), folded.n_nodes()), (u64::MAX, 301));
        assert_eq!(Number::Varying(folded).to_string(), "a long formula");
    }

    #[test]
    fn coordinates_that_cancel_leave_a_constant() {
        let q = Number::coordinate(&Expr::symbol("q"));
        let shifted = q.add(&Number::Constant(Expr::integer(2).sqrt())).unwrap();
        assert!(shifted.compare(&constant("1"), "q > 1").is_err());
        let root = shifted.subtract(&q).unwrap();
        assert_eq!(root.compare(&constant("1"), "").unwrap(), Ordering::Greater);
    }
}
