//! Orbits in planes of phase space.

use aa_analysis::Document;

use super::spread;
use crate::number::trimmed;
use crate::plot::{Axis, Mark, Plot, Series};
use crate::samples::{Samples, Trajectories};
use crate::starts::Starts;

/// No more orbits than this are drawn in one picture.
const ORBITS: usize = 6;

/// The orbits in the planes (q1, q2), (q1, p1), (q2, p2), as far as they exist, and how well they keep the energy.
pub(super) fn orbits(document: &Document, samples: &Samples, starts: &Starts) -> Vec<Plot> {
    let beginnings = &samples.beginnings;
    let dof = beginnings.dof;
    let planes: &[(usize, usize)] = match dof {
        0 if beginnings.width < 2 => &[],
        0 if beginnings.width > 2 => &[(0, 1), (0, 2), (1, 2)],
        0 | 1 => &[(0, 1)],
        _ => &[(0, 1), (0, dof), (1, dof + 1)],
    };
    let mut plots: Vec<Plot> = planes.iter().map(|plane| projection(beginnings, starts, *plane)).collect();
    plots.extend(energy_error(document, samples, starts));
    plots
}

fn projection(orbits: &Trajectories, starts: &Starts, (first, second): (usize, usize)) -> Plot {
    let [x, y] = [first, second].map(|index| orbits.names.get(index).cloned().unwrap_or(format!("z{}", index + 1)));
    let rows = |orbit: &[f64]| -> Vec<[f64; 2]> {
        orbit.chunks_exact(orbits.width).map(|row| [row[first], row[second]]).collect()
    };
    let is_circle = |index: usize| orbits.circles.get(index) == Some(&true);
    let shown = spread(orbits.orbits.len(), ORBITS);
    let series = shown.iter().enumerate().map(|(k, &index)| {
        let orbit = &orbits.orbits[index];
        let points = wrapped(rows(orbit), [is_circle(first), is_circle(second)]);
        let number = orbit.get(..orbits.width).and_then(|start| starts.position(start)).unwrap_or(index);
        let tags = vec![number as u32; points.len()];
        Series { label: None, class: format!("series-{k}"), mark: Mark::Line, points, orbits: tags }
    });
    Plot {
        id: format!("orbits-{x}-{y}"),
        title: format!("Orbits in the plane of {x} and {y}"),
        description: format!(
            "{} of {} orbits, {y} against {x}, from t = {} to {}.",
            shown.len(),
            orbits.orbits.len(),
            trimmed(orbits.t.first().copied().unwrap_or_default(), 3),
            trimmed(orbits.t.last().copied().unwrap_or_default(), 3)
        ),
        series: series.collect(),
        equal: second < orbits.dof && !is_circle(first) && !is_circle(second),
        x: Axis::linear(x),
        y: Axis::linear(y),
    }
}

/// Angles taken to [-pi, pi), with a gap where one leaves it, so that no line crosses the picture.
pub(super) fn wrapped(points: Vec<[f64; 2]>, circles: [bool; 2]) -> Vec<[f64; 2]> {
    use std::f64::consts::{PI, TAU};
    let wrap = |value: f64, is_circle: bool| if is_circle { (value + PI).rem_euclid(TAU) - PI } else { value };
    let mut out: Vec<[f64; 2]> = Vec::with_capacity(points.len());
    for [x, y] in points {
        let at = [wrap(x, circles[0]), wrap(y, circles[1])];
        let jumps = |last: &[f64; 2]| (0..2).any(|i| circles[i] && (at[i] - last[i]).abs() > PI);
        if out.last().is_some_and(jumps) {
            out.push([f64::NAN; 2]);
        }
        out.push(at);
    }
    out
}

/// The error of the energy along some orbits.
fn energy_error(document: &Document, samples: &Samples, starts: &Starts) -> Option<Plot> {
    let error = &samples.energy_error;
    let shown = spread(error.values.len(), ORBITS);
    let number = |index: usize| {
        let start = samples.beginnings.orbits.get(index).and_then(|orbit| orbit.get(..samples.beginnings.width));
        start.and_then(|start| starts.position(start)).unwrap_or(index)
    };
    let curves = shown.iter().map(|&index| (number(index), envelope(&error.t, &error.values[index])));
    let worst = document.chaos.as_ref().and_then(crate::words::worst_energy_error);
    let worst = worst.map_or(String::new(), |worst| {
        format!("; the tangent integration keeps it to {}", crate::number::significant(worst, 2))
    });
    (!shown.is_empty()).then(|| Plot {
        id: "energy-error".to_string(),
        title: "Error of the energy along the orbits (measured)".to_string(),
        description: format!(
            "|E(t) − E(0)| / |E(0)| of {} of {} orbits, the largest in each piece of time{worst}.",
            shown.len(),
            error.values.len()
        ),
        x: Axis::linear("t"),
        y: Axis::logarithmic("relative error of the energy"),
        equal: false,
        series: vec![Series { label: None, ..Series::curves("", "measured", curves) }],
    })
}

/// The largest value in each of at most 200 pieces of time: what one sees of a curve that goes up and down quickly.
fn envelope(t: &[f64], values: &[f64]) -> Vec<[f64; 2]> {
    let piece = values.len().div_ceil(200).max(1);
    let largest = |values: &[f64]| values.iter().copied().fold(0.0, f64::max);
    let pieces = t.chunks(piece).zip(values.chunks(piece));
    pieces.map(|(t, values)| [t[t.len() / 2], largest(values)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_angle_that_goes_round_leaves_a_gap() {
        let points = wrapped(vec![[3.0, 1.0], [3.3, 1.0], [4.0, 1.0]], [true, false]);
        assert!(
            points[1][0].is_nan() && (points[3][0] + std::f64::consts::TAU - 4.0).abs() < 1e-12 && points.len() == 4
        );
    }

    #[test]
    fn the_envelope_keeps_the_worst() {
        let t: Vec<f64> = (0..1000).map(f64::from).collect();
        let mut values = vec![1e-16; 1000];
        values[501] = 1e-3;
        let envelope = envelope(&t, &values);
        assert_eq!((envelope.len(), envelope[100][1]), (200, 1e-3));
    }
}
