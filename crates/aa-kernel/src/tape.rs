//! The tape: expressions as a flat list of operations, arguments before what uses them.
//!
//! A row holds one quantity. The inputs are the first rows and operation number i fills row `n_inputs + i`. Sums,
//! products and their mixtures are one operation, the [`Combination`]; it reads many rows and writes one, so that
//! no intermediate result of a long sum goes through memory. Both executors, values and jets, walk the same tape.

use aa_symbolic::Function;

/// The position of a quantity in the workspace.
pub(crate) type Row = usize;

/// `constant + sum c a + sum c a b` over rows a and b.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Combination {
    pub(crate) constant: f64,
    pub(crate) linear: Vec<(f64, Row)>,
    pub(crate) products: Vec<(f64, Row, Row)>,
}

/// How one row comes from earlier ones.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Op {
    Combine(Combination),
    /// A real power; whole positive ones are combinations.
    Power(Row, f64),
    Apply(Function, Row),
    /// The angle atan2(first, second).
    Atan2(Row, Row),
}

/// One term of the chain rule: dw = `factor` * `slope` d`argument` + ...
///
/// The slope may be a later row: a coefficient of w needs only lower coefficients of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Slope {
    pub(crate) argument: Row,
    pub(crate) slope: Row,
    pub(crate) factor: f64,
}

/// Operations, outputs, and for jets the derivatives of the elementary functions.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tape {
    pub(crate) n_inputs: usize,
    pub(crate) ops: Vec<Op>,
    pub(crate) outputs: Vec<Combination>,
    /// One list per operation; empty where the operation needs none.
    pub(crate) slopes: Vec<Vec<Slope>>,
}

impl Tape {
    /// Inputs and operations.
    pub(crate) fn n_rows(&self) -> usize {
        self.n_inputs + self.ops.len()
    }

    /// Terms of all sums, outputs included, and one for each row that is written.
    pub(crate) fn n_terms(&self) -> usize {
        let of_op = |op: &Op| if let Op::Combine(sum) = op { sum.n_terms() } else { 0 };
        let of_outputs = self.outputs.iter().map(|sum| 1 + sum.n_terms());
        self.ops.iter().map(|op| 1 + of_op(op)).chain(of_outputs).sum()
    }
}

impl Combination {
    /// Whether there is no constant to start from, but a term.
    pub(crate) fn is_begun_by_a_term(&self) -> bool {
        self.constant == 0.0 && !(self.linear.is_empty() && self.products.is_empty())
    }

    fn n_terms(&self) -> usize {
        self.linear.len() + self.products.len()
    }

    /// The row itself.
    pub(crate) fn of_row(row: Row) -> Combination {
        Combination { linear: vec![(1.0, row)], ..Combination::default() }
    }

    /// A number.
    pub(crate) fn of_constant(constant: f64) -> Combination {
        Combination { constant, ..Combination::default() }
    }

    /// The row this is nothing but a copy of.
    pub(crate) fn as_row(&self) -> Option<Row> {
        match (self.constant, self.linear.as_slice(), self.products.as_slice()) {
            (0.0, &[(1.0, row)], []) => Some(row),
            _ => None,
        }
    }
}
