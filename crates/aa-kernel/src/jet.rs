//! Jets: Taylor coefficients in time of the solution of x' = f(x), for several initial points at once.
//!
//! Every row of the tape becomes a power series in time; products are convolutions, and an elementary function w of
//! u obeys w' = g u' with its slope g, so that its coefficients follow from lower ones (Jorba and Zou, Experimental
//! Mathematics 14, 2005, section 2; the recurrences are classical). For values alone, use [`crate::Kernel`].

use aa_symbolic::Expr;

use crate::isa::dispatch;
use crate::kernel::{combine, operate};
use crate::lanes::Lanes;
use crate::lower::lower_with_slopes;
use crate::tape::{Combination, Op, Slope, Tape};
use crate::{Error, Isa};

/// Expands the flow of a vector field in powers of time.
///
/// ```
/// use aa_kernel::{JetKernel, Jets};
/// use aa_symbolic::Expr;
/// let x = Expr::symbol("x");
/// let kernel = JetKernel::new(std::slice::from_ref(&x), std::slice::from_ref(&x)).unwrap(); // x' = x
/// let mut jets: Jets<1> = kernel.jets(3);
/// jets.set(0, 0, 1.0);
/// kernel.expand(&mut jets);
/// let coefficients: Vec<f64> = (0..=3).map(|k| jets.coefficients(0)[k].0[0]).collect();
/// assert_eq!(coefficients, [1.0, 1.0, 0.5, 1.0 / 6.0]);
/// ```
#[derive(Clone, Debug)]
pub struct JetKernel {
    tape: Tape,
    isa: Isa,
}

/// The Taylor coefficients of each variable, and room for intermediate series.
#[derive(Clone, Debug)]
pub struct Jets<const L: usize> {
    n_state: usize,
    order: usize,
    isa: Isa,
    /// Series after series; a series has `order + 1` coefficients. The variables come first.
    series: Vec<Lanes<L>>,
    /// Coefficients 0 in a row of their own, for the executor of values.
    values: Vec<Lanes<L>>,
}

impl JetKernel {
    /// The kernel of the flow `state' = rates`.
    ///
    /// # Errors
    /// Not one rate per variable, a variable that is not a symbol, or a symbol in the rates that is no variable.
    pub fn new(state: &[Expr], rates: &[Expr]) -> Result<JetKernel, Error> {
        if state.len() != rates.len() {
            return Err(Error::RatesMissing { n_state: state.len(), n_rates: rates.len() });
        }
        Ok(JetKernel { tape: lower_with_slopes(state, rates)?, isa: Isa::current() })
    }

    /// The same kernel for another instruction set.
    pub fn with_isa(self, isa: Isa) -> JetKernel {
        JetKernel { isa, ..self }
    }

    /// Variables.
    pub fn n_state(&self) -> usize {
        self.tape.n_inputs
    }

    /// Operations per order, the rates included.
    #[expect(clippy::len_without_is_empty, reason = "a kernel is never empty in a useful sense")]
    pub fn len(&self) -> usize {
        self.tape.ops.len() + self.tape.outputs.len()
    }

    /// Room for jets up to `order`, all zero.
    pub fn jets<const L: usize>(&self, order: usize) -> Jets<L> {
        let n_rows = self.tape.n_rows();
        Jets {
            n_state: self.n_state(),
            order,
            isa: self.isa,
            series: vec![Lanes::ZERO; n_rows * (order + 1)],
            values: vec![Lanes::ZERO; n_rows],
        }
    }

    /// Fills coefficients 1 to `order` of every variable from the coefficients 0, in every lane.
    ///
    /// # Panics
    /// If the jets were made for another kernel.
    pub fn expand<const L: usize>(&self, jets: &mut Jets<L>) {
        assert_eq!(jets.values.len(), self.tape.n_rows(), "jets belong to the kernel that made them");
        expand_lanes::<L>(self.isa, &self.tape, jets.order, &mut jets.series, &mut jets.values);
    }
}

impl<const L: usize> Jets<L> {
    /// The highest power of time.
    pub fn order(&self) -> usize {
        self.order
    }

    /// The present value of variable `component` in a lane.
    pub fn get(&self, component: usize, lane: usize) -> f64 {
        self.coefficients(component)[0].0[lane]
    }

    /// Sets the present value of variable `component` in a lane. The higher coefficients stay as they were.
    pub fn set(&mut self, component: usize, lane: usize, value: f64) {
        assert!(component < self.n_state, "a component is one of the variables");
        self.series[component * (self.order + 1)].0[lane] = value;
    }

    /// The coefficients of variable `component`, from power 0 to `order`.
    pub fn coefficients(&self, component: usize) -> &[Lanes<L>] {
        assert!(component < self.n_state, "a component is one of the variables");
        &self.series[component * (self.order + 1)..][..=self.order]
    }

    /// The value of variable `component` in a lane, a time `h` after the point of expansion.
    pub fn value_after(&self, component: usize, lane: usize, h: f64) -> f64 {
        self.coefficients(component).iter().rev().fold(0.0, |sum, coefficient| sum * h + coefficient.0[lane])
    }

    /// The largest |coefficient| of power `power` among the first `n_components` variables, in each lane; NaN is passed over.
    pub fn largest(&self, n_components: usize, power: usize) -> [f64; L] {
        let mut largest = [0.0f64; L];
        for component in 0..n_components {
            let Lanes(row) = &self.coefficients(component)[power];
            for lane in 0..L {
                largest[lane] = if row[lane].abs() > largest[lane] { row[lane].abs() } else { largest[lane] };
            }
        }
        largest
    }

    /// Moves every variable by its own time in each lane: coefficient 0 becomes the value after `h`.
    pub fn advance(&mut self, h: &[f64; L]) {
        advance_lanes::<L>(self.isa, self.n_state, self.order, &mut self.series, h);
    }
}

dispatch! {
    fn expand_lanes<const L: usize>(
        tape: &Tape,
        order: usize,
        series: &mut [Lanes<L>],
        values: &mut [Lanes<L>],
    ) = expand_lanes_body::<L>;
}

dispatch! {
    fn advance_lanes<const L: usize>(
        n_state: usize,
        order: usize,
        series: &mut [Lanes<L>],
        h: &[f64; L],
    ) = advance_lanes_body::<L>;
}

#[inline(always)]
fn advance_lanes_body<const L: usize>(n_state: usize, order: usize, series: &mut [Lanes<L>], h: &[f64; L]) {
    for coefficients in series.chunks_exact_mut(order + 1).take(n_state) {
        let mut sum = coefficients[order];
        for coefficient in coefficients[..order].iter().rev() {
            sum = Lanes::from_fn(|lane| sum.0[lane] * h[lane] + coefficient.0[lane]);
        }
        coefficients[0] = sum;
    }
}

#[inline(always)]
fn expand_lanes_body<const L: usize>(tape: &Tape, order: usize, series: &mut [Lanes<L>], values: &mut [Lanes<L>]) {
    let stride = order + 1;
    expand_values(tape, stride, series, values);
    for n in 1..order {
        for (index, op) in tape.ops.iter().enumerate() {
            let row = tape.n_inputs + index;
            series[row * stride + n] = coefficient(op, &tape.slopes[index], row, n, stride, series);
        }
        let share = 1.0 / (n + 1) as f64;
        for (component, rate) in tape.outputs.iter().enumerate() {
            series[component * stride + n + 1] = combine_at(rate, n, stride, series).scaled(share);
        }
    }
}

/// Coefficients 0 of all rows and coefficients 1 of the variables.
#[inline(always)]
fn expand_values<const L: usize>(tape: &Tape, stride: usize, series: &mut [Lanes<L>], values: &mut [Lanes<L>]) {
    for (input, value) in values.iter_mut().take(tape.n_inputs).enumerate() {
        *value = series[input * stride];
    }
    for (index, op) in tape.ops.iter().enumerate() {
        let row = tape.n_inputs + index;
        values[row] = operate(op, values);
        series[row * stride] = values[row];
    }
    if stride > 1 {
        for (component, rate) in tape.outputs.iter().enumerate() {
            series[component * stride + 1] = combine(rate, values);
        }
    }
}

/// Coefficient n > 0 of a row.
#[inline(always)]
fn coefficient<const L: usize>(
    op: &Op,
    slopes: &[Slope],
    row: usize,
    n: usize,
    stride: usize,
    series: &[Lanes<L>],
) -> Lanes<L> {
    match op {
        Op::Combine(combination) => combine_at(combination, n, stride, series),
        Op::Power(base, exponent) => power_at(*exponent, *base, row, n, stride, series),
        Op::Apply(..) | Op::Atan2(..) => chain_at(slopes, n, stride, series),
    }
}

#[inline(always)]
fn combine_at<const L: usize>(combination: &Combination, n: usize, stride: usize, series: &[Lanes<L>]) -> Lanes<L> {
    let mut sum = Lanes::ZERO;
    for &(factor, row) in &combination.linear {
        sum.add_scaled(factor, &series[row * stride + n]);
    }
    for &(factor, a, b) in &combination.products {
        let product = match a == b {
            true => square(&series[a * stride..][..=n]),
            false => convolve(&series[a * stride..][..=n], &series[b * stride..][..=n]),
        };
        sum.add_scaled(factor, &product);
    }
    sum
}

/// The last coefficient of a product of series: sum of a_k b_(n-k). Two partial sums, so that additions overlap.
#[inline(always)]
fn convolve<const L: usize>(a: &[Lanes<L>], b: &[Lanes<L>]) -> Lanes<L> {
    let (mut even, mut odd) = (Lanes::ZERO, Lanes::ZERO);
    let (pairs_a, pairs_b) = (a.chunks_exact(2), b.rchunks_exact(2));
    let rest = (pairs_a.remainder(), pairs_b.remainder());
    for (x, y) in pairs_a.zip(pairs_b) {
        even.add_product(&x[0], &y[1]);
        odd.add_product(&x[1], &y[0]);
    }
    if let (&[x], &[y]) = (&rest.0, &rest.1) {
        even.add_product(x, y);
    }
    even.add_scaled(1.0, &odd);
    even
}

/// The last coefficient of the square of a series: twice the half of the products, and the middle one.
#[inline(always)]
fn square<const L: usize>(a: &[Lanes<L>]) -> Lanes<L> {
    let half = a.len() / 2;
    let twice = convolve(&a[..half], &a[a.len() - half..]).scaled(2.0);
    if a.len().is_multiple_of(2) {
        return twice;
    }
    let mut sum = a[half].times(&a[half]);
    sum.add_scaled(1.0, &twice);
    sum
}

/// The sum of (first + k increment) a_k b_(n-1-k) over the n coefficients. Two partial sums, as in a convolution.
#[inline(always)]
fn weighted<const L: usize>(a: &[Lanes<L>], b: &[Lanes<L>], first: f64, increment: f64) -> Lanes<L> {
    let (mut even, mut odd) = (Lanes::ZERO, Lanes::ZERO);
    let mut weight = first;
    let (pairs_a, pairs_b) = (a.chunks_exact(2), b.rchunks_exact(2));
    let rest = (pairs_a.remainder(), pairs_b.remainder());
    for (x, y) in pairs_a.zip(pairs_b) {
        even.add_product(&x[0].scaled(weight), &y[1]);
        odd.add_product(&x[1].scaled(weight + increment), &y[0]);
        weight += 2.0 * increment;
    }
    if let (&[x], &[y]) = (&rest.0, &rest.1) {
        even.add_product(&x.scaled(weight), y);
    }
    even.add_scaled(1.0, &odd);
    even
}

/// n w_n = sum over k from 1 to n of k u_k g_(n-k), for each argument u with slope g.
#[inline(always)]
fn chain_at<const L: usize>(slopes: &[Slope], n: usize, stride: usize, series: &[Lanes<L>]) -> Lanes<L> {
    let mut sum = Lanes::ZERO;
    for part in slopes {
        let argument = &series[part.argument * stride + 1..][..n];
        let slope = &series[part.slope * stride..][..n];
        sum.add_scaled(part.factor, &weighted(argument, slope, 1.0, 1.0));
    }
    sum.scaled(1.0 / n as f64)
}

/// w = u^a obeys u w' = a w u', so n u_0 w_n = sum over k from 1 to n of (k (a + 1) - n) u_k w_(n-k).
#[inline(always)]
fn power_at<const L: usize>(
    exponent: f64,
    base: usize,
    row: usize,
    n: usize,
    stride: usize,
    series: &[Lanes<L>],
) -> Lanes<L> {
    let (u, w) = (&series[base * stride..][..=n], &series[row * stride..][..n]);
    let sum = weighted(&u[1..], w, exponent + 1.0 - n as f64, exponent + 1.0);
    Lanes::from_fn(|lane| sum.0[lane] / (n as f64 * u[0].0[lane]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{every_construct, points};
    use aa_symbolic::{differentiate, evaluate};

    /// The Taylor coefficients by repeated symbolic differentiation along the flow.
    fn by_derivatives(state: &[Expr], rates: &[Expr], point: &[f64], order: usize) -> Vec<Vec<f64>> {
        let along = |f: &Expr| state.iter().zip(rates).map(|(x, rate)| differentiate(f, x) * rate).sum::<Expr>();
        let series = |x: &Expr| {
            let mut factorial = 1.0;
            let mut derivative = x.clone();
            let coefficient = |n: usize| {
                if n > 0 {
                    derivative = along(&derivative);
                    factorial *= n as f64;
                }
                evaluate(&derivative, state, point) / factorial
            };
            (0..=order).map(coefficient).collect()
        };
        state.iter().map(series).collect()
    }

    #[test]
    fn jets_agree_with_derivatives_along_the_flow() {
        let (symbols, constructs) = every_construct();
        for construct in constructs {
            // One construct at a time drives the first variable; the others move so that it changes.
            let rates: Vec<Expr> = std::iter::once(construct.clone()).chain(symbols[..2].iter().cloned()).collect();
            let kernel = JetKernel::new(&symbols, &rates).unwrap();
            let point = [0.41, 0.57, 0.29];
            let mut jets: Jets<1> = kernel.jets(5);
            (0..3).for_each(|i| jets.set(i, 0, point[i]));
            kernel.expand(&mut jets);
            for (component, expected) in by_derivatives(&symbols, &rates, &point, 5).iter().enumerate() {
                for (n, expected) in expected.iter().enumerate() {
                    let found = jets.coefficients(component)[n].0[0];
                    let tolerance = 1e-11 * (1.0 + expected.abs()); // Cancellation in derivatives of order 5.
                    assert!((found - expected).abs() < tolerance, "{construct}, order {n}: {found} {expected}");
                }
            }
        }
    }

    #[test]
    fn jets_are_the_same_bits_in_any_lane_and_on_any_instruction_set() {
        let (symbols, constructs) = every_construct();
        let rates: Vec<Expr> = constructs.chunks(8).take(3).map(|chunk| chunk.iter().cloned().sum()).collect();
        let kernel = JetKernel::new(&symbols, &rates).unwrap();
        let points = points(8);
        for isa in Isa::available() {
            let kernel = kernel.clone().with_isa(isa);
            let mut together: Jets<8> = kernel.jets(12);
            for (lane, point) in points.iter().enumerate() {
                (0..3).for_each(|i| together.set(i, lane, point[i]));
            }
            kernel.expand(&mut together);
            together.advance(&[0.01; 8]);
            for (lane, point) in points.iter().enumerate() {
                let plain = kernel.clone().with_isa(Isa::Baseline);
                let mut alone: Jets<1> = plain.jets(12);
                (0..3).for_each(|i| alone.set(i, 0, point[i]));
                plain.expand(&mut alone);
                alone.advance(&[0.01]);
                for i in 0..3 {
                    assert_eq!(alone.get(i, 0).to_bits(), together.get(i, lane).to_bits(), "{}", isa.name());
                }
            }
        }
    }

    #[test]
    fn a_flow_needs_one_rate_per_variable() {
        let x = Expr::symbol("x");
        assert!(matches!(JetKernel::new(&[x], &[]), Err(Error::RatesMissing { n_state: 1, n_rates: 0 })));
    }
}
