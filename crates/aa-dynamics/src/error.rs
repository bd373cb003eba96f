//! What can be wrong with a system or a request to study it.

use thiserror::Error as Derive;

/// Why there is no result.
#[derive(Clone, Debug, PartialEq, Derive)]
#[non_exhaustive]
pub enum Error {
    /// A phase space without coordinates.
    #[error("a system has at least one coordinate")]
    NoCoordinates,
    /// A name that is not an identifier.
    #[error("`{name}` cannot name a coordinate: expected letters, digits and underscores, a letter first")]
    BadName {
        /// The name given.
        name: String,
    },
    /// Two coordinates or momenta of one name.
    #[error("the name `{name}` stands for two coordinates or momenta")]
    NameTwice {
        /// The name given twice.
        name: String,
    },
    /// A symbol that is no coordinate and no momentum.
    #[error("`{name}` is neither a coordinate nor a momentum of this system")]
    UnknownSymbol {
        /// The symbol.
        name: String,
    },
    /// The exact algebra gives no answer.
    #[error(transparent)]
    Algebra(#[from] aa_symbolic::Error),
    /// A kernel could not be built.
    #[error(transparent)]
    Kernel(#[from] aa_kernel::Error),
    /// A signal or a set of frequencies that cannot be analysed.
    #[error(transparent)]
    Frequency(#[from] crate::frequency::FrequencyError),
    /// Samples of orbits that cannot be analysed.
    #[error(transparent)]
    Data(#[from] crate::from_data::DataError),
    /// A point with too many or too few numbers.
    #[error("a point of this phase space has {expected} numbers, q then p; came {found}")]
    WrongLength {
        /// 2 dof.
        expected: usize,
        /// What came.
        found: usize,
    },
    /// Times at which nothing can be sampled.
    #[error("expected finite increasing times from 0 on")]
    BadTimes,
    /// A tolerance that means nothing.
    #[error("expected a tolerance between 0 and 1, came {tolerance}")]
    BadTolerance {
        /// What came.
        tolerance: f64,
    },
    /// No minimum of the energy, so that nothing says where orbits should start.
    #[error("found no stable equilibrium to start orbits around; give initial_conditions with a box or with points")]
    NoEquilibrium,
    /// An energy that no point found has.
    #[error("found no point with energy between {low} and {high}; the lowest energy found is {lowest}")]
    NoSuchEnergy {
        /// The lower end asked for.
        low: f64,
        /// The upper end asked for.
        high: f64,
        /// The lowest energy found.
        lowest: f64,
    },
    /// A point at which the energy is infinite or undefined.
    #[error("the energy is not a finite number at the initial point {point:?}")]
    EnergyNotFinite {
        /// The point, q then p.
        point: Vec<f64>,
    },
    /// A box that is none.
    #[error("a box has {expected} pairs of finite numbers low <= high, q then p; came {found:?}")]
    BadBox {
        /// 2 dof.
        expected: usize,
        /// What came.
        found: Vec<(f64, f64)>,
    },
    /// A sum of momenta that the motion changes.
    #[error("the sum of momenta with coefficients {coefficients:?} is not an integral of motion")]
    NotAnIntegral {
        /// One coefficient per momentum.
        coefficients: Vec<String>,
    },
    /// An energy that no splitting integrator takes.
    #[error("a splitting integrator needs an energy T(p) + V(q); here a term mixes coordinates and momenta")]
    NotSeparable,
}
