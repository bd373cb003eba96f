//! The residual that training makes small: how far the latent motion is from plain rotation.
//!
//! For a passage from z_0 to z_t in time t, with e_0 = E(z_0) and e_t = E(z_t),
//!
//! ```text
//! oscillator   e_t - R(omega t) e_0          x' = x cos + y sin,  y' = y cos - x sin
//! rotor        wrap(x_t - x_0 - omega t),  y_t - y_0
//! free         x_t - x_0 - omega t,        y_t - y_0
//! frozen       x_t - x_0,                  y_t - y_0
//! ```
//!
//! with omega = dh/dI at e_0. No decoder and no second derivative enter, and E cannot collapse since it preserves
//! volume. Where the energy H of the passage is known, one more residual follows: h(I) - H at e_0.

use crate::hamiltonian_of_actions::{FrequencyLanes, Polynomial};
use crate::isa::dispatch;
use crate::lanes::{LANES, Lane, ZERO, add_product, add_scaled, product, sum, wrap};
use crate::pair::Pair;
use crate::sine;

/// Residuals of lanes of passages and their first derivatives.
#[derive(Clone, Debug)]
pub(crate) struct Residual {
    /// r_m: 2n of them, one more where energies are known.
    pub(crate) value: Vec<Lane>,
    /// d r_m / d e_0,i at m * 2n + i.
    pub(crate) by_start: Vec<Lane>,
    /// d r_m / d c_j at j * (number of residuals) + m, c the coefficients of h.
    pub(crate) by_coefficient: Vec<Lane>,
    /// How the predicted component m turns with the pair's angle: d r_m / d(omega t).
    by_angle: Vec<Lane>,
    actions: Vec<Lane>,
    frequency: FrequencyLanes,
}

impl Residual {
    /// Room for these pairs and this h, and passages with so many residuals.
    pub(crate) fn new(pairs: &[Pair], h: &Polynomial, n_rows: usize) -> Self {
        let dim = 2 * pairs.len();
        Residual {
            value: vec![ZERO; n_rows],
            by_start: vec![ZERO; n_rows * dim],
            by_coefficient: vec![ZERO; n_rows * h.exponents.len()],
            by_angle: vec![ZERO; dim],
            actions: vec![ZERO; h.n_actions()],
            frequency: FrequencyLanes::new(h),
        }
    }
}

/// What is known of lanes of passages besides their ends: the time and the weight of each.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    pub(crate) t: Lane,
    pub(crate) weight: Lane,
    /// The energies, where they are known.
    pub(crate) energy: Option<Energy>,
}

/// Energies in units of the frame, each with its weight.
#[derive(Clone, Debug)]
pub(crate) struct Energy {
    pub(crate) value: Lane,
    pub(crate) weight: Lane,
}

dispatch! {
    /// Fills `out` with the weighted residuals of latent ends `start`, `finish` and their derivatives. The derivative
    /// by `finish` is the weight times the unit matrix, whatever the pairs.
    fn residual(pairs: &[Pair], h: &Polynomial, start: &[Lane], finish: &[Lane], clock: &Clock, out: &mut Residual) = residual_body;
}

#[inline(always)]
fn residual_body(pairs: &[Pair], h: &Polynomial, start: &[Lane], finish: &[Lane], clock: &Clock, out: &mut Residual) {
    out.by_start.fill(ZERO);
    residual_value_body(pairs, h, start, finish, clock, out);
    out.frequency.evaluate_hessian(h);
    let moving = (0..pairs.len()).filter(|&k| pairs[k].moves());
    for (place, k) in moving.enumerate() {
        spread(k, place, pairs, start, clock, out);
    }
    if let Some(energy) = &clock.energy {
        energy_slopes(pairs, start, energy, out);
    }
}

dispatch! {
    /// Fills the weighted residuals alone; what `out` holds besides has no meaning then.
    fn residual_value(pairs: &[Pair], h: &Polynomial, start: &[Lane], finish: &[Lane], clock: &Clock, out: &mut Residual) = residual_value_body;
}

#[inline(always)]
fn residual_value_body(
    pairs: &[Pair],
    h: &Polynomial,
    start: &[Lane],
    finish: &[Lane],
    clock: &Clock,
    out: &mut Residual,
) {
    fill_actions(pairs, start, &mut out.actions);
    out.frequency.evaluate(h, &out.actions);
    let mut moving = 0;
    for (k, &pair) in pairs.iter().enumerate() {
        match pair {
            Pair::Oscillator => turn(k, moving, start, finish, clock, out),
            Pair::Rotor => drift(k, moving, start, finish, clock, out, wrap),
            Pair::Free => drift(k, moving, start, finish, clock, out, |x| x),
            Pair::Frozen => rest(k, start, finish, clock, out),
        }
        moving += usize::from(pair.moves());
    }
    if let Some(energy) = &clock.energy {
        let mut gap = energy.value.map(|energy| -energy);
        for (monomial, c) in out.frequency.monomials.iter().zip(&h.coefficients) {
            add_scaled(&mut gap, *c, monomial);
        }
        out.value[start.len()] = product(&energy.weight, &gap);
    }
}

/// The derivatives of the last residual, h(I) - H.
#[inline(always)]
fn energy_slopes(pairs: &[Pair], start: &[Lane], energy: &Energy, out: &mut Residual) {
    let (n, row, n_rows) = (pairs.len(), start.len(), out.value.len());
    for (j, monomial) in out.frequency.monomials.iter().enumerate() {
        out.by_coefficient[j * n_rows + row] = product(&energy.weight, monomial);
    }
    let moving = pairs.iter().enumerate().filter(|(_, pair)| pair.moves());
    for ((k, &pair), omega) in moving.zip(&out.frequency.omega) {
        let slope = product(&energy.weight, omega);
        if pair == Pair::Oscillator {
            out.by_start[row * 2 * n + k] = product(&slope, &start[k]);
            out.by_start[row * 2 * n + k + n] = product(&slope, &start[k + n]);
        } else {
            out.by_start[row * 2 * n + k + n] = slope;
        }
    }
}

dispatch! {
    /// The derivatives of the sum of all residuals, each times a factor: by both ends, lane by lane, and by the
    /// coefficients of h, summed over the lanes.
    fn residual_pulled(out: &Residual, clock: &Clock, factors: &[Lane], start: &mut [Lane], finish: &mut [Lane], by_h: &mut [f64]) = residual_pulled_body;
}

#[inline(always)]
fn residual_pulled_body(
    out: &Residual,
    clock: &Clock,
    factors: &[Lane],
    start: &mut [Lane],
    finish: &mut [Lane],
    by_h: &mut [f64],
) {
    let (dim, n_rows) = (start.len(), factors.len());
    for i in 0..dim {
        start[i] = ZERO;
        for (m, factor) in factors.iter().enumerate() {
            add_product(&mut start[i], factor, &out.by_start[m * dim + i]);
        }
        finish[i] = product(&factors[i], &clock.weight);
    }
    for (j, by_h) in by_h.iter_mut().enumerate() {
        let mut total = ZERO;
        for (m, factor) in factors.iter().enumerate() {
            add_product(&mut total, factor, &out.by_coefficient[j * n_rows + m]);
        }
        *by_h = sum(&total);
    }
}

#[inline(always)]
pub(crate) fn fill_actions(pairs: &[Pair], z: &[Lane], actions: &mut [Lane]) {
    let moving = pairs.iter().enumerate().filter(|(_, pair)| pair.moves());
    for (action, (k, &pair)) in actions.iter_mut().zip(moving) {
        let (x, y) = (&z[k], &z[k + pairs.len()]);
        for lane in 0..LANES {
            action[lane] =
                if pair == Pair::Oscillator { 0.5 * (x[lane] * x[lane] + y[lane] * y[lane]) } else { y[lane] };
        }
    }
}

/// An oscillator: the plane turns by omega t.
#[inline(always)]
fn turn(k: usize, moving: usize, start: &[Lane], finish: &[Lane], clock: &Clock, out: &mut Residual) {
    let n = start.len() / 2;
    let (dim, kx, ky) = (2 * n, k, k + n);
    for lane in 0..LANES {
        let weight = clock.weight[lane];
        let (sine, cosine) = sine::double(out.frequency.omega[moving][lane] * clock.t[lane]);
        let (x, y) = (start[kx][lane], start[ky][lane]);
        let (turned_x, turned_y) = (x * cosine + y * sine, y * cosine - x * sine);
        out.value[kx][lane] = weight * (finish[kx][lane] - turned_x);
        out.value[ky][lane] = weight * (finish[ky][lane] - turned_y);
        out.by_angle[kx][lane] = -weight * turned_y;
        out.by_angle[ky][lane] = weight * turned_x;
        out.by_start[kx * dim + kx][lane] = -weight * cosine;
        out.by_start[kx * dim + ky][lane] = -weight * sine;
        out.by_start[ky * dim + kx][lane] = weight * sine;
        out.by_start[ky * dim + ky][lane] = -weight * cosine;
    }
}

/// A rotor or a free pair: x advances by omega t, y stays.
#[inline(always)]
fn drift(
    k: usize,
    moving: usize,
    start: &[Lane],
    finish: &[Lane],
    clock: &Clock,
    out: &mut Residual,
    representative: impl Fn(f64) -> f64,
) {
    rest(k, start, finish, clock, out);
    for lane in 0..LANES {
        let advance = out.frequency.omega[moving][lane] * clock.t[lane];
        let gap = finish[k][lane] - start[k][lane] - advance;
        out.value[k][lane] = clock.weight[lane] * representative(gap);
        out.by_angle[k][lane] = -clock.weight[lane];
        out.by_angle[k + start.len() / 2][lane] = 0.0;
    }
}

/// A frozen pair: nothing moves.
#[inline(always)]
fn rest(k: usize, start: &[Lane], finish: &[Lane], clock: &Clock, out: &mut Residual) {
    let (n, dim) = (start.len() / 2, start.len());
    for m in [k, k + n] {
        for lane in 0..LANES {
            out.value[m][lane] = clock.weight[lane] * (finish[m][lane] - start[m][lane]);
            out.by_start[m * dim + m][lane] = -clock.weight[lane];
        }
    }
}

/// Adds what comes through omega: d r / d(angle) t times d omega by the start and by the coefficients.
#[inline(always)]
fn spread(k: usize, moving: usize, pairs: &[Pair], start: &[Lane], clock: &Clock, out: &mut Residual) {
    let n = pairs.len();
    let (dim, m) = (2 * n, out.actions.len());
    for row in [k, k + n] {
        let factor = product(&out.by_angle[row], &clock.t);
        let others = pairs.iter().enumerate().filter(|(_, pair)| pair.moves());
        for (other, (l, &pair)) in others.enumerate() {
            let stretch = product(&factor, &out.frequency.hessian[moving * m + other]);
            if pair == Pair::Oscillator {
                add_product(&mut out.by_start[row * dim + l], &stretch, &start[l]);
                add_product(&mut out.by_start[row * dim + l + n], &stretch, &start[l + n]);
            } else {
                add_scaled(&mut out.by_start[row * dim + l + n], 1.0, &stretch);
            }
        }
        let n_rows = out.value.len();
        for j in 0..out.by_coefficient.len() / n_rows {
            out.by_coefficient[j * n_rows + row] = product(&factor, &out.frequency.by_coefficient[j * m + moving]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All four kinds of pairs at a generic point.
    fn setting() -> (Vec<Pair>, Polynomial, Vec<Lane>, Vec<Lane>, Clock) {
        let pairs = vec![Pair::Oscillator, Pair::Rotor, Pair::Free, Pair::Frozen];
        let mut h = Polynomial::zero(3, 3).with_constant(0.0);
        for (j, c) in h.coefficients.iter_mut().enumerate() {
            *c = 0.9 - 0.08 * j as f64;
        }
        let start = (0..8).map(|i| [0.2 + 0.11 * f64::from(i); LANES]).collect();
        let finish = (0..8).map(|i| [0.5 - 0.07 * f64::from(i); LANES]).collect();
        let energy = Energy { value: [0.8; LANES], weight: [0.7; LANES] };
        (pairs, h, start, finish, Clock { t: [1.7; LANES], weight: [0.6; LANES], energy: Some(energy) })
    }

    fn values(pairs: &[Pair], h: &Polynomial, start: &[Lane], finish: &[Lane], clock: &Clock) -> Vec<f64> {
        let mut out = Residual::new(pairs, h, start.len() + usize::from(clock.energy.is_some()));
        residual_value(pairs, h, start, finish, clock, &mut out);
        out.value.iter().map(|lane| lane[1]).collect()
    }

    #[test]
    fn derivatives_agree_with_differences() {
        let (pairs, h, start, finish, clock) = setting();
        let mut out = Residual::new(&pairs, &h, 9);
        residual(&pairs, &h, &start, &finish, &clock, &mut out);
        let step = 1e-6;
        for i in 0..8 {
            let (mut up, mut down) = (start.clone(), start.clone());
            up[i] = up[i].map(|x| x + step);
            down[i] = down[i].map(|x| x - step);
            let (up, down) = (values(&pairs, &h, &up, &finish, &clock), values(&pairs, &h, &down, &finish, &clock));
            for m in 0..9 {
                let difference = (up[m] - down[m]) / (2.0 * step);
                assert!((out.by_start[m * 8 + i][1] - difference).abs() < 1e-7, "r_{m} by e_{i}");
            }
        }
        for j in 0..h.coefficients.len() {
            let (mut up, mut down) = (h.clone(), h.clone());
            up.coefficients[j] += step;
            down.coefficients[j] -= step;
            let (up, down) =
                (values(&pairs, &up, &start, &finish, &clock), values(&pairs, &down, &start, &finish, &clock));
            for m in 0..9 {
                let difference = (up[m] - down[m]) / (2.0 * step);
                assert!((out.by_coefficient[j * 9 + m][1] - difference).abs() < 1e-7, "r_{m} by c_{j}");
            }
        }
    }

    #[test]
    fn plain_rotation_leaves_no_residual() {
        let pairs = [Pair::Oscillator];
        let mut h = Polynomial::zero(1, 1);
        h.coefficients[0] = 2.0;
        let clock = Clock { t: [0.4; LANES], weight: [1.0; LANES], energy: None };
        // theta = 0 has x = 0, y > 0; after omega t = 0.8 theta is 0.8.
        let (start, finish) = ([ZERO, [1.0; LANES]], [[0.8f64.sin(); LANES], [0.8f64.cos(); LANES]]);
        assert!(values(&pairs, &h, &start, &finish, &clock).iter().all(|r| r.abs() < 1e-15));
    }
}
