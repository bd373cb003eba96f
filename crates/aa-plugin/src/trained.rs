//! Networks in study scripts: `lab.train(#{...})` and `lab.predict(network, #{...})` on a plugin's dataset.

use std::ops::ControlFlow;
use std::time::Instant;

use aa_analysis::Watch;
use aa_dynamics::{Ensemble, Hamiltonian};
use aa_learn::architecture::{Architecture, LinearMap, Network, Scaler, TrainOptions, train};
use aa_learn::{ActionAngleMap, LearnOptions, learn};
use aa_symbolic::evaluate;
use serde_json::{Value, json};

/// Something trained, with the scales that its errors are measured in.
#[derive(Clone)]
pub(crate) struct Trained {
    predictor: Predictor,
    scaler: Scaler,
    dt: f64,
}

#[derive(Clone)]
enum Predictor {
    Network(Network),
    Linear(LinearMap),
    Ridge(ActionAngleMap),
}

/// The keys of `lab.train`.
const TRAIN: [&str; 9] = ["from", "to", "network", "steps", "evaluations", "shears", "width", "longest_jump", "seed"];
/// The keys of `lab.predict`.
const PREDICT: [&str; 5] = ["from", "to", "jumps", "system", "set"];

/// Samples `from` to `to` (not included) of every orbit.
pub(crate) fn window(orbits: &Ensemble, asked: &Value) -> Result<Ensemble, String> {
    let times = orbits.t.len();
    let (first, last) = (number(asked, "from")?.unwrap_or(0), number(asked, "to")?.unwrap_or(times));
    if orbits.dof == 0 || first >= last || last > times {
        return Err(format!("`from` and `to` choose some of {times} samples q, p, such as 0 and {times}"));
    }
    let mut part = Ensemble::new(orbits.dof, orbits.t[first..last].to_vec());
    for orbit in &orbits.orbits {
        part.push(orbit[first * orbits.width..last * orbits.width].to_vec());
    }
    Ok(part)
}

/// Trains what `network` names on the samples: an architecture, `ridge` or `linear`.
///
/// # Errors
/// An unknown key or name, a number that is none, a training that fails.
pub(crate) fn train_on(samples: &Ensemble, asked: &Value, watch: &dyn Watch) -> Result<Trained, String> {
    known(asked, &TRAIN)?;
    let scaler = Scaler::standard(samples);
    let dt = samples.t.get(1).map_or(1.0, |t| t - samples.t[0]);
    let predictor = match asked["network"].as_str() {
        Some("linear") => Predictor::Linear(LinearMap::fit(samples).map_err(|e| e.to_string())?),
        Some("ridge") => Predictor::Ridge(ridge(samples, asked, dt, watch)?),
        name => Predictor::Network(network(samples, asked, name.and_then(Architecture::named), watch)?),
    };
    Ok(Trained { predictor, scaler, dt })
}

/// Our own network; its frame is that of the best linear map.
fn ridge(samples: &Ensemble, asked: &Value, dt: f64, watch: &dyn Watch) -> Result<ActionAngleMap, String> {
    let linear = LinearMap::fit(samples).and_then(|map| map.equilibrium(dt));
    let options = LearnOptions {
        width: number(asked, "shears")?.unwrap_or(4),
        evaluations: number(asked, "evaluations")?.unwrap_or(RIDGE_EVALUATIONS),
        seed: number(asked, "seed")?.unwrap_or(0) as u64,
        equilibrium: Some(linear.map_err(|e| e.to_string())?),
        ..LearnOptions::default()
    };
    let learned = learn(samples, &options, &mut |step| go_on(watch, step.step, step.total));
    learned.map(|learned| learned.map).map_err(|e| e.to_string())
}

/// Enough for a few shears on one torus.
const RIDGE_EVALUATIONS: usize = 20_000;

fn network(
    samples: &Ensemble,
    asked: &Value,
    architecture: Option<Architecture>,
    watch: &dyn Watch,
) -> Result<Network, String> {
    let names = Architecture::ALL.map(Architecture::name).join(", ");
    let default = TrainOptions::default();
    let options = TrainOptions {
        architecture: architecture.ok_or_else(|| format!("`network` is one of {names}, ridge, linear"))?,
        shears: number(asked, "shears")?.unwrap_or(default.shears),
        width: number(asked, "width")?.unwrap_or(default.width),
        steps: number(asked, "steps")?.unwrap_or(default.steps),
        longest_jump: number(asked, "longest_jump")?.unwrap_or(default.longest_jump),
        seed: number(asked, "seed")?.unwrap_or(0) as u64,
        ..default
    };
    let trained = train(samples, &options, &mut |step| go_on(watch, step.step, options.steps));
    trained.map(|trained| trained.network).map_err(|e| e.to_string())
}

fn go_on(watch: &dyn Watch, step: usize, total: usize) -> ControlFlow<()> {
    watch.progress("training", step, total);
    if watch.stop() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

impl Trained {
    /// The number of trained parameters.
    pub(crate) fn n_parameters(&self) -> usize {
        match &self.predictor {
            Predictor::Network(network) => network.n_parameters(),
            Predictor::Linear(map) => map.n_parameters(),
            Predictor::Ridge(map) => map.n_parameters(),
        }
    }

    /// For every jump: the paper's loss in the training samples' scales; the mean |H(predicted) - H(start)| over |H| at
    /// the first sample, where the system is known; and the time a sample took, in seconds.
    ///
    /// # Errors
    /// An unknown key, jumps that are no list of whole numbers or longer than the samples.
    pub(crate) fn errors(&self, test: &Ensemble, asked: &Value, system: Option<&Hamiltonian>) -> Result<Value, String> {
        known(asked, &PREDICT)?;
        let wrong = || "`jumps` is a list of whole numbers of samples, such as [1, 10]".to_string();
        let jumps = asked["jumps"].as_array().ok_or_else(wrong)?;
        let error = |jump: &Value| {
            let jump = jump.as_u64().filter(|jump| (1..test.t.len() as u64).contains(jump)).ok_or_else(wrong)? as usize;
            let mut seconds = f64::INFINITY;
            let mut energies = Vec::new();
            let loss = self.scaler.prediction_loss(test, jump, |points, dt| {
                let start = Instant::now();
                let predicted = self.predict(points, dt, test.dof);
                let samples = points.len() / (2 * test.dof);
                seconds = seconds.min(start.elapsed().as_secs_f64() / samples as f64);
                energies.extend(system.map(|system| energy_change(system, points, &predicted)));
                predicted
            });
            let energy = energies.iter().sum::<f64>() / energies.len() as f64;
            Ok(json!({ "jump": jump, "loss": loss, "energy": energy, "seconds": seconds }))
        };
        jumps.iter().map(error).collect()
    }

    fn predict(&self, points: &[f64], dt: f64, dof: usize) -> Vec<f64> {
        match &self.predictor {
            Predictor::Network(network) => network.predict(points, dt),
            Predictor::Linear(map) => map.predict(points, (dt / self.dt).round() as usize),
            Predictor::Ridge(map) => points.chunks_exact(2 * dof).flat_map(|z| map.predict(z, dt)).collect(),
        }
    }
}

fn energy_change(system: &Hamiltonian, points: &[f64], predicted: &[f64]) -> f64 {
    let symbols = system.space().symbols();
    let energies = |rows: &[f64]| -> Vec<f64> {
        rows.chunks_exact(symbols.len()).map(|z| evaluate(system.energy(), &symbols, z)).collect()
    };
    let (before, after) = (energies(points), energies(predicted));
    let change = before.iter().zip(&after).map(|(a, b)| (a - b).abs()).sum::<f64>() / before.len() as f64;
    change / before[0].abs()
}

fn known(asked: &Value, keys: &[&str]) -> Result<(), String> {
    let odd = asked.as_object().into_iter().flatten().map(|(key, _)| key).find(|key| !keys.contains(&key.as_str()));
    odd.map_or(Ok(()), |odd| Err(format!("`{odd}` is not known here; known are {}", keys.join(", "))))
}

/// A whole number that may be missing.
fn number(asked: &Value, key: &str) -> Result<Option<usize>, String> {
    match &asked[key] {
        Value::Null => Ok(None),
        value => value.as_u64().map(|n| Some(n as usize)).ok_or_else(|| format!("`{key}` is a whole number")),
    }
}
