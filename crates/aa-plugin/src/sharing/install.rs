//! Installing plugins with what they need: versions chosen, archives checked against their hashes, unpacked, pinned.
//!
//! Every change goes through [`Installer`], which knows where things are kept. What is installed from an index is pinned in
//! `aatool.lock`; what is installed from a file is not, since nobody else could have it from there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use semver::{Version, VersionReq};

use super::archive::Archive;
use super::choice::{Indexes, candidate, candidates, check_known, needed, pins, versions};
use super::date::Date;
use super::index::distrusted;
use super::location::{Location, Reach};
use super::lock::{Lock, Pin};
use super::solve::solve;
use super::store::Store;
use super::trust::Trust;
use crate::registry::Origin;
use crate::source::sha256;
use crate::{Error, PluginId, Registry, SearchPath, verify};

/// Where things are kept, and how far to reach.
#[derive(Clone, Debug)]
pub struct Installer {
    /// The user's data folder for plugins.
    pub store: PathBuf,
    /// The file with trusted indexes.
    pub trust: PathBuf,
    /// `aatool.lock`.
    pub lock: PathBuf,
    /// What may be read.
    pub reach: Reach,
    /// Whether the lock may not change: only what it pins is installed.
    pub locked: bool,
    /// An index to look into first, and the key that the user confirms for it.
    pub index: Option<(Location, Option<String>)>,
    /// The day on which indexes must be valid.
    pub today: Date,
}

/// What came of an installation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Installed {
    /// Plugins that are new.
    pub new: Vec<PluginId>,
    /// Plugins that were there already.
    pub already: Vec<PluginId>,
    /// Whether the lock changed.
    pub lock_changed: bool,
}

/// A plugin that an index offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Its name.
    pub name: String,
    /// Its versions that are not withdrawn, oldest first.
    pub versions: Vec<Version>,
    /// What the newest says about itself.
    pub about: String,
    /// The index.
    pub index: String,
}

impl Installer {
    /// Installs a folder, once it is verified, or an archive, with what it needs.
    ///
    /// # Errors
    /// It is not what it says; nothing satisfies what it needs; something cannot be read or written.
    pub fn install_file(&self, path: &Path) -> Result<Installed, Error> {
        let shown = path.display().to_string();
        let archive = match path.is_dir() {
            true => pack(path)?,
            false => Archive::read(&shown, std::fs::read(path).map_err(|error| Error::unreadable(&shown, &error))?)?,
        };
        let store = Store::open(&self.store)?;
        let lock = Lock::read(&self.lock)?;
        let indexes = if archive.manifest.depends.is_empty() { Vec::new() } else { self.indexes()? };
        let mut candidates = candidates(&store, &indexes)?;
        let id = archive.id();
        candidates.insert(id.name.clone(), BTreeMap::from([(id.version.clone(), candidate(&archive.manifest))]));
        let asked = BTreeMap::from([(id.name.clone(), VersionReq::STAR)]);
        let pins = pins(&indexes, &solve(&asked, &candidates, &versions(&lock))?, &lock)?;
        let mut done = Installed::default();
        for (name, pin) in pins.iter().filter(|(name, _)| **name != id.name) {
            self.install_pin(&store, name, pin, &mut done)?;
        }
        done.note(id, store.install(&archive)?);
        Ok(done)
    }

    /// Installs the newest version of a plugin that goes with everything else asked for, and pins it. Without versions that
    /// are wanted, those asked for before stay wanted.
    ///
    /// # Errors
    /// No index has it; no versions go together; an index or archive is not to be trusted; with `locked`, it is not pinned.
    pub fn install(&self, name: &str, wanted: Option<&VersionReq>) -> Result<Installed, Error> {
        let store = Store::open(&self.store)?;
        let mut lock = Lock::read(&self.lock)?;
        let before = lock.asked.get(name).cloned().unwrap_or_default();
        let wanted = wanted.cloned().unwrap_or(before);
        let pinned = lock.plugins.get(name).is_some_and(|pin| wanted.matches(&pin.version));
        if self.locked && !pinned {
            let explanation =
                format!("{} pins no {name} {wanted}, and --locked lets it stay as it is", self.lock.display());
            return Err(Error::Unsolvable { explanation });
        }
        if !self.locked {
            lock.asked.insert(name.into(), wanted);
        }
        self.install_all(&store, lock)
    }

    /// Installs everything that the lock asks for.
    ///
    /// # Errors
    /// As for [`Installer::install`].
    pub fn install_lock(&self) -> Result<Installed, Error> {
        let store = Store::open(&self.store)?;
        self.install_all(&store, Lock::read(&self.lock)?)
    }

    /// Chooses versions anew, for some plugins or all, and pins and installs them.
    ///
    /// # Errors
    /// As for [`Installer::install`].
    pub fn update(&self, names: &[String]) -> Result<Installed, Error> {
        let store = Store::open(&self.store)?;
        let mut lock = Lock::read(&self.lock)?;
        if let Some(unknown) = names.iter().find(|name| !lock.plugins.contains_key(*name)) {
            let hint = format!("{} pins {}", self.lock.display(), list(lock.plugins.keys()));
            return Err(Error::UnknownName { kind: "pinned plugin".into(), name: unknown.clone(), hint });
        }
        lock.plugins.retain(|name, _| !names.is_empty() && !names.contains(name));
        self.install_all(&store, lock)
    }

    /// Removes the versions of a plugin that match, and what the lock asked for where it was one of them.
    ///
    /// # Errors
    /// There is none, or something cannot be written.
    pub fn remove(&self, name: &str, wanted: &VersionReq) -> Result<(Vec<PluginId>, bool), Error> {
        let store = Store::open(&self.store)?;
        let installed = store.plugins()?;
        let removed = store.remove(name, wanted)?;
        let mut lock = Lock::read(&self.lock)?;
        if !removed.iter().any(|id| lock.sha256(id).is_some()) {
            return Ok((removed, false));
        }
        lock.asked.remove(name);
        let manifests = installed.iter().map(|plugin| &plugin.manifest).filter(|m| lock.sha256(&m.id()).is_some());
        let needed = needed(&lock, &manifests.collect::<Vec<_>>());
        lock.plugins.retain(|name, _| needed.contains(name));
        Ok((removed, lock.write(&self.lock)?))
    }

    /// The plugins of all trusted indexes whose name or description holds a text, in any case.
    ///
    /// # Errors
    /// An index is not to be trusted or cannot be read.
    pub fn search(&self, text: &str) -> Result<Vec<Offer>, Error> {
        // Held, since the numbers of indexes are remembered.
        let _held = Store::open(&self.store)?;
        let text = text.to_lowercase();
        let indexes = self.indexes()?;
        let all =
            indexes.iter().flat_map(|(location, index)| index.plugins.iter().map(move |(name, v)| (location, name, v)));
        let offers = all.filter_map(|(location, name, releases)| {
            let usable: Vec<_> = releases.iter().filter(|(_, release)| !release.yanked).collect();
            let about = usable.last()?.1.about.clone();
            let found = name.to_lowercase().contains(&text) || about.to_lowercase().contains(&text);
            let versions = usable.into_iter().map(|(version, _)| version.clone()).collect();
            found.then(|| Offer { name: name.clone(), versions, about, index: location.to_string() })
        });
        Ok(offers.collect())
    }

    /// Takes an index out of those that are trusted.
    ///
    /// # Errors
    /// It is not among them, or the file cannot be written.
    pub fn forget(&self, index: &str) -> Result<(), Error> {
        let _held = Store::open(&self.store)?;
        let mut trust = Trust::read(&self.trust)?;
        trust.forget(index)?;
        trust.write(&self.trust)
    }

    /// Copies everything that the lock pins into a folder, as `name/version/`; `./plugins` is found without options.
    ///
    /// # Errors
    /// The lock pins nothing; something cannot be had or written.
    pub fn vendor(&self, folder: &Path) -> Result<Installed, Error> {
        let lock = Lock::read(&self.lock)?;
        if lock.plugins.is_empty() {
            let hint = Some("`aatool plugin install NAME` pins what it installs".into());
            return Err(Error::Missing { path: format!("{} that pins plugins", self.lock.display()), hint });
        }
        let store = Store::vendored(folder)?;
        let mut done = Installed::default();
        for (name, pin) in &lock.plugins {
            self.install_pin(&store, name, pin, &mut done)?;
        }
        Ok(done)
    }

    /// Installs what a lock asks for: what it pins, and versions chosen for the rest.
    fn install_all(&self, store: &Store, mut lock: Lock) -> Result<Installed, Error> {
        if !self.locked {
            let indexes = self.indexes()?;
            let candidates = candidates(store, &indexes)?;
            for name in lock.asked.keys() {
                check_known(name, &candidates)?;
            }
            lock.plugins = pins(&indexes, &solve(&lock.asked, &candidates, &versions(&lock))?, &lock)?;
        }
        let mut done = Installed::default();
        for (name, pin) in &lock.plugins {
            self.install_pin(store, name, pin, &mut done)?;
        }
        self.remember(&self.trusted()?)?;
        done.lock_changed = !self.locked && lock.write(&self.lock)?;
        Ok(done)
    }

    fn install_pin(&self, store: &Store, name: &str, pin: &Pin, done: &mut Installed) -> Result<(), Error> {
        let id = PluginId { name: name.into(), version: pin.version.clone() };
        if store.has(&id, &pin.sha256)? {
            done.note(id, false);
            return Ok(());
        }
        let archive = self.pinned_archive(&id, pin)?;
        done.note(id, store.install(&archive)?);
        Ok(())
    }

    /// The archive of a pin: from the user's data folder, where it is there, or from the index.
    fn pinned_archive(&self, id: &PluginId, pin: &Pin) -> Result<Archive, Error> {
        let folder = self.store.join(&id.name).join(id.version.to_string());
        let installed = Archive::of_folder(&folder).ok().filter(|archive| archive.sha256() == pin.sha256);
        if let Some(installed) = installed {
            return Ok(installed);
        }
        let index = Location::parse(&pin.index)?;
        // A lock may come from anybody: it chooses versions, and not whom the user trusts.
        self.trusted()?.known(&index, &self.reach)?;
        let bytes = index.read(&pin.archive, &self.reach)?;
        let found = sha256(&bytes);
        let name = format!("{} of {}", pin.archive, pin.index);
        let refused = |reason| Err(distrusted(&name, reason, "nothing of it was installed; ask its publisher"));
        if found != pin.sha256 {
            return refused(format!("has sha256 {found}, expected {}", pin.sha256));
        }
        let archive = Archive::read(&name, bytes)?;
        if archive.id() == *id { Ok(archive) } else { refused(format!("holds {}, expected {id}", archive.id())) }
    }

    /// The indexes that the user trusts, with the key just given.
    fn trusted(&self) -> Result<Trust, Error> {
        let mut trust = Trust::read(&self.trust)?;
        if let Some((location, Some(key))) = &self.index {
            trust.confirm(location, key)?;
        }
        Ok(trust)
    }

    /// Reads the trusted indexes, the given one first, and remembers keys and numbers.
    fn indexes(&self) -> Result<Indexes, Error> {
        let mut trust = self.trusted()?;
        let given = self.index.iter().map(|(location, _)| Ok(location.clone()));
        let known = trust.indexes.iter().map(|known| Location::parse(&known.location));
        let mut locations = given.chain(known).collect::<Result<Vec<_>, Error>>()?;
        let mut seen = BTreeSet::new();
        locations.retain(|location| seen.insert(location.to_string()));
        let mut indexes = Indexes::new();
        for location in locations {
            let index = trust.open(&location, &self.reach, self.today)?;
            indexes.push((location, index));
        }
        self.remember(&trust)?;
        Ok(indexes)
    }

    /// Writes down whom the user trusts, where that changed.
    fn remember(&self, trust: &Trust) -> Result<(), Error> {
        if *trust == Trust::read(&self.trust)? { Ok(()) } else { trust.write(&self.trust) }
    }
}

impl Installed {
    fn note(&mut self, id: PluginId, new: bool) {
        if new { self.new.push(id) } else { self.already.push(id) }
    }
}

/// Packs a folder, once it is verified.
///
/// # Errors
/// It holds no plugin, one that is not verified, or something that archives cannot hold.
pub fn pack(folder: &Path) -> Result<Archive, Error> {
    let archive = Archive::of_folder(folder)?;
    let here = Registry::open(&SearchPath { given: vec![folder.into()], ..SearchPath::default() })?;
    let plugin = here.copies().iter().find(|plugin| plugin.origin == Origin::Given);
    let found = verify(plugin.expect("the folder's manifest was just read"));
    let faults = found.all_faults();
    if faults.is_empty() { Ok(archive) } else { Err(Error::NotVerified { plugin: found.plugin.to_string(), faults }) }
}

fn list<'a>(names: impl Iterator<Item = &'a String>) -> String {
    let names: Vec<&str> = names.map(String::as_str).collect();
    if names.is_empty() { "nothing".into() } else { names.join(", ") }
}
