//! Progress bars on a terminal, silence elsewhere.

use std::io::IsTerminal;
use std::sync::Mutex;

use aa_analysis::Watch;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::signals;

/// A bar on standard error that follows the work; hidden where standard error is not a terminal.
pub(crate) struct Bar {
    bar: ProgressBar,
    stage: Mutex<String>,
}

impl Bar {
    pub(crate) fn new() -> Bar {
        let visible = std::io::stderr().is_terminal();
        let target = if visible { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(1), target);
        let style = ProgressStyle::with_template("{spinner} {msg:24} {bar:30} {elapsed} left {eta}");
        bar.set_style(style.expect("the template is valid"));
        Bar { bar, stage: Mutex::new(String::new()) }
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
        let mut current = self.stage.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if *current != stage {
            *current = stage.to_string();
            self.bar.reset();
            self.bar.set_message(current.clone());
        }
        self.bar.set_length(total as u64);
        self.bar.set_position(done as u64);
    }
}
