//! A finished analysis as a file: the document's parts as arrays with names and units.

use std::path::Path;

use aa_analysis::document::{
    Chaos, ChaosOrbit, Document, Frequencies, FrequencyOrbit, Integrals, Kam, KamOrbit, Table, stable,
};
use aa_analysis::instruments::{FrequencyMap, Labels, LearnedMap, Orbits, SectionPoints};
use aa_dataset::{Bundle, Dataset, Group, Values, trajectories_group};
use aa_dynamics::chaos::Reading;
use aa_dynamics::frequency::{Diffusion, WebLine};
use serde_json::Value;

use crate::analysis::Analysis;
use crate::learned_file::{LEARNED, learned_group};
use crate::recipe::Material;

/// Where the whole document stands as text, without what differs between equal runs.
pub(crate) const DOCUMENT: &str = "document";

/// What differs between two equal runs.
pub(crate) const VOLATILE: &str = "provenance/volatile";

/// The analysis as a bundle.
///
/// # Errors
/// The trajectories do not fit together, which would be a mistake of ours.
pub fn bundle(analysis: &Analysis) -> Result<Bundle, aa_dataset::Error> {
    let document = &analysis.document;
    let mut bundle = Bundle::default();
    text(&mut bundle, DOCUMENT, stable(&json(document)).to_string(), "the document of the analysis, as JSON");
    system(&mut bundle, analysis);
    if let Some(orbits) = payload::<Orbits>(analysis, "trajectories") {
        *bundle.group_mut("trajectories") = trajectories_group(&orbits.full, Some(&orbits.energy.concat()))?;
        *bundle.group_mut("beginnings") = trajectories_group(&orbits.beginning, None)?;
    }
    if let Some(integrals) = &document.integrals {
        *bundle.group_mut("integrals") = integrals_group(integrals);
    }
    if let Some(chaos) = &document.chaos {
        *bundle.group_mut("tangent") = tangent_group(chaos);
        if let Some(labels) = payload::<Labels>(analysis, "chaos") {
            *bundle.group_mut("tangent/history") = history_group(&labels.histories);
        }
    }
    if let (Some(sections), Some(points)) = (&document.sections, payload::<SectionPoints>(analysis, "sections")) {
        *bundle.group_mut("sections") = sections_group(&sections.at, points);
    }
    if let Some(frequencies) = &document.frequencies {
        *bundle.group_mut("frequencies") = frequencies_group(frequencies, document.system.dof);
    }
    if let Some(map) = payload::<FrequencyMap>(analysis, "frequency_map") {
        *bundle.group_mut("frequencies/map") = map_group(map);
    }
    if let Some(kam) = document.kam.as_ref().filter(|kam| !kam.orbits.is_empty()) {
        *bundle.group_mut("kam") = kam_group(kam);
    }
    if let Some(learned) = learned(analysis) {
        *bundle.group_mut(LEARNED) = learned_group(learned);
    }
    verdict(&mut bundle, document);
    user_artifacts(&mut bundle, document);
    provenance(&mut bundle, document);
    analysis.recipe.put(&mut bundle)?;
    Ok(bundle)
}

/// The document that a bundle holds; `path` is where it was read from, for messages.
///
/// # Errors
/// There is none, or it does not have the shape of one.
pub fn document(bundle: &Bundle, path: &Path) -> Result<Document, aa_dataset::Error> {
    let damaged =
        |reason: String| aa_dataset::Error::Damaged { path: path.to_path_buf(), dataset: DOCUMENT.into(), reason };
    let texts = bundle.dataset(DOCUMENT)?.texts(DOCUMENT)?.to_vec();
    let mut value: Value = serde_json::from_str(&texts.concat()).map_err(|e| damaged(e.to_string()))?;
    value["provenance"]["volatile"] = volatile(bundle);
    serde_json::from_value(value).map_err(|e| damaged(e.to_string()))
}

fn payload<'a, T: std::any::Any + Send + Sync>(analysis: &'a Analysis, kind: &str) -> Option<&'a T> {
    analysis.study.artifacts.get(kind)?.payload()
}

/// The learned map of an analysis, from its system or from its data.
pub(crate) fn learned(analysis: &Analysis) -> Option<&LearnedMap> {
    ["learned", "learned_from_data"].into_iter().find_map(|kind| payload(analysis, kind))
}

fn json(value: &impl serde::Serialize) -> Value {
    serde_json::to_value(value).expect("a document is plain data")
}

fn text(bundle: &mut Bundle, path: &str, value: impl Into<String>, long_name: &str) {
    bundle.insert(path, Dataset::scalar(value.into()).long_name(long_name));
}

fn texts(name: &str, values: Vec<String>) -> Dataset {
    Dataset::array([(name, values.len())], Values::Text(values))
}

fn system(bundle: &mut Bundle, analysis: &Analysis) {
    let facts = &analysis.document.system;
    text(bundle, "system/name", &facts.name, "name of the system");
    if let Material::System(source) = &analysis.recipe.material {
        text(bundle, "system/script", &source.text, "the system's script");
    }
    text(bundle, "system/hamiltonian", &facts.hamiltonian, "H in script syntax, parameters substituted");
    text(bundle, "system/parameters", Value::from(facts.parameters.clone()).to_string(), "parameter values, as JSON");
    let names = [facts.coordinates.clone(), facts.momenta.clone()].concat();
    bundle.insert("system/symbols", texts("symbol", names).long_name("coordinates, then momenta"));
    let measured = analysis.study.subject.measurement.as_ref().map(|measurement| &measurement.space);
    let space = analysis.study.hamiltonian().ok().map(|hamiltonian| hamiltonian.space()).or(measured);
    if let Some(space) = space.filter(|space| space.structure().is_none()) {
        let circles: Vec<i64> = (0..space.dof()).map(|i| i64::from(space.is_circle(i))).collect();
        let circles = Dataset::array([("coordinate", circles.len())], circles);
        bundle.insert("system/circles", circles.long_name("1 where the coordinate is an angle"));
    }
}

fn integrals_group(integrals: &Integrals) -> Group {
    let column = |field: fn(&aa_analysis::document::Integral) -> String| {
        texts("integral", integrals.found.iter().map(field).collect())
    };
    let proved: Vec<i64> = integrals.found.iter().map(|f| i64::from(f.proved)).collect();
    let mut group = Group::default();
    group.insert("name", column(|f| f.name.clone()).long_name("name of the integral"));
    group.insert("expression", column(|f| f.expression.clone()).long_name("integral of motion, script syntax"));
    group.insert("latex", column(|f| f.latex.clone()).long_name("integral of motion, LaTeX"));
    let proved = Dataset::array([("integral", proved.len())], proved);
    group.insert("proved", proved.long_name("1 where {F, H} = 0 was verified over the rationals"));
    group
}

/// A number of an orbit, where there is one.
type OfOrbit = fn(&ChaosOrbit) -> Option<f64>;

/// What the tangent flow tells of each orbit.
fn tangent_group(chaos: &Chaos) -> Group {
    let n = chaos.orbit.len();
    let column = |field: OfOrbit| {
        let values: Vec<f64> = chaos.orbit.iter().map(|orbit| field(orbit).unwrap_or(f64::NAN)).collect();
        Dataset::array([("orbit", n)], values)
    };
    let mut group = Group::default();
    let states = chaos.orbit.iter().map(|orbit| orbit.state.clone()).collect();
    group.insert("state", texts("orbit", states).long_name("label of the orbit"));
    let initial = matrix(chaos.orbit.iter().map(|orbit| Some(orbit.initial.as_slice())), "component");
    group.insert("initial", initial.long_name("initial conditions, q then p"));
    let lyapunov = column(|orbit| orbit.lyapunov).units("1/time");
    group.insert("lyapunov", lyapunov.long_name("maximal Lyapunov exponent"));
    group.insert("sali", column(|orbit| orbit.sali).long_name("smaller alignment index at the end"));
    let crossing = column(|orbit| orbit.crossing_time).units("time");
    group.insert("crossing_time", crossing.long_name("when the alignment index passed the threshold"));
    let on_demand: [(&str, OfOrbit, &str); 4] = [
        ("megno", |orbit| orbit.megno, "mean exponential growth of nearby orbits at the end"),
        ("mean_megno", |orbit| orbit.mean_megno, "its mean over time"),
        ("fli", |orbit| orbit.fli, "fast Lyapunov indicator"),
        ("ofli", |orbit| orbit.ofli, "fast Lyapunov indicator orthogonal to the flow"),
    ];
    for (name, field, meaning) in
        on_demand.into_iter().filter(|(_, field, _)| chaos.orbit.iter().any(|o| field(o).is_some()))
    {
        group.insert(name, column(field).long_name(meaning));
    }
    if chaos.orbit.iter().any(|orbit| orbit.spectrum.is_some()) {
        let spectrum = matrix(chaos.orbit.iter().map(|orbit| orbit.spectrum.as_deref()), "exponent").units("1/time");
        group.insert("spectrum", spectrum.long_name("Lyapunov exponents, the largest first"));
    }
    let galis = chaos.orbit.iter().map(|orbit| {
        orbit.gali.as_ref().map(|all| all.iter().map(|gali| gali.value.unwrap_or(f64::NAN)).collect::<Vec<f64>>())
    });
    let galis: Vec<Option<Vec<f64>>> = galis.collect();
    if galis.iter().any(Option::is_some) {
        let gali = matrix(galis.iter().map(Option::as_deref), "vectors");
        group.insert("gali", gali.long_name("GALI of 2 vectors and on, at the end or where it crossed the threshold"));
    }
    group.attributes.insert("starts".into(), chaos.starts.as_str().into());
    if let Some(energy) = chaos.energy_surface {
        group.attributes.insert("energy_surface".into(), energy.into());
    }
    group
}

/// How the indicators came about; rows of orbits with fewer readings than the others end in NaN.
fn history_group(histories: &[Vec<Reading>]) -> Group {
    let most = histories.iter().map(Vec::len).max().unwrap_or(0);
    let column = |field: fn(&Reading) -> f64| {
        let row = |history: &Vec<Reading>| -> Vec<f64> {
            history.iter().map(field).chain(std::iter::repeat(f64::NAN)).take(most).collect()
        };
        let values: Vec<f64> = histories.iter().flat_map(row).collect();
        Dataset::array([("orbit", histories.len()), ("reading", most)], values)
    };
    let mut group = Group::default();
    group.insert("t", column(|reading| reading.t).units("time").long_name("when the indicators were read"));
    let lyapunov = column(|reading| reading.lyapunov).units("1/time");
    group.insert("lyapunov", lyapunov.long_name("growth of the first deviation vector over the time"));
    group.insert("sali", column(|reading| reading.sali).long_name("smaller alignment index"));
    group
}

/// Rows of orbits with fewer crossings than the others end in NaN.
fn sections_group(at: &str, section: &SectionPoints) -> Group {
    let (n, width) = (section.t.len(), section.variables.len());
    let most = section.t.iter().map(Vec::len).max().unwrap_or(0);
    let padded = |rows: &[Vec<f64>], length: usize| -> Vec<f64> {
        let rest = |row: &Vec<f64>| std::iter::repeat_n(f64::NAN, length - row.len());
        rows.iter().flat_map(|row| row.iter().copied().chain(rest(row))).collect()
    };
    let mut group = Group::default();
    let axes = [("orbit", n), ("crossing", most), ("variable", width)];
    let points = Dataset::array(axes, padded(&section.points, most * width));
    group
        .insert("points", points.long_name("points on the section, all variables; NaN after an orbit's last crossing"));
    let t = Dataset::array([("orbit", n), ("crossing", most)], padded(&section.t, most));
    group.insert("t", t.units("time").long_name("when the section is passed"));
    let counts: Vec<i64> = section.t.iter().map(|t| t.len() as i64).collect();
    group.insert("count", Dataset::array([("orbit", n)], counts).long_name("crossings of each orbit"));
    group.insert("names", texts("variable", section.variables.clone()).long_name("names of the variables"));
    group.attributes.insert("at".into(), at.into());
    group
}

fn frequencies_group(frequencies: &Frequencies, dof: usize) -> Group {
    let orbits = &frequencies.orbits;
    let mut group = Group::default();
    let initial = matrix(orbits.iter().map(|orbit| Some(orbit.initial.as_slice())), "component");
    group.insert("initial", initial.long_name("initial conditions, q then p"));
    let mut column = |name: &str, field: fn(&FrequencyOrbit) -> Option<&[f64]>, units: &str, long_name: &str| {
        if orbits.iter().any(|orbit| field(orbit).is_some()) {
            let rows = matrix(orbits.iter().map(field), "frequency");
            group.insert(name, rows.units(units).long_name(long_name));
        }
    };
    column("measured", |orbit| orbit.measured.as_deref(), "rad/time", "frequencies from orbits");
    column("error", |orbit| orbit.error.as_deref(), "rad/time", "standard errors of the measured frequencies");
    column("amplitude", |orbit| orbit.amplitude.as_deref(), "sqrt(2 action)", "amplitudes of their lines");
    column("phase", |orbit| orbit.phase.as_deref(), "rad", "phases of their lines at the first sample");
    column("learned", |orbit| orbit.learned.as_deref(), "rad/time", "frequencies from the learned map");
    if orbits.iter().any(|orbit| orbit.measured_actions.is_some()) {
        let rows = matrix(orbits.iter().map(|orbit| orbit.measured_actions.as_deref()), "action");
        group.insert("measured_actions", rows.long_name("actions by loop integrals, in the order of measured"));
    }
    if orbits.iter().any(|orbit| orbit.quadrature.is_some()) {
        let actions = |orbit: &FrequencyOrbit| orbit.quadrature.as_ref().map(|found| found.actions.clone());
        let rows: Vec<Option<Vec<f64>>> = orbits.iter().map(actions).collect();
        let rows = matrix(rows.iter().map(Option::as_deref), "action");
        group.insert("quadrature_actions", rows.long_name("actions by quadrature, in the order of the coordinates"));
    }
    group.attributes.insert("dof".into(), (dof as i64).into());
    group
}

/// Rows of orbits without frequencies are NaN.
fn map_group(map: &FrequencyMap) -> Group {
    let points = &map.points;
    let mut group = Group::default();
    let initial = matrix(points.iter().map(|point| Some(point.initial.as_slice())), "component");
    group.insert("initial", initial.long_name("initial conditions, q then p"));
    let mut rows = |name: &str, field: fn(&Diffusion) -> &[f64], long_name: &str| {
        let rows = matrix(points.iter().map(|point| point.diffusion.as_ref().map(field)), "frequency");
        group.insert(name, rows.units("rad/time").long_name(long_name));
    };
    rows("first", |found| &found.first, "frequencies in the first window");
    rows("second", |found| &found.second, "frequencies in the second window");
    rows("error", |found| &found.error, "the larger of the standard errors of the two");
    let relative = points.iter().map(|point| point.diffusion.as_ref().map_or(f64::NAN, |found| found.relative));
    let diffusion = Dataset::array([("orbit", points.len())], relative.collect::<Vec<f64>>());
    group.insert(
        "diffusion",
        diffusion.units("1").long_name("largest change of a frequency over the largest frequency"),
    );
    let states = points.iter().map(|point| point.outcome.name().to_string()).collect();
    group.insert("state", texts("orbit", states).long_name("how the orbit ended"));
    web(&mut group, &map.web);
    // The group around it counts other orbits, and xarray's trees want one length for one name on every branch.
    for axis in group.datasets.values_mut().flat_map(|dataset| &mut dataset.axes).filter(|axis| axis.name == "orbit") {
        axis.name = "map_orbit".into();
    }
    group
}

/// The resonances, and one entry for each orbit on each.
fn web(group: &mut Group, web: &[WebLine]) {
    if web.is_empty() {
        return;
    }
    let k: Vec<i64> = web.iter().flat_map(|line| line.k.iter().map(|&k| i64::from(k))).collect();
    let k = Dataset::array([("resonance", web.len()), ("frequency", web[0].k.len())], k);
    group.insert("resonance_k", k.long_name("whole numbers k of the resonances k.omega = 0 that orbits are on"));
    let entries = || web.iter().enumerate().flat_map(|(i, line)| line.orbits.iter().map(move |&orbit| (i, orbit)));
    let mut column = |name: &str, values: Vec<i64>, long_name: &str| {
        group.insert(name, Dataset::array([("entry", values.len())], values).long_name(long_name));
    };
    column("web_resonance", entries().map(|(i, _)| i as i64).collect(), "row of resonance_k, counted from 0");
    column("web_orbit", entries().map(|(_, orbit)| orbit as i64).collect(), "an orbit on it, counted from 0");
}

fn kam_group(kam: &Kam) -> Group {
    let mut group = Group::default();
    let rows = |name: &str, row: fn(&KamOrbit) -> Vec<f64>| {
        let rows: Vec<Vec<f64>> = kam.orbits.iter().map(row).collect();
        matrix(rows.iter().map(|row| Some(row.as_slice())), name)
    };
    let column = |value: fn(&KamOrbit) -> f64| {
        Dataset::array([("orbit", kam.orbits.len())], kam.orbits.iter().map(value).collect::<Vec<f64>>())
    };
    let initial = rows("component", |orbit| orbit.initial.clone());
    group.insert("initial", initial.long_name("initial conditions, q then p"));
    let k = rows("frequency", |orbit| orbit.k.iter().map(|&k| k as f64).collect());
    group.insert("resonance", k.long_name("nearest resonance k.omega = 0"));
    let distance = column(|orbit| orbit.distance);
    group.insert("distance", distance.long_name("sine of the angle between the frequencies and that resonance"));
    group.insert("gamma", column(|orbit| orbit.gamma).long_name("Diophantine constant up to the order, tau = n"));
    group
}

/// One row an orbit; NaN where an orbit has none.
fn matrix<'a>(rows: impl Iterator<Item = Option<&'a [f64]>> + Clone, axis: &str) -> Dataset {
    let width = rows.clone().flatten().map(<[f64]>::len).max().unwrap_or(0);
    let n = rows.clone().count();
    let entry = |row: Option<&[f64]>, i: usize| row.and_then(|row| row.get(i).copied()).unwrap_or(f64::NAN);
    let values: Vec<f64> = rows.flat_map(|row| (0..width).map(move |i| entry(row, i))).collect();
    Dataset::array([("orbit", n), (axis, width)], values)
}

fn verdict(bundle: &mut Bundle, document: &Document) {
    let Some(verdict) = &document.verdict else { return };
    text(bundle, "verdict/kind", &verdict.kind, "what the system is");
    text(bundle, "verdict/certainty", &verdict.certainty, "proved or measured");
    bundle.insert("verdict/because", texts("reason", verdict.because.clone()).long_name("the reasons"));
}

fn user_artifacts(bundle: &mut Bundle, document: &Document) {
    for pass in &document.passes {
        for (kind, value) in &pass.artifacts {
            let path = format!("passes/{}/{kind}", pass.name);
            text(bundle, &path, value.to_string(), "artifact of a pass, as JSON");
        }
        for (i, table) in pass.tables.iter().enumerate() {
            table_group(bundle, &format!("passes/{}/tables/{i}", pass.name), table);
        }
    }
}

/// Writes a table as a group: a column of numbers is an array of numbers, any other an array of texts.
pub fn table_group(bundle: &mut Bundle, path: &str, table: &Table) {
    for (j, column) in table.columns.iter().enumerate() {
        let cells: Vec<&Value> = table.rows.iter().map(|row| &row[j]).collect();
        let numbers: Option<Vec<f64>> = cells.iter().map(|cell| cell_number(cell)).collect();
        let dataset = match numbers {
            Some(numbers) => Dataset::array([("row", cells.len())], numbers),
            None => Dataset::array([("row", cells.len())], cells.iter().map(|c| cell_text(c)).collect::<Vec<String>>()),
        };
        let name: String = column.chars().map(|c| if c == '/' { '_' } else { c }).collect();
        bundle.insert(&format!("{path}/{name}"), dataset.long_name(&format!("{}: {column}", table.title)));
    }
}

fn cell_number(cell: &Value) -> Option<f64> {
    if cell.is_null() { Some(f64::NAN) } else { cell.as_f64() }
}

fn cell_text(cell: &Value) -> String {
    cell.as_str().map_or_else(|| cell.to_string(), str::to_string)
}

fn provenance(bundle: &mut Bundle, document: &Document) {
    let provenance = &document.provenance;
    text(bundle, "provenance/aatool", &provenance.aatool, "version of aatool");
    text(bundle, "provenance/isa", &provenance.isa, "instruction set of the kernels");
    text(bundle, "provenance/seed", provenance.seed.to_string(), "seed of every random choice");
    let scripts = provenance.scripts.iter().map(|script| format!("{} {}", script.sha256, script.path)).collect();
    bundle.insert("provenance/scripts", texts("script", scripts).long_name("SHA-256 and path of every script"));
    bundle.insert("provenance/plugins", texts("plugin", provenance.plugins.clone()).long_name("plugins and versions"));
    let volatile = json(&provenance.volatile).to_string();
    text(bundle, VOLATILE, volatile, "what differs between two equal runs, as JSON");
}

/// What the file says of its own run; the defaults where it says nothing.
fn volatile(bundle: &Bundle) -> Value {
    let path = VOLATILE;
    let stored = bundle.dataset(path).and_then(|dataset| Ok(dataset.texts(path)?.concat()));
    let parsed = stored.ok().and_then(|text| serde_json::from_str(&text).ok());
    parsed.unwrap_or_else(|| json(&aa_analysis::document::Volatile::default()))
}
