//! A file that is open for reading: its seal is looked at once, which takes reading all of it, and then it may be asked often.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::bundle::{Bundle, Dataset, Group};
use crate::error::Error;
use crate::format::{FORMAT, upgrade};
use crate::library::words;
use crate::read::Reader;
use crate::seal::{self, Seal};
use crate::second_reader::read_independently;

/// The first bytes of an HDF5 file.
const SIGNATURE: [u8; 8] = *b"\x89HDF\r\n\x1a\n";

/// A file that is open for reading; for a single question see [`read`](crate::read()) and its neighbours.
pub struct BundleFile {
    path: PathBuf,
    file: hdf5::File,
}

impl BundleFile {
    /// Opens a file and looks at its seal.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Locked`], [`Error::NotHdf5`], and [`Error::Damaged`] where the seal is broken.
    pub fn open(path: &Path) -> Result<BundleFile, Error> {
        Ok(BundleFile { path: path.to_owned(), file: opened(path)? })
    }

    /// Everything.
    ///
    /// # Errors
    /// Those of [`read`](crate::read()).
    pub fn read(&self) -> Result<Bundle, Error> {
        self.group("")
    }

    /// Everything but the orbits, which are the bulk of a file.
    ///
    /// # Errors
    /// Those of [`read`](crate::read()).
    pub fn read_without_orbits(&self) -> Result<Bundle, Error> {
        let mut reader = Reader::new(&self.path);
        match reader.check_format(&self.file)? {
            Some(older) if older < FORMAT => self.group(""),
            _ => reader.group_without(&self.file, "trajectories"),
        }
    }

    /// One group and what is in it, such as `learned/weights`.
    ///
    /// # Errors
    /// Those of [`read_group`](crate::read_group).
    pub fn group(&self, name: &str) -> Result<Group, Error> {
        let mut reader = Reader::new(&self.path);
        let format = reader.check_format(&self.file)?;
        let name = name.trim_matches('/');
        if let Some(older) = format.filter(|format| *format < FORMAT) {
            let mut whole = reader.group(&self.file, "", 0)?;
            upgrade(&mut whole, older);
            return whole.group(name).cloned();
        }
        if name.is_empty() {
            return reader.group(&self.file, "", 0);
        }
        if !self.file.link_exists(name) {
            let present = self.file.member_names().unwrap_or_default().join(", ");
            return Err(Error::Absent { name: name.to_owned(), present });
        }
        let place = format!("/{name}");
        let group = self.file.group(name).map_err(|error| reader.damaged(&place, &error))?;
        reader.group(&group, &place, 0)
    }

    /// One dataset.
    ///
    /// # Errors
    /// Those of [`read_dataset`](crate::read_dataset).
    pub fn dataset(&self, name: &str) -> Result<Dataset, Error> {
        let name = name.trim_matches('/');
        let absent = || Error::Absent {
            name: format!("/{name}"),
            present: datasets(&self.file, "").into_iter().take(50).collect::<Vec<_>>().join(", "),
        };
        let dataset = self.file.dataset(name).map_err(|_| absent())?;
        Reader::new(&self.path).dataset(&dataset, &format!("/{name}"))?.ok_or_else(absent)
    }
}

/// The datasets of a group, in depth.
fn datasets(group: &hdf5::Group, place: &str) -> Vec<String> {
    let own = group.datasets().unwrap_or_default().into_iter().map(|dataset| dataset.name());
    let inner = group.groups().unwrap_or_default().into_iter();
    let depth = place.matches('/').count();
    let inner = inner.filter(|_| depth < 8).flat_map(|inner| datasets(&inner, &format!("{place}/")));
    own.chain(inner).collect()
}

/// Refuses a file whose seal is broken before the C library sees it, which damage can bring down. The library in Rust tells
/// what is damaged, where it finds it: it does not look at every checksum. True of a file that begins as HDF5 does.
fn check_seal(path: &Path) -> Result<bool, Error> {
    let missing = |error: io::Error| Error::Missing { path: path.to_owned(), reason: error.to_string() };
    let mut file = fs::File::open(path).map_err(missing)?;
    let mut first = Vec::new();
    file.by_ref().take(SIGNATURE.len() as u64).read_to_end(&mut first).map_err(missing)?;
    let begins_well = first == SIGNATURE;
    match seal::check(&mut file).map_err(missing)? {
        Seal::Holds | Seal::Absent => return Ok(begins_well),
        Seal::Broken if !begins_well => return Err(Error::NotHdf5 { path: path.to_owned() }),
        Seal::Broken => {}
    }
    if let Err(named @ Error::Damaged { .. }) = read_independently(path) {
        return Err(named);
    }
    let reason = "its seal is broken; to keep a change made on purpose: del file.attrs[\"seal\"] in h5py".to_owned();
    Err(Error::Damaged { path: path.to_owned(), dataset: "/".to_owned(), reason })
}

/// Opens a file, and waits for a lock that somebody holds for a moment: a process that the writer is starting, for instance.
fn opened(path: &Path) -> Result<hdf5::File, Error> {
    const ATTEMPTS: u32 = 50;
    let begins_well = check_seal(path)?;
    for _ in 0..ATTEMPTS {
        match hdf5::File::open(path) {
            Ok(file) => return Ok(file),
            Err(error) if is_locked(&error) => std::thread::sleep(Duration::from_millis(10)),
            Err(_) if !begins_well => return Err(Error::NotHdf5 { path: path.to_owned() }),
            Err(error) => {
                return Err(Error::Damaged { path: path.to_owned(), dataset: "/".to_owned(), reason: words(&error) });
            }
        }
    }
    Err(Error::Locked { path: path.to_owned() })
}

fn is_locked(error: &hdf5::Error) -> bool {
    error.to_string().contains("temporarily unavailable")
}
