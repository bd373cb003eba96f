//! Frequency diffusion: how far the frequencies move from the first half of an orbit to the second.
//!
//! On a torus they do not move; along a chaotic orbit they wander (Laskar, Physica D 67, 1993). The zero of a
//! regular orbit is the accuracy of the halves' spectra.

use super::FrequencyError;
use super::fundamental::{Fundamental, FundamentalFinder, FundamentalOptions};
use super::naff::{Line, Spectrum};
use super::order::in_order;
use super::signal::Signal;
use crate::phase_space::CoordinateKind;

/// Frequencies of the two halves of an orbit.
#[derive(Clone, Debug, PartialEq)]
pub struct Diffusion {
    /// Of the first half, in radians per unit time.
    pub first: Vec<f64>,
    /// Of the second half.
    pub second: Vec<f64>,
    /// The larger of the standard errors of the two.
    pub error: Vec<f64>,
    /// The largest change of a frequency, relative to the largest frequency; zero for an orbit at rest.
    pub relative: f64,
}

/// Follows the fundamental frequencies of a whole orbit, rows q1..qn, p1..pn every `dt`, into its halves.
///
/// Each is identified with the line nearest to it. An odd last sample is left out.
///
/// # Errors
/// Halves of fewer than 16 samples, values that are not finite, rows that do not fit `kinds`.
pub fn frequency_diffusion(
    rows: &[f64],
    dt: f64,
    kinds: &[CoordinateKind],
    whole: &Fundamental,
    options: &FundamentalOptions,
) -> Result<Diffusion, FrequencyError> {
    let half = rows.len() / (4 * kinds.len()).max(1);
    let finder = FundamentalFinder::new(half, dt, kinds, options)?;
    let size = half * 2 * kinds.len();
    let lines = |rows: &[f64]| finder.spectra(rows).map(|(signals, spectra)| Lines::new(&signals, &spectra));
    Ok(Diffusion::between(whole, &lines(&rows[..size])?, &lines(&rows[size..2 * size])?))
}

impl Diffusion {
    /// The same with the frequencies in another order.
    pub(super) fn in_order(&self, order: &[usize]) -> Diffusion {
        let [first, second, error] = [&self.first, &self.second, &self.error].map(|values| in_order(values, order));
        Diffusion { first, second, error, relative: self.relative }
    }

    /// The lines of two windows that are nearest to the frequencies `omega` of the orbit.
    pub(super) fn between(omega: &Fundamental, first: &Lines, second: &Lines) -> Diffusion {
        type Columns = (Vec<f64>, Vec<f64>);
        let follow = |window: &Lines| -> Columns { omega.omega.iter().map(|&omega| window.nearest(omega)).unzip() };
        let ((first, early), (second, late)) = (follow(first), follow(second));
        let largest = omega.omega.iter().fold(0.0, |most: f64, omega| most.max(omega.abs()));
        let change = first.iter().zip(&second).fold(0.0, |most: f64, (a, b)| most.max((a - b).abs()));
        let error = early.iter().zip(&late).map(|(a, b)| a.max(*b)).collect();
        Diffusion { first, second, error, relative: if largest > 0.0 { change / largest } else { 0.0 } }
    }
}

/// Lines weaker than this, relative to the strongest of their coordinate, are not followed: none is fundamental.
const FLOOR: f64 = 1e-4;

/// The frequencies that a window shows in any coordinate.
pub(super) struct Lines {
    lines: Vec<Seen>,
    dof: usize,
    bin: f64,
}

/// A line and where it is seen.
struct Seen {
    coordinate: usize,
    omega: f64,
    error: f64,
    amplitude: f64,
}

/// Lines of different coordinates that are so many bins apart are one.
const ONE_LINE: f64 = 0.1;

impl Lines {
    /// Mean rates of winding angles, then lines.
    pub(super) fn new(signals: &[Signal], spectra: &[Spectrum]) -> Lines {
        let rate = |(coordinate, signal): (usize, &Signal)| {
            let found = signal.winding.as_ref()?;
            // Whatever else the signal shows, the turn is this angle's and no other's.
            Some(Seen { coordinate, omega: found.rate, error: found.error, amplitude: f64::MAX })
        };
        let rates = signals.iter().enumerate().filter_map(rate);
        let lines = spectra.iter().enumerate().flat_map(|(coordinate, spectrum)| {
            let floor = spectrum.lines.first().map_or(0.0, |line| FLOOR * line.amplitude);
            let of = move |&Line { omega, error, amplitude, .. }: &Line| Seen { coordinate, omega, error, amplitude };
            spectrum.lines.iter().filter(move |line| line.amplitude > floor).map(of)
        });
        let bin = spectra.first().map_or(0.0, |spectrum| spectrum.bin);
        Lines { lines: rates.chain(lines).collect(), dof: spectra.len(), bin }
    }

    /// The amplitude of each frequency in each coordinate, zero where it is not seen.
    pub(super) fn amplitudes(&self, omega: &[f64]) -> Vec<Vec<f64>> {
        let amplitude = |coordinate: usize, omega: f64| {
            let is_it =
                |seen: &&Seen| seen.coordinate == coordinate && (seen.omega - omega).abs() < ONE_LINE * self.bin;
            self.lines.iter().filter(is_it).map(|seen| seen.amplitude).fold(0.0, f64::max)
        };
        (0..self.dof).map(|i| omega.iter().map(|omega| amplitude(i, *omega)).collect()).collect()
    }

    /// The one nearest to a frequency; zero, which no line has, stays zero.
    fn nearest(&self, omega: f64) -> (f64, f64) {
        let nearer = |a: &&Seen, b: &&Seen| (a.omega - omega).abs().total_cmp(&(b.omega - omega).abs());
        let nearest = self.lines.iter().filter(|_| omega != 0.0).min_by(nearer);
        nearest.map_or((0.0, 0.0), |seen| (seen.omega, seen.error))
    }
}
