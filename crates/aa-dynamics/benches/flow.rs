//! Orbits and chaos of the system of Henon and Heiles at E = 1/8, the yardstick of comparable codes.

use aa_dynamics::{ChaosOptions, FlowOptions, Hamiltonian, PhaseSpace, measure_chaos, simulate};

fn main() {
    divan::main();
}

fn henon_heiles() -> Option<Hamiltonian> {
    let space = PhaseSpace::lines(["x", "y"]);
    let (x, y, px, py) = (space.q(0), space.q(1), space.p(0), space.p(1));
    let quadratic = (px.powi(2) + py.powi(2) + x.powi(2) + y.powi(2)) / 2;
    Hamiltonian::new(quadratic + x.powi(2) * &y - y.powi(3) / 3, space).ok()
}

/// Digits of k in a base, mirrored at the point.
fn radical_inverse(mut k: u32, base: u32) -> f64 {
    let (mut value, mut digit) = (0.0, 1.0);
    while k > 0 {
        digit /= f64::from(base);
        value += digit * f64::from(k % base);
        k /= base;
    }
    value
}

/// The first points of the section x = 0, px > 0, by radical inverses.
fn section_points(n: usize) -> Vec<Vec<f64>> {
    let candidates = (1..).map(|k| (-0.5 + 1.2 * radical_inverse(k, 2), -0.5 + radical_inverse(k, 3)));
    let square = |y: f64, py: f64| 0.25 - py * py - y * y + 2.0 * y.powi(3) / 3.0;
    let kept = candidates.filter(|&(y, py)| square(y, py) > 0.0);
    kept.map(|(y, py)| vec![0.0, y, square(y, py).sqrt(), py]).take(n).collect()
}

/// A hundred orbits to t = 1000.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn orbits(bencher: divan::Bencher) {
    let (Some(system), points) = (henon_heiles(), section_points(100)) else { return };
    bencher.bench_local(|| simulate(&system, &points, &[0.0, 1000.0], &FlowOptions::default()));
}

/// Lyapunov exponent and alignment index of a hundred orbits.
#[divan::bench(args = [1e3, 1e4], sample_count = 3, sample_size = 1)]
fn chaos(bencher: divan::Bencher, t: f64) {
    let (Some(system), points) = (henon_heiles(), section_points(100)) else { return };
    let options = ChaosOptions { t, ..ChaosOptions::default() };
    bencher.bench_local(|| measure_chaos(&system, &points, &options));
}
