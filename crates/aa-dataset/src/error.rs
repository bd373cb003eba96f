//! What can go wrong with a file, told with the file and the dataset.

use std::path::PathBuf;

/// Why a file could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be created where it was asked for.
    #[error("cannot write {}: {reason}", path.display())]
    CannotWrite {
        /// The file asked for.
        path: PathBuf,
        /// What the system or the HDF5 library says.
        reason: String,
    },
    /// There is no such file, or it may not be read.
    #[error("cannot read {}: {reason}", path.display())]
    Missing {
        /// The file asked for.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// Another program holds a lock on the file: it is being written, and is not damaged.
    #[error("{} is locked by another program, which may be writing it; try again when that is done", path.display())]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// The first bytes are not those of an HDF5 file.
    #[error("{} is not an HDF5 file, or its beginning is damaged", path.display())]
    NotHdf5 {
        /// The file.
        path: PathBuf,
    },
    /// A checksum, a length or an address in the file is wrong.
    #[error("{}: `{dataset}` is damaged: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The dataset or group, from the root.
        dataset: String,
        /// What the HDF5 library says.
        reason: String,
    },
    /// The file follows a layout that this version does not know yet.
    #[error(
        "{} has format {found}, and this version reads formats up to {supported}; get aatool {} or later",
        path.display(), writer.as_deref().unwrap_or("of a newer release")
    )]
    NewerFormat {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The newest format that we read.
        supported: i64,
        /// The version of aatool that wrote it, where the file tells.
        writer: Option<String>,
    },
    /// The file is sound but holds something that a bundle cannot: a link, a compound type, data elsewhere.
    #[error("{}: `{dataset}` is {found}, which aatool does not read", path.display())]
    NotHeld {
        /// The file.
        path: PathBuf,
        /// The dataset or group, from the root.
        dataset: String,
        /// What it is.
        found: String,
    },
    /// A dataset or group that was asked for is not there.
    #[error("there is no `{name}`; there are: {present}")]
    Absent {
        /// The path asked for.
        name: String,
        /// What its group holds instead.
        present: String,
    },
    /// A dataset has another shape than its use asks for.
    #[error("`{dataset}` should have shape {expected} and has {found}")]
    WrongShape {
        /// The dataset.
        dataset: String,
        /// The shape expected, in words or numbers.
        expected: String,
        /// The shape found.
        found: String,
    },
    /// A dataset holds another type than its use asks for.
    #[error("`{dataset}` should hold {expected} and holds {found}")]
    WrongType {
        /// The dataset.
        dataset: String,
        /// The type expected.
        expected: &'static str,
        /// The type found.
        found: &'static str,
    },
    /// The numbers of a dataset cannot be what they should be.
    #[error("`{dataset}` at {index:?}: {reason}")]
    WrongNumber {
        /// The dataset.
        dataset: String,
        /// Where in the dataset.
        index: Vec<usize>,
        /// What is wrong with the number there.
        reason: &'static str,
    },
    /// A line of a table of text is wrong.
    #[error("line {line}: {reason}")]
    BadLine {
        /// The line, counted from 1.
        line: usize,
        /// What was expected and what came.
        reason: String,
    },
    /// An array of another program's file is not what it should be.
    #[error("`{name}`: {reason}")]
    BadArray {
        /// The array.
        name: String,
        /// What was expected and what came.
        reason: String,
    },
    /// A name or text that HDF5 cannot store, or an axis that is used for two lengths.
    #[error("`{dataset}` cannot be stored: {reason}")]
    NotStorable {
        /// The dataset, group or attribute.
        dataset: String,
        /// Why.
        reason: String,
    },
}

/// The situations a caller treats differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// No such file, or no permission to read it.
    Missing,
    /// The output cannot be written.
    CannotWrite,
    /// The file cannot be read now, and can be later.
    Locked,
    /// The file was sound once and is not now, or is no HDF5 file.
    Damaged,
    /// The file is sound, and its content is not what was asked for.
    Unusable,
}

impl Error {
    /// The same, of a file that the user knows by another name than the path it was read from.
    pub fn of(mut self, name: &str) -> Error {
        use Error::{CannotWrite, Damaged, Locked, Missing, NewerFormat, NotHdf5, NotHeld};
        if let CannotWrite { path, .. }
        | Missing { path, .. }
        | Locked { path }
        | NotHdf5 { path }
        | Damaged { path, .. }
        | NewerFormat { path, .. }
        | NotHeld { path, .. } = &mut self
        {
            *path = PathBuf::from(name);
        }
        self
    }

    /// The situation: what the command line turns into an exit code.
    pub fn kind(&self) -> Kind {
        match self {
            Error::Missing { .. } => Kind::Missing,
            Error::CannotWrite { .. } => Kind::CannotWrite,
            Error::Locked { .. } => Kind::Locked,
            Error::NotHdf5 { .. } | Error::Damaged { .. } => Kind::Damaged,
            _ => Kind::Unusable,
        }
    }
}
