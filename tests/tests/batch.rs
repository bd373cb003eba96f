//! Batches: the same bytes whoever does the tasks and in which order, nothing lost to a kill, failures on their own.

#![allow(clippy::unwrap_used)] // A panic is how a test fails, in its helpers too.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use aa_tests::{aatool, errors, run};
use serde_json::Value;

/// A folder for one test: its plans, stores and merged files.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Place {
        Place(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn plan(&self, name: &str, sweeps: &str) -> String {
        fs::write(self.path(name), format!("(format: 1, sweeps: [{sweeps}])")).unwrap();
        self.path(name).display().to_string()
    }

    /// `aatool batch COMMAND PLAN --store STORE ...`, with its exit code and what it printed.
    fn batch(&self, command: &str, plan: &str, store: &str, more: &[&str]) -> (i32, String) {
        let store = self.path(store).display().to_string();
        let output = run(&[&["batch", command, plan, "--store", &store], more].concat());
        (output.status.code().unwrap(), String::from_utf8_lossy(&output.stdout).into_owned() + &errors(&output))
    }

    /// The bytes of the merged file.
    fn merged(&self, plan: &str, store: &str) -> Vec<u8> {
        let out = self.path(&format!("{store}.h5"));
        let (code, said) = self.batch("merge", plan, store, &["--out", out.to_str().unwrap()]);
        assert!(code == 0 || code == 3, "{said}");
        fs::read(out).unwrap()
    }
}

/// Twelve small tasks in two sweeps.
const SMALL: [&str; 2] = [
    "(systems: [\"pendulum\"], over: {\"g\": \"1:2:1/4\"}, passes: [\"conserved_quantities\", \"verdict\"])",
    "(systems: [\"henon_heiles\"], over: {\"C\": \"-6:0:1\"}, passes: [\"conserved_quantities\", \"verdict\"])",
];

#[test]
fn the_merged_bytes_do_not_depend_on_workers_or_order() {
    let place = Place::new();
    let plan = place.plan("plan.ron", &SMALL.join(","));
    let turned = place.plan("turned.ron", &[SMALL[1], SMALL[0]].join(","));
    for (plan, store, jobs) in [(&plan, "one", "1"), (&plan, "two", "2"), (&turned, "turned", "2")] {
        let (code, said) = place.batch("run", plan, store, &["--jobs", jobs]);
        assert_eq!((code, said.contains("12 tasks: 12 done, 0 running, 0 failed, 0 waiting")), (0, true), "{said}");
    }
    let bytes = place.merged(&plan, "one");
    assert!(place.merged(&plan, "two") == bytes && place.merged(&turned, "turned") == bytes);
    let shown = run(&["show", place.path("one.h5").to_str().unwrap()]);
    assert!(String::from_utf8_lossy(&shown.stdout).contains("12 tasks, 0 failed"));
}

#[test]
fn what_is_done_is_not_done_again_and_gc_keeps_what_the_plan_names() {
    let place = Place::new();
    let plan = place.plan("plan.ron", &SMALL.join(","));
    let fewer = place.plan("fewer.ron", SMALL[0]);
    assert_eq!(place.batch("run", &plan, "s", &[]).0, 0);
    let before = results(&place.path("s"));
    assert_eq!(before.len(), 12);
    let times =
        |paths: &[PathBuf]| -> Vec<_> { paths.iter().map(|p| p.metadata().unwrap().modified().unwrap()).collect() };
    let first = times(&before);
    fs::write(&before[3], b"damaged").unwrap();
    let (code, said) = place.batch("run", &plan, "s", &[]);
    assert!(code == 0 && said.contains("was damaged and is made again"), "{said}");
    let second = times(&before);
    assert_eq!((0..12).filter(|i| first[*i] != second[*i]).collect::<Vec<_>>(), [3]);
    // Each of seven results with its record.
    assert!(place.batch("gc", &fewer, "s", &[]).1.contains("14 files removed"));
    assert_eq!(results(&place.path("s")).len(), 5);
}

/// The results in a store, in order.
fn results(store: &Path) -> Vec<PathBuf> {
    let below = |folder: &PathBuf| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    let mut files: Vec<PathBuf> = below(&store.to_owned()).iter().flat_map(below).collect();
    files = files.iter().flat_map(below).filter(|path| path.extension().is_some_and(|e| e == "h5")).collect();
    files.sort();
    files
}

#[test]
fn a_worker_that_is_killed_loses_nothing() {
    let place = Place::new();
    let sweep = "(systems: [\"henon_heiles\"], energies: \"1/24:1/8:1/24\", orbits: 4, passes: [\"chaos\"],
                  options: {\"chaos.t\": 20000}, seeds: [0, 1, 2, 3])";
    let plan = place.plan("plan.ron", sweep);
    let store = place.path("s");
    let mut worker =
        aatool(&["batch", "work", &plan, "--store", store.to_str().unwrap()]).stdin(Stdio::null()).spawn().unwrap();
    while !store.exists() || results(&store).is_empty() {
        assert!(worker.try_wait().unwrap().is_none(), "the worker ended before it was killed");
        std::thread::sleep(Duration::from_millis(2));
    }
    worker.kill().unwrap();
    worker.wait().unwrap();
    let done = results(&store);
    assert!(!done.is_empty() && done.len() < 12, "{} tasks were done before the kill", done.len());
    assert_eq!(place.batch("run", &plan, "s", &["--jobs", "2"]).0, 0);
    assert_eq!(place.batch("run", &plan, "whole", &["--jobs", "2"]).0, 0);
    assert!(place.merged(&plan, "s") == place.merged(&plan, "whole"));
}

#[test]
fn a_failing_task_fails_alone() {
    let place = Place::new();
    // No orbit of the pendulum has an energy below its bottom.
    let plan = place.plan("plan.ron", &format!("{}, (systems: [\"pendulum\"], energies: -5)", SMALL[0]));
    let (code, said) = place.batch("run", &plan, "s", &[]);
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("5 done, 0 running, 1 failed") && said.contains("no valid initial condition"), "{said}");
    let (code, said) =
        place.batch("merge", &plan, "s", &["--report", place.path("pages").to_str().unwrap(), "--format", "json"]);
    assert_eq!(code, 3, "{said}");
    let document: Value = serde_json::from_str(said.trim()).unwrap();
    assert_eq!((document["tasks"].as_array().unwrap().len(), document["failed"].as_array().unwrap().len()), (5, 1));
    let index = fs::read_to_string(place.path("pages/index.html")).unwrap();
    for row in document["tasks"].as_array().unwrap() {
        let page = format!("{}.html", row["key"].as_str().unwrap());
        assert!(index.contains(&format!("href=\"{page}\"")) && place.path("pages").join(&page).exists());
    }
    assert!(place.batch("retry", &plan, "s", &[]).1.contains("1 failed task will be tried again"));
    assert_eq!(place.batch("status", &plan, "s", &["--format", "json"]).0, 0);
}

#[test]
fn a_result_in_which_something_was_not_met_is_told() {
    let place = Place::new();
    let script = place.path("claims.rhai");
    let text = "fn coordinates(k) { 1 }\nfn hamiltonian(q, p, k) { p[0]**2/2 + q[0]**4 }\n\
                fn integrals(q, p, k) { #{ momentum: p[0] } }\n";
    fs::write(&script, text).unwrap();
    let plan = place.plan(
        "plan.ron",
        &format!("{}, (systems: [{script:?}], passes: [\"conserved_quantities\", \"verdict\"])", SMALL[0]),
    );
    let (code, said) = place.batch("run", &plan, "s", &[]);
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("6 done, 0 running, 0 failed") && said.contains("not met: claims"), "{said}");
    let (code, said) = place.batch("status", &plan, "s", &["--format", "json"]);
    let status: Value = serde_json::from_str(said.trim()).unwrap();
    assert_eq!((code, &status["unmet"][0]["unmet"]), (3, &serde_json::json!(["momentum"])), "{status}");
    let (code, said) = place.batch("merge", &plan, "s", &["--report", place.path("pages").to_str().unwrap()]);
    assert!(code == 3 && said.contains("6 tasks, 0 failed, 1 with something not met"), "{code} {said}");
    assert!(fs::read_to_string(place.path("pages/index.html")).unwrap().contains("not met: claims"));
    // What the plan names is kept with its record.
    assert!(place.batch("gc", &plan, "s", &[]).1.contains("0 files removed"));
    assert_eq!(place.batch("status", &plan, "s", &[]).0, 3);
    // Older versions kept no records where all was met, and before that none at all.
    results(&place.path("s")).iter().for_each(|path| fs::remove_file(path.with_extension("unmet")).unwrap());
    let (code, said) = place.batch("status", &plan, "s", &[]);
    assert!(code == 3 && said.contains("not met: claims") && said.contains("note: 6 results of an older"), "{said}");
}

#[test]
fn wrong_plans_are_error_65_and_missing_ones_66() {
    let place = Place::new();
    for (sweep, says) in [
        ("(systems: [\"tdoa\"])", "did you mean `toda`"),
        ("(systems: [\"toda\"], energy: 1)", "a sweep has no `energy`"),
        ("(systems: [\"toda\"], over: {\"n\": \"3:6:2\"})", "let it end at 5"),
    ] {
        let (code, said) = place.batch("run", &place.plan("wrong.ron", sweep), "s", &[]);
        assert!(code == 65 && said.contains(says) && said.contains("wrong.ron"), "{code} {said}");
    }
    assert_eq!(place.batch("run", "nowhere.ron", "s", &[]).0, 66);
    assert!(!place.path("s").exists());
}

#[test]
fn the_plans_of_the_repository_are_right() {
    for plan in ["scripts/studies/henon_heiles_ladder.ron", "scripts/studies/catalogue.ron"] {
        let (code, said) = Place::new().batch("status", plan, "s", &[]);
        assert!(code == 0 && said.contains(" 0 done, 0 running, 0 failed"), "{said}");
    }
}
