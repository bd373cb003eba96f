//! Sections against known orbits, against each other, and against their own laws.

use std::f64::consts::{PI, TAU};

use super::*;
use crate::testing::{driven_oscillator, free_body, henon_heiles, kepler_plane, oscillators, pendulum};
use crate::{FlowOptions, PhaseSpace, simulate};

/// The point of the section x = 0 of the system of Henon and Heiles at E = 1/8.
fn henon_heiles_point(y: f64, py: f64) -> Vec<f64> {
    let px: f64 = 0.25 - y * y - py * py + 2.0 * y.powi(3) / 3.0;
    vec![0.0, y, px.sqrt(), py]
}

fn find(system: &Hamiltonian, text: &str, points: &[Vec<f64>], options: &SectionOptions) -> Vec<Crossings> {
    let section = Section::parse(text, system.space()).unwrap();
    crossings(system, &section, points, options).unwrap()
}

#[test]
fn a_thousand_crossings_lie_on_the_section_and_on_their_energy() {
    let points = [henon_heiles_point(0.1, 0.1)];
    let found = find(&henon_heiles(), "x=0,px>0", &points, &SectionOptions::default()).remove(0);
    assert_eq!((found.t.len(), found.outcome), (1000, Outcome::Finished));
    assert!(found.energy_error < 1e-13, "{}", found.energy_error);
    let off = found.points.chunks(4).map(|point| point[0].abs()).fold(0.0, f64::max);
    assert!(off < 1e-15, "{off}");
    assert!(found.points.chunks(4).all(|point| point[2] > 0.0));
    // Both directions: one crossing downwards between any two upwards.
    let both = find(&henon_heiles(), "x=0", &points, &SectionOptions { crossings: 2000, ..SectionOptions::default() });
    let upwards: Vec<f64> = both[0].t.iter().skip(1).step_by(2).copied().collect();
    assert_eq!(upwards, found.t);
}

#[test]
fn crossings_come_when_the_oscillator_says() {
    // x1 = sin t, x2 = cos t with frequencies 1, 1.
    let system = oscillators(2, &aa_symbolic::Rational::ONE);
    let options = SectionOptions { crossings: 50, ..SectionOptions::default() };
    let found = find(&system, "q1 - q2 = 0, up", &[vec![0.0, 1.0, 1.0, 0.0]], &options).remove(0);
    for (k, t) in found.t.iter().enumerate() {
        assert!((t - (PI / 4.0 + TAU * k as f64)).abs() < 1e-13 * (1.0 + t), "{k} {t}");
    }
}

#[test]
fn a_start_on_the_section_is_no_crossing_in_either_direction() {
    let system = oscillators(1, &aa_symbolic::Rational::ONE);
    let options = SectionOptions { crossings: 3, ..SectionOptions::default() };
    for (momentum, times) in [(1.0, [PI, TAU, 3.0 * PI]), (-1.0, [PI, TAU, 3.0 * PI])] {
        let found = find(&system, "q1=0", &[vec![0.0, momentum]], &options).remove(0);
        let off = found.t.iter().zip(times).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(found.t.len() == 3 && off < 1e-14, "{:?}", found.t);
    }
}

#[test]
fn tangencies_are_not_counted() {
    // x = cos t touches 1 from below; rounding may push it past by 1e-16.
    let system = oscillators(1, &aa_symbolic::Rational::ONE);
    let options = SectionOptions { t: 100.0, ..SectionOptions::default() };
    let found = find(&system, "q1 = 1.0000000000001", &[vec![1.0, 0.0]], &options).remove(0);
    assert_eq!(found.t.len(), 0);
    let found = find(&system, "q1 = 0.9999999999", &[vec![1.0, 0.0]], &options).remove(0);
    // Down at once, then up and down around each of the 15 returns.
    assert_eq!(found.t.len(), 31);
}

#[test]
fn angles_are_passed_at_every_turn() {
    let rotating = find(
        &pendulum(),
        "phi = pi, up",
        &[vec![0.0, 3.0]],
        &SectionOptions { crossings: 5, ..SectionOptions::default() },
    );
    let angles: Vec<f64> = rotating[0].points.iter().step_by(2).copied().collect();
    for (k, angle) in angles.iter().enumerate() {
        assert!((angle - (PI + TAU * k as f64)).abs() < 1e-13, "{angle}");
    }
    // Turning the other way: the levels are passed downwards.
    let back = find(
        &pendulum(),
        "phi = pi, down",
        &[vec![0.0, -3.0]],
        &SectionOptions { crossings: 5, ..SectionOptions::default() },
    );
    assert!(back[0].t.iter().zip(&rotating[0].t).all(|(a, b)| (a - b).abs() < 1e-12));
}

#[test]
fn driven_systems_are_seen_once_a_period() {
    let system = driven_oscillator();
    let section = default_section(&system).unwrap();
    let options = SectionOptions { crossings: 100, ..SectionOptions::default() };
    let found = crossings(&system, &section, &[vec![0.0; 4]], &options).unwrap().remove(0);
    for (k, point) in found.points.chunks(4).enumerate() {
        let t = PI * (k + 1) as f64;
        assert!((found.t[k] - t).abs() < 1e-12);
        assert!((point[0] - (t.cos() - (2.0 * t).cos()) / 3.0).abs() < 1e-11, "{k} {point:?}");
    }
}

#[test]
fn tops_have_sections() {
    let options = SectionOptions { crossings: 20, ..SectionOptions::default() };
    let found = find(&free_body(), "y = 0, up", &[vec![0.3, 1.0, -0.2]], &options).remove(0);
    assert_eq!(found.t.len(), 20);
    // Only one degree of freedom: every crossing is the same point.
    let first = &found.points[..3];
    assert!(found.points.chunks(3).all(|point| point.iter().zip(first).all(|(a, b)| (a - b).abs() < 1e-12)));
}

#[test]
fn escapes_end_a_section() {
    let found = find(&henon_heiles(), "x=0", &[vec![0.0, 1.5, 0.0, 1.0]], &SectionOptions::default()).remove(0);
    assert!(matches!(found.outcome, Outcome::Escaped { .. }), "{:?}", found.outcome);
}

#[test]
fn sections_do_not_depend_on_neighbours_or_threads() {
    let points: Vec<Vec<f64>> = (0..11).map(|k| henon_heiles_point(0.02 * f64::from(k), 0.1)).collect();
    let options = SectionOptions { crossings: 20, ..SectionOptions::default() };
    let together = find(&henon_heiles(), "x=0,px>0", &points, &options);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    let threaded = pool.install(|| find(&henon_heiles(), "x=0,px>0", &points, &options));
    assert_eq!(together, threaded);
    assert_eq!(find(&henon_heiles(), "x=0,px>0", &points[4..5], &options)[0], together[4]);
}

#[test]
fn samples_give_the_same_section_to_their_order() {
    let system = kepler_plane();
    let points = [vec![1.0, 0.0, 0.0, 1.1], vec![1.0, 0.1, 0.1, 0.9]];
    let section = Section::parse("y = 0, up", system.space()).unwrap();
    let times = |n: u32| (0..=n).map(|i| 60.0 * f64::from(i) / f64::from(n)).collect::<Vec<_>>();
    let options = SectionOptions { t: 60.0, ..SectionOptions::default() };
    let exact = crossings(&system, &section, &points, &options).unwrap();
    let errors = [600, 1200].map(|n| {
        let orbits = simulate(&system, &points, &times(n), &FlowOptions::default()).unwrap();
        let stored = stored_crossings(&orbits.ensemble, system.space(), &section, 1000).unwrap();
        let off = |(a, b): (&StoredCrossings, &Crossings)| {
            assert_eq!(a.t.len(), b.t.len());
            let off = a.points.iter().zip(&b.points).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max);
            // Two orders less is an upper bound of the error.
            assert!(off < a.error, "{off} {}", a.error);
            off
        };
        stored.iter().zip(&exact).map(off).fold(0.0, f64::max)
    });
    let order = (errors[0] / errors[1]).log2();
    assert!((order - STENCIL as f64).abs() < 1.5, "{order} {errors:?}");
}

#[test]
fn names_on_the_axes_leave_out_the_section() {
    let axes = |text: &str, space: &PhaseSpace| Section::parse(text, space).unwrap().axes(space);
    assert_eq!(axes("py = 0", henon_heiles().space()), [0, 2]);
    assert_eq!(axes("y = 0", free_body().space()), [0, 2]);
    assert_eq!(axes("t = 0 mod 1", driven_oscillator().space()), [0, 2]);
}
