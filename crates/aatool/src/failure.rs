//! Why a command has no result, with its exit code.

use std::io::{IsTerminal, Write};
use std::path::Path;

use aa_plugin::Code;
use clap::error::ErrorKind;
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};

use crate::output::plain;

/// Why a command has no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// Wrong usage.
    #[error("{message}")]
    Usage { message: String, hint: Option<String> },
    /// A script, manifest or name is wrong.
    #[error(transparent)]
    Plugin(#[from] aa_plugin::Error),
    /// A batch cannot go on.
    #[error(transparent)]
    Batch(aa_batch::Error),
    /// An input is not there.
    #[error("{path} cannot be read: {reason}")]
    Missing { path: String, reason: String },
    /// The words of the command make no command.
    #[error(transparent)]
    Words(#[from] clap::Error),
}

impl From<aa_dataset::Error> for Failure {
    fn from(error: aa_dataset::Error) -> Failure {
        Failure::Plugin(error.into())
    }
}

impl From<aa_batch::Error> for Failure {
    fn from(error: aa_batch::Error) -> Failure {
        match error {
            aa_batch::Error::Plugin(error) => Failure::Plugin(error),
            other => Failure::Batch(other),
        }
    }
}

impl Failure {
    /// Wrong usage, with what to do.
    pub(crate) fn usage(message: impl Into<String>, hint: impl Into<String>) -> Failure {
        Failure::Usage { message: message.into(), hint: Some(hint.into()) }
    }

    /// An output that cannot be written.
    pub(crate) fn cannot_write(path: &Path, error: &std::io::Error) -> Failure {
        Failure::Plugin(aa_plugin::Error::unwritable(path, error))
    }

    /// The exit code of the contract: 2 usage, 4 damaged, 65 script, 66 missing, 73 cannot write.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Failure::Usage { .. } => 2,
            Failure::Plugin(error) => error.exit_code(),
            Failure::Batch(error) => error.exit_code(),
            Failure::Missing { .. } => 66,
            // 0 where help or the version was asked for.
            Failure::Words(error) => error.exit_code() as u8,
        }
    }

    /// The kind of failure, for `aatool explain`.
    fn code(&self) -> Code {
        match self {
            Failure::Usage { .. } => Code::Usage,
            Failure::Plugin(error) => error.code(),
            Failure::Batch(error) => error.code(),
            Failure::Missing { .. } => Code::Missing,
            Failure::Words(error) => match error.kind() {
                ErrorKind::InvalidValue | ErrorKind::ValueValidation | ErrorKind::ArgumentConflict => Code::Usage,
                _ => Code::CommandLine,
            },
        }
    }

    /// Tells a person: on standard output what was asked for, as help is.
    pub(crate) fn tell(&self) {
        // Where standard error is on a full disk too, the exit code still tells.
        let _ = match self {
            Failure::Words(error) if !error.use_stderr() => error.print(),
            _ => write!(std::io::stderr(), "{}", self.render()),
        };
    }

    /// The failure as a person reads it: place, line, what was expected, hint.
    pub(crate) fn render(&self) -> String {
        if let Failure::Words(error) = self {
            let text = error.render();
            let text = if coloured() { text.ansi().to_string() } else { text.to_string() };
            return plain(&text).replacen("error:", &format!("error[{}]:", self.code()), 1);
        }
        let theme = if coloured() { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        let handler = GraphicalReportHandler::new_themed(theme).with_links(false);
        let mut text = String::new();
        let diagnostic: &dyn Diagnostic = match self {
            Failure::Plugin(error) => error,
            other => other,
        };
        match handler.render_report(&mut text, diagnostic) {
            Ok(()) => plain(&format!("error[{}]:{text}", self.code())),
            Err(_) => plain(&format!("error[{}]: {self}\n", self.code())),
        }
    }
}

impl Diagnostic for Failure {
    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        match self {
            Failure::Usage { hint: Some(hint), .. } => Some(Box::new(hint)),
            Failure::Batch(error) => error.hint().map(|hint| Box::new(hint) as Box<dyn std::fmt::Display>),
            _ => None,
        }
    }
}

/// Whether errors may be coloured: on a terminal, where NO_COLOR is not set.
fn coloured() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
