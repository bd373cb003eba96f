//! Free motion: what a reduction took out, and how it moves.
//!
//! Where the kinetic energy is a constant quadratic form of the momenta, p W p / 2, and sums P of momenta are
//! conserved, blocks of W by free (f) and active (a) momenta give the motion in closed form:
//!
//! ```text
//! p_a' = p_a + B P              B = W_aa^-1 W_af     (the boost: the reduced system moves (q_a, p_a') as if P = 0)
//! x_f(t) = x_f + S P t + B^T (q_a(t) - q_a)          S = W_ff - W_fa W_aa^-1 W_af
//! ```
//!
//! With equal masses B = 0 and P only drifts. Used to bring predictions of a reduced system back to the coordinates of
//! the user; see [`Reduction`] for what is taken out.

use aa_symbolic::{Expr, differentiate, evaluate, substitute};
use faer::Mat;
use faer::linalg::solvers::{PartialPivLu, Solve};

use crate::reduction::ReducedPoint;
use crate::symmetric::dot;
use crate::{Hamiltonian, Reduction};

/// The free directions of a system, and the law of motion along them where there is a closed one.
#[derive(Clone, Debug, PartialEq)]
pub struct FreeMotion {
    /// Orthonormal rows: free directions first, then the active ones; no rows where nothing was taken out.
    pub directions: Vec<Vec<f64>>,
    /// How many directions are free.
    pub n_free: usize,
    /// The law; none where the kinetic energy is no constant quadratic form of the momenta: terms linear in them, as of a
    /// moving frame or a magnetic field, have none either.
    pub law: Option<FreeLaw>,
}

/// How free directions move.
#[derive(Clone, Debug, PartialEq)]
pub struct FreeLaw {
    /// B, one row for each active direction.
    pub boost: Vec<Vec<f64>>,
    /// S, one row for each free direction.
    pub velocity: Vec<Vec<f64>>,
}

impl FreeMotion {
    /// No free directions: the reduced system is the system.
    pub fn none() -> FreeMotion {
        FreeMotion { directions: Vec::new(), n_free: 0, law: Some(FreeLaw { boost: Vec::new(), velocity: Vec::new() }) }
    }

    /// The free motion of what a reduction of the system took out.
    pub fn of(system: &Hamiltonian, reduction: &Reduction) -> FreeMotion {
        let n_free = reduction.n_free();
        if n_free == 0 {
            return FreeMotion::none();
        }
        let directions = reduction.directions().to_vec();
        let law = kinetic_form(system).and_then(|form| law(&form, &directions, n_free));
        FreeMotion { directions, n_free, law }
    }

    /// The active part of a point of the whole system, boosted to zero free momentum, and the free part.
    ///
    /// # Panics
    /// If the point does not have two numbers for each direction.
    pub fn split(&self, point: &[f64]) -> ReducedPoint {
        if self.n_free == 0 {
            return ReducedPoint { active: point.to_vec(), free_coordinates: Vec::new(), free_momenta: Vec::new() };
        }
        let n = self.directions.len();
        assert_eq!(point.len(), 2 * n, "a point has two numbers for each direction");
        let along = |values: &[f64]| -> Vec<f64> { self.directions.iter().map(|d| dot(d, values)).collect() };
        let (q, p) = (along(&point[..n]), along(&point[n..]));
        let (free_coordinates, free_momenta) = (q[..self.n_free].to_vec(), p[..self.n_free].to_vec());
        let boosted = p[self.n_free..].iter().enumerate().map(|(i, p)| p + self.boost(i, &free_momenta));
        let active = q[self.n_free..].iter().copied().chain(boosted).collect();
        ReducedPoint { active, free_coordinates, free_momenta }
    }

    /// The point of the whole system at time t: the reduced system went from `start` to `active`.
    ///
    /// Without a law the free part stays where it was.
    ///
    /// # Panics
    /// If the numbers do not match the directions.
    pub fn join(&self, start: &ReducedPoint, active: &[f64], t: f64) -> Vec<f64> {
        if self.n_free == 0 {
            return active.to_vec();
        }
        let n = self.directions.len();
        let (q, p) = active.split_at(n - self.n_free);
        let at_start = |i: usize| start.active[i];
        let free_q = (0..self.n_free).map(|f| {
            let Some(law) = &self.law else { return start.free_coordinates[f] };
            let recoil: f64 = law.boost.iter().enumerate().map(|(i, row)| row[f] * (q[i] - at_start(i))).sum();
            start.free_coordinates[f] + t * dot(&law.velocity[f], &start.free_momenta) + recoil
        });
        let all_q: Vec<f64> = free_q.chain(q.iter().copied()).collect();
        let unboosted = p.iter().enumerate().map(|(i, p)| p - self.boost(i, &start.free_momenta));
        let all_p: Vec<f64> = start.free_momenta.iter().copied().chain(unboosted).collect();
        let back =
            |values: &[f64], i: usize| -> f64 { values.iter().zip(&self.directions).map(|(v, d)| v * d[i]).sum() };
        (0..n).map(|i| back(&all_q, i)).chain((0..n).map(|i| back(&all_p, i))).collect()
    }

    /// The energy P S P / 2 of the free motion of a point; 0 without a law.
    pub fn energy(&self, point: &ReducedPoint) -> f64 {
        let momenta = &point.free_momenta;
        let law = self.law.iter().flat_map(|law| &law.velocity).zip(momenta);
        law.map(|(row, momentum)| 0.5 * momentum * dot(row, momenta)).sum()
    }

    /// What the free momenta add to an active momentum.
    fn boost(&self, active: usize, free_momenta: &[f64]) -> f64 {
        self.law.as_ref().map_or(0.0, |law| dot(&law.boost[active], free_momenta))
    }
}

/// W, where the second derivatives of H by the momenta are numbers, and the first ones vanish with the momenta.
fn kinetic_form(system: &Hamiltonian) -> Option<Mat<f64>> {
    let momenta = system.space().momenta();
    let n = momenta.len();
    let at_rest: Vec<(Expr, Expr)> = momenta.iter().map(|p| (p.clone(), Expr::zero())).collect();
    let mut form = Mat::zeros(n, n);
    for (i, p) in momenta.iter().enumerate() {
        let slope = differentiate(system.energy(), p);
        if !substitute(&slope, &at_rest).is_zero() {
            return None;
        }
        for (j, other) in momenta.iter().enumerate() {
            let curvature: Expr = differentiate(&slope, other);
            if !curvature.symbols().is_empty() {
                return None;
            }
            form[(i, j)] = evaluate(&curvature, &[], &[]);
        }
    }
    Some(form)
}

fn law(form: &Mat<f64>, directions: &[Vec<f64>], n_free: usize) -> Option<FreeLaw> {
    let n = directions.len();
    let rows = Mat::from_fn(n, n, |i, j| directions[i][j]);
    let adapted = &rows * form * rows.transpose();
    let n_active = n - n_free;
    let by_active = Mat::from_fn(n_active, n_active, |i, j| adapted[(n_free + i, n_free + j)]);
    let mixed = Mat::from_fn(n_active, n_free, |i, f| adapted[(n_free + i, f)]);
    let boost = PartialPivLu::new(by_active.as_ref()).solve(&mixed);
    let recoil = mixed.transpose() * &boost;
    let finite = (0..n_active).all(|i| (0..n_free).all(|f| boost[(i, f)].is_finite()));
    let entry = |f: usize, g: usize| adapted[(f, g)] - recoil[(f, g)];
    finite.then(|| FreeLaw {
        boost: (0..n_active).map(|i| (0..n_free).map(|f| boost[(i, f)]).collect()).collect(),
        velocity: (0..n_free).map(|f| (0..n_free).map(|g| entry(f, g)).collect()).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FlowOptions, PhaseSpace, simulate};
    use aa_symbolic::Rational;

    /// Three particles of masses 1, 2 and 4 on a ring of anharmonic springs.
    fn unequal_masses() -> Hamiltonian {
        let space = PhaseSpace::numbered(3);
        let kinetic: Expr = (0..3).map(|i| space.p(i).powi(2) / (2 << i)).sum();
        let spring = |i: usize| {
            let stretch = space.q(i) - space.q((i + 1) % 3);
            stretch.powi(2) / 2 + stretch.powi(4) / 4
        };
        let energy = kinetic + spring(0) + spring(1) + spring(2);
        crate::testing::build(energy, space)
    }

    #[test]
    fn a_drifting_and_recoiling_centre_is_followed_exactly() {
        let system = unequal_masses();
        let reduction = Reduction::new(&system, &[vec![Rational::ONE; 3]]).unwrap();
        let motion = FreeMotion::of(&system, &reduction);
        assert!(motion.law.as_ref().is_some_and(|law| law.boost.iter().flatten().any(|b| b.abs() > 0.1)));
        let start = [0.3, -0.5, 0.1, 0.9, -0.2, 0.7];
        let t = [0.0, 3.0, 17.0];
        let options = FlowOptions::default();
        let whole = simulate(&system, &[start.to_vec()], &t, &options).unwrap().ensemble;
        let split = motion.split(&start);
        let energies = [(&system, &start[..]), (reduction.reduced(), &split.active)];
        let [all, inner] = energies.map(|(h, z)| evaluate(h.energy(), &h.space().symbols(), z));
        assert!((all - inner - motion.energy(&split)).abs() < 1e-14);
        let reduced =
            simulate(reduction.reduced(), std::slice::from_ref(&split.active), &t, &options).unwrap().ensemble;
        for (time, t) in t.into_iter().enumerate() {
            let joined = motion.join(&split, reduced.row(0, time), t);
            for (a, b) in joined.iter().zip(whole.row(0, time)) {
                // Two integrations, each good to rounding times the time.
                assert!((a - b).abs() < 1e-11, "t = {t}: {a} {b}");
            }
        }
    }

    #[test]
    fn a_kinetic_energy_that_is_no_quadratic_form_has_no_law() {
        let space = PhaseSpace::numbered(2);
        let [p0, p1] = [0, 1].map(|i| space.p(i));
        let relativistic = (p0.powi(2) + 1).sqrt() + (p1.powi(2) + 1).sqrt();
        let drifting = p0.powi(2) / 2 + p1.powi(2) / 4 + p0 / 3;
        for kinetic in [relativistic, drifting] {
            let energy = kinetic + (space.q(0) - space.q(1)).powi(2);
            let system = crate::testing::build(energy, space.clone());
            let reduction = Reduction::new(&system, &[vec![Rational::ONE; 2]]).unwrap();
            assert_eq!(FreeMotion::of(&system, &reduction).law, None);
        }
    }

    #[test]
    fn without_free_directions_points_stay_as_they_are() {
        let motion = FreeMotion::none();
        let split = motion.split(&[0.1, 0.2]);
        assert_eq!(motion.join(&split, &[0.3, 0.4], 5.0), [0.3, 0.4]);
    }
}
