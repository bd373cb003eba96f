//! The store: a folder with one file a task, `ab/cd/<key>.h5`, where `abcd` begins the key.
//!
//! A task is done when its file is there: files are written beside their place, brought to the disk and renamed. Beside it
//! may stand `<key>.lock`, the claim of who is at work, `<key>.failed`, why there is no result, and `<key>.unmet`, a list of
//! what the result says was not met, so that it need not be opened to know. Stores of older versions lack it.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use aa_dataset::{Bundle, BundleFile, Dataset};
use aa_plugin::Analysis;
use aa_plugin::source::sha256;
use serde::{Deserialize, Serialize};

use crate::claim::{Claim, is_live};
use crate::error::Error;
use crate::task::Task;

/// Where a result holds what its key is the hash of.
const INPUTS: &str = "task/inputs";

/// The results of batches.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
}

/// How far the tasks of a plan are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Status {
    /// All of them.
    pub tasks: usize,
    /// Those with a result.
    pub done: usize,
    /// Those somebody works on.
    pub running: usize,
    /// Those that ended without a result.
    pub failed: usize,
    /// The others.
    pub waiting: usize,
}

/// Why a task has no result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What was wrong, in words, with its place where it has one.
    pub error: String,
}

/// What the result of a task says was not met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotMet {
    /// Passes that failed, and claims that were refuted.
    pub names: Vec<String>,
    /// Whether that was written down beside the result; otherwise it is from the result's document.
    pub is_recorded: bool,
}

impl Store {
    /// The store in a folder, which need not be there yet.
    pub fn new(folder: &Path) -> Store {
        Store { folder: folder.to_owned() }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the result of a task is, once it is there.
    pub fn result(&self, key: &str) -> PathBuf {
        self.place(key, "h5")
    }

    fn place(&self, key: &str, kind: &str) -> PathBuf {
        self.folder.join(&key[..2]).join(&key[2..4]).join(format!("{key}.{kind}"))
    }

    /// Whether there is a result or a failure; whether the result is sound is not looked at.
    pub fn is_settled(&self, key: &str) -> bool {
        self.result(key).exists() || self.place(key, "failed").exists()
    }

    /// The result of a task, read whole, so that damage is seen.
    ///
    /// # Errors
    /// It is not there, or damaged, or that of another task.
    pub fn read(&self, key: &str) -> Result<Bundle, aa_dataset::Error> {
        let path = self.result(key);
        let bundle = aa_dataset::read(&path)?;
        let inputs = bundle.dataset(INPUTS)?.texts(INPUTS)?.concat();
        if sha256(inputs.as_bytes()) == key {
            return Ok(bundle);
        }
        Err(aa_dataset::Error::Damaged {
            path,
            dataset: INPUTS.into(),
            reason: "it is the result of another task".into(),
        })
    }

    /// Removes the results that are damaged, so that they are made again; gives their paths.
    ///
    /// # Errors
    /// One cannot be removed.
    pub fn drop_damaged(&self, tasks: &[Task]) -> Result<Vec<PathBuf>, Error> {
        let there = tasks.iter().map(|task| task.key.as_str()).filter(|key| self.result(key).exists());
        let damaged: Vec<PathBuf> = there.filter(|key| self.read(key).is_err()).map(|key| self.result(key)).collect();
        damaged.iter().try_for_each(|path| remove(path))?;
        Ok(damaged)
    }

    /// Why a task failed, if it did.
    pub fn failure(&self, key: &str) -> Option<Failure> {
        let bytes = fs::read(self.place(key, "failed")).ok()?;
        let unreadable = || Failure { error: "the record of the failure cannot be read".into() };
        Some(serde_json::from_slice(&bytes).unwrap_or_else(|_| unreadable()))
    }

    /// Claims a task; none where somebody else works on it.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn claim(&self, key: &str) -> Result<Option<Claim>, Error> {
        let path = self.place(key, "lock");
        let folder = path.parent().expect("a lock lies in a folder");
        fs::create_dir_all(folder).map_err(|error| Error::cannot_write(folder, &error))?;
        Claim::make(&path).map_err(|error| Error::cannot_write(&path, &error))
    }

    /// Keeps a result.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn keep(&self, task: &Task, analysis: &Analysis) -> Result<(), Error> {
        let mut bundle = aa_plugin::bundle(analysis)?;
        let inputs = Dataset::scalar(task.inputs.to_string()).long_name("what the key is the SHA-256 of, as JSON");
        bundle.insert(INPUTS, inputs);
        self.record(&task.key, "unmet", &analysis.document.unmet())?;
        Ok(aa_dataset::write(&bundle, &self.result(&task.key))?)
    }

    /// What the result of a task says was not met; none where there is no result.
    pub fn unmet(&self, key: &str) -> Option<NotMet> {
        let path = self.result(key);
        path.exists().then(|| {
            let record = fs::read(self.place(key, "unmet")).ok();
            match record.and_then(|bytes| serde_json::from_slice(&bytes).ok()) {
                Some(names) => NotMet { names, is_recorded: true },
                None => NotMet { names: stated(&path), is_recorded: false },
            }
        })
    }

    /// Records that a task failed.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn fail(&self, key: &str, failure: &Failure) -> Result<(), Error> {
        self.record(key, "failed", failure)
    }

    /// Writes a record beside the place of a result, whole or not at all.
    fn record(&self, key: &str, kind: &str, record: &impl Serialize) -> Result<(), Error> {
        let path = self.place(key, kind);
        let text = serde_json::to_string(record).expect("a record is plain data");
        aa_dataset::write_whole(&path, text.as_bytes()).map_err(|error| Error::cannot_write(&path, &error))
    }

    /// Forgets the failures of these tasks, so that they are tried again; gives how many there were.
    ///
    /// # Errors
    /// A record cannot be removed.
    pub fn retry(&self, tasks: &[Task]) -> Result<usize, Error> {
        let failed: Vec<PathBuf> =
            tasks.iter().map(|task| self.place(&task.key, "failed")).filter(|path| path.exists()).collect();
        failed.iter().try_for_each(|path| remove(path))?;
        Ok(failed.len())
    }

    /// Counts the tasks by how far they are.
    pub fn status<'a>(&self, tasks: impl IntoIterator<Item = &'a Task>) -> Status {
        let mut status = Status::default();
        for Task { key, .. } in tasks {
            status.tasks += 1;
            match () {
                () if self.result(key).exists() => status.done += 1,
                () if self.place(key, "failed").exists() => status.failed += 1,
                () if is_live(&self.place(key, "lock")).unwrap_or(false) => status.running += 1,
                () => status.waiting += 1,
            }
        }
        status
    }

    /// Removes what belongs to no task of the plan, and what writers left that were killed; gives the number of files. What
    /// somebody is working on stays.
    ///
    /// # Errors
    /// The store cannot be read, or a file not be removed.
    pub fn collect_garbage(&self, tasks: &[Task]) -> Result<usize, Error> {
        let named: BTreeSet<&str> = tasks.iter().map(|task| task.key.as_str()).collect();
        let mut removed = 0;
        for path in self.files()? {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            // What a killed writer left begins with a dot.
            let name = name.trim_start_matches('.');
            let (key, kind) = name.split_once('.').unwrap_or((name, ""));
            let is_wanted = named.contains(key) && matches!(kind, "h5" | "failed" | "unmet");
            let is_ours = key.len() == 64 && key.bytes().all(|byte| byte.is_ascii_hexdigit());
            if is_ours && !is_wanted && !is_live(&self.place(key, "lock")).unwrap_or(true) {
                remove(&path)?;
                removed += 1;
            }
        }
        Ok(removed)
    }

    /// The files two folders down.
    fn files(&self) -> Result<Vec<PathBuf>, Error> {
        let mut level = vec![self.folder.clone()];
        for _ in 0..3 {
            let mut below = Vec::new();
            for folder in level.iter().filter(|folder| folder.is_dir()) {
                let entries = fs::read_dir(folder).and_then(|entries| entries.collect::<io::Result<Vec<_>>>());
                let entries = entries.map_err(|error| Error::cannot_write(folder, &error))?;
                below.extend(entries.iter().map(fs::DirEntry::path));
            }
            level = below;
        }
        level.retain(|path| path.is_file());
        level.sort();
        Ok(level)
    }
}

/// What the document of a result says was not met; a result that cannot be read does not meet what was asked for.
fn stated(path: &Path) -> Vec<String> {
    let document = || {
        let bundle = BundleFile::open(path)?.read_without_orbits()?;
        aa_plugin::document(&bundle, path)
    };
    document().map_or_else(|_| vec!["the result, which cannot be read".into()], |document| document.unmet())
}

fn remove(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::cannot_write(path, &error)),
        _ => Ok(()),
    }
}
