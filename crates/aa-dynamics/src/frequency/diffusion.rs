//! Frequency diffusion: how far the frequencies move from the first half of an orbit to the second.
//!
//! On a torus they do not move; along a chaotic orbit they wander (Laskar, Physica D 67, 1993). The zero of a
//! regular orbit is the accuracy of the halves' spectra.

use super::FrequencyError;
use super::fundamental::{Fundamental, FundamentalFinder, FundamentalOptions};
use super::naff::{Line, Spectrum};
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

/// The frequencies that a window shows in any coordinate, each with its standard error.
pub(super) struct Lines(Vec<(f64, f64)>);

impl Lines {
    /// Mean rates of winding angles, then lines.
    pub(super) fn new(signals: &[Signal], spectra: &[Spectrum]) -> Lines {
        let rates = signals.iter().filter_map(|signal| signal.winding.as_ref()).map(|found| (found.rate, found.error));
        let of = |line: &Line| (line.omega, line.error);
        let lines = spectra.iter().flat_map(|spectrum| {
            let floor = spectrum.lines.first().map_or(0.0, |line| FLOOR * line.amplitude);
            spectrum.lines.iter().filter(move |line| line.amplitude > floor).map(of)
        });
        Lines(rates.chain(lines).collect())
    }

    /// The one nearest to a frequency; zero, which no line has, stays zero.
    fn nearest(&self, omega: f64) -> (f64, f64) {
        let nearer = |a: &&(f64, f64), b: &&(f64, f64)| (a.0 - omega).abs().total_cmp(&(b.0 - omega).abs());
        if omega == 0.0 { (0.0, 0.0) } else { self.0.iter().min_by(nearer).copied().unwrap_or((0.0, 0.0)) }
    }
}
