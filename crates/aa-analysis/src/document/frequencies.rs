//! Frequencies in the document: measured, learned and formal, orbit by orbit.

use serde::{Deserialize, Serialize};

use super::Spread;

/// Fundamental frequencies.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Frequencies {
    /// Always rad/time.
    pub unit: String,
    /// One entry an orbit.
    pub orbits: Vec<FrequencyOrbit>,
    /// Relations k.omega = 0 seen, with the number of orbits.
    pub resonances: Vec<Resonance>,
    /// Within what k.omega counted as zero.
    #[serde(default)]
    pub resonance_tolerance: Option<String>,
    /// How learned and measured frequencies compare; none where there is no learned map.
    pub agreement: Option<Agreement>,
}

/// The frequencies of one orbit, rad per unit time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FrequencyOrbit {
    /// Where it started, q then p.
    pub initial: Vec<f64>,
    /// Learned actions; none without a learned map.
    pub actions: Option<Vec<f64>>,
    /// From frequency analysis.
    pub measured: Option<Vec<f64>>,
    /// Standard errors of the measured frequencies.
    pub error: Option<Vec<f64>>,
    /// Amplitudes of the lines they were read from, in units of the square root of twice an action.
    pub amplitude: Option<Vec<f64>>,
    /// Phases of those lines at the first sample, radians in [-pi, pi).
    #[serde(default)]
    pub phase: Option<Vec<f64>>,
    /// All lines of each coordinate's spectrum, strongest first.
    #[serde(default)]
    pub lines: Vec<Vec<SpectralLine>>,
    /// The mean rate of each coordinate's angle by a weighted Birkhoff average, null where no angle comes round or it
    /// cannot be followed from sample to sample; empty where it was not asked for.
    #[serde(default)]
    pub rates: Vec<Option<AngleRate>>,
    /// Actions by loop integrals over the orbit's Fourier series, in the order of `measured`; none where refused.
    #[serde(default)]
    pub measured_actions: Option<Vec<f64>>,
    /// How `measured_actions` were found: "fourier".
    #[serde(default)]
    pub action_method: Option<String>,
    /// How far the largest of them may be off, absolutely.
    #[serde(default)]
    pub action_error: Option<f64>,
    /// The shortest combination k of the measured frequencies with k.omega t < 2 pi: along the orbit lines that differ by
    /// it are one, and which frequencies were read, and in which basis, is chance. None where there is no such one.
    #[serde(default)]
    pub unresolved: Option<Vec<i64>>,
    /// Why there are no measured actions.
    #[serde(default)]
    pub without_actions: Option<String>,
    /// Actions and frequencies by quadrature; none where the coordinates do not separate, or where it was refused.
    #[serde(default)]
    pub quadrature: Option<Quadrature>,
    /// Why quadrature was refused; none where the coordinates do not separate.
    #[serde(default)]
    pub without_quadrature: Option<String>,
    /// From the learned map, in its own order.
    pub learned: Option<Vec<f64>>,
    /// From the normal form.
    pub normal_form: Option<Vec<f64>>,
    /// Relative change between the two halves of the orbit.
    pub diffusion: Option<f64>,
}

/// A line of a coordinate's spectrum: amplitude times e^{i (omega t + phase)}, t from the first sample, in the signal
/// p + i q with both scaled to equal spread at constant area, or sqrt(2 |mean p|) e^{i q} for an angle that winds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpectralLine {
    /// Frequency, rad per unit time, signed.
    pub omega: f64,
    /// Amplitude, in units of the square root of twice an action.
    pub amplitude: f64,
    /// Phase, radians in [-pi, pi).
    pub phase: f64,
    /// Standard error of the frequency.
    pub error: f64,
}

/// Actions and frequencies of a separable system by integrals between turning points, in the order of its coordinates.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quadrature {
    /// Loop integrals of p dq over 2 pi; negative where an angle goes round backwards.
    pub actions: Vec<f64>,
    /// Frequencies, rad per unit time, signed.
    pub omega: Vec<f64>,
    /// Relative error of the worst of them: what twice the nodes and rounding of the energy change.
    pub error: f64,
    /// The most nodes that an integral took.
    pub nodes: usize,
    /// The largest difference to `measured_actions` in one basis, relative to the sum of the absolute actions; none where
    /// those are refused.
    pub difference: Option<f64>,
}

/// The mean rate of an angle, by a weighted Birkhoff average: a second road to the frequency it turns with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AngleRate {
    /// The rate, rad per unit time, signed.
    pub rate: f64,
    /// How far it may be off: the change when a twentieth of the orbit is left out at either end.
    pub error: f64,
    /// Decimal digits, at most 16, in which the two halves of the orbit agree: few where there is chaos.
    pub digits: f64,
    /// The line of the coordinate's spectrum that is nearest.
    pub line: Option<f64>,
    /// The rate less that line.
    pub difference: Option<f64>,
}

/// A resonance k.omega = 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Resonance {
    /// The whole numbers.
    pub k: Vec<i64>,
    /// Number of orbits that show it.
    pub orbits: usize,
}

/// Learned against measured frequencies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// The unimodular matrix M with M measured = learned; one per study.
    pub matrix: Vec<Vec<i64>>,
    /// Held-out orbits that judge it: those whose frequencies their length tells apart.
    #[serde(default)]
    pub orbits: usize,
    /// Relative differences over these orbits and all frequencies.
    pub learned_vs_measured: Spread,
}
