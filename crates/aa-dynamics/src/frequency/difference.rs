//! How the frequencies of the same orbits differ between two measurements: two systems, two values of a parameter, two
//! lengths of time, or learned and measured.

use super::order::{in_order, put_in_one_order, put_in_order_under};
use super::unimodular::{IntegerMatrix, match_unimodular, relative_errors};
use super::{FrequencyError, FrequencyError::Shape};
use crate::chaos::Spread;

/// The differences of frequencies, orbit by orbit.
#[derive(Clone, Debug, PartialEq)]
pub struct FrequencyDifference {
    /// What the first set is multiplied with before it is compared; the identity where both mean the same.
    pub matrix: IntegerMatrix,
    /// Median relative difference without the matrix, for orders of each orbit's frequencies that fit best.
    pub median_without: f64,
    /// The order in which each orbit's frequencies of the first set are taken, before the matrix.
    pub orders: Vec<Vec<usize>>,
    /// Second set less matrix times first, in radians per unit time.
    pub difference: Vec<Vec<f64>>,
    /// Its size relative to the frequency of the second set; to the largest of the orbit where that is zero.
    pub relative: Vec<Vec<f64>>,
}

/// A matrix other than the identity must make the median more than this many times smaller. Another basis does so at once, as
/// frequencies differ by their own size without it; by chance, among unrelated frequencies, a few times is common.
const GAIN: f64 = 10.0;

/// Compares frequencies, one row an orbit in both sets.
///
/// Fundamental frequencies are defined up to one unimodular integer matrix, and spectra do not tell which comes first. So
/// each orbit's frequencies are taken in the order that fits best (up to five of them), and where one matrix makes the
/// median relative difference less than a tenth of what it is without, the first set is multiplied with it.
///
/// # Errors
/// Sets without orbits or of different shapes.
pub fn frequency_difference(first: &[Vec<f64>], second: &[Vec<f64>]) -> Result<FrequencyDifference, FrequencyError> {
    let n = first.first().ok_or(FrequencyError::NoMatrix { orbits: 0 })?.len();
    if second.len() != first.len() {
        return Err(Shape { what: "orbits", expected: first.len(), found: second.len() });
    }
    if let Some(odd) = first.iter().chain(second).find(|omega| omega.len() != n) {
        return Err(Shape { what: "frequencies", expected: n, found: odd.len() });
    }
    let mut ordered = first.to_vec();
    let identity = IntegerMatrix::identity(n);
    let orders = put_in_order_under(&identity, &mut ordered, second);
    let plain = FrequencyDifference::under(identity, orders, &ordered, second);
    let without = plain.median();
    let mut ordered = first.to_vec();
    let orders = put_in_one_order(&mut ordered, second);
    let matched = match_unimodular(&ordered, second);
    let changed = matched.map(|matrix| FrequencyDifference::under(matrix, orders, &ordered, second));
    let better = changed.ok().filter(|changed| changed.median() * GAIN < without);
    Ok(FrequencyDifference { median_without: without, ..better.unwrap_or(plain) })
}

impl FrequencyDifference {
    fn under(matrix: IntegerMatrix, orders: Vec<Vec<usize>>, first: &[Vec<f64>], second: &[Vec<f64>]) -> Self {
        let orbit = |(first, second): (&Vec<f64>, &Vec<f64>)| -> Vec<f64> {
            matrix.apply(first).iter().zip(second).map(|(a, b)| b - a).collect()
        };
        let difference = first.iter().zip(second).map(orbit).collect();
        let relative = relative_errors(&matrix, first, second);
        FrequencyDifference { matrix, median_without: 0.0, orders, difference, relative }
    }

    /// The median of the relative differences of all orbits and frequencies.
    fn median(&self) -> f64 {
        Spread::of(&self.relative.concat()).map_or(0.0, |spread| spread.median)
    }

    /// The standard errors of the differences, from those of both sets, taken as independent.
    pub fn errors(&self, first: &[Vec<f64>], second: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let squared = |row: &[i32], errors: &[f64]| -> f64 {
            row.iter().zip(errors).map(|(&k, error)| (f64::from(k) * error).powi(2)).sum()
        };
        let orbit = |((first, order), second): ((&Vec<f64>, &Vec<usize>), &Vec<f64>)| {
            let first = in_order(first, order);
            let both = self.matrix.rows().iter().zip(second);
            both.map(|(row, error)| (squared(row, &first) + error * error).sqrt()).collect()
        };
        first.iter().zip(&self.orders).zip(second).map(orbit).collect()
    }

    /// How many orbits' frequencies were taken in another order than they came in.
    pub fn n_reordered(&self) -> usize {
        self.orders.iter().filter(|order| !order.is_sorted()).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    fn orbits() -> Vec<Vec<f64>> {
        (0..20).map(|i| vec![1.0 + 0.01 * f64::from(i), 1.7 - 0.013 * f64::from(i)]).collect()
    }

    #[test]
    fn a_shift_is_found_whatever_the_order_in_each_orbit() {
        let first = orbits();
        let moved = |(i, omega): (usize, &Vec<f64>)| {
            let moved = vec![omega[0] + 1e-3, omega[1] - 2e-3];
            if i % 3 == 0 { in_order(&moved, &[1, 0]) } else { moved }
        };
        let second: Vec<Vec<f64>> = first.iter().enumerate().map(moved).collect();
        let found = frequency_difference(&first, &second).unwrap();
        assert_eq!((found.matrix.clone(), found.n_reordered()), (IntegerMatrix::identity(2), 7));
        assert!((found.difference[0][1] - 1e-3).abs() < 1e-12 && (found.difference[1][1] + 2e-3).abs() < 1e-12);
        assert!((found.relative[1][0] - 1e-3 / 1.011).abs() < 1e-12);
        assert_eq!(found.median_without, found.median());
    }

    #[test]
    fn another_basis_is_undone_and_errors_follow_it() {
        let first = orbits();
        // omega' = (-omega1, omega1 + omega2): the same torus, other angles.
        let second: Vec<Vec<f64>> = first.iter().map(|omega| vec![-omega[0], omega[0] + omega[1]]).collect();
        let found = frequency_difference(&first, &second).unwrap();
        assert!(found.median() < 1e-15 && found.median_without > 0.1, "{found:?}");
        let errors = found.errors(&vec![vec![3e-6, 4e-6]; 20], &vec![vec![0.0, 0.0]; 20]);
        assert!((errors[0][0] - 3e-6).abs() < 1e-18 && (errors[0][1] - 5e-6).abs() < 1e-18, "{errors:?}");
    }

    #[test]
    fn sets_that_have_nothing_in_common_are_not_made_to_fit() {
        let mut stream = Stream::new(5, "difference");
        let second: Vec<Vec<f64>> = (0..20).map(|_| vec![1.0 + stream.uniform(), 2.0 + stream.uniform()]).collect();
        let found = frequency_difference(&orbits(), &second).unwrap();
        assert_eq!(found.matrix, IntegerMatrix::identity(2));
        assert!(found.median() > 0.05, "{found:?}");
        assert!(frequency_difference(&orbits(), &second[1..]).is_err());
        assert!(frequency_difference(&[], &[]).is_err());
    }
}
