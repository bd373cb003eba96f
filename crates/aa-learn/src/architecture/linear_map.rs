//! The best linear map from one sample to the next: the line that any network has to beat on a linear system.

use aa_dynamics::Ensemble;
use faer::linalg::solvers::{Solve, SolveLstsq};
use faer::{Mat, c64};

use super::Scaler;
use crate::{Equilibrium, Error};

/// z <- A z + c every sample, fitted by least squares.
#[derive(Clone, Debug)]
pub struct LinearMap {
    /// A beside c, in scaled variables: 2n x (2n + 1).
    matrix: Mat<f64>,
    scaler: Scaler,
}

impl LinearMap {
    /// The map that carries all rows to the rows one sample later with the least squared error.
    ///
    /// # Errors
    /// Fewer pairs of rows than unknowns.
    pub fn fit(orbits: &Ensemble) -> Result<Self, Error> {
        let dim = 2 * orbits.dof;
        let scaler = Scaler::standard(orbits);
        let scaled: Vec<Vec<f64>> = orbits.orbits.iter().map(|orbit| scaler.scale(orbit)).collect();
        let pairs: Vec<(&[f64], &[f64])> =
            scaled.iter().flat_map(|orbit| orbit.chunks_exact(dim).zip(orbit.chunks_exact(dim).skip(1))).collect();
        if pairs.len() <= dim {
            return Err(Error::TooFewTimes { times: pairs.len() + 1, needed: dim + 2 });
        }
        let before = Mat::from_fn(pairs.len(), dim + 1, |r, j| if j < dim { pairs[r].0[j] } else { 1.0 });
        let after = Mat::from_fn(pairs.len(), dim, |r, j| pairs[r].1[j]);
        Ok(LinearMap { matrix: before.col_piv_qr().solve_lstsq(&after).transpose().to_owned(), scaler })
    }

    /// Where rows are after a number of samples, in the units of the data.
    pub fn predict(&self, points: &[f64], samples: usize) -> Vec<f64> {
        let dim = self.matrix.nrows();
        let mut rows = self.scaler.scale(points);
        for row in rows.chunks_exact_mut(dim) {
            for _ in 0..samples {
                let old = row.to_vec();
                for (i, new) in row.iter_mut().enumerate() {
                    *new = (0..dim).fold(self.matrix[(i, dim)], |sum, j| sum + self.matrix[(i, j)] * old[j]);
                }
            }
        }
        self.scaler.unscale(&rows)
    }

    /// The equilibrium of which this map is the motion over a time `dt`: its fixed point, and the Hessian S of the energy
    /// whose linear flow comes nearest, exp(J S dt) = A (both halves of S averaged). A frame for
    /// [`learn`](crate::learn()) where motion is nearly linear and no Hamiltonian is known. Less than half a turn must
    /// pass between samples.
    ///
    /// # Errors
    /// The eigenvalues did not converge.
    pub fn equilibrium(&self, dt: f64) -> Result<Equilibrium, Error> {
        let dim = self.matrix.nrows();
        let size = &self.scaler.size;
        let square = Mat::from_fn(dim, dim, |i, j| self.matrix[(i, j)] * size[i] / size[j]);
        let offset = Mat::from_fn(dim, 1, |i, _| self.matrix[(i, dim)] * size[i]);
        let fixed = (Mat::<f64>::identity(dim, dim) - &square).partial_piv_lu().solve(&offset);
        let eigen = square.eigen().map_err(|_| Error::Decomposition("linear map"))?;
        let logarithm = |value: c64| c64::new(libm::log(value.norm()), libm::atan2(value.im, value.re)) / dt;
        let rates = Mat::from_fn(dim, dim, |i, j| eigen.U()[(i, j)] * logarithm(eigen.S()[j]));
        // rates U^-1 = J S; solved from the right, by transposes.
        let field = eigen.U().transpose().partial_piv_lu().solve(rates.transpose()).transpose().to_owned();
        let turned =
            |i: usize, j: usize| if i < dim / 2 { -field[(i + dim / 2, j)].re } else { field[(i - dim / 2, j)].re };
        let hessian = (0..dim * dim).map(|k| (k / dim, k % dim)).map(|(i, j)| 0.5 * (turned(i, j) + turned(j, i)));
        let point = (0..dim).map(|i| self.scaler.centre[i] + fixed[(i, 0)]).collect();
        Ok(Equilibrium { point, hessian: hessian.collect() })
    }

    /// The numbers fitted.
    pub fn n_parameters(&self) -> usize {
        self.matrix.nrows() * self.matrix.ncols()
    }

    /// The angles of the eigenvalues in the upper half plane, falling: frequencies in radians per sample.
    ///
    /// # Errors
    /// The eigenvalues did not converge.
    pub fn frequencies(&self) -> Result<Vec<f64>, Error> {
        let dim = self.matrix.nrows();
        let square = self.matrix.submatrix(0, 0, dim, dim);
        let eigenvalues = square.eigenvalues().map_err(|_| Error::Decomposition("linear map"))?;
        let mut angles: Vec<f64> =
            eigenvalues.iter().filter(|value| value.im > 0.0).map(|value| libm::atan2(value.im, value.re)).collect();
        angles.sort_by(|a, b| b.total_cmp(a));
        Ok(angles)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rotation_is_found_with_its_frequency() {
        let mut orbits = Ensemble::new(1, (0..20).map(f64::from).collect());
        orbits
            .push((0..20).flat_map(|i| [3.0 + (0.7 * f64::from(i)).sin(), 5.0 * (0.7 * f64::from(i)).cos()]).collect());
        let map = LinearMap::fit(&orbits).unwrap();
        assert!((map.frequencies().unwrap()[0] - 0.7).abs() < 1e-12);
        let later = map.predict(orbits.row(0, 2), 9);
        assert!(later.iter().zip(orbits.row(0, 11)).all(|(a, b)| (a - b).abs() < 1e-12));
        assert_eq!(map.n_parameters(), 6);
        orbits.t.truncate(3);
        orbits.orbits[0].truncate(6);
        assert!(LinearMap::fit(&orbits).is_err());
    }
}
