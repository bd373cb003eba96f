//! Orbits whose actions are known.

use std::f64::consts::PI;

use aa_symbolic::{Expr, Rational};

use super::*;
use crate::frequency::{FundamentalOptions, fundamental_frequencies};
use crate::testing::{build, elliptic, henon_heiles, oscillators, pendulum, toda_ring};
use crate::{Coordinate, FlowOptions, Hamiltonian, PhaseSpace, Reduction, simulate};

/// Frequencies and actions of one orbit, `n` samples `dt` apart.
fn measure(system: &Hamiltonian, start: &[f64], dt: f64, n: usize) -> (Vec<f64>, Result<MeasuredActions, NoActions>) {
    let times: Vec<f64> = (0..n).map(|i| i as f64 * dt).collect();
    let orbit = simulate(system, &[start.to_vec()], &times, &FlowOptions::default()).unwrap().ensemble;
    let kinds: Vec<CoordinateKind> = (0..system.dof()).map(|i| system.space().kind(i)).collect();
    let found = fundamental_frequencies(&orbit, &kinds, &FundamentalOptions::default()).unwrap().remove(0);
    let actions = measured_actions(&orbit.orbits[0], dt, &kinds, &found, 1e-6);
    (found.omega, actions)
}

#[test]
fn oscillators_have_energy_over_frequency() {
    let system = oscillators(3, &"8/5".parse::<Rational>().unwrap());
    let start = [0.5, 0.2, 0.3, 0.7, 0.9, 0.2];
    let (omega, found) = measure(&system, &start, 0.25, 2001);
    let found = found.unwrap();
    for i in 0..3 {
        let w = 1.6f64.powi(i as i32);
        let energy = (start[3 + i].powi(2) + (w * start[i]).powi(2)) / 2.0;
        assert!((omega[i] - w).abs() < 1e-12 && (found.actions[i] - energy / w).abs() < 1e-12, "{omega:?} {found:?}");
        assert!(found.error[i] < 1e-12);
    }
}

#[test]
fn pendulums_have_elliptic_actions_on_both_sides_of_the_separatrix() {
    for m in [0.25, 0.5, 0.9] {
        let (_, found) = measure(&pendulum(), &[0.0, 2.0 * f64::sqrt(m)], 0.2, 4001);
        let (k, e) = elliptic(m, 1.0 - m);
        let (action, found) = (8.0 / PI * (e - (1.0 - m) * k), found.unwrap());
        assert!((found.actions[0] - action).abs() < 1e-11, "{found:?} {action}");
    }
    for sign in [1.0, -1.0] {
        let m: f64 = 1.7;
        let (_, found) = measure(&pendulum(), &[0.0, sign * 2.0 * m.sqrt()], 0.2, 4001);
        let (action, found) = (sign * 4.0 / PI * m.sqrt() * elliptic(1.0 / m, 1.0 - 1.0 / m).1, found.unwrap());
        assert!((found.actions[0] - action).abs() < 1e-11, "{found:?} {action}");
    }
}

#[test]
fn the_quartic_oscillator_has_four_thirds_of_energy_over_frequency() {
    let space = PhaseSpace::lines(["x"]);
    let system = build(space.p(0).powi(2) / 2 + space.q(0).powi(4), space);
    let (omega, found) = measure(&system, &[1.0, 0.0], 0.1, 4001);
    assert!((found.unwrap().actions[0] - 4.0 / (3.0 * omega[0])).abs() < 1e-11);
}

#[test]
fn kepler_has_a_radial_action_and_the_angular_momentum() {
    let circle = Coordinate { name: "phi".into(), kind: CoordinateKind::Circle };
    let space = PhaseSpace::new(vec![Coordinate { name: "r".into(), kind: CoordinateKind::Line }, circle]).unwrap();
    let [r, _, pr, l] = <[Expr; 4]>::try_from(space.symbols()).unwrap();
    // A weak 1/r^2 term turns the ellipse slowly, so that there are two frequencies: J_r = 1/sqrt(-2E) - |l'|.
    let energy = (pr.powi(2) + l.powi(2) / r.powi(2)) / 2 - r.powi(-1) + r.powi(-2) / 10;
    let start = [1.0, 0.0, 0.0, 1.1];
    let (_, found) = measure(&build(energy, space), &start, 0.2, 4001);
    let found = found.unwrap();
    let (e, turning) = (1.21f64 / 2.0 - 1.0 + 0.1, (1.21f64 + 0.2).sqrt());
    let radial = 1.0 / (-2.0 * e).sqrt() - turning;
    assert!((found.actions[1] - 1.1).abs() < 1e-9 && (found.actions[0] - radial).abs() < 1e-9, "{found:?} {radial}");
}

#[test]
fn rotated_oscillators_keep_their_actions() {
    // Modes (x + 2 y)/sqrt 5 and (2 x - y)/sqrt 5 with squares of frequencies 1 and 3.
    let space = PhaseSpace::lines(["x", "y"]);
    let [x, y, px, py] = <[Expr; 4]>::try_from(space.symbols()).unwrap();
    let energy = (px.powi(2) + py.powi(2)) / 2 + ((&x + &y * 2).powi(2) + (&x * 2 - &y).powi(2) * 3) / 10;
    let (omega, found) = measure(&build(energy, space), &[0.4, -0.1, 0.3, 0.5], 0.25, 2001);
    let found = found.unwrap();
    let mode = |q: f64, p: f64, w: f64| (p * p + w * w * q * q) / (2.0 * w);
    let root = 5f64.sqrt();
    let known = [(1.0, mode(0.2 / root, 1.3 / root, 1.0)), (3f64.sqrt(), mode(0.9 / root, 0.1 / root, 3f64.sqrt()))];
    for (w, action) in known {
        let place = omega.iter().position(|omega| (omega - w).abs() < 1e-10).unwrap();
        assert!((found.actions[place] - action).abs() < 1e-12, "{found:?} {known:?}");
    }
}

/// dh/dI by neighbouring orbits is omega: (h(z') - h(z)) against the mean frequencies times the change of the actions.
#[track_caller]
fn check_frequencies_are_slopes(system: &Hamiltonian, start: &[f64], n: usize, tolerance: f64) {
    let energy = |z: &[f64]| {
        aa_kernel::Kernel::new(&system.space().symbols(), &[system.energy().clone()]).map(|kernel| {
            let mut value = [0.0];
            kernel.evaluate(z, 1, &mut value, &mut aa_kernel::Workspace::default());
            value[0]
        })
    };
    for component in 0..start.len() {
        let step = 1e-3;
        let shifted = |by: f64| {
            let mut z = start.to_vec();
            z[component] += by;
            (measure(system, &z, 0.2, n), energy(&z).unwrap())
        };
        let (((omega_low, low), below), ((omega_high, high), above)) = (shifted(-step), shifted(step));
        let (low, high) = (low.unwrap(), high.unwrap());
        let (omega, _) = measure(system, start, 0.2, n);
        // Where both modes show in every coordinate, the neighbours may have them in the other order.
        let beside = |others: &[f64], actions: &[f64], omega: f64| {
            let nearest =
                (0..others.len()).min_by(|&a, &b| (others[a] - omega).abs().total_cmp(&(others[b] - omega).abs()));
            actions[nearest.unwrap()]
        };
        let change = |w: f64| beside(&omega_high, &high.actions, w) - beside(&omega_low, &low.actions, w);
        let by_actions: f64 = omega.iter().map(|w| w * change(*w)).sum();
        assert!((above - below - by_actions).abs() < tolerance * step, "{} {by_actions}", above - below);
    }
}

#[test]
fn toda_frequencies_are_the_slopes_of_the_energy() {
    let ring = toda_ring(3);
    let reduction = Reduction::new(&ring, &[vec![Rational::ONE; 3]]).unwrap();
    check_frequencies_are_slopes(reduction.reduced(), &[0.3, 0.2, 0.5, -0.3], 4001, 1e-5);
}

#[test]
fn henon_heiles_frequencies_are_the_slopes_of_the_energy() {
    check_frequencies_are_slopes(&henon_heiles(), &[0.0, 0.1, 0.3, 0.1], 8001, 1e-5);
}

#[test]
fn chaos_and_smaller_tori_have_no_actions() {
    let chaotic = [0.0, -0.1, 0.4927, 0.1];
    let (_, refused) = measure(&henon_heiles(), &chaotic, 0.25, 4001);
    // Which reason comes first is decided by roundings: chaos magnifies them.
    assert!(matches!(refused, Err(NoActions::NotConverged { .. } | NoActions::Unresolved { .. })), "{refused:?}");
    // Both frequencies are 3^(1/2) (1 + small), at rest as a whole: nearly 1:1.
    let reduction = Reduction::new(&toda_ring(3), &[vec![Rational::ONE; 3]]).unwrap();
    let (_, refused) = measure(reduction.reduced(), &[0.05, 0.02, 0.03, 0.06], 0.25, 1001);
    assert!(matches!(refused, Err(NoActions::Resonant { .. } | NoActions::Unresolved { .. })), "{refused:?}");
    let still = Fundamental {
        omega: vec![1.0, 2f64.sqrt()],
        error: vec![0.0; 2],
        amplitude: vec![1.0; 2],
        phase: vec![0.0; 2],
        independent: vec![true, false],
        tolerance: 1e-5,
    };
    let refused = measured_actions(&[0.0; 400], 0.1, &[CoordinateKind::Line; 2], &still, 1e-6);
    assert_eq!(refused, Err(NoActions::SmallerTorus { n_frequencies: 1, dof: 2 }));
}

#[test]
fn resonances_are_named_where_errors_cannot_tell_them_from_zero() {
    let circle = oscillators(2, &Rational::ONE);
    let start = [0.3, 0.1, 0.2, 0.5];
    let (_, refused) = measure(&circle, &start, 0.25, 2001);
    let words = refused.unwrap_err().to_string();
    assert!(words.starts_with("the torus is resonant, omega1 - omega2 = 0: the difference "), "{words}");
    // Told that there are two frequencies, it is the errors that refuse: wide ones here, none below.
    let rows: Vec<f64> = (0..2001)
        .map(|i| 0.25 * f64::from(i))
        .flat_map(|t| [libm::sin(t), libm::sin(2.03 * t), libm::cos(t), libm::cos(2.03 * t)])
        .collect();
    let told = |error: f64| Fundamental {
        omega: vec![1.0, 2.03],
        error: vec![error; 2],
        amplitude: vec![2f64.sqrt(); 2],
        phase: vec![0.0; 2],
        independent: vec![true; 2],
        tolerance: 1e-5,
    };
    let actions = |error| measured_actions(&rows, 0.25, &[CoordinateKind::Line; 2], &told(error), 1e-6);
    assert!((actions(1e-4).unwrap().actions[1] - 0.5).abs() < 1e-9);
    let Err(NoActions::Resonant { k, .. }) = actions(4e-3) else { panic!("{:?}", actions(4e-3)) };
    assert_eq!(k, [2, -1]);
}

#[test]
fn terms_are_counted() {
    for (dof, order) in [(1, 5), (2, 3), (3, 4), (4, 2), (2, 1)] {
        assert_eq!(n_terms(dof, order), lattice_points(dof, order).len());
    }
    assert_eq!(orders(2), [1, 2, 3, 4, 6, 9, 13, 19]);
}
