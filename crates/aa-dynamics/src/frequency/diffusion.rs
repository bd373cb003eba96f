//! Frequency diffusion: how far the frequencies move from the first half of an orbit to the second.
//!
//! On a torus they do not move; along a chaotic orbit they wander (Laskar, Physica D 67, 1993). The zero of a
//! regular orbit is the accuracy of the halves' spectra.

use super::FrequencyError;
use super::fundamental::{Fundamental, FundamentalFinder, FundamentalOptions};
use super::naff::Spectrum;
use super::signal::Signal;
use crate::phase_space::CoordinateKind;

/// Frequencies of the two halves of an orbit.
#[derive(Clone, Debug, PartialEq)]
pub struct Diffusion {
    /// Of the first half, in radians per unit time.
    pub first: Vec<f64>,
    /// Of the second half.
    pub second: Vec<f64>,
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
    let follow = |rows: &[f64]| -> Result<Vec<f64>, FrequencyError> {
        let (signals, spectra) = finder.spectra(rows)?;
        Ok(whole.omega.iter().map(|&omega| nearest(omega, &signals, &spectra)).collect())
    };
    let (first, second) = (follow(&rows[..size])?, follow(&rows[size..2 * size])?);
    let largest = whole.omega.iter().fold(0.0, |most: f64, omega| most.max(omega.abs()));
    let change = first.iter().zip(&second).fold(0.0, |most: f64, (a, b)| most.max((a - b).abs()));
    Ok(Diffusion { first, second, relative: if largest > 0.0 { change / largest } else { 0.0 } })
}

/// The line or winding rate nearest to a frequency; zero, which no line has, stays zero.
fn nearest(omega: f64, signals: &[Signal], spectra: &[Spectrum]) -> f64 {
    let lines = spectra.iter().flat_map(|spectrum| spectrum.lines.iter().map(|line| line.omega));
    let rates = signals.iter().filter_map(|signal| signal.winding);
    let nearer = |a: &f64, b: &f64| (a - omega).abs().total_cmp(&(b - omega).abs());
    if omega == 0.0 { 0.0 } else { rates.chain(lines).min_by(nearer).unwrap_or(0.0) }
}
