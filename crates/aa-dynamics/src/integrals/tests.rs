//! Systems whose integrals are known.

use super::*;
use crate::{Coordinate, CoordinateKind, PhaseSpace, poisson_bracket};

fn kinetic(space: &PhaseSpace) -> Expr {
    space.momenta().iter().map(|p| p.powi(2)).sum::<Expr>() / 2
}

fn toda(n: usize, ring: bool) -> Hamiltonian {
    let space = PhaseSpace::numbered(n);
    let last = if ring { n } else { n - 1 };
    let springs: Expr = (0..last).map(|i| (space.q(i) - space.q((i + 1) % n)).exp()).sum();
    Hamiltonian::new(kinetic(&space) + springs, space).unwrap()
}

/// Toda with fixed weights: the system with sqrt(3) in its exponents.
fn toda2() -> Hamiltonian {
    let space = PhaseSpace::lines(["x", "y"]);
    let (x, y) = (space.q(0), space.q(1));
    let slope = Expr::integer(2) * Expr::integer(3).sqrt() * &x;
    let sum = (&y * 2 + &slope).exp() + (&y * 2 - &slope).exp() + (&y * -4).exp();
    Hamiltonian::new(kinetic(&space) + sum / 24 - Expr::one() / 8, space).unwrap()
}

fn henon_heiles(a: i64, b: i64, c: i64) -> Hamiltonian {
    let space = PhaseSpace::lines(["x", "y"]);
    let (x, y) = (space.q(0), space.q(1));
    let quadratic = (x.powi(2) * a + y.powi(2) * b) / 2;
    Hamiltonian::new(kinetic(&space) + quadratic + x.powi(2) * &y - y.powi(3) * c / 3, space).unwrap()
}

fn central(names: &[&str], potential: impl Fn(&Expr) -> Expr) -> Hamiltonian {
    let line = |name: &&str| Coordinate { name: name.to_string(), kind: CoordinateKind::Line };
    let space = PhaseSpace::new(names.iter().map(line).collect()).unwrap();
    let square: Expr = space.coordinates().iter().map(|q| q.powi(2)).sum();
    Hamiltonian::new(kinetic(&space) + potential(&square), space).unwrap()
}

fn kepler(names: &[&str]) -> Hamiltonian {
    central(names, |square| -1 / square.sqrt())
}

fn with_circle(names: [(&str, CoordinateKind); 2], energy: impl Fn(&PhaseSpace) -> Expr) -> Hamiltonian {
    let coordinate = |(name, kind): (&str, CoordinateKind)| Coordinate { name: name.into(), kind };
    let space = PhaseSpace::new(names.map(coordinate).into()).unwrap();
    Hamiltonian::new(energy(&space), space).unwrap()
}

fn fput(n: usize) -> Hamiltonian {
    let space = PhaseSpace::numbered(n);
    let position = |i: usize| if i == 0 || i > n { Expr::zero() } else { space.q(i - 1) };
    let spring = |i: usize| position(i + 1) - position(i);
    let springs: Expr = (0..=n).map(|i| spring(i).powi(2) / 2 + spring(i).powi(4) / 4).sum();
    Hamiltonian::new(kinetic(&space) + springs, space).unwrap()
}

fn search(system: &Hamiltonian) -> Integrals {
    search_to(system, Degree::Auto)
}

/// Searches, and checks what must hold of every answer.
fn search_to(system: &Hamiltonian, degree: Degree) -> Integrals {
    // A thousand monomials hold every integral expected here.
    let options = SearchOptions { degree, columns: 1000, ..Default::default() };
    let integrals = find_integrals(system, &options).unwrap();
    assert!(integrals.found[0].name.ends_with("energy"));
    assert_eq!(integrals.found.len(), integrals.independent);
    assert_eq!(integrals.commuting.len(), integrals.in_involution);
    assert!(integrals.commuting_proved);
    for integral in &integrals.found {
        assert_eq!(integral.proof, Proof::Identity, "{}", integral.expression);
        assert_eq!(verify_claim(system, &integral.expression), ClaimStatus::Proved, "{}", integral.expression);
        check_numerically(system, &integral.expression);
    }
    integrals
}

/// The bracket by symbolic differentiation, in floating point: another road to the same fact.
fn check_numerically(system: &Hamiltonian, f: &Expr) {
    let bracket = poisson_bracket(f, system.energy(), system.space());
    let symbols = [system.space().symbols(), system.constants().to_vec()].concat();
    let point: Vec<f64> = (0..symbols.len()).map(|i| 0.31 + 0.17 * ((3 * i) % 7) as f64).collect();
    let value = aa_symbolic::evaluate(&bracket, &symbols, &point);
    assert!(value.abs() < 1e-8, "{f}: rate {value}");
}

#[track_caller]
fn counts(integrals: &Integrals, independent: usize, in_involution: usize, bracket_rank: usize) {
    let found = (integrals.independent, integrals.in_involution, integrals.bracket_rank);
    assert_eq!(found, (independent, in_involution, bracket_rank));
}

fn names_of(integrals: &Integrals) -> Vec<&str> {
    integrals.found.iter().map(|f| f.name.as_str()).collect()
}

#[test]
fn toda_rings_are_integrable() {
    for n in [3, 4, 5] {
        let integrals = search(&toda(n, true));
        counts(&integrals, n, n, 0);
        assert_eq!(names_of(&integrals)[..3], ["energy", "momentum", "F3"]);
        assert!(integrals.searched.complete && integrals.is_complete_set(toda(n, true).space()));
    }
}

#[test]
fn the_open_toda_lattice_is_integrable() {
    let integrals = search(&toda(3, false));
    counts(&integrals, 3, 3, 0);
}

#[test]
fn irrational_exponents_and_coefficients_are_lifted() {
    let integrals = search(&toda2());
    counts(&integrals, 2, 2, 0);
    assert_eq!(integrals.found[1].degree, 3);
    assert!(integrals.searched.complete);
}

#[test]
fn henon_heiles_has_the_energy_alone() {
    let integrals = search_to(&henon_heiles(1, 1, 1), Degree::Fixed(6));
    counts(&integrals, 1, 1, 0);
    assert_eq!((integrals.searched.degree, integrals.searched.basis), (6, 210));
    assert!(integrals.searched.complete, "a certificate");
    assert!(!integrals.is_complete_set(henon_heiles(1, 1, 1).space()));
}

#[test]
fn the_integrable_henon_heiles_systems_are_found() {
    for (a, b, c, degree) in [(1, 1, -1, 3), (1, 1, -6, 4), (1, 16, -16, 6)] {
        let integrals = search(&henon_heiles(a, b, c));
        counts(&integrals, 2, 2, 0);
        assert_eq!(integrals.found[1].degree, degree);
    }
}

#[test]
fn kepler_has_all_the_integrals_there_can_be() {
    let integrals = search(&kepler(&["x", "y", "z"]));
    counts(&integrals, 5, 3, 4);
    assert!(integrals.is_complete_set(kepler(&["x", "y", "z"]).space()));
    assert_eq!(names_of(&integrals)[..2], ["energy", "angular momentum 1"]);
    counts(&search(&kepler(&["x", "y"])), 3, 2, 2);
}

#[test]
fn polar_coordinates_keep_the_eccentricity() {
    let system = with_circle([("r", CoordinateKind::Line), ("phi", CoordinateKind::Circle)], |space| {
        let r = space.q(0);
        space.p(0).powi(2) / 2 + space.p(1).powi(2) / (r.powi(2) * 2) - 1 / r
    });
    let integrals = search(&system);
    counts(&integrals, 3, 2, 2);
    assert_eq!(integrals.found[1].name, "angular momentum");
}

#[test]
fn commensurate_oscillators_are_superintegrable() {
    let space = PhaseSpace::lines(["x", "y"]);
    let energy = kinetic(&space) + space.q(0).powi(2) / 2 + space.q(1).powi(2) * 2;
    counts(&search(&Hamiltonian::new(energy, space).unwrap()), 3, 2, 2);
}

#[test]
fn irrational_frequencies_leave_two_integrals() {
    let space = PhaseSpace::lines(["x", "y"]);
    let energy = kinetic(&space) + space.q(0).powi(2) / 2 + space.q(1).powi(2) * Expr::integer(2).sqrt() / 2;
    counts(&search(&Hamiltonian::new(energy, space).unwrap()), 2, 2, 0);
}

#[test]
fn several_roots_of_numbers_find_their_primes() {
    let space = PhaseSpace::numbered(4);
    let squares = space.coordinates().iter().zip([2, 5, 7, 11]).map(|(q, n)| q.powi(2) * Expr::integer(n).sqrt());
    let energy = kinetic(&space) + squares.sum::<Expr>() / 2;
    let system = Hamiltonian::new(energy, space).unwrap();
    counts(&search_to(&system, Degree::Fixed(2)), 4, 4, 0);
}

#[test]
fn one_degree_of_freedom_has_the_energy() {
    let space = PhaseSpace::new(vec![Coordinate { name: "phi".into(), kind: CoordinateKind::Circle }]).unwrap();
    let energy = space.p(0).powi(2) / 2 - space.q(0).cos();
    counts(&search(&Hamiltonian::new(energy, space).unwrap()), 1, 1, 0);
    let space = PhaseSpace::lines(["x"]);
    let x = space.q(0);
    let energy = space.p(0).powi(2) / 2 - x.powi(2) / 2 + x.powi(4) / 4;
    counts(&search(&Hamiltonian::new(energy, space).unwrap()), 1, 1, 0);
}

#[test]
fn nested_roots_are_no_obstacle() {
    let isochrone = central(&["x", "y"], |square| -1 / (1 + (1 + square).sqrt()));
    let integrals = search_to(&isochrone, Degree::Fixed(4));
    counts(&integrals, 2, 2, 0);
    assert_eq!(integrals.found[1].name, "angular momentum");
}

#[test]
fn pendula_on_a_common_axis_are_certified() {
    // The planar double pendulum without gravity conserves its angular momentum.
    let kinds = [("a", CoordinateKind::Circle), ("b", CoordinateKind::Circle)];
    let system = with_circle(kinds, |space| {
        let (difference, p, q) = (space.q(0) - space.q(1), space.p(0), space.p(1));
        let numerator = p.powi(2) + q.powi(2) * 2 - &p * &q * difference.cos() * 2;
        numerator / (2 * (1 + difference.sin().powi(2)))
    });
    let integrals = search_to(&system, Degree::Fixed(2));
    counts(&integrals, 2, 2, 0);
    assert_eq!(integrals.found[1].name, "angular momentum");
}

#[test]
fn particles_with_pair_forces_show_their_hidden_integrals() {
    let space = PhaseSpace::numbered(3);
    let pairs = [(0, 1), (0, 2), (1, 2)];
    let potential: Expr = pairs.iter().map(|&(i, j)| (space.q(i) - space.q(j)).powi(-2)).sum();
    let calogero = Hamiltonian::new(kinetic(&space) + potential, space).unwrap();
    let integrals = search(&calogero);
    counts(&integrals, 5, 3, 4);
    assert!(integrals.searched.complete && integrals.is_complete_set(calogero.space()));

    // Three bodies in a plane: momentum, angular momentum, and that of the centre of mass by itself.
    let space = PhaseSpace::lines(["x1", "y1", "x2", "y2", "x3", "y3"]);
    let square = |i: usize, j: usize| (space.q(i) - space.q(j)).powi(2);
    let distance = |i: usize, j: usize| (square(2 * i, 2 * j) + square(2 * i + 1, 2 * j + 1)).sqrt();
    let potential: Expr = pairs.iter().map(|&(i, j)| -1 / distance(i, j)).sum();
    let bodies = Hamiltonian::new(kinetic(&space) + potential, space).unwrap();
    let integrals = search(&bodies);
    counts(&integrals, 5, 4, 2);
    assert!(!integrals.is_complete_set(bodies.space()));
}

#[test]
fn long_chains_stay_within_the_budget() {
    let integrals = search(&fput(8));
    counts(&integrals, 1, 1, 0);
    assert!(integrals.searched.degree >= 2);
}

#[test]
fn harmonic_chains_have_an_integral_per_mode() {
    let space = PhaseSpace::numbered(2);
    let (q1, q2) = (space.q(0), space.q(1));
    let decimal = |x: f64| Expr::decimal(x).unwrap();
    let energy = space.p(0).powi(2) / 10
        + space.p(1).powi(2) / 2
        + decimal(0.005) * q1.powi(2)
        + decimal(0.0025) * q2.powi(2)
        + decimal(0.25) * (&q1 - &q2).powi(2);
    counts(&search(&Hamiltonian::new(energy, space).unwrap()), 2, 2, 0);
}

#[test]
fn walls_of_hyperbolic_sines_are_found_through() {
    // Sutherland's particles: the cubic integral holds (p1 + p2) / sinh(q1 - q2)^2.
    let space = PhaseSpace::numbered(3);
    let wall = |i: usize, j: usize| (space.q(i) - space.q(j)).sinh().powi(-2);
    let energy = kinetic(&space) + wall(0, 1) + wall(1, 2) + wall(2, 0);
    let integrals = search_to(&Hamiltonian::new(energy, space.clone()).unwrap(), Degree::Fixed(3));
    counts(&integrals, 3, 3, 0);
}

#[test]
fn the_exponent_of_an_integral_is_the_integral() {
    // The relativistic Toda ring of two: exp(p1 + p2) is conserved, and so is the momentum.
    let space = PhaseSpace::numbered(2);
    let rapid = |i: usize, j: usize| space.p(i).exp() * (1 + (space.q(i) - space.q(j)).exp());
    let integrals = search(&Hamiltonian::new(rapid(0, 1) + rapid(1, 0), space.clone()).unwrap());
    counts(&integrals, 2, 2, 0);
    assert_eq!(integrals.found[1].expression.to_string(), "p1 + p2");
    assert_eq!(names_of(&integrals)[1], "momentum");
}

#[test]
fn claims_are_proved_or_refuted() {
    let system = toda(3, true);
    let integrals = search_to(&system, Degree::Fixed(3));
    let cubic = &integrals.found[2].expression;
    assert_eq!(verify_claim(&system, cubic), ClaimStatus::Proved);
    let perturbed =
        cubic + system.space().p(0) * Expr::rational(aa_symbolic::Rational::from_parts(1.into(), 1_000_000u32.into()));
    assert_eq!(verify_claim(&system, &perturbed), ClaimStatus::Refuted);
    assert_eq!(verify_claim(&system, &system.space().q(0)), ClaimStatus::Refuted);
}

#[test]
fn perturbed_systems_lose_their_integrals() {
    let space = PhaseSpace::numbered(3);
    let spring =
        |i: usize, a: i64| (space.q(i) - space.q((i + 1) % 3)).exp() + (space.q(i) - space.q((i + 1) % 3)).powi(2) / a;
    let energy = kinetic(&space) + spring(0, 1000) + spring(1, 1000) + spring(2, 1000);
    let integrals = search_to(&Hamiltonian::new(energy, space.clone()).unwrap(), Degree::Fixed(3));
    counts(&integrals, 2, 2, 0);
    counts(&search_to(&henon_heiles(1, 15, -16), Degree::Fixed(6)), 1, 1, 0);
}

#[test]
fn a_search_stops_when_told() {
    let stop = || true;
    let options = SearchOptions { stop: Some(&stop), ..Default::default() };
    let integrals = find_integrals(&toda(3, true), &options).unwrap();
    assert!(integrals.searched.stopped);
    assert_eq!(integrals.found.len(), 1);
}

/// The Lie-Poisson space of e(3) in the body frame: angular momentum m and the direction g of gravity.
fn e3() -> PhaseSpace {
    let names = ["m1", "m2", "m3", "g1", "g2", "g3"];
    let z = names.map(Expr::symbol);
    // {m_i, m_j} = -m_k, {m_i, g_j} = -g_k for i, j, k cyclic; the g commute.
    let entry = |i: usize, j: usize| -> Expr {
        let (a, b) = (i % 3, j % 3);
        if a == b || (i >= 3 && j >= 3) {
            return Expr::zero();
        }
        let k = 3 - a - b + if i >= 3 || j >= 3 { 3 } else { 0 };
        if (b + 3 - a) % 3 == 1 { -&z[k] } else { z[k].clone() }
    };
    let brackets = (0..6).map(|i| (0..6).map(|j| entry(i, j)).collect()).collect();
    PhaseSpace::poisson(&names, brackets).unwrap()
}

/// A heavy top with moments of inertia 1/a and the centre of mass at c.
fn top(a: [i64; 3], c: [i64; 3]) -> Hamiltonian {
    let space = e3();
    let z = space.coordinates().to_vec();
    let energy = (0..3).map(|i| z[i].powi(2) * a[i] / 2 + &z[3 + i] * c[i]).sum();
    Hamiltonian::new(energy, space).unwrap()
}

#[test]
fn tops_have_casimirs_and_the_integrals_of_euler_lagrange_and_kovalevskaya() {
    assert_eq!((e3().dof(), e3().n_casimirs()), (2, 2));
    for (a, c, independent, rank) in
        [([1, 2, 3], [0, 0, 0], 4, 0), ([1, 1, 2], [0, 0, 1], 4, 0), ([1, 1, 2], [1, 0, 0], 4, 0)]
    {
        let system = top(a, c);
        let integrals = search_to(&system, Degree::Fixed(4));
        let complete = integrals.is_complete_set(system.space());
        assert!(complete, "{a:?} {c:?} {:?}", names_of(&integrals));
        assert_eq!((integrals.independent, integrals.bracket_rank), (independent, rank), "{a:?} {c:?}");
        assert_eq!(names_of(&integrals).iter().filter(|name| name.starts_with("Casimir")).count(), 2);
    }
    // A heavy top of no special shape has the energy and the Casimirs.
    let integrals = search_to(&top([1, 2, 3], [1, 0, 0]), Degree::Fixed(4));
    assert_eq!(integrals.independent, 3);
    assert!(integrals.searched.complete && !integrals.is_complete_set(&e3()));
}

#[test]
fn driven_systems_have_integrals_in_the_extended_phase_space() {
    // A damped oscillator (Caldirola and Kanai): H = exp(-t) p^2/2 + exp(t) q^2/2 conserves what its damped energy becomes.
    let space = PhaseSpace::lines(["x"]);
    let (x, p, t) = (space.q(0), space.p(0), Expr::symbol("t"));
    let energy = (-&t).exp() * p.powi(2) / 2 + t.exp() * x.powi(2) / 2;
    let system = Hamiltonian::driven(energy, &space, &[]).unwrap();
    let integrals = search_to(&system, Degree::Fixed(4));
    counts(&integrals, 2, 2, 0);
    assert_eq!(integrals.found[0].name, "extended energy");
    let claim = (-&t).exp() * p.powi(2) + t.exp() * x.powi(2) + &x * &p;
    assert_eq!(verify_claim(&system, &claim), ClaimStatus::Proved);
    // A falling body in the extended phase space: p + t and x - p t - t^2/2 depend on time.
    let falling = Hamiltonian::driven(p.powi(2) / 2 + &x, &space, &[]).unwrap();
    assert_eq!(search_to(&falling, Degree::Fixed(3)).independent, 3);
}

#[test]
fn symbolic_parameters_give_integrals_for_all_their_values() {
    // The fifth-order KdV case of Henon and Heiles is integrable for any A and B.
    let space = PhaseSpace::lines(["x", "y"]);
    let [a, b] = ["A", "B"].map(Expr::symbol);
    let (x, y) = (space.q(0), space.q(1));
    let quadratic = (&a * x.powi(2) + &b * y.powi(2)) / 2;
    let energy = kinetic(&space) + quadratic + x.powi(2) * &y + y.powi(3) * 2;
    let system = Hamiltonian::with_constants(energy, space, &[a.clone(), b.clone()]).unwrap();
    let integrals = search_to(&system, Degree::Fixed(5));
    counts(&integrals, 2, 2, 0);
    assert!(integrals.found[1].expression.depends_on(&a) && integrals.found[1].expression.depends_on(&b));
}

#[test]
fn nothing_is_proved_across_a_kink() {
    // With |y| for y, the Kaup-Kupershmidt-like integral of each half jumps where y changes its sign.
    let space = PhaseSpace::lines(["x", "y"]);
    let (x, y) = (space.q(0), space.q(1));
    let size = y.powi(2).sqrt();
    let energy = kinetic(&space) + (x.powi(2) + y.powi(2)) / 2 + x.powi(2) * &size + size.powi(3) * 2;
    let system = Hamiltonian::new(energy, space).unwrap();
    let options = SearchOptions { degree: Degree::Fixed(5), ..SearchOptions::default() };
    let integrals = find_integrals(&system, &options).unwrap();
    assert!(integrals.found[1..].iter().all(|integral| integral.proof != Proof::Identity));
    assert!(!integrals.searched.complete);
    assert_eq!(verify_claim(&system, &(size / y)), ClaimStatus::Undecided);
}

#[test]
fn variables_hidden_in_functions_are_letters_to_a_low_degree() {
    let space = PhaseSpace::lines(["x", "y"]);
    let (x, y) = (space.q(0), space.q(1));
    let centrifugal = Hamiltonian::new(kinetic(&space) + x.powi(-2) + y.powi(-2) * 3, space).unwrap();
    counts(&search(&centrifugal), 3, 2, 2);
    // A third particle flies free beside a pair on springs of cosines.
    let space = PhaseSpace::lines(["x", "y", "z"]);
    let pair = (space.q(0) - space.q(1)).cos();
    counts(&search(&Hamiltonian::new(kinetic(&space) + pair, space).unwrap()), 4, 3, 2);
}

#[test]
fn claims_that_hold_join_the_integrals() {
    let system = henon_heiles(1, 16, -16);
    let sixth = search(&system).found[1].expression.clone();
    let wrong = &sixth + system.space().q(0);
    let quick = |claims: &[Expr]| {
        let options = SearchOptions { degree: Degree::Fixed(4), claims, ..SearchOptions::default() };
        find_integrals(&system, &options).unwrap()
    };
    counts(&quick(std::slice::from_ref(&wrong)), 1, 1, 0);
    let integrals = quick(&[wrong, sixth.clone()]);
    counts(&integrals, 2, 2, 0);
    assert_eq!((&integrals.found[1].expression, integrals.found[1].proof), (&sixth, Proof::Identity));
}
