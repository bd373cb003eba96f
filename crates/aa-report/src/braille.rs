//! Small pictures for a terminal: eight dots in a letter of braille.

use crate::number::trimmed;

/// The dots of a letter, row by row (Unicode 17.0, chapter 21.1).
const DOTS: [[u32; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

/// How points are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// A dot each.
    Points,
    /// A line from the bottom up to each.
    Stems,
}

/// A picture of so many columns and rows of letters with a frame, the ends of both axes beside and below it; nothing where
/// no point has a place.
pub(crate) fn picture(points: &[[f64; 2]], [columns, rows]: [usize; 2], style: Style) -> Vec<String> {
    let finite = || points.iter().filter(|at| at.iter().all(|x| x.is_finite()));
    let ends = |axis: usize| {
        let values = || finite().map(move |at| at[axis]);
        let (low, high) = (values().reduce(f64::min)?, values().reduce(f64::max)?);
        Some(if low < high { [low, high] } else { [low - 1.0, high + 1.0] })
    };
    let (Some(x), Some(y)) = (ends(0), ends(1)) else { return Vec::new() };
    let mut letters = vec![vec![0u32; columns]; rows];
    let place =
        |value: f64, [low, high]: [f64; 2], n: usize| ((value - low) / (high - low) * (n - 1) as f64).round() as usize;
    for at in finite() {
        let (column, top) = (place(at[0], x, 2 * columns), 4 * rows - 1 - place(at[1], y, 4 * rows));
        let bottom = if style == Style::Stems { 4 * rows - 1 } else { top };
        (top..=bottom).for_each(|row| letters[row / 4][column / 2] |= DOTS[row % 4][column % 2]);
    }
    let labels = [trimmed(y[1], 3), trimmed(y[0], 3)];
    let margin = labels.iter().map(|label| label.chars().count()).max().unwrap_or(0);
    let line = |(row, letters): (usize, &Vec<u32>)| {
        let label = if row == 0 {
            &labels[0]
        } else if row + 1 == rows {
            &labels[1]
        } else {
            ""
        };
        let dots: String = letters.iter().filter_map(|dots| char::from_u32(0x2800 + dots)).collect();
        format!("{label:>margin$} │{dots}")
    };
    let mut lines: Vec<String> = letters.iter().enumerate().map(line).collect();
    lines.push(format!("{:margin$} └{}", "", "─".repeat(columns)));
    let [low, high] = x.map(|end| trimmed(end, 3));
    let between = columns.saturating_sub(low.chars().count() + high.chars().count());
    lines.push(format!("{:margin$}  {low}{}{high}", "", " ".repeat(between)));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corners_are_where_they_belong() {
        let corners = [[0.0, 0.0], [1.0, 2.0]];
        let drawn = picture(&corners, [3, 2], Style::Points);
        assert_eq!(drawn, ["2 │⠀⠀⠈", "0 │⡀⠀⠀", "  └───", "   0 1"]);
        assert_eq!(picture(&corners, [3, 2], Style::Stems)[..2], ["2 │⠀⠀⢸", "0 │⡀⠀⢸"]);
        assert!(picture(&[[f64::NAN, 0.0]], [3, 2], Style::Points).is_empty());
    }
}
