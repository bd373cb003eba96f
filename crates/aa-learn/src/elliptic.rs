//! The signed normal form of an elliptic equilibrium: M^T A M = diag(omega, omega), A the Hessian of H.
//!
//! Frequencies of mixed sign occur where the kinetic energy is not a plain sum of squares (the triangular points of
//! the three-body problem): such an equilibrium is stable though the energy has no minimum there. The sign is the
//! Krein signature of the mode. Definite Hessians go to `williamson`, which never fails on equal frequencies.

use crate::Error;
use crate::symplectic::symplectic_form;
use crate::williamson::{NormalForm, williamson};
use faer::{Mat, Side, c64};

/// Frequencies closer than this, relative to the largest, share a cluster.
const CLUSTER: f64 = 1e-7;

/// Diagonalises the Hessian of an elliptic equilibrium; the planes come in rising order of |omega|.
pub(crate) fn elliptic_normal_form(hessian: &Mat<f64>) -> Result<NormalForm, Error> {
    let eigenvalues = hessian.self_adjoint_eigenvalues(Side::Lower).map_err(|_| Error::Decomposition("Hessian"))?;
    if eigenvalues.iter().all(|&value| value > 0.0) {
        return williamson(hessian);
    }
    if eigenvalues.iter().all(|&value| value < 0.0) {
        let mut normal = williamson(&(hessian * faer::Scale(-1.0)))?;
        normal.diagonal.iter_mut().for_each(|omega| *omega = -*omega);
        return Ok(normal);
    }
    indefinite_normal_form(hessian)
}

/// A mode: its signed frequency and the complex vector x + i y whose parts span its plane, x^T J y = 1.
struct Mode {
    frequency: f64,
    vector: Vec<c64>,
}

fn indefinite_normal_form(hessian: &Mat<f64>) -> Result<NormalForm, Error> {
    let dim = hessian.nrows();
    let flow = symplectic_form(dim / 2) * hessian;
    let eigenvalues = flow.eigenvalues().map_err(|_| Error::Decomposition("linearised flow"))?;
    let size = eigenvalues.iter().map(|value| value.norm()).fold(0.0, f64::max);
    check_elliptic(&eigenvalues, size)?;
    let mut frequencies: Vec<f64> = eigenvalues.iter().map(|value| value.im).filter(|&omega| omega > 0.0).collect();
    frequencies.sort_by(f64::total_cmp);
    let mut modes = Vec::new();
    for cluster in frequencies.chunk_by(|a, b| b - a < CLUSTER * size) {
        let omega = cluster.iter().sum::<f64>() / cluster.len() as f64;
        modes.extend(modes_of_cluster(omega, &eigenvectors(&flow, omega, cluster.len())?)?);
    }
    if modes.len() != dim / 2 {
        return Err(Error::Degenerate { frequency: frequencies.first().copied().unwrap_or(0.0) });
    }
    Ok(assemble(&modes))
}

/// An orthonormal basis of the vectors with J A v = i omega v, `count` of them: the singular vectors of J A - i omega
/// that belong to the smallest singular values. Unlike a general eigensolver this does not mind equal eigenvalues.
fn eigenvectors(flow: &Mat<f64>, omega: f64, count: usize) -> Result<Vec<Vec<c64>>, Error> {
    let dim = flow.nrows();
    let shifted = Mat::from_fn(dim, dim, |i, j| c64::new(flow[(i, j)], if i == j { -omega } else { 0.0 }));
    let svd = shifted.svd().map_err(|_| Error::Decomposition("linearised flow"))?;
    // In a Jordan block there are fewer such vectors than the eigenvalue's multiplicity says.
    if svd.S()[dim - count].re > 1e-6 * svd.S()[0].re {
        return Err(Error::Degenerate { frequency: omega });
    }
    Ok((dim - count..dim).map(|k| (0..dim).map(|i| svd.V()[(i, k)]).collect()).collect())
}

/// Refuses eigenvalues off the imaginary axis and vanishing ones.
fn check_elliptic(eigenvalues: &[c64], size: f64) -> Result<(), Error> {
    // A Jordan block splits by the root of the rounding error.
    let tolerance = 1e-6 * size;
    for value in eigenvalues {
        if value.re.abs() > tolerance {
            return Err(Error::Hyperbolic { rate: value.re.abs() });
        }
        if value.im.abs() <= tolerance {
            return Err(Error::Degenerate { frequency: value.im.abs() });
        }
    }
    Ok(())
}

/// The modes in a cluster of equal eigenvalues i omega, omega > 0: diagonalises the Hermitian form u^+ J v / 2i there.
///
/// A mode of negative signature turns backwards: its conjugate has positive signature and frequency -omega.
fn modes_of_cluster(omega: f64, vectors: &[Vec<c64>]) -> Result<Vec<Mode>, Error> {
    let gram = Mat::from_fn(vectors.len(), vectors.len(), |i, j| krein(&vectors[i], &vectors[j]));
    let eigen = gram.self_adjoint_eigen(Side::Lower).map_err(|_| Error::Decomposition("Krein form"))?;
    let mode = |k: usize| {
        let signature = eigen.S()[k].re;
        if signature.abs() < 1e-9 {
            return Err(Error::Degenerate { frequency: omega });
        }
        let combined = |i: usize| {
            let sum: c64 = vectors.iter().enumerate().map(|(j, v)| v[i] * eigen.U()[(j, k)]).sum();
            sum / signature.abs().sqrt()
        };
        let vector = (0..vectors[0].len()).map(combined);
        Ok(if signature > 0.0 {
            Mode { frequency: omega, vector: vector.collect() }
        } else {
            Mode { frequency: -omega, vector: vector.map(|v| v.conj()).collect() }
        })
    };
    (0..vectors.len()).map(mode).collect()
}

/// u^+ J v / 2i.
fn krein(u: &[c64], v: &[c64]) -> c64 {
    let dof = u.len() / 2;
    let sum: c64 = (0..dof).map(|i| u[i].conj() * v[i + dof] - u[i + dof].conj() * v[i]).sum();
    sum / c64::new(0.0, 2.0)
}

fn assemble(modes: &[Mode]) -> NormalForm {
    let dof = modes.len();
    let matrix =
        Mat::from_fn(
            2 * dof,
            2 * dof,
            |i, j| {
                if j < dof { modes[j].vector[i].re } else { modes[j - dof].vector[i].im }
            },
        );
    NormalForm { matrix, diagonal: modes.iter().map(|mode| mode.frequency).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// H = omega_1 I_1 + omega_2 I_2 in sheared coordinates.
    fn disguised(frequencies: [f64; 2]) -> Mat<f64> {
        let plain = Mat::from_fn(4, 4, |i, j| if i == j { frequencies[i % 2] } else { 0.0 });
        let kick = Mat::from_fn(4, 4, |i, j| {
            if i == j {
                1.0
            } else if i >= 2 && j < 2 {
                0.4 + (i - 2 + j) as f64
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
        map.transpose() * plain * &map
    }

    #[test]
    fn signs_are_found_and_the_map_is_symplectic() {
        for frequencies in [[1.0, 2.5], [1.0, -2.5], [-1.0, 1.0], [-0.5, -2.0]] {
            let hessian = disguised(frequencies);
            let normal = elliptic_normal_form(&hessian).unwrap();
            let m = &normal.matrix;
            let diagonal = Mat::from_fn(4, 4, |i, j| if i == j { normal.diagonal[i % 2] } else { 0.0 });
            let gap = (m.transpose() * &hessian * m - &diagonal).norm_l2();
            assert!(gap < 1e-9, "{frequencies:?}: {gap}, {:?}", normal.diagonal);
            let form = symplectic_form(2);
            assert!((m.transpose() * &form * m - &form).norm_l2() < 1e-9);
            let (mut found, mut wanted) = (normal.diagonal.clone(), frequencies.to_vec());
            found.sort_by(f64::total_cmp);
            wanted.sort_by(f64::total_cmp);
            assert!(found.iter().zip(&wanted).all(|(a, b)| (a - b).abs() < 1e-9), "{found:?}");
        }
    }

    #[test]
    fn a_saddle_is_refused_with_its_rate() {
        let hessian = Mat::from_fn(2, 2, |i, j| {
            if i != j {
                0.0
            } else if i == 0 {
                -4.0
            } else {
                1.0
            }
        });
        let Err(Error::Hyperbolic { rate }) = elliptic_normal_form(&hessian) else { panic!("not refused") };
        assert!((rate - 2.0).abs() < 1e-12);
    }
}
