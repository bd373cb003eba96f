//! What can be wrong with a script, a manifest or a name, with the place and what to do.
//!
//! [`Error`] is a [`miette::Diagnostic`]: a command line shows the line of the script with a mark under the column.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use miette::{Diagnostic, LabeledSpan, SourceCode};

use crate::Code;
use crate::suggest::one_of;

/// A place in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, as it should be shown.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1; 0 where only the line is known.
    pub column: usize,
    text: Arc<str>,
}

impl Place {
    /// The place at `line` and `column` of `text`, both from 1.
    pub fn new(path: &str, text: &str, line: usize, column: usize) -> Place {
        Place { path: path.into(), line, column, text: text.into() }
    }

    /// The marked piece of the text, as byte offset and length: one word, number or sign.
    fn span(&self) -> (usize, usize) {
        let before: usize = self.text.split_inclusive('\n').take(self.line.saturating_sub(1)).map(str::len).sum();
        let line = self.text[before..].lines().next().unwrap_or_default();
        let within: usize = line.chars().take(self.column.saturating_sub(1)).map(char::len_utf8).sum();
        let word = line[within..].find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(line.len() - within);
        let one = line[within..].chars().next().map_or(0, char::len_utf8);
        (before + within, word.max(one))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.path, self.line, self.column)
    }
}

/// Why there is no system, plugin or script.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A script or manifest is wrong at some place.
    #[error("{message}")]
    Script {
        /// Where.
        place: Box<Place>,
        /// What was expected and what came.
        message: String,
        /// What to do about it.
        hint: Option<String>,
        /// The kind of fault.
        code: Code,
    },
    /// A script used more than it may.
    #[error("the script was stopped: {what}")]
    Limit {
        /// Where it was.
        place: Box<Place>,
        /// Which limit, with its value.
        what: String,
    },
    /// `--set` names a parameter that the system has not.
    #[error("{system} has no parameter `{key}`")]
    UnknownParameter {
        /// The system.
        system: String,
        /// The name given.
        key: String,
        /// The parameters it has.
        known: Vec<String>,
    },
    /// `--set` gives a value that the parameter cannot take.
    #[error("`{key}` cannot be `{text}`: {reason}")]
    BadValue {
        /// The parameter.
        key: String,
        /// The value as given.
        text: String,
        /// What it should be.
        reason: String,
    },
    /// No such system, pass or plugin.
    #[error("there is no {kind} named `{name}`")]
    UnknownName {
        /// `system`, `pass`, `dataset` or `plugin`.
        kind: String,
        /// The name given.
        name: String,
        /// What to do: a near name, or where to look.
        hint: String,
    },
    /// A short name that two plugins of one place share.
    #[error("`{name}` is in several plugins: {}", candidates.join(", "))]
    Ambiguous {
        /// The name given.
        name: String,
        /// The full names.
        candidates: Vec<String>,
    },
    /// A file that is not there.
    #[error("there is no file {path}")]
    Missing {
        /// The path given.
        path: String,
        /// What to do, where there is something near.
        hint: Option<String>,
    },
    /// A file that is there and cannot be read.
    #[error("{path} cannot be read: {reason}")]
    Unreadable {
        /// The path.
        path: String,
        /// What the system says.
        reason: String,
    },
    /// A script that is not UTF-8.
    #[error("{path} is not a text in UTF-8")]
    NotText {
        /// The path.
        path: String,
    },
    /// The system gives no thread to run a script on.
    #[error("no thread could be started to run the script")]
    NoThread,
    /// A starting point that does not fit the system.
    #[error("{reason}")]
    BadStart {
        /// What came and what was expected.
        reason: String,
    },
    /// A pass or an option of a pass that does not exist.
    #[error("{what} `{name}`")]
    UnknownOption {
        /// Who has no such thing, as in "pass `chaos` has no option".
        what: String,
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// A scan that makes no sense.
    #[error("{reason}")]
    Scan {
        /// What came and what was expected.
        reason: String,
        /// What to do.
        hint: String,
    },
    /// Parameters of a learned map that do not fit it, or a family that cannot be asked for.
    #[error("{reason}")]
    Family {
        /// What came and what was expected.
        reason: String,
        /// What to do.
        hint: String,
    },
    /// A family of which no map was learned.
    #[error("no map was learned: {reason}")]
    NotLearned {
        /// Why, with the member.
        reason: String,
    },
    /// Bundles that cannot be compared.
    #[error("{reason}")]
    NotComparable {
        /// What came and what was expected.
        reason: String,
        /// What to do.
        hint: String,
    },
    /// A data file that is missing, damaged or has another layout.
    #[error(transparent)]
    Dataset(#[from] aa_dataset::Error),
    /// A sound data file without what an analysis needs.
    #[error("{path}: {reason}")]
    UnusableData {
        /// The file.
        path: String,
        /// What was expected and what came.
        reason: String,
    },
    /// A sound file that holds something else than what is looked for.
    #[error("{path} holds no {what}")]
    Lacks {
        /// The file.
        path: String,
        /// What is looked for.
        what: &'static str,
        /// Where there is one.
        hint: &'static str,
    },
    /// Passes that do not fit together, or that do not exist.
    #[error("{}", faults.join("; "))]
    Passes {
        /// Every fault.
        faults: Vec<String>,
        /// Whether only names asked for are wrong.
        usage: bool,
    },
    /// A plugin that this version cannot use.
    #[error("plugin {plugin} {reason}")]
    Incompatible {
        /// The plugin.
        plugin: String,
        /// Why.
        reason: String,
        /// What to do.
        hint: String,
    },
    /// An archive or index that is damaged, forged, outdated or not what was signed for.
    #[error("{what} {reason}")]
    Distrusted {
        /// The archive or index.
        what: String,
        /// Why.
        reason: String,
        /// What to do.
        hint: String,
    },
    /// An index whose key the user has not confirmed.
    #[error("{index} is signed with the key {key}, which you have not confirmed")]
    UnknownKey {
        /// Where the index is.
        index: String,
        /// The key's number, as minisign prints it.
        key: String,
    },
    /// A plugin that is not what it says.
    #[error("{plugin} is not verified: {}", faults.join("; "))]
    NotVerified {
        /// The plugin or its file.
        plugin: String,
        /// Everything that is wrong.
        faults: Vec<String>,
    },
    /// No versions of the plugins asked for go together.
    #[error("no versions go together. {explanation}")]
    Unsolvable {
        /// Why, step by step.
        explanation: String,
    },
    /// An output that cannot be written.
    #[error("{path} cannot be written: {reason}")]
    Unwritable {
        /// The path.
        path: String,
        /// What stands in the way.
        reason: String,
    },
}

impl Error {
    /// A fault of a script at a place, of no kind in particular.
    pub(crate) fn script(place: Place, message: impl Into<String>, hint: Option<String>) -> Error {
        Error::Script { place: Box::new(place), message: message.into(), hint, code: Code::Script }
    }

    /// The same fault of a script, of this kind.
    #[must_use]
    pub fn coded(mut self, kind: Code) -> Error {
        if let Error::Script { code, .. } = &mut self {
            *code = kind;
        }
        self
    }

    /// The kind of fault, for `aatool explain`.
    pub fn code(&self) -> Code {
        match self {
            Error::Script { code, .. } => *code,
            Error::Limit { .. } | Error::NoThread => Code::Limit,
            Error::UnknownParameter { .. } | Error::BadValue { .. } | Error::UnknownOption { .. } => Code::Setting,
            Error::UnknownName { .. } => Code::UnknownName,
            Error::Ambiguous { .. } => Code::Ambiguous,
            Error::Missing { .. } | Error::Unreadable { .. } | Error::NotText { .. } => Code::Missing,
            Error::Unwritable { .. } => Code::Unwritable,
            Error::BadStart { .. } => Code::Start,
            Error::Scan { .. } | Error::Family { .. } => Code::Usage,
            Error::NotLearned { .. } => Code::NotLearned,
            Error::NotComparable { .. } => Code::NotComparable,
            Error::Dataset(error) => error.into(),
            Error::UnusableData { .. } | Error::Lacks { .. } => Code::Unusable,
            Error::Passes { .. } => Code::Passes,
            Error::Incompatible { .. } => Code::Incompatible,
            Error::Distrusted { .. } | Error::UnknownKey { .. } => Code::Distrusted,
            Error::NotVerified { .. } => Code::NotVerified,
            Error::Unsolvable { .. } => Code::Unsolvable,
        }
    }

    /// A file that could not be read, missing or otherwise.
    pub(crate) fn unreadable(path: &str, error: &std::io::Error) -> Error {
        match error.kind() {
            std::io::ErrorKind::NotFound => Error::Missing { path: path.into(), hint: None },
            _ => Error::Unreadable { path: path.into(), reason: error.to_string() },
        }
    }

    /// A file or folder that could not be written.
    pub fn unwritable(path: &Path, error: &std::io::Error) -> Error {
        // Of the kind alone: the whole text may name a temporary file.
        let reason = match error.kind() {
            std::io::ErrorKind::NotFound => "there is no such folder".into(),
            kind => std::io::Error::from(kind).to_string(),
        };
        Error::Unwritable { path: path.display().to_string(), reason }
    }

    /// The exit code of the command line.
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::UnknownParameter { .. }
            | Error::BadValue { .. }
            | Error::UnknownName { .. }
            | Error::UnknownOption { .. }
            | Error::BadStart { .. }
            | Error::Scan { .. }
            | Error::Family { .. }
            | Error::Passes { usage: true, .. }
            | Error::UnknownKey { .. }
            | Error::Ambiguous { .. } => 2,
            Error::NotVerified { .. } | Error::NotLearned { .. } | Error::Unsolvable { .. } => 1,
            Error::Distrusted { .. } => 4,
            Error::Unwritable { .. } => 73,
            Error::Missing { .. } | Error::Unreadable { .. } => 66,
            Error::Dataset(error) => match error.kind() {
                aa_dataset::Kind::Missing => 66,
                aa_dataset::Kind::CannotWrite => 73,
                aa_dataset::Kind::Locked => 75,
                aa_dataset::Kind::Damaged => 4,
                aa_dataset::Kind::Unusable => 65,
            },
            _ => 65,
        }
    }

    /// Where the fault is, for faults in a text.
    pub fn place(&self) -> Option<&Place> {
        match self {
            Error::Script { place, .. } | Error::Limit { place, .. } => Some(place),
            _ => None,
        }
    }

    /// The fault in one line, with its place where it has one.
    pub fn located(&self) -> String {
        self.place().map_or_else(|| self.to_string(), |place| format!("{place}: {self}"))
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Error::Script { hint, .. } | Error::Missing { hint, .. } => hint.clone(),
            Error::Limit { .. } => Some("is there an endless loop, or a list that grows without end?".into()),
            Error::UnknownParameter { key, known, .. } => Some(known_parameters(key, known)),
            Error::UnknownName { hint, .. }
            | Error::Incompatible { hint, .. }
            | Error::Distrusted { hint, .. }
            | Error::Scan { hint, .. }
            | Error::Family { hint, .. }
            | Error::NotComparable { hint, .. } => Some(hint.clone()),
            Error::NotLearned { .. } => Some(
                "see where orbits start (--energy, --initial, --box); --pass action_angle.evaluations=N spends more, \
                 action_angle.seed=N begins elsewhere"
                    .into(),
            ),
            Error::UnknownOption { known, .. } if known.is_empty() => Some("`fn options()` would give it some".into()),
            Error::UnknownOption { name, known, .. } => Some(one_of(name, known)),
            Error::UnknownKey { .. } => {
                Some("ask its publisher for the whole key, by another way, and confirm it with --trust KEY".into())
            }
            Error::Ambiguous { .. } => Some("give the full name".into()),
            Error::Lacks { hint, .. } => Some((*hint).into()),
            Error::UnusableData { .. } => Some("`aatool simulate` writes files of this layout".into()),
            _ => None,
        }
    }
}

fn known_parameters(key: &str, known: &[String]) -> String {
    if known.is_empty() {
        return "it has no parameters".into();
    }
    one_of(key, known)
}

impl Diagnostic for Error {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.hint().map(|hint| Box::new(hint) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.place().map(|place| place as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let (offset, length) = self.place()?.span();
        Some(Box::new(std::iter::once(LabeledSpan::new(Some("here".into()), offset, length))))
    }
}

impl SourceCode for Place {
    fn read_span<'a>(
        &'a self,
        span: &miette::SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn miette::SpanContents<'a> + 'a>, miette::MietteError> {
        let found = self.text.as_ref().read_span(span, lines_before, lines_after)?;
        Ok(Box::new(miette::MietteSpanContents::new_named(
            self.path.clone(),
            found.data(),
            *found.span(),
            found.line(),
            found.column(),
            found.line_count(),
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_marked_piece_is_the_word_at_the_column() {
        let place = Place::new("a.rhai", "let a = 1;\nlet héros = 2;\n", 2, 5);
        let (offset, length) = place.span();
        assert_eq!(&"let a = 1;\nlet héros = 2;\n"[offset..offset + length], "héros");
        assert_eq!(Place::new("a", "x > 0", 1, 3).span(), (2, 1));
        assert_eq!(Place::new("a", "", 7, 9).span(), (0, 0));
    }

    #[test]
    fn diagnostics_show_the_line() {
        let error =
            Error::script(Place::new("a.rhai", "fn f() {\n  x > 0\n}\n", 2, 3), "no branch", Some("or two".into()));
        let mut shown = String::new();
        miette::NarratableReportHandler::new().render_report(&mut shown, &error).unwrap();
        assert!(shown.contains("a.rhai") && shown.contains("x > 0") && shown.contains("or two"), "{shown}");
    }

    #[test]
    fn unknown_parameters_come_with_the_known_ones() {
        let known = vec!["alpha".into(), "beta".into()];
        let error = Error::UnknownParameter { system: "fput".into(), key: "bta".into(), known };
        assert_eq!(error.exit_code(), 2);
        assert_eq!(error.hint().unwrap(), "did you mean `beta`? known are alpha, beta");
    }
}
