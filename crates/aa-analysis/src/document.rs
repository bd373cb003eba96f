//! The document of one analysis: what `--format json` prints and what the bundle holds under the same names.
//!
//! Every top-level key is always present, null where its pass did not run. A number that is not finite is null.

mod frequencies;
mod kam;

use aa_dynamics::chaos::ChaosSummary;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use frequencies::{Agreement, AngleRate, Frequencies, FrequencyOrbit, Quadrature, Resonance, SpectralLine};
pub use kam::{Determinant, Kam, KamOrbit, Twist};

/// The version of the document's shape.
pub const FORMAT: u32 = 1;

/// The outcome of one analysis, whole.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// Version of this shape, [`FORMAT`].
    pub format: u32,
    /// What was analysed.
    pub system: System,
    /// The answer, with its reasons.
    pub verdict: Option<Verdict>,
    /// The script's own claims, checked.
    pub claims: Option<Vec<Claim>>,
    /// Exact integrals of motion.
    pub integrals: Option<Integrals>,
    /// An exact reason against integrability.
    pub obstruction: Option<Value>,
    /// The Birkhoff normal form.
    pub normal_form: Option<NormalForm>,
    /// Chaos indicators, orbit by orbit and together.
    pub chaos: Option<Chaos>,
    /// Poincare sections.
    pub sections: Option<Sections>,
    /// The picture of surviving tori.
    pub kam: Option<Kam>,
    /// Fundamental frequencies.
    pub frequencies: Option<Frequencies>,
    /// The learned action-angle map.
    pub learned: Option<Learned>,
    /// Where the three witnesses agree.
    pub witnesses: Option<Vec<Witness>>,
    /// Every pass and how it ended.
    pub passes: Vec<PassRecord>,
    /// What is needed to do it again.
    pub provenance: Provenance,
}

impl Document {
    /// What was asked for and not met: the names of passes that failed and of claims that were refuted.
    pub fn unmet(&self) -> Vec<String> {
        let failed = self.passes.iter().filter(|pass| pass.status == "failed").map(|pass| &pass.name);
        let refuted = self.claims.iter().flatten().filter(|claim| claim.status == "refuted").map(|claim| &claim.name);
        failed.chain(refuted).cloned().collect()
    }
}

/// What was analysed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct System {
    /// The system's name.
    pub name: String,
    /// The plugin it comes from, with version; none for a script of one's own.
    pub plugin: Option<String>,
    /// Hash of the script's text.
    pub sha256: String,
    /// Degrees of freedom.
    pub dof: usize,
    /// Names of the coordinates.
    pub coordinates: Vec<String>,
    /// Names of the momenta, in the order of the coordinates.
    pub momenta: Vec<String>,
    /// Parameter values: whole numbers and decimals as numbers, other rationals as text.
    pub parameters: Map<String, Value>,
    /// H in script syntax, parameters substituted.
    pub hamiltonian: String,
    /// H in LaTeX.
    pub latex: String,
    /// Whether H depends on time.
    pub time_dependent: bool,
}

impl System {
    /// The number of variables of phase space.
    pub fn dimension(&self) -> usize {
        self.coordinates.len() + self.momenta.len()
    }
}

/// The answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// integrable, superintegrable, nonintegrable, chaotic, mixed, looks_regular or undecided.
    pub kind: String,
    /// proved or measured.
    pub certainty: String,
    /// bounded, unbounded or mixed, on the sampled region; none where nothing was integrated.
    pub motion: Option<String>,
    /// Angles of a level set; none where unknown.
    pub torus_dimension: Option<usize>,
    /// Unbounded directions of a level set; none where unknown.
    pub free_directions: Option<usize>,
    /// The reasons, one sentence each.
    pub because: Vec<String>,
}

/// One of the script's claims.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// Its name in the script.
    pub name: String,
    /// The function claimed to be conserved.
    pub expression: String,
    /// proved, refuted or undecided.
    pub status: String,
}

/// Exact integrals of motion.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Integrals {
    /// What was searched.
    pub searched: Searched,
    /// Rank of the gradients, after closing under the bracket.
    pub independent: usize,
    /// (independent + corank of the bracket matrix) / 2.
    pub in_involution: usize,
    /// Rank of the matrix of brackets.
    pub bracket_rank: usize,
    /// Whether each two of those found commute, row by row in the order of `found`: zeros of the matrix of brackets at a
    /// random point modulo a prime. Empty in documents of before it was kept.
    #[serde(default)]
    pub commute: Vec<Vec<bool>>,
    /// A largest commuting set with H in it.
    pub commuting: Vec<String>,
    /// Independent integrals, H first.
    pub found: Vec<Integral>,
}

/// The space of candidates.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Searched {
    /// Weighted degree up to which everything was searched.
    pub degree: u32,
    /// What counts how much.
    pub weights: String,
    /// Number of candidate monomials.
    pub basis: usize,
    /// Whether "no more up to this degree" is certain.
    pub complete: bool,
}

/// One integral of motion.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Integral {
    /// energy, momentum, ..., or F with a number.
    pub name: String,
    /// In script syntax.
    pub expression: String,
    /// In LaTeX.
    pub latex: String,
    /// Weighted degree.
    pub degree: u32,
    /// Whether {F, H} = 0 was verified over the rationals.
    pub proved: bool,
    /// identity or second_prime.
    pub how: String,
}

/// The Birkhoff normal form at an elliptic equilibrium.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NormalForm {
    /// The equilibrium, q then p.
    pub equilibrium: Vec<f64>,
    /// Highest degree in coordinates and momenta.
    pub order: usize,
    /// Whether all coefficients are exact.
    pub exact: bool,
    /// Frequencies at the equilibrium, rad per unit time, signed; conserved sums of momenta are taken out.
    pub frequencies: Vec<f64>,
    /// Relations k.omega = 0 up to the order.
    pub resonances: Vec<Vec<i64>>,
    /// h(I1, I2, ...) in script syntax.
    pub hamiltonian_of_actions: String,
    /// The same in LaTeX.
    pub latex: String,
    /// What resonances leave beside it.
    pub resonant_terms: ResonantTerms,
    /// Small divisors met.
    pub near_resonances: Vec<NearResonance>,
    /// Where it may be used.
    pub region: Region,
}

/// Terms of a normal form that turn with a resonant combination of the angles.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ResonantTerms {
    /// How many there are.
    pub count: usize,
    /// Their sum in I1, ... and theta1, ..., in script syntax.
    pub expression: String,
}

/// A combination of frequencies that is nearly zero.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NearResonance {
    /// The whole numbers.
    pub k: Vec<i64>,
    /// k.omega, rad per unit time.
    pub divisor: f64,
}

/// The region of use of a normal form.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Region {
    /// Largest sum of actions; none where no limit was met.
    pub action: Option<f64>,
    /// Least energy on the border; none where the equilibrium is no minimum or there is no border.
    pub energy: Option<f64>,
    /// Largest relative error of the equations of motion inside.
    pub tolerance: f64,
    /// How this was found.
    pub how: String,
}

/// Chaos indicators.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Chaos {
    /// regular, mixed or chaotic; undecided where no orbit could be labelled.
    pub label: String,
    /// Number of orbits.
    pub orbits: usize,
    /// How their starts were drawn.
    #[serde(default)]
    pub starts: String,
    /// The energy whose surface they fill uniformly in Liouville's measure: `fraction` is the share of that surface. None
    /// where they were drawn otherwise.
    #[serde(default)]
    pub energy_surface: Option<f64>,
    /// Integration time.
    pub t: f64,
    /// The alignment index below which an orbit counts as chaotic.
    pub threshold: f64,
    /// How many orbits have which label.
    #[serde(flatten)]
    pub counts: ChaosCounts,
    /// Over the chaotic orbits; none where there are none.
    pub lyapunov: Option<LyapunovSummary>,
    /// One entry an orbit.
    pub orbit: Vec<ChaosOrbit>,
}

/// How many orbits have which label.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ChaosCounts {
    /// Orbits labelled chaotic.
    pub chaotic: usize,
    /// Orbits labelled regular.
    pub regular: usize,
    /// Orbits that were regular for long and then not.
    pub sticky: usize,
    /// Orbits without a label.
    pub undecided: usize,
    /// Orbits that left every bounded region.
    pub escaped: usize,
    /// chaotic / (chaotic + regular); none where both are 0.
    pub fraction: Option<f64>,
    /// 95 % Wilson interval of the fraction.
    pub interval: Option<[f64; 2]>,
}

impl From<&ChaosSummary> for ChaosCounts {
    fn from(summary: &ChaosSummary) -> ChaosCounts {
        ChaosCounts {
            chaotic: summary.n_chaotic,
            regular: summary.n_regular,
            sticky: summary.n_sticky,
            undecided: summary.n_undecided,
            escaped: summary.n_escaped,
            fraction: summary.fraction,
            interval: summary.interval,
        }
    }
}

/// Maximal Lyapunov exponents of the chaotic orbits, per unit time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LyapunovSummary {
    /// Mean.
    pub mean: Option<f64>,
    /// Median.
    pub median: Option<f64>,
    /// 5 % quantile.
    pub p05: Option<f64>,
    /// 95 % quantile.
    pub p95: Option<f64>,
}

/// The indicators of one orbit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ChaosOrbit {
    /// Where it started, q then p.
    pub initial: Vec<f64>,
    /// chaotic, regular, sticky, undecided or escaped.
    pub state: String,
    /// Maximal Lyapunov exponent over the time integrated, per unit time.
    pub lyapunov: Option<f64>,
    /// Smaller alignment index at the end.
    pub sali: Option<f64>,
    /// The times between which the exponent was measured; none where the orbit escaped at once.
    #[serde(default)]
    pub window: Option<[f64; 2]>,
    /// All Lyapunov exponents over the whole time, the largest first; none where not asked for, the same below.
    #[serde(default)]
    pub spectrum: Option<Vec<f64>>,
    /// GALI_k, the volume that k unit deviation vectors span.
    #[serde(default)]
    pub gali: Option<Vec<Gali>>,
    /// Mean exponential growth of nearby orbits at the end.
    pub megno: Option<f64>,
    /// Its mean over time: 2 on a torus.
    #[serde(default)]
    pub mean_megno: Option<f64>,
    /// Fast Lyapunov indicator: the largest ln |w| of a deviation vector.
    #[serde(default)]
    pub fli: Option<f64>,
    /// The same orthogonal to the flow; none for driven systems.
    #[serde(default)]
    pub ofli: Option<f64>,
    /// When the alignment index passed the threshold.
    pub crossing_time: Option<f64>,
    /// Largest relative error of the energy.
    pub energy_error: Option<f64>,
    /// Relative error of the deviations, by the areas that the flow keeps, where it is above 1e-8: indicators and exponents
    /// are no better than that. None elsewhere.
    #[serde(default)]
    pub blur: Option<f64>,
}

/// Where orbits pass through a surface in phase space.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sections {
    /// The surface, and what holds where it is passed.
    pub at: String,
    /// Names of the coordinates on it.
    pub axes: Vec<String>,
    /// The most crossings of an orbit.
    pub crossings: usize,
    /// The longest time an orbit was followed.
    pub t: Option<f64>,
    /// How crossings were found.
    pub how: String,
    /// One entry an orbit.
    pub orbits: Vec<SectionOrbit>,
}

/// The crossings of one orbit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SectionOrbit {
    /// Where it started, q then p.
    pub initial: Vec<f64>,
    /// How many there are; the bundle has all.
    pub count: usize,
    /// finished, escaped, not_finite or stalled.
    pub ended: String,
    /// Largest relative error of the energy on the section; none for data.
    pub energy_error: Option<f64>,
    /// Largest error of a coordinate that interpolation makes; none where orbits were followed.
    pub interpolation_error: Option<f64>,
    /// The first crossings on the axes, not more than 1000 of all orbits together.
    pub points: Vec<Vec<f64>>,
}

/// The volume that k unit deviation vectors span.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gali {
    /// How many vectors.
    pub k: usize,
    /// At the end, or where it crossed the threshold.
    pub value: Option<f64>,
    /// When it crossed the threshold.
    pub crossing_time: Option<f64>,
}

/// Median and 95 % quantile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// Median.
    pub median: Option<f64>,
    /// 95 % quantile.
    pub p95: Option<f64>,
}

/// The learned action-angle map.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Learned {
    /// The architecture.
    pub network: String,
    /// Trainable numbers.
    pub parameters: usize,
    /// oscillator, rotor, free or frozen, pair by pair.
    pub pairs: Vec<String>,
    /// Relative defect of D^T J D = J over one typical period.
    pub symplectic_defect: Option<f64>,
    /// Relative change of the actions along held-out orbits.
    pub action_drift: Spread,
    /// Relative error of predictions on held-out orbits.
    pub prediction_error: Vec<PredictionError>,
    /// Time at which the median phase error reaches 0.1 rad.
    pub phase_horizon: Option<f64>,
    /// Learned actions in closed form, where found.
    pub actions: Vec<Value>,
    /// The learned h(I).
    pub hamiltonian_of_actions: Option<String>,
    /// The energy as a short formula in the actions, where found.
    #[serde(default)]
    pub energy_of_actions: Option<Value>,
    /// Poisson brackets of learned actions and angles.
    #[serde(default)]
    pub brackets: Option<Brackets>,
    /// Orbits learned from; of a mixed region those that the indicators of chaos call regular.
    #[serde(default)]
    pub training_orbits: Option<usize>,
    /// Where the map fails: drift of held-out orbits against their distance from resonance.
    #[serde(default)]
    pub drift_at_resonance: Option<DriftAtResonance>,
    /// The precision of the training, where it was not double.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precision: Option<String>,
    /// Seconds of training.
    pub seconds: Option<f64>,
}

/// Drift of actions against distance from resonance.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DriftAtResonance {
    /// Largest |k_1| + ... + |k_n| of a resonance k.omega = 0.
    pub order: u32,
    /// The quarter of the orbits nearest to one lies within this distance.
    pub within: Option<f64>,
    /// Their median drift.
    pub near: Option<f64>,
    /// The median drift of the others.
    pub elsewhere: Option<f64>,
    /// Every held-out orbit, nearest first.
    pub orbits: Vec<DriftOfOrbit>,
}

/// One held-out orbit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DriftOfOrbit {
    /// Where it starts, in reduced coordinates, q then p.
    pub initial: Vec<f64>,
    /// Relative change of the action that changes most.
    pub drift: Option<f64>,
    /// The nearest resonance k.omega = 0 of the learned frequencies.
    pub k: Vec<i64>,
    /// |k.omega| / (|k| |omega|).
    pub distance: f64,
}

/// Brackets of learned actions and angles, the largest absolute values over points of held-out orbits.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Brackets {
    /// Number of points.
    pub points: usize,
    /// {I_i, I_j} over the sum of the actions' sizes.
    pub actions: Vec<Vec<Option<f64>>>,
    /// {theta_i, I_j}.
    pub angles: Vec<Vec<Option<f64>>>,
    /// The largest |{theta_i, I_j} - delta_ij|.
    pub defect: Option<f64>,
}

/// Prediction error at a time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PredictionError {
    /// The horizon.
    pub t: f64,
    /// Median.
    pub median: Option<f64>,
    /// 95 % quantile.
    pub p95: Option<f64>,
}

/// One fact, as each witness has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Witness {
    /// The fact.
    pub claim: String,
    /// What algebra says.
    pub symbolic: Option<String>,
    /// What the orbits say.
    pub measured: Option<String>,
    /// What the network says.
    pub learned: Option<String>,
    /// Whether those who speak agree; none where fewer than two speak.
    pub agree: Option<bool>,
}

/// A pass and how it ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PassRecord {
    /// Its name.
    pub name: String,
    /// done, skipped, failed or stopped.
    pub status: String,
    /// Why it did not finish.
    pub reason: Option<String>,
    /// Wall time.
    pub seconds: Option<f64>,
    /// The kinds it needs, and those it looks at where they are there.
    #[serde(default)]
    pub needs: Vec<String>,
    /// The kinds it gives.
    #[serde(default)]
    pub gives: Vec<String>,
    /// What the pass wanted to be said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Artifacts of kinds that have no key of their own in this document.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub artifacts: Map<String, Value>,
    /// What the pass has found out, one sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<String>,
    /// Its tables.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tables: Vec<Table>,
    /// Its plots: maps of title, x, y, log and series, names with lists of points.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub plots: Vec<Value>,
}

/// A table that a script wrote.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// What it shows.
    pub title: String,
    /// The names of its columns.
    pub columns: Vec<String>,
    /// Its rows, one value a column; null where a row has none.
    pub rows: Vec<Vec<Value>>,
}

/// What is needed to do it again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// Version of aatool.
    pub aatool: String,
    /// Instruction set of the kernels.
    pub isa: String,
    /// The seed.
    pub seed: u64,
    /// Every script that took part.
    pub scripts: Vec<Script>,
    /// Plugins, as name@version.
    pub plugins: Vec<String>,
    /// What may differ between two equal runs.
    pub volatile: Volatile,
}

/// A script that took part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Script {
    /// Where it was found.
    pub path: String,
    /// Hash of its text.
    pub sha256: String,
}

/// What may differ between two equal runs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Volatile {
    /// Number of threads.
    pub threads: usize,
    /// Start, seconds since 1970 UTC.
    pub started: u64,
    /// Wall time of the whole analysis.
    pub seconds: Option<f64>,
    /// The command line.
    pub command: Vec<String>,
}

/// The number, where it is finite.
pub fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// The document without what may differ between two equal runs: `provenance.volatile` and every `seconds`.
pub fn stable(document: &Value) -> Value {
    match document {
        Value::Object(map) => map
            .iter()
            .filter(|(key, _)| !matches!(key.as_str(), "volatile" | "seconds"))
            .map(|(key, value)| (key.clone(), stable(value)))
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(items) => items.iter().map(stable).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_present_and_null_where_nothing_ran() {
        let value = serde_json::to_value(Document { format: FORMAT, ..Document::default() }).unwrap();
        let keys: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(
            keys,
            [
                "format",
                "system",
                "verdict",
                "claims",
                "integrals",
                "obstruction",
                "normal_form",
                "chaos",
                "sections",
                "kam",
                "frequencies",
                "learned",
                "witnesses",
                "passes",
                "provenance"
            ]
        );
        assert!(value["chaos"].is_null());
    }

    #[test]
    fn equality_leaves_out_clocks_and_threads() {
        let with = |threads, seconds| {
            let volatile = Volatile { threads, ..Volatile::default() };
            let provenance = Provenance { volatile, ..Provenance::default() };
            let passes = vec![PassRecord { seconds: Some(seconds), ..PassRecord::default() }];
            serde_json::to_value(Document { passes, provenance, ..Document::default() }).unwrap()
        };
        assert_ne!(with(1, 2.0), with(2, 3.0));
        assert_eq!(stable(&with(1, 2.0)), stable(&with(2, 3.0)));
    }
}
