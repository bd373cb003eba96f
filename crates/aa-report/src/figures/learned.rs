//! Pictures of the learned map: how straight it makes the motion, how well it predicts, how it was trained.

use aa_analysis::Document;
use aa_analysis::document::{DriftAtResonance, FrequencyOrbit, Learned, PredictionError};

use super::{spread, torus};
use crate::plot::{Axis, Mark, Plot, Series};
use crate::samples::{Samples, Tori};
use crate::starts::Starts;

/// No more orbits than this have their actions drawn.
const ORBITS: usize = 8;

pub(super) fn learned(document: &Document, samples: &Samples, starts: &Starts) -> Vec<Plot> {
    let Some(learned) = &document.learned else { return Vec::new() };
    let mut plots = torus::torus(samples, starts);
    plots.extend(drift(samples, starts));
    plots.extend(learned.drift_at_resonance.as_ref().map(drift_at_resonance));
    plots.extend(document.frequencies.as_ref().map(|frequencies| actions(&frequencies.orbits, starts)));
    plots.extend([prediction_error(learned), training(samples)]);
    plots
}

/// How the learned actions of some orbits change in time.
fn drift(samples: &Samples, starts: &Starts) -> Option<Plot> {
    let tori = &samples.tori;
    let shown: Vec<usize> = spread(tori.judges.len(), ORBITS).into_iter().map(|k| tori.judges[k]).collect();
    let number = |index: usize| {
        let orbit = samples.beginnings.orbits.get(index).and_then(|orbit| orbit.get(..samples.beginnings.width));
        orbit.and_then(|start| starts.position(start)).unwrap_or(index)
    };
    let series = |pair: usize| {
        let curves = shown.iter().map(|&index| (number(index), relative_change(tori, index, pair)));
        Series::curves(&format!("I{}", pair + 1), &format!("series-{pair}"), curves)
    };
    (tori.pairs > 0 && !shown.is_empty()).then(|| Plot {
        id: "action-drift".to_string(),
        title: "Learned actions along the orbits".to_string(),
        description: format!(
            "(I(t) − its mean) over the mean sum of the sizes of the actions, for {} of {} orbits.",
            shown.len(),
            tori.judges.len()
        ),
        x: Axis::linear("t"),
        y: Axis::linear("relative change"),
        equal: false,
        series: (0..tori.pairs).map(series).collect(),
    })
}

/// The change of an action over the mean sum of the sizes of all.
fn relative_change(tori: &Tori, orbit: usize, pair: usize) -> Vec<[f64; 2]> {
    let rows = || tori.actions[orbit].chunks_exact(tori.pairs);
    let n = tori.t.len().max(1) as f64;
    let size = rows().map(|row| row.iter().map(|action| action.abs()).sum::<f64>()).sum::<f64>() / n;
    let mean = rows().map(|row| row[pair]).sum::<f64>() / n;
    tori.t.iter().zip(rows()).map(|(t, row)| [*t, (row[pair] - mean) / size]).collect()
}

/// Drift against distance from resonance.
fn drift_at_resonance(drift: &DriftAtResonance) -> Plot {
    let points = drift.orbits.iter().filter_map(|orbit| Some([orbit.distance, orbit.drift?])).collect();
    Plot {
        id: "drift-at-resonance".to_string(),
        title: "Drift of the learned actions against distance from resonance".to_string(),
        description: format!(
            "The action that changes most, orbit by orbit, against the sine of the angle to the nearest resonance up to \
             order {}.",
            drift.order
        ),
        x: Axis::logarithmic("distance from resonance"),
        y: Axis::logarithmic("relative drift"),
        equal: false,
        series: vec![Series { label: None, ..Series::named("", "learned", Mark::Dot, points) }],
    }
}

/// Learned actions of the orbits.
fn actions(orbits: &[FrequencyOrbit], starts: &Starts) -> Plot {
    let point = |orbit: &FrequencyOrbit| match orbit.actions.as_deref()? {
        [first, second, ..] => Some((starts.position(&orbit.initial)? as u32, [*first, *second])),
        _ => None,
    };
    let (tags, points) = orbits.iter().filter_map(point).unzip();
    Plot {
        id: "actions".to_string(),
        title: "Learned actions of the orbits".to_string(),
        description: "The second action against the first, one point an orbit.".to_string(),
        x: Axis::linear("I1"),
        y: Axis::linear("I2"),
        equal: false,
        series: vec![Series { label: None, orbits: tags, ..Series::named("", "learned", Mark::Dot, points) }],
    }
}

/// Prediction error against the horizon, with the horizon up to which the phase holds.
fn prediction_error(learned: &Learned) -> Plot {
    let points = |pick: fn(&PredictionError) -> Option<f64>| -> Vec<[f64; 2]> {
        learned.prediction_error.iter().filter_map(|error| Some([error.t, pick(error)?])).collect()
    };
    let (median, p95) = (points(|error| error.median), points(|error| error.p95));
    let values = || median.iter().chain(&p95).map(|point| point[1]).filter(|value| *value > 0.0);
    let ends = values().fold((f64::MAX, 0.0f64), |(low, high), value| (low.min(value), high.max(value)));
    let mut series = vec![
        Series::named("median", "learned", Mark::DottedLine, median.clone()),
        Series::named("95 %", "measured", Mark::DottedLine, p95.clone()),
    ];
    if let Some(t) = learned.phase_horizon.filter(|_| ends.1 > 0.0) {
        series.push(Series::named("phase horizon", "undecided", Mark::Dashed, vec![[t, ends.0], [t, ends.1]]));
    }
    Plot {
        id: "prediction-error".to_string(),
        title: "Error of predictions against their horizon".to_string(),
        description: "Relative prediction error on held-out orbits, median and 95 % quantile, both axes logarithmic."
            .to_string(),
        x: Axis::logarithmic("horizon t"),
        y: Axis::logarithmic("relative error"),
        equal: false,
        series,
    }
}

/// The loss, step by step, the stages one after the other.
fn training(samples: &Samples) -> Plot {
    let mut before = 0;
    let mut series = Vec::new();
    for (k, stage) in samples.training.iter().enumerate() {
        let points = (1..).zip(&stage.loss).map(|(step, loss)| [f64::from(step) + before as f64, *loss]).collect();
        series.push(Series::named(&stage.name, &format!("series-{k}"), Mark::Line, points));
        before += stage.loss.len();
    }
    Plot {
        id: "training".to_string(),
        title: "Training of the learned map".to_string(),
        description: format!(
            "Mean square of the weighted residuals before each of {before} steps: gradient steps on small batches, then \
             curvature steps on large ones, in which passages whose phase is lost weigh less."
        ),
        x: Axis::linear("step"),
        y: Axis::logarithmic("loss"),
        equal: false,
        series,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::Stage;

    #[test]
    fn changes_are_relative_to_the_sum_of_all_actions() {
        let tori = Tori { t: vec![0.0, 1.0], actions: vec![vec![1.0, -3.0, 2.0, -2.0]], pairs: 2, ..Tori::default() };
        assert_eq!(relative_change(&tori, 0, 0), [[0.0, -0.125], [1.0, 0.125]]);
    }

    #[test]
    fn stages_of_training_follow_one_another() {
        let stage = |name: &str, loss: &[f64]| Stage { name: name.into(), loss: loss.to_vec() };
        let samples = Samples { training: vec![stage("Adam", &[1.0, 0.5]), stage("LM", &[0.4])], ..Samples::default() };
        let plot = training(&samples);
        assert_eq!((plot.series[0].points[1], plot.series[1].points[0]), ([2.0, 0.5], [3.0, 0.4]));
    }
}
