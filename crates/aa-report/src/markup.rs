//! HTML pieces: text made harmless, elements around it.

use std::fmt::Write;

/// Text for the inside of an element or of a quoted attribute: nothing in it can open or close anything.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(harmless(c)),
        }
    }
    out
}

/// The character, or the mark for one that cannot be shown.
pub(crate) fn harmless(c: char) -> char {
    if is_forbidden(c) { '\u{FFFD}' } else { c }
}

/// Characters that XML does not allow, and those that reorder the text around them.
fn is_forbidden(c: char) -> bool {
    (c.is_control() && !matches!(c, '\n' | '\t'))
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}')
}

/// `<tag attributes>inside</tag>`; attribute values are escaped, the inside is taken as it is.
pub(crate) fn element(tag: &str, attributes: &[(&str, &str)], inside: &str) -> String {
    let mut out = format!("<{tag}");
    for (name, value) in attributes {
        write!(out, " {name}=\"{}\"", escape(value)).expect("text takes every text");
    }
    write!(out, ">{inside}</{tag}>").expect("text takes every text");
    out
}

/// A table with a caption for those who do not see it; cells are HTML.
pub(crate) fn table(caption: &str, head: &[&str], rows: &[Vec<String>]) -> String {
    let head: String = head.iter().map(|text| element("th", &[("scope", "col")], &escape(text))).collect();
    let body: String = rows.iter().map(|row| element("tr", &[], &row_cells(row))).collect();
    let table = format!("<caption>{}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody>", escape(caption));
    let scroll = [("class", "scroll"), ("tabindex", "0"), ("role", "group"), ("aria-label", caption)];
    element("div", &scroll, &element("table", &[], &table))
}

fn row_cells(row: &[String]) -> String {
    let cell = |(index, inside): (usize, &String)| match index {
        0 => element("th", &[("scope", "row")], inside),
        _ => element("td", &[], inside),
    };
    row.iter().enumerate().map(cell).collect()
}

/// Text with its powers of ten typeset: `1.2e-13` becomes 1.2 × 10⁻¹³.
pub(crate) fn typeset(text: &str) -> String {
    text.split(' ').map(typeset_word).collect::<Vec<_>>().join(" ")
}

/// Numbers in a row, typeset, with room between them.
pub(crate) fn typeset_row(numbers: &[String]) -> String {
    numbers.iter().map(|number| typeset(number)).collect::<Vec<_>>().join(" &ensp;")
}

fn typeset_word(word: &str) -> String {
    match word {
        "+-" => return "±".to_string(),
        "<=" => return "≤".to_string(),
        _ => {}
    }
    let number = word.trim_end_matches([',', ';', ')', '.']);
    let Some((mantissa, exponent)) = number.split_once('e') else { return escape(word) };
    if mantissa.parse::<f64>().is_err() || exponent.parse::<i32>().is_err() {
        return escape(word);
    }
    let [mantissa, exponent] = [mantissa, exponent].map(|digits| digits.replace('-', "−"));
    let after = &word[number.len()..];
    format!("<span class=\"number\">{mantissa} × 10<sup>{exponent}</sup>{after}</span>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_can_become_markup() {
        assert_eq!(
            escape("<a href=\"x\" id='y'>&\u{0}\u{202e}"),
            "&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;\u{FFFD}\u{FFFD}"
        );
        assert_eq!(element("p", &[("title", "\"><script>")], "x"), "<p title=\"&quot;&gt;&lt;script&gt;\">x</p>");
    }

    #[test]
    fn powers_of_ten_are_typeset_and_words_are_not() {
        assert_eq!(typeset("median 1.2e-3, x"), "median <span class=\"number\">1.2 × 10<sup>−3</sup>,</span> x");
        assert_eq!(typeset("the <energy>"), "the &lt;energy&gt;");
    }
}
