//! Plugins that are not what they say, and what is said of them.

#![allow(clippy::unwrap_used)] // A panic is how a test fails, in its helpers too.

use std::fs;
use std::path::Path;

use aa_dynamics::ClaimStatus;
use aa_plugin::{Depth, Registry, SearchPath, SystemCheck, Verification, verify, verify_to};

const OSCILLATOR: &str = "//! Two springs.\nfn coordinates(k) { [\"x\", \"y\"] }\n\
    fn hamiltonian(q, p, k) { (p[0]**2 + p[1]**2 + q[0]**2 + q[1]**2)/2 }\n";

/// A plugin with one system of each text, called a, b, ..., and what else the manifest holds.
fn write_plugin(folder: &Path, systems: &[&str], others: &str) {
    fs::create_dir_all(folder.join("systems")).unwrap();
    let names: Vec<String> = ('a'..).take(systems.len()).map(String::from).collect();
    let manifest =
        format!("(format: 1, name: \"mine\", version: \"1.0.0\", requires: \"^0.1\", systems: {names:?}, {others})");
    fs::write(folder.join("plugin.ron"), manifest).unwrap();
    fs::write(folder.join("README.md"), "mine").unwrap();
    for (name, text) in names.iter().zip(systems) {
        fs::write(folder.join(format!("systems/{name}.rhai")), text).unwrap();
    }
}

fn verified(folder: &Path) -> Verification {
    let place = SearchPath { given: vec![folder.into()], ..SearchPath::default() };
    verify(Registry::open(&place).unwrap().plugin("mine").unwrap())
}

fn check_system(rest: &str) -> SystemCheck {
    let folder = tempfile::tempdir().unwrap();
    write_plugin(folder.path(), &[&format!("{OSCILLATOR}{rest}")], "");
    let found = verified(folder.path());
    assert!(found.faults.is_empty(), "{:?}", found.faults);
    assert_eq!(found.is_verified(), found.systems[0].is_verified());
    found.systems[0].clone()
}

#[test]
fn claims_are_proved_refuted_or_undecided() {
    let proved = check_system("fn integrals(q, p, k) { #{ l: q[0]*p[1] - q[1]*p[0] } }");
    assert!(proved.is_verified(), "{proved:?}");
    let mixed = check_system(
        "fn integrals(q, p, k) { #{ l: q[0]*p[1] - q[1]*p[0], wrong: q[0]*p[1], odd: log(q[0])*log(q[1]) } }",
    );
    assert!(!mixed.is_verified());
    let named = [ClaimStatus::Proved, ClaimStatus::Refuted, ClaimStatus::Undecided].map(|s| mixed.with_status(s));
    assert_eq!(named, [vec!["l"], vec!["wrong"], vec!["odd"]]);
}

#[test]
fn a_sampling_region_without_orbits_is_a_fault() {
    let low = check_system("fn initial_conditions(k) { #{ energy: -1 } }");
    assert!(low.faults[0].contains("no valid initial condition"), "{low:?}");
    let folder = tempfile::tempdir().unwrap();
    let collision = "//! A fall into the centre.\nfn coordinates(k) { [\"x\", \"y\"] }\n\
        fn hamiltonian(q, p, k) { (p[0]**2 + p[1]**2)/2 - 1/sqrt(q[0]**2 + q[1]**2) }\n\
        fn initial_conditions(k) { #{ points: [[0.1, 0, 0, 0]] } }";
    write_plugin(folder.path(), &[collision], "");
    let fall = &verified(folder.path()).systems[0];
    assert!(fall.faults[0].contains("cannot be followed"), "{fall:?}");
}

#[test]
fn scripts_that_do_not_run_or_say_nothing_are_faults() {
    let folder = tempfile::tempdir().unwrap();
    let silent = OSCILLATOR.split_once('\n').unwrap().1;
    let branching = OSCILLATOR.replace("(p[0]**2", "if q[0] > 0 { 1 } else { 2 } + (p[0]**2");
    write_plugin(folder.path(), &[silent, &branching], "passes: [\"gone\"]");
    let found = verified(folder.path());
    assert!(found.systems[0].faults[0].contains("no description"), "{found:?}");
    let fault = &found.systems[1].faults[0];
    assert!(fault.contains("b.rhai:3:") && fault.contains("cannot branch on a coordinate"), "{fault}");
    assert!(found.faults[0].contains("gone.rhai"), "{found:?}");
}

#[test]
fn the_manifest_lists_the_files_that_are_there() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = "datasets: [(name: \"orbits\", sha256: \"00\"), (name: \"lost\", sha256: \"00\")]";
    write_plugin(folder.path(), &[OSCILLATOR], dataset);
    fs::create_dir(folder.path().join("datasets")).unwrap();
    fs::write(folder.path().join("datasets/orbits.h5"), "abc").unwrap();
    fs::write(folder.path().join("systems/extra.rhai"), OSCILLATOR).unwrap();
    fs::remove_file(folder.path().join("README.md")).unwrap();
    let faults = verified(folder.path()).faults;
    let expected =
        ["systems/extra.rhai is not in", "there is no README.md", "orbits.h5 has sha256 ba7816bf", "lost.h5"];
    assert_eq!(faults.len(), expected.len(), "{faults:?}");
    for (fault, expected) in faults.iter().zip(expected) {
        assert!(fault.contains(expected), "{fault}");
    }
}

#[test]
fn each_depth_looks_further_than_the_one_before() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = format!("{OSCILLATOR}fn integrals(q, p, k) {{ #{{ wrong: q[0]*p[1] }} }}");
    let nowhere = format!("{OSCILLATOR}fn initial_conditions(k) {{ #{{ energy: -1 }} }}");
    write_plugin(folder.path(), &[&wrong, &nowhere], "passes: [\"gone\"]");
    let place = SearchPath { given: vec![folder.path().into()], ..SearchPath::default() };
    let registry = Registry::open(&place).unwrap();
    let faults = |depth| verify_to(registry.plugin("mine").unwrap(), depth).all_faults();
    assert!(faults(Depth::Files).len() == 1 && faults(Depth::Files)[0].contains("gone.rhai"));
    assert!(faults(Depth::Meaning).len() == 2 && faults(Depth::Meaning)[1].contains("no valid initial condition"));
    assert!(faults(Depth::Physics).len() == 3 && faults(Depth::Physics)[1] == "a: refuted: wrong");
}

#[test]
fn bundled_plugins_know_their_files() {
    let registry = Registry::open(&SearchPath::bundled_only()).unwrap();
    let core = verify(registry.plugin("core").unwrap());
    assert!(core.is_verified() && core.systems.is_empty(), "{core:?}");
    assert!(registry.plugin("core").unwrap().files("passes").contains(&"chaos.rhai".to_string()));
}
