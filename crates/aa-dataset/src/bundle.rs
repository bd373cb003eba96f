//! A file in memory: groups, datasets with named axes, attributes.
//!
//! Plain data in ordered maps, so that the same content always becomes the same bytes.

use std::collections::BTreeMap;

use crate::error::Error;

/// The root group of one file.
pub type Bundle = Group;

/// A folder of datasets and further groups.
///
/// ```
/// use aa_dataset::{Bundle, Dataset};
/// let mut bundle = Bundle::default();
/// bundle.insert("frequencies/measured", Dataset::array([("orbit", 1), ("dof", 2)], vec![1.0, 1.618]));
/// assert_eq!(bundle.dataset("frequencies/measured")?.shape(), [1, 2]);
/// # Ok::<(), aa_dataset::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Group {
    /// What is said about the group.
    pub attributes: BTreeMap<String, Attribute>,
    /// The groups inside.
    pub groups: BTreeMap<String, Group>,
    /// The datasets inside.
    pub datasets: BTreeMap<String, Dataset>,
}

/// An array of numbers or texts with named axes; a scalar where there are no axes.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    /// The entries, last axis fastest.
    pub values: Values,
    /// The axes, slowest first. In one group, one axis name means one length.
    pub axes: Vec<Axis>,
    /// The unit of the entries; "1" for pure numbers and texts.
    pub units: String,
    /// What the entries are, in words.
    pub long_name: String,
    /// What else is said about the dataset.
    pub attributes: BTreeMap<String, Attribute>,
}

/// A named axis: what the index counts, and how far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axis {
    /// What the index counts, such as `orbit`.
    pub name: String,
    /// How many there are.
    pub length: usize,
}

/// The entries of a dataset.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Real numbers.
    Float(Vec<f64>),
    /// Whole numbers.
    Integer(Vec<i64>),
    /// Texts.
    Text(Vec<String>),
}

/// A remark on a group or a dataset.
#[derive(Clone, Debug, PartialEq)]
pub enum Attribute {
    /// A text.
    Text(String),
    /// A real number.
    Float(f64),
    /// A whole number.
    Integer(i64),
}

impl Group {
    /// The group at a path such as `learned/weights`; an empty path is this group.
    ///
    /// # Errors
    /// [`Error::Absent`] names what is there instead.
    pub fn group(&self, path: &str) -> Result<&Group, Error> {
        parts(path).try_fold(self, |group, name| group.groups.get(name).ok_or_else(|| group.absent(path)))
    }

    /// The dataset at a path such as `trajectories/q`.
    ///
    /// # Errors
    /// [`Error::Absent`] names what is there instead.
    pub fn dataset(&self, path: &str) -> Result<&Dataset, Error> {
        let (folder, name) = split(path);
        let group = self.group(folder)?;
        group.datasets.get(name).ok_or_else(|| group.absent(path))
    }

    /// The group at a path, made if it is not there yet.
    pub fn group_mut(&mut self, path: &str) -> &mut Group {
        parts(path).fold(self, |group, name| group.groups.entry(name.to_owned()).or_default())
    }

    /// Puts a dataset at a path, in place of an older one; groups on the way are made.
    pub fn insert(&mut self, path: &str, dataset: Dataset) {
        let (folder, name) = split(path);
        self.group_mut(folder).datasets.insert(name.to_owned(), dataset);
    }

    fn absent(&self, path: &str) -> Error {
        let names: Vec<&str> = self.groups.keys().chain(self.datasets.keys()).map(String::as_str).collect();
        let present = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        Error::Absent { name: path.to_owned(), present }
    }
}

impl Dataset {
    /// An array with the given axes, slowest first; its entries follow one another with the last axis fastest.
    pub fn array<'a>(axes: impl IntoIterator<Item = (&'a str, usize)>, values: impl Into<Values>) -> Dataset {
        let axes = axes.into_iter().map(|(name, length)| Axis { name: name.to_owned(), length }).collect();
        Dataset {
            values: values.into(),
            axes,
            units: "1".to_owned(),
            long_name: String::new(),
            attributes: BTreeMap::new(),
        }
    }

    /// An array whose axes mean nothing in particular, like a network's weights: they are named for their lengths.
    pub fn plain(shape: &[usize], values: impl Into<Values>) -> Dataset {
        Dataset { axes: plain_axes(shape), ..Dataset::array([], values) }
    }

    /// A single number or text.
    pub fn scalar(value: impl Into<Attribute>) -> Dataset {
        Dataset::array([], value.into())
    }

    /// The same dataset with a unit.
    pub fn units(self, units: &str) -> Dataset {
        Dataset { units: units.to_owned(), ..self }
    }

    /// The same dataset with a description.
    pub fn long_name(self, long_name: &str) -> Dataset {
        Dataset { long_name: long_name.to_owned(), ..self }
    }

    /// The lengths of the axes, slowest first; empty for a scalar.
    pub fn shape(&self) -> Vec<usize> {
        self.axes.iter().map(|axis| axis.length).collect()
    }

    /// The entries as real numbers.
    ///
    /// # Errors
    /// [`Error::WrongType`], with `name` for the dataset, where it holds something else.
    pub fn floats(&self, name: &str) -> Result<&[f64], Error> {
        match &self.values {
            Values::Float(values) => Ok(values),
            other => Err(other.mismatch(name, "real numbers")),
        }
    }

    /// The entries as whole numbers.
    ///
    /// # Errors
    /// [`Error::WrongType`], with `name` for the dataset, where it holds something else.
    pub fn integers(&self, name: &str) -> Result<&[i64], Error> {
        match &self.values {
            Values::Integer(values) => Ok(values),
            other => Err(other.mismatch(name, "whole numbers")),
        }
    }

    /// The entries as texts.
    ///
    /// # Errors
    /// [`Error::WrongType`], with `name` for the dataset, where it holds something else.
    pub fn texts(&self, name: &str) -> Result<&[String], Error> {
        match &self.values {
            Values::Text(values) => Ok(values),
            other => Err(other.mismatch(name, "texts")),
        }
    }
}

impl Values {
    /// How many entries there are.
    pub fn len(&self) -> usize {
        match self {
            Values::Float(values) => values.len(),
            Values::Integer(values) => values.len(),
            Values::Text(values) => values.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn mismatch(&self, name: &str, expected: &'static str) -> Error {
        let found = match self {
            Values::Float(_) => "real numbers",
            Values::Integer(_) => "whole numbers",
            Values::Text(_) => "texts",
        };
        Error::WrongType { dataset: name.to_owned(), expected, found }
    }
}

impl From<Vec<f64>> for Values {
    fn from(values: Vec<f64>) -> Self {
        Values::Float(values)
    }
}

impl From<Vec<i64>> for Values {
    fn from(values: Vec<i64>) -> Self {
        Values::Integer(values)
    }
}

impl From<Vec<String>> for Values {
    fn from(values: Vec<String>) -> Self {
        Values::Text(values)
    }
}

impl From<Attribute> for Values {
    fn from(value: Attribute) -> Self {
        match value {
            Attribute::Text(text) => Values::Text(vec![text]),
            Attribute::Float(number) => Values::Float(vec![number]),
            Attribute::Integer(number) => Values::Integer(vec![number]),
        }
    }
}

impl From<&str> for Attribute {
    fn from(text: &str) -> Self {
        Attribute::Text(text.to_owned())
    }
}

impl From<String> for Attribute {
    fn from(text: String) -> Self {
        Attribute::Text(text)
    }
}

impl From<f64> for Attribute {
    fn from(number: f64) -> Self {
        Attribute::Float(number)
    }
}

impl From<i64> for Attribute {
    fn from(number: i64) -> Self {
        Attribute::Integer(number)
    }
}

/// Axes named for their lengths: `axis_100`, and `axis_100_2` for the second of that length, as in a square
/// matrix; xarray refuses one name twice in one array.
pub(crate) fn plain_axes(shape: &[usize]) -> Vec<Axis> {
    let name = |(index, length): (usize, &usize)| match shape[..index].iter().filter(|n| *n == length).count() {
        0 => format!("axis_{length}"),
        repeats => format!("axis_{length}_{}", repeats + 1),
    };
    shape.iter().enumerate().map(|entry| Axis { name: name(entry), length: *entry.1 }).collect()
}

fn parts(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|name| !name.is_empty())
}

/// The folder and the last name of a path.
fn split(path: &str) -> (&str, &str) {
    path.trim_end_matches('/').rsplit_once('/').unwrap_or(("", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_name_is_told_with_those_present() {
        let mut bundle = Bundle::default();
        bundle.insert("/trajectories/q", Dataset::scalar(1.0));
        bundle.group_mut("trajectories/extra");
        let error = bundle.dataset("trajectories/x").unwrap_err();
        assert_eq!(error.to_string(), "there is no `trajectories/x`; there are: extra, q");
        assert!(bundle.dataset("/trajectories/q").is_ok());
        assert!(bundle.group("elsewhere").is_err());
    }

    #[test]
    fn entries_are_not_mistaken_for_another_type() {
        let dataset = Dataset::scalar("toda");
        assert_eq!(dataset.texts("name").unwrap(), ["toda"]);
        assert_eq!(dataset.floats("name").unwrap_err().to_string(), "`name` should hold real numbers and holds texts");
        assert!(dataset.integers("name").is_err());
    }

    #[test]
    fn plain_axes_of_one_length_have_two_names() {
        let names: Vec<String> = plain_axes(&[3, 2, 3]).into_iter().map(|axis| axis.name).collect();
        assert_eq!(names, ["axis_3", "axis_2", "axis_3_2"]);
    }
}
