//! There is code for x86-64 alone: nothing is ever compiled elsewhere.

use super::LANES;
use crate::Isa;
use crate::lanes::Lanes;
use crate::recurrence::Recurrences;
use crate::steering::Steering;
use crate::tape::Tape;

/// The code of a flow.
#[derive(Debug)]
pub(crate) enum NativeFlow {}

impl NativeFlow {
    pub(crate) fn compile(_: &Tape, _: &Recurrences, _: usize, _: &Steering, _: Isa) -> Option<NativeFlow> {
        None
    }

    pub(crate) fn run<const L: usize>(&self, _: &mut [Lanes<L>]) -> bool {
        match *self {}
    }

    pub(crate) fn advance<const L: usize>(&self, _: &mut [Lanes<L>], _: &Lanes<L>) -> bool {
        match *self {}
    }
}

/// The code of a kernel.
#[derive(Debug)]
pub(crate) enum NativeKernel {}

impl NativeKernel {
    pub(crate) fn compile(_: &Tape, _: Isa) -> Option<NativeKernel> {
        None
    }

    pub(crate) fn run(&self, _: &[f64], _: usize, _: usize, _: &mut [f64], _: &mut [Lanes<LANES>]) {
        match *self {}
    }
}
