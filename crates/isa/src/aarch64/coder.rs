//! What tools ask of it.

use super::words::SIZE;
use super::{change, displace, emit, find, kernel};
use crate::code::*;
use alloc::vec::Vec;
use ashore_base::{Addr, AddrRange};

/// The instructions of this CPU.
pub struct Instructions;

impl Coder for Instructions {
    fn unit(&self) -> u64 {
        SIZE
    }

    fn find(&self, code: Code<'_>, targets: AddrRange, function_at: FunctionAt<'_>) -> Vec<CodeRef> {
        find::find(code, targets, function_at)
    }

    fn retarget(&self, code: Code<'_>, place: &CodeRef, target: Addr) -> Result<Vec<Write>, Unencodable> {
        change::retarget(code, place, target)
    }

    fn branch(&self, at: Addr, target: Addr) -> Result<Vec<u8>, Unencodable> {
        emit::branch(at, target)
    }

    fn far_branch(&self, at: Addr, target: Addr) -> Vec<u8> {
        emit::far_branch(at, target)
    }

    fn displace(&self, function: Code<'_>, len: u64, to: Addr) -> Result<Displaced, Unencodable> {
        displace::displace(function, len, to)
    }

    fn whole(&self, function: Code<'_>, len: u64) -> Result<u64, Unencodable> {
        displace::whole(function, len)
    }

    fn return_value(&self, value: u64) -> Vec<u8> {
        emit::return_value(value)
    }

    fn nothing(&self, len: u64) -> Result<Vec<u8>, Unencodable> {
        emit::nothing(len)
    }

    fn count(&self, at: Addr, counter: Addr) -> Result<Vec<u8>, Unencodable> {
        emit::count(at, counter)
    }

    fn kernel_calls(&self, code: Code<'_>, _function_at: FunctionAt<'_>) -> Vec<Addr> {
        kernel::calls(code)
    }

    fn redirect_kernel_call(
        &self,
        function: Code<'_>,
        site: Addr,
        island: Addr,
        handler: Addr,
    ) -> Result<(Write, Vec<u8>), Unencodable> {
        kernel::redirect(function, site, island, handler)
    }
}
