//! The Hamiltonian of the actions and the resonant terms, as formulas and as functions.

use aa_symbolic::{Expr, Rational, to_f64};

use super::modes::Mode;
use super::number::Real;
use super::series::{Layout, Monomial, Series};

/// A sum of products, written with exact coefficients or, where these are rounded, with decimals.
#[derive(Clone, Debug, PartialEq)]
pub struct Formula {
    /// Coefficients and what they multiply, low degrees first.
    pub terms: Vec<(Expr, Expr)>,
    /// Whether the coefficients are exact.
    pub exact: bool,
}

impl Formula {
    /// The whole as one expression; rounded coefficients are decimal fractions of 12 digits.
    pub fn expression(&self) -> Expr {
        self.terms.iter().map(|(coefficient, factor)| coefficient * factor).sum()
    }

    /// In script syntax.
    pub fn script(&self) -> String {
        self.written(&Expr::to_string, "*")
    }

    /// In LaTeX, for math mode.
    pub fn latex(&self) -> String {
        self.written(&Expr::to_latex, " ")
    }

    fn written(&self, print: &dyn Fn(&Expr) -> String, times: &str) -> String {
        let mut text = String::new();
        for (coefficient, factor) in &self.terms {
            let rounded = coefficient.as_rational().filter(|c| !self.exact && !c.is_one()).map(to_f64);
            let term = match rounded {
                None => print(&(coefficient * factor)),
                Some(number) if factor.is_one() => number.to_string(),
                Some(number) => format!("{number}{times}{}", print(factor)),
            };
            match (text.is_empty(), term.strip_prefix('-')) {
                (true, _) => text.push_str(&term),
                (false, Some(size)) => text.extend([" - ", size]),
                (false, None) => text.extend([" + ", &term]),
            }
        }
        if text.is_empty() { "0".into() } else { text }
    }
}

/// h(I) + resonant terms: what is left of the energy in normal form.
pub(super) struct Formulas {
    pub(super) of_actions: Formula,
    pub(super) resonant: Formula,
}

/// Reads both off the normal form.
pub(super) fn formulas<T: Real>(layout: Layout, normal: &Series<T>, modes: &[Mode<T>]) -> Formulas {
    let exact = T::EXACT;
    let (mut of_actions, mut resonant) = (Vec::new(), Vec::new());
    for (m, c) in normal.terms() {
        let turns = layout.turns(*m);
        let (factor, scale) = (sizes(layout, *m), scale(modes, &turns));
        match turns.iter().find(|k| **k != 0) {
            None => of_actions.push((written(&c.re), factor)),
            // c u^a v^b and its conjugate are 2 re(c) cos(k.theta) - 2 im(c) sin(k.theta).
            Some(lead) if *lead > 0 => {
                let angle = phase(&turns);
                let parts = [(c.re.clone(), angle.cos()), (-c.im.clone(), angle.sin())];
                let parts = parts.into_iter().filter(|(part, _)| !part.is_zero());
                resonant.extend(parts.map(|(part, wave)| (2 * written(&part) * &scale, &factor * wave)));
            }
            Some(_) => {}
        }
    }
    Formulas { of_actions: Formula { terms: of_actions, exact }, resonant: Formula { terms: resonant, exact } }
}

/// The product of I_j to half the exponents of u_j and v_j together.
fn sizes(layout: Layout, monomial: Monomial) -> Expr {
    let both = |j: usize| layout.exponent(monomial, j) + layout.exponent(monomial, j + layout.dof);
    let power = |j: usize| symbol("I", j).pow_rational(&(Rational::from(both(j)) / Rational::from(2)));
    (0..layout.dof).filter(|&j| both(j) > 0).map(power).fold(Expr::one(), |product, power| product * power)
}

/// u = sqrt(kappa I) e^{i theta} and v = sqrt(I / kappa) e^{-i theta}: what they contribute beside I and theta.
fn scale<T: Real>(modes: &[Mode<T>], turns: &[i32]) -> Expr {
    let root = |(mode, k): (&Mode<T>, &i32)| {
        let half = Rational::from(*k) / Rational::from(2);
        mode.kappa.to_rational().map_or_else(Expr::one, |kappa| Expr::rational(kappa).pow_rational(&half))
    };
    modes.iter().zip(turns).map(root).fold(Expr::one(), |product, root| product * root)
}

fn phase(turns: &[i32]) -> Expr {
    turns.iter().enumerate().map(|(j, k)| i64::from(*k) * symbol("theta", j)).sum()
}

/// I1, I2, ... and theta1, theta2, ...
fn symbol(name: &str, j: usize) -> Expr {
    Expr::symbol(&format!("{name}{}", j + 1))
}

/// The number itself where it is rational, else its first 12 digits: the rest is rounding.
fn written<T: Real>(value: &T) -> Expr {
    match (T::EXACT, value.to_rational()) {
        (true, Some(exact)) => Expr::rational(exact),
        _ => {
            let rounded = format!("{:.11e}", value.to_f64()).parse().ok();
            rounded.and_then(Expr::decimal).unwrap_or_else(Expr::zero)
        }
    }
}
