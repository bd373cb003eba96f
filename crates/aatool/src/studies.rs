//! `aatool run`: study scripts.

use std::path::Path;
use std::sync::Arc;

use aa_dataset::{Bundle, Dataset};
use aa_plugin::{Gathered, Registry, Source, StudyTable, run_study};
use serde_json::Value;

use crate::Ending;
use crate::bundles::write_whole;
use crate::failure::Failure;
use crate::progress::Bar;

pub(crate) fn run(registry: &Arc<Registry>, study: &Path, report: Option<&Path>) -> Result<Ending, Failure> {
    let source = Source::read(study)?;
    let bar = Arc::new(Bar::new());
    let gathered = run_study(registry, &source, bar.clone());
    bar.clear();
    let gathered = gathered?;
    for table in &gathered.tables {
        println!("{}", aa_report::text_table(&shown(table)));
    }
    for save in gathered.saves.iter().map(Path::new).chain(report) {
        match save.extension().is_some_and(|extension| extension == "h5") {
            true => aa_dataset::write(&bundle(&gathered, &source), save)?,
            false => write_whole(save, &page(&gathered, &source))?,
        }
        println!("written to {}", save.display());
    }
    Ok(Ending::AllMet)
}

fn shown(table: &StudyTable) -> aa_report::StudyTable<'_> {
    aa_report::StudyTable { title: &table.title, columns: &table.columns, rows: &table.rows }
}

fn page(gathered: &Gathered, source: &Source) -> String {
    let tables: Vec<_> = gathered.tables.iter().map(shown).collect();
    aa_report::study_page(&source.name, &gathered.description, &tables, &gathered.plots)
}

/// The study as a file: its script, its documents, its tables.
fn bundle(gathered: &Gathered, source: &Source) -> Bundle {
    let mut bundle = Bundle::default();
    bundle.insert("study/script", Dataset::scalar(source.text.as_str()).long_name("the study's script"));
    for (i, document) in gathered.documents.iter().enumerate() {
        let text = aa_analysis::document::stable(document).to_string();
        bundle.insert(&format!("documents/{i}"), Dataset::scalar(text).long_name("document of an analysis, as JSON"));
    }
    for (i, table) in gathered.tables.iter().enumerate() {
        table_group(&mut bundle, &format!("tables/{i}"), table);
    }
    bundle
}

/// A column of numbers is an array of numbers; any other an array of texts.
fn table_group(bundle: &mut Bundle, path: &str, table: &StudyTable) {
    for (j, column) in table.columns.iter().enumerate() {
        let cells: Vec<&Value> = table.rows.iter().map(|row| &row[j]).collect();
        let numbers: Option<Vec<f64>> = cells.iter().map(|cell| number(cell)).collect();
        let dataset = match numbers {
            Some(numbers) => Dataset::array([("row", cells.len())], numbers),
            None => Dataset::array([("row", cells.len())], cells.iter().map(|c| text(c)).collect::<Vec<String>>()),
        };
        let name: String = column.chars().map(|c| if c == '/' { '_' } else { c }).collect();
        bundle.insert(&format!("{path}/{name}"), dataset.long_name(&format!("{}: {column}", table.title)));
    }
}

fn number(cell: &Value) -> Option<f64> {
    if cell.is_null() { Some(f64::NAN) } else { cell.as_f64() }
}

fn text(cell: &Value) -> String {
    cell.as_str().map_or_else(|| cell.to_string(), str::to_string)
}
