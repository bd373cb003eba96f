//! Tables as results: what `compare`, `scan`, `train --over` and `batch merge` print, and what they left in files, shown
//! again and drawn.

use std::path::Path;

use aa_dataset::{Bundle, Dataset};
use aa_report::StudyTable;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::{batch, chaos_scan, compare, families, scan};

/// A table, with what is said before and after it.
pub(crate) struct Sheet {
    /// Lines before the table.
    pub(crate) head: Vec<String>,
    /// What the table shows.
    pub(crate) title: String,
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Vec<Value>>,
    /// What the rows do not say, a line each.
    pub(crate) notes: Vec<String>,
}

impl Sheet {
    /// As a person reads it in a terminal.
    pub(crate) fn text(&self) -> String {
        let blank = if self.head.is_empty() { "" } else { "\n\n" };
        let head = format!("{}{blank}{}", self.head.join("\n"), self.title);
        if self.rows.is_empty() {
            return head;
        }
        let table = StudyTable { title: &head, columns: &self.columns, rows: &self.rows };
        format!("{}\n{}", aa_report::text_table(&table), self.notes.join("\n"))
    }

    /// As a page.
    pub(crate) fn page(&self, name: &str, plots: &[Value]) -> String {
        let table = StudyTable { title: &self.title, columns: &self.columns, rows: &self.rows };
        aa_report::study_page(name, &[&self.head[..], &self.notes].concat().join("; "), &[table], plots)
    }
}

/// What a file of a batch, a comparison, a scan or a family's map holds: its document and its table; none where it is of
/// none.
pub(crate) fn read(file: &Bundle, path: &Path) -> Result<Option<(Value, Sheet)>, Failure> {
    for kind in ["batch", "comparison", "scan", "family"] {
        let place = format!("{kind}/document");
        let Ok(dataset) = file.dataset(&place) else { continue };
        let damaged = |error: serde_json::Error| {
            let (dataset, reason) = (format!("/{place}"), error.to_string());
            aa_dataset::Error::Damaged { path: path.to_path_buf(), dataset, reason }
        };
        let document: Value = serde_json::from_str(&dataset.texts(&place)?.concat()).map_err(damaged)?;
        let (of_chaos, plain) = (document["measure"] == "chaos", document.clone());
        let sheet = match kind {
            "batch" => batch::sheet(&serde_json::from_value(plain).map_err(damaged)?),
            "comparison" => compare::sheet(&serde_json::from_value(plain).map_err(damaged)?),
            "family" => families::sheet(&serde_json::from_value(plain).map_err(damaged)?),
            _ if of_chaos => chaos_scan::sheet(&serde_json::from_value(plain).map_err(damaged)?),
            _ => scan::sheet(&serde_json::from_value(plain).map_err(damaged)?),
        };
        return Ok(Some((document, sheet)));
    }
    Ok(None)
}

/// The plots of a file, as pages take them: how shares and exponents change with the one parameter that was scanned, or how
/// large differences are over the orbits.
pub(crate) fn plots(file: &Bundle) -> Vec<Value> {
    differences(file).into_iter().chain(scanned(file)).collect()
}

/// Sizes of relative differences, rising; each line is one frequency.
fn differences(file: &Bundle) -> Option<Value> {
    let sizes = file.dataset("comparison/frequencies/relative").ok()?;
    let (width, values) = (*sizes.shape().last()?, floats(sizes)?);
    let line = |k: usize| {
        let mut sizes: Vec<f64> = values.iter().skip(k).step_by(width).copied().filter(|size| *size > 0.0).collect();
        sizes.sort_by(f64::total_cmp);
        let points: Vec<[f64; 2]> =
            (1..).zip(&sizes).map(|(i, size)| [f64::from(i) / sizes.len() as f64, *size]).collect();
        (format!("ω{}", k + 1), json!(points))
    };
    let series: serde_json::Map<String, Value> = (0..width).map(line).collect();
    let title = "Differences of the frequencies";
    Some(
        json!({ "title": title, "x": "share of orbits below", "y": "relative difference", "log": "y", "series": series }),
    )
}

/// What was measured against the parameter; none where several were scanned, or where integrals were searched for.
fn scanned(file: &Bundle) -> Vec<Value> {
    let parameters = file.group("scan/parameters").map(|group| &group.datasets);
    let Some((name, x)) = parameters.ok().filter(|found| found.len() == 1).and_then(|found| found.first_key_value())
    else {
        return Vec::new();
    };
    let line = |dataset: &str, column: usize, width: usize| -> Option<Value> {
        let values = floats(file.dataset(&format!("scan/{dataset}")).ok()?)?;
        let points = floats(x)?.into_iter().zip(values.into_iter().skip(column).step_by(width));
        Some(points.filter(|(_, y)| y.is_finite()).map(|(x, y)| json!([x, y])).collect())
    };
    let plot = |title: &str, y: &str, lines: &[(&str, Option<Value>)]| -> Option<Value> {
        let known = |(label, line): &(&str, Option<Value>)| Some((label.to_string(), line.clone()?));
        let series: serde_json::Map<String, Value> = lines.iter().filter_map(known).collect();
        (!series.is_empty()).then(|| json!({ "title": title, "x": name, "y": y, "series": series }))
    };
    let shares = [
        ("surviving", line("surviving", 0, 1)),
        ("95 %, low", line("surviving_interval", 0, 2)),
        ("95 %, high", line("surviving_interval", 1, 2)),
    ];
    let exponents = [("mean over chaotic orbits", line("lyapunov", 0, 1))];
    let plots = [
        plot("Surviving tori", "share of regular orbits", &shares),
        plot("Chaos", "Lyapunov exponent (1/time)", &exponents),
    ];
    plots.into_iter().flatten().collect()
}

fn floats(dataset: &Dataset) -> Option<Vec<f64>> {
    dataset.floats("").ok().map(<[f64]>::to_vec)
}
