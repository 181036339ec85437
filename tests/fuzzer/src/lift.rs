//! Code of another CPU: lifted, checked, executed by the evaluator.

use ashore_base::{Addr, Cpu};
use ashore_ir::{Access, Block, Evaluator, Exit, Fault, Memory, Size, check};
use ashore_isa::lift::fill;
use std::fmt::Write as _;

/// How many blocks are executed, and how many instructions each has at most.
const LIMITS: (usize, usize) = (16, 32);
/// Where the input is, and how much memory there is from there on.
const MAPPED: (u64, usize) = (0x1_0000, 0x2_0000);

/// The input as memory, zeros behind it.
struct Bytes(Vec<u8>);

impl Bytes {
    fn place(&mut self, addr: u64, size: Size, access: Access) -> Result<&mut [u8], Fault> {
        let at = usize::try_from(addr.wrapping_sub(MAPPED.0)).ok();
        let place = at.and_then(|at| self.0.get_mut(at..at.checked_add(size.bytes())?));
        place.ok_or(Fault { addr, access })
    }
}

impl Memory for Bytes {
    fn load(&mut self, addr: u64, size: Size) -> Result<u128, Fault> {
        let bytes = self.place(addr, size, Access::Read)?;
        Ok(bytes.iter().rev().fold(0, |value, &byte| value << 8 | u128::from(byte)))
    }

    fn store(&mut self, addr: u64, size: Size, value: u128) -> Result<(), Fault> {
        let bytes = self.place(addr, size, Access::Write)?;
        bytes.iter_mut().zip(value.to_le_bytes()).for_each(|(byte, source)| *byte = source);
        Ok(())
    }

    fn compare_swap(&mut self, addr: u64, size: Size, [expected, new]: [u128; 2]) -> Result<u128, Fault> {
        let old = self.load(addr, size)?;
        self.store(addr, size, if old == expected { new } else { old })?;
        Ok(old)
    }

    fn fence(&mut self) {}

    fn invalidate(&mut self, _: u64, _: u64) {}

    fn counter(&mut self) -> u64 {
        1
    }
}

/// Executes the input. A block that is not well formed is a defect of the lifter.
pub(crate) fn lift(bytes: &[u8]) -> String {
    let mut answer = String::new();
    for &cpu in Cpu::ALL {
        let Some(lifter) = ashore_isa::lifter(cpu) else { continue };
        let layout = *lifter.model().layout();
        let mut state: Vec<u8> = bytes.iter().copied().cycle().take(layout.size).collect();
        state.resize(layout.size, 0);
        let mut memory = Bytes(bytes.to_vec());
        memory.0.resize(MAPPED.1, 0);
        let (mut evaluator, mut block, mut pc) = (Evaluator::new(), Block::new(), MAPPED.0);
        for _ in 0..LIMITS.0 {
            let start = usize::try_from(pc.wrapping_sub(MAPPED.0)).unwrap_or(usize::MAX);
            let code = memory.0.get(start..).unwrap_or_default();
            if fill(&*lifter, &mut block, Addr(pc), code, LIMITS.1) == 0 {
                break;
            }
            assert_eq!(check(&block), Ok(()), "{block}");
            let exit = evaluator.run(&block, &mut state, &mut memory, lifter.model());
            let _ = write!(answer, "{} {:?};", block.len() / 8, core::mem::discriminant(&exit));
            let Exit::Jump(_) = exit else { break };
            let place = usize::from(layout.pc.offset);
            pc = state.get(place..place + 8).and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_le_bytes);
        }
    }
    answer
}
