//! Rings of atoms: a formula as a polynomial in coordinates, exponentials, roots, ...
//!
//! Exact questions about a formula (is it zero? which combinations does a derivation annihilate?)
//! become questions about polynomials once every `exp`, `sin`, root and denominator has become a
//! generator with its own rule of differentiation:
//!
//! | generator | rule | relation |
//! |---|---|---|
//! | variable x | given | |
//! | exp(A) | exp(A) A' | none: the A are a basis of the lattice of exponents |
//! | sin(A), cos(A) | cos(A) A', -sin(A) A' | sin^2 + cos^2 = 1 |
//! | root r, r^b = P | r^(1-b) P' / b | r^b = P |
//! | quantity d = P, inverted somewhere | P' | d = P |
//! | log and inverse functions | algebraic | none |
//! | constants: sqrt(2), pi, parameters | 0 | s^2 = 2 |
//!
//! Exponents may be negative: 1/r is r^-1.

mod harvest;
mod identity;
mod independence;
mod inverse;
mod sample;
mod single_valued;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::lattice::Lattice;
use crate::polynomial::{Monomial, Polynomial};
use crate::{Error, Expr, Rational};

pub use sample::{FieldPolynomial, Point, Sampler};

/// The most terms a polynomial may have when a formula is expanded.
const MAX_TERMS: usize = 100_000;

/// What a generator stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A variable, with a rate of its own.
    Variable,
    /// A number or a parameter; its derivative is zero.
    Constant {
        /// The rational number this is the square root of, where it is one.
        square: Option<Rational>,
    },
    /// The exponential of a polynomial.
    Exponential {
        /// The exponent.
        argument: Polynomial,
    },
    /// The sine of a polynomial; the next generator is the cosine.
    Sine {
        /// The angle.
        argument: Polynomial,
    },
    /// The cosine of a polynomial; the generator before is the sine.
    Cosine {
        /// The angle.
        argument: Polynomial,
    },
    /// A root: generator^order = radicand.
    Root {
        /// What the root is taken of.
        radicand: Polynomial,
        /// 2 for the square root.
        order: u32,
    },
    /// A polynomial that the formula divides by.
    Quantity {
        /// What it equals.
        definition: Polynomial,
    },
    /// A function known by its derivative: the sum of factor * (argument)'.
    Primitive {
        /// Pairs of factor and argument.
        parts: Vec<(Polynomial, Polynomial)>,
    },
}

/// One generator of a ring.
#[derive(Clone, Debug)]
pub struct Generator {
    /// What it stands for.
    pub kind: Kind,
    /// The same as an expression.
    pub expression: Expr,
}

/// A ring of atoms, and the way from expressions into it and back.
#[derive(Clone, Debug)]
pub struct AtomRing {
    generators: Vec<Generator>,
    n_variables: usize,
    exponents: Lattice,
    /// The generator of each basis vector of `exponents`.
    exponentials: Vec<usize>,
    phases: Lattice,
    /// The sine of each basis vector of `phases`.
    sines: Vec<usize>,
    /// Every exponential that occurs, as a monomial.
    exponential_letters: BTreeSet<Monomial>,
    /// Every inverse that occurs and holds an exponential, such as 1/sinh, as a monomial.
    inverse_letters: BTreeSet<Monomial>,
    /// The order of root to adjoin for each base.
    orders: BTreeMap<Expr, u32>,
    memo: HashMap<Expr, Polynomial>,
    /// Why independence cannot be established, if something went unexamined on the way.
    doubts: Vec<String>,
}

impl AtomRing {
    /// The ring of the atoms that occur in `expressions`. Symbols that are not variables are
    /// constants.
    ///
    /// # Errors
    /// Formulas without an exact rule, such as an even root of a negative number.
    pub fn new(variables: &[Expr], expressions: &[Expr]) -> Result<AtomRing, Error> {
        let variable = |x: &Expr| Generator { kind: Kind::Variable, expression: x.clone() };
        let mut ring = AtomRing {
            generators: variables.iter().map(variable).collect(),
            n_variables: variables.len(),
            exponents: Lattice::default(),
            exponentials: Vec::new(),
            phases: Lattice::default(),
            sines: Vec::new(),
            exponential_letters: BTreeSet::new(),
            inverse_letters: BTreeSet::new(),
            orders: BTreeMap::new(),
            memo: HashMap::new(),
            doubts: Vec::new(),
        };
        ring.harvest(expressions)?;
        Ok(ring)
    }

    /// The generators; the variables come first.
    pub fn generators(&self) -> &[Generator] {
        &self.generators
    }

    /// The number of variables.
    pub fn n_variables(&self) -> usize {
        self.n_variables
    }

    /// The exponentials that occur, as monomials.
    pub(crate) fn exponential_letters(&self) -> impl Iterator<Item = &Monomial> {
        self.exponential_letters.iter()
    }

    /// The inverses that occur and are more than the inverse of one generator, as monomials.
    pub(crate) fn inverse_letters(&self) -> impl Iterator<Item = &Monomial> {
        self.inverse_letters.iter()
    }

    /// Whether a polynomial has zero derivative because only constants occur in it.
    pub fn is_constant(&self, polynomial: &Polynomial) -> bool {
        let constant = |g: usize| matches!(self.generators[g].kind, Kind::Constant { .. });
        polynomial.terms().all(|(m, _)| m.factors().all(|(g, _)| constant(g)))
    }

    /// The derivatives of all generators, given those of the variables.
    pub fn derivation(&self, rates: &[Polynomial]) -> RingDerivation {
        let mut derivation = RingDerivation { images: Vec::new() };
        for index in 0..self.generators.len() {
            let image = match rates.get(index).filter(|_| index < self.n_variables) {
                Some(rate) => rate.clone(),
                None => self.derivative_of(index, &derivation),
            };
            derivation.images.push(self.reduce(image));
        }
        derivation
    }

    /// The partial derivative with respect to a variable.
    pub fn partial(&self, variable: usize) -> RingDerivation {
        let mut rates = vec![Polynomial::zero(); self.n_variables];
        rates[variable] = Polynomial::one();
        self.derivation(&rates)
    }

    fn derivative_of(&self, index: usize, known: &RingDerivation) -> Polynomial {
        let this = Polynomial::generator(index);
        match &self.generators[index].kind {
            Kind::Variable | Kind::Constant { .. } => Polynomial::zero(),
            Kind::Exponential { argument } => &this * &known.apply(argument),
            Kind::Sine { argument } => &Polynomial::generator(index + 1) * &known.apply(argument),
            Kind::Cosine { argument } => -&(&Polynomial::generator(index - 1) * &known.apply(argument)),
            Kind::Root { radicand, order } => {
                let factor = Polynomial::term(Monomial::power(index, 1 - *order as i32), reciprocal(*order));
                &factor * &known.apply(radicand)
            }
            Kind::Quantity { definition } => known.apply(definition),
            Kind::Primitive { parts } => {
                parts.iter().fold(Polynomial::zero(), |sum, (factor, of)| &sum + &(factor * &known.apply(of)))
            }
        }
    }

    /// Rewrites squares of sines, powers of roots beyond their order and positive powers of
    /// quantities. Equal functions may keep different forms; see [`AtomRing::is_identically_zero`].
    pub fn reduce(&self, mut polynomial: Polynomial) -> Polynomial {
        for generator in (self.n_variables..self.generators.len()).rev() {
            polynomial = self.reduce_generator(polynomial, generator);
        }
        polynomial
    }

    fn reduce_generator(&self, polynomial: Polynomial, generator: usize) -> Polynomial {
        let Some((period, power)) = self.relation(generator) else { return polynomial };
        if polynomial.range(generator).1 < period {
            return polynomial;
        }
        let mut reduced = Polynomial::zero();
        for (monomial, coefficient) in polynomial.terms() {
            let exponent = monomial.exponent(generator);
            if exponent < period {
                reduced.add_term(monomial.clone(), coefficient.clone());
                continue;
            }
            let rest = monomial.with_exponent(generator, exponent % period);
            for (factor, value) in power.pow((exponent / period) as u32).terms() {
                reduced.add_term(rest.times(factor), value * coefficient);
            }
        }
        reduced
    }

    /// The relation generator^period = polynomial, for generators that have one.
    fn relation(&self, generator: usize) -> Option<(i32, Polynomial)> {
        match &self.generators[generator].kind {
            Kind::Constant { square: Some(square) } => Some((2, Polynomial::constant(square.clone()))),
            Kind::Sine { .. } => {
                let cosine = Polynomial::generator(generator + 1);
                Some((2, &Polynomial::one() - &(&cosine * &cosine)))
            }
            Kind::Root { radicand, order } => Some((*order as i32, radicand.clone())),
            Kind::Quantity { definition } => Some((1, definition.clone())),
            _ => None,
        }
    }

    /// The least exponent that `reduce` rewrites, for generators with a relation.
    pub(crate) fn period(&self, generator: usize) -> Option<i32> {
        match &self.generators[generator].kind {
            Kind::Constant { square: Some(_) } | Kind::Sine { .. } => Some(2),
            Kind::Root { order, .. } => Some(*order as i32),
            Kind::Quantity { .. } => Some(1),
            _ => None,
        }
    }

    /// Whether reduced monomials can be linearly dependent as functions: r^2 = x^2 + y^2 ties 1/r to x and y.
    pub(crate) fn has_dependent_monomials(&self) -> bool {
        self.generators.iter().any(|g| matches!(g.kind, Kind::Root { .. } | Kind::Quantity { .. }))
            || self.memo_has_inverse_circular()
    }

    /// Whether a sine or cosine is inverted somewhere: 1/cos^2 is then 1 + (sin/cos)^2.
    fn memo_has_inverse_circular(&self) -> bool {
        let circular = |g: usize| matches!(self.generators[g].kind, Kind::Sine { .. } | Kind::Cosine { .. });
        self.memo.values().flat_map(Polynomial::ranges).any(|(g, (least, _))| least < 0 && circular(g))
    }

    /// The polynomials that vanish because of the relation of a generator: generator^period - P.
    pub(crate) fn relations(&self) -> Vec<Polynomial> {
        let relation =
            |g| self.relation(g).map(|(period, p)| &Polynomial::term(Monomial::power(g, period), Rational::ONE) - &p);
        (0..self.generators.len()).filter_map(relation).collect()
    }

    /// A polynomial as an expression.
    pub fn expression(&self, polynomial: &Polynomial) -> Expr {
        let mut sum = Expr::zero();
        for (monomial, coefficient) in polynomial.terms() {
            sum = sum + Expr::rational(coefficient.clone()) * self.monomial_expression(monomial);
        }
        sum
    }

    /// A monomial as an expression; its exponentials are merged.
    pub fn monomial_expression(&self, monomial: &Monomial) -> Expr {
        let (mut product, mut exponent) = (Expr::one(), Expr::zero());
        for (generator, power) in monomial.factors() {
            let Generator { kind, expression } = &self.generators[generator];
            match kind {
                Kind::Exponential { argument } => {
                    exponent = exponent + Expr::integer(power as i64) * self.expression(argument);
                }
                _ => product = product * expression.powi(power as i64),
            }
        }
        if exponent.is_zero() { product } else { product * exponent.exp() }
    }
}

/// A derivation of a ring, by its values on the generators.
#[derive(Clone, Debug)]
pub struct RingDerivation {
    images: Vec<Polynomial>,
}

impl RingDerivation {
    /// The derivative of a generator.
    pub fn image(&self, generator: usize) -> &Polynomial {
        &self.images[generator]
    }

    /// The derivative of a polynomial.
    pub fn apply(&self, polynomial: &Polynomial) -> Polynomial {
        let mut sum = Polynomial::zero();
        for (monomial, coefficient) in polynomial.terms() {
            for (generator, exponent) in monomial.factors() {
                let rest = monomial.with_exponent(generator, exponent - 1);
                let factor = coefficient * Rational::from(exponent);
                for (m, c) in self.images[generator].terms() {
                    sum.add_term(m.times(&rest), c * &factor);
                }
            }
        }
        sum
    }
}

fn reciprocal(n: u32) -> Rational {
    Rational::from_parts(1.into(), n.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn xy() -> (Expr, Expr) {
        (Expr::symbol("x"), Expr::symbol("y"))
    }

    /// The road of the ring against the road of symbolic differentiation, seen as numbers.
    fn check_derivative(f: Expr) {
        let (x, y) = xy();
        let variables = [x.clone(), y];
        let mut ring = AtomRing::new(&variables, std::slice::from_ref(&f)).unwrap();
        let polynomial = ring.express(&f).unwrap();
        let by_ring = ring.expression(&ring.partial(0).apply(&polynomial));
        let by_calculus = crate::differentiate(&f, &x);
        for point in [[0.7, 0.3], [0.21, 0.84]] {
            let (a, b) =
                (crate::evaluate(&by_ring, &variables, &point), crate::evaluate(&by_calculus, &variables, &point));
            assert!((a - b).abs() <= 1e-11 * (1.0 + b.abs()), "{f}: {a} and {b}");
            let (a, b) = (
                crate::evaluate(&ring.expression(&polynomial), &variables, &point),
                crate::evaluate(&f, &variables, &point),
            );
            assert!((a - b).abs() <= 1e-11 * (1.0 + b.abs()), "{f}: {a} and {b}");
        }
    }

    #[test]
    fn derivatives_agree_with_calculus() {
        let (x, y) = xy();
        let r = (x.powi(2) + y.powi(2)).sqrt();
        let root3 = Expr::integer(3).sqrt();
        for f in [
            &x * &y / (&x + &y),
            r.powi(-3) * &x,
            (&r + 1).powi(-2) / &r,
            (&x * 2 + &root3 * &y).exp() * (&x / 2).exp(),
            (&x * 2 - &y).sin() * y.cos() + (&x + Expr::pi() / 3).cos(),
            x.tan() + (&x * 2).tanh() - y.cosh() * x.sinh(),
            (&x * &y + 1).log() + (&x / &y).atan() * (&x * &y).asin() + x.acos(),
            Expr::atan2(&y, &x) * &r + (&x + 2).pow_rational(&Rational::from_parts(2.into(), 3u8.into())),
            (&x * 8).sqrt() * (&x * 2).pow_rational(&Rational::from_parts(1.into(), 4u8.into())),
            (&x.log() * &y).exp() + x.pow(&y),
        ] {
            check_derivative(f);
        }
    }
}
