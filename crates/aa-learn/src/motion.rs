//! The latent motion of lanes of points: angles grow by omega t, whatever t, at one cost.

use crate::Pair;
use crate::hamiltonian_of_actions::{FrequencyLanes, Polynomial};
use crate::isa::dispatch;
use crate::lanes::{LANES, Lane, ZERO, wrap};
use crate::residual::fill_actions;
use crate::sine;

/// Room for the actions and frequencies of lanes of points.
pub(crate) struct Motion {
    actions: Vec<Lane>,
    frequency: FrequencyLanes,
}

impl Motion {
    pub(crate) fn new(h: &Polynomial) -> Self {
        Motion { actions: vec![ZERO; h.n_actions()], frequency: FrequencyLanes::new(h) }
    }
}

dispatch! {
    /// Moves latent points, each by a time of its own.
    fn advance(pairs: &[Pair], h: &Polynomial, t: &Lane, e: &mut [Lane], motion: &mut Motion) = advance_body;
}

#[inline(always)]
fn advance_body(pairs: &[Pair], h: &Polynomial, t: &Lane, e: &mut [Lane], motion: &mut Motion) {
    fill_actions(pairs, e, &mut motion.actions);
    motion.frequency.evaluate(h, &motion.actions);
    let (positions, momenta) = e.split_at_mut(pairs.len());
    let moving = (0..pairs.len()).filter(|&k| pairs[k].moves());
    for (omega, k) in motion.frequency.omega.iter().zip(moving) {
        let (x, y) = (&mut positions[k], &mut momenta[k]);
        for lane in 0..LANES {
            let angle = omega[lane] * t[lane];
            if pairs[k] == Pair::Oscillator {
                let (sine, cosine) = sine::double(wrap(angle));
                (x[lane], y[lane]) = (x[lane] * cosine + y[lane] * sine, y[lane] * cosine - x[lane] * sine);
            } else {
                x[lane] += angle;
            }
        }
    }
}
