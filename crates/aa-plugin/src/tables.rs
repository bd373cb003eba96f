//! Tables and plots as scripts write them, in studies and in passes.

use aa_analysis::document::Table;
use rhai::{Array, Dynamic, Map};
use serde_json::Value;

use crate::values::from_script;

/// A table of rows that are maps: the given columns first, others in the order in which rows first have them.
///
/// # Errors
/// Rows that are no maps, columns that are no names.
pub(crate) fn table(title: &str, columns: Array, rows: &Array) -> Result<Table, String> {
    let rows: Vec<Value> = rows.iter().map(from_script).collect::<Result<_, _>>()?;
    let columns: Result<Vec<String>, _> = columns.into_iter().map(Dynamic::into_string).collect();
    let mut columns = columns.map_err(|_| "the columns of a table are a list of their names")?;
    for row in &rows {
        let row = row.as_object().ok_or("a table's rows are maps, such as #{ n: 3, drift: 0.1 }")?;
        for key in row.keys() {
            if !columns.contains(key) {
                columns.push(key.clone());
            }
        }
    }
    let cell = |row: &Value, column: &String| row.get(column).cloned().unwrap_or(Value::Null);
    let rows = rows.iter().map(|row| columns.iter().map(|column| cell(row, column)).collect()).collect();
    Ok(Table { title: title.to_string(), columns, rows })
}

/// A plot, as a map of title, x, y, log and series: names with lists of points.
///
/// # Errors
/// Something that reports cannot hold, or a map without series of points.
pub(crate) fn plot(asked: Map) -> Result<Value, String> {
    let plot = from_script(&asked.into())?;
    let is_point = |point: &Value| point.as_array().is_some_and(|pair| pair.len() == 2);
    let are_points = |points: &Value| points.as_array().is_some_and(|points| points.iter().all(is_point));
    let is_drawn = plot["series"].as_object().is_some_and(|series| series.values().all(are_points));
    let example =
        "a plot is a map such as #{ title: \"drift\", x: \"t\", y: \"I\", series: #{ I1: [[0, 1], [1, 1.1]] } }";
    if is_drawn { Ok(plot) } else { Err(example.into()) }
}
