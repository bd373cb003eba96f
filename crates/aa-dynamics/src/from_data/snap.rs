//! The simple fraction that a measured coefficient stands for.

use aa_symbolic::Rational;

/// Largest denominator of a coefficient.
const DENOMINATOR: i64 = 12;

/// Coefficients are never known better than this share: orbits come from integrators, integrals from sums.
const FLOOR: f64 = 1e-5;

/// Standard errors within which a fraction must lie: three are missed by one of a dozen coefficients in thirty fits.
const REACH: f64 = 4.0;

/// The fraction of smallest denominator, up to 12, within four standard errors; none where there is none.
pub(super) fn snap(value: f64, error: f64) -> Option<Rational> {
    let tolerance = (REACH * error).max(FLOOR * value.abs().max(1e-3));
    let near = |d: i64| {
        let n = (value * d as f64).round();
        ((value - n / d as f64).abs() <= tolerance).then(|| Rational::from(n as i64) / Rational::from(d))
    };
    (value.abs() < 1e9).then(|| (1..=DENOMINATOR).find_map(near)).flatten()
}

/// The chance that a number that is no such fraction is taken for the one that it was, or for a simpler one.
pub(super) fn chance(snapped: &Rational, error: f64) -> f64 {
    let denominator = aa_symbolic::to_f64(&Rational::from(snapped.denominator().clone()));
    // Fractions with denominators up to d in one unit: the sum of Euler's totient, about 3 d^2 / pi^2 + 1/2.
    (2.0 * REACH * error * (3.0 * denominator * denominator / std::f64::consts::PI.powi(2) + 0.5)).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_simplest_fraction_within_reach_is_taken() {
        let text = |value, error| snap(value, error).map(|r| r.to_string());
        assert_eq!(text(0.3331, 1e-4), Some("1/3".into()));
        assert_eq!(text(-0.5004, 1e-3), Some("-1/2".into()));
        assert_eq!(text(1.0 / 11.0, 1e-9), Some("1/11".into()));
        assert_eq!(text(0.01, 1e-6), None);
        assert_eq!(text(std::f64::consts::FRAC_1_SQRT_2, 1e-5), None);
        assert_eq!(text(f64::NAN, 1.0), None);
    }

    #[test]
    fn wide_errors_make_any_fraction_likely() {
        let half = snap(0.5, 0.0).unwrap();
        assert!(chance(&half, 1e-3) < 0.02 && chance(&half, 0.2) > 0.9);
    }
}
