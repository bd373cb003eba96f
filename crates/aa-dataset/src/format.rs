//! The number of the file layout, and the names that the layout keeps for itself.
//!
//! Format 1 is the first. A later one comes with a function old -> new here, called by `read`.

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

/// The axis of a scalar text too long to be stored as a scalar.
pub(crate) const LONG_TEXT_AXIS: &str = "long_text";

/// The longest text of an attribute or a scalar, in bytes: an object header, which is checksummed, holds 64 KiB.
pub(crate) const HEADER_TEXT: usize = 60_000;

/// Whether an attribute of the root group belongs to the layout.
pub(crate) fn is_file_attribute(name: &str) -> bool {
    name == FORMAT_NAME || name == WRITER_NAME || SCALE_NAMES.contains(&name)
}

/// Whether an attribute of a dataset belongs to the layout.
pub(crate) fn is_dataset_attribute(name: &str) -> bool {
    [UNITS_NAME, LONG_NAME, AXES_NAME].contains(&name) || SCALE_NAMES.contains(&name)
}
