//! The rows of the Jacobian: how the residuals of passages depend on the parameters of the shears.

use crate::isa::dispatch;
use crate::lanes::{LANES, Lane, add_product, add_scaled, product, zero};
use crate::real::Real;
use crate::shear::{Pulled, ShearStack, Trace, add_conjugate, kick, pull};
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
}

impl<E: Real> End<E> {
    /// Room for a stack of this size and so many residuals.
    pub(crate) fn new(dof: usize, depth: usize, n_rows: usize) -> Self {
        End { z: vec![zero(); 2 * dof], rows: vec![zero(); n_rows * 2 * dof], trace: Trace::new(depth) }
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
    let (dim, stride) = (2 * stack.dof, stack.stride());
    for l in (trained.layers.start..stack.depth()).rev() {
        let layer = &stack.parameters[l * stride..(l + 1) * stride];
        for end in [&mut *start, &mut *finish] {
            kick(layer, -layer[0], &mut end.z, &end.trace.sines[l]);
        }
        for m in 0..start.rows.len() / dim {
            let pulled = [end_pull(layer, start, l, m), end_pull(layer, finish, l, m)];
            if l < trained.layers.end {
                let first = (l - trained.layers.start) * trained.width();
                write_rows(columns, first, [m, l], trained, &pulled, [start, finish]);
            }
            for (end, Pulled { slope, .. }) in [&mut *start, &mut *finish].into_iter().zip(&pulled) {
                for (v, w) in end.rows[m * dim..(m + 1) * dim].iter_mut().zip(&layer[2..]) {
                    add_scaled(v, *w, slope);
                }
            }
        }
    }
}

#[inline(always)]
fn end_pull<E: Real>(layer: &[E], end: &End<E>, l: usize, m: usize) -> Pulled<E> {
    let dim = end.z.len();
    let Trace { sines, cosines } = &end.trace;
    pull(layer[0], &layer[2..], &sines[l], &cosines[l], &end.rows[m * dim..(m + 1) * dim])
}

/// Residual m by the parameters of layer l, whose columns begin at `first`.
#[inline(always)]
fn write_rows<E: Real>(
    columns: &mut Columns<'_, E>,
    first: usize,
    [m, l]: [usize; 2],
    trained: &Trained,
    pulled: &[Pulled<E>; 2],
    ends: [&End<E>; 2],
) {
    let (mut by_a, mut by_b) = (zero(), zero());
    for (pulled, end) in pulled.iter().zip(ends) {
        add_product(&mut by_a, &end.trace.sines[l], &pulled.along);
        add_scaled(&mut by_b, E::ONE, &pulled.slope);
    }
    *columns.entry(first, m) = by_a;
    *columns.entry(first + 1, m) = by_b;
    for (column, &i) in (first + 2..).zip(&trained.slots) {
        let mut by_w = zero();
        for (pulled, end) in pulled.iter().zip(ends) {
            let dim = end.z.len();
            add_product(&mut by_w, &pulled.slope, &end.z[i]);
            add_conjugate(&mut by_w, &pulled.amount, &end.rows[m * dim..(m + 1) * dim], i);
        }
        *columns.entry(column, m) = by_w;
    }
}
