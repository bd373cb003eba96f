//! Tables on a terminal: columns as wide as their text, narrowed and wrapped where the line ends.

use crate::paint::{Paint, Tone};
use crate::text::{width, wrap};

/// Columns between two columns.
const GAP: usize = 2;

/// A column is not made narrower than its longest word, unless that is longer than this.
const LONGEST_WORD: usize = 16;

/// One cell.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cell {
    pub(crate) text: String,
    pub(crate) tone: Tone,
}

impl Cell {
    /// A cell in ordinary text.
    pub(crate) fn new(text: impl Into<String>) -> Cell {
        Cell { text: text.into(), tone: Tone::Plain }
    }

    /// A cell with a tone.
    pub(crate) fn toned(text: impl Into<String>, tone: Tone) -> Cell {
        Cell { text: text.into(), tone }
    }
}

/// The table as lines no wider than `limit` (or as narrow as its columns can be), a head, a rule and the rows.
pub(crate) fn table(head: &[&str], rows: &[Vec<Cell>], limit: usize, paint: Paint) -> Vec<String> {
    let widths = column_widths(head, rows, limit);
    let head: Vec<Cell> = head.iter().map(|text| Cell::toned(*text, Tone::Strong)).collect();
    let rule: Vec<Cell> = widths.iter().map(|width| Cell::toned("─".repeat(*width), Tone::Faint)).collect();
    [&head, &rule].into_iter().chain(rows).flat_map(|row| lines_of(row, &widths, paint)).collect()
}

/// The table in parts where it does not fit the lines as one: each has the first column, and some of the others.
pub(crate) fn table_in_parts(head: &[&str], rows: &[Vec<Cell>], limit: usize, paint: Paint) -> Vec<String> {
    let narrowest = narrowest(head, rows);
    let mut parts: Vec<Vec<usize>> = vec![vec![0]];
    for column in 1..head.len() {
        let part = parts.last_mut().expect("there is always a part");
        let taken: usize = part.iter().map(|other| narrowest[*other] + GAP).sum();
        if part.len() > 1 && taken + narrowest[column] > limit {
            parts.push(vec![0, column])
        } else {
            part.push(column)
        }
    }
    let part = |columns: &Vec<usize>| {
        let head: Vec<&str> = columns.iter().map(|column| head[*column]).collect();
        let pick = |row: &Vec<Cell>| columns.iter().filter_map(|column| row.get(*column).cloned()).collect();
        let rows: Vec<Vec<Cell>> = rows.iter().map(pick).collect();
        table(&head, &rows, limit, paint)
    };
    parts.iter().map(part).collect::<Vec<_>>().join(&[String::new()][..])
}

/// The least width of each column: that of its longest word, since a number that is cut is none.
fn narrowest(head: &[&str], rows: &[Vec<Cell>]) -> Vec<usize> {
    let longest = |text: &str| text.split(' ').map(width).max().unwrap_or(0).min(LONGEST_WORD);
    let cells = |column: usize| rows.iter().filter_map(move |row| row.get(column)).map(|cell| cell.text.as_str());
    (0..head.len()).map(|column| cells(column).chain([head[column]]).map(longest).max().unwrap_or(0)).collect()
}

fn column_widths(head: &[&str], rows: &[Vec<Cell>], limit: usize) -> Vec<usize> {
    let mut widths: Vec<usize> = head.iter().map(|text| width(text)).collect();
    for row in rows {
        for (column, cell) in widths.iter_mut().zip(row) {
            *column = (*column).max(width(&cell.text));
        }
    }
    let room = limit.saturating_sub(GAP * widths.len().saturating_sub(1));
    let narrowest = narrowest(head, rows);
    while widths.iter().sum::<usize>() > room {
        let wide = widths.iter_mut().zip(&narrowest).filter(|(column, least)| **column > **least);
        let Some((widest, _)) = wide.max_by_key(|(column, _)| **column) else { break };
        *widest -= 1;
    }
    widths
}

fn lines_of(row: &[Cell], widths: &[usize], paint: Paint) -> Vec<String> {
    let cells: Vec<Vec<String>> = row.iter().zip(widths).map(|(cell, width)| wrap(&cell.text, *width)).collect();
    let height = cells.iter().map(Vec::len).max().unwrap_or(0);
    let line = |index: usize| {
        let mut line = String::new();
        for ((cell, lines), column) in row.iter().zip(&cells).zip(widths) {
            let text = lines.get(index).map_or("", String::as_str);
            line.push_str(&paint.apply(cell.tone, text));
            line.push_str(&" ".repeat((column + GAP).saturating_sub(width(text))));
        }
        line.trim_end().to_string()
    };
    (0..height).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAINT: Paint = Paint { colour: false };

    #[test]
    fn columns_align_whatever_the_alphabet() {
        let rows = vec![vec![Cell::new("ω₁"), Cell::new("1")], vec![Cell::new("漢字"), Cell::new("2")]];
        assert_eq!(table(&["k", "v"], &rows, 40, PAINT), ["k     v", "────  ─", "ω₁    1", "漢字  2"]);
    }

    #[test]
    fn wide_tables_wrap_inside_their_cells() {
        let rows = vec![vec![Cell::new("a long claim of many words"), Cell::new("yes")]];
        let lines = table(&["claim", "agree"], &rows, 24, PAINT);
        assert!(lines.iter().all(|line| width(line) <= 24), "{lines:?}");
        assert_eq!(lines.len(), 4);
    }

    #[test]
    fn a_table_that_is_too_wide_comes_in_parts_and_cuts_no_number() {
        let rows = vec![vec![Cell::new("Toda"), Cell::new("1.234e-12"), Cell::new("9.876e-5")]];
        let lines = table_in_parts(&["system", "drift of the actions", "error"], &rows, 20, PAINT);
        let first = ["system  drift of the", "        actions", "──────  ────────────", "Toda    1.234e-12", ""];
        assert_eq!(lines[..5], first);
        assert_eq!(lines[5..], ["system  error", "──────  ────────", "Toda    9.876e-5"]);
        let whole = table_in_parts(&["system", "drift of the actions", "error"], &rows, 80, PAINT);
        assert_eq!(whole, table(&["system", "drift of the actions", "error"], &rows, 80, PAINT));
    }

    #[test]
    fn colour_does_not_move_columns() {
        let rows = vec![vec![Cell::toned("no", Tone::Bad), Cell::new("x")]];
        let line = table(&["agree", "y"], &rows, 40, Paint { colour: true }).pop().unwrap();
        assert_eq!(line, "\u{1b}[31mno\u{1b}[0m     x");
    }
}
