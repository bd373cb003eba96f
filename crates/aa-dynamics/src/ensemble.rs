//! Orbits sampled at common times: what the integrator gives and what networks, spectra and files take.

/// Orbits of one system, all sampled at the same times.
///
/// A row is a point of phase space, coordinates before momenta: `q1..qn, p1..pn`.
///
/// ```
/// use aa_dynamics::Ensemble;
/// let mut ensemble = Ensemble::new(1, vec![0.0, 0.5]);
/// ensemble.push(vec![1.0, 0.0, 0.9, -0.4]);
/// assert_eq!(ensemble.row(0, 1), [0.9, -0.4]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Ensemble {
    /// Degrees of freedom n.
    pub dof: usize,
    /// The common times.
    pub t: Vec<f64>,
    /// One orbit an entry: its rows, time after time, `t.len() * 2 * dof` numbers.
    pub orbits: Vec<Vec<f64>>,
}

impl Ensemble {
    /// No orbits yet, for a system with `dof` degrees of freedom sampled at times `t`.
    pub fn new(dof: usize, t: Vec<f64>) -> Self {
        Ensemble { dof, t, orbits: Vec::new() }
    }

    /// Adds one orbit, given as its rows.
    ///
    /// # Panics
    /// If the orbit does not have one row of 2 dof numbers per time.
    pub fn push(&mut self, rows: Vec<f64>) {
        assert_eq!(rows.len(), self.t.len() * 2 * self.dof, "an orbit has one row per time");
        self.orbits.push(rows);
    }

    /// The point of an orbit at a time, q then p.
    pub fn row(&self, orbit: usize, time: usize) -> &[f64] {
        &self.orbits[orbit][time * 2 * self.dof..(time + 1) * 2 * self.dof]
    }

    /// One component of an orbit at all times; `component` counts q1..qn, p1..pn.
    pub fn series(&self, orbit: usize, component: usize) -> Vec<f64> {
        self.orbits[orbit].iter().skip(component).step_by(2 * self.dof).copied().collect()
    }
}
