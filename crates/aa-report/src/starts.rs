//! Which orbit is which: passes list different orbits of one study, and a start tells them apart.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use aa_analysis::Document;

use crate::samples::Samples;

/// All orbits of a report by their starts, counted from 0.
#[derive(Clone, Debug, Default)]
pub(crate) struct Starts {
    starts: Vec<Vec<f64>>,
    /// Their numbers, by a sum over the start: starts that are nearly the same are neighbours.
    by_sum: BTreeMap<Sum, Vec<usize>>,
}

/// What was taken out and put back again differs by roundings.
const SAME: f64 = 1e-9;

impl Starts {
    pub(crate) fn of(document: &Document, samples: &Samples) -> Starts {
        let mut starts = Starts::default();
        let chaos = document.chaos.iter().flat_map(|chaos| &chaos.orbit).map(|orbit| orbit.initial.as_slice());
        let sections = document.sections.iter().flat_map(|section| &section.orbits);
        let frequencies = document.frequencies.iter().flat_map(|frequencies| &frequencies.orbits);
        let width = samples.beginnings.width;
        let drawn = samples.beginnings.orbits.iter().filter_map(|orbit| orbit.get(..width));
        chaos.for_each(|start| starts.see(start));
        sections.for_each(|orbit| starts.see(&orbit.initial));
        frequencies.for_each(|orbit| starts.see(&orbit.initial));
        drawn.for_each(|start| starts.see(start));
        starts
    }

    fn see(&mut self, start: &[f64]) {
        if self.position(start).is_none() {
            self.by_sum.entry(Sum(weighted(start))).or_default().push(self.starts.len());
            self.starts.push(start.to_vec());
        }
    }

    /// The number of the orbit that starts here; none where a start is not finite.
    pub(crate) fn position(&self, start: &[f64]) -> Option<usize> {
        let size = start.iter().fold(0.0f64, |size, x| size.max(x.abs()));
        let same = |known: &[f64]| {
            known.len() == start.len() && known.iter().zip(start).all(|(a, b)| (a - b).abs() <= SAME * size)
        };
        let sum = weighted(start);
        // Twice what the sums of such starts differ by at most, for the roundings of the sums themselves; and 0 is -0.
        let reach = 2.0 * SAME * size * weights().take(start.len()).sum::<f64>() + f64::MIN_POSITIVE;
        let near = sum.is_finite().then(|| self.by_sum.range(Sum(sum - reach)..=Sum(sum + reach)));
        near?.flat_map(|(_, numbers)| numbers).copied().filter(|&number| same(&self.starts[number])).min()
    }

    /// How many orbits there are.
    pub(crate) fn len(&self) -> usize {
        self.starts.len()
    }

    /// Where an orbit starts.
    pub(crate) fn start(&self, number: usize) -> &[f64] {
        &self.starts[number]
    }

    /// One item for each orbit that has one, by the orbit's number: the first.
    pub(crate) fn numbered<'a, T>(
        &self,
        items: impl IntoIterator<Item = &'a T>,
        start: impl Fn(&'a T) -> Option<&'a [f64]>,
    ) -> BTreeMap<usize, (usize, &'a T)> {
        let mut numbered = BTreeMap::new();
        for (index, item) in items.into_iter().enumerate() {
            if let Some(number) = start(item).and_then(|start| self.position(start)) {
                numbered.entry(number).or_insert((index, item));
            }
        }
        numbered
    }
}

/// Square roots: so that starts on a grid, or those that differ by an exchange, have different sums.
fn weights() -> impl Iterator<Item = f64> {
    (2..).map(|k| f64::from(k).sqrt())
}

fn weighted(start: &[f64]) -> f64 {
    start.iter().zip(weights()).map(|(x, weight)| weight * x).sum()
}

/// A sum in the total order of floating-point numbers.
#[derive(Clone, Copy, Debug)]
struct Sum(f64);

impl Ord for Sum {
    fn cmp(&self, other: &Sum) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl PartialOrd for Sum {
    fn partial_cmp(&self, other: &Sum) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Sum {
    fn eq(&self, other: &Sum) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Sum {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roundings_make_no_new_orbit() {
        let mut starts = Starts::default();
        [[0.1, 0.2], [0.1 + 1e-14, 0.2], [0.1, 0.3]].iter().for_each(|start| starts.see(start));
        assert_eq!((starts.len(), starts.position(&[0.1, 0.3]), starts.position(&[0.4, 0.3])), (2, Some(1), None));
    }

    #[test]
    fn every_orbit_of_many_is_found_whatever_is_alike_in_them() {
        let mut starts = Starts::default();
        // On a section, with every exchange of coordinates, signs too; and each once more with roundings.
        let grid: Vec<[f64; 3]> = (0..2500).map(|k| [0.0, f64::from(k / 50 - 25), f64::from(k % 50 - 25)]).collect();
        grid.iter().for_each(|start| starts.see(start));
        grid.iter().for_each(|start| starts.see(&start.map(|x| x * (1.0 + 1e-13))));
        assert_eq!(starts.len(), 2500);
        assert!(grid.iter().enumerate().all(|(number, start)| starts.position(start) == Some(number)));
        let numbered = starts.numbered(&grid[7..9], |start| Some(start));
        assert_eq!(numbered, BTreeMap::from([(7, (0, &grid[7])), (8, (1, &grid[8]))]));
        assert_eq!(starts.position(&[-0.0; 3]), starts.position(&[0.0; 3]));
        starts.see(&[f64::NAN, f64::INFINITY, 0.0]);
        assert_eq!(starts.position(&[f64::NAN, f64::INFINITY, 0.0]), None);
    }
}
