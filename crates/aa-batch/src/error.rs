//! Why a batch cannot go on. A task that fails is no error of the batch: the store keeps a record of it.

use std::path::{Path, PathBuf};

use aa_plugin::Code;

/// Why a batch cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The plan is wrong, or a file in the store.
    #[error(transparent)]
    Plugin(#[from] aa_plugin::Error),
    /// The store cannot be written.
    #[error("{} cannot be written: {reason}", path.display())]
    CannotWrite {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// A program of the engine is not there.
    #[error("there is no `{program}` here")]
    NoProgram {
        /// The program.
        program: String,
    },
    /// A worker ended with an error, which it told itself; what is done is kept.
    #[error("a worker ended with exit code {code}; it said why above")]
    Worker {
        /// Its exit code.
        code: i32,
    },
    /// The engine's programs do not do what they should; what is done is kept.
    #[error("{reason}")]
    Engine {
        /// What happened.
        reason: String,
        /// What to do.
        hint: String,
    },
}

impl From<aa_dataset::Error> for Error {
    fn from(error: aa_dataset::Error) -> Error {
        Error::Plugin(error.into())
    }
}

impl Error {
    pub(crate) fn cannot_write(path: &Path, error: &std::io::Error) -> Error {
        Error::CannotWrite { path: path.to_owned(), reason: error.to_string() }
    }

    /// The exit code of the command line.
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::Plugin(error) => error.exit_code(),
            Error::CannotWrite { .. } => 73,
            Error::NoProgram { .. } => 2,
            Error::Worker { code } => u8::try_from(*code).unwrap_or(1),
            Error::Engine { .. } => 75,
        }
    }

    /// The kind of fault, for `aatool explain`.
    pub fn code(&self) -> Code {
        match self {
            Error::Plugin(error) => error.code(),
            Error::CannotWrite { .. } => Code::Unwritable,
            Error::NoProgram { .. } | Error::Worker { .. } | Error::Engine { .. } => Code::Engine,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Error::Plugin(error) => error.hint(),
            Error::CannotWrite { .. } => None,
            Error::Worker { .. } => Some("the same command goes on with what is left".into()),
            Error::NoProgram { .. } => Some("--engine local needs nothing but this machine".into()),
            Error::Engine { hint, .. } => Some(hint.clone()),
        }
    }
}
