//! Every kind of bundle opens elsewhere, is read alike by two libraries, and can be made again from itself.

#![allow(clippy::unwrap_used)] // A panic is how a test fails, in its helpers too.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use aa_dataset::{Attribute, Bundle, Dataset, differences, read, read_independently, write};
use aa_tests::{errors, json, root, run};
use serde_json::Value;
use tempfile::TempDir;

/// One bundle of each kind, made once for all tests.
static BUNDLES: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let make = |name: &str, arguments: &[&str]| {
        let out = folder.path().join(name);
        let output = run(&[arguments, &["--out", out.to_str().unwrap()]].concat());
        assert!(output.status.success(), "{arguments:?}: {}", errors(&output));
    };
    let passes = "verdict,chaos,sections,frequency_map,kam,normal_form,action_angle";
    let few = ["--energy", "0.02:0.05", "--orbits", "8", "--seed", "3"];
    let quick = ["analyze", "--profile", "quick", "--pass", "frequency_map.t=200", "--passes", passes, "--system"];
    make("analysis.h5", &[&quick[..], &["henon_heiles"], &few].concat());
    make("orbits.h5", &["simulate", "--system", "pendulum", "--orbits", "12", "--t", "20", "--samples", "201"]);
    let orbits = folder.path().join("orbits.h5");
    make(
        "from_data.h5",
        &["analyze", "--data", orbits.to_str().unwrap(), "--passes", "from_data,conserved_quantities"],
    );
    make("map.h5", &["train", "--system", "toda", "--profile", "quick"]);
    make("scan.h5", &["scan", "--system", "henon_heiles", "--over", "C=-1:0:1/2"]);
    let line =
        ["--over", "D=0:1:1/2", "--measure", "chaos", "--t", "100", "--energy", "1/8", "--line", "y=-0.2:0.2:0.2,px=+"];
    make("chaos.h5", &[&["scan", "--system", "henon_heiles"], &line[..]].concat());
    let analysis = folder.path().join("analysis.h5");
    let analysis = analysis.to_str().unwrap();
    make("comparison.h5", &["compare", analysis, analysis]);
    folder
});

const NAMES: [&str; 7] = ["analysis.h5", "orbits.h5", "from_data.h5", "map.h5", "scan.h5", "chaos.h5", "comparison.h5"];

fn bundle(name: &str) -> PathBuf {
    BUNDLES.path().join(name)
}

#[test]
fn xarray_opens_every_group_of_every_bundle_with_axes_and_units() {
    let Ok(python) = std::env::var("AATOOL_PYTHON") else {
        println!("skipped: AATOOL_PYTHON names no Python; scripts/test sets it");
        return;
    };
    let script = r#"
import sys, warnings, h5py, xarray
warnings.simplefilter("error")
for path in sys.argv[1:]:
    groups = ["/"]
    with h5py.File(path) as file:
        file.visititems(lambda name, item: groups.append("/" + name) if isinstance(item, h5py.Group) else None)
    n_variables = 0
    for group in groups:
        with xarray.open_dataset(path, group=group, engine="h5netcdf") as data:
            data.load()
            n_variables += len(data.variables)
            for name, variable in data.variables.items():
                place = (path, group, name, variable.dims)
                assert not any(dim.startswith("phony") for dim in variable.dims), place
                assert variable.attrs["units"] and variable.attrs["long_name"], place
    assert n_variables > 2, path
    datatree = xarray.open_datatree(path, engine="h5netcdf")
    assert len(list(datatree.subtree)) == len(groups), path
"#;
    let paths = NAMES.map(bundle);
    let output = Command::new(python).args(["-c", script]).args(&paths).output().unwrap();
    assert!(output.status.success(), "{}", errors(&output));
}

#[test]
fn h5dump_prints_every_bundle() {
    for path in NAMES.map(bundle) {
        let Ok(output) = Command::new("h5dump").arg(&path).output() else {
            println!("skipped: there is no h5dump on this machine");
            return;
        };
        assert!(output.status.success() && output.stderr.is_empty(), "{}: {}", path.display(), errors(&output));
    }
}

#[test]
fn two_readers_agree_on_every_bundle() {
    for path in NAMES.map(bundle) {
        assert_eq!(differences(&read(&path).unwrap(), &read_independently(&path).unwrap()), [], "{}", path.display());
    }
    let document = json(&["doctor", "--deep", bundle("analysis.h5").to_str().unwrap()]);
    assert_eq!(document["findings"][1]["what"], "second reader");
    assert_eq!(document["findings"][1]["state"], "good");
    for folder in ["datasets", "plugins/oscillators/datasets"] {
        let entries = std::fs::read_dir(root().join(folder)).into_iter().flatten();
        for path in
            entries.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|e| e == "h5"))
        {
            let again = read_independently(&path).unwrap();
            assert_eq!(differences(&read(&path).unwrap(), &again), [], "{}", path.display());
        }
    }
}

#[test]
fn the_doctor_says_what_is_installed_and_where_plugins_are_looked_for() {
    let folder = tempfile::tempdir().unwrap();
    let document = json(&["--plugin-path", folder.path().to_str().unwrap(), "doctor"]);
    let findings = document["findings"].as_array().unwrap();
    let found =
        |what: &str| findings.iter().find(|finding| finding["what"] == what).unwrap()["found"].as_str().unwrap();
    assert!(found("aatool").starts_with(env!("CARGO_PKG_VERSION")));
    assert!(found("HDF5 library").ends_with("with gzip"));
    assert!(found("instruction set").contains("baseline"));
    assert_eq!(found("--plugin-path"), format!("{}: 0 plugins", folder.path().display()));
    assert!(found("plugins bundled").parse::<usize>().unwrap() > 5);
    let gone = run(&["--plugin-path", folder.path().join("gone").to_str().unwrap(), "doctor"]);
    assert_eq!(gone.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&gone.stdout).contains("NO  plugins"), "{}", errors(&gone));
}

fn reproduce(path: &Path) -> (Option<i32>, Value) {
    let output = run(&["reproduce", path.to_str().unwrap(), "--threads", "1", "--format", "json"]);
    let document = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", errors(&output)));
    (output.status.code(), document)
}

#[test]
fn analyses_and_maps_are_made_again_to_the_last_bit_from_their_files_alone() {
    for name in ["analysis.h5", "map.h5"] {
        let (code, document) = reproduce(&bundle(name));
        assert_eq!((code, &document["equal"]), (Some(0), &true.into()), "{name}: {}", document["differences"]);
    }
    // The file of orbits need not be there any more.
    let moved = tempfile::tempdir().unwrap();
    let copy = moved.path().join("copy.h5");
    std::fs::copy(bundle("from_data.h5"), &copy).unwrap();
    let hidden = moved.path().join("hidden.h5");
    std::fs::copy(bundle("orbits.h5"), &hidden).unwrap();
    let (code, document) = reproduce(&copy);
    assert_eq!((code, &document["equal"]), (Some(0), &true.into()), "{}", document["differences"]);
}

/// Writes a bundle by way of a copy: a program that another test starts meanwhile inherits the lock on what is written.
fn keep(bundle: &Bundle, path: &Path) {
    let first = path.with_extension("first");
    write(bundle, &first).unwrap();
    std::fs::copy(first, path).unwrap();
}

#[test]
fn what_differs_is_told_with_its_place_and_by_how_much() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("altered.h5");
    let mut altered = read(&bundle("analysis.h5")).unwrap();
    let lyapunov = altered.dataset("tangent/lyapunov").unwrap().clone();
    let mut values = lyapunov.floats("lyapunov").unwrap().to_vec();
    values[2] = values[2].next_up();
    altered.insert("tangent/lyapunov", Dataset { values: values.into(), ..lyapunov });
    keep(&altered, &path);
    let (code, document) = reproduce(&path);
    assert_eq!(code, Some(1));
    assert_eq!(document["differences"].as_array().unwrap().len(), 1);
    assert_eq!(document["differences"][0]["place"], "/tangent/lyapunov");
    let found = document["differences"][0]["found"].as_str().unwrap();
    assert!(found.starts_with("1 of 8 numbers differ, at [2] most: "), "{found}");
    // Another seed is another run.
    let request = altered.dataset("provenance/request").unwrap().texts("").unwrap()[0].clone();
    altered.insert("provenance/request", Dataset::scalar(Attribute::Text(request.replace("\"seed\":3", "\"seed\":4"))));
    keep(&altered, &path);
    let (code, document) = reproduce(&path);
    assert_eq!(code, Some(1));
    let all = document["differences"].as_array().unwrap();
    let found = |place: &str| all.iter().find(|difference| difference["place"] == place).unwrap()["found"].to_string();
    assert_eq!(found("/document.provenance.seed"), "\"3 and 4, by 1e0\"");
    assert!(found("/tangent/initial").contains(" of 32 numbers differ, at "), "{}", found("/tangent/initial"));
}

#[test]
fn files_without_a_recipe_are_refused_with_where_to_get_one() {
    let output = run(&["reproduce", bundle("scan.h5").to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(65));
    assert!(errors(&output).contains("holds no recipe") && errors(&output).contains("aatool analyze --out"));
    assert_eq!(run(&["reproduce", "nowhere.h5"]).status.code(), Some(66));
}

#[test]
fn scripts_of_ones_own_are_in_the_file_too() {
    let folder = tempfile::tempdir().unwrap();
    let plugin = folder.path().join("mine");
    std::fs::create_dir_all(plugin.join("passes")).unwrap();
    let manifest = "(format: 1, name: \"mine\", version: \"0.1.0\", requires: \"^0.1\", about: \"mine\", authors: [\"me\"], \
                    license: \"MIT\", depends: {}, systems: [], passes: [\"twice\"], datasets: [])";
    std::fs::write(plugin.join("plugin.ron"), manifest).unwrap();
    let pass = "fn needs() { [\"system\"] }\nfn gives() { [\"double\"] }\nfn options() { #{ factor: 2 } }\n\
                fn run(study, options) { #{ double: #{ value: options.factor * study.system.dof } } }\n";
    std::fs::write(plugin.join("passes/twice.rhai"), pass).unwrap();
    let system = folder.path().join("spring.rhai");
    let script = "fn coordinates(k) { [\"x\"] }\nfn hamiltonian(q, p, k) { p[0]**2/2 + q[0]**2/2 }\n";
    std::fs::write(&system, script).unwrap();
    let out = folder.path().join("out.h5");
    let asked = ["analyze", "--passes", "twice,chaos", "--pass", "twice.factor=7", "--pass", "chaos.t=50", "--system"];
    let place = ["--plugin-path", plugin.to_str().unwrap()];
    let output = run(&[&place[..], &asked, &[system.to_str().unwrap(), "--out", out.to_str().unwrap()]].concat());
    assert!(output.status.success(), "{}", errors(&output));
    std::fs::remove_dir_all(&plugin).unwrap();
    std::fs::remove_file(&system).unwrap();
    let (code, document) = reproduce(&out);
    assert_eq!((code, &document["equal"]), (Some(0), &true.into()), "{}", document["differences"]);
}

#[test]
fn the_notebook_redraws_three_figures_and_hands_orbits_on() {
    let Ok(python) = std::env::var("AATOOL_PYTHON") else {
        println!("skipped: AATOOL_PYTHON names no Python; scripts/test sets it");
        return;
    };
    let figures = tempfile::tempdir().unwrap();
    let notebook = root().join("scripts/studies/notebook.py");
    let output = Command::new(python).arg(notebook).arg(bundle("analysis.h5")).arg(figures.path()).output().unwrap();
    assert!(output.status.success(), "{}", errors(&output));
    for name in ["section.svg", "frequencies.svg", "energy.svg"] {
        let figure = std::fs::read_to_string(figures.path().join(name)).unwrap();
        assert!(
            figure.matches("<use ").count() + figure.matches("<path ").count() > 20,
            "{name} shows next to nothing"
        );
    }
    let orbits = figures.path().join("orbits.npz");
    let document = json(&["analyze", "--data", orbits.to_str().unwrap(), "--passes", "zero_one"]);
    assert_eq!(document["passes"][0]["status"], "done", "{}", document["passes"]);
}

#[test]
fn a_figure_is_written_for_a_paper_and_an_unknown_name_lists_all() {
    let folder = tempfile::tempdir().unwrap();
    let (bundle, out) = (bundle("analysis.h5"), folder.path().join("section.svg"));
    let figure = |name: &str, out: &Path| {
        run(&["report", bundle.to_str().unwrap(), "--figure", name, "--out", out.to_str().unwrap()])
    };
    let written = figure("section", &out);
    assert!(written.status.success(), "{}", errors(&written));
    let svg = std::fs::read_to_string(&out).unwrap();
    assert!(svg.contains("width=\"86mm\"") && svg.contains(">py</text>") && svg.contains("class=\"points\""));
    let refused = figure("sectoin", &folder.path().join("other.svg"));
    let said = errors(&refused);
    assert_eq!(refused.status.code(), Some(2), "{said}");
    assert!(said.contains("did you mean `section`") && said.contains("lyapunov"), "{said}");
    let refused = figure("section", &folder.path().join("section.png"));
    assert!(refused.status.code() == Some(2) && errors(&refused).contains("rsvg-convert"), "{}", errors(&refused));
}
