//! Eigenvalues of small symmetric matrices and sums of products, the same bits on every machine.
//!
//! Cyclic Jacobi rotations (Golub and Van Loan, Matrix Computations, section 8.5): a handful of degrees of freedom
//! need no blocked algorithm, and every other step of drawing initial points is portable to the last bit, too.

/// Eigenvalues in increasing order, each with its unit vector.
pub(crate) fn eigen(matrix: &[Vec<f64>]) -> Vec<(f64, Vec<f64>)> {
    let n = matrix.len();
    let mut a = matrix.to_vec();
    // Row i of `vectors` is the eigenvector that ends at diagonal entry i.
    let mut vectors: Vec<Vec<f64>> = (0..n).map(|i| (0..n).map(|j| f64::from(i == j)).collect()).collect();
    for _sweep in 0..50 {
        let off: f64 = (0..n).flat_map(|i| (0..i).map(move |j| (i, j))).map(|(i, j)| a[i][j] * a[i][j]).sum();
        let diagonal: f64 = (0..n).map(|i| a[i][i] * a[i][i]).sum();
        // Converges quadratically: at 1e-30 of the squares, the next sweep changes nothing.
        if off.is_nan() || off <= 1e-30 * diagonal {
            break;
        }
        for i in 1..n {
            for j in 0..i {
                rotate(&mut a, &mut vectors, i, j);
            }
        }
    }
    let mut pairs: Vec<(f64, Vec<f64>)> = (0..n).map(|i| a[i][i]).zip(vectors).collect();
    pairs.sort_by(|x, y| x.0.total_cmp(&y.0));
    pairs
}

/// One rotation in the plane (i, j) that makes entry (i, j) zero.
fn rotate(a: &mut [Vec<f64>], vectors: &mut [Vec<f64>], i: usize, j: usize) {
    if a[i][j] == 0.0 {
        return;
    }
    let ratio = (a[j][j] - a[i][i]) / (2.0 * a[i][j]);
    let tangent = ratio.signum() / (ratio.abs() + (ratio * ratio + 1.0).sqrt());
    let cosine = 1.0 / (tangent * tangent + 1.0).sqrt();
    let sine = tangent * cosine;
    for row in a.iter_mut() {
        let (x, y) = (row[i], row[j]);
        (row[i], row[j]) = (cosine * x - sine * y, sine * x + cosine * y);
    }
    for rows in [a, vectors] {
        for k in 0..rows[i].len() {
            let (x, y) = (rows[i][k], rows[j][k]);
            (rows[i][k], rows[j][k]) = (cosine * x - sine * y, sine * x + cosine * y);
        }
    }
}

/// The sum of the products of corresponding entries, in order.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eigenvectors_are_stretched_by_their_values() {
        let n = 6;
        let entry = |i: usize, j: usize| ((i * j) as f64 + 0.3 * (i + j) as f64).cos();
        let matrix: Vec<Vec<f64>> = (0..n).map(|i| (0..n).map(|j| entry(i, j)).collect()).collect();
        let pairs = eigen(&matrix);
        assert!(pairs.windows(2).all(|pair| pair[0].0 <= pair[1].0));
        for (value, vector) in pairs {
            for i in 0..n {
                let image: f64 = (0..n).map(|j| matrix[i][j] * vector[j]).sum();
                assert!((image - value * vector[i]).abs() < 1e-13);
            }
        }
    }
}
