//! A step of Levenberg-Marquardt against its bound: the flops of J^T J by its symmetry (m n^2), of Cholesky (n^3 / 3), of
//! J itself and of the evaluations that a bent step needs besides (two for the residuals' curvature, one of its product
//! with J^T, one for the loss of the trial), at the rate of a matrix product of the same sizes, on one core.
//!
//! Medians over the first steps of a training; its last ones take more passages. The ratios are of the step to its bound,
//! and to the bound of J^T J, Cholesky and J alone. In single precision the product is in single too, though Cholesky and
//! all evaluations but that of J and its transpose stay double.

use std::ops::ControlFlow;
use std::time::Instant;

use aa_dynamics::Ensemble;
use aa_learn::{LearnOptions, Precision, Stage, learn};
use faer::traits::ComplexField;
use faer::traits::math_utils::from_f64;
use faer::{Mat, Par};

/// Orbits on tori whose frequencies depend on their size, seen in coordinates that are not canonical: steps are taken, and
/// something is left to do after each.
fn orbits(dof: usize) -> Ensemble {
    let mut orbits = Ensemble::new(dof, (0..200).map(|i| 0.2 * f64::from(i)).collect());
    for orbit in 0..60 {
        let size = |k: usize| 0.3 + 0.6 * (0.618_034 * (orbit * dof + k) as f64).fract();
        let phase = |k: usize, t: f64| (1.0 + 0.37 * k as f64 + 0.1 * size(k).powi(2)) * t + size(k);
        let bent = |k: usize, t: f64| size(k) * phase(k, t).sin() + 0.02 * (3.0 * phase(k, t)).sin();
        let row = |t: &f64| {
            let p = (0..dof).map(|k| size(k) * phase(k, *t).cos());
            (0..dof).map(|k| bent(k, *t)).chain(p).collect::<Vec<f64>>()
        };
        orbits.push(orbits.t.iter().flat_map(row).collect());
    }
    orbits
}

/// What one training shows: parameters, residuals of a step, and medians over the steps.
struct Shown {
    parameters: usize,
    step: f64,
    rate: f64,
    ratio: f64,
    ratio_to_products: f64,
}

/// Trains for some steps of so many passages, with a product of the same sizes after each: what else the machine does then
/// slows both.
fn training<E: ComplexField>(dof: usize, width: usize, passages: usize, precision: Precision) -> Shown {
    const STEPS: usize = 15;
    let parameters = parameters(dof, width);
    let residuals = 2 * dof * passages;
    let (n, m) = (parameters as f64, residuals as f64);
    let products = m * n * n + n.powi(3) / 3.0 + jacobian_flops(dof, width, passages);
    let flops = products + evaluation_flops(dof, width, passages);
    let j = Mat::<E>::from_fn(residuals, parameters, |i, j| from_f64(((i * 7 + j * 3) as f64).sin()));
    let evaluations = passages * STEPS * 10;
    let options = LearnOptions { width, evaluations, precision, ..LearnOptions::default() };
    let (mut steps, mut rates, mut ratios, mut last) = (Vec::new(), Vec::new(), Vec::new(), Instant::now());
    let learned = learn(&orbits(dof), &options, &mut |progress| {
        if progress.stage == Stage::LevenbergMarquardt && progress.step > 1 {
            steps.push(last.elapsed().as_secs_f64());
            rates.push(2.0 * m * n * n / seconds_of_product(&j));
            ratios.push(steps[steps.len() - 1] / (flops / rates[rates.len() - 1]));
        }
        last = Instant::now();
        if steps.len() < STEPS { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    assert_eq!(learned.expect("the orbits lie on tori").map.n_parameters(), parameters);
    let ratio = median(ratios);
    Shown { parameters, step: median(steps), rate: median(rates), ratio, ratio_to_products: ratio * flops / products }
}

/// Those of the shears, a, b and w each, and of h, as many as it has by default.
fn parameters(dof: usize, width: usize) -> usize {
    let monomials = |degree: usize| (1..=degree).fold(1, |n, k| n * (dof + k) / k) - 1;
    let degree = (2..=5).rev().find(|&degree| monomials(degree) <= 150).unwrap_or(2);
    width * (2 * dof + 2) + monomials(degree)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn seconds_of_product<E: ComplexField>(j: &Mat<E>) -> f64 {
    let mut gram = Mat::<E>::zeros(j.ncols(), j.ncols());
    let start = Instant::now();
    faer::linalg::matmul::matmul(gram.as_mut(), faer::Accum::Replace, j.transpose(), j, from_f64(1.0), Par::Seq);
    start.elapsed().as_secs_f64()
}

/// Flops of J: forth through the stack at both ends with sine and cosine, and back with every residual's derivative.
fn jacobian_flops(dof: usize, width: usize, passages: usize) -> f64 {
    let dim = 2 * dof;
    let (forth, back) = (4 * dim + 45, dim * (4 * dim + 2 + 4 * dim));
    (2 * passages * width * (forth + 2 * dim + back)) as f64
}

/// Flops of the evaluations: forth through the stack at both ends four times, with sine, and back once.
fn evaluation_flops(dof: usize, width: usize, passages: usize) -> f64 {
    let dim = 2 * dof;
    let (forth, back) = (4 * dim + 45, 12 * dim + 6);
    (2 * passages * width * (4 * forth + back)) as f64
}

fn main() {
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    one.expect("a pool of one thread starts").install(table);
}

fn table() {
    println!("dof  shears  parameters  passages  precision  step, ms  ratio  to products  GFLOP/s of the product");
    for (dof, width) in [(1, 64), (2, 64), (2, 160), (3, 96), (8, 60)] {
        // As many as a step takes: four residuals for each parameter, in blocks of 32 passages.
        let passages = (4 * parameters(dof, width)).div_ceil(2 * dof * 32).clamp(8, 1024) * 32;
        for precision in [Precision::Double, Precision::Single] {
            let Shown { parameters, step, rate, ratio, ratio_to_products } = match precision {
                Precision::Single => training::<f32>(dof, width, passages, precision),
                Precision::Double => training::<f64>(dof, width, passages, precision),
            };
            let (step, rate, precision) = (1e3 * step, rate / 1e9, precision.name());
            println!(
                "{dof:3}  {width:6}  {parameters:10}  {passages:8}  {precision:9}  {step:8.2}  {ratio:5.2}  {ratio_to_products:11.2}  {rate:.1}"
            );
        }
    }
}
