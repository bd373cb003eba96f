//! The README and the book are true: their scripts are saved, their commands run, and what they print is what is shown.
//!
//! A block whose fence names a file (`rhai FILE`) is saved under that name. In a console block, a line `...` stands for
//! any lines, and `...` inside a line for any text; where its fence says `exit=65` the commands end so, and errors are
//! shown too.

#![allow(clippy::unwrap_used)] // A panic is how a test fails, in its helpers too.

use std::fs;
use std::path::Path;
use std::process::Command;

use aa_tests::{binary, root};

struct Block {
    language: String,
    file: Option<String>,
    exit: i32,
    text: String,
}

fn blocks(markdown: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = markdown.lines();
    while let Some(line) = lines.next() {
        let Some(fence) = line.strip_prefix("```") else { continue };
        let mut words = fence.split_whitespace().map(str::to_string);
        let body: Vec<&str> = lines.by_ref().take_while(|line| !line.starts_with("```")).collect();
        let language = words.next().unwrap_or_default();
        let (exit, file): (Vec<_>, Vec<_>) = words.partition(|word| word.starts_with("exit="));
        let exit = exit.first().map_or(0, |word| word["exit=".len()..].parse().unwrap());
        blocks.push(Block { language, file: file.into_iter().next(), exit, text: body.join("\n") + "\n" });
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

/// What a command prints; its errors too where it should fail.
fn run_in(folder: &Path, command: &str, exit: i32) -> String {
    let binary = format!("{} ", binary().display());
    let inside = command.replace("./scripts/run ", &binary).replace("&& aatool ", &format!("&& {binary}"));
    let script = inside.strip_prefix("aatool ").map_or(inside.clone(), |arguments| binary + arguments);
    let output = Command::new("sh").args(["-c", &script]).current_dir(folder).env("NO_COLOR", "1").output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(exit), "{command}:\n{errors}");
    let printed = String::from_utf8(output.stdout).unwrap();
    if exit == 0 { printed } else { printed + &errors }
}

/// Saves the files of a document and runs its commands; how many these are.
fn follow(document: &Path) -> usize {
    let markdown = fs::read_to_string(document).unwrap();
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
            let printed = run_in(folder.path(), &command, block.exit);
            let lines: Vec<&str> = printed.lines().collect();
            assert!(expected.is_empty() || lines_match(&expected, &lines), "{command} printed\n{printed}");
            n_commands += 1;
        }
    }
    n_commands
}

#[test]
fn the_readme_is_true() {
    assert!(follow(&root().join("README.md")) >= 4, "the README shows a session");
}

#[test]
fn every_chapter_of_the_book_is_true() {
    let folder = root().join("crates/aatool/book/src");
    let contents = fs::read_to_string(folder.join("SUMMARY.md")).unwrap();
    let names = contents.split("](").skip(1).map(|rest| rest.split(')').next().unwrap());
    for chapter in names.clone() {
        let text = fs::read_to_string(folder.join(chapter)).unwrap();
        let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        links
            .filter(|link| link.ends_with(".md"))
            .for_each(|link| assert!(folder.join(link).exists(), "{chapter}: {link}"));
    }
    let chapters: Vec<(&str, usize)> = names.map(|name| (name, follow(&folder.join(name)))).collect();
    let files = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let n_files = files.filter(|path| path.extension().is_some_and(|extension| extension == "md")).count();
    assert_eq!(n_files, chapters.len() + 1, "a chapter is not in SUMMARY.md");
    for chapter in ["tutorial.md", "hamiltonian.md", "errors.md", "pass.md", "batch.md"] {
        assert!(chapters.iter().any(|(name, n_commands)| *name == chapter && *n_commands > 0), "{chapters:?}");
    }
}

#[test]
fn dots_stand_for_anything() {
    assert!(line_matches("a ... c", "a bb c") && !line_matches("a ... c", "a bb d"));
    assert!(line_matches("a...", "abc") && !line_matches("a", "abc"));
    let lines = ["one", "two", "three"];
    assert!(lines_match(&["...".into(), "three".into()], &lines));
    assert!(!lines_match(&["...".into(), "two".into()], &lines));
}
