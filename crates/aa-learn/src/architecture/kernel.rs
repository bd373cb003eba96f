//! Kernels of a gated shear stack: lanes of the batch, one activation at a time.
//!
//! A layer moves half of the variables (y) by the other half (x):
//!
//! ```text
//! y <- y +- gate * ( sum_k a_k s(x.w_k + b_k) w_k + x )
//! ```
//!
//! The forward sweep leaves every s; the backward sweep needs no exponential, since the slope of an activation is a
//! function of its value. Products and sums are fused explicitly: the same bits on every instruction set.

use crate::isa::dispatch;
use crate::lanes::{LANES, Lane, add_product, add_scaled, sum, zero};
use crate::real::Real;

/// The nonlinearity of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Activation {
    /// 1/(1 + exp(-u)).
    Sigmoid,
    /// max(u, 0).
    Relu,
}

/// The sizes of a stack, and its nonlinearity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Shape {
    /// Degrees of freedom n.
    pub(super) dof: usize,
    /// Activations per layer.
    pub(super) width: usize,
    /// Layers.
    pub(super) depth: usize,
    /// The nonlinearity.
    pub(super) activation: Activation,
    /// Gates and the skip: present in the network of the paper, absent in exactly symplectic gradient layers.
    pub(super) gated: bool,
}

impl Shape {
    /// Numbers per layer: (a, b, w_1..w_n) of every activation, then n gates where there are gates.
    pub(super) fn stride(&self) -> usize {
        self.width * (self.dof + 2) + if self.gated { self.dof } else { 0 }
    }
}

/// Which way through a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Forward,
    Inverse,
}

impl Way {
    fn sign<E: Real>(self) -> E {
        match self {
            Way::Forward => E::ONE,
            Way::Inverse => -E::ONE,
        }
    }

    /// The layer met at place `i` on this way.
    fn layer(self, i: usize, depth: usize) -> usize {
        match self {
            Way::Forward => i,
            Way::Inverse => depth - 1 - i,
        }
    }
}

/// A few points side by side: `halves[0]` holds q, `halves[1]` p, component after component, `blocks` lanes each.
#[derive(Clone, Debug)]
pub(super) struct Points<E> {
    pub(super) blocks: usize,
    pub(super) halves: [Vec<Lane<E>>; 2],
}

/// What the forward sweep leaves for the backward one: per layer all activations, then the sums that the gates multiply.
#[derive(Clone, Debug)]
pub(super) struct Trace<E>(Vec<Lane<E>>);

impl<E> Default for Trace<E> {
    fn default() -> Self {
        Trace(Vec::new())
    }
}

impl<E: Real> Trace<E> {
    fn per_layer(shape: &Shape, blocks: usize) -> usize {
        (shape.width + shape.dof) * blocks
    }

    /// Makes room; what it held is of no meaning.
    pub(super) fn fit(&mut self, shape: &Shape, blocks: usize) {
        self.0.resize(shape.depth * Trace::<E>::per_layer(shape, blocks), zero());
    }
}

dispatch! {
    /// Moves points through the stack, leaving a trace.
    fn forward<E>(shape: &Shape, parameters: &[E], way: Way, points: &mut Points<E>, trace: &mut Trace<E>) = forward_body;
}

#[inline(always)]
pub(super) fn forward_body<E: Real>(
    shape: &Shape,
    parameters: &[E],
    way: Way,
    points: &mut Points<E>,
    trace: &mut Trace<E>,
) {
    let blocks = points.blocks;
    let per_layer = Trace::<E>::per_layer(shape, blocks);
    for i in 0..shape.depth {
        let l = way.layer(i, shape.depth);
        let layer = &parameters[l * shape.stride()..(l + 1) * shape.stride()];
        let trace = &mut trace.0[l * per_layer..(l + 1) * per_layer];
        let [q, p] = &mut points.halves;
        let (x, y) = if l.is_multiple_of(2) { (&p[..], &mut q[..]) } else { (&q[..], &mut p[..]) };
        let pass = Pass { shape, layer, sign: way.sign(), blocks };
        match shape.activation {
            Activation::Sigmoid => pass.forward(sigmoid, x, y, trace),
            Activation::Relu => pass.forward(relu, x, y, trace),
        }
    }
}

dispatch! {
    /// The way back: given the points where the stack has left them, its trace and the cotangent of them, adds the
    /// gradient of every parameter to `gradient` and leaves in `cotangent` that of the points before, which `points` then holds.
    fn backward<E>(shape: &Shape, parameters: &[E], way: Way, points: &mut Points<E>, trace: &Trace<E>, cotangent: &mut Points<E>, gradient: &mut [E]) = backward_body;
}

#[inline(always)]
fn backward_body<E: Real>(
    shape: &Shape,
    parameters: &[E],
    way: Way,
    points: &mut Points<E>,
    trace: &Trace<E>,
    cotangent: &mut Points<E>,
    gradient: &mut [E],
) {
    let blocks = points.blocks;
    let (per_layer, stride) = (Trace::<E>::per_layer(shape, blocks), shape.stride());
    let mut scratch = vec![zero(); shape.dof * blocks];
    for i in (0..shape.depth).rev() {
        let l = way.layer(i, shape.depth);
        let pass = Pass { shape, layer: &parameters[l * stride..(l + 1) * stride], sign: way.sign(), blocks };
        let trace = &trace.0[l * per_layer..(l + 1) * per_layer];
        let gradient = &mut gradient[l * stride..(l + 1) * stride];
        let ([q, p], [gq, gp]) = (&mut points.halves, &mut cotangent.halves);
        let (x, y, gx, gy) = if l.is_multiple_of(2) {
            (&p[..], &mut q[..], &mut gp[..], &gq[..])
        } else {
            (&q[..], &mut p[..], &mut gq[..], &gp[..])
        };
        pass.undo(y, trace);
        pass.gates_backward(gx, gy, trace, &mut scratch, gradient);
        match shape.activation {
            Activation::Sigmoid => pass.backward(sigmoid_slope, x, gx, &scratch, trace, gradient),
            Activation::Relu => pass.backward(relu_slope, x, gx, &scratch, trace, gradient),
        }
    }
}

/// One layer on its way.
struct Pass<'a, E> {
    shape: &'a Shape,
    layer: &'a [E],
    sign: E,
    blocks: usize,
}

impl<E: Real> Pass<'_, E> {
    /// Gate i times the direction; without gates, the direction alone.
    #[inline(always)]
    fn gate(&self, i: usize) -> E {
        if self.shape.gated { self.sign * self.layer[self.shape.width * (self.shape.dof + 2) + i] } else { self.sign }
    }

    /// Dispatches to the number of degrees of freedom, so that sums stay in registers.
    #[inline(always)]
    fn forward(&self, s: impl Fn(E) -> E, x: &[Lane<E>], y: &mut [Lane<E>], trace: &mut [Lane<E>]) {
        match self.shape.dof {
            1 => self.forward_in::<1>(s, x, y, trace),
            2 => self.forward_in::<2>(s, x, y, trace),
            3 => self.forward_in::<3>(s, x, y, trace),
            n => self.forward_any(n, s, x, y, trace, &mut vec![zero(); n], &mut vec![zero(); n]),
        }
    }

    #[inline(always)]
    fn forward_in<const N: usize>(&self, s: impl Fn(E) -> E, x: &[Lane<E>], y: &mut [Lane<E>], trace: &mut [Lane<E>]) {
        self.forward_any(N, s, x, y, trace, &mut [zero(); N], &mut [zero(); N]);
    }

    #[inline(always)]
    #[expect(clippy::too_many_arguments, reason = "inlined into its two callers, which own the buffers")]
    fn forward_any(
        &self,
        n: usize,
        s: impl Fn(E) -> E,
        x: &[Lane<E>],
        y: &mut [Lane<E>],
        trace: &mut [Lane<E>],
        here: &mut [Lane<E>],
        total: &mut [Lane<E>],
    ) {
        let (blocks, width) = (self.blocks, self.shape.width);
        let (values, sums) = trace.split_at_mut(width * blocks);
        for block in 0..blocks {
            for i in 0..n {
                here[i] = x[i * blocks + block];
                total[i] = if self.shape.gated { here[i] } else { zero() };
            }
            for (k, unit) in self.layer[..width * (n + 2)].chunks_exact(n + 2).enumerate() {
                let mut value = [unit[1]; LANES];
                for i in 0..n {
                    add_scaled(&mut value, unit[2 + i], &here[i]);
                }
                for lane in &mut value {
                    *lane = s(*lane);
                }
                values[k * blocks + block] = value;
                for i in 0..n {
                    add_scaled(&mut total[i], unit[0] * unit[2 + i], &value);
                }
            }
            for i in 0..n {
                sums[i * blocks + block] = total[i];
                add_scaled(&mut y[i * blocks + block], self.gate(i), &total[i]);
            }
        }
    }

    /// Takes the layer's move away again.
    #[inline(always)]
    fn undo(&self, y: &mut [Lane<E>], trace: &[Lane<E>]) {
        let sums = &trace[self.shape.width * self.blocks..];
        for (j, (y, sum)) in y.iter_mut().zip(sums).enumerate() {
            add_scaled(y, -self.gate(j / self.blocks), sum);
        }
    }

    /// The gates' gradient; `gated` gets the cotangent of the sums, which is also that of x by the skip.
    #[inline(always)]
    fn gates_backward(
        &self,
        gx: &mut [Lane<E>],
        gy: &[Lane<E>],
        trace: &[Lane<E>],
        gated: &mut [Lane<E>],
        gradient: &mut [E],
    ) {
        let (blocks, units) = (self.blocks, self.shape.width * (self.shape.dof + 2));
        let sums = &trace[self.shape.width * blocks..];
        for i in 0..self.shape.dof {
            let mut of_gate = zero();
            for j in i * blocks..(i + 1) * blocks {
                gated[j] = zero();
                add_scaled(&mut gated[j], self.gate(i), &gy[j]);
                if self.shape.gated {
                    add_product(&mut of_gate, &gy[j], &sums[j]);
                    add_scaled(&mut gx[j], E::ONE, &gated[j]);
                }
            }
            if self.shape.gated {
                gradient[units + i] += self.sign * sum(&of_gate);
            }
        }
    }

    #[inline(always)]
    fn backward(
        &self,
        slope: impl Fn(E) -> E,
        x: &[Lane<E>],
        gx: &mut [Lane<E>],
        gated: &[Lane<E>],
        trace: &[Lane<E>],
        gradient: &mut [E],
    ) {
        match self.shape.dof {
            1 => self.backward_any(1, slope, x, gx, gated, trace, gradient, &mut [zero(); 1]),
            2 => self.backward_any(2, slope, x, gx, gated, trace, gradient, &mut [zero(); 2]),
            3 => self.backward_any(3, slope, x, gx, gated, trace, gradient, &mut [zero(); 3]),
            n => self.backward_any(n, slope, x, gx, gated, trace, gradient, &mut vec![zero(); n]),
        }
    }

    #[inline(always)]
    #[expect(clippy::too_many_arguments, reason = "inlined into its caller, which owns the buffers")]
    fn backward_any(
        &self,
        n: usize,
        slope: impl Fn(E) -> E,
        x: &[Lane<E>],
        gx: &mut [Lane<E>],
        gated: &[Lane<E>],
        trace: &[Lane<E>],
        gradient: &mut [E],
        of_w: &mut [Lane<E>],
    ) {
        let blocks = self.blocks;
        let units = self.layer.chunks_exact(n + 2).zip(gradient.chunks_exact_mut(n + 2));
        for ((unit, gradient), values) in units.zip(trace.chunks_exact(blocks)).take(self.shape.width) {
            let (mut of_a, mut of_b): (Lane<E>, Lane<E>) = (zero(), zero());
            of_w.fill(zero());
            for (block, value) in values.iter().enumerate() {
                let mut along = zero();
                for i in 0..n {
                    add_scaled(&mut along, unit[2 + i], &gated[i * blocks + block]);
                }
                let (mut steep, mut height) = (zero(), zero());
                for lane in 0..LANES {
                    steep[lane] = unit[0] * along[lane] * slope(value[lane]);
                    height[lane] = unit[0] * value[lane];
                    of_b[lane] += steep[lane];
                }
                add_product(&mut of_a, value, &along);
                for i in 0..n {
                    add_product(&mut of_w[i], &steep, &x[i * blocks + block]);
                    add_product(&mut of_w[i], &height, &gated[i * blocks + block]);
                    add_scaled(&mut gx[i * blocks + block], unit[2 + i], &steep);
                }
            }
            gradient[0] += sum(&of_a);
            gradient[1] += sum(&of_b);
            for i in 0..n {
                gradient[2 + i] += sum(&of_w[i]);
            }
        }
    }
}

#[inline(always)]
pub(super) fn sigmoid<E: Real>(u: E) -> E {
    E::ONE / (E::ONE + (-u).exp())
}

#[inline(always)]
pub(super) fn sigmoid_slope<E: Real>(value: E) -> E {
    value - value * value
}

#[inline(always)]
pub(super) fn relu<E: Real>(u: E) -> E {
    if u > E::ZERO { u } else { E::ZERO }
}

#[inline(always)]
pub(super) fn relu_slope<E: Real>(value: E) -> E {
    if value > E::ZERO { E::ONE } else { E::ZERO }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sigmoid_agrees_with_the_library() {
        let mut u = -40.0;
        while u < 40.0 {
            let exact = 1.0 / (1.0 + libm::exp(-u));
            // Four units in the last place.
            assert!((sigmoid(u) - exact).abs() <= 9e-16 * exact, "{u}: {} {exact}", sigmoid(u));
            u += 0.0371;
        }
        assert!(sigmoid(f64::NAN).is_nan() && sigmoid(-1e9_f64) < 1e-300);
        assert_eq!((sigmoid(1e9), relu(-3.0), relu(2.0)), (1.0, 0.0, 2.0));
    }
}
