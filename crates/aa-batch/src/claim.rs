//! Claims: who is working on a task, as a file beside the place of its result.
//!
//! A claim is made with `O_EXCL`, so that one of many makes it, and its time is set anew while its owner works: the
//! heartbeat. A claim whose owner is gone is taken over. Should two take over at once, the task is done twice: results are
//! equal bytes and take their place whole, so that is waste and no harm.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

/// How often an owner shows that it is there.
pub const HEARTBEAT: Duration = Duration::from_secs(5);

/// A claim this long without a heartbeat has lost its owner: clocks of machines differ by less, and so do pauses of file
/// systems.
const STALE: Duration = Duration::from_secs(60);

/// A claim that this process has.
#[derive(Debug)]
pub struct Claim {
    path: PathBuf,
    /// How many owners there were, this one included; those before went away without a word.
    pub attempt: u32,
}

/// What stands in the file.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Owner {
    host: String,
    process: u32,
    attempt: u32,
}

impl Claim {
    /// Makes the claim; none where somebody else is at work.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn make(path: &Path) -> io::Result<Option<Claim>> {
        let attempt = match Claim::create(path, 1) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => match is_live(path)? {
                true => return Ok(None),
                false => owner(path).attempt + 1,
            },
            made => return made.map(Some),
        };
        // Away with the old one, then the same race as for a new one.
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        match Claim::create(path, attempt) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(None),
            made => made.map(Some),
        }
    }

    fn create(path: &Path, attempt: u32) -> io::Result<Claim> {
        let mut file = File::create_new(path)?;
        let owner = Owner { host: host(), process: std::process::id(), attempt };
        file.write_all(serde_json::to_string(&owner).expect("an owner is plain data").as_bytes())?;
        Ok(Claim { path: path.to_owned(), attempt })
    }

    /// Shows that the owner is there.
    ///
    /// # Errors
    /// The file is gone or cannot be written.
    pub fn beat(&self) -> io::Result<()> {
        File::options().write(true).open(&self.path)?.set_modified(SystemTime::now())
    }

    /// Gives the task free.
    pub fn release(self) {
        // Where it cannot be removed it becomes stale.
        let _ = fs::remove_file(&self.path);
    }
}

/// Whether a claim has an owner who is at work: its heartbeat is young, and its process, if that ran on this machine, is there.
///
/// # Errors
/// The file cannot be looked at; one that is gone has no owner.
pub fn is_live(path: &Path) -> io::Result<bool> {
    let modified = match fs::metadata(path).and_then(|metadata| metadata.modified()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        modified => modified?,
    };
    // A heartbeat from the future is that of a clock ahead of ours.
    let age = SystemTime::now().duration_since(modified).unwrap_or_default();
    let owner = owner(path);
    Ok(age < STALE && !(owner.process != 0 && owner.host == host() && is_gone(owner.process)))
}

/// The owner; one that nobody knows where the file is not whole yet.
fn owner(path: &Path) -> Owner {
    fs::read(path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
}

/// Whether a process of this machine is surely not there any more.
fn is_gone(process: u32) -> bool {
    let processes = Path::new("/proc");
    processes.join("self").exists() && !processes.join(process.to_string()).exists()
}

fn host() -> String {
    fs::read_to_string("/proc/sys/kernel/hostname").map(|name| name.trim().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_two_gets_the_claim_until_it_is_released() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("task.lock");
        let claim = Claim::make(&path).unwrap().unwrap();
        assert!(Claim::make(&path).unwrap().is_none() && is_live(&path).unwrap());
        claim.beat().unwrap();
        claim.release();
        assert!(!is_live(&path).unwrap());
        assert_eq!(Claim::make(&path).unwrap().unwrap().attempt, 1);
    }

    #[test]
    fn claims_without_an_owner_are_taken_over_and_counted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("task.lock");
        let mut gone = std::process::Command::new("true").spawn().unwrap();
        gone.wait().unwrap();
        let here = Owner { host: host(), process: gone.id(), attempt: 2 };
        fs::write(&path, serde_json::to_string(&here).unwrap()).unwrap();
        assert_eq!(Claim::make(&path).unwrap().unwrap().attempt, 3);
        // Of another machine only the heartbeat tells.
        let away = Owner { host: "elsewhere".into(), ..here };
        fs::write(&path, serde_json::to_string(&away).unwrap()).unwrap();
        assert!(Claim::make(&path).unwrap().is_none());
        let old = SystemTime::now() - 2 * STALE;
        File::options().write(true).open(&path).unwrap().set_modified(old).unwrap();
        assert_eq!(Claim::make(&path).unwrap().unwrap().attempt, 3);
    }
}
