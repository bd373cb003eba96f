//! The steps to a normal form at one point: expansion, modes, normalisation, maps, region.

use aa_symbolic::{Rational, to_f64};

use super::chart::Chart;
use super::formula::formulas;
use super::lie::{Normalised, RESONANT, normalise};
use super::maps::{Maps, unit_scale};
use super::modes::{Form, Mode, circular, coordinates, frequencies, modes};
use super::number::{Complex, Real};
use super::region::{Measure, region};
use super::series::{Layout, Monomial, Series};
use super::taylor::Failure;
use super::{NearResonance, NormalForm, n_monomials};
use crate::frequency::resonances;
use crate::{Error, Hamiltonian};

/// The most monomials of one normal form.
const MOST_TERMS: f64 = 2e6;

/// How monomials are packed, where there is room for all of them.
pub(super) fn room(dof: usize, order: usize) -> Result<Layout, Error> {
    let n_terms = n_monomials(dof, order);
    let layout = Layout::new(dof, order).filter(|_| order >= 2 && n_terms <= MOST_TERMS);
    layout.ok_or(Error::NormalFormOrder { order, dof, n_terms })
}

/// What to normalise, wherever the equilibrium is.
pub(super) struct Task<'a> {
    pub(super) system: &'a Hamiltonian,
    pub(super) chart: &'a Chart,
    pub(super) layout: Layout,
    pub(super) stop: &'a dyn Fn() -> bool,
}

/// A normal form with coefficients of one kind.
pub(super) struct Found<T> {
    pub(super) modes: Vec<Mode<T>>,
    pub(super) normalised: Normalised<T>,
}

impl Task<'_> {
    /// The normal form at a point, with exact coefficients where that can be.
    pub(super) fn at(&self, point: &[Rational]) -> Result<NormalForm, Error> {
        if let Some(found) = self.find::<Rational>(point)? {
            return self.describe(point, &found);
        }
        let found = self.find::<f64>(point)?;
        self.describe(point, &found.ok_or(Error::NotAnalytic)?)
    }

    /// None where numbers of this kind do not suffice.
    pub(super) fn find<T: Real>(&self, point: &[Rational]) -> Result<Option<Found<T>>, Error> {
        let Some(quadratic) = self.quadratic::<T>(point)? else { return Ok(None) };
        let flow = flow(&quadratic, self.layout);
        let floating: Vec<Vec<f64>> = flow.iter().map(|row| row.iter().map(Real::to_f64).collect()).collect();
        let seen = frequencies(&floating)?;
        let near = seen.iter().map(|(omega, n)| Some((T::near(*omega)?, *n))).collect::<Option<Vec<_>>>();
        let Some(modes) = near.and_then(|near| modes(&flow, &near)) else {
            // Floating modes fail only where there are too few of them.
            let too_few = Error::DegenerateEquilibrium { frequency: seen[0].0 };
            return if T::EXACT { Ok(None) } else { Err(too_few) };
        };
        let modes = self.turned(point, modes)?;
        self.normalise(point, modes, self.layout, self.stop)
    }

    /// Modes of equal frequencies as they are or in circles, whichever leaves fewer resonant terms at degree 4.
    fn turned<T: Real>(&self, point: &[Rational], plain: Vec<Mode<T>>) -> Result<Vec<Mode<T>>, Error> {
        let layout = self.layout.up_to(self.layout.degree.min(4));
        let Some(circles) = circular(&plain) else { return Ok(plain) };
        let n_turning = |modes: &Vec<Mode<T>>| -> Result<usize, Error> {
            let found = self.normalise(point, modes.clone(), layout, &|| false)?;
            let rests = |m: Monomial| layout.turns(m).iter().all(|k| *k == 0);
            Ok(found.map_or(0, |found| found.normalised.hamiltonian.terms().filter(|(m, _)| !rests(*m)).count()))
        };
        Ok(if n_turning(&circles)? < n_turning(&plain)? { circles } else { plain })
    }

    fn normalise<T: Real>(
        &self,
        point: &[Rational],
        mut modes: Vec<Mode<T>>,
        layout: Layout,
        stop: &dyn Fn() -> bool,
    ) -> Result<Option<Found<T>>, Error> {
        let Some(mut energy) = self.expand(point, &coordinates(&modes), layout)? else { return Ok(None) };
        let n = self.chart.dof();
        let action = |j: usize| layout.variable(j) + layout.variable(j + n);
        for (j, mode) in modes.iter_mut().enumerate() {
            let term = energy.parts[2].iter().find(|(m, _)| *m == action(j));
            mode.frequency = term.map_or_else(T::zero, |(_, c)| c.re.clone());
        }
        // In floating point the rest is rounding, and so is an energy far below that of one unit of action.
        let unit = modes.iter().map(|mode| mode.frequency.to_f64().abs()).fold(0.0, f64::max);
        energy.parts[0].retain(|(_, c)| c.size() > T::ROUNDING * unit);
        energy.parts[1].clear();
        energy.parts[2].retain(|(m, _)| (0..n).any(|j| *m == action(j)));
        let omega: Vec<T> = modes.iter().map(|mode| mode.frequency.clone()).collect();
        let normalised = normalise(energy, &omega, layout, stop);
        Ok(Some(Found { modes, normalised }))
    }

    /// The energy up to degree 2 in Q and P, at an equilibrium.
    fn quadratic<T: Real>(&self, point: &[Rational]) -> Result<Option<Series<T>>, Error> {
        let n = 2 * self.chart.dof();
        let unit = |i: usize| (0..n).map(|j| Complex::real(T::from_whole(i64::from(i == j)))).collect();
        let layout = self.layout.up_to(2);
        let Some(series) = self.expand(point, &(0..n).map(unit).collect::<Vec<_>>(), layout)? else {
            return Ok(None);
        };
        let size = |d: usize| series.parts[d].iter().map(|(_, c)| c.size()).fold(0.0, f64::max);
        // A minimum is found to 1e-12 of the curvature.
        let threshold = if T::EXACT { 0.0 } else { 1e-9 * size(2) };
        match (size(1) <= threshold, T::EXACT) {
            (true, _) => Ok(Some(series)),
            (false, true) => Ok(None),
            (false, false) => Err(Error::NoEquilibrium),
        }
    }

    pub(super) fn expand<T: Real>(
        &self,
        point: &[Rational],
        forms: &[Form<T>],
        layout: Layout,
    ) -> Result<Option<Series<T>>, Error> {
        match self.chart.expand(self.system, point, forms, layout) {
            Ok(series) => Ok(Some(series)),
            Err(Failure::NotANumber) => Ok(None),
            Err(Failure::Singular) => Err(Error::NotAnalytic),
        }
    }

    fn describe<T: Real>(&self, point: &[Rational], found: &Found<T>) -> Result<NormalForm, Error> {
        let Found { modes, normalised } = found;
        let layout = self.layout.up_to(normalised.hamiltonian.degree());
        let maps = Maps::new(self.chart, modes, layout, &normalised.generators);
        let normal = normalised.hamiltonian.floating(unit_scale(modes, layout));
        let frequencies: Vec<f64> = modes.iter().map(|mode| mode.frequency.to_f64()).collect();
        let equilibrium: Vec<f64> = point.iter().map(to_f64).collect();
        let measure = Measure { system: self.system, equilibrium: &equilibrium, layout, maps: &maps, normal: &normal };
        let region = region(&measure, frequencies.iter().all(|omega| *omega > 0.0))?;
        let written = formulas(layout, &normalised.hamiltonian, modes);
        let space = self.system.space();
        Ok(NormalForm {
            order: layout.degree,
            exact: T::EXACT,
            resonances: resonances(&frequencies, layout.degree as u32, RESONANT),
            near_resonances: near_resonances(normalised, &frequencies),
            hamiltonian: written.of_actions,
            resonant: written.resonant,
            circles: (0..space.dof()).map(|i| space.is_circle(i)).collect(),
            equilibrium,
            frequencies,
            region,
            layout,
            maps,
            normal,
        })
    }
}

/// The linearised flow, Q' = dH/dP and P' = -dH/dQ.
fn flow<T: Real>(quadratic: &Series<T>, layout: Layout) -> Vec<Vec<T>> {
    let n = layout.dof;
    let mut rows = vec![vec![T::zero(); 2 * n]; 2 * n];
    let mut set = |by: usize, of: usize, slope: T| match by < n {
        true => rows[by + n][of] = -slope,
        false => rows[by - n][of] = slope,
    };
    for (m, c) in &quadratic.parts[2] {
        let variables: Vec<usize> = (0..2 * n).filter(|&i| layout.exponent(*m, i) > 0).collect();
        match variables[..] {
            [i, j] => {
                set(i, j, c.re.clone());
                set(j, i, c.re.clone());
            }
            _ => set(variables[0], variables[0], c.re.clone() + c.re.clone()),
        }
    }
    rows
}

fn near_resonances<T>(normalised: &Normalised<T>, frequencies: &[f64]) -> Vec<NearResonance> {
    let smallest = frequencies.iter().fold(f64::INFINITY, |least, omega| least.min(omega.abs()));
    let near = normalised.divisors.iter().filter(|(_, divisor)| divisor.abs() < smallest / 10.0);
    let mut near: Vec<NearResonance> =
        near.map(|(k, divisor)| NearResonance { k: k.clone(), divisor: *divisor }).collect();
    near.sort_by(|a, b| a.divisor.abs().total_cmp(&b.divisor.abs()));
    near
}
