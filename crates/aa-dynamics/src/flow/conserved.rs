//! What should be conserved along orbits, and how far it is not.

use aa_kernel::{Kernel, Workspace};
use aa_symbolic::Expr;

use crate::integrals::polynomial_casimirs;
use crate::{Ensemble, Error, Hamiltonian};

/// The energy H of each orbit at each time; that of a driven system changes.
///
/// # Errors
/// None where the ensemble belongs to the system.
pub fn energies(system: &Hamiltonian, ensemble: &Ensemble) -> Result<Vec<Vec<f64>>, Error> {
    let dof = system.dof();
    let energy = if system.is_driven() { system.energy() - system.space().p(dof - 1) } else { system.energy().clone() };
    along(system, ensemble, &energy)
}

/// A function of phase space along each orbit.
///
/// # Errors
/// The function has a symbol that is no variable of the system.
pub fn along(system: &Hamiltonian, ensemble: &Ensemble, function: &Expr) -> Result<Vec<Vec<f64>>, Error> {
    let kernel = Kernel::new(&system.space().symbols(), std::slice::from_ref(function))?;
    let n_times = ensemble.t.len();
    let mut workspace = Workspace::default();
    let values_of = |orbit: usize| {
        let points: Vec<f64> = (0..ensemble.width).flat_map(|i| ensemble.series(orbit, i)).collect();
        let mut values = vec![0.0; n_times];
        kernel.evaluate(&points, n_times, &mut values, &mut workspace);
        values
    };
    Ok((0..ensemble.orbits.len()).map(values_of).collect())
}

/// The polynomial Casimirs up to degree 4, each with its largest relative deviation along any orbit; none in a space of
/// canonical pairs.
///
/// # Errors
/// A bracket that the exact algebra has no rule for.
pub fn casimir_drifts(system: &Hamiltonian, ensemble: &Ensemble) -> Result<Vec<(Expr, f64)>, Error> {
    let with_drift = |casimir: Expr| {
        let values = along(system, ensemble, &casimir)?;
        let worst = values.iter().map(|values| drift(values)).fold(0.0, f64::max);
        Ok((casimir, worst))
    };
    polynomial_casimirs(system.space())?.into_iter().map(with_drift).collect()
}

/// The largest relative deviation from the first of some values; absolute where that is 0.
pub fn drift(values: &[f64]) -> f64 {
    values.iter().filter(|e| e.is_finite()).map(|&e| energy_error(values[0], e)).fold(0.0, f64::max)
}

/// The error of each orbit's energy, as [`crate::Simulation::energy_error`] defines it.
pub(crate) fn energy_errors(system: &Hamiltonian, ensemble: &Ensemble, energies: &[Vec<f64>]) -> Vec<f64> {
    let error = |(orbit, energies): (usize, &Vec<f64>)| match system.is_driven() {
        false => drift(energies),
        true => driven_error(energies, &ensemble.series(orbit, ensemble.width - 1)),
    };
    energies.iter().enumerate().map(error).collect()
}

/// The largest deviation of H + pt from its first, relative to the largest |H|.
fn driven_error(energies: &[f64], momenta: &[f64]) -> f64 {
    let largest = energies.iter().fold(0.0f64, |largest, e| largest.max(e.abs()));
    let sums: Vec<f64> = energies.iter().zip(momenta).map(|(e, pt)| e + pt).collect();
    let deviation = sums.iter().map(|sum| (sum - sums[0]).abs()).fold(0.0, f64::max);
    deviation / if largest > 0.0 { largest } else { 1.0 }
}

/// The relative deviation of an energy from the initial one; absolute where that is 0.
pub(crate) fn energy_error(initial: f64, energy: f64) -> f64 {
    let scale = if initial == 0.0 { 1.0 } else { initial.abs() };
    (energy - initial).abs() / scale
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{driven_oscillator, free_body};
    use crate::{FlowOptions, InitialRequest, Outcome, Reduction, initial_conditions, simulate};

    #[test]
    fn time_is_no_escape_and_blurs_no_step() {
        // x'' = -x + cos 2t from rest at 0: x = (cos t - cos 2t)/3.
        let system = driven_oscillator();
        let times = [0.0, 1.0, 1000.0];
        let orbits = simulate(&system, &[vec![0.0; 4]], &times, &FlowOptions::default()).unwrap();
        assert_eq!(orbits.outcomes, [Outcome::Finished]);
        for (i, t) in times.into_iter().enumerate() {
            let exact = (t.cos() - (2.0 * t).cos()) / 3.0;
            // A double holds t = 1000 to 1e-13: every step is pushed by a force that is off by so much.
            let [x, time, ..] = orbits.ensemble.row(0, i) else { panic!("four numbers in a row") };
            assert!((x - exact).abs() < 2e-12 && (time - t).abs() < 2e-13, "{t}: {x} {exact}");
        }
        assert!(orbits.energy_error(0) < 1e-10, "{}", orbits.energy_error(0));
    }

    #[test]
    fn driven_systems_start_at_time_zero_with_minus_their_energy() {
        let system = driven_oscillator();
        let whole = Reduction::new(&system, &[]).unwrap();
        let drawn = initial_conditions(&system, &whole, &InitialRequest::new(5, 1)).unwrap();
        for (point, energy) in drawn.points.iter().zip(&drawn.energies) {
            assert_eq!((point[1], point[3]), (0.0, -energy));
            // H = (p^2 + x^2)/2 - x cos 0.
            assert!(((point[2].powi(2) + point[0].powi(2)) / 2.0 - point[0] - energy).abs() < 1e-15);
        }
    }

    #[test]
    fn casimirs_of_a_body_stay() {
        let body = free_body();
        let orbits = simulate(&body, &[vec![0.3, 1.0, -0.2]], &[0.0, 50.0, 500.0], &FlowOptions::default()).unwrap();
        assert_eq!((orbits.ensemble.dof, orbits.ensemble.width), (0, 3));
        let drifts = casimir_drifts(&body, &orbits.ensemble).unwrap();
        assert_eq!(drifts.len(), 1);
        assert_eq!(drifts[0].0.to_string(), "x**2 + y**2 + z**2");
        assert!(drifts[0].1 < 1e-13 && orbits.energy_error(0) < 1e-13, "{drifts:?}");
    }
}
