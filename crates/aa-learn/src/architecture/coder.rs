//! Encoders and decoders: a stack of shears and its inverse, or two perceptrons that know nothing of each other.

use aa_dynamics::random::Stream;
use dfdx::prelude::*;

use super::gated_shears::GatedShears;
use super::kernel::{Activation, Way};
use super::perceptron::Perceptron;
use super::{Matrix, Number, Record, Visit};

/// What leads to the space where motion is simple, and back.
#[derive(Clone, Debug)]
pub(super) enum Coder<E: Number> {
    /// Encoder and decoder are inverse to each other and share their parameters.
    Shears(GatedShears<E>),
    /// Encoder and decoder, two separate networks.
    Perceptrons(Box<[Parts<E>; 2]>),
}

impl<E: Number> Coder<E> {
    pub(super) fn encode<T: Record<E>>(&self, z: Matrix<E, T>) -> Matrix<E, T> {
        match self {
            Coder::Shears(stack) => stack.apply(z, Way::Forward),
            Coder::Perceptrons(parts) => parts[0].apply(z),
        }
    }

    pub(super) fn decode<T: Record<E>>(&self, z: Matrix<E, T>) -> Matrix<E, T> {
        match self {
            Coder::Shears(stack) => stack.apply(z, Way::Inverse),
            Coder::Perceptrons(parts) => parts[1].apply(z),
        }
    }

    pub(super) fn visit(&mut self, visit: &mut dyn Visit<E>) {
        match self {
            Coder::Shears(stack) => stack.visit("encoder", visit),
            Coder::Perceptrons(parts) => {
                let [encoder, decoder] = parts.as_mut();
                encoder.visit("encoder", visit);
                decoder.visit("decoder", visit);
            }
        }
    }
}

/// One of the paper's perceptron coders: q and p enter by networks of their own, meet in a third, and leave by two more.
#[derive(Clone, Debug)]
pub(super) struct Parts<E: Number> {
    inputs: [Perceptron<E>; 2],
    mixing: Perceptron<E>,
    outputs: [Perceptron<E>; 2],
}

impl<E: Number> Parts<E> {
    /// Parts of `layers` hidden layers each, of one width.
    pub(super) fn new(device: &E::Device, dof: usize, width: usize, layers: usize, stream: &mut Stream) -> Self {
        let mut part = |first: &[usize], hidden: usize, last: &[usize]| {
            let sizes = [first, &vec![width; hidden], last].concat();
            Perceptron::new(device, &sizes, Activation::Relu, stream)
        };
        Parts {
            inputs: [part(&[dof], layers, &[]), part(&[dof], layers, &[])],
            mixing: part(&[2 * width], layers, &[]),
            outputs: [part(&[width], layers, &[dof]), part(&[width], layers, &[dof])],
        }
    }

    fn apply<T: Record<E>>(&self, z: Matrix<E, T>) -> Matrix<E, T> {
        let (q, p) = halves(z);
        let [of_q, of_p] = &self.inputs;
        let met = (of_q.apply(q), of_p.apply(p)).concat_along(Axis::<1>);
        let mixed = self.mixing.apply(met);
        let [to_q, to_p] = &self.outputs;
        let q = to_q.apply(mixed.with_empty_tape());
        (q, to_p.apply(mixed)).concat_along(Axis::<1>)
    }

    fn visit(&mut self, name: &str, visit: &mut dyn Visit<E>) {
        let [of_q, of_p] = &mut self.inputs;
        of_q.visit(&format!("{name}/q_in"), visit);
        of_p.visit(&format!("{name}/p_in"), visit);
        self.mixing.visit(&format!("{name}/mixing"), visit);
        let [to_q, to_p] = &mut self.outputs;
        to_q.visit(&format!("{name}/q_out"), visit);
        to_p.visit(&format!("{name}/p_out"), visit);
    }
}

/// The columns of q and those of p; the first carries an empty tape, the second all that led here.
pub(super) fn halves<E: Number, T: Record<E>>(z: Matrix<E, T>) -> (Matrix<E, T>, Matrix<E, T>) {
    let n = z.shape().1 / 2;
    (columns(z.with_empty_tape(), 0, n), columns(z, n, n))
}

/// Some columns as one operation: the library's own slice overwrites the gradient that other uses of z have left.
fn columns<E: Number, T: Record<E>>(z: Matrix<E, T>, first: usize, count: usize) -> Matrix<E, T> {
    let (z, mut tape) = z.contiguous().split_tape();
    let (batch, dim) = *z.shape();
    let rows = z.as_vec();
    let cut = rows.chunks_exact(dim).flat_map(|row| &row[first..first + count]).copied().collect();
    let out = z.device().tensor_from_vec(cut, (batch, count));
    let (z_ghost, out_ghost) = (z.ghost(), out.ghost());
    tape.add_backward_op(move |gradients| {
        let cotangent = std::mem::take(E::host(gradients.get_or_alloc_mut(&out_ghost)?));
        let of_z = E::host(gradients.get_or_alloc_mut(&z_ghost)?);
        for (row, part) in of_z.chunks_exact_mut(dim).zip(cotangent.chunks_exact(count)) {
            row[first..first + count].iter_mut().zip(part).for_each(|(total, part)| *total += *part);
        }
        Ok(())
    });
    out.put_tape(tape)
}
