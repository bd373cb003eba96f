//! Numbers as text, with no more digits than they deserve.

/// `value` rounded to so many significant digits; plain where that is short, with a power of ten elsewhere.
pub(crate) fn significant(value: f64, digits: usize) -> String {
    if !value.is_finite() {
        return NOTHING.to_string();
    }
    let digits = digits.max(1);
    let rounded = format!("{value:.*e}", digits - 1);
    let exponent = exponent_of(&rounded);
    if value == 0.0 {
        return "0".to_string();
    }
    if !(-3..=5).contains(&exponent) {
        return rounded;
    }
    let decimals = (digits as i32 - 1 - exponent).max(0) as usize;
    format!("{value:.decimals$}")
}

/// Like [`significant`], without zeros that say nothing: for times, thresholds and other chosen numbers.
pub(crate) fn trimmed(value: f64, digits: usize) -> String {
    let text = significant(value, digits);
    let (mantissa, exponent) = text.split_once('e').map_or((text.as_str(), None), |(m, e)| (m, Some(e)));
    let mantissa = match mantissa.contains('.') {
        true => mantissa.trim_end_matches('0').trim_end_matches('.'),
        false => mantissa,
    };
    exponent.map_or(mantissa.to_string(), |e| format!("{mantissa}e{e}"))
}

/// A share of one as a percentage, like `24 %`.
pub(crate) fn percent(share: f64) -> String {
    let percentage = 100.0 * share;
    match percentage {
        p if !p.is_finite() => NOTHING.to_string(),
        p if p == 0.0 || (0.95..99.05).contains(&p) || p == 100.0 => format!("{p:.0} %"),
        p if p < 1.0 => format!("{} %", trimmed(p, 3)),
        // As many nines as it takes to stay below 100.
        p => format!("{p:.*} %", (-(100.0 - p).log10().floor()).clamp(1.0, 9.0) as usize),
    }
}

/// A number that may be missing.
pub(crate) fn optional(value: Option<f64>, digits: usize) -> String {
    value.map_or(NOTHING.to_string(), |value| significant(value, digits))
}

/// Several numbers in a row, two spaces between them.
pub(crate) fn row(values: &[f64], digits: usize) -> String {
    values.iter().map(|value| significant(*value, digits)).collect::<Vec<_>>().join("  ")
}

/// `1 orbit`, `2 orbits`.
pub(crate) fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// A length of time in seconds as a person says it.
pub(crate) fn seconds(value: f64) -> String {
    match value {
        s if s < 0.0005 => "0 s".to_string(),
        s if s < 0.9995 => format!("{} ms", trimmed(1000.0 * s, 2)),
        s if s < 99.95 => format!("{} s", trimmed(s, 3)),
        s if s < 5940.0 => format!("{:.0} min", s / 60.0),
        s => format!("{} h", trimmed(s / 3600.0, 3)),
    }
}

/// The mark for what is not there.
pub(crate) const NOTHING: &str = "–";

fn exponent_of(scientific: &str) -> i32 {
    scientific.rsplit_once('e').and_then(|(_, exponent)| exponent.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_show_the_digits_asked_for() {
        for (value, digits, text) in [
            (0.046_131, 3, "0.0461"),
            (1.0 / 3.0, 4, "0.3333"),
            (1.234e-13, 2, "1.2e-13"),
            (0.999_99, 3, "1.00"),
            (12_345.6, 3, "12346"),
            (3e7, 1, "3e7"),
            (0.0, 3, "0"),
            (f64::NAN, 3, "–"),
        ] {
            assert_eq!(significant(value, digits), text);
        }
    }

    #[test]
    fn chosen_numbers_lose_empty_zeros() {
        assert_eq!(trimmed(10_000.0, 4), "10000");
        assert_eq!(trimmed(1e-8, 4), "1e-8");
        assert_eq!(trimmed(0.5, 4), "0.5");
    }

    #[test]
    fn percentages_near_the_ends_keep_their_distance() {
        assert_eq!([0.0, 0.0004, 0.24, 0.9996, 1.0].map(percent), ["0 %", "0.04 %", "24 %", "99.96 %", "100 %"]);
    }

    #[test]
    fn times_are_said_in_fitting_units() {
        assert_eq!([0.0, 0.0123, 7.46, 600.0, 9000.0].map(seconds), ["0 s", "12 ms", "7.46 s", "10 min", "2.5 h"]);
    }
}
