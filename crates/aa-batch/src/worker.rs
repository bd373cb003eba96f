//! A worker: takes tasks that are not settled, one after the other, and settles them.
//!
//! It knows nothing of other workers but their claims. Told to stop, by a signal or the end of its standard
//! input where it is tied to that, it drops what it is at and ends the process: nothing half-done
//! is left, and the claim is free at once.

use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aa_analysis::Unwatched;
use aa_plugin::{Analysis, Registry};

use crate::claim::{Claim, HEARTBEAT};
use crate::error::Error;
use crate::store::{Failure, Store};
use crate::task::Task;

/// The exit code of a worker that was told to stop.
pub const STOPPED: i32 = 75;

/// The exit code of a worker that Ctrl-C stopped.
pub const INTERRUPTED: i32 = 130;

/// The exit code that the process was asked to end with, once it was.
pub type Told = fn() -> Option<i32>;

/// A task whose worker has gone this often without a word is not given to another: it takes its worker with it.
const MOST_ATTEMPTS: u32 = 3;

/// How often a worker looks whether to stop.
const GLANCE: Duration = Duration::from_millis(50);

/// Settles tasks until none is left that nobody works on. Once `told` gives an exit code the process ends with that; where
/// it is tied and its standard input ends, with [`STOPPED`].
///
/// # Errors
/// The store cannot be written. A task that fails is recorded, and is no error.
pub fn work(registry: &Arc<Registry>, tasks: &[Task], store: &Store, tied: bool, told: Told) -> Result<(), Error> {
    let keeper = Arc::new(Keeper::default());
    keeper.clone().watch(tied, told);
    for task in tasks.iter().filter(|task| !store.is_settled(&task.key)) {
        let Some(claim) = store.claim(&task.key)? else { continue };
        let attempt = claim.attempt;
        *keeper.claim() = Some(claim);
        // Somebody may have settled it between the look and the claim.
        let outcome = if store.is_settled(&task.key) { None } else { Some(settle(registry, task, attempt)) };
        // From here on, whoever wants to stop waits until the result is on the disk.
        let mut claim = keeper.claim();
        match outcome {
            None => {}
            Some(Ok(analysis)) => store.keep(task, &analysis)?,
            Some(Err(failure)) => store.fail(&task.key, &failure)?,
        }
        if let Some(claim) = claim.take() {
            claim.release();
        }
    }
    Ok(())
}

/// Runs one analysis; whatever goes wrong in it is a failure of the task.
fn settle(registry: &Arc<Registry>, task: &Task, attempt: u32) -> Result<Box<Analysis>, Failure> {
    if attempt > MOST_ATTEMPTS {
        return Err(Failure { error: format!("its process ended {MOST_ATTEMPTS} times before it had a result") });
    }
    let analyse = || aa_plugin::analyze(registry, &task.request, Arc::new(Unwatched));
    match catch_unwind(AssertUnwindSafe(analyse)) {
        Ok(Ok(analysis)) => Ok(Box::new(analysis)),
        Ok(Err(error)) => {
            let place = error.place().map(|place| format!("{place}: ")).unwrap_or_default();
            Err(Failure { error: format!("{place}{error}") })
        }
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
            Err(Failure { error: format!("aatool broke a promise of its own: {}", text.unwrap_or("no words")) })
        }
    }
}

/// Keeps the claim alive and waits for the word to stop.
#[derive(Default)]
struct Keeper {
    claim: Mutex<Option<Claim>>,
    input_ended: AtomicBool,
}

impl Keeper {
    fn claim(&self) -> MutexGuard<'_, Option<Claim>> {
        self.claim.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn watch(self: Arc<Keeper>, tied: bool, told: Told) {
        if tied {
            let keeper = self.clone();
            std::thread::spawn(move || {
                let _ = std::io::stdin().read_to_end(&mut Vec::new());
                keeper.input_ended.store(true, Ordering::Relaxed);
            });
        }
        std::thread::spawn(move || self.keep(told));
    }

    fn keep(&self, told: Told) -> ! {
        let mut beat = Instant::now();
        loop {
            std::thread::sleep(GLANCE);
            if let Some(code) = told().or(self.input_ended.load(Ordering::Relaxed).then_some(STOPPED)) {
                // Held to the end of the process, so that nothing new is begun.
                let mut claim = self.claim();
                if let Some(claim) = claim.take() {
                    claim.release();
                }
                std::process::exit(code);
            }
            if beat.elapsed() > HEARTBEAT {
                beat = Instant::now();
                // A claim that is lost costs work done twice and nothing else.
                let _ = self.claim().as_ref().map(Claim::beat);
            }
        }
    }
}
