//! Integer combinations of frequencies in another basis.

/// The row x with x M = k, by elimination; M is unimodular, so x is whole.
pub(crate) fn times_inverse(k: &[i64], matrix: &[Vec<i64>]) -> Option<Vec<i64>> {
    let n = k.len();
    // Row i: the equation for k[i], which takes column i of M.
    let equation = |i: usize| matrix.iter().map(|row| row[i] as f64).chain([k[i] as f64]).collect::<Vec<f64>>();
    let mut rows: Vec<Vec<f64>> = (0..n).map(equation).collect();
    for i in 0..n {
        let pivot =
            (i..n).max_by(|&a, &b| rows[a][i].abs().total_cmp(&rows[b][i].abs())).filter(|&p| rows[p][i] != 0.0)?;
        rows.swap(i, pivot);
        let leading: Vec<f64> = rows[i].iter().map(|x| x / rows[i][i]).collect();
        for (_, row) in rows.iter_mut().enumerate().filter(|(j, _)| *j != i) {
            let factor = row[i];
            row.iter_mut().zip(&leading).for_each(|(x, y)| *x -= factor * y);
        }
        rows[i] = leading;
    }
    Some(rows.iter().map(|row| row[n].round() as i64).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_times_an_inverse_times_the_matrix_is_the_row() {
        let matrix = vec![vec![0, 1, 0], vec![1, 0, 2], vec![0, 1, 1]];
        let x = times_inverse(&[3, -2, 5], &matrix).unwrap();
        let back: Vec<i64> = (0..3).map(|j| (0..3).map(|i| x[i] * matrix[i][j]).sum()).collect();
        assert_eq!(back, [3, -2, 5]);
        assert_eq!(times_inverse(&[1, 1], &[vec![1, 1], vec![1, 1]]), None);
    }
}
