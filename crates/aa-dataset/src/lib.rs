//! Trajectories, results and weights in HDF5 files.
//!
//! A file in memory is a [`Bundle`]: groups of datasets with named axes, units and descriptions. [`write()`] brings
//! it to the disk, whole or not at all, and [`read()`] gets it back or says which dataset is damaged.
//!
//! ```
//! use aa_dataset::{Bundle, Dataset, read, write};
//! let folder = tempfile::tempdir()?;
//! let path = folder.path().join("pendulum.h5");
//!
//! let mut bundle = Bundle::default();
//! let measured = Dataset::array([("orbit", 3), ("dof", 1)], vec![0.98, 0.91, 0.77]);
//! bundle.insert("frequencies/measured", measured.units("rad/time").long_name("frequencies by NAFF"));
//! bundle.insert("system/script", Dataset::scalar("fn coordinates(k) { [circle(\"phi\")] }"));
//!
//! write(&bundle, &path)?;
//! assert_eq!(read(&path)?, bundle);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The files open in h5py, in xarray and in every HDF5 browser: axes are dimension scales in the manner of
//! netCDF-4, and only filters that every HDF5 library has are used. What a file promises:
//!
//! - *Damage is seen.* Metadata carries the checksums of HDF5's format 1.10, arrays those of fletcher32; texts
//!   have a fixed length, because the heap for others has no checksum; and a seal covers every byte.
//! - *The same bundle gives the same bytes.* Maps are ordered and no times are kept.
//! - *The format has a number.* A file of a later one is refused with the version to get.
//!
//! In reading order: [`bundle`] is the data, [`mod@write`], [`mod@open`] and [`mod@read`] the way to the disk and back,
//! [`trajectories`] and [`mod@weights`] two layouts on top; `check`, `format`, `library`, `seal` and `temporary` serve them, and `npz` and `csv` read
//! orbits that other programs wrote. [`mapping`] finds orbits in a file of another
//! layout, [`second_reader`] reads a file without the C library, and [`difference`] tells where two
//! bundles differ.

pub mod bundle;
mod check;
mod csv;
pub mod difference;
pub mod error;
pub mod format;
mod library;
pub mod mapping;
mod npz;
pub mod open;
pub mod read;
mod seal;
pub mod second_reader;
mod temporary;
pub mod trajectories;
pub mod weights;
pub mod write;

pub use bundle::{Attribute, Axis, Bundle, Dataset, Group, Values};
pub use difference::{Difference, differences};
pub use error::{Error, Kind};
pub use format::FORMAT;
pub use library::library_version;
pub use mapping::{Mapping, mapped, read_mapped};
pub use open::BundleFile;
pub use read::{read, read_dataset, read_group};
pub use second_reader::{SECOND_READER, read_independently};
pub use temporary::write_whole;
pub use trajectories::{ensemble, is_plain_table, read_trajectories, trajectories_group};
pub use weights::{WEIGHTS, Weight, weights, weights_group};
pub use write::write;
