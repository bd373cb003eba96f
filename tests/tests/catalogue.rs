//! Every bundled system: the right number of integrals and the right verdict, with default settings.
//!
//! The exact passes alone run here. What a common level set of the integrals looks like is measured on orbits; that
//! takes longer and is done by `scripts/test --long`.

#![allow(clippy::unwrap_used)] // A panic is how a test fails, in its helpers too.

use std::collections::BTreeSet;

use aa_tests::{json, run};
use serde_json::Value;

/// What is known of a system: its name with parameters set, independent integrals, how many of them are in involution,
/// the verdict that algebra allows, and the angles and free directions of a level set (none: not integrable).
type Row = (&'static str, u64, u64, &'static str, Option<(u64, u64)>);

const SUPER: &str = "superintegrable";
const YES: &str = "integrable";
/// An exact obstruction says so.
const NO: &str = "nonintegrable";
/// Algebra has no answer: no further integral was found, and no obstruction either.
const NONE: &str = "undecided";

const CELESTIAL: &[Row] = &[
    ("kepler", 5, 3, SUPER, Some((1, 0))),
    ("kepler_plane", 3, 2, SUPER, Some((1, 0))),
    ("kepler_polar", 3, 2, SUPER, Some((1, 0))),
    ("manev", 2, 2, YES, Some((2, 0))),
    ("isochrone", 2, 2, YES, Some((2, 0))),
    ("stark", 3, 3, YES, Some((3, 0))),
    ("stark F=0", 5, 3, SUPER, Some((1, 0))),
    ("two_centres", 2, 2, YES, Some((2, 0))),
    ("two_centres m2=0", 3, 2, SUPER, Some((1, 0))),
    ("macmillan", 1, 1, YES, Some((1, 0))),
    ("anisotropic_kepler", 1, 1, NONE, None),
    ("anisotropic_kepler m_x=1", 3, 2, SUPER, Some((1, 0))),
    ("hill", 1, 1, NONE, None),
    ("restricted_three_body", 1, 1, NONE, None),
    ("three_body", 5, 4, NONE, None),
];

const DRIVEN: &[Row] = &[
    ("damped_oscillator", 2, 2, YES, None),
    ("driven_oscillator", 2, 2, YES, None),
    ("driven_pendulum", 1, 1, NONE, None),
];

const GALAXIES: &[Row] = &[
    ("logarithmic", 1, 1, NONE, None),
    ("logarithmic q=1", 2, 2, YES, Some((2, 0))),
    ("miyamoto_nagai", 1, 1, NONE, None),
    ("miyamoto_nagai a=0", 2, 2, YES, Some((2, 0))),
    ("plummer", 4, 3, SUPER, Some((2, 0))),
    ("contopoulos", 1, 1, NO, None),
];

const LATTICES: &[Row] = &[
    ("toda", 3, 3, YES, Some((2, 1))),
    ("toda n=5", 5, 5, YES, Some((4, 1))),
    ("toda n=6", 6, 6, YES, None),
    ("toda_open", 3, 3, YES, Some((0, 3))),
    ("toda_open n=5", 5, 5, YES, Some((0, 5))),
    ("toda2", 2, 2, YES, Some((2, 0))),
    ("toda_b2", 2, 2, YES, Some((0, 2))),
    ("toda_c2", 2, 2, YES, Some((2, 0))),
    ("toda_g2", 3, 3, YES, Some((2, 1))),
    ("toda_relativistic", 3, 3, YES, Some((2, 1))),
    ("toda_relativistic n=4", 4, 4, YES, Some((3, 1))),
    ("fput", 1, 1, NO, None),
    ("fput n=4 ends=ring", 2, 2, NO, None),
    // The quartic part of a ring of three is that of a central force.
    ("fput n=3 ends=ring", 3, 3, YES, Some((2, 1))),
    ("klein_gordon", 1, 1, NONE, None),
    ("dnls", 2, 2, NONE, None),
    ("dnls n=2", 2, 2, YES, Some((2, 0))),
    ("mean_field", 2, 2, NONE, None),
    ("mean_field n=2", 2, 2, YES, None),
];

const NEAR_MISSES: &[Row] = &[
    ("kaup_kupershmidt_equal", 1, 1, NO, None),
    ("kaup_kupershmidt_off", 1, 1, NO, None),
    ("kaup_kupershmidt_off ratio=16", 2, 2, YES, Some((2, 0))),
    ("kdv5_off", 1, 1, NO, None),
    ("kdv5_off ratio=6", 2, 2, YES, Some((2, 0))),
    ("quartic_off", 1, 1, NO, None),
    ("quartic_off e=3", 2, 2, YES, Some((2, 0))),
    ("quartic_1_6_8_off", 1, 1, NO, None),
    ("quartic_1_6_8_off ratio=4", 2, 2, YES, Some((2, 0))),
    ("toda_truncated order=3", 2, 2, NO, None),
    ("toda_truncated", 2, 2, NO, None),
    ("toda_truncated order=5", 2, 2, NO, None),
    ("atwood_off", 1, 1, NONE, None),
    ("atwood_off mu=3", 2, 2, YES, Some((2, 0))),
];

const OSCILLATORS: &[Row] = &[
    ("harmonic_chain", 2, 2, YES, Some((2, 0))),
    ("isotropic", 5, 3, SUPER, Some((1, 0))),
    ("anisotropic", 3, 2, SUPER, Some((1, 0))),
    ("henon_heiles", 1, 1, NO, None),
    ("pendulum", 1, 1, YES, Some((1, 0))),
    ("double_well", 1, 1, YES, Some((1, 0))),
];

const PARTICLES: &[Row] = &[
    ("calogero_moser", 5, 3, SUPER, Some((0, 1))),
    ("calogero", 5, 3, SUPER, Some((1, 0))),
    ("calogero_b2", 3, 2, SUPER, Some((1, 0))),
    ("sutherland", 3, 3, YES, Some((2, 1))),
    ("calogero_hyperbolic", 3, 3, YES, Some((0, 3))),
    ("yukawa", 2, 2, YES, Some((2, 0))),
    ("uniform_field", 3, 2, SUPER, Some((1, 0))),
    ("penning_trap", 4, 3, SUPER, Some((2, 0))),
    ("penning_trap wc=3 wz=2", 5, 3, SUPER, Some((1, 0))),
    ("stormer", 1, 1, NONE, None),
    ("ion_pair", 2, 2, YES, Some((2, 0))),
    ("ion_pair lambda=1", 2, 2, YES, Some((2, 0))),
    ("ion_pair lambda=1/2", 2, 2, YES, Some((2, 0))),
    ("ion_pair lambda=3", 1, 1, NONE, None),
    ("diamagnetic_kepler", 1, 1, NO, None),
];

const PENDULA: &[Row] = &[
    ("spherical_pendulum", 2, 2, YES, Some((2, 0))),
    ("double_pendulum", 1, 1, NONE, None),
    ("double_pendulum g=0", 2, 2, YES, Some((2, 0))),
    ("coupled_pendula", 1, 1, NONE, None),
    ("spring_pendulum", 1, 1, NONE, None),
    ("swinging_atwood", 2, 2, YES, Some((2, 0))),
    ("swinging_atwood mu=15", 1, 1, NONE, None),
];

const PLANAR: &[Row] = &[
    ("sawada_kotera", 2, 2, YES, Some((2, 0))),
    ("kdv5", 2, 2, YES, Some((2, 0))),
    ("kaup_kupershmidt", 2, 2, YES, Some((2, 0))),
    ("quartic e=0", 2, 2, YES, Some((2, 0))),
    ("quartic e=1", 2, 2, YES, Some((2, 0))),
    ("quartic", 2, 2, YES, Some((2, 0))),
    ("quartic_1_12_16", 2, 2, YES, Some((2, 0))),
    ("quartic_1_6_8", 2, 2, YES, Some((2, 0))),
    ("garnier", 2, 2, YES, Some((2, 0))),
    ("holt", 2, 2, YES, Some((2, 0))),
    ("holt c=9/2", 2, 2, YES, Some((2, 0))),
    ("holt c=12", 2, 2, YES, None),
    ("fokas_lagerstrom", 2, 2, YES, Some((0, 2))),
    ("smorodinsky_winternitz", 3, 2, SUPER, Some((1, 0))),
    ("caged_anisotropic", 3, 2, SUPER, Some((1, 0))),
    ("cherry", 2, 2, YES, Some((0, 2))),
    ("barbanis", 1, 1, NO, None),
    ("nelson", 1, 1, NONE, None),
    ("pullen_edmonds", 1, 1, NO, None),
    ("yang_mills", 1, 1, NO, None),
    ("soft_square", 2, 2, YES, Some((2, 0))),
    ("soft_sinai", 1, 1, NONE, None),
];

const RIGID_BODY: &[Row] = &[
    ("euler_top", 2, 2, YES, Some((1, 0))),
    ("lagrange_top", 4, 4, YES, Some((2, 0))),
    ("kovalevskaya_top", 4, 4, YES, Some((2, 0))),
    ("clebsch", 4, 4, YES, Some((2, 0))),
    ("goryachev_chaplygin_top", 3, 3, NONE, None),
    ("heavy_top", 3, 3, NONE, None),
];

const SURFACES: &[Row] = &[
    ("sphere", 3, 2, SUPER, Some((1, 0))),
    ("kepler_sphere", 3, 2, SUPER, Some((1, 0))),
    ("neumann", 2, 2, YES, Some((2, 0))),
    ("ellipsoid", 2, 2, YES, Some((2, 0))),
    ("torus", 2, 2, YES, Some((2, 0))),
];

const CATALOGUE: [&[Row]; 11] =
    [CELESTIAL, DRIVEN, GALAXIES, LATTICES, NEAR_MISSES, OSCILLATORS, PARTICLES, PENDULA, PLANAR, RIGID_BODY, SURFACES];

/// The document of an analysis of a row's system.
fn analyze(row: &Row, options: &[&str]) -> Value {
    let mut parts = row.0.split(' ');
    let system = parts.next().unwrap();
    let set: Vec<&str> = parts.flat_map(|parameter| ["--set", parameter]).collect();
    json(&[&["analyze", "--system", system], &set[..], options].concat())
}

/// What a document says against a row of the table.
fn faults(row: &Row) -> Vec<String> {
    let (name, independent, in_involution, kind, _) = row;
    let document = analyze(row, &["--passes", "conserved_quantities,obstructions,verdict"]);
    let integrals = &document["integrals"];
    let mut faults = Vec::new();
    let mut expect = |holds: bool, what: String| {
        if !holds {
            faults.push(format!("{name}: {what}"));
        }
    };
    let counts = (&integrals["independent"], &integrals["in_involution"], &document["verdict"]["kind"]);
    let known = (&Value::from(*independent), &Value::from(*in_involution), &Value::from(*kind));
    expect(counts == known, format!("{counts:?} instead of {known:?}"));
    let unproved = integrals["found"].as_array().unwrap().iter().find(|found| found["proved"] != true);
    expect(unproved.is_none(), format!("not proved: {unproved:?}"));
    let claims = document["claims"].as_array().unwrap();
    expect(claims.iter().all(|claim| claim["status"] == "proved"), format!("not all proved: {claims:?}"));
    let obstruction = &document["obstruction"];
    expect(obstruction.is_null() == (*kind != NO), format!("the obstruction {obstruction}"));
    let certain = *kind != NONE || integrals["searched"]["complete"] == true;
    expect(certain, format!("no certificate that there are no more: {}", integrals["searched"]));
    faults
}

fn check(rows: &[Row]) {
    let faults: Vec<String> = rows.iter().flat_map(faults).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn celestial_systems_have_their_integrals() {
    check(CELESTIAL);
}

#[test]
fn driven_systems_have_their_integrals() {
    check(DRIVEN);
}

#[test]
fn galaxies_have_their_integrals() {
    check(GALAXIES);
}

#[test]
fn lattices_have_their_integrals() {
    check(LATTICES);
}

#[test]
fn near_misses_have_no_more_integrals_than_they_should() {
    check(NEAR_MISSES);
}

#[test]
fn oscillators_have_their_integrals() {
    check(OSCILLATORS);
}

#[test]
fn particles_have_their_integrals() {
    check(PARTICLES);
}

#[test]
fn pendula_have_their_integrals() {
    check(PENDULA);
}

#[test]
fn planar_systems_have_their_integrals() {
    check(PLANAR);
}

#[test]
fn rigid_bodies_have_their_integrals() {
    check(RIGID_BODY);
}

#[test]
fn surfaces_have_their_integrals() {
    check(SURFACES);
}

/// The names in the table.
fn names() -> BTreeSet<&'static str> {
    CATALOGUE.concat().iter().filter_map(|row| row.0.split(' ').next()).collect()
}

#[test]
fn every_bundled_system_is_in_the_table() {
    let list = json(&["plugin", "list"]);
    let plugins = list["plugins"].as_array().unwrap().iter().filter(|plugin| plugin["hidden"] == false);
    let systems: Vec<&str> =
        plugins.flat_map(|plugin| plugin["systems"].as_array().unwrap()).map(|name| name.as_str().unwrap()).collect();
    let missing: Vec<&&str> = systems.iter().filter(|name| !names().contains(*name)).collect();
    assert!(missing.is_empty(), "without an expectation: {missing:?}");
    assert_eq!(systems.len(), names().len(), "names of systems are unique");
}

#[test]
fn every_bundled_plugin_is_what_it_says() {
    let output = run(&["plugin", "verify"]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains(&format!("{0} of {0} systems verified", names().len())), "{text}");
    let document = json(&["plugin", "verify", "near_misses"]);
    assert_eq!((&document["format"], &document["verified"]), (&1.into(), &true.into()));
}

#[test]
#[ignore = "takes a minute; scripts/test --long runs it"]
fn sampled_orbits_fill_tori_of_the_right_dimension() {
    let options = ["--profile", "quick", "--passes", "trajectories,verdict,frequencies,compare_frequencies"];
    let budget = ["--pass", "conserved_quantities.degree=12", "--pass", "conserved_quantities.columns=1500"];
    for row in CATALOGUE.concat() {
        let Some(expected) = row.4 else { continue };
        let document = analyze(&row, &[&options[..], &budget[..]].concat());
        let (verdict, measured) = (&document["verdict"], measured_dimension(&document));
        assert!(measured.is_none_or(|n| n == expected.0), "{}: orbits show {measured:?}", row.0);
        let found = (verdict["torus_dimension"].as_u64(), verdict["free_directions"].as_u64());
        assert_eq!(found, (Some(expected.0), Some(expected.1)), "{}", row.0);
    }
}

/// The dimension of the tori as the frequencies of orbits show it.
fn measured_dimension(document: &Value) -> Option<u64> {
    let witnesses = document["witnesses"].as_array()?;
    let tori = witnesses.iter().find(|witness| witness["claim"] == "dimension of the tori")?;
    tori["measured"].as_str()?.split(' ').next()?.parse().ok()
}

#[test]
fn closed_orbits_are_measured_as_closed_and_have_no_twist() {
    for name in ["calogero", "caged_anisotropic", "calogero_b2", "smorodinsky_winternitz", "kepler_polar"] {
        let row = CATALOGUE.concat().into_iter().find(|row| row.0 == name).unwrap();
        let passes = ["--profile", "quick", "--passes", "frequencies,kam,compare_frequencies"];
        let document = analyze(&row, &passes);
        assert_eq!(measured_dimension(&document), Some(1), "{name}");
        for orbit in document["frequencies"]["orbits"].as_array().unwrap() {
            let reason = orbit["without_actions"].as_str().unwrap();
            assert!(orbit["measured_actions"].is_null() && reason.starts_with("the torus is resonant"), "{reason}");
        }
        let kam = &document["kam"];
        assert!(kam["twist"].as_array().unwrap().is_empty(), "{name}");
        assert!(kam["without_twist"][0].as_str().unwrap().contains("the family is degenerate"), "{name}: {kam}");
    }
}
