//! The frequencies of the same orbits in two bundles: differences, their statistics, and the same as a group of a file.

use aa_analysis::document::finite;
use aa_dataset::{Dataset, Group, Values};
use aa_dynamics::chaos::Spread;
use aa_dynamics::frequency::{FrequencyDifference, frequency_difference};

use super::document::{Deviations, DiffusionChange, FrequencyComparison, Sizes};
use super::side::Side;
use crate::Error;

/// A difference within so many standard errors is none.
const SIGMA: f64 = 3.0;

/// The orbits that have frequencies in both bundles.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Paired {
    /// Their places in the first and the second bundle.
    pairs: Vec<(usize, usize)>,
    /// Further orbits of both bundles that have frequencies in one.
    in_one_only: usize,
    found: FrequencyDifference,
    /// Standard errors of the differences, where both bundles tell theirs.
    error: Option<Vec<Vec<f64>>>,
    /// Differences of log10 of the diffusion; not finite where one of the two is zero.
    diffusion: Option<Vec<f64>>,
}

impl Paired {
    /// Compares the orbits that are the same in both bundles.
    pub(super) fn of([first, second]: &[Side; 2], same: &[(usize, usize)]) -> Result<Paired, Error> {
        let (pairs, others): (Vec<_>, Vec<_>) = same.iter().partition(|(i, j)| first.has(*i) && second.has(*j));
        let (places, partners): (Vec<usize>, Vec<usize>) = pairs.iter().copied().unzip();
        let (a, b) = (picked(&first.omega, &places), picked(&second.omega, &partners));
        let found = frequency_difference(&a, &b).map_err(|error| not_comparable(same.len(), pairs.len(), &error))?;
        let error = first.error.as_ref().zip(second.error.as_ref());
        let error = error.map(|(a, b)| found.errors(&picked(a, &places), &picked(b, &partners)));
        let diffusion = first.diffusion.as_ref().zip(second.diffusion.as_ref());
        let diffusion = diffusion.map(|(a, b)| pairs.iter().map(|&(i, j)| b[j].log10() - a[i].log10()).collect());
        let in_one_only = others.iter().filter(|(i, j)| first.has(*i) != second.has(*j)).count();
        Ok(Paired { pairs, in_one_only, found, error, diffusion })
    }

    /// What to say about it.
    pub(super) fn summary(&self) -> FrequencyComparison {
        let found = &self.found;
        let n = found.matrix.rows().len();
        FrequencyComparison {
            unit: "rad/time".into(),
            compared: self.pairs.len(),
            in_one_only: self.in_one_only,
            reordered: found.n_reordered(),
            matrix: found.matrix.rows().to_vec(),
            median_without_matrix: finite(found.median_without),
            all: self.deviations(0..n),
            each: (0..n).map(|i| self.deviations(i..i + 1)).collect(),
            diffusion: self.diffusion.as_ref().map(|change| diffusion_change(change)),
        }
    }

    /// Statistics over some of the frequencies.
    fn deviations(&self, which: std::ops::Range<usize>) -> Deviations {
        let of = |rows: &[Vec<f64>]| -> Vec<f64> { rows.iter().flat_map(|row| row[which.clone()].to_vec()).collect() };
        let difference = of(&self.found.difference);
        let within = |error: &Vec<Vec<f64>>| {
            let near = difference.iter().zip(of(error)).filter(|(difference, error)| difference.abs() <= SIGMA * error);
            near.count() as f64 / difference.len() as f64
        };
        let absolute: Vec<f64> = difference.iter().map(|difference| difference.abs()).collect();
        Deviations {
            absolute: sizes(&absolute),
            relative: sizes(&of(&self.found.relative)),
            within_errors: self.error.as_ref().map(within),
            sigma: SIGMA,
        }
    }
}

fn picked(rows: &[Vec<f64>], places: &[usize]) -> Vec<Vec<f64>> {
    places.iter().map(|&place| rows[place].clone()).collect()
}

fn not_comparable(same: usize, pairs: usize, error: &aa_dynamics::frequency::FrequencyError) -> Error {
    let reason = match pairs {
        0 => format!("no orbit of the {same} that both bundles have shows frequencies in both"),
        _ => format!("the frequencies cannot be compared: {error}"),
    };
    Error::NotComparable { reason, hint: "`aatool show` says what a bundle holds, and how its orbits ended".into() }
}

fn sizes(values: &[f64]) -> Sizes {
    let spread = Spread::of(values);
    Sizes {
        median: spread.and_then(|spread| finite(spread.median)),
        p95: spread.and_then(|spread| finite(spread.p95)),
        largest: values.iter().copied().reduce(f64::max).and_then(finite),
    }
}

fn diffusion_change(change: &[f64]) -> DiffusionChange {
    let known: Vec<f64> = change.iter().copied().filter(|change| change.is_finite()).collect();
    let spread = Spread::of(&known);
    DiffusionChange {
        compared: known.len(),
        median: spread.map(|spread| spread.median),
        p05: spread.map(|spread| spread.p05),
        p95: spread.map(|spread| spread.p95),
        largest: known.iter().copied().max_by(|a, b| a.abs().total_cmp(&b.abs())),
    }
}

/// Everything about the orbits compared, one row each.
pub(super) fn frequencies_group([first, second]: &[Side; 2], paired: &Paired) -> Group {
    let (places, partners): (Vec<usize>, Vec<usize>) = paired.pairs.iter().copied().unzip();
    let mut rows = Rows { n: paired.pairs.len(), group: Group::default() };
    let counted = |places: &[usize]| places.iter().map(|&place| place as i64).collect::<Vec<_>>();
    rows.column("orbit_first", counted(&places), "the orbit in the first bundle, counted from 0");
    rows.column("orbit_second", counted(&partners), "the orbit in the second bundle, counted from 0");
    let initial = picked(&first.initial, &places);
    rows.matrix("initial", "component", &initial, "1", "initial conditions in the first bundle, q then p");
    let (a, b) = (picked(&first.omega, &places), picked(&second.omega, &partners));
    rows.matrix("first", "frequency", &a, "rad/time", "frequencies as the first bundle has them");
    rows.matrix("second", "frequency", &b, "rad/time", "frequencies of the second bundle");
    rows.difference(&paired.found);
    if let Some(error) = &paired.error {
        rows.matrix("error", "frequency", error, "rad/time", "standard errors of the differences");
    }
    if let Some(change) = &paired.diffusion {
        rows.column("log10_diffusion", change.clone(), "log10 of the frequency diffusion, second less first");
    }
    rows.group
}

/// A group with one row an orbit in every dataset.
struct Rows {
    n: usize,
    group: Group,
}

impl Rows {
    fn difference(&mut self, found: &FrequencyDifference) {
        self.matrix("difference", "frequency", &found.difference, "rad/time", "second less matrix times first");
        self.matrix("relative", "frequency", &found.relative, "1", "its size relative to the second");
        let width = found.matrix.rows().len();
        let orders: Vec<i64> = found.orders.concat().into_iter().map(|place| place as i64).collect();
        let orders = Dataset::array([("orbit", self.n), ("frequency", width)], orders);
        let meaning =
            "places of the first bundle's frequencies, counted from 0, in the order in which they are compared";
        self.group.insert("order", orders.long_name(meaning));
        let matrix: Vec<i64> = found.matrix.rows().concat().into_iter().map(i64::from).collect();
        let matrix = Dataset::array([("frequency", width), ("ordered", width)], matrix);
        let meaning = "what the first bundle's frequencies, in that order, are multiplied with";
        self.group.insert("matrix", matrix.long_name(meaning));
    }

    fn matrix(&mut self, name: &str, axis: &str, rows: &[Vec<f64>], units: &str, long_name: &str) {
        let width = rows.first().map_or(0, Vec::len);
        let matrix = Dataset::array([("orbit", self.n), (axis, width)], rows.concat());
        self.group.insert(name, matrix.units(units).long_name(long_name));
    }

    fn column(&mut self, name: &str, values: impl Into<Values>, long_name: &str) {
        self.group.insert(name, Dataset::array([("orbit", self.n)], values).long_name(long_name));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparison::{Comparison, Origin, Starts};

    fn side(omega: &[[f64; 2]], error: f64, diffusion: [f64; 3]) -> Side {
        let origin =
            Origin { path: "a.h5".into(), system: "s".into(), parameters: Default::default(), of: "map".into() };
        Side {
            origin,
            names: Vec::new(),
            initial: vec![vec![0.0, 0.1]; 3],
            omega: omega.iter().map(|omega| omega.to_vec()).collect(),
            error: Some(vec![vec![error, error]; 3]),
            diffusion: Some(diffusion.to_vec()),
        }
    }

    #[test]
    fn orbits_that_have_frequencies_in_one_bundle_only_are_counted_and_differ() {
        let first = side(&[[1.0, 2.0], [1.1, 2.1], [1.2, 2.2]], 3e-3, [1e-9, 1e-8, 0.0]);
        let second = side(&[[1.0, 2.0], [f64::NAN; 2], [1.21, 2.2]], 4e-3, [1e-7, f64::NAN, 1e-3]);
        let sides = [first, second];
        let paired = Paired::of(&sides, &[(0, 0), (1, 1), (2, 2)]).unwrap();
        let found = paired.summary();
        assert_eq!((found.compared, found.in_one_only, found.reordered), (2, 1, 0));
        assert!((found.each[0].absolute.largest.unwrap() - 0.01).abs() < 1e-12);
        assert_eq!(found.each[1].relative.largest, Some(0.0));
        // 0.01 is two of the standard errors of a difference, which are 5e-3; a diffusion of zero has no logarithm.
        assert_eq!(found.all.within_errors, Some(1.0));
        let diffusion = found.diffusion.unwrap();
        assert!(diffusion.compared == 1 && (diffusion.largest.unwrap() - 2.0).abs() < 1e-12, "{diffusion:?}");
        let group = frequencies_group(&sides, &paired);
        assert_eq!(group.datasets["orbit_second"].values, Values::Integer(vec![0, 2]));
        let [first, second] = sides.map(|side| side.origin);
        let starts = Starts { by: Vec::new(), within: 0.0, matched: 3, only_first: 0, only_second: 0 };
        assert!(!Comparison { format: 1, first, second, starts, frequencies: found }.agrees(1.0));
        let [silent, other] = [side(&[[f64::NAN; 2]; 3], 0.0, [0.0; 3]), side(&[[1.0; 2]; 3], 0.0, [0.0; 3])];
        let refused = Paired::of(&[silent, other], &[(0, 0)]).unwrap_err().to_string();
        assert_eq!(refused, "no orbit of the 1 that both bundles have shows frequencies in both");
    }
}
