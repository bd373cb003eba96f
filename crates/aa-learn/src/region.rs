//! The region a map was trained in: outside it the map answers, and nothing vouches for the answer.

use crate::lanes::wrap;
use crate::map::ActionAngleMap;
use crate::{Error, Pair};
use aa_dynamics::Ensemble;
use std::f64::consts::{PI, TAU};

/// Where training orbits went: the box of their points, and their tori.
///
/// How far outside something lies is measured in widths: of the box for points, of the largest range of an action for
/// tori, or of a tenth of the largest size, should that be more: orbits of one torus, or of one energy, have ranges that are
/// errors of their actions. What has no place or no actions is infinitely far outside. The trained tori are taken to fill what lies between the planes that touch them with normals like (1, 0),
/// (1, -1) and (1, 2): a little more than their convex hull, and in one dimension the interval itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Region {
    low: Vec<f64>,
    high: Vec<f64>,
    actions: Vec<Vec<f64>>,
    slabs: Vec<Slab>,
}

/// The tori between two parallel planes: all trained ones, and no closer planes do.
#[derive(Clone, Debug, PartialEq)]
struct Slab {
    normal: Vec<f64>,
    low: f64,
    high: f64,
}

impl Region {
    /// The region with these least and largest components of points, q then p (-pi and pi for an angle that goes
    /// round), and these actions of training orbits.
    pub fn new(low: Vec<f64>, high: Vec<f64>, actions: Vec<Vec<f64>>) -> Region {
        let slab = |normal: Vec<f64>| {
            let values = actions.iter().map(|actions| dot(&normal, actions));
            let ends = |(low, high): (f64, f64), x: f64| (low.min(x), high.max(x));
            let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), ends);
            Slab { normal, low, high }
        };
        let slabs = normals(low.len() / 2).into_iter().map(slab).collect();
        Region { low, high, actions, slabs }
    }

    /// The least and the largest components of the points of training orbits.
    pub fn corners(&self) -> [&[f64]; 2] {
        [&self.low, &self.high]
    }

    /// The actions of the training orbits, averaged along each.
    pub fn actions(&self) -> &[Vec<f64>] {
        &self.actions
    }

    /// The region that some orbits fill, as a map sees them.
    ///
    /// # Errors
    /// Orbits of another dimension, or none.
    pub fn of(map: &ActionAngleMap, orbits: &Ensemble) -> Result<Region, Error> {
        let (n, dim) = (map.dof(), 2 * map.dof());
        if orbits.dof != n || orbits.orbits.is_empty() {
            return Err(Error::Shape { what: "orbits of a region", expected: dim, found: orbits.width });
        }
        let rows = || orbits.orbits.iter().flat_map(move |orbit| orbit.chunks_exact(dim));
        let goes_round = |i: usize| i < n && map.pairs()[i] == Pair::Rotor;
        let end = |i: usize, circle: f64, pick: fn(f64, f64) -> f64, from: f64| match goes_round(i) {
            true => circle,
            false => rows().map(|row| row[i]).fold(from, pick),
        };
        let mean = |orbit: &Vec<f64>| {
            let actions = map.actions_many(orbit);
            let n_rows = (actions.len() / n) as f64;
            (0..n).map(|k| actions.iter().skip(k).step_by(n).sum::<f64>() / n_rows).collect()
        };
        let low = (0..dim).map(|i| end(i, -PI, f64::min, f64::INFINITY)).collect();
        let high = (0..dim).map(|i| end(i, PI, f64::max, f64::NEG_INFINITY)).collect();
        Ok(Region::new(low, high, orbits.orbits.iter().map(mean).collect()))
    }

    /// How far a point lies outside, by its own place and by its torus; 0 inside.
    pub fn outside(&self, map: &ActionAngleMap, point: &[f64]) -> f64 {
        let place = (0..point.len()).map(|i| {
            let (low, high) = (self.low[i], self.high[i]);
            let is_circle = high - low == TAU;
            let x = if is_circle { wrap(point[i]) } else { point[i] };
            in_widths(excess(x, low, high), width(low, high))
        });
        place.fold(self.outside_tori(&map.actions(point)), f64::max)
    }

    /// The unit in which it is told how far tori lie outside, in the units of actions.
    pub fn width_of_tori(&self) -> f64 {
        let n = self.low.len() / 2;
        (0..n).map(|k| self.range(k)).map(|(low, high)| width(low, high)).fold(0.0, f64::max)
    }

    /// How far a torus lies outside the trained ones; 0 inside.
    pub fn outside_tori(&self, actions: &[f64]) -> f64 {
        let scale = self.width_of_tori();
        let beyond = |slab: &Slab| {
            let length = dot(&slab.normal, &slab.normal).sqrt();
            in_widths(excess(dot(&slab.normal, actions), slab.low, slab.high), length * scale)
        };
        self.slabs.iter().map(beyond).fold(0.0, f64::max)
    }

    /// The least and the largest trained value of an action.
    pub fn range(&self, k: usize) -> (f64, f64) {
        (self.slabs[k].low, self.slabs[k].high)
    }
}

pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

fn unit(n: usize, k: usize) -> Vec<f64> {
    (0..n).map(|i| f64::from(u8::from(i == k))).collect()
}

/// How far a number lies beyond an interval; one that is none, infinitely far.
fn excess(x: f64, low: f64, high: f64) -> f64 {
    if x.is_nan() { f64::INFINITY } else { (low - x).max(x - high).max(0.0) }
}

/// The width of an interval, or a tenth of the size of its numbers where it is narrower.
fn width(low: f64, high: f64) -> f64 {
    (high - low).max(0.1 * low.abs().max(high.abs()))
}

fn in_widths(excess: f64, width: f64) -> f64 {
    if excess > 0.0 { excess / width } else { 0.0 }
}

/// One normal of every pair of opposite half-spaces; those of single actions first.
fn normals(n: usize) -> Vec<Vec<f64>> {
    let mut normals: Vec<Vec<f64>> = (0..n).map(|k| unit(n, k)).collect();
    for k in 0..n {
        for l in 0..k {
            for (a, b) in [(1.0, 1.0), (1.0, -1.0), (2.0, 1.0), (2.0, -1.0), (1.0, 2.0), (1.0, -2.0)] {
                let mut normal = vec![0.0; n];
                (normal[k], normal[l]) = (a, b);
                normals.push(normal);
            }
        }
    }
    normals
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tori_beyond_the_hull_of_the_trained_ones_are_outside() {
        // Trained below I1 + I2 = 1: the corner (0.8, 0.8) is within both ranges and yet outside.
        let actions = vec![vec![0.0, 0.0], vec![1.0, 0.0], vec![0.0, 1.0], vec![0.3, 0.3]];
        let region = Region::new(vec![-1.0; 4], vec![1.0; 4], actions);
        assert_eq!(region.outside_tori(&[0.4, 0.5]), 0.0);
        // 0.6 beyond I1 + I2 = 1, whose normal has length sqrt 2, in units of the range 1.
        assert!((region.outside_tori(&[0.8, 0.8]) - 0.6 / 2f64.sqrt()).abs() < 1e-15);
        assert!((region.outside_tori(&[-0.1, 0.5]) - 0.1).abs() < 1e-15);
        assert_eq!(region.range(1), (0.0, 1.0));
    }

    #[test]
    fn one_trained_torus_is_as_wide_as_a_tenth_of_it_in_any_units() {
        for unit in [1.0, 1e-20, 1e20] {
            let region = Region::new(vec![0.0; 2], vec![1.0; 2], vec![vec![2.0 * unit]; 3]);
            assert_eq!(region.outside_tori(&[2.0 * unit]), 0.0);
            assert!((region.outside_tori(&[2.5 * unit]) - 2.5).abs() < 1e-12);
        }
        let at_rest = Region::new(vec![0.0; 2], vec![1.0; 2], vec![vec![0.0]]);
        assert_eq!([0.0, 1e-300].map(|action| at_rest.outside_tori(&[action])), [0.0, f64::INFINITY]);
    }

    #[test]
    fn what_is_no_number_is_infinitely_far_outside() {
        let region = Region::new(vec![-1.0; 4], vec![1.0; 4], vec![vec![0.0, 0.0], vec![1.0, 1.0]]);
        for actions in [[f64::NAN, 0.5], [0.5, f64::NAN], [f64::INFINITY, f64::INFINITY]] {
            assert_eq!(region.outside_tori(&actions), f64::INFINITY, "{actions:?}");
        }
    }
}
