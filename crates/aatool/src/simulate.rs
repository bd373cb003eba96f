//! `aatool simulate`: follows orbits and writes them to a file.

use std::sync::Arc;

use aa_plugin::{Registry, Request, SimulationOptions};

use crate::Ending;
use crate::cli::Simulate;
use crate::failure::Failure;
use crate::output::tell;
use crate::progress::Bar;
use crate::systems;

pub(crate) fn simulate(registry: &Arc<Registry>, arguments: &Simulate) -> Result<Ending, Failure> {
    let long_enough = arguments.t.is_finite() && arguments.t > 0.0;
    if !long_enough || arguments.samples < 2 {
        return Err(Failure::usage(
            "an orbit has a length and two samples at least",
            "expected --t > 0, --samples > 1",
        ));
    }
    if !(arguments.step > 0.0 && arguments.step.is_finite()) {
        return Err(Failure::usage(format!("`--step {}` leads nowhere", arguments.step), "expected a positive number"));
    }
    systems::use_threads(arguments.system.threads)?;
    let request = Request { system: arguments.name.clone(), ..systems::request(&arguments.system)? };
    let bar = Arc::new(Bar::new());
    let how = SimulationOptions {
        t: arguments.t,
        samples: arguments.samples,
        fixed: (arguments.integrator != "taylor").then(|| (arguments.integrator.clone(), arguments.step)),
    };
    let simulated = aa_plugin::simulate(registry, &request, &how, bar.clone());
    bar.clear();
    let simulated = simulated?;
    aa_dataset::write(&simulated.bundle()?, &arguments.out)?;
    tell!("{}", simulated.summary);
    tell!("written to {}", arguments.out.display());
    Ok(Ending::AllMet)
}
