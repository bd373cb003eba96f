//! Passages: pairs of points of one orbit and the time between them, which is all that training sees.

use crate::family::Member;
use crate::lanes::{LANES, Lane, ZERO};
use crate::residual::{Clock, Energy};
use aa_dynamics::random::Stream;

/// Orbits in frame coordinates with the weight of each in the loss.
#[derive(Clone, Debug)]
pub(crate) struct LatentOrbits {
    pub(crate) dof: usize,
    pub(crate) t: Vec<f64>,
    pub(crate) rows: Vec<Vec<f64>>,
    pub(crate) weights: Vec<f64>,
    /// Of every orbit the energy, in units of the frame, and its weight in the loss; empty where it is not known.
    pub(crate) energies: Vec<(f64, f64)>,
    /// Whose orbits they are.
    pub(crate) members: Vec<Member>,
}

impl LatentOrbits {
    /// The time that the orbits last.
    pub(crate) fn duration(&self) -> f64 {
        self.t[self.t.len() - 1] - self.t[0]
    }

    /// The shortest time between neighbouring samples.
    pub(crate) fn shortest(&self) -> f64 {
        self.t.windows(2).map(|pair| pair[1] - pair[0]).fold(f64::INFINITY, f64::min)
    }
}

/// LANES passages, component after component.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    pub(crate) start: Vec<Lane>,
    pub(crate) finish: Vec<Lane>,
    pub(crate) clock: Clock,
    /// The parameters of the member of a family; one member to a block.
    pub(crate) mu: Vec<f64>,
}

impl Block {
    /// Residuals of a passage.
    pub(crate) fn n_rows(&self) -> usize {
        self.start.len() + usize::from(self.clock.energy.is_some())
    }
}

/// Draws `n_blocks` blocks of passages with log-uniform times up to `longest`.
///
/// Log-uniform, since short times teach the shape of the circles and long ones the frequencies.
pub(crate) fn draw(orbits: &LatentOrbits, n_blocks: usize, longest: f64, stream: &mut Stream) -> Vec<Block> {
    (0..n_blocks).map(|_| draw_block(orbits, longest, stream)).collect()
}

fn draw_block(orbits: &LatentOrbits, longest: f64, stream: &mut Stream) -> Block {
    let dim = 2 * orbits.dof;
    let energy = (!orbits.energies.is_empty()).then_some(Energy { value: ZERO, weight: ZERO });
    let clock = Clock { t: ZERO, weight: ZERO, energy };
    let member = match orbits.members.as_slice() {
        [only] => only,
        several => &several[below(several.len(), stream)],
    };
    let mut block = Block { start: vec![ZERO; dim], finish: vec![ZERO; dim], clock, mu: member.mu.clone() };
    let shortest = orbits.shortest();
    for lane in 0..LANES {
        let orbit = member.orbits.start + below(member.orbits.len(), stream);
        let (first, last) = draw_times(&orbits.t, shortest, longest, stream);
        for i in 0..dim {
            block.start[i][lane] = orbits.rows[orbit][first * dim + i];
            block.finish[i][lane] = orbits.rows[orbit][last * dim + i];
        }
        block.clock.t[lane] = orbits.t[last] - orbits.t[first];
        block.clock.weight[lane] = orbits.weights[orbit];
        if let Some(energy) = &mut block.clock.energy {
            (energy.value[lane], energy.weight[lane]) = orbits.energies[orbit];
        }
    }
    block
}

/// Indices of two times, the second later, about a log-uniform time apart.
fn draw_times(t: &[f64], shortest: f64, longest: f64, stream: &mut Stream) -> (usize, usize) {
    let end = t[t.len() - 1];
    let longest = longest.clamp(shortest, end - t[0]);
    let wanted = shortest * libm::pow(longest / shortest, stream.uniform());
    let starts = t.partition_point(|&start| start + wanted <= end).max(1);
    let first = below(starts.min(t.len() - 1), stream);
    let after = t.partition_point(|&time| time < t[first] + wanted).min(t.len() - 1);
    let nearer = after > first + 1 && t[first] + wanted - t[after - 1] < t[after] - t[first] - wanted;
    (first, (if nearer { after - 1 } else { after }).max(first + 1))
}

/// A whole number below `n`.
fn below(n: usize, stream: &mut Stream) -> usize {
    ((stream.uniform() * n as f64) as usize).min(n - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn orbits() -> LatentOrbits {
        let t: Vec<f64> = (0..101).map(|i| 0.1 * f64::from(i)).collect();
        let rows = (0..3).map(|o| t.iter().flat_map(|t| [f64::from(o), *t]).collect()).collect();
        LatentOrbits {
            dof: 1,
            t,
            rows,
            weights: vec![1.0; 3],
            energies: Vec::new(),
            members: vec![Member { orbits: 0..3, mu: Vec::new() }],
        }
    }

    #[test]
    fn passages_join_points_of_one_orbit() {
        for block in draw(&orbits(), 20, 5.0, &mut Stream::new(1, "passages")) {
            for lane in 0..LANES {
                assert_eq!(block.start[0][lane], block.finish[0][lane]);
                let t = block.finish[1][lane] - block.start[1][lane];
                assert!((t - block.clock.t[lane]).abs() < 1e-12 && t > 0.05 && t < 5.06);
            }
        }
    }

    #[test]
    fn times_spread_evenly_over_the_scales() {
        let blocks = draw(&orbits(), 100, 10.0, &mut Stream::new(2, "passages"));
        let short = blocks.iter().flat_map(|block| block.clock.t).filter(|t| *t < 1.05).count() as f64;
        // Half of the logarithmic range lies below 1; five standard errors.
        let n = (100 * LANES) as f64;
        assert!((short / n - 0.5).abs() < 0.05 + 2.5 / n.sqrt());
    }
}
