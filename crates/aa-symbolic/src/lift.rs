//! From residues back to rational numbers: Chinese remainders and rational reconstruction.

use dashu::base::{Gcd, UnsignedAbs};
use dashu::integer::{IBig, UBig};

use crate::Rational;
use crate::field::Field;

/// A number known modulo the product of some primes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Residue {
    value: UBig,
    modulus: UBig,
}

impl Residue {
    /// A number known modulo one prime.
    pub fn new(field: &Field, value: u64) -> Residue {
        Residue { value: value.into(), modulus: field.modulus().into() }
    }

    /// The same number once its residue in one more field is known.
    pub fn join(&self, field: &Field, value: u64) -> Residue {
        let known = &self.value % field.modulus();
        let step = field.mul(field.sub(value, known), field.inverse(&self.modulus % field.modulus()));
        Residue { value: &self.value + &self.modulus * step, modulus: &self.modulus * field.modulus() }
    }

    /// The rational number n/d with n^2 and d^2 below half the modulus, if there is one (there is at
    /// most one).
    pub fn rational(&self) -> Option<Rational> {
        let (mut r, mut next_r) = (IBig::from(self.modulus.clone()), IBig::from(self.value.clone()));
        let (mut t, mut next_t) = (IBig::ZERO, IBig::ONE);
        while double_square(&next_r) >= self.modulus {
            let quotient = &r / &next_r;
            let rest = &r - &quotient * &next_r;
            (r, next_r) = (next_r, rest);
            let rest = &t - &quotient * &next_t;
            (t, next_t) = (next_t, rest);
        }
        let small = double_square(&next_t) < self.modulus && next_t != IBig::ZERO;
        let coprime = next_r.clone().gcd(next_t.clone()) == UBig::ONE;
        (small && coprime).then(|| Rational::from_parts_signed(next_r, next_t))
    }

    /// The residue of this number times a whole number.
    fn scaled(&self, factor: &UBig) -> Residue {
        Residue { value: &self.value * factor % &self.modulus, modulus: self.modulus.clone() }
    }
}

fn double_square(x: &IBig) -> UBig {
    x.unsigned_abs().sqr() << 1
}

/// Lifts a vector to rational numbers. The denominators found so far multiply each next entry before
/// it is lifted, so a common denominator is paid for once.
pub fn lift(residues: &[Residue]) -> Option<Vec<Rational>> {
    let mut denominator = UBig::ONE;
    let mut lifted = Vec::with_capacity(residues.len());
    for residue in residues {
        let scaled = residue.scaled(&denominator).rational()?;
        denominator *= scaled.denominator();
        lifted.push(Rational::from_parts(scaled.numerator().clone(), denominator.clone()));
    }
    Some(lifted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn residue(x: &Rational, n_primes: usize) -> Residue {
        let fields: Vec<Field> = Field::all().take(n_primes).collect();
        let image = |field: &Field| field.image(x).expect("a small denominator");
        let first = Residue::new(&fields[0], image(&fields[0]));
        fields[1..].iter().fold(first, |known, field| known.join(field, image(field)))
    }

    #[test]
    fn small_rationals_need_one_prime() {
        for (n, d) in [(0, 1), (1, 1), (-3, 7), (16, 3), (-999_999_937, 999_999_893)] {
            let x = Rational::from_parts(n.into(), (d as u64).into());
            assert_eq!(residue(&x, 1).rational(), Some(x));
        }
    }

    #[test]
    fn large_rationals_need_more_primes() {
        let x = Rational::from_parts(IBig::from(-10).pow(17), UBig::from(3u8).pow(35));
        assert_ne!(residue(&x, 1).rational(), Some(x.clone()));
        assert_eq!(residue(&x, 2).rational(), Some(x));
    }

    #[test]
    fn a_common_denominator_is_paid_for_once() {
        let x: Vec<Rational> =
            [(5, 77_777_777u64), (-900_000, 77_777_777)].map(|(n, d)| Rational::from_parts(n.into(), d.into())).into();
        let residues: Vec<Residue> = x.iter().map(|x| residue(x, 1)).collect();
        assert_eq!(lift(&residues), Some(x));
    }
}
