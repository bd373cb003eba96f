//! Chaos: Lyapunov exponents, alignment indices, MEGNO and FLI of an orbit, from one tangent integration.
//!
//! Label with SALI and the largest exponent, which need two deviation vectors. Ask for GALI_k where the dimension of
//! tori matters, the spectrum for all exponents, MEGNO or FLI for maps of many orbits at one time.
//!
//! The smaller alignment index (SALI; Skokos, J. Phys. A 34, 2001) is the length of the shorter of w1 + w2 and
//! w1 - w2 for unit deviation vectors. Along a chaotic orbit both vectors turn towards the most unstable direction
//! and it falls exponentially; along a regular one it stays, or falls like a power of time where the torus has
//! fewer dimensions than degrees of freedom.

mod frame;
mod growth;
mod label;
#[cfg(test)]
mod laws;
mod orbit;
mod statistics;
mod watch;
pub mod zero_one;

pub use label::{OrbitState, RegionLabel};
pub use orbit::{Gali, OrbitChaos};
pub use statistics::Spread;
pub use watch::Reading;

use crate::flow::taylor::Taylor;
use crate::flow::{check_points, fence};
use crate::random::Stream;
use crate::tangent::{deviating_first, tangent_system};
use crate::wilson::wilson_interval;
use crate::{Error, Hamiltonian};
use orbit::{Shared, TangentRider};

/// What is measured beside the largest exponent and SALI, which give the label.
///
/// The spectrum, MEGNO and FLI can be compared between orbits at one time only: an orbit of which they are asked is
/// followed to the end. The label is not touched by them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Indicators {
    /// All Lyapunov exponents: as many deviation vectors as there are variables.
    pub spectrum: bool,
    /// GALI_2 to GALI_k, with k deviation vectors, at most as many as there are variables; 0 for none.
    pub gali: usize,
    /// MEGNO and its mean.
    pub megno: bool,
    /// FLI and OFLI.
    pub fli: bool,
}

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
    /// What is measured beside the largest exponent and SALI.
    pub indicators: Indicators,
}

impl Default for ChaosOptions {
    fn default() -> Self {
        ChaosOptions {
            t: 1e4,
            threshold: 1e-8,
            tolerance: 1e-15,
            bound: 100.0,
            seed: 0,
            indicators: Indicators::default(),
        }
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
    let shared = Shared::new(system, options)?;
    let tangent = tangent_system(system, shared.n_vectors());
    let stream = Stream::new(options.seed, "deviation vectors");
    let follow = |orbits: &[usize], n_steering: usize| -> Result<Vec<TangentRider<'_>>, Error> {
        let taylor = Taylor::new(&tangent.state, &tangent.rates, n_steering, options.tolerance)?;
        let rider = |&i: &usize| TangentRider::new(system, &points[i], &shared, stream.fork(i as u64));
        Ok(taylor.fenced(fence(system, &deviating_first(system).0))?.carry(orbits.iter().map(rider).collect()))
    };
    let all: Vec<usize> = (0..points.len()).collect();
    let mut riders = follow(&all, shared.n_deviating())?;
    // An orbit at rest, or calmer than its neighbours, must not choose the steps alone.
    let blurred: Vec<usize> = all.into_iter().filter(|&i| riders[i].blur().is_some()).collect();
    if !blurred.is_empty() {
        let n_steering = (1 + shared.n_vectors()) * shared.n_deviating();
        blurred.iter().zip(follow(&blurred, n_steering)?).for_each(|(&i, rider)| riders[i] = rider);
    }
    let orbits: Vec<OrbitChaos> = riders.into_iter().map(TangentRider::into_result).collect();
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
    use super::orbit::AREA_ERROR;
    use super::*;
    use crate::PhaseSpace;
    use crate::testing::{build, henon_heiles, kepler_plane, oscillators, pendulum, radical_inverse, toda_ring};
    use aa_symbolic::Rational;

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
    fn a_momentum_that_grows_without_bound_is_no_chaos() {
        // A damped oscillator in canonical form: q decays, p = exp(t/5) q' grows, and deviations with it.
        let space = PhaseSpace::lines(["x"]);
        let (x, p, t) = (space.q(0), space.p(0), aa_symbolic::Expr::symbol("t"));
        let growth = (t / 5).exp();
        let energy = p.powi(2) / (2 * &growth) + growth * x.powi(2) / 2;
        let damped = Hamiltonian::driven(energy, &space, &[]).unwrap();
        let options = ChaosOptions { t: 300.0, ..ChaosOptions::default() };
        let chaos = measure_chaos(&damped, &[vec![0.5, 0.0, 0.3, 0.0]], &options).unwrap();
        assert_eq!(states(&chaos), [OrbitState::Escaped]);
    }

    #[test]
    fn deviations_from_an_orbit_at_rest_or_calmer_than_they_are_followed_as_well() {
        let space = PhaseSpace::lines(["x", "y"]);
        let [x, y, px, py] = space.symbols().try_into().unwrap();
        let stiff = 5000 * y.powi(2) + x.powi(2) / 2 + x.powi(4) / 4 + x.powi(2) * y.powi(2);
        let stiff = build((px.powi(2) + py.powi(2)) / 2 + stiff, space);
        let indicators = Indicators { spectrum: true, megno: true, ..Indicators::default() };
        let options = ChaosOptions { t: 1000.0, indicators, ..ChaosOptions::default() };
        // At rest all deviations turn at one frequency each and do not grow; MEGNO is 0.
        for (system, point, megno) in [(stiff, [1.0, 0.0, 0.0, 0.0], 2.0), (henon_heiles(), [0.0; 4], 0.0)] {
            let chaos = measure_chaos(&system, &[point.to_vec()], &options).unwrap();
            let orbit = &chaos.orbits[0];
            assert_eq!(orbit.state, OrbitState::Regular);
            let spectrum = orbit.spectrum.as_ref().unwrap();
            assert!(spectrum.iter().all(|l| l.abs() < 0.01) && spectrum.iter().sum::<f64>().abs() < 1e-11, "{orbit:?}");
            assert!((orbit.mean_megno.unwrap() - megno).abs() < 0.3, "{orbit:?}");
        }
    }

    #[test]
    fn deviations_that_cannot_be_followed_are_said_to_be_blurred() {
        // The deviations in y turn a hundred times faster than x, which is large: steps are exact relative to it.
        let space = PhaseSpace::lines(["x", "y"]);
        let [x, y, px, py] = space.symbols().try_into().unwrap();
        let system = build((px.powi(2) + py.powi(2) + x.powi(2)) / 2 + 5000 * y.powi(2), space);
        let options = ChaosOptions { t: 100.0, ..ChaosOptions::default() };
        let points = [1e16, 1.0].map(|x| vec![x, 0.0, 0.0, 0.0]);
        let chaos = measure_chaos(&system, &points, &options).unwrap();
        assert!(chaos.orbits[0].blur.is_some_and(|blur| blur > AREA_ERROR), "{:?}", chaos.orbits);
        assert_eq!(chaos.orbits[1].blur, None);
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

    #[test]
    fn what_else_is_measured_does_not_touch_the_label() {
        let (system, points) = (henon_heiles(), section_points(6));
        let options = ChaosOptions { t: 1500.0, ..ChaosOptions::default() };
        let indicators = Indicators { spectrum: true, gali: 4, megno: true, fli: true };
        let few = measure_chaos(&system, &points, &options).unwrap();
        let all = measure_chaos(&system, &points, &ChaosOptions { indicators, ..options }).unwrap();
        for (few, all) in few.orbits.iter().zip(&all.orbits) {
            let of = |o: &OrbitChaos| (o.state, o.crossing_time, o.lyapunov.to_bits());
            assert_eq!(of(few), of(all));
            let spectrum = all.spectrum.as_ref().unwrap();
            assert!(spectrum.iter().sum::<f64>().abs() < 1e-12, "{spectrum:?}");
            assert!((spectrum[0] + spectrum[3]).abs() < 0.01 && (spectrum[1] + spectrum[2]).abs() < 0.01);
            assert_eq!(all.megno.unwrap() > 5.0, all.state == OrbitState::Chaotic, "{all:?}");
            assert!(all.ofli.unwrap() <= all.fli.unwrap());
        }
    }

    /// ln GALI_k at t, by stopping there.
    fn ln_galis(point: &[f64], t: f64) -> Vec<f64> {
        let indicators = Indicators { gali: 4, megno: true, ..Indicators::default() };
        let options = ChaosOptions { t, threshold: 1e-300, indicators, ..ChaosOptions::default() };
        let chaos = measure_chaos(&henon_heiles(), &[point.to_vec()], &options).unwrap();
        chaos.orbits[0].gali.iter().map(|gali| gali.value.ln()).collect()
    }

    #[test]
    fn volumes_fall_like_powers_on_a_torus_and_exponentially_in_chaos() {
        // On a torus of two dimensions with two degrees of freedom: t^0, t^-2, t^-4 (Skokos et al. 2007).
        let torus = [0.0, 0.483, 0.27898039, 0.0];
        let (early, late) = (ln_galis(&torus, 300.0), ln_galis(&torus, 5000.0));
        for ((early, late), expected) in early.iter().zip(&late).zip([0.0, -2.0, -4.0]) {
            let slope = (late - early) / (5000f64 / 300.0).ln();
            assert!((slope - expected).abs() < 0.4, "{slope} {expected}");
        }
        // exp(-l1 t), exp(-2 l1 t), exp(-4 l1 t) where l2 = 0 and l3 = 0, l4 = -l1.
        let chaos = ln_galis(&[0.0, -0.25, 0.42, 0.0], 1500.0);
        assert!(chaos[0] < -20.0, "{chaos:?}");
        let ratios = [chaos[1] / chaos[0], chaos[2] / chaos[0]];
        assert!((ratios[0] - 2.0).abs() < 0.6 && (ratios[1] - 4.0).abs() < 1.2, "{ratios:?}");
    }

    #[test]
    fn mean_megno_of_a_torus_is_two() {
        let indicators = Indicators { megno: true, ..Indicators::default() };
        let options = ChaosOptions { t: 5000.0, indicators, ..ChaosOptions::default() };
        let chaos = measure_chaos(&henon_heiles(), &[vec![0.0, 0.483, 0.27898039, 0.0]], &options).unwrap();
        let mean = chaos.orbits[0].mean_megno.unwrap();
        assert!((mean - 2.0).abs() < 0.1, "{mean}");
    }

    #[test]
    fn a_driven_pendulum_has_chaos_of_its_own_and_does_not_escape_with_time() {
        let space = PhaseSpace::lines(["x"]);
        let t = aa_symbolic::Expr::symbol("t");
        // Two resonances that overlap; time runs beyond the bound of 100.
        let energy = space.p(0).powi(2) / 2 - space.q(0).cos() - (space.q(0) - t).cos();
        let driven = Hamiltonian::driven(energy, &space, &[]).unwrap();
        let indicators = Indicators { spectrum: true, ..Indicators::default() };
        let options = ChaosOptions { t: 1000.0, bound: 1e4, indicators, ..ChaosOptions::default() };
        let points = [vec![3.0, 0.0, 0.1, 0.0], vec![0.01, 0.0, 6.0, 0.0]];
        let chaos = measure_chaos(&driven, &points, &options).unwrap();
        assert_eq!(states(&chaos), [OrbitState::Chaotic, OrbitState::Regular], "{:?}", chaos.orbits);
        assert!(chaos.orbits.iter().all(|orbit| orbit.energy_error < 1e-11), "{:?}", chaos.orbits);
        let spectrum = chaos.orbits[0].spectrum.clone().unwrap();
        assert!(spectrum.len() == 2 && (spectrum[0] + spectrum[1]).abs() < 1e-12, "{spectrum:?}");
    }

    #[test]
    fn the_free_rigid_body_is_regular_and_its_exponents_vanish() {
        let z = ["a", "b", "c"].map(aa_symbolic::Expr::symbol);
        let o = aa_symbolic::Expr::zero;
        let [a, b, c] = z.clone();
        let brackets =
            vec![vec![o(), -c.clone(), b.clone()], vec![c.clone(), o(), -a.clone()], vec![-b.clone(), a.clone(), o()]];
        let space = PhaseSpace::poisson(&["a", "b", "c"], brackets).unwrap();
        let body = Hamiltonian::new(a.powi(2) / 2 + b.powi(2) / 4 + c.powi(2) / 6, space).unwrap();
        let indicators = Indicators { spectrum: true, ..Indicators::default() };
        let options = ChaosOptions { t: 1000.0, indicators, ..ChaosOptions::default() };
        let chaos = measure_chaos(&body, &[vec![0.3, 0.4, 0.8]], &options).unwrap();
        assert_eq!(states(&chaos), [OrbitState::Regular]);
        assert!(chaos.orbits[0].spectrum.as_ref().unwrap().iter().all(|l| l.abs() < 0.02), "{:?}", chaos.orbits);
    }
}
