//! Rays and planes through the origin that symmetric potentials often leave invariant.
//!
//! Up to [`MAX_DIMENSION`] coordinates all vectors of 0, 1 and -1 are tried. Beyond, their number grows too fast; then
//! those with at most two entries that are not 0, and those that repeat a pattern along the list of coordinates, as the
//! modes of chains do.

use std::collections::BTreeSet;

use aa_symbolic::Rational;

const MAX_DIMENSION: usize = 5;

/// Of patterns along long lists; 1 and 2 divide 4.
const PERIODS: [usize; 2] = [3, 4];

/// Vectors with entries 0, 1 and -1, the first of them that is not 0 being 1; fewest entries first.
pub(super) fn rays(n: usize) -> Vec<Vec<Rational>> {
    let rays = labelled(n, 3).into_iter().filter(|labels| starts_with_plus(labels, 1));
    rays.map(|labels| vector(&labels, 1)).collect()
}

/// Pairs of such vectors with disjoint supports, each plane once.
pub(super) fn planes(n: usize) -> Vec<(Vec<Rational>, Vec<Rational>)> {
    let is_canonical = |labels: &Vec<usize>| {
        let first = |label| labels.iter().position(|&l| l == label);
        let ordered = first(1).zip(first(3)).is_some_and(|(u, w)| u < w);
        ordered && starts_with_plus(labels, 1) && starts_with_plus(labels, 3)
    };
    let planes = labelled(n, 5).into_iter().filter(is_canonical);
    planes.map(|labels| (vector(&labels, 1), vector(&labels, 3))).collect()
}

/// Ways to give each of n places one of `n_labels` labels; fewest places with a label other than 0 first.
fn labelled(n: usize, n_labels: usize) -> Vec<Vec<usize>> {
    let mut all = BTreeSet::new();
    if n <= MAX_DIMENSION {
        all.extend(words(n, n_labels));
    } else {
        for pattern in PERIODS.iter().flat_map(|&period| words(period, n_labels)) {
            all.insert(pattern.iter().copied().cycle().take(n).collect());
        }
        let places = || (0..n).flat_map(|i| (0..i).map(move |j| (i, j)));
        for (pair, (i, j)) in words(2, n_labels).iter().flat_map(|pair| places().map(move |place| (pair, place))) {
            let mut labels = vec![0; n];
            (labels[i], labels[j]) = (pair[0], pair[1]);
            all.insert(labels);
        }
    }
    let mut all: Vec<Vec<usize>> = all.into_iter().collect();
    all.sort_by_key(|labels| n_used(labels));
    all
}

fn words(length: usize, n_labels: usize) -> Vec<Vec<usize>> {
    let grown = |words: Vec<Vec<usize>>, _| {
        words.iter().flat_map(|word| (0..n_labels).map(move |label| [word.as_slice(), &[label]].concat())).collect()
    };
    (0..length).fold(vec![Vec::new()], grown)
}

fn n_used(labels: &[usize]) -> usize {
    labels.iter().filter(|&&label| label != 0).count()
}

/// Whether `plus` comes before the label after it, which stands for -1.
fn starts_with_plus(labels: &[usize], plus: usize) -> bool {
    labels.iter().find(|&&label| label == plus || label == plus + 1) == Some(&plus)
}

fn vector(labels: &[usize], plus: usize) -> Vec<Rational> {
    let entry = |&label: &usize| i64::from(label == plus) - i64::from(label == plus + 1);
    labels.iter().map(|label| Rational::from(entry(label))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ray_and_plane_is_listed_once() {
        // (3^n - 1)/2 rays. Planes: label each place 0, u, -u, w, -w with both used, up to signs and exchange.
        for (n, n_rays, n_planes) in [(2, 4, 1), (3, 13, 9), (4, 40, 58)] {
            assert_eq!((rays(n).len(), planes(n).len()), (n_rays, n_planes));
        }
        assert_eq!(rays(2).concat(), [0, 1, 1, 0, 1, 1, 1, -1].map(Rational::from));
    }

    #[test]
    fn large_systems_keep_axes_pairs_and_waves() {
        let (rays, planes) = (rays(8), planes(8));
        for wave in [
            [0, 0, 0, 1, 0, 0, 0, 0],
            [0, 1, 0, 0, -1, 0, 0, 0],
            [1, -1, 0, 1, -1, 0, 1, -1],
            [1, 0, -1, 0, 1, 0, -1, 0],
        ] {
            assert_eq!(rays.iter().filter(|ray| **ray == wave.map(Rational::from)).count(), 1);
        }
        assert!(rays.len() < 200 && planes.len() < 200, "{} {}", rays.len(), planes.len());
    }
}
