//! Orbits whose actions and frequencies are known in closed form.

use aa_symbolic::{Expr, Rational};

use super::*;
use crate::testing::{build, elliptic, oscillators, pendulum};
use crate::{Coordinate, Hamiltonian, PhaseSpace};

/// Quadrature for the orbit through a point, which also reaches `far` if that is given.
fn measure(system: &Hamiltonian, start: &[f64], far: &[f64]) -> Result<QuadratureActions, NoQuadrature> {
    let kinds: Vec<CoordinateKind> = (0..system.dof()).map(|i| system.space().kind(i)).collect();
    quadrature_actions(&Separation::of(system).unwrap().unwrap(), &kinds, &[start, far].concat())
}

#[track_caller]
fn check(found: f64, known: f64, relative: f64) {
    println!("{found} {known}: {:.1e}", (found - known).abs() / known.abs());
    assert!(
        (found - known).abs() <= relative * known.abs(),
        "{found} {known}: {:e}",
        (found - known).abs() / known.abs()
    );
}

#[test]
fn oscillators_have_energy_over_frequency() {
    let system = oscillators(3, &"8/5".parse::<Rational>().unwrap());
    let start = [0.5, 0.2, 0.3, 0.7, 0.9, 0.2];
    let found = measure(&system, &start, &[-0.5, -0.2, -0.3, 0.7, 0.9, 0.2]).unwrap();
    for i in 0..3 {
        let w = 1.6f64.powi(i as i32);
        check(found.actions[i], (start[3 + i].powi(2) + (w * start[i]).powi(2)) / (2.0 * w), 1e-13);
        check(found.omega[i], w, 1e-13);
    }
    assert!(found.error < 1e-13 && found.nodes == 32, "{found:?}");
}

#[test]
fn pendulums_have_elliptic_integrals_on_both_sides_of_the_separatrix() {
    // 1 - m and the relative accuracy: the energy is known to 1e-16, and dT/T goes like dm/(1 - m).
    for (complement, accuracy) in [(0.75, 1e-13), (0.1, 1e-13), (1e-3, 1e-13), (1e-6, 1e-10)] {
        let m: f64 = 1.0 - complement;
        let far = 1.98 * libm::asin(m.sqrt());
        let found = measure(&pendulum(), &[0.0, 2.0 * m.sqrt()], &[-far, 0.0, far, 0.0]).unwrap();
        let (k, e) = elliptic(m, complement);
        check(found.actions[0], 8.0 / PI * (e - complement * k), 1e-13);
        check(found.omega[0], PI / (2.0 * k), accuracy);
        assert!((found.omega[0] / (PI / (2.0 * k)) - 1.0).abs() < 10.0 * found.error, "{found:?}");
    }
    for (m, accuracy) in [(1.7, 1e-13), (1.001, 1e-13), (1.00001, 1e-11)] {
        for sign in [1.0, -1.0] {
            let found = measure(&pendulum(), &[0.0, sign * 2.0 * f64::sqrt(m)], &[sign * 7.0, 0.0]).unwrap();
            let (k, e) = elliptic(1.0 / m, 1.0 - 1.0 / m);
            check(found.actions[0], sign * 4.0 / PI * m.sqrt() * e, 1e-13);
            check(found.omega[0], sign * PI * m.sqrt() / k, accuracy);
        }
    }
}

#[test]
fn separatrices_are_refused() {
    let refused = measure(&pendulum(), &[0.0, 2.0], &[7.0, 0.0]);
    assert!(matches!(refused, Err(NoQuadrature::NotConverged { .. } | NoQuadrature::NoBranch { .. })), "{refused:?}");
}

#[test]
fn the_quartic_oscillator_has_a_beta_function() {
    let space = PhaseSpace::lines(["x"]);
    let system = build(space.p(0).powi(2) / 2 + space.q(0).powi(4), space);
    let found = measure(&system, &[0.0, 2f64.sqrt()], &[0.5, 0.0]).unwrap();
    // At E = 1, T = 2 sqrt 2 int_0^1 (1 - x^4)^(-1/2) dx = B(1/4, 1/2) / sqrt 2, and J = 4 E / (3 omega).
    let quarter = libm::tgamma(0.25);
    let beta = quarter * PI.sqrt() / libm::tgamma(0.75);
    check(found.omega[0], TAU * 2f64.sqrt() / beta, 1e-13);
    check(found.actions[0], 4.0 / (3.0 * found.omega[0]), 1e-13);
    assert!((found.omega[0] - 1.694426169588).abs() < 1e-12);
}

fn line_and_circle() -> PhaseSpace {
    let circle = Coordinate { name: "phi".into(), kind: CoordinateKind::Circle };
    PhaseSpace::new(vec![Coordinate { name: "r".into(), kind: CoordinateKind::Line }, circle]).unwrap()
}

/// H = p_r^2/2 + l^2/(2 r^2) - 1/r + b/r^2 in polar coordinates.
fn polar(b: Expr) -> Hamiltonian {
    let space = line_and_circle();
    let (r, pr, l) = (space.q(0), space.p(0), space.p(1));
    build((pr.powi(2) + l.powi(2) / r.powi(2)) / 2 - r.powi(-1) + b * r.powi(-2), space)
}

#[test]
fn kepler_has_one_frequency_and_a_radial_action() {
    for l in [0.9, -0.9, 0.3] {
        // From the farthest point, at 1.
        let e: f64 = l * l / 2.0 - 1.0;
        let found = measure(&polar(Expr::zero()), &[1.0, 0.0, 0.0, l], &[0.95, 0.0, 0.0, 0.0]).unwrap();
        check(found.actions[0], 1.0 / (-2.0 * e).sqrt() - l.abs(), 1e-12);
        check(found.omega[0], (-2.0 * e).powf(1.5), 1e-12);
        check(found.omega[1], l.signum() * (-2.0 * e).powf(1.5), 1e-12);
        assert_eq!(found.actions[1], l);
    }
}

#[test]
fn mean_rates_of_cyclic_coordinates_take_the_nodes_they_need() {
    // r oscillates harmonically, so that its own integrals are exact at once; phi turns fast where r is small.
    let space = line_and_circle();
    let (r, pr, l) = (space.q(0), space.p(0), space.p(1));
    let system = build((pr.powi(2) + r.powi(2)) / 2 + l * (1 + 400 * r.powi(2)).powi(-1), space);
    let found = measure(&system, &[1.0, 0.0, 0.0, 0.0], &[-1.0, 0.0, 0.0, 0.0]).unwrap();
    // The mean of 1/(1 + a^2 sin^2 theta) is 1/sqrt(1 + a^2).
    check(found.omega[1], 401f64.sqrt().recip(), 1e-13);
    assert!(found.nodes > 64 && found.error < 1e-13, "{found:?}");
}

#[test]
fn actions_may_vanish() {
    // (p + 1 - 3 cos q)^2/2 = 1/2: p = 3 cos q goes round with no area below it, at the rate 1.
    let circle = Coordinate { name: "phi".into(), kind: CoordinateKind::Circle };
    let space = PhaseSpace::new(vec![circle]).unwrap();
    let system = build((space.p(0) + 1 - 3 * space.q(0).cos()).powi(2) / 2, space);
    let found = measure(&system, &[0.0, 3.0], &[7.0, 0.0]).unwrap();
    assert!(found.actions[0].abs() < 1e-15 && found.error < 1e-13, "{found:?}");
    check(found.omega[0], 1.0, 1e-13);
}

#[test]
fn rows_without_an_orbit_are_refused() {
    for rows in [&[][..], &[0.1], &[0.1, f64::NAN]] {
        assert_eq!(measure(&pendulum(), rows, &[]), Err(NoQuadrature::BadRows));
    }
}

#[test]
fn turning_ellipses_have_two_frequencies() {
    let system = polar(Expr::rational("1/10".parse().unwrap()));
    let found = measure(&system, &[1.0, 0.0, 0.0, 1.1], &[1.2, 0.0, 0.0, 0.0]).unwrap();
    // J_r = 1/sqrt(-2E) - l' with l'^2 = l^2 + 2 b, so that omega_phi = omega_r l / l'.
    let (e, turning) = (1.21f64 / 2.0 - 1.0 + 0.1, (1.21f64 + 0.2).sqrt());
    check(found.actions[0], 1.0 / (-2.0 * e).sqrt() - turning, 1e-12);
    check(found.omega[1], (-2.0 * e).powf(1.5) * 1.1 / turning, 1e-12);
    // Frequencies (w_r - w_phi, w_phi) go with actions (J_r, J_r + J_phi).
    let ([w, v], [j, l]) = ([found.omega[0], found.omega[1]], [found.actions[0], found.actions[1]]);
    assert!(found.difference(&[w - v, v], &[j, j + l]).unwrap() < 1e-15);
    assert!((found.difference(&[v, w], &[l + 0.01, j]).unwrap() - 0.01 / (j + l)).abs() < 1e-12);
    assert_eq!(found.difference(&[0.9 * w, v], &[j, l]), None);
}

#[test]
fn the_morse_potential_has_a_square_root_of_its_energy() {
    // H = p^2/2 + (1 - e^{-x})^2: J = sqrt 2 (1 - sqrt(1 - E)), omega = sqrt 2 sqrt(1 - E).
    let space = PhaseSpace::lines(["x"]);
    let system = build(space.p(0).powi(2) / 2 + (Expr::one() - (-space.q(0)).exp()).powi(2), space);
    for e in [0.1f64, 0.5, 0.9] {
        let found = measure(&system, &[0.0, (2.0 * e).sqrt()], &[0.1, 0.0]).unwrap();
        check(found.actions[0], 2f64.sqrt() * (1.0 - (1.0 - e).sqrt()), 1e-13);
        check(found.omega[0], 2f64.sqrt() * (1.0 - e).sqrt(), 1e-13);
    }
}

#[test]
fn energies_that_are_not_quadratic_in_momenta_are_solved() {
    // H = sqrt(1 + (p - x/2)^2) + x^2/2 with E = 2; the shift of p is canonical, so the action is that without it.
    let space = PhaseSpace::lines(["x"]);
    let (x, p) = (space.q(0), space.p(0));
    let energy = |p: Expr| (Expr::one() + p.powi(2)).sqrt() + x.powi(2) / 2;
    let plain = measure(&build(energy(p.clone()), space.clone()), &[0.0, 3f64.sqrt()], &[0.5, 0.0]).unwrap();
    let shifted = measure(&build(energy(p - &x / 2), space), &[0.0, 3f64.sqrt()], &[0.5, 0.0]).unwrap();
    check(shifted.actions[0], plain.actions[0], 1e-13);
    check(shifted.omega[0], plain.omega[0], 1e-13);
    // omega = dE/dJ by neighbours, and an orbit turning backwards has a negative frequency.
    let at = |e: f64, sign: i64| {
        let space = PhaseSpace::lines(["x"]);
        let (x, p) = (space.q(0), space.p(0));
        let system = build(((Expr::one() + p.powi(2)).sqrt() + x.powi(2) / 2) * sign, space);
        measure(&system, &[0.0, (e * e - 1.0).sqrt()], &[0.5, 0.0]).unwrap()
    };
    let slope = 2e-4 / (at(2.0001, 1).actions[0] - at(1.9999, 1).actions[0]);
    check(plain.omega[0], slope, 1e-8);
    check(at(2.0, -1).omega[0], -plain.omega[0], 1e-13);
    check(at(2.0, -1).actions[0], plain.actions[0], 1e-13);
}
