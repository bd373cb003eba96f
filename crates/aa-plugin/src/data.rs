//! Measured orbits as the subject of a study: what `aatool analyze --data` opens, and the datasets that scripts name.

use std::path::{Path, PathBuf};

use aa_analysis::document;
use aa_analysis::{Measurement, Subject};
use aa_dataset::{BundleFile, Kind};
use aa_dynamics::{Coordinate, CoordinateKind, Ensemble, InitialRequest, PhaseSpace, Sampling};
use tempfile::NamedTempFile;

use crate::analysis::{Opened, Request, Start, full_name};
use crate::recipe::{Data, Material};
use crate::registry::Origin;
use crate::starts::check_points;
use crate::{Error, PluginId, Registry};

/// A file of orbits, as the user names it and where it can be read.
pub(crate) struct DataFile {
    /// What messages call it.
    name: String,
    /// What documents call it: for a bundled file its path in the repository.
    place: PathBuf,
    plugin: Option<PluginId>,
    /// A bundled file is in the binary; the library of its format reads from the disk only.
    copy: Option<NamedTempFile>,
}

impl DataFile {
    /// A plugin's dataset by name.
    ///
    /// # Errors
    /// Those of [`Registry::dataset`]; no room for a copy of a bundled file.
    pub(crate) fn named(registry: &Registry, name: &str) -> Result<DataFile, Error> {
        let (plugin, file) = registry.dataset(name)?;
        // Read here, so that an installed file that is damaged is refused as such.
        let bytes = plugin.file(&file)?;
        let copy = match plugin.origin {
            Origin::Bundled => Some(copy_of(&bytes).map_err(|error| Error::unreadable(name, &error))?),
            _ => None,
        };
        Ok(DataFile { name: name.into(), place: plugin.folder.join(file), plugin: Some(plugin.id()), copy })
    }

    /// A file by its path, or a dataset by name.
    fn find(registry: &Registry, name: &str) -> Result<DataFile, Error> {
        match Path::new(name) {
            path if path.exists() => Ok(DataFile { name: name.into(), place: path.into(), plugin: None, copy: None }),
            _ => DataFile::named(registry, name),
        }
    }

    fn path(&self) -> &Path {
        self.copy.as_ref().map_or(&self.place, NamedTempFile::path)
    }

    /// The orbits in it.
    ///
    /// # Errors
    /// Those of [`aa_dataset::read_trajectories`].
    pub(crate) fn orbits(&self) -> Result<Ensemble, Error> {
        aa_dataset::read_trajectories(self.path()).map_err(|error| self.fault(error))
    }

    /// The orbits in it, from where `map` says if it does, and what it calls their variables.
    fn named_orbits(&self, map: Option<&str>) -> Result<(Ensemble, Option<Vec<String>>), Error> {
        let fault = |error| self.fault(error);
        if aa_dataset::is_plain_table(self.path()) && map.is_none() {
            return Ok((self.orbits()?, None));
        }
        let file = BundleFile::open(self.path()).map_err(fault)?;
        let orbits = match map {
            None => file.group("trajectories").and_then(|group| aa_dataset::ensemble(&group)),
            Some(map) => {
                let wrong = |reason| Error::BadValue { key: "--map".into(), text: map.into(), reason };
                aa_dataset::mapped(&file, &map.parse().map_err(wrong)?)
            }
        };
        Ok((orbits.map_err(fault)?, symbols(&file)))
    }

    fn fault(&self, error: aa_dataset::Error) -> Error {
        match error.kind() {
            Kind::Unusable => self.unusable(error.of(&self.name).to_string()),
            _ => error.of(&self.name).into(),
        }
    }

    fn unusable(&self, reason: String) -> Error {
        Error::UnusableData { path: self.name.clone(), reason }
    }

    /// All that a study needs of it.
    fn read(&self, map: Option<&str>) -> Result<Data, Error> {
        let (path, plugin) = (self.place.display().to_string(), self.plugin.clone());
        let (orbits, symbols) = self.named_orbits(map)?;
        Ok(Data { name: self.name.clone(), path, sha256: self.sha256()?, plugin, orbits, symbols })
    }

    fn sha256(&self) -> Result<String, Error> {
        let bytes = std::fs::read(self.path()).map_err(|error| Error::unreadable(&self.name, &error))?;
        Ok(crate::source::sha256(&bytes))
    }
}

fn copy_of(bytes: &[u8]) -> std::io::Result<NamedTempFile> {
    let mut copy = NamedTempFile::new()?;
    std::io::Write::write_all(&mut copy, bytes)?;
    Ok(copy)
}

/// Opens a file of orbits, by path or by a dataset's name.
///
/// # Errors
/// No such file or dataset; a damaged file; orbits that are too few, too short or not finite; parameters, which data
/// have none of; a starting point of the wrong length.
pub(crate) fn open(registry: &Registry, name: &str, request: &Request) -> Result<Opened, Error> {
    if let Some(key) = request.set.iter().map(|(key, _)| key).chain(&request.symbolic).next() {
        return Err(Error::UnknownParameter { system: name.into(), key: key.clone(), known: Vec::new() });
    }
    opened(DataFile::find(registry, name)?.read(request.map.as_deref())?, request)
}

/// Orbits as the subject of a study.
///
/// # Errors
/// Orbits that are too few, too short or not finite; a starting point of the wrong length.
pub(crate) fn opened(data: Data, request: &Request) -> Result<Opened, Error> {
    let unusable = |reason: String| Error::UnusableData { path: data.name.clone(), reason };
    let ensemble = &data.orbits;
    if ensemble.dof == 0 {
        return Err(unusable("the orbits have no canonical coordinates q and momenta p".into()));
    }
    let space = space(data.symbols.as_deref(), ensemble.dof);
    let measurement = Measurement::new(ensemble, space).map_err(|error| unusable(error.to_string()))?;
    let subject = Subject {
        facts: facts(&data, &measurement.space),
        hamiltonian: Err("data have no Hamiltonian until one is fitted to them".into()),
        exact: None,
        measurement: Some(measurement),
        claims: Vec::new(),
        initial: starts(ensemble, request, &data.name)?,
        orbits: request.start.orbits,
    };
    Ok(Opened { subject, material: Material::Data(data) })
}

/// What the document says of the data before anything is found out.
fn facts(data: &Data, space: &PhaseSpace) -> document::System {
    let names = |symbols: &[aa_symbolic::Expr]| symbols.iter().map(ToString::to_string).collect();
    let path = Path::new(&data.path);
    document::System {
        name: path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned(),
        plugin: data.plugin.as_ref().map(full_name),
        sha256: data.sha256.clone(),
        dof: space.dof(),
        coordinates: names(space.coordinates()),
        momenta: names(space.momenta()),
        ..document::System::default()
    }
}

/// What a file calls its coordinates and momenta, where it says.
fn symbols(file: &BundleFile) -> Option<Vec<String>> {
    let group = file.group("system").ok()?;
    Some(group.dataset("symbols").ok()?.texts("symbols").ok()?.to_vec())
}

/// The names in the file, where they are those of coordinates and momenta; q1.. and p1.. otherwise.
///
/// A coordinate `phi` is a circle where its momentum is called `p_phi`.
fn space(names: Option<&[String]>, dof: usize) -> PhaseSpace {
    let named = || {
        let names = names?;
        let coordinate = |i: usize| {
            let (name, momentum) = (names.get(i)?, names.get(dof + i)?);
            let circle = *momentum == format!("p_{name}");
            let kind = if circle { CoordinateKind::Circle } else { CoordinateKind::Line };
            Some(Coordinate { name: name.clone(), kind })
        };
        let space = PhaseSpace::new((0..dof).map(coordinate).collect::<Option<_>>()?).ok()?;
        space.symbols().iter().map(ToString::to_string).eq(names.iter().cloned()).then_some(space)
    };
    named().unwrap_or_else(|| PhaseSpace::numbered(dof))
}

/// Where orbits of a fitted Hamiltonian start: where those of the data do, unless something else is asked for.
fn starts(ensemble: &Ensemble, request: &Request, name: &str) -> Result<InitialRequest, Error> {
    let first = || (0..ensemble.orbits.len()).map(|orbit| ensemble.row(orbit, 0).to_vec()).collect();
    let Start { energy, bounds: within, sampling, .. } = request.start.clone();
    let asks_otherwise = energy.is_some() || within.is_some() || sampling == Sampling::Microcanonical;
    let points = request.start.points.clone().or_else(|| (!asks_otherwise).then(first));
    check_points(&request.start, name, 2 * ensemble.dof, "q then p")?;
    Ok(InitialRequest { energy, within, points, sampling, ..InitialRequest::new(1, request.seed) })
}
