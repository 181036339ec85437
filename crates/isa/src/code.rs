//! What a tool that changes finished code asks a CPU: which places name an address, and what to write there instead.
//!
//! A [`Coder`] knows instructions and nothing else: no file, no symbol, no system. Code comes in as bytes with the address
//! they run at; what comes out are addresses and bytes. Nothing is written here.

mod block;
mod effect;
mod moving;
mod search;
mod window;

pub(crate) use block::{Block, Register};
pub(crate) use effect::{Effect, Flow, OtherUse, Pair, bit};
pub(crate) use moving::{Moving, check_entries};
pub(crate) use search::Search;
pub(crate) use window::Window;

use alloc::vec::Vec;
use ashore_base::{Addr, AddrRange, Bytes};

/// Code as it lies in memory.
#[derive(Clone, Copy, Debug)]
pub struct Code<'a> {
    /// The bytes.
    pub bytes: &'a [u8],
    /// The address of the first.
    pub start: Addr,
}

impl<'a> Code<'a> {
    /// The addresses the code takes.
    pub fn range(self) -> AddrRange {
        AddrRange { start: self.start, end: self.start.plus(self.bytes.len() as u64) }
    }

    /// The part of it inside `range`.
    pub fn within(self, range: AddrRange) -> Option<Code<'a>> {
        let offset = range.start.0.checked_sub(self.start.0)?;
        Some(Code { bytes: Bytes(self.bytes).slice(offset, range.len())?, start: range.start })
    }

    /// The bytes from `at` on.
    pub fn from(self, at: Addr) -> Option<&'a [u8]> {
        self.bytes.get(usize::try_from(at.0.checked_sub(self.start.0)?).ok()?..)
    }
}

/// How a place in code names an address.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum RefKind {
    /// A call: control comes back behind it.
    Call,
    /// A jump: a tail call, when it leaves its function.
    Jump,
    /// A conditional branch.
    Branch,
    /// The address is computed from the instruction's own (`lea`, `adr`, `adrp` and `add`, `auipc` and `addi`).
    Address,
    /// The address stands in the instruction as a constant, wherever the code runs.
    Constant,
}

impl RefKind {
    /// Every kind.
    pub const ALL: &'static [RefKind] =
        &[RefKind::Call, RefKind::Jump, RefKind::Branch, RefKind::Address, RefKind::Constant];

    /// The words a person reads, for several of them.
    pub const fn words(self) -> &'static str {
        match self {
            RefKind::Call => "calls",
            RefKind::Jump => "jumps",
            RefKind::Branch => "conditional branches",
            RefKind::Address => "addresses computed",
            RefKind::Constant => "constants",
        }
    }
}

/// One place in code that names an address.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct CodeRef {
    /// Where the instruction starts that names it, or the first of a pair.
    pub at: Addr,
    /// The second instruction of a pair. Others may stand between the two.
    pub second: Option<Addr>,
    /// How.
    pub kind: RefKind,
    /// The address named.
    pub target: Addr,
}

/// New bytes for a place in memory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Write {
    /// Where.
    pub at: Addr,
    /// What.
    pub bytes: Vec<u8>,
}

/// Why something cannot be written in the CPU's instructions.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Unencodable {
    /// The instruction reaches only so far, in bytes either way.
    OutOfRange {
        /// Where the instruction is.
        at: Addr,
        /// What it should name.
        target: Addr,
        /// How far it reaches.
        reach: u64,
    },
    /// The instruction at this address cannot be moved or changed, for this reason.
    Instruction {
        /// Where it is.
        at: Addr,
        /// Why.
        reason: &'static str,
    },
    /// There is not enough room: the code given is shorter than what must be written.
    TooShort {
        /// How many bytes are needed.
        needed: u64,
    },
}

/// The first instructions of a function, made to run elsewhere.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Displaced {
    /// How many bytes of the function they were.
    pub taken: u64,
    /// What does the same at the new place and then continues in the function behind them.
    pub bytes: Vec<u8>,
}

/// Answers which function holds an address, so that code is decoded from where decoding is safe.
pub type FunctionAt<'a> = &'a dyn Fn(Addr) -> Option<AddrRange>;

/// The instructions of a CPU, for tools. One implementation per CPU.
pub trait Coder: Sync {
    /// The addresses instructions can start at are multiples of this.
    fn unit(&self) -> u64;

    /// The byte that linkers and compilers fill the space between functions with, where it is never part of a function's end.
    fn filler(&self) -> Option<u8> {
        None
    }

    /// How many bytes at the start of `code`, which lies behind a function, only fill the space up to the next one.
    fn padding(&self, _code: &[u8]) -> u64 {
        0
    }

    /// Every place in `code` that names an address in `targets`, in the order of their addresses.
    ///
    /// Runs at the speed of memory: candidates are found by arithmetic over all bytes or words, and only those are decoded,
    /// from the start of the function that holds them where there is one. A pair counts as one place when nothing but straight
    /// code stands between its halves and nothing overwrites the register.
    fn find(&self, code: Code<'_>, targets: AddrRange, function_at: FunctionAt<'_>) -> Vec<CodeRef>;

    /// The instructions that go where the word at `slot` says, or read it: what linkers put between calls and libraries, and
    /// calls without that.
    fn through(&self, code: Code<'_>, slot: Addr, function_at: FunctionAt<'_>) -> Vec<Addr> {
        let found = self.find(code, AddrRange { start: slot, end: slot.plus(1) }, function_at);
        found.iter().map(|place| place.at).collect()
    }

    /// What to write so that `place` names `target` instead. The lengths of instructions do not change.
    fn retarget(&self, code: Code<'_>, place: &CodeRef, target: Addr) -> Result<Vec<Write>, Unencodable>;

    /// The shortest unconditional branch from `at` to `target` that changes no register a function's caller or callee expects
    /// to survive a function's entry.
    fn branch(&self, at: Addr, target: Addr) -> Result<Vec<u8>, Unencodable>;

    /// The same for any distance: what an island holds.
    fn far_branch(&self, at: Addr, target: Addr) -> Vec<u8>;

    /// The whole instructions that cover the first `len` bytes of `function`, moved to `to`, followed by a branch back.
    /// Refuses when the function is too short, when an instruction cannot be moved, or when a branch in the function leads into
    /// the bytes behind the first.
    fn displace(&self, function: Code<'_>, len: u64, to: Addr) -> Result<Displaced, Unencodable>;

    /// How many bytes whole instructions take that cover the first `len` bytes of `function`.
    fn whole(&self, function: Code<'_>, len: u64) -> Result<u64, Unencodable>;

    /// Returns `value` from a function as a C function returns an integer; for Go's own convention too, where it differs not.
    fn return_value(&self, value: u64) -> Vec<u8>;

    /// Does nothing for `len` bytes, which must be a multiple of the unit.
    fn nothing(&self, len: u64) -> Result<Vec<u8>, Unencodable>;

    /// Adds one to the word at `counter` without changing anything a function expects at its entry; runs at `at`.
    fn count(&self, at: Addr, counter: Addr) -> Result<Vec<u8>, Unencodable>;

    /// The instructions in `code` that call the kernel (`syscall`, `svc`, `ecall`), decoded from the starts of functions.
    fn kernel_calls(&self, code: Code<'_>, function_at: FunctionAt<'_>) -> Vec<Addr>;

    /// What a branch to the kernel-call site's island at `island` looks like, when the instruction at `site` is replaced, and the
    /// island itself: it saves every register, calls `handler` as a C function whose one argument points to the saved registers,
    /// loads them again and continues behind the site.
    fn redirect_kernel_call(
        &self,
        function: Code<'_>,
        site: Addr,
        island: Addr,
        handler: Addr,
    ) -> Result<(Write, Vec<u8>), Unencodable>;
}
