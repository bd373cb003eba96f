//! Reports: the document of one analysis as a page to read.
//!
//! Three roads from one [`Document`](aa_analysis::Document):
//!
//! - [`terminal()`]: text for a person at a terminal, as wide as it is, coloured or not;
//! - [`json()`]: the document itself, for programs;
//! - [`html()`]: one file with formulas and pictures that needs no network, for colleagues and for paper; a picture of it for
//!   a paper is [`figure_for_paper()`].
//!
//! All three use the same words, and two of them are never exchanged: *proved* is what exact algebra says, *measured*
//! what orbits say. A report adds nothing to what document and [`Samples`] hold, and reads no file and no clock.
//!
//! ```
//! use aa_analysis::Document;
//! use aa_report::{TerminalStyle, terminal};
//!
//! let mut document = Document::default();
//! document.system.name = "pendulum".to_string();
//! document.system.hamiltonian = "p_phi**2/2 - cos(phi)".to_string();
//! let text = terminal(&document, &TerminalStyle { width: 80, colour: false, pictures: false, bundle: None });
//! assert!(text.contains("p_phi**2/2 - cos(phi)"));
//! ```

mod base64;
mod braille;
mod facts;
mod figures;
mod graph;
mod html;
mod json;
mod markup;
mod mathml;
mod number;
mod paint;
mod plot;
pub mod samples;
mod starts;
mod study;
mod sum;
mod table;
mod terminal;
mod text;
mod unimodular;
mod words;

pub use html::{Report, figure_for_paper, figure_names, html};
pub use json::json;
pub use mathml::mathml;
pub use samples::Samples;
pub use study::{StudyTable, study_page, text_table};
pub use terminal::{TerminalStyle, terminal, terminal_evidence, terminal_head};
