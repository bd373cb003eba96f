//! What a script may use: operations, depth, sizes, bytes and seconds.
//!
//! Counts come first, for they are the same on every machine; seconds are a safety stop. They are seconds of work, not of
//! waiting, and neither they nor the bytes count in a `Recess`, while the host works at the script's request.

use std::cell::Cell;
use std::time::Duration;

use crate::allocator::bytes_held;
use crate::confinement;

/// Bounds on one run of a script. The defaults are generous for a formula and small for the machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// Steps of the interpreter.
    pub operations: u64,
    /// Functions that are inside one another.
    pub call_depth: usize,
    /// Brackets that are inside one another, in the text.
    pub expression_depth: usize,
    /// Bytes of one text.
    pub text_bytes: usize,
    /// Elements of one list, those of lists in it included.
    pub list_length: usize,
    /// Entries of one map.
    pub map_length: usize,
    /// Variables alive at once.
    pub variables: usize,
    /// Bytes allocated by the script's thread; enforced under [`CountingAllocator`](crate::CountingAllocator).
    pub bytes: u64,
    /// CPU seconds of the script's thread; none for the user's own studies.
    pub seconds: Option<f64>,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            operations: 5_000_000,
            call_depth: 128,
            expression_depth: 128,
            text_bytes: 1 << 20,
            list_length: 1 << 14,
            map_length: 1 << 14,
            variables: 4096,
            bytes: 128 << 20,
            seconds: Some(3.0),
        }
    }
}

#[derive(Clone, Copy, Default)]
struct Bounds {
    bytes: Option<i64>,
    /// Of the thread's own time.
    deadline: Option<Duration>,
}

thread_local! {
    static BOUNDS: Cell<Bounds> = const { Cell::new(Bounds { bytes: None, deadline: None }) };
}

/// Bounds on bytes and seconds for the current thread, from its making until it is dropped.
///
/// Engines made by [`crate::engine`] look at it at every step of a script.
pub struct Budget {
    outer: Bounds,
}

impl Budget {
    /// Starts counting now.
    pub fn start(limits: &Limits) -> Budget {
        let bytes = i64::try_from(limits.bytes).ok().map(|bytes| bytes_held().saturating_add(bytes));
        // A bound beyond what a clock can hold is no bound.
        let duration = limits.seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let deadline = duration.and_then(|duration| own_time().checked_add(duration));
        Budget { outer: BOUNDS.replace(Bounds { bytes, deadline }) }
    }

    /// A bound on bytes alone.
    pub fn bytes(bytes: u64) -> Budget {
        Budget::start(&Limits { bytes, seconds: None, ..Limits::default() })
    }
}

impl Drop for Budget {
    fn drop(&mut self) {
        BOUNDS.set(self.outer);
    }
}

/// The bounds stand still until it is dropped: what instruments take and leave behind is not the script's.
pub(crate) struct Recess {
    bytes: i64,
    time: Duration,
    _confinement: confinement::Recess,
}

impl Recess {
    pub(crate) fn begin() -> Recess {
        Recess { bytes: bytes_held(), time: own_time(), _confinement: confinement::Recess::begin() }
    }
}

impl Drop for Recess {
    fn drop(&mut self) {
        let Bounds { bytes, deadline } = BOUNDS.get();
        let bytes = bytes.map(|limit| limit.saturating_add(bytes_held() - self.bytes));
        let deadline = deadline.map(|deadline| deadline.saturating_add(own_time().saturating_sub(self.time)));
        BOUNDS.set(Bounds { bytes, deadline });
    }
}

/// The time that this thread has worked; on the clock, where the system does not tell.
#[cfg(unix)]
fn own_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}

#[cfg(not(unix))]
fn own_time() -> Duration {
    static START: std::sync::LazyLock<std::time::Instant> = std::sync::LazyLock::new(std::time::Instant::now);
    START.elapsed()
}

/// Which bound has been passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exceeded {
    Bytes,
    Seconds,
}

/// Looks at the current thread's budget; the clock only now and then, since reading it is slow.
pub(crate) fn exceeded(operation: u64) -> Option<Exceeded> {
    let bounds = BOUNDS.get();
    if bounds.bytes.is_some_and(|limit| bytes_held() > limit) {
        return Some(Exceeded::Bytes);
    }
    let look = operation.is_multiple_of(8);
    (look && bounds.deadline.is_some_and(|deadline| own_time() > deadline)).then_some(Exceeded::Seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_host_does_in_a_recess_does_not_count() {
        let _budget = Budget::bytes(1 << 10);
        let recess = Recess::begin();
        let held = vec![0u8; 1 << 12];
        assert_eq!(exceeded(0), Some(Exceeded::Bytes));
        drop(recess);
        assert_eq!(exceeded(0), None);
        let more = vec![0u8; 1 << 12];
        assert_eq!(exceeded(0), Some(Exceeded::Bytes));
        drop((held, more));
    }

    #[test]
    fn a_budget_ends_with_its_guard() {
        let held: Vec<u8>;
        {
            let _budget = Budget::bytes(1 << 10);
            assert_eq!(exceeded(0), None);
            held = vec![0; 1 << 12];
            assert_eq!(exceeded(0), Some(Exceeded::Bytes));
        }
        assert_eq!(exceeded(0), None);
        drop(held);
    }
}
