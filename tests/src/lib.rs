//! Runs the built binary, for tests of what crosses rooms.

use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

/// The binary that the workspace's build put beside the tests.
///
/// # Panics
/// If it was not built: `cargo build --workspace` comes before the tests.
pub fn binary() -> PathBuf {
    let test = std::env::current_exe().expect("a running test has a path");
    let folder = test.ancestors().nth(2).expect("tests run from target/PROFILE/deps");
    let binary = folder.join("aatool").with_extension(std::env::consts::EXE_EXTENSION);
    assert!(binary.exists(), "{} is missing: run cargo build --workspace first", binary.display());
    binary
}

/// The root of the repository.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the root").to_path_buf()
}

/// The binary with these arguments, ready to run in the repository's root without colour.
pub fn aatool(arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command.args(arguments).current_dir(root()).env("NO_COLOR", "1").env_remove("AATOOL_PLUGIN_PATH");
    command
}

/// Runs and returns everything.
///
/// # Panics
/// If the binary cannot be started.
pub fn run(arguments: &[&str]) -> Output {
    aatool(arguments).output().expect("the binary starts")
}

/// Runs with `--format json` and reads the document.
///
/// # Panics
/// If the exit code is not 0 or standard output is not one JSON document.
pub fn json(arguments: &[&str]) -> Value {
    let output = run(&[arguments, &["--format", "json"]].concat());
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?} ended with {}: {errors}", output.status);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{arguments:?} did not print JSON: {e}"))
}

/// Standard error as text.
pub fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
