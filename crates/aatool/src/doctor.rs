//! `aatool doctor`: what is installed, where plugins are looked for, what is missing and how to get it; with `--deep`
//! whether two readers that share no code see the same in a file.

use std::path::Path;

use aa_dataset::{Group, SECOND_READER, differences, library_version, read, read_independently};
use aa_kernel::Isa;
use aa_plugin::{Registry, SearchPath};
use serde_json::{Value, json};

use crate::Ending;
use crate::cli::{self, Kind};
use crate::failure::Failure;
use crate::output::say;
use crate::systems;

/// One thing looked at.
struct Finding {
    what: String,
    found: String,
    state: State,
    /// How to get what is missing.
    hint: Option<&'static str>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Good,
    /// Something works less well, or not at all, without it.
    Missing,
    /// aatool does not work.
    Broken,
}

impl Finding {
    fn good(what: &str, found: impl Into<String>) -> Finding {
        Finding { what: what.into(), found: found.into(), state: State::Good, hint: None }
    }

    fn or(self, is_good: bool, state: State, hint: &'static str) -> Finding {
        if is_good { self } else { Finding { state, hint: Some(hint), ..self } }
    }
}

pub(crate) fn doctor(path: &SearchPath, arguments: &cli::Doctor) -> Result<Ending, Failure> {
    let findings = match &arguments.deep {
        Some(file) => deep(file)?,
        None => [installation(), places(path), programs()].into_iter().flatten().collect(),
    };
    let text = match arguments.format.format {
        Kind::Json => document(&findings),
        Kind::Text => text(&findings),
    };
    say(text.trim_end());
    let is_broken = findings.iter().any(|finding| finding.state == State::Broken);
    Ok(if is_broken { Ending::NotMet } else { Ending::AllMet })
}

fn installation() -> Vec<Finding> {
    let (hdf5, has_gzip) = library_version();
    let sets: Vec<&str> = Isa::available().iter().map(|isa| isa.name()).collect();
    let gzip = if has_gzip { "with gzip" } else { "without gzip, which bundles are compressed with" };
    let temporary = tempfile::tempfile();
    let folder = std::env::temp_dir().display().to_string();
    let room =
        temporary.as_ref().map_or_else(|error| format!("{folder}: {error}"), |_| format!("{folder}, can be written"));
    let system = format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS);
    vec![
        Finding::good("aatool", format!("{} for {system}", env!("CARGO_PKG_VERSION"))),
        Finding::good("HDF5 library", format!("{hdf5}, {gzip}")).or(
            has_gzip,
            State::Broken,
            "link an HDF5 library with zlib: Debian's libhdf5-dev, Homebrew's hdf5; HDF5_DIR may point to it",
        ),
        Finding::good("second reader", SECOND_READER),
        Finding::good("instruction set", format!("{} of {}", Isa::current().name(), sets.join(", "))),
        Finding::good("threads", systems::threads().to_string()),
        Finding::good("temporary files", room).or(
            temporary.is_ok(),
            State::Broken,
            "let TMPDIR name a folder with room",
        ),
    ]
}

/// Where plugins are looked for, in search order, and how many are there.
fn places(path: &SearchPath) -> Vec<Finding> {
    let registry = match Registry::open(path) {
        Ok(registry) => registry,
        Err(error) => return vec![Finding { state: State::Broken, ..Finding::good("plugins", error.to_string()) }],
    };
    let place = |(what, folder): (&str, &Path)| {
        let n = registry.copies().iter().filter(|plugin| plugin.folder.starts_with(folder)).count();
        let found = if folder.is_dir() { format!("{n} plugins") } else { "no such folder".into() };
        Finding::good(what, format!("{}: {found}", folder.display()))
    };
    let given = path.given.iter().map(|folder| ("--plugin-path", folder.as_path()));
    let environment = path.environment.iter().map(|folder| ("AATOOL_PLUGIN_PATH", folder.as_path()));
    let local = path.local.iter().map(|folder| ("plugins here", folder.as_path()));
    let user = path.user.iter().map(|folder| ("plugins of the user", folder.as_path()));
    let mut found: Vec<Finding> = given.chain(environment).chain(local).chain(user).map(place).collect();
    let bundled = Registry::open(&SearchPath::bundled_only()).map_or(0, |registry| registry.copies().len());
    found.push(Finding::good("plugins bundled", bundled.to_string()));
    let again = "install the plugin again with `aatool plugin install`";
    let damage = |text: String| Finding::good("plugin", text).or(false, State::Broken, again);
    let fault = |error: &aa_plugin::Error| match error {
        aa_plugin::Error::Distrusted { .. } => damage(error.to_string()),
        _ => Finding::good("plugin", error.to_string()).or(false, State::Missing, "`aatool plugin verify` says more"),
    };
    found.extend(registry.faults().iter().map(fault));
    found.extend(registry.copies().iter().flat_map(aa_plugin::damaged_files).map(damage));
    found
}

/// Programs that do more with what aatool makes.
fn programs() -> Vec<Finding> {
    let known = [
        ("h5dump", "looks into bundles: apt-get install hdf5-tools, brew install hdf5"),
        ("python3", "reads bundles with h5py or xarray: pip install h5py h5netcdf xarray"),
        ("sbatch", "runs batches on a cluster: ask those who run it for Slurm"),
    ];
    let look = |(name, hint): (&'static str, &'static str)| match which(name) {
        Some(place) => Finding::good(name, place),
        None => Finding::good(name, "not here, and not needed").or(false, State::Missing, hint),
    };
    known.into_iter().map(look).collect()
}

fn which(name: &str) -> Option<String> {
    let path = std::env::var_os("PATH")?;
    let file = |folder: std::path::PathBuf| folder.join(name).with_extension(std::env::consts::EXE_EXTENSION);
    std::env::split_paths(&path).map(file).find(|file| file.is_file()).map(|file| file.display().to_string())
}

/// Reads a file with both readers.
fn deep(path: &Path) -> Result<Vec<Finding>, Failure> {
    let first = read(path)?;
    let (datasets, attributes) = count(&first);
    let (library, _) = library_version();
    let what = path.display().to_string();
    let held = format!("{datasets} datasets and {attributes} attributes, all checksums hold (HDF5 {library})");
    let mut findings = vec![Finding::good(&what, held)];
    match read_independently(path) {
        Err(error) => {
            findings.push(Finding { state: State::Broken, ..Finding::good("second reader", error.to_string()) })
        }
        Ok(second) => {
            let found = differences(&first, &second);
            if found.is_empty() {
                findings.push(Finding::good("second reader", format!("the same to the last bit ({SECOND_READER})")));
            }
            let told = |found: aa_dataset::Difference| Finding {
                state: State::Broken,
                ..Finding::good(&found.place, found.found)
            };
            findings.extend(found.into_iter().map(told));
        }
    }
    Ok(findings)
}

/// Datasets and attributes, units and descriptions not counted.
fn count(group: &Group) -> (usize, usize) {
    let own = group.attributes.len() + group.datasets.values().map(|dataset| dataset.attributes.len()).sum::<usize>();
    let inner = group.groups.values().map(count);
    inner.fold((group.datasets.len(), own), |(datasets, attributes), (d, a)| (datasets + d, attributes + a))
}

fn text(findings: &[Finding]) -> String {
    let width = findings.iter().map(|finding| finding.what.chars().count()).max().unwrap_or(0);
    let line = |finding: &Finding| {
        let mark = match finding.state {
            State::Good => "ok",
            State::Missing => "--",
            State::Broken => "NO",
        };
        let hint = finding.hint.map(|hint| format!("\n    {:width$}  {hint}", "")).unwrap_or_default();
        format!("{mark}  {:width$}  {}{hint}", finding.what, finding.found)
    };
    findings.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn document(findings: &[Finding]) -> String {
    let entry = |finding: &Finding| -> Value {
        let state = match finding.state {
            State::Good => "good",
            State::Missing => "missing",
            State::Broken => "broken",
        };
        json!({ "what": finding.what, "found": finding.found, "state": state, "hint": finding.hint })
    };
    let document = json!({ "format": 1, "findings": findings.iter().map(entry).collect::<Vec<_>>() });
    serde_json::to_string_pretty(&document).expect("texts alone")
}
