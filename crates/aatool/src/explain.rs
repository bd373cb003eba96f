//! `aatool explain`: what an error means, from the book's chapter on errors.

use crate::Ending;
use crate::failure::Failure;
use crate::output::say;

/// A heading `## AA0102: title` and what follows it, for every code.
const CHAPTER: &str = include_str!("../book/src/errors.md");

pub(crate) fn explain(code: Option<&str>) -> Result<Ending, Failure> {
    match code {
        None => sections().for_each(|section| say(title(section))),
        Some(code) => say(find(code)?.trim_end()),
    }
    Ok(Ending::AllMet)
}

fn sections() -> impl Iterator<Item = &'static str> {
    CHAPTER.split("\n## ").skip(1)
}

fn title(section: &str) -> &str {
    section.lines().next().unwrap_or_default()
}

fn find(code: &str) -> Result<&'static str, Failure> {
    let asked = code.to_uppercase();
    sections().find(|section| title(section).split(':').next() == Some(asked.as_str())).ok_or_else(|| {
        Failure::usage(format!("no error has the code `{code}`"), "`aatool explain` lists all codes, such as AA0102")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use aa_plugin::Code;

    #[test]
    fn every_code_is_explained_and_no_other() {
        let explained: Vec<&str> = sections().map(|section| title(section).split(':').next().unwrap()).collect();
        assert_eq!(explained, Code::ALL.iter().map(Code::to_string).collect::<Vec<_>>());
    }
}
