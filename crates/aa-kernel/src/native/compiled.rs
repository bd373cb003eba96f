//! Code for systems, where the processor is an x86-64.

use super::LANES;
use super::emitter::Emitter;
use super::function::{Function, Operands, ROW};
use crate::Isa;
use crate::lanes::Lanes;
use crate::recurrence::{Recurrences, stride};
use crate::steering::Steering;
use crate::tape::Tape;

/// Terms of sums beyond which code would no longer fit the caches that feed it.
const MOST_TERMS: usize = 40_000;

/// The code of a flow.
#[derive(Debug)]
pub(crate) struct NativeFlow {
    flow: Function,
    sums: Function,
    n_series: usize,
}

impl NativeFlow {
    /// The code of a flow up to a power; none where this processor, its operating system or the size of the system
    /// does not allow it.
    pub(crate) fn compile(
        tape: &Tape,
        recurrences: &Recurrences,
        order: usize,
        steering: &Steering,
        isa: Isa,
    ) -> Option<NativeFlow> {
        if tape.n_terms() + recurrences.n_terms(order) > MOST_TERMS {
            return None;
        }
        let mut flow = Emitter::new(isa, stride(order))?;
        flow.flow(tape, recurrences, order, steering).ok()?;
        let mut sums = Emitter::new(isa, stride(order))?;
        sums.sums(recurrences.n_state, order, steering).ok()?;
        Some(NativeFlow { flow: flow.finish()?, sums: sums.finish()?, n_series: steering.n_places() })
    }

    /// Fills the series, where they have the lanes that the code is for.
    pub(crate) fn run<const L: usize>(&self, series: &mut [Lanes<L>]) -> bool {
        self.call(&self.flow, series, &Lanes::ZERO)
    }

    /// Moves the variables by a time, where the series have the lanes that the code is for.
    pub(crate) fn advance<const L: usize>(&self, series: &mut [Lanes<L>], h: &Lanes<L>) -> bool {
        self.call(&self.sums, series, h)
    }

    fn call<const L: usize>(&self, function: &Function, series: &mut [Lanes<L>], points: &Lanes<L>) -> bool {
        if L != LANES {
            return false;
        }
        assert_eq!(series.len(), self.n_series, "the series belong to the code");
        let rows = series.as_mut_ptr().cast();
        let operands = Operands { rows, points: points.0.as_ptr().cast(), results: rows, pitch: ROW };
        // SAFETY: the series are those that the code was made for, and aligned to their size.
        unsafe { function.call(&operands) };
        true
    }
}

/// The code of a kernel.
#[derive(Debug)]
pub(crate) struct NativeKernel {
    function: Function,
    n_rows: usize,
    n_inputs: usize,
    n_outputs: usize,
}

impl NativeKernel {
    /// The code of a tape; none where this processor, its operating system or the size of the tape does not allow it.
    pub(crate) fn compile(tape: &Tape, isa: Isa) -> Option<NativeKernel> {
        if tape.n_terms() > MOST_TERMS {
            return None;
        }
        let mut emitter = Emitter::new(isa, 1)?;
        emitter.kernel(tape).ok()?;
        let (n_inputs, n_outputs) = (tape.n_inputs, tape.outputs.len());
        Some(NativeKernel { function: emitter.finish()?, n_rows: tape.n_rows(), n_inputs, n_outputs })
    }

    /// The outputs at the points from `first` on, as many as there are lanes. Points and results are input-major, with
    /// `pitch` points.
    pub(crate) fn run(
        &self,
        points: &[f64],
        first: usize,
        pitch: usize,
        results: &mut [f64],
        rows: &mut [Lanes<LANES>],
    ) {
        assert!(first + LANES <= pitch && rows.len() >= self.n_rows, "a whole vector of points, and room");
        assert!(points.len() == self.n_inputs * pitch && results.len() == self.n_outputs * pitch, "all points");
        let operands = Operands {
            rows: rows.as_mut_ptr().cast(),
            points: points.as_ptr().wrapping_add(first).cast(),
            results: results.as_mut_ptr().wrapping_add(first).cast(),
            pitch: 8 * pitch,
        };
        // SAFETY: all numbers that the code was made for are there, as just checked, and the rows are aligned.
        unsafe { self.function.call(&operands) };
    }
}
