//! Code that is certainly run: followed from the start of its function, so that data between instructions is not taken for
//! code.

use crate::Subject;
use alloc::{collections::BTreeSet, vec, vec::Vec};
use ashore_base::{Addr, AddrRange, Bytes, Cpu};
use ashore_image::{FunctionIndex, Segment};
use ashore_isa::aarch64::system::{Op, Upcall, decode};
use iced_x86::{Code, Decoder, DecoderOptions, FlowControl, Instruction, OpKind, Register};

/// A longer function is not followed.
const FUNCTION_LIMIT: u64 = 1 << 20;
/// What starts a `call` or `jmp` with a 32-bit distance, and how long it is.
const CALL_REL32: u8 = 0xe8;
const JUMP_REL32: u8 = 0xe9;
const REL32_LEN: u64 = 5;
/// `syscall`.
const SYSCALL: [u8; 2] = [0x0f, 0x05];

/// The instructions of one function that control reaches from its start.
struct Flow {
    extent: AddrRange,
    reached: BTreeSet<Addr>,
}

/// Follows functions one at a time; the last is kept, since questions come in the order of addresses.
pub(crate) struct Follower<'s, 'a> {
    subject: &'s Subject<'a>,
    last: Option<Flow>,
}

impl<'s, 'a> Follower<'s, 'a> {
    pub(crate) fn new(subject: &'s Subject<'a>) -> Follower<'s, 'a> {
        Follower { subject, last: None }
    }

    /// Whether an instruction starts at `at` and control reaches it. Where no function is known, nothing is sure.
    pub(crate) fn reaches(&mut self, at: Addr) -> bool {
        if !self.last.as_ref().is_some_and(|flow| flow.extent.contains(at)) {
            let extent = self.subject.functions().containing(at).filter(|extent| extent.len() <= FUNCTION_LIMIT);
            self.last = extent.and_then(|extent| Flow::of(self.subject, extent));
        }
        self.subject.is_code(at) && self.last.as_ref().is_some_and(|flow| flow.reached.contains(&at))
    }
}

impl Flow {
    fn of(subject: &Subject<'_>, extent: AddrRange) -> Option<Flow> {
        let image = &subject.part().image;
        let offset = image.offset_of(extent.start)?;
        let code = subject.parsed().bytes.slice(offset, extent.len())?;
        let reached = match subject.cpu() {
            Cpu::X86_64 => follow_x86(code, extent),
            Cpu::Aarch64 => follow_a64(code, extent),
            Cpu::Riscv64 => return None,
        };
        Some(Flow { extent, reached })
    }
}

fn follow_a64(code: &[u8], extent: AddrRange) -> BTreeSet<Addr> {
    let mut reached = BTreeSet::new();
    let mut work = vec![extent.start];
    while let Some(at) = work.pop() {
        if !extent.contains(at) || !reached.insert(at) {
            continue;
        }
        let Some(word) = Bytes(code).u32(at.0 - extent.start.0) else { continue };
        match decode(word, at) {
            Op::Jump(to) => work.push(to),
            Op::Branch(to) => work.extend([to, at.plus(4)]),
            Op::Return | Op::Stop | Op::JumpTo(_) => {}
            _ => work.push(at.plus(4)),
        }
    }
    reached
}

fn branch_target(instruction: &Instruction) -> Option<Addr> {
    let is_direct = instruction.op_count() > 0
        && matches!(instruction.op0_kind(), OpKind::NearBranch16 | OpKind::NearBranch32 | OpKind::NearBranch64);
    is_direct.then(|| Addr(instruction.near_branch_target()))
}

fn follow_x86(code: &[u8], extent: AddrRange) -> BTreeSet<Addr> {
    let mut reached = BTreeSet::new();
    let mut work = vec![extent.start];
    while let Some(start) = work.pop() {
        let from = usize::try_from(start.0.wrapping_sub(extent.start.0)).ok();
        let Some(bytes) = from.and_then(|from| code.get(from..)) else { continue };
        for instruction in Decoder::with_ip(64, bytes, start.0, DecoderOptions::NONE).iter() {
            if instruction.is_invalid() || !reached.insert(Addr(instruction.ip())) {
                break;
            }
            let target = branch_target(&instruction).filter(|to| extent.contains(*to));
            match instruction.flow_control() {
                FlowControl::Next | FlowControl::Call | FlowControl::IndirectCall => {}
                FlowControl::ConditionalBranch => work.extend(target),
                FlowControl::UnconditionalBranch => {
                    work.extend(target);
                    break;
                }
                // `syscall` is one of these and goes on.
                FlowControl::Interrupt if instruction.code() == Code::Syscall => {}
                _ if instruction.code() == Code::Syscall => {}
                _ => break,
            }
        }
    }
    reached
}

/// A branch and where it leads.
pub(crate) struct Branch {
    pub(crate) at: Addr,
    pub(crate) to: Addr,
    pub(crate) is_call: bool,
}

/// Calls `note` with everything in `segment` that looks like a direct branch, in the program's own addresses.
pub(crate) fn branches(subject: &Subject<'_>, segment: &Segment, note: &mut dyn FnMut(Branch)) {
    let code = segment.file.of(subject.parsed().bytes.0).unwrap_or_default();
    let base = segment.memory.start;
    match subject.cpu() {
        Cpu::Aarch64 => {
            for (index, raw) in code.chunks_exact(4).enumerate() {
                let at = base.plus(index as u64 * 4);
                match decode(Bytes(raw).u32(0).unwrap_or_default(), at) {
                    Op::Call(to) => note(Branch { at, to, is_call: true }),
                    Op::Jump(to) | Op::Branch(to) => note(Branch { at, to, is_call: false }),
                    _ => {}
                }
            }
        }
        Cpu::X86_64 => {
            for (index, _) in code.iter().enumerate().filter(|(_, byte)| matches!(**byte, CALL_REL32 | JUMP_REL32)) {
                let at = base.plus(index as u64);
                let Some(distance) = Bytes(code).u32(index as u64 + 1) else { continue };
                let to = at.plus(REL32_LEN).0.wrapping_add_signed(i64::from(distance.cast_signed()));
                note(Branch { at, to: Addr(to), is_call: code.get(index) == Some(&CALL_REL32) });
            }
        }
        Cpu::Riscv64 => {}
    }
}

/// Where the program calls its kernel itself.
pub(crate) fn kernel_calls(subject: &Subject<'_>) -> Vec<Addr> {
    let mut found = Vec::new();
    let mut follower = Follower::new(subject);
    for segment in subject.part().image.code() {
        let code = segment.file.of(subject.parsed().bytes.0).unwrap_or_default();
        let base = segment.memory.start;
        match subject.cpu() {
            Cpu::Aarch64 => {
                let calls = code.chunks_exact(4).enumerate().map(|(index, raw)| (base.plus(index as u64 * 4), raw));
                let is_call = |at, raw| decode(Bytes(raw).u32(0).unwrap_or_default(), at) == Op::Up(Upcall::Kernel);
                found.extend(calls.filter(|(at, raw)| is_call(*at, raw) && subject.is_code(*at)).map(|(at, _)| at));
            }
            Cpu::X86_64 => {
                let hits = code.windows(SYSCALL.len()).enumerate().filter(|(_, pair)| *pair == SYSCALL);
                found.extend(hits.map(|(index, _)| base.plus(index as u64)).filter(|at| follower.reaches(*at)));
            }
            Cpu::Riscv64 => {}
        }
    }
    found
}

/// The instructions of `code`, all of them from its start, that read memory through a segment register.
pub(crate) fn segment_reads(code: &[u8], at: Addr) -> Option<Register> {
    let instruction = Decoder::with_ip(64, code, at.0, DecoderOptions::NONE).decode();
    let reads =
        !instruction.is_invalid() && (0..instruction.op_count()).any(|op| instruction.op_kind(op) == OpKind::Memory);
    let prefix = instruction.segment_prefix();
    (reads && matches!(prefix, Register::FS | Register::GS)).then_some(prefix)
}
