//! `aatool reproduce`: does an analysis again from its file alone and says where the two differ.

use std::path::Path;
use std::sync::Arc;

use aa_dataset::Difference;
use aa_kernel::Isa;
use aa_plugin::{Registry, Reproduction};
use serde_json::json;

use crate::Ending;
use crate::cli::{self, Kind};
use crate::failure::Failure;
use crate::output::say;
use crate::progress::Bar;
use crate::systems;

/// Differences printed as text; JSON has all.
const SHOWN: usize = 40;

pub(crate) fn reproduce(registry: &Arc<Registry>, arguments: &cli::Reproduce) -> Result<Ending, Failure> {
    systems::use_threads(arguments.threads)?;
    let reproduction = Reproduction::open(&arguments.bundle)?;
    prepare(&reproduction);
    let bar = Arc::new(Bar::new());
    let differences = reproduction.run(registry, bar.clone());
    bar.clear();
    let differences = differences?;
    let text = match arguments.format.format {
        Kind::Json => document(&reproduction, &differences),
        Kind::Text => text(&arguments.bundle, &reproduction, &differences),
    };
    say(text.trim_end());
    Ok(if differences.is_empty() { Ending::AllMet } else { Ending::NotMet })
}

/// Forces the instruction set of the file, and says what cannot be as it was.
fn prepare(reproduction: &Reproduction) {
    match Isa::named(&reproduction.isa) {
        Ok(isa) => isa.force(),
        Err(error) => eprintln!("warning: {error}; results differ by roundings"),
    }
    if reproduction.aatool != env!("CARGO_PKG_VERSION") {
        eprintln!("warning: aatool {} made this file, and this is {}", reproduction.aatool, env!("CARGO_PKG_VERSION"));
    }
}

fn text(path: &Path, reproduction: &Reproduction, differences: &[Difference]) -> String {
    let (path, isa, n) = (path.display(), Isa::current().name(), reproduction.n_datasets());
    if differences.is_empty() {
        return format!("{path}: the same again to the last bit, {n} datasets, on {isa}");
    }
    let mut lines = vec![format!("{path}: differs in {} places (the file's, then now's), on {isa}", differences.len())];
    lines.extend(
        differences.iter().take(SHOWN).map(|difference| format!("  {}: {}", difference.place, difference.found)),
    );
    if differences.len() > SHOWN {
        lines.push(format!("  and {} more; --format json has all", differences.len() - SHOWN));
    }
    lines.join("\n")
}

fn document(reproduction: &Reproduction, differences: &[Difference]) -> String {
    let places = differences.iter().map(|difference| json!({ "place": difference.place, "found": difference.found }));
    let document = json!({
        "format": 1,
        "equal": differences.is_empty(),
        "datasets": reproduction.n_datasets(),
        "isa": { "recorded": reproduction.isa, "used": Isa::current().name() },
        "aatool": { "recorded": reproduction.aatool, "used": env!("CARGO_PKG_VERSION") },
        "differences": places.collect::<Vec<_>>(),
    });
    serde_json::to_string_pretty(&document).expect("texts and numbers alone")
}
