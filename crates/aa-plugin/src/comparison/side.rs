//! One of the two bundles of a comparison: where its orbits start, and their frequencies.

use std::path::{Path, PathBuf};

use aa_dataset::{BundleFile, Dataset, Group};
use serde_json::Map;

use super::{ComparisonRequest, Origin};
use crate::Error;

/// What a bundle says about its orbits; one row an orbit everywhere.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Side {
    pub(super) origin: Origin,
    /// Names of coordinates and momenta; empty where the file does not tell.
    pub(super) names: Vec<String>,
    pub(super) initial: Vec<Vec<f64>>,
    /// Not finite where an orbit has none.
    pub(super) omega: Vec<Vec<f64>>,
    pub(super) error: Option<Vec<Vec<f64>>>,
    pub(super) diffusion: Option<Vec<f64>>,
}

/// Which frequencies of a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    Map,
    Measured,
    Learned,
}

impl Of {
    const ALL: [Of; 3] = [Of::Map, Of::Measured, Of::Learned];

    fn word(self) -> &'static str {
        match self {
            Of::Map => "map",
            Of::Measured => "measured",
            Of::Learned => "learned",
        }
    }

    /// The group, and the dataset without which there is nothing.
    fn place(self) -> (&'static str, &'static str) {
        match self {
            Of::Map => ("map", "first"),
            Of::Measured => ("", "measured"),
            Of::Learned => ("", "learned"),
        }
    }

    fn read(word: &str) -> Result<Of, Error> {
        let known = || Of::ALL.map(|of| of.word().to_string()).to_vec();
        let unknown = || Error::UnknownOption {
            what: "there is no kind of frequencies".into(),
            name: word.into(),
            known: known(),
        };
        Of::ALL.into_iter().find(|of| of.word() == word.trim()).ok_or_else(unknown)
    }

    fn is_in(self, frequencies: &Group) -> bool {
        let (group, dataset) = self.place();
        frequencies.group(group).is_ok_and(|group| group.datasets.contains_key(dataset))
    }
}

/// Both sides of a comparison.
pub(super) fn open(request: &ComparisonRequest) -> Result<[Side; 2], Error> {
    let [first, second] = &request.files;
    let files = [BundleFile::open(first)?, BundleFile::open(second)?];
    let groups = [frequencies(&files[0], first)?, frequencies(&files[1], second)?];
    let of = match &request.of {
        Some(words) => match words.split_once(',') {
            Some((one, other)) => [Of::read(one)?, Of::read(other)?],
            None => [Of::read(words)?; 2],
        },
        None => [shared(&request.files, &groups)?; 2],
    };
    let (one, other) = (system(&files[0], first)?, system(&files[1], second)?);
    Ok([side(first, one, &groups[0], of[0])?, side(second, other, &groups[1], of[1])?])
}

/// The group of frequencies of a file.
fn frequencies(file: &BundleFile, path: &Path) -> Result<Group, Error> {
    match file.group("frequencies") {
        Err(aa_dataset::Error::Absent { .. }) => Err(without(path, "frequencies")),
        other => Ok(other?),
    }
}

fn without(path: &Path, what: &str) -> Error {
    Error::NotComparable {
        reason: format!("{} holds no {what}", path.display()),
        hint:
            "frequencies are written by `aatool analyze --out FILE.h5` with the passes frequencies or frequency_map, \
               learned ones with action_angle and compare_frequencies"
                .into(),
    }
}

/// What both bundles have, a map before single orbits.
fn shared([first, second]: &[PathBuf; 2], [a, b]: &[Group; 2]) -> Result<Of, Error> {
    let both = |of: &Of| of.is_in(a) && of.is_in(b);
    let words = |group: &Group| -> String {
        let words: Vec<&str> = Of::ALL.into_iter().filter(|of| of.is_in(group)).map(Of::word).collect();
        if words.is_empty() { "none".into() } else { words.join(", ") }
    };
    [Of::Map, Of::Measured].into_iter().find(both).ok_or_else(|| Error::NotComparable {
        reason: format!(
            "{} and {} hold different kinds of frequencies: {} and {}",
            first.display(),
            second.display(),
            words(a),
            words(b)
        ),
        hint: "name one for each: --of map,measured".into(),
    })
}

fn side(path: &Path, (system, names): (Origin, Vec<String>), frequencies: &Group, of: Of) -> Result<Side, Error> {
    if !of.is_in(frequencies) {
        return Err(without(path, &format!("{} frequencies", of.word())));
    }
    let group = frequencies.group(of.place().0)?;
    let optional = |name: &str| group.datasets.get(name).map(|dataset| rows(dataset, name)).transpose();
    let initial = rows(group.dataset("initial")?, "initial")?;
    let omega = match of {
        Of::Map => means(&rows(group.dataset("first")?, "first")?, &rows(group.dataset("second")?, "second")?),
        _ => rows(group.dataset(of.word())?, of.word())?,
    };
    let error = if of == Of::Learned { None } else { optional("error")? };
    let diffusion = match (of, group.datasets.get("diffusion")) {
        (Of::Map, Some(dataset)) => Some(dataset.floats("diffusion")?.to_vec()),
        _ => None,
    };
    let shape = |rows: &Vec<Vec<f64>>| (rows.len(), rows.first().map_or(0, Vec::len));
    let fits = omega.len() == initial.len()
        && error.as_ref().is_none_or(|error| shape(error) == shape(&omega))
        && diffusion.as_ref().is_none_or(|diffusion| diffusion.len() == omega.len());
    if !fits {
        let reason = format!("{}: starts, frequencies and errors are not those of the same orbits", path.display());
        return Err(Error::NotComparable { reason, hint: "expected datasets as `aatool analyze` writes them".into() });
    }
    Ok(Side { origin: Origin { of: of.word().into(), ..system }, names, initial, omega, error, diffusion })
}

/// The mean of both windows.
fn means(first: &[Vec<f64>], second: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let mean = |(a, b): (&Vec<f64>, &Vec<f64>)| a.iter().zip(b).map(|(a, b)| 0.5 * (a + b)).collect();
    first.iter().zip(second).map(mean).collect()
}

/// One row an orbit.
fn rows(dataset: &Dataset, name: &str) -> Result<Vec<Vec<f64>>, Error> {
    let shape = dataset.shape();
    let (2, Some(&width @ 1..)) = (shape.len(), shape.last()) else {
        let found = format!("{shape:?}");
        return Err(aa_dataset::Error::WrongShape { dataset: name.into(), expected: "(orbit, n)".into(), found }.into());
    };
    Ok(dataset.floats(name)?.chunks_exact(width).map(<[f64]>::to_vec).collect())
}

/// What the file says of its system; nothing where it does not.
fn system(file: &BundleFile, path: &Path) -> Result<(Origin, Vec<String>), Error> {
    let group = match file.group("system") {
        Err(aa_dataset::Error::Absent { .. }) => Group::default(),
        other => other?,
    };
    let texts = |name: &str| group.dataset(name).and_then(|dataset| Ok(dataset.texts(name)?.to_vec()));
    let text = |name: &str| texts(name).map(|texts| texts.concat()).unwrap_or_default();
    let parameters = serde_json::from_str(&text("parameters")).unwrap_or_else(|_| Map::new());
    let origin = Origin { path: path.display().to_string(), system: text("name"), parameters, of: String::new() };
    Ok((origin, texts("symbols").unwrap_or_default()))
}

impl Side {
    /// Numbers in a start.
    pub(super) fn width(&self) -> usize {
        self.initial.first().map_or(0, Vec::len)
    }

    /// Whether an orbit has frequencies.
    pub(super) fn has(&self, orbit: usize) -> bool {
        self.omega[orbit].iter().all(|omega| omega.is_finite())
    }
}
