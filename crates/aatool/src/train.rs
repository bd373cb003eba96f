//! `aatool train`: learns an action-angle map and keeps it in a file.

use std::sync::Arc;

use aa_analysis::Watch;
use aa_analysis::document::{Document, PassRecord};
use aa_plugin::{PassOption, Registry, Request};

use crate::analyze::{Clock, can_write, request};
use crate::checkpoint::Keeper;
use crate::cli::{Kind, Train};
use crate::failure::Failure;
use crate::output::say;
use crate::progress::Bar;
use crate::{Ending, bundles, families, signals};

pub(crate) fn train(registry: &Arc<Registry>, arguments: &Train) -> Result<Ending, Failure> {
    let clock = Clock::start();
    can_write(&arguments.out)?;
    arguments.checkpoint.as_deref().map(can_write).transpose()?;
    if !arguments.over.is_empty() {
        return families::train(registry, arguments, &clock);
    }
    let pass = if arguments.question.subject.data.is_some() { "action_angle_from_data" } else { "action_angle" };
    let request = Request { passes: Some(vec![pass.to_string()]), ..asked(arguments, pass)? };
    let bar = Arc::new(Bar::new());
    let keeper = keeper(arguments, &bar)?;
    let analysis = aa_plugin::analyze(registry, &request, watch(keeper.as_ref(), &bar));
    bar.clear();
    let mut analysis = analysis?;
    analysis.document.provenance.volatile = clock.volatile();
    if let Some(ending) = keeper.map_or(Ok(None), |keeper| keeper.cut_off(&format!("{} What it", ended(pass))))? {
        print(arguments, &analysis.document);
        return Ok(ending);
    }
    let Some(map) = aa_plugin::map_bundle(&analysis)? else {
        print(arguments, &analysis.document);
        eprintln!("no map was learned: {}", reason(&analysis.document, pass));
        return Ok(Ending::NotMet);
    };
    aa_dataset::write(&map, &arguments.out)?;
    remove_checkpoint(arguments)?;
    print(arguments, &analysis.document);
    if record(&analysis.document, pass).is_some_and(|record| record.status == "stopped") {
        eprintln!("{} The map is the best so far; with --checkpoint FILE.h5 training could go on.", ended(pass));
    }
    eprintln!("the map is in {}", arguments.out.display());
    Ok(Ending::AllMet)
}

/// What is asked of the pass that learns.
pub(crate) fn asked(arguments: &Train, pass: &str) -> Result<Request, Failure> {
    let mut request = request(&arguments.question)?;
    let Some(precision) = arguments.precision else { return Ok(request) };
    if request.options.iter().any(|option| option.pass == pass && option.option == "precision") {
        let twice = format!("the precision is given twice, by --precision and by --pass {pass}.precision");
        return Err(Failure::usage(twice, "leave one of them out"));
    }
    let value = precision.name().into();
    request.options.push(PassOption { pass: pass.into(), option: "precision".into(), value });
    Ok(request)
}

/// What keeps checkpoints, where there are to be any.
pub(crate) fn keeper(arguments: &Train, bar: &Arc<Bar>) -> Result<Option<Arc<Keeper>>, Failure> {
    let open = |path| Keeper::open(bar.clone(), path, arguments.every);
    Ok(arguments.checkpoint.as_deref().map(open).transpose()?.map(Arc::new))
}

/// Who watches the training: what keeps checkpoints, or else the bar.
pub(crate) fn watch(keeper: Option<&Arc<Keeper>>, bar: &Arc<Bar>) -> Arc<dyn Watch> {
    keeper.map_or_else(|| bar.clone() as Arc<dyn Watch>, |keeper| keeper.clone())
}

/// Removes what a training that is done has kept.
pub(crate) fn remove_checkpoint(arguments: &Train) -> Result<(), Failure> {
    match arguments.checkpoint.as_ref().filter(|path| path.exists()) {
        Some(path) => std::fs::remove_file(path).map_err(|error| Failure::cannot_write(path, &error)),
        None => Ok(()),
    }
}

/// Prints the document; as a text only where there is a map to read of.
fn print(arguments: &Train, document: &Document) {
    let text = match arguments.format.format {
        Kind::Json => aa_report::json(document),
        Kind::Text if document.learned.is_none() => return,
        Kind::Text => bundles::text(document, None),
    };
    say(text.trim_end());
}

fn ended(pass: &str) -> String {
    if signals::asked().is_some() {
        return "Stopped before training ended.".into();
    }
    format!("Time was up before training ended: `--pass {pass}.seconds=N` gives it N seconds.")
}

fn record<'a>(document: &'a Document, pass: &str) -> Option<&'a PassRecord> {
    document.passes.iter().find(|record| record.name == pass)
}

/// Why there is no map: what the pass says that should have learned it, or the one that left it without orbits.
fn reason<'a>(document: &'a Document, pass: &str) -> &'a str {
    let reasons = record(document, pass).into_iter().chain(&document.passes);
    let reasons = reasons.filter_map(|record| record.reason.as_deref());
    let mut telling = reasons.filter(|reason| !reason.starts_with("needs `"));
    telling.next().unwrap_or("the pass gave none")
}
