//! What a comparison says, as `aatool compare --format json` prints it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Two bundles beside each other. Differences are those of the second less the first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The version of the document: 1.
    pub format: u32,
    /// The first bundle.
    pub first: Origin,
    /// The second.
    pub second: Origin,
    /// Which orbits are the same.
    pub starts: Starts,
    /// How their frequencies differ.
    pub frequencies: FrequencyComparison,
}

/// Where one side comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Origin {
    /// The file.
    pub path: String,
    /// The system's name; empty where the file does not tell.
    pub system: String,
    /// The values of its parameters.
    pub parameters: Map<String, Value>,
    /// `map` (mean of both windows of a frequency map), `measured` or `learned`.
    pub of: String,
}

/// Which orbits are the same: those that start at the same point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Starts {
    /// The coordinates and momenta that were looked at.
    pub by: Vec<String>,
    /// How far each may differ, relative to its largest size.
    pub within: f64,
    /// Orbits in both bundles.
    pub matched: usize,
    /// Orbits in the first alone.
    pub only_first: usize,
    /// Orbits in the second alone.
    pub only_second: usize,
}

/// How the frequencies of the same orbits differ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FrequencyComparison {
    /// Always rad/time.
    pub unit: String,
    /// Orbits that have frequencies in both bundles.
    pub compared: usize,
    /// Orbits, the same in both, that have frequencies in one bundle only: they escaped in the other, say.
    pub in_one_only: usize,
    /// Orbits whose frequencies were taken in another order than the first bundle has them.
    pub reordered: usize,
    /// The unimodular matrix by which the first bundle's frequencies are multiplied before they are compared.
    pub matrix: Vec<Vec<i32>>,
    /// Median relative difference without the matrix.
    pub median_without_matrix: Option<f64>,
    /// Over all orbits and frequencies.
    pub all: Deviations,
    /// Frequency by frequency, in the order of the second bundle.
    pub each: Vec<Deviations>,
    /// How the frequency diffusion differs; none where one of the two is no frequency map.
    pub diffusion: Option<DiffusionChange>,
}

/// Sizes of differences.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Deviations {
    /// |difference|, in rad per unit time.
    pub absolute: Sizes,
    /// Relative to the second bundle's frequency.
    pub relative: Sizes,
    /// Share of differences within `sigma` standard errors; none where one side has no errors.
    pub within_errors: Option<f64>,
    /// How many standard errors.
    pub sigma: f64,
}

/// How large some numbers are.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sizes {
    /// The middle one.
    pub median: Option<f64>,
    /// 95 % are smaller.
    pub p95: Option<f64>,
    /// The largest.
    pub largest: Option<f64>,
}

/// The change of log10 of the frequency diffusion.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DiffusionChange {
    /// Orbits whose diffusion is above zero in both bundles.
    pub compared: usize,
    /// The middle one; above zero where the second bundle has more.
    pub median: Option<f64>,
    /// 5 % are below.
    pub p05: Option<f64>,
    /// 95 % are below.
    pub p95: Option<f64>,
    /// The largest in size.
    pub largest: Option<f64>,
}

impl Comparison {
    /// Whether the orbits in both bundles agree: no relative difference exceeds the tolerance, and none of these orbits
    /// has frequencies in one bundle only.
    pub fn agrees(&self, tolerance: f64) -> bool {
        let found = &self.frequencies;
        found.in_one_only == 0 && found.all.relative.largest.is_some_and(|largest| largest <= tolerance)
    }
}
