//! Functions of Rhai's library with which a script could bring its host down, written again.
//!
//! `replace` makes its whole result before anyone looks at how long it is: a megabyte of `x` with a megabyte in place of
//! each is more than a machine holds. `sort` panics where a comparison contradicts itself, or meets what is not a number;
//! this one is a merge sort, which ends in some order whatever it is told, and passes the errors of a comparison on.

use std::cmp::Ordering;

use rhai::{Array, Dynamic, Engine, EvalAltResult, FnPtr, ImmutableString, NativeCallContext, Position};

use crate::words::type_name;

type Result<T> = std::result::Result<T, Box<EvalAltResult>>;

/// Puts these in the place of Rhai's.
pub(crate) fn register_library(engine: &mut Engine) {
    engine.register_fn("replace", |context: NativeCallContext, text: &mut ImmutableString, old: &str, new: &str| {
        replace(&context, text, old, new)
    });
    engine.register_fn("replace", |context: NativeCallContext, text: &mut ImmutableString, old: char, new: &str| {
        replace(&context, text, old.encode_utf8(&mut [0; 4]), new)
    });
    for (names, downwards) in [(["sort", "order"], false), (["sort_desc", "order_desc"], true)] {
        let sorted = move |list: &mut Array| -> Result<Array> {
            let compare = |a: &Dynamic, b: &Dynamic| natural(a, b).map(|o| if downwards { o.reverse() } else { o });
            merge_sorted(std::mem::take(list), &compare)
        };
        engine.register_fn(names[0], move |list: &mut Array| sorted(list).map(|sorted| *list = sorted));
        engine.register_fn(names[1], move |mut list: Array| sorted(&mut list));
    }
    for name in ["sort", "sort_by"] {
        engine.register_fn(name, |context: NativeCallContext, list: &mut Array, question: FnPtr| -> Result<()> {
            *list = merge_sorted(std::mem::take(list), &|a, b| asked(&context, &question, a, b))?;
            Ok(())
        });
    }
    for name in ["order", "order_by"] {
        engine.register_fn(name, |context: NativeCallContext, list: Array, question: FnPtr| {
            merge_sorted(list, &|a, b| asked(&context, &question, a, b))
        });
    }
}

fn replace(context: &NativeCallContext, text: &mut ImmutableString, old: &str, new: &str) -> Result<()> {
    let most = context.engine().max_string_size();
    let grown = text.matches(old).count().saturating_mul(new.len().saturating_sub(old.len()));
    if text.len().saturating_add(grown) > most {
        // The words by which the host knows this limit.
        return Err(EvalAltResult::ErrorDataTooLarge("Length of string".into(), Position::NONE).into());
    }
    *text = text.replace(old, new).into();
    Ok(())
}

/// Numbers by size, with what is not a number behind all others; texts and truth values as usual.
fn natural(a: &Dynamic, b: &Dynamic) -> Result<Ordering> {
    if let (Ok(a), Ok(b)) = (a.as_int(), b.as_int()) {
        return Ok(a.cmp(&b));
    }
    let float = |x: &Dynamic| x.as_float().or_else(|_| x.as_int().map(|whole| whole as f64)).ok();
    if let (Some(a), Some(b)) = (float(a), float(b)) {
        return Ok(a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan())));
    }
    if let (Some(a), Some(b)) = (a.read_lock::<ImmutableString>(), b.read_lock::<ImmutableString>()) {
        return Ok(a.cmp(&b));
    }
    match (a.as_char().ok().zip(b.as_char().ok()), a.as_bool().ok().zip(b.as_bool().ok())) {
        (Some((a, b)), _) => Ok(a.cmp(&b)),
        (_, Some((a, b))) => Ok(a.cmp(&b)),
        _ => Err(format!("{} and {} have no order", type_name(a), type_name(b)).into()),
    }
}

/// What a script's comparison says: a number below, at or above 0, or whether the first comes before the second.
fn asked(context: &NativeCallContext, question: &FnPtr, a: &Dynamic, b: &Dynamic) -> Result<Ordering> {
    let answer: Dynamic = question.call_within_context(context, (a.clone(), b.clone()))?;
    if let Ok(comes_first) = answer.as_bool() {
        return Ok(if comes_first { Ordering::Less } else { Ordering::Greater });
    }
    let sign = answer.as_int().map(|sign| sign.cmp(&0)).ok();
    let sign = sign.or_else(|| answer.as_float().ok().and_then(|sign| sign.partial_cmp(&0.0)));
    sign.ok_or_else(|| {
        format!("a comparison answers with a number or true or false, not {}", type_name(&answer)).into()
    })
}

fn merge_sorted(mut list: Array, compare: &impl Fn(&Dynamic, &Dynamic) -> Result<Ordering>) -> Result<Array> {
    if list.len() < 2 {
        return Ok(list);
    }
    let behind = list.split_off(list.len() / 2);
    let mut merged = Array::with_capacity(list.len() + behind.len());
    let mut front = merge_sorted(list, compare)?.into_iter().peekable();
    for item in merge_sorted(behind, compare)? {
        while let Some(first) = front.peek()
            && compare(first, &item)?.is_le()
        {
            merged.extend(front.next());
        }
        merged.push(item);
    }
    merged.extend(front);
    Ok(merged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;
    use crate::engine::{Notes, programs};

    fn eval(text: &str) -> String {
        let engine = programs(&Limits::default(), &Notes::default());
        engine.eval::<Dynamic>(text).map_or_else(|error| error.to_string(), |value| value.to_string())
    }

    #[test]
    fn lists_are_sorted_and_stay_in_order_where_equal() {
        assert_eq!(eval("let a = [3, 1, 2.5]; a.sort(); a"), "[1, 2.5, 3]");
        assert_eq!(eval("[\"b\", \"a\", \"c\"].order_desc()"), "[\"c\", \"b\", \"a\"]");
        assert_eq!(eval("let a = [[1, 2], [0, 1], [1, 1]]; a.sort(|x, y| x[0] - y[0]); a"), "[[0, 1], [1, 2], [1, 1]]");
        assert_eq!(eval("[1, 3, 2].order_by(|x, y| x > y)"), "[3, 2, 1]");
        assert!(eval("[1, \"a\"].order()").contains("no order"));
    }

    #[test]
    fn no_comparison_brings_a_sort_down() {
        assert_eq!(
            eval("let n = 0; let a = []; for i in 0..100 { a.push(i); } a.sort(|x, y| { n += 1; n % 3 - 1 }); a.len()"),
            "100"
        );
        assert_eq!(
            eval(
                "let nan = 0.0 / 0.0; let a = []; for i in 0..99 { a.push(if i % 3 == 0 { nan } else { 1.0/i }); } a.sort(); a[98]"
            ),
            "NaN"
        );
        assert!(eval("[2, 1].order(|x, y| throw \"no\")").contains("no"));
    }

    #[test]
    fn what_is_replaced_is_no_longer_than_a_text_may_be() {
        assert_eq!(eval("let s = \"abcb\"; s.replace(\"b\", \"xy\"); s.replace('c', \"\"); s"), "axyxy");
        let bomb = "let s = \"xxxxxxxxxxxxxxxx\"; for i in 0..15 { s += s; } s.replace(\"x\", s); 1";
        assert!(eval(bomb).contains("Length of string"), "{}", eval(bomb));
    }
}
