//! Machine code for one system: its operations without a loop or a branch.
//!
//! An interpreter spends more time on choosing the next operation than on the operation, since sums and convolutions
//! are short. The operations of a system are known when it is lowered, so they are written out here as straight code of
//! vector instructions, one after another. It is used where the processor has AVX-512 or AVX2, for eight lanes; the
//! interpreters of [`crate::kernel`] and [`crate::interpreter`] are its oracles and stand in for it everywhere else.

#[cfg(not(target_arch = "x86_64"))]
mod absent;
#[cfg(target_arch = "x86_64")]
mod calls;
#[cfg(target_arch = "x86_64")]
mod compiled;
#[cfg(target_arch = "x86_64")]
mod emitter;
#[cfg(target_arch = "x86_64")]
mod flow;
#[cfg(target_arch = "x86_64")]
mod function;
#[cfg(target_arch = "x86_64")]
mod registers;
#[cfg(target_arch = "x86_64")]
mod values;

#[cfg(not(target_arch = "x86_64"))]
pub(crate) use absent::{NativeFlow, NativeKernel};
#[cfg(target_arch = "x86_64")]
pub(crate) use compiled::{NativeFlow, NativeKernel};

/// Lanes the code works on.
pub(crate) const LANES: usize = 8;
