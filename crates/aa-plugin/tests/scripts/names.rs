//! Names lead to one system: by place, by plugin, by version.

use std::fs;
use std::path::Path;

use aa_plugin::registry::Origin;
use aa_plugin::{Error, Registry, SearchPath};

/// Writes a plugin with one system, whose text is the version.
fn write_plugin(folder: &Path, name: &str, version: &str, system: &str) {
    fs::create_dir_all(folder.join("systems")).expect("the folder can be written");
    let manifest =
        format!("(format: 1, name: {name:?}, version: {version:?}, requires: \"^0.1\", systems: [{system:?}])");
    fs::write(folder.join("plugin.ron"), manifest).expect("the folder can be written");
    fs::write(folder.join("systems").join(format!("{system}.rhai")), format!("// {version}"))
        .expect("the folder can be written");
}

fn code(result: Result<impl Sized, Error>) -> (u8, String) {
    let error = result.err().expect("the name leads nowhere");
    (error.exit_code(), format!("{error}; {}", error.hint().unwrap_or_default()))
}

#[test]
fn bundled_names_work_bare_full_and_with_extension() {
    let registry = Registry::open(&SearchPath::bundled_only()).unwrap();
    for name in ["toda", "toda.rhai", "lattices/toda", "lattices/toda@0.1", "toda@^0.1"] {
        let source = registry.system(name).unwrap();
        assert_eq!((source.name.as_str(), source.path.as_str()), ("toda", "plugins/lattices/systems/toda.rhai"));
        assert_eq!(source.plugin.unwrap().to_string(), "lattices 0.1.0");
    }
    assert_eq!(registry.plugin("lattices").unwrap().origin, Origin::Bundled);
    assert!(registry.plugin("lattices").unwrap().file("README.md").is_ok());
}

#[test]
fn unknown_names_are_usage_and_missing_files_are_66() {
    let registry = Registry::open(&SearchPath::bundled_only()).unwrap();
    let (exit, text) = code(registry.system("tdoa"));
    assert_eq!((exit, text.as_str()), (2, "there is no system named `tdoa`; did you mean `toda`?"));
    assert_eq!(code(registry.system("lorenz")).0, 2);
    assert_eq!(code(registry.system("toda@7")).0, 2);
    assert_eq!(code(registry.system("toda@new")).0, 2);
    assert_eq!(code(registry.system("no/such/file.rhai")).0, 66);
    let (exit, text) = code(registry.system("lattice/toda"));
    assert_eq!((exit, text.as_str()), (66, "there is no file lattice/toda; did you mean `lattices/toda`?"));
    assert_eq!(code(registry.system("todda.rhai")).0, 66);
    let said = code(registry.plugin("latices")).1;
    assert!(said.starts_with("there is no plugin named `latices`; did you mean `lattices`?"), "{said}");
}

#[test]
fn an_existing_file_wins_over_names() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("toda.rhai");
    fs::write(&path, "// mine").unwrap();
    let registry = Registry::open(&SearchPath::bundled_only()).unwrap();
    let source = registry.system(path.to_str().unwrap()).unwrap();
    assert_eq!((source.name.as_str(), source.text.as_str(), source.plugin), ("toda", "// mine", None));
}

#[test]
fn places_are_searched_in_order_and_versions_reach_past_them() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    write_plugin(&at("given/lattices"), "lattices", "4.0.0", "toda");
    write_plugin(&at("local/lattices"), "lattices", "3.0.0", "toda");
    write_plugin(&at("user/lattices/2.1.0"), "lattices", "2.1.0", "toda");
    write_plugin(&at("user/lattices/2.10.0"), "lattices", "2.10.0", "toda");
    let mut path = SearchPath { local: Some(at("local")), user: Some(at("user")), ..SearchPath::default() };
    let text = |path: &SearchPath, name: &str| Registry::open(path).unwrap().system(name).unwrap().text;
    assert_eq!(text(&path, "toda"), "// 3.0.0");
    assert_eq!(text(&path, "lattices/toda@2"), "// 2.10.0");
    assert_eq!(text(&path, "toda@~2.1"), "// 2.1.0");
    assert!(text(&path, "lattices/toda@0.1").contains("Toda"));
    path.given = vec![at("given/lattices")];
    assert_eq!(text(&path, "toda"), "// 4.0.0");
    // The first copy hides what only the copies behind it have.
    assert_eq!(code(Registry::open(&path).unwrap().system("fputt")).0, 2);
    assert_eq!(Registry::open(&path).unwrap().plugins().iter().filter(|p| p.manifest.name == "lattices").count(), 1);
}

#[test]
fn ties_inside_a_place_list_the_full_names() {
    let folder = tempfile::tempdir().unwrap();
    write_plugin(&folder.path().join("a"), "rings", "1.0.0", "toda");
    write_plugin(&folder.path().join("b"), "chains", "1.0.0", "toda");
    let path = SearchPath { local: Some(folder.path().into()), ..SearchPath::default() };
    let registry = Registry::open(&path).unwrap();
    let (exit, text) = code(registry.system("toda"));
    assert_eq!((exit, text.as_str()), (2, "`toda` is in several plugins: chains/toda, rings/toda; give the full name"));
    assert_eq!(registry.system("rings/toda").unwrap().text, "// 1.0.0");
}

#[test]
fn a_broken_plugin_stands_in_nobodys_way_unless_it_was_given() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("broken")).unwrap();
    fs::write(folder.path().join("broken/plugin.ron"), "(format: 1, name: ").unwrap();
    let local = SearchPath { local: Some(folder.path().into()), ..SearchPath::default() };
    let registry = Registry::open(&local).unwrap();
    assert_eq!((registry.faults().len(), registry.faults()[0].exit_code()), (1, 65));
    assert!(registry.system("toda").is_ok());
    let given = SearchPath { given: vec![folder.path().into()], ..SearchPath::default() };
    assert_eq!(code(Registry::open(&given)).0, 65);
    let missing = SearchPath { given: vec![folder.path().join("nothing")], ..SearchPath::default() };
    assert_eq!(code(Registry::open(&missing)).0, 66);
}

#[test]
fn a_system_that_the_manifest_names_and_nobody_wrote_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    write_plugin(&folder.path().join("a"), "rings", "1.0.0", "ring");
    fs::remove_file(folder.path().join("a/systems/ring.rhai")).unwrap();
    let path = SearchPath { local: Some(folder.path().into()), ..SearchPath::default() };
    assert_eq!(code(Registry::open(&path).unwrap().system("ring")).0, 66);
}
