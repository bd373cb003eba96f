//! Pictures of chaos: how the indicators come about, and which orbits are what.

use aa_analysis::Document;
use aa_analysis::document::{Chaos, ChaosOrbit};

use super::{component_name, starting_plane};
use crate::plot::{Axis, Mark, Plot, Series};
use crate::samples::{Reading, Samples};
use crate::starts::Starts;

/// How the states of orbits look.
pub(super) const STATES: [(&str, Mark); 5] = [
    ("regular", Mark::Dot),
    ("chaotic", Mark::Triangle),
    ("sticky", Mark::Square),
    ("undecided", Mark::Ring),
    ("escaped", Mark::Cross),
];

pub(super) fn chaos(document: &Document, samples: &Samples, starts: &Starts) -> Vec<Plot> {
    let Some(chaos) = &document.chaos else { return Vec::new() };
    let histories = Histories { chaos, readings: &samples.indicators, starts };
    vec![
        histories.lyapunov(),
        histories.alignment(),
        indicators(chaos, starts),
        starting_points(document, chaos, starts),
    ]
}

/// The indicators along the way, orbit by orbit.
struct Histories<'a> {
    chaos: &'a Chaos,
    readings: &'a [Vec<Reading>],
    starts: &'a Starts,
}

impl Histories<'_> {
    /// One series for each state, its orbits apart.
    fn by_state(&self, value: impl Fn(&Reading) -> f64) -> Vec<Series> {
        let value = &value;
        let series = |(state, _): (&str, Mark)| {
            let orbits = self.chaos.orbit.iter().zip(self.readings).filter(|(orbit, _)| orbit.state == state);
            let curves = orbits.enumerate().map(|(index, (orbit, readings))| {
                let curve = readings.iter().map(|reading| [reading.t, value(reading)]).collect();
                (self.starts.position(&orbit.initial).unwrap_or(index), curve)
            });
            Series::curves(state, state, curves)
        };
        STATES.into_iter().map(series).filter(|series| !series.points.is_empty()).collect()
    }

    fn lyapunov(&self) -> Plot {
        let mut series = self.by_state(|reading| reading.lyapunov);
        if let Some([from, to]) = self.ends() {
            let steps = (0..=60).map(|i| from * (to / from).powf(f64::from(i) / 60.0));
            let shear = steps.filter(|t| *t > 1.0).map(|t| [t, t.ln() / t]).collect();
            series.push(Series::named("ln(t)/t, a shear", "undecided", Mark::Dashed, shear));
        }
        Plot {
            id: "lyapunov".to_string(),
            title: "Growth of deviations against time (measured)".to_string(),
            description: "The maximal Lyapunov exponent for a finite time, orbit by orbit: it settles along a chaotic \
                          orbit and falls like ln(t)/t along a regular one. Curves end where the label is settled."
                .to_string(),
            x: Axis::logarithmic("t"),
            y: Axis::logarithmic("ln(|w(t)| / |w(0)|) / t"),
            equal: false,
            series,
        }
    }

    fn alignment(&self) -> Plot {
        // With one degree of freedom the index falls on every orbit and labels none.
        let has_index = self.chaos.orbit.iter().any(|orbit| orbit.sali.is_some());
        let mut series = if has_index { self.by_state(|reading| reading.sali.max(1e-18)) } else { Vec::new() };
        if let (Some([from, to]), false) = (self.ends(), series.is_empty()) {
            let threshold = [from, to].map(|t| [t, self.chaos.threshold]).to_vec();
            series.push(Series::named("threshold", "undecided", Mark::Dashed, threshold));
        }
        Plot {
            id: "alignment".to_string(),
            title: "Smaller alignment index against time (measured)".to_string(),
            description:
                "SALI, orbit by orbit: it falls exponentially along a chaotic orbit. Along a regular one it stays, \
                          or falls like a power of t."
                    .to_string(),
            x: Axis::logarithmic("t"),
            y: Axis::logarithmic("smaller alignment index"),
            equal: false,
            series,
        }
    }

    /// The first and the last time.
    fn ends(&self) -> Option<[f64; 2]> {
        let times = || self.readings.iter().flatten().map(|reading| reading.t).filter(|t| *t > 0.0);
        Some([times().reduce(f64::min)?, times().reduce(f64::max)?])
    }
}

/// One mark for each orbit, by what it does.
fn by_state(orbits: &[ChaosOrbit], starts: &Starts, point: impl Fn(&ChaosOrbit) -> Option<[f64; 2]>) -> Vec<Series> {
    let series = |(state, mark): (&str, Mark)| {
        let of_state = orbits.iter().enumerate().filter(|(_, orbit)| orbit.state == state);
        let number = |index: usize, orbit: &ChaosOrbit| starts.position(&orbit.initial).unwrap_or(index) as u32;
        let placed = of_state.filter_map(|(index, orbit)| Some((number(index, orbit), point(orbit)?)));
        let (tags, points) = placed.unzip();
        Series { orbits: tags, ..Series::named(state, state, mark, points) }
    };
    STATES.into_iter().map(series).filter(|series| !series.points.is_empty()).collect()
}

/// Alignment against Lyapunov exponent: chaotic orbits gather below on the right.
fn indicators(chaos: &Chaos, starts: &Starts) -> Plot {
    Plot {
        id: "indicators".to_string(),
        title: "Chaos indicators, orbit by orbit (measured)".to_string(),
        description: format!(
            "Smaller alignment index at the end against the maximal Lyapunov exponent; {} regular and {} chaotic orbits.",
            chaos.counts.regular, chaos.counts.chaotic
        ),
        x: Axis::logarithmic("maximal Lyapunov exponent, 1/time"),
        y: Axis::logarithmic("smaller alignment index"),
        equal: false,
        series: by_state(&chaos.orbit, starts, |orbit| Some([orbit.lyapunov?, orbit.sali?.max(1e-18)])),
    }
}

/// Where regular and chaotic orbits start, in the first plane in which the starting points differ.
fn starting_points(document: &Document, chaos: &Chaos, starts: &Starts) -> Plot {
    let initial: Vec<&[f64]> = chaos.orbit.iter().map(|orbit| orbit.initial.as_slice()).collect();
    let (first, second) = starting_plane(&initial, document.system.dof);
    let [x, y] = [first, second].map(|index| component_name(document, index));
    Plot {
        id: "starts".to_string(),
        title: "Where the orbits start".to_string(),
        description: format!("{y} against {x} at the start of each orbit, by what the orbit does."),
        equal: false,
        series: by_state(&chaos.orbit, starts, |orbit| Some([*orbit.initial.get(first)?, *orbit.initial.get(second)?])),
        x: Axis::linear(x),
        y: Axis::linear(y),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn histories_are_drawn_by_state_each_orbit_apart() {
        let orbit = |x: f64, state: &str| ChaosOrbit {
            initial: vec![x],
            state: state.into(),
            sali: Some(0.5),
            ..ChaosOrbit::default()
        };
        let chaos = Chaos {
            orbit: vec![orbit(0.1, "regular"), orbit(0.2, "chaotic"), orbit(0.3, "regular")],
            threshold: 1e-8,
            ..Chaos::default()
        };
        let reading = |t: f64| Reading { t, lyapunov: 1.0 / t, sali: 0.0 };
        let indicators = vec![vec![reading(1.0), reading(10.0)], vec![reading(2.0)], vec![reading(3.0)]];
        let document = Document { chaos: Some(chaos), ..Document::default() };
        let samples = Samples { indicators, ..Samples::default() };
        let plots = super::chaos(&document, &samples, &Starts::of(&document, &samples));
        let regular = &plots[0].series[0];
        assert_eq!((regular.class.as_str(), &regular.orbits[..]), ("regular", &[0, 0, 0, 2, 2][..]));
        assert!(regular.points[2][0].is_nan() && plots[1].series[1].points[0] == [2.0, 1e-18]);
        assert_eq!(plots[1].series.last().unwrap().points, [[1.0, 1e-8], [10.0, 1e-8]]);
    }
}
