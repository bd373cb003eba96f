//! Polynomials in one variable over the rational numbers: division, common factors, rational roots.
//!
//! Also the elements of `Q[s]/(f)`, as remainders: a number known only as a root of f is computed with through its
//! polynomial f, and never through decimals.

mod roots;

use std::ops::{Add, Mul, Sub};

use dashu::base::Abs;

use crate::polynomial::Polynomial;
use crate::rational::{Rational, content};

/// A polynomial by its coefficients, ascending; the last is not zero.
///
/// ```
/// use aa_symbolic::{Rational, univariate::Univariate};
/// let [one, two] = [1, 2].map(|r| Univariate::with_root(&Rational::from(r)));
/// let p = &(&one * &one) * &two;
/// assert_eq!(p.spelled("s"), "s**3 - 4*s**2 + 5*s - 2");
/// assert_eq!(p.square_free(), &one * &two);
/// assert_eq!(p.rational_roots(), [1, 2].map(Rational::from));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Univariate(Vec<Rational>);

impl Univariate {
    /// The polynomial with these coefficients, ascending.
    pub fn new(mut coefficients: Vec<Rational>) -> Univariate {
        while coefficients.last().is_some_and(Rational::is_zero) {
            coefficients.pop();
        }
        Univariate(coefficients)
    }

    /// A number.
    pub fn constant(value: Rational) -> Univariate {
        Univariate::new(vec![value])
    }

    /// The polynomial x.
    pub fn variable() -> Univariate {
        Univariate::with_root(&Rational::ZERO)
    }

    /// The polynomial x - root.
    pub fn with_root(root: &Rational) -> Univariate {
        Univariate::new(vec![-root, Rational::ONE])
    }

    /// The coefficients, ascending; none for 0.
    pub fn coefficients(&self) -> &[Rational] {
        &self.0
    }

    /// The degree; 0 for every constant, 0 included.
    pub fn degree(&self) -> usize {
        self.0.len().saturating_sub(1)
    }

    /// Whether this is the polynomial 0.
    pub fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    /// The polynomial times a number.
    pub fn scaled(&self, factor: &Rational) -> Univariate {
        Univariate::new(self.0.iter().map(|c| c * factor).collect())
    }

    /// The value at x.
    pub fn value_at(&self, x: &Rational) -> Rational {
        self.0.iter().rev().fold(Rational::ZERO, |value, coefficient| value * x + coefficient)
    }

    /// The polynomial with `inner` for x.
    pub fn composed(&self, inner: &Univariate) -> Univariate {
        let step = |value: Univariate, c: &Rational| &(&value * inner) + &Univariate::constant(c.clone());
        self.0.iter().rev().fold(Univariate::default(), step)
    }

    /// The value of a polynomial whose generator i is `point[i]`, modulo `modulus`.
    ///
    /// # Panics
    /// If an exponent is negative or an entry of `point` is missing.
    pub fn value_of(polynomial: &Polynomial, point: &[Univariate], modulus: &Univariate) -> Univariate {
        let mut sum = Univariate::default();
        for (monomial, coefficient) in polynomial.terms() {
            let mut product = Univariate::constant(coefficient.clone());
            for (generator, exponent) in monomial.factors() {
                assert!(exponent > 0, "a polynomial has no negative exponents");
                for _ in 0..exponent {
                    product = (&product * &point[generator]).modulo(modulus);
                }
            }
            sum = &sum + &product;
        }
        sum
    }

    /// The derivative.
    pub fn derivative(&self) -> Univariate {
        Univariate::new(self.0.iter().enumerate().skip(1).map(|(i, c)| c * Rational::from(i)).collect())
    }

    /// Quotient and remainder; the remainder has a smaller degree than the divisor.
    ///
    /// # Panics
    /// If the divisor is 0.
    pub fn divided_by(&self, divisor: &Univariate) -> (Univariate, Univariate) {
        let lead = divisor.0.last().expect("the divisor is not zero");
        let mut rest = self.0.clone();
        let n_quotient = (rest.len() + 1).saturating_sub(divisor.0.len());
        let mut quotient = vec![Rational::ZERO; n_quotient];
        for shift in (0..n_quotient).rev() {
            let share = &rest[shift + divisor.degree()] / lead;
            divisor.0.iter().zip(&mut rest[shift..]).for_each(|(d, r)| *r -= d * &share);
            quotient[shift] = share;
        }
        (Univariate::new(quotient), Univariate::new(rest))
    }

    /// The remainder; the polynomial itself where the modulus is 0.
    pub fn modulo(&self, modulus: &Univariate) -> Univariate {
        if modulus.is_zero() { self.clone() } else { self.divided_by(modulus).1 }
    }

    /// The quotient of a polynomial by one of its factors.
    pub fn without(&self, factor: &Univariate) -> Univariate {
        self.divided_by(factor).0
    }

    /// The polynomial divided by its leading coefficient.
    pub fn monic(&self) -> Univariate {
        self.0.last().map_or_else(Univariate::default, |lead| self.scaled(&(Rational::ONE / lead)))
    }

    /// The monic greatest common divisor; 0 where both are 0.
    pub fn gcd(&self, other: &Univariate) -> Univariate {
        let (mut a, mut b) = (self.clone(), other.clone());
        while !b.is_zero() {
            // Coprime whole coefficients keep the numbers small.
            (a, b) = (b.clone(), a.divided_by(&b).1.primitive());
        }
        a.monic()
    }

    /// The polynomial u with self * u = 1 modulo `modulus`; None where there is a common factor.
    pub fn inverse_modulo(&self, modulus: &Univariate) -> Option<Univariate> {
        // Invariant: a = u * self and b = v * self modulo the modulus.
        let (mut a, mut u) = (self.modulo(modulus), Univariate::constant(Rational::ONE));
        let (mut b, mut v) = (modulus.clone(), Univariate::default());
        while !a.is_zero() {
            let (quotient, rest) = b.divided_by(&a);
            (b, a) = (a, rest);
            (v, u) = (u.clone(), (&v - &(&quotient * &u)).modulo(modulus));
        }
        let scale = b.0.first().filter(|_| b.degree() == 0)?;
        Some(v.scaled(&(Rational::ONE / scale)))
    }

    /// The multiple with coprime whole coefficients.
    pub fn primitive(&self) -> Univariate {
        if self.is_zero() { self.clone() } else { self.scaled(&(Rational::ONE / content(self.0.iter()))) }
    }

    /// The polynomial as text, highest power first.
    pub fn spelled(&self, variable: &str) -> String {
        let mut text = String::new();
        for (i, c) in self.0.iter().enumerate().rev().filter(|(_, c)| !c.is_zero()) {
            let sign = match (*c < Rational::ZERO, text.is_empty()) {
                (true, true) => "-",
                (false, true) => "",
                (true, false) => " - ",
                (false, false) => " + ",
            };
            let power = if i == 1 { variable.to_string() } else { format!("{variable}**{i}") };
            let size = c.clone().abs();
            text += sign;
            text += &match (i, size.is_one()) {
                (0, _) => size.to_string(),
                (_, true) => power,
                _ => format!("{size}*{power}"),
            };
        }
        if text.is_empty() { "0".into() } else { text }
    }
}

fn sum(a: &Univariate, b: &Univariate) -> Univariate {
    let (long, short) = if a.0.len() >= b.0.len() { (a, b) } else { (b, a) };
    let mut sum = long.0.clone();
    sum.iter_mut().zip(&short.0).for_each(|(x, y)| *x += y);
    Univariate::new(sum)
}

fn product(a: &Univariate, b: &Univariate) -> Univariate {
    let mut product = vec![Rational::ZERO; a.0.len() + b.0.len()];
    for (i, x) in a.0.iter().enumerate() {
        b.0.iter().zip(&mut product[i..]).for_each(|(y, entry)| *entry += x * y);
    }
    Univariate::new(product)
}

impl Add for &Univariate {
    type Output = Univariate;
    fn add(self, other: &Univariate) -> Univariate {
        sum(self, other)
    }
}

impl Sub for &Univariate {
    type Output = Univariate;
    fn sub(self, other: &Univariate) -> Univariate {
        sum(self, &other.scaled(&Rational::NEG_ONE))
    }
}

impl Mul for &Univariate {
    type Output = Univariate;
    fn mul(self, other: &Univariate) -> Univariate {
        product(self, other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_rational;

    pub(super) fn polynomial(coefficients: &[i64]) -> Univariate {
        Univariate::new(coefficients.iter().map(|&c| Rational::from(c)).collect())
    }

    #[test]
    fn division_leaves_a_smaller_remainder() {
        let (a, b) = (polynomial(&[3, -1, 0, 7, 2]), polynomial(&[1, 5, 3]));
        let (quotient, rest) = a.divided_by(&b);
        assert_eq!(&(&quotient * &b) + &rest, a);
        assert!(rest.degree() < b.degree());
        assert_eq!(b.divided_by(&a), (Univariate::default(), b));
    }

    #[test]
    fn common_factors_are_found() {
        let (a, b, c) = (polynomial(&[1, 0, 1]), polynomial(&[-2, 0, 3]), polynomial(&[5, 1]));
        assert_eq!((&a * &b).gcd(&(&b * &c)), b.monic());
        assert_eq!((&(&a * &a) * &b).square_free(), (&a * &b).monic());
    }

    #[test]
    fn inverses_live_modulo_a_polynomial() {
        let (a, f) = (polynomial(&[1, 2, 0, 1]), polynomial(&[-2, 0, 0, 0, 1]));
        let inverse = a.inverse_modulo(&f).unwrap();
        assert_eq!((&a * &inverse).modulo(&f), polynomial(&[1]));
        assert_eq!(polynomial(&[0, 3]).inverse_modulo(&polynomial(&[0, -1, 1])), None);
    }

    #[test]
    fn composition_is_substitution() {
        let (p, q) = (polynomial(&[1, -2, 0, 4]), polynomial(&[3, 1, 2]));
        let x = parse_rational("-5/7").unwrap();
        assert_eq!(p.composed(&q).value_at(&x), p.value_at(&q.value_at(&x)));
    }
}
