//! Sums of products in script syntax as LaTeX: learned formulas are of this kind.

use crate::number::trimmed;

/// Digits of a coefficient that are shown; the script has all.
const DIGITS: usize = 7;

/// The formula in LaTeX; none where it is more than a sum of products of numbers and whole powers of names.
pub(crate) fn sum_to_latex(text: &str) -> Option<String> {
    let text: String = text.replace("**", "^").chars().filter(|c| !c.is_whitespace()).collect();
    let mut out = String::new();
    for term in terms(&text) {
        let (sign, body) = match term.strip_prefix(['+', '-']) {
            Some(body) if term.starts_with('-') => (" - ", body),
            Some(body) => (if out.is_empty() { "" } else { " + " }, body),
            None => ("", term),
        };
        let factors: Option<Vec<String>> = body.split('*').map(factor).collect();
        out += sign;
        out += &factors?.join(" ");
    }
    (!out.is_empty()).then_some(out)
}

/// The terms, each with its sign; the sign of an exponent begins none.
fn terms(text: &str) -> Vec<&str> {
    let bytes = text.as_bytes();
    let is_exponent =
        |i: usize| i >= 2 && bytes[i - 1] == b'e' && (bytes[i - 2].is_ascii_digit() || bytes[i - 2] == b'.');
    let begins = |&i: &usize| i > 0 && matches!(bytes[i], b'+' | b'-') && !is_exponent(i);
    let mut ends: Vec<usize> = (0..bytes.len()).filter(begins).collect();
    ends.push(text.len());
    let mut from = 0;
    ends.into_iter().filter_map(|end| text.get(std::mem::replace(&mut from, end)..end)).collect()
}

/// A number, or a name with its index and its power.
fn factor(text: &str) -> Option<String> {
    if let Ok(number) = text.parse::<f64>() {
        let shown = trimmed(number, DIGITS);
        let power = |(mantissa, exponent): (&str, &str)| format!("{mantissa} \\cdot 10^{{{exponent}}}");
        return number.is_finite().then(|| shown.split_once('e').map_or(shown.clone(), power));
    }
    let (name, power) = text.split_once('^').map_or((text, None), |(name, power)| (name, Some(power)));
    let power = match power {
        None => String::new(),
        Some(power) => format!("^{{{}}}", power.parse::<u32>().ok()?),
    };
    let letters = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let index = &name[letters.len()..];
    if letters.is_empty() || !letters.chars().all(|c| c.is_ascii_alphabetic()) {
        return None;
    }
    let letters = if letters.len() > 1 { format!("\\mathrm{{{letters}}}") } else { letters.to_string() };
    Some(if index.is_empty() { letters + &power } else { format!("{letters}_{{{index}}}{power}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_products_are_typeset_and_all_else_is_not() {
        let latex = |text: &str| sum_to_latex(text);
        let typeset = latex("+1.732058e0*I1 -3.395438e-5*I1**2*I2 +2.999999e0").unwrap();
        assert_eq!(typeset, "1.732058 I_{1} - 3.395438 \\cdot 10^{-5} I_{1}^{2} I_{2} + 2.999999");
        assert_eq!(latex("-0.9 + 0.3*energy*F3**2").unwrap(), " - 0.9 + 0.3 \\mathrm{energy} F_{3}^{2}");
        for other in ["sqrt(I1)", "I1/2", "I1**(3/2)", "", "2*", "p_1"] {
            assert_eq!(latex(other), None, "{other}");
        }
    }
}
