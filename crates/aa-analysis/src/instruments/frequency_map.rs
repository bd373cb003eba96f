//! Frequency maps of many orbits, and the web of their resonances.

use aa_dynamics::chaos::Spread;
use aa_dynamics::frequency::{Assignment, MapOptions, MapPoint, WebLine, frequency_map, resonance_web};
use aa_dynamics::{FlowOptions, Reduction};
use serde_json::{Value, json};

use super::frequencies::{finer, spectra_asked};
use super::options::{Budget, count, positive};
use super::trajectories::{ESCAPE, draw};
use super::{ExactIntegrals, Instrument};
use crate::document::finite;
use crate::study::{Options, Study};
use crate::{Artifact, Error};

pub(super) const FREQUENCY_MAP: Instrument = Instrument {
    name: "frequency_map",
    about: "Frequencies of many orbits in two windows of time, how far they moved between them (frequency diffusion, \
            Laskar), and which resonances the orbits are on; memory does not grow with the samples.",
    needs: &["integrals"],
    options: &[
        ("orbits", "number of orbits"),
        ("t", "how long each is followed: two windows, one after the other"),
        ("samples", "samples of each window"),
        ("lines", "lines sought in each spectrum"),
        ("window", "power p of the window Hann^p"),
        ("order", "largest order of the resonances k.omega = 0"),
    ],
    run,
};

/// A frequency map and its resonance web.
pub struct FrequencyMap {
    /// One entry an orbit; `initial` in the coordinates of the system.
    pub points: Vec<MapPoint>,
    /// The resonances that orbits are on.
    pub web: Vec<WebLine>,
    /// Whether fewer samples were asked for than the fastest frequency needs, so that lines may be taken for others.
    pub is_coarse: bool,
}

/// Orbits that tell how fast the fastest frequency is.
const PROBED: usize = 16;

/// Orbits that the document shows; the bundle holds all.
const SHOWN: usize = 1000;

fn run(study: &Study, options: &Options) -> Result<Artifact, Error> {
    let hamiltonian = study.canonical_hamiltonian()?;
    if hamiltonian.is_driven() {
        return Err(Error::NotApplicable("not yet for a system that depends on time".into()));
    }
    let exact: &ExactIntegrals = study.payload("frequency_map", "integrals")?;
    let reduction = Reduction::new(hamiltonian, &exact.linear)?;
    let n = count(options, "orbits")?.unwrap_or(Budget(100, 1000, 10_000).of(study.profile));
    let order = count(options, "order")?.unwrap_or(6) as u32;
    let mut asked = asked(study, options)?;
    let drawn = draw(study, &reduction, "trajectories", n)?;
    let starts = reduction.all_to_reduced(&drawn.points);
    let n = starts.len();
    let goes_on = |done: usize| {
        study.watch.progress("frequency_map", done, n);
        !study.watch.stop()
    };
    let step = asked.t / (2 * asked.samples).saturating_sub(1).max(1) as f64;
    let some = frequency_map(reduction.reduced(), &starts[..n.min(PROBED)], &asked, |_| !study.watch.stop())?;
    let finer = finer(some.iter().filter_map(|point| Some(point.diffusion.as_ref()?.first.as_slice())), step);
    if count(options, "samples")?.is_none() {
        asked.samples *= finer;
    }
    let mut points = frequency_map(reduction.reduced(), &starts, &asked, goes_on)?;
    points.iter_mut().zip(drawn.points).for_each(|(point, initial)| point.initial = initial);
    let is_coarse = finer > 1 && count(options, "samples")?.is_some();
    let map = FrequencyMap { web: resonance_web(&points, order), points, is_coarse };
    let mut described = describe(&map, &asked, order);
    described["starts"] = drawn.described.into();
    described["energy_surface"] = json!(drawn.surface);
    let said = map.said();
    Ok(Artifact::new(&described, map)?.with("said", said))
}

fn asked(study: &Study, options: &Options) -> Result<MapOptions, Error> {
    Ok(MapOptions {
        t: positive(options, "t")?.unwrap_or(Budget(500.0, 2000.0, 5000.0).of(study.profile)),
        samples: count(options, "samples")?.unwrap_or(Budget(512, 2048, 4096).of(study.profile)),
        fundamental: spectra_asked(study, options)?,
        flow: FlowOptions { bound: ESCAPE, ..FlowOptions::default() },
    })
}

impl FrequencyMap {
    fn diffusion(&self) -> Vec<f64> {
        self.points.iter().filter_map(|point| Some(point.diffusion.as_ref()?.relative)).collect()
    }

    /// What a person wants to hear first, one line each.
    fn said(&self) -> Vec<String> {
        let (diffusion, all) = (self.diffusion(), self.points.len());
        let mut said = vec![format!("{} of {all} orbits have frequencies in both windows", diffusion.len())];
        if let Some(Spread { median, p05, p95, .. }) = Spread::of(&diffusion) {
            said.push(format!(
                "measured: frequency diffusion {median:.1e} in the median, {p05:.1e} to {p95:.1e} (5 to 95 %)"
            ));
        }
        if self.is_coarse {
            said.push(
                "samples are further apart than a 16th of the shortest period: lines may be taken for others".into(),
            );
        }
        if self.assigned(Assignment::Size) > 0 {
            said.push("modes are mixed in the coordinates: the largest frequency of each orbit comes first".into());
        }
        match self.assigned(Assignment::Undecided) {
            0 => {}
            n => said.push(format!("the order of the frequencies of {n} of {all} orbits is not decided")),
        }
        said
    }

    /// The orbits whose frequencies were put in order so.
    fn assigned(&self, how: Assignment) -> usize {
        self.points.iter().filter(|point| point.diffusion.is_some() && point.assignment == how).count()
    }
}

fn describe(map: &FrequencyMap, asked: &MapOptions, order: u32) -> Value {
    let spread = Spread::of(&map.diffusion())
        .map(|s| json!({"median": finite(s.median), "p05": finite(s.p05), "p95": finite(s.p95)}));
    let point = |point: &MapPoint| {
        let found = point.diffusion.as_ref();
        json!({
            "initial": point.initial, "state": point.outcome.name(), "first": found.map(|f| &f.first),
            "second": found.map(|f| &f.second), "error": found.map(|f| &f.error),
            "assignment": found.map(|_| point.assignment.name()),
            "diffusion": found.and_then(|f| finite(f.relative)),
        })
    };
    json!({
        "certainty": "measured", "unit": "rad/time", "orbits": map.points.len(), "t": asked.t,
        "samples": asked.samples, "lines": asked.fundamental.naff.lines, "window": asked.fundamental.naff.window,
        "with_frequencies": map.diffusion().len(), "diffusion": spread, "order": order,
        "resonances": map.web.iter().map(|l| json!({"k": l.k, "orbits": l.orbits.len()})).collect::<Vec<_>>(),
        "points": map.points.iter().take(SHOWN).map(point).collect::<Vec<_>>(),
    })
}
