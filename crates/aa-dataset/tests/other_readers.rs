//! Other programs open our files: h5dump, h5py and xarray, each where this machine has it.
//!
//! `scripts/test` makes a Python environment and names its interpreter in `AATOOL_PYTHON`.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod common;

use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use aa_dataset::{Kind, read, write};

/// The standard output of a program, or nothing where there is no such program.
fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{program} {arguments:?}: {}", text(&output.stderr));
    Some(text(&output.stdout))
}

/// A program started while another thread writes inherits the open file, and with it the lock on it: one at a time.
static ALONE: Mutex<()> = Mutex::new(());

fn with_file(test: impl FnOnce(&Path)) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bundle.h5");
    write(&common::bundle(), &path).unwrap();
    test(&path);
}

/// Runs a Python script with the file as its argument; it fails by an assertion.
fn python(script: &str) {
    let Ok(interpreter) = std::env::var("AATOOL_PYTHON") else {
        println!("skipped: AATOOL_PYTHON names no Python; scripts/test sets it");
        return;
    };
    with_file(|path| {
        let path = path.to_str().unwrap();
        output(&interpreter, &["-c", script, path]).expect("AATOOL_PYTHON names a program");
    });
}

#[test]
fn h5dump_shows_the_layout() {
    with_file(|path| {
        let path = path.to_str().unwrap();
        let Some(header) = output("h5dump", &["-p", "-H", path]) else {
            println!("skipped: there is no h5dump on this machine");
            return;
        };
        assert!(header.contains("GROUP \"trajectories\""), "{header}");
        let q = output("h5dump", &["-p", "-H", "-d", "/trajectories/q", path]).unwrap();
        for part in
            ["( 2, 40, 2 )", "CHUNKED ( 1, 40, 2 )", "SHUFFLE", "DEFLATE { LEVEL 4 }", "FLETCHER32", "DIMENSION_LIST"]
        {
            assert!(q.contains(part), "{part} is not in {q}");
        }
        let superblock = output("h5dump", &["-B", "-H", path]).unwrap();
        assert!(superblock.contains("SUPERBLOCK_VERSION 3"), "{superblock}");
    });
}

#[test]
fn h5py_reads_numbers_texts_and_scales() {
    python(
        r#"
import sys, h5py, numpy
with h5py.File(sys.argv[1]) as file:
    assert file.attrs["format"] == 1
    q = file["trajectories/q"]
    assert q.shape == (2, 40, 2) and q.chunks == (1, 40, 2) and q.fletcher32 and q.shuffle
    assert numpy.allclose(q[1, :, 0], 1.5 * numpy.cos(file["trajectories/t"][:]))
    assert [len(axis) for axis in q.dims] == [1, 1, 1]
    assert [axis[0].name for axis in q.dims] == ["/trajectories/orbit", "/trajectories/time", "/trajectories/dof"]
    assert file["integrals/degree"].dims[0][0] == file["integrals/integral"]
    assert file["integrals/expression"].asstr()[1] == "energy of the first oscillator: \u03c9\u2081 I\u2081"
    assert file["system/script"].asstr()[()].startswith("//! Zwei Schwingungen, \u03c9")
    assert file["system/dof"][()] == 2
    assert file["trajectories/t"].attrs["units"] in ("time", b"time")
    def described(name, item):
        if isinstance(item, h5py.Dataset) and not item.attrs.get("NAME", b"").startswith(b"This is a netCDF dim"):
            assert "units" in item.attrs and "long_name" in item.attrs, name
    file.visititems(described)
"#,
    );
}

#[test]
fn a_file_that_h5py_changed_is_refused_until_its_seal_is_taken_off() {
    let change = r#"
import sys, h5py
with h5py.File(sys.argv[1], "r+") as file:
    file["more"] = [1.0, 2.0]
"#;
    let Ok(interpreter) = std::env::var("AATOOL_PYTHON") else {
        println!("skipped: AATOOL_PYTHON names no Python; scripts/test sets it");
        return;
    };
    with_file(|path| {
        let python = |script: &str| output(&interpreter, &["-c", script, path.to_str().unwrap()]);
        python(change).unwrap();
        let error = read(path).unwrap_err();
        assert_eq!(error.kind(), Kind::Damaged);
        assert!(error.to_string().contains("its seal is broken; to keep a change"), "{error}");
        python("import sys, h5py\nwith h5py.File(sys.argv[1], 'r+') as file: del file.attrs[\"seal\"]").unwrap();
        assert_eq!(read(path).unwrap().dataset("more").unwrap().floats("more").unwrap(), [1.0, 2.0]);
    });
}

#[test]
fn xarray_finds_axes_units_and_times() {
    python(
        r#"
import sys, xarray
with xarray.open_dataset(sys.argv[1], group="trajectories", engine="h5netcdf") as data:
    assert dict(data.sizes) == {"orbit": 2, "time": 40, "dof": 2}, data.sizes
    assert data.q.dims == ("orbit", "time", "dof") and data.energy.dims == ("orbit", "time")
    assert "t" in data.q.coords and data.t.dims == ("time",)
    assert data.q.attrs["long_name"] == "coordinates" and data.t.attrs["units"] == "time", data.q.attrs
    assert float(data.q[0, 0, 0]) == 0.5
for group in ["integrals", "learned/weights", "system"]:
    with xarray.open_dataset(sys.argv[1], group=group, engine="h5netcdf") as data:
        data.load()
        assert data.attrs is not None
        if group == "integrals":
            assert list(data.degree.integral.values) == [1, 2, 3]
        if group == "system":
            assert data.attrs["seed"] == 7
"#,
    );
}
