//! The kinds of pairs: what one degree of freedom of the latent space does as time passes.

/// What one latent pair (x, y), a coordinate and its momentum, does under the motion.
///
/// Pairs are listed in the order of the coordinates. A rotor or a free pair belongs to the coordinate at its own
/// place in the list; the oscillators and frozen pairs share the remaining coordinates among them, and the frame
/// mixes those as the motion demands.
///
/// Conventions: x = sqrt(2 I) sin theta, y = sqrt(2 I) cos theta, so theta = atan2(x, y) grows when omega > 0.
///
/// ```
/// use aa_learn::Pair;
/// let (theta, action) = (0.3_f64, 2.0_f64);
/// let (x, y) = ((2.0 * action).sqrt() * theta.sin(), (2.0 * action).sqrt() * theta.cos());
/// assert!((Pair::Oscillator.action(x, y) - action).abs() < 1e-15);
/// assert!((Pair::Oscillator.angle(x, y) - theta).abs() < 1e-15);
/// assert_eq!(Pair::Rotor.action(0.3, 2.0), 2.0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pair {
    /// Turns about a point of the plane: I = (x^2 + y^2)/2 and theta = atan2(x, y).
    Oscillator,
    /// Goes round a circle: x is the angle, y the action.
    Rotor,
    /// Moves along a line: x grows by omega t, y is a constant momentum. The motion must not depend on x.
    Free,
    /// Does not move: x and y are both constants of the motion, as superintegrable systems have them.
    Frozen,
}

impl Pair {
    /// The pair's action; of a frozen pair its second constant.
    pub fn action(self, x: f64, y: f64) -> f64 {
        match self {
            Pair::Oscillator => 0.5 * (x * x + y * y),
            Pair::Rotor | Pair::Free | Pair::Frozen => y,
        }
    }

    /// The pair's angle: in [-pi, pi) for oscillators, x itself for the others.
    pub fn angle(self, x: f64, y: f64) -> f64 {
        match self {
            Pair::Oscillator => x.atan2(y),
            Pair::Rotor | Pair::Free | Pair::Frozen => x,
        }
    }

    /// True of the pairs whose actions h depends on.
    pub fn moves(self) -> bool {
        self != Pair::Frozen
    }

    /// The word used in reports.
    pub fn name(self) -> &'static str {
        match self {
            Pair::Oscillator => "oscillator",
            Pair::Rotor => "rotor",
            Pair::Free => "free",
            Pair::Frozen => "frozen",
        }
    }

    /// The pair of this name, the inverse of [`Pair::name`].
    pub fn from_name(name: &str) -> Option<Pair> {
        [Pair::Oscillator, Pair::Rotor, Pair::Free, Pair::Frozen].into_iter().find(|pair| pair.name() == name)
    }
}
