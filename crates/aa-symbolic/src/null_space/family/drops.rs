//! For which values of one parameter does a family have more null vectors than in general?
//!
//! Where the rank r of a block drops, all its minors of size r vanish. Random combinations of minors are determinants,
//! r rows of the block bordered by random rows; as polynomials in the parameter they are interpolated modulo p, and
//! their greatest common divisor has the values sought as roots. A value is lost only where the interpolation stops too
//! early, about (degree / p)^2; a root too many shows when its member is counted.

use std::collections::BTreeSet;

use dashu::base::UnsignedAbs;

use super::univariate::Univariate;
use super::{Family, Pencil};
use crate::Rational;
use crate::elimination::{Echelon, Matrix, determinant};
use crate::field::{Field, FieldStream};
use crate::lift::Residue;

/// Numerators and denominators up to here are believed. A root that is not rational looks like such a fraction with
/// probability 10^12 / p, below 1e-6; whoever needs certainty searches that member.
const GREATEST: u32 = 1_000_000;

/// Between the rows of one determinant and the next; twice this are spare rows of a block.
const ROW_STEP: usize = 10;

/// Values of a parameter at which the rank drops.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drops {
    /// Those that are fractions of numbers up to a million, ascending, and those at which terms vanish so that the
    /// ansatz changes.
    pub rational: Vec<Rational>,
    /// How many more there are: irrational, complex, or fractions of greater numbers.
    pub others: usize,
}

impl Family {
    /// The values of its parameter at which a family of one parameter has more null vectors than in general. `None`
    /// for a family of several parameters or of none.
    ///
    /// Time grows with the fourth power of the largest block: seconds for 200 monomials in it, minutes for 500.
    pub fn drops(&self) -> Option<Drops> {
        let exponent = |factor: &Vec<i32>| if let [exponent] = factor[..] { Some(exponent) } else { None };
        let exponents: Vec<i32> = self.factors.iter().map(exponent).collect::<Option<_>>()?;
        let lowest = exponents.iter().min().copied()?;
        let line = Line { field: self.field, exponents: exponents.iter().map(|e| (e - lowest) as usize).collect() };
        let mut product = Univariate::new(self.field, vec![1]);
        for block in &self.blocks {
            let here = line.drops(block);
            let known = here.common_divisor(&product);
            product = product.times(&here.divided(&known).0);
        }
        let fractions = |polynomial: &Univariate| -> BTreeSet<Rational> {
            polynomial.roots().into_iter().filter_map(|root| fraction(&self.field, root)).collect()
        };
        let mut rational = fractions(&product);
        let others = product.degree() - rational.len();
        rational.extend(self.coefficients.iter().flat_map(|sum| fractions(&line.polynomial(sum))));
        if lowest < 0 {
            // The formula divides by the parameter.
            rational.remove(&Rational::ZERO);
        }
        Some(Drops { rational: rational.into_iter().collect(), others })
    }
}

fn fraction(field: &Field, root: u64) -> Option<Rational> {
    let small = |x: &Rational| x.numerator().unsigned_abs() <= GREATEST.into() && *x.denominator() <= GREATEST.into();
    Residue::new(field, root).rational().filter(small)
}

/// The members of a family of one parameter.
struct Line {
    field: Field,
    /// The exponent of the parameter in each c_j, counted from the lowest.
    exponents: Vec<usize>,
}

impl Line {
    fn degree(&self) -> usize {
        self.exponents.iter().max().copied().unwrap_or(0)
    }

    /// A sum over the c_j as a polynomial in the parameter.
    fn polynomial(&self, sum: &[(usize, u64)]) -> Univariate {
        let mut coefficients = vec![0; self.degree() + 1];
        for &(j, coefficient) in sum {
            coefficients[self.exponents[j]] = coefficient;
        }
        Univariate::new(self.field, coefficients)
    }

    /// The polynomial whose roots are the values at which the rank of a block drops, each once.
    fn drops(&self, block: &Pencil) -> Univariate {
        let field = self.field;
        let at = |x: u64| {
            let factors: Vec<u64> = self.exponents.iter().map(|&exponent| field.power(x, exponent as u64)).collect();
            block.combined(&field, &factors)
        };
        let mut stream = FieldStream::new(0xd309);
        let rank = Echelon::new(field, &at(stream.element(&field))).rank();
        let mut minors = |first_row: usize| {
            let n_columns = block.gradients.len();
            let border: Vec<Vec<u64>> =
                (rank..n_columns).map(|_| (0..n_columns).map(|_| stream.element(&field)).collect()).collect();
            Univariate::interpolate(field, rank * self.degree(), |x| {
                determinant(field, &bordered(&at(x), first_row..first_row + rank, &border))
            })
        };
        minors(0).common_divisor(&minors(ROW_STEP)).squarefree()
    }
}

/// Some rows of a matrix with more rows below.
fn bordered(matrix: &Matrix, rows: std::ops::Range<usize>, border: &[Vec<u64>]) -> Matrix {
    let mut square = Matrix::zeros(rows.len() + border.len(), matrix.n_columns());
    let rows = rows.map(|i| matrix.row(i)).chain(border.iter().map(Vec::as_slice));
    rows.enumerate().for_each(|(i, row)| square.row_mut(i).copy_from_slice(row));
    square
}
