//! `aatool.lock`: which plugins a piece of work asked for, and the one version and archive of each that it got.
//!
//! Kept beside studies and under version control, it makes a later run use the same plugins. What it pins is installed
//! again by hash alone: neither a newer version nor an index that has expired or withdrawn it makes a difference.

use std::collections::BTreeMap;
use std::path::Path;

use semver::{Version, VersionReq};
use serde::{Deserialize, Serialize};

use super::archive::check_path;
use super::{parse, render, write_file};
use crate::manifest::is_plain;
use crate::{Code, Error, Place, PluginId};

/// The name of the file, in the folder where work is done.
pub const LOCK_FILE: &str = "aatool.lock";

/// What was asked for and what it came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// The format of the file.
    format: u32,
    /// Plugins asked for by name, with the versions that would do.
    pub asked: BTreeMap<String, VersionReq>,
    /// Every plugin that is needed, by name.
    pub plugins: BTreeMap<String, Pin>,
}

/// One version of a plugin and where it is from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    /// The version.
    pub version: Version,
    /// The SHA-256 of its archive, in hexadecimal.
    pub sha256: String,
    /// The index it is from.
    pub index: String,
    /// The archive's path in that index.
    pub archive: String,
}

impl Default for Lock {
    fn default() -> Lock {
        Lock { format: 1, asked: BTreeMap::new(), plugins: BTreeMap::new() }
    }
}

impl Lock {
    /// Reads the file; where there is none, nothing is pinned.
    ///
    /// # Errors
    /// The file cannot be read or is no lock.
    pub fn read(path: &Path) -> Result<Lock, Error> {
        let shown = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => {
                let lock: Lock = parse(&shown, &text)?;
                let odd = lock.plugins.iter().any(|(name, pin)| !is_plain(name) || check_path(&pin.archive).is_err());
                if lock.format == 1 && !odd {
                    return Ok(lock);
                }
                let message = "expected format 1, plain names and paths inside the index";
                Err(Error::script(Place::new(&shown, &text, 1, 1), message, None).coded(Code::Manifest))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Lock::default()),
            Err(error) => Err(Error::unreadable(&shown, &error)),
        }
    }

    /// Writes the file; says whether it changed.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, path: &Path) -> Result<bool, Error> {
        let text = render(self);
        if std::fs::read_to_string(path).is_ok_and(|old| old == text) {
            return Ok(false);
        }
        write_file(path, text.as_bytes()).map(|()| true)
    }

    /// The hash that a plugin is pinned to, where this version is.
    pub fn sha256(&self, id: &PluginId) -> Option<String> {
        self.plugins.get(&id.name).filter(|pin| pin.version == id.version).map(|pin| pin.sha256.clone())
    }
}
