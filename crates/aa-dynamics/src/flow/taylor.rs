//! The Taylor integrator: near machine precision, dense output, several orbits side by side.
//!
//! Each step expands the solution in powers of time and sums the series. Choose it for accuracy better than about
//! 1e-7; for exactly symplectic maps see [`crate::integrator`].
//!
//! Orbits ride in lanes. Each lane has its own time and step, and takes the next orbit of the queue when its own has
//! ended, so that an orbit's bits depend neither on its neighbours nor on the number of threads.

use std::sync::{Mutex, PoisonError};

use aa_kernel::{JetKernel, Jets, Lanes};
use aa_symbolic::Expr;
use rayon::prelude::*;

use super::step_size::{order_for, safety, step_sizes};
use crate::{Error, Outcome};

/// Orbits side by side in one workspace.
pub const LANES: usize = 8;

/// Steps per orbit before it is given up as stalled.
pub const MAX_STEPS: u64 = 50_000_000;

/// An orbit on its way, and what is measured along it.
pub trait Rider: Send {
    /// Where the orbit starts, at time 0.
    fn start(&self) -> Vec<f64>;

    /// When it ends.
    fn until(&self) -> f64;

    /// How far the fenced variables may go; the orbit has escaped beyond.
    fn bound(&self) -> f64 {
        f64::INFINITY
    }

    /// The next time it wants to see the step through; steps that end before are not shown to it.
    fn due(&self) -> f64 {
        f64::INFINITY
    }

    /// Sees a step before it is made: the series at its beginning gives every point of it.
    fn along(&mut self, _step: &Step<'_>) {}

    /// Steps between two arrivals. The end of the orbit is one in any case.
    fn stride(&self) -> u32 {
        u32::MAX
    }

    /// Sees, and may change, the point that every `stride`-th step and the last one has reached; an outcome ends the
    /// orbit.
    fn arrive(&mut self, _t: f64, _place: &mut Place<'_>) -> Option<Outcome> {
        None
    }

    /// Is told how the orbit ended, also where the integrator ended it.
    fn end(&mut self, outcome: Outcome, t: f64, place: &Place<'_>);
}

/// One step of one orbit, as power series.
pub struct Step<'a> {
    clock: Clock,
    /// The length of the step.
    pub h: f64,
    jets: &'a Jets<LANES>,
    lane: usize,
}

impl Step<'_> {
    /// How long after the beginning of the step the time `t` is; exact where `t` is near.
    pub fn offset(&self, t: f64) -> f64 {
        self.clock.until(t)
    }

    /// The time at `offset` after the beginning of the step.
    pub fn time(&self, offset: f64) -> f64 {
        self.clock.t + (self.clock.rest + offset)
    }

    /// The coefficients of variable `component` in powers of the offset.
    pub fn coefficients(&self, component: usize) -> impl Iterator<Item = f64> {
        self.jets.coefficients(component).iter().map(|lanes| lanes.0[self.lane])
    }

    /// Variable `component` at `offset` after the beginning of the step, 0 to `h`.
    pub fn at(&self, component: usize, offset: f64) -> f64 {
        self.jets.value_after(component, self.lane, offset)
    }
}

/// The present point of one orbit.
pub struct Place<'a> {
    jets: &'a mut Jets<LANES>,
    lane: usize,
}

impl Place<'_> {
    /// Variable `component`.
    pub fn get(&self, component: usize) -> f64 {
        self.jets.get(component, self.lane)
    }

    /// Moves variable `component`.
    pub fn set(&mut self, component: usize, value: f64) {
        self.jets.set(component, self.lane, value);
    }

    /// Variables `range`.
    pub fn read(&self, range: std::ops::Range<usize>) -> Vec<f64> {
        range.map(|component| self.get(component)).collect()
    }
}

/// Time as a sum of two doubles, so that a million steps do not blur it.
#[derive(Clone, Copy, Debug, Default)]
struct Clock {
    t: f64,
    rest: f64,
}

impl Clock {
    fn advance(&mut self, h: f64) {
        let h = h + self.rest;
        let sum = self.t + h;
        // The rounding error of the sum (Knuth's two-sum).
        let shadow = sum - self.t;
        self.rest = (self.t - (sum - shadow)) + (h - shadow);
        self.t = sum;
    }

    fn until(&self, t: f64) -> f64 {
        (t - self.t) - self.rest
    }
}

/// The Taylor integrator of one vector field.
#[derive(Clone, Debug)]
pub struct Taylor {
    kernel: JetKernel,
    n_steering: usize,
}

impl Taylor {
    /// The integrator of `state' = rates` with local error `tolerance` relative to the largest of the first
    /// `n_steering` variables, which alone choose the steps.
    ///
    /// # Errors
    /// A tolerance that is not in (0, 1), equations that do not match the variables, or more variables to steer by than there are.
    pub fn new(state: &[Expr], rates: &[Expr], n_steering: usize, tolerance: f64) -> Result<Taylor, Error> {
        if !(tolerance > 0.0 && tolerance < 1.0) {
            return Err(Error::BadTolerance { tolerance });
        }
        let kernel = JetKernel::new(state, rates, order_for(tolerance))?.watching(n_steering, Vec::new())?;
        Ok(Taylor { kernel, n_steering })
    }

    /// The same integrator, which watches how far the variables `components` go.
    ///
    /// # Errors
    /// A variable that is not there.
    pub fn fenced(self, components: Vec<usize>) -> Result<Taylor, Error> {
        Ok(Taylor { kernel: self.kernel.watching(self.n_steering, components)?, ..self })
    }

    /// The same integrator on another instruction set; the results differ by roundings.
    pub fn with_isa(self, isa: aa_kernel::Isa) -> Taylor {
        Taylor { kernel: self.kernel.with_isa(isa), ..self }
    }

    /// The order of the series.
    pub fn order(&self) -> usize {
        self.kernel.order()
    }

    /// Follows every rider to its end, on the threads of the current pool. Riders come back in their order.
    pub fn carry<R: Rider>(&self, riders: Vec<R>) -> Vec<R> {
        let n_workers = rayon::current_num_threads().min(riders.len().div_ceil(LANES)).max(1);
        let queue = Mutex::new(riders.into_iter().enumerate());
        let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
        let mut arrived: Vec<(usize, R)> = (0..n_workers).into_par_iter().flat_map_iter(|_| self.work(next)).collect();
        arrived.sort_by_key(|(index, _)| *index);
        arrived.into_iter().map(|(_, rider)| rider).collect()
    }

    /// Carries riders in the lanes of one workspace until nobody is left to board.
    fn work<R: Rider>(&self, next: impl Fn() -> Option<(usize, R)>) -> Vec<(usize, R)> {
        let mut jets: Jets<LANES> = self.kernel.jets();
        let mut deck = Deck::new();
        let mut arrived = Vec::new();
        let safety = safety(self.order());
        loop {
            if !deck.board(&next, &mut jets) {
                return arrived;
            }
            self.kernel.expand(&mut jets);
            deck.depart(&step_sizes(&jets, safety), &jets);
            jets.advance(&Lanes(deck.h));
            if deck.is_smooth(jets.watched()) {
                continue;
            }
            for lane in 0..LANES {
                arrived.extend(deck.attend(lane, &mut jets));
            }
            deck.find_first_stop();
        }
    }
}

/// The riders in their lanes, and what must be known of each at every step: in arrays, so that a step costs little.
struct Deck<R> {
    riders: [Option<(usize, R)>; LANES],
    clock: [Clock; LANES],
    until: [f64; LANES],
    due: [f64; LANES],
    bound: [f64; LANES],
    stride: [u64; LANES],
    /// Steps of the deck when a lane was taken, and when its rider wants to look next.
    boarded: [u64; LANES],
    next_stop: [u64; LANES],
    /// The earliest of the next stops.
    first_stop: u64,
    /// Steps of the deck.
    n_steps: u64,
    /// The step being made, and when it began.
    h: [f64; LANES],
    before: [f64; LANES],
    is_last: [bool; LANES],
    has_vacancies: bool,
}

impl<R: Rider> Deck<R> {
    fn new() -> Deck<R> {
        Deck {
            riders: std::array::from_fn(|_| None),
            clock: [Clock::default(); LANES],
            until: [f64::INFINITY; LANES],
            due: [f64::INFINITY; LANES],
            bound: [f64::INFINITY; LANES],
            stride: [1; LANES],
            boarded: [0; LANES],
            next_stop: [u64::MAX; LANES],
            first_stop: u64::MAX,
            n_steps: 0,
            h: [0.0; LANES],
            before: [0.0; LANES],
            is_last: [false; LANES],
            has_vacancies: true,
        }
    }

    /// Fills empty lanes; whether any is taken.
    fn board(&mut self, next: impl Fn() -> Option<(usize, R)>, jets: &mut Jets<LANES>) -> bool {
        if !std::mem::take(&mut self.has_vacancies) {
            return true;
        }
        for lane in 0..LANES {
            if self.riders[lane].is_none() {
                self.riders[lane] = next();
                self.seat(lane, jets);
            }
        }
        self.find_first_stop();
        self.riders.iter().any(Option::is_some)
    }

    /// An empty lane goes on with what it has, or, before anybody sat there, with the point of its neighbour, and nothing comes of it.
    fn seat(&mut self, lane: usize, jets: &mut Jets<LANES>) {
        let Some((_, rider)) = &self.riders[lane] else {
            if self.boarded[lane] == 0 && lane > 0 {
                (0..jets.n_state()).for_each(|component| jets.set(component, lane, jets.get(component, lane - 1)));
            }
            (self.until[lane], self.due[lane], self.bound[lane]) = (f64::INFINITY, f64::INFINITY, f64::INFINITY);
            return self.plan_stop(lane);
        };
        for (component, value) in rider.start().into_iter().enumerate() {
            jets.set(component, lane, value);
        }
        self.clock[lane] = Clock::default();
        self.boarded[lane] = self.n_steps;
        self.until[lane] = rider.until();
        self.due[lane] = rider.due();
        self.bound[lane] = rider.bound();
        self.stride[lane] = u64::from(rider.stride());
        self.plan_stop(lane);
    }

    /// When the rider looks next, or has made too many steps.
    fn plan_stop(&mut self, lane: usize) {
        let stop = (self.n_steps + self.stride[lane]).min(self.boarded[lane] + MAX_STEPS);
        self.next_stop[lane] = if self.riders[lane].is_some() { stop } else { u64::MAX };
    }

    fn find_first_stop(&mut self) {
        self.first_stop = self.next_stop.into_iter().fold(u64::MAX, u64::min);
    }

    /// The steps that will be made: none beyond the end. Riders that wait for a time within theirs see them.
    fn depart(&mut self, h: &[f64; LANES], jets: &Jets<LANES>) {
        let mut is_awaited = false;
        for (lane, &h) in h.iter().enumerate() {
            let left = self.clock[lane].until(self.until[lane]);
            self.is_last[lane] = h >= left;
            self.h[lane] = if self.is_last[lane] { left } else { h };
            is_awaited |= self.clock[lane].until(self.due[lane]) <= self.h[lane];
        }
        for lane in (0..LANES).filter(|_| is_awaited) {
            if self.clock[lane].until(self.due[lane]) <= self.h[lane] {
                self.show(lane, jets);
            }
        }
    }

    fn show(&mut self, lane: usize, jets: &Jets<LANES>) {
        let Some((_, rider)) = &mut self.riders[lane] else { return };
        rider.along(&Step { clock: self.clock[lane], h: self.h[lane], jets, lane });
        self.due[lane] = rider.due();
    }

    /// Moves the clocks; whether all orbits just go on.
    fn is_smooth(&mut self, [strays, farthest]: [&Lanes<LANES>; 2]) -> bool {
        self.n_steps += 1;
        let mut is_smooth = true;
        for lane in 0..LANES {
            self.before[lane] = self.clock[lane].t;
            self.clock[lane].advance(self.h[lane]);
            is_smooth &= self.moves(lane) & !self.is_last[lane];
            is_smooth &= (strays.0[lane] == 0.0) & (farthest.0[lane] <= self.bound[lane]);
        }
        is_smooth && self.n_steps < self.first_stop
    }

    /// Whether the step was long enough for time to move on: below a few roundings of it nothing does.
    fn moves(&self, lane: usize) -> bool {
        (self.h[lane] > 8.0 * f64::EPSILON * self.before[lane]) & (self.h[lane] < f64::INFINITY)
    }

    /// What the integrator itself ends an orbit for.
    fn stopped(&self, lane: usize, jets: &Jets<LANES>) -> Option<Outcome> {
        let [strays, farthest] = jets.watched();
        let before = self.before[lane];
        if strays.0[lane] != 0.0 || !self.h[lane].is_finite() {
            return Some(Outcome::NotFinite { t: before });
        }
        let is_short = !self.moves(lane) && !self.is_last[lane];
        if is_short || self.n_steps - self.boarded[lane] >= MAX_STEPS {
            return Some(Outcome::Stalled { t: before });
        }
        (farthest.0[lane] > self.bound[lane]).then_some(Outcome::Escaped { t: self.clock[lane].t })
    }

    /// Lets a rider look where it wants to, and gives it back if its orbit has ended.
    fn attend(&mut self, lane: usize, jets: &mut Jets<LANES>) -> Option<(usize, R)> {
        let stopped = self.stopped(lane, jets);
        if stopped.is_none() && !self.is_last[lane] && self.n_steps < self.next_stop[lane] {
            return None;
        }
        self.plan_stop(lane);
        let (_, rider) = self.riders[lane].as_mut()?;
        let t = self.clock[lane].t;
        let mut place = Place { jets, lane };
        let outcome = stopped.or_else(|| rider.arrive(t, &mut place));
        let outcome = outcome.or(self.is_last[lane].then_some(Outcome::Finished))?;
        rider.end(outcome, t, &place);
        self.has_vacancies = true;
        self.riders[lane].take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_keeps_what_rounding_would_lose() {
        let mut clock = Clock::default();
        (0..1_000_000).for_each(|_| clock.advance(0.1));
        // 0.1 as a double, a million times, is 1e5 + 5.55e-12.
        assert!((clock.until(1e5) + 5.551_115_123_125_783e-12).abs() < 1e-15);
    }
}
