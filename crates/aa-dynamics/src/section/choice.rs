//! The section to take where nobody says which.

use std::f64::consts::TAU;

use aa_symbolic::{Expr, Function, Node, differentiate, evaluate};

use super::Section;
use crate::equilibrium::stable_equilibrium;
use crate::{Error, Hamiltonian};

/// A section that every bounded orbit should pass again and again: of a driven system once in each period of the drive;
/// otherwise the first coordinate on a line at its equilibrium (0 where there is none) with a positive momentum, the
/// first angle at 0, or the first variable of a space without canonical pairs at 0, upwards.
///
/// # Errors
/// None where the names of a phase space are what [`Section::parse`] reads.
pub fn default_section(system: &Hamiltonian) -> Result<Section, Error> {
    let space = system.space();
    if let Some(period) = period(system) {
        return Section::parse(&format!("t = 0 mod {period}"), space);
    }
    if space.structure().is_some() {
        return Section::parse(&format!("{} = 0, up", space.q(0)), space);
    }
    let n = space.dof() - usize::from(system.is_driven());
    let line = (0..n).find(|&i| !space.is_circle(i));
    let (i, value) = match line {
        Some(i) if !system.is_driven() => (i, stable_equilibrium(system).map_or(0.0, |found| tidy(found.point[i]))),
        other => (other.unwrap_or(0), 0.0),
    };
    Section::parse(&format!("{} = {value}, {} > 0", space.q(i), space.p(i)), space)
}

/// Zero, where a search that ends at rounding says so.
fn tidy(x: f64) -> f64 {
    if x.abs() < 1e-9 { 0.0 } else { x }
}

/// The period of a drive by sines and cosines of whole multiples of one frequency times t.
fn period(system: &Hamiltonian) -> Option<f64> {
    let time = system.is_driven().then(|| system.space().q(system.dof() - 1))?;
    let mut frequencies = Vec::new();
    gather(system.energy(), &time, &mut frequencies)?;
    let largest = frequencies.iter().copied().fold(0.0, f64::max);
    let common = frequencies.into_iter().reduce(common_divisor)?;
    // Beyond a thousandth the frequencies have no ratio of small whole numbers: the drive does not repeat itself.
    (common > 1e-3 * largest).then_some(TAU / common)
}

/// Adds the frequencies of the sines and cosines; none where time comes in otherwise.
fn gather(expr: &Expr, time: &Expr, frequencies: &mut Vec<f64>) -> Option<()> {
    if !expr.symbols().contains(time) {
        return Some(());
    }
    if let Node::Apply(Function::Sin | Function::Cos, argument) = expr.node() {
        let rate = differentiate(argument, time);
        frequencies.push(rate.symbols().is_empty().then(|| evaluate(&rate, &[], &[]).abs())?);
        return Some(());
    }
    match expr.children().as_slice() {
        [] => None,
        inner => inner.iter().try_for_each(|inner| gather(inner, time, frequencies)),
    }
}

/// The largest number of which both are whole multiples, to rounding (Euclid).
fn common_divisor(a: f64, b: f64) -> f64 {
    // A remainder below this is rounding.
    let least = 1e-9 * a.min(b);
    let (mut a, mut b) = (a, b);
    while b > least {
        let rest = a % b;
        // Just below a whole multiple is one.
        (a, b) = (b, if b - rest < least { 0.0 } else { rest });
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PhaseSpace;
    use crate::testing::{driven_oscillator, free_body, henon_heiles, pendulum};

    #[test]
    fn every_kind_of_system_has_a_section() {
        let text = |system: &Hamiltonian| default_section(system).unwrap().to_string();
        assert_eq!(text(&henon_heiles()), "x = 0, px > 0");
        assert_eq!(text(&pendulum()), "phi = 0, p_phi > 0");
        assert_eq!(text(&free_body()), "x = 0, up");
        assert_eq!(default_section(&driven_oscillator()).unwrap().surface.period, Some(std::f64::consts::PI));
    }

    #[test]
    fn the_period_of_a_drive_is_common_to_all_its_parts() {
        let driven = |drive: Expr| {
            let space = PhaseSpace::lines(["x"]);
            let energy = space.p(0).powi(2) / 2 + space.q(0) * drive;
            period(&Hamiltonian::driven(energy, &space, &[]).unwrap())
        };
        let t = Expr::symbol("t");
        assert!((driven((3 * &t).cos() + (2 * &t).sin()).unwrap() - TAU).abs() < 1e-12);
        assert!((driven((2 * Expr::pi() * &t).cos()).unwrap() - 1.0).abs() < 1e-15);
        assert_eq!(driven((Expr::integer(2).sqrt() * &t).cos() + t.cos()), None);
        assert_eq!(driven(t.exp()), None);
    }
}
