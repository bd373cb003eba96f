//! The number of the file layout, and the names that the layout keeps for itself.
//!
//! Format 1 is the first. A later one comes with a function old -> new in `UPGRADES`, called by `read`.

use crate::bundle::Bundle;
use crate::seal::SEAL_NAME;

/// What makes a bundle of one format one of the next.
type Upgrade = fn(&mut Bundle);

/// From format 1 to 2, from 2 to 3 and so on: none yet.
const UPGRADES: [Upgrade; FORMAT as usize - 1] = [];

/// The format this version writes, and the newest it reads.
pub const FORMAT: i64 = 1;

/// Root attribute: the format of the file.
pub(crate) const FORMAT_NAME: &str = "format";
/// Root attribute: the version of aatool that wrote the file.
pub(crate) const WRITER_NAME: &str = "aatool";
/// Dataset attributes: the unit, the description, and the names of the axes with blanks between them.
pub(crate) const UNITS_NAME: &str = "units";
pub(crate) const LONG_NAME: &str = "long_name";
pub(crate) const AXES_NAME: &str = "axes";

/// Attributes that HDF5's dimension scales and netCDF-4 use.
const SCALE_NAMES: [&str; 7] =
    ["CLASS", "NAME", "DIMENSION_LIST", "REFERENCE_LIST", "DIMENSION_LABELS", "_Netcdf4Dimid", "_NCProperties"];

/// How netCDF-4 marks a scale that has a length and no values; its length follows, in ten places.
pub(crate) const PURE_DIMENSION: &str = "This is a netCDF dimension but not a netCDF variable.";

/// The axis of a scalar text too long to be stored as a scalar, before the number of its pieces.
pub(crate) const LONG_TEXT_AXIS: &str = "long_text";

/// The longest text of an attribute, a scalar or a piece of a longer one, in bytes: an object header, which is checksummed,
/// holds 64 KiB, and not every reader takes larger entries of arrays.
pub(crate) const HEADER_TEXT: usize = 60_000;

/// Brings a whole bundle of an older format to the one we write.
pub(crate) fn upgrade(bundle: &mut Bundle, found: i64) {
    upgrade_by(&UPGRADES, bundle, found);
}

fn upgrade_by(upgrades: &[Upgrade], bundle: &mut Bundle, found: i64) {
    let done = usize::try_from(found - 1).unwrap_or(0);
    upgrades.iter().skip(done).for_each(|upgrade| upgrade(bundle));
}

/// Whether an attribute of the root group belongs to the layout.
pub(crate) fn is_file_attribute(name: &str) -> bool {
    [FORMAT_NAME, WRITER_NAME, SEAL_NAME].contains(&name) || SCALE_NAMES.contains(&name)
}

/// Whether an attribute of a dataset belongs to the layout.
pub(crate) fn is_dataset_attribute(name: &str) -> bool {
    [UNITS_NAME, LONG_NAME, AXES_NAME].contains(&name) || SCALE_NAMES.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::Dataset;

    #[test]
    fn a_bundle_goes_through_every_later_format_and_no_earlier_one() {
        let first: Upgrade = |bundle| bundle.insert("two", Dataset::scalar(1.0));
        let second: Upgrade = |bundle| {
            if let Some(dataset) = bundle.datasets.remove("two") {
                bundle.insert("three", dataset);
            }
        };
        let names = |found: i64| {
            let mut bundle = Bundle::default();
            upgrade_by(&[first, second], &mut bundle, found);
            bundle.datasets.into_keys().collect::<Vec<String>>()
        };
        assert_eq!(names(1), ["three"]);
        assert!(names(2).is_empty() && names(3).is_empty());
    }
}
