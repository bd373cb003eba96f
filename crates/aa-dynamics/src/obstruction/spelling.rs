//! Exact numbers, directions and masses as text.

use aa_symbolic::linear::Rows;
use aa_symbolic::univariate::Univariate;
use aa_symbolic::{Expr, Rational};

use super::NaturalSystem;
use super::darboux::Directions;

/// The roots of a polynomial, each of them once: the rational ones, then the others as [`irrational`] has them.
pub(super) fn roots(polynomial: &Univariate) -> Vec<String> {
    let rational = polynomial.rational_roots();
    rational.iter().map(Rational::to_string).chain(irrational(&polynomial.irrational_part())).collect()
}

/// The roots of a polynomial without rational ones: two with their square root, more by the polynomial.
pub(super) fn irrational(polynomial: &Univariate) -> Vec<String> {
    match (polynomial.degree(), square_roots(&polynomial.monic())) {
        (0, _) => Vec::new(),
        (_, Some(pair)) => pair.map(|root| root.to_string()).to_vec(),
        _ => vec![format!("the roots of {}", polynomial.primitive().spelled("X"))],
    }
}

/// The two roots of a monic polynomial of degree two; `i` is the imaginary unit.
fn square_roots(polynomial: &Univariate) -> Option<[Expr; 2]> {
    let [c, b, _] = polynomial.coefficients() else { return None };
    let middle = b / Rational::from(-2);
    let square = &middle * &middle - c;
    let root = match square < Rational::ZERO {
        true => Expr::rational(-square).sqrt() * Expr::symbol("i"),
        false => Expr::rational(square).sqrt(),
    };
    let middle = Expr::rational(middle);
    Some([&middle + &root, &middle - &root])
}

/// The points mu d, where the number mu has the power `degree - 2` given by `power`, a number modulo the polynomial
/// whose roots the directions belong to.
pub(super) fn point(system: &NaturalSystem, at: &Directions, power: &Univariate, degree: i32) -> String {
    let names = tuple(system.coordinates.iter().map(Expr::to_string));
    match (at.roots_of.degree(), square_roots(&at.roots_of)) {
        (1, _) if degree == 3 => format!("{names} = {}", tuple(at.direction.iter().map(|d| (d * power).spelled("s")))),
        (1, _) => {
            let direction = tuple(at.direction.iter().map(|d| d.spelled("s")));
            let root = if degree == 4 { "mu**2".into() } else { format!("mu**{}", degree - 2) };
            format!("{names} = mu*{direction} with {root} = {}", power.spelled("s"))
        }
        (_, Some([s, _])) => format!("{names} along {}", tuple(at.direction.iter().map(|d| value(d, &s).to_string()))),
        _ => {
            let direction = tuple(at.direction.iter().map(|d| d.spelled("s")));
            format!("{names} along {direction}, s a root of {}", at.roots_of.primitive().spelled("s"))
        }
    }
}

fn value(polynomial: &Univariate, at: &Expr) -> Expr {
    let coefficients = polynomial.coefficients().iter().enumerate();
    coefficients.map(|(i, c)| Expr::rational(c.clone()) * at.powi(i as i64)).sum()
}

/// The masses that a kinetic matrix means.
pub(super) fn masses(kinetic: &Rows) -> String {
    let n = kinetic.len();
    let is_diagonal = (0..n).all(|i| (0..n).all(|j| i == j || kinetic[i][j].is_zero()));
    if !is_diagonal {
        let rows = kinetic.iter().map(|row| tuple(row.iter().map(Rational::to_string)));
        return format!("kinetic energy p.Kp/2, K = {}", tuple(rows));
    }
    let masses: Vec<Rational> = (0..n).map(|i| Rational::ONE / &kinetic[i][i]).collect();
    match masses.iter().all(Rational::is_one) {
        true => "unit masses".into(),
        false => format!("masses {}", tuple(masses.iter().map(Rational::to_string))),
    }
}

/// Entries between parentheses.
pub(super) fn tuple(entries: impl Iterator<Item = String>) -> String {
    format!("({})", entries.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_are_as_explicit_as_they_can_be() {
        let polynomial =
            |coefficients: &[i64]| Univariate::new(coefficients.iter().map(|&c| Rational::from(c)).collect());
        let linear = polynomial(&[-1, 3]);
        assert_eq!(roots(&(&linear * &polynomial(&[-1, -1, 1]))), ["1/3", "sqrt(5)/2 + 1/2", "-sqrt(5)/2 + 1/2"]);
        assert_eq!(roots(&polynomial(&[3, 0, 1])), ["sqrt(3)*i", "-sqrt(3)*i"]);
        assert_eq!(roots(&(&linear * &polynomial(&[-2, 0, 0, 1]))), ["1/3", "the roots of X**3 - 2"]);
    }
}
