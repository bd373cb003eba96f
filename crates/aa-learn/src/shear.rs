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
use crate::lanes::{LANES, Lane, ZERO, add_product, add_scaled, sin_cos_lanes, sum};
use std::ops::Range;

/// A stack of ridge shears on a phase space of `dof` degrees of freedom.
///
/// Layer after layer, the parameters are `a, b, w_1 .. w_2n`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ShearStack {
    pub(crate) dof: usize,
    pub(crate) parameters: Vec<f64>,
}

impl ShearStack {
    /// Numbers per layer: a, b and w.
    pub(crate) fn stride(&self) -> usize {
        2 * self.dof + 2
    }

    /// The number of layers.
    pub(crate) fn depth(&self) -> usize {
        self.parameters.len() / self.stride()
    }

    /// Moves one point through the stack.
    pub(crate) fn apply(&self, z: &mut [f64]) {
        with_lanes(z, |lanes| forward(self, lanes));
    }

    /// Moves one point through the stack and multiplies `tangent` (2n x 2n, by rows) by the derivative from the left.
    pub(crate) fn push_forward(&self, z: &mut [f64], tangent: &mut [f64]) {
        for layer in self.parameters.chunks_exact(self.stride()) {
            shear_tangent(layer, layer[0], self.dof, z, tangent);
        }
    }

    /// The same for the inverse stack.
    pub(crate) fn push_back(&self, z: &mut [f64], tangent: &mut [f64]) {
        for layer in self.parameters.chunks_exact(self.stride()).rev() {
            shear_tangent(layer, -layer[0], self.dof, z, tangent);
        }
    }
}

/// Component i of J w.
#[inline(always)]
fn turned(w: &[f64], i: usize) -> f64 {
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
pub(crate) struct Trace {
    sines: Vec<Lane>,
    cosines: Vec<Lane>,
}

impl Trace {
    /// Room for a stack of this depth.
    pub(crate) fn new(depth: usize) -> Self {
        Trace { sines: vec![ZERO; depth], cosines: vec![ZERO; depth] }
    }
}

dispatch! {
    /// z <- E(z).
    fn forward(stack: &ShearStack, z: &mut [Lane]) = forward_body;
}

#[inline(always)]
fn forward_body(stack: &ShearStack, z: &mut [Lane]) {
    let (mut sine, mut cosine) = (ZERO, ZERO);
    for layer in stack.parameters.chunks_exact(stack.stride()) {
        shear(layer, layer[0], z, &mut sine, &mut cosine);
    }
}

dispatch! {
    /// z <- E^-1(z).
    fn inverse(stack: &ShearStack, z: &mut [Lane]) = inverse_body;
}

#[inline(always)]
fn inverse_body(stack: &ShearStack, z: &mut [Lane]) {
    let (mut sine, mut cosine) = (ZERO, ZERO);
    for layer in stack.parameters.chunks_exact(stack.stride()).rev() {
        shear(layer, -layer[0], z, &mut sine, &mut cosine);
    }
}

dispatch! {
    /// z <- E(z), leaving a trace.
    fn forward_traced(stack: &ShearStack, z: &mut [Lane], trace: &mut Trace) = forward_traced_body;
}

#[inline(always)]
fn forward_traced_body(stack: &ShearStack, z: &mut [Lane], trace: &mut Trace) {
    let layers = stack.parameters.chunks_exact(stack.stride());
    for ((layer, sine), cosine) in layers.zip(&mut trace.sines).zip(&mut trace.cosines) {
        shear(layer, layer[0], z, sine, cosine);
    }
}

/// One layer: z += a sin(w.z + b) J w.
#[inline(always)]
fn shear(layer: &[f64], a: f64, z: &mut [Lane], sine: &mut Lane, cosine: &mut Lane) {
    let w = &layer[2..];
    let mut argument = [layer[1]; LANES];
    for (w, z) in w.iter().zip(z.iter()) {
        add_scaled(&mut argument, *w, z);
    }
    sin_cos_lanes(&argument, sine, cosine);
    for (i, z) in z.iter_mut().enumerate() {
        add_scaled(z, a * turned(w, i), sine);
    }
}

dispatch! {
    /// The backward sweep: given z = E(z_in), its trace and the cotangent of z, adds the gradient of every parameter to
    /// `gradient` (summed over the lanes) and leaves in `cotangent` that of z_in, in `z` the point z_in itself.
    fn backward(stack: &ShearStack, trace: &Trace, z: &mut [Lane], cotangent: &mut [Lane], gradient: &mut [f64]) = backward_body;
}

#[inline(always)]
fn backward_body(stack: &ShearStack, trace: &Trace, z: &mut [Lane], cotangent: &mut [Lane], gradient: &mut [f64]) {
    let (dim, stride) = (2 * stack.dof, stack.stride());
    for l in (0..stack.depth()).rev() {
        let layer = &stack.parameters[l * stride..(l + 1) * stride];
        let gradient = &mut gradient[l * stride..(l + 1) * stride];
        let (a, w) = (layer[0], &layer[2..]);
        let (sine, cosine) = (&trace.sines[l], &trace.cosines[l]);
        let (along, slope, amount) = layer_sensitivities(a, w, sine, cosine, z, cotangent);
        gradient[0] += sum_of_products(&along, sine);
        gradient[1] += sum(&slope);
        for i in 0..dim {
            let mut parameter = ZERO;
            add_product(&mut parameter, &slope, &z[i]);
            add_conjugate(&mut parameter, &amount, cotangent, i);
            gradient[2 + i] += sum(&parameter);
        }
        for i in 0..dim {
            add_scaled(&mut cotangent[i], w[i], &slope);
        }
    }
}

/// Undoes the layer on z and returns v.Jw, a cos(u) v.Jw and a sin(u), v being the cotangent.
#[inline(always)]
fn layer_sensitivities(
    a: f64,
    w: &[f64],
    sine: &Lane,
    cosine: &Lane,
    z: &mut [Lane],
    cotangent: &[Lane],
) -> (Lane, Lane, Lane) {
    let (mut along, mut slope, mut amount) = (ZERO, ZERO, ZERO);
    for (i, z) in z.iter_mut().enumerate() {
        add_scaled(z, -a * turned(w, i), sine);
        add_scaled(&mut along, turned(w, i), &cotangent[i]);
    }
    for lane in 0..LANES {
        slope[lane] = a * cosine[lane] * along[lane];
        amount[lane] = a * sine[lane];
    }
    (along, slope, amount)
}

/// Adds amount (J^T v)_i, the part of the weights' gradient that comes from the direction J w.
#[inline(always)]
fn add_conjugate(parameter: &mut Lane, amount: &Lane, cotangent: &[Lane], i: usize) {
    let dof = cotangent.len() / 2;
    if i < dof {
        for lane in 0..LANES {
            parameter[lane] -= amount[lane] * cotangent[i + dof][lane];
        }
    } else {
        add_product(parameter, amount, &cotangent[i - dof]);
    }
}

#[inline(always)]
fn sum_of_products(x: &Lane, y: &Lane) -> f64 {
    let mut product = ZERO;
    add_product(&mut product, x, y);
    sum(&product)
}

/// One end of a passage on the way back through the stack: where it is and how the residuals depend on it.
#[derive(Clone, Debug)]
pub(crate) struct End {
    /// The point, 2n lanes.
    pub(crate) z: Vec<Lane>,
    /// d residual_m / d z_i at entry m * 2n + i.
    pub(crate) rows: Vec<Lane>,
    /// What the forward sweep left.
    pub(crate) trace: Trace,
}

impl End {
    /// Room for a stack of this size and so many residuals.
    pub(crate) fn new(dof: usize, depth: usize, n_rows: usize) -> Self {
        End { z: vec![ZERO; 2 * dof], rows: vec![ZERO; n_rows * 2 * dof], trace: Trace::new(depth) }
    }
}

/// The columns of a Jacobian: one column of `height` numbers per parameter, of which this block of lanes fills
/// its part from `offset` on, residual after residual.
pub(crate) struct Columns<'a> {
    pub(crate) data: &'a mut [f64],
    pub(crate) height: usize,
    pub(crate) offset: usize,
}

impl Columns<'_> {
    /// Sets a column to a multiple of another, `n_rows` residuals of it.
    pub(crate) fn multiple(&mut self, p: usize, factor: f64, of: usize, n_rows: usize) {
        for m in 0..n_rows {
            let source = *self.entry(of, m);
            *self.entry(p, m) = source.map(|x| factor * x);
        }
    }

    /// The lanes of residual m in column p.
    #[inline(always)]
    pub(crate) fn entry(&mut self, p: usize, m: usize) -> &mut Lane {
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
    fn jacobian_rows(stack: &ShearStack, trained: &Trained, start: &mut End, finish: &mut End, columns: &mut Columns<'_>) = jacobian_rows_body;
}

#[inline(always)]
fn jacobian_rows_body(
    stack: &ShearStack,
    trained: &Trained,
    start: &mut End,
    finish: &mut End,
    columns: &mut Columns<'_>,
) {
    let stride = stack.stride();
    for l in (trained.layers.start..stack.depth()).rev() {
        let layer = &stack.parameters[l * stride..(l + 1) * stride];
        undo(layer, start, l);
        undo(layer, finish, l);
        for m in 0..start.rows.len() / (2 * stack.dof) {
            let ends = [row_step(layer, start, l, m), row_step(layer, finish, l, m)];
            if l < trained.layers.end {
                let first = (l - trained.layers.start) * trained.width();
                write_rows(columns, first, m, trained, &ends, [start, finish]);
            }
            step_on(layer, start, m, &ends[0].slope);
            step_on(layer, finish, m, &ends[1].slope);
        }
    }
}

/// What one layer contributes to the derivative of one residual at one end.
struct RowStep {
    /// d residual / d a.
    amplitude: Lane,
    /// d residual / d b, also the factor of w in the step of the row.
    slope: Lane,
    /// a sin(u).
    amount: Lane,
}

#[inline(always)]
fn undo(layer: &[f64], end: &mut End, l: usize) {
    for (i, z) in end.z.iter_mut().enumerate() {
        add_scaled(z, -layer[0] * turned(&layer[2..], i), &end.trace.sines[l]);
    }
}

#[inline(always)]
fn row_step(layer: &[f64], end: &End, l: usize, m: usize) -> RowStep {
    let (a, w) = (layer[0], &layer[2..]);
    let row = &end.rows[m * w.len()..(m + 1) * w.len()];
    let (sine, cosine) = (&end.trace.sines[l], &end.trace.cosines[l]);
    let mut along = ZERO;
    for (i, v) in row.iter().enumerate() {
        add_scaled(&mut along, turned(w, i), v);
    }
    let mut step = RowStep { amplitude: ZERO, slope: ZERO, amount: ZERO };
    for lane in 0..LANES {
        step.amplitude[lane] = sine[lane] * along[lane];
        step.slope[lane] = a * cosine[lane] * along[lane];
        step.amount[lane] = a * sine[lane];
    }
    step
}

#[inline(always)]
fn write_rows(
    columns: &mut Columns<'_>,
    first: usize,
    m: usize,
    trained: &Trained,
    steps: &[RowStep; 2],
    ends: [&End; 2],
) {
    let [start, finish] = steps;
    write_sum(columns.entry(first, m), &start.amplitude, &finish.amplitude);
    write_sum(columns.entry(first + 1, m), &start.slope, &finish.slope);
    for (column, &i) in trained.slots.iter().enumerate() {
        let mut value = ZERO;
        for (step, end) in steps.iter().zip(ends) {
            let dim = end.z.len();
            add_product(&mut value, &step.slope, &end.z[i]);
            add_conjugate(&mut value, &step.amount, &end.rows[m * dim..(m + 1) * dim], i);
        }
        *columns.entry(first + 2 + column, m) = value;
    }
}

#[inline(always)]
fn write_sum(out: &mut Lane, x: &Lane, y: &Lane) {
    for lane in 0..LANES {
        out[lane] = x[lane] + y[lane];
    }
}

#[inline(always)]
fn step_on(layer: &[f64], end: &mut End, m: usize, slope: &Lane) {
    let w = &layer[2..];
    for (v, w) in end.rows[m * w.len()..(m + 1) * w.len()].iter_mut().zip(w) {
        add_scaled(v, *w, slope);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
