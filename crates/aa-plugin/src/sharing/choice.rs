//! What versions there are to choose from, and what the chosen ones are pinned to.

use std::collections::{BTreeMap, BTreeSet};

use semver::Version;

use super::index::{Index, Release, distrusted};
use super::location::Location;
use super::lock::{Lock, Pin};
use super::solve::{Candidate, Candidates};
use super::store::Store;
use crate::manifest::Manifest;
use crate::suggest::nearest;
use crate::{Error, PluginId, Registry, SearchPath};

/// The trusted indexes that were read, in order.
pub(super) type Indexes = Vec<(Location, Index)>;

/// What indexes offer, what is installed and what is bundled. A name belongs to the first index that has it.
pub(super) fn candidates(store: &Store, indexes: &Indexes) -> Result<Candidates, Error> {
    let mut all = Candidates::new();
    for (_, index) in indexes.iter().rev() {
        for (name, releases) in &index.plugins {
            let versions = releases.iter().map(|(version, release)| (version.clone(), offered(release)));
            all.insert(name.clone(), versions.collect());
        }
    }
    let bundled = Registry::open(&SearchPath::bundled_only())?;
    let here = store.plugins()?;
    for plugin in here.iter().chain(bundled.copies()) {
        let versions = all.entry(plugin.manifest.name.clone()).or_default();
        versions.entry(plugin.manifest.version.clone()).or_insert_with(|| candidate(&plugin.manifest));
    }
    Ok(all)
}

pub(super) fn candidate(manifest: &Manifest) -> Candidate {
    Candidate { requires: manifest.requires.clone(), depends: manifest.depends.clone(), yanked: false }
}

fn offered(release: &Release) -> Candidate {
    Candidate { requires: release.requires.clone(), depends: release.depends.clone(), yanked: release.yanked }
}

pub(super) fn versions(lock: &Lock) -> BTreeMap<String, Version> {
    lock.plugins.iter().map(|(name, pin)| (name.clone(), pin.version.clone())).collect()
}

/// Pins for the chosen versions that indexes have, or had when they were pinned; the others are bundled or were installed
/// from a file.
pub(super) fn pins(
    indexes: &Indexes,
    chosen: &BTreeMap<String, Version>,
    old: &Lock,
) -> Result<BTreeMap<String, Pin>, Error> {
    let mut pins = BTreeMap::new();
    for (name, version) in chosen {
        let owner = indexes.iter().find_map(|(location, index)| Some((location, index.plugins.get(name)?)));
        let Some((location, release)) = owner.and_then(|(l, releases)| Some((l, releases.get(version)?))) else {
            let old = old.plugins.get(name).filter(|pin| pin.version == *version);
            pins.extend(old.map(|pin| (name.clone(), pin.clone())));
            continue;
        };
        let id = PluginId { name: name.clone(), version: version.clone() };
        if let Some(pinned) = old.sha256(&id).filter(|pinned| *pinned != release.sha256) {
            let reason = format!("has sha256 {} for {id}, aatool.lock pins {pinned}", release.sha256);
            return Err(distrusted(
                &format!("the index {location}"),
                reason,
                "nothing was installed; ask its publisher",
            ));
        }
        let (sha256, archive) = (release.sha256.clone(), release.archive.clone());
        pins.insert(name.clone(), Pin { version: version.clone(), sha256, index: location.to_string(), archive });
    }
    Ok(pins)
}

/// The names that a lock asks for, and what these need in turn.
pub(super) fn needed(lock: &Lock, manifests: &[&Manifest]) -> BTreeSet<String> {
    let mut open: Vec<String> = lock.asked.keys().cloned().collect();
    let mut needed = BTreeSet::new();
    while let Some(name) = open.pop() {
        let of_name = manifests.iter().filter(|manifest| manifest.name == name);
        open.extend(of_name.flat_map(|manifest| manifest.depends.keys().cloned()).filter(|n| !needed.contains(n)));
        needed.insert(name);
    }
    needed
}

pub(super) fn check_known(name: &str, candidates: &Candidates) -> Result<(), Error> {
    if candidates.contains_key(name) {
        return Ok(());
    }
    let near = nearest(name, candidates.keys().map(String::as_str)).map(|near| format!("did you mean `{near}`?"));
    let hint = near.unwrap_or_else(|| "no trusted index has it; --index FOLDER|URL --trust KEY adds an index".into());
    Err(Error::UnknownName { kind: "plugin".into(), name: name.into(), hint })
}
