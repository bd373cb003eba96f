//! Polynomials in one variable over the rational numbers: division, common factors, rational roots.
//!
//! Also the elements of Q[s]/(f), as remainders: a number known only as a root of f is computed with through its
//! polynomial f, and never through decimals.

use std::collections::BTreeSet;
use std::ops::{Add, Mul, Sub};

use dashu::base::{Abs, RemEuclid};
use dashu::integer::IBig;

use crate::field::Field;
use crate::polynomial::Polynomial;
use crate::rational::{Rational, content};

/// A polynomial by its coefficients, ascending; the last is not zero.
///
/// ```
/// use aa_symbolic::{Rational, univariate::Univariate};
/// let [one, two] = [1, 2].map(|r| Univariate::with_root(&Rational::from(r)));
/// let p = &(&one * &one) * &two;
/// assert_eq!(p.spelled("s"), "s**3 - 4*s**2 + 5*s - 2");
/// assert_eq!(p.square_free(), &one * &two);
/// assert_eq!(p.rational_roots(), [1, 2].map(Rational::from));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Univariate(Vec<Rational>);

impl Univariate {
    /// The polynomial with these coefficients, ascending.
    pub fn new(mut coefficients: Vec<Rational>) -> Univariate {
        while coefficients.last().is_some_and(Rational::is_zero) {
            coefficients.pop();
        }
        Univariate(coefficients)
    }

    /// A number.
    pub fn constant(value: Rational) -> Univariate {
        Univariate::new(vec![value])
    }

    /// The polynomial x.
    pub fn variable() -> Univariate {
        Univariate::with_root(&Rational::ZERO)
    }

    /// The polynomial x - root.
    pub fn with_root(root: &Rational) -> Univariate {
        Univariate::new(vec![-root, Rational::ONE])
    }

    /// The coefficients, ascending; none for 0.
    pub fn coefficients(&self) -> &[Rational] {
        &self.0
    }

    /// The degree; 0 for every constant, 0 included.
    pub fn degree(&self) -> usize {
        self.0.len().saturating_sub(1)
    }

    /// Whether this is the polynomial 0.
    pub fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    /// The polynomial times a number.
    pub fn scaled(&self, factor: &Rational) -> Univariate {
        Univariate::new(self.0.iter().map(|c| c * factor).collect())
    }

    /// The value at x.
    pub fn value_at(&self, x: &Rational) -> Rational {
        self.0.iter().rev().fold(Rational::ZERO, |value, coefficient| value * x + coefficient)
    }

    /// The polynomial with `inner` for x.
    pub fn composed(&self, inner: &Univariate) -> Univariate {
        let step = |value: Univariate, c: &Rational| &(&value * inner) + &Univariate::constant(c.clone());
        self.0.iter().rev().fold(Univariate::default(), step)
    }

    /// The value of a polynomial whose generator i is `point[i]`, modulo `modulus`.
    ///
    /// # Panics
    /// If an exponent is negative or an entry of `point` is missing.
    pub fn value_of(polynomial: &Polynomial, point: &[Univariate], modulus: &Univariate) -> Univariate {
        let mut sum = Univariate::default();
        for (monomial, coefficient) in polynomial.terms() {
            let mut product = Univariate::constant(coefficient.clone());
            for (generator, exponent) in monomial.factors() {
                assert!(exponent > 0, "a polynomial has no negative exponents");
                for _ in 0..exponent {
                    product = (&product * &point[generator]).modulo(modulus);
                }
            }
            sum = &sum + &product;
        }
        sum
    }

    /// The derivative.
    pub fn derivative(&self) -> Univariate {
        Univariate::new(self.0.iter().enumerate().skip(1).map(|(i, c)| c * Rational::from(i)).collect())
    }

    /// Quotient and remainder; the remainder has a smaller degree than the divisor.
    ///
    /// # Panics
    /// If the divisor is 0.
    pub fn divided_by(&self, divisor: &Univariate) -> (Univariate, Univariate) {
        let lead = divisor.0.last().expect("the divisor is not zero");
        let mut rest = self.0.clone();
        let n_quotient = (rest.len() + 1).saturating_sub(divisor.0.len());
        let mut quotient = vec![Rational::ZERO; n_quotient];
        for shift in (0..n_quotient).rev() {
            let share = &rest[shift + divisor.degree()] / lead;
            divisor.0.iter().zip(&mut rest[shift..]).for_each(|(d, r)| *r -= d * &share);
            quotient[shift] = share;
        }
        (Univariate::new(quotient), Univariate::new(rest))
    }

    /// The remainder; the polynomial itself where the modulus is 0.
    pub fn modulo(&self, modulus: &Univariate) -> Univariate {
        if modulus.is_zero() { self.clone() } else { self.divided_by(modulus).1 }
    }

    /// The quotient of a polynomial by one of its factors.
    pub fn without(&self, factor: &Univariate) -> Univariate {
        self.divided_by(factor).0
    }

    /// The polynomial divided by its leading coefficient.
    pub fn monic(&self) -> Univariate {
        self.0.last().map_or_else(Univariate::default, |lead| self.scaled(&(Rational::ONE / lead)))
    }

    /// The monic greatest common divisor; 0 where both are 0.
    pub fn gcd(&self, other: &Univariate) -> Univariate {
        let (mut a, mut b) = (self.clone(), other.clone());
        while !b.is_zero() {
            // Coprime whole coefficients keep the numbers small.
            (a, b) = (b.clone(), a.divided_by(&b).1.primitive());
        }
        a.monic()
    }

    /// The polynomial u with self * u = 1 modulo `modulus`; None where there is a common factor.
    pub fn inverse_modulo(&self, modulus: &Univariate) -> Option<Univariate> {
        // Invariant: a = u * self and b = v * self modulo the modulus.
        let (mut a, mut u) = (self.modulo(modulus), Univariate::constant(Rational::ONE));
        let (mut b, mut v) = (modulus.clone(), Univariate::default());
        while !a.is_zero() {
            let (quotient, rest) = b.divided_by(&a);
            (b, a) = (a, rest);
            (v, u) = (u.clone(), (&v - &(&quotient * &u)).modulo(modulus));
        }
        let scale = b.0.first().filter(|_| b.degree() == 0)?;
        Some(v.scaled(&(Rational::ONE / scale)))
    }

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

    /// The multiple with coprime whole coefficients.
    pub fn primitive(&self) -> Univariate {
        if self.is_zero() { self.clone() } else { self.scaled(&(Rational::ONE / content(self.0.iter()))) }
    }

    /// The polynomial as text, highest power first.
    pub fn spelled(&self, variable: &str) -> String {
        let mut text = String::new();
        for (i, c) in self.0.iter().enumerate().rev().filter(|(_, c)| !c.is_zero()) {
            let sign = match (*c < Rational::ZERO, text.is_empty()) {
                (true, true) => "-",
                (false, true) => "",
                (true, false) => " - ",
                (false, false) => " + ",
            };
            let power = if i == 1 { variable.to_string() } else { format!("{variable}**{i}") };
            let size = c.clone().abs();
            text += sign;
            text += &match (i, size.is_one()) {
                (0, _) => size.to_string(),
                (_, true) => power,
                _ => format!("{size}*{power}"),
            };
        }
        if text.is_empty() { "0".into() } else { text }
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

fn sum(a: &Univariate, b: &Univariate) -> Univariate {
    let (long, short) = if a.0.len() >= b.0.len() { (a, b) } else { (b, a) };
    let mut sum = long.0.clone();
    sum.iter_mut().zip(&short.0).for_each(|(x, y)| *x += y);
    Univariate::new(sum)
}

fn product(a: &Univariate, b: &Univariate) -> Univariate {
    let mut product = vec![Rational::ZERO; a.0.len() + b.0.len()];
    for (i, x) in a.0.iter().enumerate() {
        b.0.iter().zip(&mut product[i..]).for_each(|(y, entry)| *entry += x * y);
    }
    Univariate::new(product)
}

impl Add for &Univariate {
    type Output = Univariate;
    fn add(self, other: &Univariate) -> Univariate {
        sum(self, other)
    }
}

impl Sub for &Univariate {
    type Output = Univariate;
    fn sub(self, other: &Univariate) -> Univariate {
        sum(self, &other.scaled(&Rational::NEG_ONE))
    }
}

impl Mul for &Univariate {
    type Output = Univariate;
    fn mul(self, other: &Univariate) -> Univariate {
        product(self, other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_rational;

    fn polynomial(coefficients: &[i64]) -> Univariate {
        Univariate::new(coefficients.iter().map(|&c| Rational::from(c)).collect())
    }

    #[test]
    fn division_leaves_a_smaller_remainder() {
        let (a, b) = (polynomial(&[3, -1, 0, 7, 2]), polynomial(&[1, 5, 3]));
        let (quotient, rest) = a.divided_by(&b);
        assert_eq!(&(&quotient * &b) + &rest, a);
        assert!(rest.degree() < b.degree());
        assert_eq!(b.divided_by(&a), (Univariate::default(), b));
    }

    #[test]
    fn common_factors_are_found() {
        let (a, b, c) = (polynomial(&[1, 0, 1]), polynomial(&[-2, 0, 3]), polynomial(&[5, 1]));
        assert_eq!((&a * &b).gcd(&(&b * &c)), b.monic());
        assert_eq!((&(&a * &a) * &b).square_free(), (&a * &b).monic());
    }

    #[test]
    fn inverses_live_modulo_a_polynomial() {
        let (a, f) = (polynomial(&[1, 2, 0, 1]), polynomial(&[-2, 0, 0, 0, 1]));
        let inverse = a.inverse_modulo(&f).unwrap();
        assert_eq!((&a * &inverse).modulo(&f), polynomial(&[1]));
        assert_eq!(polynomial(&[0, 3]).inverse_modulo(&polynomial(&[0, -1, 1])), None);
    }

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
    fn composition_is_substitution() {
        let (p, q) = (polynomial(&[1, -2, 0, 4]), polynomial(&[3, 1, 2]));
        let x = parse_rational("-5/7").unwrap();
        assert_eq!(p.composed(&q).value_at(&x), p.value_at(&q.value_at(&x)));
    }
}
