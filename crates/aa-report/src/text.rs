//! Text on lines of a given width: words, and formulas broken at their operators.

use unicode_width::UnicodeWidthStr;

/// Text safe to print: control characters, which could command a terminal, and those that reorder text become `\u{FFFD}`.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|c| if commands_the_terminal(c) { '\u{FFFD}' } else { c }).collect()
}

fn commands_the_terminal(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Columns the text takes on a terminal.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// The text on lines no wider than `limit`, broken at spaces; a longer word has a line of its own and is cut where it must be.
pub(crate) fn wrap(text: &str, limit: usize) -> Vec<String> {
    let limit = limit.max(1);
    let mut lines = vec![String::new()];
    for word in text.split(' ').flat_map(|word| cut(word, limit)) {
        let line = lines.last_mut().expect("there is always a line");
        if line.is_empty() {
            line.push_str(&word);
        } else if width(line) + 1 + width(&word) <= limit {
            line.push(' ');
            line.push_str(&word);
        } else {
            lines.push(word);
        }
    }
    lines
}

fn cut(word: &str, limit: usize) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for c in word.chars() {
        let piece = pieces.last_mut().expect("there is always a piece");
        if !piece.is_empty() && width(piece) + width(c.encode_utf8(&mut [0; 4])) > limit {
            pieces.push(c.to_string());
        } else {
            piece.push(c);
        }
    }
    pieces
}

/// A formula on lines no wider than `limit` where its operators allow it.
///
/// Breaks before `+` and `-` and after `*`, outside brackets where there is a choice. Never cuts a name or a number: the
/// lines one after another are the formula again.
pub(crate) fn wrap_formula(formula: &str, limit: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest = formula;
    loop {
        let indent = if lines.is_empty() { "" } else { "  " };
        let room = limit.saturating_sub(indent.len()).max(8);
        let Some(at) = break_point(rest, room) else {
            lines.push(format!("{indent}{rest}"));
            return lines;
        };
        lines.push(format!("{indent}{}", rest[..at].trim_end()));
        rest = rest[at..].trim_start();
    }
}

/// Where to break so that the first part fits: outside brackets if it can be, as late as it can be.
fn break_point(formula: &str, room: usize) -> Option<usize> {
    if width(formula) <= room {
        return None;
    }
    let candidates = break_points(formula);
    let fitting = candidates.iter().filter(|(at, _)| width(formula[..*at].trim_end()) <= room);
    let best = fitting.max_by_key(|(at, depth)| {
        let full = width(&formula[..*at]);
        // A line less than a third full is worse than a break inside brackets.
        (full * 3 > room, std::cmp::Reverse(*depth), full)
    });
    best.or(candidates.first()).map(|(at, _)| *at)
}

/// Byte positions where a line may end, with the depth in brackets of each.
fn break_points(formula: &str) -> Vec<(usize, usize)> {
    let bytes = formula.as_bytes();
    let (mut depth, mut points) = (0usize, Vec::new());
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            b' ' if at > 0 && matches!(bytes.get(at + 1), Some(b'+' | b'-')) && bytes.get(at + 2) == Some(&b' ') => {
                points.push((at, depth));
            }
            b'*' if at > 0 && bytes[at - 1] != b'*' && !matches!(bytes.get(at + 1), Some(b'*') | None) => {
                points.push((at + 1, depth + 1));
            }
            _ => {}
        }
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_fit_and_no_word_is_lost() {
        let text = "one two three four incomprehensibilities five";
        let lines = wrap(text, 10);
        assert!(lines.iter().all(|line| width(line) <= 10), "{lines:?}");
        assert_eq!(lines.concat().replace(' ', ""), text.replace(' ', ""));
    }

    #[test]
    fn wide_characters_count_twice() {
        assert_eq!(wrap("漢字 漢字", 5), ["漢字", "漢字"]);
        assert_eq!(width("ω₁"), 2);
    }

    #[test]
    fn formulas_break_before_their_signs() {
        let lines = wrap_formula("p1**2/2 + p2**2/2 + exp(q1 - q2) + exp(q2 - q1)", 24);
        assert_eq!(lines, ["p1**2/2 + p2**2/2", "  + exp(q1 - q2)", "  + exp(q2 - q1)"]);
    }

    #[test]
    fn broken_formulas_read_the_same() {
        let formula = "-12345*p1**2*p2*(q1 + q2 - 3*q3)**2*exp(2*q1 - q2) - sqrt(3)*q1*q2*q3*(p1 + p2 + p3)";
        for limit in [10, 20, 33, 60] {
            let joined: String = wrap_formula(formula, limit).concat();
            assert_eq!(joined.replace(' ', ""), formula.replace(' ', ""));
        }
        assert!(wrap_formula(formula, 40).iter().all(|line| width(line) <= 40));
    }

    #[test]
    fn text_cannot_command_the_terminal() {
        assert_eq!(plain("a\u{1b}[31mb\r\nc\u{202e}d"), "a\u{FFFD}[31mb\u{FFFD}\u{FFFD}c\u{FFFD}d");
    }
}
