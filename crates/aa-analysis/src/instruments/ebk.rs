//! Energy levels from tori: the quantisation of Einstein, Brillouin and Keller.
//!
//! A torus carries a level where every action is I_k = hbar (n_k + mu_k / 4), with the Maslov index mu_k of its loop: two
//! turning points for a pair that oscillates, none for one that goes round (Keller 1958, Ann. Phys. 4, 180, eq. 13;
//! Percival 1977, Adv. Chem. Phys. 36, 1). Canonical maps of the plane leave the index of a loop as it is, so the
//! pairs of a learned map have those of their kinds. Semiclassical: the error is of order hbar^2, and h(I) has its own.

use aa_learn::Pair;
use serde_json::json;

use super::Instrument;
use super::learned_map::{LearnedMap, OUTSIDE};
use super::options::{count, positive};
use crate::document::finite;
use crate::study::{Options, Study};
use crate::{Artifact, Error};

pub(super) const EBK_LEVELS: Instrument = Instrument {
    name: "ebk_levels",
    about: "Semiclassical energy levels E = h(hbar (n + mu/4)) from the learned map, for tori of the region where it \
            was trained.",
    needs: &["learned"],
    options: &[
        ("hbar", "Planck's constant over 2 pi, in the units of the actions; by default 1"),
        ("levels", "levels to list, the lowest; by default 30"),
    ],
    run,
};

/// A level.
struct Level {
    n: Vec<i64>,
    actions: Vec<f64>,
    energy: f64,
}

/// Most tori that are looked at.
const MOST_TORI: f64 = 1e6;
/// Levels that a person is shown.
const SHOWN: usize = 8;

fn run(study: &Study, options: &Options) -> Result<Artifact, Error> {
    let learned: &LearnedMap = study.payload("ebk_levels", "learned")?;
    let hbar = positive(options, "hbar")?.unwrap_or(1.0);
    let listed = count(options, "levels")?.unwrap_or(30);
    let mut levels = levels(learned, hbar)?;
    levels.sort_by(|a, b| a.energy.total_cmp(&b.energy));
    let mu: Vec<u32> = learned.map.pairs().iter().map(|pair| maslov(*pair)).collect();
    let said = said(learned, hbar, &levels);
    let (found, energy_error) = (levels.len(), learned.energy_of_torus(&levels[0].actions).1);
    levels.truncate(listed);
    let level = |level: &Level| json!({ "n": level.n, "actions": level.actions, "energy": finite(level.energy) });
    let value = json!({
        "certainty": "measured", "hbar": hbar, "mu": mu, "found": found,
        "energy_error": energy_error.and_then(finite),
        "energy_is_absolute": learned.constant.is_some(),
        "levels": levels.iter().map(level).collect::<Vec<_>>(),
    });
    Ok(Artifact::plain(value).with("said", said))
}

/// The Maslov index of a pair's loop.
fn maslov(pair: Pair) -> u32 {
    if pair == Pair::Oscillator { 2 } else { 0 }
}

/// All levels on tori of the trained region.
fn levels(learned: &LearnedMap, hbar: f64) -> Result<Vec<Level>, Error> {
    let pairs = learned.map.pairs();
    if let Some(pair) = pairs.iter().find(|pair| !matches!(pair, Pair::Oscillator | Pair::Rotor)) {
        return Err(Error::NotApplicable(format!("a {} pair has no loop to quantise", pair.name())));
    }
    let ranges: Vec<(f64, f64)> = (0..pairs.len()).map(|k| quantum_numbers(learned, k, hbar)).collect();
    // Of a tiny hbar the numbers overflow, and their count is infinite or none.
    let is_few = |tori: f64| tori <= MOST_TORI;
    if !ranges.iter().all(|(low, high)| is_few(high - low)) || !is_few(ranges.iter().map(count_of).product()) {
        let expected = format!("{:.1e} at least: the trained region has too many levels", least_hbar(learned));
        return Err(Error::BadOption { option: "hbar".into(), given: format!("{hbar:e}"), expected });
    }
    let mut all: Vec<Vec<i64>> = vec![Vec::new()];
    for (low, high) in ranges {
        let numbers = low as i64..=high as i64;
        all = all.iter().flat_map(|n| numbers.clone().map(move |next| [&n[..], &[next]].concat())).collect();
    }
    let level = |n: Vec<i64>| {
        let actions = actions(pairs, &n, hbar);
        let inside = learned.region.outside_tori(&actions) <= OUTSIDE;
        inside.then(|| Level { energy: learned.energy_of_torus(&actions).0, n, actions })
    };
    let levels: Vec<Level> = all.into_iter().filter_map(level).collect();
    if levels.is_empty() {
        let trained = (0..pairs.len()).map(|k| learned.region.range(k));
        let trained: Vec<String> = trained.map(|(low, high)| format!("{low:.4} to {high:.4}")).collect();
        return Err(Error::NotApplicable(format!(
            "no torus of the trained region carries a level at hbar = {hbar}: the trained actions are {}",
            trained.join(", ")
        )));
    }
    Ok(levels)
}

fn actions(pairs: &[Pair], n: &[i64], hbar: f64) -> Vec<f64> {
    pairs.iter().zip(n).map(|(pair, n)| hbar * (*n as f64 + f64::from(maslov(*pair)) / 4.0)).collect()
}

/// The least and the largest quantum number of a pair within its trained range and a little beyond; whole numbers.
fn quantum_numbers(learned: &LearnedMap, k: usize, hbar: f64) -> (f64, f64) {
    let mu = f64::from(maslov(learned.map.pairs()[k]));
    let (low, high) = ends(learned, k);
    ((low / hbar - mu / 4.0).ceil(), (high / hbar - mu / 4.0).floor())
}

/// The trained range of an action and a little beyond; an oscillator has none below 0.
fn ends(learned: &LearnedMap, k: usize) -> (f64, f64) {
    let margin = OUTSIDE * learned.region.width_of_tori();
    let (low, high) = learned.region.range(k);
    let low = if learned.map.pairs()[k] == Pair::Oscillator { (low - margin).max(0.0) } else { low - margin };
    (low, high + margin)
}

fn count_of((low, high): &(f64, f64)) -> f64 {
    (high - low + 1.0).max(0.0)
}

/// The hbar at which the ranges of the actions hold as many tori as are looked at.
fn least_hbar(learned: &LearnedMap) -> f64 {
    let n = learned.map.dof();
    let share = |k: usize| {
        let (low, high) = ends(learned, k);
        (high - low).powf(1.0 / n as f64)
    };
    (0..n).map(share).product::<f64>() / MOST_TORI.powf(1.0 / n as f64)
}

fn said(learned: &LearnedMap, hbar: f64, levels: &[Level]) -> Vec<String> {
    let pairs = learned.map.pairs();
    let relative = if learned.constant.is_some() { "" } else { ", up to a constant that orbits alone do not tell" };
    let shown: Vec<String> =
        levels.iter().take(SHOWN).map(|level| format!("E{:?} = {:.6}", level.n, level.energy)).collect();
    let mut said = vec![format!(
        "{} EBK levels at hbar = {hbar} in the trained region{relative}: {}{}",
        levels.len(),
        shown.join(", "),
        if levels.len() > SHOWN { ", ..." } else { "" }
    )];
    if let Some(error) = learned.energy_of_torus(&levels[0].actions).1 {
        said.push(format!(
            "energies of tori are off by {error:.1e} (rms, held-out orbits); EBK is off by order hbar^2"
        ));
    }
    let ground = actions(pairs, &vec![0; pairs.len()], hbar);
    let outside = learned.region.outside_tori(&ground);
    if outside > OUTSIDE {
        said.push(format!(
            "the ground state is not among them: its torus lies outside the trained ones by {:.0} % of their range",
            100.0 * outside
        ));
    }
    if learned.free.n_free > 0 {
        said.push("levels are of the motion about the centre of mass, at zero total momentum".into());
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instruments::learned_map::Phase;
    use aa_dynamics::{Ensemble, FreeMotion};
    use aa_learn::{LearnOptions, Region, learn};
    use std::ops::ControlFlow;

    /// A map of n oscillators of frequencies 1, 1.7, .. with an orbit of each size: all its actions are size^2 / 2.
    fn oscillators(n: usize, sizes: &[f64]) -> LearnedMap {
        let t: Vec<f64> = (0..40).map(|i| 0.3 * f64::from(i)).collect();
        let mut orbits = Ensemble::new(n, t.clone());
        for (i, r) in (0..).zip(sizes) {
            let phase = |k: usize| t[(7 * i + 5 * k) % 40];
            let row = |t: &f64| {
                let turn = |k: usize| (t * (1.0 + k as f64 * 0.7) + phase(k)).sin_cos();
                (0..n).map(turn).map(|(s, _)| r * s).chain((0..n).map(turn).map(|(_, c)| r * c)).collect::<Vec<f64>>()
            };
            orbits.push(t.iter().flat_map(row).collect());
        }
        let options = LearnOptions { width: 2, evaluations: 2000, ..LearnOptions::default() };
        let map = learn(&orbits, &options, &mut |_| ControlFlow::Continue(())).unwrap().map;
        LearnedMap {
            free: FreeMotion::none(),
            region: Region::of(&map, &orbits).unwrap(),
            phase: Phase { t: vec![1.0], error: vec![0.0], horizon: f64::INFINITY },
            training: Vec::new(),
            constant: None,
            energy_form: None,
            map,
        }
    }

    #[test]
    fn an_hbar_too_small_is_refused_with_the_least_one() {
        let sizes = [0.4, 0.6, 0.8, 1.0, 0.5];
        for n in [1, 2] {
            let learned = oscillators(n, &sizes);
            for hbar in [1e-9, 1e-18, 1e-300, f64::MIN_POSITIVE, 5e-324] {
                let error = levels(&learned, hbar).err().unwrap().to_string();
                assert!(error.contains("hbar") && error.contains("at least"), "{error}");
            }
            let least = least_hbar(&learned);
            assert!(levels(&learned, 2.0 * least).is_ok() && levels(&learned, 0.5 * least).is_err());
        }
    }

    #[test]
    fn levels_are_found_on_a_single_torus_too() {
        // I = 1/2 at hbar = 1: the ground state alone.
        let found = levels(&oscillators(1, &[1.0; 5]), 1.0).unwrap();
        assert_eq!(found.iter().map(|level| level.n.clone()).collect::<Vec<_>>(), [[0]]);
    }
}
