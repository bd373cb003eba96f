//! Implicit Gauss-Legendre collocation of order 4, 6 and 8, for any energy and any phase space.
//!
//! Symplectic where there are canonical pairs, reversible, and exact for quadratic integrals, such as most Casimirs. The
//! stages are found by fixed-point iteration down to rounding, and steps are added with compensated summation (Hairer,
//! Lubich and Wanner, Geometric Numerical Integration, sections II.1.3, VIII.5 and VIII.6). Choose it where the energy
//! does not split; where it does, the splitting integrators are cheaper.

use aa_kernel::{Kernel, Workspace};

use super::Integrator;
use crate::{Error, Hamiltonian};

/// An iteration that has not come to rounding after so many rounds never will: the step is too long.
const MOST_ROUNDS: usize = 200;

/// What changes by less than this share in the last round has converged, and only rounding is left.
const CONVERGED: f64 = 1e-12;

/// Gauss-Legendre collocation with 2, 3 or 4 stages.
#[derive(Clone, Debug)]
pub struct Gauss {
    rates: Kernel,
    /// The table of Butcher, row by row.
    a: Vec<Vec<f64>>,
    b: Vec<f64>,
    /// What rounding has taken from the points of the last step, and these points.
    rests: Vec<f64>,
    last: Vec<f64>,
    workspace: Workspace,
}

impl Gauss {
    /// The integrator of order 2 `n_stages` of a system.
    ///
    /// # Errors
    /// A formula that has no kernel.
    ///
    /// # Panics
    /// Unless there are 2, 3 or 4 stages.
    pub fn new(system: &Hamiltonian, n_stages: usize) -> Result<Gauss, Error> {
        let nodes = nodes(n_stages);
        let rates = Kernel::new(&system.space().symbols(), &system.rates())?;
        let a = nodes.iter().map(|&c| weights(&nodes, c)).collect();
        let b = weights(&nodes, 1.0);
        Ok(Gauss { rates, a, b, rests: Vec::new(), last: Vec::new(), workspace: Workspace::default() })
    }

    /// The rates at the stages of a step from `point`, as the kernel gives them: component by component, stage by stage.
    /// None where the iteration does not converge.
    fn stages(&mut self, point: &[f64], h: f64) -> Option<Vec<f64>> {
        let (dim, s) = (point.len(), self.b.len());
        let mut stages: Vec<f64> = point.iter().flat_map(|&x| std::iter::repeat_n(x, s)).collect();
        let mut rates = vec![0.0; dim * s];
        let size = point.iter().fold(f64::MIN_POSITIVE, |size, x| size.max(x.abs()));
        let mut before = f64::INFINITY;
        for _ in 0..MOST_ROUNDS {
            self.rates.evaluate(&stages, s, &mut rates, &mut self.workspace);
            let mut change = 0.0f64;
            for (i, &x) in point.iter().enumerate() {
                for (row, a) in self.a.iter().enumerate() {
                    let sum: f64 = a.iter().zip(&rates[i * s..]).map(|(a, rate)| a * rate).sum();
                    let stage = x + h * sum;
                    change = change.max((stage - stages[i * s + row]).abs());
                    stages[i * s + row] = stage;
                    // `max` passes over what is not a number.
                    if !stage.is_finite() {
                        return None;
                    }
                }
            }
            // Down to rounding the changes shrink; there they stop to.
            if change == 0.0 || change >= before && change <= CONVERGED * size {
                self.rates.evaluate(&stages, s, &mut rates, &mut self.workspace);
                return Some(rates);
            }
            before = change;
        }
        None
    }

    fn step_of(&mut self, point: &mut [f64], rests: &mut [f64], h: f64) {
        let s = self.b.len();
        let Some(rates) = self.stages(point, h) else {
            point.fill(f64::NAN);
            return;
        };
        for (i, (x, rest)) in point.iter_mut().zip(rests).enumerate() {
            let sum: f64 = self.b.iter().zip(&rates[i * s..]).map(|(b, rate)| b * rate).sum();
            let increment = h * sum + *rest;
            let next = *x + increment;
            *rest = (*x - next) + increment;
            *x = next;
        }
    }
}

impl Integrator for Gauss {
    fn step(&mut self, points: &mut [f64], h: f64) {
        let dim = self.rates.n_inputs();
        let n_points = points.len() / dim;
        if self.last != points {
            self.rests = vec![0.0; points.len()];
        }
        let mut rests = std::mem::take(&mut self.rests);
        for k in 0..n_points {
            // Each point by itself, so that its rounds do not depend on its neighbours.
            let of = |all: &[f64]| -> Vec<f64> { (0..dim).map(|i| all[i * n_points + k]).collect() };
            let (mut point, mut rest) = (of(points), of(&rests));
            self.step_of(&mut point, &mut rest, h);
            for i in 0..dim {
                points[i * n_points + k] = point[i];
                rests[i * n_points + k] = rest[i];
            }
        }
        self.rests = rests;
        self.last = points.to_vec();
    }
}

/// The roots of the Legendre polynomial of a degree, moved to [0, 1].
fn nodes(n: usize) -> Vec<f64> {
    let roots = match n {
        2 => vec![(1.0f64 / 3.0).sqrt()],
        3 => vec![0.6f64.sqrt(), 0.0],
        4 => [1.0, -1.0].map(|sign: f64| (3.0 / 7.0 + sign * 2.0 / 7.0 * 1.2f64.sqrt()).sqrt()).to_vec(),
        _ => panic!("collocation has 2, 3 or 4 stages here"),
    };
    let mirrored = roots.iter().rev().filter(|x| **x > 0.0).copied();
    roots.iter().map(|x| -x).chain(mirrored).map(|x| 0.5 + 0.5 * x).collect()
}

/// The integrals from 0 to `c` of the Lagrange polynomials of the nodes.
fn weights(nodes: &[f64], c: f64) -> Vec<f64> {
    let integral = |j: usize| {
        let others = nodes.iter().enumerate().filter(|(k, _)| *k != j).map(|(_, x)| x);
        let polynomial = others.fold(vec![1.0], |p: Vec<f64>, x| {
            let mut product = vec![0.0; p.len() + 1];
            for (k, coefficient) in p.iter().enumerate() {
                product[k + 1] += coefficient / (nodes[j] - x);
                product[k] -= coefficient * x / (nodes[j] - x);
            }
            product
        });
        polynomial.iter().enumerate().rev().fold(0.0, |sum, (k, p)| (sum + p / (k + 1) as f64) * c)
    };
    (0..nodes.len()).map(integral).collect()
}
