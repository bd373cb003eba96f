//! From an orbit to one complex signal per degree of freedom, turning forwards.
//!
//! A coordinate x with momentum y gives y + i x = sqrt(2 I) e^{i theta}, for x = sqrt(2 I) sin theta and
//! y = sqrt(2 I) cos theta: omega > 0 is forwards. Both are first scaled, x by a factor and y by its inverse, to
//! equal spread: an area, hence an action, keeps its size, and an ellipse becomes a circle. A circle coordinate
//! that winds round has its mean rate for a frequency, and sqrt(2 |p|) e^{i phi} for a signal.

use rustfft::num_complex::Complex64;

use super::birkhoff::{MeanRate, lift};

use crate::phase_space::CoordinateKind;

/// What one degree of freedom does along an orbit.
pub(super) struct Signal {
    /// Mean rate of a circle coordinate that winds round.
    pub(super) winding: Option<MeanRate>,
    /// The complex signal, in units of the square root of an action.
    pub(super) values: Vec<Complex64>,
}

/// Steps of an angle longer than this, in radians, may have gone the other way round.
const LONGEST_STEP: f64 = 0.75 * std::f64::consts::PI;

impl Signal {
    /// The mean rate of the angle that the signal turns by about its mean; none where it does not come round, or turns
    /// too far from sample to sample to be followed.
    pub(super) fn turning(&self, mean: Complex64, dt: f64) -> Option<MeanRate> {
        if self.winding.is_some() {
            return self.winding.clone();
        }
        let angle = lift(&self.values.iter().map(|z| (z - mean).arg()).collect::<Vec<_>>());
        let longest = angle.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f64::max);
        let travelled = (angle.last()? - angle.first()?).abs();
        (longest < LONGEST_STEP && travelled > std::f64::consts::TAU).then(|| MeanRate::of(&angle, dt))
    }
}

/// The signal of degree of freedom `index`, from rows q1..qn, p1..pn at equal steps `dt`.
pub(super) fn signal(rows: &[f64], dof: usize, index: usize, dt: f64, kind: CoordinateKind) -> Signal {
    let column = |component: usize| rows.iter().skip(component).step_by(2 * dof).copied().collect::<Vec<f64>>();
    let (q, p) = (column(index), column(dof + index));
    match kind {
        CoordinateKind::Line => Signal { winding: None, values: oscillation(&q, &p) },
        CoordinateKind::Circle => circle(&lift(&q), &p, dt),
    }
}

/// A lifted angle winds when it ends more than a turn from where it began.
fn circle(angle: &[f64], p: &[f64], dt: f64) -> Signal {
    let travelled = angle.last().copied().unwrap_or(0.0) - angle.first().copied().unwrap_or(0.0);
    if travelled.abs() <= std::f64::consts::TAU {
        return Signal { winding: None, values: oscillation(angle, p) };
    }
    let radius = (2.0 * mean(p).abs()).sqrt();
    let values = angle.iter().map(|&angle| Complex64::from_polar(radius, angle)).collect();
    Signal { winding: Some(MeanRate::of(angle, dt)), values }
}

fn oscillation(q: &[f64], p: &[f64]) -> Vec<Complex64> {
    let (width, height) = (spread(q), spread(p));
    let ratio = if width > 0.0 && height > 0.0 { (height / width).sqrt() } else { 1.0 };
    q.iter().zip(p).map(|(q, p)| Complex64::new(p / ratio, q * ratio)).collect()
}

/// Root mean square distance from the mean.
fn spread(values: &[f64]) -> f64 {
    let mean = mean(values);
    (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ellipses_become_circles_of_their_action() {
        // x = a sin theta, y = b cos theta encloses pi a b = 2 pi I.
        let (a, b) = (0.1, 40.0);
        let rows: Vec<f64> = (0..1000)
            .map(|n| std::f64::consts::TAU * f64::from(n) / 100.0)
            .flat_map(|theta| [a * libm::sin(theta), b * libm::cos(theta)])
            .collect();
        let signal = signal(&rows, 1, 0, 0.1, CoordinateKind::Line);
        assert!(signal.values.iter().all(|z| (z.norm_sqr() - a * b).abs() < 1e-12));
        // Forwards: from y + i x = sqrt(2 I) at theta = 0 to i sqrt(2 I).
        assert!(signal.values[25].im > 1.9 && signal.values[25].re.abs() < 1e-12);
    }

    #[test]
    fn circles_wind_or_swing() {
        let rows = |rate: f64| (0..400).flat_map(move |n| [rate * f64::from(n), rate]).collect::<Vec<f64>>();
        let winds = |rate| signal(&rows(rate), 1, 0, 0.5, CoordinateKind::Circle).winding;
        assert!((winds(-0.3).unwrap().rate + 0.6).abs() < 1e-13);
        assert_eq!(winds(0.001), None);
        let swing: Vec<f64> =
            (0..400).flat_map(|n| [libm::sin(0.1 * f64::from(n)), libm::cos(0.1 * f64::from(n))]).collect();
        assert_eq!(signal(&swing, 1, 0, 0.5, CoordinateKind::Circle).winding, None);
    }
}
