//! Vector registers: what they are for, and what they hold.

use iced_x86::code_asm::{AsmRegisterYmm, AsmRegisterZmm};

use crate::Isa;
use crate::recurrence::Recurrence;

/// The registers in use.
#[derive(Clone, Copy)]
pub(super) enum Width {
    /// Eight numbers.
    Zmm,
    /// Four numbers.
    Ymm,
}

impl Width {
    /// That of an instruction set, where this processor has it and there is code for it.
    pub(super) fn of(isa: Isa) -> Option<Width> {
        match isa {
            Isa::Avx512 if isa.is_available() => Some(Width::Zmm),
            Isa::Avx2 if isa.is_available() => Some(Width::Ymm),
            _ => None,
        }
    }

    pub(super) fn bytes(self) -> usize {
        match self {
            Width::Zmm => 64,
            Width::Ymm => 32,
        }
    }

    pub(super) fn n_registers(self) -> usize {
        match self {
            Width::Zmm => 32,
            Width::Ymm => 16,
        }
    }
}

/// The register of a vector of numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Register(pub(super) usize);

/// The sum on its way.
pub(super) const SUM: Register = Register(0);
/// A factor on its way.
pub(super) const SCRATCH: Register = Register(1);
/// A number in all lanes.
pub(super) const NUMBER: Register = Register(2);
/// The registers from here on are free for each kind of code, up to [`FIRST_HELD`].
pub(super) const FIRST_FREE: usize = 3;
/// The first of those that hold coefficients.
pub(super) const FIRST_HELD: usize = FIRST_FREE + 2 * Recurrence::MOST_PRODUCTS;

impl Register {
    pub(super) fn zmm(self) -> AsmRegisterZmm {
        use iced_x86::code_asm::registers::zmm::*;
        const ALL: [AsmRegisterZmm; 32] = [
            zmm0, zmm1, zmm2, zmm3, zmm4, zmm5, zmm6, zmm7, zmm8, zmm9, zmm10, zmm11, zmm12, zmm13, zmm14, zmm15,
            zmm16, zmm17, zmm18, zmm19, zmm20, zmm21, zmm22, zmm23, zmm24, zmm25, zmm26, zmm27, zmm28, zmm29, zmm30,
            zmm31,
        ];
        ALL[self.0]
    }

    pub(super) fn ymm(self) -> AsmRegisterYmm {
        use iced_x86::code_asm::registers::ymm::*;
        const ALL: [AsmRegisterYmm; 16] =
            [ymm0, ymm1, ymm2, ymm3, ymm4, ymm5, ymm6, ymm7, ymm8, ymm9, ymm10, ymm11, ymm12, ymm13, ymm14, ymm15];
        ALL[self.0]
    }
}

/// Coefficients that registers hold: those written last, which the next ones need first, since the way through memory
/// takes longer than the sums; and those read last, which several convolutions share.
pub(super) struct Held {
    /// What each register holds, and when it was last of use.
    places: Vec<(Option<usize>, u64)>,
    now: u64,
}

impl Held {
    pub(super) fn new(width: Width) -> Held {
        Held { places: vec![(None, 0); width.n_registers() - FIRST_HELD], now: 0 }
    }

    pub(super) fn find(&mut self, place: usize) -> Option<Register> {
        let index = self.places.iter().position(|&(held, _)| held == Some(place))?;
        self.now += 1;
        self.places[index].1 = self.now;
        Some(Register(FIRST_HELD + index))
    }

    /// The register for another coefficient, in place of the one that was of no use for longest.
    pub(super) fn take(&mut self, place: usize) -> Register {
        self.now += 1;
        let oldest = self.places.iter().enumerate().min_by_key(|(_, (_, used))| *used).map_or(0, |(index, _)| index);
        self.places[oldest] = (Some(place), self.now);
        Register(FIRST_HELD + oldest)
    }
}

/// The second factor of a product.
#[derive(Clone, Copy)]
pub(super) enum Factor {
    Register(Register),
    Memory(usize),
}
