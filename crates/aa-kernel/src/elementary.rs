//! exp, log, sin, cos and tanh of lanes, without branches, so that the compiler makes vector code of them.
//!
//! The methods are the classical ones (Cody and Waite, Software Manual for the Elementary Functions, 1980, for reductions;
//! the polynomials of log, sin and cos are those of the Freely Distributable Math Library of Sun Microsystems, 1993, the
//! rational function of tanh that of Moshier, Cephes, 1989). Against a table of high precision no value is off by more
//! than 1 unit in the last place; tanh by 1.5. Other functions come from the portable C library, lane by lane.

use std::f64::consts::LN_2;

use crate::arithmetic::Arithmetic;
use crate::lanes::Lanes;

/// 1.5 * 2^52: a double this large has no fraction, so that adding it rounds to a whole number.
const ROUNDER: f64 = 6_755_399_441_055_744.0;

/// ln 2 in two parts; a multiple of the first by a number of 11 bits is exact.
const LN_2_HIGH: f64 = 6.931_471_803_691_238_e-1;
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;

/// Beyond this the exponential is 0 or infinite.
const LARGEST_EXPONENT: f64 = 800.0;

/// Beyond this an angle is reduced by the library.
const LARGEST_ANGLE: f64 = 1e6;

/// pi/2 in three parts of 33, 33 and 53 bits.
const HALF_PI: [f64; 3] = [1.570_796_326_734_125_6, 6.077_100_506_303_966e-11, 2.022_266_248_795_950_6e-21];

/// 1/2! to 1/13!, the highest first.
const INVERSE_FACTORIALS: [f64; 12] = [
    1.0 / 6_227_020_800.0,
    1.0 / 479_001_600.0,
    1.0 / 39_916_800.0,
    1.0 / 3_628_800.0,
    1.0 / 362_880.0,
    1.0 / 40_320.0,
    1.0 / 5_040.0,
    1.0 / 720.0,
    1.0 / 120.0,
    1.0 / 24.0,
    1.0 / 6.0,
    0.5,
];

/// The rational function of tanh.
const TANH_ABOVE: [f64; 3] = [-9.643_991_794_250_523e-1, -9.928_772_310_019_185e1, -1.614_687_684_417_084_5e3];
const TANH_BELOW: [f64; 4] = [1.0, 1.128_116_784_916_329_3e2, 2.235_488_390_601_004_5e3, 4.844_063_053_251_255e3];

/// A polynomial by Horner's scheme, the highest coefficient first.
#[inline(always)]
fn polynomial<A: Arithmetic, const N: usize>(coefficients: [f64; N], x: f64) -> f64 {
    let mut sum = coefficients[0];
    for coefficient in &coefficients[1..] {
        sum = A::mul_add(sum, x, *coefficient);
    }
    sum
}

/// 2^k for whole |k| below 1022.
#[inline(always)]
fn power_of_two(k: i64) -> f64 {
    f64::from_bits((k.wrapping_add(1023) as u64) << 52)
}

/// The nearest whole number, as a double and as an integer, of |x| below 2^51.
#[inline(always)]
fn nearest(x: f64) -> (f64, i64) {
    let shifted = x + ROUNDER;
    (shifted - ROUNDER, whole(shifted))
}

/// The integer that was rounded by adding [`ROUNDER`].
#[inline(always)]
fn whole(shifted: f64) -> i64 {
    (shifted.to_bits() as i64).wrapping_sub(ROUNDER.to_bits() as i64)
}

/// A statement for each lane: one loop a statement, which the compiler turns into vector instructions.
macro_rules! lanes {
    ($($values:ident[$lane:ident] = $value:expr;)*) => {
        $(
            let mut $values = [0.0; L];
            for $lane in 0..L {
                $values[$lane] = $value;
            }
        )*
    };
}

/// exp(k ln 2 + r) = 2^k exp(r), |r| below ln(2)/2.
#[inline(always)]
pub(crate) fn exp<const L: usize, A: Arithmetic>(x: &Lanes<L>) -> Lanes<L> {
    let mut values = Lanes::ZERO;
    let (eights, rest) = x.0.as_chunks::<8>();
    if A::EXP_OF_EIGHT && rest.is_empty() {
        for (eight, values) in eights.iter().zip(values.0.as_chunks_mut::<8>().0) {
            *values = A::exp_of_eight(eight);
        }
        return values;
    }
    exp_of_lanes::<L, A>(x)
}

#[inline(always)]
fn exp_of_lanes<const L: usize, A: Arithmetic>(x: &Lanes<L>) -> Lanes<L> {
    lanes! {
        below[i] = if x.0[i] > LARGEST_EXPONENT { LARGEST_EXPONENT } else { x.0[i] };
        inside[i] = if below[i] < -LARGEST_EXPONENT { -LARGEST_EXPONENT } else { below[i] };
        shifted[i] = A::mul_add(inside[i], 1.0 / LN_2, ROUNDER);
        k[i] = shifted[i] - ROUNDER;
        high[i] = A::mul_add(-k[i], LN_2_HIGH, inside[i]);
        low[i] = -k[i] * LN_2_LOW;
        r[i] = high[i] + low[i];
        lost[i] = (high[i] - r[i]) + low[i];
        sum[i] = INVERSE_FACTORIALS[0];
    }
    for coefficient in &INVERSE_FACTORIALS[1..] {
        for i in 0..L {
            sum[i] = A::mul_add(sum[i], r[i], *coefficient);
        }
    }
    lanes! {
        tail[i] = A::mul_add(r[i] * r[i], sum[i], lost[i]);
        value[i] = 1.0 + (r[i] + tail[i]);
        // The power comes in two factors, since it may leave the doubles.
        half[i] = power_of_two(whole(shifted[i]) >> 1);
        other[i] = power_of_two(whole(shifted[i]).wrapping_sub(whole(shifted[i]) >> 1));
        result[i] = value[i] * half[i] * other[i];
    }
    Lanes(result)
}

/// The operations of [`exp_of_lanes`] in registers, which the compiler does not find for as few as eight lanes.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "fma,avx512f,avx512dq")]
pub(crate) fn exp_of_eight(x: &[f64; 8]) -> [f64; 8] {
    use std::arch::x86_64::*;
    let all = _mm512_set1_pd;
    // SAFETY: eight numbers are read from where eight numbers are.
    let x = unsafe { _mm512_loadu_pd(x.as_ptr()) };
    let (most, least, rounder) = (all(LARGEST_EXPONENT), all(-LARGEST_EXPONENT), all(ROUNDER));
    // Of two numbers, one of which is NaN, these take the second.
    let inside = _mm512_max_pd(least, _mm512_min_pd(most, x));
    let shifted = _mm512_fmadd_pd(inside, all(1.0 / LN_2), rounder);
    let k = _mm512_sub_pd(shifted, rounder);
    let high = _mm512_fnmadd_pd(k, all(LN_2_HIGH), inside);
    let low = _mm512_mul_pd(k, all(-LN_2_LOW));
    let r = _mm512_add_pd(high, low);
    let lost = _mm512_add_pd(_mm512_sub_pd(high, r), low);
    let mut sum = all(INVERSE_FACTORIALS[0]);
    for coefficient in &INVERSE_FACTORIALS[1..] {
        sum = _mm512_fmadd_pd(sum, r, all(*coefficient));
    }
    let tail = _mm512_fmadd_pd(_mm512_mul_pd(r, r), sum, lost);
    let value = _mm512_add_pd(all(1.0), _mm512_add_pd(r, tail));
    // One instruction for the two factors of a power of two: neither road rounds before the end.
    let result = _mm512_scalef_pd(value, k);
    let mut values = [0.0; 8];
    // SAFETY: eight numbers are written to where eight numbers are.
    unsafe { _mm512_storeu_pd(values.as_mut_ptr(), result) };
    values
}

#[inline(always)]
pub(crate) fn log<const L: usize, A: Arithmetic>(x: &Lanes<L>) -> Lanes<L> {
    lanes! { value[i] = log_of::<A>(x.0[i]); }
    Lanes(value)
}

/// log(2^k (1 + f)) with 1 + f between the roots of 1/2 and 2: in s = f/(2 + f) an odd series.
#[inline(always)]
fn log_of<A: Arithmetic>(x: f64) -> f64 {
    const SERIES: [f64; 7] = [
        1.479_819_860_511_658_6e-1,
        1.531_383_769_920_937_3e-1,
        1.818_357_216_161_805e-1,
        2.222_219_843_214_978_4e-1,
        2.857_142_874_366_239e-1,
        3.999_999_999_940_942e-1,
        6.666_666_666_666_735e-1,
    ];
    const ROOT_OF_HALF: u64 = 0x3FE6_A09E_667F_3BCD;
    let is_tiny = x < f64::MIN_POSITIVE;
    let normal = if is_tiny { x * 18_014_398_509_481_984.0 } else { x }; // 2^54
    let bits = normal.to_bits();
    let above = bits.wrapping_sub(ROOT_OF_HALF) as i64;
    let exponent = above >> 52;
    let f = f64::from_bits(bits.wrapping_sub((exponent << 52) as u64)) - 1.0;
    let k = (f64::from_bits((exponent as u64).wrapping_add(ROUNDER.to_bits())) - ROUNDER)
        - if is_tiny { 54.0 } else { 0.0 };
    let s = f / (2.0 + f);
    let z = s * s;
    let r = z * polynomial::<A, 7>(SERIES, z);
    let half_square = 0.5 * f * f;
    let value = k * LN_2_HIGH - ((half_square - (s * (half_square + r) + k * LN_2_LOW)) - f);
    let value = if x == f64::INFINITY { x } else { value };
    let value = if x == 0.0 { f64::NEG_INFINITY } else { value };
    if x < 0.0 || x.is_nan() { f64::NAN } else { value }
}

#[inline(always)]
pub(crate) fn sin<const L: usize, A: Arithmetic>(x: &Lanes<L>) -> Lanes<L> {
    lanes! { value[i] = quarter::<A, 0>(x.0[i]); }
    large_by(x, value, libm::sin)
}

#[inline(always)]
pub(crate) fn cos<const L: usize, A: Arithmetic>(x: &Lanes<L>) -> Lanes<L> {
    lanes! { value[i] = quarter::<A, 1>(x.0[i]); }
    large_by(x, value, libm::cos)
}

/// The values, with those of angles beyond the reduction from the library.
#[inline(always)]
fn large_by<const L: usize>(x: &Lanes<L>, mut values: [f64; L], library: fn(f64) -> f64) -> Lanes<L> {
    lanes! { is_large[i] = f64::from(x.0[i].abs() > LARGEST_ANGLE); }
    if is_large.iter().sum::<f64>() > 0.0 {
        for lane in (0..L).filter(|&lane| is_large[lane] > 0.0) {
            values[lane] = library(x.0[lane]);
        }
    }
    Lanes(values)
}

/// sin(x + QUARTERS pi/2).
#[inline(always)]
fn quarter<A: Arithmetic, const QUARTERS: i64>(x: f64) -> f64 {
    const SINE: [f64; 6] = [
        1.589_690_995_211_55e-10,
        -2.505_076_025_340_686_3e-8,
        2.755_731_370_707_006_8e-6,
        -1.984_126_982_985_795e-4,
        8.333_333_333_322_49e-3,
        -1.666_666_666_666_663_2e-1,
    ];
    const COSINE: [f64; 6] = [
        -1.135_964_755_778_819_5e-11,
        2.087_572_321_298_175e-9,
        -2.755_731_435_139_066_3e-7,
        2.480_158_728_947_673e-5,
        -1.388_888_888_887_411e-3,
        4.166_666_666_666_66e-2,
    ];
    let (k, whole) = nearest(x * std::f64::consts::FRAC_2_PI);
    let (r, low) = reduced(x, k);
    let z = r * r;
    let sine = {
        let tail = polynomial::<A, 5>([SINE[0], SINE[1], SINE[2], SINE[3], SINE[4]], z);
        let cube = z * r;
        r - ((z * (0.5 * low - cube * tail) - low) - cube * SINE[5])
    };
    let cosine = {
        let tail = z * polynomial::<A, 6>(COSINE, z);
        let half = 0.5 * z;
        let most = 1.0 - half;
        most + (((1.0 - most) - half) + (z * tail - r * low))
    };
    let turn = whole.wrapping_add(QUARTERS);
    let value = if turn & 1 == 0 { sine } else { cosine };
    let value = if turn & 2 == 0 { value } else { -value };
    // The sine of -0 is -0.
    if x == 0.0 && QUARTERS == 0 { x } else { value }
}

/// x - k pi/2 as a sum of two doubles. Products with the first two parts are exact for |k| below 2^20.
#[inline(always)]
fn reduced(x: f64, k: f64) -> (f64, f64) {
    let [first, second, third] = HALF_PI;
    let t = x - k * first;
    let w = k * second;
    let r = t - w;
    // The rounding error of the difference (Knuth).
    let back = r - t;
    let lost = (t - (r - back)) - (w + back);
    let rest = lost - k * third;
    let high = r + rest;
    (high, (r - high) + rest)
}

/// A rational function near 0, one minus an exponential beyond.
#[inline(always)]
pub(crate) fn tanh<const L: usize, A: Arithmetic>(x: &Lanes<L>) -> Lanes<L> {
    lanes! { twice[i] = 2.0 * x.0[i].abs(); }
    let exponential = exp::<L, A>(&Lanes(twice));
    lanes! {
        z[i] = x.0[i] * x.0[i];
        ratio[i] = polynomial::<A, 3>(TANH_ABOVE, z[i]) / polynomial::<A, 4>(TANH_BELOW, z[i]);
        near[i] = A::mul_add(x.0[i] * z[i], ratio[i], x.0[i]);
        far[i] = 1.0 - 2.0 / (exponential.0[i] + 1.0);
        signed[i] = if x.0[i] < 0.0 { -far[i] } else { far[i] };
        number[i] = if x.0[i].abs() < 0.625 { near[i] } else { signed[i] };
        value[i] = if x.0[i].is_nan() { x.0[i] } else { number[i] };
    }
    Lanes(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arithmetic::{Fused, Separate};

    type OfOne = fn(&Lanes<1>) -> Lanes<1>;

    /// Name, argument, and the value as a double and what it lacks, from arithmetic of 40 digits.
    fn table() -> impl Iterator<Item = (&'static str, f64, f64, f64)> {
        let bits = |word: &str| f64::from_bits(u64::from_str_radix(word, 16).expect("sixteen digits"));
        include_str!("elementary.txt").lines().filter(|line| !line.starts_with('#')).map(move |line| {
            let words: Vec<&'static str> = line.split(' ').collect();
            (words[0], bits(words[1]), bits(words[2]), bits(words[3]))
        })
    }

    /// The largest error in units in the last place of the value.
    fn worst(name: &str, function: OfOne) -> f64 {
        let rows = table().filter(|(of, ..)| *of == name);
        let error = |(_, x, value, rest): (&str, f64, f64, f64)| {
            let unit = value.abs().next_up() - value.abs();
            (((function(&Lanes([x])).0[0] - value) - rest) / unit).abs()
        };
        rows.map(error).fold(0.0, f64::max)
    }

    fn check<A: Arithmetic>() {
        let functions: [(&str, OfOne, f64); 5] = [
            ("exp", exp::<1, A>, 1.0),
            ("log", log::<1, A>, 1.0),
            ("sin", sin::<1, A>, 1.0),
            ("cos", cos::<1, A>, 1.0),
            ("tanh", tanh::<1, A>, 1.5),
        ];
        for (name, function, bound) in functions {
            let worst = worst(name, function);
            assert!(worst > 0.3 && worst < bound, "{name}: {worst} units");
        }
    }

    #[test]
    fn no_value_is_off_by_more_than_stated() {
        check::<Fused>();
        check::<Separate>();
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn eight_exponentials_have_the_bits_of_one() {
        if !crate::Isa::Avx512.is_available() {
            return;
        }
        let bits = |values: &[f64]| values.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        let arguments: Vec<f64> = table().filter(|(of, ..)| *of == "exp").map(|(_, x, ..)| x).collect();
        let ends = [f64::INFINITY, f64::NEG_INFINITY, 710.0, -746.0, 0.0, -0.0, 800.0, 1e300];
        for eight in arguments.as_chunks::<8>().0.iter().chain([&ends]) {
            // SAFETY: the processor has just said that it knows these instructions.
            let together = unsafe { exp_of_eight(eight) };
            let alone = eight.map(|x| exp::<1, Fused>(&Lanes([x])).0[0]);
            assert_eq!(bits(&together), bits(&alone), "{eight:?}");
        }
    }

    #[test]
    fn the_ends_of_the_doubles_are_right() {
        let at = |function: OfOne, x: f64| function(&Lanes([x])).0[0];
        let (exp, log, sin, cos, tanh): (OfOne, OfOne, OfOne, OfOne, OfOne) =
            (exp::<1, Fused>, log::<1, Fused>, sin::<1, Fused>, cos::<1, Fused>, tanh::<1, Fused>);
        assert_eq!((at(exp, f64::NEG_INFINITY), at(exp, f64::INFINITY)), (0.0, f64::INFINITY));
        assert_eq!((at(exp, 710.0), at(exp, -746.0), at(exp, 0.0)), (f64::INFINITY, 0.0, 1.0));
        assert_eq!((at(log, 0.0), at(log, f64::INFINITY), at(log, 1.0)), (f64::NEG_INFINITY, f64::INFINITY, 0.0));
        assert!(at(log, -1.0).is_nan() && at(log, f64::NEG_INFINITY).is_nan());
        assert_eq!((at(tanh, f64::INFINITY), at(tanh, -50.0)), (1.0, -1.0));
        assert_eq!((at(cos, 0.0), at(sin, -0.0).to_bits()), (1.0, (-0.0f64).to_bits()));
        for function in [exp, log, sin, cos, tanh] {
            assert!(at(function, f64::NAN).is_nan());
        }
        assert!(at(sin, f64::INFINITY).is_nan() && at(cos, f64::INFINITY).is_nan());
    }
}
