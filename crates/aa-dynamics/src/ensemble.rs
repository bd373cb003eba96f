//! Orbits sampled at common times: what the integrator gives and what networks, spectra and files take.

use crate::PhaseSpace;

/// Orbits of one system, all sampled at the same times.
///
/// A row is a point of phase space: coordinates before momenta, `q1..qn, p1..pn`, or the variables of a space without
/// canonical pairs.
///
/// ```
/// use aa_dynamics::Ensemble;
/// let mut ensemble = Ensemble::new(1, vec![0.0, 0.5]);
/// ensemble.push(vec![1.0, 0.0, 0.9, -0.4]);
/// assert_eq!(ensemble.row(0, 1), [0.9, -0.4]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Ensemble {
    /// Canonical pairs in a row: the degrees of freedom n, or 0 in a space without such pairs.
    pub dof: usize,
    /// Numbers in a row: 2 dof where they are canonical pairs.
    pub width: usize,
    /// The common times.
    pub t: Vec<f64>,
    /// One orbit an entry: its rows, time after time, `t.len() * width` numbers.
    pub orbits: Vec<Vec<f64>>,
}

impl Ensemble {
    /// No orbits yet, for a system with `dof` degrees of freedom sampled at times `t`.
    pub fn new(dof: usize, t: Vec<f64>) -> Self {
        Ensemble { dof, width: 2 * dof, t, orbits: Vec::new() }
    }

    /// No orbits yet, in a phase space of any kind.
    pub fn of_space(space: &PhaseSpace, t: Vec<f64>) -> Self {
        let dof = if space.structure().is_some() { 0 } else { space.dof() };
        Ensemble { width: space.dimension(), ..Ensemble::new(dof, t) }
    }

    /// Adds one orbit, given as its rows.
    ///
    /// # Panics
    /// If the orbit does not have one row of `width` numbers per time.
    pub fn push(&mut self, rows: Vec<f64>) {
        assert_eq!(rows.len(), self.t.len() * self.width, "an orbit has one row per time");
        self.orbits.push(rows);
    }

    /// How long the orbits last; 0 without times.
    pub fn duration(&self) -> f64 {
        self.t.last().map_or(0.0, |last| last - self.t[0])
    }

    /// The point of an orbit at a time.
    pub fn row(&self, orbit: usize, time: usize) -> &[f64] {
        &self.orbits[orbit][time * self.width..(time + 1) * self.width]
    }

    /// One component of an orbit at all times; `component` counts the numbers of a row.
    pub fn series(&self, orbit: usize, component: usize) -> Vec<f64> {
        self.orbits[orbit].iter().skip(component).step_by(self.width).copied().collect()
    }
}
