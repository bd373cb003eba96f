//! Known answers, and integrable families.

use aa_symbolic::Expr;

use super::testing::{natural, plane};
use super::*;
use crate::integrals::{Degree, SearchOptions, find_integrals};
use crate::obstruction::testing::number;
use crate::{Hamiltonian, PhaseSpace};

/// (A x^2 + B y^2)/2 + x^2 y - C y^3/3.
fn henon_heiles(a: &str, b: &str, c: &str) -> NaturalSystem {
    let [a, b, c] = [a, b, c].map(number);
    plane(|x, y| (&a * x.powi(2) + &b * y.powi(2)) / 2 + x.powi(2) * &y - &c * y.powi(3) / 3)
}

/// (A x^2 + B y^2)/2 + f x^4 + g x^2 y^2 + h y^4.
fn quartic(a: &str, b: &str, [f, g, h]: [i64; 3]) -> NaturalSystem {
    let [a, b] = [a, b].map(number);
    plane(|x, y| (&a * x.powi(2) + &b * y.powi(2)) / 2 + f * x.powi(4) + g * x.powi(2) * y.powi(2) + h * y.powi(4))
}

/// The ring of n particles with springs exp(q_i - q_(i+1)), cut after this power.
fn truncated_toda(n: usize, order: i64) -> NaturalSystem {
    let factorial = |k: i64| (1..=k).product::<i64>();
    let spring = |stretch: Expr| (1..=order).map(|k| stretch.powi(k) / factorial(k)).sum::<Expr>();
    natural(n, |q| (0..n).map(|i| spring(&q[i] - &q[(i + 1) % n])).sum())
}

/// The sum of c_k h_k, where h_k = (u^(k+1) - v^(k+1))/(u - v), given u + v and u v.
fn stackel(coefficients: &[i64], sum: &Expr, product: &Expr) -> Expr {
    let (mut last, mut current, mut total) = (Expr::zero(), Expr::one(), Expr::zero());
    for &c in coefficients {
        total = total + c * &current;
        (last, current) = (current.clone(), sum * current - product * last);
    }
    total
}

fn is_obstructed(system: &NaturalSystem) -> bool {
    variational(system).is_some()
}

/// The coefficient of the logarithm, from the statement.
fn coefficient(system: &NaturalSystem) -> String {
    let statement = variational(system).expect("a logarithm").statement;
    let after = statement.split("the coefficient ").nth(1).expect("a coefficient");
    after.split(", so the").next().expect("a first part").to_owned()
}

#[test]
fn kaup_kupershmidt_needs_its_ratio_of_frequencies() {
    let obstruction = variational(&henon_heiles("1", "1", "-16")).unwrap();
    assert_eq!((obstruction.kind, obstruction.excluded), ("variational", ExcludedClass::Meromorphic));
    assert_eq!(obstruction.multipliers, ["-1/2", "3/2"]);
    assert_eq!(obstruction.point, "(q1, q2) = (0, s) with 1/2*s'**2 + (16/3*s**3 + 1/2*s**2) = E");
    for (a, b) in [("1", "16"), ("3/7", "48/7"), ("0", "0"), ("-2", "-32")] {
        assert!(!is_obstructed(&henon_heiles(a, b, "-16")));
    }
    // 3/32 (A - B/16).
    for (a, b, expected) in [("1", "1", "45/512"), ("0", "1", "-3/512"), ("1", "4", "9/128"), ("1", "-16", "3/16")] {
        assert_eq!(coefficient(&henon_heiles(a, b, "-16")), expected);
    }
}

#[test]
fn multipliers_that_the_table_allows_are_decided() {
    // On the y axis: 5/8 and 21/8, in the table for degree 3, and 3/8, in the one for degree 4.
    assert_eq!(coefficient(&henon_heiles("1", "1", "-16/5")), "-23625/524288");
    assert!(is_obstructed(&henon_heiles("1", "3", "-16/21")));
    assert_eq!(coefficient(&quartic("1", "1", [3, 6, 8])), "3/128");
    // With 35/24 and 15/8, which are in no table, the energy takes part.
    assert_eq!(coefficient(&henon_heiles("1", "1", "-48/35")), "175/768*E - 13505625/536870912");
    assert_eq!(coefficient(&quartic("0", "0", [15, 30, 8])), "3/128*E");
}

#[test]
fn quartics_need_their_ratio_of_frequencies() {
    for quartics in [[1, 12, 16], [1, 6, 8]] {
        for (a, b) in [("1", "4"), ("0", "0"), ("-3/5", "-12/5")] {
            assert!(!is_obstructed(&quartic(a, b, quartics)));
        }
        for (a, b) in [("1", "1"), ("1", "3"), ("4", "1"), ("0", "1")] {
            assert!(is_obstructed(&quartic(a, b, quartics)));
        }
    }
}

#[test]
fn truncated_rings_are_not_toda_rings() {
    let obstruction = variational(&truncated_toda(3, 4)).unwrap();
    assert_eq!(obstruction.multipliers, ["-1", "2"]);
    assert_eq!(coefficient(&truncated_toda(3, 4)), "-16/3");
    for (n, order) in [(3, 3), (3, 5), (4, 4), (6, 4)] {
        assert!(is_obstructed(&truncated_toda(n, order)));
    }
    // Cut at the second power it is harmonic.
    assert!(!is_obstructed(&truncated_toda(3, 2)));
}

#[test]
fn irrational_exponents_suffice() {
    let obstruction = variational(&henon_heiles("1", "1", "1")).unwrap();
    assert_eq!(obstruction.multipliers, ["sqrt(47)*i/2 + 1/2", "-sqrt(47)*i/2 + 1/2"]);
    assert!(!obstruction.statement.contains("logarithm"));
    assert_eq!(variational(&truncated_toda(4, 4)).unwrap().multipliers, ["sqrt(13)/2 + 1/2", "-sqrt(13)/2 + 1/2"]);
}

#[test]
fn lines_beside_the_origin_are_seen() {
    let shifted = plane(|x, y| {
        let (x, y) = (x - 1, y + number("2/3"));
        (x.powi(2) + y.powi(2)) / 2 + x.powi(2) * &y + 16 * y.powi(3) / 3
    });
    assert_eq!(coefficient(&shifted), "45/512");
    assert!(variational(&shifted).unwrap().point.starts_with("(q1, q2) = (1, s) with "));
}

#[test]
fn masses_and_slanted_axes_change_nothing() {
    let space = PhaseSpace::lines(["u", "v"]);
    let [u, v, pu, pv] = space.symbols().try_into().unwrap();
    // u = 3x + y, v = x - 2y.
    let (x, y) = ((2 * &u + &v) / 7, (&u - 3 * &v) / 7);
    let kinetic = ((3 * &pu + &pv).powi(2) + (&pu - 2 * &pv).powi(2)) / 2;
    let energy = |a: i64| (x.powi(2) + a * y.powi(2)) / 2 + x.powi(2) * &y + 16 * y.powi(3) / 3;
    let system = |a: i64| NaturalSystem::new(&Hamiltonian::new(&kinetic + energy(a), space.clone()).unwrap()).unwrap();
    assert_eq!(variational(&system(1)).unwrap().multipliers, ["-1/2", "3/2"]);
    assert!(!is_obstructed(&system(16)));
}

#[test]
fn korteweg_de_vries_and_sawada_kotera_pass() {
    for (a, b) in [("1", "1"), ("1", "4"), ("2/3", "-5"), ("0", "1"), ("7", "2")] {
        assert!(!is_obstructed(&henon_heiles(a, b, "-6")));
    }
    assert!(!is_obstructed(&henon_heiles("1", "1", "-1")) && !is_obstructed(&henon_heiles("5/3", "5/3", "-1")));
}

const SAMPLES: [&[i64]; 6] = [
    &[0, 0, 0, 1, 1],
    &[0, 3, -1, 2, 5],
    &[0, 1, 2, 3, -4, 5],
    &[0, -2, 1, 0, 1, 3, 1],
    &[0, 0, 5, 1],
    &[0, 1, 1, 1, 1, 1, 1, 2],
];

#[test]
fn separable_potentials_pass() {
    for sample in SAMPLES {
        let polynomial = |c: &[i64], x: Expr| c.iter().zip(0..).map(|(c, k)| *c * x.powi(k)).sum::<Expr>();
        let reversed: Vec<i64> = sample.iter().rev().copied().collect();
        let separate = |x: Expr, y: Expr| polynomial(sample, x) + polynomial(&reversed, y);
        let parabolic = |x: Expr, y: Expr| stackel(sample, &(2 * y), &-x.powi(2));
        // Elliptic coordinates are the roots of (w - 1)(w - 3) + (w - 3) x^2 + (w - 1) y^2.
        let elliptic = |x: Expr, y: Expr| {
            let (x, y) = (x.powi(2), y.powi(2));
            stackel(sample, &(4 - &x - &y), &(3 - 3 * &x - &y))
        };
        for (name, system) in [
            ("Cartesian", plane(separate)),
            ("slanted", plane(|x, y| separate(3 * &x + 4 * &y, 4 * x - 3 * y))),
            ("central", plane(|x, y| polynomial(sample, x.powi(2) + y.powi(2)))),
            ("parabolic", plane(parabolic)),
            ("parabolic, slanted", plane(|x, y| parabolic(3 * &x + 4 * &y + 1, 4 * x - 3 * y))),
            ("elliptic", plane(elliptic)),
        ] {
            assert_eq!(variational(&system), None, "{name} {sample:?}");
        }
    }
}

#[test]
fn systems_of_three_are_told_apart() {
    let garnier = natural(3, |q| {
        let square: Expr = q.iter().map(|x| x.powi(2)).sum();
        square.powi(2) + q[0].powi(2) + 2 * q[1].powi(2) - 5 * q[2].powi(2)
    });
    assert!(!is_obstructed(&garnier));
    let axial = |b: i64, c: i64| {
        natural(3, |q| {
            let rho = q[0].powi(2) + q[1].powi(2);
            (&rho + b * q[2].powi(2)) / 2 + &rho * &q[2] + c * q[2].powi(3) / 3
        })
    };
    assert!(!is_obstructed(&axial(16, 6)) && !is_obstructed(&axial(16, 16)));
    assert_eq!(coefficient(&axial(1, 16)), "45/512");
}

#[test]
fn no_integral_is_found_where_none_can_be() {
    for (a, b, [f, g, h]) in [(1, 1, [1, 12, 16]), (1, 4, [1, 12, 16]), (1, 3, [1, 6, 8]), (1, 4, [1, 6, 8])] {
        let space = PhaseSpace::lines(["x", "y"]);
        let [x, y, px, py] = space.symbols().try_into().unwrap();
        let quartic = f * x.powi(4) + g * x.powi(2) * y.powi(2) + h * y.powi(4);
        let energy = (px.powi(2) + py.powi(2) + a * x.powi(2) + b * y.powi(2)) / 2 + quartic;
        let system = Hamiltonian::new(energy, space).unwrap();
        let options = SearchOptions { degree: Degree::Fixed(8), ..SearchOptions::default() };
        let n_integrals = find_integrals(&system, &options).unwrap().independent;
        assert_eq!(is_obstructed(&NaturalSystem::new(&system).unwrap()), n_integrals == 1);
    }
}
