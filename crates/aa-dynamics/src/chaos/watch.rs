//! What labels an orbit: the fall of SALI and the growth of the first deviation vector.

/// An orbit is watched until this multiple of the time at which it crossed the threshold.
const AFTER_CROSSING: f64 = 4.0;

/// No torus makes the index fall faster than t^-2; a fall since the crossing beyond twice that power is exponential.
const STEEPEST_POWER: f64 = 4.0;

/// A shear lets deviations grow like t, so that ln(t)/t is what a regular orbit shows; chaos must show half as much again.
const ABOVE_FLOOR: f64 = 1.5;

/// Readings are this factor of time apart: about forty a decade.
const BETWEEN_READINGS: f64 = 1.06;

use super::statistics::Trend;

/// What the indicators read at a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// The time since the start.
    pub t: f64,
    /// The growth of the first deviation vector over t: the exponent for this time, per unit time.
    pub lyapunov: f64,
    /// The smaller alignment index.
    pub sali: f64,
}

/// Follows SALI and the growth; once settled, nothing changes any more.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    ln_threshold: f64,
    /// Time and logarithm of the growth of the first vector, at the first, the crossing and the last stop.
    first: Option<Grown>,
    crossing: Option<Grown>,
    last: Grown,
    ln_sali: f64,
    /// ln SALI against t and against ln t.
    exponential: Trend,
    power: Trend,
    /// Along the way, in even steps of ln t.
    readings: Vec<Reading>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Grown {
    t: f64,
    log: f64,
}

impl Watch {
    pub(super) fn new(threshold: f64) -> Watch {
        Watch {
            ln_threshold: libm::log(threshold),
            first: None,
            crossing: None,
            last: Grown::default(),
            ln_sali: 0.5 * std::f64::consts::LN_2,
            exponential: Trend::default(),
            power: Trend::default(),
            readings: Vec::new(),
        }
    }

    /// Books a stop, unless the answer is there.
    pub(super) fn see(&mut self, t: f64, log: f64, ln_sali: f64) {
        if self.is_settled() {
            return;
        }
        self.last = Grown { t, log };
        self.ln_sali = ln_sali;
        self.first.get_or_insert(self.last);
        self.exponential.push(t, ln_sali);
        self.power.push(libm::log(t), ln_sali);
        if self.crossing.is_none() && ln_sali < self.ln_threshold {
            self.crossing = Some(self.last);
        }
        if self.readings.last().is_none_or(|reading| t >= BETWEEN_READINGS * reading.t) {
            self.readings.push(self.reading());
        }
    }

    fn reading(&self) -> Reading {
        Reading { t: self.last.t, lyapunov: self.last.log / self.last.t, sali: self.sali() }
    }

    /// The readings along the way and the last.
    pub(super) fn readings(&self) -> Vec<Reading> {
        let last = self.first.map(|_| self.reading()).filter(|last| self.readings.last() != Some(last));
        self.readings.iter().copied().chain(last).collect()
    }

    /// Whether the threshold was crossed exponentially, and long enough ago.
    pub(super) fn is_settled(&self) -> bool {
        let is_long_after = self.crossing.is_some_and(|crossing| self.last.t >= AFTER_CROSSING * crossing.t);
        is_long_after && self.is_exponential()
    }

    pub(super) fn sali(&self) -> f64 {
        libm::exp(self.ln_sali)
    }

    pub(super) fn crossing_time(&self) -> Option<f64> {
        self.crossing.map(|crossing| crossing.t)
    }

    /// Whether SALI is below the square root of the threshold.
    pub(super) fn is_half_way(&self) -> bool {
        self.ln_sali < 0.5 * self.ln_threshold
    }

    /// Long after the crossing the fall itself decides; before, whether ln SALI is straighter against t or ln t.
    pub(super) fn is_exponential(&self) -> bool {
        match self.crossing.map(|crossing| self.last.t / crossing.t) {
            Some(stretch) if stretch >= 1.5 => self.ln_sali < self.ln_threshold - STEEPEST_POWER * libm::log(stretch),
            _ => self.exponential.unexplained() < self.power.unexplained(),
        }
    }

    /// Whether the exponent is above what a shear alone would show, with the time of the first stop as the unit.
    pub(super) fn is_unstable(&self) -> bool {
        let unit = self.first.map_or(1.0, |first| first.t);
        let [from, to] = self.window();
        let t = to - from;
        self.lyapunov() > ABOVE_FLOOR * libm::log((t / unit).max(std::f64::consts::E)) / t
    }

    /// The growth per time of the first vector in the window.
    pub(super) fn lyapunov(&self) -> f64 {
        let from = self.opening();
        let t = self.last.t - from.t;
        if t > 0.0 { (self.last.log - from.log) / t } else { 0.0 }
    }

    /// The times between which the exponent was measured.
    pub(super) fn window(&self) -> [f64; 2] {
        [self.opening().t, self.last.t]
    }

    /// After the crossing, where that is at least as long as before it.
    fn opening(&self) -> Grown {
        self.crossing.filter(|crossing| self.last.t >= 2.0 * crossing.t).unwrap_or_default()
    }
}
