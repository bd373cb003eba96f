//! Damaged files: never a crash, never a wrong value, and the dataset is named.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod common;

use std::fs;
use std::path::Path;

use aa_dataset::{Bundle, Error, Kind, read, write};
use aa_dynamics::random::Stream;

/// The bytes of a sound file, and the bundle in it.
fn sound(folder: &Path) -> (Vec<u8>, Bundle) {
    let path = folder.join("sound.h5");
    let bundle = common::bundle();
    write(&bundle, &path).unwrap();
    (fs::read(path).unwrap(), bundle)
}

/// What comes of damage must be an error, or the true content where the damage hit bytes without meaning.
fn check(path: &Path, bytes: &[u8], bundle: &Bundle, what: &str) -> Option<Error> {
    fs::write(path, bytes).unwrap();
    match read(path) {
        Ok(found) => {
            assert!(&found == bundle, "{what}: read without an error and differs");
            None
        }
        Err(error) => {
            assert_eq!(error.kind(), Kind::Damaged, "{what}: {error}");
            Some(error)
        }
    }
}

fn n_cases() -> u64 {
    if std::env::var_os("AATOOL_LONG").is_some() { 20_000 } else { 600 }
}

#[test]
fn flipped_bits_are_seen() {
    let folder = tempfile::tempdir().unwrap();
    let (bytes, bundle) = sound(folder.path());
    let path = folder.path().join("damaged.h5");
    let mut stream = Stream::new(1, "flips");
    let mut n_seen = 0;
    for _ in 0..n_cases() {
        let mut damaged = bytes.clone();
        let (place, bit) = (stream.bits() as usize % bytes.len(), stream.bits() % 8);
        damaged[place] ^= 1 << bit;
        n_seen += usize::from(check(&path, &damaged, &bundle, &format!("bit {bit} of byte {place}")).is_some());
    }
    // The rest of the file is padding, and the references by which other programs find the axes.
    assert!(n_seen > 0);
}

#[test]
fn overwritten_stretches_are_seen() {
    let folder = tempfile::tempdir().unwrap();
    let (bytes, bundle) = sound(folder.path());
    let path = folder.path().join("damaged.h5");
    let mut stream = Stream::new(2, "stretches");
    for _ in 0..n_cases() / 2 {
        let mut damaged = bytes.clone();
        let (start, length) = (stream.bits() as usize % bytes.len(), 1 + stream.bits() as usize % 600);
        let end = (start + length).min(bytes.len());
        damaged[start..end].fill_with(|| stream.bits() as u8);
        check(&path, &damaged, &bundle, &format!("bytes {start}..{end}"));
    }
}

#[test]
fn truncated_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (bytes, bundle) = sound(folder.path());
    let path = folder.path().join("damaged.h5");
    let mut stream = Stream::new(3, "truncations");
    for _ in 0..n_cases() / 6 {
        let length = stream.bits() as usize % bytes.len();
        assert!(check(&path, &bytes[..length], &bundle, &format!("the first {length} bytes")).is_some());
    }
}

#[test]
fn the_damaged_dataset_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (bytes, bundle) = sound(folder.path());
    let path = folder.path().join("damaged.h5");
    let named = (0..bytes.len()).step_by(23).filter_map(|place| {
        let mut damaged = bytes.clone();
        damaged[place] ^= 0x10;
        match check(&path, &damaged, &bundle, &format!("byte {place}"))? {
            Error::Damaged { dataset, .. } => Some(dataset),
            _ => None,
        }
    });
    let named: std::collections::BTreeSet<String> = named.collect();
    for dataset in ["/trajectories/q", "/trajectories/energy", "/integrals/expression", "/learned/weights/slope"] {
        assert!(named.contains(dataset), "{dataset} is not among {named:?}");
    }
}

#[test]
fn a_locked_file_is_locked_and_not_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sound.h5");
    let (_, bundle) = sound(folder.path());
    let writer = fs::File::open(&path).unwrap();
    writer.lock().unwrap();
    let error = read(&path).unwrap_err();
    assert_eq!(error.kind(), Kind::Locked, "{error}");
    assert!(error.to_string().contains("sound.h5 is locked by another program"), "{error}");
    writer.unlock().unwrap();
    assert_eq!(read(&path).unwrap(), bundle);
}
