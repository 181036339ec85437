//! Kernel calls: where they are, and how one is led to a handler.
//!
//! The instruction is two bytes long and a branch five, so its neighbours make room: whole instructions before it, behind it, or
//! both move to an island, if nothing leads between them. Those before it are preferred, for they are plain, and what stands
//! behind the call, where it returns to, then keeps its place. The branch covers them and the call; what is left over traps.
//!
//! The island runs on the stack of the caller, below the 128 bytes a function may use there without saying so, and needs about
//! 800 bytes plus what the handler takes. The handler gets the address of this frame, 16-byte aligned, in rdi:
//!
//! | offset | what |
//! | --- | --- |
//! | 0 | rax, rbx, rcx, rdx, rsi, rdi, rbp, rsp, r8 to r15: 8 bytes each, in this order, as in [`super::Regs`] |
//! | 128 | the address behind the kernel call |
//! | 136 | rflags |
//! | 144 | 512 bytes as `fxsave64` writes them: xmm0 to xmm15 are at 304, 16 bytes each |
//!
//! What the handler writes there (the result, in rax) is what the program goes on with, except for the address at 128. The
//! upper halves of the vector registers are not in it: a handler must not use them. The direction flag is clear when it starts.
//! A call that comes back on another stack, or twice on one (`clone`, `vfork`, `sigreturn`), cannot be made inside a handler.

use super::emit::{BRANCH_LEN, INT3, branch, distance, far_branch, relative};
use super::relocate::{Function, goes_on};
use super::walk::Walk;
use crate::code::{Code, FunctionAt, Unencodable, Write};
use alloc::vec::Vec;
use ashore_base::{Addr, AddrRange};
use iced_x86::{FlowControl, Instruction};

/// How many instructions on one side of a call may move.
const NEIGHBOURS: usize = 5;

/// The kernel calls in `code`.
pub(super) fn kernel_calls(code: Code<'_>, function_at: FunctionAt<'_>) -> Vec<Addr> {
    let mut walk = Walk::new(code, function_at);
    let mut calls = Vec::new();
    for offset in super::scan::pairs(code.bytes, &[[0x0f, 0x05], [0xcd, 0x80]]) {
        let at = code.start.plus(offset as u64);
        if walk.holding(at).is_some_and(|found| found.ip() == at.0 && is_kernel_call(&found)) {
            calls.push(at);
        }
    }
    calls
}

fn is_kernel_call(instruction: &Instruction) -> bool {
    match instruction.code() {
        iced_x86::Code::Syscall => true,
        iced_x86::Code::Int_imm8 => instruction.immediate8() == 0x80,
        _ => false,
    }
}

/// The branch over the call at `site` to `island`, and the island, which calls `handler`.
pub(super) fn redirect(
    code: Code<'_>,
    site: Addr,
    island: Addr,
    handler: Addr,
) -> Result<(Write, Vec<u8>), Unencodable> {
    let function = Function::new(code);
    let found = function.instructions.binary_search_by_key(&site.0, Instruction::ip).ok();
    let index = found.filter(|i| function.instructions.get(*i).is_some_and(is_kernel_call));
    let index = index.ok_or(Unencodable::Instruction { at: site, reason: "it is no kernel call" })?;
    let before = (1..=NEIGHBOURS).map(|before| (before, 0));
    let behind = (1..=NEIGHBOURS).map(|behind| (0, behind));
    let both = (1..=NEIGHBOURS).flat_map(|before| (1..=NEIGHBOURS).map(move |behind| (before, behind)));
    let mut refused = Unencodable::Instruction { at: site, reason: "its function has no room for a branch around it" };
    for (before, behind) in before.chain(behind).chain(both) {
        let Some(room) = Room::new(&function, index, before, behind) else { continue };
        match room.island(&function, island, handler) {
            Ok(bytes) => return Ok((room.write(island)?, bytes)),
            Err(reason) => refused = reason,
        }
    }
    Err(refused)
}

/// The call and its neighbours that move.
struct Room<'a> {
    before: &'a [Instruction],
    call: &'a Instruction,
    behind: &'a [Instruction],
    range: AddrRange,
}

impl<'a> Room<'a> {
    /// That many instructions before and behind the call at `index`, if they are there and long enough.
    fn new(function: &'a Function<'_>, index: usize, before: usize, behind: usize) -> Option<Room<'a>> {
        let before = function.instructions.get(index.checked_sub(before)?..index)?;
        let call = function.instructions.get(index)?;
        let behind = function.instructions.get(index + 1..(index + 1).checked_add(behind)?)?;
        let start = Addr(before.first().unwrap_or(call).ip());
        let range = AddrRange { start, end: Addr(behind.last().unwrap_or(call).next_ip()) };
        (range.len() >= BRANCH_LEN).then_some(Room { before, call, behind, range })
    }

    fn write(&self, island: Addr) -> Result<Write, Unencodable> {
        let mut bytes = branch(self.range.start, island)?;
        bytes.resize(self.range.len() as usize, INT3);
        Ok(Write { at: self.range.start, bytes })
    }

    fn island(&self, function: &Function<'_>, island: Addr, handler: Addr) -> Result<Vec<u8>, Unencodable> {
        if let Some(leaves) = self.before.iter().find(|i| i.flow_control() != FlowControl::Next) {
            let reason = "control goes elsewhere here, right before the kernel call";
            return Err(Unencodable::Instruction { at: Addr(leaves.ip()), reason });
        }
        function.check_entries(self.range)?;
        let mut out = function.moved(self.before, island)?;
        out.extend(handled(island.plus(out.len() as u64), handler, Addr(self.call.next_ip())));
        out.extend(function.moved(self.behind, island.plus(out.len() as u64))?);
        if goes_on(self.behind) {
            out.extend(far_branch(island.plus(out.len() as u64), self.range.end));
        }
        Ok(out)
    }
}

/// The numbers instructions have for the general registers, in the order of the frame.
const REGISTERS: [u8; 16] = [0, 3, 1, 2, 6, 7, 5, RSP, 8, 9, 10, 11, 12, 13, 14, 15];
const RAX: u8 = 0;
const RBX: u8 = 3;
const RSP: u8 = 4;

const AT_RSP: u32 = 56;
const AT_RIP: u32 = 128;
const AT_FLAGS: u32 = 136;
const AT_VECTORS: u32 = 144;
const FRAME_LEN: u32 = AT_VECTORS + 512;
/// What a function may use below the stack pointer.
const RED_ZONE: u32 = 128;

/// At `at`: fills the frame, calls `handler`, and loads the registers from the frame. `next` is what the frame says the
/// program's place is.
fn handled(at: Addr, handler: Addr, next: Addr) -> Vec<u8> {
    let mut out = Vec::new();
    // lea rsp, [rsp - 128]; pushfq; push rax; lea rax, [rsp + 144]: the stack pointer as it was, no flag changed before it is kept.
    out.extend([0x48, 0x8d, 0x64, 0x24, 0x80, 0x9c, 0x50]);
    out.extend(at_rsp(&[0x48, 0x8d], RAX, RED_ZONE + 16));
    // sub rsp, FRAME_LEN; and rsp, -16
    out.extend([0x48, 0x81, 0xec]);
    out.extend(FRAME_LEN.to_le_bytes());
    out.extend([0x48, 0x83, 0xe4, 0xf0]);
    for (i, register) in general().filter(|(_, register)| !matches!(*register, RAX | RSP)) {
        out.extend(store(register, i));
    }
    out.extend(store(RAX, AT_RSP));
    // mov rbx, [rax - 136]: the flags; mov rbx, [rax - 144]: rax. Both were pushed.
    for (pushed, place) in [(RED_ZONE + 8, AT_FLAGS), (RED_ZONE + 16, 0)] {
        out.extend([0x48, 0x8b, 0x98]);
        out.extend(0u32.wrapping_sub(pushed).to_le_bytes());
        out.extend(store(RBX, place));
    }
    out.extend(address_in_rbx(at.plus(out.len() as u64), next));
    out.extend(store(RBX, AT_RIP));
    // fxsave64; cld; mov rdi, rsp
    out.extend(at_rsp(&[0x48, 0x0f, 0xae], 0, AT_VECTORS));
    out.extend([0xfc, 0x48, 0x89, 0xe7]);
    out.extend(call(at.plus(out.len() as u64), handler));
    // fxrstor64; push the flags; popfq
    out.extend(at_rsp(&[0x48, 0x0f, 0xae], 1, AT_VECTORS));
    out.extend(at_rsp(&[0xff], 6, AT_FLAGS));
    out.push(0x9d);
    for (i, register) in general().filter(|(_, register)| *register != RSP) {
        out.extend(load(register, i));
    }
    out.extend(load(RSP, AT_RSP));
    out
}

/// Each general register and its place in the frame.
fn general() -> impl Iterator<Item = (u32, u8)> {
    (0u32..).step_by(8).zip(REGISTERS)
}

/// An instruction with `register`, or what its number chooses, and the operand `[rsp + offset]`.
fn at_rsp(opcode: &[u8], register: u8, offset: u32) -> Vec<u8> {
    let mut bytes = opcode.to_vec();
    bytes.extend([0x84 | (register & 7) << 3, 0x24]);
    bytes.extend(offset.to_le_bytes());
    bytes
}

fn store(register: u8, offset: u32) -> Vec<u8> {
    at_rsp(&[0x48 | (register >> 3) << 2, 0x89], register, offset)
}

fn load(register: u8, offset: u32) -> Vec<u8> {
    at_rsp(&[0x48 | (register >> 3) << 2, 0x8b], register, offset)
}

/// `lea rbx, [address]`, which is right wherever the program is loaded, or the address as a constant where that is too far.
fn address_in_rbx(at: Addr, address: Addr) -> Vec<u8> {
    match distance(at, at.plus(7), address) {
        Ok(distance) => [[0x48, 0x8d, 0x1d].as_slice(), distance.to_le_bytes().as_slice()].concat(),
        Err(_) => [[0x48, 0xbb].as_slice(), address.0.to_le_bytes().as_slice()].concat(),
    }
}

/// `call target`, or through eight bytes behind it, which are jumped over.
fn call(at: Addr, target: Addr) -> Vec<u8> {
    relative(at, &[0xe8], target)
        .unwrap_or_else(|_| [[0xff, 0x15, 2, 0, 0, 0, 0xeb, 8].as_slice(), target.0.to_le_bytes().as_slice()].concat())
}
