//! Chaos indicators of the study's orbits.

use aa_dynamics::chaos::{ChaosOptions, Indicators, OrbitChaos, OrbitState, Reading, measure_chaos};

use super::options::{Budget, count, given, positive};
use super::trajectories::draw;
use super::{Instrument, Orbits};
use crate::document::{Chaos, ChaosOrbit, Gali, LyapunovSummary, finite};
use crate::study::{Options, Study};
use crate::{Artifact, Error};

pub(super) const ALIGNMENT: Instrument = Instrument {
    name: "alignment",
    about: "Maximal Lyapunov exponent and smaller alignment index (SALI) of every orbit, from one tangent \
            integration, and the share of chaotic orbits; on demand all exponents, GALI_k, MEGNO and FLI.",
    needs: &["trajectories"],
    options: &[
        ("t", "how long each orbit is followed"),
        ("orbits", "number of orbits, by default those of the study"),
        ("threshold", "alignment index below which an orbit counts as chaotic"),
        ("tolerance", "local error of the integration"),
        ("indicators", "what to measure: any of lyapunov, sali, spectrum, gali, megno, fli; the first two always are"),
    ],
    run,
};

/// The labels of the orbits, and how they were found.
pub struct Labels {
    states: Vec<OrbitState>,
    options: ChaosOptions,
    /// How the indicators of each orbit came about.
    pub histories: Vec<Vec<Reading>>,
}

fn run(study: &Study, options: &Options) -> Result<Artifact, Error> {
    let orbits = Orbits::of_any_space(study, "alignment")?;
    let defaults = ChaosOptions::default();
    let chaos_options = ChaosOptions {
        t: positive(options, "t")?.unwrap_or(Budget(1000.0, 3000.0, 10000.0).of(study.profile)),
        threshold: positive(options, "threshold")?.unwrap_or(defaults.threshold),
        tolerance: positive(options, "tolerance")?.unwrap_or(defaults.tolerance),
        seed: study.seed,
        indicators: indicators(options, orbits.hamiltonian().space().dimension())?,
        ..defaults
    };
    let drawn = count(options, "orbits")?.map(|n| draw(study, &orbits.reduction, "trajectories", n)).transpose()?;
    let (points, starts, energy_surface) = match drawn {
        Some(drawn) => (orbits.reduction.all_to_reduced(&drawn.points), drawn.described, drawn.surface),
        None => (orbits.reduced_initial.clone(), orbits.described.clone(), orbits.surface),
    };
    let measured = measure_chaos(orbits.hamiltonian(), &points, &chaos_options)?;
    let described = Chaos { starts, energy_surface, ..describe(study, orbits, &measured, &chaos_options) };
    let histories = measured.orbits.iter().map(|orbit| orbit.history.clone()).collect();
    Artifact::new(&described, Labels { states: states(&measured), options: chaos_options, histories })
}

/// The indicators in the order of the contract.
const INDICATORS: [&str; 6] = ["lyapunov", "spectrum", "sali", "gali", "megno", "fli"];

/// What is asked for beside the exponent and SALI, in a phase space of `dimension` variables.
fn indicators(options: &Options, dimension: usize) -> Result<Indicators, Error> {
    let asked: Vec<&str> = match given(options, "indicators") {
        None => return Ok(Indicators::default()),
        Some(serde_json::Value::Array(names)) => names.iter().map(|name| name.as_str().unwrap_or_default()).collect(),
        Some(name) => vec![name.as_str().unwrap_or_default()],
    };
    let unknown = asked.iter().find(|name| !INDICATORS.contains(name));
    if unknown.is_some() || asked.is_empty() {
        return Err(Error::BadOption {
            option: "indicators".into(),
            given: unknown.map_or("empty".into(), |name| format!("`{name}`")),
            expected: format!("a list of {}", INDICATORS.join(", ")),
        });
    }
    let has = |name: &str| asked.contains(&name);
    let gali = if has("gali") { dimension } else { 0 };
    Ok(Indicators { spectrum: has("spectrum"), gali, megno: has("megno"), fli: has("fli") })
}

fn describe(study: &Study, orbits: &Orbits, measured: &aa_dynamics::chaos::Chaos, options: &ChaosOptions) -> Chaos {
    let summary = &measured.summary;
    let lyapunov = summary.lyapunov.filter(|_| summary.n_chaotic > 0).map(|spread| LyapunovSummary {
        mean: finite(spread.mean),
        median: finite(spread.median),
        p05: finite(spread.p05),
        p95: finite(spread.p95),
    });
    let one_dof = study.subject.facts.dof == 1;
    Chaos {
        label: summary.label.map_or("undecided", |label| label.name()).into(),
        orbits: measured.orbits.len(),
        t: options.t,
        threshold: options.threshold,
        counts: summary.into(),
        lyapunov,
        orbit: measured.orbits.iter().map(|orbit| describe_orbit(orbits, orbit, one_dof)).collect(),
        ..Chaos::default()
    }
}

fn describe_orbit(orbits: &Orbits, orbit: &OrbitChaos, one_dof: bool) -> ChaosOrbit {
    ChaosOrbit {
        initial: orbits.in_full(&orbit.initial),
        state: orbit.state.name().into(),
        lyapunov: finite(orbit.lyapunov),
        sali: finite(orbit.sali).filter(|_| !one_dof),
        window: Some(orbit.window).filter(|[from, to]| from < to),
        spectrum: orbit.spectrum.clone().filter(|all| all.iter().all(|exponent| exponent.is_finite())),
        gali: (!orbit.gali.is_empty()).then(|| orbit.gali.iter().map(describe_gali).collect()),
        megno: orbit.megno.and_then(finite),
        mean_megno: orbit.mean_megno.and_then(finite),
        fli: orbit.fli.and_then(finite),
        ofli: orbit.ofli.and_then(finite),
        crossing_time: orbit.crossing_time,
        energy_error: finite(orbit.energy_error),
        blur: orbit.blur.map(|blur| blur.min(f64::MAX)),
    }
}

fn describe_gali(gali: &aa_dynamics::chaos::Gali) -> Gali {
    Gali { k: gali.k, value: finite(gali.value), crossing_time: gali.crossing_time }
}

fn states(measured: &aa_dynamics::chaos::Chaos) -> Vec<OrbitState> {
    measured.orbits.iter().map(|orbit| orbit.state).collect()
}

/// Which of other orbits, given by their reduced starting points, are regular by the test that labelled the study's.
pub(super) fn are_regular(study: &Study, orbits: &Orbits, starts: &[Vec<f64>]) -> Result<Vec<bool>, Error> {
    let labels: &Labels = study.payload("learn", "chaos")?;
    let options = ChaosOptions { indicators: Indicators::default(), ..labels.options.clone() };
    let measured = measure_chaos(orbits.hamiltonian(), starts, &options)?;
    Ok(states(&measured).into_iter().map(|state| state == OrbitState::Regular).collect())
}

/// The orbits of the study that were followed to the end and are labelled regular.
///
/// # Errors
/// There is none.
pub(super) fn regular_orbits(study: &Study, orbits: &Orbits) -> Result<Vec<usize>, Error> {
    let labels: &Labels = study.payload("naff", "chaos")?;
    let regular = |orbit: &usize| labels.states.get(*orbit) == Some(&OrbitState::Regular);
    let found: Vec<usize> = orbits.finished.iter().copied().filter(regular).collect();
    match (found.is_empty(), orbits.finished.is_empty()) {
        (false, _) => Ok(found),
        (true, true) => Err(Error::NotApplicable("every sampled orbit escapes: there are no frequencies".into())),
        (true, false) => Err(Error::NotApplicable("no sampled orbit is regular: there are no frequencies".into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(value: Value) -> Result<Indicators, Error> {
        let Value::Object(options) = json!({ "indicators": value }) else { unreachable!("an object") };
        indicators(&options, 4)
    }

    #[test]
    fn indicators_are_asked_for_by_name() {
        assert_eq!(read(json!("auto")).unwrap(), Indicators::default());
        assert_eq!(read(json!("sali")).unwrap(), Indicators::default());
        let some = read(json!(["gali", "megno"])).unwrap();
        assert_eq!(some, Indicators { gali: 4, megno: true, ..Indicators::default() });
        for wrong in [json!(["sali", "rli"]), json!([]), json!(3)] {
            let refused = read(wrong.clone()).unwrap_err().to_string();
            assert!(refused.contains("lyapunov, spectrum, sali, gali, megno, fli"), "{wrong}: {refused}");
        }
    }
}
