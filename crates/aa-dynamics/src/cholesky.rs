//! Small symmetric positive definite systems, solved by Cholesky's method in a fixed order.
//!
//! For the lines of a spectrum, fits to data, and kinetic energies: a few dozen unknowns. Sums in index order make it give
//! the same bits on every machine.

use crate::symmetric::dot;

/// The lower factor of a symmetric positive definite matrix, row after row.
pub(crate) struct Cholesky {
    n: usize,
    lower: Vec<f64>,
}

impl Cholesky {
    /// Factors the matrix plus `damping` times its diagonal; `None` if that is not positive definite.
    pub(crate) fn new(matrix: &[f64], n: usize, damping: f64) -> Option<Self> {
        let mut lower = vec![0.0; n * n];
        for i in 0..n {
            for j in 0..=i {
                let (row_i, row_j) = (&lower[i * n..i * n + j], &lower[j * n..j * n + j]);
                let rest = matrix[i * n + j] - dot(row_i, row_j);
                if i == j {
                    let pivot = rest + damping * matrix[i * n + i];
                    // A pivot this small is rounding of one that vanishes: unknowns depend on one another.
                    if pivot.is_nan() || pivot <= 1e-13 * matrix[i * n + i] {
                        return None;
                    }
                    lower[i * n + i] = pivot.sqrt();
                } else {
                    lower[i * n + j] = rest / lower[j * n + j];
                }
            }
        }
        Some(Cholesky { n, lower })
    }

    /// The solution for a right-hand side, in place.
    pub(crate) fn solve(&self, x: &mut [f64]) {
        self.forward(x);
        self.back(x);
    }

    /// Multiplies by the inverse of the transposed factor, in place.
    pub(crate) fn back(&self, x: &mut [f64]) {
        for i in (0..self.n).rev() {
            let mut rest = x[i];
            for (j, x) in x.iter().enumerate().skip(i + 1) {
                rest -= self.lower[j * self.n + i] * x;
            }
            x[i] = rest / self.lower[i * self.n + i];
        }
    }

    /// The diagonal entry of the inverse matrix.
    pub(crate) fn inverse_diagonal(&self, index: usize) -> f64 {
        let mut x = vec![0.0; self.n];
        x[index] = 1.0;
        self.forward(&mut x);
        dot(&x, &x)
    }

    /// The diagonal of the factor: their product is the square root of the determinant.
    pub(crate) fn diagonal(&self) -> impl Iterator<Item = f64> {
        (0..self.n).map(|i| self.lower[i * self.n + i])
    }

    /// Multiplies by the inverse of the factor, in place.
    pub(crate) fn forward(&self, x: &mut [f64]) {
        for i in 0..self.n {
            let row = &self.lower[i * self.n..i * self.n + i];
            x[i] = (x[i] - dot(row, &x[..i])) / self.lower[i * self.n + i];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn solutions_satisfy_their_system() {
        let matrix = [4.0, 1.0, 0.5, 1.0, 3.0, -0.25, 0.5, -0.25, 2.0];
        let factor = Cholesky::new(&matrix, 3, 0.0).unwrap();
        let mut x = [1.0, 2.0, 3.0];
        factor.solve(&mut x);
        for (row, right) in matrix.chunks(3).zip([1.0, 2.0, 3.0]) {
            assert!((dot(row, &x) - right).abs() < 1e-14);
        }
        let mut unit = [0.0, 1.0, 0.0];
        factor.solve(&mut unit);
        assert!((factor.inverse_diagonal(1) - unit[1]).abs() < 1e-15);
    }

    #[test]
    fn singular_matrices_are_refused() {
        assert!(Cholesky::new(&[1.0, 1.0, 1.0, 1.0], 2, 0.0).is_none());
        assert!(Cholesky::new(&[1.0, 1.0, 1.0, 1.0], 2, 0.1).is_some());
    }
}
