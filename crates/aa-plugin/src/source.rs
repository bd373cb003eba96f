//! The text of a script, with its name and where it came from.

use std::path::Path;

use sha2::{Digest, Sha256};

use crate::error::{Error, Place};

/// A plugin by name and version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PluginId {
    /// The name in its manifest.
    pub name: String,
    /// The version in its manifest.
    pub version: semver::Version,
}

impl std::fmt::Display for PluginId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.name, self.version)
    }
}

/// A script before it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The short name: the file's without its extension.
    pub name: String,
    /// The plugin it belongs to.
    pub plugin: Option<PluginId>,
    /// The path to show; for bundled scripts their path in the repository.
    pub path: String,
    /// The whole text.
    pub text: String,
}

impl Source {
    /// A script that is in no file, named after its purpose.
    pub fn inline(name: &str, text: &str) -> Source {
        Source { name: name.into(), plugin: None, path: format!("{name}.rhai"), text: text.into() }
    }

    /// Reads a script from a file.
    ///
    /// # Errors
    /// The file is missing, cannot be read or is not UTF-8.
    pub fn read(path: &Path) -> Result<Source, Error> {
        let shown = path.display().to_string();
        let bytes = std::fs::read(path).map_err(|error| Error::unreadable(&shown, &error))?;
        let text = String::from_utf8(bytes).map_err(|_| Error::NotText { path: shown.clone() })?;
        let name = path.file_stem().map_or_else(|| shown.clone(), |stem| stem.to_string_lossy().into_owned());
        Ok(Source { name, plugin: None, path: shown, text })
    }

    /// The leading `//!` lines, joined: what the script says about itself.
    pub fn description(&self) -> String {
        let lines = self.text.lines().map(str::trim).skip_while(|line| line.is_empty());
        let texts = lines.map_while(|line| line.strip_prefix("//!")).map(str::trim);
        texts.collect::<Vec<_>>().join("\n").trim().to_string()
    }

    /// The SHA-256 of the text, in hexadecimal.
    pub fn sha256(&self) -> String {
        sha256(self.text.as_bytes())
    }

    /// Whether the binary has the same text in it, whatever copy this is; other scripts run in confinement where the command
    /// line sees to it.
    pub fn is_bundled(&self) -> bool {
        crate::bundled::has_script(&self.text)
    }

    /// The first line that has these words in it; the first of all where none has.
    pub(crate) fn line_with(&self, words: &str) -> Place {
        let line = self.text.lines().position(|line| line.contains(words)).map_or(1, |line| line + 1);
        self.place(line, 1)
    }

    /// A place in the text; line and column count from 1, and column 0 is the start of the line.
    pub fn place(&self, line: usize, column: usize) -> Place {
        Place::new(&self.path, &self.text, line, column)
    }
}

/// The SHA-256 of some bytes, in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_are_the_leading_lines() {
        let source = Source::inline("a", "\n//! The pendulum.\n//!\n//! Galileo, 1602.\nfn f() {}\n//! not this");
        assert_eq!(source.description(), "The pendulum.\n\nGalileo, 1602.");
        assert_eq!(Source::inline("a", "fn f() {}").description(), "");
    }

    #[test]
    fn hashes_are_the_published_ones() {
        // FIPS 180-2, appendix B.1.
        assert_eq!(sha256(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn a_missing_file_is_error_66() {
        let error = Source::read(Path::new("no/such/file.rhai")).unwrap_err();
        assert_eq!(error.exit_code(), 66);
        assert!(error.to_string().contains("no/such/file.rhai"), "{error}");
    }
}
