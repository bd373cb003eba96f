//! `aatool scan`: the members of a family that have more integrals than the rest; for chaos see `chaos_scan`.

use std::time::Instant;

use aa_dataset::Bundle;
use aa_plugin::{Registry, Scan, ScanRequest};
use serde_json::{Map, Value};

use crate::Ending;
use crate::analyze::can_write;
use crate::cli::{self, Kind, Measure, SystemArgs};
use crate::failure::Failure;
use crate::output::say;
use crate::progress::Bar;
use crate::sheets::Sheet;
use crate::systems;

pub(crate) fn scan(registry: &Registry, arguments: &cli::Scan) -> Result<Ending, Failure> {
    arguments.out.as_deref().map_or(Ok(()), can_write)?;
    systems::use_threads(arguments.members.threads)?;
    let clock = Instant::now();
    let scanned = match arguments.measure {
        Some(Measure::Chaos) => crate::chaos_scan::measure(registry, arguments)?,
        None => search(registry, arguments)?,
    };
    if let Some(out) = &arguments.out {
        aa_dataset::write(&scanned.bundle, out)?;
    }
    let text = match arguments.format.format {
        Kind::Json => serde_json::to_string_pretty(&scanned.document).expect("a document is plain data"),
        Kind::Text => scanned.sheet.text(),
    };
    say(text.trim_end());
    scanned.remarks.iter().for_each(|remark| eprintln!("note: {remark}"));
    eprintln!("{:.2} s", clock.elapsed().as_secs_f64());
    Ok(Ending::AllMet)
}

/// A scan, said in three ways.
pub(crate) struct Scanned {
    pub(crate) document: Value,
    /// As a person reads it.
    pub(crate) sheet: Sheet,
    pub(crate) bundle: Bundle,
    /// What else there is to know.
    pub(crate) remarks: Vec<String>,
}

/// Searches every member for integrals.
fn search(registry: &Registry, arguments: &cli::Scan) -> Result<Scanned, Failure> {
    let members = &arguments.members;
    let SystemArgs { energy, orbits, initial, bounds, sampling, .. } = members;
    if energy.is_some() || orbits.is_some() || initial.is_some() || bounds.is_some() || sampling.is_some() {
        let message = "integrals do not depend on where orbits start";
        let hint = "leave --energy, --orbits, --initial, --box and --sampling out, or give --measure chaos";
        return Err(Failure::usage(message, hint));
    }
    if arguments.over.is_empty() && arguments.solve.is_none() {
        return Err(Failure::usage("there is nothing to scan over", "give --over KEY=LO:HI:STEP or --solve KEY"));
    }
    let request = ScanRequest {
        system: arguments.system.clone(),
        set: systems::settings(&members.set)?,
        over: arguments.over.clone(),
        solve: arguments.solve.clone(),
        degree: arguments.degree,
    };
    let bar = Bar::new();
    let scan = aa_plugin::scan(registry, &request, &bar);
    bar.clear();
    let scan = scan?;
    Ok(Scanned {
        sheet: sheet(&scan),
        bundle: scan.bundle(),
        remarks: remarks(&scan, arguments.degree),
        document: serde_json::to_value(scan).expect("a scan holds only text keys and whole numbers"),
    })
}

/// The scan as a person reads it.
pub(crate) fn sheet(scan: &Scan) -> Sheet {
    let n_members = scan.members.len();
    let members = match &scan.solve {
        None => format!("{n_members} of {} members", scan.searched),
        Some(name) => format!("{n_members} value{} of {name}", plural(n_members)),
    };
    let title = format!(
        "{}: {members} with more than {} independent integral{} (degree {}, {} monomials)",
        scan.system,
        scan.generic,
        plural(scan.generic),
        scan.degree,
        scan.basis,
    );
    let names = scan.members.iter().take(1).flat_map(|member| member.parameters.keys().map(String::as_str));
    let columns: Vec<String> = names.chain(["independent", "proved", "integrals"]).map(String::from).collect();
    let row = |member: &aa_plugin::Member| {
        let integrals: Vec<&str> = member.integrals.iter().map(|integral| integral.name.as_str()).collect();
        let proved = if member.proved { "yes" } else { "no" };
        let rest: [Value; 3] = [member.independent.into(), proved.into(), integrals.join(", ").into()];
        member.parameters.values().cloned().chain(rest).collect()
    };
    let rows: Vec<Vec<Value>> = scan.members.iter().map(row).collect();
    Sheet { head: Vec::new(), title, columns, rows, notes: Vec::new() }
}

pub(crate) fn plural(n: usize) -> &'static str {
    if n == 1 { "" } else { "s" }
}

/// What else there is to know.
fn remarks(scan: &Scan, degree: u32) -> Vec<String> {
    let mut remarks = Vec::new();
    if scan.one_by_one {
        remarks.push("these parameters cannot stay symbols here: every member was searched by itself".into());
    }
    if scan.degree < degree {
        remarks.push(format!("not every member was searched to degree {degree}; the least is {}", scan.degree));
    }
    if let (Some(name), Some(n @ 1..)) = (&scan.solve, scan.not_rational) {
        remarks.push(format!("{n} more values of {name} are irrational or beyond a million: not examined"));
    }
    for line in &scan.everywhere {
        let name = scan.solve.as_deref().unwrap_or_default();
        let values = spelled(&line.parameters);
        remarks.push(format!("{values}: every value of {name} gives {} (by rank, not proved)", line.independent));
    }
    if !scan.complete {
        remarks.push("it is not certain that no other member has more integrals up to this degree".into());
    }
    for member in scan.skipped.iter().take(5) {
        remarks.push(format!("{} was skipped: {}", spelled(&member.parameters), member.reason));
    }
    if scan.skipped.len() > 5 {
        remarks.push(format!("{} members were skipped in all", scan.skipped.len()));
    }
    remarks
}

/// Parameters as `--set` takes them.
pub(crate) fn spelled(parameters: &Map<String, Value>) -> String {
    let one = |(name, value): (&String, &Value)| match value {
        Value::String(text) => format!("{name}={text}"),
        other => format!("{name}={other}"),
    };
    parameters.iter().map(one).collect::<Vec<_>>().join(", ")
}
