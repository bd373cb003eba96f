//! Which points of two lists are the same: what comes before any comparison of orbits, orbit by orbit.

use std::cmp::Ordering;

/// Points of two lists, by their places there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pairing {
    /// A point of the first list and the same of the second, in the order of the first.
    pub pairs: Vec<(usize, usize)>,
    /// Points of the first list without a partner.
    pub only_first: Vec<usize>,
    /// Points of the second list without a partner.
    pub only_second: Vec<usize>,
}

/// Pairs each point with the nearest point of the other list that has no partner yet.
///
/// Two points are the same where every component differs by at most `within` times the largest size that this component
/// has in both lists. Points are rows of equal length; those with a component that is not finite have no partner.
///
/// ```
/// use aa_dynamics::pairing::pair_points;
/// let (first, second) = ([vec![0.0, 1.0], vec![0.5, 2.0]], [vec![0.5, 2.0 + 1e-12], vec![0.1, 1.0]]);
/// let pairing = pair_points(&first, &second, 1e-9);
/// assert_eq!((pairing.pairs, pairing.only_first, pairing.only_second), (vec![(1, 0)], vec![0], vec![1]));
/// ```
pub fn pair_points(first: &[Vec<f64>], second: &[Vec<f64>], within: f64) -> Pairing {
    let scales = scales(first.iter().chain(second));
    let keyed = Keyed::new(second, &scales);
    let mut taken = vec![false; second.len()];
    let mut pairing = Pairing::default();
    for (i, point) in first.iter().enumerate() {
        match keyed.nearest(point, within, &taken) {
            Some(j) => {
                taken[j] = true;
                pairing.pairs.push((i, j));
            }
            None => pairing.only_first.push(i),
        }
    }
    pairing.only_second = (0..second.len()).filter(|&j| !taken[j]).collect();
    pairing
}

/// The largest finite size of each component; 1 where all are zero.
fn scales<'a>(points: impl Iterator<Item = &'a Vec<f64>>) -> Vec<f64> {
    let mut scales: Vec<f64> = Vec::new();
    for point in points {
        scales.resize(scales.len().max(point.len()), 0.0);
        scales.iter_mut().zip(point).for_each(|(scale, x)| {
            if x.is_finite() {
                *scale = scale.max(x.abs())
            }
        });
    }
    scales.iter().map(|&scale| if scale > 0.0 { scale } else { 1.0 }).collect()
}

/// Points sorted by a projection, so that only neighbours need to be looked at.
struct Keyed<'a> {
    points: &'a [Vec<f64>],
    scales: &'a [f64],
    sorted: Vec<(f64, usize)>,
}

impl<'a> Keyed<'a> {
    fn new(points: &'a [Vec<f64>], scales: &'a [f64]) -> Self {
        let keys = points.iter().enumerate().map(|(j, point)| (key(point, scales), j));
        let mut sorted: Vec<(f64, usize)> = keys.filter(|(key, _)| key.is_finite()).collect();
        sorted.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        Keyed { points, scales, sorted }
    }

    /// The nearest point that is free; of equals, the first in its list.
    fn nearest(&self, point: &[f64], within: f64, taken: &[bool]) -> Option<usize> {
        let (key, reach) = (key(point, self.scales), (within + f64::EPSILON) * self.scales.len() as f64);
        let from = self.sorted.partition_point(|(other, _)| *other < key - reach);
        let near = self.sorted[from..].iter().take_while(|(other, _)| *other <= key + reach);
        let near = near.filter(|(_, j)| !taken[*j]).map(|&(_, j)| (self.distance(point, &self.points[j]), j));
        let order = |a: &(f64, usize), b: &(f64, usize)| -> Ordering { a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)) };
        near.filter(|(distance, _)| *distance <= within).min_by(order).map(|(_, j)| j)
    }

    /// The largest difference of a component, in units of its scale.
    fn distance(&self, a: &[f64], b: &[f64]) -> f64 {
        let scaled = a.iter().zip(b).zip(self.scales).map(|((a, b), scale)| (a - b).abs() / scale);
        scaled.fold(0.0, f64::max)
    }
}

/// A sum of the scaled components with weights of at most 1 that have nothing to do with each other (powers of the
/// golden ratio, modulo 1), so that points of a lattice rarely share it.
fn key(point: &[f64], scales: &[f64]) -> f64 {
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    point.iter().zip(scales).enumerate().map(|(i, (x, scale))| (GOLDEN * (i + 1) as f64).fract() * x / scale).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    #[test]
    fn shuffled_points_find_their_partners() {
        let mut stream = Stream::new(3, "pairing");
        // The first component is the same for all, as on a section.
        let first: Vec<Vec<f64>> =
            (0..500).map(|_| vec![0.0, stream.uniform(), 1e3 * stream.uniform() - 500.0]).collect();
        let places: Vec<usize> = (0..500).map(|i| (i * 7) % 500).collect();
        let moved = |x: f64| x * (1.0 + 1e-13);
        let second: Vec<Vec<f64>> = places.iter().map(|&i| first[i].iter().map(|&x| moved(x)).collect()).collect();
        let pairing = pair_points(&first, &second, 1e-9);
        assert_eq!(pairing.pairs.len(), 500);
        assert!(pairing.pairs.iter().all(|&(i, j)| places[j] == i));
        assert!(pair_points(&first, &second, 1e-15).pairs.len() < 250);
    }

    #[test]
    fn equal_starts_are_paired_one_by_one() {
        let (one, two) = (vec![vec![1.0]; 2], vec![vec![1.0]; 3]);
        let pairing = pair_points(&one, &two, 0.0);
        assert_eq!((pairing.pairs, pairing.only_second), (vec![(0, 0), (1, 1)], vec![2]));
        assert_eq!(pair_points(&[], &one, 0.1).only_second, [0, 1]);
        assert!(pair_points(&[vec![f64::NAN]], &one, 1.0).pairs.is_empty());
    }

    #[test]
    fn an_infinite_component_does_not_make_others_the_same() {
        let (first, second) = ([vec![f64::INFINITY, 1.0], vec![0.0, 1.0]], [vec![5.0, 1.0], vec![f64::INFINITY, 1.0]]);
        assert!(pair_points(&first, &second, 1e-9).pairs.is_empty());
        assert_eq!(pair_points(&first, &[vec![0.0, 1.0]], 1e-9).pairs, [(1, 0)]);
    }
}
