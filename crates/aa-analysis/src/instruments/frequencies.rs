//! Fundamental frequencies of the regular orbits.

use std::collections::BTreeMap;
use std::f64::consts::TAU;

use aa_dynamics::Ensemble;
use aa_dynamics::action::{MeasuredActions, NoActions, NoQuadrature, Separation, actions_of, quadrature_of};
use aa_dynamics::chaos::Spread;
use aa_dynamics::frequency::{
    FrequencyError, Fundamental, FundamentalOptions, MeanRate, NaffOptions, OrbitSpectra, RESOLUTION,
    RESOLUTION_ERRORS, Spectrum, equal_step, frequency_diffusion, in_order, orbit_spectra,
};

use super::options::{Budget, count, flag, positive};
use super::{Instrument, Orbits};
use crate::document::{AngleRate, Frequencies, FrequencyOrbit, Quadrature, Resonance, SpectralLine, finite};
use crate::study::{Options, Study};
use crate::{Artifact, Error};

pub(super) const NAFF: Instrument = Instrument {
    name: "naff",
    about: "Fundamental frequencies of the regular orbits, by numerical analysis of their spectra (Laskar), and actions \
            by loop integrals over their Fourier series, and by quadrature where coordinates separate.",
    needs: &["trajectories", "chaos"],
    options: &[
        ("t", "how long orbits are followed, by default as long as those of the study"),
        ("samples", "samples of each orbit, by default 16 or more in a period of their fastest frequency"),
        ("lines", "lines sought in each spectrum"),
        ("window", "power p of the window Hann^p"),
        ("order", "largest order of a resonance k.omega = 0"),
        ("rates", "whether mean rates of angles are taken as a second road"),
    ],
    run,
};

/// The frequencies of the orbits that have some.
pub(super) struct Measured {
    /// Which orbits of the study, counted from 0.
    pub(super) orbits: Vec<usize>,
    /// Their fundamental frequencies.
    pub(super) fundamental: Vec<Fundamental>,
    /// Their actions, or why there are none.
    pub(super) actions: Vec<Result<MeasuredActions, NoActions>>,
    /// The largest order of a resonance.
    pub(super) order: u32,
    /// How the frequencies were found.
    pub(super) options: FundamentalOptions,
    /// When the orbits were sampled.
    pub(super) t: Vec<f64>,
}

impl Measured {
    /// The time between the first sample and the last.
    pub(super) fn duration(&self) -> f64 {
        duration(&self.t)
    }
}

fn duration(times: &[f64]) -> f64 {
    times.last().zip(times.first()).map_or(0.0, |(last, first)| last - first)
}

/// Combinations of frequencies up to this order must turn along an orbit for its basis to mean something: those of two
/// neighbouring lines, of their first harmonics and of their sums.
pub(super) const RESOLVED_ORDER: u32 = 4;

/// Actions that may be off by more than this, relative to their sum, are refused.
pub(super) const ACTION_TOLERANCE: f64 = 1e-6;

fn run(study: &Study, options: &Options) -> Result<Artifact, Error> {
    let orbits = Orbits::of(study, "naff")?;
    let fundamental_options = spectra_asked(study, options)?;
    let order = count(options, "order")?.unwrap_or(6) as u32;
    let kinds = orbits.kinds();
    let Sampled { orbits: regular, ensemble, spectra } = sample(study, orbits, options, &fundamental_options)?;
    let fundamental: Vec<Fundamental> = spectra.iter().map(|orbit| orbit.fundamental.clone()).collect();
    let has_rates = flag(options, "rates")?.unwrap_or(true);
    let dt = equal_step(&ensemble.t).map_err(frequency_error)?;
    let actions = actions_of(&ensemble, &kinds, &fundamental, ACTION_TOLERANCE);
    let separation = Separation::of(orbits.hamiltonian())?;
    let by_quadrature = separation.map_or(Vec::new(), |separation| quadrature_of(&ensemble, &separation, &kinds));
    let diffusion = |i: usize| {
        let whole = &fundamental[i];
        frequency_diffusion(&ensemble.orbits[i], dt, &kinds, whole, &fundamental_options).ok()
    };
    let duration = duration(&ensemble.t);
    let entry = |(i, &orbit): (usize, &usize)| FrequencyOrbit {
        initial: orbits.initial[orbit].clone(),
        measured: Some(fundamental[i].omega.clone()),
        error: Some(fundamental[i].error.clone()),
        amplitude: Some(fundamental[i].amplitude.clone()),
        phase: Some(fundamental[i].phase.clone()),
        unresolved: fundamental[i].unresolved(RESOLVED_ORDER, duration).map(|k| k.into_iter().map(i64::from).collect()),
        lines: spectra[i].spectra.iter().map(lines).collect(),
        rates: if has_rates { angle_rates(&spectra[i]) } else { Vec::new() },
        measured_actions: actions[i].as_ref().ok().map(|found| found.actions.clone()),
        action_method: actions[i].is_ok().then(|| "fourier".into()),
        action_error: actions[i].as_ref().ok().map(|found| found.error.iter().copied().fold(0.0, f64::max)),
        without_actions: actions[i].as_ref().err().map(NoActions::to_string),
        quadrature: by_quadrature.get(i).and_then(|found| {
            let found = found.as_ref().ok()?;
            let fourier = actions[i].as_ref().ok();
            Some(Quadrature {
                actions: found.actions.clone(),
                omega: found.omega.clone(),
                error: found.error,
                nodes: found.nodes,
                difference: fourier.and_then(|fourier| found.difference(&fundamental[i].omega, &fourier.actions)),
            })
        }),
        without_quadrature: by_quadrature.get(i).and_then(|found| found.as_ref().err().map(NoQuadrature::to_string)),
        diffusion: diffusion(i).and_then(|d| finite(d.relative)),
        ..FrequencyOrbit::default()
    };
    let frequencies = Frequencies {
        unit: "rad/time".into(),
        orbits: regular.iter().enumerate().map(entry).collect(),
        resonances: shared_resonances(&fundamental, order, &[]),
        resonance_tolerance: Some(format!(
            "{RESOLUTION_ERRORS} standard errors of each frequency and {RESOLUTION:e} of it, |k_i| times"
        )),
        agreement: None,
    };
    let t = ensemble.t;
    let options = fundamental_options;
    Artifact::new(&frequencies, Measured { orbits: regular, fundamental, actions, order, options, t })
}

/// The regular orbits as they are sampled for their frequencies, and their spectra.
struct Sampled {
    orbits: Vec<usize>,
    ensemble: Ensemble,
    spectra: Vec<OrbitSpectra>,
}

/// Samples in a period of the fastest frequency: its first seven harmonics, and combinations as fast, are then below half
/// the sampling frequency. What is faster shows up shifted, where it may be taken for another term of the series.
const SAMPLES_IN_A_PERIOD: f64 = 16.0;

/// The most samples that take the place of one.
const FINEST: f64 = 16.0;

/// The orbits of the study, sampled again where that is asked for or their samples are too far apart.
fn sample(
    study: &Study,
    orbits: &Orbits,
    options: &Options,
    fundamental_options: &FundamentalOptions,
) -> Result<Sampled, Error> {
    let regular = super::chaos::regular_orbits(study, orbits)?;
    let with_spectra = |(places, ensemble): (Vec<usize>, Ensemble)| -> Result<Sampled, Error> {
        let spectra = orbit_spectra(&ensemble, &orbits.kinds(), fundamental_options).map_err(frequency_error)?;
        Ok(Sampled { orbits: places, ensemble, spectra })
    };
    let step = equal_step(&orbits.reduced.t).map_err(frequency_error)?;
    let (asked_t, asked_samples) = (positive(options, "t")?, count(options, "samples")?);
    let t = asked_t.unwrap_or(orbits.reduced.duration());
    let samples = asked_samples.unwrap_or((t / step).round() as usize + 1).max(16);
    let sampled = match asked_t.is_some() || asked_samples.is_some() {
        true => with_spectra(orbits.sampled_again(&regular, t, samples)?)?,
        false => with_spectra((regular.clone(), orbits.reduced_of(&regular)))?,
    };
    let omegas = sampled.spectra.iter().map(|orbit| orbit.fundamental.omega.as_slice());
    let finer = finer(omegas, t / (samples - 1) as f64);
    if asked_samples.is_some() || finer == 1 {
        return Ok(sampled);
    }
    with_spectra(orbits.sampled_again(&sampled.orbits, t, finer * (samples - 1) + 1)?)
}

/// How many samples must take the place of one, `dt` apart, for orbits with these frequencies.
pub(super) fn finer<'a>(omegas: impl Iterator<Item = &'a [f64]>, dt: f64) -> usize {
    let fastest = omegas.map(|omega| omega.iter().fold(0.0, |most: f64, omega| most.max(omega.abs())));
    let fastest: Vec<f64> = fastest.collect();
    // The median, since a few orbits may show a sum of two frequencies in the place of one.
    let fastest = Spread::of(&fastest).map_or(0.0, |spread| spread.median);
    (fastest * dt * SAMPLES_IN_A_PERIOD / TAU).ceil().clamp(1.0, FINEST) as usize
}

fn frequency_error(error: FrequencyError) -> Error {
    Error::NotApplicable(error.to_string())
}

/// How spectra are taken: the options `lines` and `window`.
pub(super) fn spectra_asked(study: &Study, options: &Options) -> Result<FundamentalOptions, Error> {
    let naff = NaffOptions {
        lines: count(options, "lines")?.unwrap_or(Budget(8, 12, 16).of(study.profile)),
        window: count(options, "window")?.unwrap_or(3) as u32,
        ..NaffOptions::default()
    };
    Ok(FundamentalOptions { naff, ..FundamentalOptions::default() })
}

fn lines(spectrum: &Spectrum) -> Vec<SpectralLine> {
    let line = |line: &aa_dynamics::frequency::Line| SpectralLine {
        omega: line.omega,
        amplitude: line.amplitude,
        phase: line.phase,
        error: line.error,
    };
    spectrum.lines.iter().map(line).collect()
}

/// Mean rates beside the lines that are nearest to them.
fn angle_rates(orbit: &OrbitSpectra) -> Vec<Option<AngleRate>> {
    let beside = |(found, spectrum): (&MeanRate, &Spectrum)| {
        let distance = |omega: &f64| (omega - found.rate).abs();
        let omegas = spectrum.lines.iter().map(|line| line.omega);
        let line = omegas.min_by(|a, b| distance(a).total_cmp(&distance(b)));
        let difference = line.map(|line| found.rate - line);
        AngleRate { rate: found.rate, error: found.error, digits: found.digits(), line, difference }
    };
    orbit.rates.iter().zip(&orbit.spectra).map(|(rate, spectrum)| Some(beside((rate.as_ref()?, spectrum)))).collect()
}

/// The resonances of all orbits, most frequent first; each orbit's frequencies put in the order given for it, if one is.
pub(super) fn shared_resonances(fundamental: &[Fundamental], order: u32, orders: &[Vec<usize>]) -> Vec<Resonance> {
    let mut counts: BTreeMap<Vec<i64>, usize> = BTreeMap::new();
    for (i, one) in fundamental.iter().enumerate() {
        for k in one.resonances(order) {
            let k = orders.get(i).map_or(k.clone(), |order| in_order(&k, order));
            *counts.entry(with_positive_start(k)).or_default() += 1;
        }
    }
    let mut shared: Vec<Resonance> = counts.into_iter().map(|(k, orbits)| Resonance { k, orbits }).collect();
    shared.sort_by_key(|resonance| (std::cmp::Reverse(resonance.orbits), order_of(&resonance.k)));
    shared
}

/// Of k and -k the one whose first entry that is not zero is positive.
fn with_positive_start(k: Vec<i32>) -> Vec<i64> {
    let sign = if k.iter().find(|k| **k != 0).is_some_and(|k| *k < 0) { -1 } else { 1 };
    k.into_iter().map(|k| sign * i64::from(k)).collect()
}

fn order_of(k: &[i64]) -> i64 {
    k.iter().map(|k| k.abs()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_follow_the_fastest_frequency_of_most_orbits() {
        let omegas = [[0.3, -1.0], [0.9, 0.2], [5.0, 0.1]];
        let finer = |n: usize, dt: f64| finer(omegas[..n].iter().map(<[f64; 2]>::as_slice), dt);
        // A period of 2 pi has 16 samples 0.39 apart.
        assert_eq!([0.39, 0.4, 0.8].map(|dt| finer(3, dt)), [1, 2, 3]);
        assert_eq!((finer(0, 1.0), finer(3, 1e9)), (1, 16));
    }
}
