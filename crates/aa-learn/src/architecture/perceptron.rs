//! Dense layers: perceptrons of any depth, and the exact gradient of one with a single output.
//!
//! Layers act on the rows of a batch. All but the last have an activation, and a layer whose sizes agree also adds
//! its input (the convention of the paper's code).

use aa_dynamics::random::Stream;
use dfdx::prelude::*;

use super::kernel::{Activation, activate, slope};
use super::{Record, Visit};
use crate::op::{Matrix, Vector};

/// u W + b.
#[derive(Clone, Debug)]
struct Dense {
    weight: Matrix,
    bias: Vector,
}

impl Dense {
    /// Weights of variance 1/inputs, cut at two standard deviations; no bias (the "LeCun normal" start).
    fn new(device: &Cpu, inputs: usize, outputs: usize, stream: &mut Stream) -> Self {
        let size = 1.0 / (CUT_DEVIATION * (inputs as f64).sqrt());
        let numbers = (0..inputs * outputs).map(|_| size * cut_normal(stream)).collect();
        Dense { weight: device.tensor_from_vec(numbers, (inputs, outputs)), bias: device.zeros_like(&(outputs,)) }
    }

    fn apply<T: Record>(&self, x: Matrix<T>) -> Matrix<T> {
        let shape = (x.shape().0, self.bias.shape().0);
        x.matmul(self.weight.clone()) + self.bias.clone().broadcast_like::<_, Axis<0>>(&shape)
    }

    fn keeps_size(&self) -> bool {
        self.weight.shape().0 == self.weight.shape().1
    }
}

/// Standard deviation of a standard normal number cut at +-2.
const CUT_DEVIATION: f64 = 0.879_625_661_034_239_8;

fn cut_normal(stream: &mut Stream) -> f64 {
    loop {
        let number = stream.normal();
        if number.abs() < 2.0 {
            return number;
        }
    }
}

/// A chain of dense layers.
#[derive(Clone, Debug)]
pub(super) struct Perceptron {
    layers: Vec<Dense>,
    activation: Activation,
}

impl Perceptron {
    /// Layers between these sizes.
    pub(super) fn new(device: &Cpu, sizes: &[usize], activation: Activation, stream: &mut Stream) -> Self {
        let layers = sizes.windows(2).map(|size| Dense::new(device, size[0], size[1], stream)).collect();
        Perceptron { layers, activation }
    }

    /// Tells of the parameters.
    pub(super) fn visit(&mut self, name: &str, visit: &mut dyn Visit) {
        for (l, layer) in self.layers.iter_mut().enumerate() {
            visit.matrix(format!("{name}/{l}/weight"), &mut layer.weight);
            visit.vector(format!("{name}/{l}/bias"), &mut layer.bias);
        }
    }

    /// The outputs for the rows of x.
    pub(super) fn apply<T: Record>(&self, mut x: Matrix<T>) -> Matrix<T> {
        for (l, layer) in self.layers.iter().enumerate() {
            let before = layer.keeps_size().then(|| x.with_empty_tape());
            x = layer.apply(x);
            if l + 1 < self.layers.len() {
                x = activation(self.activation, x);
            }
            if let Some(before) = before {
                x = x + before;
            }
        }
        x
    }

    /// The gradient of the only output by the inputs, written in operations of its own so that the tape can go
    /// through it once more.
    ///
    /// The slope of a rectifier is a step; its derivative counts as zero.
    pub(super) fn gradient<T: Record>(&self, mut x: Matrix<T>) -> Matrix<T> {
        let batch = x.shape().0;
        let (last, hidden) = self.layers.split_last().expect("a perceptron has a layer");
        let mut slopes = Vec::new();
        for layer in hidden {
            let before = layer.keeps_size().then(|| x.with_empty_tape());
            let value = activation(self.activation, layer.apply(x));
            slopes.push(match self.activation {
                Activation::Sigmoid => value.with_empty_tape() - value.with_empty_tape().square(),
                Activation::Relu => steps(&value),
            });
            x = match before {
                Some(before) => value + before,
                None => value,
            };
        }
        // From the output back. The rows of `pulled` start as copies of the last weights, carrying the tape of x.
        let ones = (x * 0.0).sum::<(usize,), Axis<1>>() + 1.0;
        let mut pulled = ones.reshape_like(&(batch, 1)).matmul(transposed(&last.weight));
        for (layer, slope) in hidden.iter().zip(slopes).rev() {
            let skip = layer.keeps_size().then(|| pulled.with_empty_tape());
            pulled = (pulled * slope).matmul(transposed(&layer.weight));
            if let Some(skip) = skip {
                pulled = pulled + skip;
            }
        }
        pulled
    }
}

fn transposed(weight: &Matrix) -> Matrix {
    weight.clone().permute::<(usize, usize), Axes2<1, 0>>()
}

/// 1 where a rectified value is positive, else 0; no derivative.
fn steps<T: Record>(value: &Matrix<T>) -> Matrix<T> {
    let numbers = value.as_vec().into_iter().map(|v| slope(Activation::Relu, v)).collect();
    value.device().tensor_from_vec(numbers, *value.shape()).put_tape(T::default())
}

/// An activation as one operation on the tape; the library's own sigmoid calls a scalar exponential.
fn activation<T: Record>(kind: Activation, x: Matrix<T>) -> Matrix<T> {
    let (x, mut tape) = x.contiguous().split_tape();
    let mut values = x.as_vec();
    activate(kind, &mut values);
    let out = x.device().tensor_from_vec(values.clone(), *x.shape());
    let (x_ghost, out_ghost) = (x.ghost(), out.ghost());
    tape.add_backward_op(move |gradients| {
        let cotangent = std::mem::take(&mut **gradients.get_or_alloc_mut(&out_ghost)?);
        let of_x = gradients.get_or_alloc_mut(&x_ghost)?;
        for ((total, cotangent), value) in of_x.iter_mut().zip(&cotangent).zip(&values) {
            *total += cotangent * slope(kind, *value);
        }
        Ok(())
    });
    out.put_tape(tape)
}
