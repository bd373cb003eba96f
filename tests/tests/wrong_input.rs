//! Wrong input: each gets a clear error with its exit code, and nothing is half-written.

#![allow(clippy::unwrap_used)] // A panic is how a test fails, in its helpers too.

use aa_tests::{errors, run};
use std::fs;

/// Analyses a script with these lines in place of the usual ones.
#[track_caller]
fn check_script(script: &str, code: i32, says: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wrong.rhai");
    let out = folder.path().join("out.h5");
    fs::write(&path, script).unwrap();
    let (path, out) = (path.to_str().unwrap(), out.to_str().unwrap());
    let output = run(&["analyze", "--system", path, "--profile", "quick", "--out", out]);
    let text = errors(&output);
    assert_eq!(output.status.code(), Some(code), "{text}");
    assert!(text.to_lowercase().contains(says), "{text}");
    assert!(output.stdout.is_empty());
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["wrong.rhai"], "something was left behind");
}

/// A system of one degree of freedom with this potential.
fn potential(formula: &str) -> String {
    format!("fn coordinates(k) {{ [\"x\"] }}\nfn hamiltonian(q, p, k) {{\n    p[0]**2/2 + {formula}\n}}\n")
}

#[test]
fn broken_syntax_is_located() {
    check_script("fn coordinates(k) { [\"x\"] }\nfn hamiltonian(q, p, k) {\n    p[0]**2/2 +\n}\n", 65, "wrong.rhai:");
}

#[test]
fn a_branch_on_a_coordinate_is_refused() {
    check_script(
        &potential("if q[0] > 0 { q[0]**2 } else { q[0]**4 }"),
        65,
        "a hamiltonian cannot branch on a coordinate",
    );
}

#[test]
fn an_unknown_function_is_named() {
    check_script(&potential("cosine(q[0])"), 65, "cosine");
}

#[test]
fn coordinates_of_the_wrong_arity_are_refused() {
    check_script("fn coordinates(a, b) { 1 }\nfn hamiltonian(q, p, k) { p[0]**2/2 }\n", 65, "coordinates");
}

#[test]
fn a_hamiltonian_that_is_no_number_at_the_start_is_refused() {
    let start = "fn initial_conditions(k) { #{ points: [[-1.0, 0.0]] } }\n";
    check_script(&(potential("log(q[0])") + start), 65, "initial");
}

#[test]
fn an_endless_loop_is_stopped() {
    check_script(&potential("{ loop {} }"), 65, "operations");
}

#[test]
fn a_memory_bomb_in_closures_is_stopped() {
    let bomb = "{ let all = []; let s = \"x\"; for i in 0..14 { s += s; } \
                for i in 0..100000 { let copy = s + i; all.push(|| copy); } 0 }";
    check_script(&potential(bomb), 65, "memory");
}

#[test]
fn a_missing_file_is_missing() {
    let output = run(&["analyze", "--system", "./nowhere.rhai"]);
    assert_eq!(output.status.code(), Some(66), "{}", errors(&output));
    assert!(errors(&output).contains("nowhere.rhai"));
}

#[test]
fn command_lines_that_are_none_have_codes_and_near_names() {
    let check = |arguments: &[&str], code: &str, says: &str| {
        let output = run(arguments);
        let text = errors(&output);
        assert_eq!((output.status.code(), output.stdout.is_empty()), (Some(2), true), "{text}");
        assert!(text.starts_with(&format!("error[{code}]: ")) && text.contains(says), "{text}");
        assert!(text.contains("try '--help'"), "{text}");
    };
    check(&["analize"], "AA0008", "'analyze'");
    check(&["analyze", "--sytem", "toda"], "AA0008", "'--system'");
    check(&["predict", "--at", "1"], "AA0008", "--model");
    check(&["analyze", "--system"], "AA0001", "a value is required for '--system");
    check(&["analyze", "--system", "toda", "--orbits", "many"], "AA0001", "invalid value 'many'");
    check(&["analyze", "--system", "toda", "--profile", "quik"], "AA0001", "'quick'");
    check(&["analyze", "--system", "toda", "--data", "a.h5"], "AA0001", "cannot be used with");
}

#[test]
fn help_is_a_result_and_its_absence_an_error() {
    for arguments in [&["--help"][..], &["--version"], &["analyze", "--help"], &["help", "scan"]] {
        let output = run(arguments);
        assert!(output.status.success() && output.stderr.is_empty() && !output.stdout.is_empty(), "{arguments:?}");
    }
    let nothing = run(&[]);
    assert_eq!((nothing.status.code(), nothing.stdout.is_empty()), (Some(2), true));
    assert!(errors(&nothing).contains("Usage:"));
}

#[test]
fn an_unknown_parameter_is_wrong_usage() {
    let output = run(&["analyze", "--system", "toda", "--set", "m=5"]);
    assert_eq!(output.status.code(), Some(2), "{}", errors(&output));
    assert!(errors(&output).contains('m') && errors(&output).contains('n'));
}

#[test]
fn an_output_that_cannot_be_written_is_said_before_the_work() {
    let output = run(&["analyze", "--system", "toda", "--out", "/nonexistent/folder/out.h5"]);
    assert_eq!(output.status.code(), Some(73), "{}", errors(&output));
    assert!(output.stdout.is_empty());
}

#[test]
fn unknown_passes_and_options_are_wrong_usage() {
    for arguments in [
        ["--passes", "chaoss"],
        ["--pass", "chaos.tt=5"],
        ["--pass", "chaos"],
        ["--energy", "high"],
        ["--box", "0:1,2:1"],
    ] {
        let output = run(&[&["analyze", "--system", "toda"], &arguments[..]].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", errors(&output));
    }
}

#[test]
fn a_plugin_with_a_wrong_claim_is_not_verified() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().to_str().unwrap();
    assert_eq!(run(&["plugin", "verify", place]).status.code(), Some(2), "no plugin there");
    let manifest = "(format: 1, name: \"mine\", version: \"1.0.0\", requires: \"^0.1\", systems: [\"spring\"])";
    let script = "//! A spring.\nfn coordinates(k) { [\"x\"] }\nfn hamiltonian(q, p, k) { (p[0]**2 + q[0]**2)/2 }\n\
        fn integrals(q, p, k) { #{ place: q[0] } }\n";
    std::fs::create_dir(folder.path().join("systems")).unwrap();
    for (file, text) in [("plugin.ron", manifest), ("systems/spring.rhai", script), ("README.md", "A spring.\n")] {
        std::fs::write(folder.path().join(file), text).unwrap();
    }
    let output = run(&["plugin", "verify", place]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{}", errors(&output));
    assert!(text.contains("refuted: place") && text.contains("0 of 1 systems verified"), "{text}");
    let output = run(&["plugin", "verify", place, "--format", "json"]);
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &document["verified"]), (Some(1), &false.into()));
    assert_eq!(document["plugins"][0]["systems"][0]["claims"][0]["status"], "refuted");
}
