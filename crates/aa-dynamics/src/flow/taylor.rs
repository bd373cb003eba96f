//! The Taylor integrator: near machine precision, dense output, several orbits side by side.
//!
//! Each step expands the solution in powers of time and sums the series. Choose it for accuracy better than about
//! 1e-7; for exactly symplectic maps see [`crate::integrator`].
//!
//! Orbits ride in lanes. Each lane has its own time and step, and takes the next orbit of the queue when its own has
//! ended, so that an orbit's bits depend neither on its neighbours nor on the number of threads.

use std::sync::{Mutex, PoisonError};

use aa_kernel::{JetKernel, Jets};
use aa_symbolic::Expr;
use rayon::prelude::*;

use super::step_size::{order_for, step_sizes};
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
    order: usize,
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
        let kernel = JetKernel::new(state, rates)?;
        Ok(Taylor { kernel, n_steering: n_steering.min(state.len()), fenced: Vec::new(), order: order_for(tolerance) })
    }

    /// The same integrator, which watches how far the variables `components` go.
    pub fn fenced(self, components: Vec<usize>) -> Taylor {
        Taylor { fenced: components, ..self }
    }

    /// The same integrator on another instruction set; the results are the same.
    pub fn with_isa(self, isa: aa_kernel::Isa) -> Taylor {
        Taylor { kernel: self.kernel.with_isa(isa), ..self }
    }

    /// The order of the series.
    pub fn order(&self) -> usize {
        self.order
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
        let mut jets: Jets<LANES> = self.kernel.jets(self.order);
        let mut seats: [Option<Seat<R>>; LANES] = std::array::from_fn(|_| None);
        let mut arrived = Vec::new();
        loop {
            for (lane, seat) in seats.iter_mut().enumerate().filter(|(_, seat)| seat.is_none()) {
                *seat = next().map(|(index, rider)| Seat::board(index, rider, &mut jets, lane));
            }
            if seats.iter().all(Option::is_none) {
                return arrived;
            }
            self.kernel.expand(&mut jets);
            let mut h = step_sizes(&jets, self.n_steering);
            for (lane, h) in h.iter_mut().enumerate() {
                *h = seats[lane].as_mut().map_or(0.0, |seat| seat.depart(*h, &jets, lane));
            }
            jets.advance(&h);
            for (lane, taken) in seats.iter_mut().enumerate() {
                if let Some(mut seat) = taken.take() {
                    match seat.arrive(self, &mut jets, lane) {
                        true => arrived.push((seat.index, seat.rider)),
                        false => *taken = Some(seat),
                    }
                }
            }
        }
    }
}

/// A rider in its lane.
struct Seat<R> {
    index: usize,
    rider: R,
    clock: Clock,
    h: f64,
    is_last: bool,
    n_steps: u64,
}

impl<R: Rider> Seat<R> {
    fn board(index: usize, rider: R, jets: &mut Jets<LANES>, lane: usize) -> Seat<R> {
        for (component, value) in rider.start().into_iter().enumerate() {
            jets.set(component, lane, value);
        }
        Seat { index, rider, clock: Clock::default(), h: 0.0, is_last: false, n_steps: 0 }
    }

    /// The step that will be made: not beyond the end.
    fn depart(&mut self, h: f64, jets: &Jets<LANES>, lane: usize) -> f64 {
        let left = self.clock.until(self.rider.until());
        self.is_last = h >= left;
        self.h = if self.is_last { left } else { h };
        if self.clock.until(self.rider.due()) <= self.h {
            self.rider.along(&Step { clock: self.clock, h: self.h, jets, lane });
        }
        self.h
    }

    /// Whether the orbit has ended.
    fn arrive(&mut self, taylor: &Taylor, jets: &mut Jets<LANES>, lane: usize) -> bool {
        let before = self.clock.t;
        self.clock.advance(self.h);
        self.n_steps += 1;
        let outcome = self.stopped(taylor, before, &Place { jets, lane });
        let mut place = Place { jets, lane };
        let is_stop = self.is_last || self.n_steps.is_multiple_of(u64::from(self.rider.stride()));
        let outcome = match outcome {
            None if is_stop => self.rider.arrive(self.clock.t, &mut place),
            outcome => outcome,
        };
        let outcome = outcome.or(self.is_last.then_some(Outcome::Finished));
        if let Some(outcome) = outcome {
            self.rider.end(outcome, self.clock.t, &place);
        }
        outcome.is_some()
    }

    /// What the integrator itself ends an orbit for.
    fn stopped(&self, taylor: &Taylor, before: f64, place: &Place<'_>) -> Option<Outcome> {
        let is_finite = self.h.is_finite() && (0..taylor.n_steering).all(|i| place.get(i).is_finite());
        // Below a few roundings of the time itself nothing moves any more.
        let is_stuck = self.h <= 8.0 * f64::EPSILON * before && !self.is_last || self.n_steps >= MAX_STEPS;
        let bound = self.rider.bound();
        match (is_finite, is_stuck) {
            (false, _) => Some(Outcome::NotFinite { t: before }),
            (true, true) => Some(Outcome::Stalled { t: before }),
            _ if taylor.fenced.iter().any(|&i| place.get(i).abs() > bound) => {
                Some(Outcome::Escaped { t: self.clock.t })
            }
            _ => None,
        }
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
