//! What orbits tell without a formula: combinations that are conserved along them, and the Hamiltonian they obey.
//!
//! Choose this where there are measurements and no equations. Two questions, both answered from noisy samples:
//!
//! - [`conserved_combinations`]: which polynomials (and harmonics of angles) keep their value along every orbit but
//!   differ between orbits? An eigenvalue problem; it takes any columns, canonical or not, and only ever *measures*.
//! - [`fit_hamiltonian`]: which H = sum p^2/(2m) + V(q) with simple rational coefficients moves the orbits? What comes
//!   out is an exact [`Hamiltonian`](crate::Hamiltonian), of which theorems can be proved; that it is the system's own
//!   remains a measurement.
//!
//! Noise is taken as Gaussian, independent from sample to sample, of one standard deviation a column, given or
//! estimated ([`Noise`]). It biases every average of a power, by far more than the averages fluctuate; so averages are
//! taken of Hermite polynomials instead, whose mean over the noise is the power itself (see `features`).
//!
//! ```
//! use aa_dynamics::from_data::{ConservedOptions, Noise, Samples, State, conserved_combinations};
//! // Twelve orbits of an oscillator with x^2/2 + p^2/2, each on a circle of its own.
//! let t: Vec<f64> = (0..60).map(|j| 0.1 * f64::from(j)).collect();
//! let orbit = |r: f64| t.iter().flat_map(|t| [r * t.sin(), r * t.cos()]).collect();
//! let samples = Samples::plain(2, t.clone(), (1..=12).map(|k| orbit(f64::from(k))).collect()).unwrap();
//! let noise = Noise::given(vec![0.0, 0.0]);
//! let found = conserved_combinations(&samples, &noise, &ConservedOptions { degree: 2, ..Default::default() }).unwrap();
//! assert_eq!(found.conserved().count(), 1);
//! ```

mod conserved;
mod covariances;
mod error;
mod features;
mod fit;
mod gradients;
mod moments;
mod noise;
mod samples;
mod snap;
mod student;
#[cfg(test)]
mod tests;
mod weak;

pub use conserved::{Combination, Conserved, ConservedOptions, State, conserved_combinations};
pub use error::DataError;
pub use fit::{Fit, FitOptions, FittedTerm, fit_hamiltonian};
pub use noise::{Noise, estimate_noise};
pub use samples::Samples;
