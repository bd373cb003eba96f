//! What both engines need to know: the command that workers run, and how a run ended.

use std::path::{Path, PathBuf};

use aa_analysis::Watch;

use crate::store::{Status, Store};
use crate::task::Task;

/// Workers that are to be: how they are started, and how many.
#[derive(Clone, Debug)]
pub struct Crew {
    /// aatool itself.
    pub program: PathBuf,
    /// The arguments of a worker, which name the plan, the store, the instruction set and the threads.
    pub arguments: Vec<String>,
    /// How many at once, or how many jobs.
    pub jobs: usize,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// Every task is done or failed.
    Settled,
    /// Asked to stop; what is done is kept.
    Stopped,
}

/// A run as its engine sees it: what is left, who watches, and whether to stop.
pub(crate) struct Run<'a> {
    pub(crate) store: &'a Store,
    left: Vec<&'a Task>,
    n_tasks: usize,
    watch: &'a dyn Watch,
}

impl<'a> Run<'a> {
    pub(crate) fn new(store: &'a Store, tasks: &'a [Task], watch: &'a dyn Watch) -> Run<'a> {
        let mut run = Run { store, left: tasks.iter().collect(), n_tasks: tasks.len(), watch };
        run.look();
        run
    }

    /// Looks what has been settled, and tells; gives how many tasks are left.
    pub(crate) fn look(&mut self) -> usize {
        let store = self.store;
        self.left.retain(|task| !store.is_settled(&task.key));
        self.watch.progress("tasks", self.n_tasks - self.left.len(), self.n_tasks);
        self.left.len()
    }

    pub(crate) fn is_left(&self, task: &Task) -> bool {
        !self.store.is_settled(&task.key)
    }

    /// How far what is left is.
    pub(crate) fn status(&self) -> Status {
        self.store.status(self.left.iter().copied())
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.watch.stop()
    }
}

/// A path as other processes find it, wherever they run.
pub(crate) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
