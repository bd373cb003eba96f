//! The Wilson interval: how well a share is known from counting.
//!
//! A share of chaotic orbits is a count out of few, often none or all of them. The textbook interval, share plus
//! or minus two standard errors, then has width zero; Wilson's (J. Am. Stat. Assoc. 22, 1927) stays within
//! [0, 1] and keeps its promise for small counts.

/// The 97.5 % point of the standard normal distribution: 95 % lie within plus and minus it.
const Z95: f64 = 1.959963984540054;

/// The 95 % interval of the share behind `successes` out of `trials`, lower and upper end; none without trials.
///
/// Successes beyond the number of trials count as all of them.
///
/// ```
/// use aa_dynamics::wilson::wilson_interval;
/// let [lower, upper] = wilson_interval(0, 20).unwrap();
/// assert_eq!(lower, 0.0);
/// assert!((upper - 0.1611).abs() < 1e-4);
/// assert_eq!(wilson_interval(0, 0), None);
/// ```
pub fn wilson_interval(successes: usize, trials: usize) -> Option<[f64; 2]> {
    if trials == 0 {
        return None;
    }
    let n = trials as f64;
    let share = successes.min(trials) as f64 / n;
    let square = Z95 * Z95 / n;
    let centre = share + 0.5 * square;
    let reach = (square * (share * (1.0 - share) + 0.25 * square)).sqrt();
    let end = |value: f64| (value / (1.0 + square)).clamp(0.0, 1.0);
    // At no successes, or at nothing but, one end is exact: rounding must not move it.
    let lower = if successes == 0 { 0.0 } else { end(centre - reach) };
    let upper = if successes >= trials { 1.0 } else { end(centre + reach) };
    Some([lower, upper])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    #[test]
    fn ends_are_where_the_share_is_two_standard_errors_off() {
        for (successes, trials) in [(1, 7), (5, 10), (54, 100), (577, 1000)] {
            let share = successes as f64 / trials as f64;
            for end in wilson_interval(successes, trials).unwrap() {
                let distance = (share - end).abs() / (end * (1.0 - end) / trials as f64).sqrt();
                assert!((distance - Z95).abs() < 1e-12, "{successes} of {trials}: {distance}");
            }
        }
    }

    #[test]
    fn failures_mirror_successes() {
        for successes in 0..=12 {
            let [lower, upper] = wilson_interval(successes, 12).unwrap();
            let [mirror_lower, mirror_upper] = wilson_interval(12 - successes, 12).unwrap();
            assert!((lower + mirror_upper - 1.0).abs() < 1e-15 && (upper + mirror_lower - 1.0).abs() < 1e-15);
            assert!(lower < upper && (0.0..=1.0).contains(&lower) && (0.0..=1.0).contains(&upper));
        }
    }

    #[test]
    fn nineteen_of_twenty_intervals_hold_the_share() {
        let (mut stream, studies, trials) = (Stream::new(4, "wilson"), 4000, 40);
        for share in [0.03, 0.3, 0.5] {
            let holds = |stream: &mut Stream| {
                let successes = (0..trials).filter(|_| stream.uniform() < share).count();
                wilson_interval(successes, trials).is_some_and(|[lower, upper]| (lower..=upper).contains(&share))
            };
            let held = (0..studies).filter(|_| holds(&mut stream)).count() as f64 / f64::from(studies);
            // The count is discrete, so that the coverage swings around 0.95 by a few hundredths.
            assert!((held - 0.95).abs() < 0.04, "{share}: {held}");
        }
    }
}
