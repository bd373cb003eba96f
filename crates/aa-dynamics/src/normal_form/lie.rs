//! Birkhoff's normalisation, degree by degree, by Lie series.
//!
//! At degree k the terms of H that turn, u^a v^b with omega.(a - b) != 0, are the bracket of H_2 with a generator
//! chi_k, and exp(L_chi_k) takes them out; what the step adds is of higher degree. The product of these exponentials
//! is Hori's method (Publ. Astron. Soc. Japan 18, 1966, 287) in the factored form of Dragt and Finn (J. Math. Phys. 17,
//! 1976, 2215); Deprit's triangle gives the same normal form. Resonant terms stay (Gustavson, Astron. J. 71, 1966, 670).

use std::collections::BTreeMap;

use super::number::{Complex, Real};
use super::series::{Layout, Series, Terms, transform};

/// A combination of frequencies is zero, where they are floating numbers, below this share of the largest of them.
pub(super) const RESONANT: f64 = 1e-10;

/// A Hamiltonian in normal form and the way there.
pub(super) struct Normalised<T> {
    /// E + sum omega u v + terms that do not turn, up to the order reached.
    pub(super) hamiltonian: Series<T>,
    /// chi_3, chi_4, ...
    pub(super) generators: Vec<Terms<T>>,
    /// The divisors met: k and k.omega, k of either sign once.
    pub(super) divisors: BTreeMap<Vec<i32>, f64>,
}

/// Brings H = E + sum omega u v + ... into normal form up to its degree, or as far as `stop` lets it.
pub(super) fn normalise<T: Real>(
    mut h: Series<T>,
    frequencies: &[T],
    layout: Layout,
    stop: &dyn Fn() -> bool,
) -> Normalised<T> {
    let largest = frequencies.iter().map(|omega| omega.to_f64().abs()).fold(0.0, f64::max);
    let threshold = if T::EXACT { 0.0 } else { RESONANT * largest };
    let sizes: Vec<f64> = h.parts.iter().map(largest_size).collect();
    let (mut generators, mut divisors) = (Vec::new(), BTreeMap::new());
    for (k, original) in sizes.into_iter().enumerate().skip(3) {
        if stop() {
            h.parts.truncate(k);
            break;
        }
        let rounding = T::ROUNDING * largest_size(&h.parts[k]).max(original);
        let terms = h.parts[k].iter().filter(|(_, c)| c.size() > rounding);
        let divided = terms.map(|(m, c)| (*m, c.clone(), divisor(&layout.turns(*m), frequencies)));
        let (resting, turning): (Vec<_>, Vec<_>) = divided.partition(|(_, _, d)| d.to_f64().abs() <= threshold);
        divisors.extend(turning.iter().map(|(m, _, d)| (layout.turns(*m), d.to_f64())).filter(|(k, _)| leads(k)));
        // {H_2, u^a v^b} = -i (omega.(a - b)) u^a v^b.
        let generator = |c: &Complex<T>, d: T| Complex::zero().minus(&c.turned()).scaled(&(T::from_whole(1) / d));
        let chi = turning.into_iter().map(|(m, c, d)| (m, generator(&c, d))).collect();
        transform(layout, &mut h, &chi, k - 2, &T::from_whole(1));
        // What the step leaves here is known; in floating point, rounding is swept out with it.
        h.parts[k] = resting.into_iter().map(|(m, c, _)| (m, c)).collect();
        generators.push(chi);
    }
    Normalised { hamiltonian: h, generators, divisors }
}

/// k.omega.
fn divisor<T: Real>(k: &[i32], frequencies: &[T]) -> T {
    let parts = k.iter().zip(frequencies).map(|(k, omega)| omega.clone() * T::from_whole(i64::from(*k)));
    parts.fold(T::zero(), |sum, part| sum + part)
}

/// Of k and -k, one leads.
fn leads(k: &[i32]) -> bool {
    k.iter().find(|k| **k != 0).is_some_and(|k| *k > 0)
}

fn largest_size<T: Real>(terms: &Terms<T>) -> f64 {
    terms.iter().map(|(_, c)| c.size()).fold(0.0, f64::max)
}

/// A function of the old variables, as one of the new ones.
pub(super) fn in_new_variables<T: Real>(layout: Layout, mut old: Series<T>, generators: &[Terms<T>]) -> Series<T> {
    for (step, chi) in generators.iter().enumerate() {
        transform(layout, &mut old, chi, step + 1, &T::from_whole(1));
    }
    old
}

/// A function of the new variables, as one of the old ones.
pub(super) fn in_old_variables<T: Real>(layout: Layout, mut new: Series<T>, generators: &[Terms<T>]) -> Series<T> {
    for (step, chi) in generators.iter().enumerate().rev() {
        transform(layout, &mut new, chi, step + 1, &T::from_whole(-1));
    }
    new
}
