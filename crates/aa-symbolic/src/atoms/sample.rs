//! Points of a ring modulo a prime: every generator has a value, every relation holds.

use super::{AtomRing, Kind};
use crate::Error;
use crate::field::{Field, FieldStream};
use crate::polynomial::{Monomial, Polynomial};

/// Draws of one regular point before giving up: ten roots keep one point in a thousand.
const MAX_TRIES: usize = 200_000;

/// The values of all generators at one point, and their inverses. No value is zero.
#[derive(Clone, Debug)]
pub struct Point {
    values: Vec<u64>,
    inverses: Vec<u64>,
}

impl Point {
    /// The value of a generator.
    pub fn value(&self, generator: usize) -> u64 {
        self.values[generator]
    }

    /// The value of a monomial.
    pub fn monomial(&self, field: &Field, monomial: &Monomial) -> u64 {
        monomial.factors().fold(1, |product, (g, e)| field.mul(product, self.power(field, g, e)))
    }

    fn power(&self, field: &Field, generator: usize, exponent: i32) -> u64 {
        let base = if exponent < 0 { self.inverses[generator] } else { self.values[generator] };
        field.power(base, exponent.unsigned_abs() as u64)
    }

    /// The logarithmic derivative of a monomial, given the derivatives of the generators.
    pub fn logarithmic_derivative(&self, field: &Field, monomial: &Monomial, derivatives: &[u64]) -> u64 {
        monomial.factors().fold(0, |sum, (g, e)| {
            let ratio = field.mul(derivatives[g], self.inverses[g]);
            field.add(sum, field.mul(field.small(e as i64), ratio))
        })
    }
}

/// A polynomial with its coefficients in a field.
#[derive(Clone, Debug)]
pub struct FieldPolynomial {
    terms: Vec<(u64, Monomial)>,
}

impl FieldPolynomial {
    /// The image of a polynomial, or `None` when p divides a denominator.
    pub fn new(field: &Field, polynomial: &Polynomial) -> Option<FieldPolynomial> {
        let image = |(m, c): (&Monomial, &crate::Rational)| field.image(c).map(|c| (c, m.clone()));
        Some(FieldPolynomial { terms: polynomial.terms().map(image).collect::<Option<_>>()? })
    }

    /// The value at a point.
    pub fn value(&self, field: &Field, point: &Point) -> u64 {
        self.terms.iter().fold(0, |sum, (c, m)| field.add(sum, field.mul(*c, point.monomial(field, m))))
    }

    /// The derivative at a point, given the derivatives of the generators.
    pub fn differential(&self, field: &Field, point: &Point, derivatives: &[u64]) -> u64 {
        self.terms.iter().fold(0, |sum, (c, m)| {
            let value = field.mul(*c, point.monomial(field, m));
            field.add(sum, field.mul(value, point.logarithmic_derivative(field, m, derivatives)))
        })
    }
}

/// How a generator gets its value and its derivative.
enum Rule {
    Variable,
    Constant,
    Free(FieldPolynomial),
    SquareRoot(u64),
    Sine(FieldPolynomial),
    Cosine(FieldPolynomial),
    Root(FieldPolynomial, u32),
    Quantity(FieldPolynomial),
    Primitive(Vec<(FieldPolynomial, FieldPolynomial)>),
}

/// A source of random points of a ring over one field.
pub struct Sampler {
    field: Field,
    rules: Vec<Rule>,
    stream: FieldStream,
    /// For each generator, whether its radicand was seen not to be a square while all generators
    /// before had values: then the radicand is no square of a function of those.
    proper: Vec<bool>,
}

impl Sampler {
    /// Points of `ring` over `field`; `None` when p divides a denominator or a constant has no root.
    pub fn new(ring: &AtomRing, field: Field, seed: u64) -> Option<Sampler> {
        let compile = |p: &Polynomial| FieldPolynomial::new(&field, p);
        let rule = |kind: &Kind| {
            Some(match kind {
                Kind::Variable => Rule::Variable,
                Kind::Constant { square: None } => Rule::Constant,
                Kind::Constant { square: Some(square) } => Rule::SquareRoot(field.square_root(field.image(square)?)?),
                Kind::Exponential { argument } => Rule::Free(compile(argument)?),
                Kind::Sine { argument } => Rule::Sine(compile(argument)?),
                Kind::Cosine { argument } => Rule::Cosine(compile(argument)?),
                Kind::Root { radicand, order } => Rule::Root(compile(radicand)?, *order),
                Kind::Quantity { definition } => Rule::Quantity(compile(definition)?),
                Kind::Primitive { parts } => {
                    let parts = parts.iter().map(|(a, b)| Some((compile(a)?, compile(b)?)));
                    Rule::Primitive(parts.collect::<Option<_>>()?)
                }
            })
        };
        let rules: Vec<Rule> = ring.generators().iter().map(|g| rule(&g.kind)).collect::<Option<_>>()?;
        let proper = vec![false; rules.len()];
        Some(Sampler { field, rules, stream: FieldStream::new(seed), proper })
    }

    /// A sampler over the first of our fields that suits the ring, skipping some.
    ///
    /// # Errors
    /// When none suits.
    pub fn over_field(ring: &AtomRing, skip: usize, seed: u64) -> Result<Sampler, Error> {
        Field::all()
            .filter_map(|field| Sampler::new(ring, field, seed))
            .nth(skip)
            .ok_or(Error::NoRegularPoint { tries: 0 })
    }

    /// The field.
    pub fn field(&self) -> Field {
        self.field
    }

    /// Whether the radicand of a root was seen to have no root in terms of the generators before.
    pub(super) fn is_proper(&self, generator: usize) -> bool {
        self.proper[generator]
    }

    /// The next point in general position.
    ///
    /// # Errors
    /// When no point has all the roots in this field.
    pub fn point(&mut self) -> Result<Point, Error> {
        (0..MAX_TRIES).find_map(|_| self.try_point()).ok_or(Error::NoRegularPoint { tries: MAX_TRIES })
    }

    fn try_point(&mut self) -> Option<Point> {
        let mut point = Point { values: Vec::new(), inverses: Vec::new() };
        let mut tangent = 0;
        for index in 0..self.rules.len() {
            let value = match &self.rules[index] {
                Rule::Variable | Rule::Constant | Rule::Free(_) | Rule::Primitive(_) => {
                    self.stream.element(&self.field)
                }
                Rule::SquareRoot(root) => self.either_sign(*root),
                Rule::Sine(_) => {
                    // sine = 2 t / (1 + t^2), cosine = (1 - t^2) / (1 + t^2); p = 3 mod 4, so 1 + t^2 is not 0.
                    tangent = self.stream.element(&self.field);
                    self.field.mul(self.field.add(tangent, tangent), self.half_angle_norm(tangent))
                }
                Rule::Cosine(_) => {
                    let square = self.field.mul(tangent, tangent);
                    self.field.mul(self.field.sub(1, square), self.half_angle_norm(tangent))
                }
                Rule::Root(radicand, order) => {
                    let radicand = radicand.value(&self.field, &point);
                    match self.field.root(radicand, *order) {
                        Some(root) if order % 2 == 0 => self.either_sign(root),
                        Some(root) => root,
                        None => {
                            self.proper[index] |= self.field.square_root(radicand).is_none();
                            return None;
                        }
                    }
                }
                Rule::Quantity(definition) => definition.value(&self.field, &point),
            };
            if value == 0 {
                return None;
            }
            point.values.push(value);
            point.inverses.push(self.field.inverse(value));
        }
        Some(point)
    }

    fn half_angle_norm(&self, tangent: u64) -> u64 {
        self.field.inverse(self.field.add(1, self.field.mul(tangent, tangent)))
    }

    fn either_sign(&mut self, root: u64) -> u64 {
        if self.stream.next_bits() >> 63 == 1 { self.field.negate(root) } else { root }
    }

    /// The derivatives of all generators at a point, given those of the variables.
    pub fn derivatives(&self, point: &Point, rates: &[u64]) -> Vec<u64> {
        let field = &self.field;
        let mut known = vec![0; self.rules.len()];
        for (index, rule) in self.rules.iter().enumerate() {
            known[index] = match rule {
                Rule::Variable => rates[index],
                Rule::Constant | Rule::SquareRoot(_) => 0,
                Rule::Free(argument) => field.mul(point.values[index], argument.differential(field, point, &known)),
                Rule::Sine(argument) => field.mul(point.values[index + 1], argument.differential(field, point, &known)),
                Rule::Cosine(argument) => {
                    let slope = field.mul(point.values[index - 1], argument.differential(field, point, &known));
                    field.negate(slope)
                }
                Rule::Root(radicand, order) => {
                    let slope = field.mul(radicand.differential(field, point, &known), point.values[index]);
                    let below = field.mul(radicand.value(field, point), *order as u64);
                    field.mul(slope, field.inverse(below))
                }
                Rule::Quantity(definition) => definition.differential(field, point, &known),
                Rule::Primitive(parts) => parts.iter().fold(0, |sum, (factor, of)| {
                    let slope = field.mul(factor.value(field, point), of.differential(field, point, &known));
                    field.add(sum, slope)
                }),
            };
        }
        known
    }

    /// The partial derivatives of all generators at a point: entry k belongs to variable k.
    pub fn partials(&self, point: &Point, n_variables: usize) -> Vec<Vec<u64>> {
        let unit = |k: usize| (0..n_variables).map(|i| u64::from(i == k)).collect::<Vec<u64>>();
        (0..n_variables).map(|k| self.derivatives(point, &unit(k))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Expr;

    #[test]
    fn points_satisfy_the_relations() {
        let (x, y) = (Expr::symbol("x"), Expr::symbol("y"));
        let r = (x.powi(2) + y.powi(2)).sqrt();
        let f = x.sin() / (&r + 1)
            + (&x - &y).exp() * Expr::integer(3).sqrt()
            + (&x + 2).pow_rational(&crate::Rational::from_parts(1.into(), 3u8.into()));
        let ring = AtomRing::new(&[x, y], &[f]).unwrap();
        let mut sampler = Sampler::over_field(&ring, 0, 7).unwrap();
        let field = sampler.field();
        assert!(ring.relations().len() >= 5);
        for _ in 0..20 {
            let point = sampler.point().unwrap();
            for relation in ring.relations() {
                let relation = FieldPolynomial::new(&field, &relation).unwrap();
                assert_eq!(relation.value(&field, &point), 0);
                for derivatives in sampler.partials(&point, 2) {
                    assert_eq!(relation.differential(&field, &point, &derivatives), 0);
                }
            }
        }
    }

    #[test]
    fn derivatives_agree_with_the_ring() {
        let (x, y) = (Expr::symbol("x"), Expr::symbol("y"));
        let f = (&x * &y).sin() / (x.powi(2) + 1).sqrt() + (&x * 2).exp() * y.log();
        let mut ring = AtomRing::new(&[x, y], std::slice::from_ref(&f)).unwrap();
        let polynomial = ring.express(&f).unwrap();
        let mut sampler = Sampler::over_field(&ring, 0, 1).unwrap();
        let field = sampler.field();
        let point = sampler.point().unwrap();
        let compiled = FieldPolynomial::new(&field, &polynomial).unwrap();
        for (k, derivatives) in sampler.partials(&point, 2).iter().enumerate() {
            let by_ring = FieldPolynomial::new(&field, &ring.partial(k).apply(&polynomial)).unwrap();
            assert_eq!(compiled.differential(&field, &point, derivatives), by_ring.value(&field, &point));
        }
    }
}
