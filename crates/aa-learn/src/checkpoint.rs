//! Checkpoints: what learning has come to, so that a run that was cut off goes on as if it had not been.

use crate::adam::AdamState;
use crate::family::Member;
use crate::learn::{Progress, Stage};
use crate::network::Network;
use crate::weights::{array, find, network_arrays, network_of, shaped};
use crate::{Error, LearnOptions, NamedArray};
use aa_dynamics::Ensemble;
use aa_kernel::Isa;

/// What learning has come to, and what it was of.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// Tells what decides the bytes of the rest apart from anything else: see [`fingerprint`].
    pub(crate) fingerprint: u64,
    pub(crate) state: State,
}

/// All that the rest of learning depends on, besides the orbits and the options.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct State {
    /// The best network so far.
    pub(crate) network: Network,
    pub(crate) adam: AdamState,
    pub(crate) damping: f64,
    pub(crate) next_layer: usize,
    pub(crate) history: Vec<Progress>,
}

/// Numbers of a step in the history: stage, step, total, loss.
const STEP: usize = 4;

impl State {
    /// Steps of a stage that are done.
    pub(crate) fn done(&self, stage: Stage) -> usize {
        self.history.iter().filter(|progress| progress.stage == stage).count()
    }
}

impl Checkpoint {
    /// As named arrays, for a file.
    pub fn arrays(&self) -> Vec<NamedArray> {
        let stage = |stage: Stage| f64::from(u8::from(stage == Stage::LevenbergMarquardt));
        let step = |p: &Progress| [stage(p.stage), p.step as f64, p.total as f64, p.loss];
        let halves = [self.fingerprint >> 32, self.fingerprint & 0xffff_ffff].map(|half| half as f64);
        let State { network, adam, damping, next_layer, history } = &self.state;
        let AdamState { parameters, first, second, mean_loss, least_loss } = adam;
        let state = [halves[0], halves[1], *damping, *next_layer as f64, *mean_loss, *least_loss];
        let list = |name: &str, numbers: &[f64]| array(name, vec![numbers.len()], numbers.to_vec());
        let steps = history.iter().flat_map(step).collect();
        let own = [
            list("state", &state),
            list("adam_parameters", parameters),
            list("adam_first", first),
            list("adam_second", second),
            array("history", vec![history.len(), STEP], steps),
        ];
        network_arrays(network).into_iter().chain(own).collect()
    }

    /// The checkpoint of these arrays, in any order.
    ///
    /// # Errors
    /// An array that is missing, has the wrong shape or holds numbers that cannot be.
    pub fn from_arrays(arrays: &[NamedArray]) -> Result<Checkpoint, Error> {
        let network = network_of(arrays)?;
        let n = network.numbers().len();
        let list = |name: &str| shaped(arrays, name, &[n]);
        let (parameters, first, second) = (list("adam_parameters")?, list("adam_first")?, list("adam_second")?);
        let [high, low, damping, next_layer, mean_loss, least_loss] = shaped(arrays, "state", &[6])?[..] else {
            return Err(Error::Weights("`state` holds six numbers".into()));
        };
        let n_steps = find(arrays, "history")?.shape.first().copied().unwrap_or(0);
        let history = shaped(arrays, "history", &[n_steps, STEP])?;
        let state = State {
            network,
            adam: AdamState { parameters, first, second, mean_loss, least_loss },
            damping,
            next_layer: next_layer as usize,
            history: history.chunks_exact(STEP).map(progress).collect(),
        };
        Ok(Checkpoint { fingerprint: ((high as u64) << 32) | low as u64, state })
    }
}

fn progress(numbers: &[f64]) -> Progress {
    let stage = if numbers[0] == 0.0 { Stage::Adam } else { Stage::LevenbergMarquardt };
    Progress { stage, step: numbers[1] as usize, total: numbers[2] as usize, loss: numbers[3] }
}

/// A number that other orbits, members of a family, options, versions or instruction sets would hardly share.
///
/// Sets: the one that kernels are made for decides the bits of orbits, the processor's own those of matrix products.
pub(crate) fn fingerprint(orbits: &Ensemble, members: &[Member], options: &LearnOptions) -> u64 {
    // FNV-1a (Fowler, Noll and Vo) by words of 64 bits. A product carries bits upwards only; the shift brings them back,
    // as numbers that are short in binary differ in high bits alone.
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    let mut take = |word: u64| {
        hash = (hash ^ word).wrapping_mul(0x0000_0100_0000_01b3);
        hash ^= hash >> 32;
    };
    for ensemble in [Some(orbits), options.frame_orbits.as_ref()].into_iter().flatten() {
        take(ensemble.dof as u64);
        ensemble.t.iter().chain(ensemble.orbits.iter().flatten()).for_each(|x| take(x.to_bits()));
    }
    for member in members {
        take(member.orbits.end as u64);
        member.mu.iter().for_each(|mu| take(mu.to_bits()));
    }
    let plain = LearnOptions { frame_orbits: None, ..options.clone() };
    let sets = [Isa::current(), Isa::detect()];
    format!("{plain:?} {sets:?} {}", env!("CARGO_PKG_VERSION")).bytes().for_each(|byte| take(u64::from(byte)));
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_orbits_and_options_have_other_fingerprints() {
        let mut orbits = Ensemble::new(1, vec![0.0, 1.0]);
        orbits.push(vec![1.0, 2.0, 0.5, 4.0]);
        let options = LearnOptions::default();
        let member = |mu: &[f64]| [Member { orbits: 0..1, mu: mu.to_vec() }];
        let fingerprint = |orbits: &Ensemble, options: &LearnOptions| fingerprint(orbits, &member(&[]), options);
        let own = fingerprint(&orbits, &options);
        assert_eq!(fingerprint(&orbits.clone(), &options.clone()), own);
        // Two signs are two highest bits: by a plain product they would cancel.
        let mut turned = orbits.clone();
        turned.orbits[0][..2].iter_mut().for_each(|x| *x = -*x);
        let other = LearnOptions { seed: 1, ..options.clone() };
        let framed = LearnOptions { frame_orbits: Some(orbits.clone()), ..options.clone() };
        let others = [
            fingerprint(&turned, &options),
            fingerprint(&orbits, &other),
            fingerprint(&orbits, &framed),
            super::fingerprint(&orbits, &member(&[0.5]), &options),
        ];
        assert!(!others.contains(&own), "{own:x} {others:x?}");
    }
}
