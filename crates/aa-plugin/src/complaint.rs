//! From Rhai's errors to ours: the innermost place, in the words of the script's author.

use rhai::{ASTNode, Dynamic, EvalAltResult, Expr, LexError, ParseError, ParseErrorType, Position};

use crate::Code;
use crate::error::Error;
use crate::limits::Exceeded;
use crate::mathematics::RESERVED_FUNCTIONS;
use crate::number::Refusal;
use crate::rewrite::Rewritten;
use crate::script::Script;
use crate::source::Source;
use crate::suggest::nearest;
use crate::words::in_words;

/// A syntax error with its place.
pub(crate) fn syntax(error: &ParseError, source: &Source, rewritten: &Rewritten) -> Error {
    let (line, column) = match error.position() {
        // Rhai gives no place for the end of the text.
        none if none.is_none() => end_of(&source.text),
        position => rewritten.original(position),
    };
    let refusal = syntax_refusal(error.err_type());
    Error::script(source.place(line, column), refusal.message, refusal.hint).coded(Code::Syntax)
}

fn end_of(text: &str) -> (usize, usize) {
    let last = text.lines().last().unwrap_or_default();
    (text.lines().count().max(1), last.chars().count().max(1))
}

fn syntax_refusal(kind: &ParseErrorType) -> Refusal {
    let reserved = |word: &str| match word {
        "eval" | "import" | "export" | "try" => Refusal::new(format!("a script cannot use `{word}`")),
        _ => Refusal::new(format!("`{word}` is a word of the language")).hint("choose another name"),
    };
    match kind {
        ParseErrorType::UnexpectedEOF => Refusal::new("the script ends too early").hint("is a bracket left open?"),
        ParseErrorType::Reserved(word) => reserved(word),
        ParseErrorType::BadInput(LexError::ImproperSymbol(word, _)) if word == "try" || word == "eval" => {
            reserved(word)
        }
        ParseErrorType::WrongFnDefinition => Refusal::new("functions are defined at the outermost level"),
        ParseErrorType::ExprTooDeep => Refusal::new("brackets are nested too deep"),
        other => Refusal::new(first_letter_small(&other.to_string())),
    }
}

fn first_letter_small(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// A run-time error with its place.
pub(crate) fn explain(error: &EvalAltResult, script: &Script, function: &str) -> Error {
    let (inner, position) = innermost(error);
    let place = match position {
        // Rhai forgets where a limit was passed.
        none if none.is_none() => script.place_of(function),
        known => {
            let (line, column) = script.rewritten.original(leftmost(script, known));
            script.source.place(line, column)
        }
    };
    if let Some(what) = limit(inner, script) {
        return Error::Limit { place: Box::new(place), what };
    }
    let refusal = refusal(inner, script);
    Error::script(place, refusal.message, refusal.hint).coded(refusal.code)
}

/// The message alone, for expressions that stand in no script.
pub(crate) fn message(error: &EvalAltResult, script: &Script) -> String {
    let (inner, _) = innermost(error);
    limit(inner, script).unwrap_or_else(|| refusal(inner, script).message)
}

/// What happened inside all the calls, and the nearest known place.
fn innermost(error: &EvalAltResult) -> (&EvalAltResult, Position) {
    match error {
        EvalAltResult::ErrorInFunctionCall(_, _, inner, position) => match innermost(inner) {
            (inner, none) if none.is_none() => (inner, *position),
            found => found,
        },
        other => (other, other.position()),
    }
}

/// Rhai places an operation at its operator and an index at its bracket; their left ends say better where to look.
fn leftmost(script: &Script, position: Position) -> Position {
    let mut found = position;
    script.ast.walk(&mut |path| {
        if let Some(ASTNode::Expr(expr)) = path.last()
            && expr.position() == position
        {
            found = left_end(expr);
        }
        // Once found, the walk ends.
        found == position
    });
    found
}

fn left_end(expr: &Expr) -> Position {
    match expr {
        Expr::FnCall(call, _) if call.args.len() == 2 && call.op_token.is_some() => left_end(&call.args[0]),
        Expr::Index(pair, ..) | Expr::Dot(pair, ..) => left_end(&pair.lhs),
        other => other.start_position(),
    }
}

fn limit(error: &EvalAltResult, script: &Script) -> Option<String> {
    let engine = script.engine();
    Some(match error {
        EvalAltResult::ErrorTooManyOperations(..) => format!("more than {} operations", engine.max_operations()),
        EvalAltResult::ErrorStackOverflow(..) => {
            format!("functions call one another more than {} deep", engine.max_call_levels())
        }
        EvalAltResult::ErrorTooManyVariables(..) => format!("more than {} variables", engine.max_variables()),
        EvalAltResult::ErrorDataTooLarge(kind, _) if kind.contains("string") => {
            format!("a text of more than {} bytes", engine.max_string_size())
        }
        EvalAltResult::ErrorDataTooLarge(kind, _) if kind.contains("array") => {
            format!("a list of more than {} elements", engine.max_array_size())
        }
        EvalAltResult::ErrorDataTooLarge(..) => format!("a map of more than {} entries", engine.max_map_size()),
        EvalAltResult::ErrorTerminated(token, _) => match token.read_lock::<Exceeded>().as_deref()? {
            Exceeded::Bytes => "it fills the memory that a script may use".into(),
            Exceeded::Seconds => "it runs longer than a script may".into(),
        },
        _ => return None,
    })
}

fn refusal(error: &EvalAltResult, script: &Script) -> Refusal {
    match error {
        EvalAltResult::ErrorRuntime(thrown, _) => match thrown.read_lock::<Refusal>() {
            Some(refusal) => refusal.clone(),
            None => Refusal::new(thrown_text(thrown)).coded(Code::Script),
        },
        EvalAltResult::ErrorVariableNotFound(name, _) => unknown_name(name, script),
        EvalAltResult::ErrorPropertyNotFound(name, _) => unknown_property(name, script),
        EvalAltResult::ErrorFunctionNotFound(signature, _) => unknown_function(signature, script),
        EvalAltResult::ErrorMismatchDataType(wanted, came, _)
        | EvalAltResult::ErrorMismatchOutputType(wanted, came, _) => wrong_type(wanted, came),
        EvalAltResult::ErrorArrayBounds(length, index, _) => {
            Refusal::new(format!("index {index} is outside a list of {length}")).hint("indices start at 0")
        }
        EvalAltResult::ErrorIndexingType(kind, _) => not_indexed(kind),
        EvalAltResult::ErrorDotExpr(text, _) => no_property(text),
        EvalAltResult::ErrorFor(_) => Refusal::new("`for` goes over a range or a list"),
        EvalAltResult::ErrorAssignmentToConstant(name, _) => Refusal::new(format!("`{name}` is a constant")),
        other => {
            let text = other.to_string();
            let without_place = text.rfind(" (line ").map_or(text.as_str(), |at| &text[..at]);
            Refusal::new(first_letter_small(without_place))
        }
    }
}

/// What a script threw.
fn thrown_text(thrown: &Dynamic) -> String {
    match thrown.is_unit() {
        true => "the script gave up without a reason".into(),
        false => thrown.to_string(),
    }
}

fn wrong_type(wanted: &str, came: &str) -> Refusal {
    let (wanted, came) = (in_words(wanted), in_words(came));
    match (wanted, came) {
        ("true or false", "a number") => {
            Refusal::new("a Hamiltonian cannot branch on a coordinate: a number stands where true or false is needed")
                .hint("write one smooth formula, or two systems; parameters can be compared: `k.a != 0`")
                .coded(Code::Branch)
        }
        ("true or false", _) => {
            Refusal::new(format!("{came} stands where true or false is needed")).hint("compare it: `k.n != 0`")
        }
        _ => Refusal::new(format!("{wanted} is needed here, not {came}")),
    }
}

fn not_indexed(kind: &str) -> Refusal {
    // Rhai gives `list [index]`.
    match kind.split_once('[') {
        Some((list, index)) if in_words(list) == "a list" => {
            let index = in_words(index.split(']').next().unwrap_or_default());
            Refusal::new(format!("an index is a whole number, not {index}")).hint("`div(a, b)` divides whole numbers")
        }
        Some((other, _)) => Refusal::new(format!("{} has no elements", in_words(other))),
        None => Refusal::new(format!("{} has no elements", in_words(kind))),
    }
}

/// Rhai says: unknown property 'a' - ... for type 'b', with more behind it when one is set.
fn no_property(text: &str) -> Refusal {
    match text.split('\'').collect::<Vec<_>>().as_slice() {
        [_, property, _, owner, ..] => Refusal::new(format!("{} has no property `{property}`", in_words(owner))),
        _ => Refusal::new("only maps have properties"),
    }
}

fn unknown_name(name: &str, script: &Script) -> Refusal {
    let refusal = Refusal::new(format!("unknown name `{name}`")).coded(Code::UnknownWord);
    if script.parameters.iter().any(|known| known == name) {
        return refusal.hint(&format!("parameters are in the last argument: `k.{name}`"));
    }
    match nearest(name, ["PI", "E", "q", "p", "k"]) {
        Some(near) if near.eq_ignore_ascii_case(name) => refusal.hint(&format!("did you mean `{near}`?")),
        _ => refusal.hint("a function sees its arguments, its own `let`s and the script's `const`s"),
    }
}

fn unknown_property(name: &str, script: &Script) -> Refusal {
    let refusal = Refusal::new(format!("unknown parameter `{name}`")).coded(Code::UnknownWord);
    match nearest(name, script.parameters.iter().map(String::as_str)) {
        Some(near) => refusal.hint(&format!("did you mean `{near}`?")),
        None if script.parameters.is_empty() => refusal.hint("declare it: `fn parameters() { #{ name: 1 } }`"),
        None => refusal.hint(&format!("the parameters are {}", script.parameters.join(", "))),
    }
}

/// What others write for functions and constants we have under another name.
const OTHER_NAMES: [(&str, &str); 10] = [
    ("ln", "log"),
    ("pow", "x**y"),
    ("power", "x**y"),
    ("arcsin", "asin"),
    ("arccos", "acos"),
    ("arctan", "atan"),
    ("arctan2", "atan2"),
    ("tg", "tan"),
    ("fabs", "abs"),
    ("pi", "PI"),
];

fn unknown_function(signature: &str, script: &Script) -> Refusal {
    let (name, rest) = signature.split_once('(').unwrap_or((signature, ""));
    let name = name.trim();
    let inside = rest.trim().trim_end_matches(')');
    let arguments: Vec<&str> =
        if inside.trim().is_empty() { vec![] } else { inside.split(',').map(in_words).collect() };
    match name {
        ".." | "..=" => return Refusal::new("a range goes from one whole number to another"),
        "!" => return wrong_type("bool", if inside.contains("number") { "number" } else { inside }),
        _ => {}
    }
    let functions = script.functions();
    if let Some((_, parameters)) = functions.iter().find(|(known, _)| known == name) {
        let message = format!("`{name}` takes {}, not {}", counted(parameters.len()), arguments.len());
        return Refusal::new(message);
    }
    if RESERVED_FUNCTIONS.contains(&name) {
        return Refusal::new(format!("`{name}` does not take {}", listed(&arguments)));
    }
    let refusal = Refusal::new(format!("unknown function `{name}` (called with {})", listed(&arguments)))
        .coded(Code::UnknownWord);
    let known = functions.iter().map(|(name, _)| name.as_str()).chain(RESERVED_FUNCTIONS);
    let ours = OTHER_NAMES.iter().find(|(theirs, _)| *theirs == name).map(|(_, ours)| *ours);
    match ours.or_else(|| nearest(name, known.filter(|known| *known != "switch_on"))) {
        Some(near) => refusal.hint(&format!("did you mean `{near}`?")),
        None => refusal.hint("functions: exp log sin cos tan cot asin acos atan atan2 sinh cosh tanh sqrt sum"),
    }
}

fn counted(n: usize) -> String {
    if n == 1 { "1 argument".into() } else { format!("{n} arguments") }
}

fn listed(arguments: &[&str]) -> String {
    match arguments {
        [] => "nothing".into(),
        some => some.join(", "),
    }
}
