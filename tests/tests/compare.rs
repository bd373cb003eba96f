//! Two bundles beside each other: frequencies of the same orbits.

#![allow(clippy::unwrap_used)] // A panic is how a test fails, in its helpers too.

use std::fs;
use std::path::Path;

use aa_tests::{errors, json, root, run};
use serde_json::Value;

/// Starts of Henon-Heiles on the section x = 0 at energies around 0.05, where nearly all orbits are regular.
const STARTS: [&str; 5] =
    ["0,0.05,0.31,0.02", "0,0.1,0.28,0.05", "0,0.15,0.26,-0.06", "0,-0.1,0.29,0.04", "0,0.2,0.2,0.1"];

/// The frequency map of some orbits in a file of this name.
fn map(folder: &Path, name: &str, starts: &[&str], more: &[&str]) -> String {
    let (points, out) = (folder.join(format!("{name}.txt")), folder.join(format!("{name}.h5")));
    fs::write(&points, starts.join("\n")).unwrap();
    let small = ["orbits=5", "t=400", "samples=512"].map(|option| format!("frequency_map.{option}"));
    let options = small.iter().flat_map(|option| ["--pass", option.as_str()]);
    let files = ["--initial", points.to_str().unwrap(), "--out", out.to_str().unwrap()];
    let system = ["analyze", "--system", "henon_heiles", "--passes", "frequency_map"];
    json(&system.into_iter().chain(files).chain(more.iter().copied()).chain(options).collect::<Vec<_>>());
    out.to_str().unwrap().to_string()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is a number"))
}

#[test]
fn maps_of_two_systems_are_compared_orbit_by_orbit() {
    let folder = tempfile::tempdir().unwrap();
    let mut moved = STARTS.to_vec();
    moved.rotate_left(2);
    moved[4] = "0,0.01,0.3,0";
    let first = map(folder.path(), "first", &STARTS, &[]);
    let second = map(folder.path(), "second", &moved, &["--set", "C=1.01"]);
    let out = folder.path().join("out.h5");
    let found = json(&["compare", &first, &second, "--out", out.to_str().unwrap()]);
    assert_eq!((&found["format"], &found["first"]["of"]), (&1.into(), &"map".into()));
    assert_eq!((&found["first"]["parameters"]["C"], &found["second"]["parameters"]["C"]), (&1.into(), &1.01.into()));
    let starts = &found["starts"];
    assert_eq!(["matched", "only_first", "only_second"].map(|key| starts[key].as_u64().unwrap()), [4, 1, 1]);
    assert_eq!(json(&["show", out.to_str().unwrap()]), found);
    let plain = |arguments: &[&str]| String::from_utf8(run(arguments).stdout).unwrap();
    assert_eq!(plain(&["show", out.to_str().unwrap()]), plain(&["compare", &first, &second]));
    let page = folder.path().join("out.html");
    assert!(run(&["report", out.to_str().unwrap(), "--out", page.to_str().unwrap()]).status.success());
    let page = fs::read_to_string(page).unwrap();
    assert!(page.contains("4 orbits in both") && page.contains("<svg") && page.contains("ω2"), "{page}");
    let frequencies = &found["frequencies"];
    assert_eq!((&frequencies["compared"], &frequencies["matrix"]), (&4.into(), &serde_json::json!([[1, 0], [0, 1]])));
    // One per cent of the cubic term moves the frequencies, in second order, by far more than their errors.
    let all = &frequencies["all"];
    let median = number(&all["relative"]["median"]);
    assert!(median > 1e-6 && median < 1e-2, "{all}");
    assert!(number(&all["within_errors"]) < 0.5 && number(&all["sigma"]) == 3.0, "{all}");
    assert_eq!(frequencies["diffusion"]["compared"], 4);
    let python = root().join("target/python/bin/python");
    let program = "import sys, h5py, numpy as np\n\
        first, second, out = (h5py.File(path, 'r') for path in sys.argv[1:4])\n\
        g = out['comparison/frequencies']\n\
        assert g['difference'].shape == g['relative'].shape == g['error'].shape == (4, 2)\n\
        assert g['difference'].attrs['units'] == b'rad/time' and g['difference'].dims[0][0].name.endswith('orbit')\n\
        mean = lambda f: (f['frequencies/map/first'][()] + f['frequencies/map/second'][()]) / 2\n\
        a, b = mean(first)[g['orbit_first']], mean(second)[g['orbit_second']]\n\
        a = np.take_along_axis(a, g['order'][()], 1) @ g['matrix'][()].T\n\
        assert np.abs(b - a - g['difference']).max() < 1e-15\n\
        assert np.abs(np.median(np.abs(b - a)) - float(sys.argv[4])) < 1e-15\n\
        assert first['frequencies/map/initial'][()][g['orbit_first'][()]].tolist() == g['initial'][()].tolist()\n\
        assert list(out['comparison/only_first']) == [1] and list(out['comparison/only_second']) == [4]\n";
    let median = all["absolute"]["median"].to_string();
    let mut command = std::process::Command::new(python);
    command.args(["-c", program, &first, &second, out.to_str().unwrap(), &median]);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", errors(&output));
}

#[test]
fn the_exit_code_says_whether_the_bundles_agree() {
    let folder = tempfile::tempdir().unwrap();
    let first = map(folder.path(), "first", &STARTS, &["--threads", "1"]);
    let same = map(folder.path(), "same", &STARTS, &["--threads", "3"]);
    let other = map(folder.path(), "other", &STARTS, &["--set", "C=1.01"]);
    assert_eq!(run(&["compare", &first, &same, "--tolerance", "0"]).status.code(), Some(0));
    assert_eq!(run(&["compare", &first, &other]).status.code(), Some(0));
    assert_eq!(run(&["compare", &first, &other, "--tolerance", "1"]).status.code(), Some(0));
    let differ = run(&["compare", &first, &other, "--tolerance", "1e-9"]);
    assert_eq!(differ.status.code(), Some(1));
    assert!(errors(&differ).contains("the largest relative difference is"), "{}", errors(&differ));
    assert!(String::from_utf8_lossy(&differ.stdout).contains("5 orbits in both"));
}

#[test]
fn learned_frequencies_are_compared_with_measured_ones() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("toda.h5");
    let arguments = ["analyze", "--system", "toda", "--profile", "quick", "--out", out.to_str().unwrap()];
    let document = json(&[&arguments[..], &["--passes", "compare_frequencies,action_angle,frequencies"]].concat());
    let out = out.to_str().unwrap();
    let found = json(&["compare", out, out, "--of", "learned,measured"]);
    assert_eq!((&found["first"]["of"], &found["second"]["of"]), (&"learned".into(), &"measured".into()));
    assert_eq!(found["frequencies"]["compared"], document["frequencies"]["orbits"].as_array().unwrap().len());
    // All orbits here, held-out ones in the document: the same size.
    let here = number(&found["frequencies"]["all"]["relative"]["median"]);
    let there = number(&document["frequencies"]["agreement"]["learned_vs_measured"]["median"]);
    assert!(here < 10.0 * there && there < 10.0 * here, "{here} and {there}");
    assert!(found["frequencies"]["all"]["within_errors"].is_null());
}

#[track_caller]
fn check_refusal(arguments: &[&str], code: i32, says: &str) {
    let output = run(&[&["compare"], arguments].concat());
    let text = errors(&output);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {text}");
    assert!(text.contains(says), "{arguments:?}: {text}");
    assert!(output.stdout.is_empty());
}

#[test]
fn what_cannot_be_compared_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    let bundle = map(folder.path(), "bundle", &STARTS[..2], &[]);
    let elsewhere = map(folder.path(), "elsewhere", &["0,0.07,0.3,0"], &[]);
    let (text, orbits) = (path("text.h5"), path("orbits.h5"));
    fs::write(&text, "no bundle").unwrap();
    assert!(run(&["simulate", "--system", "pendulum", "--orbits", "2", "--out", &orbits]).status.success());
    check_refusal(&[&bundle, &path("nowhere.h5")], 66, "cannot read");
    check_refusal(&[&bundle, &text], 4, "is not an HDF5 file");
    check_refusal(&[&bundle, &orbits], 65, "holds no frequencies");
    check_refusal(&[&bundle, &orbits], 65, "frequency_map");
    check_refusal(&[&bundle, &bundle, "--of", "learned"], 65, "holds no learned frequencies");
    check_refusal(&[&bundle, &bundle, "--of", "maps"], 2, "known are map, measured, learned");
    check_refusal(&[&bundle, &bundle, "--by", "z"], 2, "no coordinate or momentum `z`");
    check_refusal(&[&bundle, &bundle, "--tolerance", "-1"], 2, "tolerance");
    check_refusal(&[&bundle, &elsewhere], 65, "none of the 2 orbits of the first bundle starts where");
    let program = "import sys, h5py; f = h5py.File(sys.argv[1], 'a'); del f.attrs['seal']; g = f['frequencies/map']\n\
        error = g['error'][()]; del g['error']; g['error'] = error[:, :1]\n";
    let mut python = std::process::Command::new(root().join("target/python/bin/python"));
    let odd = path("odd.h5");
    fs::copy(&bundle, &odd).unwrap();
    assert!(python.args(["-c", program, &odd]).status().unwrap().success());
    check_refusal(&[&bundle, &odd], 65, "are not those of the same orbits");
    let near = json(&["compare", &bundle, &elsewhere, "--by", "x,px", "--within", "0.05"]);
    assert_eq!((&near["starts"]["matched"], &near["starts"]["only_first"]), (&1.into(), &1.into()));
}
