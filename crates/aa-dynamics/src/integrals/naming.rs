//! Names that a physicist would give to integrals.

use aa_symbolic::atoms::{AtomRing, Kind};
use aa_symbolic::polynomial::{Monomial, Polynomial};
use aa_symbolic::{NullVector, Rational};

use super::Integral;
use crate::{Hamiltonian, PhaseSpace};

/// Names the integrals. Two of one kind are numbered.
pub(super) fn names(
    system: &Hamiltonian,
    vectors: Vec<NullVector>,
    casimirs: &[bool],
    ring: &AtomRing,
) -> Vec<Integral> {
    let kind = |(vector, &is_casimir): (&NullVector, &bool)| match is_casimir {
        true => "Casimir".to_string(),
        false => kind(system, vector, ring),
    };
    let kinds: Vec<String> = vectors.iter().zip(casimirs).map(kind).collect();
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
pub(super) fn oriented(vector: NullVector, ring: &AtomRing, space: &PhaseSpace) -> NullVector {
    match needs_turning(&vector.polynomial, space) {
        false => vector,
        true => {
            let polynomial = -&vector.polynomial;
            NullVector { expression: ring.expression(&polynomial), polynomial, ..vector }
        }
    }
}

/// Whether the term that decides the sign is negative.
pub(super) fn needs_turning(polynomial: &Polynomial, space: &PhaseSpace) -> bool {
    let order = |m: &Monomial| (space.coordinates().len()..space.dimension()).map(|p| m.exponent(p)).sum::<i32>();
    let leading = polynomial.terms().max_by_key(|(m, _)| (order(m), (*m).clone()));
    leading.is_some_and(|(_, coefficient)| *coefficient < Rational::ZERO)
}

fn kind(system: &Hamiltonian, vector: &NullVector, ring: &AtomRing) -> String {
    if vector.expression == *system.energy() {
        return if system.is_driven() { "extended energy" } else { "energy" }.into();
    }
    if system.space().structure().is_some() {
        return format!("F{}", vector.degree);
    }
    let n = system.dof();
    let polynomial = without_constants(&vector.polynomial, ring);
    match (linear_momenta(&polynomial, n), is_angular(&polynomial, n)) {
        (Some(momenta), _) if momenta.iter().all(|&i| system.space().is_circle(i)) => "angular momentum".into(),
        (Some(_), _) => "momentum".into(),
        (None, true) => "angular momentum".into(),
        (None, false) if is_laplace_runge_lenz(&polynomial, ring, n) => "Laplace-Runge-Lenz".into(),
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

/// Whether the polynomial is a.A for a constant vector a and the vector A_i = sum_j p_j (q_i p_j - q_j p_i) - c q_i / r
/// of the Kepler problem (Goldstein, Classical Mechanics, section 3.9).
fn is_laplace_runge_lenz(polynomial: &Polynomial, ring: &AtomRing, n: usize) -> bool {
    let of_order = |order: i32| {
        let mut part = Polynomial::zero();
        let wanted = polynomial.terms().filter(|(m, _)| (n..2 * n).map(|p| m.exponent(p)).sum::<i32>() == order);
        wanted.for_each(|(m, c)| part.add_term(m.clone(), c.clone()));
        part
    };
    let (kinetic, potential) = (of_order(2), of_order(0));
    let monomial = |factors: &[usize]| factors.iter().fold(Monomial::one(), |m, &g| m.times(&Monomial::power(g, 1)));
    let direction = |i: usize| kinetic.coefficient(&monomial(&[i, n + (i + 1) % n, n + (i + 1) % n]));
    let (mut swing, mut along) = (Polynomial::zero(), Polynomial::zero());
    for i in 0..n {
        for j in (0..n).filter(|&j| j != i) {
            swing.add_term(monomial(&[i, n + j, n + j]), direction(i));
            swing.add_term(monomial(&[j, n + i, n + j]), -direction(i));
        }
        along.add_term(monomial(&[i]), direction(i));
    }
    let square = (0..n).fold(Polynomial::zero(), |sum, i| &sum + &Polynomial::generator(i).pow(2));
    let is_distance =
        |g: &usize| matches!(&ring.generators()[*g].kind, Kind::Root { radicand, order: 2 } if *radicand == square);
    let Some(r) = (2 * n..ring.generators().len()).find(is_distance) else { return false };
    let pull = along.shifted(&Monomial::power(r, -1));
    let Some((first, size)) = pull.terms().next() else { return false };
    let strength = potential.coefficient(first) / size;
    kinetic == swing && !strength.is_zero() && *polynomial == &swing + &pull.scaled(&strength)
}
