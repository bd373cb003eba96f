//! The tape operations: the whole shear stack as one, the residual as another.
//!
//! The tensor library's own operations make some thirty temporaries per layer; one operation with its own forward and
//! backward kernels is several times faster. The stock formulation lives on in the tests, as the oracle.

use crate::Pair;
use crate::hamiltonian_of_actions::Polynomial;
use crate::lanes::{LANES, Lane, ZERO};
use crate::passages::Block;
use crate::real::Real;
use crate::residual::{Residual, residual, residual_pulled};
use crate::shear::{ShearStack, Trace, backward, forward_traced};
use dfdx::prelude::*;
use rayon::prelude::*;
use std::sync::Arc;

/// A matrix whose shape is known when the program runs.
pub(crate) type Matrix<T = NoneTape> = Tensor<(usize, usize), f64, Cpu, T>;
/// A vector likewise.
pub(crate) type Vector<T = NoneTape> = Tensor<(usize,), f64, Cpu, T>;

/// E(z) for the columns of `z` (2n x batch, the batch a multiple of the lanes); `parameters` is depth x (2n + 2).
///
/// The kernels are of precision E.
pub(crate) fn shear_stack<E: Real, T: Tape<f64, Cpu> + Merge<NoneTape>>(
    z: Matrix<T>,
    parameters: &Matrix,
) -> Matrix<T> {
    let (z, mut tape) = z.contiguous().split_tape();
    let (dim, batch) = *z.shape();
    let stack = ShearStack { dof: dim / 2, parameters: parameters.as_vec() }.rounded::<E>();
    let mut blocks = to_blocks::<E>(&z.as_vec(), dim, batch);
    let mut traces = vec![Trace::new(stack.depth()); blocks.len()];
    blocks.par_iter_mut().zip(&mut traces).for_each(|(block, trace)| forward_traced(&stack, block, trace));
    let out = z.device().tensor_from_vec(from_blocks(&blocks, dim, batch), *z.shape());
    let (z_ghost, parameters_ghost, out_ghost) = (z.ghost(), parameters.ghost(), out.ghost());
    tape.add_backward_op(move |gradients| {
        let cotangent = std::mem::take(&mut **gradients.get_or_alloc_mut(&out_ghost)?);
        let mut cotangents = to_blocks::<E>(&cotangent, dim, batch);
        // One gradient per block, added in the order of the blocks: the same bits on any number of threads.
        let parts: Vec<Vec<f64>> = blocks
            .par_iter_mut()
            .zip(&mut cotangents)
            .zip(&traces)
            .map(|((block, cotangent), trace)| {
                let mut part = vec![0.0; stack.parameters.len()];
                backward(&stack, trace, block, cotangent, &mut part);
                part
            })
            .collect();
        let of_parameters = gradients.get_or_alloc_mut(&parameters_ghost)?;
        for part in &parts {
            of_parameters.iter_mut().zip(part).for_each(|(total, part)| *total += part);
        }
        let of_z = gradients.get_or_alloc_mut(&z_ghost)?;
        of_z.iter_mut().zip(from_blocks(&cotangents, dim, batch)).for_each(|(total, part)| *total += part);
        Ok(())
    });
    out.put_tape(tape)
}

/// The weighted residuals (one row each) of latent ends (2n x 2 batch: all starts, then all finishes).
pub(crate) fn conjugacy<T: Tape<f64, Cpu> + Merge<NoneTape>>(
    ends: Matrix<T>,
    coefficients: &Vector,
    pairs: &[Pair],
    shape: &Polynomial,
    passages: &Arc<Vec<Block>>,
) -> Matrix<T> {
    let (ends, mut tape) = ends.contiguous().split_tape();
    let (dim, columns) = *ends.shape();
    let h = Polynomial { exponents: shape.exponents.clone(), coefficients: coefficients.as_vec() };
    let blocks = to_blocks::<f64>(&ends.as_vec(), dim, columns);
    let (starts, finishes) = blocks.split_at(blocks.len() / 2);
    let n_rows = passages[0].n_rows();
    let residuals: Vec<Residual> = (0..starts.len())
        .map(|i| {
            let mut out = Residual::new(pairs, &h, n_rows);
            residual(pairs, &h, &starts[i], &finishes[i], &passages[i].clock, &mut out);
            out
        })
        .collect();
    let values: Vec<Vec<Lane>> = residuals.iter().map(|residual| residual.value.clone()).collect();
    let out = ends.device().tensor_from_vec(from_blocks(&values, n_rows, columns / 2), (n_rows, columns / 2));
    let (ends_ghost, coefficients_ghost, out_ghost) = (ends.ghost(), coefficients.ghost(), out.ghost());
    let passages = Arc::clone(passages);
    tape.add_backward_op(move |gradients| {
        let cotangent = std::mem::take(&mut **gradients.get_or_alloc_mut(&out_ghost)?);
        let cotangents = to_blocks(&cotangent, n_rows, columns / 2);
        let of_coefficients = gradients.get_or_alloc_mut(&coefficients_ghost)?;
        let mut pulled = vec![vec![ZERO; dim]; 2 * residuals.len()];
        let (starts, finishes) = pulled.split_at_mut(residuals.len());
        let mut by_h = vec![0.0; of_coefficients.len()];
        for (i, (residual, cotangent)) in residuals.iter().zip(&cotangents).enumerate() {
            let clock = &passages[i].clock;
            residual_pulled(residual, clock, cotangent, &mut starts[i], &mut finishes[i], &mut by_h);
            of_coefficients.iter_mut().zip(&by_h).for_each(|(total, part)| *total += part);
        }
        let of_ends = gradients.get_or_alloc_mut(&ends_ghost)?;
        of_ends.iter_mut().zip(from_blocks(&pulled, dim, columns)).for_each(|(total, part)| *total += part);
        Ok(())
    });
    out.put_tape(tape)
}

/// Columns of a matrix by rows, as blocks of lanes.
pub(crate) fn to_blocks<E: Real>(rows: &[f64], dim: usize, batch: usize) -> Vec<Vec<Lane<E>>> {
    let lane = |row: usize, block: usize| -> Lane<E> {
        let start = row * batch + block * LANES;
        std::array::from_fn(|lane| E::from_f64(rows[start + lane]))
    };
    (0..batch / LANES).map(|block| (0..dim).map(|row| lane(row, block)).collect()).collect()
}

/// The inverse of [`to_blocks`].
pub(crate) fn from_blocks<E: Real>(blocks: &[Vec<Lane<E>>], dim: usize, batch: usize) -> Vec<f64> {
    let mut rows = vec![0.0; dim * batch];
    for (b, block) in blocks.iter().enumerate() {
        for (row, lane) in block.iter().enumerate() {
            let own = &mut rows[row * batch + b * LANES..][..LANES];
            own.iter_mut().zip(lane).for_each(|(own, x)| *own = x.to_f64());
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passages::{LatentOrbits, draw};
    use aa_dynamics::random::Stream;
    use dfdx::tensor::{Gradients, Trace as _};

    type Taped = Matrix<OwnedTape<f64, Cpu>>;

    /// The parameters of one layer as leaves of their own.
    struct StockLayer {
        a: Tensor<(), f64, Cpu>,
        b: Tensor<(), f64, Cpu>,
        w: Matrix,
    }

    impl StockLayer {
        fn new(device: &Cpu, numbers: &[f64]) -> Self {
            let w = device.tensor_from_vec(numbers[2..].to_vec(), (1, numbers.len() - 2));
            StockLayer { a: device.tensor(numbers[0]), b: device.tensor(numbers[1]), w }
        }

        /// The layer in the library's own operations.
        fn apply(&self, z: Taped) -> Taped {
            let (dim, batch) = *z.shape();
            let old = z.with_empty_tape();
            let phase = self.b.leaky_trace().broadcast_like(&(1, batch));
            let wave = (self.w.leaky_trace().matmul(z) + phase).sin();
            let form = crate::symplectic::to_rows(&crate::symplectic::symplectic_form(dim / 2));
            let form: Matrix = wave.device().tensor_from_vec(form, (dim, dim));
            let column = self.w.leaky_trace().permute::<(usize, usize), Axes2<1, 0>>();
            let kick = form.leaky_trace().matmul(column).matmul(wave);
            kick * self.a.leaky_trace().broadcast_like(&(dim, batch)) + old
        }

        fn gradient(&self, gradients: &Gradients<f64, Cpu>) -> Vec<f64> {
            [gradients.get(&self.a).as_vec(), gradients.get(&self.b).as_vec(), gradients.get(&self.w).as_vec()].concat()
        }
    }

    #[test]
    fn the_fused_stack_agrees_with_the_stock_operations() {
        let device = Cpu::default();
        let mut stream = Stream::new(11, "op");
        let mut matrix = |rows: usize, columns: usize, size: f64| -> Matrix {
            let numbers: Vec<f64> = (0..rows * columns).map(|_| size * stream.normal()).collect();
            device.tensor_from_vec(numbers, (rows, columns))
        };
        let (z, parameters) = (matrix(4, 2 * LANES, 1.0), matrix(7, 6, 0.5));
        let layers: Vec<StockLayer> =
            parameters.as_vec().chunks(6).map(|numbers| StockLayer::new(&device, numbers)).collect();
        let fused = shear_stack::<f64, _>(z.leaky_trace(), &parameters);
        let stock = layers.iter().fold(z.leaky_trace(), |z, layer| layer.apply(z));
        let gap = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(gap(&fused.as_vec(), &stock.as_vec()) < 1e-13);
        let (fused, stock) = (fused.sin().sum().backward(), stock.sin().sum().backward());
        assert!(gap(&fused.get(&z).as_vec(), &stock.get(&z).as_vec()) < 1e-12);
        let of_layers: Vec<f64> = layers.iter().flat_map(|layer| layer.gradient(&stock)).collect();
        // Sums of 64 terms of order ten.
        let gap = gap(&fused.get(&parameters).as_vec(), &of_layers);
        assert!(gap < 1e-10, "gradients by the parameters differ by {gap}");
    }

    #[test]
    fn the_residual_passes_gradients_to_ends_and_coefficients() {
        let device = Cpu::default();
        let mut stream = Stream::new(12, "op");
        let pairs = [Pair::Oscillator, Pair::Rotor];
        let mut shape = Polynomial::zero(2, 2).with_constant(0.0);
        shape.coefficients.fill(0.4);
        let t: Vec<f64> = (0..20).map(|i| 0.1 * f64::from(i)).collect();
        let rows = (0..4).map(|_| (0..80).map(|_| stream.normal()).collect()).collect();
        let members = vec![crate::family::Member { orbits: 0..4, mu: Vec::new() }];
        let orbits =
            LatentOrbits { dof: 2, t, rows, weights: vec![1.0, 0.7, 1.3, 0.2], energies: vec![(0.3, 0.8); 4], members };
        let passages = Arc::new(draw(&orbits, 1, 2.0, &mut stream));
        let numbers: Vec<f64> = (0..8 * LANES).map(|_| 0.5 * stream.normal()).collect();
        let loss_at = |numbers: &[f64], c: &[f64]| {
            let ends: Matrix = device.tensor_from_vec(numbers.to_vec(), (4, 2 * LANES));
            let coefficients: Vector = device.tensor_from_vec(c.to_vec(), (c.len(),));
            let loss = conjugacy(ends.leaky_trace(), &coefficients, &pairs, &shape, &passages).square().sum();
            let value = loss.as_vec()[0];
            let gradients = loss.backward();
            (value, gradients.get(&ends).as_vec(), gradients.get(&coefficients).as_vec())
        };
        let (_, of_ends, of_coefficients) = loss_at(&numbers, &shape.coefficients);
        let step = 1e-6;
        for place in [3, LANES + 5, 2 * LANES + 1, 7 * LANES + 30] {
            let (mut up, mut down) = (numbers.clone(), numbers.clone());
            up[place] += step;
            down[place] -= step;
            let difference =
                (loss_at(&up, &shape.coefficients).0 - loss_at(&down, &shape.coefficients).0) / (2.0 * step);
            assert!((of_ends[place] - difference).abs() < 1e-6 * (1.0 + difference.abs()));
        }
        for j in 0..shape.coefficients.len() {
            let (mut up, mut down) = (shape.coefficients.clone(), shape.coefficients.clone());
            up[j] += step;
            down[j] -= step;
            let difference = (loss_at(&numbers, &up).0 - loss_at(&numbers, &down).0) / (2.0 * step);
            assert!((of_coefficients[j] - difference).abs() < 1e-6 * (1.0 + difference.abs()));
        }
    }
}
