//! Is a plugin what it says? Its files are counted, its scripts run, orbits of its systems followed, its claims proved.
//!
//! [`Depth`] says how far to look: counting files takes no time, proofs and orbits take seconds.
//!
//! All faults are reported, not only the first. A claim that is neither proved nor refuted is a fault of its own kind:
//! the exact algebra has no answer, and the plugin should not claim it.

use std::time::Instant;

use aa_dynamics::{ClaimStatus, FlowOptions, InitialRequest, Outcome, simulate, verify_claim};

use crate::drift::energy_order;
use crate::manifest::Dataset;
use crate::pass_host::ScriptPass;
use crate::sharing::archive::Archive;
use crate::source::sha256;
use crate::{Error, Plugin, PluginId, Start, System, SystemSettings, load_system, starts};

/// Orbits started in the sampling region of a system, each followed for a unit of time.
const N_ORBITS: usize = 10;

/// How far a plugin is looked into; each depth contains those before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// The manifest lists the files that are there, datasets have their hashes, and a locked plugin its own.
    Files,
    /// Scripts run, say what they are, and find valid initial conditions.
    Meaning,
    /// Orbits can be followed, the energy drifts with the order of the integrator, and claims are proved.
    Physics,
}

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
    /// The power of the step with which the energy's error falls for an integrator of order 4, measured; none where the
    /// error is at rounding from the beginning, or was not looked at.
    pub energy_order: Option<f64>,
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

    /// Everything that is wrong, in words.
    pub fn all_faults(&self) -> Vec<String> {
        let of_system = |system: &SystemCheck| -> Vec<String> {
            system.all_faults().iter().map(|fault| format!("{}: {fault}", system.name)).collect()
        };
        self.faults.iter().cloned().chain(self.systems.iter().flat_map(of_system)).collect()
    }
}

impl SystemCheck {
    /// Whether nothing is wrong and every claim is proved.
    pub fn is_verified(&self) -> bool {
        self.faults.is_empty() && self.claims.iter().all(|(_, status)| *status == ClaimStatus::Proved)
    }

    /// Everything that is wrong, claims that are not proved first, in words.
    pub fn all_faults(&self) -> Vec<String> {
        let claims = [("refuted", ClaimStatus::Refuted), ("undecided", ClaimStatus::Undecided)];
        let named = claims.into_iter().map(|(word, status)| (word, self.with_status(status)));
        let unproved = named.filter(|(_, names)| !names.is_empty());
        let unproved = unproved.map(|(word, names)| format!("{word}: {}", names.join(", ")));
        unproved.chain(self.faults.iter().cloned()).collect()
    }

    /// The claims with one status, by name.
    pub fn with_status(&self, status: ClaimStatus) -> Vec<&str> {
        self.claims.iter().filter(|(_, found)| *found == status).map(|(name, _)| name.as_str()).collect()
    }
}

/// Verifies a plugin, as deep as can be.
///
/// ```
/// use aa_plugin::{Registry, SearchPath, verify};
/// let registry = Registry::open(&SearchPath::bundled_only()).unwrap();
/// let lattices = verify(registry.plugin("lattices").unwrap());
/// assert!(lattices.is_verified());
/// ```
pub fn verify(plugin: &Plugin) -> Verification {
    verify_to(plugin, Depth::Physics)
}

/// Verifies a plugin down to some depth; systems are listed from [`Depth::Meaning`] on.
pub fn verify_to(plugin: &Plugin, depth: Depth) -> Verification {
    let mut found = Verification {
        plugin: plugin.id(),
        systems: Vec::new(),
        faults: [damaged_files(plugin), unlisted_files(plugin), damaged_datasets(plugin), changed(plugin)].concat(),
    };
    if depth == Depth::Files {
        found.faults.extend(missing_scripts(plugin));
        return found;
    }
    found.systems = plugin.manifest.systems.iter().map(|name| check_system(plugin, name, depth)).collect();
    found.faults.extend(broken_passes(plugin));
    found
}

fn check_system(plugin: &Plugin, name: &str, depth: Depth) -> SystemCheck {
    let clock = Instant::now();
    let loaded = plugin.system(name).and_then(|source| load_system(&source, &SystemSettings::default()));
    let mut check =
        SystemCheck { name: name.into(), claims: Vec::new(), energy_order: None, faults: Vec::new(), seconds: 0.0 };
    match &loaded {
        Ok(system) => look_into(system, depth, &mut check),
        Err(error) => check.faults.push(placed(error)),
    }
    check.seconds = clock.elapsed().as_secs_f64();
    check
}

fn look_into(system: &System, depth: Depth, check: &mut SystemCheck) {
    if system.description.is_empty() {
        check.faults.push("no description: the script begins with `//!` lines".into());
    }
    let points = starting_points(system).unwrap_or_else(|fault| {
        check.faults.push(fault);
        Vec::new()
    });
    if depth < Depth::Physics {
        return;
    }
    check.claims = claims(system);
    match follow(system, &points).and_then(|()| energy_order(system, &points)) {
        Ok(order) => check.energy_order = order,
        Err(fault) => check.faults.push(fault),
    }
}

fn claims(system: &System) -> Vec<(String, ClaimStatus)> {
    system.claims.iter().map(|(name, claim)| (name.clone(), verify_claim(&system.hamiltonian, claim))).collect()
}

/// Points where the script says that orbits start; none where it leaves that to the user.
fn starting_points(system: &System) -> Result<Vec<Vec<f64>>, String> {
    let (request, _) = starts::request(system, &Start::default(), 0).map_err(|error| placed(&error))?;
    if !starts::have_a_place(system, &request) {
        return Ok(Vec::new());
    }
    let request = InitialRequest { count: N_ORBITS, ..request };
    starts::draw(system, &request).map(|drawn| drawn.points).map_err(|error| placed(&error))
}

/// Follows each orbit for a while.
fn follow(system: &System, points: &[Vec<f64>]) -> Result<(), String> {
    let followed = simulate(&system.hamiltonian, points, &[1.0], &FlowOptions::default());
    let outcomes = followed.map_err(|error| error.to_string())?.outcomes;
    let fails = |outcome: &Outcome| matches!(outcome, Outcome::NotFinite { .. } | Outcome::Stalled { .. });
    match outcomes.iter().position(fails) {
        Some(bad) => Err(format!("the orbit of {:?} cannot be followed to t = 1", points[bad])),
        None => Ok(()),
    }
}

/// An error with its place, where it has one.
fn placed(error: &Error) -> String {
    error.place().map_or_else(|| error.to_string(), |place| format!("{place} {error}"))
}

/// Files of an installed plugin that are not what was installed.
pub fn damaged_files(plugin: &Plugin) -> Vec<String> {
    let paths = plugin.record.iter().flat_map(|record| record.paths());
    paths.filter_map(|path| plugin.file(path).err()).map(|error| error.to_string()).collect()
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

/// Scripts that the manifest lists and nobody wrote.
fn missing_scripts(plugin: &Plugin) -> Vec<String> {
    let systems = plugin.manifest.systems.iter().map(|name| plugin.system(name));
    let passes = plugin.manifest.passes.iter().map(|name| plugin.pass(name));
    systems.chain(passes).filter_map(|script| script.err().map(|error| error.to_string())).collect()
}

/// Whether the plugin is another than `aatool.lock` says.
fn changed(plugin: &Plugin) -> Vec<String> {
    let Some(pinned) = &plugin.pinned else { return Vec::new() };
    match Archive::of_folder(&plugin.folder) {
        Ok(archive) if archive.sha256() == *pinned => Vec::new(),
        Ok(archive) => vec![format!("packs to sha256 {}, aatool.lock has {pinned}", archive.sha256())],
        Err(error) => vec![placed(&error)],
    }
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
