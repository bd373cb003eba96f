//! Polynomials as functions: slopes, values, substitution, parts by degree.

use std::collections::BTreeMap;

use super::{Monomial, Polynomial};
use crate::rational::Rational;

impl Polynomial {
    /// The partial derivative with respect to a generator.
    pub fn partial(&self, generator: usize) -> Polynomial {
        let mut slope = Polynomial::zero();
        for (monomial, coefficient) in self.terms() {
            let exponent = monomial.exponent(generator);
            slope.add_term(monomial.with_exponent(generator, exponent - 1), coefficient * Rational::from(exponent));
        }
        slope
    }

    /// The polynomial with `images[i]` for generator i. None where an exponent is negative or an image is missing.
    pub fn substituted(&self, images: &[Polynomial]) -> Option<Polynomial> {
        let mut sum = Polynomial::zero();
        for (monomial, coefficient) in self.terms() {
            let mut product = Polynomial::constant(coefficient.clone());
            for (generator, exponent) in monomial.factors() {
                product = &product * &images.get(generator)?.pow(u32::try_from(exponent).ok()?);
            }
            sum = &sum + &product;
        }
        Some(sum)
    }

    /// The value where generator i is `point[i]`. None where an exponent is negative or an entry is missing.
    pub fn value_at(&self, point: &[Rational]) -> Option<Rational> {
        let images: Vec<Polynomial> = point.iter().cloned().map(Polynomial::constant).collect();
        self.substituted(&images)?.as_constant()
    }

    /// The parts of one total degree each, by degree.
    ///
    /// ```
    /// use aa_symbolic::polynomial::Polynomial;
    /// let (x, y) = (Polynomial::generator(0), Polynomial::generator(1));
    /// let parts = (&(&x * &y) + &(&x.pow(2) + &y)).homogeneous_parts();
    /// assert_eq!(parts.into_iter().collect::<Vec<_>>(), [(1, y.clone()), (2, &(&x * &y) + &x.pow(2))]);
    /// ```
    pub fn homogeneous_parts(&self) -> BTreeMap<i32, Polynomial> {
        let mut parts: BTreeMap<i32, Polynomial> = BTreeMap::new();
        for (monomial, coefficient) in self.terms() {
            parts.entry(monomial.degree()).or_default().add_term(monomial.clone(), coefficient.clone());
        }
        parts
    }
}

impl Monomial {
    /// The sum of all exponents.
    pub fn degree(&self) -> i32 {
        self.factors().map(|(_, exponent)| exponent).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn x(i: usize) -> Polynomial {
        Polynomial::generator(i)
    }

    #[test]
    fn substitution_is_a_ring_map() {
        let (a, b) = (&x(0).pow(3) - &x(1), &(&x(0) * &x(1)) + &Polynomial::one());
        let images = [&x(0) + &x(1), x(1).scaled(&Rational::from(2))];
        let image = |p: &Polynomial| p.substituted(&images).unwrap();
        assert_eq!(image(&(&a * &b)), &image(&a) * &image(&b));
        assert_eq!(a.value_at(&[Rational::from(2), Rational::from(3)]), Some(Rational::from(5)));
        assert_eq!(x(2).value_at(&[Rational::ONE]), None);
        assert_eq!(Polynomial::term(Monomial::power(0, -1), Rational::ONE).value_at(&[Rational::ONE]), None);
    }

    #[test]
    fn homogeneous_functions_obey_euler() {
        let cubic = &(&x(0).pow(2) * &x(1)) - &x(1).pow(3).scaled(&Rational::from(5));
        let radial = &(&x(0) * &cubic.partial(0)) + &(&x(1) * &cubic.partial(1));
        assert_eq!(radial, cubic.scaled(&Rational::from(3)));
    }
}
