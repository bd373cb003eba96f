//! `aatool run`: study scripts.

use std::path::Path;
use std::sync::Arc;

use aa_dataset::{Bundle, Dataset};
use aa_plugin::{Gathered, Registry, Source, run_study};

use crate::Ending;
use crate::bundles::write_whole;
use crate::failure::Failure;
use crate::output::tell;
use crate::progress::Bar;
use crate::systems::settings;

pub(crate) fn run(
    registry: &Arc<Registry>,
    study: &Path,
    set: &[String],
    report: Option<&Path>,
) -> Result<Ending, Failure> {
    let set = settings(set)?;
    let source = Source::read(study)?;
    let bar = Arc::new(Bar::new());
    let gathered = run_study(registry, &source, &set, bar.clone());
    bar.clear();
    let gathered = gathered?;
    for table in &gathered.tables {
        tell!("{}", aa_report::text_table(&table.into()));
    }
    for save in gathered.saves.iter().map(Path::new).chain(report) {
        match save.extension().is_some_and(|extension| extension == "h5") {
            true => aa_dataset::write(&bundle(&gathered, &source), save)?,
            false => write_whole(save, &page(&gathered, &source))?,
        }
        tell!("written to {}", save.display());
    }
    Ok(Ending::AllMet)
}

fn page(gathered: &Gathered, source: &Source) -> String {
    let tables: Vec<_> = gathered.tables.iter().map(Into::into).collect();
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
        aa_plugin::bundle::table_group(&mut bundle, &format!("tables/{i}"), table);
    }
    bundle
}
