//! New orbits for a report: from a point of its section, followed as those of the analysis were.

use std::path::Path;
use std::sync::Arc;

use aa_analysis::instruments::Orbits;
use aa_analysis::{Document, Unwatched};
use aa_dataset::{Bundle, ensemble};
use aa_dynamics::chaos::{ChaosOptions, measure_chaos};
use aa_dynamics::section::{Section, SectionOptions, crossings};
use aa_dynamics::{FlowOptions, Hamiltonian, simulate};
use aa_symbolic::{Expr, differentiate, evaluate};
use serde_json::{Value, json};

use crate::analysis::{Analysis, PassOption, examine, open};
use crate::recipe::{Material, Recipe};
use crate::{Error, Registry};

/// A system from its bundle, and the section of its report.
pub struct Live {
    analysis: Analysis,
    section: Section,
    /// Whether the section is one of the reduced system; of the system itself where nothing was taken out.
    reduced: bool,
    /// The two variables that the report draws.
    axes: [usize; 2],
    /// All points of the section, each with all variables.
    points: Vec<Vec<f64>>,
    how: SectionOptions,
    chaos: ChaosOptions,
    /// When an orbit is sampled to be drawn.
    times: Vec<f64>,
}

/// The passes by whose results orbits are followed.
const TRAJECTORIES: &str = "trajectories";
const INTEGRALS: &str = "conserved_quantities";

impl Live {
    /// Opens the system of a bundle that was read from `path`.
    ///
    /// # Errors
    /// The bundle is of data, or has no section or no orbits; its script no longer runs.
    pub fn open(registry: &Arc<Registry>, bundle: &Bundle, document: &Document, path: &Path) -> Result<Live, Error> {
        let lacks = |what: &'static str| Error::Lacks {
            path: path.display().to_string(),
            what,
            hint: "`aatool analyze --system NAME --out FILE.h5` writes all that a live page needs",
        };
        let sections = document.sections.as_ref().ok_or_else(|| lacks("section"))?;
        let beginnings = bundle.group("beginnings").map_err(|_| lacks("orbit to draw"))?;
        let analysis = orbits_again(registry, Recipe::of(bundle, path)?, &lacks)?;
        let names = bundle.dataset("sections/names")?.texts("sections/names")?;
        let full = analysis.study.hamiltonian().ok();
        let systems = [full, orbits_of(&analysis).map(Orbits::hamiltonian)];
        let has_names =
            |system: &Hamiltonian| system.space().symbols().iter().map(Expr::to_string).eq(names.iter().cloned());
        let [full, reduced] = systems.map(|system| system.filter(|system| has_names(system)));
        let system = reduced.or(full).ok_or_else(|| lacks("system of its section"))?;
        let reduced = reduced.is_some();
        let section = Section::parse(&sections.at, system.space()).map_err(|_| lacks("section of its system"))?;
        let &[x, y, ..] = section.axes(system.space()).as_slice() else { return Err(lacks("section with two axes")) };
        let stored = bundle.dataset("sections/points")?.floats("sections/points")?.chunks_exact(names.len());
        let points: Vec<Vec<f64>> = stored.filter(|point| point[0].is_finite()).map(<[f64]>::to_vec).collect();
        if points.is_empty() {
            return Err(lacks("point on its section"));
        }
        let chaos = document.chaos.as_ref();
        let defaults = ChaosOptions::default();
        Ok(Live {
            reduced,
            axes: [x, y],
            points,
            how: SectionOptions { crossings: sections.crossings, t: sections.t.unwrap_or(1e4), ..Default::default() },
            chaos: ChaosOptions {
                t: chaos.map_or(defaults.t, |chaos| chaos.t),
                threshold: chaos.map_or(defaults.threshold, |chaos| chaos.threshold),
                ..defaults
            },
            times: ensemble(beginnings)?.t,
            section,
            analysis,
        })
    }

    fn orbits(&self) -> &Orbits {
        orbits_of(&self.analysis).expect("a live system was opened with its orbits")
    }

    fn system(&self) -> &Hamiltonian {
        match self.reduced {
            true => self.orbits().hamiltonian(),
            false => self.analysis.study.hamiltonian().expect("a live system was opened with its Hamiltonian"),
        }
    }

    /// The orbit through the point (x, y) of the section, with the energy of the nearest point there is: its crossings,
    /// its beginning, and what it does.
    ///
    /// # Errors
    /// At that energy no orbit passes there; text for the person who clicked.
    pub fn orbit(&self, x: f64, y: f64) -> Result<Value, String> {
        let system = self.system();
        let start = self.start(system, [x, y])?;
        let text = |error: aa_dynamics::Error| error.to_string();
        let points = [start.clone()];
        let found = crossings(system, &self.section, &points, &self.how).map_err(text)?;
        let chaos = measure_chaos(system, &points, &self.chaos).map_err(text)?;
        let drawn = simulate(system, &points, &self.times, &FlowOptions::default()).map_err(text)?;
        let width = start.len();
        let in_full = |point: &[f64]| if self.reduced { self.orbits().in_full(point) } else { point.to_vec() };
        let [i, j] = self.axes;
        let passes = points.iter().map(Vec::as_slice).chain(found[0].points.chunks_exact(width));
        let rows: Vec<f64> = drawn.ensemble.orbits[0].chunks_exact(width).flat_map(in_full).collect();
        let label = &chaos.orbits[0];
        let number = |value: f64| value.is_finite().then_some(value);
        Ok(json!({
            "orbit": {"start": in_full(&start), "state": label.state.name(), "lyapunov": number(label.lyapunov),
                "sali": number(label.sali)},
            "points": passes.map(|point| [point[i], point[j]]).collect::<Vec<_>>(),
            "rows": rows,
        }))
    }

    /// The nearest known point, moved to (x, y): what the surface and the energy then leave open is solved for.
    fn start(&self, system: &Hamiltonian, at: [f64; 2]) -> Result<Vec<f64>, String> {
        let nearest = self.nearest(at);
        let mut point = nearest.clone();
        for (axis, value) in self.axes.into_iter().zip(at) {
            point[axis] = value;
        }
        let (dropped, factor) = self.section.surface.normal[0];
        let on_surface = |z: &[f64]| self.section.surface.normal.iter().map(|&(i, n)| n * z[i]).sum::<f64>();
        point[dropped] += (on_surface(nearest) - on_surface(&point)) / factor;
        let symbols = system.space().symbols();
        let energy = evaluate(system.energy(), &symbols, nearest);
        if system.space().structure().is_none() {
            let n = system.dof();
            solve(system.energy(), &symbols, &mut point, (dropped + n) % (2 * n), energy)?;
        }
        let holds = |c: &aa_dynamics::section::Condition| (point[c.variable] > c.value) == c.above;
        match self.section.conditions.iter().all(holds) {
            true => Ok(point),
            false => Err(no_room(energy)),
        }
    }

    /// The known point nearest to a place, by the extent of the section.
    fn nearest(&self, at: [f64; 2]) -> &Vec<f64> {
        let extent = self.axes.map(|axis| {
            let values = || self.points.iter().map(|point| point[axis]);
            (values().fold(f64::MIN, f64::max) - values().fold(f64::MAX, f64::min)).max(f64::MIN_POSITIVE)
        });
        let distance =
            |point: &Vec<f64>| -> f64 { (0..2).map(|k| ((point[self.axes[k]] - at[k]) / extent[k]).powi(2)).sum() };
        let closer = |a: &&Vec<f64>, b: &&Vec<f64>| distance(a).total_cmp(&distance(b));
        self.points.iter().min_by(closer).expect("a live section has points")
    }
}

fn no_room(energy: f64) -> String {
    format!("no orbit of energy {energy:.6} passes there")
}

/// Newton's method for the variable `unknown` of a point that is to have this energy.
fn solve(h: &Expr, symbols: &[Expr], point: &mut [f64], unknown: usize, energy: f64) -> Result<(), String> {
    let slope = differentiate(h, &symbols[unknown]);
    let tolerance = 1e-14 * energy.abs().max(1.0); // some roundings of an energy
    for _ in 0..60 {
        let off = evaluate(h, symbols, point) - energy;
        if off.abs() <= tolerance {
            return Ok(());
        }
        let step = off / evaluate(&slope, symbols, point);
        if !step.is_finite() {
            break;
        }
        point[unknown] -= step;
    }
    Err(no_room(energy))
}

/// The orbits of the analysis, by the scripts in its file; only what is taken out of the motion is sought again.
fn orbits_again(
    registry: &Arc<Registry>,
    recipe: Recipe,
    lacks: &dyn Fn(&'static str) -> Error,
) -> Result<Analysis, Error> {
    let Material::System(source) = recipe.material else { return Err(lacks("system")) };
    let has = |pass: &str| recipe.passes.iter().any(|source| source.name == pass);
    if !has(TRAJECTORIES) {
        return Err(lacks("pass that follows orbits"));
    }
    let mut request = recipe.request;
    request.passes = Some(vec![TRAJECTORIES.into()]);
    request.options.retain(|option| has(&option.pass) && option.pass != INTEGRALS);
    let mut set = |pass: &str, option: &str, value: Value| {
        request.options.push(PassOption { pass: pass.into(), option: option.into(), value });
    };
    // Sums of momenta are all that is needed, and those are found at once.
    if has(INTEGRALS) {
        set(INTEGRALS, "degree", 1.into());
    }
    set(TRAJECTORIES, "samples", 16.into());
    examine(registry, &request, recipe.passes, Arc::new(Unwatched), || open(source, &request))
}

fn orbits_of(analysis: &Analysis) -> Option<&Orbits> {
    analysis.study.artifacts.get(TRAJECTORIES)?.payload()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aa_dynamics::PhaseSpace;

    #[test]
    fn the_momentum_left_open_is_solved_for_and_a_place_beyond_the_energy_refused() {
        let space = PhaseSpace::lines(["x", "y"]);
        let symbols = space.symbols();
        let h = symbols.iter().map(|z| z.powi(2)).sum::<Expr>() / 2;
        let mut point = [0.0, 0.3, 0.1, 0.4];
        solve(&h, &symbols, &mut point, 2, 0.5).unwrap();
        assert!((point[2] - 0.75f64.sqrt()).abs() < 1e-14);
        assert!(solve(&h, &symbols, &mut [0.0, 2.0, 0.1, 0.0], 2, 0.5).unwrap_err().contains("0.5"));
    }
}
