//! A network of one of the architectures: its parts, its parameters, its predictions.

use aa_dynamics::random::Stream;
use dfdx::prelude::*;

use super::coder::{Coder, Parts};
use super::evolution::Evolution;
use super::gated_shears::GatedShears;
use super::kernel::{Activation, Shape};
use super::perceptron::Perceptron;
use super::{Record, Scaler, Visit};
use crate::op::{Matrix, Vector};
use crate::{Error, NamedArray};

/// What a network consists of; see [the table](super).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Architecture {
    /// The paper's action-angle flow.
    Reference,
    /// The same with perceptrons for encoder and decoder.
    ActionAnglePerceptron,
    /// One Euler step between shears and their inverse.
    EulerShears,
    /// One Euler step between perceptrons.
    EulerPerceptron,
    /// A neural ordinary differential equation between perceptrons.
    NeuralOde,
    /// A Hamiltonian neural network between perceptrons.
    HamiltonianNetwork,
    /// Gradient shears, actions r^2/2 and omega = dh/dI: every prediction is an exactly symplectic map.
    Gradient,
}

impl Architecture {
    /// All of them, in the order of the table.
    pub const ALL: [Architecture; 7] = [
        Architecture::Reference,
        Architecture::ActionAnglePerceptron,
        Architecture::EulerShears,
        Architecture::EulerPerceptron,
        Architecture::NeuralOde,
        Architecture::HamiltonianNetwork,
        Architecture::Gradient,
    ];

    /// The name in scripts and files.
    pub fn name(self) -> &'static str {
        match self {
            Architecture::Reference => "reference",
            Architecture::ActionAnglePerceptron => "action_angle_mlp",
            Architecture::EulerShears => "euler_flow",
            Architecture::EulerPerceptron => "euler_mlp",
            Architecture::NeuralOde => "neural_ode",
            Architecture::HamiltonianNetwork => "hamiltonian",
            Architecture::Gradient => "gradient",
        }
    }

    /// Whether its encoder is a stack of shears.
    pub fn has_shears(self) -> bool {
        matches!(self, Architecture::Reference | Architecture::EulerShears | Architecture::Gradient)
    }

    /// The architecture of this name.
    pub fn named(name: &str) -> Option<Self> {
        Architecture::ALL.into_iter().find(|architecture| architecture.name() == name)
    }
}

/// A network, trained or not. It sees scaled variables; its users never do.
#[derive(Clone, Debug)]
pub struct Network {
    coder: Coder,
    evolution: Evolution,
    scaler: Scaler,
    dof: usize,
}

impl Network {
    /// An untrained network: `shears` layers where it has shears, hidden layers of `width`.
    pub fn new(architecture: Architecture, scaler: Scaler, shears: usize, width: usize, seed: u64) -> Self {
        let device = Cpu::default();
        let dof = scaler.size.len() / 2;
        let mut stream = Stream::new(seed, "architecture");
        let coder = coder(&device, architecture, dof, [shears, width], &mut stream);
        let evolution = evolution(&device, architecture, dof, width, &mut stream);
        Network { coder, evolution, scaler, dof }
    }

    /// Scaled rows a time later, and the labels of the circles they are on.
    pub(super) fn forward<T: Record>(&self, z: Matrix<T>, dt: f64) -> (Matrix<T>, Option<Matrix<T>>) {
        let encoded = self.coder.encode(z);
        let actions = self.evolution.actions(encoded.with_empty_tape());
        (self.coder.decode(self.evolution.advance(encoded, dt)), actions)
    }

    /// Where the rows `[q, p]` of `points` are after a time `dt`, in the units of the data.
    pub fn predict(&self, points: &[f64], dt: f64) -> Vec<f64> {
        let moved = self.coder.decode(self.evolution.advance(self.encoded(points), dt));
        self.scaler.unscale(&moved.as_vec())
    }

    /// The labels of the circles, n a row: radii for the networks of the paper, actions for [`Architecture::Gradient`],
    /// both in scaled units; none where there are no circles.
    pub fn actions(&self, points: &[f64]) -> Option<Vec<f64>> {
        self.evolution.actions(self.encoded(points)).map(|actions| actions.as_vec())
    }

    /// The frequencies at the points, n a row, in radians per unit time; none where there are no circles. Those of the
    /// networks of the paper belong to atan2(p, q), which falls along a Hamiltonian oscillation.
    pub fn frequencies(&self, points: &[f64]) -> Option<Vec<f64>> {
        let actions = self.evolution.actions(self.encoded(points))?;
        self.evolution.frequencies(actions).map(|frequencies| frequencies.as_vec())
    }

    /// The number of trained parameters.
    pub fn n_parameters(&self) -> usize {
        self.weights().iter().map(|array| array.data.len()).sum()
    }

    /// The parameters.
    pub fn weights(&self) -> Vec<NamedArray> {
        let mut list = List::default();
        self.clone().visit(&mut list);
        list.0
    }

    /// Takes over parameters, in any order.
    ///
    /// # Errors
    /// An array that is missing or has the wrong size.
    pub fn load(&mut self, weights: &[NamedArray]) -> Result<(), Error> {
        let mut load = Load { weights, missing: None };
        self.visit(&mut load);
        load.missing.map_or(Ok(()), |name| Err(Error::Weights(format!("`{name}` is missing or has the wrong size"))))
    }

    /// The change of variables before the network.
    pub fn scaler(&self) -> &Scaler {
        &self.scaler
    }

    pub(super) fn visit(&mut self, visit: &mut dyn Visit) {
        self.coder.visit(visit);
        self.evolution.visit(visit);
    }

    fn encoded(&self, points: &[f64]) -> Matrix {
        let dim = 2 * self.dof;
        self.coder.encode(Cpu::default().tensor_from_vec(self.scaler.scale(points), (points.len() / dim, dim)))
    }
}

fn coder(device: &Cpu, of: Architecture, dof: usize, [depth, width]: [usize; 2], stream: &mut Stream) -> Coder {
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

fn evolution(device: &Cpu, of: Architecture, n: usize, width: usize, stream: &mut Stream) -> Evolution {
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

impl Visit for List {
    fn matrix(&mut self, name: String, tensor: &mut Matrix) {
        let (rows, columns) = *tensor.shape();
        self.0.push(NamedArray { name, shape: vec![rows, columns], data: tensor.as_vec() });
    }

    fn vector(&mut self, name: String, tensor: &mut Vector) {
        self.0.push(NamedArray { name, shape: vec![tensor.shape().0], data: tensor.as_vec() });
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

impl Visit for Load<'_> {
    fn matrix(&mut self, name: String, tensor: &mut Matrix) {
        let (rows, columns) = *tensor.shape();
        if let Some(data) = self.find(name, &[rows, columns]) {
            tensor.copy_from(data);
        }
    }

    fn vector(&mut self, name: String, tensor: &mut Vector) {
        let length = tensor.shape().0;
        if let Some(data) = self.find(name, &[length]) {
            tensor.copy_from(data);
        }
    }
}
