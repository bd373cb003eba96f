//! Samples: what pictures draw beyond the document, as the bundle holds it or as a learned map gives it.

/// Sampled orbits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trajectories {
    /// The times, common to all orbits.
    pub t: Vec<f64>,
    /// One orbit an entry, time by time, each row q then p: `t.len()` rows of `width` numbers.
    pub orbits: Vec<Vec<f64>>,
    /// Canonical pairs in a row; 0 where phase space has none.
    pub dof: usize,
    /// Numbers in a row.
    pub width: usize,
    /// Names of the columns, q then p.
    pub names: Vec<String>,
    /// Whether each coordinate is an angle.
    pub circles: Vec<bool>,
}

/// A number of each orbit at common times.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// The times.
    pub t: Vec<f64>,
    /// One orbit an entry, as long as `t`.
    pub values: Vec<Vec<f64>>,
}

/// The points of a section, all of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Crossings {
    /// Names of the variables of a point.
    pub names: Vec<String>,
    /// One orbit an entry, in the order of the document's section: rows of all variables.
    pub orbits: Vec<Vec<f64>>,
}

/// What the indicators of chaos read at a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// The time since the start.
    pub t: f64,
    /// The growth of a deviation over t, per unit time.
    pub lyapunov: f64,
    /// The smaller alignment index.
    pub sali: f64,
}

/// A stage of training.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stage {
    /// Its name.
    pub name: String,
    /// The loss before each of its steps.
    pub loss: Vec<f64>,
}

/// What a learned map makes of orbits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tori {
    /// Times spread over the whole of the stored orbits.
    pub t: Vec<f64>,
    /// The actions there, rows of one number a pair; one orbit an entry, in the order of the trajectories.
    pub actions: Vec<Vec<f64>>,
    /// The orbits that judge the map, by their position in the trajectories.
    pub judges: Vec<usize>,
    /// One of them.
    pub orbit: usize,
    /// Its angles at the times of `beginnings`, in [-pi, pi), in rows like the actions.
    pub angles: Vec<f64>,
    /// Pairs in a row.
    pub pairs: usize,
}

/// All that pictures draw beyond the document; what is empty is not drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Samples {
    /// The first periods of the orbits, finely sampled.
    pub beginnings: Trajectories,
    /// The relative error of the energy.
    pub energy_error: Series,
    /// The section.
    pub crossings: Crossings,
    /// How the indicators came about, in the order of the document's orbits.
    pub indicators: Vec<Vec<Reading>>,
    /// How the learned map was trained.
    pub training: Vec<Stage>,
    /// What the learned map makes of the orbits.
    pub tori: Tori,
}
