//! The registers of this CPU in the state that its blocks work on.

use super::state::{FPSR, QC, QC_BIT, VECTORS};
use super::{Regs, Vectors};
use crate::{InState, Refused};
use alloc::vec::Vec;
use ashore_base::Cpu;
use ashore_ir::Access;

/// How long every instruction is.
const LEN: u64 = 4;

/// The class of an abort in the syndrome register (DDI 0487, `ESR_EL1`): of an instruction, of data.
const ABORT_INSTRUCTION: u64 = 0x20 << 26;
const ABORT_DATA: u64 = 0x24 << 26;
/// The instruction has four bytes.
const LONG: u64 = 1 << 25;
/// The access was a write.
pub(super) const WRITE: u64 = 1 << 6;
/// Faults of the last level of the tables.
const TRANSLATION: u64 = 0x07;
const PERMISSION: u64 = 0x0f;
/// A fault of alignment.
const ALIGNMENT: u64 = 0x21;

/// The place an address names: the top byte is the program's (`TCR_EL1.TBI0`, which Linux sets).
pub(super) fn place(addr: u64) -> u64 {
    ((addr << 8) as i64 >> 8) as u64
}

/// Where the saturation flag of the status is kept.
fn qc(state: &mut [u8]) -> Option<&mut [u8]> {
    state.get_mut(usize::from(QC.offset)..)?.get_mut(..16)
}

impl InState for Regs {
    const CPU: Cpu = Cpu::Aarch64;

    fn is_aligned(pc: u64) -> bool {
        pc.is_multiple_of(LEN)
    }

    fn put(&self, state: &mut [u8]) {
        let values = self.x.iter().chain([&self.sp, &self.pc, &self.pstate, &self.tls]);
        for (to, value) in state.chunks_exact_mut(8).zip(values) {
            to.copy_from_slice(&value.to_le_bytes());
        }
    }

    fn take(state: &[u8]) -> Regs {
        let mut words = state.as_chunks::<8>().0.iter().map(|word| u64::from_le_bytes(*word));
        let mut next = || words.next().unwrap_or(0);
        Regs { x: [(); 31].map(|()| next()), sp: next(), pc: next(), pstate: next(), tls: next() }
    }

    fn save_fp(state: &[u8]) -> Vec<u8> {
        let mut image = state.get(usize::from(VECTORS)..).unwrap_or_default().to_vec();
        image.resize(Vectors::LEN, 0);
        let saturated = state.get(usize::from(QC.offset)..).and_then(|rest| rest.get(..16));
        if saturated.is_some_and(|bytes| bytes.iter().any(|byte| *byte != 0))
            && let Some(byte) = image.get_mut(usize::from(FPSR.offset - VECTORS) + usize::from(QC_BIT / 8))
        {
            *byte |= 1 << (QC_BIT % 8);
        }
        if let Some(padding) = image.get_mut(520..) {
            padding.fill(0);
        }
        image
    }

    fn load_fp(state: &mut [u8], image: &[u8]) {
        let image = Vectors { padding: [0; 2], ..Vectors::from_bytes(image) };
        let is_saturated = image.fpsr >> QC_BIT & 1 != 0;
        let bytes = Vectors { fpsr: image.fpsr & !(1 << QC_BIT), ..image }.to_bytes();
        let to = state.get_mut(usize::from(VECTORS)..).unwrap_or_default();
        for (to, byte) in to.iter_mut().zip(bytes) {
            *to = byte;
        }
        if let Some(qc) = qc(state) {
            qc.fill(0);
            if let Some(first) = qc.first_mut() {
                *first = u8::from(is_saturated);
            }
        }
    }

    fn place(addr: u64) -> u64 {
        place(addr)
    }

    fn syndrome(access: Access, refused: Refused) -> u64 {
        let status = match refused {
            Refused::Unmapped => TRANSLATION,
            Refused::Forbidden => PERMISSION,
            Refused::Misaligned => ALIGNMENT,
        };
        let class = match access {
            Access::Read => ABORT_DATA,
            Access::Write => ABORT_DATA | WRITE,
            Access::Execute => ABORT_INSTRUCTION,
        };
        class | LONG | status
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aarch64::state::SIZE;
    use alloc::vec;

    #[test]
    fn registers_come_back_from_a_state() {
        let mut regs = Regs { sp: 1, pc: 2, pstate: 3, tls: 4, ..Regs::default() };
        regs.x[30] = 5;
        let mut state = vec![0; SIZE];
        regs.put(&mut state);
        assert_eq!(<Regs as InState>::take(&state), regs);
    }

    #[test]
    fn vectors_come_back_with_the_saturation_flag() {
        let mut vectors = Vectors { fpsr: 1 << QC_BIT | 3, fpcr: 1 << 22, ..Vectors::default() };
        vectors.v[31] = 7;
        let mut state = vec![0; SIZE];
        Regs::load_fp(&mut state, &vectors.to_bytes());
        assert_eq!(Vectors::from_bytes(&Regs::save_fp(&state)), vectors);
        assert_eq!(state[usize::from(QC.offset)], 1);
    }

    #[test]
    fn tags_are_ignored() {
        assert_eq!(Regs::place(0x5500_7fff_1234_5678), 0x7fff_1234_5678);
    }
}
