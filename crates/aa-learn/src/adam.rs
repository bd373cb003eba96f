//! Adam: the first stage of training, robust far from a minimum and cheap per step.
//!
//! It brings the network from the identity to the neighbourhood where `levenberg_marquardt` converges. The update is
//! the tensor library's own kernel (Kingma and Ba 2015); rate schedule and clipping are ours.

use crate::Error;
use crate::hamiltonian_of_actions::Polynomial;
use crate::lanes::LANES;
use crate::network::Network;
use crate::op::{Matrix, Vector, conjugacy, from_blocks, shear_stack};
use crate::passages::{Block, LatentOrbits, draw};
use aa_dynamics::random::Stream;
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

/// The parameters as tensors, with Adam's moments.
struct Tensors {
    stack: Matrix,
    h: Vector,
    moments: [Gradients<f64, Cpu>; 2],
}

/// Trains for some steps and leaves the best network met; `report` is told of every step and may stop.
pub(crate) fn adam(
    network: &mut Network,
    orbits: &LatentOrbits,
    n_steps: usize,
    longest: f64,
    stream: &mut Stream,
    report: &mut dyn FnMut(usize, f64) -> bool,
) -> Result<(), Error> {
    let device = Cpu::default();
    let mut tensors = Tensors {
        stack: device
            .tensor_from_vec(network.stack.parameters.clone(), (network.stack.depth(), network.stack.stride())),
        h: device.tensor_from_vec(network.h.coefficients.clone(), (network.h.coefficients.len(),)),
        moments: [Gradients::leaky(), Gradients::leaky()],
    };
    let frozen = frozen_entries(network);
    let mut best = Best { mean_loss: None, least: f64::INFINITY };
    for step in 0..n_steps {
        let passages = Arc::new(draw(orbits, BLOCKS, longest, stream));
        let (loss, mut gradients) = loss_and_gradients(&device, &tensors, network, &passages)?;
        if !loss.is_finite() {
            return Err(Error::Diverged { steps: step });
        }
        let config = AdamConfig { lr: rate(step, n_steps), betas: [0.9, 0.99], ..AdamConfig::default() };
        if best.is_beaten_by(loss) {
            network.stack.parameters = tensors.stack.as_vec();
            network.h.coefficients = tensors.h.as_vec();
        }
        update(&mut tensors, &mut gradients, &frozen, &config, step)?;
        if !report(step, loss) {
            break;
        }
    }
    Ok(())
}

/// The least loss so far, as a running mean: one batch may be easy by chance.
struct Best {
    mean_loss: Option<f64>,
    least: f64,
}

impl Best {
    /// Batches that the mean remembers.
    const MEMORY: f64 = 10.0;

    fn is_beaten_by(&mut self, loss: f64) -> bool {
        let before = self.mean_loss.unwrap_or(loss);
        let mean = before + (loss - before) / Best::MEMORY;
        self.mean_loss = Some(mean);
        let is_beaten = mean <= self.least;
        self.least = self.least.min(mean);
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

/// The mean square of the weighted residuals, and its gradient.
fn loss_and_gradients(
    device: &Cpu,
    tensors: &Tensors,
    network: &Network,
    passages: &Arc<Vec<Block>>,
) -> Result<(f64, Gradients<f64, Cpu>), Error> {
    let dim = 2 * network.pairs.len();
    let ends: Vec<_> = passages
        .iter()
        .map(|block| block.start.clone())
        .chain(passages.iter().map(|block| block.finish.clone()))
        .collect();
    let columns = ends.len() * LANES;
    let ends: Matrix = device.tensor_from_vec(from_blocks(&ends, dim, columns), (dim, columns));
    let latent = shear_stack(ends.traced(Gradients::leaky()), &tensors.stack);
    let shape: &Polynomial = &network.h;
    let loss = conjugacy(latent, &tensors.h, &network.pairs, shape, passages).square().mean();
    let value = loss.as_vec()[0];
    let gradients = loss.try_backward().map_err(|error| Error::Tensor(format!("{error:?}")))?;
    Ok((value, gradients))
}

fn update(
    tensors: &mut Tensors,
    gradients: &mut Gradients<f64, Cpu>,
    frozen: &[usize],
    config: &AdamConfig,
    step: usize,
) -> Result<(), Error> {
    let refused = |error| Error::Tensor(format!("{error:?}"));
    let mut of_stack = gradients.get_or_alloc_mut(&tensors.stack).map_err(refused)?.clone();
    let mut of_h = gradients.get_or_alloc_mut(&tensors.h).map_err(refused)?.clone();
    for &place in frozen {
        of_stack[place] = 0.0;
    }
    let norm = of_stack.iter().chain(of_h.iter()).map(|g| g * g).sum::<f64>().sqrt();
    if norm > CLIP {
        of_stack.iter_mut().chain(of_h.iter_mut()).for_each(|g| *g *= CLIP / norm);
    }
    let [first, second] = &mut tensors.moments;
    let count = step as i32 + 1;
    let moments = (first.get_or_alloc_mut(&tensors.stack), second.get_or_alloc_mut(&tensors.stack));
    let (m, v) = (moments.0.map_err(refused)?, moments.1.map_err(refused)?);
    config.try_update(count, &mut tensors.stack, m, v, &of_stack).map_err(refused)?;
    let moments = (first.get_or_alloc_mut(&tensors.h), second.get_or_alloc_mut(&tensors.h));
    let (m, v) = (moments.0.map_err(refused)?, moments.1.map_err(refused)?);
    config.try_update(count, &mut tensors.h, m, v, &of_h).map_err(refused)
}
