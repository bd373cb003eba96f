//! What scripts do and what they are told: every case is only text.

mod bundled_systems;
mod exact_numbers;
mod families;
mod names;
mod pitfalls;
mod verification;
mod wrong_scripts;

use aa_plugin::{CountingAllocator, Error, Source, System, SystemSettings, load_system};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

fn load(text: &str) -> Result<System, Error> {
    load_system(&Source::inline("test", text), &SystemSettings::default())
}

fn load_with(text: &str, set: &[(&str, &str)]) -> Result<System, Error> {
    let set = set.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
    load_system(&Source::inline("test", text), &SystemSettings { set, ..SystemSettings::default() })
}

/// A system in x and y whose energy is `p.p/2` plus the value of `body`, on line 2 from column 1.
fn with_potential(body: &str) -> String {
    format!(
        "fn coordinates(k) {{ [\"x\", \"y\"] }} fn hamiltonian(q, p, k) {{ let v = {{\n{body}\n}}; p[0]**2/2 + p[1]**2/2 + v }}"
    )
}

/// The terms of a printed sum, in no order: which one prints first is the business of the printer.
fn terms(sum: &str) -> Vec<&str> {
    let mut terms: Vec<&str> = sum.split_whitespace().collect();
    terms.sort_unstable();
    terms
}

/// The error's place, code and text: `line:column message`.
fn refusal(text: &str) -> String {
    let error = load(text).expect_err("the script is wrong");
    assert_eq!(error.exit_code(), 65, "{error}");
    let place = error.place().expect("faults of scripts have a place");
    format!("{}:{} {error}", place.line, place.column)
}

/// The refusal of a potential; lines count from the one before it.
#[track_caller]
fn check_refusal(body: &str, expected: &str) {
    assert_eq!(refusal(&with_potential(body)), expected, "{body}");
}
