//! Chaos over a family: which share of the tori survives as a parameter is swept?
//!
//! Every member is measured on the same initial conditions: those of a lattice `x=0,y=-0.4:0.4:0.02,px=+`, whose last
//! entry takes the momentum from the energy, or those of the script. What cannot be measured is a row that says why.

use aa_analysis::Watch;
use aa_analysis::document::ChaosCounts;
use aa_analysis::instruments::linear_momenta;
use aa_dynamics::chaos::ChaosSummary;
use aa_dynamics::integrals::{Degree, SearchOptions, find_integrals};
use aa_dynamics::wilson::wilson_interval;
use aa_dynamics::{ChaosOptions, InitialConditions, Reduction, Sampling, measure_chaos, on_energy};
use aa_symbolic::{Rational, to_f64};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::grid::{Axis, members, refusal};
use super::{ScanRequest, Scanner};
use crate::analysis::Start;
use crate::form::Form;
use crate::{Error, Registry, System};

/// Orbits of a member, where nobody says how many.
const DEFAULT_ORBITS: usize = 40;

/// What to measure over a family.
#[derive(Clone, Debug, Default)]
pub struct ChaosScanRequest {
    /// The members.
    pub family: ScanRequest,
    /// Energy, number of orbits or points, in place of the script's.
    pub start: Start,
    /// A lattice of starts, entry by entry: `NAME=VALUE` and `NAME=LO:HI:STEP` set a coordinate or momentum (the others
    /// are 0), `NAME=+` or `NAME=-` takes a momentum of that sign from the energy.
    pub line: Vec<String>,
    /// How long orbits are followed, in units of time.
    pub t: f64,
    /// The seed of every random choice.
    pub seed: u64,
}

/// What was measured, as `aatool scan --measure chaos --format json` prints it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChaosScan {
    /// The version of the document: 1.
    pub format: u32,
    /// Always `chaos`.
    pub measure: String,
    /// The system's name.
    pub system: String,
    /// The ranges, by parameter.
    pub over: Map<String, Value>,
    /// The lattice of starts; none where starts are the script's or given points.
    pub line: Option<String>,
    /// Lowest and highest energy asked for.
    pub energy: Option<[f64; 2]>,
    /// How long orbits were followed, in units of time; a label belongs to its t.
    pub t: f64,
    /// The alignment index below which an orbit counts as chaotic.
    pub threshold: f64,
    /// The seed of every random choice.
    pub seed: u64,
    /// One entry a member, in the order of the grid.
    pub members: Vec<ChaosMember>,
}

/// One member of the family.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ChaosMember {
    /// The values of the parameters scanned.
    pub parameters: Map<String, Value>,
    /// Orbits followed.
    pub orbits: usize,
    /// Starts of the lattice at which this member cannot have the energy.
    pub left_out: usize,
    /// The energy whose surface the orbits fill uniformly in Liouville's measure, so that shares are shares of it; none
    /// where they start otherwise.
    pub energy_surface: Option<f64>,
    /// How many orbits have which label.
    #[serde(flatten)]
    pub counts: ChaosCounts,
    /// Share of surviving tori: regular orbits among all that were followed.
    pub surviving: Option<f64>,
    /// 95 % Wilson interval of that share.
    pub surviving_interval: Option<[f64; 2]>,
    /// Mean of the maximal Lyapunov exponents of the chaotic orbits, per unit time; none where there are none.
    pub lyapunov: Option<f64>,
    /// Why nothing was measured.
    pub reason: Option<String>,
}

/// Measures chaos for every member of a family of systems.
///
/// ```
/// use aa_analysis::Unwatched;
/// use aa_plugin::{ChaosScanRequest, Registry, ScanRequest, SearchPath, Start, scan_chaos};
/// let registry = Registry::open(&SearchPath::bundled_only()).unwrap();
/// let over = vec!["C=-1:1:2".into()];
/// let family = ScanRequest { system: "henon_heiles".into(), over, ..ScanRequest::default() };
/// let start = Start { energy: Some((0.16, 0.16)), ..Start::default() };
/// let line = ["y=-0.2:0.2:0.1", "px=+"].map(String::from).to_vec();
/// let request = ChaosScanRequest { family, start, line, t: 1000.0, seed: 1 };
/// let scan = scan_chaos(&registry, &request, &Unwatched).unwrap();
/// // C = -1 is the integrable case of Sawada and Kotera.
/// assert_eq!(scan.members[0].surviving, Some(1.0));
/// assert!(scan.members[1].counts.chaotic > 0);
/// ```
///
/// # Errors
/// The system or a range is wrong; the lattice or the energy makes no sense; no member could be measured.
pub fn scan_chaos(registry: &Registry, request: &ChaosScanRequest, watch: &dyn Watch) -> Result<ChaosScan, Error> {
    let (scanner, grid) = Scanner::of(registry, &request.family, watch)?;
    let lattice = Lattice::read(request)?;
    let options = ChaosOptions { t: request.t, seed: request.seed, ..ChaosOptions::default() };
    let mut rows = Vec::new();
    for (i, values) in grid.iter().enumerate() {
        watch.progress("measuring chaos", i, grid.len());
        let measured = scanner.load(values, &[]).map_err(|error| error.to_string());
        let measured = measured.and_then(|system| measure(&system, lattice.as_ref(), request, &options));
        let row = measured.unwrap_or_else(|reason| ChaosMember { reason: Some(reason), ..ChaosMember::default() });
        rows.push(ChaosMember { parameters: scanner.parameters(values), ..row });
    }
    if let (Some(reason), true) = (rows[0].reason.as_ref(), rows.iter().all(|row| row.reason.is_some())) {
        let reason = format!("no member can be measured; the first says: {reason}");
        return Err(refusal(reason, "see where orbits start: --line, --energy, --initial, fn initial_conditions(k)"));
    }
    Ok(ChaosScan {
        format: 1,
        measure: "chaos".into(),
        system: scanner.source.name.clone(),
        over: scanner.over(),
        line: lattice.map(|_| request.line.join(",")),
        energy: request.start.energy.map(|(low, high)| [low, high]),
        t: options.t,
        threshold: options.threshold,
        seed: request.seed,
        members: rows,
    })
}

/// The row of one member, or why it has none.
fn measure(
    system: &System,
    lattice: Option<&Lattice>,
    request: &ChaosScanRequest,
    options: &ChaosOptions,
) -> Result<ChaosMember, String> {
    let hamiltonian = &system.hamiltonian;
    if Form::of_system(hamiltonian) != Form::Canonical {
        return Err("chaos is measured for canonical systems that do not depend on time".into());
    }
    let said = |error: aa_dynamics::Error| error.to_string();
    let search = SearchOptions { degree: Degree::Fixed(1), ..SearchOptions::default() };
    let drifts = linear_momenta(hamiltonian, &find_integrals(hamiltonian, &search).map_err(said)?);
    let reduction = Reduction::new(hamiltonian, &drifts).map_err(said)?;
    let (points, left_out, energy_surface) = match lattice {
        Some(lattice) => {
            let (points, left_out) = lattice.points(system)?;
            (points, left_out, None)
        }
        None => {
            let InitialConditions { points, surface, .. } = drawn(system, &reduction, request)?;
            (points, 0, surface)
        }
    };
    let measured = measure_chaos(reduction.reduced(), &reduction.all_to_reduced(&points), options).map_err(said)?;
    Ok(ChaosMember { left_out, energy_surface, ..row(&measured.summary, points.len()) })
}

/// Starts as the script or the command line says; the same random numbers for every member.
fn drawn(system: &System, reduction: &Reduction, request: &ChaosScanRequest) -> Result<InitialConditions, String> {
    let (mut initial, orbits) =
        crate::starts::request(system, &request.start, request.seed).map_err(|error| error.to_string())?;
    initial.count = orbits.unwrap_or(DEFAULT_ORBITS);
    let drawn = aa_dynamics::initial_conditions(&system.hamiltonian, reduction, &initial);
    drawn.map_err(|error| format!("no valid initial condition: {error}"))
}

fn row(summary: &ChaosSummary, orbits: usize) -> ChaosMember {
    ChaosMember {
        orbits,
        counts: summary.into(),
        surviving: Some(summary.n_regular as f64 / orbits as f64),
        surviving_interval: wilson_interval(summary.n_regular, orbits),
        lyapunov: summary.lyapunov.filter(|_| summary.n_chaotic > 0).map(|spread| spread.mean),
        ..ChaosMember::default()
    }
}

/// A lattice of starts.
struct Lattice {
    axes: Vec<Axis>,
    grid: Vec<Vec<Rational>>,
    /// The momentum that the energy decides: its name, sign and the energy.
    solved: Option<(String, f64, f64)>,
}

impl Lattice {
    /// The lattice that is asked for, if one is.
    fn read(request: &ChaosScanRequest) -> Result<Option<Lattice>, Error> {
        let (start, given) = (&request.start, format!("--line {}", request.line.join(",")));
        if request.line.is_empty() {
            return Ok(None);
        }
        let given_otherwise = start.points.is_some() || start.bounds.is_some() || start.orbits.is_some();
        if given_otherwise || start.sampling != Sampling::default() {
            let hint = "leave --initial, --box, --orbits and --sampling out";
            return Err(refusal(format!("`{given}` says where every orbit starts"), hint));
        }
        let (signs, entries): (Vec<&String>, Vec<&String>) =
            request.line.iter().partition(|entry| entry.ends_with("=+") || entry.ends_with("=-"));
        let axes: Vec<Axis> = entries.iter().map(|entry| Axis::read("--line", entry)).collect::<Result<_, _>>()?;
        let solved = match (signs[..].as_ref(), start.energy) {
            ([], None) => None,
            ([entry], Some((low, high))) if low == high => {
                let (name, sign) = entry.split_at(entry.len() - 2);
                Some((name.trim().to_string(), if sign == "=+" { 1.0 } else { -1.0 }, low))
            }
            _ => {
                let hint = "for example: --line x=0,y=-0.4:0.4:0.02,px=+ --energy 1/8";
                return Err(refusal(format!("`{given}`: one momentum and one --energy decide each other"), hint));
            }
        };
        Ok(Some(Lattice { grid: members(&axes)?, axes, solved }))
    }

    /// The starts of a member, and how many of the lattice are none of its.
    fn points(&self, system: &System) -> Result<(Vec<Vec<f64>>, usize), String> {
        let symbols = system.hamiltonian.space().symbols();
        let place = |name: &String| {
            let found = symbols.iter().position(|symbol| symbol.to_string() == *name);
            found.ok_or_else(|| format!("`--line`: {} has no coordinate or momentum `{name}`", system.name))
        };
        let places: Vec<usize> = self.axes.iter().map(|axis| place(&axis.name)).collect::<Result<_, _>>()?;
        let point = |values: &Vec<Rational>| {
            let mut point = vec![0.0; symbols.len()];
            places.iter().zip(values).for_each(|(&place, value)| point[place] = to_f64(value));
            point
        };
        let all: Vec<Vec<f64>> = self.grid.iter().map(point).collect();
        let Some((name, sign, energy)) = &self.solved else { return Ok((all, 0)) };
        let momentum = place(name)?.checked_sub(system.hamiltonian.dof());
        let momentum = momentum.ok_or_else(|| format!("`--line`: the energy decides a momentum, not `{name}`"))?;
        let found = on_energy(&system.hamiltonian, &all, momentum, *sign, *energy).map_err(|e| e.to_string())?;
        let points: Vec<Vec<f64>> = found.into_iter().flatten().collect();
        match points.len() {
            0 => Err(format!("no start of the line can have energy {energy}")),
            n => Ok((points, all.len() - n)),
        }
    }
}
