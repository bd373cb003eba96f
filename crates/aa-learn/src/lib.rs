//! Learned action-angle maps: from orbits alone (and, if known, their energies) to actions, angles, frequencies and the motion at any time.
//!
//! After the action-angle networks of Daigavane, Kosmala, Cranmer, Smith and Ho (2022, arXiv 2211.15338), with an
//! encoder that is exactly symplectic:
//!
//! ```text
//! z --frame--> zeta --ridge shears--> (x, y) per pair --h(I)--> omega = dh/dI --> theta + omega t --inverse--> z(t)
//! ```
//!
//! A reader meets, in this order: [`Pair`], what one degree of freedom does; [`LearnOptions`] and [`learn`], which
//! turn an ensemble of orbits into an [`ActionAngleMap`]; the map itself; and the measures of its quality on orbits
//! it has not seen ([`ActionDrift`], [`PredictionError`], [`PhaseHorizon`]).
//!
//! ```
//! use aa_dynamics::Ensemble;
//! use aa_learn::{LearnOptions, learn};
//! use std::ops::ControlFlow;
//!
//! // A harmonic oscillator of frequency 2: H = (p^2 + 4 q^2)/2.
//! let mut orbits = Ensemble::new(1, (0..100).map(|i| 0.1 * f64::from(i)).collect());
//! for a in [0.5, 0.8, 1.0, 1.3, 1.5] {
//!     let row = |t: &f64| [a * (2.0 * t).sin(), 2.0 * a * (2.0 * t).cos()];
//!     orbits.push(orbits.t.iter().flat_map(row).collect());
//! }
//! let options = LearnOptions { width: 2, evaluations: 40_000, ..LearnOptions::default() };
//! let map = learn(&orbits, &options, &mut |_| ControlFlow::Continue(()))?.map;
//!
//! // I = E/omega = (0 + 4)/2/2 at q = 1, p = 0; theta = atan2(x, y) is a quarter turn from q = 0 to there; omega = +2.
//! let action = map.actions(&[1.0, 0.0])[0];
//! assert!((action - 1.0).abs() < 1e-3);
//! let quarter = map.angles(&[1.0, 0.0])[0] - map.angles(&[0.0, 2.0])[0];
//! assert!((quarter - std::f64::consts::FRAC_PI_2).abs() < 1e-2);
//! assert!((map.frequencies(&[action])[0] - 2.0).abs() < 1e-3);
//! # Ok::<(), aa_learn::Error>(())
//! ```
//!
//! Budgets count work, never seconds; the same seed gives the same bytes on any number of threads. (The shear kernels
//! give the same bits on every instruction set; the normal equations and the perceptrons of [`architecture`], whose products
//! faer fuses where it can, do not.)
//!
//! Modules, in reading order: `pair`, `precision`, `frame` (with `williamson`, `elliptic`, `joint_diagonal`), `turns`, `shear`
//! (with `lanes`, `sine`, `exponential`, `real`, `isa`), `jacobian`, `hamiltonian_of_actions`, `network`, `passages`, `residual`,
//! `op`, `adam`, `normal_equations`, `matrix_free`, `levenberg_marquardt`, `learn`, `family`, `checkpoint`, `motion`, `map`,
//! `measure`, `brackets`, `region`, `closed_form`, `weights`; and
//! [`architecture`], networks to compare with.

mod adam;
pub mod architecture;
mod brackets;
mod checkpoint;
mod closed_form;
mod elliptic;
mod error;
mod exponential;
mod family;
mod frame;
mod hamiltonian_of_actions;
mod isa;
mod jacobian;
mod joint_diagonal;
mod lanes;
mod learn;
mod levenberg_marquardt;
mod map;
mod matrix_free;
mod measure;
mod motion;
mod network;
mod normal_equations;
mod op;
mod pair;
mod passages;
mod precision;
mod real;
mod region;
mod residual;
mod shear;
mod sine;
mod slide;
mod symplectic;
mod turns;
mod weights;
mod williamson;

pub use brackets::Brackets;
pub use checkpoint::Checkpoint;
pub use closed_form::{Formula, Table, closed_form};
pub use error::Error;
pub use family::{FamilyLearned, FamilyMap, learn_family, resume_family};
pub use frame::Equilibrium;
pub use learn::{LearnOptions, Learned, Moment, Outcome, Progress, Stage, learn, resume};
pub use map::ActionAngleMap;
pub use measure::{ActionDrift, PhaseError, PhaseHorizon, PredictionError, Spread};
pub use pair::Pair;
pub use precision::Precision;
pub use region::Region;
pub use symplectic::symplectic_defect;
pub use weights::NamedArray;
