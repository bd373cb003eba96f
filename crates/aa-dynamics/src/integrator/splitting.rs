//! The two exactly solvable halves of H = T(p) + V(q).

use aa_kernel::{Kernel, Workspace};
use aa_symbolic::gradient;

use crate::{Error, Hamiltonian};

/// The kick p -= h dV/dq and the drift q += h dT/dp, for many points side by side.
#[derive(Clone, Debug)]
pub struct Splitting {
    dof: usize,
    kick: Kernel,
    drift: Kernel,
    slopes: Vec<f64>,
    workspace: Workspace,
}

impl Splitting {
    /// The halves of a system.
    ///
    /// # Errors
    /// The energy is not visibly the sum of a function of the momenta and one of the coordinates.
    pub fn new(system: &Hamiltonian) -> Result<Splitting, Error> {
        let (kinetic, potential) = system.split().ok_or(Error::NotSeparable)?;
        let (coordinates, momenta) = (system.space().coordinates(), system.space().momenta());
        Ok(Splitting {
            dof: system.dof(),
            kick: Kernel::new(coordinates, &gradient(&potential, coordinates))?,
            drift: Kernel::new(momenta, &gradient(&kinetic, momenta))?,
            slopes: Vec::new(),
            workspace: Workspace::default(),
        })
    }

    /// Advances the momenta by `h` at fixed coordinates.
    pub fn kick(&mut self, points: &mut [f64], h: f64) {
        let (q, p) = points.split_at_mut(points.len() / 2);
        self.slopes.resize(q.len(), 0.0);
        self.kick.evaluate(q, q.len() / self.dof, &mut self.slopes, &mut self.workspace);
        p.iter_mut().zip(&self.slopes).for_each(|(p, slope)| *p -= h * slope);
    }

    /// Advances the coordinates by `h` at fixed momenta.
    pub fn drift(&mut self, points: &mut [f64], h: f64) {
        let (q, p) = points.split_at_mut(points.len() / 2);
        self.slopes.resize(p.len(), 0.0);
        self.drift.evaluate(p, p.len() / self.dof, &mut self.slopes, &mut self.workspace);
        q.iter_mut().zip(&self.slopes).for_each(|(q, slope)| *q += h * slope);
    }

    /// Leapfrogs of lengths `h` times each of `shares`, one after another; neighbouring half kicks are made as one.
    pub fn leapfrogs(&mut self, points: &mut [f64], h: f64, shares: &[f64]) {
        let mut half_before = 0.0;
        for share in shares {
            self.kick(points, 0.5 * h * (half_before + share));
            self.drift(points, h * share);
            half_before = *share;
        }
        self.kick(points, 0.5 * h * half_before);
    }
}
