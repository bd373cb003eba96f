//! Levenberg-Marquardt: the second stage of training, which turns 1e-2 into 1e-4.
//!
//! The loss is a sum of squares of few residuals per passage in a few hundred parameters, so J^T J is the exact
//! curvature up to terms that vanish with the residuals, and it is affordable: lanes of the Jacobian's rows come from
//! the kernels, faer adds their products, and memory does not grow with the data. Beyond [`BLOCK_PARAMETERS`] the
//! layers take turns: each iteration moves a window of layers together with all of h.

use crate::Error;
use crate::lanes::{LANES, Lane};
use crate::matrix_free::{Rows, curvature, pull_back, residuals};
use crate::network::Network;
use crate::passages::Block;
use crate::residual::{Residual, residual};
use crate::shear::{Columns, End, Trained, forward_traced, jacobian_rows};
use faer::linalg::matmul::triangular::{BlockStructure, matmul};
use faer::linalg::solvers::{Llt, Solve};
use faer::{Accum, Mat, MatRef, Par, Side};
use rayon::prelude::*;

/// Most parameters moved at once: J^T J costs their square per residual and their square in memory.
pub(crate) const BLOCK_PARAMETERS: usize = 1200;
/// Partial sums of J^T J, fixed so that the bits do not depend on the number of threads.
const PARTS: usize = 8;
/// Rows multiplied at once: enough for the matrix product to run from cache.
const ROWS: usize = 256;
/// The longest second-order part of a step against its first-order part; beyond it the expansion means nothing.
const LARGEST_BEND: f64 = 0.75;
/// Damping tried in vain before an iteration gives up.
const ATTEMPTS: usize = 8;

/// The Gram matrix of the columns [J, r]: J^T J, then J^T r in the last row, r^T r in the corner. Lower triangle only.
struct Normal<'a> {
    gram: &'a Mat<f64>,
    n_residuals: f64,
}

impl Normal<'_> {
    fn n_parameters(&self) -> usize {
        self.gram.nrows() - 1
    }

    fn loss(&self) -> f64 {
        self.gram[(self.n_parameters(), self.n_parameters())] / self.n_residuals
    }

    /// Damped: the factors of J^T J + damping D, D the diagonal of J^T J raised by a floor.
    fn damped(&self, damping: f64) -> Option<Damped> {
        let p = self.n_parameters();
        let mut matrix = self.gram.submatrix(0, 0, p, p).to_owned();
        let mean = (0..p).map(|i| matrix[(i, i)]).sum::<f64>() / p as f64;
        // Layers still at zero amplitude have no curvature in their phases and directions; the floor holds those.
        let floor = 1e-6 * mean + f64::MIN_POSITIVE;
        for i in 0..p {
            matrix[(i, i)] += damping * (matrix[(i, i)] + floor) + 1e-14 * mean;
        }
        Some(Damped(matrix.llt(Side::Lower).ok()?))
    }

    /// J^T r.
    fn gradient(&self) -> Vec<f64> {
        (0..self.n_parameters()).map(|i| self.gram[(self.n_parameters(), i)]).collect()
    }

    /// The length of a step, every parameter measured by its effect on the residuals.
    fn length(&self, step: &[f64]) -> f64 {
        step.iter().enumerate().map(|(i, x)| self.gram[(i, i)] * x * x).sum::<f64>().sqrt()
    }
}

struct Damped(Llt<f64>);

impl Damped {
    /// The step against a gradient.
    fn against(&self, gradient: &[f64]) -> Option<Vec<f64>> {
        let solution = self.0.solve(&Mat::from_fn(gradient.len(), 1, |i, _| -gradient[i]));
        let step: Vec<f64> = (0..gradient.len()).map(|i| solution[(i, 0)]).collect();
        step.iter().all(|x| x.is_finite()).then_some(step)
    }
}

/// The state carried from iteration to iteration.
pub(crate) struct LevenbergMarquardt {
    pub(crate) damping: f64,
    pub(crate) next_layer: usize,
    parts: Vec<Part>,
}

impl LevenbergMarquardt {
    /// Caution to start with: a tenth of the curvature.
    pub(crate) const FIRST_DAMPING: f64 = 0.1;

    /// Goes on with a damping, from a layer on.
    pub(crate) fn new(damping: f64, next_layer: usize) -> Self {
        LevenbergMarquardt { damping, next_layer, parts: Vec::new() }
    }

    /// One iteration on some passages: the Jacobian, then the least damping that lowers the loss. Returns the loss
    /// before the step.
    ///
    /// The loss is of the passages with their weights lowered where they are lost, see [`discount`].
    pub(crate) fn iterate(&mut self, network: &mut Network, mut passages: Vec<Block>) -> Result<f64, Error> {
        let trained = self.window(network);
        let mut here = residuals(network, &passages);
        passages.iter_mut().zip(&mut here).for_each(|(block, rows)| discount(block, rows));
        let passages = &passages;
        let normal = normal_equations(network, &trained, passages, &mut self.parts);
        let before = normal.loss();
        if !before.is_finite() {
            return Err(Error::Diverged { steps: 0 });
        }
        for _ in 0..ATTEMPTS {
            if let Some(step) = step(&normal, self.damping, network, &trained, passages, &here) {
                let mut trial = network.clone();
                trial.add_step(&trained, &step);
                if loss(&trial, passages) < before {
                    *network = trial;
                    self.damping = (self.damping / 3.0).max(1e-12);
                    return Ok(before);
                }
            }
            self.damping = (self.damping * 4.0).min(1e6);
        }
        Ok(before)
    }

    /// The layers that move in this iteration: all, or the next window of them.
    fn window(&mut self, network: &Network) -> Trained {
        let depth = network.stack.depth();
        let whole = network.trained(0..depth);
        let room = BLOCK_PARAMETERS.saturating_sub(network.n_h()) / whole.width();
        let room = room.clamp(1, depth.max(1));
        if room >= depth {
            return whole;
        }
        let first = self.next_layer.min(depth - room);
        self.next_layer = if first + room >= depth { 0 } else { first + room };
        network.trained(first..first + room)
    }
}

/// The root mean square of a passage's residuals, relative to the size of the orbit, at which its phase is getting lost.
const LOST: f64 = 0.05;

/// Lowers the weights of passages that are predicted badly: those whose phase is lost teach no map, and by their number and
/// size would drown those that do (iteratively reweighted least squares with the weight of Cauchy). A passage that is
/// predicted to a hundredth hardly notices.
fn discount(block: &mut Block, rows: &mut [Lane]) {
    let n_rows = rows.len() as f64;
    for lane in 0..LANES {
        let square = rows.iter().map(|row| row[lane] * row[lane]).sum::<f64>() / n_rows;
        let factor = 1.0 / (1.0 + square / (LOST * LOST)).sqrt();
        block.clock.weight[lane] *= factor;
        block.clock.energy.iter_mut().for_each(|energy| energy.weight[lane] *= factor);
        rows.iter_mut().for_each(|row| row[lane] *= factor);
    }
}

/// The step of a damping, bent by the residuals' curvature along it (geodesic acceleration: Transtrum and Sethna 2012,
/// arXiv 1201.5885): the valleys of this loss are curved, and a straight step must stay short in them. None where the
/// step is so long that the bend means nothing: more damping shortens it.
fn step(
    normal: &Normal<'_>,
    damping: f64,
    network: &Network,
    trained: &Trained,
    passages: &[Block],
    here: &Rows,
) -> Option<Vec<f64>> {
    let damped = normal.damped(damping)?;
    let straight = damped.against(&normal.gradient())?;
    let curvature = curvature(network, trained, passages, here, &straight);
    let bend = damped.against(&pull_back(network, trained, passages, &curvature))?;
    let is_short = normal.length(&bend) <= LARGEST_BEND * normal.length(&straight);
    is_short.then(|| straight.iter().zip(&bend).map(|(straight, bend)| straight + 0.5 * bend).collect())
}

/// The mean square of the weighted residuals.
pub(crate) fn loss(network: &Network, passages: &[Block]) -> f64 {
    let residuals = residuals(network, passages);
    let sums: Vec<f64> = residuals.iter().map(|rows| rows.iter().flatten().map(|r| r * r).sum()).collect();
    sums.iter().sum::<f64>() / n_residuals(passages)
}

fn n_residuals(passages: &[Block]) -> f64 {
    passages.iter().map(|block| block.n_rows() * LANES).sum::<usize>() as f64
}

/// J^T J, J^T r and r^T r over all passages: a fixed number of partial sums, added in order.
fn normal_equations<'a>(
    network: &Network,
    trained: &Trained,
    passages: &[Block],
    parts: &'a mut Vec<Part>,
) -> Normal<'a> {
    let size = trained.n_columns() + network.n_h() + 1;
    if parts.first().is_none_or(|part| part.gram.nrows() != size) {
        *parts = (0..PARTS).map(|_| Part::new(network, size, passages[0].n_rows())).collect();
    }
    let share = passages.len().div_ceil(PARTS).max(1);
    let n_parts = passages.len().div_ceil(share);
    parts.par_iter_mut().zip(passages.par_chunks(share)).for_each(|(part, share)| part.fill(network, trained, share));
    let (first, rest) = parts.split_at_mut(1);
    for part in &rest[..n_parts - 1] {
        first[0].gram += &part.gram;
    }
    Normal { gram: &first[0].gram, n_residuals: n_residuals(passages) }
}

/// One partial sum of the Gram matrix, with buffers for the rows of a few blocks of passages.
struct Part {
    gram: Mat<f64>,
    /// Columns of [J, r], of every residual of `blocks` blocks.
    columns: Vec<f64>,
    blocks: usize,
    start: End,
    finish: End,
    residual: Residual,
}

impl Part {
    fn new(network: &Network, size: usize, n_rows: usize) -> Self {
        let (dof, depth) = (network.pairs.len(), network.stack.depth());
        let blocks = ROWS.div_ceil(n_rows * LANES);
        Part {
            gram: Mat::zeros(size, size),
            columns: vec![0.0; size * blocks * n_rows * LANES],
            blocks,
            start: End::new(dof, depth, n_rows),
            finish: End::new(dof, depth, n_rows),
            residual: Residual::new(&network.pairs, &network.h, n_rows),
        }
    }

    /// The Gram matrix of some passages, replacing what was there.
    fn fill(&mut self, network: &Network, trained: &Trained, passages: &[Block]) {
        let block_rows = self.residual.value.len() * LANES;
        let mut accumulate = Accum::Replace;
        for chunk in passages.chunks(self.blocks) {
            let height = chunk.len() * block_rows;
            for (index, block) in chunk.iter().enumerate() {
                let mut columns = Columns { data: &mut self.columns, height, offset: index * block_rows };
                let ends = [&mut self.start, &mut self.finish];
                rows_of_block(network, trained, block, ends, &mut self.residual, &mut columns);
            }
            self.add_gram(height, accumulate);
            accumulate = Accum::Add;
        }
    }

    fn add_gram(&mut self, height: usize, accumulate: Accum) {
        let size = self.gram.nrows();
        let columns = MatRef::from_column_major_slice(&self.columns[..size * height], height, size);
        matmul(
            self.gram.as_mut(),
            BlockStructure::TriangularLower,
            accumulate,
            columns.transpose(),
            BlockStructure::Rectangular,
            columns,
            BlockStructure::Rectangular,
            1.0,
            Par::Seq,
        );
    }
}

/// Writes one block's part of the columns: the stack's parameters, the coefficients of h, the residual.
fn rows_of_block(
    network: &Network,
    trained: &Trained,
    block: &Block,
    ends: [&mut End; 2],
    out: &mut Residual,
    columns: &mut Columns<'_>,
) {
    let dim = 2 * network.pairs.len();
    let (family, network) = (&network.family, network.at(&block.mu));
    let [start, finish] = ends;
    start.z.copy_from_slice(&block.start);
    finish.z.copy_from_slice(&block.finish);
    forward_traced(&network.stack, &mut start.z, &mut start.trace);
    forward_traced(&network.stack, &mut finish.z, &mut finish.trace);
    residual(&network.pairs, &network.h, &start.z, &finish.z, &block.clock, out);
    start.rows.copy_from_slice(&out.by_start);
    for (place, row) in finish.rows.iter_mut().enumerate() {
        // The residual of an energy, the last, does not depend on the finish.
        *row = if place < dim * dim && place % (dim + 1) == 0 { block.clock.weight } else { [0.0; LANES] };
    }
    jacobian_rows(&network.stack, trained, start, finish, columns);
    let n_rows = block.n_rows();
    for layer in (0..trained.layers.len()).map(|layer| layer * trained.width()) {
        for (k, mu) in block.mu.iter().enumerate() {
            columns.multiple(layer + 2 + trained.slots.len() + k, *mu, layer + 1, n_rows);
        }
    }
    let first = trained.n_columns();
    let n_coefficients = network.h.coefficients.len();
    let monomials = family.monomials(&block.mu);
    for m in 0..n_rows {
        for j in 0..n_coefficients {
            *columns.entry(first + j, m) = out.by_coefficient[j * n_rows + m];
        }
        *columns.entry(first + n_coefficients * (1 + monomials.len()), m) = out.value[m];
    }
    for (place, monomial) in (1..).zip(&monomials) {
        for j in 0..n_coefficients {
            columns.multiple(first + place * n_coefficients + j, *monomial, first + j, n_rows);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Pair;
    use crate::family::{Dependence, Member};
    use crate::hamiltonian_of_actions::Polynomial;
    use crate::passages::{LatentOrbits, draw};
    use aa_dynamics::random::Stream;

    /// A network of every kind of pair with layers that do something, and passages that do not fit it.
    fn setting() -> (Network, Vec<Block>) {
        let pairs = [Pair::Oscillator, Pair::Rotor, Pair::Free, Pair::Frozen];
        let mut h = Polynomial::zero(3, 2).with_constant(0.0);
        h.coefficients.iter_mut().enumerate().for_each(|(j, c)| *c = 0.5 - 0.06 * j as f64);
        let mut stream = Stream::new(5, "setting");
        let mut network = Network::random(&pairs, h, 5, &[1.0; 8], &mut stream);
        for layer in network.stack.parameters.chunks_exact_mut(10) {
            layer[0] = 0.2 + 0.1 * stream.normal();
        }
        let t: Vec<f64> = (0..30).map(|i| 0.1 * f64::from(i)).collect();
        let rows = (0..4).map(|_| (0..240).map(|_| 0.7 * stream.normal()).collect()).collect();
        let energies = vec![(0.3, 1.0), (0.5, 0.4), (-0.2, 1.1), (0.0, 0.7)];
        let members = vec![Member { orbits: 0..1, mu: vec![-0.8] }, Member { orbits: 1..4, mu: vec![0.6] }];
        network.family = Dependence::random(1, 3, &network, &mut stream);
        network.family.h.iter_mut().for_each(|c| *c = 0.1 * stream.normal());
        let orbits = LatentOrbits { dof: 4, t, rows, weights: vec![1.0, 0.5, 2.0, 1.5], energies, members };
        let passages = draw(&orbits, 4, 2.0, &mut stream);
        (network, passages)
    }

    #[test]
    fn the_normal_equations_hold_the_gradient_of_the_loss() {
        let (network, passages) = setting();
        let trained = network.trained(0..5);
        let mut parts = Vec::new();
        let normal = normal_equations(&network, &trained, &passages, &mut parts);
        assert!((normal.loss() - loss(&network, &passages)).abs() < 1e-12 * normal.loss());
        let step = 1e-6;
        let pulled = pull_back(&network, &trained, &passages, &residuals(&network, &passages));
        for p in 0..normal.n_parameters() {
            assert!((pulled[p] - normal.gradient()[p]).abs() < 1e-11 * normal.n_residuals, "parameter {p} without J");
            let moved = |sign: f64| {
                let mut moved = network.clone();
                let mut direction = vec![0.0; normal.n_parameters()];
                direction[p] = sign * step;
                moved.add_step(&trained, &direction);
                loss(&moved, &passages)
            };
            let difference = (moved(1.0) - moved(-1.0)) / (2.0 * step);
            let gradient = 2.0 * normal.gradient()[p] / normal.n_residuals;
            assert!((gradient - difference).abs() < 1e-7 * (1.0 + gradient.abs()), "parameter {p}");
        }
    }

    #[test]
    fn the_curvature_is_the_second_derivative_of_the_residuals() {
        let (network, passages) = setting();
        let trained = network.trained(0..5);
        let n_steps = trained.n_columns() + network.n_h();
        let step: Vec<f64> = (0..n_steps).map(|i| 1e-2 * (1.0 + i as f64).sin()).collect();
        let at = |share: f64| {
            let mut moved = network.clone();
            moved.add_step(&trained, &step.iter().map(|x| share * x).collect::<Vec<f64>>());
            residuals(&moved, &passages)
        };
        let found = curvature(&network, &trained, &passages, &at(0.0), &step);
        // The parabola through three other points.
        let (ahead, middle, behind) = (at(0.2), at(0.0), at(-0.2));
        for (block, found) in found.iter().enumerate() {
            for (m, found) in found.iter().enumerate() {
                let [ahead, middle, behind] = [&ahead, &middle, &behind].map(|rows| rows[block][m][3]);
                let parabola = (ahead - 2.0 * middle + behind) / 0.04;
                assert!((found[3] - parabola).abs() < 1e-2 * (1e-3 + parabola.abs()), "{} {parabola}", found[3]);
            }
        }
    }

    #[test]
    fn a_window_of_layers_sees_the_same_columns() {
        let (network, passages) = setting();
        let all = network.trained(0..5);
        let some = network.trained(1..3);
        let (mut parts, mut few) = (Vec::new(), Vec::new());
        let whole = normal_equations(&network, &all, &passages, &mut parts);
        let window = normal_equations(&network, &some, &passages, &mut few);
        let width = all.width();
        for i in 0..2 * width {
            for j in 0..=i {
                let (a, b) = (whole.gram[(i + width, j + width)], window.gram[(i, j)]);
                assert!((a - b).abs() < 1e-10 * (1.0 + a.abs()));
            }
        }
    }

    #[test]
    fn a_passage_that_is_lost_counts_little_and_a_good_one_in_full() {
        let (network, mut passages) = setting();
        let mut rows = residuals(&network, &passages).swap_remove(0);
        let n_rows = rows.len() as f64;
        for row in &mut rows {
            (row[0], row[1]) = (20.0 * LOST, 0.05 * LOST);
        }
        let before = passages[0].clone();
        discount(&mut passages[0], &mut rows);
        let kept = |lane: usize| passages[0].clock.weight[lane] / before.clock.weight[lane];
        assert!(kept(0) < 0.06 && (0.998..1.0).contains(&kept(1)), "{} {}", kept(0), kept(1));
        // Whatever it was before, no passage counts for more than one that is just lost.
        let square = |lane: usize| rows.iter().map(|row| row[lane] * row[lane]).sum::<f64>() / n_rows;
        assert!((0..LANES).all(|lane| square(lane) < LOST * LOST));
        let energy = |block: &Block| block.clock.energy.as_ref().unwrap().weight[0];
        assert!((energy(&passages[0]) / energy(&before) - kept(0)).abs() < 1e-15);
    }

    #[test]
    fn iterations_lower_the_loss() {
        let (mut network, passages) = setting();
        let first = loss(&network, &passages);
        let mut method = LevenbergMarquardt::new(LevenbergMarquardt::FIRST_DAMPING, 0);
        for _ in 0..5 {
            method.iterate(&mut network, passages.clone()).unwrap();
        }
        assert!(loss(&network, &passages) < 0.9 * first);
    }
}
