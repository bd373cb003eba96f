//! What measured orbits tell without a formula: conserved combinations, and a Hamiltonian fitted to them.

use aa_dynamics::Hamiltonian;
use aa_dynamics::from_data::{
    Combination, Conserved, ConservedOptions, Fit, FitOptions, FittedTerm, Noise, Samples, conserved_combinations,
    estimate_noise, fit_hamiltonian,
};
use serde_json::{Value, json};

use super::Instrument;
use super::options::{count, given};
use crate::document::finite;
use crate::study::{Options, Study, Subject};
use crate::{Artifact, Error};

pub(super) const CONSERVED_FROM_DATA: Instrument = Instrument {
    name: "conserved_from_data",
    about: "Measures which polynomials the study's data conserve, and fits a Hamiltonian with simple rational \
            coefficients, of which exact passes can then prove what holds.",
    needs: &[],
    options: &[
        ("degree", "largest degree of the combinations, by default 4, or less for many columns"),
        ("potential", "largest degree of the potential that is fitted, by default the same for its coordinates"),
        ("sigma", "standard deviation of the noise: \"auto\" estimates it, or one number, or one a column, q then p"),
    ],
    run,
};

/// What the data told.
pub struct FromData {
    /// Conserved combinations, measured.
    pub conserved: Conserved,
    /// The fit of a Hamiltonian.
    pub fit: Fit,
}

impl FromData {
    /// The subject with the fitted Hamiltonian, or with the reason why there is none.
    pub(crate) fn complete(&self, subject: &Subject) -> Subject {
        let mut subject = subject.clone();
        subject.hamiltonian = self.fit.hamiltonian.clone().map_err(|why| no_hamiltonian(&why));
        if let Ok(hamiltonian) = &subject.hamiltonian {
            subject.facts.hamiltonian = hamiltonian.energy().to_string();
            subject.facts.latex = hamiltonian.energy().to_latex();
        }
        subject
    }

    /// What a verdict has to say of it, one sentence each.
    pub(crate) fn sentences(&self) -> Vec<String> {
        let fitted = match &self.fit.hamiltonian {
            Ok(fitted) => format!(
                "what is proved here is proved for the fitted H = {}; that it is the Hamiltonian of the data is \
                 measured",
                fitted.energy()
            ),
            Err(why) => no_hamiltonian(why),
        };
        vec![fitted, self.count()]
    }

    fn count(&self) -> String {
        let degree = self.conserved.degree;
        let word = match self.conserved.independent() {
            1 => "1 independent combination is".to_string(),
            n => format!("{n} independent combinations are"),
        };
        let doubt = self.conserved.doubt.map(|doubt| format!(" ({doubt})")).unwrap_or_default();
        format!("{word} conserved along the orbits of the data up to degree {degree}, measured{doubt}")
    }

    /// What a person wants to hear first, one line each.
    fn said(&self) -> Vec<String> {
        let mut said = vec![self.count()];
        for found in &self.conserved.combinations {
            if let Some(formula) = &found.expression {
                let (state, bound) = (found.state.name(), found.bound());
                let name = short(formula);
                said.push(format!("measured: {name} is {state}; up to {bound:.1e} of its variance is within orbits"));
            }
        }
        match &self.fit.hamiltonian {
            Ok(fitted) => {
                said.push(format!("fitted H = {}", fitted.energy()));
                let kept = self.fit.terms.iter().filter(|term| term.snapped.as_ref().is_some_and(|c| !c.is_zero()));
                let table: Vec<String> = kept.map(coefficient).collect();
                said.push(format!("its coefficients, measured: {}", table.join(", ")));
            }
            Err(why) => said.push(no_hamiltonian(why)),
        }
        said
    }
}

/// A sum of monomials in a line or two; a longer one stands in the artifact.
fn short(formula: &str) -> String {
    const MOST_TERMS: usize = 12;
    match 1 + formula.matches(" + ").count() + formula.matches(" - ").count() {
        n if n > MOST_TERMS => format!("a combination of {n} terms"),
        _ => formula.to_string(),
    }
}

fn no_hamiltonian(why: &str) -> String {
    format!("no Hamiltonian p^2/(2m) + V(q) was fitted to the data: {why}")
}

fn coefficient(term: &FittedTerm) -> String {
    let exact = term.snapped.as_ref().map_or_else(|| "no fraction".to_string(), ToString::to_string);
    format!("{:.6} ± {:.1e} of {} taken as {exact}", term.value, term.error, term.term)
}

fn run(study: &Study, options: &Options) -> Result<Artifact, Error> {
    let none = || Error::NotApplicable("the study has no data: it is of a system".into());
    let measurement = study.subject.measurement.as_ref().ok_or_else(none)?;
    let samples = &measurement.samples;
    let mut search = ConservedOptions::affordable(samples);
    search.degree = degree(options, "degree")?.unwrap_or(search.degree);
    let mut fit = FitOptions::affordable(samples);
    fit.degree = degree(options, "potential")?.unwrap_or(fit.degree);
    let noise = noise(samples, options)?;
    let conserved = conserved_combinations(samples, &noise, &search)?;
    let fit = fit_hamiltonian(samples, &measurement.space, &noise, &fit)?;
    let found = FromData { conserved, fit };
    let said = found.said();
    Ok(Artifact::new(&describe(samples, &noise, &found), found)?.with("said", said))
}

fn degree(options: &Options, name: &str) -> Result<Option<u32>, Error> {
    // What is above any degree that can be searched is refused with the number of candidates.
    Ok(count(options, name)?.map(|degree| degree.min(100) as u32))
}

/// The noise as given: a number for all columns or one for each.
fn noise(samples: &Samples, options: &Options) -> Result<Noise, Error> {
    let Some(value) = given(options, "sigma") else { return Ok(estimate_noise(samples)?) };
    let wrong = || Error::BadOption {
        option: "sigma".into(),
        given: value.to_string(),
        expected: format!("a number from 0 on, or {} of them, or \"auto\"", samples.width()),
    };
    let sigma = match value {
        Value::Array(items) => items.iter().map(Value::as_f64).collect::<Option<Vec<f64>>>(),
        one => one.as_f64().map(|sigma| vec![sigma; samples.width()]),
    };
    let noise = Noise::given(sigma.ok_or_else(wrong)?);
    if noise.sigma.len() == samples.width() && noise.sigma.iter().all(|s| *s >= 0.0) { Ok(noise) } else { Err(wrong()) }
}

fn describe(samples: &Samples, noise: &Noise, found: &FromData) -> Value {
    let combination = |c: &Combination| {
        json!({
            "expression": c.expression, "degree": c.degree, "state": c.state.name(), "independent": c.independent,
            "lambda": finite(c.lambda), "error": finite(c.error),
        })
    };
    let term = |t: &FittedTerm| {
        json!({
            "term": t.term.to_string(), "value": finite(t.value), "error": finite(t.error),
            "taken_as": t.snapped.as_ref().map(ToString::to_string),
        })
    };
    let fit = &found.fit;
    json!({
        "certainty": "measured",
        "orbits": samples.n_orbits(),
        "times": samples.n_times(),
        "sigma": noise.sigma,
        "sigma_estimated": noise.estimated,
        "degree": found.conserved.degree,
        "candidates": found.conserved.basis,
        "independent": found.conserved.independent(),
        "doubt": found.conserved.doubt,
        "hamiltonian": {
            "fitted": fit.hamiltonian.as_ref().ok().map(|h: &Hamiltonian| h.energy().to_string()),
            "reason": fit.hamiltonian.as_ref().err(),
            "misfit": fit.misfit.and_then(|(misfit, _)| finite(misfit)),
            "misfit_error": fit.misfit.and_then(|(_, error)| finite(error)),
            "terms": fit.terms.iter().map(term).collect::<Vec<_>>(),
        },
        "combinations": found.conserved.combinations.iter().map(combination).collect::<Vec<_>>(),
    })
}
