//! Some ninety scripts that mean harm, as systems and passes of a plugin: each ends in its place, with the exit code of a wrong
//! script, and takes neither the machine nor the terminal along.

#![cfg(unix)]
#![allow(clippy::unwrap_used)] // A panic is how a test fails, in its helpers too.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output};

use aa_tests::{binary, errors};

/// CPU seconds that one process of a command gets. It is no benchmark: beyond it the system kills, and the exit code differs.
const SECONDS: u32 = 5;

/// The most memory that any process may have held.
const MEBIBYTES: i64 = 512;

/// Writes a plugin `evil` with one script and runs `aatool` beside it.
fn run(kind: &str, script: &str, arguments: &[&str]) -> Output {
    run_under(&format!("-t {SECONDS}"), kind, script, arguments)
}

fn run_under(limits: &str, kind: &str, script: &str, arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let plugin = folder.path().join("plugins/evil");
    fs::create_dir_all(plugin.join(kind)).unwrap();
    let manifest = format!("(format: 1, name: \"evil\", version: \"1.0.0\", requires: \"^0.1\", {kind}: [\"bomb\"])");
    fs::write(plugin.join("plugin.ron"), manifest).unwrap();
    fs::write(plugin.join(kind).join("bomb.rhai"), script).unwrap();
    let output = limited(limits, arguments, folder.path()).output().unwrap();
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["plugins"], "something was left behind");
    output
}

/// The command in a folder, under limits that the shell sets first.
fn limited(limits: &str, arguments: &[&str], folder: &Path) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit {limits} && exec \"$0\" \"$@\"")]).arg(binary()).args(arguments);
    command.current_dir(folder).env("NO_COLOR", "1").env_remove("AATOOL_PLUGIN_PATH");
    command
}

/// What every hostile script's end has in common.
#[track_caller]
fn check_end(output: &Output, code: i32, place: &str, text: &str, says: &str) {
    let said = format!("{text}{}", errors(output));
    assert_eq!(output.status.code(), Some(code), "{place}: {said}");
    let flat = said.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
    assert!(flat.contains(says), "{place} should say `{says}`: {said}");
    assert!(flat.contains("bomb.rhai:"), "{place} says no place: {said}");
    for bad in ["panicked", "overflowed", "memory allocation", "\u{1b}", "\u{7}"] {
        assert!(!said.contains(bad), "{place}: `{bad}` in {said}");
    }
    let held = peak_mebibytes();
    assert!(held < MEBIBYTES, "{place}: {held} MiB");
}

/// The largest resident set of any process that this one waited for, or that those waited for.
fn peak_mebibytes() -> i64 {
    // SAFETY: a zeroed rusage is valid, and the kernel writes nothing but that.
    let usage = unsafe {
        let mut usage = std::mem::zeroed::<libc::rusage>();
        libc::getrusage(libc::RUSAGE_CHILDREN, &mut usage);
        usage
    };
    // In KiB, but for macOS with bytes.
    if cfg!(target_os = "macos") { usage.ru_maxrss >> 20 } else { usage.ru_maxrss >> 10 }
}

/// A system of one degree of freedom whose potential is the value of a block.
fn potential(block: &str) -> String {
    format!(
        "fn coordinates(k) {{ [\"x\"] }}\nfn hamiltonian(q, p, k) {{\n    let v = {{ {block} }};\n    p[0]**2/2 + v\n}}\n"
    )
}

/// A system with a function of its own, or another one in place of a usual one.
fn with(function: &str) -> String {
    let usual = [
        ("coordinates", "fn coordinates(k) { [\"x\"] }\n"),
        ("hamiltonian", "fn hamiltonian(q, p, k) { p[0]**2/2 + q[0]**2/2 }\n"),
    ];
    let rest: String =
        usual.iter().filter(|(name, _)| !function.contains(&format!("fn {name}("))).map(|(_, text)| *text).collect();
    format!("{function}\n{rest}")
}

const ANALYSIS: [&str; 7] = ["analyze", "--system", "evil/bomb", "--profile", "quick", "--passes", "normal_form"];

#[track_caller]
fn check_system(script: &str, says: &str) {
    let output = run("systems", script, &ANALYSIS);
    check_end(&output, 65, &shortened(script), "", says);
    assert!(output.stdout.is_empty());
}

/// A pass whose `run` has these statements before it gives something.
fn pass(statements: &str) -> String {
    format!(
        "fn needs() {{ [\"system\"] }}\nfn gives() {{ [\"harm\"] }}\nfn run(study, options) {{\n    {statements}\n    #{{ harm: 1 }}\n}}\n"
    )
}

/// A pass that fails alone: exit code 1, with the reason and the place in the report.
#[track_caller]
fn check_pass(statements: &str, says: &str) {
    check_pass_script(&pass(statements), 1, says);
}

#[track_caller]
fn check_pass_script(script: &str, code: i32, says: &str) {
    let output = run("passes", script, &["analyze", "--system", "pendulum", "--passes", "bomb"]);
    check_end(&output, code, &shortened(script), &String::from_utf8_lossy(&output.stdout), says);
}

fn shortened(script: &str) -> String {
    script.chars().take(300).collect()
}

#[test]
fn loops_and_recursions_without_end_are_stopped() {
    for block in
        ["loop {}", "let i = 0; while true { i += 1; } i", "for i in 0..1000000000000 {} q[0]", "do {} while true; 0"]
    {
        check_system(&potential(block), "more than 5000000 operations");
    }
    check_system(&with("fn f(n) { f(n + 1) }\nfn hamiltonian(q, p, k) { f(0) }"), "deep");
    check_system(&with("fn a(n) { b(n) }\nfn b(n) { a(n) }\nfn hamiltonian(q, p, k) { a(0) }"), "deep");
    check_system(&with("fn f(x) { [x].map(|y| f(y)) }\nfn hamiltonian(q, p, k) { f(q[0]) }"), "deep");
    check_system(
        &with("fn f(n) { if n == 0 { 1 } else { f(n - 1) + f(n - 1) } }\nfn hamiltonian(q, p, k) { f(60)*q[0] }"),
        "operations",
    );
    check_system("loop {}\nfn coordinates(k) { 1 }\nfn hamiltonian(q, p, k) { p[0]**2 + q[0]**2 }\n", "operations");
    check_system(&with("fn parameters() { loop {} }"), "operations");
}

#[test]
fn texts_lists_and_maps_that_grow_are_stopped() {
    check_system(&potential("let s = \"x\"; loop { s += s; }"), "text of more than");
    check_system(
        &potential("let s = \"xxxxxxxxxxxxxxxx\"; for i in 0..14 { s += s; } loop { s.replace(\"x\", s); }"),
        "text of more than",
    );
    check_system(&potential("let s = \"x\"; s.pad(1000000000000, 'x'); 0"), "text of more than");
    check_system(
        &potential(
            "let s = \"x\"; for i in 0..17 { s += s; } for i in 0..1000000 { s.to_upper(); s.index_of(\"y\"); } 0",
        ),
        "longer than",
    );
    check_system(&potential("let s = `x`; loop { s = `${s}${s}${s}`; }"), "text of more than");
    check_system(&potential("let a = [1]; loop { a += a; }"), "list of more than");
    check_system(&potential("let a = [1]; loop { a = [a, a]; }"), "list of more than");
    check_system(&potential("let a = []; a.pad(1000000000, 1); 0"), "list of more than");
    check_system(&potential("let a = []; loop { a.push(a.len()); }"), "list of more than");
    check_system(&potential("let m = #{}; let i = 0; loop { m[\"k\" + i] = i; i += 1; }"), "operations");
}

#[test]
fn what_escapes_the_counts_of_sizes_is_stopped_by_its_bytes() {
    let text = "let s = \"x\"; for i in 0..14 { s += s; } let all = [];";
    check_system(&potential(&format!("{text} loop {{ let copy = s + all.len(); all.push(|| copy); }}")), "memory");
    check_system(
        &potential(&format!("{text} let f = Fn(\"g\"); loop {{ f = f.curry(s + all.len()); all.push(f); }}")),
        "memory",
    );
    check_system(&potential("let f = || 0; loop { let g = f; f = || g.call(); }"), "");
    check_system(&potential(&format!("{text} loop {{ all.push(s + all.len()); }}")), "");
    check_system(&potential("let a = [0]; for i in 0..5000000 { a = [a]; } 0"), "");
}

#[test]
fn numbers_and_formulas_that_grow_are_stopped() {
    for block in [
        "2**(10**9)*q[0]",
        "10**10**10*q[0]",
        "2**(-(10**9))*q[0]",
        "let x = 3; loop { x *= x; }",
        "let x = 3/7; loop { x = x*x + 1; }",
        "(1/3)**1000000000*q[0]",
        "let h = q[0]; loop { h = h*h + 1; }",
        "let h = q[0]; for i in 0..200 { h = h*h + 1; } h",
        "let h = q[0]; for i in 0..60 { h = sin(h) + cos(h); } h",
        "let h = q[0]; loop { h = sin(h); }",
        "let h = q[0]; for i in 0..29 { h = sin(h) + cos(h); } print(h); if h > 0 { h } else { 0 }",
        "let h = 0; for i in 0..100000 { h += q[0]**i; } h",
        "(q[0] + 1)**1000000000",
        "(q[0] + 1)**(1/1000000007)",
        "sqrt(q[0]**900 * q[0]**900 + 1)",
        "let h = 1; for i in 0..40 { h *= (q[0] + p[0] + i)**9; } let x = h; for i in 0..9 { x += h**i; } x",
        "sqrt(2**4000000 + 1)*q[0]",
        "q[0]**(10**18)",
        "exp(exp(exp(exp(100))))*q[0]",
        "1e999*q[0]",
        "9223372036854775807*9223372036854775807**(99999)*q[0]",
    ] {
        check_system(&potential(block), "");
    }
}

#[test]
fn spaces_parameters_claims_and_starts_beyond_all_measure_are_refused() {
    check_system(&with("fn coordinates(k) { 1000000000 }"), "number of coordinates");
    check_system(&with("fn parameters() { #{ n: 10**18 } }\nfn coordinates(k) { k.n }"), "number of coordinates");
    check_system(&with("fn parameters() { let a = []; loop { a.push(a.len()); } }"), "list of more than");
    check_system(
        &with("fn integrals(q, p, k) { let m = #{}; for i in 0..100000 { m[\"i\" + i] = i*q[0]; } m }"),
        "claims",
    );
    check_system(
        &with("fn integrals(q, p, k) { let h = q[0]; for i in 0..60 { h = sin(h) + cos(h); } #{ a: h } }"),
        "",
    );
    check_system(
        &with("fn initial_conditions(k) { let a = []; for i in 0..1000000000 { a.push([i, i]); } #{ points: a } }"),
        "",
    );
    check_system(
        &with("fn initial_conditions(k) { #{ count: 9000000000000000000, energy: 1 } }"),
        "`count` is a whole number",
    );
    check_system(&with("fn initial_conditions(k) { #{ energy: 0/0 } }"), "division by zero");
    check_system(&with("fn hamiltonian(q, p, k) { p[0]**2/2 + sqrt(-1 - q[0]**2) }"), "not a real number");
}

#[test]
fn nothing_reaches_outside() {
    for (block, says) in [
        ("eval(\"1\")", "eval"),
        ("open(\"/etc/passwd\")", "open"),
        ("timestamp()", "timestamp"),
        ("sleep(1000)", "sleep"),
        ("import \"/etc/passwd\" as x; 1", ""),
        ("q[0] << 1000", "not arithmetic"),
        ("throw \"\\x1b[2J\\x07\"", ""),
    ] {
        check_system(&potential(block), says);
    }
    check_system(&with("fn coordinates(k) { [\"\\x1b[2Jx\"] }"), "");
    check_system(&with("fn integrals(q, p, k) { #{ \"\\x1b[2J\": q } }"), "");
}

#[test]
fn texts_that_the_reader_cannot_take_are_refused() {
    check_system(&potential(&format!("{}1{}", "(".repeat(100_000), ")".repeat(100_000))), "nested too deep");
    check_system(&potential(&"[".repeat(100_000)), "nested too deep");
    check_system(&potential(&format!("{}1", "-".repeat(1_000_000))), "");
    check_system(&potential(&format!("q[0]{}", " + q[0]".repeat(200_000))), "");
    check_system(&potential("/* never closed"), "");
    check_system(&potential("\"never closed"), "");
    let many: String = (0..20_000).map(|i| format!("fn f{i}() {{ {i} }}\n")).collect();
    check_system(&with(&many), "");
    check_system(&potential(&format!("{}{}", "if true { ".repeat(5000), "}".repeat(5000))), "");
}

#[test]
fn passes_that_mean_harm_fail_alone() {
    check_pass("loop {}", "more than 5000000 operations");
    check_pass("let s = \"x\"; loop { s += s; }", "text of more than");
    check_pass("let s = \"x\"; for i in 0..18 { s += s; } loop { s.replace(\"x\", s); }", "text of more than");
    check_pass("let s = \"x\"; for i in 0..18 { s += s; } loop { s.split(\"x\"); }", "list of more than");
    check_pass(
        "let s = \"x\"; for i in 0..18 { s += s; } let all = []; loop { let c = s + all.len(); all.push(|| c); }",
        "memory",
    );
    check_pass("let s = \"x\"; for i in 0..18 { s += s; } loop { study.note(s); }", "");
    check_pass("loop { study.finding(\"\\x1b[2J\"); }", "");
    check_pass("let a = [1]; for i in 0..100 { a = [a]; } return #{ harm: a };", "nested more than");
    check_pass("let a = []; for i in 0..16000 { a.push(16000 - i); } loop { a.sort(|a, b| a - b); }", "");
    check_pass("simulate(study, #{ orbits: 1000000000000 });", "at most 1e9");
    check_pass(
        "let n = 0; let a = []; for i in 0..999 { a.push(i); } a.sort(|x, y| { n += 1; n % 3 - 1 }); throw a.len();",
        "999",
    );
    check_pass("let a = [1.0, 2.0, 0.0/0.0, 1.5]; for i in 0..10 { a += a; } a.sort(); throw a.len();", "4096");
    check_pass("1 << 100000000000;", "is no whole number");
    check_pass("let x = 9223372036854775807; x += 1;", "");
    check_pass("throw \"\\x1b[2J\\x07\";", "");
    check_pass("let rows = []; for i in 0..16000 { rows.push(#{ a: i }); } loop { study.table(\"t\", rows); }", "");
    check_pass("fn_that_is_not_there(study);", "fn_that_is_not_there");
}

#[test]
fn passes_that_mean_harm_while_they_are_read_are_refused() {
    let rest = "fn gives() { [\"harm\"] }\nfn run(study, options) { #{ harm: 1 } }\n";
    check_pass_script(&format!("fn needs() {{ loop {{}} }}\n{rest}"), 65, "operations");
    check_pass_script(&format!("fn needs() {{ let s = \"x\"; loop {{ s += s; }} }}\n{rest}"), 65, "text of more than");
    let deep = "fn options() { let a = []; for i in 0..10000 { a = [a]; } #{ a: a } }";
    check_pass_script(&format!("fn needs() {{ [] }}\n{deep}\n{rest}"), 65, "");
    let greedy = "fn options() { #{ memory: 1000000 } }";
    check_pass_script(&format!("fn needs() {{ [] }}\n{greedy}\n{rest}"), 65, "the user's to set");
    let text = "let all = []; let s = \"x\"; for i in 0..18 { s += s; }";
    check_pass_script(
        &format!("fn needs() {{ {text} loop {{ let c = s + all.len(); all.push(|| c); }} }}\n{rest}"),
        65,
        "memory",
    );
}

/// One step of this takes longer and longer: the engine counts the elements of the list after each.
const SLOW: &str = "let a = [0]; for i in 0..5000000 { a = [a]; } 0";

#[test]
fn a_child_that_the_system_ends_is_an_error_of_its_script() {
    let output = run_under("-S -t 1", "systems", &potential(SLOW), &ANALYSIS);
    check_end(&output, 65, SLOW, "", "one step of it takes longer than a script may");
    let greedy =
        potential("let s = \"x\"; for i in 0..19 { s += s; } let a = []; loop { let t = s + a.len(); a.push(|| t); }");
    // 64 MiB of it is the stack, where there is no room for more.
    let output = run_under("-S -d 120000", "systems", &greedy, &ANALYSIS);
    assert_eq!(output.status.code(), Some(65), "{}", errors(&output));
    let said = errors(&output);
    assert!(said.contains("takes more memory than a script may use") && said.contains("bomb.rhai:1:1"), "{said}");
}

#[test]
fn a_signal_to_end_reaches_the_child_and_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("own.rhai"), with("")).unwrap();
    let long = ["simulate", "--system", "own.rhai", "--t", "1e12", "--samples", "2", "--out", "orbits.h5"];
    let mut child = limited("-t 60", &long, folder.path()).spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(300));
    let ended = Command::new("kill").arg(child.id().to_string()).status().unwrap();
    assert!(ended.success());
    assert_eq!(child.wait().unwrap().signal(), Some(15));
}
