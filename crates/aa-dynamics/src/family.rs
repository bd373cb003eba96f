//! Families of systems: many members with parameters of their own, searched for integrals at once.
//!
//! [`family`] takes a Hamiltonian with symbols for parameters, and [`count_members`] counts the independent integrals
//! of member after member by rank alone, in about a millisecond each. That says which members are worth the full
//! search with proofs, [`find_integrals_of`]. [`Family::drops`] solves for a parameter instead of trying values.
//!
//! Counts are ranks of gradients of what the ansatz holds; [`find_integrals`] then adds brackets of integrals.

use aa_symbolic::{Expr, Rational};
use rayon::prelude::*;

pub use aa_symbolic::{Drops, Family};

use crate::integrals::{Integrals, SearchOptions, find_integrals, question};
use crate::{Error, Hamiltonian};

/// The family of a Hamiltonian with symbols for `parameters`. `None` where a parameter is not just a factor of terms:
/// then search member by member.
///
/// ```
/// use aa_dynamics::family::{count_members, family};
/// use aa_dynamics::{Hamiltonian, PhaseSpace, SearchOptions, integrals::Degree};
/// use aa_symbolic::{Expr, Rational};
/// let space = PhaseSpace::lines(["x", "y"]);
/// let [x, y, px, py] = space.symbols().try_into().unwrap();
/// let e = Expr::symbol("e");
/// let energy = (px.powi(2) + py.powi(2)) / 2 + (x.powi(4) + y.powi(4)) / 4 + &e * x.powi(2) * y.powi(2) / 2;
/// let quartic = Hamiltonian::with_constants(energy, space, &[e.clone()]).unwrap();
/// let options = SearchOptions { degree: Degree::Fixed(4), ..SearchOptions::default() };
/// let family = family(&quartic, &[e], &options).unwrap().unwrap();
/// let members: Vec<_> = (0..4).map(|e| vec![Rational::from(e)]).collect();
/// assert_eq!(count_members(&family, &members), [Some(2), Some(2), Some(1), Some(2)]);
/// assert_eq!(family.drops().unwrap().rational, [0, 1, 3].map(Rational::from));
/// ```
///
/// # Errors
/// A formula that the exact algebra has no rule for.
pub fn family(system: &Hamiltonian, parameters: &[Expr], options: &SearchOptions) -> Result<Option<Family>, Error> {
    let (derivation, ansatz) = question(system, options)?;
    Ok(Family::new(&derivation, parameters, &ansatz)?)
}

/// How many independent integrals each member has within the ansatz, in order; see [`Family::count`].
pub fn count_members(family: &Family, members: &[Vec<Rational>]) -> Vec<Option<usize>> {
    members.par_iter().map(|values| family.count(values)).collect()
}

/// The full search for each of several systems, in order.
pub fn find_integrals_of(systems: &[Hamiltonian], options: &SearchOptions) -> Vec<Result<Integrals, Error>> {
    systems.par_iter().map(|system| find_integrals(system, options)).collect()
}

#[cfg(test)]
mod tests {
    use aa_symbolic::calculus::substitute;

    use super::*;
    use crate::PhaseSpace;
    use crate::integrals::Degree;
    use crate::testing::build;

    const NAMES: [&str; 3] = ["A", "B", "C"];

    /// (A x^2 + B y^2)/2 + x^2 y - C y^3/3 with its symbols.
    fn henon_heiles() -> (Hamiltonian, [Expr; 3]) {
        let space = PhaseSpace::lines(["x", "y"]);
        let [x, y, px, py] = space.symbols().try_into().expect("two degrees of freedom");
        let [a, b, c] = NAMES.map(Expr::symbol);
        let quadratic = (px.powi(2) + py.powi(2) + &a * x.powi(2) + &b * y.powi(2)) / 2;
        let energy = quadratic + x.powi(2) * &y - &c * y.powi(3) / 3;
        let constants = [a, b, c];
        (Hamiltonian::with_constants(energy, space, &constants).unwrap(), constants)
    }

    fn grid(axes: [&[i64]; 3]) -> Vec<Vec<Rational>> {
        let mut members = vec![vec![]];
        for axis in axes {
            let with = |member: &Vec<Rational>, x: i64| [&member[..], &[Rational::from(x)]].concat();
            members = members.iter().flat_map(|member| axis.iter().map(move |&x| with(member, x))).collect();
        }
        members
    }

    fn options(degree: u32) -> SearchOptions<'static> {
        SearchOptions { degree: Degree::Fixed(degree), ..SearchOptions::default() }
    }

    #[test]
    fn counts_agree_with_the_full_search_of_each_member() {
        let (system, constants) = henon_heiles();
        let family = family(&system, &constants, &options(4)).unwrap().unwrap();
        let members = grid([&[0, 1], &[1, 4, -1], &[-6, -1, 0, 2]]);
        let put = |values: &Vec<Rational>| {
            let numbers = values.iter().map(|x| Expr::rational(x.clone()));
            let rules: Vec<(Expr, Expr)> = constants.iter().cloned().zip(numbers).collect();
            build(substitute(system.energy(), &rules), system.space().clone())
        };
        let systems: Vec<Hamiltonian> = members.iter().map(put).collect();
        let searched = find_integrals_of(&systems, &options(4));
        let searched: Vec<_> = searched.into_iter().map(|found| Some(found.unwrap().independent)).collect();
        assert_eq!(count_members(&family, &members), searched);
        assert!(searched.contains(&Some(1)) && searched.contains(&Some(2)));
    }

    #[test]
    fn all_known_integrable_members_are_found_and_no_others() {
        let (system, constants) = henon_heiles();
        let family = family(&system, &constants, &options(6)).unwrap().unwrap();
        assert_eq!((family.generic, family.degree, family.n_basis), (1, 6, 210));
        let members = grid([&[1], &[1, 2, 15, 16], &[-17, -16, -15, -7, -6, -5, -2, -1, 0, 1]]);
        let found = members.iter().zip(count_members(&family, &members)).filter(|(_, count)| *count != Some(1));
        let found: Vec<String> = found.map(|(member, _)| format!("{} {}", member[1], member[2])).collect();
        assert_eq!(found, ["1 -6", "1 -1", "2 -6", "15 -6", "16 -16", "16 -6"]);
    }

    #[test]
    fn constants_are_not_coordinates() {
        let space = PhaseSpace::lines(["x"]);
        let constant = |name: &str| Hamiltonian::with_constants(Expr::symbol(name), space.clone(), &[space.q(0)]);
        assert_eq!(constant("x"), Err(Error::NameTwice { name: "x".into() }));
    }
}
