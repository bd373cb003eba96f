//! Maps of the rows of a batch, each row by itself, with their way back.

use rayon::prelude::*;

use super::Number;

/// Rows per piece of work: half a batch of the paper. Pieces do not depend on the number of threads, and their gradients add
/// in order.
const PIECE: usize = 50;

/// What maps rows; everything an operation on the tape needs.
pub(super) trait RowMap<E>: Send + Sync + 'static {
    /// The length of a row.
    fn inputs(&self) -> usize;

    /// The length of a row of the image.
    fn outputs(&self) -> usize;

    /// Numbers per row that the forward sweep leaves for the backward one.
    fn trace(&self) -> usize;

    /// The number of parameters.
    fn n_parameters(&self) -> usize;

    /// Maps rows, leaving a trace.
    fn forward(&self, x: &[E], out: &mut [E], trace: &mut [E], scratch: &mut Scratch<E>);

    /// Adds to the cotangent of the rows and to the gradient by the parameters.
    fn backward(&self, swept: Swept<'_, E>, of_x: &mut [E], gradient: &mut [E], scratch: &mut Scratch<E>);
}

/// The image of all rows, without traces.
pub(super) fn image<E: Number>(map: &impl RowMap<E>, x: &[E]) -> Vec<E> {
    let mut out = vec![E::ZERO; x.len() / map.inputs() * map.outputs()];
    let pieces = x.par_chunks(PIECE * map.inputs()).zip(out.par_chunks_mut(PIECE * map.outputs()));
    pieces.for_each_init(Vec::new, |trace, (x, out)| map_piece(map, x, out, trace));
    out
}

/// Maps the rows of a piece. A trace only ever grows: the numbers of the last time need no clearing.
fn map_piece<E: Number>(map: &impl RowMap<E>, x: &[E], out: &mut [E], trace: &mut Vec<E>) {
    let needed = x.len() / map.inputs() * map.trace();
    trace.resize(needed.max(trace.len()), E::ZERO);
    map.forward(x, out, &mut trace[..needed], &mut Scratch::default());
}

/// The image of all rows, and the traces of their pieces in buffers that `spare` gives.
pub(super) fn forward<E: Number>(map: &impl RowMap<E>, x: &[E], spare: impl Fn() -> Vec<E>) -> (Vec<E>, Vec<Vec<E>>) {
    let (inputs, outputs) = (map.inputs(), map.outputs());
    let rows = x.len() / inputs;
    let mut out = vec![E::ZERO; rows * outputs];
    let mut traces: Vec<Vec<E>> = (0..rows.div_ceil(PIECE)).map(|_| spare()).collect();
    let pieces = x.par_chunks(PIECE * inputs).zip(out.par_chunks_mut(PIECE * outputs)).zip(&mut traces);
    pieces.for_each(|((x, out), trace)| map_piece(map, x, out, trace));
    (out, traces)
}

/// Adds to the cotangent of all rows; returns the gradient by the parameters.
pub(super) fn backward<E: Number>(
    map: &impl RowMap<E>,
    x: &[E],
    traces: &[Vec<E>],
    cotangent: &[E],
    of_x: &mut [E],
) -> Vec<E> {
    let (inputs, outputs) = (map.inputs(), map.outputs());
    let pieces = x.par_chunks(PIECE * inputs).zip(cotangent.par_chunks(PIECE * outputs));
    let pieces = pieces.zip(of_x.par_chunks_mut(PIECE * inputs)).zip(traces);
    let parts = pieces.map(|(((x, cotangent), of_x), trace)| {
        let mut part = vec![E::ZERO; map.n_parameters()];
        let trace = &trace[..x.len() / inputs * map.trace()];
        map.backward(Swept { x, trace, cotangent }, of_x, &mut part, &mut Scratch::default());
        part
    });
    let mut gradient = vec![E::ZERO; map.n_parameters()];
    for part in parts.collect::<Vec<_>>() {
        gradient.iter_mut().zip(part).for_each(|(total, part)| *total += part);
    }
    gradient
}

/// What the way back begins with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Swept<'a, E> {
    /// Rows that were mapped.
    pub(super) x: &'a [E],
    /// What the forward sweep left of them.
    pub(super) trace: &'a [E],
    /// The cotangent of their image.
    pub(super) cotangent: &'a [E],
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
