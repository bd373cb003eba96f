//! Values across the border: JSON on the Rust side, dynamic values in scripts.

use std::ops::Range;
use std::sync::Arc;

use aa_analysis::Artifact;
use aa_dynamics::Ensemble;
use rhai::{Array, Dynamic, Map};
use serde_json::{Number, Value};

/// An artifact as scripts hold it: handed on without a copy.
#[derive(Clone, Debug)]
pub(crate) struct ArtifactHandle(pub(crate) Arc<Artifact>);

/// A JSON value as a script sees it: null is `()`.
pub(crate) fn to_script(value: &Value) -> Dynamic {
    match value {
        Value::Null => Dynamic::UNIT,
        Value::Bool(flag) => (*flag).into(),
        Value::Number(number) => number_to_script(number),
        Value::String(text) => text.clone().into(),
        Value::Array(items) => items.iter().map(to_script).collect::<Array>().into(),
        Value::Object(map) => {
            map.iter().map(|(key, value)| (key.as_str().into(), to_script(value))).collect::<Map>().into()
        }
    }
}

fn number_to_script(number: &Number) -> Dynamic {
    match number.as_i64() {
        Some(whole) => whole.into(),
        None => number.as_f64().unwrap_or(f64::NAN).into(),
    }
}

/// How deep lists and maps may be nested in one another: readers of JSON, our own too, go no deeper than 128.
const DEEPEST: usize = 64;

/// A script's value as JSON.
///
/// # Errors
/// The name of a type that has no JSON form.
pub(crate) fn from_script(value: &Dynamic) -> Result<Value, String> {
    from_nested(value, DEEPEST)
}

fn from_nested(value: &Dynamic, depth: usize) -> Result<Value, String> {
    let below = || depth.checked_sub(1).ok_or(format!("value nested more than {DEEPEST} deep"));
    if let Some(artifact) = value.read_lock::<ArtifactHandle>() {
        return Ok(artifact.0.value.clone());
    }
    if let Some(items) = value.read_lock::<Array>() {
        let depth = below()?;
        return items.iter().map(|item| from_nested(item, depth)).collect();
    }
    if let Some(map) = value.read_lock::<Map>() {
        let depth = below()?;
        return map.iter().map(|(key, value)| Ok((key.to_string(), from_nested(value, depth)?))).collect();
    }
    if let Ok(whole) = value.as_int() {
        return Ok(whole.into());
    }
    if let Ok(number) = value.as_float() {
        return Ok(Number::from_f64(number).map_or(Value::Null, Value::Number));
    }
    if let Ok(flag) = value.as_bool() {
        return Ok(flag.into());
    }
    if let Ok(text) = value.clone().into_string() {
        return Ok(text.into());
    }
    if value.is_unit() { Ok(Value::Null) } else { Err(value.type_name().to_string()) }
}

/// Orbits as a map of t, q and p, or of t and z without canonical pairs; all but t are lists of orbits, each a list of
/// points.
pub(crate) fn ensemble(ensemble: &Ensemble) -> Map {
    let (n, width) = (ensemble.dof, ensemble.width);
    let numbers = |values: &[f64]| -> Dynamic { values.iter().map(|&x| Dynamic::from(x)).collect::<Array>().into() };
    let part = |columns: Range<usize>| -> Dynamic {
        let orbit = |rows: &Vec<f64>| -> Dynamic {
            rows.chunks(width).map(|row| numbers(&row[columns.clone()])).collect::<Array>().into()
        };
        ensemble.orbits.iter().map(orbit).collect::<Array>().into()
    };
    let t = ("t".into(), numbers(&ensemble.t));
    match width == 2 * n {
        true => [t, ("q".into(), part(0..n)), ("p".into(), part(n..width))].into(),
        false => [t, ("z".into(), part(0..width))].into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_come_back_as_they_went() {
        let value = json!({"a": [1, 2.5, "x", null, true], "b": {"c": -3}});
        assert_eq!(from_script(&to_script(&value)).unwrap(), value);
    }

    #[test]
    fn what_is_not_finite_becomes_null() {
        assert_eq!(from_script(&f64::NAN.into()).unwrap(), Value::Null);
    }
}
