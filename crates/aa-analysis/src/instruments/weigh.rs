//! The verdict from all that is known.

use super::{FromData, Instrument, Orbits};
use crate::graph::DATA;
use crate::study::{Options, Study};
use crate::verdict::{Evidence, Motion, weigh};
use crate::{Artifact, Error};
use serde::de::DeserializeOwned;
use serde_json::Value;

pub(super) const WEIGH: Instrument = Instrument {
    name: "weigh",
    about: "Weighs all evidence that is there: what is proved goes before what is measured.",
    needs: &[],
    options: &[],
    run,
};

fn run(study: &Study, _: &Options) -> Result<Artifact, Error> {
    let data = study.payload::<FromData>("weigh", DATA).ok();
    let facts = &study.subject.facts;
    let evidence = Evidence {
        dof: facts.dof,
        dimension: facts.dimension(),
        data: data.map(FromData::sentences).unwrap_or_default(),
        symbolic: study.subject.exact.iter().flat_map(|h| h.constants()).map(|c| c.to_string()).collect(),
        integrals: known(study, "integrals"),
        obstructions: study.artifacts.get("obstruction").map(|a| statements(&a.value)).unwrap_or_default(),
        chaos: known(study, "chaos"),
        motion: motion(study),
    };
    Artifact::new(&weigh(&evidence), evidence)
}

/// What the obstruction says, and the others beside it.
fn statements(obstruction: &Value) -> Vec<String> {
    let also = obstruction["also"].as_array().into_iter().flatten();
    let statement = |one: &Value| one["statement"].as_str().map(str::to_string);
    std::iter::once(obstruction).chain(also).filter_map(statement).collect()
}

fn motion(study: &Study) -> Option<Motion> {
    study.artifacts.get("trajectories")?.payload::<Orbits>().map(|orbits| orbits.motion.clone())
}

fn known<T: DeserializeOwned>(study: &Study, kind: &str) -> Option<T> {
    serde_json::from_value(study.artifacts.get(kind)?.value.clone()).ok()
}
