//! `aatool plugin new, pack, install, remove, update, search, vendor, index, key` and `aatool new`.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use aa_plugin::registry::split_version;
use aa_plugin::registry::{cache_folder, configuration_folder, user_folder};
use aa_plugin::sharing::date::Date;
use aa_plugin::sharing::install::{Installed, Installer, Offer, pack as pack_folder};
use aa_plugin::sharing::location::{Location, Reach};
use aa_plugin::sharing::lock::LOCK_FILE;
use aa_plugin::sharing::publish::{Publication, parse_id, publish};
use aa_plugin::sharing::trust::TRUST_FILE;
use aa_plugin::sharing::{scaffold, signature};
use aa_plugin::{PluginId, Registry};
use aa_report::StudyTable;
use semver::VersionReq;
use serde_json::{Value, json};

use crate::Ending;
use crate::cli::{IndexArgs, Kind, New, Sources};
use crate::failure::Failure;
use crate::output::tell;

/// Indexes are valid for so many days, where nobody says otherwise.
const VALID_DAYS: i64 = 90;

/// Writes something new to begin with.
pub(crate) fn new(registry: &Registry, what: &New) -> Result<Ending, Failure> {
    match what {
        New::System { path } => {
            let file = scaffold::new_system(path)?;
            tell!("wrote {0}\nrun it:   aatool analyze --system {0}\ncheck it: aatool check {0}", file.display());
        }
        New::Pass { path } => new_pass(registry, path)?,
        New::Plugin { path } => new_plugin(path)?,
    }
    Ok(Ending::AllMet)
}

/// A pass is a plugin of its own: a bare name under `./plugins`, where it is found without options.
fn new_pass(registry: &Registry, path: &Path) -> Result<(), Failure> {
    let is_bare = path.parent() == Some(Path::new(""));
    let folder = if is_bare { Path::new("plugins").join(path) } else { path.to_path_buf() };
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    if !folder.exists() && (registry.plugin(&name).is_ok() || registry.pass(&name).is_ok()) {
        let message = format!("there is a plugin or pass `{name}` already, which this one would hide");
        return Err(Failure::usage(message, "give it another name"));
    }
    scaffold::new_pass(&folder)?;
    let option = if is_bare { String::new() } else { format!(" --plugin-path {}", folder.display()) };
    tell!("wrote {} with plugin.ron, passes/{name}.rhai and README.md", folder.display());
    tell!("run it:   aatool analyze{option} --system henon_heiles --passes {name}");
    tell!("check it: aatool check {}", folder.join(format!("passes/{name}.rhai")).display());
    Ok(())
}

pub(crate) fn new_plugin(folder: &Path) -> Result<(), Failure> {
    scaffold::new_plugin(folder)?;
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    tell!("wrote {} with plugin.ron, systems/round.rhai and README.md", folder.display());
    tell!("run it:   aatool analyze --plugin-path {} --system {name}/round", folder.display());
    tell!("check it: aatool plugin verify {0}\nshare it: aatool plugin pack {0}", folder.display());
    Ok(())
}

/// Packs a folder into a file, in the working folder or where asked for.
pub(crate) fn pack(folder: &Path, out: Option<&Path>) -> Result<(), Failure> {
    let archive = pack_folder(folder)?;
    let out = match out {
        Some(out) if out.is_dir() => out.join(archive.file_name()),
        Some(out) => out.to_path_buf(),
        None => PathBuf::from(archive.file_name()),
    };
    std::fs::write(&out, archive.bytes()).map_err(|error| Failure::cannot_write(&out, &error))?;
    tell!("{}  {} bytes  sha256 {}", out.display(), archive.bytes().len(), archive.sha256());
    Ok(())
}

/// Installs a file, a name, or what the lock asks for.
pub(crate) fn install(what: Option<&str>, locked: bool, sources: &Sources) -> Result<(), Failure> {
    let installer = Installer { locked, ..installer(sources)? };
    let done = match what {
        None => installer.install_lock()?,
        Some(file) if is_file(file) => installer.install_file(Path::new(file))?,
        Some(name) => {
            let (name, wanted) = split_version(name)?;
            installer.install(name, wanted.as_ref())?
        }
    };
    say(&done, "installed");
    Ok(())
}

/// Removes installed versions.
pub(crate) fn remove(name: &str, registry: &Registry) -> Result<(), Failure> {
    let (name, wanted) = split_version(name)?;
    let (removed, lock_changed) = installer(&Sources::default())?.remove(name, &wanted.unwrap_or(VersionReq::STAR))?;
    for id in &removed {
        tell!("removed {id}");
    }
    let left = |id: &PluginId| registry.copies().iter().any(|p| p.id().name == id.name && !removed.contains(&p.id()));
    let users =
        registry.plugins().into_iter().filter(|p| p.manifest.depends.contains_key(name) && p.manifest.name != name);
    if !removed.iter().any(left) {
        for user in users {
            eprintln!("note: {} needs {name}", user.id());
        }
    }
    if lock_changed {
        tell!("{LOCK_FILE} changed");
    }
    Ok(())
}

/// Chooses versions anew.
pub(crate) fn update(names: &[String], sources: &Sources) -> Result<(), Failure> {
    say(&installer(sources)?.update(names)?, "installed");
    Ok(())
}

/// Copies what the lock pins.
pub(crate) fn vendor(folder: &Path, sources: &Sources) -> Result<(), Failure> {
    say(&installer(sources)?.vendor(folder)?, "copied");
    Ok(())
}

/// Lists what indexes offer.
pub(crate) fn search(text: &str, sources: &Sources, kind: Kind) -> Result<(), Failure> {
    let offers = installer(sources)?.search(text)?;
    let versions = |offer: &Offer| offer.versions.iter().map(ToString::to_string).collect::<Vec<_>>();
    if kind == Kind::Json {
        let offer = |offer: &Offer| json!({ "name": offer.name, "versions": versions(offer), "about": offer.about, "index": offer.index });
        tell!("{:#}", json!({ "format": 1, "plugins": offers.iter().map(offer).collect::<Vec<_>>() }));
        return Ok(());
    }
    if offers.is_empty() {
        eprintln!("note: no trusted index has such a plugin; --index FOLDER|URL --trust KEY adds an index");
        return Ok(());
    }
    let columns = ["plugin", "versions", "about"].map(String::from);
    let row = |offer: &Offer| -> Vec<Value> {
        vec![offer.name.clone().into(), versions(offer).join(", ").into(), offer.about.clone().into()]
    };
    let rows: Vec<Vec<Value>> = offers.iter().map(row).collect();
    tell!(
        "{}",
        aa_report::text_table(&StudyTable { title: "Plugins in trusted indexes", columns: &columns, rows: &rows })
    );
    Ok(())
}

/// Trusts an index no longer.
pub(crate) fn forget(index: &str) -> Result<(), Failure> {
    installer(&Sources::default())?.forget(index)?;
    tell!("{index} is trusted no longer; what was installed from it stays");
    Ok(())
}

/// Lists and signs the archives of a folder.
pub(crate) fn index(arguments: &IndexArgs) -> Result<(), Failure> {
    let wrong = |reason: String| Failure::usage(reason, "the last day on which the index is valid");
    let expires = match &arguments.expires {
        Some(day) => day.parse().map_err(wrong)?,
        None => day_from_now(VALID_DAYS),
    };
    let yank = arguments.yank.iter().map(|text| parse_id(text)).collect::<Result<_, _>>()?;
    let secret = read_text(&arguments.key)?;
    let index = publish(&arguments.folder, &secret, &Publication { expires, yank })?;
    let versions: usize = index.plugins.values().map(|versions| versions.len()).sum();
    tell!(
        "index number {} with {versions} versions of {} plugins, valid through {}",
        index.number,
        index.plugins.len(),
        index.expires
    );
    Ok(())
}

/// Makes a key for indexes: the secret one in a file of its owner alone, the public one beside it.
pub(crate) fn key(path: &Path) -> Result<(), Failure> {
    let (secret, public) = signature::new_key()?;
    let shown = path.with_added_extension("pub");
    let write = |path: &Path, text: &str, mode: u32| {
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
        let written = options.open(path).and_then(|mut file| std::io::Write::write_all(&mut file, text.as_bytes()));
        written.map_err(|error| Failure::cannot_write(path, &error))
    };
    write(path, &secret, 0o600)?;
    write(&shown, &public, 0o644)?;
    tell!("secret key {}, public key {}: {}", path.display(), shown.display(), signature::public_key(&public)?);
    Ok(())
}

fn installer(sources: &Sources) -> Result<Installer, Failure> {
    let homeless =
        || Failure::usage("there is no folder for the user's data", "set HOME, or XDG_DATA_HOME and its like");
    let index = match &sources.index {
        Some(index) => Some((Location::parse(index)?, sources.trust.as_deref().map(key_text).transpose()?)),
        None => None,
    };
    Ok(Installer {
        store: user_folder().ok_or_else(homeless)?,
        trust: configuration_folder().ok_or_else(homeless)?.join(TRUST_FILE),
        lock: LOCK_FILE.into(),
        reach: Reach { cache: cache_folder().ok_or_else(homeless)?, offline: sources.offline },
        locked: false,
        index,
        today: day_from_now(0),
    })
}

/// A key as given, or out of the file that was given.
fn key_text(key: &str) -> Result<String, Failure> {
    if Path::new(key).is_file() { read_text(Path::new(key)) } else { Ok(key.into()) }
}

fn read_text(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path)
        .map_err(|error| Failure::Missing { path: path.display().to_string(), reason: error.to_string() })
}

fn day_from_now(days: i64) -> Date {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    Date::of_unix_days((seconds / 86_400) as i64 + days)
}

/// Names of plugins have no slash, and archives end in `.tar`.
fn is_file(what: &str) -> bool {
    what.contains(['/', '\\']) || what.ends_with(".tar") || Path::new(what).join("plugin.ron").is_file()
}

fn say(done: &Installed, verb: &str) {
    for id in &done.new {
        tell!("{verb} {id}");
    }
    for id in &done.already {
        tell!("{id} is there already");
    }
    if done.lock_changed {
        tell!("{LOCK_FILE} changed");
    }
    if *done == Installed::default() {
        tell!("nothing to do: {LOCK_FILE} asks for no plugin");
    }
}
