//! Artifacts of any shape as lines of name and value.
//!
//! For what has no page of its own here: normal forms, sections, and whatever a user's pass gives. Long lists are cut
//! short and say so; the JSON document has them whole.

use serde_json::Value;

use crate::number::trimmed;

/// No artifact takes more lines than this.
const MOST_LINES: usize = 40;
/// No list shows more numbers than this.
const MOST_ITEMS: usize = 8;
/// No list shows more records than this.
const MOST_RECORDS: usize = 3;
/// Nothing deeper than this is shown.
const DEEPEST: usize = 4;

/// One line of an artifact.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fact {
    /// How far inside.
    pub(crate) depth: usize,
    /// The name, with spaces instead of underscores.
    pub(crate) name: String,
    /// The value; empty where the lines that follow are the value.
    pub(crate) value: String,
}

/// The artifact, line by line.
pub(crate) fn facts(name: &str, value: &Value) -> Vec<Fact> {
    let mut lines = Vec::new();
    describe(name, value, 0, &mut lines);
    if lines.len() > MOST_LINES {
        let left = lines.len() - MOST_LINES;
        lines.truncate(MOST_LINES);
        lines
            .push(Fact { depth: 0, name: "…".to_string(), value: format!("{left} more lines in the JSON document") });
    }
    lines
}

fn describe(name: &str, value: &Value, depth: usize, lines: &mut Vec<Fact>) {
    let mut push = |value: String| lines.push(Fact { depth, name: name.replace('_', " "), value });
    match value {
        Value::Object(map) if map.is_empty() => push("empty".to_string()),
        Value::Object(map) if depth < DEEPEST => {
            push(String::new());
            map.iter().for_each(|(key, value)| describe(key, value, depth + 1, lines));
        }
        Value::Object(map) => push(format!("{} entries", map.len())),
        Value::Array(items) if items.iter().all(is_flat) => push(list(items)),
        Value::Array(items) if depth < DEEPEST => {
            push(format!("{} entries", items.len()));
            for (index, item) in items.iter().take(MOST_RECORDS).enumerate() {
                describe(&(index + 1).to_string(), item, depth + 1, lines);
            }
        }
        Value::Array(items) => push(format!("{} entries", items.len())),
        scalar => push(scalar_text(scalar)),
    }
}

/// A scalar, or a short list of scalars.
fn is_flat(value: &Value) -> bool {
    match value {
        Value::Object(_) => false,
        Value::Array(items) => {
            items.len() <= MOST_ITEMS && items.iter().all(|item| !item.is_array() && !item.is_object())
        }
        _ => true,
    }
}

fn list(items: &[Value]) -> String {
    let shown: Vec<String> = items.iter().take(MOST_ITEMS).map(flat_text).collect();
    match items.len() {
        0 => "none".to_string(),
        n if n > MOST_ITEMS => format!("{}, … ({n} in all)", shown.join(", ")),
        _ => shown.join(", "),
    }
}

fn flat_text(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("({})", items.iter().map(scalar_text).collect::<Vec<_>>().join(", ")),
        scalar => scalar_text(scalar),
    }
}

/// A scalar as text: numbers to six digits, missing ones as a dash.
pub(crate) fn scalar_text(value: &Value) -> String {
    match value {
        Value::Null => "–".to_string(),
        Value::Bool(true) => "yes".to_string(),
        Value::Bool(false) => "no".to_string(),
        Value::Number(number) if number.is_f64() => trimmed(number.as_f64().unwrap_or(f64::NAN), 6),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn lines(value: &Value) -> Vec<String> {
        let line = |fact: Fact| format!("{}{}: {}", "  ".repeat(fact.depth), fact.name, fact.value);
        facts("my_kind", value).into_iter().map(line).collect()
    }

    #[test]
    fn nested_artifacts_become_indented_lines() {
        let value = json!({"rotation_number": 0.381_966, "islands": [3, 5], "whole": true, "at": {"x": null}});
        assert_eq!(
            lines(&value),
            ["my kind: ", "  rotation number: 0.381966", "  islands: 3, 5", "  whole: yes", "  at: ", "    x: –"]
        );
    }

    #[test]
    fn long_lists_say_how_long_they_are() {
        let numbers: Vec<usize> = (0..100).collect();
        assert_eq!(lines(&json!(numbers)), ["my kind: 0, 1, 2, 3, 4, 5, 6, 7, … (100 in all)"]);
        let records: Vec<Value> = (0..100).map(|index| json!({ "n": index })).collect();
        assert_eq!(lines(&json!(records)).len(), 1 + 2 * MOST_RECORDS);
    }

    #[test]
    fn no_artifact_fills_the_page() {
        let wide: serde_json::Map<String, Value> = (0..500).map(|n| (format!("k{n}"), json!(n))).collect();
        assert_eq!(facts("wide", &Value::Object(wide)).len(), MOST_LINES + 1);
    }
}
