//! `aatool plugin verify`: are plugins what they say?

use std::path::Path;

use aa_dynamics::ClaimStatus;
use aa_plugin::registry::Origin;
use aa_plugin::sharing::lock::LOCK_FILE;
use aa_plugin::{Depth, Error, Plugin, Registry, SearchPath, SystemCheck, Verification, verify_to};
use aa_report::StudyTable;
use serde_json::{Value, json};

use crate::Ending;
use crate::cli::Kind;
use crate::failure::Failure;
use crate::output::say;
use crate::plugins::place;

/// A plugin's place and what was found out about it.
type Checked = Vec<(String, Verification)>;

/// Verifies one plugin, the plugins of a folder, or all that are found.
pub(crate) fn verify(registry: &Registry, wanted: Option<&str>, depth: Depth, kind: Kind) -> Result<Ending, Failure> {
    let check = |plugin: &Plugin| (place(plugin), verify_to(plugin, depth));
    let (checked, unread) = match wanted {
        Some(folder) if Path::new(folder).is_dir() => (in_folder(folder)?.iter().map(check).collect(), Vec::new()),
        Some(name) => (vec![check(registry.plugin(name)?)], Vec::new()),
        None => {
            let checked: Checked = registry.plugins().into_iter().map(check).collect();
            (checked, registry.faults().iter().map(Error::located).collect())
        }
    };
    let verified = unread.is_empty() && checked.iter().all(|(_, plugin)| plugin.is_verified());
    let answer = match kind {
        Kind::Json => format!("{:#}", document(&checked, &unread, verified)),
        Kind::Text => text(&checked, &unread),
    };
    say(&answer);
    Ok(if verified { Ending::AllMet } else { Ending::NotMet })
}

fn in_folder(folder: &str) -> Result<Vec<Plugin>, Failure> {
    let lock = Some(LOCK_FILE.into());
    let here = Registry::open(&SearchPath { given: vec![folder.into()], lock, ..SearchPath::default() })?;
    let given: Vec<Plugin> = here.copies().iter().filter(|p| p.origin == Origin::Given).cloned().collect();
    match given.is_empty() {
        true => Err(Failure::usage(format!("{folder} holds no plugin"), "expected a folder with a plugin.ron")),
        false => Ok(given),
    }
}

fn text(checked: &Checked, unread: &[String]) -> String {
    let mut lines: Vec<String> = checked.iter().flat_map(|(place, plugin)| section(place, plugin)).collect();
    lines.extend(unread.iter().map(|fault| format!("not read: {fault}\n")));
    let systems = checked.iter().flat_map(|(_, plugin)| &plugin.systems);
    let (verified, all) = (systems.clone().filter(|system| system.is_verified()).count(), systems.count());
    lines.push(match all {
        0 => {
            format!("{} of {} plugins verified", checked.iter().filter(|(_, p)| p.is_verified()).count(), checked.len())
        }
        _ => format!("{verified} of {all} systems verified"),
    });
    lines.join("\n")
}

/// A plugin's table, and what is wrong with it beside.
fn section(place: &str, plugin: &Verification) -> Vec<String> {
    let title = format!("{}  ({place})", plugin.plugin);
    let columns = ["system", "claims proved", "energy order", "not verified", "seconds"].map(String::from);
    let rows: Vec<Vec<Value>> = plugin.systems.iter().map(row).collect();
    let table = match rows.is_empty() {
        true => format!("{title}\n"),
        false => aa_report::text_table(&StudyTable { title: &title, columns: &columns, rows: &rows }),
    };
    let faults = plugin.faults.iter().map(|fault| format!("not verified: {fault}\n"));
    [table].into_iter().chain(faults).collect()
}

fn row(system: &SystemCheck) -> Vec<Value> {
    let proved = format!("{} of {}", system.with_status(ClaimStatus::Proved).len(), system.claims.len());
    let order = system.energy_order.map_or("-".into(), |order| format!("{order:.1}"));
    let (faults, seconds) = (system.all_faults().join("; "), format!("{:.2}", system.seconds));
    vec![system.name.clone().into(), proved.into(), order.into(), faults.into(), seconds.into()]
}

fn document(checked: &Checked, unread: &[String], verified: bool) -> Value {
    let system = |system: &SystemCheck| {
        let claim = |(name, status): &(String, ClaimStatus)| json!({ "name": name, "status": status.word() });
        json!({
            "name": system.name,
            "verified": system.is_verified(),
            "claims": system.claims.iter().map(claim).collect::<Vec<_>>(),
            "energy_order": system.energy_order,
            "faults": system.faults,
            "seconds": system.seconds,
        })
    };
    let plugin = |(place, plugin): &(String, Verification)| {
        json!({
            "name": plugin.plugin.name,
            "version": plugin.plugin.version.to_string(),
            "place": place,
            "verified": plugin.is_verified(),
            "faults": plugin.faults,
            "systems": plugin.systems.iter().map(system).collect::<Vec<_>>(),
        })
    };
    let plugins: Vec<Value> = checked.iter().map(plugin).collect();
    json!({ "format": 1, "verified": verified, "plugins": plugins, "unread": unread })
}
