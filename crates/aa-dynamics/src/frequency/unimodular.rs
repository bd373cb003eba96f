//! One basis against another: the unimodular integer matrix between two sets of fundamental frequencies.
//!
//! Angles are defined up to theta' = M theta with M in GL(n, Z), and frequencies follow suit. Which M relates
//! measured to learned frequencies is a property of the study, not of an orbit: one matrix, found on training
//! orbits, judged on others.

use super::FrequencyError;
use super::lattice::{combination, common_divisor, lattice_points, length};

/// A square integer matrix of determinant 1 or -1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntegerMatrix {
    rows: Vec<Vec<i32>>,
}

impl IntegerMatrix {
    /// The matrix with the given rows, if it is square with determinant 1 or -1.
    ///
    /// ```
    /// use aa_dynamics::frequency::IntegerMatrix;
    /// assert!(IntegerMatrix::new(vec![vec![2, 1], vec![1, 1]]).is_some());
    /// assert!(IntegerMatrix::new(vec![vec![2, 0], vec![0, 1]]).is_none());
    /// ```
    pub fn new(rows: Vec<Vec<i32>>) -> Option<Self> {
        let square = rows.iter().all(|row| row.len() == rows.len());
        (square && determinant(&rows).abs() == 1).then_some(IntegerMatrix { rows })
    }

    /// The matrix that changes nothing.
    pub fn identity(n: usize) -> Self {
        IntegerMatrix { rows: (0..n).map(|i| (0..n).map(|j| i32::from(i == j)).collect()).collect() }
    }

    /// The rows; row i times measured frequencies is frequency i of the other set.
    pub fn rows(&self) -> &[Vec<i32>] {
        &self.rows
    }

    /// M omega.
    pub fn apply(&self, omega: &[f64]) -> Vec<f64> {
        self.rows.iter().map(|row| combination(row, omega)).collect()
    }
}

/// The determinant, exactly: elimination without fractions (Bareiss, Math. Comp. 22, 1968).
fn determinant(rows: &[Vec<i32>]) -> i128 {
    let n = rows.len();
    let mut m: Vec<Vec<i128>> = rows.iter().map(|row| row.iter().map(|&x| i128::from(x)).collect()).collect();
    let (mut sign, mut previous) = (1, 1);
    for k in 0..n {
        let Some(pivot) = (k..n).find(|&i| m[i][k] != 0) else { return 0 };
        if pivot != k {
            m.swap(pivot, k);
            sign = -sign;
        }
        for i in k + 1..n {
            for j in k + 1..n {
                m[i][j] = (m[i][j] * m[k][k] - m[i][k] * m[k][j]) / previous;
            }
        }
        previous = m[k][k];
    }
    sign * previous
}

/// The unimodular matrix M with M measured = learned as nearly as possible over all orbits.
///
/// Both lists hold one vector of n frequencies an orbit. Entries up to 3 in size are tried; for n > 4, rows of at
/// most three entries that are not zero. A row is judged by its mean relative error over the orbits, each
/// capped at one tenth so that a few bad orbits decide nothing; of rows that fit equally, the shortest is taken.
///
/// # Errors
/// Lists of different shapes or without orbits; no unimodular matrix among the best rows.
pub fn match_unimodular(measured: &[Vec<f64>], learned: &[Vec<f64>]) -> Result<IntegerMatrix, FrequencyError> {
    let n = check_shapes(measured, learned)?;
    let candidates: Vec<Vec<i32>> = candidate_rows(n);
    let ranked: Vec<Vec<Ranked>> = (0..n).map(|i| rank(&candidates, i, measured, learned)).collect();
    let mut search = Search { ranked: &ranked, best: None, nodes: 0 };
    search.descend(&mut Vec::with_capacity(n), 0.0);
    let rows = search.best.ok_or(FrequencyError::NoMatrix { orbits: measured.len() })?.1;
    IntegerMatrix::new(rows).ok_or(FrequencyError::NoMatrix { orbits: measured.len() })
}

/// |(M measured)_i - learned_i| / |learned_i| for each orbit and frequency, under a matrix found elsewhere.
///
/// See [`relative_difference`].
pub fn relative_errors(matrix: &IntegerMatrix, measured: &[Vec<f64>], learned: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let orbit = |(measured, learned): (&Vec<f64>, &Vec<f64>)| {
        let pairs = matrix.apply(measured).into_iter().zip(learned);
        pairs.map(|(a, &b)| relative_difference(a, b, learned)).collect()
    };
    measured.iter().zip(learned).map(orbit).collect()
}

/// |found - wanted| / |wanted|, or over the largest of `all` the wanted frequencies of an orbit where one of the two is
/// zero but for roundings (10^-9 of that), as on resonant tori: a frequency that is zero has no relative error.
pub fn relative_difference(found: f64, wanted: f64, all: &[f64]) -> f64 {
    let largest = all.iter().fold(f64::MIN_POSITIVE, |most: f64, omega| most.max(omega.abs()));
    let scale = if found.abs().min(wanted.abs()) > 1e-9 * largest { wanted.abs() } else { largest };
    (found - wanted).abs() / scale
}

fn check_shapes(measured: &[Vec<f64>], learned: &[Vec<f64>]) -> Result<usize, FrequencyError> {
    let n = measured.first().ok_or(FrequencyError::NoMatrix { orbits: 0 })?.len();
    if learned.len() != measured.len() {
        return Err(FrequencyError::Shape { what: "orbits", expected: measured.len(), found: learned.len() });
    }
    match measured.iter().chain(learned).find(|omega| omega.len() != n) {
        Some(odd) => Err(FrequencyError::Shape { what: "frequencies", expected: n, found: odd.len() }),
        None => Ok(n),
    }
}

/// Rows worth trying: primitive, entries up to 3.
fn candidate_rows(n: usize) -> Vec<Vec<i32>> {
    const LARGEST: u32 = 3;
    let sparse = |k: &Vec<i32>| n <= 4 || k.iter().filter(|&&k| k != 0).count() <= 3;
    let small = |k: &Vec<i32>| k.iter().all(|k| k.unsigned_abs() <= LARGEST);
    let order = if n <= 4 { LARGEST * n as u32 } else { LARGEST };
    let points = lattice_points(n, order);
    points.into_iter().filter(|k| common_divisor(k) == 1 && small(k) && sparse(k)).collect()
}

/// A candidate row and its cost.
struct Ranked {
    cost: f64,
    row: Vec<i32>,
}

/// How many rows a frequency keeps for the search.
const KEPT: usize = 24;

/// The best rows for one learned frequency.
fn rank(candidates: &[Vec<i32>], index: usize, measured: &[Vec<f64>], learned: &[Vec<f64>]) -> Vec<Ranked> {
    let cost = |row: &[i32]| {
        let errors = measured.iter().zip(learned);
        let errors = errors.map(|(m, l)| relative_difference(combination(row, m), l[index], l).min(0.1));
        let mean = errors.sum::<f64>() / measured.len() as f64;
        // A longer row must earn its keep: it has more ways to fit by chance. 1e-12 settles exact ties.
        (mean + 1e-12) * (1.0 + 0.25 * f64::from(length(row) - 1))
    };
    let mut ranked: Vec<Ranked> = candidates.iter().map(|row| Ranked { cost: cost(row), row: row.clone() }).collect();
    ranked.sort_by(|a, b| a.cost.total_cmp(&b.cost));
    ranked.truncate(KEPT);
    ranked
}

/// A search through the best rows, depth first, that drops what cannot beat the best matrix so far.
struct Search<'a> {
    ranked: &'a [Vec<Ranked>],
    best: Option<(f64, Vec<Vec<i32>>)>,
    nodes: usize,
}

/// The most matrices begun; a bound in work, so that the result does not depend on the machine.
const MOST_NODES: usize = 400_000;

impl Search<'_> {
    fn descend(&mut self, rows: &mut Vec<Vec<i32>>, cost: f64) {
        let Some(choices) = self.ranked.get(rows.len()) else {
            if determinant(rows).abs() == 1 {
                self.best = Some((cost, rows.clone()));
            }
            return;
        };
        let rest: f64 = self.ranked[rows.len() + 1..].iter().map(|ranked| ranked[0].cost).sum();
        for choice in choices {
            self.nodes += 1;
            let total = cost + choice.cost;
            let beaten = self.best.as_ref().is_some_and(|(best, _)| total + rest >= *best);
            if beaten || self.nodes > MOST_NODES {
                return;
            }
            if rows.contains(&choice.row) || rows.contains(&negated(&choice.row)) {
                continue;
            }
            rows.push(choice.row.clone());
            self.descend(rows, total);
            rows.pop();
        }
    }
}

fn negated(row: &[i32]) -> Vec<i32> {
    row.iter().map(|k| -k).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    /// Orbits with frequencies scattered by a tenth, and their image under a matrix with a little noise.
    fn study(rows: &[Vec<i32>], noise: f64, stream: &mut Stream) -> (Vec<Vec<f64>>, Vec<Vec<f64>>) {
        let n = rows.len();
        let measured: Vec<Vec<f64>> =
            (0..30).map(|_| (0..n).map(|i| 1.0 + 0.37 * i as f64 + 0.1 * stream.uniform()).collect()).collect();
        let image = |omega: &Vec<f64>| -> Vec<f64> {
            rows.iter().map(|row| combination(row, omega)).map(|x| x * (1.0 + noise * stream.normal())).collect()
        };
        let learned = measured.iter().map(image).collect();
        (measured, learned)
    }

    #[test]
    fn hidden_matrices_are_found_in_noise() {
        let mut stream = Stream::new(11, "unimodular");
        let cases: [Vec<Vec<i32>>; 5] = [
            vec![vec![-1]],
            vec![vec![0, 1], vec![1, 0]],
            vec![vec![2, -1], vec![-1, 1]],
            vec![vec![1, 0, -1], vec![0, 1, 1], vec![0, 0, -1]],
            vec![vec![0, 1, 0, 0], vec![1, 0, 0, -1], vec![0, 0, 1, 1], vec![0, 0, 0, 1]],
        ];
        for rows in cases {
            let (measured, learned) = study(&rows, 1e-4, &mut stream);
            assert_eq!(match_unimodular(&measured, &learned).unwrap().rows(), rows);
        }
    }

    #[test]
    fn many_degrees_of_freedom_are_matched_by_sparse_rows() {
        let mut stream = Stream::new(12, "unimodular");
        let n = 7;
        let rows: Vec<Vec<i32>> = (0..n)
            .map(|i| (0..n).map(|j| i32::from((i + 3) % n == j) - i32::from(i == 0 && j == 0)).collect())
            .collect();
        let (measured, learned) = study(&rows, 1e-5, &mut stream);
        assert_eq!(match_unimodular(&measured, &learned).unwrap().rows(), rows);
    }

    #[test]
    fn outliers_do_not_decide() {
        let mut stream = Stream::new(13, "unimodular");
        let rows = vec![vec![1, 1], vec![0, 1]];
        let (mut measured, learned) = study(&rows, 1e-4, &mut stream);
        measured.iter_mut().take(8).for_each(|omega| omega.reverse());
        let matrix = match_unimodular(&measured, &learned).unwrap();
        assert_eq!(matrix.rows(), rows);
        let errors = relative_errors(&matrix, &measured, &learned);
        assert!(errors[9..].iter().flatten().all(|error| *error < 1e-3));
    }

    #[test]
    fn resonant_orbits_still_get_a_unimodular_matrix() {
        // Both learned frequencies equal both measured ones: rows must differ all the same.
        let same = vec![vec![1.0, 1.0]; 5];
        let matrix = match_unimodular(&same, &same).unwrap();
        assert!(relative_errors(&matrix, &same, &same).iter().flatten().all(|error| *error == 0.0));
    }

    #[test]
    fn closed_orbits_match_a_frequency_that_is_nearly_zero() {
        // One frequency, learned once as itself and once as the rest of a difference.
        let measured: Vec<Vec<f64>> = (0..9).map(|i| vec![1.0 + 0.1 * f64::from(i); 2]).collect();
        let learned: Vec<Vec<f64>> = measured.iter().map(|omega| vec![1.001 * omega[0], -0.002]).collect();
        let matrix = match_unimodular(&measured, &learned).unwrap();
        assert_eq!(matrix.apply(&[1.0, 1.0]), [1.0, 0.0]);
        assert!(relative_errors(&matrix, &measured, &learned).iter().flatten().all(|error| *error < 0.003));
    }

    #[test]
    fn unequal_lists_are_refused() {
        assert!(match_unimodular(&[], &[]).is_err());
        assert!(match_unimodular(&[vec![1.0]], &[vec![1.0, 2.0]]).is_err());
        assert!(match_unimodular(&[vec![1.0]], &[]).is_err());
    }

    #[test]
    fn determinants_are_exact() {
        assert_eq!(determinant(&[vec![0, 1, 2], vec![1, 0, 3], vec![4, -3, 8]]), -2);
        assert_eq!(determinant(&[vec![1, 2], vec![2, 4]]), 0);
    }
}
