//! Denominators, roots, logarithms and the inverse circular functions as atoms.

use super::harvest::unsupported;
use super::{AtomRing, Kind, reciprocal};
use crate::polynomial::{Monomial, Polynomial};
use crate::rational::to_i64;
use crate::{Error, Expr, Function, Rational};

impl AtomRing {
    /// 1 / polynomial. A power of a single root or a single term needs no new generator.
    pub(super) fn inverse(&mut self, polynomial: &Polynomial) -> Result<Polynomial, Error> {
        self.inverse_shown(polynomial, None)
    }

    /// 1 / polynomial, where the polynomial is at hand as an expression that prints better.
    pub(super) fn inverse_shown(&mut self, polynomial: &Polynomial, shown: Option<&Expr>) -> Result<Polynomial, Error> {
        if polynomial.is_zero() {
            return Err(Error::DivisionByZero);
        }
        let common = polynomial.common_monomial();
        let (content, primitive) = polynomial.shifted(&common.pow(-1)).primitive();
        let shown = shown.filter(|_| common == Monomial::one()).map(|shown| shown / Expr::rational(content.clone()));
        let outside = Polynomial::term(common.pow(-1), Rational::ONE / content);
        if primitive.single_term().is_some() {
            return Ok(outside);
        }
        Ok(&outside * &self.inverse_of_primitive(primitive, shown))
    }

    fn inverse_of_primitive(&mut self, primitive: Polynomial, shown: Option<Expr>) -> Polynomial {
        let multiple = |kind: &Kind| match kind {
            Kind::Root { radicand, order } => {
                let (content, part) = radicand.primitive();
                (part == primitive).then_some((content, *order as i32))
            }
            _ => None,
        };
        let root = self.generators.iter().enumerate().find_map(|(i, g)| multiple(&g.kind).map(|found| (i, found)));
        if let Some((index, (content, order))) = root {
            return Polynomial::term(Monomial::power(index, -order), content);
        }
        let expression = |ring: &AtomRing| shown.unwrap_or_else(|| ring.expression(&primitive));
        let index = self.intern(Kind::Quantity { definition: primitive.clone() }, expression);
        Polynomial::term(Monomial::power(index, -1), Rational::ONE)
    }

    /// The root of the given order; `shown` is what it is taken of, for the message.
    pub(super) fn root(&mut self, polynomial: &Polynomial, order: u32, shown: &Expr) -> Result<Polynomial, Error> {
        if order > 64 {
            return Err(unsupported(shown));
        }
        if let Some(value) = polynomial.as_constant() {
            return self.rational_root(&value, order).ok_or_else(|| unsupported(shown));
        }
        if self.is_constant(polynomial) {
            let root = self.expression(polynomial).pow_rational(&reciprocal(order));
            self.doubts.push(format!("{root} is treated as a parameter"));
            return Ok(self.constant(root, None));
        }
        let size = crate::rational::content(polynomial.terms().map(|(_, c)| c));
        let (outside, inside) = take_powers(&size, order);
        let radicand = polynomial.scaled(&(inside / size));
        let root = |ring: &AtomRing| ring.expression(&radicand).pow_rational(&reciprocal(order));
        let index = self.intern(Kind::Root { radicand: radicand.clone(), order }, root);
        Ok(Polynomial::term(Monomial::power(index, 1), outside))
    }

    /// A root of a rational number: a rational number times roots of primes.
    fn rational_root(&mut self, value: &Rational, order: u32) -> Option<Polynomial> {
        if *value < Rational::ZERO {
            let root = (order % 2 == 1).then(|| self.rational_root(&-value.clone(), order))??;
            return Some(-&root);
        }
        let (outside, inside) = take_powers(value, order);
        let mut root = Polynomial::constant(outside);
        for (prime, exponent) in prime_powers(&inside)? {
            root = &root * &self.prime_root(prime, exponent, order);
        }
        Some(self.reduce(root))
    }

    fn prime_root(&mut self, prime: i64, exponent: u32, order: u32) -> Polynomial {
        let common =
            (1..=exponent).rev().find(|d| exponent.is_multiple_of(*d) && order.is_multiple_of(*d)).unwrap_or(1);
        let (exponent, order) = (exponent / common, order / common);
        let root = Expr::integer(prime).pow_rational(&reciprocal(order));
        let square = (order == 2).then(|| Rational::from(prime));
        if square.is_none() {
            self.doubts.push(format!("{root} is treated as a parameter"));
        }
        self.constant(root, square).pow(exponent)
    }

    /// The logarithm: that of a product is the sum of the logarithms.
    pub(super) fn logarithm(&mut self, polynomial: &Polynomial) -> Result<Polynomial, Error> {
        if polynomial.is_zero() {
            return Err(Error::DivisionByZero);
        }
        if self.is_constant(polynomial) {
            let expression = self.expression(polynomial).log();
            return self.known_constant(expression);
        }
        let common = polynomial.common_monomial();
        let rest = polynomial.shifted(&common.pow(-1));
        let mut sum = match rest.as_constant() {
            Some(value) => self.known_constant(Expr::rational(value).log())?,
            None => self.primitive_function(Function::Log, &rest, None)?,
        };
        for (generator, exponent) in common.factors() {
            let log = self.generator_logarithm(generator)?;
            sum = &sum + &log.scaled(&Rational::from(exponent));
        }
        Ok(sum)
    }

    fn generator_logarithm(&mut self, generator: usize) -> Result<Polynomial, Error> {
        match self.generators[generator].kind.clone() {
            Kind::Exponential { argument } => Ok(argument),
            Kind::Root { radicand, order } => Ok(self.logarithm(&radicand)?.scaled(&reciprocal(order))),
            Kind::Quantity { definition } => self.logarithm(&definition),
            Kind::Constant { .. } => {
                let log = self.generators[generator].expression.log();
                self.known_constant(log)
            }
            _ => self.primitive_function(Function::Log, &Polynomial::generator(generator), None),
        }
    }

    /// asin, acos and atan.
    pub(super) fn inverse_circular(
        &mut self,
        function: Function,
        argument: &Expr,
        polynomial: &Polynomial,
    ) -> Result<Polynomial, Error> {
        if self.is_constant(polynomial) {
            return self.known_constant(self.expression(polynomial).apply(function));
        }
        self.primitive_function(function, polynomial, Some(argument))
    }

    /// A generator known by its derivative, factor * (argument)'.
    fn primitive_function(
        &mut self,
        function: Function,
        of: &Polynomial,
        shown: Option<&Expr>,
    ) -> Result<Polynomial, Error> {
        let shown = shown.cloned().unwrap_or_else(|| self.expression(of));
        let square = self.product(of, of)?;
        let factor = match function {
            Function::Log => self.inverse(of)?,
            Function::Atan => self.inverse(&(&Polynomial::one() + &square))?,
            _ => {
                let root = self.root(&(&Polynomial::one() - &square), 2, &shown)?;
                let inverse = self.inverse(&root)?;
                if function == Function::Acos { -&inverse } else { inverse }
            }
        };
        let kind = Kind::Primitive { parts: vec![(factor, of.clone())] };
        Ok(Polynomial::generator(self.intern(kind, |_| shown.apply(function))))
    }

    /// The angle of the point (x, y): its derivative is (x y' - y x') / (x^2 + y^2).
    pub(super) fn angle_of(&mut self, y: &Expr, x: &Expr) -> Result<Polynomial, Error> {
        let (py, px) = (self.express(y)?, self.express(x)?);
        if self.is_constant(&py) && self.is_constant(&px) {
            return self.known_constant(Expr::atan2(y, x));
        }
        let square = &self.product(&px, &px)? + &self.product(&py, &py)?;
        let inverse = self.inverse(&self.reduce(square))?;
        let parts = vec![(self.product(&px, &inverse)?, py.clone()), (-&self.product(&py, &inverse)?, px.clone())];
        Ok(Polynomial::generator(self.intern(Kind::Primitive { parts }, |_| Expr::atan2(y, x))))
    }
}

/// Writes a positive number as outside^order * inside, with a whole `inside` free of small powers.
fn take_powers(value: &Rational, order: u32) -> (Rational, Rational) {
    let denominator = Rational::from(value.denominator().clone());
    // n/d = n d^(order - 1) / d^order.
    let mut inside = value * denominator.clone().pow(order as isize);
    let mut outside = Rational::ONE / denominator;
    for prime in 2..1000i64 {
        if Rational::from(prime * prime) > inside {
            break;
        }
        let power = Rational::from(prime).pow(order as isize);
        while (&inside / &power).is_int() {
            inside /= &power;
            outside *= Rational::from(prime);
        }
    }
    (outside, inside)
}

/// The prime factors of a whole number with their exponents, where it is a product of small primes and
/// at most one other factor.
fn prime_powers(value: &Rational) -> Option<Vec<(i64, u32)>> {
    let mut rest = to_i64(value).filter(|&n| n > 0)?;
    let mut powers = Vec::new();
    for prime in 2..100_000i64 {
        if prime * prime > rest {
            break;
        }
        let mut exponent = 0;
        while rest % prime == 0 {
            rest /= prime;
            exponent += 1;
        }
        if exponent > 0 {
            powers.push((prime, exponent));
        }
    }
    if rest > 1 {
        powers.push((rest, 1));
    }
    Some(powers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_of_numbers_become_roots_of_primes() {
        let mut ring = AtomRing::new(&[], &[]).unwrap();
        let mut root = |n: i64, d: u64, order| {
            let value = Rational::from_parts(n.into(), d.into());
            let root = ring.rational_root(&value, order).unwrap();
            ring.expression(&root)
        };
        assert_eq!(root(12, 1, 2), Expr::integer(3).sqrt() * 2);
        assert_eq!(root(1, 3, 2), Expr::integer(3).sqrt() / 3);
        assert_eq!(root(4, 1, 4), Expr::integer(2).sqrt());
        assert_eq!(root(-8, 27, 3).to_string(), "-2/3");
        assert_eq!(root(6, 1, 2), Expr::integer(2).sqrt() * Expr::integer(3).sqrt());
    }

    #[test]
    fn denominators_that_are_powers_of_a_root_use_it() {
        let (x, y) = (Expr::symbol("x"), Expr::symbol("y"));
        let square = x.powi(2) + y.powi(2);
        let f = &x / &square + square.sqrt();
        let ring = AtomRing::new(&[x, y], &[f]).unwrap();
        assert_eq!(ring.generators().len(), 3, "x, y and the root");
    }
}
