//! How a Taylor coefficient follows from lower ones: the tape once more, as sums of convolutions.
//!
//! Every row of the tape is a power series in time. A sum or product has coefficients that are sums and convolutions;
//! an elementary function w of u with slope g obeys w' = g u', so that n w_n = sum over k from 1 to n of k u_k g_(n-k);
//! a power w = u^a obeys u w' = a w u' (Jorba and Zou, Experimental Mathematics 14, 2005, section 2; the recurrences are
//! classical). All are one shape, the [`Recurrence`], which both executors walk: [`crate::interpreter`] and
//! the machine code of `native`. They do the same operations in the same order, and so give the same bits.

use std::collections::{BTreeMap, BTreeSet};

use crate::tape::{Combination, Op, Row, Tape};

/// `target_(n + lead) = r / m * (sum of factor * row_n + sum of factor * convolution)`, for n from 1.
///
/// r is coefficient 0 of the row `reciprocal`, where there is one; m is 1, or the power of time of the target where
/// `is_derivative` says that the sum gives the series of t * d/dt.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Recurrence {
    pub(crate) linear: Vec<(f64, Row)>,
    pub(crate) products: Vec<Product>,
    pub(crate) reciprocal: Option<Row>,
    pub(crate) is_derivative: bool,
    pub(crate) target: Row,
    pub(crate) lead: usize,
    /// Whether anybody reads the higher coefficients of the target itself.
    pub(crate) is_read: bool,
    /// Where the series of t * d/dt of the target is kept, for those who need it.
    pub(crate) derivative: Option<Row>,
}

/// `factor * sum of a_k b_(n-k)`, k from `first` to `n - last`.
///
/// Where a is b the two halves of the sum are one, and `factor` counts it twice; both ends are then the same.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Product {
    pub(crate) factor: f64,
    pub(crate) a: Row,
    pub(crate) b: Row,
    pub(crate) first: usize,
    pub(crate) last: usize,
}

/// Places that a series up to `order` takes: an odd number of cache lines, so that coefficients of one power do not all
/// compete for the same few sets of a cache.
pub(crate) fn stride(order: usize) -> usize {
    (order + 1) | 1
}

/// The recurrences of a tape, and where its series lie.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Recurrences {
    /// In the order in which they are evaluated for each n: operations, then variables.
    pub(crate) all: Vec<Recurrence>,
    /// Variables, whose series come first.
    pub(crate) n_state: usize,
    /// Series: those of the tape's rows, of derivatives and of reciprocals.
    pub(crate) n_series: usize,
    /// Series of t * d/dt of a variable, whose first coefficient comes with the values.
    pub(crate) derivatives_of_state: Vec<(Row, Row)>,
    /// Series whose coefficient 0 is one over that of a row.
    pub(crate) reciprocals: Vec<(Row, Row)>,
}

impl Recurrence {
    /// Convolutions that one recurrence may have: longer sums are made of several.
    pub(crate) const MOST_PRODUCTS: usize = 4;

    /// The series whose higher coefficients it needs.
    fn reads(&self) -> impl Iterator<Item = Row> {
        let products = self.products.iter().flat_map(|product| [product.a, product.b]);
        self.linear.iter().map(|&(_, row)| row).chain(products)
    }
}

impl Product {
    fn of(factor: f64, a: Row, b: Row, first: usize, last: usize) -> Product {
        let factor = if a == b { 2.0 * factor } else { factor };
        Product { factor, a, b, first, last }
    }

    /// Whether it reads a series.
    pub(crate) fn has(self, series: Row) -> bool {
        self.a == series || self.b == series
    }

    /// The pairs (k, n - k) of the sum, the latest coefficients last: they are the ones just computed. The second
    /// number says whether the middle of a square is meant, which counts by half.
    pub(crate) fn terms(self, n: usize) -> impl Iterator<Item = (usize, bool)> {
        let is_square = self.a == self.b;
        let inner = self.first.max(self.last);
        let below = (inner..n.div_ceil(2)).rev().flat_map(move |k| {
            let mirrored = (!is_square).then_some((n - k, false));
            [Some((k, false)), mirrored].into_iter().flatten()
        });
        let middle = (n.is_multiple_of(2) && n / 2 >= inner).then_some((n / 2, is_square));
        let beginning = (self.first < inner).then_some((self.first, false));
        let end = (self.last < inner).then_some((n - self.last, false));
        middle.into_iter().chain(below).chain(beginning).chain(end)
    }
}

impl Recurrences {
    pub(crate) fn of(tape: &Tape) -> Recurrences {
        let mut series = Series { n: tape.n_rows(), derivatives: BTreeMap::new(), reciprocals: BTreeMap::new() };
        let operations = tape.ops.iter().enumerate().map(|(index, op)| series.operation(tape, index, op));
        let operations: Vec<Recurrence> = operations.collect();
        let state = tape.outputs.iter().enumerate().map(|(target, rate)| Recurrence {
            is_derivative: true,
            lead: 1,
            ..combination(rate, target)
        });
        let mut all: Vec<Recurrence> = operations.into_iter().chain(state).collect();
        for one in &mut all {
            one.derivative = series.derivatives.get(&one.target).copied();
        }
        let mut all: Vec<Recurrence> = all.into_iter().flat_map(|one| series.cut(one)).collect();
        let read: BTreeSet<Row> = all.iter().flat_map(Recurrence::reads).collect();
        for one in &mut all {
            one.is_read = one.target < tape.n_inputs || read.contains(&one.target);
        }
        let of_state = series.derivatives.range(..tape.n_inputs).map(|(&row, &place)| (row, place)).collect();
        Recurrences {
            all,
            n_state: tape.n_inputs,
            n_series: series.n,
            derivatives_of_state: of_state,
            reciprocals: series.reciprocals.into_iter().collect(),
        }
    }

    /// Coefficients of all series up to `order`, and one place for each product.
    pub(crate) fn n_coefficients(&self, order: usize) -> usize {
        self.n_series * stride(order) + self.all.iter().map(|one| one.products.len()).sum::<usize>()
    }

    /// Terms of all sums in all orders up to `order`, those of the series themselves included, and one for each
    /// coefficient that is written.
    pub(crate) fn n_terms(&self, order: usize) -> usize {
        let products = |product: &Product| (1..order).map(|n| product.terms(n).count()).sum::<usize>();
        let of_one = |one: &Recurrence| {
            order.saturating_sub(1) * (1 + one.linear.len()) + one.products.iter().map(products).sum::<usize>()
        };
        self.all.iter().map(of_one).sum::<usize>() + self.n_state * (order + 1)
    }
}

/// Series beyond those of the tape, numbered as they are asked for.
struct Series {
    n: usize,
    derivatives: BTreeMap<Row, Row>,
    reciprocals: BTreeMap<Row, Row>,
}

impl Series {
    fn derivative(&mut self, row: Row) -> Row {
        *self.derivatives.entry(row).or_insert_with(|| next(&mut self.n))
    }

    fn reciprocal(&mut self, row: Row) -> Row {
        *self.reciprocals.entry(row).or_insert_with(|| next(&mut self.n))
    }

    fn operation(&mut self, tape: &Tape, index: usize, op: &Op) -> Recurrence {
        let target = tape.n_inputs + index;
        match op {
            Op::Combine(sum) => combination(sum, target),
            Op::Power(base, exponent) => self.power(*base, *exponent, target),
            Op::Apply(..) | Op::Atan2(..) => {
                let product = |slope: &crate::tape::Slope| {
                    Product::of(slope.factor, self.derivative(slope.argument), slope.slope, 1, 0)
                };
                let products = tape.slopes[index].iter().map(product).collect();
                Recurrence { products, is_derivative: true, target, ..Recurrence::default() }
            }
        }
    }

    /// A long sum in parts, the last of which adds up the others.
    fn cut(&mut self, mut one: Recurrence) -> Vec<Recurrence> {
        let mut parts = Vec::new();
        while one.products.len() > Recurrence::MOST_PRODUCTS {
            let products = one.products.drain(..Recurrence::MOST_PRODUCTS).collect();
            let target = next(&mut self.n);
            one.linear.push((1.0, target));
            parts.push(Recurrence { products, target, ..Recurrence::default() });
        }
        parts.push(one);
        parts
    }

    /// u w = 1, w w = u, and u w' = a w u' for any other power.
    fn power(&mut self, u: Row, exponent: f64, w: Row) -> Recurrence {
        let plain = Recurrence { target: w, ..Recurrence::default() };
        if exponent == -1.0 {
            return Recurrence { products: vec![Product::of(-1.0, u, w, 1, 0)], reciprocal: Some(w), ..plain };
        }
        if exponent == 0.5 {
            let products = vec![Product::of(-0.5, w, w, 1, 1)];
            return Recurrence { linear: vec![(0.5, u)], products, reciprocal: Some(self.reciprocal(w)), ..plain };
        }
        let (du, dw) = (self.derivative(u), self.derivative(w));
        let products = vec![Product::of(exponent, du, w, 1, 0), Product::of(-1.0, u, dw, 1, 1)];
        Recurrence { products, reciprocal: Some(self.reciprocal(u)), is_derivative: true, ..plain }
    }
}

fn next(n: &mut usize) -> Row {
    *n += 1;
    *n - 1
}

fn combination(sum: &Combination, target: Row) -> Recurrence {
    let products = sum.products.iter().map(|&(factor, a, b)| Product::of(factor, a, b, 0, 0)).collect();
    Recurrence { linear: sum.linear.clone(), products, target, ..Recurrence::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_of_coefficients_comes_once() {
        for (first, last) in [(0, 0), (1, 1), (1, 0)] {
            for n in 1..9 {
                let product = Product { factor: 1.0, a: 0, b: 1, first, last };
                let mut seen: Vec<usize> = product.terms(n).map(|(k, _)| k).collect();
                seen.sort_unstable();
                assert_eq!(seen, (first..=n - last).collect::<Vec<_>>(), "{n}");
            }
        }
        let square = Product { factor: 2.0, a: 0, b: 0, first: 0, last: 0 };
        assert_eq!(square.terms(4).collect::<Vec<_>>(), [(2, true), (1, false), (0, false)]);
        assert_eq!(square.terms(3).collect::<Vec<_>>(), [(1, false), (0, false)]);
    }
}
