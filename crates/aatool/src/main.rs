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
mod failure;
mod families;
mod instruments;
mod output;
mod plugins;
mod predict;
mod progress;
mod reproduce;
mod samples;
mod scan;
mod sharing;
mod sheets;
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
    match run(cli) {
        Ok(Ending::AllMet) => ExitCode::SUCCESS,
        Ok(Ending::NotMet) => ExitCode::from(1),
        Ok(Ending::PartFailed) => ExitCode::from(3),
        Ok(Ending::Unfinished) => ExitCode::from(75),
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
    /// Some tasks of a batch failed; the others have their results.
    PartFailed,
    /// Out of time or asked to stop, with what was done kept: the same command goes on.
    Unfinished,
}

fn run(cli: Cli) -> Result<Ending, Failure> {
    let path = SearchPath::standard(cli.plugin_path);
    if let Command::Doctor(arguments) = &cli.command {
        return doctor::doctor(&path, arguments);
    }
    let registry = Arc::new(Registry::open(&path)?);
    match cli.command {
        Command::Analyze(arguments) => analyze::analyze(&registry, &arguments),
        Command::Train(arguments) => train::train(&registry, &arguments),
        Command::Predict(arguments) => predict::predict(&arguments),
        Command::Simulate(arguments) => simulate::simulate(&registry, &arguments),
        Command::Scan(arguments) => scan::scan(&registry, &arguments),
        Command::Check { script } => systems::check(&registry, &script),
        Command::Run { study, report } => studies::run(&registry, &study, report.as_deref()),
        Command::Compare(arguments) => compare::compare(&arguments),
        Command::Show { bundle, format } => bundles::show(&bundle, format.format),
        Command::Report { bundle, out, figure: None } => bundles::report(&bundle, &out),
        Command::Report { bundle, out, figure: Some(name) } => bundles::figure(&bundle, &name, &out),
        Command::View { bundle, port } => view::view(&registry, &bundle, port),
        Command::Watch { script } => watch::watch(&registry, &script),
        Command::Reproduce(arguments) => reproduce::reproduce(&registry, &arguments),
        Command::Doctor(arguments) => doctor::doctor(&path, &arguments),
        Command::Batch(command) => batch::batch(&registry, &path.given, &command),
        Command::Instruments { name } => instruments::instruments(name.as_deref()),
        Command::New(what) => sharing::new(&what),
        Command::Plugin(plugin) => plugins::plugin(&registry, &plugin),
    }
}
