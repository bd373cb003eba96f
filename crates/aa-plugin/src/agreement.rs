//! The check of a trace: the same script run with plain floats must give the same energy.
//!
//! A trace follows one path through a script. Comparisons with coordinates are refused; whatever else could make the
//! path depend on where the system is shows here, as does a formula that is nowhere a real number.

use aa_dynamics::random::Stream;
use aa_dynamics::{Hamiltonian, PhaseSpace};
use aa_symbolic::{Expr, evaluate, substitute};
use rhai::Dynamic;

use crate::Code;
use crate::error::Error;
use crate::form::Form;
use crate::number::Number;
use crate::parameters::{self, Parameter, Parameters};
use crate::script::Script;

/// Half widths of the boxes from which points are drawn, so that formulas with a domain are met inside it somewhere.
const SCALES: [f64; 5] = [0.5, 1.0, 2.0, 5.0, 10.0];
const POINTS_PER_SCALE: u64 = 3;

/// Both roads round a few hundred times per operation at worst; cancellation costs some more digits.
const TOLERANCE: f64 = 1e-9;

/// Compares the traced energy with float runs of `hamiltonian` at random points, and asks for the period of circles.
/// Where constants stand for parameters, the member of the family with these numbers is compared.
pub(crate) fn check(script: &Script, form: Form, numbers: &Parameters, system: &Hamiltonian) -> Result<(), Error> {
    let number = |constant: &Expr| match numbers.get(constant.as_symbol()?)? {
        Parameter::Number(value) => Some((constant.clone(), value.clone())),
        _ => None,
    };
    let rules: Vec<(Expr, Expr)> = system.constants().iter().filter_map(number).collect();
    let energy = substitute(system.energy(), &rules);
    let member = Hamiltonian::new(energy, system.space().clone());
    let member = member.map_err(|error| script.fault("hamiltonian", error.to_string(), None))?;
    check_member(script, form, &Dynamic::from(parameters::to_map(numbers)), &member)
}

fn check_member(script: &Script, form: Form, k: &Dynamic, system: &Hamiltonian) -> Result<(), Error> {
    let symbols = system.space().symbols();
    let mut n_real = 0;
    for (scale, index) in SCALES.iter().flat_map(|scale| (0..POINTS_PER_SCALE).map(move |i| (scale, i))) {
        let mut stream = Stream::new(0, "check of a trace").fork(index);
        let mut point: Vec<f64> = symbols.iter().map(|_| scale * (2.0 * stream.uniform() - 1.0)).collect();
        if form == Form::Driven {
            // The last momentum is that of time, of which the script knows nothing.
            point[symbols.len() - 1] = 0.0;
        }
        let traced = evaluate(system.energy(), &symbols, &point);
        let plain = float_run(script, form, k, &point)?;
        if !traced.is_finite() || !plain.is_finite() {
            continue;
        }
        n_real += 1;
        if !agree(traced, plain) {
            let message =
                format!("the formula and the script disagree: {traced} and {plain} at (q, p) = {}", listed(&point));
            let hint = "does the script ask in some way where the system is?";
            return Err(script.fault("hamiltonian", message, Some(hint.into())).coded(Code::Disagreement));
        }
        check_circles(script, system, &point, traced)?;
    }
    if n_real > 0 {
        return Ok(());
    }
    let message = format!(
        "the energy is not a real number (NaN or infinite) at any of {} points tried, up to 10 from the origin",
        SCALES.len() as u64 * POINTS_PER_SCALE
    );
    Err(script.fault("hamiltonian", message, Some("is there a root or a logarithm of something negative?".into())))
}

fn agree(a: f64, b: f64) -> bool {
    (a - b).abs() <= TOLERANCE * (1.0 + a.abs().max(b.abs()))
}

fn float_run(script: &Script, form: Form, k: &Dynamic, point: &[f64]) -> Result<f64, Error> {
    let floats = point.iter().map(|x| Dynamic::from(Number::Plain(*x))).collect();
    let value = script.call("hamiltonian", form.arguments(floats, k))?;
    Ok(Number::from_dynamic(&value).and_then(|number| number.to_f64()).unwrap_or(f64::NAN))
}

/// On a circle, places 2 pi apart are one place.
fn check_circles(script: &Script, system: &Hamiltonian, point: &[f64], here: f64) -> Result<(), Error> {
    let space: &PhaseSpace = system.space();
    for i in (0..space.coordinates().len()).filter(|i| space.is_circle(*i)) {
        let mut round = point.to_vec();
        round[i] += std::f64::consts::TAU;
        let there = evaluate(system.energy(), &space.symbols(), &round);
        if !agree(here, there) {
            let name = space.q(i);
            let message = format!("`{name}` is a circle, but the energy changes when `{name}` grows by 2 pi");
            return Err(script.fault("hamiltonian", message, Some("name it without `circle`".into())));
        }
    }
    Ok(())
}

fn listed(point: &[f64]) -> String {
    let shown: Vec<String> = point.iter().take(8).map(|x| format!("{x:.4}")).collect();
    format!("({}{})", shown.join(", "), if point.len() > 8 { ", ..." } else { "" })
}
