//! Commands that meet scripts which are not in the binary: they run once more in a child, confined (see
//! [`aa_plugin::confinement`]).
//!
//! The child is this binary with the same words behind a hidden subcommand, on the same terminal; what it prints and
//! its exit code are the command's. Signals to end are passed on to it.

use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitCode};

use aa_plugin::{Registry, confinement};
use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::SignalsInfo;
use signal_hook::iterator::exfiltrator::WithOrigin;
use signal_hook::low_level::emulate_default_handler;
use signal_hook::low_level::siginfo::Cause;

use crate::Plugins;
use crate::cli::{Batch, CONFINED, Command, Plugin, Question};
use crate::failure::Failure;

/// Whether the command may run scripts that the binary has not itself.
pub(crate) fn meets_strangers(command: &Command, plugins: &Plugins) -> bool {
    // What is wrong with them, the command will say.
    let registry = || plugins.open().ok();
    let of_name =
        |name: &str| registry().is_some_and(|registry| registry.system(name).is_ok_and(|source| !source.is_bundled()));
    let of_any = || registry().is_some_and(|registry| has_strange_scripts(&registry));
    let of_question = |question: &Question| question.subject.system.as_deref().is_some_and(of_name) || of_any();
    match command {
        Command::Analyze(arguments) => of_question(&arguments.question),
        Command::Train(arguments) => of_question(&arguments.question),
        Command::Simulate(arguments) => of_name(&arguments.name),
        Command::Scan(arguments) => of_name(&arguments.system),
        Command::Check { .. }
        | Command::Run { .. }
        | Command::Reproduce(_)
        | Command::View { .. }
        | Command::Batch(Batch::Run(_)) => true,
        Command::Plugin(plugin) => matches!(
            plugin,
            Plugin::Verify { .. }
                | Plugin::Pack { .. }
                | Plugin::Install { .. }
                | Plugin::Update { .. }
                | Plugin::Vendor { .. }
        ),
        _ => false,
    }
}

/// Whether a plugin that names lead to has a script of its own.
fn has_strange_scripts(registry: &Registry) -> bool {
    registry.plugins().into_iter().any(|plugin| {
        let systems = plugin.manifest.systems.iter().map(|name| plugin.system(name));
        let passes = plugin.manifest.passes.iter().map(|name| plugin.pass(name));
        systems.chain(passes).any(|source| source.is_ok_and(|source| !source.is_bundled()))
    })
}

/// Runs the command in a child and waits for it.
///
/// # Errors
/// The child died while a script ran, or cannot be started.
pub(crate) fn run(words: &[OsString]) -> Result<ExitCode, Failure> {
    let no_child = |error: std::io::Error| {
        Failure::usage(
            format!("no process can be started for scripts that are not bundled: {error}"),
            "the system allows this user no more processes, or no temporary files",
        )
    };
    let note = tempfile::NamedTempFile::new().map_err(no_child)?;
    std::fs::write(note.path(), std::process::id().to_string()).map_err(no_child)?;
    let program = std::env::current_exe().map_err(no_child)?;
    let mut command = std::process::Command::new(program);
    let mut child = command.arg(CONFINED).arg(note.path()).args(words).spawn().map_err(no_child)?;
    pass_signals_on(&child).map_err(no_child)?;
    let status = child.wait().map_err(no_child)?;
    if let Some(error) = confinement::cause(status, note.path()) {
        return Err(error.into());
    }
    match (status.code(), status.signal()) {
        (Some(code), _) => Ok(ExitCode::from(code as u8)),
        // What ends the child from outside ends the parent in the same way.
        (None, signal) => {
            drop(note);
            let _ = emulate_default_handler(signal.unwrap_or(SIGTERM));
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Those that ask a process to end and were sent to the parent alone. What a key on the terminal sends goes to the child
/// as well, which takes a second one for impatience.
fn pass_signals_on(child: &Child) -> std::io::Result<()> {
    let mut signals = SignalsInfo::<WithOrigin>::new([SIGTERM, SIGINT])?;
    let pid = Pid::from_child(child);
    std::thread::spawn(move || {
        for origin in signals.forever().filter(|origin| origin.cause != Cause::Kernel) {
            if let Some(signal) = Signal::from_named_raw(origin.signal) {
                // It may have ended already.
                let _ = kill_process(pid, signal);
            }
        }
    });
    Ok(())
}
