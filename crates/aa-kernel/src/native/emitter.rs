//! Vector instructions, a function at a time.
//!
//! A function works on one vector of lanes: eight with AVX-512, four with AVX2. It finds rows of lanes, numbers, and
//! where there are any, points and results, whose numbers are a pitch apart, at the addresses it is called with.

use std::collections::HashMap;

use iced_x86::IcedError;
use iced_x86::code_asm::{
    AsmMemoryOperand, AsmRegister64, AsmRegisterYmm, AsmRegisterZmm, CodeAssembler, qword_ptr, r8, r12, r13, r14, r15,
    rax, rbx, rcx, rdi, rdx, rsi, ymmword_ptr, zmmword_ptr,
};
use memmap2::{Mmap, MmapMut};

use super::LANES;
use super::calls::Call;
use crate::Isa;
use crate::recurrence::Recurrence;

/// Bytes of one row: a number in each lane.
pub(super) const ROW: usize = 8 * LANES;

/// An executable function, and the numbers it reads.
#[derive(Debug)]
pub(super) struct Function {
    code: Mmap,
    constants: Vec<f64>,
    /// Bytes that one call covers of a row.
    width: usize,
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
    fn of(isa: Isa) -> Option<Width> {
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
struct Held {
    /// What each register holds, and when it was last of use.
    places: Vec<(Option<usize>, u64)>,
    now: u64,
}

impl Held {
    fn new(width: Width) -> Held {
        Held { places: vec![(None, 0); width.n_registers() - FIRST_HELD], now: 0 }
    }

    fn find(&mut self, place: usize) -> Option<Register> {
        let index = self.places.iter().position(|&(held, _)| held == Some(place))?;
        self.now += 1;
        self.places[index].1 = self.now;
        Some(Register(FIRST_HELD + index))
    }

    /// The register for another coefficient, in place of the one that was of no use for longest.
    fn take(&mut self, place: usize) -> Register {
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

/// Numbers that the code reads, each once.
#[derive(Default)]
struct Constants {
    numbers: Vec<f64>,
    places: HashMap<u64, usize>,
}

impl Constants {
    fn offset(&mut self, number: f64) -> usize {
        let numbers = &mut self.numbers;
        let place = *self.places.entry(number.to_bits()).or_insert_with(|| {
            numbers.push(number);
            numbers.len() - 1
        });
        8 * place
    }
}

pub(super) type Emitted = Result<(), IcedError>;

/// Where a function keeps its addresses: rows, numbers, points, results, and the pitch.
const KEPT: [AsmRegister64; 5] = [rbx, r12, r13, r14, r15];
const POINTS: AsmRegister64 = r13;
const RESULTS: AsmRegister64 = r14;
const PITCH: AsmRegister64 = r15;

/// A function on its way to machine code.
pub(super) struct Emitter {
    pub(super) assembler: CodeAssembler,
    pub(super) width: Width,
    pub(super) isa: Isa,
    /// Places that a series takes.
    stride: usize,
    constants: Constants,
    /// The number in its register.
    number: Option<u64>,
    held: Held,
}

/// A row of eight lanes.
pub(super) fn zmm_row(offset: usize) -> AsmMemoryOperand {
    zmmword_ptr(rbx + offset)
}

/// A row of four lanes.
pub(super) fn ymm_row(offset: usize) -> AsmMemoryOperand {
    ymmword_ptr(rbx + offset)
}

/// A number in memory.
pub(super) fn constant(offset: usize) -> AsmMemoryOperand {
    qword_ptr(r12 + offset)
}

/// One instruction, on vectors of either width. Operands: `r` a register, `m` a coefficient, `c` a number in memory.
macro_rules! vector {
    ($self:ident, $instruction:ident, r $a:expr, r $b:expr) => {
        match $self.width {
            $crate::native::emitter::Width::Zmm => $self.assembler.$instruction($a.zmm(), $b.zmm()),
            $crate::native::emitter::Width::Ymm => $self.assembler.$instruction($a.ymm(), $b.ymm()),
        }
    };
    ($self:ident, $instruction:ident, r $a:expr, m $b:expr) => {
        match $self.width {
            $crate::native::emitter::Width::Zmm => {
                $self.assembler.$instruction($a.zmm(), $crate::native::emitter::zmm_row($b))
            }
            $crate::native::emitter::Width::Ymm => {
                $self.assembler.$instruction($a.ymm(), $crate::native::emitter::ymm_row($b))
            }
        }
    };
    ($self:ident, $instruction:ident, m $a:expr, r $b:expr) => {
        match $self.width {
            $crate::native::emitter::Width::Zmm => {
                $self.assembler.$instruction($crate::native::emitter::zmm_row($a), $b.zmm())
            }
            $crate::native::emitter::Width::Ymm => {
                $self.assembler.$instruction($crate::native::emitter::ymm_row($a), $b.ymm())
            }
        }
    };
    ($self:ident, $instruction:ident, r $a:expr, c $b:expr) => {
        match $self.width {
            $crate::native::emitter::Width::Zmm => {
                $self.assembler.$instruction($a.zmm(), $crate::native::emitter::constant($b))
            }
            $crate::native::emitter::Width::Ymm => {
                $self.assembler.$instruction($a.ymm(), $crate::native::emitter::constant($b))
            }
        }
    };
    ($self:ident, $instruction:ident, r $a:expr, r $b:expr, m $c:expr) => {
        match $self.width {
            $crate::native::emitter::Width::Zmm => {
                $self.assembler.$instruction($a.zmm(), $b.zmm(), $crate::native::emitter::zmm_row($c))
            }
            $crate::native::emitter::Width::Ymm => {
                $self.assembler.$instruction($a.ymm(), $b.ymm(), $crate::native::emitter::ymm_row($c))
            }
        }
    };
    ($self:ident, $instruction:ident, r $a:expr, r $b:expr, r $c:expr) => {
        match $self.width {
            $crate::native::emitter::Width::Zmm => $self.assembler.$instruction($a.zmm(), $b.zmm(), $c.zmm()),
            $crate::native::emitter::Width::Ymm => $self.assembler.$instruction($a.ymm(), $b.ymm(), $c.ymm()),
        }
    };
}

pub(super) use vector;

impl Emitter {
    /// A function for an instruction set, over rows of which every series takes `stride`; none without code for the set.
    pub(super) fn new(isa: Isa, stride: usize) -> Option<Emitter> {
        let width = Width::of(isa)?;
        let assembler = CodeAssembler::new(64).ok()?;
        let (constants, held) = (Constants::default(), Held::new(width));
        let mut emitter = Emitter { assembler, width, isa, stride, constants, number: None, held };
        emitter.enter().ok()?;
        Some(emitter)
    }

    /// The registers that a called function leaves as they are take the addresses.
    fn enter(&mut self) -> Emitted {
        let assembler = &mut self.assembler;
        for kept in KEPT {
            assembler.push(kept)?;
        }
        for (kept, argument) in KEPT.into_iter().zip([rdi, rsi, rdx, rcx, r8]) {
            assembler.mov(kept, argument)?;
        }
        Ok(())
    }

    /// The function, executable.
    pub(super) fn finish(mut self) -> Option<Function> {
        self.leave().ok()?;
        // Any address will do: there are no jumps in it.
        let bytes = self.assembler.assemble(0x1000).ok()?;
        let mut memory = MmapMut::map_anon(bytes.len()).ok()?;
        memory.copy_from_slice(&bytes);
        let code = memory.make_exec().ok()?;
        Some(Function { code, constants: self.constants.numbers, width: self.width.bytes() })
    }

    fn leave(&mut self) -> Emitted {
        self.assembler.vzeroupper()?;
        for kept in KEPT.into_iter().rev() {
            self.assembler.pop(kept)?;
        }
        self.assembler.ret()
    }

    /// Places that a series takes.
    pub(super) fn stride(&self) -> usize {
        self.stride
    }

    /// Where a coefficient lies, in bytes from the first.
    pub(super) fn place(&self, series: usize, power: usize) -> usize {
        (series * self.stride + power) * ROW
    }

    /// Puts a number in all lanes of its register, unless it is there.
    pub(super) fn broadcast(&mut self, number: f64) -> Emitted {
        if self.number == Some(number.to_bits()) {
            return Ok(());
        }
        self.number = Some(number.to_bits());
        self.fill(NUMBER, number)
    }

    /// Puts a number in all lanes of a register.
    pub(super) fn fill(&mut self, register: Register, number: f64) -> Emitted {
        let offset = self.constants.offset(number);
        vector!(self, vbroadcastsd, r register, c offset)
    }

    /// Reads the next number of the points.
    pub(super) fn read_point(&mut self, to: Register) -> Emitted {
        match self.width {
            Width::Zmm => self.assembler.vmovupd(to.zmm(), zmmword_ptr(POINTS))?,
            Width::Ymm => self.assembler.vmovupd(to.ymm(), ymmword_ptr(POINTS))?,
        }
        self.assembler.add(POINTS, PITCH)
    }

    /// Writes the next number of the results.
    pub(super) fn write_result(&mut self, from: Register) -> Emitted {
        match self.width {
            Width::Zmm => self.assembler.vmovupd(zmmword_ptr(RESULTS), from.zmm())?,
            Width::Ymm => self.assembler.vmovupd(ymmword_ptr(RESULTS), from.ymm())?,
        }
        self.assembler.add(RESULTS, PITCH)
    }

    /// Calls a function of places; whatever vector registers held is gone afterwards.
    pub(super) fn call(&mut self, function: Call, places: [usize; 3], number: u64) -> Emitted {
        for (argument, place) in [rdi, rsi, rdx].into_iter().zip(places) {
            self.assembler.lea(argument, rbx + place)?;
        }
        self.assembler.mov(rcx, number)?;
        self.assembler.mov(rax, function as usize as u64)?;
        self.assembler.call(rax)?;
        self.number = None;
        self.held = Held::new(self.width);
        Ok(())
    }

    /// Writes the sum, and holds it.
    pub(super) fn keep(&mut self, place: usize) -> Emitted {
        vector!(self, vmovapd, m place, r SUM)?;
        let register = self.held.take(place);
        vector!(self, vmovapd, r register, r SUM)
    }

    pub(super) fn multiply_sum(&mut self, number: f64) -> Emitted {
        self.broadcast(number)?;
        vector!(self, vmulpd, r SUM, r SUM, r NUMBER)
    }

    /// Adds a multiple to the sum, or begins it.
    pub(super) fn add_scaled(&mut self, is_first: bool, factor: f64, part: Factor) -> Emitted {
        match (is_first, factor) {
            (true, 1.0) => self.copy(SUM, part),
            (false, 1.0) => self.add(SUM, part),
            (false, -1.0) => self.subtract(SUM, part),
            (true, _) => {
                self.broadcast(factor)?;
                self.multiply(SUM, NUMBER, part)
            }
            (false, _) => {
                self.broadcast(factor)?;
                self.add_product(SUM, NUMBER, part)
            }
        }
    }

    /// One factor in a register, the other wherever it is; the order of the two does not matter.
    pub(super) fn factors(&mut self, a: usize, b: usize) -> Result<(Register, Factor), IcedError> {
        let (a, b) = (self.factor(a), self.factor(b));
        self.one_in_register(a, b)
    }

    /// The same, of factors that have been found.
    pub(super) fn one_in_register(&mut self, a: Factor, b: Factor) -> Result<(Register, Factor), IcedError> {
        match (a, b) {
            (Factor::Register(a), b) => Ok((a, b)),
            (a, Factor::Register(b)) => Ok((b, a)),
            (a, b) => {
                self.copy(SCRATCH, a)?;
                Ok((SCRATCH, b))
            }
        }
    }

    pub(super) fn factor(&mut self, place: usize) -> Factor {
        self.held.find(place).map_or(Factor::Memory(place), Factor::Register)
    }

    pub(super) fn hold(&mut self, place: usize) -> Result<Factor, IcedError> {
        if let Some(register) = self.held.find(place) {
            return Ok(Factor::Register(register));
        }
        let register = self.held.take(place);
        self.copy(register, Factor::Memory(place))?;
        Ok(Factor::Register(register))
    }

    pub(super) fn copy(&mut self, to: Register, from: Factor) -> Emitted {
        match from {
            Factor::Register(from) => vector!(self, vmovapd, r to, r from),
            Factor::Memory(place) => vector!(self, vmovapd, r to, m place),
        }
    }

    pub(super) fn add(&mut self, sum: Register, term: Factor) -> Emitted {
        match term {
            Factor::Register(term) => vector!(self, vaddpd, r sum, r sum, r term),
            Factor::Memory(place) => vector!(self, vaddpd, r sum, r sum, m place),
        }
    }

    pub(super) fn subtract(&mut self, sum: Register, term: Factor) -> Emitted {
        match term {
            Factor::Register(term) => vector!(self, vsubpd, r sum, r sum, r term),
            Factor::Memory(place) => vector!(self, vsubpd, r sum, r sum, m place),
        }
    }

    pub(super) fn multiply(&mut self, product: Register, a: Register, b: Factor) -> Emitted {
        match b {
            Factor::Register(b) => vector!(self, vmulpd, r product, r a, r b),
            Factor::Memory(place) => vector!(self, vmulpd, r product, r a, m place),
        }
    }

    pub(super) fn add_product(&mut self, sum: Register, a: Register, b: Factor) -> Emitted {
        match b {
            Factor::Register(b) => vector!(self, vfmadd231pd, r sum, r a, r b),
            Factor::Memory(place) => vector!(self, vfmadd231pd, r sum, r a, m place),
        }
    }

    pub(super) fn subtract_product(&mut self, sum: Register, a: Register, b: Factor) -> Emitted {
        match b {
            Factor::Register(b) => vector!(self, vfnmadd231pd, r sum, r a, r b),
            Factor::Memory(place) => vector!(self, vfnmadd231pd, r sum, r a, m place),
        }
    }
}
