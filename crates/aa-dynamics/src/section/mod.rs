//! Sections: where orbits pass through a surface in phase space (Poincare), to rounding.
//!
//! Every step of the Taylor integrator is a polynomial in time. A bound on its terms tells most steps that pass no
//! surface; in the others all sign changes are isolated and refined, and the point comes from the series, so that it is
//! as accurate as the orbit itself. A section of time (stroboscopic) needs no search. For orbits known only by samples,
//! see [`stored_crossings`].

mod choice;
mod parse;
mod rider;
mod roots;
mod stored;
mod surface;

pub use choice::default_section;
pub use stored::{STENCIL, StoredCrossings, stored_crossings};
pub use surface::{Condition, Direction, Section, Surface};

use crate::flow::{Equations, check_points, farthest};
use crate::{Ensemble, Error, Hamiltonian, Outcome};
use rider::SectionRider;

/// How long crossings are gathered.
#[derive(Clone, Debug, PartialEq)]
pub struct SectionOptions {
    /// The most crossings of an orbit; it ends there.
    pub crossings: usize,
    /// The longest time an orbit is followed, crossings or not.
    pub t: f64,
    /// Local error of a step, relative to the largest coordinate or momentum.
    pub tolerance: f64,
    /// Bound of escape, as in [`crate::FlowOptions`].
    pub bound: f64,
}

impl Default for SectionOptions {
    fn default() -> Self {
        SectionOptions { crossings: 1000, t: 1e5, tolerance: 1e-15, bound: 100.0 }
    }
}

/// Where one orbit passes a section.
#[derive(Clone, Debug, PartialEq)]
pub struct Crossings {
    /// Where the orbit starts. A start on the section is no crossing.
    pub initial: Vec<f64>,
    /// When it passes.
    pub t: Vec<f64>,
    /// The points, one after another, each with all variables of phase space.
    pub points: Vec<f64>,
    /// The largest relative error of the energy at the points, as in [`crate::Simulation::energy_error`].
    pub energy_error: f64,
    /// How the orbit ended: finished at the last crossing asked for or at the longest time.
    pub outcome: Outcome,
}

impl Default for Crossings {
    fn default() -> Self {
        Crossings { initial: vec![], t: vec![], points: vec![], energy_error: 0.0, outcome: Outcome::Finished }
    }
}

/// The crossings of each orbit, in the order of the initial points, on the threads of the current pool.
///
/// ```
/// use aa_dynamics::section::{Section, SectionOptions, crossings};
/// use aa_dynamics::{Hamiltonian, PhaseSpace};
/// let space = PhaseSpace::lines(["x"]);
/// let energy = (space.p(0).powi(2) + space.q(0).powi(2)) / 2;
/// let section = Section::parse("x = 0, px > 0", &space).unwrap();
/// let oscillator = Hamiltonian::new(energy, space).unwrap();
/// let options = SectionOptions { crossings: 3, ..SectionOptions::default() };
/// let found = crossings(&oscillator, &section, &[vec![1.0, 0.0]], &options).unwrap();
/// // x = cos t passes 0 upwards at 3 pi / 2, and 2 pi later again.
/// assert!((found[0].t[2] - 5.5 * std::f64::consts::PI).abs() < 1e-14);
/// ```
///
/// # Errors
/// A point without one number for each variable, a time that is not positive, or a bad tolerance.
pub fn crossings(
    system: &Hamiltonian,
    section: &Section,
    points: &[Vec<f64>],
    options: &SectionOptions,
) -> Result<Vec<Crossings>, Error> {
    check_points(system, points)?;
    if !(options.t > 0.0 && options.t.is_finite()) {
        return Err(Error::BadTimes);
    }
    let equations = Equations::new(system, options.tolerance)?;
    let time = system.dof().wrapping_sub(1);
    let is_stroboscopic = system.is_driven() && matches!(section.surface.normal.as_slice(), [(i, _)] if *i == time);
    let rider = |point| {
        let start = (point, farthest(system, point, options.bound));
        SectionRider::new(&equations, section, is_stroboscopic, options, start)
    };
    let riders: Vec<SectionRider<'_>> = points.iter().map(|point: &Vec<f64>| rider(point.as_slice())).collect();
    let mut found: Vec<Crossings> =
        equations.taylor.carry(riders).into_iter().map(SectionRider::into_crossings).collect();
    for orbit in &mut found {
        orbit.energy_error = energy_error(system, orbit)?;
    }
    Ok(found)
}

fn energy_error(system: &Hamiltonian, orbit: &Crossings) -> Result<f64, Error> {
    let rows = [orbit.initial.as_slice(), &orbit.points].concat();
    let t = (0..=orbit.t.len()).map(|i| i as f64).collect();
    let ensemble = Ensemble { orbits: vec![rows], ..Ensemble::of_space(system.space(), t) };
    let errors = crate::flow::energy_errors(system, &ensemble, &crate::flow::energies(system, &ensemble)?);
    Ok(errors[0])
}

#[cfg(test)]
mod tests;
