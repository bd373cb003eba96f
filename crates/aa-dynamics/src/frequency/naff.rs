//! Numerical analysis of fundamental frequencies: the lines of a quasi-periodic signal, to rounding.
//!
//! The highest peak of the windowed Fourier transform starts a line; Newton's method on the windowed integral
//! refines it; all lines found so far that could disturb each other are corrected together; then the next peak
//! of what is left. A plain Fourier transform knows a frequency to 1/T; with the window Hann^p a lone line is
//! off by T^-(2p+2), and lines that were found do not disturb each other at all.
//!
//! After Laskar (Physica D 56, 1992) and, for the correction of several lines at once, Sidlichovsky and
//! Nesvorny (Celest. Mech. 65, 1996). For the single rotation number of a smooth curve see
//! [`rotation_rate`](super::rotation_rate).

use std::f64::consts::{PI, TAU};
use std::sync::Arc;

use rustfft::num_complex::Complex64;
use rustfft::{Fft, FftPlannerScalar};

use super::FrequencyError;
use super::joint::{Fit, Term};
use super::rotation::{Series, fraction};
use super::window::{MOST, Window};

/// How a spectrum is taken.
#[derive(Clone, Debug, PartialEq)]
pub struct NaffOptions {
    /// The most lines sought.
    pub lines: usize,
    /// The power p of the window Hann^p, at most 8. Neighbours need p + 1 bins (1/T each) between them to be
    /// seen as two peaks; lines left out disturb by their distance in bins to the power -(2p+1).
    pub window: u32,
    /// Lines weaker than this, relative to the strongest, are not sought.
    pub tolerance: f64,
}

impl Default for NaffOptions {
    fn default() -> Self {
        // Hann^3 silences a neighbour 30 bins off to 1e-9. 1e-13 is where rounding of the samples begins.
        NaffOptions { lines: 12, window: 3, tolerance: 1e-13 }
    }
}

/// One line: amplitude times e^{i (omega t + phase)}, t from the first sample.
///
/// For a real signal it stands for amplitude times cos(omega t + phase), with omega > 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    /// Frequency in radians per unit time; signed for complex signals.
    pub omega: f64,
    /// Amplitude, positive, in the signal's unit.
    pub amplitude: f64,
    /// Phase at the first sample, in [-pi, pi).
    pub phase: f64,
    /// Standard error of `omega` if the residual were noise of the density it has within 16 bins of the line,
    /// plus rounding. Where the residual is more lines, as for a regular orbit, this is an upper bound in practice.
    pub error: f64,
}

/// The lines of a signal, strongest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Spectrum {
    /// The constant part; fitted along with the lines, so that they do not disturb it.
    pub mean: Complex64,
    /// The lines found, by falling amplitude.
    pub lines: Vec<Line>,
    /// Root mean square, under the window, of what mean and lines leave of the signal.
    pub residual: f64,
    /// One bin, 2 pi / T: the distance in omega below which lines merge.
    pub bin: f64,
}

/// The spectrum of a complex signal sampled every `dt`.
///
/// Negative frequencies are lines of their own. Any number of samples will do.
///
/// ```
/// use aa_dynamics::frequency::{Complex64, NaffOptions, naff};
/// // e^{-0.7 i t}: turning backwards.
/// let signal: Vec<_> = (0..1000).map(|n| Complex64::cis(-0.7 * 0.1 * f64::from(n))).collect();
/// let spectrum = naff(&signal, 0.1, &NaffOptions { lines: 1, ..NaffOptions::default() })?;
/// assert!((spectrum.lines[0].omega + 0.7).abs() < 1e-13);
/// # Ok::<(), aa_dynamics::frequency::FrequencyError>(())
/// ```
///
/// # Errors
/// Fewer than 16 samples, a sample or a `dt` that makes no sense, a window power above 8.
pub fn naff(signal: &[Complex64], dt: f64, options: &NaffOptions) -> Result<Spectrum, FrequencyError> {
    Naff::new(signal.len(), options)?.analyze(signal, dt)
}

/// The spectrum of a real signal sampled every `dt`: only positive frequencies are reported.
///
/// # Errors
/// As [`naff`].
pub fn naff_real(signal: &[f64], dt: f64, options: &NaffOptions) -> Result<Spectrum, FrequencyError> {
    Naff::new(signal.len(), options)?.analyze_real(signal, dt)
}

/// The window and the plan of the Fourier transform for one length, to be used for many signals.
pub struct Naff {
    n: usize,
    options: NaffOptions,
    window: Window,
    transform: Arc<dyn Fft<f64>>,
}

/// The shortest signal: a window and a line need room.
const SHORTEST: usize = 16;

/// Lines nearer than this many bins to one already found are taken for its remains, not for lines.
const MERGED: f64 = 1.5;

/// Lines farther apart than this many bins are not corrected together until the end.
const NEAR: f64 = 24.0;

/// The noise of a line is judged from this many bins to each side of it.
const NOISE_BINS: i64 = 16;

impl Naff {
    /// Prepares for signals of `n` samples.
    ///
    /// # Errors
    /// Fewer than 16 samples, or a window power above 8.
    pub fn new(n: usize, options: &NaffOptions) -> Result<Self, FrequencyError> {
        if n < SHORTEST {
            return Err(FrequencyError::TooShort { needed: SHORTEST, found: n });
        }
        if options.window > MOST {
            return Err(FrequencyError::Window { most: MOST, found: options.window });
        }
        // The scalar plan: the same bits on every machine, and the transforms are not where the time goes.
        let transform = FftPlannerScalar::new().plan_fft_forward(n);
        Ok(Naff { n, options: options.clone(), window: Window::new(n, options.window), transform })
    }

    /// The spectrum of a complex signal.
    ///
    /// # Errors
    /// A signal of another length, samples that are not finite, a `dt` that is not positive.
    pub fn analyze(&self, signal: &[Complex64], dt: f64) -> Result<Spectrum, FrequencyError> {
        let mut series = Series::zeros(self.n);
        self.check(signal.len(), signal.iter().map(|z| z.re + z.im), dt)?;
        for (index, z) in signal.iter().enumerate() {
            (series.re[index], series.im[index]) = (z.re, z.im);
        }
        Ok(self.lines(&series, dt, false))
    }

    /// The spectrum of a real signal: each line stands for a cosine.
    ///
    /// # Errors
    /// As [`Naff::analyze`].
    pub fn analyze_real(&self, signal: &[f64], dt: f64) -> Result<Spectrum, FrequencyError> {
        let mut series = Series::zeros(self.n);
        self.check(signal.len(), signal.iter().copied(), dt)?;
        series.re[..self.n].copy_from_slice(signal);
        Ok(self.lines(&series, dt, true))
    }

    fn check(&self, n: usize, mut sizes: impl Iterator<Item = f64>, dt: f64) -> Result<(), FrequencyError> {
        if n != self.n {
            return Err(FrequencyError::OtherLength { expected: self.n, found: n });
        }
        if !dt.is_finite() || dt <= 0.0 {
            return Err(FrequencyError::TimeStep { dt });
        }
        sizes.position(|size| !size.is_finite()).map_or(Ok(()), |index| Err(FrequencyError::NotFinite { index }))
    }

    /// Finds line after line, then corrects all of them together.
    fn lines(&self, signal: &Series, dt: f64, real: bool) -> Spectrum {
        let mut fit = Fit::new(signal, self.n, &self.window, real);
        let images = if real { 2 } else { 1 };
        let scale = fit.apply_window().sqrt() + fit.terms[0].amplitude.norm();
        let mut refused = Vec::new();
        let mut buffer = vec![Complex64::ZERO; self.n];
        let mut scratch = vec![Complex64::ZERO; self.transform.get_inplace_scratch_len()];
        while fit.terms.len() < 1 + images * self.options.lines && refused.len() < self.options.lines {
            fit.apply_window();
            self.transform_of(fit.windowed(), &mut buffer, &mut scratch);
            let Some((turns, height)) = self.highest(&buffer, &fit.terms, &refused, real) else { break };
            // Rounding of the samples themselves, seen through the window, is no line.
            if height <= (self.options.tolerance * fit.largest()).max(1e-16 * scale) {
                break;
            }
            self.try_line(&mut fit, turns, images, &mut refused);
        }
        fit.rebuild();
        let all: Vec<usize> = (0..fit.terms.len()).collect();
        fit.correct(&all, 12, 1e-12);
        let residual = fit.apply_window().sqrt();
        self.transform_of(fit.windowed(), &mut buffer, &mut scratch);
        let errors = fit.errors(|term| self.noise_around(term.turns, &buffer));
        let lines = self.report(&fit.terms, &errors, dt, real);
        Spectrum { mean: fit.terms[0].amplitude, lines, residual, bin: TAU / (self.n as f64 * dt) }
    }

    /// Adds a line and corrects it with its neighbours, unless that runs it into one of them.
    fn try_line(&self, fit: &mut Fit, turns: f64, images: usize, refused: &mut Vec<f64>) {
        let before = fit.terms.clone();
        fit.add_line(turns);
        let new = before.len();
        let near = |term: &Term| (new..new + images).any(|i| self.bins(term.turns, fit.terms[i].turns) < NEAR);
        let mut active: Vec<usize> = (0..new + images).filter(|&index| near(&fit.terms[index])).collect();
        complete_pairs(&mut active, images);
        fit.correct(&active, 6, 1e-7);
        if self.has_merged(&fit.terms, &active) {
            fit.restore(before);
            refused.push(turns);
        }
    }

    fn has_merged(&self, terms: &[Term], active: &[usize]) -> bool {
        let close = |j: usize, k: usize| j < k && self.bins(terms[j].turns, terms[k].turns) < 0.5 * MERGED;
        active.iter().any(|&j| active.iter().any(|&k| close(j, k)))
    }

    /// The distance of two frequencies in bins, around the circle of aliases.
    fn bins(&self, a: f64, b: f64) -> f64 {
        ((a - b) - (a - b).round()).abs() * self.n as f64
    }

    fn transform_of(&self, windowed: &Series, buffer: &mut [Complex64], scratch: &mut [Complex64]) {
        for (z, (&re, &im)) in buffer.iter_mut().zip(windowed.re.iter().zip(&windowed.im)) {
            *z = Complex64::new(re, im);
        }
        self.transform.process_with_scratch(buffer, scratch);
    }

    /// The highest peak that belongs to no line found or refused: turns per sample and height.
    fn highest(&self, transform: &[Complex64], terms: &[Term], refused: &[f64], real: bool) -> Option<(f64, f64)> {
        let mut open = vec![true; self.n];
        let known = terms.iter().map(|term| term.turns).chain(refused.iter().flat_map(|&turns| [turns, -turns]));
        // A refused peak of a complex signal has no image; closing it too costs a few bins and no case.
        known.for_each(|turns| self.close(&mut open, turns));
        if real {
            self.close(&mut open, 0.5);
            open[self.n / 2 + 1..].fill(false);
        }
        let mut best: Option<(usize, f64)> = None;
        for (index, z) in transform.iter().enumerate().filter(|&(index, _)| open[index]) {
            let height = z.norm_sqr();
            if best.is_none_or(|(_, most)| height > most) {
                best = Some((index, height));
            }
        }
        best.map(|(index, height)| (index as f64 / self.n as f64, height.sqrt()))
            .map(|(turns, height)| (turns - turns.round(), height))
    }

    /// Closes the bins that a line at `turns` occupies.
    fn close(&self, open: &mut [bool], turns: f64) {
        let position = (turns - turns.floor()) * self.n as f64;
        let reach = MERGED.ceil() as i64 + 1;
        for offset in -reach..=reach {
            let bin = position.round() as i64 + offset;
            if (bin as f64 - position).abs() < MERGED {
                open[bin.rem_euclid(self.n as i64) as usize] = false;
            }
        }
    }

    /// The variance of white noise with the density that the residual has around a frequency.
    fn noise_around(&self, turns: f64, transform: &[Complex64]) -> f64 {
        let reach = NOISE_BINS.min(self.n as i64 / 2 - 1);
        let bin = ((turns - turns.floor()) * self.n as f64).round() as i64;
        let square = |offset: i64| transform[(bin + offset).rem_euclid(self.n as i64) as usize].norm_sqr();
        let mean = (-reach..=reach).map(square).sum::<f64>() / (2 * reach + 1) as f64;
        mean / self.window.noise_gain()
    }

    /// The lines in the caller's units.
    fn report(&self, terms: &[Term], errors: &[f64], dt: f64, real: bool) -> Vec<Line> {
        let middle = (self.n as f64 - 1.0) / 2.0;
        let images: u8 = if real { 2 } else { 1 };
        let line = |(term, error): (&Term, &f64)| {
            let turns = term.turns - term.turns.round();
            Line {
                omega: TAU * turns / dt,
                amplitude: term.amplitude.norm() * f64::from(images),
                phase: wrap(term.amplitude.arg() - TAU * fraction(turns, middle)),
                error: TAU * error / dt,
            }
        };
        let chosen = terms.iter().zip(errors).skip(1).step_by(images.into());
        let mut lines: Vec<Line> = chosen.map(line).map(|line| if real { upward(line) } else { line }).collect();
        lines.sort_by(|a, b| b.amplitude.total_cmp(&a.amplitude));
        lines
    }
}

/// Adds to each index of a pair its partner.
fn complete_pairs(active: &mut Vec<usize>, images: usize) {
    if images == 2 {
        let partners: Vec<usize> = active.iter().filter(|&&i| i > 0).map(|&i| (i - 1) / 2 * 2 + 1).collect();
        active.extend(partners.iter().flat_map(|&first| [first, first + 1]));
        active.sort_unstable();
        active.dedup();
    }
}

/// The same cosine with a positive frequency.
fn upward(line: Line) -> Line {
    if line.omega < 0.0 { Line { omega: -line.omega, phase: wrap(-line.phase), ..line } } else { line }
}

/// The angle in [-pi, pi).
fn wrap(angle: f64) -> f64 {
    let wrapped = angle - TAU * ((angle + PI) / TAU).floor();
    if wrapped >= PI { -PI } else { wrapped }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    fn cis(turns: f64, phase: f64, n: usize) -> Complex64 {
        Complex64::from_polar(1.0, TAU * fraction(turns, n as f64) + phase)
    }

    fn two_lines(n: usize, f: [f64; 2]) -> Vec<Complex64> {
        (0..n).map(|i| cis(f[0], 0.3, i) + 0.5 * cis(f[1], 1.1, i)).collect()
    }

    fn options(lines: usize, window: u32) -> NaffOptions {
        NaffOptions { lines, window, ..NaffOptions::default() }
    }

    /// Errors in cycles per sample of the two strongest lines.
    fn errors(spectrum: &Spectrum, f: [f64; 2]) -> [f64; 2] {
        [0, 1].map(|i| (spectrum.lines[i].omega / TAU - f[i]).abs())
    }

    #[test]
    fn two_lines_are_found_to_rounding() {
        let f = [0.123456789, 0.234567891];
        for window in 1..=5 {
            let spectrum = naff(&two_lines(1 << 14, f), 1.0, &options(2, window)).unwrap();
            let found = errors(&spectrum, f);
            println!("p = {window}: {found:?}, amplitude {:e}", spectrum.lines[0].amplitude - 1.0);
            // Three units in the last place of a quarter turn.
            assert!(found.iter().all(|error| *error <= 1e-16), "p = {window}: {found:?}");
            assert!((spectrum.lines[0].amplitude - 1.0).abs() < 1e-14);
            assert!((spectrum.lines[1].amplitude - 0.5).abs() < 1e-14);
            assert!((spectrum.lines[1].phase - 1.1).abs() < 1e-12);
            assert!(spectrum.residual < 1e-13);
        }
    }

    #[test]
    fn a_close_pair_is_told_apart() {
        let f = [0.123456789, 0.123456789 + 6.0 / 4096.0];
        for window in 1..=5 {
            let found = errors(&naff(&two_lines(4096, f), 1.0, &options(2, window)).unwrap(), f);
            println!("p = {window}: {found:?}");
            assert!(found.iter().all(|error| *error <= 1e-15), "p = {window}: {found:?}");
        }
    }

    #[test]
    fn any_number_of_samples_will_do() {
        for n in [1000, 1021, 4095, 4097, 6007] {
            let f = [0.123456789, -0.234567891];
            let found = errors(&naff(&two_lines(n, f), 1.0, &options(2, 2)).unwrap(), f);
            assert!(found.iter().all(|error| *error <= 2e-16), "{n}: {found:?}");
        }
    }

    /// The law of the window: with one line left out, the error falls as T^-(2p+2).
    #[test]
    fn errors_fall_with_the_law_of_the_window() {
        let mut stream = Stream::new(5, "law");
        for window in 1..=3u32 {
            let (mut points, law) = (Vec::new(), -f64::from(2 * window + 2));
            for exponent in 0..6 {
                let n = (96.0 * 1.5f64.powi(exponent)) as usize;
                let error = mean_error(n, window, &mut stream);
                if error > 1e-15 {
                    points.push((libm::log(n as f64), libm::log(error)));
                }
            }
            let found = slope(&points);
            println!("p = {window}: slope {found:.2} of {} lengths", points.len());
            // Half a power: the tail of the window wiggles as its argument runs through the zeros of a sine.
            assert!(points.len() >= 3 && (found - law).abs() < 0.5, "p = {window}: {found} instead of {law}");
        }
    }

    /// Root mean square error of the stronger line, the weaker not being sought, over random phases.
    fn mean_error(n: usize, window: u32, stream: &mut Stream) -> f64 {
        let (samples, f) = (40, [0.0931, 0.2931]);
        let square: f64 = (0..samples)
            .map(|_| {
                let (n, phase, shift) = (n + (stream.bits() % 7) as usize, TAU * stream.uniform(), stream.uniform());
                let g = f[1] + 0.01 * shift;
                let signal: Vec<_> = (0..n).map(|i| cis(f[0], 0.0, i) + 0.3 * cis(g, phase, i)).collect();
                let found = naff(&signal, 1.0, &options(1, window)).unwrap().lines[0].omega / TAU;
                (found - f[0]).powi(2)
            })
            .sum();
        (square / f64::from(samples)).sqrt()
    }

    fn slope(points: &[(f64, f64)]) -> f64 {
        let n = points.len() as f64;
        let mean = points.iter().fold((0.0, 0.0), |sum, point| (sum.0 + point.0 / n, sum.1 + point.1 / n));
        let product: f64 = points.iter().map(|point| (point.0 - mean.0) * (point.1 - mean.1)).sum();
        product / points.iter().map(|point| (point.0 - mean.0).powi(2)).sum::<f64>()
    }

    #[test]
    fn real_signals_give_cosines_and_their_mean() {
        let signal: Vec<f64> = (0..3000)
            .map(|n| f64::from(n) * 0.05)
            .map(|t| 7.0 + 2.0 * libm::cos(1.3 * t + 0.4) + 0.1 * libm::cos(3.7 * t - 2.0))
            .collect();
        let spectrum = naff_real(&signal, 0.05, &NaffOptions::default()).unwrap();
        assert!((spectrum.mean.re - 7.0).abs() < 1e-13 && spectrum.mean.im.abs() < 1e-13);
        for (line, (omega, amplitude, phase)) in spectrum.lines.iter().zip([(1.3, 2.0, 0.4), (3.7, 0.1, -2.0)]) {
            assert!((line.omega - omega).abs() < 1e-13, "{line:?}");
            assert!((line.amplitude - amplitude).abs() < 1e-13, "{line:?}");
            assert!((line.phase - phase).abs() < 1e-11, "{line:?}");
        }
        assert!(spectrum.lines.iter().skip(2).all(|line| line.amplitude < 1e-12), "{:?}", spectrum.lines);
    }

    #[test]
    fn a_slow_cosine_is_not_disturbed_by_its_own_image() {
        // Four periods in the whole series: the lobes of the line and of its image overlap.
        let signal: Vec<f64> = (0..512).map(|n| libm::cos(TAU * 4.3 * f64::from(n) / 512.0 + 1.0)).collect();
        let line = naff_real(&signal, 1.0, &options(1, 3)).unwrap().lines[0];
        assert!((line.omega / TAU - 4.3 / 512.0).abs() < 1e-16, "{line:?}");
    }

    #[test]
    fn many_lines_are_found_together() {
        let mut signal = vec![Complex64::ZERO; 4096];
        let line = |k: i32| (0.031 * f64::from(k) + 0.004 * f64::from(k * k), 0.4f64.powi(k.abs()));
        for k in -6..=6i32 {
            let (turns, amplitude) = line(k);
            signal.iter_mut().enumerate().for_each(|(n, z)| *z += amplitude * cis(turns, f64::from(k), n));
        }
        let spectrum = naff(&signal, 1.0, &options(12, 3)).unwrap();
        for found in &spectrum.lines {
            let nearest = (-6..=6).map(|k| (found.omega / TAU - line(k).0).abs()).fold(1.0, f64::min);
            assert!(nearest < 1e-13, "{found:?}: {nearest}");
        }
        assert_eq!(spectrum.lines.len(), 12);
    }

    #[test]
    fn noise_is_within_the_error_told() {
        let mut stream = Stream::new(3, "noise");
        let mut ratios = Vec::new();
        for _ in 0..60 {
            let noise: Vec<_> = (0..2048).map(|_| Complex64::new(stream.normal(), stream.normal()) * 0.01).collect();
            let signal: Vec<_> = noise.iter().enumerate().map(|(n, z)| z + cis(0.2, 0.0, n)).collect();
            let line = naff(&signal, 1.0, &options(1, 2)).unwrap().lines[0];
            ratios.push((line.omega - TAU * 0.2) / line.error);
        }
        let square = ratios.iter().map(|ratio| ratio * ratio).sum::<f64>() / ratios.len() as f64;
        // Sixty draws of chi squared over 60: five standard deviations of 0.18.
        assert!((square - 1.0).abs() < 0.9, "{square}");
    }

    #[test]
    fn constants_have_no_lines() {
        let spectrum = naff(&[Complex64::new(2.0, -1.0); 200], 0.1, &NaffOptions::default()).unwrap();
        assert_eq!(spectrum.lines, []);
        assert!((spectrum.mean - Complex64::new(2.0, -1.0)).norm() < 1e-15);
        assert_eq!(naff_real(&[0.0; 64], 0.1, &NaffOptions::default()).unwrap().lines, []);
    }

    #[test]
    fn senseless_signals_are_refused() {
        let fine = NaffOptions::default();
        assert!(matches!(naff_real(&[0.0; 4], 1.0, &fine), Err(FrequencyError::TooShort { found: 4, .. })));
        assert!(matches!(naff_real(&[0.0; 64], 0.0, &fine), Err(FrequencyError::TimeStep { .. })));
        let mut signal = [0.0; 64];
        signal[17] = f64::NAN;
        assert_eq!(naff_real(&signal, 1.0, &fine), Err(FrequencyError::NotFinite { index: 17 }));
        assert!(matches!(naff_real(&[0.0; 64], 1.0, &options(1, 9)), Err(FrequencyError::Window { .. })));
        assert!(Naff::new(64, &fine).unwrap().analyze_real(&[0.0; 65], 1.0).is_err());
    }
}
