//! The instruction at an address: its text, and which memory it reaches with the registers as they are.
//!
//! The text shows what the file has, not what an engine wrote over it. CPUs other than x86-64 get their bytes only.

mod x86_64;

use super::Program;
use ashore_base::{Addr, Cpu};
use ashore_isa::x86_64::Regs;
use ashore_pivot::Memory;

/// The longest instruction of any CPU, in bytes.
const LEN_MAX: usize = 15;
/// How far back the instructions before one are looked for, in bytes: functions can be long.
const BACK_MAX: u64 = 1 << 20;

/// What an instruction does that matters for the way it can fail.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Class {
    /// Nothing special: at most its memory operands fail.
    Plain,
    /// A call.
    Call,
    /// A jump that is always taken.
    Jump,
    /// A jump that is sometimes taken.
    Branch,
    /// A return.
    Return,
    /// It enters the kernel.
    SystemCall,
    /// An integer division.
    Divide,
    /// It raises a breakpoint (`int3`, `int1`).
    Breakpoint,
    /// It is undefined on purpose (`ud2` and the like).
    Undefined,
    /// Only the kernel may run it (`hlt`, `cli`, `wrmsr`, port input and output).
    Privileged,
    /// The bytes are no instruction.
    Invalid,
}

/// Whether memory is read or written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Way {
    /// Read.
    Load,
    /// Written.
    Store,
    /// Read, then written.
    Both,
    /// Neither: only the address is touched (prefetch and the like, which cannot fail).
    Hint,
}

/// Why the instruction reaches memory.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Role {
    /// An operand that is written in it.
    Operand,
    /// The stack, by push, pop, call or return.
    Stack,
    /// An operand of a string instruction.
    String,
    /// An operand in thread-local memory: it counts from a segment's base.
    ThreadLocal,
}

/// How an address is made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Formula {
    /// As assembly has it: `[rax+0x8]`.
    pub text: String,
    /// The registers in it with their values, each once.
    pub registers: Vec<(&'static str, u64)>,
}

/// One piece of memory an instruction reaches.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Access {
    /// Whether it is read or written.
    pub way: Way,
    /// What for.
    pub role: Role,
    /// The address.
    pub at: Addr,
    /// How many bytes; 0 where it is not fixed.
    pub len: u64,
    /// How the address is made.
    pub formula: Formula,
    /// What the address must be a multiple of, for those operands the CPU refuses otherwise.
    pub align: Option<u64>,
}

/// An instruction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Instruction {
    /// Where it is.
    pub at: Addr,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its text; empty where no text is known.
    pub text: String,
    /// What it does that matters.
    pub class: Class,
    /// The memory it reaches, in the order of its operands, the stack last.
    pub accesses: Vec<Access>,
    /// Where a call or a jump leads, as far as the registers and memory tell.
    pub target: Option<Addr>,
    /// What a division divides by.
    pub divisor: Option<u64>,
    /// The number that is stored, where it is written in the instruction.
    pub constant: Option<u64>,
    /// Whether it reads or writes thread-local memory.
    pub is_thread_local: bool,
    /// The features of a CPU that it needs beyond those that every one of its kind has.
    pub needs: Vec<String>,
}

/// The instruction at `at`, its operands resolved by `regs`. None when there is nothing to fetch.
pub fn instruction_at(program: &Program<'_>, regs: &Regs, memory: &dyn Memory, at: Addr) -> Option<Instruction> {
    let bytes = bytes_at(program, memory, at)?;
    let mut found = decode(program.part.image.cpu, &bytes, at)?;
    if program.part.image.cpu == Cpu::X86_64 {
        x86_64::resolve(&mut found, regs, memory);
    }
    Some(found)
}

/// The `count` instructions before `at`, in the order of memory. They are found from the start of the function; where it is
/// not known there are none. Their operands are not resolved: the registers have changed since.
pub fn before(program: &Program<'_>, memory: &dyn Memory, at: Addr, count: usize) -> Vec<Instruction> {
    let Some(function) = program.function(at).filter(|function| at.0 - function.start.0 <= BACK_MAX) else {
        return Vec::new();
    };
    let mut found = std::collections::VecDeque::with_capacity(count.min(64).saturating_add(1));
    let mut next = function.start;
    while next < at {
        let bytes = bytes_at(program, memory, next).unwrap_or_default();
        let Some(instruction) = decode(program.part.image.cpu, &bytes, next) else { break };
        next = next.plus(instruction.bytes.len().max(1) as u64);
        found.push_back(instruction);
        if found.len() > count {
            found.pop_front();
        }
    }
    // A walk that does not end at the address has lost its way: filler, or data among the code.
    if next == at { found.into() } else { Vec::new() }
}

/// The call that ends right before `at`, which may then be a return address.
pub(super) fn call_before(program: &Program<'_>, memory: &dyn Memory, at: Addr) -> Option<Instruction> {
    // Near calls of x86-64 have two to seven bytes, and prefixes nobody writes.
    (2..=7).find_map(|len| {
        let start = at.minus(len);
        let bytes = bytes_at(program, memory, start).filter(|_| program.is_code(start))?;
        let found = decode(program.part.image.cpu, &bytes, start)?;
        (found.class == Class::Call && found.bytes.len() as u64 == len).then_some(found)
    })
}

/// The bytes at `at`: the file's where the program cannot have changed them, else memory's, as many as there are.
pub(super) fn bytes_at(program: &Program<'_>, memory: &dyn Memory, at: Addr) -> Option<Vec<u8>> {
    if let Some(bytes) = program.original(at).filter(|bytes| !bytes.is_empty()) {
        return Some(bytes.get(..LEN_MAX).unwrap_or(bytes).to_vec());
    }
    (1..=LEN_MAX).rev().find_map(|len| {
        let mut bytes = vec![0; len];
        memory.read(at, &mut bytes).ok().map(|()| bytes)
    })
}

impl Program<'_> {
    /// Whether a call ends right before `at`, which may then be a return address.
    pub fn is_behind_call(&self, memory: &dyn Memory, at: Addr) -> bool {
        call_before(self, memory, at).is_some()
    }
}

fn decode(cpu: Cpu, bytes: &[u8], at: Addr) -> Option<Instruction> {
    match cpu {
        Cpu::X86_64 => x86_64::decode(bytes, at),
        // Every instruction of theirs that is not compressed has four bytes.
        _ => Some(Instruction::unread(bytes.get(..4)?, at)),
    }
}

impl Instruction {
    fn unread(bytes: &[u8], at: Addr) -> Instruction {
        Instruction {
            at,
            bytes: bytes.to_vec(),
            text: String::new(),
            class: Class::Plain,
            accesses: Vec::new(),
            target: None,
            divisor: None,
            constant: None,
            is_thread_local: false,
            needs: Vec::new(),
        }
    }

    /// The access that explains a fault at `at`: the one that reaches it, else the only one.
    pub fn access_for(&self, at: Addr) -> Option<&Access> {
        let reaches = |access: &&Access| at.0.wrapping_sub(access.at.0) < access.len.max(1);
        let only = || self.accesses.first().filter(|_| self.accesses.len() == 1);
        self.accesses.iter().find(reaches).or_else(only)
    }
}

impl Access {
    /// How far the address is from what it must be aligned to; none where it need not be, or is.
    pub fn misaligned_by(&self) -> Option<u64> {
        self.align.map(|align| self.at.0 % align.max(1)).filter(|rest| *rest != 0)
    }
}

/// `[rax+0x8] with rax = 0x0 -> 0x8`.
impl std::fmt::Display for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.formula.text)?;
        for (n, (name, value)) in self.formula.registers.iter().enumerate() {
            write!(f, "{}{name} = {value:#x}", if n == 0 { " with " } else { ", " })?;
        }
        write!(f, " -> {:#x}", self.at)
    }
}
