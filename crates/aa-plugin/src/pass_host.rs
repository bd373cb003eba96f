//! Passes written as scripts.
//!
//! A pass script says what it needs and gives and calls instruments; see the bundled `core` plugin for examples. It has
//! `fn needs()`, `fn gives()` and `fn run(study, options)`, and may have `fn uses()` (kinds it looks at where they are
//! there), `fn options()` (their defaults) and `fn on_demand()`: where that gives true, the pass runs only where it is
//! asked for by name, or for a pass that needs what it gives.

use std::sync::{Arc, Mutex, PoisonError};

use aa_analysis::instruments::{self, Instrument};
use aa_analysis::{Artifact, Options, Outcome, Pass, Said, Stop, Study};
use rhai::{Array, CallFnOptions, Dynamic, Engine, EvalAltResult, ImmutableString, Map, Position, Scope};
use serde_json::Value;

use crate::complaint;
use crate::confinement::Section;
use crate::engine::{Notes, guarded, programs};
use crate::limits::Recess;
use crate::tables;
use crate::values::{ArtifactHandle, ensemble as ensemble_map, from_script, to_script};
use crate::{Dialect, Error, Limits, Script, Source};

/// A pass that a script describes.
pub struct ScriptPass {
    name: String,
    about: String,
    needs: Vec<String>,
    uses: Vec<String>,
    gives: Vec<String>,
    on_demand: bool,
    options: Options,
    pub(crate) script: Script,
}

/// Compiles a script that may be a pass.
///
/// # Errors
/// It does not parse.
pub(crate) fn compile(source: &Source) -> Result<Script, Error> {
    guarded(&Limits::default(), || Script::compile(pass_engine(), source, Dialect::Program))
}

impl ScriptPass {
    /// Reads a pass script and asks it what it needs, gives and can be told.
    ///
    /// # Errors
    /// The script does not parse, lacks one of `needs`, `gives` and `run`, or answers with something else than names.
    pub fn load(source: &Source) -> Result<ScriptPass, Error> {
        let _section = Section::begin(source);
        ScriptPass::of(compile(source)?)
    }

    /// Asks a script what it needs, gives and can be told.
    ///
    /// # Errors
    /// Those of [`ScriptPass::load`], but for a script that does not parse.
    pub(crate) fn of(script: Script) -> Result<ScriptPass, Error> {
        guarded(&Limits::default(), || ScriptPass::read(script))
    }

    fn read(script: Script) -> Result<ScriptPass, Error> {
        for (function, arity, written) in
            [("needs", 0, "needs()"), ("gives", 0, "gives()"), ("run", 2, "run(study, options)")]
        {
            if !script.defines(function, arity) {
                let hint = "a pass has fn needs(), fn gives() and fn run(study, options)".to_string();
                return Err(script.fault(function, format!("a pass needs `fn {written}`"), Some(hint)));
            }
        }
        let source = script.source();
        Ok(ScriptPass {
            name: source.name.clone(),
            about: source.description().lines().next().unwrap_or_default().to_string(),
            needs: names(&script, "needs")?,
            uses: names(&script, "uses")?,
            gives: names(&script, "gives")?,
            on_demand: on_demand(&script)?,
            options: default_options(&script)?,
            script,
        })
    }
}

/// The answer of a function without arguments; none where the script does not define it.
fn answer(script: &Script, function: &str) -> Result<Option<Dynamic>, Error> {
    script.defines(function, 0).then(|| script.call(function, Vec::new())).transpose()
}

fn names(script: &Script, function: &str) -> Result<Vec<String>, Error> {
    let wrong = || script.fault(function, format!("`{function}` gives a list of kinds, such as [\"system\"]"), None);
    let Some(answer) = answer(script, function)? else { return Ok(Vec::new()) };
    match from_script(&answer) {
        Ok(Value::Array(items)) => items.iter().map(|i| i.as_str().map(str::to_string).ok_or_else(wrong)).collect(),
        _ => Err(wrong()),
    }
}

fn on_demand(script: &Script) -> Result<bool, Error> {
    let wrong = || script.fault("on_demand", "`on_demand` gives true or false", None);
    answer(script, "on_demand")?.map_or(Ok(false), |answer| answer.as_bool().map_err(|_| wrong()))
}

/// What `fn options()` of a pass or study gives: its defaults.
pub(crate) fn default_options(script: &Script) -> Result<Options, Error> {
    match answer(script, "options")?.as_ref().map(from_script) {
        None => Ok(Options::new()),
        Some(Ok(Value::Object(options))) if options.contains_key(MEMORY) => {
            Err(script.fault("options", format!("`{MEMORY}` bounds every pass and is the user's to set"), None))
        }
        Some(Ok(Value::Object(options))) => Ok(options),
        Some(_) => Err(script.fault("options", "`options` gives a map of defaults, such as #{ t: 100 }", None)),
    }
}

impl Pass for ScriptPass {
    fn name(&self) -> &str {
        &self.name
    }

    fn about(&self) -> &str {
        &self.about
    }

    fn needs(&self) -> &[String] {
        &self.needs
    }

    fn uses(&self) -> &[String] {
        &self.uses
    }

    fn on_demand(&self) -> bool {
        self.on_demand
    }

    fn gives(&self) -> &[String] {
        &self.gives
    }

    fn options(&self) -> &Options {
        &self.options
    }

    fn run(&self, study: &Study, options: &Options) -> Result<Outcome, Stop> {
        let handle = StudyHandle { study: Arc::new(study.clone()), said: Arc::default() };
        let said = handle.said.clone();
        let limits = limits(options);
        let options = to_script(&Value::Object(options.clone()));
        let _section = Section::begin(self.script.source());
        // The answer stays on the script's thread, which has room for whatever is nested in it.
        let answer = || self.call(handle, options).and_then(|answer| self.artifacts(&answer));
        let artifacts = guarded(&limits, || Ok(answer())).map_err(|error| Stop::Fail(error.to_string()))??;
        let said = std::mem::take(&mut *said.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(Outcome { artifacts, said })
    }
}

impl ScriptPass {
    /// What the script returned, one artifact for each kind it promised.
    fn artifacts(&self, answer: &Dynamic) -> Result<Vec<(String, Artifact)>, Stop> {
        let wrong = |reason: String| located(&self.script.fault("run", reason.clone(), None), &reason);
        self.artifacts_of(answer).map_err(wrong)
    }

    fn artifacts_of(&self, answer: &Dynamic) -> Result<Vec<(String, Artifact)>, String> {
        let map = answer.read_lock::<Map>().ok_or("run must return a map with an entry for each kind it gives")?;
        if let Some(extra) = map.keys().find(|key| !self.gives.iter().any(|kind| kind == key.as_str())) {
            return Err(format!("run returned `{extra}`, which gives() does not name"));
        }
        let one = |kind: &String| {
            let value =
                map.get(kind.as_str()).ok_or_else(|| format!("run returned no `{kind}`, which gives() names"))?;
            Ok((kind.clone(), artifact(value)?))
        };
        self.gives.iter().map(one).collect()
    }

    fn call(&self, study: StudyHandle, options: Dynamic) -> Result<Dynamic, Stop> {
        let call = CallFnOptions::new().eval_ast(false).rewind_scope(true);
        let arguments = (study, options);
        let answer =
            self.script.engine().call_fn_with_options(call, &mut Scope::new(), &self.script.ast, "run", arguments);
        answer.map_err(|error| {
            let explained = complaint::explain(&error, &self.script, "run");
            match thrown(&error) {
                None => located(&explained, &explained.to_string()),
                // Where a bundled pass called the instrument is nothing to its user.
                Some(Stop::Fail(reason)) if !self.script.source().is_bundled() => located(&explained, &reason),
                Some(stop) => stop,
            }
        })
    }
}

/// A failure with the place of an error in front, for a report that shows no script.
fn located(error: &Error, reason: &str) -> Stop {
    Stop::Fail(error.place().map_or_else(|| reason.to_string(), |place| format!("{place}: {reason}")))
}

/// The reason that an instrument or `study.skip` gave.
fn thrown(error: &EvalAltResult) -> Option<Stop> {
    match error.unwrap_inner() {
        EvalAltResult::ErrorRuntime(value, _) => value.read_lock::<Stop>().map(|stop| stop.clone()),
        _ => None,
    }
}

fn handed(artifact: Artifact) -> ArtifactHandle {
    ArtifactHandle(Arc::new(artifact))
}

fn artifact(value: &Dynamic) -> Result<Artifact, String> {
    match value.read_lock::<ArtifactHandle>() {
        Some(handle) => Ok(handle.0.as_ref().clone()),
        None => from_script(value).map(Artifact::plain).map_err(|kind| format!("a {kind} is no result")),
    }
}

/// The study as scripts hold it.
#[derive(Clone)]
struct StudyHandle {
    study: Arc<Study>,
    said: Arc<Mutex<Said>>,
}

impl StudyHandle {
    fn say(&self, add: impl FnOnce(&mut Said)) {
        add(&mut self.said.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Adds a line to the notes or findings, as long as a person could read them.
    fn write(&self, text: &str, of: impl FnOnce(&mut Said) -> &mut Vec<String>) -> Scripted<()> {
        const MOST: usize = 1000;
        const BYTES: usize = 1 << 20;
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = of(&mut said);
        let bytes = lines.iter().map(String::len).sum::<usize>() + text.len();
        if lines.len() >= MOST || bytes > BYTES {
            return Err(format!("a pass says at most {MOST} things, of {BYTES} bytes together").into());
        }
        lines.push(text.to_string());
        Ok(())
    }

    fn table(&mut self, title: ImmutableString, rows: Array) -> Scripted<()> {
        self.ordered_table(title, Array::new(), rows)
    }

    fn ordered_table(&mut self, title: ImmutableString, columns: Array, rows: Array) -> Scripted<()> {
        let table = tables::table(&title, columns, &rows).map_err(|wrong| raise(Stop::Fail(wrong)))?;
        self.say(|said| said.tables.push(table));
        Ok(())
    }

    fn plot(&mut self, asked: Map) -> Scripted<()> {
        let plot = tables::plot(asked).map_err(|wrong| raise(Stop::Fail(wrong)))?;
        self.say(|said| said.plots.push(plot));
        Ok(())
    }
}

/// The system as scripts hold it; instruments take either.
#[derive(Clone)]
struct SystemHandle(StudyHandle);

type Scripted<T> = Result<T, Box<EvalAltResult>>;

fn raise(stop: Stop) -> Box<EvalAltResult> {
    EvalAltResult::ErrorRuntime(Dynamic::from(stop), Position::NONE).into()
}

/// What a pass's script may use, less than what its instruments do: those obey the option `seconds`.
fn limits(options: &Options) -> Limits {
    let megabytes = options.get(MEMORY).and_then(Value::as_u64).unwrap_or(MEGABYTES);
    Limits { bytes: megabytes.saturating_mul(1 << 20), ..Limits::default() }
}

/// The option that bounds what a pass's script may hold, in MiB; artifacts of instruments are not counted.
pub(crate) const MEMORY: &str = "memory";
/// Its default.
const MEGABYTES: u64 = 256;

/// An engine in which a pass can run.
fn pass_engine() -> Engine {
    let mut engine = programs(&limits(&Options::new()), &Notes::default());
    register_study(&mut engine);
    register_system(&mut engine);
    register_artifact(&mut engine);
    for instrument in instruments::ALL {
        register_instrument(&mut engine, instrument);
    }
    engine
}

/// What scripts can do with the study, beside its properties and the instruments.
pub(crate) const STUDY_FUNCTIONS: [&str; 8] =
    ["artifact", "dataset", "finding", "has", "note", "plot", "skip", "table"];

fn register_study(engine: &mut Engine) {
    engine
        .register_type_with_name::<StudyHandle>("study")
        .register_get("system", |handle: &mut StudyHandle| SystemHandle(handle.clone()))
        .register_get("profile", |handle: &mut StudyHandle| handle.study.profile.name().to_string())
        .register_get("seed", |handle: &mut StudyHandle| handle.study.seed as i64)
        .register_fn("note", |handle: &mut StudyHandle, text: ImmutableString| {
            handle.write(&text, |said| &mut said.notes)
        })
        .register_fn("finding", |handle: &mut StudyHandle, text: ImmutableString| {
            handle.write(&text, |said| &mut said.findings)
        })
        .register_fn("table", StudyHandle::table)
        .register_fn("table", StudyHandle::ordered_table)
        .register_fn("plot", StudyHandle::plot)
        .register_fn("skip", |_: &mut StudyHandle, reason: ImmutableString| -> Scripted<()> {
            Err(raise(Stop::Skip(reason.to_string())))
        })
        .register_fn("has", |handle: &mut StudyHandle, kind: ImmutableString| {
            handle.study.artifacts.contains_key(kind.as_str())
        })
        .register_fn("artifact", |handle: &mut StudyHandle, kind: ImmutableString| -> Scripted<ArtifactHandle> {
            let found = handle.study.artifacts.get(kind.as_str()).cloned();
            found.map(handed).ok_or_else(|| raise(Stop::Fail(format!("there is no artifact `{kind}`"))))
        })
        .register_fn("dataset", dataset);
}

/// A plugin's dataset as a map of t, q and p.
fn dataset(handle: &mut StudyHandle, name: ImmutableString) -> Scripted<Map> {
    let read = |name: &str| {
        let _recess = Recess::begin();
        (handle.study.datasets)(name)
    };
    let ensemble = read(&name).map_err(|e| raise(Stop::Fail(e)))?;
    Ok(ensemble_map(&ensemble))
}

fn register_system(engine: &mut Engine) {
    fn list(names: &[String]) -> rhai::Array {
        names.iter().map(|name| name.clone().into()).collect()
    }
    engine
        .register_type_with_name::<SystemHandle>("system")
        .register_get("name", |system: &mut SystemHandle| system.0.study.subject.facts.name.clone())
        .register_get("dof", |system: &mut SystemHandle| system.0.study.subject.facts.dof as i64)
        .register_get("hamiltonian", |system: &mut SystemHandle| system.0.study.subject.facts.hamiltonian.clone())
        .register_get("coordinates", |system: &mut SystemHandle| list(&system.0.study.subject.facts.coordinates))
        .register_get("momenta", |system: &mut SystemHandle| list(&system.0.study.subject.facts.momenta))
        .register_get("parameters", |system: &mut SystemHandle| {
            to_script(&Value::Object(system.0.study.subject.facts.parameters.clone()))
        });
}

/// Fields of an artifact read like a map's; what instruments tell scripts beside the value is there too.
fn register_artifact(engine: &mut Engine) {
    engine.register_type_with_name::<ArtifactHandle>("artifact").register_indexer_get(
        |handle: &mut ArtifactHandle, field: ImmutableString| -> Scripted<Dynamic> {
            let Artifact { value, aside, .. } = handle.0.as_ref();
            let found = value.get(field.as_str()).or_else(|| aside.get(field.as_str())).map(to_script);
            found.ok_or_else(|| raise(Stop::Fail(format!("the artifact has no field `{field}`"))))
        },
    );
}

fn register_instrument(engine: &mut Engine, instrument: &'static Instrument) {
    let call = move |study: &Study, options: Map| -> Scripted<ArtifactHandle> {
        let options =
            from_script(&options.into()).map_err(|kind| raise(Stop::Fail(format!("a {kind} is no option"))))?;
        let Value::Object(options) = options else { unreachable!("a map becomes an object") };
        let _recess = Recess::begin();
        (instrument.run)(study, &options).map(handed).map_err(|error| raise(error.into()))
    };
    engine
        .register_fn(instrument.name, move |s: &mut StudyHandle, options: Map| call(&s.study, options))
        .register_fn(instrument.name, move |s: &mut StudyHandle| call(&s.study, Map::new()))
        .register_fn(instrument.name, move |s: &mut SystemHandle, options: Map| call(&s.0.study, options))
        .register_fn(instrument.name, move |s: &mut SystemHandle| call(&s.0.study, Map::new()));
}
