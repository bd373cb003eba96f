//! Makes one document of everything a study has found.

use serde::de::DeserializeOwned;

use crate::Error;
use crate::document::{Document, FORMAT, PassRecord, Provenance};
use crate::instruments::Comparison;
use crate::study::Study;

/// Kinds of artifacts that have a key of their own in the document, or are a part of one that has.
const KEYS: [&str; 14] = [
    "system",
    "verdict",
    "claims",
    "integrals",
    "obstruction",
    "normal_form",
    "chaos",
    "sections",
    "kam",
    "frequencies",
    "learned",
    "learned_from_data",
    "witnesses",
    "trajectories",
];

/// Whether artifacts of this kind have a place of their own in the document or the bundle.
pub fn has_key(kind: &str) -> bool {
    KEYS.contains(&kind)
}

/// The document of a study.
///
/// # Errors
/// The kind of an artifact that does not have the shape that the document gives its kind, and what is wrong with it.
pub fn assemble(
    study: &Study,
    passes: Vec<PassRecord>,
    provenance: Provenance,
) -> Result<Document, (&'static str, Error)> {
    let raw = |kind: &str| study.artifacts.get(kind).map(|artifact| artifact.value.clone()).filter(|v| !v.is_null());
    let kind = ["learned", "learned_from_data"].into_iter().find(|kind| study.artifacts.contains_key(*kind));
    let mut document = Document {
        format: FORMAT,
        system: study.subject.facts.clone(),
        verdict: typed(study, "verdict")?,
        claims: typed(study, "claims")?,
        integrals: typed(study, "integrals")?,
        obstruction: raw("obstruction"),
        normal_form: typed(study, "normal_form")?,
        chaos: typed(study, "chaos")?,
        sections: typed(study, "sections")?,
        kam: typed(study, "kam")?,
        frequencies: typed(study, "frequencies")?,
        learned: kind.map(|kind| typed(study, kind)).transpose()?.flatten(),
        witnesses: typed(study, "witnesses")?,
        passes,
        provenance,
    };
    if let Some(comparison) = study.artifacts.get("witnesses").and_then(|a| a.payload::<Comparison>()) {
        comparison.complete(&mut document);
    }
    if let (Some(learned), Some(kind)) = (&mut document.learned, kind) {
        learned.seconds = seconds_of(kind, &document.passes);
    }
    Ok(document)
}

/// The time of the pass that gave an artifact.
fn seconds_of(kind: &str, passes: &[PassRecord]) -> Option<f64> {
    let gave =
        |pass: &&PassRecord| !["skipped", "failed"].contains(&&*pass.status) && pass.gives.iter().any(|k| k == kind);
    passes.iter().find(gave)?.seconds
}

fn typed<T: DeserializeOwned>(study: &Study, kind: &'static str) -> Result<Option<T>, (&'static str, Error)> {
    let Some(artifact) = study.artifacts.get(kind) else {
        return Ok(None);
    };
    let read = serde_json::from_value(artifact.value.clone());
    read.map(Some).map_err(|e| (kind, Error::Shape { what: format!("{kind}: {e}") }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_learning_is_that_of_the_pass_that_gave_the_map() {
        let pass = |status: &str, gives: &str, seconds: f64| PassRecord {
            status: status.into(),
            gives: vec![gives.into()],
            seconds: Some(seconds),
            ..PassRecord::default()
        };
        let passes = [
            pass("failed", "learned_from_data", 1.0),
            pass("stopped", "learned", 2.0),
            pass("done", "learned_from_data", 3.0),
        ];
        assert_eq!(seconds_of("learned", &passes), Some(2.0));
        assert_eq!(seconds_of("learned_from_data", &passes), Some(3.0));
        assert_eq!(seconds_of("learned", &passes[..1]), None);
    }
}
