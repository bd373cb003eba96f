//! Gradients and jets of a ring with exponential springs, and of the system of Henon and Heiles.

use aa_kernel::{Isa, JetKernel, Jets, Kernel, Workspace};
use aa_symbolic::{Expr, gradient};

/// The order of double precision.
const ORDER: usize = 19;

fn main() {
    divan::main();
}

/// Symbols q then p, and the energy.
fn toda_ring(n: usize) -> (Vec<Expr>, Expr) {
    let symbol = |letter: char, i: usize| Expr::symbol(&format!("{letter}{i}"));
    let spring = |i: usize| (symbol('q', i) - symbol('q', (i + 1) % n)).exp();
    let energy = (0..n).map(|i| symbol('p', i).powi(2) / 2 + spring(i)).sum();
    let symbols = ['q', 'p'].into_iter().flat_map(|letter| (0..n).map(move |i| symbol(letter, i))).collect();
    (symbols, energy)
}

fn henon_heiles() -> (Vec<Expr>, Expr) {
    let symbols = ["x", "y", "px", "py"].map(Expr::symbol);
    let [x, y, px, py] = &symbols;
    let energy = (px.powi(2) + py.powi(2) + x.powi(2) + y.powi(2)) / 2 + x.powi(2) * y - y.powi(3) / 3;
    (symbols.to_vec(), energy)
}

fn rates((symbols, energy): &(Vec<Expr>, Expr)) -> Vec<Expr> {
    let (q, p) = symbols.split_at(symbols.len() / 2);
    gradient(energy, p).into_iter().chain(gradient(energy, q).into_iter().map(|slope| -slope)).collect()
}

/// The gradient at 64 points.
#[divan::bench(args = [3, 8, 64])]
fn toda_gradient(bencher: divan::Bencher, n: usize) {
    let (symbols, energy) = toda_ring(n);
    let Ok(kernel) = Kernel::new(&symbols, &gradient(&energy, &symbols)) else { return };
    let points: Vec<f64> = (0..64 * symbols.len()).map(|i| (i as f64).sin()).collect();
    let mut results = vec![0.0; points.len()];
    let mut workspace = Workspace::default();
    bencher.counter(64usize).bench_local(|| kernel.evaluate(&points, 64, &mut results, &mut workspace));
}

/// Eight jets of order 19.
#[divan::bench(args = [3, 8])]
fn toda_jets(bencher: divan::Bencher, n: usize) {
    expand(bencher, &toda_ring(n), Isa::detect());
}

/// Eight jets of order 19 on each instruction set of this processor.
#[divan::bench(args = Isa::available().into_iter().map(Isa::name))]
fn henon_heiles_jets(bencher: divan::Bencher, isa: &str) {
    expand(bencher, &henon_heiles(), Isa::named(isa).unwrap_or(Isa::Baseline));
}

fn expand(bencher: divan::Bencher, system: &(Vec<Expr>, Expr), isa: Isa) {
    let Ok(kernel) = JetKernel::new(&system.0, &rates(system), ORDER) else { return };
    let kernel = kernel.with_isa(isa);
    let mut jets: Jets<8> = kernel.jets();
    for component in 0..kernel.n_state() {
        (0..8).for_each(|lane| jets.set(component, lane, 0.1 + 0.05 * (component + lane) as f64));
    }
    bencher.counter(8usize).bench_local(|| kernel.expand(&mut jets));
}

/// From expressions to a kernel.
#[divan::bench(args = [8, 64])]
fn lower_toda(bencher: divan::Bencher, n: usize) {
    let system = toda_ring(n);
    let rates = rates(&system);
    bencher.bench_local(|| JetKernel::new(&system.0, &rates, ORDER));
}
