//! The normal equations of the residuals of passages: lanes of the Jacobian's rows come from the kernels, faer adds their
//! products, and memory does not grow with the data.

use crate::jacobian::{Columns, End, Trained, jacobian_rows};
use crate::lanes::{LANES, Lane, ZERO, rounded};
use crate::matrix_free::Rows;
use crate::network::Network;
use crate::passages::Block;
use crate::real::Real;
use crate::residual::{Residual, residual};
use crate::shear::{ShearStack, forward_traced};
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::cholesky::llt;
use faer::linalg::matmul::triangular::{BlockStructure, matmul};
use faer::{Accum, MatMut, MatRef, Par, get_global_parallelism};
use rayon::prelude::*;

/// Most partial sums of J^T J.
const PARTS: usize = 8;
/// Fewest rows of a partial sum, since each costs a pass through memory. Neither depends on the number of threads, and so
/// the bits do not.
const PART_ROWS: usize = 512;
/// Rows multiplied at once: enough for the matrix product to run from cache.
const ROWS: usize = 256;

/// The Gram matrix of the columns [J, r]: J^T J, then J^T r in the last row, r^T r in the corner. Lower triangle only,
/// column after column. Its parts are of the precision E, their sum is in double.
#[derive(Default)]
pub(crate) struct NormalEquations<E> {
    /// The number of columns.
    size: usize,
    gram: Vec<f64>,
    parts: Vec<Part<E>>,
    factors: Vec<f64>,
}

impl<E: Real> NormalEquations<E> {
    /// Sums over all passages, `here` being their residuals.
    pub(crate) fn fill(&mut self, network: &Network, trained: &Trained, passages: &[Block], here: &Rows) {
        let (size, n_rows) = (trained.n_columns() + network.n_h() + 1, passages[0].n_rows());
        if self.size != size {
            self.size = size;
            self.gram = vec![0.0; size * size];
            self.factors = vec![0.0; (size - 1) * (size - 1)];
            self.parts = (0..PARTS).map(|_| Part::new(network, size, n_rows)).collect();
        }
        let n_parts = (passages.len() * n_rows * LANES / PART_ROWS).clamp(1, PARTS);
        let share = passages.len().div_ceil(n_parts);
        let shares = passages.par_chunks(share).zip(here.par_chunks(share));
        self.parts.par_iter_mut().zip(shares).for_each(|(part, (passages, here))| {
            part.fill(network, trained, passages, here);
        });
        let parts = &self.parts[..passages.len().div_ceil(share)];
        self.gram.par_chunks_exact_mut(size).enumerate().for_each(|(j, total)| {
            let below = j * size + j..(j + 1) * size;
            total[j..].fill(0.0);
            for part in parts {
                total[j..].iter_mut().zip(&part.gram[below.clone()]).for_each(|(total, x)| *total += x.to_f64());
            }
        });
    }

    /// The product of two columns, i >= j.
    #[cfg(test)]
    pub(crate) fn product(&self, i: usize, j: usize) -> f64 {
        self.gram[j * self.size + i]
    }

    /// Damped: the factors of J^T J + damping D, D the diagonal of J^T J raised by a floor.
    pub(crate) fn damped(&mut self, damping: f64) -> Option<Damped<'_>> {
        let (size, p) = (self.size, self.size - 1);
        let mean = (0..p).map(|j| self.gram[j * size + j]).sum::<f64>() / p as f64;
        // Layers still at zero amplitude have no curvature in their phases and directions; the floor holds those.
        let floor = 1e-6 * mean + f64::MIN_POSITIVE;
        for (j, column) in self.factors.chunks_exact_mut(p).enumerate() {
            column[j..].copy_from_slice(&self.gram[j * size + j..j * size + p]);
            column[j] += damping * (column[j] + floor) + 1e-14 * mean;
        }
        let matrix = MatMut::from_column_major_slice_mut(&mut self.factors, p, p);
        let par = get_global_parallelism();
        let scratch = llt::factor::cholesky_in_place_scratch::<f64>(p, par, Default::default());
        let mut memory = MemBuffer::new(scratch);
        let stack = MemStack::new(&mut memory);
        llt::factor::cholesky_in_place(matrix, Default::default(), par, stack, Default::default()).ok()?;
        Some(Damped { size, gram: &self.gram, factors: &self.factors })
    }
}

/// Normal equations that can be solved.
pub(crate) struct Damped<'a> {
    size: usize,
    gram: &'a [f64],
    factors: &'a [f64],
}

impl Damped<'_> {
    /// J^T r.
    pub(crate) fn gradient(&self) -> Vec<f64> {
        self.gram.chunks_exact(self.size).take(self.size - 1).map(|column| column[self.size - 1]).collect()
    }

    /// The length of a step, every parameter measured by its effect on the residuals.
    pub(crate) fn length(&self, step: &[f64]) -> f64 {
        step.iter().enumerate().map(|(j, x)| self.gram[j * self.size + j] * x * x).sum::<f64>().sqrt()
    }

    /// The step against a gradient.
    pub(crate) fn against(&self, gradient: &[f64]) -> Option<Vec<f64>> {
        let p = gradient.len();
        let mut step: Vec<f64> = gradient.iter().map(|g| -g).collect();
        let factors = MatRef::from_column_major_slice(self.factors, p, p);
        let column = MatMut::from_column_major_slice_mut(&mut step, p, 1);
        llt::solve::solve_in_place(factors, column, get_global_parallelism(), MemStack::new(&mut []));
        step.iter().all(|x| x.is_finite()).then_some(step)
    }
}

/// Both ends of passages on their way through the stack, and how the residuals depend on them.
pub(crate) struct Linear<E> {
    pub(crate) ends: [End<E>; 2],
    latent: [Vec<Lane>; 2],
    pub(crate) residual: Residual,
}

impl<E: Real> Linear<E> {
    pub(crate) fn new(network: &Network, n_rows: usize) -> Self {
        let (dof, depth) = (network.pairs.len(), network.stack.depth());
        Linear {
            ends: [(); 2].map(|()| End::new(dof, depth, n_rows)),
            latent: [(); 2].map(|()| vec![ZERO; 2 * dof]),
            residual: Residual::new(&network.pairs, &network.h, n_rows),
        }
    }

    /// Follows a block; `stack` is that of the network at its parameters.
    pub(crate) fn follow(&mut self, network: &Network, stack: &ShearStack<E>, block: &Block) {
        for ((end, latent), z) in self.ends.iter_mut().zip(&mut self.latent).zip([&block.start, &block.finish]) {
            end.z.iter_mut().zip(z).for_each(|(own, z)| *own = rounded(z));
            forward_traced(stack, &mut end.z, &mut end.trace);
            latent.iter_mut().zip(&end.z).for_each(|(latent, z)| *latent = rounded(z));
        }
        let [start, finish] = &self.latent;
        residual(&network.pairs, &network.h, start, finish, &block.clock, &mut self.residual);
    }
}

/// One partial sum of the Gram matrix, with buffers for the rows of a few blocks of passages.
struct Part<E> {
    gram: Vec<E>,
    /// Columns of [J, r], of every residual of `blocks` blocks.
    columns: Vec<E>,
    blocks: usize,
    linear: Linear<E>,
}

impl<E: Real> Part<E> {
    fn new(network: &Network, size: usize, n_rows: usize) -> Self {
        let blocks = ROWS.div_ceil(n_rows * LANES);
        Part {
            gram: vec![E::ZERO; size * size],
            columns: vec![E::ZERO; size * blocks * n_rows * LANES],
            blocks,
            linear: Linear::new(network, n_rows),
        }
    }

    /// The Gram matrix of some passages, replacing what was there.
    fn fill(&mut self, network: &Network, trained: &Trained, passages: &[Block], here: &[Vec<Lane>]) {
        let block_rows = here[0].len() * LANES;
        // Chunks of one size: a last one of a few rows would be slow.
        let blocks = passages.len().div_ceil(passages.len().div_ceil(self.blocks));
        let mut accumulate = Accum::Replace;
        for (chunk, here) in passages.chunks(blocks).zip(here.chunks(blocks)) {
            let height = chunk.len() * block_rows;
            for (index, (block, here)) in chunk.iter().zip(here).enumerate() {
                let mut columns = Columns { data: &mut self.columns, height, offset: index * block_rows };
                rows_of_block(network, trained, block, here, &mut self.linear, &mut columns);
            }
            self.add_gram(height, accumulate);
            accumulate = Accum::Add;
        }
    }

    fn add_gram(&mut self, height: usize, accumulate: Accum) {
        let size = self.columns.len() / (self.blocks * self.linear.residual.value.len() * LANES);
        let columns = MatRef::from_column_major_slice(&self.columns[..size * height], height, size);
        matmul(
            MatMut::from_column_major_slice_mut(&mut self.gram, size, size),
            BlockStructure::TriangularLower,
            accumulate,
            columns.transpose(),
            BlockStructure::Rectangular,
            columns,
            BlockStructure::Rectangular,
            E::ONE,
            Par::Seq,
        );
    }
}

/// Writes one block's part of the columns: the stack's parameters, the coefficients of h, the residual.
fn rows_of_block<E: Real>(
    network: &Network,
    trained: &Trained,
    block: &Block,
    here: &[Lane],
    linear: &mut Linear<E>,
    columns: &mut Columns<'_, E>,
) {
    let dim = 2 * network.pairs.len();
    let (family, network) = (&network.family, network.at(&block.mu));
    let stack = network.stack.rounded();
    linear.follow(&network, &stack, block);
    let Linear { ends: [start, finish], residual: out, .. } = linear;
    start.rows.iter_mut().zip(&out.by_start).for_each(|(row, by_start)| *row = rounded(by_start));
    for (place, row) in finish.rows.iter_mut().enumerate() {
        // The residual of an energy, the last, does not depend on the finish.
        let is_own = place < dim * dim && place % (dim + 1) == 0;
        *row = rounded(if is_own { &block.clock.weight } else { &ZERO });
    }
    jacobian_rows(&stack, trained, [start, finish], columns);
    let n_rows = block.n_rows();
    for layer in (0..trained.layers.len()).map(|layer| layer * trained.width()) {
        for (k, mu) in block.mu.iter().enumerate() {
            columns.multiple(layer + 2 + trained.slots.len() + k, *mu, layer + 1, n_rows);
        }
    }
    let first = trained.n_columns();
    let n_coefficients = network.h.coefficients.len();
    let monomials = family.monomials(&block.mu);
    for (m, here) in here.iter().enumerate() {
        for j in 0..n_coefficients {
            *columns.entry(first + j, m) = rounded(&out.by_coefficient[j * n_rows + m]);
        }
        *columns.entry(first + n_coefficients * (1 + monomials.len()), m) = rounded(here);
    }
    for (place, monomial) in (1..).zip(&monomials) {
        for j in 0..n_coefficients {
            columns.multiple(first + place * n_coefficients + j, *monomial, first + j, n_rows);
        }
    }
}
