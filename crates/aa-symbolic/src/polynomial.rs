//! Sparse polynomials over the rational numbers, in generators that may be inverted.
//!
//! A generator is a number: what it stands for (a coordinate, an exponential, a root) is the
//! business of [`crate::atoms`]. Exponents may be negative.

mod calculus;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::{Add, Mul, Neg, Sub};

use crate::rational::{Rational, content};

/// A product of powers of generators: entry i is the exponent of generator i; no trailing zeros.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Monomial(Vec<i32>);

impl Monomial {
    /// The monomial 1.
    pub fn one() -> Monomial {
        Monomial(Vec::new())
    }

    /// A power of one generator.
    pub fn power(generator: usize, exponent: i32) -> Monomial {
        let mut exponents = vec![0; generator + 1];
        exponents[generator] = exponent;
        Monomial(exponents).trimmed()
    }

    /// The exponent of a generator.
    pub fn exponent(&self, generator: usize) -> i32 {
        self.0.get(generator).copied().unwrap_or(0)
    }

    /// The generators that occur, ascending, with their exponents.
    pub fn factors(&self) -> impl Iterator<Item = (usize, i32)> + '_ {
        self.0.iter().copied().enumerate().filter(|&(_, exponent)| exponent != 0)
    }

    /// The product.
    pub fn times(&self, other: &Monomial) -> Monomial {
        let (long, short) = if self.0.len() >= other.0.len() { (self, other) } else { (other, self) };
        let mut exponents = long.0.clone();
        exponents.iter_mut().zip(&short.0).for_each(|(a, b)| *a += b);
        Monomial(exponents).trimmed()
    }

    /// The monomial to a power.
    pub fn pow(&self, n: i32) -> Monomial {
        Monomial(self.0.iter().map(|a| a * n).collect()).trimmed()
    }

    /// The same with one exponent replaced.
    pub fn with_exponent(&self, generator: usize, exponent: i32) -> Monomial {
        let mut exponents = self.0.clone();
        if exponents.len() <= generator {
            exponents.resize(generator + 1, 0);
        }
        exponents[generator] = exponent;
        Monomial(exponents).trimmed()
    }

    fn trimmed(mut self) -> Monomial {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
        self
    }
}

/// A polynomial: monomials with their coefficients, none of them zero.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Polynomial(BTreeMap<Monomial, Rational>);

impl Polynomial {
    /// The polynomial 0.
    pub fn zero() -> Polynomial {
        Polynomial::default()
    }

    /// A number.
    pub fn constant(value: Rational) -> Polynomial {
        Polynomial::term(Monomial::one(), value)
    }

    /// The polynomial 1.
    pub fn one() -> Polynomial {
        Polynomial::constant(Rational::ONE)
    }

    /// One generator.
    pub fn generator(index: usize) -> Polynomial {
        Polynomial::term(Monomial::power(index, 1), Rational::ONE)
    }

    /// One term.
    pub fn term(monomial: Monomial, coefficient: Rational) -> Polynomial {
        let mut polynomial = Polynomial::zero();
        polynomial.add_term(monomial, coefficient);
        polynomial
    }

    /// Monomials, ascending, with their coefficients.
    pub fn terms(&self) -> impl Iterator<Item = (&Monomial, &Rational)> {
        self.0.iter()
    }

    /// The number of terms.
    pub fn n_terms(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no term.
    pub fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    /// The value, where no generator occurs.
    pub fn as_constant(&self) -> Option<Rational> {
        match self.single_term() {
            Some((monomial, value)) if *monomial == Monomial::one() => Some(value.clone()),
            None if self.is_zero() => Some(Rational::ZERO),
            _ => None,
        }
    }

    /// The term, where there is just one.
    pub fn single_term(&self) -> Option<(&Monomial, &Rational)> {
        (self.0.len() == 1).then(|| self.0.iter().next()).flatten()
    }

    /// The coefficient of a monomial.
    pub fn coefficient(&self, monomial: &Monomial) -> Rational {
        self.0.get(monomial).cloned().unwrap_or(Rational::ZERO)
    }

    /// Adds coefficient * monomial.
    pub fn add_term(&mut self, monomial: Monomial, coefficient: Rational) {
        if coefficient.is_zero() {
            return;
        }
        match self.0.entry(monomial) {
            Entry::Vacant(place) => {
                place.insert(coefficient);
            }
            Entry::Occupied(mut place) => {
                *place.get_mut() += coefficient;
                if place.get().is_zero() {
                    place.remove();
                }
            }
        }
    }

    /// The polynomial times a number.
    pub fn scaled(&self, factor: &Rational) -> Polynomial {
        match factor.is_zero() {
            true => Polynomial::zero(),
            false => Polynomial(self.0.iter().map(|(m, c)| (m.clone(), c * factor)).collect()),
        }
    }

    /// The polynomial times a monomial.
    pub fn shifted(&self, by: &Monomial) -> Polynomial {
        Polynomial(self.0.iter().map(|(m, c)| (m.times(by), c.clone())).collect())
    }

    /// The polynomial to a power that is not negative.
    pub fn pow(&self, n: u32) -> Polynomial {
        match n {
            0 => Polynomial::one(),
            1 => self.clone(),
            _ => {
                let half = self.pow(n / 2);
                let square = &half * &half;
                if n % 2 == 1 { &square * self } else { square }
            }
        }
    }

    /// The generators that occur, each with its least and greatest exponent (0 counts where it is
    /// absent from a term).
    pub fn ranges(&self) -> BTreeMap<usize, (i32, i32)> {
        let mut ranges = BTreeMap::new();
        for generator in self.0.keys().flat_map(|m| m.factors().map(|(g, _)| g)) {
            ranges.entry(generator).or_insert_with(|| self.range(generator));
        }
        ranges
    }

    /// The least and greatest exponent of a generator.
    pub fn range(&self, generator: usize) -> (i32, i32) {
        let exponents = || self.0.keys().map(|m| m.exponent(generator));
        (exponents().min().unwrap_or(0), exponents().max().unwrap_or(0))
    }

    /// The greatest monomial that divides every term.
    pub fn common_monomial(&self) -> Monomial {
        let ranges = self.ranges();
        ranges.iter().fold(Monomial::one(), |m, (&generator, &(least, _))| m.with_exponent(generator, least))
    }

    /// The number c and the polynomial q with self = c q, where the coefficients of q are coprime
    /// integers. Its constant term is positive or, without one, the term of its greatest monomial.
    /// Zero is 0 times 0.
    pub fn primitive(&self) -> (Rational, Polynomial) {
        let Some(last) = self.0.values().next_back() else { return (Rational::ZERO, Polynomial::zero()) };
        let sign = self.0.get(&Monomial::one()).unwrap_or(last);
        let size = content(self.0.values());
        let content = if *sign < Rational::ZERO { -size } else { size };
        let inverse = Rational::ONE / &content;
        (content, self.scaled(&inverse))
    }
}

impl Add for &Polynomial {
    type Output = Polynomial;
    fn add(self, other: &Polynomial) -> Polynomial {
        let mut sum = self.clone();
        other.0.iter().for_each(|(m, c)| sum.add_term(m.clone(), c.clone()));
        sum
    }
}

impl Sub for &Polynomial {
    type Output = Polynomial;
    fn sub(self, other: &Polynomial) -> Polynomial {
        let mut difference = self.clone();
        other.0.iter().for_each(|(m, c)| difference.add_term(m.clone(), -c.clone()));
        difference
    }
}

impl Neg for &Polynomial {
    type Output = Polynomial;
    fn neg(self) -> Polynomial {
        Polynomial(self.0.iter().map(|(m, c)| (m.clone(), -c.clone())).collect())
    }
}

impl Mul for &Polynomial {
    type Output = Polynomial;
    fn mul(self, other: &Polynomial) -> Polynomial {
        let mut product = Polynomial::zero();
        for (m, c) in &self.0 {
            for (n, d) in &other.0 {
                product.add_term(m.times(n), c * d);
            }
        }
        product
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn x(i: usize) -> Polynomial {
        Polynomial::generator(i)
    }

    #[test]
    fn ring_laws_hold() {
        let (a, b) = (&x(0) + &x(2), &x(1) - &Polynomial::constant(Rational::from(3)));
        assert_eq!(&a * &b, &b * &a);
        assert_eq!((&a + &b).pow(3), &(&a + &b) * &(&(&a + &b) * &(&a + &b)));
        assert!((&(&a * &b) - &(&b * &a)).is_zero());
    }

    #[test]
    fn inverse_generators_cancel() {
        let inverse = Polynomial::term(Monomial::power(1, -1), Rational::ONE);
        assert_eq!(&(&x(1) * &x(0)) * &inverse, x(0));
        assert_eq!(inverse.range(1), (-1, -1));
    }

    #[test]
    fn primitive_parts_are_canonical() {
        let p = &x(0).scaled(&Rational::from_parts((-4).into(), 3u8.into())) + &x(1).scaled(&Rational::from(2));
        let (content, q) = p.primitive();
        assert_eq!(q.scaled(&content), p);
        assert_eq!((-&p).primitive().1, q);
    }
}
