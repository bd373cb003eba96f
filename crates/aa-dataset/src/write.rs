//! Writing a bundle: whole or not at all.
//!
//! Numbers are shuffled, compressed and checksummed; metadata has checksums through the format of HDF5 1.10;
//! scalars and attributes lie in the checksummed headers. So damage is seen when the file is read. A seal over all bytes
//! ends the file (`seal`).

use std::collections::BTreeMap;
use std::path::Path;

use hdf5::plist::dataset_create::Layout;
use hdf5::plist::file_access::LibraryVersion;
use hdf5::types::{FloatSize, IntSize, TypeDescriptor};

use crate::bundle::{Attribute, Bundle, Dataset, Group, Values};
use crate::check::{axes_of, check_bundle, is_coordinate, stored};
use crate::error::Error;
use crate::format::{AXES_NAME, FORMAT, FORMAT_NAME, LONG_NAME, PURE_DIMENSION, UNITS_NAME, WRITER_NAME};
use crate::library::{attach_scale, set_scale, text_type, words, write_text, write_texts};
use crate::seal::{SEAL_NAME, SEAL_TEXT, seal};
use crate::temporary::Temporary;

/// The most bytes of a chunk before compression.
const CHUNK_BYTES: usize = 4 << 20;

/// The longest chunk along one axis: readers are met that take no lengths beyond two bytes (`hdf5-pure` 0.47).
const CHUNK_LENGTH: usize = 1 << 15;

/// The gzip level: higher ones cost time and gain nothing on orbits, whose last bits are noise.
const GZIP_LEVEL: u8 = 4;

/// Writes a bundle to a file, in place of an older one.
///
/// The file is made beside its place as `.FILE.1.aatool-tmp`, brought to the disk and then renamed, so that a reader, or
/// whoever comes after a power cut, finds the old file or the new one and never a part; what a killed writer left goes
/// with the next one. Two runs may write the same file: the later one wins. The same bundle gives the same bytes, given the same HDF5 library.
///
/// # Errors
/// [`Error::CannotWrite`] where the system refuses; nothing is left behind then. [`Error::WrongShape`] and
/// [`Error::NotStorable`] for a bundle that no file can hold.
pub fn write(bundle: &Bundle, path: &Path) -> Result<(), Error> {
    check_bundle(bundle)?;
    write_durably(bundle, path).map_err(|reason| Error::CannotWrite { path: path.to_owned(), reason })
}

fn write_durably(bundle: &Bundle, path: &Path) -> Result<(), String> {
    let system = |error: std::io::Error| error.to_string();
    let temporary = Temporary::beside(path).map_err(system)?;
    write_file(bundle, temporary.path()).map_err(|error| words(&error))?;
    seal(temporary.path()).and_then(|()| temporary.place()).map_err(system)
}

fn write_file(bundle: &Bundle, path: &Path) -> hdf5::Result<()> {
    let file = hdf5::File::with_options()
        .with_fapl(|access| access.libver_bounds(LibraryVersion::V110, LibraryVersion::V110))
        .with_fcpl(|creation| creation.obj_track_times(false))
        .create(path)?;
    write_attribute(&file, FORMAT_NAME, &FORMAT.into())?;
    write_attribute(&file, WRITER_NAME, &env!("CARGO_PKG_VERSION").into())?;
    write_attribute(&file, SEAL_NAME, &SEAL_TEXT.into())?;
    write_group(&file, bundle)?;
    file.flush()?;
    file.close()
}

fn write_group(place: &hdf5::Group, group: &Group) -> hdf5::Result<()> {
    write_attributes(place, &group.attributes)?;
    let mut written = BTreeMap::new();
    for (name, dataset) in &group.datasets {
        written.insert(name.as_str(), write_dataset(place, name, dataset)?);
    }
    write_scales(place, group, &written)?;
    for (name, inner) in &group.groups {
        let place = place.create_group_builder().obj_track_times(false).create(name.as_str())?;
        write_group(&place, inner)?;
    }
    Ok(())
}

fn write_dataset(place: &hdf5::Group, name: &str, dataset: &Dataset) -> hdf5::Result<hdf5::Dataset> {
    let stored = stored(dataset);
    let written = create(place, name, &stored)?;
    match &stored.values {
        _ if stored.values.is_empty() => {}
        Values::Float(values) => written.write_raw(values.as_slice())?,
        Values::Integer(values) => written.write_raw(values.as_slice())?,
        Values::Text(texts) => write_texts(&written, texts)?,
    }
    let axes: Vec<&str> = dataset.axes.iter().map(|axis| axis.name.as_str()).collect();
    write_attribute(&written, UNITS_NAME, &dataset.units.as_str().into())?;
    write_attribute(&written, LONG_NAME, &dataset.long_name.as_str().into())?;
    write_attribute(&written, AXES_NAME, &axes.join(" ").into())?;
    write_attributes(&written, &dataset.attributes)?;
    Ok(written)
}

/// Makes an empty dataset: chunked, compressed and checksummed, or within its header if it is a scalar or empty.
fn create(place: &hdf5::Group, name: &str, dataset: &Dataset) -> hdf5::Result<hdf5::Dataset> {
    let shape = dataset.shape();
    let entry = entry_type(&dataset.values);
    let builder = place.new_dataset_builder().obj_track_times(false);
    let builder = if shape.is_empty() || dataset.values.is_empty() {
        builder.layout(Layout::Compact)
    } else {
        builder.chunk(chunk_shape(&shape, entry.size())).shuffle().deflate(GZIP_LEVEL).fletcher32()
    };
    builder.empty_as(&entry).shape(shape).create(name)
}

fn entry_type(values: &Values) -> TypeDescriptor {
    match values {
        Values::Float(_) => TypeDescriptor::Float(FloatSize::U8),
        Values::Integer(_) => TypeDescriptor::Integer(IntSize::U8),
        Values::Text(texts) => text_type(texts.iter().map(String::len).max().unwrap_or(0)),
    }
}

/// One orbit a chunk where there are three axes or more; as many rows as fit otherwise.
fn chunk_shape(shape: &[usize], entry_bytes: usize) -> Vec<usize> {
    let mut chunk = shape.to_vec();
    if chunk.len() >= 3 {
        chunk[0] = 1;
    }
    for axis in 0..chunk.len() {
        let row_bytes = entry_bytes * chunk[axis + 1..].iter().product::<usize>();
        chunk[axis] = chunk[axis].min((CHUNK_BYTES / row_bytes).clamp(1, CHUNK_LENGTH));
    }
    chunk
}

/// Gives every axis its scale, by the conventions of netCDF-4: the dataset of the same name, if there is one,
/// else a scale that has a length and no values.
fn write_scales(place: &hdf5::Group, group: &Group, written: &BTreeMap<&str, hdf5::Dataset>) -> hdf5::Result<()> {
    let lengths = axes_of(group, "").expect("the axes were checked before the file was opened");
    let mut scales = BTreeMap::new();
    for (name, length) in lengths {
        let scale = match written.get(name.as_str()) {
            Some(coordinate) => {
                set_scale(coordinate, &name)?;
                coordinate.clone()
            }
            None => write_pure_dimension(place, &name, length)?,
        };
        scales.insert(name, scale);
    }
    for (name, dataset) in group.datasets.iter().filter(|(name, dataset)| !is_coordinate(name, dataset)) {
        for (index, axis) in stored(dataset).axes.iter().enumerate() {
            attach_scale(&written[name.as_str()], &scales[&axis.name], index)?;
        }
    }
    Ok(())
}

fn write_pure_dimension(place: &hdf5::Group, name: &str, length: usize) -> hdf5::Result<hdf5::Dataset> {
    let scale = place.new_dataset_builder().obj_track_times(false).empty::<f32>().shape([length]).create(name)?;
    set_scale(&scale, &format!("{PURE_DIMENSION}{length:10}"))?;
    Ok(scale)
}

fn write_attributes(place: &hdf5::Location, attributes: &BTreeMap<String, Attribute>) -> hdf5::Result<()> {
    attributes.iter().try_for_each(|(name, value)| write_attribute(place, name, value))
}

fn write_attribute(place: &hdf5::Location, name: &str, value: &Attribute) -> hdf5::Result<()> {
    match value {
        Attribute::Float(number) => place.new_attr::<f64>().create(name)?.write_scalar(number),
        Attribute::Integer(number) => place.new_attr::<i64>().create(name)?.write_scalar(number),
        Attribute::Text(text) => {
            let attribute = place.new_attr_builder().empty_as(text_type(text.len())).create(name)?;
            write_text(&attribute, text)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_hold_one_orbit_and_stay_small() {
        assert_eq!(chunk_shape(&[20, 500, 2], 8), [1, 500, 2]);
        assert_eq!(chunk_shape(&[3, 1_000_000, 4], 8), [1, 32_768, 4]);
        assert_eq!(chunk_shape(&[1000, 2], 8), [1000, 2]);
        assert_eq!(chunk_shape(&[10_000_000], 8), [32_768]);
        assert_eq!(chunk_shape(&[2], 10 << 20), [1]);
    }
}
