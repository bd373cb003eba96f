//! Adam: the first stage of training, robust far from a minimum and cheap per step.
//!
//! It brings the network from the identity to the neighbourhood where `levenberg_marquardt` converges. The update is
//! the tensor library's own kernel (Kingma and Ba 2015); rate schedule and clipping are ours.

use crate::Error;
use crate::lanes::LANES;
use crate::network::Network;
use crate::op::{Matrix, Vector, conjugacy, from_blocks, shear_stack};
use crate::passages::Block;
use crate::real::Real;
use dfdx::optim::AdamConfig;
use dfdx::prelude::*;
use dfdx::tensor::Gradients;
use std::sync::Arc;

/// Blocks of passages per step.
pub(crate) const BLOCKS: usize = 8;
/// Passages per step.
pub(crate) const BATCH: usize = BLOCKS * LANES;
/// The largest learning rate, for parameters of order one. At 1e-2 a stack of 96 shears runs away from the identity and
/// does not come back.
const RATE: f64 = 2e-3;
/// Steps over which the rate rises from nothing.
const WARM_UP: usize = 20;
/// The largest norm of a gradient; steeper ones are shortened.
const CLIP: f64 = 1.0;

/// All that the next steps depend on: the parameters, Adam's moments of them, and the losses so far.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AdamState {
    /// All numbers of the network.
    pub(crate) parameters: Vec<f64>,
    pub(crate) first: Vec<f64>,
    pub(crate) second: Vec<f64>,
    /// The loss as a running mean, since one batch may be easy by chance.
    pub(crate) mean_loss: f64,
    /// The least of it since the first step.
    pub(crate) least_loss: f64,
}

impl AdamState {
    /// Batches that the mean of the loss remembers.
    const MEMORY: f64 = 10.0;

    pub(crate) fn of(network: &Network) -> AdamState {
        let parameters = network.numbers();
        let none = vec![0.0; parameters.len()];
        AdamState { parameters, first: none.clone(), second: none, mean_loss: 0.0, least_loss: 0.0 }
    }

    /// One of some steps, on some passages, with kernels of precision E; gives the network the parameters where they are the best so far. Returns the
    /// loss before the step.
    pub(crate) fn step<E: Real>(
        &mut self,
        network: &mut Network,
        passages: Vec<Block>,
        (step, n_steps): (usize, usize),
    ) -> Result<f64, Error> {
        let mut current = network.clone();
        current.set_numbers(&self.parameters);
        let (loss, mut gradient) = loss_and_gradient::<E>(&current, passages)?;
        if !loss.is_finite() {
            return Err(Error::Diverged { steps: step });
        }
        if self.is_beaten_by(loss, step) {
            *network = current;
        }
        frozen_entries(network).into_iter().for_each(|place| gradient[place] = 0.0);
        let config = AdamConfig { lr: rate(step, n_steps), betas: [0.9, 0.99], ..AdamConfig::default() };
        update(self, &mut gradient, &config, step)?;
        Ok(loss)
    }

    /// Notes the loss of a step; whether it is the least so far.
    fn is_beaten_by(&mut self, loss: f64, step: usize) -> bool {
        let share = if step == 0 { 1.0 } else { 1.0 / AdamState::MEMORY };
        self.mean_loss += share * (loss - self.mean_loss);
        let is_beaten = step == 0 || self.mean_loss < self.least_loss;
        if is_beaten {
            self.least_loss = self.mean_loss;
        }
        is_beaten
    }
}

/// Rises for a few steps, then falls like a half cosine to a hundredth.
fn rate(step: usize, n_steps: usize) -> f64 {
    let rise = ((step + 1) as f64 / WARM_UP as f64).min(1.0);
    let phase = std::f64::consts::PI * step as f64 / n_steps as f64;
    RATE * rise * (0.01 + 0.99 * 0.5 * (1.0 + libm::cos(phase)))
}

/// Places in the stack's parameters that training must not touch.
fn frozen_entries(network: &Network) -> Vec<usize> {
    let slots = network.slots();
    let stride = network.stack.stride();
    (0..network.stack.parameters.len()).filter(|p| p % stride >= 2 && !slots.contains(&(p % stride - 2))).collect()
}

/// The mean square of the weighted residuals, and its gradient by all numbers of the network: the mean over the members
/// of a family, each by the network at its parameters.
fn loss_and_gradient<E: Real>(network: &Network, mut passages: Vec<Block>) -> Result<(f64, Vec<f64>), Error> {
    let n_blocks = passages.len() as f64;
    let (mut loss, mut gradient) = (0.0, vec![0.0; network.numbers().len()]);
    while let Some(mu) = passages.first().map(|block| block.mu.clone()) {
        let (own, others) = passages.into_iter().partition(|block| block.mu == mu);
        passages = others;
        let (own, bound): (Vec<Block>, _) = (own, network.at(&mu));
        let share = own.len() as f64 / n_blocks;
        let (own_loss, by_stack, by_h) = loss_at::<E>(&bound, &Arc::new(own))?;
        let by_phase: Vec<f64> = by_stack.chunks_exact(bound.stack.stride()).map(|layer| layer[1]).collect();
        let (by_c, by_family) = network.family.gradient(&mu, &by_phase, &by_h);
        loss += share * own_loss;
        let parts = [by_stack, by_h, by_c, by_family].concat();
        gradient.iter_mut().zip(parts).for_each(|(total, part)| *total += share * part);
    }
    Ok((loss, gradient))
}

/// The same of a network that depends on no parameters, with the gradient by the stack and by h.
fn loss_at<E: Real>(network: &Network, passages: &Arc<Vec<Block>>) -> Result<(f64, Vec<f64>, Vec<f64>), Error> {
    let device = Cpu::default();
    let dim = 2 * network.pairs.len();
    let starts = passages.iter().map(|block| block.start.clone());
    let ends: Vec<_> = starts.chain(passages.iter().map(|block| block.finish.clone())).collect();
    let columns = ends.len() * LANES;
    let ends: Matrix = device.tensor_from_vec(from_blocks(&ends, dim, columns), (dim, columns));
    let (stack, h) = (network.stack.parameters.clone(), network.h.coefficients.clone());
    let stack: Matrix = device.tensor_from_vec(stack, (network.stack.depth(), network.stack.stride()));
    let n_h = h.len();
    let h: Vector = device.tensor_from_vec(h, (n_h,));
    let latent = shear_stack::<E, _>(ends.traced(Gradients::leaky()), &stack);
    let loss = conjugacy(latent, &h, &network.pairs, &network.h, passages).square().mean();
    let value = loss.as_vec()[0];
    let mut gradients = loss.try_backward().map_err(refused)?;
    let of_stack = gradients.get_or_alloc_mut(&stack).map_err(refused)?.clone();
    let of_h = gradients.get_or_alloc_mut(&h).map_err(refused)?;
    Ok((value, of_stack.to_vec(), of_h.to_vec()))
}

fn update(state: &mut AdamState, gradient: &mut [f64], config: &AdamConfig, step: usize) -> Result<(), Error> {
    let norm = gradient.iter().map(|g| g * g).sum::<f64>().sqrt();
    if norm > CLIP {
        gradient.iter_mut().for_each(|g| *g *= CLIP / norm);
    }
    let n = state.parameters.len();
    let mut parameters: Vector = Cpu::default().tensor_from_vec(state.parameters.clone(), (n,));
    let numbers = |numbers: &[f64]| -> Result<_, Error> {
        let mut gradients = Gradients::<f64, Cpu>::leaky();
        let own = gradients.get_or_alloc_mut(&parameters).map_err(refused)?;
        own.copy_from_slice(numbers);
        Ok(own.clone())
    };
    let (mut first, mut second, gradient) = (numbers(&state.first)?, numbers(&state.second)?, numbers(gradient)?);
    config.try_update(step as i32 + 1, &mut parameters, &mut first, &mut second, &gradient).map_err(refused)?;
    state.parameters = parameters.as_vec();
    state.first.copy_from_slice(&first);
    state.second.copy_from_slice(&second);
    Ok(())
}

fn refused(error: impl std::fmt::Debug) -> Error {
    Error::Tensor(format!("{error:?}"))
}
