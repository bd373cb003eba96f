//! The `aatool` command line: reads arguments, calls the rooms below, prints, and ends with the exit code that the
//! outcome has.

mod analyze;
mod batch;
mod bundles;
mod chaos_scan;
mod checkpoint;
mod cli;
mod compare;
#[cfg(unix)]
mod confined;
mod doctor;
mod failure;
mod families;
mod instruments;
mod output;
mod plugins;
mod predict;
mod progress;
mod reproduce;
mod scan;
mod sharing;
mod sheets;
mod simulate;
mod studies;
mod systems;
mod train;
mod verify;

use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use aa_plugin::{CountingAllocator, Registry, SearchPath, confinement};
use clap::Parser;

use cli::{Cli, Command};
use failure::Failure;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

fn main() -> ExitCode {
    let (words, note) = cli::words();
    let cli = Cli::parse_from(std::iter::once(OsString::from("aatool")).chain(words.iter().cloned()));
    begin(cli, &words, note.as_deref().map(Path::new)).unwrap_or_else(|failure| {
        // Where standard error is on a full disk too, the exit code still tells.
        let _ = write!(std::io::stderr(), "{}", failure.render());
        ExitCode::from(failure.exit_code())
    })
}

/// Runs the command here, or in a confined child where it meets scripts that are not bundled. A batch's worker is confined
/// without a parent: whoever started it sees how it ends.
fn begin(cli: Cli, words: &[OsString], note: Option<&Path>) -> Result<ExitCode, Failure> {
    let path = SearchPath::standard(cli.plugin_path);
    if let Command::Doctor(arguments) = &cli.command {
        return doctor::doctor(&path, arguments).map(Ending::into);
    }
    let registry = Arc::new(Registry::open(&path)?);
    let is_worker = matches!(cli.command, Command::Batch(cli::Batch::Work(_)));
    if note.is_some() || is_worker {
        confinement::enter(note).map_err(|error| Failure::cannot_write(note.unwrap_or(Path::new("note")), &error))?;
    }
    #[cfg(unix)]
    if note.is_none() && confined::meets_strangers(&cli.command, &registry) {
        return confined::run(words);
    }
    run(cli.command, &path, &registry).map(Ending::into)
}

/// How a command ended that has a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// Everything asked for was done.
    AllMet,
    /// Something asked for was not met: a pass failed, a claim was refuted.
    NotMet,
    /// Some tasks of a batch failed; the others have their results.
    PartFailed,
    /// Out of time or asked to stop, with what was done kept: the same command goes on.
    Unfinished,
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> ExitCode {
        ExitCode::from(match ending {
            Ending::AllMet => 0,
            Ending::NotMet => 1,
            Ending::PartFailed => 3,
            Ending::Unfinished => 75,
        })
    }
}

fn run(command: Command, path: &SearchPath, registry: &Arc<Registry>) -> Result<Ending, Failure> {
    match command {
        Command::Analyze(arguments) => analyze::analyze(registry, &arguments),
        Command::Train(arguments) => train::train(registry, &arguments),
        Command::Predict(arguments) => predict::predict(&arguments),
        Command::Simulate(arguments) => simulate::simulate(registry, &arguments),
        Command::Scan(arguments) => scan::scan(registry, &arguments),
        Command::Check { script } => systems::check(registry, &script),
        Command::Run { study, report } => studies::run(registry, &study, report.as_deref()),
        Command::Compare(arguments) => compare::compare(&arguments),
        Command::Show { bundle, format } => bundles::show(&bundle, format.format),
        Command::Report { bundle, out } => bundles::report(&bundle, &out),
        Command::Reproduce(arguments) => reproduce::reproduce(registry, &arguments),
        Command::Doctor(arguments) => doctor::doctor(path, &arguments),
        Command::Batch(command) => batch::batch(registry, &path.given, &command),
        Command::Instruments { name } => instruments::instruments(name.as_deref()),
        Command::New(what) => sharing::new(registry, &what),
        Command::Plugin(plugin) => plugins::plugin(registry, &plugin),
    }
}
