//! Sections of the study's orbits, followed or measured.

use aa_dynamics::section::{Crossings, STENCIL, Section, SectionOptions, crossings, default_section, stored_crossings};
use aa_dynamics::{Hamiltonian, PhaseSpace, Reduction};

use super::options::{Budget, count, given, positive};
use super::{Instrument, Orbits};
use crate::document::{SectionOrbit, Sections, finite};
use crate::study::{Measurement, Options, Study};
use crate::{Artifact, Error};

pub(super) const SECTION: Instrument = Instrument {
    name: "section",
    about: "Where orbits pass through a surface in phase space (Poincare section), by root finding on the Taylor \
            series; once in every period of a drive; of measured orbits by interpolation.",
    needs: &[],
    options: &[
        ("at", "the surface and what must hold there: x=0,px>0; q1-q2=0,up; t=0 mod 2*pi; a coordinate by default"),
        ("crossings", "the most crossings of an orbit"),
        ("t", "the longest time an orbit is followed"),
        ("orbits", "number of orbits, by default those of the study"),
        ("tolerance", "local error of a step"),
    ],
    run,
};

/// The points of a section.
pub struct SectionPoints {
    /// Names of the variables of a point.
    pub variables: Vec<String>,
    /// The times of each orbit's crossings.
    pub t: Vec<Vec<f64>>,
    /// The points of each orbit, one after another, each with all variables.
    pub points: Vec<Vec<f64>>,
}

/// Points of all orbits together that the document shows; the bundle holds all.
const SHOWN: usize = 1000;

fn run(study: &Study, options: &Options) -> Result<Artifact, Error> {
    let most = count(options, "crossings")?.unwrap_or(Budget(100, 300, 1000).of(study.profile));
    match &study.subject.measurement {
        Some(measurement) => of_samples(study, measurement, options, most),
        None => of_orbits(study, options, most),
    }
}

fn of_orbits(study: &Study, options: &Options, most: usize) -> Result<Artifact, Error> {
    let n = count(options, "orbits")?;
    let orbits = Orbits::of_any_space(study, "section").ok();
    let full = study.hamiltonian()?;
    let reduced = orbits.map_or(full, Orbits::hamiltonian);
    let (section, system) = match asked(options) {
        None => (default_of(reduced)?, reduced),
        // A name that the reduced system has not may be one of the system's own.
        Some(at) => match Section::parse(&at, reduced.space()) {
            Ok(section) => (section, reduced),
            Err(_) => (Section::parse(&at, full.space())?, full),
        },
    };
    let is_reduced = orbits.is_some_and(|orbits| std::ptr::eq(system, orbits.hamiltonian()));
    let points = match orbits {
        Some(orbits) if is_reduced => match n {
            Some(n) => orbits.starts(study, n)?,
            None => orbits.reduced_initial.clone(),
        },
        Some(orbits) if n.is_none() => orbits.initial.clone(),
        _ => {
            let n = n.or(study.subject.orbits).unwrap_or(Budget(20, 40, 100).of(study.profile));
            super::trajectories::draw(study, &Reduction::new(full, &[])?, "trajectories", n)?.points
        }
    };
    let defaults = SectionOptions::default();
    let section_options = SectionOptions {
        crossings: most,
        t: positive(options, "t")?.unwrap_or(Budget(500.0, 2000.0, 10_000.0).of(study.profile)),
        tolerance: positive(options, "tolerance")?.unwrap_or(defaults.tolerance),
        bound: super::trajectories::ESCAPE,
    };
    let found = crossings(system, &section, &points, &section_options)?;
    let in_full = |point: &[f64]| match orbits.filter(|_| is_reduced) {
        Some(orbits) => orbits.in_full(point),
        None => point.to_vec(),
    };
    let shown = Shown::new(system.space(), &section, found.len());
    let entry = |orbit: &Crossings| SectionOrbit {
        initial: in_full(&orbit.initial),
        count: orbit.t.len(),
        ended: orbit.outcome.name().into(),
        energy_error: finite(orbit.energy_error),
        interpolation_error: None,
        points: shown.points(&orbit.points),
    };
    let described = Sections {
        at: section.to_string(),
        axes: shown.names.clone(),
        crossings: most,
        t: Some(section_options.t),
        how: "roots of the Taylor series of each step".into(),
        orbits: found.iter().map(entry).collect(),
    };
    let (t, points) = found.into_iter().map(|orbit| (orbit.t, orbit.points)).unzip();
    artifact(&described, SectionPoints { variables: names(system.space()), t, points })
}

fn of_samples(study: &Study, measurement: &Measurement, options: &Options, most: usize) -> Result<Artifact, Error> {
    let space = &measurement.space;
    let section = match (asked(options), &study.subject.hamiltonian) {
        (Some(at), _) => Section::parse(&at, space)?,
        (None, Ok(fitted)) => default_of(fitted)?,
        (None, Err(_)) => Section::parse(&format!("{} = 0, {} > 0", space.q(0), space.p(0)), space)?,
    };
    let ensemble = measurement.samples.ensemble(space);
    let found = stored_crossings(&ensemble, space, &section, most)?;
    let shown = Shown::new(space, &section, found.len());
    let entry = |(orbit, found): (usize, &aa_dynamics::section::StoredCrossings)| SectionOrbit {
        initial: ensemble.row(orbit, 0).to_vec(),
        count: found.t.len(),
        ended: "finished".into(),
        energy_error: None,
        interpolation_error: finite(found.error),
        points: shown.points(&found.points),
    };
    let described = Sections {
        at: section.to_string(),
        axes: shown.names.clone(),
        crossings: most,
        t: ensemble.t.last().copied(),
        how: format!("polynomials through {STENCIL} samples; their error is taken from {} samples", STENCIL - 2),
        orbits: found.iter().enumerate().map(entry).collect(),
    };
    let (t, points) = found.into_iter().map(|orbit| (orbit.t, orbit.points)).unzip();
    artifact(&described, SectionPoints { variables: names(space), t, points })
}

/// The section asked for; the command line makes a list of what has commas.
fn asked(options: &Options) -> Option<String> {
    let text = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_string);
    given(options, "at").map(|value| match value.as_array() {
        Some(parts) => parts.iter().map(text).collect::<Vec<_>>().join(","),
        None => text(value),
    })
}

/// The section of a system where none is asked for.
fn default_of(system: &Hamiltonian) -> Result<Section, Error> {
    if system.dof() == 1 {
        let reason = "one degree of freedom: an orbit passes a section at one point again and again; sections.at=... \
                      shows it";
        return Err(Error::NotApplicable(reason.into()));
    }
    Ok(default_section(system)?)
}

fn names(space: &PhaseSpace) -> Vec<String> {
    space.symbols().iter().map(ToString::to_string).collect()
}

/// Which coordinates and how many points of each orbit the document shows.
struct Shown {
    axes: Vec<usize>,
    names: Vec<String>,
    width: usize,
    per_orbit: usize,
}

impl Shown {
    fn new(space: &PhaseSpace, section: &Section, n_orbits: usize) -> Shown {
        let (axes, all) = (section.axes(space), names(space));
        let names = axes.iter().map(|&i| all[i].clone()).collect();
        Shown { axes, names, width: all.len(), per_orbit: SHOWN / n_orbits.max(1) }
    }

    fn points(&self, points: &[f64]) -> Vec<Vec<f64>> {
        let shown = points.chunks_exact(self.width).take(self.per_orbit);
        shown.map(|point| self.axes.iter().map(|&i| point[i]).collect()).collect()
    }
}

fn artifact(described: &Sections, points: SectionPoints) -> Result<Artifact, Error> {
    let never = described.orbits.iter().filter(|orbit| orbit.count == 0).count();
    let all = described.orbits.len();
    let said: Vec<String> = (never > 0).then(|| format!("{never} of {all} orbits never pass it")).into_iter().collect();
    Ok(Artifact::new(described, points)?.with("said", said))
}
