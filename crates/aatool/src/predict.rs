//! `aatool predict`: actions, angles, frequencies and the motion of points, by a learned map.

use std::path::Path;

use aa_analysis::instruments::{OUTSIDE, Prediction};
use aa_plugin::{Binding, MapFile};
use aa_report::StudyTable;
use serde_json::{Map, Value, json};

use crate::Ending;
use crate::cli::{Kind, Predict};
use crate::failure::Failure;
use crate::output::say;
use crate::systems::{self, number};

/// The most times of one range.
const MOST_TIMES: f64 = 1e7;

pub(crate) fn predict(arguments: &Predict) -> Result<Ending, Failure> {
    let times = times(&arguments.at)?;
    let file = aa_plugin::read_map(&arguments.model, &systems::settings(&arguments.set)?)?;
    let points = points(&arguments.from)?;
    let wrong = |error: aa_analysis::Error| {
        Failure::usage(error.to_string(), format!("the map of {} is of ({})", file.name, file.symbols.join(", ")))
    };
    let prediction = file.map.predict_in(arguments.precision, &points, &times).map_err(wrong)?;
    let text = match arguments.format.format {
        Kind::Json => document(&file, &prediction).to_string(),
        Kind::Text => text(&file, &points, &prediction),
    };
    say(text.trim_end());
    for remark in beyond(&file).into_iter().chain(remarks(&prediction)) {
        eprintln!("{remark}");
    }
    let outside =
        prediction.outside.iter().any(|outside| *outside > OUTSIDE) || file.parameters.iter().any(Binding::is_outside);
    Ok(if outside { Ending::NotMet } else { Ending::AllMet })
}

/// Times and ranges LO:HI:STEP, both ends included.
fn times(at: &[String]) -> Result<Vec<f64>, Failure> {
    let one = |text: &String| {
        let wrong = || {
            Failure::usage(format!("`--at {text}` is not understood"), "expected T or LO:HI:STEP, such as 0:100:1/2")
        };
        let numbers: Vec<f64> = text.split(':').map(number).collect::<Option<_>>().ok_or_else(wrong)?;
        match numbers.as_slice() {
            [t] => Ok(vec![*t]),
            [low, high, step] => {
                let n = (high - low) / step;
                let whole = n.round();
                // The numbers were rounded from exact ones.
                if !(0.0..MOST_TIMES).contains(&n) || (n - whole).abs() > 1e-9 * whole.max(1.0) {
                    return Err(wrong());
                }
                Ok((0..=whole as usize).map(|i| low + (high - low) * i as f64 / whole.max(1.0)).collect())
            }
            _ => Err(wrong()),
        }
    };
    let times: Vec<Vec<f64>> = at.iter().map(one).collect::<Result<_, _>>()?;
    Ok(times.concat())
}

/// A point, a text file of points, or the starts of the orbits in a file of orbits: HDF5, NumPy's `.npz`, or a `.csv` table.
fn points(from: &str) -> Result<Vec<Vec<f64>>, Failure> {
    let path = Path::new(from);
    // A `.csv` without a line of names is a text file of points.
    let is_table = aa_dataset::is_plain_table(path) && systems::points(from).is_err();
    if is_table || path.extension().is_some_and(|extension| extension == "h5") {
        let orbits = aa_dataset::read_trajectories(path)?;
        if orbits.t.is_empty() || orbits.orbits.is_empty() {
            return Err(Failure::usage(format!("{from} holds no orbits"), "expected one orbit at least"));
        }
        return Ok((0..orbits.orbits.len()).map(|orbit| orbits.row(orbit, 0).to_vec()).collect());
    }
    let bad = from.split(',').find(|part| number(part.trim()).is_none());
    match bad {
        Some(bad) if from.contains(',') && !path.exists() => {
            let said = format!("`--from {from}`: `{bad}` is no number");
            Err(Failure::usage(said, "expected q1,..,p1,.. or a file"))
        }
        _ => systems::points(from),
    }
}

fn document(file: &MapFile, prediction: &Prediction) -> Value {
    let mut document = json!({ "format": 1, "system": file.name, "symbols": file.symbols });
    if !file.parameters.is_empty() {
        let outside: Vec<&String> = file.parameters.iter().filter(|b| b.is_outside()).map(|b| &b.name).collect();
        let values: Map<String, Value> = file.parameters.iter().map(|b| (b.name.clone(), b.value.into())).collect();
        (document["parameters"], document["parameters_outside"]) = (values.into(), json!(outside));
    }
    let prediction = serde_json::to_value(prediction).expect("a prediction holds numbers and texts");
    if let (Value::Object(document), Value::Object(found)) = (&mut document, prediction) {
        document.extend(found);
    }
    document
}

/// Parameters of a family that lie where it was not trained.
fn beyond(file: &MapFile) -> Vec<String> {
    let remark = |Binding { name, value, range: [low, high] }: &Binding| {
        format!(
            "outside the trained range: {name} = {value}, and trained were {low} to {high}; nothing vouches for what is said"
        )
    };
    file.parameters.iter().filter(|binding| binding.is_outside()).map(remark).collect()
}

/// What must not be overlooked.
fn remarks(prediction: &Prediction) -> Vec<String> {
    let mut remarks = Vec::new();
    if let (Some(horizon), true) = (prediction.phase_horizon, prediction.beyond_phase_horizon.contains(&true)) {
        remarks.push(format!(
            "beyond the phase horizon t = {horizon:.4}, where the median phase error reaches 0.1 rad, the torus is \
             predicted and not the phase on it"
        ));
    }
    let outside: Vec<(usize, f64)> =
        (1..).zip(prediction.outside.iter().copied()).filter(|(_, outside)| *outside > OUTSIDE).collect();
    if let Some((point, by)) = outside.iter().max_by(|a, b| a.1.total_cmp(&b.1)) {
        remarks.push(format!(
            "outside the trained region: {} of {} points, point {point} the furthest by {:.0} % of the region's width; \
             nothing vouches for what is said of them",
            outside.len(),
            prediction.outside.len(),
            100.0 * by
        ));
    }
    remarks
}

fn text(file: &MapFile, points: &[Vec<f64>], prediction: &Prediction) -> String {
    (0..points.len()).map(|i| of_point(file, &points[i], prediction, i)).collect::<Vec<_>>().join("\n")
}

fn of_point(file: &MapFile, point: &[f64], prediction: &Prediction, i: usize) -> String {
    let list = |values: &[f64]| values.iter().map(|x| format!("{x:.6}")).collect::<Vec<_>>().join("  ");
    let constant = if prediction.energy_is_absolute { "" } else { ", up to a constant" };
    let facts = [
        ("at", list(point)),
        ("actions", list(&prediction.actions[i])),
        ("angles", list(&prediction.angles[i])),
        ("frequencies", format!("{} rad per unit of time", list(&prediction.frequencies[i]))),
        ("energy h(I)", format!("{:.8}{constant}", prediction.energy[i])),
    ];
    let facts: String = facts.iter().map(|(name, value)| format!("  {name:12} {value}\n")).collect();
    let member: Vec<String> = file.parameters.iter().map(|b| format!("{} = {}", b.name, b.value)).collect();
    let member = if member.is_empty() { String::new() } else { format!(" at {}", member.join(", ")) };
    let head = format!("{}{member}: {}\n{facts}", file.name, file.symbols.join(", "));
    if prediction.t.is_empty() {
        return head;
    }
    let columns = [&["t".to_string()], &file.symbols[..], &["phase error".to_string()]].concat();
    let row = |time: usize| -> Vec<Value> {
        let moved = prediction.points[i][time].iter().map(|x| format!("{x:.6}").into());
        let phase = prediction.phase_uncertainty[time].map_or("-".to_string(), |error| format!("{error:.2e}"));
        [prediction.t[time].into()].into_iter().chain(moved).chain([phase.into()]).collect()
    };
    let rows: Vec<Vec<Value>> = (0..prediction.t.len()).map(row).collect();
    let table = aa_report::text_table(&StudyTable {
        title: "motion, with the phase error to be expected in radians",
        columns: &columns,
        rows: &rows,
    });
    format!("{head}{table}")
}
