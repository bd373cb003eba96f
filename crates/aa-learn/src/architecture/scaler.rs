//! Scales of the variables: networks are trained on numbers of order one.

use aa_dynamics::Ensemble;

/// An affine change of every variable by itself: (z - centre)/size.
#[derive(Clone, Debug, PartialEq)]
pub struct Scaler {
    /// What becomes zero.
    pub centre: Vec<f64>,
    /// What becomes one unit.
    pub size: Vec<f64>,
}

impl Scaler {
    /// Means and (population) standard deviations over all rows, variable by variable: the paper's choice.
    ///
    /// It is not canonical: areas of different pairs are scaled differently. A variable that stands still has size 1.
    pub fn standard(orbits: &Ensemble) -> Self {
        let dim = 2 * orbits.dof;
        let rows = || orbits.orbits.iter().flat_map(|orbit| orbit.chunks_exact(dim));
        let n_rows = rows().count().max(1) as f64;
        let mean = |i: usize| rows().map(|z| z[i]).sum::<f64>() / n_rows;
        let centre: Vec<f64> = (0..dim).map(mean).collect();
        let variance = |i: usize| rows().map(|z| (z[i] - centre[i]).powi(2)).sum::<f64>() / n_rows;
        let size = (0..dim).map(|i| variance(i).sqrt()).map(|size| if size > 0.0 { size } else { 1.0 }).collect();
        Scaler { centre, size }
    }

    /// The same centres, with sizes whose products size(q_i) size(p_i) are one and the same: the change multiplies all
    /// areas by one number, so that a symplectic map stays symplectic.
    pub fn canonical(orbits: &Ensemble) -> Self {
        let Scaler { centre, size } = Scaler::standard(orbits);
        let (q, p) = size.split_at(orbits.dof);
        let areas: Vec<f64> = q.iter().zip(p).map(|(q, p)| q * p).collect();
        let common = libm::exp(areas.iter().map(|area| libm::log(*area)).sum::<f64>() / areas.len().max(1) as f64);
        let factor = |i: usize| (common / areas[i % areas.len()]).sqrt();
        Scaler { centre, size: size.iter().enumerate().map(|(i, size)| size * factor(i)).collect() }
    }

    /// No change at all, for n degrees of freedom.
    pub fn identity(dof: usize) -> Self {
        Scaler { centre: vec![0.0; 2 * dof], size: vec![1.0; 2 * dof] }
    }

    /// Scaled rows.
    pub fn scale(&self, rows: &[f64]) -> Vec<f64> {
        self.each(rows, |z, centre, size| (z - centre) / size)
    }

    /// Rows in the units of the data.
    pub fn unscale(&self, rows: &[f64]) -> Vec<f64> {
        self.each(rows, |z, centre, size| z * size + centre)
    }

    fn each(&self, rows: &[f64], change: impl Fn(f64, f64, f64) -> f64) -> Vec<f64> {
        let scales = self.centre.iter().zip(&self.size).cycle();
        rows.iter().zip(scales).map(|(z, (centre, size))| change(*z, *centre, *size)).collect()
    }

    /// The paper's prediction loss over a number of samples, in scaled units: the mean over rows and degrees of freedom
    /// of (dq^2 + dp^2)/2, for every pair of rows that far apart. `predict` takes rows and a time; without pairs NaN.
    pub fn prediction_loss(
        &self,
        orbits: &Ensemble,
        jump: usize,
        mut predict: impl FnMut(&[f64], f64) -> Vec<f64>,
    ) -> f64 {
        let (dim, times) = (2 * orbits.dof, orbits.t.len());
        let (mut total, mut count) = (0.0, 0);
        for orbit in orbits.orbits.iter().filter(|_| jump < times) {
            let dt = orbits.t[jump] - orbits.t[0];
            let predicted = self.scale(&predict(&orbit[..(times - jump) * dim], dt));
            let true_rows = self.scale(&orbit[jump * dim..]);
            total += predicted.iter().zip(&true_rows).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
            count += true_rows.len();
        }
        total / count as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_canonical_scaler_scales_all_areas_alike() {
        let mut orbits = Ensemble::new(2, vec![0.0, 1.0, 2.0]);
        orbits.push(vec![1.0, 2.0, 3.0, 4.0, -1.0, 7.0, 30.0, 4.5, 0.5, 1.0, -9.0, 4.2]);
        let standard = Scaler::standard(&orbits);
        assert_eq!(standard.centre[0], 0.5 / 3.0);
        let Scaler { size, .. } = Scaler::canonical(&orbits);
        assert!((size[0] * size[2] / (size[1] * size[3]) - 1.0).abs() < 1e-14);
        assert!((size[0] / size[2] - standard.size[0] / standard.size[2]).abs() < 1e-14);
        let rows = &orbits.orbits[0];
        let back = standard.unscale(&standard.scale(rows));
        assert!(rows.iter().zip(&back).all(|(a, b)| (a - b).abs() < 1e-13));
    }
}
