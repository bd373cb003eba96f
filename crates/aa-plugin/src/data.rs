//! Measured orbits as the subject of a study: what `aatool analyze --data` opens.

use std::path::{Path, PathBuf};

use aa_analysis::document::{self, Script};
use aa_analysis::{Measurement, Subject};
use aa_dataset::Kind;
use aa_dynamics::{Coordinate, CoordinateKind, Ensemble, InitialRequest, PhaseSpace, Sampling};

use crate::analysis::{Opened, Origin, Request, Start, full_name};
use crate::starts::check_points;
use crate::{Error, PluginId, Registry};

/// Opens a file of orbits, by path or by a dataset's name.
///
/// # Errors
/// No such file or dataset; a damaged file; orbits that are too few, too short or not finite; parameters, which data
/// have none of; a starting point of the wrong length.
pub(crate) fn open(registry: &Registry, name: &str, request: &Request) -> Result<Opened, Error> {
    if let Some(key) = request.set.iter().map(|(key, _)| key).chain(&request.symbolic).next() {
        return Err(Error::UnknownParameter { system: name.into(), key: key.clone(), known: Vec::new() });
    }
    let (path, plugin) = find(registry, name)?;
    let (ensemble, measurement) = read(&path)?;
    let shown = path.display().to_string();
    let bytes = std::fs::read(&path).map_err(|error| Error::unreadable(&shown, &error))?;
    let file = Script { path: shown, sha256: crate::source::sha256(&bytes) };
    let subject = Subject {
        facts: facts(&path, &file.sha256, plugin.as_ref(), &measurement.space),
        hamiltonian: Err("data have no Hamiltonian until one is fitted to them".into()),
        exact: None,
        measurement: Some(measurement),
        claims: Vec::new(),
        initial: starts(&ensemble, request, name)?,
        orbits: request.start.orbits,
    };
    Ok(Opened { subject, origin: Origin { file, plugin, text: String::new() } })
}

fn find(registry: &Registry, name: &str) -> Result<(PathBuf, Option<PluginId>), Error> {
    let path = Path::new(name);
    if path.exists() {
        return Ok((path.to_path_buf(), None));
    }
    let (plugin, file) = registry.dataset(name)?;
    Ok((plugin.folder.join(file), Some(plugin.id())))
}

/// The orbits of a file, and the same as columns.
fn read(path: &Path) -> Result<(Ensemble, Measurement), Error> {
    let unusable = |reason: String| Error::UnusableData { path: path.display().to_string(), reason };
    let ensemble = aa_dataset::read_trajectories(path).map_err(|error| match error.kind() {
        Kind::Unusable => unusable(error.to_string()),
        _ => error.into(),
    })?;
    if ensemble.dof == 0 {
        return Err(unusable("the orbits have no canonical coordinates q and momenta p".into()));
    }
    let measurement = Measurement::new(&ensemble, space(path, ensemble.dof));
    Ok((ensemble, measurement.map_err(|error| unusable(error.to_string()))?))
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
