//! Averages of features and of their products over one orbit, with the share of the noise.

use std::collections::BTreeMap;

use super::Samples;
use super::features::{Evaluator, Feature};
use crate::CoordinateKind;

/// A list of features with their products written as features.
pub(super) struct Products<'a> {
    kinds: &'a [CoordinateKind],
    /// The features, the constant left out.
    pub(super) features: Vec<Feature>,
    /// The features and all in their products, the constant first.
    all: Vec<Feature>,
    /// Where each of them stands there.
    index: BTreeMap<Feature, usize>,
    /// Where the features stand in `all`.
    places: Vec<usize>,
    /// The product of features a and b <= a, at a (a + 1)/2 + b.
    products: Vec<Vec<(usize, f64)>>,
}

impl<'a> Products<'a> {
    /// All features up to a degree.
    pub(super) fn new(kinds: &'a [CoordinateKind], degree: u32) -> Products<'a> {
        let all = Feature::all(kinds, 0..kinds.len(), 2 * degree);
        let index: BTreeMap<Feature, usize> = all.iter().enumerate().map(|(i, f)| (f.clone(), i)).collect();
        let features: Vec<Feature> = all.iter().filter(|f| (1..=degree).contains(&f.degree())).cloned().collect();
        let product = |(a, b): (usize, usize)| {
            features[a].times(&features[b], kinds).into_iter().map(|(f, c)| (index[&f], c)).collect()
        };
        let pairs = (0..features.len()).flat_map(|a| (0..=a).map(move |b| (a, b)));
        let products = pairs.map(product).collect();
        let places = features.iter().map(|f| index[f]).collect();
        Products { kinds, features, all, index, places, products }
    }

    /// The slopes of all features at a point, without noise: feature after feature, one for each column.
    pub(super) fn slopes(&self, point: &[f64]) -> Vec<Vec<f64>> {
        let mut values = vec![0.0; self.all.len()];
        Evaluator::new(&self.all, self.kinds, &vec![0.0; self.kinds.len()]).at(point, &mut values);
        let slope = |feature: &Feature, column| match feature.derivative(column, self.kinds) {
            Some((slope, c)) => c * values[self.index[&slope]],
            None => 0.0,
        };
        self.features.iter().map(|f| (0..self.kinds.len()).map(|column| slope(f, column)).collect()).collect()
    }

    /// The averages over one orbit whose columns are divided by `scale`; `sigma` is the noise after that.
    pub(super) fn moments(&self, samples: &Samples, orbit: usize, scale: &[f64], sigma: &[f64]) -> Moments {
        let n = self.features.len();
        let mut evaluator = Evaluator::new(&self.all, self.kinds, sigma);
        let (mut values, mut point) = (vec![0.0; self.all.len()], vec![0.0; scale.len()]);
        let (mut sums, mut squares) = (vec![0.0; self.all.len()], vec![0.0; n * (n + 1) / 2]);
        let mut chosen = vec![0.0; n];
        for row in samples.rows(orbit) {
            point.iter_mut().zip(row.iter().zip(scale)).for_each(|(x, (z, s))| *x = z / s);
            evaluator.at(&point, &mut values);
            sums.iter_mut().zip(&values).for_each(|(sum, v)| *sum += v);
            chosen.iter_mut().zip(&self.places).for_each(|(x, &place)| *x = values[place]);
            for a in 0..n {
                let (x, row) = (chosen[a], &mut squares[a * (a + 1) / 2..(a + 1) * (a + 2) / 2]);
                row.iter_mut().zip(&chosen).for_each(|(square, y)| *square += x * y);
            }
        }
        let count = samples.n_times() as f64;
        let clean = |product: &Vec<(usize, f64)>| product.iter().map(|&(place, c)| c * sums[place]).sum::<f64>();
        let noise = squares.iter().zip(&self.products).map(|(raw, product)| (raw - clean(product)) / count);
        Moments {
            mean: self.places.iter().map(|&place| sums[place] / count).collect(),
            noise: noise.collect(),
            raw: squares.iter().map(|square| square / count).collect(),
        }
    }
}

impl Products<'_> {
    /// The product of two combinations of the features, its constant left out; degrees add to `degree` at most.
    pub(super) fn product(&self, f: &[f64], g: &[f64]) -> Vec<f64> {
        let mut product = vec![0.0; self.all.len()];
        let terms = |f: &[f64]| f.iter().copied().enumerate().filter(|(_, c)| *c != 0.0).collect::<Vec<_>>();
        for (a, x) in terms(f) {
            for (b, y) in terms(g) {
                let (high, low) = (a.max(b), a.min(b));
                for &(place, c) in &self.products[high * (high + 1) / 2 + low] {
                    product[place] += x * y * c;
                }
            }
        }
        self.places.iter().map(|&place| product[place]).collect()
    }
}

/// Averages over one orbit; matrices by their lower halves, row after row.
pub(super) struct Moments {
    /// Of the features.
    pub(super) mean: Vec<f64>,
    /// Of their products.
    pub(super) raw: Vec<f64>,
    /// Covariance of their noise: the products less their unbiased values.
    pub(super) noise: Vec<f64>,
}

/// The quadratic form of a lower half with a vector.
pub(super) fn quadratic(lower: &[f64], c: &[f64]) -> f64 {
    let row = |a: usize| {
        let entries = &lower[a * (a + 1) / 2..];
        let off: f64 = entries[..a].iter().zip(c).map(|(x, c)| x * c).sum();
        c[a] * (2.0 * off + c[a] * entries[a])
    };
    (0..c.len()).map(row).sum()
}
