//! Frequency maps: the frequencies of many orbits in two windows of time, and how far they moved between them.
//!
//! Choose it for pictures of many orbits (Laskar, Physica D 67, 1993): each is sampled, analysed and dropped on its way,
//! so that memory grows with the number of orbits alone, not with their samples. For the lines and actions of a few
//! orbits see [`fundamental_frequencies`](super::fundamental_frequencies).

use super::FrequencyError;
use super::assignment::{Assignment, by_amplitude, by_neighbours};
use super::diffusion::{Diffusion, Lines};
use super::fundamental::{Fundamental, FundamentalFinder, FundamentalOptions};
use super::lattice::combination;
use super::resonance::resonance_vectors;
use crate::flow::taylor::{Place, Rider, Step};
use crate::flow::{Equations, check_points, farthest};
use crate::{Error, FlowOptions, Hamiltonian, Outcome};

/// How a frequency map is made.
#[derive(Clone, Debug, PartialEq)]
pub struct MapOptions {
    /// How long each orbit is followed: two windows, one after the other.
    pub t: f64,
    /// Samples of each window.
    pub samples: usize,
    /// How frequencies are found in a window.
    pub fundamental: FundamentalOptions,
    /// How orbits are followed.
    pub flow: FlowOptions,
}

/// One orbit of a frequency map.
#[derive(Clone, Debug, PartialEq)]
pub struct MapPoint {
    /// Where it started, q then p.
    pub initial: Vec<f64>,
    /// How it ended.
    pub outcome: Outcome,
    /// Its frequencies in both windows, that of coordinate i at place i; none where it did not reach the end.
    pub diffusion: Option<Diffusion>,
    /// How it was decided which frequency is which coordinate's.
    pub assignment: Assignment,
}

/// A line of the resonance web, and who is on it.
#[derive(Clone, Debug, PartialEq)]
pub struct WebLine {
    /// The whole numbers of k.omega = 0, without a common divisor, the first that is not zero positive.
    pub k: Vec<i32>,
    /// The orbits on it, by their place in the map.
    pub orbits: Vec<usize>,
}

/// Orbits of a block; progress is told after each.
const BLOCK: usize = 256;

/// The frequency map of the orbits that start at `points`, in canonical pairs, on the threads of the current pool.
///
/// After each block of orbits `goes_on` hears how many are done; where it answers no, the map ends there. The same
/// points give the same bits on any number of threads.
///
/// # Errors
/// A phase space without canonical pairs, points of another dimension, a time that is not positive, fewer than 16
/// samples, a bad tolerance or window.
pub fn frequency_map(
    system: &Hamiltonian,
    points: &[Vec<f64>],
    options: &MapOptions,
    mut goes_on: impl FnMut(usize) -> bool,
) -> Result<Vec<MapPoint>, Error> {
    check_points(system, points)?;
    let windows = Windows::new(system, options)?;
    let mut map = Vec::with_capacity(points.len());
    for block in points.chunks(BLOCK) {
        let trackers =
            block.iter().map(|point| Tracker::new(&windows, point, farthest(system, point, options.flow.bound)));
        map.extend(windows.equations.taylor.carry(trackers.collect()).into_iter().map(Tracker::into_point));
        if !goes_on(map.len()) {
            break;
        }
    }
    assign(&mut map);
    Ok(map)
}

/// Puts the frequencies of orbits whose amplitudes do not tell into the order of the others.
fn assign(map: &mut [MapPoint]) {
    let frequencies = |point: &MapPoint| {
        let found = point.diffusion.as_ref()?;
        Some((found.first.clone(), point.assignment == Assignment::Amplitude))
    };
    let orders = by_neighbours(&map.iter().map(frequencies).collect::<Vec<_>>());
    for (point, order) in map.iter_mut().zip(orders) {
        if let (Some(found), Some((order, assignment))) = (&mut point.diffusion, order) {
            (*found, point.assignment) = (found.in_order(&order), assignment);
        }
    }
}

/// The resonances |k_1| + ... + |k_n| <= `order` that orbits are on, shortest first: where the mean of the two windows
/// has |k.omega| below three standard errors, which add up as |k_i| times those of the frequencies.
///
/// Orbits whose frequencies moved by more than that are on none.
pub fn resonance_web(map: &[MapPoint], order: u32) -> Vec<WebLine> {
    let measured = |(i, point): (usize, &'_ MapPoint)| point.diffusion.clone().map(|found| (i, found));
    let measured: Vec<(usize, Diffusion)> = map.iter().enumerate().filter_map(measured).collect();
    let dof = measured.first().map_or(0, |(_, found)| found.first.len());
    let on = |k: &[i32]| measured.iter().filter(|(_, found)| is_on(k, found)).map(|(i, _)| *i).collect();
    let lines = resonance_vectors(dof, order).map(|k| WebLine { orbits: on(&k), k });
    lines.filter(|line| !line.orbits.is_empty()).collect()
}

/// Whether both windows have k.omega = 0 within three standard errors.
fn is_on(k: &[i32], found: &Diffusion) -> bool {
    let error: f64 = k.iter().zip(&found.error).map(|(k, error)| f64::from(k.abs()) * error).sum();
    [&found.first, &found.second].into_iter().all(|omega| combination(k, omega).abs() <= 3.0 * error)
}

/// What all orbits of a map share.
struct Windows {
    equations: Equations,
    finder: FundamentalFinder,
    samples: usize,
    dt: f64,
}

impl Windows {
    fn new(system: &Hamiltonian, options: &MapOptions) -> Result<Windows, Error> {
        let space = system.space();
        let kinds: Vec<_> = (0..space.coordinates().len()).map(|i| space.kind(i)).collect();
        if space.dimension() != 2 * kinds.len() {
            let (expected, found) = (2 * kinds.len(), space.dimension());
            return Err(FrequencyError::Shape { what: "canonical variables", expected, found }.into());
        }
        if !(options.t > 0.0 && options.t.is_finite()) {
            return Err(Error::BadTimes);
        }
        let dt = options.t / (2 * options.samples).saturating_sub(1).max(1) as f64;
        let finder = FundamentalFinder::new(options.samples, dt, &kinds, &options.fundamental)?;
        let equations = Equations::new(system, options.flow.tolerance)?;
        Ok(Windows { equations, finder, samples: options.samples, dt })
    }

    /// When sample `n` of an orbit is taken.
    fn time(&self, n: usize) -> f64 {
        n as f64 * self.dt
    }
}

/// An orbit that holds the samples of one window at a time, and none before it starts and after it ends.
struct Tracker<'a> {
    windows: &'a Windows,
    point: &'a [f64],
    bound: f64,
    n_sampled: usize,
    rows: Vec<f64>,
    first: Option<(Fundamental, Lines)>,
    diffusion: Option<Diffusion>,
    assignment: Assignment,
    outcome: Outcome,
}

impl<'a> Tracker<'a> {
    fn new(windows: &'a Windows, point: &'a [f64], bound: f64) -> Self {
        let (rows, outcome) = (Vec::new(), Outcome::Finished);
        let assignment = Assignment::Undecided;
        Tracker { windows, point, bound, n_sampled: 0, rows, first: None, diffusion: None, assignment, outcome }
    }

    fn into_point(self) -> MapPoint {
        let diffusion = self.diffusion.filter(|_| self.outcome.is_finished());
        MapPoint { initial: self.point.to_vec(), outcome: self.outcome, diffusion, assignment: self.assignment }
    }

    fn sample(&mut self, step: &Step<'_>, offset: f64) {
        self.rows.reserve_exact(self.windows.samples * self.point.len() - self.rows.len());
        self.rows.extend(self.windows.equations.places.iter().map(|&place| step.at(place, offset)));
        self.n_sampled += 1;
    }

    /// Takes the frequencies of a window that is full. Samples that are not finite have none: the orbit ends there.
    fn analyse(&mut self) {
        let finder = &self.windows.finder;
        match self.first.take() {
            None => self.first = finder.find_with_lines(&self.rows).ok(),
            Some((whole, first)) => {
                let second = finder.find_with_lines(&self.rows).ok();
                let (order, is_clear) = by_amplitude(&first.amplitudes(&whole.omega));
                let moved =
                    |second: &Lines| moved(&whole, &Diffusion::between(&whole, &first, second)).in_order(&order);
                self.diffusion = second.map(|(_, second)| moved(&second));
                if is_clear {
                    self.assignment = Assignment::Amplitude;
                }
            }
        }
        self.rows.clear();
    }
}

/// The frequencies of the first window, and where the lines nearest to them moved them. Where a resonance makes
/// a fraction of a line the fundamental frequency, it is no line itself.
fn moved(whole: &Fundamental, lines: &Diffusion) -> Diffusion {
    let shift = lines.second.iter().zip(&lines.first).map(|(late, early)| late - early);
    let second = whole.omega.iter().zip(shift).map(|(omega, shift)| omega + shift).collect();
    Diffusion { first: whole.omega.clone(), second, ..lines.clone() }
}

impl Rider for Tracker<'_> {
    fn start(&self) -> Vec<f64> {
        self.windows.equations.ordered(self.point)
    }

    fn until(&self) -> f64 {
        self.windows.time(2 * self.windows.samples - 1)
    }

    fn bound(&self) -> f64 {
        self.bound
    }

    fn due(&self) -> f64 {
        if self.n_sampled < 2 * self.windows.samples { self.windows.time(self.n_sampled) } else { f64::INFINITY }
    }

    fn along(&mut self, step: &Step<'_>) {
        while self.due() < f64::INFINITY && step.offset(self.due()) <= step.h {
            self.sample(step, step.offset(self.due()));
            if self.n_sampled.is_multiple_of(self.windows.samples) {
                self.analyse();
            }
        }
    }

    fn stride(&self) -> u32 {
        self.windows.equations.stride()
    }

    fn arrive(&mut self, t: f64, place: &mut Place<'_>) -> Option<Outcome> {
        self.windows.equations.set_time(t, place);
        None
    }

    fn end(&mut self, outcome: Outcome, _t: f64, _place: &Place<'_>) {
        (self.rows, self.first, self.outcome) = (Vec::new(), None, outcome);
    }
}

#[cfg(test)]
mod tests {
    use aa_symbolic::Rational;

    use super::*;
    use crate::testing::{henon_heiles, oscillators};

    fn options(t: f64, samples: usize) -> MapOptions {
        let flow = FlowOptions::default();
        MapOptions { t, samples, fundamental: FundamentalOptions::default(), flow }
    }

    fn map(system: &Hamiltonian, points: &[Vec<f64>], options: &MapOptions) -> Vec<MapPoint> {
        frequency_map(system, points, options, |_| true).unwrap()
    }

    #[test]
    fn frequencies_of_integrable_orbits_stay() {
        let stays = |ratio: Rational| {
            let found = map(&oscillators(2, &ratio), &[vec![0.3, 0.1, 0.2, -0.4]], &options(400.0, 512));
            let found = found[0].diffusion.clone().unwrap();
            assert!(found.relative < 1e-13, "{found:?}");
            found
        };
        let found = stays(Rational::from(7) / Rational::from(10));
        assert!((found.first[0] - 1.0).abs() < 1e-13 && (found.second[1] - 0.7).abs() < 1e-13, "{found:?}");
        // A resonance, of which a third of a line is the fundamental frequency.
        stays(Rational::from(2) / Rational::from(3));
    }

    #[test]
    fn frequencies_keep_their_order_where_modes_are_mixed() {
        // x^2/2 + y^2/2 + a x y: normal modes along both diagonals, with frequencies sqrt(1 + a) and sqrt(1 - a).
        let (fast, slow) = (libm::sqrt(1.2), libm::sqrt(0.8));
        let space = crate::PhaseSpace::lines(["x", "y"]);
        let squares = space.symbols().iter().map(|z| z.powi(2)).sum::<aa_symbolic::Expr>();
        let system = crate::testing::build(squares / 2 + &space.q(0) * &space.q(1) / 5, space.clone());
        // Both modes are in every orbit, now this one the stronger and now that.
        let points: Vec<Vec<f64>> = (1..20)
            .filter(|i| *i != 10)
            .map(|i| vec![0.05 * f64::from(i), 1.0 - 0.05 * f64::from(i), 0.0, 0.0])
            .collect();
        let found = map(&system, &points, &options(400.0, 512));
        for point in &found {
            let first = &point.diffusion.as_ref().unwrap().first;
            assert!((first[0] - fast).abs() < 1e-9 && (first[1] - slow).abs() < 1e-9, "{point:?}");
            assert_eq!(point.assignment, Assignment::Size);
        }
    }

    #[test]
    fn chaotic_orbits_diffuse_and_tori_do_not() {
        let points = [vec![0.0, 0.483, 0.27898039, 0.0], vec![0.0, -0.2, 0.5, 0.03]];
        let found = map(&henon_heiles(), &points, &options(2000.0, 2048));
        let relative = |i: usize| found[i].diffusion.as_ref().unwrap().relative;
        // 12 lines of a window of 1000 time units leave 1e-8 of a regular orbit.
        assert!(relative(0) < 1e-7 && relative(1) > 1e-3, "{} {}", relative(0), relative(1));
    }

    #[test]
    fn an_escape_is_a_state_without_frequencies() {
        let points = [vec![0.0, 1.5, 0.0, 1.0], vec![0.0, 0.1, 0.2, 0.0]];
        let found = map(&henon_heiles(), &points, &options(200.0, 256));
        assert!(matches!(found[0].outcome, Outcome::Escaped { .. }) && found[0].diffusion.is_none());
        assert!(found[1].outcome.is_finished() && found[1].diffusion.is_some());
    }

    #[test]
    fn a_map_does_not_depend_on_threads_and_tells_its_progress() {
        let points: Vec<Vec<f64>> = (0..BLOCK + 20).map(|i| vec![0.0, 0.001 * i as f64, 0.3, 0.0]).collect();
        let mut asked = options(20.0, 32);
        asked.fundamental.naff.lines = 2;
        let on = |threads: usize| {
            let mut heard = Vec::new();
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let followed = || {
                frequency_map(&henon_heiles(), &points, &asked, |done| {
                    heard.push(done);
                    true
                })
            };
            (pool.install(followed).unwrap(), heard)
        };
        let (one, heard) = on(1);
        assert_eq!(heard, [BLOCK, BLOCK + 20]);
        // Debug prints the shortest decimals that give the same bits.
        assert_eq!(format!("{one:?}"), format!("{:?}", on(3).0));
    }

    #[test]
    fn a_map_ends_where_it_is_told() {
        let points = vec![vec![0.0, 0.1, 0.3, 0.0]; BLOCK + 1];
        let mut asked = options(20.0, 32);
        asked.fundamental.naff.lines = 2;
        let map = frequency_map(&henon_heiles(), &points, &asked, |_| false).unwrap();
        assert_eq!(map.len(), BLOCK);
    }

    #[test]
    fn the_web_holds_the_orbits_of_each_resonance() {
        let found = map(&oscillators(2, &Rational::from(2)), &[vec![0.3, 0.1, 0.2, -0.4]], &options(200.0, 256));
        let web = resonance_web(&found, 5);
        assert_eq!(web, [WebLine { k: vec![2, -1], orbits: vec![0] }]);
    }

    #[test]
    fn bad_requests_are_refused() {
        let refused =
            |t, samples| frequency_map(&henon_heiles(), &[vec![0.0; 4]], &options(t, samples), |_| true).unwrap_err();
        assert_eq!(refused(0.0, 64), Error::BadTimes);
        assert!(matches!(refused(10.0, 3), Error::Frequency(FrequencyError::TooShort { .. })));
        let body = frequency_map(&crate::testing::free_body(), &[vec![1.0; 3]], &options(10.0, 64), |_| true);
        assert!(matches!(body, Err(Error::Frequency(FrequencyError::Shape { .. }))));
    }
}
