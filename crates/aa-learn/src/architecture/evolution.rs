//! How the encoded state moves: turning about circles, one Euler step, or an integrated vector field.

use dfdx::prelude::*;

use super::coder::halves;
use super::perceptron::Perceptron;
use super::{Matrix, Number, Record, Visit};
use crate::real::Real;

/// The motion in the encoded space.
#[derive(Clone, Debug)]
pub(super) enum Evolution<E: Number> {
    /// theta <- theta + omega(r) dt with theta = atan2(p, q) and a free network for omega (the paper's).
    Radii(Perceptron<E>),
    /// The flow of h(I), I = r^2/2: omega = dh/dI exactly, and clockwise in (q, p) as Hamilton has it.
    Actions(Perceptron<E>),
    /// One Euler step, however long.
    Euler(Perceptron<E>),
    /// dz/dt = f(z).
    Field(Perceptron<E>),
    /// Hamilton's equations of a learned scalar.
    Hamilton(Perceptron<E>),
}

impl<E: Number> Evolution<E> {
    pub(super) fn visit(&mut self, visit: &mut dyn Visit<E>) {
        match self {
            Evolution::Radii(net) => net.visit("frequencies", visit),
            Evolution::Actions(net) => net.visit("hamiltonian_of_actions", visit),
            Evolution::Euler(net) | Evolution::Field(net) => net.visit("field", visit),
            Evolution::Hamilton(net) => net.visit("hamiltonian", visit),
        }
    }

    /// The state after `dt`.
    pub(super) fn advance<T: Record<E>>(&self, z: Matrix<E, T>, dt: f64) -> Matrix<E, T> {
        let time: E = Real::from_f64(dt);
        match self {
            // The paper turns theta = atan2(p, q) forward, against the sense of a Hamiltonian oscillation.
            Evolution::Radii(net) => {
                let angle = net.apply(radii(z.with_empty_tape())) * -time;
                turn(z, angle)
            }
            Evolution::Actions(h) => {
                let angle = h.gradient(halved_squares(z.with_empty_tape())) * time;
                turn(z, angle)
            }
            Evolution::Euler(field) => field.apply(z.with_empty_tape()) * time + z,
            Evolution::Field(field) => field.flow(z, dt),
            Evolution::Hamilton(h) => h.hamiltonian_flow(z, dt),
        }
    }

    /// What labels the circles (batch x n): the radii r of the paper, or actions r^2/2; none without circles.
    pub(super) fn actions<T: Record<E>>(&self, z: Matrix<E, T>) -> Option<Matrix<E, T>> {
        match self {
            Evolution::Radii(_) => Some(radii(z)),
            Evolution::Actions(_) => Some(halved_squares(z)),
            _ => None,
        }
    }

    /// The rates at which circles with these labels turn; for the paper's network those of atan2(p, q).
    pub(super) fn frequencies<T: Record<E>>(&self, actions: Matrix<E, T>) -> Option<Matrix<E, T>> {
        match self {
            Evolution::Radii(net) => Some(net.apply(actions)),
            Evolution::Actions(h) => Some(h.gradient(actions)),
            _ => None,
        }
    }
}

fn radii<E: Number, T: Record<E>>(z: Matrix<E, T>) -> Matrix<E, T> {
    let (q, p) = halves(z);
    (p.square() + q.square()).sqrt()
}

/// r^2/2.
fn halved_squares<E: Number, T: Record<E>>(z: Matrix<E, T>) -> Matrix<E, T> {
    let half: E = Real::from_f64(0.5);
    radii(z).square() * half
}

/// Turns every plane clockwise: q' = q cos + p sin, p' = p cos - q sin. No angle is ever cut.
fn turn<E: Number, T: Record<E>>(z: Matrix<E, T>, angle: Matrix<E, T>) -> Matrix<E, T> {
    let (q, p) = halves(z);
    let (cosine, sine) = (angle.with_empty_tape().cos(), angle.sin());
    let q_new = q.with_empty_tape() * cosine.with_empty_tape() + p.with_empty_tape() * sine.with_empty_tape();
    let p_new = p * cosine - q * sine;
    (q_new, p_new).concat_along(Axis::<1>)
}
