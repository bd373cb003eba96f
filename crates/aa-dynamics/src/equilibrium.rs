//! Equilibria: the minimum of the energy nearest the origin, and the lowest pass out of its valley.

use aa_kernel::{Kernel, Workspace};
use aa_symbolic::{Expr, differentiate, gradient};

use crate::random::Stream;
use crate::symmetric::eigen;
use crate::{Error, Hamiltonian};

/// A minimum of the energy.
#[derive(Clone, Debug, PartialEq)]
pub struct Equilibrium {
    /// Where it is, q then p.
    pub point: Vec<f64>,
    /// The energy there.
    pub energy: f64,
    /// Eigenvalues of the Hessian of H with their unit vectors, in increasing order; none is below zero by more than
    /// rounding.
    pub curvatures: Vec<(f64, Vec<f64>)>,
    /// The energy of the lowest saddle above it that was found: below, orbits stay in the valley.
    pub escape_energy: Option<f64>,
}

/// Points from which minima and saddles are looked for, at each scale; fewer beyond eight degrees of freedom, where
/// each costs more.
const N_STARTS: usize = 24;

/// Sizes of the clouds of starting points, relative to the unit of the coordinates.
const SCALES: [f64; 4] = [0.1, 0.5, 1.5, 4.0];

/// Coordinates beyond this are taken for a run to infinity.
const FAR: f64 = 1e4;

/// The minimum of the energy nearest the origin, with its escape energy.
///
/// Looked for from the origin and from a fixed cloud of points around it; a saddle that no start runs into is not
/// found.
///
/// ```
/// use aa_dynamics::{Hamiltonian, PhaseSpace, equilibrium::stable_equilibrium};
/// let space = PhaseSpace::lines(["x"]);
/// let energy = space.p(0).powi(2) / 2 + space.q(0).powi(2) / 2 - space.q(0).powi(3) / 3;
/// let valley = stable_equilibrium(&Hamiltonian::new(energy, space).unwrap()).unwrap();
/// assert_eq!(valley.point, [0.0, 0.0]);
/// assert!((valley.escape_energy.unwrap() - 1.0 / 6.0).abs() < 1e-12);
/// ```
///
/// # Errors
/// No minimum was found.
pub fn stable_equilibrium(system: &Hamiltonian) -> Result<Equilibrium, Error> {
    let landscape = Landscape::new(system)?;
    let dim = 2 * system.dof();
    let from_origin = landscape.descend(vec![0.0; dim]);
    let minima = || starts(&vec![0.0; dim]).filter_map(|start| landscape.descend(start));
    let nearest = from_origin.or_else(|| minima().min_by(|a, b| nearness(&a.point).total_cmp(&nearness(&b.point))));
    let mut equilibrium = nearest.ok_or(Error::NoEquilibrium)?;
    let saddles = starts(&equilibrium.point).filter_map(|start| landscape.saddle(start));
    let above = saddles.filter(|&energy| energy > equilibrium.energy + 1e-9 * (1.0 + equilibrium.energy.abs()));
    equilibrium.escape_energy = above.min_by(f64::total_cmp);
    Ok(equilibrium)
}

/// The distance from the origin to 6 digits, so that rounding does not choose between mirror images; then the side.
fn nearness(point: &[f64]) -> f64 {
    let distance = (1e6 * norm(point)).round();
    let side = point.iter().find(|x| x.abs() > 1e-6).map_or(0.0, |x| if *x > 0.0 { 0.0 } else { 0.25 });
    distance + side
}

/// A fixed cloud of points around `centre`, small ones first.
fn starts(centre: &[f64]) -> impl Iterator<Item = Vec<f64>> + use<> {
    let centre = centre.to_vec();
    let stream = Stream::new(0, "equilibria");
    let n_starts = (16 * N_STARTS / centre.len()).clamp(4, N_STARTS) as u64;
    SCALES.into_iter().enumerate().flat_map(move |(shell, scale)| {
        let (centre, stream) = (centre.clone(), stream.fork(shell as u64));
        (0..n_starts).map(move |start| {
            let mut draws = stream.fork(start);
            centre.iter().map(|x| x + scale * draws.normal()).collect()
        })
    })
}

/// The energy with its first and second derivatives.
struct Landscape {
    kernel: Kernel,
    dim: usize,
}

struct Spot {
    energy: f64,
    slope: Vec<f64>,
    hessian: Vec<Vec<f64>>,
}

impl Landscape {
    fn new(system: &Hamiltonian) -> Result<Landscape, Error> {
        let symbols = system.space().symbols();
        let slope = gradient(system.energy(), &symbols);
        let row = |i: usize| -> Vec<Expr> { symbols[..=i].iter().map(|x| differentiate(&slope[i], x)).collect() };
        let triangle: Vec<Expr> = (0..symbols.len()).flat_map(row).collect();
        let outputs = [vec![system.energy().clone()], slope, triangle].concat();
        Ok(Landscape { kernel: Kernel::new(&symbols, &outputs)?, dim: symbols.len() })
    }

    fn at(&self, point: &[f64], workspace: &mut Workspace) -> Option<Spot> {
        let mut values = vec![0.0; self.kernel.n_outputs()];
        self.kernel.evaluate(point, 1, &mut values, workspace);
        let is_usable = values.iter().all(|x| x.is_finite()) && point.iter().all(|x| x.abs() < FAR);
        let triangle = &values[1 + self.dim..];
        let entry = |i: usize, j: usize| triangle[i.max(j) * (i.max(j) + 1) / 2 + i.min(j)];
        let hessian = (0..self.dim).map(|i| (0..self.dim).map(|j| entry(i, j)).collect()).collect();
        is_usable.then(|| Spot { energy: values[0], slope: values[1..=self.dim].to_vec(), hessian })
    }

    /// Newton's method downhill: curvatures count by their size, and steps that do not descend are halved.
    fn descend(&self, start: Vec<f64>) -> Option<Equilibrium> {
        let mut workspace = Workspace::default();
        let mut point = start;
        let mut spot = self.at(&point, &mut workspace)?;
        for _ in 0..200 {
            let curvatures = eigen(&spot.hessian);
            let stiffest = curvatures.iter().map(|(value, _)| value.abs()).fold(0.0, f64::max);
            if is_flat(&spot, stiffest, &point) {
                let is_curved = curvatures[0].0 >= -1e-9 * stiffest && stiffest > 0.0;
                let is_minimum = is_curved && self.is_floor(&point, spot.energy, &curvatures, &mut workspace);
                return is_minimum.then(|| Equilibrium {
                    point: point.iter().map(|x| x + 0.0).collect(),
                    energy: spot.energy,
                    curvatures,
                    escape_energy: None,
                });
            }
            let step = newton_step(&spot.slope, &curvatures, f64::abs);
            (point, spot) = self.lower(&point, &step, spot.energy, &mut workspace)?;
        }
        None
    }

    /// Whether the energy does not fall along directions almost without curvature, as it does at a cubic inflexion.
    fn is_floor(&self, point: &[f64], energy: f64, curvatures: &[(f64, Vec<f64>)], workspace: &mut Workspace) -> bool {
        let stiffest = curvatures.last().map_or(0.0, |(value, _)| *value);
        let flat = curvatures.iter().filter(|(value, _)| *value <= 1e-4 * stiffest);
        let mut probes = flat.flat_map(|(_, vector)| [0.05, -0.05].map(|share| along(point, vector, share)));
        let rounding = 1e-12 * (1.0 + energy.abs());
        probes.all(|probe| self.at(&probe, workspace).is_some_and(|spot| spot.energy >= energy - rounding))
    }

    /// The longest of the step and its halves that descends, up to rounding.
    fn lower(&self, point: &[f64], step: &[f64], energy: f64, workspace: &mut Workspace) -> Option<(Vec<f64>, Spot)> {
        let rounding = 1e-14 * (1.0 + energy.abs());
        (0..40).find_map(|k| {
            let next = along(point, step, 0.5f64.powi(k));
            let spot = self.at(&next, workspace)?;
            (spot.energy <= energy + rounding).then_some((next, spot))
        })
    }

    /// The energy of the critical point with a downhill direction that Newton's method runs into.
    fn saddle(&self, start: Vec<f64>) -> Option<f64> {
        let mut workspace = Workspace::default();
        let mut point = start;
        for _ in 0..60 {
            let spot = self.at(&point, &mut workspace)?;
            let curvatures = eigen(&spot.hessian);
            let stiffest = curvatures.iter().map(|(value, _)| value.abs()).fold(0.0, f64::max);
            if is_flat(&spot, stiffest, &point) {
                return (curvatures[0].0 < -1e-6 * stiffest).then_some(spot.energy);
            }
            point = along(&point, &newton_step(&spot.slope, &curvatures, |value| value), 1.0);
        }
        None
    }
}

/// Whether the slope is rounding: small against curvature times distance.
fn is_flat(spot: &Spot, stiffest: f64, point: &[f64]) -> bool {
    norm(&spot.slope) <= 1e-12 * stiffest * (1.0 + norm(point))
}

/// Minus the slope over the curvature, direction by direction, at most 1 long. Flat directions are left alone.
fn newton_step(slope: &[f64], curvatures: &[(f64, Vec<f64>)], weight: impl Fn(f64) -> f64) -> Vec<f64> {
    let stiffest = curvatures.iter().map(|(value, _)| value.abs()).fold(0.0, f64::max);
    let mut step = vec![0.0; slope.len()];
    for (value, vector) in curvatures.iter().filter(|(value, _)| value.abs() > 1e-10 * stiffest) {
        let share = -vector.iter().zip(slope).map(|(v, s)| v * s).sum::<f64>() / weight(*value);
        step.iter_mut().zip(vector).for_each(|(x, v)| *x += share * v);
    }
    let length = norm(&step);
    if length > 1.0 { step.iter().map(|x| x / length).collect() } else { step }
}

fn along(point: &[f64], step: &[f64], share: f64) -> Vec<f64> {
    point.iter().zip(step).map(|(x, s)| x + share * s).collect()
}

fn norm(vector: &[f64]) -> f64 {
    vector.iter().map(|x| x * x).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PhaseSpace;
    use crate::testing::{build, henon_heiles, kepler_plane, pendulum, toda_ring};

    #[test]
    fn known_valleys_and_passes_are_found() {
        for (system, energy, escape) in [(henon_heiles(), 0.0, 1.0 / 6.0), (pendulum(), -1.0, 1.0)] {
            let valley = stable_equilibrium(&system).unwrap();
            assert!((valley.energy - energy).abs() < 1e-14);
            assert!((valley.escape_energy.unwrap() - escape).abs() < 1e-12, "{valley:?}");
        }
    }

    #[test]
    fn a_ring_has_a_valley_with_a_flat_direction_and_no_pass() {
        let valley = stable_equilibrium(&toda_ring(3)).unwrap();
        assert!((valley.energy - 3.0).abs() < 1e-14 && valley.escape_energy.is_none());
        assert!(valley.curvatures[0].0.abs() < 1e-12);
    }

    #[test]
    fn of_two_wells_one_is_chosen() {
        let space = PhaseSpace::lines(["x"]);
        let x = space.q(0);
        let double_well = build(space.p(0).powi(2) / 2 - x.powi(2) / 2 + x.powi(4) / 4, space);
        let valley = stable_equilibrium(&double_well).unwrap();
        assert!((valley.point[0] - 1.0).abs() < 1e-12, "{valley:?}");
        assert!(valley.escape_energy.unwrap().abs() < 1e-12);
    }

    #[test]
    fn a_bottomless_energy_has_no_equilibrium() {
        assert_eq!(stable_equilibrium(&kepler_plane()), Err(Error::NoEquilibrium));
        let space = PhaseSpace::lines(["x"]);
        let slope = build(space.p(0).powi(2) / 2 + space.q(0), space);
        assert_eq!(stable_equilibrium(&slope), Err(Error::NoEquilibrium));
        let space = PhaseSpace::lines(["x"]);
        let inflexion = build(space.p(0).powi(2) / 2 + space.q(0).powi(3), space);
        assert_eq!(stable_equilibrium(&inflexion), Err(Error::NoEquilibrium));
    }
}
