//! A script under watch is analysed again when it is saved, and a mistake in it is told and waited on.

#![allow(clippy::unwrap_used)] // A panic is how a test fails, in its helpers too.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use aa_tests::aatool;

fn script(potential: &str) -> String {
    format!("fn coordinates(k) {{ [\"x\"] }}\nfn hamiltonian(q, p, k) {{ p[0]**2/2 + {potential} }}\n")
}

#[test]
fn a_saved_script_is_analysed_again_and_a_mistake_is_waited_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.rhai");
    fs::write(&path, script("q[0]**2/2")).unwrap();
    let mut command = aatool(&["watch", path.to_str().unwrap()]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut stderr = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let mut until = |end: &str| stdout.by_ref().find(|line| line.contains(end)).unwrap();
    until("x**2/2");
    until("INTEGRABLE");
    fs::write(&path, script("q[0]**2/")).unwrap();
    assert!(stderr.by_ref().any(|line| line.contains("mine.rhai:2")));
    fs::write(&path, script("q[0]**4/4")).unwrap();
    until("x**4/4");
    until("INTEGRABLE");
    child.kill().unwrap();
    child.wait().unwrap();
}
