//! A bundle with one of everything, small enough to look at every byte.

use aa_dataset::{Bundle, Dataset, WEIGHTS, trajectories_group, weights_group};
use aa_dynamics::Ensemble;

/// Two orbits of an oscillator with two degrees of freedom.
pub(crate) fn ensemble() -> Ensemble {
    let t: Vec<f64> = (0..40).map(|step| f64::from(step) * 0.25).collect();
    let mut ensemble = Ensemble::new(2, t.clone());
    for amplitude in [0.5, 1.5] {
        let row = |t: &f64| [t.cos(), (2.0 * t).cos(), -t.sin(), -2.0 * (2.0 * t).sin()].map(|z| amplitude * z);
        ensemble.push(t.iter().flat_map(row).collect());
    }
    ensemble
}

/// Numbers, texts, scalars, empty arrays, remarks and nested groups.
pub(crate) fn bundle() -> Bundle {
    let ensemble = ensemble();
    let energy: Vec<f64> = vec![0.625; 80];
    let mut bundle = Bundle::default();
    bundle.groups.insert("trajectories".to_owned(), trajectories_group(&ensemble, Some(&energy)).unwrap());
    let weights = [("slope".to_owned(), (vec![3, 3], vec![0.1; 9])), ("bias".to_owned(), (vec![3], vec![-1.0; 3]))];
    *bundle.group_mut(WEIGHTS) = weights_group(&weights.into());
    let expressions =
        ["p1**2/2 + q1**2/2".to_owned(), "energy of the first oscillator: ω₁ I₁".to_owned(), String::new()];
    bundle
        .insert("integrals/expression", Dataset::array([("integral", 3)], expressions.to_vec()).long_name("integrals"));
    bundle.insert("integrals/degree", Dataset::array([("integral", 3)], vec![2_i64, -1, i64::MAX]));
    bundle.insert("integrals/integral", Dataset::array([("integral", 3)], vec![1_i64, 2, 3]));
    bundle.insert("integrals/none", Dataset::array([("nothing", 0)], Vec::<f64>::new()));
    bundle.insert("integrals/no_text", Dataset::array([("nothing", 0)], Vec::<String>::new()));
    bundle.insert("system/script", Dataset::scalar("//! Zwei Schwingungen, ω = 1 und 2.\nfn coordinates(k) { 2 }"));
    bundle.insert("system/dof", Dataset::scalar(2_i64));
    bundle.insert("system/mass", Dataset::scalar(0.1).units("mass"));
    bundle.attributes.insert("title".to_owned(), "oscillators".into());
    let system = bundle.group_mut("system");
    system.attributes.insert("seed".to_owned(), 7_i64.into());
    system.attributes.insert("version".to_owned(), 0.1.into());
    system.attributes.insert("remark".to_owned(), "".into());
    bundle
}
