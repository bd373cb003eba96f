//! Studies written as scripts: `fn run(lab)` analyses systems and gathers tables and plots. A study that can be told
//! something has `fn options()`, its defaults, and `fn run(lab, options)`.

use std::sync::{Arc, Mutex, PoisonError};

use aa_analysis::document::Table;
use aa_analysis::{Options, Profile, Watch};
use aa_dynamics::{Ensemble, Sampling};
use rhai::{Array, Dynamic, EvalAltResult, ImmutableString, Map, Position};
use serde_json::Value;

use crate::analysis::{PassOption, Request, Start, analyze, load, parse_option_name, parse_value};
use crate::engine::{Notes, guarded, programs};
use crate::pass_host::default_options;
use crate::simulation::{SimulationOptions, simulate};
use crate::tables::{plot as plot_of, table};
use crate::trained::{Trained, train_on, window};
use crate::values::{from_script, to_script};
use crate::{Dialect, Error, Limits, Registry, Script, Source};

/// What a study has gathered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gathered {
    /// What the study says about itself.
    pub description: String,
    /// Its tables.
    pub tables: Vec<Table>,
    /// Its plots, as the script described them.
    pub plots: Vec<Value>,
    /// The documents of its analyses, in the order they were made.
    pub documents: Vec<Value>,
    /// The files it asks to be written: `.html` is a page, `.h5` a bundle; relative names without `..`.
    pub saves: Vec<String>,
}

/// Runs a study script with the options that are `set` (name and value, as written) in place of its defaults.
///
/// # Errors
/// The script is wrong, it has no such option, or an analysis that it asked for has no result.
pub fn run_study(
    registry: &Arc<Registry>,
    source: &Source,
    set: &[(String, String)],
    watch: Arc<dyn Watch>,
) -> Result<Gathered, Error> {
    let gathered = Arc::new(Mutex::new(Gathered { description: source.description(), ..Gathered::default() }));
    let lab = Lab { registry: registry.clone(), watch, gathered: gathered.clone() };
    guarded(&limits(), || {
        let script = Script::compile(engine(), source, Dialect::Program)?;
        let options = to_script(&Value::Object(chosen(&script, set)?));
        let arguments = match (script.defines("run", 1), script.defines("run", 2)) {
            (_, true) => vec![Dynamic::from(lab), options],
            (true, _) => vec![Dynamic::from(lab)],
            _ => return Err(script.fault("run", "a study has `fn run(lab)` or `fn run(lab, options)`", None)),
        };
        script.call("run", arguments).map(drop)
    })?;
    let result = gathered.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Ok(result)
}

/// The study's options, with what is set in their place.
fn chosen(script: &Script, set: &[(String, String)]) -> Result<Options, Error> {
    let mut options = default_options(script)?;
    for (name, value) in set {
        let known = options.keys().cloned().collect();
        let Some(option) = options.get_mut(name) else {
            return Err(Error::UnknownOption { what: "this study has no option".into(), name: name.clone(), known });
        };
        *option = parse_value(value);
    }
    Ok(options)
}

/// What a study may use: its script does little, but documents of analyses are large and take their time.
fn limits() -> Limits {
    Limits { bytes: 8 << 30, seconds: None, list_length: 1 << 24, map_length: 1 << 24, ..Limits::default() }
}

#[derive(Clone)]
struct Lab {
    registry: Arc<Registry>,
    watch: Arc<dyn Watch>,
    gathered: Arc<Mutex<Gathered>>,
}

/// Orbits that a study follows, for its networks.
#[derive(Clone)]
struct Orbits(Arc<Ensemble>);

type Scripted<T> = Result<T, Box<EvalAltResult>>;

fn raise(message: impl Into<String>) -> Box<EvalAltResult> {
    EvalAltResult::ErrorRuntime(message.into().into(), Position::NONE).into()
}

fn engine() -> rhai::Engine {
    let mut engine = programs(&limits(), &Notes::default());
    engine
        .register_type_with_name::<Lab>("lab")
        .register_fn("analyze", Lab::analyze)
        .register_fn("dataset", Lab::dataset)
        .register_type_with_name::<Orbits>("orbits")
        .register_fn("simulate", Lab::simulate)
        .register_type_with_name::<Trained>("network")
        .register_get("parameters", |trained: &mut Trained| trained.n_parameters() as i64)
        .register_fn("train", Lab::train)
        .register_fn("predict", Lab::predict)
        .register_fn("table", Lab::table)
        .register_fn("table", Lab::ordered_table)
        .register_fn("plot", Lab::plot)
        .register_fn("save", Lab::save);
    engine
}

impl Lab {
    fn gather(&self, add: impl FnOnce(&mut Gathered)) {
        add(&mut self.gathered.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Analyses a system and returns the document as a map.
    fn analyze(&mut self, asked: Map) -> Scripted<Dynamic> {
        let request = request(&asked).map_err(raise)?;
        let analysis = analyze(&self.registry, &request, self.watch.clone()).map_err(|e| raise(e.to_string()))?;
        let document = serde_json::to_value(&analysis.document).map_err(|e| raise(e.to_string()))?;
        self.gather(|gathered| gathered.documents.push(document.clone()));
        Ok(to_script(&document))
    }

    fn dataset(&mut self, name: ImmutableString) -> Scripted<Map> {
        let ensemble = crate::analysis::dataset(&self.registry, &name).map_err(raise)?;
        Ok(crate::values::ensemble(&ensemble))
    }

    /// Follows orbits of a system, at `samples` equal steps to `t`.
    fn simulate(&mut self, mut asked: Map) -> Scripted<Orbits> {
        let number = |value: Option<Dynamic>, what: &str| {
            let number = value.and_then(|value| from_script(&value).ok()).and_then(|value| value.as_f64());
            number.filter(|x| *x > 0.0 && x.is_finite()).ok_or_else(|| raise(format!("`{what}` is a number above 0")))
        };
        let t = number(asked.remove("t"), "t")?;
        let samples = number(asked.remove("samples"), "samples")? as usize;
        let options = SimulationOptions { t, samples: samples.max(2), fixed: None };
        let request = request(&asked).map_err(raise)?;
        let simulated = simulate(&self.registry, &request, &options, self.watch.clone());
        simulated.map(|simulated| Orbits(Arc::new(simulated.orbits().clone()))).map_err(|e| raise(e.to_string()))
    }

    /// Trains a network on samples of a dataset.
    fn train(&mut self, mut asked: Map) -> Scripted<Trained> {
        let orbits = self.orbits(&mut asked)?;
        let asked = from_script(&asked.into()).map_err(raise)?;
        let samples = window(&orbits, &asked).map_err(raise)?;
        train_on(&samples, &asked, self.watch.as_ref()).map_err(raise)
    }

    /// The errors of a network on samples of a dataset: a list of maps, one a jump.
    fn predict(&mut self, network: Trained, mut asked: Map) -> Scripted<Dynamic> {
        let orbits = self.orbits(&mut asked)?;
        let system = match asked.contains_key("system") {
            true => Some(load(&self.registry, &subject(&asked).map_err(raise)?).map_err(|e| raise(e.to_string()))?),
            false => None,
        };
        let asked = from_script(&asked.into()).map_err(raise)?;
        let hamiltonian = system.as_ref().map(|system| &system.hamiltonian);
        let samples = window(&orbits, &asked).map_err(raise)?;
        network.errors(&samples, &asked, hamiltonian).map(|errors| to_script(&errors)).map_err(raise)
    }

    /// The orbits of `dataset`: those of a file, by its name, or such as were followed before.
    fn orbits(&self, asked: &mut Map) -> Scripted<Arc<Ensemble>> {
        let dataset = asked.remove("dataset").unwrap_or_default();
        if let Some(Orbits(orbits)) = dataset.clone().try_cast() {
            return Ok(orbits);
        }
        let name = dataset.into_immutable_string();
        let name = name.map_err(|_| raise("`dataset` is the name of a dataset, or orbits from lab.simulate"))?;
        crate::analysis::dataset(&self.registry, &name).map(Arc::new).map_err(raise)
    }

    /// A table whose columns stand in the order in which rows first have them, each row's by name.
    fn table(&mut self, title: ImmutableString, rows: Array) -> Scripted<()> {
        self.ordered_table(title, Array::new(), rows)
    }

    /// A table whose first columns are given; others follow.
    fn ordered_table(&mut self, title: ImmutableString, columns: Array, rows: Array) -> Scripted<()> {
        let table = table(&title, columns, &rows).map_err(raise)?;
        self.gather(|gathered| gathered.tables.push(table));
        Ok(())
    }

    fn plot(&mut self, plot: Map) -> Scripted<()> {
        let plot = plot_of(plot).map_err(raise)?;
        self.gather(|gathered| gathered.plots.push(plot));
        Ok(())
    }

    fn save(&mut self, path: ImmutableString) -> Scripted<()> {
        let inside = path.split(['/', '\\']).all(|part| !part.is_empty() && part != ".." && part != ".");
        let known = path.ends_with(".html") || path.ends_with(".h5");
        if !inside || !known || path.contains(':') {
            return Err(raise(format!("`{path}`: a study saves to a name below the current folder, .html or .h5")));
        }
        self.gather(|gathered| gathered.saves.push(path.to_string()));
        Ok(())
    }
}

const KEYS: [&str; 14] = [
    "system", "data", "map", "set", "symbolic", "energy", "orbits", "initial", "box", "sampling", "profile", "passes",
    "options", "seed",
];

/// What `lab.analyze(#{...})` asks for.
fn request(asked: &Map) -> Result<Request, String> {
    if let Some(odd) = asked.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return Err(format!("`{odd}` is no part of an analysis; it has {}", KEYS.join(", ")));
    }
    let value = |key: &str| asked.get(key).map(from_script).transpose().map(|v| v.unwrap_or(Value::Null));
    let name = |key: &str| Ok::<_, String>(value(key)?.as_str().map(str::to_string));
    let (system, data) = match (name("system")?, name("data")?) {
        (Some(system), None) => (system, None),
        (None, data @ Some(_)) => (String::new(), data),
        _ => return Err("an analysis is of a `system` or of `data`, a name or a path".into()),
    };
    Ok(Request {
        system,
        data,
        map: name("map")?,
        set: settings(asked)?,
        symbolic: names("symbolic", &value("symbolic")?)?.unwrap_or_default(),
        start: Start {
            energy: energy(&value("energy")?)?,
            orbits: value("orbits")?.as_u64().map(|n| n as usize),
            points: points(&value("initial")?)?,
            bounds: bounds(&value("box")?)?,
            sampling: sampling(&value("sampling")?)?,
        },
        profile: profile(&value("profile")?)?,
        passes: names("passes", &value("passes")?)?,
        options: options(&value("options")?)?,
        seed: value("seed")?.as_u64().unwrap_or(0),
    })
}

/// The system of `lab.predict(network, #{...})`.
fn subject(asked: &Map) -> Result<Request, String> {
    let system = from_script(&asked["system"])?.as_str().map(str::to_string).ok_or("`system` is a system's name")?;
    Ok(Request { system, set: settings(asked)?, ..Request::default() })
}

fn settings(asked: &Map) -> Result<Vec<(String, String)>, String> {
    let Some(set) = asked.get("set") else { return Ok(Vec::new()) };
    let set = set.read_lock::<Map>().ok_or("`set` is a map, such as #{ n: 4 }")?;
    Ok(set.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect())
}

fn energy(value: &Value) -> Result<Option<(f64, f64)>, String> {
    let pair = match value {
        Value::Null => return Ok(None),
        Value::Array(ends) if ends.len() == 2 => ends[0].as_f64().zip(ends[1].as_f64()),
        one => one.as_f64().map(|e| (e, e)),
    };
    pair.map(Some).ok_or_else(|| "`energy` is a number or a pair [lowest, highest]".into())
}

fn points(value: &Value) -> Result<Option<Vec<Vec<f64>>>, String> {
    let point = |p: &Value| p.as_array()?.iter().map(Value::as_f64).collect::<Option<Vec<f64>>>();
    match value {
        Value::Null => Ok(None),
        Value::Array(rows) => {
            let rows = rows.iter().map(point).collect::<Option<Vec<_>>>();
            rows.map(Some).ok_or_else(|| "`initial` is a list of points [q1, .., p1, ..]".into())
        }
        _ => Err("`initial` is a list of points [q1, .., p1, ..]".into()),
    }
}

fn bounds(value: &Value) -> Result<Option<Vec<(f64, f64)>>, String> {
    let wrong = || "`box` is a list of pairs [lowest, highest], for q1, .., p1, ..".to_string();
    match value {
        Value::Null => Ok(None),
        Value::Array(pairs) => {
            let pair = |value: &Value| energy(value).ok().flatten().filter(|(low, high)| low <= high);
            pairs.iter().map(pair).collect::<Option<Vec<_>>>().map(Some).ok_or_else(wrong)
        }
        _ => Err(wrong()),
    }
}

fn sampling(value: &Value) -> Result<Sampling, String> {
    match value.as_str() {
        None if value.is_null() => Ok(Sampling::default()),
        Some("directions") => Ok(Sampling::Directions),
        Some("microcanonical") => Ok(Sampling::Microcanonical),
        _ => Err("`sampling` is directions or microcanonical".into()),
    }
}

fn profile(value: &Value) -> Result<Profile, String> {
    match value.as_str() {
        None if value.is_null() => Ok(Profile::default()),
        Some("quick") => Ok(Profile::Quick),
        Some("standard") => Ok(Profile::Standard),
        Some("deep") => Ok(Profile::Deep),
        _ => Err("`profile` is quick, standard or deep".into()),
    }
}

fn names(key: &str, value: &Value) -> Result<Option<Vec<String>>, String> {
    let wrong = || format!("`{key}` is a list of names");
    match value {
        Value::Null => Ok(None),
        Value::Array(names) => {
            let names = names.iter().map(|n| n.as_str().map(str::to_string)).collect::<Option<Vec<_>>>();
            names.map(Some).ok_or_else(wrong)
        }
        _ => Err(wrong()),
    }
}

/// Options by name, as in `#{ "chaos.t": 500 }`.
fn options(value: &Value) -> Result<Vec<PassOption>, String> {
    let Some(map) = value.as_object() else { return Ok(Vec::new()) };
    let one = |(name, value): (&String, &Value)| {
        let (pass, option) =
            parse_option_name(name).ok_or_else(|| format!("`{name}`: an option is named \"pass.option\""))?;
        Ok(PassOption { pass, option, value: value.clone() })
    };
    map.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aa_analysis::study::Unwatched;

    fn run(text: &str) -> Result<Gathered, Error> {
        run_with(text, &[])
    }

    fn run_with(text: &str, set: &[(String, String)]) -> Result<Gathered, Error> {
        let registry = Arc::new(Registry::open(&crate::SearchPath::bundled_only()).unwrap());
        run_study(&registry, &Source::inline("study", text), set, Arc::new(Unwatched))
    }

    #[test]
    fn a_study_is_told_its_options_by_name() {
        let text = r#"
            fn options() { #{ budget: "glance", seeds: 3 } }
            fn run(lab, options) { lab.table("t", [options]); }"#;
        let set = |name: &str| vec![(name.to_string(), "full".to_string())];
        let rows = run_with(text, &set("budget")).unwrap().tables[0].rows.clone();
        assert_eq!(rows, [[Value::from("full"), Value::from(3)]]);
        let error = run_with(text, &set("bugdet")).unwrap_err();
        assert!(error.to_string().contains("bugdet"), "{error}");
        assert_eq!(error.exit_code(), 2);
        assert_eq!(run_with("fn run(lab) {}", &set("budget")).unwrap_err().exit_code(), 2);
    }

    #[test]
    fn a_study_learns_from_orbits_that_it_follows_and_orders_its_columns() {
        let gathered = run(r#"
            fn run(lab) {
                let small = #{ system: "pendulum", box: [[0.01, 0.02], [0, 0]], orbits: 3, t: 20, samples: 41 };
                let orbits = lab.simulate(small);
                let network = lab.train(#{ dataset: orbits, network: "linear" });
                let error = lab.predict(network, #{ dataset: orbits, jumps: [1] })[0];
                lab.table("small swings", ["network"], [#{ loss: error.loss, network: "linear" }]);
            }"#)
        .unwrap();
        assert_eq!(gathered.tables[0].columns, ["network", "loss"]);
        // Small swings are linear but for a part of the square of their size.
        assert!(gathered.tables[0].rows[0][1].as_f64().unwrap() < 1e-6);
    }

    #[test]
    fn a_study_analyses_and_makes_tables() {
        let gathered = run(r#"
            //! Two pendula.
            fn run(lab) {
                let rows = [];
                for g in [1, 4] {
                    let d = lab.analyze(#{ system: "pendulum", set: #{ g: g }, passes: ["conserved_quantities"] });
                    rows.push(#{ g: g, integrals: d.integrals.independent });
                }
                lab.table("integrals", rows);
                lab.save("pendula.html");
            }
        "#)
        .unwrap();
        assert_eq!(gathered.description, "Two pendula.");
        assert_eq!(gathered.tables[0].columns, ["g", "integrals"]);
        assert_eq!(gathered.tables[0].rows[1], [Value::from(4), Value::from(1)]);
        assert_eq!((gathered.documents.len(), gathered.saves.len()), (2, 1));
    }

    #[test]
    fn wrong_requests_are_said_with_their_place() {
        for (wrong, says) in [
            ("lab.analyze(#{ system: \"pendulum\", sets: 1 })", "sets"),
            ("lab.analyze(#{ system: \"nothing\" })", "nothing"),
            ("lab.analyze(#{ system: \"pendulum\", data: \"orbits.h5\" })", "of a `system` or of `data`"),
            ("lab.train(#{ dataset: \"oscillators/harmonic_chain_0_5\", network: \"magic\" })", "reference"),
            ("lab.train(#{ dataset: \"oscillators/harmonic_chain_0_5\", to: 2000 })", "1000 samples"),
            ("lab.analyze(#{ system: \"pendulum\", box: [[1, 0], [0, 1]] })", "lowest, highest"),
            ("lab.analyze(#{ system: \"pendulum\", box: [[0, 1]] })", "2 pairs"),
            ("lab.simulate(#{ system: \"pendulum\", samples: 9 })", "`t`"),
            ("lab.train(#{ dataset: 3, network: \"linear\" })", "lab.simulate"),
            ("lab.save(\"../out.html\")", "below the current folder"),
            ("lab.table(\"t\", [1])", "maps"),
        ] {
            let error = run(&format!("fn run(lab) {{ {wrong} }}")).unwrap_err();
            assert!(error.to_string().contains(says), "{error}");
            assert_eq!(error.exit_code(), 65);
        }
    }
}
