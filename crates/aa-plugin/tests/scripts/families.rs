//! Scripts with parameters that stay symbols, and scans of families by both roads.

#![allow(clippy::unwrap_used)] // A panic is how a test fails, in its helpers too.

use aa_analysis::Unwatched;
use aa_plugin::{Error, Registry, Scan, ScanRequest, SearchPath, Source, SystemSettings, load_system, scan};

fn with_symbols(text: &str, names: &[&str]) -> Result<aa_plugin::System, Error> {
    let symbolic = names.iter().map(|name| name.to_string()).collect();
    load_system(&Source::inline("test", text), &SystemSettings { symbolic, ..SystemSettings::default() })
}

/// Two oscillators with strengths 1 and b, coupled by e; `condition` stands at the beginning of `hamiltonian`.
fn oscillators(condition: &str) -> String {
    format!(
        "fn parameters() {{ #{{ b: 2, e: 1, n: [1] }} }} fn coordinates(k) {{ [\"x\", \"y\"] }}
         fn hamiltonian(q, p, k) {{ {condition}
             (p[0]**2 + p[1]**2)/2 + (q[0]**2 + k.b*q[1]**2)/2 + k.e*q[0]*q[1]/k.b }}
         fn initial_conditions(k) {{ if k.b > 0 {{ #{{ energy: 1 }} }} else {{ #{{ energy: 2 }} }} }}"
    )
}

#[test]
fn symbols_stay_in_the_formula() {
    let system = with_symbols(&oscillators(""), &["b", "e"]).unwrap();
    assert_eq!(system.hamiltonian.energy().to_string(), "b*y**2/2 + e*x*y/b + px**2/2 + py**2/2 + x**2/2");
    assert_eq!(system.initial, None, "where orbits start depends on numbers");
}

#[test]
fn what_cannot_be_a_symbol_is_refused() {
    let code = |text: &str, names: &[&str]| with_symbols(text, names).expect_err("it cannot be a symbol").exit_code();
    assert_eq!(code(&oscillators(""), &["n"]), 2);
    assert_eq!(code(&oscillators(""), &["c"]), 2);
    assert_eq!(code(&oscillators("if k.b == 0 { throw \"b is zero\" }"), &["b"]), 65);
    let named = "fn parameters() { #{ x: 1 } } fn coordinates(k) { [\"x\"] } fn hamiltonian(q, p, k) { p[0]**2*k.x }";
    assert_eq!(code(named, &["x"]), 65);
}

fn scanned(condition: &str, over: &str) -> Scan {
    let folder = tempfile::tempdir().expect("there is room for a script");
    let path = folder.path().join("oscillators.rhai");
    std::fs::write(&path, oscillators(condition)).expect("the script can be written");
    let registry = Registry::open(&SearchPath::bundled_only()).unwrap();
    let over = over.split(',').map(String::from).collect();
    let system = path.to_str().expect("a plain path").into();
    scan(&registry, &ScanRequest { system, over, degree: 3, ..ScanRequest::default() }, &Unwatched).unwrap()
}

#[test]
fn both_roads_find_the_same_members() {
    let over = "b=-1:4:1,e=0:1:1";
    let (at_once, one_by_one) = (scanned("", over), scanned("if k.b == 7 { throw \"seven\" }", over));
    assert!(!at_once.one_by_one && one_by_one.one_by_one);
    assert_eq!(at_once.members, one_by_one.members);
    assert_eq!((at_once.generic, one_by_one.generic), (2, 2));
    let shown: Vec<String> =
        at_once.members.iter().map(|m| format!("{} {}", m.parameters["b"], m.parameters["e"])).collect();
    // Equal strengths, and 1 to 4 without coupling.
    assert_eq!(shown, ["1 0", "4 0"]);
    assert!(at_once.members.iter().all(|member| member.independent == 3 && member.proved));
}

#[test]
fn members_that_do_not_exist_are_skipped_and_said() {
    let scan = scanned("", "b=0:2:1,e=0");
    assert_eq!(scan.skipped.len(), 1);
    assert_eq!(scan.skipped[0].parameters["b"], 0);
    assert!(scan.skipped[0].reason.contains("division by zero"), "{}", scan.skipped[0].reason);
    assert!(!scan.complete);
    assert_eq!(scan.members.len(), 1);
}
