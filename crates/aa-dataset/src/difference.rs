//! Where two bundles differ, to the last bit, and by how much.

use std::collections::BTreeMap;

use crate::bundle::{Attribute, Dataset, Group, Values};

/// One place where two bundles differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The group, dataset or attribute (`GROUP@NAME`), from the root.
    pub place: String,
    /// What the first holds, what the second, and how far apart they are.
    pub found: String,
}

/// Every place where two groups differ, in the order of their names. Numbers are equal where all their bits are.
///
/// ```
/// use aa_dataset::{Bundle, Dataset, differences};
/// let bundle = |last: f64| {
///     let mut bundle = Bundle::default();
///     bundle.insert("frequencies/measured", Dataset::array([("orbit", 2)], vec![1.0, last]));
///     bundle
/// };
/// assert!(differences(&bundle(f64::NAN), &bundle(f64::NAN)).is_empty());
/// let found = &differences(&bundle(2.0), &bundle(2.5))[0];
/// assert_eq!(found.place, "/frequencies/measured");
/// assert_eq!(found.found, "1 of 2 numbers differ, at [1] most: 2 and 2.5, by 5e-1 (2e-1 of the larger)");
/// ```
pub fn differences(first: &Group, second: &Group) -> Vec<Difference> {
    let mut found = Vec::new();
    groups(first, second, "", &mut found);
    found
}

fn groups(first: &Group, second: &Group, place: &str, found: &mut Vec<Difference>) {
    attributes(&first.attributes, &second.attributes, place, found);
    for (name, pair) in both(&first.datasets, &second.datasets) {
        let place = format!("{place}/{name}");
        match pair {
            (Some(first), Some(second)) => datasets(first, second, &place, found),
            (first, _) => one_only(place, "dataset", first.is_some(), found),
        }
    }
    for (name, pair) in both(&first.groups, &second.groups) {
        let place = format!("{place}/{name}");
        match pair {
            (Some(first), Some(second)) => groups(first, second, &place, found),
            (first, _) => one_only(place, "group", first.is_some(), found),
        }
    }
}

fn datasets(first: &Dataset, second: &Dataset, place: &str, found: &mut Vec<Difference>) {
    attributes(&first.attributes, &second.attributes, place, found);
    let mut differ = |what: &str, first: &dyn std::fmt::Debug, second: &dyn std::fmt::Debug| {
        found.push(Difference { place: place.to_owned(), found: format!("{what} {first:?} and {second:?}") });
    };
    if first.units != second.units {
        differ("units", &first.units, &second.units);
    }
    if first.long_name != second.long_name {
        differ("long_name", &first.long_name, &second.long_name);
    }
    if first.axes != second.axes {
        let axes = |dataset: &Dataset| -> Vec<String> {
            dataset.axes.iter().map(|axis| format!("{} {}", axis.name, axis.length)).collect()
        };
        return differ("axes", &axes(first), &axes(second));
    }
    if let Some(words) = values(first, second) {
        found.push(Difference { place: place.to_owned(), found: words });
    }
}

/// How the entries of two datasets of one shape differ.
fn values(first: &Dataset, second: &Dataset) -> Option<String> {
    match (&first.values, &second.values) {
        (Values::Float(a), Values::Float(b)) => numbers(a, b, &first.shape()),
        (Values::Integer(a), Values::Integer(b)) => unequal(a, b, "whole numbers", &first.shape()),
        (Values::Text(a), Values::Text(b)) => unequal(a, b, "texts", &first.shape()),
        _ => Some("entries of another type".to_owned()),
    }
}

fn numbers(first: &[f64], second: &[f64], shape: &[usize]) -> Option<String> {
    let pairs = || first.iter().zip(second).enumerate().filter(|(_, (a, b))| a.to_bits() != b.to_bits());
    let size = |(a, b): (&f64, &f64)| if (a - b).is_nan() { f64::INFINITY } else { (a - b).abs() };
    let (position, pair) = pairs().max_by(|(_, a), (_, b)| size(*a).total_cmp(&size(*b)))?;
    let relative = size(pair) / pair.0.abs().max(pair.1.abs());
    Some(format!(
        "{} of {} numbers differ, at {:?} most: {} and {}, by {:e} ({:e} of the larger)",
        pairs().count(),
        first.len(),
        index_of(position, shape),
        pair.0,
        pair.1,
        size(pair),
        relative
    ))
}

fn unequal<T: PartialEq + std::fmt::Debug>(first: &[T], second: &[T], what: &str, shape: &[usize]) -> Option<String> {
    let pairs = || first.iter().zip(second).enumerate().filter(|(_, (a, b))| a != b);
    let (position, (a, b)) = pairs().next()?;
    let (a, b) = (shortened(a), shortened(b));
    let (n, place) = (pairs().count(), index_of(position, shape));
    Some(format!("{n} of {} {what} differ, at {place:?} first: {a} and {b}", first.len()))
}

fn attributes(
    first: &BTreeMap<String, Attribute>,
    second: &BTreeMap<String, Attribute>,
    place: &str,
    found: &mut Vec<Difference>,
) {
    for (name, pair) in both(first, second) {
        let place = format!("{}@{name}", if place.is_empty() { "/" } else { place });
        match pair {
            (Some(first), Some(second)) if same(first, second) => {}
            (Some(a), Some(b)) => {
                found.push(Difference { place, found: format!("{} and {}", shortened(a), shortened(b)) })
            }
            (first, _) => one_only(place, "attribute", first.is_some(), found),
        }
    }
}

fn same(first: &Attribute, second: &Attribute) -> bool {
    match (first, second) {
        (Attribute::Float(a), Attribute::Float(b)) => a.to_bits() == b.to_bits(),
        _ => first == second,
    }
}

fn one_only(place: String, what: &str, in_first: bool, found: &mut Vec<Difference>) {
    let which = if in_first { "first" } else { "second" };
    found.push(Difference { place, found: format!("the {what} is in the {which} only") });
}

/// What two maps hold under each name of either.
fn both<'a, T>(
    first: &'a BTreeMap<String, T>,
    second: &'a BTreeMap<String, T>,
) -> BTreeMap<&'a str, (Option<&'a T>, Option<&'a T>)> {
    first.keys().chain(second.keys()).map(|name| (name.as_str(), (first.get(name), second.get(name)))).collect()
}

/// The start of what would be long to print.
fn shortened(value: &impl std::fmt::Debug) -> String {
    let text = format!("{value:?}");
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

/// The index along each axis of an entry of a flat array.
pub(crate) fn index_of(position: usize, shape: &[usize]) -> Vec<usize> {
    let mut rest = position;
    let mut index: Vec<usize> = shape.iter().rev().map(|length| (rest % length, rest /= length).0).collect();
    index.reverse();
    index
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(change: impl FnOnce(&mut Group)) -> Vec<(String, String)> {
        let mut first = Group::default();
        first.insert("a/x", Dataset::array([("orbit", 2), ("dof", 2)], vec![1.0, 2.0, 3.0, f64::NAN]));
        first.insert("a/name", Dataset::scalar("toda"));
        let mut second = first.clone();
        change(&mut second);
        differences(&first, &second).into_iter().map(|difference| (difference.place, difference.found)).collect()
    }

    #[test]
    fn equal_bundles_have_no_differences() {
        assert_eq!(found(|_| {}), []);
    }

    #[test]
    fn each_difference_has_its_place() {
        let only = found(|group| drop(group.group_mut("a").datasets.remove("x")));
        assert_eq!(only, [("/a/x".into(), "the dataset is in the first only".into())]);
        let text = found(|group| group.insert("a/name", Dataset::scalar("fput")));
        assert_eq!(text[0].1, "1 of 1 texts differ, at [] first: \"toda\" and \"fput\"");
        let attribute = found(|group| drop(group.attributes.insert("seed".into(), 7_i64.into())));
        assert_eq!(attribute, [("/@seed".into(), "the attribute is in the second only".into())]);
        let axes = found(|group| group.insert("a/x", Dataset::array([("orbit", 4)], vec![1.0; 4])));
        assert_eq!(axes[0].1, "axes [\"orbit 2\", \"dof 2\"] and [\"orbit 4\"]");
        let units = found(|group| {
            let dataset = group.dataset("a/name").unwrap().clone();
            group.insert("a/name", dataset.units("rad"));
        });
        assert_eq!(units[0].1, "units \"1\" and \"rad\"");
    }

    #[test]
    fn the_last_bit_counts_and_so_does_the_sign_of_zero() {
        let values = vec![1.0_f64.next_up(), 2.0, 3.0, f64::NAN];
        let last = found(|group| group.insert("a/x", Dataset::array([("orbit", 2), ("dof", 2)], values)));
        assert!(last[0].1.starts_with("1 of 4 numbers differ, at [0, 0] most: 1 and 1.0000000000000002"), "{last:?}");
        let gone = vec![1.0, f64::NAN, 3.0, f64::NAN];
        let gone = found(|group| group.insert("a/x", Dataset::array([("orbit", 2), ("dof", 2)], gone)));
        assert!(gone[0].1.contains("2 and NaN, by inf"), "{gone:?}");
        let zero = |zero: f64| Group { attributes: [("z".to_owned(), zero.into())].into(), ..Group::default() };
        assert_eq!(differences(&zero(0.0), &zero(-0.0)).len(), 1);
    }
}
