//! One orbit on its way through a section.

use super::roots::sign_changes;
use super::{Crossings, Section, SectionOptions};
use crate::Outcome;
use crate::flow::Equations;
use crate::flow::taylor::{Place, Rider, Step};

pub(super) struct SectionRider<'a> {
    equations: &'a Equations,
    section: &'a Section,
    /// The times at which a section of time is passed are known beforehand.
    is_stroboscopic: bool,
    options: &'a SectionOptions,
    start: &'a [f64],
    bound: f64,
    /// n.z along a step in powers of the share of the step.
    series: Vec<f64>,
    /// The levels at or below n.z at the end of the last step seen; carried on, so that rounding at the border of two
    /// steps neither hides a crossing nor shows it twice.
    cell: Option<i64>,
    n_strobes: i64,
    found: Crossings,
}

impl<'a> SectionRider<'a> {
    pub(super) fn new(
        equations: &'a Equations,
        section: &'a Section,
        is_stroboscopic: bool,
        options: &'a SectionOptions,
        (start, bound): (&'a [f64], f64),
    ) -> Self {
        let found = Crossings { initial: start.to_vec(), ..Crossings::default() };
        // The first strobe after the start.
        let n_strobes = section.surface.cell(0.0) + 1;
        let (series, cell) = (Vec::new(), None);
        SectionRider { equations, section, is_stroboscopic, options, start, bound, series, cell, n_strobes, found }
    }

    pub(super) fn into_crossings(self) -> Crossings {
        self.found
    }

    fn is_full(&self) -> bool {
        self.found.t.len() >= self.options.crossings
    }

    /// The polynomial of a step.
    fn expand(&mut self, step: &Step<'_>) {
        self.series.clear();
        for &(variable, factor) in &self.section.surface.normal {
            let (place, mut power) = (self.equations.places[variable], factor);
            for (k, coefficient) in step.coefficients(place).enumerate() {
                if k == self.series.len() {
                    self.series.push(0.0);
                }
                self.series[k] += coefficient * power;
                power *= step.h;
            }
        }
    }

    fn cross(&mut self, step: &Step<'_>) {
        self.expand(step);
        let surface = &self.section.surface;
        let (value, reach) = (self.series[0], self.series[1..].iter().map(|a| a.abs()).sum::<f64>());
        let before = self.cell.unwrap_or_else(|| surface.cell(value) - i64::from(self.leaves_downwards()));
        self.cell = Some(before);
        // No term can carry n.z to a level: the usual case.
        let levels = surface.levels(value, reach);
        if levels.is_empty() || !reach.is_finite() {
            return;
        }
        let after = surface.cell(self.series.iter().rev().sum());
        self.cell = Some(after);
        let mut passages: Vec<(f64, bool)> = Vec::new();
        // Within rounding of its level the value may lie on the other side of it than the last step has seen it.
        for index in (*levels.start()).min(before + 1).min(after + 1)..=(*levels.end()).max(before).max(after) {
            passages.extend(self.passages(index, before >= index, after >= index));
        }
        passages.sort_by(|a, b| a.0.total_cmp(&b.0));
        for (share, is_up) in passages {
            if self.section.direction.allows(is_up) && !self.is_full() {
                self.keep(step, share * step.h);
            }
        }
    }

    /// Whether the orbit starts on a level and goes below it.
    fn leaves_downwards(&self) -> bool {
        let surface = &self.section.surface;
        let is_on_level = surface.level(surface.cell(self.series[0])) == self.series[0];
        is_on_level && self.series[1..].iter().find(|a| **a != 0.0).is_some_and(|a| *a < 0.0)
    }

    /// When a level is passed, and whether upwards. Their number agrees with the sides before and after.
    fn passages(&self, index: i64, above_before: bool, above_after: bool) -> Vec<(f64, bool)> {
        let mut series = self.series.clone();
        series[0] -= self.section.surface.level(index);
        let mut roots = sign_changes(&series);
        if (roots.len() % 2 == 1) != (above_before != above_after) {
            let distance = |u: &f64| u.min(1.0 - u);
            match (0..roots.len()).min_by(|&i, &j| distance(&roots[i]).total_cmp(&distance(&roots[j]))) {
                // At the border of two steps: seen by the other one.
                Some(nearest) => drop(roots.remove(nearest)),
                None => roots.push(f64::from(series[0].abs() > series.iter().rev().sum::<f64>().abs())),
            }
        }
        roots.into_iter().enumerate().map(|(i, root)| (root, (i % 2 == 0) != above_before)).collect()
    }

    /// Keeps the point at an offset, if the conditions hold there.
    fn keep(&mut self, step: &Step<'_>, offset: f64) {
        let places = &self.equations.places;
        let holds = |variable: usize| step.at(places[variable], offset);
        if self.section.conditions.iter().all(|condition| condition.holds(holds(condition.variable))) {
            self.found.t.push(step.time(offset));
            self.found.points.extend(places.iter().map(|&place| step.at(place, offset)));
        }
    }

    fn next_strobe(&self) -> f64 {
        self.section.surface.level(self.n_strobes)
    }
}

impl Rider for SectionRider<'_> {
    fn start(&self) -> Vec<f64> {
        self.equations.ordered(self.start)
    }

    fn until(&self) -> f64 {
        self.options.t
    }

    fn bound(&self) -> f64 {
        self.bound
    }

    fn due(&self) -> f64 {
        match (self.is_full(), self.is_stroboscopic) {
            (true, _) => f64::INFINITY,
            (false, true) => self.next_strobe(),
            (false, false) => f64::NEG_INFINITY,
        }
    }

    fn along(&mut self, step: &Step<'_>) {
        if !self.is_stroboscopic {
            return self.cross(step);
        }
        while !self.is_full() && step.offset(self.next_strobe()) <= step.h {
            self.keep(step, step.offset(self.next_strobe()));
            self.n_strobes += 1;
        }
    }

    fn stride(&self) -> u32 {
        1
    }

    fn arrive(&mut self, t: f64, place: &mut Place<'_>) -> Option<Outcome> {
        self.equations.set_time(t, place);
        self.is_full().then_some(Outcome::Finished)
    }

    fn end(&mut self, outcome: Outcome, _t: f64, _place: &Place<'_>) {
        self.found.outcome = outcome;
    }
}
