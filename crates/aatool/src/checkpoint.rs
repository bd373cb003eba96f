//! Checkpoints of a training: written now and then, read when the same training is begun again.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aa_analysis::Watch;
use aa_plugin::{NamedArray, checkpoint_bundle, read_checkpoint};

use crate::failure::Failure;
use crate::{Ending, signals};

/// Keeps checkpoints of the work that another watch follows.
pub(crate) struct Keeper {
    watch: Arc<dyn Watch>,
    path: PathBuf,
    /// Time between two writings, of which the first is at once; the results do not depend on it.
    every: Duration,
    kept: Option<Vec<NamedArray>>,
    written: Mutex<Option<Instant>>,
    has_failed: AtomicBool,
    cut_off: Mutex<Option<Result<(), aa_dataset::Error>>>,
}

impl Keeper {
    /// Reads the checkpoint, where there is one.
    pub(crate) fn open(watch: Arc<dyn Watch>, path: &Path, every: f64) -> Result<Keeper, Failure> {
        let wrong = |_| Failure::usage(format!("`--every {every}` is no time"), "expected seconds, such as 5 or 0.5");
        let every = Duration::try_from_secs_f64(every).map_err(wrong)?;
        let kept = if path.exists() { Some(read_checkpoint(path)?) } else { None };
        if kept.is_some() {
            eprintln!("going on from {}", path.display());
        }
        let path = path.to_path_buf();
        Ok(Keeper {
            watch,
            path,
            every,
            kept,
            written: Mutex::new(None),
            has_failed: false.into(),
            cut_off: Mutex::new(None),
        })
    }

    /// How the command is to end where learning was stopped before its end: what it has come to is in the file, and its
    /// user is told so. Nothing where learning ended by itself.
    ///
    /// # Errors
    /// It was stopped, and the file cannot be written.
    pub(crate) fn cut_off(&self, what: &str) -> Result<Option<Ending>, Failure> {
        let outcome = self.cut_off.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(()) = outcome.transpose()? else { return Ok(None) };
        eprintln!("{what} has come to is in {}: the same command goes on from there.", self.path.display());
        Ok(Some(signals::asked().unwrap_or(Ending::Unfinished)))
    }

    fn write(&self, checkpoint: &dyn Fn() -> Vec<NamedArray>) -> Result<(), aa_dataset::Error> {
        aa_dataset::write(&checkpoint_bundle(checkpoint()), &self.path)
    }
}

impl Watch for Keeper {
    fn stop(&self) -> bool {
        self.watch.stop()
    }

    fn progress(&self, stage: &str, done: usize, total: usize) {
        self.watch.progress(stage, done, total);
    }

    fn learning(&self, loss: f64, drift: &dyn Fn() -> Option<f64>) {
        self.watch.learning(loss, drift);
    }

    fn kept(&self) -> Option<Vec<NamedArray>> {
        self.kept.clone()
    }

    fn keep(&self, checkpoint: &dyn Fn() -> Vec<NamedArray>) {
        // From here on there is something to keep; before, the end may come at once.
        signals::end_gently();
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if written.is_some_and(|written| written.elapsed() < self.every) {
            return;
        }
        *written = Some(Instant::now());
        // Told once: where a disk is full it stays so, and training is worth its end.
        if let Err(error) = self.write(checkpoint)
            && !self.has_failed.swap(true, Ordering::Relaxed)
        {
            let _ = writeln!(std::io::stderr(), "no checkpoint: {error}");
        }
    }

    fn keep_last(&self, checkpoint: &dyn Fn() -> Vec<NamedArray>) {
        *self.cut_off.lock().unwrap_or_else(PoisonError::into_inner) = Some(self.write(checkpoint));
    }
}
