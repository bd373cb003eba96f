//! Kovalevskaya exponents of homogeneous potentials: an indication of integrability or of the lack of it.
//!
//! With V homogeneous of degree k > 2 the system is homogeneous for the weights g = 2/(k - 2) of coordinates and g + 1
//! of momenta, and q = a t^-g solves it where K V'(a) = -g (g + 1) a. Nearby solutions differ by t^(r - g) with
//!
//! ```text
//! (r - g) (r - g - 1) = g (g + 1) lambda,    lambda a multiplier of the Darboux point along a.
//! ```
//!
//! The exponents r have one pair for each multiplier; the pair of the trivial multiplier is -1 and 2 (g + 1). For
//! definite masses no other weights make a natural system homogeneous. Irrational or complex exponents exclude
//! algebraic integrability (Yoshida, Celestial Mechanics 31 (1983) 363 and 381, with the corrections of Goriely,
//! J. Math. Phys. 37 (1996) 1871), and whole ones are what the Painleve property needs (Ablowitz, Ramani and Segur,
//! J. Math. Phys. 21 (1980) 715). Neither is a proof about meromorphic integrals: for one see
//! [`super::morales_ramis()`].

use std::collections::BTreeSet;

use aa_symbolic::Rational;
use aa_symbolic::univariate::Univariate;

use super::darboux::{Directions, Homogeneous};
use super::{NaturalSystem, spelling};

/// One leading behaviour at a singularity, and its exponents.
#[derive(Clone, Debug, PartialEq)]
pub struct Balance {
    /// The weights of the coordinates, then of the momenta: a quantity of weight w goes like t^-w.
    pub weights: Vec<Rational>,
    /// The coefficients a in q = a t^-g, exactly.
    pub leading: String,
    /// The distinct exponents: numbers where they are rational or square roots, otherwise their polynomial.
    pub exponents: Vec<String>,
    /// Whether all exponents are rational.
    pub all_rational: bool,
}

/// The balances of the leading part of the potential, and their Kovalevskaya exponents.
///
/// One balance for each Darboux point that [`super::morales_ramis()`] looks at, conjugate points together. Empty where
/// the potential has a degree below 3 or no such point is found.
///
/// ```
/// use aa_dynamics::{Hamiltonian, PhaseSpace};
/// use aa_dynamics::obstruction::{NaturalSystem, kovalevskaya_exponents};
/// let space = PhaseSpace::lines(["x", "y"]);
/// let (x, y) = (space.q(0), space.q(1));
/// let energy = (space.p(0).powi(2) + space.p(1).powi(2)) / 2 + x.powi(2) * &y + y.powi(3) / 3;
/// let sawada_kotera = NaturalSystem::new(&Hamiltonian::new(energy, space).unwrap()).unwrap();
/// let balances = kovalevskaya_exponents(&sawada_kotera);
/// assert_eq!(balances[1].leading, "(x, y) = (-3, -3)");
/// assert_eq!(balances[1].exponents, ["-1", "2", "3", "6"]);
/// assert!(balances.iter().all(|balance| balance.all_rational));
/// ```
pub fn kovalevskaya_exponents(system: &NaturalSystem) -> Vec<Balance> {
    let leading = system.potential.homogeneous_parts().pop_last();
    let homogeneous = leading.and_then(|(degree, part)| Homogeneous::new(&system.kinetic, part, degree));
    let Some(homogeneous) = homogeneous else { return Vec::new() };
    let directions = homogeneous.darboux_directions();
    directions.iter().filter_map(|at| balance(system, &homogeneous, at)).collect()
}

fn balance(system: &NaturalSystem, homogeneous: &Homogeneous, at: &Directions) -> Option<Balance> {
    let weight = Rational::from(2) / Rational::from(homogeneous.degree - 2);
    let above = &weight + Rational::ONE;
    let product = &weight * &above;
    let multipliers = homogeneous.multipliers(at);
    let (exponents, all_rational) = exponents(&multipliers, &weight, homogeneous.degree);
    // K V'(mu d) = mu**(k - 1) g d is -g (g + 1) mu d.
    let power = at.scale.inverse_modulo(&at.roots_of)?.scaled(&-product);
    let n = system.dof();
    Some(Balance {
        leading: spelling::point(system, at, &power, homogeneous.degree),
        weights: [vec![weight; n], vec![above; n]].concat(),
        exponents,
        all_rational,
    })
}

/// The exponents that belong to the trivial multiplier and to the roots of a polynomial, and whether all are rational.
fn exponents(multipliers: &Univariate, weight: &Rational, degree: i32) -> (Vec<String>, bool) {
    let above = weight + Rational::ONE;
    let shifted = &Univariate::with_root(weight) * &Univariate::with_root(&above);
    // The multiplier as a polynomial in the exponent. A rational exponent needs a rational multiplier.
    let multiplier = shifted.scaled(&(Rational::ONE / (weight * above)));
    let mut values: BTreeSet<Rational> = multipliers.rational_roots().into_iter().collect();
    values.insert(Rational::from(degree - 1));
    let pairs: Vec<Univariate> = values.into_iter().map(|v| &multiplier - &Univariate::constant(v)).collect();
    let rational: BTreeSet<Rational> = pairs.iter().flat_map(Univariate::rational_roots).collect();
    let conjugate = multipliers.irrational_part().composed(&multiplier);
    let irrational = pairs.iter().map(Univariate::irrational_part).chain([conjugate]);
    let irrational: Vec<String> =
        irrational.filter(|p| p.degree() > 0).flat_map(|p| spelling::irrational(&p)).collect();
    let all_rational = irrational.is_empty();
    (rational.iter().map(Rational::to_string).chain(irrational).collect(), all_rational)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::obstruction::testing::plane;
    use aa_symbolic::Expr;

    fn balances(potential: impl Fn(&Expr, &Expr) -> Expr) -> Vec<Balance> {
        kovalevskaya_exponents(&plane(potential))
    }

    /// The Henon-Heiles family with A = B = D = 1.
    fn family(c: i64) -> Vec<Balance> {
        balances(|x, y| (x.powi(2) + y.powi(2)) / 2 + x.powi(2) * y - Expr::integer(c) * y.powi(3) / 3)
    }

    #[test]
    fn the_henon_heiles_family_has_its_known_exponents() {
        // (5 +- sqrt(1 - 24 (C + 1)))/2 beside -1 and 6, where x and y are both singular.
        for (c, expected) in [
            (-1, ["-1", "2", "3", "6"]),
            (-6, ["-3", "-1", "6", "8"]),
            (-16, ["-7", "-1", "6", "12"]),
            (1, ["-1", "6", "sqrt(47)*i/2 + 5/2", "-sqrt(47)*i/2 + 5/2"]),
        ] {
            let both = family(c).into_iter().find(|b| b.exponents == expected).unwrap_or_else(|| panic!("C = {c}"));
            assert_eq!(both.all_rational, c != 1);
            assert_eq!(both.weights, [2, 2, 3, 3].map(Rational::from));
        }
    }

    #[test]
    fn leading_coefficients_solve_the_equations() {
        // y'' = y**2 with y = 6 t**-2, beside x = 0.
        assert_eq!(family(1)[0].leading, "(x, y) = (0, 6)");
        let quartic = balances(|x, y| (x.powi(4) + y.powi(4)) / 4);
        // x'' = -x**3 with x = mu/t: mu**2 = -2.
        assert!(quartic.iter().any(|b| b.leading == "(x, y) = mu*(1, 0) with mu**2 = -2"));
    }

    #[test]
    fn potentials_without_a_singularity_have_no_balance() {
        assert!(balances(|x, y| (x.powi(2) + y.powi(2)) / 2).is_empty());
    }
}
