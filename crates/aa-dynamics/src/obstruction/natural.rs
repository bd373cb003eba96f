//! Natural systems: H = p.Kp/2 + V(q) with a constant kinetic matrix and a polynomial potential, all exact.
//!
//! The form that the theorems of this module speak about. Conserved sums of momenta are taken out first, since a
//! direction along which the potential does not change has no dynamics of its own.

use aa_symbolic::atoms::AtomRing;
use aa_symbolic::linear::{self, Rows};
use aa_symbolic::polynomial::{Monomial, Polynomial};
use aa_symbolic::{Expr, Rational};

use crate::Hamiltonian;

/// H = p.Kp/2 + V(q) over the rational numbers, K constant, symmetric and invertible, V a polynomial.
///
/// Where V does not change along some directions, the coordinates are linear forms that vanish on these directions
/// and on nothing else. H is then the sum of this system and of a quadratic form in the conserved momenta, up to a
/// shear; V has no direction left along which it is constant.
///
/// ```
/// use aa_dynamics::{Hamiltonian, PhaseSpace, obstruction::NaturalSystem};
/// let space = PhaseSpace::numbered(2);
/// let energy = (space.p(0).powi(2) + space.p(1).powi(2)) / 2 + (space.q(0) - space.q(1)).powi(4);
/// let pair = NaturalSystem::new(&Hamiltonian::new(energy, space).unwrap()).unwrap();
/// assert_eq!(pair.coordinates[0].to_string(), "-q1 + q2");
/// assert_eq!(pair.kinetic[0][0].to_string(), "2");
/// assert_eq!(pair.potential_expression().to_string(), "(q1 - q2)**4");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct NaturalSystem {
    /// The coordinates, as expressions in those of the Hamiltonian.
    pub coordinates: Vec<Expr>,
    /// The matrix K of the kinetic energy p.Kp/2, where p are the momenta of `coordinates`.
    pub kinetic: Rows,
    /// The potential V; generator i is coordinate i, and no exponent is negative.
    pub potential: Polynomial,
    /// Directions along which V is constant, which have been taken out.
    pub n_free: usize,
}

impl NaturalSystem {
    /// The system in this form; None where H does not have it.
    ///
    /// Refused are brackets that are not canonical, coordinates on circles, constants that are not rational, anything but polynomials, kinetic
    /// energies that are not quadratic with constant coefficients, and a singular K.
    pub fn new(system: &Hamiltonian) -> Option<NaturalSystem> {
        let (space, n) = (system.space(), system.dof());
        if space.structure().is_some() || (0..n).any(|i| space.is_circle(i)) {
            return None;
        }
        let energy = std::slice::from_ref(system.energy());
        let energy = AtomRing::new(&space.symbols(), energy).ok()?.express(system.energy()).ok()?;
        let (kinetic, potential) = split(&energy, n)?;
        linear::inverse(&kinetic)?;
        let full = NaturalSystem { coordinates: space.coordinates().to_vec(), kinetic, potential, n_free: 0 };
        full.without_free_directions()
    }

    /// Degrees of freedom.
    pub fn dof(&self) -> usize {
        self.coordinates.len()
    }

    /// The potential as an expression in the coordinates of the Hamiltonian.
    pub fn potential_expression(&self) -> Expr {
        self.expression(&self.potential)
    }

    /// A polynomial in `coordinates` as an expression in the coordinates of the Hamiltonian.
    pub fn expression(&self, polynomial: &Polynomial) -> Expr {
        let power = |(generator, exponent): (usize, i32)| self.coordinates[generator].powi(i64::from(exponent));
        let monomial = |m: &Monomial| m.factors().map(power).fold(Expr::one(), |product, factor| product * factor);
        polynomial.terms().map(|(m, c)| Expr::rational(c.clone()) * monomial(m)).sum()
    }

    /// The same without the directions along which V is constant; None where K is singular across them.
    fn without_free_directions(self) -> Option<NaturalSystem> {
        let n = self.dof();
        let (free, pivots) = linear::null_space(gradient_rows(&self.potential, n), n);
        if free.is_empty() {
            return Some(self);
        }
        // With the free basis in echelon form, q_j - (sum over pivots i of free_i[j] q_i) vanishes along it.
        let forms: Rows = (0..n).filter(|j| !pivots.contains(j)).map(|j| annihilator(&free, &pivots, j)).collect();
        let kinetic = linear::product(&linear::product(&forms, &self.kinetic), &linear::transposed(&forms));
        linear::inverse(&kinetic)?;
        // V is the same at every shift along the free directions, and one of the shifts makes all q_i, i pivot, zero.
        let mut active = 0..;
        let image = |i: usize| if pivots.contains(&i) { None } else { active.next().map(Polynomial::generator) };
        let images: Vec<Polynomial> = (0..n).map(image).map(Option::unwrap_or_default).collect();
        let form = |row: &Vec<Rational>| {
            row.iter().zip(&self.coordinates).map(|(c, q)| Expr::rational(c.clone()) * q).sum::<Expr>()
        };
        let coordinates = forms.iter().map(form).collect();
        let potential = self.potential.substituted(&images)?;
        Some(NaturalSystem { coordinates, kinetic, potential, n_free: free.len() })
    }
}

/// The linear form in q_j and the pivots that vanishes on the rows of `free`, which are in reduced echelon form.
fn annihilator(free: &[Vec<Rational>], pivots: &[usize], j: usize) -> Vec<Rational> {
    let mut form = vec![Rational::ZERO; free[0].len()];
    form[j] = Rational::ONE;
    free.iter().zip(pivots).for_each(|(row, &pivot)| form[pivot] = -&row[j]);
    form
}

/// One row per monomial of the gradient: v.dV = 0 is a linear system for v.
fn gradient_rows(potential: &Polynomial, n: usize) -> Rows {
    let slopes: Vec<Polynomial> = (0..n).map(|i| potential.partial(i)).collect();
    let monomials: std::collections::BTreeSet<&Monomial> =
        slopes.iter().flat_map(|s| s.terms().map(|(m, _)| m)).collect();
    monomials.into_iter().map(|m| slopes.iter().map(|slope| slope.coefficient(m)).collect()).collect()
}

/// K and V, where the energy is p.Kp/2 + V(q); generators 0..n are the coordinates, n..2n the momenta.
fn split(energy: &Polynomial, n: usize) -> Option<(Rows, Polynomial)> {
    let mut kinetic = vec![vec![Rational::ZERO; n]; n];
    let mut potential = Polynomial::zero();
    for (monomial, coefficient) in energy.terms() {
        let factors: Vec<(usize, i32)> = monomial.factors().collect();
        match factors.as_slice() {
            _ if factors.iter().all(|&(g, e)| g < n && e > 0) => {
                potential.add_term(monomial.clone(), coefficient.clone())
            }
            [(g, 2)] if (n..2 * n).contains(g) => kinetic[g - n][g - n] = coefficient * Rational::from(2),
            [(g, 1), (h, 1)] if (n..2 * n).contains(g) && (n..2 * n).contains(h) => {
                kinetic[g - n][h - n] = coefficient.clone();
                kinetic[h - n][g - n] = coefficient.clone();
            }
            _ => return None,
        }
    }
    Some((kinetic, potential))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Coordinate, CoordinateKind, PhaseSpace};

    fn natural(energy: Expr, space: &PhaseSpace) -> Option<NaturalSystem> {
        NaturalSystem::new(&Hamiltonian::new(energy, space.clone()).unwrap())
    }

    #[test]
    fn masses_and_mixed_momenta_become_the_kinetic_matrix() {
        let space = PhaseSpace::lines(["x", "y"]);
        let (x, y, p, q) = (space.q(0), space.q(1), space.p(0), space.p(1));
        let system = natural(p.powi(2) / 6 + &p * &q + (&x * &y - 1).powi(2) + y.powi(4), &space).unwrap();
        let entries: Vec<String> = system.kinetic.concat().iter().map(Rational::to_string).collect();
        assert_eq!(entries, ["1/3", "1", "1", "0"]);
        assert_eq!(system.potential_expression().to_string(), "x**2*y**2 - 2*x*y + y**4 + 1");
    }

    #[test]
    fn free_directions_are_counted_and_other_brackets_refused() {
        let space = PhaseSpace::lines(["x", "y", "z"]);
        let kinetic = space.momenta().iter().map(|p| p.powi(2)).sum::<Expr>() / 2;
        let system = natural(kinetic + space.q(0).powi(4) + space.q(1).powi(4), &space).unwrap();
        assert_eq!((system.dof(), system.n_free), (2, 1));
        let zero = Expr::zero;
        let brackets = vec![vec![zero(), Expr::one()], vec![Expr::integer(-1), zero()]];
        let space = PhaseSpace::poisson(&["a", "b"], brackets).unwrap();
        assert_eq!(natural(space.q(0).powi(2) + space.q(1).powi(2), &space), None);
    }

    #[test]
    fn other_forms_are_refused() {
        let space = PhaseSpace::lines(["x", "y"]);
        let (x, y, p, q) = (space.q(0), space.q(1), space.p(0), space.p(1));
        let kinetic = (p.powi(2) + q.powi(2)) / 2;
        for energy in [
            &kinetic + x.exp(),
            &kinetic + Expr::integer(2).sqrt() * x.powi(4),
            &kinetic + x.powi(-1),
            &kinetic + &x * &q,
            &kinetic + p.powi(4) + x.powi(4),
            &kinetic * (&y + 1),
            (&p + &q).powi(2) + x.powi(4) + y.powi(4),
        ] {
            assert!(natural(energy.clone(), &space).is_none(), "{energy}");
        }
        let angle = Coordinate { name: "phi".into(), kind: CoordinateKind::Circle };
        let circle = PhaseSpace::new(vec![angle]).unwrap();
        assert!(natural(circle.p(0).powi(2), &circle).is_none());
    }

    #[test]
    fn conserved_momenta_are_taken_out() {
        let space = PhaseSpace::numbered(3);
        let (q, p) = (space.coordinates(), space.momenta());
        let kinetic = (p[0].powi(2) + p[1].powi(2) / 2 + p[2].powi(2)) / 2;
        let chain = kinetic + (&q[0] - &q[1]).powi(4) + (&q[1] - &q[2]).powi(4);
        let system = natural(chain, &space).unwrap();
        let names: Vec<String> = system.coordinates.iter().map(Expr::to_string).collect();
        assert_eq!(names, ["-q1 + q2", "-q1 + q3"]);
        let entries: Vec<String> = system.kinetic.concat().iter().map(Rational::to_string).collect();
        assert_eq!(entries, ["3/2", "1", "1", "2"]);
        // (q1 - q2)^4 + (q2 - q3)^4 at coordinates (a, b) = (2, 5) is 16 + 81.
        assert_eq!(system.potential.value_at(&[Rational::from(2), Rational::from(5)]), Some(Rational::from(97)));
    }

    #[test]
    fn a_light_like_free_direction_is_refused() {
        let space = PhaseSpace::lines(["x", "y"]);
        let energy = space.p(0) * space.p(1) + space.q(0).powi(4);
        assert!(natural(energy, &space).is_none());
    }
}
