//! What algebra, orbits and network say, side by side.

use std::collections::BTreeMap;

use aa_dynamics::NormalForm;
use aa_dynamics::frequency::{
    Fundamental, IntegerMatrix, in_order, match_unimodular, put_in_one_order, relative_errors, resonances,
};
use aa_dynamics::kam::Torus;
use aa_symbolic::{Rational, linear};
use serde::de::DeserializeOwned;

use super::LearnedMap;
use super::frequencies::{Measured, RESOLVED_ORDER, shared_resonances};
use super::{Instrument, Orbits};
use crate::document::{
    Agreement, Chaos, Document, Integrals, KamOrbit, Learned, Resonance, Spread, Verdict, Witness, finite,
};
use crate::study::{Options, Study};
use crate::{Artifact, Error};

pub(super) const COMPARE_FREQUENCIES: Instrument = Instrument {
    name: "compare_frequencies",
    about: "Compares learned with measured frequencies under one unimodular matrix, and sets all witnesses side by \
            side.",
    needs: &[],
    options: &[],
    run,
};

/// Learned and formal frequencies beside measured ones.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
    /// One entry an orbit that was measured: learned actions and frequencies.
    learned: Vec<(Vec<f64>, Vec<f64>)>,
    /// The measured frequencies of each, in one order for the whole study.
    measured: Vec<Vec<f64>>,
    /// That order, as places in each orbit's own; none where there was nothing to order by.
    orders: Vec<Vec<usize>>,
    /// The resonances in that order; none where there was nothing to order by.
    resonances: Option<Vec<Resonance>>,
    /// The measured actions of each in the order of its frequencies; none where they were refused.
    measured_actions: Vec<Option<Vec<f64>>>,
    /// Those of the normal form, in the order of the measured ones; none outside its region of use.
    normal_form: Vec<Option<Vec<f64>>>,
    /// The orbits that are compared.
    judged: Vec<usize>,
    /// None where no matrix fits.
    agreement: Option<Agreement>,
}

impl Comparison {
    /// Puts the other halves of the frequencies, learned and of the normal form, into the document.
    pub(crate) fn complete(&self, document: &mut Document) {
        let Some(frequencies) = &mut document.frequencies else { return };
        for (orbit, omega) in frequencies.orbits.iter_mut().zip(&self.normal_form) {
            orbit.normal_form = omega.clone();
        }
        for (i, orbit) in frequencies.orbits.iter_mut().enumerate().take(self.learned.len()) {
            let (actions, omega) = self.learned[i].clone();
            (orbit.actions, orbit.learned) = (Some(actions), Some(omega));
            orbit.measured = Some(self.measured[i].clone());
            for column in [&mut orbit.error, &mut orbit.amplitude, &mut orbit.phase].into_iter().flatten() {
                *column = in_order(column, &self.orders[i]);
            }
            if let Some(k) = &mut orbit.unresolved {
                *k = in_order(k, &self.orders[i]);
            }
            orbit.measured_actions.clone_from(&self.measured_actions[i]);
        }
        frequencies.agreement = self.agreement.clone();
        if let Some(resonances) = &self.resonances {
            frequencies.resonances.clone_from(resonances);
        }
        let order = |orbit: &KamOrbit| frequencies.orbits.iter().position(|known| known.initial == orbit.initial);
        for orbit in document.kam.iter_mut().flat_map(|kam| &mut kam.orbits) {
            if let Some(order) = order(orbit).and_then(|i| self.orders.get(i)) {
                (orbit.k, orbit.omega) = (in_order(&orbit.k, order), in_order(&orbit.omega, order));
            }
        }
    }

    /// Measured frequencies alone.
    ///
    /// An orbit that shows fewer frequencies than its neighbours (one mode at rest, say), or frequencies that its length
    /// does not tell apart, has none to compare; where all are like that, as in superintegrable systems, they are compared
    /// as they are.
    fn of(fundamental: &[Fundamental], duration: f64) -> Comparison {
        let is_clear = |i: &usize| fundamental[*i].is_resolved(RESOLVED_ORDER, duration);
        let clear: Vec<usize> = (0..fundamental.len()).filter(is_clear).collect();
        let judged = if clear.is_empty() { (0..fundamental.len()).collect() } else { clear };
        let measured = fundamental.iter().map(|f| f.omega.clone()).collect();
        Comparison { judged, measured, ..Comparison::default() }
    }
}

fn run(study: &Study, _: &Options) -> Result<Artifact, Error> {
    let comparison = compare(study);
    let witnesses: Vec<Witness> =
        [tori(study, &comparison), regularity(study), frequencies(&comparison), actions(&comparison)]
            .into_iter()
            .flatten()
            .collect();
    if witnesses.is_empty() {
        return Err(Error::NotApplicable("fewer than two witnesses have spoken".into()));
    }
    Artifact::new(&witnesses, comparison)
}

fn compare(study: &Study) -> Comparison {
    let Ok(measured) = study.payload::<Measured>("compare_frequencies", "frequencies") else {
        return Comparison::default();
    };
    let Ok(orbits) = study.payload::<Orbits>("compare_frequencies", "trajectories") else {
        return Comparison::default();
    };
    let mut comparison = match study.payload::<LearnedMap>("compare_frequencies", "learned") {
        Ok(learned) => with_learned(measured, learned, orbits),
        Err(_) => Comparison::of(&measured.fundamental, measured.duration()),
    };
    if let Ok(form) = study.payload::<NormalForm>("compare_frequencies", "normal_form") {
        let initial = measured.orbits.iter().map(|&orbit| &orbits.initial[orbit]);
        let seen = initial.map(|point| formal_frequencies(form, point)).collect();
        comparison.normal_form = in_measured_order(seen, &comparison.measured);
    }
    comparison
}

fn with_learned(measured: &Measured, learned: &LearnedMap, orbits: &Orbits) -> Comparison {
    let rows = orbits.reduced_of(&measured.orbits);
    let learned: Vec<(Vec<f64>, Vec<f64>)> = (0..rows.orbits.len())
        .map(|orbit| {
            let actions = mean_actions(&learned.map, &rows.orbits[orbit], 2 * rows.dof);
            let omega = learned.map.frequencies(&actions);
            (actions, omega)
        })
        .collect();
    let omega: Vec<Vec<f64>> = learned.iter().map(|(_, omega)| omega.clone()).collect();
    let mut comparison = Comparison { learned, ..Comparison::of(&measured.fundamental, measured.duration()) };
    comparison.orders = put_in_one_order(&mut comparison.measured, &omega);
    comparison.resonances = Some(shared_resonances(&measured.fundamental, measured.order, &comparison.orders));
    let actions = |(i, omega): (usize, &Vec<f64>)| {
        let actions = measured.actions[i].as_ref().ok()?.actions.clone();
        // The frequencies are the same, in another order.
        let torus = Torus { actions, omega: measured.fundamental[i].omega.clone() };
        Some(torus.in_order_of(omega, 0.0)?.actions)
    };
    comparison.measured_actions = comparison.measured.iter().enumerate().map(actions).collect();
    let of = |rows: &[Vec<f64>]| comparison.judged.iter().map(|&i| rows[i].clone()).collect::<Vec<_>>();
    comparison.agreement = agreement(&of(&comparison.measured), &of(&omega));
    comparison
}

/// omega(I) at the formal actions of a point; none outside the region of use or where a resonance moves the actions.
fn formal_frequencies(form: &NormalForm, point: &[f64]) -> Option<Vec<f64>> {
    let actions = form.actions(point);
    let inside = actions.iter().sum::<f64>() <= form.region.action;
    (inside && !form.is_resonant_at(&actions)).then(|| form.frequencies_at(&actions))
}

/// Formal frequencies, orbit by orbit in the order of the measured ones and by the unimodular matrix that fits these
/// best; as they are where none does.
fn in_measured_order(formal: Vec<Option<Vec<f64>>>, measured: &[Vec<f64>]) -> Vec<Option<Vec<f64>>> {
    let both = formal.iter().zip(measured).filter_map(|(formal, measured)| Some((formal.clone()?, measured.clone())));
    let (mut from, to): (Vec<Vec<f64>>, Vec<Vec<f64>>) = both.unzip();
    put_in_one_order(&mut from, &to);
    let Ok(matrix) = match_unimodular(&from, &to) else { return formal };
    let mut ordered = from.iter().map(|omega| matrix.apply(omega));
    formal.into_iter().map(|omega| omega.and_then(|_| ordered.next())).collect()
}

/// Points of an orbit over which the actions are averaged.
const POINTS: usize = 64;

/// The actions of an orbit: the mean over points spread along it, which takes out what drift there is.
fn mean_actions(map: &aa_learn::ActionAngleMap, rows: &[f64], width: usize) -> Vec<f64> {
    let n_rows = rows.len() / width;
    let stride = (n_rows / POINTS).max(1);
    let points: Vec<f64> = rows.chunks(width).step_by(stride).flatten().copied().collect();
    let actions = map.actions_many(&points);
    let (n, count) = (width / 2, (actions.len() * 2 / width) as f64);
    (0..n).map(|k| actions.iter().skip(k).step_by(n).sum::<f64>() / count).collect()
}

/// The matrix is chosen on every other orbit; the rest judge.
fn agreement(measured: &[Vec<f64>], learned: &[Vec<f64>]) -> Option<Agreement> {
    let half = |rows: &[Vec<f64>], from: usize| rows.iter().skip(from).step_by(2).cloned().collect::<Vec<_>>();
    let matrix: IntegerMatrix = match_unimodular(&half(measured, 0), &half(learned, 0)).ok()?;
    let judging = half(measured, 1);
    let mut errors: Vec<f64> = relative_errors(&matrix, &judging, &half(learned, 1)).concat();
    errors.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let place = ((share * errors.len() as f64).ceil() as usize).saturating_sub(1);
        errors.get(place).copied().and_then(finite)
    };
    let rows = matrix.rows().iter().map(|row| row.iter().map(|&k| i64::from(k)).collect()).collect();
    let spread = Spread { median: at(0.5), p95: at(0.95) };
    Some(Agreement { matrix: rows, orbits: judging.len(), learned_vs_measured: spread })
}

fn known<T: DeserializeOwned>(study: &Study, kind: &str) -> Option<T> {
    serde_json::from_value(study.artifacts.get(kind)?.value.clone()).ok()
}

/// The dimension of the tori, counted three ways.
fn tori(study: &Study, comparison: &Comparison) -> Option<Witness> {
    let symbolic = known::<Verdict>(study, "verdict").and_then(|v| v.torus_dimension).filter(|d| *d > 0);
    let measured = study.payload::<Measured>("compare_frequencies", "frequencies").ok().map(median_dimension);
    let learned = (!comparison.learned.is_empty()).then(|| learned_dimension(comparison));
    let word = |n: usize| format!("{n} dimension{}", if n == 1 { "" } else { "s" });
    witness("dimension of the tori", symbolic.map(word), measured.map(word), learned.map(word), |_| {
        let all: Vec<usize> = [symbolic, measured, learned].into_iter().flatten().collect();
        all.windows(2).all(|pair| pair[0] == pair[1])
    })
}

fn median_dimension(measured: &Measured) -> usize {
    let mut counts: Vec<usize> = measured.fundamental.iter().map(Fundamental::dimension).collect();
    counts.sort_unstable();
    counts[counts.len() / 2]
}

/// Learned frequencies in a relation within this, relative to the largest, on most orbits, are dependent.
const RELATION: f64 = 1e-3;
/// Largest order of such a relation.
const RELATION_ORDER: u32 = 6;

/// The number of learned frequencies less the number of independent relations that hold on most orbits.
fn learned_dimension(comparison: &Comparison) -> usize {
    let mut holding: BTreeMap<Vec<i32>, usize> = BTreeMap::new();
    for (_, omega) in &comparison.learned {
        resonances(omega, RELATION_ORDER, RELATION).into_iter().for_each(|k| *holding.entry(k).or_default() += 1);
    }
    let shared = holding.into_iter().filter(|(_, orbits)| 2 * orbits > comparison.learned.len());
    let mut rows = shared.map(|(k, _)| k.into_iter().map(Rational::from).collect()).collect();
    comparison.learned[0].1.len() - linear::reduce(&mut rows).len()
}

/// Actions that wander by more than this are not conserved.
const DRIFT: f64 = 0.01;

/// Whether motion is regular.
fn regularity(study: &Study) -> Option<Witness> {
    let integrals: Option<Integrals> = known(study, "integrals");
    let verdict: Option<Verdict> = known(study, "verdict");
    let chaos: Option<Chaos> = known(study, "chaos").filter(|c: &Chaos| c.counts.chaotic + c.counts.regular > 0);
    let learned: Option<Learned> = known(study, "learned").or_else(|| known(study, "learned_from_data"));
    let facts = &study.subject.facts;
    let proved = verdict.as_ref().filter(|v| v.certainty == "proved");
    let symbolic = match (proved, &integrals) {
        (Some(verdict), _) => Some(format!("{}, proved", verdict.kind)),
        (None, Some(found)) => Some(format!("{} of {} integrals", found.in_involution, facts.dimension() - facts.dof)),
        (None, None) => None,
    };
    let measured = chaos
        .as_ref()
        .map(|c| format!("{} of {} orbits chaotic", c.counts.chaotic, c.counts.chaotic + c.counts.regular));
    let drift = learned.as_ref().and_then(|l| l.action_drift.median);
    let network = drift.map(|drift| format!("actions drift by {:.2e}", drift));
    // A system that is not integrable may move regularly where it was looked at.
    let integrable = proved.filter(|v| v.kind != "nonintegrable");
    let votes = [integrable.map(|_| true), chaos.map(|c| c.counts.chaotic == 0), drift.map(|drift| drift < DRIFT)];
    witness("motion is regular", symbolic, measured, network, |_| {
        let votes: Vec<bool> = votes.into_iter().flatten().collect();
        votes.windows(2).all(|pair| pair[0] == pair[1])
    })
}

/// Learned and measured frequencies that differ by more than this, relatively, do not agree.
const FREQUENCIES_AGREE: f64 = 1e-3;

fn frequencies(comparison: &Comparison) -> Option<Witness> {
    let learned = comparison.agreement.as_ref().and_then(|agreement| agreement.learned_vs_measured.median);
    let formal = formal_difference(comparison);
    let said = |median: &f64| format!("the same within {median:.1e} (median)");
    let symbolic =
        formal.as_ref().map(|(median, n)| format!("normal form: {}, {n} orbits inside its region", said(median)));
    let measured = (learned.is_some() || formal.is_some()).then(|| "fundamental frequencies".to_string());
    witness("frequencies", symbolic, measured, learned.as_ref().map(said), |_| {
        learned.into_iter().chain(formal.map(|(median, _)| median)).all(|median| median < FREQUENCIES_AGREE)
    })
}

/// Learned and measured actions that differ by more than this, relative to their sum, do not agree.
const ACTIONS_AGREE: f64 = 1e-2;

/// Learned actions against loop integrals.
fn actions(comparison: &Comparison) -> Option<Witness> {
    let differences = action_differences(comparison)?;
    let median = differences.get(differences.len() / 2).copied()?;
    let measured = format!("loop integrals of {} orbits", differences.len());
    let learned = format!("the same within {median:.1e} of their sum (median)");
    witness("actions", None, Some(measured), Some(learned), |_| median < ACTIONS_AGREE)
}

/// Differences of learned and measured actions, relative to the sum of the measured, in increasing order. Where learned
/// frequencies are M times measured ones, the transpose of M times learned actions are measured ones.
fn action_differences(comparison: &Comparison) -> Option<Vec<f64>> {
    let matrix = &comparison.agreement.as_ref()?.matrix;
    let difference = |&i: &usize| -> Option<f64> {
        let (measured, (learned, _)) = (comparison.measured_actions.get(i)?.as_ref()?, &comparison.learned[i]);
        let transformed = |j: usize| -> f64 { matrix.iter().zip(learned).map(|(row, x)| row[j] as f64 * x).sum() };
        let total: f64 = measured.iter().map(|action| action.abs()).sum();
        let off = measured.iter().enumerate().map(|(j, action)| (transformed(j) - action).abs());
        Some(off.fold(0.0, f64::max) / total)
    };
    let mut all: Vec<f64> = comparison.judged.iter().filter_map(difference).collect();
    all.sort_by(f64::total_cmp);
    Some(all)
}

/// The median relative difference of formal and measured frequencies, and over how many orbits.
fn formal_difference(comparison: &Comparison) -> Option<(f64, usize)> {
    let formal = |&i: &usize| Some((comparison.normal_form.get(i)?.as_ref()?, &comparison.measured[i]));
    let pairs: Vec<(&Vec<f64>, &Vec<f64>)> = comparison.judged.iter().filter_map(formal).collect();
    let relative = |(a, b): (&f64, &f64)| ((a - b) / b).abs();
    let mut errors: Vec<f64> = pairs.iter().flat_map(|(a, b)| a.iter().zip(*b)).map(relative).collect();
    errors.sort_by(f64::total_cmp);
    errors.get(errors.len() / 2).copied().and_then(finite).map(|median| (median, pairs.len()))
}

/// A row of the table; nothing where nobody speaks, no judgement where only one does.
fn witness(
    claim: &str,
    symbolic: Option<String>,
    measured: Option<String>,
    learned: Option<String>,
    agree: impl Fn(usize) -> bool,
) -> Option<Witness> {
    let speaking = [&symbolic, &measured, &learned].into_iter().flatten().count();
    let agree = (speaking > 1).then(|| agree(speaking));
    (speaking > 0).then(|| Witness { claim: claim.into(), symbolic, measured, learned, agree })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{ChaosCounts, Frequencies, FrequencyOrbit};
    use crate::{Profile, Subject};
    use aa_dynamics::{Hamiltonian, InitialRequest, PhaseSpace};
    use serde_json::{Value, json};

    #[test]
    fn relations_of_all_orbits_lower_the_dimension() {
        let with = |orbits: &[[f64; 2]]| {
            let learned = orbits.iter().map(|omega| (vec![1.0, 1.0], omega.to_vec())).collect();
            learned_dimension(&Comparison { learned, ..Comparison::default() })
        };
        assert_eq!(with(&[[1.0, 2.0], [1.0001, 2.0]]), 1);
        assert_eq!(with(&[[1.0, 2.0], [1.1, 1.7]]), 2);
    }

    #[test]
    fn everything_measured_of_a_line_moves_with_its_frequency() {
        let line = |x: f64| Some(vec![x, x + 1.0]);
        let orbit = FrequencyOrbit { error: line(0.0), amplitude: line(2.0), phase: line(4.0), ..Default::default() };
        let frequencies = Frequencies { orbits: vec![orbit], ..Default::default() };
        let mut document = Document { frequencies: Some(frequencies), ..Default::default() };
        let comparison = Comparison {
            learned: vec![(vec![1.0; 2], vec![1.0; 2])],
            measured: vec![vec![7.0, 6.0]],
            orders: vec![vec![1, 0]],
            measured_actions: vec![None],
            ..Default::default()
        };
        comparison.complete(&mut document);
        let orbit = &document.frequencies.unwrap().orbits[0];
        let columns = [&orbit.measured, &orbit.error, &orbit.amplitude, &orbit.phase];
        assert_eq!(columns.map(|column| column.clone().unwrap()), [[7.0, 6.0], [1.0, 0.0], [3.0, 2.0], [5.0, 4.0]]);
    }

    #[test]
    fn formal_frequencies_take_the_order_of_the_measured_ones() {
        let formal = vec![Some(vec![1.0, -1.41]), None, Some(vec![0.98, -1.43])];
        let measured = vec![vec![-1.41, 1.0], vec![-1.4, 1.01], vec![0.98, -1.43]];
        let normal_form = in_measured_order(formal, &measured);
        assert_eq!(normal_form, [Some(vec![-1.41, 1.0]), None, Some(vec![0.98, -1.43])]);
        let judged = vec![0, 1, 2];
        let comparison = Comparison { normal_form, measured, judged, ..Comparison::default() };
        assert_eq!(formal_difference(&comparison), Some((0.0, 2)));
        assert_eq!(frequencies(&comparison).unwrap().agree, Some(true));
    }

    #[test]
    fn a_map_learned_from_data_bears_witness_to_regular_motion() {
        let (space, facts) = (PhaseSpace::numbered(1), crate::document::System::default());
        let hamiltonian = Ok(Hamiltonian::new(space.p(0).powi(2) + space.q(0).powi(2), space).unwrap());
        let (claims, initial) = (Vec::new(), InitialRequest::new(1, 1));
        let subject = Subject { facts, hamiltonian, exact: None, measurement: None, claims, initial, orbits: None };
        let mut study = Study::new(subject, 1, Profile::Quick);
        let counts = ChaosCounts { chaotic: 3, regular: 1, ..ChaosCounts::default() };
        let mut give = |kind: &str, value: Value| study.artifacts.insert(kind.into(), Artifact::plain(value));
        give("chaos", json!(Chaos { counts, ..Chaos::default() }));
        let action_drift = Spread { median: Some(1e-4), p95: Some(1e-3) };
        give("learned_from_data", json!(Learned { action_drift, ..Learned::default() }));
        let found = regularity(&study).unwrap();
        assert_eq!((found.learned.as_deref(), found.agree), (Some("actions drift by 1.00e-4"), Some(false)));
    }

    #[test]
    fn actions_follow_frequencies_by_the_inverse_transpose() {
        let torus = Torus { actions: vec![0.1, 0.2], omega: vec![1.0, 2.0] };
        assert_eq!(torus.in_order_of(&[2.0, 1.0], 0.0).unwrap().actions, [0.2, 0.1]);
        // omega' = (w1, w1 + w2), so that I' = (I1 - I2, I2).
        let agreement =
            Some(Agreement { matrix: vec![vec![1, 0], vec![1, 1]], orbits: 1, learned_vs_measured: Spread::default() });
        let learned = vec![(vec![0.2, 0.1], vec![1.0, 3.0]), (vec![0.4, 0.1], vec![1.0, 3.0])];
        let measured_actions = vec![Some(vec![0.3, 0.1]), None];
        let judged = vec![0, 1];
        let comparison = Comparison { learned, measured_actions, agreement, judged, ..Comparison::default() };
        let differences = action_differences(&comparison).unwrap();
        assert!(differences.len() == 1 && differences[0] < 1e-15, "{differences:?}");
        assert_eq!(actions(&comparison).unwrap().agree, Some(true));
    }
}
