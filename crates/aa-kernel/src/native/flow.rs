//! Flows: the recurrences of a vector field in all orders, and the sums of its series.

use iced_x86::IcedError;

use super::emitter::{Emitted, Emitter, vector};
use super::function::ROW;
use super::registers::{FIRST_FREE, Factor, NUMBER, Register, SCRATCH, SUM};
use crate::recurrence::{Product, Recurrence, Recurrences};
use crate::steering::Steering;
use crate::tape::Tape;

/// Convolutions that are summed side by side.
const BATCH: usize = Recurrence::MOST_PRODUCTS;

/// All but the sign of a number.
const MAGNITUDE: f64 = f64::from_bits(u64::MAX >> 1);

impl Emitter {
    /// All coefficients from those of order 0 of the variables, and what chooses the step.
    pub(super) fn flow(
        &mut self,
        tape: &Tape,
        recurrences: &Recurrences,
        order: usize,
        steering: &Steering,
    ) -> Emitted {
        self.operations(tape)?;
        for &(row, place) in &recurrences.reciprocals {
            let base = self.factor(self.place(row, 0));
            self.copy(SUM, base)?;
            self.invert()?;
            self.keep(self.place(place, 0))?;
        }
        if order > 0 {
            self.rates(tape, recurrences)?;
        }
        let batches = batches(&recurrences.all);
        for n in 1..order {
            let mut begun = recurrences.n_series * self.stride * ROW;
            for batch in &batches {
                let n_products = self.batch(batch, n, order, begun)?;
                begun += n_products * ROW;
            }
        }
        self.sizes(steering, order)
    }

    /// Coefficients 1 of the variables.
    fn rates(&mut self, tape: &Tape, recurrences: &Recurrences) -> Emitted {
        for (component, rate) in tape.outputs.iter().enumerate() {
            self.combination(rate)?;
            self.keep(self.place(component, 1))?;
        }
        for &(row, place) in &recurrences.derivatives_of_state {
            let rate = self.factor(self.place(row, 1));
            self.copy(SUM, rate)?;
            self.keep(self.place(place, 1))?;
        }
        Ok(())
    }

    /// The largest coefficients of the variables that choose the step.
    fn sizes(&mut self, steering: &Steering, order: usize) -> Emitted {
        let largest = |index: usize| Register(FIRST_FREE + index);
        self.broadcast(MAGNITUDE)?;
        for index in 0..Steering::powers(order).len() {
            vector!(self, vxorpd, r largest(index), r largest(index), r largest(index))?;
        }
        for component in 0..steering.n_steering {
            for (index, power) in Steering::powers(order).into_iter().enumerate() {
                let place = self.place(component, power);
                self.raise(largest(index), SCRATCH, NUMBER, Factor::Memory(place))?;
            }
        }
        for index in 0..Steering::powers(order).len() {
            vector!(self, vmovapd, m steering.size(index) * ROW, r largest(index))?;
        }
        Ok(())
    }

    /// Makes `largest` at least the magnitude of `x`; NaN is passed over.
    fn raise(&mut self, largest: Register, scratch: Register, magnitude: Register, x: Factor) -> Emitted {
        match x {
            Factor::Register(x) => vector!(self, vandpd, r scratch, r magnitude, r x)?,
            Factor::Memory(place) => vector!(self, vandpd, r scratch, r magnitude, m place)?,
        }
        // Of two numbers, one of which is NaN, the instruction takes the second.
        vector!(self, vmaxpd, r largest, r scratch, r largest)
    }

    /// Horner's scheme for each variable at the times of the points, several side by side since each sum waits for its
    /// last product; and what must be watched.
    pub(super) fn sums(&mut self, n_state: usize, order: usize, steering: &Steering) -> Emitted {
        let last = self.width.n_registers() - 1;
        let [h, zero, strays, farthest, magnitude, scratch] = [0, 1, 2, 3, 4, 5].map(|k| Register(last - k));
        self.read_point(h)?;
        self.fill(magnitude, MAGNITUDE)?;
        for empty in [zero, strays, farthest] {
            vector!(self, vxorpd, r empty, r empty, r empty)?;
        }
        let abreast = self.width.n_registers() / 2;
        for first in (0..n_state).step_by(abreast) {
            let block = first..n_state.min(first + abreast);
            self.horner(block.clone(), order, h)?;
            for component in block {
                let sum = Register(component - first);
                vector!(self, vmovapd, m self.place(component, 0), r sum)?;
                if component < steering.n_steering {
                    // Zero times a number that is not finite is NaN.
                    self.add_product(strays, zero, Factor::Register(sum))?;
                }
                if steering.fenced.contains(&component) {
                    self.raise(farthest, scratch, magnitude, Factor::Register(sum))?;
                }
            }
        }
        vector!(self, vmovapd, m steering.strays() * ROW, r strays)?;
        vector!(self, vmovapd, m steering.farthest() * ROW, r farthest)
    }

    /// The sums of a block of variables, in the first registers.
    fn horner(&mut self, block: std::ops::Range<usize>, order: usize, h: Register) -> Emitted {
        for power in (0..=order).rev() {
            for component in block.clone() {
                let (sum, place) = (Register(component - block.start), self.place(component, power));
                match power == order {
                    true => vector!(self, vmovapd, r sum, m place)?,
                    false => vector!(self, vfmadd213pd, r sum, r h, m place)?,
                }
            }
        }
        Ok(())
    }

    /// Coefficient n of some recurrences. What depends on lower coefficients alone is summed first, for all of them
    /// side by side, so that they share factors and no sum waits for another; where n is odd, with it what can be summed
    /// for the next n already, which needs the same factors once more. The sums begun so are left at `begun`.
    fn batch(&mut self, batch: &[Recurrence], n: usize, order: usize, begun: usize) -> Result<usize, IcedError> {
        let products: Vec<Product> = batch.iter().flat_map(|one| one.products.iter().copied()).collect();
        let is_ahead = n % 2 == 1 && n + 1 < order;
        let convolutions: Vec<Convolution> = products
            .iter()
            .enumerate()
            .map(|(index, &product)| Convolution {
                product,
                terms: self.terms(product, n),
                ahead: if is_ahead { self.terms(product, n + 1) } else { Vec::new() },
                sum: Register(FIRST_FREE + index),
                sum_ahead: Register(FIRST_FREE + BATCH + index),
                begun: begun + index * ROW,
            })
            .collect();
        self.early(&convolutions, n)?;
        let mut left = convolutions.as_slice();
        for one in batch {
            let (mine, rest) = left.split_at(one.products.len());
            left = rest;
            for convolution in mine {
                for (step, term) in convolution.terms.iter().enumerate().filter(|(_, term)| term.latest >= n) {
                    self.term(convolution.sum, *term, step == 0, (false, false))?;
                }
            }
            self.coefficient(one, n, mine)?;
        }
        Ok(products.len())
    }

    /// The sums of what depends on coefficients below n alone, of order n and of the next.
    fn early(&mut self, convolutions: &[Convolution], n: usize) -> Emitted {
        let was_begun = |term: &Term| n.is_multiple_of(2) && term.latest + 1 < n;
        let is_shared = |series: usize| {
            let ahead = convolutions.iter().any(|other| other.product.has(series) && !other.ahead.is_empty());
            ahead || convolutions.iter().filter(|other| other.product.has(series)).count() > 1
        };
        let shared: Vec<(bool, bool)> =
            convolutions.iter().map(|one| (is_shared(one.product.a), is_shared(one.product.b))).collect();
        for one in convolutions.iter().filter(|one| one.terms.first().is_some_and(was_begun)) {
            self.copy(one.sum, Factor::Memory(one.begun))?;
        }
        let steps = convolutions.iter().map(|one| one.terms.len().max(one.ahead.len())).max().unwrap_or(0);
        for step in 0..steps {
            for (one, shared) in convolutions.iter().zip(&shared) {
                if let Some(term) = one.terms.get(step).filter(|term| term.latest < n && !was_begun(term)) {
                    self.term(one.sum, *term, step == 0, *shared)?;
                }
                if let Some(term) = one.ahead.get(step).filter(|term| term.latest < n) {
                    self.term(one.sum_ahead, *term, step == 0, *shared)?;
                }
            }
        }
        for one in convolutions.iter().filter(|one| one.ahead.first().is_some_and(|term| term.latest < n)) {
            vector!(self, vmovapd, m one.begun, r one.sum_ahead)?;
        }
        Ok(())
    }

    fn terms(&self, product: Product, n: usize) -> Vec<Term> {
        let term = |(k, is_half): (usize, bool)| Term {
            a: self.place(product.a, k),
            b: self.place(product.b, n - k),
            is_half,
            latest: k.max(n - k),
        };
        product.terms(n).map(term).collect()
    }

    fn coefficient(&mut self, one: &Recurrence, n: usize, convolutions: &[Convolution]) -> Emitted {
        let power = n + one.lead;
        self.total(one, n, convolutions)?;
        if let Some(row) = one.reciprocal {
            let reciprocal = self.factor(self.place(row, 0));
            self.multiply(SUM, SUM, reciprocal)?;
        }
        let target = self.place(one.target, power);
        let derivative = one.derivative.map(|series| self.place(series, power));
        if one.is_derivative {
            derivative.map_or(Ok(()), |place| self.keep(place))?;
            if !one.is_read {
                return Ok(());
            }
            self.multiply_sum(1.0 / power as f64)?;
            return self.keep(target);
        }
        if one.is_read {
            self.keep(target)?;
        }
        let Some(place) = derivative else { return Ok(()) };
        self.multiply_sum(power as f64)?;
        self.keep(place)
    }

    /// The sum of a recurrence; its first term starts it.
    fn total(&mut self, one: &Recurrence, n: usize, convolutions: &[Convolution]) -> Emitted {
        let mut is_empty = true;
        let linear = one.linear.iter().map(|&(factor, row)| (factor, None, self.place(row, n)));
        let linear: Vec<_> = linear.collect();
        let sums = convolutions.iter().filter(|one| !one.terms.is_empty());
        let sums = sums.map(|one| (one.product.factor, Some(one.sum), 0));
        for (factor, sum, place) in linear.into_iter().chain(sums) {
            let part = sum.map_or_else(|| self.factor(place), Factor::Register);
            self.add_scaled(is_empty, factor, part)?;
            is_empty = false;
        }
        if is_empty { vector!(self, vxorpd, r SUM, r SUM, r SUM) } else { Ok(()) }
    }

    /// Adds a product of coefficients to the sum of a convolution, or begins it.
    fn term(&mut self, sum: Register, term: Term, is_first: bool, shared: (bool, bool)) -> Emitted {
        let (a, b) = self.factors_of(term, shared)?;
        match is_first {
            true => self.multiply(sum, a, b),
            false => self.add_product(sum, a, b),
        }
    }

    /// One factor in a register, the other wherever it is; the order of the two does not matter. Those that other
    /// convolutions share are held.
    fn factors_of(&mut self, term: Term, (a_shared, b_shared): (bool, bool)) -> Result<(Register, Factor), IcedError> {
        let Term { a, b, is_half, .. } = term;
        if is_half {
            let factor = self.factor(a);
            self.broadcast(0.5)?;
            self.multiply(SCRATCH, NUMBER, factor)?;
            return Ok((SCRATCH, factor));
        }
        let a = if a_shared { self.hold(a)? } else { self.factor(a) };
        let b = if b_shared { self.hold(b)? } else { self.factor(b) };
        self.one_in_register(a, b)
    }
}

/// A product of two coefficients, by their places.
#[derive(Clone, Copy)]
struct Term {
    a: usize,
    b: usize,
    is_half: bool,
    /// The higher order of the two.
    latest: usize,
}

/// A convolution on its way.
struct Convolution {
    product: Product,
    terms: Vec<Term>,
    /// Those of the next order, where it is begun together with this one.
    ahead: Vec<Term>,
    sum: Register,
    sum_ahead: Register,
    /// Where the sum of the next order waits for its turn.
    begun: usize,
}

/// Runs of recurrences with at most [`BATCH`] convolutions each.
fn batches(all: &[Recurrence]) -> Vec<&[Recurrence]> {
    let mut batches = Vec::new();
    let (mut first, mut n_products) = (0, 0);
    for (index, one) in all.iter().enumerate() {
        if n_products + one.products.len() > BATCH {
            batches.push(&all[first..index]);
            (first, n_products) = (index, 0);
        }
        n_products += one.products.len();
    }
    batches.push(&all[first..]);
    batches
}
