//! The report as one page: formulas, tables and pictures in a single file that needs no network and no script.
//!
//! Light, dark and paper are style alone. The verdict and the evidence for it come first, then the pictures, then the
//! numbers behind them, then what is needed to do it all again.

mod sections;

use aa_analysis::Document;

use crate::figures::figures;
use crate::markup::{element, escape};
use crate::plot::{Plot, svg};

/// What a page is made from.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// The analysis.
    pub document: &'a Document,
    /// Orbits to draw; none where nothing was integrated.
    pub trajectories: Option<&'a Trajectories>,
    /// Where the bundle is, if there is one.
    pub bundle: Option<&'a str>,
}

/// Sampled orbits, as the bundle holds them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trajectories {
    /// The times, common to all orbits.
    pub t: Vec<f64>,
    /// One orbit an entry, time by time, each row q then p: `t.len()` rows of `width` numbers.
    pub orbits: Vec<Vec<f64>>,
    /// Canonical pairs in a row; 0 where phase space has none.
    pub dof: usize,
    /// Numbers in a row.
    pub width: usize,
    /// Names of the columns, q then p.
    pub names: Vec<String>,
}

/// The page as the text of one HTML file.
pub fn html(report: &Report) -> String {
    let document = report.document;
    let main = [
        sections::verdict(document),
        sections::findings(document),
        sections::witnesses(document),
        sections::integrals(document),
        sections::normal_form(document),
        pictures(report),
        sections::chaos(document),
        sections::poincare(document),
        sections::frequencies(document),
        sections::kam(document),
        sections::learned(document),
        sections::artifacts(document),
        sections::sheets(document),
        sections::passes(document),
        sections::provenance(document, report.bundle),
    ]
    .concat();
    page(&document.system.name, &format!("{}{}", sections::header(document), element("main", &[], &main)))
}

/// A whole page with this title and body.
pub(crate) fn page(title: &str, body: &str) -> String {
    let title = escape(title);
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"generator\" content=\"aatool\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{title} · aatool</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )
}

const STYLE: &str = include_str!("html/report.css");

fn pictures(report: &Report) -> String {
    let plots = figures(report.document, report.trajectories);
    let figures: String = plots.iter().filter_map(figure).collect();
    if figures.is_empty() {
        return String::new();
    }
    sections::section("Pictures", &element("div", &[("class", "figures")], &figures))
}

pub(crate) fn figure(plot: &Plot) -> Option<String> {
    let caption = format!("<strong>{}</strong> {}", escape(&plot.title), escape(&plot.description));
    Some(element("figure", &[], &(svg(plot)? + &element("figcaption", &[], &caption))))
}
