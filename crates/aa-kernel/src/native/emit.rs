//! From recurrences to x86-64 vector instructions.

use std::collections::HashMap;

use iced_x86::IcedError;
use iced_x86::code_asm::{
    AsmRegisterYmm, AsmRegisterZmm, CodeAssembler, qword_ptr, rdi, rsi, ymmword_ptr, zmmword_ptr,
};
use memmap2::{Mmap, MmapMut};

use super::LANES;
use crate::Isa;
use crate::lanes::Lanes;
use crate::recurrence::{Product, Recurrence, Recurrences};

/// Products of coefficients beyond which code would no longer fit the caches that feed it.
const MOST_TERMS: usize = 40_000;

/// Bytes of one coefficient.
const COEFFICIENT: usize = 8 * LANES;

/// Executable code, and the numbers it reads.
#[derive(Debug)]
pub(super) struct Code {
    /// Fills the coefficients from those of order 0, and numbers.
    flow: Mmap,
    /// Sums the series of the variables, at a time for each lane.
    sums: Mmap,
    constants: Vec<f64>,
    /// Bytes that one call covers of a coefficient.
    width: usize,
    /// Coefficients that the series must have.
    n_coefficients: usize,
}

impl Code {
    pub(super) fn new(recurrences: &Recurrences, order: usize, isa: Isa) -> Option<Code> {
        let width = match isa {
            Isa::Avx512 if isa.is_available() => Width::Zmm,
            Isa::Avx2 if isa.is_available() => Width::Ymm,
            _ => return None,
        };
        if recurrences.n_terms(order) > MOST_TERMS {
            return None;
        }
        let mut flow = Emitter::new(width, order + 1).ok()?;
        flow.flow(recurrences, order).ok()?;
        let mut sums = Emitter::new(width, order + 1).ok()?;
        sums.sums(recurrences.n_state, order).ok()?;
        let n_coefficients = recurrences.n_coefficients(order);
        Some(Code {
            flow: flow.finish()?,
            sums: sums.finish()?,
            constants: flow.constants.numbers,
            width: width.bytes(),
            n_coefficients,
        })
    }

    /// Fills the coefficients.
    pub(super) fn run<const L: usize>(&self, series: &mut [Lanes<L>]) {
        self.call(&self.flow, series, |_| self.constants.as_ptr());
    }

    /// Moves the variables by a time.
    pub(super) fn advance<const L: usize>(&self, series: &mut [Lanes<L>], h: &Lanes<L>) {
        self.call(&self.sums, series, |offset| h.0[offset / 8..].as_ptr());
    }

    /// Calls a function of the coefficients and numbers, a vector of lanes after the other.
    fn call<const L: usize>(&self, code: &Mmap, series: &mut [Lanes<L>], numbers: impl Fn(usize) -> *const f64) {
        assert!(L == LANES && series.len() == self.n_coefficients, "the series belong to the code");
        // SAFETY: the bytes are a whole function of this signature, made for instructions that the processor has.
        let function: extern "sysv64" fn(*mut u8, *const f64) = unsafe { std::mem::transmute(code.as_ptr()) };
        for offset in (0..COEFFICIENT).step_by(self.width) {
            // SAFETY: the offset is within the first coefficient.
            let begin = unsafe { series.as_mut_ptr().cast::<u8>().add(offset) };
            // It reads and writes whole vectors of coefficients of these series, which are aligned, and reads numbers.
            function(begin, numbers(offset));
        }
    }
}

/// The registers in use.
#[derive(Clone, Copy)]
enum Width {
    /// Eight numbers.
    Zmm,
    /// Four numbers.
    Ymm,
}

impl Width {
    fn bytes(self) -> usize {
        match self {
            Width::Zmm => 64,
            Width::Ymm => 32,
        }
    }

    fn n_registers(self) -> usize {
        match self {
            Width::Zmm => 32,
            Width::Ymm => 16,
        }
    }
}

/// The register of a vector of numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Register(usize);

/// The sum of a recurrence.
const SUM: Register = Register(0);
/// A number in all lanes, or half a coefficient.
const SCRATCH: Register = Register(1);
/// Convolutions that are summed side by side.
const BATCH: usize = Recurrence::MOST_PRODUCTS;
/// The first of those that hold sums of convolutions; the rest hold coefficients.
const FIRST_CONVOLUTION: usize = 2;

impl Register {
    fn zmm(self) -> AsmRegisterZmm {
        use iced_x86::code_asm::registers::zmm::*;
        const ALL: [AsmRegisterZmm; 32] = [
            zmm0, zmm1, zmm2, zmm3, zmm4, zmm5, zmm6, zmm7, zmm8, zmm9, zmm10, zmm11, zmm12, zmm13, zmm14, zmm15,
            zmm16, zmm17, zmm18, zmm19, zmm20, zmm21, zmm22, zmm23, zmm24, zmm25, zmm26, zmm27, zmm28, zmm29, zmm30,
            zmm31,
        ];
        ALL[self.0]
    }

    fn ymm(self) -> AsmRegisterYmm {
        use iced_x86::code_asm::registers::ymm::*;
        const ALL: [AsmRegisterYmm; 16] =
            [ymm0, ymm1, ymm2, ymm3, ymm4, ymm5, ymm6, ymm7, ymm8, ymm9, ymm10, ymm11, ymm12, ymm13, ymm14, ymm15];
        ALL[self.0]
    }
}

/// Coefficients that registers hold: those written last, which the next ones need first, since the way through memory
/// takes longer than the sums; and those read last, which several convolutions share.
struct Held {
    first: usize,
    /// What each register holds, and when it was last of use.
    places: Vec<(Option<usize>, u64)>,
    now: u64,
}

impl Held {
    fn new(width: Width) -> Held {
        let first = FIRST_CONVOLUTION + 2 * BATCH;
        Held { first, places: vec![(None, 0); width.n_registers() - first], now: 0 }
    }

    fn find(&mut self, place: usize) -> Option<Register> {
        let index = self.places.iter().position(|&(held, _)| held == Some(place))?;
        self.now += 1;
        self.places[index].1 = self.now;
        Some(Register(self.first + index))
    }

    /// The register for another coefficient, in place of the one that was of no use for longest.
    fn take(&mut self, place: usize) -> Register {
        self.now += 1;
        let oldest = self.places.iter().enumerate().min_by_key(|(_, (_, used))| *used).map_or(0, |(index, _)| index);
        self.places[oldest] = (Some(place), self.now);
        Register(self.first + oldest)
    }
}

/// The second factor of a product.
#[derive(Clone, Copy)]
enum Factor {
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

type Emitted = Result<(), IcedError>;

struct Emitter {
    assembler: CodeAssembler,
    width: Width,
    stride: usize,
    constants: Constants,
    held: Held,
}

/// One instruction, on vectors of either width. Operands: `r` a register, `m` a coefficient, `c` a number in memory.
macro_rules! vector {
    ($self:ident, $instruction:ident, r $a:expr, r $b:expr) => {
        match $self.width {
            Width::Zmm => $self.assembler.$instruction($a.zmm(), $b.zmm()),
            Width::Ymm => $self.assembler.$instruction($a.ymm(), $b.ymm()),
        }
    };
    ($self:ident, $instruction:ident, r $a:expr, m $b:expr) => {
        match $self.width {
            Width::Zmm => $self.assembler.$instruction($a.zmm(), zmmword_ptr(rdi + $b)),
            Width::Ymm => $self.assembler.$instruction($a.ymm(), ymmword_ptr(rdi + $b)),
        }
    };
    ($self:ident, $instruction:ident, m $a:expr, r $b:expr) => {
        match $self.width {
            Width::Zmm => $self.assembler.$instruction(zmmword_ptr(rdi + $a), $b.zmm()),
            Width::Ymm => $self.assembler.$instruction(ymmword_ptr(rdi + $a), $b.ymm()),
        }
    };
    ($self:ident, $instruction:ident, r $a:expr, c $b:expr) => {
        match $self.width {
            Width::Zmm => $self.assembler.$instruction($a.zmm(), qword_ptr(rsi + $b)),
            Width::Ymm => $self.assembler.$instruction($a.ymm(), qword_ptr(rsi + $b)),
        }
    };
    ($self:ident, $instruction:ident, r $a:expr, r $b:expr, m $c:expr) => {
        match $self.width {
            Width::Zmm => $self.assembler.$instruction($a.zmm(), $b.zmm(), zmmword_ptr(rdi + $c)),
            Width::Ymm => $self.assembler.$instruction($a.ymm(), $b.ymm(), ymmword_ptr(rdi + $c)),
        }
    };
    ($self:ident, $instruction:ident, r $a:expr, r $b:expr, r $c:expr) => {
        match $self.width {
            Width::Zmm => $self.assembler.$instruction($a.zmm(), $b.zmm(), $c.zmm()),
            Width::Ymm => $self.assembler.$instruction($a.ymm(), $b.ymm(), $c.ymm()),
        }
    };
}

impl Emitter {
    fn new(width: Width, stride: usize) -> Result<Emitter, IcedError> {
        Ok(Emitter {
            assembler: CodeAssembler::new(64)?,
            width,
            stride,
            constants: Constants::default(),
            held: Held::new(width),
        })
    }

    /// Where a coefficient lies, in bytes from the first.
    fn place(&self, series: usize, power: usize) -> usize {
        (series * self.stride + power) * COEFFICIENT
    }

    fn broadcast(&mut self, register: Register, number: f64) -> Emitted {
        let offset = self.constants.offset(number);
        vector!(self, vbroadcastsd, r register, c offset)
    }

    fn flow(&mut self, recurrences: &Recurrences, order: usize) -> Emitted {
        let batches = batches(&recurrences.all);
        for n in 1..order {
            let mut begun = recurrences.n_series * self.stride * COEFFICIENT;
            for batch in &batches {
                let n_products = self.batch(batch, n, order, begun)?;
                begun += n_products * COEFFICIENT;
            }
        }
        self.assembler.vzeroupper()?;
        self.assembler.ret()
    }

    /// The code, executable.
    fn finish(&mut self) -> Option<Mmap> {
        // Any address will do: there are no jumps in it.
        let bytes = self.assembler.assemble(0x1000).ok()?;
        let mut memory = MmapMut::map_anon(bytes.len()).ok()?;
        memory.copy_from_slice(&bytes);
        memory.make_exec().ok()
    }

    /// Horner's scheme for each variable, several side by side since each sum waits for its last product.
    fn sums(&mut self, n_state: usize, order: usize) -> Emitted {
        let abreast = self.width.n_registers() / 2;
        let h = Register(self.width.n_registers() - 1);
        match self.width {
            Width::Zmm => self.assembler.vmovapd(h.zmm(), zmmword_ptr(rsi))?,
            Width::Ymm => self.assembler.vmovapd(h.ymm(), ymmword_ptr(rsi))?,
        }
        for first in (0..n_state).step_by(abreast) {
            let block = first..n_state.min(first + abreast);
            for power in (0..=order).rev() {
                for component in block.clone() {
                    let (sum, place) = (Register(component - first), self.place(component, power));
                    match power == order {
                        true => vector!(self, vmovapd, r sum, m place)?,
                        false => vector!(self, vfmadd213pd, r sum, r h, m place)?,
                    }
                }
            }
            for component in block {
                let (sum, place) = (Register(component - first), self.place(component, 0));
                vector!(self, vmovapd, m place, r sum)?;
            }
        }
        self.assembler.vzeroupper()?;
        self.assembler.ret()
    }

    /// Coefficient n of some recurrences. What depends on lower coefficients alone is summed first, for all of them
    /// side by side, so that they share factors and no sum waits for another; where n is odd, with it what can be summed
    /// for the next n already, which needs the same factors once more. The sums begun so are left at `begun`.
    fn batch(&mut self, batch: &[Recurrence], n: usize, order: usize, begun: usize) -> Result<usize, IcedError> {
        let products: Vec<Product> = batch.iter().flat_map(|one| one.products.iter().copied()).collect();
        let is_ahead = n % 2 == 1 && n + 1 < order;
        let convolutions: Vec<Convolution> = products
            .iter()
            .enumerate()
            .map(|(index, &product)| Convolution {
                product,
                terms: self.terms(product, n),
                ahead: if is_ahead { self.terms(product, n + 1) } else { Vec::new() },
                sum: Register(FIRST_CONVOLUTION + index),
                sum_ahead: Register(FIRST_CONVOLUTION + BATCH + index),
                begun: begun + index * COEFFICIENT,
            })
            .collect();
        self.early(&convolutions, n)?;
        let mut left = convolutions.as_slice();
        for one in batch {
            let (mine, rest) = left.split_at(one.products.len());
            left = rest;
            for convolution in mine {
                for (step, term) in convolution.terms.iter().enumerate().filter(|(_, term)| term.latest >= n) {
                    self.term(convolution.sum, *term, step == 0, (false, false))?;
                }
            }
            self.coefficient(one, n, mine)?;
        }
        Ok(products.len())
    }

    /// The sums of what depends on coefficients below n alone, of order n and of the next.
    fn early(&mut self, convolutions: &[Convolution], n: usize) -> Emitted {
        let was_begun = |term: &Term| n.is_multiple_of(2) && term.latest + 1 < n;
        let is_shared = |series: usize| {
            let ahead = convolutions.iter().any(|other| other.product.has(series) && !other.ahead.is_empty());
            ahead || convolutions.iter().filter(|other| other.product.has(series)).count() > 1
        };
        let shared: Vec<(bool, bool)> =
            convolutions.iter().map(|one| (is_shared(one.product.a), is_shared(one.product.b))).collect();
        for one in convolutions.iter().filter(|one| one.terms.first().is_some_and(was_begun)) {
            self.copy(one.sum, Factor::Memory(one.begun))?;
        }
        let steps = convolutions.iter().map(|one| one.terms.len().max(one.ahead.len())).max().unwrap_or(0);
        for step in 0..steps {
            for (one, shared) in convolutions.iter().zip(&shared) {
                if let Some(term) = one.terms.get(step).filter(|term| term.latest < n && !was_begun(term)) {
                    self.term(one.sum, *term, step == 0, *shared)?;
                }
                if let Some(term) = one.ahead.get(step).filter(|term| term.latest < n) {
                    self.term(one.sum_ahead, *term, step == 0, *shared)?;
                }
            }
        }
        for one in convolutions.iter().filter(|one| one.ahead.first().is_some_and(|term| term.latest < n)) {
            vector!(self, vmovapd, m one.begun, r one.sum_ahead)?;
        }
        Ok(())
    }

    fn terms(&self, product: Product, n: usize) -> Vec<Term> {
        let term = |(k, is_half): (usize, bool)| Term {
            a: self.place(product.a, k),
            b: self.place(product.b, n - k),
            is_half,
            latest: k.max(n - k),
        };
        product.terms(n).map(term).collect()
    }

    fn coefficient(&mut self, one: &Recurrence, n: usize, convolutions: &[Convolution]) -> Emitted {
        let power = n + one.lead;
        self.total(one, n, convolutions)?;
        if let Some(row) = one.reciprocal {
            let reciprocal = self.factor(self.place(row, 0));
            self.multiply(SUM, SUM, reciprocal)?;
        }
        let target = self.place(one.target, power);
        let derivative = one.derivative.map(|series| self.place(series, power));
        if one.is_derivative {
            derivative.map_or(Ok(()), |place| self.keep(place))?;
            if !one.is_read {
                return Ok(());
            }
            self.multiply_sum(1.0 / power as f64)?;
            return self.keep(target);
        }
        if one.is_read {
            self.keep(target)?;
        }
        let Some(place) = derivative else { return Ok(()) };
        self.multiply_sum(power as f64)?;
        self.keep(place)
    }

    /// Writes the sum, and holds it.
    fn keep(&mut self, place: usize) -> Emitted {
        vector!(self, vmovapd, m place, r SUM)?;
        let register = self.held.take(place);
        vector!(self, vmovapd, r register, r SUM)
    }

    fn multiply_sum(&mut self, number: f64) -> Emitted {
        self.broadcast(SCRATCH, number)?;
        vector!(self, vmulpd, r SUM, r SUM, r SCRATCH)
    }

    /// The sum of a recurrence; its first term starts it.
    fn total(&mut self, one: &Recurrence, n: usize, convolutions: &[Convolution]) -> Emitted {
        let mut is_empty = true;
        let linear = one.linear.iter().map(|&(factor, row)| (factor, None, self.place(row, n)));
        let linear: Vec<_> = linear.collect();
        let sums = convolutions.iter().filter(|one| !one.terms.is_empty());
        let sums = sums.map(|one| (one.product.factor, Some(one.sum), 0));
        for (factor, sum, place) in linear.into_iter().chain(sums) {
            let part = sum.map_or_else(|| self.factor(place), Factor::Register);
            if is_empty && factor == 1.0 {
                self.copy(SUM, part)?;
            } else {
                self.broadcast(SCRATCH, factor)?;
                match is_empty {
                    true => self.multiply(SUM, SCRATCH, part)?,
                    false => self.add_product(SUM, SCRATCH, part)?,
                }
            }
            is_empty = false;
        }
        if is_empty { vector!(self, vxorpd, r SUM, r SUM, r SUM) } else { Ok(()) }
    }

    /// Adds a product of coefficients to the sum of a convolution, or begins it.
    fn term(&mut self, sum: Register, term: Term, is_first: bool, shared: (bool, bool)) -> Emitted {
        let (a, b) = self.factors(term, shared)?;
        match is_first {
            true => self.multiply(sum, a, b),
            false => self.add_product(sum, a, b),
        }
    }

    /// One factor in a register, the other wherever it is; the order of the two does not matter. Those that other
    /// convolutions share are held.
    fn factors(&mut self, term: Term, (a_shared, b_shared): (bool, bool)) -> Result<(Register, Factor), IcedError> {
        let Term { a, b, is_half, .. } = term;
        if is_half {
            let factor = self.factor(a);
            self.broadcast(SCRATCH, 0.5)?;
            self.multiply(SCRATCH, SCRATCH, factor)?;
            return Ok((SCRATCH, factor));
        }
        let a = if a_shared { self.hold(a)? } else { self.factor(a) };
        let b = if b_shared { self.hold(b)? } else { self.factor(b) };
        match (a, b) {
            (Factor::Register(a), b) => Ok((a, b)),
            (a, Factor::Register(b)) => Ok((b, a)),
            (a, b) => {
                self.copy(SCRATCH, a)?;
                Ok((SCRATCH, b))
            }
        }
    }

    fn factor(&mut self, place: usize) -> Factor {
        self.held.find(place).map_or(Factor::Memory(place), Factor::Register)
    }

    fn hold(&mut self, place: usize) -> Result<Factor, IcedError> {
        if let Some(register) = self.held.find(place) {
            return Ok(Factor::Register(register));
        }
        let register = self.held.take(place);
        self.copy(register, Factor::Memory(place))?;
        Ok(Factor::Register(register))
    }

    fn copy(&mut self, to: Register, from: Factor) -> Emitted {
        match from {
            Factor::Register(from) => vector!(self, vmovapd, r to, r from),
            Factor::Memory(place) => vector!(self, vmovapd, r to, m place),
        }
    }

    fn multiply(&mut self, product: Register, a: Register, b: Factor) -> Emitted {
        match b {
            Factor::Register(b) => vector!(self, vmulpd, r product, r a, r b),
            Factor::Memory(place) => vector!(self, vmulpd, r product, r a, m place),
        }
    }

    fn add_product(&mut self, sum: Register, a: Register, b: Factor) -> Emitted {
        match b {
            Factor::Register(b) => vector!(self, vfmadd231pd, r sum, r a, r b),
            Factor::Memory(place) => vector!(self, vfmadd231pd, r sum, r a, m place),
        }
    }
}

/// A product of two coefficients, by their places.
#[derive(Clone, Copy)]
struct Term {
    a: usize,
    b: usize,
    is_half: bool,
    /// The higher order of the two.
    latest: usize,
}

/// A convolution on its way.
struct Convolution {
    product: Product,
    terms: Vec<Term>,
    /// Those of the next order, where it is begun together with this one.
    ahead: Vec<Term>,
    sum: Register,
    sum_ahead: Register,
    /// Where the sum of the next order waits for its turn.
    begun: usize,
}

/// Runs of recurrences with at most [`BATCH`] convolutions each.
fn batches(all: &[Recurrence]) -> Vec<Vec<Recurrence>> {
    let mut batches: Vec<Vec<Recurrence>> = Vec::new();
    let mut left = 0;
    for one in all {
        if one.products.len() > left || batches.is_empty() {
            batches.push(Vec::new());
            left = BATCH;
        }
        left -= one.products.len();
        if let Some(batch) = batches.last_mut() {
            batch.push(one.clone());
        }
    }
    batches
}
