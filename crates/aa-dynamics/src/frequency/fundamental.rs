//! The fundamental frequencies of an orbit: n numbers of which all its lines are integer combinations.
//!
//! Each degree of freedom gives a signal; the strongest line anywhere is the first frequency, and belongs to the
//! coordinate it was seen in; the next is the strongest line, in a coordinate without a frequency, that is no
//! integer combination of those chosen; and so on. Where modes are mixed, all frequencies show in every
//! coordinate and the weaker ones are still found. A line that is a half or a third of a combination means that
//! a harmonic had been chosen: the choice is then reduced to a basis of everything seen.
//!
//! The choice is one basis out of many, up to a unimodular integer matrix; see [`match_unimodular`](super::match_unimodular).

use rayon::prelude::*;

use super::FrequencyError;
use super::diffusion::Lines;
use super::lattice::{lattice_points, reduce_generators, relation};
use super::naff::{Line, Naff, NaffOptions, Spectrum};
use super::signal::{Signal, signal};
use crate::Ensemble;
use crate::phase_space::CoordinateKind;

/// How fundamental frequencies are chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct FundamentalOptions {
    /// How the spectrum of each coordinate is taken.
    pub naff: NaffOptions,
    /// A line weaker than this, relative to the strongest of its coordinate, is no fundamental frequency.
    pub floor: f64,
    /// Two frequencies are the same within this many bins (2 pi / T), and three standard errors of the lines.
    pub tolerance: f64,
}

impl Default for FundamentalOptions {
    fn default() -> Self {
        // A thousandth: weaker lines may be combinations of an order that is not searched. A thousandth of a bin
        // is well above the error of a regular orbit's lines and makes chance relations rarer than 1 in 100.
        FundamentalOptions { naff: NaffOptions::default(), floor: 1e-3, tolerance: 1e-3 }
    }
}

/// The fundamental frequencies of one orbit; entry i was first seen in coordinate i, or stands in for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Fundamental {
    /// Frequencies in radians per unit time, signed; as many as degrees of freedom.
    pub omega: Vec<f64>,
    /// Standard errors of the lines they were read from.
    pub error: Vec<f64>,
    /// Amplitudes of those lines, in units of the square root of twice an action.
    pub amplitude: Vec<f64>,
    /// False where a coordinate showed no frequency of its own: `omega` is then its strongest line, an integer
    /// combination of the others (zero if it does not move).
    pub independent: Vec<bool>,
}

impl Fundamental {
    /// The dimension of the torus that the orbit is seen to fill.
    pub fn n_independent(&self) -> usize {
        self.independent.iter().filter(|&&independent| independent).count()
    }
}

/// The fundamental frequencies of every orbit of an ensemble, `kinds` telling lines from circles.
///
/// # Errors
/// Times that are not equally spaced, fewer than 16 of them, values that are not finite, or another number of
/// kinds than degrees of freedom.
pub fn fundamental_frequencies(
    ensemble: &Ensemble,
    kinds: &[CoordinateKind],
    options: &FundamentalOptions,
) -> Result<Vec<Fundamental>, FrequencyError> {
    let dt = equal_step(&ensemble.t)?;
    let finder = FundamentalFinder::new(ensemble.t.len(), dt, kinds, options)?;
    if kinds.len() != ensemble.dof {
        return Err(FrequencyError::Shape { what: "kinds of coordinates", expected: ensemble.dof, found: kinds.len() });
    }
    ensemble.orbits.par_iter().map(|rows| finder.find(rows)).collect()
}

/// The step of equally spaced times.
///
/// # Errors
/// Fewer than two times, or steps that differ by more than rounding.
pub fn equal_step(t: &[f64]) -> Result<f64, FrequencyError> {
    let [first, .., last] = t else { return Err(FrequencyError::TooShort { needed: 2, found: t.len() }) };
    let dt = (last - first) / (t.len() - 1) as f64;
    // Times may have been summed up step by step, or written with nine digits.
    let tolerance = 1e-6 * dt.abs() + 1e-12 * first.abs().max(last.abs());
    match t.windows(2).find(|pair| (pair[1] - pair[0] - dt).abs() > tolerance) {
        Some(pair) => Err(FrequencyError::UnequalSteps { t: pair[0], expected: dt, found: pair[1] - pair[0] }),
        None => Ok(dt),
    }
}

/// Everything that finding frequencies needs and that orbits of one length share.
pub struct FundamentalFinder {
    naff: Naff,
    dt: f64,
    n_samples: usize,
    kinds: Vec<CoordinateKind>,
    options: FundamentalOptions,
    /// Integer vectors to try as relations, by the number of frequencies they combine.
    points: Vec<Vec<Vec<i32>>>,
}

/// A line and the coordinate it was seen in.
#[derive(Clone, Copy)]
struct Candidate {
    coordinate: usize,
    line: Line,
}

impl FundamentalFinder {
    /// Prepares for orbits of `n_samples` rows `dt` apart.
    ///
    /// # Errors
    /// Fewer than 16 samples, or options that make no sense.
    pub fn new(
        n_samples: usize,
        dt: f64,
        kinds: &[CoordinateKind],
        options: &FundamentalOptions,
    ) -> Result<Self, FrequencyError> {
        let naff = Naff::new(n_samples, &options.naff)?;
        let points = (0..=kinds.len()).map(|dimension| lattice_points(dimension, order(dimension))).collect();
        Ok(FundamentalFinder { naff, dt, n_samples, kinds: kinds.to_vec(), options: options.clone(), points })
    }

    /// The fundamental frequencies of one orbit, given as rows q1..qn, p1..pn.
    ///
    /// # Errors
    /// Rows of another number or size than prepared for, values that are not finite.
    pub fn find(&self, rows: &[f64]) -> Result<Fundamental, FrequencyError> {
        Ok(self.find_with_lines(rows)?.0)
    }

    /// The same, with all lines that the orbit shows.
    pub(super) fn find_with_lines(&self, rows: &[f64]) -> Result<(Fundamental, Lines), FrequencyError> {
        let (signals, spectra) = self.spectra(rows)?;
        Ok((self.choose(&signals, &spectra), Lines::new(&signals, &spectra)))
    }

    /// The signal of each degree of freedom, and its spectrum.
    pub(super) fn spectra(&self, rows: &[f64]) -> Result<(Vec<Signal>, Vec<Spectrum>), FrequencyError> {
        let dof = self.kinds.len();
        let expected = self.n_samples * 2 * dof;
        if rows.len() != expected {
            return Err(FrequencyError::Shape { what: "numbers in an orbit", expected, found: rows.len() });
        }
        if let Some(index) = rows.iter().position(|value| !value.is_finite()) {
            return Err(FrequencyError::NotFinite { index: index / (2 * dof) });
        }
        let signals: Vec<Signal> =
            self.kinds.iter().enumerate().map(|(index, &kind)| signal(rows, dof, index, self.dt, kind)).collect();
        let spectra = signals.iter().map(|signal| self.naff.analyze(&signal.values, self.dt));
        let spectra = spectra.collect::<Result<_, _>>()?;
        Ok((signals, spectra))
    }

    fn choose(&self, signals: &[Signal], spectra: &[Spectrum]) -> Fundamental {
        let mut chosen = Chosen::new(self, spectra.first().map_or(0.0, |spectrum| spectrum.bin), signals.len());
        for (coordinate, rate) in signals.iter().enumerate().filter_map(|(i, signal)| Some((i, signal.winding?))) {
            chosen.offer_winding(coordinate, rate, signals[coordinate].values[0].norm());
        }
        let candidates = self.candidates(spectra);
        for candidate in &candidates {
            if chosen.slots[candidate.coordinate].is_none() {
                chosen.offer(candidate.coordinate, candidate.line);
            }
        }
        for candidate in &candidates {
            if let Some(coordinate) = chosen.slots.iter().position(Option::is_none) {
                chosen.offer(coordinate, candidate.line);
            }
        }
        candidates.iter().for_each(|candidate| chosen.reduce_by(candidate.line));
        chosen.complete(spectra)
    }

    /// All lines above the floor, strongest first; of equals, the first coordinate's.
    fn candidates(&self, spectra: &[Spectrum]) -> Vec<Candidate> {
        let strong = |(coordinate, spectrum): (usize, &Spectrum)| {
            let most = spectrum.lines.first().map_or(0.0, |line| line.amplitude);
            let lines =
                spectrum.lines.clone().into_iter().filter(move |line| line.amplitude > self.options.floor * most);
            lines.map(move |line| Candidate { coordinate, line })
        };
        let mut candidates: Vec<Candidate> = spectra.iter().enumerate().flat_map(strong).collect();
        candidates.sort_by(|a, b| b.line.amplitude.total_cmp(&a.line.amplitude));
        candidates
    }
}

/// The highest order of relations searched, by the number of frequencies: a few thousand vectors at most.
fn order(dimension: usize) -> u32 {
    match dimension {
        0 | 1 => 24,
        2 => 12,
        3 => 8,
        4 => 6,
        5..=8 => 4,
        _ => 3,
    }
}

/// The frequencies chosen so far, one slot a coordinate.
struct Chosen<'a> {
    finder: &'a FundamentalFinder,
    bin: f64,
    slots: Vec<Option<Line>>,
}

impl<'a> Chosen<'a> {
    fn new(finder: &'a FundamentalFinder, bin: f64, dof: usize) -> Self {
        Chosen { finder, bin, slots: vec![None; dof] }
    }

    fn basis(&self) -> Vec<f64> {
        self.slots.iter().flatten().map(|line| line.omega).collect()
    }

    fn tolerance(&self, line: &Line) -> f64 {
        let errors = self.slots.iter().flatten().map(|line| line.error).fold(line.error, f64::max);
        self.finder.options.tolerance * self.bin + 3.0 * errors
    }

    fn relation(&self, line: &Line) -> Option<super::lattice::Relation> {
        let basis = self.basis();
        relation(line.omega, &basis, &self.finder.points[basis.len()], self.tolerance(line))
    }

    /// The mean rate of a winding angle is the frequency of its turn, whatever else shows in the signal.
    fn offer_winding(&mut self, coordinate: usize, rate: f64, amplitude: f64) {
        self.offer(coordinate, Line { omega: rate, amplitude, phase: 0.0, error: f64::EPSILON * rate.abs() });
    }

    /// Takes the line for a coordinate if it has nothing to do with those chosen.
    fn offer(&mut self, coordinate: usize, line: Line) {
        if self.relation(&line).is_none() {
            self.slots[coordinate] = Some(line);
        }
    }

    /// Where twice or three times the line is a combination of those chosen, but not the line itself: makes the
    /// line and the chosen ones into a basis of all their combinations.
    fn reduce_by(&mut self, line: Line) {
        let Some(found) = self.relation(&line).filter(|relation| relation.multiple > 1) else { return };
        let mut generators = self.basis();
        generators.push(line.omega);
        let mut relation: Vec<i32> = found.k.iter().copied().chain([-found.multiple]).collect();
        let Some(dropped) = reduce_generators(&mut generators, &mut relation) else { return };
        let last = generators.len() - 1;
        let mut lines: Vec<Line> = self.slots.iter().flatten().copied().chain([line]).collect();
        lines.iter_mut().zip(&generators).for_each(|(line, &omega)| line.omega = omega);
        lines.swap(dropped, last);
        for (slot, line) in self.slots.iter_mut().flatten().zip(lines) {
            *slot = line;
        }
    }

    /// Fills the slots of coordinates without a frequency of their own with their strongest lines.
    fn complete(self, spectra: &[Spectrum]) -> Fundamental {
        let still = Line { omega: 0.0, amplitude: 0.0, phase: 0.0, error: 0.0 };
        let independent: Vec<bool> = self.slots.iter().map(Option::is_some).collect();
        let strongest = |spectrum: &Spectrum| spectrum.lines.first().copied().unwrap_or(still);
        let lines: Vec<Line> = self
            .slots
            .iter()
            .zip(spectra)
            .map(|(slot, spectrum)| slot.unwrap_or_else(|| strongest(spectrum)))
            .collect();
        Fundamental {
            omega: lines.iter().map(|line| line.omega).collect(),
            error: lines.iter().map(|line| line.error).collect(),
            amplitude: lines.iter().map(|line| line.amplitude).collect(),
            independent,
        }
    }
}
