//! One torus twice: by the angles of raw coordinates, and by those of the learned map, in which the motion is straight.

use std::f64::consts::PI;

use super::orbits::wrapped;
use crate::number::trimmed;
use crate::plot::{Axis, Mark, Plot, Series};
use crate::samples::{Samples, Trajectories};
use crate::starts::Starts;

/// The angles of one orbit: against each other, or with one degree of freedom against time.
pub(super) fn torus(samples: &Samples, starts: &Starts) -> Vec<Plot> {
    let (orbits, tori) = (&samples.beginnings, &samples.tori);
    let Some(orbit) = orbits.orbits.get(tori.orbit).filter(|_| tori.pairs > 0 && orbits.dof > 0) else {
        return Vec::new();
    };
    let number = orbit.get(..orbits.width).and_then(|start| starts.position(start)).unwrap_or(tori.orbit);
    let raw: Vec<Vec<f64>> = (0..orbits.dof.min(2)).map(|pair| raw_angle(orbits, orbit, pair)).collect();
    let column = |pair: usize| tori.angles.iter().skip(pair).step_by(tori.pairs).copied().collect();
    let learned: Vec<Vec<f64>> = (0..tori.pairs.min(2)).map(column).collect();
    let view = View { orbits, number };
    match (&raw[..], &learned[..]) {
        ([raw], [learned, ..]) => vec![view.in_time(raw, learned)],
        ([raw1, raw2], [learned1, learned2]) => vec![
            view.plane("raw-angles", "Raw angles of one orbit", view.raw_names(), [raw1, raw2]),
            view.plane("angles", "Learned angles of the same orbit", ["θ1".into(), "θ2".into()], [learned1, learned2]),
        ],
        _ => Vec::new(),
    }
}

/// The angle of a pair as its coordinates show it: the coordinate of a circle, the direction from the mean of a line and
/// its momentum, both scaled to their spread.
fn raw_angle(orbits: &Trajectories, orbit: &[f64], pair: usize) -> Vec<f64> {
    let column = |index: usize| -> Vec<f64> { orbit.iter().skip(index).step_by(orbits.width).copied().collect() };
    let q = column(pair);
    if orbits.circles.get(pair) == Some(&true) {
        return q.iter().map(|q| (q + PI).rem_euclid(2.0 * PI) - PI).collect();
    }
    let scaled = |values: Vec<f64>| {
        let n = values.len().max(1) as f64;
        let mean = values.iter().sum::<f64>() / n;
        let spread = (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n).sqrt();
        values.into_iter().map(move |value| (value - mean) / spread)
    };
    scaled(q).zip(scaled(column(orbits.dof + pair))).map(|(q, p)| q.atan2(p)).collect()
}

/// An orbit to look at.
struct View<'a> {
    orbits: &'a Trajectories,
    number: usize,
}

impl View<'_> {
    fn raw_names(&self) -> [String; 2] {
        let name = |index: usize| self.orbits.names.get(index).cloned().unwrap_or(format!("z{}", index + 1));
        [0, 1].map(|pair| match self.orbits.circles.get(pair) {
            Some(true) => name(pair),
            _ => format!("angle of ({}, {})", name(pair), name(self.orbits.dof + pair)),
        })
    }

    fn until(&self) -> String {
        trimmed(self.orbits.t.last().copied().unwrap_or_default(), 3)
    }

    fn plane(&self, id: &str, title: &str, [x, y]: [String; 2], [first, second]: [&Vec<f64>; 2]) -> Plot {
        let points = wrapped(first.iter().zip(second).map(|(x, y)| [*x, *y]).collect(), [true, true]);
        let straight = if id == "angles" { "; on a torus they are straight lines" } else { "" };
        let tags = vec![self.number as u32; points.len()];
        Plot {
            id: id.to_string(),
            title: title.to_string(),
            description: format!(
                "{y} against {x}, radians, for orbit {} from t = 0 to {}{straight}.",
                self.number + 1,
                self.until()
            ),
            x: Axis::linear(format!("{x}, rad")),
            y: Axis::linear(format!("{y}, rad")),
            equal: false,
            series: vec![Series { label: None, orbits: tags, ..Series::named("", "learned", Mark::Line, points) }],
        }
    }

    /// Both angles of one degree of freedom against time.
    fn in_time(&self, raw: &[f64], learned: &[f64]) -> Plot {
        let times = self.orbits.t.iter();
        let points = |angle: &[f64]| wrapped(times.clone().zip(angle).map(|(t, a)| [*t, *a]).collect(), [false, true]);
        let [raw_name, _] = self.raw_names();
        Plot {
            id: "angles".to_string(),
            title: "Raw and learned angle of one orbit".to_string(),
            description: format!(
                "The learned angle of orbit {} grows evenly in time, that of the raw coordinates need not; t = 0 to {}.",
                self.number + 1,
                self.until()
            ),
            x: Axis::linear("t"),
            y: Axis::linear("angle, rad"),
            equal: false,
            series: vec![
                Series::named(&raw_name, "measured", Mark::Line, points(raw)),
                Series::named("learned θ", "learned", Mark::Line, points(learned)),
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_orbit_has_an_even_raw_angle_whatever_its_scale() {
        let t: Vec<f64> = (0..100).map(|i| f64::from(i) * 0.02 * PI).collect();
        let orbit: Vec<f64> = t.iter().flat_map(|t| [5.0 + 3.0 * t.sin(), 0.1 * t.cos()]).collect();
        let orbits = Trajectories { dof: 1, width: 2, ..Trajectories::default() };
        let angles = raw_angle(&orbits, &orbit, 0);
        assert!(t.iter().zip(angles).all(|(t, angle)| (t.sin() - angle.sin()).abs() < 1e-12));
    }
}
