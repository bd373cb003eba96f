//! Joint approximate diagonalisation: the one unitary frame in which many Hermitian matrices are nearly diagonal.
//!
//! Where linear frequencies are equal, every unitary mixing of the modes is a valid linear frame, but only one has
//! actions that survive the nonlinear terms. With a = (q + i p)/sqrt 2 and A = <a a^+> averaged along one orbit, the
//! right frame makes A diagonal for all orbits at once. Complex Jacobi rotations after Cardoso and Souloumiac (SIAM J.
//! Matrix Anal. Appl. 17, 1996).

use faer::{Mat, Side, c64};

/// The unitary U that makes all U^+ A U as diagonal as possible; only planes for which `may_mix` holds are rotated.
pub(crate) fn joint_diagonalisation(matrices: &[Mat<c64>], may_mix: &dyn Fn(usize, usize) -> bool) -> Mat<c64> {
    let n = matrices.first().map_or(0, Mat::nrows);
    let mut matrices = matrices.to_vec();
    let mut unitary = Mat::<c64>::identity(n, n);
    // Quadratic convergence: a dozen sweeps reach rounding at these sizes; the cap guards against a cycle.
    for _ in 0..60 {
        let mut largest = 0.0_f64;
        for p in 0..n {
            for q in p + 1..n {
                if may_mix(p, q) {
                    largest = largest.max(rotate(&mut matrices, &mut unitary, p, q));
                }
            }
        }
        if largest < 1e-13 {
            break;
        }
    }
    unitary
}

/// Makes the best rotation in the plane (p, q) and returns the size of its sine.
fn rotate(matrices: &mut [Mat<c64>], unitary: &mut Mat<c64>, p: usize, q: usize) -> f64 {
    let (cosine, sine) = best_rotation(matrices, p, q);
    if sine.norm() > 0.0 {
        for matrix in matrices {
            mix_columns(matrix, p, q, cosine, sine);
            mix_rows(matrix, p, q, cosine, sine);
        }
        mix_columns(unitary, p, q, cosine, sine);
    }
    sine.norm()
}

/// The inner rotation: the principal eigenvector of a 3 x 3 matrix of the differences and off-diagonal parts.
fn best_rotation(matrices: &[Mat<c64>], p: usize, q: usize) -> (f64, c64) {
    let mut sums = Mat::<f64>::zeros(3, 3);
    for matrix in matrices {
        let off = matrix[(p, q)];
        let h = [matrix[(p, p)].re - matrix[(q, q)].re, 2.0 * off.re, 2.0 * off.im];
        for i in 0..3 {
            for j in 0..3 {
                sums[(i, j)] += h[i] * h[j];
            }
        }
    }
    let Ok(eigen) = sums.self_adjoint_eigen(Side::Lower) else { return (1.0, c64::new(0.0, 0.0)) };
    let sign = if eigen.U()[(0, 2)] < 0.0 { -1.0 } else { 1.0 };
    let [x, y, z] = [0, 1, 2].map(|i| sign * eigen.U()[(i, 2)]);
    let cosine = (0.5 * (1.0 + x)).sqrt();
    (cosine, c64::new(y, -z) / (2.0 * cosine))
}

/// M <- M R with R = [[c, -conj s], [s, c]] in the plane (p, q).
fn mix_columns(matrix: &mut Mat<c64>, p: usize, q: usize, cosine: f64, sine: c64) {
    for i in 0..matrix.nrows() {
        let (a, b) = (matrix[(i, p)], matrix[(i, q)]);
        matrix[(i, p)] = a * cosine + b * sine;
        matrix[(i, q)] = b * cosine - a * sine.conj();
    }
}

/// M <- R^+ M.
fn mix_rows(matrix: &mut Mat<c64>, p: usize, q: usize, cosine: f64, sine: c64) {
    for j in 0..matrix.ncols() {
        let (a, b) = (matrix[(p, j)], matrix[(q, j)]);
        matrix[(p, j)] = a * cosine + b * sine.conj();
        matrix[(q, j)] = b * cosine - a * sine;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_common_frame_is_found() {
        // A unitary built from two rotations with phases.
        let mut truth = Mat::<c64>::identity(3, 3);
        mix_columns(&mut truth, 0, 1, 0.8, c64::new(0.36, 0.48));
        mix_columns(&mut truth, 1, 2, 0.6, c64::new(0.0, 0.8));
        let matrices: Vec<Mat<c64>> = (0..5)
            .map(|j| {
                let values = [1.0 + j as f64, 2.0 * (j as f64).sin(), 0.3 * (j * j) as f64];
                let diagonal = Mat::from_fn(3, 3, |i, k| c64::new(if i == k { values[i] } else { 0.0 }, 0.0));
                &truth * diagonal * truth.adjoint()
            })
            .collect();
        let found = joint_diagonalisation(&matrices, &|_, _| true);
        for matrix in &matrices {
            let turned = found.adjoint() * matrix * &found;
            for i in 0..3 {
                for j in 0..3 {
                    assert!(i == j || turned[(i, j)].norm() < 1e-12);
                }
            }
        }
    }

    #[test]
    fn planes_that_may_not_mix_stay() {
        let matrix = Mat::from_fn(2, 2, |i, j| c64::new(if i == j { 1.0 } else { 0.5 }, 0.0));
        let unitary = joint_diagonalisation(&[matrix], &|_, _| false);
        assert_eq!(unitary, Mat::<c64>::identity(2, 2));
    }
}
