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
            Evolution::Field(field) => field.flow(z, dt),
            Evolution::Hamilton(h) => h.hamiltonian_flow(z, dt),
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
