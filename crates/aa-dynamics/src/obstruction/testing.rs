//! Natural systems for the tests of this module.

use aa_symbolic::{Expr, parse_rational};

use super::NaturalSystem;
use crate::{Hamiltonian, PhaseSpace};

pub(super) fn number(text: &str) -> Expr {
    Expr::rational(parse_rational(text).unwrap())
}

/// The system of unit masses with this potential.
pub(super) fn in_space(space: &PhaseSpace, potential: Expr) -> NaturalSystem {
    let kinetic: Expr = space.momenta().iter().map(|p| p.powi(2) / 2).sum();
    NaturalSystem::new(&Hamiltonian::new(kinetic + potential, space.clone()).unwrap()).unwrap()
}

/// The system of unit masses with this potential in x and y.
pub(super) fn plane(potential: impl Fn(&Expr, &Expr) -> Expr) -> NaturalSystem {
    let space = PhaseSpace::lines(["x", "y"]);
    in_space(&space, potential(&space.q(0), &space.q(1)))
}

/// The same, turned by the angle whose cosine is 3/5.
pub(super) fn turned(potential: impl Fn(&Expr, &Expr) -> Expr) -> NaturalSystem {
    plane(|x, y| potential(&((3 * x + 4 * y) / 5), &((3 * y - 4 * x) / 5)))
}

/// The same in the oblique coordinates u and v, where x = u + 2 v and y = v.
pub(super) fn oblique(potential: impl Fn(&Expr, &Expr) -> Expr) -> NaturalSystem {
    let space = PhaseSpace::lines(["u", "v"]);
    let [u, v, pu, pv] = space.symbols().try_into().unwrap();
    let kinetic = (pu.powi(2) + (&pv - 2 * &pu).powi(2)) / 2;
    NaturalSystem::new(&Hamiltonian::new(kinetic + potential(&(u + 2 * &v), &v), space).unwrap()).unwrap()
}
