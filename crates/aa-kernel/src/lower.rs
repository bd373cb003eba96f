//! Lowering: from expressions to a tape.
//!
//! Equal subexpressions share a row. A product that only one sum uses is not given a row; the sum multiplies it
//! out on the fly. Numbers are folded with the same portable functions that the executors use.

use std::collections::HashMap;

use aa_symbolic::{Expr, Function, Node, Rational, subexpressions, to_f64, to_i64};

use crate::Error;
use crate::lanes::Lanes;
use crate::scalar;
use crate::tape::{Combination, Op, Row, Slope, Tape};

/// The tape of `outputs` as functions of `inputs`.
pub(crate) fn lower(inputs: &[Expr], outputs: &[Expr]) -> Result<Tape, Error> {
    let mut lowering = Lowering::new(inputs, outputs)?;
    let outputs = outputs.iter().map(|output| lowering.combination(output)).collect();
    let slopes = vec![Vec::new(); lowering.ops.len()];
    Ok(Tape { n_inputs: inputs.len(), ops: lowering.ops, outputs, slopes })
}

/// The same, with the derivatives of the elementary functions, which jets need.
pub(crate) fn lower_with_slopes(inputs: &[Expr], outputs: &[Expr]) -> Result<Tape, Error> {
    let mut lowering = Lowering::new(inputs, outputs)?;
    let outputs = outputs.iter().map(|output| lowering.combination(output)).collect();
    let slopes = lowering.slopes();
    Ok(Tape { n_inputs: inputs.len(), ops: lowering.ops, outputs, slopes })
}

struct Lowering {
    n_inputs: usize,
    ops: Vec<Op>,
    /// The expression each elementary function came from, for its slope.
    sources: Vec<Option<Expr>>,
    rows: HashMap<u64, Row>,
    pairs: HashMap<(Row, Row), Row>,
    powers: HashMap<(Row, u64), Row>,
    constants: HashMap<u64, Option<f64>>,
    uses: HashMap<u64, usize>,
    /// Every expression met, since memo keys are unique only among those alive.
    alive: Vec<Expr>,
}

impl Lowering {
    fn new(inputs: &[Expr], outputs: &[Expr]) -> Result<Lowering, Error> {
        if let Some(bad) = inputs.iter().find(|input| input.as_symbol().is_none()) {
            return Err(Error::NotASymbol { expression: bad.to_string() });
        }
        let all = subexpressions(outputs);
        if let Some(unknown) = all.iter().find(|e| e.as_symbol().is_some() && !inputs.contains(e)) {
            return Err(Error::UnknownSymbol { name: unknown.to_string() });
        }
        let mut uses = HashMap::new();
        for used in all.iter().flat_map(|e| e.children()).chain(outputs) {
            *uses.entry(used.id()).or_insert(0) += 1;
        }
        let rows = inputs.iter().enumerate().map(|(row, input)| (input.id(), row)).collect();
        Ok(Lowering {
            n_inputs: inputs.len(),
            ops: Vec::new(),
            sources: Vec::new(),
            rows,
            pairs: HashMap::new(),
            powers: HashMap::new(),
            constants: HashMap::new(),
            uses,
            alive: [inputs, &all].concat(),
        })
    }

    /// The expression as a combination of rows, without a row of its own unless others use it, too.
    fn combination(&mut self, expr: &Expr) -> Combination {
        if let Some(value) = self.constant(expr) {
            return Combination::of_constant(value);
        }
        let is_shared = self.rows.contains_key(&expr.id()) || self.uses.get(&expr.id()).is_some_and(|&n| n > 1);
        match expr.node() {
            Node::Sum { constant, terms } if !is_shared => self.sum(constant, terms),
            Node::Product(factors) if !is_shared => self.product(factors),
            _ => Combination::of_row(self.row(expr)),
        }
    }

    /// The row of the expression.
    fn row(&mut self, expr: &Expr) -> Row {
        if let Some(&row) = self.rows.get(&expr.id()) {
            return row;
        }
        let row = match expr.node() {
            _ if self.constant(expr).is_some() => {
                let value = self.constant(expr).expect("just seen to be a number");
                self.push(Op::Combine(Combination::of_constant(value)), None)
            }
            Node::Constant(_) | Node::Pi | Node::Symbol(_) => {
                unreachable!("numbers are folded and symbols are inputs")
            }
            Node::Sum { constant, terms } => {
                let sum = self.sum(constant, terms);
                self.push_combination(sum)
            }
            Node::Product(factors) => {
                let product = self.product(factors);
                self.push_combination(product)
            }
            Node::Apply(function, argument) => {
                let argument = self.row(argument);
                self.push(Op::Apply(*function, argument), Some(expr.clone()))
            }
            Node::Atan2(y, x) => {
                let (y, x) = (self.row(y), self.row(x));
                self.push(Op::Atan2(y, x), Some(expr.clone()))
            }
            Node::Power(base, exponent) => self.symbolic_power(base, exponent),
        };
        self.rows.insert(expr.id(), row);
        row
    }

    fn sum(&mut self, constant: &Rational, terms: &[(Expr, Rational)]) -> Combination {
        let mut sum = Combination::of_constant(to_f64(constant));
        for (term, coefficient) in terms {
            let part = self.combination(term);
            let factor = to_f64(coefficient);
            sum.constant += factor * part.constant;
            sum.linear.extend(part.linear.iter().map(|&(c, a)| (factor * c, a)));
            sum.products.extend(part.products.iter().map(|&(c, a, b)| (factor * c, a, b)));
        }
        sum
    }

    fn product(&mut self, factors: &[(Expr, Rational)]) -> Combination {
        let mut number = 1.0;
        let mut rows = Vec::new();
        for (base, exponent) in factors {
            match self.constant(base) {
                Some(value) => number *= number_to(value, to_f64(exponent)),
                None => {
                    let base = self.row(base);
                    rows.push(self.rational_power(base, exponent));
                }
            }
        }
        let last = rows.pop().expect("a product of numbers alone is a number");
        let Some(rest) = rows.into_iter().reduce(|a, b| self.pair(a, b)) else {
            return Combination { linear: vec![(number, last)], ..Combination::default() };
        };
        match self.pairs.get(&ordered(rest, last)) {
            Some(&known) => Combination { linear: vec![(number, known)], ..Combination::default() },
            None => Combination { products: vec![(number, rest, last)], ..Combination::default() },
        }
    }

    /// Whole positive powers are a square or a product of smaller ones.
    fn rational_power(&mut self, base: Row, exponent: &Rational) -> Row {
        match to_i64(exponent) {
            Some(1) => base,
            Some(whole) if whole > 1 && whole % 2 == 0 => {
                let half = self.rational_power(base, &Rational::from(whole / 2));
                self.pair(half, half)
            }
            Some(whole) if whole > 1 => {
                let less = self.rational_power(base, &Rational::from(whole - 1));
                self.pair(less, base)
            }
            _ => self.real_power(base, to_f64(exponent)),
        }
    }

    fn real_power(&mut self, base: Row, exponent: f64) -> Row {
        let key = (base, exponent.to_bits());
        if let Some(&row) = self.powers.get(&key) {
            return row;
        }
        let row = self.push(Op::Power(base, exponent), None);
        self.powers.insert(key, row);
        row
    }

    /// `base**exponent` as exp(exponent log base), unless the exponent is a number.
    fn symbolic_power(&mut self, base: &Expr, exponent: &Expr) -> Row {
        if let Some(exponent) = self.constant(exponent) {
            let base = self.row(base);
            return self.real_power(base, exponent);
        }
        let argument = exponent * base.log();
        self.alive.push(argument.clone());
        let argument = self.row(&argument);
        self.push(Op::Apply(Function::Exp, argument), None)
    }

    fn pair(&mut self, a: Row, b: Row) -> Row {
        let key = ordered(a, b);
        if let Some(&row) = self.pairs.get(&key) {
            return row;
        }
        let product = Combination { products: vec![(1.0, a, b)], ..Combination::default() };
        let row = self.push(Op::Combine(product), None);
        self.pairs.insert(key, row);
        row
    }

    fn push_combination(&mut self, combination: Combination) -> Row {
        match combination.as_row() {
            Some(row) => row,
            None => self.push(Op::Combine(combination), None),
        }
    }

    fn push(&mut self, op: Op, source: Option<Expr>) -> Row {
        self.ops.push(op);
        self.sources.push(source);
        self.n_inputs + self.ops.len() - 1
    }

    /// The value of an expression without symbols.
    fn constant(&mut self, expr: &Expr) -> Option<f64> {
        if let Some(&known) = self.constants.get(&expr.id()) {
            return known;
        }
        let value = match expr.node() {
            Node::Constant(value) => Some(to_f64(value)),
            Node::Pi => Some(std::f64::consts::PI),
            Node::Symbol(_) => None,
            Node::Sum { constant, terms } => terms.iter().try_fold(to_f64(constant), |sum, (term, coefficient)| {
                Some(sum + to_f64(coefficient) * self.constant(term)?)
            }),
            Node::Product(factors) => factors.iter().try_fold(1.0, |product, (base, exponent)| {
                Some(product * number_to(self.constant(base)?, to_f64(exponent)))
            }),
            Node::Apply(function, argument) => self.constant(argument).map(scalar::value(*function)),
            Node::Atan2(y, x) => self.constant(y).zip(self.constant(x)).map(|(y, x)| libm::atan2(y, x)),
            Node::Power(base, exponent) => {
                self.constant(base).zip(self.constant(exponent)).map(|(base, exponent)| libm::pow(base, exponent))
            }
        };
        self.constants.insert(expr.id(), value);
        value
    }

    /// The derivatives of all elementary functions; lowering them may add operations, which are served in turn.
    fn slopes(&mut self) -> Vec<Vec<Slope>> {
        let mut slopes = Vec::new();
        while slopes.len() < self.ops.len() {
            let (op, source) = (self.ops[slopes.len()].clone(), self.sources[slopes.len()].clone());
            let itself = self.n_inputs + slopes.len();
            slopes.push(match (op, source.as_ref().map(Expr::node)) {
                // The exponential is its own slope.
                (Op::Apply(Function::Exp, argument), _) => vec![Slope { argument, slope: itself, factor: 1.0 }],
                (Op::Apply(function, argument), Some(Node::Apply(_, inner))) => {
                    vec![self.slope(argument, function.derivative(inner))]
                }
                (Op::Atan2(y, x), Some(Node::Atan2(inner_y, inner_x))) => {
                    let squares = inner_x * inner_x + inner_y * inner_y;
                    let by_y = self.slope(y, inner_x / &squares);
                    vec![by_y, self.slope(x, -inner_y / squares)]
                }
                _ => Vec::new(),
            });
        }
        slopes
    }

    fn slope(&mut self, argument: Row, derivative: Expr) -> Slope {
        let (factor, term) = derivative.as_scaled();
        self.alive.extend(subexpressions(&[derivative, term.clone()]));
        Slope { argument, slope: self.row(&term), factor: to_f64(&factor) }
    }
}

fn ordered(a: Row, b: Row) -> (Row, Row) {
    (a.min(b), a.max(b))
}

fn number_to(base: f64, exponent: f64) -> f64 {
    scalar::power(&Lanes([base]), exponent).0[0]
}
