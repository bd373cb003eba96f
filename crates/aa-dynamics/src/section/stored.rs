//! Sections of orbits that are known by samples only.
//!
//! Between two samples on different sides of the surface, the polynomial through the samples around them takes the
//! place of the orbit (Neville's scheme, for any spacing). Eight samples give an error of order eight in their spacing;
//! the difference to the polynomial through six tells how large it is. Two crossings between neighbouring samples are
//! not seen.

use std::f64::consts::{PI, TAU};

use super::Section;
use crate::{Ensemble, Error, PhaseSpace};

/// Samples that a polynomial goes through: its order.
pub const STENCIL: usize = 8;

/// Where one sampled orbit passes a section.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StoredCrossings {
    /// When.
    pub t: Vec<f64>,
    /// The points, one after another, each with all variables.
    pub points: Vec<f64>,
    /// The largest difference in any variable that two samples less make.
    pub error: f64,
}

/// The crossings of each orbit of an ensemble in `space`, at most `most` of each.
///
/// # Errors
/// Fewer samples than [`STENCIL`], or rows that do not belong to the space.
pub fn stored_crossings(
    ensemble: &Ensemble,
    space: &PhaseSpace,
    section: &Section,
    most: usize,
) -> Result<Vec<StoredCrossings>, Error> {
    if ensemble.width != space.dimension() {
        return Err(Error::WrongLength { expected: space.dimension(), found: ensemble.width });
    }
    if ensemble.t.len() < STENCIL {
        return Err(crate::from_data::DataError::TooFewTimes { needed: STENCIL, found: ensemble.t.len() }.into());
    }
    let circles: Vec<usize> = (0..space.coordinates().len()).filter(|&i| space.is_circle(i)).collect();
    let orbit = |rows: &Vec<f64>| {
        let lifted = lifted(rows.clone(), ensemble.width, &circles);
        Samples { t: &ensemble.t, rows: &lifted, width: ensemble.width }.crossings(section, most)
    };
    Ok(ensemble.orbits.iter().map(orbit).collect())
}

/// Angles without jumps: from sample to sample they change by less than half a turn.
fn lifted(mut rows: Vec<f64>, width: usize, circles: &[usize]) -> Vec<f64> {
    for &circle in circles {
        for place in (circle + width..rows.len()).step_by(width) {
            let step = rows[place] - rows[place - width];
            rows[place] -= TAU * ((step + PI) / TAU).floor();
        }
    }
    rows
}

struct Samples<'a> {
    t: &'a [f64],
    rows: &'a [f64],
    width: usize,
}

impl Samples<'_> {
    fn crossings(&self, section: &Section, most: usize) -> StoredCrossings {
        let mut found = StoredCrossings::default();
        let surface = &section.surface;
        let sampled: Vec<f64> = self.rows.chunks_exact(self.width).map(|row| surface.coordinate(|i| row[i])).collect();
        for i in 1..self.t.len() {
            let (before, after) = (surface.cell(sampled[i - 1]), surface.cell(sampled[i]));
            let is_up = after > before;
            // A sample that is not there (after an escape) is on no side.
            if before == after || !(sampled[i] - sampled[i - 1]).is_finite() || !section.direction.allows(is_up) {
                continue;
            }
            let level = surface.level(before.max(after));
            let stencil = self.stencil(i, STENCIL);
            let t = self.root(stencil, &sampled, level, i);
            let point: Vec<f64> = (0..self.width).map(|variable| self.variable(stencil, variable, t)).collect();
            if found.t.len() < most && section.conditions.iter().all(|c| c.holds(point[c.variable])) {
                let fewer = self.stencil(i, STENCIL - 2);
                let error = |variable: usize| (point[variable] - self.variable(fewer, variable, t)).abs();
                found.error = (0..self.width).map(error).fold(found.error, f64::max);
                found.t.push(t);
                found.points.extend(point);
            }
        }
        found
    }

    /// `n` samples around the interval that ends at sample `i`.
    fn stencil(&self, i: usize, n: usize) -> (usize, usize) {
        let first = i.saturating_sub(n / 2).min(self.t.len() - n);
        (first, first + n)
    }

    fn variable(&self, (first, last): (usize, usize), variable: usize, t: f64) -> f64 {
        let values = (first..last).map(|k| self.rows[k * self.width + variable]).collect();
        neville(&self.t[first..last], values, t)
    }

    /// When the polynomial through the samples of n.z passes the level, by bisection between samples i - 1 and i.
    fn root(&self, (first, last): (usize, usize), sampled: &[f64], level: f64, i: usize) -> f64 {
        let value = |t: f64| neville(&self.t[first..last], sampled[first..last].to_vec(), t) - level;
        let (mut low, mut high) = (self.t[i - 1], self.t[i]);
        let starts_below = sampled[i - 1] < level;
        loop {
            let middle = 0.5 * (low + high);
            if middle <= low || middle >= high {
                return high;
            }
            if (value(middle) < 0.0) == starts_below { low = middle } else { high = middle }
        }
    }
}

/// The polynomial through samples, at `t`.
fn neville(times: &[f64], mut values: Vec<f64>, t: f64) -> f64 {
    for level in 1..times.len() {
        for i in 0..times.len() - level {
            let (a, b) = (times[i], times[i + level]);
            values[i] = ((t - b) * values[i] + (a - t) * values[i + 1]) / (a - b);
        }
    }
    values[0]
}
