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
    let ranges: Vec<(i64, i64)> = (0..pairs.len()).map(|k| quantum_numbers(learned, k, hbar)).collect();
    let tori: f64 = ranges.iter().map(|(low, high)| (high - low + 1).max(0) as f64).product();
    if tori > MOST_TORI {
        let expected = format!("a larger one: the trained region has some {tori:.0e} levels");
        return Err(Error::BadOption { option: "hbar".into(), given: hbar.to_string(), expected });
    }
    let mut all: Vec<Vec<i64>> = vec![Vec::new()];
    for (low, high) in ranges {
        all = all.iter().flat_map(|n| (low..=high).map(move |next| [&n[..], &[next]].concat())).collect();
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

/// The least and the largest quantum number of a pair within its trained range and a little beyond.
fn quantum_numbers(learned: &LearnedMap, k: usize, hbar: f64) -> (i64, i64) {
    let pair = learned.map.pairs()[k];
    let widths = (0..learned.map.dof()).map(|l| learned.region.range(l)).map(|(low, high)| high - low);
    let margin = OUTSIDE * widths.fold(0.0, f64::max);
    let (low, high) = learned.region.range(k);
    let number = |action: f64| action / hbar - f64::from(maslov(pair)) / 4.0;
    let least = number(low - margin).ceil() as i64;
    let least = if pair == Pair::Oscillator { least.max(0) } else { least };
    (least, number(high + margin).floor() as i64)
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
