//! Arithmetic modulo a prime just below 2^61: exact, fast, and roots exist.
//!
//! The null space of a derivation is searched for modulo a prime, where no number grows and
//! nothing rounds. The primes are *safe*, p = 2 q + 1 with q prime: then p = 3 mod 4, so a square
//! root is one power, and every odd root exists and is unique.

use dashu::base::UnsignedAbs;
use dashu::integer::{IBig, UBig};

use crate::Rational;

/// p = 2^61 - offset for each of these, every one a safe prime.
const OFFSETS: [u64; 40] = [
    2373, 3153, 7245, 8133, 8613, 9189, 9729, 9849, 15609, 22209, 25353, 28749, 32373, 35649, 35865, 37569, 37953,
    37989, 39009, 39585, 43545, 49005, 49833, 54369, 58149, 60333, 60753, 62109, 62145, 66345, 74529, 77565, 80349,
    80889, 81273, 82065, 83265, 84633, 90153, 91773,
];

const BITS: u32 = 61;
const MASK: u64 = (1 << BITS) - 1;

/// The field of p = 2^61 - offset elements; an element is a `u64` below p.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    modulus: u64,
    offset: u64,
}

impl Field {
    /// Our fields, in a fixed order: those listed, then whatever a search for more primes finds.
    pub fn all() -> impl Iterator<Item = Field> {
        let more =
            (OFFSETS[OFFSETS.len() - 1] + 2..1 << 20).step_by(2).filter(|&offset| is_safe_prime((1 << BITS) - offset));
        OFFSETS.into_iter().chain(more).map(|offset| Field { modulus: (1 << BITS) - offset, offset })
    }

    /// The first of our fields.
    pub fn first() -> Field {
        Field { modulus: (1 << BITS) - OFFSETS[0], offset: OFFSETS[0] }
    }

    /// The number of elements, p.
    pub fn modulus(&self) -> u64 {
        self.modulus
    }

    /// x mod p, by 2^64 = 8 offset and 2^61 = offset.
    #[inline]
    pub fn reduce(&self, x: u128) -> u64 {
        let (high, low) = ((x >> 64) as u64, x as u64);
        let once = high as u128 * (8 * self.offset) as u128 + low as u128;
        let twice = (once as u64 & MASK) + (once >> BITS) as u64 * self.offset;
        if twice >= self.modulus { twice - self.modulus } else { twice }
    }

    /// a + b.
    #[inline]
    pub fn add(&self, a: u64, b: u64) -> u64 {
        let sum = a + b;
        if sum >= self.modulus { sum - self.modulus } else { sum }
    }

    /// a - b.
    #[inline]
    pub fn sub(&self, a: u64, b: u64) -> u64 {
        if a >= b { a - b } else { a + self.modulus - b }
    }

    /// -a.
    #[inline]
    pub fn negate(&self, a: u64) -> u64 {
        self.sub(0, a)
    }

    /// a b.
    #[inline]
    pub fn mul(&self, a: u64, b: u64) -> u64 {
        self.reduce(a as u128 * b as u128)
    }

    /// a to the power n.
    pub fn power(&self, a: u64, mut n: u64) -> u64 {
        let (mut result, mut square) = (1, a);
        while n > 0 {
            if n & 1 == 1 {
                result = self.mul(result, square);
            }
            square = self.mul(square, square);
            n >>= 1;
        }
        result
    }

    /// 1 / a, and 0 for 0.
    pub fn inverse(&self, a: u64) -> u64 {
        self.power(a, self.modulus - 2)
    }

    /// a to a power that may be negative; `None` for a negative power of zero.
    pub fn signed_power(&self, a: u64, n: i64) -> Option<u64> {
        match (n < 0, a) {
            (true, 0) => None,
            (true, _) => Some(self.power(self.inverse(a), n.unsigned_abs())),
            (false, _) => Some(self.power(a, n.unsigned_abs())),
        }
    }

    /// The square root that is itself a square, or `None` where there is none.
    pub fn square_root(&self, a: u64) -> Option<u64> {
        let root = self.power(a, self.modulus.div_ceil(4));
        (self.mul(root, root) == a).then_some(root)
    }

    /// A root of any order below 2^60: w with w^order = a, or `None` where there is none.
    pub fn root(&self, a: u64, order: u32) -> Option<u64> {
        let mut root = a;
        for _ in 0..order.trailing_zeros() {
            root = self.square_root(root)?;
        }
        let odd = (order >> order.trailing_zeros()) as u64;
        // p - 1 = 2 q with q prime: every odd order but q is invertible modulo q, and the power
        // that undoes it sends a square to a square; the sign of a non-square is put back.
        let q = (self.modulus - 1) / 2;
        let undo = inverse_modulo(odd % q, q)?;
        let candidate = self.power(root, undo);
        let check = self.power(candidate, odd);
        match check {
            _ if check == root => Some(candidate),
            _ if check == self.negate(root) => Some(self.negate(candidate)),
            _ => None,
        }
    }

    /// The image of a rational number, or `None` when p divides its denominator.
    pub fn image(&self, x: &Rational) -> Option<u64> {
        let numerator = self.integer(x.numerator());
        match self.natural(x.denominator()) {
            0 => None,
            1 => Some(numerator),
            denominator => Some(self.mul(numerator, self.inverse(denominator))),
        }
    }

    /// The image of a whole number.
    pub fn integer(&self, n: &IBig) -> u64 {
        let size = self.natural(&n.unsigned_abs());
        if n.sign() == dashu::base::Sign::Negative { self.negate(size) } else { size }
    }

    /// The image of a machine integer.
    pub fn small(&self, n: i64) -> u64 {
        let size = n.unsigned_abs() % self.modulus;
        if n < 0 { self.negate(size) } else { size }
    }

    fn natural(&self, n: &UBig) -> u64 {
        n % self.modulus
    }
}

/// The inverse of a modulo m, for m below 2^63.
fn inverse_modulo(a: u64, m: u64) -> Option<u64> {
    let (mut r, mut next_r) = (m as i128, a as i128);
    let (mut t, mut next_t) = (0i128, 1i128);
    while next_r != 0 {
        let quotient = r / next_r;
        (r, next_r) = (next_r, r - quotient * next_r);
        (t, next_t) = (next_t, t - quotient * next_t);
    }
    (r == 1).then(|| t.rem_euclid(m as i128) as u64)
}

fn is_safe_prime(n: u64) -> bool {
    let divisible = |n: u64| (3..1000).step_by(2).any(|d| n.is_multiple_of(d));
    !divisible(n) && !divisible((n - 1) / 2) && is_prime(n) && is_prime((n - 1) / 2)
}

/// Miller and Rabin's test for odd numbers; these bases make it a proof below 2^64 (Sorenson and Webster 2017).
fn is_prime(n: u64) -> bool {
    let times = |a: u64, b: u64| (a as u128 * b as u128 % n as u128) as u64;
    let power = |mut a: u64, mut k: u64| {
        let mut result = 1;
        while k > 0 {
            if k & 1 == 1 {
                result = times(result, a);
            }
            a = times(a, a);
            k >>= 1;
        }
        result
    };
    let twos = (n - 1).trailing_zeros();
    [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37].iter().all(|&base| {
        let first = power(base, (n - 1) >> twos);
        let mut squares = std::iter::successors(Some(first), |&x| Some(times(x, x))).take(twos as usize);
        first == 1 || squares.any(|x| x == n - 1)
    })
}

/// A repeatable stream of field elements (splitmix64), for points in general position.
#[derive(Clone, Debug)]
pub struct FieldStream {
    state: u64,
}

impl FieldStream {
    /// The stream of a seed.
    pub fn new(seed: u64) -> FieldStream {
        FieldStream { state: seed }
    }

    /// The next 64 bits.
    pub fn next_bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let x = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    /// The next element of `field`, never 0 or 1.
    pub fn element(&mut self, field: &Field) -> u64 {
        2 + self.next_bits() % (field.modulus() - 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_modulus_is_a_safe_prime() {
        for field in Field::all().take(OFFSETS.len() + 3) {
            assert!(is_safe_prime(field.modulus()));
            assert_eq!(field.reduce(u128::MAX), (u128::MAX % field.modulus() as u128) as u64);
        }
        assert!(is_prime(1_000_000_007) && !is_prime(3_215_031_751), "a strong pseudoprime to four bases");
    }

    #[test]
    fn field_laws_hold() {
        let field = Field::first();
        let mut stream = FieldStream::new(1);
        for _ in 0..1000 {
            let (a, b, c) = (stream.element(&field), stream.element(&field), stream.element(&field));
            assert_eq!(field.mul(a, b), (a as u128 * b as u128 % field.modulus() as u128) as u64);
            assert_eq!(field.mul(a, field.add(b, c)), field.add(field.mul(a, b), field.mul(a, c)));
            assert_eq!(field.mul(a, field.inverse(a)), 1);
            assert_eq!(field.add(field.sub(a, b), b), a);
        }
        assert_eq!(field.reduce(u128::MAX), (u128::MAX % field.modulus() as u128) as u64);
    }

    #[test]
    fn roots_undo_powers() {
        let field = Field::first();
        let mut stream = FieldStream::new(2);
        let (mut squares, tries) = (0, 200);
        for _ in 0..tries {
            let a = stream.element(&field);
            squares += field.square_root(a).is_some() as u32;
            for order in [2, 3, 4, 5, 6, 12] {
                if let Some(root) = field.root(a, order) {
                    assert_eq!(field.power(root, order as u64), a);
                }
            }
            assert!(field.root(a, 3).is_some() && field.root(a, 15).is_some());
        }
        assert!((60..140).contains(&squares), "half of all elements are squares");
    }

    #[test]
    fn rationals_map_to_quotients() {
        let field = Field::first();
        let x = Rational::from_parts((-7).into(), 3u8.into());
        let image = field.image(&x).expect("p does not divide 3");
        assert_eq!(field.mul(image, 3), field.small(-7));
    }
}
