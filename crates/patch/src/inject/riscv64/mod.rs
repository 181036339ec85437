//! RISC-V: upper parts by `auipc` and `lui`, lower parts by a second instruction that names the first.

mod table;

use super::way::{Field, Late, Row, Value, Way, from, word};
use ashore_base::Addr;

/// The CPU's ways.
pub(super) struct Rv64;

const OPCODE: u32 = 0x7f;
const AUIPC: u32 = 0x17;
const JAL: u32 = 0x6f;
/// The bits that tell `ld` and `addi`: opcode and function.
const FUNCTION: u32 = 0x707f;
const LD: u32 = 0x3003;
const ADDI: u32 = 0x0013;
/// `addi x0, x0, 0`.
const NOP: u32 = ADDI;

impl Way for Rv64 {
    fn rows(&self) -> &'static [Row] {
        table::ROWS
    }

    fn can_compute(&self, row: &Row, _: &[u8], _: u64) -> bool {
        row.value == Value::Word
    }

    fn compute(&self, row: &Row, _: &mut [u8], _: u64) -> Option<Field> {
        Some(row.field)
    }

    fn compute_low(&self, code: &mut [u8], offset: u64) -> Option<()> {
        let mut is_load = false;
        word(from(code, offset)?, |load| {
            is_load = load & FUNCTION == LD;
            if is_load { load & !FUNCTION | ADDI } else { load }
        })?;
        is_load.then_some(())
    }

    fn skip(&self, code: &mut [u8], offset: u64) -> Option<()> {
        let mut is_pair = false;
        word(from(code, offset)?, |first| {
            is_pair = first & OPCODE == AUIPC;
            if is_pair || first & OPCODE == JAL { NOP } else { first }
        })?;
        if is_pair { word(from(code, offset.checked_add(4)?)?, |_| NOP) } else { Some(()) }
    }

    /// `auipc t3; ld t3, (t3); jr t3`.
    fn through(&self, at: Addr, slot: Addr) -> Option<Vec<u8>> {
        const T3: u32 = 28;
        const JALR: u32 = 0x67;
        let distance = slot.0.wrapping_sub(at.0);
        if !table::UPPER.range.contains(distance) {
            return None;
        }
        let words = [AUIPC | T3 << 7, LD | T3 << 7 | T3 << 15, JALR | T3 << 15];
        let mut code: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        (table::UPPER.put)(&mut code, distance)?;
        (table::LOWER_I.put)(from(&mut code, 4)?, distance)?;
        Some(code)
    }

    /// The first entry of a procedure linkage table wants to know by a return address which other one was gone through.
    fn late(&self) -> Late {
        Late::Nothing
    }

    fn branch_base(&self) -> u64 {
        0
    }
}
