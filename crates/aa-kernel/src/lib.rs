//! Expressions lowered to flat kernels over lanes of points.
//!
//! A [`Kernel`] evaluates expressions at many points; a [`JetKernel`] expands the flow of a vector field in powers of
//! time, which is what the Taylor integrator runs on. Both share one lowering: equal subexpressions once, sums and
//! products in one operation. For one [`Isa`] a point gives the same bits in any lane and in any batch.
//!
//! ```
//! use aa_kernel::{Kernel, Workspace};
//! use aa_symbolic::{Expr, gradient};
//!
//! let (x, y) = (Expr::symbol("x"), Expr::symbol("y"));
//! let energy = x.powi(2) / 2 + x.powi(2) * &y - y.powi(3) / 3;
//! let slopes = Kernel::new(&[x.clone(), y.clone()], &gradient(&energy, &[x, y])).unwrap();
//! let points = [0.0, 1.0, /* y: */ 0.5, 2.0]; // two points, input-major
//! let mut results = [0.0; 4];
//! slopes.evaluate(&points, 2, &mut results, &mut Workspace::default());
//! assert_eq!(results, [0.0, 5.0, /* by y: */ -0.25, -3.0]);
//! ```

mod arithmetic;
mod elementary;
mod error;
mod interpreter;
mod isa;
mod jet;
mod kernel;
mod lanes;
mod lower;
mod native;
mod recurrence;
mod scalar;
mod steering;
mod tape;
#[cfg(test)]
mod testing;

pub use error::Error;
pub use isa::Isa;
pub use jet::{JetKernel, Jets};
pub use kernel::{Kernel, Workspace};
pub use lanes::Lanes;
