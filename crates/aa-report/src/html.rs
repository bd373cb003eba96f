//! The report as one page: formulas, tables and pictures in a single file that needs no network.
//!
//! The verdict and the evidence for it come first, then the pictures, then the numbers behind them, then what is needed to
//! do it all again. Everything is there without a script: formulas are MathML, pictures SVG. The page's own script, the
//! only one that its policy lets run, draws the pictures again with all their points, to zoom, to move and to choose
//! orbits in. Light, dark and paper are style alone.

mod data;
mod sections;

use aa_analysis::Document;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::base64::base64;
use crate::figures::{Chapter, chapters};
use crate::markup::{element, escape, typeset};
use crate::plot::{Plot, paper, svg};
use crate::samples::Samples;
use crate::starts::Starts;

/// What a page is made from.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// The analysis.
    pub document: &'a Document,
    /// What pictures draw beyond it.
    pub samples: &'a Samples,
    /// Where the bundle is, if there is one.
    pub bundle: Option<&'a str>,
    /// Whether the page is served by one who follows new orbits for it.
    pub live: bool,
}

/// The page as the text of one HTML file.
pub fn html(report: &Report) -> String {
    let (document, samples) = (report.document, report.samples);
    let starts = Starts::of(document, samples);
    let chapters: Vec<Chapter> = chapters(document, samples, &starts).into_iter().map(Chapter::thinned).collect();
    let main = [
        sections::verdict(document),
        sections::findings(document),
        sections::witnesses(document),
        sections::integrals(document),
        sections::normal_form(document),
        pictures(&chapters),
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
    let drawn = chapters.iter().flat_map(|chapter| &chapter.plots);
    let sheets = sections::sheet_plots(document);
    let data = json!({"plots": data::plots(drawn.chain(&sheets)), "orbits": data::orbits(document, samples, &starts)});
    let body = Body { header: sections::header(document), main, data, live: report.live };
    page(&document.system.name, &body)
}

/// The names of all figures that a report has, in its order.
pub fn figure_names(document: &Document, samples: &Samples) -> Vec<String> {
    all_plots(document, samples).into_iter().filter(|plot| svg(plot).is_some()).map(|plot| plot.id).collect()
}

/// One figure as an SVG file for a paper: a column of 86 mm, letters of 8 points. None where there is none of this name.
pub fn figure_for_paper(document: &Document, samples: &Samples, name: &str) -> Option<String> {
    all_plots(document, samples).iter().find(|plot| plot.id == name).and_then(paper)
}

fn all_plots(document: &Document, samples: &Samples) -> Vec<Plot> {
    let chapters = chapters(document, samples, &Starts::of(document, samples));
    chapters.into_iter().flat_map(|chapter| chapter.plots).chain(sections::sheet_plots(document)).collect()
}

/// What is inside a page.
#[derive(Default)]
pub(crate) struct Body {
    pub(crate) header: String,
    pub(crate) main: String,
    /// What the script draws.
    pub(crate) data: Value,
    pub(crate) live: bool,
}

/// A whole page with this title and body.
pub(crate) fn page(title: &str, body: &Body) -> String {
    let title = escape(title);
    let hash = base64(&Sha256::digest(SCRIPT));
    let (live, connect) = if body.live { (" data-live", "; connect-src 'self'") } else { ("", "") };
    let Body { header, main, data, .. } = body;
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"generator\" content=\"aatool\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
         script-src 'sha256-{hash}'{connect}\">\n\
         <title>{title} · aatool</title>\n<style>\n{STYLE}</style>\n</head>\n<body{live}>\n\
         <a class=\"skip\" href=\"#main\">To the report</a>\n\
         <header>{header}{}<button type=\"button\" id=\"theme\" hidden>Theme</button></header>\n\
         <main id=\"main\">{main}</main>\n{}\n<script>{SCRIPT}</script>\n</body>\n</html>\n",
        contents(main),
        data::block(data),
    )
}

const STYLE: &str = include_str!("html/report.css");

const SCRIPT: &str = concat!(
    "'use strict';\nconst data = JSON.parse(document.getElementById('data').textContent);\n",
    include_str!("html/axes.js"),
    include_str!("html/plot.js"),
    include_str!("html/orbit.js"),
    include_str!("html/page.js"),
    include_str!("html/live.js"),
);

/// Links to the headings of the second rank.
fn contents(main: &str) -> String {
    let heading = |rest: &str| {
        let (id, rest) = rest.split_once("\">")?;
        let (title, _) = rest.split_once("</h2>")?;
        Some(format!("<li><a href=\"#{id}\">{title}</a></li>"))
    };
    let links: String = main.split("<h2 id=\"").skip(1).filter_map(heading).collect();
    element("nav", &[("aria-label", "Contents")], &element("ul", &[], &links))
}

fn pictures(chapters: &[Chapter]) -> String {
    let mut inside = String::new();
    for (k, chapter) in chapters.iter().enumerate() {
        let drawn = figures(&chapter.plots);
        if !drawn.is_empty() {
            inside += &format!("<h3>{}</h3>{drawn}", chapter.title);
        }
        if k == 0 {
            inside += "<div id=\"orbit\" class=\"orbit\" hidden></div>";
        }
    }
    if inside.contains("<figure") { sections::section("Pictures", &inside) } else { String::new() }
}

/// Plots side by side.
pub(crate) fn figures(plots: &[Plot]) -> String {
    let figures: String = plots.iter().filter_map(figure).collect();
    if figures.is_empty() { figures } else { element("div", &[("class", "figures")], &figures) }
}

fn figure(plot: &Plot) -> Option<String> {
    let caption = format!("<strong>{}</strong> {}", escape(&plot.title), typeset(&plot.description));
    let picture = element("div", &[("class", "picture")], &svg(plot)?);
    let id = format!("figure-{}", plot.id);
    // The section is what one looks into longest.
    let class = if plot.id == "section" { "wide" } else { "" };
    let inside = picture + &element("figcaption", &[], &caption);
    Some(element("figure", &[("id", &id), ("class", class)], &inside))
}

/// The data of a page that has plots and no orbits.
pub(crate) fn data_of(plots: &[Plot]) -> Value {
    json!({"plots": data::plots(plots.iter()), "orbits": null})
}
