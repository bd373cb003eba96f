//! Gradings: the symmetries that scale each generator by itself. They split a search into blocks.
//!
//! The derivation turns a monomial into monomials of a few shapes. Two monomials can meet in one null vector only
//! if a chain of such steps, and of the relations between generators, leads from one to the other. So exponent
//! vectors are sorted by their class modulo the lattice that the differences of those shapes span. The classes hold
//! every grading at once: scalings (for an open Toda lattice p has weight 1 and every exponential 2), mirror images
//! and time reversal (weights modulo 2), and the weights modulo 2 n of a closed ring.

use std::collections::BTreeMap;

use crate::ansatz::Catalogue;
use crate::atoms::{AtomRing, RingDerivation};
use crate::polynomial::Monomial;

/// The lattice of differences, in echelon form.
#[derive(Clone, Debug)]
pub(crate) struct Gradings {
    n_generators: usize,
    /// Rows with a positive leading entry, at most one for each column.
    rows: Vec<Option<Vec<i64>>>,
}

/// The class of a monomial: monomials of different classes never meet.
pub(crate) type Key = Vec<i64>;

impl Gradings {
    /// The gradings that all of some derivations respect, and hence every combination of them.
    pub(crate) fn new(ring: &AtomRing, derivations: &[RingDerivation]) -> Gradings {
        let n_generators = ring.generators().len();
        let mut gradings = Gradings { n_generators, rows: vec![None; n_generators + 1] };
        let exact = differences(ring, derivations).into_iter().all(|row| gradings.insert(row).is_some());
        if !exact {
            // The classes of a finer lattice could separate what meets: put everything into one.
            gradings.rows = (0..=n_generators).map(|k| Some(unit(k, n_generators + 1))).collect();
        }
        gradings
    }

    /// The class of a monomial.
    pub(crate) fn key(&self, monomial: &Monomial) -> Key {
        let mut vector: Vec<i64> = (0..self.n_generators).map(|g| monomial.exponent(g) as i64).chain([0]).collect();
        for (column, row) in self.rows.iter().enumerate() {
            if let Some(row) = row {
                let quotient = vector[column].div_euclid(row[column]);
                vector.iter_mut().zip(row).for_each(|(x, y)| *x -= quotient * y);
            }
        }
        vector
    }

    /// The monomials of a catalogue by class, without the first of them, which is 1.
    pub(crate) fn blocks(&self, catalogue: &Catalogue) -> BTreeMap<Key, Vec<usize>> {
        let mut blocks: BTreeMap<Key, Vec<usize>> = BTreeMap::new();
        for (id, entry) in catalogue.entries.iter().enumerate().skip(1) {
            blocks.entry(self.key(&entry.monomial)).or_default().push(id);
        }
        blocks
    }

    /// Adds a row to the lattice: Euclid's algorithm on leading entries. `None` on overflow.
    fn insert(&mut self, mut row: Vec<i64>) -> Option<()> {
        for column in 0..row.len() {
            if row[column] == 0 {
                continue;
            }
            let mut known = match self.rows[column].take() {
                Some(known) => known,
                None => {
                    self.rows[column] =
                        Some(if row[column] < 0 { combine(&vec![0; row.len()], 1, &row)? } else { row });
                    return Some(());
                }
            };
            while row[column] != 0 {
                let quotient = known[column].div_euclid(row[column]);
                known = combine(&known, quotient, &row)?;
                std::mem::swap(&mut known, &mut row);
            }
            self.rows[column] =
                Some(if known[column] < 0 { combine(&vec![0; known.len()], 1, &known)? } else { known });
        }
        Some(())
    }
}

/// a - factor * b.
fn combine(a: &[i64], factor: i64, b: &[i64]) -> Option<Vec<i64>> {
    a.iter().zip(b).map(|(x, y)| x.checked_sub(factor.checked_mul(*y)?)).collect()
}

fn unit(k: usize, length: usize) -> Vec<i64> {
    (0..length).map(|i| i64::from(i == k)).collect()
}

/// The differences of exponents that the derivations and the relations make. The last entry counts the
/// derivations, so that the class of a derivative is that of the monomial plus one common step.
fn differences(ring: &AtomRing, derivations: &[RingDerivation]) -> Vec<Vec<i64>> {
    let n = ring.generators().len();
    let row = |monomial: &Monomial, from: &Monomial, step: i64| -> Vec<i64> {
        let difference = monomial.times(&from.pow(-1));
        (0..n).map(|g| difference.exponent(g) as i64).chain([step]).collect()
    };
    let mut rows = Vec::new();
    for g in 0..n {
        let from = Monomial::power(g, 1);
        let images = derivations.iter().flat_map(|derivation| derivation.image(g).terms());
        rows.extend(images.map(|(monomial, _)| row(monomial, &from, -1)));
    }
    for relation in ring.relations() {
        let monomials: Vec<&Monomial> = relation.terms().map(|(m, _)| m).collect();
        rows.extend(monomials[1..].iter().map(|monomial| row(monomial, monomials[0], 0)));
    }
    rows.sort();
    rows.dedup();
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Expr;

    fn gradings(variables: &[Expr], rates: &[Expr]) -> (AtomRing, Gradings) {
        let mut ring = AtomRing::new(variables, rates).unwrap();
        let rates: Vec<_> = rates.iter().map(|rate| ring.express(rate).unwrap()).collect();
        let gradings = Gradings::new(&ring, &[ring.derivation(&rates)]);
        (ring, gradings)
    }

    fn monomial(exponents: &[i32]) -> Monomial {
        exponents.iter().enumerate().fold(Monomial::one(), |m, (g, &e)| m.times(&Monomial::power(g, e)))
    }

    #[test]
    fn time_reversal_and_mirrors_are_found() {
        // Henon and Heiles: x -> -x, and t -> -t.
        let [x, y, u, v] = ["x", "y", "u", "v"].map(Expr::symbol);
        let rates = [u.clone(), v.clone(), -&x - &x * &y * 2, -&y - x.powi(2) + y.powi(2)];
        let (_, gradings) = gradings(&[x, y, u, v], &rates);
        let key = |e: [i32; 4]| gradings.key(&monomial(&e));
        assert_eq!(key([2, 1, 0, 0]), key([0, 0, 2, 0]));
        assert_ne!(key([1, 0, 0, 0]), key([0, 1, 0, 0]));
        assert_ne!(key([0, 1, 0, 0]), key([0, 0, 0, 1]));
        let mut classes: Vec<Key> = (0..16).map(|i| key([i & 1, i >> 1 & 1, i >> 2 & 1, i >> 3 & 1])).collect();
        classes.sort();
        classes.dedup();
        assert_eq!(classes.len(), 4);
    }

    #[test]
    fn scalings_are_found() {
        let [x, p] = ["x", "p"].map(Expr::symbol);
        let (ring, gradings) = gradings(&[x.clone(), p.clone()], &[p, (&x * 2).exp()]);
        assert_eq!(ring.generators().len(), 3);
        assert_eq!(gradings.key(&monomial(&[0, 2])), gradings.key(&monomial(&[0, 0, 1])));
        assert_ne!(gradings.key(&monomial(&[0, 2])), gradings.key(&monomial(&[0, 1])));
        assert_ne!(gradings.key(&monomial(&[0, 4])), gradings.key(&monomial(&[0, 2])));
    }

    #[test]
    fn closed_rings_have_a_cyclic_grading() {
        // x' = p, p' = e^x - e^(-2 x): p^2 ~ e^x ~ e^(-2 x), so the weights count modulo 6.
        let [x, p] = ["x", "p"].map(Expr::symbol);
        let (_, gradings) = gradings(&[x.clone(), p.clone()], &[p, x.exp() - (&x * -2).exp()]);
        let key = |n: i32| gradings.key(&monomial(&[0, n]));
        assert_eq!(key(7), key(1));
        for n in 1..6 {
            assert_ne!(key(n), key(0));
        }
    }
}
