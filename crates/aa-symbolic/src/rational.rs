//! Exact rational numbers, from dashu.

/// A rational number of any size, in lowest terms.
pub use dashu::rational::RBig as Rational;

use dashu::base::Abs;
use dashu::integer::{IBig, UBig};

/// The shortest decimal spelling of a finite number, taken literally: 0.1 is 1/10.
pub(crate) fn from_decimal(value: f64) -> Option<Rational> {
    value.is_finite().then(|| Rational::from_str_decimal(&value.to_string()).ok()).flatten()
}

/// Reads `12`, `-3/4`, `1.5` or `2e-3`. None for anything else, a zero denominator included.
pub fn parse_rational(text: &str) -> Option<Rational> {
    let text = text.trim();
    if let Some((numerator, denominator)) = text.split_once('/') {
        let (n, d) = (parse_rational(numerator)?, parse_rational(denominator)?);
        return (!d.is_zero()).then(|| n / d);
    }
    match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => {
            let exponent: i32 = exponent.parse().ok().filter(|e: &i32| e.abs() <= 400)?;
            Some(plain_decimal(mantissa)? * Rational::from(10).pow(exponent as isize))
        }
        None => plain_decimal(text),
    }
}

fn plain_decimal(text: &str) -> Option<Rational> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let plain = !digits.is_empty() && digits.len() <= 400 && digits.chars().all(|c| c.is_ascii_digit() || c == '.');
    if !plain || digits.matches('.').count() > 1 || digits == "." {
        return None;
    }
    Rational::from_str_decimal(text.strip_prefix('+').unwrap_or(text)).ok()
}

/// The nearest double.
pub fn to_f64(value: &Rational) -> f64 {
    value.to_f64().value()
}

/// The value as an `i64`, where it is whole and fits.
pub fn to_i64(value: &Rational) -> Option<i64> {
    value.is_int().then(|| i64::try_from(value.numerator()).ok()).flatten()
}

/// The square root that is not negative, where it is rational.
///
/// ```
/// use aa_symbolic::{parse_rational, rational::square_root};
/// assert_eq!(square_root(&parse_rational("9/16").unwrap()), parse_rational("3/4"));
/// assert_eq!(square_root(&parse_rational("2").unwrap()), None);
/// ```
pub fn square_root(value: &Rational) -> Option<Rational> {
    use dashu::base::SquareRootRem;
    let (numerator, rest) = UBig::try_from(value.numerator().clone()).ok()?.sqrt_rem();
    let (denominator, other_rest) = value.denominator().sqrt_rem();
    (rest.is_zero() && other_rest.is_zero()).then(|| Rational::from_parts(numerator.into(), denominator))
}

/// Splits `value` as whole part (towards minus infinity) and the rest in [0, 1).
pub(crate) fn split_whole(value: &Rational) -> (IBig, Rational) {
    let whole = value.floor();
    let rest = value - Rational::from(whole.clone());
    (whole, rest)
}

/// The positive rational c for which all `values / c` are whole numbers without a common factor.
pub(crate) fn content<'a>(values: impl Iterator<Item = &'a Rational>) -> Rational {
    use dashu::base::Gcd;
    let (mut numerator, mut denominator) = (UBig::ZERO, UBig::ONE);
    for value in values.filter(|v| !v.is_zero()) {
        let n: UBig = value.numerator().clone().abs().try_into().expect("an absolute value is not negative");
        numerator = if numerator.is_zero() { n } else { numerator.gcd(n) };
        let common = (&denominator).gcd(value.denominator());
        denominator = denominator / common * value.denominator();
    }
    Rational::from_parts(IBig::from(numerator), denominator)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_are_read_exactly() {
        for (text, expected) in [("16/3", "16/3"), ("1.5", "3/2"), ("-0.25", "-1/4"), ("2e-3", "1/500"), ("1e2", "100")]
        {
            assert_eq!(parse_rational(text).unwrap().to_string(), expected);
        }
        for text in ["", ".", "1/0", "x", "1.2.3", "1e999999", "--1", "0x10", "inf", "nan"] {
            assert_eq!(parse_rational(text), None, "{text}");
        }
    }

    #[test]
    fn decimals_become_what_they_say() {
        assert_eq!(from_decimal(1e-7).unwrap().to_string(), "1/10000000");
        assert_eq!(from_decimal(-2.5).unwrap().to_string(), "-5/2");
        assert_eq!(from_decimal(f64::NAN), None);
    }

    #[test]
    fn content_leaves_coprime_whole_numbers() {
        let values: Vec<Rational> = ["2/3", "4", "-10/9"].iter().map(|t| parse_rational(t).unwrap()).collect();
        assert_eq!(content(values.iter()).to_string(), "2/9");
    }
}
