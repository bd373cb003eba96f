//! Closed forms: a short formula for numbers that were learned, in quantities that are known exactly.
//!
//! Two families, both fitted by least squares on training rows: a power law a x^b in one quantity (Kepler's
//! I = mu/sqrt(-2E), the quartic oscillator's I ~ E^(3/4)), and a sparse polynomial, whose monomials are taken one by
//! one, each the one that explains most of what is left (orthogonal matching pursuit; Pati, Rezaiifar and
//! Krishnaprasad 1993). How many terms is decided on rows that the fit has not seen; the error is told of others still.

use crate::region::dot;
use faer::Mat;
use faer::linalg::solvers::SolveLstsq;
use std::cmp::Ordering::Equal;

/// Rows of known quantities, and the number to be explained for each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// The quantities, row by row.
    pub rows: Vec<Vec<f64>>,
    /// What they should give.
    pub values: Vec<f64>,
}

/// A formula and how well it does on rows that had no part in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Formula {
    /// In script syntax, coefficients to six digits.
    pub expression: String,
    /// Root mean square error on the held-out rows.
    pub error: f64,
    sum: Sum,
}

impl Formula {
    /// Whether the quantity of this column is in it.
    pub fn depends_on(&self, column: usize) -> bool {
        self.sum.terms.iter().any(|(_, exponents)| exponents[column] != 0.0)
    }

    /// Its value for a row of quantities.
    pub fn value(&self, row: &[f64]) -> f64 {
        self.sum.value(row)
    }
}

/// A formula as numbers: coefficients and the exponents of every quantity.
#[derive(Clone, Debug, PartialEq)]
struct Sum {
    terms: Vec<(f64, Vec<f64>)>,
}

/// Most terms of a formula that is meant to be read.
const MOST_TERMS: usize = 10;
/// A shorter formula is preferred where its error is at most this many times the best one's.
const PATIENCE: f64 = 1.5;
/// Of every so many training rows one decides how many terms there are.
const ONE_IN: usize = 4;

/// The formula for the values in terms of the named quantities; none where there are too few rows, or none but a
/// constant is found.
pub fn closed_form(names: &[String], training: &Table, held_out: &Table) -> Option<Formula> {
    let [fitting, deciding] = [false, true].map(|decides| training.every(ONE_IN, decides));
    let monomials = monomials(names.len());
    if fitting.values.len() < 2 * MOST_TERMS || held_out.values.is_empty() || names.is_empty() {
        return None;
    }
    let order = pursuit(&fitting, &monomials);
    let sums: Vec<Sum> = (1..=order.len()).filter_map(|n| fit(&fitting, &order[..n])).collect();
    let errors: Vec<f64> = sums.iter().map(|sum| sum.error(&deciding)).collect();
    let best = errors.iter().copied().fold(f64::INFINITY, f64::min);
    let law = (0..names.len())
        .filter_map(|k| power_law(&fitting, k))
        .min_by(|a, b| a.error(&deciding).total_cmp(&b.error(&deciding)));
    let chosen = match law.filter(|law| law.error(&deciding) <= PATIENCE * best) {
        Some(law) => law,
        None => {
            let n = errors.iter().position(|error| *error <= PATIENCE * best)?;
            fit(training, &order[..=n])?
        }
    };
    let rounded = chosen.rounded();
    let depends = rounded.terms.iter().any(|(_, exponents)| exponents.iter().any(|e| *e != 0.0));
    depends.then(|| Formula { expression: rounded.script(names), error: rounded.error(held_out), sum: rounded })
}

impl Table {
    /// The rows that decide, or the others.
    fn every(&self, one_in: usize, decides: bool) -> Table {
        let kept = |i: &usize| i.is_multiple_of(one_in) == decides;
        let places: Vec<usize> = (0..self.values.len()).filter(kept).collect();
        Table {
            rows: places.iter().map(|&i| self.rows[i].clone()).collect(),
            values: places.iter().map(|&i| self.values[i]).collect(),
        }
    }
}

impl Sum {
    fn value(&self, row: &[f64]) -> f64 {
        self.terms.iter().map(|(coefficient, exponents)| coefficient * product(row, exponents)).sum()
    }

    fn error(&self, table: &Table) -> f64 {
        let square = |(row, value): (&Vec<f64>, &f64)| (self.value(row) - value).powi(2);
        (table.rows.iter().zip(&table.values).map(square).sum::<f64>() / table.values.len() as f64).sqrt()
    }

    /// As it is printed, low powers first: what is judged is what is read.
    fn rounded(&self) -> Sum {
        let mut terms: Vec<_> = self.terms.iter().map(|(c, exponents)| (six_digits(*c), exponents.clone())).collect();
        let degree = |exponents: &[f64]| exponents.iter().sum::<f64>();
        terms.sort_by(|(_, a), (_, b)| degree(a).total_cmp(&degree(b)).then_with(|| b.partial_cmp(a).unwrap_or(Equal)));
        Sum { terms }
    }

    fn script(&self, names: &[String]) -> String {
        let power = |(name, &e): (&String, &f64)| match e {
            0.0 => None,
            1.0 => Some(name.clone()),
            e if e > 0.0 && e.fract() == 0.0 => Some(format!("{name}**{e}")),
            e => Some(format!("{name}**({})", fraction(e))),
        };
        let mut text = String::new();
        for (coefficient, exponents) in &self.terms {
            let sign = match (text.is_empty(), *coefficient < 0.0) {
                (true, true) => "-",
                (true, false) => "",
                (false, true) => " - ",
                (false, false) => " + ",
            };
            let size = coefficient.abs();
            let size = if size < 1e-3 { format!("{size:e}") } else { format!("{size}") };
            let factors: Vec<String> =
                std::iter::once(size).chain(names.iter().zip(exponents).filter_map(power)).collect();
            text += &format!("{sign}{}", factors.join("*"));
        }
        text
    }
}

/// A whole number of twelfths as a fraction; any other number as it is.
fn fraction(e: f64) -> String {
    let denominator = (1..=12).find(|d| 12 % d == 0 && (e * f64::from(*d)).fract() == 0.0);
    denominator.map_or(format!("{e}"), |d| if d == 1 { format!("{e}") } else { format!("{}/{d}", e * f64::from(d)) })
}

fn product(row: &[f64], exponents: &[f64]) -> f64 {
    row.iter().zip(exponents).filter(|(_, e)| **e != 0.0).map(|(x, e)| libm::pow(*x, *e)).product()
}

fn six_digits(x: f64) -> f64 {
    format!("{x:.5e}").parse().unwrap_or(x)
}

/// Exponents of all monomials, the constant first: to the third degree of up to three quantities, the second of more.
fn monomials(n: usize) -> Vec<Vec<f64>> {
    let degree = if n <= 3 { 3 } else { 2 };
    let mut all = vec![vec![0.0; n]];
    let mut last = all.clone();
    for _ in 0..degree {
        let mut next: Vec<Vec<f64>> = Vec::new();
        for exponents in &last {
            // Raising only from the last raised quantity on makes every monomial once.
            let from = exponents.iter().rposition(|e| *e != 0.0).unwrap_or(0);
            for k in from..n {
                let mut raised = exponents.clone();
                raised[k] += 1.0;
                next.push(raised);
            }
        }
        all.extend(next.iter().cloned());
        last = next;
    }
    all
}

/// The monomials in the order in which they explain the values.
fn pursuit(table: &Table, monomials: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let column = |exponents: &Vec<f64>| -> Vec<f64> { table.rows.iter().map(|row| product(row, exponents)).collect() };
    let mut columns: Vec<Vec<f64>> = monomials.iter().map(column).map(|column| normalised(&column)).collect();
    let mut rest = table.values.clone();
    let mut order: Vec<Vec<f64>> = Vec::new();
    while order.len() < MOST_TERMS.min(monomials.len()) {
        let explained = |column: &Vec<f64>| dot(column, &rest).abs();
        let Some(best) = (0..columns.len()).max_by(|&i, &j| explained(&columns[i]).total_cmp(&explained(&columns[j])))
        else {
            break;
        };
        let taken = columns[best].clone();
        if explained(&taken) <= 1e-12 * dot(&table.values, &table.values).sqrt() {
            break;
        }
        order.push(monomials[best].clone());
        let share = dot(&taken, &rest);
        rest.iter_mut().zip(&taken).for_each(|(r, c)| *r -= share * c);
        for column in &mut columns {
            let share = dot(&taken, column);
            let left: Vec<f64> = column.iter().zip(&taken).map(|(x, c)| x - share * c).collect();
            // What a millionth of a column is left of is explained by those taken.
            *column = if dot(&left, &left) < 1e-12 { vec![0.0; left.len()] } else { normalised(&left) };
        }
    }
    order
}

fn normalised(column: &[f64]) -> Vec<f64> {
    let length = dot(column, column).sqrt();
    if length > 0.0 { column.iter().map(|x| x / length).collect() } else { column.to_vec() }
}

/// The least-squares sum of these monomials; columns are scaled so that units do not matter.
fn fit(table: &Table, monomials: &[Vec<f64>]) -> Option<Sum> {
    let n_rows = table.rows.len();
    let mut matrix = Mat::from_fn(n_rows, monomials.len(), |i, j| product(&table.rows[i], &monomials[j]));
    let lengths: Vec<f64> = (0..monomials.len()).map(|j| matrix.col(j).norm_l2()).collect();
    if lengths.iter().any(|length| !length.is_finite() || *length == 0.0) {
        return None;
    }
    for j in 0..monomials.len() {
        (0..n_rows).for_each(|i| matrix[(i, j)] /= lengths[j]);
    }
    let values = Mat::from_fn(n_rows, 1, |i, _| table.values[i]);
    let solution = matrix.qr().solve_lstsq(&values);
    let term = |(j, exponents): (usize, &Vec<f64>)| (solution[(j, 0)] / lengths[j], exponents.clone());
    Some(Sum { terms: monomials.iter().enumerate().map(term).collect() })
}

/// a x^b of one quantity and numbers of one sign, from the straight line through the logarithms; b is a whole number of
/// twelfths where the law does about as well with one.
fn power_law(table: &Table, k: usize) -> Option<Sum> {
    let x: Vec<f64> = table.rows.iter().map(|row| row[k]).collect();
    let y = &table.values;
    let one_sign = y.iter().all(|y| *y > 0.0) || y.iter().all(|y| *y < 0.0);
    if !one_sign || x.iter().any(|x| *x <= 0.0) {
        return None;
    }
    let points: Vec<(f64, f64)> = x.iter().zip(y).map(|(x, y)| (libm::log(*x), libm::log(y.abs()))).collect();
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / points.len() as f64;
    let (mx, my) = (mean(|p| p.0), mean(|p| p.1));
    let covariance: f64 = points.iter().map(|(x, y)| (x - mx) * (y - my)).sum();
    let slope = covariance / points.iter().map(|(x, _)| (x - mx).powi(2)).sum::<f64>();
    let with = |exponent: f64| {
        let mut exponents = vec![0.0; table.rows[0].len()];
        exponents[k] = exponent;
        fit(table, &[exponents])
    };
    let free = with(six_digits(slope))?;
    let twelfths = with((12.0 * slope).round() / 12.0)?;
    Some(if twelfths.error(table) <= PATIENCE * free.error(table) { twelfths } else { free })
}

#[cfg(test)]
mod tests {
    use super::*;
    use aa_dynamics::random::Stream;

    fn table(seed: u64, n: usize, low: [f64; 2], value: impl Fn(f64, f64) -> f64) -> Table {
        let mut stream = Stream::new(seed, "rows");
        let rows: Vec<Vec<f64>> = (0..n).map(|_| low.iter().map(|low| low + stream.uniform()).collect()).collect();
        Table { values: rows.iter().map(|row| value(row[0], row[1])).collect(), rows }
    }

    fn formula(value: impl Fn(f64, f64) -> f64) -> Formula {
        let names = ["E", "F"].map(String::from);
        let low = [0.2, 0.1];
        closed_form(&names, &table(1, 100, low, &value), &table(2, 40, low, &value)).unwrap()
    }

    #[test]
    fn sparse_polynomials_are_found_term_by_term() {
        let found = formula(|e, f| 0.5 * e - 0.25 * e * f);
        assert_eq!(found.expression, "0.5*E - 0.25*E*F");
        assert!(found.depends_on(0) && found.depends_on(1));
        assert!(found.error < 1e-12, "{}", found.error);
    }

    #[test]
    fn a_power_law_is_recognised_by_its_exponent() {
        let found = formula(|e, _| 1.25 * libm::pow(e, 0.75));
        assert_eq!(found.expression, "1.25*E**(3/4)");
        assert!(found.depends_on(0) && !found.depends_on(1));
        assert!(found.error < 1e-12, "{}", found.error);
    }

    #[test]
    fn what_no_short_formula_gives_has_an_error_that_says_so() {
        let found = formula(|e, f| (9.0 * e).sin() + f);
        assert!(found.error > 1e-3, "{found:?}");
    }

    #[test]
    fn few_rows_give_no_formula() {
        let few = table(1, 10, [0.2, 0.1], |e, f| e + f);
        assert_eq!(closed_form(&["E".into(), "F".into()], &few, &few), None);
    }
}
