//! Variations across an invariant plane: a proof of non-integrability where tables of multipliers are silent.
//!
//! Choose it beside Morales-Ramis on homogeneous parts: it excludes meromorphic integrals also where the potential has
//! several parts, and lower parts matter. It decides, among others, Henon-Heiles systems with the ratio of Kaup and
//! Kupershmidt but equal frequencies, quartic potentials 1:12:16 with equal frequencies, and truncated Toda rings.
//!
//! # The statement
//!
//! H = p.Kp/2 + V(q), M the inverse of K. Let q = c + s u be a line on which K dV points along u, m = u.Mu not zero,
//! and W(s) the potential on it, of degree d >= 3, so that m s'^2/2 + W(s) = E. Let K V'' v = b(s) v all along the line
//! for a vector v, so that variations along v obey xi'' = -b(s) xi, and let deg b <= d - 2. If the exponents of this
//! equation at s = infinity differ by an irrational number, or if its solutions contain a logarithm there (for one E,
//! and hence for all but finitely many), then H has no complete set of commuting integrals that are meromorphic near
//! the curves q = c + s u, m s'^2/2 + W(s) = E.
//!
//! # The argument
//!
//! *The curve.* Let E be no critical value of W. Then the phase curve y^2 = 2 (E - W(s))/m, y = s', is irreducible and
//! smooth, and dt = ds/y has neither zero nor pole on it. Its compactification has two more points where d is even,
//! exchanged by y -> -y, and one where d is odd. In terms of s the equation is P xi_ss + P_s xi_s/2 + b xi = 0 with
//! P = y^2, a polynomial in s; so it looks the same at both points. It is Fuchsian there (see `frobenius`); on the
//! phase curve its solutions are holomorphic. In a local parameter at infinity, 1/s where d is even and its root where
//! d is odd, the exponents r1, r2 have the sum d/2 - 1 or d - 2: a whole number and positive.
//!
//! *The group.* If there were such integrals, the identity component of the differential Galois group of the
//! variational equation over the meromorphic functions on the phase curve were abelian (Morales-Ruiz and Ramis 2001;
//! Morales-Ruiz 1999, chapter 4; after Ziglin 1982). Variations in the direction v are a subsystem, whose group G is a
//! quotient of the whole one; so its identity component G0 were abelian. G contains the monodromy group, and lies in
//! SL(2) since the Wronskian with respect to t is constant.
//!
//! *A logarithm.* Then r2 - r1 >= 0 is whole like r1 + r2, and the local monodromy at infinity is exp(2 pi i r2) = +-1
//! times a unipotent matrix that is not 1. Its square lies in G, so the group of all complex powers of that, being
//! connected, lies in G0. What commutes with this group in SL(2) is itself and its negative; so G0, if abelian, is this
//! group. G normalises it and so preserves the only line that it fixes, spanned by a solution xi1. Hence the form
//! d xi1/xi1 is single-valued, and meromorphic on the compact curve since the equation is Fuchsian at infinity. Its
//! residue is 0 or 1 on the phase curve, where xi1 has simple zeros at most. At each point at infinity xi1 is the only
//! eigenvector of the local monodromy, the solution with the larger exponent, and the residue is
//! r2 >= (r1 + r2)/2 > 0. But residues on a compact curve sum to 0.
//!
//! *An irrational difference.* Then the local monodromies at infinity are diagonal with eigenvalues whose ratio is no
//! root of unity. G0 contains a torus of SL(2), whose centraliser is itself; so G0, if abelian, is this torus, and G
//! preserves or exchanges its two lines. Elements that exchange them have order 4, so local monodromies do not: the
//! curve itself or an unramified double cover of it has a solution xi1 in one line with a single-valued form d xi1/xi1.
//! Its residues at infinity are r1 or r2, elsewhere 0 or 1. On the cover, each point at infinity lies below one of
//! either kind, and the sum is positive. On the curve itself, it is r1 + r2 and more; or twice (d odd: once) the same r
//! and a whole number more, and no zero, since neither r1 nor r2 is rational.
//!
//! Where d is 3 or 4, the motion is elliptic and xi'' = -b xi is Lame's equation or one like it: its exponents in t are
//! (1 - n)/2 and (1 + n)/2 with n^2 = 1 - 16 b_1/p_3 or 1 - 4 b_2/p_4, p_d = -2 W_d/m.
//!
//! If conserved momenta were taken out of a larger system, the argument holds there as well: at rest along the free
//! directions, these variations are a subsystem of the variations there.
//!
//! # Sources
//!
//! J. J. Morales-Ruiz and J. P. Ramis, Galoisian obstructions to integrability of Hamiltonian systems, Methods and
//! Applications of Analysis 8 (2001) 33 and 97; J. J. Morales-Ruiz, Differential Galois Theory and Non-Integrability of
//! Hamiltonian Systems, Birkhauser 1999; S. L. Ziglin, Functional Analysis and Its Applications 16 (1982) 181.

mod frobenius;
mod line;
mod normal;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

use aa_symbolic::Rational;
use aa_symbolic::univariate::Univariate;

use super::{ExcludedClass, NaturalSystem, Obstruction, spelling};
use frobenius::{NormalEquation, Obstacle};
use line::{Line, invariant_lines};
use normal::{Block, blocks};

/// Proves that a system is not integrable, where the variations about the motion on an invariant line meet an obstacle
/// at infinity: exponents with an irrational difference, or a logarithm.
///
/// None where no such line or no obstacle is found.
///
/// ```
/// use aa_dynamics::obstruction::{NaturalSystem, variational};
/// use aa_dynamics::{Hamiltonian, PhaseSpace};
/// let space = PhaseSpace::lines(["x", "y"]);
/// let [x, y, px, py] = space.symbols().try_into().unwrap();
/// // Integrable where y^2 has the coefficient 8 (Kaup and Kupershmidt).
/// let energy = (px.powi(2) + py.powi(2) + x.powi(2) + y.powi(2)) / 2 + x.powi(2) * &y + 16 * y.powi(3) / 3;
/// let system = NaturalSystem::new(&Hamiltonian::new(energy, space).unwrap()).unwrap();
/// let obstruction = variational(&system).unwrap();
/// assert_eq!(obstruction.multipliers, ["-1/2", "3/2"]);
/// assert!(obstruction.statement.contains("a logarithm with the coefficient 45/512"));
/// ```
pub fn variational(system: &NaturalSystem) -> Option<Obstruction> {
    if system.dof() < 2 {
        return None;
    }
    let lines = invariant_lines(system);
    let mut cases = lines.iter().flat_map(|line| blocks(system, line).into_iter().map(move |block| (line, block)));
    cases.find_map(|(line, block)| Some(obstruction(system, line, &block, &block.equation.obstacle()?)))
}

fn obstruction(system: &NaturalSystem, line: &Line, block: &Block, obstacle: &Obstacle) -> Obstruction {
    let point = point(system, line, &block.equation);
    let multipliers = spelling::roots(&block.equation.exponents());
    let (energies, finding, admissible) = match obstacle {
        Obstacle::IrrationalGap => {
            ("but the critical values of the potential there", String::new(), "exponents with a rational difference")
        }
        Obstacle::Logarithm(coefficient) => (
            "but finitely many",
            format!(" and a logarithm with the coefficient {}", coefficient.spelled("E")),
            "no logarithm: the coefficient 0",
        ),
    };
    Obstruction {
        kind: "variational",
        excluded: ExcludedClass::Meromorphic,
        statement: format!(
            "No complete set of commuting integrals is meromorphic near the motions {point}, for all E {energies}: \
             variations along {} obey xi'' + ({})*xi = 0 and have, where s is infinite, the exponents {}{finding}, so \
             the identity component of their differential Galois group is not abelian (Morales-Ruiz and Ramis 2001).",
            spelling::tuple(block.direction.iter().map(Rational::to_string)),
            block.equation.stiffness.spelled("s"),
            multipliers.join(", "),
        ),
        point,
        multipliers,
        admissible: admissible.into(),
    }
}

/// The coordinates as functions of s, and the energy of the motion.
fn point(system: &NaturalSystem, line: &Line, equation: &NormalEquation) -> String {
    let names = spelling::tuple(system.coordinates.iter().map(aa_symbolic::Expr::to_string));
    let places = spelling::tuple(line.places().iter().map(|place| place.spelled("s")));
    let speed = Univariate::new(vec![Rational::ZERO, Rational::ZERO, &equation.mass / Rational::from(2)]);
    format!("{names} = {places} with {} + ({}) = E", speed.spelled("s'"), equation.potential.spelled("s"))
}
