//! Limits of the operating system around scripts that are not in the binary.
//!
//! [`engine`](mod@crate::engine) and [`limits`](mod@crate::limits) stop a script between two of its steps, with its line. What happens
//! inside one step (an operation of the host that does not end, memory taken at once, a crash of the interpreter) only the
//! system can stop, and it stops whole processes. So a command that meets such a script runs in a child, the same binary
//! once more, that [`enter`]s confinement first of all. While a script runs there, a `Section` draws the limits in: CPU
//! seconds, memory, length and number of files. Around instruments, and after the script, they are as before, but for the
//! memory that the machine has. A note that the waiting parent can read says which script is running: the parent makes an error of a
//! child that died in one, or in an instrument that it called.
//!
//! *Why the whole command, and not the tracing alone:* formulas would have to cross the border between processes, pass
//! scripts call instruments on artifacts that are large, and what is made of a traced formula is as much its author's
//! choice as the trace. The start of a process costs 10 ms.
//!
//! *Protected against:* computing, filling memory or files without end, crashing the interpreter, whether by mistake or
//! on purpose, in system scripts and passes of plugins, in a file of the user's, and in scripts inside a bundle. Scripts
//! whose text the binary has itself run without a child.
//!
//! *Not protected against:* scripts have no function that reads files, environment or network; one that found a fault in
//! the interpreter's own memory would have the rights of the user. A formula that is cheap to write and dear to analyse costs
//! what the budgets of the passes allow. The number of processes is not limited, since the system counts those of the
//! whole user. A study (`aatool run`) is its user's own work and has no limit of CPU time. Memory is limited on Linux only; where the system is no Unix, nothing beyond the engine's limits is.

use std::fs::File;
use std::path::Path;
use std::process::ExitStatus;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use crate::error::{Error, Place};
use crate::source::Source;

/// CPU seconds of the process that a script may use, at most one more; the engine's own limit is lower.
const SECONDS: u64 = 4;

/// Bytes that the process may take in addition while a script runs: half of it is the stack, of which nesting uses little.
const BYTES: u64 = 1 << 30;

/// As much again for each thread of a pool that may start meanwhile, for its stack.
const THREAD_BYTES: u64 = 2 << 20;

/// Bytes of a file that may be written while a script runs: other threads may keep a batch's claim alive.
const FILE_BYTES: u64 = 1 << 20;

/// Files that may be open while a script runs.
const FILES: u64 = 256;

/// Who was at work, as the note says it before the path of the script.
const SCRIPT: &str = "script";
const INSTRUMENT: &str = "instrument";

/// A process in confinement.
struct Confined {
    /// What the parent reads.
    note: Option<File>,
    /// The paths of the scripts that are running; the last is the innermost.
    running: Vec<String>,
    /// How many instruments have been called and not returned.
    recesses: usize,
    usual: kernel::Usual,
}

static CONFINED: OnceLock<Mutex<Confined>> = OnceLock::new();

/// Puts this process in confinement for the rest of its life. `note` is the file in which the parent finds the script that
/// was running, and has written its own number before; a process whose parent asks no questions has none.
///
/// # Errors
/// The note cannot be opened, or the parent is gone.
pub fn enter(note: Option<&Path>) -> std::io::Result<()> {
    let parent = note.map(std::fs::read_to_string).transpose()?;
    let note = note.map(|note| File::options().write(true).open(note)).transpose()?;
    kernel::settle(parent.as_deref())?;
    CONFINED.get_or_init(|| Mutex::new(Confined { note, running: Vec::new(), recesses: 0, usual: kernel::usual() }));
    Ok(())
}

/// What a child that died while a script ran died of; none where no script is in the note, or it did not die.
pub fn cause(status: ExitStatus, note: &Path) -> Option<Error> {
    let note = std::fs::read_to_string(note).ok()?;
    let (who, path) = note.split_once(' ')?;
    let what = kernel::what_ended(status, who == SCRIPT)?;
    let text = std::fs::read_to_string(path).unwrap_or_default();
    Some(Error::Limit { place: Box::new(Place::new(path, &text, 1, 1)), what })
}

/// The limits are drawn in until it is dropped.
pub(crate) struct Section;

impl Section {
    /// Begins, where the process is confined and the script is not in the binary.
    pub(crate) fn begin(source: &Source) -> Option<Section> {
        let confined = CONFINED.get().filter(|_| !source.is_bundled())?;
        let mut confined = held(confined);
        confined.running.push(source.path.clone());
        confined.apply();
        Some(Section)
    }
}

impl Drop for Section {
    fn drop(&mut self) {
        change(|confined| drop(confined.running.pop()));
    }
}

/// The limits are as before until it is dropped: the host works at the script's request.
pub(crate) struct Recess;

impl Recess {
    pub(crate) fn begin() -> Recess {
        change(|confined| confined.recesses += 1);
        Recess
    }
}

impl Drop for Recess {
    fn drop(&mut self) {
        change(|confined| confined.recesses -= 1);
    }
}

fn change(change: impl FnOnce(&mut Confined)) {
    if let Some(confined) = CONFINED.get() {
        let mut confined = held(confined);
        change(&mut confined);
        confined.apply();
    }
}

fn held(confined: &Mutex<Confined>) -> MutexGuard<'_, Confined> {
    confined.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Confined {
    fn apply(&mut self) {
        kernel::restore(&self.usual);
        let Some(script) = self.running.last() else { return self.write("") };
        let who = if self.recesses == 0 { SCRIPT } else { INSTRUMENT };
        self.write(&format!("{who} {script}"));
        if self.recesses == 0 {
            kernel::tighten();
        }
    }

    /// A note that cannot be kept costs the name of the script, should it be needed.
    ///
    /// A panic on its way out of a script leaves the note: the parent is to read who was at work.
    fn write(&self, text: &str) {
        if let Some(note) = self.note.as_ref().filter(|_| !std::thread::panicking()) {
            let _ = kernel::write(note, text);
        }
    }
}

#[cfg(unix)]
mod kernel {
    use std::fs::File;
    use std::os::unix::fs::FileExt;
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    use rustix::process::{Resource, Rlimit, Signal, getrlimit, setrlimit};
    use rustix::time::{ClockId, clock_gettime};

    use super::{BYTES, FILE_BYTES, FILES, SECONDS, THREAD_BYTES};

    const DRAWN_IN: [Resource; 4] = [Resource::Cpu, Resource::Data, Resource::Fsize, Resource::Nofile];

    pub(super) type Usual = [Rlimit; 4];

    /// Once and for all: no memory image is left behind, and the end of the parent is the end of the child.
    pub(super) fn settle(parent: Option<&str>) -> std::io::Result<()> {
        limit(Resource::Core, 0);
        let Some(parent) = parent else { return Ok(()) };
        // Without it a child whose parent was killed would work to its end, unseen.
        #[cfg(target_os = "linux")]
        rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
        // It may have been killed before.
        let is_there = parent == std::os::unix::process::parent_id().to_string();
        is_there.then_some(()).ok_or_else(|| std::io::ErrorKind::BrokenPipe.into())
    }

    /// The limits of this process; no more memory than there is, so that what asks for more fails before the machine does.
    pub(super) fn usual() -> Usual {
        if let Some(all) = numbers("/proc/meminfo").next() {
            limit(Resource::Data, all << 10);
        }
        DRAWN_IN.map(getrlimit)
    }

    pub(super) fn restore(usual: &Usual) {
        for (resource, usual) in DRAWN_IN.into_iter().zip(usual) {
            let _ = setrlimit(resource, *usual);
        }
    }

    pub(super) fn tighten() {
        let used = clock_gettime(ClockId::ProcessCPUTime).tv_sec.unsigned_abs();
        limit(Resource::Cpu, used + 1 + SECONDS);
        // What RLIMIT_DATA counts, memory that is private and can be written: in proc_pid_statm(5), the sixth number of pages.
        if let Some(pages) = numbers("/proc/self/statm").nth(5) {
            let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get) as u64;
            limit(Resource::Data, pages * rustix::param::page_size() as u64 + BYTES + threads * THREAD_BYTES);
        }
        limit(Resource::Fsize, FILE_BYTES);
        limit(Resource::Nofile, FILES);
    }

    /// Lowers the soft limit, which this process may always do and undo.
    fn limit(resource: Resource, most: u64) {
        let usual = getrlimit(resource);
        let current = usual.current.map_or(most, |current| current.min(most));
        let _ = setrlimit(resource, Rlimit { current: Some(current), ..usual });
    }

    /// The numbers in a file of the kernel; none where there is no such file.
    fn numbers(path: &str) -> impl Iterator<Item = u64> {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let numbers = text.split_whitespace().filter_map(|word| word.parse().ok());
        numbers.collect::<Vec<_>>().into_iter()
    }

    pub(super) fn write(note: &File, text: &str) -> std::io::Result<()> {
        note.set_len(0)?;
        note.write_all_at(text.as_bytes(), 0)
    }

    /// In words; a panic (exit code 101) is a way to die too.
    pub(super) fn what_ended(status: ExitStatus, is_script: bool) -> Option<String> {
        let signal = status.signal().and_then(Signal::from_named_raw);
        let what = match (signal, status.code()) {
            (Some(Signal::XCPU), _) => "one step of it takes longer than a script may",
            (Some(Signal::XFSZ), _) => "a file grows while it runs",
            (Some(Signal::ABORT | Signal::KILL), _) if is_script => {
                "one step of it takes more memory than a script may use, or nests without end"
            }
            (Some(Signal::ABORT | Signal::KILL), _) => "an instrument that it calls takes more memory than there is",
            (Some(Signal::SEGV | Signal::BUS | Signal::ILL), _) | (_, Some(101)) => "it brings aatool down",
            _ => return None,
        };
        Some(what.into())
    }
}

/// Where there are no such limits.
#[cfg(not(unix))]
mod kernel {
    use std::fs::File;
    use std::process::ExitStatus;

    pub(super) type Usual = ();
    pub(super) fn settle(_parent: Option<&str>) -> std::io::Result<()> {
        Ok(())
    }
    pub(super) fn usual() {}
    pub(super) fn restore(_usual: &Usual) {}
    pub(super) fn tighten() {}
    pub(super) fn write(_note: &File, _text: &str) -> std::io::Result<()> {
        Ok(())
    }
    pub(super) fn what_ended(_status: ExitStatus, _is_script: bool) -> Option<String> {
        None
    }
}
