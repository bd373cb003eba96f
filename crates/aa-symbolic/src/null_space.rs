//! What does a derivation annihilate? The search for conserved combinations, in exact arithmetic.
//!
//! Monomials in the atoms of the formula, up to a weighted degree, are differentiated along the
//! derivation at random points modulo a prime; null vectors are lifted to rational numbers, checked
//! modulo another prime, and then proved as identities over the rational numbers.
//!
//! The true null space lies inside the sampled one. So, where the atoms are independent, "nothing found"
//! is a certificate up to the degree searched; and a vector that chance let through fails its proof.
//! (That found vectors exhaust the null space *up to functional dependence* is seen from gradients at
//! one random point modulo p; it errs with a probability of degree / p, about 1e-17.)

mod candidate;
pub mod family;
mod short;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use crate::ansatz::{Catalogue, letters};
use crate::atoms::{AtomRing, Kind, RingDerivation};
use crate::elimination::Span;
use crate::grading::{Gradings, Key};
use crate::polynomial::{Monomial, Polynomial};
use crate::{Error, Expr};

use candidate::{Candidate, Judge};
use short::shorter;
use table::{Block, Table};

/// The highest weighted degree that a search rises to by itself.
const MAX_DEGREE: u32 = 24;

/// A derivation: the rates of change of the variables, x_i' = rate_i.
#[derive(Clone, Debug)]
pub struct Derivation {
    /// The variables.
    pub variables: Vec<Expr>,
    /// The rate of each variable.
    pub rates: Vec<Expr>,
}

/// How far to search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Degree {
    /// Rise until the columns are used up.
    Auto,
    /// Up to this weighted degree, if the columns last.
    Fixed(u32),
}

/// Which functions to consider: monomials in the atoms of the rates and of the expressions below.
#[derive(Clone)]
pub struct Ansatz<'a> {
    /// The weighted degree. Exponentials weigh 2, everything else 1.
    pub degree: Degree,
    /// The most monomials.
    pub columns: usize,
    /// Expressions whose monomials are always in. Those that the derivation annihilates head the result.
    pub always: Vec<Expr>,
    /// Expressions whose atoms join the ring, such as the sine of an angle that the rates do not hold.
    pub atoms: Vec<Expr>,
    /// Variables that may enter only inside atoms, such as angles.
    pub barred: Vec<Expr>,
    /// Whether variables that the formula holds only inside functions or denominators are letters, too.
    pub hidden: bool,
    /// Whether to prove identities over the rational numbers; without, a second prime is all.
    pub prove: bool,
    /// Asked now and then whether to stop.
    pub stop: Option<&'a (dyn Fn() -> bool + Sync)>,
}

impl Default for Ansatz<'_> {
    fn default() -> Self {
        Ansatz {
            degree: Degree::Auto,
            columns: 3000,
            always: Vec::new(),
            atoms: Vec::new(),
            barred: Vec::new(),
            hidden: false,
            prove: true,
            stop: None,
        }
    }
}

/// How it is known that the derivation annihilates a vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The identity was verified over the rational numbers in the ring of atoms.
    Identity,
    /// It holds at random points modulo a prime other than the one it was found with.
    SecondPrime,
}

/// One vector of the null space.
#[derive(Clone, Debug)]
pub struct NullVector {
    /// The vector as an expression.
    pub expression: Expr,
    /// The same in the ring of atoms.
    pub polynomial: Polynomial,
    /// Its weighted degree.
    pub degree: u32,
    /// How it is known.
    pub proof: Proof,
}

/// The functionally independent vectors of a null space, and what was searched.
#[derive(Clone, Debug)]
pub struct NullSpace {
    /// Functionally independent vectors: first those given, then by degree.
    pub vectors: Vec<NullVector>,
    /// The weighted degree up to which everything was searched.
    pub degree: u32,
    /// The number of monomials.
    pub n_basis: usize,
    /// The letters of the monomials with their weights.
    pub weights: Vec<(Expr, u32)>,
    /// Whether it is certain that there is no further vector up to this degree that is independent
    /// of those found.
    pub complete: bool,
    /// Why it is not certain, where it is not.
    pub doubt: Option<String>,
    /// Whether the search was told to stop.
    pub stopped: bool,
    /// The ring in which the search took place.
    pub ring: AtomRing,
}

/// Searches for what the derivation annihilates.
///
/// ```
/// use aa_symbolic::{Ansatz, Derivation, Expr, null_space};
/// let (x, p) = (Expr::symbol("x"), Expr::symbol("p"));
/// let oscillator = Derivation { variables: vec![x.clone(), p.clone()], rates: vec![p, -x] };
/// let found = null_space(&oscillator, &Ansatz::default()).unwrap();
/// assert_eq!(found.vectors[0].expression.to_string(), "p**2 + x**2");
/// ```
///
/// # Errors
/// Formulas without an exact rule, and lists that differ in length.
pub fn null_space(derivation: &Derivation, ansatz: &Ansatz) -> Result<NullSpace, Error> {
    let (variables, rates) = (derivation.variables.len(), derivation.rates.len());
    if variables != rates {
        return Err(Error::Mismatch { variables, rates });
    }
    Search::new(derivation, ansatz)?.run()
}

/// A search under way.
struct Search<'a> {
    ansatz: &'a Ansatz<'a>,
    ring: AtomRing,
    derivation: RingDerivation,
    gradings: Gradings,
    catalogue: Catalogue,
    /// Monomials of the expressions that are always in.
    extra: BTreeSet<Monomial>,
    always: Vec<Polynomial>,
    vectors: Vec<NullVector>,
    /// Whether identities over the rational numbers are proofs here, and wanted.
    prove: bool,
    doubt: Option<String>,
}

impl<'a> Search<'a> {
    fn new(derivation: &Derivation, ansatz: &'a Ansatz) -> Result<Search<'a>, Error> {
        let expressions = [&derivation.rates[..], &ansatz.always, &ansatz.atoms].concat();
        let mut ring = AtomRing::new(&derivation.variables, &expressions)?;
        let rates = derivation.rates.iter().map(|rate| ring.express(rate)).collect::<Result<Vec<_>, _>>()?;
        let always = ansatz.always.iter().map(|f| ring.express(f)).collect::<Result<Vec<_>, _>>()?;
        let letters = letters(&ring, &[&rates[..], &always].concat(), &ansatz.barred, ansatz.hidden);
        let derivation = ring.derivation(&rates);
        let kinks = ring.is_single_valued();
        Ok(Search {
            ansatz,
            gradings: Gradings::new(&ring, std::slice::from_ref(&derivation)),
            catalogue: Catalogue::new(&ring, letters),
            extra: always.iter().flat_map(|f| f.terms().map(|(m, _)| m.clone())).collect(),
            always,
            vectors: Vec::new(),
            prove: ansatz.prove && kinks.is_ok(),
            doubt: kinks.and_then(|()| ring.independence()).err(),
            derivation,
            ring,
        })
    }

    fn run(mut self) -> Result<NullSpace, Error> {
        let mut judge = Judge::new(&self.ring, &self.derivation, self.prove)?;
        let mut span = Span::new(judge.field());
        self.accept_given(&mut judge, &mut span)?;
        let mut table = Table::new(&self.ring, &self.derivation, 0)?;
        let mut sizes: BTreeMap<Key, usize> = BTreeMap::new();
        let (mut degree, mut n_basis, mut stopped) = (0, 1, false);
        let last = match self.ansatz.degree {
            Degree::Auto => MAX_DEGREE,
            Degree::Fixed(degree) => degree,
        };
        while degree < last && span.rank() + 1 < self.ring.n_variables() {
            stopped = self.is_stopped();
            if stopped || !self.catalogue.grow(degree + 1, self.ansatz.columns) {
                break;
            }
            let length = self.catalogue.entries.len();
            self.catalogue.append(&self.extra);
            let candidates = self.candidates(degree + 1..=degree + 1, &mut table, &mut sizes)?;
            let Some(candidates) = candidates else {
                stopped = true;
                break;
            };
            self.accept(candidates, &mut judge, &mut table, &mut span)?;
            (degree, n_basis) = (degree + 1, self.catalogue.entries.len());
            self.catalogue.truncate(length);
            table.truncate(length);
        }
        self.catalogue.append(&self.extra);
        if !stopped && degree > 0 && span.rank() + 1 < self.ring.n_variables() {
            let heaviest = self.catalogue.entries.iter().map(|entry| entry.weight).max().unwrap_or(0);
            let candidates = self.candidates(degree + 1..=heaviest, &mut table, &mut sizes)?.unwrap_or_default();
            self.accept(candidates, &mut judge, &mut table, &mut span)?;
        }
        Ok(self.finish(degree, n_basis, stopped))
    }

    /// The expressions given, where the derivation annihilates them.
    fn accept_given(&mut self, judge: &mut Judge, span: &mut Span) -> Result<(), Error> {
        for (polynomial, expression) in self.always.iter().zip(&self.ansatz.always) {
            let Some(proof) = judge.proof(&self.ring, &self.derivation, polynomial)? else { continue };
            if span.insert(&judge.gradient(polynomial)) {
                let degree = self.catalogue.weight_of(polynomial);
                let (expression, polynomial) = (expression.clone(), polynomial.clone());
                self.vectors.push(NullVector { expression, polynomial, degree, proof });
            }
        }
        Ok(())
    }

    /// The null vectors of the blocks that have grown, whose greatest weight is one of `degrees`. `None`
    /// when told to stop.
    fn candidates(
        &self,
        degrees: RangeInclusive<u32>,
        table: &mut Table,
        sizes: &mut BTreeMap<Key, usize>,
    ) -> Result<Option<Vec<Candidate>>, Error> {
        let blocks = self.gradings.blocks(&self.catalogue);
        let mut candidates = Vec::new();
        for (key, columns) in blocks {
            let regular = columns.iter().filter(|&&id| self.catalogue.entries[id].weight <= *degrees.end()).count();
            if sizes.insert(key, regular) == Some(regular) {
                continue;
            }
            if self.is_stopped() {
                return Ok(None);
            }
            let block = Block::solve(columns, &self.catalogue, table)?;
            let of_degree = |leading: &usize| degrees.contains(&self.catalogue.entries[*leading].weight);
            for leading in block.leading().filter(of_degree) {
                candidates.push(Candidate {
                    terms: block.null_vector(leading),
                    leading,
                    polynomial: None,
                    columns: block.columns.clone(),
                });
            }
        }
        candidates.extend(shorter(&candidates, &self.catalogue, &table.field()));
        // Where a vector stands as elimination gave it and as a mixture, the first stays first: the sort is stable.
        candidates.sort_by_key(|candidate| (candidate.terms.len(), candidate.leading));
        Ok(Some(candidates))
    }

    /// Lifts and proves the candidates that are functionally independent of the vectors found.
    fn accept(
        &mut self,
        candidates: Vec<Candidate>,
        judge: &mut Judge,
        table: &mut Table,
        span: &mut Span,
    ) -> Result<(), Error> {
        for candidate in candidates {
            let mut wider = span.clone();
            if !wider.insert(&judge.gradient_of_terms(&self.catalogue, &candidate.terms)) {
                continue;
            }
            match judge.lift(&self.ring, &self.derivation, &self.catalogue, &candidate, table)? {
                None if candidate.polynomial.is_some() => {}
                None => {
                    let doubt = unlifted(&self.ring);
                    self.doubt.get_or_insert(doubt);
                }
                Some((polynomial, proof)) => {
                    *span = wider;
                    if proof != Proof::Identity && self.ansatz.prove {
                        self.doubt.get_or_insert_with(|| "an identity was too large to prove".into());
                    }
                    let degree = self.catalogue.entries[candidate.leading].weight;
                    let expression = self.ring.expression(&polynomial);
                    self.vectors.push(NullVector { expression, polynomial, degree, proof });
                }
            }
        }
        Ok(())
    }

    fn is_stopped(&self) -> bool {
        self.ansatz.stop.is_some_and(|stop| stop())
    }

    fn finish(mut self, degree: u32, n_basis: usize, stopped: bool) -> NullSpace {
        for vector in &mut self.vectors {
            vector.degree = self.catalogue.weight_of(&vector.polynomial);
        }
        // All that can be independent has been found: that holds to any degree.
        let exhausted = self.vectors.len() + 1 >= self.ring.n_variables();
        let heaviest = self.vectors.iter().map(|vector| vector.degree).max().unwrap_or(0);
        let degree = if exhausted { degree.max(heaviest) } else { degree };
        let letters = self.catalogue.letters.iter();
        let weights = letters.map(|l| (self.ring.monomial_expression(&l.monomial), l.weight)).collect();
        NullSpace {
            vectors: self.vectors,
            degree,
            n_basis,
            weights,
            complete: self.doubt.is_none(),
            doubt: self.doubt,
            stopped,
            ring: self.ring,
        }
    }
}

/// Why a null vector modulo p may have no rational coefficients.
fn unlifted(ring: &AtomRing) -> String {
    let irrational = ring.generators().iter().filter(|g| matches!(g.kind, Kind::Constant { .. }));
    let names: Vec<String> = irrational.map(|g| g.expression.to_string()).collect();
    let what = "a null vector modulo p could not be lifted to rational coefficients";
    match names.is_empty() {
        true => what.into(),
        false => format!("{what}: they may need more of {} than the search holds", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn symbols<const N: usize>(names: [&str; N]) -> [Expr; N] {
        names.map(Expr::symbol)
    }

    fn search(variables: &[Expr], rates: Vec<Expr>, degree: u32) -> NullSpace {
        let derivation = Derivation { variables: variables.to_vec(), rates };
        let found = null_space(&derivation, &Ansatz { degree: Degree::Fixed(degree), ..Ansatz::default() }).unwrap();
        for vector in &found.vectors {
            assert_eq!(vector.proof, Proof::Identity, "{}", vector.expression);
        }
        found
    }

    fn shown(found: &NullSpace) -> Vec<String> {
        found.vectors.iter().map(|vector| vector.expression.to_string()).collect()
    }

    #[test]
    fn the_euler_top_has_two() {
        let [x, y, z] = symbols(["x", "y", "z"]);
        let rates = vec![&y * &z * 3, &x * &z * -2, -&x * &y];
        let found = search(&[x, y, z], rates, 4);
        assert_eq!(found.vectors.len(), 2);
        assert!(found.complete);
    }

    #[test]
    fn lorenz_has_none_and_that_is_certain() {
        let [x, y, z] = symbols(["x", "y", "z"]);
        let rates = vec![(&y - &x) * 10, &x * (28 - &z) - &y, &x * &y - &z * 8 / 3];
        let found = search(&[x, y, z], rates, 8);
        assert_eq!((found.vectors.len(), found.n_basis, found.degree), (0, 165, 8));
        assert!(found.complete);
    }

    #[test]
    fn logarithms_enter_through_atoms() {
        // Lotka and Volterra: x - log x + y - log y.
        let [x, y] = symbols(["x", "y"]);
        let derivation =
            Derivation { variables: vec![x.clone(), y.clone()], rates: vec![&x * (1 - &y), &y * (&x - 1)] };
        assert!(null_space(&derivation, &Ansatz::default()).unwrap().vectors.is_empty());
        let potential = x.log() + y.log();
        let with_logs = Ansatz { always: vec![potential], ..Ansatz::default() };
        let found = null_space(&derivation, &with_logs).unwrap();
        assert_eq!(shown(&found), ["x + y - log(x) - log(y)"]);
        assert!(found.doubt.is_some(), "relations between two logarithms are not examined");
    }

    #[test]
    fn transcendental_constants_and_parameters_are_carried_along() {
        let [x, p, k] = symbols(["x", "p", "k"]);
        let found = search(&[x.clone(), p.clone()], vec![p.clone(), -&x * Expr::pi().powi(2)], 4);
        assert_eq!(shown(&found), ["pi**2*x**2 + p**2"]);
        let found = search(&[x.clone(), p.clone()], vec![p, -&x * k], 4);
        assert_eq!(shown(&found), ["k*x**2 + p**2"]);
    }

    #[test]
    fn large_coefficients_take_several_primes() {
        let [x, p] = symbols(["x", "p"]);
        let stiffness = Expr::decimal(1.000_000_000_001).unwrap() / 7;
        let found = search(&[x.clone(), p.clone()], vec![p.clone(), -&x * &stiffness], 2);
        let expected = p.powi(2) + stiffness * x.powi(2);
        let ratio = found.vectors[0].expression.clone() / Expr::integer(7_000_000_000_000);
        assert!(crate::evaluate(&(ratio - expected), &[x, p], &[0.4, 0.7]).abs() < 1e-14);
    }

    #[test]
    fn given_expressions_head_the_list_only_if_annihilated() {
        let [x, p] = symbols(["x", "p"]);
        let derivation = Derivation { variables: vec![x.clone(), p.clone()], rates: vec![p.clone(), -&x] };
        let always = vec![&x * &p, p.powi(2) / 2 + x.powi(2) / 2];
        let found = null_space(&derivation, &Ansatz { always, ..Ansatz::default() }).unwrap();
        assert_eq!(shown(&found), ["p**2/2 + x**2/2"]);
    }

    #[test]
    fn budgets_end_a_search() {
        let [x, y] = symbols(["x", "y"]);
        let derivation =
            Derivation { variables: vec![x.clone(), y.clone()], rates: vec![y, x.powi(3) + 1 + &x.powi(2)] };
        let found = null_space(&derivation, &Ansatz { columns: 12, ..Ansatz::default() }).unwrap();
        assert_eq!((found.degree, found.n_basis), (3, 10));
    }

    #[test]
    fn lists_of_different_length_are_refused() {
        let derivation = Derivation { variables: vec![Expr::symbol("x")], rates: vec![] };
        let refused = null_space(&derivation, &Ansatz::default()).err();
        assert_eq!(refused, Some(Error::Mismatch { variables: 1, rates: 0 }));
    }
}
