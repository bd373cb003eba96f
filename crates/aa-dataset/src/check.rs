//! What a bundle must keep to be stored, checked before a byte is written.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::bundle::{Attribute, Axis, Dataset, Group, Values};
use crate::error::Error;
use crate::format::{HEADER_TEXT, LONG_TEXT_AXIS, is_dataset_attribute, is_file_attribute};

/// Checks a whole bundle.
///
/// # Errors
/// [`Error::WrongShape`] where values and axes disagree; [`Error::NotStorable`] for the rest, with the reason.
pub(crate) fn check_bundle(bundle: &Group) -> Result<(), Error> {
    if let Some(name) = bundle.attributes.keys().find(|name| is_file_attribute(name)) {
        return refused(name, "the layout uses this attribute itself");
    }
    check_group(bundle, "")
}

fn check_group(group: &Group, path: &str) -> Result<(), Error> {
    check_attributes(&group.attributes, path)?;
    for (name, dataset) in &group.datasets {
        let path = format!("{path}/{name}");
        check_name(name, &path)?;
        if group.groups.contains_key(name) {
            return refused(&path, "a group beside it has the same name");
        }
        check_dataset(dataset, &path)?;
    }
    check_axes(group, path)?;
    for (name, inner) in &group.groups {
        let path = format!("{path}/{name}");
        check_name(name, &path)?;
        check_group(inner, &path)?;
    }
    Ok(())
}

fn check_dataset(dataset: &Dataset, path: &str) -> Result<(), Error> {
    let n_entries = dataset.axes.iter().try_fold(1_usize, |product, axis| product.checked_mul(axis.length));
    if n_entries != Some(dataset.values.len()) {
        return Err(Error::WrongShape {
            dataset: path.to_owned(),
            expected: format!("{:?}, as its axes say", dataset.shape()),
            found: format!("{} entries", dataset.values.len()),
        });
    }
    if dataset.axes.len() > 32 {
        return refused(path, "HDF5 has at most 32 axes");
    }
    if let Some(name) = dataset.attributes.keys().find(|name| is_dataset_attribute(name)) {
        return refused(path, &format!("the layout uses the attribute `{name}` itself"));
    }
    check_attributes(&dataset.attributes, path)?;
    if let Values::Text(texts) = &dataset.values {
        texts.iter().try_for_each(|text| check_text(text, path))?;
    }
    check_header_text(&dataset.units, path)?;
    check_header_text(&dataset.long_name, path)
}

fn check_attributes(attributes: &BTreeMap<String, Attribute>, path: &str) -> Result<(), Error> {
    for (name, value) in attributes {
        check_name(name, path)?;
        if let Attribute::Text(text) = value {
            check_header_text(text, path)?;
        }
    }
    Ok(())
}

fn check_header_text(text: &str, path: &str) -> Result<(), Error> {
    if text.len() > HEADER_TEXT {
        return refused(path, &format!("an attribute is longer than {HEADER_TEXT} bytes; make it a dataset"));
    }
    check_text(text, path)
}

/// Texts are padded with zero bytes in the file.
fn check_text(text: &str, path: &str) -> Result<(), Error> {
    if text.contains('\0') { refused(path, "a text holds a zero byte") } else { Ok(()) }
}

fn check_name(name: &str, path: &str) -> Result<(), Error> {
    let strange = name.is_empty() || name == "." || name.contains(['/', '\0']) || name.len() > 1000;
    if strange { refused(path, &format!("HDF5 cannot use the name {name:?}")) } else { Ok(()) }
}

/// Checks that in one group an axis has one length, and that its name is free or that of its coordinate.
fn check_axes(group: &Group, path: &str) -> Result<(), Error> {
    for (name, length) in axes_of(group, path)? {
        let taken = group.groups.contains_key(&name)
            || group.datasets.get(&name).is_some_and(|dataset| !is_coordinate(&name, dataset));
        if taken {
            let path = format!("{path}/{name}");
            return refused(&path, &format!("`{name}` is also the name of an axis of length {length}"));
        }
    }
    Ok(())
}

/// The axes used by the datasets of a group, and their lengths.
pub(crate) fn axes_of(group: &Group, path: &str) -> Result<BTreeMap<String, usize>, Error> {
    let mut lengths = BTreeMap::new();
    for (name, dataset) in &group.datasets {
        for axis in &stored(dataset).axes {
            let path = format!("{path}/{name}");
            if axis.name.is_empty() || axis.name.contains(char::is_whitespace) {
                return refused(&path, "an axis needs a name without blanks");
            }
            check_name(&axis.name, &path)?;
            let length = *lengths.entry(axis.name.clone()).or_insert(axis.length);
            if length != axis.length {
                let reason = format!("its axis `{}` has length {}, elsewhere {length}", axis.name, axis.length);
                return refused(&path, &reason);
            }
        }
    }
    Ok(lengths)
}

/// The dataset as it is in the file: a scalar text too long for a header becomes an array of pieces.
pub(crate) fn stored(dataset: &Dataset) -> Cow<'_, Dataset> {
    match &dataset.values {
        Values::Text(texts) if dataset.axes.is_empty() && texts.iter().any(|text| text.len() > HEADER_TEXT) => {
            let pieces = pieces(&texts.concat());
            let axes = vec![Axis { name: format!("{LONG_TEXT_AXIS}_{}", pieces.len()), length: pieces.len() }];
            Cow::Owned(Dataset { axes, values: Values::Text(pieces), ..dataset.clone() })
        }
        _ => Cow::Borrowed(dataset),
    }
}

/// A text cut between characters.
fn pieces(text: &str) -> Vec<String> {
    let (mut pieces, mut rest) = (Vec::new(), text);
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(HEADER_TEXT));
        pieces.push(piece.to_owned());
        rest = after;
    }
    pieces
}

/// Whether a dataset gives the coordinates along the axis of its own name.
pub(crate) fn is_coordinate(name: &str, dataset: &Dataset) -> bool {
    dataset.axes.len() == 1 && dataset.axes[0].name == name
}

fn refused<T>(path: &str, reason: &str) -> Result<T, Error> {
    let dataset = if path.is_empty() { "/" } else { path };
    Err(Error::NotStorable { dataset: dataset.to_owned(), reason: reason.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(path: &str, dataset: Dataset) -> String {
        let mut bundle = Group::default();
        bundle.insert("a", Dataset::array([("orbit", 2)], vec![1_i64, 2]));
        bundle.insert(path, dataset);
        check_bundle(&bundle).unwrap_err().to_string()
    }

    #[test]
    fn values_must_fill_the_axes() {
        let message = refusal("b", Dataset::array([("orbit", 2), ("dof", 2)], vec![1.0; 3]));
        assert_eq!(message, "`/b` should have shape [2, 2], as its axes say and has 3 entries");
        let overflow = [("orbit", 2), ("dof", usize::MAX)];
        assert!(refusal("b", Dataset::array(overflow, vec![0.0])).contains("1 entries"));
    }

    #[test]
    fn an_axis_has_one_length_in_a_group() {
        let message = refusal("b", Dataset::array([("orbit", 3)], vec![1.0; 3]));
        assert_eq!(message, "`/b` cannot be stored: its axis `orbit` has length 3, elsewhere 2");
    }

    #[test]
    fn the_name_of_an_axis_is_free_or_that_of_its_coordinate() {
        assert!(refusal("orbit", Dataset::scalar(1.0)).contains("also the name of an axis of length 2"));
        let mut bundle = Group::default();
        bundle.insert("orbit", Dataset::array([("orbit", 2)], vec![7_i64, 9]));
        check_bundle(&bundle).unwrap();
    }

    #[test]
    fn names_and_texts_that_hdf5_cannot_keep_are_refused() {
        assert!(refusal("b", Dataset::scalar("a\0b")).contains("zero byte"));
        assert!(refusal(".", Dataset::scalar(1.0)).contains("cannot use the name"));
        assert!(refusal("b", Dataset::array([("two words", 1)], vec![1.0])).contains("without blanks"));
        assert!(refusal("b", Dataset::scalar(1.0).units(&"x".repeat(70_000))).contains("make it a dataset"));
        let mut reserved = Dataset::scalar(1.0);
        reserved.attributes.insert("CLASS".to_owned(), 1.0.into());
        assert!(refusal("b", reserved).contains("`CLASS`"));
    }
}
