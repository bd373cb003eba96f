//! Known figures of chaos: laws of GALI and MEGNO on tori, shares of chaotic orbits. The shares take a minute and are
//! counted by `scripts/test --long`.

use aa_symbolic::Expr;

use super::{Chaos, ChaosOptions, Indicators, OrbitChaos, OrbitState, measure_chaos};
use crate::section::{Section, SectionOptions, crossings};
use crate::testing::{build, henon_heiles, radical_inverse};
use crate::{Hamiltonian, PhaseSpace, microcanonical};

/// A chain of n masses between walls, with springs d^2/2 + d^4/4 (Fermi, Pasta, Ulam and Tsingou).
fn chain(n: usize) -> Hamiltonian {
    let space = PhaseSpace::numbered(n);
    let place = |i: usize| if (1..=n).contains(&i) { space.q(i - 1) } else { Expr::zero() };
    let spring = |i: usize| {
        let stretch = place(i + 1) - place(i);
        stretch.powi(2) / 2 + stretch.powi(4) / 4
    };
    let kinetic: Expr = (0..n).map(|i| space.p(i).powi(2) / 2).sum();
    let springs: Expr = (0..=n).map(spring).sum();
    build(kinetic + springs, space)
}

fn measured(system: &Hamiltonian, point: &[f64], t: f64) -> OrbitChaos {
    let indicators = Indicators { gali: 2 * system.dof(), megno: true, ..Indicators::default() };
    let options = ChaosOptions { t, threshold: 1e-300, indicators, ..ChaosOptions::default() };
    measure_chaos(system, &[point.to_vec()], &options).unwrap().orbits.remove(0)
}

/// The slope of a straight line through the points, and its standard error.
fn slope(points: &[(f64, f64)]) -> (f64, f64) {
    let n = points.len() as f64;
    let (x, y) = points.iter().fold((0.0, 0.0), |(x, y), point| (x + point.0 / n, y + point.1 / n));
    let of = |f: fn(f64, f64) -> f64| points.iter().map(|point| f(point.0 - x, point.1 - y)).sum::<f64>();
    let (xx, xy, yy) = (of(|x, _| x * x), of(|x, y| x * y), of(|_, y| y * y));
    let slope = xy / xx;
    (slope, ((yy - slope * xy).max(0.0) / (n - 2.0) / xx).sqrt())
}

/// GALI_k of a torus with as many dimensions as degrees of freedom: constant up to k = N, then t^(-2 (k - N)) (Skokos,
/// Bountis and Antonopoulos, Physica D 231, 2007); and a mean MEGNO of 2.
#[track_caller]
fn check_torus(system: &Hamiltonian, point: &[f64]) {
    let times: Vec<f64> = (0..12).map(|i| 500.0 * (20f64).powf(f64::from(i) / 11.0)).collect();
    let along: Vec<OrbitChaos> = times.iter().map(|&t| measured(system, point, t)).collect();
    for (place, gali) in along[0].gali.iter().enumerate() {
        let value = |orbit: &OrbitChaos| orbit.gali[place].value.ln();
        let points: Vec<(f64, f64)> = times.iter().zip(&along).map(|(t, orbit)| (t.ln(), value(orbit))).collect();
        let (slope, error) = slope(&points);
        let expected = -2.0 * gali.k.saturating_sub(system.dof()) as f64;
        println!("GALI_{}: {slope:.3} +- {error:.3}, expected {expected}", gali.k);
        assert!((slope - expected).abs() < 4.0 * error, "GALI_{}: {slope} +- {error}, not {expected}", gali.k);
        // The law of the next volume is 2 away: five standard errors.
        assert!(error < 0.4, "GALI_{}: {slope} +- {error}", gali.k);
    }
    let megno = along.last().unwrap().mean_megno.unwrap();
    println!("mean MEGNO {megno}");
    assert!((megno - 2.0).abs() < 0.05, "{megno}");
}

#[test]
fn volumes_fall_by_their_law_on_a_torus_of_two_dimensions() {
    check_torus(&henon_heiles(), &[0.0, 0.483, 0.27898039, 0.0]);
}

#[test]
fn volumes_fall_by_their_law_on_a_torus_of_three_dimensions() {
    check_torus(&chain(3), &[0.35, 0.25, -0.15, 0.3, 0.1, 0.2]);
}

#[test]
fn volumes_fall_by_their_law_on_a_torus_of_four_dimensions() {
    check_torus(&chain(4), &[0.25, 0.3, -0.1, 0.15, 0.2, -0.1, 0.15, 0.1]);
}

/// Points that fill the section x = 0, px > 0 of Henon and Heiles.
fn section_points(energy: f64, n: usize) -> Vec<Vec<f64>> {
    let candidates = (1..).map(|k| (-0.55 + 1.6 * radical_inverse(k, 2), -0.6 + 1.2 * radical_inverse(k, 3)));
    let square = |y: f64, py: f64| 2.0 * energy - py * py - y * y + 2.0 * y.powi(3) / 3.0;
    let kept = candidates.filter(|&(y, py)| y <= 1.0 && square(y, py) > 0.0);
    kept.map(|(y, py)| vec![0.0, y, square(y, py).sqrt(), py]).take(n).collect()
}

/// What becomes of the points by t = 10^4.
fn followed(points: &[Vec<f64>]) -> Chaos {
    let chaos = measure_chaos(&henon_heiles(), points, &ChaosOptions::default()).unwrap();
    println!("{:?}", chaos.summary);
    chaos
}

/// What heyoka 7.13.2 (Biscani and Izzo, MNRAS 504, 2021) counts from the same starts: two deviation vectors, scaled to
/// length 1 every 5 units of time, and SALI < 1e-8 before t = 10^4. The error of sampling 600 points is 0.02.
#[track_caller]
fn check_share_of_section(energy: f64, expected: f64) {
    let share = followed(&section_points(energy, 600)).summary.fraction.unwrap();
    assert!((share - expected).abs() < 0.02, "{share}, not {expected}");
}

#[test]
#[ignore = "takes a minute; scripts/test --long runs it"]
fn three_tenths_of_the_section_are_chaotic_at_energy_11_hundredths() {
    check_share_of_section(0.11, 0.298);
}

#[test]
#[ignore = "takes a minute; scripts/test --long runs it"]
fn six_tenths_of_the_section_are_chaotic_at_an_eighth() {
    check_share_of_section(0.125, 0.577);
}

#[test]
#[ignore = "takes a minute; scripts/test --long runs it"]
fn nine_tenths_of_the_section_are_chaotic_at_energy_16_hundredths() {
    check_share_of_section(0.16, 0.893);
}

/// Liouville's measure of an invariant set is the area of its section times the mean time between returns to it.
#[test]
#[ignore = "takes a minute; scripts/test --long runs it"]
fn the_share_of_the_energy_surface_is_that_of_the_section_weighted_by_return_times() {
    let (system, level) = (henon_heiles(), 0.125);
    let (on_section, on_surface) =
        (section_points(level, 600), microcanonical(&system, &[0.0; 4], level, 1200, 1).unwrap());
    let (sections, surface) = (followed(&on_section), followed(&on_surface));
    let section = Section::parse("x = 0, px > 0", system.space()).unwrap();
    let options = SectionOptions { crossings: 300, t: 1e4, ..SectionOptions::default() };
    let crossed = crossings(&system, &section, &on_section, &options).unwrap();
    let times = crossed.iter().map(|orbit| orbit.t.last().unwrap() / orbit.t.len() as f64);
    let labelled: Vec<(OrbitState, f64)> = sections.orbits.iter().map(|orbit| orbit.state).zip(times).collect();
    let total = |state| labelled.iter().filter(|orbit| orbit.0 == state).map(|orbit| orbit.1).sum::<f64>();
    let (chaotic, regular) = (total(OrbitState::Chaotic), total(OrbitState::Regular));
    let [low, high] = surface.summary.interval.unwrap();
    let expected = chaotic / (chaotic + regular);
    println!("{expected} by return times, {low} to {high} on the surface");
    // The points of the section have an error of 0.02 of their own.
    assert!((low - 0.02..=high + 0.02).contains(&expected), "{expected}, not {low} to {high}");
}
