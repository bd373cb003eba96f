//! Artifacts: what passes give one another.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::Error;

/// A result of some kind: its public value, and the native object behind it where there is one.
///
/// The value is what scripts see and what the document prints; the payload is what instruments work with.
#[derive(Clone)]
pub struct Artifact {
    /// What the document prints.
    pub value: Value,
    /// What scripts may ask beside it; printed nowhere.
    pub aside: Map<String, Value>,
    payload: Option<Arc<dyn Any + Send + Sync>>,
}

impl Artifact {
    /// An artifact that is a value and nothing more.
    pub fn plain(value: Value) -> Artifact {
        Artifact { value, aside: Map::new(), payload: None }
    }

    /// An artifact with the native object behind its value.
    ///
    /// # Errors
    /// The value has no JSON form.
    pub fn new(value: &impl Serialize, payload: impl Any + Send + Sync) -> Result<Artifact, Error> {
        let value = serde_json::to_value(value).map_err(|e| Error::Shape { what: e.to_string() })?;
        Ok(Artifact { value, aside: Map::new(), payload: Some(Arc::new(payload)) })
    }

    /// The same artifact with something that scripts may ask.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Artifact {
        self.aside.insert(name.to_string(), value.into());
        self
    }

    /// The native object, where the artifact has one of this type.
    pub fn payload<T: Any + Send + Sync>(&self) -> Option<&T> {
        self.payload.as_ref()?.downcast_ref()
    }
}

impl fmt::Debug for Artifact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Artifact({})", self.value)
    }
}
