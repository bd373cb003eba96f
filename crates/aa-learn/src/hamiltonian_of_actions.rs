//! The Hamiltonian as a function of the actions: a polynomial, so that omega = dh/dI is exact.
//!
//! Near an elliptic equilibrium h is the Birkhoff normal form, a power series in the actions; a polynomial in actions
//! scaled to order one is the natural family, linear in its coefficients and cheap to differentiate twice.

use crate::lanes::{LANES, Lane, ZERO, add_scaled, product};

/// A polynomial h(I_1 .. I_m), without constant term unless energies are known.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Polynomial {
    /// One list of m exponents per monomial.
    pub(crate) exponents: Vec<Vec<u32>>,
    /// One coefficient per monomial.
    pub(crate) coefficients: Vec<f64>,
}

impl Polynomial {
    /// All monomials of degrees 1 to `degree` in `n_actions` actions, with coefficients zero.
    pub(crate) fn zero(n_actions: usize, degree: u32) -> Self {
        let exponents: Vec<Vec<u32>> = (1..=degree).flat_map(|total| compositions(n_actions, total)).collect();
        let coefficients = vec![0.0; exponents.len()];
        Polynomial { exponents, coefficients }
    }

    /// The same with one monomial more, the constant.
    pub(crate) fn with_constant(mut self, constant: f64) -> Self {
        self.exponents.push(vec![0; self.n_actions()]);
        self.coefficients.push(constant);
        self
    }

    /// The number of actions.
    pub(crate) fn n_actions(&self) -> usize {
        self.exponents.first().map_or(0, Vec::len)
    }

    /// h(I).
    pub(crate) fn value(&self, actions: &[f64]) -> f64 {
        let monomial = |exponents: &Vec<u32>| power_product(actions, exponents);
        self.exponents.iter().zip(&self.coefficients).map(|(exponents, c)| c * monomial(exponents)).sum()
    }

    /// omega = dh/dI.
    pub(crate) fn gradient(&self, actions: &[f64]) -> Vec<f64> {
        (0..actions.len())
            .map(|k| {
                let slope = |exponents: &Vec<u32>| derivative(actions, exponents, k);
                self.exponents.iter().zip(&self.coefficients).map(|(exponents, c)| c * slope(exponents)).sum()
            })
            .collect()
    }

    /// d omega_k / d I_l at k * m + l.
    pub(crate) fn hessian(&self, actions: &[f64]) -> Vec<f64> {
        let m = actions.len();
        let mut hessian = vec![0.0; m * m];
        for (exponents, c) in self.exponents.iter().zip(&self.coefficients) {
            for k in 0..m {
                for l in 0..m {
                    hessian[k * m + l] += c * second_derivative(actions, exponents, k, l);
                }
            }
        }
        hessian
    }

    /// d omega_k / d c_j: the gradients of the monomials, at j * m + k.
    pub(crate) fn monomial_gradients(&self, actions: &[f64]) -> Vec<f64> {
        let places = (0..self.exponents.len()).flat_map(|j| (0..actions.len()).map(move |k| (j, k)));
        places.map(|(j, k)| derivative(actions, &self.exponents[j], k)).collect()
    }
}

/// All lists of `n` whole numbers with the given sum, in falling lexical order.
fn compositions(n: usize, total: u32) -> Vec<Vec<u32>> {
    match n {
        0 => Vec::new(),
        1 => vec![vec![total]],
        _ => (0..=total)
            .rev()
            .flat_map(|first| {
                let rest = compositions(n - 1, total - first);
                rest.into_iter().map(move |rest| [vec![first], rest].concat())
            })
            .collect(),
    }
}

/// The product of powers.
pub(crate) fn power_product(actions: &[f64], exponents: &[u32]) -> f64 {
    actions.iter().zip(exponents).map(|(action, &e)| power(*action, e)).product()
}

fn derivative(actions: &[f64], exponents: &[u32], k: usize) -> f64 {
    if exponents[k] == 0 {
        return 0.0;
    }
    let lowered = |i: usize| exponents[i] - u32::from(i == k);
    let product: f64 = actions.iter().enumerate().map(|(i, action)| power(*action, lowered(i))).product();
    f64::from(exponents[k]) * product
}

fn second_derivative(actions: &[f64], exponents: &[u32], k: usize, l: usize) -> f64 {
    let mut lowered = exponents.to_vec();
    if lowered[k] == 0 {
        return 0.0;
    }
    lowered[k] -= 1;
    f64::from(exponents[k]) * derivative(actions, &lowered, l)
}

/// x^e by repeated multiplication: the same bits on every platform, which `powi` does not promise.
fn power(x: f64, e: u32) -> f64 {
    (0..e).fold(1.0, |product, _| product * x)
}

/// The highest exponent.
fn degree(h: &Polynomial) -> usize {
    h.exponents.iter().flatten().max().map_or(0, |&e| e as usize)
}

/// omega, its derivatives by the actions and by the coefficients, and the monomials of h, for lanes of points.
#[derive(Clone, Debug)]
pub(crate) struct FrequencyLanes {
    /// omega_k.
    pub(crate) omega: Vec<Lane>,
    /// d omega_k / d I_l at k * m + l.
    pub(crate) hessian: Vec<Lane>,
    /// d omega_k / d c_j at j * m + k.
    pub(crate) by_coefficient: Vec<Lane>,
    /// The monomials, which are the derivatives of h by its coefficients.
    pub(crate) monomials: Vec<Lane>,
    powers: Vec<Lane>,
}

impl FrequencyLanes {
    /// Room for the derivatives of this polynomial.
    pub(crate) fn new(h: &Polynomial) -> Self {
        let m = h.n_actions();
        FrequencyLanes {
            omega: vec![ZERO; m],
            hessian: vec![ZERO; m * m],
            by_coefficient: vec![ZERO; m * h.exponents.len()],
            monomials: vec![ZERO; h.exponents.len()],
            powers: Vec::new(),
        }
    }

    /// Fills all but the second derivatives for lanes of actions.
    #[inline(always)]
    pub(crate) fn evaluate(&mut self, h: &Polynomial, actions: &[Lane]) {
        let m = h.n_actions();
        let degree = degree(h);
        self.fill_powers(actions, degree);
        self.omega.fill(ZERO);
        for (j, (exponents, c)) in h.exponents.iter().zip(&h.coefficients).enumerate() {
            self.monomials[j] = self.product(1.0, exponents, degree, None, None);
            for k in 0..m {
                // What is zero was so from the beginning.
                if exponents[k] > 0 {
                    let slope = self.product(f64::from(exponents[k]), exponents, degree, Some(k), None);
                    add_scaled(&mut self.omega[k], *c, &slope);
                    self.by_coefficient[j * m + k] = slope;
                }
            }
        }
    }

    /// Fills the second derivatives too, after [`Self::evaluate`].
    #[inline(always)]
    pub(crate) fn evaluate_hessian(&mut self, h: &Polynomial) {
        let m = h.n_actions();
        let degree = degree(h);
        self.hessian.fill(ZERO);
        for (exponents, c) in h.exponents.iter().zip(&h.coefficients) {
            for k in 0..m {
                for l in 0..=k {
                    let again = exponents[l].saturating_sub(u32::from(l == k));
                    if exponents[k] > 0 && again > 0 {
                        let factor = c * f64::from(exponents[k]) * f64::from(again);
                        let second = self.product(factor, exponents, degree, Some(k), Some(l));
                        add_scaled(&mut self.hessian[k * m + l], 1.0, &second);
                    }
                }
            }
        }
        for k in 0..m {
            (0..k).for_each(|l| self.hessian[l * m + k] = self.hessian[k * m + l]);
        }
    }

    /// Powers 0 to `degree` of every action, action after action.
    #[inline(always)]
    fn fill_powers(&mut self, actions: &[Lane], degree: usize) {
        self.powers.clear();
        for action in actions {
            let mut power = [1.0; LANES];
            self.powers.push(power);
            for _ in 0..degree {
                power = product(&power, action);
                self.powers.push(power);
            }
        }
    }

    /// A factor times the powers of all actions, those of I_k and of I_l lowered by one.
    #[inline(always)]
    fn product(&self, factor: f64, exponents: &[u32], degree: usize, k: Option<usize>, l: Option<usize>) -> Lane {
        let mut value = [factor; LANES];
        for (i, &e) in exponents.iter().enumerate() {
            let e = e - u32::from(Some(i) == k) - u32::from(Some(i) == l);
            if e > 0 {
                value = product(&value, &self.powers[i * (degree + 1) + e as usize]);
            }
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Polynomial {
        let mut h = Polynomial::zero(2, 4).with_constant(0.0);
        for (j, c) in h.coefficients.iter_mut().enumerate() {
            *c = 0.3 - 0.17 * j as f64;
        }
        h
    }

    #[test]
    fn monomials_are_counted_by_binomials() {
        assert_eq!(Polynomial::zero(2, 4).exponents.len(), 14);
        assert_eq!(Polynomial::zero(3, 3).exponents.len(), 19);
    }

    #[test]
    fn frequencies_are_the_gradient_of_the_energy() {
        let (h, actions, step) = (sample(), [0.4, 0.7], 1e-5);
        let omega = h.gradient(&actions);
        let hessian = h.hessian(&actions);
        for k in 0..2 {
            let (mut up, mut down) = (actions, actions);
            up[k] += step;
            down[k] -= step;
            assert!((omega[k] - (h.value(&up) - h.value(&down)) / (2.0 * step)).abs() < 1e-9);
            let (above, below) = (h.gradient(&up), h.gradient(&down));
            for l in 0..2 {
                assert!((hessian[l * 2 + k] - (above[l] - below[l]) / (2.0 * step)).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn lanes_agree_with_single_points() {
        let (h, actions) = (sample(), [0.4, 0.7]);
        let mut lanes = FrequencyLanes::new(&h);
        lanes.evaluate(&h, &[[actions[0]; LANES], [actions[1]; LANES]]);
        lanes.evaluate_hessian(&h);
        let (omega, hessian) = (h.gradient(&actions), h.hessian(&actions));
        for k in 0..2 {
            assert!((lanes.omega[k][3] - omega[k]).abs() < 1e-14);
            for l in 0..2 {
                assert!((lanes.hessian[k * 2 + l][3] - hessian[k * 2 + l]).abs() < 1e-14);
            }
        }
        let value: f64 = lanes.monomials.iter().zip(&h.coefficients).map(|(monomial, c)| c * monomial[3]).sum();
        assert!((value - h.value(&actions)).abs() < 1e-14);
        let slopes = h.monomial_gradients(&actions);
        assert!(lanes.by_coefficient.iter().zip(&slopes).all(|(lane, slope)| (lane[5] - slope).abs() < 1e-14));
    }
}
