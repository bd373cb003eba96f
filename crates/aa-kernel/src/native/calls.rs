//! Functions that machine code calls for what is no product, sum or root: a vector of lanes at a time.

use aa_symbolic::Function;

use crate::Isa;
use crate::arithmetic::{Avx512, Fused};
use crate::elementary;
use crate::lanes::Lanes;
use crate::scalar;

/// Reads one or two rows, writes a third, and is told a number besides.
pub(super) type Call = unsafe extern "sysv64" fn(*const f64, *const f64, *mut f64, u64);

/// The functions for one instruction set.
#[derive(Clone, Copy)]
pub(super) struct Calls {
    /// exp of the first row.
    pub(super) exp: Call,
    /// The elementary function at the place in [`Function::ALL`] that the number tells, of the first row.
    pub(super) apply: Call,
    /// The first row to the power whose bits the number has.
    pub(super) power: Call,
    /// The angle atan2(first row, second row).
    pub(super) atan2: Call,
}

impl Calls {
    pub(super) fn of(isa: Isa) -> Calls {
        match isa {
            Isa::Avx512 => avx512::CALLS,
            _ => avx2::CALLS,
        }
    }
}

/// How machine code names an elementary function.
pub(super) fn number_of(function: Function) -> u64 {
    Function::ALL.iter().position(|&one| one == function).expect("a function is one of all") as u64
}

macro_rules! calls {
    ($set:ident, $features:literal, $lanes:literal, $arithmetic:ty, $exp:expr) => {
        mod $set {
            use super::*;

            pub(super) const CALLS: Calls = Calls { exp, apply, power, atan2 };

            #[target_feature(enable = $features)]
            unsafe extern "sysv64" fn exp(x: *const f64, _: *const f64, result: *mut f64, _: u64) {
                // SAFETY: the caller gives rows of this many lanes.
                unsafe { *result.cast() = $exp(&*x.cast::<[f64; $lanes]>()) }
            }

            #[target_feature(enable = $features)]
            unsafe extern "sysv64" fn apply(x: *const f64, _: *const f64, result: *mut f64, function: u64) {
                let function = Function::ALL[function as usize];
                // SAFETY: as above.
                unsafe { *result.cast() = scalar::apply::<$lanes, $arithmetic>(function, &read(x)).0 }
            }

            #[target_feature(enable = $features)]
            unsafe extern "sysv64" fn power(x: *const f64, _: *const f64, result: *mut f64, exponent: u64) {
                // SAFETY: as above.
                unsafe { *result.cast() = scalar::power::<$lanes>(&read(x), f64::from_bits(exponent)).0 }
            }

            #[target_feature(enable = $features)]
            unsafe extern "sysv64" fn atan2(y: *const f64, x: *const f64, result: *mut f64, _: u64) {
                // SAFETY: as above.
                unsafe { *result.cast() = scalar::atan2::<$lanes>(&read(y), &read(x)).0 }
            }

            #[inline(always)]
            unsafe fn read(row: *const f64) -> Lanes<$lanes> {
                // SAFETY: as above.
                Lanes(unsafe { *row.cast() })
            }
        }
    };
}

calls!(avx512, "fma,avx512f,avx512dq,avx512vl", 8, Avx512, elementary::exp_of_eight);
calls!(avx2, "avx2,fma", 4, Fused, exp_of_four);

#[inline(always)]
fn exp_of_four(x: &[f64; 4]) -> [f64; 4] {
    elementary::exp::<4, Fused>(&Lanes(*x)).0
}
