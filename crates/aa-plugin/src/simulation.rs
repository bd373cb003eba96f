//! Orbits of a system, followed and kept: what `aatool simulate` writes.

use std::sync::Arc;

use aa_analysis::Watch;
use aa_dataset::{Bundle, Dataset, trajectories_group};
use aa_dynamics::Error::{NotQuadratic, NotSeparable, UnknownIntegrator};
use aa_dynamics::flow::casimir_drifts;
use aa_dynamics::integrator::{METHODS, simulate_by};
use aa_dynamics::{Ensemble, FlowOptions, Simulation, simulate as follow};

use crate::analysis::{Request, load};
use crate::{Error, Registry, System};

/// Orbits, where nobody says how many.
const DEFAULT_ORBITS: usize = 20;

/// Orbits of a system.
pub struct Simulated {
    /// What was done, in one sentence.
    pub summary: String,
    system: System,
    simulation: Simulation,
}

/// How orbits are followed.
#[derive(Clone, Debug, PartialEq)]
pub struct SimulationOptions {
    /// How long.
    pub t: f64,
    /// Samples of each orbit, at equal steps from 0 to `t`.
    pub samples: usize,
    /// The name of an integrator with a fixed step, and its longest step; none for the Taylor integrator.
    pub fixed: Option<(String, f64)>,
}

/// Follows orbits of the system that a request names.
///
/// # Errors
/// The system is wrong, there is no valid initial condition, or the integrator does not take this system.
pub fn simulate(
    registry: &Registry,
    request: &Request,
    options: &SimulationOptions,
    watch: Arc<dyn Watch>,
) -> Result<Simulated, Error> {
    let SimulationOptions { t, samples, fixed } = options;
    let system = load(registry, request)?;
    let (mut initial, orbits) = crate::starts::request(&system, &request.start, request.seed)?;
    initial.count = orbits.unwrap_or(DEFAULT_ORBITS);
    let drawn = crate::starts::draw(&system, &initial)?;
    let times: Vec<f64> = (0..*samples).map(|i| t * i as f64 / (samples - 1) as f64).collect();
    watch.progress("following orbits", 0, 1);
    let flow = FlowOptions::default();
    let simulation = match fixed {
        None => follow(&system.hamiltonian, &drawn.points, &times, &flow),
        Some((name, h)) => simulate_by(name, &system.hamiltonian, &drawn.points, &times, *h, flow.bound),
    };
    let simulation = simulation.map_err(|error| match error {
        UnknownIntegrator { name, .. } => {
            let known = std::iter::once("taylor").chain(METHODS).map(str::to_string).collect();
            Error::UnknownOption { what: "there is no integrator".into(), name, known }
        }
        NotSeparable | NotQuadratic => Error::BadStart { reason: error.to_string() },
        error => crate::starts::fault(&system, &error),
    })?;
    let left = simulation.outcomes.iter().filter(|outcome| !outcome.is_finished()).count();
    let worst = (0..drawn.points.len()).map(|orbit| simulation.energy_error(orbit)).fold(0.0, f64::max);
    let casimirs = casimir_drifts(&system.hamiltonian, &simulation.ensemble)
        .map_err(|error| crate::starts::fault(&system, &error))?;
    let drifts = casimirs.iter().map(|(casimir, drift)| format!("; of the Casimir {casimir} {drift:.1e}"));
    let by = fixed.as_ref().map(|(name, h)| format!(" by {name} with steps up to {h}")).unwrap_or_default();
    let summary = format!(
        "{} orbits to t = {t}{by}, {}; {left} left every bounded region; largest relative error of the energy {worst:.1e}{}",
        drawn.points.len(),
        drawn.described,
        drifts.collect::<String>(),
    );
    Ok(Simulated { summary, system, simulation })
}

impl Simulated {
    /// The orbits.
    pub fn orbits(&self) -> &Ensemble {
        &self.simulation.ensemble
    }

    /// The orbits as a bundle that `--data` reads; rows after an escape are NaN.
    ///
    /// # Errors
    /// The orbits do not fit together, which would be a mistake of ours.
    pub fn bundle(&self) -> Result<Bundle, aa_dataset::Error> {
        let mut bundle = Bundle::default();
        let simulation = &self.simulation;
        let energies = simulation.energies.concat();
        *bundle.group_mut("trajectories") = trajectories_group(&simulation.ensemble, Some(&energies))?;
        let space = self.system.hamiltonian.space();
        let names: Vec<String> = space.symbols().iter().map(|symbol| symbol.to_string()).collect();
        let mut text = |path: &str, value: String, long_name: &str| {
            bundle.insert(path, Dataset::scalar(value).long_name(long_name));
        };
        text("system/name", self.system.name.clone(), "name of the system");
        text("system/script", self.system.text.clone(), "the system's script");
        text("system/hamiltonian", self.system.hamiltonian.energy().to_string(), "H in script syntax");
        let names = Dataset::array([("symbol", names.len())], names);
        bundle.insert("system/symbols", names.long_name("coordinates, then momenta"));
        Ok(bundle)
    }
}
