//! A worker: takes tasks that are not settled, one after the other, and settles them.
//!
//! It knows nothing of other workers but their claims. Told to stop, by SIGTERM, SIGINT or the end of its standard
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

/// A task whose worker has gone this often without a word is not given to another: it takes its worker with it.
const MOST_ATTEMPTS: u32 = 3;

/// How often a worker looks whether to stop.
const GLANCE: Duration = Duration::from_millis(50);

/// Settles tasks until none is left that nobody works on. Where it is told to stop the process ends with [`STOPPED`].
///
/// # Errors
/// The store cannot be written. A task that fails is recorded, and is no error.
pub fn work(registry: &Arc<Registry>, tasks: &[Task], store: &Store, tied: bool) -> Result<(), Error> {
    let keeper = Arc::new(Keeper::default());
    keeper.clone().watch(tied)?;
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
    stop: Arc<AtomicBool>,
}

impl Keeper {
    fn claim(&self) -> MutexGuard<'_, Option<Claim>> {
        self.claim.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn watch(self: Arc<Keeper>, tied: bool) -> Result<(), Error> {
        listen(&self.stop)?;
        if tied {
            let stop = self.stop.clone();
            std::thread::spawn(move || {
                let _ = std::io::stdin().read_to_end(&mut Vec::new());
                stop.store(true, Ordering::Relaxed);
            });
        }
        std::thread::spawn(move || self.keep());
        Ok(())
    }

    fn keep(&self) -> ! {
        let mut beat = Instant::now();
        loop {
            std::thread::sleep(GLANCE);
            if self.stop.load(Ordering::Relaxed) {
                // Held to the end of the process, so that nothing new is begun.
                let mut claim = self.claim();
                if let Some(claim) = claim.take() {
                    claim.release();
                }
                std::process::exit(STOPPED);
            }
            if beat.elapsed() > HEARTBEAT {
                beat = Instant::now();
                // A claim that is lost costs work done twice and nothing else.
                let _ = self.claim().as_ref().map(Claim::beat);
            }
        }
    }
}

/// Sets a flag when the process is asked to end.
pub(crate) fn listen(stop: &Arc<AtomicBool>) -> Result<(), Error> {
    for signal in [signal_hook::consts::SIGTERM, signal_hook::consts::SIGINT] {
        signal_hook::flag::register(signal, stop.clone()).map_err(|error| Error::Engine {
            reason: format!("no signal can be listened to: {error}"),
            hint: "this is a fault of the system".into(),
        })?;
    }
    Ok(())
}
