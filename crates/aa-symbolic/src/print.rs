//! Expressions as text: script syntax (which `sympy.sympify` reads) and LaTeX.

use std::fmt::{self, Display, Formatter};

use dashu::base::{Abs, Signed};

use crate::expr::{Expr, Node};
use crate::function::Function;
use crate::rational::Rational;

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&render(self, &Script, Tightness::Sum))
    }
}

impl fmt::Debug for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Expr {
    /// The expression as LaTeX, for math mode.
    ///
    /// ```
    /// use aa_symbolic::Expr;
    /// let h = Expr::symbol("p_phi").powi(2) / 2 - Expr::symbol("phi").cos();
    /// assert_eq!(h.to_latex(), r"\frac{p_{\phi}^{2}}{2} - \cos\left(\phi\right)");
    /// ```
    pub fn to_latex(&self) -> String {
        render(self, &Latex, Tightness::Sum)
    }
}

/// How tightly the surroundings bind; anything looser is put in brackets.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Tightness {
    Sum,
    Product,
    Power,
}

/// The pieces in which the two notations differ.
trait Notation {
    fn symbol(&self, name: &str) -> String;
    fn pi(&self) -> &'static str;
    fn times(&self) -> &'static str;
    fn bracket(&self, inside: &str) -> String;
    /// `numerator / denominator`; the flags say whether each is a product or a sum of several parts.
    fn fraction(&self, numerator: &str, denominator: &str, denominator_is_loose: bool) -> String;
    fn power(&self, base: &str, exponent: &str, exponent_is_loose: bool) -> String;
    fn root(&self, inside: &str) -> String;
    fn call(&self, function: Function, argument: &str) -> String;
    fn atan2(&self, y: &str, x: &str) -> String;
    /// Whether a fraction brackets its own parts.
    fn fraction_encloses(&self) -> bool;
}

fn render(expr: &Expr, notation: &dyn Notation, around: Tightness) -> String {
    let (text, tightness) = match expr.node() {
        Node::Constant(value) => number(value, notation),
        Node::Symbol(name) => (notation.symbol(name), Tightness::Power),
        Node::Pi => (notation.pi().to_string(), Tightness::Power),
        Node::Sum { constant, terms } => sum(constant, terms, notation),
        Node::Product(factors) => product(&Rational::ONE, factors, notation),
        Node::Apply(Function::Exp, argument) if argument.is_one() => (notation.symbol("E"), Tightness::Power),
        Node::Apply(function, argument) => {
            (notation.call(*function, &render(argument, notation, Tightness::Sum)), Tightness::Power)
        }
        Node::Atan2(y, x) => {
            let [y, x] = [y, x].map(|part| render(part, notation, Tightness::Sum));
            (notation.atan2(&y, &x), Tightness::Power)
        }
        Node::Power(base, exponent) => {
            let base = render(base, notation, Tightness::Power);
            (notation.power(&base, &render(exponent, notation, Tightness::Sum), true), Tightness::Product)
        }
    };
    if tightness < around { notation.bracket(&text) } else { text }
}

fn number(value: &Rational, notation: &dyn Notation) -> (String, Tightness) {
    if value.is_negative() {
        return (format!("-{}", number(&-value, notation).0), Tightness::Sum);
    }
    if value.is_int() {
        return (value.to_string(), Tightness::Power);
    }
    let (n, d) = (value.numerator().to_string(), value.denominator().to_string());
    (notation.fraction(&n, &d, false), Tightness::Product)
}

fn sum(constant: &Rational, terms: &[(Expr, Rational)], notation: &dyn Notation) -> (String, Tightness) {
    let mut text = String::new();
    let mut join = |negative: bool, part: &str| {
        let sign = match (text.is_empty(), negative) {
            (true, false) => "",
            (true, true) => "-",
            (false, false) => " + ",
            (false, true) => " - ",
        };
        text.push_str(sign);
        text.push_str(part);
    };
    for (term, coefficient) in terms {
        join(coefficient.is_negative(), &scaled(&coefficient.clone().abs(), term, notation));
    }
    if !constant.is_zero() {
        join(constant.is_negative(), &number(&constant.clone().abs(), notation).0);
    }
    let alone = terms.len() == 1 && constant.is_zero() && !terms[0].1.is_negative();
    (text, if alone { Tightness::Product } else { Tightness::Sum })
}

fn scaled(coefficient: &Rational, term: &Expr, notation: &dyn Notation) -> String {
    match term.node() {
        Node::Product(factors) => product(coefficient, factors, notation).0,
        _ if coefficient.is_one() => render(term, notation, Tightness::Product),
        _ => product(coefficient, &[(term.clone(), Rational::ONE)], notation).0,
    }
}

/// A positive coefficient times powers, those with negative exponents below the line.
fn product(coefficient: &Rational, factors: &[(Expr, Rational)], notation: &dyn Notation) -> (String, Tightness) {
    let (mut above, mut below) = (Vec::new(), Vec::new());
    for (base, exponent) in factors {
        let side = if exponent.is_negative() { &mut below } else { &mut above };
        side.push((base.clone(), exponent.clone().abs()));
    }
    let numerator = Rational::from(coefficient.numerator().clone());
    let denominator = Rational::from(dashu::integer::IBig::from(coefficient.denominator().clone()));
    if below.is_empty() && denominator.is_one() {
        return side(&numerator, &above, notation, Tightness::Product);
    }
    let enclosed = if notation.fraction_encloses() { Tightness::Sum } else { Tightness::Product };
    let loose = below.len() + usize::from(!denominator.is_one()) > 1;
    let (above, below) = (side(&numerator, &above, notation, enclosed), side(&denominator, &below, notation, enclosed));
    (notation.fraction(&above.0, &below.0, loose), Tightness::Product)
}

/// One side of a fraction.
fn side(
    number: &Rational,
    powers: &[(Expr, Rational)],
    notation: &dyn Notation,
    alone: Tightness,
) -> (String, Tightness) {
    let mut parts: Vec<String> = Vec::new();
    if !number.is_one() || powers.is_empty() {
        parts.push(number.to_string());
    }
    let around = if powers.len() == 1 && parts.is_empty() { alone } else { Tightness::Product };
    parts.extend(powers.iter().map(|(base, exponent)| power(base, exponent, notation, around)));
    let tightness = if parts.len() == 1 && powers.is_empty() { Tightness::Power } else { Tightness::Product };
    (parts.join(notation.times()), tightness)
}

fn power(base: &Expr, exponent: &Rational, notation: &dyn Notation, around: Tightness) -> String {
    if exponent.is_one() {
        return render(base, notation, around);
    }
    if *exponent == Rational::ONE / Rational::from(2) {
        return notation.root(&render(base, notation, Tightness::Sum));
    }
    let base = render(base, notation, Tightness::Power);
    notation.power(&base, &number(exponent, notation).0, !exponent.is_int())
}

struct Script;

impl Notation for Script {
    fn symbol(&self, name: &str) -> String {
        name.to_string()
    }
    fn pi(&self) -> &'static str {
        "pi"
    }
    fn times(&self) -> &'static str {
        "*"
    }
    fn bracket(&self, inside: &str) -> String {
        format!("({inside})")
    }
    fn fraction(&self, numerator: &str, denominator: &str, loose: bool) -> String {
        if loose { format!("{numerator}/({denominator})") } else { format!("{numerator}/{denominator}") }
    }
    fn power(&self, base: &str, exponent: &str, loose: bool) -> String {
        if loose { format!("{base}**({exponent})") } else { format!("{base}**{exponent}") }
    }
    fn root(&self, inside: &str) -> String {
        format!("sqrt({inside})")
    }
    fn call(&self, function: Function, argument: &str) -> String {
        format!("{}({argument})", function.name())
    }
    fn atan2(&self, y: &str, x: &str) -> String {
        format!("atan2({y}, {x})")
    }
    fn fraction_encloses(&self) -> bool {
        false
    }
}

struct Latex;

impl Notation for Latex {
    fn symbol(&self, name: &str) -> String {
        match name {
            "E" => "e".to_string(),
            _ => latex_symbol(name),
        }
    }
    fn pi(&self) -> &'static str {
        "\\pi"
    }
    fn times(&self) -> &'static str {
        " "
    }
    fn bracket(&self, inside: &str) -> String {
        format!("\\left({inside}\\right)")
    }
    fn fraction(&self, numerator: &str, denominator: &str, _: bool) -> String {
        format!("\\frac{{{numerator}}}{{{denominator}}}")
    }
    fn power(&self, base: &str, exponent: &str, _: bool) -> String {
        format!("{base}^{{{exponent}}}")
    }
    fn root(&self, inside: &str) -> String {
        format!("\\sqrt{{{inside}}}")
    }
    fn call(&self, function: Function, argument: &str) -> String {
        match function {
            Function::Exp => format!("e^{{{argument}}}"),
            _ => format!("{}\\left({argument}\\right)", function.definition().latex),
        }
    }
    fn atan2(&self, y: &str, x: &str) -> String {
        format!("\\operatorname{{atan2}}\\left({y}, {x}\\right)")
    }
    fn fraction_encloses(&self) -> bool {
        true
    }
}

const GREEK: [&str; 23] = [
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu", "xi",
    "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega", "pi",
];

/// `q10` is q with subscript 10, `px` p with subscript x, `p_phi` p with subscript phi.
fn latex_symbol(name: &str) -> String {
    let letters = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let (stem, subscript) = match (name.split_once('_'), letters.len() < name.len()) {
        (Some((stem, subscript)), _) => (stem, subscript),
        (None, true) => (letters, &name[letters.len()..]),
        (None, false) => match name.strip_prefix('p') {
            Some(rest) if !rest.is_empty() && !GREEK.contains(&name) => ("p", rest),
            _ => (name, ""),
        },
    };
    match subscript {
        "" => greek(stem),
        _ => format!("{}_{{{}}}", greek(stem), greek(subscript)),
    }
}

fn greek(word: &str) -> String {
    if GREEK.contains(&word) {
        return format!("\\{word}");
    }
    match word.chars().count() {
        0 | 1 => word.to_string(),
        _ if word.chars().all(|c| c.is_ascii_digit()) => word.to_string(),
        _ => format!("\\mathrm{{{}}}", word.replace('_', "\\_")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(expr: Expr, script: &str, latex: &str) {
        assert_eq!((expr.to_string().as_str(), expr.to_latex().as_str()), (script, latex));
    }

    #[test]
    fn both_notations_bracket_what_they_must() {
        let (x, y) = (Expr::symbol("x"), Expr::symbol("y"));
        check(-(&x - &y), "-x + y", "-x + y");
        check((&x + 1) * (&y - 1), "(x + 1)*(y - 1)", "\\left(x + 1\\right) \\left(y - 1\\right)");
        check((&x + 1) / 2, "x/2 + 1/2", "\\frac{x}{2} + \\frac{1}{2}");
        check(3 * &x / (4 * &y), "3*x/(4*y)", "\\frac{3 x}{4 y}");
        check(1 / (&x * &y), "1/(x*y)", "\\frac{1}{x y}");
        check((&x + &y) / (&x - &y), "(x + y)/(x - y)", "\\frac{x + y}{x - y}");
        check((&x / &y).exp().sin(), "sin(exp(x/y))", "\\sin\\left(e^{\\frac{x}{y}}\\right)");
    }

    #[test]
    fn powers_read_back_as_they_were() {
        let (x, y) = (Expr::symbol("x"), Expr::symbol("y"));
        let half = &Expr::integer(3) / 2;
        check((&x + &y).pow(&half), "(x + y)**(3/2)", "\\left(x + y\\right)^{\\frac{3}{2}}");
        check(x.pow(&(&y + 1)), "x**(y + 1)", "x^{y + 1}");
        check((-&x).pow(&y), "(-x)**(y)", "\\left(-x\\right)^{y}");
        check(1 / x.sqrt(), "1/sqrt(x)", "\\frac{1}{\\sqrt{x}}");
        check(2 * Expr::integer(3).sqrt() * &x, "2*sqrt(3)*x", "2 \\sqrt{3} x");
    }

    #[test]
    fn names_become_symbols_with_subscripts() {
        for (name, latex) in
            [("q10", "q_{10}"), ("px", "p_{x}"), ("p_phi", "p_{\\phi}"), ("phi", "\\phi"), ("pr", "p_{r}"), ("r", "r")]
        {
            assert_eq!(Expr::symbol(name).to_latex(), latex);
        }
    }
}
