//! AArch64: pages by `adrp`, and what is within a page by another instruction.

mod table;

use super::way::{Field, Late, Row, Value, Way, from, word};
use ashore_base::Addr;

/// The CPU's ways.
pub(super) struct Arm64;

/// `ldr Xt, [Xn, #imm]`, without its fields, and the bits that tell it.
const LDR: u32 = 0xf940_0000;
const LDR_MASK: u32 = 0xffc0_0000;
/// `add Xd, Xn, #imm`.
const ADD: u32 = 0x9100_0000;
/// Both registers of either.
const REGISTERS: u32 = 0x3ff;
const NOP: u32 = 0xd503_201f;
const PAGE: u64 = 0x1000;

impl Way for Arm64 {
    fn rows(&self) -> &'static [Row] {
        table::ROWS
    }

    fn can_compute(&self, row: &Row, code: &[u8], offset: u64) -> bool {
        let found =
            || code.get(usize::try_from(offset).ok()?..)?.first_chunk::<4>().map(|raw| u32::from_le_bytes(*raw));
        match row.value {
            Value::WordPage => true,
            Value::WordInPage => found().is_some_and(|word| word & LDR_MASK == LDR),
            _ => false,
        }
    }

    fn compute(&self, row: &Row, code: &mut [u8], offset: u64) -> Option<Field> {
        if row.value != Value::WordInPage {
            return Some(row.field);
        }
        word(from(code, offset)?, |load| ADD | load & REGISTERS)?;
        Some(table::IN_PAGE)
    }

    fn compute_low(&self, _: &mut [u8], _: u64) -> Option<()> {
        None
    }

    fn skip(&self, code: &mut [u8], offset: u64) -> Option<()> {
        word(from(code, offset)?, |_| NOP)
    }

    /// `adrp x16; add x16; ldr x17, [x16]; br x17`: a procedure linkage table's first entry wants the word's address in x16.
    fn through(&self, at: Addr, slot: Addr) -> Option<Vec<u8>> {
        const ADRP_X16: u32 = 0x9000_0010;
        const ADD_X16: u32 = ADD | 16 << 5 | 16;
        const LDR_X17: u32 = LDR | 16 << 5 | 17;
        const BR_X17: u32 = 0xd61f_0220;
        let distance = slot.align_down(PAGE).0.wrapping_sub(at.align_down(PAGE).0);
        if !table::PAGES.range.contains(distance) {
            return None;
        }
        let words = [ADRP_X16, ADD_X16 | ((slot.0 % PAGE) as u32) << 10, LDR_X17, BR_X17];
        let mut code: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        (table::PAGES.put)(&mut code, distance)?;
        Some(code)
    }

    fn late(&self) -> Late {
        Late::GoThrough
    }

    fn branch_base(&self) -> u64 {
        0
    }
}
