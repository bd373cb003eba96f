//! Networks in study scripts: `lab.train(#{...})` and `lab.predict(network, #{...})` on a plugin's dataset.

use std::f64::consts::TAU;
use std::ops::ControlFlow;
use std::time::Instant;

use aa_analysis::Watch;
use aa_dynamics::{Ensemble, Hamiltonian};
use aa_learn::architecture::{Architecture, LinearMap, Network, Scaler, TrainOptions, train};
use aa_learn::{ActionAngleMap, LearnOptions, Pair, Precision, learn};
use aa_symbolic::evaluate;
use serde_json::{Value, json};

/// Something trained, with the scales that its errors are measured in.
#[derive(Clone)]
pub(crate) struct Trained {
    predictor: Predictor,
    scaler: Scaler,
    /// The time between two training samples.
    dt: f64,
}

#[derive(Clone)]
enum Predictor {
    Network(Network),
    Linear(LinearMap),
    Ridge(ActionAngleMap),
}

/// The keys of `lab.train` for all that can be trained; each has its own besides.
const TRAIN: [&str; 5] = ["dataset", "from", "to", "network", "scaled"];
/// The keys of `lab.predict`.
const PREDICT: [&str; 6] = ["dataset", "from", "to", "jumps", "system", "set"];

/// Times read from a file of single precision are even to one part in 10^6.
const EVEN: f64 = 1e-6;

/// Samples `from` to `to` (not included) of every orbit, at equal intervals: jumps count in samples.
pub(crate) fn window(orbits: &Ensemble, asked: &Value) -> Result<Ensemble, String> {
    let times = orbits.t.len();
    let (first, last) = (number(asked, "from")?.unwrap_or(0), number(asked, "to")?.unwrap_or(times));
    if orbits.dof == 0 || first >= last || last > times {
        return Err(format!("`from` and `to` choose some of {times} samples q, p, such as 0 and {times}"));
    }
    let t = &orbits.t[first..last];
    let dt = interval(t);
    if let Some(odd) = t.windows(2).position(|pair| (pair[1] - pair[0] - dt).abs() > EVEN * dt) {
        let found = t[odd + 1] - t[odd];
        return Err(format!(
            "the samples lie {dt} apart, and {found} after sample {}; jumps need equal times",
            first + odd
        ));
    }
    let mut part = Ensemble::new(orbits.dof, t.to_vec());
    for orbit in &orbits.orbits {
        part.push(orbit[first * orbits.width..last * orbits.width].to_vec());
    }
    Ok(part)
}

/// The time between the first two samples.
fn interval(t: &[f64]) -> f64 {
    t.get(1).map_or(1.0, |second| second - t[0])
}

/// Trains what `network` names on the samples: an architecture, `ridge` or `linear`.
///
/// # Errors
/// An unknown name, a key that this network does not take, a number that is none, a training that fails.
pub(crate) fn train_on(samples: &Ensemble, asked: &Value, watch: &dyn Watch) -> Result<Trained, String> {
    let scaled = scaled(asked)?;
    let scaler = if scaled { Scaler::standard(samples) } else { Scaler::identity(samples.dof) };
    let dt = interval(&samples.t);
    let name = asked["network"].as_str().unwrap_or_default();
    let takes = |own: &[&str]| known(asked, name, &[&TRAIN, own].concat());
    let predictor = match name {
        LINEAR => {
            takes(&[])?;
            Predictor::Linear(LinearMap::fit(samples).map_err(|e| e.to_string())?)
        }
        ActionAngleMap::ARCHITECTURE => {
            takes(&["shears", "evaluations", "seed", "pairs", "precision"])?;
            Predictor::Ridge(ridge(samples, asked, dt, watch)?)
        }
        _ => {
            let names = Architecture::ALL.map(Architecture::name).join(", ");
            let unknown = || format!("`network` is one of {names}, {}, {LINEAR}", ActionAngleMap::ARCHITECTURE);
            let architecture = Architecture::named(name).ok_or_else(unknown)?;
            let shears: &[&str] = if architecture.has_shears() { &["shears"] } else { &[] };
            takes(&[shears, &["width", "steps", "longest_jump", "seed", "precision"]].concat())?;
            Predictor::Network(network(samples, asked, architecture, watch)?)
        }
    };
    Ok(Trained { predictor, scaler, dt })
}

/// The name of the linear map.
const LINEAR: &str = "linear";

/// Our own network; where all pairs are oscillators its frame is that of the best linear map.
fn ridge(samples: &Ensemble, asked: &Value, dt: f64, watch: &dyn Watch) -> Result<ActionAngleMap, String> {
    let pairs = pairs(&asked["pairs"])?;
    let linear = || LinearMap::fit(samples).and_then(|map| map.equilibrium(dt));
    let equilibrium = pairs.is_empty().then(linear).transpose().map_err(|e| e.to_string())?;
    let options = LearnOptions {
        width: number(asked, "shears")?.unwrap_or(4),
        evaluations: number(asked, "evaluations")?.unwrap_or(RIDGE_EVALUATIONS),
        seed: number(asked, "seed")?.unwrap_or(0) as u64,
        pairs,
        equilibrium,
        precision: precision(asked)?,
        ..LearnOptions::default()
    };
    let learned = learn(samples, &options, &mut |step| go_on(watch, step.step, step.total));
    learned.map(|learned| learned.map).map_err(|e| e.to_string())
}

/// What every pair does, by name; none where nothing is said.
fn pairs(asked: &Value) -> Result<Vec<Pair>, String> {
    let wrong = || "`pairs` is a list of oscillator, rotor, free or frozen, one for each coordinate".to_string();
    let named = |name: &Value| name.as_str().and_then(Pair::from_name).ok_or_else(wrong);
    match asked {
        Value::Null => Ok(Vec::new()),
        _ => asked.as_array().ok_or_else(wrong)?.iter().map(named).collect(),
    }
}

/// Enough for a few shears on one torus.
const RIDGE_EVALUATIONS: usize = 20_000;

fn network(
    samples: &Ensemble,
    asked: &Value,
    architecture: Architecture,
    watch: &dyn Watch,
) -> Result<Network, String> {
    let default = TrainOptions::default();
    let options = TrainOptions {
        architecture,
        shears: number(asked, "shears")?.unwrap_or(default.shears),
        width: number(asked, "width")?.unwrap_or(default.width),
        steps: number(asked, "steps")?.unwrap_or(default.steps),
        longest_jump: number(asked, "longest_jump")?.unwrap_or(default.longest_jump),
        seed: number(asked, "seed")?.unwrap_or(0) as u64,
        scaled: scaled(asked)?,
        precision: precision(asked)?,
        ..default
    };
    let trained = train(samples, &options, &mut |step| go_on(watch, step.step, options.steps));
    trained.map(|trained| trained.network).map_err(|e| e.to_string())
}

/// Double unless asked for otherwise.
fn precision(asked: &Value) -> Result<Precision, String> {
    let names = Precision::ALL.map(Precision::name).join(" or ");
    let named = |value: &Value| value.as_str().and_then(Precision::named);
    match &asked["precision"] {
        Value::Null => Ok(Precision::Double),
        value => named(value).ok_or_else(|| format!("`precision` is {names}, not {value}")),
    }
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
    /// An unknown key, jumps that are no list of whole numbers or longer than the samples; samples or a system of another
    /// dimension than the training samples; for a linear map, samples between those of its steps.
    pub(crate) fn errors(&self, test: &Ensemble, asked: &Value, system: Option<&Hamiltonian>) -> Result<Value, String> {
        known(asked, "lab.predict", &PREDICT)?;
        self.fits(test, system)?;
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

    /// Refuses what the network is not of.
    fn fits(&self, test: &Ensemble, system: Option<&Hamiltonian>) -> Result<(), String> {
        let (trained, dof) = (self.scaler.size.len() / 2, test.dof);
        if dof != trained {
            return Err(format!("the network was trained with {trained} degrees of freedom; the samples have {dof}"));
        }
        if let Some(space) = system.map(Hamiltonian::space)
            && (space.symbols().len() != 2 * dof || space.structure().is_some())
        {
            let symbols: Vec<String> = space.symbols().iter().map(ToString::to_string).collect();
            return Err(format!(
                "`system` is one of ({}); the samples have {dof} coordinates and {dof} momenta",
                symbols.join(", ")
            ));
        }
        let steps = interval(&test.t) / self.dt;
        if matches!(self.predictor, Predictor::Linear(_)) && (steps - steps.round()).abs() > EVEN * steps {
            let (found, dt) = (interval(&test.t), self.dt);
            return Err(format!(
                "a linear map goes by steps of {dt}, as it was fitted; these samples lie {found} apart"
            ));
        }
        Ok(())
    }

    fn predict(&self, points: &[f64], dt: f64, dof: usize) -> Vec<f64> {
        match &self.predictor {
            Predictor::Network(network) => network.predict(points, dt),
            Predictor::Linear(map) => map.predict(points, (dt / self.dt).round() as usize),
            Predictor::Ridge(map) => {
                let mut moved = map.predict_many(points, &[dt]);
                moved.chunks_exact_mut(2 * dof).for_each(|z| onto_circles(map.pairs(), z));
                moved
            }
        }
    }
}

/// Angles are compared with samples in [0, 2 pi).
fn onto_circles(pairs: &[Pair], z: &mut [f64]) {
    let circles = pairs.iter().zip(z).filter(|(pair, _)| **pair == Pair::Rotor);
    circles.for_each(|(_, angle)| *angle = angle.rem_euclid(TAU));
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

fn known(asked: &Value, who: &str, keys: &[&str]) -> Result<(), String> {
    let odd = asked.as_object().into_iter().flatten().map(|(key, _)| key).find(|key| !keys.contains(&key.as_str()));
    odd.map_or(Ok(()), |odd| Err(format!("{who} takes no `{odd}`; it takes {}", keys.join(", "))))
}

/// Whether variables are scaled to order one: they are where nothing is said.
fn scaled(asked: &Value) -> Result<bool, String> {
    match &asked["scaled"] {
        Value::Null => Ok(true),
        value => value.as_bool().ok_or_else(|| "`scaled` is true or false".to_string()),
    }
}

/// A whole number that may be missing.
fn number(asked: &Value, key: &str) -> Result<Option<usize>, String> {
    match &asked[key] {
        Value::Null => Ok(None),
        value => value.as_u64().map(|n| Some(n as usize)).ok_or_else(|| format!("`{key}` is a whole number")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aa_analysis::study::Unwatched;
    use aa_dynamics::PhaseSpace;

    /// Samples of n oscillators.
    fn samples(n: usize, t: impl IntoIterator<Item = f64>) -> Ensemble {
        let mut orbits = Ensemble::new(n, t.into_iter().collect());
        let turn = |t: &f64, k: usize| (t * (1.0 + k as f64)).sin_cos();
        let row = |t: &f64| {
            let q = (0..n).map(|k| turn(t, k).0);
            q.chain((0..n).map(|k| turn(t, k).1)).collect::<Vec<f64>>()
        };
        orbits.push(orbits.t.iter().flat_map(row).collect());
        orbits
    }

    fn even(step: f64) -> impl Iterator<Item = f64> {
        (0..40).map(move |i| step * f64::from(i))
    }

    fn linear() -> Trained {
        train_on(&samples(1, even(0.3)), &json!({ "network": "linear" }), &Unwatched).unwrap()
    }

    #[test]
    fn predictions_of_another_dimension_are_refused() {
        let asked = json!({ "jumps": [1, 2] });
        let test = samples(1, even(0.6));
        let found = linear().errors(&test, &asked, None).unwrap();
        assert!(found[1]["loss"].as_f64().unwrap() < 1e-20, "{found}");
        let refusal =
            |test: &Ensemble, system: Option<&Hamiltonian>| linear().errors(test, &asked, system).unwrap_err();
        assert!(refusal(&samples(2, even(0.3)), None).contains("1 degrees of freedom; the samples have 2"));
        let plane = PhaseSpace::lines(["x", "y"]);
        let free = Hamiltonian::new(plane.p(0) * plane.p(0), plane).unwrap();
        assert!(refusal(&test, Some(&free)).contains("(x, y, px, py)"));
        assert!(refusal(&samples(1, even(0.4)), None).contains("steps of 0.3"));
    }

    #[test]
    fn uneven_samples_are_refused() {
        let uneven = samples(1, [0.0, 0.1, 0.2, 0.4, 0.5]);
        let refusal = window(&uneven, &json!({})).unwrap_err();
        assert!(refusal.contains("after sample 2"), "{refusal}");
        assert_eq!(window(&uneven, &json!({ "to": 3 })).unwrap().t, [0.0, 0.1, 0.2]);
    }

    #[test]
    fn a_network_is_trained_in_the_precision_that_was_asked_for() {
        for (asked, precision) in [(json!("single"), Precision::Single), (Value::Null, Precision::Double)] {
            let asked = json!({ "network": "euler_mlp", "width": 4, "steps": 2, "precision": asked });
            let trained = train_on(&samples(1, even(0.3)), &asked, &Unwatched).unwrap();
            assert!(matches!(trained.predictor, Predictor::Network(network) if network.precision() == precision));
        }
    }

    #[test]
    fn every_network_takes_its_own_options_alone() {
        let refusal = |asked: Value| train_on(&samples(1, even(0.3)), &asked, &Unwatched).err().unwrap();
        let takes = |asked: Value, options: &str| {
            let text = refusal(asked);
            assert!(text.ends_with(&format!("it takes dataset, from, to, network, scaled{options}")), "{text}");
        };
        takes(json!({ "network": "linear", "seed": 1 }), "");
        takes(json!({ "network": "ridge", "width": 8 }), ", shears, evaluations, seed, pairs, precision");
        takes(json!({ "network": "euler_mlp", "shears": 8 }), ", width, steps, longest_jump, seed, precision");
        takes(json!({ "network": "reference", "degree": 8 }), ", shears, width, steps, longest_jump, seed, precision");
        let half = json!({ "network": "euler_mlp", "precision": "half" });
        assert_eq!(refusal(half), "`precision` is single or double, not \"half\"");
        assert!(refusal(json!({})).contains("hamiltonian, gradient, ridge, linear"));
    }
}
