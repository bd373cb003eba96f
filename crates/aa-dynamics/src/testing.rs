//! Systems with known answers, and what these answers are made of, for the tests of this crate.

use std::f64::consts::FRAC_PI_2;

use aa_symbolic::{Expr, Rational};

use crate::{Coordinate, CoordinateKind, Hamiltonian, PhaseSpace};

/// (px^2 + py^2 + x^2 + y^2)/2 + x^2 y - y^3/3.
pub(crate) fn henon_heiles() -> Hamiltonian {
    let space = PhaseSpace::lines(["x", "y"]);
    let [x, y, px, py] = space.symbols().try_into().expect("two degrees of freedom");
    let quadratic = (px.powi(2) + py.powi(2) + x.powi(2) + y.powi(2)) / 2;
    build(quadratic + x.powi(2) * &y - y.powi(3) / 3, space)
}

/// n particles on a ring with exponential springs.
pub(crate) fn toda_ring(n: usize) -> Hamiltonian {
    let space = PhaseSpace::numbered(n);
    let spring = |i: usize| (space.q(i) - space.q((i + 1) % n)).exp();
    let energy = (0..n).map(|i| space.p(i).powi(2) / 2 + spring(i)).sum();
    build(energy, space)
}

/// The plane Kepler problem with mu = 1.
pub(crate) fn kepler_plane() -> Hamiltonian {
    let space = PhaseSpace::lines(["x", "y"]);
    let [x, y, px, py] = space.symbols().try_into().expect("two degrees of freedom");
    build((px.powi(2) + py.powi(2)) / 2 - (x.powi(2) + y.powi(2)).sqrt().powi(-1), space)
}

/// p^2/2 - cos phi on a circle.
pub(crate) fn pendulum() -> Hamiltonian {
    let phi = Coordinate { name: "phi".into(), kind: CoordinateKind::Circle };
    let space = PhaseSpace::new(vec![phi]).expect("a good name");
    build(space.p(0).powi(2) / 2 - space.q(0).cos(), space)
}

/// Oscillators with frequencies 1, `ratio`, `ratio`^2, ...
pub(crate) fn oscillators(dof: usize, ratio: &Rational) -> Hamiltonian {
    let space = PhaseSpace::numbered(dof);
    let frequency = |i: usize| Expr::rational(ratio.clone()).powi(i as i64);
    let pair = |i: usize| (space.p(i).powi(2) + (frequency(i) * space.q(i)).powi(2)) / 2;
    build((0..dof).map(pair).sum(), space)
}

/// The complete elliptic integrals K(m) and E(m) from m and 1 - m, by the arithmetic-geometric mean.
pub(crate) fn elliptic(m: f64, complement: f64) -> (f64, f64) {
    let (mut a, mut b, mut c, mut sum, mut power) = (1.0, complement.sqrt(), m.sqrt(), 1.0, 0.5);
    for _ in 0..12 {
        sum -= power * c * c;
        (a, b, c, power) = (0.5 * (a + b), (a * b).sqrt(), 0.5 * (a - b), 2.0 * power);
    }
    (FRAC_PI_2 / a, FRAC_PI_2 / a * sum)
}

/// The digits of k in a base, mirrored at the point: the numbers of k = 1, 2, ... fill (0, 1) evenly.
pub(crate) fn radical_inverse(mut k: u32, base: u32) -> f64 {
    let (mut value, mut digit) = (0.0, 1.0);
    while k > 0 {
        digit /= f64::from(base);
        value += digit * f64::from(k % base);
        k /= base;
    }
    value
}

/// A Hamiltonian that is known to be well formed.
pub(crate) fn build(energy: Expr, space: PhaseSpace) -> Hamiltonian {
    Hamiltonian::new(energy, space).expect("an energy of this phase space")
}

/// (px^2 + x^2)/2 - x cos 2t.
pub(crate) fn driven_oscillator() -> Hamiltonian {
    let space = PhaseSpace::lines(["x"]);
    let (x, p) = (space.q(0), space.p(0));
    let energy = (p.powi(2) + x.powi(2)) / 2 - x * (2 * Expr::symbol("t")).cos();
    Hamiltonian::driven(energy, &space, &[]).expect("an energy of this phase space")
}

/// A free rigid body with moments of inertia 1, 2, 3: its angular momentum in the frame of the body.
pub(crate) fn free_body() -> Hamiltonian {
    let [x, y, z] = ["x", "y", "z"].map(Expr::symbol);
    let zero = Expr::zero;
    let brackets = vec![vec![zero(), -&z, y.clone()], vec![z.clone(), zero(), -&x], vec![-&y, x.clone(), zero()]];
    let space = PhaseSpace::poisson(&["x", "y", "z"], brackets).expect("the brackets of so(3)");
    build(x.powi(2) / 2 + y.powi(2) / 4 + z.powi(2) / 6, space)
}
