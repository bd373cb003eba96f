//! The interpreter of jets: recurrence after recurrence, over any number of lanes.
//!
//! Machine code does the same where there is any; this is its oracle, and stands in for it.

use crate::arithmetic::Arithmetic;
use crate::isa::dispatch;
use crate::kernel::{NOTHING, combine, operate};
use crate::lanes::Lanes;
use crate::recurrence::{Product, Recurrence, Recurrences, stride};
use crate::steering::Steering;
use crate::tape::Tape;

dispatch! {
    fn begin_lanes<const L: usize>(
        tape: &Tape,
        recurrences: &Recurrences,
        order: usize,
        series: &mut [Lanes<L>],
        values: &mut [Lanes<L>],
    ) = begin;
}

dispatch! {
    fn recur_lanes<const L: usize>(recurrences: &Recurrences, order: usize, series: &mut [Lanes<L>]) = recur;
}

dispatch! {
    fn sizes_lanes<const L: usize>(steering: &Steering, order: usize, series: &mut [Lanes<L>]) = find_sizes;
}

dispatch! {
    fn advance_lanes<const L: usize>(
        n_state: usize,
        order: usize,
        steering: &Steering,
        series: &mut [Lanes<L>],
        h: &Lanes<L>,
    ) = advance;
}

/// Series summed side by side, since each sum waits for its last product.
const ABREAST: usize = 4;

#[inline(always)]
fn advance<const L: usize, A: Arithmetic>(
    n_state: usize,
    order: usize,
    steering: &Steering,
    series: &mut [Lanes<L>],
    h: &Lanes<L>,
) {
    let stride = stride(order);
    let (state, _) = series.split_at_mut(n_state * stride);
    let mut blocks = state.chunks_exact_mut(ABREAST * stride);
    for block in &mut blocks {
        sum_series::<L, A, ABREAST>(block, order, stride, h);
    }
    for one in blocks.into_remainder().chunks_exact_mut(stride) {
        sum_series::<L, A, 1>(one, order, stride, h);
    }
    watch::<L, A>(steering, stride, series);
}

#[inline(always)]
fn sum_series<const L: usize, A: Arithmetic, const N: usize>(
    block: &mut [Lanes<L>],
    order: usize,
    stride: usize,
    h: &Lanes<L>,
) {
    // From the last coefficient on: added to a zero, it would lose the sign of a zero of its own.
    let mut sums: [Lanes<L>; N] = std::array::from_fn(|i| block[i * stride + order]);
    for power in (0..order).rev() {
        for i in 0..N {
            sums[i].times_plus::<A>(h, &block[i * stride + power]);
        }
    }
    for i in 0..N {
        block[i * stride] = sums[i];
    }
}

#[inline(always)]
fn watch<const L: usize, A: Arithmetic>(steering: &Steering, stride: usize, series: &mut [Lanes<L>]) {
    let (mut strays, mut farthest) = (Lanes::ZERO, Lanes::ZERO);
    for component in 0..steering.n_steering {
        strays.add_scaled::<A>(0.0, &series[component * stride]);
    }
    for component in &steering.fenced {
        raise(&mut farthest, &series[component * stride]);
    }
    series[steering.strays()] = strays;
    series[steering.farthest()] = farthest;
}

#[inline(always)]
fn find_sizes<const L: usize, A: Arithmetic>(steering: &Steering, order: usize, series: &mut [Lanes<L>]) {
    for (index, power) in Steering::powers(order).into_iter().enumerate() {
        let mut largest = Lanes::ZERO;
        for component in 0..steering.n_steering {
            raise(&mut largest, &series[component * stride(order) + power]);
        }
        series[steering.size(index)] = largest;
    }
}

/// Makes `largest` at least the magnitude of `x`; NaN is passed over.
#[inline(always)]
fn raise<const L: usize>(largest: &mut Lanes<L>, x: &Lanes<L>) {
    for (most, x) in largest.0.iter_mut().zip(&x.0) {
        *most = if x.abs() > *most { x.abs() } else { *most };
    }
}

/// Coefficients 0 of all rows, and coefficients 1 of the variables.
#[inline(always)]
fn begin<const L: usize, A: Arithmetic>(
    tape: &Tape,
    recurrences: &Recurrences,
    order: usize,
    series: &mut [Lanes<L>],
    values: &mut [Lanes<L>],
) {
    let stride = stride(order);
    for (input, value) in values.iter_mut().take(tape.n_inputs).enumerate() {
        *value = series[input * stride];
    }
    for (index, op) in tape.ops.iter().enumerate() {
        let (before, after) = values.split_at_mut(tape.n_inputs + index);
        operate::<L, A>(op, before, &mut after[0]);
        series[(tape.n_inputs + index) * stride] = after[0];
    }
    for &(row, place) in &recurrences.reciprocals {
        series[place * stride] = values[row].map(|x| 1.0 / x);
    }
    if order == 0 {
        return;
    }
    for (component, rate) in tape.outputs.iter().enumerate() {
        combine::<L, A>(rate, values, &mut series[component * stride + 1]);
    }
    for &(row, place) in &recurrences.derivatives_of_state {
        series[place * stride + 1] = series[row * stride + 1];
    }
}

/// The higher coefficients, power after power.
#[inline(always)]
fn recur<const L: usize, A: Arithmetic>(recurrences: &Recurrences, order: usize, series: &mut [Lanes<L>]) {
    for n in 1..order {
        for one in &recurrences.all {
            coefficient::<L, A>(one, n, stride(order), series);
        }
    }
}

#[inline(always)]
fn coefficient<const L: usize, A: Arithmetic>(one: &Recurrence, n: usize, stride: usize, series: &mut [Lanes<L>]) {
    let power = n + one.lead;
    let mut sum = total::<L, A>(one, n, stride, series);
    if let Some(row) = one.reciprocal {
        sum = sum.times(&series[row * stride]);
    }
    let value = if one.is_derivative { sum.scaled(1.0 / power as f64) } else { sum };
    if one.is_read {
        series[one.target * stride + power] = value;
    }
    if let Some(place) = one.derivative {
        series[place * stride + power] = if one.is_derivative { sum } else { sum.scaled(power as f64) };
    }
}

/// The sum of a recurrence.
#[inline(always)]
fn total<const L: usize, A: Arithmetic>(one: &Recurrence, n: usize, stride: usize, series: &[Lanes<L>]) -> Lanes<L> {
    if one.linear.is_empty() && one.products.is_empty() {
        return Lanes::ZERO;
    }
    let mut sum = Lanes([NOTHING; L]);
    for &(factor, row) in &one.linear {
        sum.add_scaled::<A>(factor, &series[row * stride + n]);
    }
    for product in one.products.iter().filter(|product| product.first + product.last <= n) {
        let term = convolution::<L, A>(*product, n, stride, series);
        sum.add_scaled::<A>(product.factor, &term);
    }
    sum
}

/// The pairs in the order of [`Product::terms`], which as an iterator would take two or three times as long.
#[inline(always)]
fn convolution<const L: usize, A: Arithmetic>(
    product: Product,
    n: usize,
    stride: usize,
    series: &[Lanes<L>],
) -> Lanes<L> {
    let Product { first, last, .. } = product;
    let (a, b) = (&series[product.a * stride..][..=n], &series[product.b * stride..][..=n]);
    let (inner, is_square) = (first.max(last), product.a == product.b);
    let mut sum = Lanes([NOTHING; L]);
    if n.is_multiple_of(2) && n / 2 >= inner {
        let half = if is_square { 0.5 } else { 1.0 };
        sum.add_product::<A>(&a[n / 2].scaled(half), &b[n / 2]);
    }
    for k in (inner..n.div_ceil(2)).rev() {
        sum.add_product::<A>(&a[k], &b[n - k]);
        if !is_square {
            sum.add_product::<A>(&a[n - k], &b[k]);
        }
    }
    if first < inner {
        sum.add_product::<A>(&a[first], &b[n - first]);
    }
    if last < inner {
        sum.add_product::<A>(&a[n - last], &b[last]);
    }
    sum
}
