//! Tables on a terminal: columns as wide as their text, narrowed and wrapped where the line ends.

use crate::paint::{Paint, Tone};
use crate::text::{width, wrap};

/// Columns between two columns.
const GAP: usize = 2;

/// No column is made narrower than this.
const NARROWEST: usize = 7;

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

fn column_widths(head: &[&str], rows: &[Vec<Cell>], limit: usize) -> Vec<usize> {
    let mut widths: Vec<usize> = head.iter().map(|text| width(text)).collect();
    for row in rows {
        for (column, cell) in widths.iter_mut().zip(row) {
            *column = (*column).max(width(&cell.text));
        }
    }
    let room = limit.saturating_sub(GAP * widths.len().saturating_sub(1));
    while widths.iter().sum::<usize>() > room {
        let Some(widest) = widths.iter_mut().filter(|column| **column > NARROWEST).max() else { break };
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
    fn colour_does_not_move_columns() {
        let rows = vec![vec![Cell::toned("no", Tone::Bad), Cell::new("x")]];
        let line = table(&["agree", "y"], &rows, 40, Paint { colour: true }).pop().unwrap();
        assert_eq!(line, "\u{1b}[31mno\u{1b}[0m     x");
    }
}
