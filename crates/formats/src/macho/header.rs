//! The Mach-O header.

use super::constants::*;
use crate::check;
use alloc::format;
use ashore_base::{Bytes, Cpu};
use ashore_report::{
    Place, Report,
    table::{MALFORMED, NOT_A_PROGRAM},
};

/// Where load commands begin.
pub(super) const COMMANDS_AT: u64 = HEADER_LEN;

/// What the file is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum FileKind {
    /// A program.
    Program,
    /// A library or bundle.
    Library,
}

/// What of the header matters later.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    pub(super) cpu: Cpu,
    pub(super) kind: FileKind,
    pub(super) is_movable: bool,
    pub(super) is_stack_executable: bool,
    pub(super) command_count: u32,
    /// Offset of the first byte after the commands.
    pub(super) commands_end: u64,
}

/// The CPU of a `cputype` that stands at `offset`.
pub(super) fn cpu(offset: u64, number: u32) -> Result<Cpu, Report> {
    match number {
        CPU_X86_64 => Ok(Cpu::X86_64),
        CPU_ARM64 => Ok(Cpu::Aarch64),
        other => Err(check::unsupported_cpu(offset, other, OTHER_CPUS)),
    }
}

impl Header {
    /// Reads and checks the header at the start of `bytes`.
    pub(super) fn read(bytes: Bytes<'_>) -> Result<Header, Report> {
        let raw: [u8; HEADER_LEN as usize] = check::array(bytes, 0, "the Mach-O header")?;
        let raw = Bytes(&raw);
        let word = |at| raw.u32(at).unwrap_or_default();
        let cpu = cpu(4, word(4))?;
        let kind = match word(12) {
            MH_EXECUTE => FileKind::Program,
            MH_DYLIB | MH_BUNDLE => FileKind::Library,
            other => return Err(not_a_program(other)),
        };
        let commands = check::range(bytes, COMMANDS_AT, word(20).into(), "the list of load commands")?;
        let flags = word(24);
        Ok(Header {
            cpu,
            kind,
            is_movable: flags & MH_PIE != 0 || kind == FileKind::Library,
            is_stack_executable: flags & MH_ALLOW_STACK_EXECUTION != 0,
            command_count: word(16),
            commands_end: commands.end(),
        })
    }
}

fn not_a_program(kind: u32) -> Report {
    match OTHER_KINDS.iter().find(|row| row.0 == kind) {
        Some((_, words)) => NOT_A_PROGRAM.at(Place::offset(12), format!("it is {words}")),
        None => MALFORMED.at(Place::offset(12), format!("file type {kind} does not exist")),
    }
}
