//! Orbits in an HDF5 file of another layout: which datasets are t, q and p, and in which order their axes come.
//!
//! `q=/pos,p=/mom,t=/time` names three datasets with axes orbit, time, dof, or time, dof where there is one orbit. Another order
//! is told by letters, slowest first: `q=/pos:tod` is time, orbit, dof; `t` has the axis time, or orbit and time. Components
//! that are datasets of their own are joined by `+` and have no axis dof: `q=/x+/y,p=/px+/py,t=/t`.

use std::path::Path;
use std::str::FromStr;

use aa_dynamics::Ensemble;

use crate::bundle::{Dataset, Group, Values};
use crate::error::Error;
use crate::open::BundleFile;
use crate::trajectories::ensemble;

/// Where t, q and p are.
///
/// ```
/// use aa_dataset::Mapping;
/// assert!("q=/pos:tod,p=/mom:tod,t=/time".parse::<Mapping>().is_ok());
/// assert_eq!("q=/pos,t=/time".parse::<Mapping>().unwrap_err(), "`p` is missing: q=/pos,p=/mom,t=/time");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    t: Vec<Part>,
    q: Vec<Part>,
    p: Vec<Part>,
}

/// A dataset, with the letters of its axes where they are told.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    dataset: String,
    axes: Option<String>,
}

impl FromStr for Mapping {
    type Err = String;

    fn from_str(text: &str) -> Result<Mapping, String> {
        let mut found: [Option<Vec<Part>>; 3] = [None, None, None];
        for entry in text.split(',') {
            let (name, value) = entry.split_once('=').unwrap_or((entry, ""));
            let slot = ["t", "q", "p"].iter().position(|known| *known == name.trim());
            let slot = slot.ok_or_else(|| format!("`{name}` is none of q, p and t: q=/pos,p=/mom,t=/time"))?;
            let parts: Vec<Part> = value.split('+').map(part).collect::<Result<_, _>>()?;
            if found[slot].replace(parts).is_some() {
                return Err(format!("`{}` is there twice", name.trim()));
            }
        }
        let [t, q, p] = found;
        let missing = |name: &str| format!("`{name}` is missing: q=/pos,p=/mom,t=/time");
        let (t, q) = (t.ok_or_else(|| missing("t"))?, q.ok_or_else(|| missing("q"))?);
        Ok(Mapping { t, q, p: p.ok_or_else(|| missing("p"))? })
    }
}

fn part(text: &str) -> Result<Part, String> {
    let (dataset, axes) = match text.trim().rsplit_once(':') {
        Some((dataset, axes)) => (dataset, Some(axes)),
        None => (text.trim(), None),
    };
    let is_order = |axes: &str| {
        let mut letters: Vec<char> = axes.chars().collect();
        letters.sort_unstable();
        letters.dedup();
        axes.contains('t') && letters.len() == axes.len() && letters.iter().all(|letter| "otd".contains(*letter))
    };
    if let Some(axes) = axes.filter(|axes| !is_order(axes)) {
        return Err(format!(
            "`:{axes}` is no order of axes: letters o (orbit), t (time), d (dof), each once, t among them"
        ));
    }
    if dataset.trim_matches('/').is_empty() {
        return Err(format!("`{text}` names no dataset: q=/pos,p=/mom,t=/time"));
    }
    Ok(Part { dataset: dataset.to_owned(), axes: axes.map(str::to_owned) })
}

/// Reads orbits from where a mapping says.
///
/// # Errors
/// Those of [`BundleFile::dataset`] and [`ensemble`]; [`Error::BadArray`] for axes that do not fit.
pub fn read_mapped(path: &Path, mapping: &Mapping) -> Result<Ensemble, Error> {
    mapped(&BundleFile::open(path)?, mapping)
}

/// The same of a file that is open.
///
/// # Errors
/// Those of [`read_mapped`].
pub fn mapped(file: &BundleFile, mapping: &Mapping) -> Result<Ensemble, Error> {
    let mut group = Group::default();
    for (name, parts) in [("q", &mapping.q), ("p", &mapping.p)] {
        group.insert(name, joined(file, parts)?);
    }
    let [time] = mapping.t.as_slice() else {
        return Err(bad("t", "times are one dataset".into()));
    };
    let (shape, values) = ordered(file, time, "t")?;
    // One row of times for all orbits is stored as such.
    let axes: &[usize] = if shape[0] == 1 { &shape[1..2] } else { &shape[..2] };
    group.insert("t", Dataset::plain(axes, values));
    ensemble(&group)
}

/// The components of all parts side by side, as orbit, time, dof.
fn joined(file: &BundleFile, parts: &[Part]) -> Result<Dataset, Error> {
    let arrays = parts.iter().map(|part| ordered(file, part, if parts.len() > 1 { "t" } else { "td" }));
    let arrays: Vec<([usize; 3], Vec<f64>)> = arrays.collect::<Result<_, _>>()?;
    let [orbits, times, _] = arrays[0].0;
    if let Some(odd) = arrays.iter().position(|(shape, _)| shape[..2] != [orbits, times]) {
        let (first, shape) = (&arrays[0].0[..2], &arrays[odd].0[..2]);
        return Err(bad(
            &parts[odd].dataset,
            format!("its orbits and times are {shape:?}, those of the first {first:?}"),
        ));
    }
    let row =
        |i: usize| arrays.iter().flat_map(move |([_, _, dof], values)| values[i * dof..(i + 1) * dof].iter().copied());
    let values: Vec<f64> = (0..orbits * times).flat_map(row).collect();
    let dof = arrays.iter().map(|(shape, _)| shape[2]).sum();
    Ok(Dataset::array([("orbit", orbits), ("time", times), ("dof", dof)], values))
}

/// A dataset with its axes put in the order orbit, time, dof; those that it lacks have length 1. `usual` are the letters of the
/// axes, without o, where nothing else is told.
fn ordered(file: &BundleFile, part: &Part, usual: &str) -> Result<([usize; 3], Vec<f64>), Error> {
    let dataset = file.dataset(&part.dataset)?;
    let shape = dataset.shape();
    let guess =
        || [format!("o{usual}"), usual.to_owned(), "t".to_owned()].into_iter().find(|axes| axes.len() == shape.len());
    let letters = part.axes.clone().or_else(guess).unwrap_or_default();
    if letters.len() != shape.len() || shape.is_empty() {
        let expected = part.axes.clone().unwrap_or_else(|| format!("o{usual} or {usual}"));
        return Err(bad(&part.dataset, format!("its shape is {shape:?}, and axes {expected} were expected")));
    }
    let values: Vec<f64> = match dataset.values {
        Values::Float(values) => values,
        Values::Integer(values) => values.into_iter().map(|value| value as f64).collect(),
        Values::Text(_) => return Err(bad(&part.dataset, "it holds texts, and numbers were expected".into())),
    };
    // Each axis' length, and how far apart neighbours along it are in memory.
    let find = |letter: char| match letters.find(letter) {
        Some(axis) => (shape[axis], shape[axis + 1..].iter().product::<usize>()),
        None => (1, 0),
    };
    let [(orbits, by_orbit), (times, by_time), (dof, by_dof)] = ['o', 't', 'd'].map(find);
    let at = |o: usize, t: usize, d: usize| values[o * by_orbit + t * by_time + d * by_dof];
    let (at, n) = (&at, times * dof);
    let sorted = (0..orbits).flat_map(|o| (0..n).map(move |i| at(o, i / dof.max(1), i % dof.max(1)))).collect();
    Ok(([orbits, times, dof], sorted))
}

fn bad(name: &str, reason: String) -> Error {
    Error::BadArray { name: name.to_owned(), reason }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::write::write;

    /// Two orbits at three times with two degrees of freedom; each number tells where it belongs.
    fn number(o: usize, t: usize, d: usize) -> f64 {
        (100 * o + 10 * t + d) as f64
    }

    fn expected() -> Ensemble {
        let mut ensemble = Ensemble::new(2, vec![0.0, 1.0, 2.0]);
        let row = |o: usize, t: usize| [number(o, t, 0), number(o, t, 1), -number(o, t, 0), -number(o, t, 1)];
        (0..2).for_each(|o| ensemble.push((0..3).flat_map(|t| row(o, t)).collect()));
        ensemble
    }

    fn mapped(text: &str) -> Result<Ensemble, Error> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("foreign.h5");
        let mut file = Group::default();
        for (name, sign) in [("pos", 1.0), ("mom", -1.0)] {
            let usual = (0..12).map(|i| sign * number(i / 6, i / 2 % 3, i % 2)).collect::<Vec<f64>>();
            file.insert(&format!("run/{name}"), Dataset::plain(&[2, 3, 2], usual));
            let turned = (0..12).map(|i| sign * number(i / 2 % 2, i / 4, i % 2)).collect::<Vec<f64>>();
            file.insert(&format!("run/{name}_tod"), Dataset::plain(&[3, 2, 2], turned));
            for d in 0..2 {
                let single = (0..6).map(|i| sign * number(i / 3, i % 3, d)).collect::<Vec<f64>>();
                file.insert(&format!("run/{name}_{d}"), Dataset::plain(&[2, 3], single));
            }
        }
        file.insert("time", Dataset::plain(&[3], vec![0_i64, 1, 2]));
        file.insert("label", Dataset::scalar("a text"));
        write(&file, &path).unwrap();
        read_mapped(&path, &text.parse().unwrap())
    }

    #[test]
    fn every_order_of_axes_gives_the_same_orbits() {
        for map in [
            "q=/run/pos,p=/run/mom,t=/time",
            "t=time,p=/run/mom_tod:tod,q=/run/pos_tod:tod",
            "q=/run/pos_0+/run/pos_1,p=/run/mom_0+/run/mom_1,t=/time",
            "q=/run/pos:otd,p=/run/mom_0:ot+/run/mom_1:ot,t=/time:t",
        ] {
            assert_eq!(mapped(map).unwrap(), expected(), "{map}");
        }
    }

    #[test]
    fn one_orbit_needs_no_axis_of_orbits() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("foreign.h5");
        let mut file = Group::default();
        file.insert("x", Dataset::plain(&[3], vec![1.0, 2.0, 3.0]));
        file.insert("t", Dataset::plain(&[3], vec![0.0, 0.5, 1.0]));
        write(&file, &path).unwrap();
        let found = read_mapped(&path, &"q=/x,p=/x,t=/t".parse().unwrap()).unwrap();
        assert_eq!((found.dof, found.orbits), (1, vec![vec![1.0, 1.0, 2.0, 2.0, 3.0, 3.0]]));
    }

    #[test]
    fn what_does_not_fit_is_told_with_its_dataset() {
        let fault = |map: &str| mapped(map).unwrap_err().to_string();
        let absent = fault("q=/run/position,p=/run/mom,t=/time");
        assert!(
            absent.starts_with("there is no `/run/position`; there are: ") && absent.contains("/run/pos,"),
            "{absent}"
        );
        assert!(fault("q=/run/pos:td,p=/run/mom,t=/time").contains("`/run/pos`: its shape is [2, 3, 2], and axes td"));
        assert!(fault("q=/run/pos,p=/run/mom,t=/label").contains("`/label`: its shape is []"));
        assert!(fault("q=/run/pos,p=/run/mom_tod,t=/time").starts_with("`p` should have shape"));
        let parse = |text: &str| text.parse::<Mapping>().unwrap_err();
        assert!(parse("x=/pos").contains("none of q, p and t"));
        assert!(parse("q=/pos,q=/pos").contains("twice"));
        assert!(parse("q=/pos:ood").contains("no order of axes"));
        assert!(parse("q=,p=/mom,t=/t").contains("names no dataset"));
    }
}
