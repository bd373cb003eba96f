//! Lanes: the same quantity of several points side by side, as wide vector instructions take it.

use crate::arithmetic::Arithmetic;

/// One number for each of `L` points, aligned to a cache line.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C, align(64))]
pub struct Lanes<const L: usize>(pub [f64; L]);

impl<const L: usize> Lanes<L> {
    /// Zero in every lane.
    pub const ZERO: Self = Lanes([0.0; L]);

    /// The number `f(lane)` in each lane.
    #[inline(always)]
    pub fn from_fn(mut f: impl FnMut(usize) -> f64) -> Self {
        let mut lanes = Self::ZERO;
        for lane in 0..L {
            lanes.0[lane] = f(lane);
        }
        lanes
    }

    /// `f` of each lane.
    #[inline(always)]
    pub(crate) fn map(&self, f: impl Fn(f64) -> f64) -> Self {
        Self::from_fn(|lane| f(self.0[lane]))
    }

    // Loops, not closures, below: a closure that is not inlined is compiled for the baseline.

    /// Adds `factor * other`, lane by lane.
    #[inline(always)]
    pub(crate) fn add_scaled<A: Arithmetic>(&mut self, factor: f64, other: &Self) {
        for lane in 0..L {
            self.0[lane] = A::mul_add(factor, other.0[lane], self.0[lane]);
        }
    }

    /// Adds `a * b`, lane by lane.
    #[inline(always)]
    pub(crate) fn add_product<A: Arithmetic>(&mut self, a: &Self, b: &Self) {
        for lane in 0..L {
            self.0[lane] = A::mul_add(a.0[lane], b.0[lane], self.0[lane]);
        }
    }

    /// Subtracts `a * b`, lane by lane.
    #[inline(always)]
    pub(crate) fn subtract_product<A: Arithmetic>(&mut self, a: &Self, b: &Self) {
        for lane in 0..L {
            self.0[lane] = A::mul_add(-a.0[lane], b.0[lane], self.0[lane]);
        }
    }

    /// Multiplies by `factor` and adds `term`, lane by lane.
    #[inline(always)]
    pub(crate) fn times_plus<A: Arithmetic>(&mut self, factor: &Self, term: &Self) {
        for lane in 0..L {
            self.0[lane] = A::mul_add(self.0[lane], factor.0[lane], term.0[lane]);
        }
    }

    /// Multiplied by one number.
    #[inline(always)]
    pub(crate) fn scaled(&self, factor: f64) -> Self {
        let mut product = Self::ZERO;
        for lane in 0..L {
            product.0[lane] = factor * self.0[lane];
        }
        product
    }

    /// The product, lane by lane.
    #[inline(always)]
    pub(crate) fn times(&self, other: &Self) -> Self {
        let mut product = Self::ZERO;
        for lane in 0..L {
            product.0[lane] = self.0[lane] * other.0[lane];
        }
        product
    }
}
