//! The verdict from all that is known.

use super::{FromData, Instrument, Orbits};
use crate::graph::DATA;
use crate::study::{Options, Study};
use crate::verdict::{Evidence, weigh};
use crate::{Artifact, Error};
use serde::de::DeserializeOwned;

pub(super) const WEIGH: Instrument = Instrument {
    name: "weigh",
    about: "Weighs all evidence that is there: what is proved goes before what is measured.",
    needs: &[],
    options: &[],
    run,
};

fn run(study: &Study, _: &Options) -> Result<Artifact, Error> {
    let data = study.payload::<FromData>("weigh", DATA).ok();
    let evidence = Evidence {
        dof: study.subject.facts.dof,
        data: data.map(FromData::sentences).unwrap_or_default(),
        integrals: known(study, "integrals"),
        obstruction: study.artifacts.get("obstruction").and_then(|a| Some(a.value.get("statement")?.as_str()?.into())),
        chaos: known(study, "chaos"),
        motion: study.payload::<Orbits>("weigh", "trajectories").ok().map(|orbits| orbits.motion.clone()),
    };
    Artifact::new(&weigh(&evidence), evidence)
}

fn known<T: DeserializeOwned>(study: &Study, kind: &str) -> Option<T> {
    serde_json::from_value(study.artifacts.get(kind)?.value.clone()).ok()
}
