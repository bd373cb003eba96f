//! A new plugin, system or pass to begin with: small, complete, and verified as it stands.

use std::path::Path;

use super::write_file;
use crate::Error;
use crate::manifest::is_plain;

/// A system with one claim, in the shape of every other.
const SYSTEM: &str = r#"//! Two equal oscillators with a coupling that keeps the plane round: H = (p.p + q.q)/2 + c (q.q)^2.
//!
//! Replace this by your system, and name its source: author, journal, year.

fn parameters()     { #{ c: 0.25 } }
fn coordinates(k)   { ["x", "y"] }
fn hamiltonian(q, p, k) {
    let r2 = q[0]**2 + q[1]**2;
    (p[0]**2 + p[1]**2 + r2)/2 + k.c*r2**2
}
fn integrals(q, p, k)    { #{ angular_momentum: q[0]*p[1] - q[1]*p[0] } }
fn initial_conditions(k) { #{ energy: [0.2, 1.0] } }
"#;

/// A pass that shows what passes can do; `NAME` stands for its own.
const PASS: &str = include_str!("example_pass.rhai");

/// Writes a folder with a manifest, one system that runs, and a README; the folder's name is the plugin's.
///
/// # Errors
/// The name is no plain name; something is there already, or the folder cannot be written.
pub fn new_plugin(folder: &Path) -> Result<(), Error> {
    let name = new_name(folder, folder.file_name())?;
    let manifest = manifest(&name, "What the systems have in common", "systems: [\"round\"]");
    let readme = format!(
        "# {name}\n\nWhat the systems have in common.\n\n| system | parameters | the energy, in words | source |\n|---|---|---|---|\n| \
         `round` | `c` = 0.25 | two equal oscillators, coupled | |\n\n    aatool analyze --plugin-path . --system {name}/round\n    \
         aatool plugin verify .\n"
    );
    write_file(&folder.join("plugin.ron"), manifest.as_bytes())?;
    write_file(&folder.join("systems/round.rhai"), SYSTEM.as_bytes())?;
    write_file(&folder.join("README.md"), readme.as_bytes())
}

/// Writes a plugin of one pass that runs, both with the folder's name.
///
/// # Errors
/// As for [`new_plugin`].
pub fn new_pass(folder: &Path) -> Result<(), Error> {
    let name = new_name(folder, folder.file_name())?;
    let about = "Counts the orbits that part from their neighbours faster than a limit";
    let readme = format!(
        "# {name}\n\n{about}.\n\n    aatool analyze --system henon_heiles --passes {name} --pass {name}.above=0.05\n"
    );
    let manifest = manifest(&name, about, &format!("passes: [{name:?}]"));
    write_file(&folder.join("plugin.ron"), manifest.as_bytes())?;
    write_file(&folder.join(format!("passes/{name}.rhai")), PASS.replace("NAME", &name).as_bytes())?;
    write_file(&folder.join("README.md"), readme.as_bytes())
}

fn manifest(name: &str, about: &str, scripts: &str) -> String {
    format!(
        "(\n    format: 1,\n    name: {name:?},\n    version: \"0.1.0\",\n    requires: \"^{}\",\n    about: {about:?},\n    \
         authors: [],\n    license: \"MIT OR Apache-2.0\",\n    {scripts},\n)\n",
        own_series()
    )
}

/// Writes a system script that runs: `path` is its file, with or without `.rhai`.
///
/// # Errors
/// The name is no plain name; something is there already, or the file cannot be written.
pub fn new_system(path: &Path) -> Result<std::path::PathBuf, Error> {
    let file = path.with_extension("rhai");
    new_name(&file, file.file_stem())?;
    write_file(&file, SYSTEM.as_bytes())?;
    Ok(file)
}

/// The plain name of a place where nothing is yet.
fn new_name(path: &Path, name: Option<&std::ffi::OsStr>) -> Result<String, Error> {
    let name = name.unwrap_or_default().to_string_lossy().into_owned();
    if !is_plain(&name) {
        let reason = "expected a name of letters, digits, `-` and `_`".into();
        return Err(Error::BadValue { key: "NAME".into(), text: path.display().to_string(), reason });
    }
    match path.exists() {
        true => Err(Error::Unwritable { path: path.display().to_string(), reason: "it is there already".into() }),
        false => Ok(name),
    }
}

/// This version without its last part: what a plugin for it requires.
fn own_series() -> &'static str {
    crate::manifest::OWN_VERSION.rsplit_once('.').expect("versions have three parts").0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Registry, SearchPath, verify};

    #[test]
    fn a_new_plugin_is_verified_as_it_stands_and_nothing_is_overwritten() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("mine");
        new_plugin(&folder).unwrap();
        let path = SearchPath { given: vec![folder.clone()], ..SearchPath::default() };
        let registry = Registry::open(&path).unwrap();
        let found = verify(registry.plugin("mine").unwrap());
        assert!(found.is_verified() && found.systems[0].claims.len() == 1, "{found:?}");
        assert_eq!(new_plugin(&folder).unwrap_err().exit_code(), 73);
        assert_eq!(new_plugin(&place.path().join("my plugin")).unwrap_err().exit_code(), 2);
    }

    #[test]
    fn a_new_pass_is_verified_as_it_stands_and_says_nothing_odd() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("fast-orbits");
        new_pass(&folder).unwrap();
        let path = SearchPath { given: vec![folder.clone()], ..SearchPath::default() };
        let registry = Registry::open(&path).unwrap();
        assert!(verify(registry.plugin("fast-orbits").unwrap()).is_verified());
        let (_, remarks) = crate::check(&registry, &registry.pass("fast-orbits").unwrap()).unwrap();
        assert_eq!(remarks, []);
        assert_eq!(new_pass(&folder).unwrap_err().exit_code(), 73);
    }

    #[test]
    fn a_new_system_has_the_name_asked_for() {
        let place = tempfile::tempdir().unwrap();
        assert_eq!(new_system(&place.path().join("ring")).unwrap(), place.path().join("ring.rhai"));
        assert_eq!(new_system(&place.path().join("ring.rhai")).unwrap_err().exit_code(), 73);
    }
}
