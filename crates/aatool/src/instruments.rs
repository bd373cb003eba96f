//! `aatool instruments`: the functions that pass scripts call.

use aa_analysis::instruments::{ALL, Instrument};

use crate::Ending;
use crate::failure::Failure;
use crate::output::tell;

pub(crate) fn instruments(name: Option<&str>) -> Result<Ending, Failure> {
    match name {
        None => ALL.iter().for_each(|instrument| tell!("{:22} {}", instrument.name, instrument.about)),
        Some(name) => explain(find(name)?),
    }
    Ok(Ending::AllMet)
}

fn find(name: &str) -> Result<&'static Instrument, Failure> {
    let names: Vec<&str> = ALL.iter().map(|instrument| instrument.name).collect();
    let found = ALL.iter().find(|instrument| instrument.name == name).copied();
    found.ok_or_else(|| {
        Failure::usage(format!("there is no instrument `{name}`"), format!("there are {}", names.join(", ")))
    })
}

fn explain(instrument: &Instrument) {
    tell!("{}(study, options)\n\n{}", instrument.name, instrument.about);
    if !instrument.needs.is_empty() {
        tell!("\nneeds {}", instrument.needs.join(", "));
    }
    if !instrument.options.is_empty() {
        tell!("\noptions");
    }
    for (option, meaning) in instrument.options {
        tell!("  {option:14} {meaning}");
    }
}
