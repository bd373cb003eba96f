//! Values: the operations of a tape, one after another.

use super::calls::{Calls, number_of};
use super::emitter::{Emitted, Emitter, vector};
use super::registers::{FIRST_FREE, Factor, NUMBER, Register, SCRATCH, SUM};
use crate::scalar;
use crate::tape::{Combination, Op, Row, Tape};

/// The base of a power.
const BASE: Register = Register(FIRST_FREE);
/// Its root.
const ROOT: Register = Register(FIRST_FREE + 1);

impl Emitter {
    /// The outputs of a tape from points to results.
    pub(super) fn kernel(&mut self, tape: &Tape) -> Emitted {
        for input in 0..tape.n_inputs {
            self.read_point(SUM)?;
            self.keep(self.place(input, 0))?;
        }
        self.operations(tape)?;
        for output in &tape.outputs {
            self.combination(output)?;
            self.write_result(SUM)?;
        }
        Ok(())
    }

    /// Coefficient 0 of every row after the inputs.
    pub(super) fn operations(&mut self, tape: &Tape) -> Emitted {
        (0..tape.ops.len()).try_for_each(|index| self.operation(&tape.ops[index], tape.n_inputs + index))
    }

    fn operation(&mut self, op: &Op, target: Row) -> Emitted {
        let (calls, target) = (Calls::of(self.isa), self.place(target, 0));
        match op {
            Op::Combine(sum) => self.combination(sum)?,
            Op::Power(base, exponent) => match scalar::in_halves(*exponent) {
                Some(halves) => self.power(*base, halves)?,
                None => {
                    let base = self.place(*base, 0);
                    return self.call(calls.power, [base, base, target], exponent.to_bits());
                }
            },
            Op::Apply(aa_symbolic::Function::Exp, argument) => {
                let argument = self.place(*argument, 0);
                return self.call(calls.exp, [argument, argument, target], 0);
            }
            Op::Apply(function, argument) => {
                let argument = self.place(*argument, 0);
                return self.call(calls.apply, [argument, argument, target], number_of(*function));
            }
            Op::Atan2(y, x) => {
                let (y, x) = (self.place(*y, 0), self.place(*x, 0));
                return self.call(calls.atan2, [y, x, target], 0);
            }
        }
        self.keep(target)
    }

    /// A sum of rows and products of rows.
    pub(super) fn combination(&mut self, sum: &Combination) -> Emitted {
        let mut is_empty = sum.is_begun_by_a_term();
        if !is_empty {
            self.fill(SUM, sum.constant)?;
        }
        for &(factor, row) in &sum.linear {
            let part = self.factor(self.place(row, 0));
            self.add_scaled(is_empty, factor, part)?;
            is_empty = false;
        }
        for &(factor, a, b) in &sum.products {
            self.add_scaled_product(is_empty, factor, self.place(a, 0), self.place(b, 0))?;
            is_empty = false;
        }
        Ok(())
    }

    fn add_scaled_product(&mut self, is_first: bool, factor: f64, a: usize, b: usize) -> Emitted {
        let (a, b) = self.factors(a, b)?;
        match (is_first, factor) {
            (false, 1.0) => return self.add_product(SUM, a, b),
            (false, -1.0) => return self.subtract_product(SUM, a, b),
            (true, 1.0) => return self.multiply(SUM, a, b),
            _ => self.multiply(SCRATCH, a, b)?,
        }
        self.add_scaled(is_first, factor, Factor::Register(SCRATCH))
    }

    /// A whole or half power, by the products of [`scalar::power`].
    fn power(&mut self, base: Row, halves: i32) -> Emitted {
        let base = self.factor(self.place(base, 0));
        self.copy(BASE, base)?;
        if halves % 2 != 0 {
            vector!(self, vsqrtpd, r ROOT, r BASE)?;
        }
        let mut is_empty = true;
        let mut left = halves.unsigned_abs() / 2;
        while left > 0 {
            if left & 1 == 1 {
                self.times(is_empty, BASE)?;
                is_empty = false;
            }
            left >>= 1;
            if left > 0 {
                self.multiply(BASE, BASE, Factor::Register(BASE))?;
            }
        }
        match (halves % 2 != 0, is_empty) {
            (true, _) => self.times(is_empty, ROOT)?,
            (false, true) => self.fill(SUM, 1.0)?,
            (false, false) => {}
        }
        if halves < 0 { self.invert() } else { Ok(()) }
    }

    fn times(&mut self, is_first: bool, factor: Register) -> Emitted {
        match is_first {
            true => self.copy(SUM, Factor::Register(factor)),
            false => self.multiply(SUM, SUM, Factor::Register(factor)),
        }
    }

    /// One over the sum.
    pub(super) fn invert(&mut self) -> Emitted {
        self.broadcast(1.0)?;
        vector!(self, vdivpd, r SUM, r NUMBER, r SUM)
    }
}
