//! The Birkhoff normal form at an equilibrium.

use aa_dynamics::Error as Refusal;
use aa_dynamics::normal_form::{Formula, NormalFormOptions, n_monomials, normal_form};

use super::Instrument;
use super::options::{Budget, count};
use crate::document::{NearResonance, NormalForm, Region, ResonantTerms, finite};
use crate::study::{Options, Profile, Study};
use crate::{Artifact, Error};

pub(super) const NORMAL_FORM: Instrument = Instrument {
    name: "normal_form",
    about: "Birkhoff normal form at an elliptic equilibrium: the energy as a function of formal actions, resonant \
            terms, and the region where it may be used.",
    needs: &[],
    options: &[("order", "highest degree in coordinates and momenta; 4 gives squares of actions")],
    run,
};

fn run(study: &Study, options: &Options) -> Result<Artifact, Error> {
    let stop = || study.watch.stop();
    study.hamiltonian_of_numbers()?;
    let system = study.canonical_hamiltonian()?;
    let order = count(options, "order")?.unwrap_or_else(|| affordable(system.dof(), study.profile));
    let form = normal_form(system, &NormalFormOptions { order, stop: Some(&stop) }).map_err(refused)?;
    Artifact::new(&describe(&form), form)
}

/// Monomials of a normal form that takes a fraction of a second: order 4 with eight degrees of freedom, 10 with three.
const AFFORDABLE: f64 = 20_000.0;

/// The order that the profile gives, lower where there are many degrees of freedom.
fn affordable(dof: usize, profile: Profile) -> usize {
    let wanted = Budget(4, 6, 10).of(profile);
    (2..=wanted).rev().find(|order| n_monomials(dof, *order) <= AFFORDABLE).unwrap_or(2)
}

/// That a system has no elliptic equilibrium is no failure.
fn refused(refusal: Refusal) -> Error {
    let reason = match refusal {
        Refusal::NoEquilibrium => "no equilibrium was found: there is nothing to expand the energy around".into(),
        Refusal::Hyperbolic { .. } | Refusal::DegenerateEquilibrium { .. } | Refusal::NotAnalytic => {
            refusal.to_string()
        }
        other => return other.into(),
    };
    Error::NotApplicable(reason)
}

fn describe(form: &aa_dynamics::NormalForm) -> NormalForm {
    let near =
        |near: &aa_dynamics::normal_form::NearResonance| NearResonance { k: whole(&near.k), divisor: near.divisor };
    let Formula { terms, .. } = &form.resonant;
    NormalForm {
        equilibrium: form.equilibrium.clone(),
        order: form.order,
        exact: form.exact,
        frequencies: form.frequencies.clone(),
        resonances: form.resonances.iter().map(|k| whole(k)).collect(),
        hamiltonian_of_actions: form.hamiltonian.script(),
        latex: form.hamiltonian.latex(),
        resonant_terms: ResonantTerms { count: terms.len(), expression: form.resonant.script() },
        near_resonances: form.near_resonances.iter().map(near).collect(),
        region: Region {
            action: finite(form.region.action),
            energy: form.region.energy.and_then(finite),
            tolerance: form.region.tolerance,
            how: form.region.how.clone(),
        },
    }
}

fn whole(k: &[i32]) -> Vec<i64> {
    k.iter().map(|k| i64::from(*k)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Subject;
    use aa_dynamics::{Hamiltonian, InitialRequest, PhaseSpace};
    use aa_symbolic::Expr;

    fn study(space: PhaseSpace, energy: Expr, profile: Profile) -> Study {
        let hamiltonian = Hamiltonian::new(energy, space).unwrap();
        let (facts, initial) = (crate::document::System::default(), InitialRequest::new(1, 1));
        let claims = Vec::new();
        let hamiltonian = Ok(hamiltonian);
        let subject = Subject { facts, hamiltonian, exact: None, measurement: None, claims, initial, orbits: None };
        Study::new(subject, 1, profile)
    }

    fn chain(n: usize, profile: Profile) -> Study {
        let space = PhaseSpace::numbered(n);
        let pair = |i: usize| (space.p(i).powi(2) + space.q(i).powi(2)) / 2;
        let energy = (0..n).map(pair).sum();
        study(space, energy, profile)
    }

    #[test]
    fn many_degrees_of_freedom_lower_the_order() {
        let orders = |n| [Profile::Quick, Profile::Standard, Profile::Deep].map(|profile| affordable(n, profile));
        assert_eq!([2, 4, 8].map(orders), [[4, 6, 10], [4, 6, 8], [4, 4, 4]]);
    }

    #[test]
    fn the_document_says_what_the_normal_form_is() {
        let artifact = run(&chain(2, Profile::Quick), &Options::new()).unwrap();
        assert_eq!(artifact.value["hamiltonian_of_actions"], "I1 + I2");
        assert_eq!(artifact.value["region"]["action"], serde_json::Value::Null);
        assert!(artifact.payload::<aa_dynamics::NormalForm>().is_some());
    }

    #[test]
    fn a_saddle_is_no_failure() {
        let space = PhaseSpace::lines(["x"]);
        let energy = space.p(0).powi(2) / 2 - space.q(0).powi(2) / 2;
        let refusal = run(&study(space, energy, Profile::Quick), &Options::new());
        assert!(matches!(refusal, Err(Error::NotApplicable(reason)) if reason.contains("elliptic")));
    }
}
