//! Numbers are exact, whatever their spelling and way.

use crate::{load, load_with, terms, with_potential};

/// The potential's formula, without the kinetic energy.
fn potential(body: &str) -> String {
    let energy = load(&with_potential(body)).unwrap_or_else(|error| panic!("{body}: {error}")).hamiltonian;
    let (_, potential) = energy.split().expect("the body has no momenta");
    potential.to_string()
}

#[track_caller]
fn check(body: &str, expected: &str) {
    assert_eq!(terms(&potential(body)), terms(expected), "{body}");
}

#[test]
fn decimals_are_what_they_spell() {
    check("0.1 + 0.2", "3/10");
    check("0.1 * q[0]", "x/10");
    check("q[0] / 0.3", "10*x/3");
    check("1e-3 * q[0]", "x/1000");
    check("-0.5", "-1/2");
    check("let h = 0.1; h += 0.2; h -= 1; h *= 2; h /= 7; h", "-1/5");
}

#[test]
fn whole_numbers_divide_exactly() {
    check("1/2 * q[0]", "x/2");
    check("1/3 + 1/6", "1/2");
    check("let a = 1; a /= 3; a * q[0]", "x/3");
    check("1.0/3.0 * q[0]", "x/3");
    check("[10, 20, 30][6/3]", "30");
    check("7 % 3 + div(7, 2)", "4");
    check("7.0 % 3", "1");
}

#[test]
fn remainders_and_whole_division_go_round_a_ring() {
    check("(0 - 1) % 3", "2");
    check("3 * div(-7, 3) + (-7) % 3", "-7");
}

#[test]
fn powers_are_exact() {
    check("2**(-1)", "1/2");
    check("2**10", "1024");
    check("2**0.5", "sqrt(2)");
    check("4**(1/2)", "2");
    check("sqrt(2) * sqrt(2)", "2");
    check("let a = 3; a **= 2; a", "9");
    check("q[0]**0.5 * q[0]**(3/2)", "x**2");
    check("2**q[0] * E**q[1]", "2**(x)*exp(y)");
}

#[test]
fn whole_numbers_grow_past_64_bits() {
    check("9223372036854775807 + 1", "9223372036854775808");
    check("2**64", "18446744073709551616");
    check("let f = 1; for i in 1..=25 { f *= i; } f", "15511210043330985984000000");
}

#[test]
fn constants_are_symbols() {
    check("cos(PI) * q[0]", "-x");
    check("log(E)", "1");
    check("exp(1) * exp(q[0])", "exp(x + 1)");
    check("sin(PI/4)", "sin(pi/4)");
    check("abs(-1/2) + max(1/3, 0.25) + min(1, sqrt(2)) + sign(-3)", "5/6");
    check("floor(7/2) + ceil(0.5) + round(2.6)", "7");
}

#[test]
fn every_function_takes_every_kind_of_number() {
    for name in ["exp", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "sqrt", "log", "cot"] {
        for argument in ["q[0]", "0.5", "1/2", "1"] {
            potential(&format!("{name}({argument})"));
        }
    }
    assert!(potential("atan2(q[1], q[0]) + atan2(1, q[0]) + atan2(1, 2)").contains("atan2(y, x)"));
    check("cot(q[0]) * sin(q[0])", "cos(x)");
}

#[test]
fn sums_lists_and_closures_work() {
    check("sum(q)", "x + y");
    check("q.sum() + sum([]) + [1, 0.5].sum()", "x + y + 3/2");
    check("let a = 3; q.map(|x| a*x**2).reduce(|s, x| s + x, 0)", "3*x**2 + 3*y**2");
    check("q[-1]", "y");
    check("let h = 0.0; for x in q { h += x; } h", "x + y");
}

#[test]
fn constants_of_the_script_are_seen_inside_functions() {
    let text = "const G = 9.81; const HALF = 1/2;
        fn weight(m) { m * G }
        fn coordinates(k) { 1 }
        fn hamiltonian(q, p, k) { p[0]**2 * HALF + weight(2)*q[0] }";
    assert_eq!(terms(&load(text).unwrap().hamiltonian.energy().to_string()), terms("p1**2/2 + 981*q1/50"));
}

const SPRING: &str = "fn parameters() { #{ n: 1, k: 1.0, w: [1, 2], ends: \"free\", soft: false } }
    fn coordinates(k) { k.n }
    fn hamiltonian(q, p, k) {
        let h = p[0]**2/2 + k.k*q[0]**2;
        if k.ends == \"ring\" { h += q[0]; }
        if k.soft { h += q[0]**4; }
        if k.k > 2 { h += 100; }
        h + k.w[0]*q[k.n - 1]**3
    }";

#[test]
fn parameters_take_any_exact_value() {
    let check = |set: &[(&str, &str)], expected: &str| {
        let energy = load_with(SPRING, set).unwrap().hamiltonian.energy().to_string();
        assert_eq!(terms(&energy), terms(expected));
    };
    check(&[], "p1**2/2 + q1**3 + q1**2");
    check(&[("k", "16/3")], "p1**2/2 + q1**3 + 16*q1**2/3 + 100");
    check(&[("k", "0.1")], "p1**2/2 + q1**3 + q1**2/10");
    check(&[("k", "sqrt(2)")], "p1**2/2 + q1**3 + sqrt(2)*q1**2");
    check(&[("w", "[5, 1]"), ("ends", "ring"), ("soft", "true")], "p1**2/2 + 5*q1**3 + q1**2 + q1 + q1**4");
    check(&[("n", "2"), ("k", "1"), ("k", "0")], "p1**2/2 + q2**3");
}

#[test]
fn overrides_that_do_not_fit_are_wrong_usage() {
    for (key, value) in [("k", "much"), ("k", "1/0"), ("w", "3"), ("soft", "1"), ("zz", "1"), ("k", "[1]"), ("k", "")] {
        let error = load_with(SPRING, &[(key, value)]).unwrap_err();
        assert_eq!(error.exit_code(), 2, "{key}={value}: {error}");
    }
    let error = load_with(SPRING, &[("sotf", "true")]).unwrap_err();
    assert_eq!(error.hint().unwrap(), "did you mean `soft`? known are ends, k, n, soft, w");
}

#[test]
fn parameters_print_in_script_syntax() {
    let system = load_with(SPRING, &[("k", "0.25")]).unwrap();
    let shown: Vec<String> = system.parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(shown, ["ends=\"free\"", "k=1/4", "n=1", "soft=false", "w=[1, 2]"]);
}
