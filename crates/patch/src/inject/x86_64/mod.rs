//! x86-64: one 32-bit distance nearly everywhere.

mod table;

use super::way::{Field, Late, Row, Way};
use ashore_base::Addr;

/// The CPU's ways.
pub(super) struct Amd64;

/// How an instruction uses the word whose distance it has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    /// `mov`, into a register.
    Load,
    Call,
    Jump,
}

/// `mod` 00 and `rm` 101 of the byte before the distance: relative to the next instruction.
const MODRM_MASK: u8 = 0xc7;
const MODRM_RELATIVE: u8 = 0x05;
const MOV: u8 = 0x8b;
const LEA: u8 = 0x8d;
/// The group of `call` and `jmp` through a word, told apart by the second byte.
const GROUP_5: u8 = 0xff;
const CALL_WORD: u8 = 0x15;
const JUMP_WORD: u8 = 0x25;
const CALL: u8 = 0xe8;
const JUMP: u8 = 0xe9;
/// Changes nothing before a branch and takes the byte that is left over.
const ADDRESS_SIZE: u8 = 0x67;
/// `nop` of five bytes.
const NOP_5: [u8; 5] = [0x0f, 0x1f, 0x44, 0, 0];

impl Way for Amd64 {
    fn rows(&self) -> &'static [Row] {
        table::ROWS
    }

    fn can_compute(&self, row: &Row, code: &[u8], offset: u64) -> bool {
        let before = || code.get(usize::try_from(offset).ok()?.checked_sub(2)?..)?.first_chunk::<2>().copied();
        table::may_relax(row) && before().and_then(use_of).is_some()
    }

    fn compute(&self, row: &Row, code: &mut [u8], offset: u64) -> Option<Field> {
        let place = code.get_mut(usize::try_from(offset).ok()?.checked_sub(2)?..)?.first_chunk_mut::<2>()?;
        *place = match use_of(*place)? {
            Use::Load => [LEA, place[1]],
            Use::Call => [ADDRESS_SIZE, CALL],
            Use::Jump => [ADDRESS_SIZE, JUMP],
        };
        Some(row.field)
    }

    fn compute_low(&self, _: &mut [u8], _: u64) -> Option<()> {
        None
    }

    fn skip(&self, code: &mut [u8], offset: u64) -> Option<()> {
        let place = code.get_mut(usize::try_from(offset).ok()?.checked_sub(1)?..)?.first_chunk_mut::<5>()?;
        // A jump to a missing function falls through, as a call of one does; neither is reached in a correct program.
        if matches!(place[0], CALL | JUMP) {
            *place = NOP_5;
        }
        Some(())
    }

    fn through(&self, at: Addr, slot: Addr) -> Option<Vec<u8>> {
        const LEN: u64 = 6;
        let distance = slot.0.wrapping_sub(at.0.wrapping_add(LEN)) as i64;
        let mut code = vec![GROUP_5, JUMP_WORD];
        code.extend_from_slice(&i32::try_from(distance).ok()?.to_le_bytes());
        Some(code)
    }

    fn late(&self) -> Late {
        Late::Call
    }

    fn branch_base(&self) -> u64 {
        4
    }
}

fn use_of(before: [u8; 2]) -> Option<Use> {
    match before {
        [MOV, modrm] if modrm & MODRM_MASK == MODRM_RELATIVE => Some(Use::Load),
        [GROUP_5, CALL_WORD] => Some(Use::Call),
        [GROUP_5, JUMP_WORD] => Some(Use::Jump),
        _ => None,
    }
}
