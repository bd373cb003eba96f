//! All places in [0, 1] at which a polynomial changes its sign.
//!
//! In the basis of Bernstein a polynomial has at most as many roots as its coefficients have changes of sign, and one
//! where these have one; intervals with more are halved (Lane and Riesenfeld, BIT 21, 1981). Each root is then refined
//! to rounding by Newton's method, kept inside its interval by bisection.

/// An interval this many halvings deep that still seems to hold several roots is a tangency: the polynomial touches
/// zero within rounding, and counts as crossing only where the ends of the interval have two signs.
const DEEPEST: u32 = 32;

/// Places where sum of a_k u^k changes its sign for u in [0, 1], in order; zero counts as positive.
pub(super) fn sign_changes(a: &[f64]) -> Vec<f64> {
    let mut roots = Vec::new();
    let (start, end) = (a[0], a.iter().rev().sum::<f64>());
    let bends: f64 = a.iter().enumerate().skip(2).map(|(k, a)| k as f64 * a.abs()).sum();
    match a.get(1).is_some_and(|slope| slope.abs() > bends) {
        // The slope keeps its sign: the usual crossing.
        true if is_negative(start) == is_negative(end) => {}
        true => roots.push(refine(a, (start, end), (0.0, 1.0))),
        false => isolate(a, bernstein(a), (0.0, 1.0), 0, &mut roots),
    }
    roots
}

/// The coefficients in the basis of Bernstein: b_i = sum over k <= i of C(i, k) / C(n, k) a_k.
fn bernstein(a: &[f64]) -> Vec<f64> {
    let n = a.len() - 1;
    let mut b = a.to_vec();
    let mut binomial = 1.0;
    for (k, b) in b.iter_mut().enumerate() {
        *b /= binomial;
        binomial *= (n - k) as f64 / (k + 1) as f64;
    }
    // Sums along the diagonals put C(i, k) in.
    for level in 1..=n {
        for i in (level..=n).rev() {
            b[i] += b[i - 1];
        }
    }
    b
}

fn isolate(a: &[f64], b: Vec<f64>, (low, high): (f64, f64), depth: u32, roots: &mut Vec<f64>) {
    let (start, end) = (b[0], b[b.len() - 1]);
    let n_changes = b.windows(2).filter(|pair| is_negative(pair[0]) != is_negative(pair[1])).count();
    let is_crossing = is_negative(start) != is_negative(end);
    match n_changes {
        0 => {}
        1 => roots.push(refine(a, (start, end), (low, high))),
        _ if depth == DEEPEST => roots.extend(is_crossing.then(|| refine(a, (start, end), (low, high)))),
        _ => {
            let middle = 0.5 * (low + high);
            let (left, right) = halved(b);
            isolate(a, left, (low, middle), depth + 1, roots);
            isolate(a, right, (middle, high), depth + 1, roots);
        }
    }
}

fn is_negative(x: f64) -> bool {
    x < 0.0
}

/// Both halves of an interval, by the algorithm of de Casteljau.
fn halved(mut b: Vec<f64>) -> (Vec<f64>, Vec<f64>) {
    let n = b.len();
    let mut left = Vec::with_capacity(n);
    for level in 0..n {
        left.push(b[0]);
        for i in 0..n - 1 - level {
            b[i] = 0.5 * (b[i] + b[i + 1]);
        }
    }
    (left, b)
}

/// The root between `low` and `high`, to rounding, from the values at both ends.
fn refine(a: &[f64], (start, end): (f64, f64), (mut low, mut high): (f64, f64)) -> f64 {
    // Not at an end, which may be another root within rounding.
    let mut u = low + (high - low) * (start / (start - end)).clamp(1.0 / 16.0, 15.0 / 16.0);
    for _ in 0..100 {
        let (f, slope) = value(a, u);
        if is_negative(f) == is_negative(start) {
            low = u
        } else {
            high = u
        }
        let newton = u - f / slope;
        let next = if low < newton && newton < high { newton } else { 0.5 * (low + high) };
        // Within rounding of 1, the length of a step.
        if f == 0.0 || (next - u).abs() <= f64::EPSILON / 2.0 || high - low <= f64::EPSILON / 2.0 {
            return if f == 0.0 { u } else { next };
        }
        u = next;
    }
    u
}

/// The polynomial and its slope.
fn value(a: &[f64], u: f64) -> (f64, f64) {
    a.iter().rev().fold((0.0, 0.0), |(f, slope), c| (f * u + c, slope * u + f))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The monic polynomial with these roots.
    fn with_roots(roots: &[f64]) -> Vec<f64> {
        roots.iter().fold(vec![1.0], |a, root| {
            let mut product = vec![0.0; a.len() + 1];
            for (k, c) in a.iter().enumerate() {
                product[k + 1] += c;
                product[k] -= root * c;
            }
            product
        })
    }

    #[test]
    fn every_simple_root_inside_is_found() {
        let inside = [0.1, 0.1001, 0.3, 0.75, 0.9];
        let found = sign_changes(&with_roots(&[inside.as_slice(), &[-0.2, 1.3]].concat()));
        assert_eq!(found.len(), inside.len(), "{found:?}");
        for (x, y) in found.iter().zip(inside) {
            // The polynomial is known to rounding; two roots 1e-4 apart magnify that.
            assert!((x - y).abs() < 1e-11, "{x} {y}");
        }
        assert!(sign_changes(&with_roots(&[-0.5, 1.5])).is_empty());
    }

    #[test]
    fn tangencies_are_no_crossings_and_triple_roots_are_one() {
        assert!(sign_changes(&with_roots(&[0.4, 0.4])).len().is_multiple_of(2));
        let touching = with_roots(&[0.5, 0.5]);
        assert!(sign_changes(&[touching[0] + 1e-9, touching[1], touching[2]]).is_empty());
        let triple = sign_changes(&with_roots(&[0.5, 0.5, 0.5]));
        assert!(triple.len() == 1 && (triple[0] - 0.5).abs() < 1e-5, "{triple:?}");
    }

    #[test]
    fn roots_at_the_ends_belong_to_the_rising_side() {
        assert_eq!(sign_changes(&[0.0, 1.0]), Vec::<f64>::new());
        assert!(sign_changes(&[0.0, -1.0])[0] < 1e-15);
        assert_eq!(sign_changes(&[-1.0, 1.0]).len(), 1);
    }
}
