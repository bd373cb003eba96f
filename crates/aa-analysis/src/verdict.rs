//! Weighs the evidence: what is proved goes before what is measured.

use crate::document::{Chaos, Integrals, Verdict};

/// How the orbits of the sampled region move, in coordinates from which free drifts are taken out.
#[derive(Clone, Debug, PartialEq)]
pub struct Motion {
    /// Orbits followed.
    pub orbits: usize,
    /// Orbits that left every bounded region.
    pub escaped: usize,
    /// Directions of free drift: conserved linear momenta that were taken out.
    pub n_free: usize,
}

impl Motion {
    /// bounded, unbounded or mixed.
    pub fn label(&self) -> &'static str {
        match self.escaped {
            0 => "bounded",
            n if n == self.orbits => "unbounded",
            _ => "mixed",
        }
    }
}

/// All that a verdict rests on.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// Degrees of freedom.
    pub dof: usize,
    /// Variables of phase space: 2 dof, and more where there are Casimirs.
    pub dimension: usize,
    /// What measured orbits told, where the study is of data.
    pub data: Vec<String>,
    /// Parameters that algebra kept as symbols.
    pub symbolic: Vec<String>,
    /// Exact integrals, where they were searched.
    pub integrals: Option<Integrals>,
    /// The statements of exact obstructions.
    pub obstructions: Vec<String>,
    /// Chaos indicators, where they were measured.
    pub chaos: Option<Chaos>,
    /// How orbits move, where they were followed.
    pub motion: Option<Motion>,
}

/// The answer that the evidence allows.
pub fn weigh(evidence: &Evidence) -> Verdict {
    let (kind, certainty) = kind(evidence);
    let (torus_dimension, free_directions) = level_set(evidence).unzip();
    Verdict {
        kind: kind.into(),
        certainty: certainty.into(),
        motion: evidence.motion.as_ref().map(|motion| motion.label().into()),
        torus_dimension,
        free_directions,
        because: reasons(evidence),
    }
}

impl Evidence {
    /// Functions that commute with everything; they count among the integrals.
    fn n_casimirs(&self) -> usize {
        self.dimension - 2 * self.dof
    }

    /// The integrals, where enough of them are proved: k + corank = 2 dof on the leaves of the Casimirs (Mishchenko and
    /// Fomenko, Funct. Anal. Appl. 12, 1978). Each Casimir counts in k and in the corank.
    fn complete_integrals(&self) -> Option<&Integrals> {
        let is_complete = |found: &&Integrals| {
            let corank = found.independent - found.bracket_rank;
            found.independent + corank == 2 * (self.dof + self.n_casimirs()) && found.found.iter().all(|f| f.proved)
        };
        self.integrals.as_ref().filter(is_complete)
    }
}

fn kind(evidence: &Evidence) -> (&'static str, &'static str) {
    if let Some(found) = evidence.complete_integrals() {
        let more_than_needed = found.independent > evidence.dof + evidence.n_casimirs();
        return (if more_than_needed { "superintegrable" } else { "integrable" }, "proved");
    }
    if !evidence.obstructions.is_empty() {
        return ("nonintegrable", "proved");
    }
    let seen = match evidence.chaos.as_ref().map(|chaos| chaos.label.as_str()) {
        Some("chaotic") => "chaotic",
        Some("mixed") => "mixed",
        Some("regular") => "looks_regular",
        _ => "undecided",
    };
    (seen, "measured")
}

/// Torus dimension and free directions of a common level set, whose dimension is that of phase space less k.
///
/// Algebra gives the sum; how it splits is what the sampled orbits do.
fn level_set(evidence: &Evidence) -> Option<(usize, usize)> {
    let integrals = evidence.complete_integrals()?;
    let motion = evidence.motion.as_ref()?;
    let dimension = evidence.dimension - integrals.independent;
    match motion.label() {
        "bounded" => Some((dimension.checked_sub(motion.n_free)?, motion.n_free)),
        "unbounded" => Some((0, dimension)),
        _ => None,
    }
}

fn reasons(evidence: &Evidence) -> Vec<String> {
    let dof = evidence.dof;
    let mut because = evidence.data.clone();
    if let Some(found) = &evidence.integrals {
        because.push(what_algebra_found(found, evidence));
        because.push(what_was_searched(found, evidence));
        because.extend(what_symbols_mean(&evidence.symbolic));
    }
    because.extend(evidence.obstructions.clone());
    if let Some(chaos) = &evidence.chaos {
        because.push(what_indicators_say(chaos, dof));
    }
    if let Some(motion) = &evidence.motion {
        because.push(format!("{} of {} sampled orbits left every bounded region", motion.escaped, motion.orbits));
    }
    because
}

fn what_algebra_found(found: &Integrals, evidence: &Evidence) -> String {
    let dof = evidence.dof;
    let proved = found.found.iter().filter(|integral| integral.proved).count();
    let names: Vec<&str> = found.found.iter().map(|integral| integral.name.as_str()).collect();
    let involution = match found.in_involution {
        n if n == found.independent => "in involution".to_string(),
        n => format!("of which {n} can be taken in involution"),
    };
    let leaves = match evidence.n_casimirs() {
        0 => String::new(),
        n => format!(" and {n} Casimir{}", plural(n)),
    };
    format!(
        "{} independent integral{} ({}; {proved} proved), {involution}, for {dof} degree{} of freedom{leaves}",
        found.independent,
        plural(found.independent),
        names.join(", "),
        plural(dof),
    )
}

fn what_was_searched(found: &Integrals, evidence: &Evidence) -> String {
    let searched = &found.searched;
    let (degree, basis) = (searched.degree, searched.basis);
    if found.independent >= evidence.dimension {
        return "nothing moves: these integrals fix every variable".to_string();
    }
    if found.independent + 1 == evidence.dimension {
        let maximally = found.independent > evidence.dof + evidence.n_casimirs();
        let kind = if maximally { "maximally superintegrable: " } else { "" };
        return format!("{kind}there can be no other integral, since these leave one dimension to move in");
    }
    let known = if searched.complete { "exists" } else { "was found" };
    format!(
        "no other integral {known} among the polynomials up to weight {degree} in the letters searched ({basis} monomials)"
    )
}

fn what_symbols_mean(symbolic: &[String]) -> Option<String> {
    let names = symbolic.join(", ");
    let meaning = "the integrals are conserved for all values, and independent for all but special ones";
    (!symbolic.is_empty()).then(|| format!("{names} kept as symbols: {meaning}; orbits take the values given"))
}

fn what_indicators_say(chaos: &Chaos, dof: usize) -> String {
    if dof == 1 {
        return "one degree of freedom: motion is regular by theorem".to_string();
    }
    let labelled = chaos.counts.chaotic + chaos.counts.regular;
    format!("{} of {labelled} labelled orbits are chaotic, measured up to t = {}", chaos.counts.chaotic, chaos.t)
}

fn plural(n: usize) -> &'static str {
    if n == 1 { "" } else { "s" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Integral, Searched};

    fn integrals(independent: usize, bracket_rank: usize, proved: bool) -> Integrals {
        let integral = |i: usize| Integral {
            name: format!("F{i}"),
            expression: String::new(),
            latex: String::new(),
            degree: 2,
            proved,
            how: String::new(),
        };
        Integrals {
            searched: Searched { degree: 4, complete: true, ..Searched::default() },
            independent,
            in_involution: independent - bracket_rank / 2,
            bracket_rank,
            commute: vec![],
            commuting: vec![],
            found: (0..independent).map(integral).collect(),
        }
    }

    fn evidence(dof: usize, integrals: Option<Integrals>, chaos: &str, motion: Option<Motion>) -> Evidence {
        let chaos = Some(Chaos { label: chaos.into(), ..Chaos::default() });
        Evidence {
            dof,
            dimension: 2 * dof,
            data: vec![],
            symbolic: vec![],
            integrals,
            obstructions: vec![],
            chaos,
            motion,
        }
    }

    #[track_caller]
    fn check(evidence: Evidence, kind: &str, certainty: &str, split: Option<(usize, usize)>) {
        let verdict = weigh(&evidence);
        assert_eq!((verdict.kind.as_str(), verdict.certainty.as_str()), (kind, certainty));
        assert_eq!((verdict.torus_dimension, verdict.free_directions), split.unzip());
    }

    const BOUNDED: Option<Motion> = Some(Motion { orbits: 9, escaped: 0, n_free: 0 });

    #[test]
    fn proofs_go_before_measurements() {
        let ring = Some(Motion { orbits: 9, escaped: 0, n_free: 1 });
        check(evidence(3, Some(integrals(3, 0, true)), "chaotic", ring), "integrable", "proved", Some((2, 1)));
        check(evidence(3, Some(integrals(5, 4, true)), "regular", BOUNDED), "superintegrable", "proved", Some((1, 0)));
        check(evidence(2, Some(integrals(1, 0, true)), "mixed", BOUNDED), "mixed", "measured", None);
        check(evidence(2, None, "regular", None), "looks_regular", "measured", None);
        check(evidence(2, None, "undecided", None), "undecided", "measured", None);
    }

    #[test]
    fn casimirs_count_among_the_integrals() {
        // A free rigid body: three variables, one degree of freedom, the energy and one Casimir.
        let body = |k| Evidence { dimension: 3, ..evidence(1, Some(integrals(k, 0, true)), "regular", BOUNDED) };
        check(body(2), "integrable", "proved", Some((1, 0)));
        check(body(1), "looks_regular", "measured", None);
    }

    #[test]
    fn escaping_orbits_fill_no_torus() {
        let all = Some(Motion { orbits: 9, escaped: 9, n_free: 1 });
        let some = Some(Motion { orbits: 9, escaped: 2, n_free: 1 });
        check(evidence(3, Some(integrals(3, 0, true)), "undecided", all), "integrable", "proved", Some((0, 3)));
        check(evidence(3, Some(integrals(3, 0, true)), "undecided", some), "integrable", "proved", None);
    }

    #[test]
    fn an_integral_that_is_not_proved_proves_nothing() {
        check(evidence(2, Some(integrals(2, 0, false)), "regular", BOUNDED), "looks_regular", "measured", None);
    }

    #[test]
    fn obstructions_prove_the_contrary() {
        let mut evidence = evidence(2, Some(integrals(1, 0, true)), "regular", BOUNDED);
        evidence.obstructions = vec!["excluded".into()];
        check(evidence, "nonintegrable", "proved", None);
    }
}
