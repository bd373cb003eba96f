//! The tangent flow: how small deviations from an orbit move, w' = Df(z) w.
//!
//! The rates are directional derivatives taken node by node, so that `exp(q1 - q2)` contributes one product with
//! `w1 - w2` and not two.

use std::collections::HashMap;

use aa_symbolic::{Expr, Node, Rational};

use crate::Hamiltonian;

/// A system and some deviation vectors as one vector field: the variables that deviate, one vector after the other,
/// then the variables that do not.
///
/// Of a driven system time and its momentum do not deviate: neighbours are compared at the same time, and that
/// momentum is but the energy taken from the drive.
#[derive(Clone, Debug)]
pub struct TangentSystem {
    /// The variables.
    pub state: Vec<Expr>,
    /// Their rates.
    pub rates: Vec<Expr>,
}

/// The places of the variables that deviate, then of those that do not, and how many do.
pub fn deviating_first(system: &Hamiltonian) -> (Vec<usize>, usize) {
    let dim = system.space().dimension();
    let is_fixed = |i: &usize| system.is_driven() && (i + 1).is_multiple_of(system.dof());
    let (fixed, mut places): (Vec<usize>, Vec<usize>) = (0..dim).partition(is_fixed);
    let n_deviating = places.len();
    places.extend(fixed);
    (places, n_deviating)
}

/// The equations of motion together with those of `n_vectors` deviation vectors.
pub fn tangent_system(system: &Hamiltonian, n_vectors: usize) -> TangentSystem {
    let (symbols, all_rates) = (system.space().symbols(), system.rates());
    let (places, n_deviating) = deviating_first(system);
    let of = |all: &[Expr], places: &[usize]| -> Vec<Expr> { places.iter().map(|&i| all[i].clone()).collect() };
    let (deviating, fixed) = places.split_at(n_deviating);
    let (orbit, flow) = (of(&symbols, deviating), of(&all_rates, deviating));
    let (mut state, mut rates) = (orbit.clone(), flow.clone());
    for vector in 1..=n_vectors {
        // A space in the name: no coordinate of a script can be called so.
        let deviations: Vec<Expr> = orbit.iter().map(|x| Expr::symbol(&format!("deviation {vector} {x}"))).collect();
        let direction: Vec<(Expr, Expr)> = orbit.iter().cloned().zip(deviations.iter().cloned()).collect();
        rates.extend(flow.iter().map(|rate| directional_derivative(rate, &direction)));
        state.extend(deviations);
    }
    state.extend(of(&symbols, fixed));
    rates.extend(of(&all_rates, fixed));
    TangentSystem { state, rates }
}

/// The derivative along a direction: each pair is a symbol and its component.
///
/// ```
/// use aa_dynamics::tangent::directional_derivative;
/// use aa_symbolic::Expr;
/// let [x, y, v, w] = ["x", "y", "v", "w"].map(Expr::symbol);
/// let slope = directional_derivative(&(&x - &y).exp(), &[(x, v), (y, w)]);
/// assert_eq!(slope.to_string(), "exp(x - y)*(v - w)");
/// ```
pub fn directional_derivative(expr: &Expr, direction: &[(Expr, Expr)]) -> Expr {
    let mut known = direction.iter().map(|(symbol, component)| (symbol.id(), component.clone())).collect();
    derivative(expr, &mut known)
}

fn derivative(expr: &Expr, known: &mut HashMap<u64, Expr>) -> Expr {
    if let Some(result) = known.get(&expr.id()) {
        return result.clone();
    }
    let mut inner = |part: &Expr| derivative(part, known);
    let result = match expr.node() {
        Node::Constant(_) | Node::Pi | Node::Symbol(_) => Expr::zero(),
        Node::Sum { terms, .. } => {
            Expr::sum(Rational::ZERO, terms.iter().map(|(term, c)| (inner(term), c.clone())).collect::<Vec<_>>())
        }
        Node::Product(factors) => factors
            .iter()
            .map(|(base, exponent)| match inner(base) {
                zero if zero.is_zero() => zero,
                slope => Expr::rational(exponent.clone()) * (expr / base) * slope,
            })
            .sum(),
        Node::Apply(function, argument) => match inner(argument) {
            zero if zero.is_zero() => zero,
            slope => function.derivative(argument) * slope,
        },
        Node::Atan2(y, x) => (x * inner(y) - y * inner(x)) / (x * x + y * y),
        Node::Power(base, exponent) => expr * (inner(exponent) * base.log() + exponent * inner(base) / base),
    };
    known.insert(expr.id(), result.clone());
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{henon_heiles, kepler_plane, pendulum, toda_ring};
    use aa_symbolic::{differentiate, evaluate};

    #[test]
    fn deviations_follow_the_jacobian() {
        for system in [henon_heiles(), toda_ring(3), kepler_plane(), pendulum()] {
            let tangent = tangent_system(&system, 2);
            let dim = 2 * system.dof();
            let point: Vec<f64> = (0..3 * dim).map(|i| 0.3 + 0.17 * (i as f64).sin()).collect();
            let rates = system.rates();
            for (row, rate) in rates.iter().enumerate() {
                let jacobian = system.space().symbols().iter().map(|x| differentiate(rate, x)).collect::<Vec<_>>();
                for vector in 1..=2 {
                    let found = evaluate(&tangent.rates[vector * dim + row], &tangent.state, &point);
                    let entry = |i: usize| evaluate(&jacobian[i], &tangent.state, &point) * point[vector * dim + i];
                    let expected: f64 = (0..dim).map(entry).sum();
                    assert!((found - expected).abs() < 1e-13 * (1.0 + expected.abs()), "{rate}");
                }
            }
        }
    }
}
