//! The reference files in `datasets/` are what their README says, and can be made again.

#![allow(clippy::unwrap_used)] // A panic is how a test fails, in its helpers too.

use std::fs;
use std::path::Path;
use std::process::Command;

use aa_dataset::{Group, differences, read};
use aa_tests::{binary, errors, root, run};
use sha2::{Digest, Sha256};

/// Name and SHA-256 of every file.
fn sums() -> Vec<(String, String)> {
    let text = fs::read_to_string(root().join("datasets/SHA256SUMS")).unwrap();
    text.lines().map(|line| line.split_once("  ").unwrap()).map(|(sum, name)| (name.into(), sum.into())).collect()
}

#[test]
fn files_are_small_and_have_their_checksums() {
    let readme = fs::read_to_string(root().join("datasets/README.md")).unwrap();
    for (name, sum) in sums() {
        let bytes = fs::read(root().join("datasets").join(&name)).unwrap();
        let found: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(found, sum, "{name}");
        assert!(bytes.len() < 300_000 && readme.contains(&format!("`{name}`")), "{name}");
    }
    let files = fs::read_dir(root().join("datasets")).unwrap().map(|entry| entry.unwrap().path());
    assert_eq!(files.filter(|path| path.extension().is_some_and(|e| e == "h5")).count(), sums().len());
}

/// The largest difference between numbers, relative to the largest of them in the same dataset.
fn largest(first: &Group, second: &Group) -> f64 {
    let of = |name: &String| {
        let (a, b) = (first.datasets[name].floats(name).ok()?, second.datasets[name].floats(name).ok()?);
        let scale = a.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
        Some(a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max) / scale)
    };
    first.datasets.keys().filter_map(of).fold(0.0, f64::max)
}

#[test]
fn files_can_be_made_again() {
    let folder = tempfile::tempdir().unwrap();
    // Which sets this machine has, the doctor says; those of x86 with fused products give the same bits.
    let has_bits = String::from_utf8_lossy(&run(&["doctor"]).stdout).contains("avx2");
    let isa = if has_bits { "avx2" } else { "baseline" };
    let mut make = Command::new(root().join("datasets/make"));
    let output = make.arg(folder.path()).env("AATOOL", binary()).env("AATOOL_ISA", isa).output().unwrap();
    assert!(output.status.success(), "{}", errors(&output));
    for (name, _) in sums() {
        let file = |folder: &Path| read(&folder.join(&name)).unwrap();
        let (kept, again) = (file(&root().join("datasets")), file(folder.path()));
        for group in ["trajectories", "frequencies", "integrals"] {
            let (kept, again) = (kept.group(group).unwrap(), again.group(group).unwrap());
            match has_bits {
                true => assert_eq!(differences(kept, again), [], "{name}: {group}"),
                // Phases of weak lines are known least.
                false => assert!(group == "frequencies" || largest(kept, again) < 1e-9, "{name}: {group}"),
            }
        }
    }
}
