//! Variations about an invariant line, where they fall apart into single equations.

use std::collections::BTreeSet;

use aa_symbolic::polynomial::Polynomial;
use aa_symbolic::univariate::Univariate;
use aa_symbolic::{Rational, linear};

use super::frobenius::NormalEquation;
use super::line::{Line, force, ratio, rational_eigenvectors};
use crate::obstruction::NaturalSystem;

/// A direction v with K V'' v = b v all along the line, and the equation for variations in this direction.
pub(super) struct Block {
    pub(super) direction: Vec<Rational>,
    pub(super) equation: NormalEquation,
}

/// The blocks of the variations about the motion on an invariant line; none where the mass of this motion is 0.
///
/// The line itself is one of them: variations along it are s' and its partner, and meet no obstacle.
pub(super) fn blocks(system: &NaturalSystem, line: &Line) -> Vec<Block> {
    let Some(masses) = linear::inverse(&system.kinetic) else { return Vec::new() };
    let momentum: Vec<Rational> = masses.iter().map(|row| linear::dot(row, &line.direction)).collect();
    let mass = linear::dot(&momentum, &line.direction);
    if mass.is_zero() {
        return Vec::new();
    }
    let potential = line.along(&system.potential);
    let stiffness = stiffness(system, line);
    let block = |direction: Vec<Rational>| {
        let stiffness = ratio(&times(&stiffness, &direction), &direction)?;
        let equation = NormalEquation { mass: mass.clone(), potential: potential.clone(), stiffness };
        Some(Block { direction, equation })
    };
    candidates(&stiffness).into_iter().filter_map(block).collect()
}

/// K V'' along the line, in s.
fn stiffness(system: &NaturalSystem, line: &Line) -> Vec<Vec<Univariate>> {
    let row = |f: Polynomial| (0..system.dof()).map(|j| line.along(&f.partial(j))).collect();
    force(system).into_iter().map(row).collect()
}

/// Rational eigenvectors at more values of s than two eigenvalues can agree at, being different.
fn candidates(stiffness: &[Vec<Univariate>]) -> BTreeSet<Vec<Rational>> {
    let degree = stiffness.iter().flatten().map(Univariate::degree).max().unwrap_or(0);
    let at = |s: Rational| stiffness.iter().map(|row| row.iter().map(|entry| entry.value_at(&s)).collect()).collect();
    (0..=degree).flat_map(|s| rational_eigenvectors(&at(Rational::from(s)))).collect()
}

fn times(matrix: &[Vec<Univariate>], vector: &[Rational]) -> Vec<Univariate> {
    let term = |(p, x): (&Univariate, &Rational)| p * &Univariate::constant(x.clone());
    let entry =
        |row: &Vec<Univariate>| row.iter().zip(vector).map(term).fold(Univariate::default(), |sum, t| &sum + &t);
    matrix.iter().map(entry).collect()
}
