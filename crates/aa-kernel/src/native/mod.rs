//! Machine code for one flow: its recurrences without a loop or a branch.
//!
//! An interpreter spends more time on choosing the next operation than on the operation, since convolutions are short.
//! The recurrences of a flow are known when it is lowered, so they are written out here as straight code of vector
//! instructions, one after another. It is used where the processor has AVX-512 or AVX2, for eight lanes; the
//! interpreter of [`crate::jet`] is its oracle and stands in for it everywhere else.

#[cfg(target_arch = "x86_64")]
mod emit;

use crate::Isa;
use crate::lanes::Lanes;
use crate::recurrence::Recurrences;

/// Lanes the code works on.
const LANES: usize = 8;

/// The code that fills the coefficients of a flow.
#[derive(Debug)]
pub(crate) struct Native {
    #[cfg(target_arch = "x86_64")]
    code: emit::Code,
}

impl Native {
    /// The code of some recurrences up to a power; none where this processor, its operating system or the size of the
    /// system does not allow it.
    #[cfg(target_arch = "x86_64")]
    pub(crate) fn compile(recurrences: &Recurrences, order: usize, isa: Isa) -> Option<Native> {
        emit::Code::new(recurrences, order, isa).map(|code| Native { code })
    }

    /// There is code for x86-64 alone.
    #[cfg(not(target_arch = "x86_64"))]
    pub(crate) fn compile(_: &Recurrences, _: usize, _: Isa) -> Option<Native> {
        None
    }

    /// Fills the series, where they have the lanes that the code is for.
    pub(crate) fn run<const L: usize>(&self, series: &mut [Lanes<L>]) -> bool {
        #[cfg(target_arch = "x86_64")]
        if L == LANES {
            self.code.run(series);
            return true;
        }
        let _ = series;
        false
    }

    /// Moves the variables by a time, where the series have the lanes that the code is for.
    pub(crate) fn advance<const L: usize>(&self, series: &mut [Lanes<L>], h: &Lanes<L>) -> bool {
        #[cfg(target_arch = "x86_64")]
        if L == LANES {
            self.code.advance(series, h);
            return true;
        }
        let _ = (series, h);
        false
    }
}
