//! Executable functions, and how they are called.

use memmap2::Mmap;

use super::LANES;

/// Bytes of one row: a number in each lane.
pub(super) const ROW: usize = 8 * LANES;

/// An executable function, and the numbers it reads.
#[derive(Debug)]
pub(super) struct Function {
    pub(super) code: Mmap,
    pub(super) constants: Vec<f64>,
    /// Bytes that one call covers of a row.
    pub(super) width: usize,
}

/// What a function works on: addresses of the first numbers.
pub(super) struct Operands {
    pub(super) rows: *mut u8,
    pub(super) points: *const u8,
    pub(super) results: *mut u8,
    /// Bytes between two numbers of one point, and of one result.
    pub(super) pitch: usize,
}

impl Function {
    /// Calls it for every vector of lanes of a row.
    ///
    /// # Safety
    /// The operands are at least as large as the function was made for, and the rows are aligned to their size.
    pub(super) unsafe fn call(&self, operands: &Operands) {
        type Entry = extern "sysv64" fn(*mut u8, *const f64, *const u8, *mut u8, usize);
        // SAFETY: the bytes are a whole function of this signature, made for instructions that the processor has.
        let entry: Entry = unsafe { std::mem::transmute(self.code.as_ptr()) };
        for offset in (0..ROW).step_by(self.width) {
            let Operands { rows, points, results, pitch } = *operands;
            let constants = self.constants.as_ptr();
            entry(
                rows.wrapping_add(offset),
                constants,
                points.wrapping_add(offset),
                results.wrapping_add(offset),
                pitch,
            );
        }
    }
}
