//! The tasks of a plan, and the key of each: the hash of all that its result depends on.

use std::collections::{BTreeMap, BTreeSet};

use aa_dynamics::Sampling;
use aa_plugin::source::sha256;
use aa_plugin::{Error, Registry, Request, Source, Start, parse_option};
use aa_symbolic::{parse_rational, to_f64};
use serde_json::{Value, json};

use crate::plan::{Plan, Sweep};

/// The most tasks of a plan.
const MOST_TASKS: usize = 1_000_000;

/// One analysis of a batch.
#[derive(Clone, Debug)]
pub struct Task {
    /// The hash of `inputs`, in hexadecimal.
    pub key: String,
    /// Everything that the result depends on: scripts by their hashes, parameters, starts, options, seed, aatool's version
    /// and the instruction set.
    pub inputs: Value,
    /// What to analyse.
    pub request: Request,
}

impl Task {
    /// The task in words: the system and what tells it from others.
    pub fn name(&self) -> String {
        name(&self.inputs)
    }
}

/// A task's inputs in words.
pub(crate) fn name(inputs: &Value) -> String {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut words = vec![text(&inputs["system"]["name"])];
    for key in ["set", "options"] {
        words.extend(inputs[key].as_object().into_iter().flatten().map(|(k, v)| format!("{k}={}", text(v))));
    }
    if let Some(ends) = inputs["start"]["energy"].as_array() {
        let energy = ends.first().filter(|first| ends.iter().all(|end| end == *first));
        words.push(energy.map_or_else(|| format!("energies {}", json!(ends)), |energy| format!("energy {energy}")));
    }
    for key in ["points", "box"] {
        words.extend(Some(&inputs["start"][key]).filter(|v| !v.is_null()).map(|v| format!("{key} {v}")));
    }
    words.push(format!("seed {}", inputs["seed"]));
    words.join(" ")
}

/// All tasks of a plan, in its order; what two sweeps both ask for is one task.
///
/// # Errors
/// The plan names a system that is not there, or starts, seeds and options that make no sense.
pub fn tasks(plan: &Plan, registry: &Registry) -> Result<Vec<Task>, Error> {
    let passes = passes_hash(registry)?;
    let mut seen = BTreeSet::new();
    let mut tasks = Vec::new();
    for sweep in &plan.sweeps {
        for system in systems(plan, sweep, registry)? {
            let source = registry.system(&system).map_err(|error| plan.blame(error, &system))?;
            for request in requests(plan, sweep, &system)? {
                let inputs = inputs(&source, &passes, &request);
                let key = sha256(inputs.to_string().as_bytes());
                if seen.insert(key.clone()) {
                    tasks.push(Task { key, inputs, request });
                }
            }
        }
    }
    if tasks.is_empty() {
        return Err(plan.fault(&["sweeps"], "the plan asks for nothing: it needs a sweep with a system".into()));
    }
    Ok(tasks)
}

/// Refuses plans whose systems, parameters, passes or options are wrong: of each system and sweep one task is looked at,
/// and none is worked on.
///
/// # Errors
/// The first that is wrong, at its place in the plan.
pub fn check(plan: &Plan, registry: &Registry) -> Result<(), Error> {
    for sweep in &plan.sweeps {
        for system in systems(plan, sweep, registry)? {
            if let Some(request) = requests(plan, sweep, &system)?.first() {
                aa_plugin::analysis::check(registry, request).map_err(|error| plan.blame(error, &system))?;
            }
        }
    }
    Ok(())
}

/// The systems of a sweep, with `*` and `plugin/*` written out.
fn systems(plan: &Plan, sweep: &Sweep, registry: &Registry) -> Result<Vec<String>, Error> {
    let mut names = Vec::new();
    for name in &sweep.systems {
        let Some(of) = name.strip_suffix('*') else {
            names.push(name.clone());
            continue;
        };
        let plugins = match of.strip_suffix('/') {
            None if of.is_empty() => registry.plugins(),
            Some(plugin) => vec![registry.plugin(plugin).map_err(|error| plan.blame(error, plugin))?],
            None => return Err(plan.fault(&[name], format!("`{name}` names no systems: expected `*` or `plugin/*`"))),
        };
        let all = |plugin: &aa_plugin::Plugin| {
            let full = |system: &String| format!("{}/{system}", plugin.manifest.name);
            plugin.manifest.systems.iter().map(full).collect::<Vec<_>>()
        };
        names.extend(plugins.into_iter().flat_map(all));
    }
    Ok(names)
}

/// Every combination of what a sweep lists, for one system; seeds run fastest.
fn requests(plan: &Plan, sweep: &Sweep, system: &str) -> Result<Vec<Request>, Error> {
    let starts = starts(plan, sweep)?;
    let lists = |map: &BTreeMap<String, crate::values::Values>| {
        let list = |(key, values): (&String, &crate::values::Values)| {
            values.0.iter().map(|value| (key.clone(), canonical(value))).collect::<Vec<_>>()
        };
        map.iter().map(list).collect::<Vec<_>>()
    };
    let (over, options) = (lists(&sweep.over), lists(&sweep.options));
    let seeds = sweep.seeds.0.iter().map(|text| seed(plan, text)).collect::<Result<Vec<u64>, _>>()?;
    let seeds = if seeds.is_empty() { vec![0] } else { seeds };
    let counts = over.iter().chain(&options).map(Vec::len).chain([starts.len(), seeds.len()]);
    if counts.into_iter().try_fold(1usize, usize::checked_mul).is_none_or(|n| n > MOST_TASKS) {
        return Err(plan.fault(&["sweeps"], format!("a sweep has at most {MOST_TASKS} tasks for a system")));
    }
    let mut requests = Vec::new();
    for set in product(&over) {
        for start in &starts {
            for options in product(&options) {
                let options = options.iter().map(|(name, value)| {
                    let wrong = || plan.fault(&[name], format!("`{name}` is no option: expected \"pass.option\""));
                    parse_option(&format!("{name}={value}")).ok_or_else(wrong)
                });
                let options = options.collect::<Result<Vec<_>, _>>()?;
                requests.extend(seeds.iter().map(|seed| Request {
                    system: system.into(),
                    set: set.clone(),
                    start: start.clone(),
                    profile: sweep.profile,
                    passes: sweep.passes.clone(),
                    options: options.clone(),
                    seed: *seed,
                    ..Request::default()
                }));
            }
        }
    }
    Ok(requests)
}

/// A number in one spelling: `0.10`, `1/10` and `2/20` are the same task. Lists lose their brackets in options.
fn canonical(value: &str) -> String {
    parse_rational(value).map_or_else(|| value.to_owned(), |number| number.to_string())
}

fn seed(plan: &Plan, text: &str) -> Result<u64, Error> {
    text.parse().map_err(|_| plan.fault(&["seeds"], format!("`{text}` is no seed: expected whole numbers from 0 on")))
}

fn starts(plan: &Plan, sweep: &Sweep) -> Result<Vec<Start>, Error> {
    let common = Start { orbits: sweep.orbits, sampling: sweep.sampling, ..Start::default() };
    if sweep.orbits == Some(0) {
        return Err(plan.fault(&["orbits"], "a task follows one orbit or more".into()));
    }
    if sweep.points.is_empty() {
        let energies =
            sweep.energies.0.iter().map(|text| energy(plan, text).map(Some)).collect::<Result<Vec<_>, _>>()?;
        let energies = if energies.is_empty() { vec![None] } else { energies };
        let boxes: Vec<_> = sweep.boxes.iter().cloned().map(Some).collect();
        let boxes = if boxes.is_empty() { vec![None] } else { boxes };
        let one = |energy, bounds: &Option<Vec<_>>| Start { energy, bounds: bounds.clone(), ..common.clone() };
        return Ok(energies.iter().flat_map(|energy| boxes.iter().map(move |bounds| one(*energy, bounds))).collect());
    }
    if !sweep.energies.0.is_empty() || !sweep.boxes.is_empty() || sweep.orbits.is_some() {
        let message = "points say where orbits start: leave energies, boxes and orbits out".into();
        return Err(plan.fault(&["points"], message));
    }
    Ok(sweep.points.iter().map(|point| Start { points: Some(vec![point.clone()]), ..common.clone() }).collect())
}

/// An energy, or the two ends of a band of them.
fn energy(plan: &Plan, text: &str) -> Result<(f64, f64), Error> {
    let (low, high) = text.split_once(':').unwrap_or((text, text));
    let number = |text: &str| parse_rational(text.trim()).map(|value| to_f64(&value));
    let ends = number(low).zip(number(high)).filter(|(low, high)| low <= high);
    let wrong = || format!("`{text}` is no energy: expected a number, \"lo:hi\" or \"lo:hi:step\"");
    ends.ok_or_else(|| plan.fault(&[text, "energies"], wrong()))
}

/// Every way to take one of each list; the last list runs fastest.
fn product<T: Clone>(lists: &[Vec<T>]) -> Vec<Vec<T>> {
    let with = |head: &Vec<T>, last: &T| head.iter().chain([last]).cloned().collect::<Vec<T>>();
    lists.iter().fold(vec![Vec::new()], |heads, list| {
        heads.iter().flat_map(|head| list.iter().map(move |last| with(head, last))).collect()
    })
}

/// One hash of all pass scripts: whichever of them run, none has changed while this is the same.
fn passes_hash(registry: &Registry) -> Result<String, Error> {
    let mut lines = Vec::new();
    for plugin in registry.plugins() {
        for pass in &plugin.manifest.passes {
            lines.push(format!("{}/{pass} {}", plugin.manifest.name, plugin.pass(pass)?.sha256()));
        }
    }
    lines.sort();
    Ok(sha256(lines.join("\n").as_bytes()))
}

/// What the key is the hash of; the order of the fields is part of it.
fn inputs(source: &Source, passes: &str, request: &Request) -> Value {
    let plugin = source.plugin.as_ref().map(|plugin| format!("{}@{}", plugin.name, plugin.version));
    let start = &request.start;
    let options: BTreeMap<String, &Value> =
        request.options.iter().map(|o| (format!("{}.{}", o.pass, o.option), &o.value)).collect();
    json!({
        "aatool": env!("CARGO_PKG_VERSION"),
        "isa": aa_kernel::Isa::current().name(),
        "system": { "name": source.name, "plugin": plugin, "path": source.path, "sha256": source.sha256() },
        "set": request.set.iter().cloned().collect::<BTreeMap<_, _>>(),
        "start": {
            "energy": start.energy.map(|(low, high)| [low, high]),
            "orbits": start.orbits,
            "points": start.points,
            "box": start.bounds,
            "sampling": if start.sampling == Sampling::Microcanonical { "microcanonical" } else { "directions" },
        },
        "passes": { "asked": request.passes, "sha256": passes },
        "options": options,
        "profile": request.profile.name(),
        "seed": request.seed,
    })
}

#[cfg(test)]
mod tests {
    use aa_plugin::SearchPath;

    use super::*;

    fn expand(sweep: &str) -> Result<Vec<Task>, Error> {
        let registry = Registry::open(&SearchPath::bundled_only()).unwrap();
        let plan = Plan::parse("plan.ron", &format!("(format: 1,\nsweeps: [({sweep})])"))?;
        check(&plan, &registry)?;
        tasks(&plan, &registry)
    }

    #[test]
    fn a_sweep_is_every_combination_and_the_last_runs_fastest() {
        let sweep = "systems: [\"pendulum\"], over: {\"g\": [1, \"2\"]}, energies: [\"0:1/2:1/2\", \"0.1:0.2\"],
                     options: {\"chaos.t\": [10, 20], \"chaos.indicators\": \"sali,gali\"}, seeds: \"0:1:1\"";
        let tasks = expand(sweep).unwrap();
        assert_eq!(tasks.len(), 2 * 3 * 2 * 2);
        assert_eq!(tasks[1].name(), "pendulum g=1 chaos.indicators=[\"sali\",\"gali\"] chaos.t=10 energy 0.0 seed 1");
        assert_eq!(tasks[23].request.start.energy, Some((0.1, 0.2)));
    }

    #[test]
    fn equal_inputs_are_one_task_and_others_have_other_keys() {
        let one = expand("systems: [\"pendulum\", \"oscillators/pendulum\"], over: {\"g\": [\"1/2\", 0.5, \"2/4\"]}")
            .unwrap();
        assert_eq!(one.len(), 1);
        let key = |more: &str| expand(&format!("systems: [\"pendulum\"], {more}")).unwrap()[0].key.clone();
        let others = [
            "",
            "seeds: 1",
            "profile: \"deep\"",
            "orbits: 3",
            "passes: [\"chaos\"]",
            "energies: 0.5",
            "points: [[0.1, 0]]",
            "boxes: [[(0, 1), (0, 1)]]",
            "sampling: \"microcanonical\"",
            "options: {\"chaos.t\": 9}",
        ];
        let keys: BTreeSet<String> = others.into_iter().map(key).chain([one[0].key.clone()]).collect();
        assert_eq!(keys.len(), others.len() + 1);
    }

    #[test]
    fn a_script_that_changed_is_another_task() {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("free.rhai");
        let key = |formula: &str| {
            std::fs::write(&script, format!("fn coordinates(k) {{ 1 }}\nfn hamiltonian(q, p, k) {{ {formula} }}\n"))
                .unwrap();
            expand(&format!("systems: [{script:?}]")).unwrap()[0].key.clone()
        };
        let first = key("p[0]**2/2 + q[0]**2");
        assert_ne!(key("p[0]**2/2 + q[0]**4"), first);
        assert_eq!(key("p[0]**2/2 + q[0]**2"), first);
    }

    #[test]
    fn wild_cards_are_all_systems() {
        let all = expand("systems: [\"*\"], passes: [\"verdict\"]").unwrap();
        let pendula = expand("systems: [\"pendula/*\"]").unwrap();
        assert!(all.len() > 60 && pendula.len() >= 5, "{} {}", all.len(), pendula.len());
    }

    #[test]
    fn wrong_plans_are_refused_in_words_at_their_place() {
        for (sweep, place, says) in [
            ("systems: [\"tdoa\"]", "2:", "no system named `tdoa`"),
            ("systems: [\"nothing/*\"]", "2:", "no plugin named `nothing`"),
            ("systems: [\"tod*\"]", "2:", "expected `*` or `plugin/*`"),
            ("systems: []", "2:", "asks for nothing"),
            ("systems: [\"toda\"],\nover: {\"m\": 1}", "3:", "has no parameter `m`"),
            ("systems: [\"toda\"],\npasses: [\"choas\"]", "3:", "choas"),
            ("systems: [\"toda\"],\noptions: {\"chaos.tt\": 1}", "3:", "pass `chaos` has no option `tt`"),
            ("systems: [\"toda\"],\noptions: {\"t\": 1}", "3:", "expected \"pass.option\""),
            ("systems: [\"toda\"],\nenergies: \"high\"", "3:", "`high` is no energy"),
            ("systems: [\"toda\"],\nseeds: -1", "3:", "`-1` is no seed"),
            ("systems: [\"toda\"],\norbits: 0", "3:", "one orbit or more"),
            ("systems: [\"pendulum\"],\npoints: [[1, 2, 3]]", "2:", "has 2 numbers"),
            ("systems: [\"pendulum\"],\npoints: [[1, 2]], energies: 1", "3:", "leave energies"),
            ("systems: [\"pendulum\"],\nseeds: \"1:999999:1\"", "3:", "at most"),
        ] {
            let error = expand(sweep).unwrap_err();
            assert_eq!(error.exit_code(), 65, "{sweep}: {error}");
            assert!(error.to_string().contains(says), "{sweep}: {error}");
            assert!(error.place().unwrap().to_string().starts_with(&format!("plan.ron:{place}")), "{sweep}: {error}");
        }
    }
}
