//! Dense layers: perceptrons of any depth, and the exact gradient of one with a single output.
//!
//! Layers act on the rows of a batch. All but the last have an activation, and a layer whose sizes agree also adds
//! its input (the convention of the paper's code). A perceptron, its gradient, and a whole flow along either is one operation
//! on the tape; `layers` holds their kernels.

use std::sync::Arc;

use aa_dynamics::random::Stream;
use dfdx::prelude::*;

use super::flow::Flow;
use super::kernel::Activation;
use super::layers::{Layers, Slopes, Values};
use super::row_map::{self, RowMap};
use super::spare::Spare;
use super::{Matrix, Number, Record, Vector, Visit};
use crate::real::Real;

/// u W + b.
#[derive(Clone, Debug)]
struct Dense<E: Number> {
    weight: Matrix<E>,
    bias: Vector<E>,
}

impl<E: Number> Dense<E> {
    /// Weights of variance 1/inputs, cut at two standard deviations; no bias (the "LeCun normal" start).
    fn new(device: &E::Device, inputs: usize, outputs: usize, stream: &mut Stream) -> Self {
        let size = 1.0 / (CUT_DEVIATION * (inputs as f64).sqrt());
        let numbers = (0..inputs * outputs).map(|_| Real::from_f64(size * cut_normal(stream))).collect();
        Dense { weight: device.tensor_from_vec(numbers, (inputs, outputs)), bias: device.zeros_like(&(outputs,)) }
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
pub(super) struct Perceptron<E: Number> {
    layers: Vec<Dense<E>>,
    activation: Activation,
    spare: Spare<Vec<E>>,
}

impl<E: Number> Perceptron<E> {
    /// Layers between these sizes.
    pub(super) fn new(device: &E::Device, sizes: &[usize], activation: Activation, stream: &mut Stream) -> Self {
        let layers = sizes.windows(2).map(|size| Dense::new(device, size[0], size[1], stream)).collect();
        Perceptron { layers, activation, spare: Spare::default() }
    }

    /// Tells of the parameters.
    pub(super) fn visit(&mut self, name: &str, visit: &mut dyn Visit<E>) {
        for (l, layer) in self.layers.iter_mut().enumerate() {
            visit.matrix(format!("{name}/{l}/weight"), &mut layer.weight);
            visit.vector(format!("{name}/{l}/bias"), &mut layer.bias);
        }
    }

    /// The outputs for the rows of x.
    pub(super) fn apply<T: Record<E>>(&self, x: Matrix<E, T>) -> Matrix<E, T> {
        self.map(Values(self.numbers()), x)
    }

    /// The gradient of the only output by the inputs.
    pub(super) fn gradient<T: Record<E>>(&self, x: Matrix<E, T>) -> Matrix<E, T> {
        self.map(Slopes { layers: self.numbers(), hamiltonian: false }, x)
    }

    /// Rows a time later, moved by the outputs: dz/dt = f(z).
    pub(super) fn flow<T: Record<E>>(&self, z: Matrix<E, T>, dt: f64) -> Matrix<E, T> {
        self.follow(z, dt, Values(self.numbers()))
    }

    /// Rows a time later, moved by Hamilton's equations of the only output.
    pub(super) fn hamiltonian_flow<T: Record<E>>(&self, z: Matrix<E, T>, dt: f64) -> Matrix<E, T> {
        self.follow(z, dt, Slopes { layers: self.numbers(), hamiltonian: true })
    }

    fn follow<T: Record<E>>(&self, z: Matrix<E, T>, dt: f64, field: impl RowMap<E> + Clone) -> Matrix<E, T> {
        match Flow::over(dt, field) {
            None => z,
            Some(flow) if T::OWNS_TAPE => self.map(flow, z),
            // Without a tape no step has to be remembered.
            Some(flow) => flow.steps().fold(z, |z, step| self.map(step, z)),
        }
    }

    /// All parameters.
    fn numbers(&self) -> Arc<Layers<E>> {
        let sizes = self.layers[..1].iter().map(|layer| layer.weight.shape().0);
        let sizes = sizes.chain(self.layers.iter().map(|layer| layer.weight.shape().1)).collect();
        let numbers = self.layers.iter().flat_map(|layer| [layer.weight.as_vec(), layer.bias.as_vec()]);
        let numbers = numbers.collect::<Vec<_>>().concat();
        Arc::new(Layers { sizes, numbers, activation: self.activation })
    }

    /// A map that has the parameters of this perceptron, as one operation on the tape.
    fn map<T: Record<E>>(&self, map: impl RowMap<E>, x: Matrix<E, T>) -> Matrix<E, T> {
        let (x, mut tape) = x.contiguous().split_tape();
        let rows = x.as_vec();
        let shape = (x.shape().0, map.outputs());
        if !T::OWNS_TAPE {
            return x.device().tensor_from_vec(row_map::image(&map, &rows), shape).put_tape(tape);
        }
        let (out, traces) = row_map::forward(&map, &rows, || self.spare.take());
        let out = x.device().tensor_from_vec(out, shape);
        let (x_ghost, out_ghost, layers, spare) = (x.ghost(), out.ghost(), self.layers.clone(), self.spare.share());
        tape.add_backward_op(move |gradients| {
            let cotangent = std::mem::take(E::host(gradients.get_or_alloc_mut(&out_ghost)?));
            let of_x = E::host(gradients.get_or_alloc_mut(&x_ghost)?);
            let mut gradient = row_map::backward(&map, &rows, &traces, &cotangent, of_x).into_iter();
            for layer in &layers {
                let of_weight = E::host(gradients.get_or_alloc_mut(&layer.weight)?);
                of_weight.iter_mut().zip(&mut gradient).for_each(|(total, part)| *total += part);
                let of_bias = E::host(gradients.get_or_alloc_mut(&layer.bias)?);
                of_bias.iter_mut().zip(&mut gradient).for_each(|(total, part)| *total += part);
            }
            spare.keep(traces);
            Ok(())
        });
        out.put_tape(tape)
    }
}

#[cfg(test)]
mod tests {
    use super::super::flow::{RESULT, STAGES};
    use super::*;
    use dfdx::tensor::Gradients;

    type Taped = Matrix<f64, OwnedTape<f64, Cpu>>;

    fn perceptron(sizes: &[usize], activation: Activation) -> Perceptron<f64> {
        let mut stream = Stream::new(7, "perceptron");
        let mut net = Perceptron::new(&Cpu::default(), sizes, activation, &mut stream);
        for layer in &mut net.layers {
            let bias: Vec<f64> = layer.bias.as_vec().iter().map(|_| 0.3 * stream.normal()).collect();
            layer.bias.copy_from(&bias);
        }
        net
    }

    fn points(batch: usize, dim: usize) -> Matrix<f64> {
        let mut stream = Stream::new(8, "points");
        Cpu::default().tensor_from_vec((0..batch * dim).map(|_| stream.normal()).collect(), (batch, dim))
    }

    fn keeps_size(layer: &Dense<f64>) -> bool {
        layer.weight.shape().0 == layer.weight.shape().1
    }

    fn stock_layer(layer: &Dense<f64>, x: Taped) -> Taped {
        let shape = (x.shape().0, layer.bias.shape().0);
        x.matmul(layer.weight.clone()) + layer.bias.clone().broadcast_like::<_, Axis<0>>(&shape)
    }

    fn stock_activation(kind: Activation, u: Taped) -> Taped {
        match kind {
            Activation::Sigmoid => u.sigmoid(),
            Activation::Relu => u.relu(),
        }
    }

    /// The outputs in the library's own operations.
    fn stock_values(net: &Perceptron<f64>, mut x: Taped) -> Taped {
        for (l, layer) in net.layers.iter().enumerate() {
            let before = keeps_size(layer).then(|| x.with_empty_tape());
            x = stock_layer(layer, x);
            if l + 1 < net.layers.len() {
                x = stock_activation(net.activation, x);
            }
            if let Some(before) = before {
                x = x + before;
            }
        }
        x
    }

    /// The gradient of the output in the library's own operations, so that the tape can go through it once more.
    fn stock_gradient(net: &Perceptron<f64>, mut x: Taped) -> Taped {
        let batch = x.shape().0;
        let (last, hidden) = net.layers.split_last().unwrap();
        let mut slopes = Vec::new();
        for layer in hidden {
            let before = keeps_size(layer).then(|| x.with_empty_tape());
            let value = stock_activation(net.activation, stock_layer(layer, x));
            slopes.push(match net.activation {
                Activation::Sigmoid => value.with_empty_tape() - value.with_empty_tape().square(),
                Activation::Relu => {
                    let steps = value.as_vec().iter().map(|v| f64::from(u8::from(*v > 0.0))).collect();
                    value.device().tensor_from_vec(steps, *value.shape()).leaky_trace()
                }
            });
            x = match before {
                Some(before) => value + before,
                None => value,
            };
        }
        let transposed = |weight: &Matrix<f64>| weight.clone().permute::<(usize, usize), Axes2<1, 0>>();
        let ones = (x * 0.0).sum::<(usize,), Axis<1>>() + 1.0;
        let mut pulled = ones.reshape_like(&(batch, 1)).matmul(transposed(&last.weight));
        for (layer, slope) in hidden.iter().zip(slopes).rev() {
            let skip = keeps_size(layer).then(|| pulled.with_empty_tape());
            pulled = (pulled * slope).matmul(transposed(&layer.weight));
            if let Some(skip) = skip {
                pulled = pulled + skip;
            }
        }
        pulled
    }

    fn stock_hamiltonian_field(net: &Perceptron<f64>, z: Taped) -> Taped {
        let (by_q, by_p) = super::super::coder::halves(stock_gradient(net, z));
        (by_p, by_q * -1.0).concat_along(Axis::<1>)
    }

    /// Two steps of the method.
    fn stock_flow(mut z: Taped, dt: f64, field: impl Fn(Taped) -> Taped) -> Taped {
        let h = dt / 2.0;
        for _ in 0..2 {
            let mut stages: Vec<Taped> = Vec::new();
            for row in STAGES {
                let known = stages.iter().zip(row);
                let add =
                    |place: Taped, (stage, weight): (&Taped, &f64)| place + stage.with_empty_tape() * (h * weight);
                stages.push(field(known.fold(z.with_empty_tape(), add)));
            }
            // Here every stage hands over its tape.
            z = stages.into_iter().zip(RESULT).fold(z, |sum, (stage, weight)| sum + stage * (h * weight));
        }
        z
    }

    /// Values, and gradients by the rows and by all parameters.
    fn assert_same(net: &Perceptron<f64>, ours: impl Fn(Taped) -> Taped, stock: impl Fn(Taped) -> Taped) {
        // More than one piece, the last one ragged.
        let x = points(77, net.layers[0].weight.shape().0);
        let gap = |a: Vec<f64>, b: Vec<f64>| {
            assert_eq!(a.len(), b.len());
            a.iter().zip(&b).map(|(a, b)| (a - b).abs() / (1.0 + b.abs())).fold(0.0, f64::max)
        };
        let (ours, stock) = (ours(x.trace(Gradients::leaky())), stock(x.trace(Gradients::leaky())));
        assert!(gap(ours.as_vec(), stock.as_vec()) < 1e-12);
        let (mut ours, mut stock) = (ours.sin().sum().backward(), stock.sin().sum().backward());
        assert!(gap(ours.get(&x).as_vec(), stock.get(&x).as_vec()) < 1e-11);
        for (l, layer) in net.layers.iter().enumerate() {
            let of = |gradients: &mut Gradients<f64, Cpu>| {
                let of_weight = gradients.get_or_alloc_mut(&layer.weight).unwrap().to_vec();
                (of_weight, gradients.get_or_alloc_mut(&layer.bias).unwrap().to_vec())
            };
            let (ours, stock) = (of(&mut ours), of(&mut stock));
            let (weight, bias) = (gap(ours.0, stock.0), gap(ours.1, stock.1));
            assert!(weight.max(bias) < 1e-11, "{:?}, layer {l}: {weight} {bias}", net.activation);
        }
    }

    #[test]
    fn values_and_gradients_agree_with_the_stock_operations() {
        for activation in [Activation::Sigmoid, Activation::Relu] {
            for sizes in [&[4, 7, 7, 7, 4][..], &[2, 9], &[3, 3, 8], &[6, 5, 5]] {
                let net = perceptron(sizes, activation);
                assert_same(&net, |x| net.apply(x), |x| stock_values(&net, x));
            }
            for sizes in [&[4, 7, 7, 7, 1][..], &[2, 9, 1], &[3, 3, 8, 1]] {
                let net = perceptron(sizes, activation);
                assert_same(&net, |x| net.gradient(x), |x| stock_gradient(&net, x));
            }
            let field = perceptron(&[4, 7, 7, 4], activation);
            assert_same(&field, |x| field.flow(x, 0.19), |x| stock_flow(x, 0.19, |z| stock_values(&field, z)));
            let h = perceptron(&[4, 7, 7, 1], activation);
            let stock = |x| stock_flow(x, -0.19, |z| stock_hamiltonian_field(&h, z));
            assert_same(&h, |x| h.hamiltonian_flow(x, -0.19), stock);
        }
    }
}
