//! From a null vector modulo p to a proved identity.

use super::Proof;
use super::table::{Block, Table};
use crate::Error;
use crate::ansatz::Catalogue;
use crate::atoms::{AtomRing, FieldPolynomial, Point, RingDerivation, Sampler};
use crate::field::Field;
use crate::lift::{Residue, lift};
use crate::polynomial::Polynomial;

/// Primes to lift with before giving up.
const MAX_PRIMES: usize = 4;
/// Points of the second prime.
const CHECK_POINTS: usize = 8;
/// The second prime, by its place among our fields.
const SECOND_PRIME: usize = MAX_PRIMES;

/// A null vector modulo p.
#[derive(Clone)]
pub(super) struct Candidate {
    /// Catalogue numbers with their coefficients.
    pub(super) terms: Vec<(usize, u64)>,
    /// The last of them; its coefficient is 1, unless the vector was mixed from several.
    pub(super) leading: usize,
    /// The vector over the rational numbers, where it is known already.
    pub(super) polynomial: Option<Polynomial>,
    /// The block it was found in.
    pub(super) columns: Vec<usize>,
}

/// Gradients at one random point, and proofs.
pub(super) struct Judge {
    field: Field,
    point: Point,
    partials: Vec<Vec<u64>>,
    second: Vec<(Point, Vec<u64>)>,
    second_field: Field,
    prove: bool,
}

impl Judge {
    pub(super) fn new(ring: &AtomRing, derivation: &RingDerivation, prove: bool) -> Result<Judge, Error> {
        let mut sampler = Sampler::over_field(ring, 0, 0x6bad)?;
        let point = sampler.point()?;
        let partials = sampler.partials(&point, ring.n_variables());
        let mut other = Sampler::over_field(ring, SECOND_PRIME, 0x5ec0)?;
        let second_field = other.field();
        let second = (0..CHECK_POINTS).map(|_| regular_flow(ring, derivation, &mut other)).collect::<Result<_, _>>()?;
        Ok(Judge { field: sampler.field(), point, partials, second, second_field, prove })
    }

    pub(super) fn field(&self) -> Field {
        self.field
    }

    /// The gradient of a polynomial at the random point.
    pub(super) fn gradient(&self, polynomial: &Polynomial) -> Vec<u64> {
        let Some(image) = FieldPolynomial::new(&self.field, polynomial) else { return vec![0; self.partials.len()] };
        self.partials.iter().map(|partial| image.differential(&self.field, &self.point, partial)).collect()
    }

    /// The gradient of a combination of monomials.
    pub(super) fn gradient_of_terms(&self, catalogue: &Catalogue, terms: &[(usize, u64)]) -> Vec<u64> {
        let field = &self.field;
        let mut gradient = vec![0; self.partials.len()];
        for &(id, coefficient) in terms {
            let monomial = &catalogue.entries[id].monomial;
            let value = field.mul(coefficient, self.point.monomial(field, monomial));
            for (sum, partial) in gradient.iter_mut().zip(&self.partials) {
                let slope = self.point.logarithmic_derivative(field, monomial, partial);
                *sum = field.add(*sum, field.mul(value, slope));
            }
        }
        gradient
    }

    /// How it is known that the derivation annihilates a polynomial; `None` where it does not.
    pub(super) fn proof(
        &self,
        ring: &AtomRing,
        derivation: &RingDerivation,
        polynomial: &Polynomial,
    ) -> Result<Option<Proof>, Error> {
        let holds = FieldPolynomial::new(&self.second_field, polynomial).is_some_and(|image| {
            let rate = |(point, flow): &(Point, Vec<u64>)| image.differential(&self.second_field, point, flow);
            self.second.iter().all(|at| rate(at) == 0)
        });
        if !holds {
            return Ok(None);
        }
        let proved = self.prove && ring.is_identically_zero(&derivation.apply(polynomial)) == Some(true);
        Ok(Some(if proved { Proof::Identity } else { Proof::SecondPrime }))
    }

    /// The candidate over the rational numbers with its proof; `None` when no lift passes.
    pub(super) fn lift(
        &self,
        ring: &AtomRing,
        derivation: &RingDerivation,
        catalogue: &Catalogue,
        candidate: &Candidate,
        table: &Table,
    ) -> Result<Option<(Polynomial, Proof)>, Error> {
        if let Some(polynomial) = &candidate.polynomial {
            let proof = self.proof(ring, derivation, polynomial)?;
            return Ok(proof.map(|proof| (polynomial.clone(), proof)));
        }
        let field = table.field();
        let mut residues: Vec<Residue> = candidate.terms.iter().map(|&(_, x)| Residue::new(&field, x)).collect();
        for prime in 1..=MAX_PRIMES {
            if let Some(polynomial) = rational_polynomial(catalogue, candidate, &residues)
                && let Some(proof) = self.proof(ring, derivation, &polynomial)?
            {
                return Ok(Some((polynomial, proof)));
            }
            if prime == MAX_PRIMES || !join_prime(ring, derivation, catalogue, candidate, prime, &mut residues)? {
                break;
            }
        }
        Ok(None)
    }
}

/// Adds the residues of the same null vector modulo one more prime; whether it is there too.
fn join_prime(
    ring: &AtomRing,
    derivation: &RingDerivation,
    catalogue: &Catalogue,
    candidate: &Candidate,
    prime: usize,
    residues: &mut [Residue],
) -> Result<bool, Error> {
    let mut table = Table::new(ring, derivation, prime)?;
    let block = Block::solve(candidate.columns.clone(), catalogue, &mut table)?;
    let again = block.null_vector(candidate.leading);
    let same = again.len() == candidate.terms.len() && again.iter().zip(&candidate.terms).all(|(a, b)| a.0 == b.0);
    if same {
        let field = table.field();
        for (residue, (_, x)) in residues.iter_mut().zip(again) {
            *residue = residue.join(&field, x);
        }
    }
    Ok(same)
}

pub(super) fn rational_polynomial(
    catalogue: &Catalogue,
    candidate: &Candidate,
    residues: &[Residue],
) -> Option<Polynomial> {
    let mut polynomial = Polynomial::zero();
    for (&(id, _), value) in candidate.terms.iter().zip(lift(residues)?) {
        polynomial.add_term(catalogue.entries[id].monomial.clone(), value);
    }
    Some(polynomial.primitive().1)
}

/// A point with the derivatives of all generators along the derivation.
fn regular_flow(
    ring: &AtomRing,
    derivation: &RingDerivation,
    sampler: &mut Sampler,
) -> Result<(Point, Vec<u64>), Error> {
    let field = sampler.field();
    let point = sampler.point()?;
    let rate = |x: usize| FieldPolynomial::new(&field, derivation.image(x)).map(|rate| rate.value(&field, &point));
    let rates: Vec<u64> =
        (0..ring.n_variables()).map(rate).collect::<Option<_>>().ok_or(Error::NoRegularPoint { tries: 0 })?;
    let flow = sampler.derivatives(&point, &rates);
    Ok((point, flow))
}
