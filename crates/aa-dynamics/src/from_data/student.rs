//! How far an estimate may lie from the truth when its standard error comes from few values.

/// The multiple of a standard error, itself estimated from `n` values, that is passed as rarely as `z` standard errors
/// by a normal variable: Student's t by the expansion of Cornish and Fisher (Abramowitz and Stegun, 26.7.5).
pub(super) fn widened(z: f64, n: usize) -> f64 {
    let freedom = n.saturating_sub(1).max(1) as f64;
    z + (z.powi(3) + z) / (4.0 * freedom) + (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / (96.0 * freedom * freedom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_of_student_are_met() {
        // One-sided 0.9995 of ten degrees of freedom (Abramowitz and Stegun, table 26.10), normal 3.2905.
        assert!((widened(3.2905, 11) - 4.587).abs() < 0.1);
        assert!((widened(3.0, 1_000_000) - 3.0).abs() < 1e-4);
    }
}
