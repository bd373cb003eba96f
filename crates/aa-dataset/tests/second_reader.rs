//! The second reader agrees with the first.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod common;

use std::fs;

use aa_dataset::{Dataset, Kind, differences, read, read_independently, write};

#[test]
fn both_readers_see_the_same_bundle() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.h5");
    let mut bundle = common::bundle();
    let odd = vec![f64::NAN, -0.0, f64::NEG_INFINITY, f64::MIN_POSITIVE / 4.0];
    bundle.insert("odd", Dataset::plain(&[2, 2], odd));
    bundle.insert("long", Dataset::scalar("// ω\n".repeat(20_000)));
    bundle.insert("wide", Dataset::plain(&[2, 3, 100_000], (0..600_000).map(f64::from).collect::<Vec<_>>()));
    write(&bundle, &path).unwrap();
    let second = read_independently(&path).unwrap();
    assert_eq!(differences(&read(&path).unwrap(), &second), []);
    assert_eq!(differences(&bundle, &second), []);
}

#[test]
fn the_second_reader_sees_damage_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.h5");
    let bundle = common::bundle();
    write(&bundle, &path).unwrap();
    let bytes = fs::read(&path).unwrap();
    let mut n_seen = 0;
    for place in (0..bytes.len()).step_by(41) {
        let mut damaged = bytes.clone();
        damaged[place] ^= 0x10;
        fs::write(&path, &damaged).unwrap();
        match read_independently(&path) {
            Ok(found) => assert_eq!(differences(&bundle, &found), [], "byte {place}"),
            Err(error) => {
                assert_eq!(error.kind(), Kind::Damaged, "byte {place}: {error}");
                n_seen += 1;
            }
        }
    }
    assert!(n_seen > bytes.len() / 41 / 4, "{n_seen} flips were seen");
    assert_eq!(read_independently(&folder.path().join("none.h5")).unwrap_err().kind(), Kind::Missing);
}
