//! Reading options: a value, or "auto" for what the profile gives.

use serde_json::Value;

use crate::Error;
use crate::study::{Options, Profile};

/// One value for each profile.
pub(crate) struct Budget<T>(pub(crate) T, pub(crate) T, pub(crate) T);

impl<T> Budget<T> {
    pub(crate) fn of(self, profile: Profile) -> T {
        match profile {
            Profile::Quick => self.0,
            Profile::Standard => self.1,
            Profile::Deep => self.2,
        }
    }
}

/// The option, where it is given and not "auto".
pub(crate) fn given<'a>(options: &'a Options, name: &str) -> Option<&'a Value> {
    options.get(name).filter(|value| !value.is_null() && value.as_str() != Some("auto"))
}

/// A positive number.
pub(crate) fn positive(options: &Options, name: &str) -> Result<Option<f64>, Error> {
    read(options, name, "a positive number or \"auto\"", |value| value.as_f64().filter(|x| *x > 0.0))
}

/// A positive whole number; what needs more than a billion of anything is a slip, or means harm.
pub(crate) fn count(options: &Options, name: &str) -> Result<Option<usize>, Error> {
    let whole = |value: &Value| {
        let number = value.as_f64().filter(|x| x.fract() == 0.0 && (1.0..=1e9).contains(x))?;
        Some(number as usize)
    };
    read(options, name, "a positive whole number, at most 1e9, or \"auto\"", whole)
}

/// A truth value.
pub(crate) fn flag(options: &Options, name: &str) -> Result<Option<bool>, Error> {
    read(options, name, "true or false", Value::as_bool)
}

/// One of the given words.
pub(crate) fn word(options: &Options, name: &str, words: &[&str]) -> Result<Option<String>, Error> {
    let expected = words.join(", ");
    read(options, name, &expected, |value| value.as_str().filter(|w| words.contains(w)).map(str::to_string))
}

fn read<T>(
    options: &Options,
    name: &str,
    expected: &str,
    parse: impl Fn(&Value) -> Option<T>,
) -> Result<Option<T>, Error> {
    let Some(value) = given(options, name) else {
        return Ok(None);
    };
    let wrong = || Error::BadOption { option: name.into(), given: value.to_string(), expected: expected.into() };
    parse(value).map(Some).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn auto_and_absent_leave_the_choice() {
        let Value::Object(options) = json!({"t": "auto", "n": 12, "bad": -1, "half": 2.5}) else { unreachable!() };
        assert_eq!(positive(&options, "t").unwrap(), None);
        assert_eq!(count(&options, "n").unwrap(), Some(12));
        assert_eq!(count(&options, "absent").unwrap(), None);
        assert!(positive(&options, "bad").is_err());
        assert!(count(&options, "half").is_err());
    }
}
