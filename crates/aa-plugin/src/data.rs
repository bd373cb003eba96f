//! Measured orbits as the subject of a study: what `aatool analyze --data` opens, and the datasets that scripts name.

use std::path::{Path, PathBuf};

use aa_analysis::document::{self, Script};
use aa_analysis::{Measurement, Subject};
use aa_dataset::Kind;
use aa_dynamics::{Coordinate, CoordinateKind, Ensemble, InitialRequest, PhaseSpace, Sampling};
use tempfile::NamedTempFile;

use crate::analysis::{Opened, Request, Start, full_name};
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
        let copy = match plugin.origin {
            Origin::Bundled => Some(copy_of(&plugin.file(&file)?).map_err(|error| Error::unreadable(name, &error))?),
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
        aa_dataset::read_trajectories(self.path()).map_err(|error| match error.kind() {
            Kind::Unusable => self.unusable(error.of(&self.name).to_string()),
            _ => error.of(&self.name).into(),
        })
    }

    fn unusable(&self, reason: String) -> Error {
        Error::UnusableData { path: self.name.clone(), reason }
    }

    /// The orbits, and the same as columns.
    fn read(&self) -> Result<(Ensemble, Measurement), Error> {
        let ensemble = self.orbits()?;
        if ensemble.dof == 0 {
            return Err(self.unusable("the orbits have no canonical coordinates q and momenta p".into()));
        }
        let measurement = Measurement::new(&ensemble, space(self.path(), ensemble.dof));
        Ok((ensemble, measurement.map_err(|error| self.unusable(error.to_string()))?))
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
    let data = DataFile::find(registry, name)?;
    let (ensemble, measurement) = data.read()?;
    let file = Script { path: data.place.display().to_string(), sha256: data.sha256()? };
    let subject = Subject {
        facts: facts(&data.place, &file.sha256, data.plugin.as_ref(), &measurement.space),
        hamiltonian: Err("data have no Hamiltonian until one is fitted to them".into()),
        exact: None,
        measurement: Some(measurement),
        claims: Vec::new(),
        initial: starts(&ensemble, request, name)?,
        orbits: request.start.orbits,
    };
    Ok(Opened { subject, origin: crate::analysis::Origin { file, plugin: data.plugin, text: String::new() } })
}

/// What the document says of the data before anything is found out.
fn facts(path: &Path, sha256: &str, plugin: Option<&PluginId>, space: &PhaseSpace) -> document::System {
    let names = |symbols: &[aa_symbolic::Expr]| symbols.iter().map(ToString::to_string).collect();
    document::System {
        name: path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned(),
        plugin: plugin.map(full_name),
        sha256: sha256.into(),
        dof: space.dof(),
        coordinates: names(space.coordinates()),
        momenta: names(space.momenta()),
        ..document::System::default()
    }
}

/// The names in the file, where they are those of coordinates and momenta; q1.. and p1.. otherwise.
///
/// A coordinate `phi` is a circle where its momentum is called `p_phi`.
fn space(path: &Path, dof: usize) -> PhaseSpace {
    let named = || {
        let group = aa_dataset::read_group(path, "system").ok()?;
        let names = group.dataset("symbols").ok()?.texts("symbols").ok()?;
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
