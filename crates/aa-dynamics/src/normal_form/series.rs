//! Polynomials in n pairs of canonical variables u, v with {u_j, v_j} = i, degree by degree.
//!
//! A monomial is one word of 128 bits, an exponent in each field of bits, so that a product of monomials is a sum of
//! words. Terms are kept in increasing order: sums run in one order on every machine.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::number::{Complex, Real};

/// The exponents of u_1..u_n, v_1..v_n, one to a field of bits, u_1 lowest.
pub(super) type Monomial = u128;

/// The terms of one degree, in increasing order of their monomials; no coefficient is zero.
pub(super) type Terms<T> = Vec<(Monomial, Complex<T>)>;

/// How monomials are packed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Layout {
    pub(super) dof: usize,
    bits: u32,
    /// The highest degree.
    pub(super) degree: usize,
}

impl Layout {
    /// Room for `dof` pairs up to a degree, where 128 bits have it.
    pub(super) fn new(dof: usize, degree: usize) -> Option<Layout> {
        let bits = (64 / u32::try_from(dof).ok()?).min(16);
        (bits > 0 && degree < 1 << bits).then_some(Layout { dof, bits, degree })
    }

    /// The same for a degree that is not higher than the room there is.
    pub(super) fn up_to(self, degree: usize) -> Layout {
        Layout { degree, ..self }
    }

    /// Variable number `i`: u first, then v.
    pub(super) fn variable(self, i: usize) -> Monomial {
        1 << (self.bits * i as u32)
    }

    pub(super) fn exponent(self, monomial: Monomial, i: usize) -> u32 {
        ((monomial >> (self.bits * i as u32)) & ((1 << self.bits) - 1)) as u32
    }

    /// Exponents of u less those of v.
    pub(super) fn turns(self, monomial: Monomial) -> Vec<i32> {
        let exponent = |i| self.exponent(monomial, i) as i32;
        (0..self.dof).map(|j| exponent(j) - exponent(j + self.dof)).collect()
    }

    fn exponents(self, monomial: Monomial) -> Vec<i32> {
        (0..2 * self.dof).map(|i| self.exponent(monomial, i) as i32).collect()
    }
}

/// A polynomial: entry d has the terms of degree d.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Series<T> {
    pub(super) parts: Vec<Terms<T>>,
}

impl<T: Real> Series<T> {
    /// The polynomial 0, with room up to a degree.
    pub(super) fn zero(degree: usize) -> Self {
        Series { parts: vec![Vec::new(); degree + 1] }
    }

    /// A constant and a linear form in all variables.
    pub(super) fn affine(layout: Layout, constant: T, slopes: &[Complex<T>]) -> Self {
        let mut series = Series::zero(layout.degree);
        series.set_constant(constant);
        let terms = slopes.iter().enumerate().map(|(i, slope)| (layout.variable(i), slope.clone()));
        series.parts[1] = terms.filter(|(_, slope)| !slope.is_zero()).collect();
        series
    }

    pub(super) fn degree(&self) -> usize {
        self.parts.len() - 1
    }

    /// The value at 0.
    pub(super) fn constant(&self) -> Complex<T> {
        self.parts[0].first().map_or_else(Complex::zero, |(_, value)| value.clone())
    }

    pub(super) fn set_constant(&mut self, value: T) {
        self.parts[0] = if value.is_zero() { Vec::new() } else { vec![(0, Complex::real(value))] };
    }

    /// Adds `factor` times another polynomial.
    pub(super) fn add_scaled(&mut self, other: &Series<T>, factor: &T) {
        for (part, more) in self.parts.iter_mut().zip(&other.parts) {
            let mut sum = Sum::of(part);
            more.iter().for_each(|(m, c)| sum.add(*m, c.scaled(factor)));
            *part = sum.into_terms();
        }
    }

    /// The product, up to a degree.
    pub(super) fn times(&self, other: &Series<T>, degree: usize) -> Series<T> {
        let mut product = Series::zero(self.degree());
        for (d, part) in product.parts.iter_mut().enumerate().take(degree + 1) {
            let mut sum = Sum::default();
            for (f, g) in (0..=d).map(|e| (&self.parts[e], &other.parts[d - e])) {
                for (m, c) in f {
                    g.iter().for_each(|(n, b)| sum.add(m + n, c.times(b)));
                }
            }
            *part = sum.into_terms();
        }
        product
    }

    /// Every coefficient as a floating number, times what `factor` says for its monomial.
    pub(super) fn floating(&self, factor: impl Fn(Monomial) -> f64) -> Series<f64> {
        let part = |part: &Terms<T>| floating(part, &factor);
        Series { parts: self.parts.iter().map(part).collect() }
    }

    pub(super) fn terms(&self) -> impl Iterator<Item = &(Monomial, Complex<T>)> {
        self.parts.iter().flatten()
    }
}

pub(super) fn floating<T: Real>(terms: &Terms<T>, factor: impl Fn(Monomial) -> f64) -> Terms<f64> {
    terms.iter().map(|(m, c)| (*m, c.to_f64().scaled(&factor(*m)))).collect()
}

/// Adds {f, g} = i sum of f_u g_v - f_v g_u over the pairs.
pub(super) fn add_bracket<T: Real>(layout: Layout, f: &Terms<T>, g: &Terms<T>, sum: &mut Sum<T>) {
    let n = layout.dof;
    let pairs: Vec<Monomial> = (0..n).map(|j| layout.variable(j) + layout.variable(j + n)).collect();
    let second: Vec<Vec<i32>> = g.iter().map(|(m, _)| layout.exponents(*m)).collect();
    for (m, c) in f {
        let (first, c) = (layout.exponents(*m), c.turned());
        for ((k, b), other) in g.iter().zip(&second) {
            let weight = |j: usize| first[j] * other[j + n] - first[j + n] * other[j];
            let mut product = None;
            for j in (0..n).filter(|&j| weight(j) != 0) {
                let product = product.get_or_insert_with(|| c.times(b));
                sum.add(m + k - pairs[j], product.scaled(&T::from_whole(i64::from(weight(j)))));
            }
        }
    }
}

/// exp(L) of a polynomial, L f = factor {f, chi}, where chi has one degree of three or more.
pub(super) fn transform<T: Real>(layout: Layout, series: &mut Series<T>, chi: &Terms<T>, step: usize, factor: &T) {
    let degree = series.degree();
    let mut term = series.clone();
    for s in 1.. {
        let mut next = Series::zero(degree);
        let share = factor.clone() / T::from_whole(s);
        for (d, part) in term.parts.iter().enumerate().filter(|(d, part)| !part.is_empty() && d + step <= degree) {
            let mut sum = Sum::default();
            add_bracket(layout, part, chi, &mut sum);
            next.parts[d + step] = sum.into_terms().into_iter().map(|(m, c)| (m, c.scaled(&share))).collect();
        }
        if next.parts.iter().all(Vec::is_empty) {
            return;
        }
        series.add_scaled(&next, &T::from_whole(1));
        term = next;
    }
}

/// Terms being added up.
pub(super) struct Sum<T>(HashMap<Monomial, Complex<T>, BuildHasherDefault<Mixer>>);

impl<T> Default for Sum<T> {
    fn default() -> Self {
        Sum(HashMap::default())
    }
}

impl<T: Real> Sum<T> {
    fn of(terms: &Terms<T>) -> Self {
        Sum(terms.iter().cloned().collect())
    }

    pub(super) fn add(&mut self, monomial: Monomial, coefficient: Complex<T>) {
        let place = self.0.entry(monomial).or_insert_with(Complex::zero);
        *place = place.plus(&coefficient);
    }

    pub(super) fn into_terms(self) -> Terms<T> {
        let mut terms: Terms<T> = self.0.into_iter().filter(|(_, c)| !c.is_zero()).collect();
        terms.sort_unstable_by_key(|(m, _)| *m);
        terms
    }
}

/// A hash of one monomial by multiplication; the order of the table reaches no result.
#[derive(Default)]
pub(super) struct Mixer(u64);

impl Hasher for Mixer {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.write_u128(u128::from(byte)));
    }

    fn write_u128(&mut self, word: u128) {
        let folded = (self.0 ^ word as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (word >> 64) as u64;
        self.0 = folded.wrapping_mul(0xBF58_476D_1CE4_E5B9).rotate_left(31);
    }

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aa_symbolic::Rational;

    #[test]
    fn monomials_have_room_for_their_degree_or_none_at_all() {
        assert!(Layout::new(8, 255).is_some() && Layout::new(8, 256).is_none());
        assert!(Layout::new(16, 15).is_some() && Layout::new(65, 1).is_none());
        let layout = Layout::new(16, 15).unwrap();
        let monomial = 3 * layout.variable(0) + 15 * layout.variable(31);
        assert_eq!((layout.exponent(monomial, 0), layout.exponent(monomial, 31)), (3, 15));
        assert_eq!(layout.turns(monomial)[0], 3);
        assert_eq!(layout.turns(monomial)[15], -15);
    }

    #[test]
    fn the_flow_of_an_action_turns_its_plane() {
        // exp(t {., u v}) u = exp(i t) u; here chi = (u v)^2 at u v = a constant, to first order in chi.
        let layout = Layout::new(1, 5).unwrap();
        let (u, v) = (layout.variable(0), layout.variable(1));
        let one = Complex::real(Rational::ONE);
        let mut series = Series::affine(layout, Rational::ZERO, &[one.clone(), Complex::zero()]);
        transform(layout, &mut series, &vec![(2 * (u + v), one.clone())], 2, &Rational::ONE);
        // {u, (u v)^2} = 2 i u^2 v, and {2 i u^2 v, (u v)^2} / 2 = -2 u^3 v^2.
        assert_eq!(series.parts[3], [(2 * u + v, Complex::new(Rational::ZERO, Rational::from(2)))]);
        assert_eq!(series.parts[5], [(3 * u + 2 * v, Complex::real(Rational::from(-2)))]);
    }
}
