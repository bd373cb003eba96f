//! The flow: orbits of a Hamiltonian system sampled at common times.

mod step_size;
pub mod taylor;

use aa_kernel::{Kernel, Workspace};

use crate::{Ensemble, Error, Hamiltonian, Outcome};
use taylor::{Place, Rider, Step, Taylor};

/// How orbits are followed.
#[derive(Clone, Debug, PartialEq)]
pub struct FlowOptions {
    /// Local error of a step, relative to the largest coordinate or momentum.
    pub tolerance: f64,
    /// An orbit has escaped when a coordinate on a line exceeds this multiple of 1 + its largest initial one.
    pub bound: f64,
}

impl Default for FlowOptions {
    fn default() -> Self {
        FlowOptions { tolerance: 1e-15, bound: 100.0 }
    }
}

/// Orbits, how each ended, and their energies.
#[derive(Clone, Debug, PartialEq)]
pub struct Simulation {
    /// The orbits. Rows after an orbit's end are NaN.
    pub ensemble: Ensemble,
    /// How each orbit ended.
    pub outcomes: Vec<Outcome>,
    /// The energy of each orbit at each time.
    pub energies: Vec<Vec<f64>>,
}

impl Simulation {
    /// The largest relative deviation of an orbit's energy from its first; absolute where that is 0.
    pub fn energy_error(&self, orbit: usize) -> f64 {
        let energies = &self.energies[orbit];
        let deviations = energies.iter().filter(|e| e.is_finite()).map(|&e| energy_error(energies[0], e));
        deviations.fold(0.0, f64::max)
    }
}

/// The relative deviation of an energy from the initial one; absolute where that is 0.
pub(crate) fn energy_error(initial: f64, energy: f64) -> f64 {
    let scale = if initial == 0.0 { 1.0 } else { initial.abs() };
    (energy - initial).abs() / scale
}

/// Follows the orbits of the initial points (at time 0) and samples them at `times`, on the threads of the current
/// pool.
///
/// The same points give the same bits on any number of threads and whatever else is followed with them.
///
/// ```
/// use aa_dynamics::{FlowOptions, Hamiltonian, PhaseSpace, simulate};
/// let space = PhaseSpace::lines(["x"]);
/// let energy = (space.p(0).powi(2) + space.q(0).powi(2)) / 2;
/// let oscillator = Hamiltonian::new(energy, space).unwrap();
/// let orbits = simulate(&oscillator, &[vec![1.0, 0.0]], &[0.0, 0.5], &FlowOptions::default()).unwrap();
/// let [q, p] = orbits.ensemble.row(0, 1).try_into().unwrap();
/// assert!((q - 0.5f64.cos()).abs() < 1e-15 && (p + 0.5f64.sin()).abs() < 1e-15);
/// ```
///
/// # Errors
/// A point without 2 dof numbers, times that are negative, not finite or not increasing, or a bad tolerance.
pub fn simulate(
    system: &Hamiltonian,
    points: &[Vec<f64>],
    times: &[f64],
    options: &FlowOptions,
) -> Result<Simulation, Error> {
    check_points(system, points)?;
    check_times(times)?;
    let sampled = sample(system, points, times, options)?;
    let outcomes = sampled.iter().map(|sampler| sampler.outcome).collect();
    let mut ensemble = Ensemble::new(system.dof(), times.to_vec());
    sampled.into_iter().for_each(|sampler| ensemble.push(sampler.rows));
    let energies = energies(system, &ensemble)?;
    Ok(Simulation { ensemble, outcomes, energies })
}

/// How each orbit ends that is followed for a time `t`; the phase space may be of any kind.
///
/// # Errors
/// As for [`simulate`].
pub fn outcomes(
    system: &Hamiltonian,
    points: &[Vec<f64>],
    t: f64,
    options: &FlowOptions,
) -> Result<Vec<Outcome>, Error> {
    check_points(system, points)?;
    check_times(&[t])?;
    Ok(sample(system, points, &[t], options)?.iter().map(|sampler| sampler.outcome).collect())
}

fn sample<'a>(
    system: &Hamiltonian,
    points: &'a [Vec<f64>],
    times: &'a [f64],
    options: &FlowOptions,
) -> Result<Vec<Sampler<'a>>, Error> {
    let symbols = system.space().symbols();
    let taylor = Taylor::new(&symbols, &system.rates(), symbols.len(), options.tolerance)?.fenced(fenced(system));
    Ok(taylor.carry(points.iter().map(|point| Sampler::new(system, point, times, options)).collect()))
}

/// The energy of each orbit at each time.
///
/// # Errors
/// None where the ensemble belongs to the system.
pub fn energies(system: &Hamiltonian, ensemble: &Ensemble) -> Result<Vec<Vec<f64>>, Error> {
    let kernel = Kernel::new(&system.space().symbols(), &[system.energy().clone()])?;
    let n_times = ensemble.t.len();
    let mut workspace = Workspace::default();
    let energies_of = |orbit: usize| {
        let points: Vec<f64> = (0..2 * ensemble.dof).flat_map(|i| ensemble.series(orbit, i)).collect();
        let mut energies = vec![0.0; n_times];
        kernel.evaluate(&points, n_times, &mut energies, &mut workspace);
        energies
    };
    Ok((0..ensemble.orbits.len()).map(energies_of).collect())
}

/// The variables whose distance tells of an escape: the coordinates on lines, time not among them.
pub(crate) fn fenced(system: &Hamiltonian) -> Vec<usize> {
    let space = system.space();
    let n = space.coordinates().len() - usize::from(system.is_driven());
    (0..n).filter(|&i| !space.is_circle(i)).collect()
}

/// How far they may go from `point`: `bound` times 1 + the largest of them there.
pub(crate) fn farthest(system: &Hamiltonian, point: &[f64], bound: f64) -> f64 {
    bound * (1.0 + fenced(system).into_iter().map(|i| point[i].abs()).fold(0.0, f64::max))
}

/// An orbit that is written down at the times asked for.
struct Sampler<'a> {
    point: &'a [f64],
    times: &'a [f64],
    bound: f64,
    rows: Vec<f64>,
    n_sampled: usize,
    outcome: Outcome,
}

impl<'a> Sampler<'a> {
    fn new(system: &Hamiltonian, point: &'a [f64], times: &'a [f64], options: &FlowOptions) -> Self {
        let bound = farthest(system, point, options.bound);
        let rows = vec![f64::NAN; times.len() * point.len()];
        Sampler { point, times, bound, rows, n_sampled: 0, outcome: Outcome::Finished }
    }
}

impl Rider for Sampler<'_> {
    fn start(&self) -> Vec<f64> {
        self.point.to_vec()
    }

    fn until(&self) -> f64 {
        self.times.last().copied().unwrap_or(0.0)
    }

    fn along(&mut self, step: &Step<'_>) {
        let dim = self.point.len();
        while let Some(offset) = self.times.get(self.n_sampled).map(|&t| step.offset(t)).filter(|&o| o <= step.h) {
            let row = &mut self.rows[self.n_sampled * dim..][..dim];
            row.iter_mut().enumerate().for_each(|(component, x)| *x = step.at(component, offset));
            self.n_sampled += 1;
        }
    }

    fn bound(&self) -> f64 {
        self.bound
    }

    fn due(&self) -> f64 {
        self.times.get(self.n_sampled).copied().unwrap_or(f64::INFINITY)
    }

    fn end(&mut self, outcome: Outcome, _t: f64, _place: &Place<'_>) {
        self.outcome = outcome;
    }
}

pub(crate) fn check_points(system: &Hamiltonian, points: &[Vec<f64>]) -> Result<(), Error> {
    let expected = system.space().dimension();
    match points.iter().find(|point| point.len() != expected) {
        Some(bad) => Err(Error::WrongLength { expected, found: bad.len() }),
        None => Ok(()),
    }
}

fn check_times(times: &[f64]) -> Result<(), Error> {
    let in_order = times.windows(2).all(|pair| pair[0] < pair[1]);
    let in_range = times.iter().all(|t| t.is_finite() && *t >= 0.0);
    if in_order && in_range { Ok(()) } else { Err(Error::BadTimes) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{henon_heiles, kepler_plane, toda_ring};

    fn times(until: f64, n: usize) -> Vec<f64> {
        (0..=n).map(|k| until * k as f64 / n as f64).collect()
    }

    fn henon_heiles_points(n: usize) -> Vec<Vec<f64>> {
        (0..n).map(|k| vec![0.0, 0.01 * k as f64, 0.4, 0.1 - 0.01 * k as f64]).collect()
    }

    #[test]
    fn energy_is_kept_to_rounding_over_a_thousand_units() {
        let systems = [(henon_heiles(), henon_heiles_points(8)), {
            let points = (0..8).map(|k| vec![0.3, -0.1, 0.05 * f64::from(k), 0.5, -0.2, -0.3]).collect();
            (toda_ring(3), points)
        }];
        for (system, points) in systems {
            let orbits = simulate(&system, &points, &times(1000.0, 100), &FlowOptions::default()).unwrap();
            for orbit in 0..points.len() {
                assert!(orbits.outcomes[orbit].is_finished());
                // A random walk of some 3000 to 10 000 roundings.
                assert!(orbits.energy_error(orbit) < 1e-13, "{}", orbits.energy_error(orbit));
            }
        }
    }

    #[test]
    fn an_ellipse_closes() {
        // Eccentricity 0.6, semi-major axis 1, period 2 pi.
        let start = vec![0.4, 0.0, 0.0, 2.0];
        let t = [0.0, std::f64::consts::TAU, 10.0 * std::f64::consts::TAU];
        let orbit = simulate(&kepler_plane(), std::slice::from_ref(&start), &t, &FlowOptions::default()).unwrap();
        for time in 1..3 {
            for (x, y) in orbit.ensemble.row(0, time).iter().zip(&start) {
                // A relative energy error of 1e-14 shifts the phase by 3 pi 1e-14 a turn; speeds here reach 2.
                assert!((x - y).abs() < 2e-12, "{x} {y}");
            }
        }
    }

    #[test]
    fn an_orbit_does_not_depend_on_its_neighbours_or_the_threads() {
        let (system, points, t) = (henon_heiles(), henon_heiles_points(21), times(50.0, 7));
        let options = FlowOptions::default();
        let together = simulate(&system, &points, &t, &options).unwrap();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
        let threaded = pool.install(|| simulate(&system, &points, &t, &options).unwrap());
        let bits = |rows: &[f64]| rows.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        for (orbit, point) in points.iter().enumerate() {
            let alone = simulate(&system, std::slice::from_ref(point), &t, &options).unwrap();
            assert_eq!(bits(&alone.ensemble.orbits[0]), bits(&together.ensemble.orbits[orbit]));
            assert_eq!(bits(&threaded.ensemble.orbits[orbit]), bits(&together.ensemble.orbits[orbit]));
        }
    }

    #[test]
    fn escapes_and_collisions_are_outcomes() {
        // Far above the saddle energy 1/6, outwards; the potential then falls to minus infinity in finite time.
        let orbits = simulate(&henon_heiles(), &[vec![0.0, 1.5, 0.0, 1.0]], &[100.0], &FlowOptions::default()).unwrap();
        assert!(matches!(orbits.outcomes[0], Outcome::Escaped { t } if t < 20.0), "{:?}", orbits.outcomes);
        assert!(orbits.ensemble.row(0, 0)[0].is_nan());
        // Straight into the centre.
        let fall = simulate(&kepler_plane(), &[vec![1.0, 0.0, 0.0, 0.0]], &[100.0], &FlowOptions::default()).unwrap();
        assert!(!fall.outcomes[0].is_finished(), "{:?}", fall.outcomes);
    }

    #[test]
    fn bad_requests_are_refused() {
        let system = henon_heiles();
        let run = |point: Vec<f64>, t: &[f64], tolerance: f64| {
            simulate(&system, &[point], t, &FlowOptions { tolerance, ..FlowOptions::default() }).unwrap_err()
        };
        assert_eq!(run(vec![0.0; 3], &[1.0], 1e-9), Error::WrongLength { expected: 4, found: 3 });
        assert_eq!(run(vec![0.0; 4], &[1.0, 1.0], 1e-9), Error::BadTimes);
        assert_eq!(run(vec![0.0; 4], &[-1.0], 1e-9), Error::BadTimes);
        assert_eq!(run(vec![0.0; 4], &[1.0], 0.0), Error::BadTolerance { tolerance: 0.0 });
    }
}
