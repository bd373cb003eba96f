//! One learned map for a family of systems, judged on its members and on systems between them.
//!
//! Every member brings a study with `trajectories` and `chaos`, like one for the instrument `learn`. Training orbits of
//! all members have the same times: six periods of the slowest oscillation of any, sampled for the fastest.

use aa_dynamics::Ensemble;
use aa_learn::{ActionAngleMap, Checkpoint, FamilyMap, LearnOptions, Moment, Region};
use serde::{Deserialize, Serialize};

use super::learn::{
    LARGEST_DRIFT, Material, Pace, centre, energies, follow, how, prediction_errors, spread, starts, wandering,
};
use super::learned_map::{EnergyConstant, LearnedMap, Phase};
use super::options::Budget;
use crate::Error;
use crate::document::{PredictionError, Spread, finite};
use crate::study::{Options, Study};

/// How often learning may begin.
const TRIES: usize = 4;
/// From the seed of one try to that of the next: far, so that neighbouring seeds do not share their tries.
const SEED_STEP: u64 = 1 << 32;

/// A system of a family.
pub struct FamilyMember<'a> {
    /// What messages call it.
    pub name: String,
    /// The values of the family's parameters.
    pub parameters: Vec<f64>,
    /// Whether the map is trained on it; otherwise it only judges the map.
    pub trained: bool,
    /// The system, with `trajectories` and `chaos`.
    pub study: &'a Study,
}

/// How good the family's map is on orbits of one member, none of which it has seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// Orbits that judged the map.
    pub orbits: usize,
    /// Standard deviation over time of the actions, relative to their sum.
    pub action_drift: Spread,
    /// Errors of predictions, relative to the size of the orbits.
    pub prediction_error: Vec<PredictionError>,
    /// The time at which the median phase error reaches 0.1 rad; none where it does not grow.
    pub phase_horizon: Option<f64>,
}

/// The maps of all members of a family of systems.
pub struct LearnedFamily {
    /// The map, which takes the parameters.
    pub map: FamilyMap,
    /// The map at the centre of the family, with what all members have in common: what was reduced; the region in which
    /// any of them was trained; at every time the largest phase error of any that judged, and the largest error of an energy.
    pub common: LearnedMap,
}

/// Learns one map for the members that are to train it, and judges it on all.
///
/// # Errors
/// Members that escape, are mostly chaotic or differ in what their pairs or free directions do, each by its name; fewer
/// than two to train on; options out of range; a map whose actions wander.
pub fn learn_family(members: &[FamilyMember], options: &Options) -> Result<(LearnedFamily, Vec<Judged>), Error> {
    let kin: Vec<Kin> = members.iter().map(Kin::of).collect::<Result<_, _>>()?;
    are_alike(&kin)?;
    let trained: Vec<&Kin> = kin.iter().filter(|kin| kin.member.trained).collect();
    let training = training(&trained)?;
    let map = train(&trained, &training, options)?;
    let maps: Vec<ActionAngleMap> = kin.iter().map(|kin| map.at(&kin.member.parameters)).collect::<Result<_, _>>()?;
    let judged = kin.iter().zip(&maps).map(|(kin, map)| kin.judge(map)).collect::<Result<_, _>>()?;
    let common = LearnedMap {
        region: common_region(&map, &training)?,
        phase: worst_phase(&kin, &maps)?,
        training: Vec::new(),
        constant: Some(energy_constant(&kin, &maps)),
        energy_form: None,
        free: kin[0].material.free.clone(),
        map: map.at(&middle(&trained))?,
    };
    Ok((LearnedFamily { map, common }, judged))
}

/// A member and what there is to learn from it.
struct Kin<'a> {
    member: &'a FamilyMember<'a>,
    material: Material<'a>,
}

impl<'a> Kin<'a> {
    fn of(member: &'a FamilyMember<'a>) -> Result<Kin<'a>, Error> {
        Ok(Kin { member, material: Material::of(member.study).map_err(|error| named(member, &error))? })
    }

    fn judge(&self, map: &ActionAngleMap) -> Result<Judged, Error> {
        let held_out = &self.material.held_out;
        let action_drift = spread(map.action_drift(held_out)?.worst_pair);
        if let Some(wandering) = wandering(action_drift) {
            return Err(named(self.member, &Error::NotApplicable(wandering)));
        }
        Ok(Judged {
            orbits: held_out.orbits.len(),
            action_drift,
            prediction_error: prediction_errors(map, held_out)?,
            phase_horizon: finite(map.phase_horizon(held_out)?.t),
        })
    }
}

fn named(member: &FamilyMember, error: &Error) -> Error {
    let place = if member.trained { "" } else { " (between the members)" };
    Error::NotApplicable(format!("{}{place}: {error}", member.name))
}

/// Refuses members that are no one family.
fn are_alike(kin: &[Kin]) -> Result<(), Error> {
    let Some(first) = kin.first() else { return Ok(()) };
    let names = |kin: &Kin| kin.material.pairs.iter().map(|pair| pair.name()).collect::<Vec<_>>().join(", ");
    for other in kin {
        if other.material.pairs != first.material.pairs {
            let (a, b, first) = (names(first), names(other), &first.member.name);
            let reason =
                format!("its pairs are {b}, and those of {first} are {a}: one map has the same pairs throughout");
            return Err(named(other.member, &Error::NotApplicable(reason)));
        }
        if other.material.free != first.material.free {
            let reason = format!("its free directions move otherwise than those of {}", first.member.name);
            return Err(named(other.member, &Error::NotApplicable(reason)));
        }
    }
    Ok(())
}

/// Training orbits of every member, all at the same times.
fn training(trained: &[&Kin]) -> Result<Vec<(Vec<f64>, Ensemble)>, Error> {
    let pace = Pace {
        fastest: trained.iter().map(|kin| kin.material.pace.fastest).fold(f64::INFINITY, f64::min),
        slowest: trained.iter().map(|kin| kin.material.pace.slowest).fold(0.0, f64::max),
    };
    let orbits = |kin: &&Kin| {
        let study = kin.member.study;
        let drawn = kin.material.training(study, &pace, Budget(40, 100, 200).of(study.profile));
        Ok((kin.member.parameters.clone(), drawn.map_err(|error| named(kin.member, &error))?))
    };
    trained.iter().map(orbits).collect()
}

/// Learns the map in the frame of the member in the middle. A network whose actions wander even along the training orbits
/// is stuck in a poor minimum, as happens at resonances: another beginning is tried. A checkpoint belongs to one of the
/// beginnings, and those before it were stuck.
fn train(trained: &[&Kin], training: &[(Vec<f64>, Ensemble)], options: &Options) -> Result<FamilyMap, Error> {
    let mut how = lesson(trained, training, options)?;
    let mut kept = trained[0].member.study.watch.kept().map(|arrays| Checkpoint::from_arrays(&arrays)).transpose()?;
    let mut try_number = 1;
    loop {
        match learned(trained, training, &how, kept.clone()) {
            Err(aa_learn::Error::OtherCheckpoint) if try_number < TRIES => {}
            map => {
                let map = map?;
                if try_number == TRIES || trained[0].member.study.watch.stop() || !is_stuck(&map, training)? {
                    return Ok(map);
                }
                kept = None;
            }
        }
        try_number += 1;
        how.seed = how.seed.wrapping_add(SEED_STEP);
    }
}

fn lesson(trained: &[&Kin], training: &[(Vec<f64>, Ensemble)], options: &Options) -> Result<LearnOptions, Error> {
    let Some(middle) = trained.get(trained.len() / 2) else {
        return Err(aa_learn::Error::TooFewOrbits { orbits: 0, needed: 1 }.into());
    };
    let of = |(kin, (_, orbits)): (&&Kin, &(Vec<f64>, Ensemble))| energies(kin.material.orbits.hamiltonian(), orbits);
    Ok(LearnOptions {
        pairs: middle.material.pairs.clone(),
        equilibrium: centre(middle.material.orbits.hamiltonian(), &middle.material.held_out),
        energies: trained.iter().zip(training).flat_map(of).collect(),
        frame_orbits: Some(middle.material.held_out.clone()),
        ..how(middle.member.study, options)?
    })
}

fn learned(
    trained: &[&Kin],
    training: &[(Vec<f64>, Ensemble)],
    how: &LearnOptions,
    kept: Option<Checkpoint>,
) -> Result<FamilyMap, aa_learn::Error> {
    let study = trained[0].member.study;
    let mut observe = |moment: &Moment<'_>| follow(study, moment, &|_| None);
    let mut learned = aa_learn::resume_family(training, how, kept.clone(), &mut observe);
    if matches!(learned, Err(aa_learn::Error::Degenerate { .. })) {
        // As for one system: no linear modes at the bottom of a quartic well.
        let how = LearnOptions { equilibrium: None, ..how.clone() };
        learned = aa_learn::resume_family(training, &how, kept, &mut observe);
    }
    Ok(learned?.map)
}

/// Whether actions wander along the training orbits of some member.
fn is_stuck(map: &FamilyMap, training: &[(Vec<f64>, Ensemble)]) -> Result<bool, Error> {
    for (parameters, orbits) in training {
        let drift = map.at(parameters)?.action_drift(orbits)?.worst_pair.median;
        if drift.is_nan() || drift > LARGEST_DRIFT {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The centre of the parameters.
fn middle(trained: &[&Kin]) -> Vec<f64> {
    let values = |i: usize| trained.iter().map(move |kin| kin.member.parameters[i]);
    let centre = |i| 0.5 * (values(i).fold(f64::INFINITY, f64::min) + values(i).fold(f64::NEG_INFINITY, f64::max));
    (0..trained[0].member.parameters.len()).map(centre).collect()
}

/// The region of all members: the box around theirs, and all their tori.
fn common_region(map: &FamilyMap, training: &[(Vec<f64>, Ensemble)]) -> Result<Region, Error> {
    let region = |(parameters, orbits): &(Vec<f64>, Ensemble)| Region::of(&map.at(parameters)?, orbits);
    let regions: Vec<Region> = training.iter().map(region).collect::<Result<_, _>>()?;
    let end = |k: usize, pick: fn(f64, f64) -> f64| -> Vec<f64> {
        let corners = regions.iter().map(|region| region.corners()[k].to_vec());
        corners.reduce(|a, b| a.iter().zip(&b).map(|(a, b)| pick(*a, *b)).collect()).unwrap_or_default()
    };
    let actions = regions.iter().flat_map(|region| region.actions().to_vec()).collect();
    Ok(Region::new(end(0, f64::min), end(1, f64::max), actions))
}

/// At every time the phase error of the member that does worst, and the shortest horizon.
fn worst_phase(kin: &[Kin], maps: &[ActionAngleMap]) -> Result<Phase, Error> {
    let phases = kin.iter().zip(maps).map(|(kin, map)| Phase::of(map, &kin.material.held_out));
    let phases: Vec<Phase> = phases.collect::<Result<_, _>>()?;
    let worst = |time: usize| phases.iter().map(|phase| phase.error[time]).fold(0.0, f64::max);
    let t = phases[0].t.clone();
    Ok(Phase {
        error: (0..t.len()).map(worst).collect(),
        horizon: phases.iter().map(|phase| phase.horizon).fold(f64::INFINITY, f64::min),
        t,
    })
}

/// The energy is trained, so that h(I) needs no constant; what a member would need counts as an error.
fn energy_constant(kin: &[Kin], maps: &[ActionAngleMap]) -> EnergyConstant {
    let error = |(kin, map): (&Kin, &ActionAngleMap)| {
        let points = starts(&kin.material.held_out);
        let EnergyConstant { value, error } = EnergyConstant::of(map, kin.material.orbits.hamiltonian(), &points);
        value.hypot(error)
    };
    EnergyConstant { value: 0.0, error: kin.iter().zip(maps).map(error).fold(0.0, f64::max) }
}
