//! Does the energy drift with the step as the order of the integrator says? A formula with a kink, a jump or a rounded
//! constant does not.
//!
//! Orbits are followed with implicit Gauss of order 4, for any energy and phase space, with steps halved again and again.
//! Where the error of the energy is small and still above rounding, half the step leaves a sixteenth of it.

use aa_dynamics::integrator::simulate_by;

use crate::System;

/// The longest step, in units of time, and how often it is halved.
const LONGEST: f64 = 0.125;
const HALVINGS: i32 = 12;

/// Relative errors of the energy below this follow the leading term of the error; above, steps are too long to tell.
const SMALL: f64 = 1e-5;

/// Relative errors of the energy down to here are far enough above rounding, about 1e-15, to tell a sixteenth.
const ABOVE_ROUNDING: f64 = 1e-12;

/// What counts as order 4: the next term of the error takes a part away where it has the other sign.
const LEAST_ORDER: f64 = 3.0;

/// Times at which the energy is compared with that at the start.
const TIMES: [f64; 5] = [0.0, 0.25, 0.5, 0.75, 1.0];

/// The order with which the error of the energy falls, measured; none where it comes to rounding before that shows.
///
/// # Errors
/// In words: it does not fall with the order of the integrator, however short the steps.
pub(crate) fn energy_order(system: &System, points: &[Vec<f64>]) -> Result<Option<f64>, String> {
    let (mut longer, mut order) = (f64::INFINITY, f64::NAN);
    for halving in 0..HALVINGS {
        let error = energy_error(system, points, LONGEST * 0.5f64.powi(halving))?;
        if error <= ABOVE_ROUNDING {
            return Ok(None);
        }
        order = (longer / error).log2();
        if longer < SMALL && order >= LEAST_ORDER {
            return Ok(Some(order));
        }
        longer = error;
    }
    let shortest = LONGEST * 0.5f64.powi(HALVINGS - 1);
    Err(format!(
        "the energy drifts with the power {order:.1} of the step, not 4, and by {longer:.0e} with steps of {shortest:.0e}: is the \
         formula smooth, and are orbits slow enough in its units?"
    ))
}

/// The largest relative error of the energy over orbits and times; infinite where a step failed.
fn energy_error(system: &System, points: &[Vec<f64>], h: f64) -> Result<f64, String> {
    let followed = simulate_by("gauss4", &system.hamiltonian, points, &TIMES, h, f64::INFINITY);
    let followed = followed.map_err(|error| error.to_string())?;
    let finished = followed.outcomes.iter().all(|outcome| outcome.is_finished());
    let errors = (0..points.len()).map(|orbit| followed.energy_error(orbit));
    Ok(if finished { errors.fold(0.0, f64::max) } else { f64::INFINITY })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Source, SystemSettings, load_system};

    fn order(potential: &str) -> Result<Option<f64>, String> {
        let text = format!(
            "fn coordinates(k) {{ [\"x\"] }} fn hamiltonian(q, p, k) {{ let x = q[0]; p[0]**2/2 + {potential} }}"
        );
        let system = load_system(&Source::inline("test", &text), &SystemSettings::default()).unwrap();
        energy_order(&system, &[vec![0.3, 0.5], vec![-0.2, 0.9]])
    }

    #[test]
    fn smooth_formulas_show_the_order_and_quadratic_ones_rounding() {
        let quartic = order("x**4").unwrap().unwrap();
        assert!((quartic - 4.0).abs() < 0.3, "{quartic}");
        assert_eq!(order("x**2").unwrap(), None);
    }

    #[test]
    fn kinks_show() {
        let fault = order("sqrt((x - 0.4)**2)").unwrap_err();
        assert!(fault.contains("is the formula smooth"), "{fault}");
    }
}
