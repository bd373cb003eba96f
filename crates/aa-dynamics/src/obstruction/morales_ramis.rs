//! Non-integrability by the multipliers at Darboux points: the theorem of Morales-Ruiz and Ramis.
//!
//! Let V be homogeneous of degree k and c a Darboux point, K V'(c) = c. If the system with H = p.Kp/2 + V(q) is
//! completely integrable with integrals that are meromorphic in complex q and p, every eigenvalue of K V''(c) is in a
//! table of rational numbers that depends on k alone ([`super::multipliers`]); Morales-Ruiz and Ramis, A note on the
//! non-integrability of some Hamiltonian systems with a homogeneous potential, Methods and Applications of Analysis 8
//! (2001) 113. The matrix K V''(c) need not be diagonalisable: an eigenvector alone already gives a part of the
//! variational equation. K need not be positive, since a complex change of coordinates makes it the unit matrix, and c
//! may be complex. One eigenvalue is k - 1 and always in the table.
//!
//! # Potentials that are not homogeneous
//!
//! Weigh q by 2 and p by k. Where V_k is the part of V of lowest degree, the part of H of lowest weight is
//! p.Kp/2 + V_k, and a bracket of two functions that are meromorphic near the origin starts with the bracket of their
//! parts of lowest weight. Hence those parts of integrals of H in involution are integrals of p.Kp/2 + V_k in
//! involution, rational in q and p. They can be made independent by taking polynomials of the integrals first
//! (Ziglin's lemma, Functional Analysis and Its Applications 16 (1982) 181). So a system that is integrable near the
//! origin with meromorphic integrals has an integrable lowest part. For rational integrals the same holds for the parts
//! of greatest weight and the part of V of greatest degree (for polynomial ones, Hietarinta, Physics Reports 147 (1987)
//! 87).
//!
//! No verdict: k below 3, that is a quadratic lowest part or an origin that is no equilibrium.

use aa_symbolic::univariate::Univariate;

use super::darboux::{Directions, Homogeneous};
use super::multipliers::{is_admissible, spelled_table};
use super::{ExcludedClass, NaturalSystem, Obstruction, spelling};

/// Which part of the potential the theorem is applied to.
#[derive(Clone, Copy)]
enum Part {
    Whole,
    Lowest,
    Leading,
}

/// Proves that a system is not integrable, where a multiplier at a Darboux point of its potential is not admitted.
///
/// Tries a homogeneous potential itself, otherwise its lowest and then its leading part. None where no theorem speaks
/// or every multiplier is admitted at the points found: all points with c.Mc not zero for two degrees of freedom and
/// degrees up to 18, those on rays and in planes with simple coefficients for more.
///
/// ```
/// use aa_dynamics::{Hamiltonian, PhaseSpace};
/// use aa_dynamics::obstruction::{NaturalSystem, morales_ramis};
/// let space = PhaseSpace::lines(["x", "y"]);
/// let (x, y) = (space.q(0), space.q(1));
/// let kinetic = (space.p(0).powi(2) + space.p(1).powi(2)) / 2;
/// let henon_heiles = kinetic + (x.powi(2) + y.powi(2)) / 2 + x.powi(2) * &y - y.powi(3) / 3;
/// let system = NaturalSystem::new(&Hamiltonian::new(henon_heiles, space).unwrap()).unwrap();
/// let obstruction = morales_ramis(&system).unwrap();
/// assert_eq!(obstruction.point, "(x, y) = (0, -1)");
/// assert_eq!(obstruction.multipliers, ["2", "-2"]);
/// ```
pub fn morales_ramis(system: &NaturalSystem) -> Option<Obstruction> {
    if system.dof() < 2 {
        return None;
    }
    parts(system).into_iter().find_map(|(part, homogeneous)| obstruction_of(system, part, &homogeneous))
}

/// The homogeneous parts that a theorem speaks about.
fn parts(system: &NaturalSystem) -> Vec<(Part, Homogeneous)> {
    // A constant changes no motion.
    let mut by_degree = system.potential.homogeneous_parts();
    by_degree.remove(&0);
    let lowest = by_degree.first_key_value().map(|(&degree, part)| (degree, part.clone()));
    let leading = by_degree.last_key_value().map(|(&degree, part)| (degree, part.clone()));
    let candidates = match by_degree.len() {
        1 => vec![(Part::Whole, leading)],
        _ => vec![(Part::Lowest, lowest), (Part::Leading, leading)],
    };
    let homogeneous = |(part, candidate): (Part, Option<_>)| {
        let (degree, potential) = candidate?;
        Some((part, Homogeneous::new(&system.kinetic, potential, degree)?))
    };
    candidates.into_iter().filter_map(homogeneous).collect()
}

fn obstruction_of(system: &NaturalSystem, part: Part, homogeneous: &Homogeneous) -> Option<Obstruction> {
    let degree = homogeneous.degree;
    let found = homogeneous.darboux_directions().into_iter().find_map(|at| inadmissible(homogeneous, at))?;
    // K V'(mu d) = mu**(k - 1) g d is mu d.
    let power = found.at.scale.inverse_modulo(&found.at.roots_of)?;
    let point = spelling::point(system, &found.at, &power, degree);
    let trivial = (degree - 1).to_string();
    let others = spelling::roots(&found.multipliers).into_iter().filter(|lambda| *lambda != trivial);
    Some(Obstruction {
        kind: "morales_ramis",
        excluded: part.excluded(),
        statement: statement(system, part, homogeneous, &point, &found.inadmissible),
        point,
        multipliers: [trivial.clone()].into_iter().chain(others).collect(),
        admissible: spelled_table(degree),
    })
}

/// Darboux points where the theorem speaks.
struct Inadmissible {
    at: Directions,
    /// The polynomial of all multipliers there.
    multipliers: Univariate,
    /// A factor of it without an admissible root, of degree one where it has a rational one.
    inadmissible: Univariate,
}

fn inadmissible(homogeneous: &Homogeneous, at: Directions) -> Option<Inadmissible> {
    let multipliers = homogeneous.multipliers(&at);
    let rational = multipliers.rational_roots().into_iter().find(|lambda| !is_admissible(homogeneous.degree, lambda));
    if let Some(lambda) = rational {
        let at = homogeneous.with_multiplier(&at, &lambda);
        let multipliers = homogeneous.multipliers(&at);
        return Some(Inadmissible { at, multipliers, inadmissible: Univariate::with_root(&lambda) });
    }
    let inadmissible = multipliers.irrational_part();
    (inadmissible.degree() > 0).then_some(Inadmissible { at, multipliers, inadmissible })
}

impl Part {
    fn excluded(self) -> ExcludedClass {
        match self {
            Part::Whole | Part::Lowest => ExcludedClass::Meromorphic,
            Part::Leading => ExcludedClass::Rational,
        }
    }

    /// The class of integrals, the words around the part of the potential, and what carries the result over.
    fn words(self) -> (&'static str, [&'static str; 2], &'static str) {
        match self {
            Part::Whole => ("meromorphic in coordinates and momenta", ["the potential", ""], ""),
            Part::Lowest => (
                "meromorphic in coordinates and momenta near the origin",
                ["the lowest part", " of the potential"],
                "; such integrals would give integrals of the lowest part alone (Ziglin 1982)",
            ),
            Part::Leading => (
                "rational in coordinates and momenta",
                ["the leading part", " of the potential"],
                "; such integrals would give integrals of the leading part alone (Ziglin 1982)",
            ),
        }
    }
}

fn statement(system: &NaturalSystem, part: Part, of: &Homogeneous, point: &str, bad: &Univariate) -> String {
    let (class, [name, rest], reason) = part.words();
    let claim = match system.dof() {
        2 => format!("No integral independent of the energy is {class}"),
        n => format!("There are no {n} independent integrals in involution that are {class}"),
    };
    let frame = if system.n_free > 0 { " once conserved sums of momenta are taken out" } else { "" };
    let multipliers = match spelling::roots(bad).as_slice() {
        [one] if bad.degree() == 1 => format!("the multiplier {one} is"),
        several => format!("multipliers, {}, are", several.join(" and ")),
    };
    let (potential, masses, degree) = (system.expression(&of.potential), spelling::masses(&system.kinetic), of.degree);
    format!(
        "{claim}{frame}: at the Darboux point {point} of {name} {potential}{rest} with {masses}, {multipliers} not in \
         the table of degree {degree} (Morales-Ruiz and Ramis 2001){reason}."
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::obstruction::testing::{in_space, number, plane};
    use crate::{Hamiltonian, PhaseSpace};
    use aa_symbolic::Expr;

    /// The cubic part of the Henon-Heiles family with D = 1.
    fn cubic(c: i64) -> NaturalSystem {
        plane(|x, y| x.powi(2) * y - Expr::integer(c) * y.powi(3) / 3)
    }

    fn quartic(coupling: &str) -> NaturalSystem {
        plane(|x, y| (x.powi(4) + y.powi(4)) / 4 + number(coupling) * x.powi(2) * y.powi(2) / 2)
    }

    #[test]
    fn henon_heiles_is_excluded_and_its_integrable_relatives_are_not() {
        for c in [-1, -6, -16] {
            assert_eq!(morales_ramis(&cubic(c)), None, "C = {c}");
        }
        for c in [1, 2, -3, -5, -7, -15, -17] {
            assert!(morales_ramis(&cubic(c)).is_some(), "C = {c}");
        }
        // Not integrable either, but its one multiplier 1 is in the table: the theorem is silent.
        assert_eq!(morales_ramis(&cubic(-2)), None);
        let proof = morales_ramis(&cubic(1)).unwrap();
        assert_eq!((proof.excluded, proof.point.as_str()), (ExcludedClass::Meromorphic, "(x, y) = (0, -1)"));
        assert_eq!(
            proof.statement,
            "No integral independent of the energy is meromorphic in coordinates and momenta: at the Darboux point \
             (x, y) = (0, -1) of the potential x**2*y - y**3/3 with unit masses, the multiplier -2 is not in the table \
             of degree 3 (Morales-Ruiz and Ramis 2001)."
        );
    }

    #[test]
    fn quartics_pass_at_three_couplings_only() {
        for coupling in ["0", "1", "3"] {
            assert_eq!(morales_ramis(&quartic(coupling)), None, "{coupling}");
        }
        for coupling in ["2", "6", "-1", "10", "1/2", "5", "15", "-1/9", "101/100"] {
            assert!(morales_ramis(&quartic(coupling)).is_some(), "{coupling}");
        }
        let squares = morales_ramis(&plane(|x, y| x.powi(2) * y.powi(2))).unwrap();
        assert_eq!(squares.point, "(x, y) = mu*(1, 1) with mu**2 = 1/2");
        assert_eq!(squares.multipliers, ["3", "-1"]);
    }

    #[test]
    fn masses_count() {
        // The integrable x^4 + 6 x^2 y^2 + y^4 with y = 2 Y: the mass of Y is 4.
        let space = PhaseSpace::lines(["x", "Y"]);
        let (x, y) = (space.q(0), space.q(1));
        let potential = x.powi(4) + 24 * x.powi(2) * y.powi(2) + 16 * y.powi(4);
        let system = |mass: i64| {
            let energy = space.p(0).powi(2) / 2 + space.p(1).powi(2) / (2 * mass) + &potential;
            NaturalSystem::new(&Hamiltonian::new(energy, space.clone()).unwrap()).unwrap()
        };
        assert_eq!(morales_ramis(&system(4)), None);
        assert!(morales_ramis(&system(1)).unwrap().statement.contains("unit masses"));
        assert!(morales_ramis(&system(3)).unwrap().statement.contains("masses (1, 3)"));
    }

    #[test]
    fn lowest_and_leading_parts_exclude_different_integrals() {
        let class = |system: &NaturalSystem| morales_ramis(system).map(|obstruction| obstruction.excluded);
        let henon_heiles = |x: &Expr, y: &Expr| x.powi(2) * y - y.powi(3) / 3;
        let quadratic = plane(|x, y| (x.powi(2) + y.powi(2)) / 2 + henon_heiles(x, y));
        assert_eq!(class(&quadratic), Some(ExcludedClass::Rational));
        let lowest = plane(|x, y| 7 + henon_heiles(x, y) + (x.powi(2) + y.powi(2)).powi(2));
        assert_eq!(class(&lowest), Some(ExcludedClass::Meromorphic));
        let statement = morales_ramis(&lowest).unwrap().statement;
        assert!(
            statement.contains("near the origin") && statement.contains("the lowest part x**2*y - y**3/3 of"),
            "{statement}"
        );
        // The origin is no equilibrium, or its linear motion decides; and the leading part is integrable.
        for silent in [Expr::symbol("x"), Expr::symbol("x").powi(2)] {
            assert_eq!(class(&plane(|x, y| &silent + henon_heiles(x, y) + (x.powi(2) + y.powi(2)).powi(2))), None);
        }
    }

    #[test]
    fn more_degrees_of_freedom_are_excluded_along_symmetric_directions() {
        let space = PhaseSpace::lines(["x", "y", "z"]);
        let [x, y, z] = [0, 1, 2].map(|i| space.q(i).powi(2));
        let yang_mills = morales_ramis(&in_space(&space, &x * &y + &y * &z + &z * &x)).unwrap();
        assert_eq!(yang_mills.point, "(x, y, z) = mu*(0, 1, 1) with mu**2 = 1/2");
        assert_eq!(yang_mills.multipliers, ["3", "-1", "2"]);
        assert!(yang_mills.statement.starts_with("There are no 3 independent integrals in involution"));
    }

    #[test]
    fn chains_of_quartic_springs_are_excluded_from_four_particles_on() {
        let ring = |n: usize| {
            let space = PhaseSpace::numbered(n);
            let stretch = |i: usize| space.q((i + 1) % n) - space.q(i);
            in_space(&space, (0..n).map(|i| stretch(i).powi(2) / 2 + stretch(i).powi(4) / 4).sum())
        };
        // Three particles: the quartic part is radial in the two relative coordinates.
        assert_eq!(morales_ramis(&ring(3)), None);
        for n in [4, 5, 8] {
            let obstruction = morales_ramis(&ring(n)).unwrap();
            assert_eq!(obstruction.excluded, ExcludedClass::Rational);
            assert!(obstruction.statement.contains("conserved sums of momenta"));
        }
    }

    #[test]
    fn conjugate_points_are_named_by_their_polynomial() {
        // Of the four roots of a quartic, two have this multiplier.
        let obstruction = morales_ramis(&plane(|x, y| 14 * x.powi(3) * y + 9 * x * y.powi(3))).unwrap();
        assert_eq!(obstruction.point, "(x, y) along (1, sqrt(2)*sqrt(3)/3)");
        let quintic = plane(|x, y| x.powi(5) + x.powi(4) * y - x * y.powi(4) + 2 * y.powi(5));
        let obstruction = morales_ramis(&quintic).unwrap();
        assert_eq!(obstruction.point, "(x, y) along (1, s), s a root of s**5 + 10*s**4 - 4*s**3 - 4*s**2 - 5*s + 1");
        assert!(obstruction.statement.contains("multipliers, the roots of 8954625*X**5 - 121191500*X**4"));
    }
}
