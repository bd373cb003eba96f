//! Files that are whole or not there: made beside their place as `.FILE.1.aatool-tmp`, brought to the disk, renamed.
//!
//! Whoever writes holds a shared lock on the folder until the file has its name; the system lets go of it when a process
//! ends in any way. Who can lock a folder for itself alone knows that nobody is writing there, and removes what
//! writers of its file left that were killed: files of that name, which nobody else gives. A writer that gets no
//! lock, since the file system has none or another program keeps the folder to itself, waits a moment and then writes
//! as `.FILE.1.aatool-unlocked`, which nobody removes but itself.

use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How many remains of one file are looked for.
const MOST_REMAINS: usize = 8;

/// The endings of files that are being written, under a lock and without one.
const LOCKED: &str = "aatool-tmp";
const UNLOCKED: &str = "aatool-unlocked";

/// How often a folder is tried to be locked, and the time between: another writer keeps it to itself while it removes files.
const TRIES: usize = 20;
const PAUSE: Duration = Duration::from_millis(10);

/// A file that is to be another when it is whole; dropped before that, it goes.
#[derive(Debug)]
pub(crate) struct Temporary<'a> {
    path: PathBuf,
    target: &'a Path,
    is_placed: bool,
    /// Holds the shared lock; none where there is none.
    _folder: Option<File>,
}

impl<'a> Temporary<'a> {
    /// Makes an empty file beside its place that nobody else has, with the next number where another run writes the same
    /// file.
    pub(crate) fn beside(target: &'a Path) -> io::Result<Temporary<'a>> {
        let folder = File::open(folder(target)).ok();
        if let Some(folder) = &folder {
            remove_remains(target, folder);
        }
        let folder = folder.filter(share);
        let ending = if folder.is_some() { LOCKED } else { UNLOCKED };
        let mut number = 1;
        loop {
            let path = name(target, number, ending);
            match File::create_new(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
                made => return made.map(|_| Temporary { path, target, is_placed: false, _folder: folder }),
            }
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Brings the file to the disk and gives it its name.
    pub(crate) fn place(mut self) -> io::Result<()> {
        File::open(&self.path)?.sync_all()?;
        fs::rename(&self.path, self.target)?;
        self.is_placed = true;
        // Some file systems cannot sync a folder; the file is whole either way.
        let _ = File::open(folder(self.target)).and_then(|folder| folder.sync_all());
        Ok(())
    }
}

impl Drop for Temporary<'_> {
    fn drop(&mut self) {
        if !self.is_placed {
            // The failure that led here is the one to tell.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Writes a file of any kind whole or not at all, in place of an older one.
///
/// # Errors
/// What the system says; nothing is left behind then.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = Temporary::beside(path)?;
    File::options().write(true).open(temporary.path())?.write_all(bytes)?;
    temporary.place()
}

fn remove_remains(target: &Path, folder: &File) {
    let remains: Vec<PathBuf> =
        (1..=MOST_REMAINS).map(|number| name(target, number, LOCKED)).filter(|path| path.exists()).collect();
    if !remains.is_empty() && folder.try_lock().is_ok() {
        remains.iter().for_each(|path| drop(fs::remove_file(path)));
        let _ = folder.unlock();
    }
}

/// Locks a folder together with other writers; says whether it could.
fn share(folder: &File) -> bool {
    for _ in 0..TRIES {
        match folder.try_lock_shared() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            tried => return tried.is_ok(),
        }
    }
    false
}

fn name(target: &Path, number: usize, ending: &str) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(target.file_name().unwrap_or_default());
    name.push(format!(".{number}.{ending}"));
    target.with_file_name(name)
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn remains_go_with_the_next_writer_and_what_is_being_written_stays() {
        let place = tempfile::tempdir().unwrap();
        let target = place.path().join("a.h5");
        // The last two are a user's own.
        let [one, two, other] = [".a.h5.1.aatool-tmp", ".a.h5.2.aatool-tmp", ".b.h5.1.aatool-tmp"];
        for remains in [one, two, other, "a.h5.2.tmp", "a.h5.tmp"] {
            fs::write(place.path().join(remains), "cut off").unwrap();
        }
        let first = Temporary::beside(&target).unwrap();
        assert_eq!(names(place.path()), [one, other, "a.h5.2.tmp", "a.h5.tmp"]);
        let second = Temporary::beside(&target).unwrap();
        assert_eq!(names(place.path()), [one, two, other, "a.h5.2.tmp", "a.h5.tmp"]);
        fs::write(first.path(), "first").unwrap();
        first.place().unwrap();
        drop(second);
        assert_eq!(names(place.path()), [other, "a.h5", "a.h5.2.tmp", "a.h5.tmp"]);
        write_whole(&target, b"third").unwrap();
        assert_eq!((fs::read(&target).unwrap(), names(place.path()).len()), (b"third".to_vec(), 4));
    }

    #[test]
    fn a_folder_that_another_program_keeps_locked_is_written_to_all_the_same() {
        let place = tempfile::tempdir().unwrap();
        let target = place.path().join("a.h5");
        let kept = File::open(place.path()).unwrap();
        kept.lock().unwrap();
        let first = Temporary::beside(&target).unwrap();
        kept.unlock().unwrap();
        // Without a lock of its own, it is in nobody's way and nobody's prey.
        write_whole(&target, b"second").unwrap();
        assert_eq!(names(place.path()), [".a.h5.1.aatool-unlocked", "a.h5"]);
        first.place().unwrap();
        assert_eq!(names(place.path()), ["a.h5"]);
    }

    #[test]
    fn many_writers_at_once_leave_one_whole_file() {
        let place = tempfile::tempdir().unwrap();
        let target = place.path().join("a");
        let texts: Vec<Vec<u8>> = (0..8).map(|i| vec![b'0' + i; 100_000]).collect();
        std::thread::scope(|scope| {
            for text in &texts {
                scope.spawn(|| (0..20).for_each(|_| write_whole(&target, text).unwrap()));
            }
        });
        assert!(texts.contains(&fs::read(&target).unwrap()));
        assert_eq!(names(place.path()), ["a"]);
    }
}
