//! Reports from documents and bundles, and from files of comparisons and scans: `aatool show`, `aatool report`.

use std::io::IsTerminal;
use std::path::Path;

use aa_analysis::Document;
use aa_dataset::BundleFile;
use aa_dynamics::Ensemble;
use aa_report::{Report, TerminalStyle, Trajectories};

use crate::Ending;
use crate::cli::Kind;
use crate::failure::Failure;
use crate::output::say;
use crate::sheets;

pub(crate) fn show(bundle: &Path, kind: Kind) -> Result<Ending, Failure> {
    let file = BundleFile::open(bundle)?.read_without_orbits()?;
    let text = match (sheets::read(&file, bundle)?, kind) {
        (Some((document, _)), Kind::Json) => serde_json::to_string_pretty(&document).expect("it was JSON in the file"),
        (Some((_, sheet)), Kind::Text) => sheet.text(),
        (None, Kind::Json) => aa_report::json(&aa_plugin::document(&file, bundle)?),
        (None, Kind::Text) => text(&aa_plugin::document(&file, bundle)?, Some(bundle)),
    };
    say(text.trim_end());
    Ok(Ending::AllMet)
}

pub(crate) fn report(bundle: &Path, out: &Path) -> Result<Ending, Failure> {
    let file = aa_dataset::read(bundle)?;
    if let Some((_, sheet)) = sheets::read(&file, bundle)? {
        let name = bundle.file_stem().unwrap_or_default().to_string_lossy();
        write_whole(out, &sheet.page(&name, &sheets::plots(&file)))?;
        return Ok(Ending::AllMet);
    }
    let document = aa_plugin::document(&file, bundle)?;
    let orbits = file.group("trajectories").ok().map(aa_dataset::ensemble).transpose()?;
    write_page(&document, orbits.as_ref(), Some(bundle), out)?;
    Ok(Ending::AllMet)
}

/// The document as a person reads it in a terminal.
pub(crate) fn text(document: &Document, bundle: Option<&Path>) -> String {
    let terminal = std::io::stdout().is_terminal();
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let bundle = bundle.map(|path| path.display().to_string());
    let style = TerminalStyle { width: console_width(), colour: terminal && !plain, bundle: bundle.as_deref() };
    aa_report::terminal(document, &style)
}

/// Columns of the terminal; 100 where there is none.
fn console_width() -> usize {
    match console::Term::stdout().size_checked() {
        Some((_, columns)) => usize::from(columns).clamp(60, 120),
        None => 100,
    }
}

/// Writes the report as a page, whole or not at all.
pub(crate) fn write_page(
    document: &Document,
    orbits: Option<&Ensemble>,
    bundle: Option<&Path>,
    out: &Path,
) -> Result<(), Failure> {
    let names = [document.system.coordinates.clone(), document.system.momenta.clone()].concat();
    let trajectories = orbits.map(|orbits| Trajectories {
        t: orbits.t.clone(),
        orbits: orbits.orbits.clone(),
        dof: orbits.dof,
        width: orbits.width,
        names,
    });
    let bundle = bundle.map(|path| path.display().to_string());
    let report = Report { document, trajectories: trajectories.as_ref(), bundle: bundle.as_deref() };
    write_whole(out, &aa_report::html(&report))
}

/// Writes a text file whole or not at all.
pub(crate) fn write_whole(out: &Path, text: &str) -> Result<(), Failure> {
    aa_dataset::write_whole(out, text.as_bytes()).map_err(|error| Failure::cannot_write(out, &error))
}
