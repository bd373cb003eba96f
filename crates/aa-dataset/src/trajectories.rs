//! Orbits in a file: the group `/trajectories` with `t`, `q`, `p` and, where known, `energy`.
//!
//! | dataset  | axes               |
//! |----------|--------------------|
//! | `t`      | time (or orbit, time, if all orbits share their times) |
//! | `q`, `p` | orbit, time, dof   |
//! | `z`      | orbit, time, variable: in place of `q` and `p` where phase space has no canonical pairs |
//! | `energy` | orbit, time        |
//!
//! A file that another program wrote in this layout is read like one of ours, and so are NumPy's archives (`npz`) and
//! tables of text (`csv`).

use std::ops::Range;
use std::path::Path;

use aa_dynamics::Ensemble;

use crate::bundle::{Dataset, Group};
use crate::csv::read_csv;
use crate::difference::index_of;
use crate::error::Error;
use crate::npz::read_npz;
use crate::read::read_group;

/// The group `/trajectories` of an ensemble; `energy` has one number per orbit and time, orbit after orbit.
///
/// # Errors
/// [`Error::WrongShape`] where `energy` has another length.
pub fn trajectories_group(ensemble: &Ensemble, energy: Option<&[f64]>) -> Result<Group, Error> {
    let (orbits, times) = (ensemble.orbits.len(), ensemble.t.len());
    let part = |axis: &str, columns: Range<usize>| {
        let axes = [("orbit", orbits), ("time", times), (axis, columns.len())];
        let mut dataset = Dataset::array(axes, columns_of(ensemble, columns));
        // The convention by which xarray finds the times: they are no axis' namesake.
        dataset.attributes.insert("coordinates".to_owned(), "t".into());
        dataset
    };
    let mut group = Group::default();
    let t = Dataset::array([("time", times)], ensemble.t.clone());
    group.insert("t", t.units("time").long_name("times common to all orbits"));
    let (dof, width) = (ensemble.dof, ensemble.width);
    if width == 2 * dof {
        group.insert("q", part("dof", 0..dof).long_name("coordinates"));
        group.insert("p", part("dof", dof..width).long_name("momenta"));
    } else {
        group.insert("z", part("variable", 0..width).long_name("variables of a space without canonical pairs"));
    }
    if let Some(energy) = energy {
        check_shape("energy", &[energy.len()], &[orbits * times])?;
        let dataset = Dataset::array([("orbit", orbits), ("time", times)], energy.to_vec());
        group.insert("energy", dataset.long_name("value of the Hamiltonian"));
    }
    Ok(group)
}

/// Some columns of all rows.
fn columns_of(ensemble: &Ensemble, columns: Range<usize>) -> Vec<f64> {
    let rows = ensemble.orbits.iter().flat_map(|orbit| orbit.chunks_exact(ensemble.width.max(1)));
    rows.flat_map(|row| &row[columns.clone()]).copied().collect()
}

/// Reads the orbits of a file, whoever wrote it: an archive of NumPy where its name ends in `.npz`, a table of text with
/// columns t, q1.., p1.. and orbit where it ends in `.csv`, an HDF5 file otherwise.
///
/// # Errors
/// Those of [`read_group`] and [`ensemble`]; [`Error::BadArray`] and [`Error::BadLine`] for what is wrong in an archive or
/// a table. The rest of the file is not looked at.
pub fn read_trajectories(path: &Path) -> Result<Ensemble, Error> {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("npz") => ensemble(&read_npz(path)?),
        Some("csv") => read_csv(path),
        _ => ensemble(&read_group(path, "trajectories")?),
    }
}

/// Whether a file's name says that it is no HDF5 file but one of those that hold nothing but orbits.
pub fn is_plain_table(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "npz" || extension == "csv")
}

/// The orbits of a group in the layout of `/trajectories`.
///
/// # Errors
/// [`Error::Absent`] without `t` and `q`, `p` or `z`; [`Error::WrongShape`] and [`Error::WrongType`] where they do not fit
/// together; [`Error::WrongNumber`] for times that do not increase and points that are not finite.
pub fn ensemble(group: &Group) -> Result<Ensemble, Error> {
    if let Ok(z) = group.dataset("z") {
        return variables(group, z);
    }
    let (q, p) = (group.dataset("q")?, group.dataset("p")?);
    let shape = q.shape();
    let &[orbits, times, dof] = shape.as_slice() else {
        return Err(wrong_shape("q", "(orbit, time, dof)", &shape));
    };
    check_shape("p", &p.shape(), &shape)?;
    let t = common_times(group.dataset("t")?, orbits, times)?;
    let (q, p) = (finite("q", q)?, finite("p", p)?);
    let mut ensemble = Ensemble::new(dof, t);
    for orbit in 0..orbits {
        ensemble.push(rows(&q[orbit * times * dof..], &p[orbit * times * dof..], times, dof));
    }
    Ok(ensemble)
}

/// The orbits in a space without canonical pairs.
fn variables(group: &Group, z: &Dataset) -> Result<Ensemble, Error> {
    let shape = z.shape();
    let &[orbits, times, width] = shape.as_slice() else {
        return Err(wrong_shape("z", "(orbit, time, variable)", &shape));
    };
    let t = common_times(group.dataset("t")?, orbits, times)?;
    let rows = finite("z", z)?.chunks((times * width).max(1)).map(<[f64]>::to_vec).collect();
    Ok(Ensemble { width, orbits: rows, ..Ensemble::new(0, t) })
}

/// Rows of q and p of one orbit, put side by side.
fn rows(q: &[f64], p: &[f64], times: usize, dof: usize) -> Vec<f64> {
    (0..times).flat_map(|time| [q, p].map(|half| &half[time * dof..(time + 1) * dof])).flatten().copied().collect()
}

/// The times that all orbits share.
fn common_times(t: &Dataset, orbits: usize, times: usize) -> Result<Vec<f64>, Error> {
    let values = t.floats("t")?;
    let shape = t.shape();
    if shape == [orbits, times] && orbits > 0 {
        let mut later = values.chunks_exact(times.max(1)).enumerate().skip(1);
        if let Some((orbit, _)) = later.find(|(_, row)| *row != &values[..times]) {
            let reason = "this orbit has other times than the first; sample all orbits at the same times";
            return Err(Error::WrongNumber { dataset: "t".to_owned(), index: vec![orbit, 0], reason });
        }
    } else {
        check_shape("t", &shape, &[times])?;
    }
    let t = &finite("t", t)?[..times];
    if let Some(index) = t.windows(2).position(|pair| pair[1] <= pair[0]) {
        let reason = "times should increase";
        return Err(Error::WrongNumber { dataset: "t".to_owned(), index: vec![index + 1], reason });
    }
    Ok(t.to_vec())
}

/// The numbers of a dataset, all of them finite.
fn finite<'a>(name: &str, dataset: &'a Dataset) -> Result<&'a [f64], Error> {
    let values = dataset.floats(name)?;
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok(values),
        Some(position) => Err(Error::WrongNumber {
            dataset: name.to_owned(),
            index: index_of(position, &dataset.shape()),
            reason: "the number is not finite",
        }),
    }
}

fn check_shape(dataset: &str, found: &[usize], expected: &[usize]) -> Result<(), Error> {
    if found == expected { Ok(()) } else { Err(wrong_shape(dataset, &format!("{expected:?}"), found)) }
}

fn wrong_shape(dataset: &str, expected: &str, found: &[usize]) -> Error {
    Error::WrongShape { dataset: dataset.to_owned(), expected: expected.to_owned(), found: format!("{found:?}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two_orbits() -> Ensemble {
        let mut ensemble = Ensemble::new(2, vec![0.0, 0.5, 1.0]);
        ensemble.push((0..12).map(f64::from).collect());
        ensemble.push((12..24).map(f64::from).collect());
        ensemble
    }

    fn message(change: impl FnOnce(&mut Group)) -> String {
        let mut group = trajectories_group(&two_orbits(), None).unwrap();
        change(&mut group);
        ensemble(&group).unwrap_err().to_string()
    }

    #[test]
    fn groups_give_back_their_ensembles() {
        let energy = [0.0; 6];
        let group = trajectories_group(&two_orbits(), Some(&energy)).unwrap();
        assert_eq!(group.dataset("q").unwrap().floats("q").unwrap()[..4], [0.0, 1.0, 4.0, 5.0]);
        assert_eq!(group.dataset("p").unwrap().floats("p").unwrap()[..4], [2.0, 3.0, 6.0, 7.0]);
        assert_eq!(group.dataset("energy").unwrap().shape(), [2, 3]);
        assert_eq!(ensemble(&group).unwrap(), two_orbits());
    }

    #[test]
    fn variables_without_pairs_are_kept_as_they_are() {
        let top =
            Ensemble { width: 3, orbits: vec![(0..6).map(f64::from).collect()], ..Ensemble::new(0, vec![0.0, 1.0]) };
        let group = trajectories_group(&top, Some(&[1.0, 1.0])).unwrap();
        assert_eq!(group.dataset("z").unwrap().shape(), [1, 2, 3]);
        assert!(group.dataset("q").is_err());
        assert_eq!(ensemble(&group).unwrap(), top);
    }

    #[test]
    fn empty_ensembles_survive() {
        let none = Ensemble::new(2, vec![]);
        assert_eq!(ensemble(&trajectories_group(&none, None).unwrap()).unwrap(), none);
        assert!(trajectories_group(&none, Some(&[1.0])).is_err());
    }

    #[test]
    fn times_may_be_given_by_orbit_if_they_agree() {
        let by_orbit = |t: [f64; 6]| Dataset::array([("orbit", 2), ("time", 3)], t.to_vec());
        let mut group = trajectories_group(&two_orbits(), None).unwrap();
        group.insert("t", by_orbit([0.0, 0.5, 1.0, 0.0, 0.5, 1.0]));
        assert_eq!(ensemble(&group).unwrap(), two_orbits());
        let other = message(|group| group.insert("t", by_orbit([0.0, 0.5, 1.0, 0.0, 0.5, 2.0])));
        assert!(other.starts_with("`t` at [1, 0]: this orbit has other times"), "{other}");
    }

    #[test]
    fn what_does_not_fit_is_told_with_its_place() {
        let axes = [("orbit", 2), ("time", 3), ("dof", 2)];
        let absent = message(|group| drop(group.datasets.remove("p")));
        assert_eq!(absent, "there is no `p`; there are: q, t");
        let flat = message(|group| group.insert("q", Dataset::array([("time", 3)], vec![0.0; 3])));
        assert_eq!(flat, "`q` should have shape (orbit, time, dof) and has [3]");
        let narrow = message(|group| group.insert("p", Dataset::plain(&[2, 3, 1], vec![0.0; 6])));
        assert_eq!(narrow, "`p` should have shape [2, 3, 2] and has [2, 3, 1]");
        let mut values = vec![0.0; 12];
        values[9] = f64::NAN;
        let not_a_number = message(|group| group.insert("p", Dataset::array(axes, values)));
        assert_eq!(not_a_number, "`p` at [1, 1, 1]: the number is not finite");
        let back = message(|group| group.insert("t", Dataset::array([("time", 3)], vec![0.0, 1.0, 1.0])));
        assert_eq!(back, "`t` at [2]: times should increase");
        let short = message(|group| group.insert("t", Dataset::array([("time", 2)], vec![0.0, 1.0])));
        assert_eq!(short, "`t` should have shape [3] and has [2]");
        let whole = message(|group| group.insert("q", Dataset::array(axes, vec![1_i64; 12])));
        assert_eq!(whole, "`q` should hold real numbers and holds whole numbers");
    }
}
