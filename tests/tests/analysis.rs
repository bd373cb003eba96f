//! Whole analyses, from the command line to the file.

#![allow(clippy::unwrap_used)] // A panic is how a test fails, in its helpers too.

use std::fs;
use std::path::Path;
use std::process::Command;

use aa_tests::{errors, json, root, run};
use serde_json::Value;

#[test]
fn three_witnesses_agree_on_the_toda_ring() {
    let document = json(&["analyze", "--system", "toda.rhai", "--profile", "quick"]);
    let verdict = &document["verdict"];
    assert_eq!((&verdict["kind"], &verdict["certainty"]), (&"integrable".into(), &"proved".into()));
    assert_eq!((&verdict["torus_dimension"], &verdict["free_directions"]), (&2.into(), &1.into()));
    assert_eq!(document["integrals"]["in_involution"], 3);
    assert_eq!(document["chaos"]["fraction"], 0.0);
    assert_eq!(document["learned"]["pairs"], serde_json::json!(["oscillator", "oscillator", "free"]));
    assert!(document["learned"]["symplectic_defect"].as_f64().unwrap() < 1e-12);
    let agreement = &document["frequencies"]["agreement"]["learned_vs_measured"];
    assert!(agreement["median"].as_f64().unwrap() < 1e-3, "{agreement}");
    let witnesses = document["witnesses"].as_array().unwrap();
    assert!(witnesses.len() == 4 && witnesses.iter().all(|w| w["agree"] == true), "{witnesses:?}");
}

#[test]
fn henon_heiles_at_an_eighth_is_mixed() {
    let arguments = ["--passes", "chaos,verdict", "--orbits", "60", "--pass", "chaos.t=2000"];
    let document = json(&[&["analyze", "--system", "henon_heiles"], &arguments[..]].concat());
    assert_eq!(document["chaos"]["label"], "mixed");
    let interval = &document["chaos"]["interval"];
    // Measured shares of this energy lie between 0.4 and 0.6, depending on how the surface is sampled.
    assert!(interval[0].as_f64().unwrap() < 0.6 && interval[1].as_f64().unwrap() > 0.4, "{interval}");
    let errors = document["chaos"]["orbit"].as_array().unwrap().iter().map(|o| o["energy_error"].as_f64().unwrap());
    assert!(errors.fold(0.0, f64::max) < 1e-13);
}

#[test]
fn the_open_lattice_escapes_and_its_passes_say_why_they_did_not_run() {
    let document = json(&["analyze", "--system", "toda_open", "--profile", "quick"]);
    let verdict = &document["verdict"];
    assert_eq!((&verdict["kind"], &verdict["motion"]), (&"integrable".into(), &"unbounded".into()));
    assert_eq!((&verdict["torus_dimension"], &verdict["free_directions"]), (&0.into(), &3.into()));
    assert!(document["learned"].is_null() && document["frequencies"].is_null());
    let passes = document["passes"].as_array().unwrap();
    let learned = passes.iter().find(|p| p["name"] == "action_angle").unwrap();
    assert_eq!(learned["status"], "skipped");
    assert!(learned["reason"].as_str().unwrap().contains("escapes"), "{learned}");
}

/// An analysis with everything in it, small enough to run twice.
fn small(out: &Path, threads: &str) -> Value {
    let out = out.to_str().unwrap();
    let options = ["--profile", "quick", "--threads", threads, "--seed", "7", "--out", out];
    json(&[&["analyze", "--system", "toda2"], &options[..]].concat())
}

#[test]
fn threads_do_not_change_the_document_or_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (folder.path().join("one.h5"), folder.path().join("two.h5"));
    let documents = [small(&one, "1"), small(&two, "2")].map(|document| stable(&document));
    assert_eq!(documents[0], documents[1]);
    let shown = [&one, &two].map(|path| stable(&json(&["show", path.to_str().unwrap()])));
    assert_eq!(shown[0], shown[1]);
    assert_eq!(shown[0], documents[0], "the file holds the document");
    python(
        "import sys, h5py\n\
         a, b = (h5py.File(path, 'r') for path in sys.argv[1:])\n\
         names = {0: [], 1: []}\n\
         a.visit(names[0].append); b.visit(names[1].append)\n\
         assert names[0] == names[1]\n\
         for name in names[0]:\n\
         \x20   if isinstance(a[name], h5py.Dataset) and name != 'provenance/volatile':\n\
         \x20       assert a[name][()].tobytes() == b[name][()].tobytes(), name\n\
         assert a['trajectories/q'].shape[2] == 2 and a['trajectories/q'].attrs['units']\n",
        &[&one, &two],
    );
}

/// The document without what may differ between equal runs.
fn stable(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let kept = map.iter().filter(|(key, _)| !matches!(key.as_str(), "volatile" | "seconds"));
            kept.map(|(key, value)| (key.clone(), stable(value))).collect::<serde_json::Map<_, _>>().into()
        }
        Value::Array(items) => items.iter().map(stable).collect(),
        other => other.clone(),
    }
}

/// Runs a Python program, where there is a Python with the packages of the tests.
fn python(program: &str, files: &[&Path]) {
    let Some(python) = std::env::var_os("AATOOL_PYTHON") else {
        println!("skipped: AATOOL_PYTHON is not set; scripts/test sets it");
        return;
    };
    let output = Command::new(python).args(["-c", program]).args(files).output().unwrap();
    assert!(output.status.success(), "{}", errors(&output));
}

#[test]
fn printed_integrals_read_back_in_sympy() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("toda.json");
    let document = json(&["analyze", "--system", "toda", "--passes", "conserved_quantities"]);
    fs::write(&path, document.to_string()).unwrap();
    python(
        "import sys, json, sympy\n\
         d = json.load(open(sys.argv[1]))\n\
         q = [sympy.Symbol(s) for s in d['system']['coordinates']]\n\
         p = [sympy.Symbol(s) for s in d['system']['momenta']]\n\
         H = sympy.sympify(d['system']['hamiltonian'])\n\
         for f in d['integrals']['found']:\n\
         \x20   F = sympy.sympify(f['expression'])\n\
         \x20   bracket = sum(F.diff(a)*H.diff(b) - F.diff(b)*H.diff(a) for a, b in zip(q, p))\n\
         \x20   assert sympy.powsimp(sympy.expand(bracket)) == 0, f['name']\n",
        &[&path],
    );
}

#[test]
fn a_pass_of_the_users_own_runs_beside_the_bundled_ones() {
    let folder = tempfile::tempdir().unwrap();
    let plugin = folder.path().join("mine");
    fs::create_dir_all(plugin.join("passes")).unwrap();
    fs::write(
        plugin.join("plugin.ron"),
        "(format: 1, name: \"mine\", version: \"0.1.0\", requires: \"^0.1\", about: \"counts\", authors: [\"me\"], \
         license: \"MIT\", depends: {}, systems: [], passes: [\"tally\", \"broken\"], datasets: [])",
    )
    .unwrap();
    let tally = "//! Counts integrals.\nfn needs() { [\"integrals\"] }\nfn gives() { [\"tally\"] }\n\
        fn options() { #{ factor: 1 } }\n\
        fn run(study, options) { study.note(\"counted\"); \
        #{ tally: #{ n: options.factor * study.artifact(\"integrals\").independent } } }\n";
    let broken = "//! Fails.\nfn needs() { [\"system\"] }\nfn gives() { [\"nothing\"] }\n\
        fn run(study, options) { throw \"on purpose\" }\n";
    fs::write(plugin.join("passes/tally.rhai"), tally).unwrap();
    fs::write(plugin.join("passes/broken.rhai"), broken).unwrap();
    let place = folder.path().to_str().unwrap();
    let passes = ["--passes", "tally,broken", "--pass", "tally.factor=10", "--format", "json"];
    let output = run(&[&["--plugin-path", place, "analyze", "--system", "pendulum"], &passes[..]].concat());
    assert_eq!(output.status.code(), Some(1), "a failed pass is exit code 1: {}", errors(&output));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let find = |name: &str| document["passes"].as_array().unwrap().iter().find(|p| p["name"] == name).unwrap().clone();
    assert_eq!(find("tally")["artifacts"]["tally"]["n"], 10);
    assert_eq!(find("tally")["notes"][0], "counted");
    assert_eq!(find("broken")["status"], "failed");
    assert!(find("broken")["reason"].as_str().unwrap().contains("on purpose"));
}

#[test]
fn orbits_are_simulated_into_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("orbits.h5");
    let out_text = out.to_str().unwrap();
    let options = ["--system", "pendulum", "--orbits", "3", "--t", "10", "--samples", "11", "--out", out_text];
    let output = run(&[&["simulate"], &options[..]].concat());
    assert!(output.status.success(), "{}", errors(&output));
    python(
        "import sys, h5py\nf = h5py.File(sys.argv[1], 'r')\n\
         assert f['trajectories/q'].shape == (3, 11, 1) and f['trajectories/t'][-1] == 10\n",
        &[&out],
    );
}

#[test]
fn a_file_without_a_learned_map_is_written_too() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("frequencies.h5");
    let out = out.to_str().unwrap();
    let passes = ["--profile", "quick", "--passes", "frequencies,verdict", "--out", out];
    let document = json(&[&["analyze", "--system", "toda"], &passes[..]].concat());
    assert!(document["learned"].is_null());
    assert_eq!(stable(&json(&["show", out])), stable(&document));
    for orbit in document["frequencies"]["orbits"].as_array().unwrap() {
        let numbers = |key: &str| -> Vec<f64> { serde_json::from_value(orbit[key].clone()).unwrap() };
        let (error, amplitude) = (numbers("error"), numbers("amplitude"));
        assert!(error.len() == numbers("measured").len() && error.iter().all(|&error| 0.0 < error && error < 1e-3));
        assert!(amplitude.len() == error.len() && amplitude.iter().all(|&amplitude| amplitude > 1e-3));
    }
}

#[test]
fn actions_by_quadrature_and_mean_rates_stand_beside_the_spectra() {
    let passes = ["--profile", "quick", "--passes", "frequencies"];
    let document = json(&[&["analyze", "--system", "pendulum"], &passes[..]].concat());
    for orbit in document["frequencies"]["orbits"].as_array().unwrap() {
        let quadrature = &orbit["quadrature"];
        assert!(quadrature["difference"].as_f64().unwrap() < 1e-6, "{orbit}");
        let (omega, measured) = (&quadrature["omega"][0], &orbit["measured"][0]);
        assert!((omega.as_f64().unwrap() - measured.as_f64().unwrap()).abs() < 1e-9, "{orbit}");
        let rate = &orbit["rates"][0];
        assert!(rate.is_null() || rate["difference"].as_f64().unwrap().abs() < 1e-5, "{orbit}");
        let lines = orbit["lines"][0].as_array().unwrap();
        assert!(lines.iter().all(|line| line["phase"].as_f64().unwrap().abs() <= std::f64::consts::PI));
    }
    let off = ["--pass", "frequencies.rates=false"];
    let document = json(&[&["analyze", "--system", "pendulum"], &passes[..], &off[..]].concat());
    assert_eq!(document["frequencies"]["orbits"][0]["rates"], Value::Array(Vec::new()));
}

#[test]
fn every_study_runs() {
    let folder = tempfile::tempdir().unwrap();
    let mut n_studies = 0;
    for entry in fs::read_dir(root().join("scripts/studies")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "rhai") {
            continue;
        }
        let mut command = aa_tests::aatool(&["run", path.to_str().unwrap()]);
        let output = command.current_dir(folder.path()).output().unwrap();
        assert!(output.status.success(), "{}: {}", path.display(), errors(&output));
        assert!(!output.stdout.is_empty());
        n_studies += 1;
    }
    assert!(n_studies > 0);
}

#[test]
fn a_frequency_map_runs_on_demand_and_is_the_same_on_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let map = |threads: &str| {
        let out = folder.path().join(format!("map{threads}.h5"));
        let small = ["orbits=30", "t=200", "samples=256"].map(|option| format!("frequency_map.{option}"));
        let options = small.iter().flat_map(|option| ["--pass", option.as_str()]);
        let common = ["--passes", "frequency_map", "--threads", threads, "--out", out.to_str().unwrap()];
        let system = ["analyze", "--system", "henon_heiles", "--energy", "1/8"];
        json(&system.into_iter().chain(common).chain(options).collect::<Vec<_>>())
    };
    let of = |document: &Value| {
        let passes = document["passes"].as_array().unwrap();
        passes.iter().find(|pass| pass["name"] == "frequency_map").unwrap()["artifacts"]["frequency_map"].clone()
    };
    let (one, three) = (of(&map("1")), of(&map("3")));
    assert_eq!(one, three);
    assert_eq!((&one["orbits"], &one["with_frequencies"]), (&30.into(), &30.into()));
    let points = one["points"].as_array().unwrap();
    let diffusion = points.iter().map(|point| point["diffusion"].as_f64().unwrap());
    python(
        "import sys, h5py\n\
         a, b = (h5py.File(path, 'r')['frequencies/map'] for path in sys.argv[1:])\n\
         assert a['first'].shape == a['second'].shape == a['error'].shape == (30, 2)\n\
         assert all(a[name][()].tobytes() == b[name][()].tobytes() for name in ['initial', 'first', 'second', 'diffusion'])\n\
         assert a['first'].attrs['units'] == b'rad/time' and a['diffusion'].dims[0][0].name.endswith('orbit')\n\
         assert set(a['state'].asstr()) == {'finished'}\n",
        &[&folder.path().join("map1.h5"), &folder.path().join("map3.h5")],
    );
    // Tori and chaos share this energy; windows of 100 time units tell a torus to some 2e-5.
    assert!(diffusion.clone().fold(1.0, f64::min) < 1e-4 && diffusion.fold(0.0, f64::max) > 1e-3);
    let without = json(&["analyze", "--system", "pendulum", "--profile", "quick"]);
    assert!(without["passes"].as_array().unwrap().iter().all(|pass| pass["name"] != "frequency_map"));
}

#[test]
fn orbits_drawn_on_an_energy_surface_give_its_chaotic_share() {
    let surface = ["analyze", "--system", "henon_heiles", "--sampling", "microcanonical", "--orbits", "60"];
    let chaos = ["--passes", "chaos", "--pass", "chaos.t=1500"];
    let document = json(&[&surface[..], &["--energy", "1/8"], &chaos[..]].concat());
    let found = &document["chaos"];
    assert_eq!((&found["energy_surface"], &found["orbits"]), (&0.125.into(), &60.into()));
    assert!(found["starts"].as_str().unwrap().starts_with("60 points of the energy surface H = 0.125"), "{found}");
    // 1200 points to t = 10^4 give 0.56 to 0.62.
    let [low, high] = [0, 1].map(|end| found["interval"][end].as_f64().unwrap());
    assert!(low < 0.62 && high > 0.5, "{low} to {high}");
    // A box that the script draws in otherwise would cut the surface.
    let boxed = ["analyze", "--system", "logarithmic", "--sampling", "microcanonical", "--orbits", "3"];
    let whole = json(&[&boxed[..], &["--energy", "1/2", "--passes", "chaos", "--pass", "chaos.t=50"]].concat());
    assert_eq!(whole["chaos"]["energy_surface"], 0.5);
    for (energy, says) in [("1/5", "the well is open at energy 0.2"), ("0.05:0.1", "has one energy"), ("-1", "lowest")]
    {
        let output = run(&[&surface[..], &["--energy", energy, "--passes", "trajectories"]].concat());
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(
            !output.status.success() && said.split_whitespace().collect::<Vec<_>>().join(" ").contains(says),
            "{said}"
        );
    }
}

#[test]
fn measured_actions_are_as_good_as_they_say_and_orbits_are_sampled_as_asked() {
    let system = ["analyze", "--system", "spherical_pendulum", "--orbits", "12", "--profile", "quick"];
    let options = ["--pass", "conserved_quantities.degree=2", "--passes", "frequencies"];
    let orbits = |more: &[&str]| -> Vec<Value> {
        let document = json(&[&system[..], &options[..], more].concat());
        document["frequencies"]["orbits"].as_array().unwrap().clone()
    };
    let found = orbits(&["--pass", "trajectories.t=1000"]);
    let with_actions: Vec<&Value> = found.iter().filter(|orbit| orbit["measured_actions"].is_array()).collect();
    assert!(with_actions.len() >= 11, "{found:?}");
    for orbit in with_actions {
        let [difference, claimed] =
            [&orbit["quadrature"]["difference"], &orbit["action_error"]].map(|x| x.as_f64().unwrap());
        let total: f64 =
            orbit["quadrature"]["actions"].as_array().unwrap().iter().map(|x| x.as_f64().unwrap().abs()).sum();
        assert!(difference * total <= claimed, "{orbit}");
    }
    // Short or coarse samples do not tell as much.
    let error = |orbits: &[Value]| orbits[0]["error"][1].as_f64().unwrap();
    assert!(error(&orbits(&["--pass", "frequencies.t=60"])) > 1e-8 && error(&found) < 1e-10);
    let coarse = orbits(&["--pass", "frequencies.samples=16"]);
    assert!(coarse.iter().all(|orbit| orbit["measured_actions"].is_null()), "{coarse:?}");
}

#[test]
fn one_sampled_variable_tells_chaos_of_orbits_and_of_data() {
    let of = |document: &Value| {
        let passes = document["passes"].as_array().unwrap();
        passes.iter().find(|pass| pass["name"] == "zero_one").unwrap()["artifacts"]["zero_one"].clone()
    };
    let start = ["--energy", "1/8", "--sampling", "microcanonical", "--orbits", "16"];
    let sampling = ["trajectories.t=6000", "trajectories.samples=3001", "conserved_quantities.degree=3"];
    let options = sampling.iter().flat_map(|option| ["--pass", option]).chain(["--passes", "zero_one,chaos"]);
    let system = ["analyze", "--system", "henon_heiles"];
    let document = json(&system.into_iter().chain(start).chain(options).collect::<Vec<_>>());
    let (found, labels) = (of(&document), document["chaos"]["orbit"].as_array().unwrap());
    let states: Vec<&Value> = found["orbit"].as_array().unwrap().iter().map(|orbit| &orbit["state"]).collect();
    let is_other = |(state, label): (&&Value, &Value)| **state != "undecided" && **state != label["state"];
    assert!(!states.iter().zip(labels).any(is_other), "{found}");
    assert!(states.iter().filter(|state| **state != "undecided").count() >= 10, "{found}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("orbits.h5");
    let file = file.to_str().unwrap();
    let sampling = ["--t", "6000", "--samples", "3001", "--out", file];
    assert!(run(&[&["simulate", "--system", "henon_heiles"], &start[..], &sampling[..]].concat()).status.success());
    let data = of(&json(&["analyze", "--data", file, "--passes", "zero_one"]));
    assert!(data["orbits"] == 16 && data["chaotic"].as_u64().unwrap() >= 5, "{data}");
}

#[test]
fn a_pass_on_demand_runs_for_a_pass_that_needs_it() {
    let folder = tempfile::tempdir().unwrap();
    let plugin = folder.path().join("mine");
    fs::create_dir_all(plugin.join("passes")).unwrap();
    let manifest = "(format: 1, name: \"mine\", version: \"1.0.0\", requires: \"^0.1\", passes: [\"labels\"])";
    let script = "//! Counts.\nfn needs() { [\"zero_one\"] }\nfn gives() { [\"labels\"] }\n\
        fn run(study, options) { #{ labels: study.artifact(\"zero_one\").regular } }\n";
    for (file, text) in [("plugin.ron", manifest), ("passes/labels.rhai", script)] {
        fs::write(plugin.join(file), text).unwrap();
    }
    let quick = ["analyze", "--system", "pendulum", "--profile", "quick", "--orbits", "5", "--plugin-path"];
    let document = json(&[&quick[..], &[folder.path().to_str().unwrap()]].concat());
    let passes = document["passes"].as_array().unwrap();
    let labels = passes.iter().find(|pass| pass["name"] == "labels").unwrap();
    assert_eq!((&labels["status"], &labels["artifacts"]["labels"]), (&"done".into(), &5.into()), "{labels}");
    assert!(passes.iter().all(|pass| pass["name"] != "frequency_map"));
}
