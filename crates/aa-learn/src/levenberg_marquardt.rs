//! Levenberg-Marquardt: the second stage of training, which turns 1e-2 into 1e-4.
//!
//! The loss is a sum of squares of few residuals per passage in a few hundred parameters, so J^T J is the exact
//! curvature up to terms that vanish with the residuals, and it is affordable, see `normal_equations`. Beyond
//! [`BLOCK_PARAMETERS`] the layers take turns: each iteration moves a window of layers together with all of h.

use crate::Error;
use crate::jacobian::Trained;
use crate::lanes::{LANES, Lane};
use crate::matrix_free::{Rows, curvature, mean_square, pull_back, residuals};
use crate::network::Network;
use crate::normal_equations::NormalEquations;
use crate::passages::Block;
use crate::real::Real;

/// Most parameters moved at once: J^T J costs their square per residual and their square in memory.
pub(crate) const BLOCK_PARAMETERS: usize = 1200;
/// The longest second-order part of a step against its first-order part; beyond it the expansion means nothing.
const LARGEST_BEND: f64 = 0.75;
/// Damping tried in vain before an iteration gives up.
const ATTEMPTS: usize = 8;

/// The state carried from iteration to iteration. Steps are found in the precision E, from residuals in double.
pub(crate) struct LevenbergMarquardt<E> {
    pub(crate) damping: f64,
    pub(crate) next_layer: usize,
    normal: NormalEquations<E>,
}

impl LevenbergMarquardt<f64> {
    /// Caution to start with: a tenth of the curvature.
    pub(crate) const FIRST_DAMPING: f64 = 0.1;
}

impl<E: Real> LevenbergMarquardt<E> {
    /// Goes on with a damping, from a layer on.
    pub(crate) fn new(damping: f64, next_layer: usize) -> Self {
        LevenbergMarquardt { damping, next_layer, normal: NormalEquations::default() }
    }

    /// One iteration on some passages: the Jacobian, then the least damping that lowers the loss. Returns the loss
    /// before the step.
    ///
    /// The loss is of the passages with their weights lowered where they are lost, see [`discount`].
    pub(crate) fn iterate(&mut self, network: &mut Network, mut passages: Vec<Block>) -> Result<f64, Error> {
        let trained = self.window(network);
        let mut here = residuals(network, &passages);
        passages.iter_mut().zip(&mut here).for_each(|(block, rows)| discount(block, rows));
        let before = mean_square(&here);
        if !before.is_finite() {
            return Err(Error::Diverged { steps: 0 });
        }
        self.normal.fill(network, &trained, &passages, &here);
        for attempt in 0..ATTEMPTS {
            if let Some(step) = self.step(network, &trained, &passages, &here) {
                let mut trial = network.clone();
                trial.add_step(&trained, &step);
                if mean_square(&residuals(&trial, &passages)) < before {
                    *network = trial;
                    // Damping that has just been raised is as low as it can be: to lower it again would fail next time.
                    self.damping = if attempt == 0 { (self.damping / 3.0).max(1e-12) } else { self.damping };
                    return Ok(before);
                }
            }
            self.damping = (self.damping * 4.0).min(1e6);
        }
        Ok(before)
    }

    /// The step of the damping, bent by the residuals' curvature along it (geodesic acceleration: Transtrum and Sethna
    /// 2012, arXiv 1201.5885): the valleys of this loss are curved, and a straight step must stay short in them. None
    /// where the step is so long that the bend means nothing: more damping shortens it.
    fn step(&mut self, network: &Network, trained: &Trained, passages: &[Block], here: &Rows) -> Option<Vec<f64>> {
        let damped = self.normal.damped(self.damping)?;
        let straight = damped.against(&damped.gradient())?;
        let curvature = curvature(network, trained, passages, here, &straight);
        let bend = damped.against(&pull_back::<E>(network, trained, passages, &curvature))?;
        let is_short = damped.length(&bend) <= LARGEST_BEND * damped.length(&straight);
        is_short.then(|| straight.iter().zip(&bend).map(|(straight, bend)| straight + 0.5 * bend).collect())
    }

    /// The layers that move in this iteration: all, or the next window of them.
    fn window(&mut self, network: &Network) -> Trained {
        let depth = network.stack.depth();
        let whole = network.trained(0..depth);
        let room = BLOCK_PARAMETERS.saturating_sub(network.n_h()) / whole.width();
        let room = room.clamp(1, depth.max(1));
        if room >= depth {
            return whole;
        }
        let first = self.next_layer.min(depth - room);
        self.next_layer = if first + room >= depth { 0 } else { first + room };
        network.trained(first..first + room)
    }
}

/// The root mean square of a passage's residuals, relative to the size of the orbit, at which its phase is getting lost.
const LOST: f64 = 0.05;

/// Lowers the weights of passages that are predicted badly: those whose phase is lost teach no map, and by their number and
/// size would drown those that do (iteratively reweighted least squares with the weight of Cauchy). A passage that is
/// predicted to a hundredth hardly notices.
fn discount(block: &mut Block, rows: &mut [Lane]) {
    let n_rows = rows.len() as f64;
    for lane in 0..LANES {
        let square = rows.iter().map(|row| row[lane] * row[lane]).sum::<f64>() / n_rows;
        let factor = 1.0 / (1.0 + square / (LOST * LOST)).sqrt();
        block.clock.weight[lane] *= factor;
        block.clock.energy.iter_mut().for_each(|energy| energy.weight[lane] *= factor);
        rows.iter_mut().for_each(|row| row[lane] *= factor);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Pair;
    use crate::family::{Dependence, Member};
    use crate::hamiltonian_of_actions::Polynomial;
    use crate::passages::{LatentOrbits, draw};
    use aa_dynamics::random::Stream;

    /// A network of every kind of pair with layers that do something, and passages that do not fit it.
    fn setting() -> (Network, Vec<Block>) {
        let pairs = [Pair::Oscillator, Pair::Rotor, Pair::Free, Pair::Frozen];
        let mut h = Polynomial::zero(3, 2).with_constant(0.0);
        h.coefficients.iter_mut().enumerate().for_each(|(j, c)| *c = 0.5 - 0.06 * j as f64);
        let mut stream = Stream::new(5, "setting");
        let mut network = Network::random(&pairs, h, 5, &[1.0; 8], &mut stream);
        for layer in network.stack.parameters.chunks_exact_mut(10) {
            layer[0] = 0.2 + 0.1 * stream.normal();
        }
        let t: Vec<f64> = (0..30).map(|i| 0.1 * f64::from(i)).collect();
        let rows = (0..4).map(|_| (0..240).map(|_| 0.7 * stream.normal()).collect()).collect();
        let energies = vec![(0.3, 1.0), (0.5, 0.4), (-0.2, 1.1), (0.0, 0.7)];
        let members = vec![Member { orbits: 0..1, mu: vec![-0.8] }, Member { orbits: 1..4, mu: vec![0.6] }];
        network.family = Dependence::random(1, 3, &network, &mut stream);
        network.family.h.iter_mut().for_each(|c| *c = 0.1 * stream.normal());
        let orbits = LatentOrbits { dof: 4, t, rows, weights: vec![1.0, 0.5, 2.0, 1.5], energies, members };
        let passages = draw(&orbits, 4, 2.0, &mut stream);
        (network, passages)
    }

    fn filled(network: &Network, trained: &Trained, passages: &[Block]) -> NormalEquations<f64> {
        let mut normal = NormalEquations::default();
        normal.fill(network, trained, passages, &residuals(network, passages));
        normal
    }

    fn loss(network: &Network, passages: &[Block]) -> f64 {
        mean_square(&residuals(network, passages))
    }

    #[test]
    fn the_normal_equations_hold_the_gradient_of_the_loss() {
        let (network, passages) = setting();
        let trained = network.trained(0..5);
        let mut normal = filled(&network, &trained, &passages);
        let by_normal = normal.damped(1.0).unwrap().gradient();
        let step = 1e-6;
        let here = residuals(&network, &passages);
        let n_residuals = (here.len() * here[0].len() * LANES) as f64;
        let pulled = pull_back::<f64>(&network, &trained, &passages, &here);
        for p in 0..by_normal.len() {
            assert!((pulled[p] - by_normal[p]).abs() < 1e-11 * n_residuals, "parameter {p} without J");
            let moved = |sign: f64| {
                let mut moved = network.clone();
                let mut direction = vec![0.0; by_normal.len()];
                direction[p] = sign * step;
                moved.add_step(&trained, &direction);
                loss(&moved, &passages)
            };
            let difference = (moved(1.0) - moved(-1.0)) / (2.0 * step);
            let gradient = 2.0 * by_normal[p] / n_residuals;
            assert!((gradient - difference).abs() < 1e-7 * (1.0 + gradient.abs()), "parameter {p}");
        }
    }

    #[test]
    fn in_single_precision_the_gradient_is_the_same_to_its_digits() {
        let (network, passages) = setting();
        let (trained, here) = (network.trained(0..5), residuals(&network, &passages));
        let mut single = NormalEquations::<f32>::default();
        single.fill(&network, &trained, &passages, &here);
        let mut double = filled(&network, &trained, &passages);
        let [single, double] = [single.damped(1.0), double.damped(1.0)].map(|normal| normal.unwrap().gradient());
        let pulled = pull_back::<f32>(&network, &trained, &passages, &here);
        let size = double.iter().fold(0.0, |size: f64, g| size.max(g.abs()));
        for ((single, pulled), double) in single.iter().zip(&pulled).zip(&double) {
            assert!((single - double).abs() < 1e-5 * size && (pulled - double).abs() < 1e-5 * size);
        }
    }

    #[test]
    fn the_curvature_is_the_second_derivative_of_the_residuals() {
        let (network, passages) = setting();
        let trained = network.trained(0..5);
        let n_steps = trained.n_columns() + network.n_h();
        let step: Vec<f64> = (0..n_steps).map(|i| 1e-2 * (1.0 + i as f64).sin()).collect();
        let at = |share: f64| {
            let mut moved = network.clone();
            moved.add_step(&trained, &step.iter().map(|x| share * x).collect::<Vec<f64>>());
            residuals(&moved, &passages)
        };
        let found = curvature(&network, &trained, &passages, &at(0.0), &step);
        // The parabola through three other points.
        let (ahead, middle, behind) = (at(0.2), at(0.0), at(-0.2));
        for (block, found) in found.iter().enumerate() {
            for (m, found) in found.iter().enumerate() {
                let [ahead, middle, behind] = [&ahead, &middle, &behind].map(|rows| rows[block][m][3]);
                let parabola = (ahead - 2.0 * middle + behind) / 0.04;
                assert!((found[3] - parabola).abs() < 1e-2 * (1e-3 + parabola.abs()), "{} {parabola}", found[3]);
            }
        }
    }

    #[test]
    fn a_window_of_layers_sees_the_same_columns() {
        let (network, passages) = setting();
        let all = network.trained(0..5);
        let some = network.trained(1..3);
        let (whole, window) = (filled(&network, &all, &passages), filled(&network, &some, &passages));
        let width = all.width();
        for i in 0..2 * width {
            for j in 0..=i {
                let (a, b) = (whole.product(i + width, j + width), window.product(i, j));
                assert!((a - b).abs() < 1e-10 * (1.0 + a.abs()));
            }
        }
    }

    #[test]
    fn a_passage_that_is_lost_counts_little_and_a_good_one_in_full() {
        let (network, mut passages) = setting();
        let mut rows = residuals(&network, &passages).swap_remove(0);
        let n_rows = rows.len() as f64;
        for row in &mut rows {
            (row[0], row[1]) = (20.0 * LOST, 0.05 * LOST);
        }
        let before = passages[0].clone();
        discount(&mut passages[0], &mut rows);
        let kept = |lane: usize| passages[0].clock.weight[lane] / before.clock.weight[lane];
        assert!(kept(0) < 0.06 && (0.998..1.0).contains(&kept(1)), "{} {}", kept(0), kept(1));
        // Whatever it was before, no passage counts for more than one that is just lost.
        let square = |lane: usize| rows.iter().map(|row| row[lane] * row[lane]).sum::<f64>() / n_rows;
        assert!((0..LANES).all(|lane| square(lane) < LOST * LOST));
        let energy = |block: &Block| block.clock.energy.as_ref().unwrap().weight[0];
        assert!((energy(&passages[0]) / energy(&before) - kept(0)).abs() < 1e-15);
    }

    #[test]
    fn iterations_lower_the_loss() {
        let (mut network, passages) = setting();
        let first = loss(&network, &passages);
        let mut method = LevenbergMarquardt::<f64>::new(LevenbergMarquardt::FIRST_DAMPING, 0);
        for _ in 0..5 {
            method.iterate(&mut network, passages.clone()).unwrap();
        }
        assert!(loss(&network, &passages) < 0.9 * first);
    }
}
