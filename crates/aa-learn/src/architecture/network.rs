//! A network of one of the architectures: its parts, its parameters, its predictions.

use super::Scaler;
use super::core::Core;
use crate::{Error, NamedArray, Precision};

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

    /// Whether it follows a field through all of the time that passes.
    pub fn is_integrated(self) -> bool {
        matches!(self, Architecture::NeuralOde | Architecture::HamiltonianNetwork)
    }

    /// The architecture of this name.
    pub fn named(name: &str) -> Option<Self> {
        Architecture::ALL.into_iter().find(|architecture| architecture.name() == name)
    }
}

/// A network, trained or not. It sees scaled variables; its users never do.
#[derive(Clone, Debug)]
pub struct Network {
    core: AnyCore,
    scaler: Scaler,
}

/// The parts in one of the two precisions.
#[derive(Clone, Debug)]
pub(super) enum AnyCore {
    Single(Core<f32>),
    Double(Core<f64>),
}

impl From<Core<f32>> for AnyCore {
    fn from(core: Core<f32>) -> Self {
        AnyCore::Single(core)
    }
}

impl From<Core<f64>> for AnyCore {
    fn from(core: Core<f64>) -> Self {
        AnyCore::Double(core)
    }
}

/// Asks the core, whatever its precision.
macro_rules! ask {
    ($network:ident, $core:ident => $answer:expr) => {
        match &$network.core {
            AnyCore::Single($core) => $answer,
            AnyCore::Double($core) => $answer,
        }
    };
}

impl Network {
    /// An untrained network: `shears` layers where it has shears, hidden layers of `width`.
    pub fn new(architecture: Architecture, scaler: Scaler, shears: usize, width: usize, seed: u64) -> Self {
        let core = Core::<f64>::new(architecture, scaler.size.len() / 2, shears, width, seed);
        Network::of(core.into(), scaler)
    }

    pub(super) fn of(core: AnyCore, scaler: Scaler) -> Self {
        Network { core, scaler }
    }

    /// Where the rows `[q, p]` of `points` are after a time `dt`, in the units of the data.
    pub fn predict(&self, points: &[f64], dt: f64) -> Vec<f64> {
        self.scaler.unscale(&ask!(self, core => core.predict(&self.scaler.scale(points), dt)))
    }

    /// The labels of the circles, n a row: radii for the networks of the paper, actions for [`Architecture::Gradient`],
    /// both in scaled units; none where there are no circles.
    pub fn actions(&self, points: &[f64]) -> Option<Vec<f64>> {
        ask!(self, core => core.actions(&self.scaler.scale(points)))
    }

    /// The frequencies at the points, n a row, in radians per unit time; none where there are no circles. Those of the
    /// networks of the paper belong to atan2(p, q), which falls along a Hamiltonian oscillation.
    pub fn frequencies(&self, points: &[f64]) -> Option<Vec<f64>> {
        ask!(self, core => core.frequencies(&self.scaler.scale(points)))
    }

    /// The number of trained parameters.
    pub fn n_parameters(&self) -> usize {
        self.weights().iter().map(|array| array.data.len()).sum()
    }

    /// The parameters.
    pub fn weights(&self) -> Vec<NamedArray> {
        ask!(self, core => core.weights())
    }

    /// Takes over parameters, in any order, rounded to the precision of this network.
    ///
    /// # Errors
    /// An array that is missing or has the wrong size.
    pub fn load(&mut self, weights: &[NamedArray]) -> Result<(), Error> {
        match &mut self.core {
            AnyCore::Single(core) => core.load(weights),
            AnyCore::Double(core) => core.load(weights),
        }
    }

    /// The precision it computes in.
    pub fn precision(&self) -> Precision {
        match self.core {
            AnyCore::Single(_) => Precision::Single,
            AnyCore::Double(_) => Precision::Double,
        }
    }

    /// The change of variables before the network.
    pub fn scaler(&self) -> &Scaler {
        &self.scaler
    }
}
