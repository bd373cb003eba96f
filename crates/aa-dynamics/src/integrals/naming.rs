//! Names that a physicist would give to integrals.

use aa_symbolic::atoms::AtomRing;
use aa_symbolic::polynomial::{Monomial, Polynomial};
use aa_symbolic::{NullVector, Rational};

use super::Integral;
use crate::Hamiltonian;

/// Names the integrals. Two of one kind are numbered.
pub(super) fn names(system: &Hamiltonian, vectors: Vec<NullVector>, ring: &AtomRing) -> Vec<Integral> {
    let kinds: Vec<String> = vectors.iter().map(|vector| kind(system, vector, ring)).collect();
    let mut integrals = Vec::new();
    for (i, vector) in vectors.into_iter().enumerate() {
        let alike = |range: &[String]| range.iter().filter(|kind| **kind == kinds[i]).count();
        let name = match alike(&kinds) {
            1 => kinds[i].clone(),
            _ => format!("{} {}", kinds[i], alike(&kinds[..=i])),
        };
        integrals.push(Integral { name, expression: vector.expression, degree: vector.degree, proof: vector.proof });
    }
    integrals
}

/// The vector with a physicist's sign: the term of highest order in the momenta is positive, and among several that
/// of the first coordinates, as in x py - y px.
pub(super) fn oriented(vector: NullVector, ring: &AtomRing) -> NullVector {
    match needs_turning(&vector.polynomial, ring.n_variables() / 2) {
        false => vector,
        true => {
            let polynomial = -&vector.polynomial;
            NullVector { expression: ring.expression(&polynomial), polynomial, ..vector }
        }
    }
}

/// Whether the term that decides the sign is negative.
pub(super) fn needs_turning(polynomial: &Polynomial, n: usize) -> bool {
    let order = |m: &Monomial| (n..2 * n).map(|p| m.exponent(p)).sum::<i32>();
    let leading = polynomial.terms().max_by_key(|(m, _)| (order(m), (*m).clone()));
    leading.is_some_and(|(_, coefficient)| *coefficient < Rational::ZERO)
}

fn kind(system: &Hamiltonian, vector: &NullVector, ring: &AtomRing) -> String {
    let n = system.dof();
    if vector.expression == *system.energy() {
        return "energy".into();
    }
    let polynomial = without_constants(&vector.polynomial, ring);
    match (linear_momenta(&polynomial, n), is_angular(&polynomial, n)) {
        (Some(momenta), _) if momenta.iter().all(|&i| system.space().is_circle(i)) => "angular momentum".into(),
        (Some(_), _) => "momentum".into(),
        (None, true) => "angular momentum".into(),
        (None, false) => format!("F{}", vector.degree),
    }
}

/// The polynomial with every constant generator set aside: sqrt(3) p is a momentum too.
fn without_constants(polynomial: &Polynomial, ring: &AtomRing) -> Polynomial {
    let constant = |g: usize| ring.is_constant(&Polynomial::generator(g));
    let mut plain = Polynomial::zero();
    for (monomial, coefficient) in polynomial.terms() {
        let factors = monomial.factors().filter(|&(g, _)| !constant(g));
        plain.add_term(factors.fold(Monomial::one(), |m, (g, e)| m.with_exponent(g, e)), coefficient.clone());
    }
    plain
}

/// The degrees of freedom whose momenta a linear combination holds.
fn linear_momenta(polynomial: &Polynomial, n: usize) -> Option<Vec<usize>> {
    let momentum = |m: &Monomial| match m.factors().collect::<Vec<_>>()[..] {
        [(g, 1)] if (n..2 * n).contains(&g) => Some(g - n),
        _ => None,
    };
    polynomial.terms().map(|(m, _)| momentum(m)).collect()
}

/// Whether the polynomial is a combination of q_i p_j - q_j p_i.
fn is_angular(polynomial: &Polynomial, n: usize) -> bool {
    let turned = |m: &Monomial| match m.factors().collect::<Vec<_>>()[..] {
        [(q, 1), (p, 1)] if q < n && (n..2 * n).contains(&p) && p - n != q => {
            Some(Monomial::power(p - n, 1).with_exponent(q + n, 1))
        }
        _ => None,
    };
    let antisymmetric =
        |(m, c): (&Monomial, &Rational)| turned(m).is_some_and(|turned| polynomial.coefficient(&turned) == -c.clone());
    !polynomial.is_zero() && polynomial.terms().all(antisymmetric)
}
