//! What a batch is to do, in RON.
//!
//! A plan is a list of sweeps; a sweep is every combination of its systems, parameters, starts, options and seeds:
//!
//! ```ron
//! (
//!     format: 1,
//!     about: "Henon and Heiles, from order to chaos",
//!     sweeps: [(
//!         systems: ["henon_heiles"],            // "lattices/*" and "*" are all of a plugin and all there are
//!         over: {"C": [1, "-1:0:1/4"]},         // parameters: a value, lo:hi:step, or a list of them
//!         energies: "1/24:1/6:1/24",            // "0.1:0.2" is one task with energies in between
//!         orbits: 50, sampling: "microcanonical",
//!         options: {"chaos.t": [1000, 10000]},  // as --pass takes them
//!         seeds: [0, 1, 2],
//!         profile: "quick", passes: ["chaos"],
//!     )],
//! )
//! ```
//!
//! In place of energies, `points: [[q1, .., p1, ..], ..]` gives every task one start; with or without energies,
//! `boxes: [[(lo, hi), ..], ..]` the box that starts are drawn in.

use std::collections::BTreeMap;

use aa_analysis::Profile;
use aa_dynamics::Sampling;
use aa_plugin::{Code, Error, Place, ron_fault};
use ron::extensions::Extensions;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::values::Values;

/// The newest format of plans that this version reads.
const FORMAT: u32 = 1;

/// What a batch is to do.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What it is for.
    pub about: String,
    /// Its parts.
    pub sweeps: Vec<Sweep>,
    path: String,
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename = "Plan")]
struct Written {
    format: u32,
    #[serde(default)]
    about: String,
    sweeps: Vec<Sweep>,
}

/// Every combination of systems, parameters, starts, options and seeds.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sweep {
    /// Systems by name or path; `plugin/*` is all of a plugin, `*` all there are.
    pub systems: Vec<String>,
    /// Values of parameters.
    #[serde(default)]
    pub over: BTreeMap<String, Values>,
    /// Energies, or bands `lo:hi` of them.
    #[serde(default)]
    pub energies: Values,
    /// Number of orbits of a task.
    #[serde(default)]
    pub orbits: Option<usize>,
    /// Starts, q then p, one for a task.
    #[serde(default)]
    pub points: Vec<Vec<f64>>,
    /// Boxes that starts are drawn in, q then p, one for a task.
    #[serde(default)]
    pub boxes: Vec<Vec<(f64, f64)>>,
    /// How starts of an energy are drawn.
    #[serde(default, deserialize_with = "sampling")]
    pub sampling: Sampling,
    /// Options of passes, `pass.option`.
    #[serde(default)]
    pub options: BTreeMap<String, Values>,
    /// Seeds; 0 where there are none.
    #[serde(default)]
    pub seeds: Values,
    /// How much work to spend on a task.
    #[serde(default, deserialize_with = "profile")]
    pub profile: Profile,
    /// The passes to run; all where it is left out.
    #[serde(default)]
    pub passes: Option<Vec<String>>,
}

fn profile<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Profile, D::Error> {
    let name = String::deserialize(deserializer)?;
    let all = [Profile::Quick, Profile::Standard, Profile::Deep];
    let found = all.into_iter().find(|profile| profile.name() == name);
    found.ok_or_else(|| D::Error::custom(format!("there is no profile `{name}`: expected quick, standard or deep")))
}

fn sampling<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Sampling, D::Error> {
    match String::deserialize(deserializer)?.as_str() {
        "directions" => Ok(Sampling::Directions),
        "microcanonical" => Ok(Sampling::Microcanonical),
        other => Err(D::Error::custom(format!("no sampling is `{other}`: expected directions or microcanonical"))),
    }
}

impl Plan {
    /// Reads a plan; `path` is for messages.
    ///
    /// # Errors
    /// Not RON, unknown or missing keys, ranges that make no sense, a newer format; each with its place.
    pub fn parse(path: &str, text: &str) -> Result<Plan, Error> {
        let options = ron::Options::default().with_default_extension(Extensions::IMPLICIT_SOME);
        let written: Written =
            options.from_str(text).map_err(|error| ron_fault("the plan", path, text, &error).coded(Code::Plan))?;
        let plan = Plan { about: written.about, sweeps: written.sweeps, path: path.into(), text: text.into() };
        match written.format {
            FORMAT => Ok(plan),
            other => {
                Err(plan.fault(&["format"], format!("the plan has format {other}, and this aatool reads {FORMAT}")))
            }
        }
    }

    /// A fault of the plan, placed at the first of some words that it holds.
    pub(crate) fn fault(&self, words: &[&str], message: String) -> Error {
        fault(self.place(words), message, None)
    }

    /// An error about what the plan names, as one of the plan; those that have a place in a script keep it.
    pub(crate) fn blame(&self, error: Error, system: &str) -> Error {
        if error.place().is_some() {
            return error;
        }
        let message = error.to_string();
        let quoted = message.split('`').skip(1).step_by(2);
        let words: Vec<&str> = quoted.chain([system]).collect();
        fault(self.place(&words), message.clone(), error.hint())
    }

    fn place(&self, words: &[&str]) -> Place {
        // A word in quotes first: a short name may stand inside another.
        let find = |word: &&str| self.text.find(&format!("\"{word}\"")).or_else(|| self.text.find(*word));
        let at = words.iter().find_map(find).unwrap_or(0);
        let before = &self.text[..at];
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        let column = before[line_start..].chars().count() + 1;
        Place::new(&self.path, &self.text, before.matches('\n').count() + 1, column)
    }
}

fn fault(place: Place, message: String, hint: Option<String>) -> Error {
    Error::Script { place: Box::new(place), message, hint, code: Code::Plan }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> (String, String) {
        let error = Plan::parse("plan.ron", text).unwrap_err();
        assert_eq!(error.exit_code(), 65);
        (error.place().unwrap().to_string(), format!("{error}; {}", error.hint().unwrap_or_default()))
    }

    #[test]
    fn unknown_keys_are_refused_with_place_and_hint() {
        let (place, says) = refusal("(format: 1,\n sweeps: [(\n  systems: [\"toda\"], energy: 1)])");
        assert!(place.starts_with("plan.ron:3:"), "{place}");
        assert!(says.contains("energy") && says.contains("energies, orbits"), "{says}");
        let (_, says) = refusal("(format: 1, sweep: [])");
        assert!(
            says.contains("a plan has no `sweep`; did you mean `sweeps`? known are format, about, sweeps"),
            "{says}"
        );
    }

    #[test]
    fn wrong_words_and_formats_are_refused() {
        let sweep = |inside: &str| refusal(&format!("(format: 1, sweeps: [(systems: [\"toda\"], {inside})])")).1;
        assert!(sweep("profile: \"fast\"").contains("expected quick, standard or deep"));
        assert!(sweep("sampling: \"even\"").contains("microcanonical"));
        assert!(sweep("energies: \"0:1:0.3\"").contains("let it end at 9/10"));
        assert!(sweep("over: {\"n\": []}").contains("not empty"));
        assert!(refusal("(format: 2, sweeps: [])").1.contains("format 2"));
        assert!(refusal("(format: 1, sweeps: [").1.contains("the plan is wrong"));
    }
}
