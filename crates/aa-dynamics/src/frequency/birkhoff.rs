//! The weighted Birkhoff average: a time mean that converges faster than any power on a smooth torus.
//!
//! The weight exp(-1/(t(1-t))) vanishes with all derivatives at both ends, so the ends of the orbit do not
//! count (Das, Saiki, Sander and Yorke, Nonlinearity 30, 2017). It gives one rotation number and no spectrum;
//! for all lines of a signal see [`naff`](super::naff).

/// The mean of values along an orbit, weighted by exp(-1/(t(1-t))); zero of none.
pub fn birkhoff_average(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let (mut sum, mut total) = (0.0, 0.0);
    for (index, value) in values.iter().enumerate() {
        let t = (index as f64 + 0.5) / n;
        let weight = libm::exp(-1.0 / (t * (1.0 - t)));
        sum += weight * value;
        total += weight;
    }
    if total > 0.0 { sum / total } else { 0.0 }
}

/// Mean rate of a lifted angle in radians per unit time, sampled every `dt`.
///
/// ```
/// let lift: Vec<f64> = (0..4000).map(|n| 0.1 * f64::from(n)).map(|t| 1.7 * t + 0.4 * (1.7 * t).sin()).collect();
/// let rate = aa_dynamics::frequency::rotation_rate(&lift, 0.1);
/// assert!((rate - 1.7).abs() < 1e-11);
/// ```
pub fn rotation_rate(lift: &[f64], dt: f64) -> f64 {
    let steps: Vec<f64> = lift.windows(2).map(|pair| pair[1] - pair[0]).collect();
    birkhoff_average(&steps) / dt
}

/// The mean rate of an angle, with what is known of its error.
#[derive(Clone, Debug, PartialEq)]
pub struct MeanRate {
    /// Radians per unit time, signed.
    pub rate: f64,
    /// How far it may be off: the difference to the average over the middle nine tenths of the orbit, plus rounding. With
    /// fewer than 20 samples there are no tenths, and the two halves tell; with fewer than 4 it is infinite.
    pub error: f64,
    /// The averages over the two halves differ by this: it falls faster than any power of the length on a torus, and
    /// like its root or not at all where there is chaos (Sander and Meiss, Physica D 411, 2020).
    pub halves: f64,
}

impl MeanRate {
    /// The mean rate of a lifted angle sampled every `dt`.
    pub fn of(lift: &[f64], dt: f64) -> MeanRate {
        let (n, margin) = (lift.len(), lift.len() / 20);
        let rate = rotation_rate(lift, dt);
        let halves = (rotation_rate(&lift[..n / 2], dt) - rotation_rate(&lift[n / 2..], dt)).abs();
        let off = match n {
            0..4 => f64::INFINITY,
            4..20 => halves,
            _ => (rotation_rate(&lift[margin..n - margin], dt) - rate).abs(),
        };
        MeanRate { rate, error: off + f64::EPSILON * rate.abs(), halves }
    }

    /// Decimal digits in which the two halves agree, between 0 and 16.
    pub fn digits(&self) -> f64 {
        let relative = self.halves / self.rate.abs();
        if relative.is_nan() { 0.0 } else { -libm::log10(relative.clamp(1e-16, 1.0)) }
    }
}

/// The lift of an angle given up to whole turns: each sample moved to within half a turn of the one before.
///
/// Samples must follow each other by less than half a turn.
pub fn lift(angles: &[f64]) -> Vec<f64> {
    let mut turns = 0.0;
    let mut lifted = Vec::with_capacity(angles.len());
    for (index, &angle) in angles.iter().enumerate() {
        if index > 0 {
            turns -= ((angle - angles[index - 1]) / std::f64::consts::TAU).round();
        }
        lifted.push(angle + std::f64::consts::TAU * turns);
    }
    lifted
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::{PI, TAU};

    #[test]
    fn lifts_differ_by_whole_turns_and_never_jump() {
        let angle = |n: i32| 0.9 * f64::from(n) - 0.002 * f64::from(n * n);
        let wrapped: Vec<f64> = (0..300).map(|n| angle(n) - TAU * (angle(n) / TAU).round()).collect();
        for (n, lifted) in lift(&wrapped).iter().enumerate() {
            assert!((lifted - angle(n as i32)).abs() < 1e-11);
        }
        assert!(lift(&[]).is_empty());
    }

    #[test]
    fn rates_know_their_error_and_chaos_has_no_digits() {
        let angle = |t: f64| 1.7 * t + 0.4 * libm::sin(1.1 * t) + 0.1 * libm::cos(1.7 * t + 1.1 * t);
        for (n, digits) in [(15, 0.0), (1000, 3.0), (10_000, 12.0)] {
            let rate = MeanRate::of(&(0..n).map(|i| angle(0.1 * f64::from(i))).collect::<Vec<_>>(), 0.1);
            assert!((rate.rate - 1.7).abs() <= rate.error && rate.digits() > digits, "{rate:?}");
        }
        assert!((0..4).all(|n| MeanRate::of(&[0.1, 0.3, 0.5][..n], 0.1).error.is_infinite()));
        let mut steps = crate::random::Stream::new(1, "walk");
        let walk: Vec<f64> =
            (0..10_000).scan(0.0, |at, _| Some(std::mem::replace(at, *at + steps.uniform()))).collect();
        assert!(MeanRate::of(&walk, 0.1).digits() < 2.0);
    }

    #[test]
    fn averages_converge_faster_than_powers() {
        let value = |n: usize| libm::cos(TAU * 0.618 * n as f64 + 1.0);
        let error = |n: usize| birkhoff_average(&(0..n).map(value).collect::<Vec<_>>()).abs();
        // The plain mean of 2000 values is off by 1e-4; a phase of 8000 rad is rounded to 1e-12, averaged.
        assert!(error(2000) < 1e-13 && error(30) > 1e-6);
        assert!((birkhoff_average(&[PI; 10]) - PI).abs() < 1e-15);
        assert_eq!(birkhoff_average(&[]), 0.0);
    }
}
