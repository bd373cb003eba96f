//! Two lines in 2^14 samples, and the spectra of an orbit's length.

use aa_dynamics::frequency::{Complex64, Naff, NaffOptions, naff, naff_real};

fn main() {
    divan::main();
}

fn two_lines(n: usize) -> Vec<Complex64> {
    let line = |turns: f64, phase: f64, n: usize| Complex64::cis(std::f64::consts::TAU * turns * n as f64 + phase);
    (0..n).map(|i| line(0.123456789, 0.3, i) + 0.5 * line(0.234567891, 1.1, i)).collect()
}

/// Plan, window and two lines.
#[divan::bench(args = [1 << 12, 1 << 14, 16381])]
fn two(bencher: divan::Bencher, n: usize) {
    let signal = two_lines(n);
    let options = NaffOptions { lines: 2, ..NaffOptions::default() };
    bencher.bench_local(|| naff(&signal, 1.0, &options));
}

/// The same with plan and window made beforehand, as for the orbits of an ensemble.
#[divan::bench]
fn two_prepared(bencher: divan::Bencher) {
    let signal = two_lines(1 << 14);
    let naff = Naff::new(signal.len(), &NaffOptions { lines: 2, ..NaffOptions::default() });
    bencher.bench_local(|| naff.as_ref().map(|naff| naff.analyze(&signal, 1.0)));
}

/// Twelve lines of a periodic real signal.
#[divan::bench]
fn twelve_real(bencher: divan::Bencher) {
    let signal: Vec<f64> = (0..1 << 12).map(|n| 1.0 / (1.3 + (0.123456 * f64::from(n)).cos())).collect();
    bencher.bench_local(|| naff_real(&signal, 1.0, &NaffOptions::default()));
}
