//! How the encoded state moves: turning about circles, one Euler step, or an integrated vector field.

use dfdx::prelude::*;

use super::coder::halves;
use super::perceptron::Perceptron;
use super::{Record, Visit};
use crate::op::Matrix;

/// The motion in the encoded space.
#[derive(Clone, Debug)]
pub(super) enum Evolution {
    /// theta <- theta + omega(r) dt with theta = atan2(p, q) and a free network for omega (the paper's).
    Radii(Perceptron),
    /// The flow of h(I), I = r^2/2: omega = dh/dI exactly, and clockwise in (q, p) as Hamilton has it.
    Actions(Perceptron),
    /// One Euler step, however long.
    Euler(Perceptron),
    /// dz/dt = f(z).
    Field(Perceptron),
    /// Hamilton's equations of a learned scalar.
    Hamilton(Perceptron),
}

impl Evolution {
    pub(super) fn visit(&mut self, visit: &mut dyn Visit) {
        match self {
            Evolution::Radii(net) => net.visit("frequencies", visit),
            Evolution::Actions(net) => net.visit("hamiltonian_of_actions", visit),
            Evolution::Euler(net) | Evolution::Field(net) => net.visit("field", visit),
            Evolution::Hamilton(net) => net.visit("hamiltonian", visit),
        }
    }

    /// The state after `dt`.
    pub(super) fn advance<T: Record>(&self, z: Matrix<T>, dt: f64) -> Matrix<T> {
        match self {
            // The paper turns theta = atan2(p, q) forward, against the sense of a Hamiltonian oscillation.
            Evolution::Radii(net) => {
                let angle = net.apply(radii(z.with_empty_tape())) * -dt;
                turn(z, angle)
            }
            Evolution::Actions(h) => {
                let angle = h.gradient(radii(z.with_empty_tape()).square() * 0.5) * dt;
                turn(z, angle)
            }
            Evolution::Euler(field) => field.apply(z.with_empty_tape()) * dt + z,
            Evolution::Field(field) => integrate(z, dt, |z| field.apply(z)),
            Evolution::Hamilton(h) => integrate(z, dt, |z| {
                let (by_q, by_p) = halves(h.gradient(z));
                (by_p, by_q * -1.0).concat_along(Axis::<1>)
            }),
        }
    }

    /// What labels the circles (batch x n): the radii r of the paper, or actions r^2/2; none without circles.
    pub(super) fn actions<T: Record>(&self, z: Matrix<T>) -> Option<Matrix<T>> {
        match self {
            Evolution::Radii(_) => Some(radii(z)),
            Evolution::Actions(_) => Some(radii(z).square() * 0.5),
            _ => None,
        }
    }

    /// The rates at which circles with these labels turn; for the paper's network those of atan2(p, q).
    pub(super) fn frequencies<T: Record>(&self, actions: Matrix<T>) -> Option<Matrix<T>> {
        match self {
            Evolution::Radii(net) => Some(net.apply(actions)),
            Evolution::Actions(h) => Some(h.gradient(actions)),
            _ => None,
        }
    }
}

fn radii<T: Record>(z: Matrix<T>) -> Matrix<T> {
    let (q, p) = halves(z);
    (p.square() + q.square()).sqrt()
}

/// Turns every plane clockwise: q' = q cos + p sin, p' = p cos - q sin. No angle is ever cut.
fn turn<T: Record>(z: Matrix<T>, angle: Matrix<T>) -> Matrix<T> {
    let (q, p) = halves(z);
    let (cosine, sine) = (angle.with_empty_tape().cos(), angle.sin());
    let q_new = q.with_empty_tape() * cosine.with_empty_tape() + p.with_empty_tape() * sine.with_empty_tape();
    let p_new = p * cosine - q * sine;
    (q_new, p_new).concat_along(Axis::<1>)
}

/// The step of the fixed-step integrator.
const STEP: f64 = 0.1;

/// The explicit pair of Dormand and Prince (J. Comp. Appl. Math. 6, 1980), fifth order: row i gives stage i + 1 from
/// the stages before it, the last row the result.
const DORMAND_PRINCE: [&[f64]; 6] = [
    &[1.0 / 5.0],
    &[3.0 / 40.0, 9.0 / 40.0],
    &[44.0 / 45.0, -56.0 / 15.0, 32.0 / 9.0],
    &[19372.0 / 6561.0, -25360.0 / 2187.0, 64448.0 / 6561.0, -212.0 / 729.0],
    &[9017.0 / 3168.0, -355.0 / 33.0, 46732.0 / 5247.0, 49.0 / 176.0, -5103.0 / 18656.0],
    &[35.0 / 384.0, 0.0, 500.0 / 1113.0, 125.0 / 192.0, -2187.0 / 6784.0, 11.0 / 84.0],
];

/// Whole steps of at most [`STEP`] (fixed, as the paper's baselines have it).
fn integrate<T: Record>(mut z: Matrix<T>, dt: f64, field: impl Fn(Matrix<T>) -> Matrix<T>) -> Matrix<T> {
    // A hair less, so that 10 * 0.1 takes ten steps.
    let n_steps = (dt.abs() / STEP - 1e-9).ceil().max(0.0);
    for _ in 0..n_steps as usize {
        z = dormand_prince(z, dt / n_steps, &field);
    }
    z
}

fn dormand_prince<T: Record>(z: Matrix<T>, h: f64, field: impl Fn(Matrix<T>) -> Matrix<T>) -> Matrix<T> {
    let mut stages = vec![field(z.with_empty_tape())];
    let (last, inner) = DORMAND_PRINCE.split_last().expect("the method has stages");
    for row in inner {
        let mut at = z.with_empty_tape();
        for (stage, weight) in stages.iter().zip(*row) {
            at = at + stage.with_empty_tape() * (h * weight);
        }
        stages.push(field(at));
    }
    // Here every stage hands over its tape.
    stages.into_iter().zip(*last).fold(z, |sum, (stage, weight)| sum + stage * (h * weight))
}
