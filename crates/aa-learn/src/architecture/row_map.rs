//! Maps of the rows of a batch, each row by itself, with their way back.

/// What maps rows; everything an operation on the tape needs.
pub(super) trait RowMap<E>: Send + Sync + 'static {
    /// The length of a row of the image.
    fn outputs(&self) -> usize;

    /// Numbers per row that the forward sweep leaves for the backward one.
    fn trace(&self) -> usize;

    /// The number of parameters.
    fn n_parameters(&self) -> usize;

    /// Maps rows, leaving a trace.
    fn forward(&self, x: &[E], out: &mut [E], trace: &mut [E], scratch: &mut Scratch<E>);

    /// Given rows, their trace and the cotangent of their image, adds to the cotangent of the rows and to the gradient by
    /// the parameters.
    fn backward(
        &self,
        x: &[E],
        trace: &[E],
        cotangent: &[E],
        of_x: &mut [E],
        gradient: &mut [E],
        scratch: &mut Scratch<E>,
    );
}

/// Buffers of one map, whatever they hold.
#[derive(Debug)]
pub(super) struct Scratch<E> {
    /// What every layer gets, one after another.
    pub(super) inputs: Vec<E>,
    /// A cotangent on its way through the layers.
    pub(super) cotangent: Vec<E>,
    /// The same times the slope of the activations.
    pub(super) steep: Vec<E>,
    /// What the second derivatives of the activations contribute, layer after layer.
    pub(super) bent: Vec<E>,
}

impl<E> Default for Scratch<E> {
    fn default() -> Self {
        Scratch { inputs: Vec::new(), cotangent: Vec::new(), steep: Vec::new(), bent: Vec::new() }
    }
}
