//! Features of a point: products of powers and harmonics, with averages that noise does not bias.
//!
//! For x observed as z = x + sigma g, g standard normal, the Hermite polynomial sigma^k He_k(z/sigma) has mean x^k over
//! the noise, and exp(i b z + b^2 sigma^2/2) has mean exp(i b x). Columns have independent noise, so products over
//! columns are unbiased as well. A product of two features is again a sum of features, and so is a derivative.

use aa_symbolic::Expr;

use crate::CoordinateKind;

/// One whole number a column: a power on a line; on a circle b > 0 means cos(b z) and b < 0 means sin(|b| z).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Feature(pub(super) Vec<i32>);

impl Feature {
    /// The power of a line or harmonic of a circle in one column, 1 in all others.
    pub(super) fn single(width: usize, column: usize, k: i32) -> Feature {
        let mut feature = Feature(vec![0; width]);
        feature.0[column] = k;
        feature
    }

    /// The sum of powers and orders of harmonics.
    pub(super) fn degree(&self) -> u32 {
        self.0.iter().map(|k| k.unsigned_abs()).sum()
    }

    /// How many features of degrees 1 to `degree` some columns have.
    pub(super) fn count(kinds: &[CoordinateKind], degree: u32) -> usize {
        // Of each degree in the columns so far: a line adds one feature an order, a circle two.
        let mut by_degree = vec![0_usize; degree as usize + 1];
        by_degree[0] = 1;
        for kind in kinds {
            let each = if *kind == CoordinateKind::Circle { 2 } else { 1 };
            let lower = |d: usize| by_degree[..d].iter().fold(0_usize, |sum, n| sum.saturating_add(*n));
            by_degree =
                (0..by_degree.len()).map(|d| lower(d).saturating_mul(each).saturating_add(by_degree[d])).collect();
        }
        by_degree[1..].iter().fold(0, |sum, n| sum.saturating_add(*n))
    }

    /// The highest degree, of 1 to `highest`, that has no more than `most` features; 1 where none has.
    pub(super) fn affordable(kinds: &[CoordinateKind], highest: u32, most: usize) -> u32 {
        (2..=highest).rev().find(|&degree| Feature::count(kinds, degree) <= most).unwrap_or(1)
    }

    /// All features of `columns` with degrees 0 to `degree`, the constant first, by degree.
    pub(super) fn all(kinds: &[CoordinateKind], columns: std::ops::Range<usize>, degree: u32) -> Vec<Feature> {
        let mut all = vec![Feature(vec![0; kinds.len()])];
        for column in columns {
            let lowest = if kinds[column] == CoordinateKind::Circle { -(degree as i32) } else { 0 };
            let with = |feature: &Feature| {
                let left = degree - feature.degree();
                let orders = (lowest..=degree as i32).filter(move |k| k.unsigned_abs() <= left);
                let feature = feature.clone();
                orders.map(move |k| {
                    let mut longer = feature.clone();
                    longer.0[column] = k;
                    longer
                })
            };
            all = all.iter().flat_map(with).collect();
        }
        // High powers of early columns first: x^2 before x y before y^2.
        all.sort_by(|a, b| a.degree().cmp(&b.degree()).then_with(|| b.cmp(a)));
        all
    }

    /// The product of two features as a sum of features.
    pub(super) fn times(&self, other: &Feature, kinds: &[CoordinateKind]) -> Vec<(Feature, f64)> {
        let mut product = vec![(Feature(vec![0; kinds.len()]), 1.0)];
        for (column, kind) in kinds.iter().enumerate() {
            let terms = match kind {
                CoordinateKind::Line => vec![(self.0[column] + other.0[column], 1.0)],
                CoordinateKind::Circle => harmonics(self.0[column], other.0[column]),
            };
            let extend = |(feature, c): &(Feature, f64)| {
                let (feature, c) = (feature.clone(), *c);
                terms.clone().into_iter().map(move |(k, factor)| {
                    let mut longer = feature.clone();
                    longer.0[column] = k;
                    (longer, c * factor)
                })
            };
            product = product.iter().flat_map(extend).collect();
        }
        product
    }

    /// The derivative with respect to a column, as a multiple of a feature; none where it vanishes.
    pub(super) fn derivative(&self, column: usize, kinds: &[CoordinateKind]) -> Option<(Feature, f64)> {
        let k = self.0[column];
        let mut slope = self.clone();
        // cos(b z)' = -b sin(b z), and sin(b z)' = b cos(b z).
        slope.0[column] = if kinds[column] == CoordinateKind::Line { k - 1 } else { -k };
        let factor = if kinds[column] == CoordinateKind::Line { k } else { -k };
        (k != 0).then_some((slope, f64::from(factor)))
    }

    /// The feature as a formula in the columns' symbols.
    pub(super) fn expr(&self, symbols: &[Expr], kinds: &[CoordinateKind]) -> Expr {
        let factor = |(column, &k): (usize, &i32)| match (kinds[column], k) {
            (CoordinateKind::Line, k) => symbols[column].powi(i64::from(k)),
            (CoordinateKind::Circle, k) if k < 0 => (Expr::integer(i64::from(-k)) * &symbols[column]).sin(),
            (CoordinateKind::Circle, k) => (Expr::integer(i64::from(k)) * &symbols[column]).cos(),
        };
        self.0.iter().enumerate().map(factor).fold(Expr::one(), |product, factor| product * factor)
    }
}

/// The product of two harmonics as a sum of harmonics.
fn harmonics(a: i32, b: i32) -> Vec<(i32, f64)> {
    let (cosine, sine) = (|k: i32, c: f64| (k.abs(), c), |k: i32, c: f64| (-k.abs(), c * f64::from(k.signum())));
    let (m, n) = (a.abs(), b.abs());
    if a == 0 || b == 0 {
        return vec![(a + b, 1.0)];
    }
    match (a > 0, b > 0) {
        (true, true) => vec![cosine(m - n, 0.5), cosine(m + n, 0.5)],
        (false, false) => vec![cosine(m - n, 0.5), cosine(m + n, -0.5)],
        (false, true) => vec![sine(m + n, 0.5), sine(m - n, 0.5)],
        (true, false) => vec![sine(m + n, 0.5), sine(n - m, 0.5)],
    }
}

/// Evaluates a list of features at one point after another.
pub(super) struct Evaluator<'a> {
    kinds: &'a [CoordinateKind],
    /// Variances of the noise, by column.
    variance: Vec<f64>,
    /// Each feature as (an earlier one, a column, its whole number); the first is the constant.
    steps: Vec<(usize, usize, i32)>,
    /// Largest order in any column.
    order: usize,
    /// Unbiased powers or harmonics of every column; order k stands at `order + k`.
    table: Vec<f64>,
}

impl<'a> Evaluator<'a> {
    /// For features with all that [`Feature::all`] lists before them: dropping the last column leaves one of them.
    pub(super) fn new(features: &[Feature], kinds: &'a [CoordinateKind], sigma: &[f64]) -> Evaluator<'a> {
        let place: std::collections::BTreeMap<&Feature, usize> =
            features.iter().enumerate().map(|(i, feature)| (feature, i)).collect();
        let step = |feature: &Feature| match feature.0.iter().rposition(|k| *k != 0) {
            None => (0, 0, 0),
            Some(column) => {
                let mut earlier = feature.clone();
                earlier.0[column] = 0;
                (place[&earlier], column, feature.0[column])
            }
        };
        let order = features.iter().map(|feature| feature.degree() as usize).max().unwrap_or(0);
        let table = vec![1.0; kinds.len() * (2 * order + 1)];
        let variance = sigma.iter().map(|s| s * s).collect();
        Evaluator { kinds, variance, steps: features.iter().map(step).collect(), order, table }
    }

    /// The unbiased values of all features at a point.
    pub(super) fn at(&mut self, point: &[f64], values: &mut [f64]) {
        let stride = 2 * self.order + 1;
        for (column, kind) in self.kinds.iter().enumerate() {
            let row = &mut self.table[column * stride..(column + 1) * stride];
            match kind {
                CoordinateKind::Line => powers(&mut row[self.order..], point[column], self.variance[column]),
                CoordinateKind::Circle => turns(row, point[column], self.variance[column]),
            }
        }
        values[0] = 1.0;
        for (i, &(earlier, column, k)) in self.steps.iter().enumerate().skip(1) {
            values[i] = values[earlier] * self.table[(column * stride + self.order).wrapping_add_signed(k as isize)];
        }
    }
}

/// sigma^k He_k(z/sigma) for k = 0, 1, ...: h_(k+1) = z h_k - k sigma^2 h_(k-1).
fn powers(row: &mut [f64], z: f64, variance: f64) {
    row[0] = 1.0;
    if row.len() > 1 {
        row[1] = z;
    }
    for k in 2..row.len() {
        row[k] = z * row[k - 1] - (k - 1) as f64 * variance * row[k - 2];
    }
}

/// cos(b z) and sin(b z) times exp(b^2 sigma^2/2), cosines above the middle and sines below.
fn turns(row: &mut [f64], z: f64, variance: f64) {
    let order = row.len() / 2;
    row[order] = 1.0;
    for b in 1..=order {
        let (harmonic, growth) = (b as f64, libm::exp(0.5 * (b * b) as f64 * variance));
        row[order + b] = libm::cos(harmonic * z) * growth;
        row[order - b] = libm::sin(harmonic * z) * growth;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    const KINDS: [CoordinateKind; 2] = [CoordinateKind::Circle, CoordinateKind::Line];

    fn values(features: &[Feature], sigma: &[f64], point: &[f64]) -> Vec<f64> {
        let mut values = vec![0.0; features.len()];
        Evaluator::new(features, &KINDS, sigma).at(point, &mut values);
        values
    }

    #[test]
    fn products_of_features_are_sums_of_features() {
        let (low, high) = (Feature::all(&KINDS, 0..2, 3), Feature::all(&KINDS, 0..2, 6));
        let point = [0.7, -1.3];
        let (a, b) = (values(&low, &[0.0; 2], &point), values(&high, &[0.0; 2], &point));
        for (i, x) in low.iter().enumerate() {
            for (j, y) in low.iter().enumerate() {
                let term = |(feature, c): (Feature, f64)| c * b[high.iter().position(|f| *f == feature).unwrap()];
                let sum: f64 = x.times(y, &KINDS).into_iter().map(term).sum();
                assert!((sum - a[i] * a[j]).abs() < 1e-13, "{x:?} {y:?}");
            }
        }
    }

    #[test]
    fn features_are_counted_without_listing_them() {
        for degree in 1..6 {
            let listed = Feature::all(&KINDS, 0..2, degree).len() - 1;
            assert_eq!(Feature::count(&KINDS, degree), listed);
        }
        assert_eq!(Feature::affordable(&[CoordinateKind::Line; 8], 4, 300), 3);
        assert_eq!(Feature::count(&[CoordinateKind::Line; 5000], 90), usize::MAX);
    }

    #[test]
    fn derivatives_are_slopes() {
        let features = Feature::all(&KINDS, 0..2, 3);
        let (h, point) = (1e-6, [0.7, -1.3]);
        let at = |x: f64| values(&features, &[0.0; 2], &[x, point[1]]);
        for (i, feature) in features.iter().enumerate() {
            let slope = (at(point[0] + h)[i] - at(point[0] - h)[i]) / (2.0 * h);
            let exact = feature.derivative(0, &KINDS).map_or(0.0, |(f, c)| {
                c * values(&features, &[0.0; 2], &point)[features.iter().position(|g| *g == f).unwrap()]
            });
            assert!((slope - exact).abs() < 1e-8, "{feature:?}");
        }
    }

    #[test]
    fn noise_does_not_bias_the_mean() {
        let (features, sigma, point) = (Feature::all(&KINDS, 0..2, 4), [0.3, 0.2], [0.7, 0.9]);
        let truth = values(&features, &[0.0; 2], &point);
        let (mut stream, n) = (Stream::new(1, "bias"), 40_000);
        let draws: Vec<Vec<f64>> = (0..n)
            .map(|_| values(&features, &sigma, &[0, 1].map(|c: usize| point[c] + sigma[c] * stream.normal())))
            .collect();
        for i in 0..features.len() {
            let mean = draws.iter().map(|d| d[i]).sum::<f64>() / f64::from(n);
            let variance = draws.iter().map(|d| (d[i] - mean).powi(2)).sum::<f64>() / f64::from(n);
            let error = (variance / f64::from(n)).sqrt();
            assert!((mean - truth[i]).abs() <= 4.5 * error, "{:?}: {mean} {} {error}", features[i], truth[i]);
        }
    }
}
