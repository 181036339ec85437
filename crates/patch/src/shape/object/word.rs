//! Addresses that instructions compute of a function they know to be near, taken from a word of the linker's instead: another
//! file's function may come to lie in a library, and a library's own may be replaced by the program.

use crate::program::Program;
use ashore_base::{Addr, Cpu};

/// A relocation of another type, and what its instruction becomes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Through {
    pub(super) number: u32,
    /// New bytes and where they go.
    pub(super) bytes: Option<(u64, Vec<u8>)>,
}

/// How the relocation of type `number` at `place` goes through a word; none where it cannot or need not.
pub(super) fn through(program: &Program<'_>, place: Addr, number: u32) -> Option<Through> {
    match (program.part.image.cpu, number) {
        // PC32 of `call`, `jmp` and `jcc`, which becomes PLT32, and of `lea`, which becomes a load: REX_GOTPCRELX.
        (Cpu::X86_64, 2) => match program.bytes_at(place.minus(1), 1).ok()?.1 {
            [0xe8 | 0xe9 | 0x80..=0x8f] => Some(Through { number: 4, bytes: None }),
            _ => {
                let (offset, bytes) = program.bytes_at(place.minus(3), 3).ok()?;
                let is_lea = matches!(bytes, [0x48 | 0x4c, 0x8d, mode] if mode & 0xc7 == 5);
                is_lea.then(|| Through { number: 42, bytes: Some((offset + 1, vec![0x8b])) })
            }
        },
        // ADR_PREL_PG_HI21 becomes ADR_GOT_PAGE.
        (Cpu::Aarch64, 275) => Some(Through { number: 311, bytes: None }),
        // ADD_ABS_LO12_NC becomes LD64_GOT_LO12_NC, and the addition a load.
        (Cpu::Aarch64, 277) => {
            let (offset, bytes) = program.bytes_at(place, 4).ok()?;
            let add = u32::from_le_bytes(*bytes.first_chunk()?);
            let load = 0xf940_0000 | add & 0x3ff;
            let is_add = add & 0xffc0_0000 == 0x9100_0000;
            is_add.then(|| Through { number: 312, bytes: Some((offset, load.to_le_bytes().to_vec())) })
        }
        _ => None,
    }
}
