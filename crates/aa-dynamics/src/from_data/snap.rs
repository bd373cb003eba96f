//! The simple fraction that a measured coefficient stands for.

use aa_symbolic::Rational;

/// Largest denominator of a coefficient.
const DENOMINATOR: i64 = 12;

/// Coefficients are never known better than this share: orbits come from integrators, integrals from sums.
const FLOOR: f64 = 1e-5;

/// The fraction of smallest denominator, up to 12, no further away than `reach`; none where there is none.
pub(super) fn snap(value: f64, reach: f64) -> Option<Rational> {
    let tolerance = tolerance(value, reach);
    let near = |d: i64| {
        let n = (value * d as f64).round();
        ((value - n / d as f64).abs() <= tolerance).then(|| Rational::from(n as i64) / Rational::from(d))
    };
    (value.abs() < 1e9).then(|| (1..=DENOMINATOR).find_map(near)).flatten()
}

fn tolerance(value: f64, reach: f64) -> f64 {
    reach.max(FLOOR * value.abs().max(1e-3))
}

/// The chance that any other number would have been taken for a fraction as simple as this.
pub(super) fn chance(snapped: &Rational, reach: f64) -> f64 {
    let tolerance = tolerance(aa_symbolic::to_f64(snapped), reach);
    let denominator = aa_symbolic::to_f64(&Rational::from(snapped.denominator().clone()));
    // Fractions with denominators up to d in one unit: the sum of Euler's totient, about 3 d^2 / pi^2 + 1/2.
    (2.0 * tolerance * (3.0 * denominator * denominator / std::f64::consts::PI.powi(2) + 0.5)).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_simplest_fraction_within_reach_is_taken() {
        let text = |value, reach| snap(value, reach).map(|r| r.to_string());
        assert_eq!(text(0.3331, 3e-4), Some("1/3".into()));
        assert_eq!(text(-0.5004, 1e-3), Some("-1/2".into()));
        assert_eq!(text(1.0 / 11.0, 1e-9), Some("1/11".into()));
        assert_eq!(text(0.01, 1e-6), None);
        assert_eq!(text(std::f64::consts::FRAC_1_SQRT_2, 1e-5), None);
        assert_eq!(text(f64::NAN, 1.0), None);
    }

    #[test]
    fn wide_errors_make_any_fraction_likely() {
        let half = snap(0.5, 0.0).unwrap();
        assert!(chance(&half, 1e-3) < 0.02 && chance(&half, 0.3) > 0.9);
        // Nothing is known to more than five digits.
        assert!(chance(&snap(1e6, 0.0).unwrap(), 0.0) > 0.9);
    }
}
