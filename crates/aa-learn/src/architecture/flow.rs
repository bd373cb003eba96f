//! The flow of a vector field over some steps of Dormand and Prince, with its discrete adjoint.
//!
//! The adjoint is that of the numerical map: it goes back through the very stages that led forward. The trace holds them all,
//! 15 kB a row and step for the paper's neural ODE and twice that for its Hamiltonian network, half of it in single precision.

use super::Number;
use super::elementwise::{add, add_scaled};
use super::row_map::{RowMap, Scratch, Swept};
use crate::real::Real;

/// The longest step, fixed as the paper's baselines have it.
const STEP: f64 = 0.1;

/// The explicit pair of Dormand and Prince (J. Comp. Appl. Math. 6, 1980), fifth order: row i gives the place of stage i
/// from the stages before it.
pub(super) const STAGES: [&[f64]; 6] = [
    &[],
    &[1.0 / 5.0],
    &[3.0 / 40.0, 9.0 / 40.0],
    &[44.0 / 45.0, -56.0 / 15.0, 32.0 / 9.0],
    &[19372.0 / 6561.0, -25360.0 / 2187.0, 64448.0 / 6561.0, -212.0 / 729.0],
    &[9017.0 / 3168.0, -355.0 / 33.0, 46732.0 / 5247.0, 49.0 / 176.0, -5103.0 / 18656.0],
];
/// The result from all stages.
pub(super) const RESULT: [f64; 6] = [35.0 / 384.0, 0.0, 500.0 / 1113.0, 125.0 / 192.0, -2187.0 / 6784.0, 11.0 / 84.0];

/// The most steps of one flow, as in the paper's code; its trace holds them all.
const MOST_STEPS: f64 = 4096.0;

/// Whether a flow over this time has no more steps than it may.
pub(super) fn is_short(dt: f64) -> bool {
    dt.abs() <= MOST_STEPS * STEP
}

/// A field followed for some steps.
#[derive(Clone, Debug)]
pub(super) struct Flow<F> {
    field: F,
    n_steps: usize,
    h: f64,
}

impl<F> Flow<F> {
    /// Whole steps of at most [`STEP`]; none for no time.
    pub(super) fn over(dt: f64, field: F) -> Option<Self> {
        // A hair less, so that 10 * 0.1 takes ten steps.
        let n_steps = (dt.abs() / STEP - 1e-9).ceil();
        (n_steps > 0.0).then(|| Flow { field, n_steps: n_steps as usize, h: dt / n_steps })
    }

    /// The same as flows of one step, one after another.
    pub(super) fn steps(self) -> impl Iterator<Item = Self>
    where
        F: Clone,
    {
        let Flow { n_steps, .. } = self;
        std::iter::repeat_n(Flow { n_steps: 1, ..self }, n_steps)
    }

    fn scaled<E: Number>(&self, weight: f64) -> E {
        Real::from_f64(self.h * weight)
    }

    fn step<E: Number>(&self, z: &mut [E], stages: &mut [E], trace: &mut [E], scratch: &mut Scratch<E>)
    where
        F: RowMap<E>,
    {
        let n = z.len();
        let traces = trace.chunks_exact_mut(trace.len() / STAGES.len());
        for (i, (weights, trace)) in STAGES.iter().zip(traces).enumerate() {
            let (place, trace) = trace.split_at_mut(n);
            let (before, stage) = stages.split_at_mut(i * n);
            place.copy_from_slice(z);
            for (weight, before) in weights.iter().zip(before.chunks_exact(n)) {
                add_scaled(place, self.scaled(*weight), before);
            }
            self.field.forward(place, &mut stage[..n], trace, scratch);
        }
        for (weight, stage) in RESULT.iter().zip(stages.chunks_exact(n)) {
            add_scaled(z, self.scaled(*weight), stage);
        }
    }

    /// From the cotangent of z after a step to that before it.
    fn step_back<E: Number>(&self, back: &mut Back<'_, E>, of_z: &mut [E], trace: &[E])
    where
        F: RowMap<E>,
    {
        let n = of_z.len();
        back.of_stages.fill(E::ZERO);
        for (weight, of_stage) in RESULT.iter().zip(back.of_stages.chunks_exact_mut(n)) {
            add_scaled(of_stage, self.scaled(*weight), of_z);
        }
        let traces = trace.chunks_exact(trace.len() / STAGES.len());
        for (i, (weights, trace)) in STAGES.iter().zip(traces).enumerate().rev() {
            let (place, trace) = trace.split_at(n);
            let (of_before, of_stage) = back.of_stages.split_at_mut(i * n);
            back.of_place.fill(E::ZERO);
            let swept = Swept { x: place, trace, cotangent: &of_stage[..n] };
            self.field.backward(swept, &mut back.of_place, back.gradient, back.scratch);
            add(of_z, &back.of_place);
            for (weight, of_stage) in weights.iter().zip(of_before.chunks_exact_mut(n)) {
                add_scaled(of_stage, self.scaled(*weight), &back.of_place);
            }
        }
    }
}

/// What the way back through every step uses.
struct Back<'a, E> {
    of_stages: Vec<E>,
    of_place: Vec<E>,
    gradient: &'a mut [E],
    scratch: &'a mut Scratch<E>,
}

impl<E: Number, F: RowMap<E>> RowMap<E> for Flow<F> {
    fn inputs(&self) -> usize {
        self.field.inputs()
    }

    fn outputs(&self) -> usize {
        self.field.outputs()
    }

    fn trace(&self) -> usize {
        self.n_steps * STAGES.len() * (self.outputs() + self.field.trace())
    }

    fn n_parameters(&self) -> usize {
        self.field.n_parameters()
    }

    fn forward(&self, x: &[E], out: &mut [E], trace: &mut [E], scratch: &mut Scratch<E>) {
        out.copy_from_slice(x);
        let mut stages = vec![E::ZERO; STAGES.len() * x.len()];
        for trace in trace.chunks_exact_mut(trace.len() / self.n_steps) {
            self.step(out, &mut stages, trace, scratch);
        }
    }

    fn backward(&self, swept: Swept<'_, E>, of_x: &mut [E], gradient: &mut [E], scratch: &mut Scratch<E>) {
        let Swept { x, trace, cotangent } = swept;
        let mut of_z = cotangent.to_vec();
        let (of_stages, of_place) = (vec![E::ZERO; STAGES.len() * x.len()], vec![E::ZERO; x.len()]);
        let mut back = Back { of_stages, of_place, gradient, scratch };
        for trace in trace.chunks_exact(trace.len() / self.n_steps).rev() {
            self.step_back(&mut back, &mut of_z, trace);
        }
        add(of_x, &of_z);
    }
}
