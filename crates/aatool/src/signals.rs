//! Signals: Ctrl-C ends every command with exit code 130. Work that can go on later ends by itself first, so that what is
//! done is kept; SIGTERM ends that with 75.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Once};
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag::{register_conditional_shutdown, register_usize};

use crate::Ending;

/// Whether the next signal ends the process at once.
static AT_ONCE: LazyLock<Arc<AtomicBool>> = LazyLock::new(|| Arc::new(AtomicBool::new(true)));

/// The signal that came, or 0.
static CAME: LazyLock<Arc<AtomicUsize>> = LazyLock::new(Arc::default);

/// Gives Ctrl-C its exit code.
pub(crate) fn listen() {
    hear(SIGINT, Ending::Interrupted);
}

/// One request to end may come as several signals: to a process, and to its group.
const ONE_REQUEST: Duration = Duration::from_secs(1);

/// Lets the work end by itself at the first signal, see [`asked`]; one that comes more than a second later ends the process
/// at once.
pub(crate) fn end_gently() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        AT_ONCE.store(false, Ordering::SeqCst);
        hear(SIGTERM, Ending::Unfinished);
        std::thread::spawn(|| {
            while asked().is_none() {
                std::thread::sleep(ONE_REQUEST / 10);
            }
            std::thread::sleep(ONE_REQUEST);
            AT_ONCE.store(true, Ordering::SeqCst);
        });
    });
}

/// Handlers are called in the order in which they are registered. Where one cannot be, the signal does what the system lets
/// it do, which is to end the process.
fn hear(signal: i32, ending: Ending) {
    let _ = register_conditional_shutdown(signal, i32::from(ending.code()), AT_ONCE.clone());
    let _ = register_usize(signal, CAME.clone(), usize::try_from(signal).expect("signals are positive"));
}

/// How the command is to end, once it was asked to.
pub(crate) fn asked() -> Option<Ending> {
    match CAME.load(Ordering::SeqCst) {
        0 => None,
        signal if signal == SIGTERM as usize => Some(Ending::Unfinished),
        _ => Some(Ending::Interrupted),
    }
}
