//! Passes: steps of an analysis that need artifacts and give artifacts.

use serde_json::Value;

use crate::document::Table;
use crate::study::{Options, Study};
use crate::{Artifact, Error};

/// A step of an analysis. What it needs and gives decides when it runs.
pub trait Pass: Send + Sync {
    /// Its name on the command line and in reports.
    fn name(&self) -> &str;

    /// One sentence on what it does.
    fn about(&self) -> &str;

    /// Kinds of artifacts it cannot do without.
    fn needs(&self) -> &[String];

    /// Kinds it looks at where they are there; it runs after whoever gives them.
    fn uses(&self) -> &[String] {
        &[]
    }

    /// Whether it runs only where it is asked for by name, or for a pass that needs it.
    fn on_demand(&self) -> bool {
        false
    }

    /// Kinds it gives.
    fn gives(&self) -> &[String];

    /// Its options with their defaults.
    fn options(&self) -> &Options;

    /// Does the work.
    ///
    /// # Errors
    /// [`Stop::Skip`] where the question does not apply, [`Stop::Fail`] where something went wrong.
    fn run(&self, study: &Study, options: &Options) -> Result<Outcome, Stop>;
}

/// What a pass has to show.
#[derive(Debug, Default)]
pub struct Outcome {
    /// One artifact for each kind it gives.
    pub artifacts: Vec<(String, Artifact)>,
    /// What it has to say.
    pub said: Said,
}

/// What a pass says beside its artifacts.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// Remarks on how it went.
    pub notes: Vec<String>,
    /// What it has found out.
    pub findings: Vec<String>,
    /// Tables.
    pub tables: Vec<Table>,
    /// Plots, as [`PassRecord`](crate::document::PassRecord) has them.
    pub plots: Vec<Value>,
}

/// Why a pass has nothing to show.
#[derive(Clone, Debug, PartialEq)]
pub enum Stop {
    /// The question does not apply to this system.
    Skip(String),
    /// Something went wrong.
    Fail(String),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Stop {
        match error {
            Error::NotApplicable(reason) => Stop::Skip(reason),
            Error::Learn(refusal) if is_about_the_region(&refusal) => Stop::Skip(refusal.to_string()),
            other => Stop::Fail(other.to_string()),
        }
    }
}

/// Whether the orbits, not the software, are why there is no map: one learns about the region from it.
fn is_about_the_region(refusal: &aa_learn::Error) -> bool {
    use aa_learn::Error::{Degenerate, Flat, Hyperbolic, Separatrix, TooFewOrbits};
    matches!(refusal, Degenerate { .. } | Flat { .. } | Hyperbolic { .. } | Separatrix { .. } | TooFewOrbits { .. })
}
