//! Poisson structures that are not canonical: the brackets of the variables as functions of the variables.
//!
//! Rigid bodies move in such spaces: the components of an angular momentum have the brackets of so(3), those of a heavy
//! top the brackets of e(3) (Marsden and Ratiu, Introduction to Mechanics and Symmetry, chapters 10 and 14).

use aa_symbolic::Expr;
use aa_symbolic::atoms::{AtomRing, FieldPolynomial, Sampler};
use aa_symbolic::elimination::rank;
use aa_symbolic::polynomial::Polynomial;

use crate::Error;

/// Brackets J_ij = {z_i, z_j} that are antisymmetric and satisfy the Jacobi identity, which is checked exactly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Structure {
    brackets: Vec<Vec<Expr>>,
    rank: usize,
}

impl Structure {
    /// The structure on `variables` with these brackets.
    ///
    /// # Errors
    /// A matrix that is not square, not antisymmetric or zero, the first three variables that violate the Jacobi identity,
    /// or brackets for which the exact algebra has no rule.
    pub fn new(variables: &[Expr], brackets: Vec<Vec<Expr>>) -> Result<Structure, Error> {
        let n = variables.len();
        if brackets.len() != n || brackets.iter().any(|row| row.len() != n) {
            let shape = brackets.iter().map(Vec::len).collect();
            return Err(Error::StructureShape { expected: n, found: shape });
        }
        let mut ring = AtomRing::new(variables, &brackets.concat())?;
        let express = |row: &Vec<Expr>| row.iter().map(|entry| ring.express(entry)).collect::<Result<Vec<_>, _>>();
        let entries: Vec<Vec<Polynomial>> = brackets.iter().map(express).collect::<Result<_, _>>()?;
        let names = |indices: &[usize]| indices.iter().map(|&i| variables[i].to_string()).collect();
        if let Some(pair) = symmetric_pair(&ring, &entries) {
            return Err(Error::NotAntisymmetric { pair: names(&pair) });
        }
        if let Some(triple) = jacobi_violation(&ring, &entries) {
            return Err(Error::JacobiIdentity { triple: names(&triple) });
        }
        let rank = generic_rank(&ring, &entries)?;
        if rank == 0 {
            return Err(Error::StructureVanishes);
        }
        Ok(Structure { brackets, rank })
    }

    /// The bracket of two variables.
    pub fn bracket(&self, i: usize, j: usize) -> &Expr {
        &self.brackets[i][j]
    }

    /// All brackets, row by row.
    pub(crate) fn brackets(&self) -> &[Vec<Expr>] {
        &self.brackets
    }

    /// The rank at a point in general position; it is even.
    pub fn rank(&self) -> usize {
        self.rank
    }
}

/// The rank at a random point modulo a prime: never above the true one, and below it with a probability of about 1e-17.
fn generic_rank(ring: &AtomRing, entries: &[Vec<Polynomial>]) -> Result<usize, Error> {
    let mut sampler = Sampler::over_field(ring, 0, 0x9a11)?;
    let (field, point) = (sampler.field(), sampler.point()?);
    let value = |entry: &Polynomial| FieldPolynomial::new(&field, entry).map_or(0, |entry| entry.value(&field, &point));
    let rows: Vec<Vec<u64>> = entries.iter().map(|row| row.iter().map(value).collect()).collect();
    Ok(rank(field, &rows))
}

fn vanishes(ring: &AtomRing, polynomial: &Polynomial) -> bool {
    ring.is_identically_zero(polynomial) == Some(true)
}

fn symmetric_pair(ring: &AtomRing, entries: &[Vec<Polynomial>]) -> Option<[usize; 2]> {
    let n = entries.len();
    let mut pairs = (0..n).flat_map(|i| (0..=i).map(move |j| [i, j]));
    pairs.find(|&[i, j]| !vanishes(ring, &(&entries[i][j] + &entries[j][i])))
}

/// Three variables whose sum of {z_i, {z_j, z_k}} over cyclic orders does not vanish.
fn jacobi_violation(ring: &AtomRing, entries: &[Vec<Polynomial>]) -> Option<[usize; 3]> {
    let n = entries.len();
    let partials: Vec<_> = (0..n).map(|l| ring.partial(l)).collect();
    let term = |i: usize, j: usize, k: usize| {
        let products = (0..n).map(|l| &entries[i][l] * &partials[l].apply(&entries[j][k]));
        products.fold(Polynomial::zero(), |sum, product| &sum + &product)
    };
    let fails = |&[i, j, k]: &[usize; 3]| {
        let sum = &(&term(i, j, k) + &term(j, k, i)) + &term(k, i, j);
        !vanishes(ring, &ring.reduce(sum))
    };
    let triples = (0..n).flat_map(|i| (i + 1..n).flat_map(move |j| (j + 1..n).map(move |k| [i, j, k])));
    triples.into_iter().find(fails)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Hamiltonian, PhaseSpace, poisson_bracket};

    const NAMES: [&str; 3] = ["x", "y", "z"];

    fn brackets(xy: Expr, yz: Expr, zx: Expr) -> Vec<Vec<Expr>> {
        let zero = Expr::zero;
        vec![vec![zero(), xy.clone(), -&zx], vec![-&xy, zero(), yz.clone()], vec![zx, -&yz, zero()]]
    }

    #[test]
    fn a_violation_of_jacobi_names_its_triple() {
        let [x, y, z] = NAMES.map(Expr::symbol);
        assert!(PhaseSpace::poisson(&NAMES, brackets(z.clone(), x.clone(), y.clone())).is_ok());
        let bad = PhaseSpace::poisson(&NAMES, brackets(z, x.clone(), &x * &y));
        assert_eq!(bad, Err(Error::JacobiIdentity { triple: NAMES.map(String::from).into() }));
    }

    #[test]
    fn a_matrix_must_be_square_and_antisymmetric() {
        let [x, y, z] = NAMES.map(Expr::symbol);
        let mut matrix = brackets(z, x.clone(), y);
        matrix[0][2] = x;
        let odd = PhaseSpace::poisson(&NAMES, matrix.clone());
        assert_eq!(odd, Err(Error::NotAntisymmetric { pair: vec!["z".into(), "x".into()] }));
        let nothing = PhaseSpace::poisson(&NAMES, vec![vec![Expr::zero(); 3]; 3]);
        assert_eq!(nothing, Err(Error::StructureVanishes));
        matrix.pop();
        assert!(matches!(PhaseSpace::poisson(&NAMES, matrix), Err(Error::StructureShape { expected: 3, .. })));
    }

    #[test]
    fn a_free_rigid_body_obeys_eulers_equations() {
        let [x, y, z] = NAMES.map(Expr::symbol);
        // dL/dt = L x omega with omega = grad H: {L_i, L_j} = -epsilon_ijk L_k in the body.
        let space = PhaseSpace::poisson(&NAMES, brackets(-&z, -&x, -&y)).unwrap();
        let energy = x.powi(2) / 2 + y.powi(2) / 4 + z.powi(2) / 6;
        let body = Hamiltonian::new(energy.clone(), space.clone()).unwrap();
        let shown: Vec<String> = body.rates().iter().map(Expr::to_string).collect();
        assert_eq!(shown, ["-y*z/6", "2*x*z/3", "-x*y/2"]);
        let length = x.powi(2) + y.powi(2) + z.powi(2);
        assert_eq!(poisson_bracket(&length, &energy, &space), Expr::zero());
    }
}
