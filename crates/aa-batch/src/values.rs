//! Values in a plan: a number, a text, a range `lo:hi:step`, or a list of these, all kept as exact text.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};

/// The values that one key of a plan goes through, spelled as the command line takes them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values(pub Vec<String>);

impl<'de> Deserialize<'de> for Values {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Values, D::Error> {
        deserializer.deserialize_any(Reader::<true>).map(Values)
    }
}

/// One element of a list of values; a list in a list is one value, such as `m = [5, 1]`.
struct Element(Vec<String>);

impl<'de> Deserialize<'de> for Element {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Element, D::Error> {
        deserializer.deserialize_any(Reader::<false>).map(Element)
    }
}

struct Reader<const OUTERMOST: bool>;

impl<'de, const OUTERMOST: bool> Visitor<'de> for Reader<OUTERMOST> {
    type Value = Vec<String>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a number, a text such as \"16/3\" or \"lo:hi:step\", or a list of them")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Vec<String>, E> {
        Ok(vec![value.to_string()])
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Vec<String>, E> {
        Ok(vec![value.to_string()])
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Vec<String>, E> {
        Ok(vec![value.to_string()])
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Vec<String>, E> {
        if value.is_finite() { Ok(vec![value.to_string()]) } else { Err(E::custom("a value is finite")) }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Vec<String>, E> {
        expand(text.trim()).map_err(E::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<String>, A::Error> {
        let mut values = Vec::new();
        while let Some(Element(more)) = list.next_element()? {
            values.extend(more);
        }
        match (OUTERMOST, values.is_empty()) {
            (true, true) => Err(A::Error::custom("a list of values is not empty")),
            (true, false) => Ok(values),
            (false, _) => Ok(vec![format!("[{}]", values.join(","))]),
        }
    }
}

/// Two colons make a range; anything else is one value.
fn expand(text: &str) -> Result<Vec<String>, String> {
    if text.matches(':').count() != 2 {
        return Ok(vec![text.to_owned()]);
    }
    let values = aa_plugin::family::values(text);
    let values =
        values.map_err(|error| [Some(error.to_string()), error.hint()].map(Option::unwrap_or_default).join("; "))?;
    Ok(values.iter().map(ToString::to_string).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<String>, String> {
        ron::from_str::<Values>(text).map(|values| values.0).map_err(|error| error.to_string())
    }

    #[test]
    fn numbers_ranges_and_lists_are_values() {
        assert_eq!(read("3").unwrap(), ["3"]);
        assert_eq!(read("0.1").unwrap(), ["0.1"]);
        assert_eq!(read("\"0:1:1/2\"").unwrap(), ["0", "1/2", "1"]);
        assert_eq!(read("[1, \"2:3:1\", \"16/3\", true, [5, 1]]").unwrap(), ["1", "2", "3", "16/3", "true", "[5,1]"]);
    }

    #[test]
    fn ranges_that_miss_their_end_are_refused_at_their_place() {
        assert!(read("[1,\n \"0:1:0.3\"]").unwrap_err().starts_with("2:"), "{:?}", read("[1,\n \"0:1:0.3\"]"));
        assert!(read("\"0:1:0.3\"").unwrap_err().contains("let it end at 9/10"));
        assert!(read("[]").unwrap_err().contains("not empty"));
    }
}
