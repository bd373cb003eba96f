//! The slide: the linear symplectic map under which every orbit's planes have their centre in one place.
//!
//! Where a rotor carries a conserved momentum J, the centre of the other motion moves with it: a planet of larger
//! angular momentum swings about a larger distance. With u = (x, y) the coordinates of the planes and c the slope of
//! an orbit's mean u against its J, the generator K = J (c_x . y - c_y . x) gives
//!
//! ```text
//! u -> u + c J,    phi -> phi + c_x . y - c_y . x,    J -> J
//! ```
//!
//! and the same for several rotors, whose flows are added before the exponential. The angle stays one on its circle.

use crate::Pair;
use aa_dynamics::Ensemble;
use faer::linalg::solvers::SolveLstsq;
use faer::{Mat, Scale};

/// Fewest orbits for each coefficient that is fitted.
const ORBITS_A_COEFFICIENT: usize = 4;
/// Momenta of a rotor that differ less than this, relatively, do not show how a centre moves with them.
const LEAST_SPREAD: f64 = 1e-6;
/// The least spread of an orbit, relative to the largest, in the weight that it has.
const SMALLEST_SPREAD: f64 = 0.01;

/// The slide of some orbits: 2n x 2n, acting on distances from the centre; none where there is nothing to slide.
pub(crate) fn find_slide(orbits: &Ensemble, pairs: &[Pair], centre: &[f64]) -> Option<Mat<f64>> {
    let dof = pairs.len();
    let kinds = Kinds::of(pairs);
    let moments: Vec<Vec<Moments>> = orbits.orbits.iter().map(|orbit| moments(orbit, centre)).collect();
    let size =
        |rotor: usize| moments.iter().map(|of| (of[rotor + dof].mean + centre[rotor + dof]).abs()).fold(0.0, f64::max);
    let centres = Centres::fit(&moments, &kinds, 1, size)?;
    let mut rate = Mat::<f64>::zeros(2 * dof, 2 * dof);
    for (r, &rotor) in kinds.rotors.iter().enumerate() {
        for (p, &plane) in kinds.planes.iter().enumerate() {
            let [x, y] = [p, p + kinds.planes.len()].map(|column| centres.coefficients[(1 + r, column)]);
            rate[(plane, rotor + dof)] = x;
            rate[(plane + dof, rotor + dof)] = y;
            rate[(rotor, plane + dof)] = x;
            rate[(rotor, plane)] = -y;
        }
    }
    // The third power vanishes: momenta of rotors move planes, planes move angles, angles move nothing.
    Some(Mat::<f64>::identity(2 * dof, 2 * dof) + &rate + (&rate * &rate) * Scale(0.5))
}

/// Each orbit seen from the centre that the orbits' momenta give it to second order, where they show one: what is
/// left of the slide's curvature is for the network to learn, and no sign of a separatrix.
pub(crate) fn about_their_centres(pairs: &[Pair], orbits: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let dim = 2 * pairs.len();
    let kinds = Kinds::of(pairs);
    let moments: Vec<Vec<Moments>> = orbits.iter().map(|orbit| moments(orbit, &vec![0.0; dim])).collect();
    let Some(centres) = Centres::fit(&moments, &kinds, 2, |_| 1.0) else { return orbits.to_vec() };
    let seen = |(orbit, of): (&Vec<f64>, &Vec<Moments>)| {
        let mut centre = vec![0.0; dim];
        kinds.places().zip(centres.of(of, &kinds)).for_each(|(place, at)| centre[place] = at);
        orbit.chunks_exact(dim).flat_map(|row| (0..dim).map(|i| row[i] - centre[i])).collect()
    };
    orbits.iter().zip(&moments).map(seen).collect()
}

/// The pairs between which there may be a slide.
struct Kinds {
    rotors: Vec<usize>,
    planes: Vec<usize>,
    dof: usize,
}

impl Kinds {
    fn of(pairs: &[Pair]) -> Self {
        let like = |kind: Pair| (0..pairs.len()).filter(|&k| pairs[k] == kind).collect();
        Kinds { rotors: like(Pair::Rotor), planes: like(Pair::Oscillator), dof: pairs.len() }
    }

    /// The components of the planes, coordinates then momenta.
    fn places(&self) -> impl Iterator<Item = usize> {
        self.planes.iter().copied().chain(self.planes.iter().map(|plane| plane + self.dof))
    }

    /// 1, the mean momenta of the rotors, and their products where the order is two.
    fn monomials(&self, of: &[Moments], order: usize) -> Vec<f64> {
        let momenta: Vec<f64> = self.rotors.iter().map(|rotor| of[rotor + self.dof].mean).collect();
        let products = momenta.iter().enumerate().flat_map(|(r, a)| momenta[r..].iter().map(move |b| a * b));
        let products: Vec<f64> = products.filter(|_| order > 1).collect();
        [vec![1.0], momenta, products].concat()
    }
}

/// Where the planes of an orbit have their centre, as a polynomial of the momenta of its rotors.
struct Centres {
    order: usize,
    /// A row for each monomial, a column for each component.
    coefficients: Mat<f64>,
}

impl Centres {
    /// By least squares. A centre lies within its orbit, so a small orbit tells better where it is: each counts by
    /// the inverse of its spread. None where the orbits are too few, or a momentum differs too little for its size.
    fn fit(moments: &[Vec<Moments>], kinds: &Kinds, order: usize, size: impl Fn(usize) -> f64) -> Option<Self> {
        let rows: Vec<Vec<f64>> = moments.iter().map(|of| kinds.monomials(of, order)).collect();
        let terms = rows.first()?.len();
        let differs = |&rotor: &usize| {
            let momenta = || moments.iter().map(|of| of[rotor + kinds.dof].mean);
            let spread = momenta().fold(f64::MIN, f64::max) - momenta().fold(f64::MAX, f64::min);
            spread > LEAST_SPREAD * size(rotor)
        };
        if kinds.rotors.is_empty()
            || !kinds.rotors.iter().all(differs)
            || kinds.planes.is_empty()
            || rows.len() < ORBITS_A_COEFFICIENT * terms
        {
            return None;
        }
        let mut coefficients = Mat::zeros(terms, 2 * kinds.planes.len());
        for (column, place) in kinds.places().enumerate() {
            let largest = moments.iter().map(|of| of[place].deviation).fold(f64::MIN_POSITIVE, f64::max);
            let weight = |o: usize| 1.0 / (moments[o][place].deviation + SMALLEST_SPREAD * largest);
            let design = Mat::from_fn(rows.len(), terms, |o, term| weight(o) * rows[o][term]);
            let places = Mat::from_fn(rows.len(), 1, |o, _| weight(o) * moments[o][place].mean);
            let fitted = design.qr().solve_lstsq(&places);
            (0..terms).for_each(|term| coefficients[(term, column)] = fitted[(term, 0)]);
        }
        Some(Centres { order, coefficients }).filter(|centres| centres.coefficients.norm_l2().is_finite())
    }

    /// The components of an orbit's centre.
    fn of(&self, of: &[Moments], kinds: &Kinds) -> Vec<f64> {
        let monomials = kinds.monomials(of, self.order);
        let at = |column| monomials.iter().enumerate().map(|(term, m)| m * self.coefficients[(term, column)]).sum();
        (0..self.coefficients.ncols()).map(at).collect()
    }
}

/// Mean distance from the centre and standard deviation of one component along an orbit.
struct Moments {
    mean: f64,
    deviation: f64,
}

fn moments(orbit: &[f64], centre: &[f64]) -> Vec<Moments> {
    let rows = (orbit.len() / centre.len()) as f64;
    let of = |i: usize| {
        let distances = || orbit.iter().skip(i).step_by(centre.len()).map(|z| z - centre[i]);
        let mean = distances().sum::<f64>() / rows;
        let square = distances().map(|d| (d - mean) * (d - mean)).sum::<f64>() / rows;
        Moments { mean, deviation: square.sqrt() }
    };
    (0..centre.len()).map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::symplectic::symplectic_form;

    const PAIRS: [Pair; 3] = [Pair::Oscillator, Pair::Rotor, Pair::Rotor];

    /// Circles about x = 0.3 J1 - 0.2 J2, y = 0.1 J2, each over whole turns.
    fn orbits() -> Ensemble {
        let mut orbits = Ensemble::new(3, (0..40).map(f64::from).collect());
        for orbit in 0..25 {
            let (j1, j2) = (f64::from(orbit % 5) - 1.0, f64::from(orbit / 5) * 0.7);
            let point = |time: i32| {
                let (sine, cosine) = (std::f64::consts::TAU * f64::from(time) / 20.0).sin_cos();
                let (x, y) = (0.3 * j1 - 0.2 * j2 + 0.5 * sine, 0.1 * j2 + 0.5 * cosine);
                [x, 0.1 * f64::from(time), 0.2, y, j1, j2]
            };
            orbits.push((0..40).flat_map(point).collect());
        }
        orbits
    }

    #[test]
    fn the_slide_is_symplectic_and_finds_the_slopes_of_the_centre() {
        let slide = find_slide(&orbits(), &PAIRS, &[0.0; 6]).unwrap();
        let form = symplectic_form(3);
        assert!((slide.transpose() * &form * &slide - &form).norm_l2() < 1e-14);
        let found = [slide[(0, 4)], slide[(0, 5)], slide[(3, 4)], slide[(3, 5)]];
        assert!(found.iter().zip([0.3, -0.2, 0.0, 0.1]).all(|(a, b)| (a - b).abs() < 1e-13), "{found:?}");
        // The momenta of the rotors stay.
        for j in 0..6 {
            let unit = |k: usize| if j == k { 1.0 } else { 0.0 };
            assert_eq!([slide[(4, j)], slide[(5, j)]], [unit(4), unit(5)]);
        }
    }

    #[test]
    fn a_centre_that_moves_along_a_parabola_is_found() {
        let mut orbits = orbits();
        for row in orbits.orbits.iter_mut().flat_map(|orbit| orbit.chunks_exact_mut(6)) {
            row[0] += 2.0 * row[4] * row[5];
        }
        for orbit in about_their_centres(&PAIRS, &orbits.orbits) {
            assert!(orbit.chunks_exact(6).all(|row| (row[0].hypot(row[3]) - 0.5).abs() < 1e-12));
        }
    }

    #[test]
    fn orbits_of_one_momentum_do_not_slide() {
        let mut orbits = orbits();
        orbits.orbits.iter_mut().flat_map(|orbit| orbit.chunks_exact_mut(6)).for_each(|row| row[4] = 0.4);
        assert!(find_slide(&orbits, &PAIRS, &[0.0; 6]).is_none());
        assert!(find_slide(&orbits, &[Pair::Oscillator; 3], &[0.0; 6]).is_none());
    }
}
