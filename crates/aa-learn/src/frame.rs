//! The frame: an affine map, fixed before training, that brings the motion near to circles of size one.
//!
//! It is symplectic up to one common factor c (so that data in any units becomes of order one, and an action of the
//! data is c times an action of the frame). Two roads lead to it: the Hessian at an elliptic equilibrium, or the
//! covariance of the data; then the joint diagonalisation of the orbits' time averages settles what resonance leaves
//! open. Training cannot repair a wrong frame: at a resonance the layers stay near the wrong modes for ever.

use crate::elliptic::elliptic_normal_form;
use crate::joint_diagonal::joint_diagonalisation;
use crate::slide::find_slide;
use crate::symplectic::{from_rows, symplectic_inverse, to_rows};
use crate::williamson::{NormalForm, williamson};
use crate::{Error, Pair};
use aa_dynamics::Ensemble;
use faer::{Mat, Scale, Side, c64};

/// An elliptic equilibrium and the Hessian of the energy there.
#[derive(Clone, Debug, PartialEq)]
pub struct Equilibrium {
    /// The point, q then p: 2n numbers.
    pub point: Vec<f64>,
    /// The second derivatives of H at the point: 2n x 2n numbers, row after row, q before p.
    pub hessian: Vec<f64>,
}

/// An affine map between data and frame coordinates: z = centre + F zeta with F^T J F = c J.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Frame {
    pub(crate) dof: usize,
    pub(crate) centre: Vec<f64>,
    /// F, by rows.
    pub(crate) from_latent: Vec<f64>,
    /// F^-1, by rows.
    pub(crate) to_latent: Vec<f64>,
    /// c.
    pub(crate) scale: f64,
}

impl Frame {
    /// The frame with this F; the inverse follows from the symplectic form.
    pub(crate) fn new(dof: usize, centre: Vec<f64>, from_latent: Vec<f64>, scale: f64) -> Self {
        let root = scale.sqrt();
        let unit = from_rows(2 * dof, &from_latent) * Scale(1.0 / root);
        let to_latent = to_rows(&(symplectic_inverse(&unit) * Scale(1.0 / root)));
        Frame { dof, centre, from_latent, to_latent, scale }
    }

    /// zeta of a point.
    pub(crate) fn to_latent(&self, z: &[f64], zeta: &mut [f64]) {
        let dim = 2 * self.dof;
        for (i, zeta) in zeta.iter_mut().enumerate() {
            let row = &self.to_latent[i * dim..(i + 1) * dim];
            *zeta = (0..dim).map(|j| row[j] * (z[j] - self.centre[j])).sum();
        }
    }

    /// The point of a zeta.
    pub(crate) fn to_data(&self, zeta: &[f64], z: &mut [f64]) {
        let dim = 2 * self.dof;
        for (i, z) in z.iter_mut().enumerate() {
            let row = &self.from_latent[i * dim..(i + 1) * dim];
            *z = self.centre[i] + (0..dim).map(|j| row[j] * zeta[j]).sum::<f64>();
        }
    }
}

/// Finds the frame of some orbits; with an equilibrium from its Hessian, else from the data's covariance.
///
/// # Errors
/// A hyperbolic or degenerate equilibrium, data in a hyperplane.
pub(crate) fn find_frame(orbits: &Ensemble, pairs: &[Pair], equilibrium: Option<&Equilibrium>) -> Result<Frame, Error> {
    let statistics = Statistics::of(orbits);
    let mut centre = match equilibrium {
        Some(equilibrium) => equilibrium.point.clone(),
        None => statistics.mean.clone(),
    };
    for (k, pair) in pairs.iter().enumerate() {
        if *pair == Pair::Rotor {
            centre[k] = 0.0; // A circle has no mean, and its origin is the caller's.
        }
        if !is_plane(*pair) {
            centre[k + pairs.len()] = statistics.mean[k + pairs.len()];
        }
    }
    match find_slide(orbits, pairs, &centre).filter(|_| equilibrium.is_none()) {
        None => frame_about(centre, orbits, pairs, &statistics, equilibrium),
        Some(slide) => {
            let settled = unslid(orbits, &slide, &centre);
            let frame = frame_about(centre, &settled, pairs, &Statistics::of(&settled), None)?;
            let from_latent = to_rows(&(slide * from_rows(2 * frame.dof, &frame.from_latent)));
            Ok(Frame::new(frame.dof, frame.centre, from_latent, frame.scale))
        }
    }
}

/// The orbits before the slide.
fn unslid(orbits: &Ensemble, slide: &Mat<f64>, centre: &[f64]) -> Ensemble {
    let back = Frame::new(orbits.dof, centre.to_vec(), to_rows(slide), 1.0);
    let mut settled = Ensemble::new(orbits.dof, orbits.t.clone());
    for orbit in &orbits.orbits {
        let mut rows = vec![0.0; orbit.len()];
        for (z, row) in orbit.chunks_exact(centre.len()).zip(rows.chunks_exact_mut(centre.len())) {
            back.to_latent(z, row);
            row.iter_mut().zip(centre).for_each(|(z, centre)| *z += centre);
        }
        settled.push(rows);
    }
    settled
}

fn frame_about(
    centre: Vec<f64>,
    orbits: &Ensemble,
    pairs: &[Pair],
    statistics: &Statistics,
    equilibrium: Option<&Equilibrium>,
) -> Result<Frame, Error> {
    let still = |k: usize| equilibrium.is_none() && pairs[k] == Pair::Frozen && statistics.is_still(k);
    let planes: Vec<usize> = (0..pairs.len()).filter(|&k| is_plane(pairs[k]) && !still(k)).collect();
    let normal = plane_normal_form(orbits, &planes, &centre, statistics, equilibrium)?;
    Ok(assemble(pairs, &planes, centre, &normal, statistics))
}

/// True of the pairs that share the coordinates which the frame may mix.
fn is_plane(pair: Pair) -> bool {
    matches!(pair, Pair::Oscillator | Pair::Frozen)
}

/// Mean and covariance over all rows of all orbits.
struct Statistics {
    mean: Vec<f64>,
    covariance: Mat<f64>,
}

impl Statistics {
    fn of(orbits: &Ensemble) -> Self {
        let dim = 2 * orbits.dof;
        let rows = || orbits.orbits.iter().flat_map(move |orbit| orbit.chunks_exact(dim));
        let n_rows = rows().count() as f64;
        let mut mean = vec![0.0; dim];
        for row in rows() {
            mean.iter_mut().zip(row).for_each(|(mean, z)| *mean += z / n_rows);
        }
        let mut covariance = Mat::<f64>::zeros(dim, dim);
        for row in rows() {
            for i in 0..dim {
                for j in 0..dim {
                    covariance[(i, j)] += (row[i] - mean[i]) * (row[j] - mean[j]) / n_rows;
                }
            }
        }
        Statistics { mean, covariance }
    }

    /// True of a pair whose coordinate and momentum are the same in all rows, but for roundings.
    fn is_still(&self, k: usize) -> bool {
        let n = self.mean.len() / 2;
        [k, k + n].into_iter().all(|i| self.covariance[(i, i)].sqrt() <= 1e-12 * self.mean[i].abs())
    }
}

/// The symplectic M of the planes, resonances settled.
fn plane_normal_form(
    orbits: &Ensemble,
    planes: &[usize],
    centre: &[f64],
    statistics: &Statistics,
    equilibrium: Option<&Equilibrium>,
) -> Result<Mat<f64>, Error> {
    let dof = orbits.dof;
    if planes.is_empty() {
        return Ok(Mat::zeros(0, 0));
    }
    let normal = match equilibrium {
        Some(equilibrium) => elliptic_normal_form(&restrict(&from_rows(2 * dof, &equilibrium.hessian), planes, dof))?,
        None => covariance_normal_form(&restrict(&statistics.covariance, planes, dof))?,
    };
    let averages = time_averages(orbits, planes, centre, &normal.matrix);
    let largest = normal.diagonal.iter().fold(0.0, |largest: f64, d| largest.max(d.abs()));
    // The Hessian's modes are exact where its frequencies differ, and finite averages would only blur them; the
    // planes of a covariance are free to turn.
    let resonant = |p: usize, q: usize| (normal.diagonal[p] - normal.diagonal[q]).abs() < 0.05 * largest;
    let may_mix = |p: usize, q: usize| equilibrium.is_none() || resonant(p, q);
    let unitary = joint_diagonalisation(&averages, &may_mix);
    Ok(&normal.matrix * rotation_of(&unitary))
}

/// The block of some pairs, coordinates then momenta.
fn restrict(matrix: &Mat<f64>, planes: &[usize], dof: usize) -> Mat<f64> {
    let index = |i: usize| phase_index(planes, dof, i);
    Mat::from_fn(2 * planes.len(), 2 * planes.len(), |i, j| matrix[(index(i), index(j))])
}

fn phase_index(planes: &[usize], dof: usize, i: usize) -> usize {
    if i < planes.len() { planes[i] } else { planes[i - planes.len()] + dof }
}

/// M with M^-1 C M^-T = diag(nu, nu).
///
/// One factor for all coordinates and its inverse for all momenta come first: symplectic, and then units do not matter.
fn covariance_normal_form(covariance: &Mat<f64>) -> Result<NormalForm, Error> {
    let (dim, n) = (covariance.nrows(), covariance.nrows() / 2);
    let size = |half: std::ops::Range<usize>| half.map(|i| covariance[(i, i)]).sum::<f64>();
    let ratio = (size(0..n) / size(n..dim)).sqrt().sqrt();
    let ratio = if ratio.is_finite() && ratio > 0.0 { ratio } else { 1.0 };
    let factor = |i: usize| if i < n { ratio } else { 1.0 / ratio };
    let normal = scaled_normal_form(&Mat::from_fn(dim, dim, |i, j| covariance[(i, j)] / (factor(i) * factor(j))))?;
    Ok(NormalForm { matrix: Mat::from_fn(dim, dim, |i, j| factor(i) * normal.matrix[(i, j)]), ..normal })
}

fn scaled_normal_form(covariance: &Mat<f64>) -> Result<NormalForm, Error> {
    let dim = covariance.nrows();
    let eigen = covariance.self_adjoint_eigen(Side::Lower).map_err(|_| Error::Decomposition("covariance"))?;
    let (least, largest) = (eigen.S()[0], eigen.S()[dim - 1]);
    // A direction whose spread is 1e-6 of the largest cannot be told from rounding once squared.
    if least.is_nan() || least <= 1e-12 * largest {
        return Err(Error::Flat { variance: least / largest });
    }
    let inverse =
        Mat::from_fn(dim, dim, |i, j| (0..dim).map(|k| eigen.U()[(i, k)] * eigen.U()[(j, k)] / eigen.S()[k]).sum());
    williamson(&inverse)
}

/// One matrix <a a^+> per orbit, a = (q + i p)/sqrt 2 in the coordinates of M.
fn time_averages(orbits: &Ensemble, planes: &[usize], centre: &[f64], normal: &Mat<f64>) -> Vec<Mat<c64>> {
    let n = planes.len();
    let inverse = symplectic_inverse(normal);
    let average = |orbit: &Vec<f64>| {
        let mut sum = Mat::<c64>::zeros(n, n);
        let mut a = vec![c64::new(0.0, 0.0); n];
        for row in orbit.chunks_exact(2 * orbits.dof) {
            amplitudes(row, planes, centre, &inverse, &mut a);
            for i in 0..n {
                for j in 0..n {
                    sum[(i, j)] += a[i] * a[j].conj();
                }
            }
        }
        sum * Scale(c64::new(1.0 / orbits.t.len() as f64, 0.0))
    };
    orbits.orbits.iter().map(average).collect()
}

fn amplitudes(row: &[f64], planes: &[usize], centre: &[f64], inverse: &Mat<f64>, a: &mut [c64]) {
    let (n, dof) = (planes.len(), row.len() / 2);
    let offset = |i: usize| row[phase_index(planes, dof, i)] - centre[phase_index(planes, dof, i)];
    let component = |i: usize| (0..2 * n).map(|j| inverse[(i, j)] * offset(j)).sum::<f64>();
    for (k, a) in a.iter_mut().enumerate() {
        *a = c64::new(component(k), component(k + n)) * std::f64::consts::FRAC_1_SQRT_2;
    }
}

/// The real symplectic rotation that carries b = U^+ a back to a.
fn rotation_of(unitary: &Mat<c64>) -> Mat<f64> {
    let n = unitary.nrows();
    Mat::from_fn(2 * n, 2 * n, |i, j| {
        let u = unitary[(i % n, j % n)];
        match (i < n, j < n) {
            (true, true) | (false, false) => u.re,
            (true, false) => -u.im,
            (false, true) => u.im,
        }
    })
}

/// Scales every pair to order one and puts the blocks together.
fn assemble(pairs: &[Pair], planes: &[usize], centre: Vec<f64>, normal: &Mat<f64>, statistics: &Statistics) -> Frame {
    let (dof, n) = (pairs.len(), planes.len());
    let spread = |i: usize| statistics.covariance[(i, i)].sqrt();
    let scale = common_scale(pairs, planes, normal, statistics);
    let mut from_latent = vec![0.0; 4 * dof * dof];
    let mut set = |i: usize, j: usize, value: f64| from_latent[i * 2 * dof + j] = value;
    for i in 0..2 * n {
        for j in 0..2 * n {
            set(phase_index(planes, dof, i), phase_index(planes, dof, j), scale.sqrt() * normal[(i, j)]);
        }
    }
    for (k, pair) in pairs.iter().enumerate() {
        let stretch = match pair {
            Pair::Oscillator | Pair::Frozen if planes.contains(&k) => continue,
            // A plane that stands still has no size of its own.
            Pair::Oscillator | Pair::Frozen => scale.sqrt(),
            Pair::Rotor => 1.0,
            // The momentum becomes of order one, where the orbits differ in it at all.
            Pair::Free if spread(k + dof) > 1e-9 * scale.sqrt() => scale / spread(k + dof),
            Pair::Free => scale.sqrt(),
        };
        set(k, k, stretch);
        set(k + dof, k + dof, scale / stretch);
    }
    Frame::new(dof, centre, from_latent, scale)
}

/// c: the mean action of the planes and the mean spread of the rotors' momenta.
fn common_scale(pairs: &[Pair], planes: &[usize], normal: &Mat<f64>, statistics: &Statistics) -> f64 {
    let dof = pairs.len();
    let mut sizes = Vec::new();
    if !planes.is_empty() {
        let inverse = symplectic_inverse(normal);
        let turned = &inverse * restrict(&statistics.covariance, planes, dof) * inverse.transpose();
        let trace: f64 = (0..2 * planes.len()).map(|i| turned[(i, i)]).sum();
        sizes.push(trace / (2 * planes.len()) as f64);
    }
    let rotors = (0..dof).filter(|&k| pairs[k] == Pair::Rotor);
    sizes.extend(rotors.map(|k| statistics.covariance[(k + dof, k + dof)].sqrt()));
    let mean = sizes.iter().sum::<f64>() / sizes.len().max(1) as f64;
    if mean > 0.0 && mean.is_finite() { mean } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::symplectic::symplectic_form;

    /// Two oscillators of frequencies 1 and sqrt 2 seen in rotated coordinates, off the origin.
    fn rotated_oscillators(n_orbits: usize) -> Ensemble {
        let t: Vec<f64> = (0..2000).map(|i| 0.1 * f64::from(i)).collect();
        let mut ensemble = Ensemble::new(2, t.clone());
        for orbit in 0..n_orbits {
            let amplitude = [0.3 + 0.1 * orbit as f64, 1.0 - 0.08 * orbit as f64];
            let mut rows = Vec::new();
            for &t in &t {
                let omega = [1.0, 2f64.sqrt()];
                let x: [f64; 2] = std::array::from_fn(|k| amplitude[k] / omega[k].sqrt() * (omega[k] * t).sin());
                let y: [f64; 2] = std::array::from_fn(|k| amplitude[k] * omega[k].sqrt() * (omega[k] * t).cos());
                let (c, s) = (0.8, 0.6);
                rows.extend([c * x[0] - s * x[1] + 2.0, s * x[0] + c * x[1]]);
                rows.extend([c * y[0] - s * y[1], s * y[0] + c * y[1]]);
            }
            ensemble.push(rows);
        }
        ensemble
    }

    #[test]
    fn a_frame_from_data_is_conformally_symplectic_and_finds_the_modes() {
        let ensemble = rotated_oscillators(6);
        let frame = find_frame(&ensemble, &[Pair::Oscillator; 2], None).unwrap();
        let f = from_rows(4, &frame.from_latent);
        let form = symplectic_form(2);
        assert!((f.transpose() * &form * &f - &form * Scale(frame.scale)).norm_l2() < 1e-12);
        // Along an orbit each plane keeps its radius: the modes are separated.
        let mut zeta = [0.0; 4];
        for orbit in 0..6 {
            for k in 0..2 {
                let radii: Vec<f64> = (0..2000)
                    .map(|time| {
                        frame.to_latent(ensemble.row(orbit, time), &mut zeta);
                        zeta[k].hypot(zeta[k + 2])
                    })
                    .collect();
                let mean = radii.iter().sum::<f64>() / 2000.0;
                let worst = radii.iter().fold(0.0, |worst: f64, r| worst.max((r - mean).abs()));
                // The window of 200 time units leaves averages of order 1/(gap T) = 1/80.
                assert!(worst < 0.05, "radius wanders by {worst}");
            }
        }
    }

    #[test]
    fn units_do_not_matter() {
        let mut other = rotated_oscillators(4);
        for row in other.orbits.iter_mut().flat_map(|orbit| orbit.chunks_exact_mut(4)) {
            row[..2].iter_mut().for_each(|q| *q *= 1e-7);
            row[2..].iter_mut().for_each(|p| *p *= 1e9);
        }
        let frames =
            [rotated_oscillators(4), other].map(|orbits| find_frame(&orbits, &[Pair::Oscillator; 2], None).unwrap());
        let [here, there] = &frames;
        assert!((there.scale / here.scale / 1e2 - 1.0).abs() < 1e-9);
        let (mut zeta, mut same) = ([0.0; 4], [0.0; 4]);
        here.to_latent(&[0.3, -0.2, 0.7, 1.1], &mut zeta);
        there.to_latent(&[0.3e-7, -0.2e-7, 0.7e9, 1.1e9], &mut same);
        assert!(zeta.iter().zip(&same).all(|(a, b)| (a - b).abs() < 1e-9), "{zeta:?} {same:?}");
    }

    #[test]
    fn a_frozen_pair_that_stands_still_is_no_hindrance() {
        let mut ensemble = Ensemble::new(2, vec![0.0, 1.0, 2.0]);
        ensemble.push((0..3).flat_map(|i| [2.0, f64::from(i), 0.0, 1.25]).collect());
        let frame = find_frame(&ensemble, &[Pair::Frozen, Pair::Rotor], None).unwrap();
        let mut zeta = [1.0; 4];
        frame.to_latent(&[2.0, 0.7, 0.0, 1.25], &mut zeta);
        assert_eq!(zeta, [0.0, 0.7, 0.0, 0.0]);
        assert!(matches!(find_frame(&ensemble, &[Pair::Oscillator, Pair::Rotor], None), Err(Error::Flat { .. })));
    }

    #[test]
    fn the_two_directions_are_inverse() {
        let frame = find_frame(&rotated_oscillators(4), &[Pair::Oscillator; 2], None).unwrap();
        let (z, mut zeta, mut back) = ([0.3, -0.2, 0.7, 1.1], [0.0; 4], [0.0; 4]);
        frame.to_latent(&z, &mut zeta);
        frame.to_data(&zeta, &mut back);
        assert!(z.iter().zip(&back).all(|(a, b)| (a - b).abs() < 1e-13));
    }
}
