//! What is written is read: the same content, the same bytes, whole or not at all.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod common;

use std::fs;
use std::path::Path;

use aa_dataset::{Bundle, Dataset, FORMAT, Kind, read, read_group, read_trajectories, write};

#[test]
fn bundles_survive_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.h5");
    let bundle = common::bundle();
    write(&bundle, &path).unwrap();
    assert_eq!(read(&path).unwrap(), bundle);
    assert_eq!(&read_group(&path, "/integrals/").unwrap(), bundle.group("integrals").unwrap());
    assert_eq!(read_trajectories(&path).unwrap(), common::ensemble());
}

#[test]
fn the_same_bundle_gives_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = |name: &str, bundle: &Bundle| {
        let path = folder.path().join(name);
        write(bundle, &path).unwrap();
        fs::read(path).unwrap()
    };
    let first = bytes("first.h5", &common::bundle());
    // A second later, for a time stamp of whole seconds to show.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    assert!(first == bytes("second.h5", &common::bundle()));
    let again = read(&folder.path().join("first.h5")).unwrap();
    assert!(first == bytes("third.h5", &again), "reading and writing changes nothing");
    let mut other = common::bundle();
    other.insert("system/mass", Dataset::scalar(0.2));
    assert!(first != bytes("other.h5", &other));
}

#[test]
fn not_a_number_and_signed_zero_keep_their_bits() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.h5");
    let odd = vec![f64::NAN, -0.0, f64::NEG_INFINITY, f64::MIN_POSITIVE / 4.0];
    let mut bundle = Bundle::default();
    bundle.insert("odd", Dataset::plain(&[2, 2], odd.clone()));
    write(&bundle, &path).unwrap();
    let back = read(&path).unwrap();
    let bits = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(back.dataset("odd").unwrap().floats("odd").unwrap()), bits(&odd));
}

#[test]
fn large_arrays_and_long_texts_survive() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.h5");
    let mut bundle = Bundle::default();
    // Two chunks in one orbit, and a constant that gzip shrinks by a factor near its limit.
    bundle.insert("wide", Dataset::plain(&[2, 3, 200_000], (0..1_200_000).map(f64::from).collect::<Vec<_>>()));
    bundle.insert("constant", Dataset::plain(&[1_000_000], vec![0.0; 1_000_000]));
    bundle.insert("script", Dataset::scalar("// a long script: ω\n".repeat(5000)));
    bundle.insert("lines", Dataset::plain(&[2], vec!["x".repeat(70_000), "y".to_owned()]));
    write(&bundle, &path).unwrap();
    assert!(read(&path).unwrap() == bundle);
}

#[test]
fn an_older_file_is_replaced_and_what_a_killed_writer_left_goes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.h5");
    fs::write(&path, "an older file").unwrap();
    fs::write(folder.path().join(".a.h5.1.aatool-tmp"), "of a run that was killed").unwrap();
    fs::write(folder.path().join("a.h5.tmp"), "a user's own").unwrap();
    write(&common::bundle(), &path).unwrap();
    assert_eq!(read(&path).unwrap(), common::bundle());
    let left = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(left.filter(|name| name != "a.h5").collect::<Vec<_>>(), ["a.h5.tmp"]);
}

#[test]
fn writers_of_one_file_do_not_disturb_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.h5");
    let numbered = |number: usize| {
        let mut bundle = common::bundle();
        bundle.insert("number", Dataset::plain(&[20_000], vec![number as f64; 20_000]));
        bundle
    };
    write(&numbered(0), &path).unwrap();
    std::thread::scope(|scope| {
        for number in 1..4 {
            let (path, numbered) = (&path, &numbered);
            scope.spawn(move || (0..10).for_each(|_| write(&numbered(number), path).unwrap()));
        }
        for _ in 0..20 {
            let found = read(&path).unwrap();
            let number = found.dataset("number").unwrap().floats("number").unwrap()[0];
            assert!(found == numbered(number as usize), "the file is whole at any time");
        }
    });
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn what_cannot_be_written_is_an_error_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("absent").join("a.h5");
    let error = write(&common::bundle(), &nowhere).unwrap_err();
    assert_eq!(error.kind(), Kind::CannotWrite);
    assert!(error.to_string().contains("No such file or directory"), "{error}");
    // A folder stands where the file should go: found only by the last step, the rename.
    let taken = folder.path().join("taken.h5");
    fs::create_dir(&taken).unwrap();
    assert_eq!(write(&common::bundle(), &taken).unwrap_err().kind(), Kind::CannotWrite);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn what_is_not_there_or_not_hdf5_is_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.h5");
    assert_eq!(read(&path).unwrap_err().kind(), Kind::Missing);
    assert_eq!(read(folder.path()).unwrap_err().kind(), Kind::Missing);
    for content in ["", "plain text", "\u{89}HDF and then something else"] {
        fs::write(&path, content).unwrap();
        let error = read(&path).unwrap_err();
        assert_eq!(error.kind(), Kind::Damaged);
        assert!(error.to_string().contains("is not an HDF5 file"), "{error}");
    }
    write(&common::bundle(), &path).unwrap();
    let error = read_group(&path, "learned/nothing").unwrap_err();
    assert_eq!(error.kind(), Kind::Unusable);
    assert!(error.to_string().starts_with("there is no `learned/nothing`"), "{error}");
}

#[test]
fn a_later_format_is_refused_with_the_version_to_get() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.h5");
    foreign(&path, |file| {
        file.new_attr::<i64>().create("format")?.write_scalar(&(FORMAT + 1))?;
        let version: hdf5::types::VarLenUnicode = "9.1.0".parse().unwrap();
        file.new_attr::<hdf5::types::VarLenUnicode>().create("aatool")?.write_scalar(&version)
    });
    let error = read(&path).unwrap_err();
    assert_eq!(error.kind(), Kind::Unusable);
    assert!(
        error.to_string().ends_with("has format 2, and this version reads formats up to 1; get aatool 9.1.0 or later")
    );
}

#[test]
fn files_of_other_programs_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.h5");
    foreign(&path, |file| {
        let group = file.create_group("trajectories")?;
        group.new_dataset_builder().with_data(&[0.0_f32, 0.5]).create("t")?;
        group.new_dataset::<f32>().shape([1, 2, 1]).create("q")?.write_raw(&[1.0_f32, 0.25])?;
        group.new_dataset::<f64>().shape([1, 2, 1]).create("p")?.write_raw(&[0.0, -0.5])?;
        let other = file.create_group("other")?;
        other.new_dataset::<u64>().shape([2]).create("count")?.write_raw(&[1_u64, 1 << 40])?;
        let text: hdf5::types::VarLenUnicode = "τ".parse().unwrap();
        other.new_dataset::<hdf5::types::VarLenUnicode>().shape(()).create("text")?.write_scalar(&text)
    });
    let ensemble = read_trajectories(&path).unwrap();
    assert_eq!((ensemble.row(0, 0), ensemble.row(0, 1)), ([1.0, 0.0].as_slice(), [0.25, -0.5].as_slice()));
    let bundle = read(&path).unwrap();
    assert_eq!(bundle.dataset("other/count").unwrap().integers("count").unwrap(), [1, 1 << 40]);
    assert_eq!(bundle.dataset("other/text").unwrap().texts("text").unwrap(), ["τ"]);
    assert_eq!(bundle.dataset("trajectories/q").unwrap().axes[1].name, "axis_2");
    write(&bundle, &path).unwrap();
    assert_eq!(read(&path).unwrap(), bundle);
}

#[test]
fn what_a_bundle_cannot_hold_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.h5");
    let refusal = |make: &dyn Fn(&hdf5::File) -> hdf5::Result<()>| {
        foreign(&path, make);
        read(&path).unwrap_err().to_string()
    };
    let link = refusal(&|file| file.link_soft("/elsewhere", "alias"));
    assert!(link.ends_with("`/alias` is a link, which aatool does not read"), "{link}");
    let switch = refusal(&|file| file.new_dataset::<bool>().shape(()).create("switch")?.write_scalar(&true));
    assert!(switch.ends_with("`/switch` is of type bool, which aatool does not read"), "{switch}");
    let large = refusal(&|file| file.new_dataset::<u64>().shape(()).create("large")?.write_scalar(&u64::MAX));
    assert!(large.contains("`/large` is a number beyond 2^63"), "{large}");
    let elsewhere = refusal(&|file| {
        let builder = file.new_dataset_builder().external("/etc/hostname", 0, 8);
        builder.empty::<u8>().shape([8]).create("elsewhere").map(|_| ())
    });
    assert!(elsewhere.contains("`/elsewhere` is kept in other files"), "{elsewhere}");
    let hollow = refusal(&|file| {
        let builder = file.new_dataset_builder().chunk([1 << 20]);
        builder.empty::<f64>().shape([1_usize << 45]).create("hollow").map(|_| ())
    });
    assert!(hollow.contains("`/hollow` is damaged: the file has 0 bytes for shape"), "{hollow}");
    let circle = refusal(&|file| file.create_group("a")?.link_hard("/a", "a"));
    assert!(circle.contains("a loop of groups"), "{circle}");
}

/// A file as another program would write it.
fn foreign(path: &Path, make: impl FnOnce(&hdf5::File) -> hdf5::Result<()>) {
    let file = hdf5::File::create(path).unwrap();
    make(&file).unwrap();
    file.close().unwrap();
}
