//! An allocator that counts, so that a script can be stopped before it fills the memory.
//!
//! Rhai bounds the sizes of texts, lists and maps, but not of what closures have captured. The bytes that a thread
//! holds are the one measure nothing escapes. The binary declares
//!
//! ```no_run
//! #[global_allocator]
//! static ALLOCATOR: aa_plugin::CountingAllocator = aa_plugin::CountingAllocator;
//! # fn main() {}
//! ```
//!
//! Without that declaration everything works and the limit on bytes is not enforced.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// The system's allocator, with a count per thread of the bytes held.
pub struct CountingAllocator;

thread_local! {
    // Constant and without a destructor: reading it from the allocator cannot allocate.
    static HELD: Cell<i64> = const { Cell::new(0) };
}

/// Bytes that the current thread has allocated less those it has freed. A thread that frees what others allocated
/// goes below zero; differences over a piece of work are what counts.
pub fn bytes_held() -> i64 {
    HELD.try_with(Cell::get).unwrap_or(0)
}

fn count(bytes: usize, sign: i64) {
    // During the end of a thread the counter may be gone; nobody reads it any more.
    let _ = HELD.try_with(|held| held.set(held.get().wrapping_add(sign * bytes as i64)));
}

// SAFETY: every call is passed on unchanged to the system's allocator, which keeps the contract; the counter neither
// allocates nor unwinds.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are those of the system's allocator.
        let pointer = unsafe { System.alloc(layout) };
        if !pointer.is_null() {
            count(layout.size(), 1);
        }
        pointer
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        let pointer = unsafe { System.alloc_zeroed(layout) };
        if !pointer.is_null() {
            count(layout.size(), 1);
        }
        pointer
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) };
        count(layout.size(), -1);
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: as above.
        let moved = unsafe { System.realloc(pointer, layout, new_size) };
        if !moved.is_null() {
            count(layout.size(), -1);
            count(new_size, 1);
        }
        moved
    }
}

#[cfg(test)]
#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_counted_and_what_is_freed_is_not() {
        let before = bytes_held();
        let mut block = vec![0u8; 1 << 20];
        block.resize(3 << 20, 1);
        assert!(bytes_held() - before >= 3 << 20);
        drop(block);
        assert!(bytes_held() - before < 1 << 16);
    }
}
