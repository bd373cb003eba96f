//! Finding plugins and what is in them by name.
//!
//! Places are searched in order: folders given on the command line, those of `AATOOL_PLUGIN_PATH`, `./plugins`, the
//! user's data folder, and the plugins in the binary. The first copy of a plugin hides those behind it, unless a
//! version is asked for that it has not.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use semver::{Version, VersionReq};

use crate::bundled;
use crate::error::Error;
use crate::manifest::Manifest;
use crate::sharing::lock::{LOCK_FILE, Lock};
use crate::sharing::record::{self, Record};
use crate::source::{PluginId, Source};
use crate::suggest::{nearest, one_of};

/// Where plugins are looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchPath {
    /// `--plugin-path`: each a plugin, or a folder of plugins. They must exist.
    pub given: Vec<PathBuf>,
    /// `AATOOL_PLUGIN_PATH`.
    pub environment: Vec<PathBuf>,
    /// `./plugins`.
    pub local: Option<PathBuf>,
    /// The user's data folder, with `name/version/` below it.
    pub user: Option<PathBuf>,
    /// `aatool.lock`: versions that it pins come before newer ones.
    pub lock: Option<PathBuf>,
}

impl SearchPath {
    /// The usual places, after those given on the command line.
    pub fn standard(given: Vec<PathBuf>) -> SearchPath {
        let environment = std::env::var_os("AATOOL_PLUGIN_PATH").unwrap_or_default();
        let environment = std::env::split_paths(&environment).filter(|path| !path.as_os_str().is_empty()).collect();
        SearchPath {
            given,
            environment,
            local: Some(PathBuf::from("plugins")),
            user: user_folder(),
            lock: Some(PathBuf::from(LOCK_FILE)),
        }
    }

    /// Nothing but the plugins in the binary.
    pub fn bundled_only() -> SearchPath {
        SearchPath::default()
    }

    fn folders(&self) -> impl Iterator<Item = (Origin, &PathBuf)> {
        let given = self.given.iter().map(|path| (Origin::Given, path));
        let environment = self.environment.iter().map(|path| (Origin::Environment, path));
        let local = self.local.iter().map(|path| (Origin::Local, path));
        let user = self.user.iter().map(|path| (Origin::User, path));
        given.chain(environment).chain(local).chain(user)
    }
}

/// The user's data folder for plugins, by the conventions of the system.
pub fn user_folder() -> Option<PathBuf> {
    of_user("XDG_DATA_HOME", ".local/share").map(|data| data.join("plugins"))
}

/// The user's folder for settings, by the conventions of the system.
pub fn configuration_folder() -> Option<PathBuf> {
    of_user("XDG_CONFIG_HOME", ".config")
}

/// The user's folder for what can be fetched again, by the conventions of the system.
pub fn cache_folder() -> Option<PathBuf> {
    of_user("XDG_CACHE_HOME", ".cache").map(|cache| cache.join("indexes"))
}

fn of_user(xdg: &str, below_home: &str) -> Option<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = if cfg!(windows) {
        variable("APPDATA")
    } else if cfg!(target_os = "macos") {
        variable("HOME").map(|home| home.join("Library/Application Support"))
    } else {
        variable(xdg).or_else(|| variable("HOME").map(|home| home.join(below_home)))
    };
    base.map(|base| base.join("aatool"))
}

/// The kind of place in which a plugin was found, in search order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// Given on the command line.
    Given,
    /// From `AATOOL_PLUGIN_PATH`.
    Environment,
    /// In `./plugins`.
    Local,
    /// Installed by the user.
    User,
    /// In the binary.
    Bundled,
}

/// A plugin that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Plugin {
    /// What it says about itself.
    pub manifest: Manifest,
    /// The kind of place it is in.
    pub origin: Origin,
    /// Its folder; for bundled plugins the path in the repository.
    pub folder: PathBuf,
    /// The SHA-256 of its archive that `aatool.lock` has, where it pins this version.
    pub pinned: Option<String>,
    /// The hashes of its files, where it was installed.
    pub record: Option<Record>,
}

impl Plugin {
    /// Name and version.
    pub fn id(&self) -> PluginId {
        self.manifest.id()
    }

    /// A file of the plugin.
    ///
    /// # Errors
    /// It is not there, cannot be read, or is not what was installed.
    pub fn file(&self, path: &str) -> Result<Vec<u8>, Error> {
        let whole = self.folder.join(path);
        if self.origin != Origin::Bundled {
            let bytes =
                std::fs::read(&whole).map_err(|error| Error::unreadable(&whole.display().to_string(), &error))?;
            self.record.as_ref().map_or(Ok(()), |record| record.check(&self.folder, path, &bytes))?;
            return Ok(bytes);
        }
        let inside = whole.strip_prefix("plugins").map(|inside| inside.to_string_lossy().replace('\\', "/"));
        let bytes = inside.ok().and_then(|inside| bundled::file(&inside));
        bytes.map(<[u8]>::to_vec).ok_or_else(|| Error::Missing { path: whole.display().to_string(), hint: None })
    }

    /// The names of the files in one of its folders, in order; hidden ones stay out.
    pub fn files(&self, folder: &str) -> Vec<String> {
        let mut names: Vec<String> = match self.origin {
            Origin::Bundled => bundled::names(&format!("{}/{folder}/", self.manifest.name)).map(String::from).collect(),
            _ => {
                let entries = std::fs::read_dir(self.folder.join(folder)).into_iter().flatten().flatten();
                entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
            }
        };
        names.retain(|name| !name.starts_with('.'));
        names.sort();
        names
    }

    /// One of its system scripts, by its name in the manifest.
    ///
    /// # Errors
    /// It is not there, cannot be read or is not text.
    pub fn system(&self, name: &str) -> Result<Source, Error> {
        self.script(Kind::System, name)
    }

    /// One of its pass scripts, by its name in the manifest.
    ///
    /// # Errors
    /// As for [`Plugin::system`].
    pub fn pass(&self, name: &str) -> Result<Source, Error> {
        self.script(Kind::Pass, name)
    }

    fn script(&self, kind: Kind, name: &str) -> Result<Source, Error> {
        let path = format!("{}/{name}.rhai", kind.folder());
        let shown = self.folder.join(&path).display().to_string();
        let text = String::from_utf8(self.file(&path)?).map_err(|_| Error::NotText { path: shown.clone() })?;
        Ok(Source { name: name.into(), plugin: Some(self.id()), path: shown, text })
    }

    fn names(&self, kind: Kind) -> Vec<&str> {
        match kind {
            Kind::System => self.manifest.systems.iter().map(String::as_str).collect(),
            Kind::Pass => self.manifest.passes.iter().map(String::as_str).collect(),
            Kind::Dataset => self.manifest.datasets.iter().map(|d| d.name.as_str()).collect(),
        }
    }
}

/// What a name may stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    System,
    Pass,
    Dataset,
}

impl Kind {
    fn folder(self) -> &'static str {
        match self {
            Kind::System => "systems",
            Kind::Pass => "passes",
            Kind::Dataset => "datasets",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Kind::System => "system",
            Kind::Pass => "pass",
            Kind::Dataset => "dataset",
        }
    }

    fn extension(self) -> &'static str {
        if self == Kind::Dataset { ".h5" } else { ".rhai" }
    }
}

/// A plugin that was installed, and whose manifest is not what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damaged {
    /// The plugin, by the name of its folder.
    pub id: PluginId,
    /// The file that is damaged.
    pub file: PathBuf,
}

impl Damaged {
    /// Notes that a file in `name/version/` is damaged.
    fn at(file: PathBuf) -> Option<Damaged> {
        let folder = file.parent()?;
        let version = Version::parse(folder.file_name()?.to_str()?).ok()?;
        let name = folder.parent()?.file_name()?.to_str()?.to_owned();
        Some(Damaged { id: PluginId { name, version }, file })
    }

    /// The folder of the plugin.
    pub fn folder(&self) -> &Path {
        self.file.parent().expect("the file lies in the plugin's folder")
    }
}

/// All plugins that can be found, in search order.
#[derive(Debug)]
pub struct Registry {
    plugins: Vec<Plugin>,
    faults: Vec<Error>,
    damaged: Vec<Damaged>,
    lock: Lock,
}

impl Registry {
    /// Looks through all places once.
    ///
    /// # Errors
    /// A folder given on the command line is missing, or a plugin in it is wrong; the lock is. Faults elsewhere are kept in
    /// [`Registry::faults`] and do not stand in the way.
    pub fn open(path: &SearchPath) -> Result<Registry, Error> {
        let lock = path.lock.as_deref().map_or_else(|| Ok(Lock::default()), Lock::read)?;
        let mut registry = Registry { plugins: Vec::new(), faults: Vec::new(), damaged: Vec::new(), lock };
        for (origin, folder) in path.folders() {
            let mut here = Vec::new();
            for manifest in manifests_in(folder) {
                match read_plugin(origin, &manifest) {
                    Ok(plugin) => here.push(Plugin { pinned: registry.lock.sha256(&plugin.id()), ..plugin }),
                    Err(error) if origin == Origin::Given => return Err(error),
                    Err(error) => {
                        if let Error::Distrusted { what, .. } = &error {
                            registry.damaged.extend(Damaged::at(PathBuf::from(what)));
                        }
                        registry.faults.push(error);
                    }
                }
            }
            here.sort_by_cached_key(|plugin| rank(plugin.pinned.is_some(), &plugin.id()));
            registry.plugins.append(&mut here);
            if origin == Origin::Given && !folder.is_dir() {
                return Err(Error::Missing { path: folder.display().to_string(), hint: None });
            }
        }
        registry.plugins.extend(bundled::folders().map(read_bundled));
        Ok(registry)
    }

    /// Every copy of every plugin, in search order.
    pub fn copies(&self) -> &[Plugin] {
        &self.plugins
    }

    /// The plugins that names lead to: of each the first copy, the newest of its place.
    pub fn plugins(&self) -> Vec<&Plugin> {
        let mut seen = BTreeSet::new();
        self.plugins.iter().filter(|plugin| seen.insert(plugin.manifest.name.as_str())).collect()
    }

    /// Plugins that were found and could not be read.
    pub fn faults(&self) -> &[Error] {
        &self.faults
    }

    /// Installed plugins whose manifest is damaged; they are among the faults too.
    pub fn damaged(&self) -> &[Damaged] {
        &self.damaged
    }

    /// Refuses to look further where a damaged plugin may be meant: one that would come before what was found.
    fn check_damage(
        &self,
        found: Option<&Plugin>,
        version: Option<&VersionReq>,
        is_meant: impl Fn(&Damaged) -> bool,
    ) -> Result<(), Error> {
        let is_asked = |damaged: &Damaged| version.is_none_or(|wanted| wanted.matches(&damaged.id.version));
        let is_first = |damaged: &Damaged| found.is_none_or(|plugin| !self.comes_before(plugin, damaged));
        let meant = self.damaged.iter().find(|damaged| is_asked(damaged) && is_first(damaged) && is_meant(damaged));
        meant.map_or(Ok(()), |damaged| Err(record::damaged(&damaged.file)))
    }

    /// Whether a sound plugin comes before a damaged one, by its place or as another version of the same.
    fn comes_before(&self, plugin: &Plugin, damaged: &Damaged) -> bool {
        let (id, other) = (plugin.id(), &damaged.id);
        let is_preferred = || rank(plugin.pinned.is_some(), &id) < rank(self.lock.sha256(other).is_some(), other);
        plugin.origin < Origin::User || plugin.origin == Origin::User && id.name == other.name && is_preferred()
    }

    /// Whether names without a plugin lead to another copy of a damaged plugin.
    fn is_superseded(&self, damaged: &Damaged, version: Option<&VersionReq>) -> bool {
        let mut copies = self.plugins.iter().filter(|plugin| is_wanted(plugin, &damaged.id.name, version));
        copies.any(|plugin| self.comes_before(plugin, damaged))
    }

    /// A plugin by name, like `lattices` or `lattices@1.2`.
    ///
    /// # Errors
    /// There is none of that name and version, or it was installed and is damaged.
    pub fn plugin(&self, name: &str) -> Result<&Plugin, Error> {
        let (name, version) = split_version(name)?;
        let found = self.plugins.iter().find(|plugin| is_wanted(plugin, name, version.as_ref()));
        self.check_damage(found, version.as_ref(), |damaged| damaged.id.name == name)?;
        found.ok_or_else(|| {
            let known: BTreeSet<&str> = self.plugins.iter().map(|p| p.manifest.name.as_str()).collect();
            let hint = one_of(name, &known.into_iter().collect::<Vec<_>>());
            Error::UnknownName { kind: "plugin".into(), name: name.into(), hint }
        })
    }

    /// A system by path or name: `my/toda.rhai`, `lattices/toda`, `lattices/toda@1.2`, `toda`, `toda.rhai`. An existing
    /// file wins over names.
    ///
    /// # Errors
    /// Unknown or ambiguous names; a path where there is no file.
    pub fn system(&self, name: &str) -> Result<Source, Error> {
        self.script(Kind::System, name)
    }

    /// A pass by path or name, as for [`Registry::system`].
    ///
    /// # Errors
    /// As for [`Registry::system`].
    pub fn pass(&self, name: &str) -> Result<Source, Error> {
        self.script(Kind::Pass, name)
    }

    /// The plugin of a dataset named like `lattices/toda_n3`, and the file's path inside it (see [`Plugin::file`]).
    ///
    /// # Errors
    /// As for [`Registry::system`].
    pub fn dataset(&self, name: &str) -> Result<(&Plugin, String), Error> {
        let (plugin, name) = self.resolve(Kind::Dataset, name)?;
        Ok((plugin, format!("datasets/{name}.h5")))
    }

    fn script(&self, kind: Kind, name: &str) -> Result<Source, Error> {
        let path = Path::new(name);
        if path.is_file() {
            return Source::read(path);
        }
        let (plugin, name) = self.resolve(kind, name)?;
        plugin.script(kind, name)
    }

    fn resolve<'n>(&self, kind: Kind, name: &'n str) -> Result<(&Plugin, &'n str), Error> {
        let (bare, version) = split_version(name)?;
        let bare = bare.strip_suffix(kind.extension()).unwrap_or(bare);
        let found = match bare.split_once('/') {
            Some((plugin, item)) => (self.plugins.iter())
                .find(|p| is_wanted(p, plugin, version.as_ref()) && p.names(kind).contains(&item))
                .map(|p| (p, item)),
            None => self.resolve_bare(kind, bare, version.as_ref())?.map(|p| (p, bare)),
        };
        self.check_damage(found.map(|(plugin, _)| plugin), version.as_ref(), |damaged| match bare.split_once('/') {
            Some((plugin, _)) => damaged.id.name == plugin,
            None => {
                damaged.folder().join(kind.folder()).join(format!("{bare}{}", kind.extension())).exists()
                    && !self.is_superseded(damaged, version.as_ref())
            }
        })?;
        let found = found.ok_or_else(|| self.not_found(kind, name, bare))?;
        if version.is_none() {
            self.check_pin(found.0)?;
        }
        Ok(found)
    }

    /// A plugin that the lock pins is not replaced by another version that happens to be installed or bundled.
    fn check_pin(&self, plugin: &Plugin) -> Result<(), Error> {
        let id = plugin.id();
        match self.lock.plugins.get(&id.name) {
            Some(pin) if plugin.origin >= Origin::User && pin.version != id.version => Err(Error::Incompatible {
                plugin: id.to_string(),
                reason: format!("is not the version that {LOCK_FILE} pins, {}, which is not installed", pin.version),
                hint: format!(
                    "`aatool plugin install --locked` installs it; {}/NAME@{} asks for this one",
                    id.name, id.version
                ),
            }),
            _ => Ok(()),
        }
    }

    /// The one plugin of the first place that has the name.
    fn resolve_bare(&self, kind: Kind, name: &str, version: Option<&VersionReq>) -> Result<Option<&Plugin>, Error> {
        let mut seen = BTreeSet::new();
        let visible = self.plugins.iter().filter(|plugin| {
            version.is_none_or(|version| version.matches(&plugin.manifest.version))
                && seen.insert(plugin.manifest.name.clone())
        });
        let having: Vec<&Plugin> = visible.filter(|plugin| plugin.names(kind).contains(&name)).collect();
        let Some(first) = having.first() else { return Ok(None) };
        let tied: Vec<&&Plugin> = having.iter().filter(|plugin| plugin.origin == first.origin).collect();
        if tied.len() == 1 {
            return Ok(Some(first));
        }
        let candidates = tied.iter().map(|plugin| format!("{}/{name}", plugin.manifest.name)).collect();
        Err(Error::Ambiguous { name: name.into(), candidates })
    }

    fn not_found(&self, kind: Kind, name: &str, bare: &str) -> Error {
        let hint = self.hint(kind, bare);
        let looks_like_path = name.contains(['/', '\\']) || name.ends_with(kind.extension());
        if looks_like_path {
            return Error::Missing { path: name.into(), hint: Some(hint) };
        }
        Error::UnknownName { kind: kind.word().into(), name: name.into(), hint }
    }

    fn hint(&self, kind: Kind, name: &str) -> String {
        let item = name.rsplit('/').next().unwrap_or(name);
        let plugins = self.plugins();
        let known: Vec<(&str, &str)> =
            plugins.iter().flat_map(|p| p.names(kind).into_iter().map(|n| (p.manifest.name.as_str(), n))).collect();
        let names: Vec<&str> = known.iter().map(|(_, name)| *name).collect();
        let same = known.iter().find(|(_, known)| *known == item).map(|(plugin, name)| format!("{plugin}/{name}"));
        if let Some(near) = same.or_else(|| nearest(item, names.iter().copied()).map(String::from)) {
            return format!("did you mean `{near}`?");
        }
        let listed = "`aatool plugin list` names all there are";
        match (names.is_empty(), self.faults.is_empty()) {
            (true, _) => format!("no plugin has a {}", kind.word()),
            (false, true) => listed.into(),
            (false, false) => format!("{listed}, and the plugins that could not be read, {}", self.faults.len()),
        }
    }
}

/// The order of plugins in one place: by name, the pinned version of each first, then the newest.
fn rank(is_pinned: bool, id: &PluginId) -> (String, bool, Reverse<Version>) {
    (id.name.clone(), !is_pinned, Reverse(id.version.clone()))
}

fn is_wanted(plugin: &Plugin, name: &str, version: Option<&VersionReq>) -> bool {
    plugin.manifest.name == name && version.is_none_or(|version| version.matches(&plugin.manifest.version))
}

/// A name and the version after `@`, where there is one.
///
/// # Errors
/// What stands there is no version.
pub fn split_version(name: &str) -> Result<(&str, Option<VersionReq>), Error> {
    let Some((bare, version)) = name.rsplit_once('@') else { return Ok((name, None)) };
    match VersionReq::parse(version) {
        Ok(version) => Ok((bare, Some(version))),
        Err(_) => Err(Error::BadValue {
            key: bare.into(),
            text: version.into(),
            reason: "after `@` stands a version, like 1.2".into(),
        }),
    }
}

/// Manifests of a place: its own, or those one or two folders below (`name/` or `name/version/`), in order of path.
fn manifests_in(folder: &Path) -> Vec<PathBuf> {
    let own = folder.join("plugin.ron");
    if own.is_file() {
        return vec![own];
    }
    let mut found = Vec::new();
    for child in folders_in(folder) {
        let manifest = child.join("plugin.ron");
        if manifest.is_file() {
            found.push(manifest);
        } else {
            found.extend(folders_in(&child).into_iter().map(|f| f.join("plugin.ron")).filter(|m| m.is_file()));
        }
    }
    found
}

fn folders_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    // Hidden ones are plugins that are just being installed or removed.
    let shown = entries.filter(|entry| !entry.file_name().to_string_lossy().starts_with('.'));
    let mut folders: Vec<PathBuf> = shown.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

fn read_plugin(origin: Origin, manifest: &Path) -> Result<Plugin, Error> {
    let shown = manifest.display().to_string();
    let bytes = std::fs::read(manifest).map_err(|error| Error::unreadable(&shown, &error))?;
    let folder = manifest.parent().map(Path::to_path_buf).unwrap_or_default();
    // What lies elsewhere may be at its author's hands.
    let record = if origin == Origin::User { Record::read(&folder)? } else { None };
    record.as_ref().map_or(Ok(()), |record| record.check(&folder, "plugin.ron", &bytes))?;
    let text = String::from_utf8(bytes).map_err(|_| Error::NotText { path: shown.clone() })?;
    Ok(Plugin { manifest: Manifest::parse(&shown, &text)?, origin, folder, pinned: None, record })
}

fn read_bundled(folder: &'static str) -> Plugin {
    let shown = format!("plugins/{folder}/plugin.ron");
    let bytes = bundled::file(&format!("{folder}/plugin.ron")).expect("bundled folders have a manifest");
    let text = std::str::from_utf8(bytes).expect("bundled manifests are text");
    let manifest = Manifest::parse(&shown, text).expect("bundled manifests are right; a test reads them all");
    let folder = Path::new("plugins").join(folder);
    Plugin { manifest, origin: Origin::Bundled, folder, pinned: None, record: None }
}
