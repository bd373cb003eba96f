//! An independent referee: SymPy expands the brackets of printed integrals with the energy.

#![allow(clippy::unwrap_used)] // A panic is how a test fails, in its helpers too.

use std::fs;
use std::process::Command;

use aa_tests::{errors, json, root};

/// One of each kind of formula: polynomials, exponentials with and without irrational slopes, roots, nested and
/// fractional ones, sines, denominators.
const SYSTEMS: [&str; 18] = [
    "calogero_moser",
    "fokas_lagerstrom",
    "garnier",
    "holt",
    "ion_pair",
    "isochrone",
    "kaup_kupershmidt",
    "kepler",
    "kepler_sphere",
    "neumann",
    "penning_trap",
    "quartic_1_6_8",
    "sutherland",
    "swinging_atwood",
    "toda2",
    "toda_c2",
    "toda_relativistic",
    "two_centres",
];

#[test]
fn sympy_agrees_that_printed_integrals_are_conserved() {
    let Some(python) = std::env::var_os("AATOOL_PYTHON") else {
        println!("skipped: AATOOL_PYTHON is not set; scripts/test sets it");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &&str| {
        let document = json(&["analyze", "--system", name, "--passes", "conserved_quantities"]);
        let path = folder.path().join(format!("{name}.json"));
        fs::write(&path, document.to_string()).unwrap();
        path
    };
    let documents = SYSTEMS.iter().map(write);
    let output = Command::new(python).arg(root().join("tests/tests/referee.py")).args(documents).output().unwrap();
    assert!(output.status.success(), "{}", errors(&output));
}
