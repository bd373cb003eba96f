//! Ridge shears: the layers of the learned map, exactly symplectic and exactly invertible.
//!
//! A layer is the time-a flow of the generator F(w.z + b) with F' = sin:
//!
//! ```text
//! z <- z + a sin(w.z + b) J w          J w = (w_p, -w_q)
//! ```
//!
//! Since w.Jw = 0 the argument does not change on the way, so the inverse is the same layer with -a. (Layers of this
//! kind: Tapley 2024, arXiv 2408.09821.) The sine makes a layer periodic in a circle coordinate whose weight is a
//! whole number, which is how rotors stay on their circle; and any smooth generator is a sum of such waves.
//!
//! The kernels work on lanes of points, component after component: `z[i]` holds component i of all points.

use crate::isa::dispatch;
use crate::lanes::{
    LANES, Lane, add_product, add_scaled, product, sin_cos_lanes, sin_lanes, subtract_product, sum, zero,
};
use crate::real::Real;
use std::slice::ChunksExact;

/// A stack of ridge shears on a phase space of `dof` degrees of freedom.
///
/// Layer after layer, the parameters are `a, b, w_1 .. w_2n`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ShearStack<E = f64> {
    pub(crate) dof: usize,
    pub(crate) parameters: Vec<E>,
}

impl<E: Real> ShearStack<E> {
    /// Numbers per layer: a, b and w.
    pub(crate) fn stride(&self) -> usize {
        2 * self.dof + 2
    }

    /// The number of layers.
    pub(crate) fn depth(&self) -> usize {
        self.parameters.len() / self.stride()
    }

    /// The parameters of every layer.
    pub(crate) fn layers(&self) -> ChunksExact<'_, E> {
        self.parameters.chunks_exact(self.stride())
    }
}

impl ShearStack {
    /// The same stack in another precision.
    pub(crate) fn rounded<E: Real>(&self) -> ShearStack<E> {
        ShearStack { dof: self.dof, parameters: self.parameters.iter().map(|x| E::from_f64(*x)).collect() }
    }

    /// Moves one point through the stack.
    pub(crate) fn apply(&self, z: &mut [f64]) {
        with_lanes(z, |lanes| forward(self, lanes));
    }

    /// Moves one point through the stack and multiplies `tangent` (2n x 2n, by rows) by the derivative from the left.
    pub(crate) fn push_forward(&self, z: &mut [f64], tangent: &mut [f64]) {
        for layer in self.layers() {
            shear_tangent(layer, layer[0], self.dof, z, tangent);
        }
    }

    /// The same for the inverse stack.
    pub(crate) fn push_back(&self, z: &mut [f64], tangent: &mut [f64]) {
        for layer in self.layers().rev() {
            shear_tangent(layer, -layer[0], self.dof, z, tangent);
        }
    }
}

/// Component i of J w.
#[inline(always)]
pub(crate) fn turned<E: Real>(w: &[E], i: usize) -> E {
    let dof = w.len() / 2;
    if i < dof { w[i + dof] } else { -w[i - dof] }
}

/// Runs a lane kernel on one point.
fn with_lanes(z: &mut [f64], kernel: impl FnOnce(&mut [Lane])) {
    let mut lanes: Vec<Lane> = z.iter().map(|&component| [component; LANES]).collect();
    kernel(&mut lanes);
    for (component, lane) in z.iter_mut().zip(&lanes) {
        *component = lane[0];
    }
}

/// One layer on one point and its tangent matrix.
fn shear_tangent(layer: &[f64], a: f64, dof: usize, z: &mut [f64], tangent: &mut [f64]) {
    let dim = 2 * dof;
    let w = &layer[2..];
    let argument = w.iter().zip(z.iter()).fold(layer[1], |sum, (w, z)| sum + w * z);
    let (sine, cosine) = crate::sine::double(argument);
    let along: Vec<f64> = (0..dim).map(|k| (0..dim).map(|j| w[j] * tangent[j * dim + k]).sum()).collect();
    for i in 0..dim {
        z[i] += a * turned(w, i) * sine;
        for k in 0..dim {
            tangent[i * dim + k] += a * turned(w, i) * cosine * along[k];
        }
    }
}

/// Sines and cosines that the forward sweep leaves for the backward one, a pair per layer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trace<E = f64> {
    pub(crate) sines: Vec<Lane<E>>,
    pub(crate) cosines: Vec<Lane<E>>,
}

impl<E: Real> Trace<E> {
    /// Room for a stack of this depth.
    pub(crate) fn new(depth: usize) -> Self {
        Trace { sines: vec![zero(); depth], cosines: vec![zero(); depth] }
    }
}

dispatch! {
    /// z <- E(z), of one block of lanes or several, one after the other.
    fn forward<E>(stack: &ShearStack<E>, z: &mut [Lane<E>]) = forward_body;
}

#[inline(always)]
fn forward_body<E: Real>(stack: &ShearStack<E>, z: &mut [Lane<E>]) {
    for layer in stack.layers() {
        for z in z.chunks_exact_mut(2 * stack.dof) {
            let sine = sin_lanes(&argument(layer, z));
            kick(layer, layer[0], z, &sine);
        }
    }
}

dispatch! {
    /// z <- E^-1(z), of one block or several.
    fn inverse<E>(stack: &ShearStack<E>, z: &mut [Lane<E>]) = inverse_body;
}

#[inline(always)]
fn inverse_body<E: Real>(stack: &ShearStack<E>, z: &mut [Lane<E>]) {
    for layer in stack.layers().rev() {
        for z in z.chunks_exact_mut(2 * stack.dof) {
            let sine = sin_lanes(&argument(layer, z));
            kick(layer, -layer[0], z, &sine);
        }
    }
}

dispatch! {
    /// z <- E(z), leaving a trace.
    fn forward_traced<E>(stack: &ShearStack<E>, z: &mut [Lane<E>], trace: &mut Trace<E>) = forward_traced_body;
}

#[inline(always)]
fn forward_traced_body<E: Real>(stack: &ShearStack<E>, z: &mut [Lane<E>], trace: &mut Trace<E>) {
    for ((layer, sine), cosine) in stack.layers().zip(&mut trace.sines).zip(&mut trace.cosines) {
        sin_cos_lanes(&argument(layer, z), sine, cosine);
        kick(layer, layer[0], z, sine);
    }
}

/// w.z + b.
#[inline(always)]
fn argument<E: Real>(layer: &[E], z: &[Lane<E>]) -> Lane<E> {
    let mut argument = [layer[1]; LANES];
    for (w, z) in layer[2..].iter().zip(z) {
        add_scaled(&mut argument, *w, z);
    }
    argument
}

/// z += a sine J w.
#[inline(always)]
pub(crate) fn kick<E: Real>(layer: &[E], a: E, z: &mut [Lane<E>], sine: &Lane<E>) {
    for (i, z) in z.iter_mut().enumerate() {
        add_scaled(z, a * turned(&layer[2..], i), sine);
    }
}

dispatch! {
    /// The backward sweep: given z = E(z_in), its trace and the cotangent of z, adds the gradient of every parameter to
    /// `gradient` (summed over the lanes) and leaves in `cotangent` that of z_in, in `z` the point z_in itself.
    fn backward<E>(stack: &ShearStack<E>, trace: &Trace<E>, z: &mut [Lane<E>], cotangent: &mut [Lane<E>], gradient: &mut [f64]) = backward_body;
}

#[inline(always)]
fn backward_body<E: Real>(
    stack: &ShearStack<E>,
    trace: &Trace<E>,
    z: &mut [Lane<E>],
    cotangent: &mut [Lane<E>],
    gradient: &mut [f64],
) {
    let layers = stack.layers().zip(gradient.chunks_exact_mut(stack.stride()));
    for (l, (layer, gradient)) in layers.enumerate().rev() {
        let (a, w, sine) = (layer[0], &layer[2..], &trace.sines[l]);
        kick(layer, -a, z, sine);
        let (steepness, amount) = (product(&[a; LANES], &trace.cosines[l]), product(&[a; LANES], sine));
        let along = along(w, cotangent);
        let slope = product(&steepness, &along);
        gradient[0] += sum(&product(&along, sine)).to_f64();
        gradient[1] += sum(&slope).to_f64();
        for (i, z) in z.iter().enumerate() {
            let mut parameter = product(&slope, z);
            add_conjugate(&mut parameter, &amount, cotangent, i);
            gradient[2 + i] += sum(&parameter).to_f64();
        }
        for (v, w) in cotangent.iter_mut().zip(w) {
            add_scaled(v, *w, &slope);
        }
    }
}

/// v.Jw, how a cotangent v weighs the layer's kick.
#[inline(always)]
pub(crate) fn along<E: Real>(w: &[E], v: &[Lane<E>]) -> Lane<E> {
    let mut along = zero();
    for (i, v) in v.iter().enumerate() {
        add_scaled(&mut along, turned(w, i), v);
    }
    along
}

/// Adds amount (J^T v)_i, the part of the weights' gradient that comes from the direction J w.
#[inline(always)]
pub(crate) fn add_conjugate<E: Real>(parameter: &mut Lane<E>, amount: &Lane<E>, cotangent: &[Lane<E>], i: usize) {
    let dof = cotangent.len() / 2;
    if i < dof {
        subtract_product(parameter, amount, &cotangent[i + dof]);
    } else {
        add_product(parameter, amount, &cotangent[i - dof]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lanes::rounded;
    use crate::symplectic::symplectic_defect;
    use aa_dynamics::random::Stream;

    /// Twelve layers in two degrees of freedom and a few points.
    fn setting() -> (ShearStack, Vec<Lane>) {
        let mut stream = Stream::new(3, "shears");
        let parameters = (0..12 * 6).map(|_| 0.6 * stream.normal()).collect();
        let z = (0..4).map(|_| std::array::from_fn(|_| stream.normal())).collect();
        (ShearStack { dof: 2, parameters }, z)
    }

    fn point(z: &[Lane], lane: usize) -> Vec<f64> {
        z.iter().map(|component| component[lane]).collect()
    }

    #[test]
    fn the_inverse_undoes_the_stack() {
        let (stack, z) = setting();
        let mut moved = z.clone();
        forward(&stack, &mut moved);
        assert!(moved != z);
        inverse(&stack, &mut moved);
        assert!(moved.iter().flatten().zip(z.iter().flatten()).all(|(a, b)| (a - b).abs() < 1e-13));
    }

    #[test]
    fn every_instruction_set_gives_the_same_bits() {
        let (stack, z) = setting();
        let (mut dispatched, mut baseline) = (z.clone(), z);
        forward(&stack, &mut dispatched);
        forward_body(&stack, &mut baseline);
        assert_eq!(dispatched, baseline);
    }

    #[test]
    fn single_precision_agrees_with_double_and_inverts() {
        let (stack, mut z) = setting();
        let mut single: Vec<Lane<f32>> = z.iter().map(rounded).collect();
        let start = single.clone();
        forward(&stack, &mut z);
        forward(&stack.rounded(), &mut single);
        let gap = |z: &f64, single: &f32| (z - f64::from(*single)).abs();
        assert!(z.iter().flatten().zip(single.iter().flatten()).all(|(z, single)| gap(z, single) < 1e-5));
        inverse(&stack.rounded(), &mut single);
        assert!(start.iter().flatten().zip(single.iter().flatten()).all(|(a, b)| (a - b).abs() < 1e-5));
    }

    #[test]
    fn derivatives_are_symplectic_and_agree_with_differences() {
        let (stack, z) = setting();
        let unit: Vec<f64> = (0..16).map(|i| f64::from(u8::from(i % 5 == 0))).collect();
        let (mut z, mut tangent) = (point(&z, 7), unit.clone());
        let start = z.clone();
        stack.push_forward(&mut z, &mut tangent);
        assert!(symplectic_defect(2, &tangent) < 1e-13);
        let step = 1e-6;
        for j in 0..4 {
            let (mut up, mut down) = (start.clone(), start.clone());
            up[j] += step;
            down[j] -= step;
            stack.apply(&mut up);
            stack.apply(&mut down);
            for i in 0..4 {
                assert!((tangent[i * 4 + j] - (up[i] - down[i]) / (2.0 * step)).abs() < 1e-7);
            }
        }
        stack.push_back(&mut z, &mut tangent);
        assert!(tangent.iter().zip(&unit).all(|(a, b)| (a - b).abs() < 1e-12));
    }

    #[test]
    fn a_single_point_and_a_lane_agree() {
        let (stack, mut z) = setting();
        let mut alone = point(&z, 5);
        forward(&stack, &mut z);
        stack.apply(&mut alone);
        assert_eq!(alone, point(&z, 5));
    }

    /// Sum over lanes of a fixed linear function of E(z).
    fn functional(stack: &ShearStack, z: &[Lane], weights: &[Lane]) -> f64 {
        let mut z = z.to_vec();
        forward(stack, &mut z);
        z.iter().flatten().zip(weights.iter().flatten()).map(|(z, w)| z * w).sum()
    }

    #[test]
    fn the_backward_sweep_agrees_with_differences() {
        let (stack, z) = setting();
        let mut stream = Stream::new(4, "weights");
        let weights: Vec<Lane> = (0..4).map(|_| std::array::from_fn(|_| stream.normal())).collect();
        let (mut moved, mut trace) = (z.clone(), Trace::new(stack.depth()));
        forward_traced(&stack, &mut moved, &mut trace);
        let (mut cotangent, mut gradient) = (weights.clone(), vec![0.0; stack.parameters.len()]);
        backward(&stack, &trace, &mut moved, &mut cotangent, &mut gradient);
        let step = 1e-6;
        for (p, gradient) in gradient.iter().enumerate() {
            let (mut up, mut down) = (stack.clone(), stack.clone());
            up.parameters[p] += step;
            down.parameters[p] -= step;
            let difference = (functional(&up, &z, &weights) - functional(&down, &z, &weights)) / (2.0 * step);
            assert!((gradient - difference).abs() < 1e-6 * (1.0 + difference.abs()), "parameter {p}");
        }
        let (mut up, mut down) = (z.clone(), z.clone());
        up[2][9] += step;
        down[2][9] -= step;
        let difference = (functional(&stack, &up, &weights) - functional(&stack, &down, &weights)) / (2.0 * step);
        assert!((cotangent[2][9] - difference).abs() < 1e-7);
    }

    #[test]
    fn a_whole_weight_keeps_the_circle_closed() {
        // Component 0 is an angle with weight 2; a full turn must come out as a full turn.
        let stack = ShearStack { dof: 1, parameters: vec![0.3, 0.1, 2.0, 0.7] };
        let (mut here, mut there) = (vec![0.4, 0.9], vec![0.4 + std::f64::consts::TAU, 0.9]);
        stack.apply(&mut here);
        stack.apply(&mut there);
        assert!((there[0] - here[0] - std::f64::consts::TAU).abs() < 1e-14 && (there[1] - here[1]).abs() < 1e-14);
    }
}
