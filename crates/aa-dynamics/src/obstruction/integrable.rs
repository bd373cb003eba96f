//! No false proof: integrable systems of many kinds, and their near misses.

use aa_symbolic::Expr;

use super::testing::{in_space, number, oblique, plane, turned};
use super::{NaturalSystem, morales_ramis};
use crate::{Hamiltonian, PhaseSpace};

/// Separable in parabolic coordinates: ((r + y)^(n + 1) - (y - r)^(n + 1)) / (2 r), with r^2 = x^2 + y^2.
fn parabolic(n: i64, x: &Expr, y: &Expr) -> Expr {
    let binomial = |k: i64| (0..k).fold(number("1"), |product, i| product * (n + 1 - i) / (i + 1));
    let term = |k: i64| binomial(k) * y.powi(n + 1 - k) * (x.powi(2) + y.powi(2)).powi((k - 1) / 2);
    (1..=n + 1).step_by(2).map(term).sum()
}

#[test]
fn integrable_potentials_have_no_obstruction() {
    type Potential = fn(&Expr, &Expr) -> Expr;
    let known: [(&str, Potential); 16] = [
        ("Sawada-Kotera", |x, y| (x.powi(2) + y.powi(2)) / 2 + x.powi(2) * y + y.powi(3) / 3),
        ("fifth-order KdV", |x, y| x.powi(2) + y.powi(2) * 3 + x.powi(2) * y + 2 * y.powi(3)),
        ("Kaup-Kupershmidt", |x, y| x.powi(2) / 2 + 8 * y.powi(2) + x.powi(2) * y + 16 * y.powi(3) / 3),
        ("1:6:1", |x, y| x.powi(4) + 6 * x.powi(2) * y.powi(2) + y.powi(4)),
        ("1:6:8", |x, y| x.powi(4) + 6 * x.powi(2) * y.powi(2) + 8 * y.powi(4)),
        ("1:12:16", |x, y| x.powi(4) + 12 * x.powi(2) * y.powi(2) + 16 * y.powi(4)),
        ("1:2:1", |x, y| (x.powi(2) + y.powi(2)).powi(2)),
        ("Garnier", |x, y| (x.powi(2) + y.powi(2)).powi(2) - 3 * x.powi(2) + y.powi(2)),
        ("radial", |x, y| (x.powi(2) + y.powi(2)).powi(3) - (x.powi(2) + y.powi(2)).powi(2)),
        ("separable", |x, y| x.powi(5) - 7 * y.powi(5) + x.powi(2)),
        ("separable of unequal degrees", |x, y| x.powi(6) + y.powi(3) + 1),
        ("linear force", |x, y| x.powi(2) - y.powi(2) + 3 * x * y + x),
        ("parabolic, degree 3", |x, y| parabolic(3, x, y)),
        ("parabolic, degree 5", |x, y| parabolic(5, x, y)),
        ("parabolic, degrees 6 and 4", |x, y| parabolic(6, x, y) - 2 * parabolic(4, x, y)),
        ("parabolic, degree 9", |x, y| parabolic(9, x, y)),
    ];
    for (name, potential) in known {
        assert_eq!(morales_ramis(&plane(potential)), None, "{name}");
        assert_eq!(morales_ramis(&turned(potential)), None, "{name}, turned");
        assert_eq!(morales_ramis(&oblique(potential)), None, "{name}, in oblique coordinates");
    }
}

#[test]
fn near_misses_of_integrable_potentials_are_excluded() {
    for near in [
        plane(|x, y| x.powi(4) + 6 * x.powi(2) * y.powi(2) + 9 * y.powi(4)),
        plane(|x, y| parabolic(5, x, y) + y.powi(5)),
        turned(|x, y| parabolic(6, x, y) + x.powi(6)),
        turned(|x, y| x.powi(3) + x * y.powi(2) * number("1001/1000")),
        oblique(|x, y| x.powi(4) + 6 * x.powi(2) * y.powi(2) + number("8001/1000") * y.powi(4)),
    ] {
        assert!(morales_ramis(&near).is_some(), "{}", near.potential_expression());
    }
}

#[test]
fn integrable_systems_of_three_degrees_of_freedom_have_no_obstruction() {
    let space = PhaseSpace::lines(["x", "y", "z"]);
    let (x, y, z) = (space.q(0), space.q(1), space.q(2));
    let squares = x.powi(2) + y.powi(2) + z.powi(2);
    let axial = (x.powi(2) + z.powi(2)).sqrt();
    for potential in [
        x.powi(4) + 2 * y.powi(4) - z.powi(4),
        squares.powi(2) + x.powi(2) - 5 * y.powi(2),
        squares.powi(3),
        &y * axial.powi(2) + 2 * y.powi(3),
        axial.powi(4) + 12 * axial.powi(2) * y.powi(2) + 16 * y.powi(4),
        x.powi(3) + &x * y.powi(2) * 3 + z.powi(5),
    ] {
        assert_eq!(morales_ramis(&in_space(&space, potential.clone())), None, "{potential}");
    }
}

#[test]
fn integrable_systems_of_indefinite_masses_have_no_obstruction() {
    // H = px py + y f(x) + g(x) decouples: x'' = -f(x).
    let space = PhaseSpace::lines(["x", "y"]);
    let [x, y, px, py] = space.symbols().try_into().unwrap();
    for potential in [&y * x.powi(3), &y * x.powi(3) + x.powi(4), &y * x.powi(2) - x.powi(5) + &y * &x] {
        let system = Hamiltonian::new(&px * &py + &potential, space.clone()).unwrap();
        assert_eq!(morales_ramis(&NaturalSystem::new(&system).unwrap()), None, "{potential}");
    }
}
