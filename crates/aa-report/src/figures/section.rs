//! The Poincare section.

use aa_analysis::Document;
use aa_analysis::document::{SectionOrbit, Sections};

use super::chaos::STATES;
use crate::plot::{Axis, Mark, Plot, Series};
use crate::samples::Samples;
use crate::starts::Starts;

/// The page has no more points than this; the bundle has all.
const MOST: usize = 200_000;

/// The first two coordinates of the section, by what the orbit does where that is known.
pub(super) fn section(document: &Document, samples: &Samples, starts: &Starts) -> Option<Plot> {
    let sections = document.sections.as_ref()?;
    let [x, y, ..] = sections.axes.as_slice() else { return None };
    let labelled = document.chaos.iter().flat_map(|chaos| &chaos.orbit);
    let labelled = starts.numbered(labelled, |orbit| Some(&orbit.initial));
    let state = |orbit: &SectionOrbit| Some(labelled.get(&starts.position(&orbit.initial)?)?.1.state.as_str());
    let all: usize = sections.orbits.iter().map(|orbit| orbit.count).sum();
    let points = points(sections, samples);
    let series = |label: Option<&str>| {
        let class = label.unwrap_or("measured");
        let mut series = Series { label: label.map(str::to_string), ..Series::named("", class, Mark::Point, vec![]) };
        let orbits = sections.orbits.iter().zip(&points).enumerate();
        for (index, (orbit, points)) in orbits.filter(|(_, (orbit, _))| state(orbit) == label) {
            series.points.extend(points);
            let number = starts.position(&orbit.initial).unwrap_or(index);
            series.orbits.resize(series.points.len(), number as u32);
        }
        series
    };
    let labels = STATES.iter().map(|(state, _)| Some(*state)).chain([None]);
    let shown: usize = points.iter().map(Vec::len).sum();
    let left_out = if shown < all { format!(", {shown} of {all} points") } else { format!(", {all} points") };
    Some(Plot {
        id: "section".to_string(),
        title: format!("Section at {} (measured)", sections.at),
        description: format!("{y} against {x} where {} orbits pass{left_out}.", sections.orbits.len()),
        x: Axis::linear(x),
        y: Axis::linear(y),
        equal: false,
        series: labels.map(series).filter(|series| !series.points.is_empty()).collect(),
    })
}

/// The points of each orbit on the axes: all where the samples have them, the document's first otherwise.
fn points(sections: &Sections, samples: &Samples) -> Vec<Vec<[f64; 2]>> {
    let crossings = &samples.crossings;
    let place = |axis: usize| crossings.names.iter().position(|name| *name == sections.axes[axis]);
    if let (Some(x), Some(y)) = (place(0), place(1))
        && crossings.orbits.len() == sections.orbits.len()
    {
        let each = MOST / crossings.orbits.len().max(1);
        let rows = |orbit: &Vec<f64>| {
            orbit.chunks_exact(crossings.names.len()).take(each).map(|row| [row[x], row[y]]).collect()
        };
        return crossings.orbits.iter().map(rows).collect();
    }
    let first = |orbit: &SectionOrbit| {
        orbit.points.iter().filter_map(|point| Some([*point.first()?, *point.get(1)?])).collect()
    };
    sections.orbits.iter().map(first).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::Crossings;
    use aa_analysis::document::{Chaos, ChaosOrbit};

    #[test]
    fn points_of_a_section_are_coloured_by_what_their_orbit_does_and_know_their_orbit() {
        let orbit =
            |y: f64| SectionOrbit { initial: vec![y], points: vec![vec![y, 0.0]; 3], ..SectionOrbit::default() };
        let axes = vec!["y".to_string(), "py".to_string()];
        let sections = Sections { axes, orbits: vec![orbit(0.1), orbit(0.2)], ..Sections::default() };
        let labelled = ChaosOrbit { initial: vec![0.2], state: "chaotic".into(), ..ChaosOrbit::default() };
        let chaos = Chaos { orbit: vec![labelled], ..Chaos::default() };
        let mut samples = Samples::default();
        let classes = |chaos: Option<&Chaos>, samples: &Samples| -> Vec<(String, usize, u32)> {
            let document = Document { sections: Some(sections.clone()), chaos: chaos.cloned(), ..Document::default() };
            let plot = section(&document, samples, &Starts::of(&document, samples)).unwrap();
            plot.series.iter().map(|series| (series.class.clone(), series.points.len(), series.orbits[0])).collect()
        };
        // The chaotic orbit comes first in the document's chaos, so it has number 0.
        let expected = [("chaotic".to_string(), 3, 0), ("measured".to_string(), 3, 1)];
        assert_eq!(classes(Some(&chaos), &samples), expected);
        assert_eq!(classes(None, &samples), [("measured".to_string(), 6, 0)]);
        let names = ["x", "y", "px", "py"].map(String::from).to_vec();
        samples.crossings = Crossings { names, orbits: vec![vec![0.0; 20], vec![0.0; 8]] };
        assert_eq!(classes(None, &samples), [("measured".to_string(), 7, 0)]);
    }
}
