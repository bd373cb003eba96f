//! Wrong scripts end with a place, a reason in the author's words, and within the limits.

use aa_plugin::{Error, Source, SystemSettings, load_system};

use crate::{check_refusal, load, refusal, with_potential};

const REST: &str = "fn coordinates(k) { [\"x\"] }\n";

fn with_hamiltonian(text: &str) -> String {
    refusal(&format!("{REST}{text}"))
}

#[test]
fn syntax_errors_have_a_place() {
    assert_eq!(refusal("fn f( { 1 }"), "1:7 expecting ')' to close the parameters list of function 'f'");
    assert_eq!(refusal("fn f() { [1"), "1:12 expecting ']' to end this array literal");
    let text = refusal("fn coordinates(k) { 1 }\nfn hamiltonian(q, p, k) { p[0]**2 / }");
    assert!(text.starts_with("2:37"), "{text}");
}

#[test]
fn unknown_functions_are_named_with_a_suggestion() {
    let hint = |body: &str| load(&with_potential(body)).unwrap_err().hint().unwrap();
    check_refusal("sqr(q[0])", "2:1 unknown function `sqr` (called with a number)");
    assert_eq!(hint("sqr(q[0])"), "did you mean `sqrt`?");
    assert_eq!(hint("ln(q[0])"), "did you mean `log`?");
    assert_eq!(hint("pow(q[0], 2)"), "did you mean `x**y`?");
    check_refusal("sin(q[0], 2)", "2:1 `sin` does not take a number, a whole number");
    check_refusal("q[0].foo", "2:6 a number has no property `foo`");
    check_refusal("-q", "2:1 `-` needs a number, not a list");
    check_refusal("sin(\"a\")", "2:1 `sin` needs a number, not a text");
    let text = refusal("fn helper(a) { a }\nfn coordinates(k) { 1 }\nfn hamiltonian(q, p, k) { helper(1, 2) }");
    assert_eq!(text, "3:27 `helper` takes 1 argument, not 2");
}

#[test]
fn messages_never_show_the_types_of_the_host() {
    for body in [
        "sqr(q[0])",
        "q[0].foo()",
        "q[0].foo",
        "q[0][1]",
        "q[q[0]]",
        "q[0.5]",
        "q + 1",
        "\"a\" * q[0]",
        "for i in q[0] { }",
        "0..q[0]",
        "() + q[0]",
        "q[0] = 1; q[\"a\"]",
        "-q",
        "!q[0]",
        "sum(1)",
        "k(1)",
        "p[0]()",
    ] {
        let Err(error) = load(&with_potential(body)) else { panic!("{body} is wrong") };
        let text = format!("{error} {:?}", error.hint());
        for strange in ["::", "aa_", "rhai", "Dynamic", "i64", "f64", "Expr"] {
            assert!(!text.contains(strange), "{body}: {text}");
        }
    }
}

#[test]
fn indices_are_whole_and_inside() {
    check_refusal("q[2]", "2:3 index 2 is outside a list of 2");
    check_refusal("q[1/2]", "2:3 a whole number is needed here, not a number");
    check_refusal("let s = 0; for i in 0..1/2 { s += i; } s", "2:21 a range goes from one whole number to another");
}

#[test]
fn unknown_names_are_explained() {
    check_refusal("x**2", "2:1 unknown name `x`");
    let text = "fn parameters() { #{ a: 1 } } fn coordinates(k) { 1 } fn hamiltonian(q, p, k) { a*q[0] }";
    assert_eq!(load(text).unwrap_err().hint().unwrap(), "parameters are in the last argument: `k.a`");
    assert_eq!(load(&with_potential("pi*q[0]")).unwrap_err().hint().unwrap(), "did you mean `PI`?");
}

#[test]
fn what_is_not_real_is_refused() {
    check_refusal("sqrt(-1)", "2:1 `sqrt(-1)` is not a real number");
    check_refusal("1/0", "2:1 division by zero: `1 / 0`");
    check_refusal("q[0] / (q[1] - q[1])", "2:1 division by zero: `x / 0`");
    check_refusal("log(0)", "2:1 `log(0)` is not a real number");
    check_refusal("0**(-1)", "2:1 division by zero: `0**(-1)`");
    check_refusal("asin(2)", "2:1 `asin(2)` is not a real number");
    let text = with_hamiltonian("fn hamiltonian(q, p, k) { p[0]**2/2 + sqrt(-1 - q[0]**2) }");
    assert!(text.starts_with("2:4 the energy is not a real number (NaN or infinite)"), "{text}");
}

#[test]
fn missing_functions_and_wrong_arities_are_named() {
    assert_eq!(refusal("fn coordinates(k) { 1 }"), "1:1 the script has no function `hamiltonian(q, p, k)`");
    let error = load("fn coordinates(k) { 1 }\nfn hamiltonain(q, p, k) { 1 }").unwrap_err();
    assert_eq!(error.hint().unwrap(), "did you mean `hamiltonian` where it says `hamiltonain`?");
    assert_eq!(error.place().unwrap().line, 2);
    let text = refusal("fn coordinates() { 1 }\nfn hamiltonian(q, p, k) { q[0] }");
    assert_eq!(text, "1:4 `coordinates` is written `coordinates(k)`; here it has 0 arguments");
    assert_eq!(
        with_hamiltonian("fn hamiltonian(q, p) { q[0] }"),
        "2:4 `hamiltonian` is written `hamiltonian(q, p, k)`; here it has 2 arguments"
    );
    assert_eq!(refusal(""), "1:1 the script has no function `coordinates(k)`");
}

#[test]
fn what_the_functions_give_is_checked() {
    assert_eq!(
        with_hamiltonian("fn hamiltonian(q, p, k) { let h = q[0]; }"),
        "2:4 `hamiltonian` gives nothing where the energy is needed"
    );
    assert_eq!(
        with_hamiltonian("fn hamiltonian(q, p, k) { \"a\" }"),
        "2:4 `hamiltonian` gives a text where the energy is needed"
    );
    assert_eq!(
        with_hamiltonian("fn hamiltonian(q, p, k) { 3 }"),
        "2:4 the energy is the constant 3: no coordinate and no momentum is in it"
    );
    let coordinates =
        |value: &str| refusal(&format!("fn coordinates(k) {{ {value} }}\nfn hamiltonian(q, p, k) {{ q[0] }}"));
    assert_eq!(coordinates("0"), "1:4 the number of coordinates is from 1 to 4096, not 0");
    assert_eq!(coordinates("\"x\""), "1:4 `coordinates` gives a count or a list of names, not a text");
    assert_eq!(coordinates("[1]"), "1:4 a coordinate is a name or `circle(\"name\")`, not a whole number");
    assert!(coordinates("[\"x\", \"x\"]").starts_with("1:4 "));
    assert!(coordinates("[]").starts_with("1:4 "));
}

#[test]
fn optional_functions_are_checked() {
    let system = format!("{REST}fn hamiltonian(q, p, k) {{ p[0]**2/2 }}\n");
    for (text, expected) in [
        ("fn integrals(q, p, k) { 1 }", "3:4 `integrals` gives a map like `#{ momentum: sum(p) }`, not a whole number"),
        ("fn integrals(q, p, k) { #{ a: [] } }", "3:4 the integral `a` is a list"),
        (
            "fn initial_conditions(k) { #{ enrgy: 1 } }",
            "3:4 `enrgy` is no part of initial conditions; they have box, energy, count, points",
        ),
        ("fn initial_conditions(k) { #{ box: [[0, 1]] } }", "3:4 `box` has 1 pairs where 2 are needed: q, then p"),
        (
            "fn initial_conditions(k) { #{ box: [[0, 1], [1, 0]] } }",
            "3:4 pair 2 of `box` has its lower end 1 above its upper end 0",
        ),
        (
            "fn initial_conditions(k) { #{ count: 0 } }",
            "3:4 `count` is a whole number from 1 to 100000; `--orbits` takes more",
        ),
        (
            "fn initial_conditions(k) { #{ points: [[1]] } }",
            "3:4 point 1 of `points` has 1 numbers where 2 are needed: q, then p",
        ),
        ("fn initial_conditions(k) { #{ energy: [1, 2, 3] } }", "3:4 `energy` is a pair of numbers, lower end first"),
        ("fn parameters() { 3 }", "3:4 `parameters` gives a map like `#{ a: 1 }`, not a whole number"),
        ("fn parameters() { #{ a: () } }", "3:4 the parameter `a` is nothing"),
        ("fn parameters(k) { #{} }", "3:4 `parameters` is written `parameters()`; here it has 1 argument"),
    ] {
        assert_eq!(refusal(&format!("{system}{text}")), expected);
    }
    let full = format!(
        "{system}fn initial_conditions(k) {{ #{{ box: [[-1, 1], [0, PI]], energy: 1/8, count: 3, points: [[0.5, sqrt(4)]] }} }}"
    );
    let initial = load(&full).unwrap().initial.unwrap();
    assert_eq!(initial.bounds.unwrap()[1], (0.0, std::f64::consts::PI));
    assert_eq!((initial.energy, initial.count, initial.points), (Some((0.125, 0.125)), Some(3), vec![vec![0.5, 2.0]]));
}

#[test]
fn structures_that_are_none_are_refused() {
    let system = |structure: &str, arguments: &str| {
        let rest = format!("fn coordinates(k) {{ 3 }}\nfn hamiltonian({arguments}) {{ z[0] }}");
        refusal(&format!("fn structure(z, k) {{ {structure} }}\n{rest}"))
    };
    for (structure, expected) in [
        ("[]", "a structure has 3 rows of 3 brackets, one for each pair of variables; came rows of []"),
        ("1", "`structure` gives a list of rows, not a whole number"),
        ("[[0, 1, 0], [1, 0, 0], [0, 0, 0]]", "the structure is not antisymmetric: {q2, q1} is not -{q1, q2}"),
        (
            "[[0, z[2], -z[0]*z[1]], [-z[2], 0, z[0]], [z[0]*z[1], -z[0], 0]]",
            "the structure violates the Jacobi identity for q1, q2, q3",
        ),
    ] {
        assert_eq!(system(structure, "z, k"), format!("1:4 {expected}"));
    }
    let message = "3:4 `hamiltonian` is written `hamiltonian(z, k)`; here it has 3 arguments";
    assert_eq!(system("[]", "q, p, k"), message);
}

#[test]
fn driven_and_non_canonical_systems_are_read() {
    let text = "fn coordinates(k) { [\"x\"] }
        fn hamiltonian(q, p, t, k) { p[0]**2/2 + q[0]*cos(t) }
        fn integrals(q, p, t, k) { #{ kick: p[0] + sin(t) } }
        fn initial_conditions(k) { #{ points: [[0.5, 1]] } }";
    let driven = load(text).unwrap();
    assert_eq!(driven.hamiltonian.energy().to_string(), "pt + px**2/2 + x*cos(t)");
    assert_eq!(driven.claims[0].1.to_string(), "px + sin(t)");
    assert_eq!(driven.initial.unwrap().points, [[0.5, 0.0, 1.0, 0.0]]);
    let text = "fn coordinates(k) { [\"x\", \"y\", \"z\"] }
        fn structure(z, k) { [[0, z[2], -z[1]], [-z[2], 0, z[0]], [z[1], -z[0], 0]] }
        fn hamiltonian(z, k) { z[0]**2 + 2*z[1]**2 }
        fn initial_conditions(k) { #{ box: [[0, 1], [0, 1], [0, 1]] } }";
    let top = load(text).unwrap();
    assert_eq!((top.hamiltonian.dof(), top.hamiltonian.rates()[2].to_string().as_str()), (1, "-2*x*y"));
}

#[test]
fn parameters_can_stay_symbols() {
    let text = "fn parameters() { #{ a: 1, n: 2, name: \"x\" } }
        fn coordinates(k) { [k.name] }
        fn hamiltonian(q, p, k) { let h = p[0]**2/2; for i in 0..k.n { h += k.a*q[0]**2; } h }";
    let symbolic = |name: &str| {
        let settings = SystemSettings { symbolic: vec![name.into()], ..SystemSettings::default() };
        load_system(&Source::inline("test", text), &settings)
    };
    let system = symbolic("a").unwrap();
    assert_eq!(system.hamiltonian.energy().to_string(), "2*a*x**2 + px**2/2");
    assert_eq!(system.hamiltonian.constants(), [aa_symbolic::Expr::symbol("a")]);
    for (name, exit_code) in [("b", 2), ("name", 2), ("n", 65)] {
        assert_eq!(symbolic(name).unwrap_err().exit_code(), exit_code, "{name}");
    }
}

#[test]
fn circles_have_a_period() {
    let text = "fn coordinates(k) { [circle(\"phi\")] }\nfn hamiltonian(q, p, k) { p[0]**2/2 + q[0]**2 }";
    assert_eq!(refusal(text), "2:4 `phi` is a circle, but the energy changes when `phi` grows by 2 pi");
}

#[test]
fn thrown_texts_reach_the_user() {
    check_refusal("throw \"masses are positive\"", "2:1 masses are positive");
}

#[test]
fn endless_work_is_stopped() {
    for body in ["loop { }", "let i = 0; while true { i += 1; } i", "let h = q[0]; loop { h = h + sin(h); }"] {
        let error = load(&with_potential(body)).unwrap_err();
        assert_eq!(error.exit_code(), 65, "{body}: {error}");
    }
    let text = refusal(&with_potential("loop { }"));
    assert_eq!(text, "1:37 the script was stopped: more than 5000000 operations");
    let text = refusal("fn f(x) { f(x + 1) } fn coordinates(k) { 1 } fn hamiltonian(q, p, k) { f(1) }");
    assert!(text.contains("functions call one another more than 128 deep"), "{text}");
}

#[test]
fn seconds_are_bounded() {
    let mut settings = SystemSettings::default();
    settings.limits.seconds = Some(0.0);
    let error = load_system(&Source::inline("slow", &with_potential("loop { }")), &settings).unwrap_err();
    assert!(error.to_string().contains("longer than a script may"), "{error}");
}

#[test]
fn memory_is_bounded_whatever_holds_it() {
    for body in [
        "let s = \"0123456789abcdef\"; loop { s += s; }",
        "let a = [1]; loop { a += a; }",
        "let a = []; loop { a = [a]; }",
        "let a = []; loop { a.push(\"0123456789abcdef0123456789abcdef\" + a.len()); }",
        "let m = #{}; let i = 0; loop { m[\"k\" + i] = i; i += 1; }",
        // What closures have captured is in no size that Rhai counts.
        "let kept = []; let s = \"0123456789\"; while s.len() < 500000 { s += s; } loop { let t = s + kept.len(); kept.push(|| t); }",
        "let f = || 0; loop { let g = f; f = || g.call(); }",
        "let x = 3; loop { x *= x; }",
        "let h = q[0]; loop { h = h*h + 1; }",
        "let h = 0; let i = 0; loop { i += 1; h += q[0]**i; }",
    ] {
        let mut settings = SystemSettings::default();
        settings.limits.seconds = Some(3.0);
        let error = load_system(&Source::inline("greedy", &with_potential(body)), &settings).unwrap_err();
        let stopped = matches!(error, Error::Limit { .. } | Error::Script { .. }) && error.exit_code() == 65;
        assert!(stopped, "{body}: {error}");
    }
}

#[test]
fn deep_brackets_are_refused() {
    let deep = format!("{}1{}", "(".repeat(10_000), ")".repeat(10_000));
    let text = refusal(&with_potential(&deep));
    assert!(text.contains("nested too deep"), "{text}");
    let deep = format!("{}1", "-".repeat(100_000));
    assert_eq!(load(&with_potential(&deep)).unwrap_err().exit_code(), 65);
}

#[test]
fn prints_become_notes_once() {
    let system = load(&with_potential("print(`x is ${q[0]} and ${-q[0]**2}`); 0")).unwrap();
    assert_eq!(system.notes, ["x is x and -x**2"]);
}
