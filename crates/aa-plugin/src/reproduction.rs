//! Doing an analysis again from its bundle alone, and saying where the two differ.

use std::path::Path;
use std::sync::Arc;

use aa_analysis::Watch;
use aa_analysis::document::stable;
use aa_dataset::{Bundle, Difference, Values, differences};
use serde_json::Value;

use crate::analysis::{Analysis, examine, open};
use crate::bundle::{VOLATILE, bundle};
use crate::learned_file::{is_map_alone, map_bundle};
use crate::recipe::{Material, Recipe};
use crate::{Error, Registry};

/// An analysis, or the training of a map, as its file tells it.
pub struct Reproduction {
    recorded: Bundle,
    recipe: Recipe,
    /// The instruction set it ran on.
    pub isa: String,
    /// The version of aatool that ran it.
    pub aatool: String,
}

impl Reproduction {
    /// Reads the file; it is to be run with [`Reproduction::isa`] forced.
    ///
    /// # Errors
    /// Those of [`aa_dataset::read()`] and [`Recipe::of`].
    pub fn open(path: &Path) -> Result<Reproduction, Error> {
        let recorded = aa_dataset::read(path)?;
        let recipe = Recipe::of(&recorded, path)?;
        let text = |name: &str| Ok::<_, aa_dataset::Error>(recorded.dataset(name)?.texts(name)?.concat());
        let (isa, aatool) = (text("provenance/isa")?, text("provenance/aatool")?);
        Ok(Reproduction { recorded, recipe, isa, aatool })
    }

    /// Runs it again. Scripts come from the file; the registry is asked only for datasets that passes name.
    ///
    /// # Errors
    /// Those of [`crate::analyze`].
    pub fn run(&self, registry: &Arc<Registry>, watch: Arc<dyn Watch>) -> Result<Vec<Difference>, Error> {
        let Recipe { request, material, passes } = self.recipe.clone();
        // A run that came to its end in time, perhaps by several legs, comes to the same end in any time.
        let mut unhurried = request.clone();
        unhurried.options.retain(|option| option.option != "seconds");
        let mut analysis = examine(registry, &unhurried, passes, watch, || match material {
            Material::System(source) => open(source, &unhurried),
            Material::Data(data) => crate::data::opened(data, &unhurried),
        })?;
        analysis.recipe.request = request;
        Ok(differences_of_runs(&self.recorded, &self.again(&analysis)?))
    }

    fn again(&self, analysis: &Analysis) -> Result<Bundle, Error> {
        let map = if is_map_alone(&self.recorded) { map_bundle(analysis)? } else { None };
        Ok(map.map_or_else(|| bundle(analysis), Ok)?)
    }

    /// How many datasets are compared.
    pub fn n_datasets(&self) -> usize {
        count(&self.recorded)
    }
}

fn count(group: &aa_dataset::Group) -> usize {
    group.datasets.len() + group.groups.values().map(count).sum::<usize>()
}

/// Where two runs differ, apart from what may (threads, times, the command); inside of documents last, since what they hold
/// is for the most part in arrays too.
fn differences_of_runs(first: &Bundle, second: &Bundle) -> Vec<Difference> {
    let (mut found, mut inside) = (Vec::new(), Vec::new());
    for difference in differences(first, second) {
        match (json(first, &difference.place), json(second, &difference.place)) {
            _ if difference.place == format!("/{VOLATILE}") => {}
            (Some(a), Some(b)) => inside.extend(within(&stable(&a), &stable(&b), &difference.place)),
            _ => found.push(difference),
        }
    }
    found.append(&mut inside);
    found
}

/// The JSON of a single text.
fn json(bundle: &Bundle, place: &str) -> Option<Value> {
    match &bundle.dataset(place).ok()?.values {
        Values::Text(texts) if texts.len() == 1 => serde_json::from_str(&texts[0]).ok(),
        _ => None,
    }
}

/// Where two JSON values differ.
fn within(first: &Value, second: &Value, place: &str) -> Vec<Difference> {
    match (first, second) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: std::collections::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            let member = |key: &String| {
                let (a, b) = (a.get(key).unwrap_or(&Value::Null), b.get(key).unwrap_or(&Value::Null));
                within(a, b, &format!("{place}.{key}"))
            };
            keys.into_iter().flat_map(member).collect()
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let pairs = a.iter().zip(b).enumerate();
            pairs.flat_map(|(i, (a, b))| within(a, b, &format!("{place}[{i}]"))).collect()
        }
        _ if first == second => Vec::new(),
        _ => vec![Difference { place: place.to_string(), found: words(first, second) }],
    }
}

fn words(first: &Value, second: &Value) -> String {
    let by = first.as_f64().zip(second.as_f64()).map(|(a, b)| format!(", by {:e}", (a - b).abs())).unwrap_or_default();
    format!("{first} and {second}{by}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use aa_dataset::Dataset;
    use serde_json::json;

    fn found(first: &Value, second: &Value) -> Vec<(String, String)> {
        let bundle = |value: &Value, seconds: &str| {
            let mut bundle = Bundle::default();
            bundle.insert("document", Dataset::scalar(value.to_string()));
            bundle.insert(VOLATILE, Dataset::scalar(seconds));
            bundle
        };
        let found = differences_of_runs(&bundle(first, "1"), &bundle(second, "2"));
        found.into_iter().map(|difference| (difference.place, difference.found)).collect()
    }

    #[test]
    fn seconds_do_not_count() {
        assert_eq!(found(&json!({"a": {"seconds": 1.0}, "b": 1}), &json!({"a": {"seconds": 2.0}, "b": 1})), []);
    }

    #[test]
    fn a_difference_in_a_document_is_found_inside() {
        let differ = found(&json!({"a": [1, {"b": 0.5}]}), &json!({"a": [1, {"b": 0.25}], "c": "x"}));
        assert_eq!(differ[0], ("/document.a[1].b".into(), "0.5 and 0.25, by 2.5e-1".into()));
        assert_eq!(differ[1], ("/document.c".into(), "null and \"x\"".into()));
    }
}
