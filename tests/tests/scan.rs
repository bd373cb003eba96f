//! Families of systems from the command line: grids, values solved for, wrong input.

#![allow(clippy::unwrap_used)] // A panic is how a test fails, in its helpers too.

use std::fs;

use aa_tests::{errors, json, root, run};
use serde_json::{Value, json};

/// The values of one parameter over the members that a scan found, each with two proved integrals.
fn found(scan: &Value, parameter: &str) -> Vec<String> {
    let members = scan["members"].as_array().unwrap().iter();
    members
        .map(|member| {
            assert_eq!((&member["independent"], &member["proved"]), (&json!(2), &json!(true)), "{member}");
            member["parameters"][parameter].to_string()
        })
        .collect()
}

fn henon_heiles(arguments: &[&str]) -> Value {
    json(&[&["scan", "--system", "oscillators/henon_heiles"], arguments].concat())
}

#[test]
fn five_hundred_members_hold_exactly_the_known_integrable_ones() {
    let scan = henon_heiles(&["--over", "A=1,B=1:20:1,C=-24:0:1", "--degree", "6"]);
    assert_eq!((&scan["searched"], &scan["generic"], &scan["complete"]), (&json!(500), &json!(1), &json!(true)));
    let found: Vec<(String, String)> = found(&scan, "B").into_iter().zip(found(&scan, "C")).collect();
    // Sawada-Kotera, Kaup-Kupershmidt, and the KdV-like case for any B.
    let known = |b: i64, c: i64| (b == 1 && c == -1) || (b == 16 && c == -16) || c == -6;
    let all = (1..=20).flat_map(|b| (-24..=0).map(move |c| (b, c)));
    let expected = all.filter(|&(b, c)| known(b, c)).map(|(b, c)| (b.to_string(), c.to_string()));
    assert_eq!(found, expected.collect::<Vec<_>>());
}

#[test]
fn parameters_are_solved_for() {
    assert_eq!(found(&henon_heiles(&["--solve", "C"]), "C"), ["-6", "-1"]);
    assert_eq!(found(&henon_heiles(&["--solve", "C", "--set", "B=16", "--degree", "6"]), "C"), ["-16", "-6"]);
    let both = henon_heiles(&["--over", "B=1:2:1", "--solve", "C"]);
    assert_eq!(found(&both, "B"), ["1", "1", "2"]);
    assert_eq!(found(&both, "C"), ["-6", "-1", "-6"]);
}

#[test]
fn lines_on_which_every_value_is_special_are_named() {
    let scan = henon_heiles(&["--over", "C=-7:-6:1", "--solve", "B"]);
    assert_eq!(scan["everywhere"], json!([{ "parameters": { "C": -6 }, "independent": 2 }]));
    assert_eq!((&scan["generic"], scan["members"].as_array().unwrap().len()), (&json!(1), 0));
}

#[test]
fn quartic_oscillators_are_integrable_for_three_couplings() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("quartic.rhai");
    let script = "fn parameters() { #{ e: 2 } }\nfn coordinates(k) { [\"x\", \"y\"] }\n\
                  fn hamiltonian(q, p, k) { let x = q[0]; let y = q[1];\n\
                  (p[0]**2 + p[1]**2)/2 + (x**4 + y**4)/4 + k.e*x**2*y**2/2 }\n";
    fs::write(&path, script).unwrap();
    let scan = json(&["scan", "--system", path.to_str().unwrap(), "--solve", "e"]);
    assert_eq!(found(&scan, "e"), ["0", "1", "3"]);
    assert_eq!(scan["not_rational"], 0);
}

#[test]
fn the_document_says_what_was_searched() {
    let arguments = ["--over", "C=-1:-1/2:1/3", "--over", "B=1", "--threads", "1"];
    let refused = run(&[&["scan", "--system", "henon_heiles"], &arguments[..]].concat());
    assert!(errors(&refused).contains("-2/3"), "{}", errors(&refused));
    let scan = henon_heiles(&["--over", "C=-1:-1/3:1/3,B=1", "--threads", "1"]);
    let keys: Vec<&str> = scan.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = "format system over solve degree basis members searched generic everywhere complete not_rational";
    assert_eq!(keys[..12].join(" "), expected);
    assert_eq!((&scan["format"], &scan["system"], &scan["basis"]), (&json!(1), &json!("henon_heiles"), &json!(70)));
    assert_eq!(scan["over"], json!({ "C": "-1:-1/3:1/3", "B": "1" }));
    let member = &scan["members"][0];
    assert_eq!(member["parameters"], json!({ "C": -1, "B": 1 }));
    assert_eq!(member["integrals"][0]["name"], "energy");
    assert_eq!(member["integrals"][1]["how"], "identity");
    assert_eq!(henon_heiles(&["--over", "C=-1:-1/3:1/3,B=1", "--threads", "3"]), scan);
}

#[test]
fn parameters_that_are_counts_are_scanned_one_by_one() {
    let scan = json(&["scan", "--system", "toda", "--over", "n=2:3:1", "--degree", "3"]);
    assert_eq!((&scan["one_by_one"], &scan["generic"]), (&json!(true), &json!(2)));
    assert_eq!(scan["members"][0]["parameters"], json!({ "n": 3 }));
}

#[test]
fn fractions_stay_fractions_and_decimals_decimals() {
    let scan = henon_heiles(&["--over", "C=-1:0:1/4,B=1:1.5:0.5"]);
    assert_eq!(scan["members"][0]["parameters"], json!({ "C": -1, "B": 1 }));
    let chaos = ["--measure", "chaos", "--line", "y=0.1", "--t", "1"];
    let scan = henon_heiles(&[&["--over", "C=-1:0:1/4,B=1.5"], &chaos[..]].concat());
    assert_eq!(scan["members"][1]["parameters"], json!({ "C": "-3/4", "B": 1.5 }));
}

#[test]
fn tori_survive_in_integrable_members_and_break_in_others() {
    let line = ["--line", "y=-0.3:0.3:0.1,px=+", "--energy", "0.16", "--t", "1500"];
    let chaos = [&["--measure", "chaos", "--over", "C=-1:1:2"], &line[..]].concat();
    let scan = henon_heiles(&chaos);
    let members = scan["members"].as_array().unwrap();
    assert_eq!((&members[0]["surviving"], &members[0]["lyapunov"]), (&json!(1.0), &Value::Null));
    assert_eq!(members[0]["orbits"], 7);
    assert!(members[1]["chaotic"].as_u64().unwrap() >= 3, "{scan}");
    assert!(members[1]["surviving"].as_f64().unwrap() < 0.6 && members[1]["lyapunov"].as_f64().unwrap() > 0.02);
    assert_eq!(henon_heiles(&[&chaos[..], &["--threads", "3"]].concat()), scan);
}

#[test]
fn a_scan_of_energy_surfaces_says_so_and_refuses_open_ones() {
    let chaos = ["--measure", "chaos", "--over", "C=-1:1:2", "--sampling", "microcanonical", "--t", "300"];
    let scan = henon_heiles(&[&chaos[..], &["--energy", "0.15", "--orbits", "8"]].concat());
    assert_eq!(scan["members"][1]["energy_surface"], 0.15);
    // C = -1 has its passes at 1/12 already.
    assert!(scan["members"][0]["reason"].as_str().unwrap().contains("the well is open at energy 0.15"), "{scan}");
}

#[test]
fn members_without_orbits_are_rows_that_say_so() {
    // At B = 400 the spring alone holds more energy than there is; far above the pass orbits escape.
    let chaos = ["--measure", "chaos", "--t", "200"];
    let stiff =
        henon_heiles(&[&chaos[..], &["--over", "B=1:400:399", "--line", "y=0.4,px=+", "--energy", "0.1"]].concat());
    assert_eq!((&stiff["members"][0]["regular"], &stiff["members"][0]["reason"]), (&json!(1), &Value::Null));
    assert_eq!(stiff["members"][1]["reason"], "no start of the line can have energy 0.1");
    let open = henon_heiles(&[&chaos[..], &["--over", "D=0:1:1", "--line", "y=1.5,py=1"]].concat());
    assert_eq!((&open["members"][1]["escaped"], &open["members"][1]["fraction"]), (&json!(1), &Value::Null));
}

#[test]
fn scans_are_kept_in_files() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    let (chaos, proved) = (file("chaos.h5"), file("proved.h5"));
    let line = ["--measure", "chaos", "--over", "C=-1:0:1/2", "--line", "y=0.1:0.3:0.1,px=+", "--energy", "1/8"];
    let scan = henon_heiles(&[&line[..], &["--t", "300", "--out", &chaos]].concat());
    let solved = henon_heiles(&["--solve", "C", "--out", &proved]);
    assert_eq!((json(&["show", &chaos]), json(&["show", &proved])), (scan.clone(), solved));
    let page = |of: &str| {
        assert!(run(&["report", of, "--out", &file("page.html")]).status.success());
        fs::read_to_string(file("page.html")).unwrap()
    };
    assert!(String::from_utf8_lossy(&run(&["show", &chaos]).stdout).contains("chaos up to t = 300"));
    assert!(page(&chaos).contains("Surviving tori") && page(&chaos).contains("<svg"));
    assert!(page(&proved).contains("2 values of C with more than 1 independent integral"));
    let program = "import sys, json, h5py, numpy as np\n\
        scan, file = json.loads(sys.argv[3]), h5py.File(sys.argv[1], 'r')\n\
        g = file['scan']\n\
        assert json.loads(g['document'].asstr()[()]) == scan\n\
        assert list(g['parameters/C']) == [-1, -0.5, 0]\n\
        for key in ['orbits', 'regular', 'chaotic', 'escaped', 'fraction', 'surviving', 'surviving_interval', 'lyapunov']:\n\
        \x20   rows = np.array([np.nan if row[key] is None else row[key] for row in scan['members']], float)\n\
        \x20   np.testing.assert_array_equal(g[key][()], rows)\n\
        assert g['lyapunov'].attrs['units'] == b'1/time' and g['fraction'].dims[0][0].name.endswith('member')\n\
        g = h5py.File(sys.argv[2], 'r')['scan']\n\
        assert list(g['parameters/C']) == [-6, -1] and list(g['independent']) == [2, 2] and list(g['proved']) == [1, 1]\n\
        assert list(g['integrals'].asstr()) == ['energy, F4', 'energy, F3']\n";
    let mut python = std::process::Command::new(root().join("target/python/bin/python"));
    let output = python.args(["-c", program, &chaos, &proved, &scan.to_string()]).output().unwrap();
    assert!(output.status.success(), "{}", errors(&output));
}

#[track_caller]
fn check_refusal(arguments: &[&str], says: &str) {
    let output = run(&[&["scan", "--system"], arguments].concat());
    let text = errors(&output);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {text}");
    assert!(text.contains(says), "{arguments:?}: {text}");
    assert!(output.stdout.is_empty());
}

#[test]
fn wrong_scans_are_wrong_usage() {
    check_refusal(&["henon_heiles"], "nothing to scan over");
    check_refusal(&["henon_heiles", "--over", "c=0:1:1"], "did you mean `C`?");
    check_refusal(&["henon_heiles", "--solve", "E"], "has no parameter `E`");
    check_refusal(&["henon_heiles", "--over", "C=0:1"], "expected NAME=LO:HI:STEP");
    check_refusal(&["henon_heiles", "--over", "C=0:1:0"], "step 0");
    check_refusal(&["henon_heiles", "--over", "C=1:0:1"], "is empty");
    check_refusal(&["henon_heiles", "--over", "A=1:1000:1,B=1:1000:1"], "at most 100000 members");
    check_refusal(&["henon_heiles", "--over", "C=0:1:1", "--set", "C=2"], "`C` is given twice");
    check_refusal(&["henon_heiles", "--over", "C=0:1:1", "--energy", "0.1"], "do not depend on where orbits start");
    check_refusal(&["henon_heiles", "--over", "C=0:1:1", "--t", "100"], "--measure");
    let chaos = ["henon_heiles", "--over", "C=0:1:1", "--measure", "chaos"];
    check_refusal(&[&chaos[..], &["--line", "y=0,px=+"]].concat(), "decide each other");
    check_refusal(&[&chaos[..], &["--line", "z=0.1", "--energy", "0.1"]].concat(), "decide each other");
    check_refusal(&[&chaos[..], &["--line", "z=0.1"]].concat(), "no coordinate or momentum `z`");
    check_refusal(&[&chaos[..], &["--line", "y=+", "--energy", "0.1"]].concat(), "decides a momentum");
    for odd in [["--orbits", "5"], ["--sampling", "microcanonical"]] {
        let line = [&chaos[..], &["--line", "y=0:1:1"], &odd[..]].concat();
        check_refusal(&line, "leave --initial, --box, --orbits and --sampling out");
    }
    check_refusal(&[&chaos[..], &["--solve", "B"]].concat(), "--measure");
    check_refusal(&["harmonic_chain", "--over", "m=1:2:1"], "only numbers can be scanned");
    check_refusal(&["toda", "--solve", "n"], "cannot be solved for");
    check_refusal(&["henon_heiles", "--over", "C=0:1:1", "--degree", "99"], "99");
}
