//! Fit, then prove: a Hamiltonian with simple rational coefficients that moves the orbits as they were measured.
//!
//! H = sum p^2/(2m) + V(q), V a polynomial (with harmonics of circles). 1/m comes from dq/dt = p/m, V from dp/dt =
//! -dV/dq, both in weak form (see `weak`). Terms that are 0 within four standard errors are dropped, the others must
//! lie within as many of a fraction with a denominator up to 12. If one does not, or the whole does not move the orbits
//! as they move, there is no Hamiltonian, and the reason is told with the table of coefficients. Exact algebra applies
//! to what comes out; that it is the Hamiltonian of the system is measured, not proved.

use aa_symbolic::{Expr, Rational, to_f64};

use super::features::Feature;
use super::snap::{chance, snap};
use super::student::widened;
use super::weak::{Equation, Problem, Regression, Solution};
use super::{DataError, Noise, Samples};
use crate::{Error, Hamiltonian, PhaseSpace};

/// What to fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FitOptions {
    /// Largest degree of the potential.
    pub degree: u32,
}

impl Default for FitOptions {
    fn default() -> Self {
        FitOptions { degree: 4 }
    }
}

impl FitOptions {
    /// The default, with the highest degree up to 4 that so many coordinates allow.
    pub fn affordable(samples: &Samples) -> FitOptions {
        let coordinates = &samples.kinds()[..samples.width() / 2];
        FitOptions { degree: Feature::affordable(coordinates, FitOptions::default().degree, MOST_TERMS) }
    }
}

/// Most terms of a potential.
const MOST_TERMS: usize = 150;

/// One term of the fitted Hamiltonian.
#[derive(Clone, Debug, PartialEq)]
pub struct FittedTerm {
    /// What the coefficient multiplies in H.
    pub term: Expr,
    /// The coefficient as fitted.
    pub value: f64,
    /// Its standard error, over orbits.
    pub error: f64,
    /// The fraction it stands for; 0 where it was dropped.
    pub snapped: Option<Rational>,
}

/// A fit and what came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// Every term that was tried.
    pub terms: Vec<FittedTerm>,
    /// The exact Hamiltonian.
    ///
    /// # Errors
    /// In words, why there is none.
    pub hamiltonian: Result<Hamiltonian, String>,
    /// The squared share of the motion that the exact H leaves unexplained, noise taken out, and its standard error;
    /// the largest of all equations that came so far.
    pub misfit: Option<(f64, f64)>,
}

/// Samples on each side of a window; the one with the smallest errors is taken.
const HALF_WINDOWS: [usize; 5] = [8, 16, 32, 64, 128];

/// Fits a Hamiltonian to orbits in canonical coordinates, q then p.
///
/// # Errors
/// Columns that are not those of the space, noise that does not fit them. That no Hamiltonian of this form fits is a
/// result: see [`Fit::hamiltonian`].
pub fn fit_hamiltonian(
    samples: &Samples,
    space: &PhaseSpace,
    noise: &Noise,
    options: &FitOptions,
) -> Result<Fit, Error> {
    let dof = space.dof();
    if samples.width() != 2 * dof {
        return Err(Error::WrongLength { expected: 2 * dof, found: samples.width() });
    }
    noise.check(samples)?;
    let potential = potential(samples, dof, options.degree)?;
    let mut fit = Fit { terms: Vec::new(), hamiltonian: Err(String::new()), misfit: None };
    let mut faults = Vec::new();
    match samples.equal_step() {
        Ok(dt) => fit.fill(&Problem { samples, noise, dt }, space, &potential, &mut faults),
        Err(unequal) => faults.push(unequal.to_string()),
    }
    fit.hamiltonian = if faults.is_empty() { Ok(fit.exact(space)?) } else { Err(faults.join("; ")) };
    Ok(fit)
}

/// The terms of the potential.
fn potential(samples: &Samples, dof: usize, degree: u32) -> Result<Vec<Feature>, Error> {
    let found = Feature::count(&samples.kinds()[..dof], degree);
    if !(1..=MOST_TERMS).contains(&found) {
        return Err(DataError::TooManyFeatures { degree, columns: dof, found, most: MOST_TERMS }.into());
    }
    Ok(Feature::all(samples.kinds(), 0..dof, degree).split_off(1))
}

/// dp/dt = -dV/dq of one degree of freedom.
fn force(potential: &[Feature], i: usize, dof: usize, samples: &Samples) -> Equation {
    let slope =
        |(a, feature): (usize, &Feature)| feature.derivative(i, samples.kinds()).map(|(slope, c)| (a, slope, -c));
    Equation { target: dof + i, terms: potential.iter().enumerate().filter_map(slope).collect() }
}

impl Fit {
    /// Fits masses and potential.
    fn fill(&mut self, problem: &Problem<'_>, space: &PhaseSpace, potential: &[Feature], faults: &mut Vec<String>) {
        let dof = space.dof();
        for i in 0..dof {
            let equation = Equation { target: i, terms: vec![(0, Feature::single(2 * dof, dof + i, 1), 1.0)] };
            self.add(problem, &[equation], vec![space.p(i).powi(2) / 2], faults);
        }
        let forces: Vec<Equation> = (0..dof).map(|i| force(potential, i, dof, problem.samples)).collect();
        let term = |feature: &Feature| feature.expr(&space.symbols(), problem.samples.kinds());
        self.add(problem, &forces, potential.iter().map(term).collect(), faults);
    }

    /// The sum of all terms with the fractions they stand for.
    fn exact(&self, space: &PhaseSpace) -> Result<Hamiltonian, Error> {
        let term = |t: &FittedTerm| t.snapped.clone().map(|c| Expr::rational(c) * &t.term);
        Hamiltonian::new(self.terms.iter().filter_map(term).sum(), space.clone())
    }

    /// Fits the coefficients of some terms to some equations and adds them to the table.
    fn add(&mut self, problem: &Problem<'_>, equations: &[Equation], terms: Vec<Expr>, faults: &mut Vec<String>) {
        let Some((regression, mut solution)) = best_window(problem, equations, terms.len()) else {
            faults.push(
                "the orbits do not determine the coefficients: they vary too little, or too few are there".into(),
            );
            return;
        };
        // Three standard errors are passed by one of a dozen coefficients in thirty fits.
        let reach = widened(4.0, problem.samples.n_orbits());
        let active = prune(&regression, &mut solution, reach);
        let mut exact = vec![0.0; terms.len()];
        for (a, term) in terms.into_iter().enumerate() {
            let (value, error) = (solution.coefficients[a], solution.errors[a]);
            let snapped = if active.contains(&a) { snap(value, reach * error) } else { Some(Rational::ZERO) };
            match &snapped {
                None => faults.push(format!("the coefficient {value:.6} of {term} is no simple fraction")),
                Some(fraction) if active.contains(&a) && chance(fraction, reach * error) > GUESS => {
                    faults.push(format!("the coefficient of {term}, {value:.3} within {error:.1e}, is too uncertain"));
                }
                Some(fraction) => exact[a] = to_f64(fraction),
            }
            self.terms.push(FittedTerm { term, value, error, snapped });
        }
        if !faults.is_empty() {
            return;
        }
        let (misfit, error) = regression.misfit(&exact);
        if misfit > (4.0 * error).max(LEFT_OVER) {
            faults.push(format!("a share {misfit:.1e} of the motion is not that of such a Hamiltonian"));
        }
        if self.misfit.is_none_or(|(worst, _)| misfit > worst) {
            self.misfit = Some((misfit, error));
        }
    }
}

/// A fraction that a number would meet by chance as often as this is a guess.
const GUESS: f64 = 0.25;

/// Squared share of the motion left unexplained that integrators and sums over samples may leave.
const LEFT_OVER: f64 = 1e-7;

/// The equations over the windows that give the smallest errors, and their solution.
fn best_window(problem: &Problem<'_>, equations: &[Equation], n: usize) -> Option<(Regression, Solution)> {
    let all: Vec<usize> = (0..n).collect();
    let mut best: Option<(f64, Regression, Solution)> = None;
    let n_times = problem.samples.n_times();
    let halves: Vec<usize> = HALF_WINDOWS.into_iter().filter(|half| 2 * half < n_times).collect();
    for regression in problem.over_windows(equations, n, &halves) {
        let Some(solution) = regression.solve(&all) else { continue };
        let size: f64 = solution.errors.iter().map(|e| libm::log(e.max(1e-12))).sum();
        if best.as_ref().is_none_or(|(smallest, ..)| size < *smallest) {
            best = Some((size, regression, solution));
        }
    }
    best.map(|(_, regression, solution)| (regression, solution))
}

/// Drops coefficients that are 0 within `reach` standard errors, all such at once, until none is left.
///
/// A dropped term keeps the value and error with which it was dropped.
fn prune(regression: &Regression, solution: &mut Solution, reach: f64) -> Vec<usize> {
    let mut active: Vec<usize> = (0..solution.coefficients.len()).collect();
    loop {
        let is_zero = |a: usize| {
            let (value, error) = (solution.coefficients[a], solution.errors[a]);
            value.abs() < reach * error || snap(value, 0.0).is_some_and(|fraction| fraction.is_zero())
        };
        let kept: Vec<usize> = active.iter().copied().filter(|&a| !is_zero(a)).collect();
        if kept.len() == active.len() || kept.is_empty() {
            return kept;
        }
        active = kept;
        let Some(next) = regression.solve(&active) else { return active };
        for &a in &active {
            (solution.coefficients[a], solution.errors[a]) = (next.coefficients[a], next.errors[a]);
        }
    }
}
