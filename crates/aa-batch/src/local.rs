//! The engine of one machine: processes that work side by side.
//!
//! A worker that is killed is replaced, and what it was at is done by another. Workers read from a pipe that this process
//! holds: when it ends, however it ends, they do.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use aa_analysis::Watch;

use crate::crew::{Crew, Finish, Run};
use crate::error::Error;
use crate::store::Store;
use crate::task::Task;
use crate::worker::{INTERRUPTED, STOPPED};

/// How often to look what has been done.
const GLANCE: Duration = Duration::from_millis(50);

/// Settles every task with processes on this machine.
///
/// # Errors
/// A worker cannot be started, or ends with an error: the store cannot be written.
pub fn run(crew: &Crew, tasks: &[Task], store: &Store, watch: &dyn Watch) -> Result<Finish, Error> {
    let mut run = Run::new(store, tasks, watch);
    let mut workers: Vec<Child> = Vec::new();
    loop {
        let left = run.look();
        if run.is_stopped() {
            workers.into_iter().for_each(dismiss);
            return Ok(Finish::Stopped);
        }
        if left == 0 {
            workers.into_iter().for_each(dismiss);
            return Ok(Finish::Settled);
        }
        if let Some(code) = reap(&mut workers)? {
            workers.into_iter().for_each(dismiss);
            return if [STOPPED, INTERRUPTED].contains(&code) {
                Ok(Finish::Stopped)
            } else {
                Err(Error::Worker { code })
            };
        }
        // Those that found nothing to do are not needed again while everything left is somebody's.
        let missing = crew.jobs.saturating_sub(workers.len());
        let wanted = if missing == 0 { 0 } else { run.status().waiting.min(missing) };
        for _ in 0..wanted {
            workers.push(start(crew)?);
        }
        std::thread::sleep(GLANCE);
    }
}

fn start(crew: &Crew) -> Result<Child, Error> {
    let mut command = Command::new(&crew.program);
    command.args(&crew.arguments).arg("--tied").stdin(Stdio::piped()).stdout(Stdio::null());
    command.spawn().map_err(|error| Error::Engine {
        reason: format!("no worker can be started: {error}"),
        hint: "try fewer --jobs".into(),
    })
}

/// Lets a worker drop what it is at, and waits for its end.
fn dismiss(mut worker: Child) {
    drop(worker.stdin.take());
    let _ = worker.wait();
}

/// Takes those out that have ended, and gives the exit code of one that ended with an error; a signal is none.
fn reap(workers: &mut Vec<Child>) -> Result<Option<i32>, Error> {
    let mut wrong = None;
    let mut still = Vec::new();
    for mut worker in workers.drain(..) {
        let ended = worker.try_wait().map_err(|error| Error::Engine {
            reason: format!("a worker cannot be waited for: {error}"),
            hint: "the same command goes on with what is left".into(),
        });
        match ended? {
            None => still.push(worker),
            Some(status) => wrong = status.code().filter(|code| *code != 0).or(wrong),
        }
    }
    *workers = still;
    Ok(wrong)
}
