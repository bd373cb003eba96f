//! `aatool simulate`: follows orbits and writes them to a file.

use std::sync::Arc;

use aa_plugin::{Registry, Request};

use crate::Ending;
use crate::cli::Simulate;
use crate::failure::Failure;
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
    systems::use_threads(arguments.system.threads)?;
    let request = Request { system: arguments.name.clone(), ..systems::request(&arguments.system)? };
    let bar = Arc::new(Bar::new());
    let simulated = aa_plugin::simulate(registry, &request, arguments.t, arguments.samples, bar.clone());
    bar.clear();
    let simulated = simulated?;
    aa_dataset::write(&simulated.bundle()?, &arguments.out)?;
    println!("{}", simulated.summary);
    println!("written to {}", arguments.out.display());
    Ok(Ending::AllMet)
}
