//! Expressions, calculus and exact linear algebra.
//!
//! This room knows no mechanics: no position, no momentum, no time. It is given expressions and derivations, and
//! answers exactly.
//!
//! ```
//! use aa_symbolic::{Expr, differentiate};
//!
//! let (x, y) = (Expr::symbol("x"), Expr::symbol("y"));
//! let f = (&x - &y).exp() + x.powi(3) / 3;
//! assert_eq!(differentiate(&f, &x).to_string(), "x**2 + exp(x - y)");
//! ```

pub mod algebra;
mod ansatz;
pub mod atoms;
pub mod calculus;
pub mod elimination;
mod error;
pub mod expr;
pub mod field;
pub mod function;
mod grading;
pub mod lattice;
pub mod lift;
pub mod linear;
pub mod lll;
pub mod null_space;
pub mod polynomial;
pub mod print;
pub mod rational;
pub mod univariate;

pub use calculus::{differentiate, evaluate, gradient, substitute};
pub use error::Error;
pub use expr::{Expr, Node, subexpressions};
pub use function::Function;
pub use null_space::family::{Drops, Family};
pub use null_space::{Ansatz, Degree, Derivation, NullSpace, NullVector, Proof, null_space};
pub use rational::{Rational, parse_rational, to_f64, to_i64};
