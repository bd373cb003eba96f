//! Results on standard output.

use std::io::{ErrorKind, Write};
use std::path::Path;
use std::sync::OnceLock;

use crate::failure::Failure;

/// Why a result could not be printed.
static LOST: OnceLock<std::io::Error> = OnceLock::new();

/// Prints a result, with an end of line.
pub(crate) fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        // A reader that has seen enough, such as `head`, is no failure.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => drop(LOST.set(error)),
        _ => {}
    }
}

/// Prints as `println!` does, and does not panic where nothing can be printed.
macro_rules! tell {
    ($($words:tt)*) => { $crate::output::say(&format!($($words)*)) };
}
pub(crate) use tell;

/// Why a result could not be printed, where one could not.
pub(crate) fn lost() -> Option<Failure> {
    LOST.get().map(|error| Failure::cannot_write(Path::new("standard output"), error))
}
