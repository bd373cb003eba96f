//! Which frequency of an orbit belongs to which coordinate, in one way for all orbits of a map.
//!
//! A frequency belongs to the coordinate that its line is strongest in (Laskar, Physica D 67, 1993): of all ways to give each
//! coordinate a frequency, that with the largest product of amplitudes. Where modes are mixed, two ways come out nearly
//! alike, and which is larger is chance. Such an orbit takes the order in which its frequencies are nearest to those of an
//! orbit that is decided; where that leaves half of a map's orbits open or more, all have their largest frequency first.

use super::order::{in_order, permutations};

/// How the order of an orbit's frequencies was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assignment {
    /// Each frequency belongs to the coordinate in which its line is strongest.
    Amplitude,
    /// They are in the order of the most similar orbit.
    Neighbour,
    /// The largest first: amplitudes and neighbours tell of less than half of the map's orbits.
    Size,
    /// Not at all: they may be exchanged.
    Undecided,
}

impl Assignment {
    /// In a word, as documents have it.
    pub fn name(self) -> &'static str {
        match self {
            Assignment::Amplitude => "amplitude",
            Assignment::Neighbour => "neighbour",
            Assignment::Size => "size",
            Assignment::Undecided => "undecided",
        }
    }
}

/// A product of amplitudes so much larger than the next tells which frequency is whose; what lies between changes along an
/// orbit with the window.
const CLEAR: f64 = 2.0;

/// The distance to the nearest orbit in one order, relative to that in any other, below which neighbours tell.
const NEARER: f64 = 0.5;

/// An amplitude of a line that is not seen, relative to the strongest of its coordinate.
const UNSEEN: f64 = 1e-4;

/// The order of frequencies in which each belongs to its coordinate, and whether it is clear; `amplitude[i][k]` is that of
/// frequency k in coordinate i.
pub(super) fn by_amplitude(amplitude: &[Vec<f64>]) -> (Vec<usize>, bool) {
    let logarithms: Vec<Vec<f64>> = amplitude.iter().map(|row| logarithms(row)).collect();
    let product = |order: &[usize]| order.iter().zip(&logarithms).map(|(&k, row)| row[k]).sum::<f64>();
    let orders = permutations(&(0..amplitude.len()).collect::<Vec<_>>());
    let mut products: Vec<(f64, Vec<usize>)> = orders.into_iter().map(|order| (product(&order), order)).collect();
    // Stable: of equals, the order as it was comes first.
    products.sort_by(|a, b| b.0.total_cmp(&a.0));
    let is_clear = products.get(1).map_or(amplitude.len() <= 1, |next| products[0].0 - next.0 > libm::log(CLEAR));
    (products.swap_remove(0).1, is_clear)
}

fn logarithms(row: &[f64]) -> Vec<f64> {
    let floor = UNSEEN * row.iter().fold(f64::MIN_POSITIVE, |most: f64, a| most.max(*a));
    row.iter().map(|a| libm::log(a.max(floor))).collect()
}

/// Decides what amplitudes left open: the order that each set of frequencies takes, and how it was decided. None of those that
/// are not to be decided.
pub(super) fn by_neighbours(frequencies: &[Option<(Vec<f64>, bool)>]) -> Vec<Option<(Vec<usize>, Assignment)>> {
    let orders = of_the_clear(frequencies);
    let n_open = orders.iter().flatten().filter(|(_, how)| *how == Assignment::Undecided).count();
    if 2 * n_open < orders.iter().flatten().count() {
        return orders;
    }
    let sized = |(omega, _): &(Vec<f64>, bool)| (by_size(omega), Assignment::Size);
    frequencies.iter().map(|one| one.as_ref().map(sized)).collect()
}

/// The orders that the clear orbits have, and those that are nearest to one of them.
fn of_the_clear(frequencies: &[Option<(Vec<f64>, bool)>]) -> Vec<Option<(Vec<usize>, Assignment)>> {
    let decided: Vec<&Vec<f64>> = frequencies.iter().flatten().filter(|(_, clear)| *clear).map(|(f, _)| f).collect();
    let decide = |(omega, clear): &(Vec<f64>, bool)| {
        let same: Vec<usize> = (0..omega.len()).collect();
        match clear {
            true => (same, Assignment::Amplitude),
            false => {
                nearest(omega, &decided).map_or((same, Assignment::Undecided), |order| (order, Assignment::Neighbour))
            }
        }
    };
    frequencies.iter().map(|one| one.as_ref().map(decide)).collect()
}

fn by_size(omega: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..omega.len()).collect();
    order.sort_by(|&a, &b| omega[b].abs().total_cmp(&omega[a].abs()));
    order
}

/// The order in which frequencies are by far nearest to those of another orbit.
fn nearest(omega: &[f64], decided: &[&Vec<f64>]) -> Option<Vec<usize>> {
    let distance = |order: &[usize]| {
        let sorted = in_order(omega, order);
        let far = |other: &&Vec<f64>| sorted.iter().zip(*other).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        decided.iter().map(far).fold(f64::INFINITY, f64::min)
    };
    let orders = permutations(&(0..omega.len()).collect::<Vec<_>>());
    let mut distances: Vec<(f64, Vec<usize>)> = orders.into_iter().map(|order| (distance(&order), order)).collect();
    distances.sort_by(|a, b| a.0.total_cmp(&b.0));
    let is_clear = distances.get(1).is_some_and(|next| distances[0].0 < NEARER * next.0);
    is_clear.then(|| distances.swap_remove(0).1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frequency_belongs_to_the_coordinate_it_is_strongest_in() {
        assert_eq!(by_amplitude(&[vec![1.0, 0.1], vec![0.2, 0.5]]), (vec![0, 1], true));
        // Though the strongest line of all is the first one in the first coordinate.
        assert_eq!(by_amplitude(&[vec![1.0, 0.9], vec![0.95, 0.3]]), (vec![1, 0], true));
        assert!(!by_amplitude(&[vec![1.0, 1.0], vec![1.0, 1.1]]).1);
        assert_eq!(by_amplitude(&[vec![0.0, 0.0], vec![0.0, 0.0]]), (vec![0, 1], false));
        assert_eq!(by_amplitude(&[vec![0.3]]), (vec![0], true));
    }

    #[test]
    fn what_amplitudes_leave_open_follows_the_orbits_that_are_decided() {
        let clear = |omega: [f64; 2]| Some((omega.to_vec(), true));
        let open = |omega: [f64; 2]| Some((omega.to_vec(), false));
        let found =
            by_neighbours(&[clear([1.0, 1.1]), clear([1.02, 1.12]), open([1.11, 1.01]), None, open([1.05, 1.05])]);
        assert_eq!(found[2], Some((vec![1, 0], Assignment::Neighbour)));
        assert_eq!((&found[3], found[4].as_ref().unwrap().1), (&None, Assignment::Undecided));
        assert_eq!(found[0], Some((vec![0, 1], Assignment::Amplitude)));
        let alone = by_neighbours(&[open([0.7, -1.0]), open([1.1, 0.8])]);
        let orders: Vec<_> = alone.into_iter().flatten().collect();
        assert_eq!(orders, [(vec![1, 0], Assignment::Size), (vec![0, 1], Assignment::Size)]);
        // One clear orbit among many that are not does not tell.
        let most = by_neighbours(&[clear([1.0, 1.1]), open([1.05, 1.05]), open([1.06, 1.04])]);
        assert!(most.into_iter().flatten().all(|(_, how)| how == Assignment::Size));
    }
}
