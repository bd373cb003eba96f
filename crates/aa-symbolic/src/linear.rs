//! Exact linear algebra with small rational matrices, as lists of rows.
//!
//! For a handful of rows; the big systems of the integral search go modulo primes, see [`crate::elimination`].

use crate::rational::Rational;
use crate::univariate::Univariate;

/// A rational matrix, row by row.
pub type Rows = Vec<Vec<Rational>>;

/// Brings `rows` into reduced echelon form, drops those that vanish, and answers with the pivot columns.
pub fn reduce(rows: &mut Rows) -> Vec<usize> {
    let n_columns = rows.first().map_or(0, Vec::len);
    let mut pivots = Vec::new();
    for column in 0..n_columns {
        let rank = pivots.len();
        let Some(found) = (rank..rows.len()).find(|&i| !rows[i][column].is_zero()) else { continue };
        rows.swap(rank, found);
        let scale = Rational::ONE / &rows[rank][column];
        rows[rank].iter_mut().for_each(|entry| *entry *= &scale);
        let pivot = rows[rank].clone();
        for row in rows.iter_mut().enumerate().filter(|(i, _)| *i != rank).map(|(_, row)| row) {
            let share = row[column].clone();
            if !share.is_zero() {
                row.iter_mut().zip(&pivot).for_each(|(entry, p)| *entry -= &share * p);
            }
        }
        pivots.push(column);
    }
    rows.truncate(pivots.len());
    pivots
}

/// A basis of the vectors v of length `n` with row.v = 0 for every row, in reduced echelon form, and its pivots.
///
/// ```
/// use aa_symbolic::{Rational, linear};
/// let row = [1, -2, 1].map(Rational::from).to_vec();
/// let (basis, pivots) = linear::null_space(vec![row], 3);
/// assert_eq!(basis, [[1, 0, -1].map(Rational::from), [0, 1, 2].map(Rational::from)]);
/// assert_eq!(pivots, [0, 1]);
/// ```
pub fn null_space(mut rows: Rows, n: usize) -> (Rows, Vec<usize>) {
    let pivots = reduce(&mut rows);
    let vector = |free: usize| -> Vec<Rational> {
        let mut vector = vec![Rational::ZERO; n];
        vector[free] = Rational::ONE;
        pivots.iter().zip(&rows).for_each(|(&pivot, row)| vector[pivot] = -&row[free]);
        vector
    };
    let mut basis: Rows = (0..n).filter(|column| !pivots.contains(column)).map(vector).collect();
    let pivots = reduce(&mut basis);
    (basis, pivots)
}

/// The inverse of a square matrix, where there is one.
pub fn inverse(matrix: &[Vec<Rational>]) -> Option<Rows> {
    let n = matrix.len();
    let unit = |i: usize| (0..n).map(move |j| Rational::from(i64::from(i == j)));
    let mut rows: Rows =
        matrix.iter().enumerate().map(|(i, row)| row.iter().cloned().chain(unit(i)).collect()).collect();
    let pivots = reduce(&mut rows);
    pivots.into_iter().eq(0..n).then(|| rows.into_iter().map(|mut row| row.split_off(n)).collect())
}

/// The matrix product.
pub fn product(a: &[Vec<Rational>], b: &[Vec<Rational>]) -> Rows {
    let columns = transposed(b);
    a.iter().map(|row| columns.iter().map(|column| dot(row, column)).collect()).collect()
}

/// Rows for columns.
pub fn transposed(matrix: &[Vec<Rational>]) -> Rows {
    let n_columns = matrix.first().map_or(0, Vec::len);
    (0..n_columns).map(|j| matrix.iter().map(|row| row[j].clone()).collect()).collect()
}

/// The polynomial det(x - A) of a square matrix A.
///
/// By similar matrices in Hessenberg form (Cohen, A Course in Computational Algebraic Number Theory, algorithm 2.2.9).
///
/// ```
/// use aa_symbolic::{Rational, linear};
/// let matrix = [[1, 2], [3, 4]].map(|row| row.map(Rational::from).to_vec());
/// assert_eq!(linear::characteristic_polynomial(&matrix).spelled("x"), "x**2 - 5*x - 2");
/// ```
pub fn characteristic_polynomial(matrix: &[Vec<Rational>]) -> Univariate {
    let h = hessenberg(matrix.to_vec());
    let mut minors = vec![Univariate::constant(Rational::ONE)];
    for m in 0..h.len() {
        let mut minor = &Univariate::with_root(&h[m][m]) * &minors[m];
        let mut below = Rational::ONE;
        for i in (0..m).rev() {
            below *= &h[i + 1][i];
            minor = &minor - &minors[i].scaled(&(&below * &h[i][m]));
        }
        minors.push(minor);
    }
    minors.pop().expect("the empty minor is there")
}

/// A similar matrix with zeros below the first subdiagonal.
fn hessenberg(mut h: Rows) -> Rows {
    let n = h.len();
    for column in 0..n.saturating_sub(2) {
        let below = column + 1;
        let Some(found) = (below..n).find(|&i| !h[i][column].is_zero()) else { continue };
        h.swap(below, found);
        h.iter_mut().for_each(|row| row.swap(below, found));
        for i in below + 1..n {
            let share = &h[i][column] / &h[below][column];
            if share.is_zero() {
                continue;
            }
            let pivot = h[below].clone();
            h[i].iter_mut().zip(&pivot).for_each(|(entry, p)| *entry -= &share * p);
            h.iter_mut().for_each(|row| row[below] = &row[below] + &share * &row[i]);
        }
    }
    h
}

/// The sum of the products of corresponding entries.
pub fn dot(a: &[Rational], b: &[Rational]) -> Rational {
    a.iter().zip(b).fold(Rational::ZERO, |sum, (x, y)| sum + x * y)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix<const N: usize>(rows: [[i64; N]; N]) -> Rows {
        rows.iter().map(|row| row.iter().map(|&x| Rational::from(x)).collect()).collect()
    }

    #[test]
    fn inverses_multiply_to_one() {
        let a = matrix([[0, 2, 1], [1, 1, 0], [3, 0, 5]]);
        assert_eq!(product(&a, &inverse(&a).unwrap()), matrix([[1, 0, 0], [0, 1, 0], [0, 0, 1]]));
        assert_eq!(inverse(&matrix([[1, 2], [2, 4]])), None);
    }

    #[test]
    fn matrices_satisfy_their_characteristic_polynomial() {
        let a = matrix([[0, 2, 1, 0], [0, 1, 0, 7], [3, 0, 5, -1], [1, -2, 4, 2]]);
        let mut value = matrix([[0; 4]; 4]);
        for coefficient in characteristic_polynomial(&a).coefficients().iter().rev() {
            value = product(&value, &a);
            (0..4).for_each(|i| value[i][i] += coefficient);
        }
        assert_eq!(value, matrix([[0; 4]; 4]));
    }

    #[test]
    fn null_vectors_are_annihilated() {
        let a = matrix([[1, 2, 3], [2, 4, 6], [1, 0, 1]]);
        let (basis, _) = null_space(a.clone(), 3);
        assert_eq!(basis.len(), 1);
        assert!(a.iter().all(|row| dot(row, &basis[0]).is_zero()));
        assert_eq!(null_space(Vec::new(), 2).0, matrix([[1, 0], [0, 1]]));
    }
}
