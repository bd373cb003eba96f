//! `aatool completions` and `aatool man`: the command line, for shells and for `man`.

use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::Ending;
use crate::cli::Cli;
use crate::failure::Failure;
use crate::output::{say, tell};

pub(crate) fn completions(shell: Shell) -> Result<Ending, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "aatool", &mut script);
    say(String::from_utf8_lossy(&script).trim_end());
    Ok(Ending::AllMet)
}

/// A page for the whole and for every command, in a folder that is made where it is missing.
pub(crate) fn pages(folder: &Path) -> Result<Ending, Failure> {
    let written = std::fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(Cli::command(), folder));
    written.map_err(|error| Failure::cannot_write(folder, &error))?;
    tell!("written to {}; `man aatool` finds them in a folder man1 of MANPATH", folder.display());
    Ok(Ending::AllMet)
}
