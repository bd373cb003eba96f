//! Reading formulas as a textbook means them, before Rhai does.
//!
//! Two of Rhai's habits would change a result without a word. A sign binds tighter than a power, so that `-x**2` would
//! be `(-x)**2`; and `switch` on a value it cannot hash takes the default arm. Brackets are put in where they say what
//! was meant, `-(x**2)` and `switch switch_on(x) { .. }`, and positions are translated back for messages.

use rhai::{Engine, Position, Token};

/// What to mend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Formulas: signs before powers, and `switch`.
    Formula,
    /// Ordinary programs (passes and studies): signs before powers.
    Program,
}

/// A mended text, with the way back to places in the original.
pub(crate) struct Rewritten {
    pub(crate) text: String,
    insertions: Vec<Insertion>,
    functions: Vec<(String, Position)>,
    tokens: Vec<(Token, Position)>,
}

/// Text put in before a place of the original; line and column from 1.
struct Insertion {
    line: usize,
    column: usize,
    text: &'static str,
}

impl Insertion {
    fn after_the_sign(self) -> Insertion {
        Insertion { column: self.column + 1, ..self }
    }
}

impl Rewritten {
    /// Mends `text`. Text that Rhai cannot read is left for its parser to complain about.
    pub(crate) fn new(engine: &Engine, text: &str, dialect: Dialect) -> Rewritten {
        let tokens = tokens(engine, text);
        let mut insertions = signs_before_powers(&tokens);
        if dialect == Dialect::Formula {
            insertions.extend(switches(&tokens).flat_map(|(start, brace)| {
                [insertion(&tokens, start + 1, "switch_on("), insertion(&tokens, brace, ")")]
            }));
        }
        insertions.sort_by_key(|i| (i.line, i.column));
        let functions = function_places(&tokens);
        Rewritten { text: insert(text, &insertions), insertions, functions, tokens }
    }

    /// The place in the original text, as line and column from 1; (1, 0) where Rhai knows none.
    pub(crate) fn original(&self, position: Position) -> (usize, usize) {
        let (line, mut column) = (position.line().unwrap_or(1), position.position().unwrap_or(0));
        let mut shift = 0;
        for insertion in self.insertions.iter().filter(|i| i.line == line) {
            let start = insertion.column + shift;
            if position.position().unwrap_or(0) >= start + insertion.text.len() {
                shift += insertion.text.len();
            } else if position.position().unwrap_or(0) > start {
                return (line, insertion.column);
            }
        }
        column -= shift.min(column);
        (line, column)
    }

    /// Where a function is defined.
    pub(crate) fn function(&self, name: &str) -> Option<(usize, usize)> {
        let (_, position) = self.functions.iter().find(|(known, _)| known == name)?;
        Some((position.line()?, position.position()?))
    }

    /// A decimal number as a case of a `switch`: no value would ever meet it.
    pub(crate) fn decimal_case(&self) -> Option<(usize, usize)> {
        let mut cases = switches(&self.tokens).flat_map(|(_, brace)| case_tokens(&self.tokens, brace));
        let position = cases.find(|i| is_float(&self.tokens[*i].0)).map(|i| self.tokens[i].1)?;
        Some((position.line()?, position.position()?))
    }
}

fn tokens(engine: &Engine, text: &str) -> Vec<(Token, Position)> {
    let texts = [text];
    let (stream, control) = engine.lex(&texts);
    let mut tokens = Vec::new();
    // Braces open since each `${`; when the last one closes, the text around it goes on.
    let mut interpolations: Vec<usize> = Vec::new();
    for (token, position) in stream {
        match (&token, interpolations.last_mut()) {
            (Token::EOF, _) => break,
            (Token::InterpolatedString(_), _) => interpolations.push(0),
            (Token::LeftBrace | Token::MapStart, Some(depth)) => *depth += 1,
            (Token::RightBrace, Some(depth)) => {
                *depth = depth.saturating_sub(1);
                if *depth == 0 {
                    interpolations.pop();
                    control.borrow_mut().is_within_text = true;
                }
            }
            _ => {}
        }
        tokens.push((token, position));
    }
    tokens
}

fn signs_before_powers(tokens: &[(Token, Position)]) -> Vec<Insertion> {
    let signs = tokens.iter().enumerate().filter(|(_, (token, _))| *token == Token::UnaryMinus || is_negative(token));
    let brackets = signs.filter_map(|(i, (token, _))| {
        if is_negative(token) {
            return Some([
                insertion(tokens, i, "(").after_the_sign(),
                insertion(tokens, end_of_power(tokens, i)?, ")"),
            ]);
        }
        Some([insertion(tokens, i + 1, "("), insertion(tokens, end_of_power(tokens, i + 1)?, ")")])
    });
    brackets.flatten().collect()
}

/// Rhai reads `-2` as one number.
fn is_negative(token: &Token) -> bool {
    match token {
        Token::IntegerConstant(value) => *value < 0,
        Token::FloatConstant(value) => value.1.starts_with('-'),
        _ => false,
    }
}

/// One past the last token of the power that starts at `i`; none where it is no power.
fn end_of_power(tokens: &[(Token, Position)], mut i: usize) -> Option<usize> {
    let mut is_power = false;
    loop {
        while matches!(tokens.get(i)?.0, Token::UnaryMinus | Token::UnaryPlus) {
            i += 1;
        }
        i = end_of_primary(tokens, i)?;
        match tokens.get(i) {
            Some((Token::PowerOf, _)) => {
                is_power = true;
                i += 1;
            }
            _ => return is_power.then_some(i),
        }
    }
}

/// One past a name, number or bracket with the calls, indices and properties that follow it.
fn end_of_primary(tokens: &[(Token, Position)], i: usize) -> Option<usize> {
    let mut i = match tokens.get(i)?.0 {
        Token::LeftParen => matching(tokens, i)? + 1,
        Token::Identifier(_) | Token::IntegerConstant(_) | Token::FloatConstant(_) | Token::Custom(_) => i + 1,
        _ => return None,
    };
    loop {
        i = match tokens.get(i).map(|(token, _)| token) {
            Some(Token::LeftParen | Token::LeftBracket | Token::QuestionBracket) => matching(tokens, i)? + 1,
            Some(Token::Unit) => i + 1,
            Some(Token::Period | Token::Elvis) => i + 2,
            _ => return Some(i),
        };
    }
}

/// The closing partner of the bracket at `i`.
fn matching(tokens: &[(Token, Position)], i: usize) -> Option<usize> {
    let mut depth = 0usize;
    for (offset, (token, _)) in tokens[i..].iter().enumerate() {
        depth += usize::from(opens(token));
        if closes(token) {
            depth = depth.checked_sub(1)?;
        }
        if depth == 0 {
            return Some(i + offset);
        }
    }
    None
}

fn opens(token: &Token) -> bool {
    matches!(token, Token::LeftParen | Token::LeftBracket | Token::QuestionBracket | Token::LeftBrace | Token::MapStart)
}

fn closes(token: &Token) -> bool {
    matches!(token, Token::RightParen | Token::RightBracket | Token::RightBrace)
}

/// Each `switch` with the brace that opens its cases.
fn switches(tokens: &[(Token, Position)]) -> impl Iterator<Item = (usize, usize)> {
    let starts = tokens.iter().enumerate().filter(|(_, (token, _))| *token == Token::Switch).map(|(i, _)| i);
    starts.filter_map(|start| {
        let mut i = start + 1;
        while tokens.get(i)?.0 != Token::LeftBrace {
            i = if opens(&tokens[i].0) { matching(tokens, i)? + 1 } else { i + 1 };
        }
        Some((start, i))
    })
}

/// The tokens between a brace and its partner that belong to the cases' patterns: what stands before each `=>`.
fn case_tokens(tokens: &[(Token, Position)], brace: usize) -> Vec<usize> {
    let end = matching(tokens, brace).unwrap_or(tokens.len());
    let (mut patterns, mut current) = (Vec::new(), Vec::new());
    let mut i = brace + 1;
    while i < end {
        match &tokens[i].0 {
            Token::DoubleArrow => patterns.append(&mut current),
            Token::Comma | Token::RightBrace => current.clear(),
            Token::If => current.clear(),
            open if opens(open) => i = matching(tokens, i).unwrap_or(end),
            _ => current.push(i),
        }
        i += 1;
    }
    patterns
}

fn is_float(token: &Token) -> bool {
    matches!(token, Token::FloatConstant(_))
}

/// An insertion before token `i`; past the last token, at the end of everything.
fn insertion(tokens: &[(Token, Position)], i: usize, text: &'static str) -> Insertion {
    let position = tokens.get(i).map(|(_, position)| *position);
    let line = position.and_then(Position::line).unwrap_or(usize::MAX);
    Insertion { line, column: position.and_then(Position::position).unwrap_or(usize::MAX), text }
}

fn insert(text: &str, insertions: &[Insertion]) -> String {
    let mut result = String::with_capacity(text.len() + 16 * insertions.len());
    let mut waiting = insertions.iter().peekable();
    for (line, content) in text.split_inclusive('\n').enumerate() {
        for (column, character) in content.chars().enumerate() {
            while let Some(next) = waiting.next_if(|next| (next.line, next.column) == (line + 1, column + 1)) {
                result.push_str(next.text);
            }
            result.push(character);
        }
    }
    waiting.for_each(|rest| result.push_str(rest.text));
    result
}

fn function_places(tokens: &[(Token, Position)]) -> Vec<(String, Position)> {
    let named = tokens.windows(2).filter_map(|pair| match (&pair[0].0, &pair[1]) {
        (Token::Fn, (Token::Identifier(name), position)) => Some((name.to_string(), *position)),
        _ => None,
    });
    named.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(Rewritten::new(&Engine::new_raw(), text, Dialect::Formula).text, expected);
    }

    #[test]
    fn signs_come_after_powers() {
        check("-x**2", "-(x**2)");
        check("a - x**2", "a - x**2");
        check("(-x)**2", "(-x)**2");
        check("-q[i+1].y**2 / 2", "-(q[i+1].y**2 )/ 2");
        check("2**-x**2", "2**-(x**2)");
        check("-f(-y**2)", "-f(-(y**2))");
        check("-2**2;", "-(2**2);");
        check("x - 2**2 + 3**-1.5**2", "x - 2**2 + 3**-(1.5**2)");
        check("- -x**3", "- (-(x**3))");
        check("-exp(x)", "-exp(x)");
    }

    #[test]
    fn switches_ask_first() {
        check("switch k.kind { 1 => 2, _ => 3 }", "switch switch_on(k.kind ){ 1 => 2, _ => 3 }");
        let plain = Rewritten::new(&Engine::new_raw(), "switch k { 1 => 2 }", Dialect::Program);
        assert_eq!(plain.text, "switch k { 1 => 2 }");
    }

    #[test]
    fn places_lead_back_to_the_original() {
        let rewritten = Rewritten::new(&Engine::new_raw(), "let a = -x**2 + y;", Dialect::Formula);
        assert_eq!(rewritten.text, "let a = -(x**2 )+ y;");
        let back = |column| rewritten.original(Position::new(1, column)).1;
        assert_eq!([back(1), back(9), back(11), back(17), back(19)], [1, 9, 10, 15, 17]);
    }

    #[test]
    fn texts_with_holes_are_read_through() {
        check("print(`x = ${-x**2} {`); -y**2", "print(`x = ${-(x**2)} {`); -(y**2)");
    }

    #[test]
    fn decimal_cases_are_found() {
        let case = |text| Rewritten::new(&Engine::new_raw(), text, Dialect::Formula).decimal_case();
        assert_eq!(case("switch k { 0.5 => 1, _ => 2 }"), Some((1, 12)));
        assert_eq!(case("switch k { 1 => 0.5, 2 => { let a = 0.5; a } _ => f(0.5) }"), None);
    }
}
