//! What tools ask of it.

use super::names::named;
use super::walk::Walk;
use super::{emit, island, names, relocate, scan};
use crate::code::*;
use alloc::vec::Vec;
use ashore_base::{Addr, AddrRange};

/// `int3`, which no function falls into.
const INT3: u8 = 0xcc;

/// The instructions of this CPU.
pub struct Instructions;

impl Coder for Instructions {
    fn unit(&self) -> u64 {
        1
    }
    fn filler(&self) -> Option<u8> {
        Some(INT3)
    }
    fn padding(&self, code: &[u8]) -> u64 {
        relocate::padding(code)
    }

    fn find(&self, code: Code<'_>, targets: AddrRange, function_at: FunctionAt<'_>) -> Vec<CodeRef> {
        let mut walk = Walk::new(code, function_at);
        let mut found: Vec<CodeRef> = Vec::new();
        for offset in scan::fields(code, targets) {
            let Some(instruction) = walk.holding(code.start.plus(offset as u64)) else { continue };
            let at = Addr(instruction.ip());
            // Two candidate bytes of one instruction are one place.
            if found.last().is_some_and(|last| last.at == at) {
                continue;
            }
            if let Some((kind, target)) = named(&instruction)
                && targets.contains(target)
            {
                found.push(CodeRef { at, second: None, kind, target });
            }
        }
        found
    }
    fn through(&self, code: Code<'_>, slot: Addr, _: FunctionAt<'_>) -> Vec<Addr> {
        scan::through(code, slot)
    }
    fn retarget(&self, code: Code<'_>, place: &CodeRef, target: Addr) -> Result<Vec<Write>, Unencodable> {
        names::retarget(code, place, target)
    }
    fn branch(&self, at: Addr, target: Addr) -> Result<Vec<u8>, Unencodable> {
        emit::branch(at, target)
    }
    fn far_branch(&self, at: Addr, target: Addr) -> Vec<u8> {
        emit::far_branch(at, target)
    }
    fn displace(&self, function: Code<'_>, len: u64, to: Addr) -> Result<Displaced, Unencodable> {
        relocate::displace(function, len, to)
    }
    fn whole(&self, function: Code<'_>, len: u64) -> Result<u64, Unencodable> {
        relocate::whole(function, len)
    }
    fn return_value(&self, value: u64) -> Vec<u8> {
        emit::return_value(value)
    }
    fn nothing(&self, len: u64) -> Result<Vec<u8>, Unencodable> {
        Ok(emit::nothing(len))
    }
    fn count(&self, at: Addr, counter: Addr) -> Result<Vec<u8>, Unencodable> {
        Ok(emit::count(at, counter))
    }
    fn kernel_calls(&self, code: Code<'_>, function_at: FunctionAt<'_>) -> Vec<Addr> {
        island::kernel_calls(code, function_at)
    }
    fn redirect_kernel_call(
        &self,
        function: Code<'_>,
        site: Addr,
        island: Addr,
        handler: Addr,
    ) -> Result<(Write, Vec<u8>), Unencodable> {
        island::redirect(function, site, island, handler)
    }
}
