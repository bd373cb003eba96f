//! The action-angle map: what training gives and everything else uses.

use crate::frame::Frame;
use crate::lanes::{LANES, Lane, ZERO, wrap, zero};
use crate::motion::{Motion, advance};
use crate::network::Network;
use crate::real::Real;
use crate::shear::{forward, inverse};
use crate::sine;
use crate::symplectic::{from_rows, symplectic_defect, to_rows};
use crate::{Pair, Precision};
use faer::Mat;
use rayon::prelude::*;

/// A canonical map to actions and angles, learned from orbits, and the Hamiltonian of the actions.
///
/// Points are `[q1..qn, p1..pn]` in the units of the data; actions have the units of q p, frequencies are in radians
/// per unit time. The map is exactly symplectic whatever it has learned, and so is the motion it predicts.
#[derive(Clone, Debug, PartialEq)]
pub struct ActionAngleMap {
    pub(crate) frame: Frame,
    pub(crate) network: Network,
}

/// How a latent pair of order one becomes one in the units of the data.
#[derive(Clone, Copy)]
struct Units {
    stretch: [f64; 2],
    offset: [f64; 2],
}

impl ActionAngleMap {
    /// The name of this architecture in scripts, files and documents.
    pub const ARCHITECTURE: &str = "ridge";

    /// Degrees of freedom n.
    pub fn dof(&self) -> usize {
        self.network.pairs.len()
    }

    /// The kinds of the latent pairs.
    pub fn pairs(&self) -> &[Pair] {
        &self.network.pairs
    }

    /// The number of trained parameters; the frame, which is fixed, does not count.
    pub fn n_parameters(&self) -> usize {
        self.network.n_parameters()
    }

    /// The latent point x1..xn, y1..yn of a point z.
    ///
    /// # Panics
    /// If `z` does not have 2n numbers; so do all functions of a point.
    pub fn latent(&self, z: &[f64]) -> Vec<f64> {
        let mut latent = self.encode(z);
        self.to_units(&mut latent);
        latent
    }

    /// The actions I1..In of a point; of a frozen pair its second constant.
    pub fn actions(&self, z: &[f64]) -> Vec<f64> {
        let latent = self.latent(z);
        let n = self.dof();
        (0..n).map(|k| self.network.pairs[k].action(latent[k], latent[k + n])).collect()
    }

    /// The angles theta1..thetan of a point: in [-pi, pi) for oscillators and rotors, the coordinate itself for free
    /// and frozen pairs. Where an angle starts is a free choice on every torus; differences along one torus are not.
    pub fn angles(&self, z: &[f64]) -> Vec<f64> {
        let latent = self.latent(z);
        let n = self.dof();
        let angle = |k: usize| match self.network.pairs[k] {
            Pair::Rotor => wrap(latent[k]),
            pair => pair.angle(latent[k], latent[k + n]),
        };
        (0..n).map(angle).collect()
    }

    /// The frequencies omega = dh/dI at some actions: radians per unit time, velocities for free pairs, zero for
    /// frozen ones.
    ///
    /// # Panics
    /// If there are not n actions.
    pub fn frequencies(&self, actions: &[f64]) -> Vec<f64> {
        let omega = self.network.h.gradient(&self.scaled_actions(actions));
        let mut omega = omega.into_iter();
        self.network
            .pairs
            .iter()
            .enumerate()
            .map(|(k, pair)| match pair {
                Pair::Frozen => 0.0,
                Pair::Free => self.units(k).stretch[0] * omega.next().unwrap_or(0.0),
                Pair::Oscillator | Pair::Rotor => omega.next().unwrap_or(0.0),
            })
            .collect()
    }

    /// The energy h(I), up to a constant where it was learned from trajectories alone, which cannot tell it.
    ///
    /// # Panics
    /// If there are not n actions.
    pub fn energy(&self, actions: &[f64]) -> f64 {
        self.frame.scale * self.network.h.value(&self.scaled_actions(actions))
    }

    /// h(I) in script syntax, as a polynomial in I1..In, up to a constant as [`Self::energy`] is; none where a pair is free, whose action is
    /// measured in other units.
    pub fn energy_formula(&self) -> Option<String> {
        let Network { pairs, h, .. } = &self.network;
        if pairs.contains(&Pair::Free) {
            return None;
        }
        let names: Vec<String> =
            (1..).zip(pairs).filter(|(_, pair)| pair.moves()).map(|(k, _)| format!("I{k}")).collect();
        let term = |(exponents, coefficient): (&Vec<u32>, &f64)| {
            let order: u32 = exponents.iter().sum();
            let coefficient = coefficient * self.frame.scale.powi(1 - order as i32);
            let power = |(name, &e): (&String, &u32)| if e == 1 { name.clone() } else { format!("{name}**{e}") };
            let factors: Vec<String> = names.iter().zip(exponents).filter(|(_, e)| **e > 0).map(power).collect();
            match factors.is_empty() {
                true => format!("{coefficient:+.6e}"),
                false => format!("{coefficient:+.6e}*{}", factors.join("*")),
            }
        };
        Some(h.exponents.iter().zip(&h.coefficients).map(term).collect::<Vec<_>>().join(" "))
    }

    /// Where the point will be after time t; one cost for every t. Circle coordinates are not wrapped.
    pub fn predict(&self, z: &[f64], t: f64) -> Vec<f64> {
        self.predict_many(z, &[t])
    }

    /// Every point (2n numbers each, one after the other) at every time: point after point, time after time.
    ///
    /// # Panics
    /// If `points` does not hold whole points.
    pub fn predict_many(&self, points: &[f64], times: &[f64]) -> Vec<f64> {
        self.predict_many_in(Precision::Double, points, times)
    }

    /// The same with the way back from actions and angles in some precision: in single, points are good to some 1e-6 of
    /// their size. Actions and angles are found in double either way, so that phases lose nothing however late.
    ///
    /// # Panics
    /// If `points` does not hold whole points.
    pub fn predict_many_in(&self, precision: Precision, points: &[f64], times: &[f64]) -> Vec<f64> {
        match precision {
            Precision::Single => self.predict_lanes::<f32>(points, times),
            Precision::Double => self.predict_lanes::<f64>(points, times),
        }
    }

    fn predict_lanes<E: Real>(&self, points: &[f64], times: &[f64]) -> Vec<f64> {
        let dim = 2 * self.dof();
        let Network { pairs, stack, h, .. } = &self.network;
        let (latent, stack) = (self.encode_many(points), stack.rounded::<E>());
        let mut moved = vec![0.0; latent.len() * times.len()];
        let buffers = || (Crossing::<E>::new(dim), Motion::new(h));
        moved.par_chunks_mut(dim * POINTS).enumerate().for_each_init(buffers, |(crossing, motion), (chunk, moved)| {
            let mut t = [ZERO; BLOCKS];
            for index in 0..moved.len() / dim {
                let place = chunk * POINTS + index;
                crossing.put(index, &latent[place / times.len() * dim..][..dim]);
                t[index / LANES][index % LANES] = times[place % times.len()];
            }
            for (z, t) in crossing.z.chunks_exact_mut(dim).zip(&t) {
                advance(pairs, h, t, z, motion);
            }
            crossing.through(pairs, |z| inverse(&stack, z));
            for (index, z) in moved.chunks_exact_mut(dim).enumerate() {
                self.frame.to_data(crossing.get(index), z);
            }
        });
        moved
    }

    /// The derivative of the latent point by z: 2n x 2n numbers, row after row.
    pub fn jacobian(&self, z: &[f64]) -> Vec<f64> {
        let dim = 2 * self.dof();
        let mut zeta = vec![0.0; dim];
        self.frame.to_latent(z, &mut zeta);
        let mut tangent = self.frame.to_latent.clone();
        self.network.stack.push_forward(&mut zeta, &mut tangent);
        for (i, row) in tangent.chunks_exact_mut(dim).enumerate() {
            let stretch = self.units(i % self.dof()).stretch[i / self.dof()];
            row.iter_mut().for_each(|entry| *entry *= stretch);
        }
        tangent
    }

    /// The derivative of the predicted point at time t by z: 2n x 2n numbers, row after row.
    pub fn flow_jacobian(&self, z: &[f64], t: f64) -> Vec<f64> {
        let dim = 2 * self.dof();
        let mut zeta = vec![0.0; dim];
        self.frame.to_latent(z, &mut zeta);
        let mut tangent = self.frame.to_latent.clone();
        self.network.stack.push_forward(&mut zeta, &mut tangent);
        let mut tangent = to_rows(&(self.advance_tangent(&zeta, t) * from_rows(dim, &tangent)));
        let mut zeta = self.advance(&zeta, t);
        self.network.stack.push_back(&mut zeta, &mut tangent);
        to_rows(&(from_rows(dim, &self.frame.from_latent) * from_rows(dim, &tangent)))
    }

    /// The largest |D^T J D - J|_F / |J|_F of the predicted map over time t at some points (2n numbers each).
    pub fn symplectic_defect(&self, points: &[f64], t: f64) -> f64 {
        let defect = |z: &[f64]| symplectic_defect(self.dof(), &self.flow_jacobian(z, t));
        points.chunks_exact(2 * self.dof()).map(defect).fold(0.0, f64::max)
    }

    /// The latent points of many points, in the units of the data.
    ///
    /// # Panics
    /// If `points` does not hold whole points.
    pub fn latent_many(&self, points: &[f64]) -> Vec<f64> {
        let dim = 2 * self.dof();
        assert_eq!(points.len() % dim, 0, "points have 2n numbers each");
        let mut latent = self.encode_many(points);
        latent.chunks_exact_mut(dim).for_each(|latent| self.to_units(latent));
        latent
    }

    /// The actions of many points: n numbers each.
    ///
    /// # Panics
    /// If `points` does not hold whole points.
    pub fn actions_many(&self, points: &[f64]) -> Vec<f64> {
        let n = self.dof();
        let latent = self.latent_many(points);
        let actions = |z: &[f64]| -> Vec<f64> {
            self.network.pairs.iter().enumerate().map(|(k, pair)| pair.action(z[k], z[k + n])).collect()
        };
        latent.chunks_exact(2 * n).flat_map(actions).collect()
    }

    fn encode(&self, z: &[f64]) -> Vec<f64> {
        assert_eq!(z.len(), 2 * self.dof(), "a point has 2n numbers");
        let mut zeta = vec![0.0; z.len()];
        self.frame.to_latent(z, &mut zeta);
        self.network.stack.apply(&mut zeta);
        zeta
    }

    fn encode_many(&self, points: &[f64]) -> Vec<f64> {
        let dim = 2 * self.dof();
        assert_eq!(points.len() % dim, 0, "points have 2n numbers each");
        let (Network { pairs, .. }, stack) = (&self.network, &self.network.stack);
        let mut latent = vec![0.0; points.len()];
        let chunks = points.par_chunks(dim * POINTS).zip(latent.par_chunks_mut(dim * POINTS));
        let cross = |crossing: &mut Crossing<f64>, (points, latent): (&[f64], &mut [f64])| {
            for (index, (z, zeta)) in points.chunks_exact(dim).zip(latent.chunks_exact_mut(dim)).enumerate() {
                self.frame.to_latent(z, zeta);
                crossing.put(index, zeta);
            }
            crossing.through(pairs, |z| forward(stack, z));
            for (index, zeta) in latent.chunks_exact_mut(dim).enumerate() {
                zeta.copy_from_slice(crossing.get(index));
            }
        };
        chunks.for_each_init(|| Crossing::new(dim), cross);
        latent
    }

    /// The latent point (in frame units) after time t.
    fn advance(&self, e: &[f64], t: f64) -> Vec<f64> {
        let n = self.dof();
        let mut moved = e.to_vec();
        let omega = self.network.h.gradient(&self.latent_actions(e));
        let moving = (0..n).filter(|&k| self.network.pairs[k].moves());
        for (k, omega) in moving.zip(omega) {
            if self.network.pairs[k] == Pair::Oscillator {
                let (sine, cosine) = sine::double(wrap(omega * t));
                moved[k] = e[k] * cosine + e[k + n] * sine;
                moved[k + n] = e[k + n] * cosine - e[k] * sine;
            } else {
                moved[k] = e[k] + omega * t;
            }
        }
        moved
    }

    /// The derivative of [`Self::advance`].
    fn advance_tangent(&self, e: &[f64], t: f64) -> Mat<f64> {
        let n = self.dof();
        let moving: Vec<usize> = (0..n).filter(|&k| self.network.pairs[k].moves()).collect();
        let actions = self.latent_actions(e);
        let (omega, hessian) = (self.network.h.gradient(&actions), self.network.h.hessian(&actions));
        let moved = self.advance(e, t);
        let mut tangent = Mat::<f64>::identity(2 * n, 2 * n);
        for (m, &k) in moving.iter().enumerate() {
            // How x and y of this pair change with its angle.
            let by_angle = if self.network.pairs[k] == Pair::Oscillator {
                let (sine, cosine) = sine::double(wrap(omega[m] * t));
                tangent[(k, k)] = cosine;
                tangent[(k, k + n)] = sine;
                tangent[(k + n, k)] = -sine;
                tangent[(k + n, k + n)] = cosine;
                [moved[k + n], -moved[k]]
            } else {
                [1.0, 0.0]
            };
            for (l, &other) in moving.iter().enumerate() {
                let stretch = hessian[m * moving.len() + l] * t;
                let by_latent = match self.network.pairs[other] {
                    Pair::Oscillator => [e[other], e[other + n]],
                    _ => [0.0, 1.0],
                };
                for (row, by_angle) in [k, k + n].into_iter().zip(by_angle) {
                    tangent[(row, other)] += by_angle * stretch * by_latent[0];
                    tangent[(row, other + n)] += by_angle * stretch * by_latent[1];
                }
            }
        }
        tangent
    }

    /// The actions h takes, of a latent point in frame units.
    fn latent_actions(&self, e: &[f64]) -> Vec<f64> {
        let n = self.dof();
        let pairs = self.network.pairs.iter().enumerate().filter(|(_, pair)| pair.moves());
        pairs.map(|(k, pair)| pair.action(e[k], e[k + n])).collect()
    }

    /// The actions h takes, of actions in the units of the data.
    fn scaled_actions(&self, actions: &[f64]) -> Vec<f64> {
        assert_eq!(actions.len(), self.dof(), "one action per pair");
        let scaled = |(k, pair): (usize, &Pair)| match pair {
            Pair::Oscillator => actions[k] / self.frame.scale,
            _ => (actions[k] - self.units(k).offset[1]) / self.units(k).stretch[1],
        };
        self.network.pairs.iter().enumerate().filter(|(_, pair)| pair.moves()).map(scaled).collect()
    }

    fn to_units(&self, latent: &mut [f64]) {
        let n = self.dof();
        for k in 0..n {
            let units = self.units(k);
            latent[k] = units.offset[0] + units.stretch[0] * latent[k];
            latent[k + n] = units.offset[1] + units.stretch[1] * latent[k + n];
        }
    }

    fn units(&self, k: usize) -> Units {
        let (n, dim) = (self.dof(), 2 * self.dof());
        match self.network.pairs[k] {
            Pair::Oscillator | Pair::Frozen => Units { stretch: [self.frame.scale.sqrt(); 2], offset: [0.0; 2] },
            Pair::Rotor | Pair::Free => Units {
                stretch: [k, k + n].map(|i| self.frame.from_latent[i * dim + i]),
                offset: [k, k + n].map(|i| self.frame.centre[i]),
            },
        }
    }
}

/// Blocks of lanes that cross a stack side by side, so that the sine of one need not wait for that of another.
const BLOCKS: usize = 2;
/// Points that cross at once.
const POINTS: usize = BLOCKS * LANES;

/// Points on their way through a stack of a precision.
struct Crossing<E> {
    /// Block after block.
    z: Vec<Lane>,
    /// The parts of circle and free coordinates on which no shear depends: these may be large.
    aside: Vec<Lane>,
    rounded: Vec<Lane<E>>,
    /// One point.
    point: Vec<f64>,
}

impl<E: Real> Crossing<E> {
    fn new(dim: usize) -> Self {
        let none = vec![ZERO; BLOCKS * dim];
        Crossing { z: none.clone(), aside: none, rounded: vec![zero(); BLOCKS * dim], point: vec![0.0; dim] }
    }

    fn put(&mut self, index: usize, point: &[f64]) {
        let block = &mut self.z[index / LANES * point.len()..];
        block.iter_mut().zip(point).for_each(|(z, x)| z[index % LANES] = *x);
    }

    fn get(&mut self, index: usize) -> &[f64] {
        let block = &self.z[index / LANES * self.point.len()..];
        self.point.iter_mut().zip(block).for_each(|(x, z)| *x = z[index % LANES]);
        &self.point
    }

    fn through(&mut self, pairs: &[Pair], kernel: impl FnOnce(&mut [Lane<E>])) {
        let dim = self.point.len();
        for (i, (z, aside)) in self.z.iter().zip(&mut self.aside).enumerate() {
            match pairs.get(i % dim) {
                Some(Pair::Rotor) => *aside = z.map(|x| x - wrap(x)),
                Some(Pair::Free) => *aside = *z,
                _ => {}
            }
            (0..LANES).for_each(|lane| self.rounded[i][lane] = E::from_f64(z[lane] - aside[lane]));
        }
        kernel(&mut self.rounded);
        for ((z, aside), rounded) in self.z.iter_mut().zip(&self.aside).zip(&self.rounded) {
            (0..LANES).for_each(|lane| z[lane] = rounded[lane].to_f64() + aside[lane]);
        }
    }
}
