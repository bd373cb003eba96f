//! A plugin as one file: a tar archive whose bytes follow from the plugin's files alone.
//!
//! Files stand in the order of their paths below one folder `name-version/`, with one mode and without times and owners:
//! packed twice, on any machine, the bytes are the same. So the SHA-256 of an archive also tells whether an unpacked
//! folder is still what was packed. Not compressed: datasets are already, scripts are short, no version of a compressor
//! plays a part, and nothing can unpack to more than its own size.
//!
//! An archive is read with distrust. Only regular files with plain paths are taken, and in the end what was read is
//! packed again and must give the same bytes, so that nothing hides between the files.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::path::Path;

use tar::{EntryType, Header};

use super::record::Record;
use crate::source::sha256;
use crate::{Error, Manifest, PluginId};

/// The most bytes that an archive may have: a plugin's datasets are samples, not collections.
pub const MAX_BYTES: u64 = 1 << 28;

/// The most files that an archive may have.
const MAX_FILES: usize = 10_000;

/// The longest path inside a plugin; tar's own field has a hundred bytes.
const MAX_PATH: usize = 200;

/// The files of a plugin by path, with `/` between folders.
type Files = BTreeMap<String, Vec<u8>>;

/// A plugin as one file.
#[derive(Clone, Debug)]
pub struct Archive {
    /// What the plugin says about itself.
    pub manifest: Manifest,
    files: Files,
    bytes: Vec<u8>,
}

impl Archive {
    /// Packs the files of a folder; hidden ones stay out.
    ///
    /// # Errors
    /// The manifest is missing or wrong; links, files that cannot be read or have odd names, too many or too large.
    pub fn of_folder(folder: &Path) -> Result<Archive, Error> {
        let mut files = Files::new();
        collect(folder, "", &mut files)?;
        let shown = folder.join("plugin.ron").display().to_string();
        let manifest = manifest_of(&shown, &files)?.ok_or(Error::Missing { path: shown, hint: None })?;
        let bytes = pack(&stem(&manifest), &files);
        if files.len() > MAX_FILES || bytes.len() as u64 > MAX_BYTES {
            let fault = format!("more than {MAX_FILES} files or {} MiB", MAX_BYTES >> 20);
            return Err(Error::NotVerified { plugin: manifest.name, faults: vec![fault] });
        }
        Ok(Archive { manifest, files, bytes })
    }

    /// Reads the bytes of an archive; `name` is for messages.
    ///
    /// # Errors
    /// Anything but regular files with plain paths below one folder; a damaged archive; one that packs differently.
    pub fn read(name: &str, bytes: Vec<u8>) -> Result<Archive, Error> {
        let wrong = |reason: String| Error::Distrusted {
            what: name.into(),
            reason,
            hint: "nothing was installed; make the archive with `aatool plugin pack`".into(),
        };
        let (top, files) = unpack(&bytes).map_err(wrong)?;
        let manifest = manifest_of(&format!("{name}:{top}/plugin.ron"), &files)?;
        let manifest = manifest.ok_or_else(|| wrong("has no plugin.ron".into()))?;
        if top != stem(&manifest) {
            return Err(wrong(format!("holds the folder {top}, expected {}", stem(&manifest))));
        }
        if pack(&top, &files) != bytes {
            return Err(wrong("holds more than the plugin's files, or in another order".into()));
        }
        Ok(Archive { manifest, files, bytes })
    }

    /// Name and version.
    pub fn id(&self) -> PluginId {
        self.manifest.id()
    }

    /// The name of the file by convention: `name-version.tar`.
    pub fn file_name(&self) -> String {
        format!("{}.tar", stem(&self.manifest))
    }

    /// The file.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The SHA-256 of the file, in hexadecimal.
    pub fn sha256(&self) -> String {
        sha256(&self.bytes)
    }

    /// The hashes of the plugin's files.
    pub fn record(&self) -> Record {
        Record::of(self.files.iter())
    }

    /// Writes the plugin's files into a new folder, and through to the disk.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn unpack(&self, folder: &Path) -> Result<(), Error> {
        for (path, bytes) in &self.files {
            super::write_file(&folder.join(path), bytes)?;
        }
        Ok(())
    }
}

fn stem(manifest: &Manifest) -> String {
    format!("{}-{}", manifest.name, manifest.version)
}

fn manifest_of(path: &str, files: &Files) -> Result<Option<Manifest>, Error> {
    let Some(bytes) = files.get("plugin.ron") else { return Ok(None) };
    let text = std::str::from_utf8(bytes).map_err(|_| Error::NotText { path: path.into() })?;
    Manifest::parse(path, text).map(Some)
}

fn collect(folder: &Path, inside: &str, files: &mut Files) -> Result<(), Error> {
    let unreadable = |error: std::io::Error| Error::unreadable(&folder.display().to_string(), &error);
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        let (path, inside) = (entry.path(), format!("{inside}{name}"));
        let shown = path.display().to_string();
        let refused = |fault: String| Error::NotVerified { plugin: shown.clone(), faults: vec![fault] };
        let kind = entry.file_type().map_err(unreadable)?;
        if kind.is_dir() {
            collect(&path, &format!("{inside}/"), files)?;
        } else if kind.is_file() {
            check_path(&inside).map_err(refused)?;
            files.insert(inside, fs::read(&path).map_err(|error| Error::unreadable(&shown, &error))?);
        } else {
            return Err(refused("a link or device; archives hold regular files only".into()));
        }
    }
    Ok(())
}

fn pack(top: &str, files: &Files) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (path, bytes) in files {
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Regular);
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(0);
        header.set_uid(0);
        header.set_gid(0);
        archive
            .append_data(&mut header, format!("{top}/{path}"), bytes.as_slice())
            .expect("checked paths fit, and memory takes all bytes");
    }
    archive.into_inner().expect("memory takes all bytes")
}

/// The one folder of an archive, and the files below it.
fn unpack(bytes: &[u8]) -> Result<(String, Files), String> {
    if bytes.len() as u64 > MAX_BYTES {
        return Err(format!("is larger than {} MiB", MAX_BYTES >> 20));
    }
    let (mut top, mut files, mut folded) = (None, Files::new(), BTreeSet::new());
    let damaged = |error: std::io::Error| format!("is damaged: {error}");
    for entry in tar::Archive::new(bytes).entries().map_err(damaged)? {
        let mut entry = entry.map_err(damaged)?;
        let path = String::from_utf8(entry.path_bytes().into_owned()).map_err(|_| "has a path that is no text")?;
        if entry.header().entry_type() != EntryType::Regular {
            return Err(format!("holds {path:?}, which is no regular file"));
        }
        check_path(&path)?;
        let (folder, inside) = path.split_once('/').ok_or_else(|| format!("holds {path:?} outside of a folder"))?;
        if top.get_or_insert_with(|| folder.to_string()) != folder {
            return Err(format!("holds {path:?} outside of its folder"));
        }
        if files.len() == MAX_FILES || !folded.insert(inside.to_lowercase()) {
            return Err(format!("holds {path:?} twice, or more than {MAX_FILES} files"));
        }
        let mut content = Vec::new();
        entry.read_to_end(&mut content).map_err(damaged)?;
        files.insert(inside.to_string(), content);
    }
    Ok((top.ok_or("is damaged, or no tar archive")?, files))
}

/// Whether a path stays in its folder and has the same meaning on every system.
pub(super) fn check_path(path: &str) -> Result<(), String> {
    let odd = |c: char| c.is_control() || "\\:*?\"<>|".contains(c);
    let leads_out = |part: &str| part.is_empty() || part.starts_with('.') || part.ends_with([' ', '.']);
    if path.len() > MAX_PATH || path.contains(odd) || path.split('/').any(leads_out) {
        return Err(format!("holds the path {path:?}, which may lead out of its folder or is odd"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = r#"(format: 1, name: "rings", version: "1.0.0", requires: "^0.1")"#;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("plugin.ron"), MANIFEST).unwrap();
        fs::create_dir(folder.path().join("systems")).unwrap();
        fs::write(folder.path().join("systems/ring.rhai"), "//! A ring.").unwrap();
        fs::write(folder.path().join(".hidden"), "not packed").unwrap();
        folder
    }

    /// An archive with one file of this kind and path, built without the checks of [`pack`].
    fn forged(path: &str, kind: EntryType) -> Vec<u8> {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(4);
        header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
        header.set_cksum();
        let mut archive = tar::Builder::new(Vec::new());
        archive.append(&header, &b"evil"[..]).unwrap();
        archive.into_inner().unwrap()
    }

    fn refusal(bytes: Vec<u8>) -> String {
        let error = Archive::read("a.tar", bytes).unwrap_err();
        assert_eq!(error.exit_code(), 4, "{error}");
        error.to_string()
    }

    #[test]
    fn packing_twice_gives_the_same_bytes_and_reading_the_same_files() {
        let (first, second) = (folder(), folder());
        let packed = Archive::of_folder(first.path()).unwrap();
        assert_eq!(packed.bytes(), Archive::of_folder(second.path()).unwrap().bytes());
        assert_eq!(packed.file_name(), "rings-1.0.0.tar");
        let read = Archive::read("a.tar", packed.bytes().to_vec()).unwrap();
        assert_eq!(read.files.keys().collect::<Vec<_>>(), ["plugin.ron", "systems/ring.rhai"]);
        let unpacked = tempfile::tempdir().unwrap();
        read.unpack(unpacked.path()).unwrap();
        assert_eq!(Archive::of_folder(unpacked.path()).unwrap().sha256(), packed.sha256());
    }

    #[test]
    fn paths_that_lead_out_are_refused() {
        for path in ["../evil", "a/../../evil", "/etc/passwd", "a//b", "a/.git", "a/b\\c", "a/C:evil", "a/b. "] {
            let text = refusal(forged(path, EntryType::Regular));
            assert!(text.contains("may lead out of its folder"), "{path}: {text}");
        }
        assert!(refusal(forged("evil", EntryType::Regular)).contains("outside of a folder"));
    }

    #[test]
    fn links_folders_and_devices_are_refused() {
        for kind in [EntryType::Symlink, EntryType::Link, EntryType::Directory, EntryType::Char, EntryType::GNUSparse] {
            let error = Archive::read("a.tar", forged("rings-1.0.0/evil", kind)).unwrap_err();
            assert_eq!(error.exit_code(), 4, "{kind:?} {error}");
        }
        assert!(refusal(forged("a/evil", EntryType::Symlink)).contains("no regular file"));
    }

    #[test]
    fn damaged_archives_and_hidden_bytes_are_refused() {
        let good = Archive::of_folder(folder().path()).unwrap().bytes;
        for cut in [0, 100, 512, 700, good.len() - 1024, good.len() - 1] {
            assert!(Archive::read("a.tar", good[..cut].to_vec()).is_err(), "cut at {cut}");
        }
        let trailing = [good.clone(), vec![1; 512]].concat();
        assert!(refusal(trailing).contains("more than the plugin's files"));
        for at in (0..good.len()).step_by(37) {
            let mut flipped = good.clone();
            flipped[at] ^= 1;
            // A flip inside a file gives another plugin, which its hash tells; anywhere else it is seen here.
            if let Ok(read) = Archive::read("a.tar", flipped.clone()) {
                assert_ne!(read.sha256(), sha256(&good), "flipped at {at}");
            }
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_packed() {
        let folder = folder();
        std::os::unix::fs::symlink("/etc/passwd", folder.path().join("systems/link.rhai")).unwrap();
        let error = Archive::of_folder(folder.path()).unwrap_err();
        assert!(error.to_string().contains("regular files only"), "{error}");
    }
}
