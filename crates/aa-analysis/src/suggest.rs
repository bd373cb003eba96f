//! "Did you mean": the known name nearest to a mistaken one.

/// The candidate within a third of the letters, by the distance of Damerau and Levenshtein; of equals one that differs
/// in its case alone, otherwise the first.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (name.chars().count() / 3).max(1);
    let distances = candidates.into_iter().map(|candidate| (distance(name, candidate), candidate));
    let near = distances.filter(|(d, _)| (1..=allowed).contains(d));
    near.min_by_key(|(d, candidate)| (*d, !candidate.eq_ignore_ascii_case(name))).map(|(_, candidate)| candidate)
}

/// What to do about an unknown name: the nearest known one, and all there are.
pub fn one_of(name: &str, known: &[impl AsRef<str>]) -> String {
    let known: Vec<&str> = known.iter().map(AsRef::as_ref).collect();
    let near = nearest(name, known.iter().copied());
    let near = near.map_or_else(String::new, |near| format!("did you mean `{near}`? "));
    format!("{near}known are {}", known.join(", "))
}

/// Insertions, deletions, replacements and swaps of neighbours that lead from one word to the other.
fn distance(a: &str, b: &str) -> usize {
    let same = a == b;
    let (a, b): (Vec<char>, Vec<char>) = (a.to_lowercase().chars().collect(), b.to_lowercase().chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    // Same letters in another case are one step apart, so that `K` still finds `k`.
    rows[a.len()][b.len()].max(usize::from(!same))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_pen_are_understood() {
        let known = ["toda", "toda_open", "kepler", "henon_heiles"];
        assert_eq!(nearest("tdoa", known), Some("toda"));
        assert_eq!(nearest("henon_heiled", known), Some("henon_heiles"));
        assert_eq!(nearest("lorenz", known), None);
        assert_eq!(nearest("c", ["A", "B", "C"]), Some("C"));
    }
}
