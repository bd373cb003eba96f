//! What a plugin says about itself: `plugin.ron`.

use std::collections::BTreeMap;

use semver::{Version, VersionReq};
use serde::Deserialize;

use crate::Code;
use crate::error::{Error, Place};
use crate::ron_fault::ron_fault;
use crate::source::PluginId;

/// The version of aatool that plugins are checked against.
pub(crate) const OWN_VERSION: &str = env!("CARGO_PKG_VERSION");

/// The newest format of manifests that this version reads.
const FORMAT: u32 = 1;

/// A manifest, in RON.
///
/// ```
/// use aa_plugin::Manifest;
/// let text = r#"(format: 1, name: "lattices", version: "1.2.0", requires: "^0.1", systems: ["toda"])"#;
/// let manifest = Manifest::parse("plugin.ron", text).unwrap();
/// assert_eq!(manifest.systems, ["toda"]);
/// ```
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The format of the manifest itself.
    pub format: u32,
    /// Letters, digits, `-` and `_`.
    pub name: String,
    /// The plugin's version.
    pub version: Version,
    /// The versions of aatool that it works with.
    pub requires: VersionReq,
    /// One line.
    #[serde(default)]
    pub about: String,
    /// Who wrote it.
    #[serde(default)]
    pub authors: Vec<String>,
    /// An SPDX expression.
    #[serde(default)]
    pub license: String,
    /// Other plugins it needs.
    #[serde(default)]
    pub depends: BTreeMap<String, VersionReq>,
    /// Scripts in `systems/`, without `.rhai`.
    #[serde(default)]
    pub systems: Vec<String>,
    /// Scripts in `passes/`, without `.rhai`.
    #[serde(default)]
    pub passes: Vec<String>,
    /// Files in `datasets/`, without `.h5`.
    #[serde(default)]
    pub datasets: Vec<Dataset>,
}

/// A dataset that a plugin brings.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dataset {
    /// The name, without `.h5`.
    pub name: String,
    /// The SHA-256 of the file, in hexadecimal.
    pub sha256: String,
}

/// The one field that every format has.
#[derive(Deserialize)]
struct Header {
    format: u32,
}

impl Manifest {
    /// Name and version.
    pub fn id(&self) -> PluginId {
        PluginId { name: self.name.clone(), version: self.version.clone() }
    }

    /// Reads a manifest; `path` is for messages.
    ///
    /// # Errors
    /// Not RON, unknown or missing fields, a newer format, odd names, or a plugin for another version of aatool.
    pub fn parse(path: &str, text: &str) -> Result<Manifest, Error> {
        let wrong = |error: &ron::error::SpannedError| ron_fault("the manifest", path, text, error);
        let header: Header = ron::from_str(text).map_err(|error| wrong(&error))?;
        if header.format > FORMAT {
            return Err(Error::Incompatible {
                plugin: path.into(),
                reason: format!("has format {}; this aatool reads up to {FORMAT}", header.format),
                hint: "use a newer aatool".into(),
            });
        }
        let manifest: Manifest = ron::from_str(text).map_err(|error| wrong(&error))?;
        manifest.check(path, text)?;
        Ok(manifest)
    }

    fn check(&self, path: &str, text: &str) -> Result<(), Error> {
        let scripts = self.systems.iter().chain(&self.passes).chain(self.datasets.iter().map(|d| &d.name));
        if let Some(odd) = scripts.chain([&self.name]).find(|name| !is_plain(name)) {
            let message = format!("`{odd}` is no name: use letters, digits, `-` and `_`");
            return Err(Error::script(Place::new(path, text, 1, 1), message, None).coded(Code::Manifest));
        }
        let own = Version::parse(OWN_VERSION).expect("the version of this crate is a version");
        if self.requires.matches(&own) {
            return Ok(());
        }
        Err(Error::Incompatible {
            plugin: format!("{} {}", self.name, self.version),
            reason: format!("requires aatool {}, this is {own}", self.requires),
            hint: "use another version of the plugin or of aatool".into(),
        })
    }
}

/// Plain names cannot lead out of the plugin's folder.
pub(crate) fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(fields: &str) -> Result<Manifest, Error> {
        Manifest::parse("plugin.ron", &format!("(name: \"a\", version: \"1.0.0\", {fields})"))
    }

    #[test]
    fn unknown_fields_are_refused_at_their_place() {
        let error = parse("format: 1, requires: \"^0.1\", sytems: []").unwrap_err();
        assert_eq!((error.exit_code(), error.place().unwrap().line), (65, 1));
        assert!(error.to_string().contains("sytems"), "{error}");
    }

    #[test]
    fn newer_formats_are_named_before_their_fields_are_read() {
        let error = parse("format: 2, novelty: 3").unwrap_err();
        assert!(error.to_string().contains("format 2"), "{error}");
    }

    #[test]
    fn plugins_for_another_aatool_are_refused() {
        let error = parse("format: 1, requires: \"^99\"").unwrap_err();
        assert!(error.to_string().contains("requires aatool ^99"), "{error}");
    }

    #[test]
    fn names_cannot_lead_out_of_the_folder() {
        assert!(parse("format: 1, requires: \"^0.1\", systems: [\"../../etc/passwd\"]").is_err());
    }
}
