//! `aatool watch`: a script under one's hands, checked and analysed again whenever it is saved.
//!
//! The file is read four times a second and compared with what was read before: that costs nothing, works on every file
//! system, and a save that changes nothing starts nothing.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use aa_plugin::Source;

use crate::Ending;
use crate::failure::Failure;

const BETWEEN_LOOKS: Duration = Duration::from_millis(250);

pub(crate) fn watch(plugin_path: &[PathBuf], script: &Path) -> Result<Ending, Failure> {
    // A file that is not there at the beginning is a mistake; one that vanishes later is being saved.
    Source::read(script)?;
    let mut before: Option<Vec<u8>> = None;
    loop {
        let text = std::fs::read(script).ok().filter(|text| !text.is_empty());
        if let Some(text) = text.filter(|text| before.as_ref() != Some(text)) {
            if std::io::stdout().is_terminal() {
                print!("\x1b[2J\x1b[3J\x1b[H");
            }
            look(plugin_path, script, &String::from_utf8_lossy(&text)).map_err(|error| cannot_start(&error))?;
            before = Some(text);
            eprintln!("waiting for {} to be saved; Ctrl-C ends it", script.display());
        }
        std::thread::sleep(BETWEEN_LOOKS);
    }
}

/// What the script is, and of a system a first look: by processes of their own, which print what there is to say.
fn look(plugin_path: &[PathBuf], script: &Path, text: &str) -> std::io::Result<()> {
    let run = |words: &[&str]| {
        let mut command = Command::new(std::env::current_exe()?);
        for folder in plugin_path {
            command.arg("--plugin-path").arg(folder);
        }
        command.args(words).arg(script).status()
    };
    if run(&["check"])?.success() && text.contains("fn hamiltonian(") {
        run(&["analyze", "--profile", "quick", "--system"])?;
    }
    Ok(())
}

fn cannot_start(error: &std::io::Error) -> Failure {
    Failure::usage(format!("no process can be started for the script: {error}"), "the system allows this user no more")
}
