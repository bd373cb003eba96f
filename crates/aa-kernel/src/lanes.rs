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

    /// Plus `factor * other`, lane by lane.
    #[inline(always)]
    pub(crate) fn plus_scaled<A: Arithmetic>(mut self, factor: f64, other: &Self) -> Self {
        for lane in 0..L {
            self.0[lane] = A::mul_add(factor, other.0[lane], self.0[lane]);
        }
        self
    }

    /// Plus `a * b`, lane by lane.
    #[inline(always)]
    pub(crate) fn plus_product<A: Arithmetic>(mut self, a: &Self, b: &Self) -> Self {
        for lane in 0..L {
            self.0[lane] = A::mul_add(a.0[lane], b.0[lane], self.0[lane]);
        }
        self
    }

    /// Multiplied by one number.
    #[inline(always)]
    pub(crate) fn scaled(mut self, factor: f64) -> Self {
        for lane in 0..L {
            self.0[lane] *= factor;
        }
        self
    }

    /// The product, lane by lane.
    #[inline(always)]
    pub(crate) fn times(mut self, other: &Self) -> Self {
        for lane in 0..L {
            self.0[lane] *= other.0[lane];
        }
        self
    }
}
