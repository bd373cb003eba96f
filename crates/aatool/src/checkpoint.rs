//! Checkpoints of a training: written now and then, read when the same training is begun again.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aa_analysis::Watch;
use aa_plugin::{NamedArray, checkpoint_bundle, read_checkpoint};

use crate::failure::Failure;

/// Time between two writings, of which the first is at once; the results do not depend on it.
const INTERVAL: Duration = Duration::from_secs(5);

/// Keeps checkpoints of the work that another watch follows.
pub(crate) struct Keeper {
    watch: Arc<dyn Watch>,
    path: PathBuf,
    kept: Option<Vec<NamedArray>>,
    written: Mutex<Option<Instant>>,
}

impl Keeper {
    /// Reads the checkpoint, where there is one.
    pub(crate) fn open(watch: Arc<dyn Watch>, path: &Path) -> Result<Keeper, Failure> {
        let kept = if path.exists() { Some(read_checkpoint(path)?) } else { None };
        if kept.is_some() {
            eprintln!("going on from {}", path.display());
        }
        Ok(Keeper { watch, path: path.to_path_buf(), kept, written: Mutex::new(None) })
    }
}

impl Watch for Keeper {
    fn stop(&self) -> bool {
        self.watch.stop()
    }

    fn progress(&self, stage: &str, done: usize, total: usize) {
        self.watch.progress(stage, done, total);
    }

    fn kept(&self) -> Option<Vec<NamedArray>> {
        self.kept.clone()
    }

    fn keep(&self, checkpoint: &dyn Fn() -> Vec<NamedArray>) {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if written.is_some_and(|written| written.elapsed() < INTERVAL) {
            return;
        }
        *written = Some(Instant::now());
        if let Err(error) = aa_dataset::write(&checkpoint_bundle(checkpoint()), &self.path) {
            eprintln!("no checkpoint: {error}");
        }
    }
}
