//! Makes and updates an index: the archives of a folder, listed and signed.
//!
//! What is published stays as it is: a version never changes its hash and never leaves the list; a faulty one is
//! withdrawn. Any static web server, or a folder that is shared, can serve the result.

use std::fs;
use std::path::Path;

use semver::Version;

use super::archive::Archive;
use super::date::Date;
use super::index::{INDEX_FILE, Index, Release, SIGNATURE_FILE};
use super::{render, signature, write_file};
use crate::{Error, PluginId};

/// What is to be published.
#[derive(Clone, Debug)]
pub struct Publication {
    /// The last day on which the list is valid.
    pub expires: Date,
    /// Versions to withdraw.
    pub yank: Vec<PluginId>,
}

/// Lists the `.tar` archives of a folder in a new number of its index, and signs it with the text of a secret key.
///
/// # Errors
/// An archive is wrong, gone, or another than was published; a version to withdraw is not there; the key is none.
pub fn publish(folder: &Path, secret: &str, publication: &Publication) -> Result<Index, Error> {
    let mut index = previous(folder)?;
    index.number += 1;
    index.expires = publication.expires;
    for name in archives(folder)? {
        let bytes = fs::read(folder.join(&name)).map_err(|error| Error::unreadable(&name, &error))?;
        add(&mut index, &name, &Archive::read(&name, bytes)?)?;
    }
    for id in &publication.yank {
        let release = index.plugins.get_mut(&id.name).and_then(|versions| versions.get_mut(&id.version));
        let hint = "versions to withdraw are in the index, as NAME@VERSION".to_string();
        let missing = || Error::UnknownName { kind: "plugin in the index".into(), name: id.to_string(), hint };
        release.ok_or_else(missing)?.yanked = true;
    }
    let releases = index.plugins.values().flat_map(|versions| versions.values());
    if let Some(gone) = releases.map(|release| &release.archive).find(|archive| !folder.join(archive).is_file()) {
        let hint = Some("what was published stays; withdraw a version with --yank NAME@VERSION".into());
        return Err(Error::Missing { path: folder.join(gone).display().to_string(), hint });
    }
    let text = render(&index);
    let comment = format!("number {}, expires {}", index.number, index.expires);
    let signed = signature::sign(text.as_bytes(), secret, &comment)?;
    write_file(&folder.join(INDEX_FILE), text.as_bytes())?;
    write_file(&folder.join(SIGNATURE_FILE), signed.as_bytes())?;
    Ok(index)
}

fn previous(folder: &Path) -> Result<Index, Error> {
    let path = folder.join(INDEX_FILE);
    let shown = path.display().to_string();
    match fs::read_to_string(&path) {
        Ok(text) => Index::parse(&shown, &text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Ok(Index { format: 1, number: 0, expires: Date::of_unix_days(0), plugins: Default::default() })
        }
        Err(error) => Err(Error::unreadable(&shown, &error)),
    }
}

fn archives(folder: &Path) -> Result<Vec<String>, Error> {
    let entries = fs::read_dir(folder).map_err(|error| Error::unreadable(&folder.display().to_string(), &error))?;
    let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut archives: Vec<String> = names.filter(|name| name.ends_with(".tar") && !name.starts_with('.')).collect();
    archives.sort();
    Ok(archives)
}

fn add(index: &mut Index, name: &str, archive: &Archive) -> Result<(), Error> {
    let manifest = &archive.manifest;
    let refused = |fault: String| Err(Error::NotVerified { plugin: name.into(), faults: vec![fault] });
    if !manifest.version.pre.is_empty() {
        return refused(format!("{} is not finished; an index holds finished versions", manifest.version));
    }
    let versions = index.plugins.entry(manifest.name.clone()).or_default();
    match versions.get(&manifest.version) {
        Some(there) if there.sha256 != archive.sha256() => {
            return refused(format!("{} was published with other files; raise its version", archive.id()));
        }
        Some(_) => return Ok(()),
        None => {}
    }
    versions.insert(manifest.version.clone(), release(name, archive));
    Ok(())
}

fn release(name: &str, archive: &Archive) -> Release {
    let manifest = &archive.manifest;
    Release {
        about: manifest.about.clone(),
        requires: manifest.requires.clone(),
        depends: manifest.depends.clone(),
        sha256: archive.sha256(),
        archive: name.into(),
        yanked: false,
    }
}

/// A version written as `NAME@VERSION`.
///
/// # Errors
/// Written otherwise.
pub fn parse_id(text: &str) -> Result<PluginId, Error> {
    let parts = text.split_once('@').and_then(|(name, version)| Some((name, Version::parse(version).ok()?)));
    let (name, version) = parts.ok_or_else(|| Error::BadValue {
        key: "NAME@VERSION".into(),
        text: text.into(),
        reason: "expected one whole version, like rings@1.0.2".into(),
    })?;
    Ok(PluginId { name: name.into(), version })
}
