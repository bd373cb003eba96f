//! Codes of errors, for `aatool explain CODE` and for looking them up in the book.

use std::fmt;

macro_rules! codes {
    ($($(#[$about:meta])* $name:ident = $number:literal,)*) => {
        /// What kind of fault an error is. A code keeps its meaning over all versions.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u16)]
        pub enum Code {
            $($(#[$about])* $name = $number,)*
        }

        impl Code {
            /// Every code, in rising order.
            pub const ALL: &[Code] = &[$(Code::$name),*];
        }
    };
}

codes! {
    /// An option or its value makes no sense.
    Usage = 1,
    /// No system, pass, dataset or plugin has this name.
    UnknownName = 2,
    /// Two plugins have this name.
    Ambiguous = 3,
    /// The system or option has no such parameter, or it cannot take this value.
    Setting = 4,
    /// A starting point, region or energy does not fit the system.
    Start = 5,
    /// A file is not there or cannot be read.
    Missing = 6,
    /// An output cannot be written.
    Unwritable = 7,
    /// A command line has a command or option that is not there, or lacks one.
    CommandLine = 8,
    /// A script has a fault that has no code of its own.
    Script = 100,
    /// A script is no sentence of the language.
    Syntax = 101,
    /// A script branches on a coordinate.
    Branch = 102,
    /// A script uses a name, function or parameter that is not there.
    UnknownWord = 103,
    /// A value is of another kind than its use asks for.
    WrongKind = 104,
    /// A number has no value: division by zero, not real, beyond all bounds.
    NoValue = 105,
    /// A script used more than it may.
    Limit = 106,
    /// A function of a script is missing, or gives something else than it should.
    Function = 107,
    /// There is no valid initial condition.
    Initial = 108,
    /// The traced formula and the script's own arithmetic disagree.
    Disagreement = 109,
    /// A manifest is wrong.
    Manifest = 201,
    /// A plugin needs another version of aatool.
    Incompatible = 202,
    /// An archive, index or key is not to be trusted.
    Distrusted = 203,
    /// A plugin is not what it says.
    NotVerified = 204,
    /// No versions of plugins go together.
    Unsolvable = 205,
    /// A plan of a batch is wrong.
    Plan = 301,
    /// The engine of a batch does not work.
    Engine = 302,
    /// Passes do not fit together.
    Passes = 401,
    /// A data file is damaged.
    Damaged = 501,
    /// A data file is locked by another program.
    Locked = 502,
    /// A data file was written by a newer version.
    NewerFormat = 503,
    /// A data file holds something else than what is asked for.
    Unusable = 504,
    /// Two bundles cannot be compared.
    NotComparable = 505,
    /// No map was learned.
    NotLearned = 601,
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AA{:04}", *self as u16)
    }
}

impl From<&aa_dataset::Error> for Code {
    fn from(error: &aa_dataset::Error) -> Code {
        match (error, error.kind()) {
            (aa_dataset::Error::NewerFormat { .. }, _) => Code::NewerFormat,
            (_, aa_dataset::Kind::Missing) => Code::Missing,
            (_, aa_dataset::Kind::CannotWrite) => Code::Unwritable,
            (_, aa_dataset::Kind::Locked) => Code::Locked,
            (_, aa_dataset::Kind::Damaged) => Code::Damaged,
            (_, aa_dataset::Kind::Unusable) => Code::Unusable,
        }
    }
}
