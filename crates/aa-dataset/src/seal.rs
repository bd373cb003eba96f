//! A checksum over the whole file, behind its end as HDF5 counts: a damaged file of ours is known as such before the C
//! library sees it, which damage can bring down.
//!
//! Other programs do not notice it. One that changes a file breaks the seal; who means to removes the root attribute `seal`.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
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
    let digest = digest(File::open(path)?)?;
    let mut file = OpenOptions::new().append(true).open(path)?;
    file.write_all(&[MARK, &digest].concat())
}

/// The bytes read at once.
const PIECE: usize = 1 << 20;

fn digest(mut bytes: impl Read) -> io::Result<Vec<u8>> {
    let (mut hash, mut piece) = (Sha256::new(), vec![0; PIECE]);
    loop {
        match bytes.read(&mut piece)? {
            0 => return Ok(hash.finalize().to_vec()),
            n => hash.update(&piece[..n]),
        }
    }
}

/// Looks at the seal of a file, a piece at a time.
pub(crate) fn check(file: &mut File) -> io::Result<Seal> {
    let length = file.metadata()?.len();
    let content = length.saturating_sub(LENGTH as u64);
    let mut end = Vec::new();
    file.seek(SeekFrom::Start(content))?;
    file.read_to_end(&mut end)?;
    file.rewind()?;
    let Some(expected) = end.strip_prefix(MARK) else {
        return Ok(if mentions_seal(file)? { Seal::Broken } else { Seal::Absent });
    };
    Ok(if expected == digest(file.take(content))? { Seal::Holds } else { Seal::Broken })
}

/// Whether the attribute is there that says that a seal should be.
fn mentions_seal(file: &mut File) -> io::Result<bool> {
    let (mut piece, mut kept) = (vec![0; PIECE], 0);
    loop {
        let n = file.read(&mut piece[kept..])?;
        if piece[..kept + n].windows(SEAL_TEXT.len()).any(|window| window == SEAL_TEXT.as_bytes()) {
            return Ok(true);
        }
        if n == 0 {
            return Ok(false);
        }
        // The text may begin in one piece and end in the next.
        let rest = (kept + n).min(SEAL_TEXT.len() - 1);
        piece.copy_within(kept + n - rest..kept + n, 0);
        kept = rest;
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// What the seal of a file with these bytes says.
    fn check(bytes: &[u8]) -> Seal {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        super::check(&mut file).unwrap()
    }

    #[test]
    fn a_text_across_two_pieces_is_found() {
        for before in PIECE - 60..=PIECE + 1 {
            assert_eq!(
                check(&[vec![b' '; before], SEAL_TEXT.into(), vec![b' '; 50]].concat()),
                Seal::Broken,
                "{before}"
            );
        }
    }

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
