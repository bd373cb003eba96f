//! What a learned map must reach, from trajectories alone, on tori it has not seen.

use aa_dynamics::Ensemble;
use aa_dynamics::random::Stream;
use aa_learn::{
    ActionAngleMap, Checkpoint, Equilibrium, Error, FamilyMap, LearnOptions, Learned, Outcome, Pair, Precision, Stage,
    learn, learn_family, resume, resume_family,
};
use std::ops::ControlFlow;

/// Orbits of a vector field by the classical Runge-Kutta step, `substeps` to a sample.
fn orbits(
    field: &dyn Fn(&[f64]) -> Vec<f64>,
    starts: &[Vec<f64>],
    every: f64,
    n_times: usize,
    substeps: usize,
) -> Ensemble {
    let mut ensemble = Ensemble::new(starts[0].len() / 2, (0..n_times).map(|i| i as f64 * every).collect());
    let dt = every / substeps as f64;
    for start in starts {
        let (mut z, mut rows) = (start.clone(), start.clone());
        for _ in 1..n_times {
            (0..substeps).for_each(|_| runge_kutta(field, &mut z, dt));
            rows.extend(&z);
        }
        ensemble.push(rows);
    }
    ensemble
}

fn runge_kutta(field: &dyn Fn(&[f64]) -> Vec<f64>, z: &mut [f64], dt: f64) {
    let moved = |k: &[f64], h: f64| -> Vec<f64> { z.iter().zip(k).map(|(z, k)| z + h * k).collect() };
    let k1 = field(z);
    let k2 = field(&moved(&k1, 0.5 * dt));
    let k3 = field(&moved(&k2, 0.5 * dt));
    let k4 = field(&moved(&k3, dt));
    for i in 0..z.len() {
        z[i] += dt / 6.0 * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]);
    }
}

/// Random points of a box that pass a test.
fn points(seed: u64, n: usize, half: &[f64], keep: &dyn Fn(&[f64]) -> bool) -> Vec<Vec<f64>> {
    let mut stream = Stream::new(seed, "points");
    let mut points = Vec::new();
    while points.len() < n {
        let z: Vec<f64> = half.iter().map(|half| half * (2.0 * stream.uniform() - 1.0)).collect();
        if keep(&z) {
            points.push(z);
        }
    }
    points
}

fn quietly(orbits: &Ensemble, options: &LearnOptions) -> Result<Learned, Error> {
    learn(orbits, options, &mut |_| ControlFlow::Continue(()))
}

fn pendulum(z: &[f64]) -> Vec<f64> {
    vec![z[1], -z[0].sin()]
}

fn pendulum_energy(z: &[f64]) -> f64 {
    0.5 * z[1] * z[1] - z[0].cos()
}

/// The Toda ring of three particles in coordinates that leave its centre of mass out.
struct TodaRing;

impl TodaRing {
    /// Orthonormal displacements at right angles to (1, 1, 1).
    fn modes() -> [[f64; 3]; 2] {
        let (a, b) = (0.5f64.sqrt(), (1.0 / 6.0f64).sqrt());
        [[a, -a, 0.0], [b, b, -2.0 * b]]
    }

    fn springs(z: &[f64]) -> [f64; 3] {
        let modes = Self::modes();
        let q: [f64; 3] = std::array::from_fn(|i| modes[0][i] * z[0] + modes[1][i] * z[1]);
        std::array::from_fn(|i| (q[i] - q[(i + 1) % 3]).exp())
    }

    fn energy(z: &[f64]) -> f64 {
        0.5 * (z[2] * z[2] + z[3] * z[3]) + Self::springs(z).iter().sum::<f64>() - 3.0
    }

    fn field(z: &[f64]) -> Vec<f64> {
        let springs = Self::springs(z);
        let force = |mode: [f64; 3]| -> f64 { (0..3).map(|i| mode[i] * (springs[(i + 2) % 3] - springs[i])).sum() };
        let modes = Self::modes();
        vec![z[2], z[3], force(modes[0]), force(modes[1])]
    }
}

#[test]
fn the_resonant_toda_ring_is_learned_from_orbits_alone() {
    let inside = |z: &[f64]| (0.05..1.0).contains(&TodaRing::energy(z));
    let half = [1.0, 1.0, 1.4, 1.4];
    let train = orbits(&TodaRing::field, &points(1, 150, &half, &inside), 0.1, 121, 2);
    let long = orbits(&TodaRing::field, &points(2, 30, &half, &inside), 1.0, 1500, 8);
    let test = orbits(&TodaRing::field, &points(3, 20, &half, &inside), 0.5, 401, 10);
    let options = LearnOptions { width: 32, evaluations: 60_000, frame_orbits: Some(long), ..LearnOptions::default() };
    let map = quietly(&train, &options).unwrap().map;
    let drift = map.action_drift(&test).unwrap().worst_pair;
    assert!(drift.median < 5e-4, "drift {drift:?}");
    let error = map.prediction_error(&test, &[200.0]).unwrap()[0].error;
    assert!(error.median < 6e-3, "error {error:?}");
    // h(I) is the energy, though no energy was shown.
    let gap = |z: &Vec<f64>| (map.energy(&map.actions(z)) / TodaRing::energy(z) - 1.0).abs();
    let worst = points(4, 30, &half, &inside).iter().map(gap).fold(0.0, f64::max);
    assert!(worst < 1e-2, "energy off by {worst}");
    assert!(map.symplectic_defect(test.row(0, 0), 3.6) < 1e-12);
    assert!(map.phase_horizon(&test).unwrap().t > 200.0);
}

#[test]
fn a_librating_pendulum_has_the_frequency_of_the_elliptic_integral() {
    let inside = |z: &[f64]| (-0.98..0.3).contains(&pendulum_energy(z));
    let train = orbits(&pendulum, &points(1, 60, &[1.9, 1.7], &inside), 0.15, 161, 3);
    let map = quietly(&train, &LearnOptions { width: 24, evaluations: 80_000, ..LearnOptions::default() }).unwrap().map;
    for amplitude in [0.4, 0.9, 1.4, 1.8] {
        let action = map.actions(&[amplitude, 0.0])[0];
        let omega = map.frequencies(&[action])[0];
        // omega = agm(1, cos(amplitude/2)).
        let (mut a, mut g) = (1.0, (0.5f64 * amplitude).cos());
        for _ in 0..6 {
            (a, g) = (0.5 * (a + g), f64::sqrt(a * g));
        }
        assert!((omega / a - 1.0).abs() < 1e-3, "amplitude {amplitude}: {omega} against {a}");
        let energy = 1.0 - f64::cos(amplitude);
        assert!((map.energy(&[action]) / energy - 1.0).abs() < 3e-3);
        // Where angles start is free, torus by torus; between the turning points lies half a turn.
        let [right, left] = [amplitude, -amplitude].map(|q| map.angles(&[q, 0.0])[0]);
        assert!(((right - left).abs() - std::f64::consts::PI).abs() < 1e-2);
    }
}

#[test]
fn known_energies_make_h_the_energy_and_do_the_motion_no_harm() {
    let inside = |z: &[f64]| (-0.98..0.3).contains(&pendulum_energy(z));
    let train = orbits(&pendulum, &points(1, 60, &[1.9, 1.7], &inside), 0.15, 161, 3);
    let test = orbits(&pendulum, &points(2, 30, &[1.9, 1.7], &inside), 0.5, 401, 10);
    let plain = LearnOptions { width: 16, evaluations: 30_000, ..LearnOptions::default() };
    let energies = train.orbits.iter().map(|rows| pendulum_energy(rows)).collect();
    let told = LearnOptions { energies, ..plain.clone() };
    let [without, with] = [&plain, &told].map(|options| {
        let map = quietly(&train, options).unwrap().map;
        let gap = |orbit: usize| map.energy(&map.actions(test.row(orbit, 0))) - pendulum_energy(test.row(orbit, 0));
        let gaps: Vec<f64> = (0..test.orbits.len()).map(gap).collect();
        let mean = |gaps: &mut dyn Iterator<Item = f64>| gaps.map(f64::abs).sum::<f64>() / test.orbits.len() as f64;
        let offset = gaps.iter().sum::<f64>() / gaps.len() as f64;
        let error = mean(&mut gaps.iter().copied());
        let apart = mean(&mut gaps.iter().map(|gap| gap - offset));
        (error, apart, map.action_drift(&test).unwrap().worst_pair.median)
    });
    // From orbits alone h(0) = 0, while the energy at rest is -1.
    assert!((without.0 - 1.0).abs() < 1e-2, "{without:?}");
    assert!(with.0 < 2e-4, "{with:?} against {without:?}");
    // From seed to seed the drift differs by a factor of three, with and without.
    assert!(with.2 < 3e-4 && with.2 < 4.0 * without.2, "{with:?} against {without:?}");
}

#[test]
fn a_map_trained_in_single_precision_is_as_good_and_exactly_symplectic() {
    let inside = |z: &[f64]| z.iter().map(|z| z * z).sum::<f64>() < 0.2;
    let train = orbits(&coupled(0.3), &points(1, 60, &[0.45; 4], &inside), 0.25, 121, 4);
    let test = orbits(&coupled(0.3), &points(2, 20, &[0.45; 4], &inside), 0.5, 401, 10);
    let options = LearnOptions { width: 24, evaluations: 50_000, ..LearnOptions::default() };
    let [single, double] = Precision::ALL.map(|precision| {
        let map = quietly(&train, &LearnOptions { precision, ..options.clone() }).unwrap().map;
        assert!(map.symplectic_defect(test.row(0, 0), 6.0) < 1e-12);
        (map.action_drift(&test).unwrap().worst_pair.median, map)
    });
    // From seed to seed the drift differs by a factor of two.
    assert!(single.0 < 2.5e-4 && single.0 < 2.0 * double.0, "drift {:e} against {:e}", single.0, double.0);
    assert_ne!(single.1, double.1);
    let (z, t) = (test.row(0, 0), [0.5, 40.0]);
    let [rough, exact] = Precision::ALL.map(|precision| double.1.predict_many_in(precision, z, &t));
    let gap = rough.iter().zip(&exact).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(gap > 0.0 && gap < 1e-5, "{gap:e}");
}

#[test]
fn a_rotating_pendulum_is_a_rotor_with_the_exact_action() {
    let start = |momentum: f64, phase: f64| vec![phase, momentum];
    let starts: Vec<Vec<f64>> = (0..50).map(|i| start(2.3 + 0.024 * f64::from(i), f64::from(i))).collect();
    let inside: Vec<Vec<f64>> =
        starts.into_iter().map(|z| vec![z[0], (z[1] * z[1] - 2.0 + 2.0 * z[0].cos()).sqrt()]).collect();
    let train = orbits(&pendulum, &inside, 0.1, 151, 4);
    let options = LearnOptions { pairs: vec![Pair::Rotor], width: 24, evaluations: 80_000, ..LearnOptions::default() };
    let map = quietly(&train, &options).unwrap().map;
    for momentum in [2.5f64, 2.9, 3.3] {
        // J and 2 pi / omega are means of p and 1/p over the circle; the trapezoid rule is exact to rounding there.
        let p =
            |i: i32| (momentum * momentum - 2.0 + 2.0 * (f64::from(i) * std::f64::consts::TAU / 200.0).cos()).sqrt();
        let action = (0..200).map(p).sum::<f64>() / 200.0;
        let omega = 200.0 / (0..200).map(|i| 1.0 / p(i)).sum::<f64>();
        let learned = map.actions(&[0.0, momentum])[0];
        assert!((learned - action).abs() < 2e-3, "{learned} against {action}");
        assert!((map.frequencies(&[learned])[0] / omega - 1.0).abs() < 1e-3);
        let turned = map.predict(&[0.3 + std::f64::consts::TAU, momentum], 5.0);
        let plain = map.predict(&[0.3, momentum], 5.0);
        assert!((turned[0] - plain[0] - std::f64::consts::TAU).abs() < 1e-12);
    }
}

#[test]
fn uncoupled_oscillators_have_their_own_actions() {
    let omega = [1.0, 2f64.sqrt()];
    let field = |z: &[f64]| vec![z[2], z[3], -omega[0] * omega[0] * z[0], -omega[1] * omega[1] * z[1]];
    let everywhere = |z: &[f64]| z.iter().map(|z| z * z).sum::<f64>() > 0.1;
    let train = orbits(&field, &points(1, 40, &[1.0; 4], &everywhere), 0.15, 200, 6);
    let mut options = LearnOptions { width: 8, evaluations: 40_000, ..LearnOptions::default() };
    let hessian = [1.0, 0.0, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0];
    let exact = Equilibrium { point: vec![0.0; 4], hessian: hessian.to_vec() };
    for equilibrium in [None, Some(exact)] {
        options.equilibrium = equilibrium;
        let map = quietly(&train, &options).unwrap().map;
        for z in points(2, 10, &[1.0; 4], &everywhere) {
            let exact = [0, 1].map(|k| 0.5 * (z[k + 2] * z[k + 2] / omega[k] + omega[k] * z[k] * z[k]));
            let mut learned = map.actions(&z);
            let mut frequencies = map.frequencies(&learned);
            if frequencies[0] > frequencies[1] {
                learned.reverse();
                frequencies.reverse();
            }
            for k in 0..2 {
                assert!((learned[k] - exact[k]).abs() < 2e-3, "{learned:?} against {exact:?}");
                assert!((frequencies[k] - omega[k]).abs() < 1e-3);
            }
        }
    }
}

#[test]
fn a_free_pair_keeps_its_momentum_and_moves_along() {
    // H = P^2/2 + (p^2 + Omega^2 q^2)/2 with Omega = 1 + 0.3 P; coordinates (X, q).
    let field = |z: &[f64]| {
        let omega = 1.0 + 0.3 * z[2];
        vec![z[2] + 0.3 * omega * z[1] * z[1], z[3], 0.0, -omega * omega * z[1]]
    };
    let everywhere = |z: &[f64]| z[1].hypot(z[3]) > 0.3;
    let train = orbits(&field, &points(1, 80, &[0.5, 0.8, 1.0, 0.8], &everywhere), 0.15, 141, 5);
    let options = LearnOptions {
        pairs: vec![Pair::Free, Pair::Oscillator],
        width: 24,
        evaluations: 80_000,
        ..LearnOptions::default()
    };
    let map = quietly(&train, &options).unwrap().map;
    for z in points(2, 10, &[0.5, 0.8, 0.9, 0.8], &everywhere) {
        let omega = 1.0 + 0.3 * z[2];
        let exact = 0.5 * (z[3] * z[3] / omega + omega * z[1] * z[1]);
        let actions = map.actions(&z);
        assert!((actions[0] - z[2]).abs() < 1e-12, "the free momentum is its own action");
        assert!((actions[1] - exact).abs() < 5e-3, "{} against {exact}", actions[1]);
        let frequencies = map.frequencies(&actions);
        assert!((frequencies[0] - (z[2] + 0.3 * exact)).abs() < 1e-2 && (frequencies[1] - omega).abs() < 3e-3);
    }
    // Far along the line the map is the same.
    let (near, far) = (map.predict(&[0.0, 0.5, 0.2, 0.1], 9.0), map.predict(&[1e3, 0.5, 0.2, 0.1], 9.0));
    assert!((far[0] - near[0] - 1e3).abs() < 1e-9 && (far[1] - near[1]).abs() < 1e-9);
}

#[test]
fn a_frozen_pair_stands_still() {
    // One oscillator and one idle pair, mixed by a rotation of the plane.
    let (c, s) = (0.8, 0.6);
    let field = |z: &[f64]| {
        let (x, y) = (c * z[0] + s * z[1], c * z[2] + s * z[3]);
        vec![c * y, s * y, -c * x, -s * x]
    };
    let everywhere = |_: &[f64]| true;
    let train = orbits(&field, &points(1, 60, &[1.0; 4], &everywhere), 0.2, 100, 6);
    let options = LearnOptions {
        pairs: vec![Pair::Frozen, Pair::Oscillator],
        width: 8,
        evaluations: 40_000,
        ..LearnOptions::default()
    };
    let map = quietly(&train, &options).unwrap().map;
    let z = [0.4, -0.3, 0.5, 0.7];
    let (x, y) = (c * z[0] + s * z[1], c * z[2] + s * z[3]);
    assert!((map.actions(&z)[1] - 0.5 * (x * x + y * y)).abs() < 1e-3);
    assert_eq!(map.frequencies(&map.actions(&z))[0], 0.0);
    let drift = map.action_drift(&train).unwrap().worst_pair;
    assert!(drift.p95 < 2e-3, "{drift:?}");
}

/// H = (px^2 + py^2 + x^2 + 2 y^2)/2 + d (x^2 y - y^3/3): linear modes that do not resonate, and a coupling.
fn coupled(d: f64) -> impl Fn(&[f64]) -> Vec<f64> {
    move |z: &[f64]| vec![z[2], z[3], -z[0] - 2.0 * d * z[0] * z[1], -2.0 * z[1] - d * (z[0] * z[0] - z[1] * z[1])]
}

/// Orbits of one member, below an energy of 0.15 or so.
fn member(d: f64, seed: u64, n: usize, every: f64, n_times: usize) -> Ensemble {
    let inside = |z: &[f64]| z.iter().map(|z| z * z).sum::<f64>() < 0.2;
    orbits(&coupled(d), &points(seed, n, &[0.45; 4], &inside), every, n_times, 4)
}

#[test]
fn one_map_serves_a_family_and_its_members_in_between() {
    let members: Vec<(Vec<f64>, Ensemble)> =
        (0..5).map(|i| 0.1 * f64::from(i)).map(|d| (vec![d], member(d, 1, 40, 0.25, 121))).collect();
    let options = LearnOptions { width: 32, evaluations: 80_000, ..LearnOptions::default() };
    let family = learn_family(&members, &options, &mut |_| ControlFlow::Continue(())).unwrap().map;
    let back = FamilyMap::from_weights(&family.weights()).unwrap();
    assert_eq!(back, family);
    for d in [0.15, 0.35] {
        let test = member(d, 2, 20, 0.5, 401);
        let single = quietly(&member(d, 1, 40, 0.25, 121), &options).unwrap().map;
        let [shared, own] = [&family.at(&[d]).unwrap(), &single].map(|map| {
            assert!(map.symplectic_defect(test.row(0, 0), 6.0) < 1e-12);
            let error = map.prediction_error(&test, &[200.0]).unwrap()[0].error.median;
            (map.action_drift(&test).unwrap().worst_pair.median, error)
        });
        assert!(shared.0 < 1e-3 && shared.1 < 1e-2, "d = {d}: {shared:?}, by itself {own:?}");
    }
    // Parameters matter: the map of one member is none of another.
    let stranger = family.at(&[0.0]).unwrap().action_drift(&member(0.35, 2, 20, 0.5, 401)).unwrap();
    assert!(stranger.worst_pair.median > 1e-2, "{stranger:?}");
    assert_eq!(family.outside(&[0.3]), 0.0);
    assert!((family.outside(&[0.6]) - 1.0).abs() < 1e-12);
    assert!(family.at(&[0.1, 0.2]).is_err() && family.at(&[f64::NAN]).is_err());
    assert!(learn_family(&members[..1], &options, &mut |_| ControlFlow::Continue(())).is_err());
}

#[test]
fn the_learning_of_a_family_that_was_cut_off_ends_with_the_bytes_of_one_that_was_not() {
    let members = [0.1, 0.2, 0.4].map(|d| (vec![d], member(d, 1, 4, 0.25, 41)));
    let options = LearnOptions { width: 4, evaluations: 12_000, ..LearnOptions::default() };
    let whole = learn_family(&members, &options, &mut |_| ControlFlow::Continue(())).unwrap();
    let n_adam = whole.history.iter().filter(|progress| progress.stage == Stage::Adam).count();
    for cut in [1, n_adam + 1] {
        let (mut kept, mut done) = (None, 0);
        resume_family(&members, &options, None, &mut |moment| {
            kept = Some(moment.checkpoint().arrays());
            done += 1;
            if done == cut { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .unwrap();
        let checkpoint = Checkpoint::from_arrays(&kept.unwrap()).unwrap();
        let go_on = |members: &[(Vec<f64>, Ensemble)]| {
            resume_family(members, &options, Some(checkpoint.clone()), &mut |_| ControlFlow::Continue(()))
        };
        assert_eq!(go_on(&members).unwrap(), whole, "cut after step {cut}");
        let mut other = members.clone();
        other[1].0[0] = 0.3;
        assert_eq!(go_on(&other).unwrap_err(), Error::OtherCheckpoint);
    }
}

/// A small task for what does not depend on quality.
fn small() -> (Ensemble, LearnOptions) {
    let inside = |z: &[f64]| (-0.9..0.0).contains(&pendulum_energy(z));
    let train = orbits(&pendulum, &points(1, 12, &[1.5, 1.4], &inside), 0.2, 80, 2);
    (train, LearnOptions { width: 6, evaluations: 12_000, ..LearnOptions::default() })
}

#[test]
fn the_same_seed_gives_the_same_bytes_on_any_number_of_threads() {
    let (train, options) = small();
    let on = |threads: usize, options: &LearnOptions| -> ActionAngleMap {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| quietly(&train, options).unwrap().map)
    };
    let single = LearnOptions { precision: Precision::Single, ..options.clone() };
    assert_eq!(on(1, &single), on(2, &single));
    let bytes = |map: &ActionAngleMap| -> Vec<u64> {
        map.weights().iter().flat_map(|array| array.data.iter().map(|x| x.to_bits()).collect::<Vec<u64>>()).collect()
    };
    assert_eq!(bytes(&on(1, &options)), bytes(&on(3, &options)));
    let other = LearnOptions { seed: 1, ..options.clone() };
    assert_ne!(bytes(&on(1, &options)), bytes(&quietly(&train, &other).unwrap().map));
}

#[test]
fn a_caller_may_stop_and_keeps_the_map() {
    let (train, options) = small();
    let mut left = 7;
    let learned = learn(&train, &options, &mut |_| {
        left -= 1;
        if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
    .unwrap();
    assert_eq!((learned.outcome, learned.history.len()), (Outcome::Stopped, 7));
}

#[test]
fn a_run_that_was_cut_off_ends_with_the_bytes_of_one_that_was_not() {
    let (train, options) = small();
    for precision in Precision::ALL {
        let (train, options) = (&train, &LearnOptions { precision, ..options.clone() });
        let whole = quietly(train, options).unwrap();
        let n_adam = whole.history.iter().filter(|progress| progress.stage == Stage::Adam).count();
        for cut in [1, n_adam - 1, n_adam, n_adam + 1, whole.history.len() - 1] {
            let mut kept = None;
            resume(train, options, None, &mut |moment| {
                kept = Some(moment.checkpoint().arrays());
                let before = if moment.progress.stage == Stage::Adam { 0 } else { n_adam };
                let done = before + moment.progress.step;
                if done == cut { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            })
            .unwrap();
            let checkpoint = Checkpoint::from_arrays(&kept.unwrap()).unwrap();
            let resumed = resume(train, options, Some(checkpoint.clone()), &mut |_| ControlFlow::Continue(())).unwrap();
            assert_eq!(resumed, whole, "cut after step {cut}");
            let turned = Precision::ALL[usize::from(options.precision == Precision::Single)];
            for other in
                [LearnOptions { seed: 9, ..options.clone() }, LearnOptions { precision: turned, ..options.clone() }]
            {
                let refused = resume(train, &other, Some(checkpoint.clone()), &mut |_| ControlFlow::Continue(()));
                assert_eq!(refused.unwrap_err(), Error::OtherCheckpoint);
            }
        }
    }
}

#[test]
fn what_cannot_be_learned_from_is_refused_in_words() {
    let (train, options) = small();
    let refusal = |orbits: &Ensemble, options: &LearnOptions| quietly(orbits, options).unwrap_err();
    let mut broken = train.clone();
    broken.orbits[3][2 * 5 + 1] = f64::NAN;
    assert_eq!(refusal(&broken, &options), Error::NotFinite { orbit: 3, time: 5 });
    let mut few = train.clone();
    few.orbits.truncate(2);
    let curved = LearnOptions { degree: Some(2), ..options.clone() };
    assert!(matches!(refusal(&few, &curved), Error::TooFewOrbits { orbits: 2, .. }));
    few.orbits.clear();
    assert!(matches!(refusal(&few, &options), Error::TooFewOrbits { orbits: 0, .. }));
    let two = LearnOptions { pairs: vec![Pair::Oscillator; 2], ..options.clone() };
    assert_eq!(refusal(&train, &two), Error::PairCount { dof: 1, pairs: 2 });
    let saddle = Equilibrium { point: vec![0.0; 2], hessian: vec![-1.0, 0.0, 0.0, 1.0] };
    let saddle = LearnOptions { equilibrium: Some(saddle), ..options.clone() };
    assert!(matches!(refusal(&train, &saddle), Error::Hyperbolic { rate } if (rate - 1.0).abs() < 1e-12));
}

#[test]
fn orbits_on_both_sides_of_a_separatrix_are_refused() {
    // Rotating pendulums among librating ones, and the double well with orbits in one of its wells.
    let rotor = LearnOptions { pairs: vec![Pair::Rotor], ..LearnOptions::default() };
    let mut starts: Vec<Vec<f64>> = (0..10).map(|i| vec![0.0, 2.3 + 0.05 * f64::from(i)]).collect();
    starts.push(vec![0.0, 1.5]);
    let mixed = orbits(&pendulum, &starts, 0.1, 300, 3);
    assert!(matches!(quietly(&mixed, &rotor), Err(Error::Separatrix { orbit: 10, .. })));
    let well = |z: &[f64]| vec![z[1], z[0] - z[0].powi(3)];
    let mut starts: Vec<Vec<f64>> = (0..10).map(|i| vec![0.0, 0.8 + 0.05 * f64::from(i)]).collect();
    starts.push(vec![1.2, 0.0]);
    let mixed = orbits(&well, &starts, 0.1, 500, 3);
    assert!(matches!(quietly(&mixed, &LearnOptions::default()), Err(Error::Separatrix { orbit: 10, .. })));
}
