//! Relocations for instructions whose target the assembler had written itself.

use super::{super::super::program::Program, instruction};
use ashore_base::{Addr, Cpu};
use ashore_isa::{CodeRef, RefKind};

/// A relocation that makes an instruction name a symbol.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Wanted {
    /// The place it changes.
    pub(super) place: Addr,
    pub(super) number: u32,
    /// What is added to the symbol.
    pub(super) addend: i64,
}

/// The relocation for the instruction at `place`; none where it is too short to name what is elsewhere.
pub(super) fn of(program: &Program<'_>, place: &CodeRef) -> Option<Wanted> {
    let range = instruction(program, place.at);
    let (_, bytes) = program.bytes_at(range.start, range.len()).ok()?;
    let plain = |number| Some(Wanted { place: place.at, number, addend: 0 });
    if let Some(second) = place.second {
        // AUIPC and JALR, one behind the other: CALL_PLT.
        let is_call = program.part.image.cpu == Cpu::Riscv64 && place.kind != RefKind::Address;
        return plain(19).filter(|_| is_call && second == place.at.plus(4));
    }
    match program.part.image.cpu {
        // A distance of four bytes ends each of these; PLT32 is of use for branches, PC32 for the rest.
        Cpu::X86_64 => {
            let distance = i32::from_le_bytes(*bytes.last_chunk()?);
            let is_wide = bytes.len() >= 5 && range.end.0.wrapping_add_signed(distance.into()) == place.target.0;
            let number = match place.kind {
                RefKind::Call | RefKind::Jump | RefKind::Branch => 4,
                RefKind::Address => 2,
                RefKind::Constant => return None,
            };
            is_wide.then_some(Wanted { place: range.end.minus(4), number, addend: -4 })
        }
        Cpu::Aarch64 => match u32::from_le_bytes(*bytes.first_chunk()?) >> 24 {
            0x94..=0x97 => plain(283),
            0x14..=0x17 => plain(282),
            0x54 | 0x34 | 0x35 | 0xb4 | 0xb5 => plain(280),
            0x36 | 0x37 | 0xb6 | 0xb7 => plain(279),
            top if top & 0x9f == 0x10 => plain(274),
            _ => None,
        },
        // JAL, BRANCH, RVC_JUMP, RVC_BRANCH.
        Cpu::Riscv64 => match (bytes.len(), u16::from_le_bytes(*bytes.first_chunk()?)) {
            (4, low) if low & 0x7f == 0x6f => plain(17),
            (4, low) if low & 0x7f == 0x63 => plain(16),
            (2, half) if half & 0xe003 == 0xa001 => plain(45),
            (2, half) if half & 0xc003 == 0xc001 => plain(44),
            _ => None,
        },
    }
}
