//! Instruments: the native work that pass scripts call.
//!
//! An instrument takes a study and options and gives one artifact. What to run, how far, and what it means is the
//! pass's business.

mod chaos;
mod closed_forms;
mod compare;
mod ebk;
mod frequencies;
mod frequency_map;
mod from_data;
mod integrals;
mod kam;
mod learn;
mod learn_family;
mod learn_from_data;
mod learned_map;
mod normal_form;
mod obstruction;
mod options;
mod section;
mod trajectories;
mod weigh;
mod zero_one;

pub use aa_learn::Precision;
pub use chaos::Labels;
pub use compare::Comparison;
pub use frequency_map::FrequencyMap;
pub use from_data::FromData;
pub use integrals::{ExactIntegrals, linear_momenta};
pub use learn_family::{FamilyMember, Judged, LearnedFamily, learn_family};
pub use learned_map::{EnergyConstant, LearnedMap, OUTSIDE, Phase, Prediction};
pub use section::SectionPoints;
pub use trajectories::Orbits;

use crate::study::{Options, Study};
use crate::{Artifact, Error};

/// A native function that pass scripts call.
pub struct Instrument {
    /// Its name in scripts.
    pub name: &'static str,
    /// One sentence on what it does.
    pub about: &'static str,
    /// Kinds of artifacts that must be there.
    pub needs: &'static [&'static str],
    /// Its options: name and meaning.
    pub options: &'static [(&'static str, &'static str)],
    /// Does the work.
    pub run: fn(&Study, &Options) -> Result<Artifact, Error>,
}

/// Every instrument, by name.
pub const ALL: [&Instrument; 18] = [
    &chaos::ALIGNMENT,
    &compare::COMPARE_FREQUENCIES,
    &from_data::CONSERVED_FROM_DATA,
    &ebk::EBK_LEVELS,
    &integrals::FIND_INTEGRALS,
    &obstruction::FIND_OBSTRUCTION,
    &frequency_map::FREQUENCY_MAP,
    &kam::KAM,
    &obstruction::KOVALEVSKAYA,
    &learn::LEARN,
    &learn_from_data::LEARN_FROM_DATA,
    &frequencies::NAFF,
    &normal_form::NORMAL_FORM,
    &section::SECTION,
    &trajectories::SIMULATE,
    &integrals::VERIFY_CLAIMS,
    &weigh::WEIGH,
    &zero_one::ZERO_ONE,
];

#[cfg(test)]
mod tests {
    #[test]
    fn instruments_are_in_order_of_their_names() {
        assert!(super::ALL.windows(2).all(|pair| pair[0].name < pair[1].name));
    }
}
