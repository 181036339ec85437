//! What an instruction does that matters to who asks how a program failed: which memory it reaches, where it leads, what it
//! raises.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use ashore_base::Addr;
use core::fmt;

use crate::Registers;

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
    /// An integer division that the CPU may refuse.
    Divide,
    /// It raises a breakpoint.
    Breakpoint,
    /// It is undefined on purpose.
    Undefined,
    /// Only the kernel may run it.
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
    /// An operand in thread-local memory: it counts from a thread pointer.
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
    /// The number that is stored, where it is written in the instruction, or is the address itself.
    pub constant: Option<u64>,
    /// Whether it has to do with thread-local memory: reads or writes it, or reads where it is.
    pub is_thread_local: bool,
    /// The features of a CPU that it needs beyond those that every one of its kind has.
    pub needs: Vec<String>,
}

/// Reads memory: fills the bytes, or says that it cannot.
pub type Peek<'a> = &'a dyn Fn(Addr, &mut [u8]) -> bool;

/// Says what the instructions of a CPU do. One implementation per CPU, or the one for all that are lifted.
pub trait Meanings: Send + Sync {
    /// The instruction at the start of `bytes`, which lie at an address, its operands not resolved; none when there are too few.
    fn read(&self, at: Addr, bytes: &[u8]) -> Option<Instruction>;

    /// Adds what the registers and memory tell.
    fn resolve(&self, found: &mut Instruction, regs: &Registers, peek: Peek<'_>);

    /// The registers behind an instruction that has nothing to do with memory, as far as they can be told.
    fn after(&self, found: &Instruction, regs: &Registers) -> Registers;
}

impl Instruction {
    /// One of which only the bytes are known.
    pub fn unread(bytes: &[u8], at: Addr) -> Instruction {
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
impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.formula.text)?;
        for (n, (name, value)) in self.formula.registers.iter().enumerate() {
            write!(f, "{}{name} = {value:#x}", if n == 0 { " with " } else { ", " })?;
        }
        f.write_str(&format!(" -> {:#x}", self.at))
    }
}
