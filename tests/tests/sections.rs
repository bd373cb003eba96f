//! Sections of followed and of measured orbits, and orbits of every kind of system.

#![allow(clippy::unwrap_used)] // A panic is how a test fails, in its helpers too.

use std::process::Command;

use aa_tests::{errors, json, run};
use serde_json::Value;

fn section(arguments: &[&str]) -> Value {
    let passes = ["analyze", "--profile", "quick", "--passes", "sections", "--orbits", "4", "--system"];
    json(&[&passes, arguments].concat())["sections"].clone()
}

fn simulate(arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("orbits.h5");
    let output = run(&[&["simulate", "--orbits", "3", "--out", out.to_str().unwrap(), "--system"], arguments].concat());
    assert!(output.status.success(), "{}", errors(&output));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn every_kind_of_system_has_sections() {
    let hills = section(&["henon_heiles", "--energy", "1/8"]);
    assert_eq!((&hills["at"], &hills["axes"]), (&"x = 0, px > 0".into(), &serde_json::json!(["y", "py"])));
    for orbit in hills["orbits"].as_array().unwrap() {
        assert!(orbit["energy_error"].as_f64().unwrap() < 1e-13, "{orbit}");
        assert!(orbit["count"].as_u64().unwrap() > 50 && !orbit["points"].as_array().unwrap().is_empty());
    }
    let driven = section(&["driven_pendulum"]);
    assert!(driven["at"].as_str().unwrap().starts_with("t = 0 mod 3.14159"), "{}", driven["at"]);
    assert_eq!(driven["orbits"][0]["count"], 100);
    let top = section(&["heavy_top", "--pass", "sections.at=m1=0,up"]);
    assert_eq!(top["axes"].as_array().unwrap().len(), 5);
}

#[test]
fn sections_that_are_not_understood_fail_with_the_reason() {
    let arguments = ["analyze", "--system", "henon_heiles", "--passes", "sections", "--pass", "sections.at=z=0,px>0"];
    let output = run(&[&arguments[..], &["--format", "json"]].concat());
    assert_eq!(output.status.code(), Some(1));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let reason = document["passes"].as_array().unwrap().iter().find_map(|pass| pass["reason"].as_str()).unwrap();
    assert_eq!(reason, "section `z`: expected one of x, y, px, py");
}

#[test]
fn measured_orbits_have_sections_by_interpolation() {
    let folder = tempfile::tempdir().unwrap();
    let (orbits, out) = (folder.path().join("orbits.h5"), folder.path().join("section.h5"));
    let options = ["--energy", "1/10", "--orbits", "10", "--t", "40", "--samples", "801", "--out"];
    let made = run(&[&["simulate", "--system", "henon_heiles"], &options[..], &[orbits.to_str().unwrap()]].concat());
    assert!(made.status.success(), "{}", errors(&made));
    let data = ["analyze", "--data", orbits.to_str().unwrap(), "--passes", "sections", "--out", out.to_str().unwrap()];
    let sections = json(&data)["sections"].clone();
    let found = sections["orbits"].as_array().unwrap();
    let worst = found.iter().map(|orbit| orbit["interpolation_error"].as_f64().unwrap()).fold(0.0, f64::max);
    assert!(found.len() == 10 && worst > 0.0 && worst < 1e-5, "{worst}");
    let Some(python) = std::env::var_os("AATOOL_PYTHON") else { return };
    let program = "import sys, h5py, numpy\nf = h5py.File(sys.argv[1], 'r')['sections']\n\
                   points, count = f['points'][()], f['count'][()]\n\
                   assert points.shape[::2] == (10, 4) and points.shape[1] == count.max()\n\
                   assert (numpy.isfinite(points[:, :, 0]).sum(1) == count).all()\n\
                   assert abs(numpy.nan_to_num(points[:, :, 0])).max() < 1e-12 and f['t'].attrs['units']\n";
    let output = Command::new(python).args(["-c", program]).arg(&out).output().unwrap();
    assert!(output.status.success(), "{}", errors(&output));
}

#[test]
fn tops_and_driven_systems_are_simulated() {
    let top = simulate(&["heavy_top", "--t", "20"]);
    assert!(top.contains("of the Casimir g1**2 + g2**2 + g3**2 "), "{top}");
    let driven = simulate(&["driven_pendulum", "--t", "200"]);
    assert!(driven.contains("; 0 left every bounded region"), "{driven}");
}

#[test]
fn integrators_are_chosen_by_name() {
    let text = simulate(&["henon_heiles", "--t", "20", "--integrator", "kahan_li8", "--step", "0.1"]);
    assert!(text.contains("by kahan_li8 with steps up to 0.1"), "{text}");
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("orbits.h5");
    let wrong = |system: &str, name: &str| {
        let output = run(&["simulate", "--system", system, "--integrator", name, "--out", out.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(2));
        errors(&output)
    };
    assert!(wrong("heavy_top", "leapfrog").contains("gauss8"));
    assert!(wrong("henon_heiles", "yoshida5").contains("yoshida4"));
}
