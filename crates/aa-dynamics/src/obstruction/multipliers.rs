//! The multipliers that integrability admits at a Darboux point: the table of Morales-Ruiz and Ramis.
//!
//! Along the straight orbit through a Darboux point of a potential of degree k, the variational equation of
//! multiplier lambda is hypergeometric in the k-th power of the amplitude (Yoshida, Physica D 29, 128, 1987), with
//! the exponent differences
//!
//! ```text
//! 1/k, 1/2 and tau,    (2 k tau)^2 = 8 k lambda + (k - 2)^2.
//! ```
//!
//! Kimura's theorem (Funkcialaj Ekvacioj 12, 269, 1969) tells for which tau its Galois group is solvable, which the
//! theorem of Morales-Ruiz and Ramis makes a condition for integrability (Methods and Applications of Analysis 8,
//! 113, 2001; Morales-Ruiz, Differential Galois Theory and Non-Integrability of Hamiltonian Systems, 1999, theorem
//! 5.1). Their table lists lambda; in terms of tau its 18 rows say that tau or -tau is, up to a whole number,
//!
//! | k | tau | rows |
//! |---|---|---|
//! | 2, -2 | anything | 3, 4 |
//! | any other | 1/k - 1/2: lambda = p + p (p - 1) k/2 | 1 |
//! | any other | 1/2: lambda = ((k - 1)/k + p (p + 1) k)/2 | 2 |
//! | 3, -3 | 1/3, 1/4, 1/5, 2/5 | 8 to 15 |
//! | 4, -4 | 1/3 | 7, 16 |
//! | 5, -5 | 1/3, 2/5 | 5, 6, 17, 18 |

use aa_symbolic::Rational;
use aa_symbolic::rational::square_root;

/// Whether a system with a homogeneous potential of this degree can be integrable and have this multiplier.
///
/// Multipliers that are not rational are admitted for the degrees 2 and -2 only; about degree 0 the table says nothing.
pub fn is_admissible(degree: i32, multiplier: &Rational) -> bool {
    if matches!(degree, -2 | 0 | 2) {
        return true;
    }
    let same = |tau: &Rational, residue: &Rational| (tau - residue).is_int() || (tau + residue).is_int();
    exponent_difference(degree, multiplier).is_some_and(|tau| residues(degree).iter().any(|r| same(&tau, r)))
}

/// The admitted multipliers in words.
pub(super) fn spelled_table(degree: i32) -> String {
    let residues: Vec<String> = residues(degree).iter().map(Rational::to_string).collect();
    let (half, offset) = (ratio(degree, 2), ratio((degree - 2).pow(2), 8 * degree));
    format!("lambda = {half}*(p + r)**2 - {offset}, p any whole number, r one of {}", residues.join(", "))
}

/// The exponent difference tau at infinity, where it is rational.
fn exponent_difference(degree: i32, multiplier: &Rational) -> Option<Rational> {
    let k = Rational::from(degree);
    let beyond = &k - Rational::from(2);
    let square = Rational::from(8) * &k * multiplier + &beyond * &beyond;
    Some(square_root(&square)? / (Rational::from(2) * k))
}

/// The values of tau in the table, up to sign and whole numbers.
fn residues(degree: i32) -> Vec<Rational> {
    let sporadic: &[(i32, i32)] = match degree {
        -3 | 3 => &[(1, 3), (1, 4), (1, 5), (2, 5)],
        -4 | 4 => &[(1, 3)],
        -5 | 5 => &[(1, 3), (2, 5)],
        _ => &[],
    };
    let general = [ratio(1, 2), ratio(1, degree) - ratio(1, 2)];
    general.into_iter().chain(sporadic.iter().map(|&(n, d)| ratio(n, d))).collect()
}

fn ratio(numerator: i32, denominator: i32) -> Rational {
    Rational::from(numerator) / Rational::from(denominator)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Lambda of the 18 rows as they are printed, for one whole number p.
    fn printed_rows(k: i32, p: i32) -> Vec<Rational> {
        let square = |offset: Rational, scale: i32, a: Rational, step: i32| {
            let root = a + Rational::from(step * p);
            offset + &root * &root / Rational::from(scale)
        };
        let mut rows = vec![
            Rational::from(p) + ratio(p * (p - 1) * k, 2),
            (ratio(k - 1, k) + Rational::from(p * (p + 1) * k)) / Rational::from(2),
        ];
        rows.extend(match k {
            -5 => [(10, 3), (4, 1)].map(|(n, d)| square(ratio(49, 40), -40, ratio(n, d), 10)).to_vec(),
            -4 => vec![square(ratio(9, 8), -8, ratio(4, 3), 4)],
            -3 => [(2, 1), (3, 2), (6, 5), (12, 5)].map(|(n, d)| square(ratio(25, 24), -24, ratio(n, d), 6)).to_vec(),
            3 => [(2, 1), (3, 2), (6, 5), (12, 5)].map(|(n, d)| square(ratio(-1, 24), 24, ratio(n, d), 6)).to_vec(),
            4 => vec![square(ratio(-1, 8), 8, ratio(4, 3), 4)],
            5 => [(10, 3), (4, 1)].map(|(n, d)| square(ratio(-9, 40), 40, ratio(n, d), 10)).to_vec(),
            _ => Vec::new(),
        });
        rows
    }

    /// Schwarz's list after its first row (two halves and anything): residues of the exponent differences, and whether
    /// the whole parts must have an even sum.
    const SCHWARZ: [([(i32, i32); 3], bool); 14] = [
        ([(1, 2), (1, 3), (1, 3)], false),
        ([(2, 3), (1, 3), (1, 3)], true),
        ([(1, 2), (1, 3), (1, 4)], false),
        ([(2, 3), (1, 4), (1, 4)], true),
        ([(1, 2), (1, 3), (1, 5)], false),
        ([(2, 5), (1, 3), (1, 3)], true),
        ([(2, 3), (1, 5), (1, 5)], true),
        ([(1, 2), (2, 5), (1, 5)], false),
        ([(3, 5), (1, 3), (1, 5)], true),
        ([(2, 5), (2, 5), (2, 5)], true),
        ([(2, 3), (1, 3), (1, 5)], true),
        ([(4, 5), (1, 5), (1, 5)], true),
        ([(1, 2), (2, 5), (1, 3)], false),
        ([(3, 5), (2, 5), (1, 3)], true),
    ];

    /// All whole numbers w for which the difference is residue + w or its negative.
    fn whole_parts(difference: &Rational, residue: (i32, i32)) -> Vec<i64> {
        let residue = ratio(residue.0, residue.1);
        [difference - &residue, -difference - &residue].iter().filter_map(aa_symbolic::to_i64).collect()
    }

    /// Kimura's theorem on the Riemann equation with these exponent differences: solvable or not.
    fn is_solvable(differences: [Rational; 3]) -> bool {
        let odd = |x: Rational| aa_symbolic::to_i64(&x).is_some_and(|n| n % 2 != 0);
        let [a, b, c] = &differences;
        if odd(a + b + c) || odd(b + c - a) || odd(a - b + c) || odd(a + b - c) {
            return true;
        }
        let halves = differences.iter().filter(|d| !whole_parts(d, (1, 2)).is_empty()).count();
        halves >= 2 || SCHWARZ.iter().any(|row| orders().iter().any(|order| fits(&differences, *order, row)))
    }

    fn orders() -> [[usize; 3]; 6] {
        [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]
    }

    fn fits(differences: &[Rational; 3], order: [usize; 3], (residues, even): &([(i32, i32); 3], bool)) -> bool {
        let parts: Vec<Vec<i64>> = (0..3).map(|i| whole_parts(&differences[order[i]], residues[i])).collect();
        let sums = parts[0].iter().flat_map(|a| parts[1].iter().flat_map(move |b| [a + b]));
        sums.flat_map(|ab| parts[2].iter().map(move |c| ab + c)).any(|sum| !even || sum % 2 == 0)
    }

    /// Multipliers in [-8, 8], and those of a grid of exponent differences in [-4, 4], where the table is dense.
    fn grid(k: i32) -> BTreeSet<Rational> {
        let fractions = |n_max: i32, denominators: &[i32]| -> Vec<Rational> {
            denominators.iter().flat_map(|&d| (-n_max * d..=n_max * d).map(move |n| ratio(n, d))).collect()
        };
        let differences = fractions(4, &[7, 8, 9, 12, 16, 20, 28, 30]);
        let multiplier = |tau: Rational| ratio(k, 2) * &tau * tau - ratio((k - 2).pow(2), 8 * k);
        fractions(8, &[7, 24, 25]).into_iter().chain(differences.into_iter().map(multiplier)).collect()
    }

    #[test]
    fn the_table_is_the_printed_one() {
        for k in (-8..=8).filter(|k: &i32| k.abs() != 2 && *k != 0) {
            let printed: BTreeSet<Rational> = (-40..=40).flat_map(|p| printed_rows(k, p)).collect();
            assert!(printed.iter().all(|lambda| is_admissible(k, lambda)), "{k}");
            for lambda in grid(k) {
                assert_eq!(is_admissible(k, &lambda), printed.contains(&lambda), "k = {k}, lambda = {lambda}");
            }
        }
        assert!(is_admissible(2, &ratio(1, 7)) && is_admissible(-2, &ratio(1, 7)));
    }

    #[test]
    fn the_table_follows_from_kimuras_theorem() {
        let mut n_admitted = 0;
        for k in (-8..=8).filter(|k: &i32| k.abs() > 2) {
            for lambda in grid(k) {
                let solvable =
                    exponent_difference(k, &lambda).is_some_and(|tau| is_solvable([ratio(1, k), ratio(1, 2), tau]));
                assert_eq!(is_admissible(k, &lambda), solvable, "k = {k}, lambda = {lambda}");
                n_admitted += usize::from(solvable);
            }
        }
        assert!(n_admitted > 200, "{n_admitted}");
    }

    #[test]
    fn known_multipliers_are_classified() {
        // Sawada-Kotera, fifth-order KdV and Kaup-Kupershmidt Henon-Heiles against the original one.
        for (degree, lambda, admitted) in [
            (3, (2, 1), true),
            (3, (1, 3), true),
            (3, (1, 8), true),
            (3, (-2, 1), false),
            (4, (3, 1), true),
            (4, (-1, 1), false),
        ] {
            assert_eq!(is_admissible(degree, &ratio(lambda.0, lambda.1)), admitted, "{degree} {lambda:?}");
        }
    }

    #[test]
    fn tables_are_spelled_out() {
        let text = spelled_table(3);
        assert_eq!(text, "lambda = 3/2*(p + r)**2 - 1/24, p any whole number, r one of 1/2, -1/6, 1/3, 1/4, 1/5, 2/5");
    }
}
