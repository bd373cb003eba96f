//! Orbits as a table of text: a line of column names, then one line a sample.
//!
//! Columns are `t`, `q1`..`qn`, `p1`..`pn` and, where there are several orbits, `orbit`: any label, the same on all lines of
//! an orbit. Orbits share their times. Empty lines and lines that begin with `#` are passed over.

use std::collections::BTreeMap;
use std::path::Path;

use aa_dynamics::Ensemble;

use crate::error::Error;

/// Which column is what.
struct Columns {
    orbit: Option<usize>,
    t: usize,
    /// q1.. and then p1..
    components: Vec<usize>,
}

/// Reads the orbits of a table.
pub(crate) fn read_csv(path: &Path) -> Result<Ensemble, Error> {
    let unreadable = |error: std::io::Error| Error::Missing { path: path.into(), reason: error.to_string() };
    ensemble(&std::fs::read_to_string(path).map_err(unreadable)?)
}

fn ensemble(text: &str) -> Result<Ensemble, Error> {
    let lines = (1..).zip(text.lines().map(str::trim));
    let mut lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let (first, names) = lines.next().ok_or_else(|| bad(1, "there is no line of column names".into()))?;
    let names: Vec<&str> = names.split(',').map(str::trim).collect();
    let columns = columns(&names).map_err(|reason| bad(first, reason))?;
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    let mut tracks: Vec<Track> = Vec::new();
    for (line, row) in lines {
        let cells: Vec<&str> = row.split(',').map(str::trim).collect();
        if cells.len() != names.len() {
            return Err(bad(line, format!("expected {} numbers and found {}", names.len(), cells.len())));
        }
        let label = columns.orbit.map_or("", |column| cells[column]);
        let place = *places.entry(label).or_insert(tracks.len());
        tracks.resize_with(tracks.len().max(place + 1), Track::default);
        let number = |column: usize| {
            let found = cells[column].parse::<f64>().ok().filter(|x| x.is_finite());
            found.ok_or_else(|| {
                bad(line, format!("`{}` in column {} is no finite number", cells[column], names[column]))
            })
        };
        tracks[place].push(line, number(columns.t)?)?;
        for &column in &columns.components {
            tracks[place].rows.push(number(column)?);
        }
    }
    together(columns.components.len() / 2, tracks)
}

fn bad(line: usize, reason: String) -> Error {
    Error::BadLine { line, reason }
}

/// Finds the columns; every name has to be one of them.
fn columns(names: &[&str]) -> Result<Columns, String> {
    let place = |name: &str| names.iter().position(|known| *known == name);
    let of = |letter: char| (1..).map_while(move |i| place(&format!("{letter}{i}")));
    let (q, p): (Vec<usize>, Vec<usize>) = (of('q').collect(), of('p').collect());
    let (orbit, t) = (place("orbit"), place("t"));
    let n_known = q.len() + p.len() + usize::from(orbit.is_some()) + usize::from(t.is_some());
    match t {
        Some(t) if !q.is_empty() && q.len() == p.len() && n_known == names.len() => {
            Ok(Columns { orbit, t, components: [q, p].concat() })
        }
        _ => Err(format!("expected columns t, q1.., p1.. and perhaps orbit, and found {}", names.join(", "))),
    }
}

/// One orbit.
#[derive(Default)]
struct Track {
    t: Vec<f64>,
    rows: Vec<f64>,
    /// The line of each sample.
    lines: Vec<usize>,
}

impl Track {
    fn push(&mut self, line: usize, t: f64) -> Result<(), Error> {
        if self.t.last().is_some_and(|last| *last >= t) {
            return Err(bad(line, format!("t = {t} comes after a later time of this orbit")));
        }
        self.t.push(t);
        self.lines.push(line);
        Ok(())
    }

    /// Where its times begin to differ from others.
    fn odd_line(&self, t: &[f64]) -> Option<usize> {
        let odd = self.t.iter().zip(t).position(|(a, b)| a != b);
        let short = || (self.t.len() != t.len()).then(|| self.t.len().min(t.len()).min(self.lines.len() - 1));
        odd.or_else(short).map(|place| self.lines[place])
    }
}

fn together(dof: usize, tracks: Vec<Track>) -> Result<Ensemble, Error> {
    let mut ensemble = Ensemble::new(dof, tracks.first().map(|track| track.t.clone()).unwrap_or_default());
    for track in tracks {
        if let Some(line) = track.odd_line(&ensemble.t) {
            let reason = "this orbit has other times than the first; sample all orbits at the same times";
            return Err(bad(line, reason.into()));
        }
        ensemble.push(track.rows);
    }
    Ok(ensemble)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_hold_orbits_one_after_the_other_or_mixed() {
        let found = ensemble("# two orbits\nt, q1, p1, orbit\n0,1,2,a\n0,10,20,b\n\n0.5,3,4,a\n0.5,30,40,b\n").unwrap();
        assert_eq!((found.dof, found.t), (1, vec![0.0, 0.5]));
        assert_eq!(found.orbits, [[1.0, 2.0, 3.0, 4.0], [10.0, 20.0, 30.0, 40.0]]);
        let one = ensemble("p2,p1,t,q2,q1\n4,3,0,2,1\n").unwrap();
        assert_eq!(one.row(0, 0), [1.0, 2.0, 3.0, 4.0]);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let refusal = |text: &str| ensemble(text).unwrap_err().to_string();
        assert_eq!(refusal(""), "line 1: there is no line of column names");
        let names =
            |found: &str| format!("line 1: expected columns t, q1.., p1.. and perhaps orbit, and found {found}");
        assert_eq!(refusal("t,q1\n"), names("t, q1"));
        assert_eq!(refusal("0,1,2\n"), names("0, 1, 2"));
        assert_eq!(refusal("t,q1,p1,e\n"), names("t, q1, p1, e"));
        assert_eq!(refusal("t,q1,p1\n\n0,1\n"), "line 3: expected 3 numbers and found 2");
        assert_eq!(refusal("t,q1,p1\n0,1,nan\n"), "line 2: `nan` in column p1 is no finite number");
        assert_eq!(refusal("t,q1,p1\n1,1,1\n0,1,1\n"), "line 3: t = 0 comes after a later time of this orbit");
        let orbits = "orbit,t,q1,p1\n1,0,1,1\n1,1,1,1\n";
        assert!(refusal(&format!("{orbits}2,0,1,1\n2,2,1,1\n")).starts_with("line 5: this orbit has other times"));
        assert!(refusal(&format!("{orbits}2,0,1,1\n")).starts_with("line 4: this orbit has other times"));
    }
}
