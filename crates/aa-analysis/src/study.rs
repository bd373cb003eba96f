//! A study: one system under examination, and everything found out about it so far.

use std::collections::BTreeMap;
use std::sync::Arc;

use aa_dynamics::from_data::Samples;
use aa_dynamics::random::Stream;
use aa_dynamics::{Ensemble, Hamiltonian, InitialRequest, PhaseSpace};
use aa_learn::NamedArray;
use aa_symbolic::Expr;
use serde_json::{Map, Value};

use crate::{Artifact, Error, document};

/// Options of a pass or an instrument, by name.
pub type Options = Map<String, Value>;

/// How much work to spend.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// A first look.
    Quick,
    /// The default.
    #[default]
    Standard,
    /// Full budgets.
    Deep,
}

impl Profile {
    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Profile::Quick => "quick",
            Profile::Standard => "standard",
            Profile::Deep => "deep",
        }
    }
}

/// Measured orbits under study.
#[derive(Clone, Debug)]
pub struct Measurement {
    /// The columns.
    pub samples: Samples,
    /// The canonical coordinates they are.
    pub space: PhaseSpace,
}

impl Measurement {
    /// The orbits of an ensemble, if there are enough of them and they are long enough.
    ///
    /// # Errors
    /// Those of [`Samples::new`].
    pub fn new(ensemble: &Ensemble, space: PhaseSpace) -> Result<Measurement, aa_dynamics::Error> {
        Ok(Measurement { samples: Samples::of(ensemble, &space)?, space })
    }
}

/// The system under study, as the passes see it.
#[derive(Clone, Debug)]
pub struct Subject {
    /// What the document says of it.
    pub facts: crate::document::System,
    /// Its Hamiltonian; for data, once a pass has fitted one. Otherwise the reason why there is none.
    pub hamiltonian: Result<Hamiltonian, String>,
    /// The same with some parameters kept as symbols, where that was asked for.
    pub exact: Option<Hamiltonian>,
    /// The orbits that were measured, where the study is of data.
    pub measurement: Option<Measurement>,
    /// Functions the script claims to be conserved.
    pub claims: Vec<(String, Expr)>,
    /// Where orbits start; the number of orbits is the least that a pass may ask for, the seed is the study's.
    pub initial: InitialRequest,
    /// The number of orbits, where the user or the script says it.
    pub orbits: Option<usize>,
}

/// Watches over long work: hears of progress and says when to stop.
pub trait Watch: Send + Sync {
    /// Whether the work should end where it is.
    fn stop(&self) -> bool {
        false
    }

    /// The system is understood, and its analysis begins.
    fn begun(&self, _system: &document::System) {}

    /// `done` of `total` units of `stage` are finished.
    fn progress(&self, _stage: &str, _done: usize, _total: usize) {}

    /// How far learning has come: the mean square of its residuals, and the drift of the actions on orbits it does not see,
    /// measured only where it is asked for.
    fn learning(&self, _loss: f64, _drift: &dyn Fn() -> Option<f64>) {}

    /// What learning had come to when it was cut off, where that was kept.
    fn kept(&self) -> Option<Vec<NamedArray>> {
        None
    }

    /// Offers what learning has come to, for keeping; it is made only where it is wanted.
    fn keep(&self, _checkpoint: &dyn Fn() -> Vec<NamedArray>) {}

    /// Hands over what learning has come to where it is stopped before its end.
    fn keep_last(&self, _checkpoint: &dyn Fn() -> Vec<NamedArray>) {}
}

/// Lets work run to its end, in silence.
pub struct Unwatched;

impl Watch for Unwatched {}

/// Finds a plugin's dataset by name.
pub type Datasets = dyn Fn(&str) -> Result<Ensemble, String> + Send + Sync;

/// One system under examination, and everything found out about it so far.
#[derive(Clone)]
pub struct Study {
    /// The system.
    pub subject: Arc<Subject>,
    /// The seed of every random choice.
    pub seed: u64,
    /// How much work to spend.
    pub profile: Profile,
    /// What the passes have given, by kind.
    pub artifacts: BTreeMap<String, Artifact>,
    /// Who watches the work.
    pub watch: Arc<dyn Watch>,
    /// Where datasets come from.
    pub datasets: Arc<Datasets>,
}

impl Study {
    /// A study of a system in which nothing is known yet.
    pub fn new(subject: Subject, seed: u64, profile: Profile) -> Study {
        let none = |name: &str| Err(format!("there is no dataset `{name}` here"));
        Study {
            subject: Arc::new(subject),
            seed,
            profile,
            artifacts: BTreeMap::new(),
            watch: Arc::new(Unwatched),
            datasets: Arc::new(none),
        }
    }

    /// The Hamiltonian under study.
    ///
    /// # Errors
    /// A study of data has none until one is fitted, or none that fits.
    pub fn hamiltonian(&self) -> Result<&Hamiltonian, Error> {
        self.subject.hamiltonian.as_ref().map_err(|why| Error::NotApplicable(why.clone()))
    }

    /// The Hamiltonian, where phase space has canonical pairs, as most instruments take for granted.
    ///
    /// # Errors
    /// As for [`Study::hamiltonian`], and a phase space with brackets of its own.
    pub fn canonical_hamiltonian(&self) -> Result<&Hamiltonian, Error> {
        let hamiltonian = self.hamiltonian()?;
        match hamiltonian.space().structure() {
            None => Ok(hamiltonian),
            Some(_) => Err(Error::NotApplicable("not yet for a phase space without canonical pairs".into())),
        }
    }

    /// The Hamiltonian, where all its parameters are numbers for algebra too.
    ///
    /// # Errors
    /// As for [`Study::hamiltonian`], and parameters that algebra keeps as symbols: what holds for the numbers need not
    /// hold for all values.
    pub fn hamiltonian_of_numbers(&self) -> Result<&Hamiltonian, Error> {
        match self.subject.exact {
            None => self.hamiltonian(),
            Some(_) => Err(Error::NotApplicable("parameters are kept as symbols, and this needs their values".into())),
        }
    }

    /// The Hamiltonian that algebra works on: some of its parameters may be symbols.
    ///
    /// # Errors
    /// As for [`Study::hamiltonian`].
    pub fn exact_hamiltonian(&self) -> Result<&Hamiltonian, Error> {
        self.subject.exact.as_ref().map_or_else(|| self.hamiltonian(), Ok)
    }

    /// The random stream of a purpose.
    pub fn stream(&self, purpose: &str) -> Stream {
        Stream::new(self.seed, purpose)
    }

    /// The native object behind an artifact.
    ///
    /// # Errors
    /// No pass has given the kind, or what it gave has no such object.
    pub fn payload<T: std::any::Any + Send + Sync>(&self, instrument: &'static str, kind: &str) -> Result<&T, Error> {
        let found = self.artifacts.get(kind).and_then(Artifact::payload);
        found.ok_or_else(|| Error::Missing { instrument, kind: kind.to_string() })
    }
}
