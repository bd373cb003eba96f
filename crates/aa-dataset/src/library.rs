//! The few calls of the C library that the guest does not wrap: texts of fixed length and dimension scales.
//!
//! All `unsafe` of this room is here. Texts have a fixed length because those of variable length live in
//! the file's global heap, which carries no checksum: damage there would go unseen.

use std::ffi::{CString, c_char, c_uint, c_void};

use hdf5::types::TypeDescriptor;
use hdf5::{Attribute, Dataset, Datatype, Result, h5check};
use hdf5_sys::h5a::{H5Aread, H5Awrite};
use hdf5_sys::h5d::{H5Dread, H5Dwrite};
use hdf5_sys::h5i::hid_t;
use hdf5_sys::h5p::H5P_DEFAULT;
use hdf5_sys::h5s::H5S_ALL;

// The high-level library (hdf5_hl), which holds the dimension scales of HDF5's own specification.
unsafe extern "C" {
    fn H5DSset_scale(scale: hid_t, name: *const c_char) -> i32;
    fn H5DSattach_scale(dataset: hid_t, scale: hid_t, axis: c_uint) -> i32;
}

/// The version of the C library in use, and whether it has the gzip filter that bundles are compressed with.
pub fn library_version() -> (String, bool) {
    let (major, minor, release) = hdf5::library_version();
    (format!("{major}.{minor}.{release}"), hdf5::filters::deflate_available())
}

/// UTF-8 of `length` bytes, padded with zero bytes.
pub(crate) fn text_type(length: usize) -> TypeDescriptor {
    TypeDescriptor::FixedUnicode(length.max(1))
}

/// Writes texts, padded to the dataset's length, into a dataset of a [`text_type`].
pub(crate) fn write_texts(dataset: &Dataset, texts: &[String]) -> Result<()> {
    let datatype = dataset.dtype()?;
    let bytes = padded(texts, datatype.size());
    // SAFETY: `bytes` holds as many texts as the dataset, each of the datatype's size.
    call(|| unsafe { H5Dwrite(dataset.id(), datatype.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, pointer(&bytes)) })
}

/// Writes a text into an attribute of a [`text_type`].
pub(crate) fn write_text(attribute: &Attribute, text: &str) -> Result<()> {
    let datatype = attribute.dtype()?;
    let bytes = padded(&[text.to_owned()], datatype.size());
    // SAFETY: `bytes` is one text of the datatype's size, and the attribute is a scalar.
    call(|| unsafe { H5Awrite(attribute.id(), datatype.id(), pointer(&bytes)) })
}

/// The bytes of a dataset of texts of fixed length, as they are stored, into `bytes`.
///
/// # Panics
/// If `bytes` has another length than the dataset.
pub(crate) fn read_texts(dataset: &Dataset, datatype: &Datatype, bytes: &mut [u8]) -> Result<()> {
    assert_eq!(bytes.len(), dataset.size() * datatype.size(), "the buffer has room for every text");
    let target = bytes.as_mut_ptr().cast::<c_void>();
    // SAFETY: the buffer has the dataset's length, checked above, and the type is the dataset's own.
    call(|| unsafe { H5Dread(dataset.id(), datatype.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, target) })
}

/// The bytes of a scalar attribute that is a text of fixed length.
///
/// # Panics
/// If the attribute is no scalar.
pub(crate) fn read_text(attribute: &Attribute, datatype: &Datatype) -> Result<Vec<u8>> {
    assert_eq!(attribute.size(), 1, "the attribute is a scalar");
    let mut bytes = vec![0_u8; datatype.size()];
    let target = bytes.as_mut_ptr().cast::<c_void>();
    // SAFETY: the buffer has the size of the one text, and the type is the attribute's own.
    call(|| unsafe { H5Aread(attribute.id(), datatype.id(), target) })?;
    Ok(bytes)
}

/// Makes a dataset a dimension scale.
pub(crate) fn set_scale(scale: &Dataset, name: &str) -> Result<()> {
    let name = CString::new(name).map_err(|error| hdf5::Error::from(error.to_string()))?;
    // SAFETY: a live dataset and a zero-terminated name, which the library copies.
    call(|| unsafe { H5DSset_scale(scale.id(), name.as_ptr()) })
}

/// Attaches a scale to an axis of a dataset.
pub(crate) fn attach_scale(dataset: &Dataset, scale: &Dataset, axis: usize) -> Result<()> {
    let axis = c_uint::try_from(axis).expect("HDF5 datasets have at most 32 axes");
    // SAFETY: two live datasets; the library checks the axis.
    call(|| unsafe { H5DSattach_scale(dataset.id(), scale.id(), axis) })
}

/// What the library says, in one line; for a failed system call only what the system says.
pub(crate) fn words(error: &hdf5::Error) -> String {
    let text = error.to_string();
    let system = text.split_once("error message = '").and_then(|(_, rest)| rest.split_once('\''));
    match system {
        Some((message, _)) => message.to_owned(),
        None => text.lines().next().unwrap_or_default().to_owned(),
    }
}

/// Calls the library under its lock, with its own printing off.
fn call(function: impl FnOnce() -> i32) -> Result<()> {
    hdf5::sync::sync(|| h5check(function()).map(|_| ()))
}

fn padded(texts: &[String], length: usize) -> Vec<u8> {
    let mut bytes = vec![0; texts.len() * length];
    for (slot, text) in bytes.chunks_exact_mut(length).zip(texts) {
        slot[..text.len()].copy_from_slice(text.as_bytes());
    }
    bytes
}

fn pointer(bytes: &[u8]) -> *const c_void {
    bytes.as_ptr().cast()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_system_come_first() {
        let error = |text: &str| words(&hdf5::Error::from(text));
        let full =
            "H5Dwrite(): can't write: time = now\n, errno = 28, error message = 'No space left on device', buf = 0";
        assert_eq!(error(full), "No space left on device");
        assert_eq!(error("H5Dread(): data error\nmore"), "H5Dread(): data error");
    }
}
