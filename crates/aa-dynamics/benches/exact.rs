//! The exact half: searches of one and three thousand monomials, a family of five hundred, obstructions, normal forms.

use aa_dynamics::family::{count_members, family};
use aa_dynamics::integrals::{Degree, SearchOptions, find_integrals};
use aa_dynamics::normal_form::{NormalFormOptions, normal_form};
use aa_dynamics::obstruction::{NaturalSystem, find_obstructions};
use aa_dynamics::{Hamiltonian, PhaseSpace};
use aa_symbolic::{Expr, Rational};

fn main() {
    divan::main();
}

fn kinetic(space: &PhaseSpace) -> Expr {
    space.momenta().iter().map(|p| p.powi(2)).sum::<Expr>() / 2
}

/// n particles on a ring with exponential springs.
fn toda(n: usize) -> Option<Hamiltonian> {
    let space = PhaseSpace::numbered(n);
    let springs: Expr = (0..n).map(|i| (space.q(i) - space.q((i + 1) % n)).exp()).sum();
    Hamiltonian::new(kinetic(&space) + springs, space).ok()
}

/// Henon and Heiles with parameters A, B, C.
fn henon_heiles([a, b, c]: [Expr; 3], constants: &[Expr]) -> Option<Hamiltonian> {
    let space = PhaseSpace::lines(["x", "y"]);
    let (x, y) = (space.q(0), space.q(1));
    let quadratic = (a * x.powi(2) + b * y.powi(2)) / 2;
    let energy = kinetic(&space) + quadratic + x.powi(2) * &y - c * y.powi(3) / 3;
    Hamiltonian::with_constants(energy, space, constants).ok()
}

/// The ring of six needs 2828 monomials.
#[divan::bench(args = [3, 4, 5, 6], sample_count = 3, sample_size = 1)]
fn toda_integrals(bencher: divan::Bencher, n: usize) {
    let Some(system) = toda(n) else { return };
    bencher.bench_local(|| find_integrals(&system, &SearchOptions::default()));
}

/// Nothing but the energy is there: the whole budget is searched.
#[divan::bench(args = [1000, 3000], sample_count = 3, sample_size = 1)]
fn nothing_to_find(bencher: divan::Bencher, columns: usize) {
    let Some(system) = henon_heiles([Expr::one(), Expr::one(), Expr::one()], &[]) else { return };
    bencher.bench_local(|| find_integrals(&system, &SearchOptions { columns, ..SearchOptions::default() }));
}

/// Five hundred members, searched to degree 6 by rank.
#[divan::bench(sample_count = 3, sample_size = 1)]
fn five_hundred_members(bencher: divan::Bencher) {
    let parameters = ["A", "B", "C"].map(Expr::symbol);
    let Some(system) = henon_heiles(parameters.clone(), &parameters) else { return };
    let member = |(b, c): (i64, i64)| vec![Rational::ONE, Rational::from(b), Rational::from(c)];
    let members: Vec<Vec<Rational>> = (1..=20).flat_map(|b| (-24..=0).map(move |c| (b, c))).map(member).collect();
    let options = SearchOptions { degree: Degree::Fixed(6), ..SearchOptions::default() };
    bencher.bench_local(|| {
        let family = family(&system, &parameters, &options).ok()??;
        Some(count_members(&family, &members))
    });
}

#[divan::bench(sample_count = 5)]
fn obstructions(bencher: divan::Bencher) {
    let system = henon_heiles([Expr::one(), Expr::one(), Expr::one()], &[]);
    let Some(system) = system.and_then(|system| NaturalSystem::new(&system)) else { return };
    bencher.bench_local(|| find_obstructions(&system));
}

#[divan::bench(args = [6, 10], sample_count = 3, sample_size = 1)]
fn birkhoff(bencher: divan::Bencher, order: usize) {
    let Some(system) = henon_heiles([Expr::one(), Expr::one(), Expr::one()], &[]) else { return };
    bencher.bench_local(|| normal_form(&system, &NormalFormOptions { order, stop: None }));
}
