//! Williamson's theorem: a positive definite quadratic form becomes a sum of circles by a symplectic map.
//!
//! For a symmetric positive definite A there is a symplectic M with M^T A M = diag(d, d), d > 0 (Williamson 1936).
//! Choose it for the covariance of data (which always is positive definite) and for a Hessian at a minimum; for a
//! Hessian of mixed signs see `elliptic`.

use crate::Error;
use crate::symplectic::symplectic_form;
use faer::{Mat, Side, c64};

/// A symplectic M and the diagonal of M^T A M; the planes come in rising order of d.
pub(crate) struct NormalForm {
    pub(crate) matrix: Mat<f64>,
    pub(crate) diagonal: Vec<f64>,
}

/// Diagonalises a positive definite form.
///
/// With B = A^-1/2 J A^-1/2 antisymmetric and O orthogonal such that O^T B O = [[0, 1/d], [-1/d, 0]], the map is
/// M = A^-1/2 O d^1/2.
pub(crate) fn williamson(form: &Mat<f64>) -> Result<NormalForm, Error> {
    let dim = form.nrows();
    let dof = dim / 2;
    let root = inverse_square_root(form)?;
    let turned = &root * symplectic_form(dof) * &root;
    let hermitian = Mat::from_fn(dim, dim, |i, j| c64::new(0.0, 0.5 * (turned[(i, j)] - turned[(j, i)])));
    let eigen = hermitian.self_adjoint_eigen(Side::Lower).map_err(|_| Error::Decomposition("turned quadratic form"))?;
    // Eigenvalues rise and come in pairs -1/d, 1/d: the largest 1/d, which stands last, is the smallest d.
    let vectors = eigen.U();
    let column = |plane: usize| dim - 1 - plane;
    let diagonal: Vec<f64> = (0..dof).map(|plane| 1.0 / eigen.S()[column(plane)].re).collect();
    let orthogonal = Mat::from_fn(dim, dim, |i, j| {
        let entry = vectors[(i, column(j % dof))];
        let scale = (2.0 * diagonal[j % dof]).sqrt();
        if j < dof { scale * entry.im } else { scale * entry.re }
    });
    Ok(NormalForm { matrix: root * orthogonal, diagonal })
}

/// A^-1/2 of a symmetric positive definite matrix.
fn inverse_square_root(form: &Mat<f64>) -> Result<Mat<f64>, Error> {
    let eigen = form.self_adjoint_eigen(Side::Lower).map_err(|_| Error::Decomposition("quadratic form"))?;
    let (vectors, values) = (eigen.U(), eigen.S());
    let (least, largest) = (values[0], values[form.nrows() - 1]);
    // Below this the root would be dominated by rounding.
    let flat = 1e-13;
    if least.is_nan() || least <= flat * largest {
        return Err(Error::Flat { variance: least / largest });
    }
    let scaled = Mat::from_fn(form.nrows(), form.nrows(), |i, j| vectors[(i, j)] / values[j].sqrt());
    Ok(&scaled * vectors.transpose())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_becomes_circles_and_the_map_is_symplectic() {
        let seed = Mat::from_fn(6, 6, |i, j| ((i * 7 + j * 3) as f64).sin());
        let form = &seed * seed.transpose() + Mat::<f64>::identity(6, 6) * faer::Scale(0.5);
        let normal = williamson(&form).unwrap();
        let m = &normal.matrix;
        let diagonal = Mat::from_fn(6, 6, |i, j| if i == j { normal.diagonal[i % 3] } else { 0.0 });
        assert!((m.transpose() * &form * m - &diagonal).norm_l2() < 1e-11 * diagonal.norm_l2());
        let j = symplectic_form(3);
        assert!((m.transpose() * &j * m - &j).norm_l2() < 1e-11);
    }

    #[test]
    fn equal_frequencies_are_no_difficulty() {
        let normal = williamson(&Mat::<f64>::identity(4, 4)).unwrap();
        assert!(normal.diagonal.iter().all(|d| (d - 1.0).abs() < 1e-13));
    }

    #[test]
    fn a_flat_form_is_refused() {
        let form = Mat::from_fn(2, 2, |i, j| f64::from(u8::from(i == 0 && j == 0)));
        assert!(matches!(williamson(&form), Err(Error::Flat { .. })));
    }
}
