//! How good a map is, measured on orbits it has not seen: drift of the actions, error of predictions, phase horizon.

use crate::lanes::wrap;
use crate::map::ActionAngleMap;
use crate::{Error, Pair};
use aa_dynamics::Ensemble;

/// Median and 95th percentile over orbits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Half of the orbits lie below.
    pub median: f64,
    /// 95 % of the orbits lie below.
    pub p95: f64,
}

impl Spread {
    /// The spread of some values; nearest ranks, NaN of an empty list.
    pub fn of(values: &[f64]) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let rank = |share: f64| {
            let place = (share * sorted.len() as f64).ceil() as usize;
            sorted.get(place.saturating_sub(1)).copied().unwrap_or(f64::NAN)
        };
        Spread { median: rank(0.5), p95: rank(0.95) }
    }
}

/// How much the actions wander along orbits, where they should stay.
#[derive(Clone, Debug, PartialEq)]
pub struct ActionDrift {
    /// Per orbit and pair: standard deviation over time of I_i / mean over time of the sum of |I_j|.
    pub per_orbit: Vec<Vec<f64>>,
    /// Over orbits, of the pair that drifts most.
    pub worst_pair: Spread,
}

/// The error of predictions made from the orbits' first points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PredictionError {
    /// The horizon.
    pub t: f64,
    /// |predicted - true| / rms over the orbit of |z - mean|, over the orbits.
    pub error: Spread,
}

/// Until when predicted phases can be trusted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PhaseHorizon {
    /// The time at which the median phase error reaches 0.1 rad; infinite if the phase error does not grow.
    pub t: f64,
    /// True if the orbits end before, and the time follows from the rate at which the error grows.
    pub extrapolated: bool,
}

/// The error of predicted phases after some time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PhaseError {
    /// The time since the start.
    pub t: f64,
    /// The largest phase error over the pairs that turn, in radians, over the orbits.
    pub error: Spread,
}

/// The phase error that ends the horizon, radians.
const HORIZON: f64 = 0.1;

impl ActionAngleMap {
    /// How much the actions wander along these orbits.
    ///
    /// # Errors
    /// Orbits of another dimension, or none.
    pub fn action_drift(&self, orbits: &Ensemble) -> Result<ActionDrift, Error> {
        self.check(orbits)?;
        let per_orbit: Vec<Vec<f64>> = orbits.orbits.iter().map(|orbit| self.orbit_drift(orbit)).collect();
        let worst: Vec<f64> = per_orbit.iter().map(|drift| drift.iter().copied().fold(0.0, f64::max)).collect();
        Ok(ActionDrift { per_orbit, worst_pair: Spread::of(&worst) })
    }

    fn orbit_drift(&self, orbit: &[f64]) -> Vec<f64> {
        let n = self.dof();
        let actions = self.actions_many(orbit);
        let n_rows = (actions.len() / n) as f64;
        let total = actions.iter().map(|action| action.abs()).sum::<f64>() / n_rows;
        (0..n)
            .map(|k| {
                let series = || actions.iter().skip(k).step_by(n);
                let mean = series().sum::<f64>() / n_rows;
                let variance = series().map(|action| (action - mean).powi(2)).sum::<f64>() / n_rows;
                variance.sqrt() / total
            })
            .collect()
    }

    /// The error of predictions from the orbits' first points, at the sample times nearest to those asked for.
    ///
    /// # Errors
    /// Orbits of another dimension, or none.
    pub fn prediction_error(&self, orbits: &Ensemble, times: &[f64]) -> Result<Vec<PredictionError>, Error> {
        self.check(orbits)?;
        let sizes: Vec<f64> = orbits.orbits.iter().map(|orbit| self.size(orbit)).collect();
        let of_time = |&wanted: &f64| {
            let time = nearest(&orbits.t, orbits.t[0] + wanted);
            let t = orbits.t[time] - orbits.t[0];
            let errors: Vec<f64> = (0..orbits.orbits.len())
                .map(|orbit| {
                    let predicted = self.predict(orbits.row(orbit, 0), t);
                    self.distance(&predicted, orbits.row(orbit, time)) / sizes[orbit]
                })
                .collect();
            PredictionError { t, error: Spread::of(&errors) }
        };
        Ok(times.iter().map(of_time).collect())
    }

    /// Until when the phases of these orbits are predicted to 0.1 rad.
    ///
    /// # Errors
    /// Orbits of another dimension, or none.
    pub fn phase_horizon(&self, orbits: &Ensemble) -> Result<PhaseHorizon, Error> {
        self.check(orbits)?;
        let errors: Vec<Vec<f64>> = orbits.orbits.iter().map(|orbit| self.phase_errors(&orbits.t, orbit)).collect();
        let elapsed = |time: usize| orbits.t[time] - orbits.t[0];
        let at = |time: usize| Spread::of(&errors.iter().map(|error| error[time]).collect::<Vec<f64>>()).median;
        if let Some(time) = (1..orbits.t.len()).find(|&time| at(time) >= HORIZON) {
            return Ok(PhaseHorizon { t: elapsed(time), extrapolated: false });
        }
        // A wrong frequency loses phase in proportion to time; the last tenth of the orbits shows the rate.
        let last = orbits.t.len() - 1;
        let tail: Vec<f64> = (last - last / 10..=last).map(|time| at(time) / elapsed(time)).collect();
        let rate = Spread::of(&tail).median;
        Ok(PhaseHorizon { t: if rate > 0.0 { HORIZON / rate } else { f64::INFINITY }, extrapolated: true })
    }

    /// How the phase error of these orbits grows: at about `count` of their times, from the second to the last.
    ///
    /// # Errors
    /// Orbits of another dimension, or none.
    pub fn phase_errors_of(&self, orbits: &Ensemble, count: usize) -> Result<Vec<PhaseError>, Error> {
        self.check(orbits)?;
        let errors: Vec<Vec<f64>> = orbits.orbits.iter().map(|orbit| self.phase_errors(&orbits.t, orbit)).collect();
        let last = orbits.t.len() - 1;
        let stride = last.div_ceil(count.max(1));
        let times = (1..=last).filter(|time| (last - time).is_multiple_of(stride));
        let at = |time: usize| PhaseError {
            t: orbits.t[time] - orbits.t[0],
            error: Spread::of(&errors.iter().map(|error| error[time]).collect::<Vec<f64>>()),
        };
        Ok(times.map(at).collect())
    }

    /// The largest phase error over the pairs that turn, at every time of one orbit.
    fn phase_errors(&self, t: &[f64], orbit: &[f64]) -> Vec<f64> {
        let (n, dim) = (self.dof(), 2 * self.dof());
        let latent = self.latent_many(orbit);
        let omega = self.frequencies(&self.actions(&orbit[..dim]));
        let turning = |k: &usize| matches!(self.pairs()[*k], Pair::Oscillator | Pair::Rotor);
        let angle = |time: usize, k: usize| self.pairs()[k].angle(latent[time * dim + k], latent[time * dim + k + n]);
        let error = |time: usize, k: usize| wrap(angle(time, k) - angle(0, k) - omega[k] * (t[time] - t[0])).abs();
        (0..t.len()).map(|time| (0..n).filter(turning).map(|k| error(time, k)).fold(0.0, f64::max)).collect()
    }

    /// Root mean square over the orbit of |z - mean|; a rotor's angle, which has no mean, counts as spread evenly
    /// over its circle.
    fn size(&self, orbit: &[f64]) -> f64 {
        let (n, dim) = (self.dof(), 2 * self.dof());
        let n_rows = (orbit.len() / dim) as f64;
        let variance = |i: usize| {
            if i < n && self.pairs()[i] == Pair::Rotor {
                return std::f64::consts::PI.powi(2) / 3.0;
            }
            let series = || orbit.iter().skip(i).step_by(dim);
            let mean = series().sum::<f64>() / n_rows;
            series().map(|z| (z - mean).powi(2)).sum::<f64>() / n_rows
        };
        (0..dim).map(variance).sum::<f64>().sqrt()
    }

    /// |a - b|, circles wrapped.
    fn distance(&self, a: &[f64], b: &[f64]) -> f64 {
        let gap = |i: usize| {
            let gap = a[i] - b[i];
            if i < self.dof() && self.pairs()[i] == Pair::Rotor { wrap(gap) } else { gap }
        };
        (0..a.len()).map(|i| gap(i).powi(2)).sum::<f64>().sqrt()
    }

    fn check(&self, orbits: &Ensemble) -> Result<(), Error> {
        if orbits.dof != self.dof() {
            return Err(Error::Shape { what: "orbits", expected: 2 * self.dof(), found: 2 * orbits.dof });
        }
        if orbits.orbits.is_empty() {
            return Err(Error::TooFewOrbits { orbits: 0, needed: 1 });
        }
        if orbits.t.len() < 2 {
            return Err(Error::TooFewTimes { times: orbits.t.len(), needed: 2 });
        }
        Ok(())
    }
}

/// The index of the time nearest to t.
fn nearest(times: &[f64], t: f64) -> usize {
    let after = times.partition_point(|&time| time < t).min(times.len() - 1);
    if after > 0 && t - times[after - 1] < times[after] - t { after - 1 } else { after }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spreads_are_nearest_ranks() {
        let values: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        assert_eq!(Spread::of(&values), Spread { median: 50.0, p95: 95.0 });
        assert!(Spread::of(&[]).median.is_nan());
    }

    #[test]
    fn the_nearest_time_is_found() {
        let times = [0.0, 1.0, 2.0];
        assert_eq!([-1.0, 0.4, 0.6, 1.4, 9.0].map(|t| nearest(&times, t)), [0, 0, 1, 1, 2]);
    }
}
