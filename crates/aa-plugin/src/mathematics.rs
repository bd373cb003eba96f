//! Arithmetic and functions of system scripts: everything exact, nothing that would ask where a coordinate is.
//!
//! Each operator is registered once for values of any type. Rhai looks for such a version before it falls back on its
//! own arithmetic (with fast operators off), so that `1/2` cannot become 0 nor `0.1 + 0.2` a float, and no comparison
//! with a coordinate can quietly answer false.

use std::cmp::Ordering;
use std::ops::{Range, RangeInclusive};

use aa_symbolic::{Expr, Function, to_f64};
use rhai::{Array, Dynamic, Engine, EvalAltResult, FnPtr, INT, Map, Module, NativeCallContext, Position};

use crate::number::{Number, Refusal};
use crate::words::type_name;

type Result<T> = std::result::Result<T, Box<EvalAltResult>>;

/// A coordinate that is an angle: what `circle("phi")` gives.
#[derive(Clone, Debug)]
pub(crate) struct Circle(pub(crate) String);

/// The function names that mean mathematics; a script may not redefine them.
pub(crate) const RESERVED_FUNCTIONS: [&str; 25] = [
    "abs",
    "acos",
    "asin",
    "atan",
    "atan2",
    "ceil",
    "circle",
    "cos",
    "cosh",
    "cot",
    "div",
    "exp",
    "floor",
    "log",
    "max",
    "min",
    "round",
    "sign",
    "sin",
    "sinh",
    "sqrt",
    "sum",
    "switch_on",
    "tan",
    "tanh",
];

/// Registers exact arithmetic, the elementary functions, `PI` and `E`.
pub(crate) fn register_mathematics(engine: &mut Engine) {
    engine.register_type_with_name::<Number>("number").register_type_with_name::<Circle>("circle");
    engine.register_fn("to_string", |number: &mut Number| number.to_string());
    engine.register_fn("to_debug", |number: &mut Number| number.to_string());
    engine.register_fn("circle", |name: &str| Circle(name.into()));
    register_constants(engine);
    register_arithmetic(engine);
    register_comparisons(engine);
    register_functions(engine);
    register_steps(engine);
    register_questions(engine);
}

fn register_constants(engine: &mut Engine) {
    let mut constants = Module::new();
    constants.set_var("PI", Dynamic::from(Number::Constant(Expr::pi())));
    constants.set_var("E", Dynamic::from(Number::Constant(Expr::euler())));
    engine.register_global_module(constants.into());
}

type Operation = fn(&Number, &Number) -> std::result::Result<Number, Refusal>;

/// The operators between numbers, with the verb for a message.
const OPERATORS: [(&str, &str, Operation); 6] = [
    ("+", "add", Number::add),
    ("-", "subtract", Number::subtract),
    ("*", "multiply", Number::multiply),
    ("/", "divide", Number::divide),
    ("%", "take the remainder of", remainder),
    ("**", "raise to a power", Number::power),
];

fn register_arithmetic(engine: &mut Engine) {
    for (symbol, verb, operation) in OPERATORS {
        let apply = move |a: Dynamic, b: Dynamic| -> Result<Dynamic> {
            let (a, b) = (exact(a.flatten()), exact(b.flatten()));
            whole(symbol, &a, &b).map_or_else(|| binary(verb, operation, &a, &b), Ok)
        };
        engine.register_fn(symbol, apply);
        engine.register_fn(format!("{symbol}="), move |a: &mut Dynamic, b: Dynamic| -> Result<()> {
            *a = apply(std::mem::take(a), b)?;
            Ok(())
        });
    }
    engine.register_fn("-", |a: Dynamic| refuse(number(&a, "-")?.negate()));
    engine.register_fn("+", |a: Dynamic| refuse(number(&a, "+").map(Ok)?));
    for symbol in ["^", "^=", "<<", "<<=", ">>", ">>="] {
        engine.register_fn(symbol, move |_: Dynamic, _: Dynamic| -> Result<Dynamic> { Err(bit_operator(symbol)) });
    }
    engine.register_fn("div", whole_division);
}

/// A decimal literal as the exact number it spells; 4.0 is the whole number 4.
fn exact(value: Dynamic) -> Dynamic {
    match value.is_float() {
        true => Number::from_dynamic(&value).map_or(value, Number::into_dynamic),
        false => value,
    }
}

/// Small whole numbers, at their own speed; nothing where the result is not one.
fn whole(symbol: &str, a: &Dynamic, b: &Dynamic) -> Option<Dynamic> {
    let (a, b) = (a.as_int().ok()?, b.as_int().ok()?);
    let result = match symbol {
        "+" => a.checked_add(b),
        "-" => a.checked_sub(b),
        "*" => a.checked_mul(b),
        "%" if b != 0 => floored_remainder(a, b),
        _ => None,
    };
    result.map(Dynamic::from_int)
}

/// The remainder with the sign of the divisor: `(i - 1) % n` walks round a ring.
fn floored_remainder(a: INT, b: INT) -> Option<INT> {
    let rest = a.checked_rem(b)?;
    Some(if rest != 0 && (rest < 0) != (b < 0) { rest + b } else { rest })
}

fn remainder(a: &Number, b: &Number) -> std::result::Result<Number, Refusal> {
    match b.is_zero() {
        true => Err(Refusal::no_value(format!("division by zero: `{a} % 0`"))),
        false => Err(Refusal::new(format!("`%` is for whole numbers: `{a} % {b}`"))),
    }
}

fn whole_division(a: Dynamic, b: Dynamic) -> Result<INT> {
    match (a.flatten().as_int(), b.flatten().as_int()) {
        (Ok(_), Ok(0)) => Err(complain(Refusal::no_value("division by zero: `div` by 0"))),
        // Rounds down, so that a == b * div(a, b) + a % b.
        (Ok(a), Ok(b)) => floored_remainder(a, b)
            .and_then(|rest| a.checked_sub(rest)?.checked_div(b))
            .ok_or_else(|| complain(Refusal::no_value("the result of `div` is too large"))),
        _ => Err(complain(Refusal::new("`div` is for whole numbers").hint("`/` divides exactly"))),
    }
}

fn binary(verb: &str, operation: Operation, a: &Dynamic, b: &Dynamic) -> Result<Dynamic> {
    match (Number::from_dynamic(a), Number::from_dynamic(b)) {
        (Some(a), Some(b)) => refuse(operation(&a, &b)),
        _ if verb == "add" => join(a, b).ok_or_else(|| mismatch(verb, a, b)),
        _ => Err(mismatch(verb, a, b)),
    }
}

/// Texts, lists and maps put together; the second map's entries win.
fn join(a: &Dynamic, b: &Dynamic) -> Option<Dynamic> {
    if let (Some(a), Some(b)) = (a.read_lock::<rhai::ImmutableString>(), b.read_lock::<rhai::ImmutableString>()) {
        return Some(format!("{}{}", *a, *b).into());
    }
    if let (Some(a), Some(b)) = (a.read_lock::<Array>(), b.read_lock::<Array>()) {
        return Some([a.as_slice(), b.as_slice()].concat().into());
    }
    let (a, b) = (a.read_lock::<Map>()?, b.read_lock::<Map>()?);
    Some(a.iter().chain(b.iter()).map(|(key, value)| (key.clone(), value.clone())).collect::<Map>().into())
}

fn mismatch(verb: &str, a: &Dynamic, b: &Dynamic) -> Box<EvalAltResult> {
    let refusal = Refusal::new(format!("cannot {verb} {} and {}", type_name(a), type_name(b)));
    let nothing = a.is_unit() || b.is_unit();
    complain(if nothing { refusal.hint("`let`, loops and an `if` without `else` give nothing") } else { refusal })
}

fn bit_operator(symbol: &str) -> Box<EvalAltResult> {
    let hint = if symbol.starts_with('^') { "write `x**2`" } else { "write `2**n`" };
    complain(Refusal::new(format!("`{symbol}` is not arithmetic here")).hint(hint))
}

/// Whether an order is what a comparison asks for.
type Holds = fn(Ordering) -> bool;

fn register_comparisons(engine: &mut Engine) {
    let orders: [(&'static str, Holds); 4] =
        [("<", Ordering::is_lt), ("<=", Ordering::is_le), (">", Ordering::is_gt), (">=", Ordering::is_ge)];
    for (symbol, holds) in orders {
        engine
            .register_fn(symbol, move |a: Dynamic, b: Dynamic| ordering(symbol, &a.flatten(), &b.flatten()).map(holds));
    }
    engine.register_fn("==", |a: Dynamic, b: Dynamic| equal("==", &a.flatten(), &b.flatten()));
    engine.register_fn("!=", |a: Dynamic, b: Dynamic| equal("!=", &a.flatten(), &b.flatten()).map(|same| !same));
    engine.register_fn("contains", |range: &mut Range<INT>, value: Dynamic| {
        within(range.start, value, |order| order.is_lt(), range.end)
    });
    engine.register_fn("contains", |range: &mut RangeInclusive<INT>, value: Dynamic| {
        within(*range.start(), value, |order| order.is_le(), *range.end())
    });
    engine.register_fn("switch_on", switch_on);
}

fn within(start: INT, value: Dynamic, holds: Holds, end: INT) -> Result<bool> {
    let value = value.flatten();
    let above = ordering("in", &value, &start.into())?.is_ge();
    Ok(above && holds(ordering("in", &value, &end.into())?))
}

fn ordering(symbol: &str, a: &Dynamic, b: &Dynamic) -> Result<Ordering> {
    if let (Ok(a), Ok(b)) = (a.as_int(), b.as_int()) {
        return Ok(a.cmp(&b));
    }
    refuse_branch(symbol, a, b)?;
    if let (Some(a), Some(b)) = (Number::from_dynamic(a), Number::from_dynamic(b)) {
        return a.compare(&b, &format!("{a} {symbol} {b}")).map_err(complain);
    }
    match (a.clone().into_immutable_string(), b.clone().into_immutable_string()) {
        (Ok(a), Ok(b)) => Ok(a.cmp(&b)),
        _ => Err(mismatch("compare", a, b)),
    }
}

/// Equality. Values of different types are a mistake, not a "false"; only `()` may be asked of anything.
fn equal(symbol: &str, a: &Dynamic, b: &Dynamic) -> Result<bool> {
    refuse_branch(symbol, a, b)?;
    if a.is_unit() || b.is_unit() {
        return Ok(a.is_unit() && b.is_unit());
    }
    if let (Ok(a), Ok(b)) = (a.as_bool(), b.as_bool()) {
        return Ok(a == b);
    }
    if let (Ok(a), Ok(b)) = (a.as_char(), b.as_char()) {
        return Ok(a == b);
    }
    ordering(symbol, a, b).map(Ordering::is_eq)
}

/// Whatever stands on the other side, a coordinate in a comparison is refused.
fn refuse_branch(symbol: &str, a: &Dynamic, b: &Dynamic) -> Result<()> {
    let varies = |value: &Dynamic| value.read_lock::<Number>().is_some_and(|number| number.varies());
    match varies(a) || varies(b) {
        true => Err(complain(Refusal::branch(&format!("{} {symbol} {}", short(a), short(b))))),
        false => Ok(()),
    }
}

fn short(value: &Dynamic) -> String {
    Number::from_dynamic(value).map_or_else(|| type_name(value).to_string(), |number| number.to_string())
}

/// What a `switch` looks at: whole numbers and texts are compared by Rhai; of anything else it would take the default
/// arm in silence.
fn switch_on(value: Dynamic) -> Result<Dynamic> {
    let value = value.flatten();
    match value.read_lock::<Number>() {
        Some(number) if number.varies() => return Err(complain(Refusal::branch(&format!("switch {}", *number)))),
        _ => {}
    }
    if value.is_int() || value.is_string() || value.is_bool() || value.is_char() {
        return Ok(value);
    }
    let message = format!("`switch` compares whole numbers and texts, not {}", type_name(&value));
    Err(complain(Refusal::new(message).hint("use `if` and `else if`")))
}

fn register_functions(engine: &mut Engine) {
    for function in Function::ALL {
        engine.register_fn(function.name(), move |x: Dynamic| {
            refuse(number(&x, function.name())?.map(|x| x.apply(function), |x| function.value(x)))
        });
    }
    engine.register_fn("sqrt", |x: Dynamic| refuse(number(&x, "sqrt")?.map(Expr::sqrt, f64::sqrt)));
    engine.register_fn("cot", |x: Dynamic| refuse(cotangent(&number(&x, "cot")?)));
    engine.register_fn("atan2", |y: Dynamic, x: Dynamic| {
        refuse(number(&y, "atan2")?.combine(&number(&x, "atan2")?, Expr::atan2, f64::atan2))
    });
    engine.register_fn("sum", |list: Array| {
        list.iter().try_fold(Dynamic::ZERO, |total, term| {
            let term = number(term, "sum")?;
            refuse(Number::from_dynamic(&total).expect("a sum of numbers is a number").add(&term))
        })
    });
}

fn cotangent(x: &Number) -> std::result::Result<Number, Refusal> {
    let sine = x.map(Expr::sin, f64::sin)?;
    x.map(Expr::cos, f64::cos)?.divide(&sine)
}

type Rounding = fn(f64) -> f64;

/// Functions with steps or corners: of parameters they are fine, of coordinates they are not smooth.
fn register_steps(engine: &mut Engine) {
    let rounding: [(&'static str, Rounding); 3] = [("floor", f64::floor), ("ceil", f64::ceil), ("round", f64::round)];
    for (name, round) in rounding {
        engine.register_fn(name, move |x: Dynamic| {
            let x = constant(name, &x)?;
            let value = x.clone().into_expr().and_then(|e| e.as_rational().map(to_f64)).or_else(|| x.to_f64());
            Ok::<_, Box<EvalAltResult>>(Dynamic::from_int(round(value.unwrap_or(f64::NAN)) as INT))
        });
    }
    engine.register_fn("abs", |x: Dynamic| {
        let x = constant("abs", &x)?;
        refuse(if order(&x, &zero())?.is_lt() { x.negate() } else { Ok(x) })
    });
    engine.register_fn("sign", |x: Dynamic| -> Result<INT> { Ok(order(&constant("sign", &x)?, &zero())? as INT) });
    for (name, wanted) in [("min", Ordering::Less), ("max", Ordering::Greater)] {
        engine.register_fn(name, move |a: Dynamic, b: Dynamic| {
            let (a, b) = (constant(name, &a)?, constant(name, &b)?);
            Ok::<_, Box<EvalAltResult>>(if order(&a, &b)? == wanted { a } else { b }.into_dynamic())
        });
    }
}

/// What Rhai's own list functions do with a closure that fails, or answers something else than true or false, is to
/// carry on as if it had said no. These insist on an answer; those that cannot are refused.
fn register_questions(engine: &mut Engine) {
    engine.register_fn("filter", |context: NativeCallContext, list: Array, question: FnPtr| -> Result<Array> {
        let mut kept = Array::new();
        for item in list {
            if ask(&context, &question, &item)? {
                kept.push(item);
            }
        }
        Ok(kept)
    });
    engine.register_fn("some", |context: NativeCallContext, list: Array, question: FnPtr| -> Result<bool> {
        list.iter().try_fold(false, |found, item| Ok(found || ask(&context, &question, item)?))
    });
    engine.register_fn("all", |context: NativeCallContext, list: Array, question: FnPtr| -> Result<bool> {
        list.iter().try_fold(true, |held, item| Ok(held && ask(&context, &question, item)?))
    });
    for name in ["sort", "sort_by", "order", "order_by", "dedup", "find", "find_map", "index_of", "drain", "retain"] {
        engine.register_fn(name, move |_: &mut Array, _: FnPtr| -> Result<Dynamic> { Err(no_questions(name)) });
    }
    engine.register_fn("dedup", |_: &mut Array| -> Result<()> { Err(no_questions("dedup")) });
    for name in ["filter", "drain", "retain"] {
        engine.register_fn(name, move |_: &mut Map, _: FnPtr| -> Result<Dynamic> { Err(no_questions(name)) });
    }
}

fn ask(context: &NativeCallContext, question: &FnPtr, item: &Dynamic) -> Result<bool> {
    let answer: Dynamic = question.call_within_context(context, (item.clone(),))?;
    let kind = type_name(&answer);
    answer.as_bool().map_err(|_| complain(Refusal::new(format!("the function must answer true or false, not {kind}"))))
}

fn no_questions(name: &str) -> Box<EvalAltResult> {
    complain(Refusal::new(format!("`{name}` cannot be used in a formula")).hint("write a loop with `if`"))
}

fn zero() -> Number {
    Number::Constant(Expr::zero())
}

fn order(a: &Number, b: &Number) -> Result<Ordering> {
    a.compare(b, &format!("{a} < {b}")).map_err(complain)
}

/// An argument that must not depend on coordinates.
fn constant(name: &str, value: &Dynamic) -> Result<Number> {
    let number = number(value, name)?;
    if !number.varies() {
        return Ok(number);
    }
    let message = format!("`{name}` of a coordinate is not smooth: `{name}({number})`");
    Err(complain(Refusal::new(message).hint("parameters may go through it; write a smooth formula for the rest")))
}

fn number(value: &Dynamic, place: &str) -> Result<Number> {
    let refusal = || Refusal::new(format!("`{place}` needs a number, not {}", type_name(value)));
    match value.is_shared() {
        true => Number::from_dynamic(&value.clone().flatten()).ok_or_else(|| complain(refusal())),
        false => Number::from_dynamic(value).ok_or_else(|| complain(refusal())),
    }
}

fn refuse(result: std::result::Result<Number, Refusal>) -> Result<Dynamic> {
    result.map(Number::into_dynamic).map_err(complain)
}

/// A refusal as Rhai's error; the host finds it again and gives it the place.
pub(crate) fn complain(refusal: Refusal) -> Box<EvalAltResult> {
    Box::new(EvalAltResult::ErrorRuntime(Dynamic::from(refusal), Position::NONE))
}
