//! Small statistics: trends and spreads.

/// How numbers are spread.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// The mean.
    pub mean: f64,
    /// The middle one.
    pub median: f64,
    /// 5 % lie below.
    pub p05: f64,
    /// 5 % lie above.
    pub p95: f64,
}

impl Spread {
    /// The spread of some numbers; none of no numbers. Quantiles are interpolated.
    pub fn of(values: &[f64]) -> Option<Spread> {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let last = sorted.len().checked_sub(1)?;
        let quantile = |share: f64| {
            let place = share * last as f64;
            let below = place.floor() as usize;
            sorted[below] + (place - below as f64) * (sorted[(below + 1).min(last)] - sorted[below])
        };
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        Some(Spread { mean, median: quantile(0.5), p05: quantile(0.05), p95: quantile(0.95) })
    }
}

/// A straight line through points (x, y), accumulated one by one.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Trend {
    n: f64,
    x: f64,
    y: f64,
    xx: f64,
    xy: f64,
    yy: f64,
}

impl Trend {
    pub(super) fn push(&mut self, x: f64, y: f64) {
        // Running means and centred sums (Welford, Technometrics 4, 1962).
        self.n += 1.0;
        let (dx, dy) = (x - self.x, y - self.y);
        self.x += dx / self.n;
        self.y += dy / self.n;
        self.xx += dx * (x - self.x);
        self.xy += dx * (y - self.y);
        self.yy += dy * (y - self.y);
    }

    /// The part of the variance of y that the line leaves.
    pub(super) fn unexplained(&self) -> f64 {
        if self.xx > 0.0 && self.yy > 0.0 { 1.0 - self.xy * self.xy / (self.xx * self.yy) } else { 1.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trends_tell_exponentials_from_powers() {
        let (mut linear, mut logarithmic) = (Trend::default(), Trend::default());
        for t in (5..500).map(f64::from) {
            linear.push(t, -0.05 * t + (0.3 * t).sin());
            logarithmic.push(t.ln(), -0.05 * t + (0.3 * t).sin());
        }
        assert!(linear.unexplained() < 0.02 && logarithmic.unexplained() > 0.1);
    }

    #[test]
    fn quantiles_are_interpolated() {
        let spread = Spread::of(&[4.0, 1.0, 3.0, 2.0]).unwrap();
        assert_eq!((spread.mean, spread.median), (2.5, 2.5));
        assert_eq!(Spread::of(&[]), None);
    }
}
