//! Where orbits start: around the stable equilibrium, in a box, on an energy, or at given points.
//!
//! Every point is drawn from a stream of its own, so that point number 7 is the same however many are asked for.

use aa_kernel::{Kernel, Workspace};

use crate::equilibrium::{Equilibrium, stable_equilibrium};
use crate::flow::check_points;
use crate::microcanonical::{SurfaceError, microcanonical};
use crate::random::Stream;
use crate::{Error, Hamiltonian, Reduction};

/// How points of an energy are drawn around the equilibrium.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sampling {
    /// In random directions, at the first place with that energy: every kind of motion is seen soon, but no share told.
    #[default]
    Directions,
    /// Uniformly in Liouville's measure, so that shares of orbits are shares of the energy surface; see
    /// [`crate::microcanonical()`].
    Microcanonical,
}

/// What initial points are asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct InitialRequest {
    /// How many; of given points, at most so many.
    pub count: usize,
    /// Absolute energies: drawn uniformly between the two.
    pub energy: Option<(f64, f64)>,
    /// A box: one pair per coordinate, then one per momentum.
    pub within: Option<Vec<(f64, f64)>>,
    /// Points, q then p; these are taken as they are.
    pub points: Option<Vec<Vec<f64>>>,
    /// How points of an energy are drawn; the measure of an energy surface takes no box and no points.
    pub sampling: Sampling,
    /// The seed of the drawing.
    pub seed: u64,
}

impl InitialRequest {
    /// Nothing but a number: around the equilibrium, at energies chosen from the landscape.
    pub fn new(count: usize, seed: u64) -> Self {
        InitialRequest { count, energy: None, within: None, points: None, sampling: Sampling::default(), seed }
    }
}

/// Initial points and where they come from.
#[derive(Clone, Debug, PartialEq)]
pub struct InitialConditions {
    /// The points, q then p, of the full system.
    pub points: Vec<Vec<f64>>,
    /// The energy of each.
    pub energies: Vec<f64>,
    /// What was done, as a sentence.
    pub described: String,
    /// The energy whose surface they fill uniformly in Liouville's measure; none where they were drawn otherwise.
    pub surface: Option<f64>,
    /// The equilibrium the points were drawn around, in reduced coordinates.
    pub equilibrium: Option<Equilibrium>,
}

/// The share of the way from the equilibrium to the lowest pass at which orbits start by default.
const SHARE_OF_ESCAPE: f64 = 0.75;

/// Attempts to draw one point.
const ATTEMPTS: u64 = 1000;

/// Initial points of a system; drawn ones have no momentum along the free directions of its reduction.
///
/// Points on an energy lie in random directions from the equilibrium, scaled by the curvatures there, at the first
/// place where the energy is reached: on the wall of the valley that holds the equilibrium.
///
/// # Errors
/// No stable equilibrium where one is needed; brackets of its own and neither a box nor points; an energy that is not
/// reached; a box that is none; points with the wrong length or an energy that is not finite; an energy surface that
/// cannot be drawn.
pub fn initial_conditions(
    system: &Hamiltonian,
    reduction: &Reduction,
    request: &InitialRequest,
) -> Result<InitialConditions, Error> {
    if let Some((low, high)) = request.energy.filter(|(low, high)| !(low <= high && high.is_finite())) {
        return Err(Error::NoSuchEnergy { low, high, lowest: f64::NAN });
    }
    if system.is_driven() {
        return driven(system, request);
    }
    if request.sampling == Sampling::Microcanonical {
        return on_surface(system, reduction, request);
    }
    let energy = Energy::new(system)?;
    let (points, described, equilibrium) = match (&request.points, &request.within) {
        (Some(points), _) => {
            check_points(system, points)?;
            let taken: Vec<Vec<f64>> = points.iter().take(request.count).cloned().collect();
            let described = format!("{} given points", taken.len());
            (taken, described, None)
        }
        (None, Some(within)) => {
            let (points, described) = in_box(&energy, within, request)?;
            (points, described, None)
        }
        (None, None) => around_equilibrium(reduction, request)?,
    };
    let energies: Vec<f64> = points.iter().map(|point| energy.at(point)).collect();
    match energies.iter().position(|e| !e.is_finite()) {
        Some(bad) => Err(Error::EnergyNotFinite { point: points[bad].clone() }),
        None => Ok(InitialConditions { points, energies, described, surface: None, equilibrium }),
    }
}

/// Points of one energy, uniform in Liouville's measure.
fn on_surface(
    system: &Hamiltonian,
    reduction: &Reduction,
    request: &InitialRequest,
) -> Result<InitialConditions, Error> {
    if request.points.is_some() {
        return Err(SurfaceError::GivenPoints.into());
    }
    if request.within.is_some() {
        return Err(SurfaceError::GivenBox.into());
    }
    let reduced = reduction.reduced();
    if reduced.space().structure().is_some() {
        return Err(SurfaceError::NotQuadratic.into());
    }
    let equilibrium = stable_equilibrium(reduced)?;
    let (low, high) = request.energy.unwrap_or_else(|| default_energies(&equilibrium).0);
    if low != high {
        return Err(SurfaceError::Range(low, high).into());
    }
    let drawn = microcanonical(reduced, &equilibrium.point, low, request.count, request.seed)?;
    let points: Vec<Vec<f64>> = drawn.iter().map(|point| reduction.lift(point)).collect();
    let energy = Energy::new(system)?;
    let place = coordinates_in_words(reduced, &equilibrium.point);
    Ok(InitialConditions {
        energies: points.iter().map(|point| energy.at(point)).collect(),
        described: format!(
            "{} points of the energy surface H = {low}, uniform in Liouville's measure, seen from the equilibrium {place}",
            request.count
        ),
        points,
        surface: Some(low),
        equilibrium: Some(equilibrium),
    })
}

/// Initial points of a driven system: those of its Hamiltonian at t = 0, with pt = -H. Energies are those of H there.
fn driven(system: &Hamiltonian, request: &InitialRequest) -> Result<InitialConditions, Error> {
    if request.sampling == Sampling::Microcanonical {
        return Err(SurfaceError::Driven.into());
    }
    let frozen = system.at_start()?;
    let n = frozen.dof();
    // What a request says of time and its momentum (entries n and 2n + 1) is left out.
    let stripped = |entries: &Vec<f64>| [&entries[..n], &entries[n + 1..=2 * n]].concat();
    if let Some(points) = &request.points {
        check_points(system, points)?;
    }
    let within = request.within.as_ref();
    if let Some(within) = within.filter(|within| within.len() != 2 * n + 2) {
        return Err(Error::BadBox { expected: 2 * n + 2, found: within.clone() });
    }
    let request = InitialRequest {
        points: request.points.as_ref().map(|points| points.iter().map(stripped).collect()),
        within: within.map(|within| [&within[..n], &within[n + 1..=2 * n]].concat()),
        ..request.clone()
    };
    let mut drawn = initial_conditions(&frozen, &Reduction::new(&frozen, &[])?, &request)?;
    for (point, energy) in drawn.points.iter_mut().zip(&drawn.energies) {
        point.insert(n, 0.0);
        point.push(-energy);
    }
    Ok(InitialConditions { described: format!("{}, at t = 0", drawn.described), ..drawn })
}

/// The energy as a function of one point.
pub(crate) struct Energy {
    kernel: Kernel,
}

impl Energy {
    pub(crate) fn new(system: &Hamiltonian) -> Result<Energy, Error> {
        Ok(Energy { kernel: Kernel::new(&system.space().symbols(), &[system.energy().clone()])? })
    }

    pub(crate) fn at(&self, point: &[f64]) -> f64 {
        let mut value = [0.0];
        self.kernel.evaluate(point, 1, &mut value, &mut Workspace::default());
        value[0]
    }

    fn dim(&self) -> usize {
        self.kernel.n_inputs()
    }
}

type Drawn = (Vec<Vec<f64>>, String, Option<Equilibrium>);

fn around_equilibrium(reduction: &Reduction, request: &InitialRequest) -> Result<Drawn, Error> {
    let system = reduction.reduced();
    if system.space().structure().is_some() {
        return Err(Error::NoEquilibrium);
    }
    let equilibrium = stable_equilibrium(system)?;
    let (range, how) = match request.energy {
        Some((low, high)) => ((low, high), format!("with energies {}", range_in_words(low, high))),
        None => default_energies(&equilibrium),
    };
    if range.0 <= equilibrium.energy {
        return Err(Error::NoSuchEnergy { low: range.0, high: range.1, lowest: equilibrium.energy });
    }
    let energy = Energy::new(system)?;
    let stream = Stream::new(request.seed, "initial conditions");
    let points: Option<Vec<Vec<f64>>> = (0..request.count)
        .map(|index| {
            let mut draws = stream.fork(index as u64);
            let level = range.0 + (range.1 - range.0) * draws.uniform();
            let point = (0..ATTEMPTS).find_map(|_| on_level(&energy, &equilibrium, level, &mut draws))?;
            Some(reduction.lift(&point))
        })
        .collect();
    let none = || Error::NoSuchEnergy { low: range.0, high: range.1, lowest: equilibrium.energy };
    let place = coordinates_in_words(system, &equilibrium.point);
    let at_rest = if reduction.n_free() > 0 { ", at rest as a whole" } else { "" };
    let described =
        format!("{} points {how}, in random directions around the equilibrium {place}{at_rest}", request.count);
    Ok((points.ok_or_else(none)?, described, Some(equilibrium)))
}

/// Three quarters of the way to the lowest pass; without a pass, up to where the softest direction has moved by 1.
fn default_energies(equilibrium: &Equilibrium) -> ((f64, f64), String) {
    let bottom = equilibrium.energy;
    if let Some(escape) = equilibrium.escape_energy {
        let level = bottom + SHARE_OF_ESCAPE * (escape - bottom);
        let how =
            format!("at energy {level:.6}, three quarters of the way from {bottom:.6} to the pass at {escape:.6}");
        return ((level, level), how);
    }
    let stiffest = equilibrium.curvatures.last().map_or(1.0, |(value, _)| *value);
    let curvatures = equilibrium.curvatures.iter().map(|(value, _)| *value);
    let softest = curvatures.filter(|value| *value > 1e-9 * stiffest).fold(stiffest, f64::min);
    let (low, high) = (bottom + softest / 8.0, bottom + softest / 2.0);
    ((low, high), format!("with energies {}", range_in_words(low, high)))
}

fn range_in_words(low: f64, high: f64) -> String {
    if low == high { format!("{low}") } else { format!("between {low} and {high}") }
}

fn coordinates_in_words(system: &Hamiltonian, point: &[f64]) -> String {
    let coordinates = system.space().coordinates().iter().zip(point);
    let parts: Vec<String> = coordinates.map(|(q, x)| format!("{q} = {:.6}", x + 0.0)).collect();
    parts.join(", ")
}

/// The first point with energy `level` in a random direction; none where the energy stays below.
fn on_level(energy: &Energy, equilibrium: &Equilibrium, level: f64, draws: &mut Stream) -> Option<Vec<f64>> {
    let weights: Vec<f64> = equilibrium.curvatures.iter().map(|_| draws.normal()).collect();
    let length = weights.iter().map(|w| w * w).sum::<f64>().sqrt();
    let mut direction = vec![0.0; equilibrium.point.len()];
    for (weight, (curvature, vector)) in weights.iter().zip(&equilibrium.curvatures) {
        let scale = weight / length * extent(energy, equilibrium, level, *curvature, vector);
        direction.iter_mut().zip(vector).for_each(|(d, v)| *d += scale * v);
    }
    let is_below = |r: f64| energy.at(&along(&equilibrium.point, &direction, r)) < level;
    // In a purely quadratic valley the level is at 1.
    let stride = 1.0 / 32.0;
    let beyond = (1..=64 * 32).map(|k| f64::from(k) * stride).find(|&r| !is_below(r))?;
    let point = along(&equilibrium.point, &direction, bisect(beyond - stride, beyond, is_below));
    Some(point).filter(|point| energy.at(point).is_finite())
}

/// How far a principal direction goes before the energy reaches `level`: by its curvature, or, where that vanishes as
/// for a quartic, by trying; as far as the stiffest one where it never does.
fn extent(energy: &Energy, equilibrium: &Equilibrium, level: f64, curvature: f64, vector: &[f64]) -> f64 {
    let stiffest = equilibrium.curvatures.last().map_or(1.0, |(value, _)| *value);
    let quadratic = |curvature: f64| (2.0 * (level - equilibrium.energy) / curvature).sqrt();
    if curvature > 1e-6 * stiffest {
        return quadratic(curvature);
    }
    let is_below = |r: f64| [r, -r].iter().all(|&r| energy.at(&along(&equilibrium.point, vector, r)) < level);
    let mut tried = std::iter::successors(Some(1e-3), |r| Some(1.25 * r)).take(70);
    tried.find(|&r| !is_below(r)).unwrap_or_else(|| quadratic(stiffest))
}

fn along(point: &[f64], direction: &[f64], r: f64) -> Vec<f64> {
    point.iter().zip(direction).map(|(x, d)| x + r * d).collect()
}

/// The last double below which `is_below` holds, between a place where it does and one where it does not.
fn bisect(mut low: f64, mut high: f64, is_below: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if is_below(middle) { low = middle } else { high = middle }
    }
    low
}

fn in_box(energy: &Energy, within: &[(f64, f64)], request: &InitialRequest) -> Result<(Vec<Vec<f64>>, String), Error> {
    let is_good = |(low, high): &(f64, f64)| low <= high && low.is_finite() && high.is_finite();
    if within.len() != energy.dim() || !within.iter().all(is_good) {
        return Err(Error::BadBox { expected: energy.dim(), found: within.to_vec() });
    }
    let stream = Stream::new(request.seed, "initial conditions");
    let mut lowest = f64::INFINITY;
    let mut points = Vec::new();
    for index in 0..request.count {
        let mut draws = stream.fork(index as u64);
        let level = request.energy.map(|(low, high)| low + (high - low) * draws.uniform());
        let mut draw = |_| {
            let point: Vec<f64> = within.iter().map(|(low, high)| low + (high - low) * draws.uniform()).collect();
            match level {
                Some(level) => with_energy(energy, point, level, &mut draws, &mut lowest),
                None => Some(point).filter(|point| energy.at(point).is_finite()),
            }
        };
        let Some(point) = (0..ATTEMPTS).find_map(&mut draw) else {
            let (low, high) = request.energy.unwrap_or((f64::NEG_INFINITY, f64::INFINITY));
            return Err(Error::NoSuchEnergy { low, high, lowest });
        };
        points.push(point);
    }
    let described = match request.energy {
        Some((low, high)) => format!(
            "{} points drawn in the given box, momenta scaled to energies {}",
            points.len(),
            range_in_words(low, high)
        ),
        None => format!("{} points drawn in the given box", points.len()),
    };
    Ok((points, described))
}

/// The point with its momenta scaled to the energy `level`; none where it lies below what this place allows.
fn with_energy(energy: &Energy, point: Vec<f64>, level: f64, draws: &mut Stream, lowest: &mut f64) -> Option<Vec<f64>> {
    let (q, p) = point.split_at(point.len() / 2);
    let is_at_rest = p.iter().all(|p| *p == 0.0);
    let p: Vec<f64> = if is_at_rest { p.iter().map(|_| draws.normal()).collect() } else { p.to_vec() };
    let at = |scale: f64| -> Vec<f64> { q.iter().copied().chain(p.iter().map(|p| scale * p)).collect() };
    let at_rest = energy.at(&at(0.0));
    if at_rest.is_finite() {
        *lowest = lowest.min(at_rest);
    }
    let is_below = |scale: f64| energy.at(&at(scale)) < level;
    if at_rest == level || !is_below(0.0) {
        return Some(at(0.0)).filter(|_| at_rest == level);
    }
    Some(at(first_above(is_below)?))
}

/// The last place below, going up from 0, which is below; none where there is no end to it.
fn first_above(is_below: impl Fn(f64) -> bool) -> Option<f64> {
    let beyond = std::iter::successors(Some(1e-3), |scale| Some(1.2 * scale)).take(200).find(|&s| !is_below(s))?;
    Some(bisect(0.0, beyond, is_below))
}

/// The points with one momentum set so that the energy is `level`: the first such value from 0 upwards, or downwards
/// where `sign` is negative. None for a point whose energy without that momentum is above the level already.
///
/// This is how a section is filled: x = 0, y and py given, px > 0 from the energy. Momenta are counted from 0.
///
/// # Errors
/// A point without 2 dof numbers.
pub fn on_energy(
    system: &Hamiltonian,
    points: &[Vec<f64>],
    momentum: usize,
    sign: f64,
    level: f64,
) -> Result<Vec<Option<Vec<f64>>>, Error> {
    check_points(system, points)?;
    let energy = Energy::new(system)?;
    let solve = |point: &Vec<f64>| {
        let at = |size: f64| {
            let mut moved = point.clone();
            moved[system.dof() + momentum] = sign.signum() * size;
            moved
        };
        let is_below = |size: f64| energy.at(&at(size)) < level;
        is_below(0.0).then(|| first_above(is_below)).flatten().map(at)
    };
    Ok(points.iter().map(solve).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{driven_oscillator, free_body, henon_heiles, kepler_plane, toda_ring};
    use aa_symbolic::Rational;

    fn drawn(system: &Hamiltonian, request: &InitialRequest) -> Result<InitialConditions, Error> {
        initial_conditions(system, &Reduction::new(system, &[]).unwrap(), request)
    }

    #[test]
    fn henon_and_heiles_start_at_one_eighth() {
        let initial = drawn(&henon_heiles(), &InitialRequest::new(20, 1)).unwrap();
        assert!(initial.energies.iter().all(|e| (e - 0.125).abs() < 1e-14), "{initial:?}");
        // Within the triangle whose corners are the passes: no coordinate beyond 1.
        assert!(initial.points.iter().flatten().all(|x| x.abs() < 1.0));
        assert!(initial.described.starts_with("20 points at energy 0.125"), "{}", initial.described);
    }

    #[test]
    fn a_quartic_valley_is_filled_in_all_directions() {
        let space = crate::PhaseSpace::lines(["x", "y"]);
        let [x, y, px, py] = space.symbols().try_into().unwrap();
        let energy = (px.powi(2) + py.powi(2)) / 2 + x.powi(4) + y.powi(4);
        let quartic = crate::testing::build(energy, space);
        let initial = drawn(&quartic, &InitialRequest { energy: Some((1.0, 1.0)), ..InitialRequest::new(200, 4) });
        let points = initial.unwrap().points;
        let kinetic = points.iter().map(|z| (z[2] * z[2] + z[3] * z[3]) / 2.0).sum::<f64>() / 200.0;
        assert!((0.3..0.8).contains(&kinetic), "{kinetic}");
    }

    #[test]
    fn a_ring_starts_at_rest_with_the_energies_asked_for() {
        let ring = toda_ring(3);
        let reduction = Reduction::new(&ring, &[vec![Rational::ONE; 3]]).unwrap();
        let request = InitialRequest { energy: Some((3.5, 5.0)), ..InitialRequest::new(50, 3) };
        let initial = initial_conditions(&ring, &reduction, &request).unwrap();
        assert!(initial.energies.iter().all(|e| (3.5..=5.0).contains(e)));
        assert!(initial.energies.iter().any(|e| *e < 4.0) && initial.energies.iter().any(|e| *e > 4.5));
        assert!(initial.points.iter().all(|z| z[3..].iter().sum::<f64>().abs() < 1e-14));
        let fewer = initial_conditions(&ring, &reduction, &InitialRequest { count: 7, ..request }).unwrap();
        assert_eq!(fewer.points[..], initial.points[..7]);
    }

    #[test]
    fn boxes_are_filled_and_momenta_scaled() {
        let within = vec![(0.5, 1.5), (-0.2, 0.2), (-0.1, 0.1), (0.8, 1.2)];
        let request = InitialRequest { within: Some(within.clone()), ..InitialRequest::new(30, 2) };
        let initial = drawn(&kepler_plane(), &request).unwrap();
        for point in &initial.points {
            assert!(point.iter().zip(&within).all(|(x, (low, high))| (low..=high).contains(&x)));
        }
        let bound = drawn(&kepler_plane(), &InitialRequest { energy: Some((-0.5, -0.5)), ..request }).unwrap();
        assert!(bound.energies.iter().all(|e| (e + 0.5).abs() < 1e-14), "{:?}", bound.energies);
    }

    #[test]
    fn a_momentum_is_solved_for() {
        let points = [vec![0.0, 0.1, 0.0, 0.1], vec![0.0, 0.9, 0.0, 0.0]];
        let found = on_energy(&henon_heiles(), &points, 0, -1.0, 0.125).unwrap();
        let px = -(0.25f64 - 0.01 - 0.01 + 0.002 / 3.0).sqrt();
        assert!(found[0].as_ref().is_some_and(|point| (point[2] - px).abs() < 1e-15), "{found:?}");
        assert_eq!(found[1], None);
    }

    #[test]
    fn an_energy_surface_has_one_energy_and_is_drawn_where_it_is_asked_for() {
        let surface =
            |energy| InitialRequest { energy, sampling: Sampling::Microcanonical, ..InitialRequest::new(20, 3) };
        let draw = |system: &Hamiltonian, request: &InitialRequest| {
            initial_conditions(system, &Reduction::new(system, &[]).unwrap(), request)
        };
        let drawn = draw(&henon_heiles(), &surface(Some((0.1, 0.1)))).unwrap();
        assert_eq!((drawn.points.len(), drawn.surface), (20, Some(0.1)));
        assert!(drawn.energies.iter().all(|energy| (energy - 0.1).abs() < 1e-14));
        assert!(drawn.described.contains("uniform in Liouville's measure"), "{}", drawn.described);
        // Without an energy: three quarters of the way to the passes at 1/6.
        assert!((draw(&henon_heiles(), &surface(None)).unwrap().surface.unwrap() - 0.125).abs() < 1e-12);
        let range = draw(&henon_heiles(), &surface(Some((0.05, 0.1)))).unwrap_err();
        assert_eq!(range, SurfaceError::Range(0.05, 0.1).into());
        let points = InitialRequest { points: Some(vec![vec![0.1; 4]]), ..surface(None) };
        assert_eq!(draw(&henon_heiles(), &points).unwrap_err(), SurfaceError::GivenPoints.into());
        let within = InitialRequest { within: Some(vec![(0.0, 0.1); 4]), ..surface(Some((0.1, 0.1))) };
        assert_eq!(draw(&henon_heiles(), &within).unwrap_err(), SurfaceError::GivenBox.into());
        assert_eq!(draw(&driven_oscillator(), &surface(None)).unwrap_err(), SurfaceError::Driven.into());
        assert_eq!(draw(&free_body(), &surface(None)).unwrap_err(), SurfaceError::NotQuadratic.into());
        // A conserved momentum is taken out first: the surface of the whole ring is open.
        let ring = toda_ring(3);
        let total = Reduction::new(&ring, &[vec![aa_symbolic::Rational::ONE; 3]]).unwrap();
        let request = surface(Some((4.0, 4.0)));
        let drawn = initial_conditions(&ring, &total, &request).unwrap();
        assert!(drawn.points.iter().all(|z| z[3..].iter().sum::<f64>().abs() < 1e-14));
        assert!(drawn.energies.iter().all(|energy| (energy - 4.0).abs() < 1e-13));
        assert_eq!(draw(&ring, &request).unwrap_err(), SurfaceError::Open(4.0).into());
    }

    #[test]
    fn what_cannot_be_drawn_is_said() {
        let below = InitialRequest { energy: Some((-1.0, -0.5)), ..InitialRequest::new(3, 0) };
        let refused = drawn(&henon_heiles(), &below).unwrap_err();
        assert!(matches!(refused, Error::NoSuchEnergy { lowest, .. } if lowest.abs() < 1e-14), "{refused}");
        assert_eq!(drawn(&kepler_plane(), &InitialRequest::new(3, 0)), Err(Error::NoEquilibrium));
        let bad_box = InitialRequest { within: Some(vec![(1.0, 0.0); 4]), ..InitialRequest::new(3, 0) };
        assert!(matches!(drawn(&henon_heiles(), &bad_box), Err(Error::BadBox { expected: 4, .. })));
        let centre = InitialRequest { points: Some(vec![vec![0.0; 4]]), ..InitialRequest::new(3, 0) };
        assert!(matches!(drawn(&kepler_plane(), &centre), Err(Error::EnergyNotFinite { .. })));
        let within = vec![(1.0, 2.0), (1.0, 2.0), (0.0, 0.0), (0.0, 0.0)];
        let too_low = InitialRequest { within: Some(within), energy: Some((-9.0, -8.0)), ..InitialRequest::new(3, 0) };
        assert!(matches!(drawn(&kepler_plane(), &too_low), Err(Error::NoSuchEnergy { .. })));
    }
}
