//! Instruction sets: one body, compiled for each, chosen when the program runs.
//!
//! Bodies are `inline(always)` loops over a constant number of lanes, so that the compiler widens them to what each
//! wrapper allows. The two x86 sets fuse products and sums into one rounding, and give the same bits as one another;
//! the baseline of x86-64 rounds twice, and differs from them in the last place.

use std::sync::OnceLock;

use crate::Error;

/// A set of vector instructions.
///
/// ```
/// use aa_kernel::Isa;
/// assert!(Isa::available().contains(&Isa::Baseline));
/// assert_eq!(Isa::named("baseline"), Ok(Isa::Baseline));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isa {
    /// 512-bit vectors: avx512f, avx512dq and avx512vl of x86-64.
    Avx512,
    /// 256-bit vectors of x86-64, with fused products and sums: avx2 and fma.
    Avx2,
    /// What every processor of the target has.
    Baseline,
}

static FORCED: OnceLock<Isa> = OnceLock::new();

impl Isa {
    /// The sets this processor has, widest first.
    pub fn available() -> Vec<Isa> {
        [Isa::Avx512, Isa::Avx2, Isa::Baseline].into_iter().filter(|isa| isa.is_available()).collect()
    }

    /// The widest set this processor has.
    pub fn detect() -> Isa {
        Isa::available()[0]
    }

    /// The set that new kernels use: the forced one, or the widest.
    pub fn current() -> Isa {
        FORCED.get().copied().unwrap_or_else(Isa::detect)
    }

    /// Makes this the set of all kernels built from now on. The first call wins; later ones change nothing.
    pub fn force(self) {
        FORCED.get_or_init(|| self);
    }

    /// The set of this name: `avx512`, `avx2` or `baseline`.
    ///
    /// # Errors
    /// No such name, or this processor lacks the set.
    pub fn named(name: &str) -> Result<Isa, Error> {
        let available = Isa::available();
        available.iter().copied().find(|isa| isa.name() == name).ok_or_else(|| Error::NoSuchIsa {
            name: name.to_string(),
            available: available.iter().map(|isa| isa.name()).collect::<Vec<_>>().join(", "),
        })
    }

    /// Its name on the command line and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Isa::Avx512 => "avx512",
            Isa::Avx2 => "avx2",
            Isa::Baseline => "baseline",
        }
    }

    /// Whether this processor has the set.
    #[cfg(target_arch = "x86_64")]
    #[inline]
    pub fn is_available(self) -> bool {
        match self {
            Isa::Avx512 => {
                is_x86_feature_detected!("fma")
                    && is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512vl")
            }
            Isa::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            Isa::Baseline => true,
        }
    }

    /// Whether this processor has the set.
    #[cfg(not(target_arch = "x86_64"))]
    #[inline]
    pub fn is_available(self) -> bool {
        self == Isa::Baseline
    }
}

/// Defines a function over lanes that runs `$body`, compiled for the instruction set of its first argument.
///
/// The body takes the number of lanes and the arithmetic of the set as its last two parameters.
macro_rules! dispatch {
    ($(#[$doc:meta])* fn $name:ident<const $lanes:ident: usize>($($arg:ident: $kind:ty),* $(,)?) = $body:ident;) => {
        $(#[$doc])*
        pub(crate) fn $name<const $lanes: usize>(isa: $crate::Isa, $($arg: $kind),*) {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "fma,avx512f,avx512dq,avx512vl")]
                fn avx512<const $lanes: usize>($($arg: $kind),*) {
                    $body::<$lanes, $crate::arithmetic::Fused>($($arg),*)
                }
                #[target_feature(enable = "avx2,fma")]
                fn avx2<const $lanes: usize>($($arg: $kind),*) {
                    $body::<$lanes, $crate::arithmetic::Fused>($($arg),*)
                }
                match isa {
                    // SAFETY: the processor has just said that it knows these instructions.
                    $crate::Isa::Avx512 if isa.is_available() => return unsafe { avx512($($arg),*) },
                    // SAFETY: as above.
                    $crate::Isa::Avx2 if isa.is_available() => return unsafe { avx2($($arg),*) },
                    _ => {}
                }
            }
            let _ = isa;
            $body::<$lanes, $crate::arithmetic::Baseline>($($arg),*)
        }
    };
}

pub(crate) use dispatch;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_sets_are_one_to_one() {
        for isa in Isa::available() {
            assert_eq!(Isa::named(isa.name()), Ok(isa));
        }
        let refused = Isa::named("mmx").unwrap_err().to_string();
        assert!(refused.starts_with("the instruction set `mmx` is not available here"), "{refused}");
    }
}
