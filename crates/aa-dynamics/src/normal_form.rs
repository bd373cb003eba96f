//! The Birkhoff normal form: near an elliptic equilibrium, the energy as a function of actions.
//!
//! In normal variables x = sqrt(2 I) sin theta, y = sqrt(2 I) cos theta the energy is h(I) up to terms of a degree
//! that one chooses, so that actions are conserved and angles turn at omega(I) = dh/dI to that degree. Where whole
//! numbers k with k.omega = 0 exist, terms in cos(k.theta) remain: resonant ones. The coefficients are exact where the
//! equilibrium, the expansion and the frequencies are rational, and floating numbers elsewhere. The series diverges as
//! a rule, and [`Region`] says where the truncated one may be used. For what orbits do far from an equilibrium, see
//! [`crate::frequency`].
//!
//! At a resonance the form is not unique: changes of variables that keep H_2 are left out here, and so an integrable
//! system may keep resonant terms at high degrees that another choice would remove.
//!
//! Birkhoff, Dynamical Systems (1927), chapter 3; the method is in `lie`, the linear part in `modes`.

mod chart;
mod formula;
mod lie;
mod maps;
mod modes;
mod number;
mod region;
mod series;
mod task;
mod taylor;
#[cfg(test)]
mod tests;

use std::f64::consts::TAU;

use aa_symbolic::Rational;

use crate::equilibrium::stable_equilibrium;
use crate::{Error, Hamiltonian};
use chart::Chart;
use maps::{Maps, Point, complex_of, real_of};
use number::{Complex, Real};
use series::{Layout, Monomial, Series};
use task::{Task, room};

pub use formula::Formula;
pub use region::Region;

/// How many monomials of degree up to `order` there are in the coordinates and momenta.
pub fn n_monomials(dof: usize, order: usize) -> f64 {
    (1..=order).map(|k| (2 * dof + k) as f64 / k as f64).product()
}

/// How far to normalise.
#[derive(Clone, Copy)]
pub struct NormalFormOptions<'a> {
    /// The highest degree in coordinates and momenta: 4 gives I^2.
    pub order: usize,
    /// Asked between the degrees whether to stop; what is done by then is the result.
    pub stop: Option<&'a (dyn Fn() -> bool + Sync)>,
}

impl Default for NormalFormOptions<'_> {
    fn default() -> Self {
        NormalFormOptions { order: 6, stop: None }
    }
}

/// A combination of frequencies that is nearly zero: the terms it divides are large.
#[derive(Clone, Debug, PartialEq)]
pub struct NearResonance {
    /// The whole numbers.
    pub k: Vec<i32>,
    /// k.omega, radians per unit of time.
    pub divisor: f64,
}

/// A Birkhoff normal form.
#[derive(Clone, Debug)]
pub struct NormalForm {
    /// The equilibrium, q then p.
    pub equilibrium: Vec<f64>,
    /// The highest degree in coordinates and momenta.
    pub order: usize,
    /// Whether all coefficients are exact rational numbers.
    pub exact: bool,
    /// The frequencies at the equilibrium in radians per unit of time, signed, slow modes first. Conserved sums of
    /// momenta are taken out: there may be fewer than degrees of freedom.
    pub frequencies: Vec<f64>,
    /// Whole numbers k with k.omega = 0 and |k_1| + ... + |k_n| up to the order, shortest first.
    pub resonances: Vec<Vec<i32>>,
    /// Divisors met that are smaller than a tenth of the smallest frequency, smallest first.
    pub near_resonances: Vec<NearResonance>,
    /// h(I), in symbols I1, I2, ...
    pub hamiltonian: Formula,
    /// What resonances leave beside h(I), in symbols I1, ... and theta1, ...
    pub resonant: Formula,
    /// Where it may be used.
    pub region: Region,
    circles: Vec<bool>,
    layout: Layout,
    maps: Maps,
    normal: Series<f64>,
}

/// The Birkhoff normal form at the origin or, where that is no elliptic equilibrium, at the minimum of the energy
/// nearest to it.
///
/// ```
/// use aa_dynamics::{Hamiltonian, PhaseSpace, normal_form::{NormalFormOptions, normal_form}};
/// let space = PhaseSpace::lines(["x"]);
/// let pendulum = Hamiltonian::new(space.p(0).powi(2) / 2 - space.q(0).cos(), space).unwrap();
/// let form = normal_form(&pendulum, &NormalFormOptions::default()).unwrap();
/// assert!(form.exact);
/// assert_eq!(form.hamiltonian.script(), "-1 + I1 - I1**2/16 - I1**3/256");
/// ```
///
/// # Errors
/// No equilibrium, one that is hyperbolic or has a zero frequency or a Jordan block, an energy without a power series
/// there, or an order that needs too many terms.
pub fn normal_form(system: &Hamiltonian, options: &NormalFormOptions) -> Result<NormalForm, Error> {
    let chart = Chart::new(system)?;
    let layout = room(chart.dof(), options.order)?;
    let origin = vec![Rational::ZERO; 2 * system.dof()];
    let task = Task { system, chart: &chart, layout, stop: &|| options.stop.is_some_and(|stop| stop()) };
    task.at(&origin).or_else(|refusal| {
        let minimum = stable_equilibrium(system).map_err(|_| refusal)?.point;
        let literal: Vec<Rational> = minimum.iter().filter_map(Real::to_rational).collect();
        // The minimum is known to 1e-12 of the size of the coordinates.
        let simple = |x: &f64| if x.abs() < 1e-11 { Some(Rational::ZERO) } else { Rational::near(*x) };
        let simple = minimum.iter().map(simple).collect::<Option<Vec<_>>>();
        simple.and_then(|point| task.at(&point).ok()).map_or_else(|| task.at(&literal), Ok)
    })
}

impl NormalForm {
    /// Degrees of freedom that take part.
    pub fn dof(&self) -> usize {
        self.frequencies.len()
    }

    /// Normal variables x1..xn, y1..yn of a point of the system.
    ///
    /// # Panics
    /// If the point does not have 2 dof numbers.
    pub fn to_normal(&self, point: &[f64]) -> Vec<f64> {
        real_of(&self.maps.to_normal(&self.displacement(point)))
    }

    /// The point of the system, q then p, with these normal variables; what was taken out is as at the equilibrium.
    ///
    /// # Panics
    /// If there are not 2 [`NormalForm::dof`] numbers.
    pub fn from_normal(&self, normal: &[f64]) -> Vec<f64> {
        let point = Point::new(self.layout, &complex_of(normal));
        let displacement = self.maps.displacement(&self.maps.modes_at(&point));
        self.equilibrium.iter().zip(displacement).map(|(x, d)| x + d).collect()
    }

    /// The formal actions of a point: conserved up to the order, as far as no resonant term moves them.
    ///
    /// # Panics
    /// If the point does not have 2 dof numbers.
    pub fn actions(&self, point: &[f64]) -> Vec<f64> {
        self.maps.to_normal(&self.displacement(point)).iter().map(|z| z.size().powi(2)).collect()
    }

    /// omega(I) = dh/dI in radians per unit of time, resonant terms left out.
    ///
    /// # Panics
    /// If there is not one action for each of [`NormalForm::dof`].
    pub fn frequencies_at(&self, actions: &[f64]) -> Vec<f64> {
        let n = self.dof();
        let mut omega = vec![0.0; n];
        for (m, c) in self.normal.terms().filter(|(m, _)| self.layout.turns(*m).iter().all(|k| *k == 0)) {
            let exponents: Vec<i32> = (0..n).map(|j| self.layout.exponent(*m, j) as i32).collect();
            for j in (0..n).filter(|&j| exponents[j] > 0) {
                let power = |l: usize| actions[l].powi(exponents[l] - i32::from(l == j));
                omega[j] += c.re * f64::from(exponents[j]) * (0..n).map(power).product::<f64>();
            }
        }
        omega
    }

    /// What the frequencies at these actions may be wrong by, relatively: the tolerance of the region, scaled with the
    /// power of the first terms left out.
    pub fn relative_error(&self, actions: &[f64]) -> f64 {
        let share = actions.iter().map(|action| action.abs()).sum::<f64>() / self.region.action;
        self.region.tolerance * share.powf((self.order as f64 - 1.0) / 2.0)
    }

    /// Whether resonant terms move actions and frequencies at these actions by more than the tolerance.
    ///
    /// The actions of a term c cos(k.theta) move by its size over k.omega(I), and the frequencies with them; near
    /// k.omega(I) = 0 orbits are caught in the resonance and have other actions.
    pub fn is_resonant_at(&self, actions: &[f64]) -> bool {
        let omega = self.frequencies_at(actions);
        let matters = |(m, c): &&(Monomial, Complex<f64>)| {
            let turns = self.layout.turns(*m);
            let rate: f64 = turns.iter().zip(&omega).map(|(k, omega)| f64::from(*k) * omega).sum();
            let both = |j: usize| self.layout.exponent(*m, j) + self.layout.exponent(*m, j + self.dof());
            let size: f64 = (0..self.dof()).map(|j| actions[j].powf(f64::from(both(j)) / 2.0)).product();
            let moved = |j: usize| f64::from(turns[j].abs()) * c.size() * size;
            (0..self.dof()).any(|j| moved(j) > self.region.tolerance.sqrt() * rate.abs() * actions[j])
        };
        let turning = self.normal.terms().filter(|(m, _)| self.layout.turns(*m).iter().any(|k| *k != 0));
        turning.collect::<Vec<_>>().iter().any(matters)
    }

    fn displacement(&self, point: &[f64]) -> Vec<f64> {
        assert_eq!(point.len(), self.equilibrium.len(), "a point has 2 dof numbers");
        let gap = |(i, (x, at)): (usize, (&f64, &f64))| match self.circles.get(i) {
            Some(true) => (x - at + TAU / 2.0).rem_euclid(TAU) - TAU / 2.0,
            _ => x - at,
        };
        point.iter().zip(&self.equilibrium).enumerate().map(gap).collect()
    }
}
