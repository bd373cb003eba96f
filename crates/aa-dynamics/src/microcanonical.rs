//! Points of an energy surface, uniform in the measure delta(H - E) dq dp that every motion keeps (Liouville's): for
//! shares and means over an energy. By default [`crate::initial`] starts orbits in random directions, which tells no
//! shares.
//!
//! For an energy quadratic in the momenta, H = V(q) + (p - p0(q)) W(q) (p - p0(q))/2, the integral over the momenta
//! leaves (E - V)^(n/2 - 1) / sqrt(det W) dq (Khinchin, Mathematical Foundations of Statistical Mechanics, section 8,
//! where W is of masses): q is drawn in a box with this weight, and the kinetic energy that is left goes into a uniform
//! direction. The box holds the ends of rays from the equilibrium up to V >= E, each side by a random search for the
//! ray that ends furthest there, plus a sixteenth of its width.
//!
//! Drawn is the star-shaped part of the well: what a straight segment from the equilibrium reaches with V < E, seen
//! at steps of 1/64 of the way to the nearer wall along each axis. Other wells are left out, and so is what hides
//! behind a bend of the wall; an arm that the search does not find is cut off by the box.

mod momenta;

use std::f64::consts::TAU;

use rayon::prelude::*;

use crate::random::Stream;
use crate::symmetric::dot;
use crate::{Error, Hamiltonian};
use momenta::{Form, Momenta};

/// Why no points of an energy surface are drawn.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SurfaceError {
    /// An energy of another form.
    #[error(
        "drawing an energy surface needs canonical pairs and an energy of second degree in the momenta, with a kinetic \
         energy that is never negative"
    )]
    NotQuadratic,
    /// A system without energy surfaces that orbits stay on.
    #[error("orbits of a system that depends on time stay on no energy surface")]
    Driven,
    /// One degree of freedom.
    #[error("an energy surface of one degree of freedom is one orbit: sample that orbit at equal times instead")]
    OneOrbit,
    /// A range of energies, or none where the landscape offers no single one.
    #[error("an energy surface has one energy; here they run from {0} to {1}")]
    Range(f64, f64),
    /// Starts that are given already.
    #[error("orbits start at the points given; an energy surface is drawn without them")]
    GivenPoints,
    /// A box that would cut the surface.
    #[error("an energy surface is drawn whole, so that shares are shares of it; draw it without a box")]
    GivenBox,
    /// A well without an end at the energy asked for.
    #[error(
        "the well is open at energy {0}: the energy at rest stays below it on a straight way out of the equilibrium"
    )]
    Open(f64),
    /// A much denser place than all on the rays.
    #[error(
        "far more of the energy surface lies at {0:?} than anywhere seen on rays from the equilibrium; start from a deeper \
         equilibrium"
    )]
    Denser(Vec<f64>),
    /// A well that fills next to nothing of its box.
    #[error("none of {ATTEMPTS} places drawn in the box around the well was kept")]
    TooThin,
}

/// Places tried for one point.
const ATTEMPTS: u32 = 1_000_000;
/// Units of length that are tried, as powers of two: numbers that can still be raised to the fourth power.
const POWERS: std::ops::Range<i32> = -250..250;
/// How far the distances to walls along the axes may differ from the one that is found first.
const UNEQUAL: f64 = 1e9;
/// Steps along a segment per unit of length, which is the distance to the nearer wall along each axis.
const STEPS: f64 = 64.0;
/// Steps after which a ray counts as endless: 1024 units.
const ENDLESS: u32 = 65536;
/// Rays that look for each side of the box.
const RAYS: u32 = 256;
/// The densest place is between the rays: a quarter more than all on them.
const MARGIN: f64 = 1.25;

/// `count` points, q then p, of energy `energy` in the well around `equilibrium` (q then p; its p is not used), uniform
/// in delta(H - E) dq dp. Point number i depends on the seed and on i alone.
///
/// ```
/// use aa_dynamics::{Hamiltonian, PhaseSpace, microcanonical};
/// let space = PhaseSpace::lines(["x", "y"]);
/// let square = |i: usize| (space.p(i).powi(2) + space.q(i).powi(2)) / 2;
/// let system = Hamiltonian::new(square(0) + square(1), space.clone()).unwrap();
/// let points = microcanonical(&system, &[0.0; 4], 0.5, 1000, 1).unwrap();
/// // A quarter of the energy is in each square.
/// let mean = points.iter().map(|point| point[0] * point[0]).sum::<f64>() / 1000.0;
/// assert!((mean - 0.25).abs() < 0.04);
/// ```
///
/// # Errors
/// An energy that is not quadratic in the momenta, or one degree of freedom; an energy not above V at the equilibrium,
/// or at which the well is open (above the escape energy); a well with a much denser one in sight, or too thin.
pub fn microcanonical(
    system: &Hamiltonian,
    equilibrium: &[f64],
    energy: f64,
    count: usize,
    seed: u64,
) -> Result<Vec<Vec<f64>>, Error> {
    let momenta = Momenta::of(system)?.ok_or(SurfaceError::NotQuadratic)?;
    match system.dof() {
        n if equilibrium.len() != 2 * n => {
            return Err(Error::WrongLength { expected: 2 * n, found: equilibrium.len() });
        }
        1 => return Err(SurfaceError::OneOrbit.into()),
        _ => {}
    }
    let well = Well::new(system, momenta, &equilibrium[..system.dof()], energy, seed)?;
    let stream = Stream::new(seed, "energy surface");
    let draw = |i: usize| well.draw(stream.fork(i as u64));
    // The first tells whether there is anything to draw; of several errors the first in the list is the one told.
    let first = (0..count.min(1)).map(draw).collect::<Result<Vec<_>, Error>>()?;
    let others: Vec<Result<Vec<f64>, Error>> = (1..count).into_par_iter().map(draw).collect();
    first.into_iter().map(Ok).chain(others).collect()
}

/// The well of V below `level`, a box around it, and the highest density seen in it.
struct Well<'a> {
    momenta: Momenta,
    level: f64,
    centre: &'a [f64],
    scale: Vec<f64>,
    sides: Vec<(f64, f64)>,
    highest: f64,
}

impl<'a> Well<'a> {
    fn new(system: &Hamiltonian, momenta: Momenta, centre: &'a [f64], level: f64, seed: u64) -> Result<Self, Error> {
        let (n, sides) = (centre.len(), centre.iter().map(|c| (*c, *c)).collect());
        let bottom = momenta.at(centre).ok_or(SurfaceError::NotQuadratic)?.least;
        let mut well = Well { momenta, level, centre, scale: vec![1.0; n], sides, highest: 0.0 };
        if !well.is_below(centre) {
            return Err(Error::NoSuchEnergy { low: level, high: level, lowest: bottom });
        }
        // Where V rises nowhere so far there may still be an edge, beyond which there is no energy.
        let unit = well.unit(bottom).unwrap_or(1.0);
        let is_inside = |i, r| well.is_below(&well.along(&axis(i, r, n), 1.0));
        let lengths =
            std::iter::successors(Some(unit / UNEQUAL), |r| Some(1.05 * r)).take_while(|r| *r < unit * UNEQUAL);
        let wall = |i| lengths.clone().find(|r| !is_inside(i, *r) || !is_inside(i, -r));
        let scale: Option<Vec<f64>> = (0..n).map(wall).collect();
        well.scale = scale.ok_or(SurfaceError::Open(level))?;
        well.find_sides(Stream::new(seed, "box of an energy surface"))?;
        // A well that goes around a circle would be drawn more than once.
        let goes_around = |i: usize| system.space().is_circle(i) && well.sides[i].1 - well.sides[i].0 > TAU;
        if (0..n).any(goes_around) {
            return Err(SurfaceError::Open(level).into());
        }
        let widened = |(low, high): &(f64, f64)| (low - (high - low) / 16.0, high + (high - low) / 16.0);
        well.sides = well.sides.iter().map(widened).collect();
        Ok(well)
    }

    /// The power of two at which V has first risen by a quarter of the kinetic energy that is left at the centre, along
    /// some axis: the unit of length, whatever units the system is written in.
    fn unit(&self, bottom: f64) -> Option<f64> {
        let n = self.centre.len();
        let risen = bottom + 0.25 * (self.level - bottom);
        let rises = |q: &[f64]| self.momenta.at(q).is_some_and(|form| form.least >= risen);
        let somewhere = |r: &f64| (0..n).any(|i| [*r, -r].iter().any(|r| rises(&self.along(&axis(i, *r, n), 1.0))));
        POWERS.map(|k| libm::exp2(f64::from(k))).find(somewhere)
    }

    /// The kinetic energy that is left at a place inside, and the density of the energy surface there.
    fn inside(&self, q: &[f64]) -> Option<(Form, f64)> {
        let form = self.momenta.at(q).filter(|form| form.least < self.level)?;
        let power = 0.5 * q.len() as f64 - 1.0;
        let density = libm::pow(self.level - form.least, power) * form.volume();
        Some((form, density))
    }

    fn is_below(&self, q: &[f64]) -> bool {
        self.inside(q).is_some()
    }

    fn along(&self, direction: &[f64], r: f64) -> Vec<f64> {
        self.centre.iter().zip(&self.scale).zip(direction).map(|((c, s), d)| c + r * s * d).collect()
    }

    /// The box, by a search for the ray that ends furthest on each side: from the axis on, in ever smaller changes.
    fn find_sides(&mut self, mut draws: Stream) -> Result<(), SurfaceError> {
        let n = self.centre.len();
        for (i, sign) in (0..n).flat_map(|i| [(i, -1.0), (i, 1.0)]) {
            let (mut best, mut reach) = (axis(i, sign, n), f64::NEG_INFINITY);
            for k in 0..RAYS {
                let spread = 4.0 * libm::exp2(-f64::from(k) / 16.0) * f64::from(k.min(1));
                let trial = unit(best.iter().map(|d| d + spread * draws.normal()).collect());
                let found = sign * self.end_of_ray(&trial)?[i];
                if found > reach {
                    (best, reach) = (trial, found);
                }
            }
        }
        Ok(())
    }

    /// The first place on the ray with V >= E; the box grows to hold it.
    fn end_of_ray(&mut self, direction: &[f64]) -> Result<Vec<f64>, SurfaceError> {
        for k in 0..=ENDLESS {
            let place = self.along(direction, f64::from(k) / STEPS);
            let Some((_, density)) = self.inside(&place) else {
                self.sides.iter_mut().zip(&place).for_each(|(s, x)| *s = (s.0.min(*x), s.1.max(*x)));
                return Ok(place);
            };
            self.highest = self.highest.max(density);
        }
        Err(SurfaceError::Open(self.level))
    }

    /// Whether V < E on the straight segment from the equilibrium.
    fn sees(&self, q: &[f64]) -> bool {
        let way: Vec<f64> = (0..q.len()).map(|i| (q[i] - self.centre[i]) / self.scale[i]).collect();
        let n = (STEPS * length(&way)).ceil();
        (1..n as u32).all(|k| self.is_below(&self.along(&way, f64::from(k) / n)))
    }

    fn draw(&self, mut draws: Stream) -> Result<Vec<f64>, Error> {
        let most = MARGIN * self.highest;
        for _ in 0..ATTEMPTS {
            let mut point: Vec<f64> = self.sides.iter().map(|(a, b)| a + (b - a) * draws.uniform()).collect();
            let chance = draws.uniform();
            let Some((form, density)) = self.inside(&point).filter(|(_, density)| chance * most < *density) else {
                continue;
            };
            if !self.sees(&point) {
                continue;
            }
            if density > most {
                return Err(SurfaceError::Denser(point).into());
            }
            let direction = unit(point.iter().map(|_| draws.normal()).collect());
            point.extend(form.momentum(direction, self.level - form.least));
            return Ok(point);
        }
        Err(SurfaceError::TooThin.into())
    }
}

fn axis(i: usize, size: f64, n: usize) -> Vec<f64> {
    (0..n).map(|j| if i == j { size } else { 0.0 }).collect()
}

fn length(vector: &[f64]) -> f64 {
    dot(vector, vector).sqrt()
}

fn unit(vector: Vec<f64>) -> Vec<f64> {
    vector.iter().map(|x| x / length(&vector)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::initial::Energy;
    use crate::testing::{build, driven_oscillator, free_body, henon_heiles, pendulum};
    use crate::{Coordinate, CoordinateKind, PhaseSpace};

    /// The mean of `values` is this within four standard errors, and so is the variance.
    fn assert_moments(values: impl Iterator<Item = f64>, mean: f64, variance: f64) {
        let off: Vec<f64> = values.map(|x| x - mean).collect();
        let average = |power: i32| off.iter().map(|x| x.powi(power)).sum::<f64>() / off.len() as f64;
        let error = |variance: f64| 4.0 * (variance / off.len() as f64).sqrt();
        assert!(average(1).abs() < error(variance), "{} from {mean}", average(1));
        assert!((average(2) - variance).abs() < error(average(4) - variance.powi(2)), "{} {variance}", average(2));
    }

    #[test]
    fn points_of_henon_and_heiles_are_uniform_in_the_area() {
        let (system, level) = (henon_heiles(), 0.125);
        let points = microcanonical(&system, &[0.0; 4], level, 4000, 1).unwrap();
        let energies = Energy::new(&system).unwrap();
        assert!(points.iter().all(|z| (energies.at(z) - level).abs() < 1e-14));
        assert_eq!(points[..5], microcanonical(&system, &[0.0; 4], level, 5, 1).unwrap());
        // V < E at height y up to x^2 = 2 (E - y^2/2 + y^3/3) / (1 + 2y).
        let width = |y: f64| ((2.0 * level - y * y + 2.0 * y.powi(3) / 3.0).max(0.0) / (1.0 + 2.0 * y)).sqrt();
        let integral = |f: &dyn Fn(f64) -> f64| -> f64 {
            (0..150_000).map(|k| -0.5 + (f64::from(k) + 0.5) * 1e-5).map(|y| width(y) * f(y)).sum()
        };
        let mean = integral(&|y| y) / integral(&|_| 1.0);
        let variance = integral(&|y| (y - mean).powi(2)) / integral(&|_| 1.0);
        assert_moments(points.iter().map(|z| z[1]), mean, variance);
        // The widest places, |x| = 0.596, are on no axis: the axis ends at 0.5.
        assert!(points.iter().any(|z| z[0].abs() > 0.58));
    }

    #[test]
    fn three_oscillators_of_unequal_masses_share_their_energy() {
        let space = PhaseSpace::numbered(3);
        let part = |i: usize| space.p(i).powi(2) / (2 * (i as i64 + 1)) + space.q(i).powi(2) / 2;
        let points = microcanonical(&build((0..3).map(part).sum(), space.clone()), &[0.0; 6], 2.0, 4000, 3).unwrap();
        // As on a sphere in six dimensions: V/E is Beta(3/2, 3/2), so that <T> = <V>, and T_i/E is Beta(1/2, 5/2).
        assert_moments(points.iter().map(|z| z[..3].iter().map(|q| q * q / 4.0).sum()), 0.5, 1.0 / 16.0);
        let share = |i: usize| points.iter().map(move |z| z[3 + i].powi(2) / (4.0 * (i as f64 + 1.0)));
        (0..3).for_each(|i| assert_moments(share(i), 1.0 / 6.0, 5.0 / 144.0));
    }

    #[test]
    fn moving_frames_and_curved_coordinates_keep_the_measure() {
        // x = sinh u in a turning frame: H = |(px + y/2, py - x/2)|^2/2 + (x^2 + y^2)/2 with px = pu / cosh u.
        let space = PhaseSpace::lines(["u", "y"]);
        let [u, y, pu, py] = space.symbols().try_into().unwrap();
        let x = (u.exp() - (-&u).exp()) / 2;
        let px = 2 * pu / (u.exp() + (-u).exp());
        let energy = ((px + &y / 2).powi(2) + (py - &x / 2).powi(2) + x.powi(2) + y.powi(2)) / 2;
        let system = build(energy, space);
        let points = microcanonical(&system, &[0.0; 4], 0.5, 4000, 5).unwrap();
        let energies = Energy::new(&system).unwrap();
        assert!(points.iter().all(|z| (energies.at(z) - 0.5).abs() < 1e-14));
        // Uniform on the unit disc in x and y, and the kinetic energy in all directions alike.
        assert_moments(points.iter().map(|z| z[0].sinh()), 0.0, 0.25);
        assert_moments(points.iter().map(|z| z[1]), 0.0, 0.25);
        assert_moments(points.iter().map(|z| z[2] / z[0].cosh() + z[1] / 2.0), 0.0, 0.25);
        assert_moments(points.iter().map(|z| z[3] - z[0].sinh() / 2.0), 0.0, 0.25);
    }

    #[test]
    fn points_do_not_depend_on_the_unit_of_length_or_the_number_of_threads() {
        let [x, y, px, py] = PhaseSpace::lines(["x", "y"]).symbols().try_into().unwrap();
        let drawn = |power: i64| {
            let unit = aa_symbolic::Expr::integer(2).powi(power);
            let square = (&x / &unit).powi(2) + 3 * (&y / &unit).powi(2);
            let system = build((px.powi(2) + py.powi(2) + square) / 2, PhaseSpace::lines(["x", "y"]));
            microcanonical(&system, &[0.0; 4], 0.5, 50, 7).unwrap()
        };
        let plain = drawn(0);
        for power in [-40, 40, 200] {
            let unit = libm::exp2(power as f64);
            let scaled = |z: &Vec<f64>| vec![z[0] * unit, z[1] * unit, z[2], z[3]];
            assert_eq!(drawn(power), plain.iter().map(scaled).collect::<Vec<_>>(), "2^{power}");
        }
        let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
        assert_eq!(pool.install(|| drawn(0)), plain);
    }

    #[test]
    fn an_edge_of_the_domain_is_a_wall() {
        // On the unit disc V rises from -1 to 0 only, far below the energy.
        let [x, y, px, py] = PhaseSpace::lines(["x", "y"]).symbols().try_into().unwrap();
        let bowl = (px.powi(2) + py.powi(2)) / 2 - (1 - x.powi(2) - y.powi(2)).sqrt();
        let points = microcanonical(&build(bowl, PhaseSpace::lines(["x", "y"])), &[0.0; 4], 10.0, 200, 2).unwrap();
        assert!(points.iter().all(|z| z[0].hypot(z[1]) <= 1.0) && points.iter().any(|z| z[0].hypot(z[1]) > 0.9));
    }

    #[test]
    fn a_well_that_goes_around_a_circle_is_open() {
        // Two pendula on circles; a stiff spring between them leaves a channel a = b that runs all the way around.
        let circle = |name: &str| Coordinate { name: name.into(), kind: CoordinateKind::Circle };
        let space = PhaseSpace::new(vec![circle("a"), circle("b")]).unwrap();
        let [a, b, pa, pb] = space.symbols().try_into().unwrap();
        let energy = (pa.powi(2) + pb.powi(2)) / 2 - a.cos() - 20 * (&a - &b).cos();
        let system = build(energy, space);
        let drawn = |level| microcanonical(&system, &[0.0; 4], level, 5, 1);
        assert!(drawn(-20.5).is_ok());
        assert_eq!(drawn(-18.0), Err(SurfaceError::Open(-18.0).into()));
    }

    #[test]
    fn what_cannot_be_drawn_is_said() {
        let refused =
            |of: &Hamiltonian, len: usize, level| microcanonical(of, &[0.0; 4][..len], level, 3, 0).unwrap_err();
        // The passes are at 1/6.
        assert_eq!(refused(&henon_heiles(), 4, 0.167), SurfaceError::Open(0.167).into());
        assert!(matches!(refused(&henon_heiles(), 4, 0.0), Error::NoSuchEnergy { .. }));
        assert_eq!(refused(&pendulum(), 2, 0.5), SurfaceError::OneOrbit.into());
        assert_eq!(refused(&driven_oscillator(), 4, 0.5), SurfaceError::NotQuadratic.into());
        assert_eq!(refused(&free_body(), 4, 0.5), SurfaceError::NotQuadratic.into());
        let [x, y, px, py] = PhaseSpace::lines(["x", "y"]).symbols().try_into().unwrap();
        let quartic = (px.powi(4) + py.powi(2) + x.powi(2) + y.powi(2)) / 2;
        assert_eq!(refused(&build(quartic, PhaseSpace::lines(["x", "y"])), 4, 0.5), SurfaceError::NotQuadratic.into());
    }

    #[test]
    fn another_well_in_the_corner_of_the_box_is_left_out() {
        let [x, y, px, py] = PhaseSpace::lines(["x", "y"]).symbols().try_into().unwrap();
        let hole = (-(20 * &x - 17).powi(2) - (20 * &y - 17).powi(2)).exp();
        let energy = (px.powi(2) + py.powi(2) + x.powi(2) + y.powi(2)) / 2 - 2 * hole;
        let points = microcanonical(&build(energy, PhaseSpace::lines(["x", "y"])), &[0.0; 4], 0.5, 3000, 2).unwrap();
        assert!(points.iter().all(|z| z[0].hypot(z[1]) < 1.001));
    }
}
