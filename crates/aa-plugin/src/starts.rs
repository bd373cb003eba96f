//! Where orbits start: what the script says, overruled by what was asked for.

use aa_dynamics::{InitialConditions, InitialRequest, Reduction, Sampling, initial_conditions};

use crate::analysis::Start;
use crate::form::Form;
use crate::{Code, Error, System};

/// The fewest points drawn to see whether there are any.
const PROBE: usize = 1;

/// The request for starting points of a system, and the number of orbits where the script or the user says it.
///
/// # Errors
/// A point or a box of the wrong length.
pub(crate) fn request(system: &System, start: &Start, seed: u64) -> Result<(InitialRequest, Option<usize>), Error> {
    let script = system.initial.clone().unwrap_or_default();
    let form = Form::of_system(&system.hamiltonian);
    let expected = form.point_length(&system.hamiltonian);
    let order = if form == Form::Poisson { "one for each variable" } else { "q then p" };
    check_points(start, &system.name, expected, order)?;
    let bounds = start.bounds.clone().map(|bounds| form.extended(bounds, (0.0, 0.0)));
    let chosen = start.energy.is_some() || bounds.is_some();
    let on_surface = start.sampling == Sampling::Microcanonical;
    let asked = start.points.clone().map(|points| points.into_iter().map(|p| form.extended(p, 0.0)).collect());
    let points = asked.or((!script.points.is_empty() && !chosen && !on_surface).then_some(script.points));
    let orbits = start.orbits.or(points.as_ref().map(Vec::len)).or(script.count);
    let request = InitialRequest {
        energy: start.energy.or(script.energy.filter(|_| bounds.is_none())),
        within: bounds.or(script.bounds.filter(|_| !on_surface)),
        points,
        sampling: start.sampling,
        ..InitialRequest::new(orbits.unwrap_or(PROBE), seed)
    };
    Ok((request, orbits))
}

/// Refuses points and boxes that were asked for and do not have as many numbers as expected.
pub(crate) fn check_points(start: &Start, name: &str, expected: usize, order: &str) -> Result<(), Error> {
    let points = start.points.iter().flatten().map(|point| ("point", "numbers", point.len()));
    let boxes = start.bounds.iter().map(|bounds| ("box", "pairs", bounds.len()));
    match points.chain(boxes).find(|(_, _, length)| *length != expected) {
        None => Ok(()),
        Some((what, of, length)) => {
            Err(Error::BadStart { reason: format!("a {what} of {name} has {expected} {of}, {order}; came {length}") })
        }
    }
}

/// Whether orbits of the system can start somewhere: canonical systems have equilibria to look around; others start
/// where the script or the user says.
pub(crate) fn have_a_place(system: &System, request: &InitialRequest) -> bool {
    match Form::of_system(&system.hamiltonian) {
        Form::Canonical => true,
        Form::Driven | Form::Poisson => request.within.is_some() || request.points.is_some(),
    }
}

/// Draws starting points without taking anything out of the system.
///
/// # Errors
/// There is no valid starting point; said at the script's `initial_conditions`, or at its start where it has none.
pub(crate) fn draw(system: &System, request: &InitialRequest) -> Result<InitialConditions, Error> {
    let whole = Reduction::new(&system.hamiltonian, &[]).map_err(|error| fault(system, &error))?;
    initial_conditions(&system.hamiltonian, &whole, request).map_err(|error| fault(system, &error))
}

/// An error of the dynamics as one of the script.
pub(crate) fn fault(system: &System, error: &aa_dynamics::Error) -> Error {
    let line = system.text.lines().position(|line| line.contains("fn initial_conditions")).map_or(1, |line| line + 1);
    let place = crate::Place::new(&system.path, &system.text, line, 1);
    let hint = "see where orbits start: fn initial_conditions(k), --energy, --initial, --box";
    Error::script(place, format!("no valid initial condition: {error}"), Some(hint.into())).coded(Code::Initial)
}
