//! Registers that are kept in the state of an engine: what it needs beside a [`crate::lift::Lifter`] to run threads of a CPU
//! that it does not know by name.

use crate::RegisterFile;
use alloc::vec::Vec;
use ashore_base::Cpu;
use ashore_ir::Access;

/// Registers that engines keep in the state that the CPU's blocks work on: what everybody else sees is a part of it.
pub trait InState: RegisterFile {
    /// The CPU, which has a lifter.
    const CPU: Cpu;

    /// Puts the registers into a state.
    fn put(&self, state: &mut [u8]);

    /// Takes the registers out of a state.
    fn take(state: &[u8]) -> Self;

    /// The vector and floating-point state, in the form that signal frames keep.
    fn save_fp(state: &[u8]) -> Vec<u8>;

    /// Sets it.
    fn load_fp(state: &mut [u8], image: &[u8]);

    /// Whether an instruction may begin at an address.
    fn is_aligned(pc: u64) -> bool;

    /// The place in memory that an address names: some CPUs ignore bits of it.
    fn place(addr: u64) -> u64;

    /// What a signal frame tells of a fault: of this access, to memory that is not mapped or refuses it.
    fn syndrome(access: Access, refused: Refused) -> u64;
}

/// Why memory refused an access.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refused {
    /// Nothing is mapped.
    Unmapped,
    /// Its permissions.
    Forbidden,
    /// The address, which must be aligned for this access.
    Misaligned,
}
