//! The same file by another road: a reader in Rust that shares no line with the C library.
//!
//! What both read alike was written by no mistake of one library. It keeps the whole file in memory, and cannot read arrays
//! whose single entries take 64 KiB or more; for everyday work see [`mod@crate::read`].

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use hdf5_pure::{AttrValue, DType};

use crate::bundle::{Attribute, Bundle, Dataset, Group, Values};
use crate::error::Error;
use crate::format::{
    AXES_NAME, FORMAT, FORMAT_NAME, LONG_NAME, UNITS_NAME, WRITER_NAME, is_dataset_attribute, is_file_attribute,
    upgrade,
};
use crate::read::{MOST_LEVELS, as_written, is_length_alone, known_format, name_of, text};

/// The name and version of the library behind [`read_independently`].
pub const SECOND_READER: &str = "hdf5-pure 0.47.0";

/// Reads a whole file without the C library.
///
/// # Errors
/// [`Error::Missing`]; [`Error::Damaged`] with the dataset or group that this reader cannot read; [`Error::NotHeld`] for
/// types that a bundle does not hold.
pub fn read_independently(path: &Path) -> Result<Bundle, Error> {
    let missing = |error: std::io::Error| Error::Missing { path: path.to_owned(), reason: error.to_string() };
    read_bytes(path, std::fs::read(path).map_err(missing)?)
}

/// Reads the bytes of a file; `path` is for messages.
pub(crate) fn read_bytes(path: &Path, bytes: Vec<u8>) -> Result<Bundle, Error> {
    let walk = Walk { path };
    let file = hdf5_pure::File::from_bytes(bytes).map_err(|error| walk.damaged("", &error))?;
    let root = file.root();
    let own = walk.attributes(root.attrs(), "", |name| !is_file_attribute(name))?;
    let writer = text(&own, WRITER_NAME).map(str::to_owned);
    let format = known_format(path, own.get(FORMAT_NAME), writer)?;
    let mut bundle = walk.group(&root, "", 0)?;
    if let Some(older) = format.filter(|format| *format < FORMAT) {
        upgrade(&mut bundle, older);
    }
    Ok(bundle)
}

/// The walk through one file.
struct Walk<'a> {
    path: &'a Path,
}

impl Walk<'_> {
    fn group(&self, group: &hdf5_pure::Group, place: &str, level: usize) -> Result<Group, Error> {
        if level > MOST_LEVELS {
            return Err(self.not_held(place, "a group in a loop of groups"));
        }
        let skip = if level == 0 { is_file_attribute } else { |_: &str| false };
        let mut found = Group { attributes: self.attributes(group.attrs(), place, skip)?, ..Group::default() };
        for name in group.datasets().map_err(|error| self.damaged(place, &error))? {
            let place = format!("{place}/{name}");
            let inner = group.dataset(&name).map_err(|error| self.damaged(&place, &error))?;
            if let Some(dataset) = self.dataset(&inner, &place)? {
                found.datasets.insert(name, dataset);
            }
        }
        for name in group.groups().map_err(|error| self.damaged(place, &error))? {
            let place = format!("{place}/{name}");
            let inner = group.group(&name).map_err(|error| self.damaged(&place, &error))?;
            found.groups.insert(name, self.group(&inner, &place, level + 1)?);
        }
        Ok(found)
    }

    /// A dataset, or nothing where it is only the length of an axis.
    fn dataset(&self, dataset: &hdf5_pure::Dataset, place: &str) -> Result<Option<Dataset>, Error> {
        let all = self.attributes(dataset.attrs(), place, |_| false)?;
        if is_length_alone(&all) {
            return Ok(None);
        }
        let shape = dataset.shape().map_err(|error| self.damaged(place, &error))?;
        let shape: Vec<usize> = shape.into_iter().map(|length| usize::try_from(length).unwrap_or(usize::MAX)).collect();
        let (axes, values) = as_written(&shape, text(&all, AXES_NAME), self.values(dataset, place)?);
        Ok(Some(Dataset {
            values,
            axes,
            units: text(&all, UNITS_NAME).unwrap_or_default().to_owned(),
            long_name: text(&all, LONG_NAME).unwrap_or_default().to_owned(),
            attributes: all.into_iter().filter(|(name, _)| !is_dataset_attribute(name)).collect(),
        }))
    }

    fn values(&self, dataset: &hdf5_pure::Dataset, place: &str) -> Result<Values, Error> {
        use DType::{F32, F64, I8, I16, I32, I64, String, U8, U16, U32, U64, VariableLengthString};
        let damaged = |error| self.damaged(place, &error);
        match dataset.dtype().map_err(damaged)? {
            F32 | F64 => dataset.read_f64().map(Values::Float).map_err(damaged),
            I8 | I16 | I32 | I64 | U8 | U16 | U32 | U64 => dataset.read_i64().map(Values::Integer).map_err(damaged),
            String | VariableLengthString => dataset.read_string().map(Values::Text).map_err(damaged),
            other => Err(self.not_held(place, &format!("of type {other}"))),
        }
    }

    fn attributes(
        &self,
        found: Result<HashMap<String, AttrValue>, hdf5_pure::Error>,
        place: &str,
        skip: impl Fn(&str) -> bool,
    ) -> Result<BTreeMap<String, Attribute>, Error> {
        let found = found.map_err(|error| self.damaged(place, &error))?.into_iter();
        Ok(found.filter(|(name, _)| !skip(name)).filter_map(|(name, value)| Some((name, attribute(value)?))).collect())
    }

    fn damaged(&self, place: &str, error: &hdf5_pure::Error) -> Error {
        let reason = format!("{SECOND_READER}: {error}");
        Error::Damaged { path: self.path.to_owned(), dataset: name_of(place), reason }
    }

    fn not_held(&self, place: &str, found: &str) -> Error {
        Error::NotHeld { path: self.path.to_owned(), dataset: name_of(place), found: found.to_owned() }
    }
}

/// A single number or text; nothing for arrays, of which a bundle has none.
fn attribute(value: AttrValue) -> Option<Attribute> {
    let whole = |number: i64| Some(Attribute::Integer(number));
    match value {
        AttrValue::F64(number) => Some(Attribute::Float(number)),
        AttrValue::F32(number) => Some(Attribute::Float(number.into())),
        AttrValue::I8(number) => whole(number.into()),
        AttrValue::I16(number) => whole(number.into()),
        AttrValue::I32(number) => whole(number.into()),
        AttrValue::I64(number) => whole(number),
        AttrValue::U8(number) => whole(number.into()),
        AttrValue::U16(number) => whole(number.into()),
        AttrValue::U32(number) => whole(number.into()),
        AttrValue::U64(number) => i64::try_from(number).ok().map(Attribute::Integer),
        AttrValue::String(text)
        | AttrValue::AsciiString(text)
        | AttrValue::VarLenString(text)
        | AttrValue::VarLenAsciiString(text) => Some(Attribute::Text(text)),
        AttrValue::StringSized { value, .. } | AttrValue::AsciiStringSized { value, .. } => {
            Some(Attribute::Text(value))
        }
        _ => None,
    }
}
