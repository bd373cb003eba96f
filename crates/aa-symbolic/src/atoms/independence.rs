//! Are the generators independent but for the relations we know? Then a search that finds nothing
//! proves that there is nothing.
//!
//! Exponentials, sines and logarithms of independent arguments are algebraically independent (Ax 1971);
//! a square root doubles the ring exactly when its radicand is no square. Both are checked here, and
//! any doubt is put in words.

use super::{AtomRing, Kind, Sampler};
use crate::lattice::Lattice;
use crate::polynomial::Polynomial;

/// A radicand that is no square looks like one at every point with probability 2^-40.
const N_POINTS: usize = 40;

impl AtomRing {
    /// `Ok` where independence is established, otherwise the reason for doubt.
    ///
    /// # Errors
    /// The doubt, in words.
    pub fn independence(&self) -> Result<(), String> {
        if let Some(doubt) = self.doubts.first() {
            return Err(doubt.clone());
        }
        self.constants_are_independent()?;
        self.functions_are_independent()?;
        self.roots_are_proper(|_| true)
    }

    fn constants_are_independent(&self) -> Result<(), String> {
        let number = |g: &&super::Generator| {
            matches!(g.kind, Kind::Constant { square: None }) && g.expression.as_symbol().is_none()
        };
        match self.generators.iter().filter(number).count() {
            0 | 1 => Ok(()),
            _ => Err("relations between the constants of the formula are not known".into()),
        }
    }

    fn functions_are_independent(&self) -> Result<(), String> {
        for lattice in [&self.exponents, &self.phases] {
            let mut varying = Lattice::default();
            for argument in lattice.basis() {
                if !self.is_canonical(argument) || !varying.extend(&self.without_constants(argument)) {
                    return Err("the arguments of exp, sin and cos may depend on each other".into());
                }
            }
        }
        match self.generators.iter().filter(|g| matches!(g.kind, Kind::Primitive { .. })).count() {
            0 | 1 => Ok(()),
            _ => Err("relations between logarithms or inverse functions are not examined".into()),
        }
    }

    /// Whether different forms of such a polynomial are different algebraic functions.
    fn is_canonical(&self, polynomial: &Polynomial) -> bool {
        let plain = |g: usize, e: i32| e > 0 && matches!(self.generators[g].kind, Kind::Variable | Kind::Root { .. });
        let constant = |g: usize| matches!(self.generators[g].kind, Kind::Constant { .. });
        polynomial.terms().all(|(m, _)| m.factors().all(|(g, e)| constant(g) || plain(g, e)))
    }

    fn without_constants(&self, polynomial: &Polynomial) -> Polynomial {
        let mut varying = Polynomial::zero();
        for (monomial, coefficient) in polynomial.terms() {
            let term = Polynomial::term(monomial.clone(), coefficient.clone());
            if !self.is_constant(&term) {
                varying = &varying + &term;
            }
        }
        varying
    }

    /// Whether no root whose order is `of_interest` can be written in terms of the rest.
    pub(super) fn roots_are_proper(&self, of_interest: impl Fn(u32) -> bool) -> Result<(), String> {
        let is_root = |g: &usize| matches!(self.generators[*g].kind, Kind::Root { order, .. } if of_interest(order));
        let roots: Vec<usize> = (0..self.generators.len()).filter(is_root).collect();
        if roots.is_empty() {
            return Ok(());
        }
        let mut sampler = Sampler::over_field(self, 0, 0x1e9d).map_err(|e| e.to_string())?;
        for _ in 0..N_POINTS {
            sampler.point().map_err(|e| e.to_string())?;
        }
        let doubtful = roots.into_iter().find(|&g| !self.root_is_proper(g, &sampler));
        doubtful.map_or(Ok(()), |g| Err(format!("{} may be expressible by the rest", self.generators[g].expression)))
    }

    fn root_is_proper(&self, generator: usize, sampler: &Sampler) -> bool {
        let Kind::Root { radicand, order } = &self.generators[generator].kind else { return true };
        // x^b = c y + d has no solution when the radicand has degree 1 in a variable found nowhere else.
        let linear = || {
            let linear_in =
                |v: usize| radicand.range(v).0 >= 0 && radicand.range(v).1 == 1 && self.only_in_one_root(v, generator);
            (0..self.n_variables).any(linear_in)
        };
        if *order == 2 { sampler.is_proper(generator) } else { linear() }
    }

    fn only_in_one_root(&self, variable: usize, root: usize) -> bool {
        self.generators.iter().enumerate().all(|(g, generator)| match &generator.kind {
            Kind::Root { radicand, .. } if g != root => radicand.range(variable) == (0, 0),
            _ => true,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Expr;

    fn independent(f: Expr) -> bool {
        let variables = ["x", "y"].map(Expr::symbol);
        AtomRing::new(&variables, &[f]).unwrap().independence().is_ok()
    }

    #[test]
    fn independence_is_established_or_doubted() {
        let (x, y) = (Expr::symbol("x"), Expr::symbol("y"));
        let r = (x.powi(2) + y.powi(2)).sqrt();
        assert!(independent((&x - &y).exp() + x.sin() / (&r + 1) + (&r + 2).sqrt()));
        assert!(independent(
            (&x * Expr::integer(3).sqrt()).exp()
                + x.exp()
                + x.pow_rational(&crate::Rational::from_parts(1.into(), 3u8.into()))
        ));
        // (x + y)^2 hides under the root.
        assert!(!independent((x.powi(2) + &x * &y * 2 + y.powi(2)).sqrt()));
        // sqrt(2 x^2 + 2 y^2) is sqrt(2) r.
        assert!(!independent(Expr::integer(2).sqrt() * &r + (&x * &y).sqrt() + (x.powi(2) * 2 + y.powi(2) * 2).sqrt()));
        assert!(!independent(x.log() + y.log() + (&x + &y).log()));
    }
}
