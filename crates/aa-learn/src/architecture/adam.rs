//! Adam (Kingma and Ba 2015) over all parameters of a network, whatever their shapes.

use dfdx::optim::AdamConfig;
use dfdx::prelude::*;
use dfdx::tensor::Gradients;

use super::core::Core;
use super::{Matrix, Number, Vector, Visit};
use crate::Error;

/// Adam with moments of its own; the update is the tensor library's kernel.
pub(super) struct Adam<E: Number> {
    config: AdamConfig,
    moments: [Gradients<E, E::Device>; 2],
    steps: i32,
}

impl<E: Number> Adam<E> {
    /// At a constant rate.
    pub(super) fn new(rate: f64) -> Self {
        let config = AdamConfig { lr: rate, ..AdamConfig::default() };
        Adam { config, moments: [Gradients::leaky(), Gradients::leaky()], steps: 0 }
    }

    /// One step along the gradients of all parameters.
    pub(super) fn step(&mut self, core: &mut Core<E>, gradients: Gradients<E, E::Device>) -> Result<(), Error> {
        self.steps += 1;
        let mut update = Update { adam: self, gradients, error: None };
        core.visit(&mut update);
        update.error.map_or(Ok(()), Err)
    }
}

/// One step, tensor after tensor.
struct Update<'a, E: Number> {
    adam: &'a mut Adam<E>,
    gradients: Gradients<E, E::Device>,
    error: Option<Error>,
}

impl<E: Number> Update<'_, E> {
    fn tensor<S: dfdx::shapes::Shape>(&mut self, tensor: &mut Tensor<S, E, E::Device>) {
        if let Err(error) = self.try_tensor(tensor) {
            self.error.get_or_insert(error);
        }
    }

    fn try_tensor<S: dfdx::shapes::Shape>(&mut self, tensor: &mut Tensor<S, E, E::Device>) -> Result<(), Error> {
        let [first, second] = &mut self.adam.moments;
        let gradient = self.gradients.get_or_alloc_mut(tensor).map_err(refused)?;
        let first = first.get_or_alloc_mut(tensor).map_err(refused)?;
        let second = second.get_or_alloc_mut(tensor).map_err(refused)?;
        self.adam.config.try_update(self.adam.steps, tensor, first, second, gradient).map_err(refused)
    }
}

impl<E: Number> Visit<E> for Update<'_, E> {
    fn matrix(&mut self, _: String, tensor: &mut Matrix<E>) {
        self.tensor(tensor);
    }

    fn vector(&mut self, _: String, tensor: &mut Vector<E>) {
        self.tensor(tensor);
    }
}

/// What the tensor library refused.
pub(super) fn refused(error: impl std::fmt::Debug) -> Error {
    Error::Tensor(format!("{error:?}"))
}
