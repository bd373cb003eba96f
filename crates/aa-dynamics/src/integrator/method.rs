//! Integrators by name, and orbits followed by them.

use rayon::prelude::*;

use super::{BlanesMoan, Gauss, Integrator, KahanLi, Leapfrog, Yoshida4, Yoshida6};
use crate::flow::{check_points, check_times, farthest, fenced};
use crate::{Ensemble, Error, Hamiltonian, Outcome, Simulation};

/// Names of the integrators with a fixed step.
pub const METHODS: [&str; 12] = [
    "leapfrog",
    "yoshida4",
    "blanes_moan4",
    "blanes_moan_rkn4",
    "yoshida6",
    "blanes_moan6",
    "blanes_moan_rkn6",
    "kahan_li6",
    "kahan_li8",
    "gauss4",
    "gauss6",
    "gauss8",
];

/// The integrator of a system with one of the names of [`METHODS`].
///
/// # Errors
/// Another name; an energy that the integrator does not take.
pub fn integrator(name: &str, system: &Hamiltonian) -> Result<Box<dyn Integrator + Send>, Error> {
    Ok(match name {
        "leapfrog" => Box::new(Leapfrog::new(system)?),
        "yoshida4" => Box::new(Yoshida4::new(system)?),
        "blanes_moan4" => Box::new(BlanesMoan::fourth(system)?),
        "blanes_moan_rkn4" => Box::new(BlanesMoan::nystroem_fourth(system)?),
        "yoshida6" => Box::new(Yoshida6::new(system)?),
        "blanes_moan6" => Box::new(BlanesMoan::sixth(system)?),
        "blanes_moan_rkn6" => Box::new(BlanesMoan::nystroem_sixth(system)?),
        "kahan_li6" => Box::new(KahanLi::sixth(system)?),
        "kahan_li8" => Box::new(KahanLi::eighth(system)?),
        "gauss4" => Box::new(Gauss::new(system, 2)?),
        "gauss6" => Box::new(Gauss::new(system, 3)?),
        "gauss8" => Box::new(Gauss::new(system, 4)?),
        _ => return Err(Error::UnknownIntegrator { name: name.to_string(), known: METHODS.join(", ") }),
    })
}

/// The rows of an orbit, and how it ended.
type Followed = (Vec<f64>, Outcome);

/// Orbits that one integrator advances side by side.
const TOGETHER: usize = 64;

/// Follows points by a named integrator with a fixed step and samples them at `times`, as [`crate::simulate`] does with
/// steps of its own. Between two times all steps are equal and at most `h` long. An orbit has escaped beyond `bound`
/// times 1 + its largest initial coordinate.
///
/// ```
/// use aa_dynamics::integrator::simulate_by;
/// use aa_dynamics::{Hamiltonian, PhaseSpace};
/// let space = PhaseSpace::lines(["x"]);
/// let energy = (space.p(0).powi(2) + space.q(0).powi(2)) / 2;
/// let oscillator = Hamiltonian::new(energy, space).unwrap();
/// let orbits = simulate_by("gauss8", &oscillator, &[vec![1.0, 0.0]], &[0.0, 10.0], 0.1, 100.0).unwrap();
/// assert!((orbits.ensemble.row(0, 1)[0] - 10f64.cos()).abs() < 1e-13);
/// ```
///
/// # Errors
/// Those of [`integrator`] and [`crate::simulate`]; a step that is not positive.
pub fn simulate_by(
    name: &str,
    system: &Hamiltonian,
    points: &[Vec<f64>],
    times: &[f64],
    h: f64,
    bound: f64,
) -> Result<Simulation, Error> {
    check_points(system, points)?;
    check_times(times)?;
    if !(h > 0.0 && h.is_finite()) {
        return Err(Error::BadStep { h });
    }
    integrator(name, system)?;
    let followed: Result<Vec<Vec<Followed>>, Error> = points
        .par_chunks(TOGETHER)
        .map(|points| Ok(follow_some(system, &mut *integrator(name, system)?, points, times, h, bound)))
        .collect();
    let (orbits, outcomes) = followed?.into_iter().flatten().unzip();
    let ensemble = Ensemble { orbits, ..Ensemble::of_space(system.space(), times.to_vec()) };
    Simulation::new(system, ensemble, outcomes)
}

fn follow_some(
    system: &Hamiltonian,
    integrator: &mut dyn Integrator,
    points: &[Vec<f64>],
    times: &[f64],
    h: f64,
    bound: f64,
) -> Vec<Followed> {
    let (n, dim) = (points.len(), system.space().dimension());
    let (fenced, bounds) = (fenced(system), points.iter().map(|point| farthest(system, point, bound)));
    let bounds: Vec<f64> = bounds.collect();
    let mut now: Vec<f64> = (0..dim).flat_map(|i| points.iter().map(move |point| point[i])).collect();
    let mut followed = vec![(Vec::with_capacity(times.len() * dim), Outcome::Finished); n];
    let mut t = 0.0;
    for &next in times {
        // A whole number of steps to rounding is that number.
        let n_steps = ((next - t) / h - 1e-9).ceil();
        for step in 1..=n_steps as u64 {
            integrator.step(&mut now, (next - t) / n_steps);
            let reached = t + (next - t) * (step as f64 / n_steps);
            for (k, (_, outcome)) in followed.iter_mut().enumerate().filter(|(_, f)| f.1.is_finished()) {
                let value = |i: usize| now[i * n + k];
                if !(0..dim).all(|i| value(i).is_finite()) {
                    *outcome = Outcome::NotFinite { t: reached };
                } else if fenced.iter().any(|&i| value(i).abs() > bounds[k]) {
                    *outcome = Outcome::Escaped { t: reached };
                }
            }
        }
        t = next;
        for (k, (rows, outcome)) in followed.iter_mut().enumerate() {
            let is_there = outcome.is_finished();
            rows.extend((0..dim).map(|i| if is_there { now[i * n + k] } else { f64::NAN }));
        }
    }
    followed
}
