//! The engine that runs every script: Rhai with nothing that reaches outside, under limits.
//!
//! [`sandbox`] is what all scripts share: texts, lists, maps, loops, closures; no files, clock, network, `eval` or
//! modules. [`formulas`] adds exact mathematics for system scripts; [`programs`] adds ordinary numbers for passes and
//! studies, where instruments are registered on top.

use std::sync::{Arc, Mutex, PoisonError};

use rhai::packages::{
    ArithmeticPackage, BasicArrayPackage, BasicFnPackage, BasicIteratorPackage, BasicMapPackage, BasicMathPackage,
    BasicStringPackage, LogicPackage, MoreStringPackage, Package,
};
use rhai::{Dynamic, Engine, EvalAltResult, FLOAT, INT, OptimizationLevel, Position};

use crate::error::Error;
use crate::library::register_library;
use crate::limits::{Budget, Limits, exceeded};
use crate::mathematics::register_mathematics;

/// What a script printed, line by line; a script has no standard output.
#[derive(Clone, Debug, Default)]
pub struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    const MOST: usize = 1000;

    /// The lines so far.
    pub fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn push(&self, line: &str) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() < Self::MOST {
            lines.push(line.chars().take(Self::MOST).collect());
        }
    }
}

/// An engine without numbers: the ground on which both kinds of scripts stand. What scripts print goes to `notes`.
pub fn sandbox(limits: &Limits, notes: &Notes) -> Engine {
    let mut engine = Engine::new_raw();
    BasicFnPackage::new().register_into_engine(&mut engine);
    BasicIteratorPackage::new().register_into_engine(&mut engine);
    BasicStringPackage::new().register_into_engine(&mut engine);
    MoreStringPackage::new().register_into_engine(&mut engine);
    BasicArrayPackage::new().register_into_engine(&mut engine);
    BasicMapPackage::new().register_into_engine(&mut engine);
    register_library(&mut engine);
    engine.disable_symbol("eval");
    // Folding constants and short cuts would do Rhai's own arithmetic, not ours.
    engine.set_optimization_level(OptimizationLevel::None);
    engine.set_fast_operators(false);
    engine.set_fail_on_invalid_map_property(true);
    bound(&mut engine, limits);
    let (printed, debugged) = (notes.clone(), notes.clone());
    engine.on_print(move |text| printed.push(text));
    engine.on_debug(move |text, _, _| debugged.push(text));
    engine
}

/// An engine for system scripts: exact numbers, and no branch on a coordinate.
pub fn formulas(limits: &Limits, notes: &Notes) -> Engine {
    let mut engine = sandbox(limits, notes);
    // A caught refusal would be a branch in disguise.
    engine.disable_symbol("try");
    register_mathematics(&mut engine);
    engine
}

/// An engine for passes and studies: ordinary whole and floating-point numbers. Whole numbers that do not divide
/// evenly give a float, here too.
pub fn programs(limits: &Limits, notes: &Notes) -> Engine {
    let mut engine = sandbox(limits, notes);
    ArithmeticPackage::new().register_into_engine(&mut engine);
    LogicPackage::new().register_into_engine(&mut engine);
    BasicMathPackage::new().register_into_engine(&mut engine);
    for (symbol, shift) in [("<<", left as fn(INT, INT) -> Option<INT>), (">>", right)] {
        // Rhai's own give 0 where bits are lost.
        let apply =
            move |a: INT, b: INT| shift(a, b).ok_or_else(|| format!("`{a} {symbol} {b}` is no whole number").into());
        engine.register_fn(symbol, move |a: INT, b: INT| -> Result<INT, Box<EvalAltResult>> { apply(a, b) });
        engine.register_fn(format!("{symbol}="), move |a: &mut INT, b: INT| -> Result<(), Box<EvalAltResult>> {
            *a = apply(*a, b)?;
            Ok(())
        });
    }
    engine.register_fn("/", divide);
    engine.register_fn("/=", |a: &mut Dynamic, b: Dynamic| -> Result<(), Box<EvalAltResult>> {
        *a = divide_any(a, &b)?;
        Ok(())
    });
    engine
}

fn left(a: INT, b: INT) -> Option<INT> {
    let factor = (0..63).contains(&b).then(|| 1 << b)?;
    a.checked_mul(factor)
}

fn right(a: INT, b: INT) -> Option<INT> {
    (0..64).contains(&b).then(|| a >> b)
}

fn divide(a: INT, b: INT) -> Result<Dynamic, Box<EvalAltResult>> {
    if b == 0 {
        return Err(EvalAltResult::ErrorArithmetic("division by zero".into(), Position::NONE).into());
    }
    Ok(match a.checked_rem(b) {
        Some(0) => Dynamic::from_int(a / b),
        _ => Dynamic::from_float(a as FLOAT / b as FLOAT),
    })
}

fn divide_any(a: &Dynamic, b: &Dynamic) -> Result<Dynamic, Box<EvalAltResult>> {
    if let (Ok(a), Ok(b)) = (a.as_int(), b.as_int()) {
        return divide(a, b);
    }
    let float = |x: &Dynamic| x.as_float().or_else(|_| x.as_int().map(|whole| whole as FLOAT));
    match (float(a), float(b)) {
        (Ok(a), Ok(b)) => Ok(Dynamic::from_float(a / b)),
        _ => Err("only numbers can be divided".into()),
    }
}

fn bound(engine: &mut Engine, limits: &Limits) {
    engine.set_max_operations(limits.operations);
    engine.set_max_call_levels(limits.call_depth);
    engine.set_max_expr_depths(limits.expression_depth, limits.expression_depth);
    engine.set_max_string_size(limits.text_bytes);
    engine.set_max_array_size(limits.list_length);
    engine.set_max_map_size(limits.map_length);
    engine.set_max_variables(limits.variables);
    engine.set_max_functions(1024);
    engine.on_progress(|operation| exceeded(operation).map(Dynamic::from));
}

/// Runs `work` within `limits` on a thread of its own, whose stack holds whatever nesting the limits allow.
///
/// # Errors
/// The work's own, or the system gives no thread.
pub fn guarded<T: Send>(limits: &Limits, work: impl FnOnce() -> Result<T, Error> + Send) -> Result<T, Error> {
    let waiting = Mutex::new(Some(work));
    let run = || {
        let work = waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
        let _budget = Budget::start(limits);
        work.expect("the work is taken by the one thread that starts")()
    };
    std::thread::scope(|scope| {
        // Reserved, not used: a large stack costs address space alone. Where that is scarce, less must do.
        let start = |megabytes: usize| std::thread::Builder::new().stack_size(megabytes << 20).spawn_scoped(scope, run);
        let thread = start(512).or_else(|_| start(64)).map_err(|_| Error::NoThread)?;
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(engine: &Engine, text: &str) -> Result<Dynamic, String> {
        engine.eval::<Dynamic>(text).map_err(|error| error.to_string())
    }

    #[test]
    fn nothing_reaches_outside() {
        let notes = Notes::default();
        for engine in [formulas(&Limits::default(), &notes), programs(&Limits::default(), &notes)] {
            for text in
                ["eval(\"1\")", "import \"/etc/passwd\" as x; 1", "sleep(1)", "timestamp()", "parse_json(\"1\")"]
            {
                assert!(run(&engine, text).is_err(), "{text}");
            }
        }
    }

    #[test]
    fn prints_become_notes() {
        let notes = Notes::default();
        let engine = formulas(&Limits::default(), &notes);
        assert!(run(&engine, "print(1/3); print(\"x\"); debug(2)").is_ok());
        assert_eq!(notes.lines(), ["1/3", "x", "2"]);
    }

    #[test]
    fn programs_divide_whole_numbers_as_real_numbers() {
        let engine = programs(&Limits::default(), &Notes::default());
        let float = |text| run(&engine, text).unwrap().as_float().unwrap();
        assert_eq!([float("1/2"), float("let a = 1; a /= 2; a"), float("0.1 + 0.2")], [0.5, 0.5, 0.1 + 0.2]);
        assert_eq!(run(&engine, "6/3").unwrap().as_int(), Ok(2));
        assert!(run(&engine, "1/0").is_err());
        assert_eq!(run(&engine, "let a = 3; a <<= 4; a >> 1").unwrap().as_int(), Ok(24));
        assert!(run(&engine, "1 << 1000").is_err() && run(&engine, "3 << 62").is_err());
    }

    #[test]
    fn work_has_room_for_deep_recursion() {
        fn depth(n: u32) -> u32 {
            let padding = std::hint::black_box([0u8; 1024]);
            if n == 0 { u32::from(padding[0]) } else { 1 + depth(n - 1) }
        }
        assert_eq!(guarded(&Limits::default(), || Ok(depth(20_000))).unwrap(), 20_000);
    }
}
