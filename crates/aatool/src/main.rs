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
mod explain;
mod failure;
mod families;
mod instruments;
mod manual;
mod output;
mod plugins;
mod predict;
mod progress;
mod reproduce;
mod samples;
mod scan;
mod sharing;
mod sheets;
mod signals;
mod simulate;
mod studies;
mod systems;
mod train;
mod verify;
mod view;
mod watch;

use std::cell::OnceCell;
use std::ffi::OsString;
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
    let cli = Cli::try_parse_from(std::iter::once(OsString::from("aatool")).chain(words.iter().cloned()));
    let begun = cli.map_err(Failure::from).and_then(|cli| begin(cli, &words, note.as_deref().map(Path::new)));
    begun.unwrap_or_else(|failure| {
        failure.tell();
        ExitCode::from(failure.exit_code())
    })
}

/// Runs the command here, or in a confined child where it meets scripts that are not bundled. A batch's worker is confined
/// without a parent: whoever started it sees how it ends.
fn begin(cli: Cli, words: &[OsString], note: Option<&Path>) -> Result<ExitCode, Failure> {
    let plugins = Plugins { path: SearchPath::standard(cli.plugin_path), opened: OnceCell::new() };
    let is_worker = matches!(cli.command, Command::Batch(cli::Batch::Work(_)));
    if note.is_some() || is_worker {
        confinement::enter(note).map_err(|error| Failure::cannot_write(note.unwrap_or(Path::new("note")), &error))?;
    }
    #[cfg(unix)]
    if note.is_none() && confined::meets_strangers(&cli.command, &plugins) {
        return confined::run(words);
    }
    signals::listen();
    let ending = run(cli.command, &plugins)?;
    output::lost().map_or(Ok(ExitCode::from(ending.code())), Err)
}

/// The plugins, read where a command needs them: the others help where a plugin is broken, too.
struct Plugins {
    path: SearchPath,
    opened: OnceCell<Arc<Registry>>,
}

impl Plugins {
    fn open(&self) -> Result<Arc<Registry>, Failure> {
        if let Some(registry) = self.opened.get() {
            return Ok(registry.clone());
        }
        let registry = Arc::new(Registry::open(&self.path)?);
        Ok(self.opened.get_or_init(|| registry).clone())
    }

    /// The same, and says which are left out, and why.
    fn open_aloud(&self) -> Result<Arc<Registry>, Failure> {
        let registry = self.open()?;
        for fault in registry.faults() {
            eprintln!("warning: a plugin is left out: {}", output::plain(&fault.located()));
        }
        Ok(registry)
    }
}

/// How a command ended that has a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// Everything asked for was done.
    AllMet,
    /// Something asked for was not met: a pass failed, a claim was refuted.
    NotMet,
    /// Some tasks of a batch failed, or some of what they were asked for was not met; the others have their results.
    PartFailed,
    /// Out of time or asked to stop, with what was done kept: the same command goes on.
    Unfinished,
    /// Ctrl-C.
    Interrupted,
}

impl Ending {
    /// The exit code of the contract.
    fn code(self) -> u8 {
        match self {
            Ending::AllMet => 0,
            Ending::NotMet => 1,
            Ending::PartFailed => 3,
            Ending::Unfinished => 75,
            Ending::Interrupted => 130,
        }
    }
}

fn run(command: Command, plugins: &Plugins) -> Result<Ending, Failure> {
    let registry = || plugins.open_aloud();
    match command {
        Command::Analyze(arguments) => analyze::analyze(&registry()?, &arguments),
        Command::Train(arguments) => train::train(&registry()?, &arguments),
        Command::Predict(arguments) => predict::predict(&arguments),
        Command::Simulate(arguments) => simulate::simulate(&registry()?, &arguments),
        Command::Scan(arguments) => scan::scan(&*registry()?, &arguments),
        Command::Check { script } => systems::check(&*registry()?, &script),
        Command::Run { study, set, report } => studies::run(&registry()?, &study, &set, report.as_deref()),
        Command::Compare(arguments) => compare::compare(&arguments),
        Command::Show { bundle, format } => bundles::show(&bundle, format.format),
        Command::Report { bundle, out, figure: None } => bundles::report(&bundle, &out),
        Command::Report { bundle, out, figure: Some(name) } => bundles::figure(&bundle, &name, &out),
        Command::View { bundle, port } => view::view(&registry()?, &bundle, port),
        Command::Watch { script } => watch::watch(&plugins.path.given, &script),
        Command::Reproduce(arguments) => reproduce::reproduce(&registry()?, &arguments),
        Command::Doctor(arguments) => doctor::doctor(&plugins.path, &arguments),
        Command::Explain { code } => explain::explain(code.as_deref()),
        Command::Completions { shell } => manual::completions(shell),
        Command::Man { folder } => manual::pages(&folder),
        Command::Batch(command) => batch::batch(&registry()?, &plugins.path.given, &command),
        Command::Instruments { name } => instruments::instruments(name.as_deref()),
        Command::New(what) => sharing::new(&*registry()?, &what),
        Command::Plugin(plugin) => plugins::plugin(&*plugins.open()?, &plugin),
    }
}
