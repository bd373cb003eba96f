//! The Poisson bracket.

use aa_symbolic::{Expr, differentiate, gradient};

use crate::PhaseSpace;

/// The Poisson bracket {f, g} = sum of df/dq dg/dp - df/dp dg/dq; over a Poisson structure J, the sum of
/// df/dz_i J_ij dg/dz_j.
///
/// Sign: {q, p} = +1, so df/dt = {f, H}.
///
/// ```
/// use aa_dynamics::{PhaseSpace, poisson_bracket};
/// let space = PhaseSpace::lines(["x"]);
/// let (q, p) = (space.q(0), space.p(0));
/// assert_eq!(poisson_bracket(&q, &p, &space).to_string(), "1");
/// ```
pub fn poisson_bracket(f: &Expr, g: &Expr, space: &PhaseSpace) -> Expr {
    if let Some(structure) = space.structure() {
        let (df, dg) = (gradient(f, space.coordinates()), gradient(g, space.coordinates()));
        let row = |i: usize| dg.iter().enumerate().map(move |(j, slope)| structure.bracket(i, j) * slope).sum::<Expr>();
        return df.iter().enumerate().map(|(i, slope)| slope * row(i)).sum();
    }
    let pairs = space.coordinates().iter().zip(space.momenta());
    pairs.map(|(q, p)| differentiate(f, q) * differentiate(g, p) - differentiate(f, p) * differentiate(g, q)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aa_symbolic::evaluate;

    #[test]
    fn brackets_satisfy_leibniz_and_jacobi() {
        let space = PhaseSpace::lines(["x", "y"]);
        let [x, y, px, py] = space.symbols().try_into().unwrap();
        let (f, g, h) = (&x * &py - &y * &px, (&x * &px).sin() + &y, (&x - &y).exp() * &py);
        let bracket = |a: &Expr, b: &Expr| poisson_bracket(a, b, &space);
        let leibniz = bracket(&(&f * &g), &h) - &f * bracket(&g, &h) - bracket(&f, &h) * &g;
        let jacobi = bracket(&f, &bracket(&g, &h)) + bracket(&g, &bracket(&h, &f)) + bracket(&h, &bracket(&f, &g));
        for zero in [leibniz, jacobi, bracket(&f, &g) + bracket(&g, &f)] {
            assert!(evaluate(&zero, &space.symbols(), &[0.3, -0.7, 1.1, 0.4]).abs() < 1e-13, "{zero}");
        }
    }
}
