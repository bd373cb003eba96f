//! Chaos indicators of the study's orbits.

use aa_dynamics::chaos::{ChaosOptions, OrbitChaos, OrbitState, measure_chaos};

use super::options::{Budget, given, positive};
use super::{Instrument, Orbits};
use crate::document::{Chaos, ChaosOrbit, LyapunovSummary, finite};
use crate::study::{Options, Study};
use crate::{Artifact, Error};

pub(super) const ALIGNMENT: Instrument = Instrument {
    name: "alignment",
    about: "Maximal Lyapunov exponent and smaller alignment index (SALI) of every orbit, from one tangent \
            integration, and the share of chaotic orbits.",
    needs: &["trajectories"],
    options: &[
        ("t", "how long each orbit is followed"),
        ("orbits", "number of orbits, by default those of the study"),
        ("threshold", "alignment index below which an orbit counts as chaotic"),
        ("tolerance", "local error of the integration"),
        ("indicators", "which to report: lyapunov, sali"),
    ],
    run,
};

/// The labels of the orbits.
pub(super) struct Labels(Vec<OrbitState>);

fn run(study: &Study, options: &Options) -> Result<Artifact, Error> {
    check_indicators(options)?;
    let orbits = Orbits::of(study, "alignment")?;
    let defaults = ChaosOptions::default();
    let chaos_options = ChaosOptions {
        t: positive(options, "t")?.unwrap_or(Budget(1000.0, 3000.0, 10000.0).of(study.profile)),
        threshold: positive(options, "threshold")?.unwrap_or(defaults.threshold),
        tolerance: positive(options, "tolerance")?.unwrap_or(defaults.tolerance),
        seed: study.seed,
        ..defaults
    };
    let points = match super::options::count(options, "orbits")? {
        Some(n) => orbits.starts(study, n)?,
        None => orbits.reduced_initial.clone(),
    };
    let measured = measure_chaos(orbits.hamiltonian(), &points, &chaos_options)?;
    let described = describe(study, orbits, &measured, &chaos_options);
    Artifact::new(&described, Labels(measured.orbits.iter().map(|orbit| orbit.state).collect()))
}

/// Indicators that exist so far; asking for another is refused rather than ignored.
fn check_indicators(options: &Options) -> Result<(), Error> {
    let asked: Vec<&str> = match given(options, "indicators") {
        None => return Ok(()),
        Some(serde_json::Value::Array(names)) => names.iter().filter_map(|n| n.as_str()).collect(),
        Some(name) => name.as_str().into_iter().collect(),
    };
    match asked.iter().find(|name| !["lyapunov", "sali"].contains(*name)) {
        None if !asked.is_empty() => Ok(()),
        unknown => Err(Error::BadOption {
            option: "indicators".into(),
            given: unknown.map_or("empty".into(), |name| format!("`{name}`")),
            expected: "a list of lyapunov, sali".into(),
        }),
    }
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
        chaotic: summary.n_chaotic,
        regular: summary.n_regular,
        sticky: summary.n_sticky,
        undecided: summary.n_undecided,
        escaped: summary.n_escaped,
        fraction: summary.fraction,
        interval: summary.interval,
        lyapunov,
        orbit: measured.orbits.iter().map(|orbit| describe_orbit(orbits, orbit, one_dof)).collect(),
    }
}

fn describe_orbit(orbits: &Orbits, orbit: &OrbitChaos, one_dof: bool) -> ChaosOrbit {
    ChaosOrbit {
        initial: orbits.in_full(&orbit.initial),
        state: orbit.state.name().into(),
        lyapunov: finite(orbit.lyapunov),
        sali: finite(orbit.sali).filter(|_| !one_dof),
        megno: None,
        crossing_time: orbit.crossing_time,
        energy_error: finite(orbit.energy_error),
    }
}

/// The orbits of the study that were followed to the end and are labelled regular.
///
/// # Errors
/// There is none.
pub(super) fn regular_orbits(study: &Study, orbits: &Orbits) -> Result<Vec<usize>, Error> {
    let labels: &Labels = study.payload("naff", "chaos")?;
    let regular = |orbit: &usize| labels.0.get(*orbit) == Some(&OrbitState::Regular);
    let found: Vec<usize> = orbits.finished.iter().copied().filter(regular).collect();
    match (found.is_empty(), orbits.finished.is_empty()) {
        (false, _) => Ok(found),
        (true, true) => Err(Error::NotApplicable("every sampled orbit escapes: there are no frequencies".into())),
        (true, false) => Err(Error::NotApplicable("no sampled orbit is regular: there are no frequencies".into())),
    }
}
