//! An energy of second degree in the momenta, place by place: H = V(q) + |L^T (p - p0)|^2 / 2 with W = L L^T.

use aa_kernel::Kernel;
use aa_symbolic::{Expr, differentiate};

use crate::cholesky::Cholesky;
use crate::symmetric::dot;
use crate::{Error, Hamiltonian};

/// H at rest, its slopes in the momenta there, and W, as functions of the place.
pub(super) struct Momenta {
    kernel: Kernel,
    dof: usize,
}

/// The energy at one place.
pub(super) struct Form {
    /// The least energy that the place allows, V.
    pub(super) least: f64,
    factor: Cholesky,
    /// -L^T p0.
    shift: Vec<f64>,
}

impl Momenta {
    /// None where the energy is of another form.
    pub(super) fn of(system: &Hamiltonian) -> Result<Option<Momenta>, Error> {
        let (space, momenta) = (system.space(), system.space().momenta());
        let along = |of: &Expr| -> Vec<Expr> { momenta.iter().map(|p| differentiate(of, p)).collect() };
        let slopes = along(system.energy());
        let second: Vec<Expr> = slopes.iter().flat_map(along).collect();
        if space.structure().is_some() || second.iter().flat_map(along).any(|third| !third.is_zero()) {
            return Ok(None);
        }
        let outputs = [vec![system.energy().clone()], slopes, second].concat();
        Ok(Some(Momenta { kernel: Kernel::new(&space.symbols(), &outputs)?, dof: system.dof() }))
    }

    /// None where the energy is not finite or W not positive definite.
    pub(super) fn at(&self, q: &[f64]) -> Option<Form> {
        let n = self.dof;
        let values = self.kernel.at(&[q, &vec![0.0; n]].concat());
        let factor = Cholesky::new(&values[1 + n..], n, 0.0)?;
        let mut shift = values[1..=n].to_vec();
        factor.forward(&mut shift);
        let least = values[0] - 0.5 * dot(&shift, &shift);
        least.is_finite().then_some(Form { least, factor, shift })
    }
}

impl Form {
    /// 1 / sqrt(det W): how much room the momenta have.
    pub(super) fn volume(&self) -> f64 {
        1.0 / self.factor.diagonal().product::<f64>()
    }

    /// The momenta with this kinetic energy in a direction, which has unit length.
    pub(super) fn momentum(&self, direction: Vec<f64>, kinetic: f64) -> Vec<f64> {
        let speed = (2.0 * kinetic).sqrt();
        let mut p: Vec<f64> = direction.iter().zip(&self.shift).map(|(d, s)| speed * d - s).collect();
        self.factor.back(&mut p);
        p
    }
}
