//! What was learned as short formulas: actions in the exact integrals, and the energy in the actions.

use aa_dynamics::{Ensemble, Reduction};
use aa_learn::{Formula, Region, Table, closed_form};
use aa_symbolic::{Expr, evaluate};
use serde_json::{Value, json};

use super::ExactIntegrals;
use crate::document::finite;

/// Conserved quantities as functions of the points of a reduced system.
pub(super) struct Known<'a> {
    pub(super) integrals: &'a ExactIntegrals,
    pub(super) reduction: &'a Reduction,
    pub(super) symbols: Vec<Expr>,
}

/// Orbits, their tori as the map has them, and the energies of their starts.
pub(super) struct Tori<'a> {
    pub(super) orbits: &'a Ensemble,
    pub(super) region: &'a Region,
    pub(super) energies: Vec<f64>,
}

/// Most integrals that a formula may be of.
const MOST_INTEGRALS: usize = 6;
/// A formula that is off by more than this, relatively, is none.
const LARGEST_ERROR: f64 = 0.01;

/// Every learned action for which there is a formula in the integrals. Errors are relative to the sum of the actions'
/// sizes, on held-out orbits.
pub(super) fn actions(known: &Known, training: &Tori, held_out: &Tori) -> Vec<Value> {
    let (names, columns) = known.varying(training.orbits);
    let [fitted, judging] = [training, held_out].map(|tori| known.rows(&columns, tori.orbits));
    let tori = held_out.region.actions();
    let size = tori.iter().flatten().map(|action| action.abs()).sum::<f64>() / tori.len().max(1) as f64;
    let pair = |k: usize| {
        let column = |tori: &Tori| tori.region.actions().iter().map(|actions| actions[k]).collect();
        let fitted = Table { rows: fitted.clone(), values: column(training) };
        let judging = Table { rows: judging.clone(), values: column(held_out) };
        let found = closed_form(&names, &fitted, &judging)?;
        let error = found.error / size;
        let named: Vec<&str> = (0..names.len()).filter(|&j| found.depends_on(j)).map(|j| names[j].as_str()).collect();
        let against = format!("I{} of held-out orbits; {}", k + 1, named.join(", "));
        let form = json!({ "expression": found.expression, "error": finite(error), "against": against });
        (error <= LARGEST_ERROR).then_some(form)
    };
    (0..training.region.corners()[0].len() / 2).filter_map(pair).collect()
}

/// The energy as a short formula in the actions.
pub(super) fn energy(training: &Tori, held_out: &Tori) -> Option<Formula> {
    let names: Vec<String> = (1..=training.region.corners()[0].len() / 2).map(|k| format!("I{k}")).collect();
    let table = |tori: &Tori| Table { rows: tori.region.actions().to_vec(), values: tori.energies.clone() };
    closed_form(&names, &table(training), &table(held_out))
}

/// What is said of it, where it is a good one; its error is relative to the range of the held-out energies.
pub(super) fn describe_energy(found: &Formula, held_out: &Tori) -> Option<Value> {
    let ends = |(low, high): (f64, f64), e: &f64| (low.min(*e), high.max(*e));
    let (low, high) = held_out.energies.iter().fold((f64::INFINITY, f64::NEG_INFINITY), ends);
    let error = found.error / (high - low);
    let form =
        json!({ "expression": found.expression, "error": finite(error), "against": "energy of held-out orbits" });
    (error <= LARGEST_ERROR).then_some(form)
}

impl Known<'_> {
    /// The integrals that differ between orbits.
    fn varying(&self, orbits: &Ensemble) -> (Vec<String>, Vec<Expr>) {
        let found = self.integrals.integrals.found.iter();
        let named = found.map(|integral| (integral.name.clone(), integral.expression.clone()));
        let varies = |(_, expression): &(String, Expr)| {
            let values: Vec<f64> = self.rows(std::slice::from_ref(expression), orbits).concat();
            let largest = values.iter().fold(0.0, |largest: f64, x| largest.max(x.abs()));
            // At zero total momentum that momentum is zero to rounding.
            values.iter().any(|x| (x - values[0]).abs() > 1e-9 * largest.max(1.0))
        };
        named.filter(varies).take(MOST_INTEGRALS).unzip()
    }

    /// Values at the starts of orbits.
    fn rows(&self, expressions: &[Expr], orbits: &Ensemble) -> Vec<Vec<f64>> {
        let row = |orbit: usize| {
            let point = self.reduction.lift(orbits.row(orbit, 0));
            expressions.iter().map(|expression| evaluate(expression, &self.symbols, &point)).collect()
        };
        (0..orbits.orbits.len()).map(row).collect()
    }
}
