//! Words for what was measured, and the rule that chooses them.

use crate::Outcome;

/// What one orbit looks like, up to the time it was followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrbitState {
    /// The alignment index fell exponentially below the threshold and the Lyapunov exponent is above its floor.
    Chaotic,
    /// The index stayed, or fell like a power of time; or there is one degree of freedom.
    Regular,
    /// The index crossed the threshold, but the exponent is not above its floor: regular for long, then unstable.
    Sticky,
    /// The index was falling exponentially, but had not crossed the threshold when the time was over.
    Undecided,
    /// The orbit left, or could not be followed.
    Escaped,
}

/// What a set of orbits looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegionLabel {
    /// Regular orbits and no chaotic one.
    Regular,
    /// Both.
    Mixed,
    /// Chaotic orbits and no regular one.
    Chaotic,
}

impl OrbitState {
    /// Its name in documents.
    pub fn name(self) -> &'static str {
        match self {
            OrbitState::Chaotic => "chaotic",
            OrbitState::Regular => "regular",
            OrbitState::Sticky => "sticky",
            OrbitState::Undecided => "undecided",
            OrbitState::Escaped => "escaped",
        }
    }
}

impl RegionLabel {
    /// The label of so many chaotic and regular orbits.
    pub fn of_counts(n_chaotic: usize, n_regular: usize) -> Option<RegionLabel> {
        match (n_chaotic, n_regular) {
            (0, 0) => None,
            (0, _) => Some(RegionLabel::Regular),
            (_, 0) => Some(RegionLabel::Chaotic),
            _ => Some(RegionLabel::Mixed),
        }
    }

    /// Its name in documents.
    pub fn name(self) -> &'static str {
        match self {
            RegionLabel::Regular => "regular",
            RegionLabel::Mixed => "mixed",
            RegionLabel::Chaotic => "chaotic",
        }
    }
}

/// What the label of an orbit follows from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Evidence {
    pub(super) outcome: Outcome,
    pub(super) dof: usize,
    /// Whether the index crossed the threshold.
    pub(super) has_crossed: bool,
    /// Whether its fall is better described as exponential than as a power of time.
    pub(super) is_exponential: bool,
    /// Whether the index is below the square root of the threshold, half of the way on a logarithmic scale.
    pub(super) is_half_way: bool,
    /// Whether the exponent is above its floor.
    pub(super) is_unstable: bool,
}

impl Evidence {
    pub(super) fn label(self) -> OrbitState {
        if !self.outcome.is_finished() {
            return OrbitState::Escaped;
        }
        match (self.dof > 1 && self.is_exponential, self.has_crossed, self.is_unstable) {
            (false, ..) => OrbitState::Regular,
            (true, true, true) => OrbitState::Chaotic,
            (true, true, false) => OrbitState::Sticky,
            (true, false, _) if self.is_half_way => OrbitState::Undecided,
            (true, false, _) => OrbitState::Regular,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHAOTIC: Evidence = Evidence {
        outcome: Outcome::Finished,
        dof: 2,
        has_crossed: true,
        is_exponential: true,
        is_half_way: true,
        is_unstable: true,
    };

    #[test]
    fn chaos_needs_every_witness() {
        let cases = [
            (CHAOTIC, OrbitState::Chaotic),
            (Evidence { dof: 1, ..CHAOTIC }, OrbitState::Regular),
            (Evidence { is_exponential: false, ..CHAOTIC }, OrbitState::Regular),
            (Evidence { is_unstable: false, ..CHAOTIC }, OrbitState::Sticky),
            (Evidence { has_crossed: false, ..CHAOTIC }, OrbitState::Undecided),
            (Evidence { has_crossed: false, is_half_way: false, ..CHAOTIC }, OrbitState::Regular),
            (Evidence { outcome: Outcome::Escaped { t: 1.0 }, ..CHAOTIC }, OrbitState::Escaped),
        ];
        for (evidence, expected) in cases {
            assert_eq!(evidence.label(), expected, "{evidence:?}");
        }
    }
}
