//! Reading a bundle: everything is checked, and what is damaged is refused by name. `open` opens the file.
//!
//! Files of other programs are read too, where they hold numbers and texts; their axes, if they do not follow
//! our layout, are named for their lengths, and attributes of other types than ours are left out.

use std::collections::BTreeMap;
use std::path::Path;

use hdf5::plist::dataset_create::Layout;
use hdf5::types::{IntSize, TypeDescriptor, VarLenAscii, VarLenUnicode};
use hdf5::{IndexType, IterationOrder, LinkType, LocationType};

use crate::bundle::{Attribute, Axis, Bundle, Dataset, Group, Values, plain_axes};
use crate::error::Error;
use crate::format::{
    AXES_NAME, FORMAT, FORMAT_NAME, LONG_NAME, PURE_DIMENSION, UNITS_NAME, WRITER_NAME, is_dataset_attribute,
    is_file_attribute,
};
use crate::library::{read_text, read_texts, words};
use crate::open::BundleFile;

/// Groups inside groups inside groups: a file with more of them has a loop.
pub(crate) const MOST_LEVELS: usize = 64;

/// Datasets and groups in one file: with loops that branch, a small file could have any number.
const MOST_OBJECTS: usize = 1_000_000;

/// The most that gzip can expand.
const MOST_EXPANSION: u64 = 1032;

/// Reads a whole file.
///
/// # Errors
/// [`Error::Missing`], [`Error::Locked`], [`Error::NotHdf5`], [`Error::NewerFormat`]; [`Error::Damaged`] with the first dataset whose
/// checksum fails; [`Error::NotHeld`] for links, compound types and data kept in other files.
pub fn read(path: &Path) -> Result<Bundle, Error> {
    BundleFile::open(path)?.read()
}

/// Reads one group of a file and what is in it, such as `learned/weights`. To read several things see [`BundleFile`].
///
/// # Errors
/// Those of [`read`], and [`Error::Absent`] where there is no such group. The rest of the file is not looked at.
pub fn read_group(path: &Path, name: &str) -> Result<Group, Error> {
    BundleFile::open(path)?.group(name)
}

/// Reads one dataset of a file; the rest is not looked at.
///
/// # Errors
/// Those of [`read`], and [`Error::Absent`] where there is no such dataset.
pub fn read_dataset(path: &Path, name: &str) -> Result<Dataset, Error> {
    BundleFile::open(path)?.dataset(name)
}

/// The walk through one file.
pub(crate) struct Reader<'a> {
    path: &'a Path,
    n_objects: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(path: &'a Path) -> Reader<'a> {
        Reader { path, n_objects: 0 }
    }

    /// The format, where it is not a later one. A file without a format comes from another program and is welcome.
    pub(crate) fn check_format(&self, file: &hdf5::File) -> Result<Option<i64>, Error> {
        let attributes = self.attributes(file, "/", |name| name != FORMAT_NAME && name != WRITER_NAME)?;
        let writer = match attributes.get(WRITER_NAME) {
            Some(Attribute::Text(version)) => Some(version.clone()),
            _ => None,
        };
        known_format(self.path, attributes.get(FORMAT_NAME), writer)
    }

    pub(crate) fn group(&mut self, group: &hdf5::Group, place: &str, level: usize) -> Result<Group, Error> {
        if level > MOST_LEVELS {
            return Err(self.not_held(place, "a group in a loop of groups"));
        }
        self.members(group, place, level, "")
    }

    /// The root but for one of its groups.
    pub(crate) fn group_without(&mut self, root: &hdf5::Group, absent: &str) -> Result<Group, Error> {
        self.members(root, "", 0, absent)
    }

    fn members(&mut self, group: &hdf5::Group, place: &str, level: usize, absent: &str) -> Result<Group, Error> {
        let skip = if level == 0 && place.is_empty() { is_file_attribute } else { |_: &str| false };
        let mut found = Group { attributes: self.attributes(group, place, skip)?, ..Group::default() };
        let links = group.links(IndexType::Name, IterationOrder::Increasing);
        let links = links.map_err(|error| self.damaged(place, &error))?;
        for (name, link) in links.into_iter().filter(|(name, _)| name != absent) {
            let place = format!("{place}/{name}");
            self.count(&place)?;
            if link.link_type != LinkType::Hard {
                return Err(self.not_held(&place, "a link"));
            }
            match group.loc_type_by_name(&name).map_err(|error| self.damaged(&place, &error))? {
                LocationType::Group => {
                    let inner = group.group(&name).map_err(|error| self.damaged(&place, &error))?;
                    found.groups.insert(name, self.group(&inner, &place, level + 1)?);
                }
                LocationType::Dataset => {
                    let inner = group.dataset(&name).map_err(|error| self.damaged(&place, &error))?;
                    if let Some(dataset) = self.dataset(&inner, &place)? {
                        found.datasets.insert(name, dataset);
                    }
                }
                // A named type holds no data.
                _ => {}
            }
        }
        Ok(found)
    }

    /// A dataset, or nothing where it is only the length of an axis.
    pub(crate) fn dataset(&self, dataset: &hdf5::Dataset, place: &str) -> Result<Option<Dataset>, Error> {
        if self.is_pure_dimension(dataset, place)? {
            return Ok(None);
        }
        let layout = self.attributes(dataset, place, |name| ![UNITS_NAME, LONG_NAME, AXES_NAME].contains(&name))?;
        let shape = dataset.get_shape().map_err(|error| self.damaged(place, &error))?;
        let (axes, values) = as_written(&shape, text(&layout, AXES_NAME), self.values(dataset, place)?);
        Ok(Some(Dataset {
            values,
            axes,
            units: text(&layout, UNITS_NAME).unwrap_or_default().to_owned(),
            long_name: text(&layout, LONG_NAME).unwrap_or_default().to_owned(),
            attributes: self.attributes(dataset, place, is_dataset_attribute)?,
        }))
    }

    fn is_pure_dimension(&self, dataset: &hdf5::Dataset, place: &str) -> Result<bool, Error> {
        let attributes = self.attributes(dataset, place, |name| name != "CLASS" && name != "NAME")?;
        Ok(is_length_alone(&attributes))
    }

    fn values(&self, dataset: &hdf5::Dataset, place: &str) -> Result<Values, Error> {
        let damaged = |error: hdf5::Error| self.damaged(place, &error);
        let datatype = dataset.dtype().map_err(damaged)?;
        let Ok(descriptor) = datatype.to_descriptor() else {
            return Err(self.not_held(place, "of a type without a name"));
        };
        self.check_storage(dataset, datatype.size(), place)?;
        match descriptor {
            TypeDescriptor::Float(_) => self.numbers(dataset, place).map(Values::Float),
            TypeDescriptor::Unsigned(IntSize::U8) => self.unsigned(dataset, place).map(Values::Integer),
            TypeDescriptor::Integer(_) | TypeDescriptor::Unsigned(_) => {
                self.numbers(dataset, place).map(Values::Integer)
            }
            TypeDescriptor::FixedAscii(length) | TypeDescriptor::FixedUnicode(length) => {
                let mut bytes = self.buffer(dataset.size().saturating_mul(length), place)?;
                if !bytes.is_empty() {
                    read_texts(dataset, &datatype, &mut bytes).map_err(damaged)?;
                }
                self.utf8(bytes.chunks_exact(length.max(1)), place)
            }
            TypeDescriptor::VarLenUnicode => {
                let texts = dataset.read_raw::<VarLenUnicode>().map_err(damaged)?;
                self.utf8(texts.iter().map(VarLenUnicode::as_bytes), place)
            }
            TypeDescriptor::VarLenAscii => {
                let texts = dataset.read_raw::<VarLenAscii>().map_err(damaged)?;
                self.utf8(texts.iter().map(VarLenAscii::as_bytes), place)
            }
            other => Err(self.not_held(place, &format!("of type {other}"))),
        }
    }

    /// Refuses data kept in other files, and a size that the bytes in the file cannot fill.
    fn check_storage(&self, dataset: &hdf5::Dataset, entry_bytes: usize, place: &str) -> Result<(), Error> {
        let creation = dataset.create_plist().map_err(|error| self.damaged(place, &error))?;
        let external = creation.get_external().map_err(|error| self.damaged(place, &error))?;
        if !external.is_empty() || dataset.layout() == Layout::Virtual {
            return Err(self.not_held(place, "kept in other files"));
        }
        let claimed = (dataset.size() as u64).checked_mul(entry_bytes as u64);
        let most = dataset.storage_size().saturating_mul(MOST_EXPANSION).saturating_add(1 << 16);
        if claimed.is_none_or(|bytes| bytes > most) {
            let reason = format!("the file has {} bytes for shape {:?}", dataset.storage_size(), dataset.shape());
            return Err(self.damage(place, reason));
        }
        Ok(())
    }

    fn numbers<T: hdf5::H5Type + Copy + Default>(&self, dataset: &hdf5::Dataset, place: &str) -> Result<Vec<T>, Error> {
        let mut values = self.buffer(dataset.size(), place)?;
        if !values.is_empty() {
            dataset.read_into_raw(&mut values).map_err(|error| self.damaged(place, &error))?;
        }
        Ok(values)
    }

    /// Numbers up to 2^64 - 1; the library would cut those beyond `i64` without a word.
    fn unsigned(&self, dataset: &hdf5::Dataset, place: &str) -> Result<Vec<i64>, Error> {
        let whole = |number| i64::try_from(number).map_err(|_| self.not_held(place, "a number beyond 2^63"));
        self.numbers::<u64>(dataset, place)?.into_iter().map(whole).collect()
    }

    fn buffer<T: Clone + Default>(&self, length: usize, place: &str) -> Result<Vec<T>, Error> {
        let mut buffer = Vec::new();
        buffer.try_reserve_exact(length).map_err(|_| self.not_held(place, "larger than the memory"))?;
        buffer.resize(length, T::default());
        Ok(buffer)
    }

    fn utf8<'b>(&self, texts: impl Iterator<Item = &'b [u8]>, place: &str) -> Result<Values, Error> {
        let decode = |bytes| unpadded(bytes).ok_or_else(|| self.damage(place, "a text is not UTF-8".to_owned()));
        texts.map(decode).collect::<Result<_, _>>().map(Values::Text)
    }

    /// The attributes but those to skip, and but those of types that a bundle does not hold.
    fn attributes(
        &self,
        object: &hdf5::Location,
        place: &str,
        skip: impl Fn(&str) -> bool,
    ) -> Result<BTreeMap<String, Attribute>, Error> {
        let mut found = BTreeMap::new();
        let names = object.attr_names().map_err(|error| self.damaged(place, &error))?;
        for name in names.into_iter().filter(|name| !skip(name)) {
            let value = object.attr(&name).and_then(|attribute| attribute_value(&attribute));
            if let Some(value) = value.map_err(|error| self.damaged(place, &error))? {
                found.insert(name, value);
            }
        }
        Ok(found)
    }

    fn count(&mut self, place: &str) -> Result<(), Error> {
        self.n_objects += 1;
        if self.n_objects > MOST_OBJECTS { Err(self.not_held(place, "one of too many objects")) } else { Ok(()) }
    }

    pub(crate) fn damaged(&self, place: &str, error: &hdf5::Error) -> Error {
        self.damage(place, words(error))
    }

    fn damage(&self, place: &str, reason: String) -> Error {
        Error::Damaged { path: self.path.to_owned(), dataset: name_of(place), reason }
    }

    fn not_held(&self, place: &str, found: &str) -> Error {
        Error::NotHeld { path: self.path.to_owned(), dataset: name_of(place), found: found.to_owned() }
    }
}

/// A scalar attribute, or nothing where it is of a type that a bundle does not hold.
fn attribute_value(attribute: &hdf5::Attribute) -> hdf5::Result<Option<Attribute>> {
    let datatype = attribute.dtype()?;
    let Ok(descriptor) = datatype.to_descriptor() else { return Ok(None) };
    if attribute.size() != 1 {
        return Ok(None);
    }
    let text = |bytes: &[u8]| unpadded(bytes).map(Attribute::Text);
    Ok(match descriptor {
        TypeDescriptor::Float(_) => attribute.read_raw::<f64>()?.first().copied().map(Attribute::Float),
        TypeDescriptor::Unsigned(IntSize::U8) => {
            attribute.read_raw::<u64>()?.first().and_then(|number| i64::try_from(*number).ok()).map(Attribute::Integer)
        }
        TypeDescriptor::Integer(_) | TypeDescriptor::Unsigned(_) => {
            attribute.read_raw::<i64>()?.first().copied().map(Attribute::Integer)
        }
        TypeDescriptor::FixedAscii(_) | TypeDescriptor::FixedUnicode(_) => text(&read_text(attribute, &datatype)?),
        TypeDescriptor::VarLenUnicode => {
            attribute.read_raw::<VarLenUnicode>()?.first().and_then(|read| text(read.as_bytes()))
        }
        TypeDescriptor::VarLenAscii => {
            attribute.read_raw::<VarLenAscii>()?.first().and_then(|read| text(read.as_bytes()))
        }
        _ => None,
    })
}

/// The format that a file gives, where it is not a later one.
pub(crate) fn known_format(
    path: &Path,
    format: Option<&Attribute>,
    writer: Option<String>,
) -> Result<Option<i64>, Error> {
    match format {
        Some(&Attribute::Integer(found)) if found > FORMAT => {
            Err(Error::NewerFormat { path: path.to_owned(), found, supported: FORMAT, writer })
        }
        Some(&Attribute::Integer(found)) => Ok(Some(found)),
        _ => Ok(None),
    }
}

/// Whether a dataset with these attributes is only the length of an axis.
pub(crate) fn is_length_alone(attributes: &BTreeMap<String, Attribute>) -> bool {
    let is_scale = text(attributes, "CLASS") == Some("DIMENSION_SCALE");
    is_scale && text(attributes, "NAME").is_some_and(|name| name.starts_with(PURE_DIMENSION))
}

/// The axes as our layout names them, or named for their lengths; a text that was cut into pieces is whole again.
pub(crate) fn as_written(shape: &[usize], names: Option<&str>, values: Values) -> (Vec<Axis>, Values) {
    let Some(names) = names else { return (plain_axes(shape), values) };
    let names: Vec<&str> = names.split_whitespace().collect();
    if names.len() == shape.len() {
        let axes = names.iter().zip(shape).map(|(name, &length)| Axis { name: (*name).to_owned(), length });
        return (axes.collect(), values);
    }
    match values {
        Values::Text(pieces) if names.is_empty() && shape.len() == 1 => {
            (Vec::new(), Values::Text(vec![pieces.concat()]))
        }
        values => (plain_axes(shape), values),
    }
}

pub(crate) fn text<'a>(attributes: &'a BTreeMap<String, Attribute>, name: &str) -> Option<&'a str> {
    match attributes.get(name) {
        Some(Attribute::Text(text)) => Some(text),
        _ => None,
    }
}

/// UTF-8 up to the zero bytes that pad it.
fn unpadded(bytes: &[u8]) -> Option<String> {
    let length = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    std::str::from_utf8(&bytes[..length]).ok().map(str::to_owned)
}

pub(crate) fn name_of(place: &str) -> String {
    if place.is_empty() { "/".to_owned() } else { place.to_owned() }
}
