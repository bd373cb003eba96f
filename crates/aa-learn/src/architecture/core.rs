//! The two parts of a network, its coder and its motion, in the numbers of one precision.

use aa_dynamics::random::Stream;
use dfdx::prelude::*;

use super::coder::{Coder, Parts};
use super::evolution::Evolution;
use super::gated_shears::GatedShears;
use super::kernel::{Activation, Shape};
use super::perceptron::Perceptron;
use super::{Architecture, Matrix, Number, Record, Vector, Visit};
use crate::real::Real;
use crate::{Error, NamedArray};

/// A network on scaled variables. Its interface is in double precision, and rounds.
#[derive(Clone, Debug)]
pub(super) struct Core<E: Number> {
    coder: Coder<E>,
    evolution: Evolution<E>,
    dof: usize,
}

impl<E: Number> Core<E> {
    /// An untrained network.
    pub(super) fn new(architecture: Architecture, dof: usize, shears: usize, width: usize, seed: u64) -> Self {
        let device = E::Device::default();
        let mut stream = Stream::new(seed, "architecture");
        let coder = coder(&device, architecture, dof, [shears, width], &mut stream);
        let evolution = evolution(&device, architecture, dof, width, &mut stream);
        Core { coder, evolution, dof }
    }

    /// Rows a time later, and the labels of the circles they are on.
    pub(super) fn forward<T: Record<E>>(&self, z: Matrix<E, T>, dt: f64) -> (Matrix<E, T>, Option<Matrix<E, T>>) {
        let encoded = self.coder.encode(z);
        let actions = self.evolution.actions(encoded.with_empty_tape());
        (self.coder.decode(self.evolution.advance(encoded, dt)), actions)
    }

    /// Rows a time later.
    pub(super) fn predict(&self, rows: &[f64], dt: f64) -> Vec<f64> {
        numbers(&self.coder.decode(self.evolution.advance(self.encoded(rows), dt)))
    }

    /// The labels of the circles.
    pub(super) fn actions(&self, rows: &[f64]) -> Option<Vec<f64>> {
        self.evolution.actions(self.encoded(rows)).map(|actions| numbers(&actions))
    }

    /// The rates at which the circles turn.
    pub(super) fn frequencies(&self, rows: &[f64]) -> Option<Vec<f64>> {
        let actions = self.evolution.actions(self.encoded(rows))?;
        self.evolution.frequencies(actions).map(|frequencies| numbers(&frequencies))
    }

    /// The parameters.
    pub(super) fn weights(&self) -> Vec<NamedArray> {
        let mut list = List::default();
        self.clone().visit(&mut list);
        list.0
    }

    /// Takes over parameters, in any order.
    pub(super) fn load(&mut self, weights: &[NamedArray]) -> Result<(), Error> {
        let mut load = Load { weights, missing: None };
        self.visit(&mut load);
        load.missing.map_or(Ok(()), |name| Err(Error::Weights(format!("`{name}` is missing or has the wrong size"))))
    }

    pub(super) fn visit(&mut self, visit: &mut dyn Visit<E>) {
        self.coder.visit(visit);
        self.evolution.visit(visit);
    }

    fn encoded(&self, rows: &[f64]) -> Matrix<E> {
        self.coder.encode(matrix(rows, 2 * self.dof))
    }
}

/// Rows of a length as a tensor.
pub(super) fn matrix<E: Number>(rows: &[f64], dim: usize) -> Matrix<E> {
    E::Device::default().tensor_from_vec(rounded(rows), (rows.len() / dim, dim))
}

fn rounded<E: Number>(numbers: &[f64]) -> Vec<E> {
    numbers.iter().map(|number| Real::from_f64(*number)).collect()
}

/// The numbers of a tensor, row after row.
fn numbers<S: dfdx::shapes::Shape, E: Number>(tensor: &Tensor<S, E, E::Device>) -> Vec<f64> {
    tensor.as_vec().into_iter().map(Real::to_f64).collect()
}

fn coder<E: Number>(
    device: &E::Device,
    of: Architecture,
    dof: usize,
    [depth, width]: [usize; 2],
    stream: &mut Stream,
) -> Coder<E> {
    let shears = |activation: Activation, gated: bool| Shape { dof, width, depth, activation, gated };
    let layers = if of == Architecture::HamiltonianNetwork { 2 } else { 1 };
    match of {
        Architecture::Reference => Coder::Shears(GatedShears::new(device, shears(Activation::Sigmoid, true), stream)),
        Architecture::EulerShears => Coder::Shears(GatedShears::new(device, shears(Activation::Relu, true), stream)),
        Architecture::Gradient => Coder::Shears(GatedShears::new(device, shears(Activation::Sigmoid, false), stream)),
        _ => {
            let mut parts = || Parts::new(device, dof, width, layers, stream);
            Coder::Perceptrons(Box::new([parts(), parts()]))
        }
    }
}

fn evolution<E: Number>(
    device: &E::Device,
    of: Architecture,
    n: usize,
    width: usize,
    stream: &mut Stream,
) -> Evolution<E> {
    use Activation::{Relu, Sigmoid};
    let mut net = |sizes: &[usize], activation| Perceptron::new(device, sizes, activation, stream);
    match of {
        Architecture::Reference => Evolution::Radii(net(&[n, width, n], Sigmoid)),
        Architecture::ActionAnglePerceptron => Evolution::Radii(net(&[n, width, n], Relu)),
        Architecture::EulerShears | Architecture::EulerPerceptron => {
            Evolution::Euler(net(&[2 * n, width, 2 * n], Relu))
        }
        Architecture::NeuralOde => Evolution::Field(net(&[2 * n, width, width, width, 2 * n], Relu)),
        Architecture::HamiltonianNetwork => Evolution::Hamilton(net(&[2 * n, width, width, width, 1], Relu)),
        Architecture::Gradient => Evolution::Actions(net(&[n, width, 1], Sigmoid)),
    }
}

/// Gathers the parameters.
#[derive(Default)]
struct List(Vec<NamedArray>);

impl<E: Number> Visit<E> for List {
    fn matrix(&mut self, name: String, tensor: &mut Matrix<E>) {
        let (rows, columns) = *tensor.shape();
        self.0.push(NamedArray { name, shape: vec![rows, columns], data: numbers(tensor) });
    }

    fn vector(&mut self, name: String, tensor: &mut Vector<E>) {
        self.0.push(NamedArray { name, shape: vec![tensor.shape().0], data: numbers(tensor) });
    }
}

/// Sets the parameters.
struct Load<'a> {
    weights: &'a [NamedArray],
    missing: Option<String>,
}

impl Load<'_> {
    fn find(&mut self, name: String, shape: &[usize]) -> Option<&[f64]> {
        let fits = |array: &&NamedArray| array.name == name && array.shape == shape;
        let found = self.weights.iter().find(fits).map(|array| &array.data[..]);
        if found.is_none() {
            self.missing.get_or_insert(name);
        }
        found
    }
}

impl<E: Number> Visit<E> for Load<'_> {
    fn matrix(&mut self, name: String, tensor: &mut Matrix<E>) {
        let (rows, columns) = *tensor.shape();
        if let Some(data) = self.find(name, &[rows, columns]) {
            tensor.copy_from(&rounded(data));
        }
    }

    fn vector(&mut self, name: String, tensor: &mut Vector<E>) {
        let length = tensor.shape().0;
        if let Some(data) = self.find(name, &[length]) {
            tensor.copy_from(&rounded(data));
        }
    }
}
