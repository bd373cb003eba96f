//! Rays and planes through the origin that symmetric potentials often leave invariant.

use aa_symbolic::Rational;

/// With up to this many coordinates every vector of 0, 1 and -1 is listed; beyond, their number grows too fast.
const MAX_DIMENSION: usize = 5;

/// Vectors with entries 0, 1 and -1, the first of them that is not 0 being 1; fewest entries first.
pub(super) fn rays(n: usize) -> Vec<Vec<Rational>> {
    let rays = labelled(n, 3, 2).into_iter().filter(|labels| starts_with_plus(labels, 1));
    rays.map(|labels| vector(&labels, 1)).collect()
}

/// Pairs of such vectors with disjoint supports, each plane once.
pub(super) fn planes(n: usize) -> Vec<(Vec<Rational>, Vec<Rational>)> {
    let is_canonical = |labels: &Vec<usize>| {
        let first = |label| labels.iter().position(|&l| l == label);
        let ordered = first(1).zip(first(3)).is_some_and(|(u, w)| u < w);
        ordered && starts_with_plus(labels, 1) && starts_with_plus(labels, 3)
    };
    let planes = labelled(n, 5, 2).into_iter().filter(is_canonical);
    planes.map(|labels| (vector(&labels, 1), vector(&labels, 3))).collect()
}

/// All ways to give each of n places one of `n_labels` labels, fewest places with a label other than 0 first.
///
/// Beyond [`MAX_DIMENSION`] places, only those with at most `few` such places and those with none left at 0 that
/// repeat one label.
fn labelled(n: usize, n_labels: usize, few: usize) -> Vec<Vec<usize>> {
    let mut all: Vec<Vec<usize>> = vec![Vec::new()];
    for _ in 0..n {
        let grown = |labels: &Vec<usize>| (0..n_labels).map(|label| [labels.as_slice(), &[label]].concat()).collect();
        all = all.iter().flat_map(|labels: &Vec<usize>| -> Vec<Vec<usize>> { grown(labels) }).collect();
        if n > MAX_DIMENSION {
            all.retain(|labels| n_used(labels) <= few || labels.iter().all(|l| *l == 1));
        }
    }
    all.sort_by_key(|labels| n_used(labels));
    all
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
    fn large_systems_keep_axes_pairs_and_the_diagonal() {
        assert_eq!(rays(7).len(), 7 + 2 * 21 + 1);
        assert_eq!(planes(7).len(), 21);
    }
}
