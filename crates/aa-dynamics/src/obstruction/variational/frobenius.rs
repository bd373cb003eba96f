//! A normal variational equation at infinity: Frobenius' method over the polynomials in the energy.
//!
//! With P(s) = s'^2 = 2 (E - W(s))/m the equation xi'' = -b xi reads P xi_ss + P_s xi_s/2 + b xi = 0. Put z = 1/s and
//! theta = z d/dz, let d = deg W and deg b <= d - 2, and multiply by z^(d-2): the sum over j = 0, ..., d of
//!
//! ```text
//! z^j f_j(theta) xi = 0,    f_j(r) = p_(d-j) r (r + 1 - (d-j)/2) + b_(d-2-j)
//! ```
//!
//! The exponents are the roots r1, r2 of f_0: r1 + r2 = d/2 - 1, r1 r2 = b_(d-2)/p_d. For a solution
//! z^r1 (c_0 + c_1 z + ...), c_0 = 1, order k says f_0(r1+k) c_k = - (sum over j >= 1 of f_j(r1+k-j) c_(k-j)). The left
//! side vanishes only at k = r2 - r1; where that is a whole number and the right side R is not 0 there, the solution
//! goes on with L z^r2 log z + ..., and L f_0'(r2) = R, where f_0'(r2) = p_d (r2 - r1) (Ince, Ordinary Differential
//! Equations, 1926, chapter 16). Only p_0 contains E, and f_0 does not contain p_0, so all c_k and L are polynomials in
//! E.

use aa_symbolic::rational::{Rational, square_root, to_i64};
use aa_symbolic::univariate::Univariate;

/// Whole differences of exponents beyond this are not looked at: coefficients of the logarithm fill pages there.
const LARGEST_GAP: i64 = 40;

/// The variations xi'' = -b(s) xi along the motion m s'^2/2 + W(s) = E.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct NormalEquation {
    /// The mass m; not zero.
    pub(super) mass: Rational,
    /// The potential W along the line, in s.
    pub(super) potential: Univariate,
    /// The stiffness b across it, in s.
    pub(super) stiffness: Univariate,
}

/// What solutions of an integrable system do not do at s = infinity.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Obstacle {
    /// Their exponents differ by an irrational number.
    IrrationalGap,
    /// One of them is s^-r1 (1 + ...) + L s^-r2 log(1/s) + ..., L being this polynomial in E; not zero.
    Logarithm(Univariate),
}

impl NormalEquation {
    /// The obstacle at s = infinity; None where none is seen, or where the equation is not Fuchsian there.
    pub(super) fn obstacle(&self) -> Option<Obstacle> {
        if self.degree() < 3 || self.stiffness.degree() as i32 > self.degree() - 2 {
            return None;
        }
        let (sum, product) = self.sum_and_product();
        let gap = square_root(&(&sum * &sum - Rational::from(4) * product));
        let Some(gap) = gap else { return Some(Obstacle::IrrationalGap) };
        let gap = to_i64(&gap).filter(|gap| *gap <= LARGEST_GAP)?;
        let coefficient = self.logarithm(gap);
        (!coefficient.is_zero()).then_some(Obstacle::Logarithm(coefficient))
    }

    /// The polynomial whose roots are the exponents in a local parameter of the curve, which is 1/s where d is even and
    /// its root where d is odd.
    pub(super) fn exponents(&self) -> Univariate {
        let (sum, product) = self.sum_and_product();
        let sheets = Rational::from(1 + self.degree() % 2);
        Univariate::new(vec![product * &sheets * &sheets, -sum * sheets, Rational::ONE])
    }

    /// The degree of W.
    fn degree(&self) -> i32 {
        self.potential.degree() as i32
    }

    /// r1 + r2 and r1 r2.
    fn sum_and_product(&self) -> (Rational, Rational) {
        let d = self.degree();
        (Rational::from(d - 2) / Rational::from(2), coefficient(&self.stiffness, d - 2) / self.lead())
    }

    /// The coefficient L of the logarithm where r2 - r1 is this whole number.
    fn logarithm(&self, gap: i64) -> Univariate {
        if gap == 0 {
            // Two solutions with one exponent always differ by a logarithm.
            return number(Rational::ONE);
        }
        let smaller = (self.sum_and_product().0 - Rational::from(gap)) / Rational::from(2);
        let (_, rest) = self.series(&smaller, gap);
        &rest * &number(Rational::ONE / (self.lead() * Rational::from(gap)))
    }

    /// The coefficients c_0, ..., c_(n-1) of the series from exponent r, and the right side of order n.
    fn series(&self, r: &Rational, n: i64) -> (Vec<Univariate>, Univariate) {
        let mut coefficients = vec![number(Rational::ONE)];
        loop {
            let k = coefficients.len();
            let term = |j: usize| &self.symbol(j, &(r + Rational::from(k - j))) * &coefficients[k - j];
            let rest = (1..=k.min(self.potential.degree())).fold(Univariate::default(), |sum, j| &sum - &term(j));
            if k as i64 == n {
                return (coefficients, rest);
            }
            let indicial = coefficient(&self.symbol(0, &(r + Rational::from(k))), 0);
            coefficients.push(&rest * &number(Rational::ONE / indicial));
        }
    }

    /// f_j(r), a polynomial in E.
    fn symbol(&self, j: usize, r: &Rational) -> Univariate {
        let power = self.degree() - j as i32;
        let factor = r * (r + Rational::ONE - Rational::from(power) / Rational::from(2));
        &(&self.speed(power) * &number(factor)) + &number(coefficient(&self.stiffness, power - 2))
    }

    /// p_k: the coefficient of s^k in 2 (E - W)/m, a polynomial in E.
    fn speed(&self, k: i32) -> Univariate {
        let energy = if k == 0 { Univariate::variable() } else { Univariate::default() };
        let potential = number(coefficient(&self.potential, k));
        &(&energy - &potential) * &number(Rational::from(2) / &self.mass)
    }

    /// p_d.
    fn lead(&self) -> Rational {
        coefficient(&self.speed(self.degree()), 0)
    }
}

fn number(value: Rational) -> Univariate {
    Univariate::constant(value)
}

/// The coefficient of the power k; 0 where k is negative.
fn coefficient(polynomial: &Univariate, k: i32) -> Rational {
    usize::try_from(k).ok().and_then(|k| polynomial.coefficients().get(k).cloned()).unwrap_or(Rational::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::obstruction::multipliers::is_admissible;
    use crate::obstruction::variational::testing::{q, univariate};

    /// The equation with these W and lower coefficients of b, whose exponents in 1/s differ by `gap`.
    fn with_gap(gap: i64, mass: &str, potential: &[&str], stiffness: &[&str]) -> NormalEquation {
        let lower = univariate(stiffness);
        let mut equation = NormalEquation { mass: q(mass), potential: univariate(potential), stiffness: lower };
        let sum = equation.sum_and_product().0;
        let product = (&sum * &sum - Rational::from(gap * gap)) / q("4");
        let power = (2..equation.degree()).fold(number(product * equation.lead()), |p, _| &p * &Univariate::variable());
        equation.stiffness = &equation.stiffness + &power;
        equation
    }

    fn examples(gap: i64) -> [NormalEquation; 5] {
        [
            with_gap(gap, "3/2", &["1/2", "2", "-3/4", "2/3"], &["5/7"]),
            with_gap(gap, "1", &["0", "1/3", "1/2", "1", "-1/2"], &["2", "-3/2"]),
            with_gap(gap, "-2", &["0", "0", "1/2", "0", "4/9"], &["2/5"]),
            with_gap(gap, "1", &["0", "1", "1/2", "0", "3", "-2"], &["1", "1/3", "2"]),
            with_gap(gap, "5", &["0", "-1", "1/2", "1/6", "0", "1", "1"], &["1", "1", "-1/2", "2"]),
        ]
    }

    /// The coefficient of s^(-r+d-2-k) in P xi_ss + P_s xi_s/2 + b xi, where xi is the sum of c_j s^(-r-j).
    fn order(equation: &NormalEquation, r: &Rational, series: &[Univariate], k: usize) -> Univariate {
        let mut sum = Univariate::default();
        for (j, c) in series.iter().enumerate() {
            let (a, i) = (-(r + Rational::from(j)), equation.degree() + j as i32 - k as i32);
            let slopes = &a * (&a - q("1")) + &a * Rational::from(i) / q("2");
            let symbol = &equation.speed(i) * &number(slopes);
            let stiffness = number(coefficient(&equation.stiffness, i - 2));
            sum = &sum + &(&(&symbol + &stiffness) * c);
        }
        sum
    }

    #[test]
    fn series_solve_the_equation_up_to_the_logarithm() {
        for gap in [1, 2, 5] {
            for equation in examples(gap) {
                let r = (equation.sum_and_product().0 - Rational::from(gap)) / q("2");
                let (series, _) = equation.series(&r, gap);
                assert!((0..series.len()).all(|k| order(&equation, &r, &series, k).is_zero()), "{equation:?}");
                // (theta - r1)(theta - r2) of z^r2 log z is (r2 - r1) z^r2.
                let balance = &equation.logarithm(gap) * &number(equation.lead() * Rational::from(gap));
                assert!((&order(&equation, &r, &series, series.len()) + &balance).is_zero(), "{equation:?}");
            }
        }
        assert_eq!(examples(5)[1].logarithm(5).degree(), 1, "it contains the energy");
    }

    /// Power series: coefficients of 1, x, x^2, ...
    type Series = Vec<Rational>;

    fn times(a: &[Rational], b: &[Rational]) -> Series {
        (0..a.len()).map(|k| (0..=k).fold(Rational::ZERO, |sum, i| sum + &a[i] * &b[k - i])).collect()
    }

    fn reciprocal(a: &[Rational]) -> Series {
        let mut inverse = vec![q("1") / &a[0]];
        for k in 1..a.len() {
            let sum = (1..=k).fold(Rational::ZERO, |sum, i| sum + &a[i] * &inverse[k - i]);
            inverse.push(-sum / &a[0]);
        }
        inverse
    }

    /// The sum of coefficients[i] a^i.
    fn composed(coefficients: &[Rational], a: &[Rational]) -> Series {
        coefficients.iter().rev().fold(vec![Rational::ZERO; a.len()], |sum, coefficient| {
            let mut sum = times(&sum, a);
            sum[0] += coefficient;
            sum
        })
    }

    /// The solution of w'' = f(w), w(0) = 0, w'(0) = 1.
    fn motion(force: &[Rational], n: usize) -> Series {
        let mut w = vec![Rational::ZERO; n];
        for _ in 0..n {
            let second = composed(force, &w);
            let term = |k: usize| &second[k - 2] / Rational::from(k * (k - 1));
            w = (0..n).map(|k| if k < 2 { Rational::from(k) } else { term(k) }).collect();
        }
        w
    }

    /// The coefficient of log t, from s(t) about its pole and Frobenius' method for xi'' = -b(s(t)) xi.
    ///
    /// For degrees 3 and 4. With w = s^(-1/sheets) and t in units of sheets/sqrt(p_d), w = t + ... obeys
    /// w'^2 = sum of p_(d-j)/p_d w^(j sheets).
    fn logarithm_of_time(equation: &NormalEquation, gap: i64, energy: &str) -> Rational {
        let (d, lead) = (equation.degree(), equation.lead());
        let sheets = 1 + d as usize % 2;
        let gap = gap as usize * sheets;
        // Coefficients by powers of w, from those by powers of s downwards.
        let spread = |top: i32, value: &dyn Fn(i32) -> Rational| -> Series {
            let entry =
                |i: usize| if i.is_multiple_of(sheets) { value(top - (i / sheets) as i32) } else { Rational::ZERO };
            (0..=top as usize * sheets).map(entry).collect()
        };
        let speed = spread(d, &|k| equation.speed(k).value_at(&q(energy)) / &lead);
        let force: Series = (1..speed.len()).map(|i| Rational::from(i) * &speed[i] / q("2")).collect();
        let w = motion(&force, gap + 2);
        let over_w = reciprocal(&w[1..]);
        let unit = Rational::from(sheets * sheets) / &lead;
        let stiffness = spread(d - 2, &|k| coefficient(&equation.stiffness, k) * &unit);
        // t^2 b.
        let b = times(&times(&over_w, &over_w), &composed(&stiffness, &w));
        let smaller = (q("1") - Rational::from(gap)) / q("2");
        let mut c = vec![q("1")];
        loop {
            let k = c.len();
            let rest = (1..=k).fold(Rational::ZERO, |sum, j| sum - &b[j] * &c[k - j]);
            if k == gap {
                return rest / Rational::from(gap);
            }
            let exponent = &smaller + Rational::from(k);
            c.push(rest / (&exponent * (&exponent - q("1")) + &b[0]));
        }
    }

    #[test]
    fn the_logarithm_is_the_one_in_time() {
        for gap in [1, 2, 3, 5] {
            for equation in &examples(gap)[..3] {
                for energy in ["0", "1/2", "-7/3"] {
                    // log(1/s) is twice the logarithm of time in degree 3.
                    let sheets = Rational::from(1 + equation.degree() % 2);
                    let expected = equation.logarithm(gap).value_at(&q(energy)) * sheets;
                    assert_eq!(logarithm_of_time(equation, gap, energy), expected, "{equation:?}");
                }
            }
        }
    }

    #[test]
    fn variations_along_the_motion_have_no_obstacle() {
        for equation in examples(1) {
            let stiffness = &equation.potential.derivative().derivative() * &number(q("1") / &equation.mass);
            let along = NormalEquation { stiffness, ..equation };
            if along.degree() % 2 == 0 {
                assert!(along.logarithm(3 * i64::from(along.degree()) / 2 - 1).is_zero());
            }
            assert_eq!(along.obstacle(), None);
        }
    }

    #[test]
    fn multipliers_that_the_table_admits_meet_no_obstacle() {
        let obstacle = |k: i32, multiplier: &Rational| {
            let monomial = |c: Rational, power: i32| {
                Univariate::new((0..=power).map(|i| if i == power { c.clone() } else { q("0") }).collect())
            };
            let (potential, stiffness) = (monomial(q("1") / Rational::from(k), k), monomial(multiplier.clone(), k - 2));
            NormalEquation { mass: q("1"), potential, stiffness }.obstacle()
        };
        let mut n_admitted = 0;
        for k in 3..=7 {
            // By the difference of the exponents over k.
            for tau in (0..240).map(|j| Rational::from(j) / q("60")) {
                let gap = tau * Rational::from(k);
                let multiplier = (&gap * &gap - q("1/4") * Rational::from((k - 2) * (k - 2))) / Rational::from(2 * k);
                if is_admissible(k, &multiplier) {
                    assert_eq!(obstacle(k, &multiplier), None, "degree {k}: {multiplier}");
                    n_admitted += 1;
                }
            }
        }
        assert_eq!(n_admitted, 108);
        assert_eq!(obstacle(4, &q("-1/8")), Some(Obstacle::Logarithm(univariate(&["1"]))));
        assert_eq!(obstacle(4, &q("15/8")), Some(Obstacle::Logarithm(univariate(&["0", "3/4"]))));
        assert_eq!(obstacle(3, &q("-2")), Some(Obstacle::IrrationalGap));
    }
}
