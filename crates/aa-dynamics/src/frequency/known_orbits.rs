//! Orbits whose frequencies are known: pendulum, quartic oscillator, Kepler, Toda, Henon and Heiles.

use std::f64::consts::PI;

use super::*;
use crate::Ensemble;
use crate::phase_space::CoordinateKind::{self, Circle, Line as OnLine};

/// Forces of a potential: (q, force).
type Force = fn(&[f64], &mut [f64]);

/// An orbit of H = p^2/2 + V(q), rows `dt` apart, by a composition of leapfrogs of order 8 with `substeps` a row.
fn orbit(start: &[f64], force: Force, dt: f64, n_samples: usize, substeps: usize) -> Vec<f64> {
    // Suzuki's triple jumps of leapfrog: orders 4, 6, 8. Orders rise with weights s = 1/(2 - 2^(1/(k+1))).
    let weights = [2, 4, 6].iter().fold(vec![1.0], |inner: Vec<f64>, &order| {
        let outer = 1.0 / (4.0 - 4f64.powf(1.0 / f64::from(order + 1)));
        let scales = [outer, outer, 1.0 - 4.0 * outer, outer, outer];
        scales.iter().flat_map(|scale| inner.iter().map(move |weight| scale * weight)).collect()
    });
    let n = start.len() / 2;
    let (mut z, mut kick) = (start.to_vec(), vec![0.0; n]);
    let mut rows = Vec::with_capacity(n_samples * 2 * n);
    for _ in 0..n_samples {
        rows.extend_from_slice(&z);
        for weight in (0..substeps).flat_map(|_| &weights) {
            let h = weight * dt / substeps as f64;
            (0..n).for_each(|i| z[i] += 0.5 * h * z[n + i]);
            force(&z[..n], &mut kick);
            (0..n).for_each(|i| z[n + i] += h * kick[i]);
            (0..n).for_each(|i| z[i] += 0.5 * h * z[n + i]);
        }
    }
    rows
}

fn find(rows: &[f64], dt: f64, kinds: &[CoordinateKind]) -> Fundamental {
    let n_samples = rows.len() / (2 * kinds.len());
    let t = (0..n_samples).map(|i| i as f64 * dt).collect();
    let mut ensemble = Ensemble::new(kinds.len(), t);
    ensemble.push(rows.to_vec());
    fundamental_frequencies(&ensemble, kinds, &FundamentalOptions::default()).unwrap().remove(0)
}

fn pendulum(q: &[f64], force: &mut [f64]) {
    force[0] = -libm::sin(q[0]);
}

fn henon_heiles(q: &[f64], force: &mut [f64]) {
    (force[0], force[1]) = (-q[0] - 2.0 * q[0] * q[1], -q[1] - q[0] * q[0] + q[1] * q[1]);
}

fn toda(q: &[f64], force: &mut [f64]) {
    let root = 3f64.sqrt();
    let e = [2.0 * q[1] + 2.0 * root * q[0], 2.0 * q[1] - 2.0 * root * q[0], -4.0 * q[1]].map(libm::exp);
    force[0] = -(2.0 * root * (e[0] - e[1])) / 24.0;
    force[1] = -(2.0 * (e[0] + e[1]) - 4.0 * e[2]) / 24.0;
}

/// pi / (2 K(k)), by the arithmetic-geometric mean.
fn pendulum_frequency(k2: f64) -> f64 {
    let (mut a, mut b) = (1.0, (1.0 - k2).sqrt());
    for _ in 0..8 {
        (a, b) = (0.5 * (a + b), (a * b).sqrt());
    }
    a
}

#[test]
fn swinging_pendulums_have_the_frequency_of_the_elliptic_integral() {
    // The known values are to ten digits.
    for (k2, known) in [(0.25, 0.9318083916), (0.5, 0.8472130848), (0.9, 0.6092863473)] {
        assert!((pendulum_frequency(k2) - known).abs() < 1e-10);
        let rows = orbit(&[0.0, 2.0 * k2.sqrt()], pendulum, 0.2, 4096, 4);
        for kind in [OnLine, Circle] {
            let found = find(&rows, 0.2, &[kind]);
            println!("k^2 = {k2}: error {:e}", found.omega[0] - pendulum_frequency(k2));
            assert!((found.omega[0] - pendulum_frequency(k2)).abs() < 1e-12, "{found:?}");
            assert_eq!(found.n_independent(), 1);
        }
    }
}

#[test]
fn winding_pendulums_have_their_mean_rate_and_sign() {
    // Above the separatrix: omega = pi / (k K(1/k^2)) with k^2 = E/2 > 1, that is k times the swinging formula twice.
    for sign in [1.0, -1.0] {
        let k2: f64 = 1.7;
        let rows = orbit(&[0.3, sign * (4.0 * (k2 - libm::sin(0.15).powi(2))).sqrt()], pendulum, 0.1, 2048, 1);
        let known = sign * 2.0 * k2.sqrt() * pendulum_frequency(1.0 / k2);
        let found = find(&rows, 0.1, &[Circle]);
        println!("winding: error {:e}", found.omega[0] - known);
        // The angle has grown to hundreds of radians, each step rounding it to 1e-13.
        assert!((found.omega[0] - known).abs() < 3e-12, "{found:?} {known}");
    }
}

#[test]
fn the_quartic_oscillator_keeps_its_time() {
    let rows = orbit(&[0.0, 2f64.sqrt()], |q, force| force[0] = -4.0 * q[0].powi(3), 0.1, 4096, 4);
    let found = find(&rows, 0.1, &[OnLine]);
    assert!((found.omega[0] - 1.694426169588).abs() < 1e-11, "{found:?}");
}

#[test]
fn modes_mixed_in_every_coordinate_are_both_found() {
    let rows = orbit(&[0.0, 0.1, 0.4, 0.1], toda, 0.2, 8192, 2);
    let found = find(&rows, 0.2, &[OnLine, OnLine]);
    let mut sizes: Vec<f64> = found.omega.iter().map(|omega| omega.abs()).collect();
    sizes.sort_by(f64::total_cmp);
    println!("toda: {found:?}");
    assert_eq!(found.n_independent(), 2);
    assert!((sizes[0] - 1.02537537421).abs() < 1e-11 && (sizes[1] - 1.09043745132).abs() < 1e-11, "{sizes:?}");
}

#[test]
fn henon_heiles_frequencies_are_those_known() {
    let cases = [
        ([0.0, 0.483, 0.27898039, 0.0], [1.00424973591, 0.76231299648]),
        ([0.0, 0.1, 0.4, 0.1], [0.98510209906, 0.84997823630]),
    ];
    for (start, known) in cases {
        let rows = orbit(&start, henon_heiles, 0.25, 16384, 2);
        let found = find(&rows, 0.25, &[OnLine, OnLine]);
        println!("henon-heiles: {found:?}");
        assert_eq!(found.n_independent(), 2);
        for omega in known {
            let is_known = |found: &f64| (found.abs() - omega).abs() < 1e-10;
            assert!(found.omega.iter().any(is_known), "{omega}: {found:?}");
        }
    }
}

#[test]
fn kepler_orbits_fill_a_circle() {
    // In the plane, E = -0.45: one frequency (-2E)^(3/2) in both coordinates.
    let force: Force = |q, force| {
        let cube = (q[0] * q[0] + q[1] * q[1]).powf(1.5);
        (force[0], force[1]) = (-q[0] / cube, -q[1] / cube);
    };
    let rows = orbit(&[1.0, 0.0, 0.0, 1.1f64.sqrt()], force, 0.1, 8192, 2);
    let found = find(&rows, 0.1, &[OnLine, OnLine]);
    let known = 0.9f64.powf(1.5);
    println!("kepler: {found:?}");
    assert_eq!(found.n_independent(), 1);
    assert!(found.omega.iter().all(|omega| (omega.abs() - known).abs() < 1e-10), "{found:?} {known}");
}

#[test]
fn harmonics_stronger_than_their_fundamental_do_not_mislead() {
    // p + i q of a motion that is mostly the second harmonic, beside one with its own frequency.
    let rows: Vec<f64> = (0..4096)
        .map(|n| 0.1 * f64::from(n))
        .flat_map(|t| {
            let mixed = Complex64::cis(2.6 * t) + 0.3 * Complex64::cis(1.3 * t);
            let other = 0.8 * Complex64::cis(2f64.sqrt() * t);
            [mixed.im, other.im, mixed.re, other.re]
        })
        .collect();
    let found = find(&rows, 0.1, &[OnLine, OnLine]);
    assert_eq!(found.n_independent(), 2);
    assert!((found.omega[0] - 1.3).abs() < 1e-12 && (found.omega[1] - 2f64.sqrt()).abs() < 1e-12, "{found:?}");
}

#[test]
fn a_coordinate_at_rest_has_frequency_zero() {
    let rows: Vec<f64> =
        (0..1000).map(|n| 0.1 * f64::from(n)).flat_map(|t| [libm::sin(t), 2.0, libm::cos(t), -1.0]).collect();
    let found = find(&rows, 0.1, &[OnLine, OnLine]);
    assert_eq!((found.n_independent(), found.omega[1]), (1, 0.0));
    assert_eq!(found.independent, [true, false]);
    // It is a combination of the other by nature, not for want of time.
    assert_eq!((found.unresolved(4, 1.0), found.is_resolved(4, 1e6)), (None, false));
}

#[test]
fn frequencies_are_resolved_once_their_difference_has_turned() {
    let rows = orbit(&[0.0, 0.1, 0.4, 0.1], toda, 0.2, 8192, 2);
    let found = find(&rows, 0.2, &[OnLine, OnLine]);
    // They differ by 0.0650620771, which turns once in 96.6.
    assert_eq!((found.is_resolved(2, 95.0), found.is_resolved(2, 98.0)), (false, true));
    let slow: Vec<u32> = found.unresolved(2, 95.0).unwrap().iter().map(|k| k.unsigned_abs()).collect();
    assert_eq!(slow, [1, 1]);
}

#[test]
fn frequency_agrees_by_two_roads() {
    // Spectrum of y + i x, and Birkhoff mean of the lifted angle atan2(x, y): the circled origin is one turn.
    let rows = orbit(&[0.0, 0.8], pendulum, 0.2, 4096, 4);
    let angles: Vec<f64> = rows.chunks(2).map(|row| libm::atan2(row[0], row[1])).collect();
    let (measured, mean) = (find(&rows, 0.2, &[OnLine]).omega[0], rotation_rate(&lift(&angles), 0.2));
    println!("two roads: {:e}", measured - mean);
    assert!((measured - mean).abs() < 1e-12);
    // Both modes of a two-dimensional torus: rate of a winding angle against its line.
    let angle: Vec<f64> = (0..6000).map(|n| 0.1 * f64::from(n)).map(|t| 0.7 * t + 0.3 * libm::sin(1.1 * t)).collect();
    let signal: Vec<Complex64> = angle.iter().map(|&angle| Complex64::cis(angle)).collect();
    let line = naff(&signal, 0.1, &NaffOptions::default()).unwrap().lines[0];
    assert!((line.omega - rotation_rate(&angle, 0.1)).abs() < 1e-12);
}

#[test]
fn frequencies_stay_on_a_torus_and_wander_in_chaos() {
    let kinds = [OnLine, OnLine];
    let options = FundamentalOptions::default();
    let diffusion = |start: [f64; 4]| {
        let rows = orbit(&start, henon_heiles, 0.25, 8192, 2);
        frequency_diffusion(&rows, 0.25, &kinds, &find(&rows, 0.25, &kinds), &options).unwrap().relative
    };
    let regular = diffusion([0.0, 0.483, 0.27898039, 0.0]);
    // E = 1/6 - 0.01, close to the hyperbolic orbits.
    let chaotic = diffusion([0.0, -0.2, 0.5, 0.03]);
    println!("diffusion: regular {regular:e}, chaotic {chaotic:e}");
    // Halves of 1000 time units, lines beyond the twelfth left out: 1e-7 of a bin.
    assert!(regular < 1e-7 && chaotic > 1e-4, "{regular:e} {chaotic:e}");
    // A torus over the map of the pendulum: nothing moves but rounding.
    let rows = orbit(&[0.0, 1.0], pendulum, 0.2, 4097, 4);
    let still = frequency_diffusion(&rows, 0.2, &[OnLine], &find(&rows, 0.2, &[OnLine]), &options).unwrap();
    assert!(still.relative < 1e-12, "{still:?}");
}

#[test]
fn unequal_times_are_refused() {
    let mut ensemble = Ensemble::new(1, (0..32).map(|i| f64::from(i * i)).collect());
    ensemble.push(vec![0.0; 64]);
    let found = fundamental_frequencies(&ensemble, &[OnLine], &FundamentalOptions::default());
    assert!(matches!(found, Err(FrequencyError::UnequalSteps { .. })));
    let even = Ensemble::new(2, (0..32).map(f64::from).collect());
    assert!(fundamental_frequencies(&even, &[OnLine], &FundamentalOptions::default()).is_err());
}

#[test]
fn the_arithmetic_geometric_mean_is_right() {
    // K(0) = pi/2, and K(1/2) = 1.8540746773013719 (Abramowitz and Stegun, 17.3).
    assert_eq!(pendulum_frequency(0.0), 1.0);
    assert!((pendulum_frequency(0.5) - PI / (2.0 * 1.8540746773013719)).abs() < 1e-15);
}
