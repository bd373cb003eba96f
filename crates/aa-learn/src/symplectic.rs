//! Small helpers for real matrices of phase space: the form J, its defect, and conversions.

use faer::Mat;

/// J of 2n x 2n: J (q, p) = (p, -q).
pub(crate) fn symplectic_form(dof: usize) -> Mat<f64> {
    Mat::from_fn(2 * dof, 2 * dof, |i, j| {
        if j == i + dof {
            1.0
        } else if i == j + dof {
            -1.0
        } else {
            0.0
        }
    })
}

/// A square matrix from its rows.
pub(crate) fn from_rows(dim: usize, rows: &[f64]) -> Mat<f64> {
    Mat::from_fn(dim, dim, |i, j| rows[i * dim + j])
}

/// The rows of a matrix, one after the other.
pub(crate) fn to_rows(matrix: &Mat<f64>) -> Vec<f64> {
    (0..matrix.nrows()).flat_map(|i| (0..matrix.ncols()).map(move |j| matrix[(i, j)])).collect()
}

/// The inverse of a symplectic matrix, -J M^T J: exact transposition, no elimination.
pub(crate) fn symplectic_inverse(matrix: &Mat<f64>) -> Mat<f64> {
    let dof = matrix.nrows() / 2;
    let sign = |i: usize| if i < dof { 1.0 } else { -1.0 };
    let partner = |i: usize| if i < dof { i + dof } else { i - dof };
    Mat::from_fn(2 * dof, 2 * dof, |i, j| sign(i) * sign(j) * matrix[(partner(j), partner(i))])
}

/// |D^T J D - J|_F / |J|_F.
///
/// ```
/// use aa_learn::symplectic_defect;
/// assert_eq!(symplectic_defect(1, &[1.0, 3.0, 0.0, 1.0]), 0.0); // a shear
/// assert!((symplectic_defect(1, &[1.1, 0.0, 0.0, 1.0]) - 0.1).abs() < 1e-15); // a stretch by 10 %
/// ```
///
/// # Panics
/// If `rows` is not a matrix of 2 dof x 2 dof numbers.
pub fn symplectic_defect(dof: usize, rows: &[f64]) -> f64 {
    assert_eq!(rows.len(), 4 * dof * dof, "a derivative of phase space is square");
    let (jacobian, form) = (from_rows(2 * dof, rows), symplectic_form(dof));
    let defect = jacobian.transpose() * &form * &jacobian - &form;
    defect.norm_l2() / form.norm_l2()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_symplectic_inverse_is_the_inverse() {
        // A product of two shears, one in q and one in p.
        let kick = Mat::from_fn(4, 4, |i, j| {
            if i == j {
                1.0
            } else if i >= 2 && j < 2 {
                0.3 + (i - 2 + j) as f64
            } else {
                0.0
            }
        });
        let drift = Mat::from_fn(4, 4, |i, j| {
            if i == j {
                1.0
            } else if i < 2 && j >= 2 {
                0.7 - (i + j - 2) as f64
            } else {
                0.0
            }
        });
        let map = kick * drift;
        let unit = &map * symplectic_inverse(&map);
        assert!((unit - Mat::<f64>::identity(4, 4)).norm_l2() < 1e-13);
    }
}
