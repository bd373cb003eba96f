//! The README is true: its scripts are saved, its commands run, and what they print is what it shows.
//!
//! A block that names a file in its first line (`//! ... in FILE` is not enough: the fence says `rhai FILE`) is saved
//! under that name. In a console block, a line `...` stands for any lines, and `...` inside a line for any text.

#![allow(clippy::unwrap_used)] // A panic is how a test fails, in its helpers too.

use std::fs;
use std::path::Path;
use std::process::Command;

use aa_tests::{binary, root};

struct Block {
    language: String,
    file: Option<String>,
    text: String,
}

fn blocks(markdown: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = markdown.lines();
    while let Some(line) = lines.next() {
        let Some(fence) = line.strip_prefix("```") else { continue };
        let mut words = fence.split_whitespace().map(str::to_string);
        let body: Vec<&str> = lines.by_ref().take_while(|line| !line.starts_with("```")).collect();
        let (language, file) = (words.next().unwrap_or_default(), words.next());
        blocks.push(Block { language, file, text: body.join("\n") + "\n" });
    }
    blocks
}

/// Commands, each with the lines it should print.
fn session(text: &str) -> Vec<(String, Vec<String>)> {
    let mut commands: Vec<(String, Vec<String>)> = Vec::new();
    for line in text.lines() {
        match (line.strip_prefix("$ "), commands.last_mut()) {
            (Some(command), _) => commands.push((command.to_string(), Vec::new())),
            (None, Some((_, expected))) => expected.push(line.to_string()),
            (None, None) => {}
        }
    }
    commands
}

fn line_matches(expected: &str, line: &str) -> bool {
    let mut rest = line.trim_end();
    let parts: Vec<&str> = expected.trim_end().split("...").collect();
    let (first, others) = parts.split_first().unwrap();
    let Some(after) = rest.strip_prefix(first) else { return false };
    rest = after;
    for part in others {
        match rest.find(part) {
            Some(place) => rest = &rest[place + part.len()..],
            None => return false,
        }
    }
    rest.is_empty() || expected.trim_end().ends_with("...")
}

fn lines_match(expected: &[String], lines: &[&str]) -> bool {
    match expected.split_first() {
        None => lines.iter().all(|line| line.trim().is_empty()),
        Some((any, rest)) if any.trim() == "..." => (0..=lines.len()).any(|skip| lines_match(rest, &lines[skip..])),
        Some((first, rest)) => {
            lines.split_first().is_some_and(|(line, more)| line_matches(first, line) && lines_match(rest, more))
        }
    }
}

fn run_in(folder: &Path, command: &str) -> String {
    let script = command.replace("./scripts/run", binary().to_str().unwrap());
    let output = Command::new("sh").args(["-c", &script]).current_dir(folder).env("NO_COLOR", "1").output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command} ended with {}:\n{errors}", output.status);
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_readme_is_true() {
    let markdown = fs::read_to_string(root().join("README.md")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut n_commands = 0;
    for block in blocks(&markdown) {
        if let Some(file) = &block.file {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, &block.text).unwrap();
        }
        if block.language != "console" {
            continue;
        }
        for (command, expected) in session(&block.text) {
            // Cloning, and the test that runs this test.
            if command.starts_with("git ") || command.starts_with("cd ") || command == "./scripts/test" {
                continue;
            }
            let printed = run_in(folder.path(), &command);
            let lines: Vec<&str> = printed.lines().collect();
            assert!(expected.is_empty() || lines_match(&expected, &lines), "{command} printed\n{printed}");
            n_commands += 1;
        }
    }
    assert!(n_commands >= 4, "the README shows a session");
}

#[test]
fn dots_stand_for_anything() {
    assert!(line_matches("a ... c", "a bb c") && !line_matches("a ... c", "a bb d"));
    assert!(line_matches("a...", "abc") && !line_matches("a", "abc"));
    let lines = ["one", "two", "three"];
    assert!(lines_match(&["...".into(), "three".into()], &lines));
    assert!(!lines_match(&["...".into(), "two".into()], &lines));
}
