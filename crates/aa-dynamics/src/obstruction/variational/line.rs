//! Straight lines in configuration space that motion along them never leaves.

use aa_symbolic::Rational;
use aa_symbolic::linear::{self, Rows};
use aa_symbolic::polynomial::{Monomial, Polynomial};
use aa_symbolic::univariate::Univariate;

use crate::obstruction::{NaturalSystem, planes};

/// The line q = base + s direction.
pub(super) struct Line {
    pub(super) base: Vec<Rational>,
    pub(super) direction: Vec<Rational>,
}

impl Line {
    /// The coordinates as polynomials in s.
    pub(super) fn places(&self) -> Vec<Univariate> {
        let place = |(base, slope): (&Rational, &Rational)| Univariate::new(vec![base.clone(), slope.clone()]);
        self.base.iter().zip(&self.direction).map(place).collect()
    }

    /// A polynomial in the coordinates as one in s.
    pub(super) fn along(&self, polynomial: &Polynomial) -> Univariate {
        composed(polynomial, &self.places())
    }
}

/// K dV, by component.
pub(super) fn force(system: &NaturalSystem) -> Vec<Polynomial> {
    let slopes: Vec<Polynomial> = (0..system.dof()).map(|i| system.potential.partial(i)).collect();
    let sum = |row: &Vec<Rational>| row.iter().zip(&slopes).fold(Polynomial::zero(), |sum, (k, v)| &sum + &v.scaled(k));
    system.kinetic.iter().map(sum).collect()
}

/// The polynomial b for which a vector of polynomials is b times a vector of numbers, where there is one.
pub(super) fn ratio(polynomials: &[Univariate], vector: &[Rational]) -> Option<Univariate> {
    let pivot = vector.iter().position(|x| !x.is_zero())?;
    let ratio = &polynomials[pivot] * &Univariate::constant(Rational::ONE / &vector[pivot]);
    let agrees = |(p, x): (&Univariate, &Rational)| *p == &ratio * &Univariate::constant(x.clone());
    polynomials.iter().zip(vector).all(agrees).then_some(ratio)
}

/// A basis, in echelon form, of each eigenspace that belongs to a rational eigenvalue.
pub(super) fn rational_eigenvectors(matrix: &Rows) -> Rows {
    let eigenspace = |value: Rational| {
        let mut shifted = matrix.clone();
        shifted.iter_mut().enumerate().for_each(|(i, row)| row[i] -= &value);
        linear::null_space(shifted, matrix.len()).0
    };
    linear::characteristic_polynomial(matrix).rational_roots().into_iter().flat_map(eigenspace).collect()
}

/// Lines with rational coefficients on which the force points along them. In two coordinates: all through the origin,
/// and their parallels; in more: through the origin along normal modes and along simple rays.
pub(super) fn invariant_lines(system: &NaturalSystem) -> Vec<Line> {
    let force = force(system);
    let candidates = if system.dof() == 2 { lines_in_the_plane(&force) } else { likely_lines(&force) };
    let force_on = |line: &Line| -> Vec<Univariate> { force.iter().map(|component| line.along(component)).collect() };
    candidates.into_iter().filter(|line| ratio(&force_on(line), &line.direction).is_some()).collect()
}

/// Lines in the directions in which the leading part of q1 F2 - q2 F1 vanishes. On an invariant line through the
/// origin all its parts vanish; on one beside it this leading part does, unless that of V is a power of q.Mq, M = 1/K.
fn lines_in_the_plane(force: &[Polynomial]) -> Vec<Line> {
    let across = &(&Polynomial::generator(0) * &force[1]) - &(&Polynomial::generator(1) * &force[0]);
    let Some(leading) = across.homogeneous_parts().into_values().next_back() else {
        return parallels([Rational::ONE, Rational::ZERO], force);
    };
    let [zero, one] = [Rational::ZERO, Rational::ONE].map(Univariate::constant);
    let slopes = composed(&leading, &[one.clone(), Univariate::variable()]).rational_roots();
    let upright = composed(&leading, &[zero, one]).is_zero().then_some([Rational::ZERO, Rational::ONE]);
    let directions = slopes.into_iter().map(|slope| [Rational::ONE, slope]).chain(upright);
    directions.flat_map(|direction| parallels(direction, force)).collect()
}

/// The lines in this direction on which the force across them vanishes at one s; where it always vanishes at all those
/// tried, the one through the origin.
fn parallels(direction: [Rational; 2], force: &[Polynomial]) -> Vec<Line> {
    let aside = if direction[0].is_zero() { [Rational::ONE, Rational::ZERO] } else { [Rational::ZERO, Rational::ONE] };
    // At s on the line with base c aside, as a polynomial in c.
    let across = |s: usize| {
        let place = |i: usize| Univariate::new(vec![&direction[i] * Rational::from(s), aside[i].clone()]);
        let component =
            |i: usize, u: &Rational| &composed(&force[i], &[place(0), place(1)]) * &Univariate::constant(u.clone());
        &component(1, &direction[0]) - &component(0, &direction[1])
    };
    let degree = force.iter().map(|f| f.range(0).1 + f.range(1).1).max().unwrap_or(0);
    let somewhere = (0..=degree as usize).map(across).find(|across| !across.is_zero());
    let offsets = somewhere.map_or_else(|| vec![Rational::ZERO], |across| across.rational_roots());
    let line = |c: Rational| Line { base: aside.iter().map(|w| w * &c).collect(), direction: direction.to_vec() };
    offsets.into_iter().map(line).collect()
}

/// Lines through the origin along its normal modes, and along simple rays.
fn likely_lines(force: &[Polynomial]) -> Vec<Line> {
    let n = force.len();
    let slope = |f: &Polynomial, j: usize| f.coefficient(&Monomial::power(j, 1));
    let stiffness: Rows = force.iter().map(|f| (0..n).map(|j| slope(f, j)).collect()).collect();
    let directions = [rational_eigenvectors(&stiffness), planes::rays(n)].concat();
    directions.into_iter().map(|direction| Line { base: vec![Rational::ZERO; n], direction }).collect()
}

/// The polynomial with these polynomials for its generators.
fn composed(polynomial: &Polynomial, places: &[Univariate]) -> Univariate {
    // Modulo 0 nothing is taken away.
    Univariate::value_of(polynomial, places, &Univariate::default())
}
