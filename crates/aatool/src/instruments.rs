//! `aatool instruments`: the functions that pass scripts call.

use aa_analysis::Pass;
use aa_analysis::instruments::{ALL, Instrument};
use aa_plugin::{Registry, ScriptPass, SearchPath, Source};

use crate::Ending;
use crate::failure::Failure;
use crate::output::tell;

pub(crate) fn instruments(name: Option<&str>) -> Result<Ending, Failure> {
    match name {
        None => ALL.iter().for_each(|instrument| tell!("{:22} {}", instrument.name, instrument.about)),
        Some(name) => explain(find(name)?)?,
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

fn explain(instrument: &Instrument) -> Result<(), Failure> {
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
    for source in examples(instrument)? {
        let gives = ScriptPass::load(&source)?.gives().join(", ");
        tell!("\nresult: an artifact, which a pass gives on; in this one, {}, as {gives}\n", source.path);
        source.text.lines().for_each(|line| tell!("  {line}"));
    }
    Ok(())
}

/// The bundled passes that call it.
fn examples(instrument: &Instrument) -> Result<Vec<Source>, Failure> {
    let bundled = Registry::open(&SearchPath::bundled_only())?;
    let call = format!("{}(", instrument.name);
    let calls = |source: &Source| {
        let is_whole = |at: usize| !source.text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        source.text.match_indices(&call).any(|(at, _)| is_whole(at))
    };
    let plugins = bundled.plugins();
    let passes = plugins.iter().flat_map(|plugin| plugin.manifest.passes.iter().map(|name| plugin.pass(name)));
    let mut sources: Vec<Source> = passes.collect::<Result<_, _>>()?;
    sources.retain(calls);
    Ok(sources)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_instrument_has_an_example() {
        for instrument in ALL {
            assert!(!examples(instrument).unwrap().is_empty(), "{}", instrument.name);
        }
    }
}
