//! Resonances: whole numbers k, not all zero, with k . omega = 0.

use super::lattice::{combination, common_divisor, lattice_points};

/// The resonances of `omega` up to an order, shortest first.
///
/// A vector k is listed when |k_1| + ... + |k_n| is at most `order`, |k . omega| is at most `tolerance` times the
/// largest |omega_i|, its entries have no common divisor, and its first entry that is not zero is positive: each
/// resonance comes once. A frequency that is zero is a resonance by itself. The number of vectors tried grows as
/// (2 order)^n / n!.
///
/// ```
/// use aa_dynamics::frequency::resonances;
/// assert_eq!(resonances(&[1.0, 2.0], 5, 1e-9), [[2, -1]]);
/// assert!(resonances(&[1.0, 2f64.sqrt()], 8, 1e-9).is_empty());
/// ```
pub fn resonances(omega: &[f64], order: u32, tolerance: f64) -> Vec<Vec<i32>> {
    let largest = omega.iter().fold(0.0, |most: f64, omega| most.max(omega.abs()));
    let vanishes = |k: &[i32]| combination(k, omega).abs() <= tolerance * largest;
    resonance_vectors(omega.len(), order).filter(|k| vanishes(k)).collect()
}

/// One vector for each resonance up to an order, shortest first.
pub(super) fn resonance_vectors(dimension: usize, order: u32) -> impl Iterator<Item = Vec<i32>> {
    let leads = |k: &[i32]| k.iter().find(|&&k| k != 0).is_some_and(|&k| k > 0);
    lattice_points(dimension, order).into_iter().filter(move |k| leads(k) && common_divisor(k) == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_resonance_comes_once() {
        assert_eq!(resonances(&[1.0, 1.0], 6, 1e-9), [[1, -1]]);
        assert_eq!(resonances(&[3.0, -2.0], 6, 1e-9), [[2, 3]]);
        let three = resonances(&[1.0, 2.0, 3.0], 3, 1e-9);
        assert!(three.contains(&vec![1, 1, -1]) && three.contains(&vec![2, -1, 0]));
    }

    #[test]
    fn silence_is_resonant() {
        assert_eq!(resonances(&[1.0, 0.0], 2, 1e-9), [[0, 1]]);
    }
}
