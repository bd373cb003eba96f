//! Progress bars on a terminal, silence elsewhere.

use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use aa_analysis::Watch;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::signals;

/// A bar on standard error that follows the work; hidden where standard error is not a terminal.
pub(crate) struct Bar {
    bar: ProgressBar,
    stage: Mutex<String>,
    /// When learning was last looked at.
    looked: Mutex<Option<Instant>>,
}

/// Looking at how well a map does takes time of its own: no more often than this.
const LOOKS: Duration = Duration::from_millis(500);

impl Bar {
    pub(crate) fn new() -> Bar {
        let visible = std::io::stderr().is_terminal();
        let target = if visible { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(1), target);
        let style = ProgressStyle::with_template("{spinner} {prefix:24} {bar:30} {elapsed} left {eta} {msg}");
        bar.set_style(style.expect("the template is valid"));
        Bar { bar, stage: Mutex::default(), looked: Mutex::default() }
    }

    /// Whether learning may be looked at again, which is then noted.
    fn is_due(&self) -> bool {
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = looked.is_none_or(|looked| looked.elapsed() >= LOOKS);
        if is_due {
            *looked = Some(Instant::now());
        }
        is_due
    }

    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

impl Watch for Bar {
    fn stop(&self) -> bool {
        signals::asked().is_some()
    }

    fn progress(&self, stage: &str, done: usize, total: usize) {
        if self.bar.is_hidden() {
            return;
        }
        let mut current = self.stage.lock().unwrap_or_else(PoisonError::into_inner);
        if *current != stage {
            *current = stage.to_string();
            self.bar.reset();
            self.bar.set_prefix(current.clone());
            self.bar.set_message("");
        }
        self.bar.set_length(total as u64);
        self.bar.set_position(done as u64);
    }

    fn learning(&self, loss: f64, drift: &dyn Fn() -> Option<f64>) {
        if self.bar.is_hidden() || !self.is_due() {
            return;
        }
        let drift = drift().map_or(String::new(), |drift| format!(", drift {drift:.1e}"));
        self.bar.set_message(format!("loss {loss:.1e}{drift}"));
    }
}
