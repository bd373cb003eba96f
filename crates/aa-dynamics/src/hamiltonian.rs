//! A Hamiltonian system: an energy on a phase space.

use aa_symbolic::{Expr, gradient, substitute};

use crate::{Coordinate, Error, PhaseSpace, poisson_bracket};

/// A Hamiltonian on a phase space.
///
/// ```
/// use aa_dynamics::{Hamiltonian, PhaseSpace};
/// let space = PhaseSpace::lines(["x"]);
/// let energy = space.p(0).powi(2) / 2 + space.q(0).powi(2) / 2;
/// let oscillator = Hamiltonian::new(energy, space).unwrap();
/// let rates: Vec<String> = oscillator.rates().iter().map(|r| r.to_string()).collect();
/// assert_eq!(rates, ["px", "-x"]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hamiltonian {
    energy: Expr,
    space: PhaseSpace,
    constants: Vec<Expr>,
    is_driven: bool,
}

/// The name of time as a coordinate.
pub const TIME: &str = "t";

impl Hamiltonian {
    /// The system with this energy.
    ///
    /// # Errors
    /// The energy has a symbol that is neither a coordinate nor a momentum.
    pub fn new(energy: Expr, space: PhaseSpace) -> Result<Hamiltonian, Error> {
        Hamiltonian::with_constants(energy, space, &[])
    }

    /// The family of systems with this energy, in which some symbols stand for constants of any value.
    ///
    /// # Errors
    /// The energy has a symbol that is neither a coordinate nor a momentum nor one of the constants; or a constant has
    /// the name of a coordinate or momentum.
    pub fn with_constants(energy: Expr, space: PhaseSpace, constants: &[Expr]) -> Result<Hamiltonian, Error> {
        let known = space.symbols();
        if let Some(twice) = constants.iter().find(|constant| known.contains(constant)) {
            return Err(Error::NameTwice { name: twice.to_string() });
        }
        let constants = constants.to_vec();
        match energy.symbols().into_iter().find(|symbol| !known.contains(symbol) && !constants.contains(symbol)) {
            Some(unknown) => Err(Error::UnknownSymbol { name: unknown.to_string() }),
            None => Ok(Hamiltonian { energy, space, constants, is_driven: false }),
        }
    }

    /// The system with an energy H(q, p, t) that depends on time, in the extended phase space: time is the last
    /// coordinate, its momentum `pt` comes with it, and K = H + pt generates the motion, so that t' = 1 (Lichtenberg
    /// and Lieberman, Regular and Chaotic Dynamics, section 1.2). On orbits K = 0: pt is minus the energy.
    ///
    /// ```
    /// use aa_dynamics::{Hamiltonian, PhaseSpace};
    /// let space = PhaseSpace::lines(["x"]);
    /// let t = aa_symbolic::Expr::symbol("t");
    /// let energy = space.p(0).powi(2) / 2 + space.q(0) * t.cos();
    /// let driven = Hamiltonian::driven(energy, &space, &[]).unwrap();
    /// let rates: Vec<String> = driven.rates().iter().map(|r| r.to_string()).collect();
    /// assert_eq!(rates, ["px", "1", "-cos(t)", "x*sin(t)"]);
    /// ```
    ///
    /// # Errors
    /// As for [`Hamiltonian::with_constants`]; a coordinate that is called `t` already.
    pub fn driven(energy: Expr, space: &PhaseSpace, constants: &[Expr]) -> Result<Hamiltonian, Error> {
        let extended = space.with_coordinate(TIME)?;
        let momentum = extended.p(space.dof());
        let system = Hamiltonian::with_constants(energy + momentum, extended, constants)?;
        Ok(Hamiltonian { is_driven: true, ..system })
    }

    /// A driven system as it stands at t = 0: its energy H(q, p, 0) on the phase space without time.
    pub(crate) fn at_start(&self) -> Result<Hamiltonian, Error> {
        let n = self.dof() - 1;
        let (time, momentum) = (self.space.q(n), self.space.p(n));
        let coordinate = |i: usize| Coordinate { name: self.space.q(i).to_string(), kind: self.space.kind(i) };
        let space = PhaseSpace::new((0..n).map(coordinate).collect())?;
        let energy = substitute(&(&self.energy - &momentum), &[(time, Expr::zero())]);
        Hamiltonian::with_constants(energy, space, &self.constants)
    }

    /// Whether the last pair is time and its momentum.
    pub fn is_driven(&self) -> bool {
        self.is_driven
    }

    /// Symbols that stand for constants of any value.
    pub fn constants(&self) -> &[Expr] {
        &self.constants
    }

    /// The energy H(q, p).
    pub fn energy(&self) -> &Expr {
        &self.energy
    }

    /// Where it lives.
    pub fn space(&self) -> &PhaseSpace {
        &self.space
    }

    /// Degrees of freedom.
    pub fn dof(&self) -> usize {
        self.space.dof()
    }

    /// Hamilton's equations, dq/dt = dH/dp then dp/dt = -dH/dq; dz_i/dt = {z_i, H} over a Poisson structure.
    pub fn rates(&self) -> Vec<Expr> {
        if self.space.structure().is_some() {
            return self.space.coordinates().iter().map(|z| poisson_bracket(z, &self.energy, &self.space)).collect();
        }
        let dh_dq = gradient(&self.energy, self.space.coordinates());
        let dh_dp = gradient(&self.energy, self.space.momenta());
        dh_dp.into_iter().chain(dh_dq.into_iter().map(|slope| -slope)).collect()
    }

    /// Kinetic energy T(p) and potential energy V(q), where H visibly is their sum; a constant goes to V.
    pub fn split(&self) -> Option<(Expr, Expr)> {
        if self.space.structure().is_some() {
            return None;
        }
        let touches = |expr: &Expr, symbols: &[Expr]| expr.symbols().iter().any(|s| symbols.contains(s));
        let mut kinetic = Expr::zero();
        for (term, coefficient) in terms(&self.energy) {
            match (touches(&term, self.space.coordinates()), touches(&term, self.space.momenta())) {
                (true, true) => return None,
                (false, true) => kinetic = kinetic + Expr::rational(coefficient) * term,
                _ => {}
            }
        }
        let potential = &self.energy - &kinetic;
        Some((kinetic, potential))
    }
}

/// The terms of a sum with their coefficients; anything else is one term.
fn terms(expr: &Expr) -> Vec<(Expr, aa_symbolic::Rational)> {
    match expr.node() {
        aa_symbolic::Node::Sum { terms, .. } => terms.clone(),
        _ => vec![(expr.clone(), aa_symbolic::Rational::ONE)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn energies_split_only_where_no_term_mixes() {
        let space = PhaseSpace::lines(["x"]);
        let (x, p) = (space.q(0), space.p(0));
        let split = |energy: Expr| Hamiltonian::new(energy, space.clone()).unwrap().split();
        let (kinetic, potential) = split(p.powi(2) / 2 + x.powi(4) + 1).unwrap();
        assert_eq!((kinetic.to_string(), potential.to_string()), ("px**2/2".into(), "x**4 + 1".into()));
        assert!(split(p.powi(2) * (&x + 1)).is_none());
    }

    #[test]
    fn strange_symbols_are_refused() {
        let result = Hamiltonian::new(Expr::symbol("z"), PhaseSpace::lines(["x"]));
        assert_eq!(result, Err(Error::UnknownSymbol { name: "z".into() }));
    }
}
