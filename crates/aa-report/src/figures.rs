//! Which pictures a document gives, and what each shows.

mod diffusion;
mod frame;

use aa_analysis::Document;
use aa_analysis::document::{Chaos, ChaosOrbit, Frequencies, Kam, Learned, SectionOrbit, Sections};

use crate::html::Trajectories;
use crate::plot::{Axis, Mark, Plot, Series};
use crate::words::reordered;

/// No more orbits than this are drawn in one picture.
const ORBITS: usize = 6;

/// All pictures, in reading order; those without data draw nothing.
pub(crate) fn figures(document: &Document, trajectories: Option<&Trajectories>) -> Vec<Plot> {
    let mut plots = trajectories.map(orbits).unwrap_or_default();
    if let Some(chaos) = &document.chaos {
        plots.extend([indicators(chaos), starting_points(document, chaos)]);
    }
    plots.extend(document.sections.as_ref().and_then(|sections| section(sections, document.chaos.as_ref())));
    if let Some(frequencies) = &document.frequencies {
        plots.extend([frequency_map(frequencies), actions(frequencies)]);
    }
    plots.extend(diffusion::diffusion(document));
    plots.extend(document.kam.as_ref().map(resonance_distance));
    plots.extend(document.learned.as_ref().map(prediction_error));
    plots
}

/// The orbits in the planes (q1, q2), (q1, p1), (q2, p2), as far as they exist.
fn orbits(trajectories: &Trajectories) -> Vec<Plot> {
    let dof = trajectories.dof;
    let planes: &[(usize, usize)] = match dof {
        0 if trajectories.width < 2 => &[],
        0 if trajectories.width > 2 => &[(0, 1), (0, 2), (1, 2)],
        0 | 1 => &[(0, 1)],
        _ => &[(0, 1), (0, dof), (1, dof + 1)],
    };
    planes.iter().map(|plane| projection(trajectories, *plane)).collect()
}

fn projection(trajectories: &Trajectories, (first, second): (usize, usize)) -> Plot {
    let names =
        [first, second].map(|index| trajectories.names.get(index).cloned().unwrap_or(format!("z{}", index + 1)));
    let columns = trajectories.width;
    let points = |orbit: &[f64]| orbit.chunks_exact(columns).map(|row| [row[first], row[second]]).collect();
    let shown = spread(trajectories.orbits.len(), ORBITS);
    let series = shown.iter().enumerate().map(|(k, index)| Series {
        label: None,
        class: format!("series-{k}"),
        mark: Mark::Line,
        points: points(&trajectories.orbits[*index]),
    });
    let [x, y] = names;
    Plot {
        id: format!("orbits-{first}-{second}"),
        title: format!("Orbits in the plane of {x} and {y}"),
        description: format!(
            "{} of {} orbits, {y} against {x}, from t = {} to {}.",
            shown.len(),
            trajectories.orbits.len(),
            trajectories.t.first().copied().unwrap_or_default(),
            trajectories.t.last().copied().unwrap_or_default()
        ),
        series: series.collect(),
        equal: second < trajectories.dof,
        x: Axis::linear(x),
        y: Axis::linear(y),
    }
}

/// How far orbits are from resonance, over the ratio of their first two frequencies.
fn resonance_distance(kam: &Kam) -> Plot {
    let points = kam.orbits.iter().filter_map(|orbit| Some([orbit.omega.get(1)? / orbit.omega[0], orbit.distance]));
    Plot {
        id: "resonance-distance".to_string(),
        title: "Distance of the tori from resonance (measured)".to_string(),
        description: format!(
            "Sine of the angle between the frequencies and the nearest resonance up to order {}, orbit by orbit.",
            kam.order
        ),
        x: Axis::linear("frequency ratio"),
        y: Axis::logarithmic("distance from resonance"),
        equal: false,
        series: vec![Series { label: None, class: "regular".to_string(), mark: Mark::Dot, points: points.collect() }],
    }
}

/// How the states of orbits look.
const STATES: [(&str, Mark); 5] = [
    ("regular", Mark::Dot),
    ("chaotic", Mark::Triangle),
    ("sticky", Mark::Square),
    ("undecided", Mark::Ring),
    ("escaped", Mark::Cross),
];

fn by_state(orbits: &[ChaosOrbit], point: impl Fn(&ChaosOrbit) -> Option<[f64; 2]>) -> Vec<Series> {
    let series = |(state, mark): (&str, Mark)| Series {
        label: Some(state.to_string()),
        class: state.to_string(),
        mark,
        points: orbits.iter().filter(|orbit| orbit.state == state).filter_map(&point).collect(),
    };
    STATES.into_iter().map(series).filter(|series| !series.points.is_empty()).collect()
}

/// Alignment against Lyapunov exponent: chaotic orbits gather below on the right.
fn indicators(chaos: &Chaos) -> Plot {
    Plot {
        id: "indicators".to_string(),
        title: "Chaos indicators, orbit by orbit (measured)".to_string(),
        description: format!(
            "Smaller alignment index at the end against the maximal Lyapunov exponent; {} regular and {} chaotic orbits.",
            chaos.counts.regular, chaos.counts.chaotic
        ),
        x: Axis::logarithmic("maximal Lyapunov exponent, per unit time"),
        y: Axis::logarithmic("smaller alignment index"),
        equal: false,
        series: by_state(&chaos.orbit, |orbit| Some([orbit.lyapunov?, orbit.sali?.max(1e-18)])),
    }
}

/// Where regular and chaotic orbits start, in the first plane in which the starting points differ.
fn starting_points(document: &Document, chaos: &Chaos) -> Plot {
    let starts: Vec<&[f64]> = chaos.orbit.iter().map(|orbit| orbit.initial.as_slice()).collect();
    let (first, second) = starting_plane(&starts, document.system.dof);
    let [x, y] = [first, second].map(|index| component_name(document, index));
    Plot {
        id: "starts".to_string(),
        title: "Where the orbits start".to_string(),
        description: format!("{y} against {x} at the start of each orbit, by what the orbit does."),
        equal: false,
        series: by_state(&chaos.orbit, |orbit| Some([*orbit.initial.get(first)?, *orbit.initial.get(second)?])),
        x: Axis::linear(x),
        y: Axis::linear(y),
    }
}

/// The name of a coordinate or momentum.
fn component_name(document: &Document, index: usize) -> String {
    let mut names = document.system.coordinates.iter().chain(&document.system.momenta);
    names.nth(index).map_or(format!("z{}", index + 1), String::clone)
}

/// A coordinate that differs from start to start, and its momentum.
fn starting_plane(starts: &[&[f64]], dof: usize) -> (usize, usize) {
    let differs = |index: &usize| {
        let mut values = starts.iter().filter_map(|start| start.get(*index));
        values.next().is_some_and(|first| values.any(|value| value != first))
    };
    let q = (0..dof).find(|q| differs(q) && differs(&(q + dof))).unwrap_or(0);
    (q, q + dof)
}

/// The first two coordinates of a section, by what the orbit does where that is known.
fn section(sections: &Sections, chaos: Option<&Chaos>) -> Option<Plot> {
    let [x, y, ..] = sections.axes.as_slice() else { return None };
    let state = |orbit: &SectionOrbit| {
        let known = chaos.and_then(|chaos| chaos.orbit.iter().find(|labelled| labelled.initial == orbit.initial));
        known.map(|labelled| labelled.state.as_str())
    };
    let series = |label: Option<&str>| Series {
        label: label.map(str::to_string),
        class: label.unwrap_or("measured").to_string(),
        mark: Mark::Point,
        points: sections
            .orbits
            .iter()
            .filter(|orbit| state(orbit) == label)
            .flat_map(|orbit| orbit.points.iter().filter_map(|point| Some([*point.first()?, *point.get(1)?])))
            .collect(),
    };
    let labels = STATES.iter().map(|(state, _)| Some(*state)).chain([None]);
    Some(Plot {
        id: "section".to_string(),
        title: format!("Section at {}", sections.at),
        description: format!("{y} against {x} where {} orbits pass; the first points of each.", sections.orbits.len()),
        x: Axis::linear(x),
        y: Axis::linear(y),
        equal: false,
        series: labels.map(series).filter(|series| !series.points.is_empty()).collect(),
    })
}

/// The second frequency against the first, learned beside measured; with one frequency, against the orbit.
fn frequency_map(frequencies: &Frequencies) -> Plot {
    let orbits = &frequencies.orbits;
    let agreement = frequencies.agreement.as_ref();
    let measured: Vec<Option<Vec<f64>>> =
        orbits.iter().map(|orbit| orbit.measured.as_ref().map(|m| reordered(agreement, m))).collect();
    let learned: Vec<Option<Vec<f64>>> = orbits.iter().map(|orbit| orbit.learned.clone()).collect();
    let is_single = measured.iter().chain(&learned).flatten().all(|omega| omega.len() < 2);
    let points = |omegas: &[Option<Vec<f64>>]| -> Vec<[f64; 2]> {
        let point = |(index, omega): (usize, &Option<Vec<f64>>)| match omega.as_deref()? {
            [only] if is_single => Some([index as f64 + 1.0, *only]),
            [first, second, ..] => Some([*first, *second]),
            _ => None,
        };
        omegas.iter().enumerate().filter_map(point).collect()
    };
    let reading = if learned.iter().any(Option::is_some) { "; a dot inside its ring is agreement" } else { "" };
    let series = [("measured", Mark::Ring, points(&measured)), ("learned", Mark::Dot, points(&learned))];
    let series = series.into_iter().filter(|(_, _, points)| !points.is_empty()).map(|(label, mark, points)| Series {
        label: Some(label.to_string()),
        class: label.to_string(),
        mark,
        points,
    });
    let (x, y) = if is_single { ("orbit", "ω1, rad/time") } else { ("ω1, rad/time", "ω2, rad/time") };
    Plot {
        id: "frequency-map".to_string(),
        title: "Frequencies of the orbits".to_string(),
        description: format!("{y} against {x} for {} orbits{reading}.", orbits.len()),
        x: Axis::linear(x),
        y: Axis::linear(y),
        equal: false,
        series: series.collect(),
    }
}

/// Learned actions of the orbits.
fn actions(frequencies: &Frequencies) -> Plot {
    let point = |actions: &Vec<f64>| match actions.as_slice() {
        [first, second, ..] => Some([*first, *second]),
        _ => None,
    };
    let points = frequencies.orbits.iter().filter_map(|orbit| orbit.actions.as_ref().and_then(point)).collect();
    Plot {
        id: "actions".to_string(),
        title: "Learned actions of the orbits".to_string(),
        description: "The second action against the first, one point an orbit.".to_string(),
        x: Axis::linear("I1"),
        y: Axis::linear("I2"),
        equal: false,
        series: vec![Series { label: None, class: "learned".to_string(), mark: Mark::Dot, points }],
    }
}

/// Prediction error against the horizon, with the horizon up to which the phase holds.
fn prediction_error(learned: &Learned) -> Plot {
    let points = |pick: fn(&aa_analysis::document::PredictionError) -> Option<f64>| -> Vec<[f64; 2]> {
        learned.prediction_error.iter().filter_map(|error| Some([error.t, pick(error)?])).collect()
    };
    let (median, p95) = (points(|error| error.median), points(|error| error.p95));
    let series = |label: &str, class: &str, mark, points| Series {
        label: Some(label.to_string()),
        class: class.to_string(),
        mark,
        points,
    };
    let values = || median.iter().chain(&p95).map(|point| point[1]).filter(|value| *value > 0.0);
    let ends = values().fold((f64::MAX, 0.0f64), |(low, high), value| (low.min(value), high.max(value)));
    let mut lines = vec![
        series("median", "learned", Mark::DottedLine, median.clone()),
        series("95 %", "measured", Mark::DottedLine, p95.clone()),
    ];
    if let Some(t) = learned.phase_horizon.filter(|_| ends.1 > 0.0) {
        lines.push(series("phase horizon", "undecided", Mark::Dashed, vec![[t, ends.0], [t, ends.1]]));
    }
    Plot {
        id: "prediction-error".to_string(),
        title: "Error of predictions against their horizon".to_string(),
        description: "Relative prediction error on held-out orbits, median and 95 % quantile, both axes logarithmic."
            .to_string(),
        x: Axis::logarithmic("horizon t"),
        y: Axis::logarithmic("relative error"),
        equal: false,
        series: lines,
    }
}

/// At most `most` positions among `n`, from the first to the last.
fn spread(n: usize, most: usize) -> Vec<usize> {
    let shown = n.min(most);
    (0..shown).map(|k| k * (n - 1) / shown.saturating_sub(1).max(1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::svg;

    #[test]
    fn orbits_shown_reach_from_first_to_last() {
        assert_eq!(spread(100, 6), [0, 19, 39, 59, 79, 99]);
        assert_eq!(spread(1, 6), [0]);
        assert!(spread(0, 6).is_empty());
    }

    #[test]
    fn starts_on_a_section_are_shown_in_the_section() {
        assert_eq!(starting_plane(&[&[0.0, 0.1, 0.3, -0.1], &[0.0, 0.2, 0.3, -0.2]], 2), (1, 3));
    }

    #[test]
    fn points_of_a_section_are_coloured_by_what_their_orbit_does() {
        let orbit =
            |y: f64| SectionOrbit { initial: vec![y], points: vec![vec![y, 0.0]; 3], ..SectionOrbit::default() };
        let axes = vec!["y".to_string(), "py".to_string()];
        let sections = Sections { axes, orbits: vec![orbit(0.1), orbit(0.2)], ..Sections::default() };
        let labelled = ChaosOrbit { initial: vec![0.2], state: "chaotic".into(), ..ChaosOrbit::default() };
        let chaos = Chaos { orbit: vec![labelled], ..Chaos::default() };
        let classes = |chaos: Option<&Chaos>| -> Vec<(String, usize)> {
            let plot = section(&sections, chaos).unwrap();
            plot.series.iter().map(|series| (series.class.clone(), series.points.len())).collect()
        };
        assert_eq!(classes(Some(&chaos)), [("chaotic".to_string(), 3), ("measured".to_string(), 3)]);
        assert_eq!(classes(None), [("measured".to_string(), 6)]);
    }

    #[test]
    fn short_rows_and_missing_names_are_borne() {
        let trajectories =
            Trajectories { t: vec![0.0], orbits: vec![vec![1.0, 2.0, 3.0], vec![]], dof: 2, width: 4, names: vec![] };
        assert!(figures(&Document::default(), Some(&trajectories)).iter().all(|plot| svg(plot).is_none()));
    }
}
