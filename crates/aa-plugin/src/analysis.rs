//! One whole analysis: from a system's name to a document.

use std::collections::BTreeSet;
use std::sync::Arc;

use aa_analysis::assemble::assemble;
use aa_analysis::document::{self, Document, PassRecord, Provenance, Script, Volatile};
use aa_analysis::graph::{self, Fault};
use aa_analysis::{Options, Pass, Profile, Study, Subject, Watch, runner};
use aa_dynamics::{Ensemble, InitialRequest, Sampling};
use aa_symbolic::{Expr, to_f64, to_i64};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::confinement::Section;
use crate::data::DataFile;
use crate::pass_host::{MEMORY, ScriptPass};
use crate::recipe::{Material, Recipe};
use crate::{Error, Parameter, PluginId, Registry, Source, System, SystemSettings, load_system};

/// The map that is learned from data, where there are some.
const LEARNED_FROM_DATA: &str = "learned_from_data";

/// What to analyse, and how.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The system, by name or path; not looked at where there is data.
    pub system: String,
    /// Measured orbits to analyse in place of a system: a file's path or a dataset's name.
    pub data: Option<String>,
    /// Where t, q and p are in that file, where it has a layout of its own (see [`aa_dataset::Mapping`]).
    #[serde(default)]
    pub map: Option<String>,
    /// Parameters set, name and value as text.
    pub set: Vec<(String, String)>,
    /// Parameters that the exact passes keep as symbols; those that measure take their values.
    pub symbolic: Vec<String>,
    /// Where orbits start, where the script is overruled.
    pub start: Start,
    /// How much work to spend.
    #[serde(with = "ProfileName")]
    pub profile: Profile,
    /// The passes asked for; none means all.
    pub passes: Option<Vec<String>>,
    /// Options of passes that are not left to their defaults.
    pub options: Vec<PassOption>,
    /// The seed of every random choice.
    pub seed: u64,
}

/// Where orbits start, where the script is overruled.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Start {
    /// Energies from and to.
    pub energy: Option<(f64, f64)>,
    /// Number of orbits.
    pub orbits: Option<usize>,
    /// The points themselves, q then p.
    pub points: Option<Vec<Vec<f64>>>,
    /// Lower and upper ends of the box that points are drawn in, q then p.
    pub bounds: Option<Vec<(f64, f64)>>,
    /// How points of an energy are drawn.
    #[serde(with = "SamplingName")]
    pub sampling: Sampling,
}

/// How a file names a profile.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Profile", rename_all = "lowercase")]
enum ProfileName {
    Quick,
    Standard,
    Deep,
}

/// How a file names a way to draw points.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Sampling", rename_all = "lowercase")]
enum SamplingName {
    Directions,
    Microcanonical,
}

/// An option of a pass.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PassOption {
    /// The pass.
    pub pass: String,
    /// The option.
    pub option: String,
    /// Its value.
    pub value: Value,
}

/// What an analysis gives.
pub struct Analysis {
    /// Everything found out.
    pub study: Study,
    /// The same as a document.
    pub document: Document,
    /// What it was asked for, and of what it is: enough to do it again.
    pub recipe: Recipe,
}

impl Analysis {
    /// Whether everything asked for was met: no pass failed and no claim was refuted.
    pub fn is_met(&self) -> bool {
        self.document.unmet().is_empty()
    }
}

/// Analyses a system.
///
/// # Errors
/// The system or a pass script is wrong, a name or option is unknown, or there is no valid initial condition. A pass
/// that fails is no error: the document says so.
pub fn analyze(registry: &Arc<Registry>, request: &Request, watch: Arc<dyn Watch>) -> Result<Analysis, Error> {
    examine(registry, request, pass_sources(registry)?, watch, || match &request.data {
        Some(name) => crate::data::open(registry, name, request),
        None => open(registry.system(&request.system)?, request),
    })
}

/// Analyses what is opened, once the request makes sense, by some of these passes.
pub(crate) fn examine(
    registry: &Arc<Registry>,
    request: &Request,
    sources: Vec<Source>,
    watch: Arc<dyn Watch>,
    open: impl FnOnce() -> Result<Opened, Error>,
) -> Result<Analysis, Error> {
    let passes = loaded(&sources)?;
    let order = order(&passes, request)?;
    let options = all_options(&passes, request)?;
    let Opened { subject, material } = open()?;
    let mut study = study(registry, request, subject, watch);
    if request.data.is_none() {
        study.watch.begun(&study.subject.facts);
    }
    let chosen: Vec<&dyn Pass> = order.iter().map(|&i| passes[i].as_ref()).collect();
    let mut records = runner::run(&mut study, &chosen, |pass| {
        options.iter().find(|(name, _)| name == pass.name()).map(|(_, options)| options.clone()).unwrap_or_default()
    });
    for (record, _) in records.iter_mut().zip(&chosen).filter(|(_, pass)| is_unasked(**pass, request)) {
        if record.status == "failed" {
            record.status = "skipped".into();
        }
    }
    let chosen: Vec<&Source> = order.iter().map(|&i| &sources[i]).collect();
    let provenance = provenance(request, &material, &chosen);
    let document = document(&study, records, provenance);
    let kept = sources.iter().enumerate().filter(|(i, _)| order.contains(i));
    let passes = kept.map(|(_, source)| source.clone()).collect();
    let recipe = Recipe { request: request.clone(), material, passes };
    Ok(Analysis { study, document, recipe })
}

/// Refuses a request whose system, parameters, passes or options are wrong, as [`analyze`] would, and does no work.
///
/// # Errors
/// Those of [`analyze`], but for starts that turn out to be impossible.
pub fn check(registry: &Registry, request: &Request) -> Result<(), Error> {
    let passes = loaded(&pass_sources(registry)?)?;
    order(&passes, request)?;
    all_options(&passes, request)?;
    let system = load(registry, request)?;
    crate::starts::request(&system, &request.start, request.seed).map(drop)
}

/// What a study is of, and where that came from.
pub(crate) struct Opened {
    pub(crate) subject: Subject,
    pub(crate) material: Material,
}

/// The system that a request names.
pub(crate) fn load(registry: &Registry, request: &Request) -> Result<System, Error> {
    let settings = SystemSettings { set: request.set.clone(), ..SystemSettings::default() };
    load_system(&registry.system(&request.system)?, &settings)
}

/// The same system with some parameters kept as symbols, where a request names any.
fn load_exact(source: &Source, request: &Request) -> Result<Option<System>, Error> {
    if request.symbolic.is_empty() {
        return Ok(None);
    }
    let symbolic = request.symbolic.clone();
    let settings = SystemSettings { set: request.set.clone(), symbolic, ..SystemSettings::default() };
    let hint = format!(
        "parameters that are counted with or branched on need values: --symbolic {} does not do",
        settings.symbolic.join(",")
    );
    match load_system(source, &settings) {
        Err(Error::Script { place, message, code, .. }) => {
            Err(Error::Script { place, message, hint: Some(hint), code })
        }
        loaded => loaded.map(Some),
    }
}

/// Every pass of every plugin.
fn pass_sources(registry: &Registry) -> Result<Vec<Source>, Error> {
    // By their plugins, not by name: a file in the working folder may have such a name.
    let passes =
        registry.plugins().into_iter().flat_map(|plugin| plugin.manifest.passes.iter().map(|p| plugin.pass(p)));
    passes.collect()
}

fn loaded(sources: &[Source]) -> Result<Vec<Box<dyn Pass>>, Error> {
    sources.iter().map(|source| Ok(Box::new(ScriptPass::load(source)?) as Box<dyn Pass>)).collect()
}

/// The passes to run, in order; those that look at data only where there are some or they are asked for, those
/// on demand only where they are asked for or needed.
fn order(passes: &[Box<dyn Pass>], request: &Request) -> Result<Vec<usize>, Error> {
    let names = |chosen: &dyn Fn(&dyn Pass) -> bool| -> Vec<String> {
        passes.iter().filter(|pass| chosen(pass.as_ref())).map(|pass| pass.name().to_string()).collect()
    };
    let has_data = request.data.is_some();
    let is_of_data = |pass: &dyn Pass| looks_at_data(pass) || pass.gives().iter().any(|kind| kind == LEARNED_FROM_DATA);
    let usual = || names(&|pass| !pass.on_demand() && (has_data || !is_of_data(pass)));
    let mut selected = request.passes.clone().unwrap_or_else(usual);
    if has_data {
        // Data are looked at whatever else is asked: there may be a Hamiltonian in them.
        selected.extend(names(&looks_at_data));
    }
    let faults = match graph::order(passes, Some(&selected)) {
        Ok(order) => return Ok(order),
        Err(faults) => faults,
    };
    let usage = faults.iter().all(|fault| matches!(fault, Fault::UnknownPass { .. }));
    Err(Error::Passes { faults: faults.iter().map(Fault::to_string).collect(), usage })
}

fn looks_at_data(pass: &dyn Pass) -> bool {
    pass.gives().iter().any(|kind| kind == graph::DATA)
}

/// Whether a pass looks at the data without having been asked to: where it cannot, nothing that was asked for is missing.
fn is_unasked(pass: &dyn Pass, request: &Request) -> bool {
    looks_at_data(pass) && request.passes.as_ref().is_some_and(|asked| !asked.iter().any(|name| name == pass.name()))
}

/// Options that every pass has: they bound its work.
const BOUNDS: [&str; 2] = ["seconds", MEMORY];

/// Every pass's options: defaults, with those asked for put in their place.
fn all_options(passes: &[Box<dyn Pass>], request: &Request) -> Result<Vec<(String, Options)>, Error> {
    let mut all: Vec<(String, Options)> =
        passes.iter().map(|pass| (pass.name().to_string(), pass.options().clone())).collect();
    for PassOption { pass, option, value } in &request.options {
        let names: Vec<String> = all.iter().map(|(name, _)| name.clone()).collect();
        let Some((_, options)) = all.iter_mut().find(|(name, _)| name == pass) else {
            return Err(Error::UnknownOption { what: "there is no pass".into(), name: pass.clone(), known: names });
        };
        if !options.contains_key(option) && !BOUNDS.contains(&option.as_str()) {
            let bounds = BOUNDS.iter().filter(|bound| !options.contains_key(**bound)).map(|bound| bound.to_string());
            let known = options.keys().cloned().chain(bounds).collect();
            let what = format!("pass `{pass}` has no option");
            return Err(Error::UnknownOption { what, name: option.clone(), known });
        }
        options.insert(option.clone(), value.clone());
    }
    Ok(all)
}

/// A system, with what a request sets, as the subject of a study.
pub(crate) fn open(source: Source, request: &Request) -> Result<Opened, Error> {
    // What is made of a formula is as much its author's choice as the formula.
    let _section = Section::begin(&source);
    let settings = SystemSettings { set: request.set.clone(), ..SystemSettings::default() };
    let system = load_system(&source, &settings)?;
    let (initial, orbits) = crate::starts::request(&system, &request.start, request.seed)?;
    if crate::starts::have_a_place(&system, &initial) {
        // Said now rather than by a pass: a wrong start is a fault of the script. An energy surface is another matter:
        // where there are free directions it is closed only once these are taken out.
        let probe = InitialRequest { count: 1, sampling: Sampling::Directions, ..initial.clone() };
        crate::starts::draw(&system, &probe)?;
    }
    let exact = load_exact(&source, request)?;
    let facts = facts(exact.as_ref().unwrap_or(&system));
    let claims = exact.as_ref().unwrap_or(&system).claims.clone();
    let exact = exact.map(|exact| exact.hamiltonian);
    let hamiltonian = Ok(system.hamiltonian);
    let subject = Subject { facts, hamiltonian, exact, measurement: None, claims, initial, orbits };
    Ok(Opened { subject, material: Material::System(source) })
}

fn study(registry: &Arc<Registry>, request: &Request, subject: Subject, watch: Arc<dyn Watch>) -> Study {
    let registry = registry.clone();
    let datasets = move |name: &str| dataset(&registry, name);
    let study = Study::new(subject, request.seed, request.profile);
    Study { watch, datasets: Arc::new(datasets), ..study }
}

/// A plugin's trajectories by the dataset's name.
pub(crate) fn dataset(registry: &Registry, name: &str) -> Result<Ensemble, String> {
    let orbits = DataFile::named(registry, name).and_then(|file| file.orbits());
    orbits.map_err(|error| error.to_string())
}

/// What the document says of the system.
fn facts(system: &System) -> document::System {
    let space = system.hamiltonian.space();
    let energy = system.hamiltonian.energy();
    let names = |symbols: &[aa_symbolic::Expr]| symbols.iter().map(|s| s.to_string()).collect();
    document::System {
        name: system.name.clone(),
        plugin: system.plugin.as_ref().map(full_name),
        sha256: system.sha256.clone(),
        dof: system.hamiltonian.dof(),
        coordinates: names(space.coordinates()),
        momenta: names(space.momenta()),
        parameters: system.parameters.iter().map(|(k, v)| (k.clone(), parameter(v))).collect::<Map<_, _>>(),
        hamiltonian: energy.to_string(),
        latex: energy.to_latex(),
        time_dependent: system.hamiltonian.is_driven(),
    }
}

/// A parameter as JSON: whole numbers and decimals as numbers, other exact numbers as text.
fn parameter(value: &Parameter) -> Value {
    match value {
        Parameter::Truth(truth) => (*truth).into(),
        Parameter::Text(text) => text.clone().into(),
        Parameter::List(items) => items.iter().map(parameter).collect(),
        Parameter::Number(expr) => number(expr),
    }
}

/// An exact number as JSON.
pub(crate) fn number(expr: &Expr) -> Value {
    let text = expr.to_string();
    let Some(value) = expr.as_rational() else { return text.into() };
    if let Some(whole) = to_i64(value) {
        return whole.into();
    }
    let nearest = to_f64(value);
    match Expr::decimal(nearest) {
        Some(spelled) if spelled == *expr => nearest.into(),
        _ => text.into(),
    }
}

pub(crate) fn full_name(plugin: &PluginId) -> String {
    format!("{}@{}", plugin.name, plugin.version)
}

fn provenance(request: &Request, material: &Material, passes: &[&Source]) -> Provenance {
    let (file, plugin) = match material {
        Material::System(source) => (script(source), &source.plugin),
        Material::Data(data) => (Script { path: data.path.clone(), sha256: data.sha256.clone() }, &data.plugin),
    };
    let plugins = passes.iter().map(|source| &source.plugin).chain([plugin]);
    let plugins: BTreeSet<String> = plugins.flatten().map(full_name).collect();
    Provenance {
        aatool: env!("CARGO_PKG_VERSION").into(),
        isa: aa_kernel::Isa::current().name().into(),
        seed: request.seed,
        scripts: std::iter::once(file).chain(passes.iter().map(|source| script(source))).collect(),
        plugins: plugins.into_iter().collect(),
        volatile: Volatile::default(),
    }
}

fn script(source: &Source) -> Script {
    Script { path: source.path.clone(), sha256: source.sha256() }
}

/// The document; where an artifact of a pass has the wrong shape, that pass has failed.
fn document(study: &Study, mut records: Vec<PassRecord>, provenance: Provenance) -> Document {
    let mut study = study.clone();
    loop {
        match assemble(&study, records.clone(), provenance.clone()) {
            Ok(document) => return document,
            Err((kind, error)) => {
                study.artifacts.remove(kind);
                for record in records.iter_mut().filter(|record| record.gives.iter().any(|given| given == kind)) {
                    record.status = "failed".into();
                    record.reason = Some(error.to_string());
                }
            }
        }
    }
}

/// Reads `pass.option=value`; a value is a number, true, false, a list a,b or a word. None for anything else.
pub fn parse_option(text: &str) -> Option<PassOption> {
    let (name, value) = text.split_once('=').filter(|(_, value)| !value.is_empty())?;
    let (pass, option) = parse_option_name(name)?;
    Some(PassOption { pass, option, value: parse_value(value) })
}

/// Splits `pass.option`.
pub(crate) fn parse_option_name(name: &str) -> Option<(String, String)> {
    let (pass, option) = name.split_once('.').filter(|(pass, option)| !pass.is_empty() && !option.is_empty())?;
    Some((pass.into(), option.into()))
}

/// An option's value as it is written: a number, true or false, a list with commas, else text.
pub(crate) fn parse_value(text: &str) -> Value {
    if text.contains(',') {
        return text.split(',').map(parse_value).collect();
    }
    match serde_json::from_str(text) {
        Ok(value @ (Value::Number(_) | Value::Bool(_))) => value,
        _ => Value::String(text.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn options_are_numbers_words_and_lists() {
        let value = |text: &str| parse_option(text).map(|o| (o.pass, o.option, o.value));
        let expect = |value| Some(("chaos".to_string(), "t".to_string(), value));
        assert_eq!(value("chaos.t=5000"), expect(json!(5000)));
        assert_eq!(value("chaos.t=1e-8"), expect(json!(1e-8)));
        assert_eq!(value("chaos.t=sali,gali"), expect(json!(["sali", "gali"])));
        assert_eq!(value("chaos.t=auto"), expect(json!("auto")));
        for bad in ["chaos", "chaos.t", "t=5", ".t=5", "chaos.=5", "chaos.t="] {
            assert_eq!(value(bad), None, "{bad}");
        }
    }
}
