//! Integer combinations of frequencies: the points of a small lattice, and relations seen among numbers.

/// All integer vectors with |k_1| + ... + |k_n| at most `order`, shortest first, then in lexical order.
pub(crate) fn lattice_points(dimension: usize, order: u32) -> Vec<Vec<i32>> {
    let mut points = vec![vec![]];
    for _ in 0..dimension {
        points = points.iter().flat_map(|head| extended(head, order)).collect();
    }
    points.sort_by_key(|k| length(k));
    points
}

fn extended(head: &[i32], order: u32) -> Vec<Vec<i32>> {
    let room = order as i32 - length(head) as i32;
    (-room..=room).map(|k| head.iter().copied().chain([k]).collect()).collect()
}

/// |k_1| + ... + |k_n|.
pub(crate) fn length(k: &[i32]) -> u32 {
    k.iter().map(|k| k.unsigned_abs()).sum()
}

/// k . omega
pub(crate) fn combination(k: &[i32], omega: &[f64]) -> f64 {
    k.iter().zip(omega).map(|(&k, omega)| f64::from(k) * omega).sum()
}

/// The greatest common divisor of all entries; zero for a zero vector.
pub(crate) fn common_divisor(k: &[i32]) -> u32 {
    k.iter().fold(0, |mut a, &b| {
        let mut b = b.unsigned_abs();
        while b > 0 {
            (a, b) = (b, a % b);
        }
        a
    })
}

/// A frequency seen to satisfy `multiple` omega = k . basis.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Relation {
    pub(crate) multiple: i32,
    pub(crate) k: Vec<i32>,
}

/// The largest multiple tried: subharmonics beyond a third are hardly ever stronger than 1e-3.
const MULTIPLES: i32 = 3;

/// The shortest relation of `omega` to the basis among the given points, plain combinations first: the two sides differ
/// by no more than `tolerance(multiple, k)`.
///
/// A signal sampled at the frequency `sampling` shows a frequency beyond half of that shifted by a whole multiple of it:
/// relations hold up to such shifts (none where `sampling` is infinite).
pub(crate) fn relation(
    omega: f64,
    basis: &[f64],
    points: &[Vec<i32>],
    sampling: f64,
    tolerance: impl Fn(i32, &[i32]) -> f64,
) -> Option<Relation> {
    let fits = |multiple: i32, k: &[i32]| {
        let difference = f64::from(multiple) * omega - combination(k, basis);
        let period = f64::from(multiple) * sampling;
        (difference - whole(difference / period, period)).abs() <= tolerance(multiple, k)
    };
    let found = |multiple: i32| points.iter().find(|k| fits(multiple, k));
    (1..=MULTIPLES).find_map(|multiple| found(multiple).map(|k| Relation { multiple, k: k.clone() }))
}

/// The whole multiple of `period` nearest to `turns` of it; zero of an infinite one.
pub(crate) fn whole(turns: f64, period: f64) -> f64 {
    let turns = turns.round();
    if turns == 0.0 { 0.0 } else { turns * period }
}

/// A basis of all integer combinations of `generators`, one of which depends on the others: r . generators = 0.
///
/// Euclid's algorithm on the relation: each step changes one generator by a whole multiple of another, until
/// the relation says that one of them is zero; that one is dropped and its position returned.
pub(crate) fn reduce_generators(generators: &mut [f64], relation: &mut [i32]) -> Option<usize> {
    loop {
        let mut nonzero: Vec<usize> = (0..relation.len()).filter(|&i| relation[i] != 0).collect();
        nonzero.sort_by_key(|&i| relation[i].unsigned_abs());
        match nonzero[..] {
            [] => return None,
            [only] => return (relation[only].abs() == 1).then_some(only),
            [small, .., large] => {
                let quotient = relation[large] / relation[small];
                relation[large] -= quotient * relation[small];
                generators[small] += f64::from(quotient) * generators[large];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_counted_and_sorted() {
        let points = lattice_points(2, 3);
        // 2 m^2 + 2 m + 1 points in the square of radius m.
        assert_eq!(points.len(), 25);
        assert_eq!(points[0], [0, 0]);
        assert!(points.is_sorted_by_key(|k| length(k)));
        assert_eq!(lattice_points(0, 3), [Vec::<i32>::new()]);
    }

    #[test]
    fn relations_are_found_shortest_first() {
        let points = lattice_points(2, 6);
        let basis = [1.0, 2f64.sqrt()];
        let found = |omega| relation(omega, &basis, &points, f64::INFINITY, |_, _| 1e-9);
        assert_eq!(found(2.0 - 2f64.sqrt()), Some(Relation { multiple: 1, k: vec![2, -1] }));
        assert_eq!(found(0.5 + 2f64.sqrt()), Some(Relation { multiple: 2, k: vec![1, 2] }));
        assert_eq!(found(3f64.sqrt()), None);
    }

    #[test]
    fn relations_hold_up_to_the_sampling_frequency() {
        let (points, sampling) = (lattice_points(1, 6), 4.0 * std::f64::consts::PI);
        let found = |omega| relation(omega, &[2.0], &points, sampling, |_, _| 1e-9);
        assert_eq!(found(8.0 - sampling), Some(Relation { multiple: 1, k: vec![4] }));
        // Half of a combination, shifted by the whole of the sampling frequency; half of that is no shift.
        assert_eq!(found(5.0 - sampling), Some(Relation { multiple: 2, k: vec![5] }));
        assert_eq!(found(5.0 - 0.5 * sampling), None);
    }

    #[test]
    fn generators_reduce_to_a_basis() {
        // 2a and 3a and b: everything is made of a and b.
        let (a, b) = (0.7, 1.1);
        let mut generators = [2.0 * a, b, 3.0 * a];
        let dropped = reduce_generators(&mut generators, &mut [3, 0, -2]).unwrap();
        let left: Vec<f64> = (0..3).filter(|&i| i != dropped).map(|i| generators[i].abs()).collect();
        assert!(left.iter().any(|x| (x - a).abs() < 1e-15) && left.contains(&b), "{left:?}");
        assert!(generators[dropped].abs() < 1e-15);
    }

    #[test]
    fn divisors_are_common() {
        assert_eq!(common_divisor(&[4, -6, 10]), 2);
        assert_eq!(common_divisor(&[0, 0]), 0);
    }
}
