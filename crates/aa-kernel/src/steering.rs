//! What is watched along a flow: the variables that choose the step, and those behind a fence.

/// Which variables are watched, and where what is seen of them is kept behind the coefficients.
#[derive(Clone, Debug)]
pub(crate) struct Steering {
    /// Variables, from the first on, that choose the step and must stay finite.
    pub(crate) n_steering: usize,
    /// Variables whose distance from 0 is watched.
    pub(crate) fenced: Vec<usize>,
    /// Places that the coefficients take.
    pub(crate) n_coefficients: usize,
}

impl Steering {
    /// The powers of time whose largest coefficients choose the step.
    pub(crate) fn powers(order: usize) -> [usize; 3] {
        [0, order.saturating_sub(1), order]
    }

    /// Where the largest coefficient of power number `index` is.
    pub(crate) fn size(&self, index: usize) -> usize {
        self.n_coefficients + index
    }

    /// Where 0 is as long as the steering variables are finite, and NaN afterwards.
    pub(crate) fn strays(&self) -> usize {
        self.n_coefficients + 3
    }

    /// Where the largest absolute value of the fenced variables is.
    pub(crate) fn farthest(&self) -> usize {
        self.n_coefficients + 4
    }

    /// All places, of coefficients and of what is seen.
    pub(crate) fn n_places(&self) -> usize {
        self.n_coefficients + 5
    }
}
