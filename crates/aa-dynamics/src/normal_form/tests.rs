use aa_symbolic::{Expr, substitute};

use super::lie::in_old_variables;
use super::modes::coordinates;
use super::series::{Sum, add_bracket};
use super::task::Found;
use super::*;
use crate::frequency::{FundamentalOptions, fundamental_frequencies};
use crate::testing::{build, elliptic, henon_heiles, kepler_plane, pendulum, toda_ring};
use crate::{CoordinateKind, FlowOptions, PhaseSpace, simulate};

fn form_of(system: &Hamiltonian, order: usize) -> NormalForm {
    normal_form(system, &NormalFormOptions { order, stop: None }).unwrap()
}

/// (p^2 + omega^2 q^2)/2 for each frequency, and a coupling.
fn oscillators(squares: [Expr; 2], coupling: impl Fn(Expr, Expr) -> Expr) -> Hamiltonian {
    let space = PhaseSpace::numbered(2);
    let pair = |j: usize| (space.p(j).powi(2) + &squares[j] * space.q(j).powi(2)) / 2;
    let energy = pair(0) + pair(1) + coupling(space.q(0), space.q(1));
    build(energy, space)
}

fn henon_heiles_with(b: i64) -> Hamiltonian {
    oscillators([Expr::one(), Expr::integer(b)], |x, y| x.powi(2) * &y - y.powi(3) / 3)
}

/// (p1^2 + q1^2)/2 - (p2^2 + 2 q2^2)/2 + q1^2 q2: stable though the energy has no minimum.
fn indefinite() -> Hamiltonian {
    let space = PhaseSpace::numbered(2);
    let (q, p) = (space.coordinates().to_vec(), space.momenta().to_vec());
    let energy = (p[0].powi(2) + q[0].powi(2)) / 2 - (p[1].powi(2) + 2 * q[1].powi(2)) / 2 + q[0].powi(2) * &q[1];
    build(energy, space)
}

/// Frequencies of an orbit from its spectrum.
fn measured(system: &Hamiltonian, start: &[f64]) -> Vec<f64> {
    let t: Vec<f64> = (0..4096).map(|i| 0.25 * f64::from(i)).collect();
    let orbit = simulate(system, &[start.to_vec()], &t, &FlowOptions::default()).unwrap().ensemble;
    let kinds = vec![CoordinateKind::Line; system.dof()];
    fundamental_frequencies(&orbit, &kinds, &FundamentalOptions::default()).unwrap()[0].omega.clone()
}

#[test]
fn the_pendulum_has_its_series() {
    let form = form_of(&pendulum(), 10);
    assert!(form.exact && form.resonances.is_empty() && form.resonant.terms.is_empty());
    let series = "-1 + I1 - I1**2/16 - I1**3/256 - 5*I1**4/8192 - 33*I1**5/262144";
    assert_eq!(form.hamiltonian.script(), series);
    for amplitude in [0.1, 0.5, 1.0f64] {
        let omega = form.frequencies_at(&form.actions(&[amplitude, 0.0]))[0];
        let m = (amplitude / 2.0).sin().powi(2);
        let exact = TAU / 4.0 / elliptic(m, 1.0 - m).0;
        // I = a^2/2 nearly, and the first coefficients left out of omega are below 1e-3 of I^5.
        let left_out = 1e-3 * (amplitude.powi(2) / 2.0).powi(5) + 1e-14;
        assert!((omega - exact).abs() < left_out, "{amplitude}: {omega} {exact}");
    }
    // A turn further the pendulum hangs in the same place.
    assert!((form.actions(&[TAU + 0.5, 0.1])[0] - form.actions(&[0.5, 0.1])[0]).abs() < 1e-14);
}

#[test]
fn the_quartic_oscillator_has_its_series_in_any_units() {
    let space = PhaseSpace::lines(["x"]);
    let (x, p) = (space.q(0), space.p(0));
    let plain = build((p.powi(2) + x.powi(2)) / 2 + x.powi(4), space.clone());
    assert_eq!(form_of(&plain, 6).hamiltonian.script(), "I1 + 3*I1**2/2 - 17*I1**3/4");
    // With frequency 2: x = X/sqrt 2, p = sqrt 2 P gives 2 (P^2 + X^2)/2 + X^4/4, whose coupling is 1/8 of the frequency.
    let stiff = build(p.powi(2) / 2 + 2 * x.powi(2) + x.powi(4), space);
    let form = form_of(&stiff, 6);
    assert!(form.exact);
    assert_eq!(form.hamiltonian.script(), "2*I1 + 3*I1**2/8 - 17*I1**3/128");
}

#[test]
fn separable_systems_have_the_sum_of_their_parts() {
    let (x, y) = (|x: &Expr| x.powi(4) - x.powi(3) / 2, |y: &Expr| y.powi(3) + y.powi(6));
    let both = form_of(&oscillators([Expr::one(), Expr::integer(4)], |a, b| x(&a) + y(&b)), 8);
    let alone = |square: i64, potential: Expr| {
        let space = PhaseSpace::lines(["x"]);
        let energy = (space.p(0).powi(2) + square * space.q(0).powi(2)) / 2 + potential;
        form_of(&build(energy, space), 8).hamiltonian.expression()
    };
    let q = Expr::symbol("x");
    let second = substitute(&alone(4, y(&q)), &[(Expr::symbol("I1"), Expr::symbol("I2"))]);
    assert_eq!(both.hamiltonian.expression(), alone(1, x(&q)) + second);
    assert_eq!(both.resonances, [[2, -1]]);
    assert!(both.exact && both.resonant.terms.is_empty());
}

#[test]
fn formal_actions_are_integrals_up_to_the_order_exactly() {
    let order = 6;
    // 1 and 10/7: the first resonance is of order 17.
    let ratio = Expr::rational(Rational::from(100) / Rational::from(49));
    let system = oscillators([Expr::one(), ratio], |x, y| x.powi(2) * &y - y.powi(3) / 3 + (x * y).powi(2));
    let chart = Chart::new(&system).unwrap();
    let layout = room(2, order).unwrap();
    let task = Task { system: &system, chart: &chart, layout, stop: &|| false };
    let origin = vec![Rational::ZERO; 4];
    let found: Found<Rational> = task.find(&origin).unwrap().unwrap();
    let wide = layout.up_to(order + 1);
    let energy: Series<Rational> = task.expand(&origin, &coordinates(&found.modes), wide).unwrap().unwrap();
    for j in 0..2 {
        let mut action = Series::zero(order);
        let pair = layout.variable(j) + layout.variable(j + 2);
        action.parts[2] = vec![(pair, Complex::real(Rational::ONE))];
        let action = in_old_variables(layout, action, &found.normalised.generators);
        let rate = |degree: usize| {
            let mut sum = Sum::default();
            let parts = (2..=degree).filter(|d| *d <= order && degree + 2 - d <= order + 1);
            parts.for_each(|d| add_bracket(layout, &action.parts[d], &energy.parts[degree + 2 - d], &mut sum));
            sum.into_terms()
        };
        assert!((2..=order).all(|degree| rate(degree).is_empty()), "action {j}");
        assert!(!rate(order + 1).is_empty(), "a coupled system has no polynomial action");
    }
}

#[test]
fn henon_heiles_keeps_its_resonance() {
    // Gustavson's form -5/12 (I1 + I2)^2 + 7/12 L^2 with L = I1 - I2 in circular modes; the threefold symmetry lets
    // 3 (theta1 - theta2) turn, at degree 6.
    let form = form_of(&henon_heiles(), 6);
    assert!(form.exact);
    assert_eq!(form.resonances, [[1, -1]]);
    assert!(form.hamiltonian.script().starts_with("I1 + I2 + I1**2/6 - 2*I1*I2 + I2**2/6 "));
    assert!(form.hamiltonian.script().ends_with("- 11*I1**3/54 - 5*I1**2*I2/12 - 5*I1*I2**2/12 - 11*I2**3/54"));
    assert_eq!(form.resonant.script(), "28*I1**(3/2)*I2**(3/2)*cos(3*theta1 - 3*theta2)/9");
    // On the line x = 0 the actions are equal and the cosine is -1: the cubic oscillator, -705/16 (1/3)^4 I^3.
    let line = -2.0 * (11.0 / 54.0 + 5.0 / 12.0) - 28.0 / 9.0;
    assert!((line / 8.0 + 705.0 / 16.0 / 81.0f64).abs() < 1e-14);
    assert!(form.is_resonant_at(&[0.01, 0.01]) && !form.is_resonant_at(&[0.01, 0.001]));
}

#[test]
fn equal_modes_keep_their_lines_where_circles_are_no_better() {
    let system = oscillators([Expr::one(), Expr::one()], |x, y| x.powi(4) + y.powi(4) / 2);
    let form = form_of(&system, 4);
    assert_eq!(form.hamiltonian.script(), "I1 + I2 + 3*I1**2/2 + 3*I2**2/4");
    assert!(form.resonant.terms.is_empty());
}

#[test]
fn frequencies_agree_with_spectra() {
    for (system, start) in [
        (henon_heiles_with(2), [0.05, 0.06, 0.03, 0.02]),
        (indefinite(), [0.04, 0.05, 0.02, 0.03]),
        (henon_heiles_with(2), [0.12, 0.1, 0.05, 0.02]),
        (henon_heiles(), [0.1, 0.02, -0.03, 0.08]),
    ] {
        let form = form_of(&system, 10);
        let actions = form.actions(&start);
        assert!(!form.is_resonant_at(&actions));
        let omega = form.frequencies_at(&actions);
        let seen = measured(&system, &start);
        let error = form.relative_error(&actions).max(1e-9);
        for omega in &omega {
            // Spectra tell no signs of real signals' sum; each frequency is there with its size.
            let nearest = seen.iter().map(|s| (s.abs() - omega.abs()).abs()).fold(f64::INFINITY, f64::min);
            assert!(nearest < error * omega.abs(), "{omega} {seen:?} {error}");
        }
    }
}

#[test]
fn a_mode_of_negative_energy_turns_backwards() {
    let form = form_of(&indefinite(), 4);
    assert!((form.frequencies[0] - 1.0).abs() < 1e-14 && (form.frequencies[1] + 2f64.sqrt()).abs() < 1e-14);
    assert_eq!(form.region.energy, None);
}

#[test]
fn a_ring_loses_its_drift_and_keeps_two_equal_modes() {
    let form = form_of(&toda_ring(3), 4);
    assert_eq!((form.dof(), form.exact), (2, false));
    assert!(form.frequencies.iter().all(|omega| (omega - 3f64.sqrt()).abs() < 1e-14), "{:?}", form.frequencies);
    assert_eq!(form.resonances, [[1, -1]]);
    // No resonant term, and no coupling at this degree, I^2/4n (Henrici and Kappeler, Int. Math. Res. Not. 2008).
    assert!(form.resonant.terms.is_empty());
    let series = "3 + 1.73205080757*I1 + 1.73205080757*I2 + 0.0833333333333*I1**2 + 0.0833333333333*I2**2";
    assert_eq!(form.hamiltonian.script(), series);
    assert!(form_of(&toda_ring(3), 8).resonant.terms.is_empty());
    // Shifts along the ring and a common momentum change no action.
    let point = [0.05, -0.02, 0.01, 0.03, 0.02, -0.04];
    let shifted: Vec<f64> = point.iter().map(|x| x + 3.0).collect();
    for (a, b) in form.actions(&point).iter().zip(form.actions(&shifted)) {
        assert!((a - b).abs() < 1e-12);
    }
}

#[test]
fn of_a_hyperbolic_origin_the_minimum_is_taken() {
    let space = PhaseSpace::lines(["x"]);
    let well = space.p(0).powi(2) / 2 + (space.q(0).powi(2) - 1).powi(2) / 2;
    let form = form_of(&build(well, space), 6);
    assert_eq!((form.equilibrium.clone(), form.exact), (vec![1.0, 0.0], true));
    assert_eq!(form.hamiltonian.script().split(" - ").next(), Some("2*I1"));
}

#[test]
fn the_two_maps_are_inverse_and_actions_are_kept() {
    let system = henon_heiles_with(2);
    let form = form_of(&system, 8);
    let start = [0.04, -0.03, 0.05, 0.02];
    let back = form.from_normal(&form.to_normal(&start));
    // The eighth degree of 0.05, with coefficients below 1000.
    assert!(start.iter().zip(&back).all(|(a, b)| (a - b).abs() < 1e-8), "{back:?}");
    let t: Vec<f64> = (0..50).map(f64::from).collect();
    let orbit = simulate(&system, &[start.to_vec()], &t, &FlowOptions::default()).unwrap().ensemble;
    let first = form.actions(&start);
    for row in (0..50).map(|time| orbit.row(0, time)) {
        let drift = form.actions(row).iter().zip(&first).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(drift < 1e-4 * first.iter().sum::<f64>() * form.relative_error(&first) / 1e-6, "{drift}");
    }
}

#[test]
fn inside_the_region_frequencies_are_right_to_the_tolerance() {
    for order in [4, 6, 10] {
        let form = form_of(&pendulum(), order);
        let energy = form.region.energy.unwrap();
        assert!(energy > -1.0 && energy < 1.0, "{energy}");
        let amplitude = (-energy).acos();
        let omega = form.frequencies_at(&[form.region.action])[0];
        let m = (amplitude / 2.0).sin().powi(2);
        let exact = TAU / 4.0 / elliptic(m, 1.0 - m).0;
        assert!((omega / exact - 1.0).abs() < form.region.tolerance, "{order}: {omega} {exact}");
    }
}

#[test]
fn a_harmonic_oscillator_is_its_own_normal_form_everywhere() {
    let form = form_of(&oscillators([Expr::one(), Expr::integer(3)], |_, _| Expr::zero()), 6);
    assert_eq!(form.region.action, f64::INFINITY);
    assert_eq!(form.hamiltonian.script(), "I1 + 1.73205080757*I2");
}

#[test]
fn where_there_is_no_elliptic_equilibrium_the_reason_is_said() {
    let refusal = |system: &Hamiltonian| normal_form(system, &NormalFormOptions::default()).unwrap_err();
    let space = PhaseSpace::lines(["x"]);
    let saddle = build(space.p(0).powi(2) / 2 - 2 * space.q(0).powi(2), space.clone());
    assert_eq!(refusal(&saddle), Error::Hyperbolic { rate: 2.0 });
    let quartic = build(space.p(0).powi(2) / 2 + space.q(0).powi(4), space);
    assert!(matches!(refusal(&quartic), Error::DegenerateEquilibrium { .. }));
    assert_eq!(refusal(&kepler_plane()), Error::NotAnalytic);
    let too_long = normal_form(&henon_heiles(), &NormalFormOptions { order: 200, stop: None });
    assert!(matches!(too_long, Err(Error::NormalFormOrder { order: 200, dof: 2, .. })));
}

#[test]
fn a_normal_form_told_to_stop_has_a_lower_order() {
    let calls = std::sync::atomic::AtomicUsize::new(0);
    let stop = || calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed) >= 2;
    let form = normal_form(&henon_heiles(), &NormalFormOptions { order: 8, stop: Some(&stop) }).unwrap();
    assert_eq!((form.order, form.hamiltonian.terms.len()), (4, 5));
}
