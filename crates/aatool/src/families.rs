//! `aatool train --over`: one learned map for a family of systems.

use std::sync::Arc;

use aa_plugin::{FamilyDocument, MemberJudged, Registry, Scaling};
use serde_json::Value;

use crate::Ending;
use crate::analyze::Clock;
use crate::cli::{Kind, Train};
use crate::failure::Failure;
use crate::output::say;
use crate::progress::Bar;
use crate::sheets::Sheet;
use crate::train::{asked, keeper, remove_checkpoint, watch};

pub(crate) fn train(registry: &Arc<Registry>, arguments: &Train, clock: &Clock) -> Result<Ending, Failure> {
    let over = || format!("`--over {}`", arguments.over.join(","));
    if arguments.question.subject.system.is_none() {
        let hint = "give --system, or leave --over out";
        return Err(Failure::usage(format!("{}: measured orbits have no parameters to sweep", over()), hint));
    }
    let request = asked(arguments, "action_angle")?;
    let bar = Arc::new(Bar::new());
    let keeper = keeper(arguments, &bar)?;
    let watch = watch(keeper.as_ref(), &bar);
    let trained = aa_plugin::train_family(registry, &request, &arguments.over, watch);
    bar.clear();
    if let Some(ending) = keeper.map_or(Ok(None), |keeper| keeper.cut_off("What the training"))? {
        return Ok(ending);
    }
    let mut trained = trained?;
    trained.first.document.provenance.volatile = clock.volatile();
    aa_dataset::write(&aa_plugin::family_bundle(&trained)?, &arguments.out)?;
    remove_checkpoint(arguments)?;
    let text = match arguments.format.format {
        Kind::Json => serde_json::to_string_pretty(&trained.document).expect("a document is plain data"),
        Kind::Text => sheet(&trained.document).text(),
    };
    say(text.trim_end());
    eprintln!("the map is in {}", arguments.out.display());
    Ok(Ending::AllMet)
}

/// The table as a person reads it.
pub(crate) fn sheet(document: &FamilyDocument) -> Sheet {
    let title = format!(
        "{}: one map for a family, judged on orbits it has not seen; medians, errors relative to the size of the orbit",
        document.system
    );
    let names = document.members.iter().take(1).flat_map(|member| member.parameters.keys().cloned());
    let times = document.members.iter().take(1).flat_map(|member| &member.judged.prediction_error);
    let errors = times.map(|error| format!("error at {:.0}", error.t));
    let columns = names.chain(["", "orbits", "drift", "drift p95"].map(String::from)).chain(errors);
    Sheet {
        head: Vec::new(),
        title,
        columns: columns.chain(["phase horizon".to_string()]).collect(),
        rows: document.members.iter().map(row).collect(),
        notes: document.scaling.iter().map(scaling).collect(),
    }
}

fn row(member: &MemberJudged) -> Vec<Value> {
    let judged = &member.judged;
    let short = |value: Option<f64>| Value::from(value.map_or("-".to_string(), |value| format!("{value:.1e}")));
    let place = if member.trained { "trained" } else { "between" };
    let drift = [judged.action_drift.median, judged.action_drift.p95].map(short);
    let errors = judged.prediction_error.iter().map(|error| short(error.median));
    let horizon = judged.phase_horizon.map_or("-".to_string(), |t| format!("{t:.0}"));
    let parameters = member.parameters.values().cloned();
    parameters.chain([place.into(), judged.orbits.into()]).chain(drift).chain(errors).chain([horizon.into()]).collect()
}

fn scaling(Scaling { parameter, slope, error, members }: &Scaling) -> String {
    format!(
        "over {members} trained members the median drift grows as {parameter} to the power {slope:.2} +- {error:.2} (least \
         squares in logarithms, standard error); where it is the floor of the training, the power says nothing of the system"
    )
}
