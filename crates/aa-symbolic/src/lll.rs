//! Short vectors of a lattice of whole numbers: the algorithm of Lenstra, Lenstra and Lovasz (Math. Ann. 261, 1982,
//! 515), in exact arithmetic.
//!
//! For bases of a few vectors, such as the integrals of one degree; all products of vectors are kept, so that the length
//! of the vectors hardly matters.

use dashu::integer::IBig;

use crate::Rational;

/// Reduces a basis in place. Its vectors are linearly independent and of one length.
///
/// ```
/// let mut basis = vec![vec![1.into(), 0.into(), 1000.into()], vec![0.into(), 1.into(), 999.into()]];
/// aa_symbolic::lll::reduce(&mut basis);
/// assert_eq!(basis[0], [(-1).into(), 1.into(), (-1).into()]);
/// ```
pub fn reduce(basis: &mut [Vec<IBig>]) {
    let mut reduction = Reduction::new(basis);
    let mut k = 1;
    while k < basis.len() {
        for j in (0..k).rev() {
            reduction.shorten(basis, k, j);
        }
        if reduction.is_ordered(k) {
            k += 1;
        } else {
            reduction.swap(basis, k);
            k = (k - 1).max(1);
        }
    }
}

/// The scalar products of a basis, and its orthogonalisation after Gram and Schmidt.
struct Reduction {
    products: Vec<Vec<IBig>>,
    /// The share of each earlier orthogonal vector in each basis vector.
    shares: Vec<Vec<Rational>>,
    /// The squared lengths of the orthogonal vectors.
    squares: Vec<Rational>,
}

impl Reduction {
    fn new(basis: &[Vec<IBig>]) -> Reduction {
        let product = |a: &Vec<IBig>, b: &Vec<IBig>| a.iter().zip(b).fold(IBig::ZERO, |sum, (x, y)| sum + x * y);
        let products = basis.iter().map(|a| basis.iter().map(|b| product(a, b)).collect()).collect();
        let mut reduction = Reduction { products, shares: Vec::new(), squares: Vec::new() };
        reduction.orthogonalise();
        reduction
    }

    fn orthogonalise(&mut self) {
        (self.shares, self.squares) = (Vec::new(), Vec::new());
        for i in 0..self.products.len() {
            let mut shares: Vec<Rational> = Vec::new();
            for j in 0..=i {
                let whole = Rational::from(self.products[i][j].clone());
                let known = |k: usize| {
                    let other = if j == i { &shares[k] } else { &self.shares[j][k] };
                    &shares[k] * other * &self.squares[k]
                };
                let rest = (0..j).fold(whole, |rest, k| rest - known(k));
                if j == i { self.squares.push(rest) } else { shares.push(rest / &self.squares[j]) }
            }
            self.shares.push(shares);
        }
    }

    /// Takes the nearest multiple of vector j off vector k.
    fn shorten(&mut self, basis: &mut [Vec<IBig>], k: usize, j: usize) {
        let multiple = self.shares[k][j].round();
        if multiple == IBig::ZERO {
            return;
        }
        let (before, after) = basis.split_at_mut(k);
        after[0].iter_mut().zip(&before[j]).for_each(|(x, y)| *x -= &multiple * y);
        for i in 0..self.products.len() {
            let product = &multiple * &self.products[j][i];
            self.products[k][i] -= product;
        }
        for i in 0..self.products.len() {
            let product = &multiple * &self.products[i][j];
            self.products[i][k] -= product;
        }
        let factor = Rational::from(multiple);
        for i in 0..j {
            let share = &factor * &self.shares[j][i];
            self.shares[k][i] -= share;
        }
        self.shares[k][j] -= factor;
    }

    /// Lovasz' condition, with the usual 3/4.
    fn is_ordered(&self, k: usize) -> bool {
        let share = &self.shares[k][k - 1];
        let least = (Rational::from_parts(3.into(), 4u8.into()) - share * share) * &self.squares[k - 1];
        self.squares[k] >= least
    }

    fn swap(&mut self, basis: &mut [Vec<IBig>], k: usize) {
        basis.swap(k, k - 1);
        self.products.swap(k, k - 1);
        self.products.iter_mut().for_each(|row| row.swap(k, k - 1));
        self.orthogonalise();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_planted_short_vector_is_found() {
        // Row i + 1 is a unit vector with a large entry; 3 a - 5 b + 2 c leaves nothing large.
        let large = [123_457i64, 98_765, (5 * 98_765 - 3 * 123_457) / 2];
        assert_eq!(3 * large[0] - 5 * large[1] + 2 * large[2], 0);
        let row =
            |i: usize| (0..3).map(|j| IBig::from(i64::from(i == j))).chain([IBig::from(1000 * large[i])]).collect();
        let mut basis: Vec<Vec<IBig>> = (0..3).map(row).collect();
        reduce(&mut basis);
        let short: Vec<IBig> = [3, -5, 2, 0].map(IBig::from).into();
        let turned: Vec<IBig> = short.iter().map(|x| -x.clone()).collect();
        assert!(basis[0] == short || basis[0] == turned, "{basis:?}");
    }

    #[test]
    fn the_lattice_stays_the_same() {
        let rows = [[7i64, 3, 1], [2, 9, 4], [5, 5, 8]];
        let mut basis: Vec<Vec<IBig>> = rows.map(|row| row.map(IBig::from).into()).into();
        let volume = |b: &[Vec<IBig>]| {
            let minor = |i: usize, j: usize| &b[1][i] * &b[2][j] - &b[1][j] * &b[2][i];
            &b[0][0] * minor(1, 2) - &b[0][1] * minor(0, 2) + &b[0][2] * minor(0, 1)
        };
        let before = volume(&basis);
        reduce(&mut basis);
        let after = volume(&basis);
        assert!(after == before || after == -before);
    }
}
