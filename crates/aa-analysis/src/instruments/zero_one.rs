//! The 0-1 test for chaos on one variable of each orbit, followed or measured.

use aa_dynamics::chaos::OrbitState;
use aa_dynamics::chaos::zero_one::{CHAOTIC, REGULAR, SHORTEST, ZeroOne, decorrelation, zero_one_test};
use aa_dynamics::integrals::{Degree, SearchOptions, find_integrals};
use aa_dynamics::{CoordinateKind, Ensemble, FlowOptions, Hamiltonian, PhaseSpace, Reduction};
use aa_symbolic::Rational;
use serde_json::{Value, json};

use super::options::{Budget, count, given, positive};
use super::trajectories::{ESCAPE, draw, follow};
use super::{Instrument, Orbits, linear_momenta};
use crate::document::finite;
use crate::study::{Options, Study};
use crate::{Artifact, Error};

pub(super) const ZERO_ONE: Instrument = Instrument {
    name: "zero_one",
    about: "The 0-1 test for chaos (Gottwald and Melbourne) on one sampled variable of every orbit, of measured orbits \
            too: K near 0 is regular, near 1 chaotic.",
    needs: &[],
    options: &[
        (
            "variable",
            "the coordinate or momentum that is tested; by default the first coordinate, or its momentum where it is an angle",
        ),
        (
            "thin",
            "keep every so many samples, by default those a quarter period apart: the first lag without correlation",
        ),
        ("orbits", "number of orbits, where none were followed yet"),
        ("t", "how long they are followed then"),
        ("samples", "their samples"),
    ],
    run,
};

/// Samples of a thinned series that are tested: the cost grows with their square.
const MOST: usize = 4000;

/// The tested series of one orbit.
struct Tested {
    initial: Vec<f64>,
    /// Samples from one that was kept to the next.
    thin: Option<usize>,
    found: Option<ZeroOne>,
}

fn run(study: &Study, options: &Options) -> Result<Artifact, Error> {
    let (ensemble, space) = sampled(study, options)?;
    let (name, column) = variable(options, &space)?;
    let step = aa_dynamics::frequency::equal_step(&ensemble.t).map_err(aa_dynamics::Error::from)?;
    let (thin, seed) = (count(options, "thin")?, study.stream("zero_one").bits());
    let test = |orbit: usize| {
        let series = ensemble.series(orbit, column);
        let thin = thin.or_else(|| decorrelation(&series));
        let kept: Vec<f64> = series.iter().step_by(thin.unwrap_or(1)).take(MOST).copied().collect();
        let found = zero_one_test(&kept, seed).filter(|_| thin.is_some());
        Tested { initial: ensemble.row(orbit, 0).to_vec(), thin, found }
    };
    let tested: Vec<Tested> = (0..ensemble.orbits.len()).map(test).collect();
    let with = |state: OrbitState| tested.iter().filter(|tested| tested.state() == state).count();
    let [chaotic, regular, undecided] = [OrbitState::Chaotic, OrbitState::Regular, OrbitState::Undecided].map(with);
    let said = vec![format!(
        "measured: 0-1 test on {name}: {chaotic} of {} orbits chaotic (K >= {CHAOTIC}), {regular} regular (K <= {REGULAR}), \
         {undecided} undecided",
        tested.len()
    )];
    let value = json!({
        "certainty": "measured", "variable": name, "orbits": tested.len(), "chaotic": chaotic, "regular": regular,
        "undecided": undecided, "regular_up_to": REGULAR, "chaotic_from": CHAOTIC, "shortest": SHORTEST,
        "orbit": tested.iter().map(|tested| tested.describe(step)).collect::<Vec<_>>(),
    });
    Ok(Artifact::plain(value).with("said", said))
}

impl Tested {
    fn state(&self) -> OrbitState {
        self.found.map_or(OrbitState::Undecided, |found| found.state())
    }

    fn describe(&self, step: f64) -> Value {
        let number = |of: fn(&ZeroOne) -> f64| self.found.as_ref().and_then(|found| finite(of(found)));
        json!({
            "initial": self.initial, "state": self.state().name(), "k": number(|found| found.k.median),
            "p05": number(|found| found.k.p05), "p95": number(|found| found.k.p95),
            "neighbours": number(|found| found.neighbours), "samples": self.found.map(|found| found.n),
            "step": self.thin.map(|thin| thin as f64 * step),
        })
    }
}

/// The orbits that are there: measured, or followed by another pass; otherwise some that are followed now.
fn sampled(study: &Study, options: &Options) -> Result<(Ensemble, PhaseSpace), Error> {
    if let Some(measurement) = &study.subject.measurement {
        return Ok((measurement.samples.ensemble(&measurement.space), measurement.space.clone()));
    }
    let system = study.hamiltonian()?;
    if let Ok(orbits) = Orbits::of_any_space(study, "zero_one") {
        return Ok((orbits.full.clone(), system.space().clone()));
    }
    let n = count(options, "orbits")?.or(study.subject.orbits).unwrap_or(Budget(20, 40, 100).of(study.profile));
    let t = positive(options, "t")?.unwrap_or(Budget(1000.0, 3000.0, 5000.0).of(study.profile));
    let samples = count(options, "samples")?.unwrap_or(Budget(2001, 6001, 10_001).of(study.profile)).max(SHORTEST);
    let times: Vec<f64> = (0..samples).map(|i| t * i as f64 / (samples - 1) as f64).collect();
    let reduction = Reduction::new(system, &drifts(system)?)?;
    let drawn = draw(study, &reduction, "trajectories", n)?;
    let flow = FlowOptions { bound: ESCAPE, ..FlowOptions::default() };
    let full = follow(study, reduction, drawn, &times, &flow)?.full;
    match full.orbits.is_empty() {
        false => Ok((full, system.space().clone())),
        true => Err(Error::NotApplicable("every sampled orbit escapes: there is nothing to test".into())),
    }
}

/// Conserved sums of momenta, which let a system drift away as a whole.
fn drifts(system: &Hamiltonian) -> Result<Vec<Vec<Rational>>, Error> {
    if system.space().structure().is_some() || system.is_driven() {
        return Ok(Vec::new());
    }
    let search = SearchOptions { degree: Degree::Fixed(1), ..SearchOptions::default() };
    Ok(linear_momenta(system, &find_integrals(system, &search)?))
}

/// The name and the column of the variable to test.
fn variable(options: &Options, space: &PhaseSpace) -> Result<(String, usize), Error> {
    let names: Vec<String> = space.symbols().iter().map(ToString::to_string).collect();
    let begins_with_an_angle = space.structure().is_none() && space.kind(0) == CoordinateKind::Circle;
    let column = match given(options, "variable") {
        None => Some(if begins_with_an_angle { space.dof() } else { 0 }),
        Some(name) => names.iter().position(|known| Some(known.as_str()) == name.as_str()),
    };
    let unknown = || Error::BadOption {
        option: "variable".into(),
        given: given(options, "variable").map_or("absent".into(), Value::to_string),
        expected: format!("one of {}", names.join(", ")),
    };
    column.map(|column| (names[column].clone(), column)).ok_or_else(unknown)
}
