//! Poisson brackets of learned actions and angles: canonical by construction, and measured all the same.

use crate::map::ActionAngleMap;
use crate::pair::Pair;

/// The largest absolute entries of the bracket matrices over some points, row after row.
#[derive(Clone, Debug, PartialEq)]
pub struct Brackets {
    /// {I_i, I_j} over the mean of the sum of |I_k| at the point; zero for true actions.
    pub actions: Vec<f64>,
    /// {theta_i, I_j}; one on the diagonal and zero elsewhere for true actions and angles.
    pub angles: Vec<f64>,
    /// The largest |{theta_i, I_j} - delta_ij|.
    pub defect: f64,
}

impl ActionAngleMap {
    /// The bracket matrices at points of 2n numbers each, {q, p} = +1. Points where an angle is undefined, at the
    /// centre of its plane, are left out.
    pub fn brackets(&self, points: &[f64]) -> Brackets {
        let n = self.dof();
        let mut found = Brackets { actions: vec![0.0; n * n], angles: vec![0.0; n * n], defect: 0.0 };
        for z in points.chunks_exact(2 * n) {
            let (angles, actions) = self.gradients(z);
            let size: f64 = self.actions(z).iter().map(|action| action.abs()).sum();
            if !angles.iter().flatten().all(|slope| slope.is_finite()) || size == 0.0 {
                continue;
            }
            for i in 0..n {
                for j in 0..n {
                    let canonical = if i == j { 1.0 } else { 0.0 };
                    let of_angles = bracket(&angles[i], &actions[j]);
                    found.defect = found.defect.max((of_angles - canonical).abs());
                    let place = i * n + j;
                    found.angles[place] = found.angles[place].max(of_angles.abs());
                    found.actions[place] = found.actions[place].max(bracket(&actions[i], &actions[j]).abs() / size);
                }
            }
        }
        found
    }

    /// The gradients of angles and actions by z.
    fn gradients(&self, z: &[f64]) -> (Vec<Vec<f64>>, Vec<Vec<f64>>) {
        let (n, dim) = (self.dof(), 2 * self.dof());
        let (latent, jacobian) = (self.latent(z), self.jacobian(z));
        let row = |i: usize| &jacobian[i * dim..(i + 1) * dim];
        let combined = |a: f64, k: usize, b: f64| -> Vec<f64> {
            row(k).iter().zip(row(k + n)).map(|(x, y)| a * x + b * y).collect()
        };
        let of_pair = |k: usize| match self.pairs()[k] {
            Pair::Oscillator => {
                let (x, y) = (latent[k], latent[k + n]);
                let square = x * x + y * y;
                (combined(y / square, k, -x / square), combined(x, k, y))
            }
            _ => (row(k).to_vec(), row(k + n).to_vec()),
        };
        (0..n).map(of_pair).unzip()
    }
}

/// {f, g} of two gradients.
fn bracket(f: &[f64], g: &[f64]) -> f64 {
    let n = f.len() / 2;
    (0..n).map(|i| f[i] * g[i + n] - f[i + n] * g[i]).sum()
}
