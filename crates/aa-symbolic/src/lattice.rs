//! Lattices of exponents: exp(x), exp(x + y), exp(2 y) are whole powers of a few of them.
//!
//! Exponentials whose arguments are independent over the rational numbers are algebraically
//! independent. So the arguments of a formula are written with whole coefficients in a basis of
//! the lattice they span.

use std::collections::BTreeMap;

use crate::Rational;
use crate::linear::reduce;
use crate::polynomial::{Monomial, Polynomial};
use crate::rational::to_i64;

/// A basis of a lattice of polynomials under addition.
#[derive(Clone, Debug, Default)]
pub struct Lattice {
    basis: Vec<Polynomial>,
}

impl Lattice {
    /// The lattice spanned by `generators`. Its basis is chosen among them, earlier ones first, where
    /// that is possible.
    pub fn spanned_by(generators: &[Polynomial]) -> Lattice {
        let mut subset = Lattice::default();
        for generator in generators {
            subset.extend(generator);
        }
        let coordinates: Vec<Vec<Rational>> =
            generators.iter().filter_map(|g| subset.rational_coordinates(g)).collect();
        if coordinates.iter().flatten().all(Rational::is_int) {
            return subset;
        }
        let basis = reduce_to_basis(coordinates, subset.basis.len());
        Lattice { basis: basis.iter().map(|row| combine(&subset.basis, row)).collect() }
    }

    /// The basis.
    pub fn basis(&self) -> &[Polynomial] {
        &self.basis
    }

    /// Adds a basis vector, where `polynomial` is independent of those there; whether it was.
    pub fn extend(&mut self, polynomial: &Polynomial) -> bool {
        let independent = self.rational_coordinates(polynomial).is_none();
        if independent {
            self.basis.push(polynomial.clone());
        }
        independent
    }

    /// Whole coordinates, for an element of the lattice.
    pub fn coordinates(&self, polynomial: &Polynomial) -> Option<Vec<i64>> {
        self.rational_coordinates(polynomial)?.iter().map(to_i64).collect()
    }

    /// Coordinates in the rational span of the basis, or `None` outside it.
    fn rational_coordinates(&self, polynomial: &Polynomial) -> Option<Vec<Rational>> {
        let n = self.basis.len();
        let mut rows: BTreeMap<Monomial, Vec<Rational>> = BTreeMap::new();
        for (k, column) in self.basis.iter().chain([polynomial]).enumerate() {
            for (monomial, value) in column.terms() {
                rows.entry(monomial.clone()).or_insert_with(|| vec![Rational::ZERO; n + 1])[k] = value.clone();
            }
        }
        let mut rows = rows.into_values().collect();
        // The basis is independent; another pivot than its own shows that the polynomial is outside.
        reduce(&mut rows).into_iter().eq(0..n).then(|| rows.into_iter().map(|mut row| row.remove(n)).collect())
    }
}

/// A basis of the lattice spanned by rational rows of the given width and rank: Euclid's algorithm,
/// column by column.
fn reduce_to_basis(mut rows: Vec<Vec<Rational>>, width: usize) -> Vec<Vec<Rational>> {
    let mut basis = Vec::new();
    for column in 0..width {
        while let Some(pivot) = smallest(&rows, column) {
            let divisor = rows.swap_remove(pivot);
            for row in &mut rows {
                let quotient = Rational::from((&row[column] / &divisor[column]).round());
                row.iter_mut().zip(&divisor).for_each(|(x, y)| *x -= &quotient * y);
            }
            if rows.iter().all(|row| row[column].is_zero()) {
                basis.push(divisor);
                break;
            }
            rows.push(divisor);
        }
    }
    basis
}

/// The row whose entry in `column` is smallest in size but not zero.
fn smallest(rows: &[Vec<Rational>], column: usize) -> Option<usize> {
    let size = |i: &usize| {
        let x = &rows[*i][column];
        if *x < Rational::ZERO { -x.clone() } else { x.clone() }
    };
    (0..rows.len()).filter(|&i| !rows[i][column].is_zero()).min_by_key(size)
}

fn combine(basis: &[Polynomial], coordinates: &[Rational]) -> Polynomial {
    basis.iter().zip(coordinates).fold(Polynomial::zero(), |sum, (b, x)| &sum + &b.scaled(x))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(x: (i64, u64), y: (i64, u64)) -> Polynomial {
        let term =
            |i, (n, d): (i64, u64)| Polynomial::term(Monomial::power(i, 1), Rational::from_parts(n.into(), d.into()));
        &term(0, x) + &term(1, y)
    }

    #[test]
    fn the_ring_of_differences_has_two_generators() {
        let differences = [form((1, 1), (0, 1)), form((-1, 1), (1, 1)), form((0, 1), (-1, 1))];
        let lattice = Lattice::spanned_by(&differences);
        assert_eq!(lattice.basis(), &differences[..2]);
        assert_eq!(lattice.coordinates(&differences[2]), Some(vec![-1, -1]));
    }

    #[test]
    fn halves_and_thirds_share_a_basis() {
        let forms = [form((1, 2), (0, 1)), form((1, 3), (0, 1)), form((1, 1), (2, 1))];
        let lattice = Lattice::spanned_by(&forms);
        assert_eq!(lattice.basis().len(), 2);
        for form in &forms {
            let coordinates = lattice.coordinates(form).unwrap();
            let back: Vec<Rational> = coordinates.into_iter().map(Rational::from).collect();
            assert_eq!(combine(lattice.basis(), &back), *form);
        }
        assert_eq!(lattice.coordinates(&form((1, 7), (0, 1))), None);
    }
}
