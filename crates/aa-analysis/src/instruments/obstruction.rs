//! Exact reasons against integrability.

use aa_dynamics::obstruction::{NaturalSystem, find_obstructions, kovalevskaya_exponents};
use serde_json::{Value, json};

use super::Instrument;
use crate::study::{Options, Study};
use crate::{Artifact, Error};

pub(super) const FIND_OBSTRUCTION: Instrument = Instrument {
    name: "find_obstruction",
    about: "Looks for proofs, in exact arithmetic, that there is no further integral: Darboux points and the table of \
            Morales-Ruiz and Ramis, then normal variational equations along invariant planes. Null where neither speaks.",
    needs: &[],
    options: &[],
    run: find,
};

pub(super) const KOVALEVSKAYA: Instrument = Instrument {
    name: "kovalevskaya",
    about: "Kovalevskaya exponents of the leading part of the potential: an indication, not a proof.",
    needs: &[],
    options: &[],
    run: exponents,
};

fn natural(study: &Study) -> Result<NaturalSystem, Error> {
    let refused = || {
        let reason = "obstructions are sought where H = p.K p/2 + V(q) with constant rational K and polynomial V";
        Error::NotApplicable(reason.into())
    };
    NaturalSystem::new(study.hamiltonian_of_numbers()?).ok_or_else(refused)
}

fn find(study: &Study, _: &Options) -> Result<Artifact, Error> {
    let mut found = find_obstructions(&natural(study)?).into_iter().map(|obstruction| {
        json!({
            "kind": obstruction.kind, "excluded_class": obstruction.excluded.name(), "statement": obstruction.statement,
            "point": obstruction.point, "multipliers": obstruction.multipliers, "admissible": obstruction.admissible,
        })
    });
    let Some(mut first) = found.next() else { return Ok(Artifact::plain(Value::Null)) };
    first["also"] = found.collect();
    Ok(Artifact::plain(first))
}

fn exponents(study: &Study, _: &Options) -> Result<Artifact, Error> {
    let balances = kovalevskaya_exponents(&natural(study)?).into_iter().map(|balance| {
        json!({
            "leading": balance.leading, "exponents": balance.exponents, "all_rational": balance.all_rational,
            "weights": balance.weights.iter().map(|w| w.to_string()).collect::<Vec<_>>(),
        })
    });
    let balances: Vec<Value> = balances.collect();
    Ok(Artifact::plain(json!({ "certainty": "an indication, not a proof", "balances": balances })))
}
