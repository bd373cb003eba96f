//! Parameters of a system: exact numbers, lists of them, texts and truth values, with defaults that `--set` overrides.

use std::collections::BTreeMap;
use std::fmt;

use aa_symbolic::{Expr, parse_rational};
use rhai::{Array, Dynamic, Map};

use crate::error::Error;
use crate::number::Number;
use crate::script::Script;
use crate::words::type_name;

/// The value of a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parameter {
    /// An exact number: an expression without symbols, or the symbol of a parameter that stays one.
    Number(Expr),
    /// A list.
    List(Vec<Parameter>),
    /// A text.
    Text(String),
    /// True or false.
    Truth(bool),
}

/// The parameters of a system, by name.
pub type Parameters = BTreeMap<String, Parameter>;

/// In script syntax: `16/3`, `[5, 1]`, `"ring"`, `true`.
impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Parameter::Number(expr) => write!(f, "{expr}"),
            Parameter::Text(text) => write!(f, "{text:?}"),
            Parameter::Truth(value) => write!(f, "{value}"),
            Parameter::List(items) => {
                let items: Vec<String> = items.iter().map(Parameter::to_string).collect();
                write!(f, "[{}]", items.join(", "))
            }
        }
    }
}

impl Parameter {
    fn from_dynamic(value: &Dynamic) -> Option<Parameter> {
        if let Ok(truth) = value.as_bool() {
            return Some(Parameter::Truth(truth));
        }
        if let Some(list) = value.read_lock::<Array>() {
            return list.iter().map(Parameter::from_dynamic).collect::<Option<Vec<_>>>().map(Parameter::List);
        }
        if let Some(text) = value.read_lock::<rhai::ImmutableString>() {
            return Some(Parameter::Text(text.to_string()));
        }
        Number::from_dynamic(value)?.into_expr().map(Parameter::Number)
    }

    fn to_dynamic(&self) -> Dynamic {
        match self {
            Parameter::Number(symbol) if symbol.as_symbol().is_some() => Number::Varying(symbol.clone()).into_dynamic(),
            Parameter::Number(expr) => Number::Constant(expr.clone()).into_dynamic(),
            Parameter::List(items) => items.iter().map(Parameter::to_dynamic).collect::<Array>().into(),
            Parameter::Text(text) => text.clone().into(),
            Parameter::Truth(value) => (*value).into(),
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Parameter::Number(_) => "a number, like 3, 0.5, 16/3 or sqrt(2)",
            Parameter::List(_) => "a list, like [5, 1]",
            Parameter::Text(_) => "a text",
            Parameter::Truth(_) => "true or false",
        }
    }
}

/// The parameters as the map `k` of the script's functions.
pub(crate) fn to_map(parameters: &Parameters) -> Map {
    parameters.iter().map(|(name, value)| (name.as_str().into(), value.to_dynamic())).collect()
}

/// What `parameters()` gives, with overrides put in; no parameters where the script has no such function.
pub(crate) fn read(script: &mut Script, overrides: &[(String, String)]) -> Result<Parameters, Error> {
    let mut parameters = defaults(script)?;
    script.parameters = parameters.keys().cloned().collect();
    for (key, text) in overrides {
        let default = parameters.get(key).ok_or_else(|| unknown(script, key))?;
        let value = parse(script, default, text).map_err(|reason| Error::BadValue {
            key: key.clone(),
            text: text.clone(),
            reason,
        })?;
        parameters.insert(key.clone(), value);
    }
    Ok(parameters)
}

/// The parameters with symbols in place of some numbers.
pub(crate) fn with_symbols(script: &Script, numbers: &Parameters, names: &[String]) -> Result<Parameters, Error> {
    let mut parameters = numbers.clone();
    for name in names {
        match parameters.get_mut(name) {
            Some(Parameter::Number(value)) => *value = Expr::symbol(name),
            Some(other) => {
                let reason = format!("only a number can be a symbol, and it is {}", other.kind());
                return Err(Error::BadValue { key: name.clone(), text: "a symbol".into(), reason });
            }
            None => return Err(unknown(script, name)),
        }
    }
    Ok(parameters)
}

fn unknown(script: &Script, key: &str) -> Error {
    let (system, known) = (script.source().name.clone(), script.parameters.clone());
    Error::UnknownParameter { system, key: key.into(), known }
}

fn defaults(script: &Script) -> Result<Parameters, Error> {
    if !script.defines("parameters", 0) {
        return match script.functions().iter().any(|(name, _)| name == "parameters") {
            true => Err(script.fault("parameters", "`parameters` takes no argument", None)),
            false => Ok(Parameters::new()),
        };
    }
    let value = script.call("parameters", vec![])?;
    let Some(map) = value.read_lock::<Map>() else {
        let message = format!("`parameters` gives a map like `#{{ a: 1 }}`, not {}", type_name(&value));
        return Err(script.fault("parameters", message, None));
    };
    let read = |(name, value): (&rhai::Identifier, &Dynamic)| match Parameter::from_dynamic(value) {
        Some(parameter) => Ok((name.to_string(), parameter)),
        None => {
            let message = format!("the parameter `{name}` is {}", type_name(value));
            Err(script.fault("parameters", message, Some("numbers, lists, texts, true and false".into())))
        }
    };
    map.iter().map(read).collect()
}

/// Reads an override as the kind of value that the default is.
fn parse(script: &Script, default: &Parameter, text: &str) -> Result<Parameter, String> {
    let text = text.trim();
    if let Parameter::Text(_) = default {
        return Ok(Parameter::Text(text.trim_matches('"').into()));
    }
    if let (Parameter::Number(_), Some(value)) = (default, parse_rational(text)) {
        return Ok(Parameter::Number(Expr::rational(value)));
    }
    let wanted = || format!("it should be {}", default.kind());
    let value = script.expression(text).map_err(|message| format!("{}; {message}", wanted()))?;
    let parameter = Parameter::from_dynamic(&value).ok_or_else(wanted)?;
    let fits = std::mem::discriminant(&parameter) == std::mem::discriminant(default);
    if fits { Ok(parameter) } else { Err(wanted()) }
}
