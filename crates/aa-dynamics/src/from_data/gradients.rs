//! Whether combinations depend on one another: the rank of their gradients at points of the data.

use super::Samples;
use super::covariances::extend;
use super::moments::Products;

/// Points at which gradients are compared.
const POINTS: usize = 48;

/// The sine of the angle between a gradient and those before it, below which it counts as dependent (median).
const ANGLE: f64 = 0.05;

/// Gradients of the features at some points, and of the independent combinations so far.
pub(super) struct Gradients {
    /// Point, feature, column.
    slopes: Vec<Vec<Vec<f64>>>,
    /// At each point an orthonormal basis of the gradients so far.
    spans: Vec<Vec<Vec<f64>>>,
    most: usize,
}

impl Gradients {
    pub(super) fn new(samples: &Samples, products: &Products<'_>, scale: &[f64]) -> Gradients {
        let point = |i: usize| -> Vec<f64> {
            // Orbits in turn, at times that are spread over their length.
            let time = (i * 7919) % samples.n_times();
            let row = samples.rows(i % samples.n_orbits()).nth(time).into_iter().flatten();
            row.zip(scale).map(|(z, s)| z / s).collect()
        };
        let slopes: Vec<_> = (0..POINTS).map(|i| products.slopes(&point(i))).collect();
        // The flow itself is orthogonal to the gradient of everything that it conserves.
        Gradients { spans: vec![Vec::new(); slopes.len()], slopes, most: samples.width() - 1 }
    }

    /// Whether the combination is independent of those asked about before; it joins them if it is.
    pub(super) fn is_independent(&mut self, direction: &[f64]) -> bool {
        if self.spans[0].len() >= self.most {
            return false;
        }
        let gradient = |slopes: &Vec<Vec<f64>>| -> Vec<f64> {
            let column = |c: usize| direction.iter().zip(slopes).map(|(x, slope)| x * slope[c]).sum();
            (0..=self.most).map(column).collect()
        };
        let mut longer = self.spans.clone();
        let mut shares: Vec<f64> =
            longer.iter_mut().zip(&self.slopes).map(|(span, slopes)| extend(span, gradient(slopes))).collect();
        shares.sort_by(f64::total_cmp);
        let independent = shares[shares.len() / 2] > ANGLE;
        if independent {
            self.spans = longer;
        }
        independent
    }
}
