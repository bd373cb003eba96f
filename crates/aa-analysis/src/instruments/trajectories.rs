//! The study's orbits: where they start, and where they go.

use aa_dynamics::flow::casimir_drifts;
use aa_dynamics::reduction::ReducedPoint;
use aa_dynamics::{
    CoordinateKind, Ensemble, FlowOptions, Hamiltonian, InitialConditions, InitialRequest, Outcome, PhaseSpace,
    Reduction, Sampling, initial_conditions, simulate,
};
use serde_json::json;

use super::learn::Pace;
use super::options::{Budget, count, positive};
use super::{ExactIntegrals, Instrument};
use crate::document::finite;
use crate::study::{Options, Study};
use crate::verdict::Motion;
use crate::{Artifact, Error};

pub(super) const SIMULATE: Instrument = Instrument {
    name: "simulate",
    about: "Draws initial conditions, takes out conserved linear momenta, and follows the orbits to near machine \
            precision (Taylor series).",
    needs: &["integrals"],
    options: &[
        ("orbits", "number of orbits"),
        ("t", "how long they are followed"),
        ("samples", "samples of each orbit"),
        ("tolerance", "local error of a step"),
    ],
    run,
};

/// The study's orbits, in full and in reduced coordinates.
pub struct Orbits {
    /// What takes out the free drifts.
    pub reduction: Reduction,
    /// Where each orbit starts, q then p.
    pub initial: Vec<Vec<f64>>,
    /// How that was drawn.
    pub described: String,
    /// The energy whose surface the starts fill uniformly in Liouville's measure; none where they are drawn otherwise.
    pub surface: Option<f64>,
    /// The same in reduced coordinates.
    pub reduced_initial: Vec<Vec<f64>>,
    /// The orbits that were followed to the end, counted from 0.
    pub finished: Vec<usize>,
    /// The finished orbits in reduced coordinates.
    pub reduced: Ensemble,
    /// The finished orbits, q then p.
    pub full: Ensemble,
    /// The first periods of the finished orbits, q then p, sampled finely enough to draw.
    pub beginning: Ensemble,
    /// The energy of each finished orbit at each time.
    pub energy: Vec<Vec<f64>>,
    /// The largest relative error of an energy.
    pub energy_error: f64,
    /// How they move.
    pub motion: Motion,
    /// How they were followed.
    flow: FlowOptions,
}

/// Samples of the beginning of an orbit.
const DRAWN: usize = 720;
/// Samples a period of the fastest oscillation, where an orbit is drawn.
const DRAWN_PER_PERIOD: f64 = 45.0;

/// An orbit that goes a hundred times as far as it began has left.
pub(super) const ESCAPE: f64 = 100.0;

fn run(study: &Study, options: &Options) -> Result<Artifact, Error> {
    let hamiltonian = study.hamiltonian()?;
    let has_brackets = hamiltonian.space().structure().is_some();
    let asked = count(options, "orbits")?.or(study.subject.orbits);
    let n = asked.unwrap_or(Budget(20, 40, 100).of(study.profile));
    let t = positive(options, "t")?.unwrap_or(Budget(500.0, 2000.0, 5000.0).of(study.profile));
    let mut flow = FlowOptions { bound: ESCAPE, ..FlowOptions::default() };
    if let Some(tolerance) = positive(options, "tolerance")? {
        flow.tolerance = tolerance;
    }
    let exact: &ExactIntegrals = study.payload("simulate", "integrals")?;
    let free = if has_brackets || hamiltonian.is_driven() { &[] } else { exact.linear.as_slice() };
    let reduction = Reduction::new(hamiltonian, free)?;
    let samples = count(options, "samples")?.unwrap_or(Budget(1001, 4001, 10001).of(study.profile)).max(16);
    let drawn = draw(study, &reduction, "trajectories", n)?;
    let times: Vec<f64> = (0..samples).map(|i| t * i as f64 / (samples - 1) as f64).collect();
    let orbits = follow(study, reduction, drawn, &times, &flow)?;
    let casimirs = casimir_drifts(hamiltonian, &orbits.full)?;
    let mut said = vec![orbits.described.clone()];
    said.extend(casimirs.iter().map(|(casimir, drift)| format!("the Casimir {casimir} drifts by at most {drift:.1e}")));
    let casimirs =
        casimirs.iter().map(|(casimir, drift)| json!({"expression": casimir.to_string(), "drift": finite(*drift)}));
    let summary = json!({
        "orbits": orbits.motion.orbits, "escaped": orbits.motion.escaped, "t": t, "samples": samples,
        "free_directions": orbits.motion.n_free, "motion": orbits.motion.label(),
        "described": orbits.described, "energy_surface": orbits.surface,
        "energy_error": finite(orbits.energy_error), "casimirs": casimirs.collect::<Vec<_>>(),
    });
    Ok(Artifact::new(&summary, orbits)?.with("said", said))
}

/// Starting points of `n` orbits for a purpose. They depend on the seed and the purpose; the first do not on `n`.
pub(super) fn draw(study: &Study, reduction: &Reduction, purpose: &str, n: usize) -> Result<InitialConditions, Error> {
    let InitialRequest { within, points, sampling, .. } = &study.subject.initial;
    let is_nowhere = within.is_none() && points.is_none() && *sampling == Sampling::Directions;
    if study.hamiltonian()?.space().structure().is_some() && is_nowhere {
        return Err(Error::NotApplicable("the script does not say in which region orbits start".into()));
    }
    let seed = study.stream(purpose).bits();
    let request = InitialRequest { count: n, seed, ..study.subject.initial.clone() };
    Ok(initial_conditions(study.hamiltonian()?, reduction, &request)?)
}

/// Follows orbits from points that were drawn.
pub(super) fn follow(
    study: &Study,
    reduction: Reduction,
    drawn: InitialConditions,
    times: &[f64],
    flow: &FlowOptions,
) -> Result<Orbits, Error> {
    let InitialConditions { points: initial, described, surface, .. } = drawn;
    let reduced_initial = reduction.all_to_reduced(&initial);
    let simulation = simulate(reduction.reduced(), &reduced_initial, times, flow)?;
    let finished: Vec<usize> = (0..initial.len()).filter(|&i| simulation.outcomes[i] == Outcome::Finished).collect();
    let motion = Motion { orbits: initial.len(), escaped: initial.len() - finished.len(), n_free: reduction.n_free() };
    let mut reduced = Ensemble::of_space(reduction.reduced().space(), times.to_vec());
    let mut full = Ensemble::of_space(study.hamiltonian()?.space(), times.to_vec());
    for &orbit in &finished {
        let rows = simulation.ensemble.orbits[orbit].clone();
        full.push(in_full(&reduction, &initial[orbit], &rows));
        reduced.push(rows);
    }
    let starts: Vec<&Vec<f64>> = finished.iter().map(|&orbit| &initial[orbit]).collect();
    let beginning = beginning(study, &reduction, &starts, &reduced, flow)?;
    let energy = aa_dynamics::flow::energies(study.hamiltonian()?, &full)?;
    let energy_error = finished.iter().map(|&orbit| simulation.energy_error(orbit)).fold(0.0, f64::max);
    Ok(Orbits {
        reduction,
        initial,
        described,
        surface,
        reduced_initial,
        finished,
        reduced,
        full,
        beginning,
        energy,
        energy_error,
        motion,
        flow: flow.clone(),
    })
}

/// The orbits again from their starts, for a few periods of the fastest oscillation.
fn beginning(
    study: &Study,
    reduction: &Reduction,
    finished: &[&Vec<f64>],
    orbits: &Ensemble,
    flow: &FlowOptions,
) -> Result<Ensemble, Error> {
    let pace = Pace::of(orbits, &kinds(reduction.reduced().space()));
    let length = orbits.duration().min(DRAWN as f64 / DRAWN_PER_PERIOD * pace.fastest);
    let times: Vec<f64> = (0..DRAWN).map(|i| length * i as f64 / (DRAWN - 1) as f64).collect();
    let mut beginning = Ensemble::of_space(study.hamiltonian()?.space(), times.clone());
    let starts: Vec<Vec<f64>> = (0..orbits.orbits.len()).map(|orbit| orbits.row(orbit, 0).to_vec()).collect();
    let followed = simulate(reduction.reduced(), &starts, &times, flow)?;
    for (rows, initial) in followed.ensemble.orbits.iter().zip(finished) {
        beginning.push(in_full(reduction, initial, rows));
    }
    Ok(beginning)
}

/// Lines and circles among the coordinates; a space without canonical pairs has lines alone.
fn kinds(space: &PhaseSpace) -> Vec<CoordinateKind> {
    match space.structure() {
        Some(_) => vec![CoordinateKind::Line; space.dimension()],
        None => (0..space.dof()).map(|i| space.kind(i)).collect(),
    }
}

/// A reduced orbit in the coordinates of the system. What was taken out stays where it was at the start: the drift of
/// a centre of mass is not part of the picture.
fn in_full(reduction: &Reduction, initial: &[f64], rows: &[f64]) -> Vec<f64> {
    let start = reduction.to_reduced(initial);
    let point = |active: &[f64]| reduction.from_reduced(&ReducedPoint { active: active.to_vec(), ..start.clone() });
    rows.chunks(start.active.len()).flat_map(point).collect()
}

impl Orbits {
    /// The orbits that the study has given.
    ///
    /// # Errors
    /// There are none; their phase space has no canonical pairs, or time is one of their coordinates, where most
    /// instruments take it for granted that this is not so.
    pub(super) fn of<'a>(study: &'a Study, instrument: &'static str) -> Result<&'a Orbits, Error> {
        if study.canonical_hamiltonian()?.is_driven() {
            return Err(Error::NotApplicable("not yet for a system that depends on time".into()));
        }
        Orbits::of_any_space(study, instrument)
    }

    /// The orbits that the study has given, in a phase space of any kind.
    ///
    /// # Errors
    /// There are none.
    pub(super) fn of_any_space<'a>(study: &'a Study, instrument: &'static str) -> Result<&'a Orbits, Error> {
        study.payload(instrument, "trajectories")
    }

    /// The system in reduced coordinates.
    pub fn hamiltonian(&self) -> &Hamiltonian {
        self.reduction.reduced()
    }

    /// Lines and circles among the reduced coordinates.
    pub fn kinds(&self) -> Vec<CoordinateKind> {
        kinds(self.hamiltonian().space())
    }

    /// Some of the finished orbits in reduced coordinates, by their numbers in the study.
    pub fn reduced_of(&self, orbits: &[usize]) -> Ensemble {
        let mut chosen = Ensemble::of_space(self.hamiltonian().space(), self.reduced.t.clone());
        for orbit in orbits {
            if let Ok(place) = self.finished.binary_search(orbit) {
                chosen.push(self.reduced.orbits[place].clone());
            }
        }
        chosen
    }

    /// Those of some finished orbits that also reach `t`, followed again from their starts to be sampled otherwise, and
    /// their `samples` rows in reduced coordinates.
    ///
    /// # Errors
    /// None reaches it.
    pub(super) fn sampled_again(
        &self,
        orbits: &[usize],
        t: f64,
        samples: usize,
    ) -> Result<(Vec<usize>, Ensemble), Error> {
        let times: Vec<f64> = (0..samples).map(|i| t * i as f64 / (samples - 1) as f64).collect();
        let starts: Vec<Vec<f64>> = orbits.iter().map(|&orbit| self.reduced_initial[orbit].clone()).collect();
        let simulation = simulate(self.hamiltonian(), &starts, &times, &self.flow)?;
        let mut ensemble = Ensemble::of_space(self.hamiltonian().space(), times);
        let mut reached = Vec::new();
        let followed = simulation.ensemble.orbits.into_iter().zip(&simulation.outcomes).zip(orbits);
        for ((rows, _), &orbit) in followed.filter(|((_, outcome), _)| outcome.is_finished()) {
            ensemble.push(rows);
            reached.push(orbit);
        }
        match reached.is_empty() {
            true => Err(Error::NotApplicable(format!("no orbit stays until t = {t}"))),
            false => Ok((reached, ensemble)),
        }
    }

    /// A reduced point as a point of the system, at rest in what was taken out.
    pub fn in_full(&self, reduced: &[f64]) -> Vec<f64> {
        self.reduction.lift(reduced)
    }

    /// Reduced starting points of `n` orbits; the first are those of the study.
    pub(super) fn starts(&self, study: &Study, n: usize) -> Result<Vec<Vec<f64>>, Error> {
        self.draw_starts(study, "trajectories", n)
    }

    fn draw_starts(&self, study: &Study, purpose: &str, n: usize) -> Result<Vec<Vec<f64>>, Error> {
        Ok(self.reduction.all_to_reduced(&draw(study, &self.reduction, purpose, n)?.points))
    }

    /// Other orbits of the same region in reduced coordinates, for one purpose; those that do not finish are left out.
    pub(super) fn draw(&self, study: &Study, purpose: &str, n: usize, times: &[f64]) -> Result<Ensemble, Error> {
        let starts = self.draw_starts(study, purpose, n)?;
        let flow = FlowOptions { bound: ESCAPE, ..FlowOptions::default() };
        let simulation = simulate(self.hamiltonian(), &starts, times, &flow)?;
        let mut ensemble = Ensemble::of_space(self.hamiltonian().space(), times.to_vec());
        for (rows, outcome) in simulation.ensemble.orbits.into_iter().zip(&simulation.outcomes) {
            if *outcome == Outcome::Finished {
                ensemble.push(rows);
            }
        }
        Ok(ensemble)
    }
}
