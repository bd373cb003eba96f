//! What the theorem of Kolmogorov, Arnold and Moser asks of a torus: that its frequencies change with the actions, and
//! that they are far from resonance.
//!
//! A torus survives a small perturbation if the matrix T = domega/dI of the integrable part is not degenerate
//! (Kolmogorov), or if the frequency ratios change along the energy (isoenergetic condition, Arnold), and if its
//! frequencies are Diophantine: |k.omega| >= gamma / |k|^tau for all k (Arnold, Kozlov and Neishtadt, Mathematical
//! Aspects of Classical and Celestial Mechanics, section 6.3).
//!
//! [`local_twist`] fits T to actions and frequencies measured on neighbouring orbits; where there is a normal form,
//! [`formal_twist`] is exact at the equilibrium.

use aa_symbolic::{Expr, differentiate, evaluate};

use crate::NormalForm;
use crate::frequency::lattice::{combination, common_divisor, lattice_points, length};
use crate::symmetric::{dot, eigen};

/// The matrix T = domega/dI, the Hessian of h(I), with its errors.
#[derive(Clone, Debug, PartialEq)]
pub struct Twist {
    /// Entry (i, j) is domega_i/dI_j.
    pub matrix: Vec<Vec<f64>>,
    /// Errors of the entries: of the fit, and half of what T_ij and T_ji differ by. Zero where the matrix is exact.
    pub error: Vec<Vec<f64>>,
}

/// A determinant and its error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Determinant {
    /// The value.
    pub value: f64,
    /// How far it may be off, all entries being off by their errors at once.
    pub error: f64,
}

impl Determinant {
    /// Whether it is above its error three times over.
    pub fn is_nonzero(self) -> bool {
        self.value.is_finite() && self.value.abs() > 3.0 * self.error
    }
}

/// Actions and frequencies of one torus.
#[derive(Clone, Debug, PartialEq)]
pub struct Torus {
    /// Actions.
    pub actions: Vec<f64>,
    /// Frequencies, in the same order.
    pub omega: Vec<f64>,
}

impl Torus {
    /// The same torus with pairs in the order in which its frequencies are nearest to those of another torus: where modes
    /// show in every coordinate, neighbours may list them in different orders. None where one differs by more than
    /// `most` times the largest: then it has another basis.
    pub fn in_order_of(&self, other: &[f64], most: f64) -> Option<Torus> {
        let largest = other.iter().fold(0.0, |most: f64, omega| most.max(omega.abs()));
        let mut left: Vec<usize> = (0..self.omega.len()).collect();
        let mut order = Vec::new();
        for wanted in other {
            let distance = |i: usize| (self.omega[i] - wanted).abs();
            let place = (0..left.len()).min_by(|&a, &b| distance(left[a]).total_cmp(&distance(left[b])))?;
            order.push(left.remove(place));
        }
        let near = order.iter().zip(other).all(|(&i, wanted)| (self.omega[i] - wanted).abs() <= most * largest);
        let pick = |values: &[f64]| order.iter().map(|&i| values[i]).collect();
        near.then(|| Torus { actions: pick(&self.actions), omega: pick(&self.omega) })
    }
}

/// The matrix T at a torus, by least squares from its neighbours: omega' - omega = T (I' - I).
///
/// Choose neighbours in pairs on opposite sides, so that curvature cancels. T is the mean of the fit and its transpose,
/// since the true one is symmetric. None with fewer neighbours than n + 1, or where they do not spread in all actions.
pub fn local_twist(centre: &Torus, neighbours: &[Torus]) -> Option<Twist> {
    let n = centre.omega.len();
    if neighbours.len() < n + 1 {
        return None;
    }
    let difference = |a: &[f64], b: &[f64]| -> Vec<f64> { a.iter().zip(b).map(|(a, b)| a - b).collect() };
    let steps: Vec<Vec<f64>> = neighbours.iter().map(|torus| difference(&torus.actions, &centre.actions)).collect();
    let turns: Vec<Vec<f64>> = neighbours.iter().map(|torus| difference(&torus.omega, &centre.omega)).collect();
    let inverse = inverse_of_products(&steps)?;
    let fit_row = |i: usize| -> (Vec<f64>, Vec<f64>) {
        let right: Vec<f64> =
            (0..n).map(|j| steps.iter().zip(&turns).map(|(step, turn)| step[j] * turn[i]).sum()).collect();
        let row: Vec<f64> = inverse.iter().map(|inverse| dot(inverse, &right)).collect();
        let rest: f64 = steps.iter().zip(&turns).map(|(step, turn)| (turn[i] - dot(&row, step)).powi(2)).sum();
        let variance = rest / (neighbours.len() - n) as f64;
        let error = (0..n).map(|j| (variance * inverse[j][j]).sqrt()).collect();
        (row, error)
    };
    let (fitted, spread): (Vec<Vec<f64>>, Vec<Vec<f64>>) = (0..n).map(fit_row).unzip();
    let entry = |i: usize, j: usize| 0.5 * (fitted[i][j] + fitted[j][i]);
    let error = |i: usize, j: usize| spread[i][j].max(spread[j][i]).max(0.5 * (fitted[i][j] - fitted[j][i]).abs());
    Some(Twist { matrix: square(n, entry), error: square(n, error) })
}

/// The matrix T of a normal form at its equilibrium: the Hessian of h(I) at I = 0.
pub fn formal_twist(form: &NormalForm) -> Twist {
    let n = form.dof();
    let symbols: Vec<Expr> = (1..=n).map(|i| Expr::symbol(&format!("I{i}"))).collect();
    let h = form.hamiltonian.expression();
    let second = |i: usize, j: usize| {
        let curvature = differentiate(&differentiate(&h, &symbols[i]), &symbols[j]);
        evaluate(&curvature, &symbols, &vec![0.0; n])
    };
    Twist { matrix: square(n, second), error: square(n, |_, _| 0.0) }
}

fn square(n: usize, entry: impl Fn(usize, usize) -> f64) -> Vec<Vec<f64>> {
    (0..n).map(|i| (0..n).map(|j| entry(i, j)).collect()).collect()
}

/// The inverse of the sum of products of steps; none where they lie in fewer dimensions.
fn inverse_of_products(steps: &[Vec<f64>]) -> Option<Vec<Vec<f64>>> {
    let n = steps[0].len();
    let products = square(n, |i, j| steps.iter().map(|step| step[i] * step[j]).sum());
    let pairs = eigen(&products);
    let largest = pairs.last()?.0;
    // Steps a thousand times smaller in one direction than in another do not tell what happens there.
    if !pairs.iter().all(|(value, _)| *value > 1e-6 * largest) {
        return None;
    }
    Some(square(n, |i, j| pairs.iter().map(|(value, vector)| vector[i] * vector[j] / value).sum()))
}

impl Twist {
    /// Kolmogorov's determinant, det domega/dI; with one degree of freedom, domega/dI itself.
    pub fn kolmogorov(&self) -> Determinant {
        determinant(&self.matrix, &self.error)
    }

    /// Arnold's isoenergetic determinant, of T bordered by omega; with one degree of freedom, -omega^2.
    pub fn isoenergetic(&self, omega: &[f64]) -> Determinant {
        let n = omega.len();
        let bordered = square(n + 1, |i, j| match (i < n, j < n) {
            (true, true) => self.matrix[i][j],
            (true, false) => omega[i],
            (false, true) => omega[j],
            (false, false) => 0.0,
        });
        determinant(&bordered, &square(n + 1, |i, j| if i < n && j < n { self.error[i][j] } else { 0.0 }))
    }
}

/// A determinant is linear in each entry: its slope is the difference that a unit makes.
fn determinant(matrix: &[Vec<f64>], error: &[Vec<f64>]) -> Determinant {
    let value = det(matrix.to_vec());
    let minor = |i: usize, j: usize| {
        let without = |row: &Vec<f64>| row.iter().enumerate().filter(|(k, _)| *k != j).map(|(_, x)| *x).collect();
        det(matrix.iter().enumerate().filter(|(k, _)| *k != i).map(|(_, row)| without(row)).collect())
    };
    let entries = error.iter().enumerate().flat_map(|(i, row)| row.iter().enumerate().map(move |(j, off)| (i, j, off)));
    let off = entries.map(|(i, j, off)| minor(i, j).abs() * off).sum();
    Determinant { value, error: off }
}

/// By elimination with pivots; 1 for a matrix without rows.
fn det(mut a: Vec<Vec<f64>>) -> f64 {
    let n = a.len();
    let mut value = 1.0;
    for k in 0..n {
        let pivot = (k..n).max_by(|&i, &j| a[i][k].abs().total_cmp(&a[j][k].abs())).unwrap_or(k);
        if pivot != k {
            a.swap(pivot, k);
            value = -value;
        }
        if a[k][k] == 0.0 {
            return 0.0;
        }
        value *= a[k][k];
        let (above, below) = a.split_at_mut(k + 1);
        let pivot = &above[k];
        for row in below {
            let factor = row[k] / pivot[k];
            row.iter_mut().zip(pivot).skip(k).for_each(|(x, p)| *x -= factor * p);
        }
    }
    value
}

/// How near a frequency vector is to resonance.
#[derive(Clone, Debug, PartialEq)]
pub struct ResonanceDistance {
    /// The nearest resonance: primitive, its first entry that is not zero positive.
    pub k: Vec<i32>,
    /// |k.omega| / (|k| |omega|), with Euclidean lengths: the sine of the angle between omega and the resonance.
    pub distance: f64,
    /// The smallest |k.omega| |k|_1^n / |omega| over all k tried: a Diophantine constant for tau = n, up to the order.
    pub gamma: f64,
}

/// The resonance nearest to `omega` among |k_1| + ... + |k_n| <= `order`; none with one frequency or none.
///
/// ```
/// use aa_dynamics::kam::resonance_distance;
/// let near = resonance_distance(&[1.0, 2.001], 6).unwrap();
/// assert_eq!(near.k, [2, -1]);
/// assert!((near.distance - 0.001 / (5f64.sqrt() * 5.004f64.sqrt())).abs() < 1e-6);
/// ```
pub fn resonance_distance(omega: &[f64], order: u32) -> Option<ResonanceDistance> {
    let size = dot(omega, omega).sqrt();
    if omega.len() < 2 || size == 0.0 {
        return None;
    }
    let leads = |k: &[i32]| k.iter().find(|&&k| k != 0).is_some_and(|&k| k > 0);
    let points = lattice_points(omega.len(), order).into_iter().filter(|k| leads(k) && common_divisor(k) == 1);
    let measured = points.map(|k| {
        let divisor = combination(&k, omega).abs() / size;
        let euclid = k.iter().map(|&k| f64::from(k).powi(2)).sum::<f64>().sqrt();
        let gamma = divisor * f64::from(length(&k)).powi(omega.len() as i32);
        ResonanceDistance { distance: divisor / euclid, gamma, k }
    });
    let all: Vec<ResonanceDistance> = measured.collect();
    let gamma = all.iter().map(|near| near.gamma).fold(f64::INFINITY, f64::min);
    let nearest = all.into_iter().min_by(|a, b| a.distance.total_cmp(&b.distance))?;
    Some(ResonanceDistance { gamma, ..nearest })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::build;
    use crate::{NormalFormOptions, PhaseSpace, normal_form};

    /// omega(I) of h = I1 + 2 I2 + 3 I1^2 - I1 I2 + I2^2/2 + I1^3.
    fn torus(a: f64, b: f64) -> Torus {
        Torus { actions: vec![a, b], omega: vec![1.0 + 6.0 * a - b + 3.0 * a * a, 2.0 - a + b] }
    }

    #[test]
    fn twist_is_the_hessian_of_the_energy() {
        let steps = [(1e-3, 0.0), (-1e-3, 0.0), (0.0, 1e-3), (0.0, -1e-3)];
        let neighbours: Vec<Torus> = steps.iter().map(|(a, b)| torus(0.2 + a, 0.3 + b)).collect();
        let twist = local_twist(&torus(0.2, 0.3), &neighbours).unwrap();
        let (exact, determinant) = ([[7.2, -1.0], [-1.0, 1.0]], twist.kolmogorov());
        for (row, exact) in twist.matrix.iter().zip(exact) {
            assert!(row.iter().zip(exact).all(|(a, b)| (a - b).abs() < 1e-6), "{twist:?}");
        }
        assert!((determinant.value - 6.2).abs() < 1e-6 && determinant.is_nonzero() && determinant.error < 0.01);
        let omega = torus(0.2, 0.3).omega;
        // Bordered by omega: -(T_22 w1^2 - 2 T_12 w1 w2 + T_11 w2^2).
        let bordered = -(omega[0].powi(2) + 2.0 * omega[0] * omega[1] + 7.2 * omega[1].powi(2));
        assert!((twist.isoenergetic(&omega).value - bordered).abs() < 1e-4);
    }

    #[test]
    fn steps_along_one_line_tell_nothing_across_it() {
        let neighbours: Vec<Torus> = (1..6).map(|k| torus(0.2 + 1e-3 * f64::from(k), 0.3)).collect();
        assert_eq!(local_twist(&torus(0.2, 0.3), &neighbours), None);
    }

    #[test]
    fn oscillators_do_not_twist() {
        let at = |a: f64, b: f64| Torus { actions: vec![a, b], omega: vec![1.0, 2f64.sqrt()] };
        let neighbours = [at(0.1, 0.0), at(-0.1, 0.0), at(0.0, 0.1), at(0.0, -0.1)];
        let twist = local_twist(&at(0.0, 0.0), &neighbours).unwrap();
        assert!(!twist.kolmogorov().is_nonzero() && !twist.isoenergetic(&[1.0, 2f64.sqrt()]).is_nonzero());
    }

    #[test]
    fn tori_are_put_in_one_order() {
        let (here, swapped) = (torus(0.2, 0.3), torus(0.201, 0.3));
        let other = Torus { actions: vec![0.3, 0.201], omega: vec![swapped.omega[1], swapped.omega[0]] };
        assert_eq!(other.in_order_of(&here.omega, 0.05), Some(swapped));
        let combined = Torus { omega: vec![here.omega[0], 2.0 * here.omega[1]], ..here.clone() };
        assert_eq!(combined.in_order_of(&here.omega, 0.05), None);
    }

    #[test]
    fn the_pendulum_twists_by_minus_an_eighth_at_rest() {
        // h = I - I^2/16 - ..., so that domega/dI = -1/8 at I = 0.
        let space = PhaseSpace::lines(["x"]);
        let system = build(space.p(0).powi(2) / 2 - space.q(0).cos(), space);
        let form = normal_form(&system, &NormalFormOptions { order: 6, ..NormalFormOptions::default() }).unwrap();
        assert_eq!(formal_twist(&form).kolmogorov(), Determinant { value: -0.125, error: 0.0 });
    }

    #[test]
    fn golden_frequencies_are_farther_from_resonance_than_others() {
        let golden = resonance_distance(&[1.0, (1.0 + 5f64.sqrt()) / 2.0], 30).unwrap();
        let near = resonance_distance(&[1.0, 1.501], 30).unwrap();
        assert!(golden.gamma > 10.0 * near.gamma, "{golden:?} {near:?}");
        assert_eq!(near.k, [3, -2]);
        assert_eq!(resonance_distance(&[1.0], 6), None);
    }
}
