//! Results on standard output.

use std::io::Write;

/// Prints a result, with an end of line.
pub(crate) fn say(text: &str) {
    // A reader that has seen enough, such as `head`, is no failure.
    let _ = writeln!(std::io::stdout(), "{text}");
}
