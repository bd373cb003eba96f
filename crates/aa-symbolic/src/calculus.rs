//! Derivatives, substitution and values.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use crate::expr::{Expr, Node};
use crate::rational::{Rational, to_f64};

/// The partial derivative by a symbol.
///
/// ```
/// use aa_symbolic::{Expr, differentiate};
/// let x = Expr::symbol("x");
/// assert_eq!(differentiate(&x.powi(2).sin(), &x).to_string(), "2*x*cos(x**2)");
/// ```
pub fn differentiate(expr: &Expr, symbol: &Expr) -> Expr {
    slopes(expr, &HashSet::from([symbol.id()]), &mut HashMap::new()).of(symbol)
}

/// The partial derivatives by each of `symbols`, in one walk that meets only those that are not zero.
pub fn gradient(expr: &Expr, symbols: &[Expr]) -> Vec<Expr> {
    let wanted = symbols.iter().map(Expr::id).collect();
    let slopes = slopes(expr, &wanted, &mut HashMap::new());
    symbols.iter().map(|symbol| slopes.of(symbol)).collect()
}

/// The partial derivatives that are not zero, by symbol.
#[derive(Default)]
struct Slopes(BTreeMap<u64, Expr>);

impl Slopes {
    fn of(&self, symbol: &Expr) -> Expr {
        self.0.get(&symbol.id()).cloned().unwrap_or_else(Expr::zero)
    }

    /// What the chain rule makes of the slopes of some parts, for each symbol that one of them depends on.
    fn chain<const N: usize>(parts: [&Slopes; N], rule: impl Fn([Expr; N]) -> Expr) -> Slopes {
        let symbols: BTreeSet<u64> = parts.iter().flat_map(|part| part.0.keys().copied()).collect();
        let slope = |part: &Slopes, symbol| part.0.get(symbol).cloned().unwrap_or_else(Expr::zero);
        let chained = symbols.iter().map(|symbol| (*symbol, rule(parts.map(|part| slope(part, symbol)))));
        Slopes(chained.filter(|(_, slope)| !slope.is_zero()).collect())
    }

    /// Sums of multiples, given symbol by symbol.
    fn sum(multiples: impl IntoIterator<Item = (u64, Expr, Rational)>) -> Slopes {
        let mut sums: BTreeMap<u64, Vec<(Expr, Rational)>> = BTreeMap::new();
        for (symbol, slope, factor) in multiples {
            sums.entry(symbol).or_default().push((slope, factor));
        }
        let summed = sums.into_iter().map(|(symbol, terms)| (symbol, Expr::sum(Rational::ZERO, terms)));
        Slopes(summed.filter(|(_, slope)| !slope.is_zero()).collect())
    }
}

fn slopes(expr: &Expr, wanted: &HashSet<u64>, known: &mut HashMap<u64, Rc<Slopes>>) -> Rc<Slopes> {
    if let Some(result) = known.get(&expr.id()) {
        return result.clone();
    }
    let mut inner = |part: &Expr| slopes(part, wanted, known);
    let result = match expr.node() {
        Node::Symbol(_) if wanted.contains(&expr.id()) => Slopes(BTreeMap::from([(expr.id(), Expr::one())])),
        Node::Constant(_) | Node::Pi | Node::Symbol(_) => Slopes::default(),
        Node::Sum { terms, .. } => {
            let parts: Vec<_> = terms.iter().map(|(term, factor)| (inner(term), factor)).collect();
            let multiples = parts.iter().flat_map(|(part, factor)| part.0.iter().map(move |slope| (slope, *factor)));
            Slopes::sum(multiples.map(|((symbol, slope), factor)| (*symbol, slope.clone(), factor.clone())))
        }
        Node::Product(factors) => {
            let parts: Vec<_> = factors.iter().map(|(base, exponent)| (inner(base), base, exponent)).collect();
            let terms = parts.iter().flat_map(|(part, base, exponent)| {
                let term = move |slope| power_rule(expr, base, exponent, slope);
                part.0.iter().map(move |(symbol, slope)| (*symbol, term(slope), Rational::ONE))
            });
            Slopes::sum(terms)
        }
        Node::Apply(function, argument) => {
            Slopes::chain([&inner(argument)], |[slope]| function.derivative(argument) * slope)
        }
        Node::Atan2(y, x) => Slopes::chain([&inner(y), &inner(x)], |[dy, dx]| (x * dy - y * dx) / (x * x + y * y)),
        Node::Power(base, exponent) => {
            Slopes::chain([&inner(base), &inner(exponent)], |[db, de]| expr * (de * base.log() + exponent * db / base))
        }
    };
    let result = Rc::new(result);
    known.insert(expr.id(), result.clone());
    result
}

/// The part of a product's derivative that comes from one factor.
fn power_rule(product: &Expr, base: &Expr, exponent: &Rational, slope: &Expr) -> Expr {
    Expr::rational(exponent.clone()) * (product / base) * slope
}

/// The expression with each first entry of `rules` replaced by the second, all at once.
pub fn substitute(expr: &Expr, rules: &[(Expr, Expr)]) -> Expr {
    let mut known = rules.iter().map(|(from, to)| (from.id(), to.clone())).collect();
    rebuild(expr, &mut known)
}

fn rebuild(expr: &Expr, known: &mut HashMap<u64, Expr>) -> Expr {
    if let Some(result) = known.get(&expr.id()) {
        return result.clone();
    }
    let mut inner = |part: &Expr| rebuild(part, known);
    let result = match expr.node() {
        Node::Constant(_) | Node::Pi | Node::Symbol(_) => expr.clone(),
        Node::Sum { constant, terms } => {
            Expr::sum(constant.clone(), terms.iter().map(|(t, c)| (inner(t), c.clone())).collect::<Vec<_>>())
        }
        Node::Product(factors) => {
            factors.iter().fold(Expr::one(), |product, (base, exponent)| product * inner(base).pow_rational(exponent))
        }
        Node::Apply(function, argument) => inner(argument).apply(*function),
        Node::Atan2(y, x) => Expr::atan2(&inner(y), &inner(x)),
        Node::Power(base, exponent) => inner(base).pow(&inner(exponent)),
    };
    known.insert(expr.id(), result.clone());
    result
}

/// The value where each of `symbols` has the number in `values`; NaN where a symbol has none.
///
/// The plain road, one node at a time: kernels are fast, this is their oracle.
pub fn evaluate(expr: &Expr, symbols: &[Expr], values: &[f64]) -> f64 {
    let mut known: HashMap<u64, f64> = symbols.iter().map(Expr::id).zip(values.iter().copied()).collect();
    value(expr, &mut known)
}

fn value(expr: &Expr, known: &mut HashMap<u64, f64>) -> f64 {
    if let Some(&result) = known.get(&expr.id()) {
        return result;
    }
    let mut inner = |part: &Expr| value(part, known);
    let result = match expr.node() {
        Node::Constant(number) => to_f64(number),
        Node::Pi => std::f64::consts::PI,
        Node::Symbol(_) => f64::NAN,
        Node::Sum { constant, terms } => {
            terms.iter().fold(to_f64(constant), |sum, (term, coefficient)| sum + to_f64(coefficient) * inner(term))
        }
        Node::Product(factors) => {
            factors.iter().fold(1.0, |product, (base, exponent)| product * power_value(inner(base), exponent))
        }
        Node::Apply(function, argument) => function.value(inner(argument)),
        Node::Atan2(y, x) => inner(y).atan2(inner(x)),
        Node::Power(base, exponent) => inner(base).powf(inner(exponent)),
    };
    known.insert(expr.id(), result);
    result
}

/// A number to a rational power; odd roots of negative numbers are not real powers and give NaN.
fn power_value(base: f64, exponent: &Rational) -> f64 {
    match crate::rational::to_i64(exponent).and_then(|whole| i32::try_from(whole).ok()) {
        Some(whole) => base.powi(whole),
        None if *exponent == Rational::ONE / Rational::from(2) => base.sqrt(),
        None => base.powf(to_f64(exponent)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Function;

    fn samples() -> Vec<Expr> {
        let (x, y) = (Expr::symbol("x"), Expr::symbol("y"));
        let mut samples: Vec<Expr> = Function::ALL.iter().map(|&f| (&x * &y / 3 + &y / 7).apply(f)).collect();
        samples.push((&x * &x + &y * &y).sqrt().powi(-3) * (&x - &y).exp());
        samples.push(Expr::atan2(&y, &x) * x.pow(&y));
        samples.push((&x + 1).powi(4) / (&y + 2) - Expr::pi() * &x);
        samples
    }

    #[test]
    fn derivatives_agree_with_differences() {
        let symbols = [Expr::symbol("x"), Expr::symbol("y")];
        let (at, h) = ([0.7, 0.4], 1e-5);
        for expr in samples() {
            for i in 0..2 {
                let (mut above, mut below) = (at, at);
                above[i] += h;
                below[i] -= h;
                let difference = (evaluate(&expr, &symbols, &above) - evaluate(&expr, &symbols, &below)) / (2.0 * h);
                let exact = evaluate(&differentiate(&expr, &symbols[i]), &symbols, &at);
                // Central differences: h^2 truncation with third derivatives up to 10^3, and rounding 1e-16/h.
                assert!((difference - exact).abs() < 1e-7 * (1.0 + exact.abs()), "{expr} by {}", symbols[i]);
            }
        }
    }

    #[test]
    fn substitution_is_evaluation_in_two_steps() {
        let symbols = [Expr::symbol("x"), Expr::symbol("y")];
        let y = &symbols[1] * 2 + 1;
        for expr in samples() {
            let replaced = substitute(&expr, &[(symbols[1].clone(), y.clone())]);
            let two_steps = evaluate(&expr, &symbols, &[0.3, 1.5]);
            let one_step = evaluate(&replaced, &symbols, &[0.3, 0.25]);
            assert!((two_steps - one_step).abs() < 1e-12 * (1.0 + two_steps.abs()) || two_steps.is_nan(), "{expr}");
        }
    }

    #[test]
    fn substitution_is_simultaneous() {
        let (x, y) = (Expr::symbol("x"), Expr::symbol("y"));
        let swapped = substitute(&(&x - 2 * &y), &[(x.clone(), y.clone()), (y.clone(), x.clone())]);
        assert_eq!(swapped, &y - 2 * &x);
    }

    #[test]
    fn a_symbol_without_a_value_is_not_a_number() {
        assert!(evaluate(&Expr::symbol("z"), &[], &[]).is_nan());
    }
}
