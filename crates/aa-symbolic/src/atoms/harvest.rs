//! From expressions to polynomials in atoms; new atoms are adjoined on the way.

use std::collections::BTreeMap;

use super::{AtomRing, Generator, Kind, MAX_TERMS};
use crate::expr::subexpressions;
use crate::lattice::Lattice;
use crate::polynomial::{Monomial, Polynomial};
use crate::rational::{split_whole, to_i64};
use crate::{Error, Expr, Function, Node, Rational};

impl AtomRing {
    /// Adjoins the atoms of all expressions, in an order in which one lattice holds all exponents and
    /// a denominator finds the root it is a power of.
    pub(super) fn harvest(&mut self, expressions: &[Expr]) -> Result<(), Error> {
        let parts = subexpressions(expressions);
        self.collect_orders(&parts);
        for level in levels(&parts) {
            self.adjoin_level(&level)?;
        }
        for part in &parts {
            let Node::Product(factors) = part.node() else { continue };
            for (base, exponent) in factors.iter().filter(|(_, exponent)| !exponent.is_int()) {
                self.power(base, &Rational::from_parts(1.into(), exponent.denominator().clone()))?;
            }
        }
        expressions.iter().try_for_each(|e| self.express(e).map(|_| ()))
    }

    fn collect_orders(&mut self, parts: &[Expr]) {
        for part in parts {
            let Node::Product(factors) = part.node() else { continue };
            for (base, exponent) in factors {
                let denominator = u32::try_from(exponent.denominator()).unwrap_or(u32::MAX);
                if denominator > 1 {
                    let order = self.orders.entry(base.clone()).or_insert(1);
                    *order = least_common_multiple(*order, denominator);
                }
            }
        }
    }

    /// Exponentials and angles whose arguments hold none that are not yet known.
    fn adjoin_level(&mut self, functions: &[Expr]) -> Result<(), Error> {
        let (mut exponents, mut phases) = (Vec::new(), Vec::new());
        for function in functions {
            let Node::Apply(function, argument) = function.node() else { continue };
            let argument = self.without_rational(argument)?;
            if self.is_constant(&argument) {
                continue;
            }
            match function {
                Function::Sin | Function::Cos | Function::Tan => phases.push(argument),
                Function::Tanh => exponents.push(argument.scaled(&Rational::from(2))),
                _ => exponents.push(argument),
            }
        }
        phases.sort_by_key(Polynomial::n_terms);
        for exponent in Lattice::spanned_by(&exponents).basis() {
            self.adjoin_exponential(exponent);
        }
        for phase in Lattice::spanned_by(&phases).basis() {
            self.adjoin_phase(phase);
        }
        Ok(())
    }

    fn without_rational(&mut self, argument: &Expr) -> Result<Polynomial, Error> {
        let argument = self.express(argument)?;
        let constant = argument.coefficient(&Monomial::one());
        Ok(&argument - &Polynomial::constant(constant))
    }

    fn adjoin_exponential(&mut self, argument: &Polynomial) {
        if !self.exponents.extend(argument) {
            self.doubts.push("exponentials at different depths depend on each other".into());
            return;
        }
        let expression = self.expression(argument).exp();
        let index = self.adjoin(Kind::Exponential { argument: argument.clone() }, expression);
        self.exponentials.push(index);
    }

    fn adjoin_phase(&mut self, argument: &Polynomial) {
        if !self.phases.extend(argument) {
            self.doubts.push("angles at different depths depend on each other".into());
            return;
        }
        let angle = self.expression(argument);
        let sine = self.adjoin(Kind::Sine { argument: argument.clone() }, angle.sin());
        self.sines.push(sine);
        self.adjoin(Kind::Cosine { argument: argument.clone() }, angle.cos());
    }

    pub(super) fn adjoin(&mut self, kind: Kind, expression: Expr) -> usize {
        self.generators.push(Generator { kind, expression });
        self.generators.len() - 1
    }

    /// The index of a generator of this kind, adjoined where it is new.
    pub(super) fn intern(&mut self, kind: Kind, expression: impl FnOnce(&AtomRing) -> Expr) -> usize {
        match self.generators.iter().position(|g| g.kind == kind) {
            Some(index) => index,
            None => {
                let expression = expression(self);
                self.adjoin(kind, expression)
            }
        }
    }

    /// The constant with this expression.
    pub(super) fn constant(&mut self, expression: Expr, square: Option<Rational>) -> Polynomial {
        let index = match self.generators.iter().position(|g| g.expression == expression) {
            Some(index) => index,
            None => self.adjoin(Kind::Constant { square }, expression),
        };
        Polynomial::generator(index)
    }

    /// An expression as a polynomial in the generators.
    ///
    /// # Errors
    /// A part without an exact rule, or too large an expansion.
    pub fn express(&mut self, expression: &Expr) -> Result<Polynomial, Error> {
        if let Some(known) = self.memo.get(expression) {
            return Ok(known.clone());
        }
        let raw = self.express_node(expression)?;
        let polynomial = self.reduce(raw);
        self.memo.insert(expression.clone(), polynomial.clone());
        Ok(polynomial)
    }

    fn express_node(&mut self, expression: &Expr) -> Result<Polynomial, Error> {
        match expression.node() {
            Node::Constant(value) => Ok(Polynomial::constant(value.clone())),
            Node::Symbol(_) => match self.generators.iter().position(|g| g.expression == *expression) {
                Some(index) => Ok(Polynomial::generator(index)),
                None => Ok(self.constant(expression.clone(), None)),
            },
            Node::Pi => Ok(self.constant(expression.clone(), None)),
            Node::Sum { constant, terms } => {
                let mut sum = Polynomial::constant(constant.clone());
                for (term, coefficient) in terms {
                    for (m, c) in self.express(term)?.terms() {
                        sum.add_term(m.clone(), c * coefficient);
                    }
                }
                Ok(sum)
            }
            Node::Product(factors) => {
                let mut product = Polynomial::one();
                for (base, exponent) in factors {
                    let power = self.power(base, exponent)?;
                    product = self.product(&product, &power)?;
                }
                Ok(product)
            }
            Node::Apply(function, argument) => self.function(*function, argument),
            Node::Atan2(y, x) => self.angle_of(y, x),
            Node::Power(base, exponent) => {
                let (exponent, log) = (self.express(exponent)?, self.function(Function::Log, base)?);
                let argument = self.product(&exponent, &log)?;
                self.exponential(argument)
            }
        }
    }

    /// The reduced product, refused where it would be too large.
    pub(super) fn product(&self, a: &Polynomial, b: &Polynomial) -> Result<Polynomial, Error> {
        if a.n_terms() * b.n_terms() > MAX_TERMS {
            return Err(Error::TooLarge { what: "a product of sums".into(), limit: MAX_TERMS });
        }
        Ok(self.reduce(a * b))
    }

    pub(super) fn power(&mut self, base: &Expr, exponent: &Rational) -> Result<Polynomial, Error> {
        let order = match self.orders.get(base) {
            Some(&order) => order,
            None => u32::try_from(exponent.denominator()).map_err(|_| unsupported(base))?,
        };
        let polynomial = self.express(base)?;
        let scaled = exponent * Rational::from(order);
        let (root, power) = match exponent.is_int() {
            true => (polynomial, to_i64(exponent)),
            false => (self.root(&polynomial, order, base)?, to_i64(&scaled)),
        };
        let power = power.and_then(|n| i32::try_from(n).ok()).ok_or_else(|| unsupported(base))?;
        let shown = Some(base).filter(|_| exponent.is_int());
        let root = if power < 0 { self.inverse_shown(&root, shown)? } else { root };
        if power < 0 {
            self.note_inverse(&root);
        }
        self.whole_power(&root, power.unsigned_abs())
    }

    /// Keeps 1/sinh(A), which is 2 exp(A) / (exp(2 A) - 1), as one factor.
    fn note_inverse(&mut self, inverse: &Polynomial) {
        let exponential = |g: usize| matches!(self.generators[g].kind, Kind::Exponential { .. });
        if let Some((monomial, _)) = inverse.single_term()
            && monomial.factors().any(|(g, _)| exponential(g))
            && !monomial.factors().all(|(g, _)| exponential(g))
        {
            self.inverse_letters.insert(monomial.clone());
        }
    }

    fn whole_power(&self, base: &Polynomial, n: u32) -> Result<Polynomial, Error> {
        if let Some((monomial, coefficient)) = base.single_term() {
            let power = coefficient.clone().pow(n as isize);
            return Ok(self.reduce(Polynomial::term(monomial.pow(n as i32), power)));
        }
        let mut result = Polynomial::one();
        for _ in 0..n {
            result = self.product(&result, base)?;
        }
        Ok(result)
    }

    fn function(&mut self, function: Function, argument: &Expr) -> Result<Polynomial, Error> {
        let polynomial = self.express(argument)?;
        let half = Rational::from_parts(1.into(), 2u8.into());
        match function {
            Function::Exp => self.exponential(polynomial),
            Function::Sin => Ok(self.circular(polynomial)?.1),
            Function::Cos => Ok(self.circular(polynomial)?.0),
            Function::Tan => {
                let (cosine, sine) = self.circular(polynomial)?;
                let inverse = self.inverse(&cosine)?;
                self.product(&sine, &inverse)
            }
            Function::Sinh | Function::Cosh => {
                let (plus, minus) = (self.exponential(polynomial.clone())?, self.exponential(-&polynomial)?);
                let sum = if function == Function::Cosh { &plus + &minus } else { &plus - &minus };
                Ok(sum.scaled(&half))
            }
            Function::Tanh => {
                // tanh(a) = 1 - 2 / (exp(2 a) + 1).
                let square = self.exponential(polynomial.scaled(&Rational::from(2)))?;
                let inverse = self.inverse(&(&square + &Polynomial::one()))?;
                Ok(&Polynomial::one() - &inverse.scaled(&Rational::from(2)))
            }
            Function::Log => self.logarithm(&polynomial),
            Function::Asin | Function::Acos | Function::Atan => self.inverse_circular(function, argument, &polynomial),
        }
    }

    /// exp of a polynomial, as a monomial where its exponent lies in the lattice.
    pub(super) fn exponential(&mut self, argument: Polynomial) -> Result<Polynomial, Error> {
        let constant = argument.coefficient(&Monomial::one());
        let (whole, rest) = split_whole(&constant);
        let argument = &argument - &Polynomial::constant(constant);
        let mut factor = self.constant_exponential(&Polynomial::constant(rest))?;
        if !whole.is_zero() {
            let power = i32::try_from(&whole).map_err(|_| unsupported(&self.expression(&argument)))?;
            let euler = self.constant(Expr::euler(), None);
            let (monomial, _) = euler.single_term().expect("a generator is one term");
            factor = factor.shifted(&monomial.pow(power));
        }
        if self.is_constant(&argument) {
            return Ok(&factor * &self.constant_exponential(&argument)?);
        }
        if self.exponents.coordinates(&argument).is_none() {
            if !Lattice::default().extend(&argument) || !self.exponents.clone().extend(&argument) {
                return Err(unsupported(&self.expression(&argument).exp()));
            }
            self.adjoin_exponential(&argument);
        }
        let coordinates = self.exponents.coordinates(&argument).expect("the lattice was extended to hold it");
        let powers = coordinates.iter().zip(&self.exponentials);
        let monomial = powers.fold(Monomial::one(), |m, (&k, &g)| m.times(&Monomial::power(g, k as i32)));
        self.exponential_letters.insert(monomial.clone());
        Ok(factor.shifted(&monomial))
    }

    fn constant_exponential(&mut self, argument: &Polynomial) -> Result<Polynomial, Error> {
        if argument.is_zero() {
            return Ok(Polynomial::one());
        }
        let expression = self.expression(argument).exp();
        Ok(self.constant(expression, None))
    }

    /// Cosine and sine of a polynomial, by the addition theorems.
    fn circular(&mut self, argument: Polynomial) -> Result<(Polynomial, Polynomial), Error> {
        let constant = argument.coefficient(&Monomial::one());
        let varying = &argument - &Polynomial::constant(constant.clone());
        if self.is_constant(&argument) {
            let angle = self.expression(&argument);
            return Ok((self.known_constant(angle.cos())?, self.known_constant(angle.sin())?));
        }
        if self.phases.coordinates(&varying).is_none() {
            if !self.phases.clone().extend(&varying) {
                return Err(unsupported(&self.expression(&argument).sin()));
            }
            self.adjoin_phase(&varying);
        }
        let coordinates = self.phases.coordinates(&varying).expect("the lattice was extended to hold it");
        let mut turn = match constant.is_zero() {
            true => (Polynomial::one(), Polynomial::zero()),
            false => self.circular(Polynomial::constant(constant))?,
        };
        for (k, sine) in coordinates.into_iter().zip(self.sines.clone()) {
            let (cosine, sine) = (Polynomial::generator(sine + 1), Polynomial::generator(sine));
            let step = (cosine, if k < 0 { -&sine } else { sine });
            for _ in 0..k.unsigned_abs() {
                turn = self.rotate(&turn, &step)?;
            }
        }
        Ok(turn)
    }

    fn rotate(
        &self,
        a: &(Polynomial, Polynomial),
        b: &(Polynomial, Polynomial),
    ) -> Result<(Polynomial, Polynomial), Error> {
        let cosine = &self.product(&a.0, &b.0)? - &self.product(&a.1, &b.1)?;
        let sine = &self.product(&a.1, &b.0)? + &self.product(&a.0, &b.1)?;
        Ok((cosine, sine))
    }

    /// A constant that may have simplified to a number or a root.
    pub(super) fn known_constant(&mut self, expression: Expr) -> Result<Polynomial, Error> {
        match expression.node() {
            Node::Apply(..) | Node::Atan2(..) | Node::Power(..) => Ok(self.constant(expression, None)),
            _ => self.express(&expression),
        }
    }
}

pub(super) fn unsupported(what: &Expr) -> Error {
    Error::Unsupported { what: what.to_string() }
}

/// Exponentials and circular functions by the depth to which they are nested, innermost first.
fn levels(parts: &[Expr]) -> Vec<Vec<Expr>> {
    let mut depth: BTreeMap<&Expr, usize> = BTreeMap::new();
    let mut levels: Vec<Vec<Expr>> = Vec::new();
    for part in parts {
        let below = part.children().into_iter().map(|child| depth[child]).max().unwrap_or(0);
        let counts = matches!(
            part.node(),
            Node::Apply(
                Function::Exp
                    | Function::Sin
                    | Function::Cos
                    | Function::Tan
                    | Function::Sinh
                    | Function::Cosh
                    | Function::Tanh,
                _
            )
        );
        if counts {
            levels.resize(levels.len().max(below + 1), Vec::new());
            levels[below].push(part.clone());
        }
        depth.insert(part, below + usize::from(counts));
    }
    levels
}

fn least_common_multiple(a: u32, b: u32) -> u32 {
    let (mut x, mut y) = (a, b);
    while y != 0 {
        (x, y) = (y, x % y);
    }
    (a / x).saturating_mul(b)
}
