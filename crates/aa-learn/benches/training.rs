//! One step of training of the networks of the paper, and one prediction: 2 degrees of freedom, 20 shears or hidden layers of
//! width 100, batches of 100. `training_jax.py` does the same with its first network in JAX.

use std::ops::ControlFlow;

use aa_dynamics::Ensemble;
use aa_learn::Precision;
use aa_learn::architecture::{Architecture, TrainOptions, train};

fn main() {
    divan::main();
}

/// Two coupled masses, sampled a number of times at one interval.
fn orbit(samples: u32, dt: f64) -> Ensemble {
    let t: Vec<f64> = (0..samples).map(|i| dt * f64::from(i)).collect();
    let row = |t: &f64| [(0.05 * t).cos(), (0.777 * t).sin(), -(0.05 * t).sin(), (0.777 * t).cos()];
    let rows = t.iter().flat_map(row).collect();
    let mut orbit = Ensemble::new(2, t);
    orbit.push(rows);
    orbit
}

/// A hundred steps.
#[divan::bench(args = both([Architecture::Reference, Architecture::Gradient]), sample_count = 10, sample_size = 1)]
fn hundred_steps(bencher: divan::Bencher, (architecture, precision): (Architecture, Precision)) {
    let options = TrainOptions { architecture, precision, steps: 100, ..TrainOptions::default() };
    let orbit = orbit(200, 1.0);
    bencher.bench_local(|| train(&orbit, &options, &mut |_| ControlFlow::Continue(())));
}

/// Ten steps that integrate a learned field over a time 3, near the mean jump of the paper's schedule.
#[divan::bench(args = both([Architecture::NeuralOde, Architecture::HamiltonianNetwork]), sample_count = 5, sample_size = 1)]
fn ten_steps_over_3(bencher: divan::Bencher, (architecture, precision): (Architecture, Precision)) {
    let options = TrainOptions { architecture, precision, steps: 10, longest_jump: 1, ..TrainOptions::default() };
    let orbit = orbit(100, 3.0);
    bencher.bench_local(|| train(&orbit, &options, &mut |_| ControlFlow::Continue(())));
}

/// Each in single and in double precision.
fn both(architectures: [Architecture; 2]) -> impl Iterator<Item = (Architecture, Precision)> {
    architectures.into_iter().flat_map(|architecture| Precision::ALL.map(|precision| (architecture, precision)))
}

/// 500 points, one jump: the cost does not depend on how long it is.
#[divan::bench(args = [1.0, 50.0, 1e6])]
fn predict_500(bencher: divan::Bencher, dt: f64) {
    let options = TrainOptions { steps: 1, ..TrainOptions::default() };
    let Ok(trained) = train(&orbit(200, 1.0), &options, &mut |_| ControlFlow::Continue(())) else { return };
    let points = vec![0.3; 2000];
    bencher.bench_local(|| trained.network.predict(&points, dt));
}
