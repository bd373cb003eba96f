//! One orbit with two deviation vectors.

use aa_kernel::Kernel;

use super::ChaosOptions;
use super::label::{Evidence, OrbitState};
use super::statistics::Trend;
use crate::flow::taylor::{Place, Rider};
use crate::flow::{energy_error, farthest};
use crate::random::Stream;
use crate::{Hamiltonian, Outcome};

/// Steps between two normalisations of the deviation vectors: about one oscillation at full accuracy, in which even
/// strong chaos grows them by a factor far from overflow.
const STEPS_BETWEEN: u32 = 16;

/// An orbit is followed until this multiple of the time at which it crossed the threshold.
const AFTER_CROSSING: f64 = 4.0;

/// An alignment index below this shows rounding, not the motion.
const SALI_FLOOR: f64 = 1e-14;

/// No torus makes the index fall faster than t^-2; a fall since the crossing beyond twice that power is exponential.
const STEEPEST_POWER: f64 = 4.0;

/// A shear lets deviations grow like t, so that ln(t)/t is what a regular orbit shows; chaos must show half as much again.
const ABOVE_FLOOR: f64 = 1.5;

/// What was measured along one orbit.
#[derive(Clone, Debug, PartialEq)]
pub struct OrbitChaos {
    /// Where it started, q then p.
    pub initial: Vec<f64>,
    /// What it looks like.
    pub state: OrbitState,
    /// The largest Lyapunov exponent, per unit time.
    pub lyapunov: f64,
    /// The alignment index at the end.
    pub sali: f64,
    /// When the index crossed the threshold.
    pub crossing_time: Option<f64>,
    /// When the orbit ended.
    pub t: f64,
    /// How it ended.
    pub outcome: Outcome,
    /// The relative deviation of the energy at the end from that at the start.
    pub energy_error: f64,
}

pub(super) struct TangentRider<'a> {
    point: &'a [f64],
    energy: &'a Kernel,
    options: &'a ChaosOptions,
    bound: f64,
    start: Vec<f64>,
    /// Time and logarithm of the growth of the first vector, at the first, the crossing and the last normalisation.
    first: Option<Growth>,
    crossing: Option<Growth>,
    last: Growth,
    /// ln SALI against t and against ln t, as long as it is above rounding.
    exponential: Trend,
    power: Trend,
    sali: f64,
    outcome: Outcome,
    energy_error: f64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Growth {
    t: f64,
    log: f64,
}

impl<'a> TangentRider<'a> {
    pub(super) fn new(
        system: &Hamiltonian,
        point: &'a [f64],
        energy: &'a Kernel,
        stream: Stream,
        options: &'a ChaosOptions,
    ) -> Self {
        let bound = farthest(system, point, options.bound);
        let [w1, w2] = deviation_vectors(point.len(), stream);
        TangentRider {
            point,
            energy,
            options,
            bound,
            start: [point, &w1, &w2].concat(),
            first: None,
            crossing: None,
            last: Growth::default(),
            exponential: Trend::default(),
            power: Trend::default(),
            sali: std::f64::consts::SQRT_2,
            outcome: Outcome::Finished,
            energy_error: 0.0,
        }
    }

    pub(super) fn into_result(self) -> OrbitChaos {
        OrbitChaos {
            initial: self.point.to_vec(),
            state: self.evidence().label(),
            lyapunov: self.lyapunov(),
            sali: self.sali,
            crossing_time: self.crossing.map(|crossing| crossing.t),
            t: self.last.t,
            outcome: self.outcome,
            energy_error: self.energy_error,
        }
    }

    fn evidence(&self) -> Evidence {
        Evidence {
            outcome: self.outcome,
            dof: self.point.len() / 2,
            has_crossed: self.crossing.is_some(),
            is_exponential: self.is_exponential(),
            is_half_way: self.sali < self.options.threshold.sqrt(),
            is_unstable: self.lyapunov() > self.floor(),
        }
    }

    /// Long after the crossing the fall itself decides; before, whether ln SALI is straighter against t or ln t.
    fn is_exponential(&self) -> bool {
        match self.crossing.map(|crossing| self.last.t / crossing.t) {
            Some(stretch) if stretch >= 1.5 => {
                let by_power = self.options.threshold * libm::pow(stretch, -STEEPEST_POWER);
                self.sali < by_power.max(SALI_FLOOR)
            }
            _ => self.exponential.unexplained() < self.power.unexplained(),
        }
    }

    /// What a shear alone would show, with the time of the first normalisation as the unit.
    fn floor(&self) -> f64 {
        let unit = self.first.map_or(1.0, |first| first.t);
        let (t, _) = self.measured();
        ABOVE_FLOOR * libm::log((t / unit).max(std::f64::consts::E)) / t
    }

    /// The growth per time of the first vector: after the crossing, where that is at least as long as before it.
    fn lyapunov(&self) -> f64 {
        let (t, log) = self.measured();
        if t > 0.0 { log / t } else { 0.0 }
    }

    fn measured(&self) -> (f64, f64) {
        match self.crossing {
            Some(crossing) if self.last.t >= 2.0 * crossing.t => {
                (self.last.t - crossing.t, self.last.log - crossing.log)
            }
            _ => (self.last.t, self.last.log),
        }
    }

    /// Brings both vectors back to length 1 and reads the growth and the alignment.
    fn normalise(&mut self, t: f64, place: &mut Place<'_>) {
        let dim = self.point.len();
        let mut vectors = [place.read(dim..2 * dim), place.read(2 * dim..3 * dim)];
        let lengths = [0, 1].map(|v| norm(&vectors[v]));
        for (v, vector) in vectors.iter_mut().enumerate() {
            for (i, x) in vector.iter_mut().enumerate() {
                *x /= lengths[v];
                place.set((v + 1) * dim + i, *x);
            }
        }
        self.last = Growth { t, log: self.last.log + libm::log(lengths[0]) };
        self.first.get_or_insert(self.last);
        self.sali = alignment(&vectors[0], &vectors[1]);
        self.watch(t);
    }

    /// Follows the trend, and notes when the threshold is crossed.
    fn watch(&mut self, t: f64) {
        if self.sali > SALI_FLOOR {
            let log_sali = libm::log(self.sali);
            self.exponential.push(t, log_sali);
            self.power.push(libm::log(t), log_sali);
        }
        if self.crossing.is_none() && self.sali < self.options.threshold {
            self.crossing = Some(self.last);
        }
    }

    fn is_settled(&self, t: f64) -> bool {
        let is_long_after = self.crossing.is_some_and(|crossing| t >= AFTER_CROSSING * crossing.t);
        is_long_after && self.is_exponential()
    }
}

impl Rider for TangentRider<'_> {
    fn start(&self) -> Vec<f64> {
        self.start.clone()
    }

    fn until(&self) -> f64 {
        self.options.t
    }

    fn bound(&self) -> f64 {
        self.bound
    }

    fn stride(&self) -> u32 {
        STEPS_BETWEEN
    }

    fn arrive(&mut self, t: f64, place: &mut Place<'_>) -> Option<Outcome> {
        self.normalise(t, place);
        self.is_settled(t).then_some(Outcome::Finished)
    }

    fn end(&mut self, outcome: Outcome, t: f64, place: &Place<'_>) {
        self.outcome = outcome;
        self.last.t = t;
        let end = place.read(0..self.point.len());
        self.energy_error = energy_error(self.energy.at(self.point)[0], self.energy.at(&end)[0]);
    }
}

/// Two random orthogonal unit vectors.
fn deviation_vectors(dim: usize, mut stream: Stream) -> [Vec<f64>; 2] {
    let mut draw = || normalised((0..dim).map(|_| stream.normal()).collect());
    let (w1, mut w2) = (draw(), draw());
    let overlap: f64 = w1.iter().zip(&w2).map(|(a, b)| a * b).sum();
    w2.iter_mut().zip(&w1).for_each(|(b, a)| *b -= overlap * a);
    [w1, normalised(w2)]
}

fn normalised(vector: Vec<f64>) -> Vec<f64> {
    let length = norm(&vector);
    vector.into_iter().map(|x| x / length).collect()
}

fn norm(vector: &[f64]) -> f64 {
    vector.iter().map(|x| x * x).sum::<f64>().sqrt()
}

/// SALI of two unit vectors.
fn alignment(a: &[f64], b: &[f64]) -> f64 {
    let squares = |sign: f64| a.iter().zip(b).map(|(x, y)| (x + sign * y).powi(2)).sum::<f64>();
    squares(1.0).min(squares(-1.0)).sqrt()
}
