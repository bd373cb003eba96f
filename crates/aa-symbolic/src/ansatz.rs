//! Which functions a search considers: products of letters up to a weighted degree.
//!
//! Letters are the atoms of the formula. Variables, roots, sines, cosines and inverses weigh 1,
//! exponentials 2 (for them a momentum squared is as heavy as the potential). An inverse that holds exponentials, such
//! as 1/sinh, is one letter of weight 1.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::Expr;
use crate::atoms::{AtomRing, Kind};
use crate::polynomial::{Monomial, Polynomial};

/// A factor of the monomials of an ansatz.
#[derive(Clone, Debug)]
pub(crate) struct Letter {
    pub(crate) monomial: Monomial,
    pub(crate) weight: u32,
}

/// The letters for the given polynomials over a ring, without the variables in `barred`; with those that stand only
/// inside functions or denominators where `hidden` says so.
pub(crate) fn letters(ring: &AtomRing, polynomials: &[Polynomial], barred: &[Expr], hidden: bool) -> Vec<Letter> {
    let occurrences = Occurrences::new(ring, polynomials);
    let mut letters = Vec::new();
    let mut push = |monomial, weight| letters.push(Letter { monomial, weight });
    for (g, generator) in ring.generators().iter().enumerate() {
        let (up, down) = (Monomial::power(g, 1), Monomial::power(g, -1));
        let positive = match &generator.kind {
            Kind::Variable => (hidden || occurrences.is_bare(g)) && !barred.contains(&generator.expression),
            Kind::Exponential { .. } | Kind::Quantity { .. } => false,
            Kind::Sine { .. } | Kind::Cosine { .. } => true,
            _ => occurrences.positive.contains(&g),
        };
        let weight = match generator.kind {
            Kind::Constant { square: Some(_) } => 0,
            _ => 1,
        };
        if positive {
            push(up, weight);
        }
        let inverse = !matches!(generator.kind, Kind::Exponential { .. } | Kind::Constant { square: Some(_) });
        if inverse && occurrences.negative.contains(&g) {
            push(down, weight);
        }
    }
    ring.inverse_letters().for_each(|monomial| push(monomial.clone(), 1));
    ring.exponential_letters().for_each(|monomial| push(monomial.clone(), 2));
    letters
}

/// The generators that occur with positive and with negative exponents.
struct Occurrences {
    positive: BTreeSet<usize>,
    negative: BTreeSet<usize>,
    inside_functions: BTreeSet<usize>,
}

impl Occurrences {
    fn new(ring: &AtomRing, polynomials: &[Polynomial]) -> Occurrences {
        let mut this =
            Occurrences { positive: BTreeSet::new(), negative: BTreeSet::new(), inside_functions: BTreeSet::new() };
        polynomials.iter().for_each(|p| this.see(p));
        for generator in ring.generators() {
            match &generator.kind {
                Kind::Root { radicand: inside, .. } | Kind::Quantity { definition: inside } => this.see(inside),
                Kind::Exponential { argument } | Kind::Sine { argument } | Kind::Cosine { argument } => {
                    this.inside_functions.extend(argument.ranges().into_keys());
                }
                _ => {}
            }
        }
        this
    }

    fn see(&mut self, polynomial: &Polynomial) {
        for (generator, (least, greatest)) in polynomial.ranges() {
            if greatest > 0 {
                self.positive.insert(generator);
            }
            if least < 0 {
                self.negative.insert(generator);
            }
        }
    }

    /// A variable is a letter where it occurs as itself, or not at all: a coordinate that the formula
    /// does not hold may still enter an angular momentum.
    fn is_bare(&self, variable: usize) -> bool {
        let hidden = self.inside_functions.contains(&variable) || self.negative.contains(&variable);
        self.positive.contains(&variable) || !hidden
    }
}

/// The monomials of an ansatz, by ascending weight. Each but the first is one letter times an earlier one.
#[derive(Debug)]
pub(crate) struct Catalogue {
    pub(crate) letters: Vec<Letter>,
    pub(crate) entries: Vec<Entry>,
    index: HashMap<Monomial, usize>,
    /// Generators that may not reach an exponent.
    periods: BTreeMap<usize, i32>,
}

/// One monomial of an ansatz.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) monomial: Monomial,
    pub(crate) weight: u32,
    /// The earlier entry and the letter that make this one; `None` where it stands alone.
    pub(crate) made_of: Option<(usize, usize)>,
}

impl Catalogue {
    /// The catalogue that holds the constants alone.
    pub(crate) fn new(ring: &AtomRing, letters: Vec<Letter>) -> Catalogue {
        let periods = (0..ring.generators().len()).filter_map(|g| Some((g, ring.period(g)?))).collect();
        let mut catalogue = Catalogue { letters, entries: Vec::new(), index: HashMap::new(), periods };
        catalogue.push(Monomial::one(), 0, None);
        catalogue.multiply_by_constants(0, 0);
        catalogue
    }

    /// Adds all monomials of the next weight. They are handed out in order; whether there is room for
    /// all within `cap` entries (if not, nothing is added).
    pub(crate) fn grow(&mut self, weight: u32, cap: usize) -> bool {
        let first = self.entries.len();
        for letter in 0..self.letters.len() {
            let step = self.letters[letter].weight;
            if step == 0 || step > weight {
                continue;
            }
            for parent in 0..first {
                if self.entries[parent].weight == weight - step {
                    self.multiply(parent, letter, weight);
                }
                if self.entries.len() > cap {
                    self.truncate(first);
                    return false;
                }
            }
        }
        self.multiply_by_constants(first, weight);
        let fits = self.entries.len() <= cap;
        if !fits {
            self.truncate(first);
        }
        fits
    }

    fn multiply_by_constants(&mut self, first: usize, weight: u32) {
        for letter in 0..self.letters.len() {
            if self.letters[letter].weight == 0 {
                for parent in first..self.entries.len() {
                    self.multiply(parent, letter, weight);
                }
            }
        }
    }

    fn multiply(&mut self, parent: usize, letter: usize, weight: u32) {
        let monomial = self.entries[parent].monomial.times(&self.letters[letter].monomial);
        let reduced = monomial.factors().all(|(g, e)| self.periods.get(&g).is_none_or(|&period| e < period));
        if reduced {
            self.push(monomial, weight, Some((parent, letter)));
        }
    }

    fn push(&mut self, monomial: Monomial, weight: u32, made_of: Option<(usize, usize)>) {
        if !self.index.contains_key(&monomial) {
            self.index.insert(monomial.clone(), self.entries.len());
            self.entries.push(Entry { monomial, weight, made_of });
        }
    }

    /// Adds monomials that are not there yet, each with an estimate of its weight.
    pub(crate) fn append(&mut self, monomials: &BTreeSet<Monomial>) {
        for monomial in monomials {
            let weight = self.estimated_weight(monomial);
            self.push(monomial.clone(), weight, None);
        }
    }

    /// The weighted degree of a polynomial.
    pub(crate) fn weight_of(&self, polynomial: &Polynomial) -> u32 {
        let weight = |m: &Monomial| match self.index.get(m) {
            Some(&id) => self.entries[id].weight,
            None => self.estimated_weight(m),
        };
        polynomial.terms().map(|(m, _)| weight(m)).max().unwrap_or(0)
    }

    fn estimated_weight(&self, monomial: &Monomial) -> u32 {
        if let Some(letter) = self.letters.iter().find(|letter| letter.monomial == *monomial) {
            return letter.weight;
        }
        monomial.factors().map(|(g, e)| self.letter_weight(g) * e.unsigned_abs()).sum()
    }

    fn letter_weight(&self, generator: usize) -> u32 {
        let holds = |letter: &&Letter| letter.monomial.exponent(generator) != 0;
        self.letters.iter().filter(holds).map(|letter| letter.weight).min().unwrap_or(1)
    }

    /// Forgets all entries from `length` on.
    pub(crate) fn truncate(&mut self, length: usize) {
        for entry in self.entries.drain(length..) {
            self.index.remove(&entry.monomial);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(f: Expr, degree: u32) -> usize {
        let variables = ["x", "y", "z"].map(Expr::symbol);
        let mut ring = AtomRing::new(&variables, std::slice::from_ref(&f)).unwrap();
        let polynomial = ring.express(&f).unwrap();
        let letters = letters(&ring, &[polynomial], &[], false);
        let mut catalogue = Catalogue::new(&ring, letters);
        (1..=degree).for_each(|weight| assert!(catalogue.grow(weight, 10_000)));
        catalogue.entries.len()
    }

    #[test]
    fn monomials_are_counted_once() {
        let [x, y, z] = ["x", "y", "z"].map(Expr::symbol);
        assert_eq!(count(&x * &y * &z, 3), 20);
        // Three exponentials of weight 2 whose product is 1: at weight 6 there are 10 of degree three, less that one.
        let ring = (&x - &y).exp() + (&y - &z).exp() + (&z - &x).exp();
        assert_eq!(count(ring.clone(), 4), 1 + 3 + 6);
        assert_eq!(count(ring, 6), 1 + 3 + 6 + 9);
    }

    #[test]
    fn an_inverse_of_exponentials_is_one_letter() {
        // Beside 1: y, z, 1/(exp(2 x) - 1), and 1/sinh(x).
        assert_eq!(count(Expr::symbol("x").sinh().powi(-2), 1), 1 + 4);
    }

    #[test]
    fn a_full_catalogue_says_so() {
        let x = Expr::symbol("x");
        let ring = AtomRing::new(std::slice::from_ref(&x), &[]).unwrap();
        let letters = letters(&ring, &[], &[], false);
        let mut catalogue = Catalogue::new(&ring, letters);
        assert!(catalogue.grow(1, 2));
        assert!(!catalogue.grow(2, 2));
        assert_eq!(catalogue.entries.len(), 2);
    }
}
