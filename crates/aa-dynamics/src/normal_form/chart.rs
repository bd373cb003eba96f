//! Linear coordinates around a point, conserved sums of momenta taken out, all exact.
//!
//! With orthogonal directions b_j, free ones left out, Q_j = b_j.q / b_j.b_j and P_j = b_j.p are canonical whatever
//! the lengths of the b_j: unlike in [`crate::Reduction`], no root appears.

use std::collections::BTreeSet;

use aa_symbolic::atoms::AtomRing;
use aa_symbolic::{Expr, Rational, gradient, linear};

use super::modes::{Form, null_space};
use super::number::{Complex, Real};
use super::series::{Layout, Series};
use super::taylor::{Failure, expand};
use crate::Hamiltonian;
use crate::reduction::adapted_basis;

/// The active directions of a system.
#[derive(Clone, Debug)]
pub(super) struct Chart {
    directions: Vec<Vec<Rational>>,
    /// b_j.b_j.
    squares: Vec<Rational>,
}

impl Chart {
    /// The chart of a system, whose conserved sums of momenta are found by exact linear algebra.
    pub(super) fn new(system: &Hamiltonian) -> Result<Chart, crate::Error> {
        let (mut basis, n_free) = adapted_basis(system, &conserved_momenta(system))?;
        let directions = basis.split_off(n_free);
        let squares = directions.iter().map(|b| linear::dot(b, b)).collect();
        Ok(Chart { directions, squares })
    }

    /// Degrees of freedom that are left.
    pub(super) fn dof(&self) -> usize {
        self.directions.len()
    }

    /// Row z has the coordinate or momentum z of the system as a combination of Q and P.
    pub(super) fn embedding(&self) -> Vec<Vec<Rational>> {
        let (n, m) = (self.directions[0].len(), self.dof());
        let entry = |z: usize, k: usize| match (z < n, k < m) {
            (true, true) => self.directions[k][z].clone(),
            (false, false) => &self.directions[k - m][z - n] / &self.squares[k - m],
            _ => Rational::ZERO,
        };
        (0..2 * n).map(|z| (0..2 * m).map(|k| entry(z, k)).collect()).collect()
    }

    /// Row k has Q or P number k as a combination of the system's coordinates and momenta.
    pub(super) fn projection(&self) -> Vec<Vec<Rational>> {
        let (n, m) = (self.directions[0].len(), self.dof());
        let entry = |k: usize, z: usize| match (k < m, z < n) {
            (true, true) => &self.directions[k][z] / &self.squares[k],
            (false, false) => self.directions[k - m][z - n].clone(),
            _ => Rational::ZERO,
        };
        (0..2 * m).map(|k| (0..2 * n).map(|z| entry(k, z)).collect()).collect()
    }

    /// The energy around a point, where Q and P are these linear forms.
    pub(super) fn expand<T: Real>(
        &self,
        system: &Hamiltonian,
        point: &[Rational],
        forms: &[Form<T>],
        layout: Layout,
    ) -> Result<Series<T>, Failure> {
        let slope = |row: &Vec<Rational>, variable: usize| {
            let parts = row.iter().zip(forms).map(|(x, form)| form[variable].scaled(&T::from_rational(x)));
            parts.fold(Complex::zero(), |sum, part| sum.plus(&part))
        };
        let series = |(row, at): (&Vec<Rational>, &Rational)| {
            let slopes: Vec<Complex<T>> = (0..2 * layout.dof).map(|variable| slope(row, variable)).collect();
            Series::affine(layout, T::from_rational(at), &slopes)
        };
        let all = self.embedding();
        let symbols = system.space().symbols().into_iter().zip(all.iter().zip(point).map(series));
        expand(system.energy(), &symbols.collect::<Vec<_>>(), layout.degree)
    }
}

/// The vectors v with sum v_i dH/dq_i = 0: relations between the coefficients of the slopes in the system's own atoms.
fn conserved_momenta(system: &Hamiltonian) -> Vec<Vec<Rational>> {
    let slopes = gradient(system.energy(), system.space().coordinates());
    let Ok(mut ring) = AtomRing::new(&system.space().symbols(), &slopes) else { return Vec::new() };
    let express = |slope: &Expr| ring.express(slope);
    let Ok(slopes) = slopes.iter().map(express).collect::<Result<Vec<_>, _>>() else { return Vec::new() };
    let monomials: BTreeSet<_> = slopes.iter().flat_map(|slope| slope.terms().map(|(m, _)| m)).collect();
    let row = |m| slopes.iter().map(|slope| Complex::real(slope.coefficient(m))).collect();
    let (vectors, _) = null_space(monomials.into_iter().map(row).collect(), slopes.len(), slopes.len());
    vectors.into_iter().map(|vector| vector.into_iter().map(|x| x.re).collect()).collect()
}
