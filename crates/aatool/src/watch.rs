//! `aatool watch`: a script under one's hands, checked and analysed again whenever it is saved.
//!
//! The file is read four times a second and compared with what was read before: that costs nothing, works on every file
//! system, and a save that changes nothing starts nothing.

use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aa_analysis::{Profile, Unwatched};
use aa_plugin::{Checked, Registry, Request, Source};

use crate::failure::Failure;
use crate::output::say;
use crate::{Ending, bundles, systems};

const BETWEEN_LOOKS: Duration = Duration::from_millis(250);

pub(crate) fn watch(registry: &Arc<Registry>, script: &Path) -> Result<Ending, Failure> {
    // A file that is not there at the beginning is a mistake; one that vanishes later is being saved.
    Source::read(script)?;
    let mut before = None;
    loop {
        let text = std::fs::read(script).ok().filter(|text| !text.is_empty());
        if text.is_some() && text != before {
            before = text;
            if std::io::stdout().is_terminal() {
                print!("\x1b[2J\x1b[3J\x1b[H");
            }
            if let Err(failure) = once(registry, script) {
                eprint!("{}", failure.render());
            }
            eprintln!("waiting for {} to be saved; Ctrl-C ends it", script.display());
        }
        std::thread::sleep(BETWEEN_LOOKS);
    }
}

/// What the script is, and of a system a first look.
fn once(registry: &Arc<Registry>, script: &Path) -> Result<(), Failure> {
    let path = script.display().to_string();
    systems::check(registry, &path)?;
    let (checked, _) = aa_plugin::check(registry, &Source::read(script)?)?;
    if let Checked::System(_) = checked {
        let request = Request { system: path, profile: Profile::Quick, ..Request::default() };
        let analysis = aa_plugin::analyze(registry, &request, Arc::new(Unwatched))?;
        say(&format!("\n{}", bundles::text(&analysis.document, None).trim_end()));
    }
    Ok(())
}
