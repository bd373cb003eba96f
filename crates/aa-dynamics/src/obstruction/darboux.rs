//! Darboux points of homogeneous potentials, exactly: where the force points along the position.
//!
//! A Darboux point of V is a c with K V'(c) = c, and the eigenvalues of K V''(c) are its multipliers. Any d with
//! K V'(d) = g d and g not zero is a multiple of one, and K V''(c) = K V''(d) / g, so directions d are enough. Those
//! with d.Md = 0, M = 1/K, are left out.
//!
//! In a plane that the force leaves invariant the directions d = u + s w are given by the roots s of a polynomial f
//! over the rational numbers. Rational roots are split off; all others are kept together as the number s in `Q[s]/(f)`,
//! whose multipliers are the eigenvalues of a rational matrix, f.degree() times as large. Where that is larger than
//! [`MAX_SIZE`] these irrational directions are left out.

use aa_symbolic::Rational;
use aa_symbolic::linear::{self, Rows};
use aa_symbolic::polynomial::Polynomial;
use aa_symbolic::univariate::Univariate;

use super::planes::{planes, rays};

/// Degrees of potentials that are looked at. Each costs a division of polynomials of that degree at least.
const DEGREES: std::ops::RangeInclusive<i32> = 3..=100;

/// The greatest matrix over `Q[s]/(f)`, in rational entries, whose eigenvalues are computed. The entries can have
/// hundreds of digits: a dense potential in two coordinates takes about a second at degree 16 and four at degree 20.
const MAX_SIZE: usize = 18;

/// A homogeneous potential with its derivatives, and the masses it moves.
pub(super) struct Homogeneous {
    pub(super) degree: i32,
    pub(super) potential: Polynomial,
    kinetic: Rows,
    masses: Rows,
    slopes: Vec<Polynomial>,
    curvatures: Vec<Vec<Polynomial>>,
}

/// One direction for each root of a square-free polynomial f(s).
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Directions {
    /// The entries of d, modulo f.
    pub(super) direction: Vec<Univariate>,
    /// The first entry that is not 0; it is 1.
    first: usize,
    /// The factor g in K V'(d) = g d, modulo f.
    pub(super) scale: Univariate,
    /// The polynomial f; of degree one for a single direction with rational entries.
    pub(super) roots_of: Univariate,
}

impl Homogeneous {
    /// The part of degree `degree` of a potential, moved with the kinetic matrix K. None where the degree is below 3 or
    /// beyond reason, or K is singular.
    pub(super) fn new(kinetic: &Rows, potential: Polynomial, degree: i32) -> Option<Homogeneous> {
        if !DEGREES.contains(&degree) {
            return None;
        }
        let n = kinetic.len();
        let slopes: Vec<Polynomial> = (0..n).map(|i| potential.partial(i)).collect();
        let curvatures = slopes.iter().map(|slope| (0..n).map(|j| slope.partial(j)).collect()).collect();
        let masses = linear::inverse(kinetic)?;
        Some(Homogeneous { degree, potential, kinetic: kinetic.clone(), masses, slopes, curvatures })
    }

    /// The Darboux points found, as directions; those with rational entries come first.
    ///
    /// All of them for two degrees of freedom, unless every direction is one or V has a very high degree. For more:
    /// those along rays and in planes that [`rays`] and [`planes`] list.
    pub(super) fn darboux_directions(&self) -> Vec<Directions> {
        let n = self.kinetic.len();
        let (mut rational, mut algebraic) = (Vec::new(), Vec::new());
        let rays = rays(n).into_iter().filter_map(|ray| self.along(&ray));
        rays.for_each(|found| push_new(&mut rational, found));
        for (u, w) in planes(n) {
            let Some(found) = self.in_plane(&u, &w) else { continue };
            for root in found.roots_of.rational_roots() {
                let ray: Vec<Rational> = u.iter().zip(&w).map(|(a, b)| a + &root * b).collect();
                self.along(&ray).into_iter().for_each(|found| push_new(&mut rational, found));
            }
            let irrational = found.at_roots_of(&found.roots_of.irrational_part());
            let bearable = irrational.filter(|found| (n - 1) * found.roots_of.degree() <= MAX_SIZE);
            bearable.into_iter().for_each(|found| push_new(&mut algebraic, found));
        }
        rational.extend(algebraic);
        rational
    }

    /// The ray as a direction, where it is one.
    fn along(&self, ray: &[Rational]) -> Option<Directions> {
        let first = ray.iter().position(|x| !x.is_zero())?;
        let direction: Vec<Univariate> = ray.iter().map(|x| Univariate::constant(x / &ray[first])).collect();
        let roots_of = Univariate::variable();
        let force = self.force(&direction, &roots_of);
        let scale = force[first].clone();
        let parallel = direction.iter().zip(&force).all(|(d, f)| *f == &scale * d);
        parallel.then(|| self.proper(Directions { direction, first, scale, roots_of })).flatten()
    }

    /// The directions u + s w in a plane, where the force leaves it invariant and not every direction is one.
    ///
    /// The supports of u and w are disjoint, and their first entries are 1.
    fn in_plane(&self, u: &[Rational], w: &[Rational]) -> Option<Directions> {
        let first = |v: &[Rational]| v.iter().position(|x| !x.is_zero());
        let entry = |(a, b): (&Rational, &Rational)| Univariate::new(vec![a.clone(), b.clone()]);
        let direction: Vec<Univariate> = u.iter().zip(w).map(entry).collect();
        let force = self.force(&direction, &Univariate::default());
        let (along_u, along_w) = (force[first(u)?].clone(), force[first(w)?].clone());
        let invariant = (0..u.len()).all(|i| force[i] == &along_u.scaled(&u[i]) + &along_w.scaled(&w[i]));
        // Parallel to u + s w.
        let condition = &along_w - &(&Univariate::variable() * &along_u);
        if !invariant || condition.degree() == 0 {
            return None;
        }
        self.proper(Directions { direction, first: first(u)?, scale: along_u, roots_of: condition.square_free() })
    }

    /// The directions without those that have g = 0 or d.Md = 0.
    fn proper(&self, all: Directions) -> Option<Directions> {
        let mut length = Univariate::default();
        for (row, d) in self.masses.iter().zip(&all.direction) {
            for (mass, e) in row.iter().zip(&all.direction) {
                length = &length + &(d * e).scaled(mass);
            }
        }
        let proper = [&all.scale, &length].into_iter().fold(all.roots_of.clone(), |f, bad| f.without(&f.gcd(bad)));
        all.at_roots_of(&proper)
    }

    /// The matrix K times the vector of V'(d), modulo `modulus`.
    fn force(&self, direction: &[Univariate], modulus: &Univariate) -> Vec<Univariate> {
        let value = |slope: &Polynomial| Univariate::value_of(slope, direction, modulus);
        self.moved(&self.slopes.iter().map(value).collect::<Vec<_>>())
    }

    /// The polynomial whose roots are the multipliers of all the directions together, but one k - 1 for each direction.
    pub(super) fn multipliers(&self, at: &Directions) -> Univariate {
        linear::characteristic_polynomial(&self.transverse_matrix(at))
    }

    /// Those among the directions that have this multiplier.
    pub(super) fn with_multiplier(&self, at: &Directions, multiplier: &Rational) -> Directions {
        if at.roots_of.degree() == 1 {
            return at.clone();
        }
        let mut matrix = self.transverse_matrix(at);
        (0..matrix.len()).for_each(|i| matrix[i][i] -= multiplier);
        // Eigenvectors form a module over Q[s]/(f); s acts on it with just the roots wanted. In echelon form, the
        // entries of a vector at the pivots are its coordinates.
        let n = matrix.len();
        let (eigenvectors, pivots) = linear::null_space(matrix, n);
        let action = |v: &Vec<Rational>| {
            let image = times_s(v, &at.roots_of);
            pivots.iter().map(|&pivot| image[pivot].clone()).collect()
        };
        let action: Rows = eigenvectors.iter().map(action).collect();
        let roots_of = linear::characteristic_polynomial(&action).square_free();
        at.at_roots_of(&roots_of).unwrap_or_else(|| at.clone())
    }

    /// The matrix that K V''(d) / g makes on vectors modulo d, as a rational matrix on their entries over `Q[s]/(f)`.
    ///
    /// The entry of d at `at.first` is 1, so that v_i - d_i v_first, for all other i, are coordinates modulo d.
    fn transverse_matrix(&self, at: &Directions) -> Rows {
        let f = &at.roots_of;
        let inverse = at.scale.inverse_modulo(f).expect("proper directions have a scale that is a unit");
        let value = |p: &Polynomial| &Univariate::value_of(p, &at.direction, f) * &inverse;
        let columns: Vec<Vec<Univariate>> = self.curvatures.iter().map(|row| row.iter().map(value).collect()).collect();
        // The Hessian is symmetric: its rows are its columns.
        let images: Vec<Vec<Univariate>> = columns.iter().map(|column| self.moved(column)).collect();
        let others: Vec<usize> = (0..images.len()).filter(|&i| i != at.first).collect();
        let row = |i: usize| {
            let entry = |&j: &usize| (&images[j][i] - &(&at.direction[i] * &images[j][at.first])).modulo(f);
            others.iter().map(entry).collect::<Vec<_>>()
        };
        others.iter().flat_map(|&i| multiplication_rows(&row(i), f)).collect()
    }

    /// K times a vector.
    fn moved(&self, vector: &[Univariate]) -> Vec<Univariate> {
        let term = |(weight, p): (&Rational, &Univariate)| p.scaled(weight);
        let entry = |row: &Vec<Rational>| row.iter().zip(vector).map(term).fold(Univariate::default(), |a, b| &a + &b);
        self.kinetic.iter().map(entry).collect()
    }
}

impl Directions {
    /// The directions at the roots of a factor of f; None where it has none.
    fn at_roots_of(&self, factor: &Univariate) -> Option<Directions> {
        let direction = self.direction.iter().map(|d| d.modulo(factor)).collect();
        let scale = self.scale.modulo(factor);
        (factor.degree() > 0).then(|| Directions { direction, first: self.first, scale, roots_of: factor.clone() })
    }
}

fn push_new(known: &mut Vec<Directions>, found: Directions) {
    if !known.contains(&found) {
        known.push(found);
    }
}

/// A row over `Q[s]/(f)` as f.degree() rational rows, acting on the coefficients of the powers of s.
fn multiplication_rows(row: &[Univariate], f: &Univariate) -> Rows {
    let m = f.degree();
    let mut rows = vec![vec![Rational::ZERO; row.len() * m]; m];
    for (j, entry) in row.iter().enumerate() {
        let mut image = entry.clone();
        for power in 0..m {
            image.coefficients().iter().zip(&mut rows).for_each(|(x, row)| row[j * m + power] = x.clone());
            image = (&image * &Univariate::variable()).modulo(f);
        }
    }
    rows
}

/// A vector over `Q[s]/(f)`, block by block, times s.
fn times_s(vector: &[Rational], f: &Univariate) -> Vec<Rational> {
    let mut image = vec![Rational::ZERO; vector.len()];
    for (block, target) in vector.chunks(f.degree()).zip(image.chunks_mut(f.degree())) {
        let product = (&Univariate::new(block.to_vec()) * &Univariate::variable()).modulo(f);
        target.iter_mut().zip(product.coefficients()).for_each(|(entry, x)| *entry = x.clone());
    }
    image
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::obstruction::NaturalSystem;
    use crate::obstruction::testing::{oblique, plane, turned};
    use aa_symbolic::Expr;

    fn unit_masses(n: usize) -> Rows {
        (0..n).map(|i| (0..n).map(|j| Rational::from(i64::from(i == j))).collect()).collect()
    }

    fn term(coefficient: i64, exponents: &[u32]) -> Polynomial {
        let powers = exponents.iter().enumerate().map(|(i, &e)| Polynomial::generator(i).pow(e));
        powers.fold(Polynomial::constant(Rational::from(coefficient)), |product, power| &product * &power)
    }

    fn sum(terms: &[Polynomial]) -> Polynomial {
        terms.iter().fold(Polynomial::zero(), |sum, term| &sum + term)
    }

    #[test]
    fn all_directions_of_the_plane_are_found() {
        // Henon and Heiles: x = 0 and x = +- sqrt(3) y.
        let cubic = sum(&[term(3, &[2, 1]), term(-1, &[0, 3])]);
        let found = Homogeneous::new(&unit_masses(2), cubic, 3).unwrap().darboux_directions();
        let moduli: Vec<String> = found.iter().map(|d| d.roots_of.spelled("s")).collect();
        assert_eq!(moduli, ["s", "s**2 - 1/3"]);
    }

    #[test]
    fn the_henon_heiles_family_has_its_known_multipliers() {
        // -2/C on the y axis: Sawada-Kotera, fifth-order KdV, Kaup-Kupershmidt, Henon and Heiles.
        for (c, expected) in [(-1, "2"), (-6, "1/3"), (-16, "1/8"), (1, "-2")] {
            let cubic = sum(&[term(1, &[2, 1]), term(1, &[0, 3]).scaled(&(Rational::from(-c) / Rational::from(3)))]);
            let system = Homogeneous::new(&unit_masses(2), cubic, 3).unwrap();
            let axis = system.along(&[0, 1].map(Rational::from)).unwrap();
            assert_eq!(system.multipliers(&axis).rational_roots()[0].to_string(), expected);
        }
    }

    #[test]
    fn multipliers_do_not_depend_on_coordinates() {
        let quintic = |x: &Expr, y: &Expr| x.powi(5) + 3 * x.powi(2) * y.powi(3) - 2 * x.powi(4) * y + y.powi(5);
        let all_multipliers = |system: NaturalSystem| {
            let homogeneous = Homogeneous::new(&system.kinetic, system.potential, 5).unwrap();
            let points = homogeneous.darboux_directions();
            points
                .iter()
                .map(|at| homogeneous.multipliers(at))
                .fold(Univariate::constant(Rational::ONE), |a, b| &a * &b)
        };
        let expected = all_multipliers(plane(quintic));
        assert_eq!(expected.degree(), 5);
        assert_eq!(all_multipliers(turned(quintic)), expected);
        assert_eq!(all_multipliers(oblique(quintic)), expected);
    }

    #[test]
    fn radial_potentials_have_no_isolated_directions_but_rays() {
        let quartic = sum(&[term(1, &[4]), term(2, &[2, 2]), term(1, &[0, 4])]);
        let radial = Homogeneous::new(&unit_masses(2), quartic, 4).unwrap();
        let found = radial.darboux_directions();
        assert!(!found.is_empty());
        assert!(found.iter().all(|d| radial.multipliers(d) == Univariate::with_root(&Rational::ONE)));
    }

    #[test]
    fn directions_without_length_or_force_are_left_out() {
        // The force of x^3 y vanishes along the y axis.
        let directions = |kinetic: &Rows, potential: &[Polynomial], degree: i32| {
            let found = Homogeneous::new(kinetic, sum(potential), degree).unwrap().darboux_directions();
            assert!(!found.is_empty());
            found.into_iter().map(|d| d.direction)
        };
        assert!(directions(&unit_masses(2), &[term(1, &[3, 1])], 4).all(|d| !d[0].is_zero()));
        // With H = px py + V the axes have no length.
        let light = vec![vec![Rational::ZERO, Rational::ONE], vec![Rational::ONE, Rational::ZERO]];
        let cubes = [term(1, &[3]), term(1, &[0, 3])];
        assert!(directions(&light, &cubes, 3).all(|d| d.iter().all(|entry| !entry.is_zero())));
    }

    #[test]
    fn conjugate_directions_are_told_apart_by_their_multipliers() {
        // 14 x^3 y + 9 x y^3: directions (1, s) with (3 s^2 - 2) (3 s^2 + 7) = 0, one multiplier for each factor.
        let quartic = sum(&[term(14, &[3, 1]), term(9, &[1, 3])]);
        let system = Homogeneous::new(&unit_masses(2), quartic, 4).unwrap();
        let [at] = system.darboux_directions().try_into().expect("no rational direction");
        assert_eq!(at.roots_of.spelled("s"), "s**4 + 5/3*s**2 - 14/9");
        let multipliers = system.multipliers(&at).rational_roots();
        let factor = |lambda| system.with_multiplier(&at, lambda).roots_of.spelled("s");
        assert_eq!(multipliers.iter().map(factor).collect::<Vec<_>>(), ["s**2 - 2/3", "s**2 + 7/3"]);
    }

    #[test]
    fn symmetric_planes_of_space_are_searched() {
        let even = [term(1, &[4]), term(3, &[0, 4]), term(1, &[0, 0, 4]), term(2, &[2, 2]), term(2, &[0, 2, 2])];
        let quartic = sum(&even);
        let system = Homogeneous::new(&unit_masses(3), quartic, 4).unwrap();
        let found = system.darboux_directions();
        assert!(found.iter().any(|d| d.roots_of.degree() == 2), "x = z, 2 y^2 = -x^2");
        for at in &found {
            assert_eq!(system.multipliers(at).degree(), 2 * at.roots_of.degree());
        }
    }
}
