//! Polynomials in one unknown over a field: interpolation, common divisors, roots.
//!
//! Where does a determinant that depends on a parameter vanish? Interpolated modulo a prime, it is a polynomial whose
//! roots in the field are found exactly (Cantor and Zassenhaus 1981).

use crate::field::{Field, FieldStream};

/// A polynomial by its coefficients, from the constant on; the last is not zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Univariate {
    field: Field,
    coefficients: Vec<u64>,
}

impl Univariate {
    /// The polynomial with these coefficients, from the constant on.
    pub(crate) fn new(field: Field, mut coefficients: Vec<u64>) -> Univariate {
        while coefficients.last() == Some(&0) {
            coefficients.pop();
        }
        Univariate { field, coefficients }
    }

    /// The polynomial of at most this degree with the given values (Newton 1711). It stops early once two values in
    /// a row come out as foretold: for a polynomial of higher degree that has a chance of (degree / p)^2.
    pub(crate) fn interpolate(field: Field, degree: usize, mut value: impl FnMut(u64) -> u64) -> Univariate {
        let mut stream = FieldStream::new(0x1e7);
        let (mut known, mut vanishing) = (Univariate::new(field, vec![]), Univariate::new(field, vec![1]));
        let mut foretold = 0;
        for _ in 0..=degree {
            let x = stream.element(&field);
            let miss = field.sub(value(x), known.value(x));
            foretold = if miss == 0 { foretold + 1 } else { 0 };
            if foretold == 2 {
                break;
            }
            known.add_multiple(field.mul(miss, field.inverse(vanishing.value(x))), 0, &vanishing);
            vanishing = vanishing.times(&Univariate::new(field, vec![field.negate(x), 1]));
        }
        known
    }

    /// The degree; 0 for constants, zero included.
    pub(crate) fn degree(&self) -> usize {
        self.coefficients.len().saturating_sub(1)
    }

    fn is_zero(&self) -> bool {
        self.coefficients.is_empty()
    }

    /// The value at x.
    pub(crate) fn value(&self, x: u64) -> u64 {
        self.coefficients.iter().rev().fold(0, |sum, &c| self.field.add(self.field.mul(sum, x), c))
    }

    /// Adds factor x^shift other.
    fn add_multiple(&mut self, factor: u64, shift: usize, other: &Univariate) {
        let length = self.coefficients.len().max(other.coefficients.len() + shift);
        self.coefficients.resize(length, 0);
        for (sum, &c) in self.coefficients[shift..].iter_mut().zip(&other.coefficients) {
            *sum = self.field.add(*sum, self.field.mul(factor, c));
        }
        *self = Univariate::new(self.field, std::mem::take(&mut self.coefficients));
    }

    /// The product.
    pub(crate) fn times(&self, other: &Univariate) -> Univariate {
        let mut product = Univariate::new(self.field, vec![]);
        for (shift, &c) in self.coefficients.iter().enumerate() {
            product.add_multiple(c, shift, other);
        }
        product
    }

    /// Quotient and remainder by a polynomial that is not zero.
    pub(crate) fn divided(&self, divisor: &Univariate) -> (Univariate, Univariate) {
        let (field, degree) = (self.field, divisor.degree());
        let inverse = field.inverse(divisor.coefficients[degree]);
        let mut rest = self.coefficients.clone();
        let mut quotient = vec![0; rest.len().saturating_sub(degree)];
        for shift in (0..quotient.len()).rev() {
            let factor = field.mul(rest[shift + degree], inverse);
            for (x, &c) in rest[shift..].iter_mut().zip(&divisor.coefficients) {
                *x = field.sub(*x, field.mul(factor, c));
            }
            quotient[shift] = factor;
        }
        (Univariate::new(field, quotient), Univariate::new(field, rest))
    }

    /// The greatest common divisor, up to a constant factor.
    pub(crate) fn common_divisor(&self, other: &Univariate) -> Univariate {
        let (mut a, mut b) = (self.clone(), other.clone());
        while !b.is_zero() {
            (a, b) = (b.clone(), a.divided(&b).1);
        }
        a
    }

    /// The polynomial with the same roots in every extension of the field, each of them once. (The degree is below p.)
    pub(crate) fn squarefree(&self) -> Univariate {
        let slopes = self.coefficients.iter().enumerate().skip(1);
        let slopes = slopes.map(|(n, &c)| self.field.mul(n as u64, c)).collect();
        let repeated = self.common_divisor(&Univariate::new(self.field, slopes));
        if repeated.degree() == 0 { self.clone() } else { self.divided(&repeated).0 }
    }

    /// The roots in the field, ascending, each once; none for the polynomial 0.
    pub(crate) fn roots(&self) -> Vec<u64> {
        let mut roots = Vec::new();
        if self.degree() > 0 {
            // x^p - x has every element of the field as a root, each once.
            let mut frobenius = self.power_of_linear(0, self.field.modulus());
            let x = Univariate::new(self.field, vec![0, 1]);
            frobenius.add_multiple(self.field.negate(1), 0, &x);
            self.common_divisor(&frobenius).split(&mut FieldStream::new(0x5917), &mut roots);
        }
        roots.sort_unstable();
        roots
    }

    /// The roots of a product of different linear factors.
    fn split(&self, stream: &mut FieldStream, roots: &mut Vec<u64>) {
        let field = self.field;
        match self.coefficients[..] {
            [constant, slope] => roots.push(field.negate(field.mul(constant, field.inverse(slope)))),
            [_, _, ..] => loop {
                // Half of all elements have (root + shift)^((p - 1)/2) = 1.
                let mut half = self.power_of_linear(stream.element(&field), (field.modulus() - 1) / 2);
                half.add_multiple(field.negate(1), 0, &Univariate::new(field, vec![1]));
                let part = self.common_divisor(&half);
                if part.degree() > 0 && part.degree() < self.degree() {
                    part.split(stream, roots);
                    return self.divided(&part).0.split(stream, roots);
                }
            },
            _ => {}
        }
    }

    /// (x + shift)^n modulo this polynomial, which is not constant.
    fn power_of_linear(&self, shift: u64, n: u64) -> Univariate {
        let base = Univariate::new(self.field, vec![shift, 1]).divided(self).1;
        let mut power = Univariate::new(self.field, vec![1]);
        for bit in (0..u64::BITS - n.leading_zeros()).rev() {
            power = power.times(&power).divided(self).1;
            if n >> bit & 1 == 1 {
                power = power.times(&base).divided(self).1;
            }
        }
        power
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_roots(roots: &[i64]) -> Univariate {
        let field = Field::first();
        let linear = |&root: &i64| Univariate::new(field, vec![field.small(-root), 1]);
        roots.iter().map(linear).fold(Univariate::new(field, vec![7]), |product, factor| product.times(&factor))
    }

    fn shown(polynomial: &Univariate) -> Vec<i64> {
        let p = polynomial.field.modulus() as i64;
        let mut roots: Vec<i64> =
            polynomial.roots().iter().map(|&x| if x as i64 > p / 2 { x as i64 - p } else { x as i64 }).collect();
        roots.sort_unstable();
        roots
    }

    #[test]
    fn roots_are_found_once_each() {
        let product = with_roots(&[-6, 3, 3, 0, 1_000_000_007, -6]);
        assert_eq!(shown(&product), [-6, 0, 3, 1_000_000_007]);
        assert_eq!(product.squarefree().degree(), 4);
        assert_eq!(shown(&with_roots(&[])), [] as [i64; 0]);
    }

    #[test]
    fn quadratics_without_roots_stay_whole() {
        // p = 3 mod 4, so -1 is no square.
        let field = Field::first();
        let quadratic = Univariate::new(field, vec![1, 0, 1]);
        let product = quadratic.times(&with_roots(&[5]));
        assert_eq!(shown(&product), [5]);
        assert_eq!(product.squarefree().degree(), 3);
    }

    #[test]
    fn interpolation_stops_once_the_degree_is_reached() {
        let cubic = with_roots(&[1, 2, -9]);
        let mut n_values = 0;
        let found = Univariate::interpolate(Field::first(), 100, |x| {
            n_values += 1;
            cubic.value(x)
        });
        assert_eq!((found, n_values), (cubic, 4 + 2));
    }

    #[test]
    fn common_divisors_hold_the_common_roots() {
        let divisor = with_roots(&[1, 2, 5]).common_divisor(&with_roots(&[2, 3, 5, 8]));
        assert_eq!(shown(&divisor), [2, 5]);
    }
}
