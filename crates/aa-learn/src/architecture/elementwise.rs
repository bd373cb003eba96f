//! Passes over the rows of a batch, between the products of a perceptron. Loops, since closures could be compiled for the
//! baseline.

use super::kernel::{Activation, relu, relu_slope, sigmoid, sigmoid_slope};
use crate::isa::dispatch;
use crate::real::Real;

dispatch! {
    /// u <- s(u + b) in every row.
    fn activate<E>(activation: Activation, u: &mut [E], b: &[E]) = activate_body;
}

#[inline(always)]
fn activate_body<E: Real>(activation: Activation, u: &mut [E], b: &[E]) {
    for row in u.chunks_exact_mut(b.len()) {
        let pairs = row.iter_mut().zip(b);
        match activation {
            Activation::Sigmoid => {
                for (u, b) in pairs {
                    *u = sigmoid(*u + *b);
                }
            }
            Activation::Relu => {
                for (u, b) in pairs {
                    *u = relu(*u + *b);
                }
            }
        }
    }
}

dispatch! {
    /// out <- x s', where s' is the slope of the activation that has these values.
    fn steepen<E>(activation: Activation, x: &[E], values: &[E], out: &mut [E]) = steepen_body;
}

#[inline(always)]
fn steepen_body<E: Real>(activation: Activation, x: &[E], values: &[E], out: &mut [E]) {
    let triples = out.iter_mut().zip(x).zip(values);
    match activation {
        Activation::Sigmoid => {
            for ((out, x), value) in triples {
                *out = *x * sigmoid_slope(*value);
            }
        }
        Activation::Relu => {
            for ((out, x), value) in triples {
                *out = *x * relu_slope(*value);
            }
        }
    }
}

dispatch! {
    /// x <- x y s'', where s'' is the second derivative of the sigmoid that has these values.
    fn bend<E>(x: &mut [E], y: &[E], values: &[E]) = bend_body;
}

#[inline(always)]
fn bend_body<E: Real>(x: &mut [E], y: &[E], values: &[E]) {
    for ((x, y), value) in x.iter_mut().zip(y).zip(values) {
        *x = *x * *y * (sigmoid_slope(*value) * (E::ONE - *value - *value));
    }
}

dispatch! {
    /// x <- x + y.
    fn add<E>(x: &mut [E], y: &[E]) = add_body;
}

#[inline(always)]
fn add_body<E: Real>(x: &mut [E], y: &[E]) {
    for (x, y) in x.iter_mut().zip(y) {
        *x += *y;
    }
}

dispatch! {
    /// x <- x + a y.
    fn add_scaled<E>(x: &mut [E], a: E, y: &[E]) = add_scaled_body;
}

#[inline(always)]
fn add_scaled_body<E: Real>(x: &mut [E], a: E, y: &[E]) {
    for (x, y) in x.iter_mut().zip(y) {
        *x = y.mul_add(a, *x);
    }
}

dispatch! {
    /// Adds every row to the total.
    fn add_rows<E>(total: &mut [E], rows: &[E]) = add_rows_body;
}

#[inline(always)]
fn add_rows_body<E: Real>(total: &mut [E], rows: &[E]) {
    for row in rows.chunks_exact(total.len()) {
        add_body(total, row);
    }
}
