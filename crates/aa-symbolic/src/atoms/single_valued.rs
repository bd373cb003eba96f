//! Is the formula one smooth function, or several that meet at kinks?
//!
//! sqrt(x^2) is |x|. In the ring it is a root r with r^2 = x^2, and r/x has the derivative zero without being a
//! constant: it jumps where x changes its sign. An identity of the ring then holds on each side of the kink and says
//! nothing about what crosses it. The same goes for every even root of a square, for factors that come twice in a
//! radicand, and for inverse functions that leave a branch, as atan2 does.

use super::{AtomRing, Kind};
use crate::field::{Field, FieldStream};
use crate::polynomial::{Monomial, Polynomial};
use crate::univariate::Univariate;
use crate::{Function, Node, Rational};

impl AtomRing {
    /// `Ok` where identities of the ring hold across the whole domain of the formula, as far as this can tell.
    ///
    /// # Errors
    /// The part that may have a kink, in words.
    pub fn is_single_valued(&self) -> Result<(), String> {
        match (0..self.generators.len()).find(|&g| self.may_have_kinks(g)) {
            Some(g) => Err(format!("{} may have kinks or branches", self.generators[g].expression)),
            None => self.roots_are_proper(|order| order % 2 == 0),
        }
    }

    fn may_have_kinks(&self, generator: usize) -> bool {
        let generator = &self.generators[generator];
        match (&generator.kind, generator.expression.node()) {
            (Kind::Root { radicand, order }, _) => order % 2 == 0 && self.has_repeated_factor(radicand),
            // exp(log(x^2)/2) is |x|, too.
            (Kind::Exponential { argument }, _) => self.logarithms_in(argument).any(|p| self.has_repeated_factor(&p)),
            (Kind::Primitive { .. }, node) => !matches!(node, Node::Apply(Function::Log, _)),
            _ => false,
        }
    }

    /// The arguments of the logarithms in a polynomial.
    fn logarithms_in(&self, polynomial: &Polynomial) -> impl Iterator<Item = Polynomial> {
        let generators: Vec<usize> = polynomial.ranges().into_keys().collect();
        generators.into_iter().filter_map(|g| match &self.generators[g].kind {
            Kind::Primitive { parts } => parts.first().map(|(_, argument)| argument.clone()),
            _ => None,
        })
    }

    /// Whether a factor that can vanish comes twice, seen along a random line through the generators: a square there
    /// is one everywhere, but for bad luck.
    fn has_repeated_factor(&self, polynomial: &Polynomial) -> bool {
        let vanishes = |g: usize| !matches!(self.generators[g].kind, Kind::Exponential { .. } | Kind::Constant { .. });
        let content = polynomial.common_monomial();
        if content.factors().any(|(g, e)| e.abs() > 1 && vanishes(g)) {
            return true;
        }
        let rest = polynomial.shifted(&content.pow(-1));
        let along = self.along_a_line(&rest);
        along.derivative().gcd(&along).degree() > 0
    }

    /// The polynomial with every generator that may vanish put on a line with small whole coefficients.
    fn along_a_line(&self, polynomial: &Polynomial) -> Univariate {
        let mut stream = FieldStream::new(0x51d3);
        let mut small = || Rational::from((stream.element(&Field::first()) % 97) as i64 - 48);
        let lines: Vec<Univariate> =
            self.generators.iter().map(|_| Univariate::new(vec![small(), small() + Rational::from(100)])).collect();
        let term = |(monomial, coefficient): (&Monomial, &Rational)| {
            let factors = monomial.factors().flat_map(|(g, e)| (0..e).map(move |_| g)).map(|g| &lines[g]);
            factors.fold(Univariate::new(vec![coefficient.clone()]), |product, factor| &product * factor)
        };
        polynomial.terms().map(term).fold(Univariate::new(vec![]), |sum, term| &sum + &term)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Expr;

    fn single_valued(f: &Expr) -> bool {
        let variables = ["x", "y"].map(Expr::symbol);
        AtomRing::new(&variables, std::slice::from_ref(f)).unwrap().is_single_valued().is_ok()
    }

    #[test]
    fn kinks_are_seen() {
        let [x, y] = ["x", "y"].map(Expr::symbol);
        let square = (&x - &y).powi(2);
        for smooth in [
            (x.powi(2) + y.powi(2)).sqrt(),
            (x.powi(2) + 1).sqrt().powi(-1) * (&x - &y).exp(),
            x.log() + (&x * 2).sin(),
            ((x.powi(2) + y.powi(2)).sqrt() + 1).sqrt(),
            (&x * &y).sqrt(),
        ] {
            assert!(single_valued(&smooth), "{smooth}");
        }
        for kinked in [
            square.sqrt(),
            (&square * (&x + 3)).sqrt(),
            (x.powi(2) + &x * &y * 2 + y.powi(2)).sqrt(),
            (square.log() / 2).exp(),
            x.sin().asin(),
            Expr::atan2(&y, &x),
        ] {
            assert!(!single_valued(&kinked), "{kinked}");
        }
    }
}
