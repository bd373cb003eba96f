//! A learned map in a file: the group `/learned` of a bundle, or of a file that holds little else.
//!
//! | dataset | what it is |
//! |---|---|
//! | `weights/<name>` | the map in reduced coordinates |
//! | `pairs`, `network` | what each pair does, the architecture |
//! | `free/{directions,boost,velocity}` | what was taken out before learning, where anything was |
//! | `region/{low,high,actions}` | where it was trained |
//! | `phase/{t,error,horizon}` | how predicted phases go wrong |
//! | `training/{stage,loss}` | every step of the training |
//! | `energy/{constant,error}` | what makes h(I) the energy, where a Hamiltonian is known |
//! | `family/{names,low,high}` | the parameters that the map of a family takes, and their trained ranges |

use std::path::Path;

use aa_analysis::instruments::{EnergyConstant, LearnedMap, Phase};
use aa_dataset::{Bundle, BundleFile, Dataset, Group, weights, weights_group};
use aa_dynamics::free_motion::{FreeLaw, FreeMotion};
use aa_learn::{ActionAngleMap, FamilyMap, NamedArray, Progress, Region, Stage};
use aa_symbolic::{parse_rational, to_f64};
use serde_json::Value;

use crate::analysis::Analysis;
use crate::bundle::{bundle, learned};
use crate::error::Error;
use crate::family::TrainedFamily;

/// Where a learned map is in a file.
pub(crate) const LEARNED: &str = "learned";

/// The learned map of an analysis as a file of its own, with its document, script and seed; none where there is none.
///
/// # Errors
/// Those of [`bundle`].
pub fn map_bundle(analysis: &Analysis) -> Result<Option<Bundle>, aa_dataset::Error> {
    if learned(analysis).is_none() {
        return Ok(None);
    }
    let mut kept = bundle(analysis)?;
    kept.groups.retain(|name, _| ["system", LEARNED, "provenance"].contains(&name.as_str()));
    kept.attributes.insert(KEPT.into(), LEARNED.into());
    Ok(Some(kept))
}

/// Says of a file that it holds a map without the rest of its analysis.
const KEPT: &str = "kept";

/// Whether a bundle is one of [`map_bundle`].
pub(crate) fn is_map_alone(bundle: &Bundle) -> bool {
    bundle.attributes.contains_key(KEPT)
}

/// The learned map of a family as a file of its own, with its document, script and seed.
///
/// # Errors
/// Those of [`bundle`].
pub fn family_bundle(trained: &TrainedFamily) -> Result<Bundle, aa_dataset::Error> {
    let mut kept = bundle(&trained.first)?;
    kept.groups.retain(|name, _| ["system", "provenance"].contains(&name.as_str()));
    // The first member's own document, formula and parameters are not the family's.
    kept.datasets.remove("document");
    kept.group_mut("system").datasets.remove("hamiltonian");
    // Nor is what would do it again the whole family's.
    kept.group_mut("provenance").datasets.remove("request");
    let mut parameters = trained.first.document.system.parameters.clone();
    parameters.extend(trained.document.over.clone());
    let parameters = Dataset::scalar(Value::from(parameters).to_string());
    kept.insert("system/parameters", parameters.long_name("parameter values and ranges, as JSON"));
    let document = serde_json::to_string(&trained.document).expect("a document is plain data");
    kept.insert("family/document", Dataset::scalar(document).long_name("how good the map is, as JSON"));
    *kept.group_mut(LEARNED) = family_group(trained);
    Ok(kept)
}

fn family_group(trained: &TrainedFamily) -> Group {
    let mut group = learned_group(&trained.learned.common);
    let weights = trained.learned.map.weights().into_iter();
    let weights = weights.map(|NamedArray { name, shape, data }| (name, (shape, data))).collect();
    *group.group_mut("weights") = weights_group(&weights);
    let n = trained.ranges.len();
    let names: Vec<String> = trained.ranges.iter().map(|(name, _)| name.clone()).collect();
    group.insert("family/names", Dataset::array([("parameter", n)], names).long_name("parameters that the map takes"));
    for (name, end) in [("low", 0), ("high", 1)] {
        let ends: Vec<f64> = trained.ranges.iter().map(|(_, range)| range[end]).collect();
        let dataset = Dataset::array([("parameter", n)], ends);
        group.insert(&format!("family/{name}"), dataset.long_name("end of the trained range"));
    }
    group
}

/// Where a checkpoint is in a file.
const CHECKPOINT: &str = "checkpoint";

/// What learning has come to, as a file.
pub fn checkpoint_bundle(arrays: Vec<NamedArray>) -> Bundle {
    let arrays = arrays.into_iter().map(|NamedArray { name, shape, data }| (name, (shape, data))).collect();
    let mut bundle = Bundle::default();
    *bundle.group_mut(CHECKPOINT) = weights_group(&arrays);
    bundle
}

/// What learning had come to when it was cut off.
///
/// # Errors
/// No such file, a damaged one or one of a later format; a file that holds something else.
pub fn read_checkpoint(path: &Path) -> Result<Vec<NamedArray>, Error> {
    let hint = "give --checkpoint a file that `aatool train` wrote there, or a new one";
    Ok(named_arrays(&group_of(&BundleFile::open(path)?, path, CHECKPOINT, "checkpoint", hint)?)?)
}

/// A group, without which the file lacks what is looked for.
fn group_of(
    file: &BundleFile,
    path: &Path,
    name: &str,
    what: &'static str,
    hint: &'static str,
) -> Result<Group, Error> {
    file.group(name).map_err(|error| match error {
        aa_dataset::Error::Absent { .. } => Error::Lacks { path: path.display().to_string(), what, hint },
        other => other.into(),
    })
}

fn named_arrays(group: &Group) -> Result<Vec<NamedArray>, aa_dataset::Error> {
    let arrays = weights(group)?.into_iter();
    Ok(arrays.map(|(name, (shape, data))| NamedArray { name, shape, data }).collect())
}

/// A learned map read from a file.
pub struct MapFile {
    /// The map.
    pub map: LearnedMap,
    /// The system's name.
    pub name: String,
    /// Coordinates, then momenta, in the order of the points.
    pub symbols: Vec<String>,
    /// The parameters of a family that were set; none for the map of one system.
    pub parameters: Vec<Binding>,
}

/// A parameter of a family and the value that it was set to.
#[derive(Clone, Debug, PartialEq)]
pub struct Binding {
    /// The parameter.
    pub name: String,
    /// Its value.
    pub value: f64,
    /// The trained range.
    pub range: [f64; 2],
}

impl Binding {
    /// Whether the value lies outside the trained range, further than rounding takes it.
    pub fn is_outside(&self) -> bool {
        let [low, high] = self.range;
        let slack = 1e-9 * (high - low);
        self.value < low - slack || self.value > high + slack
    }
}

/// Reads the learned map of a file, be it of `aatool train` or of an analysis; that of a family at the parameters `set`.
///
/// # Errors
/// No such file, a damaged one or one of a later format; a file without a learned map; a family without a value for each
/// of its parameters, and values for anything else.
pub fn read_map(path: &Path, set: &[(String, String)]) -> Result<MapFile, Error> {
    let (what, hint) = ("learned map", "`aatool train` writes one, and `aatool analyze --out` where a map was learned");
    let file = BundleFile::open(path)?;
    let group = group_of(&file, path, LEARNED, what, hint)?;
    group.group("weights").map_err(|_| Error::Lacks { path: path.display().to_string(), what, hint })?;
    let damaged = |dataset: &str, reason: String| aa_dataset::Error::Damaged {
        path: path.to_path_buf(),
        dataset: format!("/{dataset}"),
        reason,
    };
    let system = file.group("system")?;
    let texts = |name: &str| Ok::<_, aa_dataset::Error>(system.dataset(name)?.texts(name)?.to_vec());
    let ranges = ranges(&group).map_err(|reason| damaged(LEARNED, reason))?;
    let parameters = bind(&texts("name")?.concat(), &ranges, set)?;
    let values: Vec<f64> = parameters.iter().map(|binding| binding.value).collect();
    let map = learned_map(&group, &values).map_err(|reason| damaged(LEARNED, reason))?;
    let symbols = texts("symbols")?;
    if symbols.len() != 2 * map.dof() {
        let reason = format!("it names {} variables; the map is of {}", symbols.len(), 2 * map.dof());
        return Err(damaged("system/symbols", reason).into());
    }
    Ok(MapFile { map, name: texts("name")?.concat(), symbols, parameters })
}

/// The learned map of a bundle that was read already; none where it has none, or that of a family.
///
/// # Errors
/// The map is damaged.
pub fn map_of(bundle: &Bundle) -> Result<Option<LearnedMap>, aa_dataset::Error> {
    let group = bundle.group(LEARNED).ok();
    let group = group.filter(|group| group.group("weights").is_ok() && group.group("family").is_err());
    let damaged = |reason: String| aa_dataset::Error::Damaged {
        path: std::path::PathBuf::new(),
        dataset: format!("/{LEARNED}"),
        reason,
    };
    group.map(|group| learned_map(group, &[])).transpose().map_err(damaged)
}

/// The parameters of a family with their trained ranges; none for the map of one system.
fn ranges(group: &Group) -> Result<Vec<(String, [f64; 2])>, String> {
    if group.group("family").is_err() {
        return Ok(Vec::new());
    }
    let names = group.dataset("family/names").and_then(|names| Ok(names.texts("family/names")?.to_vec()));
    let names = names.map_err(text)?;
    let [low, high] = ["family/low", "family/high"].map(|name| numbers(group, name, Some(&[names.len()])));
    let ends = low?.concat().into_iter().zip(high?.concat()).map(|(low, high)| [low, high]);
    Ok(names.into_iter().zip(ends).collect())
}

/// The value of every parameter of a family.
fn bind(system: &str, ranges: &[(String, [f64; 2])], set: &[(String, String)]) -> Result<Vec<Binding>, Error> {
    let refusal = |reason: String, hint: String| Error::Family { reason, hint };
    let known: Vec<String> = ranges.iter().map(|(name, _)| name.clone()).collect();
    for (i, (key, value)) in set.iter().enumerate() {
        if ranges.is_empty() {
            let reason =
                format!("`--set {key}={value}`: the map is of one {system}, with the parameters it was trained with");
            return Err(refusal(
                reason,
                format!("leave --set out, or learn a family: aatool train --over {key}=LO:HI:STEP"),
            ));
        }
        if !known.contains(key) {
            return Err(Error::UnknownParameter { system: format!("the family of {system}"), key: key.clone(), known });
        }
        if set[..i].iter().any(|(earlier, _)| earlier == key) {
            return Err(refusal(format!("`--set {key}={value}`: `{key}` is given twice"), "give it once".into()));
        }
    }
    let value = |(name, [low, high]): &(String, [f64; 2])| {
        let Some((key, text)) = set.iter().find(|(key, _)| key == name) else {
            let reason = format!("the map is of a family of {system}, and `{name}` has no value");
            return Err(refusal(reason, format!("give --set {name}=VALUE; trained were {low} to {high}")));
        };
        let value = parse_rational(text).map(|value| to_f64(&value)).filter(|value| value.is_finite());
        let bad = || Error::BadValue { key: key.clone(), text: text.clone(), reason: "expected a number".into() };
        Ok(Binding { name: name.clone(), value: value.ok_or_else(bad)?, range: [*low, *high] })
    };
    ranges.iter().map(value).collect()
}

/// The group of a learned map.
pub(crate) fn learned_group(learned: &LearnedMap) -> Group {
    let mut group = Group::default();
    *group.group_mut("weights") = weights_group(&learned.weights());
    let n = learned.map.dof();
    let pairs: Vec<String> = learned.map.pairs().iter().map(|pair| pair.name().to_string()).collect();
    group.insert("pairs", Dataset::array([("pair", n)], pairs).long_name("what each pair of the map does"));
    group.insert("network", Dataset::scalar(ActionAngleMap::ARCHITECTURE).long_name("the architecture"));
    *group.group_mut("region") = region_group(&learned.region);
    *group.group_mut("phase") = phase_group(&learned.phase);
    if !learned.training.is_empty() {
        *group.group_mut("training") = training_group(&learned.training);
    }
    if learned.free.n_free > 0 {
        *group.group_mut("free") = free_group(&learned.free);
    }
    if let Some(EnergyConstant { value, error }) = learned.constant {
        group
            .insert("energy/constant", Dataset::scalar(value).long_name("what makes h(I) the energy: H = h(I) + this"));
        group.insert(
            "energy/error",
            Dataset::scalar(error).long_name("root mean square of what is left on held-out orbits"),
        );
    }
    group
}

fn region_group(region: &Region) -> Group {
    let mut group = Group::default();
    let [low, high] = region.corners();
    for (name, corner, words) in [("low", low, "least"), ("high", high, "largest")] {
        let corner = Dataset::array([("component", corner.len())], corner.to_vec());
        let long_name = format!("{words} value on training orbits of each reduced component, q then p");
        group.insert(name, corner.long_name(&long_name));
    }
    let actions = region.actions();
    let axes = [("torus", actions.len()), ("pair", low.len() / 2)];
    group.insert("actions", Dataset::array(axes, actions.concat()).long_name("mean actions of the training orbits"));
    group
}

fn phase_group(phase: &Phase) -> Group {
    let mut group = Group::default();
    let n = phase.t.len();
    group.insert("t", Dataset::array([("time", n)], phase.t.clone()).units("time").long_name("time since the start"));
    let error = Dataset::array([("time", n)], phase.error.clone()).units("rad");
    group.insert("error", error.long_name("median phase error of held-out orbits"));
    let horizon = Dataset::scalar(phase.horizon).units("time");
    group.insert("horizon", horizon.long_name("when the median phase error reaches 0.1 rad"));
    group
}

fn training_group(training: &[Progress]) -> Group {
    let mut group = Group::default();
    let axes = || [("training_step", training.len())];
    let stage = |progress: &Progress| i64::from(progress.stage == Stage::LevenbergMarquardt);
    let stages = Dataset::array(axes(), training.iter().map(stage).collect::<Vec<i64>>());
    group.insert("stage", stages.long_name("0 for Adam, 1 for Levenberg and Marquardt"));
    let loss = Dataset::array(axes(), training.iter().map(|progress| progress.loss).collect::<Vec<f64>>());
    group.insert("loss", loss.long_name("mean square of the weighted residuals before the step"));
    group
}

/// The steps of the training; none where the file does not tell.
fn training(group: &Group) -> Result<Vec<Progress>, String> {
    let Ok(training) = group.group("training") else { return Ok(Vec::new()) };
    let stages = training.dataset("stage").and_then(|d| Ok(d.integers("training/stage")?.to_vec())).map_err(text)?;
    let losses = training.dataset("loss").and_then(|d| Ok(d.floats("training/loss")?.to_vec())).map_err(text)?;
    let all = |stage: i64| stages.iter().filter(|s| **s == stage).count();
    let mut done = [0, 0];
    let steps = stages.iter().zip(&losses).map(|(&stage, &loss)| {
        let curved = usize::from(stage != 0);
        done[curved] += 1;
        let name = [Stage::Adam, Stage::LevenbergMarquardt][curved];
        Progress { stage: name, step: done[curved], total: all(stage), loss }
    });
    Ok(steps.collect())
}

fn free_group(free: &FreeMotion) -> Group {
    let mut group = Group::default();
    let mut insert = |name: &str, axes: [&str; 2], rows: &[Vec<f64>], long_name: &str| {
        let width = rows.first().map_or(0, Vec::len);
        let dataset = Dataset::array([(axes[0], rows.len()), (axes[1], width)], rows.concat());
        group.insert(name, dataset.long_name(long_name));
    };
    insert(
        "directions",
        ["direction", "coordinate"],
        &free.directions,
        "orthonormal directions, the free ones first; the map is of the others",
    );
    if let Some(law) = &free.law {
        insert("boost", ["active", "free"], &law.boost, "what free momenta add to active ones");
        insert("velocity", ["free", "free_momentum"], &law.velocity, "drift along free directions by free momenta");
    }
    let n_free = i64::try_from(free.n_free).expect("directions are counted on fingers");
    group.insert("count", Dataset::scalar(n_free).long_name("number of free directions"));
    group
}

/// The map of its group, that of a family at these parameters, or what is wrong with it.
fn learned_map(group: &Group, parameters: &[f64]) -> Result<LearnedMap, String> {
    let arrays = named_arrays(group.group("weights").map_err(text)?).map_err(text)?;
    let map = match parameters {
        [] => ActionAngleMap::from_weights(&arrays),
        parameters => FamilyMap::from_weights(&arrays).and_then(|family| family.at(parameters)),
    };
    let map = map.map_err(|error| error.to_string())?;
    let n = map.dof();
    let region = region(group, n)?;
    let phase = Phase {
        t: numbers(group, "phase/t", None)?.concat(),
        error: numbers(group, "phase/error", None)?.concat(),
        horizon: scalar(group, "phase/horizon")?,
    };
    if phase.t.len() != phase.error.len() || phase.t.is_empty() {
        return Err("`phase/t` and `phase/error` differ in length, or are empty".into());
    }
    let constant = match group.group("energy") {
        Err(_) => None,
        Ok(_) => {
            Some(EnergyConstant { value: scalar(group, "energy/constant")?, error: scalar(group, "energy/error")? })
        }
    };
    let training = training(group)?;
    Ok(LearnedMap { free: free(group, n)?, region, phase, training, constant, energy_form: None, map })
}

fn region(group: &Group, n: usize) -> Result<Region, String> {
    let corner = |name: &str| Ok::<_, String>(numbers(group, name, Some(&[2 * n]))?.concat());
    let actions = numbers(group, "region/actions", None)?;
    if actions.is_empty() || actions[0].len() != n {
        return Err(format!("`region/actions` should hold {n} actions of one torus at least"));
    }
    Ok(Region::new(corner("region/low")?, corner("region/high")?, actions))
}

fn free(group: &Group, n_active: usize) -> Result<FreeMotion, String> {
    if group.group("free").is_err() {
        return Ok(FreeMotion::none());
    }
    let count =
        group.dataset("free/count").and_then(|d| d.integers("free/count").map(<[i64]>::to_vec)).map_err(text)?;
    let n_free = count.first().and_then(|n| usize::try_from(*n).ok()).filter(|n| (1..1000).contains(n));
    let n_free = n_free.ok_or("`free/count` is no number of directions")?;
    let n = n_active + n_free;
    let law = match group.dataset("free/boost") {
        Err(_) => None,
        Ok(_) => Some(FreeLaw {
            boost: numbers(group, "free/boost", Some(&[n_active, n_free]))?,
            velocity: numbers(group, "free/velocity", Some(&[n_free, n_free]))?,
        }),
    };
    Ok(FreeMotion { directions: numbers(group, "free/directions", Some(&[n, n]))?, n_free, law })
}

/// The rows of an array of finite numbers, of this shape where one is expected.
fn numbers(group: &Group, name: &str, shape: Option<&[usize]>) -> Result<Vec<Vec<f64>>, String> {
    let dataset = group.dataset(name).map_err(text)?;
    let (found, values) = (dataset.shape(), dataset.floats(name).map_err(text)?);
    if shape.is_some_and(|shape| shape != found) {
        return Err(format!("`{name}` should have shape {:?} and has {found:?}", shape.unwrap_or_default()));
    }
    if values.iter().any(|x| !x.is_finite()) {
        return Err(format!("`{name}` holds a number that is not finite"));
    }
    let width = found.last().copied().unwrap_or(1).max(1);
    Ok(values.chunks(width).map(<[f64]>::to_vec).collect())
}

fn scalar(group: &Group, name: &str) -> Result<f64, String> {
    let values = group.dataset(name).and_then(|dataset| dataset.floats(name).map(<[f64]>::to_vec)).map_err(text)?;
    values.first().copied().filter(|x| !x.is_nan()).ok_or_else(|| format!("`{name}` holds no number"))
}

fn text(error: aa_dataset::Error) -> String {
    error.to_string()
}
