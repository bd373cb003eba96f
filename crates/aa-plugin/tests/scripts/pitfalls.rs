//! Where stock Rhai would answer without a word, and wrongly. Each must be right here, or refused at its place.

use crate::{check_refusal, load, load_with, refusal, terms, with_potential};

#[test]
fn comparisons_with_a_coordinate_are_refused_at_the_left_side() {
    for (body, question) in [
        ("if q[0] > 0.0 { 1 } else { 2 }", "x > 0"),
        ("if q[0] != 1.0 { 1 } else { 2 }", "x != 1"),
        ("if q[0] == q[1] { 1 } else { 2 }", "x == y"),
        ("if q[0] <= 1 { 1 } else { 2 }", "x <= 1"),
    ] {
        check_refusal(body, &format!("2:4 a Hamiltonian cannot branch on a coordinate: `{question}`"));
    }
    check_refusal("if 0 < p[0] { 1 } else { 2 }", "2:4 a Hamiltonian cannot branch on a coordinate: `0 < px`");
    check_refusal("  if 2*(q[0] + 1) > 0 { 1 }", "2:6 a Hamiltonian cannot branch on a coordinate: `2*x + 2 > 0`");
}

#[test]
fn comparisons_with_other_types_are_refused_too() {
    for other in ["\"a\"", "()", "true", "'c'", "[1]", "#{}"] {
        let text = refusal(&with_potential(&format!("if q[0] == {other} {{ 1 }} else {{ 2 }}")));
        assert!(text.starts_with("2:4 a Hamiltonian cannot branch on a coordinate"), "{text}");
        let text = refusal(&with_potential(&format!("if {other} != q[0] {{ 1 }} else {{ 2 }}")));
        assert!(text.contains("cannot branch on a coordinate"), "{text}");
    }
}

#[test]
fn while_in_and_range_are_comparisons() {
    for body in [
        "let i = 0; while q[0] < 1 { i += 1; } i",
        "if q[0] in [1, 2] { 1 } else { 2 }",
        "if q[0] in 0..5 { 1 } else { 2 }",
        "let n = 0; do { n += 1; } until q[0] > n; n",
        "if q.contains(1) { 1 } else { 2 }",
        "q.index_of(2)",
    ] {
        let text = refusal(&with_potential(body));
        assert!(text.contains("cannot branch on a coordinate"), "{body}: {text}");
    }
}

#[test]
fn a_switch_on_a_coordinate_takes_no_arm() {
    check_refusal("switch q[0] { 1 => 1, _ => 2 }", "2:8 a Hamiltonian cannot branch on a coordinate: `switch x`");
    let text = with_potential("switch 4 % 3 { 1 => q[0], _ => q[1] }");
    assert_eq!(load(&text).unwrap().hamiltonian.split().unwrap().1.to_string(), "x");
    let text = refusal(&with_potential("switch 1/2 { 1 => 1, _ => 2 }"));
    assert!(text.contains("`switch` compares whole numbers and texts"), "{text}");
    check_refusal("switch 1 { 0.5 => 1, _ => 2 }", "2:12 the cases of a `switch` are whole numbers or texts");
}

#[test]
fn a_coordinate_is_not_true_or_false() {
    for body in [
        "if q[0] { 1 } else { 2 }",
        "if !q[0] { 1 } else { 2 }",
        "if q[0] && true { 1 } else { 2 }",
        "if true && q[0] { 1 } else { 2 }",
    ] {
        let text = refusal(&with_potential(body));
        assert!(text.starts_with("2:") && text.contains("cannot branch on a coordinate"), "{body}: {text}");
    }
    let text = refusal(&with_potential("if q[0] { 1 } else { 2 }"));
    assert!(text.starts_with("2:4 "), "{text}");
}

#[test]
fn refusals_cannot_be_caught() {
    let text = refusal(&with_potential("try { if q[0] > 0 { 1 } else { 2 } } catch { 3 }"));
    assert!(text.contains("cannot use `try`"), "{text}");
}

#[test]
fn sorting_and_filtering_coordinates_is_refused() {
    for body in [
        "let s = q; s.sort(); s[0]",
        "let s = q; s.sort(|a, b| a - b); s[0]",
        "q.filter(|x| x > 0)[0]",
        "q.filter(|x| x)[0]",
        "q.some(|x| x)",
        "max(q[0], q[1])",
        "let s = q; s.dedup(); s[0]",
    ] {
        let text = refusal(&with_potential(body));
        assert!(text.starts_with("2:"), "{body}: {text}");
    }
}

#[test]
fn functions_with_corners_take_parameters_only() {
    for name in ["abs", "sign", "floor", "ceil", "round"] {
        let text = refusal(&with_potential(&format!("{name}(q[0])")));
        assert_eq!(text, format!("2:1 `{name}` of a coordinate is not smooth: `{name}(x)`"));
    }
    check_refusal("min(q[0], 1)", "2:1 `min` of a coordinate is not smooth: `min(x)`");
}

#[test]
fn signs_come_after_powers() {
    for (body, expected) in [
        ("-q[0]**2", "-x**2"),
        ("-2**2 * q[0]", "-4*x"),
        ("(-q[0])**2", "x**2"),
        ("-q[0]**2 - -q[1]**2", "-x**2 + y**2"),
    ] {
        let energy = load(&with_potential(body)).unwrap().hamiltonian;
        assert_eq!(terms(&energy.split().unwrap().1.to_string()), terms(expected), "{body}");
    }
}

#[test]
fn a_caret_is_no_power() {
    check_refusal("q[0]^2", "2:1 `^` is not arithmetic here");
    check_refusal("2^3 * q[0]", "2:1 `^` is not arithmetic here");
    check_refusal("1 << 1000", "2:1 `<<` is not arithmetic here");
}

#[test]
fn mathematical_names_cannot_be_redefined() {
    let text = "fn exp(x) { x }\nfn coordinates(k) { 1 }\nfn hamiltonian(q, p, k) { exp(q[0]) }";
    assert_eq!(refusal(text), "1:4 the function `exp` would hide the mathematical one");
}

#[test]
fn texts_that_differ_in_type_are_not_silently_unequal() {
    let text = refusal(&with_potential("if \"a\" == 3 { 1 } else { 2 }"));
    assert!(text.contains("cannot compare a text and a whole number"), "{text}");
}

#[test]
fn missing_entries_are_not_silently_nothing() {
    let text = "fn parameters() { #{ alpha: 1 } } fn coordinates(k) { 1 } fn hamiltonian(q, p, k) { k.alpa * q[0] }";
    let error = load(text).unwrap_err();
    assert_eq!(
        (error.to_string().as_str(), error.hint().unwrap().as_str()),
        ("unknown parameter `alpa`", "did you mean `alpha`?")
    );
}

#[test]
fn what_reaches_outside_is_not_there() {
    for body in [
        "eval(\"1\")",
        "sleep(1)",
        "timestamp()",
        "import \"/etc/passwd\" as x; 1",
        "open_file(\"x\")",
        "rand()",
        "exit(1)",
    ] {
        let error = load(&with_potential(body)).unwrap_err();
        assert_eq!(error.exit_code(), 65, "{body}: {error}");
    }
}

#[test]
fn parameters_may_be_branched_on() {
    let text = "fn parameters() { #{ a: 0.5, n: 2, kind: \"soft\" } }
        fn coordinates(k) { k.n }
        fn hamiltonian(q, p, k) {
            let h = p[0]**2/2;
            if k.a > 1/3 && k.a != 1 { h += q[0]**2; }
            switch k.kind { \"soft\" => h += q[0]**4, _ => h += q[0]**6 }
            while k.n > 1 { h += q[1]; k.n -= 1; }
            if k.a in [0.5, 1] { h += 7; }
            h
        }";
    assert_eq!(terms(&load(text).unwrap().hamiltonian.energy().to_string()), terms("p1**2/2 + q1**4 + q1**2 + q2 + 7"));
    let other = load_with(text, &[("a", "1"), ("kind", "hard")]).unwrap();
    assert_eq!(terms(&other.hamiltonian.energy().to_string()), terms("p1**2/2 + q1**6 + q2 + 7"));
}

#[test]
fn recursion_with_a_concrete_depth_works() {
    let text = "fn power(x, n) { if n == 0 { 1 } else { x * power(x, n - 1) } }
        fn coordinates(k) { 1 } fn hamiltonian(q, p, k) { p[0]**2/2 + power(q[0], 20) }";
    assert_eq!(terms(&load(text).unwrap().hamiltonian.energy().to_string()), terms("p1**2/2 + q1**20"));
}
