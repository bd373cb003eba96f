//! The network: a stack of ridge shears, the kinds of its pairs, and h.

use crate::Pair;
use crate::family::Dependence;
use crate::hamiltonian_of_actions::Polynomial;
use crate::jacobian::Trained;
use crate::shear::ShearStack;
use aa_dynamics::random::Stream;
use std::f64::consts::TAU;
use std::ops::Range;

/// Everything that is trained, in frame coordinates.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Network {
    pub(crate) pairs: Vec<Pair>,
    pub(crate) stack: ShearStack,
    pub(crate) h: Polynomial,
    /// How phases and h depend on the parameters of a family.
    pub(crate) family: Dependence,
}

/// Highest whole-number weight of a circle coordinate: harmonics beyond it arise from composition.
const HARMONICS: f64 = 3.0;

impl Network {
    /// A network that is nearly the identity: random directions and phases, tiny amplitudes.
    ///
    /// `sizes` are the typical sizes of the 2n latent components. A weight is drawn so that its wave spans about a
    /// radian over the data: long enough to be smooth, short enough to bend.
    pub(crate) fn random(pairs: &[Pair], h: Polynomial, depth: usize, sizes: &[f64], stream: &mut Stream) -> Self {
        let n = pairs.len();
        let mut parameters = Vec::with_capacity(depth * (2 * n + 2));
        for _ in 0..depth {
            parameters.push(1e-3 * stream.normal());
            parameters.push(TAU * stream.uniform());
            for (i, size) in sizes.iter().enumerate() {
                let draw = stream.normal();
                let weight = match pairs[i % n] {
                    Pair::Rotor if i < n => (HARMONICS * (2.0 * stream.uniform() - 1.0)).round(),
                    Pair::Free if i < n => 0.0,
                    // A pair that hardly moves must not make waves that are steep for the others.
                    _ => WAVE / (2.0 * n as f64).sqrt() * draw / size.max(0.3),
                };
                parameters.push(weight);
            }
        }
        Network { pairs: pairs.to_vec(), stack: ShearStack { dof: n, parameters }, h, family: Dependence::default() }
    }

    /// Which components of w are trained: all but the whole numbers of circles and the zeros of free coordinates.
    pub(crate) fn slots(&self) -> Vec<usize> {
        let n = self.pairs.len();
        (0..2 * n).filter(|&i| i >= n || !matches!(self.pairs[i], Pair::Rotor | Pair::Free)).collect()
    }

    /// The number of trained parameters.
    pub(crate) fn n_parameters(&self) -> usize {
        self.trained(0..self.stack.depth()).n_columns() + self.n_h()
    }

    /// The numbers that make h, its dependence on parameters included.
    pub(crate) fn n_h(&self) -> usize {
        self.h.coefficients.len() + self.family.h.len()
    }

    /// What is trained where some layers move.
    pub(crate) fn trained(&self, layers: Range<usize>) -> Trained {
        Trained { layers, slots: self.slots(), n_family: self.family.n_parameters() }
    }

    /// All numbers: of the stack, of h, of their dependence on parameters.
    pub(crate) fn numbers(&self) -> Vec<f64> {
        [&self.stack.parameters[..], &self.h.coefficients, &self.family.phases, &self.family.h].concat()
    }

    /// Takes all numbers, in the order of [`Self::numbers`].
    pub(crate) fn set_numbers(&mut self, mut numbers: &[f64]) {
        let Network { stack, h, family, .. } = self;
        for part in [&mut stack.parameters, &mut h.coefficients, &mut family.phases, &mut family.h] {
            let (own, rest) = numbers.split_at(part.len());
            part.copy_from_slice(own);
            numbers = rest;
        }
    }

    /// Adds a step, given by columns: the trained parameters of some layers, then what makes h.
    pub(crate) fn add_step(&mut self, trained: &Trained, step: &[f64]) {
        let stride = self.stack.stride();
        let width = trained.width();
        for (layer, step) in trained.layers.clone().zip(step.chunks_exact(width)) {
            let parameters = &mut self.stack.parameters[layer * stride..(layer + 1) * stride];
            parameters[0] += step[0];
            parameters[1] += step[1];
            for (slot, step) in trained.slots.iter().zip(&step[2..]) {
                parameters[2 + slot] += step;
            }
            let phases = &mut self.family.phases[layer * trained.n_family..(layer + 1) * trained.n_family];
            phases.iter_mut().zip(&step[2 + trained.slots.len()..]).for_each(|(c, step)| *c += step);
        }
        let of_h = &step[trained.n_columns()..];
        self.h
            .coefficients
            .iter_mut()
            .chain(&mut self.family.h)
            .zip(of_h)
            .for_each(|(coefficient, step)| *coefficient += step);
    }
}

/// Standard deviation of a wave's argument, in radians, over components of size one.
const WAVE: f64 = 1.4;
