//! Integrals of motion: found in exact arithmetic, proved, closed under the bracket, counted.
//!
//! The search itself ([`mod@aa_symbolic::null_space`]) knows no mechanics. Here its derivation is Hamilton's,
//! the Poisson bracket makes new integrals out of old, and the ranks of gradients and brackets say
//! whether the system is integrable.

mod involution;
mod naming;

use aa_symbolic::atoms::{AtomRing, Kind};
use aa_symbolic::polynomial::{Monomial, Polynomial};
use aa_symbolic::{Ansatz, Derivation, Expr, NullSpace, NullVector, Rational, null_space};

pub use aa_symbolic::{Degree, Proof};

use crate::{Error, Hamiltonian, PhaseSpace, Structure, poisson_bracket};
use involution::Algebra;
use naming::{names, oriented};

/// How far to search.
#[derive(Clone, Copy)]
pub struct SearchOptions<'a> {
    /// The weighted degree: exponentials weigh 2, everything else 1.
    pub degree: Degree,
    /// The most monomials.
    pub columns: usize,
    /// Whether to prove identities over the rational numbers.
    pub prove: bool,
    /// Functions that are claimed to be conserved: those that are join the integrals, whatever their degree.
    pub claims: &'a [Expr],
    /// Asked now and then whether to stop.
    pub stop: Option<&'a (dyn Fn() -> bool + Sync)>,
}

impl Default for SearchOptions<'_> {
    fn default() -> Self {
        SearchOptions { degree: Degree::Auto, columns: 3000, prove: true, claims: &[], stop: None }
    }
}

/// A conserved function.
#[derive(Clone, Debug)]
pub struct Integral {
    /// What a physicist calls it, or F and its degree.
    pub name: String,
    /// The function of coordinates and momenta.
    pub expression: Expr,
    /// Its weighted degree.
    pub degree: u32,
    /// How it is known to be conserved.
    pub proof: Proof,
}

/// What was searched.
#[derive(Clone, Debug)]
pub struct Searched {
    /// The weighted degree up to which everything was searched.
    pub degree: u32,
    /// The letters and their weights, in words.
    pub weights: String,
    /// The number of monomials.
    pub basis: usize,
    /// Whether it is certain that these letters have no further integral, independent of those
    /// found, up to this degree.
    pub complete: bool,
    /// Why it is not certain, where it is not.
    pub doubt: Option<String>,
    /// Whether the search was told to stop early.
    pub stopped: bool,
}

/// The integrals of a system.
#[derive(Clone, Debug)]
pub struct Integrals {
    /// Functionally independent integrals: the energy first, then by degree, then those that brackets add.
    pub found: Vec<Integral>,
    /// What was searched.
    pub searched: Searched,
    /// The rank of the gradients.
    pub independent: usize,
    /// How many functions of them commute: (independent + corank of the bracket matrix) / 2.
    pub in_involution: usize,
    /// The rank of the matrix of brackets.
    pub bracket_rank: usize,
    /// Whether each two of those found commute: where the matrix of brackets is zero.
    pub commute: Vec<Vec<bool>>,
    /// Integrals that commute with each other; the energy is first. Products such as L^2 may be among them.
    pub commuting: Vec<Expr>,
    /// Whether all brackets within `commuting` were proved to vanish identically.
    pub commuting_proved: bool,
}

impl Integrals {
    /// Whether there are enough integrals for tori: independent + corank = 2 dof (Liouville, or the
    /// non-commutative theorem of Mishchenko and Fomenko). Casimirs count on both sides: they are integrals, and
    /// each takes one dimension off the leaves on which the motion stays.
    pub fn is_complete_set(&self, space: &PhaseSpace) -> bool {
        2 * self.independent - self.bracket_rank == space.dimension() + space.n_casimirs()
    }
}

/// Searches for integrals of motion.
///
/// ```
/// use aa_dynamics::{Hamiltonian, PhaseSpace, integrals::{SearchOptions, find_integrals}};
/// let space = PhaseSpace::lines(["x", "y"]);
/// let square = |v: &[aa_symbolic::Expr]| v[0].powi(2) + v[1].powi(2);
/// let energy = square(space.momenta()) / 2 - 1 / square(space.coordinates()).sqrt();
/// let kepler = Hamiltonian::new(energy, space).unwrap();
/// let integrals = find_integrals(&kepler, &SearchOptions::default()).unwrap();
/// assert_eq!((integrals.independent, integrals.in_involution), (3, 2));
/// assert_eq!(integrals.found[1].name, "angular momentum");
/// ```
///
/// # Errors
/// A formula that the exact algebra has no rule for.
pub fn find_integrals(system: &Hamiltonian, options: &SearchOptions) -> Result<Integrals, Error> {
    let space = system.space();
    let (derivation, ansatz) = question(system, options)?;
    let mut searched = widened(null_space(&derivation, &ansatz)?, options.claims, &derivation, ansatz)?;
    if let Some(energy) = searched.vectors.first_mut().filter(|v| v.expression == *system.energy()) {
        // {H, H} = 0 whatever H is.
        energy.proof = Proof::Identity;
    }
    let structure = match space.structure() {
        Some(structure) => Some(in_ring(&mut searched.ring, structure)?),
        None => None,
    };
    let orient = |vector: NullVector| match vector.expression == *system.energy() {
        true => vector,
        false => oriented(out_of_the_exponent(vector, &searched.ring), &searched.ring, space),
    };
    let vectors = searched.vectors.into_iter().map(orient).collect();
    let mut algebra = Algebra::new(&searched.ring, space, structure, vectors)?;
    algebra.close()?;
    let (bracket_rank, commute) = (algebra.bracket_rank(), algebra.commute());
    let independent = algebra.vectors().len();
    let in_involution = independent - bracket_rank / 2;
    let (commuting, commuting_proved) = algebra.commuting(in_involution, system.energy())?;
    let casimirs = match space.structure() {
        Some(_) => algebra.casimirs(),
        None => vec![false; independent],
    };
    let weights: Vec<String> = searched.weights.iter().map(|(letter, weight)| format!("{letter}: {weight}")).collect();
    Ok(Integrals {
        found: names(system, algebra.into_vectors(), &casimirs, &searched.ring),
        searched: Searched {
            degree: searched.degree,
            weights: weights.join(", "),
            basis: searched.n_basis,
            complete: searched.complete,
            doubt: searched.doubt,
            stopped: searched.stopped,
        },
        independent,
        in_involution,
        bracket_rank,
        commute,
        commuting,
        commuting_proved,
    })
}

/// The degree to which variables are letters that the formula holds only inside functions or denominators.
const HIDDEN_DEGREE: u32 = 4;

/// What claims add, and a small search in which every variable on a line is a letter: it finds the angular momentum of
/// two free directions, of which the rates hold the momenta alone.
fn widened(first: NullSpace, claims: &[Expr], derivation: &Derivation, ansatz: Ansatz) -> Result<NullSpace, Error> {
    let is_letter = |x: &Expr| ansatz.barred.contains(x) || first.weights.iter().any(|(letter, _)| letter == x);
    let exhausted = first.vectors.len() + 1 >= derivation.variables.len();
    let hidden = !derivation.variables.iter().all(is_letter);
    if first.stopped || exhausted || !hidden && claims.is_empty() {
        return Ok(first);
    }
    let known = first.vectors.iter().map(|vector| &vector.expression);
    let always = ansatz.always.iter().chain(known).chain(claims).cloned().collect();
    let degree = Degree::Fixed(if hidden { first.degree.min(HIDDEN_DEGREE) } else { 0 });
    // A claim for which algebra has no rule is no reason to lose what was found.
    let second = null_space(derivation, &Ansatz { always, degree, hidden: true, ..ansatz });
    let Some(second) = second.ok().filter(|second| second.vectors.len() > first.vectors.len()) else {
        return Ok(first);
    };
    let doubt = first.doubt.or(second.doubt);
    let complete = first.complete && second.complete;
    Ok(NullSpace { degree: first.degree, n_basis: first.n_basis, weights: first.weights, doubt, complete, ..second })
}

/// The search for integrals as one for what Hamilton's derivation annihilates.
pub(crate) fn question<'a>(
    system: &Hamiltonian,
    options: &SearchOptions<'a>,
) -> Result<(Derivation, Ansatz<'a>), Error> {
    let space = system.space();
    let circles: Vec<Expr> =
        (0..space.coordinates().len()).filter(|&i| space.is_circle(i)).map(|i| space.q(i)).collect();
    // K = H + pt is an integral, so any other can be written without pt.
    let spare = system.is_driven().then(|| space.p(space.dof() - 1));
    let ansatz = Ansatz {
        degree: options.degree,
        columns: options.columns,
        always: std::iter::once(system.energy().clone()).chain(casimirs(space, options)?).collect(),
        atoms: circles.iter().flat_map(|angle| [angle.sin(), angle.cos()]).collect(),
        barred: circles.into_iter().chain(spare).collect(),
        hidden: false,
        prove: options.prove,
        stop: options.stop,
    };
    Ok((Derivation { variables: space.symbols(), rates: system.rates() }, ansatz))
}

/// The polynomial Casimirs of a space up to degree 4; none where it has canonical pairs.
///
/// # Errors
/// A bracket that the exact algebra has no rule for.
pub fn polynomial_casimirs(space: &PhaseSpace) -> Result<Vec<Expr>, Error> {
    casimirs(space, &SearchOptions::default())
}

/// The highest degree of a Casimir that is looked for.
const CASIMIR_DEGREE: u32 = 4;

/// Polynomial Casimirs: what is conserved whatever the energy is. They are sought as integrals of an energy of higher
/// degree than their own, so that it is not among them.
fn casimirs(space: &PhaseSpace, options: &SearchOptions) -> Result<Vec<Expr>, Error> {
    if space.n_casimirs() == 0 {
        return Ok(Vec::new());
    }
    let variables = space.symbols();
    let power = |(i, z): (usize, &Expr)| z.powi(i64::from(CASIMIR_DEGREE) + 3) * (2 * i as i64 + 3);
    let energy: Expr = variables.iter().enumerate().map(power).sum();
    let rates = variables.iter().map(|z| poisson_bracket(z, &energy, space)).collect();
    let derivation = Derivation { variables, rates };
    let ansatz = Ansatz {
        degree: Degree::Fixed(CASIMIR_DEGREE),
        columns: options.columns,
        prove: false,
        stop: options.stop,
        ..Ansatz::default()
    };
    Ok(null_space(&derivation, &ansatz)?.vectors.into_iter().map(|vector| vector.expression).collect())
}

/// The brackets of a Poisson structure as polynomials.
fn in_ring(ring: &mut AtomRing, structure: &Structure) -> Result<Vec<Vec<Polynomial>>, Error> {
    let express = |row: &Vec<Expr>| row.iter().map(|entry| ring.express(entry)).collect::<Result<_, _>>();
    Ok(structure.brackets().iter().map(express).collect::<Result<_, _>>()?)
}

/// The exponent of an integral exp(f): f is conserved too, and may be a momentum.
fn out_of_the_exponent(vector: NullVector, ring: &AtomRing) -> NullVector {
    let exponent = |(g, power): (usize, i32)| match &ring.generators()[g].kind {
        Kind::Exponential { argument } => Some(argument.scaled(&Rational::from(power))),
        _ => None,
    };
    let exponents = vector.polynomial.single_term().map(|(m, _)| m.factors().map(exponent).collect::<Option<Vec<_>>>());
    let Some(exponents) = exponents.flatten() else { return vector };
    let sum = exponents.iter().fold(Polynomial::zero(), |sum, exponent| &sum + exponent);
    let (_, polynomial) = sum.primitive();
    let degree = |m: &Monomial| m.factors().map(|(_, e)| e.unsigned_abs()).sum();
    let degree = polynomial.terms().map(|(m, _)| degree(m)).max().unwrap_or(0);
    NullVector { expression: ring.expression(&polynomial), polynomial, degree, ..vector }
}

/// What is known of a claimed integral.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimStatus {
    /// Its bracket with H vanishes identically, over the rational numbers.
    Proved,
    /// Its bracket with H does not vanish.
    Refuted,
    /// Neither could be established.
    Undecided,
}

impl ClaimStatus {
    /// proved, refuted or undecided.
    pub fn word(self) -> &'static str {
        match self {
            ClaimStatus::Proved => "proved",
            ClaimStatus::Refuted => "refuted",
            ClaimStatus::Undecided => "undecided",
        }
    }
}

/// Is this function conserved?
///
/// ```
/// use aa_dynamics::{Hamiltonian, PhaseSpace, integrals::{ClaimStatus, verify_claim}};
/// let space = PhaseSpace::lines(["x", "y"]);
/// let [x, y, px, py] = space.symbols().try_into().unwrap();
/// let energy = (px.powi(2) + py.powi(2) + x.powi(2) + y.powi(2)) / 2;
/// let oscillator = Hamiltonian::new(energy, space).unwrap();
/// assert_eq!(verify_claim(&oscillator, &(&x * &py - &y * &px)), ClaimStatus::Proved);
/// assert_eq!(verify_claim(&oscillator, &(&x * &px)), ClaimStatus::Refuted);
/// ```
pub fn verify_claim(system: &Hamiltonian, claim: &Expr) -> ClaimStatus {
    exact_status(system, claim).unwrap_or(ClaimStatus::Undecided)
}

fn exact_status(system: &Hamiltonian, claim: &Expr) -> Result<ClaimStatus, aa_symbolic::Error> {
    let rates = system.rates();
    let mut ring = AtomRing::new(&system.space().symbols(), &[&rates[..], std::slice::from_ref(claim)].concat())?;
    let rates = rates.iter().map(|rate| ring.express(rate)).collect::<Result<Vec<_>, _>>()?;
    let polynomial = ring.express(claim)?;
    let rate = ring.derivation(&rates).apply(&polynomial);
    let is_smooth = ring.is_single_valued().is_ok();
    Ok(match (ring.is_identically_zero(&rate), ring.independence()) {
        // Where there are kinks, the identity holds on each side of them only.
        (Some(true), _) if is_smooth => ClaimStatus::Proved,
        (Some(false), Ok(())) => ClaimStatus::Refuted,
        _ => ClaimStatus::Undecided,
    })
}

#[cfg(test)]
mod tests;
