//! The network of the paper, against what its own implementation computes with the same parameters.

use std::ops::ControlFlow;
use std::path::PathBuf;

use aa_dataset::{Group, read_group, read_trajectories, weights};
use aa_dynamics::Ensemble;
use aa_learn::architecture::{Architecture, LinearMap, Network, Scaler, TrainOptions, train};
use aa_learn::{LearnOptions, NamedArray, Precision, learn, symplectic_defect};

/// Two masses with k_pair = 0.5, sampled a thousand times.
fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../plugins/oscillators/datasets/harmonic_chain_0_5.h5")
}

fn window(orbits: &Ensemble, first: usize, last: usize) -> Ensemble {
    let dim = 2 * orbits.dof;
    let mut part = Ensemble::new(orbits.dof, orbits.t[first..last].to_vec());
    part.push(orbits.orbits[0][first * dim..last * dim].to_vec());
    part
}

fn numbers(group: &Group, name: &str) -> Vec<f64> {
    group.dataset(name).and_then(|dataset| dataset.floats(name)).expect("the file has these numbers").to_vec()
}

/// The reference's network after its 50,000 steps.
fn trained_reference() -> (Network, Group) {
    let reference = read_group(&path(), "reference").expect("the file can be read");
    let scaler = Scaler { centre: numbers(&reference, "centre"), size: numbers(&reference, "size") };
    let mut network = Network::new(Architecture::Reference, scaler, 20, 100, 0);
    let named = |(name, (shape, data))| NamedArray { name, shape, data };
    let arrays: Vec<NamedArray> =
        weights(&reference.groups["weights"]).expect("weights are numbers").into_iter().map(named).collect();
    network.load(&arrays).expect("the arrays are those of this network");
    (network, reference)
}

fn largest_gap(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

#[test]
fn trained_parameters_give_the_reference_predictions() {
    let (network, reference) = trained_reference();
    assert_eq!(network.n_parameters(), 8542);
    let test = window(&read_trajectories(&path()).unwrap(), 500, 1000);
    let first = &test.orbits[0][..50 * 4];
    for (jump, dt) in [(1, 1.0), (10, 10.0), (50, 50.0)] {
        let predicted = network.scaler().scale(&network.predict(first, dt));
        let gap = largest_gap(&predicted, &numbers(&reference, &format!("prediction_scaled_jump{jump}")));
        // Single precision through forty shears, and a phase of some forty radians.
        assert!(gap < 5e-5, "jump {jump}: {gap}");
    }
    assert!(largest_gap(&network.actions(first).unwrap(), &numbers(&reference, "actions_test0_49")) < 5e-6);
    assert!(largest_gap(&network.frequencies(first).unwrap(), &numbers(&reference, "omega_test0_49")) < 5e-6);
    // The figures of the reference's own evaluation.
    for (jump, loss) in [(1, 1.61e-4), (2, 3.90e-4), (5, 6.36e-4), (10, 5.22e-4), (20, 9.41e-4), (50, 2.70e-3)] {
        let ours = network.scaler().prediction_loss(&test, jump, |points, dt| network.predict(points, dt));
        assert!((ours / loss - 1.0).abs() < 5e-3, "jump {jump}: {ours} against {loss}");
    }
}

/// The samples that everything is trained on, and those it is tested on.
fn split() -> (Ensemble, Ensemble) {
    let orbit = read_trajectories(&path()).expect("the file can be read");
    (window(&orbit, 0, 100), window(&orbit, 500, 1000))
}

#[test]
fn networks_have_the_numbers_of_parameters_of_the_paper() {
    // The seventh is ours: 20 layers of 100 (2 + 2), and a perceptron 2, 100, 1.
    let counts: [usize; Architecture::ALL.len()] = [8542, 83110, 8944, 83512, 103_712, 204_409, 8401];
    for (architecture, count) in Architecture::ALL.into_iter().zip(counts) {
        let scaler = Scaler { centre: vec![0.0; 4], size: vec![1.0; 4] };
        assert_eq!(Network::new(architecture, scaler, 20, 100, 0).n_parameters(), count, "{}", architecture.name());
        assert_eq!(Architecture::named(architecture.name()), Some(architecture));
    }
}

#[test]
fn every_architecture_learns_and_the_same_seed_gives_the_same_bytes() {
    let (training, _) = split();
    for (architecture, precision) in Architecture::ALL.into_iter().flat_map(|a| Precision::ALL.map(|p| (a, p))) {
        let integrates = matches!(architecture, Architecture::NeuralOde | Architecture::HamiltonianNetwork);
        let steps = if integrates { 30 } else { 100 };
        let options = TrainOptions {
            architecture,
            shears: 6,
            width: 16,
            steps,
            longest_jump: 1,
            rate: 3e-3,
            precision,
            ..TrainOptions::default()
        };
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| train(&training, &options, &mut |_| ControlFlow::Continue(())).unwrap())
        };
        let (one, three) = (run(1), run(3));
        assert_eq!(one.network.precision(), precision);
        assert_eq!(one.network.weights(), three.network.weights());
        let mean = |part: &[aa_learn::architecture::Step]| part.iter().map(|s| s.loss).sum::<f64>() / part.len() as f64;
        let (early, late) = (mean(&one.history[..10]), mean(&one.history[steps - 10..]));
        assert!(late < 0.9 * early, "{}, {}: {early} to {late}", architecture.name(), precision.name());
    }
}

#[test]
fn a_trained_gradient_network_is_symplectic_and_the_reference_is_not() {
    let (network, _) = trained_reference();
    let (training, test) = split();
    let options =
        TrainOptions { architecture: Architecture::Gradient, shears: 8, steps: 100, ..TrainOptions::default() };
    let ours = train(&training, &options, &mut |_| ControlFlow::Continue(())).unwrap().network;
    let defect = |network: &Network| {
        let z = test.row(0, 17);
        let step = |i: usize| 1e-5 * network.scaler().size[i];
        let column = |j: usize| {
            let moved = |sign: f64| {
                let mut z = z.to_vec();
                z[j] += sign * step(j);
                network.predict(&z, 10.0)
            };
            let (up, down) = (moved(1.0), moved(-1.0));
            (0..4).map(|i| (up[i] - down[i]) / (2.0 * step(j))).collect::<Vec<f64>>()
        };
        let columns: Vec<Vec<f64>> = (0..4).map(column).collect();
        symplectic_defect(2, &(0..16).map(|k| columns[k % 4][k / 4]).collect::<Vec<f64>>())
    };
    // Differences are good to 1e-9 here.
    assert!(defect(&ours) < 1e-7, "{}", defect(&ours));
    assert!(defect(&network) > 0.1, "{}", defect(&network));
}

#[test]
fn twenty_numbers_by_least_squares_beat_the_network_by_orders() {
    let (training, test) = split();
    let map = LinearMap::fit(&training).unwrap();
    assert_eq!(map.n_parameters(), 20);
    let scaler = Scaler::standard(&training);
    for jump in [1, 10, 50] {
        let loss = scaler.prediction_loss(&test, jump, |points, _| map.predict(points, jump));
        assert!(loss < 1e-9, "jump {jump}: {loss}");
    }
    let frequencies = map.frequencies().unwrap();
    assert!((frequencies[0] - 0.777_497).abs() < 1e-6 && (frequencies[1] - 0.049_979).abs() < 1e-6, "{frequencies:?}");
}

#[test]
fn ridge_shears_learn_the_oscillators_from_one_orbit() {
    let (training, test) = split();
    let equilibrium = Some(LinearMap::fit(&training).unwrap().equilibrium(1.0).unwrap());
    let options = LearnOptions { width: 4, evaluations: 20_000, equilibrium, ..LearnOptions::default() };
    let map = learn(&training, &options, &mut |_| ControlFlow::Continue(())).unwrap().map;
    assert!(map.n_parameters() < 100);
    let scaler = Scaler::standard(&training);
    let predict = |points: &[f64], dt: f64| points.chunks(4).flat_map(|z| map.predict(z, dt)).collect();
    for jump in [1, 2, 5, 10, 20, 50] {
        let loss = scaler.prediction_loss(&test, jump, predict);
        assert!(loss < 1e-9, "jump {jump}: {loss}");
    }
}
