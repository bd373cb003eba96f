//! One step of training, and one prediction, of the network of the paper: 2 degrees of freedom, 20 shears of width
//! 100, batches of 100, double precision. `training_jax.py` does the same in JAX.

use std::ops::ControlFlow;

use aa_dynamics::Ensemble;
use aa_learn::architecture::{Architecture, TrainOptions, train};

fn main() {
    divan::main();
}

/// Two coupled masses, sampled 200 times.
fn orbit() -> Ensemble {
    let mut orbit = Ensemble::new(2, (0..200).map(f64::from).collect());
    let row = |t: f64| [(0.05 * t).cos(), (0.777 * t).sin(), -(0.05 * t).sin(), (0.777 * t).cos()];
    orbit.push((0..200).flat_map(|i| row(f64::from(i))).collect());
    orbit
}

/// A hundred steps.
#[divan::bench(args = [Architecture::Reference, Architecture::Gradient], sample_count = 10, sample_size = 1)]
fn hundred_steps(bencher: divan::Bencher, architecture: Architecture) {
    let (orbit, options) = (orbit(), TrainOptions { architecture, steps: 100, ..TrainOptions::default() });
    bencher.bench_local(|| train(&orbit, &options, &mut |_| ControlFlow::Continue(())));
}

/// 500 points, one jump: the cost does not depend on how long it is.
#[divan::bench(args = [1.0, 50.0, 1e6])]
fn predict_500(bencher: divan::Bencher, dt: f64) {
    let options = TrainOptions { steps: 1, ..TrainOptions::default() };
    let Ok(trained) = train(&orbit(), &options, &mut |_| ControlFlow::Continue(())) else { return };
    let points = vec![0.3; 2000];
    bencher.bench_local(|| trained.network.predict(&points, dt));
}
