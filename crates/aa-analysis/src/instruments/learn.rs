//! The learned action-angle map, and how good it is on orbits it never saw.

use std::f64::consts::{PI, TAU};
use std::ops::ControlFlow;

use aa_dynamics::equilibrium::stable_equilibrium;
use aa_dynamics::kam::resonance_distance;
use aa_dynamics::{CoordinateKind, Ensemble, FreeMotion, Hamiltonian};
use aa_learn::{
    ActionAngleMap, Checkpoint, Equilibrium, Formula, LearnOptions, Moment, Pair, Precision, Progress, Region, Stage,
    resume,
};
use aa_symbolic::{Expr, differentiate, evaluate, gradient};

use super::chaos::{are_regular, regular_orbits};
use super::closed_forms::{self, Known, Tori};
use super::learned_map::{EnergyConstant, LearnedMap, Phase};
use super::options::{Budget, count, word};
use super::{Instrument, Orbits};
use crate::document::{Brackets, DriftAtResonance, DriftOfOrbit, Learned, PredictionError, Spread, finite};
use crate::study::{Options, Study};
use crate::{Artifact, Error};

pub(super) const LEARN: Instrument = Instrument {
    name: "learn",
    about: "Learns a canonical map to actions and angles from short orbits, and measures it on the study's long \
            ones, which it never sees.",
    needs: &["integrals", "trajectories", "chaos"],
    options: &OPTIONS,
    run,
};

/// The options of learning, from whatever orbits.
pub(super) const OPTIONS: [(&str, &str); 5] = [
    ("network", "the architecture: ridge"),
    ("width", "number of shears"),
    ("evaluations", "budget: passages evaluated with derivatives"),
    ("precision", "single or double, of the shears' arithmetic in training"),
    ("seed", "seed of the training, by default the study's"),
];

/// Horizons at which predictions are judged, in units of time.
const HORIZONS: [f64; 5] = [1.0, 10.0, 100.0, 1000.0, 10000.0];
/// Actions that wander more than this, relatively, are no actions.
pub(super) const LARGEST_DRIFT: f64 = 0.05;
/// Predictions for the shortest horizon that miss by more than this, relatively, come from no map of the motion.
const LARGEST_ERROR: f64 = 0.3;
/// Resonances up to this order count as low.
const RESONANCE_ORDER: u32 = 6;
/// Length of a training orbit in periods of the slowest oscillation.
const TRAINING_PERIODS: f64 = 6.0;
/// Samples a period of the fastest oscillation.
const SAMPLES_PER_PERIOD: f64 = 8.0;

fn run(study: &Study, options: &Options) -> Result<Artifact, Error> {
    let material = Material::of(study)?;
    let orbits = material.orbits;
    let lesson = Lesson {
        training: material.training(study, &material.pace, Budget(120, 400, 1000).of(study.profile))?,
        pairs: material.pairs,
        pace: material.pace,
        free: material.free,
        system: Some(orbits.hamiltonian()),
        known: Some(Known {
            integrals: study.payload("learn", "integrals")?,
            reduction: &orbits.reduction,
            symbols: study.hamiltonian()?.space().symbols(),
        }),
        held_out: material.held_out,
    };
    lesson.learn(study, options)
}

/// What a study of a system has to learn from.
pub(super) struct Material<'a> {
    pub(super) orbits: &'a Orbits,
    /// The regular ones of the study's, in reduced coordinates.
    pub(super) held_out: Ensemble,
    pub(super) pairs: Vec<Pair>,
    pub(super) pace: Pace,
    pub(super) free: FreeMotion,
}

impl<'a> Material<'a> {
    pub(super) fn of(study: &'a Study) -> Result<Material<'a>, Error> {
        let orbits = Orbits::of(study, "learn")?;
        none_escapes(orbits)?;
        let held_out = orbits.reduced_of(&enough_regular(study, orbits)?);
        let kinds = orbits.kinds();
        let free = FreeMotion::of(study.hamiltonian()?, &orbits.reduction);
        Ok(Material { pairs: pairs(&kinds, &held_out)?, pace: Pace::of(&held_out, &kinds), orbits, held_out, free })
    }

    /// Short orbits of the same region, drawn apart from the study's; of a mixed region the regular ones.
    pub(super) fn training(&self, study: &Study, pace: &Pace, n: usize) -> Result<Ensemble, Error> {
        let length = TRAINING_PERIODS * pace.slowest;
        let samples = (SAMPLES_PER_PERIOD * length / pace.fastest).ceil().clamp(48.0, 1024.0) as usize;
        let t: Vec<f64> = (0..=samples).map(|i| length * i as f64 / samples as f64).collect();
        let drawn = self.orbits.draw(study, "training", n, &t)?;
        if self.held_out.orbits.len() == self.orbits.motion.orbits {
            return Ok(drawn);
        }
        let starts: Vec<Vec<f64>> = (0..drawn.orbits.len()).map(|orbit| drawn.row(orbit, 0).to_vec()).collect();
        let regular = are_regular(study, self.orbits, &starts)?;
        let kept = drawn.orbits.iter().zip(regular).filter(|(_, regular)| *regular);
        Ok(Ensemble { orbits: kept.map(|(rows, _)| rows.clone()).collect(), ..drawn })
    }
}

/// What a map is learned from and judged by, in reduced coordinates.
pub(super) struct Lesson<'a> {
    pub(super) training: Ensemble,
    pub(super) held_out: Ensemble,
    pub(super) pairs: Vec<Pair>,
    pub(super) pace: Pace,
    pub(super) free: FreeMotion,
    /// The Hamiltonian, where it is known.
    pub(super) system: Option<&'a Hamiltonian>,
    /// What it conserves, where that was searched for.
    pub(super) known: Option<Known<'a>>,
}

impl Lesson<'_> {
    /// Learns the map and measures it.
    pub(super) fn learn(self, study: &Study, options: &Options) -> Result<Artifact, Error> {
        let own = ActionAngleMap::ARCHITECTURE;
        let network = word(options, "network", &[own])?.unwrap_or_else(|| own.into());
        let precision = precision(options)?;
        let aa_learn::Learned { map, history: training, .. } = self.train(study, options)?;
        let mut pairs: Vec<String> = self.pairs.iter().map(|pair| pair.name().to_string()).collect();
        pairs.extend((0..self.free.n_free).map(|_| Pair::Free.name().to_string()));
        let mut described = Learned { network, pairs, ..describe(&map, &self.held_out, &self.pace)? };
        let region = Region::of(&map, &self.training)?;
        let energy_form = self.closed_forms(&map, &region, &mut described)?;
        described.training_orbits = Some(self.training.orbits.len());
        described.precision = (precision == Precision::Single).then(|| precision.name().into());
        let starts = starts(&self.held_out);
        let learned = LearnedMap {
            region,
            phase: Phase::of(&map, &self.held_out)?,
            training,
            constant: self.system.map(|system| EnergyConstant::of(&map, system, &starts)),
            energy_form,
            free: self.free,
            map,
        };
        Artifact::new(&described, learned)
    }

    fn train(&self, study: &Study, options: &Options) -> Result<aa_learn::Learned, Error> {
        let how = LearnOptions {
            pairs: self.pairs.clone(),
            equilibrium: self.system.and_then(|system| centre(system, &self.held_out)),
            energies: self.system.map(|system| energies(system, &self.training)).unwrap_or_default(),
            frame_orbits: self.system.map(|_| self.held_out.clone()),
            ..how(study, options)?
        };
        let kept = study.watch.kept().map(|arrays| Checkpoint::from_arrays(&arrays)).transpose()?;
        let sketch = sketch(&self.held_out);
        let drift = |moment: &Moment<'_>| Some(moment.map().action_drift(&sketch).ok()?.worst_pair.median);
        let mut observe = |moment: &Moment<'_>| follow(study, moment, &drift);
        let mut learned = resume(&self.training, &how, kept.clone(), &mut observe);
        if matches!(learned, Err(aa_learn::Error::Degenerate { .. })) {
            // No linear modes at the bottom of a quartic well: the covariance of the orbits has planes all the same.
            learned = resume(&self.training, &LearnOptions { equilibrium: None, ..how }, kept, &mut observe);
        }
        Ok(learned?)
    }

    /// Short formulas for actions and energy, where integrals and Hamiltonian are known.
    fn closed_forms(
        &self,
        map: &ActionAngleMap,
        region: &Region,
        described: &mut Learned,
    ) -> Result<Option<Formula>, Error> {
        let Some(system) = self.system else { return Ok(None) };
        let judged = Region::of(map, &self.held_out)?;
        let tori = |orbits, region| Tori { orbits, region, energies: energies(system, orbits) };
        let (training, held_out) = (tori(&self.training, region), tori(&self.held_out, &judged));
        let energy = closed_forms::energy(&training, &held_out);
        described.energy_of_actions = energy.as_ref().and_then(|form| closed_forms::describe_energy(form, &held_out));
        described.actions =
            self.known.as_ref().map(|known| closed_forms::actions(known, &training, &held_out)).unwrap_or_default();
        Ok(energy)
    }
}

/// The budget of learning.
pub(super) fn how(study: &Study, options: &Options) -> Result<LearnOptions, Error> {
    Ok(LearnOptions {
        width: count(options, "width")?.unwrap_or(Budget(32, 64, 160).of(study.profile)),
        evaluations: count(options, "evaluations")?.unwrap_or(Budget(50_000, 200_000, 500_000).of(study.profile)),
        seed: count(options, "seed")?.map_or(study.seed, |seed| seed as u64),
        precision: precision(options)?,
        ..LearnOptions::default()
    })
}

fn precision(options: &Options) -> Result<Precision, Error> {
    let name = word(options, "precision", &Precision::ALL.map(Precision::name))?;
    Ok(name.and_then(|name| Precision::named(&name)).unwrap_or_default())
}

/// A few rows of a few orbits, evenly chosen: enough to see how a training does, at no cost that would show.
fn sketch(orbits: &Ensemble) -> Ensemble {
    const ORBITS: usize = 16;
    const TIMES: usize = 64;
    let times = orbits.t.len().div_ceil(TIMES).max(1);
    let mut few = Ensemble { t: orbits.t.iter().copied().step_by(times).collect(), orbits: Vec::new(), ..*orbits };
    for orbit in orbits.orbits.iter().step_by(orbits.orbits.len().div_ceil(ORBITS).max(1)) {
        few.push(orbit.chunks(orbits.width).step_by(times).flatten().copied().collect());
    }
    few
}

/// Tells who watches where learning stands, offers what it has come to, and ends it where it is to stop.
pub(super) fn follow(
    study: &Study,
    moment: &Moment<'_>,
    drift: &dyn Fn(&Moment<'_>) -> Option<f64>,
) -> ControlFlow<()> {
    report(study, &moment.progress);
    study.watch.learning(moment.progress.loss, &|| drift(moment));
    let checkpoint = || moment.checkpoint().arrays();
    if moment.progress.step < moment.progress.total && study.watch.stop() {
        study.watch.keep_last(&checkpoint);
        return ControlFlow::Break(());
    }
    study.watch.keep(&checkpoint);
    ControlFlow::Continue(())
}

fn report(study: &Study, progress: &Progress) {
    let stage = match progress.stage {
        Stage::Adam => "learning (Adam)",
        Stage::LevenbergMarquardt => "learning (curvature)",
    };
    study.watch.progress(stage, progress.step, progress.total);
}

/// The energy of every orbit.
pub(super) fn energies(system: &Hamiltonian, orbits: &Ensemble) -> Vec<f64> {
    let symbols = system.space().symbols();
    (0..orbits.orbits.len()).map(|orbit| evaluate(system.energy(), &symbols, orbits.row(orbit, 0))).collect()
}

/// Refuses regions out of which orbits run.
fn none_escapes(orbits: &Orbits) -> Result<(), Error> {
    let not = |reason: String| Err(Error::NotApplicable(reason));
    match orbits.motion.escaped {
        0 => Ok(()),
        n if n == orbits.motion.orbits => not("every sampled orbit escapes: there are no tori to learn".into()),
        n => not(format!("{n} of {} sampled orbits escape; choose a region where all stay", orbits.motion.orbits)),
    }
}

/// The regular orbits, which judge the map; refuses a region that is mostly chaos, since tori between which the motion
/// changes its kind are no one map.
fn enough_regular(study: &Study, orbits: &Orbits) -> Result<Vec<usize>, Error> {
    let (regular, all) = (regular_orbits(study, orbits)?, orbits.motion.orbits);
    if 2 * regular.len() < all {
        return Err(Error::NotApplicable(format!(
            "only {} of {all} sampled orbits are regular; choose a region where most are, with --energy for instance",
            regular.len()
        )));
    }
    Ok(regular)
}

/// The minimum of the energy that the orbits surround, with the Hessian there; none where they surround none.
///
/// Linear modes are a better frame than the covariance of the orbits where there are such modes.
pub(super) fn centre(system: &Hamiltonian, orbits: &Ensemble) -> Option<Equilibrium> {
    let point = stable_equilibrium(system).ok()?.point;
    let surrounds = |component: usize| {
        let series: Vec<f64> = (0..orbits.orbits.len()).flat_map(|orbit| orbits.series(orbit, component)).collect();
        let mean = series.iter().sum::<f64>() / series.len() as f64;
        let spread = series.iter().map(|x| (x - mean).abs()).fold(0.0, f64::max);
        (point[component] - mean).abs() <= 0.5 * spread
    };
    let symbols = system.space().symbols();
    let slopes = gradient(system.energy(), &symbols);
    let curvature = |(slope, symbol): (&Expr, &Expr)| evaluate(&differentiate(slope, symbol), &symbols, &point);
    let hessian = slopes.iter().flat_map(|slope| symbols.iter().map(move |symbol| (slope, symbol))).map(curvature);
    (0..point.len()).all(surrounds).then(|| Equilibrium { hessian: hessian.collect(), point: point.clone() })
}

/// The kind of each pair: circles that go round are rotors, everything else oscillates.
///
/// Superintegrable motion gets as many oscillators as degrees of freedom, too, with resonant frequencies: splitting
/// off pairs that stand still would be a map with seams, and such a map is not learned.
pub(super) fn pairs(kinds: &[CoordinateKind], held_out: &Ensemble) -> Result<Vec<Pair>, Error> {
    let mut pairs: Vec<Pair> = Vec::new();
    for (i, kind) in kinds.iter().enumerate() {
        let turning = match kind {
            CoordinateKind::Line => 0,
            CoordinateKind::Circle => (0..held_out.orbits.len()).filter(|&o| turns(held_out, o, i) > 1.0).count(),
        };
        pairs.push(match turning {
            0 => Pair::Oscillator,
            n if n == held_out.orbits.len() => Pair::Rotor,
            n => {
                let total = held_out.orbits.len();
                return Err(Error::NotApplicable(format!(
                    "{n} of {total} orbits go round the circle and the others swing: two sides of a separatrix are two \
                     maps; choose one with --energy"
                )));
            }
        });
    }
    Ok(pairs)
}

/// How often a circle coordinate goes round along an orbit, in either direction.
fn turns(orbits: &Ensemble, orbit: usize, coordinate: usize) -> f64 {
    let steps = orbits.series(orbit, coordinate);
    let steps = steps.windows(2).map(|pair| (pair[1] - pair[0] + PI).rem_euclid(TAU) - PI);
    steps.sum::<f64>().abs() / TAU
}

/// The time scales of the motion, from crossings of means and turns of circles: no frequency analysis is needed to plan
/// the training.
pub(super) struct Pace {
    pub(super) fastest: f64,
    pub(super) slowest: f64,
}

impl Pace {
    /// Periods from the mean rate of turning of every coordinate: about its mean, or round its circle.
    pub(super) fn of(orbits: &Ensemble, kinds: &[CoordinateKind]) -> Pace {
        let duration = orbits.duration();
        let mut periods: Vec<f64> = Vec::new();
        for orbit in 0..orbits.orbits.len() {
            for (component, kind) in kinds.iter().enumerate() {
                let crossings = crossings(&orbits.series(orbit, component));
                let turns = if *kind == CoordinateKind::Circle { turns(orbits, orbit, component) } else { 0.0 };
                if turns > 1.0 {
                    periods.push(duration / turns);
                } else if crossings > 1 {
                    periods.push(2.0 * duration / crossings as f64);
                }
            }
        }
        periods.sort_by(f64::total_cmp);
        let at = |share: f64| periods.get((share * (periods.len().max(1) - 1) as f64) as usize).copied();
        let fastest = at(0.02).unwrap_or(duration / 10.0);
        Pace { fastest, slowest: at(0.98).unwrap_or(duration / 10.0) }
    }
}

/// How often a series crosses its mean.
fn crossings(series: &[f64]) -> usize {
    let mean = series.iter().sum::<f64>() / series.len() as f64;
    series.windows(2).filter(|pair| (pair[0] > mean) != (pair[1] > mean)).count()
}

/// Says of actions that are none how much they wander.
pub(super) fn wandering(drift: Spread) -> Option<String> {
    if drift.median.is_some_and(|median| median <= LARGEST_DRIFT) {
        return None;
    }
    let seen = drift.median.map_or("without bound".into(), |median| format!("by {:.0} %", 100.0 * median));
    Some(format!("the learned actions wander {seen} along held-out orbits"))
}

fn describe(map: &ActionAngleMap, held_out: &Ensemble, pace: &Pace) -> Result<Learned, Error> {
    let starts = starts(held_out);
    let drifts = map.action_drift(held_out)?;
    let drift = spread(drifts.worst_pair);
    if let Some(wandering) = wandering(drift) {
        return Err(Error::NotApplicable(format!("no action-angle map was found: {wandering}")));
    }
    let errors = prediction_errors(map, held_out)?;
    if let Some((t, error)) = errors.first().and_then(|e| Some((e.t, e.median.filter(|e| *e > LARGEST_ERROR)?))) {
        return Err(Error::NotApplicable(format!(
            "no action-angle map was found: predictions for t = {t} miss held-out orbits by {:.0} % of their size; more \
             work may help (--profile standard or deep)",
            100.0 * error
        )));
    }
    Ok(Learned {
        parameters: map.n_parameters(),
        symplectic_defect: finite(map.symplectic_defect(&starts, pace.slowest)),
        action_drift: drift,
        prediction_error: errors,
        phase_horizon: finite(map.phase_horizon(held_out)?.t),
        hamiltonian_of_actions: map.energy_formula(),
        brackets: Some(brackets(map, held_out)),
        drift_at_resonance: at_resonance(map, held_out, &drifts.per_orbit),
        ..Learned::default()
    })
}

/// Spread as documents have it.
pub(super) fn spread(spread: aa_learn::Spread) -> Spread {
    Spread { median: finite(spread.median), p95: finite(spread.p95) }
}

/// How wrong predictions are at the horizons that the orbits reach.
pub(super) fn prediction_errors(map: &ActionAngleMap, held_out: &Ensemble) -> Result<Vec<PredictionError>, Error> {
    let horizons: Vec<f64> = HORIZONS.into_iter().filter(|t| *t <= held_out.duration()).collect();
    let error = |e: &aa_learn::PredictionError| {
        let Spread { median, p95 } = spread(e.error);
        PredictionError { t: e.t, median, p95 }
    };
    Ok(map.prediction_error(held_out, &horizons)?.iter().map(error).collect())
}

/// Drift of every held-out orbit against how near it is to a resonance; none with one degree of freedom.
fn at_resonance(map: &ActionAngleMap, held_out: &Ensemble, drifts: &[Vec<f64>]) -> Option<DriftAtResonance> {
    let orbit = |(i, drift): (usize, &Vec<f64>)| {
        let omega = map.frequencies(&map.actions(held_out.row(i, 0)));
        let near = resonance_distance(&omega, RESONANCE_ORDER)?;
        let drift = drift.iter().copied().fold(0.0, f64::max);
        let k = near.k.into_iter().map(i64::from).collect();
        Some(DriftOfOrbit { initial: held_out.row(i, 0).to_vec(), drift: finite(drift), k, distance: near.distance })
    };
    let mut orbits: Vec<DriftOfOrbit> = drifts.iter().enumerate().map(orbit).collect::<Option<_>>()?;
    orbits.sort_by(|a, b| a.distance.total_cmp(&b.distance));
    let (near, far) = orbits.split_at(orbits.len().div_ceil(4));
    let median = |orbits: &[DriftOfOrbit]| {
        finite(aa_learn::Spread::of(&orbits.iter().filter_map(|orbit| orbit.drift).collect::<Vec<f64>>()).median)
    };
    let within = near.last().map(|orbit| orbit.distance);
    Some(DriftAtResonance { order: RESONANCE_ORDER, within, near: median(near), elsewhere: median(far), orbits })
}

/// Where the orbits start, one after the other.
pub(super) fn starts(orbits: &Ensemble) -> Vec<f64> {
    (0..orbits.orbits.len()).flat_map(|orbit| orbits.row(orbit, 0).to_vec()).collect()
}

/// Brackets at one point of every held-out orbit, not where it starts.
fn brackets(map: &ActionAngleMap, held_out: &Ensemble) -> Brackets {
    let (n, n_orbits, n_times) = (map.dof(), held_out.orbits.len(), held_out.t.len());
    // Steps of the golden ratio spread the points over the phases.
    let time = |orbit: usize| (0.618_034 * orbit as f64).fract() * n_times as f64;
    let points: Vec<f64> = (0..n_orbits).flat_map(|orbit| held_out.row(orbit, time(orbit) as usize).to_vec()).collect();
    let found = map.brackets(&points);
    let matrix =
        |entries: &[f64]| entries.chunks_exact(n).map(|row| row.iter().map(|x| finite(*x)).collect()).collect();
    Brackets {
        points: n_orbits,
        actions: matrix(&found.actions),
        angles: matrix(&found.angles),
        defect: finite(found.defect),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sketch_is_a_few_whole_rows_of_a_few_orbits() {
        let mut orbits = Ensemble::new(1, (0..1000).map(f64::from).collect());
        (0..40).for_each(|orbit| orbits.push((0..2000).map(|i| f64::from(orbit * 10_000 + i)).collect()));
        let few = sketch(&orbits);
        assert_eq!((few.orbits.len(), few.t.len(), few.orbits[1].len()), (14, 63, 126));
        assert_eq!((few.t[1], few.row(1, 1)), (16.0, &[30_032.0, 30_033.0][..]));
    }
}
