//! The flow: orbits of a Hamiltonian system sampled at common times.

mod conserved;
mod step_size;
pub mod taylor;

use aa_symbolic::Expr;

use crate::tangent::deviating_first;
use crate::{Ensemble, Error, Hamiltonian, Outcome};
pub use conserved::{along, casimir_drifts, drift, energies};
pub(crate) use conserved::{energy_error, energy_errors};
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
    energy_errors: Vec<f64>,
}

impl Simulation {
    /// The orbits of an ensemble with their energies.
    pub(crate) fn new(system: &Hamiltonian, ensemble: Ensemble, outcomes: Vec<Outcome>) -> Result<Simulation, Error> {
        let energies = energies(system, &ensemble)?;
        let energy_errors = energy_errors(system, &ensemble, &energies);
        Ok(Simulation { ensemble, outcomes, energies, energy_errors })
    }

    /// The largest relative deviation of an orbit's energy from its first; absolute where that is 0. Of a driven system,
    /// that of H + pt relative to the largest |H|.
    pub fn energy_error(&self, orbit: usize) -> f64 {
        self.energy_errors[orbit]
    }
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
/// A point without one number for each variable, times that are negative, not finite or not increasing, or a bad tolerance.
pub fn simulate(
    system: &Hamiltonian,
    points: &[Vec<f64>],
    times: &[f64],
    options: &FlowOptions,
) -> Result<Simulation, Error> {
    check_points(system, points)?;
    check_times(times)?;
    let (orbits, outcomes) = sample(system, points, times, options)?;
    let ensemble = Ensemble { orbits, ..Ensemble::of_space(system.space(), times.to_vec()) };
    Simulation::new(system, ensemble, outcomes)
}

/// The rows of each orbit, and how it ended.
fn sample(
    system: &Hamiltonian,
    points: &[Vec<f64>],
    times: &[f64],
    options: &FlowOptions,
) -> Result<(Vec<Vec<f64>>, Vec<Outcome>), Error> {
    let equations = Equations::new(system, options.tolerance)?;
    let samplers = points.iter().map(|point| Sampler::new(system, &equations, point, times, options));
    let sampled = equations.taylor.carry(samplers.collect());
    Ok(sampled.into_iter().map(|sampler| (sampler.rows, sampler.outcome)).unzip())
}

/// The equations of motion, ready to be followed.
///
/// Time as a coordinate and its momentum come last and choose no steps: time grows without end, and errors are relative
/// to the largest of the variables that do.
pub(crate) struct Equations {
    pub(crate) taylor: Taylor,
    /// Where each variable of the system stands among those that are followed.
    pub(crate) places: Vec<usize>,
    /// Where time stands among them, of a driven system. Riders set it by the clock, which sums steps without rounding.
    pub(crate) time: Option<usize>,
}

impl Equations {
    pub(crate) fn new(system: &Hamiltonian, tolerance: f64) -> Result<Equations, Error> {
        let (symbols, rates) = (system.space().symbols(), system.rates());
        let n = symbols.len();
        let (order, n_steering) = deviating_first(system);
        let pick = |exprs: &[Expr]| -> Vec<Expr> { order.iter().map(|&i| exprs[i].clone()).collect() };
        let mut places = vec![0; n];
        order.iter().enumerate().for_each(|(place, &variable)| places[variable] = place);
        let taylor =
            Taylor::new(&pick(&symbols), &pick(&rates), n_steering, tolerance)?.fenced(fence(system, &order))?;
        let time = system.is_driven().then(|| places[n / 2 - 1]);
        Ok(Equations { taylor, places, time })
    }

    /// Steps after which time must be set: every one where it is a coordinate.
    pub(crate) fn stride(&self) -> u32 {
        if self.time.is_some() { 1 } else { u32::MAX }
    }

    /// Sets time, where it is a coordinate.
    pub(crate) fn set_time(&self, t: f64, place: &mut Place<'_>) {
        if let Some(time) = self.time {
            place.set(time, t);
        }
    }

    /// A point of the system in the order in which it is followed.
    pub(crate) fn ordered(&self, point: &[f64]) -> Vec<f64> {
        let mut ordered = vec![0.0; point.len()];
        self.places.iter().zip(point).for_each(|(&place, &x)| ordered[place] = x);
        ordered
    }
}

/// The variables whose distance tells of an escape: the coordinates on lines, except time; of a driven system, whose
/// energy bounds nothing, the momenta as well.
pub(crate) fn fenced(system: &Hamiltonian) -> Vec<usize> {
    let space = system.space();
    let n = space.coordinates().len() - usize::from(system.is_driven());
    let momenta = if system.is_driven() { n + 1..2 * n + 1 } else { 0..0 };
    (0..n).filter(|&i| !space.is_circle(i)).chain(momenta).collect()
}

/// Where these variables stand among all variables in the order `order`.
pub(crate) fn fence(system: &Hamiltonian, order: &[usize]) -> Vec<usize> {
    fenced(system).into_iter().filter_map(|variable| order.iter().position(|&place| place == variable)).collect()
}

/// How far they may go from `point`: `bound` times 1 + the largest of them there.
pub(crate) fn farthest(system: &Hamiltonian, point: &[f64], bound: f64) -> f64 {
    bound * (1.0 + fenced(system).into_iter().map(|i| point[i].abs()).fold(0.0, f64::max))
}

/// An orbit that is written down at the times asked for.
struct Sampler<'a> {
    equations: &'a Equations,
    point: &'a [f64],
    times: &'a [f64],
    bound: f64,
    rows: Vec<f64>,
    n_sampled: usize,
    outcome: Outcome,
}

impl<'a> Sampler<'a> {
    fn new(
        system: &Hamiltonian,
        equations: &'a Equations,
        point: &'a [f64],
        times: &'a [f64],
        options: &FlowOptions,
    ) -> Self {
        let bound = farthest(system, point, options.bound);
        let rows = vec![f64::NAN; times.len() * point.len()];
        Sampler { equations, point, times, bound, rows, n_sampled: 0, outcome: Outcome::Finished }
    }
}

impl Rider for Sampler<'_> {
    fn start(&self) -> Vec<f64> {
        self.equations.ordered(self.point)
    }

    fn until(&self) -> f64 {
        self.times.last().copied().unwrap_or(0.0)
    }

    fn along(&mut self, step: &Step<'_>) {
        let dim = self.point.len();
        while let Some(offset) = self.times.get(self.n_sampled).map(|&t| step.offset(t)).filter(|&o| o <= step.h) {
            let row = &mut self.rows[self.n_sampled * dim..][..dim];
            row.iter_mut().zip(&self.equations.places).for_each(|(x, &place)| *x = step.at(place, offset));
            self.n_sampled += 1;
        }
    }

    fn bound(&self) -> f64 {
        self.bound
    }

    fn due(&self) -> f64 {
        self.times.get(self.n_sampled).copied().unwrap_or(f64::INFINITY)
    }

    fn stride(&self) -> u32 {
        self.equations.stride()
    }

    fn arrive(&mut self, t: f64, place: &mut Place<'_>) -> Option<Outcome> {
        self.equations.set_time(t, place);
        None
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

pub(crate) fn check_times(times: &[f64]) -> Result<(), Error> {
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
                // A relative energy error of 1.5e-14 shifts the phase by 1.5e-14 * 3 pi a turn; speeds here reach 2.
                assert!((x - y).abs() < 3e-12, "{x} {y}");
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
