//! What the types of a script are called when we speak to its author.

use rhai::Dynamic;

/// A value's type with its article.
pub(crate) fn type_name(value: &Dynamic) -> &'static str {
    in_words(value.type_name())
}

/// One of Rhai's or Rust's type names with an article; paths of our own types are never shown.
pub(crate) fn in_words(rust: &str) -> &'static str {
    match rust.trim() {
        "()" => "nothing",
        "i64" => "a whole number",
        "f64" | "number" => "a number",
        "bool" => "true or false",
        "char" | "string" | "&str" | "ImmutableString" => "a text",
        "array" => "a list",
        "map" => "a map",
        "Fn" => "a function",
        "circle" => "a circle",
        other if other.ends_with("::Number") => "a number",
        other if other.ends_with("::Circle") => "a circle",
        other if other.ends_with("String") || other.ends_with("str") => "a text",
        other if other.starts_with("range") || other.contains("Range") => "a range",
        other if other.contains("Vec<") => "a list",
        other if other.contains("Map<") => "a map",
        _ => "a value of another kind",
    }
}
