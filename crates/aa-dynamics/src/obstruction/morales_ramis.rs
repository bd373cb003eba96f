//! Non-integrability by the multipliers at Darboux points: the theorem of Morales-Ruiz and Ramis.
//!
//! Let V be homogeneous of degree k and c a Darboux point, K V'(c) = c. If the system with H = p.Kp/2 + V(q) is
//! completely integrable with integrals that are meromorphic in q and p, every eigenvalue of K V''(c) is in a table of
//! rational numbers that depends on k alone ([`super::multipliers`]); Morales-Ruiz and Ramis, A note on the
//! non-integrability of some Hamiltonian systems with a homogeneous potential, Methods and Applications of Analysis 8
//! (2001) 113, theorem 3. The matrix K V''(c) need not be diagonalisable: an eigenvector alone already gives a part of
//! the variational equation. K need not be positive, since a complex change of coordinates makes it the unit matrix,
//! and c may be complex. One eigenvalue is k - 1 and always in the table.
//!
//! # Potentials that are not homogeneous
//!
//! Weigh q by 2 and p by k. Where V_k is the part of V of lowest degree, the part of H of lowest weight is
//! p.Kp/2 + V_k, and a bracket of two functions that are meromorphic near the origin starts with the bracket of their
//! parts of lowest weight. Hence those parts of integrals of H in involution are integrals of p.Kp/2 + V_k in
//! involution, rational in q and p. They can be made independent by taking polynomials of the integrals first
//! (Ziglin, Functional Analysis and Its Applications 16 (1982) 181, the lemma of section 2.1). So a system integrable
//! near the origin, with meromorphic integrals, has an integrable lowest part. For rational integrals the same holds
//! for the parts of greatest weight and the part of V of greatest degree (for polynomial ones, Hietarinta, Physics
//! Reports 147 (1987) 87).
//!
//! No verdict: k below 3, that is a quadratic lowest part or an origin that is no equilibrium.

use aa_symbolic::univariate::Univariate;

use super::darboux::Homogeneous;
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
/// or every multiplier is admitted at the points found: all points with c.Mc not zero for two degrees of freedom,
/// those on rays and in planes with simple coefficients for more.
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
        let (degree, potential) = candidate.filter(|(degree, _)| *degree > 2)?;
        Some((part, Homogeneous::new(&system.kinetic, potential, degree)?))
    };
    candidates.into_iter().filter_map(homogeneous).collect()
}

fn obstruction_of(system: &NaturalSystem, part: Part, homogeneous: &Homogeneous) -> Option<Obstruction> {
    let degree = homogeneous.degree;
    let (at, bad) = homogeneous.darboux_directions().into_iter().find_map(|at| {
        let bad = inadmissible(degree, &homogeneous.multipliers(&at))?;
        Some((homogeneous.with_multiplier(&at, &bad), bad))
    })?;
    // K V'(mu d) = mu**(k - 1) g d is mu d.
    let power = at.scale.inverse_modulo(&at.roots_of)?;
    let mut multipliers = vec![(degree - 1).to_string()];
    multipliers.extend(spelling::roots(&homogeneous.multipliers(&at)));
    multipliers.dedup();
    let point = spelling::point(system, &at, &power, degree);
    Some(Obstruction {
        kind: "morales_ramis",
        excluded: part.excluded(),
        statement: statement(system, part, homogeneous, &point, &bad),
        point,
        multipliers,
        admissible: spelled_table(degree),
    })
}

/// A factor of the polynomial of the multipliers that has no admissible root: a rational one where there is one.
fn inadmissible(degree: i32, multipliers: &Univariate) -> Option<Univariate> {
    let rational = multipliers.rational_roots().into_iter().find(|lambda| !is_admissible(degree, lambda));
    let irrational = || Some(multipliers.irrational_part()).filter(|rest| rest.degree() > 0);
    rational.map(|lambda| Univariate::with_root(&lambda)).or_else(irrational)
}

impl Part {
    fn excluded(self) -> ExcludedClass {
        match self {
            Part::Whole | Part::Lowest => ExcludedClass::Meromorphic,
            Part::Leading => ExcludedClass::Rational,
        }
    }

    /// The class of integrals, and the part of the potential with what carries the result over.
    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Part::Whole => ("meromorphic in coordinates and momenta", "the potential", ""),
            Part::Lowest => (
                "meromorphic in coordinates and momenta near the origin",
                "the lowest part",
                "; the lowest parts of such integrals are integrals of it (Ziglin 1982)",
            ),
            Part::Leading => (
                "rational in coordinates and momenta",
                "the leading part",
                "; the leading parts of such integrals are integrals of it (Hietarinta 1987, Ziglin 1982)",
            ),
        }
    }
}

fn statement(system: &NaturalSystem, part: Part, of: &Homogeneous, point: &str, bad: &Univariate) -> String {
    let (class, name, reason) = part.words();
    let claim = match system.dof() {
        2 => format!("No integral independent of the energy is {class}"),
        n => format!("There are no {n} independent integrals in involution that are {class}"),
    };
    let is_reduced = system.coordinates.iter().any(|q| q.as_symbol().is_none());
    let frame = if is_reduced { " once conserved sums of momenta are taken out" } else { "" };
    let (potential, masses) = (system.expression(&of.potential), spelling::masses(&system.kinetic));
    let multipliers = spelling::roots(bad).join(" and ");
    let degree = of.degree;
    format!(
        "{claim}{frame}: at the Darboux point {point} of {name} {potential} with {masses} the multiplier {multipliers} \
         is not one that integrability admits in degree {degree} (Morales-Ruiz and Ramis 2001, theorem 3){reason}."
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Hamiltonian, PhaseSpace};
    use aa_symbolic::{Expr, parse_rational};

    fn number(text: &str) -> Expr {
        Expr::rational(parse_rational(text).unwrap())
    }

    /// The system of unit masses with this potential in x and y.
    fn plane(potential: impl Fn(&Expr, &Expr) -> Expr) -> NaturalSystem {
        let space = PhaseSpace::lines(["x", "y"]);
        let kinetic = (space.p(0).powi(2) + space.p(1).powi(2)) / 2;
        let energy = kinetic + potential(&space.q(0), &space.q(1));
        NaturalSystem::new(&Hamiltonian::new(energy, space).unwrap()).unwrap()
    }

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
             (x, y) = (0, -1) of the potential x**2*y - y**3/3 with unit masses the multiplier -2 is not one that \
             integrability admits in degree 3 (Morales-Ruiz and Ramis 2001, theorem 3)."
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
}
