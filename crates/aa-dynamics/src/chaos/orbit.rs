//! One orbit with its deviation vectors.

use aa_kernel::Kernel;

use super::ChaosOptions;
use super::frame::{Frame, norm, orthonormalise};
use super::growth::{Growth, across};
use super::label::{Evidence, OrbitState};
use super::watch::{Reading, Watch};
use crate::flow::taylor::{Place, Rider};
use crate::flow::{energy_error, farthest};
use crate::random::Stream;
use crate::tangent::deviating_first;
use crate::{Error, Hamiltonian, Outcome};

/// Steps between two renewals of the deviation vectors: about one oscillation at full accuracy, in which even strong
/// chaos grows them by a factor far from overflow.
const STEPS_BETWEEN: u32 = 16;

/// The relative error of areas between two renewals that is too much: Lyapunov exponents feel it in the eighth digit.
pub(super) const AREA_ERROR: f64 = 1e-8;

/// What was measured along one orbit.
#[derive(Clone, Debug, PartialEq)]
pub struct OrbitChaos {
    /// Where it started, q then p.
    pub initial: Vec<f64>,
    /// What it looks like.
    pub state: OrbitState,
    /// The largest Lyapunov exponent, per unit time.
    pub lyapunov: f64,
    /// The times between which it was measured: from the crossing on, where that is at least as long as before it.
    pub window: [f64; 2],
    /// The alignment index at the end of the window.
    pub sali: f64,
    /// When the index crossed the threshold.
    pub crossing_time: Option<f64>,
    /// How exponent and index came about, in even steps of ln t, until the label was settled.
    pub history: Vec<Reading>,
    /// All Lyapunov exponents over the whole time, per unit time, from the largest down; they are known to about
    /// ln(t)/t. None where not asked for or the orbit has escaped; the same below.
    pub spectrum: Option<Vec<f64>>,
    /// GALI_2 and on.
    pub gali: Vec<Gali>,
    /// MEGNO at the end (Cincotta and Simo, Astron. Astrophys. Suppl. 147, 2000): 2 on a torus, 0 at a stable
    /// isochronous motion, half the exponent times t in chaos. Integrated by the trapezoidal rule over the steps.
    pub megno: Option<f64>,
    /// Its mean over time.
    pub mean_megno: Option<f64>,
    /// The fast Lyapunov indicator: the largest ln |w| up to the end (Froeschle, Lega and Gonczi, Celest. Mech. Dyn.
    /// Astron. 67, 1997), of the first deviation vector, at the steps.
    pub fli: Option<f64>,
    /// The same of the part of w orthogonal to the flow (Fouchard et al., Celest. Mech. Dyn. Astron. 83, 2002); none
    /// for driven systems, where neighbours are compared at the same time.
    pub ofli: Option<f64>,
    /// When the orbit ended.
    pub t: f64,
    /// How it ended.
    pub outcome: Outcome,
    /// The relative deviation of the energy at the end from that at the start.
    pub energy_error: f64,
    /// Where the deviation vectors could not be followed to eight digits even at steps of their own choice: how far the
    /// symplectic area of two of them, which the flow keeps, went off between two renewals, relative to their lengths. All
    /// that is read from them is no better than that.
    pub blur: Option<f64>,
}

/// GALI_k: the volume that k unit deviation vectors span (Skokos, Bountis and Antonopoulos, Physica D 231, 2007).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gali {
    /// How many vectors.
    pub k: usize,
    /// The volume at the end, or at the crossing of the threshold, where it is not followed any further.
    pub value: f64,
    /// When it crossed the threshold.
    pub crossing_time: Option<f64>,
}

/// What all orbits of a system have in common.
pub(super) struct Shared<'a> {
    options: &'a ChaosOptions,
    energy: Kernel,
    /// The equations of motion, where the direction of the flow is needed.
    flow: Option<Kernel>,
    dof: usize,
    is_driven: bool,
    /// Whether the variables that deviate are canonical pairs, whose areas the flow keeps.
    has_areas: bool,
    /// Places of the variables that deviate, then of the others.
    places: Vec<usize>,
    n_deviating: usize,
    n_vectors: usize,
}

impl<'a> Shared<'a> {
    pub(super) fn new(system: &Hamiltonian, options: &'a ChaosOptions) -> Result<Self, Error> {
        let symbols = system.space().symbols();
        let (places, n_deviating) = deviating_first(system);
        let asked = options.indicators;
        let n_vectors = if asked.spectrum { n_deviating } else { asked.gali.clamp(2, n_deviating) };
        let flow = (asked.fli && !system.is_driven()).then(|| Kernel::new(&symbols, &system.rates())).transpose()?;
        let energy = Kernel::new(&symbols, &[system.energy().clone()])?;
        Ok(Shared {
            options,
            energy,
            flow,
            dof: system.dof(),
            is_driven: system.is_driven(),
            has_areas: system.space().structure().is_none(),
            places,
            n_deviating,
            n_vectors,
        })
    }

    pub(super) fn n_vectors(&self) -> usize {
        self.n_vectors
    }

    pub(super) fn n_deviating(&self) -> usize {
        self.n_deviating
    }

    /// Whether the growth is booked at every step, and not only where the vectors are renewed.
    fn is_fine(&self) -> bool {
        self.options.indicators.megno || self.options.indicators.fli
    }

    /// Whether something is asked for that belongs to the whole time.
    fn is_to_the_end(&self) -> bool {
        self.options.indicators.spectrum || self.is_fine()
    }

    /// The symplectic area of each two deviation vectors, which the tangent flow keeps.
    fn areas(&self, vectors: &[Vec<f64>]) -> Vec<f64> {
        let area = |v: &[f64], w: &[f64]| -> f64 {
            let n = v.len() / 2;
            (0..n).map(|i| v[i] * w[n + i] - v[n + i] * w[i]).sum()
        };
        let pairs = (0..if self.has_areas { vectors.len() } else { 0 }).flat_map(|j| (0..j).map(move |i| (i, j)));
        pairs.map(|(i, j)| area(&vectors[i], &vectors[j])).collect()
    }

    /// How far the energy is off at the end, relative to it; of a driven system H + pt, relative to the larger |H|.
    fn energy_error(&self, start: &[f64], end: &[f64]) -> f64 {
        let [before, after] = [start, end].map(|point| self.energy.at(point)[0]);
        match (self.is_driven, start.last(), end.last()) {
            (true, Some(first), Some(last)) => {
                let largest = (before - first).abs().max((after - last).abs());
                (after - before).abs() / if largest > 0.0 { largest } else { 1.0 }
            }
            _ => energy_error(before, after),
        }
    }

    fn vector(&self, place: &Place<'_>, v: usize) -> Vec<f64> {
        place.read((v + 1) * self.n_deviating..(v + 2) * self.n_deviating)
    }

    /// The point in the order of the system.
    fn point(&self, place: &Place<'_>) -> Vec<f64> {
        let mut point = vec![0.0; self.places.len()];
        for (i, &at) in self.places.iter().enumerate() {
            let vectors = if i < self.n_deviating { 0 } else { self.n_vectors * self.n_deviating };
            point[at] = place.get(i + vectors);
        }
        point
    }
}

pub(super) struct TangentRider<'a> {
    point: &'a [f64],
    shared: &'a Shared<'a>,
    bound: f64,
    start: Vec<f64>,
    frame: Frame,
    /// The areas of the vectors where they were renewed last, and how far these have drifted, relative to the lengths.
    areas: Vec<f64>,
    area_error: f64,
    /// Steps since the last renewal, where every step is seen.
    n_since: u32,
    watch: Watch,
    gali: Vec<Gali>,
    growth: Growth,
    t: f64,
    outcome: Outcome,
    energy_error: f64,
}

impl<'a> TangentRider<'a> {
    pub(super) fn new(system: &Hamiltonian, point: &'a [f64], shared: &'a Shared<'a>, stream: Stream) -> Self {
        let (deviating, fixed) = shared.places.split_at(shared.n_deviating);
        let of = |places: &[usize]| places.iter().map(|&i| point[i]).collect::<Vec<f64>>();
        let vectors = deviation_vectors(shared.n_vectors, shared.n_deviating, stream);
        let n_gali = shared.options.indicators.gali.min(shared.n_deviating);
        TangentRider {
            point,
            shared,
            bound: farthest(system, point, shared.options.bound),
            areas: shared.areas(&vectors),
            area_error: 0.0,
            start: [of(deviating), vectors.concat(), of(fixed)].concat(),
            frame: Frame::new(shared.n_vectors),
            n_since: 0,
            watch: Watch::new(shared.options.threshold),
            gali: (2..=n_gali).map(|k| Gali { k, value: 1.0, crossing_time: None }).collect(),
            growth: Growth::default(),
            t: 0.0,
            outcome: Outcome::Finished,
            energy_error: 0.0,
        }
    }

    pub(super) fn into_result(self) -> OrbitChaos {
        let asked = self.shared.options.indicators;
        let is_finished = self.outcome.is_finished();
        let megno = (asked.megno && is_finished).then_some(self.growth);
        let fli = (asked.fli && is_finished).then_some(self.growth);
        OrbitChaos {
            initial: self.point.to_vec(),
            state: self.evidence().label(),
            blur: self.blur(),
            lyapunov: self.watch.lyapunov(),
            window: self.watch.window(),
            sali: self.watch.sali(),
            crossing_time: self.watch.crossing_time(),
            history: self.watch.readings(),
            spectrum: (asked.spectrum && is_finished).then(|| self.spectrum()),
            gali: self.gali,
            megno: megno.map(|growth| growth.megno()),
            mean_megno: megno.map(|growth| growth.mean_megno()),
            fli: fli.map(|growth| growth.fli()),
            ofli: fli.filter(|_| self.shared.flow.is_some()).map(|growth| growth.ofli()),
            t: self.t,
            outcome: self.outcome,
            energy_error: self.energy_error,
        }
    }

    fn evidence(&self) -> Evidence {
        Evidence {
            outcome: self.outcome,
            dof: self.shared.dof,
            has_crossed: self.watch.crossing_time().is_some(),
            is_exponential: self.watch.is_exponential(),
            is_half_way: self.watch.is_half_way(),
            is_unstable: self.watch.is_unstable(),
        }
    }

    fn spectrum(&self) -> Vec<f64> {
        let mut exponents: Vec<f64> = self.frame.logs.iter().map(|log| log / self.t).collect();
        exponents.sort_by(|a, b| b.total_cmp(a));
        exponents
    }

    /// Makes the vectors orthonormal and reads what they tell; the new ones.
    fn renew(&mut self, t: f64, place: &Place<'_>) -> Vec<Vec<f64>> {
        let mut vectors: Vec<Vec<f64>> = (0..self.shared.n_vectors).map(|v| self.shared.vector(place, v)).collect();
        self.see_areas(&vectors);
        self.frame.renew(&mut vectors);
        self.areas = self.shared.areas(&vectors);
        self.n_since = 0;
        self.watch.see(t, self.frame.logs[0], self.frame.ln_sali());
        for gali in self.gali.iter_mut().filter(|gali| gali.crossing_time.is_none()) {
            gali.value = libm::exp(self.frame.ln_gali(gali.k));
            gali.crossing_time = (gali.value < self.shared.options.threshold).then_some(t);
        }
        vectors
    }

    /// Books how far the areas have drifted since the vectors were renewed.
    fn see_areas(&mut self, vectors: &[Vec<f64>]) {
        let lengths: Vec<f64> = vectors.iter().map(|vector| norm(vector)).collect();
        let pairs = (0..lengths.len()).flat_map(|j| (0..j).map(move |i| (i, j)));
        for (((i, j), before), after) in pairs.zip(&self.areas).zip(self.shared.areas(vectors)) {
            let error = (after - before).abs() / (lengths[i] * lengths[j]);
            self.area_error = if error.is_nan() { f64::INFINITY } else { self.area_error.max(error) };
        }
    }

    /// The error of areas, where the steps were too long for the deviations.
    pub(super) fn blur(&self) -> Option<f64> {
        let most = AREA_ERROR.max(1e3 * self.shared.options.tolerance);
        (self.outcome.is_finished() && self.area_error > most).then_some(self.area_error)
    }

    /// Books the growth of the first vector at a step.
    fn book(&mut self, t: f64, place: &Place<'_>) {
        let vector = self.shared.vector(place, 0);
        let so_far = self.frame.logs[0];
        let log = so_far + libm::log(norm(&vector));
        let beside = self.shared.flow.as_ref().map(|flow| across(vector, flow.at(&self.shared.point(place))));
        self.growth.book(t, log, beside.map_or(log, |length| so_far + libm::log(length)));
    }

    fn has_all(&self) -> bool {
        let has_fallen = self.gali.iter().all(|gali| gali.crossing_time.is_some());
        !self.shared.is_to_the_end() && has_fallen && self.watch.is_settled()
    }
}

impl Rider for TangentRider<'_> {
    fn start(&self) -> Vec<f64> {
        self.start.clone()
    }

    fn until(&self) -> f64 {
        self.shared.options.t
    }

    fn bound(&self) -> f64 {
        self.bound
    }

    fn stride(&self) -> u32 {
        if self.shared.is_fine() { 1 } else { STEPS_BETWEEN }
    }

    fn arrive(&mut self, t: f64, place: &mut Place<'_>) -> Option<Outcome> {
        self.n_since += self.stride();
        if self.shared.is_fine() {
            self.book(t, place);
        }
        if self.n_since >= STEPS_BETWEEN {
            let vectors = self.renew(t, place).concat();
            let from = self.shared.n_deviating;
            vectors.into_iter().enumerate().for_each(|(i, x)| place.set(from + i, x));
        }
        self.has_all().then_some(Outcome::Finished)
    }

    fn end(&mut self, outcome: Outcome, t: f64, place: &Place<'_>) {
        (self.outcome, self.t) = (outcome, t);
        if outcome.is_finished() && self.n_since > 0 {
            self.renew(t, place);
        }
        self.energy_error = self.shared.energy_error(self.point, &self.shared.point(place));
    }
}

/// Random orthonormal vectors; the first do not depend on how many there are.
fn deviation_vectors(n: usize, dim: usize, mut stream: Stream) -> Vec<Vec<f64>> {
    let mut vectors: Vec<Vec<f64>> = (0..n).map(|_| (0..dim).map(|_| stream.normal()).collect()).collect();
    orthonormalise(&mut vectors);
    vectors
}
