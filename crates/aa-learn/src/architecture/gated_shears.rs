//! The paper's encoder: additive shears, moving q by p and p by q in turn; its inverse decodes.
//!
//! For n = 1 a layer is symplectic. For n > 1 it is so only if all gates of the layer are equal, which nothing asks
//! for: the stack preserves volume and no more. Without gates ([`Shape::gated`] false) a layer is the gradient of
//! a function of x, and the stack exactly symplectic: the gradient modules of SympNets (Jin, Zhang, Zhu, Tang and
//! Karniadakis, Neural Networks 132, 2020).

use aa_dynamics::random::Stream;
use dfdx::prelude::*;
use rayon::prelude::*;

use super::kernel::{Points, Shape, Trace, Way, backward, forward};
use super::spare::Spare;
use super::{Matrix, Number, Record, Visit};
use crate::lanes::LANES;
use crate::real::Real;

/// Points per piece of work. Pieces do not depend on the number of threads, and their gradients add in order.
const PIECE: usize = 64;

/// A stack of shears, its parameters (depth x stride, see [`Shape::stride`]) and the traces it reuses.
#[derive(Clone, Debug)]
pub(super) struct GatedShears<E: Number> {
    pub(super) shape: Shape,
    pub(super) parameters: Matrix<E>,
    spare: Spare<Trace<E>>,
}

impl<E: Number> GatedShears<E> {
    /// The identity to begin with: a = 0, gate = 0, and w, b ~ N(0, 0.01^2) as the paper has it.
    ///
    /// Without gates there is no skip for a first gradient to pass through, only a, and that gradient grows with w: there
    /// w, b ~ N(0, 0.3^2).
    pub(super) fn new(device: &E::Device, shape: Shape, stream: &mut Stream) -> Self {
        let units = shape.width * (shape.dof + 2);
        let stride = shape.stride();
        let spread = if shape.gated { SPREAD } else { GRADIENT_SPREAD };
        let number = |place: usize, stream: &mut Stream| match place % stride {
            unit if unit < units && unit % (shape.dof + 2) != 0 => spread * stream.normal(),
            _ => 0.0,
        };
        let parameters = (0..shape.depth * stride).map(|place| Real::from_f64(number(place, stream))).collect();
        let parameters = device.tensor_from_vec(parameters, (shape.depth, stride));
        GatedShears { shape, parameters, spare: Spare::default() }
    }

    /// Tells of the parameters.
    pub(super) fn visit(&mut self, name: &str, visit: &mut dyn Visit<E>) {
        visit.matrix(format!("{name}/shears"), &mut self.parameters);
    }

    /// E(z), or its inverse, for the rows of `z` (batch x 2n).
    pub(super) fn apply<T: Record<E>>(&self, z: Matrix<E, T>, way: Way) -> Matrix<E, T> {
        let (z, mut tape) = z.contiguous().split_tape();
        let (shape, parameters) = (self.shape, self.parameters.as_vec());
        let mut pieces: Vec<(Points<E>, Trace<E>)> = z
            .as_vec()
            .chunks(PIECE * 2 * shape.dof)
            .map(|rows| (to_points(rows, shape.dof), self.spare.take()))
            .collect();
        pieces.par_iter_mut().for_each(|(points, trace)| {
            trace.fit(&shape, points.blocks);
            forward(&shape, &parameters, way, points, trace);
        });
        let out = z.device().tensor_from_vec(rows(pieces.iter().map(|piece| &piece.0), *z.shape()), *z.shape());
        if !T::OWNS_TAPE {
            self.spare.keep(pieces.into_iter().map(|piece| piece.1));
            return out.put_tape(tape);
        }
        let (z_ghost, parameters_ghost, out_ghost) = (z.ghost(), self.parameters.ghost(), out.ghost());
        let (spare, batch) = (self.spare.share(), *z.shape());
        tape.add_backward_op(move |gradients| {
            let cotangent = std::mem::take(E::host(gradients.get_or_alloc_mut(&out_ghost)?));
            let cotangents: Vec<Points<E>> =
                cotangent.chunks(PIECE * 2 * shape.dof).map(|rows| to_points(rows, shape.dof)).collect();
            let back = |((points, trace), mut cotangent): (&mut (Points<E>, Trace<E>), Points<E>)| {
                let mut part = vec![E::ZERO; parameters.len()];
                backward(&shape, &parameters, way, points, trace, &mut cotangent, &mut part);
                (cotangent, part)
            };
            let parts: Vec<(Points<E>, Vec<E>)> = pieces.par_iter_mut().zip(cotangents).map(back).collect();
            let of_parameters = E::host(gradients.get_or_alloc_mut(&parameters_ghost)?);
            for (_, part) in &parts {
                of_parameters.iter_mut().zip(part).for_each(|(total, part)| *total += *part);
            }
            let of_z = E::host(gradients.get_or_alloc_mut(&z_ghost)?);
            let pulled = rows(parts.iter().map(|part| &part.0), batch);
            of_z.iter_mut().zip(pulled).for_each(|(total, part)| *total += part);
            spare.keep(pieces.into_iter().map(|piece| piece.1));
            Ok(())
        });
        out.put_tape(tape)
    }
}

/// Standard deviation of w and b at the start, with gates.
const SPREAD: f64 = 0.01;
/// The same without: of 0.01, 0.1, 0.3 and 1 the one with the least test loss on the coupled masses after 5000 steps,
/// chosen with one seed.
const GRADIENT_SPREAD: f64 = 0.3;

/// Rows q, p as points side by side; the last lanes are filled with zeros.
fn to_points<E: Number>(rows: &[E], dof: usize) -> Points<E> {
    let dim = 2 * dof;
    let blocks = (rows.len() / dim).div_ceil(LANES);
    let half = |first: usize| {
        let number = |row: usize, i: usize| rows.get(row * dim + first + i).copied().unwrap_or(E::ZERO);
        let lane = |i: usize, block: usize| std::array::from_fn(|lane| number(block * LANES + lane, i));
        (0..dof * blocks).map(|j| lane(j / blocks, j % blocks)).collect()
    };
    Points { blocks, halves: [half(0), half(dof)] }
}

/// The rows of all pieces, one after another.
fn rows<'a, E: Number>(pieces: impl Iterator<Item = &'a Points<E>>, (batch, dim): (usize, usize)) -> Vec<E> {
    let mut rows = vec![E::ZERO; batch * dim];
    for (points, rows) in pieces.zip(rows.chunks_mut(PIECE * dim)) {
        for (r, row) in rows.chunks_exact_mut(dim).enumerate() {
            for (i, number) in row.iter_mut().enumerate() {
                let (half, i) = (2 * i / dim, i % (dim / 2));
                *number = points.halves[half][i * points.blocks + r / LANES][r % LANES];
            }
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::super::core::matrix;
    use super::super::kernel::{Activation, forward_body};
    use super::*;
    use crate::symplectic::symplectic_defect;
    use dfdx::tensor::{Gradients, Trace as _};

    type Taped = Matrix<f64, OwnedTape<f64, Cpu>>;

    fn stack<E: Number>(dof: usize, activation: Activation, gated: bool) -> GatedShears<E> {
        let shape = Shape { dof, width: 7, depth: 4, activation, gated };
        let mut stream = Stream::new(5, "gated shears");
        let numbers: Vec<f64> = (0..4 * shape.stride()).map(|_| 0.5 * stream.normal()).collect();
        GatedShears { shape, parameters: matrix(&numbers, shape.stride()), spare: Spare::default() }
    }

    fn points<E: Number>(dof: usize, batch: usize) -> Matrix<E> {
        let mut stream = Stream::new(6, "points");
        matrix(&(0..batch * 2 * dof).map(|_| stream.normal()).collect::<Vec<f64>>(), 2 * dof)
    }

    /// Layer l of the stack in the library's own operations; its parameters are cut out of the whole tensor.
    fn stock_move(stack: &GatedShears<f64>, l: usize, x: Taped) -> Taped {
        let Shape { dof: n, width, .. } = stack.shape;
        let (batch, units) = (x.shape().0, width * (n + 2));
        let row = stack.parameters.leaky_trace().slice((l..l + 1, ..));
        let gate = stack.shape.gated.then(|| row.with_empty_tape().slice((.., units..)).reshape_like(&(n,)));
        let units = row.slice((.., ..units)).reshape_like(&(width, n + 2)).permute::<(usize, usize), Axes2<1, 0>>();
        let a = units.with_empty_tape().slice((..1, ..)).reshape_like(&(width,));
        let b = units.with_empty_tape().slice((1..2, ..)).reshape_like(&(width,));
        let w = units.slice((2.., ..));
        let u = x.with_empty_tape().matmul(w.with_empty_tape()) + b.broadcast_like::<_, Axis<0>>(&(batch, width));
        let s = match stack.shape.activation {
            Activation::Sigmoid => u.sigmoid(),
            Activation::Relu => u.relu(),
        };
        let sum =
            (s * a.broadcast_like::<_, Axis<0>>(&(batch, width))).matmul(w.permute::<(usize, usize), Axes2<1, 0>>());
        match gate {
            Some(gate) => (sum + x) * gate.broadcast_like::<_, Axis<0>>(&(batch, n)),
            None => sum + x * 0.0,
        }
    }

    fn stock(stack: &GatedShears<f64>, z: Taped, way: Way) -> Taped {
        let (mut q, mut p) = super::super::coder::halves(z);
        let layers: Vec<usize> = if way == Way::Forward { (0..4).collect() } else { (0..4).rev().collect() };
        let sign = if way == Way::Forward { 1.0 } else { -1.0 };
        for l in layers {
            if l % 2 == 0 {
                q = q + stock_move(stack, l, p.with_empty_tape()) * sign;
            } else {
                p = p + stock_move(stack, l, q.with_empty_tape()) * sign;
            }
        }
        (q, p).concat_along(Axis::<1>)
    }

    fn gap(a: &[f64], b: &[f64]) -> f64 {
        assert_eq!(a.len(), b.len());
        a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
    }

    #[test]
    fn values_and_gradients_agree_with_the_stock_operations() {
        for dof in [1, 2, 3, 5] {
            for (activation, gated) in
                [(Activation::Sigmoid, true), (Activation::Relu, true), (Activation::Sigmoid, false)]
            {
                for way in [Way::Forward, Way::Inverse] {
                    // More than one piece, the last one ragged.
                    let (stack, z) = (stack(dof, activation, gated), points(dof, 77));
                    let fused = stack.apply(z.trace(Gradients::leaky()), way);
                    let oracle = stock(&stack, z.trace(Gradients::leaky()), way);
                    assert!(gap(&fused.as_vec(), &oracle.as_vec()) < 1e-12);
                    let (fused, oracle) = (fused.sin().sum().backward(), oracle.sin().sum().backward());
                    assert!(gap(&fused.get(&z).as_vec(), &oracle.get(&z).as_vec()) < 1e-11);
                    let of = |gradients: &Gradients<f64, Cpu>| gradients.get(&stack.parameters).as_vec();
                    // Sums of 77 terms of order one to ten.
                    assert!(gap(&of(&fused), &of(&oracle)) < 1e-9, "{dof} {activation:?} {gated} {way:?}");
                }
            }
        }
    }

    #[test]
    fn the_inverse_undoes_the_stack_whatever_the_tape() {
        let (stack, z) = (stack(2, Activation::Sigmoid, true), points(2, 70));
        let there = stack.apply(z.clone(), Way::Forward);
        assert_eq!(there.as_vec(), stack.apply(z.leaky_trace(), Way::Forward).as_vec());
        assert!(gap(&stack.apply(there, Way::Inverse).as_vec(), &z.as_vec()) < 1e-13);
    }

    fn assert_same_bits<E: Number>() {
        let stack = stack::<E>(2, Activation::Sigmoid, true);
        let parameters = stack.parameters.as_vec();
        let mut dispatched = to_points(&points::<E>(2, 20).as_vec(), 2);
        let mut baseline = dispatched.clone();
        let mut trace = Trace::default();
        trace.fit(&stack.shape, dispatched.blocks);
        forward(&stack.shape, &parameters, Way::Forward, &mut dispatched, &mut trace);
        forward_body(&stack.shape, &parameters, Way::Forward, &mut baseline, &mut trace);
        assert_eq!(dispatched.halves, baseline.halves);
    }

    #[test]
    fn every_instruction_set_gives_the_same_bits() {
        assert_same_bits::<f32>();
        assert_same_bits::<f64>();
    }

    /// The defect of the derivative at one point, row i of which is the gradient of output i.
    fn defect(stack: &GatedShears<f64>) -> f64 {
        let z = points(2, 1);
        let row = |i: usize| {
            let output = stack.apply(z.leaky_trace(), Way::Forward).slice((.., i..i + 1));
            output.sum().backward().get(&z).as_vec()
        };
        symplectic_defect(2, &(0..4).flat_map(row).collect::<Vec<f64>>())
    }

    #[test]
    fn gradient_layers_are_symplectic_and_gates_destroy_that() {
        assert!(defect(&stack(2, Activation::Sigmoid, false)) < 1e-13);
        assert!(defect(&stack(2, Activation::Sigmoid, true)) > 1e-3);
    }
}
