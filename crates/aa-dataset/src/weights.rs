//! The numbers of a learned network in a file: one dataset a name under `/learned/weights`.

use std::collections::BTreeMap;

use crate::bundle::{Dataset, Group};
use crate::error::Error;

/// Where the weights of the learned map are.
pub const WEIGHTS: &str = "learned/weights";

/// A named array: its shape, and its entries with the last axis fastest.
pub type Weight = (Vec<usize>, Vec<f64>);

/// A group with one dataset a weight; its place in a bundle is [`WEIGHTS`].
///
/// ```
/// use aa_dataset::{Bundle, WEIGHTS, weights, weights_group};
/// let arrays = [("shear_0/slope".to_owned(), (vec![2, 3], vec![0.5; 6]))].into();
/// let mut bundle = Bundle::default();
/// *bundle.group_mut(WEIGHTS) = weights_group(&arrays);
/// assert_eq!(weights(bundle.group(WEIGHTS)?)?, arrays);
/// # Ok::<(), aa_dataset::Error>(())
/// ```
pub fn weights_group(weights: &BTreeMap<String, Weight>) -> Group {
    let mut group = Group::default();
    for (name, (shape, values)) in weights {
        group.insert(name, Dataset::plain(shape, values.clone()).long_name("learned weight"));
    }
    group
}

/// The weights of a group; those of groups inside are named by their path.
///
/// # Errors
/// [`Error::WrongType`] for a dataset that does not hold real numbers.
pub fn weights(group: &Group) -> Result<BTreeMap<String, Weight>, Error> {
    let mut found = BTreeMap::new();
    for (name, dataset) in &group.datasets {
        found.insert(name.clone(), (dataset.shape(), dataset.floats(name)?.to_vec()));
    }
    for (folder, inner) in &group.groups {
        let inside = weights(inner)?;
        found.extend(inside.into_iter().map(|(name, weight)| (format!("{folder}/{name}"), weight)));
    }
    Ok(found)
}
