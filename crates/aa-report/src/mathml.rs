//! LaTeX formulas as MathML, which browsers typeset without a script.
//!
//! Reads the part of LaTeX in which expressions are printed: fractions, roots, powers, subscripts, brackets, Greek
//! letters, functions and words. Whatever else it meets is shown as text, never dropped.

use crate::markup::escape;

/// Deeper formulas are shown as text.
const DEEPEST: usize = 100;

/// The formula as `math` elements, one for each term of its outermost sum, so that a long sum breaks between terms.
///
/// ```
/// let typeset = aa_report::mathml(r"\frac{p_{1}^{2}}{2} - \cos\left(\phi\right)");
/// assert!(typeset.starts_with("<math><mfrac>"));
/// assert_eq!(typeset.matches("<math>").count(), 2);
/// ```
pub fn mathml(latex: &str) -> String {
    let tokens = tokens(latex);
    let mut reader = Reader { tokens: &tokens, at: 0, depth: 0, is_too_deep: false };
    let mut pieces = vec![String::new()];
    while let Some(token) = reader.peek() {
        let piece = pieces.last_mut().expect("there is always a piece");
        if !piece.is_empty() && matches!(token, Token::Character('+' | '-')) {
            // First in its element, the sign would be set like that of a negative number.
            let sign = reader.scripted().replace("<mo>", "<mo lspace=\"0.1em\" rspace=\"0.25em\">");
            pieces.push(sign);
        } else {
            piece.push_str(&reader.scripted());
        }
    }
    if reader.is_too_deep {
        return format!("<code>{}</code>", escape(latex));
    }
    pieces.iter().map(|piece| format!("<math>{piece}</math>")).collect::<Vec<_>>().join(" ")
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Command(String),
    Open,
    Close,
    Up,
    Down,
    Number(String),
    Character(char),
}

fn tokens(latex: &str) -> Vec<Token> {
    let mut rest = latex.chars().peekable();
    let mut tokens = Vec::new();
    while let Some(c) = rest.next() {
        tokens.push(match c {
            '{' => Token::Open,
            '}' => Token::Close,
            '^' => Token::Up,
            '_' => Token::Down,
            '\\' => {
                let mut name = String::new();
                while let Some(letter) = rest.next_if(char::is_ascii_alphabetic) {
                    name.push(letter);
                }
                match name.is_empty() {
                    false => Token::Command(name),
                    true => rest.next().map_or(Token::Character('\\'), Token::Character),
                }
            }
            '0'..='9' => {
                let mut number = c.to_string();
                while let Some(digit) = rest.next_if(|c| c.is_ascii_digit() || *c == '.') {
                    number.push(digit);
                }
                Token::Number(number)
            }
            c if c.is_whitespace() => continue,
            c => Token::Character(c),
        });
    }
    tokens
}

struct Reader<'a> {
    tokens: &'a [Token],
    at: usize,
    depth: usize,
    is_too_deep: bool,
}

impl Reader<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn take(&mut self, wanted: &Token) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    /// Atoms up to a closing brace or `\right`, which stay.
    fn row(&mut self) -> String {
        let mut row = String::new();
        while let Some(token) = self.peek() {
            if *token == Token::Close || *token == Token::Command("right".to_string()) {
                break;
            }
            row += &self.scripted();
        }
        row
    }

    /// An atom with its powers and subscripts.
    fn scripted(&mut self) -> String {
        let base = self.atom();
        let (mut up, mut down) = (None, None);
        loop {
            if self.take(&Token::Up) {
                up = Some(self.argument());
            } else if self.take(&Token::Down) {
                down = Some(self.argument());
            } else {
                break;
            }
        }
        match (down, up) {
            (Some(down), Some(up)) => format!("<msubsup>{base}{down}{up}</msubsup>"),
            (Some(down), None) => format!("<msub>{base}{down}</msub>"),
            (None, Some(up)) => format!("<msup>{base}{up}</msup>"),
            (None, None) => base,
        }
    }

    /// What a command or a script applies to: a group, or one atom.
    fn argument(&mut self) -> String {
        match self.peek() {
            None | Some(Token::Close) => "<mrow></mrow>".to_string(),
            Some(_) => self.atom(),
        }
    }

    fn atom(&mut self) -> String {
        if self.depth == DEEPEST {
            self.is_too_deep = true;
            self.at = self.tokens.len();
            return String::new();
        }
        self.depth += 1;
        let atom = self.atom_here();
        self.depth -= 1;
        atom
    }

    fn atom_here(&mut self) -> String {
        match self.next() {
            None => "<mrow></mrow>".to_string(),
            Some(Token::Open) => {
                let row = self.row();
                self.take(&Token::Close);
                format!("<mrow>{row}</mrow>")
            }
            // A base that is not there; its scripts follow.
            Some(Token::Up | Token::Down) => {
                self.at -= 1;
                "<mrow></mrow>".to_string()
            }
            Some(Token::Close) => String::new(),
            Some(Token::Number(number)) => format!("<mn>{number}</mn>"),
            Some(Token::Character(c)) => character(c),
            Some(Token::Command(name)) => self.command(&name),
        }
    }

    fn command(&mut self, name: &str) -> String {
        match name {
            "frac" => {
                let (above, below) = (self.argument(), self.argument());
                format!("<mfrac>{above}{below}</mfrac>")
            }
            "sqrt" => format!("<msqrt>{}</msqrt>", self.argument()),
            "left" => self.bracketed(),
            "right" => String::new(),
            "mathrm" | "operatorname" | "text" => self.word(name),
            "cdot" => "<mo>⋅</mo>".to_string(),
            "times" => "<mo>×</mo>".to_string(),
            "dots" | "ldots" | "cdots" => "<mo>…</mo>".to_string(),
            "infty" => "<mi>∞</mi>".to_string(),
            _ => match (greek(name), FUNCTIONS.contains(&name)) {
                (Some(letter), _) => format!("<mi>{letter}</mi>"),
                (None, true) => format!("<mi>{}</mi><mo>&#x2061;</mo>", function(name)),
                (None, false) => format!("<mtext>{}</mtext>", escape(name)),
            },
        }
    }

    /// `\left( ... \right)`: the brackets grow with what they hold.
    fn bracketed(&mut self) -> String {
        let open = self.delimiter();
        let row = self.row();
        let close = if self.take(&Token::Command("right".to_string())) { self.delimiter() } else { String::new() };
        format!("<mrow>{open}<mrow>{row}</mrow>{close}</mrow>")
    }

    fn delimiter(&mut self) -> String {
        match self.next() {
            Some(Token::Character('.')) | None => String::new(),
            Some(Token::Character(c)) => format!("<mo stretchy=\"true\">{}</mo>", escape(&c.to_string())),
            Some(_) => {
                self.at -= 1;
                String::new()
            }
        }
    }

    /// A name in upright letters.
    fn word(&mut self, command: &str) -> String {
        let mut word = String::new();
        if self.take(&Token::Open) {
            while let Some(token) = self.next().filter(|token| *token != Token::Close) {
                match token {
                    Token::Character(c) => word.push(c),
                    Token::Number(number) => word.push_str(&number),
                    Token::Command(name) => word.push_str(&name),
                    Token::Down => word.push('_'),
                    Token::Up => word.push('^'),
                    Token::Open | Token::Close => {}
                }
            }
        }
        let apply = if command == "operatorname" { "<mo>&#x2061;</mo>" } else { "" };
        // One letter alone would be slanted.
        let upright = if word.chars().count() == 1 { " mathvariant=\"normal\"" } else { "" };
        format!("<mi{upright}>{}</mi>{apply}", escape(&word))
    }
}

fn character(c: char) -> String {
    match c {
        '-' => "<mo>−</mo>".to_string(),
        '+' | '=' | ',' | '/' | '|' | '!' | '<' | '>' => format!("<mo>{}</mo>", escape(&c.to_string())),
        '(' | ')' | '[' | ']' => format!("<mo stretchy=\"false\">{c}</mo>"),
        c if c.is_alphabetic() => format!("<mi>{c}</mi>"),
        c => format!("<mtext>{}</mtext>", escape(&c.to_string())),
    }
}

const FUNCTIONS: [&str; 14] =
    ["sin", "cos", "tan", "cot", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "log", "ln", "exp", "coth"];

/// The name as physicists write it.
fn function(name: &str) -> &str {
    match name {
        "log" => "ln",
        name => name,
    }
}

fn greek(name: &str) -> Option<char> {
    const NAMES: [(&str, char); 32] = [
        ("alpha", 'α'),
        ("beta", 'β'),
        ("gamma", 'γ'),
        ("delta", 'δ'),
        ("epsilon", 'ε'),
        ("zeta", 'ζ'),
        ("eta", 'η'),
        ("theta", 'θ'),
        ("iota", 'ι'),
        ("kappa", 'κ'),
        ("lambda", 'λ'),
        ("mu", 'μ'),
        ("nu", 'ν'),
        ("xi", 'ξ'),
        ("pi", 'π'),
        ("rho", 'ρ'),
        ("sigma", 'σ'),
        ("tau", 'τ'),
        ("upsilon", 'υ'),
        ("phi", 'φ'),
        ("chi", 'χ'),
        ("psi", 'ψ'),
        ("omega", 'ω'),
        ("Gamma", 'Γ'),
        ("Delta", 'Δ'),
        ("Theta", 'Θ'),
        ("Lambda", 'Λ'),
        ("Sigma", 'Σ'),
        ("Phi", 'Φ'),
        ("Psi", 'Ψ'),
        ("Omega", 'Ω'),
        ("Pi", 'Π'),
    ];
    NAMES.iter().find(|(known, _)| *known == name).map(|(_, letter)| *letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(latex: &str, inside: &str) {
        assert_eq!(mathml(latex), format!("<math>{inside}</math>"));
    }

    #[test]
    fn fractions_powers_and_roots_nest() {
        check(
            r"\frac{p_{1}^{2}}{2}",
            "<mfrac><mrow><msubsup><mi>p</mi><mrow><mn>1</mn></mrow><mrow><mn>2</mn></mrow></msubsup></mrow><mrow><mn>2</mn></mrow></mfrac>",
        );
        check(r"\sqrt{x}", "<msqrt><mrow><mi>x</mi></mrow></msqrt>");
        check(
            r"\left(x + 1\right)^{2}",
            "<msup><mrow><mo stretchy=\"true\">(</mo><mrow><mi>x</mi><mo>+</mo><mn>1</mn></mrow><mo stretchy=\"true\">)</mo></mrow><mrow><mn>2</mn></mrow></msup>",
        );
    }

    #[test]
    fn functions_letters_and_words_are_named() {
        check(r"\omega", "<mi>ω</mi>");
        check(r"\mathrm{mass\_1}", "<mi>mass_1</mi>");
        check(
            r"\cos\left(\phi\right)",
            "<mi>cos</mi><mo>&#x2061;</mo><mrow><mo stretchy=\"true\">(</mo><mrow><mi>φ</mi></mrow><mo stretchy=\"true\">)</mo></mrow>",
        );
    }

    #[test]
    fn sums_break_between_their_terms_only() {
        let typeset = mathml(r"-e^{-q_{1} + q_{2}} + x \left(y - z\right) - 3");
        assert_eq!(typeset.matches("<math>").count(), 3);
        assert!(typeset.starts_with("<math><mo>−</mo><msup>"));
        assert!(typeset.ends_with("<math><mo lspace=\"0.1em\" rspace=\"0.25em\">−</mo><mn>3</mn></math>"));
    }

    #[test]
    fn unknown_and_broken_formulas_are_shown_and_balanced() {
        for latex in [
            r"\nope{x}",
            "^{2}",
            "x^",
            "{{",
            "}}",
            r"\frac{1}",
            r"\left(",
            r"\right)",
            "\\",
            "<script>",
            r"\mathrm{",
            "_",
        ] {
            let typeset = mathml(latex);
            for tag in ["math", "mrow", "mfrac", "msup", "msub", "mi", "mo", "mtext"] {
                let (open, close) = (format!("<{tag}"), format!("</{tag}>"));
                let opened = typeset
                    .match_indices(&open)
                    .filter(|(at, _)| matches!(typeset.as_bytes()[at + open.len()], b'>' | b' '));
                assert_eq!(opened.count(), typeset.matches(&close).count(), "{latex}: {typeset}");
            }
        }
        assert!(!mathml("<script>").contains("<script"));
    }

    #[test]
    fn bottomless_formulas_do_not_overflow() {
        assert!(mathml(&"{".repeat(100_000)).starts_with("<code>"));
        assert!(mathml(&"^".repeat(100_000)).len() > 1);
        assert!(mathml(&r"\sqrt".repeat(100_000)).starts_with("<code>"));
        assert!(mathml(&r"\left(".repeat(100_000)).starts_with("<code>"));
    }
}
