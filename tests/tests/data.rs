//! Analyses of measured orbits, without a script.

#![allow(clippy::unwrap_used)] // A panic is how a test fails, in its helpers too.

use std::fs;
use std::path::{Path, PathBuf};

use aa_tests::{aatool, errors, json, run};
use serde_json::Value;

/// Orbits of a bundled system in a file.
fn orbits(folder: &Path, system: &[&str], sampling: &[&str]) -> PathBuf {
    let out = folder.join("orbits.h5");
    let arguments = [&["simulate", "--system"], system, sampling, &["--out", out.to_str().unwrap()]].concat();
    let output = run(&arguments);
    assert!(output.status.success(), "{}", errors(&output));
    out
}

fn pass<'a>(document: &'a Value, name: &str) -> &'a Value {
    document["passes"].as_array().unwrap().iter().find(|pass| pass["name"] == name).unwrap()
}

const HENON_HEILES: [&str; 3] = ["henon_heiles", "--energy", "0.02:0.08"];

#[test]
fn a_hamiltonian_is_fitted_and_what_holds_is_proved_for_it() {
    let folder = tempfile::tempdir().unwrap();
    // C = -1 makes the cubic term +y^3/3: the integrable member.
    let system = [&HENON_HEILES[..], &["--set", "C=-1"]].concat();
    let file = orbits(folder.path(), &system, &["--orbits", "40", "--t", "20", "--samples", "201"]);
    let options = ["--profile", "quick", "--passes", "verdict,conserved_quantities"];
    let document = json(&[&["analyze", "--data", file.to_str().unwrap()], &options[..]].concat());
    assert_eq!(document["system"]["name"], "orbits");
    assert_eq!(document["system"]["coordinates"], serde_json::json!(["x", "y"]));
    let hamiltonian = document["system"]["hamiltonian"].as_str().unwrap();
    for term in ["x**2*y", "y**3/3", "x**2/2", "y**2/2", "px**2/2", "py**2/2"] {
        assert!(hamiltonian.contains(term), "{hamiltonian}");
    }
    assert_eq!(document["integrals"]["in_involution"], 2);
    let verdict = &document["verdict"];
    assert_eq!((&verdict["kind"], &verdict["certainty"]), (&"integrable".into(), &"proved".into()));
    assert!(verdict["because"][0].as_str().unwrap().contains("proved for the fitted H = "), "{verdict}");
    let found = &pass(&document, "from_data")["artifacts"]["data_integrals"];
    assert_eq!((&found["certainty"], &found["independent"]), (&"measured".into(), &2.into()));
    let notes = pass(&document, "from_data")["notes"].to_string();
    assert!(notes.contains("fitted H = ") && notes.contains("0.333333") && notes.contains("measured: "), "{notes}");
}

#[test]
fn data_without_a_fitting_hamiltonian_give_a_whole_document() {
    let folder = tempfile::tempdir().unwrap();
    let file = orbits(folder.path(), &["toda"], &["--orbits", "16", "--t", "20", "--samples", "201"]);
    let options = ["--pass", "from_data.degree=2", "--pass", "from_data.sigma=0"];
    let document = json(&[&["analyze", "--data", file.to_str().unwrap()], &options[..]].concat());
    let verdict = &document["verdict"];
    assert_eq!((&verdict["kind"], &verdict["certainty"]), (&"undecided".into(), &"measured".into()));
    assert!(document["integrals"].is_null() && document["chaos"].is_null());
    assert_eq!(document["system"]["hamiltonian"], "");
    let skipped = pass(&document, "conserved_quantities");
    assert_eq!(skipped["status"], "skipped");
    assert!(skipped["reason"].as_str().unwrap().starts_with("no Hamiltonian p^2/(2m) + V(q) was fitted"), "{skipped}");
    let combinations = pass(&document, "from_data")["artifacts"]["data_integrals"]["combinations"].as_array().unwrap();
    // The energy has exponentials in it, so of its conserved quantities only the momentum is a polynomial this low.
    let conserved: Vec<&Value> = combinations.iter().filter(|found| found["state"] == "conserved").collect();
    assert_eq!(conserved.len(), 1, "{combinations:?}");
    assert_eq!(conserved[0]["expression"], "p1 + p2 + p3");
}

#[test]
fn a_plugins_dataset_is_found_by_name_and_its_angle_is_a_circle() {
    let folder = tempfile::tempdir().unwrap();
    let file = orbits(folder.path(), &["pendulum"], &["--orbits", "12", "--t", "20", "--samples", "201"]);
    let plugin = folder.path().join("mine");
    fs::create_dir_all(plugin.join("datasets")).unwrap();
    fs::copy(&file, plugin.join("datasets/swings.h5")).unwrap();
    let manifest = format!(
        "(format: 1, name: \"mine\", version: \"0.1.0\", requires: \"^0.1\", about: \"swings\", authors: [\"me\"], \
         license: \"MIT\", depends: {{}}, systems: [], passes: [], datasets: [(name: \"swings\", sha256: \"{:064}\")])",
        0
    );
    fs::write(plugin.join("plugin.ron"), manifest).unwrap();
    let place = folder.path().to_str().unwrap();
    let options = ["--passes", "conserved_quantities", "--pass", "from_data.sigma=0,0"];
    let document = json(&[&["--plugin-path", place, "analyze", "--data", "mine/swings"], &options[..]].concat());
    assert_eq!((&document["system"]["name"], &document["system"]["plugin"]), (&"swings".into(), &"mine@0.1.0".into()));
    assert_eq!(document["system"]["hamiltonian"], "p_phi**2/2 - cos(phi)");
    assert_eq!(document["integrals"]["independent"], 1);
}

#[test]
fn tables_of_text_are_read_like_files_of_orbits() {
    let folder = tempfile::tempdir().unwrap();
    let file = orbits(folder.path(), &["pendulum"], &["--orbits", "12", "--t", "20", "--samples", "201"]);
    let ensemble = aa_dataset::read_trajectories(&file).unwrap();
    let mut text = "orbit,t,q1,p1\n".to_string();
    for (orbit, rows) in ensemble.orbits.iter().enumerate() {
        for (t, row) in ensemble.t.iter().zip(rows.chunks(2)) {
            text += &format!("{orbit},{t},{},{}\n", row[0], row[1]);
        }
    }
    let table = folder.path().join("orbits.csv");
    fs::write(&table, &text).unwrap();
    assert_eq!(aa_dataset::read_trajectories(&table).unwrap(), ensemble);
    let options = ["--passes", "from_data"];
    let found = |data: &Path| {
        let document = json(&[&["analyze", "--data", data.to_str().unwrap()], &options[..]].concat());
        pass(&document, "from_data")["artifacts"]["data_integrals"]["sigma"].clone()
    };
    assert_eq!(found(&table), found(&file));
    fs::write(&table, text.replace("\n0,0.1,", "\n0,soon,")).unwrap();
    check_wrong(&["--data", table.to_str().unwrap()], 65, "line 3: `soon` in column t is no finite number");
}

#[test]
fn bundled_datasets_open_in_any_folder_and_messages_name_them() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| aatool(arguments).current_dir(folder.path()).output().unwrap();
    let name = "oscillators/harmonic_chain_0_5";
    let output = run(&["analyze", "--data", name, "--passes", "zero_one", "--format", "json"]);
    let text = errors(&output);
    // A single orbit: it opens, and is refused by its name.
    assert_eq!(output.status.code(), Some(65), "{text}");
    assert!(text.contains("oscillators/harmonic_chain_0_5: ") && text.contains("here are 1"), "{text}");
    fs::write(folder.path().join("study.rhai"), format!("fn run(lab) {{ lab.dataset(\"{name}\"); }}")).unwrap();
    let output = run(&["run", "study.rhai"]);
    assert!(output.status.success(), "{}", errors(&output));
    let plugin = folder.path().join("plugins/mine");
    fs::create_dir_all(plugin.join("datasets")).unwrap();
    let manifest = format!(
        "(format: 1, name: \"mine\", version: \"0.1.0\", requires: \"^0.1\", about: \"none\", authors: [\"me\"], \
         license: \"MIT\", depends: {{}}, systems: [], passes: [], datasets: [(name: \"torn\", sha256: \"{:064}\")])",
        0
    );
    fs::write(plugin.join("plugin.ron"), manifest).unwrap();
    fs::write(plugin.join("datasets/torn.h5"), "no file").unwrap();
    let output = run(&["analyze", "--data", "mine/torn"]);
    assert_eq!(output.status.code(), Some(4), "{}", errors(&output));
    assert!(errors(&output).contains("mine/torn is not an HDF5 file"), "{}", errors(&output));
}

#[test]
fn files_of_another_layout_are_read_with_a_mapping() {
    let folder = tempfile::tempdir().unwrap();
    let file = orbits(folder.path(), &["pendulum"], &["--orbits", "12", "--t", "20", "--samples", "201"]);
    let own = aa_dataset::read_group(&file, "trajectories").unwrap();
    let mut foreign = aa_dataset::Bundle::default();
    for (name, place) in [("q", "run/angle"), ("p", "run/momentum"), ("t", "clock")] {
        foreign.insert(place, own.dataset(name).unwrap().clone());
    }
    let path = folder.path().join("foreign.h5");
    aa_dataset::write(&foreign, &path).unwrap();
    let path = path.to_str().unwrap();
    let sigma = |arguments: &[&str]| {
        let document = json(&[&["analyze", "--passes", "from_data"], arguments].concat());
        pass(&document, "from_data")["artifacts"]["data_integrals"]["sigma"].clone()
    };
    let map = ["--map", "q=/run/angle,p=/run/momentum,t=/clock"];
    assert_eq!(sigma(&[&["--data", path], &map[..]].concat()), sigma(&["--data", file.to_str().unwrap()]));
    check_wrong(&["--data", path], 65, "trajectories");
    check_wrong(&["--data", path, "--map", "q=/run/angle"], 2, "`t` is missing");
    check_wrong(
        &["--data", path, "--map", "q=/angle,p=/run/momentum,t=/clock"],
        65,
        "there is no `/angle`; there are: /",
    );
    check_wrong(&["--system", "toda", "--map", "q=/a,p=/b,t=/c"], 2, "--data");
}

#[test]
fn a_system_has_no_data_and_that_pass_says_so() {
    let document = json(&["analyze", "--system", "pendulum", "--passes", "from_data"]);
    assert_eq!(pass(&document, "from_data")["status"], "skipped");
    assert_eq!(pass(&document, "from_data")["reason"], "the study has no data: it is of a system");
}

#[track_caller]
fn check_wrong(arguments: &[&str], code: i32, says: &str) {
    let output = run(&[&["analyze"], arguments].concat());
    let text = errors(&output);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {text}");
    assert!(text.contains(says) && output.stdout.is_empty(), "{arguments:?}: {text}");
}

#[test]
fn wrong_data_are_refused_in_words() {
    check_wrong(&[], 2, "--data");
    check_wrong(&["--system", "toda", "--data", "orbits.h5"], 2, "--data");
    check_wrong(&["--data", "./nowhere.h5"], 66, "nowhere.h5");
    check_wrong(&["--data", "nowhere"], 2, "dataset");
    let folder = tempfile::tempdir().unwrap();
    let file = orbits(folder.path(), &["pendulum"], &["--orbits", "1", "--t", "10", "--samples", "101"]);
    let path = file.to_str().unwrap();
    check_wrong(&["--data", path], 65, "here are 1");
    check_wrong(&["--data", path, "--set", "g=2"], 2, "no parameter `g`");
    let two = orbits(folder.path(), &["pendulum"], &["--orbits", "9", "--t", "10", "--samples", "2"]);
    check_wrong(&["--data", two.to_str().unwrap()], 65, "an orbit needs 16 times; here are 2");
    // The open lattice flies apart: rows after an escape are NaN.
    let escaping = ["toda_open", "--energy", "30"];
    let escaped = orbits(folder.path(), &escaping, &["--orbits", "9", "--t", "1e9", "--samples", "40"]);
    check_wrong(&["--data", escaped.to_str().unwrap()], 65, "not finite");
    let bundle = folder.path().join("bundle.h5");
    let plain = ["analyze", "--system", "pendulum", "--passes", "conserved_quantities", "--out"];
    assert!(run(&[&plain[..], &[bundle.to_str().unwrap()]].concat()).status.success());
    check_wrong(&["--data", bundle.to_str().unwrap()], 65, "trajectories");
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 64].fill(0x5a);
    bytes.truncate(bytes.len() - 100);
    fs::write(&file, bytes).unwrap();
    check_wrong(&["--data", path], 4, "orbits.h5");
}
