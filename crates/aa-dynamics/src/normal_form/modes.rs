//! The linear modes of an elliptic equilibrium, signed: H = E + sum omega_j u_j v_j + higher degrees.
//!
//! A mode is a linear function u of the coordinates with {u, H_2} = i omega u. Frequencies are eigenvalues of the
//! linearised flow, in floating point; where every one of them is rational, u is found again over Q(i), and the
//! elimination that finds it proves the frequency. The sign of omega is the Krein signature of the mode: the sign of
//! {u, conj u}/i (Krein 1950; Meyer, Hall and Offin, Introduction to Hamiltonian Dynamical Systems, 2009, chapter 3).

use aa_symbolic::Expr;
use faer::Mat;

use super::number::{Complex, Real};
use crate::Error;

/// A vector with one complex entry for each coordinate, then for each momentum.
pub(super) type Form<T> = Vec<Complex<T>>;

/// One mode.
#[derive(Clone, Debug)]
pub(super) struct Mode<T> {
    /// omega, radians per unit of time.
    pub(super) frequency: T,
    /// u as a linear form.
    pub(super) form: Form<T>,
    /// {u, conj u} = i kappa, kappa > 0, so that v = conj u / kappa.
    pub(super) kappa: T,
}

/// Frequencies closer than this, relative to the largest, are one with a multiplicity.
const CLUSTER: f64 = 1e-7;

/// A Jordan block splits by the root of the rounding error: nothing below this, relative to the largest frequency, is
/// told from zero.
const SMALL: f64 = 1e-6;

/// The frequencies of the linearised flow without their signs, ascending, each with its multiplicity.
///
/// # Errors
/// A direction that is hyperbolic or has no frequency.
pub(super) fn frequencies(flow: &[Vec<f64>]) -> Result<Vec<(f64, usize)>, Error> {
    let matrix = Mat::from_fn(flow.len(), flow.len(), |i, j| flow[i][j]);
    let degenerate = |frequency: f64| Error::DegenerateEquilibrium { frequency };
    let values = matrix.eigenvalues().map_err(|_| degenerate(f64::NAN))?;
    let size = values.iter().map(|value| value.norm()).fold(0.0, f64::max);
    if let Some(value) = values.iter().find(|value| value.re.abs() > SMALL * size) {
        return Err(Error::Hyperbolic { rate: value.re.abs() });
    }
    if let Some(value) = values.iter().find(|value| value.im.abs() <= SMALL * size) {
        return Err(degenerate(value.im.abs()));
    }
    let mut found: Vec<f64> = values.iter().map(|value| value.im).filter(|&omega| omega > 0.0).collect();
    found.sort_by(f64::total_cmp);
    let clusters = found.chunk_by(|a, b| b - a < CLUSTER * size);
    Ok(clusters.map(|cluster| (cluster.iter().sum::<f64>() / cluster.len() as f64, cluster.len())).collect())
}

/// The modes with these frequencies; none where they are no frequencies of this flow in this kind of number.
pub(super) fn modes<T: Real>(flow: &[Vec<T>], frequencies: &[(T, usize)]) -> Option<Vec<Mode<T>>> {
    let mut modes = Vec::new();
    for (omega, count) in frequencies {
        // u of the flow's transpose: (A^T - i omega) u = 0.
        let entry = |i: usize, j: usize| {
            let shift = if i == j { -omega.clone() } else { T::zero() };
            Complex::new(flow[j][i].clone(), shift)
        };
        let n = flow.len();
        let rows: Vec<Form<T>> = (0..n).map(|i| (0..n).map(|j| entry(i, j)).collect()).collect();
        let rounding = if T::EXACT { 0.0 } else { SMALL * omega.to_f64() };
        let (forms, left) = null_space(rows, n, n - count);
        if forms.len() != *count || left > rounding {
            return None;
        }
        modes.extend(apart(forms)?.into_iter().map(|form| signed(form, omega)));
    }
    Some(modes)
}

/// A basis of the vectors that a matrix takes to zero once it has had at most so many pivots, and the largest entry that
/// is then left of it.
pub(super) fn null_space<T: Real>(mut rows: Vec<Form<T>>, n: usize, most: usize) -> (Vec<Form<T>>, f64) {
    let mut pivots: Vec<usize> = Vec::new();
    for step in 0..most.min(rows.len()) {
        let free = (0..n).filter(|column| !pivots.contains(column));
        let places: Vec<_> = free.flat_map(|column| (step..rows.len()).map(move |row| (row, column))).collect();
        let (row, column) = places[first_largest(places.iter().map(|&(row, column)| rows[row][column].size()))];
        if rows[row][column].is_zero() {
            break;
        }
        rows.swap(step, row);
        let pivot = rows[step][column].clone();
        rows[step].iter_mut().for_each(|x| *x = x.over(&pivot));
        let lead = rows[step].clone();
        for row in (0..rows.len()).filter(|&row| row != step) {
            let factor = rows[row][column].clone();
            rows[row].iter_mut().zip(&lead).for_each(|(x, y)| *x = x.minus(&factor.times(y)));
        }
        pivots.push(column);
    }
    let vector = |free: usize| {
        let mut vector = vec![Complex::zero(); n];
        vector[free] = Complex::real(T::from_whole(1));
        pivots.iter().zip(&rows).for_each(|(&column, row)| vector[column] = Complex::zero().minus(&row[free]));
        vector
    };
    let left = rows[pivots.len()..].iter().flatten().map(Complex::size).fold(0.0, f64::max);
    ((0..n).filter(|column| !pivots.contains(column)).map(vector).collect(), left)
}

/// {u, conj w}/i of two linear forms.
fn krein<T: Real>(u: &Form<T>, w: &Form<T>) -> Complex<T> {
    let n = u.len() / 2;
    let pair = |j: usize| u[j].times(&w[j + n].conj()).minus(&u[j + n].times(&w[j].conj()));
    let sum = (0..n).fold(Complex::zero(), |sum, j| sum.plus(&pair(j)));
    Complex::zero().minus(&sum.turned())
}

/// Combinations of modes of one frequency with {u_j, conj u_k} = 0; none where the form is degenerate.
fn apart<T: Real>(mut forms: Vec<Form<T>>) -> Option<Vec<Form<T>>> {
    let mut done = Vec::new();
    while !forms.is_empty() {
        let place = definite(&mut forms)?;
        let form = forms.remove(place);
        let norm = krein(&form, &form);
        for other in &mut forms {
            let share = krein(other, &form).over(&norm);
            other.iter_mut().zip(&form).for_each(|(x, y)| *x = x.minus(&share.times(y)));
        }
        done.push(form);
    }
    Some(done)
}

/// The place of a form with {u, conj u} far from zero; where all are zero, two are added to make one.
fn definite<T: Real>(forms: &mut [Form<T>]) -> Option<usize> {
    let size = forms.iter().flatten().map(|x| x.size().powi(2)).sum::<f64>();
    let is_small = |x: &Complex<T>| x.is_zero() || x.size() <= T::ROUNDING.sqrt() * size;
    let place = first_largest(forms.iter().map(|u| krein(u, u).size()));
    if !is_small(&krein(&forms[place], &forms[place])) {
        return Some(place);
    }
    let pairs = (1..forms.len()).flat_map(|b| (0..b).map(move |a| (a, b)));
    let (a, b) = pairs.into_iter().find(|&(a, b)| !is_small(&krein(&forms[a], &forms[b])))?;
    let (share, other) = (krein(&forms[a], &forms[b]), forms[b].clone());
    forms[a].iter_mut().zip(&other).for_each(|(x, y)| *x = x.plus(&share.times(y)));
    Some(a)
}

/// The mode of a form: a negative one turns backwards, and its conjugate is taken. Its largest momentum has the
/// coefficient 1, so that u = p + i omega q for an oscillator; then kappa becomes 1 where its root is such a number.
fn signed<T: Real>(form: Form<T>, omega: &T) -> Mode<T> {
    let is_negative = krein(&form, &form).re.to_f64() < 0.0;
    let form: Form<T> = if is_negative { form.iter().map(Complex::conj).collect() } else { form };
    let momenta = &form[form.len() / 2..];
    let lead = momenta[first_largest(momenta.iter().map(Complex::size))].clone();
    let form: Form<T> = form.iter().map(|x| x.over(&lead)).collect();
    let kappa = krein(&form, &form).re;
    let frequency = if is_negative { -omega.clone() } else { omega.clone() };
    let root = kappa.to_rational().map(|kappa| Expr::rational(kappa).sqrt()).and_then(|root| T::from_expr(&root));
    let one = T::from_whole(1);
    match root.map(|root| one.clone() / root) {
        Some(inverse) => Mode { frequency, form: form.iter().map(|x| x.scaled(&inverse)).collect(), kappa: one },
        None => Mode { frequency, form, kappa },
    }
}

/// The modes with every pair of equal frequencies u_1, u_2 replaced by u_1 + i u_2 and u_1 - i u_2: oscillations along
/// two lines become rotations. None where there is no such pair.
///
/// In a symmetric system rotations are the better modes: a turn by an angle multiplies each by a phase, and resonant
/// terms that do not keep the phases are absent.
pub(super) fn circular<T: Real>(modes: &[Mode<T>]) -> Option<Vec<Mode<T>>> {
    let (mut turned, mut place) = (modes.to_vec(), 0);
    while place + 1 < modes.len() {
        let (a, b) = (&modes[place], &modes[place + 1]);
        let gap = (a.frequency.clone() - b.frequency.clone()).to_f64().abs();
        if gap > T::ROUNDING * a.frequency.to_f64().abs() || a.kappa != b.kappa {
            place += 1;
            continue;
        }
        let form = |other: Form<T>| {
            signed(a.form.iter().zip(&other).map(|(x, y)| x.plus(&y.turned())).collect(), &a.frequency)
        };
        turned[place] = form(b.form.clone());
        turned[place + 1] = form(b.form.iter().map(|x| Complex::zero().minus(x)).collect());
        place += 2;
    }
    (turned.iter().zip(modes).any(|(a, b)| a.form != b.form)).then_some(turned)
}

/// The place of the largest size; of equals the first, so that modes keep the order of the coordinates.
fn first_largest(sizes: impl Iterator<Item = f64>) -> usize {
    let mut best = (0, 0.0);
    for (place, size) in sizes.enumerate() {
        if size > best.1 * (1.0 + 1e-9) {
            best = (place, size);
        }
    }
    best.0
}

/// Each coordinate, then each momentum, as a linear form in u_1..u_n, v_1..v_n.
pub(super) fn coordinates<T: Real>(modes: &[Mode<T>]) -> Vec<Form<T>> {
    let n = modes.len();
    // {z, conj u} = i kappa times the coefficient of u in z.
    let bracket = |mode: &Mode<T>, z: usize| match z < n {
        true => mode.form[z + n].conj(),
        false => Complex::zero().minus(&mode.form[z - n].conj()),
    };
    let of_u = |mode: &Mode<T>, z: usize| {
        let turned = Complex::zero().minus(&bracket(mode, z).turned());
        turned.scaled(&(T::from_whole(1) / mode.kappa.clone()))
    };
    let form = |z: usize| {
        let us = modes.iter().map(|mode| of_u(mode, z));
        us.chain(modes.iter().map(|mode| of_u(mode, z).conj().scaled(&mode.kappa))).collect()
    };
    (0..2 * n).map(form).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aa_symbolic::{Rational, to_f64};

    /// J times the Hessian of (p1^2 + a q1^2)/2 - (p2^2 + b q2^2)/2 after the shear q1 -> q1 + q2, p2 -> p2 - p1.
    fn sheared(a: i64, b: i64) -> Vec<Vec<Rational>> {
        let rows = [[0, 0, 0, 1], [0, 0, 1, -1], [-a, -a, 0, 0], [-a, b - a, 0, 0]];
        rows.iter().map(|row| row.iter().map(|&x| Rational::from(x)).collect()).collect()
    }

    #[test]
    fn a_wrong_frequency_has_no_mode() {
        let flow = [vec![Rational::ZERO, Rational::ONE], vec![Rational::from(-4), Rational::ZERO]];
        assert!(modes(&flow, &[(Rational::from(3), 1)]).is_none());
        let found = modes(&flow, &[(Rational::from(2), 1)]).unwrap();
        // u = p + 2 i q has {u, conj u} = 4 i.
        assert_eq!(found[0].kappa.to_string(), "1");
        assert_eq!(found[0].form[1].re.to_string(), "1/2");
    }

    #[test]
    fn modes_are_canonical_whatever_their_signs() {
        for (a, b) in [(1, 4), (4, 9), (1, 1)] {
            let flow = sheared(a, b);
            let floating: Vec<Vec<f64>> = flow.iter().map(|row| row.iter().map(to_f64).collect()).collect();
            let seen = frequencies(&floating).unwrap();
            let exact: Vec<_> = seen.iter().map(|(omega, n)| (Rational::near(*omega).unwrap(), *n)).collect();
            let found = modes(&flow, &exact).unwrap();
            let mut signed: Vec<f64> = found.iter().map(|mode| to_f64(&mode.frequency)).collect();
            signed.sort_by(f64::total_cmp);
            assert_eq!(signed, [-(b as f64).sqrt(), (a as f64).sqrt()], "{a} {b}");
            // Coordinates are forms in u, v; u of them is u again.
            let forms = coordinates(&found);
            for (j, mode) in found.iter().enumerate() {
                let share = |k: usize| {
                    let parts = mode.form.iter().zip(&forms).map(|(x, form)| x.times(&form[k]));
                    parts.fold(Complex::zero(), |sum, part| sum.plus(&part))
                };
                let unit = |k: usize| Complex::real(Rational::from(i64::from(j == k)));
                assert!((0..4).all(|k| share(k) == unit(k)));
            }
        }
    }

    #[test]
    fn saddles_drifts_and_jordan_blocks_are_refused() {
        let flow = |rows: [[f64; 2]; 2]| rows.map(|row| row.to_vec()).to_vec();
        assert!(matches!(frequencies(&flow([[0.0, 1.0], [4.0, 0.0]])), Err(Error::Hyperbolic { rate }) if rate == 2.0));
        let drift = frequencies(&flow([[0.0, 1.0], [0.0, 0.0]]));
        assert!(matches!(drift, Err(Error::DegenerateEquilibrium { .. })));
        // q1 p2 - q2 p1 + (q1^2 + q2^2)/2: one frequency, two planes, one vector.
        let block = [[0.0, -1.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0], [-1.0, 0.0, 0.0, -1.0], [0.0, -1.0, 1.0, 0.0]];
        let block: Vec<Vec<f64>> = block.map(|row| row.to_vec()).to_vec();
        assert!(modes(&block, &[(1.0, 2)]).is_none());
    }
}
