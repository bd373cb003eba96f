//! Passes and files that a user writes: what they can say, and what is remarked on them.

#![allow(clippy::unwrap_used)] // A panic is how a test fails, in its helpers too.

use std::fs;
use std::path::Path;
use std::process::Output;

use aa_tests::{aatool, errors, run};

const MANIFEST: &str = "(format: 1, name: \"mine\", version: \"1.0.0\", requires: \"^0.1\", passes: [\"spread\"])";

const PASS: &str = "//! Says how many degrees of freedom there are.\n\
    fn needs() { [\"system\"] }\n\
    fn gives() { [\"spread\"] }\n\
    fn options() { #{ scale: 1 } }\n\
    fn run(study, options) {\n\
        let n = study.system.dof * options.scale;\n\
        study.finding(\"counted \" + n);\n\
        study.table(\"Counts\", [\"what\", \"how many\"], [#{ \"how many\": n, what: \"degrees\" }]);\n\
        study.plot(#{ title: \"A line\", x: \"t\", y: \"I\", series: #{ one: [[0, 1], [1, 2]] } });\n\
        #{ spread: #{ n: n } }\n\
    }\n";

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A plugin of one pass in a folder.
fn plugin(folder: &Path, pass: &str) {
    fs::create_dir(folder.join("passes")).unwrap();
    for (file, text) in [("plugin.ron", MANIFEST), ("passes/spread.rhai", pass), ("README.md", "Mine.\n")] {
        fs::write(folder.join(file), text).unwrap();
    }
}

#[test]
fn a_pass_adds_findings_tables_and_plots_to_every_report() {
    let folder = tempfile::tempdir().unwrap();
    plugin(folder.path(), PASS);
    let file = |name: &str| folder.path().join(name).display().to_string();
    let (bundle, page) = (file("out.h5"), file("out.html"));
    let place = folder.path().to_str().unwrap();
    let analysis = ["--plugin-path", place, "analyze", "--system", "henon_heiles", "--passes", "spread"];
    let told = ["--pass", "spread.scale=2", "--pass", "spread.memory=64", "--out", &bundle, "--report", &page];
    let said = text(&run(&[&analysis[..], &told].concat()));
    for expected in ["Findings", "counted 4 (spread)", "what     how many", "degrees  4"] {
        assert!(said.contains(expected), "{expected}:\n{said}");
    }
    let page = fs::read_to_string(page).unwrap();
    assert!(["counted 4", "A line", "<svg", "how many"].iter().all(|expected| page.contains(expected)));
    let kept = aa_dataset::read(Path::new(&bundle)).unwrap();
    let path = "passes/spread/tables/0/how many";
    assert_eq!(kept.dataset(path).unwrap().floats(path).unwrap(), [4.0]);
    assert!(text(&run(&["show", &bundle])).contains("counted 4 (spread)"));
}

#[test]
fn a_pass_that_holds_more_than_its_memory_fails_alone() {
    let folder = tempfile::tempdir().unwrap();
    let bomb = PASS.replace("#{ spread", "let all = []; for i in 0..16000 { all.push(\"x\".pad_len(i)); }\n#{ spread");
    plugin(folder.path(), &bomb);
    let place = folder.path().to_str().unwrap();
    let analysis = ["--plugin-path", place, "analyze", "--system", "pendulum", "--passes", "spread"];
    let output = run(&[&analysis[..], &["--pass", "spread.memory=2"]].concat());
    assert_eq!(output.status.code(), Some(1), "{}", errors(&output));
    assert!(text(&output).contains("memory"), "{}", text(&output));
}

/// What `aatool check` says of a file, and its exit code.
fn checked(name: &str, content: &str) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, content).unwrap();
    let output = run(&["check", path.to_str().unwrap()]);
    (output.status.code(), text(&output) + &errors(&output))
}

#[test]
fn what_is_odd_in_a_script_or_manifest_is_remarked_at_its_place() {
    let (code, said) = checked("spread.rhai", PASS);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("gives spread") && said.contains("option scale, by default 1"), "{said}");
    let slip =
        PASS.replace("let n =", "find_integral(study); let n =").replace("[\"system\"]", "[\"system\", \"chaoss\"]");
    let spring = "//! A spring.\nfn parameters() { #{ m: 1, c: 2 } }\nfn coordinates(k) { [\"x\"] }\n\
        fn hamiltonian(q, p, k) { p[0]**2/k.m + q[0]**2 }\n";
    let needy = MANIFEST.replace("passes:", "depends: { \"nobody\": \"^2\" }, passes:");
    for (name, content, remark) in [
        ("spread.rhai", slip.as_str(), "spread.rhai:6:1: there is no `find_integral`; did you mean `find_integrals`?"),
        ("spread.rhai", &slip, "spread.rhai:2:4: `needs` names `chaoss`, which no pass gives; did you mean `chaos`?"),
        ("spring.rhai", spring, "spring.rhai:2:1: the parameter `c` is never read"),
        ("plugin.ron", &needy, "plugin.ron:1:1: no plugin `nobody` of a version ^2 is found"),
    ] {
        let (code, said) = checked(name, content);
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains(remark), "{remark}:\n{said}");
    }
}

#[test]
fn a_new_pass_and_a_new_system_run_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| aatool(arguments).current_dir(folder.path()).output().unwrap();
    let said = text(&run(&["new", "pass", "fast-orbits"]));
    assert!(said.contains("aatool analyze --system henon_heiles --passes fast-orbits"), "{said}");
    let said = text(&run(&["new", "system", "ring"]));
    assert!(said.contains("aatool analyze --system ring.rhai"), "{said}");
    let analysis = ["analyze", "--system", "./ring.rhai", "--profile", "quick", "--passes", "fast-orbits"];
    let output = run(&[&analysis[..], &["--pass", "fast-orbits.above=1000"]].concat());
    let said = text(&output);
    assert_eq!(output.status.code(), Some(0), "{}", errors(&output));
    assert!(said.contains("0 of 20 orbits have a Lyapunov exponent above 1000"), "{said}");
    for script in ["plugins/fast-orbits/passes/fast-orbits.rhai", "plugins/fast-orbits/plugin.ron", "ring.rhai"] {
        let output = run(&["check", script]);
        assert_eq!(output.status.code(), Some(0), "{script}: {}", text(&output));
    }
    for (arguments, code) in [
        (["new", "pass", "fast-orbits"], 73),
        (["new", "system", "ring"], 73),
        (["new", "pass", "chaos"], 2),
        (["new", "pass", "core"], 2),
        (["new", "pass", "fast orbits"], 2),
        (["new", "system", "../.."], 2),
    ] {
        assert_eq!(run(&arguments).status.code(), Some(code), "{arguments:?}");
    }
}
