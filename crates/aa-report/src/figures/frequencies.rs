//! Frequencies of the orbits: measured, learned, and how they differ.

use std::collections::BTreeMap;

use aa_analysis::Document;
use aa_analysis::document::{Frequencies, FrequencyOrbit, Kam};

use super::decades::{Coloured, by_decades};
use super::diffusion::{axes, diffusion, drawn, place, within};
use super::frame::Frame;
use crate::plot::{Axis, Mark, Plot, Series};
use crate::starts::Starts;
use crate::words::{difference, reordered, reordered_combination};

pub(super) fn frequencies(document: &Document, starts: &Starts) -> Vec<Plot> {
    let mut plots = Vec::new();
    if let Some(frequencies) = &document.frequencies {
        let orbits = Orbits { frequencies, kam: document.kam.as_ref(), starts };
        match orbits.n() {
            0 => {}
            1 => plots.extend(orbits.of_one()),
            _ => plots.extend([orbits.map(), orbits.difference_map()].into_iter().flatten()),
        }
    }
    plots.extend(diffusion(document));
    plots.extend(document.kam.as_ref().map(|kam| resonance_distance(kam, starts)));
    plots
}

/// Orbits nearer to a resonance than this, by the sine of the angle to it, have its line drawn.
const NEAR: f64 = 1e-4;

/// The orbits with frequencies.
struct Orbits<'a> {
    frequencies: &'a Frequencies,
    kam: Option<&'a Kam>,
    starts: &'a Starts,
}

impl Orbits<'_> {
    /// How many frequencies an orbit has.
    fn n(&self) -> usize {
        self.frequencies.orbits.iter().filter_map(|orbit| Some(orbit.measured.as_ref()?.len())).max().unwrap_or(0)
    }

    /// Measured frequencies, in the learned order where there is one.
    fn measured(&self, orbit: &FrequencyOrbit) -> Option<Vec<f64>> {
        Some(reordered(self.frequencies.agreement.as_ref(), orbit.measured.as_ref()?))
    }

    fn number(&self, orbit: &FrequencyOrbit) -> Option<u32> {
        self.starts.position(&orbit.initial).map(|number| number as u32)
    }

    /// Every orbit that has this number, at its frequencies.
    fn coloured(&self, value: impl Fn(&FrequencyOrbit) -> Option<f64>) -> Vec<Coloured> {
        let coloured = |orbit: &FrequencyOrbit| {
            Some(Coloured { value: value(orbit)?, at: place(&self.measured(orbit)?)?, orbit: self.number(orbit) })
        };
        self.frequencies.orbits.iter().filter_map(coloured).collect()
    }

    /// Where measured frequencies are, by how far they move.
    fn map(&self) -> Option<Plot> {
        let places = self.coloured(|orbit| orbit.diffusion);
        let at: Vec<[f64; 2]> = places.iter().map(|place| place.at).collect();
        let frame = Frame::of(&at)?.shrunk(&at);
        let (inside, outside) = within(&frame, &places);
        let mut series = by_decades("diffusion", &inside);
        let lines = drawn(self.resonances(), &frame);
        let dashed = match lines.is_empty() {
            true => String::new(),
            false => format!(" Dashed: resonances k.ω = 0 within {NEAR:e} of which orbits are, with k."),
        };
        series.extend(lines);
        let [x, y] = axes(self.n());
        Some(Plot {
            id: "frequency-map".to_string(),
            title: "Frequency map (measured)".to_string(),
            description: format!(
                "Frequencies of {} orbits, by frequency diffusion: their relative change between the two halves of the \
                 orbit{outside}.{dashed}",
                places.len()
            ),
            x,
            y,
            equal: false,
            series,
        })
    }

    /// The same, by how far learned frequencies are from measured ones.
    fn difference_map(&self) -> Option<Plot> {
        let agreement = self.frequencies.agreement.as_ref();
        let places = self.coloured(|orbit| difference(agreement, orbit));
        let frame = Frame::of(&places.iter().map(|place| place.at).collect::<Vec<_>>())?;
        let (inside, outside) = within(&frame, &places);
        let [x, y] = axes(self.n());
        Some(Plot {
            id: "frequency-difference".to_string(),
            title: "Learned against measured frequencies".to_string(),
            description: format!(
                "The same orbits, by the largest relative difference between a learned frequency dh/dI and the measured \
                 one{outside}."
            ),
            x,
            y,
            equal: false,
            series: by_decades("difference", &inside),
        })
    }

    /// Resonances in the order of the picture.
    fn resonances(&self) -> Vec<(Vec<i64>, usize)> {
        let agreement = self.frequencies.agreement.as_ref();
        let seen = self.frequencies.resonances.iter().map(|line| (&line.k, line.orbits));
        let near = self.kam.iter().flat_map(|kam| &kam.orbits).filter(|orbit| orbit.distance < NEAR);
        let mut lines: BTreeMap<Vec<i64>, usize> = BTreeMap::new();
        for (k, orbits) in seen.chain(near.map(|orbit| (&orbit.k, 1))) {
            *lines.entry(reordered_combination(agreement, k)).or_default() += orbits;
        }
        lines.into_iter().collect()
    }

    /// The only frequency against the learned action, or orbit by orbit where there is none.
    fn of_one(&self) -> Option<Plot> {
        let orbits = &self.frequencies.orbits;
        let has_actions = orbits.iter().all(|orbit| orbit.actions.as_ref().is_some_and(|actions| !actions.is_empty()));
        let across = |(index, orbit): (usize, &FrequencyOrbit)| match &orbit.actions {
            Some(actions) if has_actions => actions[0],
            _ => index as f64 + 1.0,
        };
        let series = |label: &str, mark, omega: &dyn Fn(&FrequencyOrbit) -> Option<f64>| {
            let points = orbits.iter().enumerate().filter_map(|(index, orbit)| {
                Some((self.number(orbit).unwrap_or(index as u32), [across((index, orbit)), omega(orbit)?]))
            });
            let (tags, points) = points.unzip();
            Series { orbits: tags, ..Series::named(label, label, mark, points) }
        };
        let first = |omega: Option<Vec<f64>>| omega.and_then(|omega| omega.first().copied());
        let measured = series("measured", Mark::Ring, &|orbit| first(self.measured(orbit)));
        let learned = series("learned", Mark::Dot, &|orbit| first(orbit.learned.clone()));
        let reading = if learned.points.is_empty() { "" } else { "; a dot inside its ring is agreement" };
        let x = if has_actions { "learned action" } else { "orbit" };
        Some(Plot {
            id: "frequency-map".to_string(),
            title: "Frequencies of the orbits".to_string(),
            description: format!("The frequency against the {x} for {} orbits{reading}.", orbits.len()),
            x: Axis::linear(x),
            y: Axis::linear("ω, rad/time"),
            equal: false,
            series: [measured, learned].into_iter().filter(|series| !series.points.is_empty()).collect(),
        })
    }
}

/// How far orbits are from resonance, over the ratio of their first two frequencies.
fn resonance_distance(kam: &Kam, starts: &Starts) -> Plot {
    let place = |orbit: &aa_analysis::document::KamOrbit| Some([orbit.omega.get(1)? / orbit.omega[0], orbit.distance]);
    let places: Vec<Option<[f64; 2]>> = kam.orbits.iter().map(place).collect();
    let frame = Frame::of(&places.iter().flatten().copied().collect::<Vec<_>>());
    let inside = kam.orbits.iter().zip(places).filter_map(|(orbit, place)| {
        let at = place.filter(|at| frame.as_ref().is_some_and(|frame| frame.spans(0, at[0])))?;
        Some((starts.position(&orbit.initial).unwrap_or_default() as u32, at))
    });
    let (orbits, points) = inside.unzip();
    Plot {
        id: "resonance-distance".to_string(),
        title: "Distance of the tori from resonance (measured)".to_string(),
        description: format!(
            "Sine of the angle between the frequencies and the nearest resonance up to order {}, orbit by orbit.",
            kam.order
        ),
        x: Axis::linear("ω2/ω1"),
        y: Axis::logarithmic("distance from resonance"),
        equal: false,
        series: vec![Series { label: None, orbits, ..Series::named("", "regular", Mark::Dot, points) }],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aa_analysis::document::{Agreement, Resonance, Spread};

    fn frequencies(matrix: Vec<Vec<i64>>) -> Frequencies {
        let orbit = |measured: [f64; 2], learned: [f64; 2]| FrequencyOrbit {
            initial: measured.to_vec(),
            measured: Some(measured.to_vec()),
            learned: Some(learned.to_vec()),
            diffusion: Some(1e-9),
            ..FrequencyOrbit::default()
        };
        let agreement = Agreement { matrix, orbits: 2, learned_vs_measured: Spread::default() };
        Frequencies {
            orbits: vec![orbit([2.0, 1.0], [1.0, 2.0]), orbit([2.2, 1.0], [1.0, 2.211])],
            resonances: vec![Resonance { k: vec![1, -2], orbits: 1 }],
            agreement: Some(agreement),
            ..Frequencies::default()
        }
    }

    #[test]
    fn measured_frequencies_and_resonances_are_shown_in_the_learned_order() {
        let document = Document { frequencies: Some(frequencies(vec![vec![0, 1], vec![1, 0]])), ..Document::default() };
        let plots = super::frequencies(&document, &Starts::of(&document, &Default::default()));
        let [map, difference] = &plots[..] else { panic!("two pictures") };
        assert_eq!(map.series[0].points, [[1.0, 2.0], [1.0, 2.2]]);
        assert_eq!((map.series[1].label.as_deref(), map.series[0].orbits.as_slice()), (Some("(2, −1)"), &[0, 1][..]));
        assert_eq!(difference.series[0].label.as_deref(), Some("difference < 10⁻²"));
    }

    #[test]
    fn resonances_follow_a_sum_of_frequencies() {
        // omega = M^-1 omega' = (omega1' - omega2', omega2'), so that omega1 - 2 omega2 = omega1' - 3 omega2'.
        let frequencies = frequencies(vec![vec![1, 1], vec![0, 1]]);
        let orbits = Orbits { frequencies: &frequencies, kam: None, starts: &Starts::default() };
        assert_eq!(orbits.resonances(), [(vec![1, -3], 1)]);
    }
}
