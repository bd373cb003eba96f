//! A checksum over the whole file, behind its end as HDF5 counts: a damaged file of ours is known as such before the C
//! library sees it, which damage can bring down.
//!
//! Other programs do not notice it. One that changes a file breaks the seal; who means to removes the root attribute `seal`.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use sha2::{Digest, Sha256};

/// Root attribute that says that the file has a seal.
pub(crate) const SEAL_NAME: &str = "seal";
pub(crate) const SEAL_TEXT: &str = "SHA-256 of the file follows the end of its HDF5 data";

/// What the seal begins with; 32 bytes of SHA-256 over all before follow.
const MARK: &[u8] = b"aatool seal ";
const LENGTH: usize = MARK.len() + 32;

/// What a file's seal says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seal {
    /// Every byte is as it was written.
    Holds,
    /// The file was changed or damaged.
    Broken,
    /// The file never had one: another program wrote it.
    Absent,
}

/// Seals a finished file.
pub(crate) fn seal(path: &Path) -> io::Result<()> {
    let digest = Sha256::digest(fs::read(path)?);
    let mut file = OpenOptions::new().append(true).open(path)?;
    file.write_all(&[MARK, &digest].concat())
}

/// Looks at the seal of a file's bytes.
pub(crate) fn check(bytes: &[u8]) -> Seal {
    let (content, end) = bytes.split_at(bytes.len().saturating_sub(LENGTH));
    match end.strip_prefix(MARK) {
        Some(digest) if digest == Sha256::digest(content).as_slice() => Seal::Holds,
        Some(_) => Seal::Broken,
        None if bytes.windows(SEAL_TEXT.len()).any(|window| window == SEAL_TEXT.as_bytes()) => Seal::Broken,
        None => Seal::Absent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_holds_until_a_byte_changes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, format!("some bytes, {SEAL_TEXT}, and more")).unwrap();
        seal(&path).unwrap();
        let bytes = fs::read(&path).unwrap();
        assert_eq!(check(&bytes), Seal::Holds);
        for place in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[place] ^= 1;
            assert_eq!(check(&damaged), Seal::Broken, "byte {place}");
        }
        assert_eq!(check(&bytes[..bytes.len() - 1]), Seal::Broken);
        assert_eq!(check(&[&bytes[..], b"x"].concat()), Seal::Broken);
        assert_eq!(check(b"some bytes"), Seal::Absent);
        assert_eq!(check(b""), Seal::Absent);
    }
}
