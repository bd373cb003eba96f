//! Deviation vectors, kept as an orthonormal frame and as unit vectors in the coordinates of that frame.
//!
//! Vectors that grow along a chaotic orbit all turn into one direction, and rounding soon swallows what still
//! distinguishes them. So only an orthonormal frame is carried along, W = Q R, and made orthonormal again at every
//! stop (Benettin, Galgani, Giorgilli and Strelcyn, Meccanica 15, 1980). The logarithms of the diagonal of R add up to
//! the Lyapunov exponents; the unit deviation vectors themselves are the normalised columns of the product of all R.
//! That product is upper triangular, so that the volume spanned by the first k of them, which is the product of the
//! singular values of their matrix (Skokos, Bountis and Antonopoulos, Eur. Phys. J. Special Topics 165, 2008), is the
//! product of its first k diagonal entries: a sum of logarithms, with no floor at the rounding of a double.

/// The deviation vectors of one orbit.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    /// ln of the growth of each direction of the frame since the start.
    pub(super) logs: Vec<f64>,
    /// ln of the growth of each deviation vector since the start.
    lengths: Vec<f64>,
    /// The unit deviation vectors in coordinates of the frame; vector j has j + 1 of them.
    columns: Vec<Vec<f64>>,
}

impl Frame {
    /// `n` orthonormal vectors.
    pub(super) fn new(n: usize) -> Frame {
        let columns = (0..n).map(|j| (0..=j).map(|i| if i == j { 1.0 } else { 0.0 }).collect()).collect();
        Frame { logs: vec![0.0; n], lengths: vec![0.0; n], columns }
    }

    /// Makes the moved frame orthonormal again (modified Gram-Schmidt) and books its growth.
    pub(super) fn renew(&mut self, vectors: &mut [Vec<f64>]) {
        let r = orthonormalise(vectors);
        for (j, column) in self.columns.iter_mut().enumerate() {
            let moved = (0..=j).map(|i| (i..=j).map(|l| r[l][i] * column[l]).sum());
            *column = moved.collect();
            let length = norm(column);
            column.iter_mut().for_each(|x| *x /= length);
            self.lengths[j] += libm::log(length);
            self.logs[j] += libm::log(r[j][j]);
        }
    }

    /// ln of the smaller alignment index, the length of the shorter of w1 + w2 and w1 - w2.
    pub(super) fn ln_sali(&self) -> f64 {
        let cosine = self.columns[1][0].abs();
        self.ln_gali(2) + 0.5 * libm::log(2.0 / (1.0 + cosine))
    }

    /// ln of the volume that the first `k` unit deviation vectors span.
    pub(super) fn ln_gali(&self, k: usize) -> f64 {
        self.logs.iter().zip(&self.lengths).take(k).map(|(log, length)| log - length).sum()
    }
}

/// Makes `vectors` orthonormal; column j of the triangular factor is entry j.
pub(super) fn orthonormalise(vectors: &mut [Vec<f64>]) -> Vec<Vec<f64>> {
    (0..vectors.len())
        .map(|j| {
            let (before, rest) = vectors.split_at_mut(j);
            let vector = &mut rest[0];
            let mut column: Vec<f64> = before.iter().map(|q| take_out(vector, q)).collect();
            let length = norm(vector);
            vector.iter_mut().for_each(|x| *x /= length);
            column.push(length);
            column
        })
        .collect()
}

/// Takes the part along the unit vector `q` out of `vector`, and says how long it was.
pub(super) fn take_out(vector: &mut [f64], q: &[f64]) -> f64 {
    let part: f64 = vector.iter().zip(q).map(|(x, y)| x * y).sum();
    vector.iter_mut().zip(q).for_each(|(x, y)| *x -= part * y);
    part
}

pub(super) fn norm(vector: &[f64]) -> f64 {
    vector.iter().map(|x| x * x).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretching_map_aligns_its_vectors_far_below_rounding() {
        // diag(4, 1, 1/4), seen from a tilted frame: every two vectors align like 4^-n, every three like 4^-3n.
        let mut vectors = vec![vec![1.0, 1.0, 1.0], vec![1.0, -1.0, 0.5], vec![0.2, 0.3, -1.0]];
        orthonormalise(&mut vectors);
        let mut frame = Frame::new(3);
        for _ in 0..60 {
            vectors.iter_mut().for_each(|w| [4.0, 1.0, 0.25].iter().zip(w).for_each(|(s, x)| *x *= s));
            frame.renew(&mut vectors);
        }
        let step = 4f64.ln();
        let expected = [step, 0.0, -step];
        assert!(frame.logs.iter().zip(expected).all(|(log, rate)| (log / 60.0 - rate).abs() < 0.05), "{frame:?}");
        assert!((frame.ln_gali(2) + 60.0 * step).abs() < 3.0, "{}", frame.ln_gali(2));
        assert!((frame.ln_gali(3) + 180.0 * step).abs() < 6.0, "{}", frame.ln_gali(3));
        // Nearly parallel unit vectors: the shorter of sum and difference is the sine of their angle.
        assert!((frame.ln_sali() - frame.ln_gali(2)).abs() < 1e-15);
    }

    #[test]
    fn the_volume_is_that_of_the_vectors_themselves() {
        // A shear, followed with and without renewal: the area of two unit vectors is |w1 x w2| / (|w1| |w2|).
        let shear = |w: &mut Vec<f64>| w[0] += 0.3 * w[1];
        let (mut carried, mut free) = (vec![vec![0.6, 0.8], vec![-0.8, 0.6]], vec![vec![0.6, 0.8], vec![-0.8, 0.6]]);
        let mut frame = Frame::new(2);
        for _ in 0..50 {
            carried.iter_mut().for_each(shear);
            frame.renew(&mut carried);
            free.iter_mut().for_each(shear);
        }
        let (a, b) = (&free[0], &free[1]);
        let area = (a[0] * b[1] - a[1] * b[0]).abs() / (norm(a) * norm(b));
        assert!((frame.ln_gali(2) - area.ln()).abs() < 1e-12);
        let difference =
            |sign: f64| norm(&[a[0] / norm(a) + sign * b[0] / norm(b), a[1] / norm(a) + sign * b[1] / norm(b)]);
        assert!((frame.ln_sali() - difference(1.0).min(difference(-1.0)).ln()).abs() < 1e-12);
    }
}
