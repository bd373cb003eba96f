//! The page of a study: its description, its plots, its tables; and tables as text.

use aa_analysis::document::Table;
use serde_json::Value;

use crate::html::{Body, data_of, figures, page};
use crate::markup::{element, escape, table as markup_table};
use crate::paint::Paint;
use crate::plot::{Axis, Mark, Plot, Series};
use crate::table::{Cell, table_in_parts};

/// A table: its title, the names of its columns, its rows.
#[derive(Clone, Copy, Debug)]
pub struct StudyTable<'a> {
    /// What it shows.
    pub title: &'a str,
    /// The names of its columns.
    pub columns: &'a [String],
    /// Its rows, one value a column.
    pub rows: &'a [Vec<Value>],
}

impl<'a> From<&'a Table> for StudyTable<'a> {
    fn from(table: &'a Table) -> Self {
        StudyTable { title: &table.title, columns: &table.columns, rows: &table.rows }
    }
}

/// Columns of a line of text.
const WIDTH: usize = 100;

/// The table as text, under its title.
pub fn text_table(of: &StudyTable) -> String {
    format!("{}\n\n{}\n", of.title, table_lines(of, WIDTH, Paint { colour: false }).join("\n"))
}

/// The lines of a table without its title.
pub(crate) fn table_lines(of: &StudyTable, width: usize, paint: Paint) -> Vec<String> {
    let head: Vec<&str> = of.columns.iter().map(String::as_str).collect();
    let rows: Vec<Vec<Cell>> = of.rows.iter().map(|row| row.iter().map(|v| Cell::new(spell(v))).collect()).collect();
    table_in_parts(&head, &rows, width, paint)
}

/// The page of a study. A plot is a map with `title`, `x`, `y` (labels), `log` ("x", "y" or "xy") and `series`, a map
/// of names to lists of points [x, y]; what is not so is left out.
pub fn study_page(name: &str, description: &str, tables: &[StudyTable], plots: &[Value]) -> String {
    let heading = element("h1", &[], &escape(name)) + &element("p", &[], &escape(description));
    let tables: String = tables.iter().map(html_table).collect();
    let plots = read_plots("plot", plots);
    let body = Body { header: heading, main: figures(&plots) + &tables, data: data_of(&plots), live: false };
    page(name, &body)
}

/// The plots of a script; their ids begin with `prefix`.
pub(crate) fn read_plots(prefix: &str, plots: &[Value]) -> Vec<Plot> {
    let prefix = prefix.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    plots.iter().enumerate().filter_map(|(i, plot)| read_plot(format!("{prefix}-{i}"), plot)).collect()
}

pub(crate) fn html_table(of: &StudyTable) -> String {
    let head: Vec<&str> = of.columns.iter().map(String::as_str).collect();
    let rows: Vec<Vec<String>> = of.rows.iter().map(|row| row.iter().map(html_cell).collect()).collect();
    markup_table(of.title, &head, &rows)
}

/// A cell on the page: `{text, href}` is a link.
fn html_cell(value: &Value) -> String {
    match (value.get("text").and_then(Value::as_str), value.get("href").and_then(Value::as_str)) {
        (Some(text), Some(href)) => element("a", &[("href", href)], &escape(text)),
        _ => escape(&spell(value)),
    }
}

/// A value in a cell: numbers to four digits, nothing for null.
fn spell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => whole.to_string(),
            (None, Some(0.0)) => "0".into(),
            (None, Some(real)) if (1e-3..1e6).contains(&real.abs()) => {
                let decimals = (3 - real.abs().log10().floor() as i32).max(0) as usize;
                let spelt = format!("{real:.decimals$}");
                if spelt.contains('.') { spelt.trim_end_matches('0').trim_end_matches('.').into() } else { spelt }
            }
            (None, Some(real)) => format!("{real:.3e}"),
            (None, None) => number.to_string(),
        },
        other => other.to_string(),
    }
}

fn read_plot(id: String, plot: &Value) -> Option<Plot> {
    let text = |key: &str| plot.get(key).and_then(Value::as_str).unwrap_or_default().to_string();
    let logarithmic = text("log");
    let axis = |key: &str| {
        if logarithmic.contains(key) { Axis::logarithmic(text(key)) } else { Axis::linear(text(key)) }
    };
    let series = plot.get("series")?.as_object()?.iter().enumerate();
    let series = series.map(|(k, (name, points))| {
        Some(Series {
            label: Some(name.clone()),
            class: format!("series-{k}"),
            mark: Mark::Line,
            points: points.as_array()?.iter().map(point).collect::<Option<_>>()?,
            ..Series::default()
        })
    });
    Some(Plot {
        id,
        title: text("title"),
        description: text("description"),
        x: axis("x"),
        y: axis("y"),
        series: series.collect::<Option<_>>()?,
        ..Plot::default()
    })
}

fn point(value: &Value) -> Option<[f64; 2]> {
    Some([value.get(0)?.as_f64()?, value.get(1)?.as_f64()?])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn tables_and_plots_land_on_the_page_escaped() {
        let (columns, rows) = (vec!["n".to_string(), "<b>".to_string()], vec![vec![json!(3), json!(1.5e-9)]]);
        let table = StudyTable { title: "a & b", columns: &columns, rows: &rows };
        assert_eq!(text_table(&table), "a & b\n\nn  <b>\n─  ───────\n3  1.500e-9\n".replace("───────", "────────"));
        let plot = json!({"title": "p", "x": "t", "y": "e", "log": "y", "series": {"s": [[1, 0.1], [2, 0.01]]}});
        let page = study_page("study", "of <things>", &[table], &[plot]);
        let linked = [vec![json!({"text": "<x>", "href": "x.html"}), json!(1)]];
        let table = StudyTable { rows: &linked, ..table };
        assert!(study_page("s", "", &[table], &[]).contains("<a href=\"x.html\">&lt;x&gt;</a>"));
        assert!(page.contains("a &amp; b") && page.contains("of &lt;things&gt;") && page.contains("<svg"));
    }
}
