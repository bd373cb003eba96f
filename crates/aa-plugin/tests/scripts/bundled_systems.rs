//! Every bundled system loads, says where it is from, and claims nothing that is wrong.

use aa_dynamics::poisson_bracket;
use aa_dynamics::random::Stream;
use aa_plugin::{Registry, SearchPath, System, SystemSettings, load_system};
use aa_symbolic::evaluate;

use crate::terms;

fn registry() -> Registry {
    Registry::open(&SearchPath::bundled_only()).expect("bundled plugins are right")
}

fn load(name: &str, set: &[(&str, &str)]) -> System {
    let set = set.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
    let settings = SystemSettings { set, ..SystemSettings::default() };
    let source = registry().system(name).unwrap_or_else(|error| panic!("{name}: {error}"));
    load_system(&source, &settings).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn all() -> Vec<System> {
    let registry = registry();
    let names: Vec<String> = registry.plugins().iter().flat_map(|p| p.manifest.systems.clone()).collect();
    names.iter().map(|name| load(name, &[])).collect()
}

#[test]
fn every_system_loads_and_names_its_source() {
    let systems = all();
    let names: Vec<&str> = systems.iter().map(|system| system.name.as_str()).collect();
    for name in [
        "toda",
        "toda_open",
        "toda2",
        "fput",
        "harmonic_chain",
        "anisotropic",
        "henon_heiles",
        "pendulum",
        "double_well",
        "kepler",
        "kepler_plane",
        "kepler_polar",
        "isochrone",
    ] {
        assert!(names.contains(&name), "{name}");
    }
    for system in &systems {
        assert!(system.description.contains("Source"), "{}", system.name);
        assert!(system.initial.is_some() && system.plugin.is_some(), "{}", system.name);
    }
}

/// A point of the system's box, or near the unit box where it has none; coordinates above 0.5, momenta below 1.
fn sample(system: &System, stream: &mut Stream) -> Vec<f64> {
    let bounds = system.initial.as_ref().and_then(|initial| initial.bounds.clone());
    let bounds = bounds.unwrap_or_else(|| vec![(0.5, 1.0); 2 * system.hamiltonian.dof()]);
    bounds.iter().map(|(low, high)| low + (high - low) * stream.uniform()).collect()
}

#[track_caller]
fn check_claims(system: &System) {
    let space = system.hamiltonian.space();
    let mut stream = Stream::new(5, &system.name);
    for (name, claim) in &system.claims {
        let rate = poisson_bracket(claim, system.hamiltonian.energy(), space);
        for _ in 0..10 {
            let point = sample(system, &mut stream);
            let [rate, size] = [&rate, claim].map(|expr| evaluate(expr, &space.symbols(), &point));
            // Cancellation between terms of the size of the claim and its factors.
            assert!(rate.abs() < 1e-9 * (1.0 + size.abs()), "{} claims {name}: {rate}", system.name);
        }
    }
}

#[test]
fn claims_are_conserved() {
    let systems = all();
    systems.iter().for_each(check_claims);
    assert!(systems.iter().map(|system| system.claims.len()).sum::<usize>() >= 20);
}

#[test]
fn claims_are_conserved_for_other_parameters() {
    check_claims(&load("toda", &[("n", "5"), ("a", "1/3")]));
    check_claims(&load("toda_open", &[("n", "4")]));
    check_claims(&load("fput", &[("ends", "ring"), ("alpha", "0.25")]));
    check_claims(&load("anisotropic", &[("w2", "sqrt(2)")]));
    check_claims(&load("harmonic_chain", &[("m", "[1, 2, 3]"), ("k_wall", "[0.1, 0, 1/3]")]));
    check_claims(&load("kepler", &[("mu", "2")]));
}

#[test]
fn formulas_are_those_of_the_textbook() {
    let check = |name: &str, expected: &str| {
        assert_eq!(terms(&load(name, &[]).hamiltonian.energy().to_string()), terms(expected));
    };
    check("henon_heiles", "px**2/2 + x**2/2 + x**2*y + py**2/2 - y**3/3 + y**2/2");
    check("pendulum", "p_phi**2/2 - cos(phi)");
    check("anisotropic", "px**2/2 + x**2/2 + py**2/2 + 2*y**2");
    let toda = load("toda", &[]);
    let at_rest = evaluate(toda.hamiltonian.energy(), &toda.hamiltonian.space().symbols(), &[0.0; 6]);
    assert_eq!(at_rest, 3.0);
}

#[test]
fn starting_energies_follow_the_parameters() {
    let energy = |name: &str, set: &[(&str, &str)]| load(name, set).initial.unwrap().energy.unwrap();
    assert_eq!(energy("henon_heiles", &[]), (0.125, 0.125));
    assert_eq!(energy("henon_heiles", &[("C", "6"), ("D", "1")]), (1.0 / 288.0, 1.0 / 288.0));
    assert_eq!(energy("toda", &[("n", "4"), ("a", "2")]), (8.5, 10.0));
}

#[test]
fn celestial_orbits_start_bound() {
    for name in ["kepler", "kepler_plane", "kepler_polar", "isochrone"] {
        let system = load(name, &[]);
        let (mut stream, symbols) = (Stream::new(1, name), system.hamiltonian.space().symbols());
        for _ in 0..200 {
            let point = sample(&system, &mut stream);
            assert!(evaluate(system.hamiltonian.energy(), &symbols, &point) < 0.0, "{name}: {point:?}");
        }
    }
}

#[test]
fn unknown_ends_of_a_chain_are_said() {
    let set = vec![("ends".to_string(), "loose".to_string())];
    let settings = SystemSettings { set, ..SystemSettings::default() };
    let error = load_system(&registry().system("fput").unwrap(), &settings).unwrap_err();
    assert_eq!((error.to_string().as_str(), error.exit_code()), ("`ends` is \"fixed\" or \"ring\"", 65));
}

#[test]
fn long_chains_are_traced() {
    let system = load("toda", &[("n", "200")]);
    assert_eq!(system.hamiltonian.dof(), 200);
}
