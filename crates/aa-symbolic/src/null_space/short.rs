//! Short representatives: null vectors of one block are mixed by lattice reduction until they are short.

use std::collections::BTreeMap;

use dashu::integer::IBig;

use super::candidate::{Candidate, rational_polynomial};
use crate::Rational;
use crate::ansatz::Catalogue;
use crate::field::Field;
use crate::lift::Residue;
use crate::lll::reduce;
use crate::polynomial::{Monomial, Polynomial};

/// Larger groups of vectors, or longer vectors, are left as elimination gives them.
const MAX_VECTORS: usize = 8;
const MAX_TERMS: usize = 400;

/// Shorter null vectors of the blocks in which there are several.
pub(super) fn shorter(candidates: &[Candidate], catalogue: &Catalogue, field: &Field) -> Vec<Candidate> {
    let mut blocks: BTreeMap<&[usize], Vec<&Candidate>> = BTreeMap::new();
    for candidate in candidates {
        blocks.entry(&candidate.columns).or_default().push(candidate);
    }
    blocks.into_values().filter_map(|block| mixed(&block, catalogue, field)).flatten().collect()
}

/// The reduced basis of the lattice that the vectors of one block span.
fn mixed(block: &[&Candidate], catalogue: &Catalogue, field: &Field) -> Option<Vec<Candidate>> {
    let terms: usize = block.iter().map(|candidate| candidate.terms.len()).sum();
    if !(2..=MAX_VECTORS).contains(&block.len()) || terms > MAX_TERMS {
        return None;
    }
    let lifted = |candidate: &&Candidate| {
        let residues: Vec<Residue> = candidate.terms.iter().map(|&(_, x)| Residue::new(field, x)).collect();
        rational_polynomial(catalogue, candidate, &residues)
    };
    let vectors: Vec<Polynomial> = block.iter().map(lifted).collect::<Option<_>>()?;
    let ids: BTreeMap<&Monomial, usize> =
        block[0].columns.iter().map(|&id| (&catalogue.entries[id].monomial, id)).collect();
    let row = |vector: &Polynomial| ids.keys().map(|m| vector.coefficient(m).numerator().clone()).collect();
    let mut basis: Vec<Vec<IBig>> = vectors.iter().map(row).collect();
    reduce(&mut basis);
    let candidate = |row: &Vec<IBig>| {
        let mut polynomial = Polynomial::zero();
        let parts = ids.iter().zip(row).filter(|(_, x)| **x != IBig::ZERO);
        parts.clone().for_each(|((m, _), x)| polynomial.add_term((*m).clone(), Rational::from(x.clone())));
        let terms = parts.map(|((_, &id), x)| (id, field.integer(x))).collect();
        Candidate { terms, polynomial: Some(polynomial.primitive().1), ..block[0].clone() }
    };
    Some(basis.iter().map(candidate).collect())
}
