//! A folder of plugins as `name/version/`: the user's data folder, or one that goes along with a study.
//!
//! A plugin is unpacked under a hidden name and renamed into place: whoever looks sees all of it or nothing, at any
//! moment and after a crash. Versions lie beside each other.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use semver::VersionReq;
use tempfile::TempDir;

use super::archive::Archive;
use super::record::Record;
use super::sync_folder;
use crate::registry::Origin;
use crate::verify::{Depth, verify_to};
use crate::{Error, Plugin, PluginId, Registry, SearchPath};

/// What unfinished work is called until it is done.
const HIDDEN: &str = ".unfinished-";

/// A folder of plugins, held by one process at a time for changes.
#[derive(Debug)]
pub struct Store {
    root: PathBuf,
    /// Whether what is installed is to stay as it is.
    keeps_records: bool,
    /// Let go of when the store is dropped, or its process ends in any way.
    _held: File,
}

impl Store {
    /// Opens a folder of plugins that belong to somebody's work and may be changed by hand.
    ///
    /// # Errors
    /// Those of [`Store::open`].
    pub fn vendored(root: &Path) -> Result<Store, Error> {
        Ok(Store { keeps_records: false, ..Store::open(root)? })
    }

    /// Opens the folder for changes, and makes it where it is missing; waits for others who change it.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn open(root: &Path) -> Result<Store, Error> {
        let wrong = |error| Error::unwritable(root, &error);
        fs::create_dir_all(root).map_err(wrong)?;
        let held = File::create(root.join(".lock")).map_err(wrong)?;
        // Some network file systems have no locks. Renames keep plugins whole there as well; only the remains of work that
        // was cut off stay, since they may belong to another process.
        if held.lock().is_ok() {
            remove_remains(root);
        }
        Ok(Store { root: root.into(), keeps_records: true, _held: held })
    }

    /// Installs a plugin, in place of a damaged copy of it; says whether it was not there already.
    ///
    /// # Errors
    /// It is not what its manifest says; another with this name and version is there; the folder cannot be written.
    pub fn install(&self, archive: &Archive) -> Result<bool, Error> {
        let target = self.folder(&archive.id());
        if self.has(&archive.id(), &archive.sha256())? {
            return Ok(false);
        }
        let wrong = |error: std::io::Error| Error::unwritable(&target, &error);
        let (unfinished, parent) = (self.hidden().map_err(wrong)?, self.root.join(&archive.manifest.name));
        let unpacked = unfinished.path().join("plugin");
        archive.unpack(&unpacked)?;
        let (manifest, folder) = (archive.manifest.clone(), unpacked.clone());
        let plugin = Plugin { manifest, origin: Origin::User, folder, pinned: None, record: None };
        let found = verify_to(&plugin, Depth::Files);
        if !found.is_verified() {
            return Err(Error::NotVerified { plugin: archive.id().to_string(), faults: found.faults });
        }
        if self.keeps_records {
            archive.record().write(&unpacked)?;
        }
        if target.exists() {
            fs::rename(&target, unfinished.path().join("damaged")).map_err(wrong)?;
        }
        fs::create_dir_all(&parent).and_then(|()| fs::rename(&unpacked, &target)).map_err(wrong)?;
        sync_folder(&parent);
        Ok(true)
    }

    /// Whether a plugin is there, with this hash; a damaged one is not.
    ///
    /// # Errors
    /// One of this name and version is there, with another hash.
    pub fn has(&self, id: &PluginId, sha256: &str) -> Result<bool, Error> {
        let target = self.folder(id);
        if !target.exists() || !Record::holds(&target) {
            return Ok(false);
        }
        match Archive::of_folder(&target) {
            Ok(there) if there.sha256() == sha256 => Ok(true),
            _ => Err(Error::Unwritable {
                path: target.display().to_string(),
                reason: format!(
                    "other files are there: `aatool plugin remove {}@={}` comes first",
                    id.name, id.version
                ),
            }),
        }
    }

    /// Removes the versions of a plugin that match; names them.
    ///
    /// # Errors
    /// There is none, or the folder cannot be written.
    pub fn remove(&self, name: &str, wanted: &VersionReq) -> Result<Vec<PluginId>, Error> {
        let here = self.registry()?;
        let sound = here.copies().iter().filter(|plugin| plugin.origin == Origin::User);
        let damaged = here.damaged().iter().map(|damaged| (damaged.id.clone(), damaged.folder()));
        let all: Vec<(PluginId, &Path)> =
            sound.map(|plugin| (plugin.id(), plugin.folder.as_path())).chain(damaged).collect();
        let matching = |(id, _): &&(PluginId, &Path)| id.name == name && wanted.matches(&id.version);
        let found: Vec<&(PluginId, &Path)> = all.iter().filter(matching).collect();
        if found.is_empty() {
            let installed: Vec<String> = all.iter().map(|(id, _)| id.to_string()).collect();
            let hint =
                if installed.is_empty() { "none are".into() } else { format!("there are {}", installed.join(", ")) };
            return Err(Error::UnknownName { kind: "installed plugin".into(), name: name.into(), hint });
        }
        for (_, folder) in &found {
            let wrong = |error| Error::unwritable(folder, &error);
            let unfinished = self.hidden().map_err(wrong)?;
            fs::rename(folder, unfinished.path().join("plugin")).map_err(wrong)?;
        }
        // Goes only where no version is left.
        let _ = fs::remove_dir(self.root.join(name));
        Ok(found.into_iter().map(|(id, _)| id.clone()).collect())
    }

    /// The plugins that are there, by name, the newest version first.
    ///
    /// # Errors
    /// A manifest is wrong.
    pub fn plugins(&self) -> Result<Vec<Plugin>, Error> {
        Ok(self.registry()?.copies().iter().filter(|plugin| plugin.origin == Origin::User).cloned().collect())
    }

    fn registry(&self) -> Result<Registry, Error> {
        Registry::open(&SearchPath { user: Some(self.root.clone()), ..SearchPath::default() })
    }

    /// Where a plugin is, or would be.
    pub fn folder(&self, id: &PluginId) -> PathBuf {
        self.root.join(&id.name).join(id.version.to_string())
    }

    fn hidden(&self) -> std::io::Result<TempDir> {
        tempfile::Builder::new().prefix(HIDDEN).tempdir_in(&self.root)
    }
}

/// What processes left that were cut off.
fn remove_remains(root: &Path) {
    let entries = fs::read_dir(root).into_iter().flatten().flatten();
    for entry in entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(HIDDEN)) {
        // What cannot be removed is in nobody's way: hidden folders are not searched.
        let _ = fs::remove_dir_all(entry.path());
    }
}

#[cfg(test)]
mod tests {
    use semver::Version;

    use super::*;
    use crate::sharing::lock::{Lock, Pin};

    /// A plugin of one script.
    fn archive(version: &str, readme: &str) -> Archive {
        let folder = tempfile::tempdir().unwrap();
        let manifest =
            format!("(format: 1, name: \"rings\", version: {version:?}, requires: \"^0.1\", systems: [\"ring\"])");
        fs::write(folder.path().join("plugin.ron"), manifest).unwrap();
        fs::create_dir(folder.path().join("systems")).unwrap();
        fs::write(folder.path().join("systems/ring.rhai"), "").unwrap();
        fs::write(folder.path().join("README.md"), readme).unwrap();
        Archive::of_folder(folder.path()).unwrap()
    }

    fn versions(store: &Store) -> Vec<String> {
        store.plugins().unwrap().iter().map(|plugin| plugin.manifest.version.to_string()).collect()
    }

    #[test]
    fn versions_lie_beside_each_other_and_go_one_by_one() {
        let place = tempfile::tempdir().unwrap();
        let store = Store::open(place.path()).unwrap();
        assert!(store.install(&archive("1.0.0", "a")).unwrap());
        assert!(store.install(&archive("1.1.0", "a")).unwrap());
        assert!(!store.install(&archive("1.1.0", "a")).unwrap());
        assert_eq!(versions(&store), ["1.1.0", "1.0.0"]);
        let other = store.install(&archive("1.1.0", "b")).unwrap_err();
        assert!(other.exit_code() == 73 && other.to_string().contains("remove rings@=1.1.0"), "{other}");
        assert_eq!(store.remove("rings", &VersionReq::parse("=1.0.0").unwrap()).unwrap().len(), 1);
        assert_eq!(versions(&store), ["1.1.0"]);
        assert_eq!(store.remove("rings", &VersionReq::parse("2").unwrap()).unwrap_err().exit_code(), 2);
        store.remove("rings", &VersionReq::STAR).unwrap();
        assert!(!place.path().join("rings").exists());
    }

    #[test]
    fn a_plugin_that_lacks_files_is_not_installed() {
        let folder = tempfile::tempdir().unwrap();
        let manifest = "(format: 1, name: \"rings\", version: \"1.0.0\", requires: \"^0.1\", systems: [\"gone\"])";
        fs::write(folder.path().join("plugin.ron"), manifest).unwrap();
        let place = tempfile::tempdir().unwrap();
        let store = Store::open(place.path()).unwrap();
        let error = store.install(&Archive::of_folder(folder.path()).unwrap()).unwrap_err();
        assert!(error.exit_code() == 1 && error.to_string().contains("gone.rhai"), "{error}");
        assert!(versions(&store).is_empty());
    }

    #[test]
    fn what_was_cut_off_is_not_seen_and_goes_with_the_next_change() {
        let place = tempfile::tempdir().unwrap();
        let remains = place.path().join(".unfinished-1/plugin");
        archive("1.0.0", "a").unpack(&remains).unwrap();
        let path = SearchPath { user: Some(place.path().into()), ..SearchPath::default() };
        assert!(Registry::open(&path).unwrap().plugin("rings").is_err());
        Store::open(place.path()).unwrap();
        assert!(!remains.exists());
    }

    #[test]
    fn what_is_damaged_is_refused_by_name_until_it_is_installed_again() {
        let place = tempfile::tempdir().unwrap();
        let store = Store::open(place.path()).unwrap();
        let archive = archive("1.0.0", "a");
        store.install(&archive).unwrap();
        let path = SearchPath { user: Some(place.path().into()), ..SearchPath::default() };
        let folder = place.path().join("rings/1.0.0");
        let manifest = fs::read_to_string(folder.join("plugin.ron")).unwrap();
        for (file, text) in [("plugin.ron", manifest.replace("^0.1", "^0.0")), (".installed", "damaged".into())] {
            fs::write(folder.join(file), text).unwrap();
            let registry = Registry::open(&path).unwrap();
            let error = registry.plugin("rings").unwrap_err();
            assert!(error.exit_code() == 4 && error.to_string().contains(file), "{error}");
            assert!(error.hint().unwrap().contains("install the plugin again"));
            assert_eq!(registry.plugin("rings@2").unwrap_err().exit_code(), 2);
            assert!(store.install(&archive).unwrap(), "{file}");
            assert!(Registry::open(&path).unwrap().plugin("rings").is_ok());
        }
        fs::write(folder.join("README.md"), "b").unwrap();
        let registry = Registry::open(&path).unwrap();
        assert_eq!(registry.plugin("rings").unwrap().file("README.md").unwrap_err().exit_code(), 4);
        fs::write(folder.join("plugin.ron"), "b").unwrap();
        assert_eq!(store.remove("rings", &VersionReq::STAR).unwrap().len(), 1);
    }

    #[test]
    fn a_damaged_version_is_in_the_way_of_no_newer_one() {
        let place = tempfile::tempdir().unwrap();
        let store = Store::open(place.path()).unwrap();
        for version in ["1.0.0", "1.1.0", "1.2.0"] {
            store.install(&archive(version, "a")).unwrap();
        }
        fs::write(place.path().join("rings/1.1.0/plugin.ron"), "damaged").unwrap();
        let lock = place.path().join("aatool.lock");
        let path = SearchPath { user: Some(place.path().into()), lock: Some(lock.clone()), ..SearchPath::default() };
        let registry = Registry::open(&path).unwrap();
        let version = |name: &str| registry.plugin(name).map(|plugin| plugin.id().version.to_string());
        assert_eq!((version("rings").unwrap(), version("rings@1.0").unwrap()), ("1.2.0".into(), "1.2.0".into()));
        assert_eq!(version("rings@=1.0.0").unwrap(), "1.0.0");
        for name in ["ring", "rings/ring", "rings/ring@1"] {
            assert_eq!(registry.system(name).unwrap().plugin.unwrap().version.to_string(), "1.2.0", "{name}");
        }
        // It is said, and refused where it is the one that is asked for, or would be first.
        assert_eq!(registry.faults().len(), 1);
        for name in ["rings@=1.1.0", "rings@<1.2"] {
            assert_eq!(version(name).unwrap_err().exit_code(), 4, "{name}");
        }
        for name in ["ring@=1.1.0", "rings/ring@<1.2", "ring@<1.2"] {
            assert_eq!(registry.system(name).unwrap_err().exit_code(), 4, "{name}");
        }
        let mut pins = Lock::default();
        let [sha256, index, archive] = ["0", "index", "rings.tar"].map(String::from);
        pins.plugins.insert("rings".into(), Pin { version: Version::new(1, 1, 0), sha256, index, archive });
        pins.write(&lock).unwrap();
        let refuses = || {
            let registry = Registry::open(&path).unwrap();
            [registry.plugin("rings").unwrap_err().exit_code(), registry.system("ring").unwrap_err().exit_code()]
        };
        assert_eq!(refuses(), [4, 4]);
        fs::remove_file(&lock).unwrap();
        store.remove("rings", &VersionReq::parse("=1.2.0").unwrap()).unwrap();
        assert_eq!(refuses(), [4, 4]);
    }

    #[test]
    fn many_at_once_install_one_whole_plugin() {
        let place = tempfile::tempdir().unwrap();
        let archive = archive("1.0.0", "a");
        let new: usize = std::thread::scope(|scope| {
            let install = || Store::open(place.path()).unwrap().install(&archive).unwrap();
            let all: Vec<_> = (0..8).map(|_| scope.spawn(install)).collect();
            all.into_iter().map(|one| usize::from(one.join().unwrap())).sum()
        });
        assert_eq!(new, 1);
        assert_eq!(versions(&Store::open(place.path()).unwrap()), ["1.0.0"]);
    }
}
