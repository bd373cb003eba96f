//! What can be wrong with the data or the options, each with the numbers needed to act.

/// Why there is no map.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// The list of pairs does not fit the system.
    #[error("expected one pair per degree of freedom, {dof} of them, but {pairs} were listed")]
    PairCount {
        /// Degrees of freedom of the data.
        dof: usize,
        /// Pairs listed.
        pairs: usize,
    },
    /// A number in the data is infinite or not a number.
    #[error("orbit {orbit} is not finite at time index {time}")]
    NotFinite {
        /// The orbit, counted from 0.
        orbit: usize,
        /// The index of the time.
        time: usize,
    },
    /// Too few orbits to tell one torus from another.
    #[error("expected at least {needed} orbits to learn from, but there are {orbits}")]
    TooFewOrbits {
        /// Orbits given.
        orbits: usize,
        /// Orbits needed.
        needed: usize,
    },
    /// Too few samples along the orbits.
    #[error("expected at least {needed} increasing sample times, but there are {times}")]
    TooFewTimes {
        /// Usable sample times.
        times: usize,
        /// Sample times needed.
        needed: usize,
    },
    /// Samples that are not at equal intervals, or too few for the longest jump.
    #[error("expected at least {needed} samples at equal intervals, but there are {times}")]
    UnevenTimes {
        /// Samples at equal intervals from the start.
        times: usize,
        /// Samples needed.
        needed: usize,
    },
    /// Two arrays that must have the same size do not.
    #[error("{what}: expected {expected} numbers, but there are {found}")]
    Shape {
        /// The array.
        what: &'static str,
        /// Numbers expected.
        expected: usize,
        /// Numbers found.
        found: usize,
    },
    /// The checkpoint belongs to something else.
    #[error(
        "the checkpoint was made from other orbits or options, by another version or with another instruction set; \
         remove it to begin again"
    )]
    OtherCheckpoint,
    /// The equilibrium repels: no circles around it.
    #[error(
        "the equilibrium is not elliptic: a small displacement grows like exp({rate:.3e} t); choose another centre"
    )]
    Hyperbolic {
        /// The growth rate, per unit time.
        rate: f64,
    },
    /// The quadratic part has no symplectic diagonal form with circles (a vanishing frequency or a Jordan block).
    #[error("the quadratic part cannot be split into oscillators: frequency {frequency:.3e} has no plane of its own")]
    Degenerate {
        /// The frequency, radians per unit time.
        frequency: f64,
    },
    /// The data does not fill the phase space, so it has no frame.
    #[error("the orbits lie in a hyperplane: the smallest variance of the data is {variance:.3e} of the largest")]
    Flat {
        /// Smallest over largest eigenvalue of the covariance.
        variance: f64,
    },
    /// Some orbits go round and others do not.
    #[error(
        "the orbits lie on both sides of a separatrix: pair {pair} turns by {turns:.2} on orbit {orbit} where its \
         neighbours turn by {typical:.2}; learn one map for each side"
    )]
    Separatrix {
        /// The pair, counted from 0.
        pair: usize,
        /// The offending orbit.
        orbit: usize,
        /// Turns this orbit makes.
        turns: f64,
        /// Turns the median orbit makes.
        typical: f64,
    },
    /// An option lies outside its range.
    #[error("option {option}: expected {expected}, found {found}")]
    Option {
        /// Name of the option.
        option: &'static str,
        /// What is accepted.
        expected: &'static str,
        /// What was given.
        found: String,
    },
    /// Training produced no finite loss.
    #[error("training lost its footing: the loss is not finite after {steps} steps")]
    Diverged {
        /// Steps made.
        steps: usize,
    },
    /// A list of named arrays is not a map's weights.
    #[error("weights: {0}")]
    Weights(String),
    /// A decomposition did not converge.
    #[error("the eigenvalue decomposition of the {0} did not converge")]
    Decomposition(&'static str),
    /// The tensor library refused an operation.
    #[error("tensor library: {0}")]
    Tensor(String),
}
