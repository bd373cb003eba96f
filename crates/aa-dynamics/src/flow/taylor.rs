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

    /// Steps between two arrivals.
    fn stride(&self) -> u32 {
        1
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
    fenced: Vec<usize>,
}

impl Taylor {
    /// The integrator of `state' = rates` with local error `tolerance` relative to the largest of the first
    /// `n_steering` variables, which alone choose the steps.
    ///
    /// # Errors
    /// A tolerance that is not in (0, 1), or equations that do not match the variables.
    pub fn new(state: &[Expr], rates: &[Expr], n_steering: usize, tolerance: f64) -> Result<Taylor, Error> {
        if !(tolerance > 0.0 && tolerance < 1.0) {
            return Err(Error::BadTolerance { tolerance });
        }
        let kernel = JetKernel::new(state, rates, order_for(tolerance))?;
        Ok(Taylor { kernel, n_steering: n_steering.min(state.len()), fenced: Vec::new() })
    }

    /// The same integrator, which watches how far the variables `components` go.
    pub fn fenced(self, components: Vec<usize>) -> Taylor {
        Taylor { fenced: components, ..self }
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
            if deck.board(&next, &mut jets) == 0 {
                return arrived;
            }
            self.kernel.expand(&mut jets);
            let h = step_sizes(&jets, self.n_steering, safety);
            deck.depart(&h, &jets);
            jets.advance(&Lanes(deck.h));
            deck.arrive(&jets.watch(self.n_steering, &self.fenced));
            for lane in 0..LANES {
                if deck.wants_attention(lane) {
                    arrived.extend(deck.attend(lane, &mut jets));
                }
            }
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
    next_stop: [u64; LANES],
    n_steps: [u64; LANES],
    h: [f64; LANES],
    is_last: [bool; LANES],
    /// What the integrator itself ends an orbit for.
    stopped: [Option<Outcome>; LANES],
}

impl<R: Rider> Deck<R> {
    fn new() -> Deck<R> {
        Deck {
            riders: std::array::from_fn(|_| None),
            clock: [Clock::default(); LANES],
            until: [0.0; LANES],
            due: [f64::INFINITY; LANES],
            bound: [f64::INFINITY; LANES],
            stride: [1; LANES],
            next_stop: [0; LANES],
            n_steps: [0; LANES],
            h: [0.0; LANES],
            is_last: [false; LANES],
            stopped: [None; LANES],
        }
    }

    /// Fills empty lanes; how many are taken.
    fn board(&mut self, next: impl Fn() -> Option<(usize, R)>, jets: &mut Jets<LANES>) -> usize {
        for lane in 0..LANES {
            if self.riders[lane].is_none() {
                self.riders[lane] = next();
                self.seat(lane, jets);
            }
        }
        self.riders.iter().flatten().count()
    }

    fn seat(&mut self, lane: usize, jets: &mut Jets<LANES>) {
        let Some((_, rider)) = &self.riders[lane] else { return };
        for (component, value) in rider.start().into_iter().enumerate() {
            jets.set(component, lane, value);
        }
        self.clock[lane] = Clock::default();
        self.n_steps[lane] = 0;
        self.until[lane] = rider.until();
        self.due[lane] = rider.due();
        self.bound[lane] = rider.bound();
        self.stride[lane] = u64::from(rider.stride());
        self.next_stop[lane] = self.stride[lane];
    }

    /// The steps that will be made: none beyond the end. Riders that wait for a time within theirs see them.
    fn depart(&mut self, h: &[f64; LANES], jets: &Jets<LANES>) {
        self.h = *h;
        for lane in 0..LANES {
            let left = self.clock[lane].until(self.until[lane]);
            self.is_last[lane] = self.h[lane] >= left;
            if self.is_last[lane] {
                self.h[lane] = left;
            }
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

    /// Moves the clocks and finds what ends an orbit.
    fn arrive(&mut self, [strays, farthest]: &[Lanes<LANES>; 2]) {
        for lane in 0..LANES {
            let before = self.clock[lane].t;
            self.clock[lane].advance(self.h[lane]);
            self.n_steps[lane] += 1;
            let is_finite = strays.0[lane] == 0.0 && self.h[lane].is_finite();
            // Below a few roundings of the time itself nothing moves any more.
            let is_short = self.h[lane] <= 8.0 * f64::EPSILON * before && !self.is_last[lane];
            self.stopped[lane] = match (is_finite, is_short || self.n_steps[lane] >= MAX_STEPS) {
                (false, _) => Some(Outcome::NotFinite { t: before }),
                (true, true) => Some(Outcome::Stalled { t: before }),
                _ if farthest.0[lane] > self.bound[lane] => Some(Outcome::Escaped { t: self.clock[lane].t }),
                _ => None,
            };
        }
    }

    fn wants_attention(&self, lane: usize) -> bool {
        self.is_last[lane] || self.stopped[lane].is_some() || self.n_steps[lane] >= self.next_stop[lane]
    }

    /// Lets a rider look, and gives it back if its orbit has ended.
    fn attend(&mut self, lane: usize, jets: &mut Jets<LANES>) -> Option<(usize, R)> {
        let (_, rider) = self.riders[lane].as_mut()?;
        let t = self.clock[lane].t;
        let mut place = Place { jets, lane };
        let outcome = match self.stopped[lane] {
            None => rider.arrive(t, &mut place),
            stopped => stopped,
        };
        self.next_stop[lane] = self.n_steps[lane] + self.stride[lane];
        let outcome = outcome.or(self.is_last[lane].then_some(Outcome::Finished))?;
        rider.end(outcome, t, &place);
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
