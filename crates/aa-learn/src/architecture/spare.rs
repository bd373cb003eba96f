//! Buffers that the next step of training uses again: asking the system for tens of megabytes costs as much as filling them.

use std::sync::{Arc, Mutex, PoisonError};

/// A few buffers at rest. A copy begins without any, so that a copy of a network holds its parameters and no more.
#[derive(Debug)]
pub(super) struct Spare<B>(Arc<Mutex<Vec<B>>>);

/// Buffers kept: those of the two ways through a stack, with batches of a few hundred.
const KEPT: usize = 16;

impl<B: Default> Spare<B> {
    /// A used buffer, or an empty one.
    pub(super) fn take(&self) -> B {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    /// Keeps buffers for later.
    pub(super) fn keep(&self, buffers: impl IntoIterator<Item = B>) {
        let mut spare = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        spare.extend(buffers);
        spare.truncate(KEPT);
    }

    /// The same buffers for another owner.
    pub(super) fn share(&self) -> Self {
        Spare(self.0.clone())
    }
}

impl<B> Default for Spare<B> {
    fn default() -> Self {
        Spare(Arc::default())
    }
}

impl<B> Clone for Spare<B> {
    fn clone(&self) -> Self {
        Spare::default()
    }
}
