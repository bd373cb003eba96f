//! The grid of a scan: ranges of parameters as text, and their members in order.

use aa_symbolic::{Rational, parse_rational, to_i64};

use crate::error::Error;

/// The most members of a scan: minutes of work at a millisecond each.
const MOST_MEMBERS: usize = 100_000;

/// The values of one parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Axis {
    pub(super) name: String,
    pub(super) values: Vec<Rational>,
    /// Whether the numbers were written as fractions p/q.
    pub(super) in_fractions: bool,
}

impl Axis {
    /// Reads what `option` was given: `k=lo:hi:step`, both ends included, or `k=value`.
    pub(super) fn read(option: &str, text: &str) -> Result<Axis, Error> {
        let given = &format!("{option} {text}");
        let wrong = || refusal(format!("`{given}` is not understood"), EXAMPLES);
        let (name, range) = text.split_once('=').map(|(name, range)| (name.trim(), range)).ok_or_else(wrong)?;
        if name.is_empty() {
            return Err(wrong());
        }
        Ok(Axis { name: name.into(), values: read(given, range)?, in_fractions: range.contains('/') })
    }
}

/// The values of `lo:hi:step`, both ends included, or the one of a number.
///
/// # Errors
/// It is neither, or the steps miss an end.
pub fn values(range: &str) -> Result<Vec<Rational>, Error> {
    read(range, range)
}

fn read(given: &str, range: &str) -> Result<Vec<Rational>, Error> {
    let wrong = || refusal(format!("`{given}` is not understood"), EXAMPLES);
    let numbers: Vec<Rational> = range.split(':').map(parse_rational).collect::<Option<_>>().ok_or_else(wrong)?;
    match numbers.as_slice() {
        [value] => Ok(vec![value.clone()]),
        [low, high, step] => steps(given, low, high, step),
        _ => Err(wrong()),
    }
}

const EXAMPLES: &str = "expected NAME=LO:HI:STEP with exact numbers, such as C=-24:0:1 or e=0:3:1/4, or NAME=VALUE";

pub(super) fn refusal(reason: String, hint: impl Into<String>) -> Error {
    Error::Scan { reason, hint: hint.into() }
}

/// The values from `low` to `high`.
fn steps(given: &str, low: &Rational, high: &Rational, step: &Rational) -> Result<Vec<Rational>, Error> {
    if step.is_zero() {
        return Err(refusal(format!("`{given}` has step 0"), EXAMPLES));
    }
    let n_steps = (high - low) / step;
    if n_steps < Rational::ZERO {
        return Err(refusal(format!("`{given}` is empty: steps of {step} lead away from {high}"), EXAMPLES));
    }
    if !n_steps.is_int() {
        let last = low + Rational::from(n_steps.floor()) * step;
        let hint = format!("both ends belong to a range: let it end at {last}, or change the step");
        return Err(refusal(format!("`{given}`: steps of {step} from {low} miss {high}"), hint));
    }
    match to_i64(&n_steps).map(usize::try_from) {
        Some(Ok(n)) if n < MOST_MEMBERS => Ok((0..=n).map(|i| low + Rational::from(i) * step).collect()),
        _ => Err(too_many()),
    }
}

fn too_many() -> Error {
    refusal(format!("a scan has at most {MOST_MEMBERS} members"), "take larger steps or shorter ranges")
}

/// All members of a grid; the last axis runs fastest. Without an axis there is one member, without values.
pub(super) fn members(axes: &[Axis]) -> Result<Vec<Vec<Rational>>, Error> {
    let n_members = axes.iter().try_fold(1usize, |product, axis| product.checked_mul(axis.values.len()));
    if n_members.is_none_or(|n| n > MOST_MEMBERS) {
        return Err(too_many());
    }
    let with = |member: &Vec<Rational>, x: &Rational| [&member[..], std::slice::from_ref(x)].concat();
    let extend = |members: Vec<Vec<Rational>>, axis: &Axis| {
        members.iter().flat_map(|member| axis.values.iter().map(move |x| with(member, x))).collect()
    };
    Ok(axes.iter().fold(vec![Vec::new()], extend))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> String {
        match Axis::read("--over", text) {
            Ok(axis) => axis.values.iter().map(|x| x.to_string()).collect::<Vec<_>>().join(" "),
            Err(error) => format!("{error}"),
        }
    }

    #[test]
    fn ranges_are_exact_and_hold_both_ends() {
        assert_eq!(values("C=-2:1:1"), "-2 -1 0 1");
        assert_eq!(values("e=0:1:1/3"), "0 1/3 2/3 1");
        assert_eq!(values("e=0.1:0.3:0.1"), "1/10 1/5 3/10");
        assert_eq!(values("e=1:-1:-1"), "1 0 -1");
        assert_eq!(values("B=16/3"), "16/3");
        assert_eq!(values("B=5:5:1"), "5");
    }

    #[test]
    fn ranges_that_make_no_sense_are_refused() {
        for text in ["C", "C=", "=1:2:1", "C=1:2", "C=1:2:1:1", "C=a:2:1", "C=1:2:1/0"] {
            assert_eq!(values(text), format!("`--over {text}` is not understood"));
        }
        assert_eq!(values("C=0:1:0"), "`--over C=0:1:0` has step 0");
        assert_eq!(values("C=1:0:1"), "`--over C=1:0:1` is empty: steps of 1 lead away from 0");
        assert_eq!(values("C=0:1:0.3"), "`--over C=0:1:0.3`: steps of 3/10 from 0 miss 1");
        assert_eq!(values("C=0:1e9:1"), "a scan has at most 100000 members");
    }

    #[test]
    fn the_last_axis_runs_fastest() {
        let axes = ["A=1:2:1", "B=0:1:1"].map(|text| Axis::read("--over", text).unwrap());
        let shown: Vec<String> = members(&axes).unwrap().iter().map(|m| format!("{} {}", m[0], m[1])).collect();
        assert_eq!(shown, ["1 0", "1 1", "2 0", "2 1"]);
        let long = ["A=1:1000:1", "B=1:101:1"].map(|text| Axis::read("--over", text).unwrap());
        assert!(members(&long).is_err());
    }
}
