//! Colour on a terminal, or none.

/// What a piece of text wants to say by its colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Ordinary text.
    #[default]
    Plain,
    /// A heading.
    Strong,
    /// Detail that may be overlooked.
    Faint,
    /// Exact, or in agreement.
    Good,
    /// Seen, not exact.
    Seen,
    /// Refuted, failed, in disagreement.
    Bad,
}

/// Adds colour where it is wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paint {
    /// Whether to use escape sequences at all.
    pub(crate) colour: bool,
}

impl Paint {
    /// The text in its tone.
    pub(crate) fn apply(self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Plain => return text.to_string(),
            _ if !self.colour || text.is_empty() => return text.to_string(),
            Tone::Strong => "1",
            Tone::Faint => "2",
            Tone::Good => "32",
            Tone::Seen => "33",
            Tone::Bad => "31",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colour_nothing_is_added() {
        assert_eq!(Paint { colour: false }.apply(Tone::Bad, "no"), "no");
        assert_eq!(Paint { colour: true }.apply(Tone::Bad, "no"), "\u{1b}[31mno\u{1b}[0m");
    }
}
