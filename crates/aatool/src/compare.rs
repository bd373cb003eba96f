//! `aatool compare`: how far the frequencies of the same orbits differ between two bundles.

use aa_plugin::comparison::{Deviations, DiffusionChange, FrequencyComparison, Origin, Sizes};
use aa_plugin::{Compared, Comparison, ComparisonRequest};
use serde_json::Value;

use crate::Ending;
use crate::analyze::can_write;
use crate::cli::{self, Kind};
use crate::failure::Failure;
use crate::output::say;
use crate::scan::{plural, spelled};
use crate::sheets::Sheet;

pub(crate) fn compare(arguments: &cli::Compare) -> Result<Ending, Failure> {
    for (option, value) in [("within", Some(arguments.within)), ("tolerance", arguments.tolerance)] {
        if let Some(value) = value.filter(|value| !(value.is_finite() && *value >= 0.0)) {
            let message = format!("`--{option} {value}` is no tolerance");
            return Err(Failure::usage(message, format!("expected a number that is not negative: --{option} 1e-9")));
        }
    }
    arguments.out.as_deref().map_or(Ok(()), can_write)?;
    let request = ComparisonRequest {
        of: arguments.of.clone(),
        by: arguments.by.clone(),
        within: arguments.within,
        ..ComparisonRequest::new(&arguments.first, &arguments.second)
    };
    let compared: Compared = aa_plugin::compare(&request)?;
    if let Some(out) = &arguments.out {
        aa_dataset::write(&compared.bundle(), out)?;
    }
    let document = &compared.document;
    let text = match arguments.format.format {
        Kind::Json => serde_json::to_string_pretty(document).expect("a comparison is plain data"),
        Kind::Text => sheet(document).text(),
    };
    say(text.trim_end());
    Ok(match arguments.tolerance {
        Some(tolerance) if !document.agrees(tolerance) => {
            eprintln!("the bundles differ by more than {tolerance:e}: {}", worst(&document.frequencies));
            Ending::NotMet
        }
        _ => Ending::AllMet,
    })
}

/// The comparison as a person reads it.
pub(crate) fn sheet(comparison: &Comparison) -> Sheet {
    let head = [&comparison.first, &comparison.second].map(side).into_iter().chain(lines(comparison));
    let found = &comparison.frequencies;
    let sigma = format!("within {} sigma", found.all.sigma);
    let columns = ["", "median", "95 %", "largest", "relative: median", "95 %", "largest", &sigma].map(String::from);
    let names = (1..=found.each.len()).map(|i| format!("ω{i}"));
    let rows = names.zip(&found.each).chain([("all".to_string(), &found.all)]);
    let rows: Vec<Vec<Value>> = rows.map(|(name, deviations)| row(name, deviations)).collect();
    let title = "difference of the frequencies, second less first (rad/time)".to_string();
    Sheet { head: head.collect(), title, columns: columns.into(), rows, notes: Vec::new() }
}

fn side(origin: &Origin) -> String {
    let parameters = spelled(&origin.parameters);
    let parameters = if parameters.is_empty() { parameters } else { format!(" ({parameters})") };
    format!("{}: {}{parameters}, {} frequencies", origin.path, origin.system, origin.of)
}

/// What was compared, and what else there is to know.
fn lines(comparison: &Comparison) -> Vec<String> {
    let (starts, found) = (&comparison.starts, &comparison.frequencies);
    let mut lines = vec![format!(
        "{} orbit{} in both, {} only in the first, {} only in the second; the same start: {} within {:e}",
        starts.matched,
        plural(starts.matched),
        starts.only_first,
        starts.only_second,
        starts.by.join(", "),
        starts.within
    )];
    let missing = starts.matched - found.compared;
    if missing > 0 {
        lines.push(format!("{missing} of them without frequencies, {} in one bundle only", found.in_one_only));
    }
    if found.reordered > 0 {
        lines.push(format!(
            "{} of {} with the first bundle's frequencies in another order, which fits better",
            found.reordered, found.compared
        ));
    }
    lines.extend(matrix(found));
    lines.extend(found.diffusion.as_ref().map(diffusion));
    lines
}

/// The matrix between the two sets of frequencies, where it is not the identity.
fn matrix(found: &FrequencyComparison) -> Option<String> {
    let row = |(i, row): (usize, &Vec<i32>)| row.iter().enumerate().all(|(j, &k)| k == i32::from(i == j));
    if found.matrix.iter().enumerate().all(row) {
        return None;
    }
    let matrix = Value::from(found.matrix.clone());
    let without = number(found.median_without_matrix);
    Some(format!("the first bundle's frequencies are multiplied with {matrix}; without, the median is {without}"))
}

fn diffusion(change: &DiffusionChange) -> String {
    let number = |value: Option<f64>| value.map_or("-".to_string(), |value| format!("{value:.2}"));
    let [median, p05, p95, largest] = [change.median, change.p05, change.p95, change.largest].map(number);
    format!(
        "log10 of the diffusion, second less first: median {median}, {p05} to {p95} (5 to 95 %), largest {largest}; {} \
         orbit{}",
        change.compared,
        plural(change.compared)
    )
}

fn row(name: String, deviations: &Deviations) -> Vec<Value> {
    let sizes = |sizes: &Sizes| [sizes.median, sizes.p95, sizes.largest].map(number);
    let share = deviations.within_errors.map_or("-".to_string(), |share| format!("{:.1} %", 100.0 * share));
    let numbers = sizes(&deviations.absolute).into_iter().chain(sizes(&deviations.relative));
    [Value::from(name)].into_iter().chain(numbers.map(Value::from)).chain([share.into()]).collect()
}

fn number(value: Option<f64>) -> String {
    value.map_or("-".into(), |value| format!("{value:.1e}"))
}

/// Why two bundles do not agree.
fn worst(found: &FrequencyComparison) -> String {
    let largest = format!("the largest relative difference is {}", number(found.all.relative.largest));
    match found.in_one_only {
        0 => largest,
        1 => format!("{largest}, and 1 orbit has frequencies in one bundle only"),
        n => format!("{largest}, and {n} orbits have frequencies in one bundle only"),
    }
}
