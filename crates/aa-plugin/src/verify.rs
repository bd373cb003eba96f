//! Is a plugin what it says? Its scripts are run, orbits of its systems started, its claims proved, its files counted.
//!
//! All faults are reported, not only the first. A claim that is neither proved nor refuted is a fault of its own kind:
//! the exact algebra has no answer, and the plugin should not claim it.

use std::time::Instant;

use aa_dynamics::{ClaimStatus, FlowOptions, InitialRequest, Outcome, simulate, verify_claim};

use crate::manifest::Dataset;
use crate::pass_host::ScriptPass;
use crate::source::sha256;
use crate::{Error, Plugin, PluginId, Start, System, SystemSettings, load_system, starts};

/// Orbits started in the sampling region of a system, each followed for a unit of time.
const N_ORBITS: usize = 10;

/// What was found out about a plugin.
#[derive(Clone, Debug)]
pub struct Verification {
    /// The plugin.
    pub plugin: PluginId,
    /// Its systems, in the order of the manifest.
    pub systems: Vec<SystemCheck>,
    /// What is wrong with it beside its systems, in words.
    pub faults: Vec<String>,
}

/// What was found out about a system.
#[derive(Clone, Debug)]
pub struct SystemCheck {
    /// Its name in the manifest.
    pub name: String,
    /// Its claims by name, and what became of them.
    pub claims: Vec<(String, ClaimStatus)>,
    /// What is wrong with it beside its claims, in words.
    pub faults: Vec<String>,
    /// How long the check took, in seconds.
    pub seconds: f64,
}

impl Verification {
    /// Whether nothing is wrong and every claim is proved.
    pub fn is_verified(&self) -> bool {
        self.faults.is_empty() && self.systems.iter().all(SystemCheck::is_verified)
    }
}

impl SystemCheck {
    /// Whether nothing is wrong and every claim is proved.
    pub fn is_verified(&self) -> bool {
        self.faults.is_empty() && self.claims.iter().all(|(_, status)| *status == ClaimStatus::Proved)
    }

    /// The claims with one status, by name.
    pub fn with_status(&self, status: ClaimStatus) -> Vec<&str> {
        self.claims.iter().filter(|(_, found)| *found == status).map(|(name, _)| name.as_str()).collect()
    }
}

/// Verifies a plugin.
///
/// ```
/// use aa_plugin::{Registry, SearchPath, verify};
/// let registry = Registry::open(&SearchPath::bundled_only()).unwrap();
/// let lattices = verify(registry.plugin("lattices").unwrap());
/// assert!(lattices.is_verified());
/// ```
pub fn verify(plugin: &Plugin) -> Verification {
    Verification {
        plugin: plugin.id(),
        systems: plugin.manifest.systems.iter().map(|name| check_system(plugin, name)).collect(),
        faults: [unlisted_files(plugin), broken_passes(plugin), damaged_datasets(plugin)].concat(),
    }
}

fn check_system(plugin: &Plugin, name: &str) -> SystemCheck {
    let clock = Instant::now();
    let loaded = plugin.system(name).and_then(|source| load_system(&source, &SystemSettings::default()));
    let (claims, faults) = match &loaded {
        Ok(system) => (claims(system), faults(system)),
        Err(error) => (Vec::new(), vec![placed(error)]),
    };
    SystemCheck { name: name.into(), claims, faults, seconds: clock.elapsed().as_secs_f64() }
}

fn claims(system: &System) -> Vec<(String, ClaimStatus)> {
    system.claims.iter().map(|(name, claim)| (name.clone(), verify_claim(&system.hamiltonian, claim))).collect()
}

fn faults(system: &System) -> Vec<String> {
    let undescribed = system.description.is_empty();
    let description = undescribed.then(|| "no description: the script begins with `//!` lines".to_string());
    description.into_iter().chain(orbits(system).err()).collect()
}

/// Starts orbits where the script says, and follows each for a while.
fn orbits(system: &System) -> Result<(), String> {
    let (request, _) = starts::request(system, &Start::default(), 0).map_err(|error| placed(&error))?;
    if !starts::have_a_place(system, &request) {
        return Ok(());
    }
    let request = InitialRequest { count: N_ORBITS, ..request };
    let drawn = starts::draw(system, &request).map_err(|error| placed(&error))?;
    let followed = simulate(&system.hamiltonian, &drawn.points, &[1.0], &FlowOptions::default());
    let outcomes = followed.map_err(|error| error.to_string())?.outcomes;
    let fails = |outcome: &Outcome| matches!(outcome, Outcome::NotFinite { .. } | Outcome::Stalled { .. });
    match outcomes.iter().position(fails) {
        Some(bad) => Err(format!("the orbit of {:?} cannot be followed to t = 1", drawn.points[bad])),
        None => Ok(()),
    }
}

/// An error with its place, where it has one.
fn placed(error: &Error) -> String {
    error.place().map_or_else(|| error.to_string(), |place| format!("{place} {error}"))
}

/// Files that the manifest does not list. (Those that it lists in vain show when they are read.)
fn unlisted_files(plugin: &Plugin) -> Vec<String> {
    let manifest = &plugin.manifest;
    let datasets: Vec<String> = manifest.datasets.iter().map(|dataset| dataset.name.clone()).collect();
    let kinds = [
        ("systems", &manifest.systems, ".rhai"),
        ("passes", &manifest.passes, ".rhai"),
        ("datasets", &datasets, ".h5"),
    ];
    let unlisted = kinds.into_iter().flat_map(|(folder, names, extension)| {
        let is_listed =
            move |file: &String| file.strip_suffix(extension).is_some_and(|name| names.contains(&name.to_string()));
        let files = plugin.files(folder).into_iter().filter(move |file| !is_listed(file));
        files.map(move |file| format!("{folder}/{file} is not in the manifest"))
    });
    unlisted.chain(plugin.file("README.md").is_err().then(|| "there is no README.md".to_string())).collect()
}

fn broken_passes(plugin: &Plugin) -> Vec<String> {
    let load = |name: &String| plugin.pass(name).and_then(|source| ScriptPass::load(&source)).err();
    plugin.manifest.passes.iter().filter_map(load).map(|error| placed(&error)).collect()
}

fn damaged_datasets(plugin: &Plugin) -> Vec<String> {
    let damage = |dataset: &Dataset| {
        let path = format!("datasets/{}.h5", dataset.name);
        match plugin.file(&path) {
            Ok(bytes) if sha256(&bytes).eq_ignore_ascii_case(&dataset.sha256) => None,
            Ok(bytes) => Some(format!("{path} has sha256 {}, not {}", sha256(&bytes), dataset.sha256)),
            Err(error) => Some(error.to_string()),
        }
    };
    plugin.manifest.datasets.iter().filter_map(damage).collect()
}
