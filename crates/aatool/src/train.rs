//! `aatool train`: learns an action-angle map and keeps it in a file.

use std::io::Write;
use std::sync::Arc;

use aa_analysis::Watch;
use aa_analysis::document::Document;
use aa_plugin::{Registry, Request};

use crate::analyze::{Clock, can_write, options, profile};
use crate::checkpoint::Keeper;
use crate::cli::{Kind, Train};
use crate::failure::Failure;
use crate::progress::Bar;
use crate::{Ending, bundles, systems};

pub(crate) fn train(registry: &Arc<Registry>, arguments: &Train) -> Result<Ending, Failure> {
    let clock = Clock::start();
    can_write(&arguments.out)?;
    arguments.checkpoint.as_deref().map(can_write).transpose()?;
    systems::use_threads(arguments.system.threads)?;
    systems::use_isa(arguments.isa.as_deref())?;
    let pass = if arguments.subject.data.is_some() { "action_angle_from_data" } else { "action_angle" };
    let request = Request {
        system: arguments.subject.system.clone().unwrap_or_default(),
        data: arguments.subject.data.clone(),
        profile: profile(arguments.profile),
        passes: Some(vec![pass.to_string()]),
        options: options(&arguments.options)?,
        ..systems::request(&arguments.system)?
    };
    let bar = Arc::new(Bar::new());
    let watch: Arc<dyn Watch> = match &arguments.checkpoint {
        Some(path) => Arc::new(Keeper::open(bar.clone(), path)?),
        None => bar.clone(),
    };
    let analysis = aa_plugin::analyze(registry, &request, watch);
    bar.clear();
    let mut analysis = analysis?;
    analysis.document.provenance.volatile = clock.volatile();
    let map = aa_plugin::map_bundle(&analysis)?;
    let text = match arguments.format.format {
        Kind::Json => aa_report::json(&analysis.document),
        Kind::Text => bundles::text(&analysis.document, None),
    };
    let Some(map) = map else {
        eprintln!("no map was learned: {}", reason(&analysis.document, pass));
        return Ok(Ending::NotMet);
    };
    aa_dataset::write(&map, &arguments.out)?;
    if let Some(path) = arguments.checkpoint.as_ref().filter(|path| path.exists()) {
        std::fs::remove_file(path).map_err(|error| Failure::cannot_write(path, &error))?;
    }
    let _ = writeln!(std::io::stdout(), "{}", text.trim_end());
    eprintln!("the map is in {}", arguments.out.display());
    Ok(Ending::AllMet)
}

/// Why there is no map: what the pass says that should have learned it, or the one that left it without orbits.
fn reason<'a>(document: &'a Document, pass: &str) -> &'a str {
    let own = document.passes.iter().filter(|record| record.name == pass);
    let reasons = own.chain(&document.passes).filter_map(|record| record.reason.as_deref());
    let mut telling = reasons.filter(|reason| !reason.starts_with("needs `"));
    telling.next().unwrap_or("the pass gave none")
}
