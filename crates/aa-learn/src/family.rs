//! Families: one network for all values of a system's parameters.
//!
//! The phase of every shear and the coefficients of h depend on the parameters,
//!
//! ```text
//! b -> b + c.mu          h_j -> h_j + sum over monomials m of h_jm m(mu)          mu = (parameters - centre) / reach
//! ```
//!
//! so that at any fixed parameters the network is one of ridge shears, exactly symplectic, whatever it has learned.
//! Between the values that were shown it interpolates; beyond them nothing holds it.

use crate::frame::Frame;
use crate::hamiltonian_of_actions::{Polynomial, power_product};
use crate::learn::{Course, pursue};
use crate::network::Network;
use crate::weights::{array, find, shaped};
use crate::{ActionAngleMap, Checkpoint, Error, LearnOptions, Moment, NamedArray, Outcome, Progress};
use aa_dynamics::Ensemble;
use aa_dynamics::random::Stream;
use std::borrow::Cow;
use std::ops::{ControlFlow, Range};

/// How a network depends on mu; not at all, by default.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Dependence {
    /// c, layer after layer.
    pub(crate) phases: Vec<f64>,
    /// The monomials of mu, without the constant.
    pub(crate) exponents: Vec<Vec<u32>>,
    /// h_jm: monomial after monomial, one number per coefficient of h.
    pub(crate) h: Vec<f64>,
}

/// Highest degree of mu in the coefficients of h.
const DEGREE: usize = 4;
/// Standard deviation of c at first: the shears differ in how they move with mu from the beginning.
const FIRST_PHASE: f64 = 0.5;

impl Dependence {
    /// No dependence yet in h, random phases, for a family whose parameters take so many values at least.
    pub(crate) fn random(n_parameters: usize, n_values: usize, network: &Network, stream: &mut Stream) -> Self {
        if n_parameters == 0 {
            return Dependence::default();
        }
        let degree = DEGREE.min(n_values - 1).max(1) as u32;
        let exponents = Polynomial::zero(n_parameters, degree).exponents;
        let phases = (0..network.stack.depth() * n_parameters).map(|_| FIRST_PHASE * stream.normal()).collect();
        let h = vec![0.0; exponents.len() * network.h.coefficients.len()];
        Dependence { phases, exponents, h }
    }

    /// The number of parameters.
    pub(crate) fn n_parameters(&self) -> usize {
        self.exponents.first().map_or(0, Vec::len)
    }

    /// The monomials at some mu.
    pub(crate) fn monomials(&self, mu: &[f64]) -> Vec<f64> {
        self.exponents.iter().map(|exponents| power_product(mu, exponents)).collect()
    }

    /// Derivatives by phases and by coefficients of h, from those by b of every layer and by the coefficients at mu.
    pub(crate) fn gradient(&self, mu: &[f64], by_phase: &[f64], by_h: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let phases = by_phase.iter().flat_map(|g| mu.iter().map(move |mu| g * mu)).collect();
        let h = self.monomials(mu).into_iter().flat_map(|m| by_h.iter().map(move |g| g * m)).collect();
        (phases, h)
    }
}

impl Network {
    /// The network at some mu, which depends on nothing any more.
    pub(crate) fn at(&self, mu: &[f64]) -> Cow<'_, Network> {
        if self.family.n_parameters() == 0 {
            return Cow::Borrowed(self);
        }
        let mut bound = Network { family: Dependence::default(), ..self.clone() };
        let stride = bound.stack.stride();
        let layers = bound.stack.parameters.chunks_exact_mut(stride);
        for (layer, c) in layers.zip(self.family.phases.chunks_exact(mu.len())) {
            layer[1] += c.iter().zip(mu).map(|(c, mu)| c * mu).sum::<f64>();
        }
        let n_h = bound.h.coefficients.len();
        for (of_h, m) in self.family.h.chunks_exact(n_h).zip(self.family.monomials(mu)) {
            bound.h.coefficients.iter_mut().zip(of_h).for_each(|(coefficient, by_m)| *coefficient += m * by_m);
        }
        Cow::Owned(bound)
    }
}

/// Orbits of one member of a family.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Member {
    /// Its orbits among those of all.
    pub(crate) orbits: Range<usize>,
    pub(crate) mu: Vec<f64>,
}

/// The number of different values of the parameter that varies and has the fewest: a polynomial in mu may have one degree
/// less.
pub(crate) fn fewest_values(members: &[Member]) -> usize {
    let n_values = |i: usize| {
        let mut values: Vec<f64> = members.iter().map(|member| member.mu[i]).collect();
        values.sort_by(f64::total_cmp);
        values.dedup();
        values.len()
    };
    (0..members[0].mu.len()).map(n_values).filter(|n| *n > 1).min().unwrap_or(1)
}

/// The action-angle maps of all members of a family of systems.
#[derive(Clone, Debug, PartialEq)]
pub struct FamilyMap {
    frame: Frame,
    network: Network,
    scale: Scale,
}

/// What makes parameters of order one.
#[derive(Clone, Debug, PartialEq)]
struct Scale {
    centre: Vec<f64>,
    reach: Vec<f64>,
}

impl Scale {
    fn of(parameters: &[&[f64]]) -> Scale {
        let n = parameters.first().map_or(0, |first| first.len());
        let ends = |i: usize| {
            let values = || parameters.iter().map(move |values| values[i]);
            (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max))
        };
        let centre = (0..n).map(|i| 0.5 * (ends(i).0 + ends(i).1)).collect();
        let reach = |i: usize| 0.5 * (ends(i).1 - ends(i).0);
        Scale { centre, reach: (0..n).map(|i| if reach(i) > 0.0 { reach(i) } else { 1.0 }).collect() }
    }

    fn mu(&self, parameters: &[f64]) -> Vec<f64> {
        parameters.iter().zip(&self.centre).zip(&self.reach).map(|((p, centre), reach)| (p - centre) / reach).collect()
    }
}

impl FamilyMap {
    /// The number of parameters of the family.
    pub fn n_parameters(&self) -> usize {
        self.scale.centre.len()
    }

    /// The map of the member with these parameters.
    ///
    /// # Errors
    /// Another number of parameters, or one that is not finite.
    pub fn at(&self, parameters: &[f64]) -> Result<ActionAngleMap, Error> {
        check_parameters(parameters, self.n_parameters())?;
        let network = self.network.at(&self.scale.mu(parameters)).into_owned();
        Ok(ActionAngleMap { frame: self.frame.clone(), network })
    }

    /// How far parameters lie outside those that were shown, in units of half their range; zero inside.
    pub fn outside(&self, parameters: &[f64]) -> f64 {
        self.scale.mu(parameters).iter().map(|mu| mu.abs() - 1.0).fold(0.0, f64::max)
    }

    /// Everything the map consists of: the arrays of [`ActionAngleMap::weights`] at the centre of the family, and those
    /// whose names begin with `family_`.
    pub fn weights(&self) -> Vec<NamedArray> {
        let n = self.n_parameters();
        let map = ActionAngleMap { frame: self.frame.clone(), network: self.network.clone() };
        let own = [("family_centre", &self.scale.centre), ("family_reach", &self.scale.reach)];
        map.weights().into_iter().chain(own.map(|(name, numbers)| array(name, vec![n], numbers.clone()))).collect()
    }

    /// The map of these arrays, in any order.
    ///
    /// # Errors
    /// An array that is missing, has the wrong shape or holds numbers that cannot be.
    pub fn from_weights(weights: &[NamedArray]) -> Result<Self, Error> {
        let ActionAngleMap { frame, network } = ActionAngleMap::from_weights(weights)?;
        let n = network.family.n_parameters();
        let [centre, reach] = ["family_centre", "family_reach"].map(|name| shaped(weights, name, &[n]));
        let scale = Scale { centre: centre?, reach: reach? };
        if n == 0 || scale.reach.iter().any(|reach| *reach <= 0.0) {
            return Err(Error::Weights("a family has parameters, and a positive `family_reach`".into()));
        }
        Ok(FamilyMap { frame, network, scale })
    }
}

/// The arrays of a dependence; none where there is none.
pub(crate) fn dependence_arrays(network: &Network) -> Vec<NamedArray> {
    let Dependence { phases, exponents, h } = &network.family;
    let n = network.family.n_parameters();
    if n == 0 {
        return Vec::new();
    }
    let flat = exponents.iter().flatten().map(|&e| f64::from(e)).collect();
    vec![
        array("family_phases", vec![network.stack.depth(), n], phases.clone()),
        array("family_exponents", vec![exponents.len(), n], flat),
        array("family_h", vec![exponents.len(), network.h.coefficients.len()], h.clone()),
    ]
}

/// The dependence among these arrays; none where there is none.
pub(crate) fn dependence_of(weights: &[NamedArray], depth: usize, n_h: usize) -> Result<Dependence, Error> {
    let Ok(exponents) = find(weights, "family_exponents") else { return Ok(Dependence::default()) };
    let [n_monomials, n] = exponents.shape[..] else {
        return Err(Error::Weights("`family_exponents` has two dimensions".into()));
    };
    let exponents = crate::weights::exponents(weights, "family_exponents", [n_monomials, n])?;
    let phases = shaped(weights, "family_phases", &[depth, n])?;
    Ok(Dependence { phases, exponents, h: shaped(weights, "family_h", &[n_monomials, n_h])? })
}

/// What learning a family gives.
#[derive(Clone, Debug, PartialEq)]
pub struct FamilyLearned {
    /// The map.
    pub map: FamilyMap,
    /// Every step.
    pub history: Vec<Progress>,
    /// How it ended.
    pub outcome: Outcome,
}

/// Learns one map for a family: orbits of some members, each with the values of its parameters.
///
/// All members have the same pairs and are sampled at the same times; `energies` of the options belong to the orbits
/// of all, member after member. The bytes are the same on any number of threads.
///
/// # Errors
/// Those of [`learn`](crate::learn), fewer than two members, and members of different shapes.
pub fn learn_family(
    members: &[(Vec<f64>, Ensemble)],
    options: &LearnOptions,
    progress: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
) -> Result<FamilyLearned, Error> {
    resume_family(members, options, None, &mut |moment| progress(&moment.progress))
}

/// Learns on from a checkpoint, or from the beginning, as [`resume`](crate::resume) does of one system.
///
/// # Errors
/// Those of [`learn_family`], and a checkpoint of other members or options, of another version or instruction set.
pub fn resume_family(
    members: &[(Vec<f64>, Ensemble)],
    options: &LearnOptions,
    checkpoint: Option<Checkpoint>,
    observe: &mut dyn FnMut(&Moment<'_>) -> ControlFlow<()>,
) -> Result<FamilyLearned, Error> {
    let (orbits, members, scale) = gather(members)?;
    let Course { frame, network, history, outcome } = pursue(&orbits, members, options, checkpoint, observe)?;
    Ok(FamilyLearned { map: FamilyMap { frame, network, scale }, history, outcome })
}

/// The orbits of all members, one after the other.
fn gather(members: &[(Vec<f64>, Ensemble)]) -> Result<(Ensemble, Vec<Member>, Scale), Error> {
    let [(parameters, first), _, ..] = members else {
        let found = members.len().to_string();
        return Err(Error::Option { option: "members", expected: "two members of a family at least", found });
    };
    let scale = Scale::of(&members.iter().map(|(parameters, _)| parameters.as_slice()).collect::<Vec<_>>());
    let mut all = Ensemble { orbits: Vec::new(), ..first.clone() };
    let mut gathered = Vec::new();
    for (values, orbits) in members {
        check_parameters(values, parameters.len().max(1))?;
        if orbits.dof != first.dof || orbits.t != first.t {
            let (expected, found) = (first.t.len(), orbits.t.len());
            return Err(Error::Shape { what: "times of all members, the same", expected, found });
        }
        let start = all.orbits.len();
        all.orbits.extend(orbits.orbits.iter().cloned());
        gathered.push(Member { orbits: start..all.orbits.len(), mu: scale.mu(values) });
    }
    if let Some(empty) = gathered.iter().find(|member| member.orbits.is_empty()) {
        return Err(Error::TooFewOrbits { orbits: empty.orbits.len(), needed: 1 });
    }
    Ok((all, gathered, scale))
}

fn check_parameters(parameters: &[f64], expected: usize) -> Result<(), Error> {
    if parameters.len() != expected {
        return Err(Error::Shape { what: "parameters of the family", expected, found: parameters.len() });
    }
    match parameters.iter().find(|value| !value.is_finite()) {
        None => Ok(()),
        Some(bad) => Err(Error::Option { option: "parameters", expected: "finite numbers", found: bad.to_string() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_decides_as_many_degrees_as_its_shortest_axis_that_varies() {
        let member = |mu: [f64; 2]| Member { orbits: 0..1, mu: mu.to_vec() };
        let grid: Vec<Member> = (0..6).map(|i| member([f64::from(i % 3), f64::from(i / 3)])).collect();
        assert_eq!((fewest_values(&grid), fewest_values(&grid[..3])), (2, 3));
    }
}
