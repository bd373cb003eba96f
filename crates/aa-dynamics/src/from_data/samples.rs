//! Orbits as columns of numbers: what the analysis of data works on.

use std::f64::consts::{PI, TAU};

use aa_symbolic::Expr;

use super::DataError;
use crate::{CoordinateKind, Ensemble, Error, PhaseSpace};

/// Orbits sampled at common times, as plain columns: q then p, or the components of a rigid body, or any others.
///
/// Columns on circles are lifted: from sample to sample they change by less than half a turn.
#[derive(Clone, Debug, PartialEq)]
pub struct Samples {
    t: Vec<f64>,
    symbols: Vec<Expr>,
    kinds: Vec<CoordinateKind>,
    orbits: Vec<Vec<f64>>,
}

impl Samples {
    /// Orbits with one column for each symbol and kind; an orbit is its rows, time after time.
    ///
    /// # Errors
    /// Fewer than [`Samples::FEWEST_ORBITS`] orbits or [`Samples::FEWEST_TIMES`] times; an orbit of another length
    /// than its times; a number that is not finite.
    pub fn new(t: Vec<f64>, columns: Vec<(Expr, CoordinateKind)>, orbits: Vec<Vec<f64>>) -> Result<Samples, Error> {
        let width = columns.len();
        let fault = |fault: DataError| Err(fault.into());
        if orbits.len() < Self::FEWEST_ORBITS {
            return fault(DataError::TooFewOrbits { needed: Self::FEWEST_ORBITS, found: orbits.len() });
        }
        if t.len() < Self::FEWEST_TIMES {
            return fault(DataError::TooFewTimes { needed: Self::FEWEST_TIMES, found: t.len() });
        }
        for (orbit, rows) in orbits.iter().enumerate() {
            if rows.len() != t.len() * width {
                return fault(DataError::WrongLength { orbit, expected: t.len() * width, found: rows.len() });
            }
            if let Some(place) = rows.iter().position(|x| !x.is_finite()) {
                return fault(DataError::NotFinite { orbit, time: place / width, column: place % width });
            }
        }
        let (symbols, kinds) = columns.into_iter().unzip();
        let mut samples = Samples { t, symbols, kinds, orbits };
        samples.lift();
        Ok(samples)
    }

    /// Fewer orbits than these cannot be split into some to fit and others to judge.
    pub const FEWEST_ORBITS: usize = 8;

    /// Fewer times than these show no motion to speak of.
    pub const FEWEST_TIMES: usize = 16;

    /// Orbits whose columns z1, z2, ... are on lines.
    ///
    /// # Errors
    /// As for [`Samples::new`].
    pub fn plain(width: usize, t: Vec<f64>, orbits: Vec<Vec<f64>>) -> Result<Samples, Error> {
        let column = |i: usize| (Expr::symbol(&format!("z{i}")), CoordinateKind::Line);
        Samples::new(t, (1..=width).map(column).collect(), orbits)
    }

    /// The orbits of an ensemble, with the circles of its phase space.
    ///
    /// # Errors
    /// As for [`Samples::new`].
    pub fn of(ensemble: &Ensemble, space: &PhaseSpace) -> Result<Samples, Error> {
        let coordinates = (0..space.dof()).map(|i| space.kind(i));
        let momenta = (0..space.dof()).map(|_| CoordinateKind::Line);
        let columns = space.symbols().into_iter().zip(coordinates.chain(momenta)).collect();
        Samples::new(ensemble.t.clone(), columns, ensemble.orbits.clone())
    }

    /// The orbits as points of a phase space.
    pub fn ensemble(&self, space: &PhaseSpace) -> Ensemble {
        Ensemble { orbits: self.orbits.clone(), ..Ensemble::of_space(space, self.t.clone()) }
    }

    fn lift(&mut self) {
        let width = self.width();
        for column in (0..width).filter(|&column| self.kinds[column] == CoordinateKind::Circle) {
            for rows in &mut self.orbits {
                for place in (column + width..rows.len()).step_by(width) {
                    let step = rows[place] - rows[place - width];
                    rows[place] -= TAU * ((step + PI) / TAU).floor();
                }
            }
        }
    }

    /// Number of columns.
    pub fn width(&self) -> usize {
        self.kinds.len()
    }

    /// The names of the columns.
    pub fn symbols(&self) -> &[Expr] {
        &self.symbols
    }

    /// What each column runs over.
    pub fn kinds(&self) -> &[CoordinateKind] {
        &self.kinds
    }

    /// Number of orbits.
    pub fn n_orbits(&self) -> usize {
        self.orbits.len()
    }

    /// Number of times.
    pub fn n_times(&self) -> usize {
        self.t.len()
    }

    /// The step of time.
    ///
    /// # Errors
    /// Times that are not equally spaced.
    pub(super) fn equal_step(&self) -> Result<f64, Error> {
        Ok(crate::frequency::equal_step(&self.t)?)
    }

    /// The rows of an orbit, time after time.
    pub(super) fn rows(&self, orbit: usize) -> impl Iterator<Item = &[f64]> {
        self.orbits[orbit].chunks_exact(self.width())
    }

    /// One column of an orbit.
    pub(super) fn series(&self, orbit: usize, column: usize) -> impl Iterator<Item = f64> {
        self.orbits[orbit].iter().skip(column).step_by(self.width()).copied()
    }

    /// The standard deviation of each column over all orbits and times; 1 for columns that never change but by rounding.
    pub(super) fn spread(&self) -> Vec<f64> {
        let n = (self.n_orbits() * self.n_times()) as f64;
        let all = |column| (0..self.n_orbits()).flat_map(move |orbit| self.series(orbit, column));
        let spread = |column| {
            let mean = all(column).sum::<f64>() / n;
            let spread = (all(column).map(|x| (x - mean) * (x - mean)).sum::<f64>() / n).sqrt();
            if spread > 1e-12 * mean.abs() { spread } else { 1.0 }
        };
        (0..self.width()).map(spread).collect()
    }
}
