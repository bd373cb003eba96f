//! Reduction: linear coordinates in which the conserved sums of momenta are momenta, and drop out.
//!
//! Where v.p is conserved the motion is the same at every shift along v, and a drifting centre of mass spoils
//! frequencies and boxes. An orthogonal change of the coordinates, and the same of the momenta, makes each v.p a
//! momentum; its coordinate leaves the energy, and what remains has fewer degrees of freedom. Exact: the change has
//! entries in the rationals and their square roots.

use aa_symbolic::{Expr, Rational, differentiate, evaluate, linear, substitute, to_f64};

use crate::random::Stream;
use crate::symmetric::dot;
use crate::{Coordinate, Error, Hamiltonian, PhaseSpace};

/// A system without its free directions, and the way there and back.
///
/// ```
/// use aa_dynamics::{Hamiltonian, PhaseSpace, Reduction};
/// use aa_symbolic::Rational;
/// let space = PhaseSpace::numbered(2);
/// let energy = (space.p(0).powi(2) + space.p(1).powi(2)) / 2 + (space.q(0) - space.q(1)).powi(2) / 4;
/// let pair = Hamiltonian::new(energy, space).unwrap();
/// let total_momentum = vec![Rational::ONE, Rational::ONE];
/// let reduction = Reduction::new(&pair, &[total_momentum]).unwrap();
/// assert_eq!(reduction.n_free(), 1);
/// assert_eq!(reduction.reduced().energy().to_string(), "px1**2/2 + x1**2/2");
/// ```
#[derive(Clone, Debug)]
pub struct Reduction {
    reduced: Hamiltonian,
    /// Orthonormal rows: free directions first, then the active ones.
    directions: Vec<Vec<f64>>,
    n_free: usize,
}

/// A point in adapted coordinates.
#[derive(Clone, Debug, PartialEq)]
pub struct ReducedPoint {
    /// The point of the reduced system, q then p.
    pub active: Vec<f64>,
    /// Coordinates along the free directions.
    pub free_coordinates: Vec<f64>,
    /// The conserved momenta along the free directions.
    pub free_momenta: Vec<f64>,
}

impl Reduction {
    /// The system that remains at zero free momentum, given conserved sums of momenta as their coefficients.
    ///
    /// Sums with a momentum of a circle stay with their pair, since an angle cannot be mixed with others; sums that
    /// depend on earlier ones add nothing; and one degree of freedom always remains. Without integrals the reduction
    /// is the system itself.
    ///
    /// # Errors
    /// A sum that is not conserved, or one without one coefficient per momentum.
    pub fn new(system: &Hamiltonian, integrals: &[Vec<Rational>]) -> Result<Reduction, Error> {
        let (basis, n_free) = adapted_basis(system, integrals)?;
        let reduced = if n_free == 0 { system.clone() } else { reduce(system, &basis, n_free)? };
        let directions = basis.iter().map(|b| normalised(b)).collect();
        Ok(Reduction { reduced, directions, n_free })
    }

    /// The system in the active coordinates alone.
    pub fn reduced(&self) -> &Hamiltonian {
        &self.reduced
    }

    /// How many directions are free.
    pub fn n_free(&self) -> usize {
        self.n_free
    }

    /// Orthonormal directions of the coordinates: free ones first, then the active ones.
    pub fn directions(&self) -> &[Vec<f64>] {
        &self.directions
    }

    /// A point of the full system in adapted coordinates.
    ///
    /// # Panics
    /// If directions are free and the point does not have 2 dof numbers.
    pub fn to_reduced(&self, point: &[f64]) -> ReducedPoint {
        if self.n_free == 0 {
            return ReducedPoint { active: point.to_vec(), free_coordinates: Vec::new(), free_momenta: Vec::new() };
        }
        let n = self.directions.len();
        assert_eq!(point.len(), 2 * n, "a point has 2 dof numbers");
        let along = |values: &[f64]| -> Vec<f64> { self.directions.iter().map(|d| dot(d, values)).collect() };
        let (q, p) = (along(&point[..n]), along(&point[n..]));
        ReducedPoint {
            active: [&q[self.n_free..], &p[self.n_free..]].concat(),
            free_coordinates: q[..self.n_free].to_vec(),
            free_momenta: p[..self.n_free].to_vec(),
        }
    }

    /// Points of the reduced system below points of the full one.
    ///
    /// # Panics
    /// As [`Reduction::to_reduced`].
    pub fn all_to_reduced(&self, points: &[Vec<f64>]) -> Vec<Vec<f64>> {
        points.iter().map(|point| self.to_reduced(point).active).collect()
    }

    /// The point of the full system with the given adapted coordinates.
    ///
    /// # Panics
    /// If the numbers do not match the reduction.
    pub fn from_reduced(&self, point: &ReducedPoint) -> Vec<f64> {
        if self.n_free == 0 {
            return point.active.clone();
        }
        let n = self.directions.len();
        let (q, p) = point.active.split_at(point.active.len() / 2);
        let back = |free: &[f64], active: &[f64]| -> Vec<f64> {
            let coefficients = [free, active].concat();
            assert_eq!(coefficients.len(), n, "a point has one number per direction");
            (0..n).map(|i| coefficients.iter().zip(&self.directions).map(|(c, d)| c * d[i]).sum()).collect()
        };
        [back(&point.free_coordinates, q), back(&point.free_momenta, p)].concat()
    }

    /// The point of the full system over a point of the reduced one, with nothing along the free directions.
    pub fn lift(&self, active: &[f64]) -> Vec<f64> {
        let nothing = vec![0.0; self.n_free];
        self.from_reduced(&ReducedPoint {
            active: active.to_vec(),
            free_coordinates: nothing.clone(),
            free_momenta: nothing,
        })
    }
}

/// An orthogonal basis of the coordinates, the directions of conserved momenta first, and how many these are.
pub(crate) fn adapted_basis(
    system: &Hamiltonian,
    integrals: &[Vec<Rational>],
) -> Result<(Vec<Vec<Rational>>, usize), Error> {
    let space = system.space();
    let n = system.dof();
    if let Some(bad) = integrals.iter().find(|v| v.len() != n) {
        return Err(Error::WrongLength { expected: n, found: bad.len() });
    }
    let is_on_lines = |v: &Vec<Rational>| (0..n).all(|i| v[i].is_zero() || !space.is_circle(i));
    let mut basis: Vec<Vec<Rational>> = Vec::new();
    for integral in integrals.iter().filter(|v| is_on_lines(v)) {
        if basis.len() + 1 < n {
            check_conserved(system, integral)?;
            basis.extend(orthogonal_part(integral, &basis));
        }
    }
    let n_free = basis.len();
    for i in 0..n {
        let unit: Vec<Rational> = (0..n).map(|j| Rational::from(i64::from(i == j))).collect();
        basis.extend(orthogonal_part(&unit, &basis));
    }
    Ok((basis, n_free))
}

/// What is left of `vector` across the `basis`; none where nothing is.
fn orthogonal_part(vector: &[Rational], basis: &[Vec<Rational>]) -> Option<Vec<Rational>> {
    let mut rest = vector.to_vec();
    for b in basis {
        let share = linear::dot(&rest, b) / linear::dot(b, b);
        rest.iter_mut().zip(b).for_each(|(x, y)| *x -= &share * y);
    }
    rest.iter().any(|x| !x.is_zero()).then_some(rest)
}

fn normalised(vector: &[Rational]) -> Vec<f64> {
    let length = to_f64(&linear::dot(vector, vector)).sqrt();
    vector.iter().map(|x| to_f64(x) / length).collect()
}

/// The energy in the active coordinates: free momenta are zero, and free coordinates drop out.
fn reduce(system: &Hamiltonian, basis: &[Vec<Rational>], n_free: usize) -> Result<Hamiltonian, Error> {
    let space = system.space();
    let active = &basis[n_free..];
    let names = active_names(space, active);
    let kinds = active.iter().map(|b| untouched(b).map_or(crate::CoordinateKind::Line, |i| space.kind(i)));
    let coordinates = names.into_iter().zip(kinds).map(|(name, kind)| Coordinate { name, kind }).collect();
    let reduced_space = PhaseSpace::new(coordinates)?;
    // Entry i of a vector with these components along the normalised active directions.
    let old = |new: &[Expr], i: usize| -> Expr {
        let part = |(b, x): (&Vec<Rational>, &Expr)| {
            let length_squared = Expr::rational(linear::dot(b, b));
            Expr::rational(b[i].clone()) * length_squared.sqrt().powi(-1) * x
        };
        active.iter().zip(new).map(part).sum()
    };
    let rule = |(symbols, new): (&[Expr], &[Expr])| -> Vec<(Expr, Expr)> {
        symbols.iter().enumerate().map(|(i, symbol)| (symbol.clone(), old(new, i))).collect()
    };
    let rules =
        [rule((space.coordinates(), reduced_space.coordinates())), rule((space.momenta(), reduced_space.momenta()))];
    let rules = rules.concat();
    let symbols = reduced_space.symbols();
    let (kinetic, potential) = system.split().unwrap_or_else(|| (Expr::zero(), system.energy().clone()));
    let [kinetic, potential] = [kinetic, potential].map(|part| multiplied_out(&substitute(&part, &rules), &symbols));
    Hamiltonian::new(kinetic + potential, reduced_space)
}

/// The expression as a sum of monomials, where it is a polynomial of degree two; anything else stays as it is.
fn multiplied_out(expr: &Expr, symbols: &[Expr]) -> Expr {
    let at_zero: Vec<(Expr, Expr)> = symbols.iter().map(|symbol| (symbol.clone(), Expr::zero())).collect();
    let slopes: Vec<Expr> = symbols.iter().map(|symbol| differentiate(expr, symbol)).collect();
    let mut sum = Expr::zero();
    for (i, slope) in slopes.iter().enumerate() {
        sum = sum + substitute(slope, &at_zero) * &symbols[i];
        for (j, symbol) in symbols[..=i].iter().enumerate() {
            let curvature = differentiate(slope, symbol);
            if !curvature.symbols().is_empty() {
                return expr.clone();
            }
            let share = if i == j { Expr::one() / 2 } else { Expr::one() };
            sum = sum + share * curvature * &symbols[i] * symbol;
        }
    }
    sum + substitute(expr, &at_zero)
}

/// The old coordinate that a direction is, where it is one.
fn untouched(direction: &[Rational]) -> Option<usize> {
    let mut touched = (0..direction.len()).filter(|&i| !direction[i].is_zero());
    touched.next().filter(|&i| direction[i].is_one() && touched.next().is_none())
}

/// Coordinates that are old ones keep their names; the others are x1, x2, ...
fn active_names(space: &PhaseSpace, active: &[Vec<Rational>]) -> Vec<String> {
    let taken: Vec<String> = space.symbols().iter().map(Expr::to_string).collect();
    let mut letter = "x".to_string();
    while taken.iter().any(|name| name.trim_start_matches('p').starts_with(&letter)) {
        letter.push('_');
    }
    let name = |(i, b): (usize, &Vec<Rational>)| match untouched(b) {
        Some(old) => space.q(old).to_string(),
        None => format!("{letter}{}", i + 1),
    };
    active.iter().enumerate().map(name).collect()
}

/// v.p is conserved if the energy does not change along v: by its form, or at random points to rounding.
fn check_conserved(system: &Hamiltonian, integral: &[Rational]) -> Result<(), Error> {
    let space = system.space();
    let slope = |(q, v): (&Expr, &Rational)| Expr::rational(v.clone()) * differentiate(system.energy(), q);
    let slopes: Vec<Expr> = space.coordinates().iter().zip(integral).map(slope).collect();
    let total: Expr = slopes.iter().cloned().sum();
    let stream = Stream::new(0, "conserved momenta");
    let vanishes = |index: u64| {
        let mut draws = stream.fork(index);
        let point: Vec<f64> = (0..2 * space.dof()).map(|_| draws.normal()).collect();
        let value = |expr: &Expr| evaluate(expr, &space.symbols(), &point);
        let size: f64 = slopes.iter().map(|slope| value(slope).abs()).sum();
        // Undefined values say nothing; rounding is 1e-16 of the terms.
        !size.is_finite() || value(&total).abs() <= 1e-12 * size
    };
    if total.is_zero() || (0..8).all(vanishes) {
        return Ok(());
    }
    Err(Error::NotAnIntegral { coefficients: integral.iter().map(Rational::to_string).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{henon_heiles, pendulum, toda_ring};
    use crate::{FlowOptions, simulate};

    fn ones(n: usize) -> Vec<Rational> {
        vec![Rational::ONE; n]
    }

    #[test]
    fn a_ring_of_three_has_two_active_degrees_of_freedom() {
        let ring = toda_ring(3);
        let reduction = Reduction::new(&ring, &[ones(3), ones(3)]).unwrap();
        assert_eq!((reduction.n_free(), reduction.reduced().dof()), (1, 2));
        let energy = reduction.reduced().energy().to_string();
        assert!(energy.starts_with("px1**2/2 + px2**2/2 + exp("), "{energy}");
        let point = [0.3, -0.4, 0.8, 0.5, -0.3, 0.7];
        let adapted = reduction.to_reduced(&point);
        for (x, y) in reduction.from_reduced(&adapted).iter().zip(&point) {
            assert!((x - y).abs() < 1e-15);
        }
    }

    #[test]
    fn reduced_orbits_are_the_orbits_seen_from_the_centre() {
        let ring = toda_ring(3);
        let reduction = Reduction::new(&ring, &[ones(3)]).unwrap();
        let active = vec![0.4, -0.2, 0.6, 0.9];
        let (t, options) = ([0.0, 20.0], FlowOptions::default());
        let reduced = simulate(reduction.reduced(), std::slice::from_ref(&active), &t, &options).unwrap();
        let full = simulate(&ring, &[reduction.lift(&active)], &t, &options).unwrap();
        let seen = reduction.to_reduced(full.ensemble.row(0, 1));
        for (x, y) in seen.active.iter().zip(reduced.ensemble.row(0, 1)) {
            // Two integrations, each good to rounding times 20 units of time.
            assert!((x - y).abs() < 1e-12, "{x} {y}");
        }
        assert!((full.energies[0][0] - reduced.energies[0][0]).abs() < 1e-14);
    }

    #[test]
    fn without_integrals_nothing_changes() {
        let system = henon_heiles();
        let reduction = Reduction::new(&system, &[]).unwrap();
        assert_eq!(reduction.reduced(), &system);
        assert_eq!(reduction.lift(&[0.1, 0.2, 0.3, 0.4]), [0.1, 0.2, 0.3, 0.4]);
    }

    #[test]
    fn angles_are_not_mixed_and_one_degree_of_freedom_remains() {
        let free_line = {
            let space = PhaseSpace::lines(["x"]);
            crate::testing::build(space.p(0).powi(2) / 2, space)
        };
        assert_eq!(Reduction::new(&free_line, &[ones(1)]).unwrap().n_free(), 0);
        assert_eq!(Reduction::new(&pendulum(), &[ones(1)]).unwrap().n_free(), 0);
    }

    #[test]
    fn a_momentum_that_changes_is_refused() {
        let claim = Reduction::new(&henon_heiles(), &[vec![Rational::ONE, Rational::ZERO]]);
        assert!(matches!(claim, Err(Error::NotAnIntegral { .. })));
    }
}
