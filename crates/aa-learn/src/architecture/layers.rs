//! Perceptrons as plain numbers: their values, the gradient of a single output, and the ways back through both.
//!
//! Rows of a batch lie one after another. The products are those of a linear algebra library, and between two of them
//! goes one pass over the rows.

use std::ops::Range;
use std::sync::Arc;

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};

use super::Number;
use super::elementwise::{activate, add, add_rows, bend, steepen};
use super::kernel::Activation;
use super::row_map::{RowMap, Scratch, Swept};
use crate::real::Real;

/// A chain of dense layers, x <- s(x W + b), and + x where a layer keeps the size; no activation in the last.
#[derive(Clone, Debug)]
pub(super) struct Layers<E> {
    /// The lengths of rows before, between and after the layers.
    pub(super) sizes: Vec<usize>,
    /// W (inputs x outputs, row by row) and b of every layer.
    pub(super) numbers: Vec<E>,
    pub(super) activation: Activation,
}

impl<E: Number> Layers<E> {
    /// The layer without activation.
    fn last(&self) -> usize {
        self.sizes.len() - 2
    }

    fn keeps_size(&self, l: usize) -> bool {
        self.sizes[l] == self.sizes[l + 1]
    }

    /// Activations per row.
    fn n_hidden(&self) -> usize {
        self.sizes[1..=self.last()].iter().sum()
    }

    /// The places of W and b of a layer among all numbers.
    fn places(&self, l: usize) -> [Range<usize>; 2] {
        let first: usize = self.sizes.windows(2).take(l).map(|size| (size[0] + 1) * size[1]).sum();
        let middle = first + self.sizes[l] * self.sizes[l + 1];
        [first..middle, middle..middle + self.sizes[l + 1]]
    }

    fn weight(&self, l: usize) -> MatRef<'_, E> {
        let [weight, _] = self.places(l);
        MatRef::from_row_major_slice(&self.numbers[weight], self.sizes[l], self.sizes[l + 1])
    }

    /// The place of the rows that a layer gets, where the rows of all layers lie one after another.
    fn given(&self, l: usize, rows: usize) -> Range<usize> {
        let first: usize = self.sizes[..l].iter().sum();
        rows * first..rows * (first + self.sizes[l])
    }

    /// The same of the activations of a layer.
    fn hidden(&self, l: usize, rows: usize) -> Range<usize> {
        let first = self.sizes[0];
        let Range { start, end } = self.given(l + 1, rows);
        start - rows * first..end - rows * first
    }

    /// Through the hidden layers: leaves all activations in `values`, and in `x` what the last layer gets.
    fn activations(&self, x: &mut Vec<E>, values: &mut [E]) {
        let rows = x.len() / self.sizes[0];
        for l in 0..self.last() {
            let (value, [_, bias]) = (&mut values[self.hidden(l, rows)], self.places(l));
            multiply(value, Accum::Replace, matrix(x, self.sizes[l]), self.weight(l));
            activate(self.activation, value, &self.numbers[bias]);
            if self.keeps_size(l) {
                add(x, value);
            } else {
                replace(x, value);
            }
        }
    }

    /// What every layer gets, from the rows and all activations.
    fn inputs(&self, x: &[E], values: &[E], inputs: &mut Vec<E>) {
        replace(inputs, x);
        inputs.extend_from_slice(values);
        let rows = x.len() / self.sizes[0];
        for l in (0..self.last()).filter(|l| self.keeps_size(*l)) {
            let (before, after) = inputs.split_at_mut(self.given(l, rows).end);
            add(&mut after[..rows * self.sizes[l]], &before[self.given(l, rows)]);
        }
    }

    /// Cotangent times slope, for what goes back through a layer.
    fn steep(&self, l: usize, cotangent: &[E], values: &[E], steep: &mut Vec<E>) {
        if l < self.last() {
            let rows = cotangent.len() / self.sizes[l + 1];
            steep.resize(cotangent.len(), E::ZERO);
            steepen(self.activation, cotangent, &values[self.hidden(l, rows)], steep);
        } else {
            replace(steep, cotangent);
        }
    }

    /// Brings a cotangent from behind a layer before it.
    fn pull(&self, l: usize, steep: &[E], cotangent: &mut Vec<E>) {
        let rows = steep.len() / self.sizes[l + 1];
        let accum = if self.keeps_size(l) { Accum::Add } else { Accum::Replace };
        cotangent.resize(rows * self.sizes[l], E::ZERO);
        multiply(cotangent, accum, matrix(steep, self.sizes[l + 1]), self.weight(l).transpose());
    }

    /// Brings the cotangent in the scratch from the last layer before the first, adding to the gradient.
    fn back(&self, values: &[E], gradient: &mut [E], scratch: &mut Scratch<E>) {
        let Scratch { inputs, cotangent, steep, bent } = scratch;
        let rows = cotangent.len() / self.sizes[self.last() + 1];
        for l in (0..=self.last()).rev() {
            self.steep(l, cotangent, values, steep);
            if l < self.last() && !bent.is_empty() {
                add(steep, &bent[self.hidden(l, rows)]);
            }
            let [weight, bias] = self.places(l);
            let given = matrix(&inputs[self.given(l, rows)], self.sizes[l]);
            multiply(&mut gradient[weight], Accum::Add, given.transpose(), matrix(steep, self.sizes[l + 1]));
            add_rows(&mut gradient[bias], steep);
            self.pull(l, steep, cotangent);
        }
    }
}

/// Numbers as rows of some length.
fn matrix<E>(numbers: &[E], columns: usize) -> MatRef<'_, E> {
    MatRef::from_row_major_slice(numbers, numbers.len() / columns, columns)
}

/// The product, in place of `out` or added to it.
fn multiply<E: Number>(out: &mut [E], accum: Accum, left: MatRef<'_, E>, right: MatRef<'_, E>) {
    let out = MatMut::from_row_major_slice_mut(out, left.nrows(), right.ncols());
    // On one thread: pieces of the batch have threads of their own.
    matmul(out, accum, left, right, <E as Real>::ONE, Par::Seq);
}

fn replace<E: Copy>(buffer: &mut Vec<E>, by: &[E]) {
    buffer.clear();
    buffer.extend_from_slice(by);
}

/// The outputs of a perceptron.
#[derive(Clone, Debug)]
pub(super) struct Values<E>(pub(super) Arc<Layers<E>>);

impl<E: Number> RowMap<E> for Values<E> {
    fn inputs(&self) -> usize {
        self.0.sizes[0]
    }

    fn outputs(&self) -> usize {
        self.0.sizes[self.0.last() + 1]
    }

    fn trace(&self) -> usize {
        self.0.n_hidden()
    }

    fn n_parameters(&self) -> usize {
        self.0.numbers.len()
    }

    fn forward(&self, x: &[E], out: &mut [E], trace: &mut [E], scratch: &mut Scratch<E>) {
        let (layers, x_now) = (&self.0, &mut scratch.inputs);
        replace(x_now, x);
        layers.activations(x_now, trace);
        let last = layers.last();
        let [_, bias] = layers.places(last);
        out.chunks_exact_mut(bias.len()).for_each(|row| row.copy_from_slice(&layers.numbers[bias.clone()]));
        multiply(out, Accum::Add, matrix(x_now, layers.sizes[last]), layers.weight(last));
        if layers.keeps_size(last) {
            add(out, x_now);
        }
    }

    fn backward(&self, swept: Swept<'_, E>, of_x: &mut [E], gradient: &mut [E], scratch: &mut Scratch<E>) {
        let Swept { x, trace, cotangent } = swept;
        self.0.inputs(x, trace, &mut scratch.inputs);
        replace(&mut scratch.cotangent, cotangent);
        scratch.bent.clear();
        self.0.back(trace, gradient, scratch);
        add(of_x, &scratch.cotangent);
    }
}

/// The gradient of the only output by the inputs.
///
/// The way back needs second derivatives, of the activations alone: every weight enters linearly. The slope of a
/// rectifier is a step; its derivative counts as zero.
#[derive(Clone, Debug)]
pub(super) struct Slopes<E> {
    pub(super) layers: Arc<Layers<E>>,
    /// Whether the gradient of H is turned into Hamilton's equations, (dH/dp, -dH/dq).
    pub(super) hamiltonian: bool,
}

impl<E: Number> Slopes<E> {
    /// How the gradient by the slopes reaches the parameters and the inputs: a perceptron's own way back.
    fn bend_back(&self, x: &[E], values: &[E], of_x: &mut [E], gradient: &mut [E], scratch: &mut Scratch<E>) {
        self.layers.inputs(x, values, &mut scratch.inputs);
        scratch.cotangent.clear();
        scratch.cotangent.resize(x.len() / self.layers.sizes[0], E::ZERO);
        self.layers.back(values, gradient, scratch);
        add(of_x, &scratch.cotangent);
    }
}

impl<E: Number> RowMap<E> for Slopes<E> {
    fn inputs(&self) -> usize {
        self.layers.sizes[0]
    }

    fn outputs(&self) -> usize {
        self.layers.sizes[0]
    }

    fn trace(&self) -> usize {
        2 * self.layers.n_hidden()
    }

    fn n_parameters(&self) -> usize {
        self.layers.numbers.len()
    }

    fn forward(&self, x: &[E], out: &mut [E], trace: &mut [E], scratch: &mut Scratch<E>) {
        let Scratch { inputs: x_now, cotangent, steep, .. } = scratch;
        let (layers, rows) = (&self.layers, x.len() / self.layers.sizes[0]);
        let (values, pulled) = trace.split_at_mut(rows * layers.n_hidden());
        replace(x_now, x);
        layers.activations(x_now, values);
        replace(cotangent, &[]);
        cotangent.resize(rows, <E as Real>::ONE);
        for l in (0..=layers.last()).rev() {
            if l < layers.last() {
                pulled[layers.hidden(l, rows)].copy_from_slice(cotangent);
            }
            layers.steep(l, cotangent, values, steep);
            layers.pull(l, steep, cotangent);
        }
        out.copy_from_slice(cotangent);
        if self.hamiltonian {
            turn(out, layers.sizes[0]);
        }
    }

    fn backward(&self, swept: Swept<'_, E>, of_x: &mut [E], gradient: &mut [E], scratch: &mut Scratch<E>) {
        let Swept { x, trace, cotangent } = swept;
        let (layers, rows) = (&self.layers, x.len() / self.layers.sizes[0]);
        let (values, pulled) = trace.split_at(rows * layers.n_hidden());
        let Scratch { inputs: next, cotangent: now, steep, bent } = scratch;
        replace(now, cotangent);
        if self.hamiltonian {
            // The transpose of a quarter turn is three of them.
            (0..3).for_each(|_| turn(now, layers.sizes[0]));
        }
        bent.clear();
        for l in 0..layers.last() {
            let [weight, _] = layers.places(l);
            let (value, pulled) = (&values[layers.hidden(l, rows)], &pulled[layers.hidden(l, rows)]);
            layers.steep(l, pulled, values, steep);
            let given = matrix(now, layers.sizes[l]);
            multiply(&mut gradient[weight], Accum::Add, given.transpose(), matrix(steep, layers.sizes[l + 1]));
            next.resize(value.len(), E::ZERO);
            multiply(next, Accum::Replace, given, layers.weight(l));
            if layers.activation == Activation::Sigmoid {
                bent.extend_from_slice(next);
                bend(&mut bent[layers.hidden(l, rows)], pulled, value);
            }
            layers.steep(l, next, values, steep);
            if layers.keeps_size(l) {
                add(steep, now);
            }
            std::mem::swap(now, steep);
        }
        // The last layer is pulled by ones.
        let [weight, _] = layers.places(layers.last());
        add_rows(&mut gradient[weight], now);
        if !bent.is_empty() {
            self.bend_back(x, values, of_x, gradient, scratch);
        }
    }
}

/// (q, p) <- (p, -q) in every row.
fn turn<E: Number>(rows: &mut [E], dim: usize) {
    for row in rows.chunks_exact_mut(dim) {
        let (q, p) = row.split_at_mut(dim / 2);
        for (q, p) in q.iter_mut().zip(p) {
            (*q, *p) = (*p, -*q);
        }
    }
}
