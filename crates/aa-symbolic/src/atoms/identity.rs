//! Is a polynomial in atoms the zero function? An answer over the rational numbers, not by sampling.

use super::AtomRing;
use crate::polynomial::{Monomial, Polynomial};

/// Give up on identities whose cleared form would pass this many products.
const MAX_PRODUCTS: usize = 20_000_000;

impl AtomRing {
    /// Whether the polynomial vanishes as a function: `Some(true)` is a proof. `Some(false)` says that its normal
    /// form is not zero, which disproves the identity where the atoms are independent
    /// ([`AtomRing::independence`]); `None` that the normal form is too large to compute.
    ///
    /// Denominators are cleared from the last generator to the first, and each relation r^b = P is then
    /// used up, so that every generator ends free or below its period.
    pub fn is_identically_zero(&self, polynomial: &Polynomial) -> Option<bool> {
        let mut rest = polynomial.clone();
        for generator in (self.n_variables..self.generators.len()).rev() {
            let Some(period) = self.period(generator) else { continue };
            let (least, greatest) = rest.range(generator);
            if least < 0 {
                rest = rest.shifted(&Monomial::power(generator, -least));
            }
            let most = greatest.max(0) - least.min(0);
            if self.growth(generator, most / period).saturating_mul(rest.n_terms()) > MAX_PRODUCTS {
                return None;
            }
            rest = self.reduce_generator(rest, generator);
        }
        Some(rest.is_zero())
    }

    /// A bound on the number of terms of the relation's right side to a power.
    fn growth(&self, generator: usize, power: i32) -> usize {
        let n = self.relation(generator).map_or(1, |(_, p)| p.n_terms());
        (1..=power.max(0) as usize)
            .try_fold(1usize, |count, k| Some(count.checked_mul(n + k - 1)? / k))
            .unwrap_or(usize::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Expr, Rational};

    fn zero(f: &Expr) -> Option<bool> {
        let variables = ["x", "y", "z"].map(Expr::symbol);
        let mut ring = AtomRing::new(&variables, std::slice::from_ref(f)).unwrap();
        let polynomial = ring.express(f).unwrap();
        ring.is_identically_zero(&polynomial)
    }

    #[test]
    fn textbook_identities_are_proved() {
        let [x, y, z] = ["x", "y", "z"].map(Expr::symbol);
        let r = (x.powi(2) + y.powi(2)).sqrt();
        let third = Rational::from_parts(1.into(), 3u8.into());
        for f in [
            (&x + &y).powi(2) - x.powi(2) - &x * &y * 2 - y.powi(2),
            x.sin().powi(2) + x.cos().powi(2) - 1,
            (&x * 2).sin() - x.sin() * x.cos() * 2,
            (&x + &y).cos() - x.cos() * y.cos() + x.sin() * y.sin(),
            (&x - &y).exp() * (&y - &z).exp() * (&z - &x).exp() - 1,
            1 / (&x - &y) / (&y - &z) - (1 / (&x - &y) + 1 / (&y - &z)) / (&x - &z),
            x.powi(2) / r.powi(3) + y.powi(2) / r.powi(3) - 1 / &r,
            1 / (&r + 1) - (&r - 1) / (x.powi(2) + y.powi(2) - 1),
            (&x + &y).pow_rational(&third).powi(3) - &x - &y,
            x.cosh().powi(2) - x.sinh().powi(2) - 1,
            x.tanh() - x.sinh() / x.cosh(),
            (&x * &y).log() - x.log() - y.log(),
            (Expr::integer(2).sqrt() + 1).powi(2) - 3 - Expr::integer(8).sqrt(),
        ] {
            assert_eq!(zero(&f), Some(true), "{f}");
        }
    }

    #[test]
    fn near_identities_are_not() {
        let [x, y, _] = ["x", "y", "z"].map(Expr::symbol);
        let r = (x.powi(2) + y.powi(2)).sqrt();
        for f in [
            x.sin().powi(2) + x.cos().powi(2) - Expr::decimal(1.000001).unwrap(),
            x.powi(2) / r.powi(3) + y.powi(2) / r.powi(3) * 2 - 1 / &r,
            Expr::integer(3).sqrt() - Expr::decimal(1.732050807).unwrap(),
        ] {
            assert_eq!(zero(&f), Some(false), "{f}");
        }
    }
}
