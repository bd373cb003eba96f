//! The cost of a prediction against its horizon, and that of following the orbits there instead: the loops of
//! Henon and Heiles, 64 shears, 4096 points. one core with `RAYON_NUM_THREADS=1`.

use std::ops::ControlFlow;

use aa_dynamics::random::Stream;
use aa_dynamics::{Ensemble, FlowOptions, Hamiltonian, PhaseSpace, simulate};
use aa_learn::{ActionAngleMap, LearnOptions, Precision, learn};
use divan::counter::ItemsCount;

const POINTS: usize = 4096;

fn main() {
    divan::main();
}

fn henon_heiles() -> Hamiltonian {
    let space = PhaseSpace::lines(["x", "y"]);
    let (x, y, px, py) = (space.q(0), space.q(1), space.p(0), space.p(1));
    let quadratic = (px.powi(2) + py.powi(2) + x.powi(2) + y.powi(2)) / 2;
    Hamiltonian::new(quadratic + x.powi(2) * &y - y.powi(3) / 3, space).expect("the names are those of the space")
}

/// Near-circular orbits about the origin.
fn points(n: usize) -> Vec<Vec<f64>> {
    let mut stream = Stream::new(0, "points");
    let mut near = |value: f64| value + 0.03 * (2.0 * stream.uniform() - 1.0);
    (0..n).map(|_| vec![near(0.25), near(0.0), near(0.0), near(0.25)]).collect()
}

fn orbits(n: usize, t: f64, samples: usize) -> Ensemble {
    let times: Vec<f64> = (0..samples).map(|i| t * i as f64 / (samples - 1) as f64).collect();
    simulate(&henon_heiles(), &points(n), &times, &FlowOptions::default()).expect("the orbits stay").ensemble
}

fn map() -> ActionAngleMap {
    let options = LearnOptions { width: 64, evaluations: 20_000, ..LearnOptions::default() };
    let learned = learn(&orbits(100, 40.0, 201), &options, &mut |_| ControlFlow::Continue(()));
    learned.expect("the orbits lie on tori").map
}

/// One time for every point.
#[divan::bench(args = [1.0, 1e3, 1e6], sample_count = 20, sample_size = 1)]
fn predicted(bencher: divan::Bencher, t: f64) {
    let (map, points) = (map(), points(POINTS).concat());
    bencher.counter(ItemsCount::new(POINTS)).bench_local(|| map.predict_many(&points, &[t]));
}

/// The same with the shears in single precision.
#[divan::bench(args = [1.0, 1e3, 1e6], sample_count = 20, sample_size = 1)]
fn predicted_in_single(bencher: divan::Bencher, t: f64) {
    let (map, points) = (map(), points(POINTS).concat());
    let predict = || map.predict_many_in(Precision::Single, &points, &[t]);
    bencher.counter(ItemsCount::new(POINTS)).bench_local(predict);
}

/// The Taylor integrator at its standard tolerance.
#[divan::bench(args = [10.0, 1e3, 1e5], sample_count = 3, sample_size = 1)]
fn followed(bencher: divan::Bencher, t: f64) {
    let (system, n) = (henon_heiles(), if t > 1e4 { 16 } else { 256 });
    let points = points(n);
    bencher.counter(ItemsCount::new(n)).bench_local(|| simulate(&system, &points, &[0.0, t], &FlowOptions::default()));
}
