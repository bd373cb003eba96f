//! How an orbit ended.

/// Why the flow stopped. Times are those of the last point reached.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outcome {
    /// The orbit was followed to the end.
    Finished,
    /// A coordinate on a line went beyond the bound.
    Escaped {
        /// When.
        t: f64,
    },
    /// A coordinate or momentum became infinite or undefined.
    NotFinite {
        /// When.
        t: f64,
    },
    /// The steps shrank to rounding, as at a collision, or their allowed number was used up.
    Stalled {
        /// When.
        t: f64,
    },
}

impl Outcome {
    /// Its name in reports and files.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Finished => "finished",
            Outcome::Escaped { .. } => "escaped",
            Outcome::NotFinite { .. } => "not_finite",
            Outcome::Stalled { .. } => "stalled",
        }
    }

    /// Whether the orbit was followed to the end.
    pub fn is_finished(self) -> bool {
        self == Outcome::Finished
    }
}
