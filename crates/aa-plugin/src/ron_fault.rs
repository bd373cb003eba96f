//! What is wrong with a document in RON: a manifest, a plan, a lock, an index.

use ron::error::SpannedError;

use crate::suggest::one_of;
use crate::{Code, Error, Place};

/// The fault at its place; `kind` names the document, as in "the manifest", and `path` is for messages.
pub fn ron_fault(kind: &str, path: &str, text: &str, error: &SpannedError) -> Error {
    let place = Place::new(path, text, error.span.start.line, error.span.start.col);
    match &error.code {
        ron::Error::NoSuchStructField { expected, found, outer } => {
            let owner = outer.as_ref().map_or(kind.to_string(), |outer| format!("a {}", outer.to_lowercase()));
            Error::script(place, format!("{owner} has no `{found}`"), Some(one_of(found, expected)))
        }
        other => Error::script(place, format!("{kind} is wrong: {other}"), None),
    }
    .coded(Code::Manifest)
}
