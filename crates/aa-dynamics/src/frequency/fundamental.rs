//! The fundamental frequencies of an orbit: n numbers of which all its lines are integer combinations.
//!
//! Each degree of freedom gives a signal; the strongest line anywhere is the first frequency, and belongs to the
//! coordinate it was seen in; the next is the strongest line, in a coordinate without a frequency, that is no
//! integer combination of those chosen; and so on. Where modes are mixed, all frequencies show in every
//! coordinate and the weaker ones are still found. A line that is a half or a third of a combination means that
//! a harmonic had been chosen: the choice is then reduced to a basis of everything seen. Harmonics beyond half the
//! sampling frequency show up shifted by it, and are recognised there too.
//!
//! The choice is one basis out of many, up to a unimodular integer matrix; see [`match_unimodular`](super::match_unimodular).

use std::f64::consts::TAU;

use aa_symbolic::{Rational, linear};
use rayon::prelude::*;

use super::FrequencyError;
use super::birkhoff::MeanRate;
use super::diffusion::Lines;
use super::lattice::{combination, lattice_points, reduce_generators, relation, whole};
use super::naff::{Line, Naff, NaffOptions, Spectrum};
use super::resonance::resonance_vectors;
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
    /// Two frequencies are the same within this many bins (2 pi / T), and three standard errors of all lines involved,
    /// each as often as it is taken.
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
    /// Their phases at the first sample, in [-pi, pi): the line is amplitude times e^{i (omega t + phase)}, the signal
    /// being p + i q scaled to equal spread, or e^{i phi} for an angle that winds.
    pub phase: Vec<f64>,
    /// False where a coordinate showed no frequency of its own: `omega` is then its strongest line, an integer
    /// combination of the others (zero if it does not move).
    pub independent: Vec<bool>,
    /// Within this, and three standard errors, lines were taken for combinations of others, in radians per unit time.
    pub tolerance: f64,
}

impl Fundamental {
    /// How many frequencies are no combination of others.
    pub fn n_independent(&self) -> usize {
        self.independent.iter().filter(|&&independent| independent).count()
    }

    /// How far k.omega may be from zero, in radians per unit time, and still not be told from it: three standard errors
    /// of the lines, and 1e-11 of the frequencies, which is what the flow and the means of winding angles are good to;
    /// with a frequency that was taken for a combination of others, the tolerance of that.
    pub fn uncertainty(&self, k: &[i32]) -> f64 {
        let one = |(i, k): (usize, &i32)| {
            let floor = if self.independent[i] { RESOLUTION * self.omega[i].abs() } else { self.tolerance };
            f64::from(k.unsigned_abs()) * (RESOLUTION_ERRORS * self.error[i] + floor)
        };
        k.iter().enumerate().map(one).sum()
    }

    /// The resonances k.omega = 0 up to an order |k_1| + ... + |k_n|, within their [`Fundamental::uncertainty`],
    /// shortest first; each comes once, its first entry that is not zero positive.
    pub fn resonances(&self, order: u32) -> Vec<Vec<i32>> {
        let vanishes = |k: &Vec<i32>| combination(k, &self.omega).abs() <= self.uncertainty(k);
        resonance_vectors(self.omega.len(), order).filter(vanishes).collect()
    }

    /// The dimension of the torus, resonances that are seen but are no relation of a line to the others counted too: a
    /// closed orbit with frequencies 4 : 5 fills one of dimension 1.
    pub fn dimension(&self) -> usize {
        let rational = |k: Vec<i32>| k.into_iter().map(Rational::from).collect();
        let mut rows = self.resonances(order(self.omega.len())).into_iter().map(rational).collect();
        (self.omega.len() - linear::reduce(&mut rows).len()).min(self.n_independent())
    }

    /// The shortest k up to an order whose k.omega turns less than once in a time. Along an orbit of that length lines that
    /// differ by it are one: which frequencies were read, and in which basis, is then chance. None where some frequencies
    /// are combinations of others, as on every orbit of a superintegrable system: what does not turn is then no accident.
    pub fn unresolved(&self, order: u32, duration: f64) -> Option<Vec<i32>> {
        let is_slow = |k: &Vec<i32>| combination(k, &self.omega).abs() * duration < TAU;
        self.are_independent().then(|| resonance_vectors(self.omega.len(), order).find(is_slow)).flatten()
    }

    /// Whether all frequencies are independent, and every combination of them up to an order turns in a time.
    pub fn is_resolved(&self, order: u32, duration: f64) -> bool {
        self.are_independent() && self.unresolved(order, duration).is_none()
    }

    fn are_independent(&self) -> bool {
        self.n_independent() == self.omega.len()
    }

    /// The shortest resonance up to the order to which relations are searched: 12 with two frequencies, less with more.
    pub fn resonance(&self) -> Option<Vec<i32>> {
        self.resonances(order(self.omega.len())).into_iter().next()
    }
}

/// Standard errors within which numbers count as equal.
pub const RESOLUTION_ERRORS: f64 = 3.0;
/// Relative accuracy of the frequencies of an orbit whose lines are exact.
pub const RESOLUTION: f64 = 1e-11;

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
    Ok(orbit_spectra(ensemble, kinds, options)?.into_iter().map(|orbit| orbit.fundamental).collect())
}

/// What the spectra of one orbit tell.
#[derive(Clone, Debug, PartialEq)]
pub struct OrbitSpectra {
    /// Its fundamental frequencies.
    pub fundamental: Fundamental,
    /// The spectrum of each coordinate with its momentum, or of e^{i phi} for an angle that winds: amplitudes are in
    /// units of the square root of twice an action, phases at the first sample.
    pub spectra: Vec<Spectrum>,
    /// The mean rate at which the angle of each coordinate turns, by a weighted Birkhoff average: a second road to the
    /// strongest line. None where no angle turns that can be followed from sample to sample.
    pub rates: Vec<Option<MeanRate>>,
}

/// Fundamental frequencies with the lines they were chosen from, and the mean rates of angles.
///
/// # Errors
/// As for [`fundamental_frequencies`].
pub fn orbit_spectra(
    ensemble: &Ensemble,
    kinds: &[CoordinateKind],
    options: &FundamentalOptions,
) -> Result<Vec<OrbitSpectra>, FrequencyError> {
    let dt = equal_step(&ensemble.t)?;
    let finder = FundamentalFinder::new(ensemble.t.len(), dt, kinds, options)?;
    if kinds.len() != ensemble.dof {
        return Err(FrequencyError::Shape { what: "kinds of coordinates", expected: ensemble.dof, found: kinds.len() });
    }
    ensemble.orbits.par_iter().map(|rows| finder.analyze(rows)).collect()
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

    fn analyze(&self, rows: &[f64]) -> Result<OrbitSpectra, FrequencyError> {
        let (signals, spectra) = self.spectra(rows)?;
        let fundamental = self.choose(&signals, &spectra);
        let rates = signals.iter().zip(&spectra).map(|(signal, spectrum)| signal.turning(spectrum.mean, self.dt));
        Ok(OrbitSpectra { fundamental, rates: rates.collect(), spectra })
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
        for (coordinate, rate) in
            signals.iter().enumerate().filter_map(|(i, signal)| Some((i, signal.winding.as_ref()?)))
        {
            let first = signals[coordinate].values[0];
            chosen.offer_winding(coordinate, rate, first.norm(), first.arg());
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

    fn relation(&self, line: &Line) -> Option<super::lattice::Relation> {
        let basis = self.basis();
        let floor = self.floor();
        let tolerance = |multiple: i32, k: &[i32]| {
            let lines = k.iter().zip(self.slots.iter().flatten()).chain([(&multiple, line)]);
            let errors: f64 = lines.map(|(k, line)| f64::from(k.unsigned_abs()) * line.error).sum();
            f64::from(multiple) * floor + RESOLUTION_ERRORS * errors
        };
        relation(line.omega, &basis, &self.finder.points[basis.len()], self.sampling(), tolerance)
    }

    fn floor(&self) -> f64 {
        self.finder.options.tolerance * self.bin
    }

    fn sampling(&self) -> f64 {
        std::f64::consts::TAU / self.finder.dt
    }

    /// The mean rate of a winding angle is the frequency of its turn, whatever else shows in the signal.
    fn offer_winding(&mut self, coordinate: usize, rate: &MeanRate, amplitude: f64, phase: f64) {
        self.offer(coordinate, Line { omega: rate.rate, amplitude, phase, error: rate.error });
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
        let meant = combination(&found.k, &generators) / f64::from(found.multiple);
        generators.push(line.omega + whole((meant - line.omega) / self.sampling(), self.sampling()));
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
            phase: lines.iter().map(|line| line.phase).collect(),
            independent,
            tolerance: self.floor(),
        }
    }
}
