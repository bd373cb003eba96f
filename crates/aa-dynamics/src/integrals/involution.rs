//! The algebra of integrals: closing under the bracket, ranks, and sets that commute.
//!
//! Ranks are taken at a random point modulo a prime. A rank there never exceeds the true one, and falls
//! short of it with a probability of about 1e-17.

use aa_symbolic::atoms::{AtomRing, FieldPolynomial, Point, RingDerivation, Sampler};
use aa_symbolic::elimination::{Echelon, Matrix, Span, rank};
use aa_symbolic::field::Field;
use aa_symbolic::lift::{Residue, lift};
use aa_symbolic::polynomial::Polynomial;
use aa_symbolic::{Expr, NullVector, Proof, Rational};

use super::naming::{needs_turning, oriented};
use crate::{Error, PhaseSpace};

/// Brackets with more products of terms than this are not expanded.
const MAX_PRODUCTS: usize = 4_000_000;

/// Integrals with their gradients at random points.
pub(super) struct Algebra<'a> {
    ring: &'a AtomRing,
    space: &'a PhaseSpace,
    /// The Poisson structure in the ring, where it is not the canonical one.
    structure: Option<Vec<Vec<Polynomial>>>,
    partials: Vec<RingDerivation>,
    vectors: Vec<NullVector>,
    sampler: Sampler,
    here: Place,
}

/// A point, the partial derivatives of all generators there, and the Poisson structure there where it is not canonical.
struct Place {
    point: Point,
    partials: Vec<Vec<u64>>,
    structure: Option<Vec<Vec<u64>>>,
}

impl<'a> Algebra<'a> {
    pub(super) fn new(
        ring: &'a AtomRing,
        space: &'a PhaseSpace,
        structure: Option<Vec<Vec<Polynomial>>>,
        vectors: Vec<NullVector>,
    ) -> Result<Algebra<'a>, Error> {
        let mut sampler = Sampler::over_field(ring, 0, 0xb7ac)?;
        let here = Place::new(ring, structure.as_deref(), &mut sampler)?;
        let partials = (0..space.dimension()).map(|x| ring.partial(x)).collect();
        Ok(Algebra { ring, space, structure, partials, vectors, sampler, here })
    }

    pub(super) fn vectors(&self) -> &[NullVector] {
        &self.vectors
    }

    pub(super) fn into_vectors(self) -> Vec<NullVector> {
        self.vectors
    }

    fn field(&self) -> Field {
        self.sampler.field()
    }

    /// Adds brackets of integrals while they are independent of those there. By the Jacobi identity, a
    /// bracket of two integrals is an integral, proved if both are.
    pub(super) fn close(&mut self) -> Result<(), Error> {
        let mut span = Span::new(self.field());
        for vector in &self.vectors {
            span.insert(&self.gradient(&vector.polynomial, &self.here));
        }
        let mut j = 2;
        while j < self.vectors.len() && span.rank() + 1 < self.space.dimension() {
            for i in 1..j {
                self.add_bracket(i, j, &mut span);
            }
            j += 1;
        }
        Ok(())
    }

    fn add_bracket(&mut self, i: usize, j: usize, span: &mut Span) {
        let (f, g) = (&self.vectors[i], &self.vectors[j]);
        let (df, dg) = (self.gradient(&f.polynomial, &self.here), self.gradient(&g.polynomial, &self.here));
        if self.pairing(&self.here, &df, &dg) == 0 {
            return;
        }
        let Some(bracket) = self.bracket(&f.polynomial, &g.polynomial) else { return };
        let (_, polynomial) = bracket.primitive();
        if !span.insert(&self.gradient(&polynomial, &self.here)) {
            return;
        }
        let proved = f.proof == Proof::Identity && g.proof == Proof::Identity;
        let proof = if proved { Proof::Identity } else { Proof::SecondPrime };
        // Differentiating by q and by p takes one degree each; a linear structure gives one back.
        let lost = if self.structure.is_some() { 1 } else { 2 };
        let degree = (f.degree + g.degree).saturating_sub(lost).max(1);
        let vector = NullVector { expression: self.ring.expression(&polynomial), polynomial, degree, proof };
        self.vectors.push(oriented(vector, self.ring, self.space));
    }

    /// The Poisson bracket in the ring; `None` where it is too large.
    fn bracket(&self, f: &Polynomial, g: &Polynomial) -> Option<Polynomial> {
        let n = self.space.dimension();
        let slopes = |f: &Polynomial| -> Vec<Polynomial> { self.partials.iter().map(|d| d.apply(f)).collect() };
        let (df, dg) = (slopes(f), slopes(g));
        let mut sum = Polynomial::zero();
        let mut add = |sign: i64, factors: [&Polynomial; 2]| {
            let small = factors[0].n_terms() * factors[1].n_terms() <= MAX_PRODUCTS;
            small.then(|| sum = &sum + &(factors[0] * factors[1]).scaled(&Rational::from(sign)))
        };
        match &self.structure {
            None => (0..n / 2).try_for_each(|i| {
                add(1, [&df[i], &dg[i + n / 2]])?;
                add(-1, [&df[i + n / 2], &dg[i]])
            })?,
            Some(structure) => (0..n * n).try_for_each(|k| {
                let (i, j) = (k / n, k % n);
                add(1, [&self.ring.reduce(&df[i] * &structure[i][j]), &dg[j]])
            })?,
        }
        Some(self.ring.reduce(sum))
    }

    /// The rank of the matrix of brackets.
    pub(super) fn bracket_rank(&self) -> usize {
        rank(self.field(), &self.brackets())
    }

    /// Whether each two commute, seen at one random point.
    pub(super) fn commute(&self) -> Vec<Vec<bool>> {
        self.brackets().iter().map(|row| row.iter().map(|bracket| *bracket == 0).collect()).collect()
    }

    /// The matrix of brackets at a random point.
    fn brackets(&self) -> Vec<Vec<u64>> {
        let gradients = self.gradients(&self.here);
        gradients.iter().map(|f| gradients.iter().map(|g| self.pairing(&self.here, f, g)).collect()).collect()
    }

    /// The bracket at a place of two functions with these gradients.
    fn pairing(&self, place: &Place, df: &[u64], dg: &[u64]) -> u64 {
        let field = self.field();
        let product = |sum, (a, b): (&u64, &u64)| field.add(sum, field.mul(*a, *b));
        let Some(structure) = &place.structure else {
            let (dq, dp) = df.split_at(df.len() / 2);
            let (gq, gp) = dg.split_at(dg.len() / 2);
            return field.sub(dq.iter().zip(gp).fold(0, product), dp.iter().zip(gq).fold(0, product));
        };
        let flow: Vec<u64> = structure.iter().map(|row| row.iter().zip(dg).fold(0, product)).collect();
        df.iter().zip(&flow).fold(0, product)
    }

    /// Whether each vector commutes with every variable, seen at one random point.
    pub(super) fn casimirs(&self) -> Vec<bool> {
        let n = self.space.dimension();
        let units: Vec<Vec<u64>> = (0..n).map(|i| (0..n).map(|j| u64::from(i == j)).collect()).collect();
        let commutes = |df: &Vec<u64>| units.iter().all(|unit| self.pairing(&self.here, unit, df) == 0);
        self.gradients(&self.here).iter().map(commutes).collect()
    }

    fn gradient(&self, polynomial: &Polynomial, place: &Place) -> Vec<u64> {
        let field = self.field();
        match FieldPolynomial::new(&field, polynomial) {
            Some(image) => place.partials.iter().map(|d| image.differential(&field, &place.point, d)).collect(),
            None => vec![0; self.space.dimension()],
        }
    }

    fn gradients(&self, place: &Place) -> Vec<Vec<u64>> {
        self.vectors.iter().map(|vector| self.gradient(&vector.polynomial, place)).collect()
    }

    /// Up to `size` independent integrals that commute, the first vector first, and whether this was
    /// proved over the rational numbers. Integrals themselves are preferred, then quadratic
    /// combinations such as L^2.
    pub(super) fn commuting(&mut self, size: usize, energy: &Expr) -> Result<(Vec<Expr>, bool), Error> {
        let mut best: Vec<Polynomial> = Vec::new();
        for second in 0..self.vectors.len() {
            let set = self.commuting_with(second, size)?;
            if set.len() > best.len() {
                best = set;
            }
            if best.len() >= size {
                break;
            }
        }
        let proved = self.brackets_vanish(&best);
        let expression = |(i, f): (usize, &Polynomial)| match i {
            0 => energy.clone(),
            _ => match self.vectors.iter().find(|vector| vector.polynomial == *f) {
                Some(vector) => vector.expression.clone(),
                None => self.ring.expression(f),
            },
        };
        Ok((best.iter().enumerate().map(expression).collect(), proved))
    }

    /// Starts with the first vector and the one given, then takes what commutes.
    fn commuting_with(&mut self, second: usize, size: usize) -> Result<Vec<Polynomial>, Error> {
        let mut set: Vec<Polynomial> = Vec::new();
        let order = [0, second].into_iter().chain(1..self.vectors.len());
        for i in order {
            let f = self.vectors[i].polynomial.clone();
            self.take_if_commuting(&mut set, f);
        }
        if set.len() < size {
            for f in self.commuting_quadratics(&set)? {
                if set.len() < size {
                    self.take_if_commuting(&mut set, f);
                }
            }
        }
        set.truncate(size.max(1));
        Ok(set)
    }

    fn take_if_commuting(&self, set: &mut Vec<Polynomial>, f: Polynomial) {
        let gradient = self.gradient(&f, &self.here);
        let mut span = Span::new(self.field());
        let known: Vec<Vec<u64>> = set.iter().map(|g| self.gradient(g, &self.here)).collect();
        let commutes = known.iter().all(|g| self.pairing(&self.here, &gradient, g) == 0);
        known.iter().for_each(|g| {
            span.insert(g);
        });
        if commutes && span.insert(&gradient) {
            set.push(f);
        }
    }

    /// Combinations of products F_i F_j of integrals that commute with a set: linear algebra on the
    /// values of the brackets at random points.
    fn commuting_quadratics(&mut self, set: &[Polynomial]) -> Result<Vec<Polynomial>, Error> {
        let field = self.field();
        let n = self.vectors.len();
        let pairs: Vec<(usize, usize)> = (0..n).flat_map(|i| (i..n).map(move |j| (i, j))).collect();
        let mut rows = Vec::new();
        for _ in 0..pairs.len() + 10 {
            let place = Place::new(self.ring, self.structure.as_deref(), &mut self.sampler)?;
            let values = self.values(&place);
            let gradients = self.gradients(&place);
            for g in set {
                let dg = self.gradient(g, &place);
                let brackets: Vec<u64> = gradients.iter().map(|df| self.pairing(&place, df, &dg)).collect();
                let product = |&(i, j): &(usize, usize)| {
                    field.add(field.mul(values[i], brackets[j]), field.mul(values[j], brackets[i]))
                };
                rows.push(pairs.iter().map(product).collect());
            }
        }
        let echelon = Echelon::new(field, &Matrix::from_rows(&rows));
        let combination = |&free: &usize| {
            let vector = echelon.null_vector(free);
            let residues: Vec<Residue> = vector.iter().map(|&(_, x)| Residue::new(&field, x)).collect();
            let mut sum = Polynomial::zero();
            for (&(k, _), value) in vector.iter().zip(lift(&residues)?) {
                let (i, j) = pairs[k];
                let product = &self.vectors[i].polynomial * &self.vectors[j].polynomial;
                sum = &sum + &product.scaled(&value);
            }
            let (_, primitive) = self.ring.reduce(sum).primitive();
            Some(if needs_turning(&primitive, self.space) { -&primitive } else { primitive })
        };
        let mut found: Vec<Polynomial> = echelon.free().iter().filter_map(combination).collect();
        found.sort_by_key(Polynomial::n_terms);
        Ok(found)
    }

    fn values(&self, place: &Place) -> Vec<u64> {
        let field = self.field();
        let value =
            |v: &NullVector| FieldPolynomial::new(&field, &v.polynomial).map_or(0, |f| f.value(&field, &place.point));
        self.vectors.iter().map(value).collect()
    }

    fn brackets_vanish(&self, set: &[Polynomial]) -> bool {
        let vanishes = |f: &Polynomial, g: &Polynomial| {
            self.bracket(f, g).is_some_and(|bracket| self.ring.is_identically_zero(&bracket) == Some(true))
        };
        let all_proved = self.vectors.iter().all(|vector| vector.proof == Proof::Identity);
        // A bracket with the energy is the rate of change, which is proved to vanish already.
        all_proved && (1..set.len()).all(|j| (1..j).all(|i| vanishes(&set[i], &set[j])))
    }
}

impl Place {
    fn new(ring: &AtomRing, structure: Option<&[Vec<Polynomial>]>, sampler: &mut Sampler) -> Result<Place, Error> {
        let point = sampler.point()?;
        let partials = sampler.partials(&point, ring.n_variables());
        let field = sampler.field();
        let value = |entry: &Polynomial| FieldPolynomial::new(&field, entry).map_or(0, |e| e.value(&field, &point));
        let values = |matrix: &[Vec<Polynomial>]| matrix.iter().map(|row| row.iter().map(value).collect()).collect();
        let structure = structure.map(values);
        Ok(Place { point, partials, structure })
    }
}
