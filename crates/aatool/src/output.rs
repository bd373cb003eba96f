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
    match writeln!(out, "{}", plain(text)).and_then(|()| out.flush()) {
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

/// The text without what would steer a terminal: names and notes come from scripts, and a script may not clear the screen
/// or hide what was printed. Colours of our own stay.
pub(crate) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for (at, character) in text.char_indices() {
        let steers = character.is_control() && !matches!(character, '\n' | '\t') && !is_colour(&text[at..]);
        plain.push(if steers { char::REPLACEMENT_CHARACTER } else { character });
    }
    plain
}

/// Whether a text begins with an escape that sets a colour (ECMA-48, 8.3.117): ESC [ numbers m.
fn is_colour(text: &str) -> bool {
    let numbers =
        text.strip_prefix("\u{1b}[").map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';'));
    numbers.is_some_and(|rest| rest.starts_with('m'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_can_colour_texts_and_steer_no_terminal() {
        assert_eq!(plain("\u{1b}[1;31mred\u{1b}[0m\tand\n"), "\u{1b}[1;31mred\u{1b}[0m\tand\n");
        let left = '\u{fffd}';
        assert_eq!(plain("\u{1b}[2Jx\r\u{8}\u{9b}2J"), format!("{left}[2Jx{left}{left}{left}2J"));
        assert_eq!(plain("\u{1b}]0;title\u{7}"), format!("{left}]0;title{left}"));
    }
}
