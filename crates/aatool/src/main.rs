//! The `aatool` command line: reads arguments, calls the rooms below, prints, and ends with the exit code that the
//! outcome has.

mod analyze;
mod batch;
mod bundles;
mod chaos_scan;
mod checkpoint;
mod cli;
mod compare;
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

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use aa_plugin::{CountingAllocator, Registry, SearchPath};
use clap::Parser;

use cli::{Cli, Command};
use failure::Failure;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

fn main() -> ExitCode {
    let cli = Cli::parse();
    signals::listen();
    match run(cli).and_then(|ending| output::lost().map_or(Ok(ending), Err)) {
        Ok(ending) => ExitCode::from(ending.code()),
        Err(failure) => {
            // Where standard error is on a full disk too, the exit code still tells.
            let _ = write!(std::io::stderr(), "{}", failure.render());
            ExitCode::from(failure.exit_code())
        }
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

/// Says which plugins are left out, and why.
fn warn_of_faults(registry: &Registry) {
    registry.faults().iter().for_each(|fault| eprintln!("warning: a plugin is left out: {}", fault.located()));
}

fn run(cli: Cli) -> Result<Ending, Failure> {
    let path = SearchPath::standard(cli.plugin_path);
    // Opened by those that read plugins; the others help where a plugin is broken, too.
    let plugins = || Registry::open(&path).map(Arc::new);
    let registry = || plugins().inspect(|registry| warn_of_faults(registry));
    match cli.command {
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
        Command::Watch { script } => watch::watch(&registry()?, &script),
        Command::Reproduce(arguments) => reproduce::reproduce(&registry()?, &arguments),
        Command::Doctor(arguments) => doctor::doctor(&path, &arguments),
        Command::Explain { code } => explain::explain(code.as_deref()),
        Command::Completions { shell } => manual::completions(shell),
        Command::Man { folder } => manual::pages(&folder),
        Command::Batch(command) => batch::batch(&registry()?, &path.given, &command),
        Command::Instruments { name } => instruments::instruments(name.as_deref()),
        Command::New(what) => sharing::new(&what),
        Command::Plugin(plugin) => plugins::plugin(&*plugins()?, &plugin),
    }
}
