//! What pictures draw beyond the document, out of a bundle.

use aa_analysis::Document;
use aa_analysis::instruments::LearnedMap;
use aa_dataset::{Bundle, Group};
use aa_dynamics::Ensemble;
use aa_report::Samples;
use aa_report::samples::{Crossings, Reading, Series, Stage, Tori, Trajectories};

/// Rows of an orbit that is drawn where the bundle has no beginnings of its own.
const DRAWN: usize = 1000;
/// Times at which the learned actions of an orbit are taken.
const TIMES: usize = 150;

/// The samples that a bundle holds, as far as it does, with what its learned map makes of them.
///
/// # Errors
/// A dataset of another shape or type than it has in a bundle of ours.
pub(crate) fn samples(bundle: &Bundle, document: &Document) -> Result<Samples, aa_dataset::Error> {
    let stored = ["trajectories", "provenance/data"].into_iter().find_map(|name| bundle.group(name).ok());
    let stored = stored.map(aa_dataset::ensemble).transpose()?;
    let beginnings = bundle.group("beginnings").ok().map(aa_dataset::ensemble).transpose()?;
    let beginnings = beginnings.or_else(|| stored.as_ref().map(beginning)).unwrap_or_else(|| Ensemble::new(0, vec![]));
    let map = aa_plugin::map_of(bundle)?;
    let tori = match (&map, &stored) {
        (Some(map), Some(stored)) if stored.width == 2 * map.dof() => tori(map, document, stored, &beginnings),
        _ => Tori::default(),
    };
    Ok(Samples {
        energy_error: energy_error(bundle, document)?,
        crossings: bundle.group("sections").ok().map(crossings).transpose()?.unwrap_or_default(),
        indicators: bundle.group("tangent/history").ok().map(indicators).transpose()?.unwrap_or_default(),
        training: map.as_ref().map(training).unwrap_or_default(),
        tori,
        beginnings: trajectories(bundle, document, beginnings),
    })
}

/// The first rows of the orbits.
fn beginning(stored: &Ensemble) -> Ensemble {
    let rows = stored.t.len().min(DRAWN);
    let orbits = stored.orbits.iter().map(|orbit| orbit[..rows * stored.width].to_vec()).collect();
    Ensemble { t: stored.t[..rows].to_vec(), orbits, ..stored.clone() }
}

fn trajectories(bundle: &Bundle, document: &Document, orbits: Ensemble) -> Trajectories {
    let circles = bundle.dataset("system/circles").and_then(|d| d.integers("system/circles").map(<[i64]>::to_vec));
    Trajectories {
        names: [document.system.coordinates.clone(), document.system.momenta.clone()].concat(),
        circles: circles.unwrap_or_default().into_iter().map(|circle| circle != 0).collect(),
        t: orbits.t,
        dof: orbits.dof,
        width: orbits.width,
        orbits: orbits.orbits,
    }
}

/// |E(t) - E(0)| / |E(0)|; nothing where the energy is not conserved.
fn energy_error(bundle: &Bundle, document: &Document) -> Result<Series, aa_dataset::Error> {
    let Ok(energy) = bundle.dataset("trajectories/energy") else { return Ok(Series::default()) };
    if document.system.time_dependent {
        return Ok(Series::default());
    }
    let t = bundle.dataset("trajectories/t")?.floats("trajectories/t")?.to_vec();
    let error = |energy: &[f64]| {
        let scale = if energy[0] == 0.0 { 1.0 } else { energy[0].abs() };
        energy.iter().map(|e| (e - energy[0]).abs() / scale).collect()
    };
    let values = energy.floats("trajectories/energy")?.chunks_exact(t.len().max(1)).map(error).collect();
    Ok(Series { t, values })
}

/// The points of the section, without what fills short rows.
fn crossings(group: &Group) -> Result<Crossings, aa_dataset::Error> {
    let names = group.dataset("names")?.texts("names")?.to_vec();
    let points = group.dataset("points")?;
    let row = points.shape().iter().skip(1).product::<usize>().max(1);
    let counts = group.dataset("count")?.integers("count")?;
    let orbits = points.floats("points")?.chunks_exact(row).zip(counts);
    let filled = |(row, &count): (&[f64], &i64)| row[..(count as usize * names.len()).min(row.len())].to_vec();
    Ok(Crossings { orbits: orbits.map(filled).collect(), names })
}

fn indicators(group: &Group) -> Result<Vec<Vec<Reading>>, aa_dataset::Error> {
    let column = |name: &str| Ok::<_, aa_dataset::Error>(group.dataset(name)?.floats(name)?.to_vec());
    let most = group.dataset("t")?.shape().last().copied().unwrap_or(0).max(1);
    let (lyapunov, sali) = (column("lyapunov")?, column("sali")?);
    let readings = column("t")?.into_iter().zip(lyapunov).zip(sali);
    let readings: Vec<Reading> = readings.map(|((t, lyapunov), sali)| Reading { t, lyapunov, sali }).collect();
    let is_there = |reading: &&Reading| reading.t.is_finite();
    Ok(readings.chunks(most).map(|row| row.iter().take_while(is_there).copied().collect()).collect())
}

/// The losses of each stage of the training.
fn training(map: &LearnedMap) -> Vec<Stage> {
    let mut stages: Vec<Stage> = Vec::new();
    for step in &map.training {
        let name = step.stage.name();
        if stages.last().is_none_or(|stage| stage.name != name) {
            stages.push(Stage { name: name.into(), loss: Vec::new() });
        }
        if let Some(stage) = stages.last_mut() {
            stage.loss.push(step.loss);
        }
    }
    stages
}

/// Actions over the whole time of the stored orbits, and the angles of one that winds round both ways where it begins.
fn tori(map: &LearnedMap, document: &Document, stored: &Ensemble, beginnings: &Ensemble) -> Tori {
    let every = stored.t.len().div_ceil(TIMES).max(1);
    let rows = |orbit: &[f64], every: usize| -> Vec<f64> {
        let rows = orbit.chunks_exact(stored.width).step_by(every);
        rows.flat_map(|row| map.free.split(row).active).collect()
    };
    let judges: Vec<usize> = (0..stored.orbits.len()).filter(|&i| is_regular(document, stored.row(i, 0))).collect();
    let actions: Vec<Vec<f64>> = stored.orbits.iter().map(|orbit| map.map.actions_many(&rows(orbit, every))).collect();
    let pairs = map.map.dof();
    let least = |&i: &usize| actions[i].iter().take(pairs).fold(f64::MAX, |least, action| least.min(action.abs()));
    let orbit = judges.iter().copied().max_by(|a, b| least(a).total_cmp(&least(b))).unwrap_or(0);
    let angles = beginnings.orbits.get(orbit).map(|orbit| rows(orbit, 1)).unwrap_or_default();
    Tori {
        t: stored.t.iter().step_by(every).copied().collect(),
        actions,
        judges,
        angles: angles.chunks_exact(2 * pairs).flat_map(|point| map.map.angles(point)).collect(),
        orbit,
        pairs,
    }
}

/// Whether the orbit from this start is labelled regular; measured orbits without labels count as that.
fn is_regular(document: &Document, start: &[f64]) -> bool {
    let Some(chaos) = &document.chaos else { return true };
    let distance = |initial: &[f64]| initial.iter().zip(start).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    let nearest = chaos.orbit.iter().min_by(|a, b| distance(&a.initial).total_cmp(&distance(&b.initial)));
    nearest.is_none_or(|orbit| orbit.state == "regular")
}
