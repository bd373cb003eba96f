//! Kernels: expressions evaluated at many points at once.
//!
//! Choose a kernel wherever the same expressions are wanted at more than a handful of points; for one value,
//! `aa_symbolic::evaluate` is simpler and slower.

use std::sync::{Arc, OnceLock};

use aa_symbolic::Expr;

use crate::arithmetic::Arithmetic;
use crate::isa::dispatch;
use crate::lanes::Lanes;
use crate::lower::lower;
use crate::native::{LANES, NativeKernel};
use crate::scalar;
use crate::tape::{Combination, Op, Tape};
use crate::{Error, Isa};

/// Points that go through the tape side by side where it is interpreted.
const INTERPRETED_LANES: usize = 64;

/// Expressions lowered to a flat list of operations.
///
/// ```
/// use aa_kernel::Kernel;
/// use aa_symbolic::Expr;
/// let (x, y) = (Expr::symbol("x"), Expr::symbol("y"));
/// let kernel = Kernel::new(&[x.clone(), y.clone()], &[&x * &y, (&x - &y).exp()]).unwrap();
/// assert_eq!(kernel.at(&[3.0, 3.0]), [9.0, 1.0]);
/// ```
#[derive(Clone, Debug)]
pub struct Kernel {
    tape: Tape,
    isa: Isa,
    is_interpreted: bool,
    /// Made at the first call with as many points as the code has lanes.
    native: OnceLock<Option<Arc<NativeKernel>>>,
}

/// Memory for intermediate results, reused from call to call.
#[derive(Clone, Debug, Default)]
pub struct Workspace {
    /// Of eight lanes for machine code, of one for a single point, and of more for the interpreter.
    rows: Vec<Lanes<LANES>>,
    single: Vec<Lanes<1>>,
    wide: Vec<Lanes<INTERPRETED_LANES>>,
}

impl Kernel {
    /// The kernel of `outputs` as functions of `inputs`, for the current instruction set.
    ///
    /// # Errors
    /// An input that is not a symbol, or a symbol in the outputs that is not an input.
    pub fn new(inputs: &[Expr], outputs: &[Expr]) -> Result<Kernel, Error> {
        let (tape, isa) = (lower(inputs, outputs)?, Isa::current());
        Ok(Kernel { tape, isa, is_interpreted: false, native: OnceLock::new() })
    }

    /// The same kernel for another instruction set.
    pub fn with_isa(self, isa: Isa) -> Kernel {
        Kernel { isa, native: OnceLock::new(), ..self }
    }

    /// The same kernel, interpreted on any instruction set: slower, and what machine code is checked against.
    pub fn interpreted(self) -> Kernel {
        Kernel { is_interpreted: true, native: OnceLock::new(), ..self }
    }

    fn native(&self) -> Option<&Arc<NativeKernel>> {
        let compile = || NativeKernel::compile(&self.tape, self.isa).map(Arc::new);
        self.native.get_or_init(|| if self.is_interpreted { None } else { compile() }).as_ref()
    }

    /// Numbers a point has.
    pub fn n_inputs(&self) -> usize {
        self.tape.n_inputs
    }

    /// Numbers a result has.
    pub fn n_outputs(&self) -> usize {
        self.tape.outputs.len()
    }

    /// Operations, the outputs included.
    #[expect(clippy::len_without_is_empty, reason = "a kernel is never empty in a useful sense")]
    pub fn len(&self) -> usize {
        self.tape.ops.len() + self.tape.outputs.len()
    }

    /// The outputs at `n_points` points. Both slices are input-major: number i of point k is at `i * n_points + k`.
    ///
    /// The bits of a result do not depend on the other points.
    ///
    /// # Panics
    /// If a slice does not have the length that `n_points` asks for.
    pub fn evaluate(&self, points: &[f64], n_points: usize, results: &mut [f64], workspace: &mut Workspace) {
        assert_eq!(points.len(), self.n_inputs() * n_points, "a point has one number per input");
        assert_eq!(results.len(), self.n_outputs() * n_points, "a result has one number per output");
        let (tape, n_rows) = (&self.tape, self.tape.n_rows());
        if n_points < LANES {
            workspace.single.resize(n_rows, Lanes::ZERO);
            return evaluate_blocks::<1>(self.isa, tape, points, n_points, results, &mut workspace.single);
        }
        let Some(native) = self.native() else {
            workspace.wide.resize(n_rows, Lanes::ZERO);
            return evaluate_blocks::<INTERPRETED_LANES>(
                self.isa,
                tape,
                points,
                n_points,
                results,
                &mut workspace.wide,
            );
        };
        workspace.rows.resize(n_rows, Lanes::ZERO);
        for first in (0..n_points).step_by(LANES) {
            // The last vector of points overlaps the one before it, so that it is full, too.
            native.run(points, first.min(n_points - LANES), n_points, results, &mut workspace.rows);
        }
    }

    /// The outputs at one point.
    ///
    /// # Panics
    /// If the point does not have one number per input.
    pub fn at(&self, point: &[f64]) -> Vec<f64> {
        let mut result = vec![0.0; self.n_outputs()];
        self.evaluate(point, 1, &mut result, &mut Workspace::default());
        result
    }
}

dispatch! {
    /// Block after block of lanes through the tape.
    fn evaluate_blocks<const L: usize>(
        tape: &Tape,
        points: &[f64],
        n_points: usize,
        results: &mut [f64],
        rows: &mut [Lanes<L>],
    ) = evaluate_blocks_body;
}

#[inline(always)]
fn evaluate_blocks_body<const L: usize, A: Arithmetic>(
    tape: &Tape,
    points: &[f64],
    n_points: usize,
    results: &mut [f64],
    rows: &mut [Lanes<L>],
) {
    for first in (0..n_points).step_by(L) {
        let filled = L.min(n_points - first);
        for (input, row) in rows.iter_mut().take(tape.n_inputs).enumerate() {
            let block = &points[input * n_points + first..][..filled];
            // Lanes beyond the last point repeat it, so that they cost no exceptions.
            *row = Lanes::from_fn(|lane| block[lane.min(filled - 1)]);
        }
        run::<L, A>(tape, rows);
        let mut value = Lanes::ZERO;
        for (output, combination) in tape.outputs.iter().enumerate() {
            combine::<L, A>(combination, rows, &mut value);
            results[output * n_points + first..][..filled].copy_from_slice(&value.0[..filled]);
        }
    }
}

/// Fills all rows after the inputs.
#[inline(always)]
pub(crate) fn run<const L: usize, A: Arithmetic>(tape: &Tape, rows: &mut [Lanes<L>]) {
    for (index, op) in tape.ops.iter().enumerate() {
        let (before, after) = rows.split_at_mut(tape.n_inputs + index);
        operate::<L, A>(op, before, &mut after[0]);
    }
}

#[inline(always)]
pub(crate) fn operate<const L: usize, A: Arithmetic>(op: &Op, rows: &[Lanes<L>], result: &mut Lanes<L>) {
    match op {
        Op::Combine(combination) => combine::<L, A>(combination, rows, result),
        Op::Power(base, exponent) => *result = scalar::power(&rows[*base], *exponent),
        Op::Apply(function, argument) => *result = scalar::apply::<L, A>(*function, &rows[*argument]),
        Op::Atan2(y, x) => *result = scalar::atan2(&rows[*y], &rows[*x]),
    }
}

/// What a sum starts from: a first term added to it keeps even the sign of a zero.
pub(crate) const NOTHING: f64 = -0.0;

#[inline(always)]
pub(crate) fn combine<const L: usize, A: Arithmetic>(combination: &Combination, rows: &[Lanes<L>], sum: &mut Lanes<L>) {
    sum.0 = [if combination.is_begun_by_a_term() { NOTHING } else { combination.constant }; L];
    for &(factor, row) in &combination.linear {
        sum.add_scaled::<A>(factor, &rows[row]);
    }
    for &(factor, a, b) in &combination.products {
        match factor {
            1.0 => sum.add_product::<A>(&rows[a], &rows[b]),
            -1.0 => sum.subtract_product::<A>(&rows[a], &rows[b]),
            _ => sum.add_scaled::<A>(factor, &rows[a].times(&rows[b])),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{bits, every_construct, many_variables, points, signed_zeros};
    use aa_symbolic::evaluate;

    #[test]
    fn kernels_agree_with_plain_evaluation() {
        let (inputs, outputs) = every_construct();
        let kernel = Kernel::new(&inputs, &outputs).unwrap();
        for point in points(20, 3) {
            for (value, output) in kernel.at(&point).iter().zip(&outputs) {
                let expected = evaluate(output, &inputs, &point);
                // The order of the operations differs; a few dozen roundings.
                assert!((value - expected).abs() <= 1e-13 * (1.0 + expected.abs()), "{output}: {value} {expected}");
            }
        }
    }

    #[test]
    fn results_do_not_depend_on_the_batch() {
        let (inputs, outputs) = every_construct();
        let kernel = Kernel::new(&inputs, &outputs).unwrap();
        let points = points(37, 3);
        let soa: Vec<f64> = (0..inputs.len()).flat_map(|i| points.iter().map(move |p| p[i])).collect();
        for isa in Isa::available() {
            let mut results = vec![0.0; outputs.len() * points.len()];
            let kernel = kernel.clone().with_isa(isa);
            kernel.evaluate(&soa, points.len(), &mut results, &mut Workspace::default());
            for (k, point) in points.iter().enumerate() {
                let alone = kernel.at(point);
                for (output, value) in alone.iter().enumerate() {
                    assert_eq!(value.to_bits(), results[output * points.len() + k].to_bits(), "{}", isa.name());
                }
            }
        }
    }

    #[test]
    fn machine_code_gives_the_bits_of_the_interpreter() {
        for (inputs, outputs) in [every_construct(), many_variables()] {
            let points = [points(21, inputs.len()), signed_zeros(inputs.len())].concat();
            let soa: Vec<f64> = (0..inputs.len()).flat_map(|i| points.iter().map(move |p| p[i])).collect();
            for isa in Isa::available() {
                let native = Kernel::new(&inputs, &outputs).unwrap().with_isa(isa);
                assert_eq!(native.native().is_some(), isa != Isa::Baseline, "{}", isa.name());
                let [ours, theirs] = [native.clone(), native.interpreted()].map(|kernel| {
                    let mut results = vec![0.0; outputs.len() * points.len()];
                    kernel.evaluate(&soa, points.len(), &mut results, &mut Workspace::default());
                    results.into_iter().map(bits).collect::<Vec<_>>()
                });
                assert_eq!(ours, theirs, "{}", isa.name());
            }
        }
    }

    #[test]
    fn kernels_of_very_many_terms_are_interpreted_and_stay_so() {
        let inputs: Vec<Expr> = (0..250).map(|i| Expr::symbol(&format!("x{i}"))).collect();
        let output = |i: usize| inputs.iter().enumerate().map(|(j, x)| x * ((i + 1) * (j + 1) % 251) as i64).sum();
        let outputs: Vec<Expr> = (0..250).map(output).collect();
        assert!(Kernel::new(&inputs, &outputs).unwrap().native().is_none());
        let interpreted = Kernel::new(&inputs, &inputs).unwrap().interpreted();
        assert!(interpreted.with_isa(Isa::detect()).native().is_none());
    }

    #[test]
    fn common_parts_are_computed_once() {
        let (x, y) = (Expr::symbol("x"), Expr::symbol("y"));
        let spring = (&x - &y).exp();
        let kernel = Kernel::new(&[x, y], &[spring.clone(), -&spring, &spring * 2 + 1]).unwrap();
        // The difference, its exponential, and three outputs.
        assert_eq!(kernel.len(), 5);
    }

    #[test]
    fn unknown_symbols_are_refused() {
        let (x, z) = (Expr::symbol("x"), Expr::symbol("z"));
        let unknown = Kernel::new(std::slice::from_ref(&x), &[&x + z]).unwrap_err();
        assert_eq!(unknown, Error::UnknownSymbol { name: "z".into() });
        assert!(matches!(Kernel::new(&[&x + 1], &[x]), Err(Error::NotASymbol { .. })));
    }
}
