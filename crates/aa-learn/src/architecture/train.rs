//! Training as the paper's code does it: Adam at a constant rate, jumps that grow, batches drawn with replacement.
//!
//! The loss is the mean square error of the prediction plus, where there are circles, the variance of their labels
//! over the batch (the batch must be of one torus for that to make sense, as it is in the paper).

use std::ops::ControlFlow;

use aa_dynamics::Ensemble;
use aa_dynamics::random::Stream;
use dfdx::prelude::*;
use dfdx::tensor::Gradients;

use super::adam::{Adam, refused};
use super::core::{Core, matrix};
use super::flow::is_short;
use super::network::AnyCore;
use super::{Architecture, Matrix, Network, Number, Scaler};
use crate::real::Real;
use crate::{Error, Precision};

/// What to train and how long. The defaults are the paper's, but for the number of steps, 50,000 there, and the
/// precision.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainOptions {
    /// The kind of network.
    pub architecture: Architecture,
    /// Layers of the encoder where it has shears.
    pub shears: usize,
    /// Activations per hidden layer.
    pub width: usize,
    /// Steps of Adam.
    pub steps: usize,
    /// The largest batch; no more than there are pairs of rows.
    pub batch: usize,
    /// The longest jump, in samples; reached at the end, from 1 at the beginning.
    pub longest_jump: usize,
    /// The learning rate.
    pub rate: f64,
    /// The weight of the variance of the actions.
    pub variance_weight: f64,
    /// Whether variables are scaled to order one first; without, the network sees the units of the data.
    pub scaled: bool,
    /// The seed of parameters, jumps and batches.
    pub seed: u64,
    /// The precision of parameters, gradients and predictions; single in the paper's code.
    pub precision: Precision,
}

impl Default for TrainOptions {
    fn default() -> Self {
        TrainOptions {
            architecture: Architecture::Reference,
            shears: 20,
            width: 100,
            steps: 5000,
            batch: 100,
            longest_jump: 10,
            rate: 1e-3,
            variance_weight: 1.0,
            scaled: true,
            seed: 0,
            precision: Precision::Double,
        }
    }
}

/// One step of training.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Steps done, from 1.
    pub step: usize,
    /// The jump it drew, in samples.
    pub jump: usize,
    /// The loss before the step.
    pub loss: f64,
}

/// What training gives.
#[derive(Clone, Debug)]
pub struct Trained {
    /// The network after the last step.
    pub network: Network,
    /// Every step.
    pub history: Vec<Step>,
}

/// Trains a network on orbits sampled at equal intervals. `progress` hears of every step and may stop the work.
///
/// The same orbits, options and seed give the same bytes on any number of threads.
///
/// # Errors
/// Orbits without rows that far apart, unequal intervals, numbers that are not finite; an option out of range; a
/// training that diverges.
pub fn train(
    orbits: &Ensemble,
    options: &TrainOptions,
    progress: &mut dyn FnMut(&Step) -> ControlFlow<()>,
) -> Result<Trained, Error> {
    check(orbits, options)?;
    let scaler = match options.architecture {
        _ if !options.scaled => Scaler::identity(orbits.dof),
        Architecture::Gradient => Scaler::canonical(orbits),
        _ => Scaler::standard(orbits),
    };
    match options.precision {
        Precision::Single => train_in::<f32>(orbits, scaler, options, progress),
        Precision::Double => train_in::<f64>(orbits, scaler, options, progress),
    }
}

fn train_in<E: Number>(
    orbits: &Ensemble,
    scaler: Scaler,
    options: &TrainOptions,
    progress: &mut dyn FnMut(&Step) -> ControlFlow<()>,
) -> Result<Trained, Error>
where
    AnyCore: From<Core<E>>,
{
    let rows: Vec<Vec<f64>> = orbits.orbits.iter().map(|orbit| scaler.scale(orbit)).collect();
    let mut core = Core::<E>::new(options.architecture, orbits.dof, options.shears, options.width, options.seed);
    let mut adam = Adam::new(options.rate);
    let mut stream = Stream::new(options.seed, "batches");
    let mut history = Vec::with_capacity(options.steps);
    for step in 0..options.steps {
        let jump = draw_jump(step, options, &mut stream);
        let batch = Batch::draw(orbits, &rows, jump, options.batch, &mut stream);
        let (loss, gradients) = loss_and_gradients(&core, &batch, options.variance_weight)?;
        if !loss.is_finite() {
            return Err(Error::Diverged { steps: step });
        }
        adam.step(&mut core, gradients)?;
        let done = Step { step: step + 1, jump, loss };
        history.push(done);
        if progress(&done).is_break() {
            break;
        }
    }
    // The copy leaves the buffers of training behind.
    Ok(Trained { network: Network::of(core.clone().into(), scaler), history })
}

fn check(orbits: &Ensemble, options: &TrainOptions) -> Result<(), Error> {
    let range = |option: &'static str, value: usize, largest: usize, expected: &'static str| {
        let found = value.to_string();
        if (1..=largest).contains(&value) { Ok(()) } else { Err(Error::Option { option, expected, found }) }
    };
    range("shears", options.shears, 1000, "1 to 1000 layers")?;
    range("width", options.width, 10_000, "1 to 10000 activations a layer")?;
    range("batch", options.batch, 1_000_000, "1 to 1000000 pairs")?;
    range("longest_jump", options.longest_jump, 1_000_000, "1 to 1000000 samples")?;
    if !(options.rate > 0.0 && options.rate < 1.0) {
        let found = options.rate.to_string();
        return Err(Error::Option { option: "rate", expected: "a number between 0 and 1", found });
    }
    if orbits.orbits.is_empty() || orbits.dof == 0 {
        return Err(Error::TooFewOrbits { orbits: 0, needed: 1 });
    }
    let first = orbits.t.get(1).map_or(0.0, |t| t - orbits.t[0]);
    // Times read from a file of single precision are even to one part in 10^6.
    let even = |pair: &[f64]| pair[1] - pair[0] > 0.0 && (pair[1] - pair[0] - first).abs() <= 1e-6 * first;
    let times = 1 + orbits.t.windows(2).take_while(|pair| even(pair)).count();
    if times < orbits.t.len() || times <= options.longest_jump {
        return Err(Error::UnevenTimes { times, needed: orbits.t.len().max(options.longest_jump + 1) });
    }
    let longest = first * options.longest_jump as f64;
    if options.architecture.is_integrated() && !is_short(longest) {
        return Err(Error::Option {
            option: "longest_jump",
            expected: "a time that 4096 steps of 0.1 cover, as this network follows all of it",
            found: format!("{} samples, or {longest} units of time", options.longest_jump),
        });
    }
    for (orbit, rows) in orbits.orbits.iter().enumerate() {
        if let Some(place) = rows.iter().position(|z| !z.is_finite()) {
            return Err(Error::NotFinite { orbit, time: place / (2 * orbits.dof) });
        }
    }
    Ok(())
}

/// Uniform up to a bound that rises from 1 to the longest.
fn draw_jump(step: usize, options: &TrainOptions, stream: &mut Stream) -> usize {
    let rise = (options.longest_jump - 1) as f64 * step as f64 / options.steps as f64;
    let largest = (1.0 + rise).round();
    1 + (stream.uniform() * largest) as usize
}

/// Scaled rows and where they are after one and the same time.
struct Batch<E: Number> {
    starts: Matrix<E>,
    targets: Matrix<E>,
    dt: f64,
}

impl<E: Number> Batch<E> {
    fn draw(orbits: &Ensemble, rows: &[Vec<f64>], jump: usize, largest: usize, stream: &mut Stream) -> Self {
        let dim = 2 * orbits.dof;
        let starts_per_orbit = orbits.t.len() - jump;
        let pairs = starts_per_orbit * rows.len();
        let size = largest.min(pairs);
        let (mut starts, mut targets) = (Vec::with_capacity(size * dim), Vec::with_capacity(size * dim));
        for _ in 0..size {
            let pair = (stream.uniform() * pairs as f64) as usize;
            let (orbit, time) = (&rows[pair / starts_per_orbit], pair % starts_per_orbit);
            starts.extend_from_slice(&orbit[time * dim..(time + 1) * dim]);
            targets.extend_from_slice(&orbit[(time + jump) * dim..(time + jump + 1) * dim]);
        }
        Batch { starts: matrix(&starts, dim), targets: matrix(&targets, dim), dt: orbits.t[jump] - orbits.t[0] }
    }
}

fn loss_and_gradients<E: Number>(
    core: &Core<E>,
    batch: &Batch<E>,
    variance_weight: f64,
) -> Result<(f64, Gradients<E, E::Device>), Error> {
    let (predicted, actions) = core.forward(batch.starts.clone().traced(Gradients::leaky()), batch.dt);
    let error = (predicted - batch.targets.clone()).square().mean();
    let weight: E = Real::from_f64(variance_weight);
    let loss = match actions {
        Some(actions) => error + actions.var::<(usize,), Axis<0>>().sum() * weight,
        None => error,
    };
    let value = Real::to_f64(loss.as_vec()[0]);
    let gradients = loss.try_backward().map_err(refused)?;
    Ok((value, gradients))
}

#[cfg(test)]
mod tests {
    use super::super::{Vector, Visit};
    use super::*;
    use crate::NamedArray;

    /// A rotation of two planes, sampled in coordinates that mix them.
    fn orbit() -> Ensemble {
        let mut orbit = Ensemble::new(2, (0..30).map(|i| 0.3 * f64::from(i)).collect());
        let row = |t: f64| [t.cos() + (2.0 * t).sin(), (2.0 * t).sin(), -t.sin() + (2.0 * t).cos(), (2.0 * t).cos()];
        orbit.push(orbit.t.iter().flat_map(|t| row(*t)).collect());
        orbit
    }

    /// A network whose parameters are all drawn, so that every part has an effect.
    fn core<E: Number>(architecture: Architecture) -> Core<E> {
        let mut core = Core::new(architecture, 2, 3, 4, 1);
        let mut stream = Stream::new(2, "parameters");
        let mut weights = core.weights();
        weights.iter_mut().flat_map(|array| &mut array.data).for_each(|number| *number = 0.6 * stream.normal());
        core.load(&weights).unwrap();
        core
    }

    fn batch<E: Number>() -> Batch<E> {
        let rows = vec![Scaler::standard(&orbit()).scale(&orbit().orbits[0])];
        Batch::draw(&orbit(), &rows, 2, 11, &mut Stream::new(3, "batch"))
    }

    /// The gradients of all parameters, and the loss.
    fn gradients<E: Number>(core: &Core<E>) -> (Vec<Vec<f64>>, f64) {
        let (loss, mut gradients) = loss_and_gradients(core, &batch(), 0.7).unwrap();
        let mut taken = Taken { gradients: &mut gradients, all: Vec::new() };
        core.clone().visit(&mut taken);
        (taken.all, loss)
    }

    #[test]
    fn gradients_of_every_architecture_agree_with_differences() {
        for architecture in Architecture::ALL {
            let core = core::<f64>(architecture);
            let weights = core.weights();
            for (array, gradient) in gradients(&core).0.iter().enumerate() {
                for place in (0..gradient.len()).step_by(7) {
                    let at = |step: f64| {
                        let (mut moved, mut shifted) = (core.clone(), weights.clone());
                        shifted[array].data[place] += step;
                        moved.load(&shifted).unwrap();
                        loss_and_gradients(&moved, &batch(), 0.7).unwrap().0
                    };
                    let difference = (at(1e-6) - at(-1e-6)) / 2e-6;
                    let gap = (gradient[place] - difference).abs();
                    let NamedArray { name, .. } = &weights[array];
                    assert!(gap < 1e-6 * (1.0 + difference.abs()), "{architecture:?} {name} {place}: {gap}");
                }
            }
        }
    }

    #[test]
    fn single_precision_agrees_with_double() {
        for architecture in Architecture::ALL {
            let (single, double) = (core::<f32>(architecture), core::<f64>(architecture));
            let rows = Scaler::standard(&orbit()).scale(&orbit().orbits[0]);
            let pairs = |a: Vec<f64>, b: Vec<f64>| a.into_iter().zip(b);
            for (single, double) in pairs(single.predict(&rows, 0.6), double.predict(&rows, 0.6)) {
                assert!((single - double).abs() < 1e-5 * (1.0 + double.abs()), "{architecture:?}: {single} {double}");
            }
            let ((single, loss), (double, _)) = (gradients(&single), gradients(&double));
            for (single, double) in pairs(single.concat(), double.concat()) {
                let gap = (single - double).abs();
                assert!(gap < 1e-3 * (loss + double.abs()), "{architecture:?}: {single} {double}");
            }
        }
    }

    struct Taken<'a, E: Number> {
        gradients: &'a mut Gradients<E, E::Device>,
        all: Vec<Vec<f64>>,
    }

    impl<E: Number> Taken<'_, E> {
        fn take<S: dfdx::shapes::Shape>(&mut self, tensor: &Tensor<S, E, E::Device>) {
            let gradient = E::host(self.gradients.get_or_alloc_mut(tensor).unwrap());
            self.all.push(gradient.iter().map(|number| Real::to_f64(*number)).collect());
        }
    }

    /// In the order of the parameters.
    impl<E: Number> Visit<E> for Taken<'_, E> {
        fn matrix(&mut self, _: String, tensor: &mut Matrix<E>) {
            self.take(tensor);
        }

        fn vector(&mut self, _: String, tensor: &mut Vector<E>) {
            self.take(tensor);
        }
    }

    #[test]
    fn jumps_grow_and_wrong_options_are_refused() {
        let options = TrainOptions { steps: 1000, ..TrainOptions::default() };
        let mut stream = Stream::new(1, "jumps");
        let largest = |steps: std::ops::Range<usize>, stream: &mut Stream| {
            steps.map(|step| draw_jump(step, &options, stream)).max().unwrap()
        };
        assert_eq!(largest(0..50, &mut stream), 1);
        assert_eq!(largest(950..1000, &mut stream), 10);
        let refuse = |orbit: &Ensemble, options: &TrainOptions| {
            train(orbit, options, &mut |_| ControlFlow::Continue(())).unwrap_err().to_string()
        };
        assert!(
            refuse(&orbit(), &TrainOptions { longest_jump: 30, ..options.clone() }).contains("at least 31 samples")
        );
        assert!(refuse(&orbit(), &TrainOptions { rate: 2.0, ..options.clone() }).contains("rate"));
        let mut slow = orbit();
        slow.t.iter_mut().for_each(|t| *t *= 1e4);
        let far = TrainOptions { architecture: Architecture::NeuralOde, longest_jump: 1, ..options.clone() };
        assert!(refuse(&slow, &far).contains("4096 steps"));
        let mut uneven = orbit();
        uneven.t[7] += 0.01;
        assert!(refuse(&uneven, &options).contains("equal intervals"));
    }
}
