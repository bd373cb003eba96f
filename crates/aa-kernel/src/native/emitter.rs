//! Vector instructions, a function at a time.
//!
//! A function works on one vector of lanes: eight with AVX-512, four with AVX2. It finds rows of lanes, numbers, and
//! where there are any, points and results, whose numbers are a pitch apart, at the addresses it is called with.

use std::collections::HashMap;

use iced_x86::IcedError;
use iced_x86::code_asm::{
    AsmMemoryOperand, AsmRegister64, CodeAssembler, qword_ptr, r8, r12, r13, r14, r15, rax, rbx, rcx, rdi, rdx, rsi,
    ymmword_ptr, zmmword_ptr,
};
use memmap2::MmapMut;

use super::calls::Call;
use super::function::{Function, ROW};
use super::registers::{Factor, Held, NUMBER, Register, SCRATCH, SUM, Width};
use crate::Isa;

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
    pub(super) stride: usize,
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
            $crate::native::registers::Width::Zmm => $self.assembler.$instruction($a.zmm(), $b.zmm()),
            $crate::native::registers::Width::Ymm => $self.assembler.$instruction($a.ymm(), $b.ymm()),
        }
    };
    ($self:ident, $instruction:ident, r $a:expr, m $b:expr) => {
        match $self.width {
            $crate::native::registers::Width::Zmm => {
                $self.assembler.$instruction($a.zmm(), $crate::native::emitter::zmm_row($b))
            }
            $crate::native::registers::Width::Ymm => {
                $self.assembler.$instruction($a.ymm(), $crate::native::emitter::ymm_row($b))
            }
        }
    };
    ($self:ident, $instruction:ident, m $a:expr, r $b:expr) => {
        match $self.width {
            $crate::native::registers::Width::Zmm => {
                $self.assembler.$instruction($crate::native::emitter::zmm_row($a), $b.zmm())
            }
            $crate::native::registers::Width::Ymm => {
                $self.assembler.$instruction($crate::native::emitter::ymm_row($a), $b.ymm())
            }
        }
    };
    ($self:ident, $instruction:ident, r $a:expr, c $b:expr) => {
        match $self.width {
            $crate::native::registers::Width::Zmm => {
                $self.assembler.$instruction($a.zmm(), $crate::native::emitter::constant($b))
            }
            $crate::native::registers::Width::Ymm => {
                $self.assembler.$instruction($a.ymm(), $crate::native::emitter::constant($b))
            }
        }
    };
    ($self:ident, $instruction:ident, r $a:expr, r $b:expr, m $c:expr) => {
        match $self.width {
            $crate::native::registers::Width::Zmm => {
                $self.assembler.$instruction($a.zmm(), $b.zmm(), $crate::native::emitter::zmm_row($c))
            }
            $crate::native::registers::Width::Ymm => {
                $self.assembler.$instruction($a.ymm(), $b.ymm(), $crate::native::emitter::ymm_row($c))
            }
        }
    };
    ($self:ident, $instruction:ident, r $a:expr, r $b:expr, r $c:expr) => {
        match $self.width {
            $crate::native::registers::Width::Zmm => $self.assembler.$instruction($a.zmm(), $b.zmm(), $c.zmm()),
            $crate::native::registers::Width::Ymm => $self.assembler.$instruction($a.ymm(), $b.ymm(), $c.ymm()),
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
