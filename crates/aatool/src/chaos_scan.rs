//! `aatool scan --measure chaos`: the share of chaotic orbits and of surviving tori over a family.

use aa_plugin::{ChaosMember, ChaosScan, ChaosScanRequest, Registry, Request, ScanRequest};
use serde_json::Value;

use crate::cli;
use crate::failure::Failure;
use crate::progress::Bar;
use crate::scan::Scanned;
use crate::sheets::Sheet;
use crate::systems;

/// How long orbits are followed, where nobody says.
const DEFAULT_T: f64 = 3000.0;

/// Measures every member.
pub(crate) fn measure(registry: &Registry, arguments: &cli::Scan) -> Result<Scanned, Failure> {
    if arguments.over.is_empty() {
        return Err(Failure::usage("there is nothing to scan over", "give --over KEY=LO:HI:STEP"));
    }
    let t = arguments.t.unwrap_or(DEFAULT_T);
    if !(t.is_finite() && t > 0.0) {
        return Err(Failure::usage(format!("`--t {t}` is no length of an orbit"), "expected --t > 0"));
    }
    let Request { set, start, seed, .. } = systems::request(&arguments.members)?;
    let (system, over) = (arguments.system.clone(), arguments.over.clone());
    let family = ScanRequest { system, set, over, ..ScanRequest::default() };
    let request = ChaosScanRequest { family, start, line: arguments.line.clone(), t, seed };
    let bar = Bar::new();
    let scan = aa_plugin::scan_chaos(registry, &request, &bar);
    bar.clear();
    let scan = scan?;
    Ok(Scanned {
        sheet: sheet(&scan),
        bundle: scan.bundle(),
        remarks: Vec::new(),
        document: serde_json::to_value(scan).expect("a scan holds only text keys and numbers"),
    })
}

const COLUMNS: [&str; 9] =
    ["orbits", "chaotic", "regular", "sticky", "undecided", "escaped", "surviving", "95 %", "lyapunov"];

/// The scan as a person reads it.
pub(crate) fn sheet(scan: &ChaosScan) -> Sheet {
    let on_surface = scan.members.iter().any(|member| member.energy_surface.is_some());
    let energy = match scan.energy {
        Some([low, high]) if low == high && on_surface => format!(", uniform on the energy surface {low}"),
        Some([low, high]) if low == high => format!(", energy {low}"),
        Some([low, high]) => format!(", energies {low} to {high}"),
        None => String::new(),
    };
    let line = scan.line.as_ref().map(|line| format!(", starts {line}")).unwrap_or_default();
    let title = format!("{}: chaos up to t = {}, SALI < {:e}{energy}{line}", scan.system, scan.t, scan.threshold);
    let names = scan.members.iter().take(1).flat_map(|member| member.parameters.keys().map(String::as_str));
    let columns: Vec<String> = names.chain(COLUMNS).map(String::from).collect();
    let rows: Vec<Vec<Value>> = scan.members.iter().map(row).collect();
    Sheet { head: Vec::new(), title, columns, rows, notes: scan.members.iter().filter_map(remark).collect() }
}

fn row(member: &ChaosMember) -> Vec<Value> {
    let parameters = member.parameters.values().cloned();
    if member.reason.is_some() {
        return parameters.chain((0..COLUMNS.len()).map(|_| "-".into())).collect();
    }
    let interval = member.surviving_interval.map(|[low, high]| format!("{low:.2} to {high:.2}"));
    let counts = &member.counts;
    let counts = [member.orbits, counts.chaotic, counts.regular, counts.sticky, counts.undecided, counts.escaped];
    let counts = counts.into_iter().map(Value::from);
    let surviving = member.surviving.map(|share| format!("{share:.3}"));
    let lyapunov = member.lyapunov.map_or("-".to_string(), |exponent| format!("{exponent:.4}"));
    parameters.chain(counts).chain([surviving.into(), interval.into(), lyapunov.into()]).collect()
}

/// What a row does not say.
fn remark(member: &ChaosMember) -> Option<String> {
    let name = || crate::scan::spelled(&member.parameters);
    match (&member.reason, member.left_out) {
        (Some(reason), _) => Some(format!("{}: {reason}", name())),
        (None, 0) => None,
        (None, n) => Some(format!("{}: {n} starts of the line cannot have this energy", name())),
    }
}
