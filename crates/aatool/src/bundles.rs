//! Reports from documents and bundles, and from files of comparisons and scans: `aatool show`, `aatool report`.

use std::io::IsTerminal;
use std::path::Path;

use aa_analysis::Document;
use aa_analysis::document::System;
use aa_dataset::{Bundle, BundleFile};
use aa_report::{Report, Samples, TerminalStyle};

use crate::Ending;
use crate::cli::Kind;
use crate::failure::Failure;
use crate::output::say;
use crate::{samples, sheets};

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
    page_of(&file, bundle, out)?;
    Ok(Ending::AllMet)
}

/// The document of a bundle that was read from a file, and what its pictures draw beyond it.
pub(crate) fn contents(file: &Bundle, path: &Path) -> Result<(Document, Samples), Failure> {
    let document = aa_plugin::document(file, path)?;
    let samples = samples::samples(file, &document)?;
    Ok((document, samples))
}

/// One figure of a bundle's report as a file for a paper.
pub(crate) fn figure(bundle: &Path, name: &str, out: &Path) -> Result<Ending, Failure> {
    if out.extension().is_none_or(|extension| extension != "svg") {
        let [svg, png, pdf] = ["svg", "png", "pdf"].map(|kind| out.with_extension(kind).display().to_string());
        let hint = format!(
            "expected --out {svg}; `rsvg-convert --zoom 4 {svg} -o {png}` makes a PNG of it, \
             `rsvg-convert --format pdf {svg} -o {pdf}` a PDF"
        );
        return Err(Failure::usage(format!("figures are written as SVG, and {} is none", out.display()), hint));
    }
    let (document, samples) = contents(&aa_dataset::read(bundle)?, bundle)?;
    let drawn = aa_report::figure_for_paper(&document, &samples, name);
    let unknown = || aa_plugin::Error::UnknownOption {
        what: "there is no figure".into(),
        name: name.into(),
        known: aa_report::figure_names(&document, &samples),
    };
    write_whole(out, &drawn.ok_or_else(unknown)?)?;
    Ok(Ending::AllMet)
}

/// The document as a person reads it in a terminal.
pub(crate) fn text(document: &Document, bundle: Option<&Path>) -> String {
    head(&document.system) + evidence(document, bundle).as_str()
}

/// The beginning of that text, which is known before any pass runs.
pub(crate) fn head(system: &System) -> String {
    aa_report::terminal_head(system, &style(None))
}

/// The rest of that text.
pub(crate) fn evidence(document: &Document, bundle: Option<&Path>) -> String {
    let bundle = bundle.map(|path| path.display().to_string());
    aa_report::terminal_evidence(document, &style(bundle.as_deref()))
}

fn style(bundle: Option<&str>) -> TerminalStyle<'_> {
    let terminal = std::io::stdout().is_terminal();
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    TerminalStyle { width: console_width(), colour: terminal && !plain, pictures: terminal, bundle }
}

/// Columns as COLUMNS says, or of the terminal; 100 where neither is.
fn console_width() -> usize {
    let said = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let seen = || console::Term::stdout().size_checked().map(|(_, columns)| usize::from(columns));
    said.or_else(seen).map_or(100, |columns: usize| columns.clamp(40, 120))
}

/// Writes the report of a bundle that was read from a file as a page, whole or not at all.
pub(crate) fn page_of(file: &Bundle, path: &Path, out: &Path) -> Result<(), Failure> {
    let (document, samples) = contents(file, path)?;
    write_page(&document, &samples, Some(path), out)
}

/// Writes the report of an analysis as a page, whole or not at all.
pub(crate) fn write_page(
    document: &Document,
    samples: &Samples,
    bundle: Option<&Path>,
    out: &Path,
) -> Result<(), Failure> {
    let bundle = bundle.map(|path| path.display().to_string());
    let report = Report { document, samples, bundle: bundle.as_deref(), live: false };
    write_whole(out, &aa_report::html(&report))
}

/// Writes a text file whole or not at all.
pub(crate) fn write_whole(out: &Path, text: &str) -> Result<(), Failure> {
    aa_dataset::write_whole(out, text.as_bytes()).map_err(|error| Failure::cannot_write(out, &error))
}
