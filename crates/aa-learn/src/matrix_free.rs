//! Residuals of passages and products with their Jacobian, without the Jacobian: memory grows with passages alone.

use crate::jacobian::{End, Trained};
use crate::lanes::{LANES, Lane, ZERO, rounded};
use crate::network::Network;
use crate::normal_equations::Linear;
use crate::passages::Block;
use crate::real::Real;
use crate::residual::{Residual, residual_pulled, residual_value};
use crate::shear::{backward, forward};
use rayon::prelude::*;

/// Some lanes for every block of passages: residuals, or whatever is multiplied by their Jacobian.
pub(crate) type Rows = Vec<Vec<Lane>>;

/// The weighted residuals.
pub(crate) fn residuals(network: &Network, passages: &[Block]) -> Rows {
    let dim = 2 * network.pairs.len();
    let buffers = || (vec![ZERO; 2 * dim], Residual::new(&network.pairs, &network.h, passages[0].n_rows()));
    let of = |(ends, out): &mut (Vec<Lane>, Residual), block: &Block| {
        let network = network.at(&block.mu);
        let (start, finish) = ends.split_at_mut(dim);
        start.copy_from_slice(&block.start);
        finish.copy_from_slice(&block.finish);
        forward(&network.stack, ends);
        let (start, finish) = ends.split_at(dim);
        residual_value(&network.pairs, &network.h, start, finish, &block.clock, out);
        out.value.clone()
    };
    passages.par_iter().map_init(buffers, of).collect()
}

/// The mean of the squares.
pub(crate) fn mean_square(rows: &Rows) -> f64 {
    let sums: Vec<f64> = rows.iter().map(|rows| rows.iter().flatten().map(|r| r * r).sum()).collect();
    sums.iter().sum::<f64>() / rows.iter().map(|rows| rows.len() * LANES).sum::<usize>() as f64
}

/// J^T rows: by the trained parameters, then by the coefficients of h.
pub(crate) fn pull_back<E: Real>(network: &Network, trained: &Trained, passages: &[Block], rows: &Rows) -> Vec<f64> {
    let buffers = || Linear::<E>::new(network, passages[0].n_rows());
    let of = |linear: &mut Linear<E>, (block, rows): (&Block, &Vec<Lane>)| {
        pull_back_block(network, trained, block, rows, linear)
    };
    let parts: Vec<Vec<f64>> = passages.par_iter().zip(rows).map_init(buffers, of).collect();
    let mut total = vec![0.0; trained.n_columns() + network.n_h()];
    // In the order of the blocks: the same bits on any number of threads.
    for part in &parts {
        total.iter_mut().zip(part).for_each(|(total, part)| *total += part);
    }
    total
}

fn pull_back_block<E: Real>(
    network: &Network,
    trained: &Trained,
    block: &Block,
    rows: &[Lane],
    linear: &mut Linear<E>,
) -> Vec<f64> {
    let bound = network.at(&block.mu);
    let (stack, dim) = (bound.stack.rounded(), block.start.len());
    linear.follow(&bound, &stack, block);
    let mut cotangents = [vec![ZERO; dim], vec![ZERO; dim]];
    let mut by_h = vec![0.0; bound.h.coefficients.len()];
    let [of_start, of_finish] = &mut cotangents;
    residual_pulled(&linear.residual, &block.clock, rows, of_start, of_finish, &mut by_h);
    let mut gradient = vec![0.0; stack.parameters.len()];
    for (End { z, rows, trace, .. }, cotangent) in linear.ends.iter_mut().zip(&cotangents) {
        let own = &mut rows[..dim];
        own.iter_mut().zip(cotangent).for_each(|(own, cotangent)| *own = rounded(cotangent));
        backward(&stack, trace, z, own, &mut gradient);
    }
    let mut pulled = trained.gather(&gradient, stack.stride(), &block.mu);
    let (_, by_family) = network.family.gradient(&block.mu, &[], &by_h);
    pulled.extend(by_h.into_iter().chain(by_family));
    pulled
}

/// The second derivative of the residuals along a step, by differences over a tenth of it: a step is what the linear
/// model trusts, and a tenth of it leaves rounding far below what the difference is used for.
pub(crate) fn curvature(network: &Network, trained: &Trained, passages: &[Block], middle: &Rows, step: &[f64]) -> Rows {
    const SHARE: f64 = 0.1;
    let [mut bend, behind] = [SHARE, -SHARE].map(|share| {
        let mut moved = network.clone();
        moved.add_step(trained, &step.iter().map(|x| share * x).collect::<Vec<f64>>());
        residuals(&moved, passages)
    });
    for ((ahead, middle), behind) in bend.iter_mut().flatten().zip(middle.iter().flatten()).zip(behind.iter().flatten())
    {
        for lane in 0..LANES {
            ahead[lane] = (ahead[lane] - 2.0 * middle[lane] + behind[lane]) / (SHARE * SHARE);
        }
    }
    bend
}
