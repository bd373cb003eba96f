//! The rows of the Jacobian: how the residuals of passages depend on the parameters of the shears.

use crate::isa::dispatch;
use crate::lanes::{LANES, Lane, add_product, add_scaled, product, zero};
use crate::real::Real;
use crate::shear::{ShearStack, Trace, add_conjugate, along, kick};
use std::ops::Range;

/// One end of a passage on the way back through the stack: where it is and how the residuals depend on it.
#[derive(Clone, Debug)]
pub(crate) struct End<E> {
    /// The point, 2n lanes.
    pub(crate) z: Vec<Lane<E>>,
    /// d residual_m / d z_i at entry m * 2n + i.
    pub(crate) rows: Vec<Lane<E>>,
    /// What the forward sweep left.
    pub(crate) trace: Trace<E>,
    /// a cos(u) of a layer.
    steepness: Lane<E>,
    /// a sin(u) of a layer.
    amount: Lane<E>,
}

impl<E: Real> End<E> {
    /// Room for a stack of this size and so many residuals.
    pub(crate) fn new(dof: usize, depth: usize, n_rows: usize) -> Self {
        let (z, rows) = (vec![zero(); 2 * dof], vec![zero(); n_rows * 2 * dof]);
        End { z, rows, trace: Trace::new(depth), steepness: zero(), amount: zero() }
    }

    /// Goes back through layer l.
    #[inline(always)]
    fn leave(&mut self, layer: &[E], l: usize) {
        kick(layer, -layer[0], &mut self.z, &self.trace.sines[l]);
        self.steepness = product(&[layer[0]; LANES], &self.trace.cosines[l]);
        self.amount = product(&[layer[0]; LANES], &self.trace.sines[l]);
    }

    #[inline(always)]
    fn row(&self, m: usize) -> &[Lane<E>] {
        let dim = self.z.len();
        &self.rows[m * dim..(m + 1) * dim]
    }

    /// Takes the derivative of residual m, `slope` by the layer's argument, back through the layer.
    #[inline(always)]
    fn step_on(&mut self, layer: &[E], m: usize, slope: &Lane<E>) {
        let dim = self.z.len();
        for (v, w) in self.rows[m * dim..(m + 1) * dim].iter_mut().zip(&layer[2..]) {
            add_scaled(v, *w, slope);
        }
    }
}

/// The columns of a Jacobian: one column of `height` numbers per parameter, of which this block of lanes fills
/// its part from `offset` on, residual after residual.
pub(crate) struct Columns<'a, E> {
    pub(crate) data: &'a mut [E],
    pub(crate) height: usize,
    pub(crate) offset: usize,
}

impl<E: Real> Columns<'_, E> {
    /// Sets a column to a multiple of another, `n_rows` residuals of it.
    pub(crate) fn multiple(&mut self, p: usize, factor: f64, of: usize, n_rows: usize) {
        for m in 0..n_rows {
            let source = *self.entry(of, m);
            *self.entry(p, m) = product(&[E::from_f64(factor); LANES], &source);
        }
    }

    /// The lanes of residual m in column p.
    #[inline(always)]
    pub(crate) fn entry(&mut self, p: usize, m: usize) -> &mut Lane<E> {
        let start = p * self.height + self.offset + m * LANES;
        let slice = &mut self.data[start..start + LANES];
        slice.try_into().expect("a column entry is one lane long")
    }
}

/// Which parameters of a stack are trained: layers of a range, and of each layer a, b, the weights of `slots` and the
/// dependence of b on the parameters of a family.
#[derive(Clone, Debug)]
pub(crate) struct Trained {
    pub(crate) layers: Range<usize>,
    pub(crate) slots: Vec<usize>,
    pub(crate) n_family: usize,
}

impl Trained {
    /// Columns per layer.
    pub(crate) fn width(&self) -> usize {
        2 + self.slots.len() + self.n_family
    }

    /// Columns in all.
    pub(crate) fn n_columns(&self) -> usize {
        self.layers.len() * self.width()
    }

    /// Of derivatives by every parameter of a stack at some mu, `stride` to a layer, those by the trained ones.
    pub(crate) fn gather(&self, all: &[f64], stride: usize, mu: &[f64]) -> Vec<f64> {
        let mut gathered = Vec::with_capacity(self.n_columns());
        for layer in all[self.layers.start * stride..self.layers.end * stride].chunks_exact(stride) {
            gathered.extend(&layer[..2]);
            gathered.extend(self.slots.iter().map(|slot| layer[2 + slot]));
            gathered.extend(mu.iter().map(|mu| mu * layer[1]));
        }
        gathered
    }
}

dispatch! {
    /// The rows of the Jacobian: sweeps the residuals' derivatives back from both ends of the passages and writes
    /// d residual / d parameter for the trained parameters, the sum over both ends.
    fn jacobian_rows<E>(stack: &ShearStack<E>, trained: &Trained, ends: [&mut End<E>; 2], columns: &mut Columns<'_, E>) = jacobian_rows_body;
}

#[inline(always)]
fn jacobian_rows_body<E: Real>(
    stack: &ShearStack<E>,
    trained: &Trained,
    [start, finish]: [&mut End<E>; 2],
    columns: &mut Columns<'_, E>,
) {
    for (l, layer) in stack.layers().enumerate().skip(trained.layers.start).rev() {
        start.leave(layer, l);
        finish.leave(layer, l);
        for m in 0..start.rows.len() / start.z.len() {
            let along = [along(&layer[2..], start.row(m)), along(&layer[2..], finish.row(m))];
            let slopes = [product(&start.steepness, &along[0]), product(&finish.steepness, &along[1])];
            if l < trained.layers.end {
                let first = (l - trained.layers.start) * trained.width();
                let by_a = columns.entry(first, m);
                *by_a = product(&start.trace.sines[l], &along[0]);
                add_product(by_a, &finish.trace.sines[l], &along[1]);
                let by_b = columns.entry(first + 1, m);
                *by_b = slopes[0];
                add_scaled(by_b, E::ONE, &slopes[1]);
                for (column, &i) in (first + 2..).zip(&trained.slots) {
                    let mut by_w = product(&slopes[0], &start.z[i]);
                    add_product(&mut by_w, &slopes[1], &finish.z[i]);
                    add_conjugate(&mut by_w, &start.amount, start.row(m), i);
                    add_conjugate(&mut by_w, &finish.amount, finish.row(m), i);
                    *columns.entry(column, m) = by_w;
                }
            }
            start.step_on(layer, m, &slopes[0]);
            finish.step_on(layer, m, &slopes[1]);
        }
    }
}
