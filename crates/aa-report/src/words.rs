//! The sentences that every report shares, so that terminal and page never say the same thing in two ways.
//!
//! The word *proved* stands only where exact algebra stands behind it; whatever orbits or networks show is *measured*.

use aa_analysis::document::{
    Agreement, Chaos, ChaosOrbit, Determinant, Frequencies, FrequencyOrbit, Integral, Integrals, Kam, Learned,
    NormalForm, PassRecord, Provenance, Quadrature, Resonance, Searched, SectionOrbit, Sections, System, Twist,
    Verdict,
};
use aa_analysis::relative_difference;
use serde_json::Value;

use crate::facts::scalar_text;
use crate::number::{count, optional, percent, row, significant, trimmed};
use crate::paint::Tone;
use crate::unimodular::times_inverse;

/// The verdict in a word or two.
pub(crate) fn verdict_title(verdict: &Verdict) -> String {
    verdict.kind.replace('_', " ")
}

/// How the verdict is known; nothing where there is none.
pub(crate) fn certainty(verdict: &Verdict) -> Option<&str> {
    (verdict.kind != "undecided" && !verdict.certainty.is_empty()).then_some(verdict.certainty.as_str())
}

/// The tone of a word that says how something is known or how it ended.
pub(crate) fn tone(word: &str) -> Tone {
    match word {
        "proved" | "done" | "yes" | "regular" | "integrable" | "superintegrable" => Tone::Good,
        "refuted" | "failed" | "no" => Tone::Bad,
        "measured" | "undecided" | "stopped" | "skipped" | "mixed" | "chaotic" => Tone::Seen,
        _ => Tone::Plain,
    }
}

/// What the level sets look like and what the motion does; nothing where neither is known.
pub(crate) fn level_sets(verdict: &Verdict) -> Option<String> {
    let angles = verdict.torus_dimension.map(|n| count(n, "angle", "angles"));
    // Without angles known, that nothing is unbounded is said by the motion.
    let free = verdict.free_directions.filter(|n| *n > 0 || angles.is_some());
    let free = free.map(|n| count(n, "unbounded direction", "unbounded directions"));
    let sets = match (angles, free) {
        (Some(angles), Some(free)) => Some(format!("level sets have {angles} and {free}")),
        (one, other) => one.or(other).map(|part| format!("level sets have {part}")),
    };
    let motion = verdict.motion.as_ref().map(|motion| format!("motion {motion} on the sampled orbits"));
    match (sets, motion) {
        (Some(sets), Some(motion)) => Some(format!("{sets}; {motion}")),
        (sets, motion) => sets.or(motion),
    }
}

/// Whether the integral is certain: an identity over the rationals, nothing less.
pub(crate) fn is_proved(integral: &Integral) -> bool {
    integral.proved && integral.how == "identity"
}

/// How an integral is known.
pub(crate) fn how_known(integral: &Integral) -> &'static str {
    match (is_proved(integral), integral.how.as_str()) {
        (true, _) => "proved",
        (false, "second_prime") => "seen modulo a second prime only",
        _ => "not verified",
    }
}

/// What the search says about further integrals.
pub(crate) fn searched(searched: &Searched) -> String {
    let found = if searched.complete { "" } else { " found" };
    format!("none other{found} up to weight {}", searched.degree)
}

/// What was searched.
pub(crate) fn search_space(searched: &Searched) -> String {
    let basis = count(searched.basis, "candidate monomial", "candidate monomials");
    if searched.weights.is_empty() { basis } else { format!("{basis}; weights: {}", searched.weights) }
}

/// How many integrals there are and how they commute.
pub(crate) fn integral_counts(integrals: &Integrals) -> String {
    format!(
        "{} independent, {} in involution, matrix of brackets of rank {}",
        integrals.independent, integrals.in_involution, integrals.bracket_rank
    )
}

/// The share of chaotic orbits, with its interval.
pub(crate) fn chaotic_share(chaos: &Chaos) -> String {
    let labelled = chaos.counts.chaotic + chaos.counts.regular;
    let Some(fraction) = chaos.counts.fraction else {
        return format!("none of {} could be labelled", count(chaos.orbits, "orbit", "orbits"));
    };
    let interval = chaos
        .counts
        .interval
        .map(|[low, high]| format!(" (95 % interval {} to {})", percent(low), percent(high)))
        .unwrap_or_default();
    let of = chaos
        .energy_surface
        .map(|energy| format!(" of the energy surface at {} by Liouville's measure", trimmed(energy, 6)));
    format!(
        "{} of {} chaotic, {}{}{interval}",
        chaos.counts.chaotic,
        count(labelled, "labelled orbit", "labelled orbits"),
        percent(fraction),
        of.unwrap_or_default()
    )
}

/// A number of an orbit, where there is one.
type OfOrbit = fn(&ChaosOrbit) -> Option<f64>;

/// Medians of the indicators that were asked for, of regular and of chaotic orbits.
pub(crate) fn indicators(chaos: &Chaos) -> Option<String> {
    let indicators: [(&str, OfOrbit); 4] = [
        ("second exponent", |orbit| orbit.spectrum.as_ref()?.get(1).copied()),
        ("mean MEGNO", |orbit| orbit.mean_megno),
        ("FLI", |orbit| orbit.fli),
        ("OFLI", |orbit| orbit.ofli),
    ];
    let galis = chaos.orbit.iter().find_map(|orbit| orbit.gali.as_ref()).into_iter().flatten().map(|gali| gali.k);
    let galis = galis.map(|k| (format!("GALI_{k}"), medians(chaos, |orbit| gali(orbit, k))));
    let others = indicators.into_iter().map(|(name, field)| (name.to_string(), medians(chaos, field)));
    let parts: Vec<String> = others.chain(galis).filter_map(|(name, text)| Some(format!("{name} {}", text?))).collect();
    (!parts.is_empty()).then(|| format!("medians of regular / chaotic orbits: {}", parts.join("; ")))
}

fn gali(orbit: &ChaosOrbit, k: usize) -> Option<f64> {
    orbit.gali.as_ref()?.iter().find(|gali| gali.k == k)?.value
}

/// The medians of both kinds of orbits; none where no orbit has a value.
fn medians(chaos: &Chaos, field: impl Fn(&ChaosOrbit) -> Option<f64>) -> Option<String> {
    let median = |state: &str| {
        let mut values: Vec<f64> = chaos.orbit.iter().filter(|orbit| orbit.state == state).filter_map(&field).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied()
    };
    let (regular, chaotic) = (median("regular"), median("chaotic"));
    let word = |value: Option<f64>| value.map_or("none".to_string(), |value| significant(value, 3));
    (regular.is_some() || chaotic.is_some()).then(|| format!("{} / {}", word(regular), word(chaotic)))
}

/// The orbits that are neither chaotic nor regular, and how all were followed.
pub(crate) fn orbits_followed(chaos: &Chaos) -> String {
    let others =
        [(chaos.counts.sticky, "sticky"), (chaos.counts.undecided, "undecided"), (chaos.counts.escaped, "escaped")];
    let others = others.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!(", {n} {word}"));
    let blurs: Vec<f64> = chaos.orbit.iter().filter_map(|orbit| orbit.blur).collect();
    let blurred = blurs.iter().copied().reduce(f64::max).map(|most| {
        let orbits = count(blurs.len(), "orbit", "orbits");
        format!("; deviations of {orbits} followed only to {}", significant(most, 2))
    });
    format!(
        "{}: {} regular, {} chaotic{}; followed to t = {}, alignment threshold {}{}",
        count(chaos.orbits, "orbit", "orbits"),
        chaos.counts.regular,
        chaos.counts.chaotic,
        others.collect::<String>(),
        trimmed(chaos.t, 6),
        trimmed(chaos.threshold, 2),
        blurred.unwrap_or_default()
    )
}

/// The Lyapunov exponents of the chaotic orbits.
pub(crate) fn lyapunov(chaos: &Chaos) -> Option<String> {
    let summary = chaos.lyapunov?;
    Some(format!(
        "maximal Lyapunov exponent of the chaotic orbits: mean {}, median {}, 5 to 95 % {} to {} per unit time",
        optional(summary.mean, 3),
        optional(summary.median, 3),
        optional(summary.p05, 2),
        optional(summary.p95, 2)
    ))
}

/// The largest relative error of the energy over all orbits; none where it was not recorded.
pub(crate) fn worst_energy_error(chaos: &Chaos) -> Option<f64> {
    chaos.orbit.iter().filter_map(|orbit| orbit.energy_error).max_by(f64::total_cmp)
}

/// The resonances of most orbits; nothing where there are none.
pub(crate) fn resonances(frequencies: &Frequencies) -> Option<String> {
    let agreement = frequencies.agreement.as_ref();
    let listed: Vec<String> =
        frequencies.resonances.iter().take(RESONANCES).map(|line| resonance(agreement, line)).collect();
    let more = match frequencies.resonances.len().saturating_sub(RESONANCES) {
        0 => String::new(),
        n => format!("; {n} more in the JSON document"),
    };
    (!listed.is_empty()).then(|| format!("resonances: {}{more}", listed.join("; ")))
}

/// The same combination of the frequencies in the learned order, M omega: k.omega = (k M^-1).(M omega). As it is where there
/// is no matrix.
pub(crate) fn reordered_combination(agreement: Option<&Agreement>, k: &[i64]) -> Vec<i64> {
    let matrix = order_of(agreement, k.len());
    let k = matrix.and_then(|matrix| times_inverse(k, matrix)).unwrap_or_else(|| k.to_vec());
    if k.iter().find(|k| **k != 0) < Some(&0) { k.iter().map(|k| -k).collect() } else { k }
}

/// A resonance, like `2 ω1 - ω2 = 0 on 3 orbits`.
fn resonance(agreement: Option<&Agreement>, resonance: &Resonance) -> String {
    let relation = combination(&reordered_combination(agreement, &resonance.k));
    format!("{relation} = 0 on {}", count(resonance.orbits, "orbit", "orbits"))
}

/// A combination of frequencies, like `2 ω1 - ω2`.
fn combination(k: &[i64]) -> String {
    let mut relation = String::new();
    for (index, k) in k.iter().enumerate().filter(|(_, k)| **k != 0) {
        relation.push_str(match (relation.is_empty(), *k < 0) {
            (true, true) => "-",
            (true, false) => "",
            (false, true) => " - ",
            (false, false) => " + ",
        });
        let size = k.unsigned_abs();
        if size != 1 {
            relation.push_str(&format!("{size} "));
        }
        relation.push_str(&format!("ω{}", index + 1));
    }
    relation
}

/// No list of resonances is longer than this.
const RESONANCES: usize = 6;

/// What a section holds, in one sentence.
pub(crate) fn sections(sections: &Sections) -> String {
    let counts = || sections.orbits.iter().map(|orbit| orbit.count);
    let worst = |field: fn(&SectionOrbit) -> Option<f64>| sections.orbits.iter().filter_map(field).reduce(f64::max);
    let energy = worst(|orbit| orbit.energy_error).map(|e| format!(", energy kept to {}", significant(e, 2)));
    let error = worst(|orbit| orbit.interpolation_error).map(|e| format!(", interpolated to {}", significant(e, 2)));
    let seen = counts().filter(|n| *n > 0).count();
    format!(
        "{}: {} of {seen} of {}{}",
        sections.at,
        count(counts().sum(), "crossing", "crossings"),
        count(sections.orbits.len(), "orbit", "orbits"),
        energy.or(error).unwrap_or_default()
    )
}

/// What a normal form is, its resonances and its region of use: one line each.
pub(crate) fn normal_form(form: &NormalForm) -> Vec<String> {
    let kind = if form.exact { "exact" } else { "floating point" };
    let mut lines = vec![format!("order {}, {kind}; frequencies {}", form.order, row(&form.frequencies, 8))];
    let exact = form.resonances.iter().map(|k| format!("{} = 0", combination(k)));
    let near = form.near_resonances.iter().map(|n| format!("{} = {}", combination(&n.k), significant(n.divisor, 2)));
    let relations: Vec<String> = exact.chain(near).take(RESONANCES).collect();
    if !relations.is_empty() {
        let terms = count(form.resonant_terms.count, "resonant term", "resonant terms");
        lines.push(format!("resonances: {}; {terms} beside h(I)", relations.join("; ")));
    }
    let tolerance = trimmed(form.region.tolerance, 2);
    lines.push(match (form.region.action, form.region.energy) {
        (None, _) => "for use everywhere".to_string(),
        (Some(action), None) => format!(
            "for use where the actions add up to less than {}: equations of motion right to {tolerance} there, measured",
            significant(action, 3)
        ),
        (Some(action), Some(energy)) => format!(
            "for use where the actions add up to less than {}, which holds below the energy {}: equations of motion right to \
             {tolerance} there, measured",
            significant(action, 3),
            significant(energy, 4)
        ),
    });
    lines
}

/// Measured frequencies in the learned order: M times measured; as measured where there is no such matrix.
pub(crate) fn reordered(agreement: Option<&Agreement>, measured: &[f64]) -> Vec<f64> {
    let dot = |row: &Vec<i64>| row.iter().zip(measured).map(|(k, omega)| *k as f64 * omega).sum();
    order_of(agreement, measured.len()).map_or(measured.to_vec(), |matrix| matrix.iter().map(dot).collect())
}

/// Their standard errors in the same order, those of an orbit taken as independent.
pub(crate) fn reordered_errors(agreement: Option<&Agreement>, errors: &[f64]) -> Vec<f64> {
    let sum = |row: &Vec<i64>| row.iter().zip(errors).map(|(k, error)| (*k as f64 * error).powi(2)).sum::<f64>().sqrt();
    order_of(agreement, errors.len()).map_or(errors.to_vec(), |matrix| matrix.iter().map(sum).collect())
}

/// The matrix from measured to learned frequencies, where it is one for so many.
fn order_of(agreement: Option<&Agreement>, n: usize) -> Option<&Vec<Vec<i64>>> {
    let matrix = &agreement?.matrix;
    (!matrix.is_empty() && matrix.iter().all(|row| row.len() == n)).then_some(matrix)
}

/// Largest relative difference between learned and measured frequencies of one orbit; none where one of them is silent,
/// or where the orbit is too short to tell its lines apart.
pub(crate) fn difference(agreement: Option<&Agreement>, orbit: &FrequencyOrbit) -> Option<f64> {
    if orbit.unresolved.is_some() {
        return None;
    }
    let measured = reordered(agreement, orbit.measured.as_ref()?);
    let learned = orbit.learned.as_ref().filter(|learned| learned.len() == measured.len())?;
    let relative = measured.iter().zip(learned).map(|(&m, &l)| relative_difference(m, l, learned));
    relative.max_by(f64::total_cmp).filter(|difference| difference.is_finite())
}

/// The difference as a table shows it.
pub(crate) fn shown_difference(agreement: Option<&Agreement>, orbit: &FrequencyOrbit) -> String {
    match &orbit.unresolved {
        Some(_) => "unresolved".into(),
        None => optional(difference(agreement, orbit), 2),
    }
}

/// How many orbits are too short to tell their lines apart; nothing where none is.
pub(crate) fn unresolved(frequencies: &Frequencies) -> Option<String> {
    let slow: Vec<&Vec<i64>> = frequencies.orbits.iter().filter_map(|orbit| orbit.unresolved.as_ref()).collect();
    let first = slow.first()?;
    let relation = combination(&reordered_combination(frequencies.agreement.as_ref(), first));
    Some(format!(
        "unresolved: {} too short for {} to turn once, so that lines which differ by it are seen as one; a longer \
         --pass frequencies.t tells them apart",
        count(slow.len(), "orbit is", "orbits are"),
        if slow.iter().all(|k| k == first) { relation } else { format!("combinations such as {relation}") },
    ))
}

/// The matrix that takes measured to learned frequencies; nothing where it is the identity or there is none.
pub(crate) fn matrix(agreement: &Agreement) -> Option<String> {
    let is_identity = |(i, row): (usize, &Vec<i64>)| row.iter().enumerate().all(|(j, k)| *k == i64::from(i == j));
    if agreement.matrix.iter().enumerate().all(is_identity) {
        return None;
    }
    let rows = agreement.matrix.iter().map(|row| {
        let entries: Vec<String> = row.iter().map(i64::to_string).collect();
        format!("[{}]", entries.join(", "))
    });
    Some(format!("learned = M measured with M = [{}]", rows.collect::<Vec<_>>().join(", ")))
}

/// How learned and measured frequencies compare.
pub(crate) fn agreement(agreement: &Agreement) -> String {
    let spread = agreement.learned_vs_measured;
    format!(
        "learned against measured, relative, held-out orbits: median {}, 95 % {}",
        optional(spread.median, 2),
        optional(spread.p95, 2)
    )
}

/// Actions by quadrature, and how those of the Fourier series compare; nothing where coordinates do not separate.
pub(crate) fn quadrature(frequencies: &Frequencies) -> Option<String> {
    let orbits = &frequencies.orbits;
    let refused = orbits.iter().find_map(|orbit| orbit.without_quadrature.as_ref());
    let found: Vec<&Quadrature> = orbits.iter().filter_map(|orbit| orbit.quadrature.as_ref()).collect();
    let Some(error) = found.iter().map(|found| found.error).max_by(f64::total_cmp) else {
        return refused.map(|reason| format!("no actions by quadrature: {reason}"));
    };
    let (n, error) = (count(found.len(), "orbit", "orbits"), significant(error, 2));
    let differences: Vec<f64> = found.iter().filter_map(|found| found.difference).collect();
    let worst = differences.iter().copied().max_by(f64::total_cmp).map_or(String::new(), |worst| {
        let within = significant(worst, 2);
        format!("; those of the Fourier series of {} are the same within {within} of their sum", differences.len())
    });
    Some(format!("actions by quadrature of {n}, to {error}{worst}"))
}

/// What the tori allow and how many survive, line by line; frequencies in the learned order where there is one.
pub(crate) fn kam(kam: &Kam, agreement: Option<&Agreement>) -> Vec<String> {
    let share = |[low, high]: [f64; 2]| {
        let range = format!("95 % interval {} to {}", percent(low), percent(high));
        format!("{} of {} orbits are regular ({range})", kam.regular, kam.followed)
    };
    let nearest = kam.orbits.iter().min_by(|a, b| a.distance.total_cmp(&b.distance)).map(|orbit| {
        let relation = combination(&reordered_combination(agreement, &orbit.k));
        let (distance, gamma) = (significant(orbit.distance, 2), significant(orbit.gamma, 2));
        format!("nearest to resonance up to order {}: {relation} = 0, distance {distance}, gamma {gamma}", kam.order)
    });
    let equilibrium = kam.equilibrium.iter().map(|found| format!("normal form at the equilibrium: {}", twist(found)));
    let measured = kam.twist.iter().map(|found| format!("at actions {}: {}", row(&found.actions, 4), twist(found)));
    let without = kam.without_twist.iter().map(|reason| format!("no domega/dI at {reason}"));
    kam.interval.map(share).into_iter().chain(equilibrium).chain(measured).chain(without).chain(nearest).collect()
}

fn twist(found: &Twist) -> String {
    let said = |determinant: &Determinant| {
        let word = if determinant.nonzero { "not degenerate" } else { "zero within its error" };
        let error = determinant.error.filter(|error| *error > 0.0);
        let error = error.map(|error| format!(" +- {}", significant(error, 1))).unwrap_or_default();
        format!("{}{error}, {word}", optional(determinant.value, 5))
    };
    format!("det domega/dI = {}; isoenergetic {}", said(&found.kolmogorov), said(&found.isoenergetic))
}

/// The network in a line.
pub(crate) fn network(learned: &Learned) -> String {
    let numbers = count(learned.parameters, "trainable number", "trainable numbers");
    let precision = learned.precision.as_ref().map(|precision| format!(", trained in {precision} precision"));
    format!("{}, {numbers}{}", learned.network, precision.unwrap_or_default())
}

/// The kinds of the pairs, those of a kind together.
pub(crate) fn pairs(learned: &Learned) -> String {
    let mut kinds: Vec<(&str, usize)> = Vec::new();
    for pair in &learned.pairs {
        match kinds.iter_mut().find(|(kind, _)| kind == pair) {
            Some((_, n)) => *n += 1,
            None => kinds.push((pair, 1)),
        }
    }
    kinds.iter().map(|(kind, n)| format!("{n} {kind}")).collect::<Vec<_>>().join(", ")
}

/// How canonical the learned actions and angles are.
pub(crate) fn brackets(learned: &Learned) -> Option<String> {
    let found = learned.brackets.as_ref()?;
    let of_actions = found.actions.iter().flatten().map(|entry| entry.unwrap_or(f64::NAN)).fold(0.0, f64::max);
    let [of_actions, defect] = [Some(of_actions), found.defect].map(|value| optional(value, 2));
    Some(format!("{{I, I}} up to {of_actions}, {{theta, I}} off by up to {defect} at {} points", found.points))
}

/// Whether the map fails near resonances.
pub(crate) fn drift_at_resonance(learned: &Learned) -> Option<String> {
    let found = learned.drift_at_resonance.as_ref()?;
    let [near, within, elsewhere] = [found.near, found.within, found.elsewhere].map(|value| optional(value, 2));
    let order = found.order;
    Some(format!(
        "median {near} on the quarter of orbits within {within} of one, |k| <= {order}; {elsewhere} elsewhere"
    ))
}

/// When the predicted phase is lost.
pub(crate) fn phase_horizon(learned: &Learned) -> Option<String> {
    learned.phase_horizon.map(|t| format!("t = {} (median phase error 0.1 rad)", significant(t, 3)))
}

/// Parameters, like `n = 3, a = 1`.
pub(crate) fn parameters(system: &System) -> String {
    let parameter = |(name, value): (&String, &Value)| match value.as_str() {
        Some(symbol) if symbol == name => format!("{name} any"),
        _ => format!("{name} = {}", parameter_text(value)),
    };
    system.parameters.iter().map(parameter).collect::<Vec<_>>().join(", ")
}

fn parameter_text(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(parameter_text).collect::<Vec<_>>().join(", ")),
        // A parameter is exact: whatever digits it has are shown.
        Value::Number(number) => number.to_string().trim_end_matches(".0").to_string(),
        scalar => scalar_text(scalar),
    }
}

/// What spans phase space.
pub(crate) fn phase_space(system: &System) -> String {
    let dof = count(system.dof, "degree of freedom", "degrees of freedom");
    let coordinates = system.coordinates.join(" ");
    if system.momenta.is_empty() {
        return format!("{dof} in a space with its own brackets: {coordinates}");
    }
    let time = if system.time_dependent { ", time and its momentum among them" } else { "" };
    format!("{dof}: {coordinates}; {}{time}", system.momenta.join(" "))
}

/// How many passes ended how, like `8 done, 1 skipped`.
pub(crate) fn pass_counts(passes: &[PassRecord]) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for pass in passes {
        match counts.iter_mut().find(|(status, _)| *status == pass.status) {
            Some((_, n)) => *n += 1,
            None => counts.push((&pass.status, 1)),
        }
    }
    counts.iter().map(|(status, n)| format!("{n} {status}")).collect::<Vec<_>>().join(", ")
}

/// The command that gives this document again; none where it is not known.
pub(crate) fn again(provenance: &Provenance) -> Option<String> {
    let command = &provenance.volatile.command;
    (!command.is_empty()).then(|| command.iter().map(|word| shell_word(word)).collect::<Vec<_>>().join(" "))
}

/// What the same bytes depend on.
pub(crate) fn conditions(provenance: &Provenance) -> String {
    format!("seed {}, {} kernels, aatool {}", provenance.seed, provenance.isa, provenance.aatool)
}

/// The word as a POSIX shell reads it back.
fn shell_word(word: &str) -> String {
    let harmless = |c: char| c.is_ascii_alphanumeric() || "-_./=,:@+%".contains(c);
    match !word.is_empty() && word.chars().all(harmless) {
        true => word.to_string(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

/// Seconds since 1970 as a date and time in UTC, like `2026-02-28 13:05:09 UTC`.
pub(crate) fn date(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // Years of this count begin in March, so that a leap day is a year's last; day 0 is 0000-03-01.
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_index = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_index + 2) / 5 + 1;
    let month = if month_index < 10 { month_index + 3 } else { month_index - 9 };
    let year = 400 * era + year_of_era + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02} UTC", rest / 3600, rest / 60 % 60, rest % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_incomplete_search_never_sounds_like_a_certificate() {
        let search = |complete| searched(&Searched { degree: 6, complete, ..Searched::default() });
        assert_eq!(search(true), "none other up to weight 6");
        assert_eq!(search(false), "none other found up to weight 6");
    }

    #[test]
    fn only_identities_are_called_proved() {
        let integral = |proved, how: &str| Integral {
            name: "F".into(),
            expression: "q".into(),
            latex: "q".into(),
            degree: 1,
            proved,
            how: how.into(),
        };
        assert_eq!(how_known(&integral(true, "identity")), "proved");
        for other in [integral(false, "second_prime"), integral(true, "second_prime"), integral(false, "identity")] {
            assert!(!how_known(&other).contains("proved"));
        }
    }

    #[test]
    fn a_normal_form_says_where_it_may_be_used() {
        let region = aa_analysis::document::Region { action: Some(0.0123), tolerance: 1e-3, ..Default::default() };
        let resonances = vec![vec![2, -1]];
        let form = NormalForm { order: 4, frequencies: vec![1.0, 2.0], resonances, region, ..NormalForm::default() };
        let lines = normal_form(&form);
        assert_eq!(lines[0], "order 4, floating point; frequencies 1.0000000  2.0000000");
        assert_eq!(lines[1], "resonances: 2 ω1 - ω2 = 0; 0 resonant terms beside h(I)");
        assert!(lines[2].starts_with("for use where the actions add up to less than 0.0123: "), "{}", lines[2]);
        assert_eq!(normal_form(&NormalForm::default()).last().unwrap(), "for use everywhere");
    }

    #[test]
    fn resonances_read_as_equations() {
        let resonance_of = |k: &[i64]| resonance(None, &Resonance { k: k.to_vec(), orbits: 3 });
        assert_eq!(resonance_of(&[2, -1]), "2 ω1 - ω2 = 0 on 3 orbits");
        assert_eq!(resonance_of(&[-1, 0, 3]), "ω1 - 3 ω3 = 0 on 3 orbits");
    }

    #[test]
    fn frequencies_are_compared_in_the_learned_order() {
        let spread = aa_analysis::document::Spread::default();
        let agreement = Agreement { matrix: vec![vec![0, 1], vec![1, -1]], orbits: 4, learned_vs_measured: spread };
        assert_eq!(reordered(Some(&agreement), &[3.0, 1.0]), [1.0, 2.0]);
        assert_eq!(reordered_errors(Some(&agreement), &[3e-9, 4e-9]), [4e-9, 5e-9]);
        let mut orbit = FrequencyOrbit {
            measured: Some(vec![3.0, 1.0]),
            learned: Some(vec![1.0, 2.02]),
            ..FrequencyOrbit::default()
        };
        assert!((difference(Some(&agreement), &orbit).unwrap() - 0.02 / 2.02).abs() < 1e-12);
        assert_eq!(matrix(&agreement).unwrap(), "learned = M measured with M = [[0, 1], [1, -1]]");
        orbit.unresolved = Some(vec![1, -3]);
        assert_eq!(shown_difference(Some(&agreement), &orbit), "unresolved");
        let said = unresolved(&Frequencies { orbits: vec![orbit], ..Frequencies::default() }).unwrap();
        assert!(said.starts_with("unresolved: 1 orbit is too short for ω1 - 3 ω2 to turn once"), "{said}");
        // Learned (a, b) = (m2, m1 - m2): m1 - 3 m2 = b - 2 a.
        assert_eq!(reordered_combination(Some(&agreement), &[1, -3]), [2, -1]);
    }

    #[test]
    fn commands_survive_the_shell() {
        assert_eq!(["a=1/2", "my file.h5", "it's", ""].map(shell_word), ["a=1/2", "'my file.h5'", "'it'\\''s'", "''"]);
    }

    #[test]
    fn dates_agree_with_the_calendar() {
        assert_eq!(date(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(date(951_782_400), "2000-02-29 00:00:00 UTC");
        assert_eq!(date(1_772_283_909), "2026-02-28 13:05:09 UTC");
    }
}
