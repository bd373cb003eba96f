//! Learning: from orbits to a map, stage by stage.

use crate::adam::{AdamState, BATCH, BLOCKS};
use crate::checkpoint::{Checkpoint, State, fingerprint};
use crate::family::{Dependence, Member, fewest_values};
use crate::frame::{Equilibrium, Frame, find_frame};
use crate::hamiltonian_of_actions::Polynomial;
use crate::lanes::{LANES, wrap};
use crate::levenberg_marquardt::LevenbergMarquardt;
use crate::map::ActionAngleMap;
use crate::network::Network;
use crate::passages::{LatentOrbits, draw};
use crate::real::Real;
use crate::slide::about_their_centres;
use crate::turns::{Turn, check_separatrix, fit_frequencies, turns};
use crate::{Error, Pair, Precision};
use aa_dynamics::Ensemble;
use aa_dynamics::random::Stream;
use std::cell::OnceCell;
use std::f64::consts::TAU;
use std::ops::ControlFlow;

/// What to learn and how long.
#[derive(Clone, Debug, PartialEq)]
pub struct LearnOptions {
    /// The kinds of the pairs, in the order of the coordinates; empty means oscillators throughout.
    pub pairs: Vec<Pair>,
    /// The number of ridge shears: 32 for a first look, 64 as a rule, 96 to 160 for high accuracy.
    pub width: usize,
    /// The budget: passages evaluated with derivatives, over all stages. With two degrees of freedom 50,000 for a
    /// first look, 200,000 as a rule, half a million with 160 shears for high accuracy.
    pub evaluations: usize,
    /// Seed of every random draw.
    pub seed: u64,
    /// Total degree of h in the actions; by default as high as keeps it under 150 coefficients, five at most. Fewer than
    /// four orbits, one torus say, do not show how frequencies depend on actions: they leave degree one, constant
    /// frequencies, and a map that is good near their tori.
    pub degree: Option<u32>,
    /// Which numbers the shears work with. In single precision J and J^T J are rounded, while residuals and the equations
    /// that are solved stay double: curvature steps take half the time from 64 shears on, and drifts of 1e-5 come out as in
    /// double. The map itself is of doubles and as symplectic as any.
    pub precision: Precision,
    /// An elliptic equilibrium whose Hessian gives the frame; without it the frame comes from the covariance.
    pub equilibrium: Option<Equilibrium>,
    /// The energy of every orbit, where the Hamiltonian is known; empty where it is not. The network then learns
    /// h(I) = H too, and [`ActionAngleMap::energy`] is the energy itself, not up to a constant.
    pub energies: Vec<f64>,
    /// Orbits for the frame only. At a resonance they must last several beat periods, which training orbits need not.
    pub frame_orbits: Option<Ensemble>,
}

impl Default for LearnOptions {
    fn default() -> Self {
        LearnOptions {
            pairs: Vec::new(),
            width: 64,
            evaluations: 200_000,
            seed: 0,
            degree: None,
            precision: Precision::Double,
            equilibrium: None,
            energies: Vec::new(),
            frame_orbits: None,
        }
    }
}

/// A stage of learning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Gradient steps on small batches.
    Adam,
    /// Curvature steps on large ones.
    LevenbergMarquardt,
}

impl Stage {
    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Stage::Adam => "Adam",
            Stage::LevenbergMarquardt => "Levenberg–Marquardt",
        }
    }
}

/// Where learning stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// The stage.
    pub stage: Stage,
    /// Steps done in this stage, from 1.
    pub step: usize,
    /// Steps planned in this stage.
    pub total: usize,
    /// Mean square of the weighted residuals, before this step.
    pub loss: f64,
}

/// How learning ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The budget was used.
    Finished,
    /// The caller stopped it; the map is the best so far, and not reproducible if a clock decided.
    Stopped,
}

/// What learning gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Learned {
    /// The map.
    pub map: ActionAngleMap,
    /// Every step.
    pub history: Vec<Progress>,
    /// How it ended.
    pub outcome: Outcome,
}

/// Fewest orbits for frequencies that depend on the actions.
const FEWEST_ORBITS: usize = 4;
/// Fewest times along an orbit.
const FEWEST_TIMES: usize = 8;
/// The share of the budget that goes to Adam.
const ADAM_SHARE: f64 = 0.1;

/// A step that has just been made, for one system or a family.
pub struct Moment<'a> {
    /// Which, and how good it is.
    pub progress: Progress,
    frame: &'a Frame,
    state: &'a State,
    fingerprint: &'a dyn Fn() -> u64,
}

impl Moment<'_> {
    /// The best map so far; of a family that at its centre.
    pub fn map(&self) -> ActionAngleMap {
        ActionAngleMap { frame: self.frame.clone(), network: self.state.network.clone() }
    }

    /// What [`resume`] or [`resume_family`](crate::resume_family) needs to go on from here.
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint { fingerprint: (self.fingerprint)(), state: self.state.clone() }
    }
}

/// Learns the action-angle map of some orbits.
///
/// The orbits should fill the region of interest, lie on one side of every separatrix, last a few periods at least
/// and be sampled at four times a period or more. `progress` hears of every step and may stop the work.
///
/// The same orbits, options and seed give the same bytes on any number of threads.
///
/// # Errors
/// Orbits that are not finite, too few or too short; an option out of range; a hyperbolic equilibrium; orbits on
/// both sides of a separatrix; a training that diverges.
pub fn learn(
    orbits: &Ensemble,
    options: &LearnOptions,
    progress: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
) -> Result<Learned, Error> {
    resume(orbits, options, None, &mut |moment| progress(&moment.progress))
}

/// Learns on from a checkpoint, or from the beginning: the bytes are those of a run that was never cut off.
///
/// `observe` sees every step and may stop the work.
///
/// # Errors
/// Those of [`learn`], and a checkpoint of other orbits or options, of another version or instruction set.
pub fn resume(
    orbits: &Ensemble,
    options: &LearnOptions,
    checkpoint: Option<Checkpoint>,
    observe: &mut dyn FnMut(&Moment<'_>) -> ControlFlow<()>,
) -> Result<Learned, Error> {
    let members = vec![Member { orbits: 0..orbits.orbits.len(), mu: Vec::new() }];
    let Course { frame, network, history, outcome } = pursue(orbits, members, options, checkpoint, observe)?;
    Ok(Learned { map: ActionAngleMap { frame, network }, history, outcome })
}

/// What came of a training.
pub(crate) struct Course {
    pub(crate) frame: Frame,
    pub(crate) network: Network,
    pub(crate) history: Vec<Progress>,
    pub(crate) outcome: Outcome,
}

/// Trains on the orbits of the members of a family, or of one system.
pub(crate) fn pursue(
    orbits: &Ensemble,
    members: Vec<Member>,
    options: &LearnOptions,
    checkpoint: Option<Checkpoint>,
    observe: &mut dyn FnMut(&Moment<'_>) -> ControlFlow<()>,
) -> Result<Course, Error> {
    let pairs = check(orbits, options)?;
    let (frame, mut latent, turns) = prepare(orbits, &pairs, options)?;
    latent.members = members;
    let period = typical_period(&pairs, &turns, latent.duration());
    latent.energies = energies(&frame, &latent, period, options);
    let known = OnceCell::new();
    let fingerprint = || *known.get_or_init(|| fingerprint(orbits, &latent.members, options));
    let state = match checkpoint {
        Some(checkpoint) if checkpoint.fingerprint != fingerprint() => return Err(Error::OtherCheckpoint),
        Some(checkpoint) => checkpoint.state,
        None => {
            let network = first_network(&pairs, &latent, &turns, options);
            let (adam, damping) = (AdamState::of(&network), LevenbergMarquardt::<f64>::FIRST_DAMPING);
            State { network, adam, damping, next_layer: 0, history: Vec::new() }
        }
    };
    let outcome = Outcome::Finished;
    let mut lesson =
        Lesson { frame, latent: &latent, period, options, state, fingerprint: &fingerprint, outcome, observe };
    match options.precision {
        Precision::Single => lesson.stages::<f32>()?,
        Precision::Double => lesson.stages::<f64>()?,
    }
    let Lesson { frame, state: State { network, history, .. }, outcome, .. } = lesson;
    Ok(Course { frame, network, history, outcome })
}

/// Learning on its way.
struct Lesson<'a> {
    frame: Frame,
    latent: &'a LatentOrbits,
    /// A typical one.
    period: f64,
    options: &'a LearnOptions,
    state: State,
    fingerprint: &'a dyn Fn() -> u64,
    outcome: Outcome,
    observe: &'a mut dyn FnMut(&Moment<'_>) -> ControlFlow<()>,
}

impl Lesson<'_> {
    fn stages<E: Real>(&mut self) -> Result<(), Error> {
        self.first_stage::<E>()?;
        self.second_stage::<E>()
    }

    fn first_stage<E: Real>(&mut self) -> Result<(), Error> {
        let n_steps = (ADAM_SHARE * self.options.evaluations as f64 / BATCH as f64) as usize;
        let stream = Stream::new(self.options.seed, "adam");
        for step in self.state.done(Stage::Adam)..n_steps {
            if self.outcome == Outcome::Stopped {
                break;
            }
            let State { network, adam, .. } = &mut self.state;
            let passages = draw(self.latent, BLOCKS, 2.0 * self.period, &mut stream.fork(step as u64));
            let loss = adam.step::<E>(network, passages, (step, n_steps))?;
            self.note(Stage::Adam, step + 1, n_steps, loss);
        }
        Ok(())
    }

    fn second_stage<E: Real>(&mut self) -> Result<(), Error> {
        let blocks = plan(&self.state.network, (1.0 - ADAM_SHARE) * self.options.evaluations as f64);
        let n_steps = blocks.len();
        let stream = Stream::new(self.options.seed, "levenberg_marquardt");
        let mut method = LevenbergMarquardt::<E>::new(self.state.damping, self.state.next_layer);
        for (step, &blocks) in blocks.iter().enumerate().skip(self.state.done(Stage::LevenbergMarquardt)) {
            if self.outcome == Outcome::Stopped {
                break;
            }
            let longest = curriculum(step as f64 / n_steps as f64, self.period, self.latent.duration());
            let passages = draw(self.latent, blocks, longest, &mut stream.fork(step as u64));
            let loss = method.iterate(&mut self.state.network, passages)?;
            (self.state.damping, self.state.next_layer) = (method.damping, method.next_layer);
            self.note(Stage::LevenbergMarquardt, step + 1, n_steps, loss);
        }
        Ok(())
    }

    /// Notes a step, and shows it.
    fn note(&mut self, stage: Stage, step: usize, total: usize, loss: f64) {
        let progress = Progress { stage, step, total, loss };
        self.state.history.push(progress);
        let moment = Moment { progress, frame: &self.frame, state: &self.state, fingerprint: self.fingerprint };
        if (self.observe)(&moment).is_break() {
            self.outcome = Outcome::Stopped;
        }
    }
}

/// Refuses what cannot be learned from; returns the pairs.
fn check(orbits: &Ensemble, options: &LearnOptions) -> Result<Vec<Pair>, Error> {
    let dof = orbits.dof;
    let pairs = if options.pairs.is_empty() { vec![Pair::Oscillator; dof] } else { options.pairs.clone() };
    if pairs.len() != dof || dof == 0 {
        return Err(Error::PairCount { dof, pairs: pairs.len() });
    }
    check_orbits(orbits, dof)?;
    let needed = if options.degree.is_some_and(|degree| degree > 1) { FEWEST_ORBITS } else { 1 };
    if orbits.orbits.len() < needed {
        return Err(Error::TooFewOrbits { orbits: orbits.orbits.len(), needed });
    }
    if let Some(frame_orbits) = &options.frame_orbits {
        check_orbits(frame_orbits, dof)?;
    }
    if let Some(equilibrium) = &options.equilibrium {
        check_length("point of the equilibrium", &equilibrium.point, 2 * dof)?;
        check_length("Hessian of the equilibrium", &equilibrium.hessian, 4 * dof * dof)?;
    }
    if !options.energies.is_empty() {
        check_length("energies of the orbits", &options.energies, orbits.orbits.len())?;
        if let Some(orbit) = options.energies.iter().position(|energy| !energy.is_finite()) {
            return Err(Error::NotFinite { orbit, time: 0 });
        }
    }
    if !(1..=4096).contains(&options.width) {
        let found = options.width.to_string();
        return Err(Error::Option { option: "width", expected: "1 to 4096 shears", found });
    }
    if options.degree.is_some_and(|degree| !(1..=8).contains(&degree)) {
        let found = format!("{:?}", options.degree);
        return Err(Error::Option { option: "degree", expected: "1 to 8", found });
    }
    Ok(pairs)
}

fn check_orbits(orbits: &Ensemble, dof: usize) -> Result<(), Error> {
    if orbits.dof != dof {
        return Err(Error::Shape { what: "rows of the frame's orbits", expected: 2 * dof, found: 2 * orbits.dof });
    }
    let rising = 1 + orbits.t.windows(2).take_while(|pair| pair[0] < pair[1] && pair[1].is_finite()).count();
    if rising < FEWEST_TIMES || rising < orbits.t.len() {
        return Err(Error::TooFewTimes { times: rising, needed: FEWEST_TIMES.max(orbits.t.len()) });
    }
    for (orbit, rows) in orbits.orbits.iter().enumerate() {
        check_length("rows of an orbit", rows, orbits.t.len() * 2 * dof)?;
        if let Some(place) = rows.iter().position(|z| !z.is_finite()) {
            return Err(Error::NotFinite { orbit, time: place / (2 * dof) });
        }
    }
    Ok(())
}

fn check_length(what: &'static str, numbers: &[f64], expected: usize) -> Result<(), Error> {
    if numbers.len() == expected { Ok(()) } else { Err(Error::Shape { what, expected, found: numbers.len() }) }
}

/// The frame, the orbits seen in it, and how they turn there.
fn prepare(
    orbits: &Ensemble,
    pairs: &[Pair],
    options: &LearnOptions,
) -> Result<(Frame, LatentOrbits, Vec<Vec<Turn>>), Error> {
    let source = options.frame_orbits.as_ref().unwrap_or(orbits);
    let frame = find_frame(source, pairs, options.equilibrium.as_ref())?;
    let (frame, rows) = order_frozen(frame, orbits, pairs);
    let turns: Vec<Vec<Turn>> = about_their_centres(pairs, &rows).iter().map(|row| turns(pairs, row)).collect();
    check_separatrix(pairs, &turns)?;
    let rows: Vec<Vec<f64>> = rows.into_iter().map(|row| near_the_origin(pairs, row)).collect();
    let (dof, weights) = (pairs.len(), weights(pairs, &rows));
    Ok((
        frame,
        LatentOrbits { dof, t: orbits.t.clone(), rows, weights, energies: Vec::new(), members: Vec::new() },
        turns,
    ))
}

/// The same motion without the turns of circles and without where along a line an orbit begins: shears depend on neither,
/// and small numbers have more digits.
fn near_the_origin(pairs: &[Pair], mut row: Vec<f64>) -> Vec<f64> {
    for (k, pair) in pairs.iter().enumerate() {
        let first = row[k];
        for z in row.chunks_exact_mut(2 * pairs.len()) {
            match pair {
                Pair::Rotor => z[k] = wrap(z[k]),
                Pair::Free => z[k] -= first,
                Pair::Oscillator | Pair::Frozen => {}
            }
        }
    }
    row
}

fn in_frame(frame: &Frame, orbits: &Ensemble) -> Vec<Vec<f64>> {
    let dim = 2 * orbits.dof;
    let map = |orbit: &Vec<f64>| {
        let mut rows = vec![0.0; orbit.len()];
        orbit.chunks_exact(dim).zip(rows.chunks_exact_mut(dim)).for_each(|(z, zeta)| frame.to_latent(z, zeta));
        rows
    };
    orbits.orbits.iter().map(map).collect()
}

/// Gives the frozen pairs the planes that move least.
fn order_frozen(frame: Frame, orbits: &Ensemble, pairs: &[Pair]) -> (Frame, Vec<Vec<f64>>) {
    let n = pairs.len();
    let rows = in_frame(&frame, orbits);
    let places: Vec<usize> = (0..n).filter(|&k| matches!(pairs[k], Pair::Oscillator | Pair::Frozen)).collect();
    if !pairs.contains(&Pair::Frozen) {
        return (frame, rows);
    }
    let as_planes = vec![Pair::Oscillator; n];
    let advance = |k: usize| rows.iter().map(|row| turns(&as_planes, row)[k].advance.abs()).sum::<f64>();
    let mut planes: Vec<(f64, usize)> = places.iter().map(|&k| (advance(k), k)).collect();
    planes.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut targets = places.clone();
    targets.sort_by_key(|&k| pairs[k] == Pair::Frozen);
    let mut from_latent = frame.from_latent.clone();
    for (&(_, plane), &place) in planes.iter().zip(&targets) {
        for row in 0..2 * n {
            for half in [0, n] {
                from_latent[row * 2 * n + place + half] = frame.from_latent[row * 2 * n + plane + half];
            }
        }
    }
    let frame = Frame::new(n, frame.centre, from_latent, frame.scale);
    let rows = in_frame(&frame, orbits);
    (frame, rows)
}

/// One over the size of each orbit, so that errors count relative to it; tiny orbits count less than that.
fn weights(pairs: &[Pair], rows: &[Vec<f64>]) -> Vec<f64> {
    let n = pairs.len();
    let bounded = |i: usize| i >= n || matches!(pairs[i], Pair::Oscillator | Pair::Frozen);
    let size = |row: &Vec<f64>| {
        let square: f64 =
            row.chunks_exact(2 * n).flat_map(|z| (0..2 * n).filter(|&i| bounded(i)).map(|i| z[i] * z[i])).sum();
        (square / (row.len() / (2 * n)) as f64).sqrt()
    };
    let sizes: Vec<f64> = rows.iter().map(size).collect();
    let mut sorted = sizes.clone();
    sorted.sort_by(f64::total_cmp);
    let typical = sorted[sorted.len() / 2].max(f64::MIN_POSITIVE);
    sizes.iter().map(|size| typical / size.max(0.3 * typical)).collect()
}

/// Energies in units of the frame, weighted so that an error counts as the displacement from one torus to another that
/// it stands for: dH = omega dI = omega |z| d|z|, in latent units where |z| is about one, over that size once more as
/// all residuals are.
fn energies(frame: &Frame, latent: &LatentOrbits, period: f64, options: &LearnOptions) -> Vec<(f64, f64)> {
    let energies = options.energies.iter().zip(&latent.weights);
    energies.map(|(energy, weight)| (energy / frame.scale, weight * weight * period / TAU)).collect()
}

/// The network before training: nearly the identity, h from the orbits' mean rates.
fn first_network(pairs: &[Pair], latent: &LatentOrbits, turns: &[Vec<Turn>], options: &LearnOptions) -> Network {
    let n_moving = pairs.iter().filter(|pair| pair.moves()).count();
    let mut h = Polynomial::zero(n_moving, options.degree.unwrap_or_else(|| default_degree(n_moving, turns.len())));
    fit_frequencies(pairs, turns, latent.duration(), &mut h);
    if !latent.energies.is_empty() {
        let gap = |(turns, (energy, _)): (&Vec<Turn>, &(f64, f64))| {
            let actions = pairs.iter().zip(turns).filter(|(pair, _)| pair.moves()).map(|(_, turn)| turn.action);
            energy - h.value(&actions.collect::<Vec<f64>>())
        };
        let gaps: f64 = turns.iter().zip(&latent.energies).map(gap).sum();
        h = h.with_constant(gaps / turns.len() as f64);
    }
    let dim = 2 * pairs.len();
    let mean_square = |i: usize| {
        let series = latent.rows.iter().flat_map(|row| row.iter().skip(i).step_by(dim));
        let (sum, count) = series.fold((0.0, 0.0), |(sum, count), z| (sum + z * z, count + 1.0));
        sum / count
    };
    let sizes: Vec<f64> = (0..dim).map(|i| mean_square(i).sqrt()).collect();
    let mut network = Network::random(pairs, h, options.width, &sizes, &mut Stream::new(options.seed, "network"));
    let (n_parameters, n_values) = (latent.members[0].mu.len(), fewest_values(&latent.members));
    network.family = Dependence::random(n_parameters, n_values, &network, &mut Stream::new(options.seed, "dependence"));
    network
}

/// The highest degree, up to five, with at most 150 monomials; at least two, unless few orbits leave only one.
fn default_degree(n_actions: usize, n_orbits: usize) -> u32 {
    if n_orbits < FEWEST_ORBITS {
        return 1;
    }
    (2..=5).rev().find(|&degree| Polynomial::zero(n_actions, degree).exponents.len() <= 150).unwrap_or(2)
}

/// The median period over orbits and turning pairs; the orbits' duration where nothing turns.
fn typical_period(pairs: &[Pair], turns: &[Vec<Turn>], duration: f64) -> f64 {
    let turning = |k: &usize| matches!(pairs[*k], Pair::Oscillator | Pair::Rotor);
    let rates =
        turns.iter().flat_map(|orbit| (0..pairs.len()).filter(turning).map(|k| orbit[k].advance.abs() / duration));
    let mut rates: Vec<f64> = rates.collect();
    rates.sort_by(f64::total_cmp);
    match rates.get(rates.len() / 2) {
        Some(&rate) if rate > 0.0 => TAU / rate,
        _ => duration,
    }
}

/// Blocks of passages of every curvature step, a few hundred passages at least.
///
/// Four residuals per parameter moved make the most of a budget while residuals fall; what is left in them at the end,
/// noise or what the network cannot express, would be fitted by chance to so few, so the last steps take more and more.
fn plan(network: &Network, budget: f64) -> Vec<usize> {
    let moved = network.n_parameters().min(crate::levenberg_marquardt::BLOCK_PARAMETERS);
    let steps = [(0.7, 4), (0.2, 16), (0.1, 64)].map(|(share, residuals_per_parameter)| {
        let blocks = (residuals_per_parameter * moved).div_ceil(2 * network.pairs.len() * LANES).clamp(8, 1024);
        vec![blocks; (share * budget / (blocks * LANES) as f64) as usize]
    });
    steps.concat()
}

/// The longest time of a passage: from two periods to the whole orbit over the first third of the stage.
fn curriculum(done: f64, period: f64, duration: f64) -> f64 {
    let first = (2.0 * period).min(duration);
    let rise = (3.0 * done).min(1.0);
    first * libm::pow(duration / first, rise)
}
