//! The precision a network is trained in.

/// Which numbers the kernels of a training work with. Results are double either way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// 24 bits, twice as many numbers at once.
    Single,
    /// 53 bits.
    #[default]
    Double,
}

impl Precision {
    /// Both.
    pub const ALL: [Precision; 2] = [Precision::Single, Precision::Double];

    /// The name in scripts and files.
    pub fn name(self) -> &'static str {
        match self {
            Precision::Single => "single",
            Precision::Double => "double",
        }
    }

    /// The precision of this name.
    pub fn named(name: &str) -> Option<Self> {
        Precision::ALL.into_iter().find(|precision| precision.name() == name)
    }
}
