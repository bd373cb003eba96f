//! Gradings: symmetries that scale each generator by itself. They split a search into blocks.
//!
//! Give every generator a weight so that the derivation raises all weights by the same amount. Then
//! monomials of different weight never meet in one null vector. Whole weights are scalings (for
//! Toda, p has 1 and every exponential 2); weights modulo 2 are mirror images and time reversal.

use crate::atoms::{AtomRing, RingDerivation};
use crate::elimination::{Echelon, Matrix};
use crate::field::Field;
use crate::lift::{Residue, lift};
use crate::polynomial::Monomial;
use crate::rational::{content, to_i64};

/// A basis of the gradings of a derivation on a ring.
#[derive(Clone, Debug)]
pub(crate) struct Gradings {
    whole: Vec<Vec<i64>>,
    /// Bit g of a mask: whether generator g is odd.
    parities: Vec<u128>,
}

/// The weights of a monomial; monomials with different keys never meet.
pub(crate) type Key = (Vec<i64>, Vec<bool>);

impl Gradings {
    pub(crate) fn new(ring: &AtomRing, derivation: &RingDerivation) -> Gradings {
        let equations = equations(ring, derivation);
        let n_unknowns = ring.generators().len() + 1;
        Gradings { whole: whole_solutions(&equations, n_unknowns), parities: parity_solutions(&equations, n_unknowns) }
    }

    /// The weights of a monomial.
    pub(crate) fn key(&self, monomial: &Monomial) -> Key {
        let whole = |weights: &Vec<i64>| monomial.factors().map(|(g, e)| weights[g] * e as i64).sum();
        let odd = |mask: &u128| monomial.factors().filter(|&(g, e)| mask >> g & 1 == 1 && e % 2 != 0).count() % 2 == 1;
        (self.whole.iter().map(whole).collect(), self.parities.iter().map(odd).collect())
    }
}

/// One row per condition: the weights of the generators, and last the amount by which the derivation
/// raises them.
fn equations(ring: &AtomRing, derivation: &RingDerivation) -> Vec<Vec<i64>> {
    let n = ring.generators().len();
    let row = |monomial: &Monomial, from: &Monomial, step: i64| -> Vec<i64> {
        let difference = monomial.times(&from.pow(-1));
        (0..n).map(|g| difference.exponent(g) as i64).chain([step]).collect()
    };
    let mut rows = Vec::new();
    for g in 0..n {
        let from = Monomial::power(g, 1);
        rows.extend(derivation.image(g).terms().map(|(monomial, _)| row(monomial, &from, -1)));
    }
    for relation in ring.relations() {
        let monomials: Vec<&Monomial> = relation.terms().map(|(m, _)| m).collect();
        rows.extend(monomials[1..].iter().map(|monomial| row(monomial, monomials[0], 0)));
    }
    rows.sort();
    rows.dedup();
    rows
}

fn whole_solutions(equations: &[Vec<i64>], n_unknowns: usize) -> Vec<Vec<i64>> {
    let field = Field::first();
    let image = |row: &Vec<i64>| row.iter().map(|&x| field.small(x)).collect();
    let mut rows: Vec<Vec<u64>> = equations.iter().map(image).collect();
    rows.push(vec![0; n_unknowns]);
    let echelon = Echelon::new(field, &Matrix::from_rows(&rows));
    let solutions = echelon.free().iter().filter_map(|&free| {
        let mut vector = vec![0; n_unknowns];
        echelon.null_vector(free).into_iter().for_each(|(k, x)| vector[k] = x);
        let rational = lift(&vector.iter().map(|&x| Residue::new(&field, x)).collect::<Vec<_>>())?;
        let size = content(rational.iter());
        rational.iter().map(|x| to_i64(&(x / &size))).collect::<Option<Vec<i64>>>()
    });
    let exact = |weights: &Vec<i64>| {
        equations.iter().all(|row| row.iter().zip(weights).map(|(&a, &w)| a as i128 * w as i128).sum::<i128>() == 0)
    };
    solutions.filter(exact).collect()
}

/// Gaussian elimination on bits. Rings with more than 127 generators go without.
fn parity_solutions(equations: &[Vec<i64>], n_unknowns: usize) -> Vec<u128> {
    if n_unknowns > 128 {
        return Vec::new();
    }
    let mask = |row: &Vec<i64>| row.iter().enumerate().fold(0u128, |m, (k, x)| m | ((x.rem_euclid(2) as u128) << k));
    // Reduced rows, each with the bit that it alone holds.
    let mut reduced: Vec<(u32, u128)> = Vec::new();
    for row in equations.iter().map(mask) {
        let row = reduced.iter().fold(row, |row, &(bit, known)| if row >> bit & 1 == 1 { row ^ known } else { row });
        if row != 0 {
            let bit = row.trailing_zeros();
            for (_, known) in reduced.iter_mut().filter(|(_, known)| known >> bit & 1 == 1) {
                *known ^= row;
            }
            reduced.push((bit, row));
        }
    }
    let pivots = reduced.iter().fold(0u128, |m, (bit, _)| m | 1 << bit);
    let solution = |free: u32| {
        reduced.iter().fold(1u128 << free, |m, (bit, row)| if row >> free & 1 == 1 { m | 1 << bit } else { m })
    };
    (0..n_unknowns as u32).filter(|free| pivots >> free & 1 == 0).map(solution).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Expr;

    fn gradings(variables: &[Expr], rates: &[Expr]) -> (AtomRing, Gradings) {
        let mut ring = AtomRing::new(variables, rates).unwrap();
        let rates: Vec<_> = rates.iter().map(|rate| ring.express(rate).unwrap()).collect();
        let gradings = Gradings::new(&ring, &ring.derivation(&rates));
        (ring, gradings)
    }

    #[test]
    fn time_reversal_and_mirrors_are_found() {
        // Henon and Heiles: x -> -x, and t -> -t.
        let [x, y, u, v] = ["x", "y", "u", "v"].map(Expr::symbol);
        let rates = [u.clone(), v.clone(), -&x - &x * &y * 2, -&y - x.powi(2) + y.powi(2)];
        let (_, gradings) = gradings(&[x, y, u, v], &rates);
        assert_eq!(gradings.parities.len(), 2);
        let key = |e: [i32; 4]| {
            gradings.key(&(0..4).fold(Monomial::one(), |m, g| m.times(&Monomial::power(g, e[g]))))
        };
        assert_eq!(key([2, 1, 0, 0]), key([0, 0, 2, 0]));
        assert_ne!(key([1, 0, 0, 0]), key([0, 1, 0, 0]));
        assert_ne!(key([0, 1, 0, 0]), key([0, 0, 0, 1]));
    }

    #[test]
    fn scalings_are_found() {
        let [x, p] = ["x", "p"].map(Expr::symbol);
        let (ring, gradings) = gradings(&[x.clone(), p.clone()], &[p, (&x * 2).exp()]);
        assert_eq!(ring.generators().len(), 3);
        let (momentum, exponential) = (Monomial::power(1, 2), Monomial::power(2, 1));
        assert_eq!(gradings.key(&momentum), gradings.key(&exponential));
        assert_ne!(gradings.key(&momentum), gradings.key(&Monomial::power(1, 1)));
    }
}
