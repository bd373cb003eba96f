//! Jets: Taylor coefficients in time of the solution of x' = f(x), for several initial points at once.
//!
//! Coefficients of order 0 are values, by the executor of [`crate::kernel`]; the higher ones follow from lower ones by
//! [`crate::recurrence`], in machine code made for the flow where the processor and the system allow it, and by the
//! interpreter elsewhere, with the same bits. For values alone, use [`crate::Kernel`].

use std::sync::{Arc, OnceLock};

use aa_symbolic::Expr;

use crate::interpreter::{advance_lanes, begin_lanes, recur_lanes, sizes_lanes};
use crate::lanes::Lanes;
use crate::lower::lower_with_slopes;
use crate::native::NativeFlow;
use crate::recurrence::{Recurrences, stride};
use crate::steering::Steering;
use crate::tape::Tape;
use crate::{Error, Isa};

/// Expands the flow of a vector field in powers of time.
///
/// ```
/// use aa_kernel::{JetKernel, Jets};
/// use aa_symbolic::Expr;
/// let x = Expr::symbol("x");
/// let kernel = JetKernel::new(std::slice::from_ref(&x), std::slice::from_ref(&x), 3).unwrap(); // x' = x
/// let mut jets: Jets<1> = kernel.jets();
/// jets.set(0, 0, 1.0);
/// kernel.expand(&mut jets);
/// let coefficients: Vec<f64> = (0..=3).map(|k| jets.coefficients(0)[k].0[0]).collect();
/// assert_eq!(coefficients, [1.0, 1.0, 0.5, 1.0 / 6.0]);
/// ```
#[derive(Clone, Debug)]
pub struct JetKernel {
    tape: Tape,
    recurrences: Recurrences,
    steering: Steering,
    order: usize,
    isa: Isa,
    is_interpreted: bool,
    /// Made when the first jets are.
    native: OnceLock<Option<Arc<NativeFlow>>>,
}

/// The Taylor coefficients of each variable, and room for intermediate series.
#[derive(Clone, Debug)]
pub struct Jets<const L: usize> {
    n_state: usize,
    order: usize,
    isa: Isa,
    native: Option<Arc<NativeFlow>>,
    steering: Arc<Steering>,
    /// Series after series; a series has `order + 1` coefficients, and takes [`stride`] places. The variables come first,
    /// and what is watched along the flow last.
    series: Vec<Lanes<L>>,
    /// Coefficients 0 in a row of their own, for the executor of values.
    values: Vec<Lanes<L>>,
}

impl JetKernel {
    /// The kernel of the flow `state' = rates` up to the power `order` of time, for the current instruction set.
    ///
    /// # Errors
    /// Not one rate per variable, a variable that is not a symbol, or a symbol in the rates that is no variable.
    pub fn new(state: &[Expr], rates: &[Expr], order: usize) -> Result<JetKernel, Error> {
        if state.len() != rates.len() {
            return Err(Error::RatesMissing { n_state: state.len(), n_rates: rates.len() });
        }
        let tape = lower_with_slopes(state, rates)?;
        let recurrences = Recurrences::of(&tape);
        let steering =
            Steering { n_steering: state.len(), fenced: Vec::new(), n_coefficients: recurrences.n_coefficients(order) };
        let (isa, native) = (Isa::current(), OnceLock::new());
        Ok(JetKernel { tape, recurrences, steering, order, isa, is_interpreted: false, native })
    }

    /// The same kernel, of which the first `n_steering` variables alone choose the step, and which watches how far the
    /// variables `fenced` go.
    ///
    /// # Errors
    /// More variables than there are, or one that is not there.
    pub fn watching(self, n_steering: usize, fenced: Vec<usize>) -> Result<JetKernel, Error> {
        let n_state = self.n_state();
        let last = n_steering.checked_sub(1);
        if let Some(&index) = fenced.iter().chain(&last).find(|&&index| index >= n_state) {
            return Err(Error::NoSuchVariable { index, n_state });
        }
        Ok(JetKernel { steering: Steering { n_steering, fenced, ..self.steering }, native: OnceLock::new(), ..self })
    }

    /// The same kernel for another instruction set.
    pub fn with_isa(self, isa: Isa) -> JetKernel {
        JetKernel { isa, native: OnceLock::new(), ..self }
    }

    /// The same kernel, interpreted on any instruction set: slower, and what machine code is checked against.
    pub fn interpreted(self) -> JetKernel {
        JetKernel { is_interpreted: true, native: OnceLock::new(), ..self }
    }

    /// Whether it runs as machine code where there are eight lanes.
    pub fn is_native(&self) -> bool {
        self.native().is_some()
    }

    fn native(&self) -> Option<&Arc<NativeFlow>> {
        let compile = || NativeFlow::compile(&self.tape, &self.recurrences, self.order, &self.steering, self.isa);
        self.native.get_or_init(|| if self.is_interpreted { None } else { compile().map(Arc::new) }).as_ref()
    }

    /// Variables.
    pub fn n_state(&self) -> usize {
        self.tape.n_inputs
    }

    /// The highest power of time.
    pub fn order(&self) -> usize {
        self.order
    }

    /// Operations per order, the rates included.
    #[expect(clippy::len_without_is_empty, reason = "a kernel is never empty in a useful sense")]
    pub fn len(&self) -> usize {
        self.recurrences.all.len()
    }

    /// Room for jets, all zero.
    pub fn jets<const L: usize>(&self) -> Jets<L> {
        Jets {
            n_state: self.n_state(),
            order: self.order,
            isa: self.isa,
            native: self.native().cloned(),
            steering: Arc::new(self.steering.clone()),
            series: vec![Lanes::ZERO; self.steering.n_places()],
            values: vec![Lanes::ZERO; self.tape.n_rows()],
        }
    }

    /// Fills coefficients 1 to `order` of every variable from the coefficients 0, in every lane.
    ///
    /// # Panics
    /// If the jets were made for another kernel.
    pub fn expand<const L: usize>(&self, jets: &mut Jets<L>) {
        let expected = (self.tape.n_rows(), self.steering.n_places());
        assert_eq!((jets.values.len(), jets.series.len()), expected, "jets belong to the kernel that made them");
        let Jets { series, values, .. } = jets;
        if self.native().is_some_and(|native| native.run(series)) {
            return;
        }
        begin_lanes::<L>(self.isa, &self.tape, &self.recurrences, self.order, series, values);
        recur_lanes::<L>(self.isa, &self.recurrences, self.order, series);
        sizes_lanes::<L>(self.isa, &self.steering, self.order, series);
    }
}

impl<const L: usize> Jets<L> {
    /// Variables.
    pub fn n_state(&self) -> usize {
        self.n_state
    }

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
        self.series[component * stride(self.order)].0[lane] = value;
    }

    /// The coefficients of variable `component`, from power 0 to `order`.
    pub fn coefficients(&self, component: usize) -> &[Lanes<L>] {
        assert!(component < self.n_state, "a component is one of the variables");
        &self.series[component * stride(self.order)..][..=self.order]
    }

    /// The value of variable `component` in a lane, a time `h` after the point of expansion.
    pub fn value_after(&self, component: usize, lane: usize, h: f64) -> f64 {
        self.coefficients(component).iter().rev().fold(0.0, |sum, coefficient| sum * h + coefficient.0[lane])
    }

    /// The largest |coefficient| of powers 0, `order - 1` and `order` among the variables that choose the step, in each
    /// lane, as the expansion found them; NaN is passed over.
    pub fn sizes(&self) -> [&Lanes<L>; 3] {
        std::array::from_fn(|index| &self.series[self.steering.size(index)])
    }

    /// For each lane 0 where the variables that choose the step are finite after the last advance and NaN elsewhere, and
    /// the largest absolute value of the fenced variables there.
    pub fn watched(&self) -> [&Lanes<L>; 2] {
        [self.steering.strays(), self.steering.farthest()].map(|place| &self.series[place])
    }

    /// Moves every variable by its own time in each lane: coefficient 0 becomes the value after `h`.
    pub fn advance(&mut self, h: &Lanes<L>) {
        if self.native.as_ref().is_some_and(|native| native.advance(&mut self.series, h)) {
            return;
        }
        advance_lanes::<L>(self.isa, self.n_state, self.order, &self.steering, &mut self.series, h);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{bits, every_construct, many_variables, points, signed_zeros};
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
            let kernel = JetKernel::new(&symbols, &rates, 5).unwrap();
            let point = [0.41, 0.57, 0.29];
            let mut jets: Jets<1> = kernel.jets();
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
    fn jets_are_the_same_bits_in_any_lane() {
        let (symbols, constructs) = every_construct();
        let rates: Vec<Expr> = constructs.chunks(8).take(3).map(|chunk| chunk.iter().cloned().sum()).collect();
        let kernel = JetKernel::new(&symbols, &rates, 12).unwrap();
        let points = points(8, 3);
        for isa in Isa::available() {
            let kernel = kernel.clone().with_isa(isa);
            let mut together: Jets<8> = kernel.jets();
            for (lane, point) in points.iter().enumerate() {
                (0..3).for_each(|i| together.set(i, lane, point[i]));
            }
            kernel.expand(&mut together);
            together.advance(&Lanes([0.01; 8]));
            for (lane, point) in points.iter().enumerate() {
                let mut alone: Jets<1> = kernel.jets();
                (0..3).for_each(|i| alone.set(i, 0, point[i]));
                kernel.expand(&mut alone);
                alone.advance(&Lanes([0.01]));
                for i in 0..3 {
                    assert_eq!(alone.get(i, 0).to_bits(), together.get(i, lane).to_bits(), "{}", isa.name());
                }
            }
        }
    }

    /// Machine code leaves the bits of the interpreter, in all coefficients and after a step.
    #[track_caller]
    fn check_machine_code(symbols: &[Expr], rates: &[Expr], points: &[Vec<f64>]) {
        for isa in Isa::available() {
            let kernel = JetKernel::new(symbols, rates, 17).unwrap();
            let native = kernel.watching(2, vec![1, 2]).unwrap().with_isa(isa);
            assert_eq!(native.is_native(), isa != Isa::Baseline, "{}", isa.name());
            let interpreted = native.clone().interpreted();
            let [ours, theirs] = [native, interpreted].map(|kernel| {
                let mut jets: Jets<8> = kernel.jets();
                for (lane, point) in points.iter().enumerate() {
                    (0..symbols.len()).for_each(|i| jets.set(i, lane, point[i]));
                }
                kernel.expand(&mut jets);
                jets.advance(&Lanes([0.01; 8]));
                // Between the series and what is watched, sums that the code has begun wait for their turn.
                let n_shared = kernel.recurrences.n_series * stride(17);
                let watched = &jets.series[kernel.steering.n_coefficients..];
                jets.series[..n_shared].iter().chain(watched).flat_map(|lanes| lanes.0.map(bits)).collect::<Vec<_>>()
            });
            assert_eq!(ours, theirs, "{rates:?} {}", isa.name());
        }
    }

    #[test]
    fn machine_code_gives_the_bits_of_the_interpreter() {
        let (symbols, constructs) = every_construct();
        for rates in constructs.windows(3) {
            check_machine_code(&symbols, rates, &points(8, 3));
            check_machine_code(&symbols, rates, &signed_zeros(3));
        }
    }

    #[test]
    fn machine_code_sums_long_products_of_many_variables() {
        let (symbols, rates) = many_variables();
        check_machine_code(&symbols, &rates, &points(8, symbols.len()));
        check_machine_code(&symbols, &rates, &signed_zeros(symbols.len()));
    }

    #[test]
    fn signs_of_zeros_are_kept_along_a_flow() {
        let x = Expr::symbol("x");
        let kernel = JetKernel::new(std::slice::from_ref(&x), std::slice::from_ref(&x), 9).unwrap();
        let mut jets: Jets<1> = kernel.jets();
        jets.set(0, 0, -0.0);
        kernel.expand(&mut jets);
        jets.advance(&Lanes([0.01]));
        assert_eq!(jets.get(0, 0).to_bits(), (-0.0f64).to_bits());
    }

    #[test]
    fn systems_of_very_many_terms_are_interpreted() {
        // All to all: no product, but 10^4 terms in every order.
        let symbols: Vec<Expr> = (0..100).map(|i| Expr::symbol(&format!("x{i}"))).collect();
        let rate = |i: usize| symbols.iter().enumerate().map(|(j, x)| x * ((i + 1) * (j + 1) % 251) as i64).sum();
        let rates: Vec<Expr> = (0..100).map(rate).collect();
        assert!(!JetKernel::new(&symbols, &rates, 20).unwrap().is_native());
    }

    #[test]
    fn an_interpreted_kernel_stays_interpreted() {
        let x = Expr::symbol("x");
        let kernel = JetKernel::new(std::slice::from_ref(&x), std::slice::from_ref(&x), 3).unwrap().interpreted();
        for isa in Isa::available() {
            assert!(!kernel.clone().with_isa(isa).watching(1, vec![0]).unwrap().is_native(), "{}", isa.name());
        }
    }

    #[test]
    fn what_is_watched_must_be_there() {
        let x = Expr::symbol("x");
        let kernel = JetKernel::new(std::slice::from_ref(&x), std::slice::from_ref(&x), 3).unwrap();
        for (n_steering, fenced) in [(1, vec![0, 1]), (2, Vec::new())] {
            let refused = kernel.clone().watching(n_steering, fenced).unwrap_err();
            assert_eq!(refused, Error::NoSuchVariable { index: 1, n_state: 1 });
        }
        assert!(kernel.watching(0, Vec::new()).is_ok());
    }

    #[test]
    fn a_flow_needs_one_rate_per_variable() {
        let x = Expr::symbol("x");
        assert!(matches!(JetKernel::new(&[x], &[], 3), Err(Error::RatesMissing { n_state: 1, n_rates: 0 })));
    }
}
