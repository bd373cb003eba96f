//! Residuals of passages and products with their Jacobian, without the Jacobian: memory grows with passages alone.

use crate::lanes::{LANES, Lane, ZERO, add_product, sum};
use crate::network::Network;
use crate::passages::Block;
use crate::residual::{Residual, residual};
use crate::shear::{Trace, Trained, backward, forward, forward_traced};
use rayon::prelude::*;

/// Some lanes for every block of passages: residuals, or whatever is multiplied by their Jacobian.
pub(crate) type Rows = Vec<Vec<Lane>>;

/// The weighted residuals.
pub(crate) fn residuals(network: &Network, passages: &[Block]) -> Rows {
    let of = |block: &Block| {
        let network = network.at(&block.mu);
        let (mut start, mut finish) = (block.start.clone(), block.finish.clone());
        forward(&network.stack, &mut start);
        forward(&network.stack, &mut finish);
        let mut out = Residual::new(&network.pairs, &network.h, block.n_rows());
        residual(&network.pairs, &network.h, &start, &finish, &block.clock, &mut out);
        out.value
    };
    passages.par_iter().map(of).collect()
}

/// J^T rows: by the trained parameters, then by the coefficients of h.
pub(crate) fn pull_back(network: &Network, trained: &Trained, passages: &[Block], rows: &Rows) -> Vec<f64> {
    let parts: Vec<Vec<f64>> =
        passages.par_iter().zip(rows).map(|(block, rows)| pull_back_block(network, trained, block, rows)).collect();
    let mut total = vec![0.0; trained.n_columns() + network.n_h()];
    // In the order of the blocks: the same bits on any number of threads.
    for part in &parts {
        total.iter_mut().zip(part).for_each(|(total, part)| *total += part);
    }
    total
}

fn pull_back_block(network: &Network, trained: &Trained, block: &Block, rows: &[Lane]) -> Vec<f64> {
    let bound = network.at(&block.mu);
    let Network { pairs, stack, h, .. } = &*bound;
    let dim = block.start.len();
    let mut ends = [&block.start, &block.finish].map(|z| (z.clone(), Trace::new(stack.depth())));
    ends.iter_mut().for_each(|(z, trace)| forward_traced(stack, z, trace));
    let mut out = Residual::new(pairs, h, block.n_rows());
    residual(pairs, h, &ends[0].0, &ends[1].0, &block.clock, &mut out);
    let mut cotangents = [vec![ZERO; dim], vec![ZERO; dim]];
    for (m, row) in rows.iter().enumerate() {
        for (i, cotangent) in cotangents[0].iter_mut().enumerate() {
            add_product(cotangent, row, &out.by_start[m * dim + i]);
        }
    }
    for (cotangent, row) in cotangents[1].iter_mut().zip(rows) {
        add_product(cotangent, row, &block.clock.weight);
    }
    let mut gradient = vec![0.0; stack.parameters.len()];
    for ((z, trace), cotangent) in ends.iter_mut().zip(&mut cotangents) {
        backward(stack, trace, z, cotangent, &mut gradient);
    }
    let mut pulled = trained.gather(&gradient, stack.stride(), &block.mu);
    let by_h = (0..h.coefficients.len()).map(|j| {
        let mut total = ZERO;
        rows.iter()
            .enumerate()
            .for_each(|(m, row)| add_product(&mut total, row, &out.by_coefficient[j * rows.len() + m]));
        sum(&total)
    });
    let by_h: Vec<f64> = by_h.collect();
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
