//! What helps at the command line: explained errors, completions, manual pages.

#![allow(clippy::unwrap_used)] // A panic is how a test fails, in its helpers too.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use aa_tests::{errors, run};

fn printed(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", errors(&output));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_code_before_an_error_is_explained() {
    let output = run(&["analyze", "--system", "todda"]);
    let said = errors(&output);
    let code = said.strip_prefix("error[").and_then(|rest| rest.split(']').next()).unwrap();
    assert!(printed(&["explain", code]).contains("No system, pass, dataset or plugin"), "{said}");
    assert_eq!(printed(&["explain", &code.to_lowercase()]), printed(&["explain", code]));
    assert!(printed(&["explain"]).lines().count() > 20);
    let unknown = run(&["explain", "AA9999"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(errors(&unknown).contains("AA9999"));
}

#[test]
fn completions_are_sound_scripts_that_know_every_command() {
    for shell in ["bash", "zsh", "fish"] {
        let script = printed(&["completions", shell]);
        assert!(["analyze", "predict", "plugin-path"].iter().all(|word| script.contains(word)), "{shell}");
        let Ok(mut parser) = Command::new(shell).arg("-n").stdin(Stdio::piped()).spawn() else { continue };
        parser.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
        assert!(parser.wait().unwrap().success(), "{shell}");
    }
}

#[test]
fn the_manual_has_a_page_for_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("man1");
    printed(&["man", pages.to_str().unwrap()]);
    let page = fs::read_to_string(pages.join("aatool-analyze.1")).unwrap();
    assert!(page.contains(".TH") && page.contains("profile"));
    assert!(pages.join("aatool.1").exists() && pages.join("aatool-plugin-install.1").exists());
    let output = run(&["man", pages.join("aatool.1").to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(73), "{}", errors(&output));
}
