//! Double roots and rational roots, without factoring anything.

use std::collections::BTreeSet;

use dashu::base::{Abs, RemEuclid};
use dashu::integer::IBig;

use super::Univariate;
use crate::field::Field;
use crate::rational::Rational;

impl Univariate {
    /// The monic polynomial with the same roots, each of them once.
    pub fn square_free(&self) -> Univariate {
        if self.is_zero() || self.is_square_free_modulo(&Field::first()) == Some(true) {
            return self.monic();
        }
        self.without(&self.gcd(&self.derivative())).monic()
    }

    /// Whether there is no double root modulo p; then there is none at all. None where p cannot tell.
    fn is_square_free_modulo(&self, field: &Field) -> Option<bool> {
        let image = |f: &Univariate| f.0.iter().map(|c| field.image(c)).collect::<Option<Vec<u64>>>();
        let (mut a, mut b) = (image(self)?, image(&self.derivative())?);
        if a.last() == Some(&0) {
            return None;
        }
        while let Some(lead) = b.iter().rposition(|&c| c != 0) {
            b.truncate(lead + 1);
            let inverse = field.inverse(b[lead]);
            while a.len() >= b.len() {
                let (shift, share) = (a.len() - b.len(), field.mul(a[a.len() - 1], inverse));
                a[shift..].iter_mut().zip(&b).for_each(|(x, y)| *x = field.sub(*x, field.mul(share, *y)));
                a.pop();
            }
            std::mem::swap(&mut a, &mut b);
        }
        Some(a.len() == 1)
    }

    /// All rational roots, ascending, each of them once; none for a constant.
    ///
    /// Roots modulo a small prime are lifted by Newton's method until the modulus tells a_n x apart from all other
    /// whole numbers that it can be, where a_n is the leading coefficient; nothing needs to be factored.
    pub fn rational_roots(&self) -> Vec<Rational> {
        let whole = self.square_free().primitive();
        if whole.degree() == 0 {
            return Vec::new();
        }
        let (p, residues) = primes()
            .find_map(|p| Some((p, whole.simple_roots_modulo(p)?)))
            .expect("few primes divide the discriminant or the leading coefficient");
        let roots: BTreeSet<Rational> = residues.into_iter().filter_map(|root| whole.lifted(root, p)).collect();
        roots.into_iter().collect()
    }

    /// The monic square-free polynomial of the roots that are not rational.
    pub fn irrational_part(&self) -> Univariate {
        let roots = self.rational_roots();
        roots.iter().fold(self.square_free(), |rest, root| rest.without(&Univariate::with_root(root)))
    }

    /// The roots modulo p of a polynomial with whole coefficients; None where one is not simple or p divides the
    /// leading coefficient.
    fn simple_roots_modulo(&self, p: u64) -> Option<Vec<u64>> {
        let modulus = IBig::from(p);
        let residue = |c: &Rational| u64::try_from(c.numerator().rem_euclid(&modulus)).expect("less than p");
        let image = |f: &Univariate| f.0.iter().map(residue).collect::<Vec<u64>>();
        let (values, slopes) = (image(self), image(&self.derivative()));
        let at = |coefficients: &[u64], x: u64| coefficients.iter().rev().fold(0, |value, c| (value * x + c) % p);
        let roots: Vec<u64> = (0..p).filter(|&x| at(&values, x) == 0).collect();
        let simple = values.last() != Some(&0) && roots.iter().all(|&x| at(&slopes, x) != 0);
        simple.then_some(roots)
    }

    /// The rational root that is the simple root `residue` modulo the prime p, where there is one.
    fn lifted(&self, residue: u64, p: u64) -> Option<Rational> {
        let slope = self.derivative();
        let rest = |x: IBig, modulus: &IBig| IBig::from(x.rem_euclid(modulus));
        let at = |f: &Univariate, x: &IBig, modulus: &IBig| {
            f.0.iter().rev().fold(IBig::ZERO, |value, c| rest(value * x + c.numerator(), modulus))
        };
        let lead = self.0.last()?.numerator();
        // Cauchy: |x| <= 1 + max |a_i / a_n|, and a_n x is whole.
        let bound = self.0.iter().map(|c| c.numerator().clone().abs()).max()? + lead.clone().abs();
        let (mut root, mut modulus) = (IBig::from(residue), IBig::from(p));
        let slope_there = at(&slope, &root, &modulus);
        let mut inverse = (1..p).map(IBig::from).find(|i| rest(i * &slope_there, &modulus) == IBig::ONE)?;
        while modulus <= IBig::from(2) * &bound {
            modulus = &modulus * &modulus;
            root = rest(&root - at(self, &root, &modulus) * &inverse, &modulus);
            inverse = rest(&inverse * (IBig::from(2) - at(&slope, &root, &modulus) * &inverse), &modulus);
        }
        let scaled = rest(root * lead, &modulus);
        let scaled = if IBig::from(2) * &scaled > modulus { scaled - &modulus } else { scaled };
        let root = Rational::from(scaled) / Rational::from(lead.clone());
        self.value_at(&root).is_zero().then_some(root)
    }
}

/// Primes large enough that roots seldom meet, and small enough to try every residue.
fn primes() -> impl Iterator<Item = u64> {
    (200u64..).filter(|n| (2..*n).take_while(|d| d * d <= *n).all(|d| n % d != 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_rational;
    use crate::univariate::tests::polynomial;

    #[test]
    fn rational_roots_are_complete() {
        // (3 x - 2)^2 (x + 5) (x^2 - 2) (x^2 + x + 1) x
        let factors: [&[i64]; 6] = [&[-2, 3], &[-2, 3], &[5, 1], &[-2, 0, 1], &[1, 1, 1], &[0, 1]];
        let product = factors.iter().fold(polynomial(&[7]), |p, f| &p * &polynomial(f));
        let roots: Vec<Rational> = ["-5", "0", "2/3"].iter().map(|t| parse_rational(t).unwrap()).collect();
        assert_eq!(product.rational_roots(), roots);
        assert_eq!(product.irrational_part(), (&polynomial(&[-2, 0, 1]) * &polynomial(&[1, 1, 1])).monic());
        assert!(polynomial(&[4]).rational_roots().is_empty());
    }

    #[test]
    fn roots_of_any_size_are_found() {
        // Roots that meet modulo small primes, have large denominators, or are multiples of the prime tried first.
        let texts = ["-123456789012345678901/3", "0", "1/211", "211", "422", "211211/1000000007"];
        let roots: Vec<Rational> = texts.iter().map(|t| parse_rational(t).unwrap()).collect();
        let product = roots.iter().fold(polynomial(&[-3, 0, 5]), |p, root| &p * &Univariate::with_root(root));
        let mut expected = roots.clone();
        expected.sort();
        assert_eq!(product.rational_roots(), expected);
        assert_eq!(product.irrational_part(), polynomial(&[-3, 0, 5]).monic());
    }
}
