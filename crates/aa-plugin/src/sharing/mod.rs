//! Plugins from one hand to another: written, packed, published, found, installed.
//!
//! A plugin is packed as one [`archive`], whose bytes follow from its files alone. A folder of archives with a signed
//! list of them is an [`index`], made by [`publish`] and read from a folder or the web by [`location`]; whose keys are
//! trusted stands in [`trust`]. [`solve`] chooses versions, [`lock`] pins them, [`store`] keeps them in the user's data
//! folder with a [`record`] of what was installed, and [`install`] does all of this in order.

pub mod archive;
mod choice;
pub mod date;
pub mod index;
pub mod install;
pub mod location;
pub mod lock;
pub mod publish;
pub mod record;
pub mod scaffold;
pub mod signature;
pub mod solve;
pub mod store;
pub mod trust;
mod web;

use std::io::Write;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Error, ron_fault};

/// Reads a document in RON; `path` is for messages.
fn parse<T: DeserializeOwned>(path: &str, text: &str) -> Result<T, Error> {
    ron::from_str(text).map_err(|error: ron::error::SpannedError| ron_fault("this", path, text, &error))
}

/// A document in RON, as a person would lay it out.
fn render(document: &impl Serialize) -> String {
    let pretty = ron::ser::PrettyConfig::new().depth_limit(4);
    ron::ser::to_string_pretty(document, pretty).expect("our documents hold texts, numbers and maps") + "\n"
}

/// Writes a file whole or not at all: beside its place, to the disk, and then over what is there.
fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let wrong = |error: std::io::Error| Error::unwritable(path, &error);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(wrong)?;
    let mut beside = tempfile::Builder::new();
    beside.prefix(".write-");
    // As the user's other files are, not for the owner alone: indexes are there to be read by others.
    #[cfg(unix)]
    beside.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = beside.tempfile_in(folder).map_err(wrong)?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(wrong)?;
    file.persist(path).map_err(|error| wrong(error.error))?;
    sync_folder(folder);
    Ok(())
}

/// Brings the names in a folder to the disk, where the system can do so for folders.
fn sync_folder(folder: &Path) {
    if let Ok(open) = std::fs::File::open(folder) {
        // Windows and some network file systems refuse; the files themselves are on the disk by now.
        let _ = open.sync_all();
    }
}
