//! Integrators with a fixed step: exactly symplectic maps, by splitting where H = T(p) + V(q), implicit where not.
//!
//! Choose them for the structure: the energy error stays bounded over millions of periods, and a step undoes itself
//! when time runs backwards. For accuracy beyond about 1e-7, [`mod@crate::flow`] is cheaper. A new one is one file with
//! its coefficients, one line here and its name in [`integrator`].

mod blanes_moan;
mod gauss;
mod kahan_li;
mod leapfrog;
mod method;
mod splitting;
mod yoshida4;
mod yoshida6;

pub use blanes_moan::BlanesMoan;
pub use gauss::Gauss;
pub use kahan_li::KahanLi;
pub use leapfrog::Leapfrog;
pub use method::{METHODS, integrator, simulate_by};
pub use splitting::Splitting;
pub use yoshida4::Yoshida4;
pub use yoshida6::Yoshida6;

use crate::Ensemble;

/// A map that advances points by a step of time.
pub trait Integrator {
    /// Advances every point by `h`, in place. The slice is component-major, as kernels take it: component i of point k
    /// is at `i * n_points + k`, q before p.
    fn step(&mut self, points: &mut [f64], h: f64);
}

/// Follows points for `n_steps` steps of length `h` and keeps every `stride`-th point, the first included.
///
/// ```
/// use aa_dynamics::integrator::{Yoshida6, follow};
/// use aa_dynamics::{Hamiltonian, PhaseSpace};
/// let space = PhaseSpace::lines(["x"]);
/// let energy = (space.p(0).powi(2) + space.q(0).powi(2)) / 2;
/// let mut integrator = Yoshida6::new(&Hamiltonian::new(energy, space).unwrap()).unwrap();
/// let orbits = follow(&mut integrator, &[vec![1.0, 0.0]], 0.1, 100, 50);
/// assert_eq!(orbits.t.len(), 3);
/// assert!((orbits.row(0, 2)[0] - 10f64.cos()).abs() < 1e-5);
/// ```
///
/// # Panics
/// If `stride` is 0, or the points do not all have the same even length.
pub fn follow(
    integrator: &mut impl Integrator,
    points: &[Vec<f64>],
    h: f64,
    n_steps: usize,
    stride: usize,
) -> Ensemble {
    assert!(stride > 0, "a stride counts steps");
    let (n_points, dim) = (points.len(), points.first().map_or(0, Vec::len));
    assert!(points.iter().all(|point| point.len() == dim) && dim % 2 == 0, "all points are of one phase space");
    let mut now: Vec<f64> = (0..dim).flat_map(|i| points.iter().map(move |point| point[i])).collect();
    let mut rows = vec![Vec::new(); n_points];
    let mut t = Vec::new();
    for step in 0..=n_steps {
        if step > 0 {
            integrator.step(&mut now, h);
        }
        if step % stride == 0 {
            t.push(step as f64 * h);
            for (k, row) in rows.iter_mut().enumerate() {
                row.extend((0..dim).map(|i| now[i * n_points + k]));
            }
        }
    }
    Ensemble { orbits: rows, ..Ensemble::new(dim / 2, t) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{henon_heiles, kepler_plane, toda_ring};
    use crate::{Error, FlowOptions, Hamiltonian, simulate};

    /// What an integrator promises.
    struct Laws {
        order: i32,
        /// Steps to t = 2 at which truncation is well above rounding and below the radius of convergence.
        steps: u32,
    }

    const POINT: [f64; 4] = [0.12, -0.21, 0.23, 0.31];

    /// Every integrator passes: its order, symplecticity and reversibility, on the system of Henon and Heiles.
    fn check_integrator<I: Integrator>(build: impl Fn(&Hamiltonian) -> Result<I, Error>, laws: Laws) {
        let mut integrator = build(&henon_heiles()).unwrap();
        let mut step = |point: &[f64], h: f64| {
            let mut point = point.to_vec();
            integrator.step(&mut point, h);
            point
        };
        check_symplectic(&mut step);
        check_reversible(&mut step);
        check_order(&mut step, laws);
    }

    /// M^T J M = J, with the Jacobian M by central differences.
    fn check_symplectic(step: &mut impl FnMut(&[f64], f64) -> Vec<f64>) {
        let (h, d) = (0.3, 1e-5);
        let columns: Vec<Vec<f64>> = (0..4)
            .map(|i| {
                let mut shifted = |sign: f64| {
                    let mut point = POINT;
                    point[i] += sign * d;
                    step(&point, h)
                };
                let (above, below) = (shifted(1.0), shifted(-1.0));
                above.iter().zip(&below).map(|(a, b)| (a - b) / (2.0 * d)).collect()
            })
            .collect();
        let form = |a: &[f64], b: &[f64]| (0..2).map(|i| a[i] * b[i + 2] - a[i + 2] * b[i]).sum::<f64>();
        for i in 0..4 {
            for j in 0..4 {
                let expected = f64::from(i + 2 == j) - f64::from(j + 2 == i);
                // Differences: d^2 truncation and 1e-16/d rounding.
                assert!((form(&columns[i], &columns[j]) - expected).abs() < 1e-8, "{i} {j}");
            }
        }
    }

    /// Forwards, momenta turned round, forwards again: back at the start.
    fn check_reversible(step: &mut impl FnMut(&[f64], f64) -> Vec<f64>) {
        let turn = |point: &[f64]| vec![point[0], point[1], -point[2], -point[3]];
        let ahead = step(&POINT, 0.3);
        let back = turn(&step(&turn(&ahead), 0.3));
        for (x, y) in back.iter().zip(&POINT) {
            assert!((x - y).abs() < 1e-14, "{x} {y}");
        }
    }

    /// Halving the step divides the error at a fixed time by 2^order.
    fn check_order(step: &mut impl FnMut(&[f64], f64) -> Vec<f64>, Laws { order, steps }: Laws) {
        let exact = simulate(&henon_heiles(), &[POINT.to_vec()], &[2.0], &FlowOptions::default()).unwrap();
        let mut error = |n_steps: u32| {
            let end = (0..n_steps).fold(POINT.to_vec(), |point, _| step(&point, 2.0 / f64::from(n_steps)));
            end.iter().zip(exact.ensemble.row(0, 0)).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max)
        };
        let measured = (error(steps) / error(2 * steps)).log2();
        assert!((measured - f64::from(order)).abs() < 0.4, "order {measured}, expected {order}");
    }

    #[test]
    fn leapfrog_obeys_the_laws() {
        check_integrator(Leapfrog::new, Laws { order: 2, steps: 16 });
    }

    #[test]
    fn yoshida4_obeys_the_laws() {
        check_integrator(Yoshida4::new, Laws { order: 4, steps: 16 });
    }

    #[test]
    fn yoshida6_obeys_the_laws() {
        check_integrator(Yoshida6::new, Laws { order: 6, steps: 16 });
    }

    #[test]
    fn blanes_moan_obeys_the_laws() {
        check_integrator(BlanesMoan::fourth, Laws { order: 4, steps: 8 });
        check_integrator(BlanesMoan::sixth, Laws { order: 6, steps: 4 });
        check_integrator(BlanesMoan::nystroem_fourth, Laws { order: 4, steps: 8 });
        check_integrator(BlanesMoan::nystroem_sixth, Laws { order: 6, steps: 4 });
    }

    #[test]
    fn kahan_li_obeys_the_laws() {
        check_integrator(KahanLi::sixth, Laws { order: 6, steps: 16 });
        check_integrator(KahanLi::eighth, Laws { order: 8, steps: 8 });
    }

    #[test]
    fn gauss_obeys_the_laws() {
        check_integrator(|system| Gauss::new(system, 2), Laws { order: 4, steps: 16 });
        check_integrator(|system| Gauss::new(system, 3), Laws { order: 6, steps: 8 });
        check_integrator(|system| Gauss::new(system, 4), Laws { order: 8, steps: 4 });
    }

    #[test]
    fn gauss_follows_tops_and_keeps_their_casimir() {
        let body = crate::testing::free_body();
        let orbits = simulate_by("gauss4", &body, &[vec![0.3, 1.0, -0.2]], &[0.0, 100.0, 200.0], 0.1, 100.0).unwrap();
        let drifts = crate::flow::casimir_drifts(&body, &orbits.ensemble).unwrap();
        assert!(drifts[0].1 < 1e-14 && orbits.energy_error(0) < 1e-14, "{drifts:?} {}", orbits.energy_error(0));
    }

    #[test]
    fn every_name_has_its_integrator_and_ends_are_told() {
        let points = [vec![0.1, 0.2, 0.1, 0.1], vec![0.0, 1.5, 0.0, 1.0]];
        for name in METHODS {
            let orbits = simulate_by(name, &henon_heiles(), &points, &[0.0, 5.0, 20.0], 0.02, 100.0).unwrap();
            assert!(orbits.energy_error(0) < 1e-3, "{name} {}", orbits.energy_error(0));
            assert_eq!(orbits.outcomes[0], crate::Outcome::Finished);
            assert!(!orbits.outcomes[1].is_finished(), "{name} {:?}", orbits.outcomes[1]);
            assert!(orbits.ensemble.row(1, 2)[0].is_nan());
        }
    }

    #[test]
    fn what_an_integrator_does_not_take_is_said() {
        let top = crate::testing::free_body();
        let said = |name: &str, system: &Hamiltonian| integrator(name, system).err().unwrap().to_string();
        assert!(said("leapfrog", &top).contains("gauss8"), "{}", said("leapfrog", &top));
        assert!(said("rk4", &top).contains("kahan_li8"));
        let space = crate::PhaseSpace::lines(["x"]);
        let relativistic = crate::testing::build((space.p(0).powi(2) + 1).sqrt() + space.q(0).powi(2), space);
        assert!(said("blanes_moan_rkn6", &relativistic).contains("quadratic"));
        assert!(integrator("blanes_moan6", &relativistic).is_ok());
    }

    #[test]
    fn the_energy_error_stays_bounded() {
        let ring = toda_ring(3);
        let mut integrator = Yoshida4::new(&ring).unwrap();
        let point = vec![0.3, -0.1, -0.2, 0.5, -0.2, -0.3];
        let orbit = follow(&mut integrator, &[point], 0.1, 40_000, 100);
        let energies = crate::flow::energies(&ring, &orbit).unwrap().remove(0);
        let worst = |part: &[f64]| part.iter().map(|e| (e - energies[0]).abs()).fold(0.0, f64::max);
        // No drift: the last tenth of 4000 units is no worse than the first, up to where the extremes fall.
        assert!(worst(&energies[360..]) < 1.5 * worst(&energies[..40]));
    }

    #[test]
    fn points_side_by_side_do_not_mix() {
        let mut integrator = Yoshida6::new(&kepler_plane()).unwrap();
        let points: Vec<Vec<f64>> = (0..11).map(|k| vec![1.0, 0.02 * f64::from(k), 0.1, 0.9]).collect();
        let together = follow(&mut integrator, &points, 0.05, 20, 20);
        for (k, point) in points.iter().enumerate() {
            let alone = follow(&mut integrator, std::slice::from_ref(point), 0.05, 20, 20);
            assert_eq!(alone.orbits[0], together.orbits[k]);
        }
    }

    #[test]
    fn energies_that_mix_q_and_p_are_refused() {
        let space = crate::PhaseSpace::lines(["x"]);
        let mixed = crate::testing::build(space.p(0).powi(2) * space.q(0), space);
        assert_eq!(Leapfrog::new(&mixed).err(), Some(Error::NotSeparable));
    }
}
