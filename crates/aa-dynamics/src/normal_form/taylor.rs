//! Taylor expansion of an expression in several variables at once, by arithmetic of truncated power series.
//!
//! No derivative of the whole expression is formed: its size would grow with every order.

use std::collections::HashMap;

use aa_symbolic::{Expr, Function, Node, Rational, differentiate, substitute, to_i64};

use super::number::Real;
use super::series::Series;

/// Why there is no expansion in this kind of number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// A value on the way is no number of this kind.
    NotANumber,
    /// A power or a quotient has no power series at this point.
    Singular,
}

/// Expands `expr`, given what each of its symbols is as a series.
pub(super) fn expand<T: Real>(expr: &Expr, symbols: &[(Expr, Series<T>)], degree: usize) -> Result<Series<T>, Failure> {
    let known = symbols.iter().map(|(symbol, series)| (symbol.id(), series.clone())).collect();
    Expansion { known, degree, kept: Vec::new() }.of(expr)
}

struct Expansion<T> {
    known: HashMap<u64, Series<T>>,
    degree: usize,
    /// Expressions made on the way: an id is unique among those alive.
    kept: Vec<Expr>,
}

impl<T: Real> Expansion<T> {
    fn of(&mut self, expr: &Expr) -> Result<Series<T>, Failure> {
        if let Some(series) = self.known.get(&expr.id()) {
            return Ok(series.clone());
        }
        let series = match expr.node() {
            Node::Constant(_) | Node::Pi | Node::Symbol(_) => self.number(number(expr)?),
            Node::Sum { constant, terms } => {
                let mut sum = self.number(T::from_rational(constant));
                for (term, coefficient) in terms {
                    sum.add_scaled(&self.of(term)?, &T::from_rational(coefficient));
                }
                sum
            }
            Node::Product(factors) => {
                let mut product = self.number(T::from_whole(1));
                for (base, exponent) in factors {
                    product = product.times(&self.power(base, exponent)?, self.degree);
                }
                product
            }
            Node::Apply(function, argument) => {
                let inner = self.of(argument)?;
                self.compose(&derivatives(*function, &constant(&inner)?, self.degree)?, inner)
            }
            Node::Atan2(y, x) => self.angle(y, x)?,
            Node::Power(base, exponent) => self.fresh(&(exponent * base.log()).exp())?,
        };
        self.known.insert(expr.id(), series.clone());
        Ok(series)
    }

    fn number(&self, value: T) -> Series<T> {
        let mut series = Series::zero(self.degree);
        series.set_constant(value);
        series
    }

    /// The expansion of an expression made here, which stays alive.
    fn fresh(&mut self, expr: &Expr) -> Result<Series<T>, Failure> {
        self.kept.push(expr.clone());
        self.of(expr)
    }

    /// The angle of (x, y) is that of the point of expansion and the angle between the two.
    fn angle(&mut self, y: &Expr, x: &Expr) -> Result<Series<T>, Failure> {
        let [y0, x0] = [constant(&self.of(y)?)?, constant(&self.of(x)?)?].map(Expr::rational);
        let between = ((&x0 * y - &y0 * x) / (&x0 * x + &y0 * y)).atan();
        let mut series = self.fresh(&between)?;
        series.add_scaled(&self.number(number(&Expr::atan2(&y0, &x0))?), &T::from_whole(1));
        Ok(series)
    }

    /// A whole power by products, any other by the binomial series.
    fn power(&mut self, base: &Expr, exponent: &Rational) -> Result<Series<T>, Failure> {
        let series = self.of(base)?;
        if let Some(n) = to_i64(exponent).and_then(|n| u32::try_from(n).ok()) {
            let degree = self.degree;
            return Ok((1..n).fold(series.clone(), |product, _| product.times(&series, degree)));
        }
        let at = constant(&series)?;
        if at.is_zero() {
            return Err(Failure::Singular);
        }
        let inverse = T::from_rational(&(Rational::ONE / &at));
        let mut coefficients: Vec<T> = vec![number(&Expr::rational(at).pow_rational(exponent))?];
        for k in 0..self.degree {
            let ratio = (exponent - Rational::from(k as i64)) / Rational::from(k as i64 + 1);
            coefficients.push(coefficients[k].clone() * T::from_rational(&ratio) * inverse.clone());
        }
        Ok(self.compose(&coefficients, series))
    }

    /// The function with these Taylor coefficients at the constant of `inner`, by Horner's rule.
    fn compose(&self, coefficients: &[T], mut inner: Series<T>) -> Series<T> {
        inner.set_constant(T::zero());
        let mut result = self.number(coefficients[self.degree].clone());
        for k in (0..self.degree).rev() {
            // What is of higher degree here would leave with the k factors to come.
            result = result.times(&inner, self.degree - k);
            result.set_constant(coefficients[k].clone());
        }
        result
    }
}

fn number<T: Real>(expr: &Expr) -> Result<T, Failure> {
    T::from_expr(expr).ok_or(Failure::NotANumber)
}

fn constant<T: Real>(series: &Series<T>) -> Result<Rational, Failure> {
    series.constant().re.to_rational().ok_or(Failure::NotANumber)
}

/// The Taylor coefficients of a function at a point.
fn derivatives<T: Real>(function: Function, at: &Rational, degree: usize) -> Result<Vec<T>, Failure> {
    let t = Expr::symbol("t");
    let rule = [(t.clone(), Expr::rational(at.clone()))];
    let (mut derivative, mut factorial) = (t.apply(function), T::from_whole(1));
    let mut coefficients = Vec::new();
    for k in 0..=degree as i64 {
        coefficients.push(number::<T>(&substitute(&derivative, &rule))? / factorial.clone());
        factorial = factorial * T::from_whole(k + 1);
        derivative = differentiate(&derivative, &t);
    }
    Ok(coefficients)
}

#[cfg(test)]
mod tests {
    use super::super::number::Complex;
    use super::super::series::Layout;
    use super::*;
    use aa_symbolic::evaluate;

    fn series_of<T: Real>(expr: &Expr, at: [i64; 2], degree: usize) -> Result<Series<T>, Failure> {
        let layout = Layout::new(1, degree).unwrap();
        let slope = |i: usize| [0, 1].map(|j| Complex::real(T::from_whole(i64::from(i == j))));
        let symbol = |i: usize| Series::affine(layout, T::from_whole(at[i]), &slope(i));
        let symbols = [(Expr::symbol("x"), symbol(0)), (Expr::symbol("y"), symbol(1))];
        expand(expr, &symbols, degree)
    }

    fn value(series: &Series<f64>, x: f64, y: f64) -> f64 {
        let layout = Layout::new(1, series.degree()).unwrap();
        let power = |m, i, x: f64| x.powi(layout.exponent(m, i) as i32);
        series.terms().map(|(m, c)| c.re * power(*m, 0, x) * power(*m, 1, y)).sum()
    }

    #[test]
    fn expansions_converge_to_every_kind_of_function() {
        let (x, y) = (Expr::symbol("x"), Expr::symbol("y"));
        let all = Function::ALL.iter().map(|&f| ((&x + &y / 2) / 4).apply(f));
        let more = [
            (x.powi(2) + y.powi(2)).sqrt().powi(-3),
            x.pow(&y) * Expr::pi(),
            Expr::atan2(&y, &x) / (1 + &x),
            (&x - &y).powi(3).exp() + 2,
        ];
        let (at, step) = ([1, 2], [0.02, -0.015]);
        for expr in all.chain(more) {
            let series: Series<f64> = series_of(&expr, at, 6).unwrap();
            let exact = evaluate(&expr, &[x.clone(), y.clone()], &[1.0 + step[0], 2.0 + step[1]]);
            // The seventh order: 0.02^7 times coefficients below a thousand.
            assert!((value(&series, step[0], step[1]) - exact).abs() < 1e-9, "{expr}");
        }
    }

    #[test]
    fn exact_expansions_are_exact_or_refused() {
        let (x, y) = (Expr::symbol("x"), Expr::symbol("y"));
        let series: Series<Rational> = series_of(&((&x + &y).sin() * (4 + &x).sqrt()), [0, 0], 3).unwrap();
        let coefficient = |d: usize| series.parts[d][0].1.re.to_string();
        assert_eq!([coefficient(1), coefficient(2)], ["2", "1/4"]);
        assert_eq!(series_of::<Rational>(&x.exp(), [1, 0], 3), Err(Failure::NotANumber));
        assert_eq!(series_of::<Rational>(&(2 + &x).sqrt(), [0, 0], 3), Err(Failure::NotANumber));
        assert_eq!(series_of::<f64>(&x.sqrt(), [0, 0], 3), Err(Failure::Singular));
    }
}
