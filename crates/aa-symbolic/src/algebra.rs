//! The canonical form of sums, products and powers.
//!
//! Sums are flat linear combinations, products flat lists of powers; like terms and like bases are collected, and
//! exponentials in one product merge. A number times a sum is spread over it; a sum inside a product is divided by
//! its content, with a positive leading coefficient. Nothing is multiplied out. All rules hold for real values
//! wherever both sides are defined.

use std::collections::BTreeMap;
use std::ops::{Add, Div, Mul, Neg, Sub};

use dashu::base::BitTest;
use dashu::integer::IBig;

use crate::expr::{Expr, Node};
use crate::function::Function;
use crate::rational::{Rational, content, split_whole, to_i64};

/// Powers of numbers beyond this many bits stay unevaluated, so that no script can fill the memory with one number.
const MAX_POWER_BITS: i64 = 1 << 14;

impl Expr {
    /// The expression as `coefficient * term`, where it is a rational multiple of one term; else with coefficient 1.
    pub fn as_scaled(&self) -> (Rational, Expr) {
        match self.node() {
            Node::Sum { constant, terms } if constant.is_zero() && terms.len() == 1 => {
                (terms[0].1.clone(), terms[0].0.clone())
            }
            _ => (Rational::ONE, self.clone()),
        }
    }

    /// The linear combination `constant + sum coefficient * term`.
    pub fn sum(constant: Rational, terms: impl IntoIterator<Item = (Expr, Rational)>) -> Expr {
        let mut combination = Combination { constant, terms: BTreeMap::new() };
        for (term, coefficient) in terms {
            combination.add(&term, &coefficient);
        }
        combination.into_expr()
    }

    /// This expression to a whole power.
    pub fn powi(&self, exponent: i64) -> Expr {
        self.pow_rational(&Rational::from(exponent))
    }

    /// The square root.
    pub fn sqrt(&self) -> Expr {
        self.pow_rational(&(Rational::ONE / Rational::from(2)))
    }

    /// This expression to a rational power.
    pub fn pow_rational(&self, exponent: &Rational) -> Expr {
        let mut factors = Factors::default();
        factors.multiply(self, exponent);
        factors.into_expr()
    }

    /// This expression to any power; Euler's number to a power is an exponential.
    pub fn pow(&self, exponent: &Expr) -> Expr {
        if let Some(exponent) = exponent.as_rational() {
            return self.pow_rational(exponent);
        }
        match self.node() {
            Node::Apply(Function::Exp, argument) => (argument * exponent).exp(),
            Node::Constant(_) if self.is_one() => Expr::one(),
            _ => Expr::intern(Node::Power(self.clone(), exponent.clone())),
        }
    }
}

/// A linear combination under construction.
struct Combination {
    constant: Rational,
    terms: BTreeMap<Expr, Rational>,
}

impl Combination {
    fn add(&mut self, expr: &Expr, coefficient: &Rational) {
        match expr.node() {
            Node::Constant(value) => self.constant += value * coefficient,
            Node::Sum { constant, terms } => {
                self.constant += constant * coefficient;
                for (term, inner) in terms {
                    self.add_term(term, inner * coefficient);
                }
            }
            _ => self.add_term(expr, coefficient.clone()),
        }
    }

    fn add_term(&mut self, term: &Expr, coefficient: Rational) {
        let total = self.terms.entry(term.clone()).or_insert(Rational::ZERO);
        *total += coefficient;
        if total.is_zero() {
            self.terms.remove(term);
        }
    }

    fn into_expr(self) -> Expr {
        let mut terms: Vec<(Expr, Rational)> = self.terms.into_iter().filter(|(_, c)| !c.is_zero()).collect();
        match terms.as_slice() {
            [] => Expr::rational(self.constant),
            [(_, one)] if one.is_one() && self.constant.is_zero() => terms.remove(0).0,
            _ => Expr::intern(Node::Sum { constant: self.constant, terms }),
        }
    }
}

/// A product under construction: a coefficient, powers, and the argument of the exponential among them.
struct Factors {
    coefficient: Rational,
    powers: BTreeMap<Expr, Rational>,
    exponential: Expr,
}

impl Default for Factors {
    fn default() -> Self {
        Factors { coefficient: Rational::ONE, powers: BTreeMap::new(), exponential: Expr::zero() }
    }
}

impl Factors {
    /// Multiplies by `expr**exponent`.
    fn multiply(&mut self, expr: &Expr, exponent: &Rational) {
        if exponent.is_zero() {
            return;
        }
        match expr.node() {
            Node::Product(factors) if exponent.is_int() => {
                for (base, inner) in factors {
                    self.multiply_power(base, &(inner * exponent));
                }
            }
            Node::Sum { .. } if !exponent.is_one() || !self.is_one() => self.multiply_sum(expr, exponent),
            _ => self.multiply_power(expr, exponent),
        }
    }

    fn is_one(&self) -> bool {
        self.coefficient.is_one() && self.powers.is_empty() && self.exponential.is_zero()
    }

    /// A single power: numbers are reduced, exponentials merged, everything else collected.
    fn multiply_power(&mut self, base: &Expr, exponent: &Rational) {
        match base.node() {
            Node::Constant(value) => self.multiply_number(value, exponent),
            Node::Apply(Function::Exp, argument) => {
                let parts = [(self.exponential.clone(), Rational::ONE), (argument.clone(), exponent.clone())];
                self.exponential = Expr::sum(Rational::ZERO, parts);
            }
            _ => self.collect(base.clone(), exponent),
        }
    }

    fn collect(&mut self, base: Expr, exponent: &Rational) {
        let total = self.powers.remove(&base).unwrap_or(Rational::ZERO) + exponent;
        if total.is_zero() {
            return;
        }
        match base.as_rational() {
            Some(value) if total.is_int() || *exponent != total => self.multiply_number(&value.clone(), &total),
            _ => _ = self.powers.insert(base, total),
        }
    }

    /// A sum is divided by its content, where that leaves the coefficient rational.
    fn multiply_sum(&mut self, expr: &Expr, exponent: &Rational) {
        let (scale, primitive) = primitive_part(expr, exponent.is_int());
        let scaled = rational_power(&scale, exponent);
        match (scaled, primitive.node()) {
            (Some(number), Node::Sum { .. }) => {
                self.coefficient *= number;
                self.collect(primitive, exponent);
            }
            (Some(number), _) => {
                self.coefficient *= number;
                self.multiply(&primitive, exponent);
            }
            (None, _) => self.collect(expr.clone(), exponent),
        }
    }

    /// A number to a power: the rational part joins the coefficient, primes to a power in (0, 1) stay.
    fn multiply_number(&mut self, value: &Rational, exponent: &Rational) {
        if let Some(number) = rational_power(value, exponent) {
            self.coefficient *= number;
            return;
        }
        if exponent.is_int() || *value <= Rational::ZERO {
            self.powers.insert(Expr::rational(value.clone()), exponent.clone());
            return;
        }
        let numerator = Rational::from(value.numerator().clone());
        let denominator = Rational::from(IBig::from(value.denominator().clone()));
        for (number, power) in [(numerator, exponent.clone()), (denominator, -exponent)] {
            for (prime, multiplicity) in small_factors(&number) {
                self.multiply_prime(&prime, &(Rational::from(multiplicity) * &power));
            }
        }
    }

    fn multiply_prime(&mut self, prime: &Rational, exponent: &Rational) {
        let base = Expr::rational(prime.clone());
        let total = self.powers.remove(&base).unwrap_or(Rational::ZERO) + exponent;
        let (whole, rest) = split_whole(&total);
        match rational_power(prime, &Rational::from(whole)) {
            Some(number) => {
                self.coefficient *= number;
                if !rest.is_zero() {
                    self.powers.insert(base, rest);
                }
            }
            None => _ = self.powers.insert(base, total),
        }
    }

    fn into_expr(mut self) -> Expr {
        if self.coefficient.is_zero() && !self.divides_by_zero() {
            return Expr::zero();
        }
        if !self.exponential.is_zero() {
            let exponential = self.exponential.exp();
            self.exponential = Expr::zero();
            if matches!(exponential.node(), Node::Apply(Function::Exp, _)) {
                self.powers.insert(exponential, Rational::ONE);
            } else {
                self.multiply(&exponential, &Rational::ONE);
                return self.into_expr();
            }
        }
        let mut powers: Vec<(Expr, Rational)> = self.powers.into_iter().collect();
        let product = match powers.as_slice() {
            [] => return Expr::rational(self.coefficient),
            [(_, one)] if one.is_one() => powers.remove(0).0,
            _ => Expr::intern(Node::Product(powers)),
        };
        Expr::sum(Rational::ZERO, [(product, self.coefficient)])
    }

    fn divides_by_zero(&self) -> bool {
        self.powers.iter().any(|(base, exponent)| base.is_zero() && *exponent < Rational::ZERO)
    }
}

/// `(c, e / c)` with c the content of the sum `e`, its sign that of the leading coefficient where `signed`.
fn primitive_part(expr: &Expr, signed: bool) -> (Rational, Expr) {
    let Node::Sum { constant, terms } = expr.node() else {
        return (Rational::ONE, expr.clone());
    };
    let mut scale = content(terms.iter().map(|(_, c)| c).chain([constant]));
    if signed && terms[0].1 < Rational::ZERO {
        scale = -scale;
    }
    let inverse = Rational::ONE / &scale;
    let primitive = Expr::sum(Rational::ZERO, [(expr.clone(), inverse)]);
    (scale, primitive)
}

/// `value**exponent`, where that is a rational number of acceptable size.
fn rational_power(value: &Rational, exponent: &Rational) -> Option<Rational> {
    if value.is_one() || exponent.is_one() {
        return Some(value.clone());
    }
    if value.is_zero() {
        return (*exponent > Rational::ZERO).then_some(Rational::ZERO);
    }
    let Some(exponent) = to_i64(exponent) else {
        return perfect_power(value, exponent);
    };
    let bits = value.numerator().clone().into_parts().1.bit_len() + value.denominator().bit_len();
    let small = (bits as i64).checked_mul(exponent.abs()).is_some_and(|size| size <= MAX_POWER_BITS);
    small.then(|| value.pow(exponent as isize))
}

/// A root of a positive rational number, where it is rational.
fn perfect_power(value: &Rational, exponent: &Rational) -> Option<Rational> {
    if *value <= Rational::ZERO {
        return None;
    }
    let numerator = Rational::from(value.numerator().clone());
    let denominator = Rational::from(IBig::from(value.denominator().clone()));
    let mut result = Rational::ONE;
    for (number, power) in [(numerator, exponent.clone()), (denominator, -exponent)] {
        for (prime, multiplicity) in small_factors(&number) {
            let total = to_i64(&(Rational::from(multiplicity) * &power))?;
            result *= rational_power(&prime, &Rational::from(total))?;
        }
    }
    Some(result)
}

/// The factorisation of a positive whole number by primes below 1000; what is left over stands as one factor.
fn small_factors(number: &Rational) -> Vec<(Rational, i64)> {
    let mut rest = number.numerator().clone();
    let mut factors = Vec::new();
    for divisor in 2..1000u32 {
        let mut multiplicity = 0;
        while (&rest % divisor) == 0 {
            rest /= divisor;
            multiplicity += 1;
        }
        if multiplicity > 0 {
            factors.push((Rational::from(divisor), multiplicity));
        }
    }
    let rest = Rational::from(rest);
    if !rest.is_one() {
        factors.push((rest, 1));
    }
    factors
}

fn add(a: &Expr, b: &Expr) -> Expr {
    Expr::sum(Rational::ZERO, [(a.clone(), Rational::ONE), (b.clone(), Rational::ONE)])
}

fn subtract(a: &Expr, b: &Expr) -> Expr {
    Expr::sum(Rational::ZERO, [(a.clone(), Rational::ONE), (b.clone(), Rational::NEG_ONE)])
}

fn multiply(a: &Expr, b: &Expr) -> Expr {
    match (a.as_rational(), b.as_rational()) {
        (Some(number), _) => Expr::sum(Rational::ZERO, [(b.clone(), number.clone())]),
        (_, Some(number)) => Expr::sum(Rational::ZERO, [(a.clone(), number.clone())]),
        _ => product_of_powers(a, b, &Rational::ONE),
    }
}

fn divide(a: &Expr, b: &Expr) -> Expr {
    match b.as_rational() {
        Some(number) if !number.is_zero() => Expr::sum(Rational::ZERO, [(a.clone(), Rational::ONE / number)]),
        _ => product_of_powers(a, b, &Rational::NEG_ONE),
    }
}

/// `a * b**exponent`.
fn product_of_powers(a: &Expr, b: &Expr, exponent: &Rational) -> Expr {
    let mut factors = Factors::default();
    let alone = a.is_one() && exponent.is_one();
    for (expr, power) in [(a, &Rational::ONE), (b, exponent)] {
        match expr.node() {
            Node::Sum { .. } if !alone => factors.multiply_sum(expr, power),
            _ => factors.multiply(expr, power),
        }
    }
    factors.into_expr()
}

macro_rules! operator {
    ($trait:ident, $method:ident, $function:ident) => {
        impl $trait<&Expr> for &Expr {
            type Output = Expr;
            fn $method(self, other: &Expr) -> Expr {
                $function(self, other)
            }
        }
        impl $trait<Expr> for &Expr {
            type Output = Expr;
            fn $method(self, other: Expr) -> Expr {
                $function(self, &other)
            }
        }
        impl $trait<&Expr> for Expr {
            type Output = Expr;
            fn $method(self, other: &Expr) -> Expr {
                $function(&self, other)
            }
        }
        impl $trait<Expr> for Expr {
            type Output = Expr;
            fn $method(self, other: Expr) -> Expr {
                $function(&self, &other)
            }
        }
        impl $trait<i64> for Expr {
            type Output = Expr;
            fn $method(self, other: i64) -> Expr {
                $function(&self, &Expr::integer(other))
            }
        }
        impl $trait<i64> for &Expr {
            type Output = Expr;
            fn $method(self, other: i64) -> Expr {
                $function(self, &Expr::integer(other))
            }
        }
        impl $trait<Expr> for i64 {
            type Output = Expr;
            fn $method(self, other: Expr) -> Expr {
                $function(&Expr::integer(self), &other)
            }
        }
        impl $trait<&Expr> for i64 {
            type Output = Expr;
            fn $method(self, other: &Expr) -> Expr {
                $function(&Expr::integer(self), other)
            }
        }
    };
}

operator!(Add, add, add);
operator!(Sub, sub, subtract);
operator!(Mul, mul, multiply);
operator!(Div, div, divide);

impl Neg for &Expr {
    type Output = Expr;
    fn neg(self) -> Expr {
        Expr::sum(Rational::ZERO, [(self.clone(), Rational::NEG_ONE)])
    }
}

impl Neg for Expr {
    type Output = Expr;
    fn neg(self) -> Expr {
        -&self
    }
}

impl std::iter::Sum for Expr {
    fn sum<I: Iterator<Item = Expr>>(terms: I) -> Expr {
        Expr::sum(Rational::ZERO, terms.map(|term| (term, Rational::ONE)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn x() -> Expr {
        Expr::symbol("x")
    }

    fn y() -> Expr {
        Expr::symbol("y")
    }

    #[track_caller]
    fn check(expr: Expr, expected: &str) {
        assert_eq!(expr.to_string(), expected);
    }

    #[test]
    fn like_terms_and_like_bases_are_collected() {
        check(x() + y() + x() - y(), "2*x");
        check(x() * y() * x() / y(), "x**2");
        check(x() - x(), "0");
        check(2 * (x() + y()) - 2 * y(), "2*x");
    }

    #[test]
    fn sums_in_products_are_primitive() {
        check((2 * x() + 2 * y()) * (-x() - y()), "-2*(x + y)**2");
        check((x() + y()) / (3 * x() + 3 * y()), "1/3");
        check(x() / (2 * x() - 4), "x/(2*(x - 2))");
    }

    #[test]
    fn exponentials_merge() {
        check((x() - y()).exp() * (y() - x()).exp(), "1");
        check(x().exp().powi(3) * y().exp(), "exp(3*x + y)");
        check((2 * x().log()).exp(), "x**2");
        check(Expr::euler().pow(&x()), "exp(x)");
        check(Expr::euler() * x().exp(), "exp(x + 1)");
    }

    #[test]
    fn roots_of_numbers_are_reduced() {
        let root = |n: i64| Expr::integer(n).sqrt();
        check(root(12), "2*sqrt(3)");
        check(root(3) * root(3), "3");
        check(root(6), "sqrt(2)*sqrt(3)");
        check(1 / root(3), "sqrt(3)/3");
        check(root(9), "3");
        check(Expr::rational(crate::parse_rational("1/3").unwrap()).sqrt(), "sqrt(3)/3");
        check(root(2).powi(3), "2*sqrt(2)");
    }

    #[test]
    fn roots_do_not_cancel_squares() {
        check(x().powi(2).sqrt(), "sqrt(x**2)");
        check(x().sqrt().powi(2), "x");
        check((4 * x() + 4 * y()).sqrt(), "2*sqrt(x + y)");
        check((2 * x() + 2 * y()).sqrt(), "sqrt(2*x + 2*y)");
        check((x().powi(2) + 1).sqrt().powi(-2), "1/(x**2 + 1)");
    }

    #[test]
    fn giant_powers_of_numbers_stay_unevaluated() {
        assert!(Expr::integer(3).powi(1_000_000_000).as_rational().is_none());
        assert!(Expr::zero().powi(-1).as_rational().is_none());
        assert_eq!(Expr::integer(-1).powi(7), Expr::integer(-1));
    }

    #[test]
    fn powers_of_scaled_terms_spread_over_the_number() {
        check((-2 * x()).powi(3), "-8*x**3");
        check((x() / 2).powi(-2), "4/x**2");
    }
}
