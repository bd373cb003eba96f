//! The report for a person at a terminal: the system, the verdict with its reasons, then the evidence.

use std::iter::once;

use aa_analysis::Document;
use aa_analysis::document::{
    Chaos, Claim, Frequencies, FrequencyOrbit, Integral, Integrals, Learned, NormalForm, PassRecord, Provenance,
    Sections, System, Verdict, Witness,
};
use serde_json::Value;

use crate::braille::{self, Style};
use crate::facts::{facts, scalar_text};
use crate::number::{NOTHING, count, optional, row, seconds, significant, trimmed};
use crate::paint::{Paint, Tone};
use crate::study::table_lines;
use crate::table::{Cell, table};
use crate::text::{plain, width, wrap, wrap_formula};
use crate::words;

/// Narrower than this the report does not go.
const NARROWEST: usize = 40;
/// Wider than this lines are hard to read.
const WIDEST: usize = 120;
/// A formula takes no more lines than this.
const FORMULA_LINES: usize = 12;
/// The most columns and the rows of a small picture.
const PICTURE: [usize; 2] = [60, 14];
/// No table of orbits is longer than this.
const ORBITS: usize = 6;

/// How to write to the terminal at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TerminalStyle<'a> {
    /// Columns; taken as 40 to 120.
    pub width: usize,
    /// Whether to colour; the caller decides by `NO_COLOR` and whether a person reads.
    pub colour: bool,
    /// Whether to draw small pictures in braille; for a terminal, not for a file.
    pub pictures: bool,
    /// Where the bundle was written, if it was.
    pub bundle: Option<&'a str>,
}

/// The report as text, no line wider than the style says except where a name or a number is.
///
/// Formulas are in script syntax: their lines one after another read back as they are.
pub fn terminal(document: &Document, style: &TerminalStyle) -> String {
    terminal_head(&document.system, style) + &terminal_evidence(document, style)
}

/// The beginning of the report, which is known before any pass runs: the system.
pub fn terminal_head(system: &System, style: &TerminalStyle) -> String {
    let mut page = Page::new(style);
    page.system(system);
    page.text
}

/// The report after its beginning.
pub fn terminal_evidence(document: &Document, style: &TerminalStyle) -> String {
    let mut page = Page::new(style);
    if let Some(verdict) = &document.verdict {
        page.verdict(verdict);
    }
    page.findings(&document.passes);
    page.evidence(document);
    page.passes(&document.passes);
    page.provenance(&document.provenance, style.bundle);
    page.text
}

/// The text so far and how to continue it.
struct Page {
    text: String,
    width: usize,
    paint: Paint,
    pictures: bool,
}

impl Page {
    fn new(style: &TerminalStyle) -> Page {
        let width = style.width.clamp(NARROWEST, WIDEST);
        Page { text: String::new(), width, paint: Paint { colour: style.colour }, pictures: style.pictures }
    }

    fn evidence(&mut self, document: &Document) {
        if let Some(witnesses) = document.witnesses.as_deref().filter(|witnesses| !witnesses.is_empty()) {
            self.witnesses(witnesses);
        }
        if let Some(integrals) = &document.integrals {
            self.integrals(integrals);
        }
        if let Some(claims) = document.claims.as_deref().filter(|claims| !claims.is_empty()) {
            self.claims(claims);
        }
        self.artifact("Obstruction", document.obstruction.as_ref());
        if let Some(form) = &document.normal_form {
            self.normal_form(form);
        }
        if let Some(chaos) = &document.chaos {
            self.chaos(chaos);
        }
        if let Some(sections) = &document.sections {
            self.section(sections);
        }
        if let Some(frequencies) = &document.frequencies {
            self.frequencies(frequencies);
        }
        if let Some(kam) = &document.kam {
            self.heading("Surviving tori (measured)");
            words::kam(kam, document.frequencies.as_ref().and_then(|frequencies| frequencies.agreement.as_ref()))
                .iter()
                .for_each(|line| self.paragraph(2, line, Tone::Plain));
        }
        if let Some(learned) = &document.learned {
            self.learned(learned);
        }
    }

    fn system(&mut self, system: &System) {
        let origin = system.plugin.as_ref().map(|plugin| format!("  ({plugin})")).unwrap_or_default();
        let name = self.paint.apply(Tone::Strong, &plain(&system.name));
        self.line(&format!("{name}{}", self.paint.apply(Tone::Faint, &plain(&origin))));
        if !system.hamiltonian.is_empty() {
            self.formula("H = ", &system.hamiltonian);
        }
        self.paragraph(2, &words::phase_space(system), Tone::Plain);
        if !system.parameters.is_empty() {
            self.paragraph(2, &words::parameters(system), Tone::Plain);
        }
    }

    fn verdict(&mut self, verdict: &Verdict) {
        let title = words::verdict_title(verdict).to_uppercase();
        let title = self.paint.apply(words::tone(&verdict.kind), &plain(&title));
        let certainty = words::certainty(verdict);
        let certainty = certainty.map(|word| format!(", {}", self.paint.apply(words::tone(word), &plain(word))));
        let rule = self.paint.apply(Tone::Faint, &"─".repeat(self.width));
        self.line("");
        self.line(&rule);
        self.line(&format!("  {title}{}", certainty.unwrap_or_default()));
        verdict.because.iter().for_each(|reason| self.item(2, reason));
        if let Some(sets) = words::level_sets(verdict) {
            self.item(2, &sets);
        }
        self.line(&rule);
    }

    fn integrals(&mut self, integrals: &Integrals) {
        self.heading("Integrals of motion");
        self.paragraph(2, &words::integral_counts(integrals), Tone::Plain);
        integrals.found.iter().for_each(|integral| self.integral(integral));
        self.paragraph(2, &words::searched(&integrals.searched), Tone::Plain);
        self.paragraph(4, &words::search_space(&integrals.searched), Tone::Faint);
        if !integrals.commuting.is_empty() {
            self.paragraph(2, &format!("commuting: {}", integrals.commuting.join(", ")), Tone::Plain);
        }
    }

    fn integral(&mut self, integral: &Integral) {
        let how = words::how_known(integral);
        let tone = if words::is_proved(integral) { Tone::Good } else { Tone::Seen };
        let name = self.paint.apply(Tone::Strong, &plain(&integral.name));
        let how = self.paint.apply(tone, how);
        let degree = self.paint.apply(Tone::Faint, &format!("weight {}", integral.degree));
        self.line(&format!("  {name}  {how}  {degree}"));
        self.formula("  ", &integral.expression);
    }

    fn claims(&mut self, claims: &[Claim]) {
        self.heading("Claims of the script");
        let row = |claim: &Claim| {
            let status = Cell::toned(plain(&claim.status), words::tone(&claim.status));
            vec![Cell::new(plain(&claim.name)), status, Cell::new(plain(&claim.expression))]
        };
        self.table(&["claim", "status", "conserved"], &claims.iter().map(row).collect::<Vec<_>>());
    }

    fn normal_form(&mut self, form: &NormalForm) {
        self.heading("Normal form");
        self.formula("h(I) = ", &form.hamiltonian_of_actions);
        if form.resonant_terms.count > 0 {
            self.formula("resonant terms: ", &form.resonant_terms.expression);
        }
        words::normal_form(form).iter().for_each(|line| self.paragraph(2, line, Tone::Plain));
    }

    fn chaos(&mut self, chaos: &Chaos) {
        self.heading("Chaos (measured)");
        self.paragraph(2, &format!("{}: {}", chaos.label.replace('_', " "), words::chaotic_share(chaos)), Tone::Plain);
        if let Some(lyapunov) = words::lyapunov(chaos) {
            self.paragraph(2, &lyapunov, Tone::Plain);
        }
        if let Some(indicators) = words::indicators(chaos) {
            self.paragraph(2, &indicators, Tone::Plain);
        }
        self.paragraph(2, &words::orbits_followed(chaos), Tone::Faint);
        if let Some(error) = words::worst_energy_error(chaos) {
            let text = format!("energy kept to {} on every orbit", significant(error, 2));
            self.paragraph(2, &text, Tone::Faint);
        }
    }

    fn section(&mut self, sections: &Sections) {
        self.heading("Section");
        self.paragraph(2, &words::sections(sections), Tone::Plain);
        let points = sections.orbits.iter().flat_map(|orbit| &orbit.points);
        let points: Vec<[f64; 2]> = points.filter_map(|point| Some([*point.first()?, *point.get(1)?])).collect();
        if let [x, y, ..] = sections.axes.as_slice() {
            self.picture(&format!("{y} against {x}"), &points, Style::Points);
        }
    }

    /// The spectrum of the first coordinate of the first orbit.
    fn spectrum(&mut self, frequencies: &Frequencies) {
        let Some(lines) = frequencies.orbits.first().and_then(|orbit| orbit.lines.first()) else { return };
        let points: Vec<[f64; 2]> = lines.iter().map(|line| [line.omega, line.amplitude.log10()]).collect();
        self.picture("spectrum of orbit 1: log10 of the amplitude against the frequency", &points, Style::Stems);
    }

    /// A small picture under what it shows.
    fn picture(&mut self, shown: &str, points: &[[f64; 2]], style: Style) {
        let columns = (self.width - 16).min(PICTURE[0]);
        let drawn = if self.pictures { braille::picture(points, [columns, PICTURE[1]], style) } else { Vec::new() };
        if !drawn.is_empty() {
            self.paragraph(2, shown, Tone::Faint);
            drawn.iter().for_each(|line| self.line(&format!("  {line}")));
        }
    }

    fn frequencies(&mut self, frequencies: &Frequencies) {
        self.heading(&format!("Frequencies ({})", frequencies.unit));
        let orbits = &frequencies.orbits;
        if !orbits.is_empty() {
            self.frequency_table(frequencies);
        }
        if orbits.len() > ORBITS {
            let text = format!("{ORBITS} of {}; the JSON document has all", count(orbits.len(), "orbit", "orbits"));
            self.paragraph(2, &text, Tone::Faint);
        }
        if let Some(agreement) = &frequencies.agreement {
            self.paragraph(2, &words::agreement(agreement), Tone::Plain);
            if let Some(matrix) = words::matrix(agreement) {
                self.paragraph(2, &format!("{matrix}; the table shows both in the learned order"), Tone::Plain);
            }
        }
        if let Some(text) = words::unresolved(frequencies) {
            self.paragraph(2, &text, Tone::Plain);
        }
        if let Some(text) = words::resonances(frequencies) {
            self.paragraph(2, &text, Tone::Plain);
        }
        if let Some(text) = words::quadrature(frequencies) {
            self.paragraph(2, &text, Tone::Plain);
        }
        self.spectrum(frequencies);
    }

    fn frequency_table(&mut self, frequencies: &Frequencies) {
        let shown = spread_out(&frequencies.orbits);
        let agreement = frequencies.agreement.as_ref();
        let has_learned = shown.iter().any(|(_, orbit)| orbit.learned.is_some());
        let head: &[&str] = match has_learned {
            true => &["orbit", "actions", "measured", "error", "learned", "difference"],
            false => &["orbit", "measured", "error", "amplitude", "change over the orbit"],
        };
        let list = |values: Option<&Vec<f64>>, digits| Cell::new(values.map_or(NOTHING.into(), |v| row(v, digits)));
        let rows = shown.into_iter().map(|(index, orbit)| {
            let number = Cell::new((index + 1).to_string());
            let measured = orbit.measured.as_ref().map(|measured| words::reordered(agreement, measured));
            let error = orbit.error.as_ref().map(|error| words::reordered_errors(agreement, error));
            let error = list(error.as_ref(), 1);
            if !has_learned {
                let amplitude = list(orbit.amplitude.as_ref(), 3);
                return vec![
                    number,
                    list(measured.as_ref(), 8),
                    error,
                    amplitude,
                    Cell::new(optional(orbit.diffusion, 2)),
                ];
            }
            let difference = Cell::new(words::shown_difference(agreement, orbit));
            let actions = list(orbit.actions.as_ref(), 4);
            vec![number, actions, list(measured.as_ref(), 6), error, list(orbit.learned.as_ref(), 6), difference]
        });
        self.table(head, &rows.collect::<Vec<_>>());
    }

    fn learned(&mut self, learned: &Learned) {
        self.heading("Learned action-angle map");
        self.pair("network", &words::network(learned));
        self.pair("pairs", &words::pairs(learned));
        let drift = learned.action_drift;
        let drift = format!("median {}, 95 % {}", optional(drift.median, 2), optional(drift.p95, 2));
        self.pair("action drift", &drift);
        if let Some(where_it_fails) = words::drift_at_resonance(learned) {
            self.pair("drift at resonance", &where_it_fails);
        }
        self.pair("symplectic defect", &optional(learned.symplectic_defect, 2));
        if let Some(brackets) = words::brackets(learned) {
            self.pair("brackets", &brackets);
        }
        self.pair("phase horizon", &words::phase_horizon(learned).unwrap_or(NOTHING.to_string()));
        if let Some(energy) = &learned.hamiltonian_of_actions {
            self.formula("h(I) = ", energy);
        }
        learned.energy_of_actions.iter().for_each(|form| self.closed_form("energy ", form));
        learned.actions.iter().for_each(|form| self.closed_form("action ", form));
        if !learned.prediction_error.is_empty() {
            self.prediction_error(learned);
        }
    }

    fn closed_form(&mut self, of: &str, form: &Value) {
        let Some(expression) = form.get("expression").and_then(Value::as_str) else {
            return self.facts(of.trim_end(), form);
        };
        self.formula(of, expression);
        let part = |key: &str| form.get(key).map(|value| format!("{key} {}", scalar_text(value)));
        let parts: Vec<String> = ["error", "against"].into_iter().filter_map(part).collect();
        self.paragraph(4, &parts.join(", "), Tone::Faint);
    }

    fn prediction_error(&mut self, learned: &Learned) {
        let rows = learned.prediction_error.iter().map(|error| {
            let spread = [error.median, error.p95].map(|value| Cell::new(optional(value, 2)));
            once(Cell::new(trimmed(error.t, 4))).chain(spread).collect()
        });
        self.paragraph(2, "prediction error, relative, held-out orbits", Tone::Plain);
        self.table(&["horizon t", "median", "95 %"], &rows.collect::<Vec<_>>());
    }

    fn witnesses(&mut self, witnesses: &[Witness]) {
        self.heading("Witnesses");
        let said = |text: &Option<String>| Cell::new(text.as_deref().map_or(NOTHING.into(), plain));
        let row = |witness: &Witness| {
            let agree = witness.agree.map_or(NOTHING, |agree| if agree { "yes" } else { "no" });
            let [symbolic, measured, learned] = [&witness.symbolic, &witness.measured, &witness.learned].map(said);
            let claim = Cell::new(plain(&witness.claim));
            vec![claim, symbolic, measured, learned, Cell::toned(agree, words::tone(agree))]
        };
        let rows: Vec<_> = witnesses.iter().map(row).collect();
        self.table(&["claim", "symbolic", "measured", "learned", "agree"], &rows);
    }

    fn passes(&mut self, passes: &[PassRecord]) {
        if passes.is_empty() {
            return;
        }
        self.heading("Passes");
        self.paragraph(2, &words::pass_counts(passes), Tone::Plain);
        for pass in passes.iter().filter(|pass| pass.status != "done") {
            self.unfinished(pass);
        }
        for pass in passes {
            pass.notes.iter().for_each(|note| self.item(2, &format!("{}: {note}", pass.name)));
        }
        for pass in passes {
            pass.artifacts.iter().for_each(|(kind, value)| self.artifact(&kind.replace('_', " "), Some(value)));
        }
        for table in passes.iter().flat_map(|pass| &pass.tables) {
            self.heading(&table.title);
            let lines = table_lines(&table.into(), self.width - 2, self.paint);
            lines.iter().for_each(|line| self.line(&format!("  {line}")));
        }
    }

    /// What passes have found out that has no key of its own.
    fn findings(&mut self, passes: &[PassRecord]) {
        if passes.iter().all(|pass| pass.findings.is_empty()) {
            return;
        }
        self.heading("Findings");
        for pass in passes {
            pass.findings.iter().for_each(|finding| self.item(2, &format!("{finding} ({})", pass.name)));
        }
    }

    fn unfinished(&mut self, pass: &PassRecord) {
        let reason = pass.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        self.paragraph(2, &format!("{} {}{reason}", pass.name, pass.status), words::tone(&pass.status));
    }

    fn provenance(&mut self, provenance: &Provenance, bundle: Option<&str>) {
        self.heading("To do it again");
        if let Some(command) = words::again(provenance) {
            // Not wrapped, so that it can be copied.
            self.line(&format!("  {}", plain(&command)));
        }
        self.paragraph(2, &words::conditions(provenance), Tone::Faint);
        if let Some(path) = bundle {
            self.paragraph(2, &format!("everything is in {path}"), Tone::Plain);
        }
        if let Some(time) = provenance.volatile.seconds {
            let threads = count(provenance.volatile.threads, "thread", "threads");
            self.paragraph(2, &format!("{} on {threads}", seconds(time)), Tone::Faint);
        }
    }

    fn artifact(&mut self, title: &str, value: Option<&Value>) {
        if let Some(value) = value {
            self.heading(title);
            self.facts("", value);
        }
    }

    fn facts(&mut self, name: &str, value: &Value) {
        for fact in facts(name, value) {
            let indent = 2 * fact.depth.max(1);
            match (fact.name.is_empty(), fact.value.is_empty()) {
                (true, true) => {}
                (true, false) => self.paragraph(indent, &fact.value, Tone::Plain),
                (false, true) => self.paragraph(indent, &fact.name, Tone::Plain),
                (false, false) => self.paragraph(indent, &format!("{}: {}", fact.name, fact.value), Tone::Plain),
            }
        }
    }

    fn heading(&mut self, text: &str) {
        let text = self.paint.apply(Tone::Strong, &plain(text));
        self.line("");
        self.line(&text);
    }

    fn pair(&mut self, name: &str, value: &str) {
        let text = format!("{name:<18}  {}", plain(value));
        self.hanging(2, 20, &text, Tone::Plain);
    }

    fn item(&mut self, indent: usize, text: &str) {
        self.hanging(indent, 2, &format!("• {}", plain(text)), Tone::Plain);
    }

    fn paragraph(&mut self, indent: usize, text: &str, tone: Tone) {
        self.hanging(indent, 2, &plain(text), tone);
    }

    /// Text whose lines after the first stand further in.
    fn hanging(&mut self, indent: usize, further: usize, text: &str, tone: Tone) {
        let room = self.width - indent.min(self.width / 2);
        let first = wrap(text, room).swap_remove(0);
        let rest = text.get(first.len()..).unwrap_or_default().trim_start();
        let line = self.paint.apply(tone, &first);
        self.line(&format!("{}{line}", " ".repeat(indent)));
        for line in wrap(rest, room - further).into_iter().filter(|line| !line.is_empty()) {
            let line = self.paint.apply(tone, &line);
            self.line(&format!("{}{line}", " ".repeat(indent + further)));
        }
    }

    fn formula(&mut self, name: &str, formula: &str) {
        let lead = format!("  {name}");
        let lines = wrap_formula(&plain(formula), self.width - width(&lead));
        let hidden = lines.len().saturating_sub(FORMULA_LINES);
        for (index, line) in lines.iter().take(FORMULA_LINES).enumerate() {
            let lead = if index == 0 { lead.clone() } else { " ".repeat(width(&lead)) };
            self.line(&format!("{lead}{line}"));
        }
        if hidden > 0 {
            let more = count(hidden, "more line", "more lines");
            self.paragraph(4, &format!("… {more}; the JSON document has the whole formula"), Tone::Faint);
        }
    }

    fn table(&mut self, head: &[&str], rows: &[Vec<Cell>]) {
        table(head, rows, self.width - 2, self.paint).iter().for_each(|line| self.line(&format!("  {line}")));
    }

    fn line(&mut self, text: &str) {
        self.text.push_str(text.trim_end());
        self.text.push('\n');
    }
}

/// A few orbits from the first to the last, with their positions.
fn spread_out(orbits: &[FrequencyOrbit]) -> Vec<(usize, &FrequencyOrbit)> {
    let shown = orbits.len().min(ORBITS);
    let last = orbits.len().saturating_sub(1);
    (0..shown).map(|k| k * last / shown.saturating_sub(1).max(1)).map(|index| (index, &orbits[index])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLE: TerminalStyle = TerminalStyle { width: 60, colour: false, pictures: false, bundle: None };

    #[test]
    fn an_empty_document_still_has_a_report() {
        assert!(terminal(&Document::default(), &STYLE).contains("To do it again"));
    }

    #[test]
    fn orbits_shown_reach_from_first_to_last() {
        let orbits = vec![FrequencyOrbit::default(); 20];
        let indices: Vec<usize> = spread_out(&orbits).into_iter().map(|(index, _)| index).collect();
        assert_eq!(indices, [0, 3, 7, 11, 15, 19]);
        assert_eq!(spread_out(&orbits[..1]).len(), 1);
    }

    #[test]
    fn long_formulas_are_cut_and_say_so() {
        let terms: Vec<String> = (0..400).map(|n| format!("q{n}**2")).collect();
        let mut document = Document::default();
        document.system.hamiltonian = terms.join(" + ");
        let text = terminal(&document, &STYLE);
        assert!(text.contains("more lines; the JSON document has the whole formula"));
        assert!(text.lines().count() < 30);
    }
}
