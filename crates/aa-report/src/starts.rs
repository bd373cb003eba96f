//! Which orbit is which: passes list different orbits of one study, and a start tells them apart.

use aa_analysis::Document;

use crate::samples::Samples;

/// All orbits of a report by their starts, counted from 0.
#[derive(Clone, Debug, Default)]
pub(crate) struct Starts(Vec<Vec<f64>>);

/// What was taken out and put back again differs by roundings.
const SAME: f64 = 1e-9;

impl Starts {
    pub(crate) fn of(document: &Document, samples: &Samples) -> Starts {
        let mut starts = Starts::default();
        let chaos = document.chaos.iter().flat_map(|chaos| &chaos.orbit).map(|orbit| orbit.initial.as_slice());
        let sections = document.sections.iter().flat_map(|section| &section.orbits);
        let frequencies = document.frequencies.iter().flat_map(|frequencies| &frequencies.orbits);
        let width = samples.beginnings.width;
        let drawn = samples.beginnings.orbits.iter().filter_map(|orbit| orbit.get(..width));
        chaos.for_each(|start| starts.see(start));
        sections.for_each(|orbit| starts.see(&orbit.initial));
        frequencies.for_each(|orbit| starts.see(&orbit.initial));
        drawn.for_each(|start| starts.see(start));
        starts
    }

    fn see(&mut self, start: &[f64]) {
        if self.position(start).is_none() {
            self.0.push(start.to_vec());
        }
    }

    /// The number of the orbit that starts here.
    pub(crate) fn position(&self, start: &[f64]) -> Option<usize> {
        let size = start.iter().fold(0.0f64, |size, x| size.max(x.abs()));
        let same = |known: &Vec<f64>| {
            known.len() == start.len() && known.iter().zip(start).all(|(a, b)| (a - b).abs() <= SAME * size)
        };
        self.0.iter().position(same)
    }

    /// The starts in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[f64]> {
        self.0.iter().map(Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roundings_make_no_new_orbit() {
        let mut starts = Starts::default();
        [[0.1, 0.2], [0.1 + 1e-14, 0.2], [0.1, 0.3]].iter().for_each(|start| starts.see(start));
        assert_eq!(
            (starts.iter().count(), starts.position(&[0.1, 0.3]), starts.position(&[0.4, 0.3])),
            (2, Some(1), None)
        );
    }
}
