//! The monomials of an ansatz and their derivatives at random points, and blocks of them solved.

use crate::Error;
use crate::ansatz::Catalogue;
use crate::atoms::{AtomRing, FieldPolynomial, Point, RingDerivation, Sampler};
use crate::elimination::{Echelon, Matrix};
use crate::field::Field;
use crate::polynomial::Monomial;

/// Points beyond the number of columns. A vector that is not null passes them all with probability (degree / p)^20.
const SPARE_POINTS: usize = 20;

/// Values and derivatives of monomials at points of one field.
pub(super) struct Table {
    sampler: Sampler,
    rates: Vec<FieldPolynomial>,
    /// Whether monomials can depend on each other, because there are roots or denominators.
    has_relations: bool,
    rows: Vec<Row>,
}

/// One point with the monomials computed so far.
struct Row {
    point: Point,
    derivatives: Vec<u64>,
    letters: Vec<(u64, u64)>,
    /// Value and derivative of each monomial.
    entries: Vec<(u64, u64)>,
}

impl Table {
    /// An empty table over one of our fields.
    pub(super) fn new(ring: &AtomRing, derivation: &RingDerivation, skip: usize) -> Result<Table, Error> {
        let sampler = Sampler::over_field(ring, skip, 0xa11e + skip as u64)?;
        let field = sampler.field();
        let rate =
            |x: usize| FieldPolynomial::new(&field, derivation.image(x)).ok_or(Error::NoRegularPoint { tries: 0 });
        let rates = (0..ring.n_variables()).map(rate).collect::<Result<_, _>>()?;
        Ok(Table { sampler, rates, has_relations: ring.has_dependent_monomials(), rows: Vec::new() })
    }

    pub(super) fn field(&self) -> Field {
        self.sampler.field()
    }

    /// Forgets the monomials from `length` on.
    pub(super) fn truncate(&mut self, length: usize) {
        self.rows.iter_mut().for_each(|row| row.entries.truncate(length));
    }

    fn fill(&mut self, catalogue: &Catalogue, n_rows: usize) -> Result<(), Error> {
        while self.rows.len() < n_rows {
            let row = self.fresh_row(catalogue)?;
            self.rows.push(row);
        }
        let field = self.field();
        for row in &mut self.rows[..n_rows] {
            row.extend(&field, catalogue);
        }
        Ok(())
    }

    fn fresh_row(&mut self, catalogue: &Catalogue) -> Result<Row, Error> {
        let field = self.field();
        let point = self.sampler.point()?;
        let rates: Vec<u64> = self.rates.iter().map(|rate| rate.value(&field, &point)).collect();
        let derivatives = self.sampler.derivatives(&point, &rates);
        let letter = |monomial: &Monomial| jet(&field, &point, &derivatives, monomial);
        let letters = catalogue.letters.iter().map(|l| letter(&l.monomial)).collect();
        Ok(Row { point, derivatives, letters, entries: Vec::new() })
    }
}

fn jet(field: &Field, point: &Point, derivatives: &[u64], monomial: &Monomial) -> (u64, u64) {
    let value = point.monomial(field, monomial);
    (value, field.mul(value, point.logarithmic_derivative(field, monomial, derivatives)))
}

impl Row {
    fn extend(&mut self, field: &Field, catalogue: &Catalogue) {
        for entry in &catalogue.entries[self.entries.len()..] {
            let jet = match entry.made_of {
                None => jet(field, &self.point, &self.derivatives, &entry.monomial),
                Some((parent, letter)) => {
                    let ((a, da), (b, db)) = (self.entries[parent], self.letters[letter]);
                    (field.mul(a, b), field.reduce(a as u128 * db as u128 + da as u128 * b as u128))
                }
            };
            self.entries.push(jet);
        }
    }
}

/// A set of monomials that can form null vectors together, and its elimination.
pub(super) struct Block {
    /// Catalogue numbers of the monomials, by ascending weight.
    pub(super) columns: Vec<usize>,
    /// Those of them that are independent as functions.
    kept: Vec<usize>,
    echelon: Echelon,
}

impl Block {
    pub(super) fn solve(mut columns: Vec<usize>, catalogue: &Catalogue, table: &mut Table) -> Result<Block, Error> {
        columns.sort_by_key(|&id| (catalogue.entries[id].weight, id));
        let kept = independent(&columns, catalogue, table)?;
        let matrix = table_matrix(table, &kept, kept.len() + SPARE_POINTS, |(_, derivative)| derivative);
        Ok(Block { echelon: Echelon::new(table.field(), &matrix), columns, kept })
    }

    /// The last monomial of each null vector.
    pub(super) fn leading(&self) -> impl Iterator<Item = usize> {
        self.echelon.free().iter().map(|&free| self.kept[free])
    }

    /// The null vector with this last monomial: its coefficient is 1.
    pub(super) fn null_vector(&self, leading: usize) -> Vec<(usize, u64)> {
        let free = self.echelon.free().iter().find(|&&free| self.kept[free] == leading);
        let vector = free.map(|&free| self.echelon.null_vector(free)).unwrap_or_default();
        vector.into_iter().map(|(k, x)| (self.kept[k], x)).collect()
    }
}

/// The columns that are no combination of columns before them.
fn independent(columns: &[usize], catalogue: &Catalogue, table: &mut Table) -> Result<Vec<usize>, Error> {
    let n_rows = columns.len() + SPARE_POINTS;
    table.fill(catalogue, n_rows)?;
    if !table.has_relations {
        return Ok(columns.to_vec());
    }
    let values = table_matrix(table, columns, n_rows, |(value, _)| value);
    Ok(Echelon::new(table.field(), &values).pivots().iter().map(|&k| columns[k]).collect())
}

/// A set of monomials that can form null vectors together, reduced to independent ones, and their derivatives along
/// several derivations, given by one table each, at the same points.
pub(super) fn pencil(
    columns: &[usize],
    catalogue: &Catalogue,
    tables: &mut [Table],
) -> Result<(Vec<usize>, Vec<Matrix>), Error> {
    let kept = independent(columns, catalogue, &mut tables[0])?;
    let n_rows = kept.len() + SPARE_POINTS;
    let matrix = |table: &mut Table| {
        table.fill(catalogue, n_rows)?;
        Ok(table_matrix(table, &kept, n_rows, |(_, derivative)| derivative))
    };
    let matrices = tables.iter_mut().map(matrix).collect::<Result<_, Error>>()?;
    Ok((kept, matrices))
}

fn table_matrix(table: &Table, columns: &[usize], n_rows: usize, part: impl Fn((u64, u64)) -> u64) -> Matrix {
    let mut matrix = Matrix::zeros(n_rows, columns.len());
    for (i, row) in table.rows[..n_rows].iter().enumerate() {
        for (entry, &id) in matrix.row_mut(i).iter_mut().zip(columns) {
            *entry = part(row.entries[id]);
        }
    }
    matrix
}
