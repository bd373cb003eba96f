//! The sections of the page, each from its part of the document; a part that is not there gives nothing.

use aa_analysis::Document;
use aa_analysis::document::{
    Agreement, Claim, Frequencies, FrequencyOrbit, Integral, Integrals, Learned, PassRecord, Verdict, Witness,
};
use serde_json::Value;

use crate::facts::{facts, scalar_text};
use crate::figures::spread;
use crate::graph::{Graph, Node};
use crate::html::figures;
use crate::markup::{element, escape, table, typeset, typeset_row};
use crate::mathml::mathml;
use crate::number::{NOTHING, count, optional, seconds, significant, trimmed};
use crate::plot::Plot;
use crate::study::{html_table, read_plots};
use crate::sum::sum_to_latex;
use crate::words;

/// A table of more orbits than this is folded.
const OPEN_ORBITS: usize = 12;
/// A table of more orbits than this has some of them, spread over all.
const MOST_ROWS: usize = 500;

/// A section with its heading.
pub(super) fn section(title: &str, inside: &str) -> String {
    // With a prefix: titles come from scripts, and the page has elements of its own.
    let id = format!("section-{}", title.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "-"));
    let heading = element("h2", &[("id", &id)], &escape(title));
    element("section", &[("aria-labelledby", &id)], &format!("{heading}{inside}")) + "\n"
}

/// What was analysed.
pub(super) fn header(document: &Document) -> String {
    let system = &document.system;
    let origin = system.plugin.as_ref().map(|plugin| format!("<p class=\"origin\">{}</p>", escape(plugin)));
    let parameters = match system.parameters.is_empty() {
        true => String::new(),
        false => format!(" · {}", escape(&words::parameters(system))),
    };
    let hamiltonian = match system.hamiltonian.is_empty() {
        true => String::new(),
        false => formula("H", &system.latex, &system.hamiltonian),
    };
    format!(
        "<h1>{}</h1>{}{}<p class=\"faint\">{}{parameters}</p>",
        escape(&system.name),
        origin.unwrap_or_default(),
        hamiltonian,
        escape(&words::phase_space(system)),
    )
}

/// The answer and why.
pub(super) fn verdict(document: &Document) -> String {
    let Some(verdict) = &document.verdict else {
        return section("Verdict", "<p>No verdict was reached: its pass did not run.</p>");
    };
    let mut reasons = verdict.because.clone();
    reasons.extend(words::level_sets(verdict));
    let reasons: String = reasons.iter().map(|reason| element("li", &[], &escape(reason))).collect();
    let answer = format!("<p class=\"answer\">{}{}</p>", escape(&words::verdict_title(verdict)), certainty(verdict));
    let inside = format!("<div class=\"verdict\">{answer}<ul>{reasons}</ul></div>{}", tiles(document));
    section("Verdict", &inside)
}

fn certainty(verdict: &Verdict) -> String {
    words::certainty(verdict).map(|word| format!(" {}", chip(word))).unwrap_or_default()
}

/// A word in a coloured frame.
fn chip(word: &str) -> String {
    let class = match word {
        "proved" | "yes" | "done" => "chip good",
        "refuted" | "failed" | "no" => "chip bad",
        _ => "chip seen",
    };
    element("span", &[("class", class)], &escape(word))
}

/// The few numbers one looks for first.
fn tiles(document: &Document) -> String {
    let mut tiles = Vec::new();
    if let Some(integrals) = &document.integrals {
        // As many as degrees of freedom, and one for each Casimir.
        let text = format!("{} of {}", integrals.in_involution, document.system.dimension() - document.system.dof);
        tiles.push((text, "integrals in involution"));
    }
    if let Some(chaos) = &document.chaos {
        tiles.push((
            chaos.counts.fraction.map_or(NOTHING.to_string(), crate::number::percent),
            "orbits chaotic, measured",
        ));
    }
    if let Some(learned) = &document.learned {
        tiles.push((optional(learned.action_drift.median, 2), "median drift of learned actions"));
        tiles.push((optional(learned.phase_horizon, 3), "phase horizon, units of time"));
    }
    let tile = |(value, name): &(String, &str)| {
        format!("<div class=\"tile\"><dt>{}</dt><dd>{}</dd></div>", escape(name), typeset(value))
    };
    element("dl", &[("class", "tiles")], &tiles.iter().map(tile).collect::<String>())
}

/// Where the three witnesses agree.
pub(super) fn witnesses(document: &Document) -> String {
    let Some(witnesses) = document.witnesses.as_deref().filter(|witnesses| !witnesses.is_empty()) else {
        return String::new();
    };
    let said = |text: &Option<String>| text.as_deref().map_or(NOTHING.to_string(), typeset);
    let row = |witness: &Witness| {
        let agree = witness.agree.map_or(NOTHING.to_string(), |agree| chip(if agree { "yes" } else { "no" }));
        let [symbolic, measured, learned] = [&witness.symbolic, &witness.measured, &witness.learned].map(said);
        vec![typeset(&witness.claim), symbolic, measured, learned, agree]
    };
    let rows: Vec<Vec<String>> = witnesses.iter().map(row).collect();
    let head = ["claim", "symbolic", "measured", "learned", "agree"];
    section("Witnesses", &table("What algebra, orbits and network say", &head, &rows))
}

/// Integrals of motion and the script's claims.
pub(super) fn integrals(document: &Document) -> String {
    let claims = document.claims.as_deref().filter(|claims| !claims.is_empty()).map(claims).unwrap_or_default();
    let Some(integrals) = &document.integrals else { return claims };
    let found: String = integrals.found.iter().map(integral).collect();
    let inside = format!(
        "<p>{}.</p>{found}<p><strong>{}</strong> <span class=\"faint\">({})</span></p>{}",
        escape(&words::integral_counts(integrals)),
        escape(&words::searched(&integrals.searched)),
        escape(&words::search_space(&integrals.searched)),
        commuting(integrals),
    );
    section("Integrals of motion", &inside) + &claims
}

fn integral(integral: &Integral) -> String {
    let how = words::how_known(integral);
    let name = format!(
        "<h3>{} {} <span class=\"faint\">weight {}</span></h3>",
        escape(&integral.name),
        chip(how),
        integral.degree
    );
    element("article", &[], &(name + &formula("", &integral.latex, &integral.expression)))
}

fn commuting(integrals: &Integrals) -> String {
    let named = match integrals.commuting.as_slice() {
        [] => String::new(),
        names => format!("<p class=\"faint\">Commuting with each other: {}.</p>", escape(&names.join(", "))),
    };
    // Of two the sentence says it all.
    if integrals.commute.len() < 3 { named } else { named + &commutation(integrals).ring() }
}

/// Who commutes with whom.
fn commutation(integrals: &Integrals) -> Graph {
    let node = |integral: &Integral| Node {
        name: integral.name.clone(),
        class: if words::is_proved(integral) { "done" } else { "skipped" },
    };
    let n = integrals.found.len().min(integrals.commute.len());
    let pairs = (0..n).flat_map(|i| (i + 1..n).map(move |j| [i, j]));
    let commutes = |[i, j]: &[usize; 2]| integrals.commute[*i].get(*j) == Some(&true);
    let edges: Vec<[usize; 2]> = pairs.filter(commutes).collect();
    let all = n * (n - 1) / 2;
    Graph {
        id: "commutation",
        title: "Which integrals commute".to_string(),
        description: format!(
            "{} of {all} pairs, joined by a line, have a Poisson bracket that vanishes at a random point modulo a prime.",
            edges.len()
        ),
        nodes: integrals.found.iter().take(n).map(node).collect(),
        edges,
    }
}

fn claims(claims: &[Claim]) -> String {
    let row = |claim: &Claim| {
        let expression = element("code", &[], &escape(&claim.expression));
        vec![escape(&claim.name), chip(&claim.status), expression]
    };
    let rows: Vec<Vec<String>> = claims.iter().map(row).collect();
    section(
        "Claims of the script",
        &table("Functions the script claims to be conserved", &["claim", "status", "conserved"], &rows),
    )
}

/// A formula typeset, with its script text to copy.
fn formula(name: &str, latex: &str, script: &str) -> String {
    let name = if name.is_empty() { String::new() } else { format!("<math><mi>{name}</mi><mo>=</mo></math> ") };
    let typeset = if latex.is_empty() { element("code", &[], &escape(script)) } else { mathml(latex) };
    let copy = format!("<details><summary>script</summary><code>{}</code></details>", escape(script));
    format!("<div class=\"formula\"><div class=\"math\">{name}{typeset}</div>{copy}</div>")
}

/// The normal form at an equilibrium.
pub(super) fn normal_form(document: &Document) -> String {
    let Some(form) = &document.normal_form else { return String::new() };
    let energy = formula("h", &form.latex, &form.hamiltonian_of_actions);
    let resonant = match form.resonant_terms.count {
        0 => String::new(),
        _ => formula("resonances", "", &form.resonant_terms.expression),
    };
    let lines: String = words::normal_form(form).iter().map(|text| element("li", &[], &typeset(text))).collect();
    section("Normal form", &format!("{energy}{resonant}<ul>{lines}</ul>"))
}

/// What the orbits do.
pub(super) fn chaos(document: &Document) -> String {
    let Some(chaos) = &document.chaos else { return String::new() };
    let share = format!("{}: {}", chaos.label.replace('_', " "), words::chaotic_share(chaos));
    let energy = words::worst_energy_error(chaos);
    let energy = energy.map(|error| format!("energy kept to {} on every orbit", significant(error, 2)));
    let others = [words::lyapunov(chaos), words::indicators(chaos), Some(words::orbits_followed(chaos)), energy];
    let others: String = others.iter().flatten().map(|text| element("li", &[], &typeset(text))).collect();
    section("Chaos", &format!("<p>{} {}</p><ul>{others}</ul>", chip("measured"), typeset(&share)))
}

/// Where orbits pass a surface.
pub(super) fn poincare(document: &Document) -> String {
    let Some(sections) = &document.sections else { return String::new() };
    let how = format!("<p class=\"faint\">{}</p>", escape(&sections.how));
    section("Section", &format!("<p>{} {}</p>{how}", chip("measured"), typeset(&words::sections(sections))))
}

/// Frequencies of the orbits.
pub(super) fn frequencies(document: &Document) -> String {
    let Some(frequencies) = &document.frequencies else { return String::new() };
    let agreement = frequencies.agreement.as_ref();
    let quadrature = words::quadrature(frequencies);
    let unresolved = words::unresolved(frequencies);
    let lines = [
        agreement.map(words::agreement),
        agreement.and_then(words::matrix),
        unresolved,
        words::resonances(frequencies),
        quadrature,
    ];
    let lines: String = lines.iter().flatten().map(|text| element("li", &[], &typeset(text))).collect();
    let table = frequency_table(frequencies);
    let orbits = count(frequencies.orbits.len(), "orbit", "orbits");
    let table = match frequencies.orbits.len() {
        0 => String::new(),
        n if n > MOST_ROWS => format!("<details><summary>{MOST_ROWS} of {orbits}</summary>{table}</details>"),
        n if n > OPEN_ORBITS => format!("<details><summary>all {orbits}</summary>{table}</details>"),
        _ => table,
    };
    section("Frequencies", &format!("<ul>{lines}</ul>{table}"))
}

fn frequency_table(frequencies: &Frequencies) -> String {
    let agreement = frequencies.agreement.as_ref();
    let order = agreement.and_then(words::matrix).map_or("", |_| ", both in the learned order");
    let caption = format!("Frequencies in {}{order}", frequencies.unit);
    let shown = spread(frequencies.orbits.len(), MOST_ROWS);
    let orbits = shown.into_iter().map(|index| (index, &frequencies.orbits[index]));
    if frequencies.orbits.iter().any(|orbit| orbit.learned.is_some()) {
        let head = ["orbit", "actions", "measured", "standard error", "learned", "difference", "change over the orbit"];
        return table(&caption, &head, &orbits.map(|(index, orbit)| both(index, orbit, agreement)).collect::<Vec<_>>());
    }
    let rows = orbits.map(|(index, orbit)| {
        vec![
            (index + 1).to_string(),
            numbers(orbit.measured.as_deref(), 8),
            numbers(orbit.error.as_deref(), 1),
            numbers(orbit.amplitude.as_deref(), 3),
            typeset(&optional(orbit.diffusion, 2)),
        ]
    });
    let head = ["orbit", "measured", "standard error", "amplitude of the line", "change over the orbit"];
    table(&caption, &head, &rows.collect::<Vec<_>>())
}

/// The row of an orbit of which there are learned frequencies too.
fn both(index: usize, orbit: &FrequencyOrbit, agreement: Option<&Agreement>) -> Vec<String> {
    let measured = orbit.measured.as_ref().map(|measured| words::reordered(agreement, measured));
    let error = orbit.error.as_ref().map(|error| words::reordered_errors(agreement, error));
    vec![
        (index + 1).to_string(),
        numbers(orbit.actions.as_deref(), 4),
        numbers(measured.as_deref(), 8),
        numbers(error.as_deref(), 1),
        numbers(orbit.learned.as_deref(), 8),
        typeset(&words::shown_difference(agreement, orbit)),
        typeset(&optional(orbit.diffusion, 2)),
    ]
}

fn numbers(values: Option<&[f64]>, digits: usize) -> String {
    let texts = |values: &[f64]| values.iter().map(|value| significant(*value, digits)).collect::<Vec<_>>();
    values.map_or(NOTHING.to_string(), |values| typeset_row(&texts(values)))
}

/// Surviving tori.
pub(super) fn kam(document: &Document) -> String {
    let Some(kam) = &document.kam else { return String::new() };
    let lines: String =
        words::kam(kam, document.frequencies.as_ref().and_then(|frequencies| frequencies.agreement.as_ref()))
            .iter()
            .map(|text| element("li", &[], &typeset(text)))
            .collect();
    section("Surviving tori", &format!("<p>{}</p><ul>{lines}</ul>", chip("measured")))
}

/// The learned map.
pub(super) fn learned(document: &Document) -> String {
    let Some(learned) = &document.learned else { return String::new() };
    let drift = learned.action_drift;
    let drift = format!("median {}, 95 % {}", optional(drift.median, 2), optional(drift.p95, 2));
    let facts = [
        ("network", words::network(learned)),
        ("pairs", words::pairs(learned)),
        ("action drift", drift),
        ("symplectic defect", optional(learned.symplectic_defect, 2)),
        ("brackets", words::brackets(learned).unwrap_or(NOTHING.to_string())),
        ("phase horizon", words::phase_horizon(learned).unwrap_or(NOTHING.to_string())),
    ];
    let at_resonance = words::drift_at_resonance(learned).map(|text| ("drift at resonance", text));
    let facts: String = facts
        .iter()
        .chain(&at_resonance)
        .map(|(name, value)| format!("<dt>{name}</dt><dd>{}</dd>", typeset(value)))
        .collect();
    let energy = learned.hamiltonian_of_actions.as_ref();
    let energy = energy.map(|text| formula("h", &sum_to_latex(text).unwrap_or_default(), text));
    let closed = learned.energy_of_actions.iter().map(|form| closed_form("energy", form));
    let actions: String = closed.chain(learned.actions.iter().map(|form| closed_form("action", form))).collect();
    let inside = format!("<dl class=\"facts\">{facts}</dl>{}{actions}{}", energy.unwrap_or_default(), errors(learned));
    section("Learned action-angle map", &inside)
}

fn closed_form(of: &str, form: &Value) -> String {
    let part = |key: &str| form.get(key).map(|value| format!(", {key} {}", scalar_text(value))).unwrap_or_default();
    let expression = form.get("expression").map(scalar_text).unwrap_or_default();
    let formula = formula(of, &sum_to_latex(&expression).unwrap_or_default(), &expression);
    let judged = (part("error") + &part("against")).trim_start_matches(", ").to_string();
    format!("{formula}<p class=\"faint\">{}</p>", typeset(&judged))
}

fn errors(learned: &Learned) -> String {
    if learned.prediction_error.is_empty() {
        return String::new();
    }
    let rows = learned.prediction_error.iter().map(|error| {
        [trimmed(error.t, 4), optional(error.median, 2), optional(error.p95, 2)].map(|text| typeset(&text)).to_vec()
    });
    let caption = "Relative error of predictions on held-out orbits";
    table(caption, &["horizon t", "median", "95 %"], &rows.collect::<Vec<_>>())
}

/// What has no section of its own: obstruction, sections, and what passes of a user gave.
pub(super) fn artifacts(document: &Document) -> String {
    let known = [("Obstruction", &document.obstruction)];
    let known = known.into_iter().filter_map(|(title, value)| Some((title.to_string(), value.as_ref()?)));
    let users = document.passes.iter().flat_map(|pass| &pass.artifacts);
    let users = users.map(|(kind, value)| (kind.replace('_', " "), value));
    known.chain(users).map(|(title, value)| section(&title, &artifact(value))).collect()
}

fn artifact(value: &Value) -> String {
    let line = |fact: crate::facts::Fact| {
        let indent = format!("margin-inline-start:{}em", 1.2 * fact.depth.saturating_sub(1) as f64);
        let text = match (fact.name.is_empty(), fact.value.is_empty()) {
            (true, true) => return String::new(),
            (true, false) => typeset(&fact.value),
            (false, _) => format!("<span class=\"faint\">{}</span> {}", escape(&fact.name), typeset(&fact.value)),
        };
        element("li", &[("style", &indent)], &text)
    };
    element("ul", &[("class", "lines")], &facts("", value).into_iter().map(line).collect::<String>())
}

/// What passes have found out that has no key of its own.
pub(super) fn findings(document: &Document) -> String {
    let found = document.passes.iter().flat_map(|pass| pass.findings.iter().map(move |finding| (&pass.name, finding)));
    let items: String =
        found.map(|(pass, finding)| element("li", &[], &typeset(&format!("{finding} ({pass})")))).collect();
    if items.is_empty() { items } else { section("Findings", &element("ul", &[], &items)) }
}

/// Plots and tables of passes.
pub(super) fn sheets(document: &Document) -> String {
    let of = |pass: &PassRecord| {
        let tables: String = pass.tables.iter().map(|table| html_table(&table.into())).collect();
        let inside = figures(&read_plots(&pass.name, &pass.plots)) + &tables;
        if inside.is_empty() { inside } else { section(&pass.name.replace('_', " "), &inside) }
    };
    document.passes.iter().map(of).collect()
}

/// The plots of all passes.
pub(super) fn sheet_plots(document: &Document) -> Vec<Plot> {
    document.passes.iter().flat_map(|pass| read_plots(&pass.name, &pass.plots)).collect()
}

/// Every pass and how it ended.
pub(super) fn passes(document: &Document) -> String {
    if document.passes.is_empty() {
        return String::new();
    }
    let rows = document.passes.iter().map(|pass| {
        let said: Vec<&str> = pass.reason.iter().chain(&pass.notes).map(String::as_str).collect();
        let time = pass.seconds.map_or(NOTHING.to_string(), seconds).replace(' ', "\u{a0}");
        vec![escape(&pass.name), chip(&pass.status), escape(&said.join("; ")), escape(&time)]
    });
    let table = table("Passes in the order they ran", &["pass", "ended", "said", "time"], &rows.collect::<Vec<_>>());
    section("Passes", &(table + &pass_graph(&document.passes)))
}

/// Which pass needs what another gives.
fn pass_graph(passes: &[PassRecord]) -> String {
    let node = |pass: &PassRecord| Node {
        name: pass.name.clone(),
        class: match pass.status.as_str() {
            "done" => "done",
            "failed" => "failed",
            _ => "skipped",
        },
    };
    let gives = |giver: &PassRecord, taker: &PassRecord| giver.gives.iter().any(|kind| taker.needs.contains(kind));
    let pairs = (0..passes.len()).flat_map(|i| (i + 1..passes.len()).map(move |j| [i, j]));
    let edges: Vec<[usize; 2]> = pairs.filter(|[i, j]| gives(&passes[*i], &passes[*j])).collect();
    if edges.is_empty() {
        return String::new();
    }
    let graph = Graph {
        id: "pass-graph",
        title: "Which pass needs which".to_string(),
        description: "Each pass stands to the right of those whose results it needs.".to_string(),
        nodes: passes.iter().map(node).collect(),
        edges,
    };
    element(
        "div",
        &[("class", "scroll"), ("tabindex", "0"), ("role", "group"), ("aria-label", "Graph of the passes")],
        &graph.columns(),
    )
}

/// What is needed to do it again.
pub(super) fn provenance(document: &Document, bundle: Option<&str>) -> String {
    let provenance = &document.provenance;
    let command = words::again(provenance).map(|text| format!("<pre><code>{}</code></pre>", escape(&text)));
    let script = |path: &str, hash: &str| format!("{} <code class=\"hash\">{}</code>", escape(path), escape(hash));
    let scripts = provenance.scripts.iter().map(|text| ("script", script(&text.path, &text.sha256)));
    let system = ("system", script(&document.system.name, &document.system.sha256));
    let plugins = provenance.plugins.iter().map(|plugin| ("plugin", escape(plugin)));
    let volatile = &provenance.volatile;
    let time = volatile.seconds.map_or(NOTHING.to_string(), seconds);
    let run = format!("{time} on {}, {}", count(volatile.threads, "thread", "threads"), words::date(volatile.started));
    let facts = [("same bytes with", escape(&words::conditions(provenance))), system];
    let kept = bundle.map(|path| ("everything is in", escape(path)));
    let facts = facts.into_iter().chain(scripts).chain(plugins).chain(kept).chain([("run", escape(&run))]);
    let facts: String = facts.map(|(name, value)| format!("<dt>{name}</dt><dd>{value}</dd>")).collect();
    section("To do it again", &format!("{}<dl class=\"facts\">{facts}</dl>", command.unwrap_or_default()))
}
