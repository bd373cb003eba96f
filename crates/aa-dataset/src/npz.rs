//! Orbits in NumPy's archives, in the layout of [`trajectories`](crate::trajectories): `numpy.savez(FILE, t=t, q=q, p=p)`,
//! compressed or not.
//!
//! The format: numpy.lib.format of NumPy's documentation, versions 1 to 3.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use zip::ZipArchive;
use zip::result::ZipError;

use crate::bundle::{Dataset, Group};
use crate::error::Error;

/// The arrays of `/trajectories` that a NumPy archive may hold.
const NAMES: [&str; 4] = ["t", "q", "p", "z"];

/// The arrays of an archive that are orbits.
pub(crate) fn read_npz(path: &Path) -> Result<Group, Error> {
    let damaged = |dataset: &str, reason: String| Error::Damaged { path: path.into(), dataset: dataset.into(), reason };
    let file = File::open(path).map_err(|error| Error::Missing { path: path.into(), reason: error.to_string() })?;
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|error| damaged("/", error.to_string()))?;
    let mut group = Group::default();
    for name in NAMES {
        let mut entry = match archive.by_name(&format!("{name}.npy")) {
            Ok(entry) => entry,
            Err(ZipError::FileNotFound) => continue,
            Err(error) => return Err(damaged(name, error.to_string())),
        };
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).map_err(|error| damaged(name, error.to_string()))?;
        group.insert(name, array(&bytes).map_err(|reason| Error::BadArray { name: name.into(), reason })?);
    }
    Ok(group)
}

/// An array of numbers in the rows' order.
fn array(bytes: &[u8]) -> Result<Dataset, String> {
    let (header, data) = split(bytes).ok_or("it is no array of NumPy")?;
    let field = |key: &str| {
        let (_, rest) = header.split_once(&format!("'{key}':")).ok_or_else(|| format!("its header has no `{key}`"))?;
        Ok::<&str, String>(rest.trim_start())
    };
    if field("fortran_order")?.starts_with("True") {
        return Err("it is in Fortran's order; store numpy.ascontiguousarray of it".into());
    }
    let inner = field("shape")?.trim_start_matches('(').split(')').next().unwrap_or_default();
    let lengths = inner.split(',').map(str::trim).filter(|length| !length.is_empty());
    let shape: Vec<usize> =
        lengths.map(|n| n.parse().map_err(|_| format!("`{n}` is no length"))).collect::<Result<_, _>>()?;
    let kind = field("descr")?.trim_start_matches('\'').split('\'').next().unwrap_or_default();
    let values: Vec<f64> = match kind {
        "<f8" => numbers(data, f64::from_le_bytes),
        "<f4" => numbers(data, |bytes| f64::from(f32::from_le_bytes(bytes))),
        "<i8" => numbers(data, |bytes| i64::from_le_bytes(bytes) as f64),
        "<i4" => numbers(data, |bytes| f64::from(i32::from_le_bytes(bytes))),
        other => return Err(format!("it holds numbers of the type {other}; store float64")),
    };
    let expected = shape.iter().try_fold(1_usize, |product, length| product.checked_mul(*length));
    if expected != Some(values.len()) {
        return Err(format!("it should have shape {shape:?} and has {} numbers", values.len()));
    }
    Ok(Dataset::plain(&shape, values))
}

/// Header and data.
fn split(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let rest = bytes.strip_prefix(b"\x93NUMPY")?;
    let (version, rest) = rest.split_at_checked(2)?;
    let (length, rest) = match version[0] {
        1 => rest.split_first_chunk().map(|(length, rest)| (usize::from(u16::from_le_bytes(*length)), rest))?,
        _ => rest.split_first_chunk().map(|(length, rest)| (u32::from_le_bytes(*length) as usize, rest))?,
    };
    let (header, data) = rest.split_at_checked(length)?;
    Some((std::str::from_utf8(header).ok()?, data))
}

fn numbers<const N: usize>(data: &[u8], read: impl Fn([u8; N]) -> f64) -> Vec<f64> {
    data.as_chunks().0.iter().map(|bytes| read(*bytes)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use zip::CompressionMethod;
    use zip::write::SimpleFileOptions;

    /// An array as NumPy writes it.
    fn npy(kind: &str, order: &str, shape: &str, data: &[u8]) -> Vec<u8> {
        let header = format!("{{'descr': '{kind}', 'fortran_order': {order}, 'shape': {shape}, }}\n");
        let length = (header.len() as u16).to_le_bytes();
        [b"\x93NUMPY\x01\x00".as_slice(), &length, header.as_bytes(), data].concat()
    }

    fn doubles(numbers: &[f64]) -> Vec<u8> {
        numbers.iter().flat_map(|x| x.to_le_bytes()).collect()
    }

    fn archive(path: &Path, how: CompressionMethod, arrays: &[(&str, Vec<u8>)]) {
        let mut writer = zip::ZipWriter::new(File::create(path).unwrap());
        for (name, bytes) in arrays {
            let options = SimpleFileOptions::default().compression_method(how);
            writer.start_file(format!("{name}.npy"), options).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap();
    }

    #[test]
    fn archives_hold_orbits_compressed_or_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("orbits.npz");
        let singles: Vec<u8> = [0.5_f32, 1.5, 2.5, 3.5].iter().flat_map(|x| x.to_le_bytes()).collect();
        let whole: Vec<u8> = [0_i64, 1].iter().flat_map(|x| x.to_le_bytes()).collect();
        let arrays = [
            ("t", npy("<i8", "False", "(2,)", &whole)),
            ("q", npy("<f8", "False", "(2, 2, 1)", &doubles(&[1.0, 2.0, 3.0, 4.0]))),
            ("p", npy("<f4", "False", "(2, 2, 1)", &singles)),
            ("notes", b"anything".to_vec()),
        ];
        for how in [CompressionMethod::Stored, CompressionMethod::Deflated] {
            archive(&path, how, &arrays);
            let found = crate::read_trajectories(&path).unwrap();
            assert_eq!((found.t, found.dof), (vec![0.0, 1.0], 1));
            assert_eq!(found.orbits, [[1.0, 0.5, 2.0, 1.5], [3.0, 2.5, 4.0, 3.5]]);
        }
    }

    #[test]
    fn arrays_that_are_no_orbits_are_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wrong.npz");
        let sound = || npy("<f8", "False", "(1, 2, 1)", &doubles(&[1.0, 2.0]));
        let refusal = |q: Vec<u8>| {
            let t = npy("<f8", "False", "(2,)", &doubles(&[0.0, 1.0]));
            archive(&path, CompressionMethod::Stored, &[("t", t), ("q", q), ("p", sound())]);
            crate::read_trajectories(&path).unwrap_err().to_string()
        };
        assert!(
            refusal(npy("<f8", "True", "(1, 2, 1)", &doubles(&[1.0, 2.0])))
                .starts_with("`q`: it is in Fortran's order")
        );
        assert!(refusal(npy("<c16", "False", "(1, 2, 1)", &[0; 32])).contains("type <c16"));
        assert!(refusal(npy("<f8", "False", "(9, 9)", &[0; 32])).contains("shape [9, 9] and has 4 numbers"));
        assert!(refusal(npy("<f8", "False", "(2,)", &[0; 16])).contains("(orbit, time, dof)"));
        assert!(refusal(b"text".to_vec()).contains("no array of NumPy"));
        std::fs::write(&path, "text").unwrap();
        assert_eq!(crate::read_trajectories(&path).unwrap_err().kind(), crate::Kind::Damaged);
    }
}
