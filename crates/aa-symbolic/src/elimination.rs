//! Dense elimination modulo a prime: which columns depend on the ones before them, and how.
//!
//! Columns are taken from left to right, so a dependency of a column names only earlier ones. Order
//! the columns by weight and the dependencies respect the weights for free.
//!
//! The work is a left-looking LU factorisation in panels: nearly all of it are inner products, kept
//! in 128 bits and reduced once at the end instead of once per product.

use crate::field::Field;

const PANEL: usize = 16;
const GROUP: usize = 4;

/// A matrix of field elements, row by row.
#[derive(Clone, Debug)]
pub struct Matrix {
    n_rows: usize,
    n_columns: usize,
    entries: Vec<u64>,
}

impl Matrix {
    /// The zero matrix.
    pub fn zeros(n_rows: usize, n_columns: usize) -> Matrix {
        Matrix { n_rows, n_columns, entries: vec![0; n_rows * n_columns] }
    }

    /// A matrix from its rows, which have one length.
    pub fn from_rows(rows: &[Vec<u64>]) -> Matrix {
        let n_columns = rows.first().map_or(0, Vec::len);
        Matrix { n_rows: rows.len(), n_columns, entries: rows.concat() }
    }

    /// The number of rows.
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// The number of columns.
    pub fn n_columns(&self) -> usize {
        self.n_columns
    }

    /// One row.
    pub fn row(&self, i: usize) -> &[u64] {
        &self.entries[i * self.n_columns..][..self.n_columns]
    }

    /// One row, to be written.
    pub fn row_mut(&mut self, i: usize) -> &mut [u64] {
        &mut self.entries[i * self.n_columns..][..self.n_columns]
    }
}

/// The columns of a matrix sorted into independent ones and those that depend on earlier ones.
#[derive(Clone, Debug)]
pub struct Echelon {
    field: Field,
    /// Column of each pivot, ascending.
    pivots: Vec<usize>,
    /// Row of each pivot.
    pivot_rows: Vec<usize>,
    /// Columns that depend on the pivots before them, ascending.
    free: Vec<usize>,
    /// The upper factor, by column: entry l belongs to pivot l.
    upper: Vec<Vec<u64>>,
}

impl Echelon {
    /// Factors `matrix`. Time: rows * columns^2 / 2 - columns^3 / 6 products.
    pub fn new(field: Field, matrix: &Matrix) -> Echelon {
        Factorisation::new(field, matrix).run()
    }

    /// The number of independent columns.
    pub fn rank(&self) -> usize {
        self.pivots.len()
    }

    /// The columns independent of all columns before them, ascending.
    pub fn pivots(&self) -> &[usize] {
        &self.pivots
    }

    /// The columns that depend on columns before them, ascending.
    pub fn free(&self) -> &[usize] {
        &self.free
    }

    /// The null vector of a free column, as (column, coefficient): 1 there, otherwise only at
    /// earlier pivots. Ascending columns, non-zero coefficients.
    pub fn null_vector(&self, free: usize) -> Vec<(usize, u64)> {
        let mut rest = self.upper[free].clone();
        let mut vector = vec![(free, 1)];
        for j in (0..rest.len()).rev() {
            if rest[j] == 0 {
                continue;
            }
            let column = &self.upper[self.pivots[j]];
            let x = self.field.mul(rest[j], self.field.inverse(column[j]));
            for (rest, &above) in rest.iter_mut().zip(&column[..j]) {
                *rest = self.field.sub(*rest, self.field.mul(x, above));
            }
            vector.push((self.pivots[j], self.field.negate(x)));
        }
        vector.reverse();
        vector
    }
}

/// The determinant of a square matrix.
pub fn determinant(field: Field, matrix: &Matrix) -> u64 {
    let echelon = Echelon::new(field, matrix);
    if echelon.rank() < matrix.n_rows() {
        return 0;
    }
    let product = echelon.upper.iter().enumerate().fold(1, |product, (j, column)| field.mul(product, column[j]));
    if is_odd(&echelon.pivot_rows) { field.negate(product) } else { product }
}

/// Whether a permutation is a product of an odd number of exchanges.
fn is_odd(permutation: &[usize]) -> bool {
    let inversions = |i: usize| permutation[..i].iter().filter(|&&earlier| earlier > permutation[i]).count();
    (0..permutation.len()).map(inversions).sum::<usize>() % 2 == 1
}

/// The state of a left-looking factorisation.
struct Factorisation<'a> {
    field: Field,
    matrix: &'a Matrix,
    /// The lower factor row by row, `stride` wide; its unit diagonal is not stored.
    lower: Vec<u64>,
    stride: usize,
    /// Rows without a pivot.
    active: Vec<usize>,
    result: Echelon,
}

impl<'a> Factorisation<'a> {
    fn new(field: Field, matrix: &'a Matrix) -> Self {
        let stride = matrix.n_rows.min(matrix.n_columns);
        Factorisation {
            field,
            matrix,
            lower: vec![0; matrix.n_rows * stride],
            stride,
            active: (0..matrix.n_rows).collect(),
            result: Echelon { field, pivots: Vec::new(), pivot_rows: Vec::new(), free: Vec::new(), upper: Vec::new() },
        }
    }

    fn run(mut self) -> Echelon {
        for first in (0..self.matrix.n_columns).step_by(PANEL) {
            let width = PANEL.min(self.matrix.n_columns - first);
            let upper = self.upper_panel(first, width);
            let remainder = self.remainder(first, width, &upper);
            self.factor_panel(first, width, &upper, remainder);
        }
        self.result
    }

    /// The rows of the upper factor known so far, for the columns of this panel, in groups of four.
    fn upper_panel(&self, first: usize, width: usize) -> Vec<Vec<[u64; GROUP]>> {
        let mut upper = vec![Vec::with_capacity(self.result.pivot_rows.len()); width.div_ceil(GROUP)];
        for (l, &row) in self.result.pivot_rows.iter().enumerate() {
            let lower = &self.lower[row * self.stride..][..l];
            for (group, known) in upper.iter_mut().enumerate() {
                let value = self.updated(row, first + group * GROUP, lower, known);
                known.push(value);
            }
        }
        upper
    }

    /// What is left of the panel's columns in the active rows, row by row.
    fn remainder(&self, first: usize, width: usize, upper: &[Vec<[u64; GROUP]>]) -> Vec<[u64; PANEL]> {
        let rank = self.result.pivot_rows.len();
        let mut rows = Vec::with_capacity(self.active.len());
        for &row in &self.active {
            let lower = &self.lower[row * self.stride..][..rank];
            let mut values = [0; PANEL];
            for (group, known) in upper.iter().enumerate() {
                let at = group * GROUP;
                values[at..at + GROUP].copy_from_slice(&self.updated(row, first + at, lower, known));
            }
            values[width..].fill(0);
            rows.push(values);
        }
        rows
    }

    /// Four entries of a row less the inner products of what is already factored.
    fn updated(&self, row: usize, column: usize, lower: &[u64], upper: &[[u64; GROUP]]) -> [u64; GROUP] {
        let products = inner_products(&self.field, lower, upper);
        let entries = &self.matrix.row(row)[column..];
        std::array::from_fn(|c| self.field.sub(entries.get(c).copied().unwrap_or(0), products[c]))
    }

    fn factor_panel(
        &mut self,
        first: usize,
        width: usize,
        upper: &[Vec<[u64; GROUP]>],
        mut remainder: Vec<[u64; PANEL]>,
    ) {
        let mut panel_pivots: Vec<[u64; PANEL]> = Vec::new();
        for c in 0..width {
            let known = upper[c / GROUP].iter().map(|values| values[c % GROUP]);
            let mut column: Vec<u64> = known.chain(panel_pivots.iter().map(|values| values[c])).collect();
            match remainder.iter().position(|values| values[c] != 0) {
                None => self.result.free.push(first + c),
                Some(at) => {
                    let pivot = remainder.swap_remove(at);
                    let row = self.active.swap_remove(at);
                    column.push(pivot[c]);
                    self.eliminate(&pivot, c, width, &mut remainder);
                    panel_pivots.push(pivot);
                    self.result.pivot_rows.push(row);
                    self.result.pivots.push(first + c);
                }
            }
            self.result.upper.push(column);
        }
    }

    /// Subtracts multiples of the pivot row from the other active rows and keeps the factors.
    fn eliminate(&mut self, pivot: &[u64; PANEL], c: usize, width: usize, remainder: &mut [[u64; PANEL]]) {
        let field = self.field;
        let inverse = field.inverse(pivot[c]);
        let rank = self.result.pivot_rows.len();
        for (values, &row) in remainder.iter_mut().zip(&self.active) {
            let factor = field.mul(values[c], inverse);
            self.lower[row * self.stride + rank] = factor;
            for k in c..width {
                values[k] = field.sub(values[k], field.mul(factor, pivot[k]));
            }
        }
    }
}

/// Four inner products at once. Thirty-two products stay below 2^127, so after as many steps one
/// comparison keeps each sum in 128 bits.
#[inline]
fn inner_products(field: &Field, lower: &[u64], upper: &[[u64; GROUP]]) -> [u64; GROUP] {
    const STEPS: usize = 32;
    let bound = STEPS as u128 * (field.modulus() as u128 * field.modulus() as u128);
    let mut sums = [0u128; GROUP];
    for (lower, upper) in lower.chunks(STEPS).zip(upper.chunks(STEPS)) {
        for (&l, u) in lower.iter().zip(upper) {
            for c in 0..GROUP {
                // Below 2^128 by the bound above; spelled so that no build checks it again.
                sums[c] = sums[c].wrapping_add(l as u128 * u[c] as u128);
            }
        }
        for sum in &mut sums {
            if *sum >= bound {
                *sum -= bound;
            }
        }
    }
    sums.map(|sum| field.reduce(sum))
}

/// A growing space of vectors, to ask whether one more is independent.
#[derive(Clone, Debug)]
pub struct Span {
    field: Field,
    /// Reduced vectors with the position of their leading 1.
    rows: Vec<(usize, Vec<u64>)>,
}

impl Span {
    /// The space that holds only zero.
    pub fn new(field: Field) -> Span {
        Span { field, rows: Vec::new() }
    }

    /// The dimension.
    pub fn rank(&self) -> usize {
        self.rows.len()
    }

    /// Adds a vector; whether it was independent of those before.
    pub fn insert(&mut self, vector: &[u64]) -> bool {
        let field = self.field;
        let mut rest = vector.to_vec();
        for (pivot, row) in &self.rows {
            let factor = rest[*pivot];
            if factor != 0 {
                for (x, &y) in rest.iter_mut().zip(row) {
                    *x = field.sub(*x, field.mul(factor, y));
                }
            }
        }
        let Some(pivot) = rest.iter().position(|&x| x != 0) else { return false };
        let inverse = field.inverse(rest[pivot]);
        for x in &mut rest {
            *x = field.mul(*x, inverse);
        }
        self.rows.push((pivot, rest));
        true
    }
}

/// The rank of a matrix given by rows.
pub fn rank(field: Field, rows: &[Vec<u64>]) -> usize {
    let mut span = Span::new(field);
    rows.iter().filter(|row| span.insert(row)).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::FieldStream;

    /// A matrix of the given rank with some columns equal to zero.
    fn low_rank(n_rows: usize, n_columns: usize, rank: usize, seed: u64) -> Matrix {
        let field = Field::first();
        let mut stream = FieldStream::new(seed);
        let mut draw = |n: usize| -> Vec<u64> { (0..n).map(|_| stream.element(&field)).collect() };
        let left: Vec<Vec<u64>> = (0..n_rows).map(|_| draw(rank)).collect();
        let right: Vec<Vec<u64>> = (0..rank).map(|_| draw(n_columns)).collect();
        let mut matrix = Matrix::zeros(n_rows, n_columns);
        for (i, left) in left.iter().enumerate() {
            for (k, entry) in matrix.row_mut(i).iter_mut().enumerate().filter(|(k, _)| k % 7 != 3) {
                *entry = (0..rank).fold(0, |sum, l| field.add(sum, field.mul(left[l], right[l][k])));
            }
        }
        matrix
    }

    #[test]
    fn null_vectors_annihilate_the_matrix() {
        let field = Field::first();
        for (rows, columns, rank) in [(5, 3, 2), (60, 50, 17), (130, 110, 75), (40, 90, 40)] {
            let matrix = low_rank(rows, columns, rank, 3);
            let echelon = Echelon::new(field, &matrix);
            assert_eq!(echelon.rank(), rank.min(columns - columns.div_ceil(7)).min(rank));
            assert_eq!(echelon.free().len() + echelon.rank(), columns);
            for &free in echelon.free() {
                let vector = echelon.null_vector(free);
                assert_eq!(vector.last(), Some(&(free, 1)), "the dependency names earlier columns only");
                for i in 0..rows {
                    let sum = vector.iter().fold(0, |sum, &(k, x)| field.add(sum, field.mul(x, matrix.row(i)[k])));
                    assert_eq!(sum, 0);
                }
            }
        }
    }

    #[test]
    fn rank_agrees_with_a_growing_span() {
        let field = Field::first();
        let matrix = low_rank(45, 70, 23, 9);
        let rows: Vec<Vec<u64>> = (0..45).map(|i| matrix.row(i).to_vec()).collect();
        assert_eq!(rank(field, &rows), Echelon::new(field, &matrix).rank());
        assert_eq!(Echelon::new(field, &Matrix::from_rows(&rows)).rank(), 23);
    }

    #[test]
    fn determinants_know_their_sign() {
        let field = Field::first();
        let of = |rows: [[i64; 3]; 3]| {
            let rows: Vec<Vec<u64>> = rows.iter().map(|row| row.iter().map(|&x| field.small(x)).collect()).collect();
            determinant(field, &Matrix::from_rows(&rows))
        };
        assert_eq!(of([[2, 1, 7], [1, 0, 5], [4, 3, 1]]), field.small(2 * -15 - (1 - 20) + 7 * 3));
        assert_eq!(of([[0, 1, 0], [1, 0, 0], [0, 0, 1]]), field.small(-1));
        assert_eq!(of([[0, 1, 0], [0, 0, 1], [1, 0, 0]]), 1);
        assert_eq!(of([[1, 2, 3], [4, 5, 6], [7, 8, 9]]), 0);
    }

    #[test]
    fn long_inner_products_do_not_overflow() {
        let field = Field::first();
        let top = field.modulus() - 1;
        let products = inner_products(&field, &vec![top; 5000], &vec![[top; GROUP]; 5000]);
        assert_eq!(products, [5000; GROUP], "(-1)(-1) summed 5000 times");
    }
}
