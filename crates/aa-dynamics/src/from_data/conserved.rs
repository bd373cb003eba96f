//! Combinations of features that keep their value along orbits: a generalised eigenvalue problem.
//!
//! W is the covariance of the features within orbits, T the total one, N that of the noise in them. A direction c with
//! (W - N) c = lambda (T - N) c varies along an orbit by the share lambda of how it varies over all: 0 where it is
//! conserved. Directions are found on every other orbit and judged on the rest, where lambda has a standard error over
//! orbits. One degree after another, with the products of what is already found taken out, so that F and F^2 do not
//! mix. The unbiased covariances are in `features` and `moments`.

use rayon::prelude::*;

use super::covariances::{Covariances, Judges};
use super::features::Feature;
use super::gradients::Gradients;
use super::moments::{Moments, Products};
use super::student::widened;
use super::{DataError, Noise, Samples};
use crate::{CoordinateKind, Error};

/// What to look for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConservedOptions {
    /// Largest degree of the polynomials; harmonics of circles count by their order.
    pub degree: u32,
    /// Combinations that vary along orbits by less than this share count as conserved, with more as not.
    pub threshold: f64,
}

impl Default for ConservedOptions {
    fn default() -> Self {
        // In the table of the tests, lambda of what is conserved stays below 0.003 at 10 % noise, of all else above 0.03.
        ConservedOptions { degree: 4, threshold: 0.02 }
    }
}

impl ConservedOptions {
    /// The default, with the highest degree up to 4 that so many columns allow.
    pub fn affordable(samples: &Samples) -> ConservedOptions {
        let usual = ConservedOptions::default();
        ConservedOptions { degree: Feature::affordable(samples.kinds(), usual.degree, MOST_FEATURES), ..usual }
    }
}

/// What the orbits say about a combination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// lambda + 3 standard errors lie below the threshold, and no change along orbits stands out from the noise.
    Conserved,
    /// lambda + 3 standard errors lie below the threshold, and yet it changes, on too many orbits for chance.
    Nearly,
    /// The orbits cannot tell.
    Undecided,
    /// lambda - 3 standard errors lie above the threshold.
    NotConserved,
}

impl State {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            State::Conserved => "conserved",
            State::Nearly => "nearly conserved",
            State::Undecided => "undecided",
            State::NotConserved => "not conserved",
        }
    }
}

/// A combination of features, judged on orbits that had no part in finding it.
#[derive(Clone, Debug, PartialEq)]
pub struct Combination {
    /// The formula in script syntax, coefficients to four digits and the largest 1; small terms are left out. Only
    /// for what is conserved, or nearly.
    pub expression: Option<String>,
    /// Its degree.
    pub degree: u32,
    /// The share of its variance that is within orbits, noise taken out; 0 for a conserved quantity.
    pub lambda: f64,
    /// The standard error of lambda, over orbits.
    pub error: f64,
    /// What follows.
    pub state: State,
    /// Whether its gradient is independent of those of the conserved combinations before it.
    pub independent: bool,
}

impl Combination {
    /// lambda and three standard errors: within orbits varies less than this share of its variance.
    pub fn bound(&self) -> f64 {
        self.lambda.max(0.0) + 3.0 * self.error
    }
}

/// What was found, and in what.
#[derive(Clone, Debug, PartialEq)]
pub struct Conserved {
    /// Conserved combinations by degree; then, of the whole space, what else varies least, a few.
    pub combinations: Vec<Combination>,
    /// The degree up to which was looked.
    pub degree: u32,
    /// Number of candidate features.
    pub basis: usize,
    /// Why nothing is claimed, where that is so.
    pub doubt: Option<&'static str>,
}

impl Conserved {
    /// The conserved combinations.
    pub fn conserved(&self) -> impl Iterator<Item = &Combination> {
        self.combinations.iter().filter(|found| found.state == State::Conserved)
    }

    /// Number of functionally independent conserved combinations.
    pub fn independent(&self) -> usize {
        self.conserved().filter(|found| found.independent).count()
    }
}

/// Most features taken: an eigenvalue problem of a second, and orbits that could fill it.
const MOST_FEATURES: usize = 300;

/// Looks for conserved combinations of the columns.
///
/// # Errors
/// Noise that does not fit the columns; a degree that gives no candidates or too many.
pub fn conserved_combinations(
    samples: &Samples,
    noise: &Noise,
    options: &ConservedOptions,
) -> Result<Conserved, Error> {
    noise.check(samples)?;
    let basis = Feature::count(samples.kinds(), options.degree);
    if !(1..=MOST_FEATURES).contains(&basis) {
        let (degree, columns) = (options.degree, samples.width());
        return Err(DataError::TooManyFeatures { degree, columns, found: basis, most: MOST_FEATURES }.into());
    }
    let products = Products::new(samples.kinds(), options.degree);
    let mut search = Search::new(samples, &products, noise, options);
    let mut rest = Vec::new();
    for degree in 1..=options.degree {
        rest = search.rise(degree);
    }
    let mut combinations = search.found;
    combinations.extend(rest);
    Ok(Conserved { combinations, degree: options.degree, basis, doubt: search.doubt })
}

/// Fewer orbits than these, at noise above [`LOUD`], have claimed what is not so.
const FEW: usize = 50;

/// Noise as a share of a column's spread.
const LOUD: f64 = 0.03;

/// Everything the degrees share.
struct Search<'a> {
    samples: &'a Samples,
    products: &'a Products<'a>,
    options: &'a ConservedOptions,
    /// What the columns are divided by.
    scale: Vec<f64>,
    relative_error: f64,
    doubt: Option<&'static str>,
    fitting: Covariances,
    judges: Judges,
    gradients: Gradients,
    /// Conserved combinations by their coefficients, with their degrees.
    known: Vec<(Vec<f64>, u32)>,
    found: Vec<Combination>,
}

impl<'a> Search<'a> {
    fn new(samples: &'a Samples, products: &'a Products<'a>, noise: &Noise, options: &'a ConservedOptions) -> Self {
        let spread = samples.spread();
        let circles = samples.kinds().iter().map(|kind| *kind == CoordinateKind::Circle);
        let scale: Vec<f64> = spread.iter().zip(circles).map(|(s, circle)| if circle { 1.0 } else { *s }).collect();
        let sigma: Vec<f64> = noise.sigma.iter().zip(&scale).map(|(sigma, s)| sigma / s).collect();
        let half = |first: usize| -> Vec<Moments> {
            let orbits: Vec<usize> = (first..samples.n_orbits()).step_by(2).collect();
            orbits.into_par_iter().map(|orbit| products.moments(samples, orbit, &scale, &sigma)).collect()
        };
        let loud = noise.sigma.iter().zip(&spread).any(|(sigma, s)| *sigma > LOUD * s);
        let doubt = (loud && samples.n_orbits() < FEW).then_some("so few orbits at so much noise allow no claim");
        Search {
            fitting: Covariances::of(&half(0), samples.n_times()),
            judges: Judges::new(half(1), samples.n_times()),
            gradients: Gradients::new(samples, products, &scale),
            relative_error: noise.relative_error,
            known: Vec::new(),
            found: Vec::new(),
            samples,
            products,
            options,
            scale,
            doubt,
        }
    }

    /// Looks among the features up to a degree; returns what else varies little, up to and with the first direction
    /// that is not conserved.
    fn rise(&mut self, degree: u32) -> Vec<Combination> {
        let n = self.products.features.iter().filter(|feature| feature.degree() <= degree).count();
        let known = algebra(self.products, &self.known, degree);
        let (mut conserved, rest) = self.sorted(self.fitting.directions(n, &known));
        let short = self.fitting.shortened(&known, &conserved);
        if short.iter().all(|direction| self.judge(direction).2 == State::Conserved) {
            conserved = short;
        }
        for direction in conserved {
            let independent = self.gradients.is_independent(&direction);
            let found = self.combination(&direction, degree, independent);
            self.found.push(found);
            self.known.push((direction, degree));
        }
        let shown = rest.iter().take(MOST_OTHERS).chain(rest.iter().skip(MOST_OTHERS).last());
        shown.map(|direction| self.combination(direction, degree, false)).collect()
    }

    /// Of directions in order, those that are conserved, and the others up to the first that is certainly not.
    fn sorted(&self, directions: Vec<Vec<f64>>) -> (Vec<Vec<f64>>, Vec<Vec<f64>>) {
        let (mut conserved, mut rest) = (Vec::new(), Vec::new());
        for mut direction in directions {
            direction.resize(self.products.features.len(), 0.0);
            match self.judge(&direction).2 {
                State::Conserved => conserved.push(direction),
                State::NotConserved => {
                    rest.push(direction);
                    break;
                }
                _ => rest.push(direction),
            }
        }
        (conserved, rest)
    }

    /// lambda, its standard error and what follows.
    fn judge(&self, direction: &[f64]) -> (f64, f64, State) {
        let Some(verdict) = self.judges.hear(direction) else { return (f64::NAN, f64::NAN, State::Undecided) };
        let bias = self.relative_error * verdict.noise;
        let error = verdict.error.hypot(bias);
        let margin = widened(3.0, self.judges.n_orbits()) * error;
        let state = match verdict.lambda {
            lambda if lambda - margin > self.options.threshold => State::NotConserved,
            lambda if lambda + margin >= self.options.threshold || self.doubt.is_some() => State::Undecided,
            lambda if verdict.varies && lambda > 3.0 * bias + ROUNDING => State::Nearly,
            _ => State::Conserved,
        };
        (verdict.lambda, error, state)
    }

    fn combination(&self, direction: &[f64], degree: u32, independent: bool) -> Combination {
        let (lambda, error, state) = self.judge(direction);
        let expression = matches!(state, State::Conserved | State::Nearly).then(|| self.expression(direction));
        Combination { expression, degree, lambda, error, state, independent }
    }

    /// The direction in the columns as they came, the largest coefficient 1.
    fn expression(&self, direction: &[f64]) -> String {
        let weight = |a: usize| (direction[a] * self.fitting.size(a)).abs();
        let heaviest = (0..direction.len()).map(weight).fold(0.0, f64::max);
        let unscaled = |a: usize| {
            let powers = self.products.features[a].0.iter().zip(&self.scale);
            direction[a] / powers.map(|(k, s)| s.powi(*k)).product::<f64>()
        };
        let shown = (0..direction.len()).filter(|&a| weight(a) > NEGLIGIBLE * heaviest);
        let terms: Vec<(usize, f64)> = shown.map(|a| (a, unscaled(a))).collect();
        let largest = terms.iter().fold(0.0, |m: f64, (_, c)| if c.abs() > m.abs() { *c } else { m });
        let mut text = String::new();
        for (a, c) in terms {
            let size = round(c.abs() / largest.abs());
            let factor = if size == 1.0 { String::new() } else { format!("{size}*") };
            let sign = match (text.is_empty(), c / largest < 0.0) {
                (true, true) => "-",
                (true, false) => "",
                (false, true) => " - ",
                (false, false) => " + ",
            };
            let feature = self.products.features[a].expr(self.samples.symbols(), self.samples.kinds());
            text.push_str(&format!("{sign}{factor}{feature}"));
        }
        text
    }
}

/// To four digits.
fn round(x: f64) -> f64 {
    format!("{x:.3e}").parse().unwrap_or(x)
}

/// Directions that are not conserved are shown up to this number, and the last.
const MOST_OTHERS: usize = 3;

/// A lambda below this is rounding, or the error of whoever integrated the orbits.
const ROUNDING: f64 = 1e-6;

/// Terms below this share of the heaviest are left out of formulas.
const NEGLIGIBLE: f64 = 1e-2;

/// All products of known combinations up to a degree, the known ones included.
fn algebra(products: &Products<'_>, known: &[(Vec<f64>, u32)], degree: u32) -> Vec<Vec<f64>> {
    let mut all: Vec<(Vec<f64>, u32, usize)> =
        known.iter().enumerate().map(|(last, (f, d))| (f.clone(), *d, last)).collect();
    let mut next = 0;
    while next < all.len() {
        let (f, d, last) = all[next].clone();
        for (place, (g, e)) in known.iter().enumerate().skip(last).filter(|(_, (_, e))| d + e <= degree) {
            all.push((products.product(&f, g), d + e, place));
        }
        next += 1;
    }
    all.into_iter().map(|(f, ..)| f).collect()
}
