//! MEGNO, FLI and OFLI: how far the first deviation vector has grown, step by step.

use super::frame::{norm, take_out};

/// What is booked of the growth at every step.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Growth {
    t: f64,
    log: f64,
    /// The integral of t d(ln |w|).
    moment: f64,
    /// MEGNO now, and its integral over time.
    megno: f64,
    integral: f64,
    fli: f64,
    ofli: f64,
}

impl Growth {
    /// Books that the vector has grown to `exp(log)`, and its part across the flow to `exp(across)`.
    pub(super) fn book(&mut self, t: f64, log: f64, across: f64) {
        let step = t - self.t;
        // The trapezoidal rule for the integral by parts; a step is a small part of an oscillation.
        self.moment += 0.5 * (t + self.t) * (log - self.log);
        let megno = 2.0 * self.moment / t;
        self.integral += 0.5 * step * (megno + self.megno);
        (self.t, self.log, self.megno) = (t, log, megno);
        self.fli = self.fli.max(log);
        self.ofli = self.ofli.max(across);
    }

    /// Y(t) = (2/t) times the integral of s d(ln |w(s)|) from 0 to t.
    pub(super) fn megno(&self) -> f64 {
        self.megno
    }

    /// The mean of Y over time.
    pub(super) fn mean_megno(&self) -> f64 {
        if self.t > 0.0 { self.integral / self.t } else { 0.0 }
    }

    /// The largest ln |w| so far.
    pub(super) fn fli(&self) -> f64 {
        self.fli
    }

    /// The largest ln |w| across the flow so far.
    pub(super) fn ofli(&self) -> f64 {
        self.ofli
    }
}

/// The length of what `vector` has across the direction of `flow`; all of it at an equilibrium.
pub(super) fn across(mut vector: Vec<f64>, mut flow: Vec<f64>) -> f64 {
    let speed = norm(&flow);
    if speed > 0.0 {
        flow.iter_mut().for_each(|x| *x /= speed);
        take_out(&mut vector, &flow);
    }
    norm(&vector)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn megno_is_two_for_a_shear_and_half_the_exponent_times_time_for_an_exponential() {
        let (mut shear, mut exponential) = (Growth::default(), Growth::default());
        for t in (1..=100_000).map(|k| 0.1 * f64::from(k)) {
            shear.book(t, 0.5 * (1.0 + t * t).ln(), 0.0);
            exponential.book(t, 0.05 * t, 0.05 * t);
        }
        // Y = 2 - 2 arctan(t)/t for the shear.
        assert!((shear.megno() - (2.0 - 2.0 * 1e4f64.atan() / 1e4)).abs() < 1e-6, "{}", shear.megno());
        assert!((shear.mean_megno() - 2.0).abs() < 0.01);
        assert!((exponential.megno() - 500.0).abs() < 1e-8 && (exponential.mean_megno() - 250.0).abs() < 1e-8);
        assert_eq!((exponential.fli(), exponential.ofli()), (500.0, 500.0));
    }

    #[test]
    fn growth_along_the_flow_does_not_count_across_it() {
        assert_eq!(across(vec![3.0, 4.0], vec![0.0, 2.0]), 3.0);
        assert_eq!(across(vec![3.0, 4.0], vec![0.0, 0.0]), 5.0);
    }
}
