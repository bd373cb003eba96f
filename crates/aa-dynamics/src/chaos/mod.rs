//! Chaos: the largest Lyapunov exponent and the alignment of two deviation vectors, from one tangent integration.
//!
//! The smaller alignment index (SALI; Skokos, J. Phys. A 34, 2001) is the length of the shorter of w1 + w2 and
//! w1 - w2 for unit deviation vectors. Along a chaotic orbit both vectors turn towards the most unstable direction
//! and it falls exponentially; along a regular one it stays, or falls like a power of time where the torus has
//! fewer dimensions than degrees of freedom.

mod label;
mod orbit;
mod statistics;

pub use label::{OrbitState, RegionLabel};
pub use orbit::OrbitChaos;
pub use statistics::Spread;

use aa_kernel::Kernel;

use crate::flow::taylor::Taylor;
use crate::flow::{check_points, fenced};
use crate::random::Stream;
use crate::tangent::tangent_system;
use crate::wilson::wilson_interval;
use crate::{Error, Hamiltonian};
use orbit::TangentRider;

/// How chaos is looked for.
#[derive(Clone, Debug, PartialEq)]
pub struct ChaosOptions {
    /// How long each orbit is followed, in units of time. A label belongs to its t.
    pub t: f64,
    /// The alignment index below which an orbit may be called chaotic.
    pub threshold: f64,
    /// Local error of a step, relative to the largest coordinate or momentum.
    pub tolerance: f64,
    /// Bound of escape, as in [`crate::FlowOptions`].
    pub bound: f64,
    /// The seed of the deviation vectors.
    pub seed: u64,
}

impl Default for ChaosOptions {
    fn default() -> Self {
        ChaosOptions { t: 1e4, threshold: 1e-8, tolerance: 1e-15, bound: 100.0, seed: 0 }
    }
}

/// What was seen of a set of orbits.
#[derive(Clone, Debug, PartialEq)]
pub struct ChaosSummary {
    /// Whether chaotic orbits, regular orbits or both were seen; none where neither was.
    pub label: Option<RegionLabel>,
    /// Orbits called chaotic.
    pub n_chaotic: usize,
    /// Orbits called regular.
    pub n_regular: usize,
    /// Orbits that turned unstable only after a long regular time.
    pub n_sticky: usize,
    /// Orbits on their way to alignment when the time was over.
    pub n_undecided: usize,
    /// Orbits that left, or could not be followed.
    pub n_escaped: usize,
    /// chaotic / (chaotic + regular).
    pub fraction: Option<f64>,
    /// 95 % Wilson interval of the fraction.
    pub interval: Option<[f64; 2]>,
    /// Lyapunov exponents of the chaotic orbits; of the regular ones where none is chaotic.
    pub lyapunov: Option<Spread>,
}

/// Every orbit and the whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Chaos {
    /// One entry per initial point, in order.
    pub orbits: Vec<OrbitChaos>,
    /// The whole.
    pub summary: ChaosSummary,
}

/// Follows each initial point with two deviation vectors and says whether its motion is chaotic.
///
/// An orbit stops of its own accord once its alignment index has crossed the threshold exponentially and its
/// Lyapunov exponent has been measured for three times as long again: the growth before the crossing chose the time
/// of the crossing, so only the growth after it is a fair measure. With one degree of freedom every bounded orbit is
/// regular, by theorem.
///
/// # Errors
/// A point without 2 dof numbers, a time that is not positive and finite, or a bad tolerance or threshold.
pub fn measure_chaos(system: &Hamiltonian, points: &[Vec<f64>], options: &ChaosOptions) -> Result<Chaos, Error> {
    check_points(system, points)?;
    if !(options.t > 0.0 && options.t.is_finite()) {
        return Err(Error::BadTimes);
    }
    if !(options.threshold > 0.0 && options.threshold < 1.0) {
        return Err(Error::BadTolerance { tolerance: options.threshold });
    }
    let tangent = tangent_system(system, 2);
    let taylor = Taylor::new(&tangent.state, &tangent.rates, 2 * system.dof(), options.tolerance)?;
    let taylor = taylor.fenced(fenced(system));
    let energy = Kernel::new(&system.space().symbols(), &[system.energy().clone()])?;
    let stream = Stream::new(options.seed, "deviation vectors");
    let forks = (0..points.len() as u64).map(|index| stream.fork(index));
    let riders = points.iter().zip(forks).map(|(point, fork)| TangentRider::new(system, point, &energy, fork, options));
    let riders = riders.collect();
    let orbits: Vec<OrbitChaos> = taylor.carry(riders).into_iter().map(TangentRider::into_result).collect();
    let summary = summarise(&orbits);
    Ok(Chaos { orbits, summary })
}

/// Counts, the chaotic fraction and the spread of the exponents.
pub fn summarise(orbits: &[OrbitChaos]) -> ChaosSummary {
    let count = |state: OrbitState| orbits.iter().filter(|orbit| orbit.state == state).count();
    let (n_chaotic, n_regular) = (count(OrbitState::Chaotic), count(OrbitState::Regular));
    let n_judged = n_chaotic + n_regular;
    let of = if n_chaotic > 0 { OrbitState::Chaotic } else { OrbitState::Regular };
    let exponents: Vec<f64> = orbits.iter().filter(|o| o.state == of).map(|o| o.lyapunov).collect();
    ChaosSummary {
        label: RegionLabel::of_counts(n_chaotic, n_regular),
        n_chaotic,
        n_regular,
        n_sticky: count(OrbitState::Sticky),
        n_undecided: count(OrbitState::Undecided),
        n_escaped: count(OrbitState::Escaped),
        fraction: (n_judged > 0).then(|| n_chaotic as f64 / n_judged as f64),
        interval: wilson_interval(n_chaotic, n_judged),
        lyapunov: Spread::of(&exponents),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PhaseSpace;
    use crate::testing::{build, henon_heiles, kepler_plane, oscillators, pendulum, toda_ring};
    use aa_symbolic::Rational;

    fn radical_inverse(mut k: u32, base: u32) -> f64 {
        let (mut value, mut digit) = (0.0, 1.0);
        while k > 0 {
            digit /= f64::from(base);
            value += digit * f64::from(k % base);
            k /= base;
        }
        value
    }

    /// Points of the section x = 0, px > 0 of Henon and Heiles at E = 1/8, by radical inverses.
    pub(super) fn section_points(n: usize) -> Vec<Vec<f64>> {
        let candidates = (1..).map(|k| (-0.5 + 1.2 * radical_inverse(k, 2), -0.5 + radical_inverse(k, 3)));
        let square = |y: f64, py: f64| 0.25 - py * py - y * y + 2.0 * y.powi(3) / 3.0;
        let kept = candidates.filter(|&(y, py)| square(y, py) > 0.0);
        kept.map(|(y, py)| vec![0.0, y, square(y, py).sqrt(), py]).take(n).collect()
    }

    fn states(chaos: &Chaos) -> Vec<OrbitState> {
        chaos.orbits.iter().map(|orbit| orbit.state).collect()
    }

    #[test]
    fn half_of_henon_heiles_is_chaotic_at_one_eighth() {
        let options = ChaosOptions { t: 2500.0, ..ChaosOptions::default() };
        let chaos = measure_chaos(&henon_heiles(), &section_points(24), &options).unwrap();
        let summary = &chaos.summary;
        assert_eq!(summary.label, Some(RegionLabel::Mixed));
        let fraction = summary.fraction.unwrap();
        assert!((0.3..0.8).contains(&fraction), "{summary:?}");
        let [low, high] = summary.interval.unwrap();
        assert!(low < fraction && fraction < high);
        // Independent codes find a median of 0.049, and 90 % of the orbits between 0.029 and 0.059, at t = 10^4.
        let median = summary.lyapunov.unwrap().median;
        assert!((0.03..0.07).contains(&median), "{median}");
        assert!(chaos.orbits.iter().all(|orbit| orbit.energy_error < 1e-13));
    }

    #[test]
    fn integrable_systems_are_regular() {
        let options = ChaosOptions { t: 2000.0, ..ChaosOptions::default() };
        let golden = oscillators(3, &"8/5".parse::<Rational>().unwrap());
        let cases = [
            (toda_ring(3), vec![vec![0.5, -0.2, -0.3, 0.7, -0.9, 0.2], vec![0.1, 0.3, -0.4, 1.1, -0.3, -0.8]]),
            (golden, vec![vec![0.5, 0.2, 0.3, 0.7, 0.9, 0.2]]),
            (pendulum(), vec![vec![1.0, 0.0], vec![0.0, 3.0]]),
        ];
        for (system, points) in cases {
            let chaos = measure_chaos(&system, &points, &options).unwrap();
            assert_eq!(chaos.summary.label, Some(RegionLabel::Regular), "{:?}", chaos.orbits);
        }
    }

    #[test]
    fn powers_of_time_are_not_chaos() {
        // Kepler: all orbits close, the deviations align like 1/t; a loose threshold makes them cross it.
        let options = ChaosOptions { t: 3000.0, threshold: 1e-2, ..ChaosOptions::default() };
        let points = [vec![0.7, 0.0, 0.0, 1.3], vec![1.0, 0.0, 0.1, 0.9]];
        let chaos = measure_chaos(&kepler_plane(), &points, &options).unwrap();
        assert!(chaos.orbits.iter().all(|orbit| orbit.sali < 1e-2), "{:?}", chaos.orbits);
        assert_eq!(states(&chaos), [OrbitState::Regular; 2], "{:?}", chaos.orbits);
    }

    #[test]
    fn a_nearly_integrable_quartic_is_found_out() {
        // x^4 + y^4 with coupling: strongly chaotic at 6 x^2 y^2.
        let space = PhaseSpace::lines(["x", "y"]);
        let [x, y, px, py] = space.symbols().try_into().unwrap();
        let quartic = (x.powi(4) + y.powi(4)) / 4 + 6 * x.powi(2) * y.powi(2);
        let system = build((px.powi(2) + py.powi(2)) / 2 + quartic, space);
        let points = [vec![0.3, 0.2, 0.5, -0.6], vec![0.6, 0.1, -0.3, 0.7], vec![0.4, 0.4, 0.7, 0.1]];
        let options = ChaosOptions { t: 1000.0, ..ChaosOptions::default() };
        let chaos = measure_chaos(&system, &points, &options).unwrap();
        assert!(chaos.summary.n_chaotic >= 2, "{:?}", chaos.orbits);
    }

    #[test]
    fn orbits_that_leave_are_counted_apart() {
        let points = [vec![0.0, 1.5, 0.0, 1.0], vec![0.0, 0.1, 0.1, 0.0]];
        let options = ChaosOptions { t: 200.0, ..ChaosOptions::default() };
        let chaos = measure_chaos(&henon_heiles(), &points, &options).unwrap();
        assert_eq!(states(&chaos), [OrbitState::Escaped, OrbitState::Regular]);
        assert_eq!(chaos.summary.fraction, Some(0.0));
    }

    #[test]
    fn the_result_of_an_orbit_depends_on_its_place_in_the_list_alone() {
        let (points, options) = (section_points(11), ChaosOptions { t: 300.0, ..ChaosOptions::default() });
        let all = measure_chaos(&henon_heiles(), &points, &options).unwrap();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
        let threaded = pool.install(|| measure_chaos(&henon_heiles(), &points, &options).unwrap());
        let first = measure_chaos(&henon_heiles(), &points[..3], &options).unwrap();
        assert_eq!(all, threaded);
        assert_eq!(all.orbits[..3], first.orbits[..]);
    }
}
