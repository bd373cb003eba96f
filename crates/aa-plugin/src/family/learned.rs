//! One learned map for a family: which members train it, which systems between them judge it, and how drift grows.

use std::sync::Arc;

use aa_analysis::instruments::{FamilyMember, Judged, LearnedFamily, learn_family};
use aa_analysis::{Options, Watch};
use aa_symbolic::{Rational, to_f64};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::grid::{Axis, members};
use super::{ScanRequest, Scanner, Values};
use crate::analysis::Analysis;
use crate::{Error, Registry, Request, analyze};

/// The most members, in training and between: minutes of work at a second each.
const MOST: usize = 200;
/// The pass whose options a family takes, and those of them that it takes.
const PASS: &str = "action_angle";
const OPTIONS: [&str; 4] = ["width", "evaluations", "precision", "seed"];

/// What `aatool train --over` prints as JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FamilyDocument {
    /// The version of the document: 1.
    pub format: u32,
    /// The system's name.
    pub system: String,
    /// The ranges, by parameter.
    pub over: Map<String, Value>,
    /// The seed of every random choice.
    pub seed: u64,
    /// What each pair does.
    pub pairs: Vec<String>,
    /// The precision of the training, where it was not double.
    #[serde(default)]
    pub precision: Option<String>,
    /// The members that trained the map, then those between them.
    pub members: Vec<MemberJudged>,
    /// How drift grows with the parameter; none where that means nothing: with several parameters, or fewer than three
    /// members at which it is positive.
    pub scaling: Option<Scaling>,
}

/// How good the map is on orbits of one member, none of which it has seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MemberJudged {
    /// The values of the parameters.
    pub parameters: Map<String, Value>,
    /// Whether the map was trained on other orbits of this member; otherwise it lies between those that were.
    pub trained: bool,
    /// How good the map is.
    #[serde(flatten)]
    pub judged: Judged,
}

/// Least squares of log(median drift) against log(parameter).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scaling {
    /// The parameter.
    pub parameter: String,
    /// Drift grows as the parameter to this power.
    pub slope: f64,
    /// Its standard error, from how far the members are off the line.
    pub error: f64,
    /// The number of members that were trained on and have a positive parameter.
    pub members: usize,
}

/// What came of training.
pub struct TrainedFamily {
    /// How good it is.
    pub document: FamilyDocument,
    /// The map.
    pub learned: LearnedFamily,
    /// The parameters with the ranges of the members, in the order in which the map takes them.
    pub ranges: Vec<(String, [f64; 2])>,
    /// The study of the first member, which tells of the system and of how it was run.
    pub first: Analysis,
}

/// Learns one map for the members `over`, `request.set` being the same for all, and judges it on them and in the middle
/// between neighbours.
///
/// # Errors
/// The system or a range is wrong, or an option is not of a family; a member escapes, is mostly chaotic or differs from the
/// others in its pairs; no map is found.
pub fn train_family(
    registry: &Arc<Registry>,
    request: &Request,
    over: &[String],
    watch: Arc<dyn Watch>,
) -> Result<TrainedFamily, Error> {
    let options = options(request)?;
    let axes = over.iter().map(|text| Axis::read("--over", text)).collect::<Result<Vec<Axis>, Error>>()?;
    let grid = grid(&axes)?;
    let scan = ScanRequest {
        system: request.system.clone(),
        set: request.set.clone(),
        over: over.to_vec(),
        ..ScanRequest::default()
    };
    let (scanner, _) = Scanner::of(registry, &scan, watch.as_ref())?;
    let studies = grid.iter().map(|(values, _)| study(registry, request, &scanner, values, watch.clone()));
    let mut studies: Vec<Analysis> = studies.collect::<Result<_, _>>()?;
    let family = grid.iter().zip(&studies).map(|((values, trained), analysis)| FamilyMember {
        name: spelled(&scanner, values),
        parameters: values.iter().map(to_f64).collect(),
        trained: *trained,
        study: &analysis.study,
    });
    let family: Vec<FamilyMember> = family.collect();
    let (learned, judged) =
        learn_family(&family, &options).map_err(|error| Error::NotLearned { reason: error.to_string() })?;
    let members = grid.iter().zip(judged).map(|((values, trained), judged)| {
        let parameters = scanner.parameters(values);
        MemberJudged { parameters, trained: *trained, judged }
    });
    let members: Vec<MemberJudged> = members.collect();
    let document = FamilyDocument {
        format: 1,
        system: scanner.source.name.clone(),
        over: scanner.over(),
        seed: request.seed,
        pairs: learned.common.map.pairs().iter().map(|pair| pair.name().to_string()).collect(),
        precision: options.get("precision").and_then(Value::as_str).filter(|name| *name != "double").map(Into::into),
        scaling: scaling(&axes, &members),
        members,
    };
    let ranges = axes.iter().map(|axis| (axis.name.clone(), ends(axis))).collect();
    Ok(TrainedFamily { document, learned, ranges, first: studies.swap_remove(0) })
}

/// The members that train the map, and then those between them that do not.
fn grid(axes: &[Axis]) -> Result<Vec<(Values, bool)>, Error> {
    let (trained, between) = (members(axes)?, members(&axes.iter().map(middles).collect::<Result<Vec<_>, _>>()?)?);
    if trained.len() + between.len() > MOST {
        let reason = format!("{} members and {} between them are too many", trained.len(), between.len());
        return Err(refusal(reason, format!("take larger steps: {MOST} in all at most")));
    }
    let mark = |members: Vec<Values>, trained: bool| members.into_iter().map(move |values| (values, trained));
    Ok(mark(trained, true).chain(mark(between, false)).collect())
}

fn refusal(reason: String, hint: String) -> Error {
    Error::Family { reason, hint }
}

/// The options of learning; the others belong to the passes that study the members.
fn options(request: &Request) -> Result<Options, Error> {
    let own = || request.options.iter().filter(|option| option.pass == PASS);
    if let Some(bad) = own().find(|given| !OPTIONS.contains(&given.option.as_str())) {
        let reason = format!("`--pass {PASS}.{}` is not for a family", bad.option);
        return Err(refusal(reason, format!("a family takes {}", OPTIONS.join(", "))));
    }
    Ok(own().map(|given| (given.option.clone(), given.value.clone())).collect())
}

/// The values in the middle between neighbours.
fn middles(axis: &Axis) -> Result<Axis, Error> {
    if axis.values.len() < 2 {
        let hint = format!("expected a range LO:HI:STEP of two values or more; for one value give --set {}", axis.name);
        return Err(refusal(format!("`--over {}` is one value, and a map of a family interpolates", axis.name), hint));
    }
    let middle = |pair: &[Rational]| (&pair[0] + &pair[1]) / Rational::from(2);
    Ok(Axis { values: axis.values.windows(2).map(middle).collect(), ..axis.clone() })
}

/// The lowest and the highest value.
fn ends(axis: &Axis) -> [f64; 2] {
    let values = || axis.values.iter().map(to_f64);
    [values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max)]
}

fn spelled(scanner: &Scanner, values: &[Rational]) -> String {
    let one = |(name, value): (String, Value)| match value {
        Value::String(text) => format!("{name}={text}"),
        other => format!("{name}={other}"),
    };
    scanner.parameters(values).into_iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Follows orbits of one member and tells the regular ones.
fn study(
    registry: &Arc<Registry>,
    request: &Request,
    scanner: &Scanner,
    values: &[Rational],
    watch: Arc<dyn Watch>,
) -> Result<Analysis, Error> {
    let own = scanner.names.iter().zip(values).map(|(name, value)| (name.clone(), value.to_string()));
    let set = request.set.iter().cloned().chain(own).collect();
    let request = Request { set, passes: Some(vec!["chaos".into()]), ..request.clone() };
    let analysis = analyze(registry, &request, watch)?;
    let undone = analysis.document.passes.iter().find(|record| record.status != "done");
    match undone.map(|record| record.reason.clone().unwrap_or_else(|| record.status.clone())) {
        None => Ok(analysis),
        Some(reason) => Err(Error::NotLearned { reason: format!("{}: {reason}", spelled(scanner, values)) }),
    }
}

/// The slope of log(drift) against log(parameter), over the members that were trained on.
fn scaling(axes: &[Axis], judged: &[MemberJudged]) -> Option<Scaling> {
    let [axis] = axes else { return None };
    let drifts =
        axis.values.iter().zip(judged).map(|(value, member)| (to_f64(value), member.judged.action_drift.median));
    let logarithms =
        drifts.filter_map(|(value, drift)| Some((value, drift?))).filter(|(value, drift)| *value > 0.0 && *drift > 0.0);
    let (slope, error, members) = line(&logarithms.map(|(value, drift)| (value.ln(), drift.ln())).collect::<Vec<_>>())?;
    Some(Scaling { parameter: axis.name.clone(), slope, error, members })
}

/// The slope of the line of least squares, its standard error and the number of points; none of fewer than three.
fn line(points: &[(f64, f64)]) -> Option<(f64, f64, usize)> {
    let n = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / n;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let spread: f64 = points.iter().map(|point| (point.0 - x).powi(2)).sum();
    let slope = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum::<f64>() / spread;
    let left: f64 = points.iter().map(|point| (point.1 - y - slope * (point.0 - x)).powi(2)).sum();
    (points.len() > 2).then(|| (slope, (left / (n - 2.0) / spread).sqrt(), points.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slopes_of_powers_are_their_exponents() {
        let square: Vec<(f64, f64)> = [0.1f64, 0.2, 0.4, 0.8].map(|x| (x.ln(), (3.0 * x * x).ln())).to_vec();
        let (slope, error, members) = line(&square).unwrap();
        assert!((slope - 2.0).abs() < 1e-12 && error < 1e-12 && members == 4, "{slope} {error}");
        // Residuals 1, -2, 1 over x = 0, 1, 2: the square root of 6 / 1 / 2.
        let (slope, error, _) = line(&[(0.0, 1.0), (1.0, -2.0), (2.0, 1.0)]).unwrap();
        assert!(slope.abs() < 1e-15 && (error - 3f64.sqrt()).abs() < 1e-12, "{slope} {error}");
        assert_eq!(line(&square[..2]), None);
    }

    #[test]
    fn systems_between_lie_in_the_middle_of_neighbours() {
        let axis = Axis::read("--over", "C=0.9:1.1:0.1").unwrap();
        let between: Vec<String> = middles(&axis).unwrap().values.iter().map(Rational::to_string).collect();
        assert_eq!((between, ends(&axis)), (vec!["19/20".to_string(), "21/20".to_string()], [0.9, 1.1]));
        assert!(middles(&Axis::read("--over", "C=1").unwrap()).is_err());
    }
}
