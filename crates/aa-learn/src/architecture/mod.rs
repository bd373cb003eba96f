//! Networks to compare with: the one of the paper and its baselines, built from the same few parts.
//!
//! Choose [`learn`](crate::learn()) to get an action-angle map. Choose these to see what the action-angle networks of
//! Daigavane, Kosmala, Cranmer, Smidt and Ho (2022, arXiv 2211.15338) do, as their released code does it, and what
//! they are compared with there. Each encodes, moves, decodes:
//!
//! | [`Architecture`] | encoder and decoder | motion |
//! |---|---|---|
//! | `Reference` | gated shears and their inverse | theta + omega(r) dt |
//! | `ActionAnglePerceptron` | two perceptrons | theta + omega(r) dt |
//! | `EulerShears`, `EulerPerceptron` | shears, perceptrons | one Euler step |
//! | `NeuralOde` | two perceptrons | a learned field, integrated |
//! | `HamiltonianNetwork` | two perceptrons | Hamilton's equations of a learned scalar |
//! | `Gradient` | gradient shears, exactly symplectic | theta + dh/dI dt |
//!
//! and [`LinearMap`], twenty numbers for two degrees of freedom, is the line that any of them has to beat.
//!
//! Modules, in reading order: `kernel` and `gated_shears` (the stack), `perceptron` (with `row_map`, `layers`, `elementwise`,
//! `flow`), `spare`, `coder`, `evolution`, `core`, `network`, `scaler`, `adam`, `train`, `linear_map`.

mod adam;
mod coder;
mod core;
mod elementwise;
mod evolution;
mod flow;
mod gated_shears;
mod kernel;
mod layers;
mod linear_map;
mod network;
mod perceptron;
mod row_map;
mod scaler;
mod spare;
mod train;

pub use linear_map::LinearMap;
pub use network::{Architecture, Network};
pub use scaler::Scaler;
pub use train::{Step, TrainOptions, Trained, train};

use dfdx::prelude::*;

use crate::real::Real;

/// What networks are made of: numbers of one precision.
trait Number: Real + Dtype {
    /// Where their tensors live. As a type of its own it brings along all that it can do with these numbers.
    type Device: Device<Self>;

    /// The numbers behind a gradient.
    fn host(gradient: &mut <Self::Device as Storage<Self>>::Vec) -> &mut Vec<Self>;
}

impl Number for f32 {
    type Device = Cpu;

    fn host(gradient: &mut <Cpu as Storage<f32>>::Vec) -> &mut Vec<f32> {
        gradient
    }
}

impl Number for f64 {
    type Device = Cpu;

    fn host(gradient: &mut <Cpu as Storage<f64>>::Vec) -> &mut Vec<f64> {
        gradient
    }
}

type Matrix<E, T = NoneTape> = Tensor<(usize, usize), E, <E as Number>::Device, T>;
type Vector<E> = Tensor<(usize,), E, <E as Number>::Device>;

/// A tape, or the lack of one: the same code trains and predicts.
trait Record<E: Number>: Tape<E, E::Device> + Merge<NoneTape> + Merge<Self> {}

impl<E: Number, T: Tape<E, E::Device> + Merge<NoneTape> + Merge<T>> Record<E> for T {}

/// One who is told the name of every tensor of parameters and may change it.
trait Visit<E: Number> {
    fn matrix(&mut self, name: String, tensor: &mut Matrix<E>);
    fn vector(&mut self, name: String, tensor: &mut Vector<E>);
}
