//! One order for the frequencies of many orbits.
//!
//! Where modes are mixed, the spectrum of an orbit tells its frequencies but not which comes first: the stronger line is
//! one mode's on one orbit and another's on the next. Frequencies known otherwise differ between modes by far more than
//! they err, so they can tell.

use super::IntegerMatrix;
use super::unimodular::match_unimodular;

/// Largest number of frequencies whose orders are tried one by one.
const MOST_TO_PERMUTE: usize = 5;

/// Gives every orbit's frequencies the order that fits the wanted ones best, under the one unimodular matrix between the
/// two sets; the orders taken, as places in the old order. More than five frequencies are too many
/// to try all orders: they are matched by size.
pub fn put_in_one_order(measured: &mut [Vec<f64>], wanted: &[Vec<f64>]) -> Vec<Vec<usize>> {
    let mut orders: Vec<Vec<usize>> = measured.iter().map(|one| (0..one.len()).collect()).collect();
    if let Some(n) = measured.first().map(Vec::len).filter(|n| *n > MOST_TO_PERMUTE) {
        return put_in_order_under(&IntegerMatrix::identity(n), measured, wanted);
    }
    for _ in 0..2 {
        let Ok(matrix) = match_unimodular(measured, wanted) else { break };
        for (order, next) in orders.iter_mut().zip(put_in_order_under(&matrix, measured, wanted)) {
            *order = in_order(order, &next);
        }
    }
    orders
}

/// The same under a given matrix, which does not tell where there are more than five.
pub(super) fn put_in_order_under(
    matrix: &IntegerMatrix,
    measured: &mut [Vec<f64>],
    wanted: &[Vec<f64>],
) -> Vec<Vec<usize>> {
    let n = measured.first().map_or(0, Vec::len);
    if n > MOST_TO_PERMUTE {
        return measured.iter_mut().zip(wanted).map(|(one, wanted)| put_in_order_of_sizes(one, wanted)).collect();
    }
    let orders = permutations(&(0..n).collect::<Vec<_>>());
    let best = |(one, wanted): (&mut Vec<f64>, &Vec<f64>)| {
        let distance = |order: &&Vec<usize>| -> f64 {
            matrix.apply(&in_order(one, order)).iter().zip(wanted).map(|(a, b)| (a - b).abs()).sum()
        };
        let best = orders.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)));
        let best = best.expect("there is at least the order as it was").clone();
        *one = in_order(one, &best);
        best
    };
    measured.iter_mut().zip(wanted).map(best).collect()
}

/// The largest goes with the largest wanted: of all orders the least sum of differences between sizes.
fn put_in_order_of_sizes(one: &mut Vec<f64>, wanted: &[f64]) -> Vec<usize> {
    let by_size = |omega: &[f64]| {
        let mut places: Vec<usize> = (0..omega.len()).collect();
        places.sort_by(|&a, &b| omega[a].abs().total_cmp(&omega[b].abs()));
        places
    };
    let mut order = vec![0; one.len()];
    by_size(wanted).into_iter().zip(by_size(one)).for_each(|(place, from)| order[place] = from);
    *one = in_order(one, &order);
    order
}

/// The items in another order.
pub fn in_order<T: Copy>(items: &[T], order: &[usize]) -> Vec<T> {
    order.iter().map(|&place| items[place]).collect()
}

/// All orders of some items, the given one first; that one alone where there are too many.
pub(super) fn permutations(items: &[usize]) -> Vec<Vec<usize>> {
    let Some((first, rest)) = items.split_first() else { return vec![Vec::new()] };
    if items.len() > MOST_TO_PERMUTE {
        return vec![items.to_vec()];
    }
    let mut all = Vec::new();
    for shorter in permutations(rest) {
        for place in 0..=shorter.len() {
            let mut longer = shorter.clone();
            longer.insert(place, *first);
            all.push(longer);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frequency::relative_errors;

    #[test]
    fn orders_that_differ_between_orbits_are_made_one() {
        let wanted = vec![vec![1.09, 1.02], vec![1.07, 1.03], vec![1.01, 1.08], vec![1.05, 1.04]];
        let mut measured = vec![vec![1.02, 1.0901], vec![1.07, 1.03], vec![1.0799, 1.01], vec![1.05, 1.04]];
        let before = measured.clone();
        let orders = put_in_one_order(&mut measured, &wanted);
        // The matrix that is left may put them in the other order, of all orbits.
        assert!(orders[0] == orders[2] && orders[1] == orders[3] && orders[0] != orders[1], "{orders:?}");
        assert!(before.iter().zip(&orders).zip(&measured).all(|((one, order), now)| in_order(one, order) == *now));
        let matrix = match_unimodular(&measured, &wanted).unwrap();
        assert!(relative_errors(&matrix, &measured, &wanted).iter().flatten().all(|error| *error < 2e-4));
    }

    #[test]
    fn many_frequencies_are_put_in_one_order_by_size() {
        let wanted: Vec<Vec<f64>> =
            (0..4).map(|i| (1..=8).map(|k| f64::from(k) - 0.01 * f64::from(i * k)).collect()).collect();
        let mut measured = wanted.clone();
        measured.iter_mut().enumerate().for_each(|(i, omega)| omega.rotate_left(2 * i));
        put_in_one_order(&mut measured, &wanted);
        assert_eq!(measured, wanted);
    }

    #[test]
    fn there_are_n_factorial_orders() {
        let all = permutations(&[0, 1, 2]);
        assert_eq!((all.len(), all[0].clone()), (6, vec![0, 1, 2]));
        assert_eq!(permutations(&[0, 1, 2, 3, 4, 5]).len(), 1);
    }
}
