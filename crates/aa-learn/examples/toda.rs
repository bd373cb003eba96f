//! Learns the Toda lattice with two degrees of freedom from orbits alone, and measures the map on other tori.
//!
//! `cargo run --release -p aa-learn --example toda -- WIDTH EVALUATIONS SEED VALUES NOISE`; with VALUES 1 it is told
//! the energy of every training orbit too; NOISE is that of the training samples, in parts per million of their size.

use aa_dynamics::frequency::{FundamentalOptions, fundamental_frequencies, match_unimodular, relative_errors};
use aa_dynamics::random::Stream;
use aa_dynamics::{CoordinateKind, Ensemble};
use aa_learn::{ActionAngleMap, LearnOptions, Spread, Stage, learn};
use std::ops::ControlFlow;
use std::time::Instant;

/// The accelerations of H = p^2/2 + (e^{2y + 2 sqrt3 x} + e^{2y - 2 sqrt3 x} + e^{-4y})/24 - 1/8.
fn force(q: [f64; 2]) -> [f64; 2] {
    let root = 3f64.sqrt();
    let [a, b, c] = springs(q);
    [-(2.0 * root * (a - b)) / 24.0, -(2.0 * (a + b) - 4.0 * c) / 24.0]
}

fn springs([x, y]: [f64; 2]) -> [f64; 3] {
    let root = 3f64.sqrt();
    [(2.0 * y + 2.0 * root * x).exp(), (2.0 * y - 2.0 * root * x).exp(), (-4.0 * y).exp()]
}

fn energy(z: &[f64]) -> f64 {
    0.5 * (z[2] * z[2] + z[3] * z[3]) + springs([z[0], z[1]]).iter().sum::<f64>() / 24.0 - 0.125
}

/// One step of the fourth-order composition of leapfrogs (Forest and Ruth 1990).
fn step(z: &mut [f64; 4], dt: f64) {
    let cube = 2f64.cbrt();
    let outer = 1.0 / (2.0 - cube);
    for share in [outer, 1.0 - 2.0 * outer, outer] {
        let dt = share * dt;
        (z[0], z[1]) = (z[0] + 0.5 * dt * z[2], z[1] + 0.5 * dt * z[3]);
        let f = force([z[0], z[1]]);
        (z[2], z[3]) = (z[2] + dt * f[0], z[3] + dt * f[1]);
        (z[0], z[1]) = (z[0] + 0.5 * dt * z[2], z[1] + 0.5 * dt * z[3]);
    }
}

/// Orbits from random points below an energy.
fn orbits(n_orbits: usize, highest: f64, every: f64, n_times: usize, dt: f64, name: &str) -> Ensemble {
    let mut ensemble = Ensemble::new(2, (0..n_times).map(|i| i as f64 * every).collect());
    let mut stream = Stream::new(1, name);
    let n_steps = (every / dt).round() as usize;
    while ensemble.orbits.len() < n_orbits {
        let mut z: [f64; 4] = std::array::from_fn(|_| 0.45 * (2.0 * stream.uniform() - 1.0));
        if energy(&z) > highest || energy(&z) < 0.001 {
            continue;
        }
        let mut rows = z.to_vec();
        for _ in 1..n_times {
            (0..n_steps).for_each(|_| step(&mut z, dt));
            rows.extend(z);
        }
        ensemble.push(rows);
    }
    ensemble
}

/// Normal deviates of a share of the root mean square of each component.
fn add_noise(ensemble: &mut Ensemble, share: f64) {
    let mut stream = Stream::new(1, "noise");
    let width = ensemble.width;
    let n = (ensemble.orbits.len() * ensemble.t.len()) as f64;
    for i in 0..width {
        let series = ensemble.orbits.iter().flat_map(|orbit| orbit.iter().skip(i).step_by(width));
        let size = (series.map(|z| z * z).sum::<f64>() / n).sqrt();
        for z in ensemble.orbits.iter_mut().flat_map(|orbit| orbit.iter_mut().skip(i).step_by(width)) {
            *z += share * size * stream.normal();
        }
    }
}

/// The median relative difference of learned frequencies from those of the orbits' spectra.
fn frequency_error(map: &ActionAngleMap, test: &Ensemble) -> Result<f64, Box<dyn std::error::Error>> {
    let spectra = fundamental_frequencies(test, &[CoordinateKind::Line; 2], &FundamentalOptions::default())?;
    let measured: Vec<Vec<f64>> = spectra.into_iter().map(|orbit| orbit.omega).collect();
    let learned = |orbit: usize| map.frequencies(&map.actions(test.row(orbit, 0)));
    let learned: Vec<Vec<f64>> = (0..test.orbits.len()).map(learned).collect();
    let errors = relative_errors(&match_unimodular(&measured, &learned)?, &measured, &learned);
    Ok(Spread::of(&errors.concat()).median)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let argument = |i: usize, default: usize| std::env::args().nth(i).and_then(|a| a.parse().ok()).unwrap_or(default);
    let clock = Instant::now();
    let mut train = orbits(300, 0.09, 0.1, 201, 0.02, "train");
    let frame = orbits(60, 0.09, 1.7, 2400, 0.1, "frame");
    add_noise(&mut train, 1e-6 * argument(5, 0) as f64);
    let test = orbits(60, 0.09, 0.5, 2049, 0.02, "test");
    eprintln!("orbits: {:.2?}", clock.elapsed());

    let options = LearnOptions {
        width: argument(1, 64),
        evaluations: argument(2, 200_000),
        seed: argument(3, 0) as u64,
        frame_orbits: Some(frame),
        ..LearnOptions::default()
    };
    let energies = |orbits: &Ensemble| (0..orbits.orbits.len()).map(|i| energy(orbits.row(i, 0))).collect();
    let options = match argument(4, 0) {
        0 => options,
        _ => LearnOptions { energies: energies(&train), ..options },
    };
    let clock = Instant::now();
    let learned = learn(&train, &options, &mut |progress| {
        let every = if progress.stage == Stage::Adam { 50 } else { 10 };
        if progress.step % every == 0 || progress.step == progress.total {
            eprintln!(
                "{:?} {}/{}: {:.3e}  {:.2?}",
                progress.stage,
                progress.step,
                progress.total,
                progress.loss,
                clock.elapsed()
            );
        }
        ControlFlow::Continue(())
    })?;
    println!("seconds               {:.2}", clock.elapsed().as_secs_f64());
    let map = &learned.map;
    println!("parameters            {}", map.n_parameters());
    let drift = map.action_drift(&test)?;
    println!("action drift          {:.1e} (95 %: {:.1e})", drift.worst_pair.median, drift.worst_pair.p95);
    for error in map.prediction_error(&test, &[1.0, 10.0, 50.0, 100.0, 500.0, 1000.0])? {
        println!("error at t = {:<7}  {:.1e} (95 %: {:.1e})", error.t, error.error.median, error.error.p95);
    }
    println!("frequencies, NAFF     {:.1e}", frequency_error(map, &test)?);
    let gaps: Vec<f64> = (0..test.orbits.len())
        .map(|i| (map.energy(&map.actions(test.row(i, 0))) - energy(test.row(i, 0))).abs())
        .collect();
    println!("|h(I) - H|            {:.1e}", gaps.iter().sum::<f64>() / gaps.len() as f64);
    println!("phase horizon         {:?}", map.phase_horizon(&test)?);
    let points: Vec<f64> = (0..20).flat_map(|orbit| test.row(orbit, 0).to_vec()).collect();
    println!("symplectic defect     {:.1e}", map.symplectic_defect(&points, 6.3));
    Ok(())
}
