//! Lanes: the same quantity of several points side by side, as wide vector instructions take it.

/// One number for each of `L` points, aligned to a cache line.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C, align(64))]
pub struct Lanes<const L: usize>(pub [f64; L]);

impl<const L: usize> Lanes<L> {
    /// Zero in every lane.
    pub const ZERO: Self = Lanes([0.0; L]);

    /// The number `f(lane)` in each lane.
    #[inline(always)]
    pub fn from_fn(f: impl FnMut(usize) -> f64) -> Self {
        Lanes(std::array::from_fn(f))
    }

    /// `f` of each lane.
    #[inline(always)]
    pub(crate) fn map(&self, f: impl Fn(f64) -> f64) -> Self {
        Self::from_fn(|lane| f(self.0[lane]))
    }

    /// Adds `factor * other`, lane by lane.
    #[inline(always)]
    pub(crate) fn add_scaled(&mut self, factor: f64, other: &Self) {
        for lane in 0..L {
            self.0[lane] += factor * other.0[lane];
        }
    }

    /// Adds `a * b`, lane by lane.
    #[inline(always)]
    pub(crate) fn add_product(&mut self, a: &Self, b: &Self) {
        for lane in 0..L {
            self.0[lane] += a.0[lane] * b.0[lane];
        }
    }

    /// Multiplied by one number.
    #[inline(always)]
    pub(crate) fn scaled(&self, factor: f64) -> Self {
        self.map(|x| factor * x)
    }

    /// The product, lane by lane.
    #[inline(always)]
    pub(crate) fn times(&self, other: &Self) -> Self {
        Self::from_fn(|lane| self.0[lane] * other.0[lane])
    }
}
