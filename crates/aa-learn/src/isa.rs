//! Instruction sets: one body, compiled for each, chosen when the program runs.
//!
//! The bodies are `inline(always)` and their loops run over a constant number of lanes, so the compiler widens them
//! to what each wrapper allows. (Loops, since a closure given to `map` is compiled for the baseline.) Rust never fuses a
//! product and a sum by itself, and `mul_add` always does; the results are the same bits.

/// Defines a function, for one precision or any, that calls `$body` compiled for AVX-512, for AVX2 or for the baseline of the target.
macro_rules! dispatch {
    ($(#[$doc:meta])* fn $name:ident $(<$precision:ident>)? ($($arg:ident: $kind:ty),* $(,)?) = $body:path;) => {
        $(#[$doc])*
        pub(crate) fn $name$(<$precision: $crate::real::Real>)?($($arg: $kind),*) {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512dq,avx512vl")]
                fn avx512$(<$precision: $crate::real::Real>)?($($arg: $kind),*) {
                    $body($($arg),*)
                }
                #[target_feature(enable = "avx2,fma")]
                fn avx2$(<$precision: $crate::real::Real>)?($($arg: $kind),*) {
                    $body($($arg),*)
                }
                let widest = is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512vl");
                if widest {
                    // SAFETY: the processor has just said that it knows these instructions.
                    return unsafe { avx512($($arg),*) };
                }
                if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                    // SAFETY: as above.
                    return unsafe { avx2($($arg),*) };
                }
            }
            $body($($arg),*)
        }
    };
}

pub(crate) use dispatch;
