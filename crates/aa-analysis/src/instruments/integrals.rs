//! Exact integrals of motion, and the script's claims checked.

use aa_dynamics::integrals::{Degree, Integral, Integrals, SearchOptions, find_integrals, verify_claim};
use aa_dynamics::{Hamiltonian, PhaseSpace};
use aa_symbolic::{Expr, Proof, Rational, differentiate};

use super::Instrument;
use super::options::{Budget, count, flag};
use crate::document;
use crate::study::{Options, Study};
use crate::{Artifact, Error};

pub(super) const FIND_INTEGRALS: Instrument = Instrument {
    name: "find_integrals",
    about: "Searches all polynomials in coordinates, momenta and the script's own functions up to a weight for \
            integrals of motion, exactly, and proves each by the identity {F, H} = 0.",
    needs: &[],
    options: &[
        ("degree", "weight to search to; by default it rises until the budget of columns ends"),
        ("columns", "budget: candidate monomials at most"),
        ("prove", "whether to verify the identities over the rationals"),
    ],
    run: find,
};

pub(super) const VERIFY_CLAIMS: Instrument = Instrument {
    name: "verify_claims",
    about: "Proves or refutes each function that the script claims to be conserved.",
    needs: &[],
    options: &[],
    run: verify,
};

/// What the exact search found, as expressions.
pub struct ExactIntegrals {
    /// Everything the search says.
    pub integrals: Integrals,
    /// The conserved linear momenta `v.p` among the integrals, as their vectors `v`.
    pub linear: Vec<Vec<Rational>>,
}

fn find(study: &Study, options: &Options) -> Result<Artifact, Error> {
    let weight = count(options, "degree")?;
    let stop = || study.watch.stop();
    let claims: Vec<Expr> = study.subject.claims.iter().map(|(_, claim)| claim.clone()).collect();
    let search = SearchOptions {
        degree: match (weight, study.profile) {
            (Some(weight), _) => Degree::Fixed(weight as u32),
            (None, crate::Profile::Quick) => Degree::Fixed(4),
            (None, _) => Degree::Auto,
        },
        columns: count(options, "columns")?.unwrap_or(Budget(1000, 3000, 5000).of(study.profile)),
        prove: flag(options, "prove")?.unwrap_or(true),
        claims: &claims,
        stop: Some(&stop),
    };
    let hamiltonian = study.exact_hamiltonian()?;
    let integrals = find_integrals(hamiltonian, &search)?;
    let described = describe(&integrals);
    let linear = linear_momenta(hamiltonian, &integrals);
    let enough = integrals.is_complete_set(hamiltonian.space());
    let (count, doubt) = (integrals.independent, integrals.searched.doubt.clone());
    let artifact = Artifact::new(&described, ExactIntegrals { integrals, linear })?;
    Ok(artifact.with("count", count).with("enough", enough).with("doubt", doubt))
}

impl From<&Integral> for document::Integral {
    fn from(integral: &Integral) -> document::Integral {
        document::Integral {
            name: integral.name.clone(),
            expression: integral.expression.to_string(),
            latex: integral.expression.to_latex(),
            degree: integral.degree,
            proved: integral.proof == Proof::Identity,
            how: match integral.proof {
                Proof::Identity => "identity".into(),
                _ => "second_prime".into(),
            },
        }
    }
}

fn describe(integrals: &Integrals) -> document::Integrals {
    document::Integrals {
        searched: document::Searched {
            degree: integrals.searched.degree,
            weights: integrals.searched.weights.clone(),
            basis: integrals.searched.basis,
            complete: integrals.searched.complete,
        },
        independent: integrals.independent,
        in_involution: integrals.in_involution,
        bracket_rank: integrals.bracket_rank,
        commute: integrals.commute.clone(),
        commuting: integrals.commuting.iter().map(Expr::to_string).collect(),
        found: integrals.found.iter().map(document::Integral::from).collect(),
    }
}

/// The conserved linear momenta `v.p` among integrals, as their vectors `v`.
pub fn linear_momenta(hamiltonian: &Hamiltonian, integrals: &Integrals) -> Vec<Vec<Rational>> {
    integrals.found.iter().filter_map(|f| momentum_vector(&f.expression, hamiltonian.space())).collect()
}

/// The vector v, where the expression is v.p.
fn momentum_vector(expr: &Expr, space: &PhaseSpace) -> Option<Vec<Rational>> {
    let slope = |symbol: &Expr| differentiate(expr, symbol).as_rational().cloned();
    if space.structure().is_some() || space.coordinates().iter().any(|q| expr.depends_on(q)) {
        return None;
    }
    let vector: Vec<Rational> = space.momenta().iter().map(slope).collect::<Option<_>>()?;
    let rest = expr - space.momenta().iter().zip(&vector).map(|(p, v)| Expr::rational(v.clone()) * p).sum::<Expr>();
    (rest.is_zero() && vector.iter().any(|v| !v.is_zero())).then_some(vector)
}

fn verify(study: &Study, _: &Options) -> Result<Artifact, Error> {
    let hamiltonian = study.exact_hamiltonian()?;
    let check = |(name, expression): &(String, Expr)| {
        let status = verify_claim(hamiltonian, expression).word().into();
        document::Claim { name: name.clone(), expression: expression.to_string(), status }
    };
    let claims: Vec<document::Claim> = study.subject.claims.iter().map(check).collect();
    Artifact::new(&claims, ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_combinations_of_momenta_are_linear_momenta() {
        let space = PhaseSpace::numbered(2);
        let (q, p) = (space.coordinates().to_vec(), space.momenta().to_vec());
        let vector = |expr: Expr| momentum_vector(&expr, &space).map(|v| v.iter().map(|c| c.to_string()).collect());
        assert_eq!(vector(&p[0] - &p[1] / 2), Some(vec!["1".to_string(), "-1/2".to_string()]));
        for other in [&q[0] * &p[1] - &q[1] * &p[0], p[0].powi(2), &p[0] + 1, Expr::zero()] {
            assert_eq!(vector(other), None);
        }
    }
}
