//! How many functions does each member of a family of derivations annihilate? By rank alone, modulo one prime.
//!
//! For families in which parameters are factors of terms: D = sum over j of c_j(k) D_j, with monomials c_j in the
//! parameters k and fixed derivations D_j. The matrices of all D_j are computed once; a member costs a sum of matrices
//! and an elimination. Where parameters sit inside roots, denominators or functions, or where proofs and formulas are
//! wanted, search each member with [`null_space`](super::null_space()).
//!
//! A rank modulo p at sample points never exceeds the true one. So no member annihilates more, within the ansatz, than
//! is counted here (but for the one random point at which gradients are compared, as in the full search).

mod drops;
mod univariate;

use std::collections::BTreeMap;

pub use drops::Drops;

use super::table::{Table, pencil};
use super::{Ansatz, Degree, Derivation, MAX_DEGREE};
use crate::ansatz::{Catalogue, letters};
use crate::atoms::{AtomRing, Generator, Kind, Point, RingDerivation, Sampler};
use crate::elimination::{Echelon, Matrix, Span};
use crate::field::{Field, FieldStream};
use crate::grading::Gradings;
use crate::polynomial::{Monomial, Polynomial};
use crate::{Error, Expr, Rational};

/// A family of derivations, ready to be counted member by member.
pub struct Family {
    /// How many independent functions a member in general position annihilates.
    pub generic: usize,
    /// The weighted degree up to which the ansatz is complete.
    pub degree: u32,
    /// The number of monomials.
    pub n_basis: usize,
    /// Why it is not certain that nothing was overlooked, where it is not.
    pub doubt: Option<String>,
    field: Field,
    n_variables: usize,
    /// The exponents of the parameters in c_j, for each j.
    factors: Vec<Vec<i32>>,
    /// Coefficients of the rates as sums over j, where the ansatz would change if one of them vanished.
    coefficients: Vec<Vec<(usize, u64)>>,
    blocks: Vec<Pencil>,
}

/// Monomials that can form null vectors together.
struct Pencil {
    /// Their derivatives at sample points along each D_j.
    matrices: Vec<Matrix>,
    /// Their gradients at one random point.
    gradients: Vec<Vec<u64>>,
}

impl Family {
    /// Prepares a family whose rates hold symbols as parameters. `None` where one of them is not just a factor of
    /// terms: then each member has atoms of its own.
    ///
    /// ```
    /// use aa_symbolic::{Ansatz, Degree, Derivation, Expr, Family, Rational};
    /// let [x, y, u, v, k] = ["x", "y", "u", "v", "k"].map(Expr::symbol);
    /// let rates = vec![u.clone(), v.clone(), -&x, -&k * &y];
    /// let springs = Derivation { variables: vec![x, y, u, v], rates };
    /// let ansatz = Ansatz { degree: Degree::Fixed(3), ..Ansatz::default() };
    /// let family = Family::new(&springs, &[k], &ansatz).unwrap().unwrap();
    /// assert_eq!(family.generic, 2);
    /// assert_eq!([3, 4].map(|k| family.count(&[Rational::from(k)])), [Some(2), Some(3)]);
    /// ```
    ///
    /// # Errors
    /// Formulas without an exact rule.
    pub fn new(derivation: &Derivation, parameters: &[Expr], ansatz: &Ansatz) -> Result<Option<Family>, Error> {
        let expressions = [&derivation.rates[..], &ansatz.always, &ansatz.atoms].concat();
        let mut ring = AtomRing::new(&derivation.variables, &expressions)?;
        let rates = derivation.rates.iter().map(|rate| ring.express(rate)).collect::<Result<Vec<_>, _>>()?;
        let always = ansatz.always.iter().map(|f| ring.express(f)).collect::<Result<Vec<_>, _>>()?;
        let hides_one = |g: &Generator| {
            !parameters.contains(&g.expression) && parameters.iter().any(|k| g.expression.depends_on(k))
        };
        if ring.generators().iter().any(hides_one) {
            return Ok(None);
        }
        let rates: Vec<Parts> = rates.iter().map(|rate| split(rate, &ring, parameters)).collect();
        let always: Vec<Polynomial> = always.iter().flat_map(|f| split(f, &ring, parameters).into_values()).collect();
        Setup { ring, n_parameters: parameters.len(), rates, always }.family(ansatz).map(Some)
    }

    /// How many independent functions the member with these values annihilates. `None` where it has an ansatz of its
    /// own because a term vanishes, or where it does not exist.
    pub fn count(&self, values: &[Rational]) -> Option<usize> {
        let values: Vec<u64> = values.iter().map(|value| self.field.image(value)).collect::<Option<_>>()?;
        let factors: Vec<u64> = (0..self.factors.len()).map(|j| self.factor(j, &values)).collect::<Option<_>>()?;
        let vanishes = |sum: &Vec<(usize, u64)>| {
            sum.iter().fold(0, |sum, &(j, c)| self.field.add(sum, self.field.mul(c, factors[j]))) == 0
        };
        if self.coefficients.iter().any(vanishes) {
            return None;
        }
        Some(self.rank(&factors))
    }

    /// The value of c_j; `None` for a division by zero.
    fn factor(&self, j: usize, values: &[u64]) -> Option<u64> {
        self.factors[j].iter().zip(values).try_fold(1, |product, (&exponent, &value)| {
            Some(self.field.mul(product, self.field.signed_power(value, exponent.into())?))
        })
    }

    /// The c_j of a member in general position.
    fn random_factors(&self) -> Vec<u64> {
        let mut stream = FieldStream::new(0xfa31);
        let values: Vec<u64> = self.factors[0].iter().map(|_| stream.element(&self.field)).collect();
        (0..self.factors.len()).map(|j| self.factor(j, &values).unwrap_or(0)).collect()
    }

    /// The rank of the gradients of all null vectors, for given values of the c_j.
    fn rank(&self, factors: &[u64]) -> usize {
        let mut span = Span::new(self.field);
        for block in &self.blocks {
            let echelon = Echelon::new(self.field, &block.combined(&self.field, factors));
            for &free in echelon.free() {
                span.insert(&block.gradient(&self.field, self.n_variables, &echelon.null_vector(free)));
            }
            if span.rank() + 1 == self.n_variables {
                break;
            }
        }
        span.rank()
    }
}

impl Pencil {
    /// The matrix of the derivation sum c_j D_j.
    fn combined(&self, field: &Field, factors: &[u64]) -> Matrix {
        let first = &self.matrices[0];
        let mut sum = Matrix::zeros(first.n_rows(), first.n_columns());
        for (matrix, &factor) in self.matrices.iter().zip(factors).filter(|(_, factor)| **factor != 0) {
            for i in 0..first.n_rows() {
                for (sum, &entry) in sum.row_mut(i).iter_mut().zip(matrix.row(i)) {
                    *sum = field.add(*sum, field.mul(factor, entry));
                }
            }
        }
        sum
    }

    fn gradient(&self, field: &Field, n_variables: usize, terms: &[(usize, u64)]) -> Vec<u64> {
        let mut gradient = vec![0; n_variables];
        for &(column, coefficient) in terms {
            for (sum, &slope) in gradient.iter_mut().zip(&self.gradients[column]) {
                *sum = field.add(*sum, field.mul(coefficient, slope));
            }
        }
        gradient
    }
}

/// A polynomial by the exponents of the parameters in its terms.
type Parts = BTreeMap<Vec<i32>, Polynomial>;

fn split(polynomial: &Polynomial, ring: &AtomRing, parameters: &[Expr]) -> Parts {
    let place = |k: &Expr| ring.generators().iter().position(|g| g.expression == *k);
    let places: Vec<Option<usize>> = parameters.iter().map(place).collect();
    let mut parts = Parts::new();
    for (monomial, coefficient) in polynomial.terms() {
        let exponents = places.iter().map(|place| place.map_or(0, |g| monomial.exponent(g))).collect();
        let rest = places.iter().flatten().fold(monomial.clone(), |rest, &g| rest.with_exponent(g, 0));
        parts.entry(exponents).or_default().add_term(rest, coefficient.clone());
    }
    parts
}

/// What a family is made of, before anything is evaluated.
struct Setup {
    ring: AtomRing,
    n_parameters: usize,
    rates: Vec<Parts>,
    always: Vec<Polynomial>,
}

impl Setup {
    fn family(self, ansatz: &Ansatz) -> Result<Family, Error> {
        // At least one derivation, even for rates that are all zero.
        let mut factors: Vec<Vec<i32>> = self.rates.iter().flat_map(|parts| parts.keys().cloned()).collect();
        factors.push(vec![0; self.n_parameters]);
        factors.sort();
        factors.dedup();
        let derivations: Vec<RingDerivation> = factors.iter().map(|factor| self.part(factor)).collect();
        let (catalogue, degree) = self.catalogue(ansatz);
        let (field, blocks) = self.blocks(&catalogue, &derivations)?;
        let mut family = Family {
            generic: 0,
            degree,
            n_basis: catalogue.entries.len(),
            doubt: self.ring.independence().err(),
            field,
            n_variables: self.ring.n_variables(),
            coefficients: if self.has_fixed_ansatz() { Vec::new() } else { self.coefficients(&field, &factors) },
            factors,
            blocks,
        };
        family.generic = family.rank(&family.random_factors());
        Ok(family)
    }

    /// Every member is a combination of the derivations, so it respects the gradings that all of them respect.
    fn blocks(&self, catalogue: &Catalogue, derivations: &[RingDerivation]) -> Result<(Field, Vec<Pencil>), Error> {
        let mut tables =
            derivations.iter().map(|part| Table::new(&self.ring, part, 0)).collect::<Result<Vec<Table>, _>>()?;
        let field = tables[0].field();
        let slopes = Slopes::new(&self.ring)?;
        let blocks = Gradings::new(&self.ring, derivations).blocks(catalogue).into_values().map(|columns| {
            let (kept, matrices) = pencil(&columns, catalogue, &mut tables)?;
            let gradients = kept.iter().map(|&id| slopes.gradient(&field, &catalogue.entries[id].monomial)).collect();
            Ok(Pencil { matrices, gradients })
        });
        Ok((field, blocks.collect::<Result<_, Error>>()?))
    }

    /// The derivation that comes with one monomial of the parameters.
    fn part(&self, factor: &[i32]) -> RingDerivation {
        let rate = |parts: &Parts| parts.get(factor).cloned().unwrap_or_default();
        self.ring.derivation(&self.rates.iter().map(rate).collect::<Vec<_>>())
    }

    fn polynomials(&self) -> impl Iterator<Item = &Polynomial> {
        self.rates.iter().flat_map(Parts::values).chain(&self.always)
    }

    fn catalogue(&self, ansatz: &Ansatz) -> (Catalogue, u32) {
        let polynomials: Vec<Polynomial> = self.polynomials().cloned().collect();
        let mut catalogue =
            Catalogue::new(&self.ring, letters(&self.ring, &polynomials, &ansatz.barred, ansatz.hidden));
        let last = match ansatz.degree {
            Degree::Auto => MAX_DEGREE,
            Degree::Fixed(degree) => degree,
        };
        let degree = (1..=last).take_while(|&weight| catalogue.grow(weight, ansatz.columns)).count() as u32;
        catalogue.append(&self.always.iter().flat_map(|f| f.terms().map(|(m, _)| m.clone())).collect());
        (catalogue, degree)
    }

    /// Whether the letters are the variables, whatever terms vanish.
    fn has_fixed_ansatz(&self) -> bool {
        let plain = |g: &Generator| matches!(g.kind, Kind::Variable | Kind::Constant { .. });
        let upwards = |p: &Polynomial| p.ranges().values().all(|&(least, _)| least >= 0);
        self.ring.generators().iter().all(plain) && self.polynomials().all(upwards)
    }

    /// The coefficients of all terms of the rates.
    fn coefficients(&self, field: &Field, factors: &[Vec<i32>]) -> Vec<Vec<(usize, u64)>> {
        let mut sums: BTreeMap<(usize, &Monomial), Vec<(usize, u64)>> = BTreeMap::new();
        for (x, parts) in self.rates.iter().enumerate() {
            for (j, factor) in factors.iter().enumerate() {
                for (monomial, coefficient) in parts.get(factor).into_iter().flat_map(Polynomial::terms) {
                    // The tables would not be there if p divided a denominator.
                    sums.entry((x, monomial)).or_default().push((j, field.image(coefficient).unwrap_or(0)));
                }
            }
        }
        sums.into_values().collect()
    }
}

/// One random point with the partial derivatives of all generators.
struct Slopes {
    point: Point,
    partials: Vec<Vec<u64>>,
}

impl Slopes {
    fn new(ring: &AtomRing) -> Result<Slopes, Error> {
        let mut sampler = Sampler::over_field(ring, 0, 0x510e)?;
        let point = sampler.point()?;
        Ok(Slopes { partials: sampler.partials(&point, ring.n_variables()), point })
    }

    fn gradient(&self, field: &Field, monomial: &Monomial) -> Vec<u64> {
        let value = self.point.monomial(field, monomial);
        let slope = |partial: &Vec<u64>| self.point.logarithmic_derivative(field, monomial, partial);
        self.partials.iter().map(|partial| field.mul(value, slope(partial))).collect()
    }
}

#[cfg(test)]
mod tests;
