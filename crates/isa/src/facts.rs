//! What tells CPUs apart to who explains how programs end: numbers and habits, a row for each.

use core::ops::RangeInclusive;

/// An exception of the CPU that a signal's number alone does not tell.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Exception {
    /// It stops behind each instruction.
    SingleStep,
    /// A breakpoint.
    Breakpoint,
    /// An unmasked floating-point exception, and the register whose bit masks it.
    Float(&'static str),
    /// An access that is not aligned, because a flag asks for it.
    AlignmentFlag,
}

/// Where a function's way back is when it begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Returns {
    /// On top of the stack: calls push it, returns pop it.
    OnStack,
    /// In a register.
    InLink,
}

/// Which numbers are addresses of programs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AddressForm {
    /// The bits of an address that count; those above repeat the last of them.
    pub bits: u32,
    /// How many of the uppermost bits the CPU ignores.
    pub ignored: u32,
}

/// A register that thread-local memory counts from.
#[derive(Clone, Copy, Debug)]
pub struct ThreadPointer {
    /// The register, as [`crate::Registers::get`] knows it.
    pub register: &'static str,
    /// What a person calls it.
    pub title: &'static str,
    /// What stands in the text of an instruction that uses it.
    pub mark: &'static str,
}

/// When a call leaves something in a register that was the program's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Leaves {
    /// Always: the address behind the call.
    PlaceOfCall,
    /// Always: the flags, of which these bits may be set and these always are.
    Flags {
        /// All that may be set.
        may: u64,
        /// What is always set.
        always: u64,
    },
    /// Where the system has a second result.
    SecondResult,
}

/// A register that calls change beside the first result's.
#[derive(Debug)]
pub struct Changed {
    /// Its names: the whole register's first, then those of its parts.
    pub names: &'static [&'static str],
    /// What it holds afterwards.
    pub leaves: Leaves,
    /// The same in words.
    pub holds: &'static str,
}

/// What is known of a CPU.
#[derive(Debug)]
pub struct Facts {
    /// The exceptions by the number that faults are told with.
    pub exceptions: &'static [(u32, Exception)],
    /// The bit of a fault's error word that says that it was a write.
    pub write: u64,
    /// Where the way back is.
    pub returns: Returns,
    /// How many bytes instructions that call have.
    pub call_lens: RangeInclusive<u64>,
    /// How many bytes an instruction has at most.
    pub len_max: usize,
    /// The program counter is behind a breakpoint instruction of this byte and name, rather than at it.
    pub breakpoint_behind: Option<(u8, &'static str)>,
    /// Which numbers are addresses.
    pub addresses: AddressForm,
    /// What thread-local memory counts from.
    pub thread_pointers: &'static [ThreadPointer],
    /// What calls change.
    pub changed: &'static [Changed],
    /// The register of a function's first word, and the names of its parts.
    pub first_word: &'static [&'static str],
    /// The registers that frames of the stack are counted from.
    pub of_stack: &'static [&'static str],
    /// Instructions that change registers which they do not name, and those whose first operand stays as it is.
    pub hidden: &'static [&'static str],
    /// See `hidden`.
    pub reading: &'static [&'static str],
    /// The kind of relocation that asks a function for a function's address.
    pub irelative: u32,
    /// The stack pointer's number in call frame information.
    pub stack_pointer: u16,
}

impl AddressForm {
    /// An address without the bits that are ignored.
    pub const fn place(self, at: u64) -> u64 {
        if self.ignored == 0 { at } else { ((at << self.ignored) as i64 >> self.ignored) as u64 }
    }

    /// Whether the bits above those that count repeat the last of them.
    pub const fn is_canonical(self, at: u64) -> bool {
        let above = (self.place(at) as i64) >> self.bits;
        above == 0 || above == -1
    }
}

impl Facts {
    /// The exception of a number.
    pub fn exception(&self, number: u32) -> Option<Exception> {
        self.exceptions.iter().find(|(known, _)| *known == number).map(|(_, exception)| *exception)
    }
}
