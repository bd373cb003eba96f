//! What was installed: the hash of every file of a plugin, written beside them, so that damage is known when a file is read.
//!
//! The record stands in the hidden file `.installed`, a line a file as `sha256sum` writes and checks them. A folder
//! without one was put there by hand, and nobody knows what should be in it.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use crate::Error;
use crate::source::sha256;

/// The name of the file.
const NAME: &str = ".installed";

/// The SHA-256 of every file by its path, with `/` between folders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record(BTreeMap<String, String>);

impl Record {
    /// The record of these files.
    pub(super) fn of<'a>(files: impl Iterator<Item = (&'a String, &'a Vec<u8>)>) -> Record {
        Record(files.map(|(path, bytes)| (path.clone(), sha256(bytes))).collect())
    }

    pub(super) fn write(&self, folder: &Path) -> Result<(), Error> {
        let lines: String = self.0.iter().map(|(path, hash)| format!("{hash}  {path}\n")).collect();
        super::write_file(&folder.join(NAME), lines.as_bytes())
    }

    /// The record in a plugin's folder, where there is one.
    ///
    /// # Errors
    /// It is damaged or cannot be read.
    pub(crate) fn read(folder: &Path) -> Result<Option<Record>, Error> {
        let path = folder.join(NAME);
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            bytes => bytes.map_err(|error| Error::unreadable(&path.display().to_string(), &error))?,
        };
        let line = |line: &str| line.split_once("  ").map(|(hash, path)| (path.to_owned(), hash.to_owned()));
        let lines = String::from_utf8(bytes).ok().and_then(|text| text.lines().map(line).collect::<Option<_>>());
        lines.map(|lines| Some(Record(lines))).ok_or_else(|| damaged(&path))
    }

    /// Refuses a file that is not what was installed.
    ///
    /// # Errors
    /// It is not.
    pub(crate) fn check(&self, folder: &Path, path: &str, bytes: &[u8]) -> Result<(), Error> {
        let is_sound = self.0.get(path).is_some_and(|hash| *hash == sha256(bytes));
        if is_sound { Ok(()) } else { Err(damaged(&folder.join(path))) }
    }

    /// The paths of all files.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &String> {
        self.0.keys()
    }

    /// Whether a folder holds what its record says; true of one without a record.
    pub(super) fn holds(folder: &Path) -> bool {
        let holds = |record: Record| {
            let sound =
                |path: &String| fs::read(folder.join(path)).is_ok_and(|b| record.check(folder, path, &b).is_ok());
            record.paths().all(sound)
        };
        Record::read(folder).is_ok_and(|record| record.is_none_or(holds))
    }
}

/// A file of an installed plugin is not what it was.
pub(crate) fn damaged(file: &Path) -> Error {
    Error::Distrusted {
        what: file.display().to_string(),
        reason: "is damaged: it is not what was installed".into(),
        hint: "install the plugin again with `aatool plugin install`".into(),
    }
}
