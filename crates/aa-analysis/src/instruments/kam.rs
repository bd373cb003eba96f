//! The picture of surviving tori: twist, distance from resonance, and the share that is regular.

use aa_dynamics::NormalForm;
use aa_dynamics::action::actions_of;
use aa_dynamics::frequency::{Fundamental, fundamental_frequencies};
use aa_dynamics::kam::{self, Torus, formal_twist, local_twist, resonance_distance};
use aa_dynamics::wilson::wilson_interval;
use aa_dynamics::{CoordinateKind, FlowOptions, simulate};

use super::frequencies::{ACTION_TOLERANCE, Measured};
use super::options::{Budget, count};
use super::{Instrument, Orbits};
use crate::document::{Chaos, Determinant, Kam, KamOrbit, Twist, finite};
use crate::study::{Options, Study};
use crate::{Artifact, Error};

pub(super) const KAM: Instrument = Instrument {
    name: "kam",
    about: "Whether tori may survive: the matrix of frequencies by actions with Kolmogorov's and Arnold's determinants, \
            from neighbouring orbits and from the normal form; how far orbits are from resonance; how many are regular.",
    needs: &["trajectories", "chaos", "frequencies"],
    options: &[
        ("order", "largest order of the resonances whose distance is told"),
        ("tori", "number of orbits at which frequencies are differentiated by actions"),
    ],
    run,
};

fn run(study: &Study, options: &Options) -> Result<Artifact, Error> {
    let orbits = Orbits::of(study, "kam")?;
    let measured: &Measured = study.payload("kam", "frequencies")?;
    let order = count(options, "order")?.unwrap_or(12) as u32;
    let n_tori = count(options, "tori")?.unwrap_or(Budget(1, 3, 5).of(study.profile));
    let chaos: Option<Chaos> = study.artifacts.get("chaos").and_then(|a| serde_json::from_value(a.value.clone()).ok());
    let (regular, followed) = chaos.map_or((0, 0), |chaos| (chaos.counts.regular, chaos.orbits));
    let (mut twist, mut without_twist) = (Vec::new(), Vec::new());
    let degenerate = degeneracy(measured);
    without_twist.extend(degenerate.clone());
    let places = if degenerate.is_some() { Vec::new() } else { chosen(measured, n_tori) };
    for place in places {
        match twist_at(orbits, measured, place) {
            Ok(found) => twist.push(found),
            Err(reason) => without_twist.push(format!("orbit {}: {reason}", place + 1)),
        }
    }
    let described = Kam {
        regular,
        followed,
        surviving: (followed > 0).then(|| regular as f64 / followed as f64),
        interval: wilson_interval(regular, followed),
        equilibrium: study.payload::<NormalForm>("kam", "normal_form").ok().and_then(at_equilibrium),
        twist,
        without_twist,
        order,
        orbits: (0..measured.orbits.len()).filter_map(|place| distance(orbits, measured, place, order)).collect(),
    };
    Ok(Artifact::plain(serde_json::to_value(&described).map_err(|e| Error::Shape { what: e.to_string() })?))
}

/// What makes the family degenerate: every orbit is resonant, so that frequencies by actions tell nothing of tori.
fn degeneracy(measured: &Measured) -> Option<String> {
    let all: Option<Vec<Vec<i32>>> = measured.fundamental.iter().map(Fundamental::resonance).collect();
    let all = all.filter(|all| all.len() > 1)?;
    Some(format!("any orbit: all {} are resonant, k = {:?} at the first; the family is degenerate", all.len(), all[0]))
}

/// At most `most` of the orbits with actions, evenly spread; the first orbit, for its reason, where none has.
fn chosen(measured: &Measured, most: usize) -> Vec<usize> {
    let with_actions: Vec<usize> = (0..measured.actions.len()).filter(|&i| measured.actions[i].is_ok()).collect();
    if with_actions.is_empty() {
        return vec![0];
    }
    let n = with_actions.len().min(most);
    (0..n).map(|i| with_actions[(2 * i + 1) * with_actions.len() / (2 * n)]).collect()
}

fn distance(orbits: &Orbits, measured: &Measured, place: usize, order: u32) -> Option<KamOrbit> {
    let omega = measured.fundamental[place].omega.clone();
    let near = resonance_distance(&omega, order)?;
    let (k, initial) = (near.k.into_iter().map(i64::from).collect(), orbits.initial[measured.orbits[place]].clone());
    Some(KamOrbit { initial, omega, k, distance: near.distance, gamma: near.gamma })
}

/// A normal form to degree 4 or more has a twist.
fn at_equilibrium(form: &NormalForm) -> Option<Twist> {
    let (twist, omega) = (formal_twist(form), form.frequencies.clone());
    (form.order >= 4).then(|| describe(&twist, form.equilibrium.clone(), vec![0.0; omega.len()], omega, None))
}

fn describe(
    twist: &kam::Twist,
    initial: Vec<f64>,
    actions: Vec<f64>,
    omega: Vec<f64>,
    neighbours: Option<usize>,
) -> Twist {
    let determinant = |found: kam::Determinant| Determinant {
        value: finite(found.value),
        error: finite(found.error),
        nonzero: found.is_nonzero(),
    };
    Twist {
        initial,
        actions,
        matrix: twist.matrix.clone(),
        error: twist.error.clone(),
        kolmogorov: determinant(twist.kolmogorov()),
        isoenergetic: determinant(twist.isoenergetic(&omega)),
        omega,
        neighbours,
    }
}

/// How far neighbours start from an orbit, relative to its size: their curvature is then 1e-6 of their slope, and
/// frequencies to 1e-11 make slopes to 1e-8.
const STEP: f64 = 1e-3;

/// Frequencies of neighbours that differ by more than this, relatively, are of another basis.
const OTHER_BASIS: f64 = 0.05;

/// domega/dI at one orbit, from orbits that start beside it to both sides of each coordinate and momentum.
fn twist_at(orbits: &Orbits, measured: &Measured, place: usize) -> Result<Twist, String> {
    let orbit = measured.orbits[place];
    let actions = measured.actions[place].as_ref().map_err(|refusal| refusal.to_string())?.actions.clone();
    let centre = Torus { actions, omega: measured.fundamental[place].omega.clone() };
    let neighbours = neighbours(orbits, measured, orbit).map_err(|error| error.to_string())?;
    let ordered: Vec<Torus> =
        neighbours.iter().filter_map(|torus| torus.in_order_of(&centre.omega, OTHER_BASIS)).collect();
    let twist = local_twist(&centre, &ordered);
    let twist = twist.ok_or_else(|| format!("{} neighbours with actions do not tell a slope", ordered.len()))?;
    Ok(describe(&twist, orbits.initial[orbit].clone(), centre.actions, centre.omega, Some(ordered.len())))
}

/// Actions and frequencies of the orbits beside one; those without are left out.
fn neighbours(orbits: &Orbits, measured: &Measured, orbit: usize) -> Result<Vec<Torus>, Error> {
    let (rows, kinds) = (orbits.reduced_of(&[orbit]), orbits.kinds());
    let start = &orbits.reduced_initial[orbit];
    let moved = |component: usize, sign: f64| {
        let mut point = start.clone();
        point[component] += sign * STEP * size(&rows.series(0, component), kinds.get(component));
        point
    };
    let starts: Vec<Vec<f64>> = (0..start.len()).flat_map(|i| [moved(i, 1.0), moved(i, -1.0)]).collect();
    let simulation = simulate(orbits.hamiltonian(), &starts, &measured.t, &FlowOptions::default())?;
    let mut beside = aa_dynamics::Ensemble::new(rows.dof, measured.t.clone());
    let finished = simulation.ensemble.orbits.into_iter().zip(&simulation.outcomes);
    finished.filter(|(_, outcome)| outcome.is_finished()).for_each(|(rows, _)| beside.push(rows));
    let fundamental = fundamental_frequencies(&beside, &kinds, &measured.options);
    let fundamental = fundamental.map_err(|error| Error::NotApplicable(error.to_string()))?;
    let actions = actions_of(&beside, &kinds, &fundamental, ACTION_TOLERANCE);
    let both = fundamental.into_iter().zip(actions);
    Ok(both.filter_map(|(f, found)| Some(Torus { actions: found.ok()?.actions, omega: f.omega })).collect())
}

/// Half of what a coordinate or momentum ranges over; its own size where it stands still, 1 for an angle.
fn size(values: &[f64], kind: Option<&CoordinateKind>) -> f64 {
    let (low, high) = values.iter().fold((f64::MAX, f64::MIN), |(low, high), &x| (low.min(x), high.max(x)));
    let largest = low.abs().max(high.abs());
    match kind {
        Some(CoordinateKind::Circle) => 1.0,
        _ if high - low > 1e-6 * largest => 0.5 * (high - low),
        _ => largest.max(STEP),
    }
}
