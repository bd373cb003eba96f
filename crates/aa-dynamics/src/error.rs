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
    /// A Poisson structure that is no square matrix of the right size.
    #[error(
        "a structure has {expected} rows of {expected} brackets, one for each pair of variables; came rows of {found:?}"
    )]
    StructureShape {
        /// The number of variables.
        expected: usize,
        /// The lengths of the rows that came.
        found: Vec<usize>,
    },
    /// Two variables whose brackets in the two orders do not cancel.
    #[error("the structure is not antisymmetric: {{{a}, {b}}} is not -{{{b}, {a}}}", a = pair[0], b = pair[1])]
    NotAntisymmetric {
        /// The two variables.
        pair: Vec<String>,
    },
    /// A structure without brackets.
    #[error("all brackets of the structure vanish, so that nothing would move")]
    StructureVanishes,
    /// Three variables whose brackets violate the Jacobi identity.
    #[error("the structure violates the Jacobi identity for {}", triple.join(", "))]
    JacobiIdentity {
        /// The three variables.
        triple: Vec<String>,
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
    /// An energy surface that cannot be drawn.
    #[error(transparent)]
    Surface(#[from] crate::SurfaceError),
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
    /// A section that is not understood.
    #[error("section `{part}`: expected {expected}")]
    BadSection {
        /// The part in question.
        part: String,
        /// What can stand there.
        expected: String,
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
    /// An equilibrium that deviations leave exponentially.
    #[error(
        "deviations grow at the rate {rate:.6} at the equilibrium: a normal form in actions needs an elliptic one, such \
         as a minimum of the energy"
    )]
    Hyperbolic {
        /// The largest real part of an eigenvalue, per unit of time.
        rate: f64,
    },
    /// An equilibrium with a direction of no frequency, or with modes that are not enough.
    #[error(
        "the linear motion at the equilibrium is no sum of oscillations (see the frequency {frequency:.6}): a direction \
         has no restoring force, or two modes of opposite sign have merged; a change of parameters may part them"
    )]
    DegenerateEquilibrium {
        /// The frequency in question, radians per unit of time.
        frequency: f64,
    },
    /// An energy that is no power series at the equilibrium.
    #[error("the energy has no power series at the equilibrium")]
    NotAnalytic,
    /// A normal form that is too long, or of no degree.
    #[error(
        "a normal form of order {order} in {dof} degrees of freedom has {n_terms:.0} terms; choose an order from 2 on with less than 2 million"
    )]
    NormalFormOrder {
        /// The order asked for.
        order: usize,
        /// Degrees of freedom without free directions.
        dof: usize,
        /// The number of monomials.
        n_terms: f64,
    },
    /// An energy that no splitting integrator takes.
    #[error(
        "a splitting integrator needs an energy T(p) + V(q) in canonical pairs; here a term mixes coordinates and momenta: \
         gauss4, gauss6 and gauss8 take any energy"
    )]
    NotSeparable,
    /// An energy that no Nystroem integrator takes.
    #[error("this integrator needs a kinetic energy quadratic in the momenta; the others take any T(p)")]
    NotQuadratic,
    /// A name of no integrator.
    #[error("there is no integrator `{name}`; there are taylor, {known}")]
    UnknownIntegrator {
        /// The name given.
        name: String,
        /// The names with a fixed step.
        known: String,
    },
    /// A step of time that leads nowhere.
    #[error("expected a positive step, came {h}")]
    BadStep {
        /// What came.
        h: f64,
    },
}
